"""What rocks the Moon is made of: the prior distribution of six oxides.

Spectra see iron and titanium well, aluminium through brightness, and magnesium, calcium and silicon
hardly at all. What ties the last three to the first is mineralogy, and that is known from two
places: the samples of the other missions (relations within 0.5 wt%, but rocks of few places) and
the gamma-ray cells (the whole Moon, but with errors of 1.3-2.2 wt% and an offset in CaO and SiO2).
The prior takes TiO2, FeO, Al2O3 and MgO from both, CaO and SiO2 given those from the samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from farside.constants import OXIDES
from farside.datasets import load_cells_5deg, load_sample_compositions
from farside.geography import is_near_side, straddles_limb

if TYPE_CHECKING:
    from farside.oxides.training import Float

SUM_WT = 99.2
"""Sum of the six oxides of a lunar soil, wt%: median of the sites with all six measured is 99.0;
the rest is Na2O, MnO, Cr2O3, K2O and P2O5 (Lunar Sourcebook Table 7.15)."""

REGOLITH_SIO2_MAX = 50.0
"""Felsites and quartz monzodiorites above this SiO2 (wt%) form no regolith; soils end at 48.2."""

OXIDE_MAX = np.array([17.0, 27.0, 36.65, 45.0, 20.16, 60.0])
"""No lunar regolith holds more (wt%, order of OXIDES). Al2O3 and CaO: pure anorthite CaAl2Si2O8, by
its formula. TiO2: picritic black glass, 16.4 (Delano 1986, doi 10.1029/JB091iB04p0D201). The
others leave inside every row of ``sample_compositions`` with SiO2 below 50."""

SUM_RANGE = (97.0, 100.0)
"""Sums of six oxides that a regolith can have, wt%; sites with all six measured span 97.7-100.3."""

TINY = 1e-6
"""wt%, in place of a sum of zero."""

_SEEN = [OXIDES.index(name) for name in ("TiO2", "FeO", "Al2O3", "MgO")]
_TIED = [OXIDES.index(name) for name in ("CaO", "SiO2")]


def to_latent(oxides: Float, offset: float) -> Float:
    """Return z = (ln(TiO2 + offset), FeO, Al2O3, MgO, CaO, SiO2) of oxides (..., 6) in wt%.

    TiO2 spreads over two decades and its optical effect follows its logarithm (Lucey et al. 2000).
    """
    latent = np.array(oxides, dtype=np.float64)
    latent[..., 0] = np.log(latent[..., 0] + offset)
    return latent


def from_latent(latent: Float, offset: float) -> Float:
    """Return oxides in wt% of z; each is at least 0."""
    oxides = np.array(latent, dtype=np.float64)
    oxides[..., 0] = np.exp(oxides[..., 0]) - offset
    return np.maximum(oxides, 0.0)


def physical(latent: Float, offset: float) -> Float:
    """Return oxides in wt% of z, each within 0 to `OXIDE_MAX`, their sum within `SUM_RANGE`.

    A sum outside is scaled in; what a ceiling does not let through is given to the other oxides in
    proportion to the room that they have.
    """
    ceiling = OXIDE_MAX.copy()
    ceiling[0] = np.log(OXIDE_MAX[0] + offset)
    oxides = from_latent(np.minimum(latent, ceiling), offset)
    total = np.maximum(oxides.sum(axis=-1, keepdims=True), TINY)
    target = np.clip(total, *SUM_RANGE)
    oxides = np.minimum(oxides * (target / total), OXIDE_MAX)
    room = OXIDE_MAX - oxides
    lacking = np.maximum(target - oxides.sum(axis=-1, keepdims=True), 0.0)
    return np.asarray(oxides + lacking * room / room.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class CompositionPrior:
    """A normal distribution of z = `to_latent` (oxides).

    Parameters
    ----------
    mean : (6,)
    covariance : (6, 6)
    offset : wt%, of the logarithm of TiO2
    width : factor on the standard deviations when the prior is weighed; a large one has no weight
    """

    mean: Float
    covariance: Float
    offset: float
    width: float = 1.0

    @property
    def unit(self) -> Float:
        """The scale (6,) on which z is standardised: standard deviations of the references."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    def complete(self, latent: Float) -> Float:
        """Return z (n, 6) with each NaN replaced by its mean given the row's other values."""
        out = latent.copy()
        for row in out:
            gap = np.isnan(row)
            if gap.all():
                row[:] = self.mean
            elif gap.any():
                gain = np.linalg.solve(
                    self.covariance[np.ix_(~gap, ~gap)], self.covariance[np.ix_(~gap, gap)]
                )
                row[gap] = self.mean[gap] + (row[~gap] - self.mean[~gap]) @ gain
        return out


def _closed(oxides: Float) -> Float:
    return np.asarray(oxides * SUM_WT / oxides.sum(axis=1, keepdims=True))


@cache
def _near_side_cells() -> Float:
    """Return (n, 6) of the cells wholly on the near side, TiO2 clamps included as 0."""
    cells = load_cells_5deg()
    near = is_near_side(cells["lon"].to_numpy()) & ~straddles_limb(cells)
    return _closed(cells.loc[near, list(OXIDES)].to_numpy(np.float64))


@cache
def prior_of_samples_and_cells(
    left_out: frozenset[str], offset: float, cells_weight: float
) -> CompositionPrior:
    """Return the prior learnt from samples and near-side cells.

    Parameters
    ----------
    left_out : missions none of whose samples may be used
    offset : wt%, see `to_latent`
    cells_weight : share of the cells in the mixture of the two, 0 to 1

    Returns
    -------
    CompositionPrior
        moments of the mixture ``w cells + (1 - w) samples``. Far-side cells are never used, so
        that a model may be compared with them.
    """
    table = load_sample_compositions()
    used = ~table["mission"].isin(left_out) & (table["SiO2"] < REGOLITH_SIO2_MAX)
    samples = _closed(table.loc[used, list(OXIDES)].to_numpy(np.float64))
    cells = _near_side_cells().copy()
    design = np.column_stack([np.ones(len(samples)), samples[:, _SEEN]])
    relation = np.linalg.lstsq(design, samples[:, _TIED], rcond=None)[0]
    scatter = samples[:, _TIED] - design @ relation
    cells[:, _TIED] = np.column_stack([np.ones(len(cells)), cells[:, _SEEN]]) @ relation
    means, covariances = [], []
    for oxides in (cells, samples):
        latent = to_latent(oxides, offset)
        means.append(latent.mean(axis=0))
        covariances.append(np.cov(latent, rowvar=False, bias=True))
    covariances[0][np.ix_(_TIED, _TIED)] += scatter.T @ scatter / len(samples)
    apart = means[0] - means[1]
    w = cells_weight
    between = w * (1 - w) * np.outer(apart, apart)
    mixed = w * covariances[0] + (1 - w) * covariances[1] + between
    return _prior(w * means[0] + (1 - w) * means[1], mixed, offset)


def _prior(mean: Float, covariance: Float, offset: float) -> CompositionPrior:
    return CompositionPrior(mean, covariance + 1e-6 * np.eye(len(OXIDES)), offset)


def prior_of_training(oxides: Float, offset: float) -> CompositionPrior:
    """Return the prior of the training rows' own oxides (n, 6); rows with a gap are left out."""
    latent = to_latent(oxides[np.isfinite(oxides).all(axis=1)], offset)
    return _prior(latent.mean(axis=0), np.cov(latent, rowvar=False, bias=True), offset)
