"""Faults that were found by trying to break the oxide part, each kept from coming back."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from farside.cli.about import info
from farside.datasets import load_sites
from farside.errors import FarsideError, InputError, StaleError
from farside.oxides import bundle, files
from farside.oxides.cnn import CnnSettings
from farside.oxides.compare import cell_of
from farside.oxides.estimator import OxideEstimator
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.training import TrainingSet, load_training
from farside.report import store
from farside.spectra.dataset import from_table, make_spectra

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Farside(FarsideSettings(cnn=CnnSettings(steps=5, members=2, pool=300)))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("w")
    bundle.save(folder, OxideEstimator(QUICK).fit_training(load_training()), {}, {})
    return folder


@pytest.mark.parametrize(("lat", "lon"), [(90.0, 0.0), (0.0, 180.0), (10.0, 270.0)])
def test_every_place_is_in_a_cell(lat: float, lon: float) -> None:
    assert cell_of(np.array([lat]), np.array([lon]))[0] >= 0


@pytest.mark.parametrize("content", [b"[]", b"null", b'{"format": 1}', b'{"a": "\xe9"}'])
def test_a_damaged_sidecar_is_refused(content: bytes, weights: Path, tmp_path: Path) -> None:
    shutil.copy(weights / "farside.onnx", tmp_path)
    (tmp_path / "farside.json").write_bytes(content)
    with pytest.raises(InputError):
        bundle.load(tmp_path)


def test_a_sidecar_that_does_not_fit_its_graph_is_refused(weights: Path, tmp_path: Path) -> None:
    shutil.copytree(weights, tmp_path / "c")
    path = tmp_path / "c" / "farside.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps(about | {"x_mean": about["x_mean"][:3]}))
    with pytest.raises(InputError):
        bundle.load(tmp_path / "c")


def test_a_file_in_place_of_the_folder_of_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(InputError):
        bundle.load(tmp_path / "f")


def test_settings_are_loaded_as_saved(weights: Path) -> None:
    assert bundle.load(weights).method.settings == QUICK.settings


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"a": "\xe9"}'])
def test_a_damaged_result_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_bytes(content)
    with pytest.raises(InputError):
        store.read("audit", tmp_path)


def test_the_order_of_training_bands_does_not_matter() -> None:
    table = load_sites()
    spectra = from_table(table)
    a = OxideEstimator(QUICK).fit(spectra, table).predict(spectra)
    turned = spectra.isel(band=[3, 0, 7, 1, 6, 2, 5, 4])
    b = OxideEstimator(QUICK).fit(turned, table).predict(spectra)
    np.testing.assert_allclose(a["value"], b["value"], atol=1e-3)


def _without_sio2() -> TrainingSet:
    data = load_training()
    return replace(data, oxides=np.where(np.arange(6) == 5, np.nan, data.oxides))


def test_info_of_weights_without_an_oxide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "OxideEstimator", partial(OxideEstimator, QUICK))
    monkeypatch.setattr(files, "Farside", lambda: QUICK)
    load_sites().drop(columns="SiO2").to_csv(tmp_path / "t.csv", index=False)
    files.train_file(tmp_path / "w", tmp_path / "t.csv")
    info(tmp_path / "w", card=False, as_json=False)
    assert "FeO" in capsys.readouterr().out


def test_refinement_of_weights_without_an_oxide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = OxideEstimator(QUICK).fit_training(_without_sio2())
    monkeypatch.setattr(bundle, "load", lambda _: old)
    row = load_sites().iloc[[0]].assign(site="new", mission="new", SiO2=np.nan)
    row.to_csv(tmp_path / "n.csv", index=False)
    done = files.refine_file(tmp_path / "n.csv", tmp_path / "o")
    json.dumps(done.to_dict(), allow_nan=False)


@pytest.mark.parametrize("column", ["site", "mission"])
def test_an_empty_name_is_refused(column: str, tmp_path: Path) -> None:
    t = load_sites()
    t.loc[[1, 2], column] = np.nan
    t.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(FarsideError):
        files.read_truth(tmp_path / "t.csv")


def test_spaces_after_commas_are_read_as_in_predict(tmp_path: Path) -> None:
    bands = [f"r{w}" for w in (414, 749, 901, 950, 1001, 1049, 1248, 1548)]
    load_sites()[["site", "mission", "FeO", *bands]].to_csv(tmp_path / "a.csv", index=False)
    path = tmp_path / "t.csv"
    path.write_text((tmp_path / "a.csv").read_text().replace(",", ", "))
    assert len(files.read_table(path)["point"]) == 55
    assert len(files.read_truth(path)) == 55


def test_explain_brings_sp_to_mi_or_says_that_it_cannot(weights: Path, tmp_path: Path) -> None:
    load_sites().assign(sensor="SP").to_csv(tmp_path / "sp.csv", index=False)
    with pytest.raises(FarsideError):  # as predict: no gain from SP to MI at 414 nm
        files.explain_file(tmp_path / "sp.csv", weights)


def test_audit_is_hashed_with_the_jackknife() -> None:
    assert "oxides._attribution" in store.DEPENDS["audit"]


def test_near_far_is_hashed_with_what_its_ridge_reads() -> None:
    assert "oxides.empirical" in store.DEPENDS["near_far"]


def test_weights_are_hashed_with_the_geography_of_the_prior() -> None:
    assert "geography.regions" in bundle.MODULES


def test_an_image_as_a_table_says_which_pixel(weights: Path) -> None:
    d = load_training()
    image = make_spectra(d.reflectance[:6].T.reshape(8, 2, 3), d.wavelength_nm)
    frame = files.wide_table(bundle.load(weights).predict(image))
    assert {"y", "x"} <= set(frame.columns)


def test_longitude_in_range_is_left_alone() -> None:
    t = load_sites()
    np.testing.assert_array_equal(from_table(t)["lon"], t["lon"])


def test_a_measured_oxide_does_not_pass_for_a_predicted_one(weights: Path, tmp_path: Path) -> None:
    load_sites().assign(FeO=99.0).to_csv(tmp_path / "in.csv", index=False)
    files.predict_file(tmp_path / "in.csv", tmp_path / "out.csv", weights=weights)
    out = pd.read_csv(tmp_path / "out.csv")
    assert (out["FeO_given"] == 99.0).all()
    assert (out["FeO"] < 30).all()
    assert out["mission"].tolist() == load_sites()["mission"].tolist()


def test_a_band_that_is_filled_in_is_named(weights: Path, tmp_path: Path) -> None:
    load_sites().drop(columns="r414").to_csv(tmp_path / "in.csv", index=False)
    done = files.predict_file(tmp_path / "in.csv", tmp_path / "out.csv", weights=weights)
    assert done.bands_filled_nm == [414.0]
    assert "414 nm" in str(done)


def test_wavelengths_in_micrometres_are_refused() -> None:
    d = load_training()
    with pytest.raises(FarsideError, match="micrometres"):
        make_spectra(d.reflectance.T, d.wavelength_nm / 1000)


def test_a_spectrum_unlike_any_is_marked_and_left_out_of_the_mean(
    weights: Path, tmp_path: Path
) -> None:
    sites = load_sites()
    bands = [c for c in sites if c.startswith("r") and c[1:].isdigit()]
    sites.loc[0, bands] = sites.loc[0, bands].to_numpy()[::-1]
    sites.to_csv(tmp_path / "in.csv", index=False)
    done = files.predict_file(tmp_path / "in.csv", tmp_path / "out.csv", weights=weights)
    out = pd.read_csv(tmp_path / "out.csv")
    assert out["novel"].tolist() == [True] + [False] * 54
    assert done.mean["FeO"] == pytest.approx(out["FeO"][1:].mean(), abs=1e-3)


def test_weights_of_other_code_are_refused(weights: Path, tmp_path: Path) -> None:
    shutil.copytree(weights, tmp_path / "old")
    path = tmp_path / "old" / "farside.json"
    about = json.loads(path.read_text())
    about["made_by"] = {"code:oxides.inverse": "0" * 64, "data:sites.csv": "0" * 64}
    path.write_text(json.dumps(about))
    with pytest.raises(StaleError, match=r"oxides\.inverse"):
        bundle.load(tmp_path / "old")
