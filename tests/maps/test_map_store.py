"""The store: what other programs read from it, and that the same pixels give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
import rioxarray  # noqa: F401 - adds .rio
import xarray as xr
import zarr
from images import PIXEL_M, tree, write_image

from farside.constants import OXIDES
from farside.errors import InputError, UnknownNameError
from farside.maps.predict import FLAGS, UNUSABLE, Block, Storage
from farside.maps.store import (
    Grid,
    chunk_paths,
    hash_block,
    open_map,
    tiles,
    write_block,
    write_root,
    write_tile,
)
from farside.spectra.prepare import open_image

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(3)


def made_up(n: int) -> Block:
    """Return a block of n pixels, the first of which has no numbers."""
    value = RNG.uniform(0, 50, (6, n)).astype(np.float32)
    novelty = RNG.uniform(0, 3, n).astype(np.float32)
    flag = np.where(novelty > 1, FLAGS["novel"], 0).astype(np.uint8)
    value[:, 0], novelty[0], flag[0] = np.nan, np.nan, FLAGS["nan"]
    return Block(value, value - 1, value + 1, novelty, flag)


@pytest.fixture
def image(tmp_path: Path) -> xr.Dataset:
    return open_image(write_image(tmp_path / "image.zarr", 50, 70))


def write_map(root: Path, image: xr.Dataset, storage: Storage = "float32") -> dict:
    """Write one tile of blocks of 32 pixels, all but block (1, 2); return the blocks."""
    write_root(root, {"farside": "0"})
    write_tile(root / "t", image, 32, storage, {"coverage": 0.9})
    grid = Grid(50, 70, 32)
    assert (grid.rows, grid.columns) == (2, 3)
    blocks = {}
    for i, j in np.ndindex(2, 3):
        if (i, j) != (1, 2):
            y, x = grid.window(i, j)
            blocks[i, j] = made_up((y.stop - y.start) * (x.stop - x.start))
            write_block(root / "t", grid, (i, j), blocks[i, j], storage)
    return blocks


@pytest.mark.parametrize(("storage", "step"), [("float32", 0.0), ("int16", 0.00501)])
def test_what_is_written_is_read_back(
    tmp_path: Path, image: xr.Dataset, storage: Storage, step: float
) -> None:
    root = tmp_path / "m.zarr"
    blocks = write_map(root, image, storage)
    assert tiles(root) == ["t"]
    back = open_map(root)
    assert back["value"].chunks is not None  # lazy
    assert back["value"].dtype == np.float32
    assert back["oxide"].to_numpy().tolist() == list(OXIDES)
    for (i, j), block in blocks.items():
        y, x = Grid(50, 70, 32).window(i, j)
        part = back.isel(y=y, x=x)
        for name in ("value", "lower", "upper", "novelty", "flag"):
            got = part[name].to_numpy().reshape(getattr(block, name).shape)
            wanted = getattr(block, name)
            if name == "flag":
                np.testing.assert_array_equal(got, wanted)
            else:
                np.testing.assert_allclose(got, wanted, rtol=0, atol=step)
    left = back.isel(y=slice(32, None), x=slice(64, None))
    assert np.isnan(left["value"]).all()
    assert (left["flag"] == FLAGS["nan"]).all()  # never a block that was not made as if it were 0


def test_zarr_alone_reads_it_with_cf_metadata(tmp_path: Path, image: xr.Dataset) -> None:
    root = tmp_path / "m.zarr"
    write_map(root, image, "int16")
    group = zarr.open_group(root / "t", mode="r")
    assert group.metadata.zarr_format == 3
    assert group.attrs["Conventions"] == "CF-1.11"
    value, flag = group["value"], group["flag"]
    assert value.metadata.dimension_names == ("oxide", "y", "x")
    assert (value.attrs["scale_factor"], value.attrs["_FillValue"]) == (0.01, value.fill_value)
    masks = dict(zip(flag.attrs["flag_meanings"].split(), flag.attrs["flag_masks"], strict=True))
    assert masks == FLAGS
    assert sum(masks.values()) == UNUSABLE + FLAGS["novel"]
    mapping = group[value.attrs["grid_mapping"]]
    crs = pyproj.CRS.from_wkt(mapping.attrs["crs_wkt"])
    assert crs.ellipsoid.semi_major_metre == crs.ellipsoid.semi_minor_metre == 1_737_400
    assert group["x"].attrs["standard_name"] == "projection_x_coordinate"
    corner = [float(v) for v in mapping.attrs["GeoTransform"].split()]
    assert corner == pytest.approx([0, PIXEL_M, 0, 0, 0, -PIXEL_M], abs=1e-9)


def test_the_coordinate_system_is_that_of_the_image(tmp_path: Path, image: xr.Dataset) -> None:
    root = tmp_path / "m.zarr"
    write_map(root, image)
    back = open_map(root)
    assert back.rio.crs == image.rio.crs
    np.testing.assert_array_equal(back["x"], image["x"])
    np.testing.assert_array_equal(back["y"], image["y"])


def test_an_image_without_a_coordinate_system_has_pixel_numbers(
    tmp_path: Path, image: xr.Dataset
) -> None:
    bare = xr.Dataset({"reflectance": image["reflectance"].variable})
    write_map(tmp_path / "m.zarr", bare)
    back = open_map(tmp_path / "m.zarr")
    assert back["x"].to_numpy().tolist() == list(range(70))
    assert "spatial_ref" not in back.coords


def test_a_block_writes_five_files_of_its_own(tmp_path: Path, image: xr.Dataset) -> None:
    root = tmp_path / "m.zarr"
    write_map(root, image)
    before = tree(root)
    grid = Grid(50, 70, 32)
    write_block(root / "t", grid, (1, 2), made_up(18 * 6), "float32")
    new = {root / name for name in tree(root).keys() - before.keys()}
    assert new == set(chunk_paths(root / "t", 1, 2))
    assert {name: tree(root)[name] for name in before} == before


def test_a_damaged_chunk_changes_the_hash_and_is_written_anew(
    tmp_path: Path, image: xr.Dataset
) -> None:
    root = tmp_path / "m.zarr"
    blocks = write_map(root, image)
    folder, grid = root / "t", Grid(50, 70, 32)
    good = hash_block(folder, 0, 1)
    for damage in (b"", b"not a chunk"):
        chunk_paths(folder, 0, 1)[0].write_bytes(damage)
        assert hash_block(folder, 0, 1) != good
        write_block(folder, grid, (0, 1), blocks[0, 1], "float32")
        assert hash_block(folder, 0, 1) == good
    chunk_paths(folder, 0, 1)[3].unlink()
    assert hash_block(folder, 0, 1) != good


def test_the_wrong_place_and_the_wrong_tile_are_refused(tmp_path: Path, image: xr.Dataset) -> None:
    with pytest.raises(InputError, match="is not a map"):
        open_map(tmp_path)
    root = tmp_path / "m.zarr"
    write_map(root, image)
    write_tile(root / "u", image, 32, "float32", {"coverage": 0.9})
    with pytest.raises(InputError, match="2 tiles; name one"):
        open_map(root)
    with pytest.raises(UnknownNameError, match="unknown tile 'v'"):
        open_map(root, "v")
