"""The rule for verdicts, on exact relations and on truths that are drawn."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from farside.errors import InputError
from farside.study.finding import (
    CANNOT_TELL,
    CONTRADICTS,
    COVERAGE,
    SUPPORTS,
    SURE,
    Finding,
    Part,
    Published,
    Statement,
    drawn,
    joined,
    normal,
    unknown,
    verdict_of,
)

ABOVE = Statement(low=0.0)


def finding(*parts: Part) -> Finding:
    return Finding("a", "A", "A claim.", parts, "why", "what", ("farside.cite",), ("cells_5deg",))


@given(
    st.floats(-5, 5), st.floats(0.01, 5), st.floats(-3, 3), st.one_of(st.none(), st.floats(0.1, 4))
)
def test_the_chance_of_a_normal_number_is_that_of_scipy(
    value: float, sigma: float, low: float, width: float | None
) -> None:
    statement = Statement(low) if width is None else Statement(low, low + width)
    expected = stats.norm.sf(low, value, sigma)
    if width is not None:
        expected -= stats.norm.sf(low + width, value, sigma)
    assert statement.chance(value, sigma) == pytest.approx(expected, abs=1e-12)


def test_above_and_below_share_all_the_chance() -> None:
    assert Statement(low=1.0).chance(1.3, 0.7) + Statement(high=1.0).chance(1.3, 0.7) == (
        pytest.approx(1.0)
    )


def test_without_error_a_statement_is_true_or_not() -> None:
    assert ABOVE.chance(1e-9, 0.0) == 1.0
    assert ABOVE.chance(-1e-9, 0.0) == 0.0


def test_what_is_supported_is_true_as_often_as_the_rule_says() -> None:
    """Truths from a wide prior, seen with noise: few of the told ones may be told wrongly."""
    rng = np.random.default_rng(1)
    truth = rng.uniform(-8.0, 8.0, 20_000)
    seen = truth + rng.standard_normal(truth.size)
    told = np.array([normal("x", float(v), 1.0, "1", ABOVE).verdict for v in seen])
    for verdict, right in ((SUPPORTS, truth > 0), (CONTRADICTS, truth < 0)):
        assert right[told == verdict].mean() > SURE
    # 1.645 sigma on either side of the edge cannot be told, by the normal quantile of 0.95
    open_ones = seen[told == CANNOT_TELL]
    assert np.abs(open_ones).max() == pytest.approx(stats.norm.ppf(SURE), abs=0.01)


def test_intervals_hold_the_truth_as_often_as_they_state() -> None:
    rng = np.random.default_rng(2)
    truth, sigma = 3.0, 0.5
    parts = [normal("x", truth + sigma * e, sigma, "1") for e in rng.standard_normal(4000)]
    inside = np.mean([p.lower < truth < p.upper for p in parts])
    assert inside == pytest.approx(COVERAGE, abs=0.012)


def test_draws_of_a_normal_number_give_what_the_normal_number_gives() -> None:
    draws = 1.2 + 0.8 * stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    by_draws, exact = drawn("x", draws, "1", ABOVE), normal("x", 1.2, 0.8, "1", ABOVE)
    for key in ("value", "lower", "upper", "chance"):
        assert getattr(by_draws, key) == pytest.approx(getattr(exact, key), abs=2e-3)


def test_draws_beyond_a_model_are_kept_and_missing_ones_refused() -> None:
    part = drawn("age", [1.0, 2.0, 3.0, math.inf, math.inf], "Ma", Statement(high=2.5))
    assert part.upper == math.inf
    assert part.chance == pytest.approx(0.4)
    assert "beyond the model" in part.text()
    assert part.to_dict()["upper"] is None
    with pytest.raises(InputError, match="1 of 2 draws are missing"):
        drawn("age", [1.0, math.nan], "Ma")
    with pytest.raises(InputError, match="0 of 0 draws"):
        drawn("age", [], "Ma")


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((SUPPORTS, SUPPORTS), SUPPORTS),
        ((SUPPORTS, CANNOT_TELL), CANNOT_TELL),
        ((SUPPORTS, CONTRADICTS), CONTRADICTS),
        ((CANNOT_TELL, CONTRADICTS), CONTRADICTS),
        ((CANNOT_TELL,), CANNOT_TELL),
    ],
)
def test_a_claim_holds_when_all_that_decides_it_does(
    verdicts: tuple[str, ...], expected: str
) -> None:
    assert joined(verdicts) == expected


def test_what_stands_beside_decides_nothing() -> None:
    yes = normal("x", 5.0, 1.0, "1", ABOVE)
    no = normal("y", -5.0, 1.0, "1", ABOVE, decides=False)
    assert finding(yes, no).verdict == SUPPORTS
    with pytest.raises(InputError, match="nothing decides"):
        finding(no)


def test_evidence_that_cannot_be_computed_leaves_the_claim_open() -> None:
    yes = normal("x", 5.0, 1.0, "1", ABOVE)
    against = unknown("y", "1", statement=ABOVE)
    assert finding(yes, against).verdict == CANNOT_TELL
    assert against.text() == "not computed"


def test_the_edge_of_the_rule_is_open() -> None:
    assert verdict_of(SURE) == CANNOT_TELL
    assert verdict_of(1.0 - SURE) == CANNOT_TELL


@pytest.mark.parametrize("ends", [(1.0, 1.0), (2.0, 1.0), (-math.inf, math.inf)])
def test_a_statement_that_says_nothing_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="a statement needs"):
        Statement(*ends)


@pytest.mark.parametrize(("value", "sigma"), [(1.0, -0.1), (math.nan, 1.0), (math.inf, 1.0)])
def test_an_impossible_number_is_refused(value: float, sigma: float) -> None:
    with pytest.raises(InputError, match="a positive sigma"):
        ABOVE.chance(value, sigma)


def test_numbers_have_the_digits_that_their_interval_bears() -> None:
    assert normal("x", -3.0312, 0.11, "wt%").text() == "-3.03 (-3.25 to -2.82) wt%"
    assert normal("x", 6.58, 0.55, "wt%").text() == "6.6 (5.5 to 7.7) wt%"
    assert normal("x", 2830.0, 300.0, "Ma").text() == "2830 (2242 to 3418) Ma"
    assert normal("x", 14.0, 0.0, "1").text() == "14"
    assert normal("x", 7.2, 3.9, "%").text() == "7 (0 to 15) %"  # -0.4 is no minus zero


@pytest.mark.parametrize(
    ("sigmas", "text"),
    # normal quantiles: P(z < 2.33) = 0.9901, 2.32 0.9898, 1.96 0.975
    [(9.0, ">0.99"), (2.33, ">0.99"), (2.32, "0.99"), (1.96, "0.98"), (0.0, "0.50"),
     (-2.32, "0.01"), (-2.33, "<0.01")],
)  # fmt: skip
def test_probabilities_near_certainty_are_printed_as_limits(sigmas: float, text: str) -> None:
    assert normal("x", sigmas, 1.0, "1", ABOVE).probability() == text


def test_a_probability_that_is_not_known_is_said_to_be_so() -> None:
    assert unknown("x", "1", statement=ABOVE).probability() == "not computed"
    assert normal("x", 1.0, 1.0, "1", decides=False).probability() == ""


def test_a_finding_is_plain_and_names_what_it_rests_on() -> None:
    nan = math.nan
    figure = Published(2830.0, 5.0, nan, nan, "Ma", "cui2024", "abstract")
    span = Published(nan, nan, 1.0, 1.5, "ug/g", "he2025", "secondary copy")
    part = normal("age", 2800.0, 100.0, "Ma", Statement(2500.0, 3100.0), published=(figure, span))
    found = finding(part)
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["verdict"] == SUPPORTS
    assert content["references"] == ["cui2024", "he2025"]
    assert content["parts"][0]["published"][1]["value"] is None
    assert content["parts"][0]["coverage"] == COVERAGE
    assert "(cui2024, abstract)" in str(found)
    assert "(he2025, secondary copy)" in str(found)
    for text in ("2830 ± 5 Ma", "1 to 1.5 ug/g", "SUPPORTS", "2500 to 3100"):
        assert text in str(found)
