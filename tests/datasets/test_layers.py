"""The layers hold what other tables and physics say of the same ground."""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.datasets import load_cells_5deg, load_missions
from farside.datasets.layers import COLOUR_LIMIT_DEG, FILES, layers_sidecar, load_layers

if TYPE_CHECKING:
    import xarray as xr

FLAT = ("Apollo 11", "Apollo 12", "Chang'e-5", "Surveyor 5")
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "derive_layers.py"
TABLES = importlib.resources.files("farside").joinpath("datasets", "tables")


@pytest.fixture(scope="module")
def layers() -> xr.Dataset:
    return load_layers()


def test_sidecar_has_the_hash_of_the_grid() -> None:
    data = TABLES.joinpath(FILES[0]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == layers_sidecar()["sha256"]
    assert len(data) < 3e6


def test_every_layer_has_unit_name_and_source(layers: xr.Dataset) -> None:
    for name in layers_sidecar()["variables"]:
        assert layers[name].dtype == np.float32
        assert all(layers[name].attrs[key] for key in ("units", "long_name", "source"))


def test_grid_is_pixel_centres_north_and_west_first(layers: xr.Dataset) -> None:
    assert layers.lat.values[[0, -1]].tolist() == [89.75, -89.75]
    assert layers.lon.values[[0, -1]].tolist() == [-179.75, 179.75]


@pytest.mark.parametrize("name", ["albedo_1064", "wac_r643", "mare_fraction", "height_km"])
def test_means_over_cells_are_those_of_the_table_of_cells(layers: xr.Dataset, name: str) -> None:
    """The table was derived from the full-precision grid by another script."""
    cells = load_cells_5deg()
    step = layers_sidecar()["variables"][name]["scale"]
    edges = np.arange(721) * 0.5 - 180
    for cell in cells[cells["lat"].abs() < 60].iloc[::97].itertuples():
        rows = (layers.lat.values > cell.lat_min) & (layers.lat.values < cell.lat_max)
        shared = np.minimum(edges[1:], cell.lon_max) - np.maximum(edges[:-1], cell.lon_min)
        weight = np.outer(np.cos(np.radians(layers.lat.values[rows])), np.clip(shared, 0, None))
        mean = (weight * layers[name].values[rows]).sum() / weight.sum()
        assert mean == pytest.approx(getattr(cell, name), abs=step + 1e-3)


def test_missing_only_where_the_notes_say(layers: xr.Dataset) -> None:
    polar = np.abs(layers.lat.values) > COLOUR_LIMIT_DEG
    assert layers.colour_filled.values.tolist() == polar.tolist()
    for name in layers_sidecar()["variables"]:
        gone = layers[name].isnull().values
        expected = polar[:, None] if name in {"wac_TiO2", "mare_fraction"} else False
        assert (gone == expected).all()


def test_clamps_are_exact_zeros_and_flagged(layers: xr.Dataset) -> None:
    for name, count in (("lp2_FeO", 12), ("lp2_TiO2", 47040), ("lp2_K", 8164)):
        # counted in the original grid
        assert int(layers[f"{name}_clamped"].sum()) == count
        assert (layers[name].values[layers[f"{name}_clamped"].values] == 0).all()


def test_mare_landing_ground_is_flat_and_change_6_landed_low(layers: xr.Dataset) -> None:
    sites = load_missions().set_index("mission")
    flat = [layers.sel(y=sites.lat[m], x=sites.lon[m], method="nearest") for m in FLAT]
    assert max(float(p.slope_deg) for p in flat) < 1.0
    # Chang'e-6 landed low, at about -5.3 km in the Apollo basin
    low = layers.sel(y=sites.lat["Chang'e-6"], x=sites.lon["Chang'e-6"], method="nearest")
    assert float(low.height_km) == pytest.approx(-5.2, abs=0.3)


def test_a_caller_cannot_change_the_layers() -> None:
    load_layers()["height_km"][:] = 0
    assert float(np.abs(load_layers()["height_km"]).max()) > 5


def test_slope_of_a_plane_tilted_north_is_its_angle_at_every_latitude() -> None:
    spec = importlib.util.spec_from_file_location("derive_layers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    km_per_deg = np.pi / 180 * 1737.151
    lat = 90 - 0.25 * (np.arange(720) + 0.5)
    height = np.repeat((np.tan(np.radians(3.0)) * km_per_deg * lat)[:, None], 1440, axis=1)
    found = script.relief(height)
    # the pole itself is a tip, where the plane turns down on all sides
    inside = slice(1, -1)
    assert found["slope_deg"][inside] == pytest.approx(3.0, abs=1e-6)
    assert found["roughness_km"][inside] == pytest.approx(0.0, abs=1e-9)
