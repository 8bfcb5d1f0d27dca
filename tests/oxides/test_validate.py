"""Validation: nothing held out may reach its own prediction, and scores are the known ones."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from farside.constants import OXIDES
from farside.errors import InputError, UnknownNameError
from farside.oxides.training import FittedEach, TrainingSet, fit_each
from farside.oxides.validate import (
    Validation,
    protocol_masks,
    score_rows,
    training_mean,
    validate,
    validate_published,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from farside.oxides.farside import Farside

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]

HONEST = ("loo", "lomo", "terrain")


@dataclass(frozen=True)
class LeastSquares:
    """Each oxide by least squares on the logarithms of three bands."""

    name: str = "least squares"

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedEach:  # noqa: ARG002
        return fit_each(data, masks, self._one)

    @staticmethod
    def features(reflectance: Float) -> Float:
        return np.log(reflectance[:, [0, 1, 3]])

    def _one(self, data: TrainingSet) -> Callable[[Float], Float]:
        def designed(reflectance: Float) -> Float:
            return np.column_stack([np.ones(len(reflectance)), self.features(reflectance)])

        beta = np.zeros((4, 6))
        for j in range(6):
            known = np.isfinite(data.oxides[:, j])
            rows = designed(data.reflectance[known])
            beta[:, j] = np.linalg.lstsq(rows, data.oxides[known, j], rcond=None)[0]
        return lambda reflectance: designed(reflectance) @ beta


@dataclass(frozen=True)
class Mean:
    """The mean of the training rows."""

    name: str = "mean"

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedEach:  # noqa: ARG002
        return fit_each(data, masks, self._one)

    @staticmethod
    def _one(data: TrainingSet) -> Callable[[Float], Float]:
        mean = np.nanmean(data.oxides, axis=0)
        return lambda reflectance: np.tile(mean, (len(reflectance), 1))


# -- leaks -------------------------------------------------------------------------------------


def held_out_folds(data: TrainingSet, protocol: str) -> list[Mask]:
    """Return some of the held-out parts, as the protocols are described."""
    if protocol == "loo":
        return [np.arange(len(data)) == i for i in (0, 25, 54)]
    if protocol == "lomo":
        return [data.mission == m for m in ("Apollo 12", "Apollo 16", "Luna 24")]
    return [data.terrain == "mare", data.terrain == "highland"]


def spoilt(data: TrainingSet, rows: Mask) -> TrainingSet:
    """Return the data with other oxides, gaps among them, in some rows."""
    oxides = data.oxides.copy()
    strange = np.array([9.0, 1.0, 30.0, 2.0, 19.0, 36.0])
    oxides[rows] = strange * np.random.default_rng(0).uniform(0.8, 1.2, (rows.sum(), 6))
    oxides[np.flatnonzero(rows)[0], 3:] = np.nan
    return replace(data, oxides=oxides)


def assert_no_leak(
    method: LeastSquares | Farside, data: TrainingSet, protocol: str, folds: list[Mask]
) -> None:
    before = validate(method, data, protocol, seed=5)
    for rows in folds:
        after = validate(method, spoilt(data, rows), protocol, seed=5)
        for name in ("value", "lower", "upper"):
            np.testing.assert_array_equal(getattr(after, name)[rows], getattr(before, name)[rows])
        # and yet the rows are looked at, in the folds where they may be
        others = ~rows & np.isfinite(before.value).all(axis=1)
        assert not np.array_equal(after.value[others], before.value[others])
        assert not np.array_equal(after.upper[others], before.upper[others])


@pytest.mark.parametrize("protocol", HONEST)
def test_oxides_of_held_out_rows_do_not_reach_them(sites: TrainingSet, protocol: str) -> None:
    assert_no_leak(LeastSquares(), sites, protocol, held_out_folds(sites, protocol))


@pytest.mark.parametrize("protocol", HONEST)
def test_nor_in_the_project_s_own_estimator(
    sites: TrainingSet, quick: Farside, protocol: str
) -> None:
    folds = held_out_folds(sites, protocol)
    assert_no_leak(quick, sites, protocol, folds[:1] if protocol == "loo" else folds)


@pytest.mark.parametrize("protocol", ["lomo", "terrain"])
def test_spectra_of_held_out_rows_do_not_reach_their_neighbours(
    sites: TrainingSet, quick: Farside, protocol: str
) -> None:
    """No scaler, component or gate may see the spectra of the held-out part."""
    before = validate(quick, sites, protocol)
    fold = sites.mission == "Apollo 16" if protocol == "lomo" else sites.terrain == "highland"
    one = np.flatnonzero(fold)[0]
    reflectance = sites.reflectance.copy()
    reflectance[one] = 2.0 * reflectance[one, ::-1]
    after = validate(quick, replace(sites, reflectance=reflectance), protocol)
    rest = fold.copy()
    rest[one] = False
    for name in ("value", "lower", "upper"):
        np.testing.assert_array_equal(getattr(after, name)[rest], getattr(before, name)[rest])
    assert not np.array_equal(after.value[one], before.value[one])


def test_mixed_ground_has_no_part_in_the_terrain_protocol(sites: TrainingSet) -> None:
    mixed = sites.terrain == "mixed"
    before = validate(LeastSquares(), sites, "terrain")
    after = validate(LeastSquares(), spoilt(sites, mixed), "terrain")
    assert np.isnan(before.value[mixed]).all()
    for name in ("value", "lower", "upper"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert after.scores == before.scores


# -- protocols ---------------------------------------------------------------------------------


def test_masks_are_those_of_the_protocols(sites: TrainingSet) -> None:
    for protocol, folds, held in (("loo", 55, 55), ("lomo", 9, 55), ("terrain", 2, 42)):
        train, out = protocol_masks(sites, protocol)
        assert train.shape == out.shape == (folds, 55)
        assert not (train & out).any()
        # a row is held out at most once
        assert out.sum(axis=0).max() == 1
        assert out.sum() == held
    for train, out in zip(*protocol_masks(sites, "lomo"), strict=True):
        assert len(set(sites.mission[out])) == 1
        assert not set(sites.mission[out]) & set(sites.mission[train])
    for train, out in zip(*protocol_masks(sites, "terrain"), strict=True):
        assert {*sites.terrain[train], *sites.terrain[out]} == {"mare", "highland"}
        assert len(set(sites.terrain[train])) == len(set(sites.terrain[out])) == 1
        # iron tells them apart (Lunar Sourcebook Table 7.15)
        iron = sites.oxides[:, OXIDES.index("FeO")]
        assert iron[train].min() > iron[out].max() or iron[train].max() < iron[out].min()


@pytest.mark.parametrize("protocol", ["yang2023", "LOMO", "kfold"])
def test_unknown_protocol(sites: TrainingSet, protocol: str) -> None:
    with pytest.raises(UnknownNameError, match="known: lomo, loo, terrain"):
        validate(Mean(), sites, protocol)


def test_terrain_needs_both(sites: TrainingSet) -> None:
    with pytest.raises(InputError, match="needs mare and highland"):
        validate(Mean(), sites.rows(sites.terrain != "highland"), "terrain")


@pytest.mark.parametrize("protocol", ["loo", "lomo"])
def test_values_are_those_of_cross_validation(sites: TrainingSet, protocol: str) -> None:
    result = validate(LeastSquares(), sites, protocol)
    x = LeastSquares.features(sites.reflectance)
    for j, oxide in enumerate(OXIDES):
        known = np.isfinite(sites.oxides[:, j])
        y = sites.oxides[known, j]
        # each row is a group of its own when single rows are left out
        group = (sites.name if protocol == "loo" else sites.mission)[known]
        expected = cross_val_predict(
            LinearRegression(), x[known], y, cv=LeaveOneGroupOut(), groups=group
        )
        np.testing.assert_allclose(result.value[known, j], expected)
        score = result.score(oxide)
        assert score.n == known.sum()
        assert score.r2 == pytest.approx(r2_score(y, expected))
        assert score.rmse == pytest.approx(np.sqrt(mean_squared_error(y, expected)))


def test_the_training_mean_has_no_skill(sites: TrainingSet) -> None:
    for protocol in HONEST:
        for score in validate(Mean(), sites, protocol).scores:
            assert score.skill == pytest.approx(0.0, abs=1e-12)
            assert score.r2 <= 0


def test_seed_makes_a_run_reproducible(sites: TrainingSet, quick: Farside) -> None:
    first, again, other = (validate(quick, sites, "lomo", seed=s) for s in (1, 1, 2))
    for name in ("value", "lower", "upper"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    assert first.scores == again.scores
    assert json.dumps(first.to_dict()) == json.dumps(again.to_dict())
    assert first.value.tobytes() != other.value.tobytes()


# -- intervals ---------------------------------------------------------------------------------


def linear_world(rng: np.random.Generator, n: int, missions: int) -> TrainingSet:
    """Return rows whose oxides are linear in the features of `LeastSquares`, with noise."""
    reflectance = np.exp(rng.uniform(-3.5, -1.5, (n, 8)))
    x = LeastSquares.features(reflectance)
    # TiO2 in its logarithm would not be linear; its column is large and narrow
    beta = np.array([[0.1, 0.2, 0.1], *([[1.0, -2.0, 0.5]] * 5)]).T
    oxides = 25.0 + x @ beta + rng.normal(size=(n, 6))
    mission = np.array([f"mission {i % missions}" for i in range(n)])
    name = np.array([f"site {i}" for i in range(n)])
    return TrainingSet(
        name, mission, np.full(n, "mare"), np.arange(400.0, 1200.0, 100.0), reflectance, oxides
    )


@pytest.mark.parametrize("protocol", ["loo", "lomo"])
@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_intervals_cover_what_they_state(protocol: str, coverage: float) -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(10):
        result = validate(LeastSquares(), linear_world(rng, 42, 6), protocol, coverage=coverage)
        assert result.nominal == coverage
        shares.append(np.mean([s.coverage for s in result.scores]))
    sigma = np.std(shares) / np.sqrt(len(shares))
    assert np.mean(shares) > coverage - 3 * sigma
    assert np.mean(shares) < coverage + 0.06


def test_a_higher_coverage_is_wider(sites: TrainingSet) -> None:
    narrow, wide = (validate(LeastSquares(), sites, "lomo", coverage=c) for c in (0.7, 0.95))
    assert (wide.lower <= narrow.lower).all()
    assert (wide.upper >= narrow.upper).all()
    np.testing.assert_array_equal(wide.value, narrow.value)


# -- scores ------------------------------------------------------------------------------------


def test_scores_are_the_known_ones() -> None:
    rng = np.random.default_rng(0)
    y = rng.uniform(0, 40, (50, 6))
    p, mean = y + rng.normal(size=(50, 6)) + 0.3, rng.uniform(10, 20, (50, 6))
    lower, upper = p - 1.0, p + np.linspace(0.5, 2, 6)
    y[rng.random((50, 6)) < 0.2] = np.nan
    held = np.arange(50) >= 5
    value, lower, upper = (np.where(held[:, None], a, np.nan) for a in (p, lower, upper))
    for j, score in enumerate(score_rows(y, value, lower, upper, mean)):
        known = np.isfinite(y[:, j]) & held
        truth, told = y[known, j], p[known, j]
        assert score.oxide == OXIDES[j]
        assert score.n == known.sum()
        assert score.r2 == pytest.approx(r2_score(truth, told))
        assert score.rmse == pytest.approx(np.sqrt(mean_squared_error(truth, told)))
        assert score.bias == pytest.approx(told.mean() - truth.mean())
        against = mean_squared_error(truth, mean[known, j])
        assert score.skill == pytest.approx(1 - mean_squared_error(truth, told) / against)
        inside = [lo <= t <= hi for lo, t, hi in zip(told - 1, truth, upper[known, j], strict=True)]
        assert score.coverage == pytest.approx(sum(inside) / len(inside))
        assert score.width == pytest.approx(1.0 + np.linspace(0.5, 2, 6)[j])


def test_perfect_and_shifted_predictions() -> None:
    y = np.random.default_rng(0).uniform(0, 40, (20, 6))
    none = np.full(y.shape, np.nan)
    mean = np.tile(y.mean(axis=0), (20, 1))
    for shift in (0.0, -2.0):
        for score in score_rows(y, y + shift, none, none, mean):
            assert score.bias == pytest.approx(shift)
            assert score.rmse == pytest.approx(abs(shift))
            assert score.r2 == pytest.approx(score.skill)
            assert np.isnan(score.coverage)
            assert np.isnan(score.width)
            assert (score.r2 == 1) == (shift == 0)


def test_an_oxide_that_no_site_has_is_not_scored(sites: TrainingSet) -> None:
    oxides = sites.oxides.copy()
    oxides[:, 3] = np.nan
    result = validate(Mean(), sites, "lomo")
    scores = score_rows(oxides, result.value, result.lower, result.upper, result.value)
    assert scores[3].n == 0
    assert np.isnan([scores[3].r2, scores[3].rmse, scores[3].bias, scores[3].skill]).all()
    assert all(s.n > 0 for s in scores if s.oxide != "MgO")


def test_training_mean_is_of_what_was_measured(sites: TrainingSet) -> None:
    np.testing.assert_allclose(training_mean(sites.oxides), np.nanmean(sites.oxides, axis=0))
    assert np.isnan(training_mean(np.full((3, 6), np.nan))).all()


@pytest.mark.parametrize("protocol", HONEST)
def test_values_do_not_need_intervals(sites: TrainingSet, protocol: str) -> None:
    whole = validate(LeastSquares(), sites, protocol)
    quick = validate(LeastSquares(), sites, protocol, intervals=False)
    np.testing.assert_array_equal(quick.value, whole.value)
    assert np.isnan(quick.lower).all()
    assert np.isnan(quick.upper).all()
    for one, other in zip(quick.scores, whole.scores, strict=True):
        assert (one.r2, one.skill) == (other.r2, other.skill)
        assert np.isnan(one.coverage)


# -- what a validation says of itself ----------------------------------------------------------


def test_to_dict_is_plain_json(sites: TrainingSet) -> None:
    for protocol in HONEST:
        result = validate(LeastSquares(), sites, protocol)
        plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert plain["protocol"] == protocol
        assert plain["optimistic"] is False
        assert len(plain["rows"]) == 55 * 6
        row = plain["rows"][55]  # the first site, FeO
        assert (row["site"], row["oxide"]) == (sites.name[0], "FeO")
        assert row["measured"] == sites.oxides[0, 1]
        gaps = sum(r["measured"] is None for r in plain["rows"])
        assert gaps == np.isnan(sites.oxides).sum()
        unseen = sum(r["value"] is None for r in plain["rows"])
        assert unseen == (6 * 13 if protocol == "terrain" else 0)
        for score, told in zip(result.scores, plain["scores"], strict=True):
            assert told["rmse"] == pytest.approx(score.rmse, rel=1e-5)


def test_tables_and_text_hold_the_scores(sites: TrainingSet) -> None:
    result = validate(LeastSquares(), sites, "lomo", coverage=0.8)
    frame = result.to_frame()
    assert frame["oxide"].tolist() == list(OXIDES)
    assert frame["rmse"].tolist() == [s.rmse for s in result.scores]
    text = str(result)
    assert text.splitlines()[0] == "least squares by lomo (honest), interval 80%"
    assert f"{result.score('FeO').rmse:.2f}" in text.splitlines()[3]
    with pytest.raises(UnknownNameError, match="Did you mean 'FeO'"):
        result.score("Feo")


def test_rows_hold_what_was_measured_and_told(sites: TrainingSet) -> None:
    result = validate(LeastSquares(), sites, "lomo")
    wide = result.rows().pivot_table(
        index="site", columns="oxide", values="value", sort=False, dropna=False
    )
    np.testing.assert_array_equal(wide[list(OXIDES)].to_numpy(), result.value)
    assert wide.index.tolist() == sites.name.tolist()


def test_the_published_protocol_is_called_optimistic(
    sites: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    # its network stands in another module; here it is one that has seen everything
    module = ModuleType("farside.oxides.yang2023")
    module.published_protocol = lambda data, seed: np.nan_to_num(data.oxides)  # type: ignore[attr-defined] # noqa: ARG005
    monkeypatch.setitem(sys.modules, module.__name__, module)
    result = validate_published(sites)
    assert result.optimistic
    assert result.to_dict()["optimistic"] is True
    assert "OPTIMISTIC" in str(result)
    assert "honest" not in str(result)
    for score in result.scores:
        assert score.r2 == score.skill == 1.0
        assert np.isnan(score.coverage)


@pytest.mark.parametrize("protocol", HONEST)
def test_honest_protocols_are_not(sites: TrainingSet, protocol: str) -> None:
    none = np.full(sites.oxides.shape, np.nan)
    result = Validation("x", protocol, 0.9, 0, (), none, none, none, sites)
    assert not result.optimistic
    assert "honest" in str(result)
