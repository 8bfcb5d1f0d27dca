"""The report as one HTML page that loads nothing: every number in it comes from the context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from farside.constants import OXIDES
from farside.datasets import load_gain_check
from farside.report import _equations as equations
from farside.report import _far_tables as far
from farside.report import _findings as claims
from farside.report import _kit as kit
from farside.report import _map as sharp_map
from farside.report import _map_tables as map_tables
from farside.report import _tables as tables
from farside.report import _trust_tables as trust
from farside.report import figures
from farside.report._links import Links, anchor
from farside.report._style import css_variables, pretty
from farside.study.finding import SURE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import xarray as xr

    from farside.provenance import Reference
    from farside.study.catalogue import Findings

    Record = Mapping[str, Any]

LOO_R2 = dict.fromkeys(OXIDES, 0.90)
LOMO_R2 = dict.fromkeys(OXIDES, 0.80) | {"MgO": 0.40, "SiO2": 0.60}
COVERAGE = dict.fromkeys(OXIDES, 0.85)
TARGETS = (
    ("loo", "r2", "R²", LOO_R2),
    ("lomo", "r2", "R²", LOMO_R2),
    ("loo", "coverage", "coverage", COVERAGE),
    ("lomo", "coverage", "coverage", COVERAGE),
    ("terrain", "coverage", "coverage", COVERAGE),
)
"""Marks: protocol, score, its name, least value per oxide. R2 and the coverage under lomo were set
before the estimator was made; the coverage under loo and terrain is held to the same value."""

FIRST = "Chang'e-6"
ABLATION = "inversion"
"""The estimator without its nets: no rival, but shown beside it."""
SIGMAS = 2.0


@dataclass(frozen=True)
class Context:
    """Everything that the page shows.

    Parameters
    ----------
    sidecar : metadata of the weights, see `farside.oxides.bundle.sidecar`
    results : content of each result by name, see `farside.report.store`
    predictions : one row per spectrum and oxide, see `farside.report.run.long_table`
    comparison : scenes against cells, see `farside.oxides.compare.against_cells`
    references : what the results rest on
    sharp : the sharp map, see `farside.maps.shipped.load_map`
    findings : the claims, see `farside.study.catalogue.findings`
    """

    sidecar: dict[str, Any]
    results: dict[str, Any]
    predictions: pd.DataFrame
    comparison: pd.DataFrame
    references: list[Reference]
    sharp: xr.Dataset
    findings: Findings


@dataclass(frozen=True)
class Mark:
    """A mark and the oxides that reached or missed it, each with its value as text."""

    protocol: str
    what: str
    target: str
    reached: tuple[str, ...]
    missed: tuple[str, ...]


def render(context: Context) -> str:
    """Return the page; the same context gives the same text.

    Parameters
    ----------
    context : everything that is shown
    """
    environment = Environment(
        loader=PackageLoader("farside.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["num"] = kit.number
    environment.filters["chem"] = kit.chemistry
    environment.filters["oxides"] = _listed
    environment.filters["sentence"] = kit.sentence
    links = Links(context.references)
    environment.filters["cite"] = links.cite
    environment.filters["code"] = links.code
    environment.filters["function"] = links.function
    environment.filters["papers"] = links.with_papers
    environment.filters["source"] = links.source
    environment.filters["figures_of"] = claims.figures_of
    environment.filters["symbol"] = equations.inline
    environment.filters["tex"] = equations.display
    environment.filters["anchor"] = anchor
    environment.filters["spelt"] = claims.spelt
    environment.filters["typeset"] = claims.typeset
    light, dark = css_variables()
    view = {
        "c": context,
        "light": Markup(light),  # noqa: S704 - our own colours
        "dark": Markup(dark),  # noqa: S704
        "links": links,
        "tables": _tables(context),
        "figures": _figures(context),
        **_facts(context),
    }
    return environment.get_template("report.html.j2").render(view)


def _listed(oxides: Sequence[str]) -> str:
    """Return oxides as words, 'none' for none."""
    names = [pretty(o) for o in oxides]
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"


# -- tables and figures ------------------------------------------------------------------------


def _tables(context: Context) -> dict[str, Any]:
    r = context.results
    validation, near_far = r["validation"], r["near_far"]
    unsampled = [s for s in context.predictions["source"].unique() if "cross-calibrated" in s]
    return {
        "protocols": [tables.protocol_table(validation, p) for p in tables.HONEST],
        "leak": tables.leak_table(validation),
        "novelty": tables.novelty_table(context.predictions),
        "map": map_tables.validation_table(r["map"]),
        "map_regions": map_tables.regions_table(r["map"]),
        "map_soils": map_tables.soils_table(r["map"]),
        "map_soil_intervals": map_tables.soil_intervals_table(r["map"]),
        "transfer": far.transfer_table(near_far),
        "curve": far.curve_table(near_far, FIRST),
        "means": far.means_table(near_far["contrast"]),
        "contrast": far.contrast_table(near_far["contrast"]),
        "footprint": far.footprint_table(near_far["footprint"]),
        "orbit": far.orbit_table(context.comparison),
        "known": [
            t for s in unsampled if (t := tables.known_table(context.predictions, s)) is not None
        ],
        "refinement": tables.refinement_table(r["refinement"]),
        "checks": trust.checks_table(r["explanation"]["checks"]),
        "groups": trust.groups_table(r["audit"]),
        "slopes": trust.slopes_table(r["audit"]),
        "without": trust.without_table(r["audit"]),
        "hashes": kit.hash_table(context.sidecar["made_by"]),
    }


def _figures(context: Context) -> dict[str, Markup]:
    r = context.results
    own = [
        v for p in tables.HONEST if (v := tables.find(r["validation"], tables.OWN, p)) is not None
    ]
    lomo = tables.find(r["validation"], tables.OWN, "lomo")
    points = r["near_far"]["curve"]["points"]
    bands = r["explanation"]["bands"]
    differences = r["near_far"]["contrast"]["differences"]
    drawn: dict[str, str] = {
        **{f"map_{s}": sharp_map.side_figure(context.sharp, s) for s in sharp_map.SIDES},
        "lomo": figures.predicted_measured(lomo["rows"] if lomo else []),
        "intervals": figures.intervals(own),
        "novelty": figures.novelty(context.predictions),
        "curve_bias": figures.learning_curve(points, "bias", FIRST, "fig-curve-bias"),
        "curve_rmse": figures.learning_curve(points, "rmse", FIRST, "fig-curve-rmse"),
        "contrast": figures.contrast(differences, SIGMAS),
        "orbit": figures.orbit_cells(context.comparison),
        "refinement": figures.refinement(r["refinement"]["scores"]),
        "share": figures.attributions(bands, "share", "fig-share"),
        "gradient": figures.attributions(bands, "mean_gradient", "fig-gradient"),
        **{
            f"finding-{f.name}": claims.figure(f, f"fig-{f.name}")
            for f in context.findings.findings
        },
    }
    # figures escape what they hold, and nothing in them comes from outside
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704


# -- what is said in words ---------------------------------------------------------------------


def marks(validation: Sequence[Record]) -> list[Mark]:
    """Return each mark with the oxides that reached and missed it."""
    found = []
    for protocol, quantity, words, targets in TARGETS:
        own = tables.find(validation, tables.OWN, protocol)
        for target in sorted(set(targets.values()), reverse=True):
            parts: dict[bool, list[str]] = {True: [], False: []}
            for oxide in (o for o in OXIDES if targets[o] == target):
                value = tables.score(own, oxide).get(quantity)
                parts[value is not None and value >= target].append(
                    f"{pretty(oxide)} {kit.number(value, 3)}"
                )
            found.append(
                Mark(
                    protocol,
                    words,
                    kit.number(target),
                    tuple(parts[True]),
                    tuple(parts[False]),
                )
            )
    return found


def _by_oxide(values: Mapping[Any, float]) -> str:
    parts = [f"{kit.number(values.get(o))} wt% in {pretty(o)}" for o in OXIDES]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _negative(scores: Mapping[str, Record], quantity: str) -> list[str]:
    """Return the oxides whose score is below 0: a mean would predict them better."""
    return [o for o in OXIDES if (scores.get(o, {}).get(quantity) or 0.0) < 0.0]


def _lowest(validation: Sequence[Record]) -> list[str]:
    """Return the oxides in which no other method has a lower RMSE under lomo."""
    others = [n for n in tables.baselines(validation) if n != ABLATION]
    found = []
    for oxide in OXIDES:
        rmse = {
            n: tables.score(tables.find(validation, n, "lomo"), oxide).get("rmse")
            for n in (tables.OWN, *others)
        }
        known = {n: v for n, v in rmse.items() if v is not None}
        if known and min(known, key=lambda n: known[n]) == tables.OWN:
            found.append(oxide)
    return found


def _orbit_prior(
    comparison: pd.DataFrame, without: Sequence[Record]
) -> list[tuple[str, list[tuple[float, float]]]]:
    """Return per scene the predictions with and without gamma-ray cells in the prior."""
    other = {(row["group"], row["oxide"]): row["value"] for row in without}
    return [
        (str(scene), [(float(v), other[scene, o]) for o, v in zip(g.oxide, g.value, strict=True)])
        for scene, g in comparison.groupby("group", sort=False)
    ]


def _facts(context: Context) -> dict[str, Any]:
    r, predictions, comparison = context.results, context.predictions, context.comparison
    validation = r["validation"]
    scores = {
        p: {o: tables.score(tables.find(validation, tables.OWN, p), o) for o in OXIDES}
        for p in tables.HONEST
    }
    rows = context.sidecar["training"]
    orbital = predictions[predictions["source"] == "Kaguya SP"]
    points = orbital.drop_duplicates(["group", "name", "lat", "lon"])
    return {
        "OXIDES": OXIDES,
        "OPTIMISTIC": tables.OPTIMISTIC,
        "first": FIRST,
        "sigmas": SIGMAS,
        "scores": scores,
        "marks": marks(validation),
        "baselines": tables.baselines(validation),
        "best": {
            p: [o for o in OXIDES if tables.best(validation, p, o) == tables.OWN]
            for p in tables.HONEST
        },
        "no_skill": _negative(scores["terrain"], "skill"),
        "below_mean": {p: _negative(scores[p], "r2") for p in tables.HONEST},
        "n_sites": len(rows["name"]),
        "missions": list(dict.fromkeys(rows["mission"])),
        "single_site": [m for m in dict.fromkeys(rows["mission"]) if rows["mission"].count(m) == 1],
        "spectra": len(points),
        "scenes": int(comparison["group"].nunique()),
        "novel": int((points["novelty"] > 1).sum()),
        "lowest": _lowest(validation),
        "orbit_prior": _orbit_prior(comparison, r["orbit"]),
        "gain_check": load_gain_check().to_dict(orient="records"),
        "agreeing": int(comparison["agrees"].sum()),
        "compared": len(comparison),
        "orbit_bias": _by_oxide(
            {o: float(d.mean()) for o, d in comparison.groupby("oxide")["difference"]}
        ),
        "sure": SURE,
        **claims.facts(context.findings),
        **sharp_map.facts(r["map"]),
        **_far_facts(r["near_far"]),
        **_effect_facts(r),
    }


def _far_facts(near_far: Record) -> dict[str, Any]:
    own = next(t for t in near_far["transfers"] if t["method"] == tables.OWN)
    region = "far side"
    scores = {s["oxide"]: s for s in own["scores"] if s["region"] == region}
    verdicts: dict[str, list[str]] = {}
    for d in near_far["contrast"]["differences"]:
        if d["verdict"]:
            verdicts.setdefault(d["verdict"], []).append(
                f"{pretty(d['oxide'])} of {d['basin']} against {d['other']}"
            )
    return {
        "near_far": near_far,
        "far_scores": scores,
        "far_below_mean": _negative(scores, "r2"),
        "verdicts": verdicts,
        "verdict_count": sum(map(len, verdicts.values())),
    }


def _effect_facts(results: Record) -> dict[str, Any]:
    scores = results["refinement"]["scores"]
    checks = results["explanation"]["checks"]
    residuals = [abs(v) for row in results["explanation"]["residual"] for v in row if v is not None]
    audit = results["audit"]
    return {
        "seed_changes": ", ".join(
            f"{pretty(o)} {kit.number(v['mean'])} ± {kit.number(v['sd'])}"
            for o, v in ((o, results["refinement"]["rmse_change"][o]) for o in OXIDES)
        ),
        "better": [s["oxide"] for s in scores if s["rmse_with"] < s["rmse_without"]],
        "worse": [s["oxide"] for s in scores if s["rmse_with"] > s["rmse_without"]],
        "passed": sum(c["passed"] is True for c in checks),
        "clearly": sum(c["passed"] is True and c["clear"] for c in checks),
        "asked": sum(c["passed"] is not None for c in checks),
        "completeness": max(residuals, default=None),
        "testable": sum(g["biased"] is not None for g in audit["groups"]),
        "biased": [
            f"{g['group']} {pretty(g['oxide'])} {kit.number(g['mean'])} wt%"
            for g in audit["groups"]
            if g["biased"]
        ],
    }
