"""Figures: written atomically, the same bytes each time, and drawn from the right numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.datasets.isotopes import load_reference_isochron
from farside.errors import InputError
from farside.isotopes.concordia import concordia_age, curve
from farside.isotopes.decay import preset
from farside.isotopes.figures import (
    concordia_figure,
    ellipse,
    isochron_figure,
    mean_figure,
    potassium_figure,
)
from farside.isotopes.isochron import isochron
from farside.isotopes.mean import weighted_mean
from farside.isotopes.points import make_points
from farside.isotopes.potassium import lost
from farside.style import save

if TYPE_CHECKING:
    from pathlib import Path


def test_ellipse_holds_95_percent() -> None:
    rng = np.random.default_rng(0)
    cov = [[4.0, 0.8 * 2 * 0.5], [0.8 * 2 * 0.5, 0.25]]
    draws = rng.multivariate_normal([10.0, 1.0], cov, 100_000)
    inside = np.einsum("ni,ij,nj->n", draws - [10, 1], np.linalg.inv(cov), draws - [10, 1])
    x, y = ellipse(10.0, 2.0, 1.0, 0.5, 0.8)
    edge = np.stack([x, y], 1) - [10, 1]
    level = np.einsum("ni,ij,nj->n", edge, np.linalg.inv(cov), edge)
    np.testing.assert_allclose(level, level[0])
    assert np.mean(inside < level[0]) == pytest.approx(0.95, abs=0.003)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_isochron_is_drawn_the_same_each_time(tmp_path: Path, suffix: str) -> None:
    table = load_reference_isochron("RbSr1")
    points = make_points(table["x"], table["x_1s"], table["y"], table["y_1s"])
    found = isochron(points, "rb-sr")
    files = [tmp_path / f"{i}{suffix}" for i in (0, 1)]
    for path in files:
        save(isochron_figure(points, found), path)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size > 5000


def test_other_figures(tmp_path: Path) -> None:
    table = load_reference_isochron("LudwigMean")
    values, sigmas = table["x"].to_numpy(), table["x_1s"].to_numpy()
    save(mean_figure(values, sigmas, weighted_mean(values, sigmas)), tmp_path / "mean.svg")
    assert "250.15" in (tmp_path / "mean.svg").read_text(encoding="utf-8")
    x, y = (part + np.zeros(3) for part in curve([3990.0, 4000.0, 4010.0], preset()))
    columns = (x, 0.01 * x, y, 0.01 * y, np.full(3, 0.7))
    save(concordia_figure(columns, concordia_age(*columns)), tmp_path / "concordia.svg")
    save(potassium_figure(lost().losses), tmp_path / "potassium.svg")
    assert "0.9944" in (tmp_path / "potassium.svg").read_text(encoding="utf-8")


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ends in"):
        save(potassium_figure(lost().losses), tmp_path / "figure.doc")
