"""Near and far side, the South Pole-Aitken basin, terranes and maria.

Every region has a stated boundary with a source. Points are degrees, longitude east in any
turn (-180..180 or 0..360); tables of cells are those of `farside.datasets.load_cells_5deg`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError, UnknownNameError
from farside.geography.cells import bearing_deg, great_circle_deg, great_circle_km

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

PKT_THORIUM_PPM = 3.5
"""Least Th of the Procellarum KREEP Terrane, ppm. The contour commonly drawn for the terrane of
Jolliff et al. (2000); the figure was taken from later work, not read in the paper. On the 5 degree
Th of Prettyman et al. (2006) it encloses 14 % of the Moon, all of it on the near side; 16 % is
published for the terrane."""

MARE_FRACTION = 0.5
"""Least share of a cell covered by mare basalt for the cell to count as mare; our choice."""


@dataclass(frozen=True)
class Ellipse:
    """An ellipse on the sphere, drawn in azimuthal equidistant projection about its centre.

    Parameters
    ----------
    lat, lon : centre, degrees
    semi_major_km, semi_minor_km : km along great circles, on the mean radius
    tilt_deg : direction of the major axis, degrees counterclockwise (west) of north
    reference : key in ``references.csv``
    """

    lat: float
    lon: float
    semi_major_km: float
    semi_minor_km: float
    tilt_deg: float
    reference: str

    def contains(self, lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
        """Return where points are inside or on the ellipse; False where a coordinate is NaN."""
        distance = great_circle_km(self.lat, self.lon, lat, lon)
        angle = np.radians(bearing_deg(self.lat, self.lon, lat, lon) + self.tilt_deg)
        along = distance * np.cos(angle) / self.semi_major_km
        across = distance * np.sin(angle) / self.semi_minor_km
        return np.asarray(along**2 + across**2 <= 1)


SPA_OUTER = Ellipse(-53.0, 191.0, 1200.0, 1025.0, 19.0, "garrickbethell2009")
"""The basin as the paper's abstract gives it: axes 2400 by 2050 km about 53 S, 191 E, along an
azimuth of 19 degrees counterclockwise of north."""

SPA_INNER = Ellipse(-53.2, 191.1, 970.0, 720.0, 18.8, "garrickbethell2009")
"""The inner topographic ellipse of the same paper, as quoted in later work and not read in the
paper. Its abstract states that the outer semi-minor axis is about the square root of 2 times the
inner one: 1025 / 720 = 1.42."""

SPA_CIRCLE_RADIUS_DEG = 20.0
SPA_CIRCLE_CENTRE = (-53.0, -169.0)
"""A circle of 20 degrees about 53 S, 169 W: a simple disc within the outer ellipse, our choice."""

SPA_REGIONS = ("outer", "inner", "circle")


# -- near and far side -------------------------------------------------------------------------


def is_near_side(lon: ArrayLike) -> NDArray[np.bool_]:
    """Return where a longitude is less than 90 degrees from the meridian that faces the Earth.

    Parameters
    ----------
    lon : degrees east; 90 E and 90 W themselves belong to the far side, and so does NaN

    Notes
    -----
    A cell has two bounds, and cells that straddle 90 E or W lie on both sides: use
    `near_side_fraction` for areas and means.
    """
    wrapped = (np.asarray(lon, dtype=float) + 180) % 360 - 180
    return np.asarray(np.abs(wrapped) < 90)


def near_side_fraction(cells: pd.DataFrame) -> NDArray[np.float64]:
    """Return the share of each cell's area on the near side, 0 to 1.

    Parameters
    ----------
    cells : table with ``lon_min`` and ``lon_max`` in degrees, -180 <= lon_min < lon_max <= 180
    """
    west, east = _columns(cells, "lon_min", "lon_max")
    if not (np.all(west >= -180) and np.all(east <= 180) and np.all(west < east)):
        raise InputError("bounds need -180 <= lon_min < lon_max <= 180; split cells across 180.")
    inside = np.minimum(east, 90.0) - np.maximum(west, -90.0)
    return np.asarray(np.clip(inside, 0, None) / (east - west), dtype=np.float64)


def straddles_limb(cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which cells lie partly on the near and partly on the far side."""
    share = near_side_fraction(cells)
    return np.asarray((share > 0) & (share < 1))


# -- South Pole-Aitken -------------------------------------------------------------------------


def in_spa(lat: ArrayLike, lon: ArrayLike, *, region: str = "outer") -> NDArray[np.bool_]:
    """Return where points are inside the South Pole-Aitken basin.

    Parameters
    ----------
    lat, lon : degrees
    region : ``"outer"``, the ellipse of the basin as in the abstract of Garrick-Bethell & Zuber
        (2009, Icarus 204, 399-408), 2400 x 2050 km; ``"inner"``, their inner topographic ellipse,
        1940 x 1440 km; ``"circle"``, 20 degrees about 53 S, 169 W

    Raises
    ------
    UnknownNameError
        for another region
    """
    if region == "outer":
        return SPA_OUTER.contains(lat, lon)
    if region == "inner":
        return SPA_INNER.contains(lat, lon)
    if region == "circle":
        distance = great_circle_deg(*SPA_CIRCLE_CENTRE, lat, lon)
        return np.asarray(distance <= SPA_CIRCLE_RADIUS_DEG)
    raise UnknownNameError.of("South Pole-Aitken region", region, SPA_REGIONS)


# -- terranes and surface units ----------------------------------------------------------------


def is_mare(cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which cells are covered by mare basalt over half of their area or more.

    Parameters
    ----------
    cells : table with ``mare_fraction``; cells where it is missing (beyond 70 degrees of
        latitude, where there is no mare of the size of a cell) count as not mare
    """
    (share,) = _columns(cells, "mare_fraction")
    return np.asarray(share >= MARE_FRACTION)


def terrane(cells: pd.DataFrame) -> NDArray[np.str_]:
    """Return the crustal terrane of each cell, after Jolliff et al. (2000).

    Parameters
    ----------
    cells : table with ``lat``, ``lon`` (centres, degrees) and ``Th`` (ppm)

    Returns
    -------
    array of ``"PKT"`` (Procellarum KREEP Terrane: Th of 3.5 ppm or more), else ``"SPAT"`` (South
    Pole-Aitken Terrane: centre in the outer ellipse), else ``"FHT"`` (Feldspathic Highlands
    Terrane, with the maria outside of the other two, as in the paper's outer FHT)

    Raises
    ------
    InputError
        when a column is missing or a Th is missing

    Notes
    -----
    Jolliff B.L. et al. (2000) Journal of Geophysical Research 105, 4197-4216. The paper draws its
    terranes on Clementine FeO and early Lunar Prospector Th at 5 degrees; here they follow from
    Th and the ellipse of the basin, which gives 14, 10 and 76 % of the surface.
    """
    lat, lon, thorium = _columns(cells, "lat", "lon", "Th")
    if np.isnan(thorium).any():
        raise InputError(
            f"Th is missing in {int(np.isnan(thorium).sum())} of {len(cells)} cells; a terrane "
            "needs it: leave these cells out."
        )
    basin = in_spa(lat, lon)
    return np.where(thorium >= PKT_THORIUM_PPM, "PKT", np.where(basin, "SPAT", "FHT"))


def surface_unit(cells: pd.DataFrame) -> NDArray[np.str_]:
    """Return the surface unit of each cell: ``"mare"``, ``"SPA"`` or ``"highland"``.

    Parameters
    ----------
    cells : table with ``lat``, ``lon`` (centres, degrees) and ``mare_fraction``

    Notes
    -----
    Mare is taken first, also inside the basin; then the outer ellipse; the rest is highland.
    """
    lat, lon = _columns(cells, "lat", "lon")
    return np.where(is_mare(cells), "mare", np.where(in_spa(lat, lon), "SPA", "highland"))


def _columns(cells: pd.DataFrame, *names: str) -> list[NDArray[np.float64]]:
    """Return columns as float arrays, or say which are missing."""
    missing = [name for name in names if name not in cells.columns]
    if missing:
        raise InputError(
            f"the table of cells has no column {', '.join(missing)}; it has "
            f"{', '.join(map(str, cells.columns))}. Start from load_cells_5deg()."
        )
    return [cells[name].to_numpy(dtype=float) for name in names]
