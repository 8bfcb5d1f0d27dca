r"""How far the soil at a point can be from the sharp map: intervals from the landing sites.

The intervals of the map are for means over pixels on the scale of Lunar Prospector. A soil differs
from them by three things more: it is a point of an uneven pixel, iron of the cell may have been
put into the wrong pixel of it, and the spectrometer is calibrated apart from laboratories. All
three are told only by soils of landing sites, which took no part in the map. Their residuals, in
units of a scale that the map knows everywhere,

.. math:: s(p) = \sqrt{\sigma(p)^2 + v(p)^2 + b^2},

with the map's own sigma, its spread v within the footprint of the spectrometer and the mean
residual b of all landing sites, are taken as exchangeable from mission to mission. Then a split
conformal quantile of them holds the stated share (normalised residuals: Papadopoulos et al. 2011;
several soils in a mission, each mission counted once: Lee, Barber & Willett 2023). With eleven
missions the quantile of 90 % is all but the largest residual seen. Leaving missions out one by one
therefore puts the mission of the largest residual outside and hardly another, whatever the scale:
that coverage is arithmetic more than evidence. Landing sites are mostly maria of the near side; for
highlands of the far side the scale carries the promise.

The mean residual is shown and not taken off: it may be of the near side's maria alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm

from farside.constants import OXIDES
from farside.datasets import load_missions, load_reference_soils
from farside.errors import InputError
from farside.maps._basis import smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

FAR_SIDE = "Chang'e-6"
"""The one mission of the far side: its soil is also predicted from all others alone."""


@dataclass(frozen=True)
class Soils:
    """Soils of landing sites with one oxide, beside the map.

    Parameters
    ----------
    mission : (n,) names
    soil : (n,) wt%
    row, column : (n,) pixel of the lander
    """

    mission: NDArray[np.str_]
    soil: Float
    row: NDArray[np.int64]
    column: NDArray[np.int64]

    @classmethod
    def load(cls, oxide: str) -> Soils:
        """Return every reference soil that has an oxide."""
        table = load_reference_soils().dropna(subset=[oxide])
        place = load_missions().drop_duplicates("mission").set_index("mission")
        there = place.loc[table["mission"], ["lat", "lon"]].to_numpy(dtype=float)
        return cls(
            table["mission"].to_numpy(dtype=str),
            table[oxide].to_numpy(dtype=float),
            ((90 - there[:, 0]) * 2).astype(np.int64),
            ((there[:, 1] + 180) * 2).astype(np.int64),
        )

    def at(self, layer: Float) -> Float:
        """Return a layer (360, 720) at the pixels."""
        return layer[self.row, self.column]

    def without(self, mission: str) -> Soils:
        """Return the soils of all other missions."""
        rest = self.mission != mission
        return Soils(self.mission[rest], self.soil[rest], self.row[rest], self.column[rest])

    @property
    def missions(self) -> list[str]:
        """Names of the missions, in order."""
        return list(dict.fromkeys(self.mission.tolist()))


def variety(layer: Float, width_deg: float) -> Float:
    """Return the spread of a layer (360, 720) within a footprint, one sigma.

    Parameters
    ----------
    width_deg : full width at half maximum of the footprint, a Gaussian
    """
    middle = layer.mean()
    square = smooth((layer - middle) ** 2, width_deg) - smooth(layer - middle, width_deg) ** 2
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def conformal_quantile(score: Float, group: Sequence[str], coverage: float) -> float:
    """Return what a score of a new group stays below with at least a probability.

    Each of K groups weighs 1 / (K + 1), shared by its scores, and the new group the rest.

    Parameters
    ----------
    score : (n,) of 0 or more
    group : (n,) names
    coverage : probability

    Raises
    ------
    InputError
        when there are too few groups for the coverage

    Examples
    --------
    >>> conformal_quantile(np.arange(1.0, 10.0), list("abcdefghi"), 0.5)
    5.0
    """
    _, index, count = np.unique(np.asarray(group), return_inverse=True, return_counts=True)
    order = np.argsort(score, kind="stable")
    held = np.cumsum(1 / count[index][order]) / (len(count) + 1)
    enough = np.flatnonzero(held >= coverage - 1e-12)
    if not enough.size:
        raise InputError(
            f"{len(count)} missions cannot give an interval of {coverage:.0%}: it takes at least "
            f"{int(np.ceil(coverage / (1 - coverage) - 1e-9))}."
        )
    return float(score[order][enough[0]])


@dataclass(frozen=True)
class Reach:
    """What turns the scale of an oxide into the interval of a soil.

    Parameters
    ----------
    factor : of the scale
    bias : soil less map, mean of the missions, wt%
    """

    factor: float
    bias: float

    @classmethod
    def learn(cls, soils: Soils, value: Float, spread: Float, coverage: float) -> Reach:
        """Return the reach that soils tell.

        Parameters
        ----------
        value : (360, 720) of the map, wt%
        spread : (360, 720) its sigma joined with its `variety`
        """
        off = soils.soil - soils.at(value)
        bias = float(np.mean([off[soils.mission == name].mean() for name in soils.missions]))
        score = np.abs(off) / np.hypot(soils.at(spread), bias)
        return cls(conformal_quantile(score, soils.mission.tolist(), coverage), bias)

    def half_width(self, spread: Float) -> Float:
        """Return half of the interval of a soil, wt%."""
        return np.asarray(self.factor * np.hypot(spread, self.bias))


def soil_intervals(
    image: Float, half: Float, *, footprint_deg: float, coverage: float
) -> tuple[Float, list[dict[str, Any]]]:
    """Return half of the interval for the soil at a point, and how it does at landing sites.

    Parameters
    ----------
    image, half : (6, 360, 720) of the map and half of its own interval, wt%
    footprint_deg : of the spectrometer
    coverage : of both intervals

    Returns
    -------
    half_width : (6, 360, 720) wt%
    scores : of each oxide; ``bias`` is soil less map, mean of missions, ``bias_1s`` its standard
        error, ``rmse`` of the means of missions, ``left_out`` the share inside when each mission
        is left out, missions counted alike, ``outside`` which then lie outside, ``far_inside``
        whether that of `FAR_SIDE` does so, ``inside`` the share within all soils' interval and
        ``pixel_inside`` that within the interval of the pixel
    """
    z = float(norm.ppf((1 + coverage) / 2))
    wide, scores = np.empty_like(image), []
    for k, oxide in enumerate(OXIDES):
        soils, value = Soils.load(oxide), image[k]
        spread = np.hypot(half[k] / z, variety(value, footprint_deg))
        whole = Reach.learn(soils, value, spread, coverage)
        wide[k] = whole.half_width(spread)
        off = soils.soil - soils.at(value)
        out = np.zeros(len(off), dtype=bool)
        for name in soils.missions:
            rest = Reach.learn(soils.without(name), value, spread, coverage)
            own = soils.mission == name
            out[own] = np.abs(off[own]) > soils.at(rest.half_width(spread))[own]
        scores.append(
            {
                "oxide": oxide,
                "factor": whole.factor,
                **_bias(soils, off),
                "inside": _share(soils, np.abs(off) <= soils.at(wide[k])),
                "pixel_inside": _share(soils, np.abs(off) <= soils.at(half[k])),
                "left_out": _share(soils, ~out),
                "outside": sorted(set(soils.mission[out].tolist())),
                "far_inside": not bool(out[soils.mission == FAR_SIDE].any())
                if FAR_SIDE in soils.missions
                else None,
                "median": float(np.median(wide[k])),
            }
        )
    return wide, scores


def _means(soils: Soils, values: NDArray[Any]) -> Float:
    return np.array([values[soils.mission == name].mean() for name in soils.missions], dtype=float)


def _share(soils: Soils, inside: NDArray[np.bool_]) -> float:
    return float(_means(soils, inside).mean())


def _bias(soils: Soils, off: Float) -> dict[str, Any]:
    each = _means(soils, off)
    return {
        "missions": len(each),
        "soils": len(off),
        "bias": float(each.mean()),
        "bias_1s": float(each.std(ddof=1) / np.sqrt(len(each))),
        "rmse": float(np.sqrt((each**2).mean())),
    }
