"""The prior against samples, cells, the formula of anorthite and the algebra of normals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from farside.constants import OXIDES
from farside.datasets import load_cells_5deg, load_sample_compositions, load_sites
from farside.oxides import composition
from farside.oxides.composition import (
    OXIDE_MAX,
    REGOLITH_SIO2_MAX,
    SUM_RANGE,
    SUM_WT,
    CompositionPrior,
    from_latent,
    physical,
    prior_of_samples_and_cells,
    prior_of_training,
    to_latent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Float = NDArray[np.float64]

# standard atomic weights, abridged (IUPAC 2021)
ATOMIC = {"Ca": 40.078, "Al": 26.982, "Si": 28.085, "O": 15.999}

OFFSET = st.floats(0.01, 1.0)
LATENT = hnp.arrays(np.float64, (3, 6), elements=st.floats(-60.0, 120.0)).map(
    lambda z: np.column_stack([z[:, 0] / 15, z[:, 1:5], np.maximum(z[:, 5], 1.0)])
)


@given(hnp.arrays(np.float64, (3, 6), elements=st.floats(0.0, 60.0)), OFFSET)
def test_latent_and_back(oxides: Float, offset: float) -> None:
    z = to_latent(oxides, offset)
    np.testing.assert_allclose(from_latent(z, offset), oxides, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(z[:, 1:], oxides[:, 1:])


def test_latent_keeps_gaps_and_its_argument() -> None:
    oxides = np.array([[np.nan, 5.0, np.nan, 6.0, 15.0, 45.0]])
    before = oxides.copy()
    z = to_latent(oxides, 0.05)
    np.testing.assert_array_equal(np.isnan(z), np.isnan(oxides))
    np.testing.assert_array_equal(oxides, before)


@given(LATENT, OFFSET)
def test_no_composition_is_impossible(latent: Float, offset: float) -> None:
    oxides = physical(latent, offset)
    assert (oxides >= 0).all()
    total = oxides.sum(axis=1)
    assert (total >= SUM_RANGE[0] - 1e-9).all()
    assert (total <= SUM_RANGE[1] + 1e-9).all()


@given(LATENT, OFFSET)
def test_what_is_physical_stays(latent: Float, offset: float) -> None:
    once = physical(latent, offset)
    inside = (once <= OXIDE_MAX).all(axis=1)
    twice = physical(to_latent(once, offset), offset)
    np.testing.assert_allclose(twice[inside], once[inside], rtol=1e-9, atol=1e-9)


def test_soils_of_six_oxides_pass_unchanged() -> None:
    sites = load_sites()[list(OXIDES)].dropna().to_numpy()
    sites = sites[sites.sum(axis=1) <= SUM_RANGE[1]]
    assert len(sites) > 30
    np.testing.assert_allclose(physical(to_latent(sites, 0.05), 0.05), sites)


def test_limits_of_anorthite_follow_from_its_formula() -> None:
    cao = ATOMIC["Ca"] + ATOMIC["O"]
    al2o3 = 2 * ATOMIC["Al"] + 3 * ATOMIC["O"]
    mass = cao + al2o3 + 2 * (ATOMIC["Si"] + 2 * ATOMIC["O"])
    assert OXIDE_MAX[OXIDES.index("Al2O3")] == pytest.approx(100 * al2o3 / mass, abs=0.005)
    assert OXIDE_MAX[OXIDES.index("CaO")] == pytest.approx(100 * cao / mass, abs=0.005)


def test_limits_hold_every_sample_of_the_tables() -> None:
    samples = load_sample_compositions()
    regolith = samples.loc[samples["SiO2"] < REGOLITH_SIO2_MAX, list(OXIDES)]
    assert (regolith.to_numpy() <= OXIDE_MAX).all()
    assert OXIDE_MAX[0] > 16.4  # picritic black glass, Delano 1986
    total = load_sites()[list(OXIDES)].sum(axis=1, skipna=False).dropna()
    assert total.median() == pytest.approx(SUM_WT, abs=0.2)


# -- the prior of samples and cells ------------------------------------------------------------


def fresh_prior(left_out: frozenset[str], offset: float, weight: float) -> CompositionPrior:
    """Return the prior computed now, past any cache."""
    composition._near_side_cells.cache_clear()
    return prior_of_samples_and_cells.__wrapped__(left_out, offset, weight)


@pytest.fixture(autouse=True)
def clean_cache() -> Iterator[None]:
    """Leave no patched cell behind."""
    yield
    composition._near_side_cells.cache_clear()
    prior_of_samples_and_cells.cache_clear()


def assert_same(one: CompositionPrior, other: CompositionPrior) -> None:
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.covariance, other.covariance)


def with_other_oxides(table: pd.DataFrame, rows: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the table with the oxides of some rows replaced by nonsense that is no soil."""
    changed = table.copy()
    changed.loc[rows, list(OXIDES)] = [9.0, 1.0, 2.0, 40.0, 3.0, 44.0]
    return changed


SAMPLE_MISSIONS = sorted(set(load_sample_compositions()["mission"]))


@pytest.mark.parametrize("mission", SAMPLE_MISSIONS)
def test_samples_of_a_left_out_mission_are_not_looked_at(
    mission: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = load_sample_compositions()
    honest = fresh_prior(frozenset([mission]), 0.05, 0.5)
    everything = fresh_prior(frozenset(), 0.05, 0.5)
    assert not np.allclose(honest.mean, everything.mean, rtol=1e-6)
    changed = with_other_oxides(table, (table["mission"] == mission).to_numpy())
    monkeypatch.setattr(composition, "load_sample_compositions", lambda: changed)
    assert_same(fresh_prior(frozenset([mission]), 0.05, 0.5), honest)
    assert not np.allclose(fresh_prior(frozenset(), 0.05, 0.5).mean, everything.mean, rtol=1e-6)


def test_far_side_cells_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = load_cells_5deg()
    # every cell that reaches beyond 90 E or W, by its bounds
    beyond = ((cells["lon_min"] < -90) | (cells["lon_max"] > 90)).to_numpy()
    assert 0.4 < beyond.mean() < 0.6
    honest = fresh_prior(frozenset(), 0.05, 0.5)
    monkeypatch.setattr(composition, "load_cells_5deg", lambda: with_other_oxides(cells, beyond))
    assert_same(fresh_prior(frozenset(), 0.05, 0.5), honest)
    one = np.zeros(len(cells), dtype=bool)
    one[np.flatnonzero(~beyond)[100]] = True
    monkeypatch.setattr(composition, "load_cells_5deg", lambda: with_other_oxides(cells, one))
    assert not np.array_equal(fresh_prior(frozenset(), 0.05, 0.5).mean, honest.mean)


def closed(oxides: Float) -> Float:
    return SUM_WT * oxides / oxides.sum(axis=1)[:, None]


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 1.0])
def test_moments_are_those_of_the_mixture(weight: float) -> None:
    """Check against weighted moments of the pooled rows, the relation by scikit-learn."""
    offset, tied = 0.05, ["CaO", "SiO2"]
    seen = ["TiO2", "FeO", "Al2O3", "MgO"]
    table = load_sample_compositions()
    table = table[(table["SiO2"] < 50) & (table["mission"] != "Apollo 16")]
    samples = pd.DataFrame(closed(table[list(OXIDES)].to_numpy()), columns=list(OXIDES))
    cells = load_cells_5deg()
    cells = cells[(cells["lon_min"] >= -90) & (cells["lon_max"] <= 90)]
    cells = pd.DataFrame(closed(cells[list(OXIDES)].to_numpy()), columns=list(OXIDES))
    relation = LinearRegression().fit(samples[seen], samples[tied])
    cells[tied] = relation.predict(cells[seen])
    rest = samples[tied].to_numpy() - relation.predict(samples[seen])
    share = np.concatenate(
        [np.full(len(cells), weight / len(cells)), np.full(len(samples), 1 - weight) / len(samples)]
    )
    pooled = pd.concat([cells, samples]).to_numpy()
    pooled[:, 0] = np.log(pooled[:, 0] + offset)
    expected = np.cov(pooled, rowvar=False, aweights=share, ddof=0)
    expected[4:, 4:] += weight * np.cov(rest, rowvar=False, ddof=0)
    prior = fresh_prior(frozenset(["Apollo 16"]), offset, weight)
    np.testing.assert_allclose(prior.mean, share @ pooled, rtol=1e-9)
    np.testing.assert_allclose(prior.covariance, expected, atol=1e-5)
    assert (np.linalg.eigvalsh(prior.covariance) > 0).all()


def test_anorthosite_and_basalt_are_apart_as_on_the_moon() -> None:
    # Korotev et al. 2003 (GCA 67, 4895): FeO and Al2O3 of lunar crustal rocks are almost opposite
    s = fresh_prior(frozenset(), 0.05, 0.0).covariance
    assert s[1, 2] / np.sqrt(s[1, 1] * s[2, 2]) < -0.95


# -- completion --------------------------------------------------------------------------------


def random_prior(seed: int) -> CompositionPrior:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(6, 8))
    return CompositionPrior(rng.normal(size=6) * 5, root @ root.T + 0.1 * np.eye(6), 0.05)


@given(st.integers(0, 1000), hnp.arrays(np.bool_, (4, 6)))
def test_gaps_are_filled_with_the_conditional_mean(seed: int, gaps: NDArray[np.bool_]) -> None:
    prior = random_prior(seed)
    rng = np.random.default_rng(seed + 1)
    z = rng.normal(size=(4, 6)) * 5
    z[gaps] = np.nan
    before = z.copy()
    full = prior.complete(z)
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(full[~gaps], z[~gaps])
    # by the precision matrix: m_gap - P_gg^-1 P_gs (z_s - m_s)
    precision = np.linalg.inv(prior.covariance)
    for row, gap, filled in zip(z, gaps, full, strict=True):
        if gap.any():
            apart = precision[np.ix_(gap, ~gap)] @ (row - prior.mean)[~gap]
            expected = prior.mean[gap] - np.linalg.solve(precision[np.ix_(gap, gap)], apart)
            np.testing.assert_allclose(filled[gap], expected, rtol=1e-6, atol=1e-6)


def test_filled_cao_of_a_highland_soil_is_that_of_the_soil() -> None:
    # mean soil of Apollo 16, Lunar Sourcebook Table 7.15
    soil = np.array([[0.54, 5.1, 27.3, 5.7, 15.7, 45.0]])
    prior = fresh_prior(frozenset(["Apollo 16"]), 0.05, 0.5)
    z = to_latent(soil, 0.05)
    z[0, 4:] = np.nan
    filled = from_latent(prior.complete(z), 0.05)
    np.testing.assert_allclose(filled[0, 4:], soil[0, 4:], atol=0.5)


def test_prior_of_training_is_of_whole_rows() -> None:
    rng = np.random.default_rng(3)
    oxides = rng.uniform(1, 30, (20, 6))
    whole = oxides[5:].copy()
    oxides[:5, 3] = np.nan
    prior = prior_of_training(oxides, 0.05)
    whole[:, 0] = np.log(whole[:, 0] + 0.05)
    np.testing.assert_allclose(prior.mean, whole.mean(axis=0))
    np.testing.assert_allclose(prior.covariance, np.cov(whole.T, ddof=0), atol=1e-5)
