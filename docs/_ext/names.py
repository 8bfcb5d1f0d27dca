"""The directive ``public-names``: what ``import farside`` offers, each with a link to its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import farside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx


class PublicNames(SphinxDirective):
    """A table of the names of `farside.__all__` with the first line of each docstring."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_reread()
        holder = nodes.container()
        self.state.nested_parse(StringList(list(_table()), source="farside"), 0, holder)
        return holder.children


def _table() -> Iterator[str]:
    yield from (".. list-table::", "   :widths: 30 70", "")
    for name in sorted(farside.__all__, key=str.lower):
        target, line = _home(name)
        yield f"   * - :py:obj:`farside.{name} <{target}>`"
        yield f"     - {line}"


def _home(name: str) -> tuple[str, str]:
    """Return where a public name is documented, and the first line of its docstring."""
    module = farside._HOME[name]  # noqa: SLF001 - the one list of where names live
    found = getattr(farside, name)
    if not hasattr(found, "__qualname__"):
        return f"{module}.{name}", "A constant."
    if "._" not in found.__module__:  # defined there, imported to where it is offered from
        module = found.__module__
    return f"{module}.{found.__qualname__}", (found.__doc__ or "").strip().splitlines()[0]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("public-names", PublicNames)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
