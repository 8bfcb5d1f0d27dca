"""The model card: what the weights are, what they were tested on and where they fail, by code.

The text stands in ``model_card.md.jinja`` beside this file; every number in it comes from the
objects that are given here, so a card cannot outlive what it describes.
"""

from __future__ import annotations

import importlib.resources
from importlib.metadata import metadata
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np

from farside.constants import OXIDES
from farside.datasets import load_sites
from farside.errors import InputError
from farside.geography import is_near_side
from farside.oxides.composition import SUM_RANGE
from farside.oxides.estimator import BAND_TOLERANCE_NM, MIN_BANDS
from farside.oxides.explain import Check, physical_check
from farside.oxides.inverse import TI_BANDS_NM
from farside.oxides.novelty import CALIBRATION_QUANTILE, THRESHOLD
from farside.provenance import cite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from farside.oxides.audit import Audit
    from farside.oxides.estimator import OxideEstimator
    from farside.oxides.explain import Explanation
    from farside.oxides.training import TrainingSet
    from farside.oxides.validate import Validation

MEANINGS = {
    "loo": "each site left out once, its neighbours kept",
    "lomo": "each mission left out once, the proxy for ground that nobody has sampled",
    "terrain": "mare predicts highland and the other way round",
    "yang2023": "the published protocol",
}
REFERENCES = (
    "efron1981",
    "holm1979",
    "lucey2000omat",
    "prettyman2006",
    "sundararajan2017",
    "wilcox2005",
    "yang2023",
)
NONE = "–"


def _num(value: float | None, digits: int = 2) -> str:
    if value is None or not np.isfinite(value):
        return NONE
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _signed(value: float) -> str:
    text = _num(value)
    return text if text.startswith("-") or text == NONE else f"+{text}"


def _percent(value: float) -> str:
    return f"{value:.0%}" if np.isfinite(value) else NONE


def _short(value: float) -> str:
    return f"{value:.2g}" if np.isfinite(value) else NONE


def _verdict(check: Check) -> str:
    if check.passed is None:
        return "not possible, a band is missing"
    word = "passed" if check.passed else "**failed**"
    return word if check.clear else f"{word}, within two errors of the limit"


def model_card(
    estimator: OxideEstimator,
    about: Mapping[str, Any],
    validations: Sequence[Validation],
    explanation: Explanation,
    audit: Audit,
) -> str:
    """Return the model card of stored weights as Markdown.

    Parameters
    ----------
    estimator : as loaded from a bundle
    about : the bundle's metadata (`farside.oxides.bundle.sidecar`)
    validations : one per protocol to be shown
    explanation : attributions of the same estimator
    audit : of one of the validations

    Raises
    ------
    InputError
        when the metadata are not those of the estimator, or none of the validations is the audited
    """
    _check(estimator, about, validations, audit)
    environment = jinja2.Environment(
        autoescape=False,  # noqa: S701 - Markdown, of our own numbers
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        num=_num, signed=_signed, percent=_percent, short=_short, nm=lambda nm: f"{nm:g}"
    )
    source = importlib.resources.files("farside").joinpath("oxides", "model_card.md.jinja")
    template = environment.from_string(source.read_text(encoding="utf-8"))
    checks = physical_check(explanation)
    return template.render(
        about={**about, "method": estimator.method.name},
        settings=about["settings"],
        made_by=sorted(about["made_by"].items()),
        oxides=OXIDES,
        coverage=estimator.coverage,
        band_tolerance=BAND_TOLERANCE_NM,
        min_bands=MIN_BANDS,
        sum_range=SUM_RANGE,
        novelty_threshold=THRESHOLD,
        novelty_quantile=CALIBRATION_QUANTILE,
        checks=checks,
        verdict=_verdict,
        licence=metadata("farside")["License-Expression"],
        references=cite(*REFERENCES, *(c.source for c in checks)),
        **_of_training(estimator.data_),
        **_of_validations(validations),
        uv=_without_uv(estimator),
        **_of_audit(audit),
        **_of_explanation(explanation),
    )


def _check(
    estimator: OxideEstimator,
    about: Mapping[str, Any],
    validations: Sequence[Validation],
    audit: Audit,
) -> None:
    bands = estimator.data_.wavelength_nm.tolist()
    if list(about["wavelength_nm"]) != bands or about["missions"] != estimator.data_.missions:
        raise InputError(
            f"the metadata are of bands {about['wavelength_nm']} and missions {about['missions']}, "
            f"the estimator of {bands} and {estimator.data_.missions}; give those of one bundle."
        )
    shown = [(v.estimator, v.protocol) for v in validations]
    if (audit.estimator, audit.protocol) not in shown:
        raise InputError(
            f"the audit is of {audit.estimator!r} by {audit.protocol!r}, the validations are "
            f"{shown}; give the validation that was audited as well."
        )


def _of_training(data: TrainingSet) -> dict[str, Any]:
    measured = np.isfinite(data.oxides)
    sites = load_sites().set_index("site")
    known = np.isin(data.name, sites.index).all()
    far = int((~is_near_side(sites["lon"].reindex(data.name).to_numpy())).sum()) if known else None
    return {
        "rows": len(data),
        "bands": data.wavelength_nm.tolist(),
        "missions": [
            {
                "name": name,
                "sites": int((data.mission == name).sum()),
                "measured": measured[data.mission == name].sum(axis=0).tolist(),
            }
            for name in data.missions
        ],
        "ranges": [
            {"oxide": oxide, "low": column[seen].min(), "high": column[seen].max()}
            for oxide, column, seen in zip(OXIDES, data.oxides.T, measured.T, strict=True)
            if seen.any()
        ],
        "far_sites": far,
    }


def _of_validations(validations: Sequence[Validation]) -> dict[str, Any]:
    """Return the score tables, and where coverage is two binomial errors short."""
    shown, short = [], []
    for v in validations:
        coverages = [s.coverage for s in v.scores if np.isfinite(s.coverage)]
        shown.append(
            {
                "estimator": v.estimator,
                "protocol": v.protocol,
                "meaning": MEANINGS.get(v.protocol, v.protocol),
                "optimistic": v.optimistic,
                "scores": v.scores,
                "least": min(coverages, default=np.nan),
                "most": max(coverages, default=np.nan),
            }
        )
        error = np.sqrt(v.nominal * (1.0 - v.nominal))
        short += [
            {"oxide": s.oxide, "protocol": v.protocol, "coverage": s.coverage}
            for s in v.scores
            if s.coverage < v.nominal - 2.0 * error / np.sqrt(s.n)
        ]
    return {"validations": shown, "short": short}


def _without_uv(estimator: OxideEstimator) -> dict[str, float] | None:
    """Return the RMSE of TiO2 in wt% with and without the ultraviolet band.

    Each site is predicted by the fit without its mission; None where the sensor lacks the band.
    """
    data = estimator.data_
    column = int(np.abs(data.wavelength_nm - TI_BANDS_NM[0]).argmin())
    nm = float(data.wavelength_nm[column])
    if abs(nm - TI_BANDS_NM[0]) > BAND_TOLERANCE_NM:
        return None
    fit = 1 + np.array([data.missions.index(str(m)) for m in data.mission])
    measured = data.oxides[:, OXIDES.index("TiO2")]
    found = {"nm": nm}
    for key in ("full", "without"):
        seen = data.reflectance.copy()
        if key == "without":
            seen[:, column] = np.nan
        value = estimator.fitted_.predict(seen)[fit, np.arange(len(data)), OXIDES.index("TiO2")]
        known = np.isfinite(measured)
        found[key] = float(np.sqrt(np.mean((value - measured)[known] ** 2)))
    return found


def _pairs(values: Iterable[tuple[float, float]], *, signed: bool) -> list[str]:
    written = _signed if signed else (lambda v: _num(v, 0))
    return [
        written(v) + (f" ± {_num(e, 2 if signed else 0)}" if np.isfinite(e) else "")
        for v, e in values
    ]


def _of_audit(audit: Audit) -> dict[str, Any]:
    mean = {(g.kind, g.group, g.oxide): (g.mean, g.error) for g in audit.groups}
    named: dict[tuple[str, str], tuple[int, int]] = {}
    for g in audit.groups:
        if g.kind != "mission":
            most = named.get((g.kind, g.group), (0, 0))
            named[g.kind, g.group] = max(most, (g.n, g.witnesses))
    slope = {(s.against, s.oxide): (s.slope, s.error) for s in audit.slopes}
    none = (np.nan, np.nan)
    return {
        "audit": audit,
        "untestable": ", ".join(group for _, group in audit.untestable),
        "wide_groups": [
            {
                "name": f"{kind}: {group} ({n} sites, {missions} missions)",
                "cells": _pairs((mean.get((kind, group, o), none) for o in OXIDES), signed=True),
            }
            for (kind, group), (n, missions) in named.items()
        ],
        "slopes": [
            {
                "name": against,
                "cells": _pairs((slope.get((against, o), none) for o in OXIDES), signed=True),
            }
            for against in dict.fromkeys(s.against for s in audit.slopes)
        ],
    }


def _of_explanation(explanation: Explanation) -> dict[str, Any]:
    residual = np.abs(explanation.residual)
    share, error = 100.0 * explanation.share.T, 100.0 * explanation.share_1s.T
    return {
        "explanation": explanation,
        "residual": {"worst": float(residual.max()), "median": float(np.median(residual))},
        "bands_table": [
            {"name": f"{nm:g}", "cells": _pairs(zip(s, e, strict=True), signed=False)}
            for nm, s, e in zip(explanation.wavelength_nm, share, error, strict=True)
        ],
    }
