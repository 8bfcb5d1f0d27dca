"""Values between the pixels of a global grid against exact relations, and outlines of ellipses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.datasets.layers import SHAPE, grid_latitude, grid_longitude
from farside.errors import InputError
from farside.geography import SPA_OUTER, Ellipse, great_circle_km
from farside.geography.grids import outline, sample

LAT, LON = st.floats(-89.7, 89.7), st.floats(-179.7, 179.7)
TILTED = grid_latitude()[:, None] + 0.1 * grid_longitude()


@given(LAT, LON)
def test_a_plane_is_read_exactly(lat: float, lon: float) -> None:
    assert float(sample(TILTED, lat, lon)) == pytest.approx(lat + 0.1 * lon, abs=1e-9)


def test_centres_of_pixels_give_their_own_value() -> None:
    grid = np.random.default_rng(0).normal(size=SHAPE)
    lat, lon = np.meshgrid(grid_latitude(), grid_longitude(), indexing="ij")
    np.testing.assert_allclose(sample(grid, lat, lon), grid, atol=1e-12)
    np.testing.assert_allclose(sample(grid, lat, lon + 360), grid, atol=1e-12)


def test_the_grid_goes_round_the_moon_and_across_the_poles() -> None:
    grid = np.random.default_rng(1).normal(size=SHAPE)
    across = (grid[:, 0] + grid[:, -1]) / 2
    np.testing.assert_allclose(sample(grid, grid_latitude(), 180.0), across, atol=1e-12)
    # at the pole lies the mean of the pixels on both sides of it
    pole = (grid[0, 100] + grid[0, 100 + 360]) / 2
    assert float(sample(grid, 90.0, grid_longitude()[100])) == pytest.approx(pole)


def test_a_gap_spreads_over_half_of_the_way_to_its_neighbours() -> None:
    grid = np.ones(SHAPE)
    grid[100, 200] = np.nan
    lat, lon = grid_latitude()[100], grid_longitude()[200]
    at = [0.0, 0.24, 0.26, 0.5]
    found = sample(grid, lat, [lon + d for d in at])
    np.testing.assert_array_equal(np.isnan(found), [True, True, False, False])
    assert (found[2:] == 1).all()  # the gap does not pull its neighbours down
    assert np.isnan(sample(grid, np.nan, 0.0))


def test_a_grid_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="twice as wide"):
        sample(np.ones((10, 10)), 0.0, 0.0)


def test_the_outline_is_the_edge_of_the_basin() -> None:
    lat, lon = outline(SPA_OUTER)
    major, minor = SPA_OUTER.semi_major_km, SPA_OUTER.semi_minor_km
    for factor, inside in ((1.001, True), (0.999, False)):
        other = replace(SPA_OUTER, semi_major_km=major * factor, semi_minor_km=minor * factor)
        assert (other.contains(lat, lon) == inside).all()
    reach = great_circle_km(-53.0, 191.0, lat, lon)
    assert reach.max() == pytest.approx(1200, rel=1e-3)
    assert reach.min() == pytest.approx(1025, rel=1e-3)


@given(LAT, LON, st.floats(1.0, 1500.0))
def test_equal_axes_make_a_circle(lat: float, lon: float, radius: float) -> None:
    there = outline(Ellipse(lat, lon, radius, radius, 30.0, ""))
    np.testing.assert_allclose(great_circle_km(lat, lon, *there), radius, rtol=1e-6)
