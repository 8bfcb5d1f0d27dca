"""Families of chronology functions that calibration sites are fitted with, for many draws at once.

Every family is the rate of Neukum (1983), ``a b exp(b T) + c``, with nothing, a quadratic term, a
change of slope, a spike or a step added. ``a`` and ``b`` are so correlated that instead of ``a``
the logarithm of the exponential part at 3.85 Ga, ``x = ln(a (exp(3.85 b) - 1))``, is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from farside.chronology.functions import Term
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PIVOT_GA = 3.85
"""Age of the pivot, that of the Imbrium ejecta (Stöffler and Ryder 2001), Ga."""
OLDEST_GA = 4.5


@dataclass(frozen=True)
class Parameter:
    """A parameter with a prior that is uniform between two limits.

    Parameters
    ----------
    name : short name
    low, high : limits of the prior
    about : what it is, with its unit
    """

    name: str
    low: float
    high: float
    about: str

    def __post_init__(self) -> None:
        if not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            raise InputError(
                f"the prior of {self.name} runs from {self.low:g} to {self.high:g}; give two "
                "finite limits, the lower first."
            )

    def widened(self, factor: float) -> Parameter:
        """Return the parameter with limits `factor` times as far from their middle."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2 * factor
        return replace(self, low=middle - half, high=middle + half)


_COMMON = (
    Parameter("x", float(np.log(1e-3)), 0.0, "ln of the exponential part at 3.85 Ga, per km2"),
    Parameter("b", 1.0, 30.0, "rate of the exponential, per Ga"),
    Parameter("ln_c", float(np.log(1e-4)), float(np.log(1e-2)), "ln of the constant rate"),
)
_EXTRA: Mapping[str, tuple[Parameter, ...]] = {
    "exponential": (),
    "quadratic": (Parameter("d", 0.0, 1e-3, "quadratic term, per km2 per Ga2"),),
    "piecewise": (
        Parameter("t_break", 3.7, 4.2, "age at which the slope changes, Ga"),
        Parameter("b_old", 0.0, 30.0, "rate of the exponential before it, per Ga"),
    ),
    "spike": (
        Parameter("t_spike", 3.8, 4.1, "centre of the spike, Ga"),
        Parameter("ln_width", float(np.log(0.02)), float(np.log(0.15)), "ln of its sigma, Ga"),
        Parameter("ln_n", float(np.log(1e-3)), 0.0, "ln of the density that it adds, per km2"),
    ),
    "sawtooth": (
        Parameter("t_break", 3.9, 4.2, "age of the step, Ga"),
        Parameter("b_old", 0.0, 30.0, "rate of the exponential before it, per Ga"),
        Parameter("ln_step", 0.0, float(np.log(30.0)), "ln of the factor by which the rate rose"),
    ),
}
SCATTER = Parameter("scatter", 0.0, 1.0, "one sigma of ln N(1) beyond the stated errors")
TITLES = {
    "exponential": "a (exp(bT) - 1) + cT",
    "quadratic": "a (exp(bT) - 1) + cT + dT^2",
    "piecewise": "exponential with a change of slope, plus cT",
    "spike": "smooth decline with a spike (late heavy bombardment)",
    "sawtooth": "step up in the rate, then decline (sawtooth)",
}


@dataclass(frozen=True)
class Model:
    """A family of chronology functions with the priors of its parameters.

    Where `scatter` is set the last parameter is one sigma of ln N(1) between sites beyond their
    stated errors, common to all.
    """

    name: str
    parameters: tuple[Parameter, ...]
    scatter: bool = True

    def scatter_of(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scatter of draws, shape (m, p) -> (m, 1); 0 where the family has none."""
        return theta[:, -1:] if self.scatter else np.zeros((len(theta), 1))

    @property
    def title(self) -> str:
        """The formula, or what it stands for."""
        return TITLES[self.name]

    @property
    def limits(self) -> NDArray[np.float64]:
        """Limits of the priors, shape (2, p)."""
        return np.array([[p.low, p.high] for p in self.parameters]).T

    def log_prior(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the ln of the prior density of draws, shape (m, p) -> (m,)."""
        low, high = self.limits
        inside = ((theta >= low) & (theta <= high)).all(axis=1)
        return np.where(inside, -np.log(high - low).sum(), -np.inf)

    def density(
        self, theta: NDArray[np.float64], age_ga: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return N(1) per km2.

        Parameters
        ----------
        theta : draws, shape (m, p)
        age_ga : ages in Ga, shape (q,) or (m, q)

        Returns
        -------
        array of shape (m, q)
        """
        columns = theta.T[:, :, None]
        x, b, ln_c = columns[:3]
        t = age_ga
        linear = np.exp(ln_c) * t
        if self.name in ("piecewise", "sawtooth"):
            t_break, b_old = columns[3:5]
            step = columns[5] if self.name == "sawtooth" else 0.0
            return np.asarray(_broken(x, b, (t_break, b_old, step), t) + linear)
        smooth = np.exp(x) * np.expm1(b * t) / np.expm1(b * PIVOT_GA) + linear
        if self.name == "quadratic":
            return np.asarray(smooth + columns[3] * t**2)
        if self.name == "spike":
            centre, width, added = columns[3], np.exp(columns[4]), np.exp(columns[5])
            below = special.ndtr((t - centre) / width) - special.ndtr(-centre / width)
            return np.asarray(smooth + added * below)
        return np.asarray(smooth)

    def terms(self, theta: NDArray[np.float64]) -> tuple[Term, ...]:
        """Return one draw, shape (p,), as terms of a `farside.chronology.functions.Chronology`."""
        b, c = float(theta[1]), float(np.exp(theta[2]))
        a = float(np.exp(theta[0]) / np.expm1(b * PIVOT_GA))
        whole = Term("exponential", 0.0, OLDEST_GA, a=a, b=b, c=c)
        if self.name == "quadratic":
            return (replace(whole, d=float(theta[3])),)
        if self.name == "spike":
            centre, width, added = float(theta[3]), float(np.exp(theta[4])), float(np.exp(theta[5]))
            return whole, Term("spike", 0.0, OLDEST_GA, a=added, origin=centre, tau=width)
        if self.name in ("piecewise", "sawtooth"):
            t_break, b_old = float(theta[3]), float(theta[4])
            step = float(np.exp(theta[5])) if self.name == "sawtooth" else 1.0
            rate = a * b * np.exp(b * t_break) / step
            old = Term(
                "exponential", t_break, OLDEST_GA,
                a=float(rate * np.exp(-b_old * t_break) / b_old), b=b_old, c=c,
            )  # fmt: skip
            return replace(whole, to_ga=t_break), old
        return (whole,)


def _broken(
    x: NDArray[np.float64],
    b: NDArray[np.float64],
    old: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | float],
    t: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the exponential part of a rate that changes slope, and by a factor, at an age."""
    t_break, b_old, step = old
    whole = np.exp(x) / np.expm1(b * PIVOT_GA)
    young = whole * np.expm1(b * np.minimum(t, t_break))
    rate = whole * b * np.exp(b * t_break - step)
    before = np.maximum(t - t_break, 0.0)
    return np.asarray(young + rate * before * special.exprel(b_old * before))


def model_names() -> tuple[str, ...]:
    """Return the names of the families."""
    return tuple(_EXTRA)


def model(
    name: str,
    priors: Mapping[str, tuple[float, float]] | None = None,
    *,
    scatter: bool = True,
) -> Model:
    """Return a family of chronology functions.

    Parameters
    ----------
    name : one of `model_names`
    priors : other limits of the uniform priors, by name of the parameter
    scatter : whether sites may scatter beyond their stated errors, by an amount to be found

    Raises
    ------
    UnknownNameError
        for another family or parameter
    InputError
        for limits that are not finite or not rising

    Examples
    --------
    >>> from farside.chronology.models import model
    >>> [p.name for p in model("exponential").parameters]
    ['x', 'b', 'ln_c', 'scatter']
    """
    if name not in _EXTRA:
        raise UnknownNameError.of("chronology model", name, _EXTRA)
    parameters = {p.name: p for p in (*_COMMON, *_EXTRA[name], *([SCATTER] * scatter))}
    for key, (low, high) in (priors or {}).items():
        if key not in parameters:
            raise UnknownNameError.of(f"parameter of {name}", key, parameters)
        parameters[key] = replace(parameters[key], low=float(low), high=float(high))
    return Model(name, tuple(parameters.values()), scatter)
