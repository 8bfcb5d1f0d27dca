"""Bring a crater count from one format to another, and say what the other cannot hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.counts import BinnedCount
from farside.chronology.formats import WRITERS, read_count, write_count
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from farside.chronology.counts import Count

BINS = (".stat", ".binned", ".r")
PLACED = (".scc", ".geojson", ".shp")
WITH_ERRORS = (".csv",)


@dataclass(frozen=True)
class ConvertedCount:
    """A count that was brought to another format.

    Parameters
    ----------
    source, out : files
    count : what was read
    notes : what was odd about the count, and what the new file does not hold
    """

    source: Path
    out: Path
    count: Count
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **self.count.to_dict(),
            "source": str(self.source),
            "out": str(self.out),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """Return what was written and what was lost."""
        found = self.count.to_dict()
        lines = [f"wrote {self.out}: {found['craters']:g} craters, {found['area_km2']:.6g} km2"]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def convert_count(
    source: Path, out: Path, *, area_km2: float | None = None, outside: str = "refuse"
) -> ConvertedCount:
    """Read a count and write it in the format that the name of the new file tells.

    Numbers are written in as many digits as bring back the same number.

    Parameters
    ----------
    source : see `farside.chronology.formats.read_count`
    out : ``.scc``, ``.diam``, ``.stat``, ``.binned``, ``.r``, ``.csv``, ``.geojson`` or
        ``*_CRATER.shp``
    area_km2, outside : of `farside.chronology.formats.read_count`

    Raises
    ------
    InputError, UnitError
        when the source cannot be read, is `out`, or holds too little for the new format
    UnknownNameError
        for another format
    """
    source, out = Path(source), Path(out)
    kind = out.suffix.lower()
    if kind not in WRITERS:
        raise UnknownNameError.of("kind of crater count", kind or out.name, WRITERS)
    if source.resolve() == out.resolve():
        raise InputError(f"{out} is the file to convert; name another one.")
    count = read_count(source, area_km2, outside)
    write_count(count, out)
    return ConvertedCount(source, out, count, (*count.notes, *_lost(count, kind)))


def _lost(count: Count, kind: str) -> list[str]:
    """Return what a format does not hold of a count."""
    if isinstance(count, BinnedCount):
        return []
    notes = []
    if kind in BINS:
        if count.secondary.any():
            notes.append(f"{int(count.secondary.sum())} craters marked secondary were left out")
        notes.append("bins hold neither single diameters nor places")
        return notes
    if count.area is not None and kind not in PLACED:
        notes.append("the polygon of the area is not in the new file, its size is")
    on_border = int((count.fraction < 1).sum())
    if on_border and kind == ".shp":
        notes.append(
            f"the shares of {on_border} craters on the border are not in the new file; what reads "
            "it works them out from the shapes"
        )
    if np.isfinite(count.sigma_km).any() and kind not in WITH_ERRORS:
        notes.append("the errors of diameters are not in the new file")
    if count.secondary.any() and kind in (".scc", ".diam", ".shp"):
        notes.append(
            f"{int(count.secondary.sum())} craters are tagged secondary; craterstats does not look "
            "at the tag and counts them"
        )
    return notes
