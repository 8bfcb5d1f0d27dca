r"""Upper crust, lower crust and mantle in the South Pole-Aitken basin, by mixing of oxides.

The oxides c of a cell are taken as a mixture of end members C, with shares f that are not negative
and sum to one,

    minimise (c - f C)^T S^-1 (c - f C),   S = S_cell + sum_j f_j^2 diag(s_j^2)

where S_cell is the full error covariance of Lunar Prospector. Intervals are those of fits to draws
of the cells and of the end members within their errors.

A share near 0 can only err upwards, so that the mean of the cells' shares is too large where they
are small. Mixtures of mixtures are mixtures: the shares of a region are those of its mean
composition, whose error is as in `farside.oxides.contrast.region_mean`.

`farside.samples.mixing` does the same for one sample with errors that do not depend on each other;
it is what this agrees with where the covariance is diagonal. Maria and buried basalt are not among
the three components: the iron that they bring is laid to mantle, as `sensitivity` shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg, load_sample_compositions
from farside.datasets.crust import load_spa_endmembers
from farside.errors import InputError, UnknownNameError
from farside.geography import area_weights, in_spa, is_near_side
from farside.maps.simplex import drawn_fits, settled_fit
from farside.oxides.contrast import PATCH_CELLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

DEFAULT = ("highland cells", "norite", "primitive mantle")
"""End members by default: measured highlands, norite of Apollo 17, bulk silicate Moon."""
SETS = {
    "default": DEFAULT,
    "two components": ("highland cells", "primitive mantle"),
    "soil as upper crust": ("Apollo 16 soil", "norite", "primitive mantle"),
    "silicate Moon": ("highland cells", "norite", "silicate Moon"),
    "pyroxenite": ("highland cells", "norite", "pyroxenite"),
    "with basalt": ("highland cells", "norite", "primitive mantle", "mare basalt"),
    "basalt, no mantle": ("highland cells", "norite", "mare basalt"),
}
"""Choices of end members, for `sensitivity`."""
MANTLE = ("primitive mantle", "silicate Moon", "pyroxenite")
HIGHLAND_THORIUM_PPM = 1.0
"""Most thorium of the highland cells that stand for upper crust; our choice."""
REGIONS = ("outer", "inner", "circle", "highlands")
_BASALT = ("12002", "12009", "12020", "12021", "12022", "15016", "15058", "15475", "15555")
"""Low-titanium basalts of Apollo 12 and 15: what flooded the basin is low to intermediate in Ti."""


@dataclass(frozen=True)
class SpaMixture:
    """Mixtures of the cells of a region.

    Parameters
    ----------
    region : of `farside.geography.in_spa`, or ``highlands``, the control
    components : names of the end members
    cells : one row per cell: ``cell, lat, lon``, and for each component its share with ``_lower``
        and ``_upper`` (95 %), ``chi2`` and ``probability``
    mean, lower, upper : shares of the mean composition of the region; 95 %
    mantle, mantle_lower, mantle_upper : share of all mantle components together
    misfit : mean chi2 per degree of freedom of the cells; 1 if model and errors are right
    rejected : share of the area whose mixture fits with a probability below 1 %
    residual : mean over the cells of measured less mixed, wt%, by oxide
    """

    region: str
    components: tuple[str, ...]
    cells: pd.DataFrame
    mean: dict[str, float]
    lower: dict[str, float]
    upper: dict[str, float]
    mantle: float
    mantle_lower: float
    mantle_upper: float
    misfit: float
    rejected: float
    residual: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, without the rows of the cells."""
        content = {n: getattr(self, n) for n in self.__dataclass_fields__ if n != "cells"}
        return content | {"components": list(self.components), "n_cells": len(self.cells)}

    def __str__(self) -> str:
        """Return the shares and how well they fit."""
        lines = [f"{self.region}: {len(self.cells)} cells (95 % intervals)"]
        for n in self.components:
            span = f"{100 * self.lower[n]:.0f} to {100 * self.upper[n]:.0f}"
            lines.append(f"  {n}: {100 * self.mean[n]:.0f} % ({span})")
        rejected = f"{100 * self.rejected:.0f} % of the area does not fit (probability below 1 %)"
        lines.append(f"  chi2 per degree of freedom {self.misfit:.2f}; {rejected}")
        return "\n".join(lines)


def spa_endmembers(cells: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return all end members: those of the table, highlands as measured, and mare basalt.

    Parameters
    ----------
    cells : all rows of `farside.datasets.load_cells_5deg`, the default; the ``highland cells`` are
        the mean and scatter of its far-side cells outside the basin, without mare, of low thorium.
        Taking them from the same instrument takes its calibration out of the upper crust

    Returns
    -------
    pandas.DataFrame
        index ``name``; ``layer``, oxides in wt% and ``*_1s``
    """
    table = load_cells_5deg() if cells is None else cells
    control = table[_highland(table)]
    basalt = load_sample_compositions().set_index("sample")
    basalt = basalt.loc[[name for name in _BASALT if name in basalt.index]].dropna(
        subset=list(OXIDES)
    )
    made = {
        "highland cells": ("upper crust", control, np.sqrt(len(control))),
        "mare basalt": ("basalt", basalt, 1.0),
    }
    rows = {}
    for name, (layer, source, divide) in made.items():
        values = source[list(OXIDES)]
        # of the cells the error of the mean counts, with a floor: their scatter is noise of the map
        error = np.maximum(values.std() / divide, 0.02 * values.mean())
        rows[name] = {"layer": layer, **values.mean(), **error.add_suffix("_1s")}
    return pd.concat([load_spa_endmembers(), pd.DataFrame.from_dict(rows, orient="index")])


def mix_cells(
    region: str = "outer",
    *,
    components: Sequence[str] = DEFAULT,
    cells: pd.DataFrame | None = None,
    endmembers: pd.DataFrame | None = None,
    draws: int = 200,
    seed: int = 0,
) -> SpaMixture:
    """Return the mixture of each cell of a region and of the region as a whole.

    Parameters
    ----------
    region : one of `REGIONS`; ``highlands`` are the cells of the upper crust, as a control
    components : 2 to 4 names of the end members
    cells : all rows of `farside.datasets.load_cells_5deg`, the default. Cells with a clamped TiO2
        take part with that value of 0
    endmembers : as of `spa_endmembers`, the default
    draws : number of perturbed fits, 2 or more
    seed : of the draws

    Raises
    ------
    UnknownNameError
        for another region or component
    InputError
        for a number of components or draws that cannot be, a region without cells, oxides that are
        missing, negative errors, or mixtures that do not converge
    """
    table = load_cells_5deg() if cells is None else cells
    known = spa_endmembers(table) if endmembers is None else endmembers
    C, s = _components(components, known)
    if draws < 2:
        raise InputError(f"{draws} draws give no interval; take 2 or more.")
    rows = table[_region(table, region)].reset_index(drop=True)
    if rows.empty:
        raise InputError(f"no cell lies in {region}; give all cells of load_cells_5deg().")
    c, covariance = rows[list(OXIDES)].to_numpy(float), cell_covariance(rows)
    f, total = settled_fit(c, covariance, C, s)
    inverse = np.asarray(np.linalg.inv(total), dtype=np.float64)
    tries = drawn_fits((c, covariance), (C, s), inverse, draws, seed)
    weight = area_weights(rows)
    whole, means = _whole((c, covariance), (C, s), weight, draws, seed)
    residual = c - f @ C
    misfit = np.einsum("ni,nij,nj->n", residual, inverse, residual)
    dof = len(OXIDES) - len(components) + 1
    probability = chi2.sf(misfit, dof)
    low, high = np.percentile(tries, [2.5, 97.5], axis=0)
    is_mantle = np.array([known.loc[name, "layer"] == "mantle" for name in components])
    mantle = means[:, is_mantle].sum(axis=1)
    names = tuple(components)
    content: dict[str, Any] = {n: rows[n].to_numpy() for n in ("cell", "lat", "lon")}
    for k, name in enumerate(names):
        content |= {name: f[:, k], f"{name}_lower": low[:, k], f"{name}_upper": high[:, k]}
    frame = pd.DataFrame(content | {"chi2": misfit, "probability": probability})
    ends = np.percentile(means, [2.5, 97.5], axis=0)
    mantle_low, mantle_high = np.percentile(mantle, [2.5, 97.5]).tolist()
    return SpaMixture(
        region=region,
        components=names,
        cells=frame,
        mean=dict(zip(names, whole.tolist(), strict=True)),
        lower=dict(zip(names, ends[0].tolist(), strict=True)),
        upper=dict(zip(names, ends[1].tolist(), strict=True)),
        mantle=float(whole[is_mantle].sum()),
        mantle_lower=mantle_low,
        mantle_upper=mantle_high,
        misfit=float(weight @ misfit / dof),
        rejected=float(weight[probability < 0.01].sum()),
        residual=dict(zip(OXIDES, (weight @ residual).tolist(), strict=True)),
    )


def sensitivity(
    region: str = "outer", *, cells: pd.DataFrame | None = None, draws: int = 100
) -> pd.DataFrame:
    """Return the mantle share of a region for each choice of end members in `SETS`.

    Returns
    -------
    pandas.DataFrame
        index the choice; ``mantle, lower, upper`` (95 %), ``misfit`` (chi2 per degree of freedom)
        and ``rejected`` (share of the area that does not fit); NaN where mantle is no component
    """
    rows = {}
    for name, components in SETS.items():
        found = mix_cells(region, components=components, cells=cells, draws=draws)
        has = any(c in MANTLE for c in components)
        share = (found.mantle, found.mantle_lower, found.mantle_upper) if has else (np.nan,) * 3
        rows[name] = (*share, found.misfit, found.rejected)
    columns = ["mantle", "lower", "upper", "misfit", "rejected"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


@dataclass(frozen=True)
class MantleGain:
    """How much better cells are mixed with mantle than without.

    Parameters
    ----------
    region : of the cells
    gain, gain_1s : mean fall of chi2 by the one added share, over chi2 per degree of freedom of
        the fuller mixture, and one sigma
    misfit : chi2 per degree of freedom with mantle
    """

    region: str
    gain: float
    gain_1s: float
    misfit: float


def mantle_gain(region: str = "outer", *, cells: pd.DataFrame | None = None) -> MantleGain:
    r"""Return whether mantle beside crust and basalt mends the mixtures by more than chance does.

    .. math:: g = \frac{\langle \chi^2_{without} - \chi^2_{with} \rangle}
        {\langle \chi^2_{with} \rangle / (6 + 1 - 4)}

    An added share that means nothing lowers chi2 by 1 at most on average, in units of the misfit
    that there is anyhow. One sigma is by the scatter over cells, nine neighbours as one.

    Parameters
    ----------
    region, cells : as of `mix_cells`

    Raises
    ------
    UnknownNameError
        for another region
    """
    without, fuller = SETS["basalt, no mantle"], SETS["with basalt"]
    one, two = (mix_cells(region, components=c, cells=cells, draws=2) for c in (without, fuller))
    table = load_cells_5deg() if cells is None else cells
    weight = area_weights(table[_region(table, region)].reset_index(drop=True))
    fall = one.cells["chi2"].to_numpy(float) - two.cells["chi2"].to_numpy(float)
    mean = float(weight @ fall)
    spread = float(np.sqrt(PATCH_CELLS * np.sum((weight * (fall - mean)) ** 2)))
    return MantleGain(region, mean / two.misfit, spread / two.misfit, two.misfit)


# -- cells and end members -----------------------------------------------------------------------


def _whole(
    measured: tuple[Float, Float], members: tuple[Float, Float], weight: Float, n: int, seed: int
) -> tuple[Float, Float]:
    """Return the shares of the mean composition of cells, and those of draws of it, (n, k)."""
    c = (weight @ measured[0])[None]
    covariance = PATCH_CELLS * np.einsum("n,nij->ij", weight**2, measured[1])[None]
    f, total = settled_fit(c, covariance, *members)
    inverse = np.asarray(np.linalg.inv(total), dtype=np.float64)
    return f[0], drawn_fits((c, covariance), members, inverse, n, seed)[:, 0]


def _components(names: Sequence[str], known: pd.DataFrame) -> tuple[Float, Float]:
    if not 2 <= len(names) <= 4 or len(set(names)) != len(names):
        raise InputError(f"a mixture has 2 to 4 different components, not {list(names)}.")
    for name in names:
        if name not in known.index:
            raise UnknownNameError.of("end member", name, map(str, known.index))
    rows = known.loc[list(names)]
    C, s = (rows[[o + end for o in OXIDES]].to_numpy(float) for end in ("", "_1s"))
    if not np.isfinite(C).all() or not (np.isfinite(s) & (s >= 0)).all():
        raise InputError("end members need all six oxides in wt% and errors that are not negative.")
    return C, s


def _highland(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return far-side cells outside the basin, without mare and of low thorium."""
    plain = ~in_spa(table["lat"], table["lon"]) & ~is_near_side(table["lon"])
    no_mare = (table["mare_fraction"] == 0).to_numpy()
    return np.asarray(plain & no_mare & (table["Th"] < HIGHLAND_THORIUM_PPM).to_numpy())


def _region(table: pd.DataFrame, region: str) -> NDArray[np.bool_]:
    if region not in REGIONS:
        raise UnknownNameError.of("region of mixtures", region, REGIONS)
    if region == "highlands":
        return _highland(table)
    return np.asarray(in_spa(table["lat"], table["lon"], region=region))
