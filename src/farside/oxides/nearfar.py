r"""From the near side to the far side, on real data: gamma-ray cells as the judge.

A model learns the near-side cells and predicts the far side, where nobody had sampled before
Chang'e-6. Nothing of a far-side cell reaches it: training set, prior, choice of settings and
intervals come from the near side alone (``farside`` takes its prior from the moments of the
training rows; the variant with a flat prior stands beside it). What the far-side cells are worth
once they are given is in `farside.oxides.farcurve`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.oxides.baselines import Ridge
from farside.oxides.cells import (
    CellScore,
    CellSet,
    cell_set,
    far_regions,
    plain,
    scaled_sigma,
    score_cells,
)
from farside.oxides.cnn import CnnSettings
from farside.oxides.contrast import (
    Change6Footprint,
    SpaContrast,
    change6_footprint,
    spa_contrast,
)
from farside.oxides.farcurve import LearningCurve, Rehearsal, learning_curve, rehearse
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.intervals import cv_plus, from_scale, to_scale
from farside.oxides.training import leave_out_masks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.oxides.training import Float, Method

COVERAGE = 0.9

Prior = Literal["training", "flat"]

PRIORS: dict[Prior, str] = {"training": "farside", "flat": "farside, flat prior"}
"""Priors of ``farside`` in the test, and the names of the two variants in its tables."""

CANDIDATES = (
    FarsideSettings(),
    FarsideSettings(gate=30.0, cnn=CnnSettings(steps=2400)),
)
"""Settings of ``farside`` that the near side chooses from: those made for 55 sites, and a net that
speaks everywhere and trains longer, as 822 cells may allow."""


@dataclass(frozen=True)
class Transfer:
    """One method, trained on the near side.

    Parameters
    ----------
    method : name
    settings : what the near side chose, in words; empty where there was no choice
    near_error : mean over the oxides of the squared error on the near side, each block predicted
        without itself, in units of the variance there; what settings are chosen by
    scores : near side (by blocks) and each far-side region, six oxides each
    value, lower, upper : (n, 6) wt%; near-side rows are predicted without their block, and have no
        interval
    """

    method: str
    settings: str
    near_error: float
    scores: tuple[CellScore, ...]
    value: Float = field(repr=False)
    lower: Float = field(repr=False)
    upper: Float = field(repr=False)

    def score(self, region: str, oxide: str) -> CellScore:
        """Return the score of one region and oxide."""
        return next(s for s in self.scores if (s.region, s.oxide) == (region, oxide))

    def to_dict(self) -> dict[str, Any]:
        """Return all but the predictions as plain numbers; None stands for NaN."""
        return dict(plain(self))

    def __str__(self) -> str:
        """Return the table as text."""
        head = f"{self.method}{f' ({self.settings})' if self.settings else ''}"
        line = (
            "region                 oxide    n clamp   bias    1s   rmse sigma model  chi2     R2"
            " cover  width"
        )
        body = [
            f"{s.region:22} {s.oxide:6}{s.n:4d}{s.clamped:6d} {s.bias:6.2f} {s.bias_1s:5.2f} "
            f"{s.rmse:6.2f} {s.sigma:5.2f} {s.model_rmse:5.2f} {s.chi2:5.1f} {s.r2:6.2f} "
            f"{s.coverage:5.2f} {s.width:6.2f}"
            for s in self.scores
        ]
        return "\n".join([head, line, *body])


@dataclass(frozen=True)
class NearFar:
    """The whole test.

    Parameters
    ----------
    n_near, n_far : cells
    seed : of nets and draws
    nominal : nominal coverage of the intervals
    transfers : one per method
    rehearsal : how far-side cells are best used, found on the near side
    curve : what k far-side cells are worth
    contrast : the South Pole-Aitken basin against its comparators, as measured
    footprint : the cell of the Chang'e-6 site
    """

    n_near: int
    n_far: int
    seed: int
    nominal: float
    transfers: tuple[Transfer, ...]
    rehearsal: Rehearsal
    curve: LearningCurve
    contrast: SpaContrast
    footprint: Change6Footprint

    def transfer(self, method: str) -> Transfer:
        """Return the transfer of one method."""
        return next(t for t in self.transfers if t.method == method)

    def to_frame(self) -> pd.DataFrame:
        """Return all scores, one row per method, region and oxide."""
        rows = [{"method": t.method, **plain(s)} for t in self.transfers for s in t.scores]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the predictions as plain numbers; None stands for NaN."""
        out: dict[str, Any] = plain(self)
        return out

    def __str__(self) -> str:
        """Return all tables as text."""
        head = (
            f"{self.n_near} near-side cells predict {self.n_far} far-side cells; all in wt%, "
            f"predicted less measured, interval {self.nominal:.0%}"
        )
        parts = (*self.transfers, self.rehearsal, self.curve, self.contrast, self.footprint)
        return "\n\n".join([head, *map(str, parts)])

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        far = [(t.method, s) for t in self.transfers for s in t.scores if s.region == "far side"]
        table = [
            (m, s.oxide, f"{s.bias:+.2f} ± {s.bias_1s:.2f}", f"{s.rmse:.2f}", f"{s.coverage:.2f}")
            for m, s in far
        ]
        rows = [
            Range(f"{m}, {s.oxide}", s.bias, s.bias - s.bias_1s, s.bias + s.bias_1s) for m, s in far
        ]
        return card(
            f"{self.n_near} near-side cells predict {self.n_far} far-side cells",
            table=(("method", "oxide", "bias, wt%", "RMSE, wt%", "coverage"), table),
            figure=ranges(rows, "predicted less measured, wt%, 1 sigma", marks=[0.0]),
            text=str(self),
        )


def transfer(
    method: Method,
    cells: CellSet,
    *,
    name: str | None = None,
    settings: str = "",
    coverage: float = COVERAGE,
    seed: int = 0,
) -> Transfer:
    """Return the test of one method; it is given the rows of the near side and no other.

    Parameters
    ----------
    name : by default that of the method
    settings : in words, for the table
    coverage : nominal coverage of the intervals of `cell_intervals`
    """
    near, far = cells.near, ~cells.near
    train = cells.data.rows(near)
    blocks = train.missions
    masks = np.vstack([np.ones((1, len(train)), bool), leave_out_masks(train, train.mission)])
    predicted = method.fit(train, masks, seed).predict(cells.data.reflectance)
    group = np.array([blocks.index(m) for m in train.mission])
    held_out = predicted[1 + group, np.flatnonzero(near)]
    value = np.where(near[:, None], np.nan, predicted[0])
    value[near] = held_out
    lower, upper = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    lower[far], upper[far] = cell_intervals(
        predicted[1:, far], cells.sigma[far], held_out, train.oxides, cells.sigma[near], group,
        coverage,
    )  # fmt: skip
    bounds = (value, lower, upper)
    scores = list(score_cells(cells, near, "near side, by blocks", bounds))
    for region, rows in far_regions(cells).items():
        if rows.any():
            scores += score_cells(cells, rows, region, bounds)
    error = to_scale(held_out) - to_scale(train.oxides)
    relative = np.nanmean(error**2, axis=0) / np.nanvar(to_scale(train.oxides), axis=0)
    return Transfer(
        method=name or method.name,
        settings=settings,
        near_error=float(relative.mean()),
        scores=tuple(scores),
        value=value,
        lower=lower,
        upper=upper,
    )


def cell_intervals(
    at_new: Float,
    sigma_new: Float,
    held_out: Float,
    measured: Float,
    sigma: Float,
    group: NDArray[np.intp],
    coverage: float,
) -> tuple[Float, Float]:
    r"""Return lower and upper bounds (m, 6) in wt% of what new cells would measure.

    CV+ over spatial blocks (`farside.oxides.intervals`) of residuals in units of
    :math:`s_i = \sqrt{\sigma_i^2 + \sigma_m^2}`, with sigma_i the cell's own error and sigma_m what
    the held-out residuals of the near side hold beyond the cells' errors: a cell that is measured
    well has a narrower interval than one that is not.

    Parameters
    ----------
    at_new : (K, m, 6) predictions of the new cells by the fits without block k, wt%
    sigma_new, sigma : (m, 6) and (n, 6) own errors of the new and of the training cells, wt%
    held_out, measured : (n, 6) wt%, of the training cells
    group : (n,) block of each training cell
    coverage : nominal
    """
    residual = to_scale(held_out) - to_scale(measured)
    own = scaled_sigma(sigma, measured)
    model2 = np.maximum(np.nanmean(residual**2 - own**2, axis=0), 0.0)
    unit = np.sqrt(own**2 + model2)
    unit_new = np.sqrt(scaled_sigma(sigma_new, at_new.mean(axis=0)) ** 2 + model2)
    new = to_scale(at_new) / unit_new
    lower, upper = np.empty(unit_new.shape), np.empty(unit_new.shape)
    for j in range(len(OXIDES)):
        known = np.isfinite(residual[:, j])
        relative = np.abs(residual[known, j]) / unit[known, j]
        lower[:, j], upper[:, j] = cv_plus(new[..., j], relative, group[known], coverage)
    return from_scale(lower * unit_new), from_scale(upper * unit_new)


def farside_transfer(
    prior: Prior,
    cells: CellSet,
    *,
    candidates: tuple[FarsideSettings, ...] = CANDIDATES,
    coverage: float = COVERAGE,
    seed: int = 0,
) -> Transfer:
    """Return the test of ``farside`` with the candidate that does best on the near side.

    Parameters
    ----------
    prior : ``"training"``, the moments of the near-side cells, or ``"flat"``, without it
    """
    tried = [
        transfer(
            Farside(replace(settings, prior=prior)),
            cells,
            name=PRIORS[prior],
            settings=f"gate {settings.gate:g}, {settings.cnn.steps} steps",
            coverage=coverage,
            seed=seed,
        )
        for settings in candidates
    ]
    return min(tried, key=lambda t: t.near_error)


def near_far(
    seed: int = 0,
    *,
    coverage: float = COVERAGE,
    candidates: tuple[FarsideSettings, ...] = CANDIDATES,
) -> NearFar:
    """Return the test from the near side to the far side on the cells of Lunar Prospector.

    Parameters
    ----------
    seed : makes the run reproducible
    coverage : nominal coverage of the intervals
    candidates : settings of ``farside`` that the near side chooses from

    Raises
    ------
    MissingExtraError
        when torch is not installed

    Examples
    --------
    >>> import farside
    >>> print(farside.near_far())  # doctest: +SKIP
    """
    cells = cell_set()
    transfers = (
        transfer(Ridge(), cells, coverage=coverage, seed=seed),
        *(
            farside_transfer(prior, cells, candidates=candidates, coverage=coverage, seed=seed)
            for prior in PRIORS
        ),
    )
    rehearsal = rehearse(Ridge(), cells, seed=seed)
    found = {t.method: (t.value, t.lower, t.upper) for t in transfers}
    return NearFar(
        n_near=int(cells.near.sum()),
        n_far=int((~cells.near).sum()),
        seed=seed,
        nominal=coverage,
        transfers=transfers,
        rehearsal=rehearsal,
        curve=learning_curve(found, cells, rehearsal, joined=Ridge(), seed=seed),
        contrast=spa_contrast(),
        footprint=change6_footprint(),
    )


__all__ = ["CANDIDATES", "NearFar", "Transfer", "farside_transfer", "near_far", "transfer"]
