"""CIPW norm of lunar rocks, by pyrolite."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from farside.errors import InputError
from farside.style import settings_kept

NEEDED = ("SiO2", "TiO2", "Al2O3", "FeO", "MgO", "CaO")
"""Without these oxides the norm is not of the rock."""
_OPTIONAL = ("MnO", "Na2O", "K2O", "P2O5")
_NO_FERRIC = 1e-6
"""wt% Fe2O3: next to none, but not zero, which pyrolite reads as not given and would then fill
with the ferric iron of terrestrial volcanic rocks (Le Maitre 1976)."""

MINERALS = (
    "quartz",
    "orthoclase",
    "albite",
    "anorthite",
    "corundum",
    "nepheline",
    "leucite",
    "kaliophilite",
    "diopside",
    "hypersthene",
    "olivine",
    "wollastonite",
    "dicalcium silicate",
    "ilmenite",
    "rutile",
    "titanite",
    "perovskite",
    "apatite",
)
"""Minerals of the norm of a rock without ferric iron, as pyrolite names them. Diopside,
hypersthene and olivine hold both their magnesian and their ferrous parts."""


def cipw(analyses: pd.DataFrame) -> pd.DataFrame:
    """Return the CIPW norm of each row, wt%, all iron ferrous.

    The rules are those of Verma et al. (2003) as pyrolite has them; minor oxides that are not
    given count as none. Analyses are scaled to 100 wt% first, as those rules ask.

    Parameters
    ----------
    analyses : oxides in wt%; all of `NEEDED`

    Returns
    -------
    pandas.DataFrame
        one column for each of `MINERALS` that occurs, wt%, summing to 100 within rounding

    Raises
    ------
    InputError
        when an oxide that is needed is missing
    """
    missing = [c for c in NEEDED if c not in analyses or analyses[c].isna().any()]
    if missing:
        raise InputError(
            f"the norm needs {', '.join(NEEDED)} in wt%; missing in at least one row: "
            f"{', '.join(missing)}."
        )
    oxides = analyses.reindex(columns=[*NEEDED, *_OPTIONAL]).astype(float).fillna(0.0)
    oxides = 100 * oxides.div(oxides.sum(axis=1), axis=0)
    with settings_kept():
        from pyrolite.mineral.normative import CIPW_norm  # noqa: PLC0415 - slow to import

    with warnings.catch_warnings():
        # pyrolite 0.3.8 calls what pandas 3 is about to drop
        warnings.simplefilter("ignore")
        found = CIPW_norm(oxides.assign(Fe2O3=_NO_FERRIC), rounding=4)
    norm: pd.DataFrame = (
        found.reindex(columns=list(MINERALS)).fillna(0.0).set_axis(analyses.index, axis=0)
    )
    return norm[[name for name in MINERALS if (norm[name] > 0).any()]]


def anorthite_number(norm: pd.DataFrame) -> pd.Series[float]:
    """Return An = 100 An / (An + Ab + Or) of the norm in moles.

    Formula weights of CaAl2Si2O8, NaAlSi3O8 and KAlSi3O8: 278.21, 262.22 and 278.33 g/mol.
    """
    weight = {"anorthite": 278.21, "albite": 262.22, "orthoclase": 278.33}
    moles = {
        name: norm[name] / w if name in norm else pd.Series(0.0, norm.index)
        for name, w in weight.items()
    }
    total = sum(moles.values(), pd.Series(0.0, norm.index))
    return (100 * moles["anorthite"] / total.where(total > 0)).astype(float).rename("An_number")


def norm_of(row: pd.Series[float]) -> dict[str, float] | None:
    """Return the norm of one analysis with its An number, None where oxides are missing."""
    if any(pd.isna(row.get(oxide, np.nan)) for oxide in NEEDED):
        return None
    norm = cipw(pd.DataFrame([row]))
    found = {str(name): float(value) for name, value in norm.iloc[0].items()}
    number = float(anorthite_number(norm).iloc[0])
    return found | ({} if np.isnan(number) else {"An_number": number})
