"""Transparency of the oxide model: the leak of the published protocol, and the bias audit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.study._published import claimed
from farside.study.finding import Finding, Part, Statement, drawn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

LEAKY, HONEST = ("yang2023", "yang2023"), ("yang2023", "loo")
"""Estimator and protocol of the two validations that differ in the leak alone."""
DRAWS = 4000
GREATER = Statement(low=1.0)


def findings(results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the findings on the leak and on the bias audit.

    Parameters
    ----------
    results : with ``validation``, ``audit`` and ``explanation``
    """
    return (
        _leak(results["validation"]),
        _audit(results["audit"], results["explanation"]["checks"]),
    )


def error_ratio(validation: Sequence[Mapping[str, Any]], seed: int = 0) -> Float:
    """Return draws of the RMSE with the held-out site kept out over the published protocol's.

    Sites are resampled with replacement, the same ones for both protocols.

    Parameters
    ----------
    validation : result of that name
    seed : of the draws

    Returns
    -------
    array of shape (draws, 6)
    """
    tables = {}
    for key in (LEAKY, HONEST):
        rows = next(v for v in validation if (v["estimator"], v["protocol"]) == key)["rows"]
        tables[key] = {(r["site"], r["oxide"]): _error(r) for r in rows}
    sites = list(dict.fromkeys(site for site, _ in tables[HONEST]))
    leaky, honest = (
        np.array([[tables[key][site, oxide] ** 2 for oxide in OXIDES] for site in sites])
        for key in (LEAKY, HONEST)
    )
    rng = np.random.default_rng(seed)
    times = rng.multinomial(len(sites), np.full(len(sites), 1 / len(sites)), DRAWS)
    return np.asarray(
        np.sqrt((times @ np.nan_to_num(honest)) / (times @ np.nan_to_num(leaky))), dtype=np.float64
    )


def _error(row: Mapping[str, Any]) -> float:
    if row["measured"] is None or row["value"] is None:
        return math.nan
    return float(row["value"]) - float(row["measured"])


def _leak(validation: Sequence[Mapping[str, Any]]) -> Finding:
    ratio = error_ratio(validation)
    head = drawn(
        "RMSE when the held-out site takes no part, over that of the published protocol, mean",
        np.exp(np.log(ratio).mean(axis=1)),
        "1",
        GREATER,
        published=(claimed("mean accuracy of the inversion 96 %", "yang2023", "secondary copy"),),
    )
    beside = [
        drawn(f"the same, {oxide}", ratio[:, j], "1", GREATER, decides=False)
        for j, oxide in enumerate(OXIDES)
    ]
    return Finding(
        "leak",
        "The published protocol leaks",
        "The accuracy of the published network (Yang et al. 2023) is in part a leak: the held-out "
        "site chooses the epoch at which training stops.",
        (head, *beside),
        "The same network on the same sites errs more when the held-out site chooses nothing. "
        "Both are run here; the optimistic score is never shown as skill.",
        "Nothing further for the protocol; for the skill, sites that no method has seen.",
        ("farside.study.transparency.error_ratio", "farside.oxides.validate.validate_published"),
        ("result: validation", "sites"),
        ("yang2023",),
        ("sites of one mission resemble each other: leaving out one site is still kind",),
    )


def _audit(audit: Mapping[str, Any], checks: Sequence[Mapping[str, Any]]) -> Finding:
    kinds = list(dict.fromkeys(g["kind"] for g in audit["groups"]))
    asked = [c for c in checks if c["passed"] is not None]
    passed = float(sum(bool(c["passed"]) for c in asked))
    physics = Part(
        f"physical checks passed, of {len(asked)}", passed, passed, passed, "1", decides=False,
        function="farside.oxides.explain.physical_check", source="result: explanation",
    )  # fmt: skip
    return Finding(
        "bias-audit",
        "The held-out errors lean to no side",
        "The model's held-out errors lean to no side in any mission, terrain or maturity.",
        (*(_leaning(audit, kind) for kind in kinds), physics),
        "Left-out missions are predicted with errors that lean beyond chance: a model that has "
        "not seen a mission is off by a common amount there. By terrain and maturity no lean is "
        "found, with few witnesses to find one.",
        "More missions: terrains and maturities are judged by missions as witnesses, six at most.",
        ("farside.oxides.audit.bias_audit", "farside.oxides.explain.physical_check"),
        ("result: audit", "result: explanation", "sites"),
        ("holm1979",),
        (
            "beyond chance: sign-flip test, corrected by Holm at 5 %; few witnesses are no test",
        ),
    )  # fmt: skip


def _leaning(audit: Mapping[str, Any], kind: str) -> Part:
    """Return how many groups of a kind lean; none found is no proof: the test has little power."""
    groups = [g for g in audit["groups"] if g["kind"] == kind]
    found = float(sum(g["biased"] is True for g in groups))
    tested = sum(g["biased"] is not None for g in groups)
    return Part(
        f"cases by {kind} that lean beyond chance, of {tested} testable",
        found,
        found,
        found,
        "1",
        Statement(high=1.0),
        0.0 if found else math.nan,
        note=f"{len(groups) - tested} not testable",
    )
