"""What the header of a table of analyses says: ratios, concentrations, errors, correlations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from farside.errors import InputError
from farside.readers.table import read_frame

if TYPE_CHECKING:
    from pathlib import Path

    from farside.isotopes.points import Float

LEVELS = {"1s": (1.0, False), "2s": (0.5, False), "1s%": (1.0, True), "2s%": (0.5, True)}
"""How errors may be given: factor to one sigma, and whether they are percent of the value."""
LABELS = {"sample", "name", "label", "spot", "id", "analysis"}
"""Headers of the column that names the analyses."""

Isotope = tuple[str, int]

_RHO = re.compile(
    r"^(rho|r|(?:r|rho)_?\[?xy\]?|cor|corr|correlation|err_?corr?|error correlation)$",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"^(?:err(?:or)?|se|sd|sigma|unc|±|\+/-|s(?=\[)|s(?=[xy]$))[ _]?", re.IGNORECASE
)
SAID = re.compile(
    r"(?<![0-9a-z])([12])[ _]?(?:σ|sigma|se|sd|s)(?:[ _]?(?:abs|err))?(?![a-z])", re.IGNORECASE
)
_MASS_FIRST = re.compile(r"(\d{2,3})([A-Z][a-z]?)")
_NAME_FIRST = re.compile(r"([A-Z][a-z]?)[- ]?(\d{2,3})")
_UNIT = re.compile(r"(ppm|ppb|ug/g|µg/g|mg/kg|wt ?%|%|ng/g)\)?$", re.IGNORECASE)


@dataclass
class Column:
    """What a header says: a ratio, a concentration, x or y, a correlation or an error of one."""

    header: str
    ratio: tuple[Isotope, Isotope] | None = None
    element: str = ""
    axis: str = ""
    unit: str = ""
    error: bool = False
    rho: bool = False
    level: str = ""
    data: Float = field(default_factory=lambda: np.empty(0))
    sigma: Float | None = None


def check_level(errors: str | None) -> None:
    """Raise `InputError` where errors are given in no known way."""
    if errors is not None and errors not in LEVELS:
        raise InputError(f"errors {errors!r} is not one of {', '.join(LEVELS)}.")


def read_bare(path: Path, names: tuple[str, ...], fewest: int) -> pd.DataFrame:
    """Return the table of a file; a first row of numbers is data, and its columns are `names`.

    Parameters
    ----------
    path : CSV
    names : of the columns of a file without a header, of which the last may be missing
    fewest : columns that such a file must have
    """
    frame = read_frame(path)
    numeric = [
        re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?(\.\d+)?", str(c), re.IGNORECASE) for c in frame
    ]
    if not len(frame.columns) or not all(numeric):
        return frame
    bare = pd.read_csv(path, comment="#", skipinitialspace=True, encoding="utf-8-sig", header=None)
    if not fewest <= bare.shape[1] <= len(names):
        raise InputError(
            f"{path} has no header and {bare.shape[1]} columns; give {', '.join(names)} (s an "
            f"error, rho a correlation; {fewest} columns at least), or name the columns."
        )
    return bare.set_axis(list(names[: bare.shape[1]]), axis=1)


def isotopes_of(text: str) -> list[Isotope]:
    """Return the isotopes that a text names, mass first or element first."""
    if re.match(r"\s*\d", text):
        return [(name, int(mass)) for mass, name in _MASS_FIRST.findall(text)]
    return [(name, int(mass)) for name, mass in _NAME_FIRST.findall(text)]


def _column(header: str) -> Column:
    """Return what a header says."""
    text = header.strip()
    found = Column(header)
    if _RHO.match(text):
        found.rho = True
        return found
    level = SAID.search(text)
    prefix = _ERROR.match(text)
    found.error = bool(level or prefix) or text.startswith("±")
    if level:
        found.level = f"{level[1]}s" + ("%" if "%" in text else "")
        text = text.replace(level[0], "").strip(" _()[]±")
    elif found.error and "%" in text:
        found.level = "1s%"
    if prefix:
        text = re.sub(r"^s?\[|\]$", "", text[prefix.end() :])
    if text.lower() in {"x", "y"}:
        found.axis = text.lower()
        return found
    isotopes = isotopes_of(text)
    if len(isotopes) == 2:
        found.ratio = (isotopes[0], isotopes[1])
        return found
    unit = _UNIT.search(text)
    if unit:
        found.unit = unit[1].lower().replace(" ", "")
        text = text[: unit.start()]
    element = text.strip(" _()[]%")
    if re.fullmatch(r"[A-Z][a-z]?", element):
        found.element = element
    return found


def read_columns(frame: pd.DataFrame, errors: str | None) -> list[Column]:
    """Return the columns that matter, errors (one sigma, absolute) tied to their values."""
    columns: list[Column] = []
    last: Column | None = None
    for header in frame.columns:
        column = _column(re.sub(r"\.\d+$", "", str(header)))
        told = column.ratio or column.element or column.axis or column.rho
        if not told and not column.error:
            last = None  # an error that follows belongs to this column
            continue
        column.data = numbers_of(frame[header], str(header))
        if column.error:
            owner = _owner(columns, column) or last
            if owner is not None and owner.sigma is not None:
                raise InputError(
                    f"{owner.header!r} has two columns of errors; keep the one that is meant."
                )
            if owner is not None:
                owner.sigma = _sigma(owner, column, errors)
        else:
            if _owner(columns, column) is not None:
                raise InputError(f"column {column.header!r} is given twice; keep one of them.")
            last = column if not column.rho else last
        columns.append(column)
    return columns


def _owner(columns: list[Column], error: Column) -> Column | None:
    """Return the value already read that a column names; None where it names none."""
    key = (error.ratio, error.element, error.axis)
    if key == (None, "", ""):
        return None
    values = (c for c in columns if not c.error and not c.rho)
    return next((c for c in values if (c.ratio, c.element, c.axis) == key), None)


def numbers_of(column: pd.Series[str], header: str) -> Float:
    """Return a column as numbers; `InputError` where one is none."""
    values = pd.to_numeric(column, errors="coerce")
    bad = (values.isna() & column.notna()) | np.isinf(values)
    if bad.any():
        raise InputError(
            f"column {header!r} holds '{column[bad].iloc[0]}', which is no number; leave a missing "
            "figure empty."
        )
    return values.to_numpy(dtype=float)


def _sigma(owner: Column, error: Column, errors: str | None) -> Float:
    if errors and error.level and errors != error.level:
        raise InputError(
            f"the header {error.header!r} says {error.level} and --errors says {errors}; leave out "
            "--errors, or correct the header."
        )
    factor, percent = LEVELS[errors or error.level or "1s"]
    return error.data * factor * (np.abs(owner.data) / 100.0 if percent else 1.0)


def level_note(columns: list[Column], errors: str | None) -> tuple[str, ...]:
    """Return what errors were taken for, and why."""
    said = {column.level for column in columns if column.error and column.level}
    if errors:
        return (f"errors taken as {errors}, as asked",)
    if said:
        return (f"errors taken as {' and '.join(sorted(said))}, as the header says",)
    return ("errors taken as 1 sigma, absolute: the header does not say",)


def labels_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of the analyses, their numbers where none are given."""
    for header in frame.columns:
        if str(header).strip().lower() in LABELS:
            return tuple(str(value) for value in frame[header])
    return tuple(str(i + 1) for i in range(len(frame)))


def complete(column: Column, path: Path) -> tuple[Float, Float]:
    """Return a value with its error, or say that the error is missing."""
    if column.sigma is None:
        raise InputError(
            f"{path} has no error for {column.header!r}; add a column such as "
            f"{column.header}_1s or err{column.header} (one standard deviation)."
        )
    return column.data, column.sigma
