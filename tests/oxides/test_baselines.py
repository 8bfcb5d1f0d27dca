"""The regressions against other implementations, exact relations and a leak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from farside.constants import OXIDES
from farside.errors import InputError
from farside.oxides.baselines import (
    MAX_COMPONENTS,
    GaussianProcess,
    Mean,
    Pls,
    Ridge,
    contrasts,
    inner_folds,
    pls_path,
    ridge_path,
)
from farside.oxides.training import Method, TrainingSet, leave_out_masks, load_training

METHODS: list[Method] = [Mean(), Ridge(), Pls(), GaussianProcess()]
LEARNING = METHODS[1:]
MGO = OXIDES.index("MgO")


def named(method: Method) -> str:
    return method.name


@pytest.fixture(scope="module")
def sites() -> TrainingSet:
    return load_training()


@pytest.fixture
def plane() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 8)) @ rng.normal(size=(8, 8)) + 3.0
    return x, x @ rng.normal(size=8) + rng.normal(size=40), rng.normal(size=(5, 8))


def test_ridge_is_that_of_scikit_learn(plane: tuple[np.ndarray, ...]) -> None:
    x, y, at = plane
    alpha = np.array([0.01, 1.0, 100.0])
    expected = [
        make_pipeline(StandardScaler(), SklearnRidge(alpha=a)).fit(x, y).predict(at) for a in alpha
    ]
    np.testing.assert_allclose(ridge_path(x, y, at, alpha).T, expected, rtol=1e-9)


def test_pls_of_each_size_is_a_fit_of_that_size(plane: tuple[np.ndarray, ...]) -> None:
    x, y, at = plane
    expected = [
        PLSRegression(n_components=k).fit(x, y).predict(at).ravel()
        for k in range(1, MAX_COMPONENTS + 1)
    ]
    np.testing.assert_allclose(pls_path(x, y, at).T, expected, rtol=1e-9)


def test_pls_of_a_constant_is_the_constant(plane: tuple[np.ndarray, ...]) -> None:
    x, _, at = plane
    np.testing.assert_array_equal(pls_path(x, np.full(40, 7.0), at), 7.0)


def test_contrasts_part_brightness_from_colour(sites: TrainingSet) -> None:
    plain = contrasts(sites.reflectance, sites.wavelength_nm)
    bright = contrasts(1.3 * sites.reflectance, sites.wavelength_nm)
    np.testing.assert_allclose(bright[:, 0] - plain[:, 0], np.log(1.3))
    np.testing.assert_allclose(bright[:, 1:], plain[:, 1:], atol=1e-12)
    back = contrasts(sites.reflectance[:, ::-1], sites.wavelength_nm[::-1])
    np.testing.assert_allclose(back, plain, atol=1e-12)


def test_inner_folds_leave_out_missions_else_every_fifth_row() -> None:
    mission = np.array(["a"] * 4 + ["b"] * 3 + ["c"] * 3)
    target = np.arange(10.0)[::-1]
    folds = inner_folds(target, mission)
    assert [int(fold.sum()) for fold in folds] == [4, 3, 3]
    folds = inner_folds(target, np.array(["a"] * 10))
    assert np.sum(folds, axis=0).tolist() == [1] * 10
    assert sorted(target[folds[0]]) == [0.0, 5.0]


@pytest.mark.parametrize("method", LEARNING, ids=named)
def test_oxides_linear_in_the_logarithms_are_recovered(method: Method, sites: TrainingSet) -> None:
    log = np.log(sites.reflectance)
    linear = np.column_stack([20 + 4 * log[:, k] - 3 * log[:, k + 2] for k in range(6)])
    linear[:, 0] = np.exp(3 * log[:, 0] - 2 * log[:, 1] + 4)
    data = replace(sites, oxides=linear)
    # Nothing is exactly linear under a penalty, so a part of the spread is allowed.
    spread = data.oxides.std(axis=0)
    found = method.fit(data, leave_out_masks(data)[:2]).predict(data.reflectance)
    assert (np.abs(found[[0, 1], [0, 1]] - data.oxides[:2]) < 0.1 * spread).all()


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_a_held_out_row_reaches_nothing(method: Method, sites: TrainingSet) -> None:
    masks = leave_out_masks(sites)[:2]
    reflectance, oxides = sites.reflectance.copy(), sites.oxides.copy()
    reflectance[1] *= np.linspace(0.5, 2.0, 8)
    oxides[1] = 50.0
    changed = replace(sites, reflectance=reflectance, oxides=oxides)
    before = method.fit(sites, masks).predict(sites.reflectance)
    after = method.fit(changed, masks).predict(sites.reflectance)
    np.testing.assert_array_equal(before[1], after[1])
    assert not np.allclose(before[0], after[0])


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_masking_one_oxide_leaves_the_others_alone(method: Method, sites: TrainingSet) -> None:
    everything = np.ones((1, len(sites)), dtype=bool)
    oxides = sites.oxides.copy()
    oxides[::2, MGO] = np.nan
    oxides[:, OXIDES.index("CaO")] = np.nan
    whole = method.fit(sites, everything).predict(sites.reflectance)[0]
    holed = method.fit(replace(sites, oxides=oxides), everything).predict(sites.reflectance)[0]
    others = [OXIDES.index(oxide) for oxide in ("TiO2", "FeO", "Al2O3", "SiO2")]
    np.testing.assert_array_equal(whole[:, others], holed[:, others])
    assert not np.allclose(whole[:, MGO], holed[:, MGO])
    assert np.isnan(holed[:, OXIDES.index("CaO")]).all()


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_neither_row_order_nor_seed_matters(method: Method, sites: TrainingSet) -> None:
    order = np.random.default_rng(1).permutation(len(sites))
    everything = np.ones((1, len(sites)), dtype=bool)
    straight = method.fit(sites, everything, 0).predict(sites.reflectance)
    shuffled = method.fit(sites.rows(order), everything, 1).predict(sites.reflectance)
    # The search for the likeliest kernel ends where its gradient is small, not at one digit.
    np.testing.assert_allclose(straight, shuffled, rtol=1e-3 if method.name == "gp" else 1e-8)


@pytest.mark.parametrize("method", LEARNING, ids=named)
def test_titanium_stays_positive_and_dark_or_missing_is_nan(
    method: Method, sites: TrainingSet
) -> None:
    spectra = sites.reflectance[:4].copy()
    spectra[0, 2], spectra[1, 3] = np.nan, 0.0
    spectra[2] *= np.linspace(0.2, 3.0, 8)
    fitted = method.fit(sites, np.ones((1, len(sites)), dtype=bool))
    found = fitted.predict(spectra)[0]
    assert np.isnan(found).all(axis=1).tolist() == [True, True, False, False]
    assert (found[2:, 0] > 0).all()
    assert np.isnan(fitted.predict(spectra[:2])).all()


@pytest.mark.parametrize("method", LEARNING, ids=named)
def test_few_rows_of_one_mission_are_fitted(method: Method, sites: TrainingSet) -> None:
    few = sites.rows(np.arange(4))
    found = method.fit(few, np.ones((1, 4), dtype=bool)).predict(sites.reflectance[:1])
    assert np.isfinite(found).all()


def test_a_dark_training_spectrum_is_refused(sites: TrainingSet) -> None:
    dark = sites.reflectance.copy()
    dark[0] = 0.0
    with pytest.raises(InputError, match="leave that row out"):
        Ridge().fit(replace(sites, reflectance=dark), np.ones((1, len(sites)), dtype=bool))


def test_the_mean_is_of_the_measured_training_rows(sites: TrainingSet) -> None:
    masks = leave_out_masks(sites, sites.mission)
    found = Mean().fit(sites, masks).predict(sites.reflectance[:2])
    expected = [np.nanmean(sites.oxides[mask], axis=0) for mask in masks]
    np.testing.assert_allclose(found[:, 1], expected)


@pytest.mark.parametrize("method", LEARNING, ids=named)
def test_skill_over_the_mean_on_held_out_sites(method: Method, sites: TrainingSet) -> None:
    masks = leave_out_masks(sites)[::6]
    out = np.flatnonzero(~masks.all(axis=0))
    fold = np.arange(len(out))
    guess = method.fit(sites, masks).predict(sites.reflectance)[fold, out]
    mean = Mean().fit(sites, masks).predict(sites.reflectance)[fold, out]
    truth = sites.oxides[out]
    for oxide in ("TiO2", "FeO", "Al2O3", "CaO"):
        k = OXIDES.index(oxide)
        assert np.nansum((guess - truth)[:, k] ** 2) < 0.5 * np.nansum((mean - truth)[:, k] ** 2)
