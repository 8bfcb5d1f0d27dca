"""Links and files of ages: what goes out comes back, and nothing else is let in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.chronology.batch import date_batch
from farside.datasets.chronology import load_calibration_sites
from farside.errors import FarsideError, InputError
from farside.explorer import ages as ages_module
from farside.explorer.ages import read_ages, shipped_ages
from farside.explorer.layers import catalogue
from farside.explorer.regions import named, polygon
from farside.explorer.state import MAX_LINK, TABS, State, parse, refused
from farside.explorer.views import VIEWS, Window

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = sorted(k for k, one in catalogue().items() if not one.classes)


@settings(max_examples=60, deadline=None)
@given(
    view=st.sampled_from(sorted(VIEWS)),
    layer=st.sampled_from(NUMBERS),
    minus=st.none() | st.sampled_from(NUMBERS),
    window=st.none() | st.tuples(st.floats(-90, 90), st.floats(-80, 80), st.floats(1, 90)),
    place=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 179.99)),
    tab=st.sampled_from(TABS),
)
def test_a_link_restores_the_state(
    view: str, layer: str, minus: str | None, window: Any, place: Any, tab: str
) -> None:
    seen = Window(*window) if window else None
    state = State(view, layer, minus, seen, place, named("Apollo"), None, tab)
    back = parse("http://127.0.0.1:5006/?" + state.query())
    assert (back.view, back.layer, back.minus, back.tab) == (view, layer, minus, tab)
    assert back.a is not None
    assert back.a.name == "Apollo"
    assert back.query() == state.query()
    if seen is not None:
        assert back.window is not None
        assert back.window.half == pytest.approx(seen.half, abs=1e-3)


def test_drawn_regions_go_through_a_link_of_bounded_length() -> None:
    corners = [(-179.1234 + k / 3, -41.5678 + (k % 7) / 10) for k in range(96)]
    region = polygon(corners)
    query = State(a=region, b=region, tab="compare").query()
    assert len(query) <= MAX_LINK
    back = parse(query)
    assert back.a is not None
    assert back.a.lon.tolist() == region.lon.tolist()


MALFORMED = [
    "view=x", "layer=iron", "foo=1", "view=far&view=far", "x=1e5&y=0&half=9", "x=1&y=0",
    "x=0&y=0&half=0", "x=0&y=0&half=nan", "x=999999&y=0&half=5", "at=100,3", "at=1,2,3", "at=a,b",
    "a=__import__('os').system('true')", "a=name:" + "x" * 61, "a=name:%00", "a=name:",
    "a=poly:0,0_0,0_0,0", "a=poly:nan,1_1,2_3,4", "a=poly:1,2", "a=poly:" + "1,1_" * 2000,
    "layer=FeO&minus=terrane", "tab=../../etc", "=", "&&", "view", "%ff=1", "view=far;layer=FeO",
    "a=name:Atlantis", "view=far&" + "&".join(f"k{i}=1" for i in range(50)),
]  # fmt: skip


@pytest.mark.parametrize("link", MALFORMED)
def test_malformed_links_are_refused_with_a_reason(link: str) -> None:
    with pytest.raises(FarsideError):
        parse(link)
    assert len(refused(link)) > 20
    assert not refused("")


# -- ages --------------------------------------------------------------------------------------


def test_shipped_ages_are_those_of_the_table() -> None:
    table = load_calibration_sites().drop_duplicates("site").set_index("site")
    found = {a.name: a for a in shipped_ages()}
    apollo = found["Apollo 12"]
    sigma = float(table.loc["Apollo 12", "age_Ga_1s"])
    assert apollo.age_ga == float(table.loc["Apollo 12", "age_Ga"])
    # 90 % of a normal error lies within 1.645 sigma
    assert apollo.lower_ga == pytest.approx(apollo.age_ga - 1.645 * sigma, abs=1e-4)
    assert {a.side for a in shipped_ages() if a.kind == "mare"} == {"near", "far"}
    assert all(a.source for a in shipped_ages())
    assert found["South Pole-Aitken (Chang'e-6 norite)"].lower_ga is None
    assert set(ages_module.MARE) <= set(table.index)


def test_the_csv_of_batch_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "counts"
    folder.mkdir()
    craters = "".join(f"{0.4 + k / 100:.3f}\t1\t0\t0\n" for k in range(30))
    text = f"area = 1000\ncrater = {{diameter, fraction, lon, lat\n{craters}}}\n"
    (folder / "unit.diam").write_text(text, encoding="utf-8")
    out = tmp_path / "ages.csv"
    done = date_batch(folder, "neukum1983", (0.3, 2.0), csv_file=out)
    (age,) = read_ages(out)
    assert age.age_ga == pytest.approx(done.areas[0].age.age_ma / 1000, rel=1e-4)
    assert age.lower_ga == pytest.approx(done.areas[0].age.lower_ma / 1000, rel=1e-4)


def test_geojson_of_ages_is_read_and_its_side_follows_from_the_place(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, -40]},
         "properties": {"name": name, "age_ga": 3.1, "lower_ga": 3.0, "upper_ga": 3.3}}
        for name, lon in (("a", 10), ("b", 200))
    ]  # fmt: skip
    path = tmp_path / "ages.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert [(a.name, a.side) for a in read_ages(path)] == [("a", "near"), ("b", "far")]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "Site,T\nx,1\n", "no column Name, Age"),
        ("a.csv", "Name,Age\nx,old\n", "ages are numbers"),
        ("a.csv", "Name,Age\nx,9\n", "between 0 and 4.6"),
        ("a.csv", "Name,Age,Age-,Age+\nx,3,3.5,4\n", "within its bounds"),
        ("a.csv", "Name,Age,Side\nx,3,left\n", "near, far or empty"),
        ("a.csv", "Name,Age\n", "holds 0 ages"),
        ("a.csv", "Name,Age\nx,nan\n", "between 0 and 4.6"),
        ("a.geojson", "{", "no GeoJSON"),
        ("a.geojson", '{"features": 3}', "no GeoJSON"),
        ("a.geojson", "[" * 100_000, "no GeoJSON"),
    ],
)
def test_ages_that_cannot_be_are_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_ages(path)


def test_a_file_of_ages_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ages_module, "MAX_BYTES", 10)
    path = tmp_path / "a.csv"
    path.write_text("Name,Age\nx,3\n", encoding="utf-8")
    with pytest.raises(InputError, match="at most 10"):
        read_ages(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_ages(tmp_path / "absent.csv")
