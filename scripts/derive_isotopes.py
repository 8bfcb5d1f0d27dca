"""Derive the table of published isochrons: python scripts/derive_isotopes.py --originals FOLDER."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from derive_common import Table, csv_text, number, paragraphs, read_rows, sidecar_text

from farside.provenance import write_text

TABLES = Path(__file__).resolve().parents[1] / "src" / "farside" / "datasets" / "tables"
FOLDER = "reference/isochrons"
COLUMNS = {
    "RbSr1": ("Rb87Sr86", "errRb87Sr86", "Sr87Sr86", "errSr87Sr86", ""),
    "KCa1": ("K40Ca44", "errK40Ca44", "Ca40Ca44", "errCa40Ca44", "rho"),
    "LudwigMean": ("X", "errX", "", "", ""),
}
"""Columns of each original that become x, x_1s, y, y_1s, rho."""


def isochron_table(originals: Path) -> Table:
    """Return the analyses of all three originals, one below the other."""
    rows = []
    for name, columns in COLUMNS.items():
        rows += [
            [name, *(number(row[c]) if c else "" for c in columns)]
            for row in read_rows(originals / FOLDER / f"{name}.csv")
        ]
    return Table(
        "isotopes_reference",
        "Published analyses that isochron programs use as examples",
        "Two isochrons and one weighted mean, to hold results against those of other programs.",
        {
            "name": ("text", "name of the example in IsoplotR"),
            "x": ("ratio or Ma", "87Rb/86Sr, 40K/44Ca, or an age in Ma (LudwigMean)"),
            "x_1s": ("ratio or Ma", "one standard deviation of x"),
            "y": ("ratio", "87Sr/86Sr or 40Ca/44Ca; empty in LudwigMean"),
            "y_1s": ("ratio", "one standard deviation of y; empty in LudwigMean"),
            "rho": ("ratio", "correlation of the errors; empty = not given"),
        },
        rows,
        [
            {
                "citation": "Compston W. et al. (1971) Rubidium-strontium chronology and chemistry "
                "of lunar material from the Ocean of Storms. Proceedings of the Lunar Science "
                "Conference 2, 1471-1485 (RbSr1)",
                "url": "https://ui.adsabs.harvard.edu/abs/1971LPSC....2.1471C",
            },
            {
                "citation": "Harrison T.M. et al. (2010) Earth and Planetary Science Letters 299, "
                "426-433 (KCa1)",
                "doi": "10.1016/j.epsl.2010.09.027",
            },
            {
                "citation": "Ludwig K.R. (2003) User's manual for Isoplot 3.00 (LudwigMean)",
                "url": "https://www.bgc.org/isoplot",
            },
            {
                "citation": "Vermeesch P. (2018) IsoplotR: A free and open toolbox for "
                "geochronology. Geoscience Frontiers 9, 1479-1493",
                "doi": "10.1016/j.gsf.2018.04.001",
            },
        ],
        paragraphs("""
The figures are those of the examples of IsoplotR; which paper they come from is as its
documentation says. Errors are one standard deviation.
"""),
        [f"{FOLDER}/{name}.csv" for name in COLUMNS],
    )


def main() -> None:
    """Write the table and its sidecar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--originals", type=Path, required=True)
    originals = parser.parse_args().originals
    table = isochron_table(originals)
    text = csv_text(table)
    about = json.loads(sidecar_text(table, text, originals))
    about["derived_by"] = "scripts/derive_isotopes.py"
    write_text(TABLES / f"{table.name}.csv", text)
    write_text(TABLES / f"{table.name}.json", json.dumps(about, indent=1) + "\n")
    print("derived", table.name)


if __name__ == "__main__":
    main()
