"""Resampling: exact relations on simple spectra, and what is never made up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import BandError, InputError
from farside.spectra.bands import BandSet, band_set
from farside.spectra.dataset import make_spectra
from farside.spectra.resample import band_response, resample

MI = band_set("kaguya_mi")
SP = np.array(sorted(band_set("kaguya_sp").centre_nm))
SHAPES = pytest.mark.parametrize("shape", ["gaussian", "box"])


@SHAPES
@given(level=st.floats(0.01, 1.0), slope=st.floats(-1e-4, 1e-4))
def test_constant_and_straight_spectra_are_exact(shape: str, level: float, slope: float) -> None:
    spectrum = level + slope * (SP - 1000.0)
    out = resample(make_spectra(spectrum[:, None], SP), MI, response=shape)  # type: ignore[arg-type]
    centres = out.wavelength_nm.to_numpy()
    np.testing.assert_allclose(out.reflectance[:, 0], level + slope * (centres - 1000.0), rtol=1e-9)


def test_bands_outside_are_missing_not_invented() -> None:
    ds = make_spectra(np.full((SP.size, 2), 0.1), SP)
    out = resample(ds, MI)
    assert out.attrs["bands_missing"] == [414.0]
    assert 414.0 not in out.wavelength_nm
    kept = resample(ds, MI, missing="nan")
    assert kept.sizes["band"] == 9
    assert np.isnan(kept.reflectance[0]).all()
    with pytest.raises(
        BandError, match=r"kaguya_mi band\(s\) 414 nm; a band is never extrapolated"
    ):
        resample(ds, MI, missing="raise")
    with pytest.raises(BandError, match="do not cover"):
        resample(make_spectra([[0.1], [0.1]], [2000.0, 2100.0]), MI)


@given(
    low=st.floats(400, 730),
    high=st.floats(950, 2000),
    n=st.integers(30, 200),
    seed=st.integers(0, 99),
)
def test_values_stay_within_the_spectrum(low: float, high: float, n: int, seed: int) -> None:
    channels = np.linspace(low, high, n)
    values = np.random.default_rng(seed).uniform(0.05, 0.3, (n, 3))
    out = resample(make_spectra(values, channels), MI, missing="nan")
    found = out.reflectance.to_numpy()
    inside = [low <= c - w and c + w <= high for c, w in zip(MI.centre_nm, MI.fwhm_nm, strict=True)]
    np.testing.assert_array_equal(np.isfinite(found).all(axis=1), inside)
    found = found[inside]
    assert (found >= values.min() - 1e-12).all()
    assert (found <= values.max() + 1e-12).all()


def test_gap_is_bridged_only_when_little_is_missing() -> None:
    channels = np.arange(500.0, 1700.0, 2.0)
    spectrum = 0.1 + 1e-4 * (channels - 500)
    values = np.repeat(spectrum[:, None], 3, axis=1)
    values[np.abs(channels - 950) < 3, 1] = np.nan
    values[np.abs(channels - 950) < 15, 2] = np.nan
    out = resample(make_spectra(values, channels), MI)
    at950 = out.reflectance[list(out.wavelength_nm.values).index(950.0)]
    np.testing.assert_allclose(at950[:2], 0.145, rtol=1e-9)
    assert np.isnan(at950[2])
    with pytest.raises(InputError, match="min_coverage"):
        resample(make_spectra(values, channels), MI, min_coverage=0.0)


def test_gaussian_of_a_gaussian_has_the_summed_variance() -> None:
    """A Gaussian absorption seen through a Gaussian band is shallower by a known factor."""
    channels = np.arange(700.0, 1200.0, 0.5)
    width = 60.0
    spectrum = 1.0 - 0.3 * np.exp(-4 * np.log(2) * ((channels - 950) / width) ** 2)
    band = BandSet("one", (950.0,), (30.0,), "test")
    found = float(resample(make_spectra(spectrum[:, None], channels), band).reflectance[0, 0])
    expected = 1.0 - 0.3 * width / np.hypot(width, 30.0)
    assert found == pytest.approx(expected, abs=0.003)


def test_order_of_channels_and_shape_of_points_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(0.1, 0.2, (SP.size, 2, 3))
    cube = make_spectra(values, SP, lat=np.zeros((2, 3)))
    mixed = cube.isel(band=rng.permutation(SP.size))
    out = resample(cube, MI)
    assert out.reflectance.dims == ("band", "y", "x")
    assert "lat" in out.coords
    np.testing.assert_allclose(out.reflectance, resample(mixed, MI).reflectance)


def test_independent_errors_shrink_as_channels_add_up() -> None:
    channels = np.arange(600.0, 900.0, 1.0)
    values = np.full((channels.size, 1), 0.1)
    ds = make_spectra(values, channels, reflectance_1s=np.full_like(values, 0.01))
    band = BandSet("one", (749.0,), (20.0,), "test")
    sigma = float(resample(ds, band, response="box").reflectance_1s[0, 0])
    assert sigma == pytest.approx(0.01 / np.sqrt(20), rel=0.05)


def test_response_is_half_at_half_width() -> None:
    at = np.array([749.0, 743.0, 755.0, 730.0])
    np.testing.assert_allclose(band_response(at, 749.0, 12.0), [1.0, 0.5, 0.5, 0.0])
    np.testing.assert_allclose(band_response(at, 749.0, 12.0, "box"), [1.0, 1.0, 1.0, 0.0])
