"""The tables of the report: results as stored, turned into cells of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farside.constants import OXIDES
from farside.report._kit import NONE, Cell, Table, heads, number
from farside.report._style import pretty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    Record = Mapping[str, Any]

OWN = "farside"
HONEST = ("loo", "lomo", "terrain")
OPTIMISTIC = "OPTIMISTIC"
PROTOCOL_WORDS = {
    "loo": "each site left out once",
    "lomo": "each mission left out once",
    "terrain": "mare predicts highland and highland predicts mare",
}


def find(validation: Sequence[Record], estimator: str, protocol: str) -> Record | None:
    """Return the validation of an estimator by a protocol, or None."""
    own = (v for v in validation if (v["estimator"], v["protocol"]) == (estimator, protocol))
    return next(own, None)


def score(validation: Record | None, oxide: str) -> Record:
    """Return the score of an oxide; empty where there is none."""
    scores = validation["scores"] if validation else ()
    return next((s for s in scores if s["oxide"] == oxide), {})


def baselines(validation: Sequence[Record]) -> list[str]:
    """Return the estimators beside our own, in the order of the results."""
    names = (str(v["estimator"]) for v in validation if not v["optimistic"])
    return [n for n in dict.fromkeys(names) if n != OWN]


def best(validation: Sequence[Record], protocol: str, oxide: str) -> str:
    """Return the estimator with the highest R2, or no name."""
    found = {
        str(v["estimator"]): score(v, oxide).get("r2")
        for v in validation
        if v["protocol"] == protocol and not v["optimistic"]
    }
    known = {name: r2 for name, r2 in found.items() if r2 is not None}
    return max(known, key=lambda name: known[name]) if known else ""


def protocol_table(validation: Sequence[Record], protocol: str) -> Table:
    """Return the scores of every estimator by one protocol."""
    others = baselines(validation)
    own = find(validation, OWN, protocol)
    rows = []
    for oxide in OXIDES:
        s, first = score(own, oxide), best(validation, protocol, oxide)
        line = [Cell(pretty(oxide), head=True), Cell(str(s.get("n", NONE)))]
        line.append(Cell(number(s.get("r2")), "own best" if first == OWN else "own"))
        line += [
            Cell(number(s.get(k)), "own") for k in ("rmse", "bias", "skill", "coverage", "width")
        ]
        for name in others:
            t = score(find(validation, name, protocol), oxide)
            line += [
                Cell(number(t.get("r2")), "edge best" if first == name else "edge"),
                Cell(number(t.get("rmse"))),
            ]
        rows.append(line)
    top = [Cell("", span=2, head=True), Cell(OWN, "own", 6, head=True)]
    top += [Cell(name, "edge", 2, head=True) for name in others]
    second = heads("oxide", "n", "R²", "RMSE", "bias", "skill", "coverage", "width")
    second += [
        Cell(text, kind, head=True) for _ in others for text, kind in (("R²", "edge"), ("RMSE", ""))
    ]
    return Table(
        head=[top, second],
        rows=rows,
        caption=f"Protocol {protocol}: {PROTOCOL_WORDS.get(protocol, protocol)}. "
        "● marks the highest R² of the line.",
        made_by="farside.oxides.validate.validate",
        source="sites.csv: Kaguya MI reflectance and returned soils; RMSE, bias and width in wt%, "
        "bias is predicted less measured",
    )


def leak_table(validation: Sequence[Record]) -> Table | None:
    """Return the published protocol beside the honest ones; None where it was not run."""
    loose = next((v for v in validation if v["optimistic"]), None)
    if loose is None:
        return None
    name = str(loose["estimator"])
    parts: list[tuple[Record | None, str]] = [(loose, "optimistic")]
    parts += [(find(validation, n, p), "") for n in (name, OWN) for p in ("loo", "lomo")]
    rows = []
    for oxide in OXIDES:
        line = [Cell(pretty(oxide), head=True)]
        for v, kind in parts:
            s = score(v, oxide)
            line += [Cell(number(s.get("r2")), f"{kind} edge"), Cell(number(s.get("rmse")), kind)]
        rows.append(line)
    titles = [f"{name} as published, {OPTIMISTIC}"]
    titles += [f"{n} {p}, honest" for n in (name, OWN) for p in ("loo", "lomo")]
    top = [Cell("", head=True)]
    top += [
        Cell(title, f"{kind} edge", 2, head=True)
        for title, (_, kind) in zip(titles, parts, strict=True)
    ]
    second = heads("oxide") + [
        Cell(text, f"{kind} edge" if text == "R²" else kind, head=True)
        for _, kind in parts
        for text in ("R²", "RMSE")
    ]
    return Table(
        head=[top, second],
        rows=rows,
        caption=f"What letting the held-out site choose the epoch is worth ({OPTIMISTIC}) beside "
        "the same network validated honestly.",
        made_by="farside.oxides.validate.validate_published",
        source="sites.csv; RMSE in wt%",
    )


def novelty_table(predictions: pd.DataFrame) -> Table:
    """Return novelty and interval width of each source of spectra."""
    rows = []
    for source, part in predictions.groupby("source", sort=False):
        points = part.drop_duplicates(["group", "name", "lat", "lon"])
        seen = points["novelty"].dropna()
        line = [
            Cell(str(source), head=True),
            Cell(str(len(points))),
            Cell(str(int(points["good"].sum()))),
            Cell(number(seen.median())),
            Cell(number(seen.max())),
            Cell(str(int((seen > 1).sum()))),
        ]
        width = (part["upper"] - part["lower"]).groupby(part["oxide"]).mean()
        line += [Cell(number(width.get(oxide)), "edge") for oxide in OXIDES]
        rows.append(line)
    top = [Cell("", span=6, head=True), Cell("mean width (wt%)", "edge", len(OXIDES), head=True)]
    second = heads("source", "spectra", "good", "median", "largest", "beyond 1")
    second += [Cell(pretty(oxide), "edge", head=True) for oxide in OXIDES]
    return Table(
        head=[top, second],
        rows=rows,
        caption="Novelty and interval width of every prediction. The sites were trained on, so "
        "their novelty is near 0 by construction.",
        made_by="farside.oxides.estimator.OxideEstimator.predict",
        source="sites.csv, clementine_sites.csv, sp_spectra.csv",
    )


def known_table(predictions: pd.DataFrame, source: str) -> Table | None:
    """Return the error of a source whose places were sampled; None where none was."""
    part = predictions[(predictions["source"] == source) & predictions["measured"].notna()]
    error = (part["value"] - part["measured"]).where(part["good"]).dropna()
    if error.empty:
        return None
    rows = []
    for oxide in OXIDES:
        e = error[part.loc[error.index, "oxide"] == oxide]
        if not e.empty:
            own = part.loc[e.index]
            inside = own["measured"].between(own["lower"], own["upper"]).mean()
            rows.append(
                [
                    Cell(pretty(oxide), head=True),
                    Cell(str(len(e))),
                    Cell(number(e.mean())),
                    Cell(number((e**2).mean() ** 0.5)),
                    Cell(number(inside)),
                ]
            )
    return Table(
        head=[heads("oxide", "n", "bias", "RMSE", "coverage")],
        rows=rows,
        caption=f"{source}: spectra of sampled places taken without a transfer, wt%.",
        made_by="farside.report.run.predict_all",
        source="clementine_sites.csv",
    )


def refinement_table(refinement: Record) -> Table:
    """Return errors of the other rows without and with the new ones."""
    rows = [
        [
            Cell(pretty(s["oxide"]), head=True),
            Cell(str(s["n"])),
            Cell(number(s["rmse_without"], 3)),
            Cell(number(s["rmse_with"], 3)),
            Cell(number(s["rmse_with"] - s["rmse_without"], 3)),
            Cell(number(s["r2_without"], 3)),
            Cell(number(s["r2_with"], 3)),
        ]
        for s in refinement["scores"]
    ]
    names = ("oxide", "n", "RMSE without", "RMSE with", "change", "R² without", "R² with")
    return Table(
        head=[heads(*names)],
        rows=rows,
        caption=f"Protocol {refinement['protocol']} of all other sites, without and with "
        f"{', '.join(refinement['rows'])}; RMSE in wt%.",
        made_by="farside.oxides.refine.effect_of",
        source="sites.csv",
    )
