"""``farside info`` and ``farside cite``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from farside.cli.output import Json, show


def info(
    weights: Annotated[
        Path | None, typer.Option(help="Folder of weights; those that ship when left out.")
    ] = None,
    card: Annotated[bool, typer.Option("--card", help="Print the whole model card.")] = False,
    as_json: Json = False,
) -> None:
    """Say what the weights are: bands, training data, validation, hashes.

    Example: farside info --card
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


def cite(as_json: Json = False) -> None:
    """Print what to cite: this software and the sources of its data and methods.

    Example: farside cite
    """
    from farside import provenance  # noqa: PLC0415
    from farside.report.run import CITED  # noqa: PLC0415

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
