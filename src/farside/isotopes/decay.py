"""Decay constants per year and the sets in which they are used, each with sigma and reference.

The primary papers were read only in part: a constant marked "as quoted in" was taken from a later
source that cites it. Published uncertainties at coverage factor 2 are halved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from farside.constants import Constant
from farside.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAN = float("nan")


def _rate(name: str, value: float, sigma: float, reference: str) -> Constant:
    return Constant(f"decay constant of {name}", value, "1/a", sigma, reference)


# Jaffey et al. (1971) state 0.00166e-10 and 0.0134e-10 at 95 %; the halves as quoted in IsoplotR.
U238 = _rate("238U", 1.55125e-10, 0.00083e-10, "jaffey1971")
U235 = _rate("235U", 9.8485e-10, 0.0067e-10, "jaffey1971")
# 137.818 +- 0.045 at k = 2 (Hiess et al. 2012), as quoted in IsoplotR (0.0225).
U_RATIO = Constant("238U/235U of zircon and bulk Earth", 137.818, "1", 0.0225, "hiess2012")
U_RATIO_1977 = Constant("238U/235U, convention of 1977", 137.88, "1", NAN, "steiger1977")

# Recommended 1.3972 +- 0.0045 at k = 2; the settings file of IsoplotR carries ten times its sigma.
RB87_VILLA = _rate("87Rb", 1.3972e-11, 0.00225e-11, "villa2015")
# 1.393 +- 0.004 at k = 2, as quoted in Isoplot.jl.
RB87_NEBEL = _rate("87Rb", 1.393e-11, 0.002e-11, "nebel2011")
# 1.3968 +- 0.0027 at k = 2; not read at the source.
RB87_ROTENBERG = _rate("87Rb", 1.3968e-11, 0.00135e-11, "rotenberg2012")
RB87_1977 = _rate("87Rb", 1.42e-11, NAN, "steiger1977")

# 6.524 +- 0.024 at k = 2, as quoted in Isoplot.jl and IsoplotR.
SM147_VILLA = _rate("147Sm", 6.524e-12, 0.012e-12, "villa2020")
# 6.54 with 0.049, as quoted in IsoplotR.
SM147_LUGMAIR = _rate("147Sm", 6.54e-12, 0.049e-12, "lugmair1978")

# 4.9548 + 0.5757 (Renne et al. 2011), total and 0.0132 as quoted in IsoplotR.
K40_RENNE = _rate("40K", 5.5305e-10, 0.0132e-10, "renne2011")
K40_BRANCH = Constant("share of 40K that decays to 40Ca", 0.895, "1", NAN, "vermeesch2018")
K40_1977 = _rate("40K", 5.543e-10, NAN, "steiger1977")
K40_BRANCH_1977 = Constant("share of 40K that decays to 40Ca", 0.8952, "1", NAN, "steiger1977")


@dataclass(frozen=True)
class Preset:
    """A named set of decay constants.

    Parameters
    ----------
    name : how it is chosen
    rates : nuclide to decay constant, 1/a
    u_ratio : 238U/235U
    branch : share of 40K that decays to 40Ca
    """

    name: str
    rates: Mapping[str, Constant]
    u_ratio: Constant = U_RATIO
    branch: Constant = K40_BRANCH

    def references(self, *nuclides: str) -> tuple[str, ...]:
        """Return the keys of the papers behind the rates of the nuclides."""
        keys = [self.rates[nuclide].reference for nuclide in nuclides]
        if "U235" in nuclides:
            keys.append(self.u_ratio.reference)
        if "K40" in nuclides:
            keys.append(self.branch.reference)
        return tuple(dict.fromkeys(keys))


def _preset(name: str, rb: Constant) -> Preset:
    rates = {"Rb87": rb, "Sm147": SM147_VILLA, "K40": K40_RENNE, "U238": U238, "U235": U235}
    return Preset(name, rates)


PRESETS = {
    "isoplotr": _preset("isoplotr", RB87_VILLA),
    "villa2015": _preset("villa2015", RB87_VILLA),
    "nebel2011": _preset("nebel2011", RB87_NEBEL),
    "rotenberg2012": _preset("rotenberg2012", RB87_ROTENBERG),
    "steiger1977": Preset(
        "steiger1977",
        {
            "Rb87": RB87_1977,
            "Sm147": SM147_LUGMAIR,
            "K40": K40_1977,
            "U238": U238,
            "U235": U235,
        },
        U_RATIO_1977,
        K40_BRANCH_1977,
    ),
}
"""Sets by name; they differ in 87Rb but for steiger1977, the convention of older lunar papers."""

DEFAULT = "isoplotr"


def preset(name: str = DEFAULT) -> Preset:
    """Return a set of decay constants.

    Raises
    ------
    UnknownNameError
        when there is no such set

    Examples
    --------
    >>> preset("steiger1977").rates["Rb87"].value
    1.42e-11
    """
    if name not in PRESETS:
        raise UnknownNameError.of("set of decay constants", name, PRESETS)
    return PRESETS[name]
