"""The empirical relations against sets that obey them exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from farside.constants import OXIDES
from farside.errors import BandError, InputError, UnknownNameError
from farside.oxides.empirical import Empirical, angles
from farside.oxides.training import TrainingSet, leave_out_masks, load_training

AL2O3, MGO = OXIDES.index("Al2O3"), OXIDES.index("MgO")


@pytest.fixture(scope="module")
def sites() -> TrainingSet:
    return load_training()


def obeying(sites: TrainingSet, form: str) -> TrainingSet:
    """Return the spectra of the sites with oxides that follow chosen relations exactly."""
    theta_fe, theta_ti = angles(sites.reflectance, sites.wavelength_nm).T
    band = {round(w): r for w, r in zip(sites.wavelength_nm, sites.reflectance.T, strict=True)}
    if form == "lucey2000":
        feo = 20.0 * theta_fe - 10.0
    else:
        feo = 40.0 - 60.0 * band[749] - 20.0 * band[950] / band[749]
    tio2 = 0.5 * theta_ti**12
    others = [30.0 - feo, 6.0 + 0.2 * feo, 16.0 - 0.4 * feo + 0.1 * tio2, 46.0 - 0.5 * tio2]
    return replace(sites, oxides=np.column_stack([tio2, feo, *others]))


@pytest.mark.parametrize("form", ["lucey2000", "wilcox2005"])
def test_relations_are_recovered_where_they_hold(sites: TrainingSet, form: str) -> None:
    data = obeying(sites, form)
    masks = leave_out_masks(data, data.mission)
    predicted = Empirical(form).fit(data, masks).predict(data.reflectance)
    assert predicted.shape == (len(masks), len(data), 6)
    np.testing.assert_allclose(predicted, np.broadcast_to(data.oxides, predicted.shape), rtol=1e-7)


def test_masked_values_are_not_missed_where_the_relation_is_exact(sites: TrainingSet) -> None:
    data = obeying(sites, "lucey2000")
    holes = data.oxides.copy()
    holes[np.random.default_rng(0).random(holes.shape) < 0.3] = np.nan
    holed = replace(data, oxides=holes)
    everything = np.ones((1, len(data)), dtype=bool)
    predicted = Empirical().fit(holed, everything).predict(data.reflectance)
    np.testing.assert_allclose(predicted[0], data.oxides, rtol=1e-7)


def test_masking_magnesium_leaves_the_other_oxides_alone(sites: TrainingSet) -> None:
    everything = np.ones((1, len(sites)), dtype=bool)
    oxides = sites.oxides.copy()
    oxides[::2, MGO] = np.nan
    whole = Empirical().fit(sites, everything).predict(sites.reflectance)[0]
    holed = Empirical().fit(replace(sites, oxides=oxides), everything).predict(sites.reflectance)[0]
    others = [k for k in range(6) if k != MGO]
    np.testing.assert_array_equal(whole[:, others], holed[:, others])
    assert not np.allclose(whole[:, MGO], holed[:, MGO])


def test_an_oxide_never_measured_is_nan_and_takes_no_part(sites: TrainingSet) -> None:
    everything = np.ones((1, len(sites)), dtype=bool)
    data = obeying(sites, "lucey2000")
    oxides = data.oxides.copy()
    oxides[:, OXIDES.index("TiO2")] = np.nan
    found = Empirical().fit(replace(data, oxides=oxides), everything).predict(data.reflectance)[0]
    assert np.isnan(found[:, OXIDES.index("TiO2")]).all()
    np.testing.assert_allclose(found[:, AL2O3], data.oxides[:, AL2O3], rtol=1e-7)


def test_row_order_does_not_matter(sites: TrainingSet) -> None:
    order = np.random.default_rng(1).permutation(len(sites))
    everything = np.ones((1, len(sites)), dtype=bool)
    straight = Empirical().fit(sites, everything).predict(sites.reflectance)
    shuffled = Empirical().fit(sites.rows(order), everything).predict(sites.reflectance)
    np.testing.assert_allclose(straight, shuffled, rtol=1e-9)


def test_a_held_out_row_reaches_nothing(sites: TrainingSet) -> None:
    masks = leave_out_masks(sites)[:3]
    reflectance, oxides = sites.reflectance.copy(), sites.oxides.copy()
    reflectance[1] *= np.linspace(0.5, 2.0, 8)
    oxides[1] = 50.0
    changed = replace(sites, reflectance=reflectance, oxides=oxides)
    before = Empirical().fit(sites, masks).predict(sites.reflectance)
    after = Empirical().fit(changed, masks).predict(sites.reflectance)
    np.testing.assert_array_equal(before[1], after[1])
    assert not np.allclose(before[0], after[0])


def test_a_spectrum_that_is_missing_or_dark_is_nan(sites: TrainingSet) -> None:
    spectra = sites.reflectance[:3].copy()
    spectra[0, 2], spectra[1, 3] = np.nan, -0.01
    found = Empirical().fit(sites, np.ones((1, len(sites)), dtype=bool)).predict(spectra)[0]
    assert np.isnan(found).all(axis=1).tolist() == [True, True, False]


def test_what_cannot_be_fitted_is_said(sites: TrainingSet) -> None:
    everything = np.ones((1, len(sites)), dtype=bool)
    with pytest.raises(UnknownNameError, match="lucey2000"):
        Empirical("lucey200")
    few = sites.oxides.copy()
    few[3:, MGO] = np.nan
    with pytest.raises(InputError, match="MgO was measured in 3"):
        Empirical().fit(replace(sites, oxides=few), everything)
    zero = sites.oxides.copy()
    zero[0, 0] = 0.0
    with pytest.raises(InputError, match="TiO2 of 0"):
        Empirical().fit(replace(sites, oxides=zero), everything)
    dark = sites.reflectance.copy()
    dark[0] = -dark[0]
    with pytest.raises(InputError, match="leave that row out"):
        Empirical().fit(replace(sites, reflectance=dark), everything)
    with pytest.raises(BandError):
        Empirical().fit(replace(sites, wavelength_nm=sites.wavelength_nm + 60.0), everything)
