"""The basin and the Chang'e-6 cell against published and given figures, and exact relations."""

from __future__ import annotations

import json

import numpy as np
import pytest

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg
from farside.oxides.contrast import (
    COMPARATORS,
    PATCH_CELLS,
    change6_footprint,
    region_mean,
    spa_contrast,
)

CELLS = load_cells_5deg()
CONTRAST = spa_contrast()


def test_means_of_circle_and_near_side() -> None:
    # figures of the project's specification, worked out apart from this code
    circle, near = CONTRAST.mean("SPA circle"), CONTRAST.mean("near side")
    assert circle.of("SiO2")[0] == pytest.approx(45.9, abs=0.05)
    assert 8.85 <= circle.of("FeO")[0] <= 9.05
    assert 0.635 <= circle.of("TiO2")[0] <= 0.665
    assert near.of("SiO2")[0] == pytest.approx(42.2, abs=0.05)
    assert near.of("FeO")[0] == pytest.approx(10.0, abs=0.05)
    assert near.of("TiO2")[0] == pytest.approx(1.55, abs=0.01)


@pytest.mark.parametrize("basin", ["SPA outer", "SPA inner", "SPA circle"])
def test_the_claim_holds_against_the_near_side_and_reverses_in_iron(basin: str) -> None:
    for other in ("near side", "near-side maria"):
        for oxide in ("SiO2", "FeO", "TiO2"):
            assert CONTRAST.difference(basin, other, oxide).verdict == "holds"
    assert CONTRAST.difference(basin, "far-side highlands", "FeO").verdict == "reverses"
    assert CONTRAST.difference(basin, "far-side highlands", "MgO").verdict == ""


def test_differences_are_those_of_the_means() -> None:
    assert len(CONTRAST.differences) == 3 * len(COMPARATORS) * len(OXIDES)
    for d in CONTRAST.differences:
        a, b = CONTRAST.mean(d.basin).of(d.oxide), CONTRAST.mean(d.other).of(d.oxide)
        assert d.value == pytest.approx(a[0] - b[0])
        assert d.value_1s**2 == pytest.approx(a[1] ** 2 + b[1] ** 2)


def test_errors_of_a_mean_follow_the_covariance() -> None:
    one = region_mean(CELLS, np.arange(len(CELLS)) == 700, "one")
    variance = np.diag(cell_covariance(CELLS.iloc[[700]])[0])
    np.testing.assert_allclose(np.square(one.value_1s), PATCH_CELLS * variance)
    np.testing.assert_allclose(one.value, CELLS.loc[700, list(OXIDES)].to_numpy(float))
    # n alike cells: the error falls with the square root of n
    alike = CELLS.iloc[[700] * 36]
    many = region_mean(alike, np.ones(36), "many")
    np.testing.assert_allclose(np.array(many.value_1s) * 6, one.value_1s)


def test_clamps_are_counted() -> None:
    everything = region_mean(CELLS, np.ones(len(CELLS)), "Moon")
    assert (everything.cells, everything.clamped) == (1790, 80)


def test_the_cell_of_change6_is_not_the_site() -> None:
    found = change6_footprint()
    values = dict(zip(OXIDES, found.value, strict=True))
    # specification: cell FeO 8.0, soil 17; Li C. et al. 2024: Al2O3 14, CaO 12
    assert values["FeO"] == pytest.approx(8.0, abs=0.05)
    assert found.soil == {"FeO": 17.0, "Al2O3": 14.0, "CaO": 12.0}
    assert 0.0 < found.mare_fraction < 0.5
    sigma = found.value_1s[OXIDES.index("FeO")]
    assert 17.0 - values["FeO"] > 10 * sigma
    assert "not the site" in str(found)


def test_unmixing_mixes_back_to_the_cell() -> None:
    found = change6_footprint()
    f = found.mare_fraction
    for u, value, sigma in zip(found.unmixed, found.value, found.value_1s, strict=True):
        assert f * u.mare + (1 - f) * u.highlands == pytest.approx(value)
        assert u.mare_1s > sigma / f
        if not np.isfinite(u.soil):
            assert u.verdict == "cannot tell"


def test_results_serialise() -> None:
    for result in (CONTRAST, change6_footprint()):
        assert json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert "claim" in str(CONTRAST)
