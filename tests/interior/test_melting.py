"""Melting and crystallisation: mass balance, limits, and the published ranges."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.datasets.analyses import load_returned_samples
from farside.errors import InputError, UnknownNameError
from farside.interior import melting, melting_fit, water
from farside.interior.melting import (
    CHANGE_5,
    CHANGE_6,
    PARENT_5,
    basalt,
    batch_melt,
    bulk,
    coefficients,
    crystallise,
    fractional_melt,
    magma_ocean_source,
)
from farside.provenance import cite

FRACTION = st.floats(0.01, 0.95)
PARTITION = st.floats(1e-3, 5.0)


@given(FRACTION, PARTITION)
def test_batch_melting_conserves_mass(F: float, D: float) -> None:
    melt = float(batch_melt(1.0, D, F))
    assert F * melt + (1 - F) * D * melt == pytest.approx(1.0)


@given(FRACTION, st.floats(0.05, 5.0))
def test_fractional_melting_is_the_sum_of_small_batches(F: float, D: float) -> None:
    solid, left, drawn = 1.0, 1.0, 0.0
    steps = 4000
    for _ in range(steps):
        # a small batch melt of what is left of the solid
        size = F / steps
        melt = solid / (D + size / left * (1 - D))
        drawn += size * melt
        solid = (solid * left - size * melt) / (left - size)
        left -= size
    assert float(fractional_melt(1.0, D, F)) == pytest.approx(drawn / F, rel=2e-2)


@given(st.floats(0.0, 0.95), PARTITION)
def test_crystallisation_is_rayleigh_step_by_step(x: float, D: float) -> None:
    melt, left = 1.0, 1.0
    steps = 4000
    for _ in range(steps):
        # each step takes the same share of the melt that is left
        size = left * (1 - (1 - x) ** (1 / steps))
        melt = (melt * left - D * melt * size) / (left - size)
        left -= size
    assert float(crystallise(1.0, D, x)) == pytest.approx(melt, rel=3e-2)


def test_limits() -> None:
    assert float(batch_melt(3.0, 0.1, 1.0)) == pytest.approx(3.0)
    assert float(fractional_melt(3.0, 0.1, 1.0)) == pytest.approx(3.0)
    assert float(batch_melt(3.0, 1.0, 0.3)) == pytest.approx(3.0)
    assert float(crystallise(3.0, 0.2, 0.0)) == pytest.approx(3.0)
    assert float(batch_melt(1.0, 0.01, 1e-9)) == pytest.approx(100.0)
    assert float(crystallise(1.0, 0.0, 0.8)) == pytest.approx(5.0)
    with pytest.raises(InputError, match="per cent"):
        batch_melt(1.0, 0.1, 5.0)
    with pytest.raises(InputError, match="per cent"):
        crystallise(1.0, 0.1, 43.0)


def test_bulk_coefficients() -> None:
    minerals = coefficients(["La", "Yb"])
    half = bulk({"olivine": 2, "plagioclase": 2}, minerals)
    np.testing.assert_allclose(half, (minerals["olivine"] + minerals["plagioclase"]) / 2)
    low, high = minerals["orthopyroxene"], minerals["clinopyroxene"]
    assert ((low < minerals["pigeonite"]) & (minerals["pigeonite"] < high)).all()
    with pytest.raises(UnknownNameError, match="unknown mineral 'quartz'"):
        bulk({"quartz": 1.0}, minerals)
    with pytest.raises(UnknownNameError, match="element"):
        coefficients(["Xx"])
    with pytest.raises(UnknownNameError, match="warren2016"):
        coefficients(["La"], "warren2006")


def test_source_between_cumulate_and_liquid() -> None:
    elements = ("La", "Sm", "Yb")
    minerals = coefficients(elements)
    none, some, whole = (
        magma_ocean_source(CHANGE_5, minerals, elements, t) for t in (0.0, 0.02, 1.0)
    )
    np.testing.assert_allclose(some, none + 0.02 * (whole - none))
    # 86 % solid of incompatible La: seven times the bulk Moon, 0.648 ppm (McDonough and Sun 1995)
    assert whole[0] == pytest.approx(0.648 / 0.14, rel=0.02)


# -- Chang'e-5 and Chang'e-6 -------------------------------------------------------------------


def soil() -> pd.Series:
    """Return the Chang'e-5 soil of Li et al. (2022), which stands for the basalt (Zong 2022)."""
    table = load_returned_samples()
    here = table[(table["material"] == "Chang'e-5 soil") & (table["method"] == "INAA")]
    values = here.set_index("analyte")
    row = pd.concat([values["value"], values["sigma"].add_suffix("_1s")])
    return row.rename("Chang'e-5 soil")


@pytest.fixture(scope="module")
def change_5() -> melting_fit.MeltingFit:
    return melting_fit.fit_melting(soil(), CHANGE_5, draws=120)


def test_change_5_reproduces_the_published_ranges(change_5: melting_fit.MeltingFit) -> None:
    # Tian et al. (2021), doi 10.1038/s41586-021-04119-5, Fig. 4: 2-3 % melting and 78-88 %
    # crystallisation to the bulk basalt
    low, _, high = change_5.melting
    assert low < 0.03
    assert high > 0.02
    low, _, high = change_5.crystallisation
    assert low < 0.78
    assert high > 0.88
    low, middle, high = change_5.given_melting
    assert low < 0.88
    assert 0.78 < middle < 0.88
    assert change_5.chi2 < 3 * change_5.dof


def test_a_refractory_moon_gives_the_published_crystallisation() -> None:
    # the two schools of the Moon's refractory elements: 1.5 times those of the Earth gives what
    # Tian et al. (2021) give, those of the Earth need more crystallisation
    def given(refractory: float) -> tuple[float, float, float]:
        span = (refractory, refractory)
        return melting_fit.fit_melting(soil(), CHANGE_5, refractory=span, draws=120).given_melting

    low, _, high = given(1.5)
    assert low == pytest.approx(0.78, abs=0.03)
    assert high == pytest.approx(0.88, abs=0.02)
    # a source poorer by a third is made up for by a melt that is left over smaller by about as much
    assert (1 - given(1.0)[1]) / (1 - given(1.5)[1]) == pytest.approx(1 / 1.5, rel=0.1)


def test_crystals_are_those_of_the_caption() -> None:
    # Tian et al. (2021), Fig. 4: 5-10 olivine, 25-59 augite, 2-3 pigeonite, 6-11 plagioclase, which
    # add up to the 43 and 78 per cent crystallised of the same caption
    first, last = np.array([10, 25, 2, 6]), np.array([5, 59, 3, 11])
    assert (first.sum(), last.sum()) == tuple(round(100 * x) for x in PARENT_5)
    names = ("olivine", "clinopyroxene", "pigeonite", "plagioclase")
    np.testing.assert_allclose([CHANGE_5.crystals[n] for n in names], (first + last) / 2)


def test_level_alone_cannot_tell_melting_from_crystallising(
    change_5: melting_fit.MeltingFit,
) -> None:
    assert change_5.correlation < -0.6
    json.dumps(change_5.to_dict(), allow_nan=False)
    assert "published 2-3 %" in str(change_5)


def test_published_ranges_of_change_5_make_its_rare_earths() -> None:
    found = melting_fit.forecast(CHANGE_5, draws=600)
    row = soil()
    used = [e for e in found.index if e in row.index]
    inside = [found.loc[e, "lower"] < row[e] < found.loc[e, "upper"] for e in used]
    assert len(used) >= 8
    assert all(inside)


def test_change_6_forecast_is_depleted() -> None:
    # forward only: no rare earths of the basalt in a source that can be cited. Cui et al. (2024):
    # a source "depleted in incompatible elements", with "almost no KREEP component"
    far = melting_fit.forecast(CHANGE_6, draws=600)
    near = melting_fit.forecast(CHANGE_5, draws=600)
    assert (far["upper"] < near["median"]).all()
    assert far.loc["La", "median"] / 0.237 < far.loc["Sm", "median"] / 0.148
    assert (far["lower"] < far["median"]).all()


@pytest.mark.parametrize("seed", range(3))
def test_known_fractions_are_inside_the_interval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    elements = melting_fit.FITTED
    minerals = {
        name: D * np.exp(melting_fit.SCATTER_D * rng.standard_normal())
        for name, D in coefficients(elements).items()
    }
    scale = rng.uniform(*melting.REFRACTORY)
    source = magma_ocean_source(CHANGE_5, minerals, elements, rng.uniform(0.015, 0.025), scale)
    F, x = rng.uniform(0.02, 0.08), rng.uniform(0.4, 0.85)
    made = basalt(source, minerals, CHANGE_5, F, x)
    noisy = made * np.exp(0.1 * rng.standard_normal(len(elements)))
    row = pd.Series(noisy, elements, name="made")
    found = melting_fit.fit_melting(row, CHANGE_5, coverage=0.99, draws=80)
    assert found.melting[0] < F < found.melting[2]
    assert found.crystallisation[0] < x < found.crystallisation[2]


def test_too_few_rare_earths() -> None:
    with pytest.raises(InputError, match="needs 4"):
        melting_fit.fit_melting(pd.Series({"La": 1.0, "Eu": 1.0}), CHANGE_5)
    with pytest.raises(InputError, match="above 0 ppm"):
        melting_fit.fit_melting(soil() * 0.0, CHANGE_5)
    with pytest.raises(InputError, match="range above 0"):
        melting_fit.fit_melting(soil(), CHANGE_5, refractory=(1.5, 1.0))


# -- water -------------------------------------------------------------------------------------


def test_change_5_mantle_water_as_published() -> None:
    # Hu et al. (2021), doi 10.1038/s41586-021-04107-9: parent magma 283 +- 22 ug/g, source 1-5
    found = water.mantle_water(283, (0.02, 0.03), PARENT_5, sigma=22)
    assert round(found.corners[0]) == 1
    assert round(found.corners[1]) == 5
    assert 1 <= found.lower < found.upper <= 5


def test_change_6_mantle_water_holds_the_published_range() -> None:
    # He et al. (2025): parent magma 15-168 ug/g, source 1-1.5 ug/g; near side 1-200
    near, far = water.contrast()
    assert far.corners[0] < 1
    assert far.corners[1] > 1.5
    assert far.lower < 1
    assert far.upper > 1.5
    assert far.upper < 200
    assert near.corners[1] < 200


@given(st.floats(0.5, 50), st.floats(0.01, 0.2), st.floats(0.0, 0.9), st.floats(0.0, 0.05))
def test_water_is_the_inverse_of_melting(c: float, F: float, x: float, D: float) -> None:
    magma = crystallise(batch_melt(c, D, F), D, x)
    assert float(water.source_water(magma, F, x, D)) == pytest.approx(c)


def test_apatite_and_parent() -> None:
    # McCubbin et al. (2015): D(OH) 0.07-0.24
    found = water.melt_from_apatite(240.0)
    assert found.corners == pytest.approx((1000.0, 240 / 0.07))
    assert found.corners[0] < found.lower < found.upper < found.corners[1]
    parent = water.parent_water(1000.0, (0.8, 0.8))
    assert parent.median == pytest.approx(200.0)
    assert parent.reservoir == "parent magma"


def test_bad_water() -> None:
    with pytest.raises(InputError, match="low to high"):
        water.mantle_water(100, (0.03, 0.02), (0.4, 0.7))
    with pytest.raises(InputError, match="per cent"):
        water.source_water(100, 3, 0.5)
    with pytest.raises(InputError, match="not negative"):
        water.melt_from_apatite(-1.0)


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 1.5])
def test_fractions_that_are_none_are_refused(bad: float) -> None:
    for call in (
        lambda: melting.crystallise(1.0, 0.1, bad),
        lambda: melting.batch_melt(1.0, 0.1, bad),
        lambda: melting.fractional_melt(1.0, 0.1, bad),
        lambda: water.source_water(100.0, bad, 0.5),
        lambda: water.source_water(100.0, 0.02, bad),
        lambda: water.melt_from_apatite(100.0, D=(bad, 0.5)),
    ):
        with pytest.raises(InputError):
            call()


def test_every_reference_of_a_recipe_is_known() -> None:
    for recipe in melting.RECIPES.values():
        assert cite(recipe.reference)
