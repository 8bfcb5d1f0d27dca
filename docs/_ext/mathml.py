"""Equations as MathML, written at build time: no script, no request, no LaTeX (decision 0008)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

_LOG = logging.getLogger(__name__)
_FUNCTION = re.compile(r"<m[io]>(?:ln|log|exp|sin|cos|tan|erf)</m[io]>(?=<m[in]>)")
"""A function with an argument in no brackets, which need a thin space between them."""


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(_mathml(node, node.astext(), "inline"))
    raise nodes.SkipNode


def _display(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write one element per equation: a blank line parts equations, as everywhere in Sphinx."""
    equations = [part for part in node.astext().split("\n\n") if part.strip()]
    body = "".join(_mathml(node, equation, "block") for equation in equations)
    writer.body.append(f'<div class="math-block">{body}</div>\n')
    raise nodes.SkipNode


def _mathml(node: nodes.Node, equation: str, display: str) -> str:
    """Return the MathML of an equation in LaTeX; warn where it cannot be written as such."""
    try:
        made = convert(equation.strip(), display=display)
    except Exception as error:  # noqa: BLE001 - latex2mathml's have no common base
        made, reason = "", repr(error)
    else:
        reason = "it prints the name of a command that it does not know"
    if not made or "\\" in made:
        _LOG.warning("no MathML for %r: %s", equation, reason, location=node)
    return _FUNCTION.sub(r"\g<0><mspace width='0.17em'/>", made)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer that ``html_math_renderer = "mathml"`` chooses."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
