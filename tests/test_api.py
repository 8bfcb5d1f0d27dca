"""The public names: few, quick to import, each told with an example."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr

import farside
from farside.errors import InputError, UnknownNameError
from farside.spectra.dataset import from_table

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

MOST_NAMES = 40
"""Of the design: ``__init__`` is a table of contents."""


def test_there_are_at_most_forty_names_and_each_is_there() -> None:
    assert len(farside.__all__) <= MOST_NAMES
    assert list(farside.__all__) == sorted(farside.__all__) == dir(farside)
    for name in farside.__all__:
        assert getattr(farside, name) is not None
    assert {"load_sites", "predict", "model_age", "isochron", "findings"} <= set(farside.__all__)


def test_a_name_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        AttributeError, match=r"no attribute 'load_site'. Did you mean 'load_sites'"
    ):
        _ = farside.load_site


@pytest.mark.parametrize("name", [n for n in farside.__all__ if n != "OXIDES"])
def test_each_name_has_a_docstring_with_an_example(name: str) -> None:
    text = getattr(farside, name).__doc__
    first = text.strip().splitlines()[0]
    assert first.endswith(".")
    assert "Examples\n" in text
    assert ">>> " in text


def test_import_loads_nothing_heavy() -> None:
    program = (
        "import sys, farside\n"
        "print(sorted({'numpy', 'pandas', 'xarray', 'matplotlib', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


# -- predict -----------------------------------------------------------------------------------


def test_predict_is_the_three_steps_in_one(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    farside.load_sites().to_csv(path, index=False)
    spectra, transfer = farside.prepare(farside.open_spectra(path))
    by_steps = farside.load_estimator().predict(spectra, transfer=transfer)
    for given in (path, str(path), farside.open_spectra(path)):
        xr.testing.assert_identical(farside.predict(given), by_steps)


def test_predict_brings_a_sensor_to_mi() -> None:
    rows = farside.load_sp_spectra()
    spectra = from_table(rows[rows["sensor"] == "SP"])
    brought = farside.predict(spectra, sensor="SP")
    raw = farside.predict(spectra, sensor="SP", as_is=True)
    assert float(abs(brought["value"] - raw["value"]).max()) > 1
    with pytest.raises(UnknownNameError, match="no transfer from M3 to MI"):
        farside.predict(spectra, sensor="M3")


def test_a_prediction_is_a_table_on_request() -> None:
    found = farside.predict(from_table(farside.load_sites()))
    table = found.oxides.to_frame()
    assert len(table) == 55
    for oxide in farside.OXIDES:
        np.testing.assert_array_equal(table[oxide], found["value"].sel(oxide=oxide))
        assert (table[f"{oxide}_lower"] <= table[oxide]).all()
    assert str(found.oxides).startswith("55 of 55 spectra have numbers")


@pytest.mark.parametrize("lost", ["value", "good"])
def test_what_is_no_prediction_is_refused(lost: Hashable) -> None:
    found = farside.predict(from_table(farside.load_sites()))
    with pytest.raises(InputError, match=f"lacks {lost}; farside.predict makes one"):
        found.drop_vars(lost).oxides.to_frame()


def test_the_package_is_a_program() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "farside", "--version"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split()[0] == "farside"
