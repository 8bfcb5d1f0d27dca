"""Every result of the oxide study, computed anew; needs the extra ``train``."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from farside import provenance
from farside.chronology.hypotheses import compare_bombardment
from farside.chronology.symmetry import flux_symmetry
from farside.constants import OXIDES
from farside.maps._ground import SharpenSettings
from farside.maps.make_sharp import make_sharp_map
from farside.oxides import bundle
from farside.oxides.audit import bias_audit
from farside.oxides.card import model_card
from farside.oxides.compare import against_cells, predict_orbital
from farside.oxides.estimator import OxideEstimator
from farside.oxides.explain import explain, physical_check
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.methods import METHODS
from farside.oxides.nearfar import near_far
from farside.oxides.refine import effect_of
from farside.oxides.training import TrainingSet, load_training
from farside.oxides.validate import Validation, plain, validate, validate_published
from farside.progress import counted
from farside.report import store

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = 5
"""Over how many seeds of the nets the effect of a mission is measured."""

Say = Callable[[str], None]
"""Told what is being done."""

HONEST = ("loo", "lomo", "terrain")
WITHOUT_INTERVALS = {("gp", "loo"), *(("yang2023", protocol) for protocol in HONEST)}
"""Intervals here would take 450 more fits of seconds each, for methods that offer none."""


def validations(data: TrainingSet, seed: int, say: Say) -> list[Validation]:
    """Return every estimator by every honest protocol, and the published one by its own."""
    found = []
    every = list(itertools.product(METHODS, HONEST))
    for method, protocol in counted(every, lambda p: f"validate {p[0].name} by {p[1]}", say):
        intervals = (method.name, protocol) not in WITHOUT_INTERVALS
        found.append(validate(method, data, protocol, seed=seed, intervals=intervals))
    say("validate yang2023 by its published protocol (optimistic)")
    found.append(validate_published(data, seed=seed))
    return found


def _effect(data: TrainingSet, seed: int, say: Say) -> dict[str, Any]:
    mission = "Chang'e-5"
    rows = data.mission == mission
    naming = f"validate with and without {mission}, seed {{}}".format
    effects = [
        effect_of(Farside(), data, rows, seed=other)
        for other in counted(range(seed, seed + SEEDS), naming, say)
    ]
    change = np.array(
        [[w.rmse - o.rmse for w, o in zip(e.with_, e.without, strict=True)] for e in effects]
    )
    spread = {
        oxide: {"mean": float(m), "sd": float(s)}
        for oxide, m, s in zip(OXIDES, change.mean(0), change.std(0, ddof=1), strict=True)
    }
    return {**effects[0].to_dict(), "seeds": SEEDS, "rmse_change": spread}


def _orbit(data: TrainingSet, seed: int, say: Say) -> list[dict[str, Any]]:
    """Return the comparison with gamma-ray cells by an estimator whose prior knows no cell."""
    say("predict spectra from orbit without cells in the prior")
    method = Farside(FarsideSettings(cells_weight=0.0))
    prediction, scene = predict_orbital(OxideEstimator(method, seed=seed).fit_training(data))
    found = against_cells(prediction, scene).to_dict(orient="records")
    return [{str(k): plain(v) for k, v in row.items()} for row in found]


def chronology(seed: int, say: Say) -> dict[str, Any]:
    """Return the flux on both sides, and smooth decline against late bombardment."""
    say("compare the flux on both sides")
    flux = flux_symmetry(seed=seed).to_dict()
    return {"flux": flux, "bombardment": compare_bombardment(seed=seed, say=say).to_dict()}


def compute(folder: Path, seed: int, say: Say) -> None:
    """Train, validate and write ``weights/``, ``map/`` and ``results/`` below a folder."""
    data = load_training()
    found = validations(data, seed, say)
    own = [v for v in found if v.estimator == Farside.name]
    say("train farside on all sites")
    estimator = OxideEstimator(seed=seed).fit_training(data)
    scores = {v.protocol: list(v.to_dict()["scores"]) for v in own}
    made_by = bundle.fingerprint(Farside().settings, seed)
    bundle.save(folder / "weights", estimator, made_by, scores)
    say("attribute predictions to bands")
    explanation = explain(estimator)
    lomo = next(v for v in own if v.protocol == "lomo")
    audit = bias_audit(lomo)
    shown = [v for v in found if v.optimistic or v.estimator == Farside.name]
    card = model_card(estimator, bundle.sidecar(folder / "weights"), shown, explanation, audit)
    provenance.write_text(folder / "weights" / bundle.CARD, card)
    results: dict[str, Any] = {
        "validation": [v.to_dict() for v in found],
        "refinement": _effect(data, seed, say),
        "explanation": {
            **explanation.to_dict(),
            "checks": [c.to_dict() for c in physical_check(explanation)],
        },
        "audit": audit.to_dict(),
        "orbit": _orbit(data, seed, say),
    }
    say("train on the near side, test on the far side")
    results["near_far"] = near_far(seed).to_dict()
    results["chronology"] = chronology(seed, say)
    results["map"] = make_sharp_map(folder / "map", SharpenSettings(seed=seed), say)
    for name, content in results.items():
        store.write(folder / "results", name, content, seed)
