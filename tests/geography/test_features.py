"""Named features against the gazetteer's own figures, landing sites and geometry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.datasets import load_missions, sidecar
from farside.datasets.features import load_features
from farside.errors import InputError, UnknownNameError
from farside.geography import great_circle_km
from farside.geography.features import (
    containing_features,
    feature,
    nearest_centre,
    nearest_feature,
)


def test_table_holds_the_approved_names_with_figures_in_range() -> None:
    table, about = load_features(), sidecar("features")
    # the original has 9116 rows, of which 64 are dropped and 45 not approved
    assert len(table) == about["rows"] == 9116 - 64 - 45
    assert table["name"].is_unique
    assert table["lat"].abs().max() < 90
    assert table["lon"].between(-180, 180).all()
    assert (table["diameter_km"].dropna() > 0).all()
    assert not table["name"].str.startswith("[").any()


@pytest.mark.parametrize(
    ("name", "diameter", "lat", "lon"),
    [
        # planetarynames.wr.usgs.gov as exported
        ("Tycho", 85.29, -43.30, -11.22),
        ("Tsiolkovskiy", 184.39, -20.38, 128.97),
        ("Apollo", 524.23, -35.69, -151.48),
        ("Schrodinger", 316.39, -74.73, 132.93),
        ("MARE MOSCOVIENSE", 275.57, 27.28, 148.12),
        ("von karman", 186.35, -44.45, 176.25),
    ],
)
def test_gazetteer_figures(name: str, diameter: float, lat: float, lon: float) -> None:
    found = feature(name)
    assert found.diameter_km == pytest.approx(diameter)
    assert (found.lat, found.lon) == pytest.approx((lat, lon))


@pytest.mark.parametrize(
    ("mission", "place"),
    [
        # where the agencies say that the missions landed
        ("Chang'e-4", "Von Kármán"),
        ("Chang'e-6", "Apollo"),
        ("Apollo 11", "Mare Tranquillitatis"),
        ("Luna 24", "Mare Crisium"),
        ("Luna 16", "Mare Fecunditatis"),
        ("Chang'e-5", "Oceanus Procellarum"),
        ("Chang'e-3", "Mare Imbrium"),
    ],
)
def test_landing_sites_lie_in_the_features_they_are_known_by(mission: str, place: str) -> None:
    row = load_missions().set_index("mission").loc[mission]
    names = [f.name for f in containing_features(row["lat"], row["lon"])]
    assert place in names


def test_smallest_crater_comes_first() -> None:
    # Von Kármán M is larger, overlaps Von Kármán and does not hold the lander
    assert nearest_feature(-45.4446, 177.5991).name == "Von Kármán"
    craters = [f for f in containing_features(-57.58, 174.77) if "crater" in f.type]
    sizes = [f.diameter_km or 0 for f in craters]
    assert sizes == sorted(sizes)
    assert craters[0].name == "Abbe"


def test_nearest_centre_agrees_with_a_search_through_all() -> None:
    table = load_features()
    large = table[table["diameter_km"] >= 1]
    rng = np.random.default_rng(1)
    for lat, lon in zip(rng.uniform(-90, 90, 10), rng.uniform(-180, 180, 10), strict=True):
        found = nearest_centre(lat, lon)
        all_distances = great_circle_km(lat, lon, large["lat"], large["lon"])
        assert found.distance_km == pytest.approx(all_distances.min())


@settings(max_examples=20, deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_turn_of_longitude_changes_nothing(lat: float, lon: float) -> None:
    if lon < 0:
        assert nearest_centre(lat, lon).name == nearest_centre(lat, lon + 360).name
    holding = containing_features(lat, lon)
    assert all(f.distance_km <= (f.diameter_km or 0) / 2 for f in holding)


def test_a_mistyped_name_is_met_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'Von Kármán'"):
        feature("Von Karmann")
    with pytest.raises(UnknownNameError, match="give coordinates"):
        feature("qqqqqqqq")


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (float("nan"), 0), (0, 361), (0, float("nan"))])
def test_points_off_the_moon_are_refused(lat: float, lon: float) -> None:
    with pytest.raises(InputError, match="degrees"):
        nearest_feature(lat, lon)
