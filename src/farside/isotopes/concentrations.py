r"""Parent/daughter isotope ratios from concentrations.

.. math:: \frac{P}{D} = \frac{[P]}{[D]}\,\frac{M_D}{M_P}\,\frac{f_P}{f_D}

with the abundance f_P of the parent isotope in its element, and f_D of the normalising isotope in
an element whose composition holds the measured radiogenic ratio. Isotope ratios and masses are
those of the settings of IsoplotR (Vermeesch 2018), which cites Catanzaro et al. (1969), Moore et
al. (1982), Chang et al. (2002) and the IUPAC masses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from farside.isotopes.points import Float

PAIRS = {"rb-sr": ("Rb", "Sr"), "sm-nd": ("Sm", "Nd")}
"""Systems whose ratio can be made from concentrations: parent and daughter element."""

RB85_RB87 = 2.59265
RB_MASSES = (84.9117924, 86.9091828)
SR84_SR86, SR88_SR86 = 0.056549, 8.37861
SR_MASSES = (83.913426, 85.9092647, 86.9088816, 87.9056167)
SM_TO_152 = (0.115117, 0.561134, 0.420634, 0.516973, 0.275438, 1.0, 0.850468)
"""144, 147, 148, 149, 150, 152, 154 over 152Sm."""
SM_MASS, ND_MASS = 150.36, 144.2415
ND_TO_144 = (1.14101, 1.0, 0.34848, 0.72228, 0.24186, 0.23691)
"""142, 144, 145, 146, 148, 150 over 144Nd, without 143Nd."""


def ratio_from_concentrations(
    name: str, parent: tuple[Float, Float], daughter: tuple[Float, Float], measured: Float
) -> tuple[Float, Float]:
    """Return the parent/daughter isotope ratio and its one sigma.

    Parameters
    ----------
    name : ``"rb-sr"`` or ``"sm-nd"``
    parent, daughter : concentration and one sigma, shape ``(n,)``, both in one unit of mass
    measured : 87Sr/86Sr or 143Nd/144Nd, shape ``(n,)``; its error does not count here

    Examples
    --------
    >>> ratio, _ = ratio_from_concentrations(
    ...     "rb-sr", (np.array([1.0]), np.array([0.0])), (np.array([1.0]), np.array([0.0])),
    ...     np.array([0.71]))
    >>> round(float(ratio[0]), 1)
    2.9
    """
    if name == "rb-sr":
        rb_mass = (RB85_RB87 * RB_MASSES[0] + RB_MASSES[1]) / (RB85_RB87 + 1)
        amounts = np.stack(
            [
                np.full_like(measured, SR84_SR86),
                np.ones_like(measured),
                measured,
                np.full_like(measured, SR88_SR86),
            ]
        )
        total = amounts.sum(axis=0)
        sr_mass = (amounts * np.array(SR_MASSES)[:, None]).sum(axis=0) / total
        factor = sr_mass / rb_mass / (RB85_RB87 + 1) * total
    else:
        factor = ND_MASS / SM_MASS * SM_TO_152[1] / sum(SM_TO_152) * (sum(ND_TO_144) + measured)
    (p, sp), (d, sd) = parent, daughter
    ratio = p / d * factor
    return ratio, ratio * np.hypot(sp / p, sd / d)
