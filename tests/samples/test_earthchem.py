"""Tables of Astromat and EarthChem, read and written without losing what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from farside.errors import InputError, SampleError, UnknownNameError
from farside.samples.composition import check_analyses
from farside.samples.convert import convert_samples
from farside.samples.earthchem import ASTROMAT, is_database, read_database

if TYPE_CHECKING:
    from pathlib import Path

# The columns of astro_sample_data_t.csv as its label of 2021 names them, in its order.
LABEL = (  # noqa: SIM905 - as it stands in the file
    "sample_data_id,analysisActionNum,analysisActionDescription,analysisComment,analysisType,"
    "analyzedMaterialCode,analyzedMaterialName,calcAvg,citation.citationCode,citation.citationNum,"
    "citation.id,dataset.datasetCode,dataset.datasetNum,dataset.id,grain,heated,inclusionMineral,"
    "inclusionSize,inclusionType,hostMineral,hostRock,methodName,mineralName,mineralSize,"
    "numberOfReplicates,rimOrCore,sample.id,sample.sampleCode,sample.sampleName,sample.sampleNum,"
    "spotId,stdevType,stdevTypeDefinition,stdevValue,temperature,unit,value,variable,"
    "variableDefinition,variableGroup,variableGroupDefinition"
).split(",")


def astromat(path: Path, *rows: dict[str, str]) -> Path:
    """Write results with all columns of the archive, those not given empty or None."""
    full = [
        dict.fromkeys(LABEL, "")
        | {"stdevType": "None", "stdevValue": "None", "numberOfReplicates": "None"}
        | {ASTROMAT["sample"]: "12002", ASTROMAT["material"]: "WHOLE ROCK"}
        | {ASTROMAT["citation"]: "A,1970", ASTROMAT["method"]: "XRF", ASTROMAT["unit"]: "wt%"}
        | {ASTROMAT.get(key, key): value for key, value in row.items()}
        for row in rows
    ]
    pd.DataFrame(full, columns=LABEL).to_csv(path, index=False, quoting=1)
    return path


def test_the_columns_read_are_those_of_the_archive() -> None:
    assert set(ASTROMAT.values()) <= set(LABEL)
    assert is_database(LABEL)
    assert is_database(["SAMPLE NAME", "SIO2(WT%)"])
    assert not is_database(["sample", "SiO2", "La", "SiO2_1s"])


def test_results_become_one_row_with_errors_and_limits(tmp_path: Path) -> None:
    source = astromat(
        tmp_path / "a.csv",
        {"analyte": "SiO2", "value": "43.56", "stdev_type": "1S", "sigma": "0.2"},
        {"analyte": "TIO2", "value": "2.60", "stdev_type": "2S-ABS", "sigma": "0.1"},
        {"analyte": "La", "value": "6", "unit": "ppm", "stdev_type": "%", "sigma": "5",
         "method": "INAA"},
        {"analyte": "Th", "value": "750", "unit": "ppb", "stdev_type": "S", "sigma": "30"},
        {"analyte": "U", "value": "< 0.2", "unit": "µg/g"},
        {"analyte": "MgO", "value": "14.88", "stdev_type": "ABS", "sigma": "1"},
    )  # fmt: skip
    found = read_database(source)
    row = found.frame.set_index("sample").loc["12002"]
    assert (row["SiO2"], row["SiO2_1s"]) == (43.56, 0.2)
    assert (row["TiO2"], row["TiO2_1s"]) == (2.60, 0.05)
    assert row["La_1s"] == pytest.approx(0.3)
    assert row["Th"] == pytest.approx(0.75)
    assert np.isnan(row["U"])
    assert row["U_LOD"] == 0.2
    assert row["method"] == "XRF; INAA"
    assert row["MgO"] == 14.88
    assert "errors left out, of no stated level: 2 (ABS, S)" in found.notes
    assert "Th_1s" not in found.frame
    checked = check_analyses(found.frame)
    assert checked.loc["12002", "TiO2"] == 2.60


def test_units_of_weight_are_told_from_what_is_no_amount(tmp_path: Path) -> None:
    rows = [
        ("K2O", "600", "ppm"), ("Sr", "0.01", "wt%"), ("Rb", "1200", "ng/g"),
        ("Ba", "0.06", "mg/g"), ("AGE", "3300", "Ma"), ("SR87_SR86", "0.7", ""),
        ("SiO2", "60", "mol%"), ("Zr", "100", "PPM"),
    ]  # fmt: skip
    source = astromat(
        tmp_path / "a.csv", *({"analyte": a, "value": v, "unit": u} for a, v, u in rows)
    )
    found = read_database(source)
    row = found.frame.iloc[0]
    for name, expected in (("K2O", 0.06), ("Sr", 100), ("Rb", 1.2), ("Ba", 60), ("Zr", 100)):
        assert row[name] == pytest.approx(expected, rel=1e-14)
    left = (
        "results left out, neither an oxide nor an element that farside reads: 2 (AGE, SR87_SR86)"
    )
    assert left in found.notes
    assert "results left out, their unit is none of weight: 1 (mol%)" in found.notes


@pytest.mark.parametrize(
    ("given", "feo"),
    [
        ({"FeO": 20.0}, 20.0),
        ({"FEOT": 20.0}, 20.0),
        # Fe2O3 is 2 (55.845 + 15.999) / (2 x 55.845 + 3 x 15.999) FeO by weight
        ({"FE2O3T": 10.0}, 8.9981),
        ({"FE2O3": 10.0, "FeO": 5.0}, 13.9981),
        ({"FE2O3": 10.0}, 8.9981),
        ({"FEOT": 21.0, "FeO": 20.0}, 21.0),
    ],
)
def test_all_iron_is_feo(tmp_path: Path, given: dict[str, float], feo: float) -> None:
    source = astromat(
        tmp_path / "a.csv", *({"analyte": a, "value": str(v)} for a, v in given.items())
    )
    frame = read_database(source).frame
    assert frame["FeO"].iloc[0] == pytest.approx(feo, abs=1e-4)
    assert not {"FEOT", "FE2O3T", "FE2O3", "Fe2O3"} & set(frame.columns)


def test_limits_alone_are_a_row_too(tmp_path: Path) -> None:
    source = astromat(
        tmp_path / "a.csv",
        {"analyte": "FEOT", "value": "<0.5"},
        {"analyte": "U", "value": "<20", "unit": "ppb"},
    )
    row = read_database(source).frame.iloc[0]
    assert (row["FeO_LOD"], row["U_LOD"]) == (0.5, 0.02)
    assert np.isnan(row["FeO"])


def test_citations_stay_apart_and_repeats_are_averaged(tmp_path: Path) -> None:
    source = astromat(
        tmp_path / "a.csv",
        {"analyte": "SiO2", "value": "44", "stdev_type": "1S", "sigma": "0.3"},
        {"analyte": "SiO2", "value": "45", "stdev_type": "1S", "sigma": "0.4"},
        {"analyte": "SiO2", "value": "46", "citation": "B,1971"},
        {"analyte": "SiO2", "value": "47", "sample": "12009"},
    )
    found = read_database(source)
    frame = found.frame.set_index("sample")
    assert list(frame.index) == ["12002 (A,1970)", "12002 (B,1971)", "12009"]
    assert frame.loc["12002 (A,1970)", "SiO2"] == 44.5
    assert frame.loc["12002 (A,1970)", "SiO2_1s"] == pytest.approx(0.25)
    assert np.isnan(frame.loc["12002 (B,1971)", "SiO2_1s"])
    assert found.notes == ("averaged with others of one sample, citation and analyte: 1",)


def test_a_mean_of_results_without_errors_has_none_and_says_so(tmp_path: Path) -> None:
    source = astromat(
        tmp_path / "a.csv",
        {"analyte": "SiO2", "value": "44", "stdev_type": "1S", "sigma": "0.3"},
        {"analyte": "SiO2", "value": "45"},
    )
    found = read_database(source)
    assert "SiO2_1s" not in found.frame
    assert "errors left out, the mean being of results without one too: 1" in found.notes


def test_rows_keep_their_order_and_what_has_no_citation_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "SAMPLE NAME,CITATION,RB(PPM),SIO2(WT%)\nc,,,44\na,,1,45\na,B,2,46\nb,B,,47\n"
    )
    convert_samples(tmp_path / "a.csv", tmp_path / "b.csv", "farside")
    convert_samples(tmp_path / "b.csv", tmp_path / "c.csv", "earthchem")
    convert_samples(tmp_path / "c.csv", tmp_path / "d.csv", "farside")
    b, c, d = (pd.read_csv(tmp_path / f"{x}.csv", keep_default_na=False) for x in "bcd")
    assert list(b["sample"]) == ["c", "a", "a (B)", "b"]
    assert list(c["SAMPLE NAME"]) == ["c", "a", "a", "b"]
    pd.testing.assert_frame_equal(b, d)


def test_columns_without_a_place_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sample,mission,SiO2,SiO2_1s,lat\na,11,44,0.2,-5\n")
    done = convert_samples(tmp_path / "a.csv", tmp_path / "b.csv", "astromat")
    assert done.notes == ("columns left out, which astromat has no place for: mission, lat",)
    done = convert_samples(tmp_path / "a.csv", tmp_path / "c.csv", "earthchem")
    assert "no place for: mission, SiO2_1s, lat" in str(done)


def test_all_iron_is_written_as_all_iron(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sample,FeO,FeO_1s\na,19.5,0.2\n")
    convert_samples(tmp_path / "a.csv", tmp_path / "b.csv", "astromat")
    assert pd.read_csv(tmp_path / "b.csv")[ASTROMAT["analyte"]].tolist() == ["FEOT"]
    convert_samples(tmp_path / "a.csv", tmp_path / "c.csv", "earthchem")
    assert "FEOT(WT%)" in pd.read_csv(tmp_path / "c.csv")


def test_a_mineral_is_no_rock(tmp_path: Path) -> None:
    source = astromat(
        tmp_path / "a.csv",
        {"analyte": "SiO2", "value": "44"},
        {"analyte": "SiO2", "value": "36", "material": "MINERAL"},
        {"analyte": "MgO", "value": "40", "material": "MINERAL"},
    )
    rock, mineral = read_database(source), read_database(source, "mineral")
    assert rock.frame["SiO2"].tolist() == [44.0]
    assert rock.notes == ("results left out, of another material: 2 (MINERAL)",)
    assert mineral.frame["MgO"].tolist() == [40.0]
    convert_samples(source, tmp_path / "b.csv", "astromat", "mineral")
    assert set(pd.read_csv(tmp_path / "b.csv")[ASTROMAT["material"]]) == {"MINERAL"}
    with pytest.raises(InputError, match="holds no GLASS; materials: MINERAL, WHOLE ROCK"):
        read_database(source, "GLASS")


def test_tables_with_units_in_the_header_are_read(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(
        "CITATION,SAMPLE NAME,METHOD,SIO2(WT%),FEOT(WT%),RB(PPM),LA(PPB),SR87_SR86\n"
        "[1],15555,XRF,44.2,22.5,<1,5000,0.7\n[2],12002,XRF,,21.5,1.02,,0.7\n"
    )
    found = read_database(tmp_path / "g.csv")
    frame = found.frame.set_index("sample")
    assert "taken as WHOLE ROCK, for they state no material: 6" in found.notes
    assert frame.loc["15555", "FeO"] == 22.5
    assert frame.loc["15555", "La"] == pytest.approx(5.0)
    assert frame.loc["15555", "Rb_LOD"] == 1.0
    assert np.isnan(frame.loc["12002", "SiO2"])
    assert frame.loc["12002", "citation"] == "[2]"


@pytest.mark.parametrize("layout", ["astromat", "earthchem"])
def test_a_round_trip_keeps_every_digit(layout: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "sample": ["15555", "12002,5", "Chang'e-6"],
            "citation": ["A,1970", "B,1971", ""],
            "method": ["XRF; INAA", "", "EMP"],
            "SiO2": 40 + rng.uniform(0, 9, 3),
            "FeO": 20 + rng.uniform(0, 3, 3),
            "La": [5 + 1 / 3, np.nan, 7.1],
            "Th": [np.nan, 0.3, 0.4],
            "Th_LOD": [0.1, np.nan, np.nan],
        }
    )
    if layout == "astromat":
        table["SiO2_1s"] = rng.uniform(0.1, 0.3, 3)
        table["La_1s"] = [0.1, np.nan, np.nan]
    table.to_csv(tmp_path / "a.csv", index=False)
    convert_samples(tmp_path / "a.csv", tmp_path / "b.csv", layout)
    convert_samples(tmp_path / "b.csv", tmp_path / "c.csv", "farside")
    back = pd.read_csv(tmp_path / "c.csv", keep_default_na=True).set_index("sample")
    for name in table.columns.drop("sample"):
        first = table.set_index("sample")[name]
        if name in ("citation", "method"):
            assert back[name].fillna("").tolist() == first.tolist()
        else:
            np.testing.assert_array_equal(back[name].to_numpy(float), first.to_numpy(float))


def test_sample_and_citation_come_apart_again(tmp_path: Path) -> None:
    source = astromat(
        tmp_path / "a.csv",
        {"analyte": "SiO2", "value": "44"},
        {"analyte": "SiO2", "value": "46", "citation": "B,1971"},
    )
    convert_samples(source, tmp_path / "b.csv", "astromat")
    names = pd.read_csv(tmp_path / "b.csv", dtype=str)[ASTROMAT["sample"]]
    assert names.tolist() == ["12002", "12002"]


def test_wrong_input_is_refused(tmp_path: Path) -> None:
    plain = tmp_path / "a.csv"
    plain.write_text("sample,SiO2\na,44\n")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'astromat'\?"):
        convert_samples(plain, tmp_path / "b.csv", "astromet")
    with pytest.raises(InputError, match="is the file to convert"):
        convert_samples(plain, plain, "astromat")
    (tmp_path / "s.csv").write_text("sample,SiO2,SiO2_2s\na,44,0.4\n")
    with pytest.raises(SampleError, match=r"'SiO2_2s' would be left out unseen.* give SiO2_1s"):
        convert_samples(tmp_path / "s.csv", tmp_path / "b.csv", "astromat")
    with pytest.raises(InputError, match=r"name the file b\.csv"):
        convert_samples(plain, tmp_path / "b.xlsx", "astromat")
    with pytest.raises(InputError, match="is no table of a database"):
        read_database(plain)
    with pytest.raises(InputError, match="there is no file"):
        read_database(tmp_path / "none.csv")
    with pytest.raises(InputError, match="'high', which is no number"):
        read_database(astromat(tmp_path / "b.csv", {"analyte": "SiO2", "value": "high"}))
    with pytest.raises(InputError, match="holds no amount"):
        read_database(astromat(tmp_path / "c.csv", {"analyte": "AGE", "value": "3"}))
    (tmp_path / "f.csv").write_text("SAMPLE NAME,SIO2(WT%)\na,\n")
    with pytest.raises(InputError, match="holds no amount"):
        read_database(tmp_path / "f.csv")
    (tmp_path / "d.csv").write_text("variable,value,unit\nSiO2,44,wt%\n")
    with pytest.raises(InputError, match="names the samples"):
        read_database(tmp_path / "d.csv")
    (tmp_path / "e.csv").write_bytes(b"SAMPLE NAME,SIO2(WT%)\n\xb5,44\n")
    with pytest.raises(InputError, match="UTF-8"):
        read_database(tmp_path / "e.csv")
