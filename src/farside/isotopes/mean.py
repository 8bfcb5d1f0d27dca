r"""Weighted mean of ages, with scatter beyond the errors and a test of outliers.

Random effects: :math:`t_i \sim N(\mu, s_i^2 + \omega^2)` with mu and omega of the largest
likelihood, as IsoplotR does (Vermeesch 2018); its default, and the one here, is omega = 0.
Outliers by the modified Chauvenet criterion of the same program: the least likely value is left
out while its two-sided probability times the number of values is below 0.5, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, ndtr, stdtrit

from farside.errors import InputError
from farside.isotopes.models import NORMAL_95, SCATTER_PROBABILITY

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

CHAUVENET = 0.5
"""Expected number of values as far out, below which one is left out."""
_RANGE = 1e60


@dataclass(frozen=True)
class WeightedMean:
    """A weighted mean; errors one sigma, intervals 95 %.

    Parameters
    ----------
    value, sigma : of the mean, in the unit of the values
    interval : 95 %
    overdispersion : omega, in the unit of the values; 0 without random effects
    mswd, probability : of the errors as given about the mean
    n : values used
    kept : of all values given, whether each was used
    random_effects : whether omega was fitted
    """

    value: float
    sigma: float
    interval: tuple[float, float]
    overdispersion: float
    mswd: float
    probability: float
    n: int
    kept: tuple[bool, ...]
    random_effects: bool

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**self.__dict__, "interval": list(self.interval), "kept": list(self.kept)}

    def __str__(self) -> str:
        """Return one paragraph."""
        left = len(self.kept) - self.n
        return (
            f"weighted mean {self.value:.6g} ± {self.sigma:.3g} (1 sigma), "
            f"95 % {self.interval[0]:.6g} to {self.interval[1]:.6g}; n {self.n}, {left} left out; "
            f"MSWD {self.mswd:.4g}, probability {self.probability:.3g}; "
            f"overdispersion {self.overdispersion:.3g}"
        )

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        facts = [
            ("mean", f"{self.value:.6g} ± {self.sigma:.3g} (1 sigma)"),
            ("values", f"{self.n} used, {len(self.kept) - self.n} left out"),
            ("MSWD", f"{self.mswd:.3g}, probability {self.probability:.3g}"),
            ("overdispersion", f"{self.overdispersion:.3g}"),
        ]
        one = (self.value - self.sigma, self.value + self.sigma)
        rows = [Range("95 %", self.value, *self.interval), Range("1 sigma", self.value, *one)]
        return card("weighted mean", table=((), facts), figure=ranges(rows, "unit of the values"))


def weighted_mean(
    values: ArrayLike,
    sigmas: ArrayLike,
    *,
    random_effects: bool = False,
    outliers: bool = True,
) -> WeightedMean:
    """Return the weighted mean of values with independent errors.

    Parameters
    ----------
    values, sigmas : shape ``(n,)``, one standard deviation each; NaN is left out
    random_effects : fit a scatter omega beyond the errors; else, where the scatter is too large
        (probability below 0.05), the interval is scaled by the root of the MSWD and Student's t
    outliers : leave out outliers

    Raises
    ------
    InputError
        when fewer than two values are complete, an error is not above 0, or a figure is beyond
        what floating point can square

    Examples
    --------
    >>> print(weighted_mean([10.0, 12.0], [1.0, 1.0]))
    weighted mean 11 ± 0.707 (1 sigma), 95 % 9.61... to 12.38...; n 2, 0 left out; MSWD 2,
    probability 0.157; overdispersion 0
    """
    x, s = np.asarray(values, float), np.asarray(sigmas, float)
    if x.ndim != 1 or x.shape != s.shape:
        raise InputError(f"give one error for each value; got shapes {x.shape} and {s.shape}.")
    kept = np.isfinite(x) & np.isfinite(s)
    if kept.sum() < 2:
        found = "1 complete value" if kept.sum() else "no complete value"
        raise InputError(f"{found}; a mean needs at least two.")
    if (s[kept] <= 0).any():
        raise InputError("an error is 0 or negative; give one standard deviation of each value.")
    size = np.abs(np.concatenate([x[kept], s[kept], 1 / np.maximum(s[kept], 1 / _RANGE)]))
    if (size >= _RANGE).any():
        raise InputError(
            f"values and errors must lie within {1 / _RANGE:g} and {_RANGE:g}; look at their unit."
        )
    while outliers and kept.sum() > 2:
        mean, sigma, omega = _mean(x[kept], s[kept], random_effects=random_effects)
        if random_effects:
            spread = np.sqrt(s**2 + omega**2)
        else:
            mswd = float(np.sum(((x - mean) / s)[kept] ** 2) / (kept.sum() - 1))
            spread = np.sqrt(sigma**2 + max(1.0, mswd) * s**2)
        chance = np.where(kept, 2 * ndtr(-np.abs(x - mean) / spread), np.inf)
        worst = int(np.argmin(chance))
        if kept.sum() * chance[worst] >= CHAUVENET:
            break
        kept[worst] = False
    mean, sigma, omega = _mean(x[kept], s[kept], random_effects=random_effects)
    df = int(kept.sum()) - 1
    chi2 = float(np.sum(((x - mean) / s)[kept] ** 2))
    probability = float(chdtrc(df, chi2))
    reach = NORMAL_95
    if not random_effects and probability < SCATTER_PROBABILITY:
        reach = float(stdtrit(df, 0.975) * np.sqrt(chi2 / df))
    return WeightedMean(
        mean,
        sigma,
        (mean - reach * sigma, mean + reach * sigma),
        omega,
        chi2 / df,
        probability,
        df + 1,
        tuple(bool(k) for k in kept),
        random_effects,
    )


def _mean(x: Float, s: Float, *, random_effects: bool) -> tuple[float, float, float]:
    """Return mean, its sigma and omega."""
    omega2 = _omega2(x, s) if random_effects else 0.0
    w = 1.0 / (s**2 + omega2)
    return float(w @ x / w.sum()), float(1.0 / np.sqrt(w.sum())), float(np.sqrt(omega2))


def _omega2(x: Float, s: Float) -> float:
    """Return omega^2 of the largest likelihood: the root of its score, 0 where that is negative."""

    def score(omega2: float) -> float:
        w = 1.0 / (s**2 + omega2)
        mean = w @ x / w.sum()
        return float((w**2 * (x - mean) ** 2).sum() - w.sum())

    top = float(np.ptp(x)) ** 2 + float(s.max()) ** 2
    if score(0.0) <= 0 or top == 0:
        return 0.0
    return float(brentq(score, 0.0, top, xtol=1e-14 * top, rtol=1e-13))
