"""Continua: what a spectrum would be without its absorption bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.errors import BandError
from farside.spectra.dataset import flatten, select_bands

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_CHUNK = 4096


def line_continuum(
    ds: xr.Dataset, left_nm: float, right_nm: float, *, tolerance_nm: float = 10.0
) -> xr.DataArray:
    """Return the straight line through two bands of each spectrum.

        C(λ) = R(λ_l) + (R(λ_r) - R(λ_l)) (λ - λ_l) / (λ_r - λ_l)

    Parameters
    ----------
    ds : Spectra dataset
    left_nm, right_nm : the two shoulders, nm; the nearest bands are taken
    tolerance_nm : how far these bands may be, nm

    Returns
    -------
    xarray.DataArray
        dimensionless, over the dimensions of ``reflectance``; beyond the shoulders the line goes on

    Raises
    ------
    BandError
        when a shoulder has no band, or the left one is not left of the right one
    """
    if not left_nm < right_nm:
        raise BandError(f"the shoulders {left_nm:g} and {right_nm:g} nm must rise.")
    pair = select_bands(ds, [left_nm, right_nm], tolerance_nm)
    left, right = (float(w) for w in pair["wavelength_nm"].to_numpy())
    low, high = pair["reflectance"].isel(band=0), pair["reflectance"].isel(band=1)
    low, high = low.drop_vars("wavelength_nm"), high.drop_vars("wavelength_nm")
    line = low + (high - low) * (ds["wavelength_nm"] - left) / (right - left)
    return line.transpose(*ds["reflectance"].dims).rename("continuum")


def _hull_block(
    wavelength: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the upper convex hull of spectra of shape ``(point, band)``, bands rising.

    From the first band with a value, go again and again to the band ahead to which the slope is
    steepest; all points take each step together.
    """
    bands = values.shape[1]
    hull = np.full(values.shape, np.nan)
    finite = np.isfinite(values)
    active = np.flatnonzero(finite.sum(axis=1) >= 2)
    here = finite.argmax(axis=1)
    index = np.arange(bands)
    hull[active, here[active]] = values[active, here[active]]
    while active.size:
        at = here[active]
        start = values[active, at]
        ahead = finite[active] & (index[None, :] > at[:, None])
        run = np.where(ahead, wavelength[None, :] - wavelength[at][:, None], 1.0)
        slope = np.where(ahead, (values[active] - start[:, None]) / run, -np.inf)
        steepest = slope.max(axis=1, keepdims=True)
        to = bands - 1 - (slope >= steepest)[:, ::-1].argmax(axis=1)
        moved = np.isfinite(steepest[:, 0])
        active, at, to, start = active[moved], at[moved], to[moved], start[moved]
        rise = steepest[moved]
        line = start[:, None] + rise * (wavelength[None, :] - wavelength[at][:, None])
        between = (index[None, :] > at[:, None]) & (index[None, :] <= to[:, None])
        hull[active] = np.where(between, line, hull[active])
        here[active] = to
    return np.asarray(np.where(finite, np.fmax(hull, values), hull))


def hull_continuum(ds: xr.Dataset) -> xr.DataArray:
    """Return the upper convex hull of each spectrum.

    Parameters
    ----------
    ds : Spectra dataset, bands in any order

    Returns
    -------
    xarray.DataArray
        dimensionless, over the dimensions of ``reflectance``; the smallest concave function of
        wavelength that is nowhere below the spectrum. A band without a value between two that
        have one gets that of the hull; NaN outside them, and in spectra with fewer than two values
    """
    wavelength = ds["wavelength_nm"].to_numpy()
    order = np.argsort(wavelength)
    flat = flatten(ds)["reflectance"].to_numpy().T[:, order]
    hull = np.full(flat.shape, np.nan)
    for first in range(0, flat.shape[0], _CHUNK):
        block = slice(first, first + _CHUNK)
        hull[block] = _hull_block(wavelength[order], flat[block])
    back = np.empty_like(hull)
    back[:, order] = hull
    return ds["reflectance"].copy(data=back.T.reshape(ds["reflectance"].shape)).rename("continuum")


def remove_continuum(ds: xr.Dataset, continuum: xr.DataArray) -> xr.DataArray:
    """Return reflectance divided by its continuum, dimensionless; NaN where that is 0 or below."""
    return (ds["reflectance"] / continuum.where(continuum > 0)).rename("continuum_removed")
