"""The shipped chronology: fresh, refused when stale, and its error carried into ages."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.chronology.age import date
from farside.chronology.budget import with_budget
from farside.chronology.calibrate import calibrate
from farside.chronology.counts import make_count
from farside.chronology.curves import ln_spread
from farside.chronology.files import date_files
from farside.chronology.formats import write_count
from farside.chronology.recalibrated import (
    NAME,
    SETTINGS,
    curve_ages,
    keep,
    shipped,
    unpack,
    with_curve,
)
from farside.chronology.sites import calibration_sites
from farside.chronology.systems import system, system_names
from farside.errors import StaleError

if TYPE_CHECKING:
    from pathlib import Path

AGES = np.array([0.1, 1.0, 2.0, 3.0, 3.5, 3.8, 3.9, 4.0, 4.2, 4.4])


def test_shipped_fit_is_fresh_and_what_a_new_fit_gives() -> None:
    fit = shipped()
    sites = calibration_sites(SETTINGS["sets"], ce6_age=SETTINGS["ce6_age"])
    again = calibrate(sites, seed=7, steps=600, leave_out=False)
    mean, sigma = ln_spread(again.model, again.draws.theta, AGES)
    kept_mean, kept_sigma = ln_spread(fit.model, fit.draws, AGES)
    assert (np.abs(kept_mean - mean) < 0.15 * sigma).all()
    assert kept_sigma == pytest.approx(sigma, rel=0.2)


def test_central_curve_stands_for_the_draws() -> None:
    fit = shipped()
    mean, sigma = ln_spread(fit.model, fit.draws, AGES)
    ours = np.log(fit.chronology.n1(1000 * AGES))
    assert (np.abs(ours - mean) < 0.25 * sigma).all()
    assert fit.chronology.sigma_ln_n1(1000 * AGES) == pytest.approx(sigma, rel=0.05)


def test_known_by_name() -> None:
    assert NAME in system_names()
    chronology = system(NAME).chronology
    ages = np.array([30.0, 2030.0, 3900.0, 4250.0])
    assert chronology.age(chronology.n1(ages)) == pytest.approx(ages, abs=1e-3)


@pytest.mark.parametrize("key", ["code:chronology.models", "data:chronology_sites.csv", "settings"])
def test_stale_fit_is_refused(key: str) -> None:
    content = copy.deepcopy(shipped().content)
    content["fingerprint"][key] = "0" * 64
    with pytest.raises(StaleError, match=r"changed: .*ship_chronology"):
        unpack(content)


def test_written_fit_is_read_back(tmp_path: Path) -> None:
    made = calibrate(calibration_sites(), steps=200, leave_out=False)
    path = keep(made, tmp_path / "fit.json")
    back = unpack(json.loads(path.read_text()))
    assert len(back.draws) == 600
    mean, sigma = ln_spread(made.model, made.draws.theta, AGES)
    assert (np.abs(ln_spread(back.model, back.draws, AGES)[0] - mean) < 0.2 * sigma).all()


def test_ages_carry_the_error_of_the_curve() -> None:
    count = make_count(np.full(2000, 1.2), 1e6, name="many")
    age = date(count, system(NAME), (1.0, 10.0))
    whole = with_curve(age)
    assert whole.upper_ma - whole.lower_ma > 3 * (age.upper_ma - age.lower_ma)
    terms = with_budget(age, count, system(NAME)).terms
    together = np.hypot(terms["counting"], terms["chronology"])
    assert (whole.upper_ma - whole.lower_ma) / 2 == pytest.approx(together, rel=0.2)
    assert curve_ages(2000, age.exposure_km2, 0.5) == pytest.approx(age.age_ma, rel=0.05)


def test_an_age_from_a_file_states_the_error_of_the_curve(tmp_path: Path) -> None:
    path = tmp_path / "count.diam"
    write_count(make_count(np.full(50, 1.2), 2e4, name="some"), path)
    (age,) = date_files([path], NAME, (1.0, 10.0)).ages
    assert age.terms["chronology"] > 0
    assert "error from chronology" in str(age)
    (plain,) = date_files([path], "neukum1983", (1.0, 10.0)).ages
    assert not plain.terms
