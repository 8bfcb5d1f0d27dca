"""Derive the compact tables of ``src/farside/datasets/tables`` from the original data.

Usage: python scripts/derive_tables.py [--originals DIR]

Each table is a CSV with its own selection and column names, beside a JSON with units, sources,
hashes and what to mind. The same originals give the same bytes. Published digits are kept as
they are printed: figures are moved as text, and scaled by powers of ten as decimals.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from derive_cells import cells_table
from derive_common import Table, count, csv_text, number, paragraphs, read_rows, sidecar_text
from derive_compositions import compositions_table
from derive_missions import missions_table
from derive_soils import soils_table
from derive_sources import COMPENDIUM, FRONDEL, LI_2022, SOURCEBOOK, WILCOX, YANG

from farside.constants import OXIDES
from farside.provenance import write_text

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "src" / "farside" / "datasets" / "tables"

# -- sites -------------------------------------------------------------------------------------

MI_BANDS = ("414", "749", "901", "950", "1001", "1049", "1248", "1548")
TERRAIN_RULE = (
    "terrain is 'mare' where FeO of the soil is 13.5 wt% or more, 'highland' below 9.5 wt%, "
    "'mixed' between: a rule of this project, not a published one, in the gaps of Lunar Sourcebook "
    "Table 7.15, where soils of mare stations hold 14.9-19.8 wt% FeO, those of Apollo 16, Luna 20 "
    "and the Apollo 17 massifs 4.7-8.8, and those of Apollo 14, the Apennine front and the valley "
    "margins of Apollo 17 10.4-12.2."
)


def terrain(feo: str) -> str:
    """Return the class of a soil by its FeO in wt%; see `TERRAIN_RULE`."""
    value = float(feo)
    if value >= 13.5:
        return "mare"
    return "mixed" if value >= 9.5 else "highland"


def own_name(name: str) -> str:
    """Return the project's spelling of a mission or site."""
    return name.replace("Chang'E 5", "Chang'e-5")


def oxide_columns() -> dict[str, tuple[str, str]]:
    """Return the columns of the oxides of a site, each with number of analyses and source."""
    columns = {}
    for oxide in OXIDES:
        columns[oxide] = ("wt%", f"{oxide} of the soil; empty = not measured")
        columns[f"{oxide}_n"] = ("count", "number of analyses, where known")
        columns[f"{oxide}_source"] = ("text", f"where the {oxide} comes from")
    return columns


def sites_table(originals: Path) -> Table:
    """Return the sites of returned samples with Kaguya MI reflectance and oxides."""
    columns = {
        "site": ("text", "name of the site or station"),
        "mission": ("text", "mission that sampled it"),
        "terrain": ("text", "mare, mixed or highland by FeO; see notes"),
        "lat": ("deg", "latitude"),
        "lon": ("deg", "longitude east"),
        "soils": ("text", "soils matched to the site, by sample number"),
        **{f"r{nm}": ("1", f"Kaguya MI reflectance at {nm} nm") for nm in MI_BANDS},
        "theta_Fe_published": ("1", "iron angle as published with the reflectance"),
        "theta_Ti_published": ("1", "titanium angle as published with the reflectance"),
        **oxide_columns(),
    }
    rows = []
    for row in read_rows(originals / "sites" / "kaguya_mi_sites.csv"):
        line = [own_name(row["site"]), own_name(row["mission"]), terrain(row["FeO_wt"])]
        line += [number(row["lat_deg"]), number(row["lon_deg_e"]), row["soils"]]
        line += [number(row[f"r{nm}nm"]) for nm in MI_BANDS]
        line += [row["theta_Fe_published"], row["theta_Ti_published"]]
        for oxide in OXIDES:
            line += [number(row[f"{oxide}_wt"]), count(row[f"{oxide}_n"]), row[f"{oxide}_source"]]
        rows.append(line)
    return Table(
        "sites",
        "Returned-sample sites with Kaguya Multiband Imager reflectance and soil oxides",
        "55 sites of Apollo, Luna and Chang'e-5: reflectance in 8 bands and up to six oxides.",
        columns,
        rows,
        [YANG, WILCOX, COMPENDIUM, SOURCEBOOK, LI_2022],
        [
            *paragraphs("""
An empty oxide was not measured at that site: mask it, never fill it.

FeO and the other oxides of a row can come from different analyses; the six oxides of a row need
not sum to one analysis.

The eight Apollo 12 rows are matched to soils by inference, share one coordinate and hold
medians of all analyses but where only one exists; apollo12_frondel1971 is the one-analyst
alternative, low in FeO and high in Al2O3 by up to 2 wt%.

The Apollo 14 rows share one coordinate.

The latitude of Luna 16 is +0.7077 here as published (and in Wilcox et al. 2005); the lander
stands at -0.5137 (table missions), 37 km further south; with the sign reversed the point would
be 6 km from it. Luna 20 and 24 are 9 and 5 km from their landers. The spectra may belong to the
published coordinates: weigh these three so.
"""),
            TERRAIN_RULE,
        ],
        ["sites/kaguya_mi_sites.csv"],
    )


def apollo12_table(originals: Path) -> Table:
    """Return the one-analyst oxides of the Apollo 12 sites."""
    columns = {
        "site": ("text", "site as in the table sites"),
        "soil": ("text", "sample number of the soil"),
        **{oxide: ("wt%", f"{oxide}; empty = not measured") for oxide in OXIDES},
    }
    rows = [
        [row["site"], row["soils"], *(number(row[f"{oxide}_wt"]) for oxide in OXIDES)]
        for row in read_rows(originals / "sites" / "apollo12_frondel1971.csv")
    ]
    return Table(
        "apollo12_frondel1971",
        "Apollo 12 soils by one analyst",
        "Oxides of the eight Apollo 12 sites from one analyst, instead of medians of all.",
        columns,
        rows,
        [FRONDEL, YANG],
        paragraphs("""
Low in FeO and high in Al2O3 by up to 2 wt% against the medians of all analyses.

TiO2 is that of the site table of Yang et al. (2023), not Frondel's.
"""),
        ["sites/apollo12_frondel1971.csv"],
    )


CLEMENTINE_BANDS = ("415", "750", "900", "950", "1000")


def mi_site(station: str, sites: set[str]) -> str:
    """Return the site of the same station name, leaving out spaces and hyphens; else empty."""
    joined = station.replace(" - ", "").replace(" ", "")
    return joined if joined in sites else ""


def clementine_table(originals: Path) -> Table:
    """Return the stations of Wilcox et al. (2005) with Clementine reflectance."""
    columns = {
        "site": ("text", "station name as published"),
        "mi_site": ("text", "site of the table sites of the same station; empty = none"),
        "lat": ("deg", "latitude"),
        "lon": ("deg", "longitude east"),
        "FeO": ("wt%", "FeO of the soil"),
        "TiO2": ("wt%", "TiO2 of the soil"),
        "pixels": ("text", "pixels averaged"),
        **{f"r{nm}": ("1", f"Clementine UVVIS reflectance at {nm} nm") for nm in CLEMENTINE_BANDS},
    }
    known = {row["site"] for row in read_rows(originals / "sites" / "kaguya_mi_sites.csv")}
    rows = []
    for row in read_rows(originals / "sites" / "clementine_sites_wilcox2005.csv"):
        line = [row["site"], mi_site(row["site"], known)]
        line += [number(row["lat_deg"]), number(row["lon_deg_e"])]
        line += [number(row["FeO_wt"]), number(row["TiO2_wt"]), row["pixels"].replace("*", "x")]
        rows.append(line + [number(row[f"r{nm}nm"]) for nm in CLEMENTINE_BANDS])
    return Table(
        "clementine_sites",
        "Sample stations with Clementine UVVIS reflectance",
        "47 stations with reflectance in 5 bands, FeO and TiO2.",
        columns,
        rows,
        [WILCOX],
        paragraphs("""
mi_site joins by station name without spaces and hyphens. Apollo 11 and Apollo 14 - Cone have no
row in sites; Apollo 12 is one station here and eight rows there, and is left unmatched.

Coordinates differ from those of the table sites by up to 0.11 degrees.

A soil that stands in both tables is one soil: never split it between training and test.
"""),
        ["sites/clementine_sites_wilcox2005.csv", "sites/kaguya_mi_sites.csv"],
    )


def derive(originals: Path, target: Path) -> list[str]:
    """Write every table and its sidecar below `target`; return their names."""
    tables = [
        sites_table(originals),
        apollo12_table(originals),
        clementine_table(originals),
        soils_table(originals),
        compositions_table(originals),
        missions_table(),
        cells_table(originals),
    ]
    for table in tables:
        text = csv_text(table)
        write_text(target / f"{table.name}.csv", text)
        write_text(target / f"{table.name}.json", sidecar_text(table, text, originals))
    return [table.name for table in tables]


def main() -> None:
    """Derive all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--originals", type=Path, default=ROOT / ".." / "shared" / "data")
    print("derived", ", ".join(derive(parser.parse_args().originals, TABLES)))


if __name__ == "__main__":
    main()
