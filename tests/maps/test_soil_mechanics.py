"""Bearing capacity against printed factors, exact limits and the Sourcebook's own statement."""

from __future__ import annotations

import numpy as np
import pytest

from farside.errors import InputError, UnknownNameError
from farside.maps.soil_mechanics import (
    SOILS,
    bearing_capacity,
    bearing_factors,
    soil,
    ultimate_pressure,
)

# Vesic's factors as printed in tables of foundation engineering (geotechnicalinfo.com, after the
# Foundation Engineering Handbook): friction, N_c, N_q, N_gamma
VESIC = [
    (5, 6.5, 1.57, 0.45),
    (10, 8.35, 2.47, 1.22),
    (15, 10.98, 3.94, 2.65),
    (20, 14.83, 6.40, 5.39),
    (25, 20.72, 10.66, 10.88),
    (30, 30.14, 18.40, 22.40),
    (34, 42.16, 29.44, 41.06),
    (38, 61.35, 48.93, 78.03),
    (40, 75.31, 64.20, 109.41),
    (42, 93.71, 85.38, 155.6),
    (44, 118.4, 115.3, 224.6),
]


@pytest.mark.parametrize(("friction", "n_c", "n_q", "n_gamma"), VESIC)
def test_factors_of_the_printed_table(
    friction: float, n_c: float, n_q: float, n_gamma: float
) -> None:
    found = bearing_factors(friction)
    assert float(found.n_c) == pytest.approx(n_c, rel=0.005)
    assert float(found.n_q) == pytest.approx(n_q, rel=0.005)
    assert float(found.n_gamma) == pytest.approx(n_gamma, rel=0.01)


def test_clay_without_friction_has_prandtls_factor() -> None:
    # an exact limit: N_c = 2 + pi, N_q = 1, N_gamma = 0
    found = bearing_factors(0.0)
    assert float(found.n_c) == pytest.approx(2 + np.pi)
    assert float(found.n_q) == pytest.approx(1)
    assert float(found.n_gamma) == 0
    assert float(bearing_factors(0.01).n_c) == pytest.approx(2 + np.pi, rel=1e-3)


def test_hand_computed_footing() -> None:
    # phi = 30: N_c 30.14, N_q 18.40, N_gamma 22.40 (table above); 1.5 t/m3, 1 kPa, 2 m, 0.5 m deep
    weight = 1.5 * 1.62
    expected = (
        30.14 * (1 + 18.40 / 30.14)
        + weight * 0.5 * 18.40 * (1 + np.tan(np.radians(30)))
        + 0.5 * weight * 2 * 22.40 * 0.6
    )
    got = ultimate_pressure(1.5, 1.0, 30.0, width_m=2.0, depth_m=0.5)
    assert float(got) == pytest.approx(expected, rel=0.002)


def test_sourcebook_footing_is_higher_than_ours_as_its_factors_are() -> None:
    # the Sourcebook gives about 6000 kPa for a 1 m footing on intercrater soil, by the factors of
    # Durgunoglu and Mitchell (1975); the classical ones are known to give about 1300 kPa
    found = bearing_capacity("apollo 0-60 cm")
    assert found.value == pytest.approx(1300, rel=0.1)
    assert found.upper < 6000


def test_capacity_grows_with_each_property() -> None:
    base = float(ultimate_pressure(1.5, 0.5, 40))
    assert float(ultimate_pressure(1.6, 0.5, 40)) > base
    assert float(ultimate_pressure(1.5, 0.6, 40)) > base
    assert float(ultimate_pressure(1.5, 0.5, 41)) > base
    assert float(ultimate_pressure(1.5, 0.5, 40, width_m=2)) > base
    assert float(ultimate_pressure(1.5, 0.5, 40, depth_m=0.3)) > base


@pytest.mark.parametrize("name", [key for key, s in SOILS.items() if s.complete])
def test_interval_holds_the_value_and_lies_within_the_corners(name: str) -> None:
    one, found = soil(name), bearing_capacity(name)
    assert one.cohesion is not None
    assert one.friction is not None
    corners = [
        float(
            ultimate_pressure(
                getattr(one.density, end), getattr(one.cohesion, end), getattr(one.friction, end)
            )
        )
        for end in ("lower", "upper")
    ]
    assert corners[0] < found.lower < found.value < found.upper < corners[1]


def test_change_6_density_is_published_and_its_strength_is_not() -> None:
    found = soil("change-6")
    assert found.density.value == 0.983  # Li et al. 2024, abstract
    assert found.cohesion is None
    with pytest.raises(InputError, match="take one of apollo"):
        bearing_capacity("change-6")
    assert bearing_capacity("change-6 loose").value < bearing_capacity("apollo 0-15 cm").value


def test_impossible_input_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="change-6"):
        soil("chang-6")
    for bad in (-1, 60, float("nan")):
        with pytest.raises(InputError, match="friction"):
            bearing_factors(bad)
    with pytest.raises(InputError, match="density"):
        ultimate_pressure(1500, 1, 30)
    with pytest.raises(InputError, match="footing"):
        bearing_capacity("apollo 0-15 cm", width_m=0)
