"""``farside isochron`` and ``potassium``: a result on standard output, JSON, a figure, refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from farside.cli.isotopes import isochron, potassium
from farside.datasets.isotopes import load_reference_isochron
from farside.errors import FarsideError

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

APP = typer.Typer()
APP.command()(isochron)
APP.command()(potassium)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write the lunar Rb-Sr table in the layout of IsoplotR."""
    path = tmp_path / "RbSr1.csv"
    names = {"x": "Rb87Sr86", "x_1s": "errRb87Sr86", "y": "Sr87Sr86", "y_1s": "errSr87Sr86"}
    load_reference_isochron("RbSr1").drop(columns="rho").rename(columns=names).to_csv(
        path, index=False
    )
    return path


def call(*args: object) -> Result:
    return CliRunner().invoke(APP, [str(arg) for arg in args])


def test_isochron_prints_an_age(table: Path) -> None:
    done = call("isochron", table, "--system", "rb-sr")
    assert done.exit_code == 0
    assert "4499 ± 39 Ma (1 sigma, internal)" in done.stdout
    assert "MSWD              1.232" in done.stdout
    assert "read RbSr1.csv: 17 points" in done.stderr
    assert call("isochron", table, "--quiet").stderr == ""


def test_isochron_as_json_with_figure_and_external_errors(table: Path, tmp_path: Path) -> None:
    figure = tmp_path / "isochron.svg"
    done = call("isochron", table, "--external", "--json", "--quiet", "--figure", figure)
    content = json.loads(done.stdout)
    assert content["age_ma"] == pytest.approx(4498.718, abs=1e-3)
    assert content["age_95"] == content["age_95_external"]
    assert "4499" in figure.read_text(encoding="utf-8")


@pytest.mark.parametrize("options", [("--model", "2"), ("--model", "3"), ("--robust",)])
def test_isochron_by_other_models(table: Path, options: tuple[str, ...]) -> None:
    done = call("isochron", table, "--json", "--quiet", *options)
    assert json.loads(done.stdout)["age_ma"] == pytest.approx(4498.7, abs=120)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--system", "rb-st"), "rb-sr"),
        (("--system", "sm-nd"), "lacks columns"),
        (("--model", "7"), "model"),
        (("--decay", "new"), "villa2015"),
        (("--errors", "4s"), "not one of"),
        (("--decay", "steiger1977", "--external"), "no published error"),
        (("--model", "3", "--scatter", "age"), "initial"),
        (("--figure", "x.gif"), "ends in"),
    ],
)
def test_wrong_input_is_refused_with_a_reason(
    table: Path, options: tuple[str, ...], words: str
) -> None:
    done = call("isochron", table, *options)
    assert done.exit_code != 0
    assert isinstance(done.exception, FarsideError)
    assert words in str(done.exception)


def test_potassium_prints_losses_and_what_speaks_against_them(tmp_path: Path) -> None:
    figure = tmp_path / "potassium.png"
    done = call("potassium", "--figure", figure)
    assert done.exit_code == 0
    assert "Dai et al. (2025)" in done.stdout
    assert figure.stat().st_size > 5000


def test_potassium_of_ones_own(tmp_path: Path) -> None:
    del tmp_path
    done = call("potassium", "--json", "--offset-per-mil", 0.16, "--alpha-value", 0.9944, "--quiet")
    (loss,) = json.loads(done.stdout)["losses"]
    assert loss["lost_percent"] == pytest.approx(2.8, abs=0.05)
    assert loss["interval"] == pytest.approx([loss["lost_percent"]] * 2)
    wrong = call("potassium", "--alpha", "fre")
    assert isinstance(wrong.exception, FarsideError)
