"""One open page: what is seen, the map, and what the user did."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import panel as pn

from farside.errors import FarsideError, InputError
from farside.explorer import cards
from farside.explorer.drawing import check_difference
from farside.explorer.figure import MapFigure
from farside.explorer.layers import Layer, available, layer
from farside.explorer.regions import Region, drawn
from farside.explorer.statistics import Sampled, sampled
from farside.explorer.views import VIEWS, Window, view
from farside.explorer.widgets import control, prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from farside.explorer.ages import Age
    from farside.explorer.opened import Opened
    from farside.explorer.state import State

NOTHING = "nothing"


class Session:
    """What is seen on one page, and the controls above the map.

    Parameters
    ----------
    opened : output
    ages : of the user
    state : what is seen at first
    """

    def __init__(self, opened: Opened, ages: Sequence[Age], state: State) -> None:
        self.opened, self.ages, self.state = opened, tuple(ages), state
        self.changed: list[Callable[[], None]] = []
        self._samples: dict[str, tuple[Region, Sampled]] = {}
        self.layers = available(opened.names)
        if state.layer not in self.layers:
            self.state = replace(state, layer=next(iter(self.layers)))
        self.alert = prose(margin=0)
        self.status = prose(margin=0)
        self._doc = pn.state.curdoc
        self._quiet = False
        self.filling_b = False  # whether the next region that is drawn is B
        self._make_controls()
        self.figure = self._figure()
        self.map = pn.pane.HoloViews(
            self.figure.object(), sizing_mode="stretch_both", linked_axes=False
        )

    # -- controls ------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        groups: dict[str, dict[str, str]] = {}
        for key, one in self.layers.items():
            groups.setdefault(one.group, {})[one.label] = key
        self.views = control(
            pn.widgets.RadioButtonGroup, "View", value=self.state.view,
            options={v.title: v.key for v in VIEWS.values()},
        )  # fmt: skip
        self.layer_choice = control(
            pn.widgets.Select, "Layer", groups=groups, value=self.state.layer
        )
        numbers = {one.label: key for key, one in self.layers.items() if not one.classes}
        self.minus_choice = control(
            pn.widgets.Select, "less (difference)", options={NOTHING: "", **numbers},
            value=self.state.minus or "",
        )  # fmt: skip
        self.views.param.watch(lambda e: self.show(view=e.new, window=None), "value")
        self.layer_choice.param.watch(lambda e: self.show(layer=e.new), "value")
        self.minus_choice.param.watch(lambda e: self.show(minus=e.new or None), "value")
        self.controls = pn.Column(
            self.alert,
            pn.Row(self.views, sizing_mode="stretch_width"),
            pn.Row(self.layer_choice, self.minus_choice, sizing_mode="stretch_width"),
            sizing_mode="stretch_width",
        )

    # -- the map -------------------------------------------------------------------------------

    def _figure(self) -> MapFigure:
        return MapFigure(self.opened, self.state, self)

    def later(self, work: Callable[[], None], ms: int) -> None:
        """Do work so many milliseconds later, if there is a page."""
        if self._doc is not None:
            self._doc.add_timeout_callback(work, ms)

    def show(self, **changes: Any) -> None:
        """Show another view, layer or window."""
        if self._quiet:
            return
        with self.guarded():
            wanted = replace(self.state, **changes)
            if wanted.minus is not None:
                check_difference(layer(wanted.layer), layer(wanted.minus))
            self.state = wanted
            self.figure = self._figure()
            self.map.object = self.figure.object()
        self._quiet = True
        self.views.value, self.layer_choice.value = self.state.view, self.state.layer
        self.minus_choice.value = self.state.minus or ""
        self._quiet = False
        self._tell()

    def windowed(self, window: Window) -> None:
        """Take the part of the view that is seen."""
        of = view(self.state.view)
        whole = Window.whole(of)
        same = abs(window.x - whole.x) + abs(window.y - whole.y) + abs(window.half - whole.half)
        self.state = replace(self.state, window=None if same < 1e-6 * whole.half else window)
        shown: Layer = layer(self.state.layer)
        words = [f"One pixel of the output is {cards.number(self.opened.resolution_m / 1000)} km."]
        if not self.figure_complete:
            words.append("Finer detail is being read …")
        if shown.note:
            words.append(f"{shown.title}: {shown.note}.")
        self.status.object = cards.paragraph(" ".join(words), kind="note")
        self._tell()

    @property
    def figure_complete(self) -> bool:
        """Whether the picture is as fine as it can be."""
        figure = getattr(self, "figure", None)
        return figure is None or figure.complete

    def press(self, what: str) -> None:
        """Do what a key asks for; see `farside.explorer.keyboard`."""
        kind, _, value = what.partition(":")
        if kind == "view" and value in VIEWS:
            self.show(view=value, window=None)
        elif kind == "whole":
            self.show(window=None)
        elif kind == "layer" and value in ("-1", "+1"):
            keys = list(self.layers)
            self.show(layer=keys[(keys.index(self.state.layer) + int(value)) % len(keys)])
        elif kind == "place":
            window = self.state.window or Window.whole(view(self.state.view))
            lat, lon = view(self.state.view).latlon(window.x, window.y)
            self.ask(float(lat), float(lon))

    # -- places and regions --------------------------------------------------------------------

    def ask(self, lat: float, lon: float) -> None:
        """Ask about a place; one off the Moon is left alone."""
        if math.isfinite(lat) and math.isfinite(lon):
            self.put(place=(lat, lon), tab="place")

    def draw_region(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Take corners on the map as a region, A unless B is being chosen."""
        with self.guarded():
            found = drawn(view(self.state.view), x, y)
            which = "b" if self.filling_b else "a"
            tab = self.state.tab if self.state.tab in ("region", "compare") else "region"
            self.put(**{which: found, "tab": tab})

    def put(self, **changes: Any) -> None:
        """Change place, regions or tab, which leaves the picture as it is."""
        self.state = replace(self.state, **changes)
        self.figure.mark(self.state)
        self._tell()

    def samples(self, which: str) -> Sampled:
        """Return the samples of region ``a`` or ``b``.

        Raises
        ------
        InputError
            when there is no such region, or it cannot be sampled
        """
        region: Region | None = getattr(self.state, which)
        if region is None:
            raise InputError(f"there is no region {which.upper()}; draw or pick one.")
        kept = self._samples.get(which)
        if kept is None or kept[0] is not region:
            kept = region, sampled(self.opened, region)
            self._samples[which] = kept
        return kept[1]

    # -- telling -------------------------------------------------------------------------------

    def _tell(self) -> None:
        for work in self.changed:
            work()

    def warn(self, text: str) -> None:
        """Show what went wrong, or nothing."""
        self.alert.object = cards.alert(text)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Clear an older message, and show an error of the block as one."""
        self.warn("")
        try:
            yield
        except FarsideError as error:
            self.warn(str(error))
