"""Load the tables of crust, melt, oxygen buffers, gases, ferric spectra and end members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.datasets._tables import _load
from farside.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

FERRIC_SENSORS = ("SP", "M3")


def load_crust_models() -> pd.DataFrame:
    """Return the four crustal models of GRAIL (Wieczorek et al. 2013).

    Returns
    -------
    pandas.DataFrame
        ``model, mean_km, minimum_km, apollo12_14_km, porosity, mantle_density`` (kg/m3)
    """
    return _load("crust_models")


def load_melt_volumes() -> pd.DataFrame:
    """Return partial molar volumes of oxides in a silicate melt at 1 bar.

    Returns
    -------
    pandas.DataFrame
        ``oxide, molar_mass`` (g/mol), ``volume`` (cm3/mol at ``reference_k``), ``expansion``
        (cm3/mol/K)
    """
    return _load("crust_melt")


def load_buffers() -> pd.DataFrame:
    """Return the oxygen buffers of iron and its oxides.

    Returns
    -------
    pandas.DataFrame
        ``source, buffer, t_min_c, t_max_c, A, B, C, sigma``: log10 of oxygen fugacity in bar is
        A/T + B + C (P - 1)/T with T in K and P in bar; a C of NaN holds at 1 bar only
    """
    return _load("oxidation_buffers")


def load_gas_energies() -> pd.DataFrame:
    """Return Gibbs energies of formation (kJ/mol, 1 bar) of ``H2O, CO, CO2`` by ``t_k``."""
    return _load("oxidation_gas")


def load_spa_endmembers() -> pd.DataFrame:
    """Return end members of mixtures in the South Pole-Aitken basin, oxides in wt% and ``*_1s``.

    Returns
    -------
    pandas.DataFrame
        index ``name``; ``layer`` is upper crust, lower crust or mantle
    """
    return _load("endmembers_spa").set_index("name")


def load_ferric_spectra(sensor: str) -> pd.DataFrame:
    """Return real spectra around 850 nm on the sensor's own channels, as archived.

    Parameters
    ----------
    sensor : ``"SP"`` (204 footprints of three lit scenes) or ``"M3"`` (625 pixels at Aristarchus)

    Returns
    -------
    pandas.DataFrame
        ``scene``, for SP ``lat, lon`` in degrees, and reflectance in ``r704.7 ..`` (nm)

    Raises
    ------
    UnknownNameError
        for another sensor
    """
    if sensor not in FERRIC_SENSORS:
        raise UnknownNameError.of("sensor of ferric spectra", sensor, FERRIC_SENSORS)
    return _load(f"ferric_{sensor.lower()}")
