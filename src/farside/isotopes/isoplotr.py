"""Write analyses as IsoplotR reads them.

``read.data`` of IsoplotR 6 takes a CSV whose first row is left out, whose columns have a fixed
order for each method and format, and whose errors are of one kind (``ierr``, 1: one sigma,
absolute). A column more than a format has is left alone; here it names the analyses, where they
have names. Sessions of the graphical IsoplotR (.json) hold all its settings and change with its
version; they are neither read nor written.

References
----------
Vermeesch (2018) Geoscience Frontiers 9, 1479-1493, doi 10.1016/j.gsf.2018.04.001; the order of
columns is that of R/io.R of IsoplotR
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError, UnknownNameError
from farside.isotopes.files import read_pairs
from farside.isotopes.systems import SYSTEMS, system
from farside.isotopes.tables import read_u_pb, read_values
from farside.provenance import write_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

MEAN = "mean"
"""Ages for a weighted mean, beside the decay systems."""
LABEL = "sample"


@dataclass(frozen=True)
class Layout:
    """A method of IsoplotR and one of its formats.

    Parameters
    ----------
    method, number : of ``read.data``
    ratios : x and y as IsoplotR names them; one name where there is no y
    """

    method: str
    number: int
    ratios: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Header of a file in this format."""
        pairs = [name for ratio in self.ratios for name in (ratio, f"err{ratio}")]
        return (*pairs, "rho") if len(self.ratios) == 2 else tuple(pairs)


LAYOUTS = {
    "rb-sr": Layout("Rb-Sr", 1, ("Rb87Sr86", "Sr87Sr86")),
    "sm-nd": Layout("Sm-Nd", 1, ("Sm147Nd144", "Nd143Nd144")),
    "k-ca": Layout("K-Ca", 1, ("K40Ca44", "Ca40Ca44")),
    "pb-pb": Layout("Pb-Pb", 1, ("Pb206Pb204", "Pb207Pb204")),
    "pb-pb-inverse": Layout("Pb-Pb", 2, ("Pb204Pb206", "Pb207Pb206")),
    "u-pb": Layout("U-Pb", 1, ("Pb207U235", "Pb206U238")),
    MEAN: Layout("other", 2, ("X",)),
}


@dataclass(frozen=True)
class IsoplotrFile:
    """A file for IsoplotR, and how to read it there.

    Parameters
    ----------
    out : file
    layout : method and format
    analyses : rows
    notes : what was assumed in reading the source
    """

    out: Path
    layout: Layout
    analyses: int
    notes: tuple[str, ...]

    @property
    def call(self) -> str:
        """What to type in R."""
        about = f"method='{self.layout.method}', format={self.layout.number}, ierr=1"
        return f"read.data('{self.out.name}', {about})"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "out": str(self.out),
            "method": self.layout.method,
            "format": self.layout.number,
            "ierr": 1,
            "columns": list(self.layout.columns),
            "analyses": self.analyses,
            "call": self.call,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """Return what was written and how IsoplotR reads it."""
        lines = [f"wrote {self.out}: {self.analyses} analyses, errors one sigma, absolute"]
        lines.append(f"in IsoplotR: {self.call}")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def to_isoplotr(source: Path, out: Path, name: str, errors: str | None = None) -> IsoplotrFile:
    """Read analyses in any layout that farside reads and write them for IsoplotR.

    Parameters
    ----------
    source : see `farside.isotopes.files.read_isochron`, `farside.isotopes.tables`
    out : CSV to write; errors are one sigma, absolute
    name : a key of `LAYOUTS`: the decay system, ``u-pb`` (Wetherill's ratios) or ``mean`` (ages)
    errors : how the source gives errors, a key of `farside.isotopes.headers.LEVELS`; by default
        what its header says, else ``"1s"``

    Raises
    ------
    InputError, UnitError
        when the source cannot be read, holds no complete analysis, or is `out`
    UnknownNameError
        for another system
    """
    source, out = Path(source), Path(out)
    if name not in LAYOUTS:
        raise UnknownNameError.of("decay system", name, LAYOUTS)
    if source.resolve() == out.resolve():
        raise InputError(f"{out} is the file to convert; name another one.")
    if out.suffix.lower() != ".csv":
        raise InputError(f"IsoplotR reads CSV; name the file {out.stem}.csv.")
    columns, labels, notes = _read(source, name, errors)
    whole: NDArray[np.bool_] = np.asarray(np.isfinite(np.stack(columns)).all(axis=0))
    if not whole.any():
        raise InputError(f"{source} holds no complete analysis.")
    if not whole.all():
        left = ", ".join(label for label, ok in zip(labels, whole, strict=True) if not ok)
        notes += (f"left out because a figure is missing: {left}",)
    if any((column[whole] <= 0).any() for column in columns[1:4:2]):
        raise InputError(
            f"{source} holds an error that is 0 or negative; give one standard deviation of each "
            "value, or leave the analysis out."
        )
    layout, kept = LAYOUTS[name], [int(i) for i in np.flatnonzero(whole)]
    named = labels != tuple(str(i + 1) for i in range(len(labels)))
    if named and name == MEAN:
        named = False
        notes += ("the names are not in the new file: this format has two columns and no more",)
    stream = io.StringIO()
    # names in quotes: R takes the apostrophe of a bare Chang'e-6 for the start of a quotation
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([*layout.columns, *([LABEL] if named else [])])
    for i in kept:
        numbers = [float(column[i]) for column in columns]
        writer.writerow([*numbers, *([labels[i]] if named else [])])
    write_text(out, stream.getvalue())
    return IsoplotrFile(out, layout, len(kept), notes)


def _read(
    source: Path, name: str, errors: str | None
) -> tuple[tuple[Float, ...], tuple[str, ...], tuple[str, ...]]:
    """Return columns in the order of the layout, labels and notes."""
    if name == MEAN:
        ages = read_values(source, errors)
        return (ages.values, ages.sigmas), ages.labels, ages.notes
    if name in SYSTEMS:
        pairs = read_pairs(source, (system(name),), errors)
    else:
        pairs = read_u_pb(source, errors)
    return pairs.columns, pairs.labels, pairs.notes
