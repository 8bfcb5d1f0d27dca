"""Strength of the ground for construction: named soils and the bearing capacity of a footing.

A soil is a bulk density, a cohesion and an angle of internal friction, each with its interval and
its source. The bearing capacity follows from them by the relation of Terzaghi with the factors of
Prandtl, Reissner and Vesic, at the Moon's gravity.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import Constant
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

GRAVITY = Constant(
    name="acceleration of gravity at the lunar surface",
    value=1.62,
    unit="m s-2",
    sigma=float("nan"),
    reference="heiken1991",
)

COVERAGE = 0.9
"""Coverage of the interval of the bearing capacity."""

DRAWS = 4000


@dataclass(frozen=True)
class Range:
    """A figure with its interval; `lower` and `upper` bound what the source gives.

    Parameters
    ----------
    value, lower, upper : in `unit`
    unit : as printed
    source : where the figure was read, and how
    """

    value: float
    lower: float
    upper: float
    unit: str
    source: str

    def __str__(self) -> str:
        """Return value, interval and unit."""
        return f"{self.value:.3g} ({self.lower:.3g} to {self.upper:.3g}) {self.unit}"


@dataclass(frozen=True)
class Soil:
    """A soil with a name: what is known of its density and strength, with sources.

    Parameters
    ----------
    name : how `soil` finds it
    density : bulk density, g cm-3
    cohesion : kPa; None where none was measured
    friction : angle of internal friction, degrees; None where none was measured
    note : what to mind
    """

    name: str
    density: Range
    cohesion: Range | None
    friction: Range | None
    note: str

    @property
    def complete(self) -> bool:
        """Whether a bearing capacity can be computed."""
        return self.cohesion is not None and self.friction is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


_CARRIER = (
    "Carrier et al. 1991, Lunar Sourcebook chapter 9, intercrater areas, {}; "
    "as quoted in later work, not read in the book"
)
_DENSITY = _CARRIER.format("Table 9.4")
_STRENGTH = _CARRIER.format("Table 9.12")
_LI = "Li et al. 2024, doi 10.1093/nsr/nwae328, abstract; the abstract gives no uncertainty"
_DING = "Yutu-2 at Longji, abstract of Ding et al., as quoted in later work; a range"

SOILS: dict[str, Soil] = {
    soil.name: soil
    for soil in (
        Soil(
            "apollo 0-15 cm",
            Range(1.50, 1.45, 1.55, "g cm-3", _DENSITY),
            Range(0.52, 0.44, 0.62, "kPa", _STRENGTH),
            Range(42.0, 41.0, 43.0, "deg", _STRENGTH),
            "recommended typical values of the upper 15 cm, near side",
        ),
        Soil(
            "apollo 0-60 cm",
            Range(1.66, 1.61, 1.71, "g cm-3", _DENSITY),
            Range(1.6, 1.3, 1.9, "kPa", _STRENGTH),
            Range(49.0, 48.0, 51.0, "deg", _STRENGTH),
            "recommended typical values of the upper 60 cm, near side",
        ),
        Soil(
            "change-4",
            Range(1.50, 1.45, 1.55, "g cm-3", _DENSITY + " (not measured there)"),
            Range(1.84, 0.520, 3.154, "kPa", _DING),
            Range(31.75, 21.5, 42.0, "deg", _DING),
            "the only far-side strength measured in place, by a rover's wheels; the source gives "
            "ranges, whose middle stands as value",
        ),
        Soil(
            "change-6",
            Range(0.983, 0.983, 0.983, "g cm-3", _LI),
            None,
            None,
            "returned soil, poured: loose, not the density in the ground. No cohesion or friction "
            "angle of it was found in print; Qi et al. (2025, doi 10.1038/s41550-025-02715-3) "
            "find a steeper angle of repose than that of near-side soils and call it strongly "
            "cohesive, from grains below 100 um (60 % of the mass is finer than 48.4 um)",
        ),
        Soil(
            "change-6 loose",
            Range(0.983, 0.983, 0.983, "g cm-3", _LI),
            Range(0.52, 0.1, 1.0, "kPa", "assumed: " + _STRENGTH + ", widened to 0.1-1 kPa"),
            Range(36.0, 30.0, 42.0, "deg", "assumed: from a loose 30 deg to " + _STRENGTH),
            "density of the returned Chang'e-6 soil with the strength of loose near-side soil: an "
            "assumption to plan with, on the weak side",
        ),
    )
}


def soil(name: str) -> Soil:
    """Return a soil by its name.

    Raises
    ------
    UnknownNameError
        when there is no such soil
    """
    if name not in SOILS:
        raise UnknownNameError.of("soil", name, SOILS)
    return SOILS[name]


# -- bearing capacity --------------------------------------------------------------------------


@dataclass(frozen=True)
class BearingFactors:
    """Dimensionless factors of the bearing capacity at an angle of friction."""

    n_c: NDArray[np.float64]
    n_q: NDArray[np.float64]
    n_gamma: NDArray[np.float64]


def bearing_factors(friction_deg: ArrayLike) -> BearingFactors:
    r"""Return the bearing-capacity factors of a shallow footing.

    .. math::

        N_q = e^{\pi\tan\varphi}\tan^2(45° + \varphi/2), \quad
        N_c = (N_q - 1)\cot\varphi, \quad N_\gamma = 2 (N_q + 1)\tan\varphi

    Parameters
    ----------
    friction_deg : angle of internal friction, degrees, 0 or more and below 60

    Raises
    ------
    InputError
        for an angle out of range

    References
    ----------
    Prandtl (1921) and Reissner (1924) for the first two; Vesic A.S. (1973) Analysis of ultimate
    loads of shallow foundations, Journal of the Soil Mechanics and Foundations Division 99, 45-73,
    for the third.
    """
    angle = np.asarray(friction_deg, dtype=float)
    if not (np.all(angle >= 0) and np.all(angle < 60)):
        raise InputError(
            "an angle of friction is not one of soil: give 0 or more and less than 60 degrees."
        )
    tangent = np.tan(np.radians(angle))
    n_q = np.exp(np.pi * tangent) * np.tan(np.pi / 4 + np.radians(angle) / 2) ** 2
    # the limit at 0 degrees is 2 + pi
    safe = np.where(tangent > 1e-6, tangent, 1.0)
    n_c = np.where(tangent > 1e-6, (n_q - 1) / safe, 2 + np.pi)
    return BearingFactors(n_c=n_c, n_q=n_q, n_gamma=2 * (n_q + 1) * tangent)


def ultimate_pressure(
    density: ArrayLike,
    cohesion: ArrayLike,
    friction_deg: ArrayLike,
    *,
    width_m: float = 1.0,
    depth_m: float = 0.0,
) -> NDArray[np.float64]:
    r"""Return the pressure at which the soil fails below a square or round footing, in kPa.

    .. math:: q = c N_c s_c + \rho g D N_q s_q + \tfrac12 \rho g B N_\gamma s_\gamma

    with the shape factors of Vesic for a footing as long as wide: s_c = 1 + N_q / N_c,
    s_q = 1 + tan(phi), s_gamma = 0.6.

    Parameters
    ----------
    density : g cm-3
    cohesion : kPa
    friction_deg : degrees
    width_m : side or diameter of the footing, m
    depth_m : depth of its base below the surface, m

    Raises
    ------
    InputError
        for a width, depth, density or cohesion that cannot be
    """
    rho, c = np.asarray(density, float), np.asarray(cohesion, float)
    if not (np.all(rho > 0) and np.all(rho < 4) and np.all(c >= 0)):
        raise InputError("give a bulk density of 0 to 4 g/cm3 and a cohesion of 0 kPa or more.")
    if not (0 < width_m < 100 and 0 <= depth_m < 10):
        raise InputError(
            f"a footing {width_m:g} m wide at {depth_m:g} m is out of range: give a width of 0 to "
            "100 m and a depth of 0 to 10 m."
        )
    factors = bearing_factors(friction_deg)
    weight = rho * GRAVITY.value  # kN m-3: g/cm3 is t/m3
    tangent = np.tan(np.radians(np.asarray(friction_deg, float)))
    cohesive = c * factors.n_c * (1 + factors.n_q / factors.n_c)
    surcharge = weight * depth_m * factors.n_q * (1 + tangent)
    return np.asarray(
        cohesive + surcharge + 0.5 * weight * width_m * factors.n_gamma * 0.6, dtype=np.float64
    )


@dataclass(frozen=True)
class BearingCapacity:
    """The ultimate bearing capacity of a soil below a footing, kPa, with its interval.

    Parameters
    ----------
    soil : name of the soil
    value : at the values of the soil
    lower, upper : quantiles of draws within the intervals of density, cohesion and friction
    width_m, depth_m : of the footing
    coverage : of the interval
    note : what the figure leaves out
    """

    soil: str
    value: float
    lower: float
    upper: float
    width_m: float
    depth_m: float
    coverage: float = COVERAGE
    note: str = field(
        default="ultimate, before any factor of safety; no settlement, slope or eccentric load"
    )

    def __str__(self) -> str:
        """Return value and interval."""
        return (
            f"{self.value:,.0f} ({self.lower:,.0f} to {self.upper:,.0f}) kPa below a footing "
            f"{self.width_m:g} m wide on {self.soil}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def bearing_capacity(
    name: str, *, width_m: float = 1.0, depth_m: float = 0.0, seed: int = 0
) -> BearingCapacity:
    """Return the ultimate bearing capacity of a named soil, with its interval by simulation.

    Density, cohesion and friction are drawn from triangles over their ranges, independent of
    each other: the ranges say nothing of a correlation, and denser soil is also stronger, so that
    the true interval of one soil at one place is wider.

    Parameters
    ----------
    name : one of `SOILS`
    width_m, depth_m : of the footing, m
    seed : of the draws

    Raises
    ------
    UnknownNameError
        when there is no such soil
    InputError
        when no cohesion or friction is known of it, or the footing is out of range
    """
    one = soil(name)
    if one.cohesion is None or one.friction is None:
        known = [key for key, s in SOILS.items() if s.complete]
        raise InputError(
            f"no cohesion and friction angle of the soil {name!r} is published; take one of "
            f"{', '.join(known)}."
        )
    rng = np.random.default_rng(seed)
    parts = (one.density, one.cohesion, one.friction)
    drawn = ultimate_pressure(
        *(_triangle(rng, part) for part in parts), width_m=width_m, depth_m=depth_m
    )
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    middle = ultimate_pressure(*(p.value for p in parts), width_m=width_m, depth_m=depth_m)
    return BearingCapacity(name, float(middle), float(low), float(high), width_m, depth_m)


def _triangle(rng: np.random.Generator, part: Range) -> NDArray[np.float64]:
    if part.upper <= part.lower:
        return np.full(DRAWS, part.value)
    return rng.triangular(part.lower, part.value, part.upper, DRAWS)
