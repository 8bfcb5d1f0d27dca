r"""Prediction intervals by mission-grouped CV+.

The CV+ interval (Barber et al. 2021, doi 10.1214/20-AOS1965) leaves each group k of training rows
out once, keeps the residual :math:`R_i = |y_i - \mu_{-k(i)}(x_i)|` of every row, and takes order
statistics of :math:`\mu_{-k(i)}(x) \pm R_i`. Groups are missions, because soils of one mission
resemble each other more than a new place resembles them: residuals within a mission would make
intervals that are too narrow where no sample has been taken. For groups of unequal size the
coverage is not guaranteed, nor are new missions drawn from the same urn as old ones;
`farside validate` measures it. In a simulation with a mission effect three times the scatter and
mission sizes like those of the sites, nominal 90 % covered 86 % of new missions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.oxides.training import Float

TIO2_OFFSET = 0.5
"""wt%. Intervals of TiO2 are made in ln(TiO2 + 0.5): errors are relative where Ti is high and
about 0.3 wt% where it is low (both site tables and gamma-ray cells carry that floor)."""


def ranks(n: int, coverage: float) -> tuple[int, int]:
    """Return the ranks, from 1, of the lower and upper order statistic of n; 0 or n + 1 if none."""
    miss = 1.0 - coverage
    upper = int(np.ceil(np.round((1.0 - miss) * (n + 1), 9)))
    return n + 1 - upper, upper


@dataclass(frozen=True)
class CvPlus:
    """The residuals that CV+ bounds are made of.

    Parameters
    ----------
    group : (r,) group of each kept row
    reach : (r,) its absolute residual
    lowest, tail : ranks, from 1, of the lower bound counted from below and of the upper bound
        counted from above; 0 when the rows are too few for a bound
    """

    group: NDArray[np.intp]
    reach: Float
    lowest: int
    tail: int

    @classmethod
    def of(cls, residual: Float, group: NDArray[np.intp], coverage: float) -> CvPlus:
        """Keep of each group the largest residuals: only they can reach the tails."""
        n = len(residual)
        low, high = ranks(n, coverage)
        tail = n - high + 1
        order = np.argsort(-residual, kind="stable")
        place = np.array([np.sum(group[order[:i]] == group[row]) for i, row in enumerate(order)])
        kept = order[place < max(tail, 1)] if n else order
        return cls(group[kept], residual[kept], max(low, 0), max(tail, 0))

    def bounds(self, at_new: Float) -> tuple[Float, Float]:
        """Return lower and upper bounds (m,) of predictions (K, m) by the fits without group k."""
        if self.lowest < 1:
            infinite = np.full(at_new.shape[1], np.inf)
            return -infinite, infinite
        around = np.ascontiguousarray(at_new.T)[:, self.group]
        reach = self.reach.astype(at_new.dtype)
        below = np.partition(around - reach, self.lowest - 1, axis=1)[:, self.lowest - 1]
        last = len(self.reach) - self.tail
        above = np.partition(around + reach, last, axis=1)[:, last]
        return below, above


def cv_plus(
    at_new: Float, residual: Float, group: NDArray[np.intp], coverage: float
) -> tuple[Float, Float]:
    """Return lower and upper bounds (m,).

    Parameters
    ----------
    at_new : (K, m) predictions of the new points by the fits without group k
    residual : (n,) absolute residual of each training row by the fit without its own group
    group : (n,) group of each training row, 0 to K - 1
    coverage : nominal, such as 0.9

    Returns
    -------
    tuple of (m,)
        infinite where the training rows are too few for the coverage: n + 1 < 1 / (1 - coverage)
    """
    return CvPlus.of(residual, group, coverage).bounds(at_new)


def to_scale(oxides: Float) -> Float:
    """Return oxides (..., 6) in wt% on the scale that intervals are made on."""
    scaled = np.array(oxides)
    scaled[..., 0] = np.log(np.maximum(scaled[..., 0], 0.0) + TIO2_OFFSET)
    return scaled


def from_scale(scaled: Float) -> Float:
    """Return oxides in wt% of scaled ones, within 0 to 100."""
    oxides = np.array(scaled)
    oxides[..., 0] = np.exp(np.minimum(oxides[..., 0], np.log(1e3))) - TIO2_OFFSET
    return np.clip(oxides, 0.0, 100.0)


def oxide_residuals(
    held_out: Float, measured: Float, group: NDArray[np.intp], coverage: float
) -> tuple[CvPlus, ...]:
    """Return the CV+ residuals of each oxide.

    Parameters
    ----------
    held_out : (n, 6) prediction of each training row by the fit without its own group, wt%
    measured : (n, 6) wt%, NaN where not measured
    group : (n,)
    coverage : nominal
    """
    residual = np.abs(to_scale(held_out) - to_scale(measured))
    known = np.isfinite(residual)
    return tuple(
        CvPlus.of(residual[known[:, j], j], group[known[:, j]], coverage)
        for j in range(residual.shape[1])
    )


def oxide_bounds(at_new: Float, residuals: tuple[CvPlus, ...]) -> tuple[Float, Float]:
    """Return lower and upper bounds (m, 6) in wt% of predictions (K, m, 6) in wt%."""
    new = to_scale(at_new)
    both = [r.bounds(new[..., j]) for j, r in enumerate(residuals)]
    return (
        from_scale(np.stack([b[0] for b in both], axis=1)),
        from_scale(np.stack([b[1] for b in both], axis=1)),
    )


def oxide_intervals(
    at_new: Float, held_out: Float, measured: Float, group: NDArray[np.intp], coverage: float
) -> tuple[Float, Float]:
    """Return lower and upper bounds (m, 6) in wt%; see `oxide_residuals`, `oxide_bounds`."""
    return oxide_bounds(at_new, oxide_residuals(held_out, measured, group, coverage))
