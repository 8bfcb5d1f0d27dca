"""Weighted means against IsoplotR; concordia ages against exact relations and simulation."""

from __future__ import annotations

import json

import numpy as np
import pytest

from farside.datasets.isotopes import load_reference_isochron
from farside.errors import InputError
from farside.isotopes.concordia import ages, concordia_age, curve, discordance, to_wetherill
from farside.isotopes.decay import preset
from farside.isotopes.mean import weighted_mean

TABLE = load_reference_isochron("LudwigMean")


def test_mean_as_isoplotr_gives_it_with_one_value_left_out() -> None:
    found = weighted_mean(TABLE["x"], TABLE["x_1s"])
    assert found.value == pytest.approx(250.15057, abs=5e-6)
    assert found.sigma == pytest.approx(0.33787, abs=5e-6)
    assert found.mswd == pytest.approx(1.0453, abs=5e-5)
    assert found.n == 27
    assert [i for i, kept in enumerate(found.kept) if not kept] == [3]


def test_mean_as_isoplotr_gives_it_of_all_values() -> None:
    found = weighted_mean(TABLE["x"], TABLE["x_1s"], outliers=False)
    assert found.value == pytest.approx(249.921, abs=5e-4)
    assert found.sigma == pytest.approx(0.330, abs=5e-4)
    assert found.mswd == pytest.approx(1.360, abs=5e-4)
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_random_effects_find_the_scatter_put_in() -> None:
    rng = np.random.default_rng(0)
    s = rng.uniform(0.5, 1.5, 4000)
    x = 100 + rng.normal(0, np.sqrt(s**2 + 4.0))
    found = weighted_mean(x, s, random_effects=True, outliers=False)
    assert found.overdispersion == pytest.approx(2.0, rel=0.05)
    assert found.value == pytest.approx(100.0, abs=3 * found.sigma)
    none = weighted_mean(100 + s * 0.1, s, random_effects=True)
    assert none.overdispersion == 0.0
    assert none.mswd < 1


def test_an_outlier_is_left_out_and_equal_values_are_kept() -> None:
    found = weighted_mean([1.0, 1.1, 0.9, 1.0, 9.0], [0.1] * 5)
    assert found.kept == (True, True, True, True, False)
    same = weighted_mean([3.0, 3.0, 3.0], [0.1] * 3, random_effects=True)
    assert same.n == 3
    assert same.value == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("values", "sigmas", "words"),
    [
        ([1.0], [0.1], "at least two"),
        ([1.0, 2.0], [0.1, 0.0], "0 or negative"),
        ([1.0, 2.0], [0.1], "one error for each"),
    ],
)
def test_means_that_cannot_be_are_refused(
    values: list[float], sigmas: list[float], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        weighted_mean(values, sigmas)


# -- concordia ---------------------------------------------------------------------------------


@pytest.mark.parametrize("age_ma", [250.0, 2030.0, 4300.0])
def test_a_point_on_the_curve_has_its_age(age_ma: float) -> None:
    x, y = (float(part) for part in curve(age_ma, preset()))
    found = concordia_age(x, 0.01 * x, y, 0.005 * y, 0.6)
    assert found.age.value == pytest.approx(age_ma, rel=1e-6)
    assert found.concordance[0] == pytest.approx(0.0, abs=1e-6)
    assert discordance(x, y, preset()) == pytest.approx(0.0, abs=1e-9)
    assert [float(t) for t in ages(x, y, preset())] == pytest.approx([age_ma, age_ma])


def test_lost_lead_is_discordant() -> None:
    top = np.array([float(part) for part in curve(4000.0, preset())])
    lost = 0.8 * top  # a fifth of the lead lost today: on the chord to the origin
    assert discordance(*lost, preset()) > 5
    found = concordia_age(lost[0], 0.005 * lost[0], lost[1], 0.005 * lost[1], 0.9)
    assert found.concordance[1] < 1e-3


def test_concordia_ages_scatter_by_their_error() -> None:
    rng = np.random.default_rng(1)
    x, y = (float(part) for part in curve(2807.0, preset()))
    cov = np.array([[(0.01 * x) ** 2, 0.7e-4 * x * y], [0.7e-4 * x * y, (0.01 * y) ** 2]])
    found = []
    for _ in range(400):
        px, py = rng.multivariate_normal([x, y], cov, 3).T
        found.append(concordia_age(px, 0.01 * x, py, 0.01 * y, 0.7))
    values = np.array([one.age.value for one in found])
    assert values.mean() == pytest.approx(2807.0, abs=2.0)
    assert values.std() == pytest.approx(found[0].age.internal, rel=0.1)
    assert np.mean([one.combined[0] for one in found]) == pytest.approx(1.0, abs=0.1)
    assert np.mean([one.equivalence[1] < 0.05 for one in found]) == pytest.approx(0.05, abs=0.03)
    assert json.dumps(found[0].to_dict(), allow_nan=False)


def test_tera_wasserburg_is_the_same_composition() -> None:
    rates = preset()
    x, y = (float(part) for part in curve(3000.0, rates))
    u, v = 1 / y, x / (rates.u_ratio.value * y)
    turned = to_wetherill(u, 0.01 * u, v, 0.002 * v, 0.1, rates)
    assert [float(turned[i]) for i in (0, 2)] == pytest.approx([x, y], rel=1e-12)
    rng = np.random.default_rng(2)
    cov = np.array([[(0.01 * u) ** 2, 2e-6 * u * v], [2e-6 * u * v, (0.002 * v) ** 2]])
    du, dv = rng.multivariate_normal([u, v], cov, 200_000).T
    dx, dy = rates.u_ratio.value * dv / du, 1 / du
    assert float(turned[1]) == pytest.approx(dx.std(), rel=0.01)
    assert float(turned[3]) == pytest.approx(dy.std(), rel=0.01)
    assert float(turned[4]) == pytest.approx(np.corrcoef(dx, dy)[0, 1], abs=0.01)


def test_impossible_compositions_are_refused() -> None:
    with pytest.raises(InputError, match="above 0"):
        concordia_age(0.28, -0.001, 0.04, 0.0001)
    with pytest.raises(InputError, match="numbers above 0"):
        concordia_age(-0.28, 0.001, 0.04, 0.0001)
