"""The marginal likelihood of a chronology model, by sequential Monte Carlo.

Particles drawn from the prior are carried to the posterior through a ladder of tempered
likelihoods ``L^beta``, beta from 0 to 1, each step as long as half of the particles stay effective
(Del Moral et al. 2006). The product of the mean weights is the marginal likelihood. It needs no
shape of the posterior, which for a spike or a step is far from normal; the tests compare it with
quadrature on a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from farside.chronology.likelihood import log_likelihoods
from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.chronology.likelihood import SiteData
    from farside.chronology.models import Model

PARTICLES, RUNS, MOVES = 1000, 3, 8
_KEEP = 0.5
_SCALES = (1.0, 0.4, 0.15)


@dataclass(frozen=True)
class Evidence:
    """The marginal likelihood of a model.

    Parameters
    ----------
    model : its name
    log_z : ln of the marginal likelihood, mean over the runs
    error : one sigma of it, from the runs
    theta : particles of the posterior, all runs, shape (m, p)
    log_l : ln likelihood of each site for each particle, shape (m, s)
    """

    model: str
    log_z: float
    error: float
    theta: NDArray[np.float64]
    log_l: NDArray[np.float64]

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return ln of the predictive density of each site under the others, shape (s,).

        The harmonic mean of its likelihood over the posterior, weights cut at sqrt(m) times their
        mean so that no particle decides.
        """
        log_w = -self.log_l
        cut = special.logsumexp(log_w, axis=0) - 0.5 * np.log(len(log_w))
        log_w = np.minimum(log_w, cut)
        top = special.logsumexp(log_w + self.log_l, axis=0)
        return np.asarray(top - special.logsumexp(log_w, axis=0))


def evidence(
    family: Model,
    data: SiteData,
    *,
    seed: int = 0,
    runs: int = RUNS,
    particles: int = PARTICLES,
) -> Evidence:
    """Return the marginal likelihood of a model.

    Parameters
    ----------
    family : with priors; they are part of the result
    data : sites
    seed : of the particles
    runs : independent runs; two at least give an error
    particles : of each run

    Raises
    ------
    InputError
        for fewer than two runs or 100 particles
    """
    if runs < 2 or particles < 100:
        raise InputError(
            f"{runs} runs of {particles} particles give no error; give at least 2 runs of 100."
        )
    found = [_run(family, data, np.random.default_rng([seed, i]), particles) for i in range(runs)]
    log_z = np.array([z for z, _, _ in found])
    return Evidence(
        family.name,
        float(log_z.mean()),
        float(log_z.std(ddof=1) / np.sqrt(runs)),
        np.concatenate([theta for _, theta, _ in found]),
        np.concatenate([each for _, _, each in found]),
    )


def _run(
    family: Model, data: SiteData, rng: np.random.Generator, particles: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    low, high = family.limits
    theta = rng.uniform(low, high, (particles, len(low)))
    each = _sites(family, theta, data)
    beta, log_z = 0.0, 0.0
    while beta < 1:
        total = each.sum(axis=1)
        step = _next(total, beta) - beta
        log_w = step * total
        log_z += float(special.logsumexp(log_w) - np.log(particles))
        beta += step
        chosen = _resample(np.exp(log_w - special.logsumexp(log_w)), rng)
        theta, each = _move(family, data, (theta[chosen], each[chosen]), beta, rng)
    return log_z, theta, each


def _sites(family: Model, theta: NDArray[np.float64], data: SiteData) -> NDArray[np.float64]:
    each = log_likelihoods(family, theta, data)
    return np.where(np.isfinite(each), each, -1e6)


def _next(total: NDArray[np.float64], beta: float) -> float:
    """Return the next temperature: half of the particles stay effective."""
    low, high = beta, 1.0
    if _share((1.0 - beta) * total) >= _KEEP:
        return 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _share((middle - beta) * total) > _KEEP else (low, middle)
    return low


def _share(log_w: NDArray[np.float64]) -> float:
    total = 2 * special.logsumexp(log_w) - special.logsumexp(2 * log_w)
    return float(np.exp(total)) / len(log_w)


def _resample(weights: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    points = (np.arange(len(weights)) + rng.uniform()) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights), points), len(weights) - 1)


def _move(
    family: Model,
    data: SiteData,
    state: tuple[NDArray[np.float64], NDArray[np.float64]],
    beta: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the particles after Metropolis steps at a temperature."""
    theta, each = state
    low, high = family.limits
    root = np.linalg.cholesky(np.cov(theta.T) + 1e-10 * np.diag((high - low) ** 2))
    root *= 2.38 / np.sqrt(theta.shape[1])  # the best scale for a normal target (Roberts 1997)
    for i in range(MOVES):
        jump = _SCALES[i % len(_SCALES)] * rng.standard_normal(theta.shape) @ root.T
        trial = theta + jump
        inside = ((trial >= low) & (trial <= high)).all(axis=1)
        new = each.copy()
        if inside.any():
            new[inside] = _sites(family, trial[inside], data)
        gain = beta * (new.sum(axis=1) - each.sum(axis=1))
        accept = inside & (np.log(rng.uniform(size=len(theta))) < gain)
        theta = np.where(accept[:, None], trial, theta)
        each = np.where(accept[:, None], new, each)
    return theta, each
