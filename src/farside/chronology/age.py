"""Model ages of surfaces from crater counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology import fits
from farside.chronology.counts import BinnedCount, Count, CraterCount
from farside.chronology.posterior import PRIORS, Posterior, density_quantiles
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from farside.chronology.systems import System

METHODS = ("poisson", "cumulative", "differential", "buffered", "non-sparse", "buffered-non-sparse")
ONE_SIGMA = math.erf(1 / math.sqrt(2))
LIMIT = 0.95
"""Probability of the upper limit that a range without craters gives."""
BORDER = 0.05
"""Share of craters on the border above which the age says that they count as whole ones."""
_OLDEST_GA = 4.5
"""Left end of the time line of an age, about the age of the Moon."""


@dataclass(frozen=True)
class ModelAge:
    """The model age of a surface, with its interval and the density it follows from.

    Parameters
    ----------
    name : of the count
    system : of the chronology
    method : one of `METHODS`
    prior : of the posterior; empty for a fit
    range_km : of the diameters used
    craters : how many
    area_km2 : counting area
    exposure_km2 : area times (N(>=low) - N(>=high)) / N(>=1 km)
    n1, n1_lower, n1_upper : density of craters >= 1 km per km2: median or fit, and its interval
    age_ma, lower_ma, upper_ma : the same as ages, Ma; infinite: older than the chronology reaches
    coverage : of the interval
    limit : no crater was found, so that the age is not known: `upper_ma` is a limit of `coverage`
    terms : one sigma of the age by cause, Ma (`farside.chronology.budget`); NaN: not stated
    notes : what to know before the age is used
    """

    name: str
    system: str
    method: str
    prior: str
    range_km: tuple[float, float]
    craters: float
    area_km2: float
    exposure_km2: float
    n1: float
    n1_lower: float
    n1_upper: float
    age_ma: float
    lower_ma: float
    upper_ma: float
    coverage: float = ONE_SIGMA
    limit: bool = False
    terms: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the age for JSON; None where it is older than the chronology or not stated."""
        out = dict(self.__dict__)
        out["range_km"] = [_finite(x) for x in self.range_km]
        out["notes"] = list(self.notes)
        out["terms"] = {key: _finite(value) for key, value in self.terms.items()}
        for key, value in out.items():
            if isinstance(value, float):
                out[key] = _finite(value)
        return out

    def __str__(self) -> str:
        """Return the age in words."""
        low, high = self.range_km
        span = f"{low:g}-{high:g} km" if math.isfinite(high) else f">= {low:g} km"
        head = f"{self.name}: {self._age()} ({self.coverage:.0%})"
        prior = f", prior uniform in {self.prior}" if self.prior in ("rate", "age", "log") else ""
        if self.prior == "jeffreys":
            prior = ", Jeffreys' prior"
        lines = [
            head,
            (
                f"  {self.system}, {self.method}{prior}; {self.craters:g} craters of {span} on "
                f"{self.area_km2:.6g} km2"
            ),
            f"  N(1 km) = {self.n1:.3g} ({self.n1_lower:.3g} to {self.n1_upper:.3g}) per km2",
        ]
        for cause, sigma in self.terms.items():
            stated = "not stated" if math.isnan(sigma) else f"{_span(sigma)} (1 sigma)"
            lines.append(f"  error from {cause}: {stated}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        from farside.chronology.systems import epochs  # noqa: PLC0415 - it needs this module's age
        from farside.notebook import Band, Range, card, ranges  # noqa: PLC0415

        low, high = self.range_km
        facts = [
            ("chronology", f"{self.system}, {self.method}"),
            ("craters", f"{self.craters:g} of {low:g} to {high:g} km on {self.area_km2:.6g} km²"),
            ("N(1 km)", f"{self.n1:.3g} ({self.n1_lower:.3g} to {self.n1_upper:.3g}) per km²"),
        ]
        middle = math.nan if self.limit else self.age_ma / 1000
        lower = 0.0 if self.limit else self.lower_ma / 1000
        row = Range("age", middle, lower, self.upper_ma / 1000)
        bands = [
            Band(name, young / 1000, min(old / 1000, _OLDEST_GA)) for name, young, old in epochs()
        ]
        return card(
            f"{self.name}: {self._age()} ({self.coverage:.0%})",
            table=((), facts),
            figure=ranges([row], "age, Ga", limits=(_OLDEST_GA, 0.0), bands=bands),
            notes=self.notes,
        )

    def _age(self) -> str:
        if self.limit and math.isinf(self.upper_ma):
            return "no limit: no crater in the range, as may be at any age the chronology reaches"
        if self.limit:
            return f"younger than {_span(self.upper_ma)}: no crater in the range"
        if math.isinf(self.age_ma):
            return f"older than {_span(self.lower_ma)} or than the chronology reaches"
        up = self.upper_ma - self.age_ma
        plus = f"+{_span(up)}" if math.isfinite(up) else "+ beyond the chronology"
        return f"{_span(self.age_ma)} {plus} -{_span(self.age_ma - self.lower_ma)}"


def _span(ma: float) -> str:
    if math.isinf(ma):
        return "beyond the chronology"
    return f"{ma / 1000:.4g} Ga" if ma >= 1000 else f"{ma:.3g} Ma"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def date(
    count: Count,
    system: System,
    range_km: tuple[float, float] | None = None,
    *,
    method: str = "poisson",
    prior: str = "rate",
    coverage: float = ONE_SIGMA,
    **options: Any,
) -> ModelAge:
    """Return the model age of a surface.

    Parameters
    ----------
    count : craters, or bins (only bins that lie wholly in the range are used; the range is widened
        to whole bins)
    system : chronology and production function
    range_km : diameters to use, low <= D < high; all when None
    method : ``poisson``: exact posterior from the number of craters; ``buffered``: the same,
        craters counted whose rim touches the area (Fassett and Head 2008); ``non-sparse``: the
        same, ground that larger craters erased taken off, and ``buffered-non-sparse``: both
        (Kneissl et al. 2016); ``cumulative``,
        ``differential``: fits of binned densities (Michael and Neukum 2010; Michael 2013)
    prior : ``rate``, ``age``, ``jeffreys`` or ``log``, of the posteriors
    coverage : of the interval
    options : ``counting``: ``all``, ``fraction`` or ``centre`` (poisson); ``binning``,
        ``resurfacing`` (fits); ``blanket``, ``seed`` (non-sparse)

    Raises
    ------
    InputError
        when the range reaches beyond the production function, or the method cannot work on the
        count
    UnknownNameError
        for another method or prior

    Examples
    --------
    >>> import farside
    >>> from farside.chronology.counts import make_count
    >>> count = make_count([1.1, 1.2, 1.5, 2.3], area_km2=1000.0)
    >>> age = farside.model_age(count, farside.chronology_system("neukum1983"), (1.0, 4.0))
    >>> age.craters, age.lower_ma < age.age_ma < age.upper_ma
    (4.0, True)
    """
    if method not in METHODS:
        raise UnknownNameError.of("method", method, METHODS)
    if prior not in PRIORS:
        raise UnknownNameError.of("prior", prior, PRIORS)
    if not 0 < coverage < 1:
        raise InputError(f"the coverage is {coverage:g}; give a share between 0 and 1.")
    _known_options(method, options)
    low, high, notes = _range(count, system, range_km)
    if method in ("cumulative", "differential"):
        fit = fits.fit_density(count, system.production, (low, high), method, **options)
        return _from_fit(count, system, fit, coverage, notes)
    exposure, k, more = _exposure(count, system, (low, high), method, options)
    made = _from_posterior(count.name, system, (low, high), (k, exposure), (prior, coverage))
    return replace(made, method=method, area_km2=count.area_km2, notes=(*notes, *more, *made.notes))


def _known_options(method: str, options: dict[str, Any]) -> None:
    known = {
        "poisson": {"counting"},
        "buffered": set(),
        "non-sparse": {"blanket", "seed"},
        "buffered-non-sparse": {"blanket", "seed"},
        "cumulative": {"binning", "resurfacing"},
        "differential": {"binning"},
    }[method]
    for key in options:
        if key not in known:
            raise UnknownNameError.of(f"option of the method {method}", key, known or {"none"})


def _range(
    count: Count, system: System, range_km: tuple[float, float] | None
) -> tuple[float, float, list[str]]:
    """Return the range of diameters, and what there is to say of it."""
    production = system.production
    notes = list(count.notes)
    if not system.verified:
        notes.append(f"figures of {system.name} are second-hand: {system.chronology.status}")
    if system.note:
        notes.append(system.note)
    if range_km is None:
        if isinstance(count, CraterCount):
            if not len(count):
                raise InputError(
                    f"the count {count.name!r} holds no crater; give the range of diameters that "
                    "would have been seen (range_km), and the age becomes an upper limit."
                )
            smallest = float(count.diameter_km.min())
        else:
            smallest = float(count.low_km[0])
        low, high = max(smallest, production.d_min_km), production.d_max_km
        notes.append(
            f"no range was given, so every crater from {low:.3g} km counts; sizes at which the "
            "count is not complete or in equilibrium make the age wrong: look at the plot and "
            "give the range"
        )
    else:
        low, high = (float(x) for x in range_km)
        if not (0 < low < high):
            raise InputError(
                f"the range of diameters is {low:g}-{high:g} km; it must rise, in km above 0."
            )
    if isinstance(count, BinnedCount):
        low, high = count.limits(low, high)
    return low, high, notes


def _exposure(
    count: Count,
    system: System,
    range_km: tuple[float, float],
    method: str,
    options: dict[str, Any],
) -> tuple[float, float, list[str]]:
    """Return the exposure in km2, the number of craters, and notes."""
    low, high = range_km
    if method == "poisson":
        counting = options.get("counting", "all")
        exposure = float(count.area_km2 * system.production.between(low, high))
        k = count.number(low, high, count=counting)
        return exposure, k, _border_note(count, range_km, k, counting)
    from farside.chronology import buffered  # noqa: PLC0415 - one plain age needs none of it

    if method == "buffered":
        return buffered.buffered_exposure(count, system.production, range_km)
    if method == "non-sparse":
        return buffered.non_sparse_exposure(count, system.production, range_km, **options)
    return buffered.buffered_non_sparse_exposure(count, system.production, range_km, **options)


def _border_note(count: Count, range_km: tuple[float, float], k: float, counting: str) -> list[str]:
    if counting != "all" or isinstance(count, BinnedCount):
        return []
    border = count.on_border(*range_km)
    if border <= BORDER * k:
        return []
    return [
        (
            f"{border} of {k:g} craters lie across the border and count as whole ones on the plain "
            "area, which makes the age too old; method 'buffered' or counting by 'fraction' do not"
        )
    ]


def _from_posterior(
    name: str,
    system: System,
    range_km: tuple[float, float],
    data: tuple[float, float],
    choice: tuple[str, float],
) -> ModelAge:
    """Return the age from ``(craters, exposure)`` and ``(prior, coverage)``."""
    (k, exposure), (prior, coverage) = data, choice
    if exposure <= 0:
        raise InputError(f"no ground of {name!r} is left to count on in this range.")
    empty = k == 0 and prior != "log"
    coverage = LIMIT if empty else coverage
    q = (0.0, 0.5, LIMIT) if empty else ((1 - coverage) / 2, 0.5, (1 + coverage) / 2)
    low, middle, high = (float(x) for x in _ages(k, exposure, system, prior, q))
    n1 = _densities(k, exposure, system, prior, q)
    return ModelAge(
        name, system.name, "poisson", prior, range_km, k, exposure, exposure,
        n1[1], n1[0], n1[2], middle, low, high, coverage, limit=empty,
    )  # fmt: skip


def _ages(k: float, exposure: float, system: System, prior: str, q: Any) -> Any:
    return Posterior(k, exposure, system.chronology, prior).quantiles(np.array(q))


def _densities(k: float, exposure: float, system: System, prior: str, q: Any) -> list[float]:
    if prior == "age":
        return [float(x) for x in system.chronology.n1(_ages(k, exposure, system, prior, q))]
    return [float(x) for x in density_quantiles(k, exposure, np.array(q), prior)]


def _from_fit(
    count: Count, system: System, fit: fits.Fit, coverage: float, notes: list[str]
) -> ModelAge:
    """Return the age of a fitted density; its error is normal in ln N(1)."""
    from scipy.special import ndtri  # noqa: PLC0415

    z = float(ndtri((1 + coverage) / 2))
    n1 = [fit.n1 * math.exp(sign * z * fit.sigma_ln) for sign in (-1, 0, 1)]
    low, middle, high = (float(x) for x in system.chronology.age(n1))
    exposure = float(count.area_km2 * system.production.between(*fit.range_km))
    return ModelAge(
        count.name, system.name, fit.method, "", fit.range_km, fit.craters, count.area_km2,
        exposure, n1[1], n1[0], n1[2], middle, low, high, coverage,
        notes=(*notes, *fit.notes),
    )  # fmt: skip
