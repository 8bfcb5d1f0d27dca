"""Write the crater densities that recalibrate the chronology beside the published ones.

Usage: python scripts/derive_calibration.py --source DIR --ce6 FILE [--out DIR]

DIR holds ``craters/HeadCraters.csv`` (Head et al. 2010, 20 km and more) and
``craters/LROCCraters.csv`` (Povilaitis et al. 2018, 5-20 km, within 60 degrees of the equator).
FILE is the count "CE-6 8-km vicinity.scc" that comes with craterstats 3.6.11 (BSD). Only densities
are written, each with its range of diameters; no list of craters is copied.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from derive_common import Table, csv_text, sidecar_text

from farside.chronology.age import date
from farside.chronology.counts import make_count
from farside.chronology.formats import read_count
from farside.chronology.places import ellipse_ring
from farside.chronology.sphere import Area
from farside.chronology.systems import system
from farside.constants import MEAN_RADIUS
from farside.datasets.layers import STEP_DEG, load_layers
from farside.geography.regions import SPA_INNER, SPA_OUTER, in_spa, is_near_side
from farside.provenance import sha256_file

if TYPE_CHECKING:
    from farside.chronology.counts import Count

TABLES = Path(__file__).resolve().parents[1] / "src" / "farside" / "datasets" / "tables"
HEAD, LROC = "craters/HeadCraters.csv", "craters/LROCCraters.csv"
SYSTEMS = ("neukum2001", "neukum1983")
CE6_LOW = (0.15, 0.2, 0.25, 0.3)
CE6_SMALL = (0.1,)
CE6_TOP = 1.5
SPA_LOW = (20.0, 30.0, 45.0, 64.0, 90.0)
SPA_TOP = 300.0
SPA_ITSELF_KM = 1500.0
CITED = {
    "craterstats": {"citation": "Michael G., craterstats 3.6.11 (BSD), sample counts",
                    "url": "https://github.com/ggmichael/craterstats"},
    "head": {"citation": "Head J.W. et al. (2010) Science 329, 1504-1507",
             "doi": "10.1126/science.1195050"},
    "povilaitis": {"citation": "Povilaitis R.Z. et al. (2018) Planetary and Space Science 162",
                   "doi": "10.1016/j.pss.2017.05.006"},
    "garrick": {"citation": "Garrick-Bethell I. and Zuber M.T. (2009) Icarus 204, 399-408",
                "doi": "10.1016/j.icarus.2009.05.032"},
    "kneissl": {"citation": "Kneissl T. et al. (2016) Icarus 277, 187-195",
                "doi": "10.1016/j.icarus.2016.05.015"},
}  # fmt: skip


def density_rows(
    site: str, outline: str, count: Count, lows: tuple[float, ...], top: float, **how: Any
) -> list[list[str]]:
    """Return a row for each production function and lower limit of the diameters."""
    method, used = how["method"], how["used"]
    options = {"counting": "fraction"} if method == "poisson" and how.get("border") else {}
    rows = []
    for name in SYSTEMS:
        for low in lows:
            age = date(count, system(name), (low, top), method=method, **options)
            n1 = age.craters / age.exposure_km2
            rows.append([
                site, outline, "fraction" if options else method, name, f"{low:g}", f"{top:g}",
                f"{age.craters:.4g}", f"{age.area_km2:.7g}", f"{age.exposure_km2:.7g}",
                f"{n1:.5g}", f"{age.craters**-0.5:.4g}", str(used),
            ])  # fmt: skip
    return rows


def spa_count(source: Path, ellipse: Any) -> Count:
    """Return the craters on the South Pole-Aitken basin, within an ellipse."""
    craters = pd.read_csv(source / HEAD)
    craters = craters[craters["Diam_km"] < SPA_ITSELF_KM]
    area = Area((ellipse_ring(ellipse),))
    inside = craters[area.contains(craters["Lon"].to_numpy(), craters["Lat"].to_numpy())]
    return make_count(
        inside["Diam_km"].to_numpy(),
        name="South Pole-Aitken",
        area=area,
        lon=inside["Lon"].to_numpy(),
        lat=inside["Lat"].to_numpy(),
    )


def calibration(source: Path, ce6: Path) -> Table:
    """Return the densities of the Chang'e-6 mare and of the South Pole-Aitken basin."""
    count = read_count(ce6)
    site, outline = "Chang'e-6 basalt", "8 km across, about the landing site"
    how = {"method": "poisson", "border": True}
    rows = density_rows(site, outline, count, CE6_SMALL, CE6_TOP, used=False, **how)
    rows += density_rows(site, outline, count, CE6_LOW, CE6_TOP, used=True, **how)
    for outline, ellipse in (("outer ellipse", SPA_OUTER), ("inner ellipse", SPA_INNER)):
        count = spa_count(source, ellipse)
        for method, used in (("poisson", False), ("non-sparse", True)):
            how = {"method": method, "used": used}
            rows += density_rows("South Pole-Aitken", outline, count, SPA_LOW, SPA_TOP, **how)
    return Table(
        "chronology_calibration",
        "Crater densities of the far-side calibration sites",
        "Density of craters >= 1 km by range of diameter, production function and method.",
        {"site": ("text", "name"), "outline": ("text", "counting area"),
         "method": ("text", ("poisson; fraction: a crater on the border counts by its share; "
                             "non-sparse: ground erased by larger craters taken off")),
         "production": ("text", "production function that carries the density to 1 km"),
         "low_km": ("km", "smallest diameter"), "high_km": ("km", "largest"),
         "craters": ("1", "in the range"), "area_km2": ("km2", "counting area"),
         "exposure_km2": ("km2", "area times the share of the range in N(1)"),
         "n1": ("per km2", "craters / exposure"),
         "counting_1s": ("1", "one sigma of ln n1 by counting: 1 / sqrt(craters)"),
         "used": ("flag", "whether the row enters the density of the site")},
        rows,
        [CITED["craterstats"], CITED["head"], CITED["garrick"], CITED["kneissl"]],
        [("Chang'e-6: craters below 0.15 km are not used: their density falls short of the "
          "production function, as on ground where small craters are lost."),
         ("South Pole-Aitken: the basin's own outline in the catalogue is left out; plain "
          "densities stand for comparison, those corrected for erased ground are used.")],
        [HEAD],
    )  # fmt: skip


def hemispheres(source: Path) -> Table:
    """Return numbers of craters by side and ground."""
    layers = load_layers()
    lat, lon = np.meshgrid(layers["lat"].to_numpy(), layers["lon"].to_numpy(), indexing="ij")
    mare = layers["mare_fraction"].to_numpy() >= 0.5
    ground = np.where(mare, "mare", np.where(in_spa(lat, lon), "South Pole-Aitken", "highland"))
    side = np.where(is_near_side(lon), "near", "far")
    pixel = np.radians(STEP_DEG) ** 2 * np.cos(np.radians(lat)) * (MEAN_RADIUS.value / 1e3) ** 2
    head = pd.read_csv(source / HEAD)
    lroc = pd.read_csv(source / LROC)
    sets = [
        ("head2010", head["Lon"], head["Lat"], head["Diam_km"], 70.0, [(20, 64), (64, 300)]),
        ("povilaitis2018", lroc["Long"], lroc["Lat"], lroc["Diameter (km)"], 60.0,
         [(5, 10), (10, 20)]),
    ]  # fmt: skip
    rows = []
    for name, x, y, d, limit, ranges in sets:
        row = np.clip(((90.0 - y) / STEP_DEG).astype(int), 0, lat.shape[0] - 1)
        column = (((x + 180.0) % 360.0) / STEP_DEG).astype(int) % lat.shape[1]
        inside = np.abs(y) < limit
        for low, high in ranges:
            chosen = inside & (d >= low) & (d < high)
            for s in ("near", "far"):
                for g in ("mare", "highland", "South Pole-Aitken"):
                    where = (side == s) & (ground == g)
                    area = float((pixel * (where & (np.abs(lat) < limit))).sum())
                    n = int(where[row[chosen], column[chosen]].sum())
                    rows.append([name, s, g, f"{low:g}", f"{high:g}", f"{area:.6g}", str(n)])
    return Table(
        "chronology_hemispheres",
        "Craters by side of the Moon and ground",
        "Numbers of catalogued craters by side, ground and diameter, with the area searched.",
        {"catalogue": ("text", "key in references.csv"), "side": ("text", "near or far"),
         "ground": ("text", ("mare: half or more of the half-degree pixel is mapped as mare; South "
                             "Pole-Aitken: the outer ellipse, no mare; highland: all else")),
         "low_km": ("km", "smallest diameter"), "high_km": ("km", "largest"),
         "area_km2": ("km2", "searched"), "craters": ("count", "with their centre there")},
        rows,
        [CITED["head"], CITED["povilaitis"], CITED["garrick"]],
        [("Latitudes within 70 degrees (head2010), where mare is mapped, and 60 degrees "
          "(povilaitis2018), where craters are.")],
        [HEAD, LROC],
    )  # fmt: skip


def main() -> None:
    """Write the tables with their sidecars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True, help="folder of the catalogues")
    parser.add_argument("--ce6", type=Path, required=True, help="count of the Chang'e-6 mare")
    parser.add_argument("--out", type=Path, default=TABLES, help="folder to write to")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    tables = calibration(given.source, given.ce6), hemispheres(given.source)
    for table in tables:
        text = csv_text(table)
        about = json.loads(sidecar_text(table, text, given.source))
        about["derived_by"] = "scripts/derive_calibration.py"
        if table.name == "chronology_calibration":
            about["originals_sha256"][given.ce6.name] = sha256_file(given.ce6)
        (given.out / f"{table.name}.csv").write_text(text, encoding="ascii")
        (given.out / f"{table.name}.json").write_text(json.dumps(about, indent=1) + "\n", "ascii")
        print(f"{table.name}: {len(table.rows)} rows")


if __name__ == "__main__":
    main()
