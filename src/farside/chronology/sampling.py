"""Draws from the posterior of a chronology function: affine-invariant ensembles, and their test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import emcee
import numpy as np

from farside.chronology.likelihood import log_likelihoods
from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.chronology.likelihood import SiteData
    from farside.chronology.models import Model

CHAINS, WALKERS, STEPS, BURN = 4, 24, 1500, 500
_TRIES = 2000


@dataclass(frozen=True)
class Draws:
    """Draws of the posterior and how far they can be trusted.

    Parameters
    ----------
    theta : shape (m, p)
    log_posterior : shape (m,)
    r_hat : split R-hat of each parameter over the chains (Vehtari et al. 2021, without ranks)
    effective : effective number of draws of each parameter, from the autocorrelation time
    acceptance : share of accepted steps
    chains : independent ensembles
    """

    theta: NDArray[np.float64]
    log_posterior: NDArray[np.float64]
    r_hat: NDArray[np.float64]
    effective: NDArray[np.float64]
    acceptance: float
    chains: int


def posterior_draws(
    family: Model,
    data: SiteData,
    *,
    seed: int = 0,
    chains: int = CHAINS,
    steps: int = STEPS,
    burn: int = BURN,
) -> Draws:
    """Return draws of the posterior by emcee (Foreman-Mackey et al. 2013).

    Each chain is an ensemble of 24 walkers that starts from its own draws of the prior.

    Parameters
    ----------
    family : with priors
    data : sites
    seed : of everything random; the same seed gives the same draws
    chains, steps, burn : independent ensembles, steps kept of each, steps before them

    Raises
    ------
    InputError
        for fewer than two chains or 100 steps, which cannot be tested for convergence
    """
    if chains < 2 or steps < 100 or burn < 0:
        raise InputError(
            f"{chains} chains of {steps} steps cannot be tested for convergence; give at least 2 "
            "chains of 100 steps."
        )

    def log_posterior(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        prior = family.log_prior(theta)
        inside = np.isfinite(prior)
        out = np.full(len(theta), -np.inf)
        if inside.any():
            out[inside] = log_likelihoods(family, theta[inside], data).sum(axis=1)
        return prior + np.where(np.isnan(out), -np.inf, out)

    rng = np.random.default_rng(seed)
    walks, values, accepted, effective = [], [], [], 0.0
    for _ in range(chains):
        sampler = emcee.EnsembleSampler(
            WALKERS, len(family.parameters), log_posterior, vectorize=True
        )
        # emcee takes its random numbers from the legacy generator of numpy
        legacy = np.random.RandomState(int(rng.integers(2**31)))
        start = emcee.State(_start(family, log_posterior, rng), random_state=legacy.get_state())
        sampler.run_mcmc(start, burn + steps, skip_initial_state_check=True)
        walk = sampler.get_chain(discard=burn)
        time = emcee.autocorr.integrated_time(walk, tol=0, quiet=True)
        effective = effective + walk.shape[0] * walk.shape[1] / time
        walks.append(walk)
        values.append(sampler.get_log_prob(discard=burn))
        accepted.append(float(sampler.acceptance_fraction.mean()))
    whole = np.array(walks)  # chain, step, walker, parameter
    return Draws(
        whole.reshape(-1, whole.shape[-1]),
        np.array(values).ravel(),
        split_r_hat(whole),
        np.asarray(effective),
        float(np.mean(accepted)),
        chains,
    )


def _start(family: Model, log_posterior: object, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return walkers: draws of the prior, chosen by their posterior so that none starts lost."""
    low, high = family.limits
    tries = rng.uniform(low, high, (_TRIES, len(low)))
    value = log_posterior(tries)  # type: ignore[operator]
    finite = np.flatnonzero(np.isfinite(value))
    if finite.size < WALKERS:
        raise InputError(
            "the sites are impossible under nearly all of the prior; widen its limits or check the "
            "densities (per km2) and ages (Ga) of the sites."
        )
    best = finite[np.argsort(-value[finite])][: 4 * WALKERS]
    return np.asarray(tries[rng.choice(best, WALKERS, replace=False)])


def split_r_hat(walks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return split R-hat: sqrt(total variance / variance within the halves of the chains).

    Parameters
    ----------
    walks : shape (chains, steps, walkers, p)
    """
    half = walks.shape[1] // 2
    parts = np.concatenate([walks[:, :half], walks[:, half : 2 * half]])
    parts = parts.reshape(len(parts), -1, walks.shape[-1])
    n = parts.shape[1]
    within = parts.var(axis=1, ddof=1).mean(axis=0)
    between = parts.mean(axis=1).var(axis=0, ddof=1)
    return np.asarray(np.sqrt((n - 1) / n + between / within))
