"""What results show in a notebook: well-formed, small, safe, legible on light and dark."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import farside
from farside import notebook
from farside.chronology.calibrate import calibrate
from farside.chronology.combine import joint_age
from farside.chronology.counts import make_count
from farside.chronology.hypotheses import Bombardment, Standing
from farside.chronology.sites import calibration_sites
from farside.datasets.isotopes import load_reference_isochron
from farside.isotopes.concordia import concordia_age, curve
from farside.isotopes.decay import preset
from farside.isotopes.mean import weighted_mean
from farside.isotopes.points import make_points
from farside.isotopes.potassium import lost
from farside.notebook import Band, Range, against, card, ranges
from farside.oxides.cells import CellScore
from farside.oxides.nearfar import NearFar
from farside.oxides.refine import effect_of
from farside.provenance import _code_lines
from farside.spectra.dataset import from_table

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = 30_000
"""Bytes: a notebook keeps every card that it has shown."""
EVIL = "<script>alert('x')</script>&"


def _validation() -> Any:
    return farside.validate(farside.method("mean"), farside.load_training(), "lomo")


def _isochron() -> Any:
    t = load_reference_isochron("RbSr1")
    return farside.isochron(make_points(t["x"], t["x_1s"], t["y"], t["y_1s"]), "rb-sr")


def _age() -> Any:
    count = make_count([1.1, 1.2, 1.5, 2.3], area_km2=1000.0, name=EVIL)
    return farside.model_age(count, farside.chronology_system("neukum1983"), (1.0, 4.0))


def _limit() -> Any:
    count = make_count([], area_km2=1000.0)
    return farside.model_age(count, farside.chronology_system("neukum1983"), (1.0, 4.0))


def _concordia() -> Any:
    x, y = (np.array([float(part)]) for part in curve(2000.0, preset()))
    return concordia_age(x, x / 100, y, y / 100, np.array([0.6]))


def _kreep() -> Any:
    sample = {"sample": [EVIL], "La": [60.0], "Sm": [30.0], "Yb": [20.0], "Th": [12.0]}
    return farside.kreep(pd.DataFrame(sample))


def _prediction() -> Any:
    return farside.predict(from_table(farside.load_sites())).oxides


def _nothing() -> Any:
    spoilt = farside.load_sites().head(2)
    spoilt.loc[0, "r749"] = math.nan
    return farside.predict(from_table(spoilt)).isel(point=[0]).oxides


def _audit() -> Any:
    held_out = farside.validate(farside.method("ridge"), farside.load_training(), "lomo")
    return farside.bias_audit(held_out)


def _effect() -> Any:
    data = farside.load_training()
    return effect_of(farside.method("ridge"), data, data.mission == "Chang'e-5")


def _near_far() -> Any:
    """Return what a card needs of a test that takes a minute."""
    score = CellScore("far side", "FeO", 820, 0, 0.9, 0.2, 1.9, 0.4, 1.8, 20.0, -0.5, 0.9, 5.0)
    made = SimpleNamespace(method=EVIL, scores=[score])
    of = SimpleNamespace(n_near=970, n_far=820, transfers=[made])
    return SimpleNamespace(_repr_html_=lambda: NearFar._repr_html_(of))  # type: ignore[arg-type]


def _bombardment() -> Any:
    standings = (Standing("exponential", EVIL, 0, 0, -9), Standing("spike", "s", 1.2, 0.4, -8))
    late = (Standing("sawtooth", "t", 0.4, 0.4, -8), Standing("piecewise", "p", 0.1, 0.2, -8))
    return Bombardment(("a", "b"), (*standings, *late), (), (0.1, 0.2, 0.3), (1.0, 2.0, 3.0))


def _calibration() -> Any:
    return calibrate(calibration_sites(), leave_out=False, chains=2, steps=100)


def _joint() -> Any:
    system = farside.chronology_system("neukum1983")
    counts = [make_count([1.1, 1.2, 1.5], area_km2=500.0, name=name) for name in "ab"]
    return joint_age([farside.model_age(count, system, (1.0, 4.0)) for count in counts], system)


def _classes() -> Any:
    sample = {"sample": [EVIL, "B"], "kind": ["basalt", ""], "TiO2": [11.0, 1.0]}
    return farside.classify(pd.DataFrame(sample), analogues=0)


RESULTS: dict[str, Callable[[], Any]] = {
    "validation": _validation,
    "isochron": _isochron,
    "age": _age,
    "limit": _limit,
    "mean": lambda: weighted_mean([10.0, 12.0], [1.0, 1.0]),
    "concordia": _concordia,
    "potassium": lost,
    "kreep": _kreep,
    "findings": lambda: farside.findings(["spa-maria", "leak", "ferric-oxides"]),
    "finding": lambda: farside.findings(["ferric-oxides"]).findings[0],
    "site": lambda: farside.site(-41.64, -153.99),
    "prediction": _prediction,
    "one prediction": lambda: farside.predict(from_table(farside.load_sites().head(1))).oxides,
    "no prediction": _nothing,
    "audit": _audit,
    "effect": _effect,
    "near and far": _near_far,
    "bombardment": _bombardment,
    "calibration": _calibration,
    "joint age": _joint,
    "classes": _classes,
}


class Balanced(HTMLParser):
    """Reads HTML and holds each end to its beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.add(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            loads = name in {"src", "href", "xlink:href"}
            assert not loads or (value or "").startswith("#"), (name, value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module", params=list(RESULTS))
def shown(request: pytest.FixtureRequest) -> tuple[str, str]:
    made: str = RESULTS[request.param]()._repr_html_()
    return request.param, made


def test_a_card_is_whole_small_and_safe(shown: tuple[str, str]) -> None:
    name, made = shown
    page = Balanced()
    page.feed(made)
    page.close()
    assert page.open == []
    assert {"div", "style", "table"} - page.seen <= (
        {"table"} if name == "no prediction" else set()
    )
    assert ("svg" in page.seen) == (name != "no prediction")
    assert "script" not in page.seen
    assert len(made.encode()) < SMALL
    assert "nan" not in made.lower().replace("nanc", "")


def test_names_are_escaped() -> None:
    for result in (_age(), _kreep()):
        made = result._repr_html_()
        assert "<script" not in made
        assert "&lt;script&gt;alert" in made


def test_a_card_tells_what_the_result_tells() -> None:
    made = _isochron()._repr_html_()
    assert "4498.7 ± 39.0 Ma" in made  # IsoplotR: 4499 ± 39 Ma
    assert "0.699" in made
    scores = _validation()
    table = scores._repr_html_()
    for score in scores.scores:
        assert f"{score.rmse:.2f}" in table


def test_few_spectra_are_drawn_each_with_its_interval() -> None:
    sites = farside.load_sites()
    few, many = (farside.predict(from_table(sites.head(n))).oxides for n in (3, 5))
    text = few._repr_html_()
    for oxide in farside.OXIDES:
        assert all(f">{oxide}, {i}<" in text for i in (1, 2, 3))
        found = few._prediction["value"].sel(oxide=oxide)
        assert f"{float(found.min()):.2f} to {float(found.max()):.2f} in all" in text
    assert "wt%, 90% intervals" in text
    assert ">FeO, 1<" not in many._repr_html_()


def test_a_place_shows_value_and_both_intervals_of_each_oxide() -> None:
    found = farside.site(-41.64, -153.99)
    text = found._repr_html_()
    for figure in (*found.oxides, *found.pixel):
        assert f"<td>{figure.lower:.4g} to {figure.upper:.4g}</td>" in text
        assert f"<td class='n'>{figure.value:.4g}</td>" in text


def test_what_could_not_be_fitted_shows_no_nan() -> None:
    analyses = {"sample": ["A", "B"], "La": [60.0, 1.0], "Sm": [30.0, None], "Yb": [20.0, None]}
    text = farside.kreep(pd.DataFrame(analyses))._repr_html_()
    assert "nan" not in text
    assert "too few" in text


def _paths(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 - our own drawing
    assert root.tag.endswith("svg")
    return [element.get("d", "") for element in root.iter() if element.tag.endswith("path")]


def test_a_value_stands_where_the_axis_says() -> None:
    svg = ranges([Range("a", 5.0, 2.5, 10.0)], "x", limits=(0.0, 10.0))
    # the interval is a quarter to the whole of the axis, whose line is the last path
    marks = [d for d in _paths(svg) if d.count("L") == 1 and d.startswith("M")]
    spans = [[float(part.split()[0]) for part in d[1:].split("L")] for d in marks]
    axis = max(spans, key=lambda s: abs(s[1] - s[0]))
    width = axis[1] - axis[0]
    wanted = [axis[0] + width / 4, axis[1]]
    assert any(s == pytest.approx(wanted, abs=0.6) for s in spans)


def test_time_may_run_to_the_right() -> None:
    svg = ranges(
        [Range("age", 3.0, 2.0, math.inf)], "Ga", limits=(4.5, 0.0), bands=[Band("b", 1, 3)]
    )
    texts = [e for e in ET.fromstring(svg).iter() if e.tag.endswith("text")]  # noqa: S314
    ticks = [
        (float(e.get("x", "")), float(e.text)) for e in texts if e.text and e.text[0].isdigit()
    ]
    from_left = [value for _, value in sorted(ticks)]
    assert len(from_left) > 3
    assert from_left == sorted(from_left, reverse=True)
    assert "b" in [e.text for e in texts]


def test_cards_beside_each_other_share_no_name() -> None:
    one, two = (ranges([Range("a", 1.0, 0.5, 2.0)], "x") for _ in range(2))
    names = [
        {e.get("id") for e in ET.fromstring(svg).iter() if e.get("id")}  # noqa: S314
        for svg in (one, two)
    ]
    clips = [{name for name in found if name and name.startswith("p")} for found in names]
    assert not clips[0] & clips[1]
    # a rule for all elements of the page would restyle the notebook
    assert "<style" not in one


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", ["#ffffff", "#111111", "#1e1e1e"])
def test_marks_stand_out_on_light_and_dark(ground: str) -> None:
    # WCAG 2.1, 1.4.11: graphics need a contrast of 3
    light, dark = sorted((_luminance(notebook.MARK), _luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_the_words_of_a_page_take_its_colour() -> None:
    svg = against([("FeO", [1.0, 2.0], [1.0, 2.5])], ("measured", "predicted"))
    fills = {e.get("style", "") for e in ET.fromstring(svg).iter() if e.tag.endswith("text")}  # noqa: S314
    assert all("currentColor" in style for style in fills)


def test_a_long_table_is_cut_and_says_so() -> None:
    rows = [(str(i), "x") for i in range(100)]
    made = card("t", table=(("n", "w"), rows))
    assert made.count("<tr>") == 1 + notebook.MOST_ROWS + 1
    assert "and 76 more" in made


def test_showing_a_result_makes_nothing_stale() -> None:
    plain = "class A:\n    x = 1\n\n    def y(self):\n        return 2\n"
    shows = plain + "\n    def _repr_html_(self) -> str:\n        return f'{self.x}'\n"
    assert _code_lines(shows) == _code_lines(plain)
    assert _code_lines(shows.replace("_repr_html_", "_other")) != _code_lines(plain)
