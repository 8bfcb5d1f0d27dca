"""Names that the shell completes and help lists.

They are kept here, and not asked of the library, so that a press of the tabulator key need not wait
for it to load; a test holds each list to the library's own.
"""

from __future__ import annotations

import csv
import importlib.resources
from collections.abc import Callable, Iterable

FINDINGS = (
    "spa-maria", "spa-near-side", "spa-far-highlands", "change6-soil", "far-side-bias",
    "one-far-sample", "far-side-truth", "magnesian-share", "kreep", "potassium", "volatile-loss",
    "water",
    "impact-melting", "basin-mantle", "asymmetric-ocean", "crust-volcanism", "ferric-oxides",
    "basalt-age", "basin-age", "volcanism-span", "symmetric-flux", "no-late-bombardment", "leak",
    "bias-audit",
)  # fmt: skip
ESTIMATORS = (
    "farside", "inversion", "gp", "ridge", "pls", "empirical", "yang2023", "mean", "all",
)  # fmt: skip
PROTOCOLS = ("loo", "lomo", "terrain", "near-far", "yang2023")
SENSORS = ("MI", "SP", "M3", "Clementine")
COMPARED = ("prospector", "algorithms")
GRIDS = (
    "geographic", "equirectangular", "equirectangular_far", "north_polar", "south_polar",
    "orthographic_near", "orthographic_far", "mollweide", "mollweide_far",
)  # fmt: skip
SOILS = ("apollo 0-15 cm", "apollo 0-60 cm", "change-4", "change-6", "change-6 loose")
SYSTEMS = (
    "neukum1983", "neukum2001", "hartmann2010", "yue2022", "marchi2009", "lefeuvre2011",
    "robbins2014", "robbins2014q", "sawtooth", "farside-2026",
)  # fmt: skip
DATING = (
    "poisson", "buffered", "non-sparse", "buffered-non-sparse", "cumulative", "differential",
)  # fmt: skip
PRIORS = ("rate", "age", "jeffreys", "log")
DRAWINGS = ("cumulative", "differential", "r", "hartmann", "uncertainty")
EQUILIBRIA = ("trask1966", "hartmann1984")
BORDERS = ("all", "fraction", "centre")
CURVES = ("exponential", "quadratic", "piecewise", "spike", "sawtooth")
SITE_SETS = ("neukum", "lefeuvre-wieczorek-2011", "change-5", "change-6")
CE6_AGES = ("both", "cui2024", "zhang2024")
DENSITIES = ("lognormal", "poisson")
RECALIBRATIONS = ("curve", "posterior", "change")
DECAY_SYSTEMS = ("rb-sr", "sm-nd", "k-ca", "pb-pb", "pb-pb-inverse")
DECAY_CONSTANTS = ("isoplotr", "villa2015", "nebel2011", "rotenberg2012", "steiger1977")
ISOPLOTR = (*DECAY_SYSTEMS, "u-pb", "mean")
SAMPLE_LAYOUTS = ("farside", "astromat", "earthchem")
SCATTERS = ("initial", "slope")
LEVELS = ("1s", "2s", "1s%", "2s%")
OFFSETS = ("mission", "apollo-mean")
ALPHAS = ("basaltic-melt", "free", "between")
RECIPES = ("ce5", "ce6")
LAYERS = (
    "TiO2", "FeO", "Al2O3", "MgO", "CaO", "SiO2", "novelty", "albedo_1064", "wac_r643",
    "wac_green_mix", "wac_blue_mix", "wac_TiO2", "mare_fraction", "height_km", "slope_deg",
    "roughness_km", "lp2_FeO", "lp2_TiO2", "lp2_Th", "lp2_K", "fast_neutrons", "thermal_neutrons",
)  # fmt: skip
VIEWS = ("pair", "near", "far", "poles", "global")
WIDTHS = ("single", "double")


def listed(names: Iterable[str], last: str = "or") -> str:
    """Return names as a sentence lists them.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b or c'
    """
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end


def among(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a completer for a list of names."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return complete


def places(incomplete: str) -> list[str]:
    """Complete the names of landings, then those of features, large before small."""
    tables = importlib.resources.files("farside") / "datasets" / "tables"
    rows = csv.DictReader((tables / "missions.csv").read_text("utf-8").splitlines())
    landings = [row["mission"] for row in rows if row["mission"].startswith(incomplete)]
    rows = csv.DictReader((tables / "features.csv").read_text("utf-8").splitlines())
    found = [row for row in rows if row["name"].startswith(incomplete)]
    found.sort(key=lambda row: -float(row["diameter_km"] or 0))
    return [*landings, *(row["name"] for row in found)]
