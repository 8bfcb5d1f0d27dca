"""What cannot be in a table of samples is refused, with a way out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.constants import OXIDES
from farside.datasets import (
    check_samples,
    load_apollo12_alternative,
    load_cells_5deg,
    load_reference_soils,
    load_sites,
)
from farside.errors import SampleError, UnitError, UnknownNameError

# mean soils of Apollo 11 and 16, Lunar Sourcebook Table 7.15
SOILS = pd.DataFrame(
    {
        "site": ["A11", "A16"],
        "TiO2": [7.8, 0.54],
        "FeO": [15.3, 5.1],
        "Al2O3": [13.6, 27.3],
        "MgO": [7.8, 5.7],
        "CaO": [11.9, 15.7],
        "SiO2": [42.2, 45.0],
    }
)


@pytest.mark.parametrize(
    "table", [SOILS, load_sites(), load_reference_soils(), load_apollo12_alternative()]
)
def test_published_tables_pass_unchanged(table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(check_samples(table), table)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("TiO_2", "TiO2"),
        ("tio2", "TiO2"),
        ("Ti02", "TiO2"),
        ("Feo", "FeO"),
        ("FeO (wt%)", "FeO"),
        ("FeOT", "FeO"),
        ("Al203", "Al2O3"),
        ("A12O3", "Al2O3"),
        ("Mg0", "MgO"),
        ("SiO2_wt", "SiO2"),
        (" CaO", "CaO"),
    ],
)
def test_misspelt_oxide_is_named(wrong: str, right: str) -> None:
    with pytest.raises(SampleError, match=f"did you mean '{right}'"):
        check_samples(SOILS.rename(columns={right: wrong}))


def test_misspelt_uncertainty_is_named() -> None:
    with pytest.raises(SampleError, match="did you mean 'Al2O3_1s'"):
        check_samples(SOILS.assign(Al203_1s=0.1))


@pytest.mark.parametrize("column", ["MnO", "Na2O", "K2O", "Mg#", "lat", "lon", "TiO2_1s", "Ti"])
def test_other_columns_are_let_through(column: str) -> None:
    table = SOILS.assign(**{column: 0.2})
    assert check_samples(table)[column].tolist() == [0.2, 0.2]


def test_no_oxide_at_all() -> None:
    with pytest.raises(SampleError, match="no oxide column among site"):
        check_samples(SOILS[["site"]])


def test_a_column_given_twice() -> None:
    with pytest.raises(SampleError, match="twice: FeO"):
        check_samples(pd.concat([SOILS, SOILS[["FeO"]]], axis=1))


def test_duplicate_sites() -> None:
    with pytest.raises(SampleError, match="more than once: A11"):
        check_samples(pd.concat([SOILS, SOILS.iloc[:1]]))


@pytest.mark.parametrize("value", [-0.1, 100.5, np.inf])
def test_impossible_values(value: float) -> None:
    with pytest.raises(SampleError, match=r"MgO is .* rows A16; possible is 0 to 100"):
        check_samples(SOILS.assign(MgO=[7.8, value]))


def test_text_that_is_no_number() -> None:
    with pytest.raises(SampleError, match="CaO is no number in rows A11"):
        check_samples(SOILS.assign(CaO=["eleven", "15.7"]))


def test_empty_fields_are_missing_and_numbers_may_be_text() -> None:
    checked = check_samples(SOILS.assign(CaO=["", "15.7"]))
    assert checked["CaO"].isna().tolist() == [True, False]
    assert checked["CaO"].dtype == float


def test_sum_above_the_limit() -> None:
    heavy = SOILS.assign(SiO2=[42.2, 55.0])
    with pytest.raises(SampleError, match="rows A16"):
        check_samples(heavy)
    assert check_samples(heavy, tolerance_total=110).equals(heavy)


def test_gamma_ray_cells_are_marked_instead() -> None:
    cells = load_cells_5deg()
    checked = check_samples(cells, kind="gamma-ray")
    total = cells[list(OXIDES)].sum(axis=1)
    np.testing.assert_array_equal(checked["total_in_range"], total <= 102)
    assert 0 < (~checked["total_in_range"]).sum() < len(cells)
    with pytest.raises(SampleError, match="gamma-ray"):
        check_samples(cells)


def test_unknown_kind() -> None:
    with pytest.raises(UnknownNameError, match="gamma-ray"):
        check_samples(SOILS, kind="gammaray")


@given(st.lists(st.sampled_from(OXIDES), min_size=1, unique=True))
def test_fractions_are_recognised(oxides: list[str]) -> None:
    fractions = SOILS[oxides] / 100
    with pytest.raises(UnitError, match="multiply"):
        check_samples(fractions)
    assert check_samples(SOILS[oxides]).equals(SOILS[oxides])


def test_given_table_is_left_alone() -> None:
    table = SOILS.assign(FeO=["15.3", "5.1"])
    check_samples(table)
    assert table["FeO"].tolist() == ["15.3", "5.1"]
