"""Equations as MathML, which a page shows without loading anything."""

from __future__ import annotations

from functools import cache

from latex2mathml.converter import convert
from markupsafe import Markup


@cache
def display(latex: str) -> Markup:
    """Return an equation in LaTeX as a block of MathML; the same bytes for the same text.

    Raises
    ------
    ValueError
        when a command of the equation is not known, so that no raw LaTeX reaches a reader
    """
    made = convert(latex.strip(), display="block")
    if "\\" in made:
        message = f"no MathML for {latex!r}: a command is not known"
        raise ValueError(message)
    return Markup('<div class="eq">{}</div>').format(Markup(made))  # noqa: S704 - our own text


@cache
def inline(latex: str) -> Markup:
    """Return a symbol or short formula in LaTeX as MathML within a line."""
    return Markup(convert(latex.strip(), display="inline"))  # noqa: S704 - our own text
