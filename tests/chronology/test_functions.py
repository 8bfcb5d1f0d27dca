"""Production and chronology functions against published relations and their own inverses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from farside.chronology.functions import Chronology, Term, with_sawtooth, with_spike
from farside.chronology.production import Production
from farside.chronology.systems import (
    epoch_of,
    epochs,
    equilibria,
    find_system,
    load_systems,
    production_functions,
    system,
    system_names,
)
from farside.errors import FarsideError, InputError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

EVERY = pytest.mark.parametrize("name", system_names())
KA = 0.001  # Ma


@EVERY
def test_inverse_is_exact_to_1_ka_from_0_to_4500_ma(name: str) -> None:
    chronology = system(name).chronology
    ages = np.concatenate(
        [np.linspace(0, 4500, 9001), np.geomspace(1e-3, 4500, 2001), 4100 + np.linspace(-1, 1, 201)]
    )
    assert np.abs(chronology.age(chronology.n1(ages)) - ages).max() < KA


@EVERY
def test_rate_is_the_derivative_of_the_density(name: str) -> None:
    chronology = system(name).chronology
    for low, high in ((10.0, 900.0), (2000.0, 3000.0), (3500.0, 4050.0), (4150.0, 4490.0)):
        area, _ = integrate.quad(lambda t: float(chronology.rate(t)), low, high, epsrel=1e-10)
        assert area == pytest.approx(float(chronology.n1(high) - chronology.n1(low)), rel=1e-8)


def test_a_density_beyond_the_oldest_age_is_infinitely_old_and_nonsense_is_missing() -> None:
    chronology = system("neukum1983").chronology
    ages = chronology.age([0.0, 1e9, -1.0, np.nan])
    assert ages[0] == 0
    assert np.isposinf(ages[1])
    assert np.isnan(ages[2:]).all()


def test_a0_of_neukum_2001_is_that_of_the_chronology_not_the_printed_one() -> None:
    # Neukum et al. (2001) print a0 = -3.0876; N(1) at 1 Ga gives -3.0768
    log_n1 = float(np.log10(system("neukum2001").chronology.n1(1000.0)))
    assert log_n1 == pytest.approx(-3.0768, abs=5e-5)
    assert abs(log_n1 - -3.0876) > 0.01


def test_yue_is_calibrated_on_change_5() -> None:
    # Yue et al. (2022) refitted with Chang'e-5: 2.030 Ga at N(1) = (1.696 +- 0.221)e-3 per km2
    assert float(system("yue2022").chronology.n1(2030.0)) == pytest.approx(1.696e-3, abs=0.221e-3)


def test_robbins_moves_ages_as_his_abstract_says() -> None:
    # "Surfaces younger than ~3.6 Gyr and older than ~3.9 Gyr under the classic chronology are
    # younger in this system, and those in-between are older" (Robbins 2014, abstract)
    classic = system("neukum1983").chronology
    for name in ("robbins2014", "robbins2014q"):
        moved = system(name).chronology.age(classic.n1([2500.0, 3300.0, 3750.0, 4200.0]))
        assert (moved[:2] < [2500.0, 3300.0]).all()
        assert moved[2] > 3750
        assert moved[3] < 4200
    assert 2500 - float(system("robbins2014").chronology.age(classic.n1(2500.0))) < 1100  # "~1 Gyr"


def test_sawtooth_holds_the_figures_of_the_abstract() -> None:
    # Morbidelli et al. (2012), abstract: close to the classic chronology since 4.1 Ga, a step by
    # 5-10 times there, and a quarter of all impacts since the Moon formed
    sawtooth, smooth = system("sawtooth").chronology, system("neukum1983").chronology
    ages = np.linspace(100, 4099, 50)
    assert sawtooth.n1(ages) == pytest.approx(smooth.n1(ages), rel=1e-9)
    assert 5 < sawtooth.rate(4100 - 1e-6) / sawtooth.rate(4100 + 1e-6) < 10
    assert sawtooth.n1(4100.0) / sawtooth.n1(4500.0) == pytest.approx(0.25, rel=1e-9)


@pytest.mark.parametrize(
    ("start", "factor", "share"), [(3900, 3, 0.6), (4300, 10, 0.9), (4000, 1, 0.05)]
)
def test_a_sawtooth_of_the_user_has_its_step_and_its_share(
    start: float, factor: float, share: float
) -> None:
    made = with_sawtooth(system("yue2022").chronology, start, factor, share)
    assert made.rate(start - 1e-6) / made.rate(start + 1e-6) == pytest.approx(factor, rel=1e-6)
    assert made.n1(start) / made.n1(4500.0) == pytest.approx(share, rel=1e-9)
    ages = np.linspace(0, 4500, 901)
    assert np.abs(made.age(made.n1(ages)) - ages).max() < KA


@pytest.mark.parametrize(
    ("start", "factor", "share"), [(0, 7, 0.2), (4600, 7, 0.2), (4100, 0, 0.2), (4100, 7, 1)]
)
def test_figures_that_make_no_sawtooth_are_refused(
    start: float, factor: float, share: float
) -> None:
    with pytest.raises(InputError, match="sawtooth needs"):
        with_sawtooth(system("neukum1983").chronology, start, factor, share)


def test_spike_adds_its_density_to_older_ground_alone() -> None:
    base = system("neukum1983").chronology
    late = with_spike(base, 3900.0, 20.0, 0.02)
    assert late.n1(3700.0) == pytest.approx(base.n1(3700.0))
    assert late.n1(4100.0) - base.n1(4100.0) == pytest.approx(0.02, rel=1e-6)
    ages = np.linspace(0, 4500, 4501)
    assert np.abs(late.age(late.n1(ages)) - ages).max() < KA
    with pytest.raises(InputError, match="width"):
        with_spike(base, 3900.0, 0.0, 0.02)


@given(
    a=st.floats(1e-30, 1e-12), b=st.floats(2, 8), c=st.floats(1e-5, 1e-2),
    power=st.floats(0.2, 2), tau=st.floats(0.005, 0.5), age=st.floats(0, 4500),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_piecewise_chronology_is_inverted(
    a: float, b: float, c: float, power: float, tau: float, age: float
) -> None:
    made = Chronology(
        "x", "x",
        (
            Term("exponential", 0.0, 4.0, a=a, b=b, c=c),
            Term("stretched", 4.0, 4.5, a=1e-2, c=c, origin=4.5, tau=tau, power=power),
        ),
    )  # fmt: skip
    n1 = made.n1(age)
    back = float(made.age(n1))
    assert back == pytest.approx(age, abs=KA) or made.n1(back) == pytest.approx(n1, rel=1e-14)


# -- production ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", production_functions())
def test_production_falls_and_its_forms_agree(name: str) -> None:
    production = production_functions()[name]
    d = np.geomspace(production.d_min_km * 1.2, production.d_max_km / 1.2, 301)
    n = production.relative(d)
    assert (np.diff(n) < 0).all()
    assert float(production.relative(1.0)) == pytest.approx(1.0)
    assert production.diameter(n) == pytest.approx(d, rel=1e-9)
    for low, high in ((0.02, 0.05), (0.5, 2.0), (5.0, 40.0)):
        area, _ = integrate.quad(
            lambda x: float(production.differential(x)), low, high, epsrel=1e-9, limit=500
        )
        assert area == pytest.approx(float(production.between(low, high)), rel=1e-5)
    assert production.r_value(d) == pytest.approx(d**3 * production.differential(d))


def test_hartmanns_histogram_is_returned_bin_by_bin() -> None:
    # the table of Hartmann in Michael (2013): the bin of index 13 begins at 1 km
    production = production_functions()["hartmann2010"]
    bins = np.array([0.5, 1.0, 2.0, 16.0])
    got = production.hartmann(bins * 2**0.25)
    index_half, index_one = 11, 13  # bins that begin at 0.5 and 1 km
    figures = [
        3.66e4, 9.87e3, 2.63e3, 6.99e2, 1.86e2, 4.98e1, 1.33e1, 3.49, 9.40e-1, 2.50e-1, 6.65e-2,
        1.76e-2, 4.69e-3, 1.25e-3, 4.73e-4, 2.53e-4, 1.36e-4, 7.26e-5, 3.90e-5, 2.08e-5, 1.12e-5,
        5.98e-6, 3.21e-6, 1.72e-6, 9.22e-7, 3.80e-7, 1.50e-7,
    ]  # fmt: skip
    assert got[0] / got[1] == pytest.approx(figures[index_half] / figures[index_one], rel=1e-9)
    assert got[3] / got[1] == pytest.approx(figures[21] / figures[index_one], rel=1e-9)


def test_outside_the_range_a_density_is_missing_and_an_age_refused() -> None:
    production = system("neukum2001").production
    assert np.isnan(production.relative([0.001, 1000.0])).all()
    with pytest.raises(InputError, match=r"holds from 0\.01 to 300 km"):
        production.between(0.005, 1.0)
    with pytest.raises(InputError, match="smaller limit first"):
        production.between(1.0, 1.0)


def test_a_production_that_rises_is_refused() -> None:
    with pytest.raises(InputError, match="does not fall"):
        Production("x", "x", 0.01, 100.0, coefficients=(-3.0, 2.0))
    with pytest.raises(InputError, match="must hold 1 km"):
        Production("x", "x", 2.0, 100.0, coefficients=(-3.0,))


def test_a_chronology_that_falls_is_refused() -> None:
    with pytest.raises(InputError, match="does not rise"):
        Chronology("x", "x", (Term("exponential", 0, 4.5, c=1e-3, d=-2e-4),))


# -- systems by name -----------------------------------------------------------------------------


def test_unknown_system_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match=r"hartmann2010.*Did you mean 'neukum1983'"):
        system("neukum1984")


def test_second_hand_figures_are_visible() -> None:
    verified = {name for name in system_names() if system(name).verified}
    assert verified == {"neukum1983", "neukum2001", "hartmann2010", "yue2022", "farside-2026"}


def test_epochs_cover_all_ages_once() -> None:
    for scale in ("wilhelms1987", "guo2024"):
        rows = epochs(scale)
        assert rows[0][1] == 0
        assert np.isinf(rows[-1][2])
        assert [r[2] for r in rows[:-1]] == [r[1] for r in rows[1:]]
    assert epoch_of(3820.0) == "Early Imbrian"  # Wilhelms (1987): Imbrium 3.85, Orientale 3.8 Ga
    with pytest.raises(InputError):
        epoch_of(-1.0)


def test_trask_equilibrium_at_100_m() -> None:
    # 10^-1.1 D^-2: eight craters per km2 of at least 0.1 km
    assert equilibria()["trask1966"].cumulative(0.1) == pytest.approx(7.94, abs=0.005)


TOML = """
[production.steep]
range_km = [0.01, 100]
coefficients = [-3.0, -3.5]
[production.table]
range_km = [0.1, 10]
diameters_km = [0.1, 1, 10]
cumulative = [1e3, 1.0, 1e-2]
[chronology.line]
terms = [{form = "exponential", c = 1e-3}]
[chronology.late]
terms = [{form = "exponential", a = 5e-14, b = 6.9, c = 8e-4},
         {form = "spike", a = 0.02, origin = 3.9, tau = 0.03}]
[chronology.stepped]
base = "yue2022"
sawtooth = {start_ga = 4.0, factor = 8, share = 0.3}
[chronology.peaked]
base = "neukum1983"
spike = {at_ga = 3.9, sigma_ga = 0.03, n1 = 0.02}
[system.stepped]
production = "steep"
chronology = "stepped"
[system.peaked]
production = "steep"
chronology = "peaked"
[system.mine]
production = "steep"
chronology = "line"
[system.other]
production = "table"
chronology = "late"
[system.mixed]
production = "neukum2001"
chronology = "yue2022"
"""


def test_systems_of_a_users_toml(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TOML)
    own = load_systems(path)
    assert float(own["mine"].chronology.age(1.5e-3)) == pytest.approx(1500.0)
    assert float(own["mine"].production.relative(0.1)) == pytest.approx(10**3.5)
    assert float(own["other"].production.relative(np.sqrt(10))) == pytest.approx(0.1)
    assert own["mixed"].chronology.n1(3000.0) == system("yue2022").chronology.n1(3000.0)
    stepped, peaked = own["stepped"].chronology, own["peaked"].chronology
    assert float(stepped.n1(4000.0) / stepped.n1(4500.0)) == pytest.approx(0.3)
    assert stepped.n1(3000.0) == pytest.approx(system("yue2022").chronology.n1(3000.0))
    late = peaked.n1(4200.0) - system("neukum1983").chronology.n1(4200.0)
    assert float(late) == pytest.approx(0.02)
    assert find_system("mine", path).name == "mine"
    with pytest.raises(UnknownNameError, match=r"mine.*neukum1983"):
        find_system("nine", path)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "[system.a]\nproduction='neukum1983'",
        "[system.a]\nproduction='p'\nchronology='c'",
        "[system]\na = 1", TOML.replace("c = 1e-3", "c = -1e-3"), TOML.replace("c = 1e-3", "e = 1"),
        TOML.replace('form = "exponential", c', 'form = "line", c'), TOML.replace("1e3,", ""),
        TOML.replace("[0.1, 1, 10]", "[1, 0.1, 10]"), TOML.replace("[-3.0, -3.5]", "['a']"),
        TOML.replace("tau = 0.03", "tau = 0"), TOML.replace('base = "yue2022"', 'base = "nope"'),
        TOML.replace("factor = 8", "factr = 8"), TOML.replace("spike = {at_ga", "spike = {age_ga"),
        TOML.replace("share = 0.3", "share = 3"),
    ],
)  # fmt: skip
def test_a_bad_toml_says_what_is_wrong(text: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(FarsideError):
        load_systems(path)
