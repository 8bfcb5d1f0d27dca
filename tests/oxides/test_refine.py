"""New ground truth: joined without doubt, blind before, and worth what the other rows show."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from farside.constants import OXIDES
from farside.errors import InputError, SampleError
from farside.oxides.estimator import OxideEstimator
from farside.oxides.methods import method
from farside.oxides.refine import Refinement, effect_of, joined, refine
from farside.oxides.validate import validate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.oxides.farside import Farside
    from farside.oxides.training import TrainingSet

FIELDS = ("name", "mission", "terrain", "wavelength_nm", "reflectance", "oxides")
NEW = "Luna 24"


def parts(sites: TrainingSet) -> tuple[TrainingSet, TrainingSet]:
    """Return the sites of all missions but one, and those of that one."""
    new = sites.mission == NEW
    return sites.rows(~new), sites.rows(new)


def assert_equal_sets(a: TrainingSet, b: TrainingSet) -> None:
    for key in FIELDS:
        np.testing.assert_array_equal(getattr(a, key), getattr(b, key), err_msg=key)


# -- joining -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 20, 54])
def test_halves_join_to_the_whole(sites: TrainingSet, cut: int) -> None:
    index = np.arange(len(sites))
    assert_equal_sets(joined(sites.rows(index < cut), sites.rows(index >= cut)), sites)


def test_bands_in_another_order_are_put_in_order(sites: TrainingSet) -> None:
    old, new = parts(sites)
    order = np.array([3, 0, 7, 1, 6, 2, 5, 4])
    turned = replace(
        new, wavelength_nm=new.wavelength_nm[order], reflectance=new.reflectance[:, order]
    )
    assert_equal_sets(joined(old, turned), joined(old, new))


def test_a_site_that_is_known_already_is_refused_by_name(sites: TrainingSet) -> None:
    again = sites.rows(np.arange(len(sites)) == 3)
    with pytest.raises(SampleError, match=str(sites.name[3])):
        joined(sites, again)


def test_other_bands_are_refused(sites: TrainingSet) -> None:
    old, new = parts(sites)
    moved = replace(new, wavelength_nm=new.wavelength_nm + np.array([0, 0, 0, 0, 0, 0, 0, 6.0]))
    with pytest.raises(InputError, match=r"1554.*needs all of.*1548"):
        joined(old, moved)
    fewer = replace(new, wavelength_nm=new.wavelength_nm[1:], reflectance=new.reflectance[:, 1:])
    with pytest.raises(InputError, match=r"needs all of \[414"):
        joined(old, fewer)


# -- worth -------------------------------------------------------------------------------------


def errors_of_the_mean(data: TrainingSet, scored: NDArray[np.bool_], oxide: int) -> list[float]:
    """Return the error of the mean of all rows of other missions, for each row to be scored."""
    found = []
    for row in np.flatnonzero(scored):
        others = data.oxides[data.mission != data.mission[row], oxide]
        found.append(np.nanmean(others) - data.oxides[row, oxide])
    return [e for e in found if np.isfinite(e)]


def test_worth_is_counted_on_the_other_rows_alone(sites: TrainingSet) -> None:
    rows = sites.mission == NEW
    effect = effect_of(method("mean"), sites, rows)
    assert effect.rows == tuple(sites.name[rows].tolist())
    kept = sites.rows(~rows)
    for j in range(len(OXIDES)):
        without = errors_of_the_mean(kept, np.ones(len(kept), dtype=bool), j)
        within = errors_of_the_mean(sites, ~rows, j)
        for score, errors in ((effect.without[j], without), (effect.with_[j], within)):
            assert score.n == len(errors)
            assert score.rmse == pytest.approx(np.sqrt(np.mean(np.square(errors))))
            assert score.bias == pytest.approx(np.mean(errors))
    frame = effect.to_frame()
    assert frame["oxide"].tolist() == list(OXIDES)
    assert (frame["n"] == np.isfinite(kept.oxides).sum(axis=0)).all()
    json.dumps(effect.to_dict(), allow_nan=False)


def test_what_was_measured_in_the_rows_cannot_change_the_score_without_them(
    sites: TrainingSet,
) -> None:
    rows = sites.mission == NEW
    spoilt = sites.oxides.copy()
    spoilt[rows] = 20.0
    before = effect_of(method("ridge"), sites, rows)
    after = effect_of(method("ridge"), replace(sites, oxides=spoilt), rows)
    assert after.without == before.without
    assert all(a.rmse != b.rmse for a, b in zip(after.with_, before.with_, strict=True) if a.n)


@pytest.mark.parametrize("which", [True, False])
def test_none_or_all_rows_have_no_worth(sites: TrainingSet, *, which: bool) -> None:
    with pytest.raises(InputError, match="not none and not all"):
        effect_of(method("mean"), sites, np.full(len(sites), which))


# -- refinement --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ridge_refined(sites: TrainingSet) -> Refinement:
    old, new = parts(sites)
    return refine(OxideEstimator(method("ridge")).fit_training(old), new)


def column(frame: pd.DataFrame, key: str) -> NDArray[np.float64]:
    return frame[key].to_numpy(dtype=float).reshape(-1, len(OXIDES))


def test_the_refined_estimator_learnt_from_old_and_new(
    sites: TrainingSet, ridge_refined: Refinement
) -> None:
    old, new = parts(sites)
    assert_equal_sets(ridge_refined.estimator.data_, joined(old, new))
    direct = OxideEstimator(method("ridge")).fit_training(sites)
    for a, b in zip(
        ridge_refined.estimator.bounds(sites.reflectance),
        direct.bounds(sites.reflectance),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_before_is_what_leaving_the_mission_out_predicts(
    sites: TrainingSet, ridge_refined: Refinement
) -> None:
    """A blind test of new rows is, to the estimator, the fold in which they are held out."""
    held_out = validate(method("ridge"), sites, "lomo")
    rows = sites.mission == NEW
    before = ridge_refined.before
    assert before["site"].tolist() == np.repeat(sites.name[rows], 6).tolist()
    assert before["oxide"].tolist() == list(OXIDES) * int(rows.sum())
    np.testing.assert_array_equal(column(before, "measured"), sites.oxides[rows])
    for key in ("value", "lower", "upper"):
        expected = getattr(held_out, key)[rows]
        if key != "value":  # `bounds` widens an interval to its value
            pick = np.minimum if key == "lower" else np.maximum
            expected = pick(expected, held_out.value[rows])
        np.testing.assert_allclose(column(before, key), expected, atol=1e-9, err_msg=key)


def test_refinement_takes_away_what_was_new(ridge_refined: Refinement) -> None:
    assert (ridge_refined.before["novelty"] > 0.01).all()
    np.testing.assert_allclose(ridge_refined.after["novelty"], 0, atol=1e-5)
    effect = effect_of(
        method("ridge"),
        ridge_refined.estimator.data_,
        ridge_refined.estimator.data_.mission == NEW,
    )
    # the same sums in arrays of another alignment differ in the last digit
    pd.testing.assert_frame_equal(ridge_refined.effect.to_frame(), effect.to_frame(), rtol=1e-9)


@pytest.mark.parametrize("measured", [("FeO",), ("TiO2", "FeO"), ("SiO2",)])
def test_any_measured_oxide_is_enough(
    measured: tuple[str, ...], sites: TrainingSet, quick: Farside
) -> None:
    old, new = parts(sites)
    blank = np.array([oxide not in measured for oxide in OXIDES])
    part = replace(new, oxides=np.where(blank, np.nan, new.oxides))
    done = refine(OxideEstimator(quick).fit_training(old), part)
    known = np.isfinite(column(done.after, "measured"))
    assert (known[:, blank] == np.False_).all()
    np.testing.assert_array_equal(known[:, ~blank], np.isfinite(new.oxides[:, ~blank]))
    for frame in (done.before, done.after):
        value, lower, upper = (column(frame, k) for k in ("value", "lower", "upper"))
        assert np.isfinite(value).all()
        assert ((lower <= value) & (value <= upper)).all()
    content: dict[str, Any] = json.loads(json.dumps(done.to_dict(), allow_nan=False))
    assert len(content["before"]) == 6 * len(new)
    assert sum(line["measured"] is None for line in content["before"]) == int((~known).sum())
    assert "blind test" in str(done)
    assert "nan" not in str(done).lower().replace("luna", "")


def test_coverage_and_seed_are_kept(sites: TrainingSet) -> None:
    old, new = parts(sites)
    first = OxideEstimator(method("mean"), coverage=0.7, seed=3).fit_training(old)
    done = refine(first, new, protocol="loo")
    assert (done.estimator.coverage, done.estimator.seed) == (0.7, 3)
    assert done.effect.protocol == "loo"
    # the old estimator is left as it was
    assert len(first.data_) == len(old)
