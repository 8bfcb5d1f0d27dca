"""The audit finds a bias that was put in, and none in noise."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import r2_score

from farside.constants import OXIDES
from farside.errors import InputError
from farside.oxides.audit import (
    Audit,
    GroupBias,
    _corrected,
    bias_audit,
    maturity,
    sign_flip,
)
from farside.oxides.validate import Validation, score_rows

if TYPE_CHECKING:
    from farside.oxides.training import TrainingSet

Float = NDArray[np.float64]


def validation_of(data: TrainingSet, error: Float) -> Validation:
    """Return a validation whose predictions are off by `error` (n, 6)."""
    value = data.oxides + error
    none = np.full(value.shape, np.nan)
    scores = score_rows(data.oxides, value, none, none, none)
    return Validation("given", "lomo", 0.9, 0, scores, value, none, none, data)


def noise(data: TrainingSet, rng: np.random.Generator, shared: float) -> Float:
    """Return errors (n, 6) of sites of unit variance, on top of those of their mission."""
    of_mission = {m: shared * rng.normal(size=6) for m in data.missions}
    return rng.normal(size=(len(data), 6)) + np.array([of_mission[str(m)] for m in data.mission])


def one(audit: Audit, kind: str, group: str, oxide: str) -> GroupBias:
    (found,) = [g for g in audit.groups if (g.kind, g.group, g.oxide) == (kind, group, oxide)]
    return found


def test_an_injected_bias_is_found_where_it_is(sites: TrainingSet) -> None:
    error = noise(sites, np.random.default_rng(5), 0.0)
    there = sites.mission == "Apollo 17"
    error[there, 1] += 3.0
    audit = bias_audit(validation_of(sites, error))
    found = one(audit, "mission", "Apollo 17", "FeO")
    assert found.biased
    assert found.mean == pytest.approx(error[there, 1].mean())
    # of independent sites the jackknife error is the standard error of the mean
    assert found.error == pytest.approx(stats.sem(error[there, 1]))
    assert found.n == found.witnesses == 21
    assert {(g.group, g.oxide) for g in audit.biased if g.kind == "mission"} == {
        ("Apollo 17", "FeO")
    }
    assert "biased: mission Apollo 17, FeO: +" in str(audit)


def test_a_bias_of_mare_is_found_over_missions(sites: TrainingSet) -> None:
    error = noise(sites, np.random.default_rng(6), 0.3)
    error[sites.terrain == "mare", 0] += 4.0
    audit = bias_audit(validation_of(sites, error))
    mare = one(audit, "terrain", "mare", "TiO2")
    # six missions sampled mare: 2 of 64 sign patterns are as far from zero
    assert (mare.witnesses, mare.p) == (6, 2 / 64)
    assert mare.biased
    highland = one(audit, "terrain", "highland", "TiO2")
    assert highland.witnesses == 3
    assert highland.biased is None
    assert ("terrain", "highland") in audit.untestable
    single = one(audit, "mission", "Luna 24", "TiO2")
    assert np.isnan(single.error)
    assert single.biased is None


@pytest.mark.parametrize(("shared", "kinds"), [(0.0, ("mission",)), (1.0, ("terrain", "maturity"))])
def test_noise_is_called_bias_no_more_often_than_stated(
    sites: TrainingSet, shared: float, kinds: tuple[str, ...]
) -> None:
    rng, families, alarms = np.random.default_rng(11), 0, 0
    for _ in range(60):
        audit = bias_audit(validation_of(sites, noise(sites, rng, shared)))
        for kind in kinds:
            families += len(OXIDES)
            alarms += len({g.oxide for g in audit.biased if g.kind == kind})
    # at least one false alarm in a family: 5 %, three standard errors allowed
    assert alarms / families < 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / families)


def test_missions_are_the_witnesses_of_a_terrain(sites: TrainingSet) -> None:
    # nearly all error is that of a mission; taking sites as witnesses would call most of it bias
    rng, by_site, by_mission = np.random.default_rng(12), [], []
    for _ in range(30):
        error = noise(sites, rng, 20.0)
        by_site.append(stats.ttest_1samp(error[sites.terrain == "mare", 0], 0.0).pvalue < 0.05)
        found = one(bias_audit(validation_of(sites, error)), "terrain", "mare", "TiO2")
        by_mission.append(found.biased)
    assert np.mean(by_site) > 0.5
    assert np.mean(by_mission) < 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / 30)


@pytest.mark.parametrize("m", [6, 9, 12])
def test_sign_flips_agree_with_scipy(m: int) -> None:
    sums = np.random.default_rng(m).normal(0.5, 1.0, m)
    theirs = stats.permutation_test(
        (sums,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert sign_flip(sums, np.random.default_rng(0)) == pytest.approx(theirs.pvalue)


def test_sign_flips_of_many_witnesses_are_drawn() -> None:
    assert sign_flip(np.ones(5), np.random.default_rng(0)) == 2 / 2**5
    rng = np.random.default_rng(2)
    sums = rng.normal(0.3, 1.0, 40)
    drawn = sign_flip(sums, np.random.default_rng(0))
    assert drawn == sign_flip(sums, np.random.default_rng(0))
    # the sum of many flipped terms is nearly normal, with the sum of squares as its variance
    normal = 2 * stats.norm.sf(abs(sums.sum()) / np.sqrt((sums**2).sum()))
    assert drawn == pytest.approx(normal, abs=0.02)
    assert sign_flip(np.ones(40), rng) == pytest.approx(1e-4)


def test_holm_by_hand() -> None:
    given = [
        GroupBias("k", str(i), "FeO", 9, 9, 0.0, 1.0, p, np.nan, biased=None)
        for i, p in enumerate([0.01, 0.04, np.nan, 0.03, 0.005])
    ]
    found = _corrected(given, 0.05)
    # four tests: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 not below the one before
    np.testing.assert_allclose([g.p_holm for g in found], [0.03, 0.06, np.nan, 0.06, 0.02])
    assert [g.biased for g in found] == [True, False, None, False, True]


def test_slopes_are_exact_where_the_error_is_linear(sites: TrainingSet) -> None:
    grade = maturity(sites)
    expected = np.hypot(
        sites.reflectance[:, 1] - 0.037, sites.reflectance[:, 3] / sites.reflectance[:, 1] - 1.25
    )
    np.testing.assert_allclose(grade, expected)
    audit = bias_audit(validation_of(sites, np.repeat(3.0 * grade[:, None], 6, axis=1)))
    for slope in (s for s in audit.slopes if s.against == "omat"):
        assert slope.slope == pytest.approx(0.03)  # per 0.01
        assert slope.error == pytest.approx(0.0, abs=1e-9)
        assert slope.clear
    mean = np.nanmean(sites.oxides, axis=0)
    audit = bias_audit(validation_of(sites, -0.4 * (sites.oxides - mean)))
    found = {(s.against, s.oxide): s for s in audit.slopes}
    for oxide in OXIDES:
        assert found["measured", oxide].slope == pytest.approx(-0.4)
        # predictions are 0.6 of the measured spread, so each is 0.4 / 0.6 of its own too small
        assert found["predicted", oxide].slope == pytest.approx(-0.4 / 0.6)
        assert found["measured", oxide].missions == 9


def test_terciles_hold_a_third_each(sites: TrainingSet) -> None:
    audit = bias_audit(validation_of(sites, noise(sites, np.random.default_rng(0), 0.0)))
    sizes = {g.group: g.n for g in audit.groups if g.kind == "maturity" and g.oxide == "FeO"}
    assert sum(sizes.values()) == 55
    assert set(sizes.values()) <= {18, 19}
    low, high = audit.omat_limits
    # mature soils are those of small OMAT (Lucey et al. 2000)
    assert sizes["mature"] == (maturity(sites) < low).sum()
    assert sizes["immature"] == (maturity(sites) >= high).sum()


def test_scores_without_luna_16(sites: TrainingSet) -> None:
    error = noise(sites, np.random.default_rng(8), 0.0)
    error[sites.name == "Luna16", 0] = 9.0
    audit = bias_audit(validation_of(sites, error))
    rest = sites.name != "Luna16"
    value = sites.oxides + error
    titanium = audit.without[0]
    assert (titanium.site, titanium.oxide, titanium.n) == ("Luna16", "TiO2", 55)
    assert titanium.r2 == pytest.approx(r2_score(sites.oxides[:, 0], value[:, 0]))
    assert titanium.r2_without == pytest.approx(r2_score(sites.oxides[rest, 0], value[rest, 0]))
    assert titanium.rmse_without == pytest.approx(np.sqrt(np.mean(error[rest, 0] ** 2)))
    assert "37 km" in audit.note
    others = bias_audit(validation_of(sites.rows(rest), error[rest]))
    assert others.without == ()
    assert others.note == ""


def test_rows_that_were_not_held_out_do_not_count(sites: TrainingSet) -> None:
    error = noise(sites, np.random.default_rng(9), 0.0)
    error[sites.terrain == "mixed"] = np.nan
    audit = bias_audit(validation_of(sites, error))
    assert {g.group for g in audit.groups if g.kind == "terrain"} == {"mare", "highland"}
    assert sum(g.n for g in audit.groups if (g.kind, g.oxide) == ("maturity", "FeO")) == 42
    with pytest.raises(InputError, match="no row"):
        bias_audit(replace(validation_of(sites, error), value=error * np.nan))


def test_results_print_and_serialise(sites: TrainingSet) -> None:
    audit = bias_audit(validation_of(sites, noise(sites, np.random.default_rng(1), 0.0)))
    content = json.loads(json.dumps(audit.to_dict(), allow_nan=False))
    assert len(content["groups"]) == len(audit.to_frame()) == len(audit.groups)
    assert len(audit.slopes_frame()) == 18
    assert "nan" not in str(audit)
    quiet = bias_audit(validation_of(sites, np.zeros((55, 6))))
    assert "no group is biased" in str(quiet)
    assert replace(quiet, groups=()).biased == ()
