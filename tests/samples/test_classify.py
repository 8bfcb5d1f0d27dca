"""What published samples are: the classes their authors gave them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.datasets.analyses import load_apollo_compositions, load_returned_samples
from farside.errors import InputError, SampleError, UnitError, UnknownNameError
from farside.samples.analogues import nearest_analogues
from farside.samples.classify import ALUMINIUM, MATURITY, TITANIUM, classify, mg_number, share
from farside.samples.composition import (
    check_analyses,
    element_of,
    molar_mass,
    potassium_ppm,
    read_analyses,
)
from farside.samples.norms import anorthite_number, cipw, norm_of

if TYPE_CHECKING:
    from pathlib import Path


def change(material: str, methods: tuple[str, ...] = ("XRF", "INAA", "")) -> pd.DataFrame:
    """Return one of the published materials as an analysis."""
    table = load_returned_samples()
    here = table[(table["material"] == material) & table["method"].isin(methods)]
    values = here.set_index("analyte")["value"]
    sigmas = here.set_index("analyte")["sigma"].add_suffix("_1s")
    row = pd.concat([values, sigmas]).drop(["Mg#", "Mg#_1s"], errors="ignore")
    return pd.DataFrame([row.to_dict() | {"sample": material}])


def test_change_5_soil_is_what_its_paper_says() -> None:
    # Li et al. (2022): "low-Ti/low-Al/low-K type"; Zong et al. (2022): Mg# 34
    found = classify(change("Chang'e-5 soil")).samples[0]
    assert [found.titanium.name, found.aluminium.name, found.potassium.name] == [
        "low-Ti",
        "low-Al",
        "low-K",
    ]
    assert found.probability > 0.9
    assert abs(found.mg_number - 34) < 2 * found.mg_number_sigma
    assert found.iron.name == "mare"


def test_change_6_basalt_is_what_its_paper_says() -> None:
    # Li et al. (2024): "low-Ti (TiO2, 5.08%), low-Al (Al2O3 9.85%) and low-K (~830 ppm)"
    found = classify(change("Chang'e-6 basalt").assign(kind="basalt")).samples[0]
    assert found.name == "low-Ti/low-Al/low-K mare basalt"


def test_apollo_rocks_are_in_their_groups() -> None:
    # Lunar Sourcebook Ch. 6: 10017 high-K high-Ti, 70215 high-Ti, 12009 and 15555 low-Ti, 14053
    # high-Al basalt; 15415 ferroan anorthosite
    table = load_apollo_compositions().drop(columns=["kind"])
    here = table.loc[["10017", "70215", "12009", "15555", "14053", "15415"]]
    found = {s.sample: s for s in classify(here.dropna(axis=1, how="all")).samples}
    assert found["10017"].name.startswith("high-Ti/low-Al/high-K")
    assert found["70215"].titanium.name == "high-Ti"
    assert found["12009"].titanium.name == found["15555"].titanium.name == "low-Ti"
    assert found["14053"].aluminium.name == "high-Al"
    assert found["15415"].name == "highland material"


@given(st.floats(0.1, 15), st.floats(0.01, 3))
def test_probabilities_are_those_of_a_normal_error(value: float, sigma: float) -> None:
    found = share(value, sigma, TITANIUM)
    assert sum(found.probability.values()) == pytest.approx(1)
    draws = value + sigma * np.random.default_rng(0).standard_normal(4000)
    assert found.probability["high-Ti"] == pytest.approx(np.mean(draws > 6), abs=0.04)


def test_a_value_on_the_line_is_a_toss_up() -> None:
    assert share(11.0, 0.2, ALUMINIUM).probability == {"low-Al": 0.5, "high-Al": 0.5}
    assert share(11.0, float("nan"), ALUMINIUM).name == "low-Al"


def test_maturity_classes_of_morris() -> None:
    # quoted in Taylor et al. (2010): immature < 30, submature 30-60, mature > 60
    names = [share(v, float("nan"), MATURITY, "").name for v in (5, 29, 31, 59, 61, 92)]
    assert names == ["immature", "immature", "submature", "submature", "mature", "mature"]


def test_mg_number_of_minerals_and_its_error() -> None:
    # equal moles of MgO and FeO; error against draws
    row = pd.Series({"MgO": molar_mass("MgO") / 10, "FeO": molar_mass("FeO") / 10})
    assert mg_number(row)[0] == pytest.approx(50.0)
    row = pd.Series({"MgO": 6.48, "FeO": 22.5, "MgO_1s": 0.175, "FeO_1s": 0.165})
    rng = np.random.default_rng(0)
    mg = (6.48 + 0.175 * rng.standard_normal(20_000)) / molar_mass("MgO")
    fe = (22.5 + 0.165 * rng.standard_normal(20_000)) / molar_mass("FeO")
    assert mg_number(row)[1] == pytest.approx(np.std(100 * mg / (mg + fe)), rel=0.03)


def test_result_is_json_and_text() -> None:
    found = classify(
        pd.DataFrame([{"FeO": 5.1, "TiO2": 0.54, "Is_FeO": 70, "kind": "soil"}]), analogues=0
    )
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["samples"][0]["maturity"]["class"] == "mature"
    assert "highland material" in str(found)
    assert "face value" in str(found)
    lost = classify(pd.DataFrame([{"TiO2": 2.0}])).samples[0]
    assert np.isnan(lost.probability)
    assert "kind = basalt" in str(lost)


# -- analogues ---------------------------------------------------------------------------------


def test_a_sample_is_its_own_nearest() -> None:
    table = load_apollo_compositions()
    for name in ("15555", "10017", "60025", "15386"):
        first = nearest_analogues(table.loc[name])[0]
        assert (first.sample, first.distance) == (name, 0.0)


def test_distance_does_not_depend_on_units_or_order() -> None:
    table = load_apollo_compositions()
    row = table.loc["12009"].drop(["mission", "kind"]).dropna().astype(float)
    one = nearest_analogues(row, 10)
    assert one == nearest_analogues(row[::-1], 10)
    assert [a.distance for a in one] == sorted(a.distance for a in one)


def test_neighbours_of_a_basalt_are_basalts() -> None:
    # left out, an Apollo 11 high-K basalt has Apollo 11 high-K basalts as its neighbours
    table = load_apollo_compositions()
    near = nearest_analogues(table.loc["10017"], 6)[1:]
    assert sum(table.loc[a.sample, "TiO2"] > 8 for a in near) >= 4
    assert sum(a.mission == "Apollo 11" for a in near) >= 4


def test_too_few_analytes_find_nothing() -> None:
    assert nearest_analogues(pd.Series({"TiO2": 5.08, "Al2O3": 9.85, "K": 830.0})) == ()


# -- norm --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oxides", "mineral"),
    [
        ({"CaO": 1, "Al2O3": 1, "SiO2": 2}, "anorthite"),
        ({"FeO": 1, "TiO2": 1}, "ilmenite"),
        ({"MgO": 2, "SiO2": 1}, "olivine"),
        ({"FeO": 1, "SiO2": 1}, "hypersthene"),
        ({"CaO": 1, "MgO": 1, "SiO2": 2}, "diopside"),
        ({"SiO2": 1}, "quartz"),
    ],
)
def test_the_norm_of_a_mineral_is_that_mineral(oxides: dict[str, int], mineral: str) -> None:
    row = dict.fromkeys(("SiO2", "TiO2", "Al2O3", "FeO", "MgO", "CaO"), 0.0)
    row |= {oxide: n * molar_mass(oxide) for oxide, n in oxides.items()}
    norm = cipw(pd.DataFrame([row]))
    assert norm.loc[0, mineral] == pytest.approx(100, abs=0.2)


def test_norms_of_apollo_samples_hold_their_oxides() -> None:
    # TiO2 in ilmenite (and rutile), K2O in orthoclase, Na2O in albite, Al2O3 in the feldspars (and
    # corundum): oxide fractions from formula weights
    table = load_apollo_compositions()
    oxides = ["SiO2", "TiO2", "Al2O3", "FeO", "MnO", "MgO", "CaO", "Na2O", "K2O", "P2O5"]
    whole = table[oxides].dropna().head(60)
    norm = cipw(whole)
    scaled = 100 * whole.div(whole.sum(axis=1), axis=0)
    column = norm.reindex(columns=["ilmenite", "rutile", "corundum", "nepheline"]).fillna(0)
    assert norm.sum(axis=1).between(99.8, 100.2).all()
    titanium = column["ilmenite"] * 79.865 / (79.865 + 71.844) + column["rutile"]
    np.testing.assert_allclose(titanium, scaled["TiO2"], atol=0.02)
    np.testing.assert_allclose(norm["orthoclase"] * 94.195 / 2 / 278.33, scaled["K2O"], atol=0.01)
    plain = column["nepheline"] == 0
    alumina = (
        norm["anorthite"] * 101.961 / 278.21
        + norm["albite"] * 101.961 / 2 / 262.22
        + norm["orthoclase"] * 101.961 / 2 / 278.33
        + column["corundum"]
    )
    np.testing.assert_allclose(alumina[plain], scaled["Al2O3"][plain], atol=0.03)


def test_the_norm_has_no_ferric_iron_and_an_of_15415() -> None:
    # Lunar Sourcebook Ch. 6: plagioclase of 15415 is An 96-97 and makes 98 % of the rock
    row = load_apollo_compositions().loc["15415"]
    found = norm_of(row)
    assert found is not None
    assert found["anorthite"] + found["albite"] > 94
    assert found["An_number"] == pytest.approx(96.5, abs=1.5)
    assert norm_of(row.drop("SiO2")) is None
    with pytest.raises(InputError, match="SiO2"):
        cipw(pd.DataFrame([{"FeO": 10.0}]))
    assert np.isnan(anorthite_number(pd.DataFrame({"olivine": [100.0]}))[0])


# -- bad input ---------------------------------------------------------------------------------

GOOD = pd.DataFrame({"sample": ["a"], "TiO2": [2.0], "K2O": [0.1], "La": [10.0]})


@pytest.mark.parametrize(
    ("change_to", "error", "words"),
    [
        ({"K2O": [1300.0]}, UnitError, "looks like ppm"),
        ({"La": [0.001]}, UnitError, "looks like wt%"),
        ({"K": [30.0]}, UnitError, "contradict"),
        ({"K": [0.083]}, UnitError, "looks like wt%"),
        ({"La": [2e6]}, UnitError, "more than the whole sample"),
        ({"TiO2": [-1.0]}, SampleError, "must be positive"),
        ({"TiO2": ["<1"]}, SampleError, "no number"),
        ({"TiO2_1s": [0.0]}, SampleError, "must be positive"),
        ({"Al203": [9.0]}, SampleError, "did you mean 'Al2O3'"),
        ({"FeO (wt%)": [9.0]}, SampleError, "did you mean 'FeO'"),
        ({"LA": [9.0]}, SampleError, "did you mean 'La'"),
        ({"Sm_ppm": [9.0]}, SampleError, "did you mean 'Sm'"),
        ({"Fe2O3": [9.0]}, SampleError, "all iron as FeO"),
        ({"SiO2_1s": [0.1]}, SampleError, "uncertainty without its value"),
        ({"SiO2": [60.0], "Al2O3": [60.0]}, SampleError, "sum to more than"),
        ({"SiO2": [0.45], "Al2O3": [0.1], "FeO": [0.2], "TiO2": [0.02]}, UnitError, "fractions"),
    ],
)
def test_what_cannot_be_is_refused(
    change_to: dict[str, list[object]], error: type, words: str
) -> None:
    table = GOOD.drop(columns=["K2O"]) if "SiO2" in change_to else GOOD
    with pytest.raises(error, match=words):
        check_analyses(table.assign(**change_to))


def test_duplicates_and_empty_tables() -> None:
    with pytest.raises(SampleError, match="more than once: a"):
        check_analyses(pd.concat([GOOD, GOOD]))
    with pytest.raises(SampleError, match="columns given twice"):
        check_analyses(pd.concat([GOOD, GOOD[["TiO2"]]], axis=1))
    with pytest.raises(SampleError, match="no row"):
        check_analyses(GOOD.head(0))
    unnamed = pd.DataFrame({"sample": ["a", None, ""], "TiO2": [1, 2, 3], "lat": 0, "La_LOD": 0.1})
    assert list(check_analyses(unnamed).index) == ["a", "row 2", "row 3"]
    with pytest.raises(SampleError, match="no oxide or element"):
        check_analyses(pd.DataFrame({"colour": ["grey"]}))
    with pytest.raises(InputError, match="nothing to classify by"):
        classify(pd.DataFrame({"MnO": [0.2]}))
    with pytest.raises(UnknownNameError, match="unknown oxide"):
        element_of("XeO3")


def test_low_totals_are_noted_not_refused(tmp_path: Path) -> None:
    row = {
        "SiO2": 40,
        "TiO2": 2,
        "Al2O3": 9,
        "FeO": 18,
        "MgO": 9,
        "CaO": 9,
        "Na2O": 0.3,
        "K2O": 0.1,
    }
    path = tmp_path / "t.csv"
    pd.DataFrame([row]).to_csv(path, index=False)
    found = classify(read_analyses(path))
    assert "87.4 wt%, outside 97-102" in str(found)
    path.write_text("sample,TiO2\na,2\na,3\n")
    with pytest.raises(SampleError, match=r"t.csv: samples given more than once"):
        read_analyses(path)


def test_potassium_from_its_oxide() -> None:
    # 2 x 39.098 / 94.195 = 0.8301
    assert potassium_ppm(pd.Series({"K2O": 1.0, "K2O_1s": 0.1})) == pytest.approx(
        (8301, 830.1), 1e-3
    )
    assert potassium_ppm(pd.Series({"K2O": 1.0, "K": 7000.0}))[0] == 7000.0
