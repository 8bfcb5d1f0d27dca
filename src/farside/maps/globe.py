"""Figures of the Moon as a globe: near and far side, the poles, the whole, with names.

Every pixel of a figure is projected back to the Moon and the half-degree grid read there, so that
the map is right up to the limb; lines and text are vectors.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import MAP_RADIUS
from farside.errors import UnknownNameError
from farside.geography.grids import sample
from farside.geography.projections import unproject
from farside.maps._landmarks import draw_graticule, draw_landmarks
from farside.maps.globe_layers import Layer, colour_limits, find_layer
from farside.style import (
    DPI,
    FAINT,
    INK,
    MUTED,
    SMALL_PT,
    TALLEST_IN,
    TEXT_PT,
    WIDTHS_IN,
    check_format,
    colour_map,
    save,
    styled,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

R = MAP_RADIUS.value


@dataclass(frozen=True)
class View:
    """A map of the Moon bounded by an ellipse.

    Parameters
    ----------
    crs : of `farside.geography.projections.CODES`
    title : in words
    half_width, half_height : of the ellipse, metres
    """

    crs: str
    title: str
    half_width: float
    half_height: float


POLAR_DEG = 60.0
"""Latitude at the rim of a polar view."""
_POLAR = 2 * R * float(np.tan(np.radians(90 - POLAR_DEG) / 2))
NEAR = View("orthographic_near", "near side", R, R)
FAR = View("orthographic_far", "far side", R, R)
NORTH = View("north_polar", f"north pole to {POLAR_DEG:g}° N", _POLAR, _POLAR)
SOUTH = View("south_polar", f"south pole to {POLAR_DEG:g}° S", _POLAR, _POLAR)
WHOLE = View("mollweide_far", "centred on the far side", 8**0.5 * R, 2**0.5 * R)
VIEWS = {
    "pair": (NEAR, FAR),
    "near": (NEAR,),
    "far": (FAR,),
    "poles": (NORTH, SOUTH),
    "global": (WHOLE,),
}

HATCH_PIXELS = 72
"""Points across a view at which novelty is judged; single pixels would make a grey of strokes."""

GRID_POINTS = 460
"""Points across a view at which the grid is read at the least: two on each pixel of half a degree
at the middle of a disk."""


@dataclass(frozen=True)
class Drawn:
    """A figure that was written.

    Parameters
    ----------
    path : of the figure
    layer, unit : what it shows; the unit is empty for a quantity without one
    view, size : of `VIEWS` and `farside.style.WIDTHS_IN`
    limits : at the ends of the colours
    half_width_limits : the same of half of the interval; None where the layer has none
    coverage : of the interval
    """

    path: str
    layer: str
    unit: str
    view: str
    size: str
    limits: tuple[float, float]
    half_width_limits: tuple[float, float] | None
    coverage: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    def __str__(self) -> str:
        """Return what was drawn, with the span of its colours."""
        spans = [("colours", self.limits)]
        if self.half_width_limits is not None:
            spans.append((f"half of the {self.coverage:.0%} interval", self.half_width_limits))
        said = "; ".join(
            f"{what} {low:.4g} to {high:.4g} {self.unit}" for what, (low, high) in spans
        )
        return f"{self.path}: {self.layer}, {self.view}, {said}".rstrip()


def draw_layer(name: str, path: Path, *, view: str = "pair", size: str = "double") -> Drawn:
    """Draw a layer to a file.

    Parameters
    ----------
    name : of `farside.maps.globe_layers.layer_names`
    path : .svg, .pdf, .png or .tif
    view : of `VIEWS`
    size : of `farside.style.WIDTHS_IN`

    Raises
    ------
    UnknownNameError
        for a layer, view or size that is not known
    InputError
        for another format, or a path that cannot be written
    """
    check_format(path)
    layer = find_layer(name)
    figure = globe_figure(layer, view=view, size=size)
    save(figure, path)
    return Drawn(
        str(path), layer.name, layer.unit, view, size, _told(layer.values),
        None if layer.half_width is None else _told(layer.half_width), layer.coverage,
    )  # fmt: skip


def _told(values: Float) -> tuple[float, float]:
    """Return the limits of the colours in the six digits that single precision holds."""
    low, high = colour_limits(values)
    return float(f"{low:.6g}"), float(f"{high:.6g}")


# -- pixels ------------------------------------------------------------------------------------


def pixels(view: View, values: Float, across: int) -> Float:
    """Return a layer as a view shows it, NaN beside the Moon.

    Parameters
    ----------
    view : of the Moon
    values : (rows, 2 rows) over the whole Moon
    across : pixels; where they are coarser than the grid, each is the mean of several points

    Returns
    -------
    array
        (height, width), the first row at the top
    """
    fold = -(-GRID_POINTS // across)
    shape = [max(1, round(across * view.half_height / view.half_width)), across]
    y, x = ((2 * np.arange(n * fold) + 1) / (n * fold) - 1 for n in shape)
    x, y = np.meshgrid(x, -y)
    # pixels that the limb cuts take the colour of the limb; the outline is drawn as a line
    beyond = np.maximum(np.hypot(x, y), 1e-9)
    margin = 1 + 3 / across
    onto = np.where(beyond < 1, 1.0, np.where(beyond < margin, (1 - 1e-6) / beyond, np.nan))
    lat, lon = unproject(view.crs, x * onto * view.half_width, y * onto * view.half_height)
    found = sample(values, lat, lon).reshape(shape[0], fold, shape[1], fold)
    known = np.isfinite(found)
    count = known.sum(axis=(1, 3))
    total = np.where(known, found, 0.0).sum(axis=(1, 3))
    return np.where(2 * count >= fold**2, total / np.maximum(count, 1), np.nan)


def draw_view(
    axes: Axes, view: View, shown: Float, look: dict[str, Any], *, names: bool
) -> AxesImage:
    """Draw a layer on axes as a view of the Moon with limb, graticule and landmarks.

    Parameters
    ----------
    axes : empty
    view : of the Moon
    shown : of `pixels`
    look : ``cmap``, ``vmin`` and ``vmax``
    names : name the landmarks and lines too
    """
    from matplotlib.patches import Ellipse  # noqa: PLC0415 - slow to import

    a, b = view.half_width, view.half_height
    axes.set(xlim=(-a, a), ylim=(-b, b), aspect="equal")
    axes.set_axis_off()
    limb = Ellipse((0, 0), 2 * a, 2 * b, facecolor=FAINT, edgecolor="none", zorder=0)
    axes.add_patch(limb)
    image = axes.imshow(shown, extent=(-a, a, -b, b), interpolation="none", zorder=1, **look)
    image.set_clip_path(limb)
    draw_graticule(axes, view.crs, limb, names=names)
    draw_landmarks(axes, view.crs, limb, names=names)
    edge = Ellipse((0, 0), 2 * a, 2 * b, facecolor="none", edgecolor=INK, linewidth=0.6, zorder=5)
    edge.set_clip_on(False)
    axes.add_patch(edge)
    return image


# -- figure ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Field:
    """What a colour bar stands for."""

    values: Float
    quantity: str
    label: str
    novelty: Float | None = None


@dataclass(frozen=True)
class _Row:
    """Views beside each other, with a colour bar under each group of one field."""

    cells: tuple[tuple[View, _Field], ...]
    disk_in: float
    titles: bool

    @property
    def height_in(self) -> float:
        view = self.cells[0][0]
        return self.disk_in * view.half_height / view.half_width + _ABOVE + _BELOW


_ABOVE, _BELOW, _SIDE = 0.3, 0.6, 0.28
"""Room for the title of a view, for a colour bar with its label, and beside a view, inches."""
SMALLER = 0.55
"""Size of the views of the interval to those of the value."""
NAMED_IN = 2.0
"""Least height of a view that has room for names, inches."""


def globe_figure(layer: Layer, *, view: str = "pair", size: str = "double") -> Figure:
    """Return a layer on the Moon, with the interval where it has one.

    The interval is drawn as half of its width, hatched where novelty is above 1. Views of one
    layer share their colours.

    Parameters
    ----------
    layer : of `farside.maps.globe_layers.find_layer`
    view : of `VIEWS`
    size : of `farside.style.WIDTHS_IN`

    Raises
    ------
    UnknownNameError
        for a view or size that is not known
    """
    if view not in VIEWS:
        raise UnknownNameError.of("view", view, VIEWS)
    if size not in WIDTHS_IN:
        raise UnknownNameError.of("size", size, WIDTHS_IN)
    width = WIDTHS_IN[size]
    rows = _rows(layer, VIEWS[view], width)
    height = sum(row.height_in for row in rows)
    with styled():
        from matplotlib.figure import Figure as Empty  # noqa: PLC0415 - slow to import

        figure = Empty(figsize=(width, height))
        top = height
        for row in rows:
            _draw_row(figure, row, top)
            top -= row.height_in
    return figure


def _rows(layer: Layer, views: Sequence[View], width: float) -> list[_Row]:
    value = _Field(layer.values, layer.quantity, layer.label)
    shape = views[0].half_height / views[0].half_width
    if layer.half_width is None:
        disk = min(width / len(views) - 2 * _SIDE, (TALLEST_IN - _ABOVE - _BELOW) / shape)
        return [_Row(tuple((v, value) for v in views), disk, titles=True)]
    words = f"half of the {layer.coverage:.0%} interval ({layer.unit})"
    half = _Field(layer.half_width, "interval", words, layer.novelty)
    if len(views) == 1 and shape == 1:  # side by side
        disk = width / 2 - 2 * _SIDE
        return [_Row(((views[0], value), (views[0], half)), disk, titles=True)]
    room = (TALLEST_IN - 2 * (_ABOVE + _BELOW)) / (1 + SMALLER) / shape
    disk = min(width / len(views) - 2 * _SIDE, room)
    return [
        _Row(tuple((v, value) for v in views), disk, titles=True),
        _Row(tuple((v, half) for v in views), SMALLER * disk, titles=False),
    ]


def _draw_row(figure: Figure, row: _Row, top: float) -> None:
    """Draw a row whose upper edge is `top` inches above the lower edge of the figure."""
    width, height = figure.get_size_inches()
    n, disk = len(row.cells), row.disk_in
    tall = row.height_in - _ABOVE - _BELOW
    bars: dict[int, tuple[_Field, Any, list[float]]] = {}
    for i, (view, field) in enumerate(row.cells):
        middle = width * (i + 0.5) / n
        box = (middle - disk / 2) / width, (top - _ABOVE - tall) / height, disk / width
        axes = figure.add_axes((*box, tall / height))
        low, high = colour_limits(field.values)
        look = {"cmap": colour_map(field.quantity), "vmin": low, "vmax": high}
        shown = pixels(view, field.values, round(disk * DPI))
        image = draw_view(axes, view, shown, look, names=tall >= NAMED_IN)
        if field.novelty is not None:
            _hatch(axes, view, field.novelty)
        if row.titles:
            y = (top - 0.04) / height
            figure.text(
                middle / width, y, view.title, ha="center", va="top", weight="bold", size=TEXT_PT
            )
        bars.setdefault(id(field), (field, image, []))[2].append(middle)
    for field, image, middles in bars.values():
        long = min(2.4, 0.9 * width / n)
        left = (float(np.mean(middles)) - long / 2) / width
        place = (left, (top - _ABOVE - tall - 0.2) / height, long / width, 0.07 / height)
        _bar(figure, image, field, place)


def _bar(figure: Figure, image: AxesImage, field: _Field, place: Any) -> None:
    bar = figure.colorbar(
        image, cax=figure.add_axes(place), orientation="horizontal", extend="both", extendfrac=0.03
    )
    bar.outline.set_linewidth(0.3)
    bar.ax.tick_params(labelsize=SMALL_PT, color=MUTED, length=2, pad=1.5)
    bar.ax.locator_params(nbins=6)
    bar.ax.grid(visible=False)
    words = field.label + ("" if field.novelty is None else "\nhatched: novelty mostly above 1")
    bar.set_label(words, size=SMALL_PT, labelpad=1.5)


def _hatch(axes: Axes, view: View, novelty: Float) -> None:
    """Hatch where most of the ground has a novelty above 1."""
    novel = np.where(np.isfinite(novelty), novelty > 1, np.nan)
    shown = pixels(view, novel, HATCH_PIXELS)
    a, b = view.half_width, view.half_height
    marks = axes.contourf(
        np.nan_to_num(shown)[::-1], levels=[0.5, 1.1], colors="none", hatches=["////////"],
        extent=(-a, a, -b, b), zorder=2,
    )  # fmt: skip
    marks.set_edgecolor(INK)
    marks.set_linewidth(0)
    marks.set_clip_path(axes.patches[0])
