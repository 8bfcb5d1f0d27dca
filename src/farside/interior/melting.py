"""Partial melting and crystallisation of trace elements, and sources made by a magma ocean.

Batch and fractional melting after Shaw (1970, doi 10.1016/0016-7037(70)90009-8), crystallisation
after Rayleigh. Melting is modal: the minerals melt in the proportions in which they are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from farside.datasets.analyses import load_partition_coefficients
from farside.errors import InputError, UnknownNameError
from farside.interior.bounds import (
    check_above,
    check_coefficient,
    check_from,
    check_modes,
    check_share,
)
from farside.style import settings_kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

BULK = "Pyrolite_MS95"
"""Refractory elements of the silicate Earth, 2.75 x CI chondrite (McDonough and Sun 1995, doi
10.1016/0009-2541(94)00140-4)."""
REFRACTORY = (1.0, 1.5)
"""Refractory elements of the Moon over those of the silicate Earth. Estimates fall into two
schools: the same (Longhi 2006) and half as much again (Taylor, Taylor and Taylor 2006); both as
told by G. J. Taylor (2007, http://www.psrd.hawaii.edu/April07/Moon2Views.html)."""
EARLY = {"olivine": 0.5, "orthopyroxene": 0.5}
"""Minerals that leave the magma ocean before the cumulate of the source: an assumption, of little
weight, as rare earths are incompatible in both."""


def batch_melt(source: ArrayLike, D: ArrayLike, melting: ArrayLike) -> Float:
    """Return the melt in equilibrium with its residue, C = C0 / (D + F (1 - D)).

    Parameters
    ----------
    source : concentration C0, any unit
    D : bulk partition coefficient of the solid
    melting : melted fraction F, 0 < F <= 1

    Raises
    ------
    InputError
        when a concentration or coefficient is negative or not finite, or F is no such fraction
    """
    F, C0 = _fraction(melting, "melted fraction"), check_from(source, "a concentration")
    coefficient = check_coefficient(D)
    return np.asarray(C0 / (coefficient + F * (1 - coefficient)))


def fractional_melt(source: ArrayLike, D: ArrayLike, melting: ArrayLike) -> Float:
    """Return all melts drawn off one after the other, together: C = C0 / F (1 - (1 - F)^(1/D)).

    Parameters
    ----------
    source, D, melting : as of `batch_melt`; D > 0

    Raises
    ------
    InputError
        as of `batch_melt`, and for a coefficient of 0
    """
    F, C0 = _fraction(melting, "melted fraction"), check_from(source, "a concentration")
    coefficient = check_above(D, "a partition coefficient")
    with np.errstate(divide="ignore", under="ignore"):
        left = np.where(F < 1, np.exp(np.log1p(-np.minimum(F, 1 - 1e-16)) / coefficient), 0.0)
    return np.asarray(C0 / F * (1 - left))


def crystallise(melt: ArrayLike, D: ArrayLike, crystallised: ArrayLike) -> Float:
    """Return the melt left after crystals were taken away, C = C0 (1 - x)^(D - 1).

    Parameters
    ----------
    melt : concentration before, any unit
    D : bulk partition coefficient of the crystals
    crystallised : fraction x of the melt that has crystallised, 0 <= x < 1

    Raises
    ------
    InputError
        when a concentration or coefficient is negative or not finite, or x is no such fraction
    """
    x = np.asarray(crystallised, dtype=float)
    if not x.size or not ((x >= 0) & (x < 1)).all():
        raise InputError("a crystallised fraction is from 0 to below 1, not in per cent.")
    C, coefficient = check_from(melt, "a concentration"), check_coefficient(D)
    return np.asarray(C * (1 - x) ** (coefficient - 1))


def _fraction(value: ArrayLike, what: str) -> Float:
    fraction = np.asarray(value, dtype=float)
    if not fraction.size or not ((fraction > 0) & (fraction <= 1)).all():
        raise InputError(f"a {what} is above 0 and at most 1, not in per cent.")
    return fraction


# -- partition coefficients --------------------------------------------------------------------


def coefficients(elements: Sequence[str], name: str = "warren2016") -> dict[str, Float]:
    """Return the partition coefficients of each mineral.

    Minerals that a set lacks are those of ``mckenzie1991``. Pigeonite is the geometric mean of
    orthopyroxene and clinopyroxene, between which it stands in calcium: an assumption, for want
    of a table that could be read.

    Parameters
    ----------
    elements : names of elements
    name : of a set of `farside.datasets.analyses.load_partition_coefficients`

    Returns
    -------
    dict
        olivine, orthopyroxene, pigeonite, clinopyroxene, plagioclase: arrays, shape (elements,)

    Raises
    ------
    UnknownNameError
        when there is no such set, or an element is in neither
    """
    table = load_partition_coefficients()
    if name not in set(table["set"]):
        raise UnknownNameError.of("set of partition coefficients", name, set(table["set"]))
    known: dict[str, dict[str, float]] = {}
    for which in ("mckenzie1991", name):
        for mineral, element, value in table.loc[
            table["set"] == which, ["mineral", "element", "D"]
        ].itertuples(index=False):
            known.setdefault(str(mineral), {})[str(element)] = float(value)
    for element in elements:
        if element not in known["olivine"]:
            raise UnknownNameError.of("element", element, known["olivine"])
    found = {mineral: np.array([row[e] for e in elements]) for mineral, row in known.items()}
    found["pigeonite"] = np.sqrt(found["orthopyroxene"] * found["clinopyroxene"])
    return found


def bulk(modes: Mapping[str, float], minerals: Mapping[str, Float]) -> Float:
    """Return the bulk partition coefficient, the mean over minerals by weight.

    Parameters
    ----------
    modes : share of each mineral, any scale
    minerals : partition coefficients, see `coefficients`

    Raises
    ------
    UnknownNameError
        when a mineral has no coefficients
    InputError
        when a share is negative or not finite, or all are 0
    """
    unknown = sorted(set(modes) - set(minerals))
    if unknown:
        raise UnknownNameError.of("mineral", unknown[0], minerals)
    total = sum(check_modes(modes).values())
    parts = [share / total * minerals[mineral] for mineral, share in modes.items()]
    return np.asarray(np.sum(parts, axis=0))


# -- recipes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """How a basalt was made, as published.

    Parameters
    ----------
    name : of the basalt
    solidified : fraction of the magma ocean that was solid when the source formed (PCS / 100)
    trapped : range of the fraction of its liquid that stayed in the source (TIRL)
    source, crystals : minerals of the source and of what crystallised, by weight
    melting, crystallisation : published ranges
    reference : key in ``references.csv``
    """

    name: str
    solidified: float
    trapped: tuple[float, float]
    source: Mapping[str, float]
    crystals: Mapping[str, float]
    melting: tuple[float, float]
    crystallisation: tuple[float, float]
    reference: str


CHANGE_5 = Recipe(
    "Chang'e-5 basalt",
    0.86,
    (0.015, 0.025),
    {
        "olivine": 48,
        "orthopyroxene": 23,
        "pigeonite": 23,
        "clinopyroxene": 3,
        "plagioclase": 3,
    },
    {"olivine": 7.5, "clinopyroxene": 42, "pigeonite": 2.5, "plagioclase": 8.5},
    (0.02, 0.03),
    (0.78, 0.88),
    "tian2021",
)
"""Tian et al. (2021, doi 10.1038/s41586-021-04119-5), caption of Fig. 4: source of 86 PCS with 2 %
TIRL (here 1.5-2.5), 2-3 % melting and 78-88 % crystallisation to the bulk basalt, which is what an
analysis of basalt or soil is compared with. The crystals are the mean of the two that the caption
gives in per cent of the melt, 10 olivine, 25 augite, 2 pigeonite and 6 plagioclase (sum 43) and 5,
59, 3 and 11 (sum 78). Their source was digitised from a model of the magma ocean by others, and
their partition coefficients stand in a supplementary table; neither could be read, so that the
source here is this module's own."""
PARENT_5 = (0.43, 0.78)
"""Crystallisation from the first melt to the parental melt of Chang'e-5, of the same caption: that
melt is not a rock but was computed from the core of the most magnesian clinopyroxene."""

CHANGE_6 = Recipe(
    "Chang'e-6 basalt",
    0.86,
    (0.0, 0.005),
    CHANGE_5.source,
    {"olivine": 0.4, "clinopyroxene": 0.6},
    (0.03, 0.07),
    (0.21, 0.59),
    "yin2025",
)
"""Yin et al. (2025), abstract: 3-7 % batch melting of a depleted source, then 21-59 %
crystallisation, mostly olivine and clinopyroxene. The abstract gives no source: taken is that of
Chang'e-5 with next to no trapped liquid, and crystals of 40 % olivine."""
RECIPES = {"ce5": CHANGE_5, "ce6": CHANGE_6}


def magma_ocean_source(
    recipe: Recipe,
    minerals: Mapping[str, Float],
    elements: Sequence[str],
    trapped: float,
    scale: float = 1.0,
) -> Float:
    """Return a source in ppm: a cumulate of the magma ocean with some of its liquid.

    The liquid at the solidified fraction p holds L = C0 (1 - p)^(D - 1), D of `EARLY`; the source
    holds (1 - t) D L + t L, D of its own minerals, t the trapped fraction.

    Parameters
    ----------
    recipe : solidified fraction and minerals
    minerals : partition coefficients
    elements : refractory elements, of `BULK`
    trapped : fraction of liquid in the source
    scale : refractory elements of the Moon over those of `BULK`, see `REFRACTORY`

    Raises
    ------
    InputError
        when the trapped fraction is no share, or the scale is not above 0
    """
    check_share(trapped, "the share of trapped liquid")
    check_above(scale, "the scale of the refractory elements")
    whole = scale * np.array(_bulk_moon(tuple(elements)))
    liquid = crystallise(whole, bulk(EARLY, minerals), recipe.solidified)
    solid = bulk(recipe.source, minerals) * liquid
    return np.asarray((1 - trapped) * solid + trapped * liquid)


@cache
def _bulk_moon(elements: tuple[str, ...]) -> tuple[float, ...]:
    with settings_kept():
        from pyrolite.geochem.norm import get_reference_composition  # noqa: PLC0415

    composition = get_reference_composition(BULK)
    composition.set_units("ppm")
    return tuple(float(composition[element]) for element in elements)


def basalt(
    source: Float, minerals: Mapping[str, Float], recipe: Recipe, melting: ArrayLike, x: ArrayLike
) -> Float:
    """Return a basalt in the unit of its source: batch melt, then crystallisation.

    Parameters
    ----------
    source : shape (elements,)
    minerals : partition coefficients
    recipe : minerals of source and crystals
    melting, x : melted and crystallised fractions, shapes that broadcast to (..., 1)
    """
    melt = batch_melt(source, bulk(recipe.source, minerals), melting)
    return crystallise(melt, bulk(recipe.crystals, minerals), x)
