"""The map: a HoloViews picture of what is on screen, drawn anew at every pan and zoom."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

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

from farside.datasets import load_missions
from farside.datasets.features import load_features
from farside.errors import FarsideError
from farside.explorer import palette
from farside.explorer.drawing import FIRST_S, PATIENCE_S, difference_label, draw, limits
from farside.explorer.layers import Layer, layer
from farside.explorer.views import View, Window, grid_on, latlon_of, view

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from farside.explorer.opened import Opened
    from farside.explorer.regions import Region
    from farside.explorer.state import State

hv.extension("bokeh", logo=False)

SIZE = (900, 640)
"""Pixels of a picture until the browser has told its own."""

MOST_PIXELS = 1400
"""Pixels along a side at most: a picture of 2 million takes 0.1 s to draw and to send."""

NAMES = 24
"""Most names of features on a picture."""

KEEP_ASPECT = """
const [w, h] = [fig.inner_width, fig.inner_height];
if (w > 0 && h > 0) {
  const [x, y] = [fig.x_range, fig.y_range];
  const mid = (x.start + x.end) / 2, half = (y.end - y.start) * w / h / 2;
  if (Math.abs((x.end - x.start) / 2 - half) > 1e-6 * half) {
    x.setv({start: mid - half, end: mid + half});
  }
}
"""
"""A pixel is as wide as it is high, whatever the size of the window."""

DEGREES = """
const lon = ((tick + 180) % 360 + 360) % 360 - 180;
const side = lon % 180 === 0 ? '' : lon > 0 ? 'E' : 'W';
return Math.abs(lon).toFixed(Number.isInteger(lon) ? 0 : 2) + '°' + side;
"""


WHERE = """
const [x, y] = [special_vars.x, special_vars.y];
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
"""Place under the pointer: the formulas of `farside.geography.projections`, radius in km."""


class Redraw(hv.streams.Stream.define("Redraw", stamp=0)):  # type: ignore[misc]
    """Asks for the same picture anew, when more of it was read."""


class MapFigure:
    """The map of one page.

    Parameters
    ----------
    opened : output
    state : what is seen when the figure is made
    on_window, on_place, on_region, on_key : called with what the user did
    on_error : called with why a picture could not be drawn
    later : called with work to do a moment later
    """

    def __init__(
        self,
        opened: Opened,
        state: State,
        *,
        on_window: Callable[[Window], None],
        on_place: Callable[[float, float], None],
        on_region: Callable[[Sequence[float], Sequence[float]], None],
        on_key: Callable[[str], None],
        on_error: Callable[[str], None],
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        self.opened, self.state = opened, state
        self.view: View = view(state.view)
        self.layer: Layer = layer(state.layer)
        self.minus: Layer | None = layer(state.minus) if state.minus else None
        self._on_window, self._on_place, self._on_region = on_window, on_place, on_region
        self._on_key, self._on_error, self._later = on_key, on_error, later
        self._first = True
        self._waiting = False
        self._redraw, self._marks = Redraw(), Redraw()
        self.complete = True

    def mark(self, state: State) -> None:
        """Show the regions and the place of a state."""
        self.state = replace(self.state, place=state.place, a=state.a, b=state.b)
        self._marks.event(stamp=self._marks.stamp + 1)

    def _spot(self, stamp: int) -> Any:
        del stamp
        return _place(self.view, self.state.place)

    def _region(self, which: str, stamp: int) -> Any:
        del stamp
        colour = palette.REGION_A if which == "a" else palette.REGION_B
        return _outline(self.view, getattr(self.state, which), colour)

    # -- the picture ---------------------------------------------------------------------------

    def picture(
        self,
        x_range: tuple[float, float] | None,
        y_range: tuple[float, float] | None,
        width: int | None,
        height: int | None,
        **_streams: float | None,
    ) -> Any:
        """Return the image of what is on screen; the arguments are those of the streams."""
        x, y, size = self._screen(x_range, y_range, width, height)
        try:
            values = self._values(x, y, size)
        except FarsideError as error:
            self._on_error(str(error))
            values = np.full((2, 2), np.nan)
        self._on_window(Window((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, (y[1] - y[0]) / 2))
        return hv.Image(
            values.astype(np.float32), bounds=(x[0], y[0], x[1], y[1]),
            kdims=["x", "y"], vdims=["value"],
        )  # fmt: skip

    def _values(
        self, x: tuple[float, float], y: tuple[float, float], size: tuple[int, int]
    ) -> NDArray[np.float64]:
        grid = grid_on(self.view, x, y, size)
        lat, lon = latlon_of(self.view, grid)
        found = draw(
            self.opened, self.layer, lat, lon, grid.resolution_m, minus=self.minus,
            patience_s=FIRST_S if self._first else PATIENCE_S,
        )  # fmt: skip
        self._first = False
        self.complete = found.complete
        if not found.complete and not self._waiting:
            self._waiting = True
            self._later(self._again)
        return found.values

    def _again(self) -> None:
        self._waiting = False
        self._redraw.event(stamp=self._redraw.stamp + 1)

    def _screen(
        self,
        x: tuple[float, float] | None,
        y: tuple[float, float] | None,
        width: int | None,
        height: int | None,
    ) -> tuple[tuple[float, float], tuple[float, float], tuple[int, int]]:
        size = (width or SIZE[0], height or SIZE[1])
        shrink = min(1.0, MOST_PIXELS / max(size))
        pixels = max(16, round(size[0] * shrink)), max(16, round(size[1] * shrink))
        window = self.state.window or Window.whole(self.view)
        if (
            x is None
            or y is None
            or not np.isfinite([*x, *y]).all()
            or y[1] <= y[0]
            or x[1] <= x[0]
        ):
            x, y = window.ranges(size[0] / size[1])
        return x, y, pixels

    def object(self) -> Any:
        """Return the HoloViews object."""
        where = hv.streams.RangeXY()
        size = hv.streams.PlotSize()
        picture = hv.DynamicMap(self.picture, streams=[where, size, self._redraw])
        names = hv.DynamicMap(self._names, streams=[where])
        where.source = size.source = picture
        low, high = limits(self.opened, self.layer, self.minus)
        shown = palette.colours(self.layer, difference=self.minus is not None)
        picture = picture.opts(
            hv.opts.Image(
                cmap=shown, clim=(low, high), colorbar=True, clipping_colors={"NaN": "transparent"},
                clabel=self.title, colorbar_opts={"width": 14, **self._class_ticks()},
            )
        )  # fmt: skip
        overlay = (
            picture * _graticule(self.view) * _landings(self.view) * names
            * hv.DynamicMap(partial(self._region, "a"), streams=[self._marks])
            * hv.DynamicMap(partial(self._region, "b"), streams=[self._marks])
            * hv.DynamicMap(self._spot, streams=[self._marks])
        )  # fmt: skip
        return overlay.opts(
            hv.opts.Overlay(
                responsive=True, min_height=420, show_legend=False, hooks=[self._dress],
                xlabel=self._axis("x"), ylabel=self._axis("y"), bgcolor="#15171c",
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

    def _names(
        self, x_range: tuple[float, float] | None, y_range: tuple[float, float] | None
    ) -> Any:
        x, y, _ = self._screen(x_range, y_range, None, None)
        return feature_names(self.view, x, y)

    def _dress(self, plot: Any, element: Any) -> None:
        """Give the Bokeh figure its ranges, name, aspect and events."""
        del element
        fig = plot.state
        if fig.name == "map":
            return
        fig.name = "map"
        x, y, _ = self._screen(None, None, None, None)
        fig.x_range.update(start=x[0], end=x[1])
        fig.y_range.update(start=y[0], end=y[1])
        keep = CustomJS(args={"fig": fig}, code=KEEP_ASPECT)
        fig.js_on_change("inner_width", keep)
        fig.js_on_change("inner_height", keep)
        fig.on_event(Tap, self._tap)
        fig.on_change("tags", lambda _attr, _old, new: self._on_key(str(new[0])) if new else None)
        fig.on_event(SelectionGeometry, self._selection)
        fig.grid.visible = False
        self._tools(fig)
        if self.view.unit == "°":
            for axis in fig.xaxis:
                axis.formatter = CustomJSTickFormatter(code=DEGREES)

    def _tools(self, fig: Any) -> None:
        """Give the figure its tools, and say under the pointer where it is and what is there."""
        images = [r for r in fig.renderers if isinstance(getattr(r, "glyph", None), ImageGlyph)]
        where = CustomJSHover(args={"kind": self.view.crs}, code=WHERE)
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

    def _tap(self, event: Any) -> None:
        lat, lon = self.view.latlon(event.x, event.y)
        self._on_place(float(lat), float(lon))

    def _selection(self, event: Any) -> None:
        if not event.final:
            return
        g = event.geometry
        if g.get("type") == "rect":
            self._on_region([g["x0"], g["x1"], g["x1"], g["x0"]],
                            [g["y0"], g["y0"], g["y1"], g["y1"]])  # fmt: skip
        elif g.get("type") == "poly":
            self._on_region(list(g["x"]), list(g["y"]))


# -- what lies on the picture ------------------------------------------------------------------


@cache
def _graticule(of: View) -> Any:
    """Return parallels and meridians every 30 degrees (15 near a pole) on a view."""
    step = 15 if of.key in ("north", "south") else 30
    fine = np.linspace(0, 1, 181)
    lines = [(np.full(181, lat), -180 + 360 * fine) for lat in range(-90 + step, 90, step)]
    lines += [(-90 + 180 * fine, np.full(181, lon)) for lon in range(-180, 180, 30)]
    found = []
    for lat, lon in lines:
        x, y = of.xy(lat, lon)
        jump = np.flatnonzero(np.abs(np.diff(x)) > 180)
        x, y = (
            np.insert(x, [j + 1 for j in jump], np.nan),
            np.insert(y, [j + 1 for j in jump], np.nan),
        )
        found.append(np.column_stack([x, y]))
    return hv.Path(found).opts(color="white", alpha=0.28, line_width=0.7)


@cache
def _landings(of: View) -> Any:
    table = load_missions()
    x, y = of.xy(table["lat"].to_numpy(), table["lon"].to_numpy())
    seen = np.isfinite(x)
    rows = [
        (a, b, str(n)) for a, b, n in zip(x[seen], y[seen], table["mission"][seen], strict=True)
    ]
    points = hv.Points(rows, vdims=["landing"]).opts(
        marker="triangle", size=8, color="white", line_color="black"
    )
    labels = hv.Labels(rows, vdims=["landing"]).opts(
        text_color="white", text_font_size="8pt", yoffset=0, xoffset=0, text_align="left",
        text_baseline="bottom",
    )  # fmt: skip
    return points * labels


def feature_names(of: View, x: tuple[float, float], y: tuple[float, float]) -> Any:
    """Return the names of the largest features in a window, not too near each other."""
    names, at_x, at_y = _feature_places(of)
    inside = np.flatnonzero((at_x > x[0]) & (at_x < x[1]) & (at_y > y[0]) & (at_y < y[1]))
    across, up = (x[1] - x[0]) / 9, (y[1] - y[0]) / 16
    chosen: list[int] = []
    for i in inside:
        if all(abs(at_x[i] - at_x[k]) > across or abs(at_y[i] - at_y[k]) > up for k in chosen):
            chosen.append(int(i))
        if len(chosen) == NAMES:
            break
    rows = [(float(at_x[i]), float(at_y[i]), names[i]) for i in chosen]
    return hv.Labels(rows, vdims=["feature"]).opts(
        text_color="#f2f2f2", text_font_size="8pt", text_alpha=0.85
    )


@cache
def _feature_places(of: View) -> tuple[list[str], Any, Any]:
    """Return names and places of features on a view, the largest first."""
    table = load_features().dropna(subset=["diameter_km"])
    table = table[table["type"] != "satellite crater"].sort_values("diameter_km", ascending=False)
    x, y = of.xy(table["lat"].to_numpy(), table["lon"].to_numpy())
    return [str(n) for n in table["name"]], x, y


def _outline(of: View, region: Region | None, colour: str) -> Any:
    if region is None:
        return hv.Path([]).opts(color=colour)
    x, y = of.xy(np.append(region.lat, region.lat[0]), np.append(region.lon, region.lon[0]))
    if of.unit == "°":
        jump = np.flatnonzero(np.abs(np.diff(x)) > 180) + 1
        x, y = np.insert(x, jump, np.nan), np.insert(y, jump, np.nan)
    return hv.Path([np.column_stack([x, y])]).opts(color=colour, line_width=2.5)


def _place(of: View, place: tuple[float, float] | None) -> Any:
    rows = [] if place is None else [tuple(float(v) for v in of.xy(*place))]
    return hv.Points(rows).opts(
        marker="circle_cross", size=14, fill_alpha=0.0, line_color=palette.PLACE, line_width=2,
        color=palette.PLACE,
    )  # fmt: skip
