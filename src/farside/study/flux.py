"""Cratering: the flux on both sides, and the late heavy bombardment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.study._published import claimed
from farside.study.finding import Finding, Part, Statement, normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    Record = Mapping[str, Any]

EQUAL = Statement(0.8, 1.25)
"""The flux counts as the same when the sides differ by less than a quarter; our choice."""
_NORMAL_68 = 0.9944578832097532
"""Sigmas on either side of a normal mean that hold 68 %, as between the quantiles 16 and 84 %."""
_TABLES = ("chronology_sites", "chronology_calibration", "chronology_hemispheres")


def findings(results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the findings on symmetry and bombardment.

    Parameters
    ----------
    results : with ``chronology``: ``flux`` and ``bombardment`` as of their ``to_dict``
    """
    chronology = results["chronology"]
    return (_symmetry(chronology["flux"]), _bombardment(chronology["bombardment"]))


def _symmetry(flux: Record) -> Finding:
    most = max(len(r["sites"]) for r in flux["ratios"])
    joint = next(r for r in flux["ratios"] if len(r["sites"]) == most)
    others = [r for r in flux["ratios"] if r is not joint]
    theory = claimed("no difference between near and far side", "wang2016", "abstract")
    mission = claimed("the Chang'e-6 point lies on the near-side curve")
    raw = [
        normal(
            f"raw density of craters, far over near, {c['range_km'][0]:g}-{c['range_km'][1]:g} km",
            c["all_ground"],
            c["all_ground"] * c["sigma_ln"][0],
            "1",
            decides=False,
            note="ages and resurfacing, not flux",
            source="chronology_hemispheres",
        )
        for c in flux["raw_densities"]
    ]
    parts = (
        _ratio(joint, decides=True, published=(theory, mission)),
        *(_ratio(r, decides=False) for r in others),
    )
    return Finding(
        "symmetric-flux",
        "The same flux on both sides",
        "Impactors struck both sides of the Moon at the same rate (mission; the Chang'e-6 point "
        "lies on the near-side curve).",
        (*parts, *raw),
        str(flux["verdict"]),
        "Far-side ground of known age and large area: each further dated unit with a count good "
        "to 10 % narrows the ratio more than better ages do.",
        ("farside.chronology.symmetry.flux_symmetry",),
        ("result: chronology", *_TABLES),
        ("wang2016", "head2010", "povilaitis2018", "kass1995"),
        ("the prior of ln of the ratio is uniform within a factor of 5",),
    )


def _ratio(r: Record, **about: Any) -> Part:
    """Return a ratio; its logarithm is taken as normal by its 68 % interval."""
    sigma = (np.log(r["upper"]) - np.log(r["lower"])) / 2 / _NORMAL_68
    low, high = np.log([EQUAL.low, EQUAL.high])
    chance = Statement(float(low), float(high)).chance(float(np.log(r["median"])), float(sigma))
    what = f"flux far over near from {' and '.join(r['sites'])}{r['note']}"
    return Part(what, r["median"], r["lower_95"], r["upper_95"], "1", EQUAL, float(chance), **about)


def _bombardment(found: Record) -> Finding:
    # both sides of the contrast have an error against the exponential, as its verdict counts them
    error = float(np.sqrt(2.0)) * max(float(s["error"]) for s in found["standings"])
    main = _evidence(
        "all sites, default priors",
        found["late_over_smooth"],
        error,
        published=(claimed("no late spike"),),
    )
    variants = [
        _evidence(v["choice"], v["late_over_smooth"], float(v["error"]), decides=False)
        for v in found["variants"]
    ]
    parts = (main, _averaged((main, *variants)), *variants)
    return Finding(
        "no-late-bombardment",
        "No late heavy bombardment",
        "The cratering rate fell smoothly; there was no late spike (mission, from the basin's age "
        "of 4.25 Ga).",
        parts,
        str(found["verdict"]),
        "A dated basin between 3.9 and 4.25 Ga whose density is counted, such as Nectaris by its "
        "own impact melt; and verified densities of the old near-side sites.",
        ("farside.chronology.hypotheses.compare_bombardment",),
        ("result: chronology", *_TABLES[:2]),
        ("morbidelli2012", "kass1995", "delmoral2006", "nemchin2017", "su2025"),
        (
            "even odds beforehand; the statement is that the evidence favours a smooth decline",
        ),
    )  # fmt: skip


def _evidence(
    choice: str, ln_bayes: float, error: float, *, decides: bool = True, **about: Any
) -> Part:
    """Return ln of the Bayes factor; its chance is that of a smooth decline at even odds."""
    half = 1.96 * error
    return Part(
        f"ln B, late over smooth: {choice}",
        float(ln_bayes),
        float(ln_bayes) - half,
        float(ln_bayes) + half,
        "1",
        Statement(high=0.0),
        float(1.0 / (1.0 + np.exp(ln_bayes))),
        decides=decides,
        note="interval: error of the numerical integration",
        **about,
    )


def _averaged(choices: tuple[Part, ...]) -> Part:
    """Return the evidence over all choices of sites and priors, each of which counts the same."""
    values = [part.value for part in choices]
    return Part(
        "ln B, late over smooth: mean over the choices of sites and priors, and their range",
        float(np.mean(values)),
        min(values),
        max(values),
        "1",
        Statement(high=0.0),
        float(np.mean([part.chance for part in choices])),
        note="the probability is the mean over the choices",
    )
