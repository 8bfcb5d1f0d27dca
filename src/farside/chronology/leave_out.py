"""What each calibration site does to the chronology: the fit without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from farside.chronology.likelihood import log_likelihoods, site_data
from farside.chronology.sampling import posterior_draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from farside.chronology.likelihood import SiteData
    from farside.chronology.models import Model
    from farside.chronology.sites import Site

AGES_GA = (1.0, 2.83, 3.9, 4.25)
ENOUGH = 0.1
"""Share of effective draws below which the fit is made anew instead of reweighted."""
_REFIT_STEPS = 600
_DRAWS = 6000


@dataclass(frozen=True)
class LeftOut:
    """The fit without one site.

    Parameters
    ----------
    site : left out
    percentile : where its density lies in what the other sites predict for it, 0..1
    log_predictive : ln of the predictive density of its ln N(1)
    change : ln of N(1) without over N(1) with it, at `AGES_GA`, means over the draws
    refitted : whether the fit was made anew; else its draws were reweighted
    """

    site: str
    percentile: float
    log_predictive: float
    change: tuple[float, ...]
    refitted: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the result for JSON."""
        change = {f"{t:g}": c for t, c in zip(AGES_GA, self.change, strict=True)}
        out = dict(self.__dict__)
        return out | {"change": change}


def leave_one_out(
    family: Model,
    theta: NDArray[np.float64],
    sites: Sequence[Site],
    errors: str,
    seed: int = 0,
) -> tuple[LeftOut, ...]:
    """Return the fit without each site in turn.

    The draws of the full fit are reweighted by 1 / L_i, exact in the limit of many draws; where
    fewer than a tenth of them stay effective the fit is made anew.

    Parameters
    ----------
    family, theta : draws of the full fit, shape (m, p)
    sites, errors : of the full fit
    seed : of refits and of the predicted densities
    """
    theta = theta[:: max(1, len(theta) // _DRAWS)]
    data = site_data(sites, errors)
    each = log_likelihoods(family, theta, data)
    full = np.log(family.density(theta, np.array(AGES_GA))).mean(axis=0)
    rng = np.random.default_rng(seed)
    out = []
    for i, site in enumerate(sites):
        draws, log_w = theta, -each[:, i]
        log_w = log_w - special.logsumexp(log_w)
        effective = float(np.exp(-special.logsumexp(2 * log_w))) / len(theta)
        refit = effective < ENOUGH
        if refit:
            rest = site_data([s for s in sites if s is not site], errors)
            draws = posterior_draws(family, rest, seed=seed, steps=_REFIT_STEPS).theta
            draws = draws[:: max(1, len(draws) // _DRAWS)]
            log_w = np.full(len(draws), -np.log(len(draws)))
        own = log_likelihoods(family, draws, data)[:, i]
        ln = np.log(family.density(draws, np.array(AGES_GA)))
        mean = (np.exp(log_w)[:, None] * ln).sum(axis=0)
        out.append(
            LeftOut(
                site.name,
                _percentile(family, draws, np.exp(log_w), (data, i), rng),
                float(special.logsumexp(log_w + own)),
                tuple(float(x) for x in mean - full),
                refit,
            )
        )
    return tuple(out)


def _percentile(
    family: Model,
    theta: NDArray[np.float64],
    weights: NDArray[np.float64],
    of: tuple[SiteData, int],
    rng: np.random.Generator,
) -> float:
    """Return the probability of a density below that of a site, age and density with errors."""
    data, i = of
    nodes = data.owner == i
    chosen = rng.choice(data.nodes_ga[nodes], len(theta), p=np.exp(data.log_weights[nodes]))
    ln_mu = np.log(family.density(theta, chosen[:, None])[:, 0])
    below = special.ndtr(
        (data.ln_n[i] - ln_mu) / np.hypot(data.sigma_ln[i], family.scatter_of(theta)[:, 0])
    )
    return float((weights * below).sum())
