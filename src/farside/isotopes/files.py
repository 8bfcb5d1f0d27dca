"""Read analyses for isochrons from CSV as laboratories, IsoplotR and PySoplot lay them out.

Columns are told by their header: ``Rb87Sr86, errRb87Sr86, Sr87Sr86, errSr87Sr86, rho`` (IsoplotR),
``x, sx, y, sy, r_xy`` (PySoplot), ``87Rb/86Sr, 2s, 87Sr/86Sr, 2s``, ``Rb_ppm, Sr_ppm, ...``; a file
without a header holds x, its error, y, its error and, as a fifth, their correlation. Ratios may
come in any form that holds the wanted ones (normal, inverse, or three with one redundant, of which
the errors tell the correlation): the logarithms of ratios are linear in those of isotopes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from farside.errors import InputError, UnitError
from farside.isotopes.concentrations import PAIRS, ratio_from_concentrations
from farside.isotopes.points import WIDEST, Points, make_points
from farside.isotopes.systems import System, system
from farside.readers.table import read_frame

if TYPE_CHECKING:
    from farside.isotopes.points import Float

LEVELS = {"1s": (1.0, False), "2s": (0.5, False), "1s%": (1.0, True), "2s%": (0.5, True)}
"""How errors may be given: factor to one sigma, and whether they are percent of the value."""

Isotope = tuple[str, int]

_RHO = re.compile(
    r"^(rho|r|(?:r|rho)_?\[?xy\]?|cor|corr|correlation|err_?corr?|error correlation)$",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"^(?:err(?:or)?|se|sd|sigma|unc|±|\+/-|s(?=\[)|s(?=[xy]$))[ _]?", re.IGNORECASE
)
_LEVEL = re.compile(
    r"(?<![0-9a-z])([12])[ _]?(?:σ|sigma|se|sd|s)(?:[ _]?(?:abs|err))?(?![a-z])", re.IGNORECASE
)
_MASS_FIRST = re.compile(r"(\d{2,3})([A-Z][a-z]?)")
_NAME_FIRST = re.compile(r"([A-Z][a-z]?)[- ]?(\d{2,3})")
_UNIT = re.compile(r"(ppm|ppb|ug/g|µg/g|mg/kg|wt ?%|%|ng/g)\)?$", re.IGNORECASE)
_TO_PPM = {"ppm": 1.0, "ug/g": 1.0, "µg/g": 1.0, "mg/kg": 1.0, "ppb": 1e-3, "ng/g": 1e-3}


@dataclass
class _Column:
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


def read_isochron(path: Path, name: str, errors: str | None = None) -> Points:
    """Read the points of an isochron.

    Parameters
    ----------
    path : CSV in UTF-8; lines that begin with ``#`` are left out
    name : the decay system, a key of `farside.isotopes.systems.SYSTEMS`
    errors : how errors are given, a key of `LEVELS`; by default what the header says, else
        ``"1s"``; the result's notes say which

    Returns
    -------
    Points
        ratios of the system with one-sigma errors

    Raises
    ------
    InputError
        when columns are missing or contradict `errors`, or the points allow no line
    UnitError
        when concentrations are not in one unit
    """
    if errors is not None and errors not in LEVELS:
        raise InputError(f"errors {errors!r} is not one of {', '.join(LEVELS)}.")
    of = system(name)
    frame = _with_header(Path(path))
    columns = _read_columns(frame, errors)
    labels = _labels(frame)
    notes = _level_note(columns, errors)
    axes = {column.axis: column for column in columns if column.axis and not column.error}
    rho = next((column.data for column in columns if column.rho), None)
    if {"x", "y"} <= axes.keys():
        given = [_complete(axes["x"], path), _complete(axes["y"], path)]
        notes += (f"taken as x = {of.x}, y = {of.y}: the file names no isotopes",)
        values = (given[0][0], given[0][1], given[1][0], given[1][1])
        zero = np.zeros(len(frame)) if rho is None else rho
        return make_points(*values, zero, labels=labels, notes=notes, x_name=of.x, y_name=of.y)
    ratios = [column for column in columns if column.ratio and not column.error]
    if of.name in PAIRS and not _holds(ratios, of):
        made, more = _from_concentrations(columns, ratios, of, path)
        ratios, notes = made, notes + more
    points, more = _wanted(ratios, of, rho, path)
    return make_points(*points, labels=labels, notes=notes + more, x_name=of.x, y_name=of.y)


# -- headers -----------------------------------------------------------------------------------


def _with_header(path: Path) -> pd.DataFrame:
    """Return the table; a first row of numbers is data, its columns x, sx, y, sy (, rho)."""
    frame = read_frame(path)
    if not isinstance(frame.index, pd.RangeIndex):
        raise InputError(
            f"{path} has rows with more fields than its header has columns, so that values would "
            "stand under the wrong name; name every column, or take out the last comma of a row."
        )
    if len(frame.columns) == 1 and re.search(r"[;\t]", str(frame.columns[0])):
        raise InputError(
            f"{path} is separated by semicolons or tabs; save it with commas between columns and "
            "points in numbers."
        )
    numeric = [
        re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?(\.\d+)?", str(c), re.IGNORECASE) for c in frame
    ]
    if not len(frame.columns) or not all(numeric):
        return frame
    bare = pd.read_csv(path, comment="#", skipinitialspace=True, encoding="utf-8-sig", header=None)
    names = ["x", "sx", "y", "sy", "rho"]
    if bare.shape[1] not in {4, 5}:
        raise InputError(
            f"{path} has no header and {bare.shape[1]} columns; give x, its error, y, its error "
            "and, as a fifth, their correlation, or name the columns."
        )
    return bare.set_axis(names[: bare.shape[1]], axis=1)


def _isotopes(text: str) -> list[Isotope]:
    if re.match(r"\s*\d", text):
        return [(name, int(mass)) for mass, name in _MASS_FIRST.findall(text)]
    return [(name, int(mass)) for name, mass in _NAME_FIRST.findall(text)]


def _column(header: str) -> _Column:
    """Return what a header says."""
    text = header.strip()
    found = _Column(header)
    if _RHO.match(text):
        found.rho = True
        return found
    level = _LEVEL.search(text)
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
    isotopes = _isotopes(text)
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


def _read_columns(frame: pd.DataFrame, errors: str | None) -> list[_Column]:
    """Return the columns that matter, errors (one sigma, absolute) tied to their values."""
    columns: list[_Column] = []
    last: _Column | None = None
    for header in frame.columns:
        column = _column(re.sub(r"\.\d+$", "", str(header)))
        told = column.ratio or column.element or column.axis or column.rho
        if not told and not column.error:
            last = None  # an error that follows belongs to this column
            continue
        column.data = _numbers(frame[header], str(header))
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


def _owner(columns: list[_Column], error: _Column) -> _Column | None:
    """Return the value already read that a column names; None where it names none."""
    key = (error.ratio, error.element, error.axis)
    if key == (None, "", ""):
        return None
    values = (c for c in columns if not c.error and not c.rho)
    return next((c for c in values if (c.ratio, c.element, c.axis) == key), None)


def _numbers(column: pd.Series[str], header: str) -> Float:
    values = pd.to_numeric(column, errors="coerce")
    bad = (values.isna() & column.notna()) | np.isinf(values)
    if bad.any():
        raise InputError(
            f"column {header!r} holds '{column[bad].iloc[0]}', which is no number; leave a missing "
            "figure empty."
        )
    return values.to_numpy(dtype=float)


def _sigma(owner: _Column, error: _Column, errors: str | None) -> Float:
    if errors and error.level and errors != error.level:
        raise InputError(
            f"the header {error.header!r} says {error.level} and --errors says {errors}; leave out "
            "--errors, or correct the header."
        )
    factor, percent = LEVELS[errors or error.level or "1s"]
    return error.data * factor * (np.abs(owner.data) / 100.0 if percent else 1.0)


def _level_note(columns: list[_Column], errors: str | None) -> tuple[str, ...]:
    said = {column.level for column in columns if column.error and column.level}
    if errors:
        return (f"errors taken as {errors}, as asked",)
    if said:
        return (f"errors taken as {' and '.join(sorted(said))}, as the header says",)
    return ("errors taken as 1 sigma, absolute: the header does not say",)


def _labels(frame: pd.DataFrame) -> tuple[str, ...]:
    for header in frame.columns:
        if str(header).strip().lower() in {"sample", "name", "label", "spot", "id", "analysis"}:
            return tuple(str(value) for value in frame[header])
    return tuple(str(i + 1) for i in range(len(frame)))


def _complete(column: _Column, path: Path) -> tuple[Float, Float]:
    """Return a value with its error, or say that the error is missing."""
    if column.sigma is None:
        raise InputError(
            f"{path} has no error for {column.header!r}; add a column such as "
            f"{column.header}_1s or err{column.header} (one standard deviation)."
        )
    return column.data, column.sigma


# -- ratios ------------------------------------------------------------------------------------


def _vector(ratio: tuple[Isotope, Isotope], isotopes: list[Isotope]) -> Float:
    found = np.zeros(len(isotopes))
    found[isotopes.index(ratio[0])] += 1
    found[isotopes.index(ratio[1])] -= 1
    return found


def _targets(of: System) -> list[tuple[Isotope, Isotope]]:
    return [(a, b) for a, b in (_isotopes(of.x), _isotopes(of.y))]


def _powers(ratios: list[_Column], of: System) -> tuple[tuple[int, int], Float] | None:
    """Return which two columns hold the wanted ratios, and the powers that make them."""
    wanted = _targets(of)
    known = [column.ratio for column in ratios if column.ratio]
    isotopes = sorted({isotope for ratio in (*known, *wanted) for isotope in ratio})
    goal = np.stack([_vector(ratio, isotopes) for ratio in wanted])
    pairs = [(i, j) for i in range(len(known)) for j in range(i + 1, len(known))]
    for i, j in pairs:
        basis = np.stack([_vector(known[k], isotopes) for k in (i, j)])
        powers, *_ = np.linalg.lstsq(basis.T, goal.T, rcond=None)
        if np.allclose(basis.T @ powers, goal.T, atol=1e-9):
            return (i, j), np.round(powers.T, 9)
    return None


def _holds(ratios: list[_Column], of: System) -> bool:
    return _powers(ratios, of) is not None


def _wanted(
    ratios: list[_Column], of: System, rho: Float | None, path: Path
) -> tuple[tuple[Float, Float, Float, Float, Float], tuple[str, ...]]:
    """Return the system's ratios with errors and correlation, by the rules of logarithms."""
    found = _powers(ratios, of)
    if found is None:
        have = ", ".join(column.header for column in ratios) or "no isotope ratio"
        raise InputError(
            f"{path} lacks columns for {of.name}: it needs {of.x} and {of.y} (or their inverse "
            f"forms) with an error each; it has {have}. Name columns as Rb87Sr86 or 87Rb/86Sr."
        )
    (i, j), powers = found
    (u, su), (v, sv) = (_complete(ratios[k], path) for k in (i, j))
    if (u <= 0).any() or (v <= 0).any():
        raise InputError(f"{path} holds isotope ratios of 0 or below; a ratio is positive.")
    notes: tuple[str, ...] = ()
    ru, rv = su / u, sv / v
    if (np.abs(np.concatenate([ru, rv])) > WIDEST).any():
        raise InputError(
            f"{path} holds an error more than a million times its ratio; look at its unit, or "
            "whether columns are exchanged."
        )
    tilt = np.zeros(u.size) if rho is None else np.where(np.isnan(rho), 0.0, rho)
    if rho is None and (third := _third(ratios, (i, j))) is not None:
        tilt = _redundant(ratios[third], (ru, rv), path)
        notes += (f"correlation from the redundant ratio {ratios[third].header}",)
    elif rho is None:
        notes += ("no correlation of errors given: taken as 0",)
    if (np.abs(tilt) >= 1).any():
        at = ", ".join(str(k + 1) for k in np.flatnonzero(np.abs(tilt) >= 1)[:5])
        raise InputError(
            f"the correlation at row {at} is not between -1 and 1; with a magnitude of 1 the error "
            "ellipse is a line and has no weight. Compute it from unrounded errors."
        )
    if not np.allclose(powers, np.eye(2)):
        notes += (f"{ratios[i].header} and {ratios[j].header} turned into {of.x} and {of.y}",)
    x, y = (u**p * v**q for p, q in powers)
    cov = tilt * ru * rv
    (a, b), (c, d) = powers
    rx = np.sqrt(a * a * ru**2 + b * b * rv**2 + 2 * a * b * cov)
    ry = np.sqrt(c * c * ru**2 + d * d * rv**2 + 2 * c * d * cov)
    joint = a * c * ru**2 + b * d * rv**2 + (a * d + b * c) * cov
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.where((rx > 0) & (ry > 0), joint / (rx * ry), 0.0)
    return (x, x * np.copysign(rx, su), y, y * np.copysign(ry, sv), out), notes


def _third(ratios: list[_Column], pair: tuple[int, int]) -> int | None:
    """Return the column that is the quotient of a pair, in either sense."""
    known = [column.ratio for column in ratios if column.ratio]
    isotopes = sorted({isotope for ratio in known for isotope in ratio})
    quotient = _vector(known[pair[0]], isotopes) - _vector(known[pair[1]], isotopes)
    for k in range(len(known)):
        turned = _vector(known[k], isotopes)
        same = np.array_equal(turned, quotient) or np.array_equal(turned, -quotient)
        if k not in pair and ratios[k].sigma is not None and same:
            return k
    return None


def _redundant(third: _Column, relative: tuple[Float, Float], path: Path) -> Float:
    """Return the correlation of a pair of which the quotient was measured too."""
    value, sigma = _complete(third, path)
    rz = sigma / value
    ru, rv = relative
    found: Float = (ru**2 + rv**2 - rz**2) / (2 * ru * rv)
    return found


def _from_concentrations(
    columns: list[_Column], ratios: list[_Column], of: System, path: Path
) -> tuple[list[_Column], tuple[str, ...]]:
    """Return ratios with the parent/daughter ratio made from concentrations, where given."""
    parent, daughter = PAIRS[of.name]
    amounts = {c.element: c for c in columns if c.element in {parent, daughter} and not c.error}
    target = _targets(of)
    measured = next((c for c in ratios if c.ratio == target[1]), None)
    if len(amounts) < 2 or measured is None:
        return ratios, ()
    units = {name: column.unit for name, column in amounts.items()}
    if len(set(units.values())) > 1:
        said = ", ".join(f"{name} in {unit or 'no stated unit'}" for name, unit in units.items())
        raise UnitError(f"{path} mixes units: {said}; give {parent} and {daughter} in one unit.")
    p, d = (_complete(amounts[name], path) for name in (parent, daughter))
    x, sx = ratio_from_concentrations(of.name, p, d, measured.data)
    unit = units[parent] or "one unit, not stated"
    made = _Column(of.x, ratio=target[0], data=x, sigma=sx)
    return [made, measured], (f"{of.x} computed from {parent} and {daughter} in {unit}",)
