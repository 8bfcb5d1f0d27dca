r"""Mare against thickness of the crust: learnt on the near side, tested on the far side and in SPA.

The share of a cell under mare is a logistic function of the thickness T of its crust (and, if
asked, of the logarithm of its thorium),

    logit m = a + b T (+ c ln Th)

fitted to the near side by quasi-likelihood weighted with area. If thickness were all that keeps
magma from the surface, the same function would hold on the far side. Intervals are those of whole
blocks of 30 by 30 degrees drawn again, on the near side for the fit and on the far side for what is
observed, because neighbouring cells share their basins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from farside.datasets import load_cells_5deg
from farside.errors import InputError
from farside.geography import in_spa, near_side_fraction
from farside.interior.bounds import check_from
from farside.interior.crust import Crust, cell_thickness, grail_crust

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

BLOCK_DEG = 30.0
"""Side of a spatial block, degrees: about the size of a large basin with its rim, our choice."""
REGIONS = ("near side", "far side", "far side outside SPA", "SPA")


@dataclass(frozen=True)
class Region:
    """Mare of a region, observed and as the near side's rule has it.

    Parameters
    ----------
    name : one of `REGIONS`
    thickness_km : mean thickness of the crust
    observed, predicted : share of the area under mare
    observed_interval, predicted_interval, excess_interval : 95 %; excess is predicted less observed
    order : chance that ground under mare has thinner crust than ground without, 0.5 if unrelated
    order_interval : 95 %
    """

    name: str
    thickness_km: float
    observed: float
    observed_interval: tuple[float, float]
    predicted: float
    predicted_interval: tuple[float, float]
    excess_interval: tuple[float, float]
    order: float
    order_interval: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in content.items()}

    def __str__(self) -> str:
        """Return one line."""
        return (
            f"{self.name}: crust {self.thickness_km:.1f} km, mare {_percent(self.observed)} "
            f"({_span(self.observed_interval)}) observed, {_percent(self.predicted)} "
            f"({_span(self.predicted_interval)}) predicted"
        )


@dataclass(frozen=True)
class MareTest:
    """The test of a thicker crust against the mare of the far side.

    Parameters
    ----------
    crust : the model of the thickness
    thorium : whether thorium is a predictor too
    coefficients : a, b (1/km) and, with thorium, c
    half_km : thickness at which half the ground is mare, at the near side's mean thorium
    half_interval : 95 %
    regions : by name
    explained : share of the deficit of the far side that its thickness explains,
        (near - predicted far) / (near - far)
    explained_interval : 95 %
    explained_outside, explained_outside_interval : the same without SPA
    blocks : number of blocks on the near and on the far side
    notes : what to mind
    """

    crust: str
    thorium: bool
    coefficients: tuple[float, ...]
    half_km: float
    half_interval: tuple[float, float]
    regions: tuple[Region, ...]
    explained: float
    explained_interval: tuple[float, float]
    explained_outside: float
    explained_outside_interval: tuple[float, float]
    blocks: tuple[int, int]
    notes: tuple[str, ...]

    def region(self, name: str) -> Region:
        """Return the region of this name, one of `REGIONS`."""
        return self.regions[REGIONS.index(name)]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        content = {k: list(v) if isinstance(v, tuple) else v for k, v in content.items()}
        return content | {"regions": [region.to_dict() for region in self.regions]}

    def __str__(self) -> str:
        """Return the regions and what thickness explains."""
        rule = "thickness and thorium" if self.thorium else "thickness"
        explained = f"{_percent(self.explained)} ({_span(self.explained_interval)})"
        outside = _span(self.explained_outside_interval)
        lines = [
            f"mare by {rule} of the crust ({self.crust}), fitted on the near side; 95 % intervals",
            f"  half the ground is mare at {self.half_km:.1f} km ({_km(self.half_interval)})",
            *(f"  {region}" for region in self.regions),
            f"  explained of the deficit of the far side: {explained}",
            f"  the same without SPA: {_percent(self.explained_outside)} ({outside})",
        ]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def fit_mare(design: Float, mare: Float, weight: Float) -> Float:
    """Return the coefficients of a fractional logistic regression by Newton's method.

    Parameters
    ----------
    design : (n, k), a column of ones among them
    mare : (n,) share under mare, 0 to 1
    weight : (n,) area, not negative

    Raises
    ------
    InputError
        when a share is outside 0 to 1, a predictor or an area is missing, no area is above 0, or
        the fit does not converge (a threshold that separates mare from none)
    """
    if not ((mare >= 0) & (mare <= 1)).all():
        raise InputError("shares of mare are from 0 to 1, without missing values.")
    check_from(design, "a predictor of mare", -np.inf)
    if not check_from(weight, "the area of a cell").sum() > 0:
        raise InputError("all areas are 0; give the cells their areas.")
    weight = weight / weight.sum()
    found = np.zeros(design.shape[1])
    for _ in range(60):
        expected = expit(design @ found)
        bend = (design * (weight * expected * (1 - expected))[:, None]).T @ design
        try:
            step = np.linalg.solve(bend, design.T @ (weight * (mare - expected)))
        except np.linalg.LinAlgError:
            break
        found = found + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            return np.asarray(found)
    raise InputError(
        "the logistic fit did not converge: mare and no mare are separated by the predictors, or "
        "there is only one of them; give more cells."
    )


def mare_test(
    cells: pd.DataFrame | None = None,
    *,
    thickness_km: ArrayLike | None = None,
    crust: Crust | None = None,
    thorium: bool = False,
    draws: int = 400,
    seed: int = 0,
) -> MareTest:
    """Return how far thickness of the crust, learnt on the near side, explains the far side.

    Parameters
    ----------
    cells : all rows of `farside.datasets.load_cells_5deg`, the default
    thickness_km : of each cell, for example from gravity; by default isostasy with `crust`
    crust : densities and mean thickness, by default `farside.interior.crust.grail_crust`
    thorium : add ln Th (ppm) as a predictor: the heat of the Procellarum terrane. Mare itself
        carries thorium, so this lends the predictor more than its due
    draws : number of times the blocks are drawn again, 2 or more
    seed : of the draws

    Raises
    ------
    InputError
        when a thickness is negative, missing or not one per cell
    """
    table = load_cells_5deg() if cells is None else cells
    model = crust or grail_crust()
    given = thickness_km is not None
    T = _thickness(table, thickness_km, model)
    if draws < 2:
        raise InputError(f"{draws} draws give no interval; take 2 or more.")
    work = _Work.of(table, T, thorium=thorium)
    best = work.run(np.ones(work.blocks))
    rng = np.random.default_rng(seed)
    tries = [work.run(work.again(rng)) for _ in range(draws)]
    low, high = np.percentile([t.flat() for t in tries], [2.5, 97.5], axis=0)
    spans = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    regions = tuple(
        Region(
            name,
            float(np.average(T[work.kept], weights=weight)),
            float(best.observed[i]),
            spans[i],
            float(best.predicted[i]),
            spans[4 + i],
            spans[8 + i],
            float(best.order[i]),
            spans[12 + i],
        )
        for i, (name, weight) in enumerate(zip(REGIONS, work.weights, strict=True))
    )
    return MareTest(
        "as given" if given else model.name,
        thorium,
        tuple(float(b) for b in best.coefficients),
        float(best.half),
        spans[18],
        regions,
        float(best.explained[0]),
        spans[16],
        float(best.explained[1]),
        spans[17],
        work.counts,
        (
            "cells within 70 degrees of the equator",
            *(() if given else ("by isostasy thickness and height are one predictor",)),
        ),
    )


def mare_by_cell(
    cells: pd.DataFrame | None = None,
    *,
    thickness_km: ArrayLike | None = None,
    crust: Crust | None = None,
    thorium: bool = False,
) -> pd.DataFrame:
    """Return the share of each cell under mare, as seen and as the near side's rule foretells it.

    Parameters
    ----------
    cells, thickness_km, crust, thorium : as of `mare_test`

    Returns
    -------
    pandas.DataFrame
        ``cell, lat, lon, thickness_km, observed, predicted``, shares 0 to 1, for the cells whose
        mare is mapped

    Raises
    ------
    InputError
        as of `mare_test`
    """
    table = load_cells_5deg() if cells is None else cells
    T = _thickness(table, thickness_km, crust or grail_crust())
    work = _Work.of(table, T, thorium=thorium)
    rule = fit_mare(work.design, work.mare, work.weights[0])
    found = table.loc[work.kept, ["cell", "lat", "lon"]].reset_index(drop=True)
    return found.assign(
        thickness_km=T[work.kept], observed=work.mare, predicted=expit(work.design @ rule)
    )


def _thickness(table: pd.DataFrame, given: ArrayLike | None, crust: Crust) -> Float:
    T = cell_thickness(table, crust) if given is None else np.asarray(given, float)
    if T.shape != (len(table),) or not (np.isfinite(T) & (T >= 0)).all():
        raise InputError(
            f"thickness needs one finite value of 0 km or more for each of {len(table)} cells, "
            "without missing ones."
        )
    return T


# -- one draw ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Draw:
    coefficients: Float
    half: float
    observed: Float
    predicted: Float
    order: Float
    explained: Float

    def flat(self) -> Float:
        excess = self.predicted - self.observed
        last = np.append(self.explained, self.half)
        return np.concatenate([self.observed, self.predicted, excess, self.order, last])


@dataclass(frozen=True)
class _Work:
    """Cells with mare: predictors centred on the near side, weights of regions, blocks."""

    kept: NDArray[np.bool_]
    design: Float
    mare: Float
    centre_km: float
    weights: Float
    block: NDArray[np.int64]
    near_block: NDArray[np.bool_]

    @classmethod
    def of(cls, table: pd.DataFrame, T: Float, *, thorium: bool) -> _Work:
        kept = table["mare_fraction"].notna().to_numpy()
        rows = table[kept]
        near = near_side_fraction(rows)
        area = rows["area_km2"].to_numpy(float)
        spa = in_spa(rows["lat"], rows["lon"])
        weights = np.array(
            [area * near, area * (1 - near), area * (1 - near) * ~spa, area * spa], dtype=float
        )
        centre = float(np.average(T[kept], weights=weights[0]))
        columns = [np.ones(len(rows)), T[kept] - centre]
        if thorium:
            heat = np.log(rows["Th"].to_numpy(float))
            columns.append(heat - np.average(heat, weights=weights[0]))
        side = np.where(near >= 0.5, 0, 1)
        row = np.floor((rows["lat"].to_numpy(float) + 90) / BLOCK_DEG).astype(int)
        column = np.floor((rows["lon"].to_numpy(float) + 180) / BLOCK_DEG).astype(int)
        keys, block = np.unique(side * 1000 + row * 20 + column, return_inverse=True)
        mare = rows["mare_fraction"].to_numpy(float)
        return cls(
            kept, np.column_stack(columns), mare, centre, weights, block, np.asarray(keys < 1000)
        )

    @property
    def blocks(self) -> int:
        return self.near_block.size

    @property
    def counts(self) -> tuple[int, int]:
        return int(self.near_block.sum()), int((~self.near_block).sum())

    def again(self, rng: np.random.Generator) -> Float:
        """Return how often each block is drawn, each side among its own."""
        times = np.zeros(self.blocks)
        for side in (self.near_block, ~self.near_block):
            where = np.flatnonzero(side)
            times[where] = rng.multinomial(where.size, np.full(where.size, 1 / where.size))
        return times

    def run(self, times: Float) -> _Draw:
        weights = self.weights * times[self.block]
        found = fit_mare(self.design, self.mare, weights[0])
        expected = expit(self.design @ found)
        total = weights.sum(axis=1)
        total = np.where(total > 0, total, np.nan)
        observed, predicted = weights @ self.mare / total, weights @ expected / total
        order = np.array([_order(self.design[:, 1], self.mare, w) for w in weights])
        explained = (observed[0] - predicted[1:3]) / (observed[0] - observed[1:3])
        half = self.centre_km - found[0] / found[1]
        return _Draw(found, float(half), observed, predicted, order, explained)


def _order(T: Float, mare: Float, weight: Float) -> float:
    """Return the chance that mare lies on thinner crust than no mare (area under the curve)."""
    rank = np.argsort(T)
    yes, no = (weight * mare)[rank], (weight * (1 - mare))[rank]
    if not (yes.sum() > 0 and no.sum() > 0):
        return float("nan")
    thicker = no.sum() - np.cumsum(no)
    return float((yes * (thicker + no / 2)).sum() / (yes.sum() * no.sum()))


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _span(pair: tuple[float, float]) -> str:
    return f"{100 * pair[0]:.1f} to {100 * pair[1]:.1f}"


def _km(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.1f} to {pair[1]:.1f}"
