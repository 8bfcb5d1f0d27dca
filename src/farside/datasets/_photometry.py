"""Load the tables of photometry: phase functions, albedo classes, the solar spectrum."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from farside.datasets._tables import _load

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ALBEDO_CLASSES = ("low", "mid", "high")
_RUN = re.compile(r"(\d+)([lmh])")


def load_phase_functions() -> pd.DataFrame:
    """Return the phase functions of Yokota et al. (2011), one row per albedo class and channel.

    Returns
    -------
    pandas.DataFrame
        ``albedo`` (low, mid, high), ``wavelength_nm``, ``b0, h, c, g`` (dimensionless) with one
        sigma ``b0_1s ..`` (NaN where none is given), and ``mean_reflectance``
    """
    return _load("photometry_phase")


def load_solar_spectrum() -> pd.DataFrame:
    """Return the solar irradiance at 1 au: ``wavelength_nm``, ``irradiance`` (W m-2 nm-1)."""
    return _load("photometry_solar")


@cache
def load_albedo_classes() -> NDArray[np.int8]:
    """Return the albedo class of each 0.5° cell: 0 low, 1 mid, 2 high.

    Returns
    -------
    array of shape (360, 720); row 0 is the southernmost (-89.75°), column 0 begins at -180° E
    """
    index = {name[0]: i for i, name in enumerate(ALBEDO_CLASSES)}
    grid = np.array(
        [
            np.repeat(
                [index[letter] for _, letter in _RUN.findall(runs)],
                [int(count) for count, _ in _RUN.findall(runs)],
            )
            for runs in _load("photometry_albedo_class")["runs"]
        ],
        dtype=np.int8,
    )
    grid.setflags(write=False)
    return grid
