"""Derive the tables of the interior: bulk Moons, a crystallisation sequence.

Usage: python scripts/derive_interior.py [--out DIR]

The figures stand here as they were read; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from derive_common import Table, csv_text, sidecar_text

TABLES = Path(__file__).resolve().parent.parent / "src" / "farside" / "datasets" / "tables"
SCHMIDT = {
    "citation": "Schmidt M.W., Kraettli G. (2022) Experimental crystallization of the lunar magma "
    "ocean, initial selenotherm and density stratification, and implications for crust formation, "
    "overturn and the bulk silicate Moon composition. JGR Planets 127, e2022JE007187; as "
    "transcribed in the program luna (kellertobs/luna, cal/bulkmoon.m and cal/Load_SKTable3.m)",
    "doi": "10.1029/2022JE007187",
}
VISSCHER = {
    "citation": "Visscher C., Fegley B. (2013) Chemistry of impact-generated silicate melt-vapor "
    "debris disks. Astrophysical Journal Letters 767, L12; as transcribed in the program MAGMApy",
    "doi": "10.1088/2041-8205/767/1/L12",
}
JOHNSON = {
    "citation": "Johnson T.E. et al. (2021) The phases of the Moon: Modelling crystallisation of "
    "the lunar magma ocean through equilibrium thermodynamics. Earth and Planetary Science "
    "Letters 556, 116721; as transcribed in the tests of the program phasetools",
    "doi": "10.1016/j.epsl.2020.116721",
}
OXIDES = (
    "SiO2", "TiO2", "Al2O3", "Cr2O3", "FeO", "MnO", "MgO", "CaO", "Na2O", "K2O", "P2O5"
)  # fmt: skip

QUOTED = (
    "Not read at the source: each is as a program transcribes the table of the work named. Taylor "
    "Whole Moon is of Taylor (1982), Lunar Primitive Upper Mantle of Longhi (2006)."
)
BULK = {
    "twm": ("Taylor Whole Moon", "schmidt2022", "44.5  6.14 10.9 32.7 4.60 0.09"),
    "lpum": ("Lunar Primitive Upper Mantle", "schmidt2022", "46.1  3.93 7.62 38.3 3.18 0.05"),
    "visscher2013": ("bulk silicate Moon", "visscher2013", "44.60 3.90 12.40 35.10 3.30 0.050"),
    "johnson2021": ("Taylor Whole Moon", "johnson2021", "44.40 6.14 10.90 32.70 4.73 0.04"),
}
BULK_OXIDES = ("SiO2", "Al2O3", "FeO", "MgO", "CaO", "Na2O")

# step, temperature C, pressure GPa, solid before; then phase: fraction and eleven oxides
STEPS = """
1 1800 3.5 0.0
 olivine 0.145 41.0 0.05 0.12 0.00 6.22 0.00 52.4 0.18 0.00 0.00 0.00
 melt 0.855 44.8 0.40 7.88 0.00 11.4 0.00 30.2 5.06 0.34 0.00 0.00
 bulk 1 44.8 0.30 6.17 0.61 11.0 0.15 33.0 4.64 0.08 0.01 0.01
2 1600 2.8 0.145
 olivine 0.198 40.1 0.05 0.21 0.39 9.99 0.15 48.8 0.26 0.00 0.00 0.00
 orthopyroxene 0.072 53.6 0.09 5.38 1.65 6.19 0.13 31.4 1.50 0.06 0.00 0.00
 melt 0.730 45.3 0.48 11.0 0.84 13.3 0.24 20.6 7.89 0.38 0.00 0.00
 bulk 1 44.9 0.36 7.90 0.76 12.5 0.19 27.0 6.33 0.09 0.01 0.01
3 1420 1.9 0.376
 olivine 0.029 39.8 0.06 0.21 0.22 12.5 0.22 46.8 0.28 0.00 0.00 0.00
 orthopyroxene 0.206 52.6 0.12 6.37 1.32 7.46 0.17 30.2 1.71 0.06 0.00 0.00
 melt 0.748 45.0 0.67 12.3 0.30 14.5 0.28 16.2 10.3 0.46 0.00 0.00
 bulk 1 46.2 0.48 10.4 0.85 13.1 0.25 20.2 8.35 0.11 0.02 0.02
4 1310 1.4 0.533
 olivine 0.084 38.9 0.11 0.24 0.08 15.6 0.26 44.4 0.39 0.00 0.00 0.00
 orthopyroxene 0.090 51.0 0.13 7.67 0.74 10.2 0.23 27.7 2.31 0.05 0.00 0.00
 melt 0.826 44.8 0.81 14.7 0.07 14.2 0.29 12.4 12.0 0.70 0.00 0.00
 bulk 1 44.7 0.61 12.4 0.29 14.6 0.26 16.3 10.3 0.43 0.02 0.02
5 1230 1.0 0.614
 olivine 0.057 38.2 0.08 0.21 0.07 19.4 0.37 41.3 0.35 0.03 0.00 0.00
 clinopyroxene 0.144 49.2 0.37 8.31 0.27 8.87 0.30 17.2 15.2 0.18 0.00 0.00
 melt 0.780 45.2 1.07 16.1 0.00 14.9 0.33 9.31 11.9 1.03 0.04 0.06
 bulk 1 44.2 0.78 14.7 0.25 14.7 0.30 12.4 11.9 0.66 0.02 0.03
6 1210 0.8 0.699
 olivine 0.051 37.8 0.07 0.09 0.06 21.6 0.45 39.5 0.36 0.00 0.00 0.07
 clinopyroxene 0.010 50.1 0.42 5.92 0.40 10.6 0.42 18.0 13.9 0.19 0.00 0.02
 plagioclase 0.089 47.9 0.08 32.6 0.00 0.74 0.04 0.24 16.4 1.97 0.04 0.00
 melt 0.848 45.1 1.36 15.4 0.09 16.1 0.40 8.33 11.8 1.16 0.07 0.12
 bulk 1 44.9 1.04 16.1 0.05 15.2 0.32 9.36 11.9 1.04 0.04 0.09
7 1160 0.7 0.745
 olivine 0.087 35.7 0.13 0.11 0.00 32.5 0.79 30.2 0.47 0.00 0.00 0.09
 clinopyroxene 0.206 49.1 0.71 4.97 0.53 14.0 0.59 15.3 14.6 0.17 0.00 0.04
 plagioclase 0.293 48.5 0.14 31.87 0.04 1.34 0.05 0.27 15.5 2.27 0.04 0.00
 melt 0.413 43.4 2.94 12.5 0.00 22.8 0.65 5.96 10.2 1.18 0.12 0.24
 bulk 1 45.0 1.33 15.4 0.09 16.4 0.40 8.31 11.8 1.15 0.07 0.13
8 1120 0.5 0.895
 olivine 0.099 34.6 0.18 0.10 0.0 40.2 1.11 23.2 0.53 0.00 0.00 0.09
 clinopyroxene 0.025 48.7 1.08 4.28 0.0 18.7 0.81 13.0 13.2 0.18 0.00 0.00
 plagioclase 0.151 49.8 0.22 30.84 0.0 1.66 0.05 0.19 14.3 2.82 0.08 0.00
 Ti-spinel 0.010 0.18 17.75 5.80 0.0 72.2 0.72 3.11 0.20 0.00 0.00 0.05
 melt 0.716 43.3 4.04 10.49 0.0 25.3 0.79 4.53 10.1 1.09 0.14 0.26
 bulk 1 42.6 2.87 12.39 0.0 23.9 0.64 5.92 10.2 1.15 0.13 0.24
9 1100 0.5 0.925
 clinopyroxene 0.168 48.3 1.01 3.76 0.0 22.6 0.99 12.9 10.3 0.15 0.00 0.00
 plagioclase 0.098 51.1 0.14 30.29 0.0 1.27 0.00 0.14 13.7 3.23 0.09 0.00
 Ti-spinel 0.05 0.14 20.32 4.67 0.0 71.8 0.79 2.26 0.07 0.00 0.00 0.00
 melt 0.684 44.1 4.28 9.74 0.0 26.4 0.87 3.24 9.70 1.11 0.19 0.36
 bulk 1 42.9 3.97 10.53 0.0 25.7 0.75 4.55 10.1 1.07 0.15 0.27
10 1060 0.5 0.949
 clinopyroxene 0.294 47.5 1.22 3.44 0.0 25.20 1.32 9.62 11.5 0.15 0.00 0.00
 plagioclase 0.188 53.6 0.19 28.25 0.0 1.75 0.00 0.15 12.3 3.68 0.12 0.00
 Ti-spinel 0.140 0.32 20.34 3.04 0.0 73.83 1.06 1.13 0.28 0.00 0.00 0.00
 melt 0.338 48.3 3.53 9.04 0.0 24.71 1.12 1.64 9.49 1.00 0.38 0.80
 bulk 1 43.8 4.29 9.80 0.0 26.60 0.88 3.26 9.78 1.10 0.20 0.34
"""


def sequence_rows() -> list[list[str]]:
    """Return one row per step and phase."""
    rows, head = [], [""]
    for line in STEPS.strip("\n").splitlines():
        fields = line.split()
        if line.startswith(" "):
            rows.append([*head, *fields])
        else:
            head = fields
    return rows


def tables() -> list[Table]:
    """Return the tables."""
    bulk = [
        [name, about, *oxides.split(), key] for name, (about, key, oxides) in BULK.items()
    ]  # fmt: skip
    wt = {oxide: ("wt%", oxide) for oxide in OXIDES}
    return [
        Table(
            "interior_bulk",
            "Compositions of the bulk silicate Moon",
            "Estimates from the literature, as later works quote them.",
            {
                "name": ("text", "how it is chosen"),
                "about": ("text", "what it is called"),
                **{oxide: ("wt%", oxide) for oxide in BULK_OXIDES},
                "reference": ("text", "key in references.csv of the work that quotes it"),
            },
            bulk,
            [SCHMIDT, VISSCHER, JOHNSON],
            [QUOTED],
        ),
        Table(
            "interior_sequence",
            "Experimental crystallisation of a lunar magma ocean",
            "Steps of fractional crystallisation of Taylor Whole Moon: what was put in (bulk), "
            "which phases it gave at which share by weight, and their compositions.",
            {
                "step": ("index", "number of the step"),
                "temperature_C": ("degC", "temperature"),
                "pressure_GPa": ("GPa", "pressure"),
                "solid": ("1", "share of the magma ocean that is solid before the step, by weight"),
                "phase": ("text", "mineral, melt, or bulk: what was put in"),
                "fraction": ("1", "share of the charge, by weight"),
                **wt,
            },
            sequence_rows(),
            [SCHMIDT],
            [
                "Not read at the source, as transcribed; the shares of step 3 and 5 add to 0.98.",
                "The eleventh step of the transcript is the last melt of the tenth, at 98.3 %.",
            ],
        ),
    ]


def main() -> None:
    """Write the tables with their sidecars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=TABLES, help="folder to write to")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for table in tables():
        text = csv_text(table)
        about = json.loads(sidecar_text(table, text, given.out))
        about["derived_by"] = "scripts/derive_interior.py"
        (given.out / f"{table.name}.csv").write_text(text, encoding="ascii")
        (given.out / f"{table.name}.json").write_text(json.dumps(about, indent=1) + "\n", "ascii")
        print(f"{table.name}: {len(table.rows)} rows")


if __name__ == "__main__":
    main()
