"""Means of a map over the cells of Lunar Prospector, weighted by area and read block by block."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.datasets import load_cells_5deg
from farside.geography.cells import cell_area
from farside.maps.grid import grid_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from farside.oxides.training import Float

READ = 1024
"""Pixels a side that are read at a time."""


@cache
def _bands() -> tuple[Float, NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return of each band of cells its south, its number of cells and the first; and the order."""
    cells = load_cells_5deg()
    order = np.lexsort((cells["lon_min"].to_numpy(), cells["lat_min"].to_numpy()))
    south, count = np.unique(cells["lat_min"].to_numpy(), return_counts=True)
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    return south, count, first, order


def cell_rows(lon: Float, lat: Float) -> NDArray[np.intp]:
    """Return the row of ``cells_5deg`` that holds each place, -1 where the place is not known.

    As `farside.oxides.compare.cell_of`, for the millions of pixels of a map: the cells of a band
    are equally wide and begin at -180 degrees.

    Parameters
    ----------
    lon, lat : degrees, of one shape
    """
    south, count, first, order = _bands()
    known = np.isfinite(lon) & np.isfinite(lat)
    x, y = np.where(known, lon, 0.0), np.where(known, lat, 0.0)
    band = np.clip(np.searchsorted(south, y, side="right") - 1, 0, south.size - 1)
    share = np.mod(x + 180.0, 360.0) / 360.0
    column = np.minimum((share * count[band]).astype(np.intp), count[band] - 1)
    return np.where(known, order[first[band] + column], -1)


def cell_means(ds: xr.Dataset) -> pd.DataFrame:
    """Return the mean of a map over each cell that it touches.

    Parameters
    ----------
    ds : map dataset

    Returns
    -------
    pandas.DataFrame
        indexed by the row of ``cells_5deg``; for each oxide ``FeO`` (wt%), ``FeO_half`` (mean
        half-width of the interval: the errors inside a cell are taken as fully shared, so that
        averaging narrows nothing) and ``FeO_share`` (share of the cell's area that has a value)

    Raises
    ------
    InputError
        when the map has no lunar coordinate system
    """
    grid = grid_of(ds)
    n = len(load_cells_5deg())
    area, value, half = (np.zeros((len(OXIDES), n)) for _ in range(3))
    for rows, columns in grid.windows(READ):
        part = grid.part(rows, columns)
        piece = ds.isel(y=rows, x=columns)
        lon, lat = part.lonlat()
        cell = cell_rows(lon, lat).ravel()
        size = part.areas().ravel()
        for k, oxide in enumerate(OXIDES):
            one = piece.sel(oxide=oxide)
            v, low, high = (one[name].to_numpy().ravel() for name in ("value", "lower", "upper"))
            use = np.isfinite(v) & (cell >= 0) & np.isfinite(size)
            at, w = cell[use], size[use]
            area[k] += np.bincount(at, w, n)
            value[k] += np.bincount(at, w * v[use], n)
            half[k] += np.bincount(at, w * (high[use] - low[use]) / 2, n)
    return _table(area, value, half)


def _table(area: Float, value: Float, half: Float) -> pd.DataFrame:
    cells = load_cells_5deg()
    bounds = ("lat_min", "lat_max", "lon_min", "lon_max")
    whole = cell_area(*(cells[name].to_numpy(dtype=float) for name in bounds))
    table = {}
    for k, oxide in enumerate(OXIDES):
        seen = np.where(area[k] > 0, area[k], np.nan)
        table[oxide] = value[k] / seen
        table[f"{oxide}_half"] = half[k] / seen
        table[f"{oxide}_share"] = area[k] / whole
    found = pd.DataFrame(table)
    return found.iloc[np.flatnonzero((area > 0).any(axis=0))]
