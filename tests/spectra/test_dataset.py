"""Making, checking and picking from Spectra datasets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import BandError, InputError, UnitError
from farside.readers.dataset import wavelength_columns, wrap_longitude
from farside.spectra.dataset import check_spectra, flatten, from_table, make_spectra, select_bands

BANDS = [749.0, 950.0]


def test_dimensions_and_units() -> None:
    cube = make_spectra(np.full((2, 3, 4), 0.1), BANDS, lat=np.zeros((3, 4)), incidence_deg=30.0)
    assert cube.reflectance.dims == ("band", "y", "x")
    assert cube.reflectance.attrs["units"] == "1"
    assert cube.incidence_deg.ndim == 0
    assert flatten(cube).reflectance.dims == ("band", "point")
    assert flatten(cube).sizes["point"] == 12
    assert np.isnan(make_spectra([[np.inf], [0.1]], BANDS).reflectance[0, 0])


@pytest.mark.parametrize(
    ("values", "wavelength", "error", "message"),
    [
        (np.ones(2), BANDS, InputError, "1 dimension"),
        (np.ones((3, 2)), BANDS, BandError, "2 wavelengths were given for 3 bands"),
        (np.ones((2, 2)), [749.0, 749.0], BandError, "more than once"),
        (np.ones((2, 2)), [749.0, np.nan], BandError, "positive"),
        (np.ones((2, 2)), [749.0, -1.0], BandError, "positive"),
    ],
)
def test_impossible_spectra(
    values: np.ndarray, wavelength: list[float], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_spectra(values, wavelength)


def test_coordinates_must_fit() -> None:
    with pytest.raises(InputError, match="'lat' has shape"):
        make_spectra(np.ones((2, 3)), BANDS, lat=[1.0, 2.0])
    with pytest.raises(InputError, match="reflectance_1s has shape"):
        make_spectra(np.ones((2, 3)), BANDS, reflectance_1s=[1.0])


@given(st.floats(-1e6, 1e6))
def test_longitude_is_the_same_direction(lon: float) -> None:
    wrapped = float(wrap_longitude(lon))
    assert -180 <= wrapped < 180
    np.testing.assert_allclose(
        np.exp(1j * np.radians(wrapped)), np.exp(1j * np.radians(lon)), atol=1e-6
    )


def test_columns_are_found_by_name() -> None:
    names = ["r414", "r749nm", "R950", "r_1548.5_nm", "rock", "r12", "FeO", "r749_1s"]
    found = wavelength_columns(pd.DataFrame(columns=names))
    assert found == {"r414": 414.0, "r749nm": 749.0, "R950": 950.0, "r_1548.5_nm": 1548.5}


def test_flags() -> None:
    ds = make_spectra(
        [[0.1, np.nan, -0.1, 1.2, 0.1], [0.1, 0.1, 0.2, 0.3, 0.1]],
        BANDS,
        incidence_deg=[30.0, 30.0, 30.0, 30.0, 80.0],
    )
    flags = check_spectra(ds)
    assert flags.good.to_numpy().tolist() == [True, False, False, False, False]
    assert flags["nan"].to_numpy().tolist() == [False, True, False, False, False]
    assert flags.negative.to_numpy().tolist() == [False, False, True, False, False]
    assert flags.over_one.to_numpy().tolist() == [False, False, False, True, False]
    assert flags.unlit.to_numpy().tolist() == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("factor", "message"), [(100.0, "percent; divide it by 100"), (5e4, "counts.*2e-5")]
)
def test_units_are_named(factor: float, message: str) -> None:
    with pytest.raises(UnitError, match=message):
        check_spectra(make_spectra(np.full((2, 3), 0.1) * factor, BANDS))
    ds = make_spectra(np.full((2, 3), 0.1), BANDS)
    ds.reflectance.attrs["units"] = "%"
    with pytest.raises(UnitError, match="'%'"):
        check_spectra(ds)


def test_nothing_usable() -> None:
    with pytest.raises(InputError, match=r"none of 2 spectra is usable \(2 nan"):
        check_spectra(make_spectra(np.full((2, 2), np.nan), BANDS))
    good = make_spectra(np.full((2, 2), 0.1), BANDS)
    with pytest.raises(InputError, match="no variable 'reflectance'"):
        check_spectra(good.drop_vars("reflectance"))
    with pytest.raises(BandError, match="wavelength_nm"):
        check_spectra(good.drop_vars("wavelength_nm"))
    with pytest.raises(InputError, match="has dimensions"):
        check_spectra(good.rename(point="place"))


def test_select_is_by_value_not_position() -> None:
    ds = make_spectra([[0.3], [0.1], [0.2]], [950.0, 414.0, 749.0])
    picked = select_bands(ds, [415.0, 750.0, 950.0])
    np.testing.assert_allclose(picked.reflectance[:, 0], [0.1, 0.2, 0.3])


def test_missing_bands_are_listed() -> None:
    ds = make_spectra([[0.1], [0.2]], BANDS)
    with pytest.raises(
        BandError, match=r"within 5 nm of 414, 1548 nm; the spectra have 749, 950 nm"
    ):
        select_bands(ds, [414.0, 749.0, 1548.0])
    close = make_spectra([[0.1]], [1000.5])
    with pytest.raises(BandError, match="fall on the same band"):
        select_bands(close, [1000.0, 1001.0])


def test_table_round_trip() -> None:
    frame = pd.DataFrame({"name": ["a"], "lat": [1], "r950": [0.2], "r749": [0.1]})
    ds = from_table(frame)
    assert ds.wavelength_nm.to_numpy().tolist() == BANDS
    np.testing.assert_allclose(ds.reflectance[:, 0], [0.1, 0.2])
