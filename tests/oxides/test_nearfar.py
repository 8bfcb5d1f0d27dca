"""From the near side to the far side: leaks, known truth, and figures from outside the code."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from farside.constants import OXIDES
from farside.datasets import load_cells_5deg, load_missions
from farside.errors import InputError
from farside.oxides.baselines import Ridge, contrasts
from farside.oxides.cells import (
    LAYERS,
    CellSet,
    block_sigma,
    cell_set,
    cells_training,
    censored_moments,
    change6_row,
    far_regions,
)
from farside.oxides.cnn import CnnSettings
from farside.oxides.farcurve import (
    COUNTS,
    PATCHES,
    Rehearsal,
    Residuals,
    draw_orders,
    learning_curve,
    rehearse,
)
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.nearfar import Transfer, farside_transfer, near_far, transfer

CELLS = cell_set()
QUICK = FarsideSettings(prior="training", cnn=CnnSettings(steps=8, members=1, pool=600))


@pytest.fixture(scope="module")
def ridge() -> Transfer:
    return transfer(Ridge(), CELLS)


@pytest.fixture(scope="module")
def rehearsal() -> Rehearsal:
    return rehearse(Ridge(), CELLS, repeats=2)


def simulated(offset: float = 0.0, seed: int = 7) -> CellSet:
    """Return cells whose oxides follow from their colour, with errors of the size they state."""
    rng = np.random.default_rng(seed)
    table = load_cells_5deg()
    table = table[~table["colour_filled"]].reset_index(drop=True)
    x = contrasts(table[list(LAYERS)].to_numpy(float), np.array(list(LAYERS.values())))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    far = np.abs(table["lon"].to_numpy()) >= 90
    for oxide in OXIDES:
        truth = 20.0 + x @ rng.normal(size=4)
        if oxide == "TiO2":
            table["cov_TiO2_TiO2"] = 1e-4
            truth = np.exp(0.2 * x @ rng.normal(size=4))
        if oxide == "FeO":
            truth = truth + offset * far
        sigma = np.sqrt(table[f"cov_{oxide}_{oxide}"].to_numpy())
        table[oxide] = truth + sigma * rng.normal(size=len(table))
        assert (table[oxide] > 0).all(), oxide
    table["censored"] = ""
    return cell_set(table)


# -- cells -------------------------------------------------------------------------------------


def test_cells_beyond_70_degrees_stay_out() -> None:
    assert CELLS.table["lat_max"].max() <= 70
    assert CELLS.table["lat_min"].min() >= -70
    with pytest.raises(InputError, match="70 degrees"):
        cells_training(load_cells_5deg())


def test_sides_and_blocks() -> None:
    lon = CELLS.table["lon"].to_numpy()
    assert (CELLS.near == (np.abs(lon) < 90)).all()
    # no block lies on both sides, or a block left out would take its rows along
    assert not set(CELLS.data.mission[CELLS.near]) & set(CELLS.data.mission[~CELLS.near])
    # 140 / 35 rows of 180 / 30 blocks on a side
    assert len(set(CELLS.data.mission[CELLS.near])) == 24


def test_a_clamp_is_never_a_measured_zero() -> None:
    clamped = CELLS.table["censored"].str.contains("TiO2").to_numpy()
    assert clamped.sum() == 71
    assert np.isnan(CELLS.data.oxides[clamped, 0]).all()
    assert np.nanmin(CELLS.data.oxides[:, 0]) > 0
    assert np.isfinite(CELLS.data.oxides[:, 1:]).all()


def test_far_regions_are_on_the_far_side() -> None:
    regions = far_regions(CELLS)
    assert all(not CELLS.near[rows].any() for rows in regions.values())
    apart = regions["SPA"].astype(int) + regions["feldspathic highlands"]
    assert apart.max() == 1
    covered = regions["SPA"] | regions["feldspathic highlands"] | regions["far-side maria"]
    assert (covered == regions["far side"]).all()


def test_the_cell_of_change6_holds_the_site() -> None:
    row = CELLS.table.loc[change6_row(CELLS.table)]
    site = load_missions().set_index("mission").loc["Chang'e-6"]
    assert row["lat_min"] <= site["lat"] < row["lat_max"]
    assert row["lon_min"] <= site["lon"] < row["lon_max"]
    with pytest.raises(InputError, match="Chang'e-6"):
        change6_row(CELLS.table.drop(index=change6_row(CELLS.table)))


# -- scores ------------------------------------------------------------------------------------


def test_moments_of_censored_errors_recover_the_distribution() -> None:
    rng = np.random.default_rng(1)
    error, floor = rng.normal(0.3, 0.5, 4000), rng.normal(0.6, 0.3, 4000)
    clamped = error > floor
    seen = np.where(clamped, floor, error)
    mean, sd, _ = censored_moments(seen, np.ones(4000), clamped)
    assert clamped.mean() > 0.2
    assert mean == pytest.approx(0.3, abs=4 * 0.5 / np.sqrt(4000))
    assert sd == pytest.approx(0.5, abs=0.03)
    assert abs(seen.mean() - 0.3) > 0.05
    assert abs(seen[~clamped].mean() - 0.3) > 0.05


def test_moments_without_a_clamp_are_plain() -> None:
    error, weight = np.array([1.0, -2.0, 4.0]), np.array([1.0, 2.0, 1.0])
    mean, sd, expected = censored_moments(error, weight, np.zeros(3, bool))
    assert mean == pytest.approx(0.25)
    assert sd == pytest.approx(np.sqrt(np.average((error - 0.25) ** 2, weights=weight)))
    np.testing.assert_array_equal(expected, error)


def test_a_block_is_one_draw() -> None:
    means = np.array([0.0, 1.0, 5.0])
    block = np.repeat(["a", "b", "c"], 10)
    sigma = block_sigma(np.repeat(means, 10), np.ones(30), block)
    assert sigma == pytest.approx(means.std(ddof=1) / np.sqrt(3))
    assert np.isnan(block_sigma(means, np.ones(3), np.repeat(["a"], 3)))


# -- transfer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("oxide", "bias"), [("MgO", 1.8), ("FeO", 0.9), ("SiO2", -0.7)])
def test_far_side_bias_is_that_of_an_independent_ridge(
    ridge: Transfer, oxide: str, bias: float
) -> None:
    # found elsewhere by a ridge on the same layers with its own features and penalty: two such
    # ridges differ by 0.1-0.2 wt%
    assert ridge.score("far side", oxide).bias == pytest.approx(bias, abs=0.3)


@pytest.mark.parametrize("method", [Ridge(), Farside(QUICK)])
def test_oxides_of_the_far_side_reach_no_prediction(method: Ridge | Farside) -> None:
    rng = np.random.default_rng(0)
    oxides = CELLS.data.oxides.copy()
    oxides[~CELLS.near] = rng.uniform(1, 40, oxides[~CELLS.near].shape)
    other = replace(CELLS, data=replace(CELLS.data, oxides=oxides))
    one, two = transfer(method, CELLS), transfer(method, other)
    for name in ("value", "lower", "upper"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.near_error == two.near_error


def test_known_truth_gives_no_bias_and_the_stated_coverage() -> None:
    draws = [transfer(Ridge(), simulated(seed=seed)) for seed in range(4)]
    for oxide in OXIDES:
        scores = [found.score("far side", oxide) for found in draws]
        for score in scores:
            assert abs(score.bias) < 4 * score.bias_1s + 0.02, oxide
            # what is left is the cells' own errors
            assert score.chi2 == pytest.approx(1.0, abs=0.2), oxide
            assert score.rmse == pytest.approx(score.sigma, rel=0.1), oxide
        # one sigma of a coverage of 820 cells by 822 residuals is 0.015, of four of them 0.008
        assert np.mean([s.coverage for s in scores]) == pytest.approx(0.9, abs=0.025), oxide


def test_scores_split_the_error(ridge: Transfer) -> None:
    for s in ridge.scores:
        assert s.rmse >= abs(s.bias)
        assert s.model_rmse**2 == pytest.approx(max(s.rmse**2 - s.sigma**2, 0.0))
    assert np.isnan(ridge.score("near side, by blocks", "FeO").coverage)
    assert {s.n for s in ridge.scores if s.region == "far side"} == {820}


def test_settings_are_chosen_by_the_near_side() -> None:
    other = replace(QUICK, gate=30.0)
    tried = [farside_transfer("training", CELLS, candidates=(c,)) for c in (QUICK, other)]
    best = farside_transfer("training", CELLS, candidates=(QUICK, other))
    assert best.near_error == min(t.near_error for t in tried)


# -- given cells -------------------------------------------------------------------------------


def test_given_cells_are_nested_start_with_change6_and_are_never_tested() -> None:
    first = change6_row(CELLS.table)
    orders = draw_orders(CELLS, 4, 0, first)
    for order in orders:
        assert order[0] == first
        assert len(set(order)) == max(COUNTS)
        assert not CELLS.near[order].any()
    assert len({tuple(order) for order in orders}) == 4


def residuals(tau2: float, model2: float, sigma: float) -> Residuals:
    n = len(CELLS.near)
    where = (CELLS.table[c].to_numpy(float) for c in ("lat", "lon"))
    return Residuals(*where, np.full((n, 6), sigma), np.full(6, tau2), np.full(6, model2))


def test_one_cell_moves_by_its_share_of_the_variance() -> None:
    residual = np.full((len(CELLS.near), 6), np.nan)
    residual[3] = 2.0
    moved = residuals(1.0, 2.0, 1.0).correction(residual, np.array([3]), "offset")
    np.testing.assert_allclose(moved, 2.0 * 1.0 / (1.0 + 2.0 + 1.0))
    # a cell that is not known at all moves nothing, and neither does no cell
    assert not residuals(1.0, 2.0, 1e9).correction(residual, np.array([3]), "offset").round(9).any()
    for way in PATCHES:
        assert not residuals(1.0, 2.0, 1.0).correction(residual, np.array([9]), way).any()
        none = np.array([], dtype=np.intp)
        assert not residuals(1.0, 2.0, 1.0).correction(residual, none, way).any()


def test_patches_fade_with_distance() -> None:
    residual = np.zeros((len(CELLS.near), 6))
    residual[800] = 1.0
    moved = residuals(0.0, 1.0, 0.1).correction(residual, np.array([800]), "local 20°")[:, 0]
    assert moved.argmax() == 800
    assert moved[800] == pytest.approx(0.7 / (1.0 + 0.1**2))
    # the angle between two places is that between their vectors
    lat, lon = np.radians([CELLS.table["lat"], CELLS.table["lon"]])
    place = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    apart = np.degrees(np.arccos(np.clip(place.T @ place[:, 800], -1, 1)))
    np.testing.assert_allclose(moved, moved[800] * np.exp(-apart / 20), rtol=1e-5)


def test_a_planted_offset_is_found(rehearsal: Rehearsal) -> None:
    cells = simulated(offset=-2.0)
    found = transfer(Ridge(), cells)
    curve = learning_curve(
        {"ridge": (found.value, found.lower, found.upper)}, cells, rehearsal, repeats=4
    )
    bias = [curve.point("ridge", k, "FeO").bias for k in COUNTS]
    assert bias[0] == pytest.approx(2.0, abs=0.1)
    assert abs(bias[-1]) < 0.4
    assert all(np.diff(np.abs(bias)) < 0.05)
    assert abs(curve.point("ridge", 50, "MgO").bias) < 0.3


def test_without_given_cells_the_curve_is_the_transfer(
    ridge: Transfer, rehearsal: Rehearsal
) -> None:
    bounds = {"ridge": (ridge.value, ridge.lower, ridge.upper)}
    curve = learning_curve(bounds, CELLS, rehearsal, joined=Ridge(), repeats=2)
    for oxide in OXIDES:
        point, score = curve.point("ridge", 0, oxide), ridge.score("far side", oxide)
        # the test set lacks the 50 cells of the draw
        assert point.bias == pytest.approx(score.bias, abs=0.1)
        assert point.coverage == pytest.approx(score.coverage, abs=0.03)
    ways = {(p.way, p.first) for p in curve.points}
    assert ways == {(rehearsal.correction, "Chang'e-6"), (rehearsal.correction, "any"),
                    ("join", "Chang'e-6")}  # fmt: skip


def test_rehearsal_looks_at_the_near_side_only() -> None:
    oxides = np.where(CELLS.near[:, None], CELLS.data.oxides, 1.0)
    other = replace(CELLS, data=replace(CELLS.data, oxides=oxides))
    assert rehearse(Ridge(), other, repeats=1) == rehearse(Ridge(), CELLS, repeats=1)


def test_rehearsal_prefers_what_errs_less(rehearsal: Rehearsal) -> None:
    assert rehearsal.chosen in {"join", *PATCHES}
    assert sum(rehearsal.error[rehearsal.chosen]) <= sum(rehearsal.error["none"])
    assert rehearsal.correction in PATCHES


# -- all ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_whole_test_prints_and_serialises() -> None:
    found = near_far(candidates=(QUICK,))
    assert [t.method for t in found.transfers] == ["ridge", "farside", "farside, flat prior"]
    assert (found.n_near, found.n_far) == (822, 820)
    text = str(found)
    for word in ("near side, by blocks", "far-side maria", "rehearsal", "Chang'e-6", "reverses"):
        assert word in text
    for part in (found.transfers[0], found.rehearsal, found.curve):
        assert json.dumps(part.to_dict(), allow_nan=False)
    stored = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert stored["transfers"][0]["method"] == "ridge"
    assert "value" not in stored["transfers"][0]
    frame = found.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 3 * 5 * 6
