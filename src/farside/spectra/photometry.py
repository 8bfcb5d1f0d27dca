"""Bring radiance and reflectance to the standard geometry, i = 30°, e = 0°, g = 30°.

Radiance becomes the radiance factor

    r = π L d² / F,

with d the distance of the Sun in au and F the solar irradiance at 1 au in the band. It is not
divided by cos i, because the reflectance of Kaguya MI and SP is not; the disk function holds cos i.
The reflectance at the standard geometry is then

    R = r · X(30°, 0°, 30°) / X(i, e, g) · f(30°) / f(g),

with the disk function X and the phase function f of `farside.spectra.phase`.

References
----------
Yokota et al. (2011), doi 10.1016/j.icarus.2011.07.028; Gueymard (2004), doi
10.1016/j.solener.2003.08.039 (F)
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np

from farside.datasets._photometry import ALBEDO_CLASSES, load_solar_spectrum
from farside.errors import BandError, InputError, UnknownNameError
from farside.spectra.bands import band_set, band_set_names
from farside.spectra.phase import (
    FLAGS,
    WAVELENGTHS_NM,
    Albedo,
    PhaseCoefficients,
    albedo_class,
    correction,
    phase_coefficients,
    photometry_flag,
)
from farside.spectra.resample import band_response

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

OBSERVED = "observed"
_ANGLES = ("incidence_deg", "emission_deg", "phase_deg")
_SAME_BAND_NM = 1.0


def solar_irradiance(
    wavelength_nm: Sequence[float] | Float, fwhm_nm: Sequence[float] | Float
) -> Float:
    """Return the solar irradiance at 1 au in bands, W m-2 um-1.

    Parameters
    ----------
    wavelength_nm, fwhm_nm : centre and full width at half maximum of each band, nm; the response is
        that of `farside.spectra.resample.band_response`

    Raises
    ------
    BandError
        when a band reaches beyond the spectrum
    """
    sun = load_solar_spectrum()
    known = sun["wavelength_nm"].to_numpy()
    out = []
    for centre, width in zip(wavelength_nm, fwhm_nm, strict=True):
        if centre - width < known[0] or centre + width > known[-1]:
            raise BandError(
                f"the solar spectrum reaches from {known[0]:g} to {known[-1]:g} nm and does not "
                f"cover the band at {centre:g} nm."
            )
        grid = np.linspace(centre - width, centre + width, 201)
        response = band_response(grid, centre, width)
        flux = np.interp(grid, known, sun["irradiance"].to_numpy())
        out.append(1000.0 * (flux * response).sum() / response.sum())
    return np.asarray(out)


def _widths(wavelength_nm: Float) -> Float:
    """Return the widths of bands from the band set that has them all."""
    for name in band_set_names():
        bands = band_set(name)
        apart = np.abs(wavelength_nm[:, None] - np.asarray(bands.centre_nm)[None, :])
        if (apart.min(axis=1) <= _SAME_BAND_NM).all():
            widths = [bands.fwhm_nm[k] for k in apart.argmin(axis=1)]
            return np.asarray(widths)
    raise BandError(
        "the widths of the bands are not known, because no band set has all of "
        f"{', '.join(f'{w:g}' for w in wavelength_nm[:8])} nm; give fwhm_nm."
    )


def radiance_factor(spectra: xr.Dataset, fwhm_nm: Sequence[float] | None = None) -> xr.Dataset:
    """Return spectra of radiance as reflectance at the geometry of the observation.

    Parameters
    ----------
    spectra : with ``radiance`` (W m-2 sr-1 um-1) and the attribute ``solar_distance_au``
    fwhm_nm : full width at half maximum of the bands, nm; by default those of the band set

    Returns
    -------
    xarray.Dataset
        with ``reflectance = π L d² / F`` (dimensionless), marked as observed, beside ``radiance``

    Raises
    ------
    InputError
        when the radiance, its unit or the distance of the Sun is missing
    BandError
        when a band is beyond the solar spectrum or its width is not known
    """
    if "radiance" not in spectra or "solar_distance_au" not in spectra.attrs:
        raise InputError(
            "the spectra need the variable 'radiance' and the attribute 'solar_distance_au'; read "
            "them from an M3 Level 1B label."
        )
    units = str(spectra["radiance"].attrs.get("units", ""))
    if units != "W m-2 sr-1 um-1":
        raise InputError(f"radiance is in {units!r}; convert it to 'W m-2 sr-1 um-1'.")
    bands = spectra["wavelength_nm"].to_numpy()
    flux = solar_irradiance(bands, _widths(bands) if fwhm_nm is None else fwhm_nm)
    scale = np.pi * float(spectra.attrs["solar_distance_au"]) ** 2 / flux
    radiance = spectra["radiance"]
    factor = scale.astype(radiance.dtype).reshape(-1, *(1,) * (radiance.ndim - 1))
    attrs = {"units": "1", "long_name": "radiance factor as observed", "geometry": OBSERVED}
    return spectra.assign(reflectance=(radiance.dims, radiance.data * factor, attrs))


def _block(
    values: NDArray[Any],
    geometry: NDArray[Any],
    *,
    coefficients: PhaseCoefficients,
    fixed: int | None,
    sigma: bool,
) -> NDArray[Any]:
    """Return a block (band, ...) corrected, or its one sigma; geometry is (5, ...)."""
    flat = geometry.reshape(5, -1).astype(float)
    classes = (
        albedo_class(flat[3], flat[4]) if fixed is None else np.full(flat.shape[1], fixed, np.int8)
    )
    factor, relative = correction((flat[0], flat[1], flat[2]), classes, coefficients)
    scale = np.abs(factor) * relative if sigma else factor
    out = values.reshape(values.shape[0], -1) * scale
    return np.asarray((np.abs(out) if sigma else out).reshape(values.shape), dtype=values.dtype)


def normalise(spectra: xr.Dataset, albedo: Albedo | None = None) -> xr.Dataset:
    """Return reflectance at the standard geometry from reflectance as observed.

    Parameters
    ----------
    spectra : Spectra whose ``reflectance`` has the attribute ``geometry = "observed"`` (as
        `radiance_factor` sets it), with coordinates ``incidence_deg, emission_deg, phase_deg``;
        lazy ones stay lazy
    albedo : albedo class of all points; by default that of their ``lat, lon``

    Returns
    -------
    xarray.Dataset
        without ``radiance``: ``reflectance`` in the bands that the coefficients cover (attribute
        ``bands_missing`` lists the others, nm), NaN where `photometry_flag`, a coordinate, is not
        0; ``reflectance_1s`` from the coefficients' one sigma and, in quadrature, the given one

    Raises
    ------
    InputError
        when the reflectance is at the standard geometry already, or angles or places are missing
    BandError
        when no band is covered
    UnknownNameError
        when the albedo class is not one of low, mid, high
    """
    if albedo is not None and albedo not in ALBEDO_CLASSES:
        raise UnknownNameError.of("albedo class", albedo, ALBEDO_CLASSES)
    needed = (*_ANGLES, *(("lat", "lon") if albedo is None else ()))
    _check_input(spectra, needed)
    bands = spectra["wavelength_nm"].to_numpy()
    low, high = WAVELENGTHS_NM
    covered = (bands >= low) & (bands <= high)
    if not covered.any():
        raise BandError(f"no band is within {low:g}-{high:g} nm, where the coefficients reach.")
    ds = spectra.isel(band=np.flatnonzero(covered)).drop_vars("radiance", errors="ignore")
    places = [ds[name].data for name in (*_ANGLES, "lat", "lon") if name in needed]
    places += [places[0]] * (5 - len(places))
    source = ds["reflectance"]
    fixed = None if albedo is None else ALBEDO_CLASSES.index(albedo)
    run = partial(
        _apply,
        source.data,
        places,
        partial(_block, coefficients=phase_coefficients(bands[covered]), fixed=fixed),
    )
    values, sigmas = run(sigma=False), run(sigma=True)
    if "reflectance_1s" in ds:
        given = ds["reflectance_1s"].data * (values / source.data)
        sigmas = np.hypot(sigmas, given)
    flag = (
        photometry_flag
        if not isinstance(places[0], da.Array)
        else partial(da.map_blocks, photometry_flag, dtype=np.int8)
    )
    attrs = {"units": "1", "long_name": "reflectance at i = 30, e = 0, g = 30 degrees"}
    about = {"flag_values": list(FLAGS.values()), "flag_meanings": " ".join(FLAGS)}
    return (
        ds.assign(
            reflectance=(source.dims, values, attrs),
            reflectance_1s=(source.dims, sigmas, {"units": "1"}),
        )
        .assign_coords(photometry_flag=(source.dims[1:], flag(*places[:3]), about))
        .assign_attrs(photometry="Yokota et al. (2011)", bands_missing=bands[~covered].tolist())
    )


def _check_input(spectra: xr.Dataset, needed: tuple[str, ...]) -> None:
    if "reflectance" not in spectra or spectra["reflectance"].attrs.get("geometry") != OBSERVED:
        raise InputError(
            "the reflectance is not marked as observed (attribute geometry = 'observed'), so it "
            "is taken to be at i = 30, e = 0, g = 30 degrees already; radiance_factor marks its "
            "result."
        )
    missing = [name for name in needed if name not in spectra.coords]
    if missing:
        raise InputError(
            f"photometric correction needs the coordinate(s) {', '.join(missing)}; read the image "
            "with its backplanes (LOC and OBS files beside the label), or name the albedo class."
        )


def _apply(
    values: Any, places: list[Any], block: Callable[..., NDArray[Any]], *, sigma: bool
) -> Any:
    """Return the block function over values (band, ...), block by block where they are lazy."""
    function = partial(block, sigma=sigma)
    if not isinstance(values, da.Array):
        return function(np.asarray(values), np.stack([np.asarray(place) for place in places]))
    values = values.rechunk({0: -1})
    stacked = da.stack([da.asarray(place) for place in places])
    stacked = stacked.rechunk({0: -1, **dict(enumerate(values.chunks[1:], start=1))})
    axes = tuple(range(1, values.ndim))
    return da.blockwise(
        function,
        (0, *axes),
        values,
        (0, *axes),
        stacked,
        (values.ndim, *axes),
        dtype=values.dtype,
        concatenate=True,
        meta=np.empty((0,) * values.ndim, values.dtype),
    )
