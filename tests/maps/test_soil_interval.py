"""The interval of a soil is held to order statistics, to simulated landings and to the soils."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.constants import OXIDES
from farside.datasets import load_missions, load_reference_soils
from farside.datasets.layers import grid_longitude
from farside.errors import InputError
from farside.maps._sharp_checks import Shared
from farside.maps.shipped import load_map, map_sidecar
from farside.maps.soil_interval import Reach, Soils, conformal_quantile, variety


@given(st.lists(st.floats(0, 100), min_size=9, max_size=60), st.sampled_from([0.5, 0.8, 0.9]))
def test_one_score_per_group_gives_the_order_statistic(scores: list[float], share: float) -> None:
    """Of n exchangeable scores the ceil((n + 1) share)-th smallest bounds the next one."""
    rank = math.ceil((len(scores) + 1) * share - 1e-9)
    names = [str(i) for i in range(len(scores))]
    found = conformal_quantile(np.array(scores), names, share)
    assert found == sorted(scores)[rank - 1]


def test_scores_of_a_group_share_its_weight() -> None:
    alone = conformal_quantile(np.arange(1.0, 12.0), list("abcdefghijk"), 0.9)
    names = [*"abcdefghij", "k", "k", "k"]
    tripled = conformal_quantile(np.array([*range(1, 11), 11.0, 11.0, 11.0]), names, 0.9)
    assert alone == tripled == 11.0


def test_too_few_landings_promise_nothing() -> None:
    with pytest.raises(InputError, match="at least 9"):
        conformal_quantile(np.arange(8.0), list("abcdefgh"), 0.9)


def test_new_landings_are_inside_at_least_as_often_as_stated() -> None:
    """Landings with an error of their own and several soils each, drawn from heavy tails."""
    rng = np.random.default_rng(0)
    sizes = (1, 1, 1, 4, 4, 5, 1, 1, 1, 1, 1)
    group = [str(i) for i, n in enumerate(sizes) for _ in range(n)]
    inside = []
    for _ in range(4000):
        shared = np.repeat(rng.standard_t(3, len(sizes)), sizes)
        score = np.abs(shared + 0.5 * rng.standard_normal(len(group)))
        new = abs(rng.standard_t(3) + 0.5 * rng.standard_normal())
        inside.append(new <= conformal_quantile(score, group, 0.9))
    # 11 of 12 where the largest of eleven counts; 4000 draws know it to 0.005
    assert 0.9 - 0.01 < np.mean(inside) < 0.96


def test_variety_of_a_wave_shorter_than_the_footprint_is_that_of_a_cosine() -> None:
    layer = np.broadcast_to(5 + 2 * np.cos(np.radians(60 * grid_longitude())), (360, 720))
    spread = variety(layer, 15.0)
    assert spread[175:185] == pytest.approx(2 / np.sqrt(2), rel=0.01)
    assert variety(np.full((360, 720), 40.0), 5.0).max() < 1e-6


def test_a_shift_of_all_soils_is_the_bias_and_is_not_taken_off() -> None:
    soils = Soils.load("SiO2")
    value = np.full((360, 720), 43.0)
    spread = np.ones((360, 720))
    made = Soils(soils.mission, np.full(len(soils.soil), 48.0), soils.row, soils.column)
    reach = Reach.learn(made, value, spread, 0.9)
    assert reach.bias == pytest.approx(5.0)
    # all residuals are 5, so that half of the interval is 5 around the value as it was
    assert reach.half_width(spread) == pytest.approx(5.0)


def test_soils_of_landing_sites_lie_in_the_interval_that_is_stated_for_them() -> None:
    sharp = load_map()
    place = load_missions().drop_duplicates("mission").set_index("mission")
    table = load_reference_soils()
    for oxide in OXIDES:
        part = sharp.sel(oxide=oxide)
        shares: dict[str, dict[str, list[bool]]] = {"": {}, "soil_": {}}
        for mission, soil in table.dropna(subset=[oxide])[["mission", oxide]].to_numpy():
            at = part.sel(
                y=place.loc[mission, "lat"], x=place.loc[mission, "lon"], method="nearest"
            )
            for kind, found in shares.items():
                within = float(at[f"{kind}lower"]) <= soil <= float(at[f"{kind}upper"])
                found.setdefault(mission, []).append(within)
        rate = {k: np.mean([np.mean(v) for v in found.values()]) for k, found in shares.items()}
        assert rate["soil_"] >= sharp.attrs["coverage"], oxide
        # the pixel's own interval is no promise for a soil
        assert rate[""] < sharp.attrs["coverage"], oxide


def test_each_landing_left_out_is_told_with_what_then_lies_outside() -> None:
    for line in map_sidecar()["soil_intervals"]:
        missions = line["missions"]
        assert line["left_out"] >= 1 - 1 / missions - 1e-9
        assert len(line["outside"]) <= 2
        assert (line["far_inside"] is None) == (line["oxide"] in {"TiO2", "MgO", "SiO2"})


def test_an_interval_of_a_soil_is_never_narrower_than_that_of_its_pixel() -> None:
    sharp = load_map()
    wider = (sharp["soil_upper"] - sharp["value"]) - (sharp["upper"] - sharp["value"])
    assert float(wider.min()) > -0.01
    assert (sharp["soil_lower"] >= 0).all()


def test_the_shared_error_is_the_line_through_the_soils() -> None:
    at = np.array([4.0, 8.0, 12.0, 20.0])
    soils = [{"value": v, "soil": v + 2 + 0.1 * (v - 11.0)} for v in at]
    shared = Shared.of(soils)
    assert shared.of_mean(11.0) == pytest.approx(2.0)
    assert shared.of_mean(21.0) == pytest.approx(3.0)
    assert shared.of_difference(-5.0) == pytest.approx(0.5)
