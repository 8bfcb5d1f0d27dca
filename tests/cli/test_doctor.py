"""``farside doctor``: what is well is called well, and what is not is found."""

from __future__ import annotations

import json
import shutil
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from farside.cli.app import app
from farside.report import doctor, store

if TYPE_CHECKING:
    from pathlib import Path


def states(found: doctor.Examination) -> dict[str, str]:
    return {check.name: check.state for check in found.checks}


@pytest.fixture(scope="module")
def healthy() -> doctor.Examination:
    return doctor.examine()


def test_what_ships_is_whole(healthy: doctor.Examination) -> None:
    found = states(healthy)
    assert healthy.healthy, str(healthy)
    for name in ("tables", "weights", "sharp map", "chronology farside-2026"):
        assert found[name] == "good"
    assert {f"result {name}" for name in store.names()} <= found.keys()
    assert found["lunar projections"] == "good"


def test_libraries_are_told_with_their_versions(healthy: doctor.Examination) -> None:
    told = {check.name: check.detail for check in healthy.checks if check.topic == "Libraries"}
    assert told["numpy"] == metadata.version("numpy")
    assert {"xarray", "onnxruntime", "typer", "rasterio"} <= told.keys()
    assert "torch" not in told  # an extra


def test_the_command_prints_it_as_text_and_json(healthy: doctor.Examination) -> None:
    done = CliRunner().invoke(app, ["doctor", "--quiet"])
    assert done.exit_code == 0
    assert "nothing is broken" in done.stdout
    content = json.loads(CliRunner().invoke(app, ["doctor", "-q", "--json"]).stdout)
    assert content["healthy"] is True
    assert [c["name"] for c in content["checks"]] == [c.name for c in healthy.checks]


def test_a_missing_extra_is_told_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "captum" else real(name))
    (train,) = [check for check in doctor._extras() if check.name == "train"]
    assert train.state == "missing"
    assert "captum (not installed)" in train.detail
    assert "pip install 'farside[train]'" in train.detail
    # an extra limits; it breaks nothing
    assert doctor.Examination((train,)).healthy


def test_many_missing_libraries_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda _: None)
    found = {check.name: check.detail for check in doctor._extras()}
    asked = sum(extra == "dev" for _, extra in doctor._requirements())
    assert f"; {asked} of {asked} libraries not installed" in found["dev"]
    assert all(len(detail) < 300 for detail in found.values())


def test_a_library_that_is_too_old_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: "0.1" if name == "xarray" else real(name))
    (xarray,) = [check for check in doctor._libraries() if check.name == "xarray"]
    assert xarray.state == "broken"
    assert "0.1 is too old" in xarray.detail
    assert "pip install 'xarray>=" in xarray.detail


def test_a_damaged_result_ends_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "results"
    shutil.copytree(store.shipped_folder(), folder)
    audit = folder / "audit.json"
    stored = json.loads(audit.read_text(encoding="utf-8"))
    stored["made_by"]["settings"] = "0" * 64
    audit.write_text(json.dumps(stored), encoding="utf-8")
    (folder / "orbit.json").write_text("{", encoding="utf-8")
    monkeypatch.setattr(store, "shipped_folder", lambda: folder)
    done = CliRunner().invoke(app, ["doctor", "--quiet"])
    assert done.exit_code == 1
    assert "broken: result orbit, result audit" in done.stdout
    assert "changed: settings" in done.stdout


def test_originals_are_looked_at_where_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.img").write_bytes(b"x" * 1000)
    check = doctor._originals(tmp_path)
    assert (check.state, check.detail) == ("good", "1 files, 0.0 GB")
    assert doctor._originals(tmp_path / "none").state == "missing"
