"""The layers of a map tile on the pixels of another grid, read and warped piece by piece.

Where a target pixel is larger than a pixel of the tile, the pixels inside it are averaged by area;
otherwise the nearest is taken. Bounds are averaged like values: the errors of neighbouring pixels
come from one model and one calibration and are shared, so that averaging narrows no interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.warp import Resampling, reproject

from farside.constants import OXIDES
from farside.maps.grid import MapGrid, central_x, grid_of, period, transform_points
from farside.maps.predict import FLAGS, UNUSABLE
from farside.oxides.novelty import THRESHOLD

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    F32 = NDArray[np.float32]

MAX_SOURCE = 2048 * 2048
"""Pixels of a tile that are held at once; 19 layers of them take 320 MB. A target block that needs
more is cut in four."""

LATTICE = 17
"""Points along a side of a block at which its place in the other system is computed."""

COARSER = 1.01
"""A target pixel this many times as wide as the tile's is coarser, beyond rounding."""


@dataclass(frozen=True, eq=False)
class Layers:
    """What a tile holds on a block of h x w pixels.

    Parameters
    ----------
    value, lower, upper : (6, h, w) wt%, NaN where missing
    novelty : (h, w)
    flag : (h, w) uint8; where there is a value, only ``novel`` is set
    edge : (h, w) distance to the nearest edge of the tile as a share of half its shorter side,
        0 outside
    """

    value: F32
    lower: F32
    upper: F32
    novelty: F32
    flag: NDArray[np.uint8]
    edge: F32

    @classmethod
    def empty(cls, height: int, width: int) -> Layers:
        """Return layers of a place where a tile holds nothing."""
        missing = np.full((3, len(OXIDES), height, width), np.nan, np.float32)
        return cls(
            value=missing[0],
            lower=missing[1],
            upper=missing[2],
            novelty=np.full((height, width), np.nan, np.float32),
            flag=np.full((height, width), FLAGS["nan"], np.uint8),
            edge=np.zeros((height, width), np.float32),
        )

    def put(self, rows: slice, columns: slice, part: Layers) -> None:
        """Set a part of the block."""
        for name in ("value", "lower", "upper", "novelty", "flag", "edge"):
            getattr(self, name)[..., rows, columns] = getattr(part, name)


def with_flag(ds: xr.Dataset) -> xr.Dataset:
    """Return a map that has flags; where it has none, those that its numbers tell, lazily."""
    if "flag" in ds:
        return ds
    missing = ds["value"].isnull().all("oxide")
    novel = (ds["novelty"] > THRESHOLD) & ~missing
    flag = missing * np.uint8(FLAGS["nan"]) + novel * np.uint8(FLAGS["novel"])
    return ds.assign(flag=flag.astype(np.uint8))


class Tile:
    """A map dataset that can be read on other grids.

    Parameters
    ----------
    ds : map dataset over ``(oxide, y, x)``; nothing is read until it is asked for
    name : for messages and tables
    """

    def __init__(self, ds: xr.Dataset, name: str) -> None:
        self.ds, self.name = with_flag(ds), name
        self.grid = grid_of(ds, f"the map {name}")

    def copies(self, target: MapGrid) -> list[MapGrid]:
        """Return the tile's grid as it lies in one turn of the Moon, or in two pieces of it.

        A tile at 328° or across 180° is given where the target, or the coordinate transformation,
        will look for it.
        """
        turn = period(self.grid.crs)
        if turn is None:
            return [self.grid]
        if self.grid.crs == target.crs:
            west, _, east, _ = target.bounds
        else:
            middle = central_x(self.grid.crs)
            west, east = middle - turn / 2, middle + turn / 2
        shifted = (self.grid.shifted(k * turn) for k in (-1, 0, 1))
        margin = 1e-6 * turn
        return [
            copy
            for copy in shifted
            if copy.bounds[0] < east - margin and copy.bounds[2] > west + margin
        ]

    def on(self, target: MapGrid) -> Layers | None:
        """Return the tile on a grid, None where they do not meet."""
        found: Layers | None = None
        for copy in self.copies(target):
            layers = self._copy_on(copy, target)
            if layers is not None:
                found = layers if found is None else _either(found, layers)
        return found

    def _copy_on(self, copy: MapGrid, target: MapGrid) -> Layers | None:
        window = source_window(copy, target)
        if window is None:
            return None
        rows, columns = window
        pixels = (rows.stop - rows.start) * (columns.stop - columns.start)
        if pixels > MAX_SOURCE and max(target.height, target.width) > 1:
            return self._in_four(copy, target)
        return self._warped(copy, target, rows, columns)

    def _in_four(self, copy: MapGrid, target: MapGrid) -> Layers | None:
        out: Layers | None = None
        half = max(1, -(-max(target.height, target.width) // 2))
        for rows, columns in target.windows(half):
            part = self._copy_on(copy, target.part(rows, columns))
            if part is not None:
                out = out or Layers.empty(target.height, target.width)
                out.put(rows, columns, part)
        return out

    def _warped(self, copy: MapGrid, target: MapGrid, rows: slice, columns: slice) -> Layers:
        piece = self.ds.isel(y=rows, x=columns)
        source = copy.part(rows, columns)
        coarser = target.resolution_m > COARSER * copy.resolution_m
        oxide = [str(name) for name in self.ds["oxide"].to_numpy()]
        order = [oxide.index(name) for name in OXIDES if name in oxide]
        present = [i for i, name in enumerate(OXIDES) if name in oxide]
        out = Layers.empty(target.height, target.width)
        for name in ("value", "lower", "upper"):
            values = piece[name].transpose("oxide", "y", "x").to_numpy().astype(np.float32)
            getattr(out, name)[present] = _warp(values[order], source, target, average=coarser)
        novelty = piece["novelty"].transpose("y", "x").to_numpy().astype(np.float32)
        out.novelty[:] = _warp(novelty, source, target, average=coarser)
        self._flags(out, piece, source, target)
        out.edge[:] = _edge(copy, target)
        return out

    def _flags(self, out: Layers, piece: xr.Dataset, source: MapGrid, target: MapGrid) -> None:
        """Set why there is no value, and where there is one whether it is novel."""
        given = piece["flag"].transpose("y", "x").to_numpy().astype(np.float32)
        warped = _warp(given, source, target, average=False)
        missing = np.where(np.isnan(warped), FLAGS["nan"], warped).astype(np.uint8)
        valid = np.isfinite(out.value).any(axis=0)
        novel = np.where(out.novelty > THRESHOLD, FLAGS["novel"], 0).astype(np.uint8)
        reason = (missing & np.uint8(UNUSABLE)).astype(np.uint8)
        reason[reason == 0] = FLAGS["nan"]
        out.flag[:] = np.where(valid, novel, reason)


def _either(first: Layers, second: Layers) -> Layers:
    """Return the first where it holds anything, else the second."""
    here = first.edge >= second.edge
    return Layers(
        *(
            np.where(here, getattr(first, name), getattr(second, name))
            for name in ("value", "lower", "upper", "novelty", "flag", "edge")
        )
    )


def source_window(source: MapGrid, target: MapGrid) -> tuple[slice, slice] | None:
    """Return the rows and columns of the source that a target needs, None where they do not meet.

    Found from a lattice of points over the target, widened by one step of the lattice.
    """
    there = transform_points(target.crs, source.crs, *target.lattice(LATTICE))
    column, row = source.pixel_of(*there)
    found = []
    for place, size in ((row, source.height), (column, source.width)):
        finite = place[np.isfinite(place)]
        if finite.size == 0:
            return None
        step = float((finite.max() - finite.min()) / (LATTICE - 1))
        low, high = finite.min() - step - 2, finite.max() + step + 2
        start, stop = max(0, int(np.floor(low))), min(size, int(np.ceil(high)))
        if start >= stop:
            return None
        found.append(slice(start, stop))
    return found[0], found[1]


def _picked(values: F32, source: MapGrid, target: MapGrid) -> NDArray[np.float32]:
    """Return the nearest pixels where both grids are in one system, rows and columns apart."""
    x, y = target.centres()
    column, row = (np.floor(place).astype(int) for place in source.pixel_of(x, y))
    inside = [(place >= 0) & (place < size) for place, size in
              ((row, source.height), (column, source.width))]  # fmt: skip
    picked = values[..., np.clip(row, 0, source.height - 1)[:, None],
                    np.clip(column, 0, source.width - 1)]  # fmt: skip
    return np.where(inside[0][:, None] & inside[1], picked, np.float32(np.nan))


def _warp(values: F32, source: MapGrid, target: MapGrid, *, average: bool) -> NDArray[np.float32]:
    if source.crs == target.crs and not average:
        return _picked(values, source, target)
    shape = (*values.shape[:-2], target.height, target.width)
    out = np.full(shape, np.nan, np.float32)
    reproject(
        values, out,
        src_transform=source.transform, src_crs=source.crs, src_nodata=np.nan,
        dst_transform=target.transform, dst_crs=target.crs, dst_nodata=np.nan,
        resampling=Resampling.average if average else Resampling.nearest,
    )  # fmt: skip
    return out


def _edge(source: MapGrid, target: MapGrid) -> F32:
    """Return how far each target pixel lies inside the source, as a share of half its side."""
    xx, yy = np.meshgrid(*target.centres())
    column, row = source.pixel_of(*transform_points(target.crs, source.crs, xx, yy))
    nearest = np.minimum.reduce([column, source.width - column, row, source.height - row])
    share = np.where(np.isfinite(nearest), nearest, 0.0) / (0.5 * min(source.width, source.height))
    return np.clip(share, 0.0, 1.0).astype(np.float32)
