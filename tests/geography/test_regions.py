"""Regions against places whose side and basin are known, and published shares of the surface."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.datasets import load_cells_5deg, load_missions
from farside.errors import InputError, UnknownNameError
from farside.geography import (
    SPA_INNER,
    SPA_OUTER,
    Ellipse,
    area_weights,
    in_spa,
    is_mare,
    is_near_side,
    near_side_fraction,
    straddles_limb,
    surface_unit,
    terrane,
)
from farside.provenance import cite

CELLS = load_cells_5deg()
WEIGHTS = area_weights(CELLS)


def mean(oxide: str, weights: np.ndarray) -> float:
    return float(np.average(CELLS[oxide], weights=weights))


@pytest.mark.parametrize(
    ("lon", "near"),
    [(0, True), (89.9, True), (90, False), (-90, False), (180, False), (206.0148, False),
     (350, True), (-359, True), (np.nan, False)],
)  # fmt: skip
def test_near_side(lon: float, near: bool) -> None:
    assert bool(is_near_side(lon)) is near


@given(st.floats(-720, 720))
def test_near_side_faces_the_earth(lon: float) -> None:
    outward = np.cos(np.radians(lon))
    if abs(outward) > 1e-9:
        assert bool(is_near_side(lon)) == (outward > 0)


def test_missions_are_on_their_side() -> None:
    missions = load_missions()
    near = np.where(is_near_side(missions["lon"]), "near", "far")
    assert list(near) == list(missions["side"])


def test_eight_cells_straddle_each_limb() -> None:
    for limb in (90, -90):
        assert ((CELLS["lon_min"] < limb) & (CELLS["lon_max"] > limb)).sum() == 8
    # the two caps are across both limbs
    assert straddles_limb(CELLS).sum() == 14
    caps = CELLS["lon_max"] - CELLS["lon_min"] == 360
    np.testing.assert_allclose(near_side_fraction(CELLS)[caps], 0.5)


def test_near_side_is_half_of_the_moon() -> None:
    assert (WEIGHTS * near_side_fraction(CELLS)).sum() == pytest.approx(0.5, abs=1e-12)


def test_near_side_fraction_refuses_other_bounds() -> None:
    with pytest.raises(InputError, match="180"):
        near_side_fraction(pd.DataFrame({"lon_min": [170.0], "lon_max": [190.0]}))


def test_near_side_composition() -> None:
    near = WEIGHTS * near_side_fraction(CELLS)
    assert mean("SiO2", near) == pytest.approx(42.2, abs=0.05)
    assert mean("FeO", near) == pytest.approx(10.0, abs=0.05)
    assert mean("TiO2", near) == pytest.approx(1.55, abs=0.01)


def test_south_pole_aitken_composition() -> None:
    disc = WEIGHTS * in_spa(CELLS["lat"], CELLS["lon"], region="circle")
    assert mean("SiO2", disc) == pytest.approx(45.9, abs=0.05)
    assert 8.9 <= round(mean("FeO", disc), 1) <= 9.0
    assert mean("TiO2", disc) == pytest.approx(0.65, abs=0.02)


@pytest.mark.parametrize("region", ["outer", "inner", "circle"])
def test_landing_sites_of_the_far_side_are_in_the_basin(region: str) -> None:
    missions = load_missions().set_index("mission")
    inside = in_spa(missions["lat"], missions["lon"], region=region)
    assert set(missions.index[inside]) == {"Chang'e-4", "Chang'e-6"}


def test_basin_leaves_out_moscoviense_and_takes_in_apollo() -> None:
    names = {"Apollo": (-36.1, 208.3), "Ingenii": (-33.7, 163.5), "Moscoviense": (27.3, 147.9)}
    inside = {name: bool(in_spa(*where)) for name, where in names.items()}
    assert inside == {"Apollo": True, "Ingenii": True, "Moscoviense": False}


@pytest.mark.parametrize("shape", [SPA_OUTER, SPA_INNER])
def test_ellipse_is_tilted_to_the_north_west(shape: Ellipse) -> None:
    # points at the same distance north-west (along the major axis) and north-east of the centre
    step = np.degrees(0.9 * shape.semi_major_km / 1737.151)
    along, across = (
        _destination(shape.lat, shape.lon, step, bearing)
        for bearing in (-shape.tilt_deg, 90 - shape.tilt_deg)
    )
    assert bool(shape.contains(*along))
    assert not bool(shape.contains(*across))


def _destination(lat: float, lon: float, step: float, bearing: float) -> tuple[float, float]:
    p, c, b = np.radians([lat, step, bearing])
    there = np.arcsin(np.sin(p) * np.cos(c) + np.cos(p) * np.sin(c) * np.cos(b))
    turn = np.arctan2(np.sin(b) * np.sin(c) * np.cos(p), np.cos(c) - np.sin(p) * np.sin(there))
    return float(np.degrees(there)), float(lon + np.degrees(turn))


def test_ellipses_scale_as_the_paper_says() -> None:
    # abstract of Garrick-Bethell & Zuber 2009: axes 2400 by 2050 km, 53 S, 191 E; the outer
    # semi-minor axis is about the square root of 2 times that of the main one
    assert (2 * SPA_OUTER.semi_major_km, 2 * SPA_OUTER.semi_minor_km) == (2400, 2050)
    assert SPA_OUTER.semi_minor_km / SPA_INNER.semi_minor_km == pytest.approx(2**0.5, rel=0.02)
    assert cite(SPA_OUTER.reference)[0].doi == "10.1016/j.icarus.2009.05.032"


def test_area_of_the_basin_cells() -> None:
    # the plane ellipse is 10.2 % of the sphere; projection takes off a little
    plane = np.pi * 1200 * 1025 / (4 * np.pi * 1737.151**2)
    share = WEIGHTS[in_spa(CELLS["lat"], CELLS["lon"])].sum()
    assert share == pytest.approx(plane, rel=0.05)


def test_unknown_region_is_named() -> None:
    with pytest.raises(UnknownNameError, match="inner"):
        in_spa(0, 0, region="iner")


def test_terranes_cover_what_is_published() -> None:
    names = terrane(CELLS)
    share = {name: WEIGHTS[names == name].sum() for name in ("PKT", "SPAT", "FHT")}
    assert sum(share.values()) == pytest.approx(1)
    # the PKT covers 16 % of the surface (abstract of Remote Sensing 2023, 15, 1861)
    assert share["PKT"] == pytest.approx(0.16, abs=0.02)
    assert share["FHT"] > share["PKT"] + share["SPAT"]
    assert is_near_side(CELLS["lon"][names == "PKT"]).all()


def test_surface_units() -> None:
    names = surface_unit(CELLS)
    # mare cover 17 % of the Moon (Head 1976), two thirds of it or more on the near side
    mare = WEIGHTS[names == "mare"].sum()
    assert mare == pytest.approx(0.17, abs=0.03)
    near = WEIGHTS[(names == "mare") & is_near_side(CELLS["lon"])].sum()
    assert near / mare > 2 / 3
    assert set(names) == {"mare", "SPA", "highland"}
    assert not is_mare(CELLS)[CELLS["mare_fraction"].isna()].any()


def test_missing_columns_and_values_are_named() -> None:
    with pytest.raises(InputError, match="mare_fraction"):
        is_mare(CELLS.drop(columns="mare_fraction"))
    holes = CELLS.assign(Th=np.nan)
    with pytest.raises(InputError, match="1790 of 1790"):
        terrane(holes)
