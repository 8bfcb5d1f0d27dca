"""Which files are images of their own, what their hashes cover, and real layouts end to end."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))

from images import PIXEL_M, tree, write_image
from make_fakes import fake_envi, fake_geotiff, fake_m3, fake_mi, m3_planes

from farside.errors import InputError
from farside.maps.grid import grid_of
from farside.maps.plan import plan_tiles
from farside.maps.run import map_tiles
from farside.maps.settings import MapSettings
from farside.maps.sources import find_tiles, hash_source
from farside.maps.store import open_map, tiles
from farside.oxides.training import load_training
from farside.readers.dataset import make_spectra
from farside.readers.m3 import read_m3
from farside.spectra.photometry import OBSERVED, radiance_factor
from farside.spectra.prepare import open_image, open_spectra, prepare

AS_IS = MapSettings(block=64, as_is=True)

if TYPE_CHECKING:
    from farside.oxides.estimator import OxideEstimator


def mi_counts(lines: int, samples: int) -> np.ndarray:
    """Return counts of nine MI bands with the spectra of the sites; the first pixels are codes."""
    sites = load_training().reflectance
    picked = sites[np.arange(lines * samples) % len(sites)].reshape(lines, samples, 8)
    counts = np.rint(np.moveaxis(picked, -1, 0) / 2e-5)[[0, 1, 2, 3, 4, 4, 5, 6, 7]]
    counts[5] += 500  # the other band near 1000 nm, which the model does not take
    counts[:, 0, :5] = (-20000, -21000, -22000, -23000, -30000)
    return counts


def names(given: list[Path]) -> list[str]:
    return [source.path.name for source in find_tiles(given)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with every kind of image, seven files of them parts of others."""
    folder = tmp_path / "tiles"
    folder.mkdir()
    fake_m3(folder, "L2")
    for attached in (True, False):
        fake_mi(folder, attached=attached, numbers=mi_counts(20, 30))
    fake_envi(folder)
    fake_geotiff(folder)
    return folder


IMAGES = [
    "M3G20090101T000000_V03_L1B.LBL",
    "M3G20090101T000000_V03_L2.LBL",
    "MI_MAP_02_FAKE.img",
    "MI_MAP_03_FAKE.lbl",
    "fake.tif",
    "fake_envi.hdr",
]


def test_files_that_a_label_or_header_names_are_no_tiles(folder: Path) -> None:
    assert names([folder]) == IMAGES
    assert names([folder / "*"]) == IMAGES
    assert names(sorted(folder.iterdir())) == IMAGES  # as a shell writes them out
    assert names([folder, folder / "MI_MAP_03_FAKE.img"]) == IMAGES


def test_an_image_that_no_label_names_is_not_passed_over(folder: Path) -> None:
    (folder / "orphan.img").write_bytes(bytes(100))
    assert names([folder]) == sorted([*IMAGES, "orphan.img"])


@pytest.mark.parametrize(
    ("image", "part"),
    [
        ("M3G20090101T000000_V03_L1B.LBL", "RDN.IMG"),
        ("M3G20090101T000000_V03_L1B.LBL", "OBS.IMG"),
        ("M3G20090101T000000_V03_L2.LBL", "LOC.IMG"),
        ("M3G20090101T000000_V03_L2.LBL", "L1B.LBL"),
        ("MI_MAP_03_FAKE.lbl", "MI_MAP_03_FAKE.img"),
        ("fake_envi.hdr", "fake_envi.img"),
    ],
)
def test_the_hash_of_an_image_covers_every_file_that_it_is_read_from(
    folder: Path, image: str, part: str
) -> None:
    path = folder / image
    reads = open_image(path).attrs["reads"]
    before = hash_source(path, reads)
    other = next(folder.glob(f"*{part}"))
    other.write_bytes(other.read_bytes() + b"\n")
    assert hash_source(path, reads) != before


def test_images_of_the_real_layouts_become_what_the_estimator_says(
    folder: Path, tmp_path: Path, estimator: OxideEstimator
) -> None:
    """Attached and detached MI, M3 of both levels, ENVI and GeoTIFF, by two ways to the numbers."""
    out = tmp_path / "map.zarr"
    plan = plan_tiles([folder], out, settings=AS_IS)
    done = map_tiles([folder], out, settings=AS_IS)
    assert not done.skipped
    assert list(plan.tiles) == tiles(out) == [Path(name).stem for name in IMAGES]
    for name in IMAGES:
        spectra, _ = prepare(open_spectra(folder / name).load(), as_is=True)
        wanted = estimator.predict(spectra)
        got = open_map(out, Path(name).stem)
        for layer in ("value", "lower", "upper", "novelty"):
            np.testing.assert_allclose(got[layer], wanted[layer], rtol=1e-5, atol=1e-4)
    assert done.good == sum(int(estimator.predict(prepare(open_spectra(folder / name).load(),
                            as_is=True)[0])["good"].sum()) for name in IMAGES)  # fmt: skip


def test_pixels_of_m3_keep_their_places_and_their_photometry(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.zarr"
    map_tiles([folder], out, settings=AS_IS)
    longitude, latitude, _ = m3_planes()["LOC"]
    for level, photometry in (("L1B", "Yokota et al. (2011)"), ("L2", "that of the product")):
        tile = open_map(out, f"M3G20090101T000000_V03_{level}")
        np.testing.assert_allclose(tile["lat"], latitude, atol=1e-5)
        np.testing.assert_allclose(tile["lon"], longitude - 360.0, atol=2e-5)
        assert tile.attrs["photometry"] == photometry
        assert (tile.attrs["sensor"], tile.attrs["product"]) == ("M3", f"M3 {level}")
    tile = open_map(out, "MI_MAP_02_FAKE")
    assert "lat" not in tile.coords
    assert tile.attrs["scene"] == "MI_MAP_02_FAKE"
    assert tile.attrs["photometry"] == "that of the product"


def test_reflectance_marked_as_observed_is_normalised_once(tmp_path: Path) -> None:
    """The same observation as radiance and as reflectance not yet brought to the geometry."""
    radiance = read_m3(fake_m3(tmp_path))
    observed = radiance_factor(radiance).drop_vars("radiance").load()
    assert observed["reflectance"].attrs["geometry"] == OBSERVED
    observed.to_zarr(tmp_path / "observed.zarr", zarr_format=3, consolidated=False)
    wanted = open_spectra(next(tmp_path.glob("*_L1B.LBL"))).load()
    got = open_image(tmp_path / "observed.zarr").load()
    np.testing.assert_allclose(got["reflectance"], wanted["reflectance"], rtol=1e-6)
    assert got.attrs["photometry"] == "Yokota et al. (2011)"
    assert "geometry" not in got["reflectance"].attrs
    got.to_zarr(tmp_path / "again.zarr", zarr_format=3, consolidated=False)
    again = open_image(tmp_path / "again.zarr").load()
    xr.testing.assert_equal(again["reflectance"], got["reflectance"])


def test_a_tile_of_a_sensor_without_transfer_is_skipped_and_the_rest_is_done(
    folder: Path, tmp_path: Path
) -> None:
    settings = MapSettings(block=64)
    plan = plan_tiles([folder], tmp_path / "m.zarr", settings=settings)
    done = map_tiles([folder], tmp_path / "m.zarr", settings=settings)
    assert sorted(done.skipped) == list(plan.skipped) == [Path(name).stem for name in IMAGES[:2]]
    assert all("no transfer from M3" in why for why in done.skipped.values())
    assert done.tiles == len(plan.tiles) == 4


def test_a_tile_with_too_few_bands_is_found_before_the_run(tmp_path: Path) -> None:
    image = make_spectra(np.full((2, 5, 5), 0.1), [414.0, 749.0]).assign_attrs(sensor="MI")
    image.to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    plan = plan_tiles([tmp_path / "a.zarr"], tmp_path / "m.zarr")
    assert "needs at least 3" in plan.skipped["a"]


def test_an_image_of_one_row_is_made_in_few_batches_and_whole(tmp_path: Path) -> None:
    image = write_image(tmp_path / "row.zarr", 20, 700)
    whole = xr.open_zarr(image, consolidated=False, decode_coords="all").load()
    shutil.rmtree(image)
    whole["spatial_ref"].attrs["GeoTransform"] = f"0 {PIXEL_M} 0 0 0 {-PIXEL_M}"  # of all rows
    whole.isel(y=slice(10, 11)).chunk(x=100).drop_encoding().to_zarr(
        image, zarr_format=3, consolidated=False
    )
    map_tiles([image], tmp_path / "m.zarr", settings=MapSettings(block=64))
    lines = (tmp_path / "m.zarr" / "manifest.json").read_text()
    assert len(json.loads(lines)["tiles"]["row"]["blocks"]) == 11
    row = open_map(tmp_path / "m.zarr")
    assert int(np.isfinite(row["value"]).all("oxide").sum()) == 700
    grid = grid_of(row)
    assert grid.bounds == pytest.approx((0.0, -11 * PIXEL_M, 700 * PIXEL_M, -10 * PIXEL_M))


def test_names_of_any_script_and_a_single_pixel(tmp_path: Path) -> None:
    image = write_image(tmp_path / "Ünï çödé 月.zarr", 40, 40)
    map_tiles([image], tmp_path / "m.zarr", settings=MapSettings(block=64))
    assert tiles(tmp_path / "m.zarr") == ["Ünï çödé 月"]
    assert tree(tmp_path / "m.zarr")


def test_a_folder_that_holds_no_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no image; known endings"):
        find_tiles([tmp_path])
