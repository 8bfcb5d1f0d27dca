"""Figures as the field draws them: isochron, concordia, weighted mean, potassium.

Each function returns a matplotlib figure, which `farside.style.save` writes. Ellipses are 95 % of a
point's two errors together, envelopes 95 % of the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.isotopes.concordia import Concordia, curve
from farside.isotopes.decay import Preset, preset
from farside.isotopes.isochron import digits_of
from farside.isotopes.potassium import ALPHAS, MASSES, Loss, offset_after
from farside.isotopes.systems import system
from farside.style import (
    BLUE,
    DOUBLE_IN,
    GREEN,
    INK,
    MUTED,
    VERMILLION,
    caption,
    halo,
    new_figure,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from farside.isotopes.isochron import Isochron
    from farside.isotopes.mean import WeightedMean
    from farside.isotopes.points import Points

    Float = NDArray[np.float64]

CHI2_95 = 5.991464547107979
"""Chi-squared of two degrees of freedom that holds 95 %."""
_HEIGHT_IN = 2.9
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def ratio_label(ratio: str) -> str:
    """Return a ratio with its mass numbers raised.

    Examples
    --------
    >>> ratio_label("87Rb/86Sr")
    '⁸⁷Rb/⁸⁶Sr'
    """
    return ratio.translate(_RAISED)


def ellipse(x: float, sx: float, y: float, sy: float, rho: float) -> tuple[Float, Float]:
    """Return the outline that holds 95 % of a point's joint error."""
    turn = np.linspace(0.0, 2 * np.pi, 73)
    reach = np.sqrt(CHI2_95)
    a, b = np.cos(turn), np.sin(turn)
    return x + reach * sx * a, y + reach * sy * (rho * a + np.sqrt(1 - rho**2) * b)


@styled()
def isochron_figure(points: Points, found: Isochron) -> Figure:
    """Return an isochron: error ellipses, line, its 95 % envelope, age and initial ratio."""
    figure = new_figure(_HEIGHT_IN)
    axes = figure.add_subplot()
    left = min(0.0, float((points.x - 3 * points.sx).min()))
    right = float((points.x + 3 * points.sx).max())
    at = np.linspace(left, right + 0.04 * (right - left), 200)
    line = found.intercept + found.slope * at
    spread = found.intercept_1s**2 + 2 * at * found.covariance + (at * found.slope_1s) ** 2
    band = found.half_width * np.sqrt(np.maximum(spread, 0.0))
    axes.fill_between(at, line - band, line + band, color=BLUE, alpha=0.16, linewidth=0)
    axes.plot(at, line, color=BLUE, zorder=3)
    for i in range(len(points)):
        xs, ys = ellipse(
            *(float(part[i]) for part in (points.x, points.sx, points.y, points.sy, points.rho))
        )
        # many ellipses on each other shall not hide the line
        axes.fill(xs, ys, facecolor=VERMILLION, alpha=min(0.2, 2 / len(points)), linewidth=0)
        axes.plot(xs, ys, color=VERMILLION, linewidth=0.6)
    axes.plot(points.x, points.y, "o", color=INK, markersize=1.6, zorder=4)
    of = system(found.system)
    axes.set(xlabel=ratio_label(of.x), ylabel=ratio_label(of.y), xlim=(at[0], at[-1]))
    axes.ticklabel_format(useOffset=False)
    caption(axes, _said(found))
    return figure


def _said(found: Isochron) -> str:
    d = digits_of(found.age.internal)
    low, high = (f"{end:.{d}f}" for end in found.age_95)
    age = f"{found.age.value:.{d}f} ± {found.age.internal:.{d}f} Ma (1σ), 95 %: {low} to {high} Ma"
    fit = [f"MSWD {found.mswd:.2f}, p {found.probability:.2g}, n {found.n}"]
    if found.initial is not None and found.initial_1s is not None:
        k = digits_of(found.initial_1s)
        name = ratio_label(system(found.system).initial)
        fit.insert(0, f"initial {name} {found.initial:.{k}f} ± {found.initial_1s:.{k}f}")
    return "\n".join([age, "; ".join(fit)])


@styled()
def mean_figure(values: Float, sigmas: Float, found: WeightedMean, unit: str = "Ma") -> Figure:
    """Return ranked values with 2-sigma bars, the mean and its 95 % band; hollow: left out."""
    figure = new_figure(_HEIGHT_IN)
    axes = figure.add_subplot()
    order = np.argsort(values)
    rank = np.arange(1, values.size + 1)
    kept = np.array(found.kept)[order]
    low, high = found.interval
    axes.axhspan(low, high, color=BLUE, alpha=0.16, linewidth=0)
    axes.axhline(found.value, color=BLUE, linewidth=1.1)
    for used, colour in ((kept, VERMILLION), (~kept, MUTED)):
        axes.errorbar(
            rank[used],
            values[order][used],
            2 * sigmas[order][used],
            fmt="o",
            color=colour,
            markersize=3.5,
            markerfacecolor=colour if colour == VERMILLION else "white",
            elinewidth=2.2 if colour == VERMILLION else 1.0,
            alpha=0.85,
        )
    text = (
        f"{found.value:.2f} ± {found.sigma:.2f} {unit} (1σ), band 95 %\nMSWD {found.mswd:.2f}, "
        f"p {found.probability:.2g}, n {found.n}, left out {len(found.kept) - found.n}"
    )
    caption(axes, text)
    axes.set(xlabel="rank", ylabel=f"age with 2σ ({unit})", xlim=(0.2, values.size + 0.8))
    axes.ticklabel_format(useOffset=False)
    return figure


@styled()
def concordia_figure(
    columns: tuple[Float, Float, Float, Float, Float],
    found: Concordia,
    constants: str = "isoplotr",
) -> Figure:
    """Return Wetherill's diagram: ellipses of x, sx, y, sy, rho, the curve with ages, the mean."""
    figure = new_figure(_HEIGHT_IN)
    axes = figure.add_subplot()
    x, sx, y, sy, rho = (np.asarray(part, float) for part in columns)
    rates = preset(constants)
    ends = (float((x - 4 * sx).min()), float((x + 4 * sx).max()))
    for i in range(x.size):
        xs, ys = ellipse(x[i], sx[i], y[i], sy[i], rho[i])
        axes.fill(xs, ys, facecolor=VERMILLION, alpha=0.25, linewidth=0)
        axes.plot(xs, ys, color=VERMILLION, linewidth=0.6)
    mx, my, sdx, sdy, mr = found.mean
    axes.fill(*ellipse(mx, sdx, my, sdy, mr), facecolor=INK, alpha=0.35, linewidth=0)
    _age_marks(axes, ends, rates)
    text = (
        f"{found.age.value:.2f} ± {found.age.internal:.2f} Ma (1σ, internal), n {found.n}\n"
        f"MSWD of concordance {found.concordance[0]:.2g}"
        + (f", of equivalence {found.equivalence[0]:.2g}" if found.n > 1 else "")
    )
    caption(axes, text)
    axes.set(xlabel="²⁰⁷Pb/²³⁵U", ylabel="²⁰⁶Pb/²³⁸U", xlim=ends)
    return figure


def _age_marks(axes: Axes, ends: tuple[float, float], rates: Preset) -> None:
    """Draw the curve over all else, with ages beside it that ellipses do not hide."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - slow to import

    l5 = rates.rates["U235"].value * 1e6
    first, last = np.log1p(max(ends[0], 0.0)) / l5, np.log1p(ends[1]) / l5
    axes.plot(*curve(np.linspace(first, last, 300), rates), color=BLUE, linewidth=1.1)
    for t in MaxNLocator(6).tick_values(first, last):
        if first + 0.1 * (last - first) < t < last - 0.03 * (last - first):
            cx, cy = (float(part) for part in curve(t, rates))
            axes.plot(cx, cy, "o", color="white", markeredgecolor=BLUE, markersize=4)
            axes.annotate(
                f"{t:g}",
                (cx, cy),
                (-4, 4),
                textcoords="offset points",
                ha="right",
                color=BLUE,
                path_effects=halo(),
            )


@styled()
def potassium_figure(losses: tuple[Loss, ...]) -> Figure:
    """Return offset against potassium lost, and the three-isotope diagram of potassium.

    Left: Rayleigh curves of the named alphas, bands of the offsets. Right: delta'40K
    against delta'41K (1000 ln of ratios to 39K) of evaporation (slope from logarithms of masses)
    and of equilibrium (slope from inverse masses): how far apart the two laws are, with the
    offsets marked.
    """
    figure = new_figure(_HEIGHT_IN, DOUBLE_IN)
    left, right = figure.subplots(1, 2)
    lost = np.linspace(0.0, 0.08, 200)
    for name, colour in (("basaltic-melt", BLUE), ("free", GREEN)):
        alpha = ALPHAS[name].value
        left.plot(100 * lost, offset_after(1 - lost, alpha), color=colour, label=f"α = {alpha:.5g}")
    marks = {loss.offset: loss for loss in losses}
    colours = [(VERMILLION, MUTED, INK)[i % 3] for i in range(len(marks))]
    for colour, loss in zip(colours, marks.values(), strict=True):
        value, sigma = loss.offset_per_mil, loss.offset_1s
        left.axhspan(value - sigma, value + sigma, color=colour, alpha=0.15, linewidth=0)
        left.axhline(value, color=colour, linewidth=1, label=f"{loss.offset} {value:+.3f} ‰ (1σ)")
    left.set(
        xlabel="potassium lost (%)",
        ylabel="Δδ⁴¹K, far side minus near side (‰)",
        xlim=(0, 8),
        ylim=(0, 0.6),
    )
    above: Any = {"loc": "lower left", "bbox_to_anchor": (0, 1)}
    left.legend(ncols=2, **above)
    reach = np.array([0.0, 0.4])
    m39, m40, m41 = MASSES[39], MASSES[40], MASSES[41]
    kinetic = np.log(m39 / m40) / np.log(m39 / m41)
    equal = (1 / m39 - 1 / m40) / (1 / m39 - 1 / m41)
    right.plot(reach, kinetic * reach, color=BLUE, label=f"evaporation, slope {kinetic:.4f}")
    right.plot(
        reach, equal * reach, color=GREEN, linestyle="--", label=f"equilibrium, slope {equal:.4f}"
    )
    for colour, loss in zip(colours, marks.values(), strict=True):
        at = 1000 * np.log1p(loss.offset_per_mil / 1000)
        right.plot(at, kinetic * at, "o", color=colour, markersize=5)
        right.annotate(loss.offset, (at, kinetic * at), (6, -10), textcoords="offset points")
    right.set(xlabel="δ′⁴¹K (‰)", ylabel="δ′⁴⁰K (‰)", xlim=reach, ylim=(0, 0.22))
    right.legend(**above)
    return figure
