"""Figures are XML, tell their units, and are the same bytes every time."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from farside.constants import OXIDES
from farside.report import figures
from farside.report._style import ACCENTS, FAINT, INK, MUTED, accent, css_variables, marker, pretty
from farside.report.page import Context

Draw = Callable[[Context], str]


def _own(context: Context, protocol: str) -> dict[str, object]:
    return next(
        v
        for v in context.results["validation"]
        if (v["estimator"], v["protocol"]) == ("farside", protocol)
    )


DRAWN: dict[str, tuple[Draw, tuple[str, ...]]] = {
    "predicted": (
        lambda c: figures.predicted_measured(_own(c, "lomo")["rows"]),  # type: ignore[arg-type]
        tuple(f"{w} {pretty(o)} (wt%)" for w in ("measured", "predicted") for o in OXIDES),
    ),
    "intervals": (
        lambda c: figures.intervals([_own(c, p) for p in ("loo", "lomo")]),
        ("share of values inside (fraction)", "mean width (wt%)"),
    ),
    "novelty": (
        lambda c: figures.novelty(c.predictions),
        ("novelty (1 = threshold, no unit)", "Kaguya SP scene_one"),
    ),
    "bias": (
        lambda c: figures.learning_curve(
            c.results["near_far"]["curve"]["points"], "bias", "Chang'e-6"
        ),
        ("bias (wt%)", "far-side cells given (count)", "ridge (local 20°)"),
    ),
    "rmse": (
        lambda c: figures.learning_curve(
            c.results["near_far"]["curve"]["points"], "rmse", "Chang'e-6"
        ),
        ("RMSE (wt%)", "far-side cells given (count)"),
    ),
    "contrast": (
        lambda c: figures.contrast(c.results["near_far"]["contrast"]["differences"], 2.0),
        ("basin less other, SiO₂ (wt%)", "near side", "SPA inner"),
    ),
    "orbit": (
        lambda c: figures.orbit_cells(c.comparison),
        tuple(f"gamma-ray cell {pretty(o)} (wt%)" for o in OXIDES),
    ),
    "refinement": (
        lambda c: figures.refinement(c.results["refinement"]["scores"]),
        ("RMSE of the other missions (wt%)", "without", "with"),
    ),
    "share": (
        lambda c: figures.attributions(c.results["explanation"]["bands"], "share"),
        ("band (nm)", "share of |attribution| (%)", "50 ±10", "50"),
    ),
    "gradient": (
        lambda c: figures.attributions(c.results["explanation"]["bands"], "mean_gradient"),
        ("band (nm)", "change per 1 % (wt%)", "−0.12"),
    ),
}


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter() if e.tag.endswith("text")]  # noqa: S314


@pytest.mark.parametrize("name", DRAWN)
def test_figure_is_xml_with_its_units_and_the_colours_of_the_page(
    name: str, context: Context
) -> None:
    draw, expected = DRAWN[name]
    svg = draw(context)
    found = texts(svg)
    for text in expected:
        assert text in found
    assert svg.startswith("<svg role=")
    assert "nan" not in svg.lower()
    assert "None" not in svg
    assert "var(--fig-ink, " in svg
    # every colour of the style is a variable with the light colour behind it
    for colour in ACCENTS:
        assert not re.search(rf"(?<!, ){colour}", svg)


def test_drawing_leaves_the_settings_of_matplotlib_alone(context: Context) -> None:
    before = dict(mpl.rcParams)
    figures.refinement(context.results["refinement"]["scores"])
    assert dict(mpl.rcParams) == before


def test_a_site_that_was_not_measured_is_not_drawn(context: Context) -> None:
    rows = _own(context, "lomo")["rows"]
    assert isinstance(rows, list)
    whole = [r for r in rows if r["measured"] is not None]
    assert len(whole) < len(rows)
    assert figures.predicted_measured(rows) == figures.predicted_measured(whole)


def test_a_value_without_interval_is_drawn_without_bar(context: Context) -> None:
    rows = _own(context, "lomo")["rows"]
    assert isinstance(rows, list)
    bare = [r | {"lower": None, "upper": None} for r in rows]
    assert len(texts(figures.predicted_measured(bare))) > len(OXIDES)


def test_no_records_give_an_empty_figure() -> None:
    assert "measured TiO₂ (wt%)" in texts(figures.predicted_measured([]))
    assert "coverage" in texts(figures.intervals([]))


def test_names_are_escaped_in_figures(context: Context) -> None:
    svg = figures.predicted_measured(_own(context, "lomo")["rows"])  # type: ignore[arg-type]
    assert "<99>" not in svg
    assert 'Apollo <99> & "sons"' in texts(svg)


def test_ids_of_two_figures_differ(context: Context) -> None:
    points = context.results["near_far"]["curve"]["points"]
    one, two = (
        set(re.findall(r'id="([^"]+)"', figures.learning_curve(points, q, "any", f"fig-{q}")))
        for q in ("bias", "rmse")
    )
    assert one
    assert not one & two


def test_series_are_told_apart_by_colour_and_marker() -> None:
    series = range(63)  # 7 colours and 9 markers have no factor in common
    assert len({(accent(i), marker(i)) for i in series}) == len(series)


def test_both_schemes_declare_the_same_variables() -> None:
    light, dark = (re.findall(r"(--fig-[a-z0-9-]+):", css) for css in css_variables())
    assert light == dark
    assert len(light) == len({INK, MUTED, FAINT, *ACCENTS})


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("scheme", "page"), [(0, "#fdfdfc"), (1, "#14171b")])
def test_accents_stand_out_from_the_page(scheme: int, page: str) -> None:
    own = re.findall(r"--fig-(?:accent-\d|ink):(#[0-9a-f]{6})", css_variables()[scheme])
    assert len(own) == len(ACCENTS)
    for colour in own:
        high, low = sorted((_luminance(colour), _luminance(page)), reverse=True)
        assert (high + 0.05) / (low + 0.05) > 2.0
