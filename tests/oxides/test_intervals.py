"""CV+ against its definition, against MAPIE and by simulation."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mapie.regression import CrossConformalRegressor
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import LeaveOneGroupOut

from farside.oxides.intervals import cv_plus, from_scale, oxide_intervals, ranks, to_scale

Float = NDArray[np.float64]
Index = NDArray[np.intp]


def textbook(
    at_new: Float, residual: Float, group: Index, coverage: Fraction
) -> tuple[list[float], list[float]]:
    """Return the CV+ bounds by Barber et al. (2021), section 1.4, with exact ranks.

    q+ is the ceil((1 - alpha)(n + 1))-th smallest of n values, q- the floor(alpha (n + 1))-th.
    """
    n = len(residual)
    upper = math.ceil(coverage * (n + 1))
    lower = math.floor((1 - coverage) * (n + 1))
    below, above = [], []
    for x in range(at_new.shape[1]):
        minus = sorted(at_new[group[i], x] - residual[i] for i in range(n))
        plus = sorted(at_new[group[i], x] + residual[i] for i in range(n))
        below.append(minus[lower - 1] if lower >= 1 else -math.inf)
        above.append(plus[upper - 1] if upper <= n else math.inf)
    return below, above


@st.composite
def cases(draw: st.DrawFn) -> tuple[Float, Float, Index]:
    n, folds, points = (draw(st.integers(1, high)) for high in (40, 6, 3))
    # quarters, so that ties are frequent and sums are exact
    quarter = st.integers(-80, 80).map(lambda i: i / 4)
    at_new = draw(hnp.arrays(np.float64, (folds, points), elements=quarter))
    residual = np.abs(draw(hnp.arrays(np.float64, n, elements=quarter)))
    group = draw(hnp.arrays(np.intp, n, elements=st.integers(0, folds - 1)))
    return at_new, residual, group


COVERAGE = st.integers(50, 99).map(lambda i: Fraction(i, 100))


@given(cases(), COVERAGE)
def test_equals_the_definition(case: tuple[Float, Float, Index], coverage: Fraction) -> None:
    lower, upper = cv_plus(*case, float(coverage))
    below, above = textbook(*case, coverage)
    np.testing.assert_array_equal(lower, below)
    np.testing.assert_array_equal(upper, above)


def test_ranks_are_not_moved_by_rounding() -> None:
    for coverage in (Fraction(i, 100) for i in range(50, 100)):
        for n in range(200):
            low, high = ranks(n, float(coverage))
            assert high == math.ceil(coverage * (n + 1))
            assert low == math.floor((1 - coverage) * (n + 1))


@pytest.mark.parametrize(("n", "finite"), [(8, False), (9, True), (18, True)])
def test_infinite_where_the_rows_are_too_few(n: int, *, finite: bool) -> None:
    # 90 % needs n + 1 >= 10 rows
    lower, upper = cv_plus(np.zeros((1, 2)), np.arange(n) + 1.0, np.zeros(n, np.intp), 0.9)
    assert np.isfinite(lower).all() == np.isfinite(upper).all() == finite
    if finite:
        assert (upper == (9 if n == 9 else 18)).all()


@given(cases(), COVERAGE, st.randoms(use_true_random=False))
def test_the_names_of_groups_and_the_order_of_rows_do_not_matter(
    case: tuple[Float, Float, Index], coverage: Fraction, random: st.DataObject
) -> None:
    at_new, residual, group = case
    rows, names = np.arange(len(residual)), np.arange(len(at_new))
    random.shuffle(rows)  # type: ignore[attr-defined]
    random.shuffle(names)  # type: ignore[attr-defined]
    renamed = np.empty_like(at_new)
    renamed[names] = at_new
    turned = cv_plus(renamed, residual[rows], names[group][rows], float(coverage))
    for one, other in zip(cv_plus(*case, float(coverage)), turned, strict=True):
        np.testing.assert_array_equal(one, other)


@given(cases(), COVERAGE, st.integers(-20, 20))
def test_moves_with_the_prediction_and_grows_with_the_coverage(
    case: tuple[Float, Float, Index], coverage: Fraction, shift: int
) -> None:
    at_new, residual, group = case
    lower, upper = cv_plus(at_new, residual, group, float(coverage))
    moved = cv_plus(at_new + shift, residual, group, float(coverage))
    np.testing.assert_array_equal(moved[0], lower + shift)
    np.testing.assert_array_equal(moved[1], upper + shift)
    wider = cv_plus(at_new, residual, group, float((1 + coverage) / 2))
    assert (wider[0] <= lower).all()
    assert (wider[1] >= upper).all()


def mission_data(
    rng: np.random.Generator, sizes: tuple[int, ...]
) -> tuple[Float, Float, NDArray[np.intp]]:
    group = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=(len(group), 2))
    return x, x @ [1.0, -2.0] + rng.normal(size=len(group)), group


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("sizes", [(8, 3, 10, 10, 20, 1, 1, 1, 1), (10, 10, 10, 10)])
def test_equals_mapie(sizes: tuple[int, ...], coverage: float) -> None:
    rng = np.random.default_rng(len(sizes))
    x, y, group = mission_data(rng, sizes)
    new = rng.normal(size=(30, 2))
    reference = CrossConformalRegressor(
        LinearRegression(), confidence_level=coverage, method="plus", cv=LeaveOneGroupOut()
    )
    reference.fit_conformalize(x, y, groups=group)
    _, expected = reference.predict_interval(new)
    fits = [LinearRegression().fit(x[group != k], y[group != k]) for k in range(len(sizes))]
    residual = np.abs([y[i] - fits[k].predict(x[i : i + 1])[0] for i, k in enumerate(group)])
    lower, upper = cv_plus(np.stack([f.predict(new) for f in fits]), residual, group, coverage)
    np.testing.assert_allclose(lower, expected[:, 0, 0])
    np.testing.assert_allclose(upper, expected[:, 1, 0])


def simulated_coverage(
    rng: np.random.Generator, sizes: tuple[int, ...], coverage: float, repeats: int
) -> NDArray[np.float64]:
    """Return the share of 40 new points inside, for each of many data sets drawn anew."""
    shares = np.empty(repeats)
    for r in range(repeats):
        x, y, group = mission_data(rng, sizes)
        new, truth, _ = mission_data(rng, (40,))
        beta = np.stack(
            [
                np.linalg.lstsq(x[group != k], y[group != k], rcond=None)[0]
                for k in range(len(sizes))
            ]
        )
        residual = np.abs(y - np.einsum("ij,ij->i", x, beta[group]))
        lower, upper = cv_plus(beta @ new.T, residual, group, coverage)
        shares[r] = np.mean((lower <= truth) & (truth <= upper))
    return shares


@pytest.mark.parametrize("coverage", [0.8, 0.9])
@pytest.mark.parametrize("sizes", [(5,) * 10, (1,) * 30, (8, 3, 10, 10, 20, 1, 1, 1, 1)])
def test_coverage_of_exchangeable_data(sizes: tuple[int, ...], coverage: float) -> None:
    shares = simulated_coverage(np.random.default_rng(20), sizes, coverage, 400)
    sigma = shares.std() / np.sqrt(len(shares))
    assert shares.mean() >= coverage - 3 * sigma
    # and not by being wide: CV+ of a stable method covers little more than it states
    assert shares.mean() <= coverage + 0.05


def test_groups_guard_against_rows_that_resemble_each_other() -> None:
    # 12 missions of 5 soils with an offset each; what is asked for is a new mission
    rng = np.random.default_rng(4)
    sizes, covered = (5,) * 12, np.zeros((300, 2))
    group = np.repeat(np.arange(12), sizes)
    for r in range(len(covered)):
        y = rng.normal(size=12)[group] + 0.2 * rng.normal(size=60)
        truth = rng.normal() + 0.2 * rng.normal()
        for k, by in enumerate((group, np.arange(60))):
            mean = np.array([y[by != g].mean() for g in range(by.max() + 1)])
            if k == 1:  # a neighbour of the same mission stands in for each left-out row
                mean = np.array([(y[group == group[g]].sum() - y[g]) / 4 for g in range(60)])
            residual = np.abs(y - mean[by])
            at_new = np.full((len(mean), 1), y.mean())
            lower, upper = cv_plus(at_new, residual, by, 0.9)
            covered[r, k] = lower[0] <= truth <= upper[0]
    by_mission, by_row = covered.mean(axis=0)
    assert by_row < 0.5
    assert by_mission > 0.8


OXIDE_ROWS = hnp.arrays(np.float64, (4, 6), elements=st.floats(0.0, 100.0))


@given(OXIDE_ROWS)
def test_scale_and_back(oxides: Float) -> None:
    np.testing.assert_allclose(from_scale(to_scale(oxides)), oxides, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(to_scale(oxides)[:, 1:], oxides[:, 1:])


@given(OXIDE_ROWS, OXIDE_ROWS)
def test_scale_keeps_the_order(one: Float, other: Float) -> None:
    low, high = np.minimum(one, other), np.maximum(one, other)
    assert (to_scale(low) <= to_scale(high)).all()
    assert (from_scale(to_scale(low)) <= from_scale(to_scale(high)) + 1e-12).all()


def oxide_case(seed: int) -> tuple[Float, Float, Float, Index]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(4), [10, 3, 8, 9])
    measured = rng.uniform(1, 40, (30, 6))
    held_out = np.maximum(measured + rng.normal(size=(30, 6)), 0)
    return rng.uniform(1, 40, (4, 7, 6)), held_out, measured, group


def test_oxides_are_bounded_each_on_its_scale() -> None:
    at_new, held_out, measured, group = oxide_case(0)
    lower, upper = oxide_intervals(at_new, held_out, measured, group, 0.9)
    for j in range(6):

        def scale(v: Float, j: int = j) -> Float:
            return np.log(v + 0.5) if j == 0 else v

        below, above = textbook(
            scale(at_new[..., j]),
            np.abs(scale(held_out[:, j]) - scale(measured[:, j])),
            group,
            Fraction(9, 10),
        )
        back = (lambda v: np.exp(v) - 0.5) if j == 0 else np.asarray
        np.testing.assert_allclose(lower[:, j], np.clip(back(below), 0, 100), atol=1e-12)
        np.testing.assert_allclose(upper[:, j], np.clip(back(above), 0, 100))


def test_rows_without_an_analysis_take_no_part() -> None:
    at_new, held_out, measured, group = oxide_case(1)
    gap = np.arange(30) % 3 == 0
    measured[gap, 4] = np.nan
    measured[:, 5] = np.nan
    lower, upper = oxide_intervals(at_new, held_out, measured, group, 0.9)
    below, above = textbook(
        at_new[..., 4],
        np.abs(held_out - measured)[~gap, 4],
        group[~gap],
        Fraction(9, 10),
    )
    np.testing.assert_allclose(lower[:, 4], np.clip(below, 0, 100))
    np.testing.assert_allclose(upper[:, 4], np.clip(above, 0, 100))
    # nothing is known of an oxide that was never measured
    assert (lower[:, 5] == 0).all()
    assert (upper[:, 5] == 100).all()
