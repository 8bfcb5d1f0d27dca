"""What the error of a model age is made of, cause by cause."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from farside.chronology.counts import CraterCount
from farside.chronology.systems import production_functions, system, system_names
from farside.errors import InputError

if TYPE_CHECKING:
    from farside.chronology.age import ModelAge
    from farside.chronology.counts import Count
    from farside.chronology.systems import System

CAUSES = ("counting", "diameter", "production", "chronology", "anchor")
PEERS = ("neukum1983", "hartmann2010", "yue2022")
"""Systems with chronology functions of their own whose figures are verified."""


def with_budget(
    age: ModelAge,
    count: Count,
    used: System,
    *,
    diameter_error: float | None = None,
    anchor_sigma_ma: float | None = None,
) -> ModelAge:
    """Return the age with one sigma of each cause of error, Ma; NaN where a cause is not stated.

    - ``counting``: half the width of the 68 % interval, by the posterior or the fit
    - ``diameter``: a common error s of all diameters moves N(1) by `|slope| s` at the lower limit
      of the range; s is `diameter_error`, or the mean relative error that the count states
    - ``production``: spread (standard deviation) of the age over the published production functions
      that hold in the range, the chronology left as it is
    - ``chronology``: the system's own sigma of ln N(1) where it has one, as a recalibrated one has;
      else the spread of the age over the published chronologies whose figures are verified, at the
      same density
    - ``anchor``: `anchor_sigma_ma`, one sigma of the radiometric age that the chronology rests on
      there

    The spreads are differences between schools, not random errors: they are given apart and are not
    added to the interval.

    Raises
    ------
    InputError
        for a negative error
    """
    if (diameter_error or 0) < 0 or (anchor_sigma_ma or 0) < 0:
        raise InputError("an error of the diameters or of an anchor is negative.")
    terms = {
        "counting": _counting(age),
        "diameter": _diameter(age, count, used, diameter_error),
        "production": _production(age, used),
        "chronology": _chronology(age, used),
        "anchor": math.nan if anchor_sigma_ma is None else float(anchor_sigma_ma),
    }
    return replace(age, terms=terms)


def _slope_ma(age: ModelAge, used: System) -> float:
    """Return dT / d ln N(1) at the age, Ma."""
    if not math.isfinite(age.age_ma) or age.limit:
        return math.nan
    return float(age.n1 / used.chronology.rate(age.age_ma))


def _counting(age: ModelAge) -> float:
    if age.limit or not math.isfinite(age.upper_ma):
        return math.nan
    from scipy.special import ndtri  # noqa: PLC0415

    return (age.upper_ma - age.lower_ma) / 2 / float(ndtri((1 + age.coverage) / 2))


def _diameter(age: ModelAge, count: Count, used: System, error: float | None) -> float:
    if error is None and isinstance(count, CraterCount):
        low, high = age.range_km
        inside = (count.diameter_km >= low) & (count.diameter_km < high)
        relative = (count.sigma_km / count.diameter_km)[inside]
        if relative.size and np.isfinite(relative).any():
            error = float(np.nanmean(relative))
    if error is None:
        return math.nan
    return abs(float(used.production.slope(age.range_km[0]))) * error * _slope_ma(age, used)


def _production(age: ModelAge, used: System) -> float:
    low, high = age.range_km
    own = used.production
    share = float(own.between(low, high))
    ages = [age.age_ma]
    for other in production_functions().values():
        top = high if math.isfinite(high) else math.inf
        if other.name == own.name or low < other.d_min_km or min(top, 1e9) > other.d_max_km:
            continue
        n1 = age.n1 * share / float(other.between(low, high))
        ages.append(float(used.chronology.age(n1)))
    return _spread(ages)


def _chronology(age: ModelAge, used: System) -> float:
    stated = float(used.chronology.sigma_ln_n1(age.age_ma)) if math.isfinite(age.age_ma) else 0.0
    if used.chronology.log_sigma:
        return stated * _slope_ma(age, used)
    names = [name for name in PEERS if name in system_names()]
    others = {system(name).chronology.name: system(name).chronology for name in names}
    others.pop(used.chronology.name, None)
    return _spread([age.age_ma, *(float(c.age(age.n1)) for c in others.values())])


def _spread(ages: list[float]) -> float:
    good = [a for a in ages if math.isfinite(a)]
    return float(np.std(good, ddof=1)) if len(good) > 1 else math.nan
