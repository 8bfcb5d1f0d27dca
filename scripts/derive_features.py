"""Derive the table of named features from the gazetteer of the IAU.

Usage: python scripts/derive_features.py --source DIR

DIR holds ``geography/moon-GPN-gazetteer-source.csv``, an export of the Gazetteer of Planetary
Nomenclature. The same original gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

from derive_common import Table, csv_text, paragraphs, sidecar_text

from farside.provenance import write_text

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "src" / "farside" / "datasets" / "tables"
ORIGINAL = "geography/moon-GPN-gazetteer-source.csv"
SCRIPT = "scripts/derive_features.py"

DESCRIPTORS = {
    "Catena": "catena", "Dorsa": "dorsum", "Dorsum": "dorsum", "Fossa": "fossa", "Lacus": "lacus",
    "Mare": "mare", "Mons": "mons", "Montes": "mons", "Oceanus": "oceanus", "Palus": "palus",
    "Planitia": "planitia", "Promontorium": "promontorium", "Rima": "rima", "Rimae": "rima",
    "Rupes": "rupes", "Sinus": "sinus", "Statio": "landing site", "Vallis": "vallis",
}  # fmt: skip
"""Descriptor terms of the IAU that begin a name; the original has no column of types."""


def kind(name: str) -> str:
    """Return the type of a feature as its name tells it."""
    first, _, _ = name.partition(" ")
    if first in DESCRIPTORS:
        return DESCRIPTORS[first]
    last = name.rpartition(" ")[2]
    if last != name and len(last) <= 2 and last.isascii() and last.isalpha() and last.isupper():
        return "satellite crater"
    return "crater"


def rows(path: Path) -> list[list[str]]:
    """Return the approved features sorted by name, with figures as they are printed."""
    with path.open(newline="", encoding="utf-8") as stream:
        found = [
            [
                row["Feature_Name"].strip(),
                kind(row["Feature_Name"].strip()),
                row["Center_Latitude"],
                row["Center_Longitude"],
                row["Diameter"] if float(row["Diameter"]) > 0 else "",
            ]
            for row in csv.DictReader(stream)
            if row["Approval_Status"] == "Approved"
        ]
    return sorted(found)


def features_table(source: Path) -> Table:
    """Return the table of approved names."""
    return Table(
        name="features",
        title="Named features of the Moon",
        description="Approved names of the Gazetteer of Planetary Nomenclature with centre and "
        "size.",
        columns={
            "name": ("text", "approved name"),
            "type": ("text", "type, read from the name; see notes"),
            "lat": ("deg", "latitude of the centre"),
            "lon": ("deg", "longitude east of the centre"),
            "diameter_km": ("km", "diameter or greatest extent; empty = none given"),
        },
        rows=rows(source / ORIGINAL),
        sources=[
            {
                "citation": "International Astronomical Union Working Group for Planetary System "
                "Nomenclature, Gazetteer of Planetary Nomenclature, maintained by the U.S. "
                "Geological Survey Astrogeology Science Center",
                "url": "https://planetarynames.wr.usgs.gov/",
            }
        ],
        notes=paragraphs("""
Only approved names: dropped and not approved ones are left out.

The type is not in the original. It follows from the descriptor term that begins a name; a name
that ends in one or two capital letters is a satellite crater; every other name counts as a crater,
which is wrong for a few features at landing sites and for Reiner Gamma.

The size of what is not a crater (mare, rima, mons) is its greatest extent, not a diameter.

Coordinates are called planetographic in the original; on the sphere of the IAU they are
planetocentric too.
"""),
        originals=[ORIGINAL],
    )


def main() -> None:
    """Derive the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    source = parser.parse_args().source
    table = features_table(source)
    text = csv_text(table)
    about: dict[str, Any] = json.loads(sidecar_text(table, text, source))
    about["derived_by"] = SCRIPT
    write_text(TABLES / "features.csv", text)
    write_text(TABLES / "features.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    print("derived", len(table.rows), "features")


if __name__ == "__main__":
    main()
