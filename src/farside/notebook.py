"""What a result shows in a notebook: a small card of HTML with one plot.

A result has a method ``_repr_html_`` that returns what `card` makes of its figures. The card takes
colour and font of the page, so that it is legible on a light and on a dark one; it loads and runs
nothing. All text is escaped here.
"""

from __future__ import annotations

import html
import io
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farside.style import FAINT, GREEN, INK, MUTED, SMALL_PT, VERMILLION, new_figure, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

STYLE = f"""<style>
.farside{{max-width:44em;font-size:.92em;line-height:1.4}}
.farside b.t{{font-size:1.08em}}
.farside p{{margin:.2em 0;opacity:.85}}
.farside table{{border-collapse:collapse;color:inherit;margin:.5em 0;font-size:.95em}}
.farside td,.farside th{{padding:.1em .7em .1em 0;text-align:left;vertical-align:top;
background:none;border:0;border-bottom:1px solid rgba(128,128,128,.25)}}
.farside td.n,.farside th.n{{text-align:right;font-variant-numeric:tabular-nums}}
.farside svg{{max-width:100%;height:auto;display:block}}
.farside pre{{font-size:.85em;white-space:pre-wrap;background:none}}
.farside .supports{{color:{GREEN};font-weight:600}}
.farside .contradicts{{color:{VERMILLION};font-weight:600}}
</style>"""
MARK = "#2b8cc4"
"""Between blue and sky of `farside.style.ACCENTS`: stands out on white and on black alike."""
WIDTH_IN = 4.6
ROW_IN = 0.21
MOST_ROWS = 24
"""Rows of a table or plot; of more, the first are shown and the rest is counted."""
_NUMBER = re.compile(r"^[-+±−]?[\d.,]+( ?%)?$|^-?$")
_WORDS = ("supports", "contradicts")
_TIDY = [
    (re.compile(pattern, re.DOTALL), instead)
    for pattern, instead in (
        (r"<!--.*?-->|<metadata>.*?</metadata>", ""),
        # a rule for every element would hold for the whole page
        (r"<style[^>]*>\*\{(.*?)\}</style>", ""),
        (
            r"^<svg ",
            '<svg style="stroke-linejoin:round;stroke-linecap:butt;font-family:sans-serif" ',
        ),
        (r"<g id=\"[^\"]*\">", "<g>"),
        (r"; font-family: '[^']*'| transform=\"rotate\(-0 [^\"]*\"|<defs>\s*</defs>", ""),
        (r"(\d\.\d)\d+", r"\1"),
        (r"\s*\n\s*", "\n"),
        (r"\n([A-Z]|z)", r"\1"),
    )
]
"""What is taken out of matplotlib's SVG, which is written for a file of its own."""


@dataclass(frozen=True)
class Range:
    """A row of a plot: a value with its interval, or several values.

    Parameters
    ----------
    label : of the row
    value, lower, upper : NaN where there is none; an infinite end runs out of the plot
    dots : further values
    """

    label: str
    value: float
    lower: float = math.nan
    upper: float = math.nan
    dots: Sequence[float] = ()


@dataclass(frozen=True)
class Band:
    """A part of the axis with a name, such as an epoch.

    Parameters
    ----------
    label : written above it
    low, high : ends
    """

    label: str
    low: float
    high: float


def card(
    title: str,
    about: str = "",
    *,
    table: tuple[Sequence[str], Sequence[Sequence[str]]] = ((), ()),
    figure: str = "",
    notes: Sequence[str] = (),
    text: str = "",
) -> str:
    """Return a result as HTML.

    Parameters
    ----------
    title, about : what it is, in a line each
    table : heads of the columns (none: a list of facts), and rows
    figure : SVG of `ranges` or `against`
    notes : what to mind
    text : the whole result in words, folded away
    """
    parts = [f"<b class='t'>{html.escape(title)}</b>"]
    parts += [f"<p>{html.escape(about)}</p>"] if about else []
    parts += [_table(*table)] if table[1] else []
    parts += [figure] if figure else []
    parts += [f"<p>{html.escape(note)}</p>" for note in notes]
    if text:
        parts.append(f"<details><summary>as text</summary><pre>{html.escape(text)}</pre></details>")
    return f"<div class='farside'>{STYLE}{''.join(parts)}</div>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    numeric = [all(_NUMBER.match(row[i]) for row in rows) for i in range(len(rows[0]))]
    kinds = [" class='n'" if n else "" for n in numeric]
    top = "".join(f"<th{k}>{html.escape(h)}</th>" for k, h in zip(kinds, heads, strict=False))
    lines = [f"<tr>{top}</tr>"] if heads else []
    for row in rows[:MOST_ROWS]:
        cells = (_cell(kind, field) for kind, field in zip(kinds, row, strict=True))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    more = len(rows) - MOST_ROWS
    if more > 0:
        lines.append(f"<tr><td colspan='{len(rows[0])}'>and {more:,} more</td></tr>")
    return f"<table>{''.join(lines)}</table>"


def _cell(kind: str, field: str) -> str:
    kind = f" class='{field}'" if field in _WORDS else kind
    return f"<td{kind}>{html.escape(field)}</td>"


@styled()
def ranges(
    rows: Sequence[Range],
    label: str,
    *,
    limits: tuple[float, float] | None = None,
    bands: Sequence[Band] = (),
    marks: Sequence[float] = (),
) -> str:
    """Return values with intervals on one axis, a row each, as SVG.

    Parameters
    ----------
    rows : the first on top
    label : of the axis, with unit
    limits : of the axis; falling ones turn it round, as time runs
    bands : parts of the axis with names
    marks : values to compare with, as lines across
    """
    shown = rows[:MOST_ROWS]
    figure = new_figure(0.55 + ROW_IN * len(shown) + 0.2 * bool(bands), WIDTH_IN)
    axes = figure.subplots()
    for i, band in enumerate(bands):
        axes.axvspan(band.low, band.high, color=MUTED, alpha=0.22 if i % 2 else 0.12, lw=0)
        if limits is None or abs(band.high - band.low) > 0.08 * abs(limits[1] - limits[0]):
            middle, top = (band.low + band.high) / 2, len(shown) - 0.45
            axes.text(middle, top, band.label, ha="center", va="bottom", fontsize=SMALL_PT)
    for mark in marks:
        axes.axvline(mark, color=VERMILLION, lw=0.9, ls="--")
    for i, row in enumerate(shown):
        _draw(axes, row, len(shown) - 1 - i)
    axes.set_yticks(range(len(shown))[::-1], [row.label for row in shown])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    cut = f"; the first {len(shown)} of {len(rows)}" if len(shown) < len(rows) else ""
    axes.set_xlabel(label + cut)
    if limits is not None:
        axes.set_xlim(*limits)
    return _svg(figure)


def _draw(axes: Any, row: Range, y: int) -> None:
    """Draw a row: its further values, its interval, its value."""
    if row.dots:
        alone = math.isnan(row.value)
        _points(axes, row.dots, [y] * len(row.dots), colour=MARK if alone else MUTED)
    ends = [row.lower, row.upper]
    if not any(map(math.isnan, ends)):
        whole = [x if math.isfinite(x) else math.copysign(1e9, x) for x in ends]
        left, right = axes.get_xlim()
        axes.plot(whole, [y, y], color=MARK, lw=2.4, solid_capstyle="butt", alpha=0.7)
        if not all(map(math.isfinite, ends)):
            axes.set_xlim(left, right)
    if math.isfinite(row.value):
        axes.plot([row.value], [y], marker="o", ms=4, color=MARK, lw=0)


@styled()
def against(panels: Sequence[tuple[str, ArrayLike, ArrayLike]], labels: tuple[str, str]) -> str:
    """Return two quantities against each other in panels of three columns, with the line y = x.

    Parameters
    ----------
    panels : title, x and y of each, NaN left out
    labels : of x and y, with unit
    """
    import numpy as np  # noqa: PLC0415 - only a result that has it loaded comes here

    rows = -(-len(panels) // 3)
    figure = new_figure(1.35 * rows + 0.2, WIDTH_IN)
    grid = figure.subplots(rows, 3, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, (title, x, y) in zip(grid.flat, panels, strict=False):
        a, b = np.asarray(x, float), np.asarray(y, float)
        good = np.isfinite(a) & np.isfinite(b)
        both = np.concatenate([a[good], b[good]])
        if both.size:
            ends = [float(both.min()), float(both.max())]
            axes.plot(ends, ends, color=FAINT, lw=0.8)
        _points(axes, a[good], b[good], colour=MARK)
        axes.set_title(title)
        axes.set_aspect("equal", adjustable="datalim")
        axes.locator_params(nbins=3)
        axes.tick_params(length=0)
        axes.grid(visible=False)
    figure.supxlabel(labels[0], fontsize=SMALL_PT)
    figure.supylabel(labels[1], fontsize=SMALL_PT)
    return _svg(figure)


def _points(axes: Any, x: ArrayLike, y: ArrayLike, *, colour: str) -> None:
    """Draw points as one path of strokes without length, a tenth of the size of markers in SVG."""
    import numpy as np  # noqa: PLC0415 - only a result that has it loaded comes here

    gaps = np.full(np.shape(x), np.nan)
    along, up = (np.stack([v, v, gaps], axis=-1).ravel() for v in (x, y))
    (line,) = axes.plot(along, up, color=colour, lw=3, solid_capstyle="round")
    line.get_path().should_simplify = False


def _svg(figure: Any) -> str:
    """Return a figure as SVG to stand in a page: no ground, text in the page's colour."""
    stream = io.StringIO()
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import

    # each figure has names of its own, as several stand in one page; strokes without length stay
    with rc_context({"svg.hashsalt": None, "path.simplify": False}):
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(stream, format="svg", transparent=True, metadata=nothing)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    for pattern, instead in _TIDY:
        text = pattern.sub(instead, text)
    return text.replace(INK, "currentColor").replace(FAINT, "#80808055")
