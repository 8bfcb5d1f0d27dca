r"""The best straight line through points with correlated errors, for one line or many at once.

York et al. (2004): the slope b of y = a + b x is the fixed point of

.. math:: b = \frac{\sum W_i \beta_i V_i}{\sum W_i \beta_i U_i}, \quad
   W_i = \frac{1}{\sigma_{y}^2 + b^2\sigma_{x}^2 - 2 b \rho\sigma_x\sigma_y}, \quad
   \beta_i = W_i\left[(\sigma_y^2 - b c) U_i + (b\sigma_x^2 - c) V_i\right]

with U, V the distances of x and y from their weighted means and c the covariance of a point; all
in variances, so that an error of 0 is allowed. Errors of a and b are those of the adjusted points,
which are the maximum-likelihood errors of Titterington and Halliday (1979).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

MAX_ROUNDS = 200
TOLERANCE = 1e-13
"""Relative change of the slope at which the iteration has ended."""


@dataclass(frozen=True)
class Line:
    """One line, or an array of lines of shape ``(...)``; errors are one sigma, from the errors.

    Parameters
    ----------
    slope, intercept : of y = intercept + slope x
    slope_1s, intercept_1s, covariance : of slope and intercept, not scaled by the scatter
    mswd : mean square of weighted deviates, chi-squared over n - 2
    probability : of a chi-squared as large or larger, were the errors all there is
    n : number of points
    converged : whether the slope settled
    """

    slope: Any
    intercept: Any
    slope_1s: Any
    intercept_1s: Any
    covariance: Any
    mswd: Any
    probability: Any
    n: Any
    converged: Any


def york(
    x: ArrayLike,
    sx: ArrayLike,
    y: ArrayLike,
    sy: ArrayLike,
    rho: ArrayLike = 0.0,
    *,
    weight: ArrayLike | None = None,
) -> Line:
    """Fit lines by York et al. (2004).

    Parameters
    ----------
    x, sx, y, sy, rho : shape ``(..., n)`` or what broadcasts to it, errors one sigma; a NaN in
        any leaves the point out of its line
    weight : shape ``(..., n)``, factor on each point's weight (of robust fits, or 0 to leave out)

    Returns
    -------
    Line
        of arrays of shape ``(...)``; floats for one line. Lines that did not converge, or that
        have fewer than three points or no extent in x, are NaN or have ``converged`` False

    Examples
    --------
    >>> line = york([0.0, 1.0, 2.0, 3.0], 0.1, [1.0, 3.0, 5.0, 7.0], 0.1)
    >>> round(line.slope, 9), round(line.intercept, 9), round(line.mswd, 9)
    (2.0, 1.0, 0.0)
    """
    X, Y = np.asarray(x, float), np.asarray(y, float)
    sx, sy = np.asarray(sx, float), np.asarray(sy, float)
    vx, vy, c = sx * sx, sy * sy, np.asarray(rho, float) * (sx * sy)
    total = X + Y + vx + vy + c
    factor = None if weight is None else np.broadcast_to(np.asarray(weight, float), total.shape)
    known = np.isfinite(total)
    n: Any = total.shape[-1]
    if vy.shape != total.shape:  # one error for all points
        vy = np.broadcast_to(vy, total.shape)
    if not known.all():
        factor = known.astype(float) if factor is None else factor * known
        X, Y, vx, vy, c = (
            np.where(known, np.broadcast_to(part, total.shape), fill)
            for part, fill in ((X, 0.0), (Y, 0.0), (vx, 0.0), (vy, 1.0), (c, 0.0))
        )
    if factor is not None:
        n = np.count_nonzero(factor, axis=-1)
    b, converged = _slope(X, Y, vx, vy, c, factor)
    return _line(X, Y, (vx, vy, c), factor, b, (n, converged))


def _weights(
    b: Any, vx: Float, vy: Float, c: Float, factor: Float | None
) -> tuple[Float, Float, Float]:
    p, q = vy - b * c, b * vx - c
    W = 1.0 / (p + b * q)
    return (W if factor is None else W * factor), p, q


def _start(X: Float, Y: Float, factor: Float | None) -> Any:
    """Return the slope of least squares without errors, shape ``(..., 1)``."""
    w = np.ones(X.shape) if factor is None else (factor > 0).astype(float)
    count = w.sum(-1, keepdims=True)
    U = X - np.vecdot(w, X)[..., None] / count
    V = Y - np.vecdot(w, Y)[..., None] / count
    wU = w * U
    return np.vecdot(wU, V)[..., None] / np.vecdot(wU, U)[..., None]


def _slope(
    X: Float, Y: Float, vx: Float, vy: Float, c: Float, factor: Float | None
) -> tuple[Any, Any]:
    """Return the slope, shape ``(..., 1)``, and whether it settled, shape ``(...)``."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        b = _start(X, Y, factor)
        for _ in range(MAX_ROUNDS):
            W, p, q = _weights(b, vx, vy, c, factor)
            sum_w = W.sum(-1, keepdims=True)
            U = X - np.vecdot(W, X)[..., None] / sum_w
            V = Y - np.vecdot(W, Y)[..., None] / sum_w
            wb = W * (p * U + q * V) * W
            new = np.vecdot(wb, V)[..., None] / np.vecdot(wb, U)[..., None]
            settled = abs(new - b) <= TOLERANCE * abs(new)
            b = new
            if settled.all():
                break
    return b, settled[..., 0]


def _line(
    X: Float,
    Y: Float,
    errors: tuple[Float, Float, Float],
    factor: Float | None,
    b: Any,
    about: tuple[Any, Any],
) -> Line:
    """Return slope, intercept, their errors and the scatter at a slope."""
    n, converged = about
    with np.errstate(divide="ignore", invalid="ignore"):
        W, p, q = _weights(b, *errors, factor)
        sum_w = W.sum(-1, keepdims=True)
        x_mean = np.vecdot(W, X)[..., None] / sum_w
        y_mean = np.vecdot(W, Y)[..., None] / sum_w
        U, V = X - x_mean, Y - y_mean
        # the factor of a robust fit weighs a point; it does not move its adjusted place
        beta = (p * U + q * V) / (p + b * q)
        u_mean = np.vecdot(W, beta)[..., None] / sum_w
        adjusted = beta - u_mean
        slope_var = 1.0 / np.vecdot(W * adjusted, adjusted)
        centre = (x_mean + u_mean)[..., 0]
        residual = V - b * U
        chi2 = np.vecdot(W * residual, residual)
        mswd = chi2 / (n - 2)
        probability = chdtrc(n - 2, chi2)
    intercept = (y_mean - b * x_mean)[..., 0]
    shape = () if b.ndim == 1 else b.shape[:-1]
    return Line(
        slope=plain(b[..., 0]),
        intercept=plain(intercept),
        slope_1s=plain(np.sqrt(slope_var)),
        intercept_1s=plain(np.sqrt(1.0 / sum_w[..., 0] + centre * centre * slope_var)),
        covariance=plain(-centre * slope_var),
        mswd=plain(mswd),
        probability=plain(probability),
        n=plain(np.broadcast_to(n, shape)),
        converged=plain(converged),
    )


def plain(value: Any) -> Any:
    """Return a scalar as a Python number, an array as it is."""
    array = np.asarray(value)
    return array.item() if array.ndim == 0 else array


def adjusted_x(x: ArrayLike, sx: ArrayLike, y: ArrayLike, sy: Any, rho: Any, line: Line) -> Float:
    """Return the x of each point moved onto its line, shape ``(..., n)``."""
    X, sx, sy = np.asarray(x, float), np.asarray(sx, float), np.asarray(sy, float)
    b = np.asarray(line.slope)[..., None]
    vx, c = sx * sx, np.asarray(rho, float) * sx * sy
    residual = np.asarray(y, float) - np.asarray(line.intercept)[..., None] - b * X
    moved: Float = X + residual * (b * vx - c) / (sy * sy + b * (b * vx - 2 * c))
    return moved
