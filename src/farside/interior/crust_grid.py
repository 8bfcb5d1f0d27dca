"""A user's grid of the crust's thickness, from gravity say, as means over the 5 degree cells.

No such grid comes with the package: the maps of GRAIL (Wieczorek et al. 2013) are archived as
spherical harmonics, which pyshtools turns into a grid. GeoTIFF and NetCDF are read, by GDAL.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from farside.datasets import load_cells_5deg
from farside.errors import InputError
from farside.interior.bounds import check_from

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

MOST_KM = 200.0
"""Thickness above which a grid is no crust in km (GRAIL: at most some 80 km)."""
_ROUNDING = 1e-6
_NETCDF = (".nc", ".nc4", ".cdf", ".grd")


def grid_thickness(path: Path, cells: pd.DataFrame | None = None) -> Float:
    """Return the mean thickness of the crust in each cell, km, from a global grid.

    Parameters
    ----------
    path : GeoTIFF or NetCDF of one band, thickness in km, in degrees or on a lunar map projection;
        a coordinate system is needed unless its axes are longitude and latitude in degrees
    cells : with ``lat_min, lat_max, lon_min, lon_max``; all of `load_cells_5deg` when left out

    Returns
    -------
    array, one value for each cell: the mean of the pixels whose centre lies in it, weighted with
    the cosine of latitude

    Raises
    ------
    InputError
        when the file is no such grid, a pixel is missing, negative or thicker than `MOST_KM`, or a
        cell holds no pixel
    """
    table = load_cells_5deg() if cells is None else cells
    lat, lon, km = _pixels(Path(path))
    weight = np.cos(np.radians(lat))
    found = np.empty(len(table))
    bounds = table[["lat_min", "lat_max", "lon_min", "lon_max"]].to_numpy(dtype=float)
    rows = np.argsort(lat, kind="stable")
    lat, lon, km, weight = lat[rows], lon[rows], km[rows], weight[rows]
    for i, (south, north, west, east) in enumerate(bounds):
        # a pixel on the pole itself belongs to the polar cell
        first, last = np.searchsorted(lat, [south, np.inf if north == 90 else north])
        band = slice(first, last)
        inside = (lon[band] >= west) & (lon[band] < east)
        if not inside.any():
            raise InputError(
                f"{Path(path).name} has no pixel in the cell at {south:g} to {north:g} N, "
                f"{west:g} to {east:g} E; give a global grid of 2.5 degrees or finer."
            )
        found[i] = np.average(km[band][inside], weights=weight[band][inside])
    return found


def _pixels(path: Path) -> tuple[Float, Float, Float]:
    """Return latitude and longitude (-180 to 180) of the centre, and value, of each pixel."""
    driver = "netCDF" if path.suffix.lower() in _NETCDF else "GTiff"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path, driver=driver) as source:
                if source.count != 1:
                    raise InputError(f"{path.name} has {source.count} bands; give one, thickness.")
                values = source.read(1, masked=True).astype(float).filled(np.nan)
                transform, crs = source.transform, source.crs
    except (RasterioError, OSError) as error:
        raise InputError(
            f"{path.name} cannot be read as GeoTIFF or NetCDF ({error}); write the thickness as "
            "one band in km."
        ) from error
    km = check_from(values, f"the thickness in {path.name}", 0.0, MOST_KM, unit=" km").ravel()
    rows, columns = np.indices(values.shape)
    right, down = columns.ravel() + 0.5, rows.ravel() + 0.5
    x = transform.a * right + transform.b * down + transform.c
    y = transform.d * right + transform.e * down + transform.f
    if crs is not None and not crs.is_geographic:
        made = pyproj.CRS.from_wkt(crs.to_wkt())
        turned = pyproj.Transformer.from_crs(made, made.geodetic_crs, always_xy=True)
        x, y = turned.transform(x, y)
    lon, lat = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    good = (
        np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90 + _ROUNDING) & (np.abs(lon) <= 360)
    )
    if transform.is_identity or not good.all():
        raise InputError(
            f"{path.name} does not say where it lies: give longitude and latitude in degrees, or a "
            "coordinate system."
        )
    return lat, (lon + 180.0) % 360.0 - 180.0, km
