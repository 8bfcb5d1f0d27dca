"""Craters that should not date a surface: in equilibrium, or clustered as secondaries are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.chronology.sphere import unit_vectors
from farside.chronology.systems import equilibria
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.chronology.counts import CraterCount

NEIGHBOURS = 3


def equilibrium_diameter(count: CraterCount, curve: str = "trask1966", share: float = 1.0) -> float:
    """Return the diameter below which craters are erased as fast as they form, km; 0 for none.

    The largest diameter at which the cumulative density of the count reaches `share` of the
    equilibrium density (Trask 1966, Hartmann 1984).

    Parameters
    ----------
    count : craters; those marked secondary count too, they erase as others do
    curve : ``trask1966`` or ``hartmann1984``
    share : of the curve; equilibrium is often reached below the full curve

    Raises
    ------
    UnknownNameError
        for another curve
    """
    if curve not in equilibria():
        raise UnknownNameError.of("equilibrium curve", curve, equilibria())
    if not share > 0:
        raise InputError(f"the share of the equilibrium curve is {share:g}; give one above 0.")
    order = np.argsort(count.diameter_km)[::-1]
    d = count.diameter_km[order]
    density = np.cumsum(count.fraction[order]) / count.area_km2
    # the few largest craters cross any curve by chance: three are the least that say something
    reached = density >= share * equilibria()[curve].cumulative(d)
    reached[:3] = False
    return float(d[reached].max()) if reached.any() else 0.0


def flag_equilibrium(
    count: CraterCount, curve: str = "trask1966", share: float = 1.0
) -> NDArray[np.bool_]:
    """Return which craters are at most as large as `equilibrium_diameter`."""
    return np.asarray(count.diameter_km <= equilibrium_diameter(count, curve, share))


def flag_clustered(count: CraterCount, level: float = 0.01) -> NDArray[np.bool_]:
    """Return which craters lie closer to others of their size than random ones would.

    For each crater, among those from its diameter / sqrt(2) to its diameter times sqrt(2), the
    chance that the third neighbour of a random point lies as near is P(Poisson(density pi r^2) >=
    3); craters below `level` over their number (Bonferroni) are flagged. Clustered craters are
    often secondaries, not always: the flag is a hint for the eye.

    Raises
    ------
    InputError
        when the places of the craters are unknown
    """
    from scipy.special import gammainc  # noqa: PLC0415

    if not count.located:
        raise InputError(f"the count {count.name!r} has no places of craters.")
    radius = count.area.radius_km if count.area is not None else None
    if radius is None:
        raise InputError(f"the count {count.name!r} has no polygon.")
    points = unit_vectors(count.lon, count.lat)
    d = count.diameter_km
    out = np.zeros(len(d), dtype=bool)
    for i in range(len(d)):
        like = (d >= d[i] / 2**0.5) & (d < d[i] * 2**0.5)
        if like.sum() <= NEIGHBOURS:
            continue
        chord = np.sort(np.linalg.norm(points[like] - points[i], axis=1))[NEIGHBOURS]
        cap = np.pi * (chord * radius) ** 2  # exact for a cap: its area is pi chord^2
        expected = (like.sum() - 1) / count.area_km2 * cap
        out[i] = gammainc(NEIGHBOURS, expected) < level / len(d)
    return out
