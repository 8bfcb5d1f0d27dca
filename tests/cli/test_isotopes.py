"""``farside isochron`` and ``potassium``: a result on standard output, JSON, a figure, refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from farside.cli.isotopes import concordia, isochron, mean, potassium
from farside.datasets.isotopes import load_reference_isochron
from farside.errors import FarsideError
from farside.isotopes.concordia import curve
from farside.isotopes.decay import preset

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

APP = typer.Typer()
APP.command()(isochron)
APP.command()(mean)
APP.command()(concordia)
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


# -- weighted mean and concordia ---------------------------------------------------------------


def test_mean_of_a_file(tmp_path: Path) -> None:
    ages = tmp_path / "ages.csv"
    table = load_reference_isochron("LudwigMean").rename(columns={"x": "X", "x_1s": "errX"})
    table[["X", "errX"]].to_csv(ages, index=False)
    figure = tmp_path / "mean.png"
    content = json.loads(call("mean", ages, "--json", "--quiet", "--figure", figure).stdout)
    # IsoplotR 6.8.5: 250.15057 +- 0.33787, MSWD 1.0453 after it left out one value
    assert content["value"] == pytest.approx(250.15057, abs=1e-5)
    assert content["sigma"] == pytest.approx(0.33787, abs=1e-5)
    assert figure.read_bytes()[1:4] == b"PNG"
    every = json.loads(call("mean", ages, "--keep-all", "--json").stdout)
    assert (every["value"], every["mswd"]) == pytest.approx((249.921, 1.360), abs=1e-3)
    table.assign(errX=2 * table["errX"])[["X", "errX"]].to_csv(ages, index=False, header=False)
    halved = json.loads(call("mean", ages, "--errors", "2s", "--json").stdout)
    assert halved["value"] == content["value"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("err,age\n1,100\n1,101\n", "named as an error"),
        ("age\n100\n101\n", "column of values"),
        ("age,2s\n100,1\n", "at least two"),
        ("age,2s\n100,-1\n101,1\n", "negative"),
        ("1e300,1e298\n2e300,1e298\n", "look at their unit"),
    ],
)
def test_means_that_cannot_be(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "ages.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FarsideError, match=words):
        CliRunner().invoke(APP, ["mean", str(path)], catch_exceptions=False)


def test_concordia_of_both_diagrams(tmp_path: Path) -> None:
    # a point on the curve, in Wetherill's ratios and in those of Tera and Wasserburg
    x, y = (float(part) for part in curve(2000.0, preset()))
    u_ratio = preset().u_ratio.value
    wetherill, tera = tmp_path / "w.csv", tmp_path / "t.csv"
    wetherill.write_text(
        "Pb207U235,errPb207U235,Pb206U238,errPb206U238,rhoXY\n" + f"{x},{x / 100},{y},{y / 100},0.6"
    )
    # the errors of quotients: u = 1 / y, v = x / (y * u_ratio), relative 1, 1 and 0.6 between x, y
    r_v = (2 - 2 * 0.6) ** 0.5 / 100
    rho = (1 - 0.6) / (2 - 2 * 0.6) ** 0.5
    u, v = 1 / y, x / y / u_ratio
    tera.write_text(
        f"U238Pb206,errU238Pb206,Pb207Pb206,errPb207Pb206,rho\n{u},{u / 100},{v},{v * r_v},{rho}"
    )
    figure = tmp_path / "concordia.svg"
    one = json.loads(call("concordia", wetherill, "--json", "--figure", figure).stdout)
    two = json.loads(call("concordia", tera, "--json").stdout)
    assert one["age_ma"] == pytest.approx(2000.0, abs=1e-3)
    for key in ("age_ma", "age_1s_internal_ma"):
        assert two[key] == pytest.approx(one[key], rel=1e-6)
    assert "2000" in figure.read_text(encoding="utf-8")
    assert "equivalence" not in call("concordia", wetherill).stdout
    wetherill.write_text("Pb206U238,errPb206U238,Pb207U235,errPb207U235\n61,0.6,0.92,0.007\n")
    with pytest.raises(FarsideError, match="may be exchanged"):
        CliRunner().invoke(APP, ["concordia", str(wetherill)], catch_exceptions=False)
