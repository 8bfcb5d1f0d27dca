"""The five views of the Moon and the windows on them.

    far, near       orthographic: as seen from far away, straight down on 180° or 0°
    north, south    polar stereographic, true to scale at the pole
    whole           plate carrée in degrees, 180° in its middle

A place on a view is in km from its middle, on the whole Moon in degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine

from farside.errors import InputError, UnknownNameError
from farside.geography.projections import lunar_crs, lunar_transformer
from farside.maps.grid import MapGrid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

LEAST_HEIGHT_KM = 0.05
"""A window is at least so high; MI pixels are 15 m wide."""


@dataclass(frozen=True)
class View:
    """A view of the Moon.

    Parameters
    ----------
    key : in links
    title : for people
    crs : name of `farside.geography.projections.CODES`
    unit_m : m in a unit of the view (1 where the system is in degrees)
    unit : of the axes
    middle : of the whole view
    half, half_width : half of the height and of the width of the whole view
    """

    key: str
    title: str
    crs: str
    unit_m: float
    unit: str
    middle: tuple[float, float]
    half: float
    half_width: float

    @property
    def least(self) -> float:
        """Least height of a window."""
        return LEAST_HEIGHT_KM if self.unit == "km" else LEAST_HEIGHT_KM / 30.0

    def xy(self, lat: ArrayLike, lon: ArrayLike) -> tuple[Float, Float]:
        """Return where places are on the view, NaN where they are not seen.

        Parameters
        ----------
        lat, lon : degrees, longitude east in any turn
        """
        lat, lon = np.broadcast_arrays(np.asarray(lat, float), np.asarray(lon, float))
        if self.unit == "°":
            x = (lon - self.middle[0] + 180.0) % 360.0 - 180.0 + self.middle[0]
            return np.asarray(x, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        x, y = lunar_transformer("geographic", self.crs).transform(lon, lat)
        x, y = (np.where(np.isfinite(v), v, np.nan) / self.unit_m for v in (x, y))
        hidden = ~self._seen(lat)
        return np.where(hidden, np.nan, x), np.where(hidden, np.nan, y)

    def latlon(self, x: ArrayLike, y: ArrayLike) -> tuple[Float, Float]:
        """Return latitude and longitude (-180 to 180) of places on the view, NaN off the Moon."""
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        if self.unit == "°":
            lat, lon = y, x
            off = np.abs(y) > 90.0
        else:
            lon, lat = lunar_transformer(self.crs, "geographic").transform(
                x * self.unit_m, y * self.unit_m
            )
            lon, lat = np.asarray(lon), np.asarray(lat)
            off = ~(np.isfinite(lon) & np.isfinite(lat)) | ~self._seen(lat)
        lon = (np.where(off, np.nan, lon) + 180.0) % 360.0 - 180.0
        return np.where(off, np.nan, lat), lon

    def _seen(self, lat: Float) -> NDArray[np.bool_]:
        """Return which latitudes a view of a pole shows: those beyond the equator."""
        if self.crs == "north_polar":
            return np.asarray(lat >= 0)
        if self.crs == "south_polar":
            return np.asarray(lat <= 0)
        return np.ones(np.shape(lat), dtype=bool)


VIEWS = {
    view.key: view
    for view in (
        View("far", "Far side", "orthographic_far", 1000.0, "km", (0.0, 0.0), 1800.0, 1800.0),
        View("near", "Near side", "orthographic_near", 1000.0, "km", (0.0, 0.0), 1800.0, 1800.0),
        View("north", "North pole", "north_polar", 1000.0, "km", (0.0, 0.0), 1000.0, 1000.0),
        View("south", "South pole", "south_polar", 1000.0, "km", (0.0, 0.0), 1000.0, 1000.0),
        View("whole", "Whole Moon", "geographic", 1.0, "°", (180.0, 0.0), 92.0, 182.0),
    )
}


def view(key: str) -> View:
    """Return the view of a key.

    Raises
    ------
    UnknownNameError
        when there is none
    """
    if key not in VIEWS:
        raise UnknownNameError.of("view", key, VIEWS)
    return VIEWS[key]


@dataclass(frozen=True)
class Window:
    """A part of a view: its middle and half of its height, in the unit of the view."""

    x: float
    y: float
    half: float

    @classmethod
    def whole(cls, of: View) -> Window:
        """Return the window that shows a view whole."""
        return cls(*of.middle, of.half)

    def checked(self, of: View) -> Window:
        """Return the window if it meets the view.

        Raises
        ------
        InputError
            when a figure is not finite, the window is off the view, or its height is out of range
        """
        reach = 4 * of.half
        inside = abs(self.x - of.middle[0]) <= reach and abs(self.y - of.middle[1]) <= reach
        if not (inside and of.least / 2 <= self.half <= reach):
            raise InputError(
                f"the window ({self.x:g}, {self.y:g}, {self.half:g} {of.unit}) is not on the view "
                f"{of.title!r}: its middle lies within {reach:g} {of.unit} of the view's, and "
                f"half of its height is {of.least / 2:g} to {reach:g} {of.unit}."
            )
        return self

    def ranges(self, aspect: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the ranges of x and y of a picture that is `aspect` times as wide as high."""
        wide = self.half * aspect
        return (self.x - wide, self.x + wide), (self.y - self.half, self.y + self.half)


def grid_on(
    of: View, x: tuple[float, float], y: tuple[float, float], size: tuple[int, int]
) -> MapGrid:
    """Return the grid of the pixels of a picture.

    Parameters
    ----------
    of : view
    x, y : ranges in its unit
    size : width and height in pixels
    """
    width, height = size
    dx, dy = ((b - a) * of.unit_m / n for (a, b), n in ((x, width), (y, height)))
    transform = Affine(dx, 0.0, x[0] * of.unit_m, 0.0, -dy, y[1] * of.unit_m)
    return MapGrid(lunar_crs(of.crs), transform, height, width)


@lru_cache(maxsize=16)
def latlon_of(of: View, grid: MapGrid) -> tuple[Float, Float]:
    """Return latitude and longitude of the pixels of a picture, NaN off the Moon."""
    x, y = grid.centres()
    return of.latlon(*np.meshgrid(x / of.unit_m, y / of.unit_m))
