"""Novelty against scikit-learn's components and neighbours, and by what it must not depend on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.neighbors import NearestNeighbors

from farside.oxides.novelty import COMPONENTS, Novelty

if TYPE_CHECKING:
    from farside.oxides.training import TrainingSet

Float = NDArray[np.float64]


def alpha(reflectance: Float) -> Float:
    """Return -ln w, w by bisection of Hapke's equation at i = 30°, e = 0°."""
    mu0 = np.cos(np.radians(30.0))
    low, high = np.zeros(reflectance.shape), np.ones(reflectance.shape)
    for _ in range(60):
        w = (low + high) / 2
        g = np.sqrt(1 - w)
        r = w / 4 / (mu0 + 1) * (1 + 2 * mu0) / (1 + 2 * mu0 * g) * 3 / (1 + 2 * g)
        low, high = np.where(r < reflectance, w, low), np.where(r < reflectance, high, w)
    return -np.log((low + high) / 2)


def distance(trained: Float, new: Float) -> Float:
    """Return the distance to the nearest training row, per component that is whitened.

    Components after the third are in units of the third.
    """
    pca = PCA(svd_solver="full").fit(trained)
    # PCA divides by n - 1; unit variance of the rows themselves divides by n
    variance = pca.explained_variance_ * (len(trained) - 1) / len(trained)
    unit = np.sqrt(np.maximum(variance, variance[COMPONENTS - 1]))
    nearest = NearestNeighbors(n_neighbors=1).fit(pca.transform(trained) / unit)
    found = nearest.kneighbors(pca.transform(new) / unit)[0][:, 0]
    return found / np.sqrt(COMPONENTS)


def left_out_distances(sites: TrainingSet) -> Float:
    x = alpha(sites.reflectance)
    out = np.empty(len(sites))
    for train, test in LeaveOneGroupOut().split(x, groups=sites.mission):
        out[test] = distance(x[train], x[test])
    return out


def test_score_is_that_of_scikit_learn(sites: TrainingSet) -> None:
    rng = np.random.default_rng(0)
    new = sites.reflectance * np.exp(0.1 * rng.normal(size=sites.reflectance.shape))
    unit = np.quantile(left_out_distances(sites), 0.95)
    expected = distance(alpha(sites.reflectance), alpha(new)) / unit
    np.testing.assert_allclose(Novelty(sites).score(new), expected, rtol=1e-6, atol=1e-6)


def test_training_spectra_are_not_new(sites: TrainingSet) -> None:
    assert (Novelty(sites).score(sites.reflectance) < 1e-5).all()


def test_a_colour_that_no_site_has_is_new(sites: TrainingSet) -> None:
    # along the fourth component, where the sites hardly differ, by three tenths of their spread
    # along the first: invisible to distances in three components
    x = alpha(sites.reflectance)
    pca = PCA(svd_solver="full").fit(x)
    strange = x[20] + 0.3 * np.sqrt(pca.explained_variance_[0]) * pca.components_[3]
    w = np.exp(-strange)
    mu0, g = np.cos(np.radians(30.0)), np.sqrt(1 - w)
    r = w / 4 / (mu0 + 1) * (1 + 2 * mu0) / (1 + 2 * mu0 * g) * 3 / (1 + 2 * g)
    assert Novelty(sites).score(r[None])[0] > 1


def test_a_twentieth_of_new_landing_sites_is_beyond_the_threshold(sites: TrainingSet) -> None:
    # the unit is read off a spectrum whose distance is known
    new = 1.3 * sites.reflectance[:1]
    unit = distance(alpha(sites.reflectance), alpha(new)) / Novelty(sites).score(new)
    beyond = np.sum(left_out_distances(sites) > unit)
    assert beyond / len(sites) == pytest.approx(0.05, abs=1 / len(sites))


@pytest.mark.parametrize("gap", [(0,), (7,), (0, 5, 6, 7)])
def test_a_missing_band_is_left_out_of_both(sites: TrainingSet, gap: tuple[int, ...]) -> None:
    kept = [j for j in range(8) if j not in gap]
    less = replace(
        sites, wavelength_nm=sites.wavelength_nm[kept], reflectance=sites.reflectance[:, kept]
    )
    new = 1.1 * sites.reflectance
    with_gap = new.copy()
    with_gap[:, list(gap)] = np.nan
    np.testing.assert_allclose(
        Novelty(sites).score(with_gap), Novelty(less).score(new[:, kept]), rtol=1e-9
    )


def test_rows_do_not_know_of_each_other(sites: TrainingSet) -> None:
    novelty = Novelty(sites)
    new = 1.2 * sites.reflectance
    new[::3, 2] = np.nan
    new[5] = np.nan
    together = novelty.score(new)
    assert np.isnan(together).tolist() == [i == 5 for i in range(55)]
    alone = np.concatenate([novelty.score(row[None]) for row in new])
    np.testing.assert_allclose(alone, together, rtol=1e-6, atol=1e-7)
    turn = np.random.default_rng(0).permutation(55)
    np.testing.assert_allclose(novelty.score(new[turn]), together[turn], rtol=1e-6, atol=1e-7)
    # nor does the order of the training rows or bands matter
    other = sites.rows(turn)
    np.testing.assert_allclose(Novelty(other).score(new), together, rtol=1e-6, atol=1e-6)
    turned = replace(
        sites,
        wavelength_nm=sites.wavelength_nm[::-1],
        reflectance=sites.reflectance[:, ::-1].copy(),
    )
    np.testing.assert_allclose(Novelty(turned).score(new[:, ::-1]), together, rtol=1e-6, atol=1e-6)


def test_oxides_have_no_part_in_novelty(sites: TrainingSet) -> None:
    new = 1.1 * sites.reflectance
    other = replace(sites, oxides=sites.oxides[::-1].copy())
    np.testing.assert_array_equal(Novelty(other).score(new), Novelty(sites).score(new))


@pytest.mark.parametrize(
    "strange",
    [
        np.full(8, 0.9),  # paper
        np.linspace(0.3, 0.05, 8),  # blue as no lunar soil is
        np.array([0.1, 0.4, 0.1, 0.4, 0.1, 0.4, 0.1, 0.4]),  # stripes
    ],
)
def test_what_is_no_lunar_soil_is_new(sites: TrainingSet, strange: Float) -> None:
    assert Novelty(sites).score(strange[None])[0] > 1.0


def test_highlands_are_new_to_one_who_knows_the_maria(sites: TrainingSet) -> None:
    mare = Novelty(sites.rows(sites.terrain == "mare"))
    score = mare.score(sites.reflectance)
    highland = sites.terrain == "highland"
    assert np.median(score[highland]) > 1.0
    # the mixed soils stand between
    assert np.median(score[sites.terrain == "mixed"]) < np.median(score[highland])
