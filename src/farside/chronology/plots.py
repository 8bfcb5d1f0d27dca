"""The plots of the field: crater densities, chronologies, rates, and posteriors of ages."""

from __future__ import annotations

import math
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.binning import to_bins
from farside.chronology.counts import BinnedCount, Count
from farside.chronology.posterior import Posterior
from farside.chronology.systems import epochs, equilibria
from farside.errors import InputError, UnknownNameError
from farside.style import (
    DOUBLE_IN,
    FAINT,
    LEAST_PT,
    MUTED,
    accent,
    legend_below,
    marker,
    new_figure,
    plain_log,
    styled,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from farside.chronology.age import ModelAge
    from farside.chronology.systems import System

TITLES = {
    "cumulative": "cumulative",
    "differential": "differential",
    "r": "R",
    "hartmann": "Hartmann",
}
PRESENTATIONS = {
    "cumulative": "craters ≥ D per km²",
    "differential": "craters per km² per km",
    "r": "R = D³ dN/dD",
    "hartmann": "craters per km² in a bin of √2",
}
_HEIGHT_IN = 3.3
_NODES = 400
_MANY = 8
"""Entries above which a legend takes two columns and the figure both of a page."""


def plot_counts(
    counts: Sequence[Count],
    ages: Sequence[ModelAge],
    system: System,
    presentation: str = "cumulative",
    *,
    binning: str = "pseudo-log",
    equilibrium: str | None = None,
) -> Figure:
    """Return crater densities with the isochrons of their ages.

    Parameters
    ----------
    counts : crater counts
    ages : of them; each draws its isochron, thick over the range that was used
    system : of the ages
    presentation : ``cumulative``, ``differential``, ``r`` or ``hartmann``
    binning : of craters; ``hartmann`` has bins of a factor sqrt(2)
    equilibrium : name of a curve to draw

    Raises
    ------
    UnknownNameError
        for another presentation or curve
    """
    if presentation not in PRESENTATIONS:
        raise UnknownNameError.of("presentation", presentation, PRESENTATIONS)
    if equilibrium is not None and equilibrium not in equilibria():
        raise UnknownNameError.of("equilibrium curve", equilibrium, equilibria())
    binning = "root-2" if presentation == "hartmann" else binning
    with styled():
        figure = new_figure(_HEIGHT_IN)
        ax = figure.add_subplot()
        shown = [_points(ax, c, i, presentation, binning) for i, c in enumerate(counts)]
        for i, age in enumerate(ages):
            # several ages of one count differ in colour, else an age has that of its count
            home = _names(counts).index(age.name) if age.name in _names(counts) else i
            shade = home if len(counts) > 1 or len(ages) == 1 else i + 1
            _isochron(ax, age, system, presentation, accent(shade))
        _frame_points(ax, np.concatenate(shown) if shown else np.empty((0, 2)), system)
        if equilibrium is not None:
            _equilibrium(ax, equilibrium, presentation)
        ax.set_xlabel("diameter D (km)")
        ax.set_ylabel(PRESENTATIONS[presentation])
        ax.set_title(f"{system.title}, {TITLES[presentation]} plot")
        many = len(ax.get_legend_handles_labels()[1]) > _MANY
        if many:
            figure.set_figwidth(DOUBLE_IN)
        legend_below(figure, ax, 2 if many else 1)
    return figure


def _names(counts: Sequence[Count]) -> list[str]:
    return [count.name for count in counts]


def _points(ax: Any, count: Count, i: int, presentation: str, binning: str) -> Any:
    """Draw the densities of the bins with their counting errors; return them, shape (n, 2)."""
    binned = count if isinstance(count, BinnedCount) else to_bins(count, binning)
    n, low, high = binned.n, binned.low_km, binned.high_km
    middle = np.sqrt(low * high)
    if presentation == "cumulative":
        n = np.cumsum(n[::-1])[::-1]
        x, y = low, n / binned.area_km2
    else:
        x, y = middle, n / binned.area_km2
        if presentation != "hartmann":
            y = y / (high - low)
        if presentation == "r":
            y = y * middle**3
    keep = binned.n > 0
    x, y, n = x[keep], y[keep], n[keep]
    error = y / np.sqrt(n)
    lower = np.minimum(error, y * (1 - 1e-3))  # one crater: the bar ends just above zero
    ax.errorbar(
        x, y, yerr=[lower, error], fmt=marker(i), ms=3, lw=0.6, capsize=0, mfc="white",
        mew=0.7, color=accent(i),
        label=f"{count.name} ({n.max() if presentation == 'cumulative' else n.sum():.0f})",
    )  # fmt: skip
    return np.column_stack([x, y])


def _curve(system: System, d: Any, n1: float, presentation: str) -> Any:
    production = system.production
    return {
        "cumulative": production.cumulative,
        "differential": production.differential,
        "r": production.r_value,
        "hartmann": production.hartmann,
    }[presentation](d, n1)


def _isochron(ax: Any, age: ModelAge, system: System, presentation: str, colour: str) -> None:
    production = system.production
    d = np.geomspace(production.d_min_km, production.d_max_km, _NODES)
    ax.plot(d, _curve(system, d, age.n1, presentation), color=colour, lw=0.5, ls="--")
    low, high = age.range_km
    inner = np.geomspace(max(low, d[0]), min(high, d[-1]), _NODES)
    ax.plot(
        inner, _curve(system, inner, age.n1, presentation), color=colour, lw=1.6,
        label=f"{_label(age)}: {age.craters:g} craters, {_span_km(low, high)}",
    )  # fmt: skip


def _span_km(low: float, high: float) -> str:
    return f"{low:g}–{high:g} km" if math.isfinite(high) else f"≥ {low:g} km"


def _label(age: ModelAge) -> str:
    if age.limit and math.isinf(age.upper_ma):
        return "no limit"
    if age.limit:
        return f"< {age.upper_ma / 1000:.3g} Ga ({age.coverage:.0%})"
    if not math.isfinite(age.age_ma):
        return f"> {age.lower_ma / 1000:.3g} Ga"
    unit, scale = ("Ga", 1000.0) if age.age_ma >= 1000 else ("Ma", 1.0)
    up, down = (age.upper_ma - age.age_ma) / scale, (age.age_ma - age.lower_ma) / scale
    plus = f"{up:.2g}" if math.isfinite(up) else "…"
    middle = f"{age.age_ma / scale:.2f}" if unit == "Ga" else f"{age.age_ma:.3g}"
    return f"${middle}^{{+{plus}}}_{{-{down:.2g}}}$ {unit}"


def _equilibrium(ax: Any, name: str, presentation: str) -> None:
    low, high = ax.get_xlim()
    d = np.geomspace(low, high, _NODES)
    curve = equilibria()[name]
    n, slope = curve.cumulative(d), -curve.a1
    y = {
        "cumulative": n,
        "differential": n * slope / d,
        "r": n * slope * d**2,
        "hartmann": curve.cumulative(d / 2**0.25) - curve.cumulative(d * 2**0.25),
    }[presentation]
    ax.plot(d, y, color=MUTED, lw=1.0, label=f"equilibrium, {curve.title}")


def _frame_points(ax: Any, points: Any, system: System) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    if not len(points):
        ax.set_xlim(system.production.d_min_km, system.production.d_max_km)
        return
    ax.set_xlim(points[:, 0].min() / 1.6, points[:, 0].max() * 2.5)
    plain_log(ax.xaxis)
    ax.set_ylim(points[:, 1].min() / 6, points[:, 1].max() * 8)


def plot_chronologies(
    systems: Sequence[System], *, rate: bool = False, scale: str = "wilhelms1987"
) -> Figure:
    """Return N(1) against age, or its rate, for chronologies, with the epochs behind.

    Parameters
    ----------
    systems : to draw; a chronology that several share is drawn once
    rate : dN(1)/dT instead of N(1)
    scale : time scale whose epochs are shaded
    """
    if not systems:
        raise InputError("name at least one chronology system to plot.")
    with styled():
        figure = new_figure(3.0, DOUBLE_IN)
        ax = figure.add_subplot()
        chronologies = {s.chronology.name: s.chronology for s in systems}
        for i, chronology in enumerate(chronologies.values()):
            t = np.linspace(0, chronology.oldest_ma, 2001)
            y = chronology.rate(t) * 1000 if rate else chronology.n1(t)
            good = y > 0
            ax.plot(
                t[good] / 1000, y[good], color=accent(i), ls=_DASHES[i % len(_DASHES)],
                label=chronology.title,
            )  # fmt: skip
        ax.set_xlim(0, max(s.chronology.oldest_ma for s in systems) / 1000)
        _epochs(ax, scale)
        ax.set_yscale("log")
        ax.set_ylim((1e-4, 1e2) if rate else (1e-6, 1e1))
        ax.set_xlabel("age (Ga)")
        unit = "craters ≥ 1 km per km² per Ga" if rate else "craters ≥ 1 km per km²"
        ax.set_ylabel(unit)
        legend_below(figure, ax, 2)
    return figure


_DASHES: Any = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
"""Of curves that lie close together: with the seven accents, 28 differ."""
_NAME, _ROW_IN, _LINE_IN = 30, 0.42, 0.12
"""Letters of a name on a line; height of a row at the least, and of a line of a name, inches."""
_NAME_SHARE = 0.08
"""Least share of the axis that an epoch takes for its name to stand in it."""


def _epochs(ax: Any, scale: str) -> None:
    """Shade every other epoch behind the axis of ages, and name those that have room."""
    start, end = ax.get_xlim()
    for i, (name, young, old) in enumerate(epochs(scale)):
        left, right = max(young / 1000, start), min(old / 1000, end)
        if right <= left:
            continue
        if i % 2:
            ax.axvspan(left, right, color=FAINT, alpha=0.4, lw=0, zorder=0)
        if right - left > _NAME_SHARE * (end - start):
            ax.text(
                (left + right) / 2, 0.015, name, transform=ax.get_xaxis_transform(),
                ha="center", va="bottom", fontsize=LEAST_PT, color=MUTED,
            )  # fmt: skip


def plot_posteriors(
    ages: Sequence[ModelAge], system: System, *, scale: str = "wilhelms1987"
) -> Figure:
    """Return the posterior of each age as a violin: its width is the density of the age.

    The shaded part holds the interval, the line the median. Ages from fits have no posterior and
    are left out.

    Raises
    ------
    InputError
        when no age has a posterior
    """
    shown = [age for age in ages if age.prior]
    if not shown:
        raise InputError("none of the ages has a posterior; date by method 'poisson'.")
    names = [f"{fill(age.name, _NAME)}\n{_label(age)}" for age in shown]
    row_in = max(_ROW_IN, _LINE_IN * max(name.count("\n") + 1 for name in names))
    with styled():
        figure = new_figure(0.75 + row_in * len(shown), DOUBLE_IN)
        ax = figure.add_subplot()
        ends: list[float] = []
        for row, age in enumerate(shown):
            posterior = Posterior(age.craters, age.exposure_km2, system.chronology, age.prior)
            reach = np.minimum(posterior.quantiles([1e-4, 1 - 1e-4]), system.chronology.oldest_ma)
            t = np.linspace(float(reach[0]), float(reach[1]), 1001)
            p = posterior.pdf(t)
            p = 0.42 * p / p.max()
            colour = accent(row)
            ax.fill_between(t / 1000, row - p, row + p, color=colour, alpha=0.25, lw=0, zorder=2)
            ax.plot(t / 1000, row - p, t / 1000, row + p, color=colour, lw=0.7)
            inside = (t >= age.lower_ma) & (t <= age.upper_ma)
            ax.fill_between(t / 1000, row - p, row + p, where=inside, color=colour, alpha=0.4, lw=0)
            if not age.limit and np.isfinite(age.age_ma):
                half = np.interp(age.age_ma, t, p)
                ax.plot([age.age_ma / 1000] * 2, [row - half, row + half], color=colour, lw=1.2)
            ends.extend(t[[0, -1]] / 1000)
        margin = 0.05 * (max(ends) - min(ends))
        ax.set_xlim(max(min(ends) - margin, 0), min(max(ends) + margin, 4.6))
        _epochs(ax, scale)
        ax.grid(visible=False, axis="y")
        ax.set_yticks(range(len(shown)), names)
        ax.set_ylim(len(shown) - 0.3, -0.6)
        ax.set_xlabel(f"age by {system.title} (Ga)")
    return figure
