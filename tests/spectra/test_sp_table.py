"""The table of real spectra: what it covers, and that its script still makes it."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from farside.datasets._sp import load_sp_spectra
from farside.spectra.dataset import check_spectra, from_table

ROOT = Path(__file__).parents[2]
ORIGINALS = ROOT / ".." / "shared" / "data"


def test_rows_are_usable_far_side_spectra() -> None:
    table = load_sp_spectra()
    sp = table[table["sensor"] == "SP"]
    assert bool(check_spectra(from_table(sp)).good.all())
    assert (sp["incidence_deg"] <= 75).all()
    assert (np.abs(sp["lon"]) > 90).sum() >= 16
    assert sp.groupby("scene")["n"].sum().tolist() == [38, 83, 83]
    assert table.loc[table["sensor"] == "M3", "lat"].isna().all()
    assert (table.filter(regex="_1s$") > 0).all(axis=None)


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the original scenes are not here")
@pytest.mark.parametrize(
    ("script", "tables"),
    [
        ("derive_sp", ["sp_spectra"]),
        ("derive_ferric", ["ferric_sp", "ferric_m3"]),
        ("derive_transfer", ["sensor_gains", "sensor_gains_check"]),
        (
            "derive_bands",
            ["bands_kaguya_mi", "bands_kaguya_sp", "bands_m3_global", "bands_ce1_iim"],
        ),
    ],
)
def test_scripts_make_the_committed_tables(
    script: str, tables: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    common = __import__("derive_spectra_common")
    committed = common.TABLES
    monkeypatch.setattr(common, "TABLES", tmp_path)
    monkeypatch.setattr(sys, "argv", [script, "--originals", str(ORIGINALS)])
    runpy.run_path(str(ROOT / "scripts" / f"{script}.py"), run_name="__main__")
    for name in tables:
        new, old = pd.read_csv(tmp_path / f"{name}.csv"), pd.read_csv(committed / f"{name}.csv")
        pd.testing.assert_frame_equal(new, old, rtol=1e-4, atol=0.02)
