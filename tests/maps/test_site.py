"""A place and what is said of it: reading it, known landing sites, wrong input, the command."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import synthetic_maps
import typer
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from farside.cli import site as command
from farside.constants import OXIDES
from farside.datasets import load_cells_5deg, load_missions, load_reference_soils
from farside.datasets.layers import load_layers
from farside.errors import FarsideError, InputError, UnknownNameError
from farside.geography.place import read_place
from farside.geography.projections import lunar_crs
from farside.maps import site as module
from farside.maps.score import Weights
from farside.maps.site import site

if TYPE_CHECKING:
    from pathlib import Path

APP = typer.Typer(pretty_exceptions_enable=False)
APP.command(context_settings=command.CONTEXT)(command.site)
RUN = CliRunner()


# -- places ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["-41.6385", "-153.9852"],
        ["-41.6385", "206.0148"],
        ["41.6385S", "153.9852W"],
        ["41.6385S", "206.0148E"],
        ["153.9852W", "41.6385S"],
        ["41.6385", "S", "153.9852", "W"],
        ["41.6385 s, 153.9852 w"],
        ["-41.6385,-153.9852"],
        ["-41.6385°", "-153.9852°"],
        ["\N{MINUS SIGN}41.6385", "\N{MINUS SIGN}153.9852"],
        ["Chang'e-6"],
        ["chang", "e", "6"],
    ],
)
def test_ways_to_write_the_chang_e_6_site(words: list[str]) -> None:
    found = read_place(words)
    assert (found.lat, found.lon) == pytest.approx((-41.6385, -153.9852))


@given(st.floats(-90, 90), st.floats(-180, 179.9))
def test_signs_and_letters_say_the_same(lat: float, lon: float) -> None:
    plain = read_place([f"{lat:.4f}", f"{lon:.4f}"])
    letters = read_place(
        [f"{abs(lat):.4f}{'S' if lat < 0 else 'N'}", f"{abs(lon):.4f}{'W' if lon < 0 else 'E'}"]
    )
    assert plain.lat == letters.lat
    assert math.isclose((plain.lon - letters.lon) % 360 % 360, 0, abs_tol=1e-9)


def test_names_mean_the_feature_and_landings_the_lander() -> None:
    assert read_place(["Apollo"]).lat == pytest.approx(-35.69)  # the basin
    assert read_place(["Apollo", "11"]).lat == pytest.approx(0.67416)
    assert read_place(["mare", "moscoviense"]).lon == pytest.approx(148.12)


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["95", "0"], InputError, "latitude 95"),
        (["0", "400"], InputError, "longitude 400"),
        (["nan", "0"], InputError, "not a number"),
        (["-inf", "0"], InputError, "not a number"),
        (["12"], InputError, "1 coordinate"),
        (["1", "2", "3"], InputError, "3 coordinates"),
        (["-41S", "10E"], InputError, "both a sign and a letter"),
        (["41S", "10N"], InputError, "twice"),
        (["41X", "10"], InputError, "neither"),
        (["--soils"], InputError, "neither an option"),
        (["Von", "Karmen"], UnknownNameError, "Von Kármán"),
        ([], InputError, "no place"),
        ([" "], InputError, "no place"),
    ],
)
def test_what_is_no_place_is_refused(
    words: list[str], error: type[FarsideError], says: str
) -> None:
    with pytest.raises(error, match=says):
        read_place(words)


# -- sites on a map of soils -------------------------------------------------------------------


def soil_map() -> xr.Dataset:
    """Return a global map that holds, everywhere, the soil of the nearest landing."""
    layers = load_layers()
    lat, lon = np.meshgrid(layers["lat"], layers["lon"], indexing="ij")
    table = load_reference_soils().set_index("soil")
    missions = load_missions().set_index("mission")
    names = {"Apollo 11": "A11", "Chang'e-5": "CE5", "Apollo 16": "A16", "Apollo 17": "A17a"}
    value = np.full((6, *lat.shape), np.nan, dtype=np.float32)
    for mission, soil in names.items():
        at = missions.loc[mission]
        near = (np.abs(lat - at["lat"]) < 1) & (np.abs(lon - at["lon"]) < 1)
        value[:, near] = table.loc[soil, list(OXIDES)].to_numpy(dtype=float)[:, None]
    coords = {"oxide": list(OXIDES), **{k: layers.coords[k] for k in ("y", "x", "lat", "lon")}}
    wide = np.array([1.0, 1.5, 2.0, 1.5, 1.0, 1.5])[:, None, None]
    found = {"value": value, "lower": value - wide, "upper": value + wide}
    return xr.Dataset(
        {k: (("oxide", "y", "x"), v) for k, v in found.items()}, coords, {"coverage": 0.9}
    )


@pytest.fixture(scope="module")
def soils() -> xr.Dataset:
    return soil_map()


@pytest.fixture
def _on_soils(soils: xr.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module, "_oxides_at", lambda lat, lon, _path: (module._pixel(soils, lat, lon), "soils")
    )


@pytest.mark.usefixtures("_on_soils")
@pytest.mark.parametrize(
    ("mission", "side", "terrane", "in_spa", "likeliest", "place"),
    [
        ("Apollo 11", "near", "FHT", False, "high-Ti mare", "Mare Tranquillitatis"),
        ("Chang'e-5", "near", "PKT", False, "low-Ti mare", "Oceanus Procellarum"),
        ("Apollo 16", "near", "FHT", False, "ferroan feldspathic", None),
    ],
)
def test_landing_sites_are_what_they_are_known_as(
    mission: str, side: str, terrane: str, in_spa: bool, likeliest: str, place: str | None
) -> None:
    row = load_missions().set_index("mission").loc[mission]
    found = site(row["lat"], row["lon"])
    assert (found.side, found.terrane, found.in_spa) == (side, terrane, in_spa)
    assert found.lithologies[0][0] == likeliest
    assert found.missions[0][0] == mission
    assert found.missions[0][1] < 0.001
    assert place is None or place in [f.name for f in found.inside]
    assert sum(share for _, share in found.lithologies) == pytest.approx(1)


@pytest.mark.usefixtures("_on_soils")
def test_the_youngest_sampled_mare_is_a_candidate_and_the_oldest_is_not() -> None:
    young = {
        name: next(f for f in site(*place).derived if f.name == "young mare candidate").value
        for name, place in {"Chang'e-5": (43.0576, -51.9161), "Apollo 11": (0.674, 23.473)}.items()
    }
    assert young["Chang'e-5"] is not None
    assert young["Chang'e-5"] > 0.8
    assert young["Apollo 11"] == 0


@pytest.mark.usefixtures("_on_soils")
def test_a_place_without_oxides_still_has_the_rest() -> None:
    found = site(-41.6385, -153.9852)
    assert all(f.value is None for f in found.oxides)
    assert found.lithologies == ()
    assert (found.side, found.terrane, found.in_spa) == ("far", "SPAT", True)
    assert set(found.score.missing) == {"oxygen", "helium_3", "knowledge"}
    text = str(found)
    assert "not known here" in text
    assert "nan" not in text
    # the LROC team gives the lander -5256 m
    height = next(f for f in found.layers if f.name == "height_km").value
    assert height == pytest.approx(-5.256, abs=0.1)


@pytest.mark.usefixtures("_on_soils")
def test_json_is_json_without_nan() -> None:
    text = json.dumps(site(-41.6385, -153.9852).to_dict(), allow_nan=False)
    assert json.loads(text)["oxides"][0]["value"] is None


@pytest.mark.usefixtures("_on_soils")
@pytest.mark.parametrize("place", [(90, 0), (-90, 180), (0, -180), (0, 359.9), (89.99, 45)])
def test_the_corners_of_the_moon_are_places(place: tuple[float, float]) -> None:
    found = site(*place)
    assert len(found.cell) == 9
    assert -180 <= found.lon < 180
    assert 0 <= found.score.lower <= found.score.value <= found.score.upper <= 1


@pytest.mark.usefixtures("_on_soils")
def test_weights_show_in_the_score() -> None:
    only = Weights.parse(
        "oxygen=1,helium_3=0,slope=0,roughness=0,illumination=0,bearing=0,knowledge=0"
    )
    found = site(0.674, 23.473, weights=only).score
    # 7.8 wt% TiO2 (Lunar Sourcebook) hold 1.56 wt% oxygen: more than the 1.5 that is best
    assert found.value == pytest.approx(1)
    assert [p.criterion for p in found.parts] == ["oxygen"]


# -- on the map that ships ---------------------------------------------------------------------


def test_a_soil_and_the_mean_of_its_pixel_have_intervals_of_their_own() -> None:
    """Chang'e-6 brought soil with 17 wt% FeO and 14 wt% Al2O3 (Li et al. 2024)."""
    found = site(-41.6385, -153.9852)
    soil, pixel = ({f.name: f for f in part} for part in (found.oxides, found.pixel))
    for oxide, measured in (("FeO", 17.0), ("Al2O3", 14.0)):
        assert soil[oxide].lower < measured < soil[oxide].upper
        assert soil[oxide].value == pixel[oxide].value
        assert soil[oxide].lower < pixel[oxide].lower
        assert soil[oxide].upper > pixel[oxide].upper
    # what follows speaks of the soil: all Fe2+ of the bounds as oxygen, 15.999 / 71.844
    iron = next(f for f in found.resources if f.name == "oxygen_iron")
    assert iron.upper == pytest.approx(soil["FeO"].upper * 15.999 / 71.844, rel=1e-4)
    width = next(p for p in found.score.parts if p.criterion == "knowledge").value
    assert width == pytest.approx(soil["FeO"].upper - soil["FeO"].lower, rel=1e-4)
    assert "many landing soils lie outside" in str(found)


def test_a_pole_is_marked_as_filled_in() -> None:
    assert "colour is filled in" in str(site(-89.9, 0.0))
    assert "colour is filled in" not in str(site(0.0, 120.0))


def test_every_clamped_element_of_a_cell_is_named() -> None:
    row = load_cells_5deg().head(1).assign(censored="TiO2;K", TiO2=0.0, K=0.0)
    figures = module._cell_figures(row)
    assert {f.name for f in figures if "below detection" in f.note} == {"TiO2", "K"}
    assert all(f.lower >= 0 for f in figures)


# -- the command -------------------------------------------------------------------------------


@pytest.mark.usefixtures("_on_soils")
def test_the_command_takes_a_southern_latitude_and_prints_json() -> None:
    found = RUN.invoke(APP, ["-41.64", "-153.99", "--json", "--quiet"])
    assert found.exit_code == 0, found.output
    about = json.loads(found.stdout)
    assert about["lat"] == pytest.approx(-41.64)
    assert about["side"] == "far"


@pytest.mark.usefixtures("_on_soils")
def test_the_command_takes_names_and_weights_of_the_score() -> None:
    found = RUN.invoke(APP, ["Apollo", "11", "--score", "slope=9", "--quiet"])
    assert found.exit_code == 0, found.output
    assert "Apollo 11: 0.6742 N, 23.4731 E" in found.stdout
    assert "weight  9.0" in found.stdout


def test_the_command_says_what_is_wrong() -> None:
    for words in (["95", "0"], ["Atlantis Base"], ["0", "0", "--soil", "sand", "-q"]):
        found = RUN.invoke(APP, words)
        assert isinstance(found.exception, FarsideError)


# -- other maps --------------------------------------------------------------------------------


def placed(k: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return oxides that tell where they stand: TiO2 is x, FeO is y, each from its corner."""
    steps = (x - x.min(), y - y.min())
    return steps[k] + 1 if k < 2 else np.full_like(x, 10.0)


def test_a_map_of_the_users_own_is_read_at_the_place(tmp_path: Path) -> None:
    tile = synthetic_maps.make_map(10.0, 5.0, 0.5, (8, 12), value=placed, half=0.5)
    path = synthetic_maps.write_map(tmp_path / "mine.zarr", {"a": tile})
    found = site(3.3, 12.2, map_path=path)
    oxides = {f.name: f for f in found.oxides}
    # the pixel of 12.0 to 12.5 E is the fifth, of 3.0 to 3.5 N the fifth from the south
    assert oxides["TiO2"].value == pytest.approx(1 + 4 * 0.5)
    assert oxides["FeO"].value == pytest.approx(1 + 4 * 0.5)
    assert oxides["FeO"].upper == pytest.approx(1 + 4 * 0.5 + 0.5)
    assert found.source == "mine.zarr, tile a"
    assert found.pixel == ()
    assert [f.name for f in found.novelty] == ["novelty", "flag"]
    with pytest.raises(InputError, match="tiles are a"):
        site(30.0, 12.2, map_path=path)


def test_tiles_in_metres_across_180_and_at_a_pole(tmp_path: Path) -> None:
    metres = np.radians(1) * 1_737_400
    equator = synthetic_maps.make_map(
        179.0 * metres, 0.0, metres, (2, 3), value=placed, crs=lunar_crs("equirectangular")
    )
    pole = synthetic_maps.make_map(
        -50_000.0, 50_000.0, 10_000.0, (10, 10), crs=lunar_crs("south_polar")
    )
    path = synthetic_maps.write_map(tmp_path / "two.zarr", {"e": equator, "s": pole})
    # the second and third pixel lie east of 180, and are 180 to 178 W
    east, west = (site(-0.5, lon, map_path=path) for lon in (179.5, -178.5))
    assert east.oxides[0].value == pytest.approx(1)
    assert west.oxides[0].value == pytest.approx(1 + 2 * metres, rel=1e-6)
    # 1.5 degrees from the pole is 45 km: still on the tile; 3 degrees is not
    assert site(-88.6, 0.0, map_path=path).source == "two.zarr, tile s"
    with pytest.raises(InputError, match="does not hold"):
        site(-87.0, 0.0, map_path=path)


def test_no_map_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a map"):
        site(0, 0, map_path=tmp_path)
