"""From a file of any known kind to spectra that an MI-trained model can take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from farside.errors import InputError, UnknownNameError
from farside.readers.kaguya_sp import read_sp
from farside.readers.m3 import read_m3
from farside.readers.table import read_table
from farside.spectra.bands import band_set
from farside.spectra.resample import resample
from farside.spectra.transfer import Transfer, load_transfer

if TYPE_CHECKING:
    import xarray as xr

READERS = {".csv": read_table, ".spc": read_sp, ".tif": read_m3}
TRAINED_ON = "MI"
HYPERSPECTRAL_BANDS = 20
"""A sensor with more bands than this is resampled; the multispectral ones have 5 to 9."""

SITE_BANDS = (414.0, 749.0, 901.0, 950.0, 1001.0, 1049.0, 1248.0, 1548.0)
"""Bands of the site table: of the two MI bands near 1000 nm it holds that of the VIS camera."""


def open_spectra(path: Path) -> xr.Dataset:
    """Read a file of a kind that is told by its ending.

    Parameters
    ----------
    path : ``.csv`` (one spectrum per row), ``.spc`` (Kaguya SP Level 2C) or ``.tif`` (M3 Level 2)

    Raises
    ------
    InputError
        when the file is missing or of another kind
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"cannot tell how to read {path.name}; known endings: .csv (one spectrum per row), "
            ".spc (Kaguya Spectral Profiler Level 2C), .tif (M3 Level 2)."
        )
    return reader(path)


def prepare(
    spectra: xr.Dataset, sensor: str | None = None, *, as_is: bool = False
) -> tuple[xr.Dataset, Transfer | None]:
    """Return spectra on the bands of MI, and what brings their calibration to that of MI.

    Parameters
    ----------
    spectra : Spectra dataset; hyperspectral ones are resampled by band response
    sensor : ``"MI"``, ``"SP"``, ``"M3"``, ``"Clementine"``; by default what the reader says, or MI
    as_is : take spectra of a sensor without a known transfer uncorrected

    Raises
    ------
    UnknownNameError
        when no transfer from the sensor to MI is known and `as_is` is False
    """
    sensor = sensor or str(spectra.attrs.get("sensor", TRAINED_ON))
    if spectra.sizes["band"] > HYPERSPECTRAL_BANDS:
        spectra = resample(spectra, band_set("kaguya_mi").subset(list(SITE_BANDS)))
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
