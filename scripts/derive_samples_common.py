"""What the scripts that derive tables of samples share: writing a table with its sidecar."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from derive_common import csv_text, sidecar_text

from farside.provenance import write_text

if TYPE_CHECKING:
    from derive_common import Table

TABLES = Path(__file__).resolve().parent.parent / "src" / "farside" / "datasets" / "tables"


def write_table(table: Table, source: Path, script: str) -> None:
    """Write a table and its sidecar, and say how large it is."""
    text = csv_text(table)
    about = json.loads(sidecar_text(table, text, source))
    about["derived_by"] = f"scripts/{script}"
    write_text(TABLES / f"{table.name}.csv", text)
    write_text(
        TABLES / f"{table.name}.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    )
    print(f"{table.name}: {len(table.rows)} rows, {len(text) / 1e3:.0f} kB")
