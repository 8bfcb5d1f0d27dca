"""Sources of basalts: round trips, published examples and exact relations."""

from __future__ import annotations

import json

import numpy as np
import pytest

from farside.errors import InputError, UnknownNameError
from farside.isotopes.decay import preset
from farside.isotopes.lead import PUBLISHED_MU, SNAPE_2016, Lead, evolve, source_mu
from farside.isotopes.sources import (
    BABI,
    CHUR_BOUVIER,
    CHUR_JACOBSEN,
    LUNI,
    Ratio,
    classify_source,
    epsilon_nd,
    initial_ratio,
    model_age,
    source_parent_ratio,
)
from farside.isotopes.systems import radiogenic_lead
from farside.provenance import cite

AGES = {"Chang'e-5 basalt": 2030.0, "Chang'e-6 low-Ti basalt": 2807.0}


def lead_of(mu: float, age_ma: float, share: float = 0.01, stages: int = 2) -> Lead:
    a, b = evolve(mu, age_ma, stages=stages)
    return Lead(a, share * a, b, share * b, 0.9, age_ma)


# -- lead --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stages", [1, 2])
@pytest.mark.parametrize(("mu", "age_ma"), [(680.0, 2030.0), (360.0, 2807.0), (1620.0, 4203.0)])
def test_mu_comes_back(mu: float, age_ma: float, stages: int) -> None:
    found = source_mu(lead_of(mu, age_ma, stages=stages), stages=stages)
    assert found.value == pytest.approx(mu, rel=1e-9)
    assert found.from_206 == pytest.approx(mu, rel=1e-9)
    assert found.from_207 == pytest.approx(mu, rel=1e-9)
    assert found.mswd == pytest.approx(0.0, abs=1e-9)
    assert found.sigma >= found.analytical
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert len(cite(*found.references)) >= 3


def test_lead_of_one_stage_lies_on_the_geochron() -> None:
    points = np.array([evolve(mu, 0.0, stages=1) for mu in (0.0, 8.0, 300.0)])
    assert tuple(points[0]) == pytest.approx((9.307, 10.294))  # troilite itself
    slopes = (points[1:, 1] - points[0, 1]) / (points[1:, 0] - points[0, 0])
    assert slopes == pytest.approx(radiogenic_lead(SNAPE_2016.start_ma, preset()), rel=1e-12)


def test_lead_grows_as_uranium_decays() -> None:
    rates = preset()
    dt = 1.0  # Ma
    x1, y1 = evolve(500.0, 3000.0)
    x2, y2 = evolve(500.0, 3000.0 - dt)
    l8, l5 = rates.rates["U238"].value * 1e6, rates.rates["U235"].value * 1e6
    mu_then = 500.0 * np.exp(l8 * 2999.5)
    assert (x2 - x1) / dt == pytest.approx(l8 * mu_then, rel=1e-6)
    u235_then = 500.0 / rates.u_ratio.value * np.exp(l5 * 2999.5)
    assert (y2 - y1) / dt == pytest.approx(l5 * u235_then, rel=1e-6)


def test_error_of_mu_is_the_scatter_of_drawn_input() -> None:
    rng = np.random.default_rng(0)
    at = lead_of(680.0, 2030.0, 0.02)
    at = Lead(at.pb206, at.pb206_1s, at.pb207, at.pb207_1s, 0.5, 2030.0, 10.0)
    cov = np.array(
        [
            [at.pb206_1s**2, 0.5 * at.pb206_1s * at.pb207_1s],
            [0.5 * at.pb206_1s * at.pb207_1s, at.pb207_1s**2],
        ]
    )
    from farside.isotopes import lead as module  # noqa: PLC0415

    drawn = []
    for _ in range(600):
        a, b = rng.multivariate_normal([at.pb206, at.pb207], cov)
        model = module.LeadModel(
            "drawn",
            4500.0,
            rng.normal(SNAPE_2016.mu1, SNAPE_2016.mu1_1s),
            0.0,
            rng.normal(SNAPE_2016.split_ma, SNAPE_2016.split_1s),
            0.0,
            "snape2016",
        )
        module.LEAD_MODELS["drawn"] = model
        one = Lead(a, at.pb206_1s, b, at.pb207_1s, 0.5, rng.normal(2030.0, 10.0))
        drawn.append(source_mu(one, model="drawn").value)
    del module.LEAD_MODELS["drawn"]
    assert source_mu(at).sigma == pytest.approx(np.std(drawn), rel=0.1)


def test_inverse_ratios_of_lead() -> None:
    rng = np.random.default_rng(1)
    found = Lead.from_inverse(0.0023, 2e-5, 0.86, 0.004, 2030.0)
    a, b = rng.normal(0.0023, 2e-5, 100_000), rng.normal(0.86, 0.004, 100_000)
    assert found.pb206 == pytest.approx(1 / 0.0023)
    assert found.pb207_1s == pytest.approx((b / a).std(), rel=0.01)
    assert found.rho == pytest.approx(np.corrcoef(1 / a, b / a)[0, 1], abs=0.01)


def test_published_sources_order_as_the_papers_say() -> None:
    spans = {name: span for name, (span, _) in PUBLISHED_MU.items()}
    apollo, kreep = spans["Apollo low- and high-Ti basalts"], spans["KREEP and high-Al basalts"]
    for name in AGES:
        assert apollo[0] <= spans[name][0] <= apollo[1] < kreep[0]


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (Lead(400.0, 1.0, 350.0, 1.0, 0.0, 4400.0), "is not between 0 and 4376"),
        (Lead(-400.0, 1.0, 350.0, 1.0, 0.0, 2000.0), "above 0"),
        (Lead(400.0, 0.0, 350.0, 1.0, 0.0, 2000.0), "above 0"),
        (Lead(400.0, 1.0, 350.0, 1.0, 1.0, 2000.0), "correlation"),
    ],
)
def test_lead_that_cannot_be_is_refused(lead: Lead, words: str) -> None:
    with pytest.raises(InputError, match=words):
        source_mu(lead)


# -- strontium and neodymium -------------------------------------------------------------------


def test_initial_ratio_and_its_error() -> None:
    rng = np.random.default_rng(2)
    today = Ratio(0.05, 0.0005, 0.7025, 0.00002)
    found = initial_ratio(today, 3300.0, 20.0, "Rb87", external=True)
    rate = preset().rates["Rb87"]
    n = 200_000
    drawn = rng.normal(0.7025, 2e-5, n) - rng.normal(0.05, 5e-4, n) * np.expm1(
        rng.normal(rate.value, rate.sigma, n) * rng.normal(3300.0, 20.0, n) * 1e6
    )
    assert found.value == pytest.approx(drawn.mean(), abs=1e-6)
    assert found.sigma == pytest.approx(drawn.std(), rel=0.02)
    with pytest.raises(InputError, match="no error of the decay constant"):
        initial_ratio(today, 3300.0, 20.0, "Rb87", constants="steiger1977", external=True)


@pytest.mark.parametrize("chur", [CHUR_BOUVIER, CHUR_JACOBSEN])
@pytest.mark.parametrize("age_ma", [0.0, 2000.0, 4400.0])
def test_the_chondritic_reservoir_has_epsilon_0(chur: object, age_ma: float) -> None:
    of = chur
    today = Ratio(of.parent, 0.0, of.daughter, 0.0)  # type: ignore[attr-defined]
    assert epsilon_nd(today, age_ma, chur=of.name).value == pytest.approx(0.0, abs=1e-9)  # type: ignore[attr-defined]


def test_epsilon_today_by_hand() -> None:
    # 0.513 against 0.512638: 7.06 parts in ten thousand
    today = Ratio(0.2, 0.0, 0.513, 0.00001)
    found = epsilon_nd(today, 0.0, chur="jacobsen1980")
    assert found.value == pytest.approx(7.06, abs=0.005)
    assert found.sigma == pytest.approx(0.195, abs=0.001)
    both = epsilon_nd(today, 0.0, external=True), epsilon_nd(today, 0.0)
    assert both[0].sigma > both[1].sigma
    with pytest.raises(UnknownNameError, match="bouvier2008"):
        epsilon_nd(today, 0.0, chur="bouvier")


@pytest.mark.parametrize("reservoir", [BABI, LUNI])
def test_model_age_of_a_sample_that_left_the_reservoir_then(reservoir: object) -> None:
    rate = preset().rates["Rb87"].value
    first = reservoir.daughter  # type: ignore[attr-defined]
    today = Ratio(0.3, 0.001, first + 0.3 * np.expm1(rate * 4300e6), 0.00002)
    found = model_age(today, reservoir, "Rb87")  # type: ignore[arg-type]
    assert found.value == pytest.approx(4300.0, rel=1e-9)
    assert found.sigma > 0


def test_model_age_against_chur() -> None:
    rate = preset().rates["Sm147"].value
    grown = np.expm1(rate * 4400e6)
    then = CHUR_BOUVIER.daughter - CHUR_BOUVIER.parent * grown
    found = model_age(Ratio(0.16, 0.0005, then + 0.16 * grown, 1e-6), CHUR_BOUVIER, "Sm147")
    assert found.value == pytest.approx(4400.0, rel=1e-9)
    with pytest.raises(InputError, match="no model age"):
        model_age(Ratio(0.196, 0.0005, 0.5127, 1e-6), CHUR_BOUVIER, "Sm147")


def test_source_ratio_comes_back() -> None:
    rate = preset().rates["Rb87"].value
    grown = np.exp(rate * 4400e6) - np.exp(rate * 2807e6)
    found = source_parent_ratio(
        0.69903 + 0.02 * grown, 1e-5, 2807.0, start=(0.69903, 4400.0), nuclide="Rb87"
    )
    assert found.value == pytest.approx(0.02, rel=1e-9)
    with pytest.raises(InputError, match="not between"):
        source_parent_ratio(0.7, 1e-5, 4500.0, start=(0.699, 4400.0), nuclide="Rb87")


# -- classes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sr", "eps", "kind"),
    [
        (0.69934, None, "KREEP-free"),  # 15555, Wasserburg and Papanastassiou (1971)
        (0.6996, 8.6, "KREEP-free"),
        (0.7031, -3.0, "KREEP-rich"),
        (0.7005, 1.0, "between"),
        (0.7031, None, "between"),  # without Nd nothing is called rich
        (0.7031, 2.0, "between"),
    ],
)
def test_sources_fall_where_the_criteria_say(sr: float, eps: float | None, kind: str) -> None:
    found = classify_source(sr, 0.00005, eps, 0.5)
    assert found.kind == kind
    assert sum(found.chances.values()) == pytest.approx(1.0)


def test_a_value_on_the_limit_is_as_likely_as_not() -> None:
    assert classify_source(0.700, 0.0001).chances["KREEP-free"] == pytest.approx(0.5)
    with pytest.raises(InputError, match="none of a lunar rock"):
        classify_source(0.05, 0.001)
