"""Write what only Sphinx knows as Markdown, in the notebooks of the course."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from sphinx_gallery import notebook

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_FOLDED = re.compile(r"^\.\. dropdown:: (.+)\n\n((?:   .*\n?|\n(?=\n*   ))+)", re.MULTILINE)
_PAGE = re.compile(r":doc:`(?:([^`<]+?) <[^`>]+>|/?([^`]+))`")


def markdown(text: str) -> str:
    """Return Markdown in which no dropdown and no link to a page is left as Sphinx has it.

    sphinx-gallery has turned headings, equations and links already.
    """
    text = _PAGE.sub(lambda found: found[1] or f"`{found[2]}`", text)
    return _FOLDED.sub(
        lambda found: (
            f"<details><summary>{found[1]}</summary>\n\n"
            f"{textwrap.dedent(found[2]).strip()}\n\n</details>\n"
        ),
        text,
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Let sphinx-gallery, which has no hook for it, end its own conversion with ours."""
    del app
    convert = notebook.rst2md
    notebook.rst2md = lambda *given, **named: markdown(convert(*given, **named))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
