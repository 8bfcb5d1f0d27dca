r"""Which impactors match the South Pole-Aitken basin and its potassium.

The melt zone reaches a depth z; of a source that spans the upper 250 km of mantle a share
m = min(1, z / 250 km) was melted. The melt loses a share eta of its potassium by Rayleigh
evaporation, at most the share that vapour has in the melt zone, eta = e V_v / (V_m + V_v) with
e between 0 and 1, and then mixes with what was not melted:

.. math:: \Delta = \frac{m (1 - \eta)}{m (1 - \eta) + 1 - m}\, \delta(1 - \eta, \alpha)

Posterior by weighted draws of size, velocity, angle, energy of melting and e. What the same impact
does to zinc and water is in `farside.interior.volatiles`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError
from farside.geography.regions import SPA_INNER, SPA_OUTER
from farside.interior.bounds import check_above, check_coverage
from farside.interior.impact import (
    LAWS,
    LEAST_VELOCITY,
    MELTING_ENERGY,
    final_crater,
    melt_volume,
    transient_crater,
)
from farside.isotopes.potassium import alpha_of, offset_after, offset_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

SOURCE_KM = 250.0
"""Depth to which the impact melted the mantle: about 250 km (Zhou et al. 2025, Fig. 4)."""
SIZES_KM = (50.0, 600.0)
VELOCITIES = (8.0, 25.0)
"""Priors, our choice: log-uniform in size, uniform in velocity, sin 2 theta in angle."""
FEWEST = 200.0
"""Least effective number of draws."""
DRAWS = 100_000

Interval = tuple[float, float, float]


@dataclass(frozen=True)
class ImpactPosterior:
    """Impactors that match; intervals (lower, median, upper).

    Parameters
    ----------
    offset, alpha : names, see `farside.isotopes.potassium`; empty where only the basin counts
    diameter_km, velocity_kms, angle_deg : of the impactor
    melt_km3, depth_km : melt and the depth that it reaches
    melted : share m of the source that was melted
    lost : share of the potassium of the source that is gone
    escaped : share e of the vapour zone's potassium
    predicted : offset, per mil
    effective : number of draws that the weights leave
    coverage : of the intervals
    """

    offset: str
    alpha: str
    diameter_km: Interval
    velocity_kms: Interval
    angle_deg: Interval
    melt_km3: Interval
    depth_km: Interval
    melted: Interval
    lost: Interval
    escaped: Interval
    predicted: Interval
    effective: float
    coverage: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items()}

    def __str__(self) -> str:
        """Return the intervals."""

        def span(values: Interval, unit: str, scale: float = 1.0) -> str:
            low, middle, high = (scale * v for v in values)
            return f"{middle:.3g} ({low:.3g}-{high:.3g}) {unit}"

        by = f"offset {self.offset}, alpha {self.alpha}" if self.offset else "the basin alone"
        return (
            f"{by}: {span(self.diameter_km, 'km')}, {span(self.velocity_kms, 'km/s')}, "
            f"{span(self.angle_deg, 'degrees')}; melt to {span(self.depth_km, 'km')}; K lost "
            f"{span(self.lost, '%', 100)}; offset {span(self.predicted, 'per mil')}"
        )


def mixed_offset(melted: Any, lost: Any, alpha: Any) -> Any:
    """Return the offset in per mil of a source of which a share was melted and lost potassium.

    Parameters
    ----------
    melted : share m of the source, 0 to 1
    lost : share eta of the melt's potassium, 0 to below 1
    alpha : fractionation factor, above 0

    Raises
    ------
    InputError
        when a share or the factor cannot be
    """
    m, kept = np.asarray(melted, float), 1 - np.asarray(lost, float)
    for what, values, good in (
        ("melted", m, (m >= 0) & (m <= 1)),
        ("lost", 1 - kept, (kept > 0) & (kept <= 1)),
    ):
        if not good.size or not good.all():
            given = float(values[~good].flat[0]) if good.size else math.nan
            raise InputError(
                f"the share {what} is {given:g}; shares melted and lost are from 0 "
                "to 1 (lost: below 1), not in per cent."
            )
    factor = check_above(alpha, "the fractionation factor")
    return m * kept / (m * kept + 1 - m) * offset_after(kept, factor)


@dataclass(frozen=True)
class Draws:
    """Impactors drawn from the priors with what they do, and how well each matches.

    Parameters
    ----------
    diameter_km, velocity_kms, angle_deg : (n,) of the impactor
    melt_km3, depth_km : (n,) melt and the depth that it reaches
    melted : (n,) share m of the source that was melted
    escaped : (n,) share e of the vapour zone's potassium
    gone : (n,) share of the melt's potassium that is lost
    predicted : (n,) offset of the source, per mil
    weight : (n,) of sum 1
    """

    diameter_km: Float
    velocity_kms: Float
    angle_deg: Float
    melt_km3: Float
    depth_km: Float
    melted: Float
    escaped: Float
    gone: Float
    predicted: Float
    weight: Float

    @property
    def effective(self) -> float:
        """Return the number of equal draws that the weights are worth."""
        return float(1 / (self.weight**2).sum())

    def interval(self, values: Float, coverage: float = 0.95) -> Interval:
        """Return (lower, median, upper) of numbers of the draws."""
        return _quantiles(values, self.weight, coverage)


def draw_impacts(
    offset: str | None,
    alpha: str,
    *,
    law: str = LAWS[0],
    draws: int = DRAWS,
    seed: int = 0,
) -> Draws:
    """Return impactors weighted by the basin's size and the offset of potassium.

    Parameters
    ----------
    offset, alpha, law, draws, seed : as of `match_basin`

    Raises
    ------
    UnknownNameError
        when there is no such offset, factor or law
    InputError
        when there are too few draws, or too few match: the posterior did not converge
    """
    if not draws >= 1000:
        raise InputError(f"{draws:g} draws are too few; give 1000 or more.")
    rng = np.random.default_rng(seed)
    size = SIZES_KM[0] * (SIZES_KM[1] / SIZES_KM[0]) ** rng.uniform(0, 1, draws)
    slowest = max(VELOCITIES[0], LEAST_VELOCITY if law == "pierazzo1997" else 0.0)
    velocity = rng.uniform(slowest, VELOCITIES[1], draws)
    angle = np.clip(np.degrees(np.arcsin(np.sqrt(rng.uniform(0, 1, draws)))), 5.0, 90.0)
    high, low = MELTING_ENERGY["dunite"], MELTING_ENERGY["highland"]
    energy = low * (high / low) ** rng.uniform(0, 1, draws)
    melt = melt_volume(size, velocity, angle, law=law, energy=energy)
    vapour = np.pi / 6 * size**3
    depth = _depth(melt + vapour, size / 2)
    melted = np.minimum(depth / SOURCE_KM, 1.0)
    escaped = rng.uniform(0, 1, draws)
    gone = escaped * vapour / (melt + vapour)
    predicted = mixed_offset(melted, gone, alpha_of(alpha).draw(rng, draws))
    log = _basin_fit(final_crater(transient_crater(size, velocity, angle)))
    if offset is not None:
        wanted = offset_of(offset)
        log = log - ((predicted - wanted.value) / wanted.sigma) ** 2 / 2
    weight = np.exp(log - log.max())
    found = Draws(
        size, velocity, angle, melt, depth, melted, escaped, gone, predicted, weight / weight.sum()
    )
    if found.effective < FEWEST:
        raise InputError(
            f"no convergence: {found.effective:.0f} effective draws of {draws}, below "
            f"{FEWEST:.0f}; give more draws, or an offset that the impact can make."
        )
    return found


def _basin_fit(final_km: Float) -> Float:
    """Return the log-likelihood of final diameters: log-normal between the basin's ellipses."""
    edges = [2 * np.sqrt(e.semi_major_km * e.semi_minor_km) for e in (SPA_INNER, SPA_OUTER)]
    centre, sigma = np.mean(np.log(edges)), np.diff(np.log(edges))[0] / 2
    return np.asarray(-(((np.log(final_km) - centre) / sigma) ** 2) / 2)


def match_basin(
    offset: str | None = "apollo-mean",
    alpha: str = "between",
    *,
    law: str = LAWS[0],
    coverage: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> ImpactPosterior:
    """Return the impactors that match the basin's size and the offset of potassium.

    The final diameter is log-normal between the mean diameters of the inner and the outer ellipse
    of Garrick-Bethell and Zuber (2009), which are one sigma off.

    Parameters
    ----------
    offset : name of an offset of potassium; None leaves potassium out
    alpha : name of a fractionation factor
    law : of melt, one of `farside.interior.impact.LAWS`; that of Pierazzo et al. (1997) is not made
        for slow impactors, so it draws none below `LEAST_VELOCITY`
    coverage, draws, seed : of the intervals

    Raises
    ------
    UnknownNameError
        when there is no such offset, factor or law
    InputError
        when too few draws match: the posterior did not converge
    """
    check_coverage(coverage)
    found = draw_impacts(offset, alpha, law=law, draws=draws, seed=seed)
    columns = ("diameter_km", "velocity_kms", "angle_deg", "melt_km3", "depth_km", "melted",
               "escaped", "predicted")  # fmt: skip
    spans: dict[str, Any] = {n: found.interval(getattr(found, n), coverage) for n in columns}
    spans["lost"] = found.interval(found.melted * found.gone, coverage)
    names = (offset, alpha) if offset is not None else ("", "")
    return ImpactPosterior(*names, **spans, effective=found.effective, coverage=coverage)


def _depth(volume: Any, deep: Any) -> Any:
    """Return the depth of the melt zone for many: root R of R^3 + 1.5 d R^2 - d^3/2 = 1.5 V/pi.

    Newton from above converges at once, as the left side is convex there.
    """
    R = np.cbrt(1.5 * volume / np.pi) + deep
    for _ in range(60):
        step = (R**3 + 1.5 * deep * R**2 - 0.5 * deep**3 - 1.5 * volume / np.pi) / (
            3 * R**2 + 3 * deep * R
        )
        R = R - step
        if np.abs(step / R).max() < 1e-10:
            return R + deep
    raise InputError("the depth of the melt zone did not converge; check sizes and volumes.")


def _quantiles(values: Any, weight: Any, coverage: float) -> Interval:
    order = np.argsort(values)
    mass = np.cumsum(weight[order])
    at = np.searchsorted(mass, [(1 - coverage) / 2, 0.5, (1 + coverage) / 2])
    low, middle, high = values[order][np.minimum(at, len(values) - 1)]
    return float(low), float(middle), float(high)
