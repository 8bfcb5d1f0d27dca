r"""Gamma-ray cells as a training set, and how a prediction is scored against them.

Inputs are optical layers averaged over the 5 degree cells (albedo at 1064 nm, WAC colour), targets
the oxides that Lunar Prospector measured there. Both carry marks of their own: colour is on its own
photometric scale, the oxides have errors that each cell states, and a TiO2 of 0 is a clamp.

Clamps
------
A clamped TiO2 is a measurement at or below 0 wt% whose size was not kept. It trains nothing (it is
NaN in the training set). In scores its error, predicted less measured, is at least the prediction:
bias and RMSE are those of a normal distribution of errors that is censored there (Tobin 1958,
doi 10.2307/1907382), all
other scores are over the cells that are not clamped.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import log_ndtr

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg, load_missions
from farside.errors import InputError
from farside.geography import area_weights, in_spa, is_mare, is_near_side, surface_unit
from farside.oxides.intervals import TIO2_OFFSET
from farside.oxides.training import TrainingSet

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from farside.oxides.training import Float, Mask

LAYERS = {
    "wac_blue_mix": 465.0,
    "wac_green_mix": 516.0,
    "wac_r643": 643.0,
    "albedo_1064": 1064.0,
}
"""Optical layers and their wavelengths in nm. Blue and green are mixes of 415 and 566 nm in shares
that their source does not state: one third and two thirds are taken, which give a network the order
and rough distance of the bands and nothing else."""

BLOCK_DEG = (35.0, 30.0)
"""Height and width of a spatial block in degrees of latitude and longitude. A block is left out as
one, because neighbouring cells share signal; the residuals of a ridge on the near side lose their
correlation over about 20 degrees."""

REGIONS = ("far side", "SPA", "feldspathic highlands", "far-side maria")


@dataclass(frozen=True)
class CellSet:
    """Cells ready for a test from side to side.

    Parameters
    ----------
    table : the rows of `load_cells_5deg` in use
    data : spectra and oxides; ``mission`` is the spatial block, clamped TiO2 is NaN
    sigma : (n, 6) one standard deviation of each oxide, wt%
    clamped : (n, 6)
    weight : (n,) share of the area
    near : (n,) whose centre is on the near side
    """

    table: pd.DataFrame
    data: TrainingSet
    sigma: Float
    clamped: Mask
    weight: Float
    near: Mask


def cells_training(cells: pd.DataFrame) -> TrainingSet:
    """Return the training set of cells: optical layers against gamma-ray oxides.

    Parameters
    ----------
    cells : rows of `load_cells_5deg` that are not ``colour_filled``

    Raises
    ------
    InputError
        when colour of a cell is filled in or missing
    """
    if cells["colour_filled"].any():
        raise InputError(
            f"{int(cells['colour_filled'].sum())} of {len(cells)} cells reach beyond 70 degrees, "
            "where colour is filled in; leave them out."
        )
    lat, lon = cells["lat"].to_numpy(float), cells["lon"].to_numpy(float)
    rows = np.floor(lat / BLOCK_DEG[0]).astype(int)
    columns = np.floor(lon / BLOCK_DEG[1]).astype(int)
    oxides = cells[list(OXIDES)].to_numpy(np.float64).copy()
    oxides[_clamped(cells)] = np.nan
    return TrainingSet(
        name=np.array([f"cell {i}" for i in cells["cell"]]),
        mission=np.array([f"block {r} {c}" for r, c in zip(rows, columns, strict=True)]),
        terrain=surface_unit(cells),
        wavelength_nm=np.array(list(LAYERS.values())),
        reflectance=cells[list(LAYERS)].to_numpy(np.float64),
        oxides=oxides,
    )


def cell_set(cells: pd.DataFrame | None = None) -> CellSet:
    """Return the cells within 70 degrees of the equator, by default those of Lunar Prospector."""
    table = load_cells_5deg() if cells is None else cells
    table = table[~table["colour_filled"]].reset_index(drop=True)
    return CellSet(
        table=table,
        data=cells_training(table),
        sigma=np.sqrt(np.diagonal(cell_covariance(table), axis1=1, axis2=2)),
        clamped=_clamped(table),
        weight=area_weights(table),
        near=is_near_side(table["lon"]),
    )


def _clamped(cells: pd.DataFrame) -> Mask:
    named = [set(text.split(";")) for text in cells["censored"]]
    return np.array([[oxide in names for oxide in OXIDES] for names in named], dtype=bool)


def far_regions(cells: CellSet) -> dict[str, Mask]:
    """Return the far-side cells (n,) of each of `REGIONS`.

    SPA is the outer ellipse of Garrick-Bethell and Zuber (2009) with its maria; maria are cells
    covered by mare over half or more, those of SPA among them; the highlands are the rest.
    """
    far, mare = ~cells.near, is_mare(cells.table)
    spa = in_spa(cells.table["lat"], cells.table["lon"])
    return dict(zip(REGIONS, (far, far & spa, far & ~spa & ~mare, far & mare), strict=True))


def change6_row(cells: pd.DataFrame) -> int:
    """Return the row (from 0) of the cell that the Chang'e-6 site lies in."""
    site = load_missions().set_index("mission").loc["Chang'e-6"]
    inside = cells["lat_min"].le(site["lat"]) & cells["lat_max"].gt(site["lat"])
    inside &= cells["lon_min"].le(site["lon"]) & cells["lon_max"].gt(site["lon"])
    found = np.flatnonzero(inside)
    if len(found) != 1:
        raise InputError(f"{len(found)} cells hold the Chang'e-6 site; give one that does.")
    return int(found[0])


def scaled_sigma(sigma: Float, oxides: Float) -> Float:
    """Return errors (n, 6) in wt% on the scale of `farside.oxides.intervals.to_scale`.

    d ln(TiO2 + 0.5) = dTiO2 / (TiO2 + 0.5); the other oxides are on that scale in wt%.
    """
    scaled = np.array(sigma)
    scaled[:, 0] /= np.maximum(np.nan_to_num(oxides[:, 0]), 0.0) + TIO2_OFFSET
    return scaled


# -- scores ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellScore:
    """How predictions did on one oxide of a region; all means are weighted by area.

    Parameters
    ----------
    region, oxide : names
    n, clamped : cells, and those of them whose value is a clamp
    bias, bias_1s : wt%, predicted less measured; the error treats a spatial block as one draw
    rmse, sigma : wt%, and what the cells' own one-sigma errors alone would give
    model_rmse : wt%, sqrt(rmse^2 - sigma^2); 0 where the cells' errors explain everything
    chi2 : mean of (error / the cell's own sigma)^2; 1 for a perfect model
    r2 : 1 - SSE / SST
    coverage, width : share of measured values inside the interval, and its mean width in wt%;
        NaN without intervals
    """

    region: str
    oxide: str
    n: int
    clamped: int
    bias: float
    bias_1s: float
    rmse: float
    sigma: float
    model_rmse: float
    chi2: float
    r2: float
    coverage: float
    width: float


def censored_moments(
    error: Float, weight: Float, clamped: Mask, steps: int = 200
) -> tuple[float, float, Float]:
    r"""Return mean, standard deviation, and expected value of errors, some known only as a floor.

    The expectation-maximisation of the normal distribution: a floor a counts as its mean
    :math:`\mu + \sigma h(t)`, with t = (a - mu) / sigma and h the hazard of the normal.

    Parameters
    ----------
    error : (n,) errors; the floor where `clamped`
    weight : (n,)
    """
    w = weight / weight.sum()
    mean = float(w @ error)
    sd = float(np.sqrt(w @ (error - mean) ** 2))
    expected = error.copy()
    for _ in range(steps if clamped.any() and sd > 0 else 0):
        t = (error[clamped] - mean) / sd
        hazard = np.exp(-0.5 * t**2 - log_ndtr(-t)) / np.sqrt(2 * np.pi)
        expected[clamped] = mean + sd * hazard
        spread = w[clamped] @ (1 + t * hazard - hazard**2) * sd**2
        mean = float(w @ expected)
        sd = float(np.sqrt(w @ (expected - mean) ** 2 + spread))
    return mean, sd, expected


def block_sigma(error: Float, weight: Float, block: NDArray[np.str_]) -> float:
    """Return the standard error of a weighted mean, with each block as one draw; NaN for one."""
    names, which = np.unique(block, return_inverse=True)
    if len(names) < 2:
        return float("nan")
    rest = weight * (error - np.average(error, weights=weight))
    total = np.bincount(which.reshape(-1), rest)
    return float(np.sqrt(len(names) / (len(names) - 1) * (total**2).sum()) / weight.sum())


def score_cells(
    cells: CellSet, rows: Mask, region: str, bounds: tuple[Float, Float, Float]
) -> tuple[CellScore, ...]:
    """Return the score of each oxide over `rows` (n,).

    Parameters
    ----------
    bounds : value, lower and upper (n, 6) wt%
    """
    value, lower, upper = (b[rows] for b in bounds)
    w, block = cells.weight[rows], cells.data.mission[rows]
    scores = []
    for j, oxide in enumerate(OXIDES):
        clamped, sigma = cells.clamped[rows, j], cells.sigma[rows, j]
        y = np.where(clamped, 0.0, cells.data.oxides[rows, j])
        mean, sd, expected = censored_moments(value[:, j] - y, w, clamped)
        known = ~clamped
        ww, yy, e = w[known] / w[known].sum(), y[known], (value[:, j] - y)[known]
        low, high = lower[known, j], upper[known, j]
        inside = np.where(np.isfinite(low), (low <= yy) & (yy <= high), np.nan)
        rmse, own = float(np.hypot(mean, sd)), float(np.sqrt(np.average(sigma**2, weights=w)))
        scores.append(
            CellScore(
                region=region,
                oxide=oxide,
                n=len(w),
                clamped=int(clamped.sum()),
                bias=mean,
                bias_1s=block_sigma(expected, w, block),
                rmse=rmse,
                sigma=own,
                model_rmse=float(np.sqrt(max(rmse**2 - own**2, 0.0))),
                chi2=float(ww @ (e / sigma[known]) ** 2),
                r2=float(1.0 - ww @ e**2 / (ww @ (yy - ww @ yy) ** 2)),
                coverage=float(ww @ inside),
                width=float(ww @ (high - low)),
            )
        )
    return tuple(scores)


def plain(value: Any) -> Any:
    """Return a result as plain numbers, text, lists and dicts; None stands for NaN."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.repr}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value
