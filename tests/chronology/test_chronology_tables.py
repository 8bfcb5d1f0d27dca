"""The tables of the chronology: sidecars, loaders, and the script that makes them."""

from __future__ import annotations

import importlib.resources
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from farside.chronology.systems import production_functions, system
from farside.datasets import sidecar, table_names
from farside.datasets.chronology import (
    load_calibration_sites,
    load_chronology_functions,
    load_chronology_terms,
    load_epochs,
    load_production_functions,
)
from farside.provenance import references, sha256_file

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT.parent / "shared" / "data"
TABLES = Path(str(importlib.resources.files("farside").joinpath("datasets", "tables")))
NAMES = ("epochs", "equilibrium", "functions", "production", "sites", "systems", "terms")
OWN = [f"chronology_{name}" for name in NAMES]


@pytest.mark.parametrize("name", OWN)
def test_sidecar_tells_of_the_table(name: str) -> None:
    about = sidecar(name)
    assert name in table_names()
    assert about["sha256"] == sha256_file(TABLES / f"{name}.csv")
    assert (ROOT / about["derived_by"]).exists()
    assert all("doi" in source or "url" in source for source in about["sources"])
    assert (TABLES / f"{name}.csv").read_bytes().isascii()


@pytest.mark.skipif(not SOURCE.exists(), reason="the original data are not here")
def test_the_script_makes_the_same_tables(tmp_path: Path) -> None:
    words = [sys.executable, str(ROOT / "scripts" / "derive_chronology.py")]
    words += ["--source", str(SOURCE), "--out", str(tmp_path)]
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - the project's own script
    for name in OWN:
        for suffix in ("csv", "json"):
            made = (tmp_path / f"{name}.{suffix}").read_bytes()
            assert made == (TABLES / f"{name}.{suffix}").read_bytes()


def test_every_reference_is_known() -> None:
    for table in (load_production_functions(), load_chronology_functions(), load_epochs()):
        assert set(table["reference"]) <= references().keys()


def test_tables_and_functions_hold_the_same_figures() -> None:
    terms = load_chronology_terms().set_index("function")
    row = terms.loc["yue2022"]
    age = 2.5
    n1 = row["a"] * np.expm1(row["b"] * age) + row["c"] * age
    assert float(system("yue2022").chronology.n1(1000 * age)) == pytest.approx(n1)
    figures = load_production_functions().set_index("name").loc["neukum2001", "coefficients"]
    a = [float(x) for x in str(figures).split(";")][1:]
    log_n = sum(c * np.log10(0.3) ** (i + 1) for i, c in enumerate(a))
    assert float(production_functions()["neukum2001"].relative(0.3)) == pytest.approx(10**log_n)


def test_calibration_sites_have_two_sets_and_both_missions() -> None:
    sites = load_calibration_sites()
    assert {"neukum", "lefeuvre-wieczorek-2011", "change-5", "change-6"} == set(sites["set"])
    ce5 = sites[sites["set"] == "change-5"].iloc[0]
    # 2.030 +- 0.004 Ga, N(1) = (1.696 +- 0.221)e-3 per km2
    assert [ce5["age_Ga"], ce5["age_Ga_1s"], ce5["n1"], ce5["n1_1s"]] == [
        2.03, 0.004, 0.001696, 0.000221,
    ]  # fmt: skip
    assert sites.loc[sites["set"] == "change-6", "n1"].isna().all()
