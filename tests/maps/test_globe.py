"""The Moon as a globe: pixels against exact relations, marks where they are, files and refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.text import Text
from typer.testing import CliRunner

from farside.cli import names
from farside.cli.app import app
from farside.constants import MAP_RADIUS, OXIDES
from farside.datasets.layers import SHAPE, grid_latitude, grid_longitude, load_layers
from farside.errors import InputError, UnknownNameError
from farside.maps.globe import FAR, NEAR, NORTH, VIEWS, WHOLE, draw_layer, globe_figure, pixels
from farside.maps.globe_layers import MEASURED, colour_limits, find_layer, layer_names
from farside.maps.shipped import load_map
from farside.style import WIDTHS_IN

if TYPE_CHECKING:
    from pathlib import Path

R = MAP_RADIUS.value
LAT = np.broadcast_to(grid_latitude()[:, None], SHAPE)
LON = np.broadcast_to(grid_longitude()[None], SHAPE)


def middles(n: int) -> np.ndarray:
    return (2 * np.arange(n) + 1) / n - 1


@pytest.mark.parametrize("view", [NEAR, FAR])
def test_latitude_on_a_disk_is_the_arcsine_of_its_height(view: object) -> None:
    n = 500
    found = np.sin(np.radians(pixels(view, LAT, n)))  # type: ignore[arg-type]
    x, y = np.meshgrid(middles(n), -middles(n))
    inside = np.hypot(x, y) < 0.99
    np.testing.assert_allclose(found[inside], y[inside], atol=1e-3)


def test_longitude_on_the_near_side_grows_to_the_right() -> None:
    n = 500
    found = pixels(NEAR, LON, n)
    x, y = np.meshgrid(middles(n), -middles(n))
    inside = np.hypot(x, y) < 0.9
    toward = np.sqrt(1 - x[inside] ** 2 - y[inside] ** 2)
    expected = np.degrees(np.arctan2(x[inside], toward))
    np.testing.assert_allclose(found[inside], expected, atol=0.02)


def test_the_far_side_has_east_on_its_left() -> None:
    """Seen from behind, 90 E is at the left limb and 90 W at the right."""
    east = pixels(FAR, np.where(LON > 0, 1.0, 0.0), 200)
    assert np.nanmean(east[:, :99]) == pytest.approx(1)
    assert np.nanmean(east[:, 101:]) == pytest.approx(0)


def test_the_moon_fills_its_outline_and_no_more() -> None:
    """Pixels reach at most three beyond the limb, which clips them."""
    n = 400
    for view in (NEAR, NORTH, WHOLE):
        seen = np.isfinite(pixels(view, np.ones(SHAPE), n))
        x, y = np.meshgrid(middles(seen.shape[1]), middles(seen.shape[0]))
        away = np.hypot(x, y)
        assert seen[away < 1].all()
        assert not seen[away > 1 + 6 / seen.shape[0]].any()
        assert seen.shape[1] / seen.shape[0] == pytest.approx(view.half_width / view.half_height)


def test_a_coarse_pixel_is_the_mean_of_what_lies_under_it() -> None:
    """Stripes of one pixel of the grid average out; nearest neighbours would show them."""
    stripes = np.where(np.arange(SHAPE[1]) % 2, 1.0, 0.0) * np.ones(SHAPE)
    found = pixels(NEAR, stripes, 60)
    assert np.abs(found[25:35, 25:35] - 0.5).max() < 0.2


def test_a_gap_stays_a_gap() -> None:
    found = pixels(NEAR, np.where(LAT > 70, np.nan, 1.0), 300)
    y = -middles(300)[:, None] * np.ones(300)
    x = middles(300) * np.ones((300, 1))
    inside = np.hypot(x, y) < 0.99
    edge = np.sin(np.radians(70))
    assert np.isnan(found[inside & (y > edge + 0.02)]).all()
    assert np.isfinite(found[inside & (y < edge - 0.02)]).all()


def test_colours_end_at_shares_of_the_area() -> None:
    """The area below a latitude is (1 + sin lat) / 2 of the sphere."""
    low, high = colour_limits(np.array(LAT))
    expected = np.degrees(np.arcsin(0.98))
    assert (low, high) == pytest.approx((-expected, expected), abs=0.5)
    assert colour_limits(np.full(SHAPE, 3.0)) == (3.0, 4.0)


def test_every_layer_is_offered_with_its_unit() -> None:
    measured = {name for name, layer in load_layers().items() if layer.dtype.kind == "f"}
    assert set(MEASURED) == measured
    assert layer_names() == names.LAYERS
    assert tuple(VIEWS) == names.VIEWS
    assert tuple(WIDTHS_IN) == names.WIDTHS
    for name in MEASURED:
        assert find_layer(name).unit == {"1": "", "deg": "°"}.get(
            load_layers()[name].attrs["units"], load_layers()[name].attrs["units"]
        )


def test_an_oxide_comes_with_its_interval() -> None:
    sharp = load_map().sel(oxide="FeO")
    layer = find_layer("feo")
    assert (layer.name, layer.label, layer.coverage) == ("FeO", "FeO (wt%)", 0.9)
    np.testing.assert_array_equal(layer.values, sharp["value"])
    assert layer.half_width is not None
    np.testing.assert_allclose(layer.values + layer.half_width, sharp["upper"], rtol=1e-6)
    words = [t.get_text() for axes in globe_figure(layer).axes for t in axes.findobj(Text)]
    assert "FeO (wt%)" in words
    assert "half of the 90% interval (wt%)\nhatched: novelty mostly above 1" in words


def test_a_landing_is_where_it_is() -> None:
    """Chang'e-6 at 41.6385 S, 206.0148 E: LROC featured image 1374."""
    far = globe_figure(find_layer("novelty"), view="far").axes[0]
    lat, lon = np.radians([-41.6385, 206.0148 - 180])
    wanted = R * np.cos(lat) * np.sin(lon), R * np.sin(lat)
    marks = [line.get_xydata()[0] for line in far.lines if len(line.get_xydata()) == 1]
    assert min(np.hypot(*(mark - wanted)) for mark in marks) < 100  # metres
    assert {t.get_text() for t in far.texts} >= {"Chang’e-4", "Chang’e-6", "South Pole–Aitken"}
    near = globe_figure(find_layer("novelty"), view="near").axes[0]
    assert not {t.get_text() for t in near.texts} & {"Chang’e-4", "Chang’e-6", "Apollo basin"}


@pytest.mark.parametrize("size", WIDTHS_IN)
def test_every_polar_view_tells_which_way_it_lies(size: str) -> None:
    """Seen from above the north pole 90 E is a quarter turn against the clock from 0."""
    north, south = globe_figure(find_layer("FeO"), view="poles", size=size).axes[:2]
    for axes, up in ((north, "180°"), (south, "0°")):
        at = {t.get_text(): t.xy for t in axes.texts}  # type: ignore[attr-defined]
        assert at["90° E"][0] > abs(at["90° E"][1])
        assert at["90° W"][0] < -abs(at["90° W"][1])
        assert at[up][1] > abs(at[up][0])


def test_views_of_one_layer_share_their_colours() -> None:
    one, two, *_ = globe_figure(find_layer("MgO")).axes
    assert one.images[0].get_clim() == two.images[0].get_clim()


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (("FeQ", "a.svg", "pair", "double"), UnknownNameError, "Did you mean 'FeO'"),
        (("FeO", "a.svg", "fra", "double"), UnknownNameError, "Did you mean 'far'"),
        (("FeO", "a.svg", "pair", "duoble"), UnknownNameError, "Did you mean 'double'"),
        (("FeO", "a.gif", "pair", "double"), InputError, "figures are .svg"),
    ],
)
def test_wrong_input_writes_nothing(
    words: tuple[str, str, str, str], error: type[Exception], message: str, tmp_path: Path
) -> None:
    name, file, view, size = words
    with pytest.raises(error, match=message):
        draw_layer(name, tmp_path / file, view=view, size=size)
    assert not list(tmp_path.iterdir())


def test_command_writes_the_same_bytes_and_tells_what_it_drew(tmp_path: Path) -> None:
    out = [tmp_path / f"{i}.svg" for i in range(2)]
    for path in out:
        done = CliRunner().invoke(
            app, ["figure", "tio2", "--out", str(path), "--size", "single", "--json", "-q"]
        )
    assert out[0].read_bytes() == out[1].read_bytes()
    told = json.loads(done.stdout)
    assert (told["layer"], told["unit"], told["coverage"]) == ("TiO2", "wt%", 0.9)
    assert told["limits"][0] < told["limits"][1]
    # the map is stored in steps of 0.01 wt%; no digits of single precision stand behind them
    assert all(x == round(x, 2) for x in (*told["limits"], *told["half_width_limits"]))
    assert OXIDES[0] == told["layer"]
    text = (
        CliRunner()
        .invoke(
            app, ["figure", "height_km", "--out", str(tmp_path / "h.png"), "--view", "poles", "-q"]
        )
        .stdout
    )
    assert text.startswith(f"{tmp_path / 'h.png'}: height_km, poles, colours -")
    assert text.endswith(" km\n")
