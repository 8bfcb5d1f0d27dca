"""Six figures against pictures, as a person approved them.

A baseline is remade with ``python tests/looks/drawn.py NAME`` and looked at before it is committed.
"""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import matplotlib as mpl
import pytest
from drawn import BASELINE, COMPARED, write
from matplotlib.testing.compare import compare_images

from farside import style
from farside.maps import globe

PINS = (Path(__file__).parents[2] / "constraints.txt").read_text("utf-8").splitlines()
PINNED = next(line.removeprefix("matplotlib==") for line in PINS if line.startswith("matplotlib=="))
release = pytest.mark.skipif(
    mpl.__version__ != PINNED,
    reason=f"pictures are of matplotlib {PINNED} and the FreeType in it, as constraints.txt pins",
)
TOLERANCE = 0.8
"""Root mean square difference of the pixels, of 255. With the release that is pinned a figure comes
out the same but for the rounding of curves and fits; a grid in white gives 1 and more."""

LARGEST = 60_000
"""Bytes of a baseline."""


def difference(name: str, drawn: Path) -> float:
    """Return how far a picture is from the baseline."""
    found = compare_images(str(BASELINE / f"{name}.png"), str(drawn), 0, in_decorator=True)
    return float(found["rms"]) if found else 0.0


@release
@pytest.mark.parametrize("name", COMPARED)
def test_figure_looks_as_it_was_approved(name: str, tmp_path: Path) -> None:
    write(name, tmp_path / f"{name}.png")
    assert difference(name, tmp_path / f"{name}.png") <= TOLERANCE


@release
@pytest.mark.parametrize("name", COMPARED)
def test_a_small_change_is_seen(name: str, tmp_path: Path) -> None:
    """Without grid, or without basins and landings on a map, it is another picture."""
    with (
        mock.patch.dict(style.RC, {"grid.color": "#ffffff"}),
        mock.patch.object(globe, "draw_landmarks"),
    ):
        write(name, tmp_path / f"{name}.png")
    assert difference(name, tmp_path / f"{name}.png") > TOLERANCE


@pytest.mark.parametrize("name", COMPARED)
def test_baseline_is_small(name: str) -> None:
    assert (BASELINE / f"{name}.png").stat().st_size < LARGEST


def test_there_is_no_baseline_without_a_figure() -> None:
    assert {path.stem for path in BASELINE.glob("*.png")} == set(COMPARED)
