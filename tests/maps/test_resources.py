"""Resources and scores against stoichiometry, experiments on soils and plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from farside.constants import OXIDES
from farside.datasets import load_reference_soils, load_sample_compositions
from farside.errors import InputError, UnknownNameError
from farside.maps.resources import (
    RESOURCES,
    helium_3,
    ilmenite,
    oxygen_of_ilmenite,
    oxygen_of_iron,
    resources,
)
from farside.maps.score import UTILITIES, Weights, site_score


def test_pure_ilmenite_is_all_ilmenite() -> None:
    # FeTiO3: 47.34 wt% FeO and 52.65 wt% TiO2 (Handbook of Mineralogy)
    assert float(ilmenite(52.65)) == pytest.approx(100, abs=0.02)
    # one of its three oxygens comes out: 15.999 / 151.71
    assert float(oxygen_of_ilmenite(52.65)) == pytest.approx(10.55, abs=0.01)
    # from its iron the same one
    assert float(oxygen_of_iron(47.34)) == pytest.approx(10.55, abs=0.01)


def test_basalt_70035_gave_what_lies_between_ilmenite_and_all_iron() -> None:
    # Gibson et al. (1994), abstract: 2.93 to 4.61 wt% oxygen; ilmenite reduced completely, a little
    # of the silicates, and TiO2 in part
    row = load_sample_compositions().set_index("sample").loc["70035"]
    from_ilmenite, from_iron = oxygen_of_ilmenite(row["TiO2"]), oxygen_of_iron(row["FeO"])
    assert 0.8 * 2.93 < from_ilmenite < 2.93
    assert 2.93 < from_iron < 4.61


def test_apollo_11_soil_gave_more_than_the_lower_bound() -> None:
    # Sargeant et al. (2020): 0.94 wt% from soil 10084
    soil = load_reference_soils().set_index("soil").loc["A11"]
    found = resources(flat_map({**dict.fromkeys(OXIDES, 10.0), "TiO2": float(soil["TiO2"])}))
    oxygen = found.sel(resource="oxygen_ilmenite")
    assert float(oxygen["lower"]) <= 0.94 <= float(oxygen["upper"])


def test_helium_lies_in_the_published_ranges() -> None:
    # Kaydash et al. (1999), abstract: 1-5 ppb in highlands, 16-20 ppb at most on the near side
    middle, low, high = helium_3(np.array([0.3, 8.4]))
    assert 0.9 < middle[0] < 5
    assert low[0] < 5
    assert high[0] > 1
    assert high[1] <= 20.0
    assert 5 < middle[1] < 16
    assert (low < middle).all()
    assert (middle < high).all()


def test_more_of_an_oxide_gives_more_of_its_resource() -> None:
    steps = np.linspace(0, 15, 40)
    for one in RESOURCES:
        for bound in (one.least, one.middle, one.greatest):
            assert (np.diff(bound(steps)) >= 0).all()
        assert (one.least(steps) <= one.middle(steps)).all()
        assert (one.middle(steps) <= one.greatest(steps)).all()


def flat_map(wt: dict[str, float], half: float = 0.0) -> xr.Dataset:
    value = np.array([wt[n] for n in OXIDES])
    found = {"value": value, "lower": value - half, "upper": value + half}
    return xr.Dataset(
        {k: ("oxide", v) for k, v in found.items()}, {"oxide": list(OXIDES)}, {"coverage": 0.9}
    )


def test_intervals_go_through_exactly() -> None:
    found = resources(flat_map(dict.fromkeys(OXIDES, 5.0), 2.0)).sel(resource="oxygen_iron")
    # oxygen in FeO by mass: 15.999 / 71.844
    assert float(found["upper"]) == pytest.approx(7 * 15.999 / 71.844)
    assert float(found["lower"]) == pytest.approx(3 * 15.999 / 71.844)
    # below 0 there is nothing
    least = resources(flat_map(dict.fromkeys(OXIDES, 1.0), 2.0))["lower"]
    assert (least >= 0).all()


def test_missing_oxides_give_missing_resources() -> None:
    found = resources(flat_map({**dict.fromkeys(OXIDES, 5.0), "TiO2": np.nan}))
    names = found["resource"].to_numpy()
    missing = names[np.isnan(found["value"].to_numpy())]
    assert set(missing) == {"ilmenite", "oxygen_ilmenite", "helium_3"}


# -- scores ------------------------------------------------------------------------------------

BEST = {name: (u.best, u.best, u.best) for name, u in UTILITIES.items()}
WORST = {name: (u.worst, u.worst, u.worst) for name, u in UTILITIES.items()}


def test_the_ends_of_the_score() -> None:
    assert site_score(BEST).value == 1
    assert site_score(WORST).value == 0


def test_a_score_is_the_mean_by_weight() -> None:
    values = dict(WORST)
    values["slope"] = (6.0, 6.0, 6.0)  # half way from 12 to 0 degrees
    values["illumination"] = (0.5, 0.5, 0.5)
    weights = Weights.parse(
        "oxygen=0,helium_3=0,roughness=0,bearing=0,knowledge=0,slope=3,illumination=1"
    )
    assert site_score(values, weights).value == pytest.approx(0.5)
    doubled = Weights.parse(
        "oxygen=0,helium_3=0,roughness=0,bearing=0,knowledge=0,slope=6,illumination=2"
    )
    assert site_score(values, doubled).value == pytest.approx(0.5)
    only = Weights.parse(
        "oxygen=1,helium_3=0,roughness=0,bearing=0,knowledge=0,slope=1,illumination=0"
    )
    assert site_score(values, only).value == pytest.approx(0.25)


def test_independent_intervals_add_in_squares() -> None:
    values = dict(WORST)
    values["slope"] = (6.0, 8.4, 3.6)  # 0.5 +- 0.2, the larger slope the worse
    values["illumination"] = (0.5, 0.3, 0.7)
    weights = Weights.parse(
        "oxygen=0,helium_3=0,roughness=0,bearing=0,knowledge=0,slope=1,illumination=1"
    )
    found = site_score(values, weights)
    assert found.value - found.lower == pytest.approx(0.2 / np.sqrt(2))
    assert found.upper - found.value == pytest.approx(0.2 / np.sqrt(2))


def test_what_is_missing_is_left_out_and_named() -> None:
    values = dict(BEST)
    values["oxygen"] = (np.nan, np.nan, np.nan)
    del values["slope"]
    found = site_score(values)
    assert found.value == 1
    assert set(found.missing) == {"oxygen", "slope"}
    with pytest.raises(InputError, match="none of"):
        site_score({})


def test_a_weight_of_another_changes_the_order_of_two_sites() -> None:
    rich = {**WORST, "oxygen": (1.5, 1.5, 1.5)}
    level = {**WORST, "slope": (0.0, 0.0, 0.0)}
    miner, lander = Weights(oxygen=5, slope=1), Weights(oxygen=1, slope=5)
    assert site_score(rich, miner).value > site_score(level, miner).value
    assert site_score(rich, lander).value < site_score(level, lander).value


@pytest.mark.parametrize("text", ["oxygen", "oxygen=", "oxygen=x", "oxygen=nan", "oxygen=-1"])
def test_weights_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="weight"):
        Weights.parse(text)


def test_unknown_criteria_are_met_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="oxygen"):
        Weights.parse("oxigen=2")
    with pytest.raises(UnknownNameError, match="criterion"):
        site_score({"gold": (1, 1, 1)})
