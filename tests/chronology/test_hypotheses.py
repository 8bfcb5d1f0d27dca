"""Marginal likelihoods against quadrature, and hypotheses against simulated truths."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import special

from farside.chronology.evidence import evidence
from farside.chronology.hypotheses import compare_bombardment, weight
from farside.chronology.landing import (
    Candidate,
    default_candidates,
    expected_information,
    parse_candidate,
)
from farside.chronology.likelihood import log_likelihoods, site_data
from farside.chronology.models import model
from farside.chronology.sites import Site, calibration_sites
from farside.errors import InputError, UnknownNameError


def simulated(name: str, theta: list[float], sigma: float, seed: int = 0) -> tuple[Site, ...]:
    rng = np.random.default_rng(seed)
    ages = np.array([0.1, 0.8, 2.0, 3.2, 3.5, 3.7, 3.8, 3.85, 3.9, 3.95, 4.0, 4.1, 4.2, 4.3, 4.4])
    mu = model(name, scatter=False).density(np.array([theta]), ages)[0]
    n1 = mu * np.exp(sigma * rng.standard_normal(len(ages)))
    return tuple(
        Site(f"s{i}", "near", (t,), (0.002,), float(n), sigma, "x")
        for i, (t, n) in enumerate(zip(ages, n1, strict=True))
    )


def test_evidence_agrees_with_quadrature() -> None:
    """The integral of the likelihood over the prior, on a grid of 40 x 60 x 40."""
    data = site_data(calibration_sites(("neukum",)))
    family = model("exponential", {"b": (2.0, 26.0), "x": (-6.0, -2.0), "ln_c": (-8, -6)},
                   scatter=False)  # fmt: skip
    low, high = family.limits
    edges = [np.linspace(a, b, n + 1) for a, b, n in zip(low, high, (40, 60, 40), strict=True)]
    middle = [(e[1:] + e[:-1]) / 2 for e in edges]
    theta = np.stack(np.meshgrid(*middle, indexing="ij"), axis=-1).reshape(-1, 3)
    total = np.concatenate(
        [log_likelihoods(family, part, data).sum(axis=1) for part in np.array_split(theta, 40)]
    )
    expected = special.logsumexp(total) - np.log(len(theta))
    found = evidence(family, data, particles=1500, runs=4)
    assert found.log_z == pytest.approx(expected, abs=0.25)
    assert found.error < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["piecewise", "spike", "sawtooth"])
def test_evidence_agrees_with_the_mean_over_the_prior(name: str) -> None:
    """The mean of the likelihood over plain draws of a prior narrow enough for them to reach it."""
    data = site_data(calibration_sites())
    own = {"t_spike": (3.8, 3.95), "ln_n": (-4.0, 0.0)} if name == "spike" else {}
    family = model(name, own | {"b": (3.0, 12.0), "x": (-5.0, -3.0), "ln_c": (-7.6, -6.6)})
    low, high = family.limits
    theta = np.random.default_rng(4).uniform(low, high, (100_000, len(low)))
    total = np.concatenate(
        [log_likelihoods(family, part, data).sum(axis=1) for part in np.array_split(theta, 50)]
    )
    expected = float(special.logsumexp(total) - np.log(len(theta)))
    weights = np.exp(total - total.max())
    error = float(weights.std() / weights.mean() / np.sqrt(len(theta)))
    assert error < 0.15
    for seed in (0, 1):
        found = evidence(family, data, particles=2000, runs=3, seed=seed)
        # three sigma of both, as three runs tell their own error but roughly
        assert abs(found.log_z - expected) < 3 * np.hypot(error, max(found.error, 0.1))


def test_leave_one_out_of_a_known_predictive() -> None:
    """With a prior that is almost a point, each site is predicted by that point alone."""
    data = site_data(calibration_sites(("neukum",)))
    point = {"x": (-4.0, -3.999), "b": (7.0, 7.001), "ln_c": (-7.0, -6.999)}
    family = model("exponential", point, scatter=False)
    found = evidence(family, data, particles=200, runs=2)
    theta = np.array([[-3.9995, 7.0005, -6.9995]])
    expected = log_likelihoods(family, theta, data)[0]
    assert found.leave_one_out() == pytest.approx(expected, abs=0.02)
    assert found.log_z == pytest.approx(expected.sum(), abs=0.05)


def test_smooth_truth_is_not_called_a_cataclysm() -> None:
    sites = simulated("exponential", [-3.6, 6.9, -7.08], 0.1)
    found = compare_bombardment(sites, variants=False, particles=500)
    assert found.late_over_smooth < 1
    assert max(found.standings, key=lambda s: s.ln_bayes).model in ("exponential", "piecewise")


def test_strong_spike_is_found() -> None:
    sites = simulated("spike", [-4.5, 4.0, -7.08, 3.93, np.log(0.02), np.log(0.3)], 0.1)
    found = compare_bombardment(sites, variants=False, particles=500)
    ranks = {s.model: s.ln_bayes for s in found.standings}
    assert found.late_over_smooth > 3
    assert ranks["spike"] > 3
    assert found.spike_share[0] > 0.5
    assert "very strong" in found.verdict or "strong" in found.verdict


@pytest.mark.slow
def test_published_sites_do_not_decide() -> None:
    """As the choice of basin ages changes it: no verdict may be stated."""
    found = compare_bombardment()
    by_choice = {v.choice: v for v in found.variants}
    bare = by_choice["Imbrium at 3.92 Ga, without Nectaris"]
    assert bare.late_over_smooth < 1 < found.late_over_smooth + 2 * bare.error
    assert "neither prove nor exclude" in found.verdict
    json.dumps(found.to_dict(), allow_nan=False)


def test_young_sites_cannot_tell() -> None:
    young = tuple(s for s in calibration_sites() if s.age_ga < 3.7)
    with pytest.raises(InputError, match=r"older than 3\.8"):
        compare_bombardment(young)


def test_words_of_kass_and_raftery() -> None:
    """2 ln B of 2, 6 and 10 part the grades (Kass and Raftery 1995, section 3.2)."""
    assert [weight(x) for x in (0.9, -2.9, 4.9, 5.1)] == [
        "hardly any", "positive", "strong", "very strong",
    ]  # fmt: skip


def test_landing_sites_promise_what_they_can() -> None:
    asked = [
        Candidate("precise", "near", 4.0, 0.05),
        Candidate("rough", "near", 4.0, 1.0),
        Candidate("useless", "near", 4.0, 50.0),
        Candidate("far", "far", 2.0),
        Candidate("young", "near", 1.0),
    ]
    found = {p.candidate.name: p for p in expected_information(asked, particles=300).promises}
    assert found["precise"].curve_bits > found["rough"].curve_bits > found["useless"].curve_bits
    assert found["useless"].model_bits < 0.01
    assert found["useless"].curve_bits < 0.05
    assert found["far"].ratio_bits > 0.2
    assert found["precise"].ratio_bits == found["young"].ratio_bits == 0
    assert found["precise"].decides > found["young"].decides
    assert all(0 <= p.model_bits <= 2 for p in found.values())


def test_bad_candidates() -> None:
    assert parse_candidate("a, b,near,3.9").name == "a, b"
    with pytest.raises(InputError, match="NAME,SIDE"):
        parse_candidate("Orientale")
    with pytest.raises(InputError, match=r"0-4\.5"):
        Candidate("x", "near", -1.0)
    with pytest.raises(UnknownNameError, match="far"):
        Candidate("x", "back", 1.0)
    assert len(default_candidates()) == 24
    with pytest.raises(InputError, match="at least one"):
        expected_information([])
