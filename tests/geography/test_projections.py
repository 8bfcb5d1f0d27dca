"""Lunar coordinate systems against the exact formulas of their projections."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasterio.warp import transform

from farside.constants import MAP_RADIUS
from farside.errors import UnknownNameError
from farside.geography.projections import CODES, lunar_crs, lunar_transformer

R = MAP_RADIUS.value
LAT = st.floats(-89.9, 89.9)
LON = st.floats(-179.9, 179.9)


@pytest.mark.parametrize("name", sorted(CODES))
def test_all_are_the_iau_sphere(name: str) -> None:
    crs = lunar_crs(name)
    assert crs.to_authority() == ("IAU_2015", str(CODES[name]))
    assert "1737400" in crs.to_wkt()
    assert crs.is_geographic == (name == "geographic")


@given(LON, LAT)
def test_equirectangular(lon: float, lat: float) -> None:
    x, y = lunar_transformer("geographic", "equirectangular").transform(lon, lat)
    np.testing.assert_allclose([x, y], np.radians([lon, lat]) * R, atol=1e-3)


@given(LON, st.floats(0.0, 89.9), st.sampled_from(["north", "south"]))
def test_polar(lon: float, lat: float, pole: str) -> None:
    """The radius is 2 R tan(colatitude/2); 0° E points down from the north pole, up from the south.

    Snyder (1987), equations 21-5 to 21-12 with a scale of 1 at the pole.
    """
    sign = 1.0 if pole == "north" else -1.0
    x, y = lunar_transformer("geographic", f"{pole}_polar").transform(lon, sign * lat)
    rho = 2 * R * np.tan(np.radians(90 - lat) / 2)
    expected = [rho * np.sin(np.radians(lon)), -sign * rho * np.cos(np.radians(lon))]
    np.testing.assert_allclose([x, y], expected, atol=1e-3)


@given(st.floats(-89, 89), LAT, st.sampled_from(["near", "far"]))
def test_orthographic(east_of_middle: float, lat: float, side: str) -> None:
    middle = 0.0 if side == "near" else 180.0
    lon = (middle + east_of_middle + 180.0) % 360.0 - 180.0
    x, y = lunar_transformer("geographic", f"orthographic_{side}").transform(lon, lat)
    phi, away = np.radians([lat, east_of_middle])
    expected = [R * np.cos(phi) * np.sin(away), R * np.sin(phi)]
    np.testing.assert_allclose([x, y], expected, atol=1e-3)


@pytest.mark.parametrize("name", ["equirectangular", "north_polar", "orthographic_far"])
def test_rasterio_and_pyproj_agree(name: str) -> None:
    lon, lat = [150.0, -170.0], [40.0, 70.0]
    ours = lunar_transformer("geographic", name).transform(lon, lat)
    theirs = transform(lunar_crs("geographic"), lunar_crs(name), lon, lat)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


@given(LON, LAT)
def test_there_and_back(lon: float, lat: float) -> None:
    x, y = lunar_transformer("geographic", "north_polar").transform(lon, lat)
    back = lunar_transformer("north_polar", "geographic").transform(x, y)
    np.testing.assert_allclose(back, [lon, lat], atol=1e-6)


def test_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match=r"mercator.*equirectangular"):
        lunar_crs("mercator")
    with pytest.raises(UnknownNameError, match=r"geografic.*Did you mean 'geographic'"):
        lunar_transformer("equirectangular", "geografic")
