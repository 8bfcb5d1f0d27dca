"""Where numbers come from, a click away: functions, data and papers, each listed once."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from farside.datasets import sidecar, table_names

_DOTTED = re.compile(r"\bfarside(?:\.\w+)+\b")
RESULT = "result: "


@dataclass(frozen=True)
class Function:
    """A function or class that made numbers: dotted name, what it returns, file in the package."""

    name: str
    about: str
    path: str


@dataclass(frozen=True)
class Data:
    """A table or result that numbers come from: name, title, sources."""

    name: str
    title: str
    sources: tuple[str, ...]


@dataclass
class Links:
    """Turns names of functions and data into links, and remembers them for the lists."""

    functions: dict[str, Function] = field(default_factory=dict)
    data: dict[str, Data] = field(default_factory=dict)

    def code(self, text: str) -> Markup:
        """Return text in which each dotted name that exists is a link to the list of functions."""
        out, last = Markup(""), 0
        for match in _DOTTED.finditer(text):
            name = match.group()
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

    def source(self, name: str) -> Markup:
        """Return a link to a table or result in the list of data."""
        if name not in self.data:
            self.data[name] = _described_data(name)
        return Markup('<a href="#data-{}">{}</a>').format(anchor(name), name)


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
    module, _, own = name.rpartition(".")
    try:
        target: Any = getattr(importlib.import_module(module), own)
    except (ImportError, AttributeError):
        return None
    home = inspect.getmodule(target)
    if home is None or not home.__name__.startswith("farside"):
        return None
    about = (inspect.getdoc(target) or "").split("\n", 1)[0]
    path = Path(*home.__name__.split(".")).with_suffix(".py")
    return Function(name, about, f"src/{path.as_posix()}")


def _described_data(name: str) -> Data:
    if name in table_names():
        about = sidecar(name)
        cited = tuple(str(s["citation"]) for s in about["sources"])
        return Data(name, str(about["title"]), cited)
    if name.startswith(RESULT):
        own = name.removeprefix(RESULT)
        title = f"result that ships as report/results/{own}.json, with the hashes of what made it"
        return Data(name, title, ())
    return Data(name, "grid that ships with the package", ())
