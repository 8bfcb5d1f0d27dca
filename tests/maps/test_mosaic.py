"""Mosaics against tiles whose every pixel is known, and against exact relations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rasterio.crs import CRS
from scipy.stats import norm
from synthetic_maps import LEVEL, make_map, write_map

from farside.constants import OXIDES
from farside.errors import InputError, UnknownNameError
from farside.geography.cells import cell_area
from farside.geography.projections import lunar_crs
from farside.maps.grid import MapGrid, grid_of, period, read_crs, require_lunar
from farside.maps.mosaic import Mosaic, mosaic, target_grid
from farside.maps.predict import FLAGS
from farside.maps.resample import Layers, Tile
from farside.maps.store import open_map
from farside.maps.tiles import open_tiles

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

EQC = lunar_crs("equirectangular")


def plane(k: int, lon: Any, lat: Any) -> Any:
    return LEVEL[k] + 0.1 * lon + 0.05 * lat


def tiles(*maps: xr.Dataset) -> list[Tile]:
    return [Tile(ds, f"tile{i}") for i, ds in enumerate(maps)]


def run(tmp_path: Path, *maps: xr.Dataset, **options: Any) -> tuple[Mosaic, xr.Dataset]:
    done = mosaic(tiles(*maps), tmp_path / "m.zarr", block=48, **options)
    return done, open_map(tmp_path / "m.zarr").load()


# -- grids -------------------------------------------------------------------------------------


def test_areas_of_a_whole_moon_are_those_of_the_sphere() -> None:
    grid = grid_of(make_map(-180, 90, 5, (36, 72)))
    assert grid.areas().sum() == pytest.approx(4 * np.pi * 1737.151**2, rel=1e-12)
    south, north = 85 - 5 * np.arange(36), 90 - 5 * np.arange(36)
    assert np.allclose(grid.areas()[:, 3], cell_area(south, north, 0, 5), rtol=1e-12)


def test_areas_of_a_polar_map_are_those_of_its_cap() -> None:
    crs = lunar_crs("north_polar")
    half = 2 * 1_737_400.0 * np.tan(np.radians(10) / 2)
    grid = grid_of(make_map(-half, half, half / 200, (400, 400), crs=crs))
    inside = np.hypot(*np.meshgrid(*grid.centres())) <= half
    # the cap within 10 degrees of the pole; pixels on its rim are in or out as a whole
    cap = 2 * np.pi * 1737.151**2 * (1 - np.cos(np.radians(10)))
    assert grid.areas()[inside].sum() == pytest.approx(cap, rel=2e-3)
    assert grid.holds_pole == (False, True)


def test_the_moon_repeats_itself_after_its_equator() -> None:
    assert period(lunar_crs("geographic")) == 360
    assert period(EQC) == pytest.approx(2 * np.pi * 1_737_400.0, rel=1e-12)
    assert period(lunar_crs("south_polar")) is None


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:3857", "IAU_2015:49900"])
def test_a_system_of_another_body_is_refused(code: str) -> None:
    with pytest.raises(InputError, match="not the Moon"):
        require_lunar(CRS.from_user_input(code), "the map")
    with pytest.raises(InputError, match="not the Moon"):
        read_crs(code)


def test_systems_are_read_by_name_and_code() -> None:
    assert read_crs("equirectangular") == read_crs("IAU_2015:30110") == EQC
    assert read_crs(None) is None
    with pytest.raises(UnknownNameError):
        read_crs("mercator")
    with pytest.raises(InputError, match="no coordinate system"):
        read_crs("IAU_2015:1")


def test_a_map_without_system_or_with_uneven_steps_is_refused() -> None:
    ds = make_map(0, 10, 1, (5, 5))
    with pytest.raises(InputError, match="no coordinate system"):
        grid_of(ds.drop_vars("spatial_ref"))
    with pytest.raises(InputError, match="uneven"):
        grid_of(ds.isel(x=[0, 1, 2, 4]))
    with pytest.raises(InputError, match="no pixel"):
        grid_of(ds.isel(x=[]))


# -- one tile ----------------------------------------------------------------------------------


def test_one_tile_is_its_own_mosaic(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    value = (LEVEL[:, None, None] + rng.normal(0, 1, (6, 40, 50))).astype(np.float32)
    value[0] += 3  # a bound below 0 wt% would be cut
    value[:, 3:7, 5:9] = np.nan
    ds = make_map(100, 20, 0.1, (40, 50), value=value, novelty=rng.uniform(0, 2, (40, 50)))
    done, out = run(tmp_path, ds)
    for name in ("value", "lower", "upper", "novelty"):
        assert np.allclose(out[name], ds[name], equal_nan=True, atol=2e-5), name
    assert np.array_equal(out.flag, ds.flag)
    assert np.allclose(out.x, ds.x)
    assert np.allclose(out.y, ds.y)
    assert done.covered == pytest.approx(1 - 16 / 2000)
    assert done.seams == ()
    assert out.rio.crs == ds.rio.crs


def test_a_tile_across_180_degrees_is_not_cut(tmp_path: Path) -> None:
    ds = make_map(178, 5, 0.1, (40, 40), value=plane)
    _, out = run(tmp_path, ds, crs=lunar_crs("equirectangular_far"))
    assert np.isfinite(out.value.sel(oxide="FeO")).mean() > 0.99
    # x counts from 180 degrees there: a degree further east is 0.1 wt% more
    degree = np.pi * 1_737_400.0 / 180
    row = out.value.sel(oxide="FeO").isel(y=20)
    slope = np.polyfit(row.x / degree, row, 1)[0]
    assert slope == pytest.approx(0.1, rel=0.02)


def test_a_tile_at_350_degrees_meets_one_at_minus_10(tmp_path: Path) -> None:
    far = make_map(350, 5, 0.1, (20, 50), value=lambda k, x, y: plane(k, x - 360, y))
    near = make_map(-6, 5, 0.1, (20, 50), value=plane)
    done, out = run(tmp_path, near, far)
    assert out.sizes["x"] == 90
    assert done.seams[0].pixels == 20 * 10
    assert max(abs(s.mean_difference) for s in done.seams) < 1e-5
    assert np.allclose(out.value.sel(oxide="FeO"), plane(1, out.x.values, out.y.values[:, None]),
                       atol=1e-4)  # fmt: skip


def test_tiles_all_round_the_moon_stay_between_minus_180_and_180() -> None:
    ring = [make_map(west, 45, 5, (18, 18)) for west in (-180, -90, 0, 90)]
    grid = target_grid(tiles(*ring))
    assert grid.bounds == (-180, -45, 180, 45)


# -- reprojection ------------------------------------------------------------------------------


def test_coarser_pixels_are_means_and_intervals_do_not_shrink(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    value = (LEVEL[:, None, None] + rng.normal(0, 0.5, (6, 40, 40))).astype(np.float32)
    half = rng.uniform(0.5, 1.5, (6, 40, 40)).astype(np.float32)
    ds = make_map(0, 4, 0.1, (40, 40), value=value, half=half)
    _, out = run(tmp_path, ds, resolution=0.4)
    blocks = value.reshape(6, 10, 4, 10, 4).mean(axis=(2, 4))
    assert np.allclose(out.value, blocks, atol=1e-4)
    width = half.reshape(6, 10, 4, 10, 4).mean(axis=(2, 4))
    assert np.allclose(out.upper - out.value, width, atol=1e-4)


def test_missing_pixels_take_no_part_in_a_mean(tmp_path: Path) -> None:
    value = np.broadcast_to(LEVEL[:, None, None], (6, 8, 8)).copy()
    value[:, :2, :2] += 4
    value[:, 0, 0] = np.nan
    value[:, 4:, 4:] = np.nan
    _, out = run(tmp_path, make_map(0, 8, 1, (8, 8), value=value), resolution=4)
    expected = LEVEL + 4 * 3 / 15
    assert np.allclose(out.value[:, 0, 0], expected, atol=1e-5)
    assert np.isnan(out.value[:, 1, 1]).all()
    assert int(out.flag[1, 1]) == FLAGS["nan"]
    assert int(out.flag[0, 0]) == 0


def test_a_map_in_another_projection_keeps_its_places(tmp_path: Path) -> None:
    ds = make_map(20, -10, 0.05, (100, 100), value=plane)
    _, out = run(tmp_path, ds, crs=lunar_crs("south_polar"), resolution=1500.0)
    lon, lat = grid_of(out).lonlat()
    feo = out.value.sel(oxide="FeO").to_numpy()
    good = np.isfinite(feo)
    assert good.sum() > 5000
    # nearest neighbour: off by half a pixel of 0.05 degrees at most, in each direction
    assert np.abs(feo - plane(1, lon, lat))[good].max() < 0.025 * 0.15 * 1.05


# -- overlaps ----------------------------------------------------------------------------------


def test_agreeing_tiles_change_nothing(tmp_path: Path) -> None:
    left = make_map(0, 5, 0.1, (50, 60), value=plane)
    right = make_map(4, 5, 0.1, (50, 60), value=plane)
    done, out = run(tmp_path, left, right)
    assert np.allclose(out.value.sel(oxide="FeO"), plane(1, out.x.values, out.y.values[:, None]),
                       atol=1e-4)  # fmt: skip
    assert np.allclose(out.upper - out.value, 1.0, atol=1e-4)
    assert done.flagged == ()
    assert {s.pixels for s in done.seams} == {50 * 20}


def test_disagreeing_tiles_give_the_moments_of_their_mixture(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    z = norm.ppf(0.95)
    left = make_map(0, 2, 0.1, (20, 40), half=1.0)
    right = make_map(2, 2, 0.1, (20, 40), value=np.broadcast_to((LEVEL + 3)[:, None, None],
                     (6, 20, 40)), half=2.0)  # fmt: skip
    _, out = run(tmp_path, left, right)
    for column in (22, 30, 38):  # of 60; the tiles share columns 20 to 39
        row = 10
        edges = np.array([min(40 - column - 0.5, 9.5), min(column - 20 + 0.5, 9.5)])
        pick = rng.random(400_000) < edges[1] / edges.sum()
        drawn = np.where(pick, rng.normal(LEVEL[1] + 3, 2 / z, pick.size),
                         rng.normal(LEVEL[1], 1 / z, pick.size))  # fmt: skip
        pixel = out.sel(oxide="FeO").isel(y=row, x=column)
        assert float(pixel.value) == pytest.approx(drawn.mean(), abs=0.02)
        assert float(pixel.upper - pixel.value) == pytest.approx(z * drawn.std(), rel=0.01)


def test_the_mosaic_has_no_step_at_the_edge_of_a_tile(tmp_path: Path) -> None:
    low = make_map(0, 2, 0.1, (40, 60))
    high = make_map(2, 2, 0.1, (40, 60), value=np.broadcast_to((LEVEL + 2)[:, None, None],
                    (6, 40, 60)))  # fmt: skip
    _, out = run(tmp_path, low, high)
    steps = np.abs(np.diff(out.value.sel(oxide="FeO").isel(y=20)))
    assert steps.max() < 2 * 2 / 20  # the difference spread over at least half the overlap
    order = [run(tmp_path / str(i), *pair)[1].value for i, pair in
             enumerate([(low, high), (high, low)])]  # fmt: skip
    assert np.allclose(order[0], order[1], atol=1e-5)


def test_a_gap_in_one_tile_is_filled_by_the_other(tmp_path: Path) -> None:
    value = np.broadcast_to(LEVEL[:, None, None], (6, 20, 20)).copy()
    value[:, 5:10, 5:10] = np.nan
    _, out = run(
        tmp_path, make_map(0, 2, 0.1, (20, 20), value=value), make_map(0, 2, 0.1, (20, 20))
    )
    assert np.isfinite(out.value).all()
    assert (out.flag == 0).all()


def test_a_map_without_flags_has_those_that_its_numbers_tell(tmp_path: Path) -> None:
    value = np.broadcast_to(LEVEL[:, None, None], (6, 20, 20)).copy()
    value[:, 5:10, 5:10] = np.nan
    novelty = np.linspace(0, 2, 400).reshape(20, 20)
    ds = make_map(0, 2, 0.1, (20, 20), value=value, novelty=novelty)
    _, out = run(tmp_path, ds.drop_vars("flag"))
    assert np.array_equal(out.flag, ds.flag)
    assert set(np.unique(out.flag)) == {0, FLAGS["nan"], FLAGS["novel"]}


# -- seams -------------------------------------------------------------------------------------


def test_independent_tiles_leave_the_interval_as_often_as_its_coverage_says(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    sigma = 1 / norm.ppf(0.95)
    noisy = [
        make_map(0, 20, 0.1, (200, 200),
                 value=LEVEL[:, None, None] + 20 + rng.normal(0, sigma, (6, 200, 200)))
        for _ in range(2)
    ]  # fmt: skip
    done, _ = run(tmp_path, *noisy)
    for seam in done.seams:
        assert seam.beyond == pytest.approx(0.1, abs=0.006)
        assert seam.median == pytest.approx(0, abs=0.01)
        assert seam.spread == pytest.approx(sigma, abs=0.01)


def test_a_shifted_tile_is_flagged(tmp_path: Path) -> None:
    shifted = np.broadcast_to(LEVEL[:, None, None], (6, 20, 20)).copy()
    shifted[1] += 3.0
    done, _ = run(
        tmp_path, make_map(0, 2, 0.1, (20, 20)), make_map(1, 2, 0.1, (20, 20), value=shifted)
    )
    assert [s.oxide for s in done.flagged] == ["FeO"]
    seam = done.flagged[0]
    assert seam.mean_difference == pytest.approx(-3, abs=1e-5)
    assert seam.median == pytest.approx(-3 / np.sqrt(2), abs=0.005)
    assert seam.beyond == 1.0
    assert "FeO" in str(done)


# -- files -------------------------------------------------------------------------------------


def test_stores_go_in_and_provenance_comes_out(tmp_path: Path) -> None:
    a = write_map(tmp_path / "a.zarr", {"N00E000": make_map(0, 2, 0.1, (20, 20))})
    b = write_map(tmp_path / "b.zarr", {"N00E001": make_map(1, 2, 0.1, (20, 20))}, storage="int16")
    done = mosaic(open_tiles([a, b]), tmp_path / "m.zarr")
    out = open_map(tmp_path / "m.zarr")
    assert done.tiles == ("a/N00E000", "b/N00E001")
    assert [s["input"] for s in out.attrs["sources"]] == ["N00E000.img", "N00E001.img"]
    assert {s["weights"] for s in out.attrs["sources"]} == {"ab" * 32}
    assert out.value.dtype == np.float32
    assert list(out.oxide.to_numpy()) == list(OXIDES)


def test_nothing_is_left_of_a_mosaic_that_failed(tmp_path: Path) -> None:
    class Broken(Tile):
        def on(self, target: MapGrid) -> Layers | None:
            raise OSError(target)

    with pytest.raises(OSError, match=r"."):
        mosaic([Broken(make_map(0, 2, 0.1, (20, 20)), "a")], tmp_path / "m.zarr")
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "m.zarr").mkdir()
    with pytest.raises(InputError, match="exists"):
        mosaic(tiles(make_map(0, 2, 0.1, (20, 20))), tmp_path / "m.zarr")


@pytest.mark.parametrize("resolution", [0.0, -1.0, float("nan"), 1e9, 1e-9])
def test_an_impossible_resolution_is_refused(resolution: float) -> None:
    with pytest.raises(InputError, match="resolution"):
        target_grid(tiles(make_map(0, 2, 0.1, (20, 20))), resolution=resolution)


def test_different_coverages_are_refused(tmp_path: Path) -> None:
    pair = [make_map(0, 2, 0.1, (5, 5)), make_map(0, 2, 0.1, (5, 5)).assign_attrs(coverage=0.68)]
    with pytest.raises(InputError, match="coverage"):
        mosaic(tiles(*pair), tmp_path / "m.zarr")


def test_no_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no map"):
        open_tiles([])
    with pytest.raises(InputError, match="not a map"):
        open_tiles([tmp_path])
