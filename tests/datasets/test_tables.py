"""The tables against published figures, the facts of their originals, and their own sidecars."""

from __future__ import annotations

import importlib.resources
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from farside.constants import OXIDES
from farside.datasets import (
    cell_covariance,
    load_apollo12_alternative,
    load_cells_5deg,
    load_clementine_sites,
    load_missions,
    load_reference_soils,
    load_sample_compositions,
    load_sites,
    sidecar,
    table_names,
)
from farside.datasets.features import load_features
from farside.errors import InputError, UnknownNameError
from farside.geography import great_circle_km
from farside.provenance import sha256_file

ROOT = Path(__file__).resolve().parents[2]
ORIGINALS = ROOT.parent / "shared" / "data"
TABLES = Path(str(importlib.resources.files("farside").joinpath("datasets", "tables")))
LOADERS = {
    "apollo12_frondel1971": load_apollo12_alternative,
    "cells_5deg": load_cells_5deg,
    "clementine_sites": load_clementine_sites,
    "missions": load_missions,
    "reference_soils": load_reference_soils,
    "sample_compositions": load_sample_compositions,
    "sites": load_sites,
}
OWN_SCRIPT = {"features": load_features}
"""Tables that another script derives; names of features are written in UTF-8."""
EVERY = {**LOADERS, **OWN_SCRIPT}
BY_NAME = pytest.mark.parametrize("name", sorted(EVERY))


# -- sidecars ----------------------------------------------------------------------------------


@BY_NAME
def test_table_is_the_one_of_its_sidecar(name: str) -> None:
    about = sidecar(name)
    assert name in table_names()
    assert sha256_file(TABLES / f"{name}.csv") == about["sha256"]
    frame = EVERY[name]()
    assert list(frame.columns) == list(about["columns"])
    assert len(frame) == about["rows"]
    for column in about["columns"].values():
        assert column["unit"]
        assert column["description"]
    for source in about["sources"]:
        assert source["citation"]
        assert source.get("doi") or source.get("url")
    assert about["notes"]


@BY_NAME
def test_files_have_plain_line_ends_and_ascii(name: str) -> None:
    for suffix in ("csv", "json"):
        content = (TABLES / f"{name}.{suffix}").read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")
        assert content.isascii() or name in OWN_SCRIPT


@BY_NAME
def test_loaders_return_fresh_copies(name: str) -> None:
    first = EVERY[name]()
    column = first.columns[0]
    first.loc[:, column] = first[column].iloc[-1]
    assert EVERY[name]()[column].nunique() == len(first)


def test_unknown_table_is_named() -> None:
    with pytest.raises(UnknownNameError, match="'sites'"):
        sidecar("site")


@pytest.mark.skipif(
    not ORIGINALS.is_dir(), reason="the original data (../shared/data) are not here"
)
def test_deriving_anew_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    try:
        import derive_tables  # noqa: PLC0415

        derived = derive_tables.derive(ORIGINALS, tmp_path)
    finally:
        for module in [key for key in sys.modules if key.startswith("derive_")]:
            del sys.modules[module]
    assert set(derived) == set(LOADERS)
    for name in derived:
        for suffix in ("csv", "json"):
            again = (tmp_path / f"{name}.{suffix}").read_bytes()
            assert again == (TABLES / f"{name}.{suffix}").read_bytes(), f"{name}.{suffix}"


# -- sites -------------------------------------------------------------------------------------


def test_sites() -> None:
    sites = load_sites()
    assert len(sites) == 55
    assert sites["site"].is_unique
    assert sites["mission"].value_counts()["Apollo 12"] == 8
    reflectance = sites.filter(regex=r"^r\d+$")
    assert reflectance.columns[0] == "r414"
    assert reflectance.shape == (55, 8)
    assert reflectance.notna().all(axis=None)
    assert ((reflectance > 0) & (reflectance < 0.3)).all(axis=None)
    assert sites[["TiO2", "FeO"]].notna().all(axis=None)


def test_change5_site_is_as_published() -> None:
    row = load_sites().set_index("site").loc["Chang'e-5"]
    # Li et al. 2022, National Science Review nwab188, Table 1, X-ray fluorescence
    published = {"TiO2": 5.0, "FeO": 22.5, "Al2O3": 10.8, "MgO": 6.48, "CaO": 11.0, "SiO2": 42.2}
    assert {oxide: row[oxide] for oxide in OXIDES} == published
    assert row["mission"] == "Chang'e-5"


def test_unmeasured_oxides_are_missing_with_their_counts() -> None:
    sites = load_sites()
    for oxide in OXIDES:
        missing = sites[oxide].isna()
        assert (sites.loc[missing, f"{oxide}_source"] == "").all()
        assert sites.loc[missing, f"{oxide}_n"].isna().all()
        assert (sites.loc[~missing, f"{oxide}_source"] != "").all()
    # stations where only FeO and TiO2 are known
    assert sites["SiO2"].isna().sum() >= 9
    assert sites["SiO2_n"].dtype == "Int64"


def test_terrain_follows_feo_and_knows_the_landing_sites() -> None:
    sites = load_sites()
    feo, terrain = sites["FeO"], sites["terrain"]
    assert set(terrain) == {"mare", "mixed", "highland"}
    assert feo[terrain == "mare"].min() > feo[terrain == "mixed"].max()
    assert feo[terrain == "mixed"].min() > feo[terrain == "highland"].max()
    known = {"Apollo 16": "highland", "Luna 20": "highland", "Apollo 14": "mixed"}
    known |= {"Apollo 12": "mare", "Luna 16": "mare", "Luna 24": "mare", "Chang'e-5": "mare"}
    for mission, name in known.items():
        assert set(terrain[sites["mission"] == mission]) == {name}


def test_one_analyst_at_apollo12_is_low_in_iron() -> None:
    medians = load_sites().set_index("site")
    frondel = load_apollo12_alternative().set_index("site")
    both = medians.loc[frondel.index]
    assert len(frondel) == 8
    assert (frondel["FeO"] <= both["FeO"]).all()
    assert (frondel["Al2O3"] >= both["Al2O3"]).all()
    assert 1.5 < (both["FeO"] - frondel["FeO"]).max() < 2.5
    assert frondel["CaO"].isna().sum() == 1


def test_clementine_stations_join_the_same_soils() -> None:
    stations = load_clementine_sites()
    assert len(stations) == 47
    assert set(stations.loc[stations["mi_site"] == "", "site"]) == {
        "Apollo 11",
        "Apollo 12",
        "Apollo 14 - Cone",
    }
    joined = stations.merge(load_sites(), left_on="mi_site", right_on="site", suffixes=("", "_mi"))
    assert len(joined) == 44
    for axis in ("lat", "lon"):
        assert (joined[axis] - joined[f"{axis}_mi"]).abs().max() < 0.12
    # one station table stands behind both
    np.testing.assert_allclose(joined["FeO"], joined["FeO_mi"], atol=0.01)


# -- cells -------------------------------------------------------------------------------------


def test_cells_and_their_bounds() -> None:
    cells = load_cells_5deg()
    assert len(cells) == 1790
    assert cells["cell"].tolist() == list(range(1790))
    ratio = cells["area_km2"] / cells["area_km2"].mean()
    assert (round(ratio.min(), 2), round(ratio.max(), 2)) == (0.85, 1.08)
    assert cells["lat"].between(cells["lat_min"], cells["lat_max"]).all()
    assert cells["lon"].between(cells["lon_min"], cells["lon_max"]).all()


def test_oxides_of_cells_are_in_weight_percent() -> None:
    cells = load_cells_5deg()
    total = cells[list(OXIDES)].sum(axis=1)
    assert (round(total.min()), round(total.max())) == (89, 107)
    # first row of the original: the south pole, weight fractions and ppm
    south = cells.iloc[0]
    assert south["FeO"] == 4.9428
    assert south["SiO2"] == 44.507
    assert south["Th"] == 0.79171
    assert south["K_1s"] == pytest.approx(246.40**0.5, rel=1e-4)


def test_clamped_values_are_zero_and_named() -> None:
    cells = load_cells_5deg()
    censored = cells["censored"].str.split(";")
    count = {name: sum(name in names for names in censored) for name in (*OXIDES, "K", "Th", "U")}
    assert {name: n for name, n in count.items() if n} == {"TiO2": 80, "K": 6, "U": 2}
    for name in ("TiO2", "K", "U"):
        named = np.array([name in names for names in censored])
        np.testing.assert_array_equal(named, cells[name] == 0)


def test_uranium_is_tied_to_thorium() -> None:
    cells = load_cells_5deg()
    free = cells["U"] > 0.1
    assert free.sum() > 1000
    np.testing.assert_allclose(cells.loc[free, "U"] / cells.loc[free, "Th"], 0.27, rtol=0.02)


def test_covariance_is_symmetric_and_positive() -> None:
    matrix = cell_covariance(load_cells_5deg())
    assert matrix.shape == (1790, 6, 6)
    np.testing.assert_array_equal(matrix, np.swapaxes(matrix, 1, 2))
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_median_errors_of_cells() -> None:
    matrix = cell_covariance(load_cells_5deg())
    sigma = np.sqrt(np.median(np.diagonal(matrix, axis1=1, axis2=2), axis=0))
    # Prettyman et al. 2006 product: in wt%
    stated = {"Al2O3": 2.3, "SiO2": 2.0, "MgO": 1.5, "CaO": 1.4, "FeO": 0.4, "TiO2": 0.2}
    assert {name: round(float(s), 1) for name, s in zip(OXIDES, sigma, strict=True)} == stated


def test_covariance_of_some_rows_and_without_columns() -> None:
    cells = load_cells_5deg()
    np.testing.assert_array_equal(cell_covariance(cells.iloc[5:7]), cell_covariance(cells)[5:7])
    with pytest.raises(InputError, match="cov_TiO2_FeO"):
        cell_covariance(cells.drop(columns="cov_TiO2_FeO"))


def test_layers_of_cells() -> None:
    cells = load_cells_5deg()
    edge = cells[["lat_min", "lat_max"]].abs().max(axis=1)
    np.testing.assert_array_equal(cells["colour_filled"], edge > 70)
    inner = cells[~cells["colour_filled"]]
    assert inner[["wac_TiO2", "mare_fraction", "wac_r643"]].notna().all(axis=None)
    assert cells["mare_fraction"].dropna().between(0, 1).all()
    assert (cells["wac_TiO2"].dropna() >= 1.0217).all()
    # a global mean height near zero on the sphere of 1737.4 km: mean radius 1737.151 km
    height = np.average(cells["height_km"], weights=cells["area_km2"])
    assert height == pytest.approx(1737.151 - 1737.4, abs=0.05)
    # dark cells are rich in iron
    assert cells["albedo_1064"].corr(cells["FeO"]) < -0.7
    assert cells["wac_TiO2"].corr(cells["TiO2"]) > 0.7


# -- soils and missions ------------------------------------------------------------------------


def test_reference_soils() -> None:
    soils = load_reference_soils().set_index("soil")
    five = soils.loc["CE5"]
    assert five["SiO2"] == 42.2
    assert five["SiO2_1s"] == 0.17  # published 0.34 at k = 2
    assert five["Th_1s"] == 0.14
    six = soils.loc["CE6"]
    given = {"FeO": 17, "Al2O3": 14, "CaO": 12, "K": 630, "Th": 0.92, "U": 0.26}
    numbers = six.drop(["mission", "source"]).dropna()
    assert numbers.to_dict() == given
    assert soils.loc["A11", "TiO2"] == 7.8
    assert soils.filter(like="A16", axis=0)["MnO"].isna().all()
    assert soils.loc[["L16", "L24"], "La"].isna().all()


def test_oxides_of_reference_soils_are_credible() -> None:
    soils = load_reference_soils()
    whole = soils.dropna(subset=list(OXIDES))
    assert len(whole) == 20
    assert whole[list(OXIDES)].sum(axis=1).between(95, 101).all()
    ratio = (soils["FeO"] / soils["MnO"]).dropna()
    # 72 to 76 in most lunar soils, lower in those of the highlands
    assert ratio.between(50, 85).all()


def test_missions() -> None:
    missions = load_missions().set_index("mission")
    assert len(missions) >= 13
    assert (missions["source"] != "").all()
    assert missions["landed"].is_monotonic_increasing
    assert missions.loc["Apollo 11", "landed"] == pd.Timestamp("1969-07-20")
    # LROC, featured image 1374: 41.6385 S, 206.0148 E
    six = missions.loc["Chang'e-6"]
    assert (six["lat"], six["lon"] % 360) == pytest.approx((-41.6385, 206.0148))
    assert missions["lon"].between(-180, 180).all()


def test_sites_lie_at_their_landers() -> None:
    sites = load_sites().merge(load_missions(), on="mission", suffixes=("", "_lander"))
    assert len(sites) == 55
    away = great_circle_km(sites["lat"], sites["lon"], sites["lat_lander"], sites["lon_lander"])
    worst = pd.Series(away).groupby(sites["mission"]).max()
    apollo = worst[worst.index.str.startswith("Apollo")]
    # traverses of the last missions went up to 11 km from the lander
    assert apollo.max() < 11
    # the published point of Luna 16 lies north of the equator, the lander south of it
    assert worst.idxmax() == "Luna 16"
    assert worst["Luna 16"] == pytest.approx(37, abs=1)
