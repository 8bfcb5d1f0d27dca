r"""Crust and volcanism: thickness by isostasy, magma against crust, mare where the crust is thin.

No grid of the crust's thickness is in the package: it follows from heights by Airy isostasy,

    T = T0 + (h - <h>) rho_m / (rho_m - rho_c)

with mean thickness T0 and densities from GRAIL. This holds where relief is long and compensated.
It fails in basins with uplifted mantle (Crisium and Moscoviense: near 0 published, about 20 km
here) and makes thickness and height the same predictor: nothing here can tell them apart. A grid
from gravity can be given in its place wherever a thickness is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import MEAN_RADIUS, Constant
from farside.datasets.crust import load_crust_models, load_melt_volumes
from farside.errors import InputError, UnknownNameError
from farside.geography import area_weights
from farside.interior.bounds import check_above, check_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

GM = Constant(
    "gravitational constant times mass of the Moon",
    4902.80007e9,
    "m3/s2",
    0.00014e9,
    "williams2014",
)
GRAVITY = GM.value / MEAN_RADIUS.value**2
"""Acceleration at the mean radius, m/s2."""
EARTH_GRAVITY = 9.80665
"""Standard acceleration at the surface of the Earth, m/s2 (by convention)."""
POROUS_CRUST = (0.12, 2550.0)
"""Porosity and bulk density (kg/m3) of the highland crust (Wieczorek et al. 2013, doi
10.1126/science.1231530): 12 % as told with the maps of GRAIL, the density as quoted in later
work."""
MELTING_EXTENT_EARTH_KM = 25.0
"""Height of the column in which rising mantle melts on Earth, km (Wilson and Head 2017, doi
10.1016/j.icarus.2015.12.039, abstract)."""
LIQUIDUS_K = 1573.0
"""A temperature of mare magma, K: 1300 degC, our choice; 100 K change its density by 1 %."""


@dataclass(frozen=True)
class Crust:
    """Densities and mean thickness of a crust.

    Parameters
    ----------
    mean_km : average thickness
    crust_density, mantle_density : kg/m3
    name : of the model
    """

    mean_km: float
    crust_density: float
    mantle_density: float
    name: str = "own"

    def __post_init__(self) -> None:
        """Refuse what cannot float."""
        check_above(self.mean_km, "the mean thickness of the crust", " km")
        if not 1000 < self.crust_density < self.mantle_density < 5000:
            raise InputError(
                f"densities {self.crust_density:g} (crust) and {self.mantle_density:g} kg/m3 "
                "(mantle) cannot be: need 1000 < crust < mantle < 5000 kg/m3."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __str__(self) -> str:
        """Return one line."""
        return (
            f"{self.name}: mean {self.mean_km:g} km, crust {self.crust_density:.0f}, mantle "
            f"{self.mantle_density:.0f} kg/m3"
        )


def grail_crust(model: int = 1) -> Crust:
    """Return one of the four crustal models of GRAIL (Wieczorek et al. 2013).

    Parameters
    ----------
    model : 1 and 2 have 30 km at Apollo 12/14, 3 and 4 have 38 km; 1 and 3 a porosity of 12 %,
        2 and 4 of 7 %. The grain density of `POROUS_CRUST` is kept for 7 %.

    Raises
    ------
    UnknownNameError
        for another number
    """
    table = load_crust_models().set_index("model")
    if model not in table.index:
        raise UnknownNameError.of("crustal model", str(model), map(str, table.index))
    columns = ["mean_km", "porosity", "mantle_density"]
    mean, porosity, mantle = table.loc[[model], columns].to_numpy(dtype=float)[0].tolist()
    grain = POROUS_CRUST[1] / (1 - POROUS_CRUST[0])
    return Crust(mean, grain * (1 - porosity), mantle, f"GRAIL model {model}")


def airy_thickness(
    height_km: ArrayLike, crust: Crust, *, datum_km: float = 0.0
) -> NDArray[np.float64]:
    """Return the thickness of a crust that floats, km.

    Parameters
    ----------
    height_km : above the datum, any shape; NaN stays NaN
    crust : densities and mean thickness
    datum_km : height at which the crust has its mean thickness, i.e. the mean height

    Returns
    -------
    array of the shape of `height_km`; 0 where isostasy asks for less than nothing

    Raises
    ------
    InputError
        for an infinite height, no height, or a datum that is not finite

    Examples
    --------
    >>> airy_thickness([0.0, 1.0], Crust(34, 2550, 3220)).round(2).tolist()
    [34.0, 38.81]
    """
    root = crust.mantle_density / (crust.mantle_density - crust.crust_density)
    height = np.asarray(height_km, dtype=float)
    if not height.size or np.isinf(height).any() or not np.isfinite(datum_km):
        raise InputError(
            f"heights must be finite km (NaN where missing) above a finite datum; given "
            f"{height.size} heights and a datum of {datum_km:g} km."
        )
    return np.maximum(crust.mean_km + (height - datum_km) * root, 0.0)


def cell_thickness(cells: pd.DataFrame, crust: Crust | None = None) -> NDArray[np.float64]:
    """Return the thickness of the crust of each cell by isostasy, km.

    Parameters
    ----------
    cells : all rows of `farside.datasets.load_cells_5deg`: their mean height is the datum
    crust : by default `grail_crust`

    Raises
    ------
    InputError
        when there is no cell, or a height is missing: the mean height is then not known
    """
    height = check_from(cells["height_km"], "the height of a cell", -np.inf, unit=" km")
    datum = float(np.average(height, weights=area_weights(cells)))
    return airy_thickness(height, crust or grail_crust(), datum_km=datum)


# -- magma against crust -----------------------------------------------------------------------


def melt_density(oxides: Mapping[str, float], temperature_k: float = LIQUIDUS_K) -> float:
    r"""Return the density of a silicate melt at 1 bar, kg/m3.

    .. math:: \rho = \sum X_i M_i / \sum X_i (V_i + dV_i/dT\,(T - T_i))

    Parameters
    ----------
    oxides : wt% of the six oxides; their sum need not be 100
    temperature_k : K

    Raises
    ------
    InputError
        when an oxide is missing or negative, or it is colder than a melt can be
    """
    table = load_melt_volumes().set_index("oxide")
    missing = [n for n in table.index if not 0 <= oxides.get(n, -1.0) < np.inf]
    if missing:
        raise InputError(
            f"the density of a melt needs {', '.join(table.index)} in wt%; missing, negative or "
            f"infinite: {', '.join(missing)}."
        )
    if not 1000 <= temperature_k <= 2500:
        raise InputError(f"{temperature_k:g} K is no temperature of a basaltic melt; give K.")
    wt = np.array([oxides[str(name)] for name in table.index], dtype=float)
    if not wt.sum() > 0:
        raise InputError("all oxides are 0; give wt%.")
    mass = table["molar_mass"].to_numpy(float)
    swelling = table["expansion"].to_numpy(float) * (
        temperature_k - table["reference_k"].to_numpy(float)
    )
    moles = wt / mass
    return float(1000 * wt.sum() / (moles @ (table["volume"].to_numpy(float) + swelling)))


def neutral_buoyancy(magma_density: float, crust: Crust) -> str:
    """Return where a magma of this density (kg/m3) comes to rest if nothing pushes it.

    Returns
    -------
    str
        ``"surface"`` (lighter than the crust), ``"base of the crust"`` or ``"mantle"`` (heavier
        than the mantle)
    """
    _density(magma_density)
    if magma_density < crust.crust_density:
        return "surface"
    return "base of the crust" if magma_density < crust.mantle_density else "mantle"


def column_needed(thickness_km: ArrayLike, magma_density: float, crust: Crust) -> Float:
    """Return the height of the melt column in the mantle that lifts magma to the surface, km.

    The buoyancy of a connected column of height H in the mantle must carry the weight of the magma
    in a crust of thickness T: H (rho_m - rho_l) = T (rho_l - rho_c). Strength of rock, friction and
    gas are left out, the first two of which ask for more and the last for less.

    Parameters
    ----------
    thickness_km : of the crust
    magma_density : kg/m3, below that of the mantle
    crust : densities

    Raises
    ------
    InputError
        for a thickness that is negative or not finite, or a magma that does not rise in the mantle
    """
    thickness = check_from(thickness_km, "the thickness of the crust", unit=" km")
    if neutral_buoyancy(magma_density, crust) == "mantle":
        raise InputError(
            f"magma of {magma_density:g} kg/m3 does not rise in a mantle of "
            f"{crust.mantle_density:g} kg/m3."
        )
    weight = max(magma_density - crust.crust_density, 0.0)
    return np.asarray(thickness * weight / (crust.mantle_density - magma_density))


def pressure_needed(thickness_km: ArrayLike, magma_density: float, crust: Crust) -> Float:
    """Return the excess pressure at the base of the crust that lifts magma to the surface, MPa.

    P = g T (rho_l - rho_c), 0 for a magma lighter than the crust; `InputError` as of
    `column_needed`.
    """
    _density(magma_density)
    thickness = check_from(thickness_km, "the thickness of the crust", unit=" km")
    return np.asarray(1e-3 * GRAVITY * thickness * max(magma_density - crust.crust_density, 0.0))


def melting_extent_km(earth_km: float = MELTING_EXTENT_EARTH_KM) -> float:
    """Return the height of the melting column on the Moon, km: that of Earth times g_E / g_M.

    Wilson and Head (2017, doi 10.1016/j.icarus.2015.12.039): inversely as the acceleration.
    """
    return float(check_above(earth_km, "the height of the column", " km")) * EARTH_GRAVITY / GRAVITY


def _density(value: float) -> None:
    if not 1000 < value < 5000:
        raise InputError(f"{value:g} is no density of magma in kg/m3 (1000 to 5000).")
