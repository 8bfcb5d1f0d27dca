"""Tables of analyses: read them, check units and totals, convert between oxides and elements.

A table has one row per sample. An oxide column is ``SiO2`` in wt%, an element column is ``La`` in
ppm, and one sigma stands in ``SiO2_1s`` or ``La_1s`` in the same unit. ``sample`` names the row.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from farside.datasets import check_samples
from farside.datasets.samples import FRACTION_TOTAL
from farside.errors import SampleError, UnitError, UnknownNameError
from farside.readers.table import read_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MAJORS = (
    "SiO2",
    "TiO2",
    "Al2O3",
    "Cr2O3",
    "FeO",
    "MnO",
    "MgO",
    "CaO",
    "Na2O",
    "K2O",
    "P2O5",
)
"""Oxides of a lunar rock; all iron is FeO, as the Moon has next to no ferric iron."""

_SYMBOLS = """Li Be B Na Mg Al Si P S K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge Rb Sr Y Zr Nb Mo
Cs Ba La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Pb Th U"""
ELEMENTS = tuple(_SYMBOLS.split())

ATOMIC_WEIGHT: Mapping[str, float] = {
    "O": 15.999,
    "Na": 22.990,
    "Mg": 24.305,
    "Al": 26.982,
    "Si": 28.085,
    "P": 30.974,
    "K": 39.098,
    "Ca": 40.078,
    "Ti": 47.867,
    "Cr": 51.996,
    "Mn": 54.938,
    "Fe": 55.845,
}
"""Abridged standard atomic weights, IUPAC CIAAW 2021 (doi 10.1515/pac-2019-0603), g/mol."""

TOTAL_RANGE = (97.0, 102.0)
"""wt%; a sum of at least eight oxides outside is noted (the usual bounds of a good analysis)."""
MOST_WT = {"K2O": 12.0, "Na2O": 12.0, "P2O5": 10.0, "MnO": 5.0, "Cr2O3": 10.0, "TiO2": 30.0}
"""Oxides above these, in wt%, are in ppm: 12013 holds 7.4 wt% K2O, the most of any Apollo sample,
and 10-15 wt% TiO2 the most titaniferous basalts (tables of this package)."""
LEAST_PPM = {
    "La": 0.01,
    "Ce": 0.02,
    "Nd": 0.01,
    "Sm": 0.01,
    "Zr": 0.5,
    "Ba": 0.5,
    "Sr": 1.0,
    "K": 3.0,
}
"""Elements below these, in ppm, are in wt%: less than a twentieth of CI chondrites in La-Sm, and
of what any Apollo rock holds (of K, 58 ppm is the least of the tables of this package)."""
MOST_PPM = 1e6


_SUFFIX = re.compile(r"_(1s|n|source|flag|LOD|LOQ)$")
_OTHER_ERROR = re.compile(r"[_ ](1se|2se?|[12]?sigma|sd|se|std(ev)?|err(or)?|unc)$", re.IGNORECASE)
_UNIT = re.compile(r"[ _(\[]*(wt ?%|wt|pct|percent|ppm|ug/g|µg/g)[)\]]*$")


def molar_mass(oxide: str) -> float:
    """Return the molar mass of an oxide in g/mol.

    Examples
    --------
    >>> round(molar_mass("Al2O3"), 3)
    101.961
    """
    return sum(ATOMIC_WEIGHT[symbol] * count for symbol, count in formula(oxide).items())


def formula(oxide: str) -> dict[str, int]:
    """Return the atoms of a formula.

    Examples
    --------
    >>> formula("K2O")
    {'K': 2, 'O': 1}
    """
    found = re.findall(r"([A-Z][a-z]?)(\d*)", oxide)
    return {symbol: int(count or 1) for symbol, count in found}


def element_of(oxide: str) -> tuple[str, float]:
    """Return the cation of an oxide, and ppm of it per wt% of the oxide.

    Examples
    --------
    >>> symbol, factor = element_of("K2O")
    >>> symbol, round(factor, -1)
    ('K', 8300.0)
    """
    atoms = formula(oxide)
    if len(atoms) != 2 or not atoms.keys() <= ATOMIC_WEIGHT.keys() or "O" not in atoms:
        raise UnknownNameError.of("oxide", oxide, (*MAJORS, "Fe2O3"))
    symbol = next(iter(atoms))
    return symbol, 1e4 * atoms[symbol] * ATOMIC_WEIGHT[symbol] / molar_mass(oxide)


def potassium_ppm(row: pd.Series[float]) -> tuple[float, float]:
    """Return K of an analysis and its one sigma in ppm, from K or else from K2O."""
    if pd.notna(row.get("K", np.nan)):
        return float(row["K"]), float(row.get("K_1s", np.nan))
    factor = element_of("K2O")[1]
    value, sigma = row.get("K2O", np.nan), row.get("K2O_1s", np.nan)
    return factor * float(value), factor * float(sigma)


def read_analyses(path: Path) -> pd.DataFrame:
    """Read a CSV of analyses and check it.

    Raises
    ------
    InputError, SampleError, UnitError
        see `check_analyses`; the file is named
    """
    frame = read_frame(path)
    try:
        return check_analyses(frame)
    except (SampleError, UnitError) as error:
        raise type(error)(f"{path.name}: {error}") from error


def check_analyses(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a table of analyses as numbers, or say what in it cannot be.

    Parameters
    ----------
    frame : one row per sample; columns as the module describes; other columns are kept

    Returns
    -------
    pandas.DataFrame
        the same, index ``sample``, with ``notes``: what is odd but possible, per row

    Raises
    ------
    SampleError
        for a misspelt column, columns or samples given twice, a value that is no number or is
        negative, no oxide or element at all, or oxides that sum to more than 102 wt%
    UnitError
        when an oxide is in ppm or a fraction, an element in wt%, or K and K2O contradict
    """
    if frame.empty:
        raise SampleError("the table has no row; give at least one analysis.")
    named = _named(frame)
    _check_spelling([str(c) for c in named.columns])
    names = [c for c in named.columns if c in MAJORS or c in ELEMENTS]
    if not names:
        raise SampleError(
            f"no oxide or element among the columns {', '.join(map(str, frame.columns))}; give "
            "oxides such as TiO2 in wt% or elements such as La in ppm."
        )
    given = [*names, *(f"{c}_1s" for c in names if f"{c}_1s" in named.columns)]
    orphans = [c for c in named.columns if str(c).endswith("_1s") and c not in given]
    if orphans:
        raise SampleError(
            f"{', '.join(orphans)}: an uncertainty without its value; name it after a column."
        )
    for column in given:
        named[column] = _numbers(named, column)
    _check_units(named, names)
    six = [c for c in names if c in {"TiO2", "FeO", "Al2O3", "MgO", "CaO", "SiO2"}]
    if six:
        check_samples(named.reset_index(names="site")[["site", *six]])
    named["notes"] = _notes(named, names)
    return named


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose index is the names of the samples, each once."""
    columns = [str(c).strip() for c in frame.columns]
    twice = sorted({c for c in columns if columns.count(c) > 1})
    if twice:
        raise SampleError(f"columns given twice: {', '.join(twice)}; keep one of each.")
    named = frame.set_axis(columns, axis=1)
    column = next((c for c in ("sample", "site", "name") if c in columns), None)
    index = [name if isinstance(name, str) else f"row {i}" for i, name in enumerate(frame.index, 1)]
    if column:
        given = [str(name).strip() if pd.notna(name) else "" for name in named[column]]
        index = [name or f"row {i}" for i, name in enumerate(given, 1)]
    again = sorted({name for name in index if index.count(name) > 1})
    if again:
        raise SampleError(
            f"samples given more than once: {', '.join(again[:5])}; a sample is one row: average "
            "its analyses, or name the rows apart."
        )
    return named.drop(columns=[column] if column else []).set_axis(index, axis=0)


def _check_spelling(columns: list[str]) -> None:
    """Refuse a column that is all but an oxide or an element: it would be left out unseen."""
    oxides = {name.lower(): name for name in MAJORS}
    elements = {name.lower(): name for name in ELEMENTS}
    for column in columns:
        stem = _SUFFIX.sub("", column)
        if stem in MAJORS or stem in ELEMENTS:
            continue
        other = _OTHER_ERROR.sub("", column)
        if other != column and (other in MAJORS or other in ELEMENTS):
            raise SampleError(
                f"column {column!r} would be left out unseen: errors are one sigma in the unit of "
                f"the value; give {other}_1s."
            )
        if stem.startswith("Fe2O3"):
            raise SampleError(
                f"column {column!r}: give all iron as FeO, which is 0.8998 of Fe2O3 by weight."
            )
        plain = re.sub(r"[^a-z0-9]", "", _UNIT.sub("", stem.lower()))
        near = difflib.get_close_matches(plain.replace("0", "o"), oxides, n=1, cutoff=0.85)
        meant = elements.get(plain) or (oxides[near[0]] if near else None)
        if meant:
            raise SampleError(
                f"unknown column {column!r}; did you mean {meant!r}? Oxides are in wt%, elements "
                "in ppm, without a unit in the name: rename the column."
            )


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    given = frame[column].mask(frame[column].astype(str).str.strip() == "")
    values: pd.Series[float] = pd.to_numeric(given, errors="coerce").astype(float)
    wrong = values.isna() & given.notna()
    if wrong.any():
        raise SampleError(
            f"{column} is no number in {_rows(frame, wrong)} ({given[wrong].iloc[0]!r}); leave the "
            "field empty where it was not measured or is below the limit of detection."
        )
    wrong = (values < 0) | np.isinf(values)
    if column.endswith("_1s"):
        wrong |= values == 0
    if wrong.any():
        raise SampleError(
            f"{column} is {values[wrong].iloc[0]:g} in {_rows(frame, wrong)}; it must be positive: "
            "correct it, or leave the field empty."
        )
    return values


def _check_units(frame: pd.DataFrame, names: Iterable[str]) -> None:
    oxides = [c for c in names if c in MAJORS]
    for oxide in oxides:
        most = MOST_WT.get(oxide, 1000.0)  # check_samples refuses 100 to 1000
        wrong = frame[oxide] > most
        if wrong.any():
            raise UnitError(
                f"{oxide} is {frame.loc[wrong, oxide].iloc[0]:g} in {_rows(frame, wrong)}; oxides "
                f"are wt%, and this looks like ppm: divide {oxide} and {oxide}_1s by 10 000."
            )
    _check_elements(frame, [c for c in names if c in ELEMENTS])
    for oxide in oxides:
        symbol, factor = element_of(oxide)
        if symbol in frame:
            ratio = frame[symbol] / (factor * frame[oxide])
            wrong = (ratio > 3) | (ratio < 1 / 3)
            if wrong.any():
                raise UnitError(
                    f"{symbol} and {oxide} contradict in {_rows(frame, wrong)} by a factor "
                    f"{ratio[wrong].iloc[0]:.3g}; {symbol} is ppm and {oxide} wt%, where 1 wt% "
                    f"{oxide} is {factor:.0f} ppm {symbol}."
                )
    if len(oxides) >= 4:
        total = frame[oxides].sum(axis=1, min_count=4)
        wrong = (total > 0) & (total < FRACTION_TOTAL)
        if wrong.any():
            raise UnitError(
                f"the oxides sum to {total[wrong].iloc[0]:.3g} in {_rows(frame, wrong)}, which "
                "looks like weight fractions; wt% is needed: multiply the oxides by 100."
            )


def _check_elements(frame: pd.DataFrame, elements: Iterable[str]) -> None:
    for element in elements:
        if (frame[element] > MOST_PPM).any():
            raise UnitError(
                f"{element} is {frame[element].max():g} ppm, more than the whole sample; elements "
                "are ppm: correct it."
            )
        wrong = frame[element] < LEAST_PPM.get(element, 0.0)
        if wrong.any():
            raise UnitError(
                f"{element} is {frame.loc[wrong, element].iloc[0]:g} in {_rows(frame, wrong)}; "
                "elements are ppm, and this looks like wt%: multiply by 10 000."
            )


def _notes(frame: pd.DataFrame, names: Iterable[str]) -> list[str]:
    oxides = [c for c in names if c in MAJORS]
    notes = []
    for _, row in frame.iterrows():
        total = row[oxides].sum()
        whole = row[oxides].notna().sum() >= 8
        off = whole and not TOTAL_RANGE[0] <= total <= TOTAL_RANGE[1]
        notes.append(
            f"the oxides sum to {total:.1f} wt%, outside {TOTAL_RANGE[0]:g}-{TOTAL_RANGE[1]:g}"
            if off
            else ""
        )
    return notes


def _rows(frame: pd.DataFrame, where: pd.Series[bool]) -> str:
    names = [str(name) for name in frame.index[where]]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
