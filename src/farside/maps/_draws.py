"""Draw compositions within the intervals of a map, so that what follows from them has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg
from farside.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

CHUNK = 4096
"""Pixels drawn together: bounds the memory to about 100 MB at 400 draws."""


def oxide_correlation(cells: pd.DataFrame | None = None) -> Float:
    """Return the correlation of the errors of the six oxides, as those of gamma-ray cells.

    The mean over cells of the correlation in the error covariance of Lunar Prospector. It stands
    for the errors of a map too, for want of a published one: a map whose errors come from spectra
    shares other errors between oxides.

    Parameters
    ----------
    cells : rows of `farside.datasets.load_cells_5deg`; all when left out

    Returns
    -------
    array (6, 6), in the order of `farside.constants.OXIDES`
    """
    covariance = cell_covariance(load_cells_5deg() if cells is None else cells)
    sigma = np.sqrt(np.einsum("nii->ni", covariance))
    correlation = covariance / (sigma[:, :, None] * sigma[:, None, :])
    return np.asarray(correlation.mean(axis=0), dtype=np.float64)


def check_oxide_map(oxides: xr.Dataset) -> xr.Dataset:
    """Return a map with the six oxides in their order and its coverage, or say what is missing.

    Raises
    ------
    InputError
        when value, lower, upper, an oxide or the coverage is missing
    """
    missing = [name for name in ("value", "lower", "upper") if name not in oxides]
    if missing or "oxide" not in oxides.dims:
        raise InputError(
            "a map of oxides needs value, lower and upper over the dimension oxide; it has "
            f"{', '.join(map(str, oxides.data_vars)) or 'nothing'} over "
            f"{', '.join(map(str, oxides.dims))}. Make one with 'farside map'."
        )
    names = [str(name) for name in oxides["oxide"].to_numpy()]
    absent = [name for name in OXIDES if name not in names]
    if absent:
        raise InputError(f"the map has no {', '.join(absent)}; it has {', '.join(names)}.")
    if not 0 < coverage_of(oxides) < 1:
        raise InputError("the map states no coverage of its intervals (attribute 'coverage').")
    return oxides[["value", "lower", "upper"]].sel(oxide=list(OXIDES))


def coverage_of(oxides: xr.Dataset) -> float:
    """Return the coverage of the intervals of a map, 0 where none is stated."""
    own = oxides.attrs.get("coverage", oxides["lower"].attrs.get("coverage", 0))
    return float(own)


def for_soil(oxides: xr.Dataset) -> xr.Dataset:
    """Return a map with the interval of the soil at a point as its interval, where it has one.

    The map that ships tells two intervals, see `farside.maps.shipped.load_map`; one made from
    spectra tells one, which is learnt from soils of landing sites.
    """
    if "soil_lower" not in oxides:
        return oxides
    ends = {"lower": oxides["soil_lower"], "upper": oxides["soil_upper"]}
    return oxides.assign(ends).drop_vars(["soil_lower", "soil_upper"])


def drawn(
    oxides: xr.Dataset, *, draws: int, seed: int, correlation: Float | None = None
) -> Iterator[tuple[slice, Float]]:
    """Yield draws of the oxides of runs of pixels.

    A draw is the value plus a normal error whose two sides are as wide as the two sides of the
    interval, correlated between oxides and, from pixel to pixel, independent; below 0 it is 0.

    Parameters
    ----------
    oxides : of `check_oxide_map`; any dimensions beside ``oxide``
    draws : per pixel
    seed : of the draws
    correlation : (6, 6) between oxides; `oxide_correlation` when left out

    Yields
    ------
    pixels : place among the flattened pixels
    draw : (draws, 6, pixels) in wt%; NaN where the map has no value
    """
    z = float(norm.ppf(0.5 + coverage_of(oxides) / 2))
    root = _root(oxide_correlation() if correlation is None else correlation)
    value, lower, upper = (
        oxides[name].transpose("oxide", ...).to_numpy().astype(np.float64).reshape(len(OXIDES), -1)
        for name in ("value", "lower", "upper")
    )
    rng = np.random.default_rng(seed)
    for start in range(0, value.shape[1], CHUNK):
        part = slice(start, min(start + CHUNK, value.shape[1]))
        below, above = (value - lower)[:, part] / z, (upper - value)[:, part] / z
        error = np.einsum(
            "ij,djp->dip", root, rng.standard_normal((draws, len(OXIDES), part.stop - part.start))
        )
        yield part, np.maximum(value[:, part] + np.where(error < 0, below, above) * error, 0.0)


def _root(correlation: Float) -> Float:
    """Return a square root of a correlation, which may be singular."""
    own, vectors = np.linalg.eigh(np.asarray(correlation, dtype=np.float64))
    return np.asarray(vectors * np.sqrt(np.clip(own, 0, None)), dtype=np.float64)


def interval(draw: Float, coverage: float) -> tuple[Float, Float]:
    """Return the bounds that hold the middle share of draws, along the first axis."""
    tail = (1 - coverage) / 2
    low, high = np.quantile(draw, [tail, 1 - tail], axis=0)
    return low, high
