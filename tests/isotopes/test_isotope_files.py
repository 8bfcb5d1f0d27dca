"""Reading analyses in the layouts of laboratories, IsoplotR and PySoplot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.datasets.isotopes import load_reference_isochron
from farside.errors import InputError, UnitError
from farside.isotopes.concentrations import ratio_from_concentrations
from farside.isotopes.files import read_isochron
from farside.isotopes.isochron import isochron

if TYPE_CHECKING:
    from pathlib import Path

# The same analyses as RbSr1, in the second format of IsoplotR (87Rb/87Sr, 86Sr/87Sr).
RBSR2 = """Rb87Sr87,errRb87Sr87,Sr86Sr87,errSr86Sr87,rho
0.04449,0.00114,1.42592,0.00020,0.0056
0.07631,0.00085,1.42369,0.00020,0.0127
0.04507,0.00143,1.42633,0.00020,0.0045
0.04664,0.00114,1.42633,0.00020,0.0058
0.03866,0.00057,1.42674,0.00020,0.0097
0.02128,0.00029,1.42837,0.00020,0.0106
0.03397,0.00100,1.42714,0.00020,0.0049
0.01058,0.00057,1.42918,0.00020,0.0026
0.02512,0.00157,1.42755,0.00020,0.0023
0.04421,0.00086,1.42613,0.00020,0.0074
0.02841,0.00071,1.42755,0.00020,0.0057
0.03069,0.00086,1.42735,0.00020,0.0051
0.04365,0.00185,1.42653,0.00020,0.0034
0.04848,0.00114,1.42592,0.00020,0.0061
0.24011,0.00113,1.40825,0.00020,0.0300
0.18214,0.00085,1.41303,0.00020,0.0303
0.18064,0.00085,1.41343,0.00020,0.0301
"""
# The first rows of one data set of IsoplotR in its formats 2 (PbPb2) and 3 (PbPb3) of Pb-Pb.
PBPB2 = """Pb204Pb206,errPb204Pb206,Pb207Pb206,errPb207Pb206,rho
0.008696,3E-05,0.66182,0.00014,0.848
0.007114,6.9E-05,0.65497,0.00028,0.967
0.006572,3.9E-05,0.65302,0.00017,0.909
0.00529,4.1E-05,0.64712,0.00017,0.919
0.009568,8.4E-05,0.66664,0.00033,0.975
0.001238,9E-06,0.63228,8E-05,0.49
0.026163,4.1E-05,0.73665,0.00017,0.796
"""
PBPB3 = """Pb206Pb204,errPb206Pb204,Pb207Pb204,errPb207Pb204,Pb206Pb207,errPb206Pb207
114.9954002,0.3967183,76.1062557,0.24905,1.5109849,0.0003196
140.5678943,1.363394,92.0677537,0.8549808,1.5267875,0.0006527
152.1606817,0.902962,99.3639684,0.5662415,1.5313467,0.0003987
189.0359168,1.4651177,122.3289225,0.9186613,1.5453084,0.000406
104.5150502,0.9175652,69.673913,0.5781088,1.50006,0.0007426
807.7544426,5.8722052,510.726979,3.6816449,1.5815778,0.0002001
38.2219164,0.0598975,28.1561748,0.0391494,1.3574968,0.0003133
"""
ROWS = [(0.1, 0.001, 0.705, 0.0001), (0.2, 0.002, 0.711, 0.0001), (0.3, 0.003, 0.718, 0.0002)]


def written(folder: Path, text: str) -> Path:
    path = folder / "analyses.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rows(*, factor: float = 1.0, extra: str = "") -> str:
    return "".join(f"{x},{sx * factor},{y},{sy * factor}{extra}\n" for x, sx, y, sy in ROWS)


@pytest.mark.parametrize(
    "header",
    [
        "Rb87Sr86,errRb87Sr86,Sr87Sr86,errSr87Sr86",
        "87Rb/86Sr,1s,87Sr/86Sr,1s",
        "87Rb/86Sr,87Rb/86Sr_1s,87Sr/86Sr,87Sr/86Sr_1s",
        "Rb87/Sr86,sigma Rb87/Sr86,Sr87/Sr86,sigma Sr87/Sr86",
        "Rb87Sr86,se[Rb87Sr86],Sr87Sr86,se[Sr87Sr86]",
        "x,sx,y,sy",
    ],
)
def test_one_sigma_layouts(tmp_path: Path, header: str) -> None:
    points = read_isochron(written(tmp_path, f"{header}\n{rows()}"), "rb-sr")
    expected = np.array(ROWS).T
    for found, values in zip((points.x, points.sx, points.y, points.sy), expected, strict=True):
        np.testing.assert_allclose(found, values, rtol=1e-12)
    assert (points.rho == 0).all()


@pytest.mark.parametrize(
    ("header", "errors"),
    [
        ("87Rb/86Sr,2s,87Sr/86Sr,2s", None),
        ("87Rb/86Sr,±2SE,87Sr/86Sr,±2SE", None),
        ("Rb87Sr86,Rb87Sr86_2s,Sr87Sr86,Sr87Sr86_2s", None),
        ("87Rb/86Sr,2σ,87Sr/86Sr,2σ", None),
        ("Rb87Sr86,errRb87Sr86,Sr87Sr86,errSr87Sr86", "2s"),
    ],
)
def test_two_sigma_is_halved_and_said(tmp_path: Path, header: str, errors: str | None) -> None:
    path = written(tmp_path, f"{header}\n{rows(factor=2)}")
    points = read_isochron(path, "rb-sr", errors)
    np.testing.assert_allclose(points.sy, np.array(ROWS)[:, 3], rtol=1e-12)
    assert any("2s" in note for note in points.notes)


def test_percent_errors(tmp_path: Path) -> None:
    text = "87Rb/86Sr,1s%,87Sr/86Sr,1s%\n" + "".join(
        f"{x},{100 * sx / x},{y},{100 * sy / y}\n" for x, sx, y, sy in ROWS
    )
    points = read_isochron(written(tmp_path, text), "rb-sr")
    np.testing.assert_allclose(points.sx, np.array(ROWS)[:, 1])
    np.testing.assert_allclose(points.sy, np.array(ROWS)[:, 3])


def test_correlations_and_names_are_read(tmp_path: Path) -> None:
    body = "".join(f"s{i},{x},{sx},{y},{sy},0.{i}\n" for i, (x, sx, y, sy) in enumerate(ROWS))
    path = written(tmp_path, "sample,x,sx,y,sy,r_xy\n" + body)
    points = read_isochron(path, "rb-sr")
    np.testing.assert_allclose(points.rho, [0.0, 0.1, 0.2])
    assert points.labels == ("s0", "s1", "s2")


@pytest.mark.parametrize("extra", ["", ",0.5"])
def test_a_file_without_header(tmp_path: Path, extra: str) -> None:
    points = read_isochron(written(tmp_path, rows(extra=extra)), "rb-sr")
    np.testing.assert_allclose(points.x, np.array(ROWS)[:, 0])
    assert points.rho[0] == (0.5 if extra else 0.0)


def test_inverse_ratios_are_the_same_analyses(tmp_path: Path) -> None:
    points = read_isochron(written(tmp_path, RBSR2), "rb-sr")
    table = load_reference_isochron("RbSr1")
    np.testing.assert_allclose(points.x, table["x"], rtol=2e-3)
    np.testing.assert_allclose(points.y, table["y"], rtol=1e-5)
    np.testing.assert_allclose(points.sx, table["x_1s"], rtol=0.02)
    np.testing.assert_allclose(points.sy, table["y_1s"], rtol=0.03)
    np.testing.assert_allclose(points.rho, 0.0, atol=0.02)
    assert isochron(points, "rb-sr").age.value == pytest.approx(4498.7, abs=15)


def test_normal_and_inverse_lead_are_one_age(tmp_path: Path) -> None:
    found = {}
    for name, text in (("pb-pb-inverse", PBPB2), ("pb-pb", PBPB3)):
        for wanted in ("pb-pb-inverse", "pb-pb"):
            points = read_isochron(written(tmp_path, text), wanted)
            found[name, wanted] = isochron(points, wanted)
    ages = [one.age.value for one in found.values()]
    assert max(ages) - min(ages) < 0.3  # Ma; the two files are rounded differently
    for one in found.values():
        assert one.age.value == pytest.approx(4566.0, abs=4)  # an early meteorite
        assert one.age.internal == pytest.approx(
            ages and found["pb-pb", "pb-pb"].age.internal, rel=0.2
        )
    normal = read_isochron(written(tmp_path, PBPB3), "pb-pb")
    assert any("redundant" in note for note in normal.notes)
    assert (normal.rho > 0.9).all()


# -- concentrations ----------------------------------------------------------------------------


def one(value: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([value]), np.array([0.01 * value])


def test_rb_over_sr_as_in_textbooks() -> None:
    for sr in (0.70, 0.71, 0.80):
        ratio, sigma = ratio_from_concentrations("rb-sr", one(1.0), one(1.0), np.array([sr]))
        # 87Rb/86Sr = Rb/Sr (2.69295 + 0.28304 87Sr/86Sr), Faure (1986)
        assert ratio[0] == pytest.approx(2.69295 + 0.28304 * sr, rel=1e-3)
        assert sigma[0] == pytest.approx(0.01 * np.sqrt(2) * ratio[0])


def test_sm_over_nd_of_chondrites() -> None:
    # 147Sm/144Nd = 0.1967 goes with Sm/Nd = 0.325 (Jacobsen and Wasserburg 1980)
    ratio, _ = ratio_from_concentrations("sm-nd", one(0.325), one(1.0), np.array([0.512638]))
    assert ratio[0] == pytest.approx(0.1967, rel=2e-3)


CONCENTRATIONS = "{},Rb_1s,{},Sr_1s,87Sr/86Sr,1s\n" + "".join(
    f"{rb},{rb / 100},{sr},{sr / 100},{0.7 + rb / sr / 10},0.0001\n"
    for rb, sr in ((1.0, 100.0), (2.0, 90.0), (4.0, 80.0))
)


def test_ppm_layout(tmp_path: Path) -> None:
    path = written(tmp_path, CONCENTRATIONS.format("Rb_ppm", "Sr_ppm"))
    points = read_isochron(path, "rb-sr")
    np.testing.assert_allclose(points.x, [0.02894, 0.0643, 0.1447], rtol=2e-3)
    assert any("ppm" in note for note in points.notes)


def test_mixed_units_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, CONCENTRATIONS.format("Rb_ppm", "Sr_wt%"))
    with pytest.raises(UnitError, match="mixes units"):
        read_isochron(path, "rb-sr")


# -- bad files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("87Rb/86Sr,1s\n0.1,0.01\n0.2,0.01\n0.3,0.01\n", "lacks columns for rb-sr"),
        (f"87Rb/86Sr,a,87Sr/86Sr,b\n{rows()}", "no error for '87Rb/86Sr'"),
        (f"Sm147Nd144,1s,Nd143Nd144,1s\n{rows()}", "it has Sm147Nd144, Nd143Nd144"),
        ("x,sx,y,sy\n1,0.1,a,0.1\n2,0.1,2,0.1\n3,.1,3,.1\n", "'a', which is no number"),
        (f"87Rb/86Sr,1s,87Sr/86Sr,1s,rho\n{rows(extra=',1.0')}", "correlation at row 1"),
        (f"87Rb/86Sr,1s,87Sr/86Sr,1s\n{rows(factor=-1)}", "negative"),
        ("1,2,3\n1,2,3\n", "no header and 3 columns"),
        (f"87Rb/86Sr,1s,87Sr/86Sr,1s\n{rows(extra=',0.1')}", "more fields than its header"),
        (f"Rb87Sr86;s;Sr87Sr86;s\n{rows().replace(',', ';')}", "semicolons"),
        (f"87Rb/86Sr,1s,87Rb/86Sr,1s,87Sr/86Sr\n{rows(extra=',0.7')}", "given twice"),
        (f"87Rb/86Sr,1s,1s,87Sr/86Sr,1s\n{rows(extra=',0.7')}", "two columns of errors"),
        ("x,sx,y,sy\n1,0.1,inf,0.1\n2,0.1,2,0.1\n3,.1,3,.1\n", "'inf', which is no number"),
        (f"87Rb/86Sr,1s,87Sr/86Sr,1s\n{rows(factor=1e200)}", "million times"),
        ("", "not a table"),
    ],
)
def test_bad_files_are_refused_with_a_reason(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_isochron(written(tmp_path, text), "rb-sr")


def test_an_error_of_another_column_is_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path, f"87Rb/86Sr,1s,87Sr/86Sr,1s,model age,1s\n{rows(extra=',4,1')}")
    np.testing.assert_allclose(read_isochron(path, "rb-sr").sy, [row[3] for row in ROWS])


def test_contradicting_error_levels_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, f"87Rb/86Sr,2s,87Sr/86Sr,2s\n{rows()}")
    with pytest.raises(InputError, match="says 2s and --errors says 1s"):
        read_isochron(path, "rb-sr", "1s")
    with pytest.raises(InputError, match="not one of"):
        read_isochron(path, "rb-sr", "3s")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read_isochron(tmp_path / "none.csv", "rb-sr")
