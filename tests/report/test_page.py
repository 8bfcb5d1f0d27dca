"""The page shows what it was given, all of it, and loads nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from farside.constants import OXIDES
from farside.report._kit import chemistry, number, pair
from farside.report._style import pretty
from farside.report._tables import HONEST, best, leak_table, protocol_table
from farside.report.page import Context, marks, render

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr"}

New = Callable[[], Context]


class Reader(HTMLParser):
    """Keeps the stack of open elements, what is loaded, ids, and the text that a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.faults: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "srcset", "data", "action", "poster"):
                self.loads.append(f"{tag} {value}")
            if name == "id":
                self.ids.append(str(value))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.stack[-3:]}")
            return
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] in ("style", "script"):
            return
        self.text.append(data)
        if {"th", "td"} & set(self.stack):
            self.tables[-1][-1][-1] += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def page(new_context: New) -> str:
    return render(new_context())


@pytest.fixture
def no_globes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the globes out, which take most of the time and which `test_map.py` looks at."""
    monkeypatch.setattr("farside.report._map.side_figure", lambda *_: "<svg></svg>")


def table_after(page: str, heading: str) -> list[list[str]]:
    """Return the first table after some text, as cells of text."""
    return read(page[page.index(heading) :]).tables[0]


# -- form --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_globes")
def test_the_same_input_gives_the_same_bytes(new_context: New) -> None:
    assert render(new_context()).encode() == render(new_context()).encode()


def test_every_element_is_closed_in_order(page: str) -> None:
    reader = read(page)
    assert reader.faults == []
    assert reader.stack == []


def test_ids_are_unique_and_every_link_inside_has_its_target(page: str) -> None:
    reader = read(page)
    assert len(reader.ids) == len(set(reader.ids))
    targets = {load.split("#", 1)[1] for load in reader.loads if " #" in load}
    assert targets <= set(reader.ids)
    assert {m[4:] for m in re.findall(r"url\([^)]*", page)} <= {f"#{i}" for i in reader.ids}


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    outside = [load for load in read(page).loads if " #" not in load and "image data:" not in load]
    # nothing but addresses of papers and archives, which open by a click alone
    assert "a https://doi.org/10.1000/abc" in outside
    assert all(load.startswith("a https://") for load in outside)
    assert "@import" not in page
    assert "<script" not in page
    assert not re.search(r"url\((?!#)", page)


def test_no_word_of_the_machine_stands_for_a_missing_number(page: str) -> None:
    text = " ".join(read(page).text)
    assert not re.search(r"\b(nan|None|NaN|undefined|inf|True|False)\b", text)


def test_what_is_not_ours_is_escaped(page: str) -> None:
    assert "<99>" not in page
    assert "<Title>" not in page
    assert 'Apollo <99> & "sons"' in " ".join(read(page).text)
    assert "Öne A. & Two B. (2001) <Title>." in unescape(page)


def test_it_has_both_colour_schemes_and_tables_scroll_in_their_own_box(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    boxes = page.count('<div class="scroll"')
    assert boxes == page.count("<table") + page.count("<svg")


# -- findings ----------------------------------------------------------------------------------


def test_it_opens_with_a_table_of_every_finding(page: str) -> None:
    table = read(page).tables[0]
    assert [line[0] for line in table[1:]] == [
        f"It is so, says the {name} <claim>." for name in ("first", "second", "third")
    ]
    assert [line[1] for line in table[1:]] == ["supports", "contradicts", "cannot tell"]
    # 2744 with 1.96 x 40 on either side; the published figure and the claim in words beside it
    assert table[1][3].startswith("2744 (2666 to 2822) Ma")
    assert "2830 ± 5 Ma [one]" in table[1][2]
    assert "less FeO than <there> [two]" in table[1][2]


def test_each_finding_has_a_figure_numbers_and_links_to_what_made_them(page: str) -> None:
    for name in ("first", "second", "third"):
        own = page[page.index(f'<article id="finding-{name}"') :]
        own = own[: own.index("</article>")]
        assert own.count("<svg") == 1
        assert 'href="#ref-two"' in own
        assert 'href="#fn-farside.study.finding.verdict_of"' in own
        assert 'href="#data-cells_5deg"' in own
        assert 'href="#data-result-near_far"' in own
        # keys of papers in the words are links, what only looks like one is not
        assert own.index("Because of") < own.index("SiO₂ ") < own.index("[elsewhere]")
        assert "not of [elsewhere]" in own
    assert "not computed" in page
    text = " ".join(read(page).text)
    assert "−7.1 (−8.1 to −6.1) wt%" in text
    # what a function is, from its docstring, and where it stands
    assert "Return the verdict on a statement that holds with a probability" in text
    assert "src/farside/study/finding.py" in text


def test_functions_that_made_tables_are_listed_too(page: str) -> None:
    listed = set(re.findall(r'<dt id="fn-([^"]+)"', page))
    named = set(re.findall(r'href="#fn-([^"]+)"', page))
    assert named == listed
    assert {"farside.oxides.validate.validate", "farside.oxides.contrast.spa_contrast"} <= listed


# -- content -----------------------------------------------------------------------------------


def test_every_oxide_estimator_and_protocol_is_there(page: str) -> None:
    text = " ".join(read(page).text)
    for name in (*map(pretty, OXIDES), "mean", "ridge", "yang2023", "farside"):
        assert name in text
    for protocol in ("loo", "lomo", "terrain"):
        assert f"Protocol {protocol}:" in text


def test_the_published_protocol_is_labelled(page: str) -> None:
    table = table_after(page, "What letting the held-out site choose")
    assert table[0][1] == "yang2023 as published, OPTIMISTIC"
    assert all("OPTIMISTIC" not in head for head in table[0][2:])
    # 0.95 - 0.1 x 3 - 0.02 x 2 - 0.01 x 0 of the first oxide
    assert table[2][1] == "0.61"


def test_an_optimistic_score_is_never_the_best_nor_in_the_honest_tables(context: Context) -> None:
    validation = context.results["validation"]
    loose = next(v for v in validation if v["optimistic"])
    for s in loose["scores"]:
        s["r2"] = 0.9999
    for protocol in HONEST:
        cells = [c.text for line in protocol_table(validation, protocol).rows for c in line]
        assert "1.00" not in cells
        assert {best(validation, protocol, o) for o in OXIDES} == {"mean"}


def test_without_an_optimistic_result_the_table_is_left_out(context: Context) -> None:
    validation = context.results["validation"]
    assert leak_table([v for v in validation if not v["optimistic"]]) is None


def test_the_validation_table_holds_the_scores(page: str) -> None:
    table = table_after(page, "Protocol loo:")
    assert [line[0] for line in table[2:]] == [pretty(o) for o in OXIDES]
    # farside is estimator 3, loo protocol 0, TiO2 oxide 0; then mean (0), ridge (1), yang2023 (2)
    expected = ["TiO₂", "41", "0.89", "1.23", "−0.32", "0.46", "0.87", "5.67"]
    assert table[2] == [*expected, "0.95", "1.23", "0.93", "1.23", "0.91", "1.23"]


def test_the_best_of_a_line_is_marked_once(page: str) -> None:
    part = page[page.index("Protocol loo:") : page.index("Protocol lomo:")]
    marked = re.findall(r'<td class="[^"]*best[^"]*">([^<]*)', part)
    assert marked == ["0.95", "0.94", "0.93", "0.92", "0.91", "0.90"]


CHANGES: tuple[tuple[Callable[[Context], Any], str, str], ...] = (
    (lambda c: c.results["near_far"].update(n_far=1717), "702 of the far side", "1717 of"),
    (lambda c: c.sidecar.update(seed=777001), "4321", "777001"),
    (lambda c: c.results["refinement"]["scores"][0].update(rmse_with=1.777), "−0.250", "1.777"),
    (lambda c: c.results["explanation"].update(residual=[[0.3456]]), "0.017 wt%", "0.346 wt%"),
    (lambda c: c.comparison.__setitem__("cell", 11.25), "9.30 ± 0.60", "11.25 ± 0.60"),
    (lambda c: c.results["near_far"]["footprint"].update(cell=911), "Cell 307", "Cell 911"),
    (lambda c: c.results["validation"][-1]["scores"][0].update(r2=-6.54), "R²", "−6.54"),
    (lambda c: c.results["audit"]["groups"][-1].update(mean=3.33), "−0.77 ± 0.20", "3.33 ± 0.20"),
)


@pytest.mark.usefixtures("no_globes")
def test_a_changed_number_changes_the_page(page: str, new_context: New) -> None:
    before = " ".join(read(page).text)
    changed = new_context()
    for change, _, _ in CHANGES:
        change(changed)
    after = " ".join(read(render(changed)).text)
    for _, was, now in CHANGES:
        assert was in before
        assert now not in before
        assert now in after


def test_marks_tell_reached_from_missed(context: Context) -> None:
    found = {(m.protocol, m.what, m.target): m for m in marks(context.results["validation"])}
    # farside under loo: 0.89 falling by 0.01 per oxide, so none reaches 0.90
    assert found["loo", "R²", "0.90"].reached == ()
    assert found["loo", "R²", "0.90"].missed[0] == "TiO₂ 0.890"
    # under lomo 0.79, 0.78, 0.77, MgO 0.76, 0.75, SiO2 0.74
    assert found["lomo", "R²", "0.80"].missed[-1] == "CaO 0.750"
    assert found["lomo", "R²", "0.60"].reached == ("SiO₂ 0.740",)
    assert found["lomo", "R²", "0.40"].reached == ("MgO 0.760",)
    assert len(found["terrain", "coverage", "0.85"].reached) == len(OXIDES)


def test_a_mark_just_missed_is_missed(context: Context) -> None:
    own = next(
        v
        for v in context.results["validation"]
        if (v["estimator"], v["protocol"]) == ("farside", "loo")
    )
    own["scores"][0]["r2"] = 0.8999
    mark = marks(context.results["validation"])[0]
    assert mark.missed[0].startswith("TiO₂")
    own["scores"][0]["r2"] = 0.9
    assert marks(context.results["validation"])[0].reached == ("TiO₂ 0.900",)


def test_a_score_that_is_missing_misses_its_mark(context: Context) -> None:
    own = next(v for v in context.results["validation"] if v["estimator"] == "farside")
    own["scores"][0]["r2"] = None
    assert "TiO₂ –" in marks(context.results["validation"])[0].missed


def test_every_table_and_figure_tells_what_made_it(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, flags=re.DOTALL)
    assert len(figures) > 20
    for figure in figures:
        assert re.search(
            r"Made by (<a [^>]*>)?<code>farside\.[a-z_.]+\.[A-Za-z_0-9.]+</code>", figure
        )


def test_hashes_version_and_references_are_there(page: str) -> None:
    for text in ("a" * 64, "b" * 64, "c" * 64, "9.8.7", "A book without a DOI."):
        assert text in page


# -- text of numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1.005, 1, "1.0"), (-2.5, 1, "−2.5"), (-0.0001, 2, "0.00"), (None, 2, "–"), (7, 0, "7")],
)
def test_number(value: float | None, digits: int, text: str) -> None:
    assert number(value, digits) == text


def test_numbers_that_are_not_finite_are_dashes() -> None:
    assert number(float("nan")) == number(float("inf")) == pair(None, 1.0) == "–"


def test_a_pair_without_its_second_is_one_number() -> None:
    assert pair(1.5, None) == "1.50"
    assert pair(-1.5, 0.25) == "−1.50 ± 0.25"


def test_chemistry_lowers_oxides_only() -> None:
    assert chemistry("SiO2 at 2 nm, X2O3Y, FeO") == "SiO₂ at 2 nm, X2O3Y, FeO"


def test_predictions_without_cells_in_the_prior_stand_beside_the_others(
    page: str, context: Context
) -> None:
    assert page.count("8.80 / 8.12") == 6 * len({r["group"] for r in context.results["orbit"]})
