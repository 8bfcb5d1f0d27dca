"""What the scripts that derive tables share: reading figures as text, writing tables."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from farside.provenance import sha256_file

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Table:
    """A table to write: rows of text in the order of `columns`, and what its sidecar says."""

    name: str
    title: str
    description: str
    columns: dict[str, tuple[str, str]]
    rows: list[list[str]]
    sources: list[dict[str, str]]
    notes: list[str]
    originals: list[str] = field(default_factory=list)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV as text."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, each on one line."""
    return [" ".join(part.split()) for part in text.strip().split("\n\n")]


def number(text: str) -> str:
    """Return a figure without noise of binary floats, e.g. 23.486999999999995 -> 23.487."""
    if not text.strip():
        return ""
    plain = format(Decimal(text), "f")
    return f"{float(text):.6f}".rstrip("0").rstrip(".") if len(plain) > 12 else plain


def count(text: str) -> str:
    """Return a whole number without a decimal point, empty where empty."""
    return str(int(float(text))) if text.strip() else ""


def csv_text(table: Table) -> str:
    """Return the table as CSV with line feeds."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        if len(row) != len(table.columns):
            message = f"{table.name}: a row of {len(row)} for {len(table.columns)} columns"
            raise ValueError(message)
        writer.writerow(row)
    return stream.getvalue()


def sidecar_text(table: Table, text: str, originals: Path) -> str:
    """Return the sidecar as JSON."""
    content: dict[str, Any] = {
        "title": table.title,
        "description": table.description,
        "rows": len(table.rows),
        "columns": {
            name: {"unit": unit, "description": about}
            for name, (unit, about) in table.columns.items()
        },
        "sources": table.sources,
        "derived_by": "scripts/derive_tables.py",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "originals_sha256": {name: sha256_file(originals / name) for name in table.originals},
        "notes": table.notes,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
