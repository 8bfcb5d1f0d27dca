"""Tables of the far side and of spectra from orbit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farside.constants import OXIDES
from farside.report._kit import NONE, Cell, Table, chemistry, heads, number, pair
from farside.report._style import pretty
from farside.report._tables import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    Record = Mapping[str, Any]


def transfer_table(near_far: Record) -> Table:
    """Return near-side models on the far side, by region and oxide."""
    transfers = near_far["transfers"]
    scores = [{(s["region"], s["oxide"]): s for s in t["scores"]} for t in transfers]
    regions = list(dict.fromkeys(key[0] for by in scores for key in by))
    columns = 4 + 4 * len(transfers)
    rows: list[list[Cell]] = []
    for region in regions:
        rows.append([Cell(region, "group", columns, head=True)])
        for oxide in OXIDES:
            found = [by.get((region, oxide), {}) for by in scores]
            any_: Record = next((s for s in found if s), {})
            line = [
                Cell(pretty(oxide), head=True),
                Cell(str(any_.get("n", NONE))),
                Cell(str(any_.get("clamped", NONE))),
                Cell(number(any_.get("sigma"))),
            ]
            for s in found:
                line.append(Cell(pair(s.get("bias"), s.get("bias_1s")), "edge"))
                line += [Cell(number(s.get(k))) for k in ("rmse", "r2", "coverage")]
            rows.append(line)
    top = [Cell("", span=4, head=True)]
    top += [
        Cell(t["method"] + (f" ({t['settings']})" if t["settings"] else ""), "edge", 4, head=True)
        for t in transfers
    ]
    second = heads("oxide", "cells", "clamped", "cells’ own 1σ")
    for _ in transfers:
        second += [Cell("bias ± 1σ", "edge", head=True), *heads("RMSE", "R²", "coverage")]
    return Table(
        head=[top, second],
        rows=rows,
        caption=f"{near_far['n_near']} near-side cells predict {near_far['n_far']} far-side "
        "cells; errors in wt%, predicted less measured, weighted by area.",
        made_by="farside.oxides.nearfar.near_far",
        source="cells_5deg.csv: Lunar Prospector gamma-ray oxides (Prettyman et al. 2006) and "
        "optical layers",
        note="The near side is predicted by blocks, each without itself. A perfect model would "
        "have an RMSE of the cells’ own 1σ. Clamped: TiO₂ at or below 0, in bias and RMSE as a "
        "floor.",
    )


def curve_table(near_far: Record, first: str) -> Table:
    """Return what k far-side cells are worth to our own method."""
    own = [p for p in near_far["curve"]["points"] if (p["method"], p["first"]) == (OWN, first)]
    by = {(int(p["k"]), p["oxide"]): p for p in own}
    counts = sorted({k for k, _ in by})
    rows = []
    for oxide in OXIDES:
        line = [Cell(pretty(oxide), head=True)]
        for k in counts:
            p = by.get((k, oxide), {})
            line += [
                Cell(pair(p.get("bias"), p.get("bias_spread")), "edge"),
                Cell(number(p.get("rmse"))),
                Cell(number(p.get("coverage"))),
            ]
        rows.append(line)
    top = [Cell("cells given", head=True)] + [Cell(str(k), "edge", 3, head=True) for k in counts]
    second = heads("oxide")
    for _ in counts:
        second += [Cell("bias ± spread", "edge", head=True), *heads("RMSE", "coverage")]
    return Table(
        head=[top, second],
        rows=rows,
        caption=f"{OWN} on the far side after cells are given, the first one that of {first}; "
        f"means over {near_far['curve']['repeats']} draws, wt%.",
        made_by="farside.oxides.farcurve.learning_curve",
        source="cells_5deg.csv",
    )


def means_table(contrast: Record) -> Table:
    """Return the mean composition of the regions."""
    rows = [
        [Cell(m["region"], head=True), Cell(str(m["cells"])), Cell(str(m["clamped"]))]
        + [Cell(pair(v, s)) for v, s in zip(m["value"], m["value_1s"], strict=True)]
        for m in contrast["means"]
    ]
    return Table(
        head=[heads("region", "cells", "TiO₂ clamped", *map(pretty, OXIDES))],
        rows=rows,
        caption="Mean composition as measured from orbit, wt% ± 1σ.",
        made_by="farside.oxides.contrast.region_mean",
        source="cells_5deg.csv (Prettyman et al. 2006); boundaries in farside.geography.regions",
        note=chemistry(str(contrast["note"])),
    )


def contrast_table(contrast: Record) -> Table:
    """Return the differences of the basin that the mission's claim is about, with verdicts."""
    claimed = {
        (d["basin"], d["other"], d["oxide"]): d for d in contrast["differences"] if d["verdict"]
    }
    oxides = [o for o in OXIDES if any(o == key[2] for key in claimed)]
    rows = []
    for basin, other in dict.fromkeys(key[:2] for key in claimed):
        line = [Cell(basin, head=True), Cell(other, "text")]
        for d in (claimed[basin, other, oxide] for oxide in oxides):
            line += [Cell(pair(d["value"], d["value_1s"]), "edge"), _verdict(d)]
        rows.append(line)
    top = [Cell("", span=2, head=True)]
    top += [Cell(pretty(oxide), "edge", 2, head=True) for oxide in oxides]
    second = heads("basin by", "compared with", left=("compared with",))
    for _ in oxides:
        second += [Cell("difference", "edge", head=True), *heads("claim", left=("claim",))]
    return Table(
        head=[top, second],
        rows=rows,
        caption="The claim that the basin holds more SiO₂ and less FeO and TiO₂ than the other "
        "region: difference in wt% ± 1σ; a verdict takes two sigma.",
        made_by="farside.oxides.contrast.spa_contrast",
        source="cells_5deg.csv (Prettyman et al. 2006)",
    )


def _verdict(record: Record) -> Cell:
    verdict = str(record["verdict"])
    return Cell(verdict, f"text {verdict.replace(' ', '-')}")


def footprint_table(footprint: Record) -> Table:
    """Return the cell of the Chang'e-6 site, unmixed."""
    rows = [
        [
            Cell(pretty(u["oxide"]), head=True),
            Cell(pair(v, s)),
            Cell(pair(u["highlands"], u["highlands_1s"])),
            Cell(pair(u["mare"], u["mare_1s"])),
            Cell(number(u["soil"])),
            _verdict(u),
        ]
        for u, v, s in zip(
            footprint["unmixed"], footprint["value"], footprint["value_1s"], strict=True
        )
    ]
    return Table(
        head=[
            heads(
                *("oxide", "cell", "highlands around", "mare, unmixed", "soil", "verdict"),
                left=("verdict",),
            )
        ],
        rows=rows,
        caption=f"Cell {footprint['cell']}, which holds the Chang’e-6 site: wt% ± 1σ. Mare covers "
        f"{number(100 * footprint['mare_fraction'], 0)} % of it; highlands are the mean of "
        f"{footprint['highland_cells']} cells around.",
        made_by="farside.oxides.contrast.change6_footprint",
        source="cells_5deg.csv, reference_soils.csv (Li et al. 2024)",
    )


def orbit_table(comparison: pd.DataFrame) -> Table:
    """Return predictions of each scene against the gamma-ray cells."""
    rows: list[list[Cell]] = []
    for scene, part in comparison.groupby("group", sort=False):
        points = int(part["points"].iloc[0])
        rows.append([Cell(f"{scene} ({points} spectra)", "group", 6, head=True)])
        rows += [
            [
                Cell(pretty(str(r["oxide"])), head=True),
                Cell(number(r["value"])),
                Cell(f"{number(r['lower'])} to {number(r['upper'])}"),
                Cell(pair(r["cell"], r["cell_1s"])),
                Cell(number(r["difference"])),
                Cell("yes" if r["agrees"] else "no", "text" if r["agrees"] else "text missed"),
            ]
            for r in part.to_dict(orient="records")
        ]
    return Table(
        head=[
            heads(
                *("oxide", "predicted", "interval", "cell ± 1σ", "difference", "agrees"),
                left=("agrees",),
            )
        ],
        rows=rows,
        caption="Mean prediction of each scene against the Lunar Prospector cells it lies in, wt%.",
        made_by="farside.oxides.compare.against_cells",
        source="sp_spectra.csv (Kaguya SP Level 2C), cells_5deg.csv (Prettyman et al. 2006)",
    )
