"""Derive the table of Chang'e-5 and Chang'e-6 compositions.

Usage: python scripts/derive_samples_returned.py --source DIR

DIR holds ``samples/ce5_soil_li2022.csv`` and ``reference/facts.csv``. A figure whose status is
unverified is left out; the status of every other is kept.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from derive_common import Table, paragraphs, read_rows
from derive_samples_common import write_table
from derive_sources import LI_2022, LI_2024

ZONG = {
    "citation": "Zong K. et al. (2022) Bulk compositions of the Chang'E-5 lunar soil: Insights "
    "into chemical homogeneity, exotic addition, and origin of landing site basalts. Geochimica et "
    "Cosmochimica Acta 335, 284-296; abstract",
    "doi": "10.1016/j.gca.2022.06.037",
}
WU = {
    "citation": "Wu F.-Y. et al. (2024) Lunar evolution in light of the Chang'e-5 returned "
    "samples. Annual Review of Earth and Planetary Sciences 52, 159-194; abstract",
    "doi": "10.1146/annurev-earth-040722-100453",
}
MATERIALS = {
    "CE-6 soil": ("Chang'e-6 soil", LI_2024["doi"]),
    "CE-6 local basalt": ("Chang'e-6 basalt", LI_2024["doi"]),
    "CE-5 soil": ("Chang'e-5 soil", ZONG["doi"]),
    "CE-5 basalt": ("Chang'e-5 basalt", WU["doi"]),
}
PATTERN = re.compile(
    r"^(CE-6 soil|CE-6 local basalt|CE-5 soil|CE-5 basalt) "
    r"(\w+|Mg#)(?: \((ICP-MS)\))?$"
)
ANALYTES = {"Al2O3", "CaO", "FeO", "TiO2", "K", "U", "Th", "Mg#"}


def soil_rows(source: Path) -> list[list[str]]:
    """Return the Chang'e-5 soil of Li et al. (2022); published at k = 2, halved here."""
    lines = []
    for row in read_rows(source / "samples" / "ce5_soil_li2022.csv"):
        sigma = f"{float(row['uncertainty_k2']) / 2:.4g}"
        line = ["Chang'e-5 soil", row["analyte"], row["unit"], row["value"], sigma]
        lines.append([*line, row["method"], row["reference"], "table"])
    return lines


def fact_rows(source: Path) -> list[list[str]]:
    """Return the rows of the facts that are compositions, with their status."""
    lines = []
    for row in read_rows(source / "reference" / "facts.csv"):
        match = PATTERN.match(row["quantity"])
        if not match or match[2] not in ANALYTES or row["status"] == "unverified":
            continue
        material, doi = MATERIALS[match[1]]
        unit = {"ug/g": "ppm", "": "1"}.get(row["unit"], row["unit"])
        value = row["value"].removeprefix("~")
        status = row["status"] + (", about" if row["value"].startswith("~") else "")
        lines.append([material, match[2], unit, value, "", match[3] or "", doi, status])
    return lines


def table(source: Path) -> Table:
    """Return the table."""
    return Table(
        "returned_samples",
        "Compositions of the samples of Chang'e-5 and Chang'e-6",
        "Published oxides and elements of soils and basalts, each with method and standing.",
        {
            "material": ("text", "soil or basalt, with its mission"),
            "analyte": ("text", "oxide, element or Mg#"),
            "unit": ("text", "wt%, ppm, or 1 for Mg#"),
            "value": ("1", "in the unit of the row"),
            "sigma": ("1", "one standard deviation; empty = not given"),
            "method": ("text", "XRF, INAA, ICP-MS; empty = not given"),
            "doi": ("text", "where it was published"),
            "status": ("text", "table, abstract or secondary copy; about = stated as approximate"),
        },
        soil_rows(source) + fact_rows(source),
        [LI_2022, LI_2024, ZONG, WU],
        paragraphs("""
Uncertainties of Li et al. (2022) are published at coverage factor k = 2 and halved here. Abstracts
give none. A figure from a secondary copy was not read in the work itself.

No rare-earth pattern of Chang'e-6 basalt is here: none was found in a source that can be cited.
"""),
        ["samples/ce5_soil_li2022.csv", "reference/facts.csv"],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    given = parser.parse_args()
    write_table(table(given.source), given.source, Path(__file__).name)
