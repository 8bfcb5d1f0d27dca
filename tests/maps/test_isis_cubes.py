"""Labels for ISIS: their keywords, their pixels as a raw file, and where GDAL says they lie."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform
from synthetic_maps import LEVEL, make_map, write_map

from farside.constants import OXIDES
from farside.errors import InputError
from farside.geography.projections import lunar_crs
from farside.maps.isis import IsisMap, export_isis, write_isis

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

NULL = np.frombuffer(bytes.fromhex("fbff7fff"), "<f4")[0]
"""NULL of ISIS3 in single precision: the bits FF7FFFFB (ISIS, SpecialPixel.h)."""
RADIUS = 1_737_400.0


def bumpy(**about: object) -> xr.Dataset:
    rng = np.random.default_rng(8)
    value = (LEVEL[:, None, None] + rng.normal(0, 1, (6, 30, 40))).astype(np.float32)
    value[:, 3, 4] = np.nan
    return make_map(
        170, 20, 0.5, (30, 40), value=value, **about, sources=[{"input": "a.img", "farside": "9"}]
    )


def keywords(label: Path) -> dict[str, str]:
    """Return the keywords of a label, which are all different here."""
    text = re.sub(r"-\n\s*", "", label.read_text())
    found = re.findall(r"^\s*([\^\w]+)\s+= (.*?)\s*(?:<[^>]*>)?$", text, re.MULTILINE)
    return {key: value for key, value in found if key not in ("Object", "Group")}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> IsisMap:
    return write_isis(bumpy(), tmp_path_factory.mktemp("isis") / "out")


def test_the_mapping_is_that_of_a_lunar_map(written: IsisMap) -> None:
    assert [path.stem for path in written.labels] == [*OXIDES, "novelty"]
    words = keywords(written.out / "FeO.lbl")
    assert words["TargetName"].lower() == "moon"
    assert words["LatitudeType"].lower() == "planetocentric"
    assert words["LongitudeDirection"].lower() == "positiveeast"
    assert words["ProjectionName"] == "SimpleCylindrical"
    metre = math.radians(1) * RADIUS
    for key, expected in (
        ("EquatorialRadius", RADIUS), ("PolarRadius", RADIUS), ("CenterLongitude", 0.0),
        ("UpperLeftCornerX", 170 * metre), ("UpperLeftCornerY", 20 * metre),
        ("PixelResolution", metre / 2), ("Scale", 2.0), ("Samples", 40), ("Lines", 30),
        ("Bands", 3), ("MinimumLatitude", 5.0), ("MaximumLatitude", 20.0),
    ):  # fmt: skip
        assert float(words[key]) == pytest.approx(expected, rel=1e-12), key


def test_the_label_says_what_bands_are_and_what_made_them(written: IsisMap) -> None:
    text = (written.out / "SiO2.lbl").read_text()
    assert 'Name  = ("SiO2 value", "SiO2 lower", "SiO2 upper")' in text
    assert text.count("weight percent") == 3
    assert 'MadeBy           = "farside 9"' in text
    assert "SourceProducts   = (a.img)" in text
    words = keywords(written.out / "SiO2.lbl")
    assert float(words["IntervalCoverage"]) == 0.9
    assert str(written.out) not in text


def test_the_pixels_are_a_raw_file_where_the_label_says(written: IsisMap) -> None:
    ds = bumpy()
    for k, oxide in enumerate(OXIDES):
        words = keywords(written.out / f"{oxide}.lbl")
        assert words["^Core"] == f"{oxide}.tif"
        assert words["Format"] == "BandSequential"
        assert (words["Type"], words["ByteOrder"]) == ("Real", "Lsb")
        raw = np.fromfile(written.out / words["^Core"], "<f4", 3 * 30 * 40,
                          offset=int(words["StartByte"]) - 1).reshape(3, 30, 40)  # fmt: skip
        assert (raw[:, 3, 4] == NULL).all()
        for band, name in enumerate(("value", "lower", "upper")):
            expected = ds[name].to_numpy()[k]
            np.testing.assert_array_equal(np.where(raw[band] == NULL, np.nan, raw[band]), expected)


@pytest.mark.parametrize(
    "name",
    ["geographic", "equirectangular", "equirectangular_far", "north_polar", "south_polar",
     "orthographic_far"],
)  # fmt: skip
def test_gdal_finds_every_place_where_the_map_has_it(tmp_path: Path, name: str) -> None:
    crs = lunar_crs(name)
    west, step = (-12.0, 0.5) if name == "geographic" else (-2e5, 1e4)
    ds = make_map(west, -west, step, (30, 40), crs=crs)
    done = write_isis(ds, tmp_path / "out")
    with rasterio.open(done.out / "CaO.lbl") as raster:
        assert raster.driver == "ISIS3"
        corners = [raster.xy(row, column, offset="ul") for row in (0, 30) for column in (0, 40)]
        x, y = transform(raster.crs, lunar_crs("geographic"), *zip(*corners, strict=True))
        assert "1737400" in raster.crs.to_wkt()
    plain = [(west + j * step, -west - i * step) for i in (0, 30) for j in (0, 40)]
    lon, lat = transform(crs, lunar_crs("geographic"), *zip(*plain, strict=True))
    turn = (np.array(x) - np.array(lon) + 180) % 360 - 180
    np.testing.assert_allclose(turn * np.cos(np.radians(lat)), 0, atol=1e-7)
    np.testing.assert_allclose(y, lat, atol=1e-7)


def test_a_stored_map_is_labelled_too(tmp_path: Path) -> None:
    store = write_map(tmp_path / "map.zarr", {"a": make_map(10, 10, 0.5, (20, 20))})
    done = export_isis(store, tmp_path / "out")
    assert "novelty.lbl" in str(done)
    assert len(done.to_dict()["labels"]) == 7
    with pytest.raises(InputError, match="exists"):
        export_isis(store, tmp_path / "out")


def test_oblong_pixels_are_refused(tmp_path: Path) -> None:
    ds = make_map(10, 10, 0.5, (20, 20))
    ds = ds.assign_coords(y=ds["y"] * 2)
    with pytest.raises(InputError, match=r"0\.5 by 1; ISIS needs square"):
        write_isis(ds, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_projection_that_isis_has_not_is_refused(tmp_path: Path) -> None:
    lambert = rasterio.crs.CRS.from_user_input(
        "+proj=laea +lat_0=-43 +lon_0=180 +R=1737400 +units=m"
    )
    ds = make_map(-1e5, 1e5, 1e4, (20, 20), crs=lambert)
    with pytest.raises(InputError, match="ISIS has no label"):
        write_isis(ds, tmp_path / "out")
    assert not (tmp_path / "out").exists()
