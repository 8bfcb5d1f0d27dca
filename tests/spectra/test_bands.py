"""Band sets against figures of the instruments and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from farside.errors import UnknownNameError
from farside.spectra.bands import band_set, band_set_names


@pytest.mark.parametrize("name", band_set_names())
def test_every_set_is_believable(name: str) -> None:
    bands = band_set(name)
    assert len(bands) == len(bands.fwhm_nm) > 4
    assert len(set(bands.centre_nm)) == len(bands)
    assert all(400 < c < 3000 for c in bands.centre_nm)
    assert all(5 < w < 50 for w in bands.fwhm_nm)
    assert bands.source


@pytest.mark.parametrize(
    ("name", "n", "low", "high"),
    [
        ("kaguya_mi", 9, 414.0, 1548.0),
        ("kaguya_sp", 296, 512.6, 2587.9),
        ("m3_global", 85, 460.99, 2976.2),
        ("m3_global_l2", 83, 540.84, 2976.2),
        ("m3_target", 256, 446.02, 2991.17),
        ("clementine_uvvis", 5, 415.0, 1000.0),
    ],
)
def test_number_and_range(name: str, n: int, low: float, high: float) -> None:
    bands = band_set(name)
    assert (len(bands), min(bands.centre_nm), max(bands.centre_nm)) == (n, low, high)


def test_m3_global_bands_are_means_of_target_channels() -> None:
    """The global mode sums two or four neighbouring channels of the target mode."""
    target = np.array(band_set("m3_target").centre_nm)
    for centre, width in zip(*_pair("m3_global"), strict=True):
        n = round(width / 9.98)
        nearest = np.sort(target[np.argsort(np.abs(target - centre))[:n]])
        assert abs(nearest.mean() - centre) < 0.05


def _pair(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return band_set(name).centre_nm, band_set(name).fwhm_nm


def test_iim_is_even_in_wavenumber_and_meets_quoted_centres() -> None:
    """Papers quote 757, 891 and 918 nm; a Fourier spectrometer steps evenly in wavenumber."""
    centres = np.array(band_set("ce1_iim").centre_nm)
    step = np.diff(1e7 / centres)
    np.testing.assert_allclose(step, -325.52, atol=0.3)
    for quoted in (757.0, 891.0, 918.0):
        assert np.abs(centres - quoted).min() < 1.6


def test_unknown_names() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'kaguya_mi'"):
        band_set("kaguya_m")
    with pytest.raises(UnknownNameError, match="band of kaguya_mi '750'"):
        band_set("kaguya_mi").subset([750.0])
    assert band_set("kaguya_mi").subset([950.0, 749.0]).fwhm_nm == (30.0, 12.0)
