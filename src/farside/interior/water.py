"""Water: from apatite or melt inclusion to parent magma to mantle source, with intervals.

The same equations as for trace elements, solved for the source: C0 = C (1 - x)^(1 - D) (D +
F (1 - D)). Degassing is not undone, so that each step gives a lower limit where gas was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError
from farside.interior.bounds import check_coverage, check_from, check_share
from farside.interior.melting import PARENT_5, RECIPES

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

Range = tuple[float, float]

APATITE = (0.07, 0.24)
"""D of OH between apatite and Fe-rich basaltic melt, the range of the experiments of McCubbin et
al. (2015, doi 10.2138/am-2015-5233), who warn that it is no constant: OH is a building stone of
apatite, and exchange coefficients with F and Cl vary less."""
MOST = 1e6
"""ug/g of pure water."""
INCOMPATIBLE = 0.0
"""D of water between mantle minerals and melt: taken as none, which the published estimate for
Chang'e-5 agrees with; nominally anhydrous minerals take up some, and then the source holds more."""


@dataclass(frozen=True)
class Water:
    """Water in a reservoir, ug/g.

    Parameters
    ----------
    reservoir : mantle source, parent magma or melt
    lower, median, upper : interval of the stated coverage
    coverage : of the interval
    corners : least and most over the ranges, at the central water content
    """

    reservoir: str
    lower: float
    median: float
    upper: float
    coverage: float
    corners: Range

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return content | {"corners": list(self.corners)}

    def __str__(self) -> str:
        """Return the interval and the range."""
        return (
            f"water in the {self.reservoir}: {self.lower:.2g}-{self.upper:.2g} ug/g "
            f"({self.coverage:.0%}), ranges alone {self.corners[0]:.2g}-{self.corners[1]:.2g}"
        )


def source_water(
    melt: ArrayLike, melting: ArrayLike, crystallised: ArrayLike, D: float = INCOMPATIBLE
) -> Float:
    """Return the water of a source from that of a magma, ug/g.

    Parameters
    ----------
    melt : water of the magma, ug/g
    melting : melted fraction F
    crystallised : fraction x that had crystallised
    D : bulk partition coefficient of water, in source and crystals: 0 to 1, as no mantle mineral
        prefers water to melt

    Raises
    ------
    InputError
        when water is negative or not finite, or a fraction or the coefficient is not 0 to 1

    Examples
    --------
    >>> round(float(source_water(283, 0.02, 0.78)), 2)
    1.25
    """
    F, x = np.asarray(melting, dtype=float), np.asarray(crystallised, dtype=float)
    if not (F.size and x.size and ((F > 0) & (F <= 1)).all() and ((x >= 0) & (x < 1)).all()):
        raise InputError("melted and crystallised fractions are between 0 and 1, not per cent.")
    water, coefficient = check_from(melt, "water", unit=" ug/g"), check_share(D, "D of water")
    return np.asarray(water * (1 - x) ** (1 - coefficient) * (coefficient + F * (1 - coefficient)))


def mantle_water(
    parent: float | Range,
    melting: Range,
    crystallised: Range,
    *,
    sigma: float = 0.0,
    D: float = INCOMPATIBLE,
    coverage: float = 0.95,
) -> Water:
    """Return the water of a mantle source with its interval.

    Parameters
    ----------
    parent : water of the parent magma, ug/g: a value with `sigma`, or a range (uniform)
    melting, crystallised : ranges of the fractions (uniform)
    sigma : one standard deviation of `parent`
    D : bulk partition coefficient of water
    coverage : of the interval

    Raises
    ------
    InputError
        for negative water, sigma or coefficient, ranges that are not fractions in order, or a
        coverage that is not between 0 and 1
    """
    check_from(sigma, "one sigma of the water", unit=" ug/g")
    check_coverage(coverage)
    span = parent if isinstance(parent, tuple) else (parent, parent)
    for low, high in (span, melting, crystallised):
        if not 0 <= low <= high < np.inf:
            raise InputError(
                f"a range runs from low to high, both positive; given {low:g}-{high:g}."
            )
    rng = np.random.default_rng(0)
    n = 40_000
    water = rng.uniform(*span, n) + sigma * rng.standard_normal(n)
    drawn = source_water(
        np.maximum(water, 0.0), rng.uniform(*melting, n), rng.uniform(*crystallised, n), D
    )
    return _water("mantle source", drawn, coverage, _corners(span, melting, crystallised, D))


def melt_from_apatite(
    apatite: float, *, sigma: float = 0.0, D: Range = APATITE, coverage: float = 0.95
) -> Water:
    """Return the water of the melt that apatite grew from, C = C_apatite / D.

    Parameters
    ----------
    apatite, sigma : water of apatite and one standard deviation, ug/g
    D : range of the partition coefficient (uniform in its logarithm)
    coverage : of the interval
    """
    if not (0 <= apatite < np.inf and 0 < D[0] <= D[1] < np.inf):
        raise InputError("water is not negative, and D is a range from low to high above 0.")
    check_from(sigma, "one sigma of the water", unit=" ug/g")
    check_coverage(coverage)
    rng = np.random.default_rng(0)
    low, high = float(np.log(D[0])), float(np.log(D[1]))
    drawn = np.maximum(apatite + sigma * rng.standard_normal(40_000), 0.0)
    drawn = drawn / np.exp(rng.uniform(low, high, 40_000))
    return _water("melt", drawn, coverage, (apatite / D[1], apatite / D[0]))


def parent_water(
    melt: float | Range,
    crystallised: Range,
    *,
    sigma: float = 0.0,
    D: float = INCOMPATIBLE,
    coverage: float = 0.95,
) -> Water:
    """Return the water of a magma before it crystallised, C0 = C (1 - x)^(1 - D).

    Parameters
    ----------
    melt : water of the melt from which apatite grew or that an inclusion trapped, ug/g: a value
        with `sigma`, or a range
    crystallised : range of the fraction of the magma that had crystallised by then
    sigma, D, coverage : as of `mantle_water`
    """
    found = mantle_water(melt, (1.0, 1.0), crystallised, sigma=sigma, D=D, coverage=coverage)
    return Water("parent magma", found.lower, found.median, found.upper, coverage, found.corners)


def _corners(span: Range, melting: Range, crystallised: Range, D: float) -> Range:
    low = source_water(span[0], melting[0], crystallised[1], D)
    high = source_water(span[1], melting[1], crystallised[0], D)
    return float(low), float(high)


def _water(reservoir: str, drawn: Float, coverage: float, corners: Range) -> Water:
    tail = 50 * (1 - coverage)
    low, middle, high = np.percentile(drawn, [tail, 50, 100 - tail])
    return Water(reservoir, float(low), float(middle), float(high), coverage, corners)


CHANGE_5_PARENT = (283.0, 22.0)
"""Most water of the parent magma of Chang'e-5 and one sigma, ug/g (Hu et al. 2021, doi
10.1038/s41586-021-04107-9)."""
CHANGE_6_PARENT = (15.0, 168.0)
"""Range of the water of the parent magma of Chang'e-6, ug/g (He et al. 2025, doi
10.1038/s41586-025-08870-x, as quoted in press reports of April 2025)."""


@dataclass(frozen=True)
class Waters:
    """Water of one or more reservoirs, named."""

    found: tuple[tuple[str, Water], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {name: water.to_dict() for name, water in self.found}

    def __str__(self) -> str:
        """Return a line for each."""
        return "\n".join(f"{name}: {water}" for name, water in self.found)


def waters(
    value: float | None = None,
    sigma: float = 0.0,
    *,
    melting: Range = (0.02, 0.03),
    crystallised: Range = PARENT_5,
    apatite: bool = False,
) -> Waters:
    """Return the water of the mantle source of a magma, or of both sides of the Moon.

    Parameters
    ----------
    value, sigma : water of the magma, or of its apatite, and one sigma, ug/g; None: the published
        magmas of Chang'e-5 and Chang'e-6
    melting, crystallised : ranges of the fractions that lie between source and `value`
    apatite : whether `value` is of apatite
    """
    if value is None:
        near, far = contrast()
        return Waters((("Chang'e-5, near side", near), ("Chang'e-6, far side", far)))
    if not (0 <= value <= MOST and 0 <= sigma <= MOST):
        raise InputError(f"water and its one sigma are from 0 to {MOST:g} ug/g.")
    if not apatite:
        return Waters((("given", mantle_water(value, melting, crystallised, sigma=sigma)),))
    melt = melt_from_apatite(value, sigma=sigma)
    source = mantle_water((melt.lower, melt.upper), melting, crystallised)
    return Waters((("melt of the apatite", melt), ("its source", source)))


def contrast() -> tuple[Water, Water]:
    """Return the mantle water of Chang'e-5 (near side) and Chang'e-6 (far side)."""
    value, sigma = CHANGE_5_PARENT
    near = mantle_water(value, RECIPES["ce5"].melting, PARENT_5, sigma=sigma)
    far = mantle_water(CHANGE_6_PARENT, RECIPES["ce6"].melting, RECIPES["ce6"].crystallisation)
    return near, far
