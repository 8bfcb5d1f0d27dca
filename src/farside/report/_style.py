"""Figures in the page: colours that follow its scheme, and the same SVG bytes every time.

The style is that of `farside.style`. Colours are written as CSS variables with the light colour as
fallback, so a figure inside the page turns with its colour scheme and one saved alone keeps the
light one.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from farside.constants import OXIDES
from farside.style import (
    ACCENTS,
    DOUBLE_IN,
    FAINT,
    INK,
    MUTED,
    accent,
    marker,
    new_figure,
    pretty,
    settle,
    styled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Record = Mapping[str, Any]

__all__ = [
    "ACCENTS",
    "FAINT",
    "INK",
    "MUTED",
    "THIN",
    "accent",
    "bare",
    "column",
    "css_variables",
    "draw",
    "key",
    "marker",
    "one_to_one",
    "ordered",
    "panels",
    "pretty",
    "reach",
]

_SCHEME = {
    "ink": (INK, "#e4e7eb"),
    "muted": (MUTED, "#98a1ac"),
    "faint": (FAINT, "#3a4048"),
    # the accents stand out from both pages as they are
    **{f"accent-{i}": (colour, colour) for i, colour in enumerate(ACCENTS) if colour != INK},
}
_CLEAR = {"figure_facecolor": "none", "axes_facecolor": "none", "savefig_facecolor": "none"}


def css_variables() -> tuple[str, str]:
    """Return the declarations of the figures' colours for a light and for a dark page."""
    light, dark = (
        "".join(f"--fig-{name}:{pair[i]};" for name, pair in _SCHEME.items()) for i in (0, 1)
    )
    return light, dark


def draw(name: str, alt: str, height_in: float, paint: Callable[[Figure], None]) -> str:
    """Return a figure as an ``<svg>`` element.

    Parameters
    ----------
    name : put before every id, so that several figures can stand in one page
    alt : what the figure shows, for those who cannot see it
    height_in : inches
    paint : draws into the empty figure
    """
    with styled(**_CLEAR):
        figure = new_figure(height_in, DOUBLE_IN)
        paint(figure)
        settle(figure)
        out = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=nothing)
    return _for_page(out.getvalue(), name, alt)


def _for_page(svg: str, name: str, alt: str) -> str:
    svg = svg[svg.index("<svg ") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\1{name}-", svg)
    for variable, (light, _) in _SCHEME.items():
        svg = svg.replace(light, f"var(--fig-{variable}, {light})")
    svg = svg.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, Arial, sans-serif")
    label = alt.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).strip()


def bare(axes: Axes, axis: str) -> None:
    """Take away the ticks and grid of an axis that counts nothing."""
    axes.grid(visible=False, axis="x" if axis == "x" else "y")
    axes.tick_params(axis="x" if axis == "x" else "y", length=0)


# -- parts that figures share -------------------------------------------------------------------

THIN: Any = {"elinewidth": 0.7, "capsize": 0, "linestyle": "none"}


def column(records: Iterable[Record], key: str) -> Float:
    """Return one value of each record as floats, NaN where it is None or absent."""
    values = (record.get(key) for record in records)
    return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)


def ordered(values: Iterable[Any]) -> list[str]:
    """Return each value once, as text, in order of appearance."""
    return list(dict.fromkeys(str(v) for v in values))


def panels(figure: Figure) -> list[tuple[str, Axes]]:
    """Return one panel per oxide."""
    axes = figure.subplots(2, 3)
    return list(zip(OXIDES, axes.flat, strict=True))


def key(figure: Figure, names: Sequence[str], columns: int = 5, *, lines: bool = False) -> None:
    """Draw the legend of series below a figure."""
    handles = [
        Line2D(
            [],
            [],
            color=accent(i),
            marker=marker(i),
            linestyle="-" if lines else "none",
            label=name,
        )
        for i, name in enumerate(names)
    ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(names)))


def one_to_one(axes: Axes, *parts: Float) -> None:
    """Draw the line of equality and give both axes the same limits, which hold all `parts`."""
    known = np.concatenate([np.empty(0), *(p[np.isfinite(p)] for p in parts)])
    if not known.size:
        return
    low, high = float(known.min()), float(known.max())
    pad = 0.04 * (high - low or 1.0)
    ends = (low - pad, high + pad)
    axes.plot(ends, ends, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.locator_params(nbins=5)


def reach(value: Float, lower: Float, upper: Float) -> Float:
    """Return (2, n) lengths of the bars, 0 where there is no interval."""
    return np.nan_to_num(np.clip(np.stack([value - lower, upper - value]), 0.0, None))
