"""Sensor to sensor: known gains are found again; SP comes into the range of MI's sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.datasets import load_sites
from farside.datasets._sp import load_gain_check, load_sp_spectra
from farside.errors import BandError, InputError, UnknownNameError
from farside.spectra.dataset import check_spectra, from_table, make_spectra
from farside.spectra.parameters import ratio, theta_fe
from farside.spectra.transfer import Anchor, Transfer, fit_gain, load_transfer

if TYPE_CHECKING:
    import xarray as xr


def _sp() -> xr.Dataset:
    table = load_sp_spectra()
    return from_table(table[table["sensor"] == "SP"])


def _anchor(rng: np.random.Generator, noise: float, groups: int = 200) -> Anchor:
    albedo = rng.uniform(0.15, 0.4, groups)
    pivot = np.log(0.5 * albedo) + noise * rng.standard_normal(groups)
    slope, zero = np.array([0.95, 1.0, 0.9]), np.array([-0.2, 0.0, 0.3])
    logs = zero + slope * pivot[:, None] + noise * rng.standard_normal((groups, 3)) * [1, 0, 1]
    return Anchor(np.exp(logs), np.arange(groups).astype(str), albedo, 1)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), gains=st.lists(st.floats(0.7, 1.4), min_size=3, max_size=3))
def test_a_known_gain_is_found_again(seed: int, gains: list[float]) -> None:
    anchor = _anchor(np.random.default_rng(seed), noise=1e-6)
    albedo = np.array([0.2, 0.25, 0.35])
    source = np.exp(anchor.expected(albedo)) / np.array(gains)
    gain, _ = fit_gain(anchor, source, albedo)
    np.testing.assert_allclose(gain, gains, rtol=1e-4)


def test_the_covariance_covers_the_truth() -> None:
    """Of many gains fitted to noisy scenes, 68 % lie within one sigma and 95 % within two."""
    rng = np.random.default_rng(4)
    truth = np.array([1.1, 1.0, 0.9])
    score = []
    for _ in range(300):
        anchor = _anchor(rng, noise=0.08, groups=60)
        scenes = _anchor(rng, noise=0.08, groups=3)
        gain, covariance = fit_gain(anchor, scenes.reflectance / truth, scenes.albedo)
        score.append(np.log(gain / truth) / np.sqrt(np.diag(covariance)))
    within = np.abs(np.array(score))
    assert 0.6 < (within < 1).mean() < 0.76
    assert 0.91 < (within < 2).mean() < 0.98


def test_one_site_measured_often_counts_once() -> None:
    rng = np.random.default_rng(5)
    few = _anchor(rng, noise=0.05, groups=8)
    again = np.concatenate([np.arange(8), np.repeat(3, 40)])
    many = Anchor(few.reflectance[again], few.group[again], few.albedo[again], 1)
    for one, other in zip(vars(few.fit()).values(), vars(many.fit()).values(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_apply_multiplies_and_carries_uncertainty() -> None:
    transfer = Transfer("SP", "MI", (749.0, 950.0), np.array([1.1, 0.9]), np.diag([0.01, 0.04]), "")
    ds = make_spectra([[0.2], [0.1]], [950.0, 749.0], reflectance_1s=[[0.0], [0.003]])
    out = transfer.apply(ds)
    np.testing.assert_allclose(out.reflectance[:, 0], [0.18, 0.11])
    np.testing.assert_allclose(out.reflectance_1s[:, 0], [0.036, np.hypot(0.011, 0.0033)])
    cube = make_spectra(np.full((2, 2, 3), 0.1), [749.0, 950.0])
    np.testing.assert_allclose(transfer.apply(cube).reflectance[1], 0.09)


def test_apply_refuses_what_it_does_not_know() -> None:
    transfer = load_transfer()
    with pytest.raises(BandError, match="at 414 nm"):
        transfer.apply(make_spectra([[0.1], [0.1]], [414.0, 749.0]))
    done = transfer.apply(make_spectra([[0.1]], [749.0]))
    with pytest.raises(InputError, match="already"):
        transfer.apply(done)
    with pytest.raises(InputError, match="are of M3"):
        transfer.apply(make_spectra([[0.1]], [749.0]).assign_attrs(sensor="M3"))
    with pytest.raises(InputError, match="are of M3 and SP"):
        transfer.apply(from_table(load_sp_spectra()))
    with pytest.raises(UnknownNameError, match="'M3 to MI'; known: SP to MI"):
        load_transfer("M3", "MI")


def test_draws_have_the_stated_covariance() -> None:
    transfer = load_transfer()
    logs = np.log(transfer.draws(20_000, seed=0) / transfer.gain)
    np.testing.assert_allclose(np.cov(logs.T), transfer.covariance, atol=3e-4)
    assert "749 nm" in str(transfer)
    assert (np.linalg.eigvalsh(transfer.covariance) > 0).all()


def test_sp_comes_into_the_range_of_the_sites() -> None:
    """As archived, highland spectra of SP are redder than any site; with the gain they are not."""
    sites = from_table(load_sites())
    low, high = float(theta_fe(sites).min()), float(theta_fe(sites).max())
    raw, moved = _sp(), load_transfer().apply(_sp())
    check_spectra(raw)
    assert (theta_fe(raw).to_numpy() < low).sum() >= 10
    outside = (theta_fe(moved).to_numpy() < low - 0.15) | (theta_fe(moved).to_numpy() > high)
    assert not outside.any()
    for band in (901, 950, 1001, 1049, 1248, 1548):
        known = ratio(sites, band, 749).to_numpy()
        found = ratio(moved, band, 749).to_numpy()
        assert (np.abs(found - np.median(known)) < 0.2).all()


def test_far_side_highlands_have_the_colour_of_a_map_tile_of_mi() -> None:
    """The mean of the highland scene against a place that took no part in the fit.

    Label of MI_MAP_03_N51E124N50E125SC (far-side highlands): SCENE_AVERAGE_DN of each band.
    """
    tile = np.array([6790.8, 7729.2, 7954.9, 8312.9, 8416.3, 9692.3, 11512.4])
    table = load_sp_spectra()
    scene = load_transfer().apply(from_table(table[table["scene"].str.contains("S040_E1581")]))
    mean = scene.reflectance.mean("point").to_numpy()
    np.testing.assert_allclose(mean / mean[0], tile / tile[0], rtol=0.05)
    np.testing.assert_allclose(mean, tile * 2e-5, rtol=0.15)


def test_held_out_scenes_agree_with_gamma_rays() -> None:
    """Iron with the gain of the other scenes is within two sigma of Lunar Prospector."""
    check = load_gain_check()
    lp = check[["FeO_lp_2deg", "FeO_lp_5deg"]].mean(axis=1)
    sigma = np.hypot(check["FeO_held_out_1s"], 1.5)
    assert (np.abs(check["FeO_held_out"] - lp) < 2 * sigma).all()
    before, after = check["FeO_as_archived"] - lp, check["FeO_held_out"] - lp
    assert np.sqrt((after**2).mean()) < 0.4 * np.sqrt((before**2).mean())
