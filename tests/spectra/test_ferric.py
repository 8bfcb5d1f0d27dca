"""Ferric indices: exact shapes, what they must refuse, and real scenes where there are any.

Published: hematite near 850 nm and hardly any at low latitudes (Li et al. 2020, doi
10.1126/sciadv.aba1940); wavelengths of the parameters (Viviano-Beck et al. 2014, doi
10.1002/2014JE004627).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import BandError, InputError, UnknownNameError
from farside.provenance import cite
from farside.readers.kaguya_sp import read_sp
from farside.readers.m3 import read_m3
from farside.spectra.dataset import make_spectra
from farside.spectra.ferric import (
    INDICES,
    binomial_rate,
    detection,
    false_positives,
    ferric_index,
    hematite,
    scene_relative,
    with_hematite,
)

ORIGINALS = Path(
    os.environ.get("FARSIDE_ORIGINALS", Path(__file__).parents[2] / ".." / "shared" / "data")
)
M3 = ORIGINALS / "m3" / "M3_4030seg_L2_aristcrater.tif"
SP = ORIGINALS / "sp" / "SP_2C_02_05890_S040_E1581.spc"
needs_m3 = pytest.mark.skipif(not M3.is_file(), reason="the original M3 scene is not here")
needs_sp = pytest.mark.skipif(not SP.is_file(), reason="the original SP scene is not here")
WAVELENGTH = np.arange(430.0, 1100.0, 10.0)


def straight(n: int = 3) -> xr.Dataset:
    """Return straight, rising spectra: no band anywhere."""
    line = 0.05 + 5e-5 * (WAVELENGTH - 430)
    return make_spectra(line[:, None] * np.linspace(1, 2, n)[None], WAVELENGTH)


def with_band(centre: float, depth: float, width: float) -> xr.Dataset:
    return with_hematite(straight(), depth, centre_nm=centre, width_nm=width)


@pytest.mark.parametrize("name", INDICES)
def test_a_straight_spectrum_has_no_index(name: str) -> None:
    assert np.abs(ferric_index(straight(), name)).max() < 1e-12


@given(st.floats(0.005, 0.5))
def test_a_narrow_band_has_its_depth(depth: float) -> None:
    # width of 30 nm: nothing of it is left at the shoulders, 105 and 117 nm away
    found = ferric_index(with_band(860, depth, 30), "BD860")
    assert float(found[0]) == pytest.approx(depth, rel=1e-3)


def test_a_shoulder_is_positive_above_the_line() -> None:
    ds = straight()
    raised = ds["reflectance"] * (1 + 0.1 * (ds["wavelength_nm"] == 600))
    ds = ds.assign(reflectance=raised.transpose(*ds["reflectance"].dims))
    # 1 - C/R = 1 - 1/1.1
    assert float(ferric_index(ds, "SH600")[0]) == pytest.approx(1 - 1 / 1.1, rel=1e-6)


@given(st.floats(850, 870), st.floats(0.06, 0.3))
def test_hematite_is_found(centre: float, depth: float) -> None:
    found = hematite(with_band(centre, depth, 110))
    assert bool(found["candidate"].all())
    assert float(found["centre"][0]) == pytest.approx(centre, abs=10)


@given(st.floats(915, 1000), st.floats(0.05, 0.3))
def test_pyroxene_is_not_hematite(centre: float, depth: float) -> None:
    assert not bool(hematite(with_band(centre, depth, 160))["candidate"].any())


def test_no_band_no_candidate() -> None:
    rate = false_positives(straight(10))
    assert (rate.found, rate.of) == (0, 10)


def test_camera_bands_are_refused() -> None:
    mi = [414.0, 749.0, 901.0, 950.0, 1001.0, 1000.0 + 49, 1248.0, 1548.0]
    ds = make_spectra(np.full((8, 2), 0.1), mi)
    with pytest.raises(BandError, match="untested"):
        hematite(ds)
    with pytest.raises(BandError, match="untested"):
        ferric_index(ds, "BD860")
    # five bands are not enough where a gap of 150 nm is among them
    gap = make_spectra(np.full((7, 2), 0.1), [755.0, 760, 765, 901, 950, 977, 990])
    with pytest.raises(BandError, match="untested"):
        hematite(gap)


def test_a_common_step_is_divided_away() -> None:
    rng = np.random.default_rng(1)
    ds = straight(40)
    step = xr.where(ds["wavelength_nm"] > 860, 1.05, 1.0)
    noise = 1 + 0.001 * rng.standard_normal(ds["reflectance"].shape)
    stepped = (ds["reflectance"] * noise * step).transpose(*ds["reflectance"].dims)
    ds = ds.assign(reflectance=stepped)
    before, after = false_positives(ds), false_positives(scene_relative(ds))
    assert before.rate > 0.9
    assert after.rate == 0
    with pytest.raises(InputError, match="median"):
        scene_relative(ds.isel(point=slice(0, 5)))


def test_exact_intervals() -> None:
    # rule of three, exact form: 1 - 0.025^(1/n)
    none = binomial_rate("x", 0, 100)
    assert none.lower == 0
    assert none.upper == pytest.approx(1 - 0.025 ** (1 / 100))
    # Clopper and Pearson for 10 of 100, as R's binom.test prints
    some = binomial_rate("x", 10, 100)
    assert (some.lower, some.upper) == pytest.approx((0.04900469, 0.17622260), abs=1e-7)
    assert binomial_rate("x", 5, 5).upper == 1
    assert json.loads(json.dumps(some.to_dict()))["rate"] == 0.1
    assert "10 of 100" in str(some)


@needs_m3
def test_false_positives_at_aristarchus() -> None:
    # low latitude, where Li et al. map hardly any hematite: what is called one is a mistake
    ds = read_m3(M3).compute()
    strict, loose = false_positives(ds, min_depth=0.02), false_positives(ds)
    assert strict.of == loose.of == 2500
    assert strict.rate < loose.rate < 0.5
    # a deeper band is found more often, and a shallow one drowns
    rates = [rate.rate for rate in detection(ds, (0.01, 0.03, 0.1))]
    assert rates == sorted(rates)
    assert rates[0] < 0.5
    assert rates[-1] > 0.9
    # M3 as archived begins at 541 nm
    with pytest.raises(BandError):
        ferric_index(ds, "BD530")


@needs_sp
def test_the_step_of_the_spectral_profiler_looks_like_hematite() -> None:
    ds = read_sp(SP).compute()
    assert false_positives(ds).rate > 0.9
    assert false_positives(scene_relative(ds)).rate < 0.05


def test_bad_input_is_refused() -> None:
    ds = straight()
    with pytest.raises(UnknownNameError):
        ferric_index(ds, "BD850")
    for depth in (0.0, 1.0, -0.1):
        with pytest.raises(InputError):
            hematite(ds, min_depth=depth)
    with pytest.raises(InputError):
        with_hematite(ds, 1.0)
    with pytest.raises(InputError):
        with_hematite(ds, 0.1, width_nm=0)
    for counts in ((-1, 5), (6, 5), (0, 0)):
        with pytest.raises(InputError):
            binomial_rate("x", *counts)


def test_works_can_be_cited() -> None:
    assert len(cite("li2020hematite", "vivianobeck2014")) == 2
