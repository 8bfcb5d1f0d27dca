"""Bring a table of analyses from farside's columns to those of databases, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.errors import InputError, UnknownNameError
from farside.provenance import write_text
from farside.readers.table import read_frame
from farside.samples.composition import read_analyses
from farside.samples.earthchem import (
    WHOLE_ROCK,
    is_database,
    listed,
    read_database,
    to_astromat,
    to_wide,
    unplaced,
)

if TYPE_CHECKING:
    import pandas as pd

LAYOUTS = ("farside", "astromat", "earthchem")


@dataclass(frozen=True)
class ConvertedSamples:
    """A table that was written.

    Parameters
    ----------
    out : file
    layout : of `LAYOUTS`
    analyses : rows of the table in farside's columns
    notes : what was left out, averaged or cannot be held
    """

    out: Path
    layout: str
    analyses: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "out": str(self.out),
            "layout": self.layout,
            "analyses": self.analyses,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """Return what was written and what was left out."""
        lines = [f"wrote {self.out}: {self.analyses} analyses in the columns of {self.layout}"]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def convert_samples(
    source: Path, out: Path, layout: str, material: str = WHOLE_ROCK
) -> ConvertedSamples:
    """Read analyses in farside's columns or a database's and write them in other columns.

    Parameters
    ----------
    source : CSV; its columns tell what it is
    out : CSV to write
    layout : of `LAYOUTS`
    material : analysed, ``WHOLE ROCK``, ``MINERAL``, ...: what is read of a database, and what the
        columns of Astromat say

    Raises
    ------
    InputError, SampleError, UnitError
        when the source cannot be read or is `out`
    UnknownNameError
        for another layout
    """
    source, out = Path(source), Path(out)
    if layout not in LAYOUTS:
        raise UnknownNameError.of("layout of analyses", layout, LAYOUTS)
    if source.resolve() == out.resolve():
        raise InputError(f"{out} is the file to convert; name another one.")
    if out.suffix.lower() != ".csv":
        raise InputError(f"tables of analyses are CSV; name the file {out.stem}.csv.")
    frame, notes = _read(source, material)
    if layout == "farside":
        written = frame.reset_index(names="sample")
    else:
        written = to_astromat(frame, material) if layout == "astromat" else to_wide(frame)
        if lost := unplaced(frame, errors=layout == "astromat"):
            notes += (f"columns left out, which {layout} has no place for: {listed(lost)}",)
    write_text(out, written.to_csv(index=False, lineterminator="\n"))
    return ConvertedSamples(out, layout, len(frame), notes)


def _read(source: Path, material: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table in farside's columns, its index the samples."""
    if is_database(read_frame(source).columns):
        found = read_database(source, material)
        return found.frame.set_index("sample"), found.notes
    return read_analyses(source).drop(columns="notes"), ()
