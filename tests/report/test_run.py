"""The main job, on what ships: five files, every row, the same bytes each time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from farside import provenance
from farside.constants import OXIDES
from farside.datasets import load_clementine_sites, load_sites, load_sp_spectra
from farside.errors import InputError
from farside.oxides import bundle
from farside.report import store
from farside.report.cited import CITED
from farside.report.findings import findings
from farside.report.run import R2_TOLERANCE, Run, differing, predict_all, run
from farside.spectra.dataset import from_table
from farside.study import catalogue

if TYPE_CHECKING:
    from pathlib import Path

FILES = ["farside_map.tif", "findings.json", "oxides.csv", "report.html", "validation.json"]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("run") / "out")


@pytest.fixture(scope="module")
def written(done: Run) -> pd.DataFrame:
    return pd.read_csv(done.out / "oxides.csv")


def test_five_files_are_written_and_nothing_else(done: Run) -> None:
    assert sorted(p.name for p in done.out.iterdir()) == FILES
    assert sorted(p.name for p in done.files) == FILES
    assert all(p.stat().st_size > 1000 for p in done.files)
    assert done.differences is None
    content = json.loads(json.dumps(done.to_dict(), allow_nan=False))
    assert content["files"] == [str(p) for p in done.files]


def test_every_site_and_spectrum_has_a_line_for_each_oxide(written: pd.DataFrame) -> None:
    sp = load_sp_spectra()
    expected = {
        "Kaguya MI": len(load_sites()),
        "Clementine (not cross-calibrated)": len(load_clementine_sites()),
        "Kaguya SP": int((sp["sensor"] == "SP").sum()),
    }
    counts = written.groupby("source").size()
    assert counts.to_dict() == {k: 6 * n for k, n in expected.items()}
    assert written["oxide"].tolist() == list(OXIDES) * sum(expected.values())
    lines = written.groupby(["source", "group", "name", "lat", "lon"]).size()
    assert (lines % 6 == 0).all()


def test_the_lines_hold_the_tables_and_the_predictions(written: pd.DataFrame) -> None:
    sites = load_sites()
    mine = written[written["source"] == "Kaguya MI"]
    measured = mine["measured"].to_numpy().reshape(-1, 6)
    np.testing.assert_allclose(measured, sites[list(OXIDES)].to_numpy(), atol=5.1e-5)
    assert mine["name"].to_numpy()[::6].tolist() == sites["site"].tolist()
    assert mine["group"].to_numpy()[::6].tolist() == sites["mission"].tolist()
    np.testing.assert_allclose(mine["lat"].to_numpy()[::6], sites["lat"], atol=5.1e-5)
    out = bundle.load().predict(from_table(sites))
    for key in ("value", "lower", "upper"):
        np.testing.assert_allclose(
            mine[key].to_numpy().reshape(-1, 6).T, out[key], rtol=0, atol=1e-3
        )
    other = written[written["source"].str.startswith("Clementine")]
    stations = load_clementine_sites()
    iron = other[other["oxide"] == "FeO"]
    np.testing.assert_allclose(iron["measured"], stations["FeO"], atol=5.1e-5)
    assert other.loc[~other["oxide"].isin(["FeO", "TiO2"]), "measured"].isna().all()
    assert written.loc[written["source"] == "Kaguya SP", "measured"].isna().all()


def test_every_number_has_an_interval(written: pd.DataFrame) -> None:
    good = written[written["good"]]
    assert len(good) > 0.9 * len(written)
    assert good[["value", "lower", "upper", "novelty"]].notna().all(axis=None)
    assert ((good["lower"] <= good["value"]) & (good["value"] <= good["upper"])).all()
    assert good["value"].between(0, 100).all()
    assert written.loc[~written["good"], ["value", "lower", "upper"]].isna().all(axis=None)


def test_the_validation_is_what_ships(done: Run) -> None:
    content = json.loads((done.out / "validation.json").read_text(encoding="utf-8"))
    assert set(content) == set(store.names())
    assert content == {name: store.read(name) for name in store.names()}


def test_the_findings_are_those_of_the_command(done: Run) -> None:
    content = json.loads((done.out / "findings.json").read_text(encoding="utf-8"))
    assert content.pop("farside") == provenance.code_version()
    assert content == json.loads(json.dumps(findings().to_dict()))
    assert [f["name"] for f in content["findings"]] == list(catalogue.names())
    page = (done.out / "report.html").read_text(encoding="utf-8")
    for name in catalogue.names():
        assert f'id="finding-{name}"' in page


def test_the_page_stands_alone_and_cites(done: Run) -> None:
    page = (done.out / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert bundle.sidecar()["onnx_sha256"][:8] in page
    for reference in done.context.references:
        assert not reference.doi or reference.doi in page, reference.key
    assert {reference.key for reference in done.context.references} == set(CITED)
    # the page lists what it leads to, and no work stands in the list that nothing leads to
    listed = set(re.findall(r'<li id="ref-([^"]+)"', page))
    assert listed == set(CITED)
    of_findings = {key for f in done.context.findings.findings for key in f.cited}
    assert of_findings <= listed
    named = set(re.findall(r'href="#ref-([^"]+)"', page))
    assert of_findings <= named == listed
    assert str(done.out) not in page


def test_the_comparison_is_of_scenes_from_orbit(done: Run) -> None:
    sp = load_sp_spectra()
    scenes = set(sp.loc[sp["sensor"] == "SP", "scene"])
    assert set(done.context.comparison["group"]) == scenes
    assert done.context.comparison["points"].groupby(done.context.comparison["group"]).first().sum()


def test_two_runs_write_the_same_bytes(done: Run, tmp_path: Path) -> None:
    # in a process of its own, whose sets and dictionaries hash text otherwise
    again = tmp_path / "elsewhere" / "out"
    command = [sys.executable, "-c", "from farside.cli import main; main()", "run", "--quiet"]
    seed = {"PYTHONHASHSEED": "1"}
    subprocess.run([*command, "--out", again], check=True, env=os.environ | seed)  # noqa: S603
    for name in FILES:
        assert (again / name).read_bytes() == (done.out / name).read_bytes(), name


def test_prediction_does_not_depend_on_what_ran_before() -> None:
    estimator = bundle.load()
    first, compared = predict_all(estimator)
    second, again = predict_all(estimator)
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(compared, again)


def test_a_file_is_no_folder_to_write_to(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.write_text("mine", encoding="utf-8")
    for full in (False, True):
        with pytest.raises(InputError, match="taken is a file; name a folder"):
            run(path, full=full)
    assert path.read_text(encoding="utf-8") == "mine"


def test_scores_that_differ_are_listed() -> None:
    shipped = store.read("validation")
    assert differing(shipped).empty
    changed = json.loads(json.dumps(shipped))
    (one,) = [v for v in changed if (v["estimator"], v["protocol"]) == ("ridge", "lomo")]
    (old,) = [v for v in shipped if (v["estimator"], v["protocol"]) == ("ridge", "lomo")]
    one["scores"][1]["r2"] += 2 * R2_TOLERANCE
    one["scores"][2]["r2"] -= 0.5 * R2_TOLERANCE
    found = differing(changed)
    assert len(found) == 1
    assert found.loc[0, "oxide"] == "FeO"
    assert found.loc[0, "shipped_r2"] == old["scores"][1]["r2"]
    assert found.loc[0, "recomputed_r2"] == one["scores"][1]["r2"]
