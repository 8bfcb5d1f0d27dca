"""Export and convert, as the installed program runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from calling import Outcome, refused

from farside import provenance
from farside.chronology.counts import make_count
from farside.chronology.formats import write_count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_qgis_and_isis_take_the_map_that_ships(
    call: Callable[..., Outcome], tmp_path: Path
) -> None:
    done = call("export", "qgis", "--out", tmp_path / "q", "--json", "-q")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["project"] == str(tmp_path / "q" / "farside.qgz")
    assert len(found["layers"]) == 21
    done = call("export", "isis", "--out", tmp_path / "i")
    assert done.code == 0
    assert "FeO.lbl" in done.out
    assert "write FeO.lbl" in done.err
    for kind in ("qgis", "isis"):
        refused(call("export", kind, "--out", tmp_path / "q", "-q"), "exists; name another folder")
        refused(call("export", kind, tmp_path / "none", "--out", tmp_path / "n", "-q"), "none")
        refused(call("export", kind, "--out", tmp_path / "n", "--tile", "a", "-q"), "no tiles")
        refused(call("export", kind, tmp_path, "--out", tmp_path / "n", "-q"), "is not a map")


def test_a_run_becomes_a_crate(call: Callable[..., Outcome], tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    refused(call("export", "crate", run, "-q"), "not the folder of a run", "findings.json")
    content = {"farside": provenance.code_version(), "findings": []}
    (run / "findings.json").write_text(json.dumps(content))
    (run / "oxides.csv").write_text("a\n")
    (run / "validation.json").write_text("{}")
    done = call("export", "crate", run, "--licence", "CC-BY-4.0", "--json", "-q")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["files"] == 3
    refused(call("export", "crate", run, "--licence", "my own", "-q"), "SPDX list")


def test_craters_are_converted(call: Callable[..., Outcome], tmp_path: Path) -> None:
    write_count(make_count(np.linspace(0.2, 1.5, 9), 1250.5), tmp_path / "a.csv")
    done = call("convert", "craters", tmp_path / "a.csv", tmp_path / "a.stat", "--json", "-q")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["craters"], found["area_km2"]) == (9, 1250.5)
    assert "bins hold neither single diameters nor places" in found["notes"]
    (tmp_path / "b.csv").write_text("diameter_km\n1.5\n")
    words = ("convert", "craters", tmp_path / "b.csv", tmp_path / "b.diam")
    refused(call(*words, "-q"), "no area")
    done = call(*words, "--area", 400)
    assert done.code == 0
    assert "1 craters, 400 km2" in done.out
    assert "reading" in done.err
    refused(call(*words[:3], tmp_path / "b.dia", "-q"), "Did you mean '.diam'?")


def test_isotopes_are_converted(call: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("87Rb/86Sr,2s,87Sr/86Sr,2s\n0.1,0.002,0.705,0.0002\n")
    done = call("convert", "isotopes", tmp_path / "a.csv", tmp_path / "b.csv", "--json", "-q")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["call"] == ("read.data('b.csv', method='Rb-Sr', format=1, ierr=1)")
    words = ("convert", "isotopes", tmp_path / "a.csv", tmp_path / "c.csv", "-q")
    refused(call(*words, "--system", "rbsr"), "Did you mean 'rb-sr'?")
    refused(call(*words, "--errors", "1s"), "says 2s")
    refused(call(*words[:2], tmp_path / "none.csv", *words[3:]), "none.csv")


def test_samples_are_converted(call: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sample,SiO2,SiO2_1s,La\n15555,44.2,0.1,5\n")
    words = ("convert", "samples", tmp_path / "a.csv", tmp_path / "b.csv")
    done = call(*words, "--to", "astromat", "--json", "-q")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["analyses"] == 1
    done = call("convert", "samples", tmp_path / "b.csv", tmp_path / "c.csv", "-q")
    assert done.code == 0
    assert (tmp_path / "c.csv").read_text().splitlines()[1].startswith("15555,,,44.2,0.1,5")
    refused(call(*words, "--to", "moondb", "-q"), "known: astromat, earthchem, farside")
    refused(call(*words[:2], tmp_path / "b.csv", tmp_path / "d.csv", "--material", "GLASS", "-q"),
            "materials: WHOLE ROCK")  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        "predict a.csv --out a.csv",
        "age a.csv --area 400 --out ./a.csv",
        "age b.csv a.csv --area 400 --out a.csv",
        "isochron a.csv --figure a.csv",
        "classify a.csv --figure a.csv",
        "convert craters a.csv a.csv --area 400",
        "convert isotopes a.csv a.csv",
        "convert samples a.csv a.csv",
    ],
)
def test_no_command_writes_over_what_it_reads(
    words: str, call: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("diameter_km\n1.5\n")
    refused(call(*words.split(), "-q"), "a.csv is read by this command", "name another file")
    assert (tmp_path / "a.csv").read_text() == "diameter_km\n1.5\n"
