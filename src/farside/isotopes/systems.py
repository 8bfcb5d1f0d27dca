r"""Decay systems: which ratios make an isochron, how its slope becomes an age, what is plausible.

Rb-Sr, Sm-Nd, K-Ca: slope = B (e^{lambda t} - 1), B the share of decays to the daughter (1 but for
40K). Pb-Pb: the ratio of radiogenic lead

.. math:: \left(\frac{^{207}Pb}{^{206}Pb}\right)^* =
   \frac{e^{\lambda_{235} t} - 1}{(^{238}U/^{235}U)\,(e^{\lambda_{238} t} - 1)}

is the slope of the normal isochron (207/204 over 206/204) and the intercept of the inverse one
(207/206 over 204/206).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from farside.isotopes.decay import Preset
    from farside.isotopes.points import Points

MA = 1e6
"""Years in a million years."""
OLDEST_MA = 4567.3
"""Age of the oldest solids of the solar system, Ma (Connelly et al. 2012); older is flagged."""


@dataclass(frozen=True)
class System:
    """A decay system on one kind of isochron.

    Parameters
    ----------
    name : such as ``"rb-sr"``
    x, y : the ratios, as (element, mass) over (element, mass)
    nuclides : parents whose decay constants count
    uses : which of the line tells the age, ``"slope"`` or ``"intercept"``
    initial : name of the initial ratio, the intercept; empty where the line gives none
    y_range : plausible y of a rock or mineral, wide; outside of it ratios were exchanged
    """

    name: str
    x: str
    y: str
    nuclides: tuple[str, ...]
    uses: str
    initial: str
    y_range: tuple[float, float]


SYSTEMS = {
    system.name: system
    for system in (
        # The lowest 87Sr/86Sr of the solar system is near 0.6989; old micas reach far above 1.
        System("rb-sr", "87Rb/86Sr", "87Sr/86Sr", ("Rb87",), "slope", "87Sr/86Sr", (0.69, 1e3)),
        # Chondritic 0.5067 at 4.56 Ga to garnets at several times today's 0.5126.
        System("sm-nd", "147Sm/144Nd", "143Nd/144Nd", ("Sm147",), "slope", "143Nd/144Nd", (0.5, 5)),
        System("k-ca", "40K/44Ca", "40Ca/44Ca", ("K40",), "slope", "40Ca/44Ca", (40.0, 1e6)),
        # No lead is less radiogenic than that of Canyon Diablo troilite, 9.307 and 10.294.
        System("pb-pb", "206Pb/204Pb", "207Pb/204Pb", ("U238", "U235"), "slope", "", (10.0, 1e6)),
        System(
            "pb-pb-inverse",
            "204Pb/206Pb",
            "207Pb/206Pb",
            ("U238", "U235"),
            "intercept",
            "",
            (0.04, 1.2),
        ),
    )
}


def system(name: str) -> System:
    """Return a decay system by name.

    Raises
    ------
    UnknownNameError
        when there is none of that name
    """
    if name not in SYSTEMS:
        raise UnknownNameError.of("decay system", name, SYSTEMS)
    return SYSTEMS[name]


def check_ratios(points: Points, of: System) -> None:
    """Raise `InputError` when the ratios look exchanged or cannot be those of the system."""
    low, high = of.y_range
    outside = (points.y + 3 * points.sy < low) | (points.y - 3 * points.sy > high)
    if not outside.any():
        return
    at = ", ".join(points.labels[i] for i in np.flatnonzero(outside)[:5])
    inside = (points.x >= low) & (points.x <= high)
    if inside.all():
        raise InputError(
            f"{of.y} of point {at} lies outside {low:g} to {high:g} while every {of.x} lies within "
            f"it: the two ratios are exchanged; give {of.x} as x and {of.y} as y."
        )
    raise InputError(
        f"{of.y} of point {at} lies outside the plausible {low:g} to {high:g}; give {of.y} as y "
        f"(a ratio, not its inverse, an epsilon or a concentration) and {of.x} as x."
    )


def radiogenic_lead(age_ma: float, constants: Preset) -> float:
    """Return (207Pb/206Pb)* of an age in Ma; the limit at 0 is that of uranium today.

    Examples
    --------
    >>> from farside.isotopes.decay import preset
    >>> round(radiogenic_lead(2830.0, preset()), 7)
    0.2005569
    """
    l8, l5 = constants.rates["U238"].value, constants.rates["U235"].value
    t = age_ma * MA
    ratio = l5 / l8 if t == 0 else np.expm1(l5 * t) / np.expm1(l8 * t)
    return float(ratio / constants.u_ratio.value)


@dataclass(frozen=True)
class Age:
    """An age in Ma with errors of one sigma.

    Parameters
    ----------
    value : Ma
    internal : from the error of slope or intercept alone
    external : from decay constants, branching and 238U/235U alone; NaN where none is published
    """

    value: float
    internal: float
    external: float

    @property
    def total(self) -> float:
        """Internal and external error together."""
        return float(np.hypot(self.internal, self.external))


def age(value: float, sigma: float, of: System, constants: Preset) -> Age:
    """Return the age that belongs to a slope (or intercept, for inverse Pb-Pb).

    Parameters
    ----------
    value, sigma : of the slope or intercept, one sigma
    of : the decay system
    constants : its decay constants

    Raises
    ------
    InputError
        when no age has this slope or intercept
    """
    if of.nuclides == ("U238", "U235"):
        return _lead_age(value, sigma, constants)
    rate = constants.rates[of.nuclides[0]]
    branch = constants.branch.value if of.nuclides == ("K40",) else 1.0
    growth = 1.0 + value / branch
    if growth <= 0:
        raise InputError(
            f"a slope of {value:.6g} has no age: it must be above {-branch:g}; the ratios may be "
            "exchanged or the points no isochron."
        )
    t = float(np.log(growth) / rate.value)
    internal = sigma / (branch * growth * rate.value)
    external = abs(t) * rate.sigma / rate.value
    if branch != 1.0 and np.isfinite(constants.branch.sigma):
        by_branch = value / (branch**2 * growth * rate.value) * constants.branch.sigma
        external = float(np.hypot(external, by_branch))
    return Age(t / MA, float(internal) / MA, external / MA)


def _lead_age(value: float, sigma: float, constants: Preset) -> Age:
    low, high = radiogenic_lead(0.0, constants), radiogenic_lead(8000.0, constants)
    if not low <= value <= high:
        raise InputError(
            f"a radiogenic 207Pb/206Pb of {value:.6g} has no age between 0 and 8000 Ma "
            f"({low:.5f} to {high:.4f}); normal and inverse isochrons may be confused."
        )
    ma = float(brentq(lambda t: radiogenic_lead(t, constants) - value, 0.0, 8000.0, xtol=1e-10))
    t = ma * MA
    r5, r8 = constants.rates["U235"], constants.rates["U238"]
    e5, e8 = np.exp(r5.value * t), np.exp(r8.value * t)
    if ma < 1e-6:
        return Age(ma, float("nan"), float("nan"))
    by_time = value * (r5.value * e5 / (e5 - 1) - r8.value * e8 / (e8 - 1))
    by_5 = value * t * e5 / (e5 - 1)
    by_8 = -value * t * e8 / (e8 - 1)
    by_u = -value / constants.u_ratio.value
    parts = [by_5 * r5.sigma, by_8 * r8.sigma]
    if np.isfinite(constants.u_ratio.sigma):
        parts.append(by_u * constants.u_ratio.sigma)
    external = float(np.sqrt(np.sum(np.square(parts))) / by_time)
    return Age(ma, float(sigma / by_time) / MA, external / MA)
