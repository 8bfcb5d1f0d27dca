"""The commands of the recalibration: text that states sites, intervals and sources, and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from farside.cli import calibrate
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path


def run(command: Any, *given: str) -> Any:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    return CliRunner().invoke(app, list(given), catch_exceptions=False)


def test_fit_as_text_and_json(tmp_path: Path) -> None:
    quick = ("--no-leave-out", "--steps", "200", "--quiet")
    figure = tmp_path / "fit.png"
    told = run(calibrate.fit, *quick, "--without", "Nectaris", "--figure", str(figure))
    assert told.exit_code == 0
    assert "17 sites" in told.output
    assert "Nectaris" not in told.output
    assert "10.1126/science.adt1093" in told.output  # Cui et al. (2024), the age of Chang'e-6
    assert figure.exists()
    content = json.loads(run(calibrate.fit, *quick, "--sites", "neukum", "--json").output)
    assert {s["side"] for s in content["sites"]} == {"near"}
    with pytest.raises(UnknownNameError, match="neukum"):
        run(calibrate.fit, "--sites", "nuekum")


@pytest.mark.slow
def test_flux_symmetry_says_what_it_cannot_exclude() -> None:
    told = run(calibrate.flux_symmetry, "--quiet").output
    assert "95 %" in told
    assert "smaller differences are not" in told
    assert "wang" in told.lower()


def test_commands_tell_what_is_missing() -> None:
    with pytest.raises(InputError, match=r"older than 3\.8"):
        run(calibrate.hypotheses, "--sites", "change-5", "--quiet")
    with pytest.raises(InputError, match="far side"):
        run(calibrate.flux_symmetry, "--sites", "neukum", "--quiet")
    with pytest.raises(InputError, match="NAME,SIDE,AGE_GA"):
        run(calibrate.landing, "--candidate", "Orientale", "--quiet")


@pytest.mark.slow
def test_hypotheses_and_landing_as_json() -> None:
    found = json.loads(run(calibrate.hypotheses, "--no-variants", "--json", "--quiet").output)
    assert {s["model"] for s in found["standings"]} == {
        "exponential", "piecewise", "spike", "sawtooth",
    }  # fmt: skip
    asked = ("--candidate", "Orientale melt,far,3.8", "--json", "--quiet")
    (promise,) = json.loads(run(calibrate.landing, *asked).output)["promises"]
    assert promise["candidate"]["name"] == "Orientale melt"
    assert promise["ratio_bits"] > 0


def test_batch_writes_its_table(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("name,lon,lat,radius_km\nplace,0,0,500\n")
    (tmp_path / "c.csv").write_text("Lon,Lat,Diam_km\n1,1,30\n2,2,40\n3,-1,25\n")
    given = (str(tmp_path / "p.csv"), "--catalogue", str(tmp_path / "c.csv"), "--range", "25", "99")
    told = run(calibrate.batch, *given, "--out", str(tmp_path / "out.csv"), "--quiet").output
    assert "place" in told
    assert "farside-2026" in told
    assert (tmp_path / "out.csv").read_text().startswith("Name,Area,")
