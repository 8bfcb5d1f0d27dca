"""Write the tables of crust, melt, oxygen buffers and end members: python scripts/derive_crust.py.

The figures are few and stand here, each beside its source; the norite is averaged from the table of
sample compositions.
"""

from __future__ import annotations

import json
from pathlib import Path

from derive_common import Table, csv_text, paragraphs, sidecar_text

from farside.constants import OXIDES
from farside.datasets import load_reference_soils, load_sample_compositions
from farside.provenance import write_text

TABLES = Path(__file__).resolve().parents[1] / "src" / "farside" / "datasets" / "tables"

WIECZOREK = {
    "citation": "Wieczorek M.A. et al. (2013) The crust of the Moon as seen by GRAIL. Science 339, "
    "671-675; figures of the four models from the description of their archive (Zenodo, "
    "doi 10.5281/zenodo.997347), read; the paper itself was not",
    "doi": "10.1126/science.1231530",
}
IACOVINO = {
    "citation": "Iacovino K., Till C.B. (2019) DensityX: A program for calculating the densities "
    "of magmatic liquids up to 1,627 C and 30 kbar. Volcanica 2, 1-10; figures of the program "
    "1.2.0, which takes them from Lange & Carmichael (1987), Lange (1997) and Guo et al. (2014)",
    "doi": "10.30909/vol.02.01.0110",
}
FROST = {
    "citation": "Frost B.R. (1991) Introduction to oxygen fugacity and its petrologic importance. "
    "Reviews in Mineralogy 25, 1-9, Table 1, as quoted in the programs PetroBuffer 0.0.1, TAVERN "
    "and others, which agree; the table itself was not read",
    "doi": "10.1515/9781501508684-004",
}
MYERS = {
    "citation": "Myers J., Eugster H.P. (1983) The system Fe-Si-O: Oxygen buffer calibrations to "
    "1,500K. Contributions to Mineralogy and Petrology 82, 75-90; abstract",
    "doi": "10.1007/BF00371177",
}
JANAF = {
    "citation": "Chase M.W. (1998) NIST-JANAF Thermochemical Tables, fourth edition. Journal of "
    "Physical and Chemical Reference Data Monograph 9, as quoted in public programs, which agree",
    "url": "https://janaf.nist.gov/",
}
VISSCHER = {
    "citation": "Visscher C., Fegley B. (2013) Chemistry of impact-generated silicate melt-vapor "
    "debris disks. Astrophysical Journal Letters 767, L12, bulk silicate Moon, as quoted in the "
    "program MAGMApy",
    "doi": "10.1088/2041-8205/767/1/L12",
}
KUSKOV = {
    "citation": "Kuskov O.L., Kronrod V.A. (1998) Constitution of the Moon: 5. Constraints on "
    "composition, density, temperature, and radius of a core. Physics of the Earth and Planetary "
    "Interiors 107, 285-306; ranges of the abstract",
    "url": "https://ui.adsabs.harvard.edu/abs/1998PEPI..107..285K",
}
PYROXENE = {
    "citation": "P- and S-wave velocity measurement of lunar orthopyroxene up to 5.5 GPa and "
    "1,273 K (2026) Geophysical Research Letters; abstract: Fe/(Mg + Fe) = 0.20 of the upper "
    "mantle, 0.03 Ca per formula unit of its orthopyroxene",
    "doi": "10.1029/2025GL118120",
}
MEYER = {
    "citation": "Meyer C. (ed.) NASA Lunar Sample Compendium; as in the table sample_compositions",
    "url": "https://curator.jsc.nasa.gov/lunar/lsc/",
}
HEIKEN = {
    "citation": "Heiken G.H., Vaniman D.T., French B.M. (eds) (1991) Lunar Sourcebook, Table 7.15; "
    "as in the table reference_soils",
    "url": "https://astrogeology.usgs.gov/",
}

NORITES = ("77215", "78235", "78236")
MOLAR_MASS = {"SiO2": 60.084, "FeO": 71.844, "MgO": 40.304, "CaO": 56.077}


def crust_models() -> Table:
    """Return the four crustal models of GRAIL."""
    return Table(
        "crust_models",
        "Crustal thickness of the Moon from gravity",
        "The four global models of GRAIL, by porosity of the crust and thickness at Apollo 12/14.",
        {
            "model": ("index", "number in the archive"),
            "mean_km": ("km", "average thickness"),
            "minimum_km": ("km", "least thickness"),
            "apollo12_14_km": ("km", "thickness at the sites of Apollo 12 and 14"),
            "porosity": ("1", "of the crust"),
            "mantle_density": ("kg/m3", "below the crust"),
        },
        [
            ["1", "34", "0.6", "29.9", "0.12", "3220"],
            ["2", "35", "0.2", "30.8", "0.07", "3360"],
            ["3", "43", "1.0", "38.1", "0.12", "3150"],
            ["4", "43", "0.5", "38.0", "0.07", "3300"],
        ],
        [WIECZOREK],
        paragraphs("The grids themselves are not in this package."),
    )


def crust_melt() -> Table:
    """Return the partial molar volumes of oxides in a silicate melt."""
    rows = [
        ["SiO2", "60.0855", "26.86", "0", "1773"],
        ["TiO2", "79.88", "28.32", "0.00724", "1773"],
        ["Al2O3", "101.96", "37.42", "0.00262", "1773"],
        ["FeO", "71.85", "12.68", "0.00369", "1723"],
        ["MgO", "40.3", "12.02", "0.00327", "1773"],
        ["CaO", "56.08", "16.90", "0.00374", "1773"],
    ]
    return Table(
        "crust_melt",
        "Partial molar volumes of oxides in silicate melt at 1 bar",
        "What the density of a magma is made of.",
        {
            "oxide": ("text", "name"),
            "molar_mass": ("g/mol", "molar mass, as of the source"),
            "volume": ("cm3/mol", "partial molar volume at the reference temperature"),
            "expansion": ("cm3/mol/K", "its change with temperature"),
            "reference_k": ("K", "reference temperature"),
        },
        rows,
        [IACOVINO],
        paragraphs(
            "The effect of pressure, below 1 % at the base of the lunar crust, is left out."
        ),
    )


def oxidation_buffers() -> Table:
    """Return the oxygen buffers of iron and its oxides."""
    rows = [
        ["frost1991", "IW", "565", "1200", "-27489", "6.702", "0.055", ""],
        ["frost1991", "WM", "565", "1200", "-32807", "13.012", "0.083", ""],
        ["frost1991", "FMQ", "400", "573", "-26455.3", "10.344", "0.092", ""],
        ["frost1991", "FMQ", "573", "1200", "-25096.3", "8.735", "0.110", ""],
        ["frost1991", "MH", "300", "573", "-25497.5", "14.330", "0.019", ""],
        ["frost1991", "MH", "573", "682", "-26452.6", "15.455", "0.019", ""],
        ["frost1991", "MH", "682", "1100", "-25700.6", "14.558", "0.019", ""],
        ["myers1983", "IW", "800", "1260", "-26834.7", "6.471", "", "0.058"],
        ["myers1983", "WM", "1000", "1300", "-36951.3", "16.092", "", "0.045"],
        ["myers1983", "FMQ", "600", "1140", "-24441.9", "8.290", "", "0.167"],
        ["myers1983", "MH", "1040", "1270", "-23847.6", "13.480", "", "0.055"],
    ]
    return Table(
        "oxidation_buffers",
        "Oxygen fugacity of iron oxide equilibria",
        "log10 of oxygen fugacity in bar: A/T + B + C (P - 1)/T, T in K, P in bar.",
        {
            "source": ("text", "compilation or calibration"),
            "buffer": (
                "text",
                "iron-wustite, wustite-magnetite, fayalite-magnetite-quartz, magnetite-hematite",
            ),
            "t_min_c": ("degC", "from"),
            "t_max_c": ("degC", "to"),
            "A": ("K", "coefficient"),
            "B": ("1", "coefficient"),
            "C": ("K/bar", "coefficient; empty = at 1 bar only"),
            "sigma": ("1", "one standard deviation of log10; empty = not given"),
        },
        rows,
        [FROST, MYERS],
        paragraphs("""
Myers and Eugster give an error after +-; it is taken as one standard deviation.

The two sources differ by up to 0.3 in the logarithm, more than their errors.

The rows of MH of the compilation, as quoted by several programs, leave a step of 0.11 at 682 degC.
"""),
    )


def oxidation_gas() -> Table:
    """Return Gibbs energies of formation of gases."""
    water = (
        "203.496 198.083 192.590 187.033 181.425 175.774 170.089 164.376 158.639 152.883 147.111"
    )
    carbon_monoxide = (
        "182.497 191.416 200.275 209.075 217.819 226.509 235.149 243.740 252.284 260.784 269.242"
    )
    carbon_dioxide = (
        "395.586 395.748 395.886 396.001 396.098 396.177 396.240 396.288 396.323 396.344 396.353"
    )
    columns = [text.split() for text in (water, carbon_monoxide, carbon_dioxide)]
    rows = [
        [str(800 + 100 * i), *(f"-{column[i]}" for column in columns)]
        for i in range(len(columns[0]))
    ]
    unit = ("kJ/mol", "standard Gibbs energy of formation of the gas")
    return Table(
        "oxidation_gas",
        "Gibbs energies of formation of water, carbon monoxide and carbon dioxide",
        "At 1 bar, from the elements; H2 and O2 are 0 by definition.",
        {"t_k": ("K", "temperature"), "H2O": unit, "CO": unit, "CO2": unit},
        rows,
        [JANAF],
        paragraphs("Between the rows the energies are straight to better than 0.02 kJ/mol."),
    )


def _norite() -> tuple[dict[str, float], dict[str, float]]:
    table = load_sample_compositions().set_index("sample").loc[list(NORITES), list(OXIDES)]
    return table.mean().to_dict(), table.std().to_dict()


def _pyroxenite(iron: float) -> dict[str, float]:
    """Return wt% of an orthopyroxene of the given Fe/(Mg + Fe), 0.03 Ca per formula unit."""
    cations = {"MgO": 0.97 * (1 - iron), "FeO": 0.97 * iron, "CaO": 0.03, "SiO2": 1.0}
    mass = {oxide: n * MOLAR_MASS[oxide] for oxide, n in cations.items()}
    total = sum(mass.values())
    return {o: 100 * mass.get(o, 0.0) / total for o in OXIDES}


def endmembers_spa() -> Table:
    """Return the end members of mixtures in the South Pole-Aitken basin."""
    soils = load_reference_soils()
    soil = soils.set_index("soil").loc["A16"]
    norite, scatter = _norite()
    pyroxenite = _pyroxenite(0.20)
    lean, rich = _pyroxenite(0.16), _pyroxenite(0.24)
    members: list[tuple[str, str, dict[str, float], dict[str, float]]] = [
        (
            "Apollo 16 soil",
            "upper crust",
            {o: float(soil[o]) for o in OXIDES},
            {o: 0.03 * float(soil[o]) for o in OXIDES},
        ),
        ("norite", "lower crust", norite, scatter),
        (
            "primitive mantle",
            "mantle",
            dict(zip(OXIDES, (0.17, 12.40, 3.90, 35.10, 3.30, 44.60), strict=True)),
            dict(zip(OXIDES, (0.05, 1.0, 0.4, 2.0, 0.3, 1.0), strict=True)),
        ),
        (
            "silicate Moon",
            "mantle",
            dict(zip(OXIDES, (0.17, 11.0, 6.25, 29.0, 4.5, 49.0), strict=True)),
            dict(zip(OXIDES, (0.05, 0.58, 0.43, 0.58, 0.29, 0.58), strict=True)),
        ),
        (
            "pyroxenite",
            "mantle",
            pyroxenite,
            {o: max(abs(rich[o] - lean[o]) / 2, 0.05) for o in OXIDES},
        ),
    ]
    columns = {
        "name": ("text", "of the end member"),
        "layer": ("text", "upper crust, lower crust or mantle"),
        **{o: ("wt%", f"{o}; all iron as FeO") for o in OXIDES},
        **{f"{o}_1s": ("wt%", "one standard deviation") for o in OXIDES},
    }
    rows = [
        [n, layer, *(f"{v[o]:.2f}" for o in OXIDES), *(f"{max(s[o], 0.02):.2f}" for o in OXIDES)]
        for n, layer, v, s in members
    ]
    return Table(
        "endmembers_spa",
        "End members of mixtures in the South Pole-Aitken basin",
        "Upper crust, lower crust and mantle, from samples and from models of the interior.",
        columns,
        rows,
        [HEIKEN, MEYER, VISSCHER, KUSKOV, PYROXENE],
        paragraphs("""
Apollo 16 soil: the mean of the site; 3 % is our choice of its error.

norite: mean and scatter of the norites 77215, 78235 and 78236 of Apollo 17. They come from the
near side; that the lower crust of the far side is like them is an assumption.

primitive mantle: bulk silicate Moon; its errors are our choice, of the size by which published
estimates differ. silicate Moon: the middle of the ranges of the abstract, whose half width is
taken as the end of an even distribution; TiO2 is that of the primitive mantle.

pyroxenite: an orthopyroxene of Fe/(Mg + Fe) = 0.20 by its formula; the error is that of 0.16 to
0.24.
"""),
    )


def main() -> None:
    """Write the tables and their sidecars."""
    made = (crust_models, crust_melt, oxidation_buffers, oxidation_gas, endmembers_spa)
    for make in made:
        table = make()
        text = csv_text(table)
        about = json.loads(sidecar_text(table, text, TABLES))
        about["derived_by"] = "scripts/derive_crust.py"
        write_text(TABLES / f"{table.name}.csv", text)
        write_text(TABLES / f"{table.name}.json", json.dumps(about, indent=1) + "\n")
        print("derived", table.name)


if __name__ == "__main__":
    main()
