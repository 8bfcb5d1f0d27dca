"""Files for IsoplotR: its columns in its order, every digit kept, and R's own way to read them."""

from __future__ import annotations

import csv
import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.errors import InputError, UnknownNameError
from farside.isotopes.files import read_isochron
from farside.isotopes.isochron import isochron
from farside.isotopes.isoplotr import LAYOUTS, to_isoplotr
from farside.isotopes.tables import read_u_pb, read_values

if TYPE_CHECKING:
    from pathlib import Path

ROWS = {
    "rb-sr": ("87Rb/86Sr", "87Sr/86Sr", [(0.0312, 0.7013), (0.0536, 0.7024), (0.1705, 0.7101)]),
    "sm-nd": ("147Sm/144Nd", "143Nd/144Nd", [(0.186, 0.51297), (0.231, 0.51417), (0.28, 0.5155)]),
    "k-ca": ("40K/44Ca", "40Ca/44Ca", [(54.749, 94.316), (65.793, 99.996), (30.1, 70.2)]),
    "pb-pb": ("206Pb/204Pb", "207Pb/204Pb", [(114.995, 76.106), (140.57, 92.07), (86.03, 57.84)]),
    "pb-pb-inverse": (
        "204Pb/206Pb", "207Pb/206Pb", [(0.008696, 0.66182), (0.001238, 0.63228), (0.0262, 0.737)],
    ),
}  # fmt: skip
NAMES = ["Chang'e-6, clast", 'the "dark" one', "15555"]


def table(path: Path, name: str, level: str = "1s") -> Path:
    """Write analyses as a laboratory would, with errors and correlations in many digits."""
    x, y, rows = ROWS[name]
    rng = np.random.default_rng(2)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["sample", x, f"{level} x", y, f"{level} y", "rho"])
        for label, (u, v) in zip(NAMES, rows, strict=True):
            su, sv = u * rng.uniform(0.001, 0.01), v * rng.uniform(1e-4, 1e-3)
            writer.writerow([label, u, repr(su), v, repr(sv), repr(rng.uniform(-0.9, 0.9))])
    return path


@pytest.mark.parametrize("name", list(ROWS))
def test_every_digit_comes_back(name: str, tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", name)
    done = to_isoplotr(source, tmp_path / "b.csv", name)
    first, back = read_isochron(source, name), read_isochron(done.out, name)
    for column in ("x", "sx", "y", "sy", "rho"):
        np.testing.assert_array_equal(getattr(back, column), getattr(first, column))
    assert back.labels == first.labels == tuple(NAMES)
    assert done.analyses == 3


@pytest.mark.parametrize(
    ("name", "method", "number", "columns"),
    [  # headers of the example files and of the table of IsoplotRgui (server.R)
        ("rb-sr", "Rb-Sr", 1, "Rb87Sr86,errRb87Sr86,Sr87Sr86,errSr87Sr86,rho"),
        ("sm-nd", "Sm-Nd", 1, "Sm147Nd144,errSm147Nd144,Nd143Nd144,errNd143Nd144,rho"),
        ("k-ca", "K-Ca", 1, "K40Ca44,errK40Ca44,Ca40Ca44,errCa40Ca44,rho"),
        ("pb-pb", "Pb-Pb", 1, "Pb206Pb204,errPb206Pb204,Pb207Pb204,errPb207Pb204,rho"),
        ("pb-pb-inverse", "Pb-Pb", 2, "Pb204Pb206,errPb204Pb206,Pb207Pb206,errPb207Pb206,rho"),
        ("u-pb", "U-Pb", 1, "Pb207U235,errPb207U235,Pb206U238,errPb206U238,rho"),
        ("mean", "other", 2, "X,errX"),
    ],
)
def test_methods_formats_and_columns_are_those_of_isoplotr(
    name: str, method: str, number: int, columns: str
) -> None:
    layout = LAYOUTS[name]
    assert (layout.method, layout.number) == (method, number)
    assert ",".join(layout.columns) == columns


def test_errors_become_one_sigma_and_the_call_says_so(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", "rb-sr", level="2s")
    done = to_isoplotr(source, tmp_path / "b.csv", "rb-sr")
    assert done.call == "read.data('b.csv', method='Rb-Sr', format=1, ierr=1)"
    rows = [list(csv.reader(p.read_text().splitlines())) for p in (source, done.out)]
    for given, written in zip(rows[0][1:], rows[1][1:], strict=True):
        assert float(written[0]) == float(given[1])
        assert float(written[1]) == float(given[2]) / 2
    assert "taken as 2s, as the header says" in str(done)


def test_u_pb_of_either_kind_becomes_wetherills(tmp_path: Path) -> None:
    # two rows of IsoplotR's UPb1.csv, and the same ratios by Tera and Wasserburg
    (tmp_path / "w.csv").write_text(
        "Pb207U235,errPb207U235,Pb206U238,errPb206U238,rho\n"
        ".2819,.00036,.03985,.000040,0.79\n.2814,.00092,.03980,.000040,0.31\n"
    )
    done = to_isoplotr(tmp_path / "w.csv", tmp_path / "w2.csv", "u-pb")
    first, back = read_u_pb(tmp_path / "w.csv"), read_u_pb(done.out)
    for a, b in zip(first.columns, back.columns, strict=True):
        np.testing.assert_array_equal(a, b)
    (tmp_path / "t.csv").write_text(
        "U238Pb206,errU238Pb206,Pb207Pb206,errPb207Pb206\n"
        f"{1 / 0.03985!r},0.02,0.05130,0.0001\n{1 / 0.0398!r},0.02,0.05128,0.0001\n"
    )
    done = to_isoplotr(tmp_path / "t.csv", tmp_path / "t2.csv", "u-pb")
    assert read_u_pb(done.out).columns[2][0] == pytest.approx(0.03985, rel=1e-12)
    assert "Wetherill" in str(done)


def test_ages_become_two_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sample,age,2s\nx,248.2,5.8\ny,249.1,2\n")
    done = to_isoplotr(tmp_path / "a.csv", tmp_path / "b.csv", "mean")
    assert (tmp_path / "b.csv").read_text().splitlines()[0] == '"X","errX"'
    np.testing.assert_array_equal(read_values(done.out).sigmas, [2.9, 1.0])
    assert "the names are not in the new file" in str(done)


def test_the_isochron_is_the_same_before_and_after(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", "k-ca")
    to_isoplotr(source, tmp_path / "b.csv", "k-ca")
    a, b = (isochron(read_isochron(p, "k-ca"), "k-ca") for p in (source, tmp_path / "b.csv"))
    assert a.age.value == b.age.value
    assert a.age.internal == b.age.internal


def test_analyses_that_are_not_whole_are_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "sample,87Rb/86Sr,1s,87Sr/86Sr,1s\na,0.1,0.01,0.70,0.001\nb,,0.01,0.71,0.001\n"
    )
    done = to_isoplotr(tmp_path / "a.csv", tmp_path / "b.csv", "rb-sr")
    assert done.analyses == 1
    assert "left out because a figure is missing: b" in str(done)
    assert done.to_dict()["ierr"] == 1


def test_a_correlation_that_is_not_given_is_0_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "Rb87Sr86,errRb87Sr86,Sr87Sr86,errSr87Sr86,rho\n"
        "0.1,0.01,0.70,0.001,0.3\n0.2,0.01,0.71,0.001,\n0.3,0.01,0.72,0.001,0.1\n"
    )
    done = to_isoplotr(tmp_path / "a.csv", tmp_path / "b.csv", "rb-sr")
    assert "no correlation given in row 2: taken as 0" in done.notes
    np.testing.assert_array_equal(read_isochron(done.out, "rb-sr").rho, [0.3, 0.0, 0.1])
    (tmp_path / "p.csv").write_text("x,sx,y,sy,r_xy\n0.1,0.01,0.70,0.001,\n0.2,0.1,0.7,0.1,-0.5\n")
    done = to_isoplotr(tmp_path / "p.csv", tmp_path / "q.csv", "rb-sr")
    assert done.analyses == 2
    assert "no correlation given in row 1: taken as 0" in done.notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rb-sr", "87Rb/86Sr,1s,87Sr/86Sr,1s\n0.1,-0.01,0.70,0.001\n"),
        ("rb-sr", "87Rb/86Sr,1s,87Sr/86Sr,1s\n0.1,0.01,0.70,0\n"),
        ("mean", "age,1s\n100,0\n"),
    ],
)
def test_an_error_without_weight_is_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match="0 or negative"):
        to_isoplotr(tmp_path / "a.csv", tmp_path / "b.csv", name)
    assert not (tmp_path / "b.csv").exists()


def test_wrong_input_is_refused(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", "rb-sr")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'rb-sr'\?"):
        to_isoplotr(source, tmp_path / "b.csv", "rb_sr")
    with pytest.raises(InputError, match="is the file to convert"):
        to_isoplotr(source, source, "rb-sr")
    with pytest.raises(InputError, match=r"name the file b\.csv"):
        to_isoplotr(source, tmp_path / "b.json", "rb-sr")
    with pytest.raises(InputError, match="lacks columns for sm-nd"):
        to_isoplotr(source, tmp_path / "b.csv", "sm-nd")
    assert not (tmp_path / "b.csv").exists()


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_reads_the_numbers_as_isoplotr_does(tmp_path: Path) -> None:
    # read.data of IsoplotR: read.table with sep = ',', then all rows but the first as numbers
    source = table(tmp_path / "a.csv", "pb-pb")
    done = to_isoplotr(source, tmp_path / "b.csv", "pb-pb")
    code = (
        f"X <- as.matrix(read.table('{done.out}', sep=','));"
        "m <- matrix(as.numeric(X[2:nrow(X), 1:5]), nrow(X) - 1);"
        "cat(sprintf('%.17g', t(m)))"
    )
    said = subprocess.run(  # noqa: S603
        ["Rscript", "-e", code],  # noqa: S607
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    points = read_isochron(source, "pb-pb")
    rows = np.stack([points.x, points.sx, points.y, points.sy, points.rho], axis=1)
    np.testing.assert_array_equal(np.array(said.split(), float), rows.ravel())
