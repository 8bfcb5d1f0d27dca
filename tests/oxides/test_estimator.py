"""The contract of every estimator: shapes, flags, bands by wavelength, intervals by definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.datasets import load_sites, load_sp_spectra
from farside.errors import BandError, InputError, UnitError
from farside.oxides.estimator import BAND_TOLERANCE_NM, CHUNK, MIN_BANDS, OxideEstimator
from farside.oxides.intervals import oxide_intervals
from farside.oxides.methods import method
from farside.oxides.training import TrainingSet, load_training
from farside.spectra.dataset import from_table, make_spectra
from farside.spectra.prepare import prepare
from farside.spectra.transfer import Transfer

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from farside.oxides.farside import Farside

ORDER = ["TiO2", "FeO", "Al2O3", "MgO", "CaO", "SiO2"]
NUMBERS = ("value", "lower", "upper", "novelty")
SINGLE = 2e-4
"""wt%. The nets compute in single precision, whose rounding follows the size of a block."""


@pytest.fixture(scope="module")
def own(sites: TrainingSet, quick: Farside) -> OxideEstimator:
    return OxideEstimator(quick).fit_training(sites)


@pytest.fixture(scope="module")
def ridge(sites: TrainingSet) -> OxideEstimator:
    return OxideEstimator(method("ridge")).fit_training(sites)


@pytest.fixture(scope="module", params=["own", "ridge"])
def either(request: pytest.FixtureRequest) -> OxideEstimator:
    found: OxideEstimator = request.getfixturevalue(request.param)
    return found


def spectra_of(data: TrainingSet) -> xr.Dataset:
    return make_spectra(data.reflectance.T, data.wavelength_nm)


def assert_same(a: xr.Dataset, b: xr.Dataset, atol: float = SINGLE) -> None:
    for name in NUMBERS:
        one, other = a[name].to_numpy(), b[name].to_numpy()
        np.testing.assert_allclose(one, other, rtol=0, atol=atol, err_msg=name)


# -- shapes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mean", "ridge", "farside"])
def test_fit_and_predict_keep_the_points_and_name_the_oxides(name: str, quick: Farside) -> None:
    table = load_sites()
    estimator = OxideEstimator(quick if name == "farside" else method(name))
    assert estimator.fit(from_table(table), table) is estimator
    out = estimator.predict(from_table(table))
    assert out["oxide"].to_numpy().tolist() == ORDER
    for key in ("value", "lower", "upper"):
        assert out[key].dims == ("oxide", "point")
        assert out[key].attrs["units"] == "wt%"
    assert out["novelty"].dims == ("point",)
    assert out.attrs["coverage"] == 0.9
    assert out.attrs["estimator"] == name
    assert out["name"].to_numpy().tolist() == table["site"].tolist()
    np.testing.assert_array_equal(out["lat"], table["lat"])
    np.testing.assert_allclose(out["lon"], table["lon"])
    assert "wavelength_nm" not in out.coords
    assert "band" not in out.dims


def test_the_order_of_the_columns_of_the_oxides_does_not_matter(ridge: OxideEstimator) -> None:
    table = load_sites()
    turned = table[[*reversed(ORDER), "mission", "site"]]
    other = OxideEstimator(method("ridge")).fit(from_table(table), turned)
    assert_same(other.predict(from_table(table)), ridge.predict(from_table(table)), atol=0)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    brightness=st.floats(0.03, 0.5),
    slope=st.floats(-0.5, 2.0),
    noise=st.floats(0.0, 0.3),
)
def test_values_lie_in_their_interval_and_in_what_a_rock_can_hold(
    own: OxideEstimator, seed: int, brightness: float, slope: float, noise: float
) -> None:
    """Whatever the spectrum, Moon-like or not: six numbers of a rock, in an interval."""
    rng = np.random.default_rng(seed)
    wavelength = own.data_.wavelength_nm
    shape = brightness * (wavelength / 750.0) ** slope
    drawn = shape[:, None] * np.exp(noise * rng.standard_normal((len(wavelength), 5)))
    out = own.predict(make_spectra(np.clip(drawn, 1e-3, 1.0), wavelength))
    value, lower, upper = (out[k].to_numpy() for k in ("value", "lower", "upper"))
    assert np.isfinite(value).all()
    assert (lower >= 0).all()
    assert (lower <= value).all()
    assert (value <= upper).all()
    assert (upper <= 100).all()
    assert (value.sum(axis=0) <= 100 + 1e-3).all()
    assert (out["novelty"].to_numpy() >= 0).all()


def test_intervals_of_a_larger_coverage_hold_those_of_a_smaller(
    sites: TrainingSet, ridge: OxideEstimator
) -> None:
    half = OxideEstimator(method("ridge"), coverage=0.5).fit_training(sites)
    narrow, wide = half.predict(spectra_of(sites)), ridge.predict(spectra_of(sites))
    assert (wide["lower"] <= narrow["lower"]).all()
    assert (wide["upper"] >= narrow["upper"]).all()
    assert (wide["upper"] - wide["lower"] > narrow["upper"] - narrow["lower"]).any()
    np.testing.assert_array_equal(narrow["value"], wide["value"])


def test_one_seed_gives_one_result(sites: TrainingSet, quick: Farside, own: OxideEstimator) -> None:
    again = OxideEstimator(quick).fit_training(sites)
    assert_same(again.predict(spectra_of(sites)), own.predict(spectra_of(sites)), atol=0)


def test_a_training_spectrum_is_not_novel(sites: TrainingSet, own: OxideEstimator) -> None:
    """The nearest training spectrum is the spectrum itself, at distance zero."""
    np.testing.assert_allclose(own.predict(spectra_of(sites))["novelty"], 0, atol=1e-5)


# -- flags and units ---------------------------------------------------------------------------


def test_spectra_that_cannot_be_used_leave_the_others_alone(either: OxideEstimator) -> None:
    whole = spectra_of(either.data_).isel(point=slice(0, 10))
    whole = whole.assign_coords(incidence_deg=("point", np.full(10, 30.0)))
    reference = either.predict(whole)
    assert reference["good"].all()
    spoilt = whole.copy(deep=True)
    for (band, point), value in {(3, 1): np.nan, (0, 2): -0.01, (5, 3): 1.01, (2, 6): 0.0}.items():
        spoilt["reflectance"][band, point] = value
    spoilt["incidence_deg"][8] = 80.0
    out = either.predict(spoilt)
    expected = {"nan": [1], "negative": [2, 6], "over_one": [3], "unlit": [8]}
    for flag, points in expected.items():
        assert np.flatnonzero(out[flag]).tolist() == points, flag
    bad = [1, 2, 3, 6, 8]
    assert np.flatnonzero(~out["good"]).tolist() == bad
    for name in NUMBERS:
        assert np.isnan(out[name].isel(point=bad)).all(), name
    fine = [0, 4, 5, 7, 9]
    assert_same(out.isel(point=fine), reference.isel(point=fine))


@pytest.mark.parametrize(("factor", "word"), [(100.0, "percent"), (5e4, "counts")])
def test_other_units_are_refused(own: OxideEstimator, factor: float, word: str) -> None:
    data = own.data_
    with pytest.raises(UnitError, match=word):
        own.predict(make_spectra(data.reflectance.T * factor, data.wavelength_nm))


# -- bands -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["own", "ridge"])
def test_too_few_bands_are_refused_by_name(name: str, request: pytest.FixtureRequest) -> None:
    estimator: OxideEstimator = request.getfixturevalue(name)
    few = spectra_of(estimator.data_).isel(band=slice(0, MIN_BANDS - 1))
    with pytest.raises(BandError, match=r"have 414, 749 nm.*at least 3") as caught:
        estimator.predict(few)
    assert "1548" in str(caught.value)


def test_a_baseline_needs_every_band_and_says_what_does_not(ridge: OxideEstimator) -> None:
    without = spectra_of(ridge.data_).drop_isel(band=[0])
    with pytest.raises(BandError, match=r"'ridge' needs all of 414.*'farside'"):
        ridge.predict(without)


@pytest.mark.parametrize("bands", [(1, 3, 7), (1, 2, 3, 4, 5, 6, 7), (0, 1, 2, 3, 4)])
def test_the_network_fills_in_missing_bands(own: OxideEstimator, bands: tuple[int, ...]) -> None:
    out = own.predict(spectra_of(own.data_).isel(band=list(bands)))
    assert np.isfinite(out["value"]).all()
    assert (out["lower"] <= out["value"]).all()
    assert (out["value"] <= out["upper"]).all()


def test_real_spectra_without_414_nm_are_predicted(own: OxideEstimator) -> None:
    rows = load_sp_spectra()
    spectra, transfer = prepare(from_table(rows[rows["sensor"] == "SP"]), "SP")
    out = own.predict(spectra, transfer=transfer)
    assert 414.0 not in spectra["wavelength_nm"]
    assert np.isfinite(out["value"]).all()
    assert np.isfinite(out["novelty"]).all()


@settings(deadline=None, max_examples=20)
@given(order=st.permutations(range(10)), away=st.floats(-BAND_TOLERANCE_NM, BAND_TOLERANCE_NM))
def test_bands_are_matched_by_wavelength(
    own: OxideEstimator, order: list[int], away: float
) -> None:
    """Order, extra bands and a shift within the tolerance do not matter."""
    data = own.data_
    reference = own.predict(spectra_of(data))
    wavelength = np.append(data.wavelength_nm + away, [600.0, 2000.0])
    extra = np.array([[0.5], [0.9]]) * np.ones(len(data))
    values = np.vstack([data.reflectance.T, extra])
    assert_same(own.predict(make_spectra(values[order], wavelength[order])), reference, atol=0)


def test_a_band_beyond_the_tolerance_is_another_band(own: OxideEstimator) -> None:
    data = own.data_
    wavelength = data.wavelength_nm.copy()
    wavelength[6] += 1.2 * BAND_TOLERANCE_NM
    moved = own.predict(make_spectra(data.reflectance.T, wavelength))
    assert_same(moved, own.predict(spectra_of(data).drop_isel(band=[6])), atol=0)


def test_an_image_gives_what_its_points_give(either: OxideEstimator) -> None:
    data = either.data_
    image = make_spectra(data.reflectance.T.reshape(-1, 5, 11), data.wavelength_nm)
    image["reflectance"][4, 2, 3] = np.nan
    flat = data.reflectance.T.copy()
    flat[4, 2 * 11 + 3] = np.nan
    out = either.predict(image)
    assert out["value"].dims == ("oxide", "y", "x")
    assert out["novelty"].dims == ("y", "x")
    assert not out["good"][2, 3]
    points = either.predict(make_spectra(flat, data.wavelength_nm))
    for name in NUMBERS:
        np.testing.assert_array_equal(
            out[name].to_numpy().reshape(points[name].shape), points[name].to_numpy()
        )


def test_blocks_do_not_show(own: OxideEstimator) -> None:
    data = own.data_
    n = CHUNK + 7
    factor = np.linspace(0.8, 1.2, n)
    values = data.reflectance[np.arange(n) % len(data)].T * factor
    values[2, 5] = np.nan
    many = own.predict(make_spectra(values, data.wavelength_nm))
    assert int(many["good"].sum()) == n - 1
    for point in (0, CHUNK - 1, CHUNK, CHUNK + 1, n - 1):
        one = own.predict(make_spectra(values[:, [point]], data.wavelength_nm))
        assert_same(many.isel(point=[point]), one)


# -- transfer ----------------------------------------------------------------------------------


def transfer_of(data: TrainingSet, gain: NDArray[np.float64], sigma: float) -> Transfer:
    """Return a gain whose logarithm is uncertain by `sigma`, three quarters of it shared."""
    b = len(gain)
    covariance = sigma**2 * (0.75 * np.ones((b, b)) + 0.25 * np.eye(b))
    waves = tuple(float(w) for w in data.wavelength_nm)
    return Transfer("X", "MI", waves, gain, covariance, "made up")


def test_a_transfer_known_exactly_changes_the_spectra_alone(either: OxideEstimator) -> None:
    data = either.data_
    gain = np.linspace(1.15, 0.85, 8)
    raw = make_spectra((data.reflectance / gain).T, data.wavelength_nm)
    out = either.predict(raw, transfer=transfer_of(data, gain, 0.0))
    assert_same(out, either.predict(spectra_of(data)))


@settings(deadline=None, max_examples=10)
@given(sigma=st.floats(0.0, 0.2), seed=st.integers(0, 99))
def test_a_transfer_never_narrows_an_interval(
    ridge: OxideEstimator, sigma: float, seed: int
) -> None:
    data = ridge.data_
    estimator = OxideEstimator(ridge.method, seed=seed).with_fit(data, ridge.fitted_)
    plain = estimator.predict(spectra_of(data))
    out = estimator.predict(spectra_of(data), transfer=transfer_of(data, np.ones(8), sigma))
    np.testing.assert_allclose(out["value"], plain["value"], atol=1e-9)
    assert (out["lower"] <= plain["lower"] + 1e-9).all()
    assert (out["upper"] >= plain["upper"] - 1e-9).all()
    assert (out["lower"] >= 0).all()
    assert (out["upper"] <= 100).all()


def test_an_uncertain_transfer_widens_the_intervals(own: OxideEstimator) -> None:
    spectra = spectra_of(own.data_)
    plain = own.predict(spectra)
    out = own.predict(spectra, transfer=transfer_of(own.data_, np.ones(8), 0.1))
    widened = (out["upper"] - out["lower"]) - (plain["upper"] - plain["lower"])
    assert (widened.mean("point") > 0.05).all()
    assert (widened > -SINGLE).all()


def test_a_transfer_by_which_nothing_moves_widens_nothing(sites: TrainingSet) -> None:
    """The mean of the training rows looks at no spectrum, so no gain can make it uncertain."""
    mean = OxideEstimator(method("mean")).fit_training(sites)
    out = mean.predict(spectra_of(sites), transfer=transfer_of(sites, np.ones(8), 0.1))
    assert_same(out, mean.predict(spectra_of(sites)), atol=1e-9)


# -- training ----------------------------------------------------------------------------------


def test_one_mission_is_not_enough(sites: TrainingSet) -> None:
    one = sites.rows(sites.mission == "Apollo 12")
    with pytest.raises(InputError, match=r"one mission.*Apollo 12.*at least two"):
        OxideEstimator(method("ridge")).fit_training(one)


def test_rows_must_be_measured_and_as_many_as_the_spectra() -> None:
    table = load_sites()
    spectra = from_table(table)
    with pytest.raises(InputError, match="55 spectra but 54 rows"):
        OxideEstimator(method("mean")).fit(spectra, table.iloc[1:])
    table.loc[7, ORDER] = np.nan
    with pytest.raises(InputError, match=r"rows \[7\] have no measured oxide"):
        OxideEstimator(method("mean")).fit(spectra, table)


# -- intervals ---------------------------------------------------------------------------------


def by_hand(
    data: TrainingSet, name: str, at: NDArray[np.float64], coverage: float
) -> tuple[NDArray[np.float64], ...]:
    """Return value and CV+ bounds (n, 6) of fits that are each made alone."""
    every = np.ones((1, len(data)), dtype=bool)
    value = method(name).fit(data, every).predict(at)[0]
    held_out = np.full(data.oxides.shape, np.nan)
    at_new, group = [], np.full(len(data), -1)
    for k, mission in enumerate(pd.unique(data.mission)):
        out = data.mission == mission
        fitted = method(name).fit(data, ~out[None])
        held_out[out] = fitted.predict(data.reflectance[out])[0]
        at_new.append(fitted.predict(at)[0])
        group[out] = k
    lower, upper = oxide_intervals(np.stack(at_new), held_out, data.oxides, group, coverage)
    return value, np.minimum(lower, value), np.maximum(upper, value)


@pytest.mark.parametrize("coverage", [0.6, 0.9])
@pytest.mark.parametrize("name", ["mean", "ridge"])
def test_intervals_are_those_of_fits_without_one_mission_each(name: str, coverage: float) -> None:
    data = load_training()
    shuffled = data.rows(np.random.default_rng(3).permutation(len(data)))
    at = shuffled.reflectance[:20] * 1.05
    estimator = OxideEstimator(method(name), coverage=coverage).fit_training(shuffled)
    out = estimator.predict(make_spectra(at.T, data.wavelength_nm))
    for key, expected in zip(
        ("value", "lower", "upper"), by_hand(shuffled, name, at, coverage), strict=True
    ):
        np.testing.assert_allclose(out[key].to_numpy().T, expected, atol=1e-9, err_msg=key)


def test_with_a_band_less_the_training_rows_are_seen_with_a_band_less(own: OxideEstimator) -> None:
    """Residuals of the training rows come from the bands that the new spectra have."""
    data, fitted = own.data_, own.fitted_
    seen = data.reflectance.copy()
    seen[:, 0] = np.nan
    predicted = fitted.predict(seen)
    group = np.array([data.missions.index(m) for m in data.mission])
    held_out = predicted[1 + group, np.arange(len(data))]
    lower, upper = oxide_intervals(predicted[1:], held_out, data.oxides, group, 0.9)
    out = own.predict(spectra_of(data).drop_isel(band=[0]))
    value = predicted[0]
    np.testing.assert_allclose(out["value"].to_numpy().T, value, atol=SINGLE)
    np.testing.assert_allclose(out["lower"].to_numpy().T, np.minimum(lower, value), atol=SINGLE)
    np.testing.assert_allclose(out["upper"].to_numpy().T, np.maximum(upper, value), atol=SINGLE)
