"""Values of a grid of the whole Moon between its pixels, and outlines of places on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import map_coordinates

from farside.constants import MEAN_RADIUS
from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from farside.geography.regions import Ellipse

    Float = NDArray[np.float64]


def sample(grid: ArrayLike, lat: ArrayLike, lon: ArrayLike) -> Float:
    """Return a global grid at places, bilinear between the centres of its pixels.

    The grid goes round the Moon and across the poles: beyond the last row lies the same row on
    the other side. A pixel without a value counts for nothing, and a place that lies for more than
    half among such pixels has no value.

    Parameters
    ----------
    grid : (rows, 2 rows) over the whole Moon, 90 N and 180 W at the first corner; NaN is missing
    lat, lon : degrees; NaN gives NaN

    Raises
    ------
    InputError
        when the grid is not twice as wide as high

    Examples
    --------
    >>> grid = [[2.0, 2.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0]]  # centres at 45 N and 45 S
    >>> sample(grid, [45.0, 0.0], [10.0, 10.0]).tolist()
    [2.0, 1.0]
    """
    values = np.asarray(grid, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != 2 * values.shape[0]:
        raise InputError(
            f"a grid of the whole Moon is twice as wide as high; got shape {values.shape}. Start "
            "from a layer of load_layers()."
        )
    rows, columns = values.shape
    lat, lon = np.broadcast_arrays(np.asarray(lat, float), np.asarray(lon, float))
    known = np.isfinite(lat) & np.isfinite(lon)
    y = (90 - np.where(known, lat, 0.0)) * rows / 180 + 0.5
    x = ((np.where(known, lon, 0.0) + 180) * columns / 360 - 0.5) % columns
    there = np.isfinite(values)
    at = [y.ravel(), x.ravel()]
    total, weight = (
        map_coordinates(_joined(part), at, order=1).reshape(lat.shape)
        for part in (np.where(there, values, 0.0), there.astype(np.float64))
    )
    enough = known & (weight >= 0.5)
    return np.where(enough, total / np.where(enough, weight, 1.0), np.nan)


def _joined(values: Float) -> Float:
    """Return a grid with a row more beyond each pole and its first column again at the end."""
    over = [np.roll(values[row], values.shape[1] // 2)[None] for row in (0, -1)]
    tall = np.concatenate([over[0], values, over[1]])
    return np.concatenate([tall, tall[:, :1]], axis=1)


def outline(region: Ellipse, points: int = 181) -> tuple[Float, Float]:
    """Return latitude and longitude along an ellipse on the sphere, degrees; closed.

    Parameters
    ----------
    region : such as `farside.geography.SPA_OUTER`; equal axes make a circle
    points : along it
    """
    turn = np.linspace(0, 2 * np.pi, points)
    along, across = region.semi_major_km * np.cos(turn), region.semi_minor_km * np.sin(turn)
    arc = np.hypot(along, across) / (MEAN_RADIUS.value / 1000)
    bearing = np.arctan2(across, along) - np.radians(region.tilt_deg)
    up = np.radians(region.lat)
    sine = np.sin(up) * np.cos(arc) + np.cos(up) * np.sin(arc) * np.cos(bearing)
    east = np.arctan2(np.sin(bearing) * np.sin(arc) * np.cos(up), np.cos(arc) - np.sin(up) * sine)
    return np.degrees(np.arcsin(sine)), region.lon + np.degrees(east)
