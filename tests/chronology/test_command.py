"""The commands: ages, systems, and what they refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from farside.chronology.age import date
from farside.chronology.counts import make_count
from farside.chronology.formats import write_count
from farside.chronology.systems import system, system_names
from farside.cli.app import app
from farside.errors import FarsideError

if TYPE_CHECKING:
    from pathlib import Path

RUN = CliRunner()


@pytest.fixture
def count(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    made = make_count(
        0.2 * rng.uniform(size=80) ** (-1 / 3), 300.0, fraction=np.where(np.arange(80) < 9, 0.5, 1)
    )
    write_count(made, tmp_path / "a.diam")
    return tmp_path / "a.diam"


def test_age_as_json_is_the_age_of_the_library(count: Path) -> None:
    words = ["age", str(count), "--system", "yue2022", "--range", "0.2", "1.0", "--json", "-q"]
    done = RUN.invoke(app, words)
    assert done.exit_code == 0, done.output
    got = json.loads(done.stdout)["ages"][0]
    from farside.chronology.formats import read_count  # noqa: PLC0415

    wanted = date(read_count(count), system("yue2022"), (0.2, 1.0))
    assert got["age_ma"] == wanted.age_ma
    assert got["craters"] == wanted.craters
    assert any("border" in note for note in got["notes"])


def test_counting_by_fraction_is_younger(count: Path) -> None:
    ages = []
    for way in ("all", "fraction"):
        words = ["age", str(count), "--range", "0.2", "1.0", "--counting", way, "--json", "-q"]
        ages.append(json.loads(RUN.invoke(app, words).stdout)["ages"][0])
    assert ages[1]["craters"] < ages[0]["craters"]
    assert ages[1]["age_ma"] < ages[0]["age_ma"]


def test_resurfacing_is_told_in_the_table(count: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    words = ["age", str(count), "--range", "0.2", "0.6", "--method", "cumulative", "--resurfacing"]
    done = RUN.invoke(app, [*words, "--out", str(out), "-q"])
    assert done.exit_code == 0, done.output
    head, row = (line.split(",") for line in out.read_text().splitlines())
    assert dict(zip(head, row, strict=True))["Method"] == "c-fit"
    assert dict(zip(head, row, strict=True))["Resurf"] == "1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--system", "neukum"], "neukum1983"), (["--range", "2", "1"], "must rise"),
        (["--range", "0.001", "1"], "0.01 to 300"), (["--method", "best"], "poisson"),
        (["--prior", "flat"], "jeffreys"), (["--area", "-5"], "above 0"),
        (["--counting", "some"], "centre"), (["--presentation", "dots"], "uncertainty"),
        (["--equilibrium", "trsk1966"], "trask1966"), (["--figure", "a.bmp"], ".pdf"),
        (["--joint"], "two ages"), (["--sequence"], "two ages"),
        (["--systems", "absent.toml"], "absent.toml"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused_with_what_is_possible(
    count: Path, words: list[str], said: str
) -> None:
    done = RUN.invoke(app, ["age", str(count), *words, "-q"])
    assert done.exit_code != 0
    assert isinstance(done.exception, FarsideError)
    assert said in str(done.exception)


def test_several_counts_give_a_joint_age_and_the_probability_of_their_order(
    tmp_path: Path,
) -> None:
    # 90 craters on 100 km2 and 60 on 100 km2: with Gamma(91) and Gamma(61) on equal exposures the
    # first is older when a Beta(61, 91) variable is below one half
    words = ["age"]
    for name, n in (("old", 90), ("young", 60)):
        write_count(make_count(np.full(n, 0.5), 100.0), tmp_path / f"{name}.diam")
        words.append(str(tmp_path / f"{name}.diam"))
    words += ["--range", "0.4", "1", "-q", "--joint", "--sequence"]
    out = tmp_path / "both.pdf"
    done = RUN.invoke(app, [*words, "--json", "--figure", str(out), "--equilibrium", "trask1966"])
    assert done.exit_code == 0, done.output
    got = json.loads(done.stdout)
    assert [age["craters"] for age in got["ages"]] == [90, 60]
    assert got["order_probability"] == pytest.approx(stats.beta(61, 91).cdf(0.5), rel=1e-9)
    assert got["joint"]["age"]["craters"] == 150
    assert got["joint"]["age"]["n1"] == pytest.approx(
        stats.gamma(151).median() / (2 * got["ages"][0]["exposure_km2"])
    )
    assert out.read_bytes().startswith(b"%PDF")
    text = RUN.invoke(app, words).stdout
    assert "probability of the order old, then young: 0.99" in text


def test_a_cs_file_is_run_alone(count: Path, tmp_path: Path) -> None:
    (tmp_path / "x.cs").write_text("-cs n83 -p source=a.diam,type=poisson,range=[.2,1]")
    done = RUN.invoke(app, ["age", str(count), str(tmp_path / "x.cs"), "-q"])
    assert isinstance(done.exception, FarsideError)
    assert "alone" in str(done.exception)


def test_systems_are_listed_compared_and_drawn(tmp_path: Path) -> None:
    listed = json.loads(RUN.invoke(app, ["chronology", "list", "--json"]).stdout)["systems"]
    assert [s["name"] for s in listed] == list(system_names())
    words = ["chronology", "compare", "--system", "yue2022", "--age", "2.83", "--json"]
    found = json.loads(RUN.invoke(app, words).stdout)
    n1 = system("neukum1983").chronology.n1(2830.0)
    assert found["others_ma"]["yue2022"][0] == pytest.approx(
        float(system("yue2022").chronology.age(n1))
    )
    out = tmp_path / "c.svg"
    for more in ([], ["--rate", "--system", "yue2022"]):
        done = RUN.invoke(app, ["chronology", "plot", "--out", str(out), "-q", *more])
        assert done.exit_code == 0
        assert "<svg" in out.read_text()
