"""The explorer in a real Chromium: what a person does, and that nothing leaves the machine."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from running import explorers
from synthetic_maps import make_map, write_map

import farside
from farside.report.pdf import BROWSERS, browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
PROGRAM = browser()
if PROGRAM is None:
    pytest.skip(f"none of {', '.join(BROWSERS)} is installed", allow_module_level=True)

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip
PATIENCE_MS = 60_000
NAME = "<img src=x onerror=alert(1)>.zarr"
"""Of an output: shown as it stands, never taken for a part of the page."""

FIGURE = "window.farside.figure()"
TEXT = """(() => {
  const words = (node) => node.nodeType === 3 ? node.data
    : [...(node.shadowRoot ? [node.shadowRoot] : []), ...node.childNodes].map(words).join(' ');
  return words(document.getElementById('side')).replace(/\\s+/g, ' ');
})()"""
"""What the side panel says: Panel draws in corners of its own, that innerText does not see."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    folder = tmp_path_factory.mktemp("outputs")
    value = np.full((6, 40, 40), 9.0)
    good = write_map(folder / NAME, {"a": make_map(-154, -40, 0.1, (40, 40), value=value)})
    broken = write_map(folder / "broken.zarr", {"a": make_map(176, 4, 0.2, (40, 40))})
    chunk = broken / "a" / "value" / "c" / "0" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:50])
    with explorers("", str(good), str(broken)) as addresses:
        yield addresses


class Visit:
    """A page that is open, and everything that it asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda r: self.requests.append(r.url))
        page.on("websocket", lambda w: self.requests.append(w.url))
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)

    def open(self, address: str) -> None:
        """Open an address and wait until its map is there."""
        self.page.goto(address)
        self.page.wait_for_function(
            f"window.farside && window.Bokeh && {FIGURE} && {FIGURE}.inner_width > 0"
        )

    def image(self) -> list[float]:
        """Return the range of the picture that is shown."""
        return self.page.evaluate(
            f"(() => {{const r = {FIGURE}.renderers.find(r => r.glyph.type === 'Image');"
            "const d = r.data_source.data; return [d.x[0], d.y[0], d.dw[0], d.dh[0]];})()"
        )

    def ranges(self) -> list[float]:
        """Return the ranges of the axes."""
        return self.page.evaluate(
            f"(() => {{const f = {FIGURE}; return [f.x_range.start, f.x_range.end, "
            "f.y_range.start, f.y_range.end];})()"
        )

    def drawn(self) -> None:
        """Wait until the picture is that of the ranges."""
        self.page.wait_for_function(
            f"(() => {{const f = {FIGURE}, r = f.renderers.find(r => r.glyph.type === 'Image'),"
            "d = r.data_source.data; return Math.abs(d.x[0] - f.x_range.start) < 1e-6 * d.dw[0] &&"
            "Math.abs(d.dw[0] - f.x_range.end + f.x_range.start) < 1e-6 * d.dw[0];})()"
        )

    def on_map(self, across: float, up: float) -> tuple[float, float]:
        """Return where on the page a share of the frame of the map lies."""
        box = self.page.evaluate(
            f"(() => {{const v = Bokeh.index.find_one({FIGURE}), b = v.canvas_view.el"
            ".getBoundingClientRect(), f = v.frame.bbox; return [b.left + f.left, b.top + f.top, "
            "f.width, f.height];})()"
        )
        return box[0] + across * box[2], box[1] + (1 - up) * box[3]

    def settled(self) -> None:
        """Wait until the picture has a pixel for each of the screen, not a draft's fewer."""
        self.page.wait_for_function(
            f"(() => {{const f = {FIGURE}, r = f.renderers.find(r => r.glyph.type === 'Image'),"
            "[rows, columns] = r.data_source.data.image[0].shape;"
            "return rows === f.inner_height && columns === f.inner_width;})()"
        )

    def under(self, across: float, up: float) -> tuple[float, float, float]:
        """Return latitude, longitude and value that are told under the pointer."""
        self.page.mouse.move(*(v + 3 for v in self.on_map(across, up)))
        self.page.mouse.move(*self.on_map(across, up))
        told = self.page.locator(".bk-tooltip-content").first.inner_text()
        pattern = r"([\d.]+)° ([NS]), ([\d.]+)° ([EW])\s+.*?:\s*([\d.]+) wt%"
        found = re.search(pattern, told, re.DOTALL)
        assert found is not None, told
        lat, lon = (float(found[k]) * (-1 if found[k + 1] in "SW" else 1) for k in (1, 3))
        return lat, lon, float(found[5])

    def draw(self, tool: str, places: list[tuple[float, float]]) -> None:
        """Draw on the map with one of its tools, through shares of its frame."""
        self.page.evaluate(
            f"(() => {{const t = {FIGURE}.toolbar, one = t.tools.find(t => t.type === '{tool}');"
            "t.active_drag = one; one.active = true;})()"
        )
        self.page.mouse.move(*self.on_map(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.on_map(*place), steps=4)
        self.page.mouse.up()

    def tab(self, name: str) -> None:
        """Show a part of the side panel."""
        self.page.locator("#side").get_by_role("button", name=name, exact=True).first.click()

    def text(self, words: str) -> Any:
        """Wait for words and return where they are."""
        found = self.page.get_by_text(words).first
        found.wait_for()
        return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        program = driver.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield program
        program.close()


@pytest.fixture
def visit(chromium: Any, servers: list[str]) -> Iterator[Visit]:
    context = chromium.new_context(viewport={"width": 1300, "height": 850}, accept_downloads=True)
    seen = Visit(context.new_page())
    yield seen
    allowed = {urlsplit(address).netloc for address in servers}
    asked = {urlsplit(url).netloc for url in seen.requests if url.startswith(("http", "ws"))}
    context.close()
    # no request leaves the machine, and nothing breaks unseen
    assert asked
    assert asked <= allowed
    assert seen.errors == []


def test_the_far_side_is_shown_first_and_layers_can_be_changed(
    visit: Visit, servers: list[str]
) -> None:
    visit.open(servers[0])
    visit.drawn()
    x0, x1, y0, y1 = visit.ranges()
    assert x0 + x1 == pytest.approx(0, abs=1e-6)
    assert y1 - y0 == pytest.approx(3600, rel=0.01)
    # a pixel is as wide as it is high
    width, height = visit.page.evaluate(f"[{FIGURE}.inner_width, {FIGURE}.inner_height]")
    assert (x1 - x0) / (y1 - y0) == pytest.approx(width / height, rel=0.01)
    bar = f"{FIGURE}.right[0].title"
    assert visit.page.evaluate(bar) == "FeO (wt%)"
    visit.page.get_by_label("Layer").select_option(label="Thorium (ppm)")
    visit.page.wait_for_function(f"{bar} === 'Thorium (ppm)'")
    visit.page.get_by_label("less (difference)").select_option(label="Height (km)")
    visit.page.wait_for_function(f"{bar}.includes('standard deviations')")
    visit.page.get_by_role("button", name="South pole").click()
    visit.page.wait_for_function(f"{FIGURE}.y_range.end === 1000")


def test_a_click_tells_of_the_place(visit: Visit, servers: list[str]) -> None:
    visit.open(f"{servers[0]}/?view=far&layer=FeO&x=571.5&y=-1154.3&half=200&tab=place")
    visit.drawn()
    visit.page.mouse.click(*visit.on_map(0.5, 0.5))  # Chang'e-6
    visit.text("Oxides of the opened output")
    card = visit.page.evaluate(TEXT)
    assert "41.6" in card
    assert "Apollo (crater" in card
    assert "Chang'e-6" in card
    assert "Lunar Prospector cell" in card
    assert "A map holds oxides, not spectra" in card


@pytest.mark.parametrize(
    "window",
    ["view=far", "view=near&x=100&y=200&half=150", "view=north&x=-80&y=40&half=200",
     "view=south&x=100&y=200&half=150", "view=whole&x=100&y=20&half=5"],
)  # fmt: skip
def test_the_value_under_the_pointer_is_that_of_its_pixel(
    visit: Visit, servers: list[str], window: str
) -> None:
    """In all these windows a pixel of the screen is smaller than one of the map."""
    visit.open(f"{servers[0]}/?{window}&layer=FeO")
    visit.drawn()
    visit.settled()
    known = farside.load_map()["value"].sel(oxide="FeO")
    rng = np.random.default_rng(7)
    for share in rng.uniform(0.3, 0.7, (8, 2)):
        lat, lon, value = visit.under(*share)
        # the place is told to 0.01 degree: on an edge of a pixel either may be meant
        near = known.sel(
            y=[lat - 0.006, lat + 0.006], x=[lon - 0.006, lon + 0.006], method="nearest"
        )
        assert np.abs(near - value).min() < 0.0051, (lat, lon, value)
    visit.page.mouse.click(*visit.on_map(*share))
    visit.text("Oxides of the opened output")
    found = re.search(r"FeO ([0-9.]+) wt%", visit.page.evaluate(TEXT))
    assert found is not None
    assert float(found[1]) == pytest.approx(value, rel=0.006)


def test_a_spectrum_is_drawn_where_one_is_near(visit: Visit, servers: list[str]) -> None:
    visit.open(f"{servers[0]}/?at=-3.9,158.06")
    visit.text("Kaguya SP, SP_2C_02_05890")
    visit.page.wait_for_function(
        "Bokeh.documents[0].roots().length && [...Bokeh.documents[0]._all_models.values()]"
        ".some(m => m.type === 'LinearAxis' && m.axis_label === 'wavelength (nm)')"
    )


def test_a_region_is_drawn_and_picked_and_two_are_compared(
    visit: Visit, servers: list[str]
) -> None:
    visit.open(servers[0])
    visit.drawn()
    visit.tab("Region")
    visit.page.get_by_role("button", name="SPA").click()
    visit.text("outer ellipse of Garrick-Bethell")
    assert "3,732,352 km²" in visit.page.evaluate(TEXT)
    visit.tab("Compare")
    visit.page.get_by_role("button", name="draw B").click()
    visit.draw("BoxSelectTool", [(0.45, 0.6), (0.5, 0.65), (0.55, 0.7)])
    visit.text("South Pole-Aitken and drawn by hand")
    assert "The interval of A − B" in visit.page.evaluate(TEXT)
    visit.page.get_by_role("button", name="draw A").click()
    visit.draw("LassoSelectTool", [(0.45, 0.4), (0.5, 0.42), (0.55, 0.4), (0.5, 0.3)])
    visit.text("drawn by hand and drawn by hand")
    visit.page.get_by_label("Region A").fill("Mare Moscoviense")
    visit.page.get_by_label("Region A").press("Enter")
    visit.text("Mare Moscoviense and drawn by hand")
    visit.page.get_by_label("Region A").fill("Atlantis")
    visit.page.get_by_label("Region A").press("Enter")
    visit.text("unknown feature 'Atlantis'")


def test_view_region_and_link_are_exported_and_the_link_restores(
    visit: Visit, servers: list[str], tmp_path: Path
) -> None:
    query = "view=south&layer=MgO&x=100&y=-50&half=400&a=name:Von Kármán&tab=export"
    visit.open(f"{servers[0]}/?{query}")
    visit.drawn()
    assert visit.ranges()[2:] == pytest.approx([-450, 350])
    link = visit.page.get_by_label("Link to this view (add it to the address)").input_value()
    assert "half=400" in link
    assert "tab=export" in link
    for label, name in (("View as PNG", "view.png"), ("GeoJSON (outline", "region.geojson")):
        with visit.page.expect_download() as waiting:
            visit.page.get_by_text(label).first.click()
        waiting.value.save_as(tmp_path / name)
    assert (tmp_path / "view.png").read_bytes().startswith(b"\x89PNG")
    content = json.loads((tmp_path / "region.geojson").read_text("utf-8"))
    assert content["features"][0]["properties"]["name"] == "Von Kármán"
    visit.page.get_by_role("button", name="Make a GeoTIFF clip").click()
    visit.text("Save the clip")
    visit.open(servers[0] + "/" + link)
    assert visit.ranges()[2:] == pytest.approx([-450, 350])
    assert visit.page.get_by_label("Layer").input_value() == "MgO (wt%)"


def test_every_control_is_reached_by_tab_and_shows_it(visit: Visit, servers: list[str]) -> None:
    visit.open(servers[0])
    visit.drawn()
    reached = []
    for _ in range(20):
        visit.page.keyboard.press("Tab")
        reached.append(visit.page.evaluate(FOCUSED))
    names = [name for name, _ in reached]
    for wanted in ("summary", "Far side", "select", "map-area", "lasso", "Place", "Export"):
        assert any(wanted in name for name in names), (wanted, " | ".join(names))
    assert all(width >= 1 for _, width in reached), reached


def test_keys_move_the_map_and_change_what_it_shows(visit: Visit, servers: list[str]) -> None:
    visit.open(servers[0])
    visit.drawn()
    before = visit.ranges()
    visit.page.locator("#map-area").focus()
    visit.page.keyboard.press("+")
    visit.page.keyboard.press("ArrowDown")
    visit.drawn()
    after = visit.ranges()
    assert (after[1] - after[0]) * 1.4 == pytest.approx(before[1] - before[0])
    assert after[2] + after[3] < before[2] + before[3]
    visit.page.keyboard.press("Enter")
    visit.text("Oxides of the opened output")
    visit.page.keyboard.press("?")
    visit.text("layer before, layer after")
    visit.page.keyboard.press("]")
    visit.page.wait_for_function(f"{FIGURE}.right[0].title === 'Al₂O₃ (wt%)'")
    visit.page.keyboard.press("5")
    visit.page.wait_for_function(f"{FIGURE}.below[0].axis_label === 'longitude (°)'")
    # the figures that were replaced are let go
    visit.page.wait_for_function(
        f"{FIGURE} && [...Bokeh.documents[0]._all_models.values()]"
        ".filter(m => m.type === 'Figure').length === 1"
    )


FOCUSED = """(() => {
  let e = document.activeElement;
  while (e && e.shadowRoot && e.shadowRoot.activeElement) e = e.shadowRoot.activeElement;
  if (!e || e === document.body) return ['', 0];
  const style = getComputedStyle(e);
  const words = e.getAttribute('aria-label') || e.title || e.textContent.trim().slice(0, 40);
  return [(e.id + ' ' + e.tagName).toLowerCase() + ' ' + words,
          style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth)];
})()"""


def test_an_output_of_ones_own_is_opened(visit: Visit, servers: list[str]) -> None:
    visit.open(f"{servers[1]}/?at=-42,-152&view=far&layer=FeO")
    visit.text("Oxides of the opened output")
    card = visit.page.evaluate(TEXT)
    assert "9.00 wt%" in card
    assert "8.00 to 10.0" in card
    assert NAME in visit.page.locator("header").inner_text()
    assert visit.page.locator("img").count() == 0


def test_a_broken_output_is_told_kindly(visit: Visit, servers: list[str]) -> None:
    visit.open(servers[2])
    told = visit.page.get_by_role("alert").first
    told.wait_for()
    assert "a block of the map cannot be read" in told.inner_text()
    assert "Traceback" not in visit.page.locator("body").inner_text()
    # what does not need the block can still be seen
    visit.page.get_by_label("Layer").select_option(label="Height (km)")
    visit.page.wait_for_function(f"{FIGURE}.right[0].title === 'Height (km)'")
    told.wait_for(state="detached")


def test_a_narrow_window_needs_no_sidewise_scrolling(visit: Visit, servers: list[str]) -> None:
    visit.page.set_viewport_size({"width": 420, "height": 800})
    visit.open(f"{servers[0]}/?tab=ages")
    visit.text("Ages, oldest first")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 421
    assert visit.page.locator(".wide").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_tables_fit_the_side_panel(visit: Visit, servers: list[str]) -> None:
    regions = "a=name:Apollo&b=name:Oceanus Procellarum"
    for tab, words in (("region", "By area"), ("compare", "Means by area"), ("ages", "Ages, old")):
        visit.open(f"{servers[0]}/?{regions}&tab={tab}")
        visit.text(words)
        table = visit.page.locator(".wide")
        assert table.evaluate("e => e.scrollWidth <= e.clientWidth"), tab
