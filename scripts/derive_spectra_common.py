"""What the scripts that derive tables of spectra, bands and gains share: writing a table."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from farside.provenance import sha256_file, write_text

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "src" / "farside" / "datasets" / "tables"
ORIGINALS = ROOT / ".." / "shared" / "data"


@dataclass
class About:
    """What the sidecar of a table says."""

    title: str
    description: str
    columns: dict[str, tuple[str, str]]
    sources: list[dict[str, str]]
    notes: list[str]
    script: str
    originals: list[Path] = field(default_factory=list)


def save(name: str, frame: pd.DataFrame, about: About) -> None:
    """Write a table and its sidecar; columns in the order of the frame."""
    text = frame.to_csv(index=False, lineterminator="\n")
    content = {
        "title": about.title,
        "description": about.description,
        "rows": len(frame),
        "columns": {
            column: {"unit": about.columns[column][0], "description": about.columns[column][1]}
            for column in frame.columns
        },
        "sources": about.sources,
        "derived_by": about.script,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "originals_sha256": {f"{p.parent.name}/{p.name}": sha256_file(p) for p in about.originals},
        "notes": about.notes,
    }
    write_text(TABLES / f"{name}.csv", text)
    write_text(TABLES / f"{name}.json", json.dumps(content, indent=1) + "\n")
