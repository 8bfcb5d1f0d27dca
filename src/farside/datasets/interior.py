"""Load the tables of the interior: bulk Moons and a crystallisation sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.datasets._tables import _load

if TYPE_CHECKING:
    import pandas as pd


def load_bulk_moons() -> pd.DataFrame:
    """Return compositions of the bulk silicate Moon: ``name, about``, oxides in wt%."""
    return _load("interior_bulk")


def load_ocean_sequence() -> pd.DataFrame:
    """Return the experimental crystallisation of a lunar magma ocean.

    Returns
    -------
    pandas.DataFrame
        ``step, temperature_C, pressure_GPa, solid, phase, fraction`` and oxides in wt%; a phase is
        a mineral, ``melt``, or ``bulk``, what was put in
    """
    return _load("interior_sequence")
