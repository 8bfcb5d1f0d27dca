r"""Asymmetric solidification: how much of the last liquid ended on the near side.

Forward: the last liquid of a magma ocean holds Q of thorium. A share s lies under the near side,
and a share m of what lies on a side is mixed evenly through its crust of thickness h:

.. math:: Th_{side} = b + m_{side} \frac{s_{side} Q}{\rho_c A h_{side}}

with b the thorium of anorthosite without KREEP. Backward: with the observed thorium and crust,

.. math:: \frac{s}{1 - s} = \frac{(Th_n - b)\, h_n}{(Th_f - b)\, h_f} \cdot \frac{m_f}{m_n}

What is not known is drawn: b, how unequally the sides were mixed, and the model of the crust.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets import load_cells_5deg
from farside.errors import InputError
from farside.geography import area_weights
from farside.geography.regions import in_spa, near_side_fraction, terrane
from farside.interior.bounds import check_above, check_from, check_share
from farside.interior.crust import Crust, cell_thickness, grail_crust
from farside.interior.geometry import DENSITY, RADIUS_KM, check_depth, shell_volume

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from farside.interior.magma_ocean import MagmaOcean

    Float = NDArray[np.float64]

MODELS = (1, 2, 3, 4)
MIXING_SCATTER = 0.5
"""One sigma, natural log, of m_near / m_far: our choice, for basins and mare may have brought more
KREEP up on either side; a factor of 1.6."""
MOST_SCATTER = 5.0
"""A factor of 150 between the sides; beyond it the share is nothing but the prior."""
DRAWS = 20_000
CLEAN = 0.05
"""Quantile of the thorium of the Feldspathic Highlands that is the most b can be: our choice."""


@dataclass(frozen=True)
class Sides:
    """What a share of the last liquid on the near side makes; first near, then far side.

    Parameters
    ----------
    share_near : of the last liquid
    crust_km : thickness of the crust
    urkreep_km : thickness of the last liquid beneath
    thorium : of the crust with the mixed share, ppm
    """

    share_near: float
    crust_km: tuple[float, float]
    urkreep_km: tuple[float, float]
    thorium: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items()}

    def __str__(self) -> str:
        """Return one line."""
        (hn, hf), (kn, kf), (tn, tf) = self.crust_km, self.urkreep_km, self.thorium
        return (
            f"{100 * self.share_near:.0f} % of the last liquid on the near side: {kn:.1f} km there "
            f"under {hn:.0f} km of crust with {tn:.2f} ppm Th, {kf:.1f} km under {hf:.0f} km with "
            f"{tf:.2f} ppm on the far side"
        )


def distribute(
    ocean: MagmaOcean,
    share_near: float,
    crust: tuple[float, float],
    mixed: float | tuple[float, float],
    *,
    background: float = 0.0,
    crust_density: float = 2550.0,
) -> Sides:
    """Spread the last liquid of a magma ocean over the two sides, masses kept.

    Parameters
    ----------
    ocean : crystallised; its Th, depth and last liquid are used
    share_near : of the last liquid under the near side
    crust : thickness near and far, km
    mixed : share of the last liquid mixed into the crust, of both sides or of each
    background : Th of the crust without it, ppm
    crust_density : kg/m3, that of the crust with its pores (Wieczorek et al. 2013)

    Raises
    ------
    InputError
        when a share is outside 0 to 1, a thickness, background or density cannot be, or the last
        liquid does not fit under a crust
    """
    check_share(share_near, "the share of the near side")
    check_above(crust_density, "the density of the crust", " kg/m3")
    if not 0 <= background < np.inf:
        raise InputError(
            f"the background is {background:g} ppm Th; give a finite number that is not negative."
        )
    both = mixed if isinstance(mixed, tuple) else (mixed, mixed)
    liquid = DENSITY * float(shell_volume(ocean.depth_km)) * (1 - ocean.steps[-1].solid[1])
    half = 2 * np.pi * RADIUS_KM**2
    layers, thorium = [], []
    for share, km, part in zip((share_near, 1 - share_near), crust, both, strict=True):
        check_share(part, "the mixed share")
        check_depth(km, "crust")
        # half a sphere: radius of what lies below the layer
        inner = (RADIUS_KM - km) ** 3 - share * liquid / DENSITY / (2.0 / 3.0 * np.pi)
        if inner < 0:
            raise InputError(
                f"the last liquid does not fit under a crust of {km:g} km; give a thinner one."
            )
        layers.append(float(RADIUS_KM - km - np.cbrt(inner)))
        mass = crust_density * half * km * _curved(km)
        thorium.append(background + part * share * liquid * ocean.urkreep["Th"] / mass)
    return Sides(share_near, crust, (layers[0], layers[1]), (thorium[0], thorium[1]))


def _curved(km: Any) -> Any:
    """Return the volume of a shell at the surface over area times thickness."""
    return 1 - km / RADIUS_KM + (km / RADIUS_KM) ** 2 / 3


@dataclass(frozen=True)
class Asymmetry:
    """What thorium and crust say of the last liquid; intervals (lower, median, upper).

    Parameters
    ----------
    share_near : of the last liquid on the near side
    chance_more_near : posterior that more than half of it is there
    mixed : share of the last liquid in the crust, of the whole Moon (may exceed 1 where the crust
        holds more thorium than the liquid of the ocean given has)
    thorium : observed means near and far, ppm
    crust_km : near and far, of the mean model
    pkt_share : of surface thorium within the Procellarum KREEP Terrane
    coverage : of the intervals
    spa : whether cells in the South Pole-Aitken basin took part
    """

    share_near: tuple[float, float, float]
    chance_more_near: float
    mixed: tuple[float, float, float]
    thorium: tuple[float, float]
    crust_km: tuple[float, float]
    pkt_share: float
    coverage: float
    spa: bool
    references: tuple[str, ...] = ("prettyman2006", "wieczorek2013")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items()}

    def __str__(self) -> str:
        """Return the share with its interval and what it rests on."""
        low, middle, high = self.share_near
        return (
            f"{100 * middle:.0f} % ({100 * low:.0f}-{100 * high:.0f} %) of the last liquid on the "
            f"near side, {self.coverage:.0%} interval; Th {self.thorium[0]:.2f} and "
            f"{self.thorium[1]:.2f} ppm, crust {self.crust_km[0]:.0f} and "
            f"{self.crust_km[1]:.0f} km near and far"
            f"{'' if self.spa else '; without the South Pole-Aitken basin'}"
        )


def asymmetry(
    ocean: MagmaOcean,
    cells: pd.DataFrame | None = None,
    *,
    spa: bool = True,
    scatter: float = MIXING_SCATTER,
    coverage: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Asymmetry:
    """Return the posterior of the share of the last liquid on the near side.

    Parameters
    ----------
    ocean : gives the thorium of the last liquid
    cells : all rows of `farside.datasets.load_cells_5deg`, loaded when left out
    spa : whether cells in the basin count
    scatter : one sigma of ln(m_near / m_far), 0 to `MOST_SCATTER`
    coverage, draws, seed : of the interval and its draws

    Raises
    ------
    InputError
        when the scatter, coverage or number of draws cannot be, thorium is missing in a cell, or
        is not above the background on a side
    """
    if not 0 <= scatter <= MOST_SCATTER or not 0 < coverage < 1 or not draws >= 100:
        raise InputError(
            f"scatter {scatter:g}, coverage {coverage:g}, draws {draws:g}: scatter must be 0 "
            f"to {MOST_SCATTER:g}, coverage in 0 to 1, draws 100 or more."
        )
    table = load_cells_5deg() if cells is None else cells
    rng = np.random.default_rng(seed)
    weight = area_weights(table)
    kept = np.ones(len(table), bool) if spa else ~in_spa(table["lat"], table["lon"])
    near = near_side_fraction(table)
    sides = [weight * kept * part for part in (near, 1 - near)]
    th, sigma = (check_from(table[c], f"{c} of a cell", unit=" ppm") for c in ("Th", "Th_1s"))
    mean = np.array([np.average(th, weights=w) for w in sides])
    error = np.array([np.sqrt(((w / w.sum() * sigma) ** 2).sum()) for w in sides])
    highland = np.asarray(terrane(table) == "FHT")
    most = float(np.quantile(th[highland], CLEAN))
    if (mean - 2 * error).min() <= most:
        raise InputError(
            f"no solution: thorium {mean.min():.2f} ppm of a side is not clearly above the "
            f"background, up to {most:.2f} ppm; give all cells."
        )
    crusts = [grail_crust(number) for number in MODELS]
    depth = np.array([_sides_km(table, sides, crust) for crust in crusts])
    picked = rng.integers(len(crusts), size=draws)
    background = rng.uniform(0, most, draws)
    observed = rng.normal(mean, error, (draws, 2))
    unequal = np.exp(rng.normal(0, scatter, draws))
    rho = np.array([crust.crust_density for crust in crusts])[picked]
    held = (observed - background[:, None]) * (depth * _curved(depth))[picked] * rho[:, None]
    nearly = held[:, 0] / unequal
    share = nearly / (nearly + held[:, 1])
    liquid = DENSITY * float(shell_volume(ocean.depth_km)) * (1 - ocean.steps[-1].solid[1])
    mixed = held.sum(axis=1) * 2 * np.pi * RADIUS_KM**2 / (liquid * ocean.urkreep["Th"])
    pkt = np.asarray(terrane(table) == "PKT")
    whole = th * weight
    return Asymmetry(
        _interval(share, coverage),
        float((share > 0.5).mean()),
        _interval(mixed, coverage),
        (float(mean[0]), float(mean[1])),
        (float(depth[:, 0].mean()), float(depth[:, 1].mean())),
        float(whole[pkt].sum() / whole.sum()),
        coverage,
        spa,
    )


def _sides_km(cells: pd.DataFrame, sides: list[Float], crust: Crust) -> tuple[float, float]:
    km = cell_thickness(cells, crust)
    return float(np.average(km, weights=sides[0])), float(np.average(km, weights=sides[1]))


def _interval(drawn: Float, coverage: float) -> tuple[float, float, float]:
    low, middle, high = np.quantile(drawn, [(1 - coverage) / 2, 0.5, (1 + coverage) / 2])
    return float(low), float(middle), float(high)
