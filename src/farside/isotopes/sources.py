r"""The mantle source behind a basalt: initial 87Sr/86Sr, epsilon Nd, model ages, kind of source.

Initial ratio D - P (e^{lambda t} - 1); epsilon Nd against the chondritic reservoir at the same
time; model ages against BABI, LUNI or CHUR. Errors are propagated by first derivatives; those of
decay constants and reservoirs on request, for they are shared by all samples. Lead is in
`farside.isotopes.lead`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from farside.errors import InputError, UnknownNameError
from farside.isotopes.decay import DEFAULT, preset
from farside.isotopes.propagate import spread
from farside.isotopes.systems import MA

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from farside.constants import Constant

    Float = NDArray[np.float64]


@dataclass(frozen=True)
class Reservoir:
    """A reference reservoir of a parent-daughter pair.

    Parameters
    ----------
    name : how it is chosen
    parent, parent_1s : parent/daughter ratio today (0: an initial ratio that does not grow)
    daughter, daughter_1s : daughter ratio today, or the initial ratio
    reference : key of its paper
    """

    name: str
    parent: float
    parent_1s: float
    daughter: float
    daughter_1s: float
    reference: str


# 0.1960 +- 4 and 0.512630 +- 11 (2 SEM, last digits); not read at the source, values as used by
# later programs.
CHUR_BOUVIER = Reservoir("bouvier2008", 0.1960, 0.0002, 0.512630, 0.0000055, "bouvier2008")
# 0.1967 from the abstract; 0.512638 is its 0.511836 renormalised to 146Nd/144Nd = 0.7219, as later
# programs use it. No error stated.
CHUR_JACOBSEN = Reservoir("jacobsen1980", 0.1967, 0.0, 0.512638, 0.0, "jacobsen1980")
CHURS = {chur.name: chur for chur in (CHUR_BOUVIER, CHUR_JACOBSEN)}

# 0.69898 +- 3 (abstract).
BABI = Reservoir("babi", 0.0, 0.0, 0.69898, 0.00003, "papanastassiou1971")
# Not read at the source.
LUNI = Reservoir("luni", 0.0, 0.0, 0.69903, 0.0, "nyquist1974")
SR_INITIALS = {babi.name: babi for babi in (BABI, LUNI)}


@dataclass(frozen=True)
class Ratio:
    """A measured pair: parent/daughter ratio and daughter ratio today; errors one sigma."""

    parent: float
    parent_1s: float
    daughter: float
    daughter_1s: float

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if min(self.parent, self.parent_1s, self.daughter_1s) < 0 or self.daughter <= 0:
            raise InputError("ratios and errors must not be negative; give one sigma each.")


@dataclass(frozen=True)
class Value:
    """A figure with one sigma, its unit and the keys of its papers."""

    value: float
    sigma: float
    unit: str
    references: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**self.__dict__, "references": list(self.references)}

    def __str__(self) -> str:
        """Return value and error."""
        return f"{self.value:.7g} ± {self.sigma:.2g} {self.unit}".strip()


def initial_ratio(
    today: Ratio,
    age_ma: float,
    age_1s: float,
    nuclide: str,
    *,
    constants: str = DEFAULT,
    external: bool = False,
) -> Value:
    """Return the daughter ratio at an age: D - P (e^(lambda t) - 1).

    Parameters
    ----------
    today : measured
    age_ma, age_1s : Ma
    nuclide : ``"Rb87"`` or ``"Sm147"``
    constants : name of a set of decay constants
    external : whether the error of the decay constant counts
    """
    rate = _rate(nuclide, constants)

    def work(p: Float) -> float:
        return float(p[1] - p[0] * np.expm1(p[3] * p[2] * MA))

    centre = np.array([today.parent, today.daughter, age_ma, rate.value])
    return _value(work, centre, _sigmas(today, age_1s, rate, external=external), "", rate.reference)


def epsilon_nd(
    today: Ratio,
    age_ma: float,
    age_1s: float = 0.0,
    *,
    chur: str = "bouvier2008",
    constants: str = DEFAULT,
    external: bool = False,
) -> Value:
    """Return epsilon Nd at an age: parts in 10^4 by which 143Nd/144Nd exceeds that of CHUR.

    Parameters
    ----------
    today : 147Sm/144Nd and 143Nd/144Nd
    age_ma, age_1s : Ma
    chur : a key of `CHURS`
    constants : name of a set of decay constants
    external : whether errors of CHUR and of the decay constant count
    """
    if chur not in CHURS:
        raise UnknownNameError.of("CHUR", chur, CHURS)
    of, rate = CHURS[chur], _rate("Sm147", constants)

    def work(p: Float) -> float:
        grown = np.expm1(p[3] * p[2] * MA)
        return float(((p[1] - p[0] * grown) / (p[5] - p[4] * grown) - 1.0) * 1e4)

    centre = np.array([today.parent, today.daughter, age_ma, rate.value, of.parent, of.daughter])
    more = [of.parent_1s, of.daughter_1s] if external else [0.0, 0.0]
    sigmas = np.append(_sigmas(today, age_1s, rate, external=external), more)
    return _value(work, centre, sigmas, "epsilon", rate.reference, of.reference)


def model_age(
    today: Ratio,
    reservoir: Reservoir,
    nuclide: str,
    *,
    constants: str = DEFAULT,
    external: bool = False,
) -> Value:
    """Return the age, Ma, at which a sample had the ratio of a reservoir (BABI, LUNI, CHUR).

    t = ln(1 + (D - D_r) / (P - P_r)) / lambda

    Raises
    ------
    InputError
        when the parent ratios are so alike that the two never met
    """
    rate = _rate(nuclide, constants)

    def work(p: Float) -> float:
        return float(np.log1p((p[1] - p[5]) / (p[0] - p[4])) / p[3] / MA)

    gap = today.parent - reservoir.parent
    growth = (today.daughter - reservoir.daughter) / gap if gap else np.inf
    if not np.isfinite(growth) or growth <= -1 or abs(gap) <= 2 * today.parent_1s:
        raise InputError(
            f"the parent/daughter ratio {today.parent:g} ± {today.parent_1s:g} is that of "
            f"{reservoir.name} within its error, or evolves away from it: there is no model age."
        )
    centre = np.array(
        [today.parent, today.daughter, 0.0, rate.value, reservoir.parent, reservoir.daughter]
    )
    more = [reservoir.parent_1s, reservoir.daughter_1s] if external else [0.0, 0.0]
    sigmas = np.append(_sigmas(today, 0.0, rate, external=external), more)
    return _value(work, centre, sigmas, "Ma", rate.reference, reservoir.reference)


def source_parent_ratio(
    initial: float,
    initial_1s: float,
    age_ma: float,
    *,
    start: tuple[float, float],
    nuclide: str,
    constants: str = DEFAULT,
) -> Value:
    """Return the parent/daughter ratio (as today) of a source that grew to an initial ratio.

    Parameters
    ----------
    initial, initial_1s : of the basalt at its age
    age_ma : of the basalt, Ma
    start : daughter ratio with which the source began, and when, Ma
    nuclide : ``"Rb87"`` or ``"Sm147"``
    """
    rate = _rate(nuclide, constants)
    first, begin = start
    if not 0 <= age_ma < begin:
        raise InputError(f"the age {age_ma:g} Ma is not between 0 and the start, {begin:g} Ma.")
    grown = float(np.exp(rate.value * begin * MA) - np.exp(rate.value * age_ma * MA))
    return Value((initial - first) / grown, initial_1s / grown, "", (rate.reference,))


# -- depleted or KREEP-rich --------------------------------------------------------------------

FREE_BELOW = 0.700
"""Initial 87Sr/86Sr up to which a source counts as free of KREEP (Nat. Commun. 2022)."""
RICH_ABOVE = 0.701
"""Initial 87Sr/86Sr above which, with epsilon Nd below 0, it counts as rich in KREEP (ibid.)."""


@dataclass(frozen=True)
class SourceClass:
    """What initial Sr and Nd say of a source: the likeliest class and the chance of each."""

    kind: str
    chances: dict[str, float]
    references: tuple[str, ...] = ("yamm2022",)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**self.__dict__, "references": list(self.references)}

    def __str__(self) -> str:
        """Return one line."""
        shares = ", ".join(f"{name} {100 * p:.0f} %" for name, p in self.chances.items())
        return f"{self.kind} ({shares})"


def classify_source(
    sr: float, sr_1s: float, eps_nd: float | None = None, eps_nd_1s: float = 0.0
) -> SourceClass:
    """Classify a source by initial 87Sr/86Sr and epsilon Nd.

    Free of KREEP: 87Sr/86Sr at most 0.700 and, where known, epsilon Nd above 0. Rich in KREEP:
    87Sr/86Sr above 0.701 and epsilon Nd below 0. Anything else is in between; without epsilon Nd
    nothing is called rich.

    Parameters
    ----------
    sr, sr_1s : initial 87Sr/86Sr and one sigma
    eps_nd, eps_nd_1s : initial epsilon Nd and one sigma

    Examples
    --------
    >>> print(classify_source(0.69934, 0.00005, 8.0, 0.5))
    KREEP-free (KREEP-free 100 %, KREEP-rich 0 %, between 0 %)
    """
    if not 0.69 <= sr <= 1.0 or sr_1s < 0 or eps_nd_1s < 0:
        raise InputError(f"an initial 87Sr/86Sr of {sr:g} ± {sr_1s:g} is none of a lunar rock.")
    low = _below(FREE_BELOW - sr, sr_1s)
    high = 1.0 - _below(RICH_ABOVE - sr, sr_1s)
    depleted = 1.0 if eps_nd is None else 1.0 - _below(-eps_nd, eps_nd_1s)
    free = low * depleted
    rich = 0.0 if eps_nd is None else high * (1.0 - depleted)
    chances = {"KREEP-free": free, "KREEP-rich": rich, "between": 1.0 - free - rich}
    return SourceClass(max(chances, key=lambda name: chances[name]), chances)


def _below(gap: float, sigma: float) -> float:
    return float(ndtr(gap / sigma)) if sigma > 0 else float(gap >= 0)


# -- parts -------------------------------------------------------------------------------------


def _rate(nuclide: str, constants: str) -> Constant:
    rates = preset(constants).rates
    if nuclide not in {"Rb87", "Sm147"}:
        raise UnknownNameError.of("parent nuclide", nuclide, ("Rb87", "Sm147"))
    return rates[nuclide]


def _sigmas(today: Ratio, age_1s: float, rate: Constant, *, external: bool) -> Float:
    if external and not np.isfinite(rate.sigma):
        raise InputError(
            f"{rate.reference} states no error of the decay constant; choose another set, or leave "
            "external errors out."
        )
    return np.array([today.parent_1s, today.daughter_1s, age_1s, rate.sigma if external else 0.0])


def _value(
    work: Callable[[Float], float], centre: Float, sigmas: Float, unit: str, *keys: str
) -> Value:
    return Value(work(centre), spread(work, centre, sigmas), unit, keys)
