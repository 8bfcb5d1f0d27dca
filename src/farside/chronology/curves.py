"""What many draws of a chronology function say together: densities, ages and their spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.chronology.functions import GA, Chronology
from farside.chronology.models import OLDEST_GA
from farside.chronology.solve import rising_root

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from farside.chronology.models import Model

KNOTS_GA = (0.001, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, *(3.2 + 0.05 * i for i in range(27)))
"""Ages at which the spread of ln N(1) is kept, Ga: dense where the exponential takes over."""


def central(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the curve that stands for all draws, shape (m, p) -> (p,): the mean parameters.

    The parameters are logarithms or rates, so that the mean of ln N(1) over the draws lies close
    to ln N(1) of their mean; the tests hold it within a fifth of its spread.
    """
    return np.asarray(theta.mean(axis=0))


def ln_spread(
    family: Model, theta: NDArray[np.float64], age_ga: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and one sigma of ln N(1) over draws, at ages in Ga, shape (q,) each."""
    ln = np.log(family.density(theta, np.atleast_1d(np.asarray(age_ga, dtype=float))))
    return ln.mean(axis=0), ln.std(axis=0, ddof=1)


def ages_of_draws(
    family: Model, theta: NDArray[np.float64], n1: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the age in Ga at which each draw reaches each density.

    Parameters
    ----------
    family : of the draws
    theta : shape (m, p)
    n1 : densities per km2, shape (q,) for all draws or (m, q)

    Returns
    -------
    array of shape (m, q); infinite where a draw reaches the density only before 4.5 Ga
    """
    target = np.broadcast_to(n1, (len(theta), np.shape(n1)[-1]))
    goal = np.log(target)
    ages = rising_root(
        lambda t: np.log(family.density(theta, t)) - goal,
        np.zeros_like,  # no slope: halve the bracket
        np.zeros(target.shape),
        np.full(target.shape, OLDEST_GA),
    )
    oldest = family.density(theta, np.array([OLDEST_GA]))
    return np.where(target > oldest, np.inf, ages)


def as_chronology(
    family: Model, theta: NDArray[np.float64], name: str, title: str, **about: str
) -> Chronology:
    """Return draws as one chronology function that states its own error.

    Parameters
    ----------
    family, theta : the draws, shape (m, p)
    name, title : of the chronology
    about : ``reference``, ``status`` and ``note``
    """
    _, sigma = ln_spread(family, theta, KNOTS_GA)
    knots = tuple((GA * t, float(s)) for t, s in zip(KNOTS_GA, sigma, strict=True))
    return Chronology(
        name, title, family.terms(central(theta)), OLDEST_GA * GA, log_sigma=knots, **about
    )
