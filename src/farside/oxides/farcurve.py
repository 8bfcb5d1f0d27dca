r"""What far-side ground truth is worth: predictions corrected by k far-side cells.

A model of the near side errs on the far side by an offset and by patches. With k cells given, their
residuals r (predicted less measured, on the scale of `farside.oxides.intervals.to_scale`) say how
much. The correction is the mean of a normal model of the residual at a place s,

.. math:: r(s) = b + g(s) + e,\quad b \sim N(0, \tau^2),\quad
    \mathrm{cov}(g(s), g(s')) = p\,\sigma_m^2 \exp(-d(s, s') / L),\quad
    e \sim N(0, (1 - p)\,\sigma_m^2 + \sigma_{cell}^2),

with d the angle between the places and sigma_cell each cell's own error, so a poor cell moves
little and one cell moves less than its residual says. tau is the offset of a quadrant of the near
side predicted from the other three, sigma_m what block-wise residuals there hold beyond the cells'
errors. Whether to use this, the offset alone, or simply to join the cells to the training set is
found in a rehearsal: each near-side quadrant in turn plays the far side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.geography import great_circle_deg
from farside.oxides.cells import censored_moments, change6_row, plain, scaled_sigma
from farside.oxides.intervals import from_scale, to_scale
from farside.oxides.training import leave_out_masks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.oxides.cells import CellSet
    from farside.oxides.training import Float, Mask, Method

    Index = NDArray[np.intp]

COUNTS = (0, 1, 5, 20, 50)
"""Far-side cells that are given."""

REHEARSED = (1, 5, 12)
"""Cells given in the rehearsal: a quadrant is a quarter of a side, so 12 are as dense as 50."""

REPEATS = 10

PATCHES = {"offset": 0.0, "local 10°": 10.0, "local 20°": 20.0, "local 40°": 40.0}
"""Ways to correct and their length L in degrees; 0 for no patches."""

PATCH_SHARE = 0.7
"""p, share of the model's variance that is in patches; our choice."""

FLOOR = 1e-4
"""Least variance of a model's error, on the scale of `to_scale`."""


@dataclass(frozen=True)
class Rehearsal:
    """How given cells are best used, by near-side cells alone.

    Parameters
    ----------
    method : whose residuals
    chosen : way with the least error over `REHEARSED`
    error : way -> root of the mean relative squared error for each of `REHEARSED`; ``"none"`` is
        without given cells
    tau, model_sigma : (6,) on the scale of `to_scale`: ln(TiO2 + 0.5), wt% for the others
    """

    method: str
    chosen: str
    error: dict[str, tuple[float, ...]]
    tau: tuple[float, ...]
    model_sigma: tuple[float, ...]

    @property
    def correction(self) -> str:
        """The best way that corrects a prediction, and so serves every method."""
        return min(PATCHES, key=lambda way: sum(self.error[way]))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""
        return dict(plain(self))

    def __str__(self) -> str:
        """Return the table as text."""
        head = (
            f"rehearsal on near-side quadrants ({self.method}; relative error, 1 = the spread of "
            f"the near side): {self.chosen} is chosen"
        )
        line = "way        " + "".join(f"  k={k:<4}" for k in REHEARSED)
        body = [
            f"{way:11}" + "".join(f"  {e:.3f} " for e in errors)
            for way, errors in self.error.items()
        ]
        return "\n".join([head, line, *body])


@dataclass(frozen=True)
class CurvePoint:
    """Predictions after k far-side cells are given, over the far-side cells never given.

    Parameters
    ----------
    method, way : whose predictions, and how the cells were used
    first : ``"Chang'e-6"`` or ``"any"``, the first cell given
    k, oxide : cells given
    bias, rmse : wt%, means over the draws
    bias_spread, rmse_spread : wt%, standard deviations over the draws
    coverage : of the interval moved with the prediction; NaN without one
    """

    method: str
    way: str
    first: str
    k: int
    oxide: str
    bias: float
    bias_spread: float
    rmse: float
    rmse_spread: float
    coverage: float


@dataclass(frozen=True)
class LearningCurve:
    """What k far-side cells are worth.

    Parameters
    ----------
    points : one per method, way, first cell, k and oxide
    repeats : draws of the cells after the first
    """

    points: tuple[CurvePoint, ...]
    repeats: int

    def point(self, method: str, k: int, oxide: str, first: str = "Chang'e-6") -> CurvePoint:
        """Return the point of the chosen way of a method."""
        return next(
            p for p in self.points if (p.method, p.k, p.oxide, p.first) == (method, k, oxide, first)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""
        return dict(plain(self))

    def __str__(self) -> str:
        """Return the table as text: bias with spread and RMSE per oxide."""
        head = f"k far-side cells given, mean of {self.repeats} draws; bias ± spread / RMSE in wt%"
        line = f"{'method':20}{'way':11}{'first':10}  k" + "".join(f"{o:>19}" for o in OXIDES)
        keys = dict.fromkeys((p.method, p.way, p.first, p.k) for p in self.points)
        body = []
        for key in keys:
            row = [p for p in self.points if (p.method, p.way, p.first, p.k) == key]
            cells = (f"{p.bias:6.2f} ±{p.bias_spread:5.2f} /{p.rmse:5.2f}" for p in row)
            body.append(f"{key[0]:20}{key[1]:11}{key[2]:10}{key[3]:3d}" + "".join(cells))
        return "\n".join([head, line, *body])


# -- correction --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Residuals:
    """The normal model of residuals.

    Parameters
    ----------
    lat, lon : (n,) degrees
    sigma : (n, 6) the cells' own errors, on the scale of `to_scale`
    tau2, model2 : (6,) variances of the offset and of the model's error
    """

    lat: Float
    lon: Float
    sigma: Float
    tau2: Float
    model2: Float

    def correction(self, residual: Float, given: Index, way: str) -> Float:
        """Return the expected residual (n, 6) of every cell.

        Parameters
        ----------
        residual : (n, 6), only the `given` rows are looked at; NaN where not measured
        given : (k,)
        way : of `PATCHES`
        """
        out = np.zeros(residual.shape)
        length = PATCHES[way]
        share = PATCH_SHARE if length else 0.0
        apart = great_circle_deg(
            self.lat[:, None], self.lon[:, None], self.lat[given], self.lon[given]
        )
        near = np.exp(-apart / length) if length else np.zeros(apart.shape)
        for j in range(residual.shape[1]):
            known = np.isfinite(residual[given, j])
            rows = given[known]
            to_all = self.tau2[j] + share * self.model2[j] * near[:, known]
            noise = (1.0 - share) * self.model2[j] + self.sigma[rows, j] ** 2
            out[:, j] = to_all @ np.linalg.solve(to_all[rows] + np.diag(noise), residual[rows, j])
        return out


# -- rehearsal ---------------------------------------------------------------------------------


def rehearse(method: Method, cells: CellSet, *, repeats: int = 5, seed: int = 0) -> Rehearsal:
    """Return how given cells are best used, from near-side cells alone.

    Parameters
    ----------
    method : fitted once per quadrant, draw and number of cells, so a quick one
    repeats : draws per quadrant
    """
    near = np.flatnonzero(cells.near)
    data, quadrant = cells.data.rows(near), _quadrants(cells)[near]
    y = to_scale(data.oxides)
    parts = np.stack([quadrant != name for name in np.unique(quadrant)])
    residual = to_scale(method.fit(data, parts, seed).predict(data.reflectance)) - y
    offset2 = np.stack(
        [np.nanmean(r[~part], axis=0) ** 2 for r, part in zip(residual, parts, strict=True)]
    )
    model = _residuals(cells, near, _model_variance(method, cells, near, seed))
    rng = np.random.default_rng(seed)
    squared: dict[str, list[Float]] = {way: [] for way in ("none", "join", *PATCHES)}
    for i, part in enumerate(parts):
        others = replace(model, tau2=np.delete(offset2, i, axis=0).mean(axis=0))
        for _ in range(repeats):
            order = rng.permutation(np.flatnonzero(~part))
            test = order[max(REHEARSED) :]
            masks = np.stack([part | np.isin(np.arange(len(y)), order[:k]) for k in REHEARSED])
            predicted = method.fit(data, masks, seed).predict(data.reflectance[test])
            left = {"none": np.stack([residual[i, test]] * len(REHEARSED))}
            left["join"] = to_scale(predicted) - y[test]
            for way in PATCHES:
                moved = [others.correction(residual[i], order[:k], way)[test] for k in REHEARSED]
                left[way] = residual[i, test] - np.stack(moved)
            for way, rest in left.items():
                squared[way].append(np.nanmean(rest**2, axis=1))
    unit = np.nanvar(y, axis=0)
    error = {
        way: tuple(float(e) for e in np.sqrt((np.mean(found, axis=0) / unit).mean(axis=1)))
        for way, found in squared.items()
    }
    return Rehearsal(
        method=method.name,
        chosen=min((way for way in error if way != "none"), key=lambda way: sum(error[way])),
        error=error,
        tau=tuple(float(t) for t in np.sqrt(offset2.mean(axis=0))),
        model_sigma=tuple(float(m) for m in np.sqrt(model.model2)),
    )


def _residuals(cells: CellSet, rows: Index, model2: Float) -> Residuals:
    """Return the model of residuals of some rows, without an offset yet."""
    sigma = scaled_sigma(cells.sigma[rows], cells.data.oxides[rows])
    lat, lon = (cells.table[name].to_numpy(float)[rows] for name in ("lat", "lon"))
    return Residuals(lat, lon, sigma, np.zeros(len(OXIDES)), model2)


def _quadrants(cells: CellSet) -> NDArray[np.str_]:
    north, east = (cells.table[name].to_numpy(float) >= 0 for name in ("lat", "lon"))
    return np.char.add(np.where(north, "N", "S"), np.where(east, "E", "W"))


def _model_variance(method: Method, cells: CellSet, near: Index, seed: int) -> Float:
    """Return (6,) what residuals of left-out near-side blocks hold beyond the cells' errors."""
    data = cells.data.rows(near)
    masks = leave_out_masks(data, data.mission)
    predicted = to_scale(method.fit(data, masks, seed).predict(data.reflectance))
    own = masks.argmin(axis=0)  # the fit that did not see the row's block
    residual = predicted[own, np.arange(len(data))] - to_scale(data.oxides)
    sigma = _residuals(cells, near, np.zeros(len(OXIDES))).sigma
    return np.asarray(np.maximum(np.nanmean(residual**2 - sigma**2, axis=0), FLOOR))


# -- curve -------------------------------------------------------------------------------------


def learning_curve(
    found: dict[str, tuple[Float, Float, Float]],
    cells: CellSet,
    rehearsal: Rehearsal,
    *,
    joined: Method | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
) -> LearningCurve:
    """Return what k far-side cells are worth.

    Parameters
    ----------
    found : method -> value, lower and upper (n, 6) wt%, learnt from the near side
    rehearsal : which correction is used, and its variances
    joined : a quick method that is also fitted anew with the cells joined to the near side
    repeats : draws of the cells after the first; within a draw the sets are nested, and the test
        set, the same for every k, is the far-side cells that are given for no k

    Notes
    -----
    ``first`` is the cell of the Chang'e-6 site, or for comparison any far-side cell.
    """
    draws = {
        "Chang'e-6": draw_orders(cells, repeats, seed, change6_row(cells.table)),
        "any": draw_orders(cells, repeats, seed, None),
    }
    everywhere = np.arange(len(cells.data))
    model = _residuals(cells, everywhere, np.square(rehearsal.model_sigma))
    model = replace(model, tau2=np.square(rehearsal.tau))
    y = to_scale(cells.data.oxides)
    points: list[CurvePoint] = []
    for first, orders in draws.items():
        for method, bounds in found.items():
            scaled = tuple(to_scale(b) for b in bounds)
            for k in COUNTS:
                scores = []
                for order in orders:
                    move = model.correction(scaled[0] - y, order[:k], rehearsal.correction)
                    moved = tuple(from_scale(b - move) for b in scaled)
                    scores.append(_errors(cells, _test_rows(cells, order), moved))
                points += _points((method, rehearsal.correction, first), k, np.stack(scores))
    if joined is not None:
        points += _joined(joined, cells, draws["Chang'e-6"], seed)
    return LearningCurve(tuple(points), repeats)


def draw_orders(cells: CellSet, repeats: int, seed: int, first: int | None) -> list[Index]:
    """Return the rows of the far-side cells that are given, in order, for each draw."""
    rng = np.random.default_rng(seed)
    far = np.flatnonzero(~cells.near)
    orders = []
    for _ in range(repeats):
        order = rng.permutation(far)
        if first is not None:
            order = np.concatenate([[first], order[order != first]])
        orders.append(order[: max(COUNTS)])
    return orders


def _test_rows(cells: CellSet, order: Index) -> Mask:
    rows = ~cells.near
    rows[order] = False
    return rows


def _joined(method: Method, cells: CellSet, orders: list[Index], seed: int) -> list[CurvePoint]:
    points: list[CurvePoint] = []
    for k in COUNTS:
        scores = []
        for order in orders:
            rows = np.flatnonzero(cells.near | np.isin(np.arange(len(cells.near)), order[:k]))
            train = cells.data.rows(rows)
            fitted = method.fit(train, np.ones((1, len(train)), bool), seed)
            value = fitted.predict(cells.data.reflectance)[0]
            none = np.full(value.shape, np.nan)
            scores.append(_errors(cells, _test_rows(cells, order), (value, none, none)))
        points += _points((method.name, "join", "Chang'e-6"), k, np.stack(scores))
    return points


def _errors(cells: CellSet, rows: Mask, bounds: tuple[Float, ...]) -> Float:
    """Return (3, 6) bias, RMSE and coverage over some rows."""
    value, lower, upper = (b[rows] for b in bounds)
    out = np.full((3, len(OXIDES)), np.nan)
    w = cells.weight[rows]
    for j in range(len(OXIDES)):
        clamped = cells.clamped[rows, j]
        y = np.where(clamped, 0.0, cells.data.oxides[rows, j])
        mean, sd, _ = censored_moments(value[:, j] - y, w, clamped, steps=50)
        out[:2, j] = mean, np.hypot(mean, sd)
        if np.isfinite(lower[:, j]).all():
            inside = (lower[:, j] <= y) & (y <= upper[:, j])
            out[2, j] = np.average(inside[~clamped], weights=w[~clamped])
    return out


def _points(names: tuple[str, str, str], k: int, scores: Float) -> list[CurvePoint]:
    mean, spread = scores.mean(axis=0), scores.std(axis=0)
    method, way, first = names
    return [
        CurvePoint(
            method=method,
            way=way,
            first=first,
            k=k,
            oxide=oxide,
            bias=float(mean[0, j]),
            bias_spread=float(spread[0, j]),
            rmse=float(mean[1, j]),
            rmse_spread=float(spread[1, j]),
            coverage=float(mean[2, j]),
        )
        for j, oxide in enumerate(OXIDES)
    ]
