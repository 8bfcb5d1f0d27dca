"""From a spectrometer's channels to the bands of a multiband camera.

The spectrum is taken as straight between its channels, and weighted with the response of the band:

    R_b = ∫ S_b(λ) R(λ) dλ / ∫ S_b(λ) dλ,    R(λ) = Σ_k R_k h_k(λ)

where h_k is the hat function of channel k. The integrals are sums on a fine grid, so that each band
is a weighted sum of channels; a spectrum that is constant or straight is returned exactly. Nothing
is made up outside the channels: a band whose response reaches beyond them is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import xarray as xr

from farside.errors import BandError, InputError
from farside.spectra.dataset import flatten

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.spectra.bands import BandSet

_GRID = 401
MIN_COVERAGE = 0.75


def band_response(
    wavelength_nm: NDArray[np.float64],
    centre_nm: float,
    fwhm_nm: float,
    shape: Literal["gaussian", "box"] = "gaussian",
) -> NDArray[np.float64]:
    """Return the response of a band, 1 at its centre.

    Parameters
    ----------
    wavelength_nm : nm
    centre_nm, fwhm_nm : centre and full width at half maximum of the band, nm
    shape : ``gaussian``, cut at one width from the centre, where 98 % of it lies within; or
        ``box``, 1 within half a width

    Examples
    --------
    >>> band_response(np.array([743.0, 749.0]), 749.0, 12.0).round(6).tolist()
    [0.5, 1.0]
    """
    distance = np.abs(np.asarray(wavelength_nm, dtype=float) - centre_nm) / fwhm_nm
    if shape == "box":
        return np.where(distance <= 0.5, 1.0, 0.0)
    return np.where(distance <= 1.0, np.exp(-4.0 * np.log(2.0) * distance**2), 0.0)


def _reach(shape: str) -> float:
    return 0.5 if shape == "box" else 1.0


def _weights(
    channels: NDArray[np.float64], centre: float, fwhm: float, shape: Literal["gaussian", "box"]
) -> NDArray[np.float64] | None:
    """Return the weight of each channel (sum 1), or None where the band reaches beyond them."""
    low, high = centre - _reach(shape) * fwhm, centre + _reach(shape) * fwhm
    if channels.size < 2 or low < channels[0] or high > channels[-1]:
        return None
    grid = np.linspace(low, high, _GRID)
    response = band_response(grid, centre, fwhm, shape)
    upper = np.clip(np.searchsorted(channels, grid), 1, channels.size - 1)
    share = (grid - channels[upper - 1]) / (channels[upper] - channels[upper - 1])
    weights = np.zeros(channels.size)
    np.add.at(weights, upper - 1, response * (1.0 - share))
    np.add.at(weights, upper, response * share)
    return np.asarray(weights / response.sum())


def resample(
    ds: xr.Dataset,
    target: BandSet,
    *,
    response: Literal["gaussian", "box"] = "gaussian",
    min_coverage: float = MIN_COVERAGE,
    missing: Literal["drop", "nan", "raise"] = "drop",
) -> xr.Dataset:
    """Resample spectra to the bands of another sensor.

    Parameters
    ----------
    ds : Spectra dataset with many channels, in any order
    target : the bands to make, such as ``band_set("kaguya_mi")``
    response : shape of the bands, see `band_response`
    min_coverage : a value is made where channels with at least this share of the band's weight
        have a value; those without are bridged by a straight line, else the value is NaN
    missing : what to do with a band that reaches beyond the channels: leave it out, keep it as
        NaN, or raise

    Returns
    -------
    xarray.Dataset
        Spectra with the bands of `target` that the channels cover, at the target's centres;
        attribute ``bands_missing`` lists (nm) those they do not. ``reflectance_1s``, where
        given, is carried as independent from channel to channel.

    Raises
    ------
    BandError
        when no band is covered, or, with ``missing="raise"``, when one is not

    Examples
    --------
    >>> import farside
    >>> import numpy as np
    >>> from farside.spectra.bands import band_set
    >>> wavelength = np.arange(400.0, 1700.0, 6.0)
    >>> spectra = farside.make_spectra(np.full((wavelength.size, 1), 0.1), wavelength)
    >>> found = farside.resample(spectra, band_set("kaguya_mi"))["reflectance"]
    >>> bool(np.allclose(found, 0.1))  # a flat spectrum stays flat
    True
    """
    if not 0 < min_coverage <= 1:
        raise InputError(f"min_coverage is {min_coverage:g}; it must be above 0 and at most 1.")
    ds = ds.sortby("wavelength_nm")
    channels = ds["wavelength_nm"].to_numpy()
    centres = np.asarray(target.centre_nm)
    full = [
        _weights(channels, c, w, response)
        for c, w in zip(target.centre_nm, target.fwhm_nm, strict=True)
    ]
    absent = [float(c) for c, weights in zip(centres, full, strict=True) if weights is None]
    if len(absent) == centres.size or (absent and missing == "raise"):
        raise BandError(
            f"the spectra reach from {channels[0]:g} to {channels[-1]:g} nm and do not cover the "
            f"{target.name} band(s) {', '.join(f'{c:g}' for c in absent)} nm; a band is never "
            "extrapolated. Take a model that does not need them (missing='drop')."
        )
    flat = flatten(ds)
    values = flat["reflectance"].to_numpy()
    sigmas = flat["reflectance_1s"].to_numpy() if "reflectance_1s" in flat else None
    out = np.full((centres.size, values.shape[1]), np.nan)
    out_sigma = np.full_like(out, np.nan)
    patterns, member = np.unique(np.isfinite(values), axis=1, return_inverse=True)
    for pattern in range(patterns.shape[1]):
        valid, points = patterns[:, pattern], np.flatnonzero(member.ravel() == pattern)
        for b, weights in enumerate(full):
            if weights is None or weights[valid].sum() < min_coverage:
                continue
            fitted = _weights(channels[valid], centres[b], target.fwhm_nm[b], response)
            if fitted is None:
                continue
            out[b, points] = fitted @ values[np.ix_(valid, points)]
            if sigmas is not None:
                out_sigma[b, points] = np.sqrt(fitted**2 @ sigmas[np.ix_(valid, points)] ** 2)
    keep = [b for b in range(centres.size) if missing == "nan" or full[b] is not None]
    return _assemble(
        ds, centres[keep], out[keep], None if sigmas is None else out_sigma[keep], absent
    )


def _assemble(
    ds: xr.Dataset,
    centres: NDArray[np.float64],
    values: NDArray[np.float64],
    sigmas: NDArray[np.float64] | None,
    absent: list[float],
) -> xr.Dataset:
    """Return `ds` with other bands; the coordinates of its points stay."""
    source = ds["reflectance"]
    shape = (centres.size, *source.shape[1:])
    others = {name: c for name, c in ds.coords.items() if "band" not in c.dims}
    variables = {"reflectance": (source.dims, values.reshape(shape), dict(source.attrs))}
    if sigmas is not None:
        variables["reflectance_1s"] = (source.dims, sigmas.reshape(shape), {"units": "1"})
    out = xr.Dataset(variables, coords=others, attrs={**ds.attrs, "bands_missing": absent})
    return out.assign_coords(wavelength_nm=("band", centres, {"units": "nm"}))
