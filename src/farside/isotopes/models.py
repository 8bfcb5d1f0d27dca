r"""Ways to fit a line to points whose scatter may exceed their errors.

========  ==========================================================================================
model 1   York et al. (2004): errors are right; where the scatter is larger than they allow
          (probability below 0.05), they are scaled by the root of the MSWD and Student's t of
          n - 2 degrees of freedom takes the place of 1.96. Never scaled down where MSWD < 1
model 2   errors are left out: the geometric mean of the regressions of y on x and of x on y
          (Ludwig 2012; Powell et al. 2020), errors from the scatter, Student's t
model 3   a further normal scatter omega of the initial ratio or of the slope (Vermeesch 2018)
robust    spine, Powell et al. (2020): Huber's loss with h = 1.4, errors of the points inside
========  ==========================================================================================

Model 3 chooses omega so that the MSWD becomes 1, as Isoplot does (Ludwig 2012), because this
counts the two degrees of freedom that the line takes; ``estimator="ml"`` is the maximum likelihood
of IsoplotR, which is smaller by about the root of n / (n - 2). The interval of omega inverts the
chi-squared test (Viechtbauer 2007). Every function takes many lines at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import chdtri, stdtrit

from farside.errors import InputError
from farside.isotopes.york import Line, adjusted_x, plain, york

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

SCATTER_PROBABILITY = 0.05
"""Probability of fit below which errors are scaled by the scatter (Ludwig 2012 takes 0.05)."""
NORMAL_95 = 1.959963984540054
"""Half-width of the central 95 % of a normal distribution."""
HUBER_H = 1.4
"""Residual in sigma beyond which a point counts less (Powell et al. 2020)."""

Scatter = Literal["initial", "slope"]


@dataclass(frozen=True)
class Fit:
    """A line of a model: what to report of it; fields are floats or arrays of shape ``(...)``.

    Parameters
    ----------
    line : the line, errors one sigma as the model gives them
    half_width : multiplier that turns one sigma into the half-width of a 95 % interval
    scaled : whether that multiplier holds the scatter
    mswd, probability : of the plain model-1 line, the test of the errors as given
    overdispersion, overdispersion_95 : omega of model 3 and its 95 % interval, else NaN
    weights : shape ``(..., n)``, Huber's weight of each point in a robust fit, else 1
    """

    line: Line
    half_width: Any
    scaled: Any
    mswd: Any
    probability: Any
    overdispersion: Any = np.nan
    overdispersion_95: Any = (np.nan, np.nan)
    weights: Any = None


def model_1(x: ArrayLike, sx: ArrayLike, y: ArrayLike, sy: ArrayLike, rho: ArrayLike = 0.0) -> Fit:
    """Fit by York et al. (2004); the 95 % interval holds the scatter where it is too large.

    Parameters
    ----------
    x, sx, y, sy, rho : shape ``(..., n)``, errors one sigma
    """
    line = york(x, sx, y, sy, rho)
    scaled = np.asarray(line.probability) < SCATTER_PROBABILITY
    student = stdtrit(np.asarray(line.n) - 2, 0.975)
    factor = np.where(scaled, student * np.sqrt(line.mswd), NORMAL_95)
    return Fit(line, plain(factor), plain(scaled), line.mswd, line.probability)


def model_2(x: ArrayLike, sx: ArrayLike, y: ArrayLike, sy: ArrayLike, rho: ArrayLike = 0.0) -> Fit:
    r"""Fit without errors: the slope is the geometric mean of the two regressions.

    b = sign(S_xy) sqrt(S_yy / S_xx), sigma_b = \|b\| sqrt((1 - r^2) / (n - 2)); the intercept's
    error follows from the residual variance. Parameters as in `model_1`; errors serve the test
    of fit only.

    Raises
    ------
    InputError
        when all x or all y of a line are the same
    """
    base = york(x, sx, y, sy, rho)
    X, Y = (np.asarray(part, float) for part in (x, y))
    n = X.shape[-1]
    x_mean, y_mean = X.mean(-1, keepdims=True), Y.mean(-1, keepdims=True)
    U, V = X - x_mean, Y - y_mean
    sxx, syy, sxy = np.vecdot(U, U), np.vecdot(V, V), np.vecdot(U, V)
    if (sxx == 0).any() or (syy == 0).any():
        raise InputError("model 2 needs scatter in x and in y, and all x or all y are the same.")
    slope = np.where(sxy < 0, -1.0, 1.0) * np.sqrt(syy / sxx)
    r2 = np.clip(sxy * sxy / (sxx * syy), 0.0, 1.0)
    slope_var = slope**2 * (1 - r2) / (n - 2)
    residual = V - slope[..., None] * U
    at = x_mean[..., 0]
    level = np.vecdot(residual, residual) / (n - 2) / n
    line = Line(
        *(
            plain(part)
            for part in (
                slope,
                y_mean[..., 0] - slope * at,
                np.sqrt(slope_var),
                np.sqrt(level + at * at * slope_var),
                -at * slope_var,
                np.full(np.shape(slope), np.nan),
                np.full(np.shape(slope), np.nan),
                np.full(np.shape(slope), n),
                np.full(np.shape(slope), fill_value=True),
            )
        )
    )
    factor = np.full(np.shape(slope), stdtrit(n - 2, 0.975))
    scaled = np.full(np.shape(slope), fill_value=True)
    return Fit(line, plain(factor), plain(scaled), base.mswd, base.probability)


def model_3(
    x: ArrayLike,
    sx: ArrayLike,
    y: ArrayLike,
    sy: ArrayLike,
    rho: ArrayLike = 0.0,
    *,
    scatter: Scatter = "initial",
    estimator: Literal["moments", "ml"] = "moments",
) -> Fit:
    """Fit with a further scatter omega of the initial ratio or of the slope.

    Parameters
    ----------
    x, sx, y, sy, rho : shape ``(..., n)``, errors one sigma
    scatter : ``"initial"`` adds omega^2 to the variance of y, ``"slope"`` adds (omega x)^2
    estimator : ``"moments"`` (MSWD becomes 1) or ``"ml"`` (as IsoplotR; one line at a time)

    Raises
    ------
    InputError
        for ``"ml"`` of more than one line
    """
    points = tuple(
        np.asarray(part, float)
        for part in np.broadcast_arrays(*(np.asarray(part, float) for part in (x, sx, y, sy, rho)))
    )
    base = york(*points)
    df = np.asarray(base.n) - 2
    if estimator == "ml":
        if points[0].ndim != 1:
            raise InputError("maximum likelihood of model 3 takes one line at a time.")
        omega = _omega_ml(points, scatter)
    else:
        omega = _omega(points, df.astype(float), scatter)
    low = _omega(points, chdtri(df, 0.025), scatter)
    high = _omega(points, chdtri(df, 0.975), scatter)
    line = _with_omega(points, omega, scatter, base)
    factor = np.broadcast_to(stdtrit(df, 0.975), np.shape(omega))
    return Fit(
        line,
        plain(factor),
        plain(np.asarray(omega) > 0),
        base.mswd,
        base.probability,
        plain(omega),
        (plain(low), plain(high)),
    )


def spine(
    x: ArrayLike, sx: ArrayLike, y: ArrayLike, sy: ArrayLike, rho: ArrayLike = 0.0
) -> tuple[Fit, float, float]:
    """Fit one line so that points far from the others count less (Powell et al. 2020).

    Parameters
    ----------
    x, sx, y, sy, rho : shape ``(n,)``, errors one sigma

    Returns
    -------
    Fit, float, float
        the fit; the spine width s (normalised median absolute deviation of residuals in sigma);
        the upper limit of s for normal scatter, 1.92 - 0.162 ln(10 + n), above which the method
        should not be relied on

    Raises
    ------
    InputError
        when the weights do not settle
    """
    points = [np.asarray(part, float) for part in (x, sx, y, sy)]
    points.append(np.broadcast_to(np.asarray(rho, float), points[0].shape))
    base = york(*points)
    slope, intercept = repeated_medians(points[0], points[2])
    weights = _huber(_residual(points, slope, intercept))
    for _ in range(500):
        line = york(*points, weight=weights)
        new = _huber(_residual(points, line.slope, line.intercept))
        if np.abs(new - weights).max() < 1e-10:
            break
        weights = new
    else:
        raise InputError(
            "the robust line does not settle: the points do not agree on one line; look at the "
            "data, or fit with model 2."
        )
    r = _residual(points, line.slope, line.intercept)
    inside = np.abs(r) < HUBER_H
    line = _inside_errors(points, line, inside)
    width = float(1.4826 * np.median(np.abs(r - np.median(r))))
    limit = float(1.92 - 0.162 * np.log(10 + r.size))
    fit = Fit(line, NORMAL_95, scaled=False, mswd=base.mswd, probability=base.probability)
    return Fit(**{**fit.__dict__, "weights": new}), width, limit


def repeated_medians(x: Float, y: Float) -> tuple[float, float]:
    """Return slope and intercept by repeated medians (Siegel 1982): half of the points may err."""
    slopes = np.empty(x.size)
    for i in range(x.size):
        run = x - x[i]
        other = run != 0
        slopes[i] = np.median((y - y[i])[other] / run[other]) if other.any() else np.nan
    slope = float(np.nanmedian(slopes))
    return slope, float(np.median(y - slope * x))


# -- parts -------------------------------------------------------------------------------------


def _residual(points: list[Float], slope: float, intercept: float) -> Float:
    """Return residuals in units of their sigma."""
    x, sx, y, sy, rho = points
    sd = np.sqrt(sy**2 + slope**2 * sx**2 - 2 * slope * rho * sx * sy)
    found: Float = (y - intercept - slope * x) / sd
    return found


def _huber(r: Float) -> Float:
    return np.minimum(1.0, HUBER_H / np.maximum(np.abs(r), 1e-300))


def _inside_errors(points: list[Float], line: Line, inside: NDArray[np.bool_]) -> Line:
    """Return the line with the errors of the points within h, as Powell et al. (2020) give them."""
    x, sx, y, sy, rho = points
    moved = adjusted_x(x, sx, y, sy, rho, line)
    W = inside / (sy**2 + line.slope**2 * sx**2 - 2 * line.slope * rho * sx * sy)
    if np.count_nonzero(inside) < 2:
        raise InputError("fewer than two points lie on the robust line; it has no error.")
    centre = (W @ moved) / W.sum()
    slope_var = 1.0 / (W @ (moved - centre) ** 2)
    changed = {
        "slope_1s": float(np.sqrt(slope_var)),
        "intercept_1s": float(np.sqrt(1.0 / W.sum() + centre**2 * slope_var)),
        "covariance": float(-centre * slope_var),
        "n": x.size,
    }
    return Line(**{**line.__dict__, **changed})


def _scale(points: tuple[Float, ...], line: Line, sy: Float, rho: Float, scatter: Scatter) -> Float:
    """Return what omega^2 is multiplied by in the variance of y."""
    if scatter == "initial":
        return np.ones(points[0].shape)
    moved = adjusted_x(points[0], points[1], points[2], sy, rho, line)
    return moved * moved


def _widened(points: tuple[Float, ...], extra: Float) -> tuple[Float, Float]:
    """Return the error of y with `extra` variance, and the correlation that keeps covariances."""
    _, _, _, sy, rho = points
    wide = np.sqrt(sy * sy + extra)
    with np.errstate(divide="ignore", invalid="ignore"):
        return wide, np.where(wide > 0, rho * sy / wide, 0.0)


def _with_omega(points: tuple[Float, ...], omega: Any, scatter: Scatter, line: Line) -> Line:
    """Return the line at an omega of shape ``(...)``."""
    omega2 = np.asarray(omega)[..., None] ** 2
    sy, rho = points[3], points[4]
    for _ in range(1 if scatter == "initial" else 6):
        sy, rho = _widened(points, omega2 * _scale(points, line, sy, rho, scatter))
        line = york(points[0], points[1], points[2], sy, rho)
    return line


def _omega(points: tuple[Float, ...], target: Any, scatter: Scatter) -> Any:
    """Return omega at which chi-squared is `target`, 0 where it is smaller without omega.

    Newton's method in omega^2 from 0: chi-squared is convex and falls, so that every step stays
    on one side; its derivative at the fitted line is -sum(g W^2 r^2) (the line's own change does
    not count where chi-squared is least).
    """
    x, sx, y = points[:3]
    sy, rho = points[3], points[4]
    line = york(*points)
    omega2 = np.zeros(np.shape(line.slope))
    for _ in range(60):
        scale = _scale(points, line, sy, rho, scatter)
        sy, rho = _widened(points, omega2[..., None] * scale)
        line = york(x, sx, y, sy, rho)
        b = np.asarray(line.slope)[..., None]
        W = 1.0 / (sy**2 + b * b * sx * sx - 2 * b * rho * sx * sy)
        r = y - np.asarray(line.intercept)[..., None] - b * x
        chi2 = np.nansum(W * r * r, axis=-1)
        fall = np.nansum(scale * (W * r) ** 2, axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(fall > 0, (chi2 - target) / fall, 0.0)
        new = np.maximum(omega2 + step, 0.0)
        done = np.abs(new - omega2) <= 1e-9 * new
        omega2 = new
        if done.all():
            break
    return np.sqrt(omega2)


def _omega_ml(points: tuple[Float, ...], scatter: Scatter) -> float:
    """Return omega of the largest likelihood, as IsoplotR defines it."""
    x, sx, y, sy, rho = points
    base = york(*points)

    def loss(log_omega: float) -> float:
        omega = float(np.exp(log_omega))
        line = _with_omega(points, omega, scatter, base)
        extra = omega**2 * _scale(points, line, sy, rho, scatter)
        wide, tilt = _widened(points, extra)
        r = _residual([x, sx, y, wide, tilt], line.slope, line.intercept)
        det = sx**2 * wide**2 - (rho * sx * sy) ** 2 if (sx > 0).all() else wide**2
        return float(0.5 * (np.log(det).sum() + (r * r).sum()))

    spread = float(np.std(y)) / (1.0 if scatter == "initial" else max(float(np.std(x)), 1e-300))
    grid = np.log(10.0 * spread) + np.linspace(-20.0, 0.0, 81)
    best = int(np.argmin([loss(value) for value in grid]))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)])
    found = minimize_scalar(loss, bounds=around, method="bounded", options={"xatol": 1e-8})
    omega = float(np.exp(found.x))
    return omega if found.fun < loss(-700.0) - 1e-9 else 0.0
