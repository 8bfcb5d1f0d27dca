"""What the lessons of the course say in words is what their code computes."""

from __future__ import annotations

import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

COURSE = Path(__file__).resolve().parents[2] / "docs" / "course"
LESSONS = sorted(COURSE.glob("plot_*.py"))


@cache
def lesson(number: int) -> dict[str, Any]:
    """Return the names of a lesson that has run."""
    return runpy.run_path(str(LESSONS[number - 1]))


def test_there_are_six_lessons_with_questions_and_as_many_answers() -> None:
    assert [path.name[5] for path in LESSONS] == list("123456")
    for path in LESSONS:
        text = path.read_text(encoding="utf-8")
        questions = re.findall(r"^# \d\. ", text.partition("# Questions\n")[2], re.MULTILINE)
        assert len(questions) == text.count(".. dropdown:: An answer") >= 3


def test_1_the_angle_explains_nine_tenths_and_the_depth_does_not() -> None:
    of = lesson(1)
    assert np.corrcoef(of["angle"], of["iron"])[0, 1] ** 2 == pytest.approx(0.9, abs=0.02)
    assert np.corrcoef(of["depth"], of["iron"])[0, 1] ** 2 < 0.5
    depth = dict(zip(of["sites"].index, of["depth"], strict=True))
    assert (round(depth["Apollo17LM"], 2), round(depth["Luna24"], 2)) == (0.05, 0.13)
    brighter = of["spectra"].assign(reflectance=of["spectra"]["reflectance"] * 1.03)
    change = of["slope"] * (of["theta_fe"](brighter).to_numpy() - of["angle"])
    assert change.mean() == pytest.approx(-0.4, abs=0.05)


def test_2_intervals_widen_and_novelty_sees_another_sensor_but_not_a_wrong_unit() -> None:
    of = lesson(2)
    width = {
        how: float((found["upper"] - found["lower"]).sel(oxide="FeO").median())
        for how, found in of["iron"].items()
    }
    assert width["brought to MI"] > 1.3 * width["as it is"]
    assert (of["iron"]["brought to MI"]["novelty"] < 1).all()
    assert (of["iron"]["as it is"]["novelty"] > 1).all()
    here = of["here"]
    assert here["soil_lower"] < here["lower"] < 17.0 < here["upper"] < here["soil_upper"]
    assert of["feo"] == pytest.approx(0.0, abs=0.05)
    assert of["bright"]["novelty"].item() < 1


def test_3_the_neighbour_and_the_picked_epoch_flatter() -> None:
    of = lesson(3)
    alone, together = (of["r_squared"](of["iron"], of["guesses"][g]) for g in of["guesses"])
    assert alone > 0.75
    assert together < 0.5
    assert of["rmse"][-1] < 0.05 * of["sigma"]
    assert (of["ratio"] > 1.4).all()
    assert (of["scores"]("yang2023", "lomo").r2 < 0).sum() >= 3
    assert 0.85 < of["inside"].mean() < 0.95
    mgo = [of["scores"](name, "lomo").r2["MgO"] for name in of["methods"]]
    assert max(mgo) < 0.7


def test_4_the_split_by_hand_is_that_of_the_library() -> None:
    of = lesson(4)
    found = of["farside"].kreep(of["samples"].loc[["Chang'e-5 soil"]]).samples[0]
    assert of["fraction"] == pytest.approx(found.fraction, abs=0.005)
    assert (round(100 * of["fraction"]), round(100 * of["error"])) == (40, 3)
    weighted = of["design"] / of["c_1s"][:, None]
    (alone, _), *_ = np.linalg.lstsq(weighted, of["c"] / of["c_1s"], rcond=None)
    assert round(100 * alone) == 36


def test_5_ages_and_intervals_are_as_told() -> None:
    of = lesson(5)
    assert of["distance"] == pytest.approx(3.9, abs=0.05)
    assert 0.9 < of["inside"].mean() <= 0.99
    missed = [not one.lower_ma <= 2830.0 <= one.upper_ma for one in of["dated"]]
    assert (sum(missed), len(missed)) == (2, 5)
    older = of["farside"].isochron(of["points"], "rb-sr", constants="steiger1977").age.value
    assert 1 - older / of["basalts"].age.value == pytest.approx(0.016, abs=0.001)


def test_6_the_curve_needs_scatter_and_equal_flux_is_allowed() -> None:
    of = lesson(6)
    assert of["chi2"] > 3 * of["degrees"]
    assert all(row[4] < 1 < row[5] for row in of["rows"])
    assert any(row[4] < 0.5 for row in of["rows"])
    low, high = np.quantile(of["ages"], (0.16, 0.84))  # with both errors
    assert low < 2.807
    assert high > 2.83
    keep = np.array([site.name != "Nectaris" for site in of["near"]])
    left, _ = of["fit"](of["age_ga"][keep], of["n1"][keep], of["total"][keep])
    ratio = of["curve"](left, 4.25) / of["curve"](of["best"], 4.25)
    assert ratio == pytest.approx(0.8, abs=0.03)
