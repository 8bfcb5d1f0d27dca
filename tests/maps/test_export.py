"""GeoTIFFs as other programs see them: rio-cogeo, GDAL and an XML parser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from cmcrameri import cm
from rasterio.enums import ColorInterp
from rasterio.warp import transform
from rio_cogeo import cog_validate
from synthetic_maps import LEVEL, make_map, write_map

from farside.constants import OXIDES
from farside.errors import InputError
from farside.geography.projections import lunar_crs
from farside.maps.export import display_range, export, flag_colours, lineage, quicklook
from farside.maps.grid import crs_label, registered
from farside.maps.mosaic import mosaic
from farside.maps.predict import FLAGS, Storage
from farside.maps.store import open_map
from farside.maps.tiles import open_tiles

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

STORAGES: tuple[Storage, ...] = ("float32", "int16")


def bumpy(shape: tuple[int, int] = (700, 600)) -> xr.Dataset:
    rng = np.random.default_rng(5)
    value = (LEVEL[:, None, None] + rng.normal(0, 0.5, (6, *shape))).astype(np.float32)
    value[:, 10:40, 20:60] = np.nan
    novelty = rng.uniform(0, 1.5, shape)
    return make_map(150, -30, 0.01, shape, value=value, novelty=novelty)


@pytest.mark.parametrize("storage", STORAGES)
def test_every_file_is_a_strictly_valid_cog(tmp_path: Path, storage: Storage) -> None:
    files = export(bumpy(), tmp_path, storage=storage)
    assert len(files) == 14
    for file in files:
        valid, errors, warned = cog_validate(file.path, strict=True, quiet=True)
        assert (valid, errors, warned) == (True, [], []), file.path.name
        with rasterio.open(file.path) as raster:
            assert raster.overviews(1)
            assert raster.crs.to_authority() == ("IAU_2015", "30100")
            assert raster.dtypes[0] == file.dtype
            assert list(raster.descriptions) == [band.name for band in file.bands]
            assert list(raster.units) == [band.unit for band in file.bands]


@pytest.mark.parametrize("storage", STORAGES)
def test_gdal_reads_back_the_numbers_of_the_map(tmp_path: Path, storage: Storage) -> None:
    ds = bumpy()
    export(ds, tmp_path, storage=storage)
    for oxide in ("TiO2", "SiO2"):
        with rasterio.open(tmp_path / f"{oxide}.tif") as raster:
            assert raster.descriptions == tuple(
                f"{oxide} wt% {layer}" for layer in ("value", "lower", "upper")
            )
            got = raster.read(masked=True).astype(float)
            for i, name in enumerate(("value", "lower", "upper")):
                numbers = got[i] * raster.scales[i] + raster.offsets[i]
                expected = ds[name].sel(oxide=oxide).to_numpy()
                assert np.array_equal(np.ma.getmaskarray(numbers), np.isnan(expected))
                # half a step of an integer
                atol = 0.0051 if storage == "int16" else 0
                assert np.nanmax(np.abs(numbers.filled(np.nan) - expected)) <= atol
    with rasterio.open(tmp_path / "flag.tif") as raster:
        assert np.array_equal(raster.read(1), ds.flag)


def test_overviews_leave_missing_pixels_out(tmp_path: Path) -> None:
    value = np.broadcast_to(LEVEL[:, None, None], (6, 700, 700)).copy()
    value[:, ::3, ::2] = np.nan
    export(make_map(0, 0, 0.01, (700, 700), value=value), tmp_path)
    with rasterio.open(tmp_path / "FeO.tif", overview_level=0) as raster:
        small = raster.read(1)
    assert np.allclose(small, 10.0, atol=1e-5)


def test_a_polar_map_keeps_its_system_and_places(tmp_path: Path) -> None:
    crs = lunar_crs("south_polar")
    ds = make_map(-100_000, 100_000, 400, (500, 500), crs=crs)
    export(ds, tmp_path)
    with rasterio.open(tmp_path / "FeO.tif") as raster:
        assert crs_label(registered(raster.crs)) == "IAU_2015:30135"
        x, y = raster.xy(250, 250)
        lon, lat = transform(raster.crs, lunar_crs("geographic"), [x], [y])
        # 200 m right of and 200 m below the pole
        assert lat[0] == pytest.approx(-90 + np.degrees(np.hypot(200, 200) / 1_737_400), abs=1e-6)
        assert lon[0] == pytest.approx(135.0)


def test_palettes_are_those_of_the_colour_map_and_tell_the_flags_apart(tmp_path: Path) -> None:
    export(bumpy((600, 600)), tmp_path)
    with rasterio.open(tmp_path / "FeO_quicklook.tif") as raster:
        assert raster.colorinterp == (ColorInterp.palette,)
        assert raster.nodata == 0
        colours = raster.colormap(1)
    assert colours[0][3] == 0
    for byte, share in ((1, 0.0), (128, 0.5), (255, 1.0)):
        assert np.allclose(np.array(colours[byte]) / 255, cm.batlow(share), atol=0.005)
    with rasterio.open(tmp_path / "flag.tif") as raster:
        palette = raster.colormap(1)
    single = [palette[0], *(palette[bit] for bit in FLAGS.values())]
    assert len(set(single)) == len(single)
    assert set(flag_colours()) == set(range(sum(FLAGS.values()) + 1))


def test_a_look_spreads_the_range_of_the_moon_over_the_bytes() -> None:
    low, high = display_range("FeO")
    values = np.array([low - 1, low, (low + high) / 2, high, high + 1, np.nan], np.float32)
    assert quicklook(values, "FeO").tolist() == [1, 1, 128, 255, 255, 0]
    # the richest mare and the poorest highlands of Prettyman et al. (2006) fit in
    assert low < 4
    assert high > 25


def test_the_style_has_the_colours_and_the_unit(tmp_path: Path) -> None:
    export(bumpy((30, 30)), tmp_path)
    text = (tmp_path / "FeO.qml").read_text()
    root = ET.fromstring(text.removeprefix("<!DOCTYPE qgis>\n"))  # noqa: S314 - our own file
    items = root.findall(".//item")
    low, high = display_range("FeO")
    assert [float(items[0].attrib["value"]), float(items[-1].attrib["value"])] == [low, high]
    assert all(item.attrib["label"].endswith("wt%") for item in items)
    red = int(items[0].attrib["color"][1:3], 16)
    assert red == round(255 * cm.batlow(0.0)[0])


def test_provenance_stands_in_the_tags(tmp_path: Path) -> None:
    store = write_map(tmp_path / "a.zarr", {"A": make_map(0, 2, 0.1, (20, 20)),
                                            "B": make_map(1, 2, 0.1, (20, 20))})  # fmt: skip
    mosaic(open_tiles([store]), tmp_path / "m.zarr")
    ds = open_map(tmp_path / "m.zarr")
    assert lineage(ds)["weights"] == ["ab" * 32]
    export(ds, tmp_path / "cog")
    with rasterio.open(tmp_path / "cog" / "FeO.tif") as raster:
        tags = raster.tags()
    assert tags["FARSIDE_WEIGHTS_SHA256"] == "ab" * 32
    inputs = json.loads(tags["FARSIDE_INPUTS"])
    assert [i["name"] for i in inputs] == ["A.img", "B.img"]
    assert {i["sha256"] for i in inputs} == {"cd" * 32}
    assert tags["FARSIDE_RULE"] == "feather"


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    ds = bumpy((60, 60)).drop_vars("upper")
    with pytest.raises(KeyError):
        export(ds, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_map_of_the_earth_is_refused(tmp_path: Path) -> None:
    ds = bumpy((30, 30)).drop_vars("spatial_ref").rio.write_crs("EPSG:4326")
    with pytest.raises(InputError, match="not the Moon"):
        export(ds, tmp_path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        export(bumpy((30, 30)), tmp_path / "taken")


def test_all_oxides_have_a_range_with_room_in_it() -> None:
    for oxide in OXIDES:
        low, high = display_range(oxide)
        assert 0 <= low < high <= 100
