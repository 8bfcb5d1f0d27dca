"""Areas and distances against exact relations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.constants import MAP_RADIUS, MEAN_RADIUS
from farside.datasets import load_cells_5deg
from farside.errors import InputError
from farside.geography import (
    area_weights,
    bearing_deg,
    cell_area,
    great_circle_deg,
    great_circle_km,
)

LAT = st.floats(-90, 90)
LON = st.floats(-180, 360)


def test_cells_tile_the_sphere() -> None:
    sphere_km2 = 4 * np.pi * 1737.151**2
    cells = load_cells_5deg()
    assert cells["area_km2"].sum() == pytest.approx(sphere_km2, rel=1e-9)
    areas = cell_area(cells["lat_min"], cells["lat_max"], cells["lon_min"], cells["lon_max"])
    np.testing.assert_allclose(areas, cells["area_km2"], rtol=1e-9)


def test_area_of_an_octant() -> None:
    assert float(cell_area(0, 90, 0, 90, radius=1000.0)) == pytest.approx(np.pi / 2)


@given(LAT, LAT, st.floats(0, 1))
def test_area_adds_up_over_a_cut(first: float, second: float, share: float) -> None:
    south, north = sorted((first, second))
    cut = min(north, max(south, south + share * (north - south)))
    whole = cell_area(south, north, -30, 60)
    parts = cell_area(south, cut, -30, 60) + cell_area(cut, north, -30, 60)
    np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        ((10, 0, 0, 1), "lat_min"),
        ((0, 91, 0, 1), "90"),
        ((0, np.nan, 0, 1), "missing"),
        ((0, 1, 10, 0), "add 360"),
        ((0, 1, 0, 361), "360"),
    ],
)
def test_impossible_bounds_are_refused(bounds: tuple[float, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        cell_area(*bounds)


def test_weights_follow_the_area_by_archimedes() -> None:
    # the belt between 30 S and 30 N is half of a sphere
    belts = pd.DataFrame(
        {"lat_min": [-90, -30, 30], "lat_max": [-30, 30, 90], "lon_min": -180, "lon_max": 180}
    )
    np.testing.assert_allclose(area_weights(belts), [0.25, 0.5, 0.25])


def test_weights_name_what_is_missing() -> None:
    with pytest.raises(InputError, match="lon_max"):
        area_weights(pd.DataFrame({"lat_min": [0], "lat_max": [1], "lon_min": [0]}))
    with pytest.raises(InputError, match="at least one"):
        area_weights(load_cells_5deg().iloc[:0])


@pytest.mark.parametrize(
    ("a", "b", "degrees"),
    [
        ((0, 0), (0, 90), 90.0),
        ((90, 13), (-90, 77), 180.0),
        ((0, 170), (0, -170), 20.0),
        ((45, 0), (45, 180), 90.0),
        ((60, 0), (60, 90), np.degrees(np.arccos(0.75))),
        ((0, 0), (0, 1e-9), 1e-9),
    ],
)
def test_known_angles(a: tuple[float, float], b: tuple[float, float], degrees: float) -> None:
    assert float(great_circle_deg(*a, *b)) == pytest.approx(degrees, rel=1e-9)


@given(LAT, LON, LAT, LON)
def test_distance_is_the_angle_between_vectors(a: float, b: float, c: float, d: float) -> None:
    def vector(lat: float, lon: float) -> np.ndarray:
        p, q = np.radians([lat, lon])
        return np.array([np.cos(p) * np.cos(q), np.cos(p) * np.sin(q), np.sin(p)])

    chord = np.linalg.norm(vector(a, b) - vector(c, d))
    angle = np.degrees(2 * np.arcsin(min(1.0, chord / 2)))
    assert float(great_circle_deg(a, b, c, d)) == pytest.approx(angle, abs=2e-6)


def test_a_quarter_of_the_circumference_and_compass_points() -> None:
    assert float(great_circle_km(0, 0, 90, 0)) == pytest.approx(np.pi / 2 * 1737.151)
    assert np.isnan(great_circle_km(0, 0, np.nan, 0))
    np.testing.assert_allclose(
        bearing_deg(0, 0, [10, 0, 0], [0, 10, -10]), [0, 90, -90], atol=1e-12
    )


def test_radii_agree_with_the_volume_and_area_of_the_moon() -> None:
    # NASA Moon fact sheet: volume 2.1968e10 km3; surface area 3.793e7 km2 in most handbooks
    radius_km = (3 * 2.1968e10 / (4 * np.pi)) ** (1 / 3)
    for constant in (MEAN_RADIUS, MAP_RADIUS):
        assert constant.unit == "m"
        assert constant.value / 1000 == pytest.approx(radius_km, abs=0.5)
        assert 4 * np.pi * (constant.value / 1000) ** 2 == pytest.approx(3.793e7, rel=5e-4)
    assert MEAN_RADIUS.value < MAP_RADIUS.value
    with pytest.raises(AttributeError):
        MEAN_RADIUS.value = 1.0  # type: ignore[misc]
