"""The tables of the sharp map in the report: rivals, regions, soils and their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.maps.soil_interval import FAR_SIDE
from farside.report._kit import NONE, Cell, Table, heads, number, pair
from farside.report._style import pretty

if TYPE_CHECKING:
    from collections.abc import Mapping

    Record = Mapping[str, Any]

PROTOCOLS = {
    "blocks": "squares of 30° left out",
    "near-far": "near side predicts far side",
    "cell": "one cell left out (optimistic: its neighbours stay in)",
}
RIVALS = {"regression": "linear regression", "interpolation": "cubic interpolation"}


def by_method(content: Record, protocol: str, method: str) -> dict[str, Record]:
    """Return the scores of a method by oxide, empty where it has none."""
    for v in content["validation"]:
        if (v["protocol"], v["method"]) == (protocol, method):
            return {s["oxide"]: s for s in v["scores"]}
    return {}


def validation_table(content: Record) -> Table:
    """Return the sharp map against its rivals on cells left out."""
    change = {(c["protocol"], c["other"], c["oxide"]): c for c in content["comparisons"]}
    rows: list[list[Cell]] = []
    for protocol, words in PROTOCOLS.items():
        rows.append([Cell(f"{protocol}: {words}", "group", 10, head=True)])
        own = by_method(content, protocol, "sharp")
        for oxide in OXIDES:
            s = own[oxide]
            line = [
                Cell(pretty(oxide), head=True),
                Cell(number(s["noise"])),
                Cell(number(s["rmse"]), "strong"),
            ]
            rivals = (by_method(content, protocol, name)[oxide] for name in (*RIVALS, "constant"))
            line += [Cell(number(rival["rmse"])) for rival in rivals]
            c = change[protocol, "regression", oxide]
            verdict = "holds" if c["better"] else "missed" if c["worse"] else ""
            span = f"{number(c['lower'])} to {number(c['upper'])}"
            line.append(Cell(f"{number(c['difference'])} ({span})", f"edge {verdict}".strip()))
            line += [Cell(number(s[k])) for k in ("r2", "bias", "coverage")]
            rows.append(line)
    return Table(
        head=[
            heads(
                "oxide",
                "cells’ own 1σ",
                "RMSE, sharp map",
                *RIVALS.values(),
                "mean of cells",
                "change from regression (90 %)",
                "R²",
                "bias",
                "coverage",
            )
        ],
        rows=rows,
        caption="Cells left out, predicted by the sharp map and by rivals: RMSE in wt%, weighted "
        "by area.",
        made_by="farside.maps.sharpen_validation",
        source="cells_5deg.csv (Prettyman et al. 2006), layers_05deg.npz",
        note="A perfect map would have an RMSE of the cells’ own 1σ. The change from regression, "
        "green where the map is better and red where it is worse, has its interval from whole "
        "squares drawn anew. Coverage counts measured cells in the interval widened by their "
        f"error; {number(100 * content['coverage'], 0)} % are meant to be inside. Cubic "
        "interpolation runs away where it extrapolates to the far side; the mean of the near-side "
        "cells is the fairer simple rival there",
    )


def _thrice(line: Record, k: int) -> str:
    """Return a value with its statistical and its shared sigma."""
    return f"{pair(line['value'][k], line['value_1s'][k])} ± {number(line['shared_1s'][k])}"


def regions_table(content: Record) -> Table:
    """Return the basin beside the far-side highlands and maria, from the sharp map."""
    rows = [
        [Cell(m["region"], head=True), Cell(number(100 * m["area"], 1))]
        + [Cell(_thrice(m, k)) for k in range(len(OXIDES))]
        for m in content["regions"]["means"]
    ]
    width = 2 + len(OXIDES)
    rows.append([Cell("difference, first less second", "group", width, head=True)])
    rows += [
        [Cell(f"SPA − {d['other']}", head=True), Cell(NONE)]
        + [Cell(_thrice(d, k)) for k in range(len(OXIDES))]
        for d in content["regions"]["differences"]
        if d["other"].startswith("far-side")
    ]
    return Table(
        head=[heads("region", "% of the Moon", *map(pretty, OXIDES))],
        rows=rows,
        caption="Mean composition of regions from the sharp map, wt% ± 1σ of the statistics ± 1σ "
        "of what all cells share.",
        made_by="farside.maps._sharp_checks.regions",
        source="farside_map.npz; boundaries in farside.geography.regions",
        note="The first sigma is statistical: it follows from the covariance of the whole map, as "
        "errors of neighbours go together. The second is what soils of landing sites tell of the "
        "scale of the map: a line through soil less map against the map, its height at a mean, its "
        "slope times a difference, with their errors. It rests on ten or eleven places, mostly "
        "maria of the near side. Maria are pixels that mare covers by half or more",
    )


def soils_table(content: Record) -> Table:
    """Return soils of landing sites against the half-degree pixel, the cell and bicubic."""
    rows = []
    for oxide in OXIDES:
        part = [s for s in content["soils"] if s["oxide"] == oxide]
        off = {
            key: np.array([s[key] - s["soil"] for s in part])
            for key in ("value", "cell", "bicubic")
        }
        six = next((s for s in part if s["mission"] == "Chang'e-6"), None)
        line = [Cell(pretty(oxide), head=True)]
        line += [Cell(number(float(np.sqrt((e**2).mean())))) for e in off.values()]
        inside = [
            sum(s[low] <= s["soil"] <= s[high] for s in part)
            for low, high in (("lower", "upper"), ("soil_lower", "soil_upper"))
        ]
        line += [Cell(f"{count} of {len(part)}") for count in inside]
        if six is None:
            line += [Cell(NONE, "edge"), *[Cell(NONE)] * 4]
        else:
            line += [
                Cell(number(six["soil"], 0), "edge"),
                Cell(number(six["value"], 1)),
                Cell(_span(six, "soil_")),
                Cell(_span(six, "")),
                Cell(pair(six["cell"], six["cell_1s"], digits=1)),
            ]
        rows.append(line)
    return Table(
        head=[
            [
                Cell("", head=True),
                Cell("all landing sites", "", 5, head=True),
                Cell("Chang’e-6", "edge", 5, head=True),
            ],
            heads(
                "oxide",
                "RMS, sharp map",
                "RMS, cell",
                "RMS, bicubic",
                "in pixel’s interval",
                "in soil’s interval",
                "soil",
                "sharp map",
                "interval of the soil",
                "interval of the pixel",
                "cell ± 1σ",
            ),
        ],
        rows=rows,
        caption="Soils of landing sites, which took no part in the map, against the half degree "
        "they lie in, wt%.",
        made_by="farside.maps._sharp_checks.soils",
        source="reference_soils.csv, missions.csv, farside_map.npz",
        note="One soil per landing, the mean of those returned. The pixel’s interval is for its "
        "mean over 15 km on the scale of Lunar Prospector; a soil is a point on the scale of "
        "laboratories. The soil’s interval was learnt from these very soils: that all are inside "
        "is no test, see the next table",
    )


def _span(record: Record, kind: str) -> str:
    return f"{number(record[f'{kind}lower'], 1)} to {number(record[f'{kind}upper'], 1)}"


def soil_intervals_table(content: Record) -> Table:
    """Return the bias of the map against soils and the interval for a soil, per oxide."""
    rows = []
    for s in content["soil_intervals"]:
        far = s["far_inside"]
        verdict = NONE if far is None else "inside" if far else "outside"
        rows.append(
            [
                Cell(pretty(s["oxide"]), head=True),
                Cell(f"{s['missions']} ({s['soils']})"),
                Cell(pair(s["bias"], s["bias_1s"])),
                Cell(number(s["rmse"])),
                Cell(f"{number(100 * s['pixel_inside'], 0)} %"),
                Cell(f"± {number(s['median'], 1)}", "edge"),
                Cell(f"{number(100 * s['left_out'], 0)} %", "strong"),
                Cell(", ".join(s["outside"]).replace("'", "’") or NONE),
                Cell(verdict),
            ]
        )
    return Table(
        head=[
            heads(
                "oxide",
                "landings (soils)",
                "bias, soil less map",
                "RMS",
                "in pixel’s interval",
                "soil’s interval, median",
                "left out: inside",
                "then outside",
                f"{FAR_SIDE} from near side".replace("'", "’"),
            )
        ],
        rows=rows,
        caption="The bias of the map against soils of landing sites, and the interval for the soil "
        "at a point, wt%.",
        made_by="farside.maps.soil_interval",
        source="reference_soils.csv, missions.csv, farside_map.npz",
        note="Each landing counts once. The bias is for the most part that of the cells and is not "
        f"corrected. The interval of {number(100 * content['coverage'], 0)} % is conformal: with "
        "ten or eleven landings it reaches to their largest residual or the next, in units of the "
        "map’s sigma, its unevenness within 5° and the bias. Leaving landings out puts the one "
        "with the largest residual outside by construction, so that this share is arithmetic more "
        "than evidence; and no soil of the far side’s highlands was ever returned",
    )
