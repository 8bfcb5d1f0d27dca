"""The table of mean soils; used by derive_tables.py."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from derive_common import Table, number, paragraphs, read_rows
from derive_sources import LI_2022, LI_2024, SOURCEBOOK

from farside.constants import OXIDES

if TYPE_CHECKING:
    from pathlib import Path

SOIL_OXIDES = (*OXIDES, "MnO", "Na2O", "K2O", "P2O5")
SOIL_TRACES = ("K", "Sc", "La", "Th", "U")
DOUBTFUL = {("A16", "MnO"), ("A16a", "MnO"), ("A16b", "MnO"), ("A16c", "MnO")}
DOUBTFUL |= {("L16", "La"), ("L24", "La")}


def soil_rows(originals: Path) -> list[dict[str, str]]:
    """Return one dictionary per soil: columns to figures."""
    soils: dict[str, dict[str, str]] = {}
    for row in read_rows(originals / "samples" / "sourcebook_mean_soils.csv"):
        for code in list(row)[2:]:
            soil = soils.setdefault(code, {"soil": code, "source": "Lunar Sourcebook Table 7.15"})
            soil["mission"] = {"A": "Apollo", "L": "Luna"}[code[0]] + " " + code[1:3]
            if (code, row["analyte"]) not in DOUBTFUL:
                soil[row["analyte"]] = number(row[code])
    five = {"soil": "CE5", "mission": "Chang'e-5", "source": "Li et al. 2022"}
    for row in read_rows(originals / "samples" / "ce5_soil_li2022.csv"):
        if row["analyte"] in (*SOIL_OXIDES, *SOIL_TRACES):
            five[row["analyte"]] = number(row["value"])
            half = Decimal(row["uncertainty_k2"]) / 2
            five[f"{row['analyte']}_1s"] = format(half.normalize(), "f")
    six = {"soil": "CE6", "mission": "Chang'e-6", "source": "Li et al. 2024"}
    for row in read_rows(originals / "reference" / "facts.csv"):
        quantity = row["quantity"].removeprefix("CE-6 soil ")
        stated = row["status"] == "abstract" and row["quantity"].startswith("CE-6 soil ")
        if stated and quantity in (*SOIL_OXIDES, *SOIL_TRACES):
            six[quantity] = row["value"].lstrip("~")
    return [*soils.values(), five, six]


def soils_table(originals: Path) -> Table:
    """Return mean soils of landing sites and the soils of Chang'e-5 and Chang'e-6."""
    columns = {
        "soil": ("text", "code of the soil: mission, with a letter for a part of the site"),
        "mission": ("text", "mission that returned it"),
        "source": ("text", "where the row comes from"),
    }
    for name in (*SOIL_OXIDES, *SOIL_TRACES):
        unit = "wt%" if name in SOIL_OXIDES else "ppm"
        columns[name] = (unit, f"{name}; empty = not given")
        columns[f"{name}_1s"] = (unit, f"one standard deviation of {name}; empty = not given")
    rows = [[soil.get(column, "") for column in columns] for soil in soil_rows(originals)]
    return Table(
        "reference_soils",
        "Mean soils of the landing sites, and the soils of Chang'e-5 and Chang'e-6",
        "Oxides and a few trace elements of mean soils.",
        columns,
        rows,
        [SOURCEBOOK, LI_2022, LI_2024],
        paragraphs("""
Table 7.15 gives no uncertainties. Those of Chang'e-5 are published at coverage factor k = 2 and
are halved here.

Chang'e-5: oxides by X-ray fluorescence, traces by neutron activation; these differ for K (K2O
0.19 wt% is 1580 ppm K, against 1510).

Chang'e-6: only what the abstract gives; K is stated as about 630 ppm.

Left out: MnO of Apollo 16 (0.22-0.41 wt% in the copy of the table; FeO/MnO of lunar soils is
near 70-80, which asks for about 0.07) and La of Luna 16 and Luna 24 (5 and 11 ppm in the copy,
which look exchanged or mistyped).

Rows with a letter (A15a ..) are parts of a site; the row without is their mean: use the one or
the others.
"""),
        ["samples/sourcebook_mean_soils.csv", "samples/ce5_soil_li2022.csv", "reference/facts.csv"],
    )
