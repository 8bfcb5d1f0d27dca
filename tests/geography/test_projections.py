"""Lunar coordinate systems against the exact formulas of their projections."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasterio.warp import transform

from farside.constants import MAP_RADIUS
from farside.errors import UnknownNameError
from farside.geography.projections import (
    CODES,
    lunar_crs,
    lunar_transformer,
    project,
    unproject,
)

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


@pytest.mark.parametrize(("side", "middle"), [("near", 0), ("far", 180)])
def test_a_disk_is_that_of_proj_and_of_the_closed_form(side: str, middle: float) -> None:
    """Snyder (1987), equations 20-3, 20-4 and 20-14 to 20-18, and PROJ's own +proj=ortho."""
    axis = np.linspace(-1.2, 1.2, 101)
    x, y = np.meshgrid(axis, axis)
    lat, lon = unproject(f"orthographic_{side}", x * R, y * R)
    inside = np.hypot(x, y) < 1
    assert np.isnan(lat[~inside]).all()
    assert np.isnan(lon[~inside]).all()
    toward = np.sqrt(1 - x[inside] ** 2 - y[inside] ** 2)
    np.testing.assert_allclose(lat[inside], np.degrees(np.arcsin(y[inside])), atol=1e-7)
    away = (lon[inside] - middle + 180) % 360 - 180
    np.testing.assert_allclose(away, np.degrees(np.arctan2(x[inside], toward)), atol=1e-7)
    proj = pyproj.Proj(proj="ortho", lat_0=0, lon_0=middle, R=R)
    ours = project(f"orthographic_{side}", lat[inside], lon[inside])
    np.testing.assert_allclose(ours, proj(lon[inside], lat[inside]), atol=1e-3)


@given(LON, LAT)
def test_one_side_shows_what_the_other_hides(lon: float, lat: float) -> None:
    near, far = (project(f"orthographic_{side}", lat, lon)[0] for side in ("near", "far"))
    if abs(abs(lon) - 90) > 1e-6:
        assert np.isfinite(near) == (abs(lon) < 90)
        assert np.isfinite(far) == (abs(lon) > 90)


@given(LON, st.floats(-89, 89))
def test_mollweide(lon: float, lat: float) -> None:
    """Its auxiliary angle solves 2 t + sin 2 t = pi sin(lat) (Snyder 1987, equation 31-4)."""
    x, y = project("mollweide", lat, lon)
    t = np.arcsin(y / (np.sqrt(2) * R))
    assert 2 * t + np.sin(2 * t) == pytest.approx(np.pi * np.sin(np.radians(lat)), abs=1e-6)
    expected = np.sqrt(8) / np.pi * R * np.radians(lon) * np.cos(t)
    assert float(x) == pytest.approx(expected, abs=0.5)


def test_beside_the_ellipse_of_mollweide_there_is_no_moon() -> None:
    a, b = np.sqrt(8) * R, np.sqrt(2) * R
    turn = np.linspace(0, 2 * np.pi, 50)
    for share, seen in ((0.999, True), (1.001, False)):
        lat, _ = unproject("mollweide_far", share * a * np.cos(turn), share * b * np.sin(turn))
        assert np.isfinite(lat).all() == seen
        assert np.isnan(lat).all() != seen


def test_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match=r"mercator.*equirectangular"):
        lunar_crs("mercator")
    with pytest.raises(UnknownNameError, match=r"geografic.*Did you mean 'geographic'"):
        lunar_transformer("equirectangular", "geografic")
