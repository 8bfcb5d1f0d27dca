"""Every method by its name, and what each of them promises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.errors import UnknownNameError
from farside.oxides.methods import METHODS, method

if TYPE_CHECKING:
    from farside.oxides.training import TrainingSet

LIGHT = ("mean", "empirical", "ridge", "pls")


def test_each_method_has_a_name_of_its_own() -> None:
    names = [m.name for m in METHODS]
    assert len(set(names)) == len(names)
    for name in names:
        assert method(name).name == name


@pytest.mark.parametrize(("given", "near"), [("farsid", "farside"), ("yang2024", "yang2023")])
def test_a_misspelt_name_is_told_the_nearest(given: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=f"Did you mean '{near}'") as caught:
        method(given)
    for m in METHODS:
        assert m.name in str(caught.value)


def test_a_name_like_no_other_gets_no_hint() -> None:
    with pytest.raises(UnknownNameError) as caught:
        method("qqqq")
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize("name", LIGHT)
def test_a_fit_sees_the_rows_of_its_mask_alone(name: str, sites: TrainingSet) -> None:
    """Other oxides and other spectra in the rows left out change nothing, nor do other masks."""
    out = sites.mission == "Apollo 16"
    masks = np.stack([~out, np.ones(len(sites), dtype=bool)])
    oxides, reflectance = sites.oxides.copy(), sites.reflectance.copy()
    oxides[out] = 10.0
    reflectance[out] = 0.3
    spoilt = replace(sites, oxides=oxides, reflectance=reflectance)
    at = sites.reflectance
    two = method(name).fit(sites, masks).predict(at)
    assert two.shape == (2, len(sites), 6)
    one = method(name).fit(spoilt, masks[:1]).predict(at)
    np.testing.assert_array_equal(one[0], two[0])
    assert np.abs(two[0] - two[1]).max() > 0.01


@pytest.mark.parametrize("name", LIGHT)
def test_the_order_of_the_rows_does_not_matter(name: str, sites: TrainingSet) -> None:
    order = np.random.default_rng(1).permutation(len(sites))
    every = np.ones((1, len(sites)), dtype=bool)
    a = method(name).fit(sites, every).predict(sites.reflectance)
    b = method(name).fit(sites.rows(order), every).predict(sites.reflectance)
    np.testing.assert_allclose(a, b, atol=1e-6)
