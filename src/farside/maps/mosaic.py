"""Overlapping map tiles on one grid, and whether they agree where they overlap.

How overlaps are put together stands in `farside.maps.pool`, the check of their seams in
`farside.maps.seams`. Worked block by block: of each tile only what a block needs is read.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from affine import Affine
from scipy.stats import norm

from farside import provenance
from farside.errors import InputError
from farside.maps import store
from farside.maps.grid import MapGrid, central_x, crs_label, period, transform_points
from farside.maps.pool import RULE, Piece, pool
from farside.maps.predict import Block, Storage
from farside.maps.seams import Seam, SeamCount
from farside.maps.tiles import coverage_of
from farside.progress import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rasterio.crs import CRS

    from farside.maps.resample import Layers, Tile
    from farside.oxides.training import Float

BLOCK = 512
TILE = "mosaic"
"""Name of the one tile of the store."""

MAX_SIDE = 4_000_000
"""Most rows or columns: the whole Moon at the 14.8 m of MI has 737 280 columns."""

FINE_LATTICE = 65
"""Points along a side of a tile at which its place in another system is computed."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Mosaic:
    """What a mosaic wrote.

    Parameters
    ----------
    out : store, readable by `farside.maps.store.open_map`
    tiles : names of the tiles that were put together
    crs : coordinate system
    resolution : units of the coordinate system per pixel
    height, width : pixels
    covered : share of the pixels that have a value
    rule : how overlaps were put together
    seams : each pair of tiles that overlap, and each oxide
    """

    out: Path
    tiles: tuple[str, ...]
    crs: str
    resolution: float
    height: int
    width: int
    covered: float
    rule: str
    seams: tuple[Seam, ...] = field(repr=False)

    @property
    def flagged(self) -> tuple[Seam, ...]:
        """The seams at which tiles disagree."""
        return tuple(seam for seam in self.seams if seam.flagged)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **asdict(self),
            "out": str(self.out),
            "tiles": list(self.tiles),
            "seams": [seam.to_dict() for seam in self.seams],
        }

    def __str__(self) -> str:
        """Return a summary as text."""
        pairs = {seam.pair for seam in self.seams}
        disagree = {seam.pair for seam in self.flagged}
        lines = [
            f"wrote {self.out}: {len(self.tiles)} tiles",
            f"{self.height} x {self.width} pixels of {self.resolution:g} in {self.crs}",
            f"{100 * self.covered:.1f} % of the pixels have a value",
            f"{len(pairs)} pairs of tiles overlap; {len(disagree)} of them disagree",
        ]
        return "\n".join([*lines, *(f"  {seam}" for seam in self.flagged)])


def target_grid(
    tiles: Sequence[Tile], crs: CRS | None = None, resolution: float | None = None
) -> MapGrid:
    """Return the grid that holds all tiles.

    Parameters
    ----------
    tiles : at least one
    crs : coordinate system; that of the first tile when None
    resolution : units of `crs` per pixel; when None that of the first tile, in m where the systems
        differ

    Raises
    ------
    InputError
        when the resolution is not positive or makes no pixel or too many, or a tile cannot be
        drawn in the system
    """
    first = tiles[0].grid
    crs = first.crs if crs is None else crs
    step = first.resolution
    if resolution is not None:
        if not (np.isfinite(resolution) and resolution > 0):
            raise InputError(f"the resolution {resolution} is not a positive number.")
        step = resolution
    elif crs != first.crs:
        unit = MapGrid(crs, Affine(1.0, 0.0, 0.0, 0.0, -1.0, 0.0), 1, 1).resolution_m
        step = first.resolution_m / unit
    west, south, east, north = _joint_bounds([_bounds_in(tile, crs) for tile in tiles], crs)
    # In the first tile's own system its pixels stay where they are.
    anchor = (first.transform.c, first.transform.f) if crs == first.crs else (0.0, 0.0)
    slack = 1e-6
    left = anchor[0] + step * np.floor((west - anchor[0]) / step + slack)
    top = anchor[1] + step * np.ceil((north - anchor[1]) / step - slack)
    width = int(np.ceil((east - left) / step - slack))
    height = int(np.ceil((top - south) / step - slack))
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise InputError(
            f"with pixels of {step:g} the tiles, {east - west:g} x {north - south:g} in "
            f"{crs_label(crs)}, would be {height} x {width} pixels; give a resolution that makes 1 "
            f"to {MAX_SIDE} a side."
        )
    return MapGrid(crs, Affine(step, 0.0, float(left), 0.0, -step, float(top)), height, width)


Bounds = tuple[float, float, float, float]


def _bounds_in(tile: Tile, crs: CRS) -> Bounds:
    """Return the bounds of a tile in a coordinate system, from a lattice of its points."""
    if tile.grid.crs == crs:
        return tile.grid.bounds
    x, y = transform_points(tile.grid.crs, crs, *tile.grid.lattice(FINE_LATTICE))
    good = np.isfinite(x) & np.isfinite(y)
    if not good.any():
        raise InputError(f"the map {tile.name} cannot be drawn in {crs_label(crs)}.")
    return float(x[good].min()), float(y[good].min()), float(x[good].max()), float(y[good].max())


def _joint_bounds(bounds: Sequence[Bounds], crs: CRS) -> Bounds:
    """Return bounds that hold all; where the Moon repeats itself, cut where that is narrowest."""
    low, high = min(b[1] for b in bounds), max(b[3] for b in bounds)
    turn = period(crs)
    if turn is None:
        return min(b[0] for b in bounds), low, max(b[2] for b in bounds), high
    found = []
    for cut in (central_x(crs) - turn / 2, central_x(crs)):
        moved = [turn * np.floor(((b[0] + b[2]) / 2 - cut) / turn) for b in bounds]
        west = min(b[0] - by for b, by in zip(bounds, moved, strict=True))
        east = max(b[2] - by for b, by in zip(bounds, moved, strict=True))
        found.append((float(west), float(east)))
    plain, across = found
    narrower = across[1] - across[0] < plain[1] - plain[0] - 1e-6 * turn
    west, east = across if narrower else plain
    return west, low, east, high


# -- overlaps ----------------------------------------------------------------------------------


def footprint(tile: Tile, target: MapGrid) -> tuple[int, int, int, int]:
    """Return first and last-plus-one row and column of the target that a tile may touch."""
    turn = period(target.crs)
    around = (0.0,) if turn is None else (-turn, 0.0, turn)
    rows: list[int] = []
    columns: list[int] = []
    for copy in tile.copies(target):
        x, y = transform_points(copy.crs, target.crs, *copy.lattice(FINE_LATTICE))
        for dx in around:
            column, row = target.pixel_of(x + dx, y)
            found = _span(row, target.height), _span(column, target.width)
            if found[0] and found[1]:
                rows += found[0]
                columns += found[1]
    if not rows:
        return 0, 0, 0, 0
    return min(rows), max(rows), min(columns), max(columns)


def _span(place: Float, size: int) -> list[int]:
    """Return the first and last-plus-one pixel that places may touch, empty where none does."""
    finite = place[np.isfinite(place)]
    if not finite.size:
        return []
    margin = 2 + (finite.max() - finite.min()) / (FINE_LATTICE - 1)
    low, high = max(finite.min() - margin, 0), min(finite.max() + margin, size)
    return [int(np.floor(low)), int(np.ceil(high))] if low < high else []


# -- writing -----------------------------------------------------------------------------------


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a folder beside `out` that takes its place only when the block succeeds.

    Raises
    ------
    InputError
        when `out` exists or cannot be made
    """
    out = Path(out)
    if out.exists():
        raise InputError(f"{out} exists; name another folder or remove it first.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{out.stem}-", dir=out.parent))
    except OSError as error:
        raise InputError(
            f"cannot write {out}: {error.strerror}; name a folder that can be written."
        ) from error
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o777 & ~umask)
        temporary.replace(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def mosaic(
    tiles: Sequence[Tile],
    out: Path,
    *,
    crs: CRS | None = None,
    resolution: float | None = None,
    block: int = BLOCK,
    say: Say = lambda _: None,
) -> Mosaic:
    """Put overlapping tiles on one grid, check their seams and write a store.

    Parameters
    ----------
    tiles : see `farside.maps.tiles.open_tiles`
    out : folder of the store, which must not exist; it appears only when all is done
    crs, resolution : see `target_grid`
    block : pixels a side that are worked on at a time, and of a chunk of the store

    Raises
    ------
    InputError
        when `out` exists or cannot be written, or the tiles cannot be put together
    """
    if not tiles:
        raise InputError("no tile was given.")
    target = target_grid(tiles, crs, resolution)
    coverage = coverage_of(tiles)
    z = float(norm.ppf(0.5 + coverage / 2))
    feet = np.array([footprint(tile, target) for tile in tiles])
    count = SeamCount([tile.name for tile in tiles], coverage)
    covered = 0
    with new_folder(out) as folder:
        cut = store.Grid(target.height, target.width, block)
        storage = _write_frame(folder, target, tiles, coverage, block)
        places = list(itertools.product(range(cut.rows), range(cut.columns)))
        for i, j in counted(places, lambda _: "block", say):
            rows, columns = cut.window(i, j)
            pieces = _pieces(tiles, feet, target, rows, columns)
            if not pieces:
                continue
            _count_seams(count, pieces)
            shape = (rows.stop - rows.start, columns.stop - columns.start)
            layers = pool(pieces, *shape, z)
            covered += int(np.isfinite(layers.value).any(axis=0).sum())
            store.write_block(folder / TILE, cut, (i, j), _block(layers), storage)
        seams = count.seams()
        provenance.write_json(folder / "seams.json", [seam.to_dict() for seam in seams])
    return Mosaic(
        out=Path(out),
        tiles=tuple(tile.name for tile in tiles),
        crs=crs_label(target.crs),
        resolution=target.resolution,
        height=target.height,
        width=target.width,
        covered=covered / (target.height * target.width),
        rule=RULE,
        seams=seams,
    )


def _block(layers: Layers) -> Block:
    n = layers.novelty.size
    return Block(
        layers.value.reshape(-1, n),
        layers.lower.reshape(-1, n),
        layers.upper.reshape(-1, n),
        layers.novelty.reshape(n),
        layers.flag.reshape(n),
    )


def _write_frame(
    folder: Path, target: MapGrid, tiles: Sequence[Tile], coverage: float, block: int
) -> Storage:
    """Write the metadata of the store, all but the pixels; return how these are stored."""
    x, y = target.centres()
    image = xr.Dataset(coords={"y": ("y", y), "x": ("x", x)}).rio.write_crs(target.crs)
    scaled = all(tile.ds.attrs.get("storage") == "int16" for tile in tiles)
    storage: Storage = "int16" if scaled else "float32"
    version = provenance.code_version()
    store.write_root(folder, {"farside": version, "made_with": {"farside": version, "rule": RULE}})
    about = {"rule": RULE, "coverage": coverage, "sources": [_source(tile) for tile in tiles]}
    store.write_tile(folder / TILE, image, block, storage, about)
    return storage


def _source(tile: Tile) -> dict[str, Any]:
    """Return what a tile says of itself, as JSON can hold it."""
    known = {str(k): v for k, v in tile.ds.attrs.items() if str(k) != "Conventions"}
    return {"tile": tile.name, **json.loads(json.dumps(known, default=str))}


def _pieces(
    tiles: Sequence[Tile], feet: Any, target: MapGrid, rows: slice, columns: slice
) -> list[Piece]:
    """Return what each tile holds on a block of the target."""
    near = (
        (feet[:, 0] < rows.stop) & (feet[:, 1] > rows.start)
        & (feet[:, 2] < columns.stop) & (feet[:, 3] > columns.start)
    )  # fmt: skip
    found = []
    for k in map(int, np.flatnonzero(near)):
        top, bottom, left, right = feet[k]
        r = slice(int(max(top, rows.start)), int(min(bottom, rows.stop)))
        c = slice(int(max(left, columns.start)), int(min(right, columns.stop)))
        layers = tiles[k].on(target.part(r, c))
        if layers is not None and (layers.edge > 0).any():
            r = slice(r.start - rows.start, r.stop - rows.start)
            c = slice(c.start - columns.start, c.stop - columns.start)
            found.append(Piece(k, r, c, layers))
    return found


def _count_seams(count: SeamCount, pieces: Sequence[Piece]) -> None:
    """Add what each two pieces of a block say of the same pixels."""
    for a, b in itertools.combinations(pieces, 2):
        rows = slice(max(a.rows.start, b.rows.start), min(a.rows.stop, b.rows.stop))
        columns = slice(max(a.columns.start, b.columns.start), min(a.columns.stop, b.columns.stop))
        if rows.start < rows.stop and columns.start < columns.stop:
            bounds = ("value", "lower", "upper")
            count.add(
                (a.index, b.index),
                *(tuple(p.cut(rows, columns, name) for name in bounds) for p in (a, b)),
            )
