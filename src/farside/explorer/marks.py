"""What lies on the map: parallels and meridians, landings, names, regions, a place."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import holoviews as hv
import numpy as np

from farside.datasets import load_missions
from farside.datasets.features import load_features
from farside.explorer import palette

if TYPE_CHECKING:
    from farside.explorer.regions import Region
    from farside.explorer.views import View

hv.extension("bokeh", logo=False)

NAMES = 24
"""Most names of features on a picture."""

NAME_SIZE = (100, 30)
"""Pixels across and up between two names."""


@cache
def graticule(of: View) -> Any:
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
def _landing_places(of: View) -> tuple[list[float], list[float], list[str]]:
    table = load_missions()
    x, y = of.xy(table["lat"].to_numpy(), table["lon"].to_numpy())
    seen = np.isfinite(x)
    return x[seen].tolist(), y[seen].tolist(), [str(n) for n in table["mission"][seen]]


@cache
def landings(of: View) -> Any:
    """Return the landing sites on a view, with their names."""
    rows = list(zip(*_landing_places(of), strict=True))
    points = hv.Points(rows, vdims=["landing"]).opts(
        marker="triangle", size=8, color="white", line_color="black"
    )
    labels = hv.Labels(rows, vdims=["landing"]).opts(
        text_color="white", text_font_size="8pt", text_align="left", text_baseline="middle",
        hooks=[_beside],
    )  # fmt: skip
    return points * labels


def _beside(plot: Any, element: Any) -> None:
    """Move names to the right of what they name, clear of the mark of a place on it."""
    del element
    plot.handles["glyph"].x_offset = 11


def feature_names(
    of: View, x: tuple[float, float], y: tuple[float, float], size: tuple[int, int]
) -> Any:
    """Return the names of the largest features in a window, none on another or on a landing.

    Parameters
    ----------
    of : view
    x, y : ranges of the window, in its unit
    size : width and height of the picture, pixels
    """
    names, at_x, at_y = _feature_places(of)
    inside = np.flatnonzero((at_x > x[0]) & (at_x < x[1]) & (at_y > y[0]) & (at_y < y[1]))
    across, up = (NAME_SIZE[k] * (r[1] - r[0]) / size[k] for k, r in enumerate((x, y)))
    taken = list(zip(*_landing_places(of)[:2], strict=True))
    rows = []
    for i in inside:
        place = float(at_x[i]), float(at_y[i])
        if all(abs(place[0] - x) > across or abs(place[1] - y) > up for x, y in taken):
            taken.append(place)
            rows.append((*place, names[i]))
        if len(rows) == NAMES:
            break
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


def outline(of: View, region: Region | None, colour: str) -> Any:
    """Return the edge of a region on a view; nothing where there is none."""
    if region is None:
        return hv.Path([]).opts(color=colour)
    x, y = of.xy(np.append(region.lat, region.lat[0]), np.append(region.lon, region.lon[0]))
    if of.unit == "°":
        jump = np.flatnonzero(np.abs(np.diff(x)) > 180) + 1
        x, y = np.insert(x, jump, np.nan), np.insert(y, jump, np.nan)
    return hv.Path([np.column_stack([x, y])]).opts(color=colour, line_width=2.5)


def spot(of: View, place: tuple[float, float] | None) -> Any:
    """Return the mark of a place on a view; nothing where there is none."""
    rows = [] if place is None else [tuple(float(v) for v in of.xy(*place))]
    return hv.Points(rows).opts(
        marker="circle_cross", size=14, fill_alpha=0.0, line_color=palette.PLACE, line_width=2,
        color=palette.PLACE,
    )  # fmt: skip
