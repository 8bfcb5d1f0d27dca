"""Blocks: the same numbers and flags as the estimator and the checks of spectra give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from images import reflectance_of

from farside.errors import BandError, UnitError
from farside.maps.predict import FILL, FLAGS, SCALE, flags_of, predict_block, stored
from farside.oxides.novelty import THRESHOLD
from farside.readers.dataset import make_spectra
from farside.spectra.dataset import check_spectra
from farside.spectra.transfer import load_transfer

if TYPE_CHECKING:
    from farside.oxides.estimator import OxideEstimator

REFLECTANCES = st.sampled_from([np.nan, -0.1, 0.0, 0.03, 0.2, 1.0, 1.1])


@given(
    st.lists(st.tuples(*[REFLECTANCES] * 3), min_size=1, max_size=20),
    st.lists(st.sampled_from([0.0, 74.9, 75.0, 75.1, np.nan]), min_size=20, max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_flags_mean_what_the_checks_of_spectra_mean(
    spectra: list[tuple[float, ...]], incidence: list[float]
) -> None:
    # a usable spectrum, which check_spectra demands, in known light
    reflectance = np.array([(0.1, 0.1, 0.1), *spectra], dtype=np.float32).T
    light = np.array([30.0, *incidence[: len(spectra)]], dtype=np.float32)
    flag = flags_of(reflectance, light)
    checked = check_spectra(make_spectra(reflectance, [750, 950, 1550], incidence_deg=light))
    for name in ("nan", "negative", "over_one", "unlit"):
        np.testing.assert_array_equal((flag & FLAGS[name]) > 0, checked[name].to_numpy())


def test_a_block_has_the_numbers_of_the_estimator(estimator: OxideEstimator) -> None:
    reflectance = reflectance_of(70, 80).reshape(8, -1)
    wavelength = estimator.data_.wavelength_nm
    block = predict_block(estimator, reflectance, wavelength)
    wanted = estimator.predict(make_spectra(reflectance, wavelength))
    for name in ("value", "lower", "upper"):  # single precision holds 1e-5 of 100 wt%
        np.testing.assert_allclose(getattr(block, name), wanted[name], atol=2e-5)
    np.testing.assert_allclose(block.novelty, wanted["novelty"], rtol=1e-6)
    assert block.good == int(wanted["good"].sum()) == reflectance.shape[1] - 3 * 5 - 2
    assert block.novel == int((wanted["novelty"] > THRESHOLD).sum())


def test_bands_may_come_in_any_order_and_some_may_be_missing(estimator: OxideEstimator) -> None:
    wavelength = estimator.data_.wavelength_nm
    reflectance = reflectance_of(10, 30).reshape(8, -1)
    order = np.array([5, 0, 3, 1, 7, 2])  # without 1001 and 1248 nm
    block = predict_block(estimator, reflectance[order], wavelength[order])
    wanted = estimator.predict(make_spectra(reflectance[order], wavelength[order]))
    np.testing.assert_allclose(block.value, wanted["value"], atol=2e-5)
    np.testing.assert_allclose(block.upper, wanted["upper"], atol=2e-5)


def test_what_is_uncertain_of_a_transfer_widens_the_intervals(estimator: OxideEstimator) -> None:
    transfer = load_transfer("SP", "MI")
    bands = np.array(transfer.wavelength_nm)
    have = np.abs(estimator.data_.wavelength_nm[:, None] - bands).argmin(axis=0)
    reflectance = reflectance_of(8, 12).reshape(8, -1)[have]
    block = predict_block(estimator, reflectance, bands, transfer=transfer)
    spectra = make_spectra(reflectance, bands).assign_attrs(sensor="SP")
    wanted = estimator.predict(spectra, transfer=transfer)
    for name in ("value", "lower", "upper"):
        np.testing.assert_allclose(getattr(block, name), wanted[name], atol=2e-5)
    flags = (block.flag & FLAGS["nan"]) > 0
    np.testing.assert_array_equal(flags, wanted["nan"])


def test_a_block_without_a_usable_pixel_is_empty(estimator: OxideEstimator) -> None:
    nothing = np.full((8, 50), np.nan, dtype=np.float32)
    for transfer in (None, load_transfer("SP", "MI")):
        bands = estimator.data_.wavelength_nm if transfer is None else transfer.wavelength_nm
        block = predict_block(estimator, nothing[: len(bands)], np.array(bands), transfer=transfer)
        assert np.isnan(block.value).all()
        assert (block.flag == FLAGS["nan"]).all()
        assert block.good == 0


@pytest.mark.parametrize(("factor", "hint"), [(100.0, "percent"), (5e4, "counts")])
def test_percent_and_counts_are_refused(
    estimator: OxideEstimator, factor: float, hint: str
) -> None:
    values = estimator.data_.reflectance.T.astype(np.float32) * np.float32(factor)
    with pytest.raises(UnitError, match=hint):
        predict_block(estimator, values, estimator.data_.wavelength_nm)


def test_other_bands_are_refused(estimator: OxideEstimator) -> None:
    with pytest.raises(BandError, match="needs at least 3"):
        predict_block(estimator, np.full((2, 4), 0.1, np.float32), np.array([500.0, 700.0]))


@given(st.lists(st.floats(0, 327, width=32), min_size=1, max_size=50))
def test_a_scaled_integer_is_within_half_a_step(quantities: list[float]) -> None:
    values = np.array(quantities, dtype=np.float32)
    back = stored(values, "int16").astype(float) * SCALE
    assert np.abs(back - values).max() <= SCALE / 2 + 1e-4


def test_a_scaled_integer_keeps_missing_apart_and_does_not_wrap() -> None:
    got = stored(np.array([np.nan, 1e6, 0.0], dtype=np.float32), "int16")
    assert got.tolist() == [FILL, 32767, 0]
