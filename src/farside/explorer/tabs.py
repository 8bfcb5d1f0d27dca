"""The side panel: a place, ages, export, and the choice between its parts."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import panel as pn

from farside.errors import FarsideError
from farside.explorer import cards, charts, exports
from farside.explorer.ages import shipped_ages
from farside.explorer.place import ask
from farside.explorer.region_tabs import compare_tab, region_statistics, region_tab
from farside.explorer.state import TABS
from farside.explorer.widgets import control, prose

if TYPE_CHECKING:
    from collections.abc import Callable

    from farside.explorer.session import Session

TITLES = {"place": "Place", "region": "Region", "compare": "Compare", "ages": "Ages",
          "export": "Export"}  # fmt: skip


def side_panel(session: Session) -> Any:
    """Return the side panel of a session; a part is made when it is first looked at."""
    makers: dict[str, Callable[[Session], Any]] = {
        "place": place_tab, "region": region_tab, "compare": compare_tab, "ages": ages_tab,
        "export": export_tab,
    }  # fmt: skip
    made: dict[str, Any] = {}
    choice = control(
        pn.widgets.RadioButtonGroup, "Panel", options={TITLES[key]: key for key in TABS},
        value=session.state.tab,
    )  # fmt: skip
    body = pn.Column(sizing_mode="stretch_width")

    def show() -> None:
        key = session.state.tab
        if choice.value != key:
            choice.value = key
        if key not in made:
            made[key] = makers[key](session)
        if list(body) != [made[key]]:
            body.objects = [made[key]]

    choice.param.watch(lambda event: session.put(tab=event.new), "value")
    session.changed.append(show)
    show()
    return pn.Column(choice, body, sizing_mode="stretch_width")


# -- a place -----------------------------------------------------------------------------------


def place_tab(session: Session) -> Any:
    """Return what is known of the place that was clicked."""
    card = prose(
        cards.paragraph("Click the map, or press Enter on it, to ask about a place. Drag to move, "
                        "turn the wheel to zoom.")
    )  # fmt: skip
    chart = pn.Column(sizing_mode="stretch_width")
    shown: list[Any] = [None]

    def show() -> None:
        place = session.state.place
        if place is None or place == shown[0] or session.state.tab != "place":
            return
        shown[0] = place
        with session.guarded():
            found = ask(session.opened, *place)
            card.object = cards.place_card(found)
            chart.objects = (
                [
                    pn.pane.HoloViews(
                        charts.spectrum_chart(found.spectra), sizing_mode="stretch_width"
                    )
                ]
                if found.spectra
                else []
            )

    session.changed.append(show)
    show()
    return pn.Column(card, chart, sizing_mode="stretch_width")


# -- ages --------------------------------------------------------------------------------------


def ages_tab(session: Session) -> Any:
    """Return ages of maria over time."""
    ages = (*session.ages, *shipped_ages())
    mare_only = control(pn.widgets.Checkbox, "maria only", value=True)
    pane = pn.pane.HoloViews(sizing_mode="stretch_width", linked_axes=False)

    def draw(_event: Any = None) -> None:
        kept = [a for a in ages if a.kind == "mare" or not mare_only.value]
        pane.object = charts.age_chart(kept[:MOST_AGES])

    mare_only.param.watch(draw, "value")
    draw()
    more = len(ages) - MOST_AGES
    note = (
        f"The chart shows the first {MOST_AGES}; {more} more are in the table." if more > 0 else ""
    )
    return pn.Column(
        mare_only, pane, prose(cards.paragraph(note) if note else ""),
        prose(cards.ages_card(shipped_ages(), session.ages)), sizing_mode="stretch_width",
    )  # fmt: skip


MOST_AGES = 60
"""Most ages of a chart: each has a line with its name."""


# -- export ------------------------------------------------------------------------------------


def export_tab(session: Session) -> Any:
    """Return what can be taken away."""
    link = control(pn.widgets.TextInput, "Link to this view (add it to the address)", value="")
    copy = control(pn.widgets.Button, "Copy the link")
    copy.js_on_click(
        args={"field": link},
        code="navigator.clipboard.writeText(window.location.origin + '/' + field.value)",
    )
    picture = control(
        pn.widgets.FileDownload, "", label="View as PNG", filename="farside-view.png",
        callback=lambda: io.BytesIO(exports.view_png(session.opened, session.state)),
    )  # fmt: skip
    region = pn.Column(sizing_mode="stretch_width")
    shown: list[Any] = [()]

    def show() -> None:
        link.value = "?" + session.state.query()
        regions = (session.state.a, session.state.b)
        if regions == shown[0]:
            return
        shown[0] = regions
        rows = [_region_files(session, which) for which in ("a", "b")
                if getattr(session.state, which) is not None]  # fmt: skip
        none = "Draw or pick a region (tab Region) to export it as GeoJSON, CSV or GeoTIFF."
        region.objects = rows or [prose(cards.paragraph(none, kind="note"))]

    session.changed.append(show)
    show()
    return pn.Column(
        prose(cards.heading("View")), link, copy, picture, prose(cards.heading("Regions")), region,
        sizing_mode="stretch_width",
    )  # fmt: skip


def _region_files(session: Session, which: str) -> Any:
    """Return the buttons that save a region."""
    name = getattr(session.state, which).name
    stem = "farside-region-" + which
    outline = control(
        pn.widgets.FileDownload, "", label="GeoJSON (outline, statistics)",
        filename=f"{stem}.geojson",
        callback=lambda: io.StringIO(exports.region_geojson(region_statistics(session, which))),
    )  # fmt: skip
    samples = control(
        pn.widgets.FileDownload, "", label="CSV (samples)", filename=f"{stem}.csv",
        callback=lambda: io.StringIO(exports.region_csv(session.samples(which))),
    )  # fmt: skip
    make = control(pn.widgets.Button, "Make a GeoTIFF clip")
    ready = pn.Column(sizing_mode="stretch_width")

    def clip(_event: Any) -> None:
        ready.objects = []
        try:
            with_region = getattr(session.state, which)
            data = exports.region_cogs(session.opened, with_region)
        except FarsideError as error:
            ready.objects = [prose(cards.alert(str(error)))]
            return
        save = control(
            pn.widgets.FileDownload, "", label=f"Save the clip ({len(data) / 1e6:.1f} MB, zip)",
            filename=f"{stem}-cog.zip", callback=lambda: io.BytesIO(data),
        )  # fmt: skip
        ready.objects = [save]

    make.on_click(clip)
    title = prose(cards.paragraph(f"{which.upper()}: {name}"))
    return pn.Column(title, outline, samples, make, ready, sizing_mode="stretch_width")
