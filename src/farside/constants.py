"""Physical constants, each with value, unit, one-sigma uncertainty and reference.

Lengths of the Moon stand here by name, because two radii are in use: maps are drawn on the
reference sphere of the IAU, areas and distances are counted on the sphere of mean radius.
"""

from __future__ import annotations

from dataclasses import dataclass

OXIDES = ("TiO2", "FeO", "Al2O3", "MgO", "CaO", "SiO2")
"""The six oxides of every table and array, in this order."""


@dataclass(frozen=True)
class Constant:
    """A physical constant.

    Parameters
    ----------
    name : what it is, in words
    value : in `unit`
    unit : SI unit
    sigma : one standard deviation in `unit`; 0 for a value fixed by convention, NaN where the
        reference states none
    reference : key in ``references.csv``, for `farside.provenance.cite`
    """

    name: str
    value: float
    unit: str
    sigma: float
    reference: str


MAP_RADIUS = Constant(
    name="radius of the reference sphere of lunar maps (IAU_2015:30100)",
    value=1_737_400.0,
    unit="m",
    sigma=0.0,
    reference="archinal2018",
)

MEAN_RADIUS = Constant(
    name="mean radius of the Moon (degree 0 of the LOLA shape)",
    value=1_737_151.0,
    unit="m",
    sigma=float("nan"),
    reference="wieczorek2024",
)
