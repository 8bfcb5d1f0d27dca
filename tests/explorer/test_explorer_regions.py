"""Regions and their statistics, against areas and means that are known exactly."""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread
from rasterio.io import MemoryFile
from synthetic_maps import make_map, write_map

import farside
from farside.constants import MEAN_RADIUS, OXIDES
from farside.errors import InputError, UnknownNameError
from farside.explorer import exports
from farside.explorer.opened import open_output
from farside.explorer.regions import Region, drawn, named, polygon
from farside.explorer.state import State
from farside.explorer.statistics import differences, sampled, statistics
from farside.explorer.views import view
from farside.geography import in_spa

if TYPE_CHECKING:
    from pathlib import Path

R = MEAN_RADIUS.value / 1000


def box(west: float, east: float, south: float, north: float, n: int = 20) -> Region:
    """Return a region bounded by parallels and meridians, with points along its edges."""
    lon = np.concatenate([np.linspace(west, east, n), np.full(n, east),
                          np.linspace(east, west, n), np.full(n, west)])  # fmt: skip
    lat = np.concatenate([np.full(n, south), np.linspace(south, north, n),
                          np.full(n, north), np.linspace(north, south, n)])  # fmt: skip
    return polygon(list(zip(lon.tolist(), lat.tolist(), strict=True)))


# -- outlines ----------------------------------------------------------------------------------


def test_a_named_crater_is_a_spherical_cap() -> None:
    found = named("apollo basin")
    assert found.name == "Apollo"
    cap = 2 * math.pi * R**2 * (1 - math.cos(524.23 / 2 / R))
    assert found.area_km2 == pytest.approx(cap, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "region"), [("SPA", "outer"), ("South Pole-Aitken, inner", "inner")]
)
def test_the_basin_is_that_of_geography(name: str, region: str) -> None:
    rng = np.random.default_rng(0)
    lat, lon = np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000))), rng.uniform(-180, 180, 20_000)
    ours, theirs = named(name).contains(lat, lon), in_spa(lat, lon, region=region)
    assert theirs.sum() > 500
    assert np.mean(ours != theirs) < 3e-4  # points within the chord of a ring of 180 points


def test_a_region_across_180_degrees_and_one_about_a_pole() -> None:
    across = box(170, 190, -10, 10)
    assert across.contains([0, 0, 0], [180, -175, 160]).tolist() == [True, True, False]
    expected = R**2 * math.radians(20) * 2 * math.sin(math.radians(10))
    assert across.area_km2 == pytest.approx(expected, rel=2e-3)
    turn = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    pole = drawn(view("south"), 300 * np.cos(turn), 300 * np.sin(turn))
    assert pole.contains([-89.99, -85], [123, 10]).tolist() == [True, True]
    assert not pole.contains(-75, 0)


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        ([(0, 0), (1, 1)], "needs 3 to"),
        ([(0, 0), (0, 0), (0, 0)], "enclose nothing"),
        ([(0, 100), (1, 1), (2, 2)], "not on the Moon"),
        ([(float(k), 0.0) for k in range(200)], "needs 3 to"),
    ],
)
def test_impossible_corners_are_refused(corners: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        polygon(corners)


def test_unknown_and_sizeless_names_are_told() -> None:
    with pytest.raises(UnknownNameError, match="Moscoviense"):
        named("Mare Moscovienze")
    with pytest.raises(InputError, match="a corner of the region is not a number"):
        drawn(view("far"), [0, math.nan, 1], [0, 1, 1])


# -- statistics --------------------------------------------------------------------------------


def test_the_mean_is_by_area(tmp_path: Path) -> None:
    """On a map whose FeO is 20 (1 + sin lat), a cap north of 30° has the mean 20 (1 + 3/4)."""
    lat = 90 - (np.arange(360) + 0.5) / 2
    ramp = 20 * (1 + np.sin(np.radians(lat)))
    value = np.broadcast_to(ramp[:, None], (6, 360, 720))
    path = write_map(tmp_path / "m.zarr", {"all": make_map(-180, 90, 0.5, (360, 720), value=value)})
    turn = np.linspace(0, 2 * math.pi, 90, endpoint=False)
    rho = 2 * 1737.4 * math.tan(math.radians(30))
    cap = drawn(view("north"), rho * np.cos(turn), rho * np.sin(turn))
    found = statistics(sampled(open_output(path), cap), ["FeO"])
    (iron,) = found.summaries
    assert iron.mean == pytest.approx(20 * 1.75, rel=1e-3)
    # sin lat is spread evenly from 1/2 to 1 over the area of a cap
    assert iron.sd == pytest.approx(20 * 0.5 / math.sqrt(12), rel=0.01)
    assert iron.quantiles[2] == pytest.approx(20 * 1.75, rel=2e-3)
    assert found.area_km2 == pytest.approx(2 * math.pi * R**2 * 0.5, rel=2e-3)
    assert (iron.lower, iron.upper) == (
        pytest.approx(iron.mean - 1, abs=1e-3),
        pytest.approx(iron.mean + 1, abs=1e-3),
    )


def test_pixels_of_the_output_are_counted() -> None:
    found = sampled(open_output(), box(100, 110, -5, 5))
    assert found.pixels == 400  # of half a degree
    assert found.lat.size > 16 * 300


def test_what_is_not_covered_is_told(tmp_path: Path) -> None:
    path = write_map(tmp_path / "m.zarr", {"a": make_map(0, 10, 0.1, (100, 50))})
    of = sampled(open_output(path), box(0, 10, 0, 10))
    (iron,) = statistics(of, ["FeO"]).summaries
    assert iron.covered == pytest.approx(0.5, abs=0.01)
    assert statistics(sampled(open_output(path), box(50, 60, 0, 10)), ["FeO"]).summaries == ()


def test_two_regions_differ_by_what_was_put_in(tmp_path: Path) -> None:
    value = np.broadcast_to(np.where(np.arange(200) < 100, 8.0, 15.0), (6, 100, 200))
    path = write_map(
        tmp_path / "m.zarr", {"a": make_map(0, 10, 0.1, (100, 200), value=value, half=2.0)}
    )
    opened = open_output(path)
    a, b = (statistics(sampled(opened, box(w, w + 6, 2, 8)), ["FeO", "thorium"]) for w in (2, 12))
    iron, thorium = differences(a, b)
    assert iron.value == pytest.approx(-7, abs=1e-4)
    assert iron.half_width == pytest.approx(math.hypot(2, 2), abs=1e-4)
    assert iron.told
    assert thorium.half_width is None
    assert not thorium.told


# -- export ------------------------------------------------------------------------------------


def test_geojson_is_cut_at_180_degrees_and_keeps_the_area() -> None:
    opened = open_output()
    found = statistics(sampled(opened, box(170, 190, -10, 10)), ["FeO"])
    content = json.loads(exports.region_geojson(found))
    shape = shapely.geometry.shape(content["features"][0]["geometry"])
    assert shape.geom_type == "MultiPolygon"
    assert shape.bounds == (-180.0, -10.0, 180.0, 10.0)
    assert shape.area == pytest.approx(400, rel=1e-6)  # square degrees
    layers = content["features"][0]["properties"]["layers"]
    assert layers[0]["mean"] == pytest.approx(found.summaries[0].mean)


@settings(max_examples=20, deadline=None)
@given(lat=st.floats(-85, 85), lon=st.floats(-180, 180), size=st.floats(1, 14))
def test_cut_outlines_hold_the_same_places(lat: float, lon: float, size: float) -> None:
    rho = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    ring = [
        (lon + size * math.cos(t) / math.cos(math.radians(min(abs(lat), 70))), v)
        for t in rho
        if -90 < (v := lat + size * math.sin(t)) < 90
    ]
    try:
        region = polygon(ring)
    except InputError:
        return
    shape = exports.cut_at_180(region)
    rng = np.random.default_rng(0)
    here = lat + rng.uniform(-size, size, 200), lon + rng.uniform(-2 * size, 2 * size, 200)
    keep = np.abs(here[0]) < 89
    at = here[0][keep], (here[1][keep] + 180) % 360 - 180
    same = region.contains(*at) == shapely.contains_xy(shape, at[1], at[0])
    # edges are straight on the map in one, on the plane in the other
    assert same.mean() > 0.93


def test_csv_holds_places_and_bounds() -> None:
    of = sampled(open_output(), named("Von Karman"))
    rows = list(csv.DictReader(io.StringIO(exports.region_csv(of))))
    assert len(rows) == of.lat.size
    row = rows[0]
    pixel = farside.load_map().sel(oxide="FeO").sel(
        y=float(row["lat"]), x=float(row["lon"]), method="nearest"
    )  # fmt: skip
    assert float(row["FeO"]) == pytest.approx(float(pixel["value"]), abs=6e-4)
    assert float(row["FeO_upper"]) == pytest.approx(float(pixel["upper"]), abs=6e-4)


def test_a_clip_is_the_pixels_of_the_map_in_valid_geotiffs() -> None:
    region = box(176, 186, -45, -40)
    data = exports.region_cogs(open_output(), region)
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        names = pack.namelist()
        content = pack.read("FeO.tif")
    assert {f"{o}.tif" for o in OXIDES} <= set(names)
    shipped = farside.load_map()["value"].sel(oxide="FeO")
    with MemoryFile(content) as memory, memory.open() as raster:
        assert raster.crs.to_authority() == ("IAU_2015", "30100")
        assert raster.shape == (10, 20)
        for lon, lat in ((177.25, -41.25), (184.75, -44.75)):
            x = lon if lon < raster.bounds.right else lon - 360
            (value,) = next(raster.sample([(x, lat)], indexes=[1]))
            wrapped = (lon + 180) % 360 - 180
            assert value == pytest.approx(float(shipped.sel(y=lat, x=wrapped)))


def test_a_clip_that_is_too_large_or_empty_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "CLIP_PIXELS", 50)
    with pytest.raises(InputError, match="at most 50"):
        exports.clip(open_output(), named("Apollo"))
    path = write_map(tmp_path / "m.zarr", {"a": make_map(0, 10, 0.1, (20, 20))})
    with pytest.raises(InputError, match="holds nothing of"):
        exports.clip(open_output(path), box(100, 110, -50, -40))


def test_a_clip_of_several_tiles_joins_them(tmp_path: Path) -> None:
    tiles = {
        "a": make_map(0, 2, 0.1, (20, 20), value=np.full((6, 20, 20), 4.0)),
        "b": make_map(2, 2, 0.1, (20, 20), value=np.full((6, 20, 20), 6.0)),
    }
    opened = open_output(write_map(tmp_path / "m.zarr", tiles))
    ds = exports.clip(opened, box(0.5, 2.0, 0.5, 1.5))
    assert float(ds["value"].sel(oxide="FeO").mean()) == pytest.approx(4.0)
    assert float(ds.rio.bounds()[2]) <= 2.0 + 1e-9


def test_the_picture_is_a_png_of_the_size_that_was_asked_for() -> None:
    data = exports.view_png(open_output(), State(layer="terrane", a=named("Apollo")), aspect=1.2)
    assert data.startswith(b"\x89PNG")
    picture = imread(io.BytesIO(data))
    assert picture.shape == (1080, 1296, 4)
    assert np.unique(picture[..., 0]).size > 20
