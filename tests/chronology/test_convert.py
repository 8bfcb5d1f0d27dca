"""Counts brought from format to format, and back as they were."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import warnings
from pathlib import Path

import geopandas
import numpy as np
import pytest

from farside.chronology.convert import convert_count
from farside.chronology.counts import BinnedCount, CraterCount, make_count
from farside.chronology.formats import read_count, write_count
from farside.chronology.sphere import RADIUS_KM, Area, Ring, arc
from farside.errors import InputError, UnknownNameError

PEER = os.environ.get("FARSIDE_CRATERSTATS_PYTHON", "")


def count(seed: int = 3, **about: object) -> CraterCount:
    """Return a count whose every number needs all its digits."""
    rng = np.random.default_rng(seed)
    ring = Ring(np.array([10.1, 11.3, 11.2, 10.05]) / 3, np.array([-1.1, -1.2, 0.3, 0.2]) / 7)
    area = Area((ring,))
    n = 40
    fraction = np.ones(n)
    fraction[:7] = rng.uniform(0.1, 1.0, 7)
    d = 0.2 * rng.pareto(2.0, n) + 0.2
    given: dict[str, object] = {
        "lon": rng.uniform(3.45, 3.7, n),
        "lat": rng.uniform(-0.1, -0.01, n),
        "fraction": fraction,
    }
    return make_count(d, name="exact", area=area, **(given | about))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [".scc", ".diam", ".csv", ".geojson"])
def test_every_digit_of_craters_comes_back(kind: str, tmp_path: Path) -> None:
    first = count(secondary=np.arange(40) % 9 == 0)
    write_count(first, tmp_path / f"b{kind}")
    back = read_count(tmp_path / f"b{kind}")
    assert isinstance(back, CraterCount)
    for name in ("diameter_km", "fraction", "lon", "lat", "secondary"):
        np.testing.assert_array_equal(getattr(back, name), getattr(first, name))
    assert back.area_km2 == first.area_km2
    if kind in (".scc", ".geojson"):
        assert back.area is not None
        assert first.area is not None
        np.testing.assert_array_equal(back.area.rings[0].lon, first.area.rings[0].lon)


@pytest.mark.parametrize("kind", [".stat", ".binned"])
def test_every_digit_of_bins_comes_back(kind: str, tmp_path: Path) -> None:
    bins = BinnedCount(
        "bins", np.array([0.1, 0.11, 0.12]) / 3, np.array([0.11, 0.12, 0.13]) / 3,
        np.array([7.123456789012345, 3.0, 1 / 3]), 98.7654321,
    )  # fmt: skip
    write_count(bins, tmp_path / f"a{kind}")
    back = read_count(tmp_path / f"a{kind}")
    assert isinstance(back, BinnedCount)
    np.testing.assert_array_equal(back.low_km, bins.low_km)
    np.testing.assert_array_equal(back.n, bins.n)
    assert back.area_km2 == pytest.approx(bins.area_km2, rel=1e-15)


def test_a_chain_of_formats_ends_where_it_began(tmp_path: Path) -> None:
    write_count(count(), tmp_path / "0.scc")
    for i, kind in enumerate((".geojson", ".scc", ".csv", ".diam", ".csv")):
        old = next(tmp_path.glob(f"{i}.*"))
        convert_count(old, tmp_path / f"{i + 1}{kind}")
    back, first = read_count(tmp_path / "5.csv"), count()
    assert isinstance(back, CraterCount)
    np.testing.assert_array_equal(back.diameter_km, first.diameter_km)
    np.testing.assert_array_equal(back.lat, first.lat)
    assert back.area_km2 == first.area_km2


@pytest.mark.parametrize(
    ("ring", "lon", "lat"),
    [  # across 180°, where longitudes jump, and about the south pole, where all meet
        (Ring(np.array([172.0, -172, -172, 172]), np.array([-8.0, -8, 8, 8])),
         [179.99, -179.99, 180.0, 173.0, -173.0], [0.0, 1.0, -3.0, 5.0, -5.0]),
        (Ring(np.arange(-180.0, 180, 30), np.full(12, -80.0)),
         [0.0, 179.0, -120.0, 60.0, 33.0], [-90.0, -89.9, -85.0, -82.0, -88.0]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1.0, 1e-3])
def test_shapefiles_keep_places_and_sizes_wherever_they_lie(
    ring: Ring, lon: list[float], lat: list[float], size: float, tmp_path: Path
) -> None:
    d = size * np.array([30.0, 20.0, 10.0, 5.0, 8.0])
    first = make_count(d, name="a", area=Area((ring,)), lon=lon, lat=lat)
    write_count(first, tmp_path / "a_CRATER.shp")
    back = read_count(tmp_path / "a_CRATER.shp")
    assert isinstance(back, CraterCount)
    apart = arc(back.lon, back.lat, first.lon, first.lat) * RADIUS_KM
    assert (apart < 1e-6).all()  # a millimetre
    np.testing.assert_allclose(back.diameter_km, d, rtol=1e-7 / size)  # degrees end at 3e-14
    np.testing.assert_allclose(back.area_km2, first.area_km2, rtol=1e-12)
    np.testing.assert_array_equal(back.fraction, 1.0)


def test_shapes_across_180_lie_together_in_a_plane(tmp_path: Path) -> None:
    """A GIS draws longitudes as they stand: a crater at 180° must not stretch around the Moon."""
    ring = Ring(np.array([172.0, -172, -172, 172]), np.array([-8.0, -8, 8, 8]))
    hole = Ring(np.array([-179.0, -177, -178]), np.array([-1.0, -1, 1]), hole=True)
    count = make_count(
        [9.0, 9.0, 9.0], name="a", area=Area((ring, hole)), lon=[180, -175, 175], lat=[5, 0, 0]
    )
    write_count(count, tmp_path / "a_CRATER.shp")
    craters, area = (geopandas.read_file(tmp_path / f"a_{k}.shp") for k in ("CRATER", "AREA"))
    assert craters.is_valid.all()
    assert area.is_valid.all()
    assert area.geometry[0].contains(craters.geometry).all()
    assert (craters.bounds["maxx"] - craters.bounds["minx"] < 0.4).all()


def test_a_pair_of_shapefiles_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_count(count(), tmp_path / "a_CRATER.shp")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    write = geopandas.GeoDataFrame.to_file

    def fail(frame: geopandas.GeoDataFrame, path: Path) -> None:
        if "AREA" in path.name:
            raise OSError("the disk is full")
        write(frame, path)

    monkeypatch.setattr(geopandas.GeoDataFrame, "to_file", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_count(count(seed=4), tmp_path / "a_CRATER.shp")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_area_and_perimeter_of_an_scc_are_digits_and_points(tmp_path: Path) -> None:
    # craterstats takes what matches [digits and points] of Total_area: 1e-05 would become 1
    small = count(fraction=np.ones(40))
    write_count(small, tmp_path / "a.scc")
    text = (tmp_path / "a.scc").read_text()
    for key in ("Total_area", "Perimeter"):
        assert re.search(rf"^{key} = [0-9.]+ <", text, re.MULTILINE)
    write_count(make_count([1e-3] * 2, 1e-5), tmp_path / "a.diam")
    assert "\narea = 0.00001\n" in (tmp_path / "a.diam").read_text()


def test_a_stat_file_counts_events_as_whole_craters(tmp_path: Path) -> None:
    write_count(count(), tmp_path / "a.stat")
    rows = [
        [float(x) for x in line.split()]
        for line in (tmp_path / "a.stat").read_text().splitlines()
        if not line.startswith("#")
    ]
    events = np.array([row[10] for row in rows])
    assert events.sum() == 40
    np.testing.assert_array_equal(events, np.round(events))
    assert sum(row[1] for row in rows) == pytest.approx(count().fraction.sum())
    # N_inc is N per km2, N_diff per km2 and km
    assert rows[0][2] == pytest.approx(rows[0][1] / count().area_km2)


def test_what_a_format_cannot_hold_is_said(tmp_path: Path) -> None:
    source = tmp_path / "a.scc"
    write_count(count(secondary=np.arange(40) < 4), source)
    done = convert_count(source, tmp_path / "b.diam")
    assert "polygon" in str(done)
    assert "4 craters are tagged secondary; craterstats does not look" in str(done)
    assert done.to_dict()["craters"] == 40
    done = convert_count(source, tmp_path / "b.stat")
    assert "4 craters marked secondary were left out" in str(done)
    done = convert_count(source, tmp_path / "b.geojson")
    assert not done.notes
    done = convert_count(source, tmp_path / "b_CRATER.shp")
    assert "shares of 7 craters on the border" in str(done)
    write_count(make_count([1.0, 2.0], 1e4, sigma_km=[0.1, 0.1]), tmp_path / "c.csv")
    done = convert_count(tmp_path / "c.csv", tmp_path / "c.diam")
    assert done.notes == ("the errors of diameters are not in the new file",)


def test_an_area_is_taken_where_the_file_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("diameter_km\n1.5\n0.25\n")
    with pytest.raises(InputError, match="no area"):
        convert_count(tmp_path / "a.csv", tmp_path / "a.diam")
    convert_count(tmp_path / "a.csv", tmp_path / "a.diam", area_km2=123.25)
    assert read_count(tmp_path / "a.diam").area_km2 == 123.25


@pytest.mark.parametrize("kind", [".scc", ".diam", ".csv", ".geojson", ".binned", ".stat"])
def test_an_area_that_contradicts_the_file_is_refused(kind: str, tmp_path: Path) -> None:
    write_count(count(), tmp_path / f"a{kind}")
    own = count().area_km2
    assert read_count(tmp_path / f"a{kind}", 1.001 * own).area_km2 == 1.001 * own
    with pytest.raises(InputError, match=r"states an area of .* leave out --area"):
        read_count(tmp_path / f"a{kind}", 1.1 * own)


def test_wrong_names_are_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"\.scc"):
        convert_count(tmp_path / "none.scc", tmp_path / "a.scx")
    write_count(count(), tmp_path / "a.scc")
    with pytest.raises(InputError, match="is the file to convert"):
        convert_count(tmp_path / "a.scc", tmp_path / "." / "a.scc")
    with pytest.raises(InputError, match="cannot read"):
        convert_count(tmp_path / "none.scc", tmp_path / "b.scc")
    write_count(count(), tmp_path / "b.stat")
    with pytest.raises(InputError, match="holds bins"):
        convert_count(tmp_path / "b.stat", tmp_path / "b.scc")


@pytest.mark.skipif(not PEER, reason="FARSIDE_CRATERSTATS_PYTHON names no Python with craterstats")
def test_craterstats_dates_all_files_of_a_count_alike(tmp_path: Path) -> None:
    write_count(count(), tmp_path / "a.scc")
    convert_count(tmp_path / "a.scc", tmp_path / "a.diam")
    convert_count(tmp_path / "a.scc", tmp_path / "a.stat")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shapefiles hold short names
        convert_count(tmp_path / "a.scc", tmp_path / "a_CRATER.shp")
    command = shutil.which("craterstats", path=str(Path(PEER).parent))
    assert command is not None
    rows = []
    for name in ("a.scc", "a.diam", "a.stat", "a_CRATER.shp"):
        # of the last bin of a .stat file craterstats guesses the upper end: stay below it
        plot = f"source={name},type=poisson,range=[.25,.5],snap=0"
        words = [command, "-cs", "n83", "-f", "csv", "-o", "out", "-p", plot]
        subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)  # noqa: S603
        text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
        cells = list(csv.reader(text.splitlines()))
        head = next(row for row in cells if "N_event" in row)
        rows.append([cells[-1][head.index(key)] for key in ("Area", "Age", "Age-", "Age+", "a0")])
    assert rows[1:] == rows[:1] * 3
