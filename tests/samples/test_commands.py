"""The commands on the files that docs/samples.md describes: text, JSON, tables and figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from test_icpms import BARIUM_OXIDE, BASALT, ablations, sequence
from test_xrf import OXIDES, counts
from typer.testing import CliRunner

from farside.cli import samples as commands
from farside.errors import FarsideError
from farside.samples.composition import read_analyses
from farside.samples.xrf import alphas_from_attenuation

app = typer.Typer()
app.command()(commands.classify)
app.command()(commands.kreep)
app.command()(commands.source)
app.command()(commands.water)
app.add_typer(commands.reduce, name="reduce")

DOCS = Path(__file__).resolve().parents[2] / "docs" / "samples.md"


def run(*words: object) -> str:
    found = CliRunner().invoke(app, [*map(str, words), "--quiet"], catch_exceptions=False)
    assert found.exit_code == 0
    return found.stdout


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return the example of the page, as a user would copy it."""
    text = DOCS.read_text(encoding="utf-8")
    block = text.split("```text\n", 1)[1].split("```", 1)[0]
    path = tmp_path / "my_samples.csv"
    path.write_text(block, encoding="utf-8")
    return path


def test_classify_the_example(table: Path, tmp_path: Path) -> None:
    figure = tmp_path / "classes.svg"
    text = run("classify", table, "--figure", figure)
    assert "low-Ti/low-Al/low-K" in text
    assert "CIPW norm" in text
    assert figure.read_text().startswith("<?xml")
    content = json.loads(run("classify", table, "--json", "--analogues", 2))
    first = content["samples"][0]
    assert first["titanium"]["class"] == "low-Ti"
    assert len(first["analogues"]) == 2
    assert sum(content["norms"][first["sample"]].values()) > 100


def test_kreep_of_the_example(table: Path, tmp_path: Path) -> None:
    spider, contrast = tmp_path / "spider.png", tmp_path / "contrast.pdf"
    text = run("kreep", table, "--figure", spider, "--contrast-figure", contrast)
    assert "KREEP basalt 15386" in text
    assert "Chang'e-6 soil         far" in text
    assert spider.read_bytes()[1:4] == b"PNG"
    assert contrast.read_bytes()[:4] == b"%PDF"
    content = json.loads(run("kreep", table, "--json"))
    assert 0 < content["samples"][0]["fraction"] < 1
    assert content["contrast"]["Chang'e-6 soil"]["Th"] == 0.92


def test_source_of_the_example(table: Path) -> None:
    content = json.loads(run("source", table, "--json"))
    # Tian et al. (2021): 78-88 % crystallisation of the bulk after 2-3 % melting
    assert 0.78 < content["fits"][0]["given_melting"][1] < 0.88
    assert content["skipped"] == ["Chang'e-6 basalt"]
    assert "left out" in run("source", table, "--refractory", 1.5, 1.5)


def test_water_of_a_source() -> None:
    # Hu et al. (2021): parent magma 283 +- 22 ug/g, mantle source 1-5
    found = json.loads(run("water", 283, "--sigma", 22, "--json"))["given"]
    assert 1 < found["lower"] < found["upper"] < 5
    assert [round(end) for end in found["corners"]] == [1, 5]
    assert "far side" in run("water")
    assert "melt of the apatite" in run("water", 240, "--apatite")


def test_mixture_of_given_lithologies(tmp_path: Path) -> None:
    parts = pd.DataFrame(
        {
            "sample": ["basalt", "anorthosite"],
            "TiO2": [10.0, 0.02],
            "Al2O3": [9.0, 35.0],
            "FeO": [19.0, 0.3],
            "MgO": [8.0, 0.1],
        }
    )
    parts.to_csv(tmp_path / "parts.csv", index=False)
    mixed = parts.drop(columns="sample").T @ [0.7, 0.3]
    mixed.to_frame().T.to_csv(tmp_path / "soil.csv", index=False)
    content = json.loads(
        run("classify", tmp_path / "soil.csv", "--components", tmp_path / "parts.csv", "--json")
    )
    assert content["mixtures"][0]["fractions"]["basalt"] == pytest.approx(0.7, abs=0.01)


def test_reduce_and_read_again(tmp_path: Path, fluoresce: Any, closed: Any, mu: Any) -> None:
    truth = closed(3, 2)
    counts(fluoresce, closed(1, 14), truth).to_csv(tmp_path / "counts.csv", index=False)
    alphas_from_attenuation(mu).to_csv(tmp_path / "alphas.csv")
    out = tmp_path / "oxides.csv"
    text = run(
        "reduce", "xrf", tmp_path / "counts.csv", "--alphas", tmp_path / "alphas.csv", "--out", out
    )
    assert "total" in text
    back = read_analyses(out)
    assert back["CaO"].to_numpy() == pytest.approx(100 * truth[:, OXIDES.index("CaO")], rel=0.05)
    assert "basaltic" in run("classify", out) or "highland" in run("classify", out)


def test_reduce_icpms_and_laser(tmp_path: Path) -> None:
    sequence(BASALT[None]).to_csv(tmp_path / "run.csv", index=False)
    (tmp_path / "oxides.csv").write_text(f"isotope,from,factor\nEu153,Ba137,{BARIUM_OXIDE}\n")
    content = json.loads(
        run(
            "reduce",
            "icpms",
            tmp_path / "run.csv",
            "--internal",
            "Rh103",
            "--internal",
            "Re185",
            "--interferences",
            tmp_path / "oxides.csv",
            "--out",
            tmp_path / "traces.csv",
            "--json",
        )
    )
    assert content["samples"][0]["results"]["La"]["value"] == pytest.approx(15, rel=0.05)
    assert read_analyses(tmp_path / "traces.csv")["La"].iloc[0] == pytest.approx(15, rel=0.05)
    ablations(2).to_csv(tmp_path / "spots.csv", index=False)
    text = run("reduce", "laser", tmp_path / "spots.csv", "--internal", "Ca43")
    assert "u1 (ppm)" in text


def test_wrong_input_is_a_farside_error(tmp_path: Path, table: Path) -> None:
    runner = CliRunner()
    for words in (
        ["classify", tmp_path / "none.csv"],
        ["classify", table, "--figure", tmp_path / "x.gif"],
        ["reduce", "xrf", table],
        ["source", table, "--recipe", "ce7"],
        ["water", "nan"],
        ["water", 283, "--melting", 2, 3],
        ["water", 283, "--crystallised", 0.8, 0.4],
        ["source", table, "--refractory", 2, 1],
    ):
        found = runner.invoke(app, [*map(str, words), "--quiet"])
        assert isinstance(found.exception, FarsideError)
