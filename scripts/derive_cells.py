"""The table of Lunar Prospector cells with colour and height; used by derive_tables.py."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from derive_common import Table, paragraphs

from farside.constants import OXIDES
from farside.geography.cells import BOUNDS, cell_area

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# columns of the original, as its label lists them
FIRST_ABUNDANCE = 7
PUBLISHED = ("MgO", "Al2O3", "SiO2", "CaO", "TiO2", "FeO", "K", "Th", "U")
TRACES = ("K", "Th", "U")
FIRST_COVARIANCE = 16

FLOOR_TIO2 = 1.0217009
COLOUR_LIMIT_DEG = 70.0
LEAST_VALID = 0.5

# own column: layer of the grid, unit, decimals, description
LAYERS = {
    "albedo_1064": ("lola_like_albedo", "1", 5, "albedo at 1064 nm, on the scale of LOLA"),
    "wac_r643": ("wac_r643", "1", 6, "reflectance at 643 nm from the WAC colour product"),
    "wac_green_mix": ("wac_g_mix", "1", 6, "WAC colour, green channel: mix of 566 and 415 nm"),
    "wac_blue_mix": ("wac_b_mix", "1", 6, "WAC colour, blue channel: mix of 566 and 415 nm"),
    "wac_TiO2": ("wac_tio2_wt", "wt%", 4, "TiO2 from WAC, floor pixels at the floor; see notes"),
    "mare_fraction": ("mare_fraction", "1", 4, "share of the area mapped as mare"),
    "height_km": ("lola_height_km", "km", 3, "height above the sphere of 1737.4 km"),
}  # fmt: skip


def published(text: str, shift: int = 0) -> str:
    """Return a printed figure times a power of ten, with its digits as they are."""
    value = Decimal(text).scaleb(shift)
    if value == 0:
        return "0"
    plain = format(value, "f")
    return plain if len(plain) <= 10 else f"{value:E}".replace("E-", "e-").replace("E+", "e")


def covariance_index() -> dict[tuple[str, str], int]:
    """Return the column of the original for each pair of the upper triangle."""
    index, column = {}, FIRST_COVARIANCE
    for i, first in enumerate(PUBLISHED):
        for second in PUBLISHED[i:]:
            index[first, second] = index[second, first] = column
            column += 1
    return index


def overlap(low: float, high: float, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the length that each interval between ascending edges shares with low..high."""
    shared = np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1])
    return np.asarray(np.clip(shared, 0, None), dtype=np.float64)


class Grid:
    """The half-degree grid, south first, with means over cells weighted by shared area."""

    def __init__(self, path: Path) -> None:
        layers = np.load(path)
        order = np.argsort(layers["lat"])
        self.lat_edges = np.linspace(-90, 90, len(order) + 1)
        self.lon_edges = np.linspace(-180, 180, layers["lon"].size + 1)
        centres = (self.lat_edges[1:] + self.lat_edges[:-1]) / 2
        if not np.allclose(layers["lat"][order], centres):
            message = f"{path}: rows are not the expected half-degree latitudes"
            raise ValueError(message)
        self.layers = {
            own: layers[name][order].astype(np.float64) for own, (name, *_) in LAYERS.items()
        }
        tio2 = self.layers["wac_TiO2"]
        at_floor = np.where(tio2 <= FLOOR_TIO2 + 1e-4, 1.0, 0.0)
        self.layers["wac_TiO2_floor_fraction"] = np.where(np.isnan(tio2), np.nan, at_floor)

    def weights(self, bounds: tuple[float, float, float, float]) -> NDArray[np.float64]:
        """Return the area, on the unit sphere, that each pixel shares with a cell."""
        south, north, west, east = bounds
        edges = np.sin(np.radians(self.lat_edges))
        rows = overlap(np.sin(np.radians(south)), np.sin(np.radians(north)), edges)
        return np.outer(rows, np.radians(overlap(west, east, self.lon_edges)))

    def means(self, bounds: tuple[float, float, float, float]) -> dict[str, float]:
        """Return the mean of each layer; NaN where less than half of the area has a value."""
        weights = self.weights(bounds)
        rows, columns = weights.any(axis=1), weights.any(axis=0)
        share = weights[np.ix_(rows, columns)]
        found = {}
        for name, layer in self.layers.items():
            values = layer[np.ix_(rows, columns)]
            valid = np.where(np.isnan(values), 0.0, share)
            enough = valid.sum() >= LEAST_VALID * share.sum()
            total = float((valid * np.nan_to_num(values)).sum() / valid.sum()) if enough else np.nan
            found[name] = total
        return found


def cell_columns() -> dict[str, tuple[str, str]]:
    """Return the columns of the table with unit and description."""
    columns = {
        "cell": ("index", "index of the cell in the original"),
        "lat_min": ("deg", "southern bound"),
        "lat_max": ("deg", "northern bound"),
        "lon_min": ("deg", "western bound, east positive"),
        "lon_max": ("deg", "eastern bound, east positive"),
        "lat": ("deg", "latitude of the centre; the pole for the polar caps"),
        "lon": ("deg", "longitude of the centre; 0 for the polar caps"),
        "area_km2": ("km2", "area from the bounds, on the sphere of mean radius"),
        "censored": ("text", "quantities clamped to zero in the original, separated by ;"),
        "colour_filled": ("flag", "part of the cell is beyond 70 deg, where colour is filled in"),
    }
    for oxide in OXIDES:
        columns[oxide] = ("wt%", f"{oxide}; 0 with the name in censored = clamped, not measured 0")
    for trace in TRACES:
        columns[trace] = ("ppm", f"{trace}; 0 with the name in censored = clamped")
        columns[f"{trace}_1s"] = ("ppm", f"one standard deviation of {trace}")
    for i, first in enumerate(OXIDES):
        for second in OXIDES[i:]:
            columns[f"cov_{first}_{second}"] = ("wt%^2", f"error covariance, {first} and {second}")
    for name, (_, unit, _, about) in LAYERS.items():
        columns[name] = (unit, f"{about}; area-weighted mean over the cell")
        if name == "wac_TiO2":
            columns["wac_TiO2_floor_fraction"] = (
                "1",
                "share of the area where WAC TiO2 is at its floor of 1.0217 wt%, below detection",
            )
    return columns


def composition(fields: list[str], index: dict[tuple[str, str], int]) -> dict[str, str]:
    """Return abundances, their errors and what is censored, from the fields of one row."""
    cell: dict[str, str] = {}
    clamped = []
    for i, name in enumerate(PUBLISHED):
        text = fields[FIRST_ABUNDANCE + i]
        cell[name] = published(text, 0 if name in TRACES else 2)
        if float(text) == 0:
            clamped.append(name)
    cell["censored"] = ";".join(sorted(clamped))
    for name in TRACES:
        cell[f"{name}_1s"] = f"{float(fields[index[name, name]]) ** 0.5:.5g}"
    for i, first in enumerate(OXIDES):
        for second in OXIDES[i:]:
            cell[f"cov_{first}_{second}"] = published(fields[index[first, second]], 4)
    return cell


def cell_row(fields: list[str], index: dict[tuple[str, str], int], grid: Grid) -> dict[str, str]:
    """Return one row of the table, by column."""
    south, north, west, east = (float(text) for text in fields[1:5])
    cap = east - west == 360
    lat = (90.0 if north == 90 else -90.0) if cap else (south + north) / 2
    cell = {"cell": fields[0], "lat": f"{lat:g}", "lon": f"{(west + east) / 2:g}"}
    cell |= dict(zip(BOUNDS, fields[1:5], strict=True))
    cell["area_km2"] = f"{float(cell_area(south, north, west, east)):.6f}"
    cell["colour_filled"] = str(max(abs(south), abs(north)) > COLOUR_LIMIT_DEG)
    cell |= composition(fields, index)
    decimals = {name: places for name, (_, _, places, _) in LAYERS.items()}
    for name, value in grid.means((south, north, west, east)).items():
        places = decimals.get(name, 4)
        cell[name] = "" if np.isnan(value) else f"{value:.{places}f}"
    return cell


def cells_table(originals: Path) -> Table:
    """Return the table of cells."""
    name = "lpgrs/lpgrs_high1_elem_abundance_5deg.tab"
    layers = "global/lunar_global_05deg.npz"
    columns, index, grid = cell_columns(), covariance_index(), Grid(originals / layers)
    lines = (originals / name).read_text(encoding="ascii").splitlines()
    cells = [cell_row(line.split(), index, grid) for line in lines if line.strip()]
    return Table(
        name="cells_5deg",
        title="Lunar Prospector oxides on 5 degree cells, with colour, albedo and height",
        description="1790 cells of about equal area: six oxides with their error covariance, "
        "K, Th and U, and means of global layers over each cell.",
        columns=columns,
        rows=[[cell[column] for column in columns] for cell in cells],
        sources=CELL_SOURCES,
        notes=CELL_NOTES,
        originals=[name, layers],
    )


CELL_SOURCES = [
    {
        "citation": "Prettyman T.H. et al. (2006) Elemental composition of the lunar surface: "
        "Analysis of gamma ray spectroscopy data from Lunar Prospector. Journal of Geophysical "
        "Research 111, E12007; PDS data set LP-L-GRS-5-ELEM-ABUNDANCE-V1.0",
        "doi": "10.1029/2005JE002656",
        "licence": "NASA PDS, public domain",
    },
    {
        "citation": "NASA Scientific Visualization Studio, CGI Moon Kit: LROC WAC colour and LOLA "
        "height",
        "url": "https://svs.gsfc.nasa.gov/4720",
        "licence": "NASA, public domain",
    },
    {
        "citation": "Sato H. et al. (2017) Lunar mare TiO2 abundances estimated from UV/Vis "
        "reflectance. Icarus 296, 216-238",
        "doi": "10.1016/j.icarus.2017.06.013",
    },
]

CELL_NOTES = paragraphs("""
A zero is a non-negativity clamp of the unmixing: the abundance is censored at zero, neither
measured nor missing. The value is stored as 0 and the quantity named in censored: TiO2 in 80
cells, K in 6, U in 2.

U was tied to 0.27 x Th in the unmixing: it is no measurement of its own.

Median one-sigma in wt%: Al2O3 2.3, SiO2 2.0, MgO 1.5, CaO 1.4, FeO 0.4, TiO2 0.2. The errors of
the oxides are correlated: use the covariance. Terms that are 0 are 0 in the original.

The sum of the six oxides runs from 89 to 107 wt%, within its errors.

Bounds are printed to 0.1 degrees; areas follow from them and run from 0.85 to 1.08 of their
mean. Eight cells straddle 90 E and eight 90 W; the two polar caps are among both.

The footprint of the spectrometer at 100 km is about as wide as a cell: neighbours share signal.

Means of layers weight each half-degree pixel by the area it shares with the cell, over the
pixels that have a value, and are empty where these cover less than half of the cell. Mare
fraction and WAC TiO2 have no values beyond 70 degrees.

WAC colour is a display product made linear, on its own photometric scale (highlands near 0.04),
good to a few percent, and filled in beyond 70 degrees; colour_filled marks cells that reach
there.

WAC TiO2 has a floor of 1.0217 wt%, which means below detection: pixels at the floor enter the
mean with it, which makes the mean an upper limit, and wac_TiO2_floor_fraction tells how much of
the cell is so.

The copies at hand do not say which mare boundaries and which LOLA albedo went into the grid;
WAC TiO2 is taken to be the map of Sato et al. (2017).
""")
