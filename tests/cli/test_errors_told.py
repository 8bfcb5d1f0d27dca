"""Errors as a person reads them, kept in ``snapshots/errors.txt`` (see test_help for how to renew),
and the exit codes that go with them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from farside import cli, provenance
from farside.cli import help as texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from calling import Outcome

SNAPSHOT = Path(__file__).parent / "snapshots" / "errors.txt"
PROGRAM = Path(sys.executable).parent / "farside"

WRONG = (
    "predikt",
    "--json info",
    "info --weigths here",
    "predict",
    "predict site.csv --out o.csv",
    "predict none/sites.csv --out o.csv",
    "predict sites.csv --out o.xlsx",
    "predict sites.csv --out o.csv --sensor Kaguya",
    "predict sites.csv --out o.csv --weights empty",
    "predict notes.txt --out o.csv",
    "findings spa-mare",
    "validate --estimator gpr",
    "validate --protocol lomoo",
    "map tile --out m.zarr",
    "map sites.csv --out m.zarr --workers 0",
    "compare sites.csv",
    "site Tyco",
    "site 95 10",
    "site 10 10 --mapp m.zarr",
    "classify samples.csv",
    "reduce xrf xrf.csv",
    "isochron sites.csv --system rbsr",
    "isochron sites.csv --scatter both",
    "mean empty.csv",
    "age craters.csv",
    "age craters.csv --area 10 --system neukum83",
    "age craters.csv --area 10 --range 5 1",
    "age miss.csv --area 10",
    "chronology lst",
    "chronology fit --without Nectari",
    "chronology fit --presentation curv --figure fit.png",
    "water -5",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working folder with the files that the commands of `WRONG` name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("empty").mkdir()
    Path("empty.csv").touch()
    Path("notes.txt").write_text("none")
    Path("sites.csv").write_text("site,r414,r749\nA,0.1,0.2\n")
    Path("samples.csv").write_text("sample,Ti02,FeO\nA,5,19\n")
    head = "sample,role,analyte,count,time_s,background,background_time_s\n"
    Path("xrf.csv").write_text(head + "A,unknown,Fe,1,1,1,1\n")
    Path("craters.csv").write_text("diameter_km\n1.1\n1.3\n")
    Path("miss.csv").write_text("diametr_km\n1.1\n")
    return tmp_path


def test_errors_are_as_they_were(folder: Path, call: Callable[..., Outcome]) -> None:
    before = sorted(folder.iterdir())
    told = []
    for words in WRONG:
        code, out, err = call(*words.split())
        assert (code, out) == (2, ""), words
        assert "Traceback" not in err
        kept = [line for line in err.splitlines() if line and not line.startswith(("[", "Try "))]
        told.append("\n".join([f"$ farside {words}", *kept, ""]))
    assert sorted(folder.iterdir()) == before, "wrong input must leave nothing behind"
    text = "\n".join(told).replace(str(folder), "FOLDER")
    if os.environ.get("FARSIDE_UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8")


# -- exit codes --------------------------------------------------------------------------------


def test_what_is_done_ends_with_0(call: Callable[..., Outcome]) -> None:
    code, out, err = call(*["chronology", "list", "--json"])
    assert (code, err) == (0, "")
    assert "neukum1983" in {system["name"] for system in json.loads(out)["systems"]}
    code, out, _ = call(*["--version"])
    assert (code, out) == (0, f"farside {provenance.code_version()}\n")


def test_a_defect_is_told_as_one(
    call: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("farside.chronology.files.list_systems", broken)
    monkeypatch.delenv("FARSIDE_DEBUG", raising=False)
    code, out, err = call(*["chronology", "list"])
    assert (code, out) == (70, "")
    assert "defect of farside: KeyError in cli/chronology.py, line " in err
    assert "farside doctor" in err
    assert "Python 3." in err
    assert "Traceback" not in err
    monkeypatch.setenv("FARSIDE_DEBUG", "1")
    assert "Traceback (most recent call last)" in call(*["chronology", "list"])[2]


def test_an_error_of_the_system_names_the_file(
    call: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "map.zarr")

    monkeypatch.setattr("farside.chronology.files.list_systems", full)
    code, _, err = call(*["chronology", "list"])
    assert (code, err) == (2, "farside: cannot use map.zarr: No space left on device.\n")


def test_ctrl_c_ends_with_130(
    call: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    del folder

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("farside.maps.run.map_tiles", stopped)
    code, out, err = call(*["map", "sites.csv", "--out", "m.zarr"])
    assert (code, out) == (130, "")
    assert err == "farside: stopped; the same command goes on from here.\n"
    monkeypatch.setattr("farside.chronology.symmetry.flux_symmetry", stopped)
    code, _, err = call(*["flux-symmetry", "-q"])
    assert (code, err) == (130, "farside: stopped; nothing was written.\n")


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes of POSIX")
def test_a_signal_stops_the_installed_program() -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        [PROGRAM, "chronology", "hypotheses"], stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        running.stderr.readline()  # it is at work
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        assert running.wait(timeout=30) == 130
    assert "farside: stopped" in said
    assert "Traceback" not in said


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes of POSIX")
@pytest.mark.parametrize("words", [["cite", "--json"], ["--help"]])
def test_a_reader_that_goes_away_is_no_error(words: list[str]) -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        [PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
        assert running.wait(timeout=60) == 141
    assert said == b""


def test_the_codes_are_those_that_help_and_the_page_state() -> None:
    assert {0, 1, cli.WRONG, cli.DEFECT, cli.STOPPED, cli.NO_READER} == set(texts.EXIT_CODES)
    page = Path(__file__).parents[2] / "docs" / "commands.md"
    if not page.exists():
        pytest.skip("the documentation is not here")
    text = page.read_text(encoding="utf-8")
    for code, meaning in texts.EXIT_CODES.items():
        assert f"| {code} | {meaning} |" in text
