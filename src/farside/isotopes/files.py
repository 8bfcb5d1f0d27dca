"""Read analyses for isochrons from CSV as laboratories, IsoplotR and PySoplot lay them out.

Columns are told by their header: ``Rb87Sr86, errRb87Sr86, Sr87Sr86, errSr87Sr86, rho`` (IsoplotR),
``x, sx, y, sy, r_xy`` (PySoplot), ``87Rb/86Sr, 2s, 87Sr/86Sr, 2s``, ``Rb_ppm, Sr_ppm, ...``; a file
without a header holds x, its error, y, its error and, as a fifth, their correlation. Ratios may
come in any form that holds the wanted ones (normal, inverse, or three with one redundant, of which
the errors tell the correlation): the logarithms of ratios are linear in those of isotopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError, UnitError
from farside.isotopes.concentrations import PAIRS, ratio_from_concentrations
from farside.isotopes.headers import (
    Column,
    Isotope,
    check_level,
    complete,
    isotopes_of,
    labels_of,
    level_note,
    read_bare,
    read_columns,
)
from farside.isotopes.points import WIDEST, Points, make_points
from farside.isotopes.systems import System, system

if TYPE_CHECKING:
    from farside.isotopes.points import Float


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

    Examples
    --------
    >>> import farside
    >>> points = farside.read_isochron("analyses.csv", "rb-sr")  # doctest: +SKIP
    """
    read = read_pairs(path, (system(name),), errors)
    of = read.system
    return make_points(
        *read.columns, labels=read.labels, notes=read.notes, x_name=of.x, y_name=of.y
    )


@dataclass(frozen=True)
class Pairs:
    """Two ratios of each analysis as a file gives them: x, sx, y, sy, rho, one sigma."""

    system: System
    columns: tuple[Float, Float, Float, Float, Float]
    labels: tuple[str, ...]
    notes: tuple[str, ...]


def read_pairs(path: Path, systems: tuple[System, ...], errors: str | None = None) -> Pairs:
    """Read two ratios of each analysis: those of the first of `systems` that the file holds.

    Parameters
    ----------
    path, errors : as of `read_isochron`
    systems : with the ratios that are wanted

    Raises
    ------
    InputError, UnitError
        as `read_isochron`
    """
    check_level(errors)
    frame = read_bare(Path(path), ("x", "sx", "y", "sy", "rho"), fewest=4)
    columns = read_columns(frame, errors)
    labels = labels_of(frame)
    notes = level_note(columns, errors)
    axes = {column.axis: column for column in columns if column.axis and not column.error}
    rho = next((column.data for column in columns if column.rho), None)
    ratios = [column for column in columns if column.ratio and not column.error]
    of = next((each for each in systems if _holds(ratios, each)), systems[0])
    if {"x", "y"} <= axes.keys():
        (x, sx), (y, sy) = (complete(axes[name], path) for name in "xy")
        notes += (f"taken as x = {of.x}, y = {of.y}: the file names no isotopes",)
        tilt, more = _correlation(rho, len(frame))
        return Pairs(of, (x, sx, y, sy, tilt), labels, notes + more)
    if of.name in PAIRS and not _holds(ratios, of):
        made, more = _from_concentrations(columns, ratios, of, path)
        ratios, notes = made, notes + more
    points, more = _wanted(ratios, of, rho, path)
    return Pairs(of, points, labels, notes + more)


# -- ratios ------------------------------------------------------------------------------------


def _vector(ratio: tuple[Isotope, Isotope], isotopes: list[Isotope]) -> Float:
    found = np.zeros(len(isotopes))
    found[isotopes.index(ratio[0])] += 1
    found[isotopes.index(ratio[1])] -= 1
    return found


def _targets(of: System) -> list[tuple[Isotope, Isotope]]:
    return [(a, b) for a, b in (isotopes_of(of.x), isotopes_of(of.y))]


def _powers(ratios: list[Column], of: System) -> tuple[tuple[int, int], Float] | None:
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


def _holds(ratios: list[Column], of: System) -> bool:
    return _powers(ratios, of) is not None


def _wanted(
    ratios: list[Column], of: System, rho: Float | None, path: Path
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
    (u, su), (v, sv) = (complete(ratios[k], path) for k in (i, j))
    if (u <= 0).any() or (v <= 0).any():
        raise InputError(f"{path} holds isotope ratios of 0 or below; a ratio is positive.")
    notes: tuple[str, ...]
    ru, rv = su / u, sv / v
    if (np.abs(np.concatenate([ru, rv])) > WIDEST).any():
        raise InputError(
            f"{path} holds an error more than a million times its ratio; look at its unit, or "
            "whether columns are exchanged."
        )
    if rho is None and (third := _third(ratios, (i, j))) is not None:
        tilt = _redundant(ratios[third], (ru, rv), path)
        notes = (f"correlation from the redundant ratio {ratios[third].header}",)
    else:
        tilt, notes = _correlation(rho, u.size)
    if (np.abs(tilt) >= 1).any():
        at = ", ".join(str(k + 1) for k in np.flatnonzero(np.abs(tilt) >= 1)[:5])
        raise InputError(
            f"the correlation at row {at} is not between -1 and 1; with a magnitude of 1 the error "
            "ellipse is a line and has no weight. Compute it from unrounded errors."
        )
    if np.array_equal(powers, np.eye(2)):  # to the last digit as they are given
        return (u, su, v, sv, tilt), notes
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


def _correlation(rho: Float | None, n: int) -> tuple[Float, tuple[str, ...]]:
    """Return the correlations of n analyses, 0 where none is given, which is said."""
    if rho is None:
        return np.zeros(n), ("no correlation of errors given: taken as 0",)
    empty = np.isnan(rho)
    if not empty.any():
        return rho, ()
    at = ", ".join(str(k + 1) for k in np.flatnonzero(empty)[:5])
    more = f" and {int(empty.sum()) - 5} more" if empty.sum() > 5 else ""
    return np.where(empty, 0.0, rho), (f"no correlation given in row {at}{more}: taken as 0",)


def _third(ratios: list[Column], pair: tuple[int, int]) -> int | None:
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


def _redundant(third: Column, relative: tuple[Float, Float], path: Path) -> Float:
    """Return the correlation of a pair of which the quotient was measured too."""
    value, sigma = complete(third, path)
    rz = sigma / value
    ru, rv = relative
    found: Float = (ru**2 + rv**2 - rz**2) / (2 * ru * rv)
    return found


def _from_concentrations(
    columns: list[Column], ratios: list[Column], of: System, path: Path
) -> tuple[list[Column], tuple[str, ...]]:
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
    p, d = (complete(amounts[name], path) for name in (parent, daughter))
    x, sx = ratio_from_concentrations(of.name, p, d, measured.data)
    unit = units[parent] or "one unit, not stated"
    made = Column(of.x, ratio=target[0], data=x, sigma=sx)
    return [made, measured], (f"{of.x} computed from {parent} and {daughter} in {unit}",)
