"""With ``--json`` standard output is one JSON value, the same numbers as the text, and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from farside.datasets import load_sites
from farside.datasets.isotopes import load_reference_isochron

if TYPE_CHECKING:
    from collections.abc import Callable

    from calling import Outcome

COMMANDS = (
    "cite",
    "info",
    "info --card",
    "validate --shipped --estimator all --protocol lomo",
    "validate --estimator mean --protocol loo",
    "findings leak",
    "site 41.64S 153.99W",
    "site Tycho --score oxygen=4,slope=1",
    "predict sites.csv --out oxides.csv",
    "classify samples.csv",
    "kreep samples.csv",
    "source samples.csv",
    "water",
    "water 283 --sigma 22",
    "isochron rbsr.csv",
    "isochron rbsr.csv --model 3",
    "mean ages.csv",
    "potassium",
    "age craters.csv --range 1 4",
    "age craters.csv --range 50 60",
    "age craters.csv --range 1 4 --out ages.csv --figure age.svg",
    "chronology list",
    "chronology compare --age 2.0",
    "chronology plot --out systems.svg",
    "chronology batch counts --range 1 4",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    load_sites().head(3).to_csv("sites.csv", index=False)
    names = {"x": "Rb87Sr86", "x_1s": "errRb87Sr86", "y": "Sr87Sr86", "y_1s": "errSr87Sr86"}
    table = load_reference_isochron("RbSr1").drop(columns="rho").rename(columns=names)
    table.to_csv("rbsr.csv", index=False)
    Path("ages.csv").write_text("age,1s\n100,1\n101,1\n102,2\n")
    head = "sample,kind,TiO2,FeO,MgO,La,Ce,Sm,Yb,Lu,Th\n"
    Path("samples.csv").write_text(head + "A,basalt,5,19,7,36,93,16,11,1.4,4.7\n")
    craters = "# area_km2 = 1000\ndiameter_km\n1.1\n1.2\n1.5\n2.3\n"
    Path("craters.csv").write_text(craters)
    Path("counts").mkdir()
    Path("counts/a.csv").write_text(craters)
    return tmp_path


def _no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", COMMANDS)
def test_output_is_json_alone(words: str, call: Callable[..., Outcome]) -> None:
    code, out, err = call(*f"{words} --json --quiet".split())
    assert (code, err) == (0, "")
    content = json.loads(out, parse_constant=_no_constant)
    assert isinstance(content, dict)
    assert content
    again = json.dumps(content, indent=1, sort_keys=True) + "\n"
    assert out == again, "sorted, and written one way"


@pytest.mark.usefixtures("folder")
def test_progress_never_enters_the_output(call: Callable[..., Outcome]) -> None:
    code, out, err = call(*["age", "craters.csv", "--range", "1", "4", "--json"])
    assert code == 0
    assert "reading craters.csv" in err
    assert json.loads(out)["ages"][0]["craters"] == 4
