"""What a table of the report is made of: cells of text, with what made them and from what."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farside.report._style import pretty

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence


NONE = "–"
"""What stands where there is no number."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: text, CSS class, columns it spans, and whether it heads its line."""

    text: str
    kind: str = ""
    span: int = 1
    head: bool = False


@dataclass(frozen=True)
class Table:
    """A table as text.

    Parameters
    ----------
    head : lines of column heads
    rows : lines of cells
    caption : what it shows
    made_by : function that made the numbers
    source : data that they come from
    """

    head: Sequence[Sequence[Cell]]
    rows: Sequence[Sequence[Cell]]
    caption: str
    made_by: str
    source: str
    note: str = ""


def number(value: Any, digits: int = 2) -> str:
    """Return a number as text with a true minus sign; a dash where there is none.

    Examples
    --------
    >>> number(-0.126), number(None), number(-0.001)
    ('−0.13', '–', '0.00')
    """
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:.{digits}f}"
    if float(text) == 0.0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def pair(value: Any, other: Any, sign: str = "±", digits: int = 2) -> str:
    """Return two numbers, such as a value and its sigma, in one text."""
    if value is None or not math.isfinite(value):
        return NONE
    second = number(other, digits)
    return number(value, digits) if second == NONE else f"{number(value, digits)} {sign} {second}"


def chemistry(text: str) -> str:
    """Return text with the oxides in it set as formulas, and typographic apostrophes.

    Examples
    --------
    >>> chemistry("414 nm carries TiO2")
    '414 nm carries TiO₂'
    """
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    return re.sub(r"\b(?:TiO2|Al2O3|SiO2)\b", lambda m: pretty(m.group()), text)


def sentence(text: str) -> str:
    """Return text with a capital at its beginning and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def heads(*names: str, left: Container[str] = ()) -> list[Cell]:
    """Return a line of column heads; those in `left` stand over text."""
    return [Cell(name, "text" if name in left else "", head=True) for name in names]


def hash_table(made_by: Mapping[str, str]) -> Table:
    """Return the SHA-256 of each input of the weights."""
    rows = [
        [Cell(name, head=True), Cell(digest, "text hash")]
        for name, digest in sorted(made_by.items())
    ]
    return Table(
        head=[heads("input", "SHA-256", left=("SHA-256",))],
        rows=rows,
        caption="Code, data and settings that the weights were made by.",
        made_by="farside.provenance.fingerprint",
        source="the weights’ sidecar, farside.json",
    )
