"""The models of an isochron: coverage by simulation, exact relations, resistance to outliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import minimize

from farside.errors import InputError
from farside.isotopes.models import Fit, model_1, model_2, model_3, repeated_medians, spine
from farside.isotopes.york import york

if TYPE_CHECKING:
    from numpy.typing import NDArray

LINES, POINTS = 10_000, 8
LAMBDA = 1.3972e-5  # per Ma
AGE_MA = 4500.0
SLOPE, INTERCEPT = float(np.expm1(LAMBDA * AGE_MA)), 0.699
SX, SY = 5e-4, 2e-5
TRUE = np.tile(np.linspace(0.01, 0.2, POINTS), (LINES, 1))


def measured(
    seed: int, sx: float = SX, sy: float = SY, omega: float = 0.0, tilt: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of 10 000 isochrons of 8 points, with scatter of initial ratio or slope."""
    rng = np.random.default_rng(seed)
    slope = SLOPE + tilt * rng.normal(size=TRUE.shape)
    initial = INTERCEPT + omega * rng.normal(size=TRUE.shape)
    x = TRUE + sx * rng.normal(size=TRUE.shape)
    return x, initial + slope * TRUE + sy * rng.normal(size=TRUE.shape)


def covered(fit: Fit) -> float:
    """Return how often the true age lies in the 95 % interval: ages rise with the slope."""
    reach = fit.half_width * fit.line.slope_1s
    low, high = (np.log1p(fit.line.slope + sign * reach) / LAMBDA for sign in (-1, 1))
    return float(np.mean((low <= AGE_MA) & (high >= AGE_MA)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        "model 1",
        "model 1, errors 4 times too small",
        "model 2",
        "model 3, initial",
        "model 3, slope",
    ],
)
def test_intervals_cover_the_true_age(case: str) -> None:
    if case == "model 1":
        x, y = measured(1)
        fit = model_1(x, SX, y, SY)
    elif case.startswith("model 1,"):
        x, y = measured(2)
        fit = model_1(x, SX / 4, y, SY / 4)
        assert fit.scaled.mean() > 0.98
    elif case == "model 2":  # its assumption: the same share of the spread in x and y is error
        x, y = measured(3, sy=SX * SLOPE)
        fit = model_2(x, SX, y, SX * SLOPE)
    elif case == "model 3, initial":
        x, y = measured(4, omega=2e-4)
        fit = model_3(x, SX, y, SY)
    else:
        x, y = measured(5, tilt=4e-3)
        fit = model_3(x, SX, y, SY, scatter="slope")
    assert fit.line.converged.all()
    assert 0.94 <= covered(fit) <= 0.96


@pytest.mark.parametrize(("omega", "tilt"), [(2e-4, 0.0), (0.0, 4e-3)])
def test_overdispersion_is_found_with_its_interval(omega: float, tilt: float) -> None:
    x, y = (part[:2000] for part in measured(6, omega=omega, tilt=tilt))
    fit = model_3(x, SX, y, SY, scatter="slope" if tilt else "initial")
    truth = omega or tilt
    assert np.median(fit.overdispersion) == pytest.approx(truth, rel=0.1)
    low, high = fit.overdispersion_95
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.02)
    np.testing.assert_allclose(fit.line.mswd, 1.0, atol=1e-4)


def test_model_3_is_model_1_where_the_scatter_is_small() -> None:
    rng = np.random.default_rng(7)
    x = TRUE[0] + 0.1 * SX * rng.normal(size=POINTS)
    y = INTERCEPT + SLOPE * TRUE[0] + 0.1 * SY * rng.normal(size=POINTS)
    one, three = model_1(x, SX, y, SY), model_3(x, SX, y, SY)
    assert one.mswd < 0.2
    assert three.overdispersion == 0.0
    assert three.line.slope == one.line.slope
    assert one.half_width == pytest.approx(1.96, abs=1e-3)  # never scaled down


def test_maximum_likelihood_is_the_largest_of_all_three_parameters() -> None:
    x, y = (part[0] for part in measured(8, omega=2e-4))
    fit = model_3(x, SX, y, SY, estimator="ml")

    def loss(parts: NDArray[np.float64]) -> float:
        b, a, omega = parts[0] * 1e-2, 0.699 + parts[1] * 1e-4, np.exp(parts[2]) * 1e-4
        variance = SY**2 + omega**2 + b**2 * SX**2
        r = y - a - b * x
        log_det = POINTS * np.log(SX**2 * (SY**2 + omega**2))
        return float(0.5 * (log_det + (r * r / variance).sum()))

    start = [SLOPE * 1e2, 0.0, 0.5]
    best = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert fit.overdispersion == pytest.approx(float(np.exp(best.x[2])) * 1e-4, rel=1e-3)
    assert fit.line.slope == pytest.approx(best.x[0] * 1e-2, rel=1e-4)
    with pytest.raises(InputError, match="one line"):
        model_3(np.stack([x, x]), SX, np.stack([y, y]), SY, estimator="ml")


def test_model_2_does_not_care_which_axis_is_which() -> None:
    x, y = (part[0] for part in measured(9))
    one, turned = model_2(x, SX, y, SY), model_2(y, SY, x, SX)
    assert turned.line.slope == pytest.approx(1 / one.line.slope, rel=1e-10)
    shares = (fit.line.slope_1s / fit.line.slope for fit in (one, turned))
    assert next(shares) == pytest.approx(next(shares), rel=1e-9)


def test_repeated_medians_forget_nearly_half_of_the_points() -> None:
    x = np.arange(11.0)
    y = 1.0 + 2.0 * x
    y[[1, 4, 6, 9, 10]] = [50.0, -30.0, 80.0, 4.0, -100.0]
    assert repeated_medians(x, y) == pytest.approx((2.0, 1.0))


def test_robust_line_is_yorks_where_no_point_is_far() -> None:
    rng = np.random.default_rng(10)
    x = TRUE[0]
    y = INTERCEPT + SLOPE * x + SY * rng.uniform(-1, 1, POINTS)
    fit, width, limit = spine(x, np.full(POINTS, SX / 10), y, np.full(POINTS, SY))
    line = york(x, SX / 10, y, SY)
    assert fit.line.slope == pytest.approx(line.slope, rel=1e-9)
    assert fit.line.slope_1s == pytest.approx(line.slope_1s, rel=1e-6)
    assert (fit.weights == 1).all()
    assert width < limit
    assert limit == pytest.approx(1.92 - 0.162 * np.log(18))  # Powell et al. (2020)


def test_robust_line_stays_where_one_point_goes_astray() -> None:
    x, y = (part[1] for part in measured(11))
    sx, sy = np.full(POINTS, SX), np.full(POINTS, SY)
    y = y.copy()
    y[5] += 50 * SY
    one, three = spine(x, sx, y, sy)[0], york(x, SX, y, SY)
    y[5] += 1e5 * SY
    far = spine(x, sx, y, sy)[0]
    assert far.line.slope == pytest.approx(one.line.slope, abs=2 * one.line.slope_1s)
    assert far.weights[5] < 1e-3
    assert abs(one.line.slope - SLOPE) < abs(three.slope - SLOPE)
