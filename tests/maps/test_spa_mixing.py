"""Mixtures in the South Pole-Aitken basin: simulated basins, another solver, published limits.

Published: at most 10 to 20 vol% of mantle in the highlands (Crites et al. 2015, doi
10.2138/am-2015-4872); norite and lower crust rather than mantle as the main mafic material of the
basin (Pieters et al. 1997, GRL 24, 1903).
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg
from farside.datasets.crust import load_spa_endmembers
from farside.errors import InputError, UnknownNameError
from farside.geography import in_spa
from farside.maps.simplex import simplex_fit
from farside.maps.spa_mixing import (
    DEFAULT,
    REGIONS,
    SETS,
    mix_cells,
    sensitivity,
    spa_endmembers,
)
from farside.provenance import cite
from farside.samples.mixing import mix

CELLS = load_cells_5deg()
MEMBERS = spa_endmembers(CELLS)
C = MEMBERS.loc[list(DEFAULT), list(OXIDES)].to_numpy(float)


def made_of(shares: np.ndarray, *, noise: bool) -> pd.DataFrame:
    """Return the cells with oxides that are mixtures with the given shares."""
    oxides = np.tile(shares @ C, (len(CELLS), 1))
    if noise:
        rng = np.random.default_rng(5)
        root = np.linalg.cholesky(cell_covariance(CELLS))
        oxides = oxides + np.einsum("nij,nj->ni", root, rng.standard_normal(oxides.shape))
    return CELLS.assign(**dict(zip(OXIDES, oxides.T, strict=True)))


def test_a_basin_without_noise_gives_its_shares_back() -> None:
    shares = np.array([0.5, 0.3, 0.2])
    found = mix_cells("inner", cells=made_of(shares, noise=False), endmembers=MEMBERS, draws=2)
    assert list(found.mean.values()) == pytest.approx(shares, abs=1e-9)
    assert found.misfit == pytest.approx(0, abs=1e-9)
    assert found.mantle == pytest.approx(0.2)
    assert found.rejected == 0


def test_a_noisy_basin_is_covered_and_fits() -> None:
    shares = np.array([0.4, 0.35, 0.25])
    found = mix_cells("inner", cells=made_of(shares, noise=True), endmembers=MEMBERS, draws=100)
    for name, share in zip(DEFAULT, shares, strict=True):
        assert found.lower[name] <= share <= found.upper[name]
    # residuals hold the noise of the cells alone, the covariance those of the end members too
    assert 0.4 < found.misfit < 1.2
    assert found.rejected < 0.03
    inside = (found.cells["primitive mantle_lower"] <= 0.25) & (
        found.cells["primitive mantle_upper"] >= 0.25
    )
    assert inside.mean() > 0.9


@pytest.mark.parametrize("mantle", [0.0, 0.02, 0.3])
def test_intervals_of_a_region_hold_the_truth_as_often_as_they_say(mantle: float) -> None:
    """End members and cells wrong by their errors; a small share must not come out too large."""
    shares = np.array([0.7 - mantle, 0.3, mantle])
    sigma = MEMBERS.loc[list(DEFAULT), [f"{o}_1s" for o in OXIDES]].to_numpy(float)
    root = np.linalg.cholesky(cell_covariance(CELLS))
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(30):
        true = shares @ np.maximum(C + sigma * rng.standard_normal(C.shape), 0.0)
        oxides = true + np.einsum("nij,nj->ni", root, rng.standard_normal((len(CELLS), 6)))
        cells = CELLS.assign(**dict(zip(OXIDES, oxides.T, strict=True)))
        found = mix_cells("outer", cells=cells, endmembers=MEMBERS, draws=60)
        held += found.mantle_lower <= mantle <= found.mantle_upper
    # of 30 intervals of 95 % fewer than 25 hold the truth once in 300 times
    assert held >= 25


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_fit_is_that_of_a_general_minimiser(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c = rng.dirichlet(np.ones(3)) @ C + 2 * rng.standard_normal(6)
    square = rng.standard_normal((6, 6))
    inverse = np.linalg.inv(square @ square.T + np.eye(6))
    found = simplex_fit(c[None], inverse[None], C)[0]

    def misfit(f: np.ndarray) -> float:
        return float((c - f @ C) @ inverse @ (c - f @ C))

    other = minimize(
        misfit,
        np.full(3, 1 / 3),
        method="SLSQP",
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda f: f.sum() - 1},
        options={"ftol": 1e-12, "maxiter": 300},
    )
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    assert misfit(found) <= other.fun * (1 + 1e-6) + 1e-9
    assert misfit(found) == pytest.approx(other.fun, rel=1e-3, abs=1e-6)


def test_without_covariance_it_is_the_mixture_of_samples() -> None:
    row = CELLS[in_spa(CELLS["lat"], CELLS["lon"], region="inner")].iloc[3]
    variance = np.array([row[f"cov_{o}_{o}"] for o in OXIDES])
    sample = pd.Series({**row[list(OXIDES)], **dict(zip([f"{o}_1s" for o in OXIDES], variance**0.5,
                                                        strict=True))}, name="cell")  # fmt: skip
    exact = MEMBERS.loc[list(DEFAULT)].drop(columns="layer").astype(float)
    exact[[f"{o}_1s" for o in OXIDES]] = 1e-9
    other = mix(sample, exact, draws=2)
    c = row[list(OXIDES)].to_numpy(float)
    found = simplex_fit(c[None], np.diag(1 / variance)[None], C)[0]
    assert found == pytest.approx(list(other.fractions.values()), abs=1e-3)


# -- the basin ---------------------------------------------------------------------------------


def test_highlands_hold_no_more_mantle_than_published() -> None:
    control = mix_cells("highlands", draws=50)
    assert control.mantle_upper < 0.10
    assert control.mean["highland cells"] > 0.8


def test_the_basin_is_more_mafic_and_does_not_fit_three_components() -> None:
    basin, control = mix_cells("inner", draws=100), mix_cells("highlands", draws=50)
    assert basin.mean["highland cells"] < control.mean["highland cells"]
    # what the three components leave: iron too low, magnesium too high, as basalt would mend
    assert basin.residual["FeO"] > 1
    assert basin.residual["MgO"] < -1
    assert basin.misfit > 3
    assert 0 <= basin.mantle_lower <= basin.mantle_upper < 0.25


def test_basalt_mends_the_fit_and_mantle_is_not_needed() -> None:
    table = sensitivity("inner", draws=100)
    assert list(table.index) == list(SETS)
    assert table.loc["with basalt", "misfit"] < 0.5 * table.loc["default", "misfit"]
    # with an end member to take its place, no mantle at all is within the interval
    assert table.loc["with basalt", "lower"] == 0
    assert table.loc["with basalt", "upper"] < table.loc["default", "upper"]
    assert np.isnan(table.loc["basalt, no mantle", "mantle"])
    assert table["mantle"].drop("basalt, no mantle").between(0, 0.3).all()


def test_pyroxenite_is_stoichiometric() -> None:
    # (Mg, Fe, Ca)SiO3: as many moles of silica as of cations, Fe/(Mg + Fe) = 0.20
    row = load_spa_endmembers().loc["pyroxenite"]
    moles = {o: row[o] / m for o, m in (("SiO2", 60.084), ("FeO", 71.844), ("MgO", 40.304),
                                        ("CaO", 56.077))}  # fmt: skip
    assert moles["SiO2"] == pytest.approx(moles["FeO"] + moles["MgO"] + moles["CaO"], rel=1e-3)
    assert moles["FeO"] / (moles["FeO"] + moles["MgO"]) == pytest.approx(0.20, abs=1e-3)


def test_every_end_member_is_a_rock() -> None:
    total = MEMBERS[list(OXIDES)].sum(axis=1)
    assert total.between(95, 101).all()
    assert set(MEMBERS["layer"]) == {"upper crust", "lower crust", "mantle", "basalt"}


def test_results_go_to_json() -> None:
    found = mix_cells("circle", draws=2)
    again = json.loads(json.dumps(found.to_dict()))
    assert again["n_cells"] == len(found.cells)
    assert "norite" in str(found)
    shares = found.cells[list(DEFAULT)]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(np.ones(len(shares)))


def test_bad_input_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        mix_cells("Imbrium")
    with pytest.raises(UnknownNameError):
        mix_cells(components=("highland cells", "cheese"))
    with pytest.raises(InputError):
        mix_cells(components=("norite",))
    with pytest.raises(InputError):
        mix_cells(components=("norite", "norite"))
    with pytest.raises(InputError):
        mix_cells(draws=1)
    with pytest.raises(InputError, match="no cell"):
        mix_cells("inner", cells=CELLS[CELLS["lat"] > 0], endmembers=MEMBERS)


def test_works_can_be_cited() -> None:
    assert len(cite("crites2015", "visscher2013", "kuskov1998", "orthopyroxene2026")) == 4


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("components", SETS.values(), ids=list(SETS))
def test_one_round_more_makes_no_cell_likelier(region: str, components: tuple[str, ...]) -> None:
    """Shares are those that their own covariance asks for, or the likelier of two that swing."""
    found = mix_cells(region, components=components, draws=2)
    ends = spa_endmembers().loc[list(components)]
    C, s = (ends[[o + e for o in OXIDES]].to_numpy(float) for e in ("", "_1s"))
    cells = load_cells_5deg().set_index("cell").loc[found.cells["cell"]]
    c, error = cells[list(OXIDES)].to_numpy(float), cell_covariance(cells)

    def total(f: np.ndarray) -> np.ndarray:
        return np.asarray(error + np.array([np.diag(v) for v in f**2 @ s**2]))

    def unlikely(f: np.ndarray) -> np.ndarray:
        S, r = total(f), c - f @ C
        chi2 = np.einsum("ni,nij,nj->n", r, np.linalg.inv(S), r)
        return np.asarray(chi2 + np.linalg.slogdet(S)[1])

    own = found.cells[list(components)].to_numpy(float)
    again = simplex_fit(c, np.linalg.inv(total(own)), C)
    assert (unlikely(own) <= unlikely(again) + 1e-5).all()
    np.testing.assert_allclose(own.sum(axis=1), 1.0)


def test_mixtures_that_do_not_settle_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farside.maps.simplex._ROUNDS", 2)
    with pytest.raises(InputError, match="no convergence: after 2 rounds"):
        mix_cells("inner", draws=2)
