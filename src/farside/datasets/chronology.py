"""Load the tables of the lunar chronology; `farside.chronology` makes functions of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.datasets._tables import _load

if TYPE_CHECKING:
    import pandas as pd


def load_calibration_sites() -> pd.DataFrame:
    """Return the calibration sites of the chronology, one row for each site and set of densities.

    Returns
    -------
    pandas.DataFrame
        ``site, age_Ga, age_Ga_1s, age_source, age_status, set, n1, n1_1s`` (craters >= 1 km per
        km2, NaN where no density is known) ``, n1_source, n1_status``; the sets are ``neukum``,
        ``lefeuvre-wieczorek-2011``, ``change-5`` and ``change-6``
    """
    return _load("chronology_sites")


def load_production_functions() -> pd.DataFrame:
    """Return the production functions: kind, range of diameter, coefficients, source, status."""
    return _load("chronology_production")


def load_chronology_functions() -> pd.DataFrame:
    """Return the chronology functions with source and status; see `load_chronology_terms`."""
    return _load("chronology_functions")


def load_chronology_terms() -> pd.DataFrame:
    """Return the terms of the chronology functions (Ga, craters per km2)."""
    return _load("chronology_terms")


def load_epochs() -> pd.DataFrame:
    """Return the epochs of the lunar time scales, with their limits in Ga."""
    return _load("chronology_epochs")
