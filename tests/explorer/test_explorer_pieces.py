"""Windows of stores and GeoTIFFs, against the same pixels averaged by numpy."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_maps import make_map, write_map

from farside.errors import InputError
from farside.explorer import tiff_pieces, zarr_pieces
from farside.explorer.drawing import draw, sample
from farside.explorer.layers import layer
from farside.explorer.opened import open_output
from farside.explorer.pieces import averaged
from farside.explorer.views import grid_on, latlon_of, view
from farside.geography.projections import lunar_crs
from farside.maps import store
from farside.maps.export import export
from farside.maps.journal import JOURNAL
from farside.maps.outputs import write_mosaic

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (150, 310)
STEP = 0.02


def ground(seed: int = 0) -> Any:
    """Return a map of random oxides with a gap of 40 x 60 pixels."""
    value = np.random.default_rng(seed).uniform(1, 50, (6, *SHAPE)).astype(np.float32)
    value[:, 20:60, 100:160] = np.nan
    return make_map(170, 10, STEP, SHAPE, value=value, half=0.5)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    ds = ground()
    return ds, write_map(tmp_path_factory.mktemp("pieces") / "map.zarr", {"tile": ds})


@pytest.fixture(scope="module")
def cogs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    ds = ground()
    folder = tmp_path_factory.mktemp("cogs")
    export(ds, folder)
    return ds, folder


def squares(values: np.ndarray, factor: int) -> np.ndarray:
    """Return the means of what is known in squares, one by one."""
    rows, columns = (math.ceil(n / factor) for n in values.shape)
    out = np.full((rows, columns), np.nan)
    for i in range(rows):
        for j in range(columns):
            part = values[i * factor : (i + 1) * factor, j * factor : (j + 1) * factor]
            if np.isfinite(part).any():
                out[i, j] = np.nanmean(part.astype(np.float64))
    return out


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    power=st.integers(0, 4),
    seed=st.integers(0, 9),
)
def test_averages_are_means_of_what_is_known(
    height: int, width: int, power: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(height, width)).astype(np.float32)
    values[rng.random((height, width)) < 0.3] = np.nan
    np.testing.assert_allclose(averaged(values, 2**power), squares(values, 2**power), atol=1e-5)


@pytest.mark.parametrize("factor", [1, 2, 4, 16])
@pytest.mark.parametrize("name", ["value:FeO", "upper:SiO2", "novelty"])
def test_a_store_gives_the_pixels_of_a_window(
    stored: tuple[Any, Path], name: str, factor: int
) -> None:
    ds, path = stored
    (piece,) = open_output(path).pieces
    variable, _, oxide = name.partition(":")
    whole = (ds[variable].sel(oxide=oxide) if oxide else ds[variable]).to_numpy()
    rows, columns = slice(16, 112), slice(80, 310)
    read = piece.read(name, rows, columns, factor, math.inf)
    assert read.complete
    np.testing.assert_allclose(read.values, squares(whole[rows, columns], factor), rtol=1e-5)


@pytest.mark.parametrize("factor", [1, 2, 8])
def test_a_geotiff_gives_the_pixels_of_a_window(cogs: tuple[Any, Path], factor: int) -> None:
    ds, folder = cogs
    opened = open_output(folder)
    piece = next(p for p in opened.pieces if "lower:MgO" in p.names)
    whole = ds["lower"].sel(oxide="MgO").to_numpy()
    rows, columns = slice(16, 150), slice(160, 310)
    read = piece.read("lower:MgO", rows, columns, factor, math.inf)
    expected = squares(whole[rows, columns], factor)
    known = np.isfinite(expected)
    np.testing.assert_allclose(read.values[known], expected[known], rtol=1e-4)
    if factor == 1:
        assert np.isnan(read.values[~known]).all()


def test_a_hurried_geotiff_is_shown_in_wider_squares(cogs: tuple[Any, Path]) -> None:
    ds, folder = cogs
    tiff = tiff_pieces.Tiff(folder / "FeO.tif")
    rows, columns = slice(6, 100), slice(250, 310)
    found = tiff._coarse("value:FeO", (rows, columns), 2)
    whole = ds["value"].sel(oxide="FeO").to_numpy()
    wide = squares(whole, 16)  # eight times as wide as the squares of two that were asked for
    i, j = (np.arange(s.start, s.stop, 2) // 16 for s in (rows, columns))
    expected = wide[i[:, None], j]
    known = np.isfinite(expected)
    assert found.shape == (47, 30)
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-4)


def test_scaled_integers_come_back_as_percent(tmp_path: Path) -> None:
    ds = ground()
    path = write_map(tmp_path / "map.zarr", {"tile": ds}, storage="int16")
    (piece,) = open_output(path).pieces
    read = piece.read("value:TiO2", slice(0, 150), slice(0, 310), 1, math.inf)
    # steps of 0.01 wt%, and a gap stays a gap
    np.testing.assert_allclose(read.values, ds["value"].sel(oxide="TiO2"), atol=0.0051)


def test_what_time_does_not_allow_is_shown_coarser_and_then_sharpens(
    stored: tuple[Any, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ds, path = stored
    monkeypatch.setattr(zarr_pieces, "OVERVIEW", 80)
    monkeypatch.setattr(zarr_pieces, "HOLD_S", 0.0)
    (piece,) = open_output(path).pieces
    rows, columns = slice(0, 150), slice(0, 310)
    whole = ds["value"].sel(oxide="CaO").to_numpy()
    coarse = piece.read("value:CaO", rows, columns, 4, math.inf)  # 310 / 4 fit into 80
    np.testing.assert_allclose(coarse.values, squares(whole, 4), rtol=1e-5)
    hurried = piece.read("value:CaO", rows, columns, 1, time.monotonic() - 1)
    assert not hurried.complete
    # the overview stands for every pixel that could not be read
    expected = np.repeat(np.repeat(squares(whole, 4), 4, axis=0), 4, axis=1)[:150, :310]
    np.testing.assert_allclose(hurried.values, expected, rtol=1e-5)
    patient = piece.read("value:CaO", rows, columns, 1, math.inf)
    assert patient.complete
    np.testing.assert_allclose(patient.values, whole, rtol=1e-6)


def test_only_blocks_of_the_window_are_opened(
    stored: tuple[Any, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = stored
    (piece,) = open_output(path).pieces
    seen: list[tuple[int, int]] = []
    decode = zarr_pieces._Blocks.decode

    def spy(self: Any, i: int, j: int, *how: int) -> Any:
        seen.append((i, j))
        return decode(self, i, j, *how)

    monkeypatch.setattr(zarr_pieces._Blocks, "decode", spy)
    piece.read("value:FeO", slice(70, 120), slice(130, 190), 1, math.inf)
    assert sorted(seen) == [(1, 2)]  # blocks of 64 pixels


@pytest.mark.parametrize("overview", [4096, 80])
def test_a_damaged_block_is_told_and_the_others_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overview: int
) -> None:
    monkeypatch.setattr(zarr_pieces, "OVERVIEW", overview)
    monkeypatch.setattr(zarr_pieces, "HOLD_S", 0.0)
    ds = ground()
    path = write_map(tmp_path / "map.zarr", {"tile": ds})
    chunk = path / "tile" / "value" / "c" / "0" / "1" / "2"  # rows 64 to 128, columns 128 to 192
    chunk.write_bytes(chunk.read_bytes()[:40])
    (piece,) = open_output(path).pieces
    read = piece.read("value:FeO", slice(0, 150), slice(0, 310), 4, math.inf)
    assert "block of the map cannot be read" in read.problem
    expected = squares(ds["value"].sel(oxide="FeO").to_numpy(), 4)
    expected[16:32, 32:48] = np.nan
    np.testing.assert_allclose(read.values, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p / "absent.zarr", "there is no"),
        (lambda p: p, "is no map"),
        (lambda p: _text(p / "notes.txt"), "is no map"),
        (lambda p: _text(p / "FeO.tif"), "cannot be opened as a GeoTIFF"),
        (lambda p: _plain_tiff(p / "photo.tif", "EPSG:4326"), "not the Moon"),
        (lambda p: _plain_tiff(p / "photo.tif", "IAU_2015:30100"), "holds no oxide"),
    ],
)
def test_what_is_no_map_is_refused_with_a_reason(tmp_path: Path, make: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_output(make(tmp_path))


def _text(path: Path) -> Path:
    path.write_text("not a map", encoding="utf-8")
    return path


def _plain_tiff(path: Path, crs: str) -> Path:
    transform = Affine(0.1, 0, 0, 0, -0.1, 1)
    with rasterio.open(
        path, "w", driver="GTiff", width=8, height=8, count=1, dtype="float32", crs=crs,
        transform=transform,
    ) as raster:  # fmt: skip
        raster.write(np.ones((1, 8, 8), np.float32))
        if crs == "EPSG:4326":
            raster.set_band_description(1, "FeO wt% value")
    return path


def test_an_unfinished_map_is_refused(tmp_path: Path) -> None:
    path = write_map(tmp_path / "map.zarr", {"tile": ground()})
    (path / JOURNAL).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="not finished"):
        open_output(path)


def test_a_large_file_without_overviews_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farside.explorer.tiff_pieces.PLAIN_PIXELS", 60)
    with pytest.raises(InputError, match="no overviews"):
        open_output(_plain_tiff(tmp_path / "photo.tif", "IAU_2015:30100"))


def test_a_tile_of_a_store_and_the_whole_of_it_can_be_opened(stored: tuple[Any, Path]) -> None:
    _, path = stored
    assert open_output(path / "tile").pieces[0].name == "tile"
    assert open_output(path).coverage == pytest.approx(0.9)


@pytest.mark.parametrize("files", [(), ("cog",)])
def test_the_folder_of_a_mosaic_is_opened(tmp_path: Path, files: tuple[str, ...]) -> None:
    tiles = {
        name: make_map(west, 2, 0.1, (40, 40), value=np.full((6, 40, 40), level))
        for name, west, level in (("a", 0, 7.0), ("b", 4, 11.0))
    }
    path = write_map(tmp_path / "map.zarr", tiles)
    write_mosaic([path], tmp_path / "moon", files=files)
    opened = open_output(tmp_path / "moon")
    assert opened.store == tmp_path / "moon" / "mosaic.zarr"
    places = np.array([[0.0, 0.0]]), np.array([[2.0, 6.0]])
    read = sample(opened.pieces, "value:FeO", places, 0.0)
    assert read.complete
    assert read.values[0].tolist() == pytest.approx([7.0, 11.0])


def test_a_store_of_two_hundred_thousand_columns_is_shown_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is written but its frame: what is missing costs no more than what is there."""
    monkeypatch.setattr(zarr_pieces, "HOLD_S", 3600.0)  # its overview is not made to the end
    width, height = 200_000, 100_000
    step = 360 / width
    image = xr.Dataset(
        coords={
            "y": ("y", 90 - (np.arange(height) + 0.5) * step),
            "x": ("x", -180 + (np.arange(width) + 0.5) * step),
        }
    ).rio.write_crs(lunar_crs("geographic"))
    store.write_root(tmp_path / "m.zarr", {})
    store.write_tile(tmp_path / "m.zarr" / "all", image, 512, "int16", {"coverage": 0.9})
    opened = open_output(tmp_path / "m.zarr")
    of = view("far")
    grid = grid_on(of, (-1800.0, 1800.0), (-1800.0, 1800.0), (200, 200))
    start = time.monotonic()
    found = draw(opened, layer("FeO"), *latlon_of(of, grid), grid.resolution_m)
    assert time.monotonic() - start < 5
    assert not found.complete
    assert np.isnan(found.values).all()


@pytest.mark.parametrize("stated", ["most", 9, None])
def test_a_coverage_that_is_no_share_is_refused(tmp_path: Path, stated: Any) -> None:
    path = write_map(tmp_path / "m.zarr", {"a": make_map(0, 0, 1.0, (8, 8))})
    about = path / "a" / "zarr.json"
    content = json.loads(about.read_text("utf-8"))
    content["attributes"]["coverage"] = stated
    about.write_text(json.dumps(content), "utf-8")
    with pytest.raises(InputError, match="a number between 0 and 1"):
        open_output(path)
