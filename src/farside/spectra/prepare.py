"""From a file of any known kind to spectra that an MI-trained model can take."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import xarray as xr

from farside.errors import UnknownNameError
from farside.readers.dataset import make_spectra
from farside.readers.kinds import read_any
from farside.spectra.bands import BandSet, band_set
from farside.spectra.photometry import OBSERVED, normalise, radiance_factor
from farside.spectra.resample import resample
from farside.spectra.transfer import Transfer, load_transfer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TRAINED_ON = "MI"
HYPERSPECTRAL_BANDS = 20
"""A sensor with more bands than this is resampled; the multispectral ones have 5 to 9."""

SITE_BANDS = (414.0, 749.0, 901.0, 950.0, 1001.0, 1049.0, 1248.0, 1548.0)
"""Bands of the site table: of the two MI bands near 1000 nm it holds that of the VIS camera."""

_TWIN_NM = 5.0


def open_spectra(path: Path) -> xr.Dataset:
    """Read spectra from a file of any known kind; an image is opened without reading its pixels.

    Parameters
    ----------
    path : a table, a track of SP or an image, see `farside.readers.kinds.KINDS`

    Returns
    -------
    xarray.Dataset
        Spectra; radiance (M3 Level 1B) and reflectance marked as observed (attribute ``geometry``)
        are brought to i = 30°, e = 0°, g = 30°, see `farside.spectra.photometry.normalise`, and
        the attribute ``photometry`` says so

    Raises
    ------
    InputError
        when the file is missing, damaged or of another kind

    Examples
    --------
    >>> import farside
    >>> spectra = farside.open_spectra("my_spectra.csv")  # doctest: +SKIP
    """
    return _reflectance(read_any(path))


def open_image(path: Path) -> xr.Dataset:
    """Open an image of spectra; no pixel is read until it is asked for.

    Parameters
    ----------
    path : an image, see `farside.readers.kinds.KINDS`

    Returns
    -------
    xarray.Dataset
        as `open_spectra`: ``reflectance`` over ``(band, y, x)``, lazy float32, NaN where there is
        no value; coordinates ``wavelength_nm``, ``x, y`` and ``spatial_ref`` (`.rio.crs`) where the
        file has a map, or ``lat, lon``; attributes ``sensor, scene, product, reads``

    Raises
    ------
    InputError
        when the file is missing, damaged or no image
    """
    return _reflectance(read_any(path, images=True))


def _reflectance(spectra: xr.Dataset) -> xr.Dataset:
    """Return spectra at the standard geometry; those that are there already are left alone."""
    if "radiance" in spectra:
        return normalise(radiance_factor(spectra))
    observed = spectra["reflectance"].attrs.get("geometry") == OBSERVED
    return normalise(spectra) if observed else spectra


def prepare(
    spectra: xr.Dataset, sensor: str | None = None, *, as_is: bool = False
) -> tuple[xr.Dataset, Transfer | None]:
    """Return spectra on the bands of MI, and what brings their calibration to that of MI.

    Parameters
    ----------
    spectra : Spectra dataset; hyperspectral ones are resampled by band response, lazy ones lazily;
        of two bands within 5 nm of one band of the site table the farther is left out
    sensor : ``"MI"``, ``"SP"``, ``"M3"``, ``"Clementine"``; by default what the reader says, or MI
    as_is : take spectra of a sensor without a known transfer uncorrected

    Raises
    ------
    UnknownNameError
        when no transfer from the sensor to MI is known and `as_is` is False

    Examples
    --------
    >>> import farside
    >>> spectra = farside.make_spectra([[0.08], [0.10], [0.11]], [415, 750, 1000])
    >>> brought, transfer = farside.prepare(spectra, "Clementine", as_is=True)
    >>> transfer is None
    True
    """
    sensor = sensor or str(spectra.attrs.get("sensor", TRAINED_ON))
    if spectra.sizes["band"] > HYPERSPECTRAL_BANDS:
        target = band_set("kaguya_mi").subset(list(SITE_BANDS))
        lazy = isinstance(spectra["reflectance"].data, da.Array)
        spectra = _resample_lazily(spectra, target) if lazy else resample(spectra, target)
    else:
        spectra = _without_twins(spectra)
    spectra = spectra.assign_attrs(sensor=sensor)
    if sensor == TRAINED_ON or as_is:
        return spectra, None
    try:
        return spectra, load_transfer(sensor, TRAINED_ON)
    except UnknownNameError as error:
        raise UnknownNameError(
            f"no transfer from {sensor} to {TRAINED_ON} is known (only from SP); --as-is takes the "
            "spectra uncorrected, with oxides that are off by an unknown amount."
        ) from error


def _without_twins(spectra: xr.Dataset) -> xr.Dataset:
    """Leave out a band that stands beside another which is nearer to a band of the site table."""
    bands = spectra["wavelength_nm"].to_numpy()
    apart = np.abs(bands[:, None] - np.asarray(SITE_BANDS)[None, :])
    site, near = apart.argmin(axis=1), apart.min(axis=1)
    keep = [
        b
        for b in range(bands.size)
        if near[b] > _TWIN_NM or near[b] <= near[(site == site[b])].min()
    ]
    return spectra if len(keep) == bands.size else spectra.isel(band=keep)


def _resample_block(
    block: NDArray[Any], wavelength_nm: NDArray[np.float64], target: BandSet
) -> NDArray[Any]:
    """Return a block (band, y, x) on the target bands; those beyond the channels are NaN."""
    out = resample(make_spectra(block, wavelength_nm), target, missing="nan")
    return np.asarray(out["reflectance"].to_numpy(), dtype=block.dtype)


def _resample_lazily(spectra: xr.Dataset, target: BandSet) -> xr.Dataset:
    """Resample an image block by block; its one sigma, if any, is not carried."""
    wavelength = spectra["wavelength_nm"].to_numpy()
    probe = resample(make_spectra(np.full((wavelength.size, 1), np.nan), wavelength), target)
    covered = probe["wavelength_nm"].to_numpy()
    source = spectra["reflectance"].data.rechunk({0: -1})
    values = source.map_blocks(
        partial(
            _resample_block,
            wavelength_nm=wavelength,
            target=target.subset([float(band) for band in covered]),
        ),
        chunks=((covered.size,), *source.chunks[1:]),
        dtype=source.dtype,
        meta=np.empty((0,) * source.ndim, source.dtype),
    )
    points = {n: c for n, c in spectra.coords.items() if "band" not in c.dims}
    attrs = dict(spectra["reflectance"].attrs)
    return xr.Dataset(
        {"reflectance": (spectra["reflectance"].dims, values, attrs)},
        coords={**points, "wavelength_nm": ("band", covered, {"units": "nm"})},
        attrs={**spectra.attrs, "bands_missing": probe.attrs["bands_missing"]},
    )
