"""Load the tables in ``datasets/tables``; each has a sidecar with units, sources and hashes."""

from __future__ import annotations

import importlib.resources
import io
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TABLES = importlib.resources.files("farside").joinpath("datasets", "tables")


def table_names() -> tuple[str, ...]:
    """Return the names of all tables, sorted."""
    found = (path.name for path in _TABLES.iterdir() if path.name.endswith(".csv"))
    return tuple(sorted(name.removesuffix(".csv") for name in found))


@cache
def _sidecar_text(name: str) -> str:
    if name not in table_names():
        raise UnknownNameError.of("table", name, table_names())
    return _TABLES.joinpath(f"{name}.json").read_text(encoding="utf-8")


def sidecar(name: str) -> dict[str, Any]:
    """Return what is known of a table: columns with units, sources, hashes, notes.

    Parameters
    ----------
    name : one of `table_names`

    Raises
    ------
    UnknownNameError
        when there is no such table
    """
    content: dict[str, Any] = json.loads(_sidecar_text(name))
    return content


@cache
def _parsed(name: str) -> pd.DataFrame:
    columns = sidecar(name)["columns"]
    text = _TABLES.joinpath(f"{name}.csv").read_text(encoding="utf-8")
    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    if list(frame.columns) != list(columns):
        raise InputError(
            f"the table {name} and its sidecar name other columns; derive both anew with "
            "scripts/derive_tables.py."
        )
    return pd.DataFrame({key: _typed(frame[key], about["unit"]) for key, about in columns.items()})


def _typed(column: pd.Series[str], unit: str) -> pd.Series[Any]:
    """Return a column of text in the type that goes with its unit; an empty field is missing."""
    if unit == "text":
        return column
    if unit == "flag":
        return column == "True"
    if unit == "date":
        return pd.to_datetime(column, format="%Y-%m-%d")
    if unit == "count":
        return pd.Series([int(field) if field else pd.NA for field in column], dtype="Int64")
    if unit == "index":
        return column.astype("int64")
    return pd.Series([float(field) if field else np.nan for field in column], dtype="float64")


def _load(name: str) -> pd.DataFrame:
    return _parsed(name).copy(deep=True)


def load_sites() -> pd.DataFrame:
    """Return the 55 returned-sample sites with Kaguya MI reflectance and oxides in wt%.

    Returns
    -------
    pandas.DataFrame
        a fresh copy; ``site, mission, terrain, lat, lon, soils``, eight columns of reflectance
        ``r414 .. r1548`` (dimensionless), ``theta_Fe_published``, ``theta_Ti_published``, and for
        each oxide ``TiO2`` (wt%, NaN = not measured), ``TiO2_n`` (analyses) and ``TiO2_source``

    Examples
    --------
    >>> import farside
    >>> sites = farside.load_sites()
    >>> len(sites), sorted(name for name in sites if name.startswith("r"))[0]
    (55, 'r1001')
    """
    return _load("sites")


def load_apollo12_alternative() -> pd.DataFrame:
    """Return other oxides of the eight Apollo 12 sites: one analyst (Frondel et al. 1971), wt%."""
    return _load("apollo12_frondel1971")


def load_clementine_sites() -> pd.DataFrame:
    """Return the 47 stations of Wilcox et al. (2005): Clementine reflectance, FeO and TiO2 in wt%.

    ``mi_site`` is the row of `load_sites` of the same station, empty where there is none.

    Examples
    --------
    >>> import farside
    >>> len(farside.load_clementine_sites())
    47
    """
    return _load("clementine_sites")


def load_cells_5deg() -> pd.DataFrame:
    """Return the 1790 Lunar Prospector cells: oxides in wt%, K, Th, U in ppm, and colour.

    A value that the original clamped at zero is stored as 0 and named in ``censored``. The error
    covariance of the six oxides is in the 21 columns ``cov_*``; see `cell_covariance`.

    Examples
    --------
    >>> import farside
    >>> len(farside.load_cells_5deg())
    1790
    """
    return _load("cells_5deg")


def load_sample_compositions() -> pd.DataFrame:
    """Return the six oxides of Apollo rocks, breccias and soils (wt%), with their mission.

    Examples
    --------
    >>> import farside
    >>> list(farside.OXIDES) == [name for name in farside.load_sample_compositions() if "O" in name]
    True
    """
    return _load("sample_compositions")


def load_reference_soils() -> pd.DataFrame:
    """Return mean soils of the landing sites: oxides in wt%, trace elements in ppm, ``*_1s``.

    Examples
    --------
    >>> import farside
    >>> "TiO2" in farside.load_reference_soils()
    True
    """
    return _load("reference_soils")


def load_missions() -> pd.DataFrame:
    """Return the landing sites of sample returns and in-situ analyses, each with its source.

    Examples
    --------
    >>> import farside
    >>> missions = farside.load_missions()
    >>> missions.loc[missions["mission"] == "Chang'e-6", "side"].item()
    'far'
    """
    return _load("missions")


def covariance_columns() -> tuple[tuple[str, int, int], ...]:
    """Return the columns of the upper triangle of the covariance, with row and column index."""
    pairs = ((i, j) for i in range(len(OXIDES)) for j in range(i, len(OXIDES)))
    return tuple((f"cov_{OXIDES[i]}_{OXIDES[j]}", i, j) for i, j in pairs)


def cell_covariance(cells: pd.DataFrame) -> NDArray[np.float64]:
    """Return the error covariance of the oxides of each cell.

    Parameters
    ----------
    cells : `load_cells_5deg`, or rows of it

    Returns
    -------
    array of shape (n, 6, 6), wt%^2, rows and columns in the order of `farside.constants.OXIDES`

    Raises
    ------
    InputError
        when a column of the covariance is missing
    """
    columns = covariance_columns()
    missing = [name for name, _, _ in columns if name not in cells.columns]
    if missing:
        raise InputError(
            f"the table of cells has no column {', '.join(missing)}; the covariance of the "
            "oxides comes with load_cells_5deg()."
        )
    matrix = np.empty((len(cells), len(OXIDES), len(OXIDES)))
    for name, i, j in columns:
        matrix[:, i, j] = matrix[:, j, i] = cells[name].to_numpy(dtype=float)
    return matrix
