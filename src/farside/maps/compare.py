r"""A map against Lunar Prospector, cell by cell, and against another map.

Of each cell i the difference d_i of the six oxides is held against the full covariance of the
gamma-ray cell, C_i (Prettyman et al. 2006), alone and together with that of the map, M_i:

.. math:: \chi^2 = \sum_i d_i^T (C_i + M_i)^{-1} d_i

M_i is diagonal, from the mean half-width of the intervals in the cell: the errors of the pixels of
a cell are taken as fully shared, those of different oxides as independent. Nothing is said between
cells: neighbouring cells share footprint and calibration, so that a probability of chi-squared
would say too much, and none is given. A TiO2 of 0, which is clamped, takes no part.

The slope is that of York et al. (2004), errors in both. Intervals are bootstrapped over blocks of
30 degrees, because neighbouring cells are alike.

References
----------
Prettyman et al. (2006) JGR 111, E12007, doi 10.1029/2005JE002656
York et al. (2004) Am. J. Phys. 72, 367-375, doi 10.1119/1.1632486
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg
from farside.errors import InputError
from farside.isotopes.york import york
from farside.maps.resample import Tile
from farside.maps.tiles import coverage_of
from farside.maps.zonal import cell_means

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from farside.oxides.training import Float

MIN_SHARE = 0.5
"""Least share of a cell's area that a map must cover: with less, the cell is mostly elsewhere."""

BLOCK_DEG = 30.0
"""Side of a block of the bootstrap: six cells, 910 km on the equator, and 72 blocks on the Moon."""

MIN_BLOCKS = 5
"""With fewer blocks no interval is given."""

DRAWS = 400
COVERAGE = 0.9
"""Of the bootstrap intervals."""

MIN_CELLS = 3
"""A slope needs three cells."""


def none_if_nan(value: Any) -> Any:
    """Return plain values that JSON can hold: None instead of NaN, inside too."""
    if isinstance(value, dict):
        return {key: none_if_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [none_if_nan(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


@dataclass(frozen=True)
class OxideComparison:
    """How a map and the cells agree in one oxide.

    Parameters
    ----------
    oxide : name
    cells : number
    bias : mean of map minus cell, weighted by the covered area, wt%
    rms : root mean square of map minus cell, so weighted, wt%
    correlation : of map and cell, so weighted
    slope : of the map on the cells, errors in both
    bias_interval, slope_interval : 90 %, by blocks; NaN where there are too few
    """

    oxide: str
    cells: int
    bias: float
    rms: float
    correlation: float
    slope: float
    bias_interval: tuple[float, float]
    slope_interval: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """A map against Lunar Prospector.

    Parameters
    ----------
    cells : compared
    min_share : least share of a cell's area that the map covers
    figures : number of oxides compared, over all cells: the degrees of freedom of chi-squared
    chi2_cells : with the covariance of the cells alone
    chi2 : with that of the map added
    oxides : each oxide
    table : per cell: place, mean of the map, cell, difference, ``chi2``; wt%
    """

    cells: int
    min_share: float
    figures: int
    chi2_cells: float
    chi2: float
    oxides: tuple[OxideComparison, ...]
    table: pd.DataFrame = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        plain = {k: v for k, v in self.__dict__.items() if k not in ("table", "oxides")}
        table = self.table.reset_index(names="cell").to_dict(orient="records")
        oxides = [asdict(one) for one in self.oxides]
        found: dict[str, Any] = none_if_nan({**plain, "oxides": oxides, "table": table})
        return found

    def __str__(self) -> str:
        """Return a table as text."""
        alone, both = self.chi2_cells / self.figures, self.chi2 / self.figures
        lines = [
            f"{self.cells} Lunar Prospector cells, covered by {100 * self.min_share:.0f} % or more",
            f"chi-squared / n = {alone:.2f} by the errors of the cells, {both:.2f} by both errors",
            f"n = {self.figures} oxides of cells",
            "oxide  cells   bias wt%  (90 %)            rms   corr.   slope  (90 %)",
        ]
        for one in self.oxides:
            low, high = one.bias_interval
            flat, steep = one.slope_interval
            lines.append(
                f"{one.oxide:6s} {one.cells:5d} {one.bias:+9.2f}  ({low:+.2f} to {high:+.2f})"
                f" {one.rms:8.2f} {one.correlation:7.2f} {one.slope:7.2f}  "
                f"({flat:.2f} to {steep:.2f})"
            )
        return "\n".join(lines)


# -- Lunar Prospector --------------------------------------------------------------------------


def against_prospector(
    ds: xr.Dataset, *, min_share: float = MIN_SHARE, seed: int = 0
) -> Comparison:
    """Compare a map, global or of a region, with the cells of Lunar Prospector.

    Parameters
    ----------
    ds : map dataset
    min_share : least share of a cell's area that must have a value
    seed : of the bootstrap

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        when no cell is covered well enough, or the map has no lunar coordinate system
    """
    if not 0 < min_share <= 1:
        raise InputError(f"the least share of a cell is {min_share}; give a number from 0 to 1.")
    means = cell_means(ds)
    share = means[[f"{oxide}_share" for oxide in OXIDES]].to_numpy()
    enough = np.flatnonzero((share >= min_share).any(axis=1))
    if not enough.size:
        best = f"{100 * share.max():.1f} %" if share.size else "nothing"
        raise InputError(
            f"the map covers no cell of 5 degrees by {100 * min_share:.0f} % (the best is {best}); "
            "compare a larger map, or lower the least share."
        )
    means, share = means.iloc[enough], share[enough]
    cells = load_cells_5deg().loc[means.index]
    there = cells[list(OXIDES)].to_numpy(dtype=float)
    clamped = np.stack([[oxide in str(c).split() for oxide in OXIDES] for c in cells["censored"]])
    there = np.where(clamped | (share < min_share), np.nan, there)
    here = means[list(OXIDES)].to_numpy()
    z = float(norm.ppf(0.5 + coverage_of([Tile(ds, "map")]) / 2))
    sigma = means[[f"{oxide}_half" for oxide in OXIDES]].to_numpy() / z
    covariance = cell_covariance(cells)
    extra = np.einsum("ij,jk->ijk", sigma**2, np.eye(len(OXIDES)))
    alone = _chi2(here - there, covariance)
    both = _chi2(here - there, covariance + extra)
    area = cells["area_km2"].to_numpy(dtype=float)[:, None] * share
    block = _blocks(cells["lat"].to_numpy(), cells["lon"].to_numpy())
    spread = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    oxides = tuple(
        _one(oxide, there[:, k], spread[:, k], here[:, k], sigma[:, k],
             area=area[:, k], block=block, seed=seed)
        for k, oxide in enumerate(OXIDES)
        if np.isfinite(here[:, k] - there[:, k]).any()
    )  # fmt: skip
    table = cells[["lat", "lon"]].copy()
    for k, oxide in enumerate(OXIDES):
        table[oxide] = here[:, k]
        table[f"{oxide}_cell"] = there[:, k]
        table[f"{oxide}_difference"] = here[:, k] - there[:, k]
    table["chi2"] = both
    return Comparison(
        cells=len(cells),
        min_share=min_share,
        figures=int(np.isfinite(here - there).sum()),
        chi2_cells=float(alone.sum()),
        chi2=float(both.sum()),
        oxides=oxides,
        table=table,
    )


def _chi2(difference: Float, covariance: Float) -> Float:
    """Return d^T C^-1 d of each row over the figures that it has."""
    known = np.isfinite(difference)
    out = np.zeros(len(difference))
    for pattern in np.unique(known, axis=0):
        rows = np.flatnonzero((known == pattern).all(axis=1))
        use = np.flatnonzero(pattern)
        if use.size:
            d = difference[np.ix_(rows, use)]
            inner = covariance[np.ix_(rows, use, use)]
            out[rows] = np.vecdot(d, np.linalg.solve(inner, d[..., None])[..., 0])
    return out


def _blocks(lat: Float, lon: Float) -> NDArray[np.intp]:
    """Return the number of the block that holds each place."""
    row = np.floor((lat + 90.0) / BLOCK_DEG).astype(np.intp)
    column = np.floor((lon + 180.0) / BLOCK_DEG).astype(np.intp)
    return np.asarray(row * int(360.0 / BLOCK_DEG) + column)


def _one(  # noqa: PLR0913 - the columns of one oxide
    oxide: str, x: Float, sx: Float, y: Float, sy: Float, *, area: Float, block: NDArray[np.intp],
    seed: int,
) -> OxideComparison:  # fmt: skip
    """Return the comparison of one oxide: cells x, map y."""
    use = np.isfinite(x) & np.isfinite(y)
    x, sx, y, sy, area = (part[use] for part in (x, sx, y, sy, area))
    block = block[use]
    w = area / area.sum()
    difference = y - x
    dx, dy = x - w @ x, y - w @ y
    scale = np.sqrt((w @ dx**2) * (w @ dy**2))
    bias_interval, slope_interval = _bootstrap((x, sx, y, sy), area, block, seed)
    return OxideComparison(
        oxide=oxide,
        cells=int(use.sum()),
        bias=float(w @ difference),
        rms=float(np.sqrt(w @ difference**2)),
        correlation=float((w @ (dx * dy)) / scale) if scale > 0 else float("nan"),
        slope=_slopes((x, sx, y, sy), np.ones((1, x.size)))[0],
        bias_interval=bias_interval,
        slope_interval=slope_interval,
    )


def _slopes(points: tuple[Float, ...], weight: Float) -> Float:
    """Return the slope of York et al. for each row of weights; NaN where there is none."""
    x = points[0]
    if x.size < MIN_CELLS or np.ptp(x) == 0:
        return np.full(len(weight), np.nan)
    with np.errstate(all="ignore"):
        line = york(*(np.broadcast_to(part, weight.shape) for part in points), weight=weight)
    slope = np.asarray(line.slope, dtype=float)
    return np.where(np.asarray(line.converged), slope, np.nan)


def _bootstrap(
    points: tuple[Float, ...], area: Float, block: NDArray[np.intp], seed: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the intervals of bias and slope when whole blocks are drawn anew."""
    nothing = (float("nan"), float("nan"))
    names, which = np.unique(block, return_inverse=True)
    if names.size < MIN_BLOCKS:
        return nothing, nothing
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(names.size, np.full(names.size, 1 / names.size), size=DRAWS)
    times = drawn[:, which].astype(float)
    w = times * area
    bias = (w @ (points[2] - points[0])) / w.sum(axis=1)
    ends = [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]
    slopes = _slopes(points, times)
    bias_ends, slope_ends = (
        np.quantile(part[np.isfinite(part)], ends) if np.isfinite(part).any() else nothing
        for part in (bias, slopes)
    )
    return (
        (float(bias_ends[0]), float(bias_ends[1])),
        (float(slope_ends[0]), float(slope_ends[1])),
    )
