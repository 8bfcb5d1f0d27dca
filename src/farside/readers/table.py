"""Read tables of spectra (CSV): one row for each spectrum, one column for each band."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from farside.errors import InputError
from farside.readers.dataset import from_table

if TYPE_CHECKING:
    import xarray as xr


def read_frame(path: Path) -> pd.DataFrame:
    """Read a CSV file in UTF-8 with a header; lines that begin with ``#`` are left out.

    Raises
    ------
    InputError
        when the file is missing, is no text, is no table with commas, or has rows longer than its
        header: their values would stand under the wrong name
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"there is no file {path}; give a table (CSV) with one line for each row.")
    try:
        with path.open(encoding="utf-8-sig") as lines:
            header = next((line for line in lines if line.strip() and line[0] != "#"), "")
        check_commas(path, header)
        frame = pd.read_csv(path, comment="#", skipinitialspace=True, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8; save it as a CSV file.") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}.") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{path} is not a table with comma-separated columns: {reason}") from error
    if not isinstance(frame.index, pd.RangeIndex):
        raise InputError(
            f"{path} has rows with more fields than its header has columns; name every column, or "
            "take out the last comma of a row."
        )
    return frame


def check_commas(path: Path, header: str) -> None:
    """Refuse a table whose first line has semicolons or tabs where commas are wanted."""
    if re.search(r"[;\t]", header.strip()) and "," not in header:
        raise InputError(
            f"{path} is separated by semicolons or tabs; save it with commas between columns and "
            "points in numbers."
        )


def read_table(path: Path) -> xr.Dataset:
    """Read a table of spectra.

    Parameters
    ----------
    path : a CSV file in UTF-8 with a header; reflectance in columns such as ``r749`` or
        ``R950nm`` (dimensionless), one sigma in ``r749_1s``, and, where known, ``site`` or
        ``name``, ``lat``, ``lon``, ``incidence_deg``; lines that begin with ``#`` are left out

    Returns
    -------
    xarray.Dataset
        Spectra over ``point``; units are looked at by `farside.spectra.dataset.check_spectra`

    Raises
    ------
    InputError
        when the file is missing, is no text, is no table, or holds no spectrum
    BandError
        when no column is a band
    """
    path = Path(path)
    frame = read_frame(path)
    try:
        ds = from_table(frame)
    except InputError as error:
        raise type(error)(f"{path.name}: {error}") from error
    return ds.assign_attrs(source=path.name)
