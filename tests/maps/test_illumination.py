"""Sunlight against spheres, rings of mountains and places that are known to be lit or dark."""

from __future__ import annotations

import numpy as np
import pytest

from farside.datasets.layers import load_layers
from farside.errors import InputError
from farside.maps.illumination import AZIMUTHS, horizon, illumination, sunlit_share

FLAT = np.zeros((180, 360))


@pytest.mark.parametrize("lat", [0, 30, -60, 85, 90, -90])
def test_a_smooth_sphere_is_lit_half_of_the_time(lat: float) -> None:
    assert illumination(FLAT, lat, 40).value == pytest.approx(0.5, abs=0.006)


def test_a_plain_has_its_horizon_below_the_level() -> None:
    edge = horizon(FLAT, 10, 20)
    assert edge.shape == (AZIMUTHS,)
    # the nearest height is read 1 km away: half of that angle below the level
    assert edge == pytest.approx(-np.degrees(0.5 / 1737.4), rel=1e-3)


@pytest.mark.parametrize("rise", [5.0, 20.0, 60.0])
def test_a_wall_all_around_at_the_equator_cuts_its_angle_off_both_ends(rise: float) -> None:
    # at the equinox the Sun passes overhead and is up over 180 of 360 degrees; the seasons of
    # 1.54 degrees change that by the cosine at most
    got = sunlit_share(np.full(AZIMUTHS, rise), 0.0)
    assert got == pytest.approx((180 - 2 * rise) / 360, abs=0.002)


def test_a_ring_of_mountains_darkens_a_pole() -> None:
    # the Sun stays within 1.54 + 0.27 degrees of the level there
    assert sunlit_share(np.full(AZIMUTHS, 1.9), 90.0) == 0
    assert sunlit_share(np.full(AZIMUTHS, -1.9), 90.0) == 1
    # half of the Sun's elevations 1.54 sin(t) exceed 0.77 for a third of the year
    assert sunlit_share(np.full(AZIMUTHS, 0.77), -90.0) == pytest.approx(1 / 3, abs=0.02)


def test_a_peak_sees_farther_than_it_is_seen_from() -> None:
    # one mountain of 5 km, 10 degrees from the eye: below the level, as the Moon curves
    peak = FLAT.copy()
    peak[90, 190] = 5.0
    assert horizon(peak, -0.5, 0.5).max() < 0.1
    # and 3 degrees (91 km) away it stands above: atan((r cos c - R) / (r sin c))
    c = np.radians(3)
    expected = np.degrees(np.arctan2(1742.4 * np.cos(c) - 1737.4, 1742.4 * np.sin(c)))
    assert horizon(peak, -0.5, 7.5).max() == pytest.approx(expected, abs=0.15)


def test_north_and_south_and_east_are_where_they_belong() -> None:
    peak = FLAT.copy()
    peak[88:90, 180] = 8.0  # 0 to 2 N, 0.5 E
    assert int(horizon(peak, -2.5, 0.5).argmax()) in (0, 1, AZIMUTHS - 1)
    east = int(horizon(peak, 1.0, -2.5).argmax()) * 360 / AZIMUTHS
    assert east == pytest.approx(90, abs=10)


def test_the_antimeridian_is_no_edge() -> None:
    heights = load_layers()["height_km"].to_numpy().astype(float)
    shifted = np.roll(heights, 360, axis=1)
    for lat, lon in ((-41.64, -179.9), (70.0, 179.99), (89.9, 12.0)):
        here = illumination(heights, lat, lon).value
        assert illumination(shifted, lat, lon + 180).value == pytest.approx(here, abs=1e-6)


def test_the_equator_is_half_lit_and_a_wider_relief_widens_the_interval() -> None:
    heights = load_layers()["height_km"].to_numpy().astype(float)
    low = illumination(heights, 0.67, 23.47)
    assert low.value == pytest.approx(0.5, abs=0.01)
    tight = illumination(heights, -85.0, 10.0, roughness_km=0.1)
    wide = illumination(heights, -85.0, 10.0, roughness_km=0.8)
    assert wide.lower <= tight.lower <= tight.value <= tight.upper <= wide.upper
    assert wide.upper - wide.lower > tight.upper - tight.lower


def test_the_floor_of_a_deep_polar_crater_is_darker_than_the_plain_half() -> None:
    # Haworth and Shoemaker hold permanent shadow, published; 50 km craters that the grid sees
    heights = load_layers()["height_km"].to_numpy().astype(float)
    for lat, lon in ((-87.45, -5.2), (-88.1, 44.9)):
        assert illumination(heights, lat, lon).value < 0.25


def test_grids_that_are_not_the_moon_are_refused() -> None:
    with pytest.raises(InputError, match="twice as wide"):
        illumination(np.zeros((10, 10)), 0, 0)
    holed = FLAT.copy()
    holed[0, 0] = np.nan
    with pytest.raises(InputError, match="gaps"):
        illumination(holed, 0, 0)
    with pytest.raises(InputError, match="latitude"):
        illumination(FLAT, 95, 0)
