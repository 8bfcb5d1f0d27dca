r"""Overturn of magma ocean cumulates: dense layers above light ones change places.

.. math:: E = \int g(r)\, r\, dm

with the gravity of a Moon of one density; the energy released is that of the column as it formed
less that of the column sorted by density, masses and volumes of the layers kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import MEAN_RADIUS
from farside.errors import InputError
from farside.interior.bounds import check_above
from farside.interior.crust import GRAVITY
from farside.interior.geometry import DENSITY, RADIUS_KM, check_depth, shell_volume

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from farside.interior.magma_ocean import MagmaOcean

    Float = NDArray[np.float64]


@dataclass(frozen=True)
class Overturn:
    """A column of cumulates before and after overturn, from the bottom up.

    Parameters
    ----------
    density : of each layer, kg/m3, as it formed
    order : index of the layer that lies in each place after overturn
    top_before, top_after : depth of the top of each place, km
    unstable : whether any layer lay on a lighter one
    energy_j : potential energy released
    warming_k : rise of temperature of the column by it, at 1000 J/(kg K)
    """

    density: tuple[float, ...]
    order: tuple[int, ...]
    top_before: tuple[float, ...]
    top_after: tuple[float, ...]
    unstable: bool
    energy_j: float
    warming_k: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in self.__dict__.items()}

    def __str__(self) -> str:
        """Return the order of layers and the energy."""
        if not self.unstable:
            return "the column is stable: nothing overturns"
        return (
            f"overturn releases {self.energy_j:.2e} J, {self.warming_k:.0f} K if it stays in the "
            "column; from the bottom up: "
            + ", ".join(f"layer {i + 1} ({self.density[i]:.0f} kg/m3)" for i in self.order)
        )


HEAT = 1000.0
"""Specific heat, J/(kg K): round figure, as magma ocean models take it."""


def sort_column(density: ArrayLike, share: ArrayLike, depth_km: float) -> Overturn:
    """Sort layers by density.

    Parameters
    ----------
    density : kg/m3 from the bottom up, shape (layers,)
    share : of each layer in the volume, shape (layers,)
    depth_km : of the floor; the layers fill the Moon from there to the surface

    Raises
    ------
    InputError
        when shapes differ, or a density or share is not finite and above 0
    """
    check_depth(depth_km, "depth of the floor")
    rho, part = np.asarray(density, float), np.asarray(share, float)
    if rho.shape != part.shape or rho.ndim != 1 or not rho.size:
        raise InputError("densities and shares must be two lists of the same length.")
    check_above(rho, "the density of a layer", " kg/m3")
    check_above(part, "the share of a layer")
    volume = part / part.sum() * float(shell_volume(depth_km))
    order = np.argsort(-rho, kind="stable")
    before, top_before = _energy(rho, volume, depth_km)
    after, top_after = _energy(rho[order], volume[order], depth_km)
    mass = float((rho * volume).sum()) * 1e9
    return Overturn(
        tuple(rho.tolist()),
        tuple(int(i) for i in order),
        tuple(top_before.tolist()),
        tuple(top_after.tolist()),
        bool((np.diff(rho) > 0).any()),
        before - after,
        (before - after) / mass / HEAT,
    )


def overturn(ocean: MagmaOcean) -> Overturn:
    """Return the overturn of what sank in a magma ocean, without crust and last liquid."""
    share = [
        (s.solid[1] - s.solid[0]) * (1 - s.modes.get("plagioclase", 0.0) * ocean.flotation)
        for s in ocean.steps
    ]
    rho = np.array([s.density for s in ocean.steps])
    return sort_column(rho, np.array(share) * DENSITY / rho, ocean.depth_km)


def _energy(rho: Float, volume: Float, depth_km: float) -> tuple[float, Float]:
    """Return the potential energy in J against the centre, and the depths of the tops, km.

    In a body of one density g = g0 r / R and the potential is g0 r^2 / (2 R), so that a layer has
    rho 4 pi g0 / (2 R) (b^5 - a^5) / 5.
    """
    floor = RADIUS_KM - depth_km
    edge = np.cbrt(floor**3 + np.concatenate([[0.0], np.cumsum(volume)]) * 3 / (4 * np.pi))
    fifth = np.diff((edge * 1e3) ** 5) / 5.0
    energy = float((rho * 4 * np.pi * GRAVITY / (2 * MEAN_RADIUS.value) * fifth).sum())
    return energy, RADIUS_KM - edge[1:]
