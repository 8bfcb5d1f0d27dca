"""The commands: a result on standard output, or one line of reason and exit code 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from calling import Outcome, refused

from farside.constants import OXIDES
from farside.datasets import load_sites, load_sp_spectra
from farside.oxides import bundle
from farside.oxides.cnn import CnnSettings
from farside.oxides.estimator import OxideEstimator
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.training import load_training
from farside.report import store
from farside.spectra.dataset import from_table

if TYPE_CHECKING:
    from collections.abc import Callable

torch.set_num_threads(1)

BANDS = ["r414", "r749", "r901", "r950", "r1001", "r1049", "r1248", "r1548"]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of weights that were trained for a moment."""
    folder = tmp_path_factory.mktemp("weights")
    quick = Farside(FarsideSettings(cnn=CnnSettings(steps=5, pool=200)))
    bundle.save(folder, OxideEstimator(quick).fit_training(load_training()), {}, {})
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sites.csv"
    load_sites().to_csv(path, index=False)
    return path


def wrong_usage(outcome: Outcome, *words: str) -> None:
    """Hold an outcome to a usage error."""
    assert outcome.code == 2, outcome
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert "Error" in outcome.err
    for word in words:
        assert word in outcome.err, (word, outcome.err)


# -- predict -----------------------------------------------------------------------------------


def test_predict_writes_what_the_estimator_predicts(
    call: Callable[..., Outcome], table: Path, weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    done = call("predict", table, "--out", out, "--weights", weights)
    assert done.code == 0
    assert f"wrote {out}: 55 of 55 spectra used" in done.out
    assert "read sites.csv" in done.err
    written = pd.read_csv(out)
    expected = bundle.load(weights).predict(from_table(load_sites()))
    for oxide in OXIDES:
        for key, suffix in (("value", ""), ("lower", "_lower"), ("upper", "_upper")):
            np.testing.assert_allclose(
                written[oxide + suffix], expected[key].sel(oxide=oxide), rtol=0, atol=5.1e-5
            )


def test_predict_with_the_weights_that_ship(
    call: Callable[..., Outcome], table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.nc"
    done = call("predict", table, "--out", out, "-q", "--json")
    assert (done.code, done.err) == (0, "")
    content = json.loads(done.out)
    assert content["out"] == str(out)
    assert (content["spectra"], content["good"]) == (55, 55)
    expected = bundle.load().predict(from_table(load_sites()))
    with xr.open_dataset(out, engine="scipy") as back:
        np.testing.assert_allclose(back["value"], expected["value"], rtol=1e-12)
        for oxide, mean in content["mean"].items():
            assert mean == pytest.approx(float(back["value"].sel(oxide=oxide).mean()), abs=6e-4)


def test_flagged_rows_are_counted_and_empty(
    call: Callable[..., Outcome], weights: Path, tmp_path: Path
) -> None:
    sites = load_sites()
    sites.loc[0, "r749"] = np.nan
    sites.loc[1, "r749"] = -0.2
    sites.to_csv(tmp_path / "in.csv", index=False)
    out = tmp_path / "out.csv"
    done = call("predict", tmp_path / "in.csv", "--out", out, "--weights", weights, "--json", "-q")
    content = json.loads(done.out)
    assert content["flags"] == {"nan": 1, "negative": 1, "over_one": 0, "unlit": 0}
    assert np.flatnonzero(pd.read_csv(out)["FeO"].isna()).tolist() == [0, 1]


def test_a_sensor_is_told_by_its_option_or_its_column(
    call: Callable[..., Outcome], weights: Path, tmp_path: Path
) -> None:
    rows = load_sp_spectra()
    rows = rows[rows["sensor"] == "SP"]
    rows.to_csv(tmp_path / "a.csv", index=False)
    rows.drop(columns="sensor").to_csv(tmp_path / "b.csv", index=False)
    ours = ("--weights", weights, "-q")
    assert call("predict", tmp_path / "a.csv", "--out", tmp_path / "1.csv", *ours).code == 0
    said = call("predict", tmp_path / "b.csv", "--out", tmp_path / "2.csv", "--sensor", "SP", *ours)
    assert "from SP to MI" in said.out
    raw = call("predict", tmp_path / "a.csv", "--out", tmp_path / "3.csv", "--as-is", *ours)
    assert "from SP" not in raw.out
    one, two, three = (pd.read_csv(tmp_path / f"{i}.csv") for i in (1, 2, 3))
    pd.testing.assert_frame_equal(one.drop(columns="sensor"), two)
    assert (one["FeO"] - three["FeO"]).abs().max() > 1


PREDICT: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], tuple[str, ...]]] = {
    "no band": (lambda t: t[["site", "lat"]], ("in.csv", "no column of reflectance", "r414")),
    "too few bands": (lambda t: t[["site", "r414", "r749"]], ("414, 749 nm", "at least 3")),
    "percent": (lambda t: t.assign(**{b: t[b] * 100 for b in BANDS}), ("percent", "by 100")),
    "counts": (lambda t: t.assign(**{b: t[b] * 5e4 for b in BANDS}), ("counts", "2e-5")),
    "no row": (lambda t: t.iloc[:0], ("in.csv", "no row")),
    "no number": (lambda t: t.assign(r749="dark"), ("in.csv", "r749")),
    "nothing usable": (lambda t: t.assign(r749=np.nan), ("none of 55", "55 nan")),
    "no transfer": (lambda t: t.assign(sensor="M3"), ("from M3 to MI", "--as-is")),
}


@pytest.mark.parametrize("what", list(PREDICT))
def test_predict_refuses_a_table_and_leaves_the_old_file(
    what: str, call: Callable[..., Outcome], weights: Path, tmp_path: Path
) -> None:
    spoil, words = PREDICT[what]
    spoil(load_sites()).to_csv(tmp_path / "in.csv", index=False)
    folder = tmp_path / "results"
    args = ("predict", tmp_path / "in.csv", "--out", folder / "out.csv", "--weights", weights)
    refused(call(*args), *words)
    assert not folder.exists()
    folder.mkdir()
    (folder / "out.csv").write_text("old", encoding="utf-8")
    refused(call(*args), *words)
    assert [p.read_text(encoding="utf-8") for p in folder.iterdir()] == ["old"]


@pytest.mark.parametrize("name", ["missing.csv", "missing.spc", "missing.tif"])
def test_predict_names_a_missing_file(
    name: str, call: Callable[..., Outcome], tmp_path: Path
) -> None:
    refused(call("predict", tmp_path / name, "--out", tmp_path / "o.csv"), name)


def test_predict_refuses_files_that_are_not_what_they_are_called(
    call: Callable[..., Outcome], tmp_path: Path
) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "binary.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "a.spc").write_bytes(b"no label")
    (tmp_path / "a.tif").write_bytes(b"no image")
    for name in ("folder.csv", "binary.csv", "empty.csv", "a.spc", "a.tif"):
        refused(call("predict", tmp_path / name, "--out", tmp_path / "o.csv"), name)


def test_predict_names_the_endings_it_knows(
    call: Callable[..., Outcome], table: Path, tmp_path: Path
) -> None:
    strange = table.rename(tmp_path / "sites.xlsx")
    refused(call("predict", strange, "--out", tmp_path / "o.csv"), "sites.xlsx", ".csv", ".spc")
    refused(call("predict", strange, "--out", tmp_path / "o.png"), "o.png", ".csv or .nc")


@pytest.mark.parametrize("name", ["taken/out.csv", "folder.csv", "folder.nc"])
def test_predict_names_an_output_that_cannot_be_written(
    name: str, call: Callable[..., Outcome], table: Path, weights: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.nc").mkdir()
    out = tmp_path / name
    refused(call("predict", table, "--out", out, "--weights", weights), f"cannot write {out}")


# -- weights -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["predict", "explain", "refine", "info"])
def test_a_folder_without_weights_is_named(
    command: str, call: Callable[..., Outcome], table: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    arguments: dict[str, tuple[object, ...]] = {
        "predict": (table, "--out", tmp_path / "o.csv"),
        "refine": (table, "--out", tmp_path / "new"),
        "explain": (),
        "info": (),
    }
    outcome = call(command, *arguments[command], "--weights", empty)
    refused(outcome, str(empty), "farside train")
    assert not (tmp_path / "new").exists()


def test_a_damaged_bundle_is_refused(
    call: Callable[..., Outcome], weights: Path, tmp_path: Path
) -> None:
    text = (weights / "farside.json").read_text(encoding="utf-8")
    (tmp_path / "farside.json").write_text(text[:500], encoding="utf-8")
    refused(call("info", "--weights", tmp_path), "farside.json", "not the sidecar of a bundle")
    (tmp_path / "farside.json").write_text(text, encoding="utf-8")
    (tmp_path / "farside.onnx").write_bytes(b"no graph")
    refused(call("explain", "--weights", tmp_path), "farside.onnx", "not the graph")


# -- refine and train --------------------------------------------------------------------------

TRUTH: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], tuple[str, ...]]] = {
    "misspelt oxide": (lambda t: t.rename(columns={"TiO2": "Ti02"}), ("'Ti02'", "'TiO2'")),
    "duplicate": (lambda t: t.assign(site="twin"), ("twin", "more than once")),
    "no oxide": (lambda t: t[["site", "mission", *BANDS]], ("no oxide column", "TiO2", "SiO2")),
    "no band": (lambda t: t.drop(columns="r950"), ("950 nm", "1548")),
    "no mission": (lambda t: t.drop(columns="mission"), ("'mission'",)),
    "fractions": (lambda t: t.assign(**{o: t[o] / 100 for o in OXIDES}), ("fraction",)),
    "percent": (lambda t: t.assign(**{b: t[b] * 100 for b in BANDS}), ("percent",)),
}


@pytest.mark.parametrize("command", ["refine", "train"])
@pytest.mark.parametrize("what", list(TRUTH))
def test_ground_truth_that_cannot_be_is_refused(
    what: str, command: str, call: Callable[..., Outcome], tmp_path: Path
) -> None:
    spoil, words = TRUTH[what]
    path = tmp_path / "truth.csv"
    spoil(load_sites()).to_csv(path, index=False)
    out = ("--out", tmp_path / "new")
    given = (path,) if command == "refine" else ("--data", path)
    refused(call(command, *given, *out), *words)
    assert not (tmp_path / "new").exists()


def test_ground_truth_that_is_known_already_is_refused(
    call: Callable[..., Outcome], table: Path, weights: Path, tmp_path: Path
) -> None:
    outcome = call("refine", table, "--out", tmp_path / "new", "--weights", weights)
    refused(outcome, "Apollo12-1", "already")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["refine", "train"])
def test_ground_truth_that_is_missing_is_named(
    command: str, call: Callable[..., Outcome], tmp_path: Path
) -> None:
    given = (tmp_path / "none.csv",) if command == "refine" else ("--data", tmp_path / "none.csv")
    refused(call(command, *given, "--out", tmp_path / "new"), "none.csv")


def test_one_mission_is_not_enough(call: Callable[..., Outcome], tmp_path: Path) -> None:
    load_sites().assign(mission="one").to_csv(tmp_path / "t.csv", index=False)
    refused(call("train", "--data", tmp_path / "t.csv", "--out", tmp_path / "new"), "one mission")


# -- validate ----------------------------------------------------------------------------------


def test_validation_is_printed_or_given_as_json(call: Callable[..., Outcome]) -> None:
    args = ("validate", "--estimator", "mean", "--estimator", "ridge", "--protocol", "lomo", "-q")
    text, plain = call(*args), call(*args, "--json")
    assert (text.code, plain.code) == (0, 0)
    content = json.loads(plain.out)["validation"]
    assert [v["estimator"] for v in content] == ["mean", "ridge"]
    for found in content:
        for score in found["scores"]:
            assert f"{score['rmse']:.2f}" in text.out
            errors = [
                row["value"] - row["measured"]
                for row in found["rows"]
                if row["oxide"] == score["oxide"] and row["measured"] is not None
            ]
            assert len(errors) == score["n"]
            assert score["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-3)


def test_shipped_validation_is_what_ships(call: Callable[..., Outcome]) -> None:
    done = call("validate", "--shipped", "--json", "-q", "--protocol", "lomo")
    assert done.code == 0
    expected = [
        v
        for v in store.read("validation")
        if (v["estimator"], v["protocol"]) == ("farside", "lomo")
    ]
    assert json.loads(done.out) == {"validation": expected}


@pytest.mark.parametrize("more", [(), ("--shipped",)])
def test_unknown_names_are_told_the_nearest(
    more: tuple[str, ...], call: Callable[..., Outcome]
) -> None:
    found = call("validate", "--estimator", "farsite", *more)
    refused(found, "unknown estimator 'farsite'", "ridge", "Did you mean 'farside'?")
    found = call("validate", "--protocol", "lom", *more)
    refused(found, "unknown protocol 'lom'", "terrain", "Did you mean 'lomo'?")


@pytest.mark.parametrize(("value", "reason"), [("1.5", "0.99"), ("0.1", "0.5"), ("ninety", "")])
def test_a_coverage_that_cannot_be_is_refused(
    value: str, reason: str, call: Callable[..., Outcome], tmp_path: Path
) -> None:
    wrong_usage(call("validate", "--coverage", value), "--coverage", reason)
    wrong_usage(call("train", "--out", tmp_path / "w", "--coverage", value), "--coverage", reason)
    assert not (tmp_path / "w").exists()


# -- the rest ----------------------------------------------------------------------------------


def test_explain_names_each_band(call: Callable[..., Outcome], table: Path, weights: Path) -> None:
    done = call("explain", table, "--weights", weights, "--json", "-q")
    assert done.code == 0
    content = json.loads(done.out)
    assert len(content["bands"]) == 6 * 8
    assert content["checks"]


def test_explain_names_a_missing_file(
    call: Callable[..., Outcome], weights: Path, tmp_path: Path
) -> None:
    refused(call("explain", tmp_path / "none.csv", "--weights", weights), "none.csv")


def test_info_says_what_the_weights_are(call: Callable[..., Outcome], weights: Path) -> None:
    done = call("info", "--json")
    content = json.loads(done.out)
    assert content["onnx_sha256"] == bundle.sidecar()["onnx_sha256"]
    assert "x_mean" not in content
    text = call("info")
    assert content["onnx_sha256"] in text.out
    for score in content["validation"]["lomo"]:
        assert f"{score['oxide']} {score['r2']:.2f}" in text.out
    assert json.loads(call("info", "--card", "--json").out)["card"].strip() == bundle.card().strip()
    assert call("info", "--weights", weights).code == 0
    refused(call("info", "--card", "--weights", weights), "no model card")


def test_cite_names_the_software_and_each_source(call: Callable[..., Outcome]) -> None:
    content = json.loads(call("cite", "--json").out)
    assert content["software"].startswith("The farside developers")
    text = call("cite").out
    for reference in content["references"]:
        assert reference["citation"] in text
        assert reference["doi"] in text
    assert {"yang2023", "barber2021", "ohtake2008"} <= {r["key"] for r in content["references"]}


def test_run_refuses_a_file_as_its_folder(call: Callable[..., Outcome], tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.write_text("mine", encoding="utf-8")
    refused(call("run", "--out", path), str(path), "name a folder")
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "arguments",
    [
        ("predikt",),
        ("predict",),
        ("predict", __file__),
        ("run", "--seed", "-1"),
        ("info", "--colour", "red"),
        ("refine", __file__),
        ("train",),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], call: Callable[..., Outcome]) -> None:
    wrong_usage(call(*arguments), "farside")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from farside.cli import main\n"
        "sys.argv = ['farside', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'torch', 'pandas', 'onnxruntime', 'sklearn', 'matplotlib', 'xarray'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert "HEAVY []" in done.stdout
    assert "predict" in done.stdout


def test_the_installed_program_refuses_without_a_traceback(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "farside"
    done = subprocess.run(  # noqa: S603 - our own program
        [program, "predict", "none.csv", "--out", "out.csv"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "none.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
