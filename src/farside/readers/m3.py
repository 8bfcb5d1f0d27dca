"""Read reflectance of the Moon Mineralogy Mapper (M3) Level 2 from GeoTIFF."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from farside.datasets._sp import load_band_table
from farside.errors import BandError, InputError
from farside.readers.dataset import make_spectra

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_SETS = {85: "m3_global", 83: "m3_global_l2", 256: "m3_target"}


def _wavelengths(tags: list[dict[str, str]]) -> NDArray[np.float64]:
    """Return the wavelength of each band, by its own tag or by the number of bands."""
    try:
        return np.asarray([float(tag["wavelength"]) for tag in tags])
    except (KeyError, ValueError):
        pass
    if len(tags) not in _SETS:
        raise BandError(
            f"the image has {len(tags)} bands without a wavelength; M3 has "
            f"{', '.join(map(str, _SETS))}."
        )
    return np.asarray(load_band_table(_SETS[len(tags)])["centre_nm"], dtype=float)


def read_m3(path: Path) -> xr.Dataset:
    """Read an image of M3 Level 2 reflectance.

    Parameters
    ----------
    path : a raster with one band for each wavelength, dimensionless

    Returns
    -------
    xarray.Dataset
        Spectra over ``(y, x)``; no-data and values that are not finite are NaN. The wavelength is
        that of each band's tag ``wavelength`` where it has one, else that of the M3 band set with
        as many bands (83 bands are the 85 of the global mode without the first two).

    Raises
    ------
    InputError
        when the file is missing or no raster
    BandError
        when the bands cannot be told
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"there is no file {path}; give an M3 Level 2 image.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as source:
                values = source.read(out_dtype="float64", masked=True).filled(np.nan)
                tags = [source.tags(i) for i in source.indexes]
    except RasterioError as error:
        raise InputError(f"{path.name} is not an image that can be read: {error}") from error
    values = np.where(np.isfinite(values), values, np.nan)
    ds = make_spectra(values, _wavelengths(tags))
    return ds.assign_attrs(scene=path.stem, sensor="M3")
