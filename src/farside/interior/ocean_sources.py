"""What a crystallised magma ocean tells: sources, when KREEP forms, alumina, and what is amiss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.optimize import brentq

from farside.errors import InputError, UnknownNameError
from farside.interior.bounds import check_above
from farside.interior.geometry import check_depth
from farside.interior.magma_ocean import (
    ALUMINA,
    ELEMENTS,
    OXIDES,
    MagmaOcean,
    bulk_coefficients,
    bulk_moon,
    crystallise_ocean,
)
from farside.interior.minerals import ENDS
from farside.interior.ratios import rb_sr, sm_nd

if TYPE_CHECKING:
    from collections.abc import Mapping


LEAD = {"olivine": 1e-4, "orthopyroxene": 1.3e-3, "clinopyroxene": 0.01, "plagioclase": 0.36}
"""Partition coefficients of Pb: McKenzie and O'Nions (1995, doi 10.1093/petrology/36.1.133), as
transcribed in the program BDD21."""

LEAST_LEAD = 1e-12
"""Least Pb of a cumulate over that of the ocean for which mu is told; our choice."""


@dataclass(frozen=True)
class Source:
    """A cumulate as a source of basalt.

    Parameters
    ----------
    solid : share of the ocean that was solid when it formed
    sm_nd, rb_sr : 147Sm/144Nd and 87Rb/86Sr
    mu : 238U/204Pb, of the ocean's mu times (U/Pb) / (U/Pb) of the ocean
    """

    solid: tuple[float, float]
    sm_nd: float
    rb_sr: float
    mu: float


def sources(
    ocean: MagmaOcean, mu: float, lead: Mapping[str, float] | None = None
) -> tuple[Source, ...]:
    """Return the cumulates as sources for the models of `farside.isotopes`.

    Parameters
    ----------
    ocean : crystallised
    mu : 238U/204Pb of the ocean at the beginning
    lead : partition coefficient of Pb by mineral, `LEAD` when left out; 0 for a
        mineral that is not given

    Raises
    ------
    InputError
        when mu is not above 0, a coefficient is negative or not finite, or they are so large that
        a later cumulate holds no Pb
    UnknownNameError
        when a mineral is none of the ocean's
    """
    lead = LEAD if lead is None else lead
    check_above(mu, "mu of the ocean")
    for name, value in lead.items():
        if name not in ENDS:
            raise UnknownNameError.of("mineral", name, ENDS)
        if not 0 <= value < math.inf:
            raise InputError(
                f"the partition coefficient of Pb in {name} is {value:g}; give a finite number "
                "that is not negative."
            )
    found = []
    pb, trapped = 1.0, ocean.trapped
    for step in ocean.steps:
        D = sum(share * lead.get(name, 0.0) for name, share in step.modes.items())
        floated = step.modes.get("plagioclase", 0.0) * ocean.flotation
        kept = D - lead.get("plagioclase", 0.0) * floated
        left = (1 - step.solid[1]) / (1 - step.solid[0])
        effective = (1 - trapped) * D + trapped
        after = pb * left ** (effective - 1)
        mean = (pb - left * after) / ((1 - left) * effective)
        inside = mean * ((1 - trapped) * kept / (1 - floated) + trapped)
        if not inside > LEAST_LEAD:
            raise InputError(
                f"no solution: so large a coefficient of Pb leaves {inside:.2g} of it in a "
                "cumulate and mu without bounds; give smaller ones."
            )
        uranium = step.cumulate["U"] / ocean.start["U"]
        found.append(
            Source(step.solid, sm_nd(step.cumulate), rb_sr(step.cumulate), mu * uranium / inside)
        )
        pb = after
    return tuple(found)


def solid_at(ocean: MagmaOcean, element: str, ppm: float) -> float:
    """Return the solid share at which the liquid reaches a concentration, in its last step or on.

    Raises
    ------
    InputError
        when the element does not gather in the last liquid, or the concentration is none that
        the last step, drawn back or on, reaches between all liquid and all solid
    """
    if element not in ocean.start:
        raise UnknownNameError.of("element", element, ocean.start)
    step = ocean.steps[-1]
    D = float(bulk_coefficients(step.modes)[ELEMENTS.index(element)])
    effective = (1 - ocean.trapped) * D + ocean.trapped
    if not 0 < ppm <= 1e6:
        raise InputError(
            f"the {element} of the liquid is {ppm:g} ppm; give ppm above 0, up to 1e6 (all of it)."
        )
    if effective >= 1:
        raise InputError(
            f"{element} does not gather in the last liquid; give an incompatible element."
        )
    last, slope = 1 - step.solid[1], 1 / (effective - 1)
    # in logarithms, as a power of a small concentration overflows
    left = math.log(last) + slope * (math.log(ppm) - math.log(ocean.urkreep[element]))
    solid = -math.expm1(left) if left <= 0 else math.nan
    if not 0 <= solid < 1:
        at_start, at_end = (
            ocean.urkreep[element] * (last / liquid) ** (1 - effective) for liquid in (1.0, 1e-15)
        )
        raise InputError(
            f"no solution: the liquid never holds {ppm:g} ppm {element}; give {at_start:.2g} to "
            f"{at_end:.2g} ppm ({ocean.urkreep[element]:.2g} ppm at "
            f"{100 * step.solid[1]:.1f} % solid)."
        )
    return solid


def alumina_for(crust_km: float, depth_km: float = 855.0, flotation: float = 1.0) -> float:
    """Return the Al2O3 of the bulk Moon, wt%, whose ocean makes a crust of a thickness.

    Parameters
    ----------
    crust_km : thickness without pores
    depth_km, flotation : as of `crystallise_ocean`

    Raises
    ------
    InputError
        when the thickness cannot be, or none of `ALUMINA` makes it
    """

    def miss(alumina: float) -> float:
        return crystallise_ocean(alumina, depth_km, flotation=flotation).crust_km - crust_km

    check_depth(crust_km, "crust")
    low, high = miss(ALUMINA[0]), miss(ALUMINA[1])
    if low > 0 or high < 0:
        raise InputError(
            f"no solution: {ALUMINA[0]:g}-{ALUMINA[1]:g} wt% Al2O3 make {low + crust_km:.0f}-"
            f"{high + crust_km:.0f} km in an ocean of {depth_km:g} km, not {crust_km:g}; change "
            "depth or flotation."
        )
    return float(brentq(miss, *ALUMINA, xtol=1e-4))


def closure(ocean: MagmaOcean) -> dict[str, float]:
    r"""Return for each oxide what all crystals of an ocean hold over what its bulk Moon has.

    .. math:: \sum_i (s_i' - s_i)\, c_i / c_{bulk}

    1 where the column closes. It does not by more the less the bulk is like that of the experiment,
    of which the minerals are: a Moon poor in alumina is given clinopyroxene that it cannot feed.

    Parameters
    ----------
    ocean : crystallised from a named composition

    Raises
    ------
    UnknownNameError
        when it was crystallised from a content of alumina, so that no other oxide is known
    """
    bulk = bulk_moon(ocean.bulk)
    held = {o: sum((s.solid[1] - s.solid[0]) * s.oxides[o] for s in ocean.steps) for o in OXIDES}
    return {oxide: held[oxide] / bulk[oxide] for oxide in OXIDES if oxide in bulk}
