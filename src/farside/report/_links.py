"""Where numbers come from, a click away: functions, data and papers, each listed once."""

from __future__ import annotations

import inspect
import pkgutil
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from farside.datasets import sidecar, table_names
from farside.datasets._tables import _load
from farside.datasets.layers import layers_sidecar
from farside.provenance import references
from farside.report import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from farside.provenance import Reference

_DOTTED = re.compile(r"\bfarside(?:\.\w+)+\b|\b(\w+)\.(?:csv|npz)\b")
_KEY = re.compile(r"\[(\w+)\]")
RESULT, INPUT = "result: ", "input: "
PAPERS = "reference"
"""Column of a table that holds the key of a paper for each row."""
MAP = "farside_map"


@dataclass(frozen=True)
class Function:
    """A function or class that made numbers: dotted name, what it returns, file in the package."""

    name: str
    about: str
    path: str


@dataclass(frozen=True)
class Data:
    """A table or result that numbers come from.

    Parameters
    ----------
    name, title : what it is called, and what it is
    sources : citation, and key in the references or else an address, of each work; empty where
        there is none
    made_of : names of the tables that it was computed from
    """

    name: str
    title: str
    sources: tuple[tuple[str, str, str], ...]
    made_of: tuple[str, ...] = ()


@dataclass
class Links:
    """Turns names of functions, data and papers into links, and remembers them for the lists.

    Parameters
    ----------
    given : references that the page lists in any case
    """

    given: Iterable[Reference] = ()
    functions: dict[str, Function] = field(default_factory=dict)
    data: dict[str, Data] = field(default_factory=dict)
    papers: dict[str, Reference] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """List what is given."""
        self.papers = {r.key: r for r in self.given}

    def code(self, text: str) -> Markup:
        """Return text in which names of functions and of tables are links to their lists."""
        out, last = Markup(""), 0
        for match in _DOTTED.finditer(text):
            name = match.group()
            if match[1]:
                out += escape(text[last : match.start()]) + self.source(match[1])
                last = match.end()
                continue
            found = self.functions.get(name) or described(name)
            out += escape(text[last : match.start()])
            last = match.end()
            if found is None:
                out += Markup("<code>{}</code>").format(name)
                continue
            self.functions[name] = found
            link = Markup('<a href="#fn-{0}"><code>{0}</code></a>')
            out += link.format(name)
        return out + escape(text[last:])

    def function(self, name: str, text: str) -> Markup:
        """Return text as a link to a function in the list of functions."""
        found = self.functions.get(name) or described(name)
        if found is None:
            message = f"{name} is no function of farside"
            raise ValueError(message)
        self.functions[name] = found
        return Markup('<a href="#fn-{}">{}</a>').format(name, text)

    def source(self, name: str) -> Markup:
        """Return a link to a table or result in the list of data, or to a paper."""
        if name in self.papers or name in references():
            return self.cite(name)
        if name not in self.data:
            self.data[name] = self._described_data(name)
        return Markup('<a href="#data-{}">{}</a>').format(anchor(name), name)

    def cite(self, key: str) -> Markup:
        """Return a link to a paper in the list of references."""
        if key not in self.papers:
            self.papers[key] = references()[key]
        return Markup('<a class="cited" href="#ref-{0}">[{0}]</a>').format(key)

    def with_papers(self, text: str) -> Markup:
        """Return text in which each key of a paper in brackets is a link to it."""
        out, last = Markup(""), 0
        for match in _KEY.finditer(text):
            if match[1] not in self.papers and match[1] not in references():
                continue
            out += escape(text[last : match.start()]) + self.cite(match[1])
            last = match.end()
        return out + escape(text[last:])

    def all_data(self) -> list[Data]:
        """Return tables and results of the page and what these were made of, sorted by name."""
        for data in list(self.data.values()):
            for name in data.made_of:
                self.source(name)
        return [self.data[name] for name in sorted(self.data)]

    def listed(self) -> list[Reference]:
        """Return all papers of the page, sorted by key."""
        return [self.papers[key] for key in sorted(self.papers)]

    def _described_data(self, name: str) -> Data:
        if name in table_names():
            about = sidecar(name)
            works = [self._work(source) for source in about["sources"]]
            if PAPERS in about["columns"]:
                keys = sorted(set(_load(name)[PAPERS].dropna().astype(str)) & set(references()))
                for key in keys:
                    self.cite(key)
                works += [("", key, "") for key in keys]
            return Data(name, str(about["title"]), tuple(works))
        if name.startswith(RESULT):
            own = name.removeprefix(RESULT)
            title = f"result that ships as report/results/{own}.json, with the hashes of its makers"
            return Data(name, title, (), _made_of(own))
        if name.startswith(INPUT):
            return Data(name, "file that the user gave", ())
        if name == MAP:
            title = "the sharp map that ships, with the hashes of its makers"
            return Data(name, title, (), _made_of("map"))
        about = layers_sidecar()
        layers = (self._work(v["source"]) for v in about["variables"].values())
        return Data(name, str(about["title"]), tuple(dict.fromkeys(layers)))

    def _work(self, source: Mapping[str, str]) -> tuple[str, str, str]:
        """Return citation, key and address of the source of a table; a known paper is listed."""
        doi = source.get("doi", "")
        key = next((r.key for r in references().values() if doi and r.doi == doi), "")
        if key:
            self.cite(key)
        address = f"https://doi.org/{doi}" if doi else source.get("url", "")
        return source["citation"], key, address


def _made_of(result: str) -> tuple[str, ...]:
    """Return the names of the tables that a result depends on."""
    files = {*store.TABLES, *store.OWN_TABLES.get(result, ())}
    return tuple(sorted({name.rpartition(".")[0] for name in files}))


def anchor(name: str) -> str:
    """Return a name as part of an id.

    Examples
    --------
    >>> anchor("result: near_far")
    'result-near_far'
    """
    return re.sub(r"[^\w-]+", "-", name)


def described(name: str) -> Function | None:
    """Return what a dotted name below ``farside`` is; None where there is none such."""
    try:
        target = pkgutil.resolve_name(name)  # imports a module that nothing has imported yet
    except (ImportError, AttributeError):
        return None
    home = inspect.getmodule(target)
    if home is None or not home.__name__.startswith("farside"):
        return None
    about = (inspect.getdoc(target) or "").split("\n", 1)[0].replace("`", "")
    path = Path(*home.__name__.split(".")).with_suffix(".py")
    return Function(name, about, f"src/{path.as_posix()}")
