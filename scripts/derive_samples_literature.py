"""Write the tables of figures that were read from the literature by hand.

Usage: python scripts/derive_samples_literature.py

The figures stand below as they are printed; the tables are these figures with units and sources.
"""

from __future__ import annotations

from pathlib import Path

from derive_common import Table, paragraphs
from derive_samples_common import write_table

# -- end members -------------------------------------------------------------------------------

COMPENDIUM_15386 = {
    "citation": "Meyer C. (ed.) Lunar Sample Compendium, 15386, Table 1: oxides of Rhodes and "
    "Hubbard (1973) Proc. 4th Lunar Sci. Conf. 1127-1148, elements of Neal and Kramer (2003) "
    "Lunar and Planetary Science XXXIV, 1665, and of Hubbard et al. (1974)",
    "url": "https://curator.jsc.nasa.gov/lunar/lsc/15386.pdf",
}
KREEP_OXIDES = """SiO2 50.83 TiO2 2.23 Al2O3 14.77 FeO 10.55 MnO 0.16 MgO 8.17 CaO 9.71 Na2O 0.73
K2O 0.67 P2O5 0.70"""
KREEP_NEAL = """Sc 21.7 V 47.8 Cr 1760 Co 24.1 Ni 13.9 Rb 18.7 Sr 186.5 Y 241 Zr 916 Nb 72.4 Cs 0.76
Ba 852.6 La 84.1 Ce 213.1 Pr 30 Nd 125.6 Sm 36.5 Eu 2.78 Gd 43.9 Tb 7.51 Dy 45.7 Ho 10.3 Er 28.3
Tm 3.97 Yb 26.2 Lu 3.59 Hf 27.3 Ta 3.81 Th 15.4 U 4"""
KREEP_HUBBARD = """Rb 18.46 Sr 187 Ba 837 La 83.5 Ce 211 Nd 131 Sm 37.5 Eu 2.72 Gd 45.4 Dy 46.3
Er 27.3 Yb 24.4 Th 13.7 U 3.98"""
DEFAULT_RELATIVE = 0.05
"""One sigma of a figure with one analysis, relative: the two analyses differ by 1-12 %."""


def pairs(text: str) -> dict[str, str]:
    """Return name and figure of each pair in a text."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def kreep_rows() -> list[list[str]]:
    """Return KREEP basalt 15386: each figure with one sigma."""
    other = pairs(KREEP_HUBBARD)
    lines = []
    for unit, text in (("wt%", KREEP_OXIDES), ("ppm", KREEP_NEAL)):
        for analyte, value in pairs(text).items():
            gap = abs(float(value) - float(other.get(analyte, value))) / 1.128
            sigma = max(gap, DEFAULT_RELATIVE * float(value))
            lines.append(["KREEP basalt 15386", analyte, unit, value, f"{sigma:.3g}"])
    return lines


def kreep_table() -> Table:
    """Return the KREEP end member of mixing."""
    return Table(
        "kreep_components",
        "KREEP end member of mixing",
        "Composition of the pristine KREEP basalt 15386.",
        {
            "component": ("text", "name of the end member"),
            "analyte": ("text", "oxide or element"),
            "unit": ("text", "wt% for oxides, ppm for elements"),
            "value": ("1", "in the unit of the row"),
            "sigma": ("1", "one standard deviation, in the unit of the row"),
        },
        kreep_rows(),
        [COMPENDIUM_15386],
        paragraphs("""
One sigma is the difference of the two analyses (Neal and Kramer 2003, Hubbard et al. 1974)
divided by 1.128, and at least 5 %.

The mean high-K KREEP of Warren and Wasson (1979) and Warren (1989) is not here: the tables of
these works could not be read. A fraction is inversely proportional to the concentrations of the end
member; give another as a file to use it.
"""),
    )


# -- reference materials -----------------------------------------------------------------------

JOCHUM = {
    "citation": "Jochum K.P. et al. (2016) Reference values following ISO guidelines for "
    "frequently requested rock reference materials. Geostandards and Geoanalytical Research 40, "
    "333-350, Table 3; figures as repeated in the USGS information sheets of 2022",
    "doi": "10.1111/j.1751-908X.2015.00392.x",
}
USGS_BHVO2 = {
    "citation": "U.S. Geological Survey (1998) Certificate of analysis: Basalt, Hawaiian Volcanic "
    "Observatory, BHVO-2",
    "url": "https://crustal.usgs.gov/geochemical_reference_standards/basaltbhvo2.html",
}
USGS_W2 = {
    "citation": "U.S. Geological Survey (1995) Certificate of analysis: Diabase, W-2",
    "url": "https://crustal.usgs.gov/geochemical_reference_standards/diabase.html",
}
OXIDES = ["SiO2", "TiO2", "Al2O3", "Fe2O3T", "MnO", "MgO", "CaO", "Na2O", "K2O", "P2O5"]
U95 = {
    "BHVO-2": """49.60 0.14 2.731 0.018 13.44 0.06 12.39 0.09 0.1690 0.0019 7.257 0.042 11.40 0.06
    2.219 0.048 0.5130 0.0037 0.2685 0.0050""",
    "BCR-2": """54.00 0.20 2.265 0.024 13.48 0.12 13.77 0.19 0.1966 0.0030 3.599 0.044 7.114 0.075
    3.120 0.042 1.774 0.019 0.3593 0.0095""",
    "AGV-2": """59.14 0.58 1.051 0.023 17.03 0.12 6.78 0.17 0.1004 0.0026 1.80 0.15 5.15 0.10
    4.204 0.080 2.898 0.033 0.483 0.043""",
    "G-2": """68.74 0.47 0.4799 0.0089 15.31 0.17 2.644 0.048 0.0306 0.0008 0.754 0.029 1.910 0.037
    4.045 0.059 4.500 0.061 0.129 0.022""",
}
W2_OXIDES = """SiO2 52.68 0.29 TiO2 1.06 0.01 Al2O3 15.45 0.16 Fe2O3T 10.83 0.21 MnO 0.167 0.004
MgO 6.37 0.058 CaO 10.86 0.078 Na2O 2.20 0.037 K2O 0.626 0.012"""
TRACES = {
    "BHVO-2": """Ba 130 13 Ce 38 2 Co 45 3 Cr 280 19 Cu 127 7 Ga 21.7 0.9 Hf 4.1 0.3 La 15 1
    Nd 25.0 1.8 Ni 119 7 Rb 9.8 1.0 Sc 32 1 Sr 389 23 V 317 11 Y 26 2 Zn 103 6 Zr 172 11 Sm 6.2 0.4
    Gd 6.3 0.2 Ho 1.04 0.04 Lu 0.28 0.01 Nb 18 2 Th 1.2 0.3 Yb 2.0 0.2""",
    "W-2": """Ba 170 11 Ce 23 1.5 Co 43 2.1 Cr 92 4.4 Cu 110 4.9 Dy 3.6 0.8 Eu 1.0 0.06 Ga 17 0.89
    Hf 2.6 0.18 La 10 0.59 Li 9.6 0.54 Nd 13 1 Ni 70 2.5 Rb 21 1.1 Sc 36 1.1 Sm 3.3 0.13 Sr 190 3
    Th 2.4 0.1 V 260 12 Y 23 1.6 Yb 2.1 0.2 Zn 80 2 Zr 100 2""",
}


def triples(text: str) -> list[tuple[str, str, str]]:
    """Return name, figure and uncertainty of each triple in a text."""
    words = text.split()
    return list(zip(words[::3], words[1::3], words[2::3], strict=True))


def material_rows() -> list[list[str]]:
    """Return the certified figures with one sigma."""
    lines = []
    for material, text in U95.items():
        words = text.split()
        for analyte, value, wide in zip(OXIDES, words[::2], words[1::2], strict=True):
            line = [material, analyte, "wt%", value, f"{float(wide) / 2:.4g}"]
            lines.append([*line, JOCHUM["doi"]])
    lines += [["W-2", a, "wt%", v, s, USGS_W2["url"]] for a, v, s in triples(W2_OXIDES)]
    for material, about in (("BHVO-2", USGS_BHVO2), ("W-2", USGS_W2)):
        found = triples(TRACES[material])
        lines += [[material, a, "ppm", v, s, about["url"]] for a, v, s in found]
    return lines


def materials_table() -> Table:
    """Return the reference materials."""
    return Table(
        "reference_materials",
        "Rock reference materials",
        "Certified oxides and elements of rock reference materials, with one sigma.",
        {
            "material": ("text", "name of the reference material"),
            "analyte": ("text", "oxide or element; Fe2O3T is all iron as Fe2O3"),
            "unit": ("text", "wt% for oxides, ppm for elements"),
            "value": ("1", "in the unit of the row"),
            "sigma": ("1", "one standard deviation, in the unit of the row"),
            "source": ("text", "DOI or address"),
        },
        material_rows(),
        [JOCHUM, USGS_BHVO2, USGS_W2],
        paragraphs("""
The uncertainties of Jochum et al. (2016) are 95 % confidence and halved here; the certificates of
the survey give one standard deviation. Sm, Gd, Ho, Lu, Nb, Th and Yb of BHVO-2 are information
values.
"""),
    )


# -- partition coefficients --------------------------------------------------------------------

MCKENZIE = {
    "citation": "McKenzie D., O'Nions R.K. (1991) Partial melt distributions from inversion of "
    "rare earth element concentrations. Journal of Petrology 32, 1021-1091, rare earths; and 36, "
    "133-159 (1995), other elements; as transcribed in the program BDD21",
    "doi": "10.1093/petrology/32.5.1021",
}
WARREN = {
    "citation": "Warren J.M. (2016) Global variations in abyssal peridotite compositions. Lithos "
    "248-251, 193-219, Table S3; as transcribed in the program BDD21",
    "doi": "10.1016/j.lithos.2015.12.023",
}
# olivine, orthopyroxene, clinopyroxene, plagioclase
MCKENZIE_D = """La 4e-4 2e-3 0.054 0.27 Ce 5e-4 3e-3 0.098 0.2 Pr 8e-4 4.8e-3 0.15 0.17
Nd 1e-3 6.8e-3 0.21 0.14 Sm 1.3e-3 0.01 0.26 0.11 Eu 1.6e-3 0.013 0.31 0.73
Gd 1.5e-3 0.016 0.3 0.066 Tb 1.5e-3 0.019 0.31 0.06 Dy 1.7e-3 0.022 0.33 0.055
Ho 1.6e-3 0.026 0.31 0.048 Er 1.5e-3 0.03 0.3 0.041 Tm 1.5e-3 0.04 0.29 0.036
Yb 1.5e-3 0.049 0.28 0.031 Lu 1.5e-3 0.06 0.28 0.025 K 1.8e-4 1e-3 2e-3 0.18
Rb 1.8e-4 6e-4 1e-3 0.03 Sr 1.9e-4 7e-3 0.13 2.0 Ba 3e-4 1e-4 5e-4 0.33 Th 1e-4 1e-4 2.6e-4 0.05
U 1e-4 1e-4 3.6e-4 0.11"""
# olivine, orthopyroxene, clinopyroxene
WARREN_D = """La 2.3e-6 7e-4 0.055 Ce 7.3e-6 1.6e-3 0.0876 Pr 2.1e-5 3.2e-3 0.1318
Nd 5.8e-5 6.0e-3 0.1878 Sm 2.9e-4 0.0158 0.3083 Eu 5.5e-4 0.0227 0.3638 Gd 1.0e-3 0.0315 0.4169
Tb 1.7e-3 0.0422 0.4645 Dy 2.9e-3 0.0549 0.5034 Ho 4.5e-3 0.0680 0.5294 Er 6.6e-3 0.0808 0.5437
Tm 9.2e-3 0.0928 0.5482 Yb 0.0121 0.1036 0.5453 Lu 0.0153 0.1128 0.5373"""
MINERALS = ("olivine", "orthopyroxene", "clinopyroxene", "plagioclase")


def partition_rows() -> list[list[str]]:
    """Return one row per set, mineral and element."""
    lines = []
    for name, text, width in (("mckenzie1991", MCKENZIE_D, 4), ("warren2016", WARREN_D, 3)):
        words = text.split()
        for i in range(0, len(words), width + 1):
            found = zip(MINERALS[:width], words[i + 1 : i + 1 + width], strict=True)
            lines += [[name, mineral, words[i], f"{float(d):.6g}"] for mineral, d in found]
    return lines


def partition_table() -> Table:
    """Return the mineral-melt partition coefficients."""
    return Table(
        "partition_coefficients",
        "Mineral-melt partition coefficients",
        "Concentration in the mineral over that in the melt, by set, mineral and element.",
        {
            "set": ("text", "name of the set"),
            "mineral": ("text", "mineral"),
            "element": ("text", "element"),
            "D": ("1", "concentration in the mineral over that in the melt, by weight"),
        },
        partition_rows(),
        [MCKENZIE, WARREN],
        paragraphs("""
Both sets are for terrestrial basalt and mantle. Eu in plagioclase depends on oxygen fugacity: on
the Moon more of it is divalent and enters plagioclase more readily than the 0.73 here. The set
warren2016 has no plagioclase; take that of mckenzie1991.
"""),
    )


if __name__ == "__main__":
    for made in (kreep_table(), materials_table(), partition_table()):
        write_table(made, Path(), Path(__file__).name)
