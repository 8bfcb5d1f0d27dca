"""Chronology functions: the density of craters of at least 1 km that a surface of an age has."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from farside.chronology.solve import rising_root
from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FORMS = {
    "exponential": ("a", "b", "c", "d"),
    "stretched": ("a", "c", "origin", "tau", "power"),
    "spike": ("a", "origin", "tau"),
}
GA = 1000.0  # Ma
_CHECKED = 4501


@dataclass(frozen=True)
class Term:
    """A part of a chronology function that acts between two ages (T in Ga).

    - ``exponential``: N = a (exp(b T) - 1) + c T + d T^2, so rate = a b exp(b T) + c + 2 d T
    - ``stretched``: rate = a exp(-((origin - T)/tau)^power) + c, falling from the Moon's origin
    - ``spike``: rate = a / (tau sqrt(2 pi)) exp(-((T - origin)/tau)^2 / 2), in all a per km2

    Parameters
    ----------
    form : one of the above
    from_ga, to_ga : where the term acts
    a, b, c, d : amplitude and coefficients, per km2 and Ga
    origin, tau : Ga
    power : exponent
    """

    form: str
    from_ga: float
    to_ga: float
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    origin: float = 0.0
    tau: float = 1.0
    power: float = 1.0

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise InputError(f"a term has the form {self.form!r}; known: {', '.join(FORMS)}.")
        if not 0 <= self.from_ga < self.to_ga:
            raise InputError(
                f"a term acts from {self.from_ga:g} to {self.to_ga:g} Ga; ages must rise from 0."
            )
        if self.tau <= 0 or self.power <= 0:
            raise InputError("tau and power of a term must be above 0.")
        if self.form == "stretched" and self.origin < self.to_ga:
            raise InputError(
                f"a stretched term ends at {self.to_ga:g} Ga, before its origin at "
                f"{self.origin:g} Ga; let it end at the origin at most."
            )

    def rate(self, age_ga: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return craters of at least 1 km per km2 per Ga."""
        t = np.clip(age_ga, self.from_ga, self.to_ga)
        if self.form == "exponential":
            y = self.a * self.b * np.exp(self.b * t) + self.c + 2 * self.d * t
        elif self.form == "stretched":
            y = self.a * np.exp(-(((self.origin - t) / self.tau) ** self.power)) + self.c
        else:
            z = (t - self.origin) / self.tau
            y = self.a * np.exp(-0.5 * z**2) / (self.tau * math.sqrt(2 * math.pi))
        return np.where((age_ga >= self.from_ga) & (age_ga <= self.to_ga), y, 0.0)

    def density(self, age_ga: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the integral of the rate from 0 to an age, per km2."""
        t = np.clip(age_ga, self.from_ga, self.to_ga)
        return self._integral(t) - self._integral(np.array(self.from_ga))

    def _integral(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.form == "exponential":
            return np.asarray(self.a * np.expm1(self.b * t) + self.c * t + self.d * t**2)
        if self.form == "spike":
            return np.asarray(self.a * special.ndtr((t - self.origin) / self.tau))
        # integral of exp(-x^p) from 0 to x is gamma(1/p) P(1/p, x^p) / p
        p = self.power
        x = (self.origin - t) / self.tau
        whole = special.gamma(1 / p) / p * self.tau
        return np.asarray(-self.a * whole * special.gammainc(1 / p, x**p) + self.c * t)


@dataclass(frozen=True)
class Chronology:
    """A chronology function: N(1), its rate and its inverse, for arrays of ages in Ma.

    Parameters
    ----------
    name, title : what it is called, and who made it
    terms : its parts; N(1) is their sum
    oldest_ma : age up to which it is used, Ma
    reference : key in ``references.csv``
    status : what was checked of the figures
    note : what else to know
    log_sigma : knots ``(age in Ma, one sigma of ln N(1))`` of its own uncertainty, ages rising;
        empty where none is stated

    Raises
    ------
    InputError
        when N(1) does not rise with age everywhere
    """

    name: str
    title: str
    terms: tuple[Term, ...]
    oldest_ma: float = 4500.0
    reference: str = ""
    status: str = ""
    note: str = ""
    log_sigma: tuple[tuple[float, float], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        ages = np.linspace(0.0, self.oldest_ma, _CHECKED)
        n1 = self.n1(ages)
        if not np.isfinite(n1).all() or (np.diff(n1) <= 0).any():
            where = ages[:-1][~(np.diff(n1) > 0)][0]
            raise InputError(
                f"the chronology function {self.name!r} does not rise at {where:.0f} Ma; a density "
                "must rise with age, so that each density has one age."
            )

    def n1(self, age_ma: ArrayLike) -> NDArray[np.float64]:
        """Return the density of craters of at least 1 km, per km2, at ages in Ma."""
        t = np.asarray(age_ma, dtype=float) / GA
        return np.asarray(sum(term.density(t) for term in self.terms))

    def rate(self, age_ma: ArrayLike) -> NDArray[np.float64]:
        """Return dN(1)/dT, per km2 per Ma; at a step the mean of both sides is not taken."""
        t = np.asarray(age_ma, dtype=float) / GA
        return np.asarray(sum(self._once(i, t) for i in range(len(self.terms)))) / GA

    def _once(self, i: int, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rate of a term; at an age where another begins, the older one counts."""
        term = self.terms[i]
        ends = any(other.from_ga == term.to_ga for other in self.terms)
        return np.where(ends & (t == term.to_ga), 0.0, term.rate(t))

    def age(self, n1: ArrayLike) -> NDArray[np.float64]:
        """Return the age in Ma at which N(1) has a value: the exact inverse of `n1`.

        NaN for a density that is negative or NaN, and infinite for one above that of the oldest
        age: older than the function reaches.
        """
        target = np.asarray(n1, dtype=float)
        known = (target >= 0) & (target <= self.n1(self.oldest_ma))
        goal = np.where(known, target, 0.0)
        # In ln N(1) Newton steps are short at every age: N(1) is near a line, then an exponential.
        with np.errstate(divide="ignore"):
            log_goal = np.log(goal)
        root = rising_root(
            lambda t: _log(self.n1(t)) - log_goal,
            lambda t: self.rate(t) / self.n1(t),
            np.zeros(target.shape),
            np.full(target.shape, self.oldest_ma),
        )
        ages = np.where(goal == 0, 0.0, root)
        older = np.where(target > 0, np.inf, np.nan)
        return np.asarray(np.where(known, ages, older))

    def sigma_ln_n1(self, age_ma: ArrayLike) -> NDArray[np.float64]:
        """Return one sigma of ln N(1) at ages in Ma, NaN where none is stated."""
        ages = np.asarray(age_ma, dtype=float)
        if not self.log_sigma:
            return np.full(ages.shape, np.nan)
        x, y = np.array(self.log_sigma).T
        return np.asarray(np.interp(ages, x, y))


def _log(x: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x))


def with_spike(base: Chronology, age_ma: float, sigma_ma: float, n1: float) -> Chronology:
    """Return a chronology with a late bombardment on top: a Gaussian in the rate.

    Parameters
    ----------
    base : the smooth decline
    age_ma, sigma_ma : centre and one sigma of the spike, Ma
    n1 : what it adds to the density of craters of at least 1 km on a surface older than it, per km2

    Raises
    ------
    InputError
        when `sigma_ma` or `n1` is not above 0
    """
    if not (sigma_ma > 0 and n1 > 0):
        raise InputError("a spike needs a width (Ma) and a density (per km2) above 0.")
    spike = Term("spike", 0.0, base.oldest_ma / GA, a=n1, origin=age_ma / GA, tau=sigma_ma / GA)
    return Chronology(
        f"{base.name}+spike",
        f"{base.title} with a spike of {n1:g} per km2 at {age_ma:g} Ma",
        (*base.terms, spike),
        base.oldest_ma,
        base.reference,
        base.status,
        "the spike is a hypothesis given by its user",
    )


def with_sawtooth(
    base: Chronology, start_ma: float = 4100.0, factor: float = 50**0.5, share: float = 0.25
) -> Chronology:
    """Return a chronology whose rate stepped up at an age: Morbidelli et al. (2012), in its terms.

    Up to `start_ma` the chronology is `base`. Older than that the rate is `factor` times lower and
    rises again with age as ``exp(b T)``, b such that the ground up to `start_ma` bears `share` of
    the craters since the oldest age. The defaults are the figures of the paper's abstract: a step
    at 4.1 Ga, by 5-10 times (the geometric mean is taken), and a quarter of all impacts since. The
    paper's own equation could not be read; that the old branch is an exponential is ours.

    Parameters
    ----------
    base : the chronology of the younger part, in the paper close to Neukum's
    start_ma : age of the step, Ma
    factor : by which the rate rose at the step
    share : of the craters since `base.oldest_ma` that are younger than the step

    Raises
    ------
    InputError
        when a figure makes no sawtooth
    """
    from scipy import optimize  # noqa: PLC0415 - one plain age needs none of it

    if not (0 < start_ma < base.oldest_ma and factor > 0 and 0 < share < 1):
        raise InputError(
            f"a sawtooth needs a step between 0 and {base.oldest_ma:g} Ma (given {start_ma:g}), a "
            f"factor above 0 (given {factor:g}) and a share between 0 and 1 (given {share:g})."
        )
    start, oldest = start_ma / GA, base.oldest_ma / GA
    rate = float(base.rate(start_ma)) * GA / factor
    length = oldest - start
    # the older part: integral of rate exp(b (T - start)) from start to oldest
    wanted = float(base.n1(start_ma)) * (1 / share - 1) / (rate * length)
    slope = optimize.brentq(lambda x: special.exprel(x) - wanted, -500.0, 500.0) / length
    young = tuple(replace(t, to_ga=min(t.to_ga, start)) for t in base.terms if t.from_ga < start)
    old = Term(
        "exponential", start, oldest, a=rate / slope * math.exp(-slope * start), b=slope
    )  # fmt: skip
    return Chronology(
        f"{base.name}+sawtooth",
        f"{base.title} with a step of {factor:.3g} at {start_ma:g} Ma",
        (*young, old),
        base.oldest_ma,
        base.reference,
        base.status,
        "the sawtooth is a hypothesis given by its user",
    )
