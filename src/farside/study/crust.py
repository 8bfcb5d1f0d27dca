"""Crust and volcanism: whether a thicker crust kept mare off the far side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farside.datasets import load_cells_5deg
from farside.geography import in_spa
from farside.interior.crust import cell_thickness
from farside.interior.volcanism import mare_test
from farside.study._published import claimed
from farside.study.finding import Finding, Part, Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from farside.interior.volcanism import MareTest

MOST = Statement(low=0.5)
"""Thickness explains most of the deficit."""
TOO_MUCH = Statement(high=0.1)
"""The rule foretells at most a tenth of the ground too much as mare; our choice."""
THICKER_KM = 15.0
"""Added to the crust of the basin to see what an error of isostasy would change; our choice, more
than half of what the basin has."""
GIVEN = "input: crust"
GRID = "farside.interior.crust_grid.grid_thickness"
ISOSTASY = "farside.interior.crust.cell_thickness"
_WIDE = 3.919927969080108
"""Sigmas that a normal interval of 95 % is wide."""


def findings(
    _results: Mapping[str, Any], thickness_km: NDArray[np.float64] | None = None
) -> tuple[Finding, ...]:
    """Return the finding on thickness of the crust and mare.

    Parameters
    ----------
    thickness_km : of each cell, as of `farside.interior.crust_grid.grid_thickness`; by isostasy
        when left out
    """
    given = thickness_km is not None
    alone, heat = (mare_test(thickness_km=thickness_km, thorium=th) for th in (False, True))
    parts = (
        _explained(alone, "thickness", decides=True),
        _excess(alone, "SPA", "thickness", decides=True),
        _excess(alone, "far side outside SPA", "thickness", decides=False),
        _explained(heat, "thickness and thorium", decides=False),
        _excess(heat, "SPA", "thickness and thorium", decides=False),
        _excess(_thicker(thickness_km), "SPA",
                f"thickness, were the basin's crust {THICKER_KM:g} km thicker,", decides=False),
    )  # fmt: skip
    basin = alone.region("SPA")
    how = "as given" if given else "by isostasy"
    return (
        Finding(
            "crust-volcanism",
            "A thicker crust alone kept mare off the far side",
            "The far side has little mare because its crust is thicker, and for no other reason.",
            parts,
            "Learnt on the near side, thickness foretells the scarce mare of the far-side "
            f"highlands. But the basin's crust is {basin.thickness_km:.0f} km {how}, "
            f"and the same rule asks for mare over {100 * basin.predicted:.0f} % of it where "
            f"{100 * basin.observed:.0f} % is seen: thickness alone "
            "is not the cause, unless the basin's crust were thicker by more than half (beside). "
            "Thorium, for heat, stands beside as a second one; a poor source is "
            "not tested here.",
            "Crustal thickness from gravity instead of isostasy (give a grid with --crust), and "
            "buried basalt (cryptomare) in the basin, which is counted as none here.",
            ("farside.interior.volcanism.mare_test", GRID if given else ISOSTASY),
            ("cells_5deg", GIVEN if given else "crust_models"),
            ("wieczorek2013", "prettyman2006"),
            (
                *alone.notes,
                "intervals are of blocks drawn again; the probability takes them as normal",
            ),
        ),
    )


def _thicker(thickness_km: NDArray[np.float64] | None) -> MareTest:
    """Return the test with a thicker crust in the basin: what an error there would change."""
    cells = load_cells_5deg()
    km = cell_thickness(cells) if thickness_km is None else thickness_km
    return mare_test(thickness_km=km + THICKER_KM * in_spa(cells["lat"], cells["lon"]))


def _explained(test: MareTest, by: str, *, decides: bool) -> Part:
    low, high = test.explained_interval
    return Part(
        f"share of the far side's lack of mare that {by} explains",
        test.explained,
        low,
        high,
        "1",
        MOST,
        MOST.chance(test.explained, (high - low) / _WIDE),
        decides=decides,
        published=(claimed("thicker crust, less mare"),) if decides else (),
    )


def _excess(test: MareTest, region: str, by: str, *, decides: bool) -> Part:
    found = test.region(region)
    low, high = found.excess_interval
    excess = found.predicted - found.observed
    return Part(
        f"mare foretold by {by} less mare seen, {region}",
        excess,
        low,
        high,
        "1",
        TOO_MUCH,
        TOO_MUCH.chance(excess, (high - low) / _WIDE),
        decides=decides,
        note=f"share of the area; crust {found.thickness_km:.0f} km",
    )
