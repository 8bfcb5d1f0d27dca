"""Bins of diameter, and a count brought into them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from farside.chronology.counts import BinnedCount
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.chronology.counts import CraterCount

PSEUDO_LOG = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.7, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9)
"""Limits of the bins of .stat files within a decade (Neukum 1983; Michael and Neukum 2010)."""


def next_limit(d_km: float) -> float:
    """Return the upper limit of the pseudo-logarithmic bin that begins at a diameter, km."""
    decade = 10.0 ** math.floor(math.log10(d_km) + 1e-9)
    limits = [decade * step for step in (*PSEUDO_LOG, 10.0)]
    return next(limit for limit in limits if limit > d_km * (1 + 1e-6))


def limits(binning: str, low_km: float, high_km: float) -> NDArray[np.float64]:
    """Return limits of bins that hold a range of diameters, km.

    Parameters
    ----------
    binning : ``pseudo-log``, ``root-2``, ``4th root-2``, ``x2``, ``10/decade`` or ``20/decade``
    low_km, high_km : smallest and largest diameter

    Raises
    ------
    UnknownNameError
        for another binning
    """
    per_decade = {
        "root-2": 2 / math.log10(2),
        "4th root-2": 4 / math.log10(2),
        "x2": 1 / math.log10(2),
        "10/decade": 10.0,
        "20/decade": 20.0,
    }
    slack = 1e-9
    if binning == "pseudo-log":
        first, last = math.floor(math.log10(low_km)), math.ceil(math.log10(high_km)) + 1
        edges = np.outer(10.0 ** np.arange(first, last + 1), PSEUDO_LOG).ravel()
    elif binning in per_decade:
        step = per_decade[binning]
        first = math.floor(math.log10(low_km) * step + slack)
        last = math.ceil(math.log10(high_km) * step) + 1
        edges = 10.0 ** (np.arange(first, last + 1) / step)
    else:
        raise UnknownNameError.of("binning", binning, ("pseudo-log", *per_decade))
    # without noise of floats: a crater of 0.3 km lies in the bin that begins at 0.3 km
    edges = np.array([float(f"{edge:.12g}") for edge in edges])
    begin = int(np.searchsorted(edges, low_km * (1 + slack), side="right")) - 1
    end = int(np.searchsorted(edges, high_km * (1 + slack), side="right"))
    return edges[begin : end + 1]


def to_bins(count: CraterCount, binning: str = "pseudo-log") -> BinnedCount:
    """Return the count in bins, craters on the border by their share, secondaries left out.

    Raises
    ------
    InputError
        when the count holds no crater
    """
    used = count.without_secondaries()
    if not len(used):
        raise InputError(f"the count {count.name!r} holds no crater to bin.")
    d = used.diameter_km
    edges = limits(binning, float(d.min()), float(d.max()))
    n, _ = np.histogram(d, bins=edges, weights=used.fraction)
    return BinnedCount(count.name, edges[:-1], edges[1:], n, count.area_km2, count.notes)
