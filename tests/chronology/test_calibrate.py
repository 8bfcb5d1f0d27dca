"""The recalibration against published functions, known truths and independent integrals."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import integrate, stats

from farside.chronology.calibrate import calibrate
from farside.chronology.calibration_plots import plot_calibration
from farside.chronology.curves import ages_of_draws, ln_spread
from farside.chronology.functions import Chronology
from farside.chronology.leave_out import leave_one_out
from farside.chronology.likelihood import log_likelihoods, site_data
from farside.chronology.models import PIVOT_GA, Parameter, model, model_names
from farside.chronology.sampling import posterior_draws, split_r_hat
from farside.chronology.sites import (
    CE6,
    SPA,
    Site,
    calibration_sites,
    counted_density,
    load_counted,
)
from farside.chronology.systems import production_functions, system
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

AGES = np.array([0.1, 1.0, 2.0, 3.0, 3.5, 3.8, 3.9, 4.0, 4.2, 4.3])
NEUKUM = (5.44e-14, 6.93, 8.38e-4)  # Neukum (1983), as in Neukum et al. (2001), equation 5


def as_theta(a: float, b: float, c: float) -> np.ndarray:
    return np.array([[np.log(a * np.expm1(PIVOT_GA * b)), b, np.log(c)]])


def prior_draws(name: str, n: int, seed: int = 0) -> np.ndarray:
    low, high = model(name, scatter=False).limits
    return np.random.default_rng(seed).uniform(low, high, (n, len(low)))


# -- the families ------------------------------------------------------------------------------


def test_exponential_is_neukums_function() -> None:
    ages = np.array([0.1, 1.0, 2.5, 3.5, 4.0, 4.4])
    a, b, c = NEUKUM
    ours = model("exponential", scatter=False).density(as_theta(*NEUKUM), ages)[0]
    assert ours == pytest.approx(a * np.expm1(b * ages) + c * ages, rel=1e-12)


@pytest.mark.parametrize("name", model_names())
def test_density_agrees_with_its_terms(name: str) -> None:
    """Two codes of the same function: draws as arrays, and terms integrated one by one."""
    family = model(name, scatter=False)
    ages = np.linspace(0.05, 4.45, 40)
    for theta in prior_draws(name, 20):
        curve = Chronology(name, name, family.terms(theta))
        ours = family.density(theta[None], ages)[0]
        assert ours == pytest.approx(curve.n1(1000 * ages), rel=1e-9)


def test_ages_of_draws_invert_the_density() -> None:
    family = model("sawtooth", scatter=False)
    theta = prior_draws("sawtooth", 30)
    ages = np.array([0.2, 1.7, 3.6, 4.05, 4.4])
    assert ages_of_draws(family, theta, family.density(theta, ages)) == pytest.approx(
        np.broadcast_to(ages, (30, 5)), rel=1e-9
    )
    beyond = 1.01 * family.density(theta, np.array([4.5]))
    assert np.isinf(ages_of_draws(family, theta, beyond)).all()


def test_wrong_priors_and_names() -> None:
    with pytest.raises(InputError, match="two finite limits"):
        model("exponential", {"b": (9.0, 2.0)})
    with pytest.raises(InputError, match="two finite"):
        Parameter("b", 0.0, np.inf, "")
    with pytest.raises(UnknownNameError, match="ln_c"):
        model("exponential", {"ln_d": (0, 1)})
    with pytest.raises(UnknownNameError, match="sawtooth"):
        model("saw")


# -- the likelihood ----------------------------------------------------------------------------


@pytest.mark.parametrize("errors", ["lognormal", "poisson"])
def test_age_error_is_integrated_over(errors: str) -> None:
    site = Site("old", "near", (4.1,), (0.1,), 0.12, 0.32, "x")
    a, b, c = NEUKUM

    def integrand(age: float) -> float:
        mu = a * np.expm1(b * age) + c * age
        if errors == "lognormal":
            p = stats.norm.pdf(np.log(0.12), np.log(mu), 0.32)
        else:  # Poisson of k = 1/0.32^2, not a whole number: its Gamma form
            k = 0.32**-2
            p = stats.gamma.pdf(k * mu / 0.12, k + 1)
        return float(p * stats.norm.pdf(age, 4.1, 0.1))

    expected = integrate.quad(integrand, 3.5, 4.7)[0]
    data = site_data([site], errors)
    ours = log_likelihoods(model("exponential", scatter=False), as_theta(*NEUKUM), data)
    assert float(np.exp(ours[0, 0])) == pytest.approx(expected, rel=2e-4)


def test_two_published_ages_make_one_site() -> None:
    """The likelihood of either age is the mean of both, and the site counts once."""
    both, cui, zhang = (
        site_data(calibration_sites(("change-6",), only=(CE6,), ce6_age=which))
        for which in ("both", "cui2024", "zhang2024")
    )
    family = model("exponential", scatter=False)
    one = [np.exp(log_likelihoods(family, as_theta(*NEUKUM), d)) for d in (both, cui, zhang)]
    assert one[0] == pytest.approx((one[1] + one[2]) / 2, rel=1e-12)


def test_flux_ratio_moves_far_sites_only() -> None:
    data = site_data(calibration_sites())
    family = model("exponential", scatter=False)
    plain = log_likelihoods(family, as_theta(*NEUKUM), data)
    double = log_likelihoods(family, as_theta(*NEUKUM), data, np.log(2.0))
    moved = np.abs(double - plain)[0] > 1e-9
    assert [n for n, m in zip(data.names, moved, strict=True) if m] == [CE6, SPA]


# -- the sites ---------------------------------------------------------------------------------


def test_counted_densities_follow_from_their_rows() -> None:
    table = load_counted()
    assert table["n1"].to_numpy() == pytest.approx(
        (table["craters"] / table["exposure_km2"]).to_numpy(), rel=2e-3
    )
    plain = table[table["method"].isin(["poisson", "fraction"])]
    for row in plain.to_dict("records"):
        share = production_functions()[row["production"]].between(row["low_km"], row["high_km"])
        assert row["exposure_km2"] == pytest.approx(row["area_km2"] * float(share), rel=1e-5)


def test_range_of_diameters_moves_change_6_by_forty_percent() -> None:
    density = counted_density(CE6)
    assert 1.35 < density.highest / density.lowest < 1.55
    assert density.sigma_ln > density.counting


def test_production_function_dominates_the_error_of_south_pole_aitken() -> None:
    free, fixed = counted_density(SPA), counted_density(SPA, "neukum2001")
    assert free.choice > 1.3 * fixed.choice
    assert free.choice > 2 * free.counting


def test_change_5_is_as_published() -> None:
    (site,) = calibration_sites(("change-5",))
    assert (site.age_ga, site.age_sigmas_ga[0], site.n1) == (2.03, 0.004, 1.696e-3)
    assert np.sqrt(np.expm1(site.sigma_ln**2)) * site.n1 == pytest.approx(0.221e-3)


def test_bad_sites() -> None:
    with pytest.raises(UnknownNameError, match="change-5, change-6, lefeuvre"):
        calibration_sites(("change5",))
    with pytest.raises(UnknownNameError, match="Tycho"):
        calibration_sites(without=("Tico",))
    with pytest.raises(UnknownNameError, match="cui2024"):
        calibration_sites(ce6_age="cui")
    with pytest.raises(InputError, match="above 0"):
        Site("x", "near", (-1.0,), (0.1,), 1e-3, 0.1, "x")
    with pytest.raises(InputError, match="negative"):
        Site("x", "near", (1.0,), (-0.1,), 1e-3, 0.1, "x")
    with pytest.raises(InputError, match="above 0"):
        Site("x", "near", (1.0,), (0.1,), 0.0, 0.1, "x")
    with pytest.raises(InputError, match="1 site cannot fix"):
        calibrate(calibration_sites(only=("Tycho",)))
    with pytest.raises(InputError, match="one twice"):
        calibrate(calibration_sites(("neukum", "lefeuvre-wieczorek-2011")))
    with pytest.raises(InputError, match="no calibration site is left"):
        calibration_sites(("change-5",), without=("Chang'e-5",))
    with pytest.raises(UnknownNameError, match="poisson"):
        calibrate(calibration_sites(), errors="normal")
    with pytest.raises(InputError, match="cannot be tested"):
        calibrate(calibration_sites(), chains=1)


# -- the fit -----------------------------------------------------------------------------------


def test_densities_on_neukums_function_return_it() -> None:
    """His sites, moved onto his function: their ages and errors fix it without a shift."""
    on_curve = [
        replace(s, n1=float(system("neukum1983").chronology.n1(1000 * s.age_ga)))
        for s in calibration_sites(("neukum",))
    ]
    fit = calibrate(on_curve, scatter=False, steps=500, burn=300, leave_out=False)
    found = {e.name: e for e in fit.estimates}
    for name, value in (("log10_a", np.log10(NEUKUM[0])), ("b", NEUKUM[1]), ("c", NEUKUM[2])):
        assert abs(found[name].mean - value) < found[name].sigma, name
    mean, sigma = ln_spread(fit.model, fit.draws.theta, AGES)
    true = np.log(system("neukum1983").chronology.n1(1000 * AGES))
    assert (np.abs(mean - true) < sigma).all()


def test_refit_returns_neukums_function() -> None:
    """His sites at the ages of Stöffler and Ryder (2001), with scatter between sites."""
    fit = calibrate(calibration_sites(("neukum",)), steps=500, burn=300, leave_out=False)
    found = {e.name: e for e in fit.estimates}
    for name, value in (("log10_a", np.log10(NEUKUM[0])), ("b", NEUKUM[1]), ("c", NEUKUM[2])):
        assert abs(found[name].mean - value) < 2 * found[name].sigma, name
    mean, sigma = ln_spread(fit.model, fit.draws.theta, AGES)
    true = np.log(system("neukum1983").chronology.n1(1000 * AGES))
    assert (np.abs(mean - true) < 2 * sigma).all()


def test_known_truth_is_recovered() -> None:
    """Many precise sites drawn from a known curve fix it."""
    rng = np.random.default_rng(5)
    truth = as_theta(*NEUKUM)
    family = model("exponential", scatter=False)
    ages = np.linspace(0.3, 4.3, 60)
    n1 = family.density(truth, ages)[0] * np.exp(0.05 * rng.standard_normal(60))
    sites = [
        Site(f"s{i}", "near", (t + 0.003 * rng.standard_normal(),), (0.003,), n, 0.05, "x")
        for i, (t, n) in enumerate(zip(ages, n1, strict=True))
    ]
    draws = posterior_draws(family, site_data(sites), steps=400, burn=300)
    z = (draws.theta.mean(axis=0) - truth[0]) / draws.theta.std(axis=0)
    assert (np.abs(z) < 3.3).all()
    assert (draws.theta.std(axis=0) < [0.05, 0.15, 0.03]).all()


@pytest.mark.slow
def test_intervals_cover_truths_drawn_from_the_prior() -> None:
    """Simulation-based calibration: ranks of the truth in the posterior are uniform."""
    base = calibration_sites(("neukum",))
    priors = {"x": (-5.0, -3.0), "b": (5.0, 10.0), "ln_c": (-7.6, -6.6)}
    family = model("exponential", priors, scatter=False)
    rng = np.random.default_rng(11)
    low, high = family.limits
    ranks = []
    for trial in range(60):
        theta = rng.uniform(low, high)
        ages = np.array([s.age_ga + s.age_sigmas_ga[0] * rng.standard_normal() for s in base])
        mu = np.log(family.density(theta[None], ages)[0])
        noise = [s.sigma_ln * rng.standard_normal() for s in base]
        sites = [
            replace(s, n1=float(np.exp(m + e))) for s, m, e in zip(base, mu, noise, strict=True)
        ]
        draws = posterior_draws(family, site_data(sites), seed=trial, chains=2, steps=200, burn=150)
        ranks.append((draws.theta < theta).mean(axis=0))
    for column in np.array(ranks).T:
        assert stats.kstest(column, "uniform").pvalue > 0.001
        assert 0.48 < (np.abs(column - 0.5) < 0.34).mean() < 0.86  # 68 %, 3.3 sigma of 60 trials


def test_same_seed_same_fit_and_another_seed_agrees() -> None:
    sites = calibration_sites()
    one, two, other = (
        calibrate(sites, seed=s, steps=250, burn=200, leave_out=False).draws.theta
        for s in (3, 3, 4)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
    assert one.mean(axis=0) == pytest.approx(other.mean(axis=0), abs=0.15 * one.std(axis=0).max())


@pytest.mark.slow
def test_reweighting_agrees_with_a_refit() -> None:
    sites = calibration_sites()
    family = model("exponential")
    whole = posterior_draws(family, site_data(sites), steps=500).theta
    left = {x.site: x for x in leave_one_out(family, whole, sites, "lognormal")}
    assert not left["Luna 16"].refitted
    rest = calibration_sites(without=("Luna 16",))
    again = posterior_draws(family, site_data(rest), steps=500, seed=1).theta
    ages = np.array([1.0, 2.83, 3.9, 4.25])
    change = ln_spread(family, again, ages)[0] - ln_spread(family, whole, ages)[0]
    sigma = ln_spread(family, whole, ages)[1]
    assert (np.abs(change - left["Luna 16"].change) < 0.15 * sigma).all()


def test_r_hat_tells_chains_that_differ() -> None:
    walks = np.random.default_rng(0).standard_normal((4, 200, 10, 2))
    assert split_r_hat(walks) == pytest.approx(1, abs=0.01)
    walks[0, :, :, 1] += 1.0
    assert split_r_hat(walks)[1] > 1.05


def test_report_and_figures(tmp_path: Path) -> None:
    sites = calibration_sites(without=("Cone crater (Apollo 14)", "Tycho", "Luna 24"))
    fit = calibrate(sites, steps=150, burn=200)
    text = str(fit)
    for word in ("Nectaris", "R-hat", "log10_a", "correlation", "neukum1983", "without a site"):
        assert word in text
    content = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert len(content["sites"]) == len(content["leave_one_out"]) == 15
    assert np.sqrt(np.diag(content["covariance"])) == pytest.approx(
        [e.sigma for e in fit.estimates[:4]]
    )
    assert any("South Pole-Aitken" in note and "is taken" in note for note in content["notes"])
    assert len(content["age_changes"]) == 30
    for kind in ("curve", "posterior", "change"):
        plot_calibration(fit, tmp_path / f"{kind}.png", kind)
        assert (tmp_path / f"{kind}.png").stat().st_size > 20_000
    with pytest.raises(UnknownNameError, match="posterior"):
        plot_calibration(fit, tmp_path / "x.png", "corner")
