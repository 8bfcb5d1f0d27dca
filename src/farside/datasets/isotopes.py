"""Published isochrons and a weighted mean that other programs use as examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.datasets._tables import _load
from farside.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

REFERENCE_TABLES = ("RbSr1", "KCa1", "LudwigMean")
"""Names of the tables, as IsoplotR calls them."""


def load_reference_isochron(name: str) -> pd.DataFrame:
    """Return a published table of analyses; errors are one sigma.

    Parameters
    ----------
    name : ``"RbSr1"`` (lunar basalts, Compston et al. 1971), ``"KCa1"`` (Harrison et al. 2010) or
        ``"LudwigMean"`` (Ludwig 2003)

    Returns
    -------
    pandas.DataFrame
        ``x, x_1s, y, y_1s, rho``; of LudwigMean ``x, x_1s`` (Ma) alone hold figures

    Raises
    ------
    UnknownNameError
        when there is no such table
    """
    if name not in REFERENCE_TABLES:
        raise UnknownNameError.of("reference isochron", name, REFERENCE_TABLES)
    table = _load("isotopes_reference")
    return table[table["name"] == name].drop(columns="name").reset_index(drop=True)
