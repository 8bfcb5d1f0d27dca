"""The inversion against Hapke's equation, and against the algebra of joint normals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from farside.datasets import load_sites
from farside.oxides.composition import CompositionPrior
from farside.oxides.inverse import (
    InverseSettings,
    angle_columns,
    features,
    fit_inverse,
    seen_features,
    single_scattering_albedo,
)
from farside.spectra.dataset import make_spectra
from farside.spectra.parameters import theta_ti

if TYPE_CHECKING:
    from farside.oxides.training import TrainingSet

Float = NDArray[np.float64]

MU0 = np.sqrt(3) / 2  # i = 30°
MU = 1.0  # e = 0°


def hapke(w: Float) -> Float:
    """Return the reflectance factor of isotropic scatterers, Hapke (1981) eqs. 8 and 16."""
    gamma = np.sqrt(1 - w)
    h = [(1 + 2 * m) / (1 + 2 * m * gamma) for m in (MU0, MU)]
    return w / 4 / (MU0 + MU) * h[0] * h[1]


@given(hnp.arrays(np.float64, 5, elements=st.floats(1e-6, 1.0)))
def test_albedo_solves_the_equation_of_hapke(w: Float) -> None:
    np.testing.assert_allclose(single_scattering_albedo(hapke(w)), w, rtol=1e-9)


@given(hnp.arrays(np.float64, 5, elements=st.floats(1e-6, 1.0)))
def test_equation_of_hapke_solves_the_albedo(reflectance: Float) -> None:
    np.testing.assert_allclose(hapke(single_scattering_albedo(reflectance)), reflectance, rtol=1e-9)


@given(st.floats(1e-6, 1.0), st.floats(1e-6, 1.0))
def test_brighter_is_more_scattering(one: float, other: float) -> None:
    low, high = single_scattering_albedo(np.sort([one, other]))
    assert low <= high
    assert low > 0
    assert high < 1


def test_limits_of_the_albedo() -> None:
    # black; lossless: r = (1 + 2 mu0)(1 + 2 mu) / (4 (mu0 + mu)); dark: single scattering only
    white = (1 + 2 * MU0) * 3 / (4 * (MU0 + 1))
    np.testing.assert_allclose(single_scattering_albedo(np.array([0.0, white])), [0, 1], atol=1e-12)
    r = 1e-7
    assert single_scattering_albedo(np.array(r)) == pytest.approx(4 * (MU0 + 1) * r, rel=1e-5)


@pytest.mark.parametrize("w", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_albedo_of_light_scattered_exactly(w: float) -> None:
    """Hapke's H is an approximation of Chandrasekhar's; solve for that by quadrature."""
    node, weight = np.polynomial.legendre.leggauss(64)
    node, weight = (node + 1) / 2, weight / 2
    h = np.ones(64)
    for _ in range(500):
        h = 1 / (np.sqrt(1 - w) + w / 2 * (node * weight * h / (node + node[:, None])).sum(axis=1))
    exact = [
        1 / (np.sqrt(1 - w) + w / 2 * (node * weight * h / (m + node)).sum()) for m in (MU0, MU)
    ]
    r = w / 4 / (MU0 + MU) * exact[0] * exact[1]
    assert single_scattering_albedo(np.array(r)) == pytest.approx(w, rel=0.011)


# -- features ----------------------------------------------------------------------------------


def test_features_are_alpha_and_the_published_angles(sites: TrainingSet) -> None:
    x = features(sites.reflectance, sites.wavelength_nm)
    assert x.shape == (55, 10)
    np.testing.assert_allclose(x[:, 9], load_sites()["theta_Fe_published"], atol=1e-8)
    np.testing.assert_allclose(hapke(np.exp(-x[:, :8])), sites.reflectance, rtol=1e-9)
    np.testing.assert_allclose(np.exp(x[:, 8]), load_sites()["theta_Ti_published"], atol=1e-8)


def test_the_angle_is_that_of_the_spectral_parameters(sites: TrainingSet) -> None:
    ds = make_spectra(sites.reflectance.T, sites.wavelength_nm)
    x = features(sites.reflectance, sites.wavelength_nm)
    np.testing.assert_allclose(np.exp(x[:, 8]), theta_ti(ds).to_numpy(), rtol=1e-12)


@pytest.mark.parametrize("missing", range(8))
def test_a_missing_band_stays_in_its_column(sites: TrainingSet, missing: int) -> None:
    whole = features(sites.reflectance, sites.wavelength_nm)
    reflectance = sites.reflectance.copy()
    reflectance[3, missing] = np.nan
    x = features(reflectance, sites.wavelength_nm)
    gone = np.zeros(x.shape, dtype=bool)
    gone[3, missing] = True
    gone[3, 8] = sites.wavelength_nm[missing] in (414.0, 749.0)
    gone[3, 9] = sites.wavelength_nm[missing] in (749.0, 950.0)
    np.testing.assert_array_equal(np.isnan(x), gone)
    np.testing.assert_array_equal(x[~gone], whole[~gone])


def test_an_angle_needs_both_of_its_bands() -> None:
    clementine = np.array([415.0, 750.0, 900.0, 950.0, 1000.0])
    assert angle_columns(clementine) == {"Ti": (0, 1), "Fe": (1, 3)}
    assert angle_columns(clementine[::-1]) == {"Ti": (4, 3), "Fe": (3, 1)}
    assert angle_columns(clementine[1:]) == {"Fe": (0, 2)}
    # M3 begins at 430 nm (Green et al. 2011)
    assert angle_columns(np.array([430.0, 749.0, 950.0])) == {"Fe": (1, 2)}
    assert features(np.full((2, 4), 0.1), clementine[1:]).shape == (2, 5)


def test_the_bands_that_are_seen_give_their_features() -> None:
    wavelength = np.array([414.0, 749.0, 950.0])
    for gap, angles in (((), (True, True)), ((0,), (False, True)), ((2,), (True, False))):
        present = ~np.isin(np.arange(3), gap)
        assert seen_features(wavelength, present).tolist() == [*present.tolist(), *angles]


def test_features_do_not_depend_on_the_order_of_bands(sites: TrainingSet) -> None:
    turned = features(sites.reflectance[:, ::-1], sites.wavelength_nm[::-1])
    straight = features(sites.reflectance, sites.wavelength_nm)
    np.testing.assert_array_equal(turned[:, :8][:, ::-1], straight[:, :8])
    np.testing.assert_array_equal(turned[:, 8:], straight[:, 8:])


# -- the posterior mean ------------------------------------------------------------------------


def case(seed: int, n: int = 40, p: int = 8) -> tuple[Float, Float, CompositionPrior]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(6, 9))
    prior = CompositionPrior(10 * rng.normal(size=6), root @ root.T + 0.2 * np.eye(6), 0.05)
    z = rng.multivariate_normal(prior.mean + rng.normal(size=6), prior.covariance, n)
    x = 3.0 + z @ rng.normal(size=(6, p)) + rng.normal(size=(n, p))
    return x, z, prior


SETTINGS = st.builds(
    InverseSettings,
    ridge=st.floats(0.01, 5),
    minor_ridge=st.floats(0.01, 20),
    noise_shrinkage=st.floats(0.01, 0.5),
    prior_centre=st.floats(0, 1),
)


@given(st.integers(0, 10_000), SETTINGS)
def test_is_the_conditional_mean_of_a_joint_normal(seed: int, settings: InverseSettings) -> None:
    """Build the joint covariance of (z, x) and condition z on x.

    W by least squares on rows that stand for the penalty, R from what it leaves; z in units of
    the prior's standard deviations, x standardised, as ridge and shrinkage are stated.
    """
    x, z, prior = case(seed)
    unit = np.sqrt(np.diag(prior.covariance))
    zs, xs = (z - prior.mean) / unit, (x - x.mean(0)) / x.std(0)
    centred = zs - zs.mean(0)
    weights = np.sqrt([settings.ridge] * 3 + [settings.minor_ridge] * 3)
    w = np.linalg.lstsq(
        np.vstack([centred, np.diag(weights)]), np.vstack([xs, np.zeros((6, 8))]), rcond=None
    )[0]
    left = xs - centred @ w
    r = left.T @ left / (len(x) - 6)
    r = r + settings.noise_shrinkage * np.diag(np.diag(r))
    s = prior.covariance / np.outer(unit, unit)
    m = settings.prior_centre * zs.mean(0)
    joint = np.block([[s, s @ w], [w.T @ s, w.T @ s @ w + r]])
    expected_x = (m - zs.mean(0)) @ w
    new = np.random.default_rng(seed + 1).normal(size=(5, 8))
    posterior = m + (new - expected_x) @ np.linalg.solve(joint[6:, 6:], joint[6:, :6])
    constant, slope = fit_inverse(x, z, prior, settings)
    np.testing.assert_allclose(
        constant + (new * x.std(0) + x.mean(0)) @ slope,
        prior.mean + unit * posterior,
        rtol=1e-6,
        atol=1e-6,
    )


@given(st.integers(0, 10_000), SETTINGS)
def test_units_of_features_and_oxides_do_not_matter(seed: int, settings: InverseSettings) -> None:
    x, z, prior = case(seed)
    rng = np.random.default_rng(seed)
    gain, shift = rng.uniform(0.1, 10, 8) * rng.choice([-1, 1], 8), rng.normal(size=8)
    unit, zero = rng.uniform(0.1, 10, 6), rng.normal(size=6)
    constant, slope = fit_inverse(x, z, prior, settings)
    c_x, b_x = fit_inverse(gain * x + shift, z, prior, settings)
    np.testing.assert_allclose(
        c_x + (gain * x + shift) @ b_x, constant + x @ slope, rtol=1e-6, atol=1e-6
    )
    other = CompositionPrior(
        unit * prior.mean + zero, prior.covariance * np.outer(unit, unit), prior.offset
    )
    c_z, b_z = fit_inverse(x, unit * z + zero, other, settings)
    np.testing.assert_allclose(
        c_z + x @ b_z, unit * (constant + x @ slope) + zero, rtol=1e-6, atol=1e-6
    )


def synthetic(noise: float, n: int = 400) -> tuple[Float, Float, Float, Float, CompositionPrior]:
    """Return training and test spectra and compositions drawn from the model itself."""
    rng = np.random.default_rng(11)
    root = rng.normal(size=(6, 9))
    prior = CompositionPrior(rng.normal(size=6), root @ root.T, 0.05)
    w, a = rng.normal(size=(6, 10)), rng.normal(size=10)
    z = rng.multivariate_normal(prior.mean, prior.covariance, 2 * n)
    x = a + z @ w + noise * rng.normal(size=(2 * n, 10))
    return x[:n], z[:n], x[n:], z[n:], prior


def test_recovers_compositions_as_noise_vanishes() -> None:
    settings = InverseSettings(ridge=1e-9, minor_ridge=1e-9)
    errors = []
    for noise in (1e-1, 1e-2, 1e-3):
        x, z, new, truth, prior = synthetic(noise)
        constant, slope = fit_inverse(x, z, prior, settings)
        errors.append(np.sqrt(np.mean((constant + new @ slope - truth) ** 2)))
    # the error goes with the noise
    np.testing.assert_allclose(errors[1] / errors[2], 10, rtol=0.2)
    assert errors[0] > errors[1]
    assert errors[2] < 3e-3


def test_says_the_prior_mean_where_spectra_say_nothing() -> None:
    x, z, _, _, prior = synthetic(0.1)
    noise = np.random.default_rng(0).normal(size=(4000, 10))
    many = np.tile(z, (10, 1))
    settings = InverseSettings(prior_centre=0.0)
    constant, slope = fit_inverse(noise, many, prior, settings)
    told = constant + noise[:50] @ slope
    assert (np.abs(told - prior.mean) < 0.25 * np.sqrt(np.diag(prior.covariance))).all()
    assert len(x) == 400


def test_beats_least_squares_where_sites_are_few_and_collinear() -> None:
    """A posterior mean under the true prior has the least squared error of all estimators."""
    rng = np.random.default_rng(5)
    ours, theirs = [], []
    for _ in range(20):
        root = rng.normal(size=(6, 2))
        prior = CompositionPrior(np.zeros(6), root @ root.T + 0.05 * np.eye(6), 0.05)
        w = rng.normal(size=(6, 8))
        z = rng.multivariate_normal(np.zeros(6), prior.covariance, 230)
        x = z @ w + rng.normal(size=(230, 8))
        constant, slope = fit_inverse(x[:30], z[:30], prior, InverseSettings(prior_centre=0.0))
        ours.append(np.mean((constant + x[30:] @ slope - z[30:]) ** 2))
        design = np.column_stack([np.ones(230), x])
        beta = np.linalg.lstsq(design[:30], z[:30], rcond=None)[0]
        theirs.append(np.mean((design[30:] @ beta - z[30:]) ** 2))
    assert np.mean(ours) < np.mean(theirs)
