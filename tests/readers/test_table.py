"""Tables of spectra: what is read, and what is said of tables that hold none."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farside.errors import BandError, FarsideError, InputError
from farside.readers.table import read_table

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """# two places
site,lat_deg,lon_deg_e,r414nm, R749 ,r_950_nm,r749_1s,FeO
a,1.0,190.0,0.05,0.10,0.12,0.001,5
b,-2.0,10.0,,0.11,0.13,,6
"""


def _write(folder: Path, content: str | bytes) -> Path:
    path = folder / "spectra.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_reads_a_table(tmp_path: Path) -> None:
    ds = read_table(_write(tmp_path, GOOD))
    assert ds.wavelength_nm.values.tolist() == [414.0, 749.0, 950.0]
    assert ds.name.values.tolist() == ["a", "b"]
    np.testing.assert_allclose(ds.lon, [-170.0, 10.0])
    np.testing.assert_allclose(ds.reflectance[1], [0.10, 0.11])
    assert np.isnan(ds.reflectance[0, 1])
    assert float(ds.reflectance_1s[1, 0]) == 0.001
    assert np.isnan(ds.reflectance_1s[0]).all()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("site,FeO\na,5\n", BandError, "no column of reflectance among site, FeO"),
        ("r749,R749nm\n0.1,0.1\n", BandError, "are both 749.0 nm"),
        ("r749,r950\n", InputError, "no row"),
        ("r749,r950\n0.1,dark\n", InputError, "not a number"),
        ("", InputError, "not a table"),
        ("r749,r950\n0.1,0.2\n1,2,3,4\n", InputError, "not a table"),
        (b"\xff\xfe\x00r749", InputError, "not text"),
        # as spreadsheets write where the decimal sign is a comma
        ("r749;r950\n0,1;0,2\n", InputError, "semicolons or tabs"),
        ("# made here\n\nr749;r950;r1001\n0,1;0,2;0,2\n", InputError, "semicolons or tabs"),
        ("r749\tr950\n0.1\t0.2\n", InputError, "semicolons or tabs"),
    ],
)
def test_says_what_is_wrong(
    tmp_path: Path, content: str | bytes, error: type[FarsideError], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_table(_write(tmp_path, content))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot read"):
        read_table(tmp_path)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(position=st.integers(0, len(GOOD) - 1), value=st.binary(max_size=4))
def test_damaged_tables_never_surprise(tmp_path: Path, position: int, value: bytes) -> None:
    data = GOOD.encode()
    path = _write(tmp_path, data[:position] + value + data[position + 1 :])
    with contextlib.suppress(FarsideError):
        assert read_table(path).sizes["point"] >= 1
