"""Numerics of attributions: differences, the path integral, shares and their jackknife error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from farside.oxides.training import Fitted, Float


def plain(value: Any) -> Any:
    """Return numbers as JSON holds them, six digits of each; None stands for NaN."""
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def share_of(mean_absolute: Float) -> Float:
    """Return the share of each band of the sum over bands, the last axis; NaN where that is 0."""
    total = mean_absolute.sum(axis=-1, keepdims=True)
    out = np.full(mean_absolute.shape, np.nan)
    np.divide(mean_absolute, total, out=out, where=total > 0)
    return out


def jackknife(left_out: Float) -> Float:
    """Return the delete-one-group jackknife error of a statistic (K, ...); NaN for K < 2.

        se² = (K - 1) / K Σ (t_k - mean t)²

    References
    ----------
    Efron & Stein (1981) Annals of Statistics 9, 586-596, doi 10.1214/aos/1176345462
    """
    k = len(left_out)
    if k < 2:
        return np.full(left_out.shape[1:], np.nan)
    apart = left_out - left_out.mean(axis=0)
    return np.asarray(np.sqrt((k - 1) / k * (apart**2).sum(axis=0)))


def predict_ln(fitted: Fitted, x: Float) -> Float:
    """Return (F, n, 6) wt% of ln R (n, b), in double precision."""
    return np.asarray(fitted.predict(np.exp(x)), dtype=np.float64)


def gradients(fitted: Fitted, x: Float, step: float) -> Float:
    """Return (F, n, 6, b) central differences of the oxides in ln R, wt%.

    Parameters
    ----------
    x : (n, b) ln R
    step : h
    """
    n, b = x.shape
    shift = step * np.concatenate([np.eye(b), -np.eye(b)])
    value = predict_ln(fitted, (x[:, None] + shift).reshape(-1, b))
    value = value.reshape(len(value), n, 2 * b, -1)
    return np.asarray((value[:, :, :b] - value[:, :, b:]).swapaxes(2, 3) / (2.0 * step))


def integrate(
    fitted: Fitted, x: Float, start: Float, steps: int, step: float
) -> tuple[Float, Float]:
    """Return attributions and gradients at x, both (F, n, 6, b)."""
    total = gradients(fitted, start + 0.5 / steps * (x - start), step)
    for i in range(1, steps):
        total += gradients(fitted, start + (i + 0.5) / steps * (x - start), step)
    return total / steps * (x - start)[:, None], gradients(fitted, x, step)
