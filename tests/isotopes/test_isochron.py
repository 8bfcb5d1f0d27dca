"""Isochrons against IsoplotR 6.8.5 and exact relations, and what is flagged or refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from farside.datasets.isotopes import load_reference_isochron
from farside.errors import InputError, UnknownNameError
from farside.isotopes.decay import PRESETS, preset
from farside.isotopes.isochron import isochron
from farside.isotopes.points import Points, make_points
from farside.isotopes.systems import SYSTEMS, age, radiogenic_lead, system
from farside.provenance import cite

ORIGINALS = Path(__file__).resolve().parents[3] / "shared" / "data" / "reference" / "isochrons"


def reference(name: str) -> Points:
    table = load_reference_isochron(name)
    rho = table["rho"].fillna(0.0)
    return make_points(table["x"], table["x_1s"], table["y"], table["y_1s"], rho)


def ideal(name: str, age_ma: float, initial: float = 0.7) -> Points:
    """Return points without scatter on the isochron of an age."""
    rates = preset()
    if name == "pb-pb":
        x = np.linspace(20.0, 400.0, 6)
        y = 12.0 + radiogenic_lead(age_ma, rates) * (x - 20.0)
    elif name == "pb-pb-inverse":
        x = np.linspace(1e-3, 0.03, 6)
        y = radiogenic_lead(age_ma, rates) + 3.0 * x
    else:
        branch = rates.branch.value if name == "k-ca" else 1.0
        initial = {"k-ca": 47.0, "sm-nd": 0.508}.get(name, initial)
        slope = branch * np.expm1(rates.rates[system(name).nuclides[0]].value * age_ma * 1e6)
        x = np.linspace(0.1, 0.4, 6)
        y = initial + slope * x
    return make_points(x, 1e-3 * x, y, 1e-5 * y)


# -- marks -------------------------------------------------------------------------------------


def test_lunar_rb_sr_table_as_isoplotr_dates_it() -> None:
    found = isochron(reference("RbSr1"), "rb-sr")
    assert found.age.value == pytest.approx(4498.718, abs=5e-4)
    assert found.age.internal == pytest.approx(39.03, abs=5e-3)
    assert found.initial == pytest.approx(0.69915146, abs=5e-9)
    assert found.mswd == pytest.approx(1.2316, abs=5e-5)


def test_k_ca_table_as_isoplotr_dates_it_though_mswd_is_below_1() -> None:
    found = isochron(reference("KCa1"), "k-ca")
    assert found.age.value == pytest.approx(821.153, abs=5e-4)
    assert found.age.internal == pytest.approx(31.28, abs=5e-3)
    assert found.mswd < 1
    assert not found.scaled
    for model in ("2", "3", "robust"):
        other = isochron(reference("KCa1"), "k-ca", model=model)
        assert abs(other.age.value - found.age.value) < 3 * found.age.internal


def test_radiogenic_lead_of_2830_ma() -> None:
    assert radiogenic_lead(2830.0, preset()) == pytest.approx(0.2005569, abs=5e-8)


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the original tables are not here")
@pytest.mark.parametrize("name", ["RbSr1", "KCa1", "LudwigMean"])
def test_table_that_ships_is_the_original(name: str) -> None:
    original = np.genfromtxt(ORIGINALS / f"{name}.csv", delimiter=",", skip_header=1)
    shipped = load_reference_isochron(name).to_numpy(dtype=float)
    np.testing.assert_array_equal(shipped[:, : original.shape[1]], original)


def test_unknown_reference_table_is_named() -> None:
    with pytest.raises(UnknownNameError, match="RbSr1"):
        load_reference_isochron("RbSr")


# -- ages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SYSTEMS))
@pytest.mark.parametrize("age_ma", [500.0, 2830.0, 4300.0])
def test_age_comes_back(name: str, age_ma: float) -> None:
    found = isochron(ideal(name, age_ma), name)
    assert found.age.value == pytest.approx(age_ma, rel=1e-7)
    low, high = found.age_95
    assert low < age_ma < high


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_errors_of_ages_are_those_of_a_small_change(name: str) -> None:
    of, rates = system(name), preset()
    at = radiogenic_lead(3000.0, rates) if "pb" in name else 0.03
    step = 1e-7
    low, high = (age(at + s * step, step, of, rates).value for s in (-1, 1))
    assert age(at, step, of, rates).internal == pytest.approx((high - low) / 2, rel=1e-4)


def test_external_error_of_lead_is_the_scatter_of_drawn_constants() -> None:
    from dataclasses import replace  # noqa: PLC0415

    rng = np.random.default_rng(0)
    rates, of = preset(), system("pb-pb")
    at = radiogenic_lead(2830.0, rates)
    drawn = []
    for _ in range(400):
        new = {
            key: replace(rate, value=rate.value + rate.sigma * rng.normal())
            for key, rate in rates.rates.items()
        }
        u = replace(rates.u_ratio, value=rates.u_ratio.value + rates.u_ratio.sigma * rng.normal())
        drawn.append(age(at, 0.0, of, replace(rates, rates=new, u_ratio=u)).value)
    assert age(at, 0.0, of, rates).external == pytest.approx(np.std(drawn), rel=0.12)


def test_decay_constants_scale_the_age() -> None:
    points = reference("RbSr1")
    new, old = (isochron(points, "rb-sr", constants=name) for name in ("villa2015", "steiger1977"))
    assert old.age.value / new.age.value == pytest.approx(1.3972 / 1.42, rel=1e-12)
    assert old.age_95_external is None  # the convention states no error
    assert new.age_95_external is not None
    assert new.age_95_external[0] < new.age_95[0]
    assert new.age_95_external[1] > new.age_95[1]
    share = preset("villa2015").rates["Rb87"]
    assert new.age.external == pytest.approx(new.age.value * share.sigma / share.value)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_cite_papers_and_have_half_lives_as_published(name: str) -> None:
    rates = preset(name)
    assert len(cite(*rates.references("Rb87", "Sm147", "K40", "U238", "U235"))) >= 3
    half = {key: np.log(2) / rate.value / 1e9 for key, rate in rates.rates.items()}
    assert half["U238"] == pytest.approx(4.4683, rel=1e-4)  # Ga
    assert half["U235"] == pytest.approx(0.70381, rel=1e-4)
    assert half["Rb87"] == pytest.approx({"steiger1977": 48.8}.get(name, 49.65), rel=3e-3)
    assert half["Sm147"] == pytest.approx(106.1, rel=3e-3)
    assert half["K40"] == pytest.approx(1.2515, rel=3e-3)


# -- influence ---------------------------------------------------------------------------------


def test_influence_is_the_age_without_the_point() -> None:
    points = reference("RbSr1")
    whole = isochron(points, "rb-sr")
    for i in (0, 7, 14):
        keep = np.arange(len(points)) != i
        parts = (points.x, points.sx, points.y, points.sy, points.rho)
        part = isochron(make_points(*(p[keep] for p in parts)), "rb-sr")
        assert whole.influence[i] == pytest.approx(part.age.value - whole.age.value, abs=1e-6)


# -- output ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["1", "2", "3", "robust"])
def test_result_prints_and_is_json(model: str) -> None:
    found = isochron(reference("RbSr1"), "rb-sr", model=model)
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["age_ma"] == pytest.approx(found.age.value)
    assert content["initial_name"] == "87Sr/86Sr"
    text = str(found)
    for word in ("internal", "decay constants", "MSWD", "95 %", "https://doi.org/"):
        assert word in text


# -- flags and refusals ------------------------------------------------------------------------


def test_scatter_is_flagged_and_widens_the_interval() -> None:
    points = reference("RbSr1")
    tight = make_points(points.x, points.sx / 5, points.y, points.sy / 5)
    found = isochron(tight, "rb-sr")
    assert any("scatter more" in flag for flag in found.flags)
    assert found.age_scatter == pytest.approx(found.age.internal * np.sqrt(found.mswd))
    plain = isochron(points, "rb-sr")
    # t of 15 degrees of freedom, 2.1314, and the root of the MSWD in the place of 1.96
    grown = (found.age_95[1] - found.age_95[0]) / (plain.age_95[1] - plain.age_95[0])
    assert grown == pytest.approx(2.13145 / 1.95996 * np.sqrt(plain.mswd), rel=1e-4)


def test_too_little_scatter_is_flagged() -> None:
    assert any("scatter less" in flag for flag in isochron(ideal("rb-sr", 3000.0), "rb-sr").flags)


def test_older_than_the_solar_system_is_flagged() -> None:
    flags = isochron(ideal("rb-sr", 5200.0), "rb-sr").flags
    assert any("older than the solar system" in flag for flag in flags)


def test_a_cloud_has_no_age_and_says_so() -> None:
    cloud = make_points([0.10, 0.13, 0.11, 0.16], 0.001, [0.702, 0.701, 0.700, 0.702], 0.01)
    flags = isochron(cloud, "rb-sr").flags
    assert any("no different from 0" in flag for flag in flags)


def test_exchanged_ratios_are_refused() -> None:
    points = reference("RbSr1")
    turned = make_points(points.y, points.sy, points.x, points.sx)
    with pytest.raises(InputError, match="exchanged"):
        isochron(turned, "rb-sr")


def test_epsilon_in_the_place_of_a_ratio_is_refused() -> None:
    points = ideal("sm-nd", 4000.0)
    with pytest.raises(InputError, match="143Nd/144Nd"):
        isochron(make_points(points.x, points.sx, points.y * 20, points.sy), "sm-nd")


def test_normal_lead_taken_as_inverse_is_refused() -> None:
    with pytest.raises(InputError, match="207Pb/206Pb"):
        isochron(ideal("pb-pb", 2800.0), "pb-pb-inverse")


def test_a_falling_line_has_a_negative_age_and_a_flag_or_none() -> None:
    points = ideal("rb-sr", 3000.0)
    falling = make_points(points.x, points.sx, points.y[::-1].copy(), points.sy)
    assert any("negative" in flag for flag in isochron(falling, "rb-sr").flags)
    steep = make_points(points.x, points.sx, 5.0 - 4.0 * points.x, points.sy)
    with pytest.raises(InputError, match="no age"):
        isochron(steep, "rb-sr")


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"name": "rbsr"}, "rb-sr"),
        ({"model": "4"}, "robust"),
        ({"constants": "villa"}, "villa2015"),
    ],
)
def test_unknown_names_are_answered_with_the_known(kwargs: dict[str, str], words: str) -> None:
    options = {"name": "rb-sr", **kwargs}
    with pytest.raises(UnknownNameError, match=words):
        isochron(reference("RbSr1"), options.pop("name"), **options)  # type: ignore[arg-type]
