r"""Zinc and water in the impact that took potassium.

**Zinc.** A trace element evaporates at a rate in proportion to what is left of it, so that after
any time

.. math:: f_{Zn} = f_K^{\kappa}, \quad \kappa = k_{Zn} / k_K \ge 1

Zinc is the more volatile (Neuman et al. 2022, abstract), which bounds kappa from below. No paper
that could be read gives it, so that results are told for each of `RATIOS`: kappa = 1 is the least
that zinc can have lost. The melt is fractionated by Rayleigh's law and mixed with what was not
melted,

.. math:: \Delta^{66}Zn = \frac{m f_{Zn}}{m f_{Zn} + 1 - m} (f_{Zn}^{\alpha - 1} - 1) \cdot 1000

as potassium is in `farside.interior.impact_loss`.

**Water.** It dissolves as the root of its pressure, C = s p^(1/2), and leaves as gas only where the
weight of melt above is less than the gas pressure p + p_H2, that is above the depth

.. math:: z = \frac{(C / s)^2 (1 + p_{H_2} / p_{H_2O})}{\rho g}

which is metres in a melt hundreds of km deep. How much of the melt came up so far before it froze
is not known: water lost is bounded, from what the vapour zone took (as potassium) to all of the
melt's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import UnknownNameError
from farside.interior.bounds import check_above, check_from
from farside.interior.crust import GRAVITY
from farside.interior.impact_loss import Draws, Interval, draw_impacts, mixed_offset
from farside.isotopes.potassium import Alpha

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

MASSES = {64: 63.92914, 66: 65.92603}
"""Masses of zinc isotopes, u (atomic mass evaluation of 2020, rounded)."""
ZINC_ALPHAS = {
    alpha.name: alpha
    for alpha in (
        Alpha(
            "trinitite",
            0.999,
            upper=0.9995,
            about="glass of the first nuclear detonation, +0.5 per mil per u (abstract), uniform",
            reference="day2017",
        ),
        Alpha(
            "free",
            float(np.sqrt(MASSES[64] / MASSES[66])),
            about="free evaporation of Zn atoms, (64/66)^(1/2)",
        ),
    )
}
"""Fractionation factors of 66Zn/64Zn by name."""
RATIOS = (1.0, 3.0, 10.0, 30.0)
"""Rates of evaporation of zinc over potassium that are tried; only that they are 1 or more is
known."""
DISSOLVED_PPM, WATER_BAR, HYDROGEN_BAR = 1410.0, 3.0, 8.0
"""The most water-rich melt inclusion of Hauri et al. (2011, abstract), and the gas that it would be
in balance with (Newcombe et al. 2017, abstract): about 3 bar of water and 8 bar of hydrogen."""
SOLUBILITY = DISSOLVED_PPM / WATER_BAR**0.5
"""s of C = s p^(1/2), ppm per root of bar: 814."""
MELT_DENSITY = 2900.0
"""Of a basaltic melt, kg/m3, in the middle of the mare magmas of `farside.interior.crust`."""
_BAR_PA = 1e5


@dataclass(frozen=True)
class ZincLoss:
    """Zinc that the source lost for one ratio of rates; intervals (lower, median, upper), 95 %.

    Parameters
    ----------
    ratio : kappa
    alpha : name of the fractionation factor of zinc
    lost : share of the zinc of the source that is gone
    offset : of delta 66Zn of the source, per mil
    """

    ratio: float
    alpha: str
    lost: Interval
    offset: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items()}

    def __str__(self) -> str:
        """Return one line."""
        (a, b, c), (d, e, f) = self.lost, self.offset
        return (
            f"Zn {self.ratio:g} times as fast as K: {100 * b:.2g} % lost "
            f"({100 * a:.2g}-{100 * c:.2g}), delta 66Zn {e:+.3g} ({d:.3g}-{f:.3g}) per mil"
        )


def zinc_left(potassium_left: ArrayLike, ratio: float) -> Float:
    """Return the share of zinc that is left in a melt, f_K^kappa.

    Parameters
    ----------
    potassium_left : share of potassium that is left, 0 to 1
    ratio : kappa, 1 or more, as zinc is the more volatile

    Raises
    ------
    InputError
        when a share is not from 0 to 1, or the ratio below 1

    Examples
    --------
    >>> zinc_left(0.98, 10.0).round(2).item()
    0.82
    """
    kept = check_from(potassium_left, "the share of potassium that is left", most=1.0)
    return np.asarray(kept ** check_from(ratio, "the rate of zinc over potassium", 1.0))


def zinc_loss(
    found: Draws | None = None,
    ratios: Sequence[float] = RATIOS,
    alpha: str = "trinitite",
    *,
    seed: int = 0,
) -> tuple[ZincLoss, ...]:
    """Return what impacts that match basin and potassium did to zinc, for each ratio of rates.

    Parameters
    ----------
    found : of `farside.interior.impact_loss.draw_impacts`; by default with the offset of potassium
        against the Apollo mean and the factor `between`
    ratios : kappa, each 1 or more
    alpha : a key of `ZINC_ALPHAS`
    seed : of the draws of alpha

    Raises
    ------
    UnknownNameError
        when there is no such factor
    InputError
        when a ratio is below 1
    """
    if alpha not in ZINC_ALPHAS:
        raise UnknownNameError.of("fractionation factor of zinc", alpha, ZINC_ALPHAS)
    impacts = draw_impacts("apollo-mean", "between") if found is None else found
    factor = ZINC_ALPHAS[alpha].draw(np.random.default_rng(seed), impacts.weight.size)
    losses = []
    for ratio in ratios:
        gone = 1.0 - zinc_left(1.0 - impacts.gone, ratio)
        offset = mixed_offset(impacts.melted, gone, factor)
        losses.append(
            ZincLoss(
                float(ratio),
                alpha,
                impacts.interval(impacts.melted * gone),
                impacts.interval(offset),
            )
        )
    return tuple(losses)


def gas_pressure(water_ppm: ArrayLike) -> Float:
    """Return the pressure of water and hydrogen over a melt, bar, by the root law.

    The ratio of hydrogen to water is that of the inclusion that the law is tied to, a melt as
    reduced as lunar basalt.

    Parameters
    ----------
    water_ppm : water in the melt, above 0

    Raises
    ------
    InputError
        when there is no water, or it is not finite

    Examples
    --------
    >>> gas_pressure(1410.0).round(1).item()
    11.0
    """
    water = check_above(water_ppm, "the water of the melt", " ppm")
    return np.asarray((water / SOLUBILITY) ** 2 * (1 + HYDROGEN_BAR / WATER_BAR))


def gas_depth_m(water_ppm: ArrayLike, density: float = MELT_DENSITY) -> Float:
    """Return the depth below the surface of a melt above which its water leaves as gas, m.

    Parameters
    ----------
    water_ppm : water in the melt, above 0
    density : of the melt, kg/m3

    Raises
    ------
    InputError
        when water or density is not above 0 and finite

    Examples
    --------
    >>> gas_depth_m([100.0, 1410.0]).round(1).tolist()
    [1.2, 233.5]
    """
    rho = check_above(density, "the density of the melt", " kg/m3")
    return np.asarray(gas_pressure(water_ppm) * _BAR_PA / (rho * GRAVITY))


def water_lost(found: Draws) -> tuple[Interval, Interval]:
    """Return the least and the most share of the source's water that the impact took.

    The least is what the vapour zone took, as of potassium: nothing of the melt came up to where
    gas forms. The most is all of the melt: convection brought each part of it up.

    Parameters
    ----------
    found : of `farside.interior.impact_loss.draw_impacts`

    Returns
    -------
    tuple
        two intervals (lower, median, upper), 95 %
    """
    return found.interval(found.melted * found.gone), found.interval(found.melted)
