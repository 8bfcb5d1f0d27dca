"""The likelihood of calibration sites under chronology functions, for many draws at once.

For a site of age T0 +/- s and density n the likelihood is ``integral p(n | N(T)) p(T | T0, s) dT``:
the age error is integrated over, not linearised, by the trapezoidal rule on 9 to 61 nodes within
4 sigma. ``p(n | N)`` is lognormal with the published relative error, or the Poisson probability of
the number of craters that would have this error, k = 1 / sigma_ln^2. A family of functions may add
a scatter between sites to sigma_ln, in quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from farside.chronology.models import Model
    from farside.chronology.sites import Site

ERRORS = ("lognormal", "poisson")
_REACH = 4.0
_PER_GA = 500.0  # nodes per Ga of age error: slopes of 10 per Ga stay fine beside 20 %
_FEWEST, _MOST = 9, 61


@dataclass(frozen=True)
class SiteData:
    """Calibration sites as arrays; ages are nodes of their distributions.

    Parameters
    ----------
    names : of the sites, s of them
    nodes_ga : ages, all sites one after the other, shape (q,)
    log_weights : ln of the weight of each node; those of a site sum to 1
    first : index of the first node of each site, shape (s,)
    owner : site of each node, shape (q,)
    ln_n, sigma_ln : ln of the density per km2 and its one sigma, shape (s,)
    far : whether a site lies on the far side, shape (s,)
    errors : ``lognormal`` or ``poisson``
    """

    names: tuple[str, ...]
    nodes_ga: NDArray[np.float64]
    log_weights: NDArray[np.float64]
    first: NDArray[np.int64]
    owner: NDArray[np.int64]
    ln_n: NDArray[np.float64]
    sigma_ln: NDArray[np.float64]
    far: NDArray[np.bool_]
    errors: str


def site_data(sites: Sequence[Site], errors: str = "lognormal") -> SiteData:
    """Return sites as arrays.

    Raises
    ------
    InputError
        without a site, or when a name occurs twice
    UnknownNameError
        for another distribution of the density
    """
    if errors not in ERRORS:
        raise UnknownNameError.of("distribution of the densities", errors, ERRORS)
    names = tuple(site.name for site in sites)
    if not names or len(set(names)) < len(names):
        raise InputError(
            "the sites name none, or one twice (two published lists hold the same sites): choose "
            "one set, or leave sites out."
        )
    nodes, weights = zip(*(_ages(site) for site in sites), strict=True)
    sizes = np.array([len(n) for n in nodes])
    return SiteData(
        names,
        np.concatenate(nodes),
        np.concatenate(weights),
        np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        np.repeat(np.arange(len(names)), sizes),
        np.log([site.n1 for site in sites]),
        np.array([site.sigma_ln for site in sites]),
        np.array([site.side == "far" for site in sites]),
        errors,
    )


def _ages(site: Site) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return nodes and ln weights of the distribution of a site's age."""
    nodes, weights = [], []
    for age, sigma in zip(site.ages_ga, site.age_sigmas_ga, strict=True):
        n = int(np.clip(2 * round(sigma * _PER_GA / 2) + 1, _FEWEST, _MOST))
        x = np.linspace(-_REACH, _REACH, n) if sigma > 0 else np.zeros(1)
        t = age + sigma * x
        x, t = x[t > 0], t[t > 0]
        nodes.append(t)
        weights.append(-0.5 * x**2 - special.logsumexp(-0.5 * x**2) - np.log(len(site.ages_ga)))
    return np.concatenate(nodes), np.concatenate(weights)


def log_likelihoods(
    family: Model,
    theta: NDArray[np.float64],
    data: SiteData,
    ln_ratio: NDArray[np.float64] | float = 0.0,
) -> NDArray[np.float64]:
    """Return the ln likelihood of each site for each draw.

    Parameters
    ----------
    family : of chronology functions
    theta : draws, shape (m, p)
    data : sites
    ln_ratio : ln of the flux on the far side over that on the near side, shape (m,) or one

    Returns
    -------
    array of shape (m, s)
    """
    with np.errstate(divide="ignore", over="ignore"):
        ln_mu = np.log(family.density(theta, data.nodes_ga))
    ln_mu = ln_mu + data.far[data.owner] * np.reshape(ln_ratio, (-1, 1))
    return integrate_ages(ln_mu, data, family.scatter_of(theta))


def integrate_ages(
    ln_mu: NDArray[np.float64], data: SiteData, scatter: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the ln likelihoods, shape (m, s).

    Parameters
    ----------
    ln_mu : ln N at the age nodes, shape (m, q)
    data : sites
    scatter : one sigma of ln N beyond the stated errors, shape (m, 1)
    """
    ln_n, sigma = data.ln_n[data.owner], np.hypot(data.sigma_ln, scatter)[:, data.owner]
    away = ln_n - ln_mu
    if data.errors == "lognormal":
        log = -0.5 * (away / sigma) ** 2 - np.log(sigma * np.sqrt(2 * np.pi))
    else:
        k = sigma**-2
        expected = np.log(k) - away
        log = k * expected - np.exp(np.minimum(expected, 700.0)) - special.gammaln(k + 1)
    log = log + data.log_weights
    top = np.maximum.reduceat(log, data.first, axis=1)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.add.reduceat(np.exp(log - top[:, data.owner]), data.first, axis=1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(total) + top)
