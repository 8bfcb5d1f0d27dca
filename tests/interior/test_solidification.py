"""Asymmetric solidification: masses kept, forward and backward agree, what thorium says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.datasets import load_cells_5deg
from farside.errors import InputError
from farside.geography.regions import near_side_fraction
from farside.interior.crust import cell_thickness, grail_crust
from farside.interior.geometry import DENSITY, RADIUS_KM, shell_volume
from farside.interior.magma_ocean import crystallise_ocean
from farside.interior.solidification import asymmetry, distribute
from farside.provenance import cite

if TYPE_CHECKING:
    from collections.abc import Callable

OCEAN = crystallise_ocean(4.6)
CELLS = load_cells_5deg()


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.0, 1.0), st.floats(20.0, 50.0), st.floats(20.0, 70.0), st.floats(0.0, 1.0)
)  # fmt: skip
def test_liquid_and_thorium_are_kept(share: float, near: float, far: float, mixed: float) -> None:
    sides = distribute(OCEAN, share, (near, far), mixed)
    liquid = DENSITY * float(shell_volume(OCEAN.depth_km)) * 0.005
    layer = sum(
        2 / 3 * np.pi * ((RADIUS_KM - h) ** 3 - (RADIUS_KM - h - k) ** 3)
        for h, k in zip(sides.crust_km, sides.urkreep_km, strict=True)
    )
    assert layer * DENSITY == pytest.approx(liquid)
    crust = sum(
        th * 2550.0 * float(shell_volume(h)) / 2
        for th, h in zip(sides.thorium, sides.crust_km, strict=True)
    )
    assert crust == pytest.approx(mixed * liquid * OCEAN.urkreep["Th"])


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_made_up_moon_gives_its_share_back(share: float) -> None:
    # thorium of a forward model, laid over the cells by side, mixed alike, without background
    km = cell_thickness(CELLS, grail_crust(1))
    near = near_side_fraction(CELLS)
    area = CELLS["area_km2"].to_numpy(float)
    crust = (float(np.average(km, weights=area * near)),
             float(np.average(km, weights=area * (1 - near))))  # fmt: skip
    made = distribute(OCEAN, share, crust, 1.0, background=0.3)
    table = CELLS.copy()
    # a cell on the limb belongs to one side here
    table["Th"] = np.where(near >= 0.5, made.thorium[0], made.thorium[1])
    table["Th_1s"] = 0.01
    found = asymmetry(OCEAN, table, scatter=0.1, draws=4000)
    assert found.share_near[0] - 0.03 < share < found.share_near[2] + 0.03


def test_most_of_the_last_liquid_is_on_the_near_side() -> None:
    # published for the Procellarum KREEP Terrane: 16 % of the surface, 40 % of the radioactive
    # elements (doi 10.3390/rs15071861, abstract, of Jolliff et al. 2000, doi 10.1029/1999JE001103)
    found = asymmetry(OCEAN)
    assert found.pkt_share == pytest.approx(0.40, abs=0.10)
    assert found.share_near[0] > 0.5
    assert found.chance_more_near > 0.95
    # 34-43 km and thicker far crust: Wieczorek et al. (2013), doi 10.1126/science.1231530
    assert 30 < found.crust_km[0] < found.crust_km[1] < 50


def test_less_known_mixing_widens_the_interval() -> None:
    narrow, wide = (asymmetry(OCEAN, scatter=s, draws=4000).share_near for s in (0.0, 1.0))
    assert wide[2] - wide[0] > 2 * (narrow[2] - narrow[0])
    assert narrow[1] == pytest.approx(wide[1], abs=0.03)


def test_the_basin_holds_far_side_thorium() -> None:
    with_basin, without = asymmetry(OCEAN), asymmetry(OCEAN, spa=False)
    assert without.thorium[1] < with_basin.thorium[1]
    assert without.share_near[1] > with_basin.share_near[1]


def test_prints_cites_and_repeats() -> None:
    found = asymmetry(OCEAN, draws=500)
    assert cite(*found.references)
    assert json.dumps(found.to_dict()) == json.dumps(asymmetry(OCEAN, draws=500).to_dict())
    assert "near side" in str(found)
    assert "near side" in str(distribute(OCEAN, 0.7, (34, 43), (0.5, 0.5)))


def test_what_cannot_be_is_refused() -> None:
    for share, crust, mixed in ((1.2, (34, 43), 1), (0.5, (-1, 43), 1), (0.5, (34, 43), 2)):
        with pytest.raises(InputError):
            distribute(OCEAN, share, crust, mixed)
    with pytest.raises(InputError, match="scatter"):
        asymmetry(OCEAN, scatter=-1)
    blank = CELLS.assign(Th=0.3)
    with pytest.raises(InputError, match="no solution"):
        asymmetry(OCEAN, blank)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: distribute(OCEAN, 0.5, (NAN, 40.0), 1.0), "crust of nan km"),
        (lambda: distribute(OCEAN, 0.5, (40.0, INF), 1.0), "crust of inf km"),
        (lambda: distribute(OCEAN, 0.5, (1730.0, 40.0), 1.0), "not fit under a crust of 1730 km"),
        (lambda: distribute(OCEAN, 0.5, (34.0, 43.0), 1.0, background=NAN), "background is nan"),
        (lambda: distribute(OCEAN, 0.5, (34.0, 43.0), 1.0, background=-0.1), "background is -0.1"),
        (lambda: distribute(OCEAN, 0.5, (34.0, 43.0), 1.0, crust_density=NAN), "density .* nan"),
        (lambda: distribute(OCEAN, NAN, (34.0, 43.0), 1.0), "near side is nan"),
        (lambda: asymmetry(OCEAN, CELLS, scatter=NAN), "scatter nan"),
        (lambda: asymmetry(OCEAN, CELLS, scatter=INF), "scatter inf"),
    ],
)
def test_numbers_that_are_none_are_refused(call: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        call()
