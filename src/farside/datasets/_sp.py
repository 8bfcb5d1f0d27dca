"""Load the tables of spectra, of sensors' bands and of gains between sensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.datasets._tables import _load, table_names

if TYPE_CHECKING:
    import pandas as pd

_BANDS = "bands_"


def load_sp_spectra() -> pd.DataFrame:
    """Return real spectra from orbit, resampled to the bands of Kaguya MI that they cover.

    Each row is the mean of a run of footprints of the Kaguya Spectral Profiler (``sensor`` SP) or
    of a block of pixels of the Moon Mineralogy Mapper (M3), as archived: **not** brought to the
    calibration of MI (see `farside.spectra.transfer`).

    Returns
    -------
    pandas.DataFrame
        ``sensor, scene, run, n, lat, lon`` (degrees; NaN for M3, whose image has no georeference),
        ``incidence_deg, emission_deg, phase_deg``, ``r749 .. r1548`` (dimensionless) and
        ``r749_1s .. r1548_1s``, the scatter of the ``n`` spectra (one standard deviation)

    Examples
    --------
    >>> import farside
    >>> sorted(set(farside.load_sp_spectra()["sensor"]))
    ['M3', 'SP']
    """
    return _load("sp_spectra")


def load_gain_table() -> pd.DataFrame:
    """Return the gain from the reflectance of SP to that of MI, one row for each band.

    Returns
    -------
    pandas.DataFrame
        ``source, target, wavelength_nm, gain`` (dimensionless), and the covariance of ln(gain) in
        ``cov_749 .. cov_1548``
    """
    return _load("sensor_gains")


def load_gain_check() -> pd.DataFrame:
    """Return the leave-one-scene-out test of the gain from SP to MI, one row for each scene.

    Returns
    -------
    pandas.DataFrame
        iron (FeO, wt%) of the scene from its spectra as archived, from its spectra with the gain
        fitted on the other scenes, the one sigma that this gain's covariance gives, and Lunar
        Prospector's value, which took no part in any fit
    """
    return _load("sensor_gains_check")


def band_table_names() -> tuple[str, ...]:
    """Return the names of the band sets that have a table."""
    return tuple(n.removeprefix(_BANDS) for n in table_names() if n.startswith(_BANDS))


def load_band_table(name: str) -> pd.DataFrame:
    """Return a band set: ``band``, ``centre_nm`` and ``fwhm_nm``.

    Parameters
    ----------
    name : one of `band_table_names`
    """
    return _load(f"{_BANDS}{name}")
