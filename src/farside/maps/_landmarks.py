"""What stands on a map of the Moon besides the layer: graticule, basins, landing sites, names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets import load_missions
from farside.geography import SPA_OUTER, Ellipse
from farside.geography.features import feature
from farside.geography.grids import outline
from farside.geography.projections import project
from farside.style import LEAST_PT, halo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

STEP_DEG = 30
"""Between the lines of the graticule; 10 degrees of latitude on a polar map."""

_LINE: Any = {"color": "#808080", "linewidth": 0.3, "alpha": 0.7, "zorder": 3}
PROGRAMMES = {"Apollo": "o", "Luna": "s", "Chang'e": "D"}
"""Landings that are marked: those that brought soil back or analysed it, with their marker."""

LABELS: dict[str, tuple[float, float]] = {
    "Apollo 11": (-1, -0.4),
    "Apollo 12": (-1, 0.1),
    "Apollo 14": (1, -0.3),
    "Luna 16": (-1, -0.5),
    "Luna 20": (-1, 0.3),
    "Luna 24": (-1, 0.4),
    "Chang'e-5": (0, -1),
}
"""Side of the marker at which a name stands, where not on the right: neighbours keep apart."""


def draw_graticule(axes: Axes, crs: str, limb: Patch, *, names: bool) -> None:
    """Draw meridians and parallels, with their degrees where there is room or a pole.

    Parameters
    ----------
    axes : with the limits of the view, metres
    crs : of `farside.geography.projections.CODES`
    limb : edge of the view
    names : write degrees
    """
    polar = crs.endswith("polar")
    meridians = np.arange(-180.0, 180.0, STEP_DEG)
    parallels = np.array([-80, -70, 70, 80] if polar else [-60, -30, 0, 30, 60], dtype=float)
    reach = np.append(np.linspace(-90, 90, 61), np.nan)  # a gap ends each line
    # a turn begins at the edge of a map that is cut open
    cut = 0.0 if crs.endswith("far") else 180.0
    around = np.append(np.linspace(cut + 1e-6, cut + 360 - 1e-6, 121), np.nan)
    lat = np.concatenate([np.tile(reach, meridians.size), np.repeat(parallels, around.size)])
    lon = np.concatenate([np.repeat(meridians, reach.size), np.tile(around, parallels.size)])
    (line,) = axes.plot(*project(crs, lat, lon), **_LINE)
    line.set_clip_path(limb)
    if polar:  # which way it lies is told however small it is
        _name_rim(axes, crs)
    if names:
        (_name_circles if polar else _name_lines)(axes, crs)


def _degrees(value: float, ends: str) -> str:
    if value % 360 in (0, 180):
        return f"{abs(value):g}°"
    return f"{abs(value):g}° {ends[0] if value > 0 else ends[1]}"


def _name_lines(axes: Axes, crs: str) -> None:
    middle = 180 if crs.endswith("far") else 0
    for lat in (-60, -30, 0, 30, 60):
        edge = middle - (90 if crs.startswith("ortho") else 180) + 1e-6
        x, y = (float(part) for part in project(crs, lat, edge))
        axes.annotate(
            _degrees(lat, "NS"), (x, y), (-2.5, 0), textcoords="offset points", ha="right",
            va="center", size=LEAST_PT, annotation_clip=False,
        )  # fmt: skip
    reach = 60 if crs.startswith("ortho") else 120
    for away in range(-reach, reach + 1, 2 * STEP_DEG):
        lon = middle + away if middle + away <= 180 else middle + away - 360
        x, y = (float(part) for part in project(crs, 60, lon))
        axes.annotate(
            _degrees(lon, "EW"), (x, y), (0, -1), textcoords="offset points", ha="center",
            va="top", size=LEAST_PT, path_effects=halo(), zorder=6,
        )  # fmt: skip


def _name_rim(axes: Axes, crs: str) -> None:
    sign = 1 if crs.startswith("north") else -1
    for lon in (0, 90, 180, -90):
        x, y = (float(part) for part in project(crs, sign * 60, lon))
        reach = np.hypot(x, y)
        axes.annotate(
            _degrees(lon, "EW"), (x, y), (9 * x / reach, 6 * y / reach), ha="center", va="center",
            textcoords="offset points", size=LEAST_PT, annotation_clip=False,
        )  # fmt: skip


def _name_circles(axes: Axes, crs: str) -> None:
    sign = 1 if crs.startswith("north") else -1
    for lat in (70, 80):
        x, y = (float(part) for part in project(crs, sign * lat, 45))
        axes.annotate(
            _degrees(sign * lat, "NS"), (x, y), ha="center", va="center", size=LEAST_PT,
            path_effects=halo(), zorder=6,
        )  # fmt: skip


def apollo_basin() -> Ellipse:
    """Return the Apollo basin as a circle of the diameter that the IAU's list gives."""
    basin = feature("Apollo")
    radius = (basin.diameter_km or 0.0) / 2
    return Ellipse(basin.lat, basin.lon, radius, radius, 0.0, "iau_gazetteer")


def draw_landmarks(axes: Axes, crs: str, limb: Patch, *, names: bool) -> None:
    """Draw the South Pole-Aitken and Apollo basins and the landing sites.

    Parameters
    ----------
    axes : with the limits of the view, metres
    crs : of `farside.geography.projections.CODES`
    limb : edge of the view
    names : write what they are
    """
    for words, basin, dash, place in (
        ("South Pole–Aitken", SPA_OUTER, "-", (-32.0, 178.0)),
        ("Apollo basin", apollo_basin(), "--", (-25.5, -152.0)),
    ):
        # black on the data of a page in the dark too
        look: Any = {"color": "black", "linewidth": 0.7, "linestyle": dash, "zorder": 4}
        x, y = project(crs, *outline(basin))
        for line in axes.plot(x, y, path_effects=halo(width_pt=1.4), **look):
            line.set_clip_path(limb)
        if names:
            _name(axes, words, project(crs, *place), (0, 0), style="italic")
    sites = load_missions()
    places = project(crs, sites["lat"], sites["lon"])
    for mission, x, y in zip(sites["mission"], *places, strict=True):
        shape = next((m for name, m in PROGRAMMES.items() if mission.startswith(name)), None)
        if shape is None or not _inside(axes, x, y):
            continue
        axes.plot(x, y, shape, color="white", mec="black", ms=2.6, mew=0.6, zorder=5)
        if names:
            _name(axes, mission.replace("'", "’"), (x, y), LABELS.get(mission, (1, 0)))


def _inside(axes: Axes, x: float, y: float) -> bool:
    """Return whether a point lies within the ellipse that the limits of the axes hold."""
    return bool(np.hypot(x / axes.get_xlim()[1], y / axes.get_ylim()[1]) < 1)


def _name(
    axes: Axes, words: str, place: tuple[Any, Any], side: tuple[float, float], **look: Any
) -> None:
    """Write a name beside a place that the map shows."""
    x, y = (float(part) for part in place)
    if not _inside(axes, x, y):
        return
    across, up = side
    aligned = "center" if across == 0 else "left" if across > 0 else "right"
    axes.annotate(
        words, (x, y), (3.5 * across, 5.5 * up), textcoords="offset points", ha=aligned,
        va="center", size=LEAST_PT, path_effects=halo(), zorder=6, **look,
    )  # fmt: skip
