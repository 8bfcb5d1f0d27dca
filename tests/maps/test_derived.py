"""Mg#, lithology, terranes and candidates against stoichiometry, returned soils and known ages."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from farside.constants import OXIDES
from farside.datasets import load_cells_5deg, load_missions, load_reference_soils
from farside.datasets.layers import load_layers
from farside.errors import InputError
from farside.geography import terrane
from farside.maps._draws import drawn, oxide_correlation
from farside.maps.derived import (
    LITHOLOGIES,
    classify,
    lithology,
    mg_number,
    molar_mg_number,
    terranes,
    young_mare_candidates,
)

NAMES = [c.name for c in LITHOLOGIES]


def make_map(wt: dict[str, float], sigma: float | dict[str, float] = 0.5) -> xr.Dataset:
    """Return a map of one row and two pixels, 90 % intervals of a normal error."""
    z = norm.ppf(0.95)
    value = np.array([wt[name] for name in OXIDES])
    wide = np.array([sigma[n] if isinstance(sigma, dict) else sigma for n in OXIDES]) * z
    spread = np.repeat(value[:, None, None], 2, axis=2)
    bounds = {"value": spread, "lower": spread - wide[:, None, None]}
    bounds["upper"] = spread + wide[:, None, None]
    return xr.Dataset(
        {k: (("oxide", "y", "x"), v) for k, v in bounds.items()},
        {"oxide": list(OXIDES)},
        {"coverage": 0.9},
    )


SOIL = {"TiO2": 2.0, "FeO": 15.0, "Al2O3": 13.0, "MgO": 9.0, "CaO": 11.0, "SiO2": 46.0}


# -- Mg# ---------------------------------------------------------------------------------------


def test_mg_number_is_stoichiometric() -> None:
    # forsterite, fayalite, hypersthene of equal moles; oxides by their molar masses
    assert float(molar_mg_number(57.29, 0.0)) == 100
    assert float(molar_mg_number(0.0, 70.51)) == 0
    assert float(molar_mg_number(40.304, 71.844)) == pytest.approx(50)
    assert np.isnan(float(molar_mg_number(0.0, 0.0)))


def test_mg_number_of_the_chang_e_5_soil() -> None:
    # published as 34 (Zong et al. 2022, abstract)
    soil = load_reference_soils().set_index("soil").loc["CE5"]
    assert float(molar_mg_number(soil["MgO"], soil["FeO"])) == pytest.approx(34, abs=0.5)


def test_interval_of_mg_number_agrees_with_the_linear_law() -> None:
    small = make_map(SOIL, 0.05)
    found = mg_number(small, correlation=np.eye(6), draws=20000)
    m = molar_mg_number(SOIL["MgO"], SOIL["FeO"]) / 100
    # d ln(m / (1 - m)) = d ln MgO - d ln FeO
    sigma = 100 * m * (1 - m) * np.hypot(0.05 / SOIL["MgO"], 0.05 / SOIL["FeO"])
    half = (found["upper"] - found["lower"]).to_numpy() / 2
    assert half == pytest.approx(norm.ppf(0.95) * sigma, rel=0.03)
    assert found["value"].to_numpy() == pytest.approx(100 * m)
    assert found.attrs["coverage"] == 0.9


def test_errors_that_go_together_cancel_in_mg_number() -> None:
    tied = np.eye(6)
    i, j = OXIDES.index("FeO"), OXIDES.index("MgO")
    tied[i, j] = tied[j, i] = 1.0
    one = {name: 0.02 * SOIL[name] for name in OXIDES}
    alone = mg_number(make_map(SOIL, one), correlation=np.eye(6))
    together = mg_number(make_map(SOIL, one), correlation=tied)
    width = {
        k: (m["upper"] - m["lower"]).to_numpy()[0, 0]
        for k, m in (("alone", alone), ("together", together))
    }
    assert width["together"] < 0.05 * width["alone"]


def test_draws_have_the_spread_and_the_correlation_asked_for() -> None:
    wanted = oxide_correlation()
    assert np.linalg.eigvalsh(wanted).min() > -1e-9
    assert np.diag(wanted) == pytest.approx(1)
    big = dict.fromkeys(OXIDES, 100.0)
    ((_, draw),) = list(drawn(make_map(big, 1.0), draws=20000, seed=1))
    assert draw[:, :, 0].std(axis=0) == pytest.approx(1, rel=0.03)
    assert np.corrcoef(draw[:, :, 0].T) == pytest.approx(wanted, abs=0.03)


def test_missing_pixels_stay_missing() -> None:
    holed = make_map(SOIL)
    holed["value"].loc[{"x": 1}] = np.nan
    assert np.isnan(mg_number(holed)["lower"].to_numpy()[0, 1])
    found = lithology(holed, 1.0)
    assert found["code"].to_numpy()[0].tolist()[1] == -1
    assert np.isnan(found["probability"].to_numpy()[:, 0, 1]).all()


# -- lithology ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("soil", "thorium", "expected"),
    [
        # what each landing site is known to stand on
        ("A11", 2.0, "high-Ti mare"),
        ("A17a", 1.0, "high-Ti mare"),
        ("A12", 6.0, "low-Ti mare"),
        ("A15a", 3.0, "low-Ti mare"),
        ("L16", 1.0, "low-Ti mare"),
        ("L24", 0.5, "low-Ti mare"),
        ("CE5", 4.72, "low-Ti mare"),
        ("A14", 13.0, "KREEP-rich"),
        ("A16", 2.0, "ferroan feldspathic"),
        ("L20", 1.0, "magnesian feldspathic"),
    ],
)
def test_returned_soils_fall_in_their_class(soil: str, thorium: float, expected: str) -> None:
    row = load_reference_soils().set_index("soil").loc[soil]
    code = int(classify(row[list(OXIDES)].to_numpy(dtype=float), thorium))
    assert NAMES[code] == expected


def test_thorium_at_the_contour_is_as_likely_above_as_below() -> None:
    highland = load_reference_soils().set_index("soil").loc["A16", list(OXIDES)].to_dict()
    found = lithology(make_map(highland, 1e-6), 3.5, thorium_1s=0.5, draws=4000)
    share = found["probability"].sel(lithology="KREEP-rich").to_numpy()
    assert share == pytest.approx(0.5, abs=0.03)
    sure = lithology(make_map(highland, 1e-6), 3.0, thorium_1s=0.5, draws=4000)
    # one sigma below the contour
    share = sure["probability"].sel(lithology="KREEP-rich").to_numpy()
    assert share == pytest.approx(norm.sf(1), abs=0.03)


def test_every_composition_has_exactly_one_class() -> None:
    rng = np.random.default_rng(0)
    many = rng.uniform(0, [[10], [25], [36], [20], [20], [50]], (6, 5000))
    codes = classify(many, rng.uniform(0, 10, 5000))
    assert set(codes.tolist()) == set(range(len(LITHOLOGIES)))
    assert int(classify(np.full(6, np.nan), 1.0)) == -1
    assert int(classify(many[:, 0], float("nan"))) == -1


def test_probabilities_sum_to_one_and_follow_the_normal_law_at_a_limit() -> None:
    at_limit = make_map({**SOIL, "TiO2": 6.0})
    found = lithology(at_limit, 1.0, draws=4000)["probability"]
    assert found.sum("lithology").to_numpy() == pytest.approx(1)
    # FeO is 3 sigma above the limit of mare: half of the draws exceed 6 wt% TiO2
    high = found.sel(lithology="high-Ti mare").to_numpy()
    assert high == pytest.approx(0.5, abs=0.03)
    one_off = make_map({**SOIL, "TiO2": 5.5})
    share = lithology(one_off, 1.0, draws=4000)["probability"].sel(lithology="high-Ti mare")
    assert share.to_numpy() == pytest.approx(norm.sf(1), abs=0.03)


# -- terranes and young maria ------------------------------------------------------------------


def test_terranes_are_those_of_the_cells_nearly_everywhere() -> None:
    # the same rule on two products of thorium: they differ near the contour alone
    found, cells = terranes(load_layers()), load_cells_5deg()
    names = found.sel(
        y=xr.DataArray(cells["lat"].to_numpy()),
        x=xr.DataArray(cells["lon"].to_numpy()),
        method="nearest",
    )
    assert (names.to_numpy() == terrane(cells)).mean() > 0.93
    assert set(np.unique(found)) == {"PKT", "SPAT", "FHT"}


def test_terranes_cover_their_published_shares() -> None:
    found = terranes(load_layers())
    weight = np.cos(np.radians(found["lat"]))
    share = {
        name: float(((found == name) * weight).sum() / (weight.sum() * found.sizes["x"]))
        for name in ("PKT", "SPAT")
    }
    # Jolliff et al. (2000): 16 % and 11 % of the surface
    assert share["PKT"] == pytest.approx(0.16, abs=0.04)
    assert share["SPAT"] == pytest.approx(0.11, abs=0.02)


def place(layers: xr.Dataset, mission: str) -> xr.Dataset:
    row = load_missions().set_index("mission").loc[mission]
    return layers.sel(y=[row["lat"]], x=[row["lon"], row["lon"]], method="nearest")


@pytest.mark.parametrize(
    ("mission", "soil", "candidate"),
    [
        # Chang'e-5: 2.0 Ga; Apollo 11, 12 and 17: older than 3.1 Ga; Apollo 16: no mare
        ("Chang'e-5", "CE5", True),
        ("Apollo 11", "A11", False),
        ("Apollo 11", "CE5", False),
        ("Apollo 12", "A12", False),
        ("Apollo 17", "A17a", False),
        ("Apollo 16", "A16", False),
    ],
)
def test_candidates_at_dated_sites(mission: str, soil: str, candidate: bool) -> None:
    row = load_reference_soils().set_index("soil").loc[soil]
    oxides = make_map({name: float(row[name]) for name in OXIDES})
    found = young_mare_candidates(oxides, place(load_layers(), mission)).to_numpy()
    assert ((found > 0.5) == candidate).all()


# -- wrong input -------------------------------------------------------------------------------


def test_what_is_no_oxide_map_is_refused() -> None:
    whole = make_map(SOIL)
    with pytest.raises(InputError, match="lower"):
        mg_number(whole.drop_vars("lower"))
    with pytest.raises(InputError, match="no Al2O3, MgO"):
        mg_number(whole.sel(oxide=["FeO", "TiO2"]))
    with pytest.raises(InputError, match="coverage"):
        mg_number(whole.drop_attrs())
    with pytest.raises(InputError, match="lp2_Th"):
        terranes(whole)
    with pytest.raises(InputError, match="same pixels"):
        young_mare_candidates(whole, load_layers())


def test_pixels_that_are_not_the_same_are_refused() -> None:
    layers = load_layers()
    part, beside = layers.isel(x=slice(0, 2), y=[0]), layers.isel(x=slice(2, 4), y=[0])
    whole = make_map(SOIL).assign_coords(y=part["y"], x=part["x"])
    young_mare_candidates(whole, part, draws=5)
    with pytest.raises(InputError, match="x differs"):
        young_mare_candidates(whole, beside, draws=5)
    with pytest.raises(InputError, match="same pixels"):
        lithology(whole, np.ones((3, 3)))
