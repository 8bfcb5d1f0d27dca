"""Figures as the field draws them: isochron, concordia, weighted mean, potassium.

Each function returns a matplotlib figure; `save` writes it as SVG, PDF or PNG by the name of the
file. Ellipses are 95 % of a point's two errors together, envelopes 95 % of the line.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError
from farside.isotopes.concordia import Concordia, curve
from farside.isotopes.decay import Preset, preset
from farside.isotopes.isochron import digits_of
from farside.isotopes.potassium import ALPHAS, MASSES, Loss, offset_after
from farside.isotopes.systems import system
from farside.provenance import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from farside.isotopes.isochron import Isochron
    from farside.isotopes.mean import WeightedMean
    from farside.isotopes.points import Points

    Float = NDArray[np.float64]

INK, MUTED, FAINT = "#1f2329", "#6a727c", "#d3d8de"
BLUE, RUST, GREEN = "#1b5e8c", "#b4552d", "#3c7a4b"
CHI2_95 = 5.991464547107979
"""Chi-squared of two degrees of freedom that holds 95 %."""
FORMATS = (".svg", ".pdf", ".png")
_STYLE: Any = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "farside",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def save(figure: Figure, path: Path) -> None:
    """Write a figure, the same bytes each time.

    Raises
    ------
    InputError
        when the file's ending is not one of `FORMATS`
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"cannot draw {path}: name a file that ends in {', '.join(FORMATS)}.")
    nothing = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import

    with rc_context(_STYLE), atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=200, metadata=nothing[path.suffix.lower()])


def ratio_label(ratio: str) -> str:
    """Return a ratio with its mass numbers raised.

    Examples
    --------
    >>> ratio_label("87Rb/86Sr")
    '⁸⁷Rb/⁸⁶Sr'
    """
    return ratio.translate(_RAISED)


def _empty(width: float = 5.2, height: float = 4.0, columns: int = 1) -> tuple[Figure, list[Axes]]:
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import
    from matplotlib.figure import Figure as Empty  # noqa: PLC0415

    with rc_context(_STYLE):
        figure = Empty(figsize=(width, height), layout="constrained")
        axes = [figure.add_subplot(1, columns, i + 1) for i in range(columns)]
    return figure, axes


def ellipse(x: float, sx: float, y: float, sy: float, rho: float) -> tuple[Float, Float]:
    """Return the outline that holds 95 % of a point's joint error."""
    turn = np.linspace(0.0, 2 * np.pi, 73)
    reach = np.sqrt(CHI2_95)
    a, b = np.cos(turn), np.sin(turn)
    return x + reach * sx * a, y + reach * sy * (rho * a + np.sqrt(1 - rho**2) * b)


def isochron_figure(points: Points, found: Isochron) -> Figure:
    """Return an isochron: error ellipses, line, its 95 % envelope, age and initial ratio."""
    figure, (axes,) = _empty()
    left = min(0.0, float((points.x - 3 * points.sx).min()))
    right = float((points.x + 3 * points.sx).max())
    at = np.linspace(left, right + 0.04 * (right - left), 200)
    line = found.intercept + found.slope * at
    spread = found.intercept_1s**2 + 2 * at * found.covariance + (at * found.slope_1s) ** 2
    band = found.half_width * np.sqrt(np.maximum(spread, 0.0))
    axes.fill_between(at, line - band, line + band, color=BLUE, alpha=0.16, linewidth=0)
    axes.plot(at, line, color=BLUE, linewidth=1.1)
    for i in range(len(points)):
        xs, ys = ellipse(
            *(float(part[i]) for part in (points.x, points.sx, points.y, points.sy, points.rho))
        )
        axes.fill(xs, ys, facecolor=RUST, alpha=0.2, linewidth=0)
        axes.plot(xs, ys, color=RUST, linewidth=0.6)
    axes.plot(points.x, points.y, "o", color=INK, markersize=1.6)
    of = system(found.system)
    axes.set(xlabel=ratio_label(of.x), ylabel=ratio_label(of.y), xlim=(at[0], at[-1]))
    axes.ticklabel_format(useOffset=False)
    corner = ("left", 0.03) if found.slope > 0 else ("right", 0.97)
    axes.text(corner[1], 0.97, _caption(found), transform=axes.transAxes, ha=corner[0], va="top")
    return figure


def _caption(found: Isochron) -> str:
    d = digits_of(found.age.internal)
    low, high = (f"{end:.{d}f}" for end in found.age_95)
    rows = [
        f"{found.age.value:.{d}f} ± {found.age.internal:.{d}f} Ma (1σ)",
        f"95 %: {low} to {high} Ma",
    ]
    if found.initial is not None and found.initial_1s is not None:
        k = digits_of(found.initial_1s)
        name = ratio_label(system(found.system).initial)
        rows.append(f"initial {name} {found.initial:.{k}f} ± {found.initial_1s:.{k}f}")
    rows.append(f"MSWD {found.mswd:.2f}, p {found.probability:.2g}, n {found.n}")
    return "\n".join(rows)


def mean_figure(values: Float, sigmas: Float, found: WeightedMean, unit: str = "Ma") -> Figure:
    """Return ranked values with 2-sigma bars, the mean and its 95 % band; hollow: left out."""
    figure, (axes,) = _empty(5.2, 3.4)
    order = np.argsort(values)
    rank = np.arange(1, values.size + 1)
    kept = np.array(found.kept)[order]
    low, high = found.interval
    axes.axhspan(low, high, color=BLUE, alpha=0.16, linewidth=0)
    axes.axhline(found.value, color=BLUE, linewidth=1.1)
    for used, colour in ((kept, RUST), (~kept, MUTED)):
        axes.errorbar(
            rank[used],
            values[order][used],
            2 * sigmas[order][used],
            fmt="o",
            color=colour,
            markersize=3.5,
            markerfacecolor=colour if colour == RUST else "white",
            elinewidth=2.2 if colour == RUST else 1.0,
            alpha=0.85,
        )
    text = (
        f"{found.value:.2f} ± {found.sigma:.2f} {unit} (1σ)\nMSWD {found.mswd:.2f}, "
        f"p {found.probability:.2g}, n {found.n}, left out {len(found.kept) - found.n}"
    )
    axes.text(0.03, 0.97, text, transform=axes.transAxes, va="top")
    axes.set(xlabel="rank", ylabel=f"{unit}, bars 2σ", xlim=(0.2, values.size + 0.8))
    axes.ticklabel_format(useOffset=False)
    return figure


def concordia_figure(
    columns: tuple[Float, Float, Float, Float, Float],
    found: Concordia,
    constants: str = "isoplotr",
) -> Figure:
    """Return Wetherill's diagram: ellipses of x, sx, y, sy, rho, the curve with ages, the mean."""
    figure, (axes,) = _empty()
    x, sx, y, sy, rho = (np.asarray(part, float) for part in columns)
    rates = preset(constants)
    ends = (float((x - 4 * sx).min()), float((x + 4 * sx).max()))
    for i in range(x.size):
        xs, ys = ellipse(x[i], sx[i], y[i], sy[i], rho[i])
        axes.fill(xs, ys, facecolor=RUST, alpha=0.25, linewidth=0)
        axes.plot(xs, ys, color=RUST, linewidth=0.6)
    mx, my, sdx, sdy, mr = found.mean
    axes.fill(*ellipse(mx, sdx, my, sdy, mr), facecolor=INK, alpha=0.35, linewidth=0)
    _age_marks(axes, ends, rates)
    text = (
        f"{found.age.value:.2f} ± {found.age.internal:.2f} Ma (1σ, internal), n {found.n}\n"
        f"MSWD of concordance {found.concordance[0]:.2g}"
        + (f", of equivalence {found.equivalence[0]:.2g}" if found.n > 1 else "")
    )
    axes.text(0.03, 0.97, text, transform=axes.transAxes, va="top")
    low, high = axes.get_ylim()
    axes.set(
        xlabel="²⁰⁷Pb/²³⁵U",
        ylabel="²⁰⁶Pb/²³⁸U",
        xlim=ends,
        ylim=(low, high + 0.18 * (high - low)),  # room for the text
    )
    return figure


def _age_marks(axes: Axes, ends: tuple[float, float], rates: Preset) -> None:
    """Draw the curve over all else, with ages beside it that ellipses do not hide."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - slow to import
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

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
                path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )


def potassium_figure(losses: tuple[Loss, ...]) -> Figure:
    """Return offset against potassium lost, and the three-isotope diagram of potassium.

    Left: Rayleigh curves of the named alphas, bands of the offsets. Right: delta'40K
    against delta'41K (1000 ln of ratios to 39K) of evaporation (slope from logarithms of masses)
    and of equilibrium (slope from inverse masses): how far apart the two laws are, with the
    offsets marked.
    """
    figure, (left, right) = _empty(7.6, 3.6, 2)
    lost = np.linspace(0.0, 0.08, 200)
    for name, colour in (("basaltic-melt", BLUE), ("free", GREEN)):
        alpha = ALPHAS[name].value
        left.plot(100 * lost, offset_after(1 - lost, alpha), color=colour, label=f"α = {alpha:.5g}")
    marks = {loss.offset: loss for loss in losses}
    colours = [(RUST, MUTED, INK)[i % 3] for i in range(len(marks))]
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
    left.legend(loc="upper right", fontsize=7.5, frameon=False)
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
    right.legend(loc="upper left", fontsize=7.5, frameon=False)
    return figure
