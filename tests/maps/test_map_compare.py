"""Comparisons against maps made of the cells themselves, simulations and exact relations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from synthetic_maps import LEVEL, make_map

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg, load_sites
from farside.errors import BandError, InputError, UnknownNameError
from farside.geography.projections import lunar_crs
from farside.maps.compare import against_prospector
from farside.maps.difference import ALGORITHMS, against_algorithms, against_map
from farside.maps.zonal import cell_means, cell_rows
from farside.oxides.compare import cell_of
from farside.readers.dataset import make_spectra

if TYPE_CHECKING:
    from pathlib import Path

CELLS = load_cells_5deg()
Z90 = 1.6448536269514722  # 95th percentile of the normal distribution (Abramowitz and Stegun 26.2)


def globe(values: np.ndarray, step: float = 0.5, half: float = 1e-6) -> xr.Dataset:
    """Return a map of the Moon that has the values (1790, 6) of the cells inside these."""
    shape = (int(180 / step), int(360 / step))
    lon = -180 + (np.arange(shape[1]) + 0.5) * step
    lat = 90 - (np.arange(shape[0]) + 0.5) * step
    rows = cell_rows(*np.meshgrid(lon, lat))
    # borders of all cells lie on multiples of half a degree: no pixel is in two
    return make_map(-180, 90, step, shape, value=np.moveaxis(values[rows], -1, 0), half=half)


TRUTH = CELLS[list(OXIDES)].to_numpy(dtype=float)


# -- cells -------------------------------------------------------------------------------------


def test_pixels_fall_in_the_cells_of_the_slow_search() -> None:
    rng = np.random.default_rng(1)
    lon = np.concatenate([rng.uniform(-180, 180, 3000), [-180, 179.999, 0, 4.5, 5, 200, np.nan]])
    lat = np.concatenate([np.degrees(np.arcsin(rng.uniform(-1, 1, 3000))),
                          [-90, 90, 2.5, 0, -2.5, 10, 0]])  # fmt: skip
    assert np.array_equal(cell_rows(lon, lat), cell_of(lat, lon))


def test_the_mean_of_a_map_of_cells_is_the_cell() -> None:
    means = cell_means(globe(TRUTH))
    assert len(means) == 1790
    for k, oxide in enumerate(OXIDES):
        assert np.allclose(means[oxide], TRUTH[means.index, k], atol=1e-4)
        assert np.allclose(means[f"{oxide}_share"], 1.0, atol=1e-9)


def test_means_weigh_pixels_by_area() -> None:
    # a cell of one degree rows: value is the row's latitude
    ds = make_map(0, 67.5, 0.5, (10, 20), value=lambda k, _x, y: y + 0 * k)
    means = cell_means(ds)
    row = cell_rows(np.array([5.0]), np.array([65.0]))[0]
    lat = 67.25 - 0.5 * np.arange(10)
    weight = np.diff(np.sin(np.radians(62.5 + 0.5 * np.arange(11))))[::-1]
    assert means.loc[row, "FeO"] == pytest.approx((lat * weight).sum() / weight.sum(), abs=1e-4)


def test_a_polar_map_has_the_cells_of_its_place() -> None:
    # the cap poleward of 87.5 degrees is one cell
    edge = 2 * 1_737_400 * np.tan(np.radians(2.5) / 2)
    ds = make_map(-2 * edge, 2 * edge, edge / 40, (160, 160), crs=lunar_crs("north_polar"))
    means = cell_means(ds)
    pole = cell_rows(np.array([0.0]), np.array([89.0]))[0]
    assert means.loc[pole, "FeO_share"] == pytest.approx(1.0, abs=5e-3)
    assert means.loc[pole, "FeO"] == pytest.approx(LEVEL[1], abs=1e-5)


# -- Lunar Prospector --------------------------------------------------------------------------


def test_the_cells_agree_with_themselves() -> None:
    found = against_prospector(globe(TRUTH))
    assert found.cells == 1790
    assert found.chi2 == pytest.approx(0, abs=1e-3)
    for one in found.oxides:
        assert one.bias == pytest.approx(0, abs=1e-5)
        assert one.rms == pytest.approx(0, abs=1e-4)
        assert one.slope == pytest.approx(1, abs=1e-4)
        assert one.correlation == pytest.approx(1, abs=1e-6)


def test_clamped_titanium_takes_no_part() -> None:
    clamped = CELLS["censored"].str.split().apply(lambda names: "TiO2" in names).sum()
    found = {one.oxide: one.cells for one in against_prospector(globe(TRUTH)).oxides}
    assert found["FeO"] == 1790
    assert found["TiO2"] == 1790 - clamped < 1790


def test_a_linear_map_gives_its_slope_and_bias() -> None:
    values = 1.0 + 0.8 * TRUTH
    found = against_prospector(globe(values))
    area = CELLS["area_km2"].to_numpy(dtype=float)
    feo = next(one for one in found.oxides if one.oxide == "FeO")
    assert feo.slope == pytest.approx(0.8, abs=1e-3)
    mean = (area * (values - TRUTH)[:, 1]).sum() / area.sum()
    assert feo.bias == pytest.approx(mean, abs=1e-3)
    assert feo.bias_interval[0] < mean < feo.bias_interval[1]


def test_errors_drawn_from_the_covariance_give_a_chi_squared_of_one_each() -> None:
    rng = np.random.default_rng(2)
    covariance = cell_covariance(CELLS)
    noise = np.einsum("nij,nj->ni", np.linalg.cholesky(covariance), rng.normal(size=(1790, 6)))
    found = against_prospector(globe(TRUTH + noise))
    # sum of figures squares of unit normals: mean n, variance 2 n
    assert abs(found.chi2_cells - found.figures) < 4 * np.sqrt(2 * found.figures)
    assert found.chi2 == pytest.approx(found.chi2_cells, rel=1e-3)


def test_the_error_of_the_map_is_added_to_that_of_the_cells() -> None:
    rng = np.random.default_rng(3)
    covariance = cell_covariance(CELLS)
    sigma = 2.0
    noise = np.einsum("nij,nj->ni", np.linalg.cholesky(covariance), rng.normal(size=(1790, 6)))
    noise += rng.normal(0, sigma, (1790, 6))
    found = against_prospector(globe(TRUTH + noise, half=Z90 * sigma))
    assert abs(found.chi2 - found.figures) < 4 * np.sqrt(2 * found.figures)
    assert found.chi2_cells > 3 * found.figures


def test_the_bootstrap_knows_that_neighbours_are_alike() -> None:
    rng = np.random.default_rng(4)
    block = (
        np.floor((CELLS["lat"] + 90) / 30) * 12 + np.floor((CELLS["lon"] + 180) / 30)
    ).to_numpy(dtype=int)
    shift = rng.normal(0, 1.0, block.max() + 1)[block]
    found = against_prospector(globe(TRUTH + shift[:, None]))
    feo = next(one for one in found.oxides if one.oxide == "FeO")
    w = CELLS["area_km2"].to_numpy(dtype=float)
    w = w / w.sum()
    per_block = np.bincount(block, w)
    # standard error of a weighted mean of independent blocks
    expected = (
        2
        * Z90
        * np.sqrt((per_block**2).sum())
        * shift[np.unique(block, return_index=True)[1]].std()
    )
    assert feo.bias_interval[1] - feo.bias_interval[0] == pytest.approx(expected, rel=0.3)


def test_cells_that_are_mostly_elsewhere_are_left_out() -> None:
    # 5 x 5 degrees at the equator: cells of 4.5 degrees, from 0 and from 4.5
    ds = make_map(0, 2.5, 0.1, (50, 50))
    covered = cell_means(ds)["FeO_share"]
    assert sorted(covered.round(3)) == pytest.approx([0.5 / 4.5, 1.0], abs=1e-3)
    assert against_prospector(ds).cells == 1
    assert against_prospector(ds, min_share=0.1).cells == 2
    one = against_prospector(ds).oxides[0]
    assert np.isnan(one.slope)
    assert np.isnan(one.bias_interval[0])


def test_a_map_that_covers_no_cell_is_refused() -> None:
    with pytest.raises(InputError, match="covers no cell"):
        against_prospector(make_map(1, 1, 0.01, (50, 50)))
    nothing = make_map(0, 2.5, 0.1, (50, 50), value=np.full((6, 50, 50), np.nan))
    with pytest.raises(InputError, match="covers no cell"):
        against_prospector(nothing)
    with pytest.raises(InputError, match="least share"):
        against_prospector(nothing, min_share=0)


def test_a_comparison_prints_and_is_json() -> None:
    found = against_prospector(make_map(0, 2.5, 0.1, (50, 50)))
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["oxides"][0]["slope"] is None
    assert len(content["table"]) == 1
    assert "FeO" in str(found)


# -- two maps ----------------------------------------------------------------------------------


def smooth(k: int, x: Any, y: Any) -> Any:
    return LEVEL[k] + 5 + 0.2 * x + 0.1 * y


def test_a_map_agrees_with_itself_on_a_coarser_grid() -> None:
    fine = make_map(0, 10, 0.05, (200, 200), value=smooth)
    coarse = make_map(0, 10, 0.5, (20, 20), value=smooth)
    for pair in ((fine, coarse), (coarse, fine)):
        found = against_map(*pair)
        assert [row.oxide for row in found.rows] == list(OXIDES)
        for row in found.rows:
            assert row.pixels == 400
            assert row.mean == pytest.approx(0, abs=1e-4)
            assert row.sd == pytest.approx(0, abs=1e-3)
            assert row.correlation == pytest.approx(1, abs=1e-6)
            assert row.beyond == 0


def test_a_difference_of_two_maps_is_weighted_by_area() -> None:
    first = make_map(0, 80, 1, (80, 10), value=lambda k, _x, y: LEVEL[k] + y / 10)
    second = make_map(0, 80, 1, (80, 10))
    lat = 79.5 - np.arange(80)
    weight = np.sin(np.radians(lat + 0.5)) - np.sin(np.radians(lat - 0.5))
    weight /= weight.sum()
    row = against_map(first, second).rows[1]
    mean = (weight * lat / 10).sum()
    assert row.mean == pytest.approx(mean, abs=1e-4)
    assert row.sd == pytest.approx(np.sqrt((weight * (lat / 10 - mean) ** 2).sum()), abs=1e-4)
    # half-widths of 1: combined 1.414
    assert row.beyond == pytest.approx((lat / 10 > np.sqrt(2)).mean())


def test_maps_without_overlap_are_refused() -> None:
    with pytest.raises(InputError, match="no overlap"):
        against_map(make_map(0, 5, 0.1, (20, 20)), make_map(50, 5, 0.1, (20, 20)))


# -- algorithms --------------------------------------------------------------------------------


def site_image() -> xr.Dataset:
    sites = load_sites()
    bands = [c for c in sites.columns if c.startswith("r") and c[1:].isdigit()]
    return make_spectra(
        sites[bands].to_numpy(dtype=float).T.reshape(len(bands), 5, 11),
        [float(c[1:]) for c in bands],
    )


def test_differences_to_published_equations_are_those_of_the_papers() -> None:
    image = site_image()
    r415, r750, r950 = (image.reflectance.sel(band=i).to_numpy() for i in (0, 1, 3))
    # Lucey et al. (2000), doi 10.1029/1999JE001117, equations 1 to 4
    lucey = 17.427 * -np.arctan((r950 / r750 - 1.19) / (r750 - 0.08)) - 7.565
    tio2 = 3.708 * np.arctan((r415 / r750 - 0.42) / r750) ** 5.979
    # Wilcox et al. (2005), doi 10.1029/2005JE002512: sin and cos of 1.3885 rad as in GRASS GIS
    wilcox = -137.97 * (r750 * 0.9834 + r950 / r750 * 0.1813) + 57.46
    bright = int((r750 > 0.08).sum())
    cases = {
        ("lucey2000", "TiO2"): (tio2, 0.5, 55, 1e-4),
        ("lucey2000", "FeO"): (lucey, -1.5, bright, 1e-4),
        ("wilcox2005", "FeO"): (wilcox, 2.0, 55, 0.02),
    }
    assert 0 < bright < 55
    for (name, oxide), (expected, shift, pixels, atol) in cases.items():
        value = np.broadcast_to(LEVEL[:, None, None], (6, 5, 11)).copy()
        value[OXIDES.index(oxide)] = expected + shift
        ds = make_map(0, 5, 1, (5, 11), value=value)
        found = {row.oxide: row for row in against_algorithms(ds, image, names=[name]).rows}
        row = found[oxide]
        assert row.pixels == pixels
        assert row.mean == pytest.approx(shift, abs=atol)
        assert row.sd == pytest.approx(0, abs=atol)
        assert row.correlation == pytest.approx(1, abs=1e-5)


def test_every_algorithm_runs_and_its_differences_are_kept(tmp_path: Path) -> None:
    ds = make_map(0, 5, 1, (5, 11))
    ds["value"][:, 0, 0] = np.nan
    found = against_algorithms(ds, site_image(), out=tmp_path / "d.zarr")
    assert {row.other for row in found.rows} == set(ALGORITHMS)
    darker = int((site_image().reflectance.sel(band=1) <= 0.08).sum())
    iron = next(r for r in found.rows if (r.other, r.oxide) == ("lucey2000", "FeO"))
    assert iron.pixels in (54 - darker, 55 - darker)  # the missing pixel is dark or bright
    assert {row.pixels for row in found.rows if row is not iron} == {54}
    store = xr.open_zarr(tmp_path / "d.zarr", consolidated=False).load()
    assert np.isnan(store.difference[:, :, 0, 0]).all()
    for row in found.rows:
        kept = store.difference.sel(algorithm=row.other, oxide=row.oxide).to_numpy()
        assert np.nanmean(kept) == pytest.approx(row.mean, abs=1e-4)
        assert np.nanstd(kept) == pytest.approx(row.sd, abs=1e-4)
    json.dumps(found.to_dict(), allow_nan=False)


def test_regressions_on_the_sites_are_near_the_sites() -> None:
    sites = load_sites()
    measured = sites["FeO"].to_numpy(dtype=float).reshape(5, 11)
    value = np.broadcast_to(LEVEL[:, None, None], (6, 5, 11)).copy()
    value[1] = measured
    ds = make_map(0, 5, 1, (5, 11), value=value)
    for row in against_algorithms(ds, site_image(), names=["gp", "lucey2000 refitted"]).rows:
        if row.oxide == "FeO":
            assert abs(row.mean) < 0.5
            assert row.correlation > 0.8


def test_impossible_comparisons_with_algorithms_are_refused(tmp_path: Path) -> None:
    ds, image = make_map(0, 5, 1, (5, 11)), site_image()
    with pytest.raises(InputError, match="pixels"):
        against_algorithms(ds, image.isel(x=slice(0, 5)))
    with pytest.raises(UnknownNameError, match="lucey2000"):
        against_algorithms(ds, image, names=["lucey"])
    with pytest.raises(BandError, match="cannot run"):
        against_algorithms(ds, image.isel(band=[0, 1, 2]), names=["lucey2000"])
    with pytest.raises(BandError, match="cannot run"):
        against_algorithms(ds, image.isel(band=[0, 1, 3]), names=["gp"])
    (tmp_path / "d.zarr").mkdir()
    with pytest.raises(InputError, match="exists"):
        against_algorithms(ds, image, names=["lucey2000"], out=tmp_path / "d.zarr")
    nothing = make_map(0, 5, 1, (5, 11), value=np.full((6, 5, 11), np.nan))
    with pytest.raises(InputError, match="no pixel"):
        against_algorithms(nothing, image, names=["lucey2000"])
