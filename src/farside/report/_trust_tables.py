"""Tables of what the estimator looks at, and of where it errs in one direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farside.constants import OXIDES
from farside.report._kit import Cell, Table, chemistry, heads, number, pair
from farside.report._style import pretty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Record = Mapping[str, Any]


def checks_table(checks: Sequence[Record]) -> Table:
    """Return what physics expects of the bands, and whether the estimator does it."""
    rows = []
    for c in checks:
        share = c["unit"] == "1"
        scale = 100.0 if share else 1.0
        value, error, expected = (
            None if c[k] is None else scale * c[k] for k in ("value", "error", "expected")
        )
        verdict = "not possible" if c["passed"] is None else "passed" if c["passed"] else "failed"
        kind = "text " + {"passed": "holds", "failed": "reverses"}.get(verdict, "")
        if c["passed"] is not None and not c["clear"]:
            verdict += ", not clearly"
            kind += " unclear" if c["passed"] else ""
        rows.append(
            [
                Cell(chemistry(str(c["name"])), head=True),
                Cell(pair(value, error, digits=1 if share else 3)),
                Cell(number(expected, 1 if share else 3)),
                Cell("%" if share else chemistry(str(c["unit"])), "text"),
                Cell(number(c["chance"])),
                Cell(verdict, kind.strip()),
                Cell(str(c["source"]), "text"),
            ]
        )
    return Table(
        head=[
            heads(
                *("expected", "found ± 1σ", "at least", "unit", "by chance", "verdict", "source"),
                left=("unit", "verdict", "source"),
            )
        ],
        rows=rows,
        caption="Physical checks: does the estimator read an oxide from the bands that physics "
        "names? By chance: share of all sets of as many bands that do as well. Not clearly: "
        "within two errors of what is expected.",
        made_by="farside.oxides.explain.physical_check",
        source="attributions of the training spectra; error by jackknife over the missions",
    )


def groups_table(audit: Record) -> Table:
    """Return the mean error of each mission, terrain and maturity."""
    by = {(g["kind"], g["group"], g["oxide"]): g for g in audit["groups"]}
    rows: list[list[Cell]] = []
    last = ""
    for kind, group in dict.fromkeys((kind, group) for kind, group, _ in by):
        if kind != last:
            rows.append([Cell(f"by {kind}", "group", 3 + len(OXIDES), head=True)])
            last = kind
        found = [by.get((kind, group, oxide), {}) for oxide in OXIDES]
        line = [Cell(group, head=True)]
        line += [Cell(str(max((g.get(k) or 0 for g in found), default=0))) for k in _COUNTS]
        line += [
            Cell(pair(g.get("mean"), g.get("error")), _BIASED.get(g.get("biased"), ""))
            for g in found
        ]
        rows.append(line)
    return Table(
        head=[heads("group", *_COUNTS, *map(pretty, OXIDES))],
        rows=rows,
        caption=f"Mean error ± its standard error in wt% under {audit['protocol']}, predicted "
        f"less measured. ● bias beyond chance at {number(100 * audit['level'], 0)} %; grey: too "
        "few witnesses to tell, which is not the same as unbiased.",
        made_by="farside.oxides.audit.bias_audit",
        source=f"held-out rows of {audit['estimator']} by {audit['protocol']} on sites.csv",
        note="Witnesses of a mission are its sites, of a terrain or maturity the missions. "
        "Maturity in thirds of OMAT, parted at "
        f"{' and '.join(number(v, 3) for v in audit['omat_limits'])}.",
    )


_COUNTS = ("n", "witnesses")
_BIASED = {True: "best missed", None: "cannot-tell"}


def slopes_table(audit: Record) -> Table:
    """Return the slopes of errors against maturity, measured and predicted values."""
    by = {(s["against"], s["oxide"]): s for s in audit["slopes"]}
    units = {"omat": "OMAT (wt% per 0.01)"}
    rows = []
    for against in dict.fromkeys(name for name, _ in by):
        found = [by.get((against, oxide), {}) for oxide in OXIDES]
        rows.append(
            [Cell(units.get(against, f"{against} (wt% per wt%)"), head=True)]
            + [
                Cell(pair(s.get("slope"), s.get("error")), "best" if s.get("clear") else "")
                for s in found
            ]
        )
    return Table(
        head=[heads("error against", *map(pretty, OXIDES))],
        rows=rows,
        caption="Slope of the error, with its jackknife error over the missions. ● more than two "
        "errors from 0.",
        made_by="farside.oxides.audit.bias_audit",
        source=f"held-out rows of {audit['estimator']} by {audit['protocol']} on sites.csv",
        note="Against what was measured the best of predictors has a slope below 0 too; against "
        "what was predicted it is 0 when no rescaling would improve the predictions.",
    )


def without_table(audit: Record) -> Table | None:
    """Return the scores without the site whose place is in doubt; None where there is none."""
    if not audit["without"]:
        return None
    rows = [
        [
            Cell(pretty(s["oxide"]), head=True),
            *(Cell(number(s[k])) for k in ("r2", "r2_without", "rmse", "rmse_without")),
        ]
        for s in audit["without"]
    ]
    site = audit["without"][0]["site"]
    return Table(
        head=[heads("oxide", "R²", f"R² without {site}", "RMSE", f"RMSE without {site}")],
        rows=rows,
        caption=f"Scores with and without {site}; the other predictions stay as they are, wt%.",
        made_by="farside.oxides.audit.bias_audit",
        source="sites.csv",
        note=chemistry(str(audit["note"])),
    )
