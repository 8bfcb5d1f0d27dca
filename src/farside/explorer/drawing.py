"""Draw layers on the pixels of a picture: of every piece, only what the picture shows is read."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj

from farside.errors import InputError
from farside.explorer.layers import GLOBAL, OUTPUT, Layer
from farside.explorer.opened import global_layers, young_mare
from farside.explorer.pieces import Read
from farside.maps.grid import MapGrid, period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from farside.explorer.opened import Opened
    from farside.explorer.pieces import Piece

    Float = NDArray[np.float64]
    F32 = NDArray[np.float32]

PATIENCE_S = 0.06
"""Time that a picture may take to read what is fine; the rest follows."""

FIRST_S = 0.5
"""Time that the first picture may wait for an overview."""

WHOLE = (360, 180)
"""Pixels of the whole Moon from which limits of colours are taken."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A drawn layer.

    Parameters
    ----------
    values : (height, width), NaN where there is nothing
    complete : False while a part is still coarser than the picture
    problem : what could not be read, and why
    """

    values: Float
    complete: bool
    problem: str = ""


def draw(
    opened: Opened,
    layer: Layer,
    lat: Float,
    lon: Float,
    resolution_m: float,
    *,
    minus: Layer | None = None,
    patience_s: float = PATIENCE_S,
) -> Drawn:
    """Return a layer, or the difference of two, at places.

    Parameters
    ----------
    opened : output
    layer : to draw
    lat, lon : (height, width) degrees, NaN off the Moon
    resolution_m : distance between places, m
    minus : layer to take off it; where units differ, both in standard deviations over the Moon
    patience_s : time for what takes long to read
    """
    deadline = time.monotonic() + patience_s
    first = _one(opened, layer, (lat, lon), resolution_m, deadline)
    if minus is None:
        return first
    second = _one(opened, minus, (lat, lon), resolution_m, deadline)
    values = [first.values, second.values]
    if layer.unit != minus.unit:
        scales = (_scale(opened, one) for one in (layer, minus))
        values = [(v - mean) / sd for v, (mean, sd) in zip(values, scales, strict=True)]
    complete, problem = first.complete and second.complete, first.problem or second.problem
    return Drawn(values[0] - values[1], complete, problem)


def check_difference(layer: Layer, minus: Layer) -> None:
    """Raise when two layers have no difference.

    Raises
    ------
    InputError
        when one is of classes
    """
    for one in (layer, minus):
        if one.classes:
            raise InputError(
                f"{one.title} are classes, which have no difference; choose two layers of numbers."
            )


def difference_label(layer: Layer, minus: Layer) -> str:
    """Return what a difference is, with its unit."""
    if layer.unit == minus.unit:
        return f"{layer.title} − {minus.title} ({layer.unit})"
    return f"{layer.title} − {minus.title} (standard deviations over the Moon)"


def _one(
    opened: Opened, layer: Layer, places: tuple[Float, Float], resolution_m: float, deadline: float
) -> Drawn:
    pieces = opened.pieces
    if layer.source != OUTPUT:
        pieces = (global_layers() if layer.source == GLOBAL else young_mare(),)
    found = {
        name: sample(pieces, name, places, resolution_m, deadline, nearest=bool(layer.classes))
        for name in layer.needs
    }
    values = layer.values({name: one.values for name, one in found.items()})
    problem = next((one.problem for one in found.values() if one.problem), "")
    return Drawn(values, all(one.complete for one in found.values()), problem)


def sample(
    pieces: Sequence[Piece],
    name: str,
    places: tuple[Float, Float],
    resolution_m: float,
    deadline: float = math.inf,
    *,
    nearest: bool = False,
) -> Read:
    """Return a variable at places.

    Parameters
    ----------
    pieces : the first that has a value at a place gives it
    name : of the variable
    places : latitude and longitude, degrees, NaN off the Moon
    resolution_m : means are taken over pixels of at most this width
    deadline : see `farside.explorer.pieces.Reader`
    nearest : take single pixels, never means, as classes need
    """
    lat, lon = places
    out = np.full(lat.shape, np.nan, np.float32)
    complete, problem = True, ""
    for piece in pieces:
        if name not in piece.names:
            continue
        open_places = np.isfinite(lat) & np.isnan(out)
        if not open_places.any():
            break
        column, row = pixels_of(piece.grid, lat, lon)
        inside = (
            open_places
            & (column >= 0) & (column < piece.grid.width)
            & (row >= 0) & (row < piece.grid.height)
        )  # fmt: skip
        factor = 1 if nearest else _factor(resolution_m, piece.grid)
        for part in _parts(piece.grid, column, inside):
            read = _fill(out, piece, name, (column, row, part), factor, deadline)
            complete, problem = complete and read.complete, problem or read.problem
    return Read(out, complete, problem)


def _factor(resolution_m: float, grid: MapGrid) -> int:
    """Return the greatest power of two of pixels that are no wider than a resolution."""
    ratio = resolution_m / grid.resolution_m
    return 1 << math.floor(math.log2(max(ratio, 1.0) * (1 + 1e-9)))


def pixels_of(grid: MapGrid, lat: Float, lon: Float) -> tuple[Float, Float]:
    """Return column and row of places on a grid, in fractions from the first pixel's corner."""
    if grid.crs.is_geographic:
        x, y = lon, lat
    else:
        x, y = _from_geographic(grid.crs.to_wkt()).transform(lon, lat)
        x, y = (np.where(np.isfinite(v), v, np.nan) for v in (x, y))
    column, row = grid.pixel_of(np.asarray(x), np.asarray(y))
    turn = period(grid.crs)
    if turn is not None:
        around = turn / grid.resolution
        column = np.where(np.isfinite(column), column, np.nan) % around
        # the lowest and highest pixel hold their own edge
        row = np.where(row == grid.height, grid.height - 0.5, row)
    return np.asarray(column), np.asarray(row)


@cache
def _from_geographic(wkt: str) -> pyproj.Transformer:
    crs = pyproj.CRS.from_wkt(wkt)
    return pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)


def _parts(grid: MapGrid, column: Float, inside: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return places in one group, or in two where the edge of a global grid runs through them."""
    if period(grid.crs) is None or not inside.any():
        return [inside] if inside.any() else []
    left = inside & (column < grid.width / 2)
    right = inside & ~left
    if not (left.any() and right.any()):
        return [inside]
    gap = column[right].min() - column[left].max()
    edge = column[left].min() + grid.width - column[right].max()
    return [left, right] if gap > edge else [inside]


def _fill(
    out: F32,
    piece: Piece,
    name: str,
    where: tuple[Float, Float, NDArray[np.bool_]],
    factor: int,
    deadline: float,
) -> Read:
    """Read a window of a piece and take its pixels."""
    column, row, part = where
    i, j = row[part].astype(np.int64), column[part].astype(np.int64)
    spans = []
    for index, size in ((i, piece.grid.height), (j, piece.grid.width)):
        start = int(index.min()) // factor * factor
        spans.append(slice(start, min(size, (int(index.max()) // factor + 1) * factor)))
    rows, columns = spans
    read = piece.read(name, rows, columns, factor, deadline)
    out[part] = read.values[(i - rows.start) // factor, (j - columns.start) // factor]
    return read


# -- the whole Moon ----------------------------------------------------------------------------


def _coarse(opened: Opened, layer: Layer) -> tuple[Float, Float]:
    """Return a layer on a coarse grid of the whole Moon, and the weight of each pixel by area."""
    width, height = WHOLE
    lat, lon = np.meshgrid(
        90 - (np.arange(height) + 0.5) * 180 / height,
        -180 + (np.arange(width) + 0.5) * 360 / width,
        indexing="ij",
    )
    drawn = _one(opened, layer, (lat, lon), 1.7374e6 * math.pi / height, time.monotonic() + FIRST_S)
    known = np.isfinite(drawn.values)
    return drawn.values[known], np.cos(np.radians(lat))[known]


@cache
def _scale(opened: Opened, layer: Layer) -> tuple[float, float]:
    """Return mean and standard deviation of a layer over what it covers, by area."""
    values, weights = _coarse(opened, layer)
    if not values.size:
        raise InputError(f"{layer.title} has no value in this output; choose another layer.")
    mean = float(np.average(values, weights=weights))
    sd = math.sqrt(float(np.average((values - mean) ** 2, weights=weights)))
    if sd == 0:
        raise InputError(f"{layer.title} is the same everywhere; choose another layer.")
    return mean, sd


@cache
def limits(opened: Opened, layer: Layer, minus: Layer | None = None) -> tuple[float, float]:
    """Return the limits of the colours of a layer, or of the difference of two.

    A layer without limits of its own is shown from the 2nd to the 98th percentile of the whole map,
    a difference alike on both sides of 0.
    """
    if minus is not None:
        return _difference_limits(opened, layer, minus)
    if layer.limits is not None:
        return layer.limits
    values, _ = _coarse(opened, layer)
    if not values.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, (2, 98)))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _difference_limits(opened: Opened, layer: Layer, minus: Layer) -> tuple[float, float]:
    if layer.unit != minus.unit:
        return -3.0, 3.0
    width, height = WHOLE
    lat, lon = np.meshgrid(
        90 - (np.arange(height) + 0.5) * 180 / height,
        -180 + (np.arange(width) + 0.5) * 360 / width,
        indexing="ij",
    )
    found = draw(opened, layer, lat, lon, 1.7374e6 * math.pi / height, minus=minus,
                 patience_s=FIRST_S)  # fmt: skip
    known = np.abs(found.values[np.isfinite(found.values)])
    reach = float(np.percentile(known, 98)) if known.size else 1.0
    return (-reach, reach) if reach > 0 else (-1.0, 1.0)
