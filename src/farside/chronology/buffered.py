"""Exposure of an area that depends on the size of the craters: buffered and non-sparse counts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from farside.chronology.counts import BinnedCount, Count, CraterCount
from farside.chronology.sphere import lon_lat, unit_vectors
from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.chronology.production import Production
    from farside.chronology.sphere import Area

_STEPS = 2001
POINTS = 20_000
_RINGS = 25
BLANKET = 1.0
"""Width of the ground that a crater's ejecta erase, in its radii (Kneissl et al. 2016)."""


def buffered_exposure(
    count: Count, production: Production, range_km: tuple[float, float]
) -> tuple[float, float, list[str]]:
    """Return exposure (km2), craters and notes when craters count whose rim touches the area.

    A crater of diameter D touches a convex area A of perimeter P when its centre lies in the area
    widened by D/2, which is A + P D/2 + pi D^2/4 (Steiner); the exposure is the integral of that
    times -dN/dD / N(>=1 km) over the range (Fassett and Head 2008).

    Raises
    ------
    InputError
        when the perimeter is unknown
    """
    perimeter = getattr(count, "perimeter_km", float("nan"))
    if isinstance(count, BinnedCount) or not np.isfinite(perimeter):
        raise InputError(
            f"the count {count.name!r} has no perimeter, which a buffered count needs; give the "
            "polygon of its area (.scc, .shp, .geojson)."
        )
    low, high = range_km
    top = min(high, production.d_max_km)
    edges = np.geomspace(low, top, _STEPS)
    share = production.between(edges[:-1], edges[1:])
    d = np.sqrt(edges[:-1] * edges[1:])
    widened = count.area_km2 + perimeter * d / 2 + np.pi * d**2 / 4
    notes = [
        (
            "each listed crater is taken to touch the area with its rim; the area is widened by "
            "half a diameter as a convex one is"
        )
    ]
    return float((widened * share).sum()), count.number(low, high), notes


def non_sparse_exposure(
    count: Count,
    production: Production,
    range_km: tuple[float, float],
    *,
    blanket: float = BLANKET,
    seed: int = 0,
) -> tuple[float, float, list[str]]:
    """Return exposure (km2), craters and notes with the ground erased by larger craters taken off.

    A crater of diameter D counts when its centre lies in no larger crater nor within `blanket`
    radii of the rim of one; for diameter D the area is the part of the ground that is free of
    craters larger than D in this sense (Kneissl et al. 2016). Craters of the list at every
    diameter erase ground, secondaries too.

    Parameters
    ----------
    count : craters with places and polygons
    production : shape of the densities
    range_km : low <= D < high
    blanket : width of the erased ground around a crater, in radii
    seed : of the points that measure the ground

    Raises
    ------
    InputError
        when places or polygons are missing
    """
    craters, area = _located(count, blanket)
    low, high = range_km
    top = min(high, production.d_max_km)
    ground = area.sample(POINTS, np.random.default_rng(seed))
    erased = erasing_diameter(ground, craters, blanket)
    free_from = np.clip(erased, low, top * (1 - 1e-12))
    open_share = production.between(free_from, np.full(len(erased), top))
    open_share[erased >= top] = 0.0
    kept = _on_open_ground(craters, blanket)
    notes = [
        (
            f"{len(craters) - len(kept)} craters on erased ground were left out; "
            f"{(erased > low).mean():.1%} of the ground is erased for the smallest craters"
        )
    ]
    exposure = float(craters.area_km2 * open_share.mean())
    return exposure, kept.number(low, high), notes


def buffered_non_sparse_exposure(
    count: Count,
    production: Production,
    range_km: tuple[float, float],
    *,
    blanket: float = BLANKET,
    seed: int = 0,
) -> tuple[float, float, list[str]]:
    """Return exposure (km2), craters and notes with both corrections (Kneissl et al. 2016).

    A centre at distance s from the area (0 inside) on ground that a crater of diameter e erased can
    hold a countable crater of diameter D when ``D >= max(2 s, e)``: its rim touches the area and
    the ground is not erased for it. The exposure is the integral over all such centres of the share
    of the production function from there to the top of the range: on the area by points even over
    it, around it by points even over each of a set of rings about its middle. Craters outside the
    area erase only as far as they are listed.

    Parameters
    ----------
    count, production, range_km, blanket, seed : see `non_sparse_exposure`

    Raises
    ------
    InputError
        when places or polygons are missing
    """
    craters, area = _located(count, blanket)
    low, high = range_km
    top = min(high, production.d_max_km)
    rng = np.random.default_rng(seed)

    def share(points: NDArray[np.float64], least: NDArray[np.float64]) -> NDArray[np.float64]:
        least = np.maximum(np.maximum(least, erasing_diameter(points, craters, blanket)), low)
        out = production.between(np.minimum(least, top * (1 - 1e-12)), np.full(len(points), top))
        return np.where(least >= top, 0.0, out)

    ground = area.sample(POINTS, rng)
    exposure = float(craters.area_km2 * share(ground, np.zeros(POINTS)).mean())
    middle, reach = area.middle()
    edges = reach + np.append(0.0, np.geomspace(low / 4, top / 2, _RINGS)) / area.radius_km
    for inner, outer in pairwise(np.minimum(np.append(0.0, edges), np.pi)):
        points = _ring_points(middle, inner, outer, POINTS if inner == 0 else POINTS // 4, rng)
        lon, lat = lon_lat(points)
        outside = ~area.contains(lon, lat)
        away = area.distance_km(lon[outside], lat[outside])
        size = 2 * np.pi * area.radius_km**2 * (np.cos(inner) - np.cos(outer))
        exposure += float(size * share(points[outside], 2 * away).sum() / len(points))
    kept = _on_open_ground(craters, blanket)
    erased = (erasing_diameter(ground, craters, blanket) > low).mean()
    notes = [
        "each listed crater is taken to touch the area with its rim",
        (
            f"{len(craters) - len(kept)} craters on erased ground were left out; {erased:.1%} of "
            "the area is erased for the smallest craters"
        ),
    ]
    return exposure, kept.number(low, high), notes


def _on_open_ground(craters: CraterCount, blanket: float) -> CraterCount:
    """Return the craters whose centre no larger one erased."""
    own = erasing_diameter(unit_vectors(craters.lon, craters.lat), craters, blanket)
    return craters.select(own <= craters.diameter_km)


def _ring_points(
    middle: NDArray[np.float64], inner: float, outer: float, n: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return unit vectors even over the ring between two angles (radians) about a direction."""
    side = np.cross(middle, np.eye(3)[np.abs(middle).argmin()])
    side /= np.linalg.norm(side)
    z = rng.uniform(np.cos(outer), np.cos(inner), n)[:, None]
    turn = rng.uniform(0, 2 * np.pi, n)[:, None]
    flat = np.sqrt(1 - z**2)
    other = np.cross(middle, side)
    return np.asarray(flat * (np.cos(turn) * side + np.sin(turn) * other) + z * middle)


def _located(count: Count, blanket: float) -> tuple[CraterCount, Area]:
    placed = not isinstance(count, BinnedCount) and (count.located or not len(count))
    if isinstance(count, BinnedCount) or count.area is None or not placed:
        raise InputError(
            f"the count {count.name!r} has no polygon or no places of craters, which a non-sparse "
            "count needs (.scc, .shp, .geojson)."
        )
    if not blanket >= 0:
        raise InputError(f"the blanket is {blanket} radii wide; give 0 or more.")
    return count, count.area


def erasing_diameter(
    points: NDArray[np.float64], count: CraterCount, blanket: float
) -> NDArray[np.float64]:
    """Return for each point the diameter (km) of the largest crater that erased it, 0 for none.

    Parameters
    ----------
    points : unit vectors, shape (n, 3)
    count : craters with places and polygons
    blanket : width of the erased ground beyond the rim, in radii
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    assert count.area is not None  # noqa: S101 - the callers checked
    tree = cKDTree(points)
    reach = count.diameter_km / 2 * (1 + blanket) / count.area.radius_km
    chord = 2 * np.sin(np.minimum(reach, np.pi) / 2)
    out = np.zeros(len(points))
    centres = unit_vectors(count.lon, count.lat)
    order = np.argsort(count.diameter_km)  # the largest writes last
    near = tree.query_ball_point(centres[order], chord[order])
    for d, where in zip(count.diameter_km[order], near, strict=True):
        out[where] = d
    return out
