"""The directive ``shipped-tables``: every table that ships, as its sidecar describes it."""

from __future__ import annotations

import importlib.resources
import json
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx


class ShippedTables(SphinxDirective):
    """A folded entry for each table and grid: what it is, columns, sources, script, notes."""

    def run(self) -> list[nodes.Node]:
        """Return the entries, by name."""
        self.env.note_reread()
        text = StringList([line for entry in entries() for line in entry], source="sidecars")
        holder = nodes.container()
        self.state.nested_parse(text, 0, holder)
        return holder.children


def entries() -> Iterator[list[str]]:
    """Return the lines of each entry, in reStructuredText."""
    folder = importlib.resources.files("farside.datasets").joinpath("tables")
    for sidecar in sorted(f for f in folder.iterdir() if f.name.endswith(".json")):
        about = json.loads(sidecar.read_text(encoding="utf-8"))
        yield list(_entry(sidecar.name.removesuffix(".json"), about))


def _entry(name: str, about: dict[str, Any]) -> Iterator[str]:
    rows = f", {about['rows']} rows" if "rows" in about else ""
    yield from (f".. dropdown:: {_plain(name)}: {_plain(about['title'])}{rows}", "")
    if "description" in about:
        yield from (f"   {_plain(about['description'])}", "")
    yield from (f"   Derived by `{about['derived_by']}`.", "")
    columns = about.get("columns") or about["variables"]
    yield from ("   .. list-table::", "      :header-rows: 1", "")
    yield from _row("column", "unit", "what it is")
    for column, of in columns.items():
        yield from _row(f"`{column}`", _plain(of["unit"]), _plain(of["description"]))
    yield from ("", *(f"   - {line}" for line in _sources(about)), "")
    yield from ("", *(f"   - {_plain(note)}" for note in about.get("notes", ())), "")


def _row(*cells: str) -> Iterator[str]:
    for i, cell in enumerate(cells):
        yield f"      {'* - ' if i == 0 else '  - '}{cell}"


def _sources(about: dict[str, Any]) -> Iterator[str]:
    stated = about.get("sources") or [v["source"] for v in about["variables"].values()]
    seen = {json.dumps(source, sort_keys=True): source for source in stated}
    for source in seen.values():
        doi = f" https://doi.org/{source['doi']}" if source.get("doi") else ""
        url = f" {source['url']}" if source.get("url") else ""
        licence = f" ({source['licence']})" if source.get("licence") else ""
        yield f"{_plain(source['citation'])}{licence}{doi}{url}"


def _plain(text: str) -> str:
    """Keep what reStructuredText would take for markup."""
    return re.sub(r"([\\*`_|])", r"\\\1", text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("shipped-tables", ShippedTables)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
