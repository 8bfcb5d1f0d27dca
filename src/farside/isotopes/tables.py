"""Read tables of ages for a weighted mean, and of U-Pb ratios for concordia."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError
from farside.isotopes.concordia import to_wetherill
from farside.isotopes.decay import DEFAULT, preset
from farside.isotopes.files import Pairs, read_pairs
from farside.isotopes.headers import (
    LABELS,
    LEVELS,
    SAID,
    check_level,
    labels_of,
    numbers_of,
    read_bare,
)
from farside.isotopes.systems import System

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

_U = ("U238", "U235")
WETHERILL = System("u-pb", "207Pb/235U", "206Pb/238U", _U, "", "", (0.0, np.inf))
TERA = System("u-pb", "238U/206Pb", "207Pb/206Pb", _U, "", "", (0.0, np.inf))


@dataclass(frozen=True)
class Values:
    """Values with one sigma each, and what was assumed in reading them."""

    values: Float
    sigmas: Float
    labels: tuple[str, ...]
    notes: tuple[str, ...]


def read_values(path: Path, errors: str | None = None) -> Values:
    """Read values with errors: the first column of figures is the value, the next its error.

    Parameters
    ----------
    path : CSV, with or without a header, such as ``X, errX`` (IsoplotR) or ``sample, age, 2s``
    errors : how errors are given, a key of `farside.isotopes.headers.LEVELS`; by default what the
        header of the error says, else ``"1s"``

    Raises
    ------
    InputError
        when there are no two columns of figures, or a figure is none
    """
    check_level(errors)
    frame = read_bare(Path(path), ("x", "sx"), fewest=2)
    headers = [h for h in frame.columns if str(h).strip().lower() not in LABELS]
    if len(headers) < 2:
        raise InputError(f"{path} needs a column of values and, after it, one of their errors.")
    if re.match(r"err|sigma|unc|±", str(headers[0]), re.IGNORECASE) or SAID.search(headers[0]):
        raise InputError(
            f"the first column of {path}, {headers[0]!r}, is named as an error; give the values "
            "first and their errors after them."
        )
    value, sigma = (numbers_of(frame[h], str(h)) for h in headers[:2])
    said = SAID.search(str(headers[1]))
    level = f"{said[1]}s{'%' if '%' in str(headers[1]) else ''}" if said else None
    if errors and level and errors != level:
        raise InputError(
            f"the header {headers[1]!r} says {level} and --errors says {errors}; leave out "
            "--errors, or correct the header."
        )
    factor, percent = LEVELS[errors or level or "1s"]
    how = "as asked" if errors else "as the header says" if level else "the header does not say"
    taken = f"taken as {errors or level or '1s'}: {how}"
    note = f"{headers[0]} with the errors of {headers[1]}, {taken}"
    return Values(
        value,
        sigma * factor * (np.abs(value) / 100 if percent else 1.0),
        labels_of(frame),
        (note,),
    )


def read_u_pb(path: Path, errors: str | None = None, constants: str = DEFAULT) -> Pairs:
    """Read 207Pb/235U and 206Pb/238U with errors and correlation, for Wetherill's concordia.

    Parameters
    ----------
    path : CSV with these ratios or those of Tera and Wasserburg (238U/206Pb, 207Pb/206Pb), named
        as for isochrons (``Pb207U235, errPb207U235, ..., rhoXY``)
    errors : as of `farside.isotopes.files.read_isochron`
    constants : set of decay constants, for 238U/235U

    Raises
    ------
    InputError
        when columns are missing, or no analysis is complete
    """
    read = read_pairs(path, (WETHERILL, TERA), errors)
    columns, notes = read.columns, read.notes
    whole: NDArray[np.bool_] = np.asarray(np.isfinite(np.stack(columns)).all(axis=0))
    if not whole.any():
        raise InputError(f"{path} holds no analysis with both ratios and their errors.")
    columns = tuple(part[whole] for part in columns)  # type: ignore[assignment]
    if (columns[1] <= 0).any() or (columns[3] <= 0).any() or (np.abs(columns[4]) >= 1).any():
        raise InputError(
            f"{path}: errors must be above 0 and correlations between -1 and 1, both excluded."
        )
    if read.system is TERA:
        columns = to_wetherill(*columns, preset(constants))  # type: ignore[assignment]
        notes += ("238U/206Pb and 207Pb/206Pb turned into Wetherill's ratios",)
    if not whole.all():
        left = ", ".join(name for name, ok in zip(read.labels, whole, strict=True) if not ok)
        notes += (f"left out because a figure is missing: {left}",)
    labels = tuple(name for name, ok in zip(read.labels, whole, strict=True) if ok)
    return Pairs(read.system, columns, labels, notes)
