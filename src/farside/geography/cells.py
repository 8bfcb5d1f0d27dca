"""Areas, weights and distances on the sphere.

Angles are degrees; longitude runs east. Results need no ellipsoid: the Moon's flattening is
about 1/800, so that an area on the sphere is right to about 0.1 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.constants import MEAN_RADIUS
from farside.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

BOUNDS = ("lat_min", "lat_max", "lon_min", "lon_max")
"""Columns of a table of cells that hold the bounds, in degrees."""


def cell_area(
    lat_min: ArrayLike,
    lat_max: ArrayLike,
    lon_min: ArrayLike,
    lon_max: ArrayLike,
    *,
    radius: float = MEAN_RADIUS.value,
) -> NDArray[np.float64]:
    r"""Return the area of cells bounded by parallels and meridians.

    .. math:: A = R^2 (\lambda_2 - \lambda_1)(\sin\varphi_2 - \sin\varphi_1)

    Parameters
    ----------
    lat_min, lat_max : degrees, -90 to 90
    lon_min, lon_max : degrees east, `lon_max` above `lon_min`; a cell across 180 degrees is
        given with `lon_max` above 180
    radius : m, by default the mean radius of the Moon

    Returns
    -------
    array of the broadcast shape, in km2

    Raises
    ------
    InputError
        when a latitude is out of range, bounds are reversed or a cell is wider than 360 degrees
    """
    south, north = np.asarray(lat_min, dtype=float), np.asarray(lat_max, dtype=float)
    west, east = np.asarray(lon_min, dtype=float), np.asarray(lon_max, dtype=float)
    if not (np.all(south >= -90) and np.all(north <= 90) and np.all(south <= north)):
        raise InputError(
            "bounds in latitude are not usable: need -90 <= lat_min <= lat_max <= 90 degrees "
            "and no missing value; check units and order."
        )
    width = east - west
    if not (np.all(width >= 0) and np.all(width <= 360)):
        raise InputError(
            "bounds in longitude are not usable: need 0 <= lon_max - lon_min <= 360 degrees and "
            "no missing value; add 360 to lon_max of a cell that crosses 180 degrees."
        )
    height = np.sin(np.radians(north)) - np.sin(np.radians(south))
    return np.asarray((radius / 1000) ** 2 * np.radians(width) * height, dtype=np.float64)


def area_weights(cells: pd.DataFrame) -> NDArray[np.float64]:
    """Return the share of each cell in the area of all cells of the table; sums to 1.

    Parameters
    ----------
    cells : table with the columns ``lat_min``, ``lat_max``, ``lon_min``, ``lon_max`` in degrees

    Raises
    ------
    InputError
        when a column is missing or the table has no area
    """
    missing = [name for name in BOUNDS if name not in cells.columns]
    if missing:
        raise InputError(
            f"the table of cells has no column {', '.join(missing)}; "
            f"area weights need {', '.join(BOUNDS)} in degrees."
        )
    area = cell_area(*(cells[name].to_numpy(dtype=float) for name in BOUNDS))
    if not area.sum() > 0:
        raise InputError(f"the {len(cells)} cells have no area; give at least one cell.")
    return np.asarray(area / area.sum(), dtype=np.float64)


def great_circle_deg(
    lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike
) -> NDArray[np.float64]:
    r"""Return the angle between two directions from the centre of the Moon, in degrees.

    The form of Vincenty is used, which keeps its precision for near and for opposite points:

    .. math:: \tan c = \frac{\sqrt{(\cos\varphi_2\sin\Delta)^2 + (\cos\varphi_1\sin\varphi_2 -
        \sin\varphi_1\cos\varphi_2\cos\Delta)^2}}{\sin\varphi_1\sin\varphi_2 +
        \cos\varphi_1\cos\varphi_2\cos\Delta}

    Parameters
    ----------
    lat1, lon1, lat2, lon2 : degrees, broadcast against each other; NaN gives NaN
    """
    across, along, onward = _offsets(lat1, lon1, lat2, lon2)
    return np.asarray(np.degrees(np.arctan2(np.hypot(across, along), onward)), dtype=np.float64)


def great_circle_km(
    lat1: ArrayLike,
    lon1: ArrayLike,
    lat2: ArrayLike,
    lon2: ArrayLike,
    *,
    radius: float = MEAN_RADIUS.value,
) -> NDArray[np.float64]:
    """Return the distance along the sphere in km; arguments as in `great_circle_deg`.

    Parameters
    ----------
    lat1, lon1, lat2, lon2 : degrees
    radius : m, by default the mean radius of the Moon
    """
    angle = np.radians(great_circle_deg(lat1, lon1, lat2, lon2))
    return np.asarray(radius / 1000 * angle, dtype=np.float64)


def bearing_deg(
    lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike
) -> NDArray[np.float64]:
    """Return the direction from point 1 to point 2, degrees clockwise from north, -180 to 180.

    Parameters
    ----------
    lat1, lon1, lat2, lon2 : degrees, broadcast against each other; NaN gives NaN
    """
    across, along, _ = _offsets(lat1, lon1, lat2, lon2)
    return np.asarray(np.degrees(np.arctan2(across, along)), dtype=np.float64)


def _offsets(
    lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return point 2 in the frame of point 1: east, north and outward parts of a unit vector."""
    p1, p2 = np.radians(np.asarray(lat1, float)), np.radians(np.asarray(lat2, float))
    turn = np.radians(np.asarray(lon2, float) - np.asarray(lon1, float))
    across = np.cos(p2) * np.sin(turn)
    along = np.cos(p1) * np.sin(p2) - np.sin(p1) * np.cos(p2) * np.cos(turn)
    onward = np.sin(p1) * np.sin(p2) + np.cos(p1) * np.cos(p2) * np.cos(turn)
    return across, along, onward
