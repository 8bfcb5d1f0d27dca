"""The map that ships is whole, keeps the cells, and knows what made it."""

from __future__ import annotations

import importlib.resources
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg
from farside.errors import InputError, StaleError
from farside.maps._basis import averaging
from farside.maps.export import lineage
from farside.maps.grid import crs_label, registered
from farside.maps.predict import FLAGS
from farside.maps.shipped import FILES, load_map, map_sidecar, shipped_folder
from farside.provenance import sha256_file
from farside.report import store

if TYPE_CHECKING:
    import xarray as xr


@pytest.fixture(scope="module")
def sharp() -> xr.Dataset:
    return load_map()


def test_it_has_the_contract_of_a_map(sharp: xr.Dataset) -> None:
    assert dict(sharp.sizes) == {"oxide": 6, "y": 360, "x": 720}
    assert tuple(sharp["oxide"].to_numpy()) == OXIDES
    assert crs_label(registered(sharp.rio.crs)) == "IAU_2015:30100"
    assert sharp.attrs["coverage"] == 0.9
    assert (sharp["lower"] <= sharp["value"]).all()
    assert (sharp["value"] < sharp["upper"]).all()
    assert float(sharp["lower"].min()) >= 0
    assert sharp.notnull().to_array().all()
    assert dict(sharp["flag"].sizes) == {"y": 360, "x": 720}
    assert sharp["flag"].dtype == np.uint8
    assert sum((shipped_folder() / name).stat().st_size for name in FILES) < 6e6


def test_means_over_cells_are_within_one_sigma_of_every_cell(sharp: xr.Dataset) -> None:
    cells = load_cells_5deg()
    means = averaging(cells) @ sharp["value"].to_numpy().reshape(6, -1).T
    sigma = np.sqrt(np.diagonal(cell_covariance(cells), axis1=1, axis2=2))
    off = (means - cells[list(OXIDES)].to_numpy()) / sigma
    clamped = cells["censored"].str.split(";").map(lambda names: "TiO2" in names).to_numpy()
    off[clamped, 0] = np.maximum(off[clamped, 0], 0)
    assert np.abs(off).max() < 1


def test_iron_and_titanium_are_less_known_where_colour_is_filled_in(sharp: xr.Dataset) -> None:
    """The other oxides hang on the cells' errors, which are least at the poles."""
    half = sharp["upper"] - sharp["value"]
    inside = np.abs(sharp["lat"]) <= 70
    ring = (np.abs(sharp["lat"]) > 55) & inside
    polar = half.sel(y=~inside.to_numpy()).median(["y", "x"])
    beside = half.sel(y=ring.to_numpy()).median(["y", "x"])
    assert (polar > beside).sel(oxide=["TiO2", "FeO"]).all()


def test_sharpening_brings_the_change_6_site_toward_its_soil(sharp: xr.Dataset) -> None:
    """Soil FeO 17, Al2O3 14, CaO 12 wt% (Li et al. 2024); the cell says 8.0, 19.2 and 13.5."""
    pixel = sharp.sel(y=-41.6385, x=-153.9852, method="nearest")
    for oxide, soil, cell in (("FeO", 17.0, 8.0), ("Al2O3", 14.0, 19.2)):
        assert abs(float(pixel["value"].sel(oxide=oxide)) - soil) < abs(cell - soil)


def test_what_extrapolates_is_flagged(sharp: xr.Dataset) -> None:
    novel = (sharp["novelty"] > 1) | (np.abs(sharp["lat"]) > 70)
    assert (sharp["flag"] == novel * FLAGS["novel"]).all()


def test_an_export_of_it_knows_what_made_it(sharp: xr.Dataset) -> None:
    made = lineage(sharp)
    assert made["farside"] == [map_sidecar()["code_version"]]
    assert made["weights"] == [sha256_file(shipped_folder() / FILES[0])]
    tables = importlib.resources.files("farside").joinpath("datasets", "tables")
    for line in made["inputs"]:
        assert line["sha256"] == sha256_file(Path(str(tables.joinpath(line["name"]))))
    assert len(made["inputs"]) == 2


def test_the_sidecar_has_the_hash_of_the_file() -> None:
    assert map_sidecar()["sha256"] == sha256_file(shipped_folder() / FILES[0])


def test_the_result_is_of_the_same_map(sharp: xr.Dataset) -> None:
    content = store.read("map")
    soil = next(s for s in content["soils"] if (s["mission"], s["oxide"]) == ("Chang'e-6", "FeO"))
    pixel = sharp.sel(y=-41.6385, x=-153.9852, method="nearest").sel(oxide="FeO")
    assert float(pixel["value"]) == pytest.approx(soil["value"], abs=0.006)
    assert float(pixel["upper"]) == pytest.approx(soil["upper"], abs=0.011)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copyfile(shipped_folder() / name, tmp_path / name)
    return tmp_path


def test_other_code_makes_it_stale(copied: Path) -> None:
    about = json.loads((copied / FILES[1]).read_text())
    about["made_by"]["code:maps.sharpen"] = "0" * 64
    (copied / FILES[1]).write_text(json.dumps(about))
    with pytest.raises(StaleError, match=r"maps\.sharpen"):
        load_map(copied)
    assert load_map(copied, stale=True).sizes["oxide"] == 6


def test_damage_and_absence_are_told(copied: Path) -> None:
    (copied / FILES[0]).write_bytes(b"PK\x03\x04 not a map")
    with pytest.raises(InputError, match="farside run --full"):
        load_map(copied, stale=True)
    (copied / FILES[1]).unlink()
    with pytest.raises(InputError, match="cannot be read"):
        load_map(copied)
