"""How figures look: one style, the widths of journals, colours that the colour-blind tell apart.

Figures are matplotlib figures without the state of pyplot. A function that draws is wrapped in
`styled`, and `save` writes what it returns: vector text that stays text, and the same bytes for
the same figure. matplotlib is imported when something is drawn.

References
----------
Nature research figure guide, research-figure-guide.nature.com, read 2026-11 (widths, height, sizes
of text, fonts, 300 dpi); Wong (2011) Nature Methods 8, 441, doi 10.1038/nmeth.1618 (the accents, of
Okabe and Ito); Crameri, Shephard and Heron (2020) Nature Communications 11, 5444, doi
10.1038/s41467-020-19160-7 (colour maps).
"""

from __future__ import annotations

from contextlib import contextmanager
from textwrap import fill
from typing import TYPE_CHECKING, Any

from farside.errors import InputError, UnknownNameError
from farside.provenance import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect

MM_PER_IN, POINTS_PER_IN = 25.4, 72
SINGLE_IN = 89 / MM_PER_IN
"""Width of a figure over one column, inches: 89 mm of Nature."""
DOUBLE_IN = 183 / MM_PER_IN
"""Width of a figure over two columns, inches: 183 mm of Nature."""
TALLEST_IN = 170 / MM_PER_IN
"""Greatest height of a figure, inches: 170 mm of Nature, with room for the caption."""
WIDTHS_IN = {"single": SINGLE_IN, "double": DOUBLE_IN}

DPI = 300
"""Of figures in pixels: the least that Nature takes for an image."""

TEXT_PT, SMALL_PT, LEAST_PT = 7.0, 6.0, 5.0
"""Sizes of text, points: labels; ticks and legends; marks on a map. Nature takes 5 to 7."""

INK, MUTED, FAINT = "#1f2329", "#6a727c", "#d3d8de"
"""Text and data without a series; axes and references; grid and ground."""

ACCENTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", INK)
"""Colours of series: those of Okabe and Ito without yellow, which white paper swallows, and with
ink for black."""
BLUE, VERMILLION, GREEN, PURPLE, SKY, ORANGE = ACCENTS[:6]

LETTER, KEY_LETTERS = 0.6, 8
"""Width of a letter of DejaVu Sans to its size, about; width of a legend's key in letters."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

COLOUR_MAPS = {
    "oxide": "batlow",
    "interval": "lapaz_r",
    "novelty": "bilbao_r",
    "trace element": "lajolla",
    "height": "lipari",
    "relief": "davos",
    "reflectance": "grayC",
    "share": "navia",
    "neutrons": "imola",
    "resource": "lapaz",
    "count": "lajolla",
    "difference": "vik",
}
"""Colour map of each quantity, of Crameri: even in lightness; only ``difference`` has a middle."""

RC: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "white",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_PT,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": TEXT_PT,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "figure.titlesize": TEXT_PT,
    "figure.titleweight": "bold",
    "font.family": "DejaVu Sans",
    "font.size": TEXT_PT,
    "grid.color": FAINT,
    "grid.linewidth": 0.4,
    "hatch.linewidth": 0.5,
    "legend.fontsize": SMALL_PT,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "lines.markersize": 4.0,
    "mathtext.default": "regular",
    "pdf.fonttype": 42,
    "savefig.facecolor": "auto",
    "svg.fonttype": "none",
    "svg.hashsalt": "farside",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": SMALL_PT,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": SMALL_PT,
}
"""Settings of matplotlib while a figure is drawn and saved. Change an entry to restyle them all."""

FORMATS = (".svg", ".pdf", ".png", ".tif")
_METADATA: dict[str, dict[str, None] | None] = {
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
    ".tif": None,  # holds no date of its own
}

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@contextmanager
def styled(**changes: Any) -> Iterator[None]:
    """Draw in the style of `RC`: a context, or a decorator of a function that draws.

    Parameters
    ----------
    **changes : settings of matplotlib to lay over the style, ``_`` for each dot
    """
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import

    over = {name.replace("_", "."): value for name, value in changes.items()}
    with rc_context(RC | over):
        yield


@contextmanager
def settings_kept() -> Iterator[None]:
    """Leave the settings of matplotlib as they are: importing pyrolite changes fonts and lines."""
    from matplotlib import rc_context  # noqa: PLC0415 - slow to import

    with rc_context():
        yield


def new_figure(height_in: float, width_in: float = SINGLE_IN) -> Figure:
    """Return an empty figure that keeps its parts apart.

    Parameters
    ----------
    height_in, width_in : inches; `SINGLE_IN` and `DOUBLE_IN` are the widths of journals
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

    return Figure(figsize=(width_in, height_in), layout="constrained")


def check_format(path: Path | None) -> None:
    """Refuse a file that cannot be drawn to, before anything is computed.

    Parameters
    ----------
    path : of a figure; None where none is asked for

    Raises
    ------
    InputError
        when its ending is not one of `FORMATS`
    """
    if path is not None and path.suffix.lower() not in FORMATS:
        raise InputError(
            f"cannot draw {path.name!r}: figures are {', '.join(FORMATS)}; name a file that ends "
            "in one of them."
        )


def save(figure: Figure, path: Path) -> None:
    """Write a figure atomically, the same bytes each time.

    Parameters
    ----------
    figure : drawn within `styled`
    path : its ending tells the format. Text of .svg and .pdf stays text; .png and .tif have `DPI`

    Raises
    ------
    InputError
        when the ending is not one of `FORMATS`, or nothing can be written there
    """
    check_format(path)
    with styled(), atomic_path(path) as temporary:
        settle(figure)
        figure.savefig(temporary, dpi=DPI, metadata=_METADATA[path.suffix.lower()])


def settle(figure: Figure) -> None:
    """Lay a figure out once before it is drawn: its ticks depend on the room that they get."""
    figure.draw_without_rendering()


# -- colours and names -------------------------------------------------------------------------


def accent(i: int) -> str:
    """Return the colour of series `i`; beyond those of `ACCENTS` they come again."""
    return ACCENTS[i % len(ACCENTS)]


def marker(i: int) -> str:
    """Return the marker of series `i`; colour and marker together tell 63 series apart."""
    return MARKERS[i % len(MARKERS)]


def colour_map(quantity: str) -> Colormap:
    """Return the colour map of a quantity.

    Raises
    ------
    UnknownNameError
        for a quantity that is not of `COLOUR_MAPS`

    Examples
    --------
    >>> colour_map("oxide").name
    'batlow'
    """
    if quantity not in COLOUR_MAPS:
        raise UnknownNameError.of("quantity with a colour map", quantity, COLOUR_MAPS)
    from cmcrameri import cm  # noqa: PLC0415 - slow to import

    found: Colormap = getattr(cm, COLOUR_MAPS[quantity])
    return found


def pretty(oxide: str) -> str:
    """Return a formula with its numbers lowered.

    Examples
    --------
    >>> pretty("Al2O3")
    'Al₂O₃'
    """
    return oxide.translate(_SUBSCRIPT)


# -- parts that figures share ------------------------------------------------------------------


def halo(colour: str = "white", width_pt: float = 1.6) -> list[AbstractPathEffect]:
    """Return the outline of text or a line that stands on data."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - slow to import

    return [withStroke(linewidth=width_pt, foreground=colour)]


def two_and_five(value: float, _: float = 0.0) -> str:
    """Return the label of a minor tick of a logarithmic axis: those that begin with 2 or 5.

    Examples
    --------
    >>> [two_and_five(x) for x in (0.2, 0.3, 50.0)]
    ['0.2', '', '50']
    """
    return f"{value:g}" if f"{value:e}"[0] in "25" else ""


def plain_log(axis: Axis) -> None:
    """Write the ticks of a logarithmic axis as numbers, those of 2 and 5 too."""
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(two_and_five)
    axis.set_tick_params(which="minor", labelsize=SMALL_PT)


def legend_below(figure: Figure, axes: Axes, columns: int = 1) -> None:
    """Draw the legend of the axes below them, where it covers no data, and make room for it.

    Parameters
    ----------
    figure, axes : laid out by `new_figure`
    columns : of the legend at most; fewer where names are long, and lines are broken to fit
    """
    handles, names = axes.get_legend_handles_labels()
    if not names:
        return
    room = int(figure.get_figwidth() * POINTS_PER_IN / (LETTER * SMALL_PT)) - KEY_LETTERS
    labels = [name if "$" in name else fill(name, room) for name in names]
    longest = max(len(line) for label in labels for line in label.split("\n"))
    fitting = max(1, min(columns, room // (longest + KEY_LETTERS)))
    lines = sum(label.count("\n") + 1 for label in labels) / fitting
    figure.set_figheight(figure.get_figheight() + (lines + 0.5) * 1.6 * SMALL_PT / POINTS_PER_IN)
    figure.legend(handles, labels, loc="outside lower center", ncols=fitting)


def caption(axes: Axes, text: str) -> None:
    """Write what a figure says above its axes, where it covers no data."""
    axes.set_title(text, fontsize=SMALL_PT, fontweight="normal")
