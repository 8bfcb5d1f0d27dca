"""York's line against his published answer, a brute-force minimum and exact relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import minimize

from farside.errors import InputError
from farside.isotopes.points import make_points
from farside.isotopes.york import adjusted_x, york

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Pearson's data with York's weights (York 1966; York et al. 2004, Table II).
X = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
Y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
SX = np.array([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1.0]) ** -0.5
SY = np.array([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500]) ** -0.5


def simulated(seed: int, n: int = 12, lines: int = 1) -> tuple[NDArray[np.float64], ...]:
    """Return x, sx, y, sy, rho of points with correlated errors on y = 0.7 + 0.06 x."""
    rng = np.random.default_rng(seed)
    shape = (lines, n)
    true = rng.uniform(0.0, 0.2, shape)
    sx, sy = rng.uniform(5e-4, 2e-3, shape), rng.uniform(5e-5, 2e-4, shape)
    rho = rng.uniform(-0.8, 0.8, shape)
    e1, e2 = rng.normal(size=shape), rng.normal(size=shape)
    x = true + sx * e1
    y = 0.7 + 0.06 * true + sy * (rho * e1 + np.sqrt(1 - rho**2) * e2)
    return x, sx, y, sy, rho


def test_pearsons_data_with_yorks_weights() -> None:
    line = york(X, SX, Y, SY)
    assert line.slope == pytest.approx(-0.48053341, abs=5e-9)
    assert line.intercept == pytest.approx(5.47991022, abs=5e-9)
    assert line.slope_1s == pytest.approx(0.0579850, abs=5e-8)
    assert line.intercept_1s == pytest.approx(0.2949707, abs=5e-8)
    assert line.mswd == pytest.approx(1.4832942, abs=1e-7)
    assert line.n == 10
    assert line.converged


def test_slope_is_where_the_misfit_is_least() -> None:
    x, sx, y, sy, rho = (part[0] for part in simulated(1))
    line = york(x, sx, y, sy, rho)

    def misfit(parts: NDArray[np.float64]) -> float:
        # the full problem: intercept, slope and every true x, in units of errors
        a, b, true = 0.7 + 1e-3 * parts[0], 0.06 + 1e-2 * parts[1], x + sx * parts[2:]
        u, v = (x - true) / sx, (y - a - b * true) / sy
        return float(((u * u - 2 * rho * u * v + v * v) / (1 - rho**2)).sum())

    best = minimize(misfit, np.zeros(x.size + 2), method="BFGS", options={"gtol": 1e-7})
    assert line.slope == pytest.approx(0.06 + 1e-2 * best.x[1], rel=1e-6)
    assert line.intercept == pytest.approx(0.7 + 1e-3 * best.x[0], rel=1e-8)
    assert line.mswd == pytest.approx(best.fun / (x.size - 2), rel=1e-8)
    moved = adjusted_x(x, sx, y, sy, rho, line)
    np.testing.assert_allclose(moved, x + sx * best.x[2:], atol=1e-7)


def test_errors_are_the_scatter_of_repeated_lines() -> None:
    rng = np.random.default_rng(3)
    true = np.linspace(0.01, 0.2, 10)
    x = true + rng.normal(0, 1e-3, (20_000, 10))
    y = 0.7 + 0.06 * true + rng.normal(0, 1e-4, (20_000, 10))
    line = york(x, 1e-3, y, 1e-4)
    assert np.std(line.slope) == pytest.approx(np.mean(line.slope_1s), rel=0.02)
    assert np.std(line.intercept) == pytest.approx(np.mean(line.intercept_1s), rel=0.02)
    both = np.cov(line.slope, line.intercept)[0, 1]
    assert both == pytest.approx(np.mean(line.covariance), rel=0.05)
    assert np.mean(line.mswd) == pytest.approx(1.0, abs=0.02)
    assert np.mean(line.probability < 0.05) == pytest.approx(0.05, abs=0.01)


def test_many_lines_at_once_are_the_same_lines() -> None:
    parts = simulated(4, lines=7)
    many = york(*parts)
    for i in range(7):
        one = york(*(part[i] for part in parts))
        for key, value in one.__dict__.items():
            assert getattr(many, key)[i] == pytest.approx(value, rel=1e-10), key


def test_a_missing_figure_leaves_its_point_out() -> None:
    x, sx, y, sy, rho = (part[0] for part in simulated(5))
    gap = y.copy()
    gap[3] = np.nan
    keep = np.arange(x.size) != 3
    found = york(x, sx, gap, sy, rho)
    expected = york(x[keep], sx[keep], y[keep], sy[keep], rho[keep])
    assert found.slope == pytest.approx(expected.slope, rel=1e-12)
    assert found.mswd == pytest.approx(expected.mswd, rel=1e-12)
    assert found.n == x.size - 1


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e5, 40.0), (3.0, -2.0)])
def test_units_do_not_matter(scale: float, shift: float) -> None:
    x, sx, y, sy, rho = (part[0] for part in simulated(6))
    base, other = york(x, sx, y, sy, rho), york(scale * x, scale * sx, y + shift, sy, rho)
    assert other.slope * scale == pytest.approx(base.slope, rel=1e-9)
    assert other.slope_1s * scale == pytest.approx(base.slope_1s, rel=1e-9)
    assert other.intercept - shift == pytest.approx(base.intercept, rel=1e-9)
    assert other.mswd == pytest.approx(base.mswd, rel=1e-6)


def test_exchanged_axes_give_the_same_line() -> None:
    x, sx, y, sy, rho = (part[0] for part in simulated(7))
    line, turned = york(x, sx, y, sy, rho), york(y, sy, x, sx, rho)
    assert turned.slope == pytest.approx(1 / line.slope, rel=1e-9)
    assert turned.mswd == pytest.approx(line.mswd, rel=1e-9)


def test_without_errors_in_x_it_is_weighted_least_squares() -> None:
    y = 2.0 + 3.0 * X + np.sin(9 * X)
    line = york(X, 0.0, y, SY)
    slope, intercept = np.polyfit(X, y, 1, w=1 / SY)
    assert line.slope == pytest.approx(slope, rel=1e-9)
    assert line.intercept == pytest.approx(intercept, rel=1e-9)


# -- bad input ---------------------------------------------------------------------------------

GOOD = ([1.0, 2.0, 3.0], [0.1] * 3, [1.0, 2.0, 3.1], [0.1] * 3)


@pytest.mark.parametrize(
    ("x", "sx", "y", "sy", "rho", "words"),
    [
        ([1, 2], [0.1, 0.1], [1, 2], [0.1, 0.1], 0.0, "2 complete points"),
        ([1, 1, 1], [0.1] * 3, [1, 2, 3], [0.1] * 3, 0.0, "vertical"),
        ([1, 1, 1], [0.1] * 3, [2, 2, 2], [0.1] * 3, 0.0, "same point"),
        (
            [1, 2, 3],
            [0.1, -0.1, 0.1],
            [1, 2, 3],
            [0.1] * 3,
            0.0,
            "error of x is negative at point 2",
        ),
        ([1, 2, 3], [0.1] * 3, [1, 2, 3], [0.1, 0.1, -1], 0.0, "error of y is negative at point 3"),
        ([1, 2, 3], [0.0] * 3, [1, 2, 3], [0.0, 0.1, 0.1], 0.0, "both errors are 0 at point 1"),
        ([1, 2, 3], [0.1] * 3, [1, 2, 3], [0.1] * 3, [0, 1.0, 0], "correlation at point 2"),
        ([1, 2, 3], [0.1] * 3, [1, 2, 3], [0.1] * 3, [0, 0, -1.0], "correlation at point 3"),
        ([1, 2, 3, np.nan], [0.1] * 3, [1, 2, 3], [0.1] * 3, 0.0, "one length"),
    ],
)
def test_points_that_allow_no_line_are_refused(
    x: list[float], sx: list[float], y: list[float], sy: list[float], rho: object, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        make_points(x, sx, y, sy, rho)  # type: ignore[arg-type]


def test_points_without_a_figure_are_named() -> None:
    points = make_points(
        [1, 2, 3, np.nan], [0.1] * 4, [1, 2, 3, 4], [0.1] * 4, labels=tuple("abcd")
    )
    assert len(points) == 3
    assert points.labels == ("a", "b", "c")
    assert points.notes == ("left out because a figure is missing: d",)
