r"""Mixtures with full covariance: shares of end members that are not negative and sum to one.

The shares f of end members C in a mixture c minimise

.. math:: (c - f C)^T S^{-1} (c - f C), \quad S = S_c + \sum_j f_j^2\, diag(s_j^2)

with S_c the covariance of the mixture and s_j the errors of the end members.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

_ROUNDS, _IDLE, _CLOSE = 60, 3, 1e-6
"""Rounds of shares and covariance at the most, rounds without a likelier mixture that end them, and
the gain in chi2 + ln det S that counts."""


def simplex_fit(c: Float, inverse: Float, C: Float) -> Float:
    """Return the shares of end members, none negative and their sum one, of least misfit.

    Every subset of the end members is solved with its sum held to one; the best of those without a
    negative share is the minimum, because the misfit is convex.

    Parameters
    ----------
    c : (n, m) mixtures
    inverse : (n, m, m) inverse covariance
    C : (k, m) end members

    Returns
    -------
    array (n, k)

    Raises
    ------
    InputError
        when a number is missing or infinite: no mixture would be the best
    """
    if not all(np.isfinite(x).all() for x in (c, inverse, C)):
        raise InputError("mixtures, covariances and end members must be finite in all oxides.")
    n, k = len(c), len(C)
    best = np.full(n, np.inf)
    shares = np.zeros((n, k))
    for size in range(1, k + 1):
        for chosen in combinations(range(k), size):
            f = np.zeros((n, k))
            base, rest = C[chosen[0]], np.array(chosen[1:], dtype=int)
            if rest.size:
                D = C[rest] - base
                left = np.einsum("ai,nij,bj->nab", D, inverse, D)
                right = np.einsum("ai,nij,nj->na", D, inverse, c - base)
                f[:, rest] = np.linalg.solve(left, right[..., None])[..., 0]
            f[:, chosen[0]] = 1 - f[:, rest].sum(axis=1)
            residual = c - f @ C
            misfit = np.einsum("ni,nij,nj->n", residual, inverse, residual)
            better = (f >= 0).all(axis=1) & (misfit < best)
            best = np.where(better, misfit, best)
            shares[better] = f[better]
    return shares


def settled_fit(c: Float, covariance: Float, C: Float, s: Float) -> tuple[Float, Float]:
    """Return shares, and the covariance with the errors of the end members at these shares.

    Shares and covariance are made of each other in turn. Where a mixture swings between two sets of
    shares the likelier one is kept, by chi2 + ln det S; it has converged when none gets likelier.

    Parameters
    ----------
    c, covariance : (n, m) mixtures and (n, m, m) their covariance
    C, s : (k, m) end members and one sigma of each

    Returns
    -------
    tuple
        shares (n, k) and covariance (n, m, m)

    Raises
    ------
    InputError
        when a number is missing or infinite, or the shares do not converge
    """
    f = np.full((len(c), len(C)), 1 / len(C))
    kept, total, least, idle = f, covariance, np.full(len(c), np.inf), 0
    for _ in range(_ROUNDS):
        made = covariance + np.einsum("nk,ki,ij->nij", f**2, s**2, np.eye(c.shape[1]))
        inverse, residual = np.linalg.inv(made), c - f @ C
        misfit = np.einsum("ni,nij,nj->n", residual, inverse, residual)
        misfit += np.linalg.slogdet(made)[1]
        better = misfit < least - _CLOSE
        kept, least = np.where(better[:, None], f, kept), np.where(better, misfit, least)
        total = np.where(better[:, None, None], made, total)
        idle = 0 if better.any() else idle + 1
        if idle == _IDLE:
            return kept, total
        f = simplex_fit(c, inverse, C)
    raise InputError(
        f"no convergence: after {_ROUNDS} rounds {int(better.sum())} mixtures still find "
        "likelier shares; give end members that are less alike, or smaller errors."
    )


def drawn_fits(
    measured: tuple[Float, Float], members: tuple[Float, Float], inverse: Float, n: int, seed: int
) -> Float:
    """Return the shares of draws of mixtures and end members within their errors, (draws, n, k).

    End members are drawn once for all mixtures, so that their errors do not average out.

    Parameters
    ----------
    measured : (n, m) mixtures and (n, m, m) their covariance
    members : (k, m) end members and one sigma of each
    inverse : (n, m, m) inverse covariance of the fits
    n, seed : of the draws
    """
    c, covariance = measured
    C, s = members
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(covariance)
    out = np.empty((n, len(c), len(C)))
    for i in range(n):
        noisy = c + np.einsum("nij,nj->ni", root, rng.standard_normal(c.shape))
        drawn = np.maximum(C + s * rng.standard_normal(C.shape), 0.0)
        out[i] = simplex_fit(noisy, inverse, drawn)
    return out
