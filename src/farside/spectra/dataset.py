"""Check Spectra datasets and pick bands from them by wavelength.

The constructors stand in `farside.readers.dataset`, a layer below, because every reader needs
them; they are the same functions here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from farside.errors import BandError, InputError, UnitError
from farside.readers.dataset import from_table, make_spectra

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_spectra", "flatten", "from_table", "make_spectra", "select_bands"]

MAX_INCIDENCE_DEG = 75.0
"""Beyond this incidence angle shadows and stray light spoil a photometrically corrected value."""


def _check_shape(ds: xr.Dataset) -> None:
    if "reflectance" not in ds:
        raise InputError(
            f"the dataset has no variable 'reflectance', only {sorted(map(str, ds.data_vars))}; "
            "make it with make_spectra or a reader."
        )
    dims = ds["reflectance"].dims
    if dims not in (("band", "point"), ("band", "y", "x")):
        raise InputError(
            f"reflectance has dimensions {dims}; it needs (band, point) or (band, y, x)."
        )
    if "wavelength_nm" not in ds.coords or ds["wavelength_nm"].dims != ("band",):
        raise BandError("the dataset has no coordinate 'wavelength_nm' along 'band'.")


def _check_units(ds: xr.Dataset) -> None:
    units = str(ds["reflectance"].attrs.get("units", "1"))
    if units not in ("1", ""):
        raise UnitError(f"reflectance is in {units!r}; convert it to a fraction (units '1').")
    values = ds["reflectance"].to_numpy()
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return
    middle = float(np.median(finite))
    if 1.5 < middle <= 100:
        raise UnitError(
            f"the median reflectance is {middle:.4g}, which looks like percent; divide it by 100."
        )
    if middle > 100:
        raise UnitError(
            f"the median reflectance is {middle:.4g}, which looks like counts; multiply it by the "
            "scaling factor of its label (2e-5 for Kaguya MI maps, 1e-4 for SP Level 2C)."
        )


def check_spectra(ds: xr.Dataset, *, max_incidence_deg: float = MAX_INCIDENCE_DEG) -> xr.Dataset:
    """Check a Spectra dataset and flag each point.

    Parameters
    ----------
    ds : Spectra dataset
    max_incidence_deg : a point with ``incidence_deg`` above this, or not known where others are,
        is not lit

    Returns
    -------
    xarray.Dataset
        bool variables over the points: ``nan`` (a band is missing), ``negative`` (a value is 0 or
        below), ``over_one`` (a value above 1), ``unlit``, and ``good`` (none of them)

    Raises
    ------
    InputError
        when a dimension is missing, or no point is good
    BandError
        when the wavelengths are missing
    UnitError
        when the values look like percent or counts; the message says what to do
    """
    _check_shape(ds)
    _check_units(ds)
    reflectance = ds["reflectance"]
    flags = xr.Dataset(
        {
            "nan": reflectance.isnull().any("band"),
            "negative": (reflectance <= 0).any("band"),
            "over_one": (reflectance > 1).any("band"),
        }
    )
    lit = xr.ones_like(flags["nan"], dtype=bool)
    if "incidence_deg" in ds.coords and bool(ds["incidence_deg"].notnull().any()):
        lit = lit & (ds["incidence_deg"] <= max_incidence_deg)
    flags["unlit"] = ~lit
    flags["good"] = ~(flags["nan"] | flags["negative"] | flags["over_one"] | flags["unlit"])
    if not bool(flags["good"].any()):
        counts = ", ".join(
            f"{int(flags[name].sum())} {name}" for name in ("nan", "negative", "over_one", "unlit")
        )
        raise InputError(
            f"none of {int(flags['good'].size)} spectra is usable ({counts}); drop the bands that "
            "are missing everywhere with select_bands, or take spectra with the Sun higher."
        )
    return flags.reset_coords(drop=True)


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def select_bands(
    ds: xr.Dataset, wavelengths: Sequence[float], tolerance_nm: float = 5.0
) -> xr.Dataset:
    """Return the bands nearest to the given wavelengths, in the given order.

    Parameters
    ----------
    ds : Spectra dataset
    wavelengths : nm
    tolerance_nm : a band this far away is still taken, nm

    Returns
    -------
    xarray.Dataset
        the dataset with these bands; ``wavelength_nm`` stays that of the bands themselves

    Raises
    ------
    BandError
        when a wavelength has no band within the tolerance, or two of them the same band

    Examples
    --------
    >>> ds = make_spectra([[0.1], [0.2], [0.3]], [414.0, 749.0, 950.0])
    >>> select_bands(ds, [950, 750]).wavelength_nm.values.tolist()
    [950.0, 749.0]
    """
    _check_shape(ds)
    present = ds["wavelength_nm"].to_numpy()
    wanted = np.asarray(wavelengths, dtype=float)
    distance = np.abs(present[None, :] - wanted[:, None])
    index = distance.argmin(axis=1)
    missing = [
        float(w) for w, d in zip(wanted, distance.min(axis=1), strict=True) if d > tolerance_nm
    ]
    if missing:
        raise BandError(
            f"no band within {tolerance_nm:g} nm of {_listed(missing)} nm; the spectra have "
            f"{_listed(np.sort(present).tolist())} nm. Resample hyperspectral data to the bands "
            "(resample), or ask for bands that the sensor has."
        )
    if np.unique(index).size != index.size:
        raise BandError(
            f"two of {_listed(wanted.tolist())} nm fall on the same band; lower tolerance_nm "
            f"(now {tolerance_nm:g} nm)."
        )
    return ds.isel(band=index)


def flatten(ds: xr.Dataset) -> xr.Dataset:
    """Return the dataset with the point dimensions as one, ``point``, last.

    Parameters
    ----------
    ds : Spectra dataset over ``point`` or ``(y, x)``
    """
    _check_shape(ds)
    if "point" in ds.dims:
        return ds
    stacked = ds.stack(point=("y", "x"), create_index=False)
    return stacked.transpose("band", "point")
