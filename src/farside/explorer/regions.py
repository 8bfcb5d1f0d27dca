"""Regions: drawn by hand or picked by name, each a ring of longitudes and latitudes.

Whether a place is inside is decided in Lambert's azimuthal equal-area projection about the middle
of the ring; the sphere outside of a ring is the larger part. A drawn edge is straight in the view
that it was drawn in: it is kept by points along it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from rasterio.crs import CRS

from farside.constants import MAP_RADIUS, MEAN_RADIUS
from farside.errors import InputError
from farside.geography import SPA_INNER, SPA_OUTER, Ellipse
from farside.geography.features import feature, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from farside.explorer.views import View

    Float = NDArray[np.float64]

MAX_CORNERS = 96
"""Most corners of a drawn region: more do not fit into a link."""

EDGE_POINTS = 16
"""Points along an edge that is drawn on a view."""

CIRCLE_POINTS = 180

BASINS = {
    "South Pole-Aitken": (SPA_OUTER, "outer ellipse of Garrick-Bethell & Zuber (2009)"),
    "South Pole-Aitken, inner": (SPA_INNER, "inner ellipse of Garrick-Bethell & Zuber (2009)"),
}
"""Regions that are no circle about an approved name, with their source."""

NICKNAMES = {"spa": "South Pole-Aitken", "south pole-aitken basin": "South Pole-Aitken",
         "apollo basin": "Apollo"}  # fmt: skip
"""Names that people use for others."""


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the surface.

    Parameters
    ----------
    name : for people
    lon, lat : of its ring, degrees, at least three corners, not closed
    source : where its outline is from
    spec : as in a link, see `farside.explorer.state`
    """

    name: str
    lon: Float
    lat: Float
    source: str
    spec: str

    @cached_property
    def middle(self) -> tuple[float, float]:
        """Latitude and longitude of the middle of the ring, degrees."""
        phi, lam = np.radians(self.lat), np.radians(self.lon)
        x, y, z = (
            float(v.mean())
            for v in (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi))
        )
        return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))

    @cached_property
    def crs(self) -> CRS:
        """Equal-area system about its middle."""
        lat, lon = self.middle
        text = f"+proj=laea +lat_0={lat!r} +lon_0={lon!r} +R={MAP_RADIUS.value} +units=m +no_defs"
        return CRS.from_proj4(text)

    @cached_property
    def polygon(self) -> Any:
        """Its polygon in `crs`, m."""
        x, y = self.plane(self.lat, self.lon)
        return shapely.make_valid(shapely.Polygon(np.column_stack([x, y])))

    def plane(self, lat: ArrayLike, lon: ArrayLike) -> tuple[Float, Float]:
        """Return places in `crs`, m."""
        x, y = _transformer(self.crs.to_wkt()).transform(lon, lat)
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)

    def places(self, x: ArrayLike, y: ArrayLike) -> tuple[Float, Float]:
        """Return latitude and longitude of points in `crs`."""
        lon, lat = _transformer(self.crs.to_wkt()).transform(x, y, direction="INVERSE")
        return np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)

    def contains(self, lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
        """Return which places are inside."""
        return np.asarray(shapely.contains_xy(self.polygon, *self.plane(lat, lon)))

    @property
    def area_km2(self) -> float:
        """Area on the sphere of mean radius, km2."""
        scale = (MEAN_RADIUS.value / MAP_RADIUS.value) ** 2
        return float(self.polygon.area) * scale / 1e6


@lru_cache(maxsize=32)
def _transformer(wkt: str) -> pyproj.Transformer:
    crs = pyproj.CRS.from_wkt(wkt)
    return pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)


# -- by name -----------------------------------------------------------------------------------


def named(name: str) -> Region:
    """Return a region by name: a basin of `BASINS`, or the circle of a named feature.

    Parameters
    ----------
    name : accents and case do not matter

    Raises
    ------
    InputError
        when the feature has no size
    UnknownNameError
        when no approved name is like it, with the nearest ones
    """
    known = {fold(key): key for key in BASINS}
    wanted = NICKNAMES.get(fold(name), name)
    if fold(wanted) in known:
        key = known[fold(wanted)]
        ellipse, source = BASINS[key]
        return _circle(key, ellipse, source, f"name:{key}")
    found = feature(wanted)
    if found.diameter_km is None:
        raise InputError(
            f"{found.name} has no size in the list of approved names; draw the region by hand."
        )
    radius = found.diameter_km / 2
    circle = Ellipse(found.lat, found.lon, radius, radius, 0.0, "")
    source = f"circle of {found.diameter_km:g} km about the approved name ({found.type})"
    return _circle(found.name, circle, source, f"name:{found.name}")


def _circle(name: str, of: Ellipse, source: str, spec: str) -> Region:
    """Return the ring of an ellipse on the sphere, along great circles from its centre."""
    turn = np.linspace(0, 2 * math.pi, CIRCLE_POINTS, endpoint=False)
    along, across = of.semi_major_km * np.cos(turn), of.semi_minor_km * np.sin(turn)
    distance = np.hypot(along, across) * 1000 / MEAN_RADIUS.value
    bearing = np.arctan2(across, along) - math.radians(of.tilt_deg)
    phi = math.radians(of.lat)
    sine = math.sin(phi) * np.cos(distance) + math.cos(phi) * np.sin(distance) * np.cos(bearing)
    lam = np.arctan2(
        np.sin(bearing) * np.sin(distance) * math.cos(phi), np.cos(distance) - math.sin(phi) * sine
    )
    lon = (np.degrees(lam) + of.lon + 180) % 360 - 180
    return Region(name, lon, np.degrees(np.arcsin(np.clip(sine, -1, 1))), source, spec)


# -- by hand -----------------------------------------------------------------------------------


def drawn(of: View, x: Any, y: Any) -> Region:
    """Return the region inside of corners on a view.

    Parameters
    ----------
    of : view that it was drawn on
    x, y : corners in its unit; thinned to `MAX_CORNERS`

    Raises
    ------
    InputError
        when there are fewer than three corners on the Moon, or they enclose nothing
    """
    x, y = np.array(x, dtype=np.float64, ndmin=1), np.array(y, dtype=np.float64, ndmin=1)
    if x.size != y.size or not np.isfinite(x + y).all():
        raise InputError("a corner of the region is not a number; draw it again.")
    if x.size > 1 and x[0] == x[-1] and y[0] == y[-1]:
        x, y = x[:-1], y[:-1]
    keep = np.unique(np.linspace(0, x.size - 1, min(x.size, MAX_CORNERS)).round().astype(int))
    x, y = x[keep], y[keep]
    if x.size <= MAX_CORNERS // EDGE_POINTS:
        x, y = _with_edges(x, y)
    lat, lon = of.latlon(x, y)
    return polygon(
        [(float(a), float(b)) for a, b in zip(lon, lat, strict=True) if not math.isnan(a)]
    )


def _with_edges(x: Float, y: Float) -> tuple[Float, Float]:
    """Return corners with points along their edges."""
    share = np.linspace(0, 1, EDGE_POINTS, endpoint=False)

    def along(ends: Float) -> Float:
        step = np.roll(ends, -1) - ends
        return np.asarray((ends[:, None] + step[:, None] * share).ravel(), dtype=np.float64)

    return along(x), along(y)


def short(value: float) -> str:
    """Return a number with at most four decimals, as links and files have it."""
    return f"{round(value, 4) + 0.0:.4f}".rstrip("0").rstrip(".")


def polygon(corners: Sequence[tuple[float, float]]) -> Region:
    """Return the region inside of corners.

    Parameters
    ----------
    corners : longitude and latitude, degrees; rounded to a ten-thousandth (3 m)

    Raises
    ------
    InputError
        when there are too few or too many, one is not on the Moon, or they enclose nothing or
        more than half of the Moon
    """
    if not 3 <= len(corners) <= MAX_CORNERS:
        raise InputError(
            f"a region needs 3 to {MAX_CORNERS} corners on the Moon; this one has {len(corners)}."
        )
    lon, lat = (np.round(np.array(v, dtype=float), 4) for v in zip(*corners, strict=True))
    if not ((np.abs(lat) <= 90).all() and (np.abs(lon) <= 360).all()):
        raise InputError(
            "a corner of the region is not on the Moon: give degrees, -90 to 90 north."
        )
    lon = (lon + 180) % 360 - 180
    spec = "poly:" + "_".join(f"{short(a)},{short(b)}" for a, b in zip(lon, lat, strict=True))
    found = Region("drawn by hand", lon, lat, "drawn by hand", spec)
    x, y = found.plane(lat, lon)
    finite = bool(np.isfinite(x + y).all())
    half = 2 * math.pi * (MEAN_RADIUS.value / 1000) ** 2
    if not finite or not 0 < found.area_km2 <= half:
        raise InputError(
            "the corners enclose nothing, or more than half of the Moon; draw a smaller region."
        )
    return found
