"""The tables of analysed samples against figures of the works they come from."""

from __future__ import annotations

import importlib.resources
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from farside.datasets import sidecar
from farside.datasets.analyses import (
    load_apollo_analyses,
    load_apollo_compositions,
    load_kreep_components,
    load_partition_coefficients,
    load_reference_materials,
    load_returned_samples,
)
from farside.errors import UnknownNameError
from farside.provenance import sha256_file

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT.parent / "shared" / "data"
TABLES = Path(str(importlib.resources.files("farside").joinpath("datasets", "tables")))
NAMES = {
    "apollo_analyses": load_apollo_analyses,
    "returned_samples": load_returned_samples,
    "kreep_components": load_kreep_components,
    "reference_materials": load_reference_materials,
    "partition_coefficients": load_partition_coefficients,
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_sidecar_tells_of_the_table(name: str) -> None:
    about = sidecar(name)
    table = NAMES[name]()
    assert about["rows"] == len(table) > 0
    assert list(about["columns"]) == list(table.columns)
    assert about["sha256"] == sha256_file(TABLES / f"{name}.csv")
    assert all("doi" in source or "url" in source for source in about["sources"])
    assert (ROOT / about["derived_by"]).exists()


def test_tables_stay_small() -> None:
    assert sum((TABLES / f"{name}.csv").stat().st_size for name in NAMES) < 1.5e6


@pytest.mark.skipif(not SOURCE.exists(), reason="the original data are not here")
@pytest.mark.parametrize(
    "name", ["derive_samples_apollo", "derive_samples_returned", "derive_samples_literature"]
)
def test_the_scripts_make_the_same_tables(name: str, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r})\n"
        "import derive_samples_common as common\n"
        f"from pathlib import Path; common.TABLES = Path({str(tmp_path)!r})\n"
        f"import runpy; sys.argv = ['x', '--source', {str(SOURCE)!r}]\n"
        f"runpy.run_path({str(ROOT / 'scripts' / (name + '.py'))!r}, run_name='__main__')\n"
    )
    subprocess.run(  # noqa: S603 - the project's own script
        [sys.executable, "-c", code], check=True, capture_output=True
    )
    made = sorted(tmp_path.iterdir())
    assert made
    for path in made:
        assert path.read_bytes() == (TABLES / path.name).read_bytes()


def test_apollo_15386_as_the_compendium_prints_it() -> None:
    # Lunar Sample Compendium, 15386, Table 1: Nd 131 and 125.6 ppm, Sm 37.5 and 36.5, La 84.1
    table = load_apollo_compositions().loc["15386"]
    assert table["Nd"] == pytest.approx((131 + 125.6) / 2, rel=1e-3)
    assert table["Sm"] == pytest.approx(37.0)
    assert table["La"] == 84.1
    assert table["mission"] == "Apollo 15"


def test_known_rocks_are_what_they_are() -> None:
    # Neal and Taylor (1992) type rocks: 15555 is a low-Ti olivine-normative basalt; 10017 high-Ti,
    # high-K; Lunar Sourcebook Ch. 6: 15415 is an anorthosite with 35 wt% Al2O3
    table = load_apollo_compositions()
    assert 1 < table.loc["15555", "TiO2"] < 6
    assert table.loc["10017", "TiO2"] > 6
    assert table.loc["10017", "K2O"] > 0.24
    assert table.loc["15415", "Al2O3"] > 33


def test_every_sample_and_analyte_once_and_possible() -> None:
    table = load_apollo_analyses()
    assert not table.duplicated(["sample", "analyte"]).any()
    assert (table["value"] > 0).all()
    assert (table.loc[table["unit"] == "wt%", "value"] < 80).all()
    assert table.loc[table["n"] == 1, "spread"].isna().all()
    assert set(table["trust"]) == {"agree", "scatter", "single", "doubtful"}


def test_doubtful_figures_are_left_out() -> None:
    table = load_apollo_compositions()
    ratio = (table["Th"] / table["U"]).dropna()
    assert ratio.between(2, 6).all()
    assert len(ratio) > 150
    assert (load_apollo_compositions(("agree",)).notna().sum() <= table.notna().sum()).all()
    with pytest.raises(UnknownNameError, match="agree"):
        load_apollo_compositions(("agreed",))


def test_returned_samples_against_their_abstracts() -> None:
    # Li et al. (2024): "K (~630 ppm), U (0.26 ppm), Th (0.92 ppm)"; basalt TiO2 5.08, Al2O3 9.85;
    # Li et al. (2022) Table 1: La 36.1, k = 2 uncertainty 1.4
    table = load_returned_samples().set_index(["material", "analyte"]).sort_index()
    assert table.loc[("Chang'e-6 soil", "Th"), "value"].item() == 0.92
    assert table.loc[("Chang'e-6 basalt", "Al2O3"), "value"].item() == 9.85
    la = table.loc[("Chang'e-5 soil", "La"), ["value", "sigma"]]
    assert la.to_numpy(dtype=float).ravel().tolist() == [36.1, 0.7]
    assert not table["status"].str.contains("unverified").any()


def test_partition_coefficients_behave_as_charge_and_radius_ask() -> None:
    # Blundy and Wood (1994): pyroxene takes heavy rare earths more readily than light ones, and
    # plagioclase the reverse, but for divalent Eu
    table = load_partition_coefficients().set_index(["set", "mineral", "element"])
    table = table["D"].sort_index()
    for name in ("mckenzie1991", "warren2016"):
        for mineral in ("orthopyroxene", "clinopyroxene"):
            assert table[name, mineral, "La"] < table[name, mineral, "Sm"]
            assert table[name, mineral, "Sm"] < table[name, mineral, "Lu"]
    plagioclase = table["mckenzie1991", "plagioclase"]
    smooth = plagioclase[["La", "Ce", "Nd", "Sm", "Gd", "Dy", "Yb"]].to_numpy()
    assert (np.diff(smooth) < 0).all()
    assert plagioclase["Eu"] > 5 * plagioclase["Sm"]


def test_reference_materials_sum_to_a_rock() -> None:
    table = load_reference_materials()
    total = table[table["unit"] == "wt%"].groupby("material")["value"].sum()
    assert total.between(97, 101).all()
    assert (table["sigma"] > 0).all()
