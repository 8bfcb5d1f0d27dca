"""Save the figures of the course, each with a text for those who cannot see it."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

from farside.style import styled

_DPI = 180


def scrape(block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
    """Save each new figure among a lesson's variables and return the text that shows it.

    farside's functions return a `Figure` that pyplot does not know, which sphinx-gallery's own
    scraper would miss.

    Raises
    ------
    ValueError
        for a figure without the alternative text, given by ``figure.set_label``
    """
    shown = variables.setdefault("shown_figures", [])
    text = ""
    for name, figure in variables["example_globals"].items():
        if not isinstance(figure, Figure) or any(figure is other for other in shown):
            continue
        shown.append(figure)
        if not figure.get_label():
            raise ValueError(f"block {block[2]}: give the figure '{name}' a label: what it shows")
        path = next(variables["image_path_iterator"])
        with styled():
            figure.savefig(path, dpi=_DPI, bbox_inches="tight")
        text += figure_rst([path], settings["src_dir"], figure.get_label())
    return text
