"""Spectral parameters against published angles and iron, and against bands of known shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.datasets import load_clementine_sites, load_sites
from farside.errors import BandError
from farside.spectra import parameters as par
from farside.spectra.dataset import from_table, make_spectra

SOIL = Path(__file__).parents[2] / ".." / "shared" / "data" / "samples"
SOIL = SOIL / "apollo16_62231_reflectance.txt"


def _pixels(r415: float, r750: float, r950: float) -> par.xr.Dataset:
    return make_spectra([[r415], [r750], [r950]], [415.0, 750.0, 950.0])


def test_angles_are_those_published() -> None:
    sites = load_sites()
    ds = from_table(sites)
    np.testing.assert_allclose(par.theta_fe(ds), sites["theta_Fe_published"], atol=5e-10)
    np.testing.assert_allclose(par.theta_ti(ds), sites["theta_Ti_published"], atol=5e-10)
    assert float(ds.reflectance.sel(band=ds.wavelength_nm == 749).min()) > par.THETA_FE_MI[0]


def test_lucey_iron_and_titanium_are_those_of_the_clementine_sites() -> None:
    """Wilcox et al. (2005) list the iron of the samples that the regression was made for."""
    sites = load_clementine_sites()
    ds = from_table(sites)
    difference = par.lucey_feo(ds).to_numpy() - sites["FeO"]
    assert abs(difference.mean()) < 0.1
    assert difference.std() < 1.4
    titanium = par.lucey_tio2(ds).to_numpy() - sites["TiO2"]
    assert abs(titanium.mean()) < 0.4
    assert titanium.std() < 1.3


@given(st.floats(0.02, 0.06), st.floats(0.9, 1.24))
def test_atan2_has_no_jump_at_the_origin(r750: float, colour: float) -> None:
    here = par.theta_fe(_pixels(0.03, r750, colour * r750))
    beside = par.theta_fe(_pixels(0.03, r750 + 1e-6, colour * (r750 + 1e-6)))
    assert abs(float(here[0] - beside[0])) < 2e-4


def test_arctan_jumps_where_atan2_does_not() -> None:
    x0 = par.THETA_FE_MI[0]
    darker, brighter = _pixels(0.03, x0 - 1e-9, 1.1 * x0), _pixels(0.03, x0 + 1e-9, 1.1 * x0)
    smooth = float(par.theta_fe(darker)[0] - par.theta_fe(brighter)[0])
    jump = float(par.theta_fe(darker, arctan=True)[0] - par.theta_fe(brighter, arctan=True)[0])
    assert abs(smooth) < 1e-6
    assert jump == pytest.approx(-np.pi, abs=1e-6)


def test_arctan_and_atan2_agree_on_bright_soil() -> None:
    bright = _pixels(0.06, 0.12, 0.13)
    assert float(par.theta_fe(bright)[0]) == float(par.theta_fe(bright, arctan=True)[0])
    assert float(par.theta_ti(bright)[0]) == float(par.theta_ti(bright, arctan=True)[0])


def test_omat_is_the_distance_from_the_origin() -> None:
    at_origin = _pixels(0.05, 0.08, 1.19 * 0.08)
    assert float(par.omat(at_origin)[0]) == pytest.approx(0.0, abs=1e-12)
    assert float(par.omat(_pixels(0.05, 0.38, 0.79 * 0.38))[0]) == pytest.approx(0.5)


def test_ratio_and_missing_bands() -> None:
    assert float(par.ratio(_pixels(0.05, 0.1, 0.12), 950, 750)[0]) == pytest.approx(1.2)
    assert np.isnan(par.ratio(_pixels(0.05, 0.0, 0.12), 950, 750)[0])
    with pytest.raises(BandError, match="within 10 nm of 414"):
        par.ratio(make_spectra([[0.1], [0.1]], [749.0, 950.0]), 414, 749)


WAVELENGTH = np.arange(700.0, 1700.0, 5.0)


def _absorption(depth: float, centre: float, width: float) -> par.xr.Dataset:
    line = 0.1 + 5e-5 * (WAVELENGTH - 700)
    band = 1 - depth * np.exp(-0.5 * ((WAVELENGTH - centre) / width) ** 2)
    return make_spectra((line * band)[:, None], WAVELENGTH)


@given(st.floats(0.05, 0.6), st.floats(950.0, 1020.0), st.floats(35.0, 45.0))
def test_depth_centre_and_area_of_a_gaussian(depth: float, centre: float, width: float) -> None:
    ds = _absorption(depth, centre, width)
    assert float(par.band_centre(ds, 750, 1550)[0]) == pytest.approx(centre, abs=0.2)
    area = depth * width * np.sqrt(2 * np.pi)
    assert float(par.band_area(ds, 750, 1550)[0]) == pytest.approx(area, rel=1e-3)
    nearest = WAVELENGTH[np.argmin(np.abs(WAVELENGTH - centre))]
    expected = depth * np.exp(-0.5 * ((nearest - centre) / width) ** 2)
    assert float(par.band_depth(ds, nearest, 750, 1550)[0]) == pytest.approx(expected, rel=1e-3)


def test_straight_spectrum_has_no_band() -> None:
    ds = _absorption(0.0, 950.0, 40.0)
    assert float(par.band_depth(ds, 950, 750, 1550)[0]) == pytest.approx(0, abs=1e-12)
    assert float(par.band_area(ds, 750, 1550)[0]) == pytest.approx(0, abs=1e-9)
    hump = make_spectra((0.3 - 1e-7 * (WAVELENGTH - 1100) ** 2)[:, None], WAVELENGTH)
    assert np.isnan(par.band_centre(hump, 750, 1550)[0])


def test_parabola_of_uneven_bands_is_exact() -> None:
    wavelength = np.array([749.0, 901.0, 950.0, 1001.0, 1548.0])
    values = 0.2 + 1e-6 * (wavelength - 960.0) ** 2
    values[[0, -1]] = 1.0
    ds = make_spectra(values[:, None], wavelength)
    assert float(par.band_centre(ds, 749, 1548)[0]) == pytest.approx(960.0, abs=1e-6)


def test_missing_values_and_bands() -> None:
    ds = _absorption(0.3, 950.0, 40.0)
    ds.reflectance[50] = np.nan
    assert np.isnan(par.band_centre(ds, 750, 1550)[0])
    with pytest.raises(BandError, match="only 2 bands lie between"):
        par.band_area(make_spectra([[0.1], [0.2]], [750.0, 1550.0]), 750, 1550)


@pytest.mark.skipif(not SOIL.exists(), reason="the spectrum of soil 62231 is not here")
def test_mature_highland_soil_62231() -> None:
    """A mature feldspathic soil: red, a weak band near 950 nm (Pieters 1999), little iron."""
    table = np.loadtxt(SOIL, skiprows=1)
    ds = make_spectra(table[:, 1:2], table[:, 0])
    assert 0.02 < float(par.band_depth(ds, 950, 750, 1550)[0]) < 0.05
    assert 930 < float(par.band_centre(ds, 750, 1550)[0]) < 990
    assert 4.0 < float(par.lucey_feo(ds)[0]) < 6.5
