"""Coordinate systems of lunar maps by name, all on the sphere of 1 737 400 m of the IAU.

Each is an entry of the registry ``IAU_2015`` of planetary coordinate systems, which PROJ and GDAL
carry; planetocentric latitude, longitude east, lengths in metres:

    equirectangular   x = R λ,  y = R φ
    polar             ρ = 2 R tan(π/4 ∓ φ/2)        (stereographic, true to scale at the pole)
    orthographic      ρ = R sin c                   (c: angle from the middle of the disk)
    mollweide         x = (2√2/π) R λ cos θ,  y = √2 R sin θ,  2θ + sin 2θ = π sin φ

References
----------
Archinal et al. (2018), doi 10.1007/s10569-017-9805-5 (sphere); Hare and Malapert (2021), Planetary
Science WKT-CRS registry v1, which the codes are from; Snyder (1987) USGS Professional Paper 1395
(formulas).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
from rasterio.crs import CRS

from farside.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

AUTHORITY = "IAU_2015"
CODES = {
    "geographic": 30100,
    "equirectangular": 30110,
    "equirectangular_far": 30115,
    "north_polar": 30130,
    "south_polar": 30135,
    "orthographic_near": 30165,
    "orthographic_far": 30170,
    "mollweide": 30140,
    "mollweide_far": 30145,
}
"""Code of each coordinate system in ``IAU_2015``; ``far`` is centred on 180° E."""


@cache
def lunar_crs(name: str) -> CRS:
    """Return a lunar coordinate system, for rasterio and rioxarray.

    Parameters
    ----------
    name : one of `CODES`; ``geographic`` has degrees, the others metres

    Raises
    ------
    UnknownNameError
        when there is no such name

    Examples
    --------
    >>> lunar_crs("equirectangular").to_authority()
    ('IAU_2015', '30110')
    """
    if name not in CODES:
        raise UnknownNameError.of("lunar coordinate system", name, CODES)
    return CRS.from_authority(AUTHORITY, CODES[name])


@cache
def lunar_transformer(source: str, target: str) -> pyproj.Transformer:
    """Return what turns coordinates of one system into those of another, x (longitude) first.

    Parameters
    ----------
    source, target : names of `CODES`

    Raises
    ------
    UnknownNameError
        when there is no such name

    Examples
    --------
    >>> x, y = lunar_transformer("geographic", "equirectangular").transform(180.0, 90.0)
    >>> round(x / y, 12)
    2.0
    """
    for name in (source, target):
        lunar_crs(name)
    ends = (pyproj.CRS.from_authority(AUTHORITY, CODES[name]) for name in (source, target))
    return pyproj.Transformer.from_crs(*ends, always_xy=True)


def project(name: str, lat: ArrayLike, lon: ArrayLike) -> tuple[Float, Float]:
    """Return where places are on a map, x and y in metres; NaN where the map does not show them.

    Parameters
    ----------
    name : one of `CODES` but ``geographic``
    lat, lon : degrees

    Examples
    --------
    >>> x, y = project("orthographic_far", [30.0, 0.0], [180.0, 0.0])  # the second is behind
    >>> float(y[0].round(3)), float(x[1])
    (868700.0, nan)
    """
    lon, lat = np.broadcast_arrays(np.asarray(lon, float), np.asarray(lat, float))
    return _finite(lunar_transformer("geographic", name).transform(lon, lat))


def unproject(name: str, x: ArrayLike, y: ArrayLike) -> tuple[Float, Float]:
    """Return latitude and longitude of points of a map, degrees; NaN where there is no Moon.

    Parameters
    ----------
    name : one of `CODES` but ``geographic``
    x, y : metres

    Examples
    --------
    >>> lat, lon = unproject("orthographic_near", [0.0, 1_800_000.0], [868_700.0, 0.0])
    >>> float(lat[0].round(6)), float(lat[1])
    (30.0, nan)
    """
    x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
    lon, lat = _finite(lunar_transformer(name, "geographic").transform(x, y))
    return lat, lon


def _finite(pair: tuple[Float, Float]) -> tuple[Float, Float]:
    first, second = (np.where(np.isfinite(part), part, np.nan) for part in pair)
    return first, second
