"""The findings in the report: the table that it opens with, and a figure of each."""

from __future__ import annotations

import math
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farside.report._kit import chemistry
from farside.report._style import FAINT, INK, MUTED, THIN, bare, draw
from farside.study.finding import CANNOT_TELL, CONTRADICTS, SUPPORTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from farside.study.catalogue import Findings
    from farside.study.finding import Finding, Part

ROW_IN, PANEL_IN = 0.3, 0.62
"""Height of a row and of what a panel has besides, inches."""
WRAP = 58
MOST_ROWS = 9
"""Rows of a figure; the deciding ones come first, and the list below it has all."""
_MARKER = {SUPPORTS: "o", CONTRADICTS: "X", CANNOT_TELL: "o", "": "|"}
_MINUS = re.compile(r"(?<![\w.])-(?=\d)")
_PERCENT = re.compile(r"(?<=\d)%")


@dataclass(frozen=True)
class Row:
    """A finding as the template shows it.

    Parameters
    ----------
    finding : shown
    published : (text, key, status) of what its deciding parts are held against, each once;
        status is what was read of it
    computed : the deciding number that speaks least for the claim
    what : what it is
    figure : name of its figure
    """

    finding: Finding
    published: tuple[tuple[str, str, str], ...]
    computed: str
    what: str
    figure: str


def rows(found: Findings) -> list[Row]:
    """Return the lines of the table."""
    return [
        Row(f, _published(f.parts), spelt(part), part.what, f"finding-{f.name}")
        for f, part in ((f, weakest(f)) for f in found.findings)
    ]


def counted(found: Findings) -> dict[str, int]:
    """Return how many findings have each verdict."""
    verdicts = [f.verdict for f in found.findings]
    return {v: verdicts.count(v) for v in (SUPPORTS, CONTRADICTS, CANNOT_TELL)}


def weakest(finding: Finding) -> Part:
    """Return the deciding number that speaks least for the claim, if one could be computed."""
    asked = [p for p in finding.parts if p.decides]
    deciding = [p for p in asked if math.isfinite(p.value)] or asked
    return min(deciding, key=lambda p: 1.0 if math.isnan(p.chance) else p.chance)


def spelt(part: Part) -> str:
    """Return what a part gives."""
    return typeset(part.text())


def typeset(text: str) -> str:
    """Return text with true minus signs, the micro sign, and a space before the per cent sign.

    Examples
    --------
    >>> typeset("-0.2 ug/g, near-side, 5% of it")
    '−0.2 µg/g, near-side, 5 % of it'
    """
    return _PERCENT.sub(" %", _MINUS.sub("−", text)).replace("ug/g", "µg/g")


def figures_of(part: Part) -> tuple[tuple[str, str, str], ...]:
    """Return the published figures of a part: text, key of the paper, what was read of it."""
    return tuple((typeset(str(p)), p.reference, p.status) for p in part.published)


def _published(parts: Sequence[Part]) -> tuple[tuple[str, str, str], ...]:
    found = [figure for part in parts if part.decides for figure in figures_of(part)]
    return tuple(dict.fromkeys(found))


def figure(finding: Finding, name: str) -> str:
    """Return the parts of a finding as intervals, one panel per unit.

    Grey ground is where the claim's statement holds. Filled markers support it, crosses contradict
    it, open ones cannot tell; a bar without ground stands beside the claim. Diamonds are published
    figures in the same unit.

    Parameters
    ----------
    finding : shown
    name : of the figure, for its ids
    """
    shown = [p for p in finding.parts if math.isfinite(p.value)][:MOST_ROWS]
    units = list(dict.fromkeys(p.unit for p in shown))
    groups = [[p for p in shown if p.unit == unit] for unit in units]
    height = sum(PANEL_IN + ROW_IN * len(g) for g in groups)

    def paint(canvas: Figure) -> None:
        ratios = [PANEL_IN + ROW_IN * len(g) for g in groups]
        grid = canvas.subplots(len(groups), 1, squeeze=False, height_ratios=ratios)
        for unit, group, axes in zip(units, groups, grid[:, 0], strict=True):
            _panel(axes, group, unit)

    alt = f"{finding.title}: what is computed, with 95 % intervals, against the claim."
    return draw(name, alt, height, paint)


def _panel(axes: Axes, parts: Sequence[Part], unit: str) -> None:
    low, high = _span(parts)
    axes.set(xlim=(low, high), ylim=(len(parts) - 0.5, -0.5))
    for y, part in enumerate(parts):
        if part.statement is not None:
            start = max(part.statement.low, low)
            width = max(min(part.statement.high, high) - start, 0.0)
            axes.barh(y, width, 0.86, start, color=FAINT, alpha=0.55, zorder=0, linewidth=0)
        ends = [min(max(x, low), high) for x in (part.lower, part.upper)]
        axes.errorbar(
            [part.value],
            [y],
            xerr=[[max(part.value - ends[0], 0.0)], [max(ends[1] - part.value, 0.0)]],
            color=INK if part.decides else MUTED,
            marker=_MARKER[part.verdict],
            fillstyle="none" if part.verdict == CANNOT_TELL else "full",
            **THIN,
        )
        for p in part.published:
            if part.alike and p.unit == unit and math.isfinite(p.value):
                axes.plot(p.value, y + 0.27, marker="d", color=MUTED, markersize=3.6)
    axes.set_yticks(range(len(parts)), ["\n".join(_wrapped(p.what)) for p in parts])
    axes.set_xlabel("dimensionless" if unit == "1" else typeset(chemistry(unit)))
    bare(axes, "y")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(chemistry(typeset(text)), WRAP) or [""]


def _span(parts: Sequence[Part]) -> tuple[float, float]:
    """Return limits that hold intervals, published figures, and the edge of each statement."""
    known: list[float] = []
    for p in parts:
        known += [p.value, p.lower, p.upper]
        known += [x.value for x in p.published if p.alike and x.unit == p.unit]
        if p.statement is not None:
            known += [p.statement.low, p.statement.high]
    finite = [x for x in known if math.isfinite(x)]
    low, high = min(finite), max(finite)
    pad = 0.06 * (high - low or abs(high) or 1.0)
    return low - pad, high + pad


def facts(found: Findings) -> dict[str, Any]:
    """Return what the template says of the findings."""
    return {"findings": rows(found), "verdicts_of_claims": counted(found)}
