"""Are the craters scattered at random? Two measures against random craters on the sphere.

M2CND is the mean distance to the second-closest neighbour, SDAA the standard deviation of the area
that is closer to a crater than to any other (Michael et al. 2012), both on the sphere (Riedel et
al. 2021). Each bin of a factor sqrt(2) in diameter is compared with as many points drawn evenly
over the same area, so that its border acts alike on both.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from farside.chronology.binning import limits
from farside.chronology.sphere import unit_vectors
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.chronology.counts import CraterCount

MEASURES = ("m2cnd", "sdaa")
LEAST = 4
"""Craters in a bin below which neither measure means anything."""
PER_CRATER = 24
"""Points of the area for each crater, by which SDAA measures areas."""
CHUNK = 30_000


@dataclass(frozen=True)
class Randomness:
    """How far the craters of each bin are from random.

    Parameters
    ----------
    name : of the count
    low_km, high_km : limits of the bins
    n : craters in each
    n_sigma : for each measure, (measure - mean of the trials) / standard deviation of the trials;
        clustered craters have M2CND below 0 and SDAA above 0, ordered ones the reverse
    p_clustered : for each measure, the share of trials at least as clustered
    trials : how many
    """

    name: str
    low_km: NDArray[np.float64]
    high_km: NDArray[np.float64]
    n: NDArray[np.int64]
    n_sigma: dict[str, NDArray[np.float64]]
    p_clustered: dict[str, NDArray[np.float64]]
    trials: int

    def to_dict(self) -> dict[str, Any]:
        """Return the test for JSON."""
        return {
            "name": self.name,
            "trials": self.trials,
            "low_km": self.low_km.tolist(),
            "high_km": self.high_km.tolist(),
            "n": self.n.tolist(),
            "n_sigma": {key: value.tolist() for key, value in self.n_sigma.items()},
            "p_clustered": {key: value.tolist() for key, value in self.p_clustered.items()},
        }

    def __str__(self) -> str:
        """Return a line for each bin."""
        lines = [f"{self.name}: {self.trials} random trials on the sphere"]
        for i in range(len(self.n)):
            parts = [
                f"{key} {self.n_sigma[key][i]:+.2f} sigma (p clustered "
                f"{self.p_clustered[key][i]:.3f})"
                for key in self.n_sigma
            ]
            bin_ = f"{self.low_km[i]:.3g}-{self.high_km[i]:.3g} km"
            lines.append(f"  {bin_}, {self.n[i]} craters: {'; '.join(parts)}")
        return "\n".join(lines)


def randomness(
    count: CraterCount,
    *,
    trials: int = 300,
    measures: tuple[str, ...] = MEASURES,
    seed: int = 0,
) -> Randomness:
    """Compare the craters with random ones, bin by bin.

    Parameters
    ----------
    count : with places and polygons; craters marked secondary are left out
    trials : random sets for each bin
    measures : of `MEASURES`
    seed : of the draws

    Raises
    ------
    InputError
        without places or polygons, or when no bin has enough craters
    UnknownNameError
        for another measure
    """
    for measure in measures:
        if measure not in MEASURES:
            raise UnknownNameError.of("measure of randomness", measure, MEASURES)
    if count.area is None or not count.located:
        raise InputError(
            f"the count {count.name!r} has no polygon or no places of craters, which a test of "
            "randomness needs (.scc, .shp, .geojson)."
        )
    if trials < 2:
        raise InputError(f"{trials} trials are too few; give at least 2.")
    rng = np.random.default_rng(seed)
    inside = count.area.contains(count.lon, count.lat)
    used = count.select(inside & ~count.secondary)
    if len(used) < LEAST:
        raise InputError(f"{count.name!r} has {len(used)} craters inside; at least {LEAST} needed.")
    d = used.diameter_km
    edges = limits("root-2", float(d.min()), float(d.max()))
    bins = [(a, b) for a, b in itertools.pairwise(edges)]
    bins = [(a, b) for a, b in bins if ((d >= a) & (d < b)).sum() >= LEAST]
    if not bins:
        raise InputError(f"no bin of a factor sqrt(2) of {count.name!r} has {LEAST} craters.")
    points = unit_vectors(used.lon, used.lat)
    scores = [_bin(points[(d >= a) & (d < b)], used, trials, measures, rng) for a, b in bins]
    low, high = np.array(bins).T
    numbers = np.array([((d >= a) & (d < b)).sum() for a, b in bins])
    pick = {m: np.array([s[m] for s in scores]) for m in measures}
    return Randomness(
        count.name, low, high, numbers,
        {m: pick[m][:, 0] for m in measures}, {m: pick[m][:, 1] for m in measures}, trials,
    )  # fmt: skip


def _bin(
    points: NDArray[np.float64],
    count: CraterCount,
    trials: int,
    measures: tuple[str, ...],
    rng: np.random.Generator,
) -> dict[str, tuple[float, float]]:
    """Return (n_sigma, p clustered) of each measure for the craters of a bin."""
    assert count.area is not None  # noqa: S101 - the caller checked
    n = len(points)
    drawn = count.area.sample(n * trials, rng).reshape(trials, n, 3)
    sets = np.concatenate([points[None], drawn])
    found: dict[str, tuple[float, float]] = {}
    for measure in measures:
        if measure == "m2cnd":
            values = second_neighbour(sets)
            clustered = values[1:] <= values[0]
        else:
            ground = count.area.sample(max(PER_CRATER * n, 2000), rng)
            values = area_deviation(sets, ground)
            clustered = values[1:] >= values[0]
        spread = values[1:].std(ddof=1)
        sigma = (values[0] - values[1:].mean()) / spread if spread > 0 else np.nan
        found[measure] = (float(sigma), float((1 + clustered.sum()) / (trials + 1)))
    return found


def second_neighbour(sets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean angle to the second-closest neighbour of each set.

    Parameters
    ----------
    sets : unit vectors, shape (sets, n, 3)

    Returns
    -------
    array of shape (sets,), radians
    """
    many, n, _ = sets.shape
    out = np.empty(many)
    # sets are told apart by a fourth coordinate, so that one tree serves a chunk of them
    step = max(1, CHUNK // n)
    for start in range(0, many, step):
        part = sets[start : start + step]
        label = np.repeat(np.arange(len(part)) * 10.0, n)[:, None]
        tagged = np.hstack([part.reshape(-1, 3), label])
        chord = np.asarray(cKDTree(tagged).query(tagged, k=3)[0])[:, 2]
        angle = 2 * np.arcsin(np.clip(chord / 2, 0, 1))
        out[start : start + step] = angle.reshape(-1, n).mean(axis=1)
    return out


def area_deviation(sets: NDArray[np.float64], ground: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation of the areas that are closest to each point, over their mean.

    Parameters
    ----------
    sets : unit vectors, shape (sets, n, 3)
    ground : unit vectors spread evenly over the area, shape (m, 3)

    Returns
    -------
    array of shape (sets,)
    """
    n = sets.shape[1]
    out = np.empty(len(sets))
    for i, points in enumerate(sets):
        nearest = cKDTree(points).query(ground)[1]
        out[i] = np.bincount(nearest, minlength=n).std(ddof=1)
    return np.asarray(out * n / len(ground))
