"""Potassium loss against the figures of the literature and exact relations."""

from __future__ import annotations

import json

import numpy as np
import pytest

from farside.errors import InputError, UnknownNameError
from farside.isotopes.potassium import (
    ALPHAS,
    APOLLO_MARE,
    CE6_BASALT,
    FREE_EVAPORATION,
    OFFSETS,
    Alpha,
    Offset,
    alpha_of,
    delta41k,
    difference,
    lost,
    offset_after,
    offset_of,
    remaining,
)


def test_free_evaporation_is_the_root_of_the_mass_ratio() -> None:
    assert pytest.approx(0.97531, abs=5e-6) == FREE_EVAPORATION


@pytest.mark.parametrize(
    ("offset", "alpha", "percent", "digits"),
    [
        ("mission", "basaltic-melt", 2.8, 0.05),
        ("mission", "free", 0.65, 0.005),
        ("apollo-mean", "basaltic-melt", 1.9, 0.05),
        ("apollo-mean", "free", 0.44, 0.005),
    ],
)
def test_loss_at_the_centres(offset: str, alpha: str, percent: float, digits: float) -> None:
    found = lost((OFFSETS[offset],), (ALPHAS[alpha],)).losses[0]
    assert found.lost_percent == pytest.approx(percent, abs=digits)
    low, high = found.interval
    assert low < found.lost_percent < high


def test_offset_is_the_difference_with_the_apollo_error_halved() -> None:
    value, sigma = difference(CE6_BASALT, APOLLO_MARE)
    assert value == pytest.approx(0.108)
    assert sigma == pytest.approx(np.hypot(0.044, 0.045))


@pytest.mark.parametrize("alpha", [0.9944, FREE_EVAPORATION, 0.9999])
@pytest.mark.parametrize("fraction", [0.999, 0.9, 0.2])
def test_loss_and_offset_are_inverse(alpha: float, fraction: float) -> None:
    assert float(remaining(offset_after(fraction, alpha), alpha)) == pytest.approx(fraction)
    assert float(offset_after(fraction, alpha)) > 0  # what stays is heavier


def test_rayleigh_is_the_sum_of_small_steps() -> None:
    alpha, ratio, amount = 0.9944, 1.0, 1.0
    for _ in range(20_000):  # remove 1e-5 of what is left; the vapour carries alpha times R
        light = amount / (1 + ratio)
        out = 1e-5 * amount
        out_light = out / (1 + alpha * ratio)
        light, heavy = light - out_light, amount - light - (out - out_light)
        amount, ratio = light + heavy, heavy / light
    # R starts at 1 here, far from 41K/39K = 0.07: f is of the light isotope
    assert 1000 * (ratio - 1) == pytest.approx(float(offset_after(light / 0.5, alpha)), rel=1e-3)


def test_interval_is_that_of_the_offset_where_alpha_is_exact() -> None:
    offset = Offset("given", 0.10, 0.02, "", ())
    found = lost((offset,), (Alpha("exact", 0.99),)).losses[0]
    ends = [100 * (1 - float(remaining(0.10 + s * 1.96 * 0.02, 0.99))) for s in (-1, 1)]
    assert found.interval == pytest.approx(ends, rel=0.02)
    wider = lost((offset,), (Alpha("wide", 0.99, 0.002),)).losses[0]
    assert wider.interval[1] - wider.interval[0] > found.interval[1] - found.interval[0]


def test_counter_evidence_stands_in_every_output() -> None:
    found = lost()
    assert len(found.losses) == 6
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert "Dai et al. (2025)" in content["counter_evidence"]
    assert "dai2025" in content["references"]
    assert "Dai et al. (2025)" in str(found)
    assert "10.1073/pnas.2422726122" in str(found)
    assert "without an error" in str(found)  # the mission's figure


def test_same_seed_same_draws() -> None:
    assert lost(seed=3) == lost(seed=3)


def test_delta_by_bracketing() -> None:
    delta, sigma = delta41k([0.0722], [3.61e-6], [0.07212], [0.07216], 3.6e-6)
    assert delta[0] == pytest.approx(1000 * (0.0722 / 0.07214 - 1))
    rng = np.random.default_rng(0)
    standards = rng.normal([[0.07212], [0.07216]], 3.6e-6, (2, 100_000)).mean(axis=0)
    drawn = 1000 * (rng.normal(0.0722, 3.61e-6, 100_000) / standards - 1)
    assert sigma[0] == pytest.approx(drawn.std(), rel=0.01)
    with pytest.raises(InputError, match="above 0"):
        delta41k([0.0], [0.1], [1.0], [1.0], 0.1)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="safely below 1"):
        lost(alphas=(Alpha("a", 1.0),))
    with pytest.raises(InputError, match="safely below 1"):
        lost(alphas=(Alpha("a", 0.999, 0.001),))
    with pytest.raises(InputError, match="negative"):
        lost(alphas=(Alpha("a", 0.99, -0.001),))
    with pytest.raises(UnknownNameError, match="mission"):
        offset_of("misson")
    with pytest.raises(UnknownNameError, match="free"):
        alpha_of("fre")
