"""Validation tables for the command line: computed now, or as they ship."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from farside.errors import InputError, UnknownNameError
from farside.oxides.cnn import import_torch
from farside.oxides.methods import METHODS, method
from farside.oxides.training import load_training
from farside.oxides.validate import (
    OPTIMISTIC,
    PROTOCOLS,
    Validation,
    validate,
    validate_published,
)
from farside.progress import counted
from farside.report import store

if TYPE_CHECKING:
    from collections.abc import Callable

    from farside.oxides.nearfar import NearFar

NEAR_FAR = "near-far"
ALL = "all"
HONEST = tuple(p for p in PROTOCOLS if p != OPTIMISTIC)
NEED_TORCH = ("inversion", "farside", "yang2023")
"""Estimators whose fit needs torch; `inversion` is `farside` with no net left in it."""
COLUMNS = {
    "oxide": "oxide", "n": "n", "clamped": "clamp", "r2": "R2", "rmse": "RMSE", "sigma": "sigma",
    "model_rmse": "model", "chi2": "chi2", "bias": "bias", "bias_1s": "1s", "skill": "skill",
    "coverage": "cover", "width": "width",
}  # fmt: skip
"""Columns of a table by the name of the figure, in the order in which they are read."""
LEGEND = (
    "RMSE, bias (predicted less measured) and width of the interval in wt%; skill: 1 would be "
    "perfect, 0 is the mean of what was trained on; cover: share of measured values inside the "
    "interval."
)
LEGEND_OF_CELLS = (
    "RMSE, bias (predicted less measured) with its 1s, and width of the interval in wt%; clamp: "
    "cells whose value is a clamped zero; sigma: RMSE that the cells' own errors would give, "
    "model: what is left without them; chi2: 1 would be perfect; cover: share of measured values "
    "inside the interval."
)


@dataclass(frozen=True)
class Table:
    """Scores of estimators by protocols.

    Parameters
    ----------
    content : what each validation's ``to_dict`` gave, without its rows
    text : as it is printed
    """

    content: list[dict[str, Any]]
    text: str = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain numbers."""
        return {"validation": self.content}

    def __str__(self) -> str:
        """Return the tables as text."""
        return self.text


def table(
    estimators: tuple[str, ...],
    protocols: tuple[str, ...],
    *,
    shipped: bool = False,
    coverage: float = 0.9,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Table:
    """Return the scores of estimators by protocols.

    Parameters
    ----------
    estimators : names, or ``"all"``
    protocols : names of `PROTOCOLS`, or ``"near-far"``
    shipped : take the results that come with the package

    Raises
    ------
    UnknownNameError
        for a name that is not known
    InputError
        when a combination has no result
    MissingExtraError
        when one of them trains nets and torch is not installed
    """
    known = [m.name for m in METHODS]
    chosen = known if ALL in estimators else [method(name).name for name in estimators]
    for name in protocols:
        if name not in (*PROTOCOLS, NEAR_FAR):
            raise UnknownNameError.of("protocol", name, (*PROTOCOLS, NEAR_FAR))
    if shipped and (coverage, seed) != (0.9, 0):
        raise InputError("what ships has coverage 0.9 and seed 0; leave out --shipped to compute.")
    if shipped:
        return _shipped(chosen, protocols)
    jobs = [(n, p) for p in protocols for n in (chosen if p in HONEST else ("farside",))]
    if any(name in NEED_TORCH for name, _ in jobs):
        import_torch()  # a missing one is told before the work, not in the middle of it
    content, texts = [], []
    for name, protocol in counted(jobs, lambda job: _naming(*job), say):
        done = _compute(name, protocol, coverage, seed)
        content.append(done.to_dict())
        texts.append(str(done))
    return Table(content, _joined(texts, protocols))


def _joined(texts: list[str], protocols: tuple[str, ...]) -> str:
    """Return tables with the meaning of their columns below them."""
    legends = [LEGEND] if set(protocols) != {NEAR_FAR} else []
    legends += [LEGEND_OF_CELLS] if NEAR_FAR in protocols else []
    return "\n\n".join([*texts, *(textwrap.fill(legend, 80) for legend in legends)])


def _scores(scores: list[dict[str, Any]]) -> str:
    """Return scores as a table; None stands for what an estimator does not have."""
    frame = pd.DataFrame(scores)[[name for name in COLUMNS if name in scores[0]]]
    numbers = frame.columns.difference(["oxide", "n", "clamped"])
    frame = frame.astype(dict.fromkeys(numbers, float)).rename(columns=COLUMNS)
    frame["oxide"] = frame["oxide"].str.ljust(frame["oxide"].str.len().max())
    return frame.to_string(index=False, float_format=lambda v: f"{v:.2f}", na_rep="-")


def _naming(estimator: str, protocol: str) -> str:
    if protocol == NEAR_FAR:
        return "train on the near side, test on the far side"
    if protocol == OPTIMISTIC:
        return "validate yang2023 by its published protocol (optimistic)"
    return f"validate {estimator} by {protocol}"


def _compute(estimator: str, protocol: str, coverage: float, seed: int) -> Validation | NearFar:
    if protocol == NEAR_FAR:
        from farside.oxides.nearfar import near_far  # noqa: PLC0415 - needs torch

        return near_far(seed, coverage=coverage)
    if protocol == OPTIMISTIC:
        return validate_published(load_training(), seed=seed)
    return validate(
        method(estimator),
        load_training(),
        protocol,
        coverage=coverage,
        seed=seed,
        intervals=estimator != "yang2023",
    )


def _far_side(transfer: dict[str, Any]) -> str:
    rows = [s for s in transfer["scores"] if s["region"] == "far side"]
    return f"{transfer['method']}, near-side cells to the far side\n{_scores(rows)}"


def _shipped(estimators: list[str], protocols: tuple[str, ...]) -> Table:
    content: list[dict[str, Any]] = []
    texts = []
    for protocol in protocols:
        if protocol == NEAR_FAR:
            stored = store.read("near_far")
            content.append(stored)
            texts += [_far_side(t) for t in stored["transfers"]]
            continue
        for stored in store.read("validation"):
            wanted = stored["estimator"] in estimators or protocol == OPTIMISTIC
            if stored["protocol"] == protocol and wanted:
                content.append(stored)
                kind = "OPTIMISTIC" if stored["optimistic"] else "honest"
                head = f"{stored['estimator']} by {protocol} ({kind})"
                if stored["nominal_coverage"] is not None:
                    head += f", interval {stored['nominal_coverage']:.0%}"
                texts.append(f"{head}\n{_scores(stored['scores'])}")
    if not content:
        raise InputError(
            f"no result ships for {', '.join(estimators)} by {', '.join(protocols)}; leave out "
            "--shipped to compute it."
        )
    return Table(content, _joined(texts, protocols))
