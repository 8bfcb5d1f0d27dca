"""The hemispheric flux ratio against simulated truths and plain sums."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from farside.chronology.models import model
from farside.chronology.sites import CE6, SPA, Site, calibration_sites
from farside.chronology.symmetry import WIDEST, flux_symmetry, load_hemispheres, raw_densities
from farside.errors import InputError

NEAR = np.linspace(0.5, 4.3, 40)
TRUTH = np.array([[-3.6, 6.93, -7.08]])


def moon(ratio: float, seed: int) -> tuple[Site, ...]:
    """Return sites of a Moon with a known flux ratio, densities good to 8 %."""
    rng = np.random.default_rng(seed)
    near, far = np.linspace(0.5, 4.3, 24), np.array([1.0, 2.0, 2.8, 3.5, 3.9, 4.2])
    out = []
    for side, ages, factor in (("near", near, 1.0), ("far", far, ratio)):
        mu = factor * model("exponential", scatter=False).density(TRUTH, ages)[0]
        n1 = mu * np.exp(0.08 * rng.standard_normal(len(ages)))
        out += [
            Site(f"{side} {t:.2f}", side, (t,), (0.005,), float(n), 0.08, "x")
            for t, n in zip(ages, n1, strict=True)
        ]
    return tuple(out)


@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.7])
def test_known_ratio_is_found(ratio: float) -> None:
    found = flux_symmetry(moon(ratio, 3), steps=200, burn=200)
    joint = max(found.ratios, key=lambda r: len(r.sites))
    assert joint.lower_95 < ratio < joint.upper_95
    assert joint.upper_95 / joint.lower_95 < 1.5
    equal = joint.ln_bayes_equal > 0
    assert equal == (ratio == 1.0)
    assert ("do not allow" in found.verdict) == (ratio != 1.0)


def test_published_sites_allow_equality_and_little_more() -> None:
    found = flux_symmetry(steps=400, burn=300)
    joint = max(found.ratios, key=lambda r: len(r.sites))
    assert set(joint.sites) == {CE6, SPA}
    assert joint.lower_95 < 1 < joint.upper_95
    assert joint.upper_95 / joint.lower_95 > 2  # two sites cannot fix it within a factor of 2
    productions = [r for r in found.ratios if "neukum" in r.note]
    assert f"{found.ratios[-1].lower_95:.2f} to" in found.verdict  # with a curve of two slopes
    assert productions[0].median < productions[1].median  # neukum2001 gives the lower N(1)
    json.dumps(found.to_dict(), allow_nan=False)
    assert "no flux ratio" in str(found)


def test_ratio_of_one_site_is_that_of_its_own_error() -> None:
    """With the curve known, ln R is normal about ln of density over curve, cut off by its prior."""
    age, sigma, ratio = 2.5, 0.3, 0.8
    sites = [
        Site(f"s{i}", "near", (float(t),), (0.0,), float(n), 0.01, "x")
        for i, (t, n) in enumerate(
            zip(NEAR, model("exponential", scatter=False).density(TRUTH, NEAR)[0], strict=True)
        )
    ]
    mu = float(model("exponential", scatter=False).density(TRUTH, np.array([age]))[0, 0])
    sites.append(Site("far", "far", (age,), (0.0,), ratio * mu, sigma, "x"))
    found = flux_symmetry(sites, steps=300, burn=300).ratios[0]
    cut = stats.truncnorm(*(((s * WIDEST - np.log(ratio)) / sigma) for s in (-1, 1)),
                          np.log(ratio), sigma)  # fmt: skip
    ours = np.log([found.lower_95, found.lower, found.median, found.upper, found.upper_95])
    assert ours == pytest.approx(cut.ppf([0.025, 0.16, 0.5, 0.84, 0.975]), abs=0.03)
    assert found.ln_bayes_equal == pytest.approx(cut.logpdf(0) + np.log(2 * WIDEST), abs=0.03)


def test_far_density_and_ratio_rise_together() -> None:
    sites = calibration_sites()
    more = tuple(replace(s, n1=1.5 * s.n1) if s.name == CE6 else s for s in sites)
    plain, raised = (
        next(r for r in flux_symmetry(s, steps=300, burn=200).ratios if r.sites == (CE6,))
        for s in (sites, more)
    )
    assert raised.median / plain.median == pytest.approx(1.5, rel=0.05)


def test_raw_densities_are_plain_sums() -> None:
    table = load_hemispheres()
    contrasts, mare = raw_densities()
    for contrast in contrasts:
        chosen = table[
            (table["catalogue"] == contrast.catalogue) & (table["low_km"] == contrast.range_km[0])
        ]
        sums = chosen.groupby("side")[["craters", "area_km2"]].sum().astype(float)
        density = sums["craters"] / sums["area_km2"]
        assert contrast.all_ground == pytest.approx(density["far"] / density["near"], rel=1e-9)
        assert contrast.mare > contrast.highland > 1
        assert contrast.same < 0.01
    assert min(c.all_ground for c in contrasts) == pytest.approx(1.5, abs=0.1)
    assert mare[0] > 10 * mare[1]


def test_one_side_is_not_enough() -> None:
    with pytest.raises(InputError, match="change-6"):
        flux_symmetry(calibration_sites(("neukum",)))
    with pytest.raises(InputError, match="at least 4 near-side"):
        flux_symmetry(calibration_sites(("change-5", "change-6")))
