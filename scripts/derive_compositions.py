"""The table of compositions of returned Apollo samples; used by derive_tables.py."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from derive_common import Table, paragraphs, read_rows
from derive_sources import COMPENDIUM

from farside.constants import OXIDES

if TYPE_CHECKING:
    from pathlib import Path

TOTAL_WT = (94.0, 102.0)


def composition_rows(originals: Path) -> list[list[str]]:
    """Return one row per sample whose six oxides are all measured and close."""
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in read_rows(originals / "samples" / "compendium_geochem_long.csv"):
        known = row["mission"].startswith("apollo-") and row["unit"] == "wt%"
        if known and row["analyte"] in OXIDES:
            mission = row["mission"].replace("apollo-", "Apollo ")
            found[mission, row["sample"]][row["analyte"]].append(float(row["value"]))
    rows = []
    for (mission, sample), oxides in sorted(found.items()):
        if any(oxide not in oxides for oxide in OXIDES):
            continue
        values = [median(oxides[oxide]) for oxide in OXIDES]
        if TOTAL_WT[0] < sum(values) < TOTAL_WT[1]:
            counts = str(min(len(oxides[oxide]) for oxide in OXIDES))
            rows.append([sample, mission, counts, *(f"{value:.4g}" for value in values)])
    return rows


def compositions_table(originals: Path) -> Table:
    """Return the compositions of Apollo rocks, breccias and soils with all six oxides."""
    return Table(
        "sample_compositions",
        "Six oxides of returned Apollo samples",
        "Median of the analyses of each Apollo rock, breccia and soil with all six oxides.",
        {
            "sample": ("text", "Apollo sample number"),
            "mission": ("text", "mission that returned it"),
            "n": ("count", "number of analyses of the oxide that was measured least often"),
            **{oxide: ("wt%", f"{oxide}, median of the analyses") for oxide in OXIDES},
        },
        composition_rows(originals),
        [COMPENDIUM],
        paragraphs("""
Read by machine from the pages of the compendium. A sample is kept when each of the six oxides has
an analysis and their medians sum to 94-102 wt%, which takes out most misread figures; single
figures may still be wrong. The table serves statistics of many samples, not the value of one.

The six oxides of a sample can come from different analyses and splits.
"""),
        ["samples/compendium_geochem_long.csv"],
    )
