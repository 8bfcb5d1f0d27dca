"""Write the tables of the lunar chronology: production, chronology, equilibrium, epochs, sites.

Usage: python scripts/derive_chronology.py --source DIR [--out DIR]

DIR holds ``reference/chronology_functions.csv`` and ``reference/calibration_sites.csv``: the
coefficients of the chronology functions that are ``a (exp(b T) - 1) + c T + d T^2`` and the list
of calibration sites. The other figures stand below, each with where it was read.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from derive_common import Table, csv_text, read_rows, sidecar_text

from farside.chronology.functions import Chronology, Term, with_sawtooth

TABLES = Path(__file__).resolve().parents[1] / "src" / "farside" / "datasets" / "tables"
CS = "figures as in the configuration file of craterstats 3.6.11, whose results agree"
SECOND = "secondary: coefficients as quoted by other authors' programs, not read in the paper"
UNVERIFIED = "Rows of status unverified need their source before they are used to publish."
COMMON = ["Figures are facts of the publications named in each row, typed as published."]

PRODUCTION = [
    ("neukum1983", "Neukum (1983)", "polynomial", "0.01", "300",
     ("-3.0768;-3.6269;0.43662;0.79347;0.086468;-0.26485;-0.066382;0.037923;0.010596;-0.0022496;"
     "-0.00051797;0.0000397"), "neukum1983", CS,
     "a0 is that of 1 Ga; craterstats prints -2.5339, which plays no part in an age"),
    ("neukum2001", "Neukum, Ivanov and Hartmann (2001)", "polynomial", "0.01", "300",
     ("-3.0768;-3.557528;0.781027;1.021521;-0.156012;-0.444058;0.019977;0.086850;-0.005874;"
     "-0.006809;0.000825;0.0000554"), "neukum2001", CS,
     ("the paper prints a0 = -3.0876, a typo: the chronology function at 1 Ga gives log10 N(1) = "
     "-3.0768; a0 plays no part in an age. Range by Ivanov et al. (2001)")),
    ("hartmann2010", "Hartmann, 2010 iteration", "root-2 histogram",
     "0.011048543456", "90.50966799",
     ("3.66E+04;9.87E+03;2.63E+03;6.99E+02;1.86E+02;4.98E+01;1.33E+01;3.49E+00;9.40E-01;2.50E-01;"
     "6.65E-02;1.76E-02;4.69E-03;1.25E-03;4.73E-04;2.53E-04;1.36E-04;7.26E-05;3.90E-05;2.08E-05;"
     "1.12E-05;5.98E-06;3.21E-06;1.72E-06;9.22E-07;3.80E-07;1.50E-07"), "michael2013", CS,
     ("Hartmann, private communication in Michael (2013): craters per km2 in bins of a factor "
     "sqrt(2); the bin of index 13 begins at 1 km")),
]  # fmt: skip

NEUKUM = {"a": 5.44e-14, "b": 6.93, "c": 8.38e-4}  # Neukum (1983), as in the source table
# name of the function in the source table -> name here, key, status, note
FUNCTIONS = {
    "Neukum 1983 / Neukum Ivanov Hartmann 2001": (
        "neukum1983", "Neukum (1983), Neukum, Ivanov and Hartmann (2001)", "neukum1983", CS, ""),
    "Hartmann 2010 iteration": (
        "hartmann2010", "Hartmann, 2010 iteration", "michael2013", CS,
        "private communication in Michael (2013)"),
    "Marchi et al 2009": (
        "marchi2009", "Marchi et al. (2009)", "marchi2009", SECOND, "fit to the MPF-scaled sites"),
    "Le Feuvre & Wieczorek 2011 (Moon)": (
        "lefeuvre2011", "Le Feuvre and Wieczorek (2011)", "lefeuvre2011", SECOND, ""),
    "Yue et al 2022": ("yue2022", "Yue et al. (2022)", "yue2022", CS, "holds Chang'e-5"),
    "Robbins 2014, exponential + linear": (
        "robbins2014", "Robbins (2014), exponential and linear", "robbins2014", SECOND,
        ("meets Neukum's function at 3.94 Ga, as the abstract's 3.9 asks; a = 7.26e-31, which "
         "circulates too, would at 3.97")),
    "Robbins 2014, exponential + quadratic": (
        "robbins2014q", "Robbins (2014), exponential and quadratic", "robbins2014", SECOND, ""),
}  # fmt: skip

SAWTOOTH = (
    "secondary: made of the figures of the abstract of Morbidelli et al. (2012), a step at 4.1 Ga "
    "by 5-10 times and a quarter of all impacts since; not the equation of the paper, which could "
    "not be read"
)
SAWTOOTH_NOTE = (
    "Neukum's function up to 4.1 Ga; older than that an exponential, by "
    "farside.chronology.functions.with_sawtooth with a step of sqrt(50)"
)
SYSTEMS = [
    ("neukum1983", "neukum1983", "neukum1983", "Neukum (1983)", ""),
    ("neukum2001", "neukum1983", "neukum2001", "Neukum, Ivanov and Hartmann (2001)", ""),
    ("hartmann2010", "hartmann2010", "hartmann2010", "Hartmann, 2010 iteration", ""),
    ("yue2022", "yue2022", "neukum2001", "Yue et al. (2022)", ""),
    ("marchi2009", "marchi2009", "neukum2001", "Marchi et al. (2009)",
     "production function substituted: the paper's own is a curve without coefficients"),
    ("lefeuvre2011", "lefeuvre2011", "neukum2001", "Le Feuvre and Wieczorek (2011)",
     "production function substituted: the coefficients of the paper's own could not be read"),
    ("robbins2014", "robbins2014", "neukum2001", "Robbins (2014), linear", ""),
    ("robbins2014q", "robbins2014q", "neukum2001", "Robbins (2014), quadratic", ""),
    ("sawtooth", "sawtooth", "neukum1983", "Sawtooth after Morbidelli et al. (2012)", ""),
]  # fmt: skip
EQUILIBRIUM = [
    ("trask1966", "Trask (1966)", "-1.1", "-2", "trask1966", CS, ""),
    ("hartmann1984", "Hartmann (1984)", "-1.14", "-1.83", "hartmann1984", CS,
     "cumulative form of the incremental -1.33, as craterstats holds it"),
]  # fmt: skip
EPOCHS = [
    *(("wilhelms1987", name, young, old, "wilhelms1987", CS) for name, young, old in (
        ("Copernican", "0", "1.1"), ("Eratosthenian", "1.1", "3.2"), ("Late Imbrian", "3.2", "3.8"),
        ("Early Imbrian", "3.8", "3.85"), ("Nectarian", "3.85", "3.92"),
        ("Pre-Nectarian", "3.92", ""))),
    *(("guo2024", name, young, old, "guo2024", CS) for name, young, old in (
        ("Copernican", "0", "0.8"), ("Eratosthenian", "0.8", "3.16"),
        ("Late Imbrian", "3.16", "3.8"), ("Early Imbrian", "3.8", "3.85"),
        ("Nectarian", "3.85", "3.92"), ("Aitkenian", "3.92", "4.31"),
        ("Magma-oceanian", "4.31", ""))),
]  # fmt: skip

TERMS = {
    "function": ("text", "name of the chronology function"),
    "form": ("text", ("exponential: N = a (exp(b T) - 1) + c T + d T^2; stretched: rate = "
             "a exp(-((origin - T)/tau)^power) + c; spike: rate = a Gaussian of sigma tau at "
             "origin, area a")),
    "from_Ga": ("Ga", "age at which the term begins"),
    "to_Ga": ("Ga", "age at which it ends"),
    "a": ("per km2 (per km2 per Ga if stretched)", "amplitude"),
    "b": ("1/Ga", "rate of the exponential"),
    "c": ("per km2 per Ga", "constant rate"),
    "d": ("per km2 per Ga2", "quadratic term"),
    "origin": ("Ga", "age at which a stretched exponential begins, or centre of a spike"),
    "tau": ("Ga", "time scale of a stretched exponential, or sigma of a spike"),
    "power": ("1", "exponent of a stretched exponential"),
    "per_n1": ("1", "craters that the row counts for each of at least 1 km"),
}  # fmt: skip
REF = {"reference": ("text", "key in references.csv"), "status": ("text", "what was checked"),
       "note": ("text", "what else to know")}  # fmt: skip
CITATIONS = {
    "neukum": {"citation": "Neukum et al. (2001) Space Science Reviews 96, 55-86",
               "doi": "10.1023/A:1011989004263"},
    "craterstats": {"citation": "Michael G., craterstats 3.6.11 (BSD), configuration figures",
                    "url": "https://github.com/ggmichael/craterstats"},
    "yue": {"citation": "Yue et al. (2022) Nature Astronomy 6, 541-545",
            "doi": "10.1038/s41550-022-01604-3"},
    "stoffler": {"citation": "Stoeffler and Ryder (2001) Space Science Reviews 96, 9-54",
                 "doi": "10.1023/A:1011937020193"},
    "wilhelms": {"citation": "Wilhelms (1987) US Geological Survey Professional Paper 1348",
                 "doi": "10.3133/pp1348"},
}  # fmt: skip


def functions(source: Path) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rows of the functions and of their terms."""
    heads, terms = [], []
    for row in read_rows(source / "reference" / "chronology_functions.csv"):
        name, title, key, status, note = FUNCTIONS[row["name"]]
        heads.append([name, title, "4.5", key, status, note])
        terms.append([name, "exponential", "0", "4.5", row["a"], row["b_per_Ga"], row["c_per_Ga"],
                      row["d_per_Ga2"] or "0", "", "", "", "1"])  # fmt: skip
    made = with_sawtooth(Chronology("", "", (Term("exponential", 0.0, 4.5, **NEUKUM),)))
    heads.append(["sawtooth", "Sawtooth after Morbidelli et al. (2012)", "4.5", "morbidelli2012",
                  SAWTOOTH, SAWTOOTH_NOTE])  # fmt: skip
    terms.extend(
        ["sawtooth", t.form, f"{t.from_ga:g}", f"{t.to_ga:g}", repr(t.a), repr(t.b), repr(t.c), "0",
         "", "", "", "1"]
        for t in made.terms
    )  # fmt: skip
    return heads, terms


def tables(source: Path) -> list[Table]:
    """Return every table."""
    heads, terms = functions(source)
    sites = read_rows(source / "reference" / "calibration_sites.csv")
    head = {"name": ("text", "name"), "title": ("text", "who made it")}
    functions_csv = "reference/chronology_functions.csv"
    return [
        Table("chronology_production", "Production functions", "Cumulative crater density by size.",
              head | {"kind": ("text", ("polynomial: log10 N(>=D) = sum a_i (log10 D)^i, D in km; "
                               "root-2 histogram: craters per km2 in bins of a factor sqrt(2)")),
                      "d_min_km": ("km", "smallest diameter"), "d_max_km": ("km", "largest"),
                      "coefficients": ("text", "a0;a1;... or the histogram, smallest first")} | REF,
              [list(row) for row in PRODUCTION], [CITATIONS["neukum"], CITATIONS["craterstats"]],
              COMMON),
        Table("chronology_functions", "Chronology functions",
              "Density of craters >= 1 km against age; their terms are in chronology_terms.",
              head | {"oldest_Ga": ("Ga", "age up to which it is used")} | REF, heads,
              [CITATIONS["neukum"], CITATIONS["yue"]], COMMON, [functions_csv]),
        Table("chronology_terms", "Terms of the chronology functions",
              "A function is the sum of its terms, each between two ages.", TERMS, terms,
              [CITATIONS["neukum"], CITATIONS["yue"]], COMMON, [functions_csv]),
        Table("chronology_systems", "Chronology systems",
              "A chronology function with the production function that goes with it.",
              {"name": ("text", "name"), "chronology": ("text", "chronology function"),
               "production": ("text", "production function"), "title": ("text", "who made it"),
               "note": ("text", "what else to know")},
              [list(row) for row in SYSTEMS], [CITATIONS["craterstats"], CITATIONS["yue"]], COMMON),
        Table("chronology_equilibrium", "Crater equilibrium",
              "Density at which craters are erased as they form: log10 N = a0 + a1 log10 D.",
              head | {"a0": ("log10(per km2)", "at 1 km"), "a1": ("1", "slope")} | REF,
              [list(row) for row in EQUILIBRIUM], [CITATIONS["craterstats"]], COMMON),
        Table("chronology_epochs", "Lunar time scales", "Epochs by age.",
              {"scale": ("text", "name of the time scale"), "epoch": ("text", "name"),
               "young_Ga": ("Ga", "end"), "old_Ga": ("Ga", "begin; empty: the Moon's formation"),
               "reference": ("text", "key in references.csv"),
               "status": ("text", "what was checked")},
              [list(row) for row in EPOCHS], [CITATIONS["wilhelms"], CITATIONS["craterstats"]],
              COMMON),
        Table("chronology_sites", "Calibration sites",
              "Radiometric ages and densities of craters >= 1 km, one row per site and set.",
              {"site": ("text", "name"), "age_Ga": ("Ga", "radiometric age"),
               "age_Ga_1s": ("Ga", "one sigma; empty: not stated"),
               "age_source": ("text", "source of the age"), "age_status": ("text", "what was read"),
               "set": ("text", "named set of densities"), "n1": ("per km2", "density; empty: none"),
               "n1_1s": ("per km2", "one sigma; empty: not stated"),
               "n1_source": ("text", "source of the density"),
               "n1_status": ("text", "what was checked")},
              [list(row.values()) for row in sites], [CITATIONS["stoffler"], CITATIONS["yue"]],
              [*COMMON, UNVERIFIED], ["reference/calibration_sites.csv"]),
    ]  # fmt: skip


def main() -> None:
    """Write the tables with their sidecars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True, help="folder of the originals")
    parser.add_argument("--out", type=Path, default=TABLES, help="folder to write to")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for table in tables(given.source):
        text = csv_text(table)
        about = json.loads(sidecar_text(table, text, given.source))
        about["derived_by"] = "scripts/derive_chronology.py"
        (given.out / f"{table.name}.csv").write_text(text, encoding="ascii")
        (given.out / f"{table.name}.json").write_text(json.dumps(about, indent=1) + "\n", "ascii")
        print(f"{table.name}: {len(table.rows)} rows")


if __name__ == "__main__":
    main()
