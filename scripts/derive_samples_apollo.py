"""Derive the table of Apollo and Luna analyses, one row per sample and analyte.

Usage: python scripts/derive_samples_apollo.py --source DIR

DIR holds ``samples/compendium_geochem_long.csv``: single analyses read by machine from the pages
of the Lunar Sample Compendium. Each row of the table is the median of the analyses of one analyte
in one sample, with their number, their spread and a word on how far to trust it.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from pathlib import Path
from statistics import median

from derive_common import Table, paragraphs, read_rows
from derive_samples_common import write_table
from derive_sources import COMPENDIUM
from pyrolite.geochem.norm import get_reference_composition

OXIDES = ("SiO2", "TiO2", "Al2O3", "FeO", "MnO", "MgO", "CaO", "Na2O", "K2O", "P2O5")
REE = ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu")
ATOMIC_NUMBER = dict(
    zip(REE, (57, 58, 59, 60, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71), strict=True)
)
TRACES = ("Sc", "V", "Cr", "Co", "Ni", "Zn", "Ga", "Rb", "Sr", "Y", "Zr", "Nb", "Cs", "Ba")
TRACES += (*REE, "Hf", "Ta", "Th", "U")
MISSIONS = {f"apollo-{n}": f"Apollo {n}" for n in (11, 12, 14, 15, 16, 17)} | {"general": ""}

CLOSE = 0.3
"""Relative spread up to which analyses are said to agree."""
OFF_PATTERN = 1.6
"""Factor by which a rare earth may lie off the line between its neighbours (Eu may lie anywhere);
lunar rocks other than Eu are smooth within their errors."""
TH_U = (2.0, 6.0)
"""Th/U of lunar rocks is near 3.5-4; beyond this range one of the two is misread."""
TOTAL = (94.0, 103.0)
"""Sum of at least eight of the oxides, wt%."""


def spread(values: list[float]) -> float:
    """Return a robust standard deviation; NaN for one value (1.128: mean range of two normals)."""
    if len(values) < 2:
        return math.nan
    if len(values) == 2:
        return abs(values[0] - values[1]) / 1.128
    centre = median(values)
    return 1.4826 * median([abs(value - centre) for value in values])


def off_pattern(found: dict[str, float]) -> set[str]:
    """Return the rare earths that lie off the line between their neighbours."""
    chondrite = get_reference_composition("Chondrite_MS95")
    left = {e: math.log(found[e] / float(chondrite[e])) for e in REE if e in found and e != "Eu"}
    bad: set[str] = set()
    while len(left) >= 3:
        order = sorted(left, key=ATOMIC_NUMBER.__getitem__)
        misfit = {}
        for before, here, after in zip(order, order[1:], order[2:], strict=False):
            z0, z, z1 = (ATOMIC_NUMBER[e] for e in (before, here, after))
            line = left[before] + (left[after] - left[before]) * (z - z0) / (z1 - z0)
            misfit[here] = abs(left[here] - line)
        worst = max(misfit, key=misfit.__getitem__)
        if misfit[worst] <= math.log(OFF_PATTERN):
            break
        bad.add(worst)
        del left[worst]
    return bad


def doubtful(found: dict[str, float]) -> set[str]:
    """Return the analytes of a sample that contradict the others."""
    bad = off_pattern(found)
    if {"Th", "U"} <= found.keys() and not TH_U[0] <= found["Th"] / found["U"] <= TH_U[1]:
        bad |= {"Th", "U"}
    present = [oxide for oxide in OXIDES if oxide in found]
    if len(present) >= 8 and not TOTAL[0] <= sum(found[o] for o in present) <= TOTAL[1]:
        bad |= set(present)
    return bad


def kind(sample: str, mission: str) -> str:
    """Return fines or rock by the last digit, as numbered from Apollo 15 on; else empty."""
    if mission not in {"Apollo 15", "Apollo 16", "Apollo 17"} or not sample[-1].isdigit():
        return ""
    return "fines" if sample[-1] in "01234" else "rock"


def analyses(source: Path) -> dict[tuple[str, str], dict[str, list[tuple[float, str]]]]:
    """Return value and parse of each analysis, by mission and sample, then analyte."""
    found: dict[tuple[str, str], dict[str, list[tuple[float, str]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    seen: set[tuple[str, ...]] = set()
    for row in read_rows(source / "samples" / "compendium_geochem_long.csv"):
        analyte, unit = row["analyte"], "wt%" if row["analyte"] in OXIDES else "ppm"
        if analyte not in (*OXIDES, *TRACES) or row["unit"] != unit or float(row["value"]) <= 0:
            continue
        key = tuple(row[k] for k in ("sample", "table", "column", "analyte", "value"))
        if key in seen:
            continue
        seen.add(key)
        where = (MISSIONS[row["mission"]], row["sample"])
        found[where][analyte].append((float(row["value"]), row["parse"]))
    return found


def rows(source: Path) -> list[list[str]]:
    """Return the rows of the table, sorted by sample and analyte."""
    lines = []
    for (mission, sample), by_analyte in sorted(analyses(source).items()):
        middle = {a: median(v for v, _ in pairs) for a, pairs in by_analyte.items()}
        bad = doubtful(middle)
        for analyte in (*OXIDES, *TRACES):
            if analyte not in by_analyte:
                continue
            values = [value for value, _ in by_analyte[analyte]]
            sigma = spread(values)
            trust = "single" if len(values) == 1 else "agree"
            if sigma > CLOSE * middle[analyte]:
                trust = "scatter"
            if analyte in bad:
                trust = "doubtful"
            parsed = "/".join(sorted({parse for _, parse in by_analyte[analyte]}))
            line = [sample, mission, kind(sample, mission), analyte]
            line += ["wt%" if analyte in OXIDES else "ppm", f"{middle[analyte]:.4g}"]
            line += ["" if math.isnan(sigma) else f"{sigma:.3g}", str(len(values)), trust, parsed]
            lines.append(line)
    return lines


def table(source: Path) -> Table:
    """Return the table."""
    return Table(
        "apollo_analyses",
        "Analyses of Apollo and Luna samples",
        "Median of the analyses of each analyte in each sample, with number, spread and trust.",
        {
            "sample": ("text", "sample number"),
            "mission": ("text", "mission that returned it; empty = not of one Apollo mission"),
            "kind": ("text", "fines or rock by the sample number, Apollo 15-17; else empty"),
            "analyte": ("text", "oxide or element"),
            "unit": ("text", "wt% for oxides, ppm for elements"),
            "value": ("1", "median of the analyses, in the unit of the row"),
            "spread": ("1", "robust standard deviation of the analyses; empty = one analysis"),
            "n": ("count", "number of analyses"),
            "trust": ("text", "agree, scatter, single or doubtful; see notes"),
            "parse": ("text", "how surely the machine read them: row, dp, stack"),
        },
        rows(source),
        [COMPENDIUM],
        paragraphs("""
Read by machine from the pages of the compendium: a figure can have slipped a row. 'agree': two or
more analyses within 30 %; 'scatter': two or more that are not; 'single': one; 'doubtful': the
median contradicts other analytes of the sample (a rare earth other than Eu more than a factor 1.6
off the line between its neighbours, Th/U outside 2-6, or eight or more oxides that do not sum to
94-103 wt%).

parse 'row': read from its own table row; 'dp': matched by decimal places; 'stack': read from a
stack of figures in one cell. Of analyses that have two or more companions, 1 (dp), 4 (stack) and
7 (row) in 100 lie more than a factor 4 off the median of their sample.

The analytes of a sample can come from different splits; coarse rocks and breccias vary between
splits by more than any error of analysis. Noble metals and volatiles given in ppb are left out.
"""),
        ["samples/compendium_geochem_long.csv"],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    given = parser.parse_args()
    write_table(table(given.source), given.source, Path(__file__).name)
