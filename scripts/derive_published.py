"""Derive the table of published figures that the findings are held against.

Usage: python scripts/derive_published.py --source DIR

DIR holds ``reference/facts.csv``. A figure whose status is unverified is refused; the status of
every other is kept. A figure that is printed with two standard deviations is halved.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from derive_common import Table, paragraphs, read_rows
from derive_samples_common import write_table

FACTS = "reference/facts.csv"
CHOSEN: dict[str, tuple[str, str, str]] = {
    "soil-FeO": ("CE-6 soil FeO", "li2024", ""),
    "soil-Al2O3": ("CE-6 soil Al2O3", "li2024", ""),
    "soil-CaO": ("CE-6 soil CaO", "li2024", ""),
    "soil-Th": ("CE-6 soil Th", "li2024", ""),
    "soil-K": ("CE-6 soil K", "li2024", ""),
    "soil-U": ("CE-6 soil U", "li2024", ""),
    "basalt-Al2O3": ("CE-6 local basalt Al2O3", "li2024", ""),
    "basalt-TiO2": ("CE-6 local basalt TiO2", "li2024", ""),
    "basalt-age-cui": ("CE-6 low-Ti basalt age (Pb-Pb and Rb-Sr)", "cui2024", ""),
    "basalt-age-zhang": ("CE-6 low-Ti basalt age (Pb-Pb, local)", "zhang2024", ""),
    "high-al-age": ("CE-6 high-Al basalt age", "zhang2024", ""),
    "fragments-dated": ("CE-6 fragments dated", "zhang2024", ""),
    "mu-high-al": ("CE-6 high-Al basalt source mu", "zhang2024", ""),
    "mu-low-ti": ("CE-6 low-Ti basalt source mu (238U/204Pb)", "zhang2024", ""),
    "mu-change-5": ("CE-5 basalt source mu", "li2021", ""),
    "mu-apollo": ("Apollo low-/high-Ti basalt source mu", "li2021", ""),
    "norite-age": ("SPA impact melt (norite) Pb-Pb age", "su2025", "Ga"),
    "water-far": ("CE-6 farside mantle water", "he2025", ""),
    "water-near": ("nearside mantle water range", "he2025", ""),
    "water-change-5": ("CE-5 mantle water max", "hu2021", ""),
    "delta41k-change-6": ("CE-6 basalts d41K", "tian2026", ""),
    "delta41k-apollo": (
        "Apollo mare basalt mean d41K (best lunar mantle estimate)",
        "tian2020",
        "",
    ),
    "delta41k-offset": ("CE-6 basalts d41K offset above Apollo samples", "tian2026", ""),
    "melt-depth": (
        "CE-6 ultra-depleted mantle source: SPA melted upper mantle to about",
        "zhou2025",
        "",
    ),
}
"""Name of a figure -> how the facts call it, key of its paper, unit where the facts leave it."""
RANGES = {"1-1.5 (<2)": ("1", "1.5"), "1-200": ("1", "200"), "1-5": ("1", "5"),
          "300-1000": ("300", "1000")}  # fmt: skip
TOTALS = {"107 of 108 at 2807 Ma": "108"}
"""How the facts print a count -> the number of fragments; all but one are of 2807 Ma."""
GIGA = 1000


def rows(source: Path) -> list[list[str]]:
    """Return the chosen figures; ages in Ma."""
    facts = {row["quantity"]: row for row in read_rows(source / FACTS)}
    lines = []
    for name, (quantity, key, other) in CHOSEN.items():
        row = facts[quantity]
        status = row["status"]
        if status == "unverified":
            message = f"{quantity} is unverified: it is no truth"
            raise ValueError(message)
        text = row["value"]
        low, high = RANGES.get(text, ("", ""))
        value = "" if low else TOTALS.get(text, text.removeprefix("~"))
        sigma = row["uncertainty"]
        if "(2SD)" in sigma:
            sigma = f"{float(sigma.removesuffix('(2SD)')) / 2:g}"
        unit = other or row["unit"].split(" vs ")[0] or "1"
        if unit == "Ga":
            value = f"{GIGA * float(value):g}"
        unit = {"Ga": "Ma", "permil": "per mil"}.get(unit, unit)
        about = status + (", about" if text.startswith("~") else "")
        lines.append([name, value, low, high, sigma, unit, key, about])
    # the mission states its own figure of the norite; Su et al. (2025) print 4.25 Ga
    lines.append(["norite-age-mission", "4247", "", "", "", "Ma", "su2025", "mission document"])
    return lines


def table(source: Path) -> Table:
    """Return the table."""
    return Table(
        "published_values",
        "Published figures of the far-side story",
        "Figures that findings are held against, each with its paper and what was read of it.",
        {
            "name": ("text", "how the figure is chosen"),
            "value": ("1", "in the unit of the row; empty where a range is published"),
            "low": ("1", "lower end of a published range"),
            "high": ("1", "upper end of a published range"),
            "sigma": ("1", "one standard deviation; empty = not given"),
            "unit": ("text", "wt%, ppm, Ma, km, per mil, ug/g, or 1"),
            "reference": ("text", "key in references.csv, which holds citation and DOI"),
            "status": (
                "text",
                (
                    "what was read: abstract, secondary copy (not the work itself), mission "
                    "document; about = stated as approximate"
                ),
            ),
        },
        rows(source),
        [
            {
                "citation": "the works of the column reference, each with its DOI in "
                "references.csv",
                "url": "https://doi.org/10.1093/nsr/nwae328",
            }
        ],
        paragraphs("""
Figures whose source was not verified are left out. Two standard deviations are halved. An
uncertainty that is printed without its level (delta41k-change-6) is kept as one standard deviation,
the wider reading.
"""),
        [FACTS],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    given = parser.parse_args()
    write_table(table(given.source), given.source, Path(__file__).name)
