"""A model of the near side on the far side: its bias, and what far-side truth removes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.study._published import MISSION, claimed
from farside.study.finding import Finding, Part, Statement, drawn, normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

METHOD, FIRST = "farside", "Chang'e-6"
NEAR, FAR = "near side, by blocks", "far side"
REMOVED = 0.5
"""Largest share of the bias that may be left for most of it to count as removed; our choice."""
DRAWS = 20_000
_DATA = ("result: near_far", "cells_5deg")
_CLAIMED = claimed(
    "maps that rest on near-side samples left the far side unconstrained; far-side truth mends it",
    "sitp2026",
    "secondary copy",
)
_NOTE = (
    "gamma-ray cells are the judge: 5 degrees wide and with errors of their own; no returned "
    "far-side soil with its spectrum is public"
)
_RULE = (
    f"by the rule of this project most is removed where less than {REMOVED:.0%} is left; the given "
    "truth and the judge are both gamma-ray cells, so an error that all of them share does not show"
)


def findings(results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the findings on the bias and on what one far-side cell, and fifty, remove.

    Parameters
    ----------
    results : with ``near_far``, see `farside.oxides.nearfar.near_far`
    """
    near_far = results["near_far"]
    return (_bias(near_far), _one(near_far), _many(near_far))


def _bias(near_far: Mapping[str, Any]) -> Finding:
    own = next(t for t in near_far["transfers"] if t["method"] == METHOD)
    by = {(s["region"], s["oxide"]): s for s in own["scores"]}
    rng = np.random.default_rng(0)
    size = {
        region: _mean_size(
            _column([by[region, o] for o in OXIDES], "bias"),
            _column([by[region, o] for o in OXIDES], "bias_1s"),
            _column([by[FAR, o] for o in OXIDES], "sigma"),
            rng,
        )
        for region in (NEAR, FAR)
    }
    head = drawn(
        "mean size of the bias over the oxides, far side less near side held out",
        size[FAR] - size[NEAR],
        "sigma of a cell",
        Statement(low=0.0),
        published=(_CLAIMED,),
    )
    beside = [
        normal(
            f"{oxide}: bias on the far side",
            by[FAR, oxide]["bias"],
            by[FAR, oxide]["bias_1s"],
            "wt%",
            decides=False,
            note=f"near side {by[NEAR, oxide]['bias']:+.2f} ± {by[NEAR, oxide]['bias_1s']:.2f}",
        )
        for oxide in OXIDES
    ]
    return Finding(
        "far-side-bias",
        "A model of the near side is biased on the far side",
        "A model trained on the near side alone is biased on the far side (mission).",
        (head, *beside),
        "The same model, held out by blocks, is nearly free of bias on the near side. On the far "
        "side it gives too much FeO, TiO2 and MgO and too little Al2O3 and SiO2.",
        "Multiband Imager spectra of the Chang'e-6 site with the soil's six oxides: the test here "
        "stands on colour layers and gamma-ray cells instead.",
        ("farside.oxides.nearfar.near_far", "farside.oxides.cells.score_cells"),
        _DATA,
        ("prettyman2006", MISSION),
        (_NOTE,),
    )


def _one(near_far: Mapping[str, Any]) -> Finding:
    parts = (_left(near_far, 1, decides=True), _left(near_far, 5, decides=False))
    return Finding(
        "one-far-sample",
        "One far-side truth removes most of the bias",
        "Ground truth of the Chang'e-6 site alone removes most of the far-side bias.",
        (*parts, *_per_oxide(near_far, 1)),
        "One cell moves the model, and not always towards the far side's mean: the site is mare "
        "and basin, most of the far side is highland. FeO goes from too much to too little.",
        "A second far-side site in the feldspathic highlands.",
        ("farside.oxides.farcurve.learning_curve", "farside.oxides.farcurve.rehearse"),
        _DATA,
        ("prettyman2006",),
        (
            _NOTE,
            _RULE,
            "the spread is that over the choice of the given cell, with its error",
        ),
    )


def _many(near_far: Mapping[str, Any]) -> Finding:
    counts = sorted({int(p["k"]) for p in near_far["curve"]["points"]} - {0})
    most = counts[-1]
    beside = [_left(near_far, k, decides=False) for k in counts[1:-1]]
    return Finding(
        "far-side-truth",
        "Much far-side truth removes most of the bias",
        f"Far-side ground truth of {most} places removes most of the far-side bias.",
        (_left(near_far, most, decides=True), *beside, *_per_oxide(near_far, most)),
        f"After {most} cells spread over the far side the mean bias is a fraction of what it was, "
        "and each oxide's is within its spread or close to it.",
        "Nothing further for cells; whether soils do the same needs more landing sites.",
        ("farside.oxides.farcurve.learning_curve", "farside.oxides.farcurve.rehearse"),
        _DATA,
        ("prettyman2006",),
        (_NOTE, _RULE),
    )


def _left(near_far: Mapping[str, Any], k: int, *, decides: bool) -> Part:
    """Return the share of the mean size of the bias that is left after k cells."""
    rng = np.random.default_rng(0)
    own = next(t for t in near_far["transfers"] if t["method"] == METHOD)
    unit = _column([s for s in own["scores"] if s["region"] == FAR], "sigma")
    before, after = (_curve(near_far, n) for n in (0, k))
    size = [_mean_size(bias, spread, unit, rng) for bias, spread in (before, after)]
    cells = "cell of the Chang'e-6 site" if k == 1 else f"{k} cells, the first that of Chang'e-6"
    return drawn(
        f"share of the mean bias that is left after {cells}",
        size[1] / size[0],
        "1",
        Statement(high=REMOVED),
        published=(_CLAIMED,) if decides else (),
        decides=decides,
    )


def _per_oxide(near_far: Mapping[str, Any], k: int) -> list[Part]:
    bias, spread = _curve(near_far, k)
    before = _curve(near_far, 0)[0]
    return [
        normal(
            f"{oxide}: bias after {k}",
            float(bias[j]),
            float(spread[j]),
            "wt%",
            decides=False,
            note=f"before {before[j]:+.2f}",
        )
        for j, oxide in enumerate(OXIDES)
    ]


def _curve(near_far: Mapping[str, Any], k: int) -> tuple[Float, Float]:
    """Return bias, and its spread over the choice of the cells, after k cells, wt%."""
    points = {
        (p["first"], p["oxide"]): p
        for p in near_far["curve"]["points"]
        if p["method"] == METHOD and p["k"] == k
    }
    bias = _column([points[FIRST, o] for o in OXIDES], "bias")
    # with the first cell fixed, the spread would leave out what that cell's own error does
    return bias, _column([points["any", o] for o in OXIDES], "bias_spread")


def _mean_size(bias: Float, sigma: Float, unit: Float, rng: np.random.Generator) -> Float:
    """Return draws (n,) of the mean size of the bias over the oxides, in sigmas of a cell."""
    draws = bias + sigma * rng.standard_normal((DRAWS, bias.size))
    return np.asarray((np.abs(draws) / unit).mean(axis=1), dtype=np.float64)


def _column(rows: list[Mapping[str, Any]], key: str) -> Float:
    return np.array([float(row[key]) for row in rows])
