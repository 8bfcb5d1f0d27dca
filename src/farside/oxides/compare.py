"""Predictions from spectra against what Lunar Prospector measured from orbit at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg, load_sp_spectra
from farside.readers.dataset import from_table, wrap_longitude
from farside.spectra.prepare import prepare

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from farside.oxides.estimator import OxideEstimator
    from farside.oxides.training import Float

NORMAL_90 = 1.6449
"""Half-width of the central 90 % of a normal distribution in sigma."""


def cell_of(lat: Float, lon: Float) -> NDArray[np.intp]:
    """Return the row of ``cells_5deg`` that holds each place, -1 where the place is not known."""
    cells = load_cells_5deg()
    lat = np.minimum(np.asarray(lat, float), np.nextafter(90.0, 0.0))[:, None]
    lon = wrap_longitude(lon)[:, None]
    inside = (
        (cells["lat_min"].to_numpy() <= lat)
        & (lat < cells["lat_max"].to_numpy())
        & (cells["lon_min"].to_numpy() <= lon)
        & (lon < cells["lon_max"].to_numpy())
    )
    return np.where(inside.any(axis=1), inside.argmax(axis=1), -1)


def predict_orbital(estimator: OxideEstimator) -> tuple[xr.Dataset, NDArray[np.str_]]:
    """Return the prediction of the Spectral Profiler spectra that ship, and the scene of each.

    The spectra are brought to MI first; what is uncertain of that is in the intervals.
    """
    rows = load_sp_spectra()
    rows = rows[rows["sensor"] == "SP"].reset_index(drop=True)
    spectra, transfer = prepare(from_table(rows), "SP")
    return estimator.predict(spectra, transfer=transfer), rows["scene"].to_numpy(dtype=str)


def against_cells(prediction: xr.Dataset, group: NDArray[np.str_]) -> pd.DataFrame:
    """Return the mean prediction of each group against the gamma-ray cells it lies in.

    Parameters
    ----------
    prediction : what `OxideEstimator.predict` returned, over ``point`` with ``lat`` and ``lon``
    group : (n,) such as the scene; points of a group are averaged

    Returns
    -------
    pandas.DataFrame
        per group and oxide: ``value``, ``lower``, ``upper`` (means over the points, wt%), ``cell``
        and ``cell_1s`` (mean of the points' cells and one sigma of it), ``difference``, and
        ``agrees``: whether the interval, widened by the cell's sigma in quadrature, holds the cell

    Notes
    -----
    A spectrometer's footprint is 0.5 km wide, a cell 150 km: what differs inside a cell is part of
    the difference. The points' errors are taken as fully shared, so averaging narrows nothing.
    """
    cells = load_cells_5deg()
    row = cell_of(prediction["lat"].to_numpy(), prediction["lon"].to_numpy())
    good = prediction["good"].to_numpy() & (row >= 0)
    sigma = np.sqrt(np.diagonal(cell_covariance(cells), axis1=1, axis2=2))
    lines = []
    for name in pd.unique(group[good]):
        points = np.flatnonzero(good & (group == name))
        for j, oxide in enumerate(OXIDES):
            part = prediction.isel(oxide=j, point=points)
            value, lower, upper = (float(part[k].mean()) for k in ("value", "lower", "upper"))
            cell = float(cells[oxide].to_numpy()[row[points]].mean())
            cell_1s = float(sigma[row[points], j].mean())
            low = value - np.hypot(value - lower, NORMAL_90 * cell_1s)
            high = value + np.hypot(upper - value, NORMAL_90 * cell_1s)
            lines.append(
                {
                    "group": str(name),
                    "oxide": oxide,
                    "points": len(points),
                    "value": value,
                    "lower": lower,
                    "upper": upper,
                    "cell": cell,
                    "cell_1s": cell_1s,
                    "difference": value - cell,
                    "agrees": bool(low <= cell <= high),
                }
            )
    return pd.DataFrame(lines)
