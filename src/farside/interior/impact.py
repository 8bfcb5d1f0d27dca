r"""An impact: transient crater, melt and vapour, and how deep the mantle melts.

Transient crater by pi scaling (Schmidt and Housen 1987; constants as in the program of Melosh,
"crater", with the changes of Johnson et al. 2016), density ratio and obliquity included:

.. math:: D_t = 1.6\, \pi_2^{-0.22} (m / \rho_t)^{1/3} \sin^{1/3}\theta, \quad
    \pi_2 = 1.61\, g L / v^2

Melt by one of two laws, both for the specific energy of melting E:

.. math:: V = 2.9\, V_t E^{-0.85} (g L)^{0.66} v^{0.37} \quad \text{(Abramov et al. 2012)}

.. math:: V = 0.25\, v^2 V_p \sin\theta / E \quad \text{(Pierazzo et al. 1997; Collins et al. 2005)}

with the volume of the transient crater a third of pi R^3 and V_p that of the impactor. None of
the three works was read: the laws are as programs (CTEM; crater) and their notes give them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq

from farside.errors import InputError, UnknownNameError
from farside.interior.bounds import check_above
from farside.interior.crust import GRAVITY
from farside.interior.geometry import RADIUS_KM
from farside.interior.melting import CHANGE_6, bulk, coefficients

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

COEFFICIENT, EXPONENT, FROUDE = 1.6, 0.22, 1.61
"""Competent rock: pi_D = 1.6 pi_2^-0.22, pi_2 = 1.61 g L / v^2."""
RIM, ONSET_KM, GROWTH = 1.25, 18.0, 0.13
"""Rim over transient crater; where complex craters begin on the Moon (at 2700 kg/m3 and 1.67
m/s2); exponent of their widening (Johnson et al. 2016, as in the program of Melosh)."""
ONSET_GRAVITY, ONSET_DENSITY = 1.67, 2700.0
DENSITY_ROCK = 3300.0
"""Dunite, kg/m3, as simulations of lunar basins take it for impactor and mantle (notes to the
simulations of Potter and Kring, Lunar and Planetary Institute)."""
MELTING_ENERGY = {"dunite": 9.0e6, "highland": 3.42e6}
"""Specific energy of melting, J/kg: dunite of Pierazzo et al. (1997), as a program gives it;
highland of Bjorkman and Holsapple (1987), as the program CTEM gives it."""
LAWS = ("abramov2012", "pierazzo1997")
LEAST_VELOCITY = 12.0
"""km/s below which the law of Pierazzo et al. was not made (Melosh 2011, as a program gives it)."""


@dataclass(frozen=True)
class Impactor:
    """A sphere that hits the Moon.

    Parameters
    ----------
    diameter_km, velocity_kms : size and velocity
    angle_deg : from the horizontal
    density : kg/m3
    """

    diameter_km: float
    velocity_kms: float
    angle_deg: float = 45.0
    density: float = DENSITY_ROCK

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 0 < self.diameter_km < 2 * RADIUS_KM:
            raise InputError(
                f"an impactor of {self.diameter_km:g} km cannot be; give its diameter in km."
            )
        if not 0 < self.velocity_kms < 100 or not 0 < self.angle_deg <= 90:
            raise InputError(
                f"velocity {self.velocity_kms:g} km/s or angle {self.angle_deg:g} cannot be; give "
                "km/s above 0 and degrees from the horizontal, up to 90."
            )
        if not 100 < self.density < 10_000:
            raise InputError(f"a density of {self.density:g} kg/m3 cannot be.")


@dataclass(frozen=True)
class Impact:
    """What an impact does.

    Parameters
    ----------
    impactor : what hit
    law : of melt
    transient_km, final_km : diameters of the transient and the final crater
    melt_km3, vapour_km3 : volumes
    melt_depth_km : depth to which the target melts
    melt_radius_km : of the melt zone at the surface
    """

    impactor: Impactor
    law: str
    transient_km: float
    final_km: float
    melt_km3: float
    vapour_km3: float
    melt_depth_km: float
    melt_radius_km: float
    references: tuple[str, ...] = ("schmidt1987", "johnson2016", "abramov2012", "pierazzo1997")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **self.__dict__,
            "impactor": dict(self.impactor.__dict__),
            "references": list(self.references),
        }

    def __str__(self) -> str:
        """Return a line of what hit and one of what it did."""
        i = self.impactor
        return (
            f"{i.diameter_km:.0f} km at {i.velocity_kms:g} km/s and {i.angle_deg:.0f} degrees\n"
            f"  transient crater {self.transient_km:.0f} km, final {self.final_km:.0f} km; melt "
            f"{self.melt_km3:.2g} km3 to {self.melt_depth_km:.0f} km depth, vapour "
            f"{self.vapour_km3:.2g} km3 ({self.law})"
        )


def transient_crater(
    diameter_km: ArrayLike,
    velocity_kms: ArrayLike,
    angle_deg: ArrayLike = 90.0,
    *,
    density: float = DENSITY_ROCK,
    target: float = DENSITY_ROCK,
    gravity: float = GRAVITY,
) -> Float:
    """Return the diameter of the transient crater, km; arguments broadcast.

    Raises
    ------
    InputError
        unless all are finite and above 0, the angle at most 90 degrees

    Examples
    --------
    >>> float(transient_crater(170.0, 10.0).round())
    722.0
    """
    size, velocity, upright = _checked(diameter_km, velocity_kms, angle_deg)
    check_above([density, target], "a density", " kg/m3")
    check_above(gravity, "the gravity", " m/s2")
    size, velocity = size * 1e3, velocity * 1e3
    pi2 = FROUDE * gravity * size / velocity**2
    scale = (np.pi / 6 * density / target) ** (1 / 3) * size
    return np.asarray(COEFFICIENT * pi2**-EXPONENT * scale * upright ** (1 / 3) / 1e3)


def _checked(
    diameter_km: ArrayLike, velocity_kms: ArrayLike, angle_deg: ArrayLike
) -> tuple[Float, Float, Float]:
    """Return diameter, velocity and sine of the angle; `InputError` where one cannot be."""
    size = check_above(diameter_km, "the diameter of the impactor", " km")
    velocity = check_above(velocity_kms, "the velocity", " km/s")
    angle = check_above(angle_deg, "the angle from the horizontal", " degrees")
    if (angle > 90).any():
        raise InputError(f"an angle of {angle.max():g} degrees cannot be; give at most 90.")
    return size, velocity, np.sin(np.radians(angle))


def final_crater(
    transient_km: ArrayLike, *, target: float = DENSITY_ROCK, gravity: float = GRAVITY
) -> Float:
    """Return the diameter of the final crater, km: 1.25 D_t, widened above the onset.

    `InputError` unless all are finite and above 0.
    """
    transient = check_above(transient_km, "the transient crater", " km")
    check_above(target, "the density of the target", " kg/m3")
    check_above(gravity, "the gravity", " m/s2")
    onset = ONSET_KM * ONSET_GRAVITY * ONSET_DENSITY / (gravity * target)
    simple = RIM * transient
    return np.asarray(simple * np.maximum(simple / onset, 1.0) ** GROWTH)


def melt_volume(
    diameter_km: ArrayLike,
    velocity_kms: ArrayLike,
    angle_deg: ArrayLike = 90.0,
    *,
    law: str = "abramov2012",
    energy: ArrayLike = MELTING_ENERGY["dunite"],
) -> Float:
    """Return the volume of melt, km3; arguments broadcast.

    Parameters
    ----------
    diameter_km, velocity_kms, angle_deg : of the impactor
    law : one of `LAWS`
    energy : specific energy of melting, J/kg

    Raises
    ------
    UnknownNameError
        when there is no such law
    InputError
        when size, velocity, angle or energy cannot be, or a velocity is below that of the law
    """
    if law not in LAWS:
        raise UnknownNameError.of("law of melt", law, LAWS)
    size, velocity, upright = _checked(diameter_km, velocity_kms, angle_deg)
    melting = check_above(energy, "the energy of melting", " J/kg")
    if law == "pierazzo1997":
        if (velocity < LEAST_VELOCITY).any():
            raise InputError(
                f"the law {law} begins at {LEAST_VELOCITY:g} km/s; take abramov2012 below."
            )
        volume = np.pi / 6 * size**3
        return np.asarray(0.25 * (velocity * 1e3) ** 2 / melting * volume * upright)
    cavity = np.pi / 3 * (transient_crater(size, velocity, angle_deg) / 2) ** 3
    drive = (GRAVITY * size * 1e3) ** 0.66 * (velocity * 1e3) ** 0.37
    return np.asarray(2.9 * cavity * melting**-0.85 * drive)


def melt_depth(melt_km3: float, diameter_km: float) -> tuple[float, float]:
    """Return depth and surface radius of the melt zone, km.

    A sphere about a point half an impactor deep, cut by the surface, holds the melt and a volume
    of vapour as large as the impactor (as the program CTEM takes it):
    V = pi/3 (R + d)^2 (2 R - d).

    Raises
    ------
    InputError
        when the diameter is not above 0, or the melt is none or more than the Moon
    """
    check_above(diameter_km, "the diameter of the impactor", " km")
    deep = diameter_km / 2

    def miss(R: float) -> float:
        return np.pi / 3 * (R + deep) ** 2 * (2 * R - deep) - melt_km3 - _vapour(diameter_km)

    if not melt_km3 > 0 or miss(2 * RADIUS_KM) < 0:
        raise InputError(f"no solution: {melt_km3:g} km3 of melt make no zone in the Moon.")
    R = float(brentq(miss, deep, 2 * RADIUS_KM))
    return deep + R, float(np.sqrt(R**2 - deep**2))


def _vapour(diameter_km: float) -> float:
    return float(np.pi / 6 * diameter_km**3)


def impact(impactor: Impactor, *, law: str = "abramov2012", target: str = "dunite") -> Impact:
    """Return what an impact does.

    Parameters
    ----------
    impactor : what hits
    law : of melt, one of `LAWS`
    target : of `MELTING_ENERGY`
    """
    if target not in MELTING_ENERGY:
        raise UnknownNameError.of("target", target, MELTING_ENERGY)
    size, velocity, angle = impactor.diameter_km, impactor.velocity_kms, impactor.angle_deg
    transient = float(transient_crater(size, velocity, angle, density=impactor.density))
    melt = float(melt_volume(size, velocity, angle, law=law, energy=MELTING_ENERGY[target]))
    depth, radius = melt_depth(melt, size)
    return Impact(
        impactor, law, transient, float(final_crater(transient)), melt, _vapour(size), depth, radius
    )


def depletion(
    melting: float,
    elements: Sequence[str] = ("La", "Sm", "Nd", "Yb", "Th", "U"),
    modes: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Return what is left in mantle that lost its melt, over what was there: (1 - F)^(1/D - 1).

    Parameters
    ----------
    melting : share F of melt drawn off as it forms, 0 to below 1
    elements : names
    modes : shares of the minerals of the mantle, sum 1; those of the source of Chang'e-6 when left
        out

    Raises
    ------
    InputError
        when the melted share is not from 0 to below 1, or the shares of minerals are not shares
    UnknownNameError
        when there is no such element or mineral
    """
    if not 0 <= melting < 1:
        raise InputError(f"the melted share is {melting:g}; it is from 0 to below 1.")
    if not elements:
        raise InputError("no element is named; give one or more, as La or Th.")
    if modes is not None and not (
        all(share >= 0 for share in modes.values()) and np.isclose(sum(modes.values()), 1.0)
    ):
        given = ", ".join(f"{name} {share:g}" for name, share in modes.items()) or "none"
        raise InputError(f"minerals: {given}; give shares that are not negative and sum to 1.")
    D = bulk(CHANGE_6.source if modes is None else modes, coefficients(elements))
    kept = (1 - melting) ** (1 / D - 1)
    return {name: float(value) for name, value in zip(elements, kept, strict=True)}
