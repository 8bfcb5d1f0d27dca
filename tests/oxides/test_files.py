"""From file to file: the file holds what the library computes, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from farside.constants import OXIDES
from farside.datasets import load_sites, load_sp_spectra
from farside.errors import BandError, FarsideError, InputError, SampleError, UnitError
from farside.oxides import bundle, files
from farside.oxides.estimator import OxideEstimator
from farside.oxides.training import load_training
from farside.spectra.dataset import from_table
from farside.spectra.prepare import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from farside.oxides.farside import Farside
    from farside.oxides.training import TrainingSet

BANDS = ["r414", "r749", "r901", "r950", "r1001", "r1049", "r1248", "r1548"]
ROUNDED = 5.1e-5
"""A file of comma-separated values has four decimals."""


@pytest.fixture(scope="module")
def estimator(sites: TrainingSet, quick: Farside) -> OxideEstimator:
    return OxideEstimator(quick).fit_training(sites)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, estimator: OxideEstimator) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    bundle.save(folder, estimator, {}, {})
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sites.csv"
    load_sites()[["site", "lat", "lon", *BANDS]].to_csv(path, index=False)
    return path


def leftovers(folder: Path) -> list[str]:
    """Return the names of hidden, temporary files."""
    return [p.name for p in folder.iterdir() if p.name.startswith(".")]


# -- predict -----------------------------------------------------------------------------------


def test_the_table_holds_what_the_estimator_predicts(
    table: Path, weights: Path, tmp_path: Path
) -> None:
    done = files.predict_file(table, tmp_path / "out.csv", weights=weights)
    written = pd.read_csv(tmp_path / "out.csv")
    sites = load_sites()
    expected = bundle.load(weights).predict(from_table(sites))
    assert len(written) == len(sites)
    assert written["name"].tolist() == sites["site"].tolist()
    np.testing.assert_allclose(written["lat"], sites["lat"], atol=ROUNDED)
    for oxide in OXIDES:
        part = expected.sel(oxide=oxide)
        for key, suffix in (("value", ""), ("lower", "_lower"), ("upper", "_upper")):
            np.testing.assert_allclose(written[oxide + suffix], part[key], rtol=0, atol=ROUNDED)
    np.testing.assert_allclose(written["novelty"], expected["novelty"], rtol=0, atol=ROUNDED)
    assert written["good"].all()
    assert (done.spectra, done.good, done.novel) == (55, 55, 0)
    assert done.transferred_from is None
    for oxide, mean in done.mean.items():
        assert mean == pytest.approx(written[oxide].mean(), abs=1e-3)
    assert leftovers(tmp_path) == []


def test_spectra_that_cannot_be_used_have_empty_rows(weights: Path, tmp_path: Path) -> None:
    sites = load_sites()
    sites["incidence"] = 30.0
    sites.loc[3, "r749"] = np.nan
    sites.loc[5, "r950"] = -0.1
    sites.loc[8, "r1548"] = 1.2
    sites.loc[9, "incidence"] = 85.0
    sites.to_csv(tmp_path / "in.csv", index=False)
    done = files.predict_file(tmp_path / "in.csv", tmp_path / "out.csv", weights=weights)
    written = pd.read_csv(tmp_path / "out.csv")
    numbers = [o + s for o in OXIDES for s in ("", "_lower", "_upper")] + ["novelty"]
    empty = written[numbers].isna()
    assert np.flatnonzero(empty.all(axis=1)).tolist() == [3, 5, 8, 9]
    assert np.flatnonzero(empty.any(axis=1)).tolist() == [3, 5, 8, 9]
    assert np.flatnonzero(~written["good"]).tolist() == [3, 5, 8, 9]
    rows = {"nan": 3, "negative": 5, "over_one": 8, "unlit": 9}
    for flag, row in rows.items():
        assert np.flatnonzero(written[flag]).tolist() == [row]
    assert done.flags == dict.fromkeys(rows, 1)
    assert done.good == 51
    assert "51 of 55" in str(done)
    assert "1 unlit" in str(done)


def test_the_dataset_is_read_by_xarray(table: Path, weights: Path, tmp_path: Path) -> None:
    files.predict_file(table, tmp_path / "out.nc", weights=weights)
    expected = bundle.load(weights).predict(from_table(load_sites()))
    with xr.open_dataset(tmp_path / "out.nc", engine="scipy") as back:
        assert back["value"].dims == ("oxide", "point")
        assert back["oxide"].to_numpy().tolist() == list(OXIDES)
        assert back["name"].to_numpy().tolist() == load_sites()["site"].tolist()
        assert back["value"].attrs["units"] == "wt%"
        assert back.attrs["coverage"] == 0.9
        assert back["good"].dtype == bool
        for key in ("value", "lower", "upper", "novelty", "good", "lat", "lon"):
            np.testing.assert_allclose(back[key], expected[key], rtol=1e-12)


def test_spectra_of_sp_are_brought_to_mi(weights: Path, tmp_path: Path) -> None:
    rows = load_sp_spectra()
    rows = rows[rows["sensor"] == "SP"]
    rows.to_csv(tmp_path / "sp.csv", index=False)
    done = files.predict_file(tmp_path / "sp.csv", tmp_path / "out.csv", weights=weights)
    assert done.transferred_from == "SP"
    assert "from SP to MI" in str(done)
    spectra, transfer = prepare(from_table(rows))
    expected = bundle.load(weights).predict(spectra, transfer=transfer)
    written = pd.read_csv(tmp_path / "out.csv")
    for oxide in OXIDES:
        for key, suffix in (("value", ""), ("lower", "_lower"), ("upper", "_upper")):
            np.testing.assert_allclose(
                written[oxide + suffix], expected[key].sel(oxide=oxide), rtol=0, atol=1e-3
            )


def test_spectra_like_no_other_are_counted_as_novel(weights: Path, tmp_path: Path) -> None:
    sites = load_sites().iloc[:4].copy()
    sites.loc[1, BANDS] = np.linspace(0.7, 0.1, 8)
    sites.to_csv(tmp_path / "in.csv", index=False)
    done = files.predict_file(tmp_path / "in.csv", tmp_path / "out.csv", weights=weights)
    written = pd.read_csv(tmp_path / "out.csv")
    assert np.flatnonzero(written["novelty"] > 1).tolist() == [1]
    assert done.novel == 1
    assert "1 spectra have novelty above 1" in str(done)


@pytest.mark.parametrize("name", ["out.txt", "out", "out.csv.gz"])
def test_an_unknown_ending_of_the_output_is_refused_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv or \.nc"):
        files.predict_file(tmp_path / "not there.csv", tmp_path / name)


@pytest.mark.parametrize("ending", [".csv", ".nc"])
def test_an_error_leaves_the_old_file_as_it_was(
    ending: str, table: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    out = folder / f"out{ending}"

    def interrupted(_: object, path: Path, **__: Any) -> None:
        path.write_bytes(b"half a fi")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pd.DataFrame, "to_csv", interrupted)
        patch.setattr(xr.Dataset, "to_netcdf", interrupted)
        with pytest.raises(KeyboardInterrupt):
            files.predict_file(table, out, weights=weights)
        assert list(folder.iterdir()) == []
        out.write_bytes(b"old")
        with pytest.raises(KeyboardInterrupt):
            files.predict_file(table, out, weights=weights)
    assert out.read_bytes() == b"old"
    percent = tmp_path / "percent.csv"
    (load_sites()[BANDS] * 100).to_csv(percent, index=False)
    with pytest.raises(UnitError, match="percent"):
        files.predict_file(percent, out, weights=weights)
    assert [p.read_bytes() for p in folder.iterdir()] == [b"old"]


def test_each_step_is_told(table: Path, weights: Path, tmp_path: Path) -> None:
    said: list[str] = []
    files.predict_file(table, tmp_path / "out.csv", weights=weights, say=said.append)
    assert any("sites.csv" in line for line in said)
    assert any("55 spectra" in line for line in said)
    assert any("out.csv" in line for line in said)


# -- ground truth ------------------------------------------------------------------------------


def written_sites(path: Path, **changes: Any) -> Path:
    sites = load_sites().assign(**changes)
    sites.to_csv(path, index=False)
    return path


def test_the_table_of_sites_is_read_as_the_training_set(tmp_path: Path) -> None:
    back, data = files.read_truth(written_sites(tmp_path / "t.csv")), load_training()
    for key in ("name", "mission", "terrain", "wavelength_nm", "reflectance", "oxides"):
        np.testing.assert_array_equal(getattr(back, key), getattr(data, key), err_msg=key)


def test_the_order_of_the_columns_does_not_matter(tmp_path: Path) -> None:
    sites = load_sites()
    sites[sites.columns[::-1]].to_csv(tmp_path / "t.csv", index=False)
    back, data = files.read_truth(tmp_path / "t.csv"), load_training()
    for key in ("name", "wavelength_nm", "reflectance", "oxides"):
        np.testing.assert_array_equal(getattr(back, key), getattr(data, key), err_msg=key)


SPOILT: dict[str, tuple[Any, type[FarsideError], str]] = {
    "misspelt oxide": (lambda t: t.rename(columns={"FeO": "Fe0"}), SampleError, "'Fe0'.*'FeO'"),
    "no mission": (lambda t: t.drop(columns="mission"), SampleError, "no column 'mission'"),
    "no site": (lambda t: t.drop(columns="site"), SampleError, "no column 'site'"),
    "no oxide": (lambda t: t.drop(columns=list(OXIDES)), SampleError, "no oxide column"),
    "duplicate": (lambda t: t.assign(site="one"), SampleError, "more than once: one"),
    "no band": (lambda t: t.drop(columns="r1248"), BandError, "1248 nm"),
    "negative": (lambda t: t.assign(FeO=-1.0), SampleError, "FeO"),
    "sum": (lambda t: t.assign(SiO2=90.0), SampleError, "sum to more than 102"),
    "a word": (lambda t: t.assign(MgO="many"), SampleError, "MgO is no number"),
    "bad spectrum": (
        lambda t: t.assign(r749=t["r749"].where(t["site"] != "Apollo12-2")),
        InputError,
        "spectra of Apollo12-2 cannot be used",
    ),
    "unmeasured": (
        lambda t: t.assign(**{o: t[o].where(t.index != 4) for o in OXIDES}),
        InputError,
        r"rows \[4\] have no measured oxide",
    ),
    "percent": (lambda t: t.assign(**{b: t[b] * 100 for b in BANDS}), UnitError, "percent"),
}


@pytest.mark.parametrize("what", list(SPOILT))
def test_ground_truth_that_cannot_be_is_refused(what: str, tmp_path: Path) -> None:
    spoil, error, message = SPOILT[what]
    spoil(load_sites()).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(error, match=message):
        files.read_truth(tmp_path / "t.csv")


# -- train and refine --------------------------------------------------------------------------


@pytest.fixture
def light(quick: Farside, monkeypatch: pytest.MonkeyPatch) -> Farside:
    """Let training take a moment: fewer steps, the same path from file to file."""
    monkeypatch.setattr(files, "OxideEstimator", partial(OxideEstimator, quick))
    monkeypatch.setattr(files, "Farside", lambda: quick)
    return quick


def test_training_writes_weights_that_load(
    light: Farside, estimator: OxideEstimator, tmp_path: Path
) -> None:
    done = files.train_file(tmp_path / "new", coverage=0.8, seed=0)
    loaded = bundle.load(tmp_path / "new")
    at = load_training().reflectance[::7]
    np.testing.assert_allclose(loaded.fitted_.predict(at), estimator.fitted_.predict(at), atol=1e-3)
    assert loaded.coverage == 0.8
    about = bundle.sidecar(tmp_path / "new")
    assert about["settings"]["cnn"]["steps"] == light.settings.cnn.steps
    assert set(about["validation"]) == {"loo", "lomo"}
    assert {v.protocol for v in done.validations} == {"loo", "lomo"}
    assert all(v.nominal == 0.8 for v in done.validations)
    json.dumps(done.to_dict(), allow_nan=False)


@pytest.mark.usefixtures("light")
def test_training_on_a_table_says_which_table(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    sites = load_sites()
    keep = sites["mission"].isin(["Apollo 12", "Apollo 16"])
    sites[keep].drop(columns="SiO2").to_csv(path, index=False)
    done = files.train_file(tmp_path / "new", path)
    about = bundle.sidecar(tmp_path / "new")
    assert about["missions"] == ["Apollo 12", "Apollo 16"]
    assert about["training"]["name"] == sites.loc[keep, "site"].tolist()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert about["made_by"]["data:ground truth"] == digest
    # with two missions, leaving one out leaves one mission, of which no interval can be made
    assert [v.protocol for v in done.validations] == ["loo"]
    assert np.isnan(bundle.load(tmp_path / "new").data_.oxides[:, 5]).all()


def test_refinement_writes_weights_of_old_and_new(
    light: Farside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, sites = load_training(), load_sites()
    new = data.mission == "Luna 24"
    old = OxideEstimator(light).fit_training(data.rows(~new))
    monkeypatch.setattr(bundle, "load", lambda folder: old if folder is None else None)
    path = tmp_path / "new.csv"
    sites[new].to_csv(path, index=False)
    done = files.refine_file(path, tmp_path / "out")
    monkeypatch.undo()
    about = bundle.sidecar(tmp_path / "out")
    assert about["training"]["name"] == [*data.name[~new].tolist(), *data.name[new].tolist()]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert about["made_by"]["data:ground truth"] == digest
    assert set(about["validation"]) == {"lomo, old sites"}
    loaded = bundle.load(tmp_path / "out")
    after = done.refinement.after.pivot_table(
        index="site", columns="oxide", values="value", sort=False
    )
    out = loaded.bounds(data.reflectance[new])[0]
    np.testing.assert_allclose(after[list(OXIDES)], out, atol=1e-3)
    content = json.loads(json.dumps(done.to_dict(), allow_nan=False))
    assert content["effect"]["rows"] == data.name[new].tolist()


def test_refinement_with_a_known_site_writes_nothing(weights: Path, tmp_path: Path) -> None:
    path = written_sites(tmp_path / "again.csv")
    with pytest.raises(SampleError, match=r"Apollo12-1.*in the training set already"):
        files.refine_file(path, tmp_path / "out", weights)
    assert not (tmp_path / "out").exists()


def test_one_mission_alone_cannot_be_trained_on(tmp_path: Path) -> None:
    path = written_sites(tmp_path / "one.csv", mission="one")
    with pytest.raises(InputError, match="one mission"):
        files.train_file(tmp_path / "out", path)
    assert not (tmp_path / "out").exists()


# -- explain -----------------------------------------------------------------------------------


def test_explanations_are_of_the_spectra_of_the_file(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    load_sites().iloc[::6].to_csv(path, index=False)
    few, every = files.explain_file(path, weights), files.explain_file(None, weights)
    assert few.to_dict() != every.to_dict()
    content = json.loads(json.dumps(few.to_dict(), allow_nan=False))
    assert content["checks"]
    bands = {b["wavelength_nm"] for b in content["bands"]}
    assert bands == {414, 749, 901, 950, 1001, 1049, 1248, 1548}
    for check in few.checks:
        assert check.name in str(few)
