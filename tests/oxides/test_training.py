"""What an estimator learns from is checked where it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.constants import OXIDES
from farside.datasets import load_apollo12_alternative, load_sites
from farside.errors import InputError
from farside.oxides.training import (
    TrainingSet,
    fit_each,
    leave_out_masks,
    training_from,
)
from farside.spectra.dataset import from_table, make_spectra

if TYPE_CHECKING:
    from numpy.typing import NDArray

# bands of the MI maps (Ohtake et al. 2008, Earth Planets Space 60, 257): VIS 1-5, NIR 2-4
MI_NM = [414.0, 749.0, 901.0, 950.0, 1001.0, 1049.0, 1248.0, 1548.0]


def test_the_sites_are_those_of_the_table(sites: TrainingSet) -> None:
    table = load_sites()
    assert len(sites) == 55
    assert sites.wavelength_nm.tolist() == MI_NM
    assert set(sites.missions) == {
        *(f"Apollo {n}" for n in (12, 14, 15, 16, 17)),
        *(f"Luna {n}" for n in (16, 20, 24)),
        "Chang'e-5",
    }
    for j, oxide in enumerate(OXIDES):
        np.testing.assert_array_equal(sites.oxides[:, j], table[oxide])
    for j, nm in enumerate(MI_NM):
        np.testing.assert_array_equal(sites.reflectance[:, j], table[f"r{nm:.0f}"])
    assert sites.name.tolist() == table["site"].tolist()
    assert sites.terrain.tolist() == table["terrain"].tolist()


def test_change5_soil_is_as_published(sites: TrainingSet) -> None:
    # Li et al. 2022 (Natl Sci Rev 9, nwab188) Table 1: CE5C0400 holds TiO2 5.00, FeO 22.5
    row = sites.rows(sites.mission == "Chang'e-5").oxides[0]
    np.testing.assert_allclose(row[:2], [5.0, 22.5], atol=0.15)


def test_rows_keep_what_belongs_together(sites: TrainingSet) -> None:
    pick = np.array([40, 3, 17])
    part = sites.rows(pick)
    assert len(part) == 3
    for k, i in enumerate(pick):
        assert part.name[k] == sites.name[i]
        assert part.mission[k] == sites.mission[i]
        np.testing.assert_array_equal(part.oxides[k], sites.oxides[i])
        np.testing.assert_array_equal(part.reflectance[k], sites.reflectance[i])
    assert part.missions == [str(sites.mission[i]) for i in pick]


def test_other_oxides_and_plain_spectra() -> None:
    table = load_apollo12_alternative()
    spectra = make_spectra(np.full((2, len(table)), 0.1), [950.0, 749.0])
    data = training_from(spectra, table.drop(columns=["SiO2"]))
    # wavelengths and values stay with each other whatever their order
    assert sorted(data.wavelength_nm) == [749.0, 950.0]
    assert np.isnan(data.oxides[:, OXIDES.index("SiO2")]).all()
    np.testing.assert_array_equal(data.oxides[:, OXIDES.index("FeO")], table["FeO"])


def test_rows_without_a_mission_are_each_their_own_group() -> None:
    spectra = make_spectra([[0.1, 0.2, 0.3]], [749.0])
    data = training_from(spectra, pd.DataFrame({"FeO": [5.0, 10.0, 15.0]}))
    assert len(data.missions) == 3
    assert len(leave_out_masks(data, data.mission)) == 3


def test_rows_and_spectra_must_agree() -> None:
    sites = load_sites()
    with pytest.raises(InputError, match="55 spectra but 54 rows"):
        training_from(from_table(sites), sites.iloc[:-1])


def test_a_row_without_oxides_is_refused() -> None:
    sites = load_sites()
    sites.loc[[3, 7], list(OXIDES)] = np.nan
    with pytest.raises(InputError, match=r"rows \[3, 7\] have no measured oxide"):
        training_from(from_table(sites), sites)
    with pytest.raises(InputError, match=r"rows \[0\] have no"):
        training_from(make_spectra([[0.1]], [749.0]), pd.DataFrame({"feo": [5.0]}))


@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_a_gap_in_a_spectrum_is_refused(hole: float) -> None:
    sites = load_sites()
    sites.loc[0, "r950"] = hole
    with pytest.raises(InputError, match="NaN"):
        training_from(from_table(sites), sites)


def test_shapes_must_agree(sites: TrainingSet) -> None:
    def built(oxides: NDArray[np.float64], reflectance: NDArray[np.float64]) -> TrainingSet:
        return TrainingSet(
            sites.name, sites.mission, sites.terrain, sites.wavelength_nm, reflectance, oxides
        )

    with pytest.raises(InputError, match=r"expected \(55, 6\) and \(55, 8\)"):
        built(sites.oxides[:, :5], sites.reflectance)
    with pytest.raises(InputError, match=r"expected \(55, 6\) and \(55, 8\)"):
        built(sites.oxides, sites.reflectance[:, :5])


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12))
def test_each_row_is_left_out_once_and_with_all_of_its_group(groups: list[str]) -> None:
    n = len(groups)
    spectra = make_spectra(np.full((1, n), 0.1), [749.0])
    data = training_from(spectra, pd.DataFrame({"FeO": np.ones(n), "mission": groups}))
    masks = leave_out_masks(data, data.mission)
    assert len(masks) == len(set(groups))
    assert ((~masks).sum(axis=0) == 1).all()
    for mask in masks:
        assert len(set(data.mission[~mask])) == 1
        assert not set(data.mission[~mask]) & set(data.mission[mask])
    np.testing.assert_array_equal(leave_out_masks(data), ~np.eye(n, dtype=bool))


def test_each_regressor_sees_its_rows_and_a_missing_band_gives_none(sites: TrainingSet) -> None:
    def mean_of(data: TrainingSet):  # noqa: ANN202 - a closure of the test
        mean = np.nanmean(data.oxides, axis=0)
        return lambda reflectance: np.tile(mean, (len(reflectance), 1))

    masks = leave_out_masks(sites, sites.mission)
    new = sites.reflectance[:2].copy()
    new[1, 3] = np.nan
    out = fit_each(sites, masks, mean_of).predict(new)
    assert out.shape == (9, 2, 6)
    assert np.isnan(out[:, 1]).all()
    table = load_sites()
    for k, mission in enumerate(sites.missions):
        rest = table.loc[table["mission"] != mission, list(OXIDES)]
        np.testing.assert_allclose(out[k, 0], rest.mean())
