"""``farside info`` and ``farside cite``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from farside.cli.options import Weights
from farside.cli.output import Json, Quiet, show


def info(
    weights: Weights = None,
    card: Annotated[bool, typer.Option("--card", help="Print the whole model card.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,  # noqa: ARG001 - it has no progress
) -> None:
    """Say what the weights are: bands, data, scores, hashes.

    Example: farside info
    Example: farside info --card
    Example: farside info --weights my-weights --json
    """
    from farside.oxides import bundle  # noqa: PLC0415

    about = bundle.sidecar(weights)
    brief = {k: v for k, v in about.items() if k not in ("x_mean", "x_covariance", "training")}
    if card:
        text = bundle.card(weights)
        show({"card": text}, text, as_json=as_json)
        return
    show(brief, _text(about), as_json=as_json)


def _text(about: dict[str, Any]) -> str:
    bands = ", ".join(f"{w:g}" for w in about["wavelength_nm"])
    lines = [
        f"farside {about['code_version']}: {', '.join(about['oxides'])} from {bands} nm",
        f"trained on {len(about['training']['name'])} sites of {', '.join(about['missions'])}",
        f"intervals cover {about['coverage']:.0%} by design, made by leaving out one mission each",
        f"weights sha256 {about['onnx_sha256']}",
    ]
    for protocol, scores in about["validation"].items():
        r2 = "  ".join(f"{s['oxide']} {_number(s['r2'])}" for s in scores)
        lines.append(f"R2 by {protocol:8} {r2}")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def cite(as_json: Json = False, quiet: Quiet = False) -> None:  # noqa: ARG001 - no progress
    """Print what to cite: this software and its sources.

    Example: farside cite
    Example: farside cite --json
    """
    from farside import provenance  # noqa: PLC0415
    from farside.report.cited import CITED  # noqa: PLC0415

    own = (
        f"The farside developers (2026) farside {provenance.code_version()}: "
        "the chemistry of the Moon's far side. Software."
    )
    references = provenance.cite(*CITED)
    content = {
        "software": own,
        "references": [{"key": r.key, "citation": r.citation, "doi": r.doi} for r in references],
    }
    show(content, "\n".join([own, *(str(r) for r in references)]), as_json=as_json)
