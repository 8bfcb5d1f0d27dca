"""Densities of the minerals of magma ocean cumulates, at the surface and 298 K.

Molar volumes of Holland and Powell (2011, doi 10.1111/j.1525-1314.2010.00923.x), as transcribed in
the program BurnMan; magnesium and iron mix by mole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.errors import InputError, UnknownNameError
from farside.interior.bounds import check_from, check_share

if TYPE_CHECKING:
    from collections.abc import Mapping

# molar mass g/mol and volume cm3/mol of the magnesian and the ferrous end member; a mineral with
# one end member has it twice
ENDS = {
    "olivine": ((140.693, 43.66), (203.774, 46.31)),
    "orthopyroxene": ((200.777, 62.62), (263.857, 65.92)),
    "clinopyroxene": ((216.550, 66.19), (248.090, 67.95)),
    "plagioclase": ((278.207, 100.79), (278.207, 100.79)),
    "Ti-spinel": ((223.555, 46.82), (223.555, 46.82)),
}
"""Forsterite and fayalite, enstatite and ferrosilite, diopside and hedenbergite, anorthite,
ulvospinel."""


def molar_mg(oxides: Mapping[str, float]) -> float:
    """Return the molar Mg/(Mg+Fe) of oxides in wt%; masses of MgO and FeO in g/mol.

    `InputError` when one is negative or not finite, or both are 0.
    """
    mgo, feo = (float(check_from(oxides[name], name, unit=" wt%")) for name in ("MgO", "FeO"))
    if mgo + feo == 0:
        raise InputError("MgO and FeO are both 0 wt%: they have no Mg/(Mg+Fe).")
    mg, fe = mgo / 40.304, feo / 71.844
    return mg / (mg + fe)


def density(mineral: str, mg: float) -> float:
    """Return the density in kg/m3.

    Parameters
    ----------
    mineral : a key of `ENDS`
    mg : molar Mg/(Mg+Fe)

    Examples
    --------
    >>> round(density("olivine", 1.0))
    3222
    """
    if mineral not in ENDS:
        raise UnknownNameError.of("mineral", mineral, ENDS)
    share = check_share(mg, "Mg/(Mg+Fe)")
    (m1, v1), (m2, v2) = ENDS[mineral]
    return 1000.0 * (share * m1 + (1 - share) * m2) / (share * v1 + (1 - share) * v2)
