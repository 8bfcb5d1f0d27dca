"""An isochron: points to a line, its age with internal and external errors, and what to doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError, UnknownNameError
from farside.isotopes import models
from farside.isotopes.decay import DEFAULT, preset
from farside.isotopes.systems import OLDEST_MA, Age, System, age, check_ratios, system
from farside.isotopes.york import york
from farside.provenance import cite

if TYPE_CHECKING:
    from farside.isotopes.models import Fit, Scatter
    from farside.isotopes.points import Float, Points
    from farside.isotopes.york import Line

METHODS = {"1": "york2004", "2": "ludwig2012", "3": "vermeesch2018", "robust": "powell2020"}
"""Model to the key of its paper."""
_WORDS = {
    "1": "model 1, errors as given (York et al. 2004)",
    "2": "model 2, errors left out, geometric-mean slope",
    "3": "model 3, further scatter of the {scatter}",
    "robust": "robust line, Huber's loss (Powell et al. 2020)",
}
MANY_POINTS = 2000
"""Points up to which every one is left out in turn."""


@dataclass(frozen=True)
class Isochron:
    """An isochron and its age; errors are one sigma, intervals 95 %.

    Parameters
    ----------
    system, model, constants : names of what was used
    n : points
    mswd, probability : of the errors as given (model-1 line), whatever the model
    age : Ma with internal and external error apart; the scatter is in `age_scatter`
    age_scatter : internal one sigma scaled by the root of the MSWD where that is above 1 and
        significant, else the internal one
    age_95 : interval, internal
    age_95_external : interval with decay constants; None where they carry no error
    initial, initial_1s, initial_95 : the initial ratio; None where the system's line gives none
    slope, slope_1s, intercept, intercept_1s, covariance : of the line
    overdispersion, overdispersion_95 : omega of model 3, in units of y or of slope; None else
    spine : width s and its limit, of a robust fit; None else
    influence : for each point the age without it minus the age, Ma (NaN where there is none)
    labels, flags, notes : names of points; what to doubt; what was assumed
    scatter : what model 3 let vary
    scaled, half_width : whether the interval holds the scatter, and one sigma's multiplier in it
    references : keys of papers
    """

    system: str
    model: str
    constants: str
    n: int
    mswd: float
    probability: float
    age: Age
    age_scatter: float
    age_95: tuple[float, float]
    age_95_external: tuple[float, float] | None
    initial: float | None
    initial_1s: float | None
    initial_95: tuple[float, float] | None
    slope: float
    slope_1s: float
    intercept: float
    intercept_1s: float
    covariance: float
    overdispersion: float | None
    overdispersion_95: tuple[float, float] | None
    spine: tuple[float, float] | None
    influence: tuple[float, ...]
    labels: tuple[str, ...]
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    scatter: str
    scaled: bool
    half_width: float
    references: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; NaN becomes None."""
        found = {k: _jsonable(v) for k, v in self.__dict__.items() if k != "age"}
        found["age_ma"] = _jsonable(self.age.value)
        found["age_1s_internal_ma"] = _jsonable(self.age.internal)
        found["age_1s_external_ma"] = _jsonable(self.age.external)
        found["age_1s_total_ma"] = _jsonable(self.age.total)
        found["initial_name"] = system(self.system).initial or None
        return found

    def __str__(self) -> str:
        """Return the result as a table."""
        return "\n".join(_lines(self))

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        facts = [
            ("age", f"{self.age.value:.1f} ± {self.age.internal:.1f} Ma (1 sigma, internal)"),
            ("MSWD", f"{self.mswd:.3g}, probability {self.probability:.3g}, n {self.n}"),
        ]
        if self.initial is not None and self.initial_1s is not None:
            name = system(self.system).initial or "initial"
            facts.append((name, f"{self.initial:.6f} ± {self.initial_1s:.6f}"))
        rows = [Range("95 %", self.age.value, *self.age_95)]
        if self.age_95_external is not None:
            rows.append(Range("95 % with decay constants", self.age.value, *self.age_95_external))
        without = [self.age.value + change for change in self.influence if np.isfinite(change)]
        rows += [Range("each point left out", np.nan, dots=without)] if without else []
        return card(
            f"{self.system} isochron",
            _WORDS[self.model].format(scatter=self.scatter),
            table=((), facts),
            figure=ranges(rows, "age, Ma"),
            notes=(*self.flags, *self.notes),
        )


def isochron(
    points: Points,
    name: str,
    *,
    model: str = "1",
    constants: str = DEFAULT,
    scatter: Scatter = "initial",
) -> Isochron:
    """Fit an isochron and date it.

    Parameters
    ----------
    points : analyses, one-sigma errors
    name : a key of `farside.isotopes.systems.SYSTEMS`, such as ``"rb-sr"``
    model : ``"1"``, ``"2"``, ``"3"`` or ``"robust"``; see `farside.isotopes.models`
    constants : name of a set of decay constants
    scatter : what model 3 lets vary, ``"initial"`` or ``"slope"``

    Raises
    ------
    InputError
        when the ratios cannot be those of the system, the line does not settle or has no age
    UnknownNameError
        for an unknown system, model or set of constants

    Examples
    --------
    >>> from farside.datasets.isotopes import load_reference_isochron
    >>> from farside.isotopes.points import make_points
    >>> table = load_reference_isochron("RbSr1")
    >>> points = make_points(table["x"], table["x_1s"], table["y"], table["y_1s"])
    >>> found = isochron(points, "rb-sr")
    >>> f"{found.age.value:.0f} ± {found.age.internal:.0f} Ma"  # 4499 ± 39 Ma by IsoplotR
    '4499 ± 39 Ma'
    """
    of, rates = system(name), preset(constants)
    if model not in METHODS:
        raise UnknownNameError.of("model", model, METHODS)
    check_ratios(points, of)
    parts = (points.x, points.sx, points.y, points.sy, points.rho)
    spine = None
    if model == "robust":
        fit, *width = models.spine(*parts)
        spine = (width[0], width[1])
    else:
        fit = _fit(parts, model, scatter)
    line = fit.line
    if not line.converged or not np.isfinite(line.slope_1s):
        raise InputError(
            "the line does not settle: the errors are as large as the spread of the points, or "
            "the points lie on no line; look at the data."
        )
    value, sigma = _told(line, of)
    found = age(value, sigma, of, rates)
    low, high = _ages(value, fit.half_width * sigma, of, constants)
    without = influence(points, name, constants, found.value) if model == "1" else ()
    initial = (line.intercept, line.intercept_1s) if of.initial else (None, None)
    reach = fit.half_width * line.intercept_1s
    grown = fit.half_width / models.NORMAL_95 if model == "1" and fit.scaled else 1.0
    return Isochron(
        system=name,
        model=model,
        constants=constants,
        n=line.n,
        mswd=fit.mswd,
        probability=fit.probability,
        age=found,
        age_scatter=found.internal * (np.sqrt(fit.mswd) if grown != 1.0 else 1.0),
        age_95=(low, high),
        age_95_external=_with_external(found, low, high),
        initial=initial[0],
        initial_1s=initial[1],
        initial_95=(line.intercept - reach, line.intercept + reach) if of.initial else None,
        slope=line.slope,
        slope_1s=line.slope_1s,
        intercept=line.intercept,
        intercept_1s=line.intercept_1s,
        covariance=line.covariance,
        overdispersion=fit.overdispersion if model == "3" else None,
        overdispersion_95=fit.overdispersion_95 if model == "3" else None,
        spine=spine,
        influence=without,
        labels=points.labels,
        flags=_flags(points, fit, (found, low), model, spine),
        notes=points.notes,
        scatter=scatter,
        scaled=bool(fit.scaled),
        half_width=float(fit.half_width),
        references=(METHODS[model], *rates.references(*of.nuclides)),
    )


def influence(points: Points, name: str, constants: str, whole: float) -> tuple[float, ...]:
    """Return, for each point, the model-1 age without it minus the age `whole`, Ma.

    All lines are fitted in one call. Empty for more than `MANY_POINTS` points or fewer than four.
    """
    n = len(points)
    if not 4 <= n <= MANY_POINTS:
        return ()
    line = york(
        *(
            np.broadcast_to(part, (n, n))
            for part in (points.x, points.sx, points.y, points.sy, points.rho)
        ),
        weight=1.0 - np.eye(n),
    )
    of, rates = system(name), preset(constants)
    values = line.slope if of.uses == "slope" else line.intercept
    return tuple(_age_or_nan(float(value), of, rates) - whole for value in values)


# -- parts -------------------------------------------------------------------------------------


def _fit(parts: tuple[Float, ...], model: str, scatter: Scatter) -> Fit:
    if model == "1":
        return models.model_1(*parts)
    if model == "2":
        return models.model_2(*parts)
    return models.model_3(*parts, scatter=scatter)


def _told(line: Line, of: System) -> tuple[float, float]:
    """Return what the age is read from, and its sigma."""
    if of.uses == "slope":
        return line.slope, line.slope_1s
    return line.intercept, line.intercept_1s


def _age_or_nan(value: float, of: System, rates: Any) -> float:
    try:
        return age(value, 0.0, of, rates).value
    except InputError:
        return float("nan")


def _ages(value: float, reach: float, of: System, constants: str) -> tuple[float, float]:
    """Return the ages of the ends of an interval: an age rises with what it is read from."""
    rates = preset(constants)
    return _age_or_nan(value - reach, of, rates), _age_or_nan(value + reach, of, rates)


def _with_external(found: Age, low: float, high: float) -> tuple[float, float] | None:
    """Widen an interval by the decay constants, in quadrature."""
    if not np.isfinite(found.external):
        return None
    more = models.NORMAL_95 * found.external
    return (
        found.value - float(np.hypot(found.value - low, more)),
        found.value + float(np.hypot(high - found.value, more)),
    )


def _flags(
    points: Points,
    fit: Fit,
    found: tuple[Age, float],
    model: str,
    spine: tuple[float, float] | None,
) -> tuple[str, ...]:
    """Return what a reader should doubt, of an age and the lower end of its interval."""
    dated, low = found
    flags = []
    if fit.probability < models.SCATTER_PROBABILITY:
        flags.append(
            f"the points scatter more than their errors allow (p = {fit.probability:.2g}): errors "
            "too small, or no single age and initial ratio"
        )
    if 1 - fit.probability < models.SCATTER_PROBABILITY:
        flags.append(
            "the points scatter less than their errors allow "
            f"(MSWD {fit.mswd:.2g}): errors may be too large, or 2 sigma read as 1 sigma"
        )
    if dated.value > OLDEST_MA + 2 * dated.internal:
        flags.append(f"older than the solar system ({OLDEST_MA:g} Ma)")
    if dated.value < 0:
        flags.append("the age is negative")
    elif not low > 0:
        flags.append("the age is no different from 0: the errors allow a flat line")
    if len(points) < 5:
        flags.append(f"only {len(points)} points")
    gap = np.sort(points.x)
    if len(points) > 3 and np.diff(gap).max() > 0.7 * np.ptp(gap) and np.ptp(gap) > 0:
        flags.append("one gap holds most of the spread in x: the line is drawn by two groups")
    if spine is not None and spine[0] > spine[1]:
        flags.append(
            f"spine width {spine[0]:.2f} above its limit {spine[1]:.2f}: no clear core of points"
        )
    if model == "3" and fit.overdispersion == 0:
        flags.append("no scatter beyond the errors: model 3 is model 1 with Student's t")
    return tuple(flags)


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_jsonable(part) for part in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value


def _span(pair: tuple[float, float], digits: int) -> str:
    return " to ".join("none" if np.isnan(end) else f"{end:.{digits}f}" for end in pair)


def digits_of(sigma: float) -> int:
    """Return the decimals that show two significant figures of an error."""
    if not np.isfinite(sigma) or sigma <= 0:
        return 2
    return int(min(max(1 - np.floor(np.log10(sigma)), 0), 9))


def _lines(found: Isochron) -> list[str]:
    of, t = system(found.system), found.age
    d = digits_of(t.internal)
    external = "not published" if np.isnan(t.external) else f"{t.external:.{d}f}"
    rows = [
        f"{of.x} - {of.y} isochron, {found.n} points",
        f"method            {_WORDS[found.model].format(scatter=found.scatter)}",
        f"age               {t.value:.{d}f} ± {t.internal:.{d}f} Ma (1 sigma, internal)",
        f"                  ± {external} Ma (1 sigma, decay constants alone)",
    ]
    if found.model == "1" and found.scaled:
        rows.append(
            f"                  ± {found.age_scatter:.{d}f} Ma (1 sigma, internal, times root MSWD)"
        )
    rows.append(f"95 % interval     {_span(found.age_95, d)} Ma, internal")
    if found.age_95_external is not None:
        rows.append(f"                  {_span(found.age_95_external, d)} Ma, with decay constants")
    if found.initial is not None and found.initial_1s is not None:
        k = digits_of(found.initial_1s)
        name = f"initial {of.initial}".ljust(17)
        rows.append(f"{name} {found.initial:.{k}f} ± {found.initial_1s:.{k}f} (1 sigma)")
        rows.append(f"                  {_span(found.initial_95 or (0, 0), k)} (95 %)")
    rows.append(f"MSWD              {found.mswd:.4g}, probability of fit {found.probability:.3g}")
    if found.overdispersion is not None and found.overdispersion_95 is not None:
        low, high = found.overdispersion_95
        rows.append(
            f"overdispersion    {found.overdispersion:.3g} ({low:.3g} to {high:.3g}, 95 %) of the "
            + ("initial ratio" if found.scatter == "initial" else "slope")
        )
    if found.spine is not None:
        rows.append(f"spine width       {found.spine[0]:.2f} (limit {found.spine[1]:.2f})")
    if found.influence and not np.isnan(found.influence).all():
        i = int(np.nanargmax(np.abs(found.influence)))
        rows.append(
            f"influence         without point {found.labels[i]} the age moves by "
            f"{found.influence[i]:+.{d}f} Ma, the most of any"
        )
    rows += [f"flag              {flag}" for flag in found.flags]
    rows += [f"note              {note}" for note in found.notes]
    rows.append(f"decay constants   {found.constants}")
    rows += [f"cite              {ref}" for ref in cite(*found.references)]
    return rows
