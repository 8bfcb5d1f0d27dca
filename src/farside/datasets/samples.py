"""Check a table of samples before anything is computed from it."""

from __future__ import annotations

import difflib
import re

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.errors import SampleError, UnitError, UnknownNameError

KINDS = ("sample", "gamma-ray")
FRACTION_TOTAL = 1.5
"""Below this sum, in wt%, oxides can only be weight fractions (or not wt% at all)."""
FRACTION_TIO2 = 0.15
"""Below this, in wt%, a whole column of TiO2 can only be weight fractions: soils hold 0.3-10."""

_SUFFIXES = ("_1s", "_n", "_source", "_censored")
_OTHER_OXIDES = ("MnO", "Na2O", "K2O", "P2O5", "Cr2O3", "Fe2O3")
_OWN_COLUMN = "total_in_range"


def check_samples(
    table: pd.DataFrame, *, tolerance_total: float = 102.0, kind: str = "sample"
) -> pd.DataFrame:
    """Return a copy of a table of samples, or say what in it cannot be.

    Parameters
    ----------
    table : one row per sample; columns ``TiO2, FeO, Al2O3, MgO, CaO, SiO2`` in wt% as far as
        measured (NaN = not measured), ``site`` if rows have names
    tolerance_total : the largest credible sum of the six oxides, wt%
    kind : ``"sample"``, where a larger sum is an error; ``"gamma-ray"``, where sums run to 107
        within their errors and are only marked

    Returns
    -------
    pandas.DataFrame
        the six oxides as floats; with ``kind="gamma-ray"`` a column ``total_in_range`` besides,
        False where the sum is above `tolerance_total`

    Raises
    ------
    SampleError
        for a misspelt or missing oxide column, two rows of one site, a value that is no number,
        is negative or above 100 wt%, or a sum that is too large
    UnitError
        when the oxides are weight fractions
    """
    if kind not in KINDS:
        raise UnknownNameError.of("kind of table", kind, KINDS)
    _check_columns(table)
    _check_sites(table)
    checked = table.copy()
    present = [oxide for oxide in OXIDES if oxide in table.columns]
    for oxide in present:
        checked[oxide] = _numbers(table, oxide)
    _check_unit(checked, present)
    total = checked[present].sum(axis=1)
    too_large = (total > tolerance_total).to_numpy()
    if kind == "gamma-ray":
        checked[_OWN_COLUMN] = ~too_large
    elif too_large.any():
        raise SampleError(
            f"the oxides sum to more than {tolerance_total:g} wt% in "
            f"{_rows(table, too_large)} (largest {total.max():.1f}); a sum of oxides cannot exceed "
            "100 wt% but for errors of analysis: correct the rows, or raise tolerance_total; for "
            "gamma-ray cells use kind='gamma-ray'."
        )
    return checked


def _check_columns(table: pd.DataFrame) -> None:
    names = [str(column) for column in table.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SampleError(f"columns given twice: {', '.join(repeated)}; keep one of each.")
    for name in names:
        nearest = _misspelt(name)
        if nearest:
            raise SampleError(
                f"unknown column {name!r}; did you mean {nearest!r}? Oxides are "
                f"{', '.join(OXIDES)} in wt%: rename the column."
            )
    if not set(OXIDES) & set(names):
        raise SampleError(
            f"no oxide column among {', '.join(names) or 'no columns'}; give at least one of "
            f"{', '.join(OXIDES)} in wt%."
        )


def _misspelt(name: str) -> str | None:
    """Return the valid column that a name is a misspelling of, or None."""
    suffix = next((end for end in _SUFFIXES if name.endswith(end)), "")
    stem = name.removesuffix(suffix)
    if stem in OXIDES or stem in _OTHER_OXIDES or name.startswith("cov_"):
        return None
    plain = re.sub(r"[^a-z0-9]", "", stem.lower())
    plain = re.sub(r"(wt|wtpct|wtpercent|percent|pct)$", "", plain)
    plain = plain.replace("0", "o").replace("1", "l")
    known = {oxide.lower(): oxide for oxide in (*OXIDES, *_OTHER_OXIDES)}
    near = difflib.get_close_matches(plain, known, n=1, cutoff=0.85)
    if not near or known[near[0]] not in OXIDES:
        return None
    return known[near[0]] + suffix


def _check_sites(table: pd.DataFrame) -> None:
    if "site" not in table.columns:
        return
    twice = table["site"].duplicated(keep=False) & table["site"].notna()
    if twice.any():
        names = sorted({str(name) for name in table.loc[twice, "site"]})
        raise SampleError(
            f"sites given more than once: {_shorten(names)}; a site is one row: average its "
            "analyses, or name the rows apart."
        )


def _numbers(table: pd.DataFrame, oxide: str) -> pd.Series[float]:
    """Return a column as floats between 0 and 100, NaN where not measured."""
    given = table[oxide].mask(table[oxide].astype(str).str.strip() == "")
    values: pd.Series[float] = pd.to_numeric(given, errors="coerce").astype(float)
    no_number = (values.isna() & given.notna()).to_numpy()
    if no_number.any():
        raise SampleError(
            f"{oxide} is no number in {_rows(table, no_number)}; give wt%, or leave the field "
            "empty where it was not measured."
        )
    impossible = ((values < 0) | (values > 100)).to_numpy()
    if impossible.any():
        worst = values[impossible].iloc[0]
        raise SampleError(
            f"{oxide} is {worst:g} wt% in {_rows(table, impossible)}; possible is 0 to 100: "
            "correct it, or leave the field empty where it was not measured."
        )
    return values


def _check_unit(checked: pd.DataFrame, present: list[str]) -> None:
    values = checked[present].to_numpy(dtype=float)
    if not (values > 0).any():
        return
    largest = float(np.nansum(values, axis=1).max())
    only_titanium = set(checked[present].dropna(axis=1, how="all").columns) == {"TiO2"}
    if largest < (FRACTION_TIO2 if only_titanium else FRACTION_TOTAL):
        raise UnitError(
            f"the oxides sum to {largest:.3g} at most, which looks like weight fractions; wt% is "
            "needed: multiply the oxides by 100."
        )


def _rows(table: pd.DataFrame, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    """Return the names of rows for a message: sites where there are any, else row numbers."""
    rows = table.loc[where]
    if "site" in table.columns:
        return f"rows {_shorten([str(name) for name in rows['site']])}"
    return f"rows {_shorten([str(name) for name in rows.index])}"


def _shorten(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
