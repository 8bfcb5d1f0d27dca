"""Zinc and water of the impact against abstracts, masses and exact relations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import InputError, UnknownNameError
from farside.interior.impact_loss import Draws, draw_impacts
from farside.interior.volatiles import (
    RATIOS,
    ZINC_ALPHAS,
    gas_depth_m,
    gas_pressure,
    water_lost,
    zinc_left,
    zinc_loss,
)
from farside.provenance import references


@pytest.fixture(scope="module")
def impacts() -> Draws:
    return draw_impacts("apollo-mean", "between", draws=30_000)


def test_fractionation_of_trinitite() -> None:
    # Day et al. (2017), doi 10.1126/sciadv.1602668, abstract: alpha between 0.999 and 0.9995; the
    # +0.5 per mil per u, 1 per mil in 66/64, is then what a loss of 63 to 86 % leaves
    alpha = ZINC_ALPHAS["trinitite"]
    left = [np.exp(np.log1p(1e-3) / (a - 1)) for a in (alpha.value, alpha.upper)]
    assert left == pytest.approx([0.368, 0.135], abs=0.001)
    assert ZINC_ALPHAS["free"].value == pytest.approx(np.sqrt(63.929 / 65.926), abs=1e-5)


def test_the_wettest_inclusion_is_in_balance_with_eleven_bar() -> None:
    # Newcombe et al. (2017), doi 10.1016/j.gca.2016.12.026, abstract: 3 bar of water and 8 of
    # hydrogen over the most water-rich inclusion, 1410 ppm of Hauri et al. (2011, doi
    # 10.1126/science.1204626, abstract)
    assert gas_pressure(1410.0) == pytest.approx(11.0)
    # glass in their furnace holds up to 425 ppm (abstract), at a pressure of water below 1 bar
    assert gas_pressure(425.0) < 11 / 3


@given(st.floats(0.1, 1e4), st.floats(2000, 3500))
def test_melt_above_the_depth_of_gas_weighs_as_much_as_its_gas(ppm: float, density: float) -> None:
    metres = float(gas_depth_m(ppm, density))
    # g of the Moon at the surface, 1.62 m/s2
    assert density * 1.6247 * metres == pytest.approx(1e5 * float(gas_pressure(ppm)), rel=1e-3)
    assert float(gas_pressure(2 * ppm)) == pytest.approx(4 * float(gas_pressure(ppm)))


@given(st.floats(0.01, 1.0), st.floats(1.0, 50.0), st.floats(1.0, 50.0))
def test_losses_one_after_the_other_multiply(kept: float, one: float, more: float) -> None:
    assert float(zinc_left(kept, 1.0)) == pytest.approx(kept)
    assert float(zinc_left(kept, one + more)) == pytest.approx(
        float(zinc_left(kept, one)) * float(zinc_left(kept, more)), abs=1e-12
    )


def test_zinc_loses_as_potassium_at_the_same_rate_and_more_when_faster(impacts: Draws) -> None:
    losses = zinc_loss(impacts)
    assert tuple(x.ratio for x in losses) == RATIOS
    assert losses[0].lost == pytest.approx(impacts.interval(impacts.melted * impacts.gone))
    for slow, fast in pairwise(losses):
        assert all(a < b for a, b in zip(slow.lost, fast.lost, strict=True))
        assert all(a < b for a, b in zip(slow.offset, fast.offset, strict=True))
    # small losses: ln of the offset goes with the loss, (1 - alpha) x 1000 x loss
    low, high = (1000 * (1 - a) * losses[0].lost[1] for a in (0.9995, 0.999))
    assert low < losses[0].offset[1] < high


def test_free_evaporation_leaves_zinc_heavier(impacts: Draws) -> None:
    glass, free = (zinc_loss(impacts, (1.0,), a)[0] for a in ("trinitite", "free"))
    assert free.lost == glass.lost
    assert free.offset[1] > 10 * glass.offset[1]
    assert "66Zn" in str(free)
    assert free.to_dict()["ratio"] == 1.0


def test_water_lies_between_what_vapour_took_and_all_of_the_melt(impacts: Draws) -> None:
    least, most = water_lost(impacts)
    assert 0 < least[1] < most[1] <= 1.0
    # melted to 250 km or more at the middle: the whole source
    assert most[1] == 1.0


def test_works_can_be_cited() -> None:
    assert {"day2017", "hauri2011", "newcombe2017", "neuman2022"} <= set(references())


@pytest.mark.parametrize("bad", [0.5, float("nan"), float("inf"), -1.0])
def test_bad_rates_are_refused(bad: float, impacts: Draws) -> None:
    with pytest.raises(InputError, match="rate of zinc"):
        zinc_loss(impacts, (bad,))
    with pytest.raises(InputError):
        zinc_left(1.5, 1.0)


def test_bad_water_and_names_are_refused(impacts: Draws) -> None:
    for bad in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="water of the melt"):
            gas_pressure(bad)
    with pytest.raises(InputError, match="density"):
        gas_depth_m(100.0, 0.0)
    with pytest.raises(UnknownNameError, match="Did you mean 'trinitite'"):
        zinc_loss(impacts, alpha="trinitit")
