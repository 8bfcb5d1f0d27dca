"""The text structure of crater counts: ``key = value`` lines and ``name = {columns`` tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLE = re.compile(r"^\s*([A-Za-z_][\w .\-]*?)\s*=\s*\{\s*(.*)$")
_VALUE = re.compile(r"^\s*([A-Za-z_][\w .\-]*?)\s*(?:<([^>]*)>)?\s*=\s*(.*)$")
_NUMBER = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?:<([^>]*)>)?\s*$")


@dataclass
class Structure:
    """What a text file holds: values by key, tables by name, loose rows and comments."""

    path: str
    values: dict[str, str] = field(default_factory=dict)
    tables: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def number(self, *keys: str, unit: str = "") -> float | None:
        """Return the number of the first key that is there, None when none is."""
        for key in keys:
            if key not in self.values:
                continue
            found = _NUMBER.match(self.values[key])
            if found is None:
                raise InputError(
                    f"{self.path}: {key} = {self.values[key]!r} is no number; write for example "
                    f"{key} = 123.4"
                )
            given = (found[2] or unit).replace(" ", "")
            if unit and given.lower() != unit.lower():
                raise InputError(f"{self.path}: {key} is in {given}; give it in {unit}.")
            return float(found[1])
        return None

    def column(self, table: str, *names: str) -> list[float] | None:
        """Return a column of a table as numbers, None when it is not there."""
        columns = self.tables.get(table, {})
        for name in names:
            if name in columns:
                return [self._float(text, table, name, i) for i, text in enumerate(columns[name])]
        return None

    def _float(self, text: str, table: str, name: str, row: int) -> float:
        try:
            return float(text)
        except ValueError:
            raise InputError(
                f"{self.path}: row {row + 1} of the table {table!r} has {name} = {text!r}, which "
                "is no number."
            ) from None


def parse(text: str, path: str) -> Structure:
    """Return the structure of a text.

    Raises
    ------
    InputError
        for a table that is not closed, or a row with another number of fields than columns
    """
    found = Structure(path)
    lines = iter(text.lstrip("\ufeff").splitlines())
    for raw in lines:
        line = raw.strip()
        if line.startswith(("#", ";")):
            found.comments.append(line.lstrip("#; "))
            continue
        if not line:
            continue
        if opened := _TABLE.match(line):
            name = opened[1].strip()
            columns = [c for c in re.split(r"[,\s]+", opened[2].strip()) if c]
            found.tables[name] = _table(lines, name, columns, found)
        elif value := _VALUE.match(line):
            unit = f" <{value[2]}>" if value[2] else ""
            found.values[value[1].strip()] = value[3].strip() + unit
        else:
            found.rows.append(re.split(r"[,\s]+", line))
    return found


def _table(
    lines: Iterator[str], name: str, columns: list[str], into: Structure
) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {column: [] for column in columns}
    if len(out) != len(columns) or not columns:
        raise InputError(f"{into.path}: the table {name!r} names no columns, or one twice.")
    for raw in lines:
        line = raw.strip()
        closes = line.endswith("}")
        line = line.removesuffix("}").strip()
        if line and not line.startswith(("#", ";")):
            fields = [x for x in re.split(r"[,\s]+", line) if x]
            if len(fields) != len(columns):
                raise InputError(
                    f"{into.path}: a row of the table {name!r} has {len(fields)} fields for "
                    f"{len(columns)} columns ({', '.join(columns)}): {line[:60]!r}"
                )
            for column, text in zip(columns, fields, strict=True):
                out[column].append(text)
        elif line:
            into.comments.append(line.lstrip("#; "))
        if closes:
            return out
    raise InputError(f"{into.path}: the table {name!r} is not closed with }}; the file is cut off.")


SAME_AREA = 0.02
"""Share by which an area that is given may differ from the one that the file states."""


def one_area(stated: float | None, given: float | None, path: Path) -> float | None:
    """Return the counting area: the one given, else the one that the file states.

    Raises
    ------
    InputError
        when there are both and they contradict
    """
    if stated is None or given is None:
        return stated if given is None else given
    if given > 0 and abs(given - stated) > SAME_AREA * abs(stated):
        raise InputError(
            f"{path} states an area of {stated:.6g} km2 and {given:.6g} km2 is given; leave out "
            "--area (area_km2), or correct the file."
        )
    return given


def exact(x: float) -> str:
    """Return a number in the fewest digits that read back as the same, never with an exponent.

    craterstats reads the area of an .scc file as digits and points alone.

    Examples
    --------
    >>> exact(52.48723650752130), exact(1e-5), exact(3.0)
    ('52.4872365075213', '0.00001', '3')
    """
    return np.format_float_positional(x, trim="-")


def is_secondary(tag: object) -> bool:
    """Return whether the tag of a crater marks it as secondary."""
    return str(tag).strip().lower() in {"secondary", "sec", "marked", "true", "1", "yes"}


def read(path: Path) -> Structure:
    """Return the structure of a text file."""
    return parse(path.read_text(encoding="utf-8", errors="strict"), str(path))
