"""Every number of the findings leads to a function and a source by a click; methods are whole."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from farside.provenance import references
from farside.report import store
from farside.report._equations import display, inline
from farside.report._links import Links, described
from farside.report.page import Context, render
from farside.study import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

DIGIT = re.compile(r"\d")


class Cells(HTMLParser):
    """Keeps each cell of the tables of claims: its column, text and links; and what ids hold."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.label: str | None = None
        self.links: list[str] = []
        self.text = ""
        self.cells: list[tuple[str, str, list[str]]] = []
        self.ids: set[str] = set()
        self.maths = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = dict(attrs)
        self.ids |= {str(have["id"])} if "id" in have else set()
        self.maths += tag == "math"
        if tag == "table":
            self.inside = "claims" in (have.get("class") or "")
        if tag == "td" and self.inside:
            self.label, self.links, self.text = have.get("data-label"), [], ""
        if tag == "a" and self.label:
            self.links.append(str(have["href"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" and self.label:
            self.cells.append((self.label, self.text.strip(), self.links))
            self.label = None

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def real(new_context: Callable[[], Context]) -> str:
    """The page with the findings that ship; everything else in it is made up."""
    given = new_context()
    results = {name: store.read(name, stale=True) for name in catalogue.NEEDS}
    found = catalogue.findings(results, sharp=given.sharp)
    known = references()
    keys = {key for f in found.findings for key in f.cited}
    shown = Context(
        sidecar=given.sidecar,
        results=given.results,
        predictions=given.predictions,
        comparison=given.comparison,
        references=[*given.references, *(known[key] for key in sorted(keys))],
        sharp=given.sharp,
        findings=found,
    )
    with pytest.MonkeyPatch.context() as patch:  # globes take seconds and lead nowhere
        patch.setattr("farside.report._map.draw", lambda *_, **__: "<svg></svg>")
        return render(shown)


@pytest.fixture(scope="module")
def cells(real: str) -> Cells:
    reader = Cells()
    reader.feed(real)
    return reader


def test_every_number_leads_to_a_function_and_a_source(cells: Cells) -> None:
    numbers = [c for c in cells.cells if c[0] == "computed" and DIGIT.search(c[1])]
    assert len(numbers) > 150
    for _, text, links in numbers:
        function = [x for x in links if x.startswith("#fn-farside.")]
        source = [x for x in links if x.startswith(("#data-", "#ref-"))]
        assert len(function) == 1, text
        assert len(source) == 1, text
        assert described(function[0].removeprefix("#fn-")) is not None
        assert {function[0][1:], source[0][1:]} <= cells.ids, text


def test_every_published_figure_leads_to_a_reference(cells: Cells) -> None:
    figures = [c for c in cells.cells if c[0] == "published" and c[1] and c[1] != "no figure"]
    assert len(figures) > 60
    for _, text, links in figures:
        assert links, text
        assert all(x.startswith("#ref-") and x[1:] in cells.ids for x in links), text
        assert "(mission)" not in text


def test_the_opening_table_leads_to_the_numbers(cells: Cells) -> None:
    opening = [c for c in cells.cells if c[0].startswith("computed, ")]
    assert len(opening) == len(catalogue.names())
    for _, text, links in opening:
        assert links, text
        assert links[0].startswith("#made-")
        assert links[0][1:] in cells.ids


def test_every_source_of_data_leads_on(real: str, cells: Cells) -> None:
    """A table names its works, each with a reference or an address."""
    listed = re.findall(r'<dt id="data-([^"]+)">[^<]*</dt><dd>(.*?)</dd>', real, flags=re.DOTALL)
    assert {"cells_5deg", "published_values", "ferric_sp"} <= {name for name, _ in listed}
    for name, text in listed:
        if name.startswith("result-") or name == "farside_map":
            assert 'made of <a href="#data-' in text, name
            continue
        assert 'href="#ref-' in text or 'href="https://' in text, name
    assert set(re.findall(r'href="#([^"]+)"', real)) <= cells.ids


def test_methods_are_equations_a_browser_shows_offline(real: str, cells: Cells) -> None:
    part = real[real.index('<section id="methods">') :]
    assert cells.maths > 60
    assert "\\" not in re.sub(r"<style>.*?</style>", "", part, flags=re.DOTALL)
    for title in ("Verdicts", "Oxides", "The sharp map", "Samples and isotopes", "Magma ocean",
                  "Crust and mare", "The basin-forming impact", "Oxidation", "Mixing", "Chronology",
                  "Transparency"):  # fmt: skip
        own = part[part.index(f"<h3>{title}") :]
        own = own[: own.index("<h3>", 4)]
        assert "<math" in own, title
        assert 'href="#fn-farside.' in own, title
        assert 'href="#ref-' in own or title == "Verdicts", title


def test_what_is_not_known_speaks_of_every_part(real: str) -> None:
    part = real[real.index('<section id="limits">') : real.index('<section id="methods">')]
    heads = re.findall(r"<h3>([^<]+)</h3>", part)
    assert heads == [
        "Oxides",
        "Interior",
        "Samples and isotopes",
        "Chronology",
        "Impacts",
        "Findings",
    ]
    for head in heads:
        own = part[part.index(f"<h3>{head}") :]
        assert own.index("<li>") < (own.index("<h3>", 4) if "<h3>" in own[4:] else len(own))


# -- equations and links -----------------------------------------------------------------------


def test_equations_are_mathml_and_the_same_each_time() -> None:
    made = display(r"C = C_0 f^{D - 1}")
    assert made.startswith('<div class="eq"><math')
    assert 'display="block"' in made
    assert "<msub><mi>C</mi><mn>0</mn></msub>" in made
    assert 'display="inline"' in inline("x")
    display.cache_clear()
    assert display(r"C = C_0 f^{D - 1}") == made


def test_a_command_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="not known"):
        display(r"\nosuchcommand{x}")


def test_names_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="no function"):
        Links().function("farside.nowhere.f", "1")
    with pytest.raises(KeyError):
        Links().cite("nobody1900")


def test_words_with_keys_become_links_and_stay_escaped() -> None:
    links = Links()
    made = links.with_papers("a <b> of [li2024] and [not a key], [nobody1900]")
    assert made == (
        'a &lt;b&gt; of <a class="cited" href="#ref-li2024">[li2024]</a> and [not a key], '
        "[nobody1900]"
    )
    assert [r.key for r in links.listed()] == ["li2024"]
    assert links.source("li2024") == links.cite("li2024")
    assert "user" in links.data.setdefault("x", links._described_data("input: spectrum")).title


def test_tables_named_by_their_files_are_links_too() -> None:
    links = Links()
    made = links.code("farside.study.finding.normal on cells_5deg.csv, then layers_05deg.npz.")
    assert 'href="#fn-farside.study.finding.normal"' in made
    assert 'href="#data-cells_5deg"' in made
    assert 'href="#data-layers_05deg"' in made
    assert {"cells_5deg", "layers_05deg"} <= set(links.data)


def test_every_table_and_figure_of_the_page_names_a_function(real: str) -> None:
    origins = re.findall(r'<p class="origin">Made by (.*?)</p>', real, flags=re.DOTALL)
    assert len(origins) > 40
    # what comes from a script of the repository instead of the package is said as such
    assert all('href="#fn-farside.' in text or "scripts/" in text for text in origins)


def test_a_module_is_found_though_nothing_has_imported_it() -> None:
    code = (
        "import sys; from farside.report._links import described; "
        "name = 'farside.maps.sharpen_validation'; assert name not in sys.modules; "
        "print(described(name).path)"
    )
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "src/farside/maps/sharpen_validation.py"
