"""Areas, catalogues and batches against geometry and simulated populations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.chronology.batch import date_batch, date_many
from farside.chronology.counts import make_count
from farside.chronology.formats import write_count
from farside.chronology.places import count_on, ellipse_ring, read_catalogue, read_places
from farside.chronology.sphere import RADIUS_KM, Area, lon_lat
from farside.chronology.systems import system
from farside.errors import InputError
from farside.geography.regions import SPA_OUTER, Ellipse

if TYPE_CHECKING:
    from pathlib import Path

PLACES = "name,lon,lat,radius_km\nold ground,-150,-40,300\nyoung ground,20,10,300\n"


def population(seed: int = 0) -> str:
    """Return a catalogue of craters of 20 km and more on two places of 4.1 and 3.85 Ga."""
    rng = np.random.default_rng(seed)
    used = system("neukum2001")
    lines = ["Lon,Lat,Diam_km"]
    for lon, lat, age in ((-150, -40, 4100.0), (20, 10, 3850.0)):
        cap = 2 * np.pi * RADIUS_KM**2 * (1 - np.cos(300 / RADIUS_KM))
        share = float(used.production.between(20, 150))
        n = rng.poisson(cap * share * float(used.chronology.n1(age)))
        u = rng.uniform(size=n)
        top = float(used.production.relative(150))
        d = used.production.diameter(top + u * share)
        z, turn = 1 - rng.uniform(size=n) * (1 - np.cos(300 / RADIUS_KM)), rng.uniform(0, 7, n)
        flat = np.sqrt(1 - z**2)
        local = np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)
        x, y = np.radians(lon), np.radians(lat)
        up = np.array([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
        east = np.array([-np.sin(x), np.cos(x), 0])
        frame = np.stack([east, np.cross(up, east), up])
        a, b = lon_lat(local @ frame)
        lines += [f"{p:.5f},{q:.5f},{r:.4f}" for p, q, r in zip(a, b, d, strict=True)]
    return "\n".join(lines)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    places, craters = tmp_path / "places.csv", tmp_path / "craters.csv"
    places.write_text(PLACES)
    craters.write_text(population())
    return places, craters


def test_circle_has_the_area_of_a_cap() -> None:
    ring = ellipse_ring(Ellipse(70.0, 175.0, 400.0, 400.0, 0.0, ""))
    cap = 2 * np.pi * RADIUS_KM**2 * (1 - np.cos(400 / RADIUS_KM))
    assert Area((ring,)).area_km2 == pytest.approx(cap, rel=2e-4)


def test_outline_of_south_pole_aitken_is_that_of_its_ellipse() -> None:
    ring = ellipse_ring(SPA_OUTER)
    middle = lambda f: Ellipse(  # noqa: E731
        SPA_OUTER.lat, SPA_OUTER.lon, f * SPA_OUTER.semi_major_km, f * SPA_OUTER.semi_minor_km,
        SPA_OUTER.tilt_deg, "",
    )  # fmt: skip
    assert middle(1.001).contains(ring.lat, ring.lon).all()
    assert not middle(0.999).contains(ring.lat, ring.lon).any()


def test_simulated_places_are_dated(files: tuple[Path, Path]) -> None:
    places, craters = files
    made = date_batch(places, "neukum2001", (20.0, 150.0), catalogue=craters, coverage=0.99)
    assert [a.age.name for a in made.areas] == ["old ground", "young ground"]
    for area, truth in zip(made.areas, (4100.0, 3850.0), strict=True):
        assert area.age.lower_ma < truth < area.age.upper_ma
        for shares in area.epochs.values():
            assert 0.95 < sum(shares.values()) <= 1 + 1e-9
    assert made.pairs[0] > 0.99
    assert made.areas[0].epochs["wilhelms1987"]["Pre-Nectarian"] > 0.9
    json.dumps(made.to_dict(), allow_nan=False)
    assert "older than next" in str(made)


def test_ages_of_the_shipped_system_state_the_curve(files: tuple[Path, Path]) -> None:
    places, craters = files
    made = date_batch(places, "farside-2026", (20.0, 150.0), catalogue=craters)
    assert all(a.age.terms["chronology"] > 0 for a in made.areas)


def test_the_place_itself_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("name,lon,lat,radius_km\nbasin,0,0,200\n")
    (tmp_path / "c.csv").write_text(
        "Long,Lat,Diameter (km)\n0,0,390\n1,1,30\n358.5,-1,25\n40,0,50\n"
    )
    count = count_on(read_catalogue(tmp_path / "c.csv"), read_places(tmp_path / "p.csv")[0])
    assert sorted(count.diameter_km.tolist()) == [25, 30]
    assert "1 craters wider than 200 km" in count.notes[0]


def test_polygons_of_geojson(tmp_path: Path) -> None:
    ring = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
    hole = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]
    shape = {"type": "Polygon", "coordinates": [ring, hole]}
    content = {"features": [{"geometry": shape, "properties": {"name": "square"}}]}
    path = tmp_path / "p.geojson"
    path.write_text(json.dumps(content))
    (place,) = read_places(path)
    inside = place.area.contains(np.array([1.0, 3.0, 12.0]), np.array([1.0, 3.0, 1.0]))
    assert inside.tolist() == [True, False, False]


def test_a_ring_need_not_repeat_its_first_corner(tmp_path: Path) -> None:
    """And may cross 180 degrees in either way of writing it."""
    open_ring = [[170, -10], [-170, -10], [-170, 10], [170, 10]]
    closed = [[170, -10], [190, -10], [190, 10], [170, 10], [170, -10]]
    content = {
        "features": [
            {"geometry": {"type": "Polygon", "coordinates": [r]}, "properties": {"name": f"r{i}"}}
            for i, r in enumerate((open_ring, closed))
        ]
    }
    path = tmp_path / "p.geojson"
    path.write_text(json.dumps(content))
    one, two = read_places(path)
    assert one.area.area_km2 == pytest.approx(two.area.area_km2, rel=1e-9)
    assert one.area.contains(np.array([179.0, 160.0]), np.zeros(2)).tolist() == [True, False]


@pytest.mark.parametrize("method", ["poisson", "non-sparse"])
def test_places_without_craters_have_a_limit_at_most(
    method: str, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    """They stand last, in no order and of no epoch; alone they are no error."""
    places, craters = files
    places.write_text(PLACES + "empty,100,0,60\n")
    made = date_batch(places, "farside-2026", (20.0, 150.0), catalogue=craters, method=method)
    assert [a.age.name for a in made.areas] == ["old ground", "young ground", "empty"]
    assert made.areas[-1].age.limit
    assert not made.areas[-1].epochs
    assert len(made.pairs) == 1
    assert "68% intervals" in str(made)
    json.dumps(made.to_dict(), allow_nan=False)
    (tmp_path / "alone.csv").write_text("name,lon,lat,radius_km\nempty,100,0,60\n")
    alone = date_batch(tmp_path / "alone.csv", "neukum1983", catalogue=craters, method=method)
    assert alone.areas[0].age.range_km[0] == pytest.approx(20, rel=0.01)


def test_epochs_of_a_fit_follow_from_its_error(files: tuple[Path, Path]) -> None:
    places, craters = files
    made = date_batch(places, "neukum2001", (20.0, 150.0), catalogue=craters, method="cumulative")
    young = made.areas[-1]
    assert max(young.epochs["wilhelms1987"].values()) < 0.999
    assert "not stated" in str(made)


def test_folder_of_counts(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name, n in (("dense", 200), ("sparse", 20)):
        d = 1 + rng.exponential(0.4, n)
        write_count(make_count(d, 1e5, name=name), tmp_path / f"{name}.diam")
    (tmp_path / "broken.diam").write_text("no count")
    made = date_batch(tmp_path, "neukum1983", (1.0, 20.0), csv_file=tmp_path / "out.txt")
    assert [a.age.craters for a in made.areas] == [200, 20]
    assert made.failed[0][0] == "broken.diam"
    assert (tmp_path / "out.txt").read_text().count("\n") == 3


@pytest.mark.slow
def test_workers_change_nothing() -> None:
    rng = np.random.default_rng(1)
    counts = [make_count(1 + rng.exponential(1, 50), 1e4 + i, name=f"c{i}") for i in range(20)]
    one, two = (date_many(counts, system("yue2022"), (1.0, 50.0), workers=w) for w in (1, 2))
    assert one.to_dict() == two.to_dict()


def test_bad_input(tmp_path: Path, files: tuple[Path, Path]) -> None:
    places, craters = files
    with pytest.raises(InputError, match="no crater below"):
        date_batch(places, "neukum1983", (5.0, 100.0), catalogue=craters)
    with pytest.raises(InputError, match="no folder"):
        date_batch(places, "neukum1983")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no crater count"):
        date_batch(empty, "neukum1983")
    with pytest.raises(InputError, match="at least one crater count"):
        date_many([], system("neukum1983"))
    for text, word in (
        ("name,lon,lat\na,0,0\n", "radius_km"),
        ("name,lon,lat,radius_km\na,0,0,-5\n", "above 0"),
        ("name,lon,lat,radius_km\na,nan,0,5\n", "give lon"),
        ("name,lon,lat,radius_km\na,0,0,x\n", "not a number"),
        ("name,lon,lat,radius_km\na,0,0,9\na,1,1,9\n", "twice"),
        ("name,lon,lat,radius_km\n", "no area"),
        ("lon,lat,radius_km\n0,0,9\n", "no column 'name'"),
    ):
        path = tmp_path / "bad.csv"
        path.write_text(text)
        with pytest.raises(InputError, match=word):
            read_places(path)
    for text in ("Lon,Lat\n0,0\n", "Lon,Lat,Diam_km\n0,99,5\n", "Lon,Lat,Diam_km\n0,0,-1\n", ""):
        path.write_text(text)
        with pytest.raises(InputError):
            read_catalogue(path)
    (tmp_path / "bad.geojson").write_text('{"features": [{"geometry": {"type": "Point"}}]}')
    with pytest.raises(InputError, match="no GeoJSON of polygons"):
        read_places(tmp_path / "bad.geojson")
