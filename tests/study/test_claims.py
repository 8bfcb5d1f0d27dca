"""Numbers of the findings against published figures, exact relations and other ways to them."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import brentq

from farside.constants import OXIDES
from farside.datasets import load_cells_5deg, sidecar, table_names
from farside.datasets.published import load_published_values
from farside.errors import UnknownNameError
from farside.interior.volcanism import mare_test
from farside.provenance import references
from farside.report._links import described
from farside.study import catalogue, change6, flux, magnesian, transfer, transparency
from farside.study._published import published
from farside.study.finding import CANNOT_TELL, CONTRADICTS, SUPPORTS, Finding, Part

if TYPE_CHECKING:
    from farside.study.catalogue import Findings

ByName = dict[str, Finding]
Results = dict[str, Any]


def part(finding: Finding, *words: str) -> Part:
    """Return the first part whose text holds all words."""
    return next(p for p in finding.parts if all(w in p.what for w in words))


# -- all of them -------------------------------------------------------------------------------


def test_names_and_order_are_those_of_the_catalogue(found: Findings) -> None:
    assert tuple(f.name for f in found.findings) == catalogue.names()
    assert len(set(catalogue.names())) == len(catalogue.names())


def test_each_finding_says_why_and_what_would_decide(found: Findings) -> None:
    for f in found.findings:
        assert f.verdict in (SUPPORTS, CONTRADICTS, CANNOT_TELL)
        assert f.claim.endswith(".")
        assert f.why.endswith(".")
        assert f.what_would_decide.endswith(".")
        for p in f.parts:
            assert p.statement is not None or not p.decides, p.what


def test_functions_data_and_papers_of_each_finding_exist(found: Findings) -> None:
    for f in found.findings:
        assert f.functions
        assert f.data
        assert f.cited
        for name in f.functions:
            assert described(name) is not None, name
        for name in f.data:
            own = name.removeprefix("result: ")
            assert own in catalogue.NEEDS or own in table_names() or own == "layers_05deg", name
        for key in f.cited:
            assert key in references(), key


def test_findings_are_plain_and_the_same_each_time(found: Findings, results: Results) -> None:
    text = json.dumps(found.to_dict(), allow_nan=False, sort_keys=True)
    again = catalogue.findings(results)
    assert json.dumps(again.to_dict(), allow_nan=False, sort_keys=True) == text
    for name in catalogue.names():
        assert name in str(found)


def test_a_choice_gives_those_alone(results: Results) -> None:
    some = catalogue.findings(results, ("basalt-age", "spa-near-side"))
    assert [f.name for f in some.findings] == ["spa-near-side", "basalt-age"]
    with pytest.raises(UnknownNameError, match="Did you mean 'basalt-age'"):
        catalogue.findings(results, ("basalt-ages",))


# -- published figures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "sigma", "key"),
    [
        # abstracts of Li et al. (2024), Cui et al. (2024), Zhang et al. (2024), Tian et al. (2020)
        ("soil-FeO", 17.0, None, "li2024"),
        ("soil-Al2O3", 14.0, None, "li2024"),
        ("soil-CaO", 12.0, None, "li2024"),
        ("basalt-age-cui", 2830.0, 5.0, "cui2024"),
        ("basalt-age-zhang", 2807.0, 3.0, "zhang2024"),
        ("high-al-age", 4203.0, 4.0, "zhang2024"),
        ("delta41k-apollo", -0.07, 0.045, "tian2020"),
        ("norite-age", 4250.0, None, "su2025"),
    ],
)
def test_figures_are_as_their_papers_print_them(
    name: str, value: float, sigma: float | None, key: str
) -> None:
    figure = published(name)
    assert figure.value == value
    assert np.isnan(figure.sigma) if sigma is None else figure.sigma == sigma
    assert figure.reference == key


def test_the_table_is_that_of_its_sidecar_and_holds_nothing_unverified() -> None:
    table, about = load_published_values(), sidecar("published_values")
    assert len(table) == about["rows"]
    assert list(table.columns) == list(about["columns"])
    assert not table["status"].str.contains("unverified").any()
    assert set(table["reference"]) <= set(references())
    assert table["name"].is_unique
    assert (table["value"].notna() ^ table["low"].notna()).all()
    with pytest.raises(UnknownNameError, match="published figure 'soil-MgO'"):
        published("soil-MgO")


# -- the basin ---------------------------------------------------------------------------------


def test_the_basin_differs_as_a_plain_mean_over_cells_says(by_name: ByName) -> None:
    """Cells of one side by their centre, weighed with the area that the archive states."""
    cells = load_cells_5deg()
    lat, lon = np.radians(cells["lat"]), np.radians(cells["lon"])
    far = np.cos(lon) < 0
    mare = cells["mare_fraction"].to_numpy() >= 0.5
    # the ellipse of Garrick-Bethell and Zuber (2009) in tangent-plane coordinates
    lat0, lon0 = np.radians(-53.0), np.radians(191.0)
    c = np.arccos(
        np.clip(np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon - lon0), -1, 1)
    )
    east = np.cos(lat) * np.sin(lon - lon0)
    north = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon - lon0)
    angle = np.arctan2(east, north) + np.radians(19.0)
    basin = (c * 1737.15 * np.cos(angle) / 1200) ** 2 + (
        c * 1737.15 * np.sin(angle) / 1025
    ) ** 2 <= 1
    groups = {
        "spa-maria": ~far & mare,
        "spa-near-side": ~far,
        "spa-far-highlands": far & ~mare & ~basin,
    }
    area = cells["area_km2"].to_numpy()
    for name, other in groups.items():
        for oxide in ("SiO2", "FeO", "TiO2"):
            y = cells[oxide].to_numpy()
            plain = np.average(y[basin], weights=area[basin]) - np.average(
                y[other], weights=area[other]
            )
            assert part(by_name[name], f"{oxide}, cells, SPA outer").value == pytest.approx(
                plain, abs=0.05
            )


def test_the_mission_claim_holds_against_the_near_side_and_fails_in_iron_on_the_far_side(
    by_name: ByName,
) -> None:
    assert by_name["spa-maria"].verdict == SUPPORTS
    assert by_name["spa-near-side"].verdict == SUPPORTS
    # the basin is the iron-rich anomaly of the far side (Jolliff et al. 2000)
    assert part(by_name["spa-far-highlands"], "FeO, cells").verdict == CONTRADICTS


# -- verdicts that turn on a choice -------------------------------------------------------------


def test_depth_of_melt_is_asked_of_both_laws_and_only_one_is_sure(by_name: ByName) -> None:
    """The laws differ by more than the margin above the 250 km of Zhou et al. (2025).

    By the law of Pierazzo et al. (1997) the same impactor melts less than half as much, so it must
    be the less sure one.
    """
    finding = by_name["impact-melting"]
    one, other = (part(finding, "depth of melt", law) for law in ("abramov2012", "pierazzo1997"))
    assert one.decides
    assert other.decides
    assert other.value < one.value
    assert other.chance < one.chance
    assert other.lower < 250.0 < one.lower  # why "about 250 km" cannot stand by the first law
    assert finding.verdict == CANNOT_TELL


def test_the_last_liquid_is_not_told_where_mixing_may_differ_by_a_factor_of_two(
    by_name: ByName,
) -> None:
    """No paper says how alike the sides were mixed, so a wider choice must be able to undo it."""
    finding = by_name["asymmetric-ocean"]
    narrow, wide = part(finding, "factor of 1.6"), part(finding, "factor of 2.0")
    # a wider prior of ln(m_near / m_far) about 0 leaves the middle and widens the interval
    assert wide.value == pytest.approx(narrow.value, abs=0.01)
    assert wide.lower < 0.5 < narrow.lower
    assert wide.decides
    assert narrow.decides
    assert finding.verdict == CANNOT_TELL


def test_cells_of_150_km_do_not_decide_on_outcrops(by_name: ByName) -> None:
    """A cell is 5 degrees, 152 km; the claim is about outcrops on a fine map."""
    finding = by_name["magnesian-share"]
    assert not part(finding, "cells of 150 km").decides
    assert np.isnan(part(finding, "scale of outcrops").value)
    assert finding.verdict == CANNOT_TELL


def test_the_source_of_the_high_al_basalt_stands_against_the_claim_on_kreep(
    by_name: ByName,
) -> None:
    # abstracts: mu about 1620 (Zhang et al. 2024) and about 680 (Li et al. 2021)
    p = part(by_name["kreep"], "mu of the source of the high-Al basalt")
    assert p.value == pytest.approx(1620 / 680)
    assert not p.decides


def test_the_share_that_thickness_explains_has_the_interval_of_its_blocks(by_name: ByName) -> None:
    p = part(by_name["crust-volcanism"], "lack of mare that thickness explains")
    test = mare_test()
    assert (p.lower, p.upper) == test.explained_interval
    assert p.value == test.explained


# -- ages --------------------------------------------------------------------------------------


def test_spans_of_volcanism_are_differences_of_the_published_ages(by_name: ByName) -> None:
    finding = by_name["volcanism-span"]
    for who, span, sigma in (("Cui", 1373.0, np.hypot(4, 5)), ("Zhang", 1396.0, np.hypot(4, 3))):
        p = part(finding, "from the high-Al", who)
        assert p.value == span
        assert (p.upper - p.lower) / 2 / 1.96 == pytest.approx(sigma, rel=1e-3)
    assert part(finding, "'1.4 and more'", "Cui").verdict == CONTRADICTS
    assert part(finding, "'1.4 and more'", "Zhang").verdict == CANNOT_TELL
    assert finding.verdict == SUPPORTS


def test_the_crater_age_is_where_neukums_curve_has_the_counted_density(by_name: ByName) -> None:
    from farside.chronology.sites import CE6, counted_density  # noqa: PLC0415

    n1 = counted_density(CE6, "neukum1983").n1

    def excess(ga: float) -> float:  # Neukum (1983), per km2 at 1 km
        return 5.44e-14 * (np.exp(6.93 * ga) - 1) + 8.38e-4 * ga - n1

    p = part(by_name["basalt-age"], "by craters, neukum1983")
    assert p.value == pytest.approx(1000 * brentq(excess, 0.1, 4.4), rel=0.005)
    both = {x.value for x in p.published}
    assert both == {2830.0, 2807.0}


def test_the_two_basalt_ages_differ_by_their_own_errors(by_name: ByName) -> None:
    p = part(by_name["basalt-age"], "two published ages apart")
    assert p.value == 23.0
    assert (p.upper - p.lower) / 3.92 == pytest.approx(np.sqrt(34.0), rel=1e-3)
    assert p.verdict == SUPPORTS


# -- samples -----------------------------------------------------------------------------------


def test_potassium_keeps_both_offsets_and_what_speaks_against_them(by_name: ByName) -> None:
    finding = by_name["potassium"]
    mean = part(finding, "apollo-mean")
    assert mean.value == pytest.approx(0.038 + 0.07)
    assert (mean.upper - mean.lower) / 3.92 == pytest.approx(np.hypot(0.044, 0.045), rel=1e-3)
    assert part(finding, "delta 41K, mission").value == 0.16
    assert "dai2025" in finding.cited
    assert finding.verdict == CANNOT_TELL


def test_thorium_of_the_soil_is_a_third_of_the_near_side_sites(by_name: ByName) -> None:
    # Li et al. (2022): Chang'e-5 soil 4.72 ppm; of the others the compendium's Th in ppm
    near = [2.19, 5.52, 3.9, 1.8, 1.39, 4.72]
    p = part(by_name["kreep"], "Th of the Chang'e-6 soil over the mean")
    assert p.value == pytest.approx(0.92 / np.exp(np.mean(np.log(near))), rel=0.01)


# -- made-up results ---------------------------------------------------------------------------


def changed(results: Results, name: str) -> Results:
    return {**results, name: copy.deepcopy(results[name])}


@pytest.mark.parametrize(("left", "verdict"), [(0.0, SUPPORTS), (1.0, CONTRADICTS)])
def test_what_far_side_truth_removes_follows_the_learning_curve(
    results: Results, left: float, verdict: str
) -> None:
    made = changed(results, "near_far")
    points = made["near_far"]["curve"]["points"]
    first = {(p["method"], p["first"], p["oxide"]): p["bias"] for p in points if p["k"] == 0}
    for p in points:
        if p["k"]:
            p["bias"] = left * first[p["method"], p["first"], p["oxide"]]
            p["bias_spread"] = 0.01
    for f in transfer.findings(made)[1:]:
        assert f.verdict == verdict


def test_a_model_as_good_on_both_sides_is_not_biased(results: Results) -> None:
    made = changed(results, "near_far")
    own = next(t for t in made["near_far"]["transfers"] if t["method"] == "farside")
    for s in own["scores"]:
        s["bias"], s["bias_1s"] = (1.0 if s["region"].startswith("near") else 0.1), 0.05
    assert transfer.findings(made)[0].verdict == CONTRADICTS


def test_a_leak_of_a_factor_is_found_as_that_factor(results: Results) -> None:
    made = changed(results, "validation")
    by = {(v["estimator"], v["protocol"]): v for v in made["validation"]}
    leaky, honest = by["yang2023", "yang2023"], by["yang2023", "loo"]
    for a, b in zip(leaky["rows"], honest["rows"], strict=True):
        if a["measured"] is not None:
            b["value"] = b["measured"] + 3.0 * (a["value"] - a["measured"])
    np.testing.assert_allclose(transparency.error_ratio(made["validation"]), 3.0, rtol=1e-9)


def test_an_audit_without_a_lean_is_no_proof_of_none(results: Results) -> None:
    made = changed(results, "audit")
    for g in made["audit"]["groups"]:
        g["biased"] = None if g["biased"] is None else False
    assert transparency.findings(made)[1].verdict == CANNOT_TELL


@pytest.mark.parametrize(
    ("median", "width", "verdict"), [(1.0, 0.05, SUPPORTS), (2.0, 0.05, CONTRADICTS),
                                     (1.0, 1.0, CANNOT_TELL)]
)  # fmt: skip
def test_a_flux_ratio_is_judged_by_its_interval(
    results: Results, median: float, width: float, verdict: str
) -> None:
    made = changed(results, "chronology")
    for r in made["chronology"]["flux"]["ratios"]:
        r |= {"median": median, "lower": median * np.exp(-width), "upper": median * np.exp(width)}
    assert flux.findings(made)[0].verdict == verdict


@pytest.mark.parametrize(("ln_b", "verdict"), [(-5.0, SUPPORTS), (5.0, CONTRADICTS)])
def test_evidence_for_or_against_a_late_bombardment_is_told(
    results: Results, ln_b: float, verdict: str
) -> None:
    made = changed(results, "chronology")
    bombardment = made["chronology"]["bombardment"]
    bombardment["late_over_smooth"] = ln_b
    for v in bombardment["variants"]:
        v["late_over_smooth"] = ln_b
    finding = flux.findings(made)[1]
    assert finding.verdict == verdict
    # even odds: the posterior odds are the Bayes factor
    assert finding.parts[0].chance == pytest.approx(1 / (1 + np.exp(ln_b)))


# -- the site ----------------------------------------------------------------------------------


def spectrum_of(values: dict[str, float], half: float) -> xr.Dataset:
    value = np.array([[values.get(o, 1.0)] for o in OXIDES])
    over = ("oxide", "point")
    return xr.Dataset(
        {"value": (over, value), "lower": (over, value - half), "upper": (over, value + half),
         "novelty": ("point", [0.5])},
        {"oxide": list(OXIDES)},
    )  # fmt: skip


def test_a_spectrum_that_gives_the_soil_supports_and_one_of_highlands_does_not(
    results: Results,
) -> None:
    soil = {"FeO": 17.0, "Al2O3": 14.0, "CaO": 12.0}
    highland = {"FeO": 5.0, "Al2O3": 27.0, "CaO": 16.0}  # about the mean soil of Apollo 16
    for values, verdict in ((soil, SUPPORTS), (highland, CONTRADICTS)):
        (finding,) = change6.findings(results, spectrum_of(values, 0.3))
        own = [p for p in finding.parts if "spectrum given" in p.what]
        assert [p.verdict for p in own] == [verdict] * 3
        assert [p for p in finding.parts if p.decides] == own
        assert finding.verdict == verdict
        assert [p.value for p in own] == pytest.approx([values[o] for o in ("FeO", "Al2O3", "CaO")])


@pytest.mark.parametrize(("off", "verdict"), [(0.0, SUPPORTS), (1.5, SUPPORTS), (3.0, CONTRADICTS)])
def test_the_error_of_a_spectrum_is_not_counted_twice(
    results: Results, off: float, verdict: str
) -> None:
    """An interval as wide as the tolerance changes nothing: both are the estimator's own error."""
    own = next(v for v in results["validation"]
               if (v["estimator"], v["protocol"]) == ("farside", "lomo"))  # fmt: skip
    rmse = {s["oxide"]: s["rmse"] for s in own["scores"]}
    soil = {"FeO": 17.0, "Al2O3": 14.0, "CaO": 12.0}
    values = {o: v + off * rmse[o] for o, v in soil.items()}
    for half in (0.1, 3.0):
        (finding,) = change6.findings(results, spectrum_of(values, half))
        assert finding.verdict == verdict


def test_without_knowing_the_mixture_the_cell_cannot_tell(by_name: ByName) -> None:
    finding = by_name["change6-soil"]
    for oxide in ("FeO", "Al2O3", "CaO"):
        assert part(finding, oxide, "unmixed").verdict == CANNOT_TELL
    # Prettyman et al. (2006), the cell of the site: FeO 8.0, Al2O3 19.2 wt%
    assert part(finding, "FeO", "as measured").value == pytest.approx(8.0, abs=0.05)
    assert part(finding, "Al2O3", "as measured").value == pytest.approx(19.2, abs=0.05)
    assert finding.verdict == CANNOT_TELL


# -- magnesian ground --------------------------------------------------------------------------


def test_noise_of_cells_is_taken_away_before_they_are_classed() -> None:
    """Made-up highlands without one magnesian place: the noise alone would class many so."""
    rng = np.random.default_rng(3)
    n = 600
    mean = np.array([0.4, 5.5, 26.0, 5.0, 16.0, 45.0])  # Mg# 62
    noise = np.diag([0.2, 0.4, 2.3, 1.5, 1.4, 2.0]) ** 2
    spread = np.diag([0.05, 0.2, 0.5, 0.2, 0.3, 0.3]) ** 2
    truth = rng.multivariate_normal(mean, spread, n)
    y = truth + rng.multivariate_normal(np.zeros(6), noise, n)
    error, w, thorium = np.repeat(noise[None], n, axis=0), np.full(n, 1 / n), np.full(n, 0.5)
    naive = magnesian._shares(y, thorium, w, 70.0)[0]
    draws = [
        magnesian._shares(magnesian._posterior_draw(y, error, w, rng), thorium, w, 70.0)[0]
        for _ in range(20)
    ]
    assert magnesian._shares(truth, thorium, w, 70.0)[0] == 0.0
    assert naive > 0.05
    assert np.mean(draws) < naive / 4


def test_real_composition_is_kept_when_noise_is_taken_away() -> None:
    rng = np.random.default_rng(4)
    n = 600
    magnesian_half = np.arange(n) < n // 2
    truth = np.where(
        magnesian_half[:, None],
        [0.3, 4.0, 27.0, 8.0, 16.0, 44.0],
        [0.4, 6.0, 26.0, 4.0, 16.0, 45.0],
    )
    noise = np.diag([0.1, 0.2, 0.8, 0.5, 0.5, 0.6]) ** 2
    y = truth + rng.multivariate_normal(np.zeros(6), noise, n)
    error, w, thorium = np.repeat(noise[None], n, axis=0), np.full(n, 1 / n), np.full(n, 0.5)
    z = magnesian._posterior_draw(y, error, w, rng)
    assert magnesian._shares(z, thorium, w, 70.0)[0] == pytest.approx(0.5, abs=0.05)
