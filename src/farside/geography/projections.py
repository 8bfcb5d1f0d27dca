"""Coordinate systems of lunar maps by name, all on the sphere of 1 737 400 m of the IAU.

Each is an entry of the registry ``IAU_2015`` of planetary coordinate systems, which PROJ and GDAL
carry; planetocentric latitude, longitude east, lengths in metres:

    equirectangular   x = R λ,  y = R φ
    polar             ρ = 2 R tan(π/4 ∓ φ/2)        (stereographic, true to scale at the pole)
    orthographic      ρ = R sin c                   (c: angle from the middle of the disk)

References
----------
Archinal et al. (2018), doi 10.1007/s10569-017-9805-5 (sphere); Hare and Malapert (2021), Planetary
Science WKT-CRS registry v1, which the codes are from; Snyder (1987) USGS Professional Paper 1395
(formulas).
"""

from __future__ import annotations

from functools import cache

import pyproj
from rasterio.crs import CRS

from farside.errors import UnknownNameError

AUTHORITY = "IAU_2015"
CODES = {
    "geographic": 30100,
    "equirectangular": 30110,
    "equirectangular_far": 30115,
    "north_polar": 30130,
    "south_polar": 30135,
    "orthographic_near": 30165,
    "orthographic_far": 30170,
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
