"""Ages of several surfaces together: which is older, in which order, and one age for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from farside.chronology.posterior import density_quantiles, gamma_shape
from farside.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farside.chronology.age import ModelAge

_NODES = 20_001
_TAIL = 1e-14


def older_probability(first: ModelAge, second: ModelAge) -> float:
    """Return the probability that the first surface is older than the second.

    With densities X/E of Gamma-distributed X and exposures E, ``X1/E1 > X2/E2`` has the exact
    probability ``1 - I(E1 / (E1 + E2); k1 + p, k2 + p)``, I the regularised incomplete beta
    function; no chronology enters, as it is the same for both and rises with age.

    Raises
    ------
    InputError
        for ages of different systems or priors, or from fits
    """
    a, b = _shapes([first, second])
    share = first.exposure_km2 / (first.exposure_km2 + second.exposure_km2)
    return float(special.betainc(b, a, 1 - share))


def order_probability(ages: Sequence[ModelAge]) -> float:
    """Return the probability that surfaces formed in the order given, oldest first.

    The nested integral over the posteriors of the densities, from the youngest up, on a grid that
    is dense where they are.

    Raises
    ------
    InputError
        for fewer than two ages, or as in `older_probability`
    """
    shapes = _shapes(ages)
    exposures = np.array([age.exposure_km2 for age in ages])
    if len(ages) == 2:
        return older_probability(*ages)
    low = special.gammaincinv(shapes, _TAIL) / exposures
    high = special.gammainccinv(shapes, _TAIL) / exposures
    x = np.concatenate(
        [np.linspace(a, b, _NODES // len(ages)) for a, b in zip(low, high, strict=True)]
    )
    x = np.unique(np.append(x, 0.0))
    below = np.ones(len(x))  # probability that the younger ones lie in order, all below x
    for shape, exposure in zip(shapes[::-1], exposures[::-1], strict=True):
        cdf = special.gammainc(shape, x * exposure)
        steps = np.diff(cdf) * 0.5 * (below[1:] + below[:-1])
        below = np.append(0.0, np.cumsum(steps))
    return float(below[-1])


def _shapes(ages: Sequence[ModelAge]) -> Any:
    if len(ages) < 2:
        raise InputError("give at least two ages to compare.")
    if len({(age.system, age.prior) for age in ages}) > 1:
        raise InputError("ages are compared within one system and one prior; these differ.")
    if ages[0].prior in ("", "age"):
        raise InputError(
            "sequences and joint ages are exact for posteriors of method 'poisson', 'buffered' or "
            "'non-sparse' with the prior 'rate', 'jeffreys' or 'log'; date the surfaces by one."
        )
    return gamma_shape([age.craters for age in ages], ages[0].prior)


@dataclass(frozen=True)
class JointAge:
    """One age for several surfaces.

    Parameters
    ----------
    age : as of one surface with all craters and all exposure
    consistency : probability of densities that differ as much or more if the age is one; a small
        value says that the surfaces do not share an age
    names : of the surfaces
    """

    age: ModelAge
    consistency: float
    names: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the joint age for JSON."""
        return {
            "age": self.age.to_dict(),
            "consistency": self.consistency,
            "names": list(self.names),
        }

    def __str__(self) -> str:
        """Return the joint age in words."""
        doubt = " - they hardly share one age" if self.consistency < 0.01 else ""
        fit = f"consistency p = {self.consistency:.3g}{doubt}"
        return f"{self.age}\n  {len(self.names)} surfaces, {fit}"

    def _repr_html_(self) -> str:
        told = f"{len(self.names)} surfaces of one age: consistency p = {self.consistency:.3g}"
        return replace(self.age, notes=(*self.age.notes, told))._repr_html_()


def joint_age(ages: Sequence[ModelAge], system: Any) -> JointAge:
    """Return the one age of surfaces that formed together.

    The posterior is Gamma(sum k + p) over the summed exposure. The consistency is the p-value of
    the likelihood-ratio statistic of numbers against shares of exposure, by 20,000 multinomial
    draws where numbers are small.

    Parameters
    ----------
    ages : posteriors of one system and prior
    system : `farside.chronology.systems.System` of the ages
    """
    from dataclasses import replace  # noqa: PLC0415

    from farside.chronology.posterior import poisson_ages  # noqa: PLC0415

    _shapes(ages)
    if system.name != ages[0].system:
        raise InputError(f"the ages are of {ages[0].system}, not of {system.name}.")
    k = np.array([age.craters for age in ages])
    exposure = np.array([age.exposure_km2 for age in ages])
    cover = ages[0].coverage if not ages[0].limit else ages[-1].coverage
    q = np.array([(1 - cover) / 2, 0.5, (1 + cover) / 2])
    data = (float(k.sum()), float(exposure.sum()))
    low, middle, high = (float(x) for x in poisson_ages(*data, system.chronology, q, ages[0].prior))
    n1 = [float(x) for x in density_quantiles(*data, q, ages[0].prior)]
    names = tuple(age.name for age in ages)
    joint = replace(
        ages[0], name=" + ".join(names), craters=data[0], exposure_km2=data[1],
        area_km2=sum(age.area_km2 for age in ages), n1=n1[1], n1_lower=n1[0], n1_upper=n1[2],
        age_ma=middle, lower_ma=low, upper_ma=high, coverage=cover, limit=False, terms={},
        range_km=(min(a.range_km[0] for a in ages), max(a.range_km[1] for a in ages)),
        notes=tuple(dict.fromkeys(note for age in ages for note in age.notes)),
    )  # fmt: skip
    return JointAge(joint, _consistency(k, exposure / exposure.sum()), names)


def _consistency(k: Any, share: Any, draws: int = 20_000) -> float:
    """Return the p-value of numbers `k` under shares of one multinomial."""
    total = round(k.sum())
    if total == 0:
        return 1.0

    def statistic(n: Any) -> Any:
        return 2 * special.xlogy(n, n / (total * share)).sum(axis=-1)

    drawn = statistic(np.random.default_rng(0).multinomial(total, share, draws))
    return float((1 + (drawn >= statistic(k) - 1e-9).sum()) / (draws + 1))
