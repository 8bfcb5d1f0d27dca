"""A made-up context: every number is chosen here, none is computed by the estimators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from farside.constants import OXIDES
from farside.maps.shipped import load_map
from farside.provenance import Reference
from farside.report import store
from farside.report.page import Context
from farside.study.catalogue import Findings
from farside.study.finding import Finding, Published, Statement, normal, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

ODD = 'Apollo <99> & "sons"'
MISSIONS = (ODD, "Luna 77")
SCENES = ("scene_one", "scene_two")
ESTIMATORS = ("mean", "ridge", "yang2023", "farside")


def _score(oxide: str, r2: float | None, *, bounded: bool) -> dict[str, Any]:
    return {
        "oxide": oxide,
        "n": 41,
        "r2": r2,
        "rmse": 1.234,
        "bias": -0.321,
        "skill": 0.456,
        "coverage": 0.871 if bounded else None,
        "width": 5.67 if bounded else None,
    }


def _rows() -> list[dict[str, Any]]:
    return [
        {
            "site": f"site {i}",
            "mission": MISSIONS[i % 2],
            "oxide": oxide,
            "measured": None if i == 2 else 5.0 + i + j,
            "value": 5.5 + i + j,
            "lower": 4.0 + i + j,
            "upper": 7.0 + i + j,
        }
        for j, oxide in enumerate(OXIDES)
        for i in range(4)
    ]


def _validation() -> list[dict[str, Any]]:
    found = []
    for k, estimator in enumerate(ESTIMATORS):
        protocols = ("loo", "lomo", "terrain") + (("yang2023",) if estimator == "yang2023" else ())
        for m, protocol in enumerate(protocols):
            bounded = estimator != "yang2023"
            found.append(
                {
                    "estimator": estimator,
                    "protocol": protocol,
                    "optimistic": protocol == "yang2023",
                    "nominal_coverage": 0.9 if bounded else None,
                    "seed": 0,
                    "scores": [
                        _score(o, 0.95 - 0.1 * m - 0.02 * k - 0.01 * j, bounded=bounded)
                        for j, o in enumerate(OXIDES)
                    ],
                    "rows": _rows(),
                }
            )
    return found


def _cell_score(region: str, oxide: str) -> dict[str, Any]:
    return {
        "region": region,
        "oxide": oxide,
        "n": 77,
        "clamped": 3,
        "bias": 0.12,
        "bias_1s": 0.04,
        "rmse": 2.22,
        "sigma": 1.11,
        "model_rmse": 1.92,
        "chi2": 4.0,
        "r2": -0.53,
        "coverage": None if region.startswith("near") else 0.83,
        "width": None if region.startswith("near") else 6.0,
    }


def _near_far() -> dict[str, Any]:
    regions = ("near side, by blocks", "far side", "SPA")
    names = ("ridge", "farside")
    differences = [
        {
            "basin": basin,
            "other": "near side",
            "oxide": oxide,
            "value": 1.5,
            "value_1s": 0.25,
            "verdict": {"SiO2": "holds", "FeO": "reverses", "TiO2": "cannot tell"}.get(oxide, ""),
        }
        for basin in ("SPA outer", "SPA inner")
        for oxide in OXIDES
    ]
    return {
        "n_near": 701,
        "n_far": 702,
        "seed": 0,
        "nominal": 0.9,
        "transfers": [
            {
                "method": name,
                "settings": "gate 30" if name == "farside" else "",
                "near_error": 0.3,
                "scores": [_cell_score(r, o) for r in regions for o in OXIDES],
            }
            for name in names
        ],
        "rehearsal": {"method": "ridge", "chosen": "local 20°", "error": {}, "tau": []},
        "curve": {
            "repeats": 20,
            "points": [
                {
                    "method": name,
                    "way": "local 20°",
                    "first": first,
                    "k": k,
                    "oxide": oxide,
                    "bias": 1.0 / (1 + k),
                    "bias_spread": 0.1,
                    "rmse": 2.0 / (1 + k),
                    "rmse_spread": 0.2,
                    "coverage": None if name == "ridge" else 0.9,
                }
                for name in names
                for first in ("Chang'e-6", "any")
                for k in (0, 1, 5)
                for oxide in OXIDES
            ],
        },
        "contrast": {
            "means": [
                {
                    "region": region,
                    "cells": 33,
                    "clamped": 2,
                    "value": [1.0, 10.0, 20.0, 7.0, 15.0, 45.0],
                    "value_1s": [0.1] * 6,
                }
                for region in ("SPA outer", "near side")
            ],
            "differences": differences,
            "note": "errors common to the map are not in it",
        },
        "footprint": {
            "cell": 307,
            "mare_fraction": 0.27,
            "value": [0.5, 8.0, 19.0, 9.9, 13.5, 49.2],
            "value_1s": [0.2] * 6,
            "soil": {"FeO": 17.0},
            "highland_cells": 14,
            "unmixed": [
                {
                    "oxide": oxide,
                    "highlands": 6.0,
                    "highlands_1s": 1.0,
                    "mare": 9.0,
                    "mare_1s": 4.0,
                    "soil": 17.0 if oxide == "FeO" else None,
                    "verdict": "cannot tell",
                }
                for oxide in OXIDES
            ],
        },
    }


def _explanation() -> dict[str, Any]:
    check = {
        "name": "414 nm carries TiO2",
        "oxide": "TiO2",
        "bands_nm": [414.0],
        "value": 0.19,
        "error": None,
        "expected": 0.125,
        "chance": 0.38,
        "unit": "1",
        "passed": True,
        "source": "lucey2000",
        "clear": True,
    }
    impossible = check | {"value": None, "chance": None, "passed": None, "clear": False}
    return {
        "estimator": "farside",
        "baseline_name": "the mean training spectrum in ln R",
        "residual": [[0.001] * 6, [-0.017] * 6],
        "bands": [
            {
                "oxide": oxide,
                "wavelength_nm": wave,
                "mean_absolute": 0.4,
                "share": 0.5,
                "share_1s": None if wave < 500 else 0.1,
                "mean_gradient": -12.0,
                "mean_gradient_1s": 3.0,
            }
            for oxide in OXIDES
            for wave in (414.0, 749.0)
        ],
        "checks": [
            check,
            check | {"name": "a sign", "unit": "wt% per 1 %", "passed": False},
            impossible,
        ],
    }


def _audit() -> dict[str, Any]:
    return {
        "estimator": "farside",
        "protocol": "lomo",
        "level": 0.05,
        "omat_limits": [0.115, 0.146],
        "groups": [
            {
                "kind": "mission",
                "group": mission,
                "oxide": oxide,
                "n": 9,
                "witnesses": 9,
                "mean": -0.77,
                "error": None if mission == ODD else 0.2,
                "p": None if mission == ODD else 0.01,
                "p_holm": None if mission == ODD else 0.02,
                "biased": None if mission == ODD else oxide == "FeO",
            }
            for mission in MISSIONS
            for oxide in OXIDES
        ],
        "slopes": [
            {
                "against": against,
                "oxide": oxide,
                "n": 9,
                "missions": 2,
                "slope": -0.4,
                "error": 0.1,
                "clear": True,
            }
            for against in ("omat", "measured")
            for oxide in OXIDES
        ],
        "without": [],
        "note": "",
    }


def _predictions() -> pd.DataFrame:
    lines = [
        {
            "source": source,
            "name": f"{group} {i}",
            "group": group,
            "lat": 1.0 * i,
            "lon": 2.0 * i,
            "oxide": oxide,
            "measured": 5.0 if source != "Kaguya SP" else float("nan"),
            "value": 5.25,
            "lower": 4.0,
            "upper": 7.0,
            "novelty": 0.4 + 0.7 * i,
            "good": True,
        }
        for source, groups in (
            ("Kaguya MI", MISSIONS),
            ("Clementine (not cross-calibrated)", ("station",)),
            ("Kaguya SP", SCENES),
        )
        for group in groups
        for i in range(2)
        for oxide in OXIDES
    ]
    return pd.DataFrame(lines)


def _comparison() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "group": scene,
                "oxide": oxide,
                "points": 2,
                "value": 8.8,
                "lower": 7.1,
                "upper": 9.9,
                "cell": 9.3,
                "cell_1s": 0.6,
                "difference": -0.5,
                "agrees": scene == "scene_one",
            }
            for scene in SCENES
            for oxide in OXIDES
        ]
    )


def _findings() -> Findings:
    nan = float("nan")
    figure = Published(2830.0, 5.0, nan, nan, "Ma", "one", "abstract")
    words = Published(nan, nan, nan, nan, "", "two", "mission document", "less FeO than <there>")
    above = Statement(low=2000.0)
    parts = {
        "first": (
            normal("an age", 2744.0, 40.0, "Ma", above, published=(figure, words)),
            normal(
                "a number beside",
                -7.125,
                0.5,
                "wt%",
                decides=False,
                note="FeO of <it> [one]",
                source="result: near_far",
            ),
        ),
        "second": (normal("another age", 1000.0, 40.0, "Ma", above),),
        "third": (
            normal("an age again", 2744.0, 40.0, "Ma", above),
            unknown("what is not known", "Ma", statement=above),
        ),
    }
    return Findings(
        tuple(
            Finding(
                name,
                f"The {name} thing",
                f"It is so, says the {name} <claim>.",
                own,
                f"Because of {name} SiO2 [two], not of [elsewhere].",
                "More data.",
                ("farside.study.finding.verdict_of",),
                ("cells_5deg", "result: near_far"),
                ("two",),
                ("mind the gap",),
            )
            for name, own in parts.items()
        )
    )


def make_context() -> Context:
    """Return a context that holds no object of another one."""
    return Context(
        sidecar={
            "code_version": "9.8.7",
            "made_by": {"code:oxides.cnn": "a" * 64, "data:sites.csv": "b" * 64},
            "onnx_sha256": "c" * 64,
            "seed": 4321,
            "coverage": 0.9,
            "wavelength_nm": [414.0, 749.0],
            "training": {"name": ["s1", "s2", "s3"], "mission": [ODD, ODD, "Luna 77"]},
        },
        results={
            "validation": _validation(),
            "near_far": _near_far(),
            "map": store.read("map", stale=True),
            "refinement": {
                "rows": ["Chang'e-5"],
                "protocol": "lomo",
                "seeds": 5,
                "rmse_change": {oxide: {"mean": -0.25, "sd": 0.0625} for oxide in OXIDES},
                "scores": [
                    {
                        "oxide": oxide,
                        "n": 40,
                        "rmse_without": 1.5,
                        "rmse_with": 1.25,
                        "r2_without": 0.5,
                        "r2_with": 0.6,
                    }
                    for oxide in OXIDES
                ],
            },
            "orbit": _comparison().assign(value=8.125).to_dict(orient="records"),
            "explanation": _explanation(),
            "audit": _audit(),
        },
        predictions=_predictions(),
        comparison=_comparison(),
        sharp=load_map(stale=True),
        findings=_findings(),
        references=[
            Reference("one", "Öne A. & Two B. (2001) <Title>. Journal.", "10.1000/abc"),
            Reference("two", "A book without a DOI.", ""),
        ],
    )


@pytest.fixture
def context() -> Context:
    return make_context()


@pytest.fixture(scope="session")
def new_context() -> Callable[[], Context]:
    return make_context
