"""XRF: counts of known rocks come back, within errors that cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from farside.datasets.analyses import load_reference_materials
from farside.errors import InputError, UnknownNameError
from farside.samples.counting import background_sigma, limits, net_rate
from farside.samples.regression import fit_line
from farside.samples.xrf import (
    IRON_FACTOR,
    OXYGEN_GAIN,
    alphas_from_attenuation,
    correct,
    loss_on_ignition,
    reduce_xrf,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OXIDES = ["SiO2", "TiO2", "Al2O3", "Fe2O3", "MgO", "CaO"]
Rates = Any


def counts(
    rates: Any, known: np.ndarray, unknown: np.ndarray, *, seed: int = 0, time: float = 40.0
) -> pd.DataFrame:
    """Return a file of Poisson counts of standards and unknowns over a background of 60 cps."""
    rng = np.random.default_rng(seed)
    rows = []
    for role, table in (("standard", known), ("unknown", unknown)):
        for i, fraction in enumerate(table):
            rate = rates(fraction)
            for oxide, value, r in zip(OXIDES, fraction, rate, strict=True):
                row = {
                    "sample": f"{role}{i}",
                    "role": role,
                    "analyte": oxide,
                    "counts": rng.poisson((r + 60) * time),
                    "time_s": time,
                    "background": rng.poisson(60 * time),
                    "background_time_s": time,
                }
                if role == "standard":
                    row |= {"concentration": 100 * value, "concentration_1s": 0.002}
                rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture
def files(
    tmp_path: Path, fluoresce: Rates, closed: Any, mu: pd.DataFrame
) -> Callable[..., tuple[Path, Path]]:
    def write(unknown: np.ndarray, seed: int = 0) -> tuple[Path, Path]:
        counted = tmp_path / "counts.csv"
        counts(fluoresce, closed(1, 14), unknown, seed=seed).to_csv(counted, index=False)
        alphas = tmp_path / "alphas.csv"
        alphas_from_attenuation(mu).to_csv(alphas)
        return counted, alphas

    return write


def test_without_noise_the_physics_is_inverted(fluoresce: Rates, closed: Any, mu: Any) -> None:
    # R_i / R_i,pure = C_i mu_ii / sum_j mu_ij C_j (Sherman), so C_i = (R_i/R_pure)(1 + sum alpha C)
    truth = closed(5, 1)[0]
    pure = np.array([fluoresce(np.eye(6)[i])[i] for i in range(6)])
    alpha = alphas_from_attenuation(mu).to_numpy()
    found = correct(fluoresce(truth) / pure, np.zeros(6), alpha)
    np.testing.assert_allclose(found.fraction, truth, rtol=1e-6)


def test_the_error_of_the_correction_is_its_derivative(mu: Any, closed: Any) -> None:
    apparent, alpha = closed(5, 1)[0] * 0.8, alphas_from_attenuation(mu).to_numpy() * 0.3
    sigma = 0.001 * np.arange(1, 7)
    found = correct(apparent, sigma**2, alpha)
    step = 1e-6
    numeric = np.array(
        [
            (correct(apparent + step * e, sigma**2, alpha).fraction - found.fraction) / step
            for e in np.eye(6)
        ]
    ).T
    np.testing.assert_allclose(
        found.covariance, numeric @ np.diag(sigma**2) @ numeric.T, rtol=1e-3, atol=1e-12
    )


def test_a_correction_that_runs_away_says_so() -> None:
    with pytest.raises(InputError, match="did not converge"):
        correct(np.full(3, 0.9), np.zeros(3), np.full((3, 3), 5.0))


def test_round_trip_from_counts_with_coverage(files: Any, closed: Any) -> None:
    truth = closed(9, 60)
    reduction = reduce_xrf(*files(truth))
    assert len(reduction.samples) == 60
    pull, totals = [], []
    for sample, fraction in zip(reduction.samples, truth, strict=True):
        for oxide, value in zip(OXIDES, fraction, strict=True):
            label, factor = ("FeO", IRON_FACTOR) if oxide == "Fe2O3" else (oxide, 1.0)
            found = sample.results[label]
            pull.append((found.value - 100 * factor * value) / found.sigma)
        totals.append(sample.total - 100 + 100 * fraction[3] * (1 - IRON_FACTOR))
    inside = np.mean(np.abs(pull) < 1.96)
    # 360 results share 12 calibration parameters, so the share varies more than a binomial
    assert 0.90 < inside < 0.985
    assert np.std(pull) == pytest.approx(1.0, abs=0.2)
    assert np.std(totals) < 3 * np.mean([s.total_sigma for s in reduction.samples])


def test_without_correction_for_absorption_the_answer_is_wrong(files: Any, closed: Any) -> None:
    counted, alphas = files(closed(9, 5))
    plain, corrected = reduce_xrf(counted), reduce_xrf(counted, alphas)
    poor = plain.calibration["CaO"]
    assert poor["chi2"] > 10 * poor["dof"]
    assert corrected.calibration["CaO"]["chi2"] < 4 * corrected.calibration["CaO"]["dof"]
    assert "standards off the calibration" in str(plain)


def test_reference_material_by_other_standards(
    tmp_path: Path, fluoresce: Rates, mu: pd.DataFrame
) -> None:
    # BHVO-2 from a calibration on BCR-2, AGV-2, G-2 and W-2 (Jochum et al. 2016; USGS): counts
    # are simulated from certified values, so this holds the algebra and the error budget to
    # certificates of other rocks; it cannot hold an instrument or a bead to anything
    table = load_reference_materials()
    wide = table[table["unit"] == "wt%"].pivot_table(
        index="material", columns="analyte", values="value"
    )
    sigma = table.pivot_table(index="material", columns="analyte", values="sigma")
    wide = wide.rename(columns={"Fe2O3T": "Fe2O3"})[OXIDES]
    fraction = wide.div(wide.sum(axis=1), axis=0)
    known = fraction.drop("BHVO-2")
    frame = counts(fluoresce, known.to_numpy(), fraction.loc[["BHVO-2"]].to_numpy(), time=400.0)
    frame.to_csv(tmp_path / "counts.csv", index=False)
    alphas_from_attenuation(mu).to_csv(tmp_path / "alphas.csv")
    sample = reduce_xrf(tmp_path / "counts.csv", tmp_path / "alphas.csv").samples[0]
    scale = float(wide.loc["BHVO-2"].sum() / 100)
    for oxide in ("SiO2", "TiO2", "Al2O3", "MgO", "CaO"):
        found = sample.results[oxide].value * scale
        error = sample.results[oxide].sigma * scale
        certified = float(sigma.loc["BHVO-2", oxide])
        assert abs(found - wide.loc["BHVO-2", oxide]) < 2 * np.hypot(error, certified)


def test_loss_on_ignition_of_ferrous_iron() -> None:
    # 2 FeO + 1/2 O2 = Fe2O3 : 159.687 / 143.688 from atomic weights
    assert pytest.approx(159.687 / 143.688 - 1, rel=1e-4) == OXYGEN_GAIN
    assert loss_on_ignition(2.0, 1.9) == pytest.approx(5.0)
    with pytest.raises(InputError, match="masses"):
        loss_on_ignition(0.0, 1.0)


def test_pure_ferrous_oxide_gains_weight_and_comes_back_whole(tmp_path: Path) -> None:
    # ignited FeO is all Fe2O3; as received it was 100 wt% FeO
    rows = [
        {"sample": s, "role": r, "analyte": "Fe2O3", "counts": c, "concentration": v}
        for s, r, c, v in (("a", "standard", 50_000_000, 50.0), ("b", "standard", 2_000, 0.0))
    ]
    rows.append({"sample": "x", "role": "unknown", "analyte": "Fe2O3", "counts": 99_998_000})
    frame = pd.DataFrame(rows).assign(time_s=100.0, background=2000, background_time_s=100.0)
    gain = pd.DataFrame(
        [{"sample": "x", "role": "unknown", "analyte": "LOI", "concentration": -100 * OXYGEN_GAIN}]
    )
    whole = pd.concat([frame, gain.assign(counts=0, time_s=1, background=0, background_time_s=1)])
    whole.to_csv(tmp_path / "c.csv", index=False)
    sample = reduce_xrf(tmp_path / "c.csv").samples[0]
    assert sample.results["FeO"].value == pytest.approx(100.0, abs=0.2)
    assert "gained 11.1" in str(sample)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"drop": "time_s"}, "no column .time_s"),
        ({"role": "blank"}, "unknown role blank"),
        ({"counts": -1.0}, "cannot be negative"),
        ({"time_s": 0.0}, "times must be positive"),
        ({"counts": "many"}, "no number in line 2"),
        ({"counts": np.nan}, "counts is empty in line 2"),
        ({"counts": np.inf}, "no number in line 2"),
        ({"counts": 1e300}, "no detector"),
        ({"concentration": np.nan}, "no standard has a concentration"),
        ({"concentration": 5.0}, "SiO2 does not rise"),
        ({"concentration": 45e4}, "more than the whole specimen"),
    ],
)
def test_bad_files(files: Any, closed: Any, change: dict[str, Any], words: str) -> None:
    path, alphas = files(closed(2, 1))
    frame = pd.read_csv(path).astype(object)
    key, value = next(iter(change.items()))
    if key == "drop":
        frame = frame.drop(columns=[value])
    elif key == "concentration":
        frame[key] = value
    else:
        frame.loc[0, key] = value
    frame.to_csv(path, index=False)
    with pytest.raises(InputError, match=words):
        reduce_xrf(path, alphas)


def test_other_bad_files(files: Any, closed: Any) -> None:
    path, alphas = files(closed(2, 1))
    frame = pd.read_csv(path)
    pd.concat([frame, frame.tail(1)]).to_csv(path, index=False)
    with pytest.raises(InputError, match="stands twice"):
        reduce_xrf(path, alphas)
    frame.assign(analyte=frame["analyte"].replace("CaO", "CaO2X")).to_csv(path, index=False)
    with pytest.raises(UnknownNameError, match="unknown oxide"):
        reduce_xrf(path, alphas)
    frame.to_csv(path, index=False)
    pd.read_csv(alphas, index_col=0).drop(columns=["CaO"]).to_csv(alphas)
    with pytest.raises(InputError, match="no influence coefficients for CaO"):
        reduce_xrf(path, alphas)


def test_a_standard_without_an_absorber_takes_no_part(files: Any, closed: Any) -> None:
    # an oxide left out of a certificate is not none of it: the line must not move
    path, alphas = files(closed(2, 3))
    whole = reduce_xrf(path, alphas)
    frame = pd.read_csv(path)
    bad = (frame["sample"] == "standard3") & (frame["analyte"] == "SiO2")
    frame.loc[bad, "concentration"] = np.nan
    frame.to_csv(path, index=False)
    less = reduce_xrf(path, alphas)
    assert less.calibration["CaO"]["dof"] == whole.calibration["CaO"]["dof"] - 1
    assert less.calibration["CaO"]["slope"] == pytest.approx(
        whole.calibration["CaO"]["slope"], 0.01
    )
    frame[(frame["sample"] != "unknown0") | (frame["analyte"] != "MgO")].to_csv(path, index=False)
    assert "taken to absorb nothing: MgO" in str(reduce_xrf(path, alphas).samples[0])


def test_net_rate_and_limits_of_currie() -> None:
    rate, sigma = net_rate(10_000, 100, 2_500, 50)
    assert (float(rate), float(sigma)) == pytest.approx((50.0, np.sqrt(1.0 + 1.0)))
    # Currie (1968): paired counting of a well-known blank B: L_D = 4.65 sqrt(B) + 2.71 counts
    sigma = background_sigma(10_000, 1.0, 1.0)
    detection, determination = limits(sigma, 1.0)
    assert float(detection) == pytest.approx(4.65 * 100, rel=2e-3)
    assert float(determination) == pytest.approx(10 * np.sqrt(2) * 100)


def test_false_alarms_and_misses_at_the_limit_of_detection() -> None:
    rng = np.random.default_rng(1)
    beside, time, n = 400.0, 10.0, 20_000
    low, _ = limits(background_sigma(beside, time, time), 1.0)
    critical = float(low) / 2
    for signal, share in ((0.0, 0.05), (float(low), 0.95)):
        gross = rng.poisson((beside / time + signal) * time, n)
        rate, _ = net_rate(gross, np.full(n, time), rng.poisson(beside, n), np.full(n, time))
        assert np.mean(rate > critical) == pytest.approx(share, abs=0.012)


def test_line_recovers_with_honest_errors() -> None:
    rng = np.random.default_rng(2)
    x = np.linspace(1, 10, 8)
    pulls = []
    for _ in range(400):
        line = fit_line(
            x + 0.05 * rng.standard_normal(8),
            np.full(8, 0.05),
            2 + 3 * x + 0.1 * rng.standard_normal(8),
            np.full(8, 0.1),
        )
        value, variance = line.predict(np.array(5.5), np.array(0.0))
        pulls.append((float(value) - (2 + 3 * 5.5)) / np.sqrt(float(variance)))
    assert np.std(pulls) == pytest.approx(0.95, abs=0.12)
    assert abs(np.mean(pulls)) < 0.15
    with pytest.raises(InputError, match="too few"):
        fit_line(x[:1], x[:1], x[:1], x[:1])
