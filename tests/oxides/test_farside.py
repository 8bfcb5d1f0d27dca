"""The estimator: its linear part, its gate, missing bands, and what it must not look at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.stats import linregress
from sklearn.metrics import r2_score

from farside.oxides.cnn import CnnSettings
from farside.oxides.composition import (
    SUM_RANGE,
    physical,
    prior_of_samples_and_cells,
    to_latent,
)
from farside.oxides.farside import Farside, FarsideSettings, FittedFarside, neighbours
from farside.oxides.inverse import InverseSettings, features, fit_inverse

if TYPE_CHECKING:
    from farside.oxides.training import TrainingSet

Float = NDArray[np.float64]

CLEMENTINE_NM = (414.0, 749.0, 901.0, 950.0, 1001.0)
"""The bands of MI that Clementine UVVIS has too, within 1 nm."""


def all_rows(data: TrainingSet) -> NDArray[np.bool_]:
    return np.ones((1, len(data)), dtype=bool)


@pytest.fixture(scope="module")
def fitted(sites: TrainingSet, quick: Farside) -> FittedFarside:
    masks = np.vstack([all_rows(sites), sites.mission != "Apollo 16"])
    return quick.fit(sites, masks)


@pytest.fixture(scope="module")
def without_net(sites: TrainingSet, linear: Farside) -> FittedFarside:
    return linear.fit(sites, np.vstack([all_rows(sites), sites.mission != "Apollo 16"]))


def as_reflectance(alpha: Float) -> Float:
    """Return the reflectance of alpha = -ln w at i = 30°, e = 0° (Hapke 1981)."""
    w, mu0 = np.exp(-alpha), np.cos(np.radians(30.0))
    g = np.sqrt(1 - w)
    return w / 4 / (mu0 + 1) * (1 + 2 * mu0) / (1 + 2 * mu0 * g) * 3 / (1 + 2 * g)


def test_without_nets_each_angle_is_read_for_its_own_oxide(
    sites: TrainingSet, without_net: FittedFarside
) -> None:
    mask = sites.mission != "Apollo 16"
    prior = prior_of_samples_and_cells(frozenset(["Apollo 16"]), 0.05, 0.5)
    x = features(sites.reflectance, sites.wavelength_nm)
    z = prior.complete(to_latent(sites.oxides[mask], 0.05))
    told = []
    for width in (9, 8):  # with the angle and without
        constant, slope = fit_inverse(x[mask, :width], z, prior, InverseSettings())
        told.append(constant + x[:, :width] @ slope)
    line = linregress(x[mask, 9], sites.oxides[mask, 1])
    iron = (told[1][:, 1] + line.intercept + line.slope * x[:, 9]) / 2
    latent = np.column_stack([told[0][:, 0], iron, told[1][:, 2:]])
    np.testing.assert_allclose(
        without_net.predict(sites.reflectance)[1], physical(latent, 0.05), rtol=1e-9
    )


def test_nets_change_the_prediction(
    sites: TrainingSet, fitted: FittedFarside, without_net: FittedFarside
) -> None:
    apart = fitted.predict(sites.reflectance) - without_net.predict(sites.reflectance)
    assert (np.abs(apart).max(axis=(0, 1)) > 1e-3).all()


# -- the gate ----------------------------------------------------------------------------------


def test_gate_is_open_at_a_training_spectrum_and_shut_far_away(
    sites: TrainingSet, fitted: FittedFarside
) -> None:
    alpha = features(sites.reflectance, sites.wavelength_nm)[:, :8]
    np.testing.assert_allclose(fitted.gate(0, alpha), 1.0, atol=1e-6)
    seen = sites.mission != "Apollo 16"
    np.testing.assert_allclose(fitted.gate(1, alpha[seen]), 1.0, atol=1e-6)
    assert (fitted.gate(1, alpha[~seen]) < 0.999).all()
    assert (fitted.gate(0, 3.0 * alpha) < 1e-12).all()
    assert (fitted.gate(0, 0.2 * alpha) < 1e-9).all()


def test_far_from_every_site_the_net_is_silent(
    sites: TrainingSet, fitted: FittedFarside, without_net: FittedFarside
) -> None:
    alpha = features(sites.reflectance, sites.wavelength_nm)[:, :8]
    far = as_reflectance(3.0 * alpha)
    np.testing.assert_allclose(fitted.predict(far), without_net.predict(far), rtol=1e-7)


def test_distance_is_in_whitened_components() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5))
    near = neighbours(points, 3, 1.5)
    placed = near.points
    np.testing.assert_allclose(placed.mean(axis=0), 0, atol=1e-12)
    # the first three of unit variance, the others in units of the third
    variance = np.linalg.eigvalsh(np.cov(points.T, ddof=0))[::-1]
    expected = np.diag(variance / np.maximum(variance, variance[2]))
    np.testing.assert_allclose(np.cov(placed.T, ddof=0), expected, atol=1e-9)
    new = rng.normal(size=(20, 5))
    expected = cdist((new - points.mean(0)) @ near.axes, placed).min(axis=1) / np.sqrt(3)
    np.testing.assert_allclose(near.distance(new), expected)
    apart = cdist(placed, placed) + np.diag(np.full(40, np.inf))
    assert near.scale == pytest.approx(1.5 * np.median(apart.min(axis=1)) / np.sqrt(3))
    # with all components and any mixing of bands the distance is Mahalanobis'
    whole = neighbours(points, 5, 1.0)
    inverse = np.linalg.inv(np.cov(points.T, ddof=0))
    expected = cdist(new, points, "mahalanobis", VI=inverse).min(axis=1) / np.sqrt(5)
    np.testing.assert_allclose(whole.distance(new), expected)


# -- missing bands -----------------------------------------------------------------------------


def without_749(sites: TrainingSet) -> TrainingSet:
    """Return the sites without the band that both angles need: features are bands alone."""
    return replace(
        sites,
        wavelength_nm=np.delete(sites.wavelength_nm, 1),
        reflectance=np.delete(sites.reflectance, 1, axis=1),
    )


@pytest.mark.parametrize("gap", [(0,), (3,), (6,), (1, 4), (0, 1, 2, 3, 5, 6)])
def test_a_missing_band_is_as_if_its_conditional_mean_were_seen(
    sites: TrainingSet, linear: Farside, gap: tuple[int, ...]
) -> None:
    data = without_749(sites)
    fit = linear.fit(data, all_rows(data))
    reflectance = 1.05 * data.reflectance[::6]
    with_gap = reflectance.copy()
    with_gap[:, list(gap)] = np.nan
    # the fill is computed here, by the precision matrix of alpha
    alpha = -np.log(albedo(data.reflectance))
    s = np.cov(alpha.T)
    precision = np.linalg.inv(s + 1e-3 * np.diag(np.diag(s)))
    g, k = list(gap), [j for j in range(7) if j not in gap]
    new = -np.log(albedo(reflectance))
    apart = (new - alpha.mean(0))[:, k] @ precision[np.ix_(k, g)]
    new[:, g] = alpha.mean(0)[g] - np.linalg.solve(precision[np.ix_(g, g)], apart.T).T
    np.testing.assert_allclose(fit.predict(with_gap), fit.predict(as_reflectance(new)), rtol=1e-6)


def albedo(reflectance: Float) -> Float:
    """Return w by bisection."""
    low, high = np.full(reflectance.shape, 1e-9), np.full(reflectance.shape, 1 - 1e-12)
    for _ in range(60):
        w = (low + high) / 2
        dark = as_reflectance(-np.log(w)) < reflectance
        low, high = np.where(dark, w, low), np.where(dark, high, w)
    return (low + high) / 2


def test_the_bands_of_clementine_will_do(sites: TrainingSet, fitted: FittedFarside) -> None:
    has = np.isin(sites.wavelength_nm, CLEMENTINE_NM)
    assert has.sum() == 5
    reflectance = np.where(has, sites.reflectance, np.nan)
    value = fitted.predict(reflectance)[0]
    assert np.isfinite(value).all()
    # Lucey et al. (2000) read iron from 750 and 950 nm, titanium from 415 and 750 nm
    assert r2_score(sites.oxides[:, 1], value[:, 1]) > 0.8
    assert r2_score(sites.oxides[:, 0], value[:, 0]) > 0.6
    total = value.sum(axis=1)
    assert (total > SUM_RANGE[0] - 1e-9).all()
    assert (total < SUM_RANGE[1] + 1e-9).all()


def test_a_model_of_five_bands_has_no_use_for_the_others(
    sites: TrainingSet, linear: Farside
) -> None:
    """Bands that are missing in all training rows too give nearly the same inversion."""
    has = np.isin(sites.wavelength_nm, CLEMENTINE_NM)
    five = replace(
        sites, wavelength_nm=sites.wavelength_nm[has], reflectance=sites.reflectance[:, has]
    )
    own = linear.fit(five, all_rows(five)).predict(five.reflectance)[0]
    filled = linear.fit(sites, all_rows(sites)).predict(np.where(has, sites.reflectance, np.nan))[0]
    rest = (sites.oxides - own)[:, 1]
    # closer to each other than either is to the samples
    assert np.sqrt(np.mean((own - filled)[:, 1] ** 2)) < np.sqrt(np.mean(rest**2))


def test_no_band_no_value(sites: TrainingSet, fitted: FittedFarside) -> None:
    reflectance = sites.reflectance[:3].copy()
    reflectance[1] = np.nan
    value = fitted.predict(reflectance)
    assert np.isnan(value[:, 1]).all()
    assert np.isfinite(value[:, [0, 2]]).all()
    assert fitted.predict(np.empty((0, 8))).shape == (2, 0, 6)


# -- rows --------------------------------------------------------------------------------------


def test_rows_do_not_know_of_each_other(sites: TrainingSet, fitted: FittedFarside) -> None:
    rng = np.random.default_rng(0)
    reflectance = sites.reflectance.copy()
    reflectance[rng.random(reflectance.shape) < 0.1] = np.nan
    together = fitted.predict(reflectance)
    turn = rng.permutation(55)
    np.testing.assert_allclose(fitted.predict(reflectance[turn]), together[:, turn], rtol=1e-5)
    alone = np.concatenate([fitted.predict(row[None]) for row in reflectance], axis=1)
    np.testing.assert_allclose(alone, together, rtol=1e-5)


BRIGHTNESS = st.floats(0.005, 0.95)
SPECTRA = st.one_of(
    hnp.arrays(np.float64, (3, 8), elements=BRIGHTNESS),
    # flat but for ripples, some bands missing
    st.tuples(
        BRIGHTNESS, hnp.arrays(np.float64, (3, 8), elements=st.floats(0.7, 1.0)), st.integers(0, 6)
    ).map(lambda t: np.where(np.arange(8) < 8 - t[2], t[0] * t[1], np.nan)),
)


@given(SPECTRA)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_spectrum_gives_a_composition(fitted: FittedFarside, reflectance: Float) -> None:
    value = fitted.predict(reflectance)
    assert (value >= 0).all()
    total = value.sum(axis=-1)
    assert (total >= SUM_RANGE[0] - 1e-9).all()
    assert (total <= SUM_RANGE[1] + 1e-9).all()


# -- what a fit may look at --------------------------------------------------------------------


@pytest.mark.parametrize("prior", ["samples+cells", "training", "flat"])
@pytest.mark.parametrize("what", ["oxides", "spectrum", "gap"])
def test_a_row_outside_the_mask_changes_no_bit(sites: TrainingSet, prior: str, what: str) -> None:
    method = Farside(FarsideSettings(prior=prior, cnn=CnnSettings(steps=10, pool=600)))
    row = 30
    masks = np.ones((3, 55), dtype=bool)
    masks[0, row] = masks[1, 2] = False
    oxides, reflectance = sites.oxides.copy(), sites.reflectance.copy()
    if what == "oxides":
        oxides[row] = [12.0, 3.0, 30.0, 1.0, 18.0, 36.0]
    elif what == "gap":
        oxides[row, 1:] = np.nan
    else:
        reflectance[row] = reflectance[row, ::-1] * 1.5
    other = replace(sites, oxides=oxides, reflectance=reflectance)
    before = method.fit(sites, masks, 7).predict(sites.reflectance)
    after = method.fit(other, masks, 7).predict(sites.reflectance)
    np.testing.assert_array_equal(after[0], before[0])
    assert not np.array_equal(after[1], before[1])
    assert not np.array_equal(after[2], before[2])


def test_one_seed_gives_the_same_bytes(sites: TrainingSet, quick: Farside) -> None:
    first, again, other = (
        quick.fit(sites, all_rows(sites), seed).predict(sites.reflectance) for seed in (3, 3, 4)
    )
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_fits_do_not_know_of_each_other(sites: TrainingSet, linear: Farside) -> None:
    masks = np.vstack([all_rows(sites), sites.mission != "Apollo 17"])
    both = linear.fit(sites, masks).predict(sites.reflectance)
    for mask, value in zip(masks, both, strict=True):
        alone = linear.fit(sites, mask[None]).predict(sites.reflectance)[0]
        np.testing.assert_allclose(alone, value, rtol=1e-9)


def test_training_prior_needs_no_other_table(
    sites: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("farside.oxides.farside.prior_of_samples_and_cells", refuse)
    method = Farside(FarsideSettings(prior="training", cnn=CnnSettings(steps=2, pool=300)))
    value = method.fit(sites, all_rows(sites)).predict(sites.reflectance)[0]
    assert r2_score(sites.oxides[:, 1], value[:, 1]) > 0.8


def test_iron_darkens_and_the_highlands_are_aluminous(
    sites: TrainingSet, without_net: FittedFarside
) -> None:
    """A spectrum that is a mixture in light has oxides between those of its ends."""
    mare = sites.reflectance[sites.terrain == "mare"].mean(axis=0)
    highland = sites.reflectance[sites.terrain == "highland"].mean(axis=0)
    share = np.linspace(0, 1, 21)[:, None]
    value = without_net.predict(share * highland + (1 - share) * mare)[0]
    assert (np.diff(value[:, 1]) < 0).all()
    assert (np.diff(value[:, 2]) > 0).all()
    assert (np.diff(value[:, 4]) > 0).all()
