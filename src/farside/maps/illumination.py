"""How much of the time a place sees the Sun, from the horizon that the height grid draws.

The grid has 15 km pixels: it knows the mountains on the horizon and not the boulder, rim or peak
that a station stands on. Up to 60 degrees of latitude its answer is one half (0.46-0.50 at 120
random places); towards the poles, where a ridge of a few kilometres decides, it describes the
country around and neither the peaks of light nor the shadows in craters.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import MAP_RADIUS
from farside.errors import InputError
from farside.geography.features import check_point
from farside.geography.grids import sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

OBLIQUITY_DEG = 1.54
"""Tilt of the Moon's equator to the ecliptic, degrees (Lunar Sourcebook chapter 3, as commonly
given): the subsolar latitude swings between plus and minus this in a year."""

SUN_RADIUS_DEG = 0.267
"""Angular radius of the Sun at 1 au: 695 700 km (IAU 2015 resolution B3) at 149 597 870.7 km."""

AZIMUTHS = 72
RANGES_KM = np.concatenate([[1.0, 2.0, 4.0], np.arange(7.5, 450.0, 7.5)])
"""Where heights are read along each azimuth; a mountain of 10 km shows up to 186 km away on the
plain and from a height of 10 km at twice that."""

NEAR_KM = 7.5
"""Half a pixel of the grid that ships."""

DECLINATIONS = 41
HOUR_ANGLES = 720


@dataclass(frozen=True)
class Illumination:
    """The mean share of the Sun's disk above the horizon, over a year of seasons.

    Parameters
    ----------
    value : 0 to 1, at the height of the grid
    lower, upper : the same with the site lower and higher by the local roughness
    horizon_deg : highest elevation of the horizon
    baseline_km : of the height grid
    """

    value: float
    lower: float
    upper: float
    horizon_deg: float
    baseline_km: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def horizon(height_km: Float, lat: float, lon: float, rise_km: float = 0.0) -> Float:
    r"""Return the elevation of the horizon all around a place, degrees.

    .. math:: \tan e = \frac{r\cos c - r_0}{r\sin c}

    for every height at the angle c along a great circle, with radii r and r0; the greatest counts.

    Parameters
    ----------
    height_km : (rows, columns) over the whole Moon, 90 N and 180 W at the first corner
    lat, lon : degrees
    rise_km : height of the eye above the grid; where it is not 0, the ground nearer than half a
        pixel is left out, as its slope is not known

    Returns
    -------
    array (AZIMUTHS,), from north clockwise
    """
    radius = MAP_RADIUS.value / 1000
    azimuth = np.radians(np.arange(AZIMUTHS) * 360 / AZIMUTHS)[:, None]
    ranges = RANGES_KM if rise_km == 0 else RANGES_KM[RANGES_KM >= NEAR_KM]
    angle = (ranges / radius)[None, :]
    phi = np.radians(lat)
    sine = np.sin(phi) * np.cos(angle) + np.cos(phi) * np.sin(angle) * np.cos(azimuth)
    there = np.degrees(np.arcsin(np.clip(sine, -1, 1)))
    turn = np.arctan2(
        np.sin(azimuth) * np.sin(angle) * np.cos(phi), np.cos(angle) - np.sin(phi) * sine
    )
    r = radius + sample(height_km, there, lon + np.degrees(turn))
    r0 = radius + rise_km + sample(height_km, np.array([lat]), np.array([lon]))[0]
    elevation = np.degrees(np.arctan2(r * np.cos(angle) - r0, r * np.sin(angle)))
    return np.asarray(elevation.max(axis=1), dtype=np.float64)


def sunlit_share(horizon_deg: Float, lat: float) -> float:
    """Return the mean share of the Sun's disk above a horizon, over all hours and seasons.

    Parameters
    ----------
    horizon_deg : elevations at equal steps of azimuth from north clockwise, degrees
    lat : degrees

    Notes
    -----
    The subsolar latitude is drawn as the obliquity times the sine of a steady angle, hour angles
    evenly. The shape of the disk is a straight ramp over its diameter.
    """
    season = 2 * np.pi * (np.arange(DECLINATIONS) + 0.5) / DECLINATIONS
    delta = np.radians(OBLIQUITY_DEG * np.sin(season))[:, None]
    hour = (2 * np.pi * (np.arange(HOUR_ANGLES) + 0.5) / HOUR_ANGLES)[None, :]
    phi = np.radians(lat)
    up = np.sin(phi) * np.sin(delta) + np.cos(phi) * np.cos(delta) * np.cos(hour)
    elevation = np.degrees(np.arcsin(np.clip(up, -1, 1)))
    north = np.cos(phi) * np.sin(delta) - np.sin(phi) * np.cos(delta) * np.cos(hour)
    azimuth = np.degrees(np.arctan2(-np.cos(delta) * np.sin(hour), north))
    steps = np.arange(horizon_deg.size + 1) * 360 / horizon_deg.size
    edge = np.interp(azimuth % 360, steps, np.append(horizon_deg, horizon_deg[0]))
    above = np.clip((elevation - edge) / (2 * SUN_RADIUS_DEG) + 0.5, 0, 1)
    return float(above.mean())


def illumination(
    height_km: Float, lat: float, lon: float, *, roughness_km: float = 0.0
) -> Illumination:
    """Return the share of sunlight at a place, with an interval from the local relief.

    Parameters
    ----------
    height_km : (rows, columns) over the whole Moon, 90 N and 180 W at the first corner
    lat, lon : degrees
    roughness_km : how far the site can lie below or above the grid

    Raises
    ------
    InputError
        when the grid is not of the whole Moon, has gaps, or the place is not on it
    """
    check_point(lat, lon)
    rows, columns = height_km.shape
    if columns != 2 * rows or not np.isfinite(height_km).all():
        raise InputError(
            f"a horizon needs heights of the whole Moon without gaps, twice as wide as high; got "
            f"{rows} x {columns}. Start from load_layers()['height_km']."
        )
    edges = [horizon(height_km, lat, lon, rise) for rise in (0.0, -roughness_km, roughness_km)]
    value, low, high = (sunlit_share(edge, lat) for edge in edges)
    return Illumination(
        value=value,
        lower=min(value, low),
        upper=max(value, high),
        horizon_deg=float(edges[0].max()),
        baseline_km=float(np.pi * MAP_RADIUS.value / 1000 / rows),
    )
