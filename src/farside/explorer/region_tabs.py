"""The parts of the side panel on one region and on two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn

from farside.constants import OXIDES
from farside.datasets.features import load_features
from farside.explorer import cards, charts
from farside.explorer.layers import layer
from farside.explorer.regions import BASINS, named
from farside.explorer.statistics import RegionStatistics, differences, statistics
from farside.explorer.widgets import control, prose

if TYPE_CHECKING:
    from farside.explorer.session import Session

BESIDE = ("mg-number", "novelty", "thorium", "height", "oxygen-ilmenite", "helium-3")
"""Layers of the statistics beside the oxides."""


def summarised(session: Session) -> list[str]:
    """Return the keys of the layers of the statistics: those that the output has, and the shown."""
    keys = [key for key in (*OXIDES, *BESIDE) if key in session.layers]
    shown = session.state.layer
    return keys if shown in keys or layer(shown).classes else [*keys, shown]


def region_statistics(session: Session, which: str) -> RegionStatistics:
    """Return the statistics of region ``a`` or ``b``, which must be there."""
    return statistics(session.samples(which), summarised(session))


def _picker(session: Session, which: str, title: str) -> Any:
    """Return what picks a region by name."""
    table = load_features().dropna(subset=["diameter_km"])
    names = sorted(table.loc[table["type"] != "satellite crater", "name"].astype(str))
    field = control(
        pn.widgets.AutocompleteInput, title, options=[*BASINS, *names], restrict=False,
        case_sensitive=False, min_characters=2, placeholder="a name of the IAU, such as Apollo",
        search_strategy="includes",
    )  # fmt: skip

    def pick(event: Any) -> None:
        if event.new:
            with session.guarded():
                session.put(**{which: named(event.new)})

    field.param.watch(pick, "value")
    return field


def _quick(session: Session, which: str) -> Any:
    buttons = []
    for name, title in (("South Pole-Aitken", "SPA"), ("Apollo", "Apollo basin")):
        button = control(pn.widgets.Button, title)
        button.on_click(lambda _, name=name: session.put(**{which: named(name)}))
        buttons.append(button)
    return pn.Row(*buttons, sizing_mode="stretch_width")


def _oxide_choice(title: str, value: str, options: list[str]) -> Any:
    chosen = value if value in options else options[0]
    return control(pn.widgets.Select, title, options=options, value=chosen, width=110,
                   sizing_mode="fixed")  # fmt: skip


def _scatter_choice(oxides: list[str], numbers: dict[str, str]) -> list[Any]:
    """Return what chooses the two layers of a scatter plot."""
    return [
        control(
            pn.widgets.Select, f"Scatter: {where}", options=numbers,
            value=wanted if wanted in oxides else oxides[0],
        )
        for where, wanted in (("across", "FeO"), ("up", "Al2O3"))
    ]  # fmt: skip


def _numbers(session: Session) -> dict[str, str]:
    return {one.label: key for key, one in session.layers.items() if not one.classes}


# -- one region --------------------------------------------------------------------------------


def region_tab(session: Session) -> Any:
    """Return the statistics and plots of region A."""
    card = prose(
        cards.paragraph("Pick a region by its name, or draw one on the map with the box or lasso "
                        "of its tool bar.")
    )  # fmt: skip
    oxides = [o for o in OXIDES if o in session.layers]
    numbers = _numbers(session)
    across, up = _scatter_choice(oxides, numbers)
    wanted = [o for o in ("Al2O3", "FeO", "MgO") if o in oxides]
    corners = [
        _oxide_choice(f"Ternary: {where}", wanted[k % len(wanted)] if wanted else oxides[0], oxides)
        for k, where in enumerate(("top", "left", "right"))
    ]
    plots = pn.Column(sizing_mode="stretch_width")
    shown: list[Any] = [None]

    def show(_event: Any = None) -> None:
        key = (session.state.a, session.state.layer, across.value, up.value,
               *(c.value for c in corners))  # fmt: skip
        if session.state.a is None or session.state.tab != "region" or key == shown[0]:
            return
        shown[0] = key
        with session.guarded():
            of = session.samples("a")
            card.object = cards.region_card(region_statistics(session, "a"))
            plots.objects = [
                _plot(charts.scatter(of, across.value, up.value)),
                _plot(charts.ternary(of, (corners[0].value, corners[1].value, corners[2].value))),
            ]

    for one in (across, up, *corners):
        one.param.watch(show, "value")
    session.changed.append(show)
    show()
    return pn.Column(
        _picker(session, "a", "Region"), _quick(session, "a"), card,
        pn.Row(across, up, sizing_mode="stretch_width"), pn.Row(*corners), plots,
        sizing_mode="stretch_width",
    )  # fmt: skip


def _plot(chart: Any) -> Any:
    return pn.pane.HoloViews(chart, sizing_mode="stretch_width", linked_axes=False)


# -- two regions -------------------------------------------------------------------------------


def compare_tab(session: Session) -> Any:
    """Return two regions side by side."""
    card = prose(cards.paragraph("Pick or draw a region A and a region B."))
    drawing = control(
        pn.widgets.RadioButtonGroup, "Draw", options={"draw A": "a", "draw B": "b"}, value="a"
    )
    numbers = _numbers(session)
    oxides = [o for o in OXIDES if o in session.layers]
    across, up = _scatter_choice(oxides, numbers)
    plots = pn.Row(sizing_mode="stretch_width")
    shown: list[Any] = [None]

    def show(_event: Any = None) -> None:
        a, b = session.state.a, session.state.b
        key = (a, b, session.state.layer, across.value, up.value)
        if a is None or b is None or session.state.tab != "compare" or key == shown[0]:
            return
        shown[0] = key
        with session.guarded():
            first, second = (region_statistics(session, which) for which in ("a", "b"))
            found = differences(first, second)
            card.object = cards.compare_card(first, second, found, session.opened.coverage)
            samples = [first.sampled, second.sampled]
            ranges = charts.scatter_ranges(samples, across.value, up.value)
            plots.objects = [
                _plot(charts.scatter(of, across.value, up.value, ranges)) for of in samples
            ]

    def choose(event: Any) -> None:
        session.filling_b = event.new == "b"

    drawing.param.watch(choose, "value")
    for one in (across, up):
        one.param.watch(show, "value")
    session.changed.append(show)
    show()
    return pn.Column(
        pn.Row(_picker(session, "a", "Region A"), _picker(session, "b", "Region B"),
               sizing_mode="stretch_width"),
        drawing, card, pn.Row(across, up, sizing_mode="stretch_width"), plots,
        sizing_mode="stretch_width",
    )  # fmt: skip
