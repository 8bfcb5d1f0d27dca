"""Bands that a file does not name: by their number, and the sensor by its wavelengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.datasets._sp import load_band_table
from farside.errors import BandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SETS = {85: "m3_global", 83: "m3_global_l2", 256: "m3_target"}
"""Band set of an M3 image by its number of bands; 83 is global mode without the first two."""

UNKNOWN = "unknown"
"""Sensor of a file that does not name it; its spectra are not taken for those of MI."""

_SENSORS = {
    "kaguya_mi": "MI",
    "clementine_uvvis": "Clementine",
    "ce1_iim": "IIM",
    "m3_global": "M3",
    "m3_target": "M3",
    "kaguya_sp": "SP",
}
_SAME_BAND_NM = 0.5


def m3_wavelengths(bands: int) -> NDArray[np.float64]:
    """Return the wavelengths (nm) of an M3 image by its number of bands.

    Raises
    ------
    BandError
        when no mode of M3 has as many
    """
    if bands not in SETS:
        raise BandError(
            f"the image has {bands} bands without a wavelength; M3 has "
            f"{', '.join(map(str, SETS))}. Say the wavelengths: in the file, or in a table "
            "NAME.bands.csv beside it with a column wavelength_nm."
        )
    return np.asarray(load_band_table(SETS[bands])["centre_nm"], dtype=float)


def sensor_of(wavelength_nm: Sequence[float]) -> str:
    """Return the sensor whose bands these wavelengths (nm) are, all within 0.5 nm, or ``unknown``.

    The bands of Clementine are within 1 nm of bands of MI, but not within 0.5.

    Examples
    --------
    >>> sensor_of([749.0, 901.0, 1548.0]), sensor_of([700.0, 800.0])
    ('MI', 'unknown')
    """
    wanted = np.asarray(wavelength_nm, dtype=float)
    for name, sensor in _SENSORS.items():
        centres = load_band_table(name)["centre_nm"].to_numpy(dtype=float)
        apart = np.abs(wanted[:, None] - centres[None, :]).min(axis=1)
        if wanted.size > 2 and (apart <= _SAME_BAND_NM).all():
            return sensor
    return UNKNOWN
