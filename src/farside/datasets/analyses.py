"""Load the tables of analysed samples: Apollo, Chang'e-5 and -6, end members, standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.datasets._tables import _load
from farside.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

TRUSTED = ("agree", "scatter", "single")
"""Words of trust of the Apollo analyses but ``doubtful``."""


def load_apollo_analyses() -> pd.DataFrame:
    """Return the analyses of Apollo and Luna samples, one row per sample and analyte.

    Returns
    -------
    pandas.DataFrame
        ``sample, mission, kind, analyte, unit, value, spread, n, trust, parse``; oxides in wt%,
        elements in ppm; see `farside.datasets.sidecar` for what the words of trust mean
    """
    return _load("apollo_analyses")


def load_apollo_compositions(trust: Collection[str] = TRUSTED) -> pd.DataFrame:
    """Return the Apollo and Luna samples as a wide table: one row per sample.

    Parameters
    ----------
    trust : words of trust to keep; what is left out is NaN

    Returns
    -------
    pandas.DataFrame
        index ``sample``; ``mission``, ``kind`` and one column per oxide (wt%) and element (ppm)
    """
    table = _load("apollo_analyses")
    known = set(table["trust"])
    for word in trust:
        if word not in known:
            raise UnknownNameError.of("word of trust", word, known)
    kept = table[table["trust"].isin(list(trust))]
    wide = kept.pivot_table(index="sample", columns="analyte", values="value", aggfunc="first")
    about = table.drop_duplicates("sample").set_index("sample")[["mission", "kind"]]
    return about.join(wide)


def load_returned_samples() -> pd.DataFrame:
    """Return published oxides and elements of Chang'e-5 and Chang'e-6 soils and basalts.

    Returns
    -------
    pandas.DataFrame
        ``material, analyte, unit, value, sigma, method, doi, status``; one sigma, NaN = not given
    """
    return _load("returned_samples")


def load_kreep_components() -> pd.DataFrame:
    """Return KREEP end members: ``component, analyte, unit, value, sigma`` (one sigma)."""
    return _load("kreep_components")


def load_reference_materials() -> pd.DataFrame:
    """Return rock reference materials: ``material, analyte, unit, value, sigma, source``."""
    return _load("reference_materials")


def load_partition_coefficients() -> pd.DataFrame:
    """Return mineral-melt partition coefficients: ``set, mineral, element, D`` (by weight)."""
    return _load("partition_coefficients")
