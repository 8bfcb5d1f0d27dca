"""Shells of the Moon: their volume, the pressure at their base, the crust that a mass makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from farside.constants import MEAN_RADIUS, Constant
from farside.errors import InputError
from farside.interior.bounds import check_from
from farside.interior.crust import GM, GRAVITY

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

RADIUS_KM = MEAN_RADIUS.value / 1000.0
BIG_G = Constant("constant of gravitation", 6.67430e-11, "m3 kg-1 s-2", 1.5e-15, "tiesinga2021")
MASS_KG = GM.value / BIG_G.value
DENSITY = MASS_KG / (4.0 / 3.0 * np.pi * MEAN_RADIUS.value**3)
"""Mean density of the Moon, kg/m3."""


def check_depth(depth_km: float, what: str = "depth") -> float:
    """Return a depth in km; `InputError` unless it is above 0 and at most the radius."""
    if not 0 < depth_km <= RADIUS_KM:
        raise InputError(
            f"a {what} of {depth_km:g} km cannot be; give km above 0, up to {RADIUS_KM:.0f}."
        )
    return float(depth_km)


def shell_volume(depth_km: ArrayLike, top_km: float = 0.0) -> Float:
    """Return the volume of a shell between two depths, km3; `InputError` outside the Moon."""
    top = float(check_from(top_km, "a depth", most=RADIUS_KM, unit=" km"))
    bottom = RADIUS_KM - check_from(depth_km, "a depth", top, RADIUS_KM, unit=" km")
    return np.asarray(4.0 / 3.0 * np.pi * ((RADIUS_KM - top) ** 3 - bottom**3))


def pressure(depth_km: ArrayLike) -> Float:
    r"""Return the pressure in GPa at a depth in a Moon of one density.

    .. math:: P = \frac{\rho g_0}{2 R} (R^2 - r^2)

    `InputError` for a depth that is not in the Moon.
    """
    r = RADIUS_KM - check_from(depth_km, "a depth", most=RADIUS_KM, unit=" km")
    top = DENSITY * GRAVITY / (2 * RADIUS_KM * 1e3)
    return np.asarray(top * (RADIUS_KM**2 - r**2) * 1e6 / 1e9)


def depth_at(pressure_gpa: float) -> float:
    """Return the depth in km at which a Moon of one density has a pressure in GPa.

    Raises
    ------
    InputError
        when the pressure is not above 0 or above that of the centre
    """
    centre = float(pressure(RADIUS_KM))
    if not 0 < pressure_gpa < centre:
        raise InputError(
            f"{pressure_gpa:g} GPa is not inside the Moon; give GPa above 0 and below {centre:.2f}."
        )
    return float(brentq(lambda d: float(pressure(d)) - pressure_gpa, 0.0, RADIUS_KM))


def base_depth(solid: ArrayLike, depth_km: float) -> Float:
    """Return the depth in km of the top of the cumulates, which fill the ocean from its floor.

    Parameters
    ----------
    solid : solid share of the ocean by volume, 0 to 1
    depth_km : depth of the ocean

    Raises
    ------
    InputError
        when a share or the depth cannot be
    """
    floor = (RADIUS_KM - check_depth(depth_km, "depth of the magma ocean")) ** 3
    share = check_from(solid, "the solid share", most=1.0)
    return np.asarray(RADIUS_KM - np.cbrt(floor + share * (RADIUS_KM**3 - floor)))


def layer_thickness(volume_km3: float) -> float:
    """Return the thickness in km of a layer at the surface; `InputError` if it does not fit.

    Parameters
    ----------
    volume_km3 : km3, 0 to the volume of the Moon
    """
    left = RADIUS_KM**3 - 3.0 * volume_km3 / (4.0 * np.pi)
    if not (volume_km3 >= 0 and left >= 0):
        raise InputError(f"a layer of {volume_km3:g} km3 does not fit into the Moon.")
    return float(RADIUS_KM - np.cbrt(left))
