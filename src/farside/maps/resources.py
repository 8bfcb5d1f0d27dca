"""Resources for a base: ilmenite, oxygen and helium-3 from the oxides, and what cannot be told.

Ilmenite and oxygen follow from stoichiometry and are limits, helium-3 from published ranges at
two ends of TiO2. Each is monotone in one oxide, so that the interval of the oxide goes through
exactly. Of hydrogen nothing can be told from the layers that ship; see `HYDROGEN`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from farside.maps._draws import check_oxide_map, coverage_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

ATOMIC = {"O": 15.999, "Ti": 47.867, "Fe": 55.845}
"""g/mol: standard atomic weights of IUPAC, abridged (2021)."""

TIO2 = ATOMIC["Ti"] + 2 * ATOMIC["O"]
FEO = ATOMIC["Fe"] + ATOMIC["O"]
ILMENITE = ATOMIC["Fe"] + ATOMIC["Ti"] + 3 * ATOMIC["O"]

RECOVERED = 0.6
"""Least share of the stoichiometric oxygen of ilmenite that hydrogen gets out of soil: the Apollo
11 soil 10084 gave 0.94 wt% (Sargeant et al. 2020, as quoted in later work), and its 7.8 wt% TiO2
(Lunar Sourcebook Table 7.15) would give 1.56 if all of it were ilmenite."""

HELIUM_TIO2_WT = (0.54, 8.4)
"""TiO2 of the mean soils of Apollo 16 and of the Apollo 17 valley, wt% (Lunar Sourcebook 7.15)."""

HELIUM_PPM = ((3.0, 9.0), (15.0, 50.0))
"""Total helium of highland and of high-Ti (Apollo 17) mare soils, ppm by mass, least and greatest
(Taylor 1991, Helium abundances on the moon, NASA NTRS 19910016782, abstract)."""

HELIUM_4_TO_3 = 2450.0
HELIUM_4_TO_3_1S = 460.0
"""Atoms of 4He per 3He in the solar wind (Bodmer & Bochsler, Ulysses/SWICS 1991-1996, abstract)."""

HELIUM_MASS = (3.016, 4.003)
"""g/mol of 3He and 4He."""

HYDROGEN = (
    "not from these layers: hydrogen shows in epithermal neutrons, and the layers hold fast and "
    "thermal counts, which follow iron, titanium and rare earths; no dip of the fast ones is seen "
    "even at the poles (Feldman et al. 1998, doi 10.1126/science.281.5382.1496). Published: 100 to "
    "150 ppm on average near both poles (Lawrence et al. 2006, doi 10.1029/2005JE002637)"
)


def ilmenite(tio2_wt: ArrayLike) -> Float:
    """Return the ilmenite FeTiO3 that holds all of the TiO2, wt%: an upper limit.

    Part of the titanium of soil is in glass and pyroxene.

    Examples
    --------
    >>> f"{float(ilmenite(52.65)):.1f}"  # pure ilmenite
    '100.0'
    """
    return np.asarray(np.asarray(tio2_wt, dtype=float) * ILMENITE / TIO2, dtype=np.float64)


def oxygen_of_ilmenite(tio2_wt: ArrayLike) -> Float:
    """Return the oxygen that hydrogen takes from ilmenite, wt% of the soil: an upper limit.

    FeTiO3 + H2 -> Fe + TiO2 + H2O, one O per TiO2, all TiO2 in ilmenite, reaction complete.
    """
    return np.asarray(np.asarray(tio2_wt, dtype=float) * ATOMIC["O"] / TIO2, dtype=np.float64)


def oxygen_of_iron(feo_wt: ArrayLike) -> Float:
    """Return the oxygen bound to Fe2+, wt% of the soil: the ceiling of reduction by hydrogen.

    Yields of soils and glasses at 1050 degrees C follow total iron (Allen et al. 1996, doi
    10.1029/96JE02726, abstract); those of mare soil and glass are 2-5 wt% (Allen et al. 1994,
    abstract). The regression of that paper could not be read and is not used.
    """
    return np.asarray(np.asarray(feo_wt, dtype=float) * ATOMIC["O"] / FEO, dtype=np.float64)


def helium_3(tio2_wt: ArrayLike) -> tuple[Float, Float, Float]:
    """Return helium-3 of mature soil, ppb by mass: middle, least and greatest.

    Total helium is interpolated in TiO2 between the published ranges of highland and of high-Ti
    mare soils, constant beyond them, and divided by the solar wind's 4He/3He. Interpolating is our
    choice. Published relations add maturity (OMAT) and the fluence of the solar wind (Johnson et
    al. 1999, doi 10.1029/1998GL900305), which is larger on the far side; their coefficients could
    not be read and no layer of OMAT ships, so that both are inside the spread or outside of it.

    Parameters
    ----------
    tio2_wt : wt%
    """
    share = HELIUM_MASS[0] / HELIUM_MASS[1] / HELIUM_4_TO_3 * 1000
    wide = HELIUM_4_TO_3_1S / HELIUM_4_TO_3
    least, greatest = (
        np.interp(
            np.asarray(tio2_wt, dtype=float), HELIUM_TIO2_WT, [ends[k] for ends in HELIUM_PPM]
        )
        for k in (0, 1)
    )
    middle = (least + greatest) / 2 * share
    return middle, least * share / (1 + wide), greatest * share / (1 - wide)


@dataclass(frozen=True)
class Resource:
    """A resource: how it follows from an oxide, in what unit, and what the figure means."""

    name: str
    unit: str
    oxide: str
    middle: Callable[[ArrayLike], Float]
    least: Callable[[ArrayLike], Float]
    greatest: Callable[[ArrayLike], Float]
    meaning: str


RESOURCES: tuple[Resource, ...] = (
    Resource(
        "ilmenite", "wt%", "TiO2", ilmenite, ilmenite, ilmenite,
        "upper limit: all TiO2 in ilmenite",
    ),
    Resource(
        "oxygen_ilmenite", "wt%", "TiO2", oxygen_of_ilmenite,
        lambda t: RECOVERED * oxygen_of_ilmenite(t), oxygen_of_ilmenite,
        "from ilmenite by hydrogen, complete; the lower bound recovers 60 % of it",
    ),
    Resource(
        "oxygen_iron", "wt%", "FeO", oxygen_of_iron, oxygen_of_iron, oxygen_of_iron,
        "ceiling: all Fe2+ reduced, glass and silicates too",
    ),
    Resource(
        "helium_3", "ppb", "TiO2",
        lambda t: helium_3(t)[0], lambda t: helium_3(t)[1], lambda t: helium_3(t)[2],
        "mature soil, between published ranges; maturity and solar-wind fluence not known",
    ),
)  # fmt: skip


def resources(oxides: xr.Dataset) -> xr.Dataset:
    """Return the resources of a map of oxides, each with its interval.

    Parameters
    ----------
    oxides : ``value``, ``lower``, ``upper`` over ``oxide`` and any other dimensions, wt%

    Returns
    -------
    xarray.Dataset
        ``value``, ``lower``, ``upper`` over ``resource`` and the dimensions of the map, with the
        units in the coordinate ``unit``; lower and upper join the interval of the oxide with the
        spread of the relation, so that their coverage is at least that of the map

    Raises
    ------
    InputError
        when the map is not one of oxides
    """
    checked = check_oxide_map(oxides)
    like = checked["value"].isel(oxide=0, drop=True)
    parts: dict[str, list[Float]] = {"value": [], "lower": [], "upper": []}
    for one in RESOURCES:
        wt = checked.sel(oxide=one.oxide)
        parts["value"].append(one.middle(wt["value"].to_numpy()))
        parts["lower"].append(one.least(np.maximum(wt["lower"].to_numpy(), 0)))
        parts["upper"].append(one.greatest(np.maximum(wt["upper"].to_numpy(), 0)))
    coords = {
        **like.coords,
        "resource": [one.name for one in RESOURCES],
        "unit": ("resource", [one.unit for one in RESOURCES]),
        "meaning": ("resource", [one.meaning for one in RESOURCES]),
    }
    dims = ("resource", *like.dims)
    found = {name: (dims, np.stack(part)) for name, part in parts.items()}
    return xr.Dataset(found, coords, {"coverage": coverage_of(oxides), "hydrogen": HYDROGEN})
