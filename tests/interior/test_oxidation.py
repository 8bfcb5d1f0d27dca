"""Oxygen buffers and gases: other programs, measurements, tables and exact relations.

Published figures: the buffers of Frost (1991, doi 10.1515/9781501508684-004) as PetroBuffer 0.0.1
gives them, against the measurements of Myers and Eugster (1983, doi 10.1007/BF00371177); the state
of the lunar mantle (Wadhwa 2008, doi 10.2138/rmg.2008.68.17); the hematite of Chang'e-6 (Liu et al.
2025, doi 10.1126/sciadv.ady5169); maghemite over hematite (Laberty and Navrotsky 1998; Majzlan et
al. 2003, doi 10.2138/am-2003-5-614).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.constants import R

from farside.errors import InputError, UnknownNameError
from farside.interior.oxidation import (
    BUFFERS,
    HEMATITE_C,
    buffer_fo2,
    buffer_map,
    gas_fo2,
    maghemite_fo2,
    oxidation_gap,
    pure_gas_fo2,
    ratio_needed,
    stable_phase,
)
from farside.provenance import cite

if TYPE_CHECKING:
    from collections.abc import Callable

CELSIUS = st.floats(570, 1090)


@pytest.mark.parametrize(
    ("name", "celsius", "bar", "published"),
    [
        ("IW", 600, 1, -24.780563),
        ("IW", 1000, 1000, -14.846172),
        ("WM", 700, 1, -20.700172),
        ("WM", 1000, 1000, -12.691242),
        ("FMQ", 600, 1, -20.007255),
        ("FMQ", 1000, 1, -10.976974),
        ("MH", 600, 1, -14.840596),
        ("MH", 700, 1, -11.851700),
        ("MH", 1000, 1000, -5.613715),
    ],
)
def test_buffers_are_those_of_petrobuffer(
    name: str, celsius: float, bar: float, published: float
) -> None:
    assert float(buffer_fo2(name, celsius, bar)) == pytest.approx(published, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "celsius"), [("IW", 1000), ("WM", 1100), ("FMQ", 900), ("MH", 1080)]
)
def test_compilation_agrees_with_measurements(name: str, celsius: float) -> None:
    compiled = float(buffer_fo2(name, celsius))
    measured = float(buffer_fo2(name, celsius, source="myers1983"))
    assert compiled == pytest.approx(measured, abs=0.3)


@given(CELSIUS)
def test_buffers_keep_their_order(celsius: float) -> None:
    lines = [float(buffer_fo2(name, celsius)) for name in BUFFERS]
    assert lines == sorted(lines)
    assert float(maghemite_fo2(celsius)) > lines[-1]


def test_ranges_of_a_buffer_meet() -> None:
    # the published rows of MH leave a step of 0.11 at 682 degC
    for edge, name, step in ((573.0, "MH", 0.02), (682.0, "MH", 0.12), (573.0, "FMQ", 0.02)):
        below, above = buffer_fo2(name, [edge - 1e-6, edge + 1e-6])
        assert below == pytest.approx(above, abs=step)


def test_phases_between_the_buffers() -> None:
    for celsius in (600.0, 800.0, 1000.0):
        iw, wm, _, mh = (float(buffer_fo2(name, celsius)) for name in BUFFERS)
        between = [iw - 1, (iw + wm) / 2, (wm + mh) / 2, mh + 1]
        assert stable_phase(celsius, between).tolist() == [
            "iron",
            "wustite",
            "magnetite",
            "hematite",
        ]


# -- gas ---------------------------------------------------------------------------------------


def test_equal_gases_at_1000_kelvin() -> None:
    # JANAF: formation of water -192.590 kJ/mol, so log fO2 = 2 (-192590) / (R T ln 10)
    expected = -2 * 192590 / (R * 1000 * np.log(10))
    assert float(gas_fo2(726.85, 1.0)) == pytest.approx(expected, abs=1e-9)


def test_the_water_gas_shift_joins_both_gases() -> None:
    # CO + H2O = CO2 + H2 is at balance (K = 1) near 1100 K: known as about 820 to 830 degC
    celsius = np.linspace(700, 1000, 301)
    gap = gas_fo2(celsius, 1.0, "H2O/H2") - gas_fo2(celsius, 1.0, "CO2/CO")
    balance = celsius[np.abs(gap).argmin()]
    assert 800 < balance < 850


@given(CELSIUS, st.sampled_from(["H2O/H2", "CO2/CO"]), st.sampled_from(["IW", "MH"]))
def test_the_ratio_needed_makes_the_buffer(celsius: float, pair: str, buffer: str) -> None:
    ratio = float(ratio_needed(celsius, buffer, pair))
    assert float(gas_fo2(celsius, ratio, pair)) == pytest.approx(float(buffer_fo2(buffer, celsius)))


@given(CELSIUS, st.floats(1e-3, 1e3), st.sampled_from(["H2O/H2", "CO2/CO"]))
def test_pure_gas_is_in_balance_with_what_it_makes(celsius: float, bar: float, pair: str) -> None:
    log_oxygen = pure_gas_fo2(celsius, bar, pair)
    # two reduced molecules for each of oxygen
    share = 10**log_oxygen / bar
    x = 2 * share / (1 - share)
    assert float(gas_fo2(celsius, (1 - x) / x, pair)) == pytest.approx(log_oxygen, abs=1e-6)


def test_steam_alone_reaches_hematite_and_a_trace_of_hydrogen_undoes_it() -> None:
    for celsius in HEMATITE_C:
        assert pure_gas_fo2(celsius) > float(buffer_fo2("MH", celsius))
        assert float(gas_fo2(celsius, 1000.0)) < float(buffer_fo2("MH", celsius))


# -- the Moon ----------------------------------------------------------------------------------


def test_gap_from_the_lunar_mantle() -> None:
    for celsius in np.linspace(*HEMATITE_C, 4):
        gap = oxidation_gap(float(celsius))
        # Wadhwa: mantle at IW - 1, basalts from IW to IW - 2
        assert gap.source == pytest.approx(gap.iw - 1)
        assert gap.excess_range == pytest.approx((gap.excess - 1, gap.excess + 1))
        assert stable_phase(celsius, gap.source) == "iron"
        assert stable_phase(celsius, gap.source + gap.excess + 0.01) == "hematite"
        # far above what a planet's rocks span, 10 log units and more
        assert 10 < gap.excess < 11


def test_maghemite_costs_its_enthalpy() -> None:
    # formation at 298 K: -727.9 (maghemite, Majzlan) and -744.4 kJ/mol (hematite, as quoted there
    # and elsewhere) differ by 16.5 +- 2.4, within which lie the 15.3 taken
    raised = float(maghemite_fo2(800.0) - buffer_fo2("MH", 800.0))
    energy = raised * R * 1073.15 * np.log(10) / 6000
    assert energy == pytest.approx(744.4 - 727.9, abs=2.4)
    assert maghemite_fo2(800.0, 0.0) == pytest.approx(buffer_fo2("MH", 800.0))


def test_map_has_all_lines() -> None:
    lines = buffer_map([600.0, 800.0, 1000.0])
    assert list(lines.columns) == [*BUFFERS, "maghemite", "mantle", "steam", "carbon dioxide"]
    assert lines.notna().all().all()
    assert (lines.diff().iloc[1:] > 0).all().all()


def test_results_go_to_json() -> None:
    gap = oxidation_gap(850.0)
    assert json.loads(json.dumps(gap.to_dict()))["temperature_c"] == 850
    assert "hematite" in str(gap)


def test_bad_input_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        buffer_fo2("NNO", 1000)
    with pytest.raises(UnknownNameError):
        buffer_fo2("IW", 1000, source="memory")
    with pytest.raises(UnknownNameError):
        gas_fo2(900, 1.0, "SO2/S2")
    for celsius in (400, 1300, float("nan")):
        with pytest.raises(InputError):
            buffer_fo2("IW", celsius)
    assert np.isfinite(buffer_fo2("IW", 400, extrapolate=True))
    with pytest.raises(InputError, match="1 bar"):
        buffer_fo2("IW", 1000, 100.0, source="myers1983")
    with pytest.raises(InputError):
        buffer_fo2("IW", 1000, -1.0)
    with pytest.raises(InputError):
        gas_fo2(900, 0.0)
    with pytest.raises(InputError):
        gas_fo2(300, 1.0)
    with pytest.raises(InputError):
        pure_gas_fo2(900, 0.0)
    with pytest.raises(InputError):
        maghemite_fo2(800, -1.0)
    with pytest.raises(InputError):
        stable_phase(500, -20.0)


def test_works_can_be_cited() -> None:
    keys = ("frost1991", "myers1983", "wadhwa2008", "liu2025", "laberty1998", "chase1998")
    assert len(cite(*keys)) == len(keys)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: stable_phase(800.0, float("nan")), "fO2 is nan"),
        (lambda: stable_phase(800.0, [-20.0, float("inf")]), "fO2 is inf"),
        (lambda: pure_gas_fo2(800.0, float("inf")), "inf bar; give a finite"),
        (lambda: pure_gas_fo2(800.0, 1e-60), "1e-60 bar at 800 degC; .* from 1e-"),
        (lambda: pure_gas_fo2(800.0, 1e300), r"1e\+300 bar"),
        (lambda: pure_gas_fo2(800.0, float("nan")), "nan"),
    ],
)
def test_numbers_that_are_none_are_refused(call: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        call()
