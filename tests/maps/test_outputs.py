"""The commands mosaic and compare, from stores to files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pystac
import pytest
import rasterio
import typer
from rio_cogeo import cog_validate
from synthetic_maps import LEVEL, make_map, write_map
from typer.testing import CliRunner

from farside.cli.compare import compare
from farside.cli.mosaic import mosaic
from farside.errors import InputError
from farside.maps.outputs import compare_map, write_mosaic
from farside.maps.store import open_map

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

app = typer.Typer()
app.command()(mosaic)
app.command()(compare)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    shifted = np.broadcast_to(LEVEL[:, None, None] + 4, (6, 25, 30))
    tiles = {"A": make_map(0, 2.5, 0.1, (25, 30)),
             "B": make_map(2, 2.5, 0.1, (25, 30), value=shifted)}  # fmt: skip
    return write_map(tmp_path / "map.zarr", tiles, storage="int16")


def test_a_folder_holds_store_geotiffs_and_catalogue(tmp_path: Path, store: Path) -> None:
    out = tmp_path / "out"
    result = call("mosaic", store, "--out", out, "--crs", "equirectangular", "--cog", "--stac",
                  "--quiet", "--json")  # fmt: skip
    done = json.loads(result.stdout)
    assert done["crs"] == "IAU_2015:30110"
    # 0.1 degrees on the sphere of 1737.4 km
    assert done["resolution"] == pytest.approx(np.radians(0.1) * 1_737_400)
    assert len(done["cogs"]) == 14
    for path in done["cogs"]:
        assert cog_validate(path, strict=True, quiet=True)[0]
    with rasterio.open(out / "cog" / "FeO.tif") as raster:
        assert raster.crs.to_authority() == ("IAU_2015", "30110")
        assert raster.dtypes[0] == "int16"
    item = next(iter(pystac.Catalog.from_file(str(out / "catalog.json")).get_items(recursive=True)))
    assert item.bbox == pytest.approx([0, 0, 5, 2.5], abs=1e-6)
    assert open_map(out / "mosaic.zarr").sizes["x"] == 50
    assert {path.name for path in tmp_path.iterdir()} == {"map.zarr", "out"}


def test_the_text_names_the_pairs_that_disagree(tmp_path: Path, store: Path) -> None:
    result = call("mosaic", store, "--out", tmp_path / "m.zarr", "--quiet")
    assert "1 pairs of tiles overlap; 1 of them disagree" in result.stdout
    assert "A - B, FeO: -4.00 wt%" in result.stdout
    kept = json.loads((tmp_path / "m.zarr" / "seams.json").read_text())
    assert len(kept) == 6


def test_a_mosaic_that_cannot_be_is_refused_before_work(tmp_path: Path, store: Path) -> None:
    out = tmp_path / "m.zarr"
    with pytest.raises(InputError, match="not the Moon"):
        write_mosaic([store], out, crs="EPSG:4326")
    with pytest.raises(InputError, match="need a folder"):
        write_mosaic([store], out, files=["cog"])
    with pytest.raises(InputError, match="not a map"):
        write_mosaic([tmp_path / "nothing.zarr"], out)
    with pytest.raises(InputError, match="exists"):
        write_mosaic([store], store)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_mosaic([store], tmp_path / "file" / "m.zarr")
    assert not out.exists()


def test_compare_prints_a_table_and_json(store: Path) -> None:
    text = call("compare", store, "--tile", "A", "--min-share", "0.1", "--quiet").stdout
    assert "chi-squared" in text
    assert "FeO" in text
    found = json.loads(
        call("compare", store, "--tile", "A", "--min-share", "0.1", "--quiet", "--json").stdout
    )
    assert found["cells"] >= 1
    assert {one["oxide"] for one in found["oxides"]} >= {"FeO", "SiO2"}


def test_compare_holds_one_map_against_another(tmp_path: Path, store: Path) -> None:
    other = write_map(tmp_path / "other.zarr", {"X": make_map(0, 2.5, 0.5, (5, 6))})
    found = json.loads(
        call("compare", store, "--tile", "B", "--with", other, "--quiet", "--json").stdout
    )
    assert found["rows"][1]["other"] == "other"
    assert found["rows"][1]["mean"] == pytest.approx(4, abs=1e-3)
    assert found["rows"][1]["beyond"] == 1.0


def test_comparisons_that_cannot_be_are_refused(tmp_path: Path, store: Path) -> None:
    with pytest.raises(InputError, match="2 tiles"):
        compare_map(store)
    with pytest.raises(InputError, match="there is no map"):
        compare_map(store, "clementine", tile="A")
    with pytest.raises(InputError, match="--spectra"):
        compare_map(store, "algorithms", tile="A")
    with pytest.raises(InputError, match="belong"):
        compare_map(store, "prospector", tile="A", out=tmp_path / "d.zarr")
    with pytest.raises(InputError, match="covers no cell"):
        compare_map(store, tile="A", min_share=0.99)


def test_a_map_whose_run_has_not_ended_is_neither_put_together_nor_compared(
    tmp_path: Path, store: Path
) -> None:
    (store / "journal.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match="is not finished"):
        write_mosaic([store], tmp_path / "out.zarr")
    with pytest.raises(InputError, match="is not finished"):
        compare_map(store)
