"""The map: a HoloViews picture of what is on screen, drawn anew at every pan and zoom."""

from __future__ import annotations

import itertools
import math
import weakref
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import holoviews as hv
import numpy as np
from bokeh.events import SelectionGeometry, Tap
from bokeh.models import (
    BoxSelectTool,
    CustomJS,
    CustomJSHover,
    CustomJSTickFormatter,
    FixedTicker,
    HoverTool,
    LassoSelectTool,
    PanTool,
    WheelZoomTool,
)
from bokeh.models import Image as ImageGlyph
from bokeh.models import Text as TextGlyph

from farside.errors import FarsideError
from farside.explorer import marks, palette
from farside.explorer.drawing import FIRST_S, PATIENCE_S, difference_label, draw, limits
from farside.explorer.keyboard import FIGURE
from farside.explorer.layers import Layer, layer
from farside.explorer.views import View, Window, grid_on, latlon_of, view

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from farside.explorer.opened import Opened
    from farside.explorer.state import State
    from farside.maps.grid import MapGrid

hv.extension("bokeh", logo=False)

INK = "#15171c"
"""Behind the Moon, and about letters on it."""

SIZE = (900, 640)
"""Pixels of a picture until the browser has told its own."""

MOST_PIXELS = 1400
"""Pixels along a side at most: a picture of 2 million takes 0.1 s to draw and to send."""

MOVE_MS = 20
"""Time that changes of the ranges are gathered: a pan sends each end apart."""

AGAIN_MS = 200
LONGEST_MS = 3200
"""Times after which a picture is drawn again, in all of its pixels and with more of what is read;
each is twice the one before."""

DRAFT = 2
"""A picture of a map that moves has pixels so many times as wide: four times as quick."""

Ranges = tuple[tuple[float, float], tuple[float, float]]

KEEP_ASPECT = """
const [w, h] = [fig.inner_width, fig.inner_height];
if (w > 0 && h > 0) {
  const [x, y] = [fig.x_range, fig.y_range];
  if (fit[0] > 0) {
    const up = Math.max((y.end - y.start) / 2, fit[0] * h / w), middle = (y.start + y.end) / 2;
    fit[0] = 0;
    y.setv({start: middle - up, end: middle + up});
  }
  const mid = (x.start + x.end) / 2, half = (y.end - y.start) * w / h / 2;
  if (Math.abs((x.end - x.start) / 2 - half) > 1e-6 * half) {
    x.setv({start: mid - half, end: mid + half});
  }
}
"""
"""A pixel is as wide as it is high, whatever the size of the window; at first all is in it."""

DEGREES = """
const lon = ((tick + 180) % 360 + 360) % 360 - 180;
const side = lon % 180 === 0 ? '' : lon > 0 ? 'E' : 'W';
return Math.abs(lon).toFixed(Number.isInteger(lon) ? 0 : 2) + '°' + side;
"""


WHERE = """
const {x: [x0], y: [y0], dw: [w], dh: [h], image: [{shape: [rows, columns]}]} = source.data;
const middle = (at, from, step) => from + (Math.floor((at - from) / step) + 0.5) * step;
const x = middle(special_vars.x, x0, w / columns), y = middle(special_vars.y, y0, h / rows);
const deg = 180 / Math.PI, radius = 1737.4;
let lat = y, lon = x;
if (kind !== 'geographic') {
  const rho = Math.hypot(x, y);
  if (kind.startsWith('orthographic')) {
    if (rho > radius) return 'off the Moon';
    lat = Math.asin(y / radius) * deg;
    lon = Math.atan2(x, Math.sqrt(radius * radius - rho * rho)) * deg;
    if (kind.endsWith('far')) lon += 180;
  } else {
    const south = kind === 'south_polar';
    lat = (south ? -1 : 1) * (90 - 2 * Math.atan(rho / 2 / radius) * deg);
    lon = Math.atan2(x, south ? y : -y) * deg;
  }
}
lon = ((lon + 180) % 360 + 360) % 360 - 180;
const said = (value, sides) => Math.abs(value).toFixed(2) + '° ' + sides[value < 0 ? 1 : 0];
return said(lat, 'NS') + ', ' + said(lon, 'EW');
"""
"""Middle of the pixel of the picture under the pointer, of which the value is: the formulas of
`farside.geography.projections`, radius in km."""


def _held_weakly(method: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Return a hook that does not keep alive what its method is of.

    HoloViews keeps options, and with them hooks, for as long as what they are of lives: held by its
    own options, a page that was closed would never be freed.
    """
    held = weakref.WeakMethod(method)

    def hook(plot: Any, element: Any) -> None:
        found = held()
        if found is not None:
            found(plot, element)

    return hook


class Redraw(hv.streams.Stream.define("Redraw", stamp=0)):  # type: ignore[misc]
    """Asks for the same picture anew, when more of it was read."""


class Listener(Protocol):
    """Who is told what the user does on the map."""

    def windowed(self, window: Window) -> None:
        """Take the part of the view that is seen."""

    def ask(self, lat: float, lon: float) -> None:
        """Take a place that was clicked, degrees, NaN off the Moon."""

    def draw_region(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Take the corners of a region, in the unit of the view."""

    def press(self, what: str) -> None:
        """Take what a key asks for; see `farside.explorer.keyboard`."""

    def warn(self, text: str) -> None:
        """Take why a picture could not be drawn."""

    def later(self, work: Callable[[], None], ms: int) -> None:
        """Do work so many milliseconds later."""


class MapFigure:
    """The map of one page.

    Parameters
    ----------
    opened : output
    state : what is seen when the figure is made
    listener : told what the user does
    """

    def __init__(self, opened: Opened, state: State, listener: Listener) -> None:
        self.opened, self.state, self._listener = opened, state, listener
        self.view: View = view(state.view)
        self.layer: Layer = layer(state.layer)
        self.minus: Layer | None = layer(state.minus) if state.minus else None
        self._first = True
        self._waiting = self._moving = self._draft = False
        self._ranges: Ranges | None = None
        self._size, self._pause_ms = SIZE, LONGEST_MS  # the page comes first
        self._grid = grid_on(self.view, *self._asked_for(), SIZE)
        self._redraw, self._marks = Redraw(), Redraw()
        self.complete = True
        self._limits = limits(opened, self.layer, self.minus)

    def mark(self, state: State) -> None:
        """Show the regions and the place of a state."""
        self.state = replace(self.state, place=state.place, a=state.a, b=state.b)
        self._marks.event(stamp=self._marks.stamp + 1)

    def _spot(self, stamp: int) -> Any:
        del stamp
        return marks.spot(self.view, self.state.place)

    def _region(self, which: str, stamp: int) -> Any:
        del stamp
        colour = palette.REGION_A if which == "a" else palette.REGION_B
        return marks.outline(self.view, getattr(self.state, which), colour)

    # -- the picture ---------------------------------------------------------------------------

    def picture(self, width: int | None, height: int | None, **_streams: float | None) -> Any:
        """Return the image of what is on screen; the arguments are those of the streams."""
        self._size = size = (width or SIZE[0], height or SIZE[1])
        x, y = self._ranges or self._asked_for(size)
        shrink = min(1.0, MOST_PIXELS / max(size)) / (DRAFT if self._draft else 1)
        size = max(16, round(size[0] * shrink)), max(16, round(size[1] * shrink))
        self._grid = grid_on(self.view, x, y, size)
        try:
            values = self._values(self._grid)
        except FarsideError as error:
            self._listener.warn(str(error))
            values = np.full((self._grid.height, self._grid.width), np.nan)
        self._listener.windowed(Window((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, (y[1] - y[0]) / 2))
        return hv.Image(
            values.astype(np.float32), bounds=(x[0], y[0], x[1], y[1]),
            kdims=["x", "y"], vdims=[hv.Dimension("value", range=self._limits)],
        )  # fmt: skip

    def _values(self, grid: MapGrid) -> NDArray[np.float64]:
        lat, lon = latlon_of(self.view, grid)
        found = draw(
            self.opened, self.layer, lat, lon, grid.resolution_m, minus=self.minus,
            patience_s=FIRST_S if self._first else PATIENCE_S,
        )  # fmt: skip
        self._first = False
        self.complete = found.complete
        if found.problem:
            self._listener.warn(found.problem)
        if (self._draft or not found.complete) and not self._waiting:
            self._waiting = True
            self._listener.later(self._again, self._pause_ms)
            self._pause_ms = min(2 * self._pause_ms, LONGEST_MS)
        return found.values

    def _again(self) -> None:
        self._waiting = self._draft = False
        self._redraw.event(stamp=self._redraw.stamp + 1)

    def _asked_for(self, size: tuple[int, int] = SIZE) -> Ranges:
        window = self.state.window or Window.whole(self.view)
        return window.ranges(size[0] / size[1])

    def _moved(self, figure: Any) -> None:
        """Draw what is now on screen, once for all ranges that change together."""
        x, y = figure.x_range, figure.y_range
        if not self._moving and None not in (x.start, x.end, y.start, y.end):
            self._moving = True
            self._listener.later(lambda: self._settle(figure), MOVE_MS)

    def _settle(self, figure: Any) -> None:
        self._moving = False
        x, y = ((float(r.start), float(r.end)) for r in (figure.x_range, figure.y_range))
        if x[0] < x[1] and y[0] < y[1] and (x, y) != self._ranges:
            self._ranges, self._draft, self._pause_ms = (x, y), True, AGAIN_MS
            self._redraw.event(stamp=self._redraw.stamp + 1)

    def object(self) -> Any:
        """Return the HoloViews object."""
        size = hv.streams.PlotSize()
        picture = hv.DynamicMap(self.picture, streams=[size, self._redraw])
        names = hv.DynamicMap(self._names, streams=[self._redraw])
        size.source = picture
        low, high = self._limits
        shown = palette.colours(self.layer, difference=self.minus is not None)
        picture = picture.opts(
            hv.opts.Image(
                cmap=shown, clim=(low, high), colorbar=True, clipping_colors={"NaN": "transparent"},
                clabel=self.title, colorbar_opts={"width": 14, **self._class_ticks()},
            )
        )  # fmt: skip
        overlay = (
            picture * marks.graticule(self.view) * marks.landings(self.view) * names
            * hv.DynamicMap(partial(self._region, "a"), streams=[self._marks])
            * hv.DynamicMap(partial(self._region, "b"), streams=[self._marks])
            * hv.DynamicMap(self._spot, streams=[self._marks])
        )  # fmt: skip
        return overlay.opts(
            hv.opts.Overlay(
                responsive=True, min_height=420, show_legend=False, bgcolor=INK,
                xlabel=self._axis("x"), ylabel=self._axis("y"), hooks=[_held_weakly(self._dress)],
            )
        )  # fmt: skip

    @property
    def title(self) -> str:
        """What is shown, with its unit."""
        return difference_label(self.layer, self.minus) if self.minus else self.layer.label

    def _class_ticks(self) -> dict[str, Any]:
        names = self.layer.classes
        if not names:
            return {}
        return {
            "ticker": FixedTicker(ticks=list(range(len(names)))),
            "major_label_overrides": dict(enumerate(names)),
        }

    def _axis(self, name: str) -> str:
        if self.view.unit == "°":
            return "longitude (°)" if name == "x" else "latitude (°)"
        return f"{name} from the middle of the view (km)"

    def _names(self, stamp: int) -> Any:
        del stamp
        ranges = self._ranges or self._asked_for(self._size)
        return marks.feature_names(self.view, *ranges, self._size)

    def _dress(self, plot: Any, element: Any) -> None:
        """Give the Bokeh figure its ranges, name, aspect and events."""
        del element
        fig = plot.state
        if fig.name == FIGURE:
            return
        fig.name = FIGURE
        x, y = self._asked_for()
        fig.x_range.update(start=x[0], end=x[1])
        fig.y_range.update(start=y[0], end=y[1])
        fit = 0.0 if self.state.window else self.view.half_width
        keep = CustomJS(args={"fig": fig, "fit": [fit]}, code=KEEP_ASPECT)
        fig.js_on_change("inner_width", keep)
        fig.js_on_change("inner_height", keep)
        for end, place in itertools.product(("start", "end"), (fig.x_range, fig.y_range)):
            place.on_change(end, lambda _attr, _old, _new: self._moved(fig))
        fig.on_event(Tap, self._tap)
        fig.on_change("tags", lambda _attr, _old, new: self._pressed(new))
        fig.on_event(SelectionGeometry, self._selection)
        fig.grid.visible = False
        for renderer in fig.renderers:
            if isinstance(getattr(renderer, "glyph", None), TextGlyph):
                renderer.glyph.update(
                    background_fill_color=INK, background_fill_alpha=0.55, padding=2,
                    border_radius=3, text_color="white",
                )  # fmt: skip
        self._tools(fig)
        if self.view.unit == "°":
            for axis in fig.xaxis:
                axis.formatter = CustomJSTickFormatter(code=DEGREES)

    def _tools(self, fig: Any) -> None:
        """Give the figure its tools, and say under the pointer where it is and what is there."""
        images = [r for r in fig.renderers if isinstance(getattr(r, "glyph", None), ImageGlyph)]
        source = images[0].data_source
        where = CustomJSHover(args={"kind": self.view.crs, "source": source}, code=WHERE)
        unit = self.layer.unit if self.minus is None else ""
        hover = HoverTool(
            renderers=images, point_policy="follow_mouse", formatters={"$x": where},
            tooltips=[("at", "$x{custom}"), (self.title, f"@image{{0.[000]}} {unit}")],
        )  # fmt: skip
        if self.layer.classes:
            hover.tooltips = [("at", "$x{custom}")]
        pan, wheel = PanTool(), WheelZoomTool(zoom_on_axis=False)
        fig.toolbar.tools = [
            pan, wheel, BoxSelectTool(description="Draw a region: box"),
            LassoSelectTool(description="Draw a region: lasso", continuous=False), hover,
        ]  # fmt: skip
        fig.toolbar.active_drag, fig.toolbar.active_scroll = pan, wheel
        fig.toolbar.logo = None

    def _pressed(self, tags: list[Any]) -> None:
        if tags:
            self._listener.press(str(tags[0]))

    def _tap(self, event: Any) -> None:
        """Ask about the middle of the pixel of the picture, as the value under the pointer is."""
        grid, unit = self._grid, self.view.unit_m
        i, j = (math.floor(v) for v in grid.pixel_of(event.x * unit, event.y * unit))
        x, y = grid.transform @ (i + 0.5, j + 0.5)
        lat, lon = self.view.latlon(x / unit, y / unit)
        self._listener.ask(float(lat), float(lon))

    def _selection(self, event: Any) -> None:
        if not event.final:
            return
        g = event.geometry
        if g.get("type") == "rect":
            self._listener.draw_region([g["x0"], g["x1"], g["x1"], g["x0"]],
                            [g["y0"], g["y0"], g["y1"], g["y1"]])  # fmt: skip
        elif g.get("type") == "poly":
            self._listener.draw_region(list(g["x"]), list(g["y"]))
