"""The exact posterior of an age from a number of craters.

A surface of density N1 (craters >= 1 km per km2) and exposure E (area times the share of the
production function in the range, km2) bears k ~ Poisson(N1 E) craters. Under a prior N1^(p - 1) the
posterior of N1 E is Gamma(k + p): p = 1 is uniform in the density, called ``rate`` (Michael et al.
2016), p = 1/2 is Jeffreys', p = 0 uniform in the logarithm. Ages are the exact inverse of the
chronology at the quantiles of N1, so that no grid of ages comes in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from farside.chronology.functions import Chronology

SHAPES = {"rate": 1.0, "jeffreys": 0.5, "log": 0.0}
PRIORS = (*SHAPES, "age")
_NODES = 8001


def gamma_shape(k: ArrayLike, prior: str) -> NDArray[np.float64]:
    """Return the shape of the posterior Gamma of the expected number of craters.

    Raises
    ------
    UnknownNameError
        for another prior
    InputError
        for a negative number, or no crater under the logarithmic prior, whose posterior is improper
    """
    if prior not in SHAPES:
        raise UnknownNameError.of("prior", prior, PRIORS)
    shape = np.asarray(k, dtype=float) + SHAPES[prior]
    if not (np.asarray(k) >= 0).all():
        raise InputError("a number of craters is negative or missing; it must be 0 or more.")
    if (shape <= 0).any():
        raise InputError(
            "no crater in the range: under the prior uniform in the logarithm nothing follows; "
            "take the prior 'rate' or 'jeffreys'."
        )
    return shape


def density_quantiles(
    k: ArrayLike, exposure_km2: ArrayLike, q: ArrayLike, prior: str = "rate"
) -> NDArray[np.float64]:
    """Return quantiles of the density of craters of at least 1 km, per km2.

    Parameters
    ----------
    k : numbers of craters, any shape
    exposure_km2 : area times (N(>=low) - N(>=high)) / N(>=1 km), km2; broadcast with `k`
    q : quantiles, 0..1; broadcast with `k`
    prior : ``rate``, ``jeffreys`` or ``log``
    """
    exposure = np.asarray(exposure_km2, dtype=float)
    if not (exposure > 0).all():
        raise InputError("an exposure (area times share of the range) is not above 0 km2.")
    shape = gamma_shape(k, prior)
    return np.asarray(special.gammaincinv(shape, np.asarray(q, dtype=float)) / exposure)


def poisson_ages(
    k: ArrayLike,
    exposure_km2: ArrayLike,
    chronology: Chronology,
    q: ArrayLike,
    prior: str = "rate",
) -> NDArray[np.float64]:
    """Return quantiles of the ages of many surfaces at once, Ma.

    Parameters
    ----------
    k, exposure_km2, q, prior : see `density_quantiles`; here the prior may be ``age`` as well:
        uniform in age from 0 to the oldest of the chronology
    chronology : turns a density into an age

    Returns
    -------
    array of the broadcast shape; infinite where a quantile is older than the chronology reaches

    Examples
    --------
    >>> from farside.chronology.systems import system
    >>> poisson_ages([0, 100], 1e4, system("neukum1983").chronology, 0.5).round(1)
    array([  82.7, 3690.7])
    """
    if prior != "age":
        return chronology.age(density_quantiles(k, exposure_km2, q, prior))
    k, exposure, q = np.broadcast_arrays(k, exposure_km2, q)
    posteriors = {
        pair: Posterior(*pair, chronology, prior)
        for pair in set(zip(k.ravel().tolist(), exposure.ravel().tolist(), strict=True))
    }
    flat = zip(k.ravel().tolist(), exposure.ravel().tolist(), q.ravel().tolist(), strict=True)
    ages = [float(posteriors[a, b].quantiles(c)) for a, b, c in flat]
    return np.array(ages).reshape(k.shape)


@dataclass(frozen=True)
class Posterior:
    """The posterior of one surface: quantiles, density and distribution of its age.

    Parameters
    ----------
    k : number of craters
    exposure_km2 : see `density_quantiles`
    chronology : turns a density into an age
    prior : one of `PRIORS`
    """

    k: float
    exposure_km2: float
    chronology: Chronology
    prior: str = "rate"

    def quantiles(self, q: ArrayLike) -> NDArray[np.float64]:
        """Return ages in Ma; infinite where older than the chronology reaches."""
        if self.prior != "age":
            return poisson_ages(self.k, self.exposure_km2, self.chronology, q, self.prior)
        ages, cdf = self._grid
        return np.asarray(np.interp(np.asarray(q, dtype=float), cdf, ages))

    def cdf(self, age_ma: ArrayLike) -> NDArray[np.float64]:
        """Return the probability that the surface is younger than an age in Ma."""
        if self.prior == "age":
            ages, cdf = self._grid
            return np.asarray(np.interp(np.asarray(age_ma, dtype=float), ages, cdf))
        shape = gamma_shape(self.k, self.prior)
        return np.asarray(special.gammainc(shape, self._expected(age_ma)))

    def pdf(self, age_ma: ArrayLike) -> NDArray[np.float64]:
        """Return the density of the age, per Ma."""
        expected = self._expected(age_ma)
        if self.prior == "age":
            return np.exp(self._log_likelihood(age_ma) - self._log_total)
        shape = gamma_shape(self.k, self.prior)
        with np.errstate(divide="ignore"):
            log = special.xlogy(shape - 1, expected) - expected - special.gammaln(shape)
        return np.asarray(np.exp(log) * self.chronology.rate(age_ma) * self.exposure_km2)

    def _expected(self, age_ma: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(self.chronology.n1(age_ma) * self.exposure_km2)

    def _log_likelihood(self, age_ma: ArrayLike) -> NDArray[np.float64]:
        expected = self._expected(age_ma)
        return np.asarray(
            special.xlogy(self.k, expected) - expected - special.gammaln(self.k + 1.0)
        )

    @cached_property
    def _span(self) -> NDArray[np.float64]:
        """Ages dense where the posterior is, from 0 to the oldest."""
        shape = self.k + 1.0
        inner = special.gammaincinv(shape, np.array([1e-15, 1e-9]))
        upper = special.gammainccinv(shape, np.array([1e-9, 1e-15]))
        limits = self.chronology.age(np.append(inner, upper) / self.exposure_km2)
        oldest = self.chronology.oldest_ma
        low, high = np.minimum(limits[0], oldest), np.minimum(limits[-1], oldest)
        middle = np.linspace(low, high, _NODES) if high > low else np.array([oldest])
        ends = [np.linspace(0, low, 401)[:-1], middle, np.linspace(high, oldest, 401)[1:]]
        near = oldest - np.geomspace(oldest, 1e-6, 2001)  # all of it older than the chronology
        return np.unique(np.concatenate([*ends, near]))

    @cached_property
    def _integrated(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Ages, the integral of the likelihood up to them (Simpson), and ln of its unit."""
        ages = self._span
        middle = 0.5 * (ages[1:] + ages[:-1])
        ends, mid = self._log_likelihood(ages), self._log_likelihood(middle)
        top = float(max(ends.max(), mid.max()))
        e, m = np.exp(ends - top), np.exp(mid - top)
        parts = np.diff(ages) * (e[1:] + e[:-1] + 4 * m) / 6
        return ages, np.append(0.0, np.cumsum(parts)), top

    @property
    def _grid(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        ages, integral, _ = self._integrated
        return ages, integral / integral[-1]

    @property
    def _log_total(self) -> float:
        _, integral, top = self._integrated
        return top + float(np.log(integral[-1]))
