"""The Spectra dataset: what every reader returns and every function on spectra takes.

An `xarray.Dataset` with the variable ``reflectance`` (dimensionless, i = 30°, e = 0°, g = 30°) of
dimensions ``(band, point)`` or ``(band, y, x)``, the coordinate ``wavelength_nm`` along ``band``,
and one coordinate per thing known of a point: ``name, lat, lon, incidence_deg, emission_deg,
phase_deg``. A missing value is NaN, never 0. Values from a dask array stay lazy, as float32.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr

from farside.errors import BandError, InputError, UnitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_COLUMN = re.compile(r"^r_?(\d{3,4}(?:\.\d+)?)_?(?:nm)?(_1s)?$", re.IGNORECASE)
_POINT_COLUMNS = {
    "name": ("name", "site", "sample", "id"),
    "lat": ("lat", "lat_deg", "latitude", "latitude_deg"),
    "lon": ("lon", "lon_deg", "lon_deg_e", "longitude", "longitude_deg"),
    "incidence_deg": ("incidence_deg", "incidence", "i_deg"),
    "emission_deg": ("emission_deg", "emission", "e_deg"),
    "phase_deg": ("phase_deg", "phase", "g_deg"),
}


def wrap_longitude(lon: ArrayLike) -> NDArray[np.float64]:
    """Return longitude in degrees east, -180 to below 180; not-finite values become NaN."""
    values = np.asarray(lon, dtype=float)
    finite = np.isfinite(values)
    out = np.full(values.shape, np.nan)
    known = values[finite]
    inside = (known >= -180.0) & (known < 180.0)  # left as given, digit for digit
    out[finite] = np.where(inside, known, (known + 180.0) % 360.0 - 180.0)
    return out


def make_spectra(
    reflectance: ArrayLike | da.Array,
    wavelength_nm: ArrayLike,
    **coords: ArrayLike | da.Array | None,
) -> xr.Dataset:
    """Return a Spectra dataset.

    Parameters
    ----------
    reflectance : shape ``(band, point)`` or ``(band, y, x)``, dimensionless; a `DataArray` or
        array, NaN where there is no value; a dask array is not computed, and becomes float32
    wavelength_nm : shape ``(band,)``, nm, positive and each only once, in any order
    coords : what is known of the points, a scalar or an array of shape ``(point,)`` or ``(y, x)``;
        ``lon`` is brought to -180..180; ``reflectance_1s`` (shape of `reflectance`) becomes a
        variable; a value of None is left out

    Returns
    -------
    xarray.Dataset
        with ``reflectance``, ``wavelength_nm`` and the coordinates

    Raises
    ------
    BandError
        when wavelengths are not positive, occur twice, or are not as many as the bands
    InputError
        when the shapes of reflectance or of a coordinate do not fit

    Examples
    --------
    >>> ds = make_spectra([[0.1, 0.2], [0.2, 0.3]], [749, 950], lon=[200.0, 10.0])
    >>> dict(ds.sizes), ds.lon.values.tolist()
    ({'band': 2, 'point': 2}, [-160.0, 10.0])
    """
    values = _values(reflectance)
    wavelength = np.asarray(wavelength_nm, dtype=float)
    if values.ndim not in (2, 3):
        raise InputError(
            f"reflectance has {values.ndim} dimension(s); it needs (band, point) or (band, y, x)."
        )
    if wavelength.shape != values.shape[:1]:
        raise BandError(
            f"{wavelength.size} wavelengths were given for {values.shape[0]} bands of reflectance; "
            "give one wavelength in nm for each band, the bands first."
        )
    if not (np.isfinite(wavelength) & (wavelength > 0)).all():
        raise BandError(f"wavelengths must be positive numbers in nm, given {wavelength.tolist()}.")
    if wavelength.max() < 100:
        raise UnitError(
            f"the wavelengths {wavelength.tolist()} look like micrometres; give them in nm."
        )
    if np.unique(wavelength).size != wavelength.size:
        twice = sorted({float(w) for w in wavelength if (wavelength == w).sum() > 1})
        raise BandError(f"these wavelengths occur more than once: {twice} nm; keep one of each.")
    point_dims = ("point",) if values.ndim == 2 else ("y", "x")
    attrs = {"units": "1", "long_name": "reflectance at i = 30, e = 0, g = 30 degrees"}
    ds = xr.Dataset(
        {"reflectance": (("band", *point_dims), values, attrs)},
        coords={"wavelength_nm": ("band", wavelength, {"units": "nm"})},
    )
    for name, given in coords.items():
        ds = ds if given is None else _with_coordinate(ds, name, given, point_dims)
    return ds


def _values(given: ArrayLike | da.Array) -> NDArray[np.float64] | da.Array:
    """Return numbers, NaN where they are not finite: float64, or lazy float32."""
    data = given.data if isinstance(given, xr.DataArray) else given
    if isinstance(data, da.Array):
        lazy = data.astype(np.float32)
        return da.where(da.isfinite(lazy), lazy, np.float32(np.nan))
    values = np.array(data, dtype=float)
    values[~np.isfinite(values)] = np.nan
    return values


def _with_coordinate(
    ds: xr.Dataset, name: str, given: ArrayLike | da.Array, point_dims: tuple[str, ...]
) -> xr.Dataset:
    value = given if isinstance(given, da.Array) else np.asarray(given)
    if name == "lon":
        value = (
            value.map_blocks(wrap_longitude, dtype=float)
            if isinstance(value, da.Array)
            else wrap_longitude(value)
        )
    if name == "reflectance_1s":
        if value.shape != ds["reflectance"].shape:
            raise InputError(
                f"reflectance_1s has shape {value.shape}; it needs that of reflectance."
            )
        dims = ("band", *point_dims)
        return ds.assign(reflectance_1s=(dims, _values(value), {"units": "1"}))
    shape = tuple(ds.sizes[dim] for dim in point_dims)
    if value.ndim and value.shape != shape:
        raise InputError(
            f"the coordinate {name!r} has shape {value.shape}; the points have shape {shape}."
        )
    return ds.assign_coords({name: (point_dims if value.ndim else (), value)})


def wavelength_columns(frame: pd.DataFrame) -> dict[str, float]:
    """Return the columns that hold reflectance, with their wavelength in nm.

    A column of reflectance is ``r`` or ``R``, the wavelength in nm, and perhaps ``nm``: ``r414``,
    ``R950``, ``r749nm``, ``r_1548.5_nm``.

    Raises
    ------
    BandError
        when there is none, or two columns name the same wavelength
    """
    found = {
        str(column): float(match[1])
        for column in frame.columns
        if (match := _COLUMN.match(str(column).strip())) and not match[2]
    }
    if not found:
        raise BandError(
            f"no column of reflectance among {', '.join(map(str, frame.columns))}; name each band "
            "by its wavelength in nm, such as r414, r749nm or R950."
        )
    seen: dict[float, str] = {}
    for column, wavelength in found.items():
        if wavelength in seen:
            raise BandError(f"columns {seen[wavelength]} and {column} are both {wavelength} nm.")
        seen[wavelength] = column
    return found


def from_table(frame: pd.DataFrame) -> xr.Dataset:
    """Return the Spectra dataset of a table with one row for each spectrum.

    Parameters
    ----------
    frame : columns of reflectance (see `wavelength_columns`), of its one sigma (``r749_1s``), and
        of ``site`` or ``name``, ``lat``, ``lon`` and the angles; the names in a column ``sensor``
        become the attribute ``sensor``; other columns are left out

    Raises
    ------
    BandError
        when there is no column of reflectance, or one wavelength twice
    InputError
        when there is no row, or a value is not a number

    Examples
    --------
    >>> import pandas as pd
    >>> ds = from_table(pd.DataFrame({"site": ["a"], "r749nm": [0.1], "r950nm": [0.12]}))
    >>> ds.wavelength_nm.values.tolist(), ds.name.values.tolist()
    ([749.0, 950.0], ['a'])
    """
    columns = wavelength_columns(frame)
    if frame.empty:
        raise InputError("the table of spectra has no row.")
    ordered = sorted(columns, key=lambda column: columns[column])
    values = np.stack([_numbers(frame, column) for column in ordered])
    by_lower = {str(column).strip().lower(): str(column) for column in frame.columns}
    coords: dict[str, ArrayLike] = {}
    for coordinate, aliases in _POINT_COLUMNS.items():
        column = next((by_lower[alias] for alias in aliases if alias in by_lower), None)
        if column is None:
            continue
        coords[coordinate] = (
            frame[column].astype(str).to_numpy(dtype=str)
            if coordinate == "name"
            else _numbers(frame, column)
        )
    sigmas = {
        float(match[1]): str(column)
        for column in frame.columns
        if (match := _COLUMN.match(str(column).strip())) and match[2]
    }
    if sigmas:
        nothing = np.full(len(frame), np.nan)
        coords["reflectance_1s"] = np.stack(
            [
                _numbers(frame, sigmas[columns[c]]) if columns[c] in sigmas else nothing
                for c in ordered
            ]
        )
    ds = make_spectra(values, [columns[column] for column in ordered], **coords)
    if "sensor" in by_lower:
        sensors = sorted(set(frame[by_lower["sensor"]].astype(str)))
        ds = ds.assign_attrs(sensor=" and ".join(sensors))
    return ds


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    try:
        return np.asarray(pd.to_numeric(frame[column]).to_numpy(dtype=float, na_value=np.nan))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"column {column} holds something that is not a number ({error}); leave a missing "
            "value empty."
        ) from error
