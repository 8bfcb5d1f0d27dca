"""Fits of a production function to binned crater densities, whose errors come from the fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.chronology.binning import to_bins
from farside.chronology.counts import BinnedCount, Count
from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.chronology.production import Production

_RESURFACING_STEPS = 200
_CONVERGED = 1e-10
RESURFACED = "cumulative, corrected for resurfacing"


@dataclass(frozen=True)
class Fit:
    """A density of craters of at least 1 km from a fit.

    Parameters
    ----------
    method : ``cumulative``, `RESURFACED` or ``differential``
    range_km : of the bins used
    craters : in them
    n1 : density of craters >= 1 km per km2
    sigma_ln : one sigma of ln `n1`: that of counting, times the misfit where the bins scatter more
        than counting lets them
    misfit : reduced chi-square of the numbers in the bins; NaN for a single bin
    notes : what to know
    """

    method: str
    range_km: tuple[float, float]
    craters: float
    n1: float
    sigma_ln: float
    misfit: float
    notes: tuple[str, ...] = ()


def fit_density(
    count: Count,
    production: Production,
    range_km: tuple[float, float],
    method: str,
    *,
    binning: str = "pseudo-log",
    resurfacing: bool = False,
) -> Fit:
    """Fit ln N(1) to the densities of the bins in a range.

    ``differential``: ln of each bin's number over its expected number, weighted by the number
    (Michael 2013). ``cumulative``: the same for the numbers at and above each bin (Michael and
    Neukum 2010); these share craters, so the error follows from their covariance:
    cov(ln N_i, ln N_j) = 1 / max(N_i, N_j).

    craterstats 3.6.11 has the same cumulative fit; its differential fit weights a bin by the error
    of its density, and its errors are those of the first point used (``Productionfn.fit``).

    Parameters
    ----------
    count : craters or bins
    production : shape of the densities
    range_km : widened to whole bins
    method : ``cumulative`` or ``differential``
    binning : of craters, see `farside.chronology.binning.limits`
    resurfacing : cumulative only: replace the craters larger than the range, which may be older
        than the surface, by as many as the fit itself expects (Michael and Neukum 2010)

    Raises
    ------
    InputError
        when no bin of the range holds a crater
    """
    binned = count if isinstance(count, BinnedCount) else to_bins(count, binning)
    low, high = binned.limits(*range_km)
    inside = (binned.low_km >= low * (1 - 1e-6)) & (binned.high_km <= high * (1 + 1e-6))
    used = inside & (binned.n > 0)
    if not used.any():
        raise InputError(
            f"no bin of {count.name!r} between {low:g} and {high:g} km holds a crater; a fit needs "
            "one: take method 'poisson', which gives an upper limit."
        )
    low, high = max(low, production.d_min_km), min(high, production.d_max_km)
    n, expected = _bins(binned, used, production)
    misfit = _misfit(n, expected)
    notes = [] if used.sum() > 1 else ["a single bin: the error is that of counting alone"]
    if method == "differential":
        weight = n
        ln = np.log(n / expected)
        variance = float((weight**2 / n).sum() / weight.sum() ** 2)
    else:
        ln, weight = _cumulative(
            binned, used, production, max(high, range_km[1]) if resurfacing else None
        )
        share = 1.0 / np.maximum.outer(weight, weight)
        variance = float(weight @ share @ weight / weight.sum() ** 2)
    scale = max(1.0, misfit) if math.isfinite(misfit) else 1.0
    return Fit(
        RESURFACED if resurfacing else method,
        (low, high),
        float(n.sum()),
        math.exp(float((weight * ln).sum() / weight.sum())),
        math.sqrt(variance * scale),
        misfit,
        tuple(notes),
    )


def _bins(
    binned: BinnedCount, used: NDArray[np.bool_], production: Production
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers of the bins and those that N(1) = 1 per km2 would give."""
    low = np.maximum(binned.low_km[used], production.d_min_km)
    high = np.minimum(binned.high_km[used], production.d_max_km)
    if (high <= low).any():
        raise InputError(
            f"bins of {binned.name!r} lie outside the production function {production.name!r}, "
            f"which holds from {production.d_min_km:.3g} to {production.d_max_km:.3g} km."
        )
    return binned.n[used], binned.area_km2 * production.between(low, high)


def _misfit(n: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Return the reduced chi-square of numbers about the best common density."""
    if len(n) < 2:
        return float("nan")
    model = expected * n.sum() / expected.sum()
    return float(((n - model) ** 2 / model).sum() / (len(n) - 1))


def _cumulative(
    binned: BinnedCount,
    used: NDArray[np.bool_],
    production: Production,
    resurfaced_km: float | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ln(number / expected) and the number of craters at and above each bin used.

    With `resurfaced_km`, the upper limit of the range, those above it are as many as the fit gives.
    """
    total = np.cumsum(binned.n[::-1])[::-1][used]
    expected = binned.area_km2 * production.relative(
        np.maximum(binned.low_km[used], production.d_min_km)
    )
    if resurfaced_km is None:
        return np.log(total / expected), total
    above = float(binned.n[binned.low_km >= resurfaced_km * (1 - 1e-6)].sum())
    own = total - above
    upper = min(resurfaced_km, production.d_max_km)
    beyond = float(binned.area_km2 * production.relative(upper))
    added = above
    for _ in range(_RESURFACING_STEPS):
        number = own + added
        ln = np.log(number / expected)
        fresh = beyond * math.exp(float((number * ln).sum() / number.sum()))
        if abs(fresh - added) <= _CONVERGED * max(added, 1.0):
            break
        added = fresh
    number = own + added
    return np.log(number / expected), number
