"""Places to cells and predictions to cells, on places and predictions made for the purpose."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg
from farside.oxides.compare import against_cells, cell_of

CELLS = load_cells_5deg()
SIGMA = np.sqrt(np.diagonal(cell_covariance(CELLS), axis1=1, axis2=2))
KNOWN = CELLS[list(OXIDES)].to_numpy(dtype=float)
NORMAL_95TH = 1.644853626951
"""The 95 % point of the normal distribution (Abramowitz and Stegun 1964, table 26.5)."""


def test_the_middle_of_each_cell_is_in_that_cell() -> None:
    lat = (CELLS["lat_min"] + CELLS["lat_max"]) / 2
    lon = (CELLS["lon_min"] + CELLS["lon_max"]) / 2
    np.testing.assert_array_equal(cell_of(lat.to_numpy(), lon.to_numpy()), np.arange(1790))


def test_the_south_western_corner_of_each_cell_is_in_that_cell() -> None:
    found = cell_of(CELLS["lat_min"].to_numpy(), CELLS["lon_min"].to_numpy())
    np.testing.assert_array_equal(found, np.arange(1790))


@given(st.floats(-90, 90, exclude_max=True), st.floats(-180, 180, exclude_max=True))
def test_every_place_is_in_the_cell_whose_bounds_hold_it(lat: float, lon: float) -> None:
    (row,) = cell_of(np.array([lat]), np.array([lon]))
    assert row >= 0
    cell = CELLS.iloc[row]
    assert cell["lat_min"] <= lat <= cell["lat_max"]
    assert cell["lon_min"] <= lon <= cell["lon_max"]


@pytest.mark.parametrize(
    ("lat", "lon", "neighbour"),
    [(0.0, 89.999, 90.0), (0.0, -90.001, -90.0), (-12.0, 179.999, -180.0)],
)
def test_limb_and_antimeridian_part_cells(lat: float, lon: float, neighbour: float) -> None:
    here, there = cell_of(np.array([lat, lat]), np.array([lon, neighbour]))
    assert here != there
    assert CELLS["lon_max"][here] in (neighbour, neighbour + 360)
    assert CELLS["lon_min"][there] == neighbour


def test_a_pole_has_one_cell_at_every_longitude() -> None:
    lon = np.linspace(-180, 179, 50)
    for lat in (-89.9, 89.9):
        assert len(set(cell_of(np.full(50, lat), lon).tolist())) == 1


def test_a_place_that_is_not_known_is_in_no_cell() -> None:
    lat = np.array([np.nan, 3.0, np.nan, 3.0])
    lon = np.array([10.0, np.nan, np.nan, 10.0])
    assert (cell_of(lat, lon) >= 0).tolist() == [False, False, False, True]


# -- predictions -------------------------------------------------------------------------------


def predicted(rows: list[int], away: float, half: float) -> xr.Dataset:
    """Return a prediction in the middle of cells, `away` above them, with a half-width."""
    value = (KNOWN[rows] + away).T
    parts = {"value": value, "lower": value - half, "upper": value + half}
    return xr.Dataset(
        {
            **{k: (("oxide", "point"), v) for k, v in parts.items()},
            "good": ("point", np.ones(len(rows), dtype=bool)),
        },
        coords={
            "oxide": list(OXIDES),
            "lat": ("point", (CELLS["lat_min"] + CELLS["lat_max"]).to_numpy()[rows] / 2),
            "lon": ("point", (CELLS["lon_min"] + CELLS["lon_max"]).to_numpy()[rows] / 2),
        },
    )


def one_group(n: int) -> np.ndarray:
    return np.array(["g"] * n)


def test_what_the_cell_says_agrees_with_the_cell() -> None:
    table = against_cells(predicted([900], 0.0, 0.0), one_group(1))
    assert table["oxide"].tolist() == list(OXIDES)
    np.testing.assert_allclose(table["difference"], 0, atol=1e-12)
    np.testing.assert_allclose(table["cell"], KNOWN[900])
    np.testing.assert_allclose(table["cell_1s"], SIGMA[900])
    assert table["agrees"].all()


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("half", [0.0, 2.0])
def test_agreement_ends_where_the_widened_interval_ends(sign: float, half: float) -> None:
    """Half-width of the interval and of 90 % of the cell's error add in quadrature."""
    for j in range(len(OXIDES)):
        reach = float(np.hypot(half, NORMAL_95TH * SIGMA[900, j]))
        for factor, expected in ((0.995, True), (1.005, False)):
            table = against_cells(predicted([900], sign * factor * reach, half), one_group(1))
            assert bool(table["agrees"][j]) is expected
            assert table["difference"][j] == pytest.approx(sign * factor * reach)


def test_points_of_a_group_are_averaged_with_their_own_cells() -> None:
    rows = [100, 700, 700, 1200]
    table = against_cells(predicted(rows, 0.5, 1.0), np.array(["b", "a", "b", "a"]))
    assert table["group"].tolist() == ["b"] * 6 + ["a"] * 6
    for name, mine in (("b", [100, 700]), ("a", [700, 1200])):
        part = table[table["group"] == name]
        assert (part["points"] == 2).all()
        np.testing.assert_allclose(part["cell"], KNOWN[mine].mean(axis=0))
        np.testing.assert_allclose(part["cell_1s"], SIGMA[mine].mean(axis=0))
        np.testing.assert_allclose(part["value"], KNOWN[mine].mean(axis=0) + 0.5)
        np.testing.assert_allclose(part["upper"] - part["lower"], 2.0)
        np.testing.assert_allclose(part["difference"], 0.5)


def test_points_without_a_place_or_a_number_are_left_out() -> None:
    prediction = predicted([300, 301, 302, 303], 0.0, 1.0)
    prediction["good"][1] = False
    prediction["value"][:, 1] = np.nan
    prediction["lat"][2] = np.nan
    prediction["good"][3] = False
    table = against_cells(prediction, np.array(["a", "a", "a", "only a bad one"]))
    assert set(table["group"]) == {"a"}
    assert (table["points"] == 1).all()
    np.testing.assert_allclose(table["cell"], KNOWN[300])
    assert np.isfinite(table["value"]).all()
