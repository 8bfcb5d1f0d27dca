"""Views, windows and drawing, against the formulas of Snyder (1987) and single pixels."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_maps import LEVEL, make_map, write_map

import farside
from farside.errors import InputError, UnknownNameError
from farside.explorer.drawing import check_difference, draw, limits, sample
from farside.explorer.layers import available, catalogue, layer
from farside.explorer.opened import open_output
from farside.explorer.views import VIEWS, Window, grid_on, latlon_of, view
from farside.maps.derived import molar_mg_number

if TYPE_CHECKING:
    from pathlib import Path

RADIUS_KM = 1737.4


@given(key=st.sampled_from(sorted(VIEWS)), lat=st.floats(-89.9, 89.9), lon=st.floats(-179.9, 179.9))
def test_places_come_back_where_they_are_seen(key: str, lat: float, lon: float) -> None:
    of = VIEWS[key]
    x, y = of.xy(lat, lon)
    if math.isnan(x):
        middle = {"far": 180.0, "near": 0.0}.get(key)
        if middle is None:  # a pole shows its own hemisphere
            assert (lat < 0) == (key == "north")
        else:
            assert math.cos(math.radians(lat)) * math.cos(math.radians(lon - middle)) <= 1e-9
        return
    back = of.latlon(x, y)
    if key in ("far", "near") and math.hypot(x, y) > 0.999 * RADIUS_KM:
        return  # at the limb a place is known to the square root of the precision
    assert back[0] == pytest.approx(lat, abs=1e-5)
    assert (back[1] - lon + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)


def test_projections_are_snyders() -> None:
    # orthographic, equations 20-3 and 20-4 at the equatorial aspect; x grows eastwards
    x, y = view("far").xy(30.0, -150.0)
    assert x == pytest.approx(RADIUS_KM * math.cos(math.radians(30)) * math.sin(math.radians(30)))
    assert y == pytest.approx(RADIUS_KM * math.sin(math.radians(30)))
    # polar stereographic, equation 21-5, true at the pole
    x, y = view("south").xy(-60.0, 90.0)
    assert math.hypot(x, y) == pytest.approx(2 * RADIUS_KM * math.tan(math.radians(15)))
    assert (x > 0, y) == (True, pytest.approx(0, abs=1e-6))
    assert view("whole").xy(10.0, -170.0)[0] == pytest.approx(190.0)


def test_the_far_side_is_first_and_in_its_middle() -> None:
    assert next(iter(VIEWS)) == "far"
    lat, lon = view("far").latlon(0.0, 0.0)
    assert (float(lat), abs(float(lon))) == (pytest.approx(0), pytest.approx(180))


@pytest.mark.parametrize("bad", [Window(1e9, 0, 10), Window(0, 0, 0), Window(math.nan, 0, 10)])
def test_windows_off_the_view_are_refused(bad: Window) -> None:
    with pytest.raises(InputError, match="not on the view"):
        bad.checked(view("far"))


def test_unknown_views_and_layers_name_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'south'"):
        view("soutth")
    with pytest.raises(UnknownNameError, match="Did you mean 'thorium'"):
        layer("torium")


# -- drawing -----------------------------------------------------------------------------------


def test_a_picture_shows_the_pixels_of_the_map_that_ships() -> None:
    opened, shipped = open_output(), farside.load_map()
    lat, lon = np.array([[-41.75, 12.25, 89.75]]), np.array([[-153.75, 179.75, 0.25]])
    drawn = draw(opened, layer("FeO"), lat, lon, 1.0)
    expected = [
        float(shipped["value"].sel(oxide="FeO", y=a, x=o))
        for a, o in zip(lat[0], lon[0], strict=True)
    ]
    assert drawn.values[0].tolist() == pytest.approx(expected)
    assert drawn.complete


def test_layers_that_follow_use_the_functions_of_farside() -> None:
    opened, shipped = open_output(), farside.load_map()
    place = np.array([[-20.25]]), np.array([[100.25]])
    pixel = shipped.sel(y=-20.25, x=100.25)
    mg = draw(opened, layer("mg-number"), *place, 1.0).values.item()
    parts = [float(pixel["value"].sel(oxide=o)) for o in ("MgO", "FeO")]
    assert mg == pytest.approx(float(molar_mg_number(*parts)), rel=1e-5)
    width = draw(opened, layer("SiO2-half-width"), *place, 1.0).values.item()
    ends = [float(pixel[e].sel(oxide="SiO2")) for e in ("lower", "upper")]
    assert width == pytest.approx((ends[1] - ends[0]) / 2, rel=1e-5)
    difference = draw(opened, layer("FeO-upper"), *place, 1.0, minus=layer("FeO-lower"))
    ends = [float(pixel[e].sel(oxide="FeO")) for e in ("lower", "upper")]
    assert difference.values.item() == pytest.approx(ends[1] - ends[0], rel=1e-5)


def test_a_difference_of_units_is_in_standard_deviations() -> None:
    """Over the whole Moon, weighted by area, each part has mean 0: so has the difference."""
    opened = open_output()
    lat, lon = np.meshgrid(np.arange(-89.5, 90), np.arange(-179.5, 180), indexing="ij")
    found = draw(opened, layer("height"), lat, lon, 30_000.0, minus=layer("thorium"))
    weights = np.cos(np.radians(lat))
    assert np.average(found.values, weights=weights) == pytest.approx(0, abs=0.02)
    # and of two parts of unit variance and correlation r the variance is 2 - 2 r
    parts = [draw(opened, layer(k), lat, lon, 30_000.0).values for k in ("height", "thorium")]
    means = [np.average(v, weights=weights) for v in parts]
    sd = [math.sqrt(np.average((v - m) ** 2, weights=weights))
          for v, m in zip(parts, means, strict=True)]  # fmt: skip
    scaled = [(v - m) / s for v, m, s in zip(parts, means, sd, strict=True)]
    r = np.average(scaled[0] * scaled[1], weights=weights)
    assert np.average(found.values**2, weights=weights) == pytest.approx(2 - 2 * r, rel=0.02)


def test_classes_have_no_difference() -> None:
    with pytest.raises(InputError, match="are classes"):
        check_difference(layer("terrane"), layer("FeO"))


def test_a_picture_across_180_degrees_reads_both_ends(tmp_path: Path) -> None:
    """Two tiles beside 180°, one value each: the picture has both, and nothing beyond them."""
    east = make_map(176, 2, 0.1, (40, 40), value=np.full((6, 40, 40), 5.0))
    west = make_map(-180, 2, 0.1, (40, 40), value=np.full((6, 40, 40), 9.0))
    opened = open_output(write_map(tmp_path / "map.zarr", {"east": east, "west": west}))
    of = view("far")
    grid = grid_on(of, (-200.0, 200.0), (-20.0, 20.0), (400, 40))
    drawn = draw(opened, layer("FeO"), *latlon_of(of, grid), grid.resolution_m)
    row = drawn.values[20]
    # 4 degrees of the equator on the disk are R sin 4°
    edge = RADIUS_KM * math.sin(math.radians(4))
    x = np.linspace(-199.5, 199.5, 400)
    assert set(row[(x > -edge + 2) & (x < -1)]) == {5.0}
    assert set(row[(x > 1) & (x < edge - 2)]) == {9.0}
    assert np.isnan(row[np.abs(x) > edge + 2]).all()


def test_a_global_map_is_read_at_its_edge_without_its_middle(tmp_path: Path) -> None:
    value = np.broadcast_to(np.arange(360.0), (6, 180, 360)) / 10
    path = write_map(tmp_path / "m.zarr", {"all": make_map(-180, 90, 1.0, (180, 360), value=value)})
    (piece,) = open_output(path).pieces
    seen: list[slice] = []

    def spy(name: str, rows: slice, columns: slice, factor: int, deadline: float) -> object:
        seen.append(columns)
        return piece.read(name, rows, columns, factor, deadline)

    lon = np.array([[178.5, 179.5, -179.5, -178.5]])
    found = sample([replace(piece, read=spy)], "value:FeO", (np.zeros_like(lon), lon), 0.0)
    assert found.values[0].tolist() == pytest.approx([35.8, 35.9, 0.0, 0.1])
    assert sum(s.stop - s.start for s in seen) == 4


def test_every_layer_of_the_map_that_ships_draws_within_its_limits() -> None:
    opened = open_output()
    lat, lon = np.meshgrid(np.arange(-88, 89, 8.0), np.arange(-178, 178, 8.0), indexing="ij")
    for key, one in available(opened.names).items():
        if key == "young-mare":
            continue
        values = draw(opened, one, lat, lon, 1e5).values
        low, high = limits(opened, one)
        assert low < high, key
        known = values[np.isfinite(values)]
        assert known.size, key
        # most of the Moon lies within the colours
        assert np.mean((known >= low) & (known <= high)) > 0.9, key


def test_a_file_of_one_oxide_offers_what_it_holds() -> None:
    keys = available(frozenset({"value:FeO", "lower:FeO", "upper:FeO"}))
    assert {"FeO", "FeO-half-width", "oxygen-iron", "terrane"} <= keys.keys()
    assert not {"MgO", "mg-number", "novelty", "helium-3"} & keys.keys()
    assert len(catalogue()) == len({one.label + key for key, one in catalogue().items()})


def test_levels_of_a_flat_map_are_drawn_as_they_are(tmp_path: Path) -> None:
    path = write_map(tmp_path / "m.zarr", {"a": make_map(0, 1, 0.01, (100, 100))})
    opened = open_output(path)
    found = draw(opened, layer("SiO2"), np.array([[0.5]]), np.array([[0.5]]), 5_000.0)
    assert found.values.item() == pytest.approx(LEVEL[5])
