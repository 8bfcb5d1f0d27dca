"""Every figure that is drawn: no text is cut or covered, axes have units, sizes are of print."""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pytest
from drawn import FIGURES
from matplotlib._pylab_helpers import Gcf
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from farside.style import LEAST_PT, TALLEST_IN, TEXT_PT, WIDTHS_IN, settle, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNITLESS = {
    "rank", "oxide", "sample / CI chondrite", "N(1) / fit", "R = D³ dN/dD", "liquid over bulk Moon",
    "novelty of the surface, 1 = limit",
}  # fmt: skip
"""Labels of quantities without unit that are no ratio of isotopes and no parameter of a fit."""
PARAMETERS = {"x", "b", "ln_c", "scatter"}
_RATIO = r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+\w+/[⁰¹²³⁴⁵⁶⁷⁸⁹]+\w+"
WITH_UNIT = re.compile(rf"\(.+\)$|\(wt%\)\nhatched|per km²|^{_RATIO}$")
TALL = ("report-", "finding")
"""Figures of the report are as tall as their rows ask for."""


@cache
def laid_out(name: str) -> tuple[Figure, Any]:
    """Return a figure as it is drawn, with its renderer."""
    before = dict(mpl.rcParams)
    figure = FIGURES[name]()
    assert dict(mpl.rcParams) == before
    figure.set_dpi(200)
    canvas = FigureCanvasAgg(figure)
    with styled():
        settle(figure)
        canvas.draw()
    return figure, canvas.get_renderer()


def drawn_texts(figure: Figure) -> list[Text]:
    """Return the texts that are seen: no empty ones, and no ticks beyond the limits."""
    ticks: set[int] = set()
    for axis in figure.findobj(Axis):
        shown = {id(tick) for tick in axis._update_ticks()} if axis.get_visible() else set()
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if id(tick) not in shown or not tick.get_visible():
                ticks |= {id(tick.label1), id(tick.label2)}
    hidden = {id(t) for axes in figure.axes if not axes.axison or not axes.get_visible()
              for axis in (axes.xaxis, axes.yaxis) for t in axis.findobj(Text)}  # fmt: skip
    unseen = {id(t) for axes in figure.axes if not axes.get_visible() for t in axes.findobj(Text)}
    return [
        text
        for text in figure.findobj(Text)
        if text.get_text().strip()
        and text.get_visible()
        and id(text) not in ticks | hidden | unseen
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut(name: str) -> None:
    figure, renderer = laid_out(name)
    page = figure.bbox.padded(0.5)
    cut = [
        text.get_text()
        for text in drawn_texts(figure)
        if not all(page.contains(*corner) for corner in text.get_window_extent(renderer).corners())
    ]
    assert not cut


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_covers_another(name: str) -> None:
    figure, renderer = laid_out(name)
    boxes = [
        (text.get_text(), text.get_window_extent(renderer).padded(-1.0))
        for text in drawn_texts(figure)
    ]
    over = [(a, b) for (a, one), (b, two) in itertools.combinations(boxes, 2) if one.overlaps(two)]
    assert not over


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_units(name: str) -> None:
    figure, _ = laid_out(name)
    labels = {
        axis.get_label_text()
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        if axes.axison and axes.get_visible()
    }
    # maps of the report bear their unit above them
    labels |= {axes.get_title("center") for axes in figure.axes if name == "report-map"}
    labels -= {""}
    assert labels or name.startswith("finding"), "a finding of units of 1 alone has no label"
    known = UNITLESS | (PARAMETERS if name == "calibration-posterior" else set())
    if not name.startswith("finding"):  # there the label is the unit
        assert not {each for each in labels if each not in known and not WITH_UNIT.search(each)}


@pytest.mark.parametrize("name", FIGURES)
def test_sizes_are_those_of_print(name: str) -> None:
    figure, _ = laid_out(name)
    width, height = figure.get_size_inches()
    assert any(width == pytest.approx(each) for each in WIDTHS_IN.values())
    if not name.startswith(TALL):
        assert height <= TALLEST_IN + 1e-9
    sizes = {text.get_fontsize() for text in drawn_texts(figure)}
    assert min(sizes) >= LEAST_PT
    assert max(sizes) <= TEXT_PT


@pytest.mark.parametrize("name", FIGURES)
def test_no_legend_covers_data(name: str) -> None:
    figure, renderer = laid_out(name)
    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is None:
            continue
        box = Bbox.intersection(legend.get_window_extent(renderer), axes.bbox)
        if box is None or not box.width * box.height:
            continue
        for line in axes.lines:
            path = line.get_transform().transform_path(line.get_path())
            assert not path.intersects_bbox(box, filled=False), line.get_label()


def test_no_figure_is_left_in_pyplot() -> None:
    FIGURES["isochron"]()
    assert not Gcf.get_all_fig_managers()
