"""Ratios of the isotopes that date and trace sources, from concentrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.errors import InputError
from farside.interior.bounds import check_above

if TYPE_CHECKING:
    from collections.abc import Mapping


def _ppm(ppm: Mapping[str, float], name: str) -> float:
    if name not in ppm:
        given = ", ".join(ppm) or "none"
        raise InputError(f"the ratio needs {name} in ppm; given: {given}.")
    return float(check_above(ppm[name], name, " ppm"))


def sm_nd(ppm: Mapping[str, float]) -> float:
    """Return 147Sm/144Nd from Sm and Nd in ppm.

    147Sm is 15.00 % of Sm (150.36 u) and 144Nd 23.798 % of Nd (144.242 u): IUPAC 2013
    (doi 10.1515/pac-2015-0503). `InputError` unless both are there and above 0.
    """
    sm, nd = (_ppm(ppm, name) for name in ("Sm", "Nd"))
    return sm / 150.36 * 0.1500 / (nd / 144.242 * 0.23798)


def rb_sr(ppm: Mapping[str, float]) -> float:
    """Return 87Rb/86Sr from Rb and Sr in ppm.

    87Rb is 27.83 % of Rb (85.4678 u) and 86Sr 9.86 % of Sr (87.62 u): IUPAC 2013
    (doi 10.1515/pac-2015-0503). `InputError` unless both are there and above 0.
    """
    rb, sr = (_ppm(ppm, name) for name in ("Rb", "Sr"))
    return rb / 85.4678 * 0.2783 / (sr / 87.62 * 0.0986)
