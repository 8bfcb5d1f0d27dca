"""Figures of a recalibration: the curve on its sites, the posterior, the change in age."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.systems import system
from farside.errors import UnknownNameError
from farside.style import (
    ACCENTS,
    BLUE,
    DOUBLE_IN,
    INK,
    LEAST_PT,
    MUTED,
    TALLEST_IN,
    VERMILLION,
    caption,
    check_format,
    legend_below,
    new_figure,
    save,
    styled,
)

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from farside.chronology.calibrate import Calibration

KINDS = ("curve", "posterior", "change")
_OTHERS = ("neukum1983", "yue2022")
_BANDS = ((0.025, 0.975, 0.15), (0.16, 0.84, 0.3))
_DRAWS = 4000


def plot_calibration(made: Calibration, path: Path, kind: str = "curve") -> None:
    """Draw a recalibration to a file.

    Parameters
    ----------
    made : the fit
    path : .svg, .pdf, .png or .tif
    kind : ``curve``: N(1) with sites and published curves, and their ratio to the fit;
        ``posterior``: parameters against each other; ``change``: of ages

    Raises
    ------
    UnknownNameError
        for another kind
    InputError
        for another format
    """
    check_drawing(path, kind)
    save(draw_calibration(made, kind), path)


def check_drawing(path: Path, kind: str) -> None:
    """Refuse a kind of figure that there is not, or a format, before anything is computed.

    Parameters
    ----------
    path, kind : of `plot_calibration`
    """
    if kind not in KINDS:
        raise UnknownNameError.of("figure of a recalibration", kind, KINDS)
    check_format(path)


@styled()
def draw_calibration(made: Calibration, kind: str = "curve") -> Figure:
    """Return a figure of a recalibration.

    Parameters
    ----------
    made, kind : of `plot_calibration`
    """
    return {"curve": _curve, "posterior": _posterior, "change": _change}[kind](made)


def _thinned(made: Calibration) -> Any:
    return made.draws.theta[:: max(1, len(made.draws.theta) // _DRAWS)]


def _curve(made: Calibration) -> Figure:
    figure = new_figure(4.4)
    top, low = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    ages = np.linspace(0.01, 4.5, 450)
    n1 = made.model.density(_thinned(made), ages)
    middle = np.median(n1, axis=0)
    for lower, upper, alpha in _BANDS:
        band = np.quantile(n1, (lower, upper), axis=0)
        label = f"fit, {upper - lower:.0%}"
        top.fill_between(ages, *band, color=BLUE, alpha=alpha, lw=0, label=label)
        low.fill_between(ages, *(band / middle), color=BLUE, alpha=alpha, lw=0)
    top.plot(ages, middle, color=BLUE, lw=1.1)
    for name, colour, dash in zip(_OTHERS, ACCENTS[1:], ("--", ":"), strict=False):
        other = system(name)
        y = other.chronology.n1(1000 * ages)
        top.plot(ages, y, color=colour, ls=dash, lw=1.0, label=other.title)
        low.plot(ages, y / middle, color=colour, ls=dash, lw=1.0)
    _sites(made, top, low, (ages, middle))
    top.set_yscale("log")
    top.set_ylim(1e-5, 3.0)
    top.set_ylabel("craters ≥ 1 km per km²")
    legend_below(figure, top, 2)
    low.set_yscale("log")
    low.set_ylim(0.2, 5)
    low.set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    low.minorticks_off()
    low.axhline(1, color=MUTED, lw=0.6)
    low.set_ylabel("N(1) / fit")
    low.set_xlabel("age (Ga)")
    low.set_xlim(0, 4.5)
    return figure


def _sites(made: Calibration, top: Any, low: Any, curve: tuple[Any, Any]) -> None:
    for side, marker, face in (("near", "o", "white"), ("far", "s", VERMILLION)):
        chosen = [s for s in made.sites if s.side == side]
        if not chosen:
            continue
        t = np.array([s.age_ga for s in chosen])
        dt = [max(*s.age_sigmas_ga, float(np.ptp(s.ages_ga)) / 2) for s in chosen]
        n = np.array([s.n1 for s in chosen])
        sigma = np.array([s.sigma_ln for s in chosen])
        style: Any = {
            "fmt": marker, "ms": 3.5, "lw": 0.7, "color": INK, "mfc": face, "mew": 0.7,
        }  # fmt: skip
        bars = np.array([1 - np.exp(-sigma), np.expm1(sigma)])
        top.errorbar(t, n, yerr=n * bars, xerr=dt, label=f"sites, {side} side", **style)
        ratio = n / np.interp(t, *curve)
        low.errorbar(t, ratio, yerr=ratio * bars, xerr=dt, **style)


def _posterior(made: Calibration) -> Figure:
    theta, names = _thinned(made), [p.name for p in made.model.parameters]
    count = len(names)
    figure = new_figure(min(TALLEST_IN, 1.4 * count + 0.6), DOUBLE_IN)
    axes = figure.subplots(count, count, squeeze=False)
    for i in range(count):
        for j in range(count):
            ax = axes[i][j]
            if j > i:
                ax.set_visible(False)
                continue
            if i == j:
                ax.hist(theta[:, i], 40, color=BLUE, alpha=0.5, density=True)
                ax.set_yticks([])
                caption(ax, f"{theta[:, i].mean():.3g} ± {theta[:, i].std():.2g}")
            else:
                ax.plot(theta[:, j], theta[:, i], ",", color=BLUE, alpha=0.5)
            ax.tick_params(labelsize=LEAST_PT)
            ax.set_xlabel(names[j] if i == count - 1 else "")
            ax.set_ylabel(names[i] if j == 0 and i else "")
            if i < count - 1:
                ax.set_xticklabels([])
            if j and i != j:
                ax.set_yticklabels([])
    return figure


def _change(made: Calibration) -> Figure:
    figure = new_figure(2.6)
    ax = figure.add_subplot()
    names = list(dict.fromkeys(c.reference for c in made.changes))
    for name, colour in zip(names, ACCENTS[1:], strict=False):
        rows = [c for c in made.changes if c.reference == name and math.isfinite(c.upper_ga)]
        t = np.array([c.age_ga for c in rows])
        low, high = (1000 * (np.array([getattr(c, k) for c in rows]) - t)
                     for k in ("lower_ga", "upper_ga"))  # fmt: skip
        ax.fill_between(t, low, high, color=colour, alpha=0.2, lw=0)
        label = f"against {system(name).title}"
        ax.plot(t, [c.change_ma for c in rows], color=colour, marker="o", ms=2.5, label=label)
    ax.axhline(0, color=MUTED, lw=0.6)
    ax.set_xlabel("age by the published system (Ga)")
    ax.set_ylabel("age by the fit less published (Ma)")
    ax.set_xlim(0, 4.5)
    legend_below(figure, ax)
    return figure
