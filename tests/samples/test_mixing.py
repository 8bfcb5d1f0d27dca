"""Mixtures of known fractions come back; patterns and KREEP against published figures."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from test_classify import change

from farside.datasets.analyses import load_apollo_compositions, load_kreep_components
from farside.errors import InputError, UnknownNameError
from farside.samples.kreep import FITTED, component, contrast, kreep
from farside.samples.mixing import mix
from farside.samples.patterns import REE, normalise, patterns, ratios, reference

ANALYTES = ["SiO2", "TiO2", "Al2O3", "FeO", "MgO", "CaO"]


def lithologies() -> pd.DataFrame:
    """Return a high-Ti basalt, an anorthosite and a KREEP basalt of the compendium."""
    return load_apollo_compositions().loc[["10017", "15415", "15386"], ANALYTES].astype(float)


def mixed(fractions: list[float], noise: float = 0.0, seed: int = 0) -> pd.Series:
    values = np.array(fractions) @ lithologies().to_numpy()
    values = values * (1 + noise * np.random.default_rng(seed).standard_normal(6))
    row = pd.Series(values, ANALYTES, name="soil")
    return pd.concat([row, (0.02 * row).add_suffix("_1s")]).rename("soil")


@pytest.mark.parametrize("fractions", [[0.5, 0.3, 0.2], [1.0, 0.0, 0.0], [0.0, 0.7, 0.3]])
def test_exact_mixtures_come_back(fractions: list[float]) -> None:
    found = mix(mixed(fractions), lithologies(), draws=20)
    np.testing.assert_allclose(list(found.fractions.values()), fractions, atol=1e-3)
    assert found.chi2 < 1e-3
    assert sum(found.fractions.values()) == pytest.approx(1, abs=1e-4)


def test_intervals_cover() -> None:
    parts = lithologies()
    exact = pd.concat([parts, (parts * 0 + 1e-6).add_suffix("_1s")], axis=1)
    inside = []
    for seed in range(30):
        found = mix(mixed([0.5, 0.3, 0.2], 0.02, seed), exact, draws=100, seed=seed)
        inside += [
            found.lower[name] <= true <= found.upper[name]
            for name, true in zip(parts.index, [0.5, 0.3, 0.2], strict=True)
        ]
    assert 0.90 <= np.mean(inside) <= 0.99


def test_a_missing_component_shows() -> None:
    found = mix(mixed([0.5, 0.3, 0.2]), lithologies().iloc[:2], draws=20)
    assert "a component is missing" in str(found)
    assert found.probability < 0.01
    json.dumps(found.to_dict(), allow_nan=False)


def test_too_many_components() -> None:
    with pytest.raises(InputError, match="shared are 1: TiO2"):
        mix(pd.Series({"TiO2": 2.0}, name="x"), lithologies())


# -- patterns ----------------------------------------------------------------------------------


def test_chondrite_is_the_published_one() -> None:
    # McDonough and Sun (1995), Table 1: La 0.237, Eu 0.0563, Lu 0.0246, Th 0.029 ppm
    norm = reference()
    assert (norm["La"], norm["Eu"], norm["Lu"]) == pytest.approx((0.237, 0.0563, 0.0246))
    assert norm["Th"] == pytest.approx(0.029)
    with pytest.raises(UnknownNameError, match="Chondrite_MS95"):
        reference("Chondrite_MS59")


def test_chondrite_has_a_flat_pattern_without_anomaly() -> None:
    row = pd.Series(dict(reference()), name="CI") * 7
    assert normalise(pd.DataFrame([row])).to_numpy() == pytest.approx(7.0)
    for name in ("Eu/Eu*", "(La/Sm)N", "(Sm/Yb)N"):
        assert ratios(row)[name].value == pytest.approx(1.0)
        assert ratios(row.drop("Gd")).get(name, ratios(row)[name]).value == pytest.approx(1.0)


def test_europium_anomaly_of_kreep_is_known() -> None:
    # CI-normalised with the two neighbours; Lunar Sourcebook and Taylor (1982): KREEP 0.2
    found = patterns(component_row())[0].ratios["Eu/Eu*"]
    sm, eu, gd = 36.5 / 0.148, 2.78 / 0.0563, 43.9 / 0.199
    assert found.value == pytest.approx(eu / np.sqrt(sm * gd))
    assert found.value == pytest.approx(0.2, abs=0.03)


def test_errors_of_ratios_are_those_of_draws() -> None:
    row = pd.Series(
        {"Sm": 16.1, "Sm_1s": 0.3, "Eu": 2.56, "Eu_1s": 0.05, "Gd": 18.9, "Gd_1s": 0.385}
    )
    rng = np.random.default_rng(0)
    sm, eu, gd = (row[e] + row[f"{e}_1s"] * rng.standard_normal(20_000) for e in ("Sm", "Eu", "Gd"))
    draws = (eu / 0.0563) / np.sqrt(sm * gd / 0.148 / 0.199)
    assert ratios(row)["Eu/Eu*"].sigma == pytest.approx(draws.std(), rel=0.03)


def component_row() -> pd.DataFrame:
    table = load_kreep_components().set_index("analyte")
    row = pd.concat([table["value"], table["sigma"].add_suffix("_1s")])
    return pd.DataFrame([row.rename("15386")])


# -- KREEP -------------------------------------------------------------------------------------


def test_kreep_is_all_kreep_and_chondrite_none() -> None:
    found = kreep(component_row()).samples[0]
    assert found.fraction == pytest.approx(1, abs=0.02)
    assert found.lower < 1 < found.upper
    flat = pd.DataFrame([pd.Series(dict(reference()), name="CI") * 10])
    assert kreep(flat).samples[0].fraction == pytest.approx(0, abs=1e-6)
    assert kreep(flat).samples[0].base == pytest.approx(10)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
def test_known_shares_come_back_with_cover(share: float) -> None:
    end = component()
    rng = np.random.default_rng(int(100 * share))
    used = [e for e in FITTED if e in end.index]
    exact = share * end.loc[used, "value"] + 8 * pd.Series(reference())[used]
    inside = []
    for _ in range(12):
        noisy = exact * (1 + 0.03 * rng.standard_normal(len(used)))
        row = pd.concat([noisy, (0.03 * exact).add_suffix("_1s")])
        found = kreep(pd.DataFrame([row]), draws=100).samples[0]
        inside.append(found.lower <= share <= found.upper)
    # the interval holds the error of the end member too, which is not drawn here
    assert np.mean(inside) >= 0.9


def test_change_5_looks_like_kreep_and_is_warned_of() -> None:
    # Tian et al. (2021): "KREEP-like rare-earth-element", "derived from a non-KREEP mantle source"
    found = kreep(change("Chang'e-5 soil")).samples[0]
    assert 0.2 < found.fraction < 0.6
    assert any("exclude KREEP" in note for note in found.notes)
    assert found.pattern.ratios["K/Th"].value == pytest.approx(1510 / 4.72)


def test_too_few_elements_give_no_fraction() -> None:
    found = kreep(pd.DataFrame([{"Th": 0.92, "K": 630.0}])).samples[0]
    assert np.isnan(found.fraction)
    assert found.to_dict()["fraction"] is None
    with pytest.raises(InputError, match="no incompatible element"):
        kreep(pd.DataFrame([{"TiO2": 5.0}]))


def test_an_end_member_of_ones_own() -> None:
    double = component_row()[["La", "Sm", "Yb", "Th"]] * 2
    found = kreep(component_row(), end_member=double).samples[0]
    assert found.fraction == pytest.approx(0.5, abs=0.02)


def test_far_side_contrast() -> None:
    # Li et al. (2024): K, U, Th of Chang'e-6 "significantly lower than those of the lunar soils
    # within the Procellarum KREEP Terrane" (Apollo 12 and 14, Chang'e-5)
    table = contrast()
    far = table.loc["Chang'e-6 soil"]
    for soil in ("Chang'e-5 soil", "Apollo 12 soil 12070"):
        assert far["Th"] < table.loc[soil, "Th"] / 3
        assert far["K"] < table.loc[soil, "K"] / 2
    assert far["Th"] < table.loc[table["side"] == "near", "Th"].min()
    assert far["K/Th"] == pytest.approx(630 / 0.92)


def test_rare_earths_are_in_order() -> None:
    assert list(normalise(component_row()).columns) == list(REE)
