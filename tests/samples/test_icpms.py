"""ICP-MS: drifting, interfered counts of known solutions come back, within errors that cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from farside.datasets.analyses import load_reference_materials
from farside.errors import InputError
from farside.samples.icpms import reduce_icpms
from farside.samples.laser import reduce_laser

if TYPE_CHECKING:
    from pathlib import Path

ISOTOPES = ["Y89", "Ba137", "La139", "Ce140", "Nd146", "Sm147", "Eu153", "Yb172", "Th232"]
SENSITIVITY = np.array([2.0, 0.3, 2.5, 2.4, 0.45, 0.4, 1.3, 0.6, 2.2]) * 2e4  # cps per ppm rock
BLANK = np.array([40, 300, 60, 90, 15, 5, 4, 3, 10.0])  # cps
MASS = np.array([89, 137, 139, 140, 146, 147, 153, 172, 232.0])
BARIUM_OXIDE = 0.002  # 137Ba16O over 137Ba, on mass 153
# BHVO-2, USGS certificate 1998, ppm; Eu and Tb are not on it
BASALT = np.array([26, 130, 15, 38, 25.0, 6.2, 2.07, 2.0, 1.2])


def sequence(unknown: np.ndarray, *, seed: int = 0, drift: float = 0.3) -> pd.DataFrame:
    """Return counts of a run of blanks, standards and unknowns on a drifting instrument."""
    rng = np.random.default_rng(seed)
    standards = np.array([0.02, 0.2, 1.0, 5.0])[:, None] * BASALT
    plan = [("blank", f"b{i}", np.zeros(9)) for i in range(4)]
    plan += [("standard", f"s{i}", c) for i, c in enumerate(standards)]
    plan += [("unknown", f"u{i}", c) for i, c in enumerate(unknown)]
    plan += [("standard", f"t{i}", c) for i, c in enumerate(standards)]
    plan += [("blank", f"c{i}", np.zeros(9)) for i in range(4)]
    rows = []
    for run, (role, name, c) in enumerate(plan):
        # the loss of sensitivity grows along the sequence, and more at low mass
        fall = 1 - drift * run / len(plan) * (1 + (150 - MASS) / 400)
        rate = fall * (SENSITIVITY * c + BLANK)
        rate[6] += BARIUM_OXIDE * rate[1]
        internal = {"Rh103": 5e5, "Re185": 4e5}
        fall_internal = {
            i: 1 - drift * run / len(plan) * (1 + (150 - m) / 400)
            for i, m in (("Rh103", 103), ("Re185", 185))
        }
        for j, isotope in enumerate(ISOTOPES):
            row = {"run": run, "sample": name, "role": role, "isotope": isotope, "time_s": 2.0}
            row["counts"] = rng.poisson(2.0 * rate[j])
            row["concentration"] = c[j] if role == "standard" else np.nan
            rows.append(row)
        for isotope, level in internal.items():
            counts = rng.poisson(2.0 * level * fall_internal[isotope])
            rows.append(
                {
                    "run": run,
                    "sample": name,
                    "role": role,
                    "isotope": isotope,
                    "time_s": 2.0,
                    "counts": counts,
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture
def interference(tmp_path: Path) -> Path:
    path = tmp_path / "oxides.csv"
    path.write_text(
        f"isotope,from,factor,factor_1s\nEu153,Ba137,{BARIUM_OXIDE},{BARIUM_OXIDE * 0.02}\n"
    )
    return path


def reduce(frame: pd.DataFrame, path: Path, **given: Any) -> Any:
    frame.to_csv(path / "run.csv", index=False)
    return reduce_icpms(path / "run.csv", **given)


INTERNAL = ("Rh103", "Re185")


def test_round_trip_with_coverage(tmp_path: Path, interference: Path) -> None:
    rng = np.random.default_rng(4)
    truth = BASALT * np.exp(0.8 * rng.standard_normal((40, 9)))
    found = reduce(sequence(truth), tmp_path, internal=INTERNAL, interferences=interference)
    pull = [
        (r.value - c) / r.sigma
        for sample, row in zip(found.samples, truth, strict=True)
        for r, c in zip(sample.results.values(), row, strict=True)
    ]
    assert len(pull) == 360
    assert 0.90 < np.mean(np.abs(pull) < 1.96) < 0.985
    assert np.std(pull) == pytest.approx(1, abs=0.2)


def test_each_correction_is_needed(tmp_path: Path, interference: Path) -> None:
    # europium with ten times the barium and a tenth of the europium: BaO adds 0.002 x 0.3 x 1300
    # x 2e4 / (1.3 x 2e4) = 0.6 ppm to 0.207
    truth = BASALT.copy()
    truth[1] *= 10
    truth[6] /= 10
    frame = sequence(np.array([truth]))
    whole = reduce(frame, tmp_path, internal=INTERNAL, interferences=interference)
    eu = whole.samples[0].results["Eu"]
    assert abs(eu.value - truth[6]) < 3 * eu.sigma
    bare = reduce(frame, tmp_path, internal=INTERNAL).samples[0].results["Eu"]
    assert bare.value - truth[6] > 0.4
    adrift = reduce(frame, tmp_path, interferences=interference)
    assert adrift.calibration["La139"]["chi2"] > 20 * adrift.calibration["La139"]["dof"]
    assert whole.calibration["La139"]["chi2"] < 4 * whole.calibration["La139"]["dof"]


def test_reference_material_within_its_certificate(tmp_path: Path, interference: Path) -> None:
    # counts simulated from certified values of BHVO-2: holds the arithmetic and the errors to the
    # certificate, not an instrument or a digestion
    table = load_reference_materials()
    here = table[(table["material"] == "BHVO-2") & (table["unit"] == "ppm")].set_index("analyte")
    found = reduce(
        sequence(BASALT[None], seed=5), tmp_path, internal=INTERNAL, interferences=interference
    ).samples[0]
    for element in ("Y", "Ba", "La", "Ce", "Nd", "Sm", "Yb", "Th"):
        result = found.results[element]
        certified, sigma = here.loc[element, ["value", "sigma"]].astype(float)
        assert abs(result.value - certified) < np.hypot(2 * result.sigma, sigma)


def test_nothing_is_below_the_limit(tmp_path: Path, interference: Path) -> None:
    rng = np.random.default_rng(8)
    frame = sequence(np.zeros((30, 9)), seed=int(rng.integers(99)))
    found = reduce(frame, tmp_path, internal=INTERNAL, interferences=interference)
    flags = [r.flag for sample in found.samples for r in sample.results.values()]
    assert np.mean([flag == "<LOD" for flag in flags]) > 0.97
    table = found.table()
    assert table["La"].isna().mean() > 0.8
    assert (table["La_LOD"] > 0).all()
    assert "<" in str(found.samples[0])


def test_dilution_scales_everything(tmp_path: Path) -> None:
    frame = sequence(BASALT[None])
    one = reduce(frame, tmp_path, internal=INTERNAL).samples[0].results["La"]
    frame.loc[frame["role"] == "unknown", "dilution"] = 1000.0
    many = reduce(frame, tmp_path, internal=INTERNAL).samples[0].results["La"]
    for name in ("value", "sigma", "detection", "determination"):
        assert getattr(many, name) == pytest.approx(1000 * getattr(one, name))


@pytest.mark.parametrize(
    ("change", "given", "words"),
    [
        (lambda f: f[f["role"] != "blank"], {}, "0 blanks"),
        (lambda f: f.drop(columns="isotope"), {}, "no column .isotope"),
        (lambda f: pd.concat([f, f.head(1)]), {}, "stands twice in run 0"),
        (lambda f: f[f["role"] != "unknown"], {}, "no row with role unknown"),
        (lambda f: f, {"internal": ("In115",)}, "In115 has no counts"),
        (lambda f: f.assign(concentration=np.nan), {"internal": INTERNAL}, "no standard has"),
        (lambda f: f.assign(concentration=-f["concentration"]), {}, "cannot be negative"),
        (lambda f: f.assign(concentration=5.0), {}, "does not rise"),
    ],
)
def test_bad_files(tmp_path: Path, change: Any, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        reduce(change(sequence(BASALT[None])), tmp_path, **given)


def test_bad_interferences(tmp_path: Path, interference: Path) -> None:
    frame = sequence(BASALT[None])
    interference.write_text("isotope,from,factor\nEu153,Gd160,0.1\n")
    with pytest.raises(InputError, match="not measured: Gd160"):
        reduce(frame, tmp_path, interferences=interference)
    for factor, words in (("-0.1", "0 or more"), ("x", "no number"), ("", "no factor")):
        interference.write_text(f"isotope,from,factor\nEu153,Ba137,{factor}\n")
        with pytest.raises(InputError, match=words):
            reduce(frame, tmp_path, interferences=interference)
    interference.write_text("isotope,factor\nEu153,0.1\n")
    with pytest.raises(InputError, match=r"no column .from"):
        reduce(frame, tmp_path, interferences=interference)


# -- laser ablation ----------------------------------------------------------------------------

LASER = {"Ca43": (8.0, 80_000.0), "La139": (900.0, 15.0), "Yb172": (300.0, 2.0)}


def ablations(n: int, *, seed: int = 0, low: float = 1.0) -> pd.DataFrame:
    """Return counts of a glass before and after n spots whose ablated mass varies widely."""
    rng = np.random.default_rng(seed)
    rows = []
    plan = [("standard", "glass")] * 3 + [("unknown", f"u{i}") for i in range(n)]
    plan += [("standard", "glass")] * 3
    for run, (role, name) in enumerate(plan):
        ablated = rng.uniform(0.5, 1.5)
        for isotope, (sensitivity, ppm) in LASER.items():
            wear = 1 - 0.2 * run / len(plan) * (isotope != "Ca43")
            concentration = ppm if role == "standard" else ppm * 1.3
            if role == "unknown" and isotope != "Ca43":
                concentration *= low
            rate = ablated * sensitivity * concentration * wear
            beside = 30.0
            rows.append(
                {
                    "run": run,
                    "sample": name,
                    "role": role,
                    "isotope": isotope,
                    "counts": rng.poisson((rate + beside) * 40),
                    "time_s": 40.0,
                    "background": rng.poisson(beside * 30),
                    "background_time_s": 30.0,
                    "concentration": concentration
                    if role == "standard" or isotope == "Ca43"
                    else np.nan,
                }
            )
    return pd.DataFrame(rows)


def ablate(frame: pd.DataFrame, path: Path, internal: str = "Ca43") -> Any:
    frame.to_csv(path / "laser.csv", index=False)
    return reduce_laser(path / "laser.csv", internal=internal)


def test_laser_round_trip_with_coverage(tmp_path: Path) -> None:
    found = ablate(ablations(150), tmp_path)
    pull = [
        (s.results[e].value - 1.3 * LASER[i][1]) / s.results[e].sigma
        for s in found.samples
        for e, i in (("La", "La139"), ("Yb", "Yb172"))
    ]
    assert 0.90 < np.mean(np.abs(pull) < 1.96) < 0.985


def test_laser_limit_is_the_formula_of_longerich(tmp_path: Path) -> None:
    # LOD = 3 sigma_b sqrt(1/n_b + 1/n_a) / S with sweeps of 0.5 s, sigma_b the Poisson deviation
    # of one sweep of the background, S = net rate / concentration
    frame = ablations(1, seed=3)
    found = ablate(frame, tmp_path).samples[0].results["La"]
    here = frame[(frame["sample"] == "u0") & (frame["isotope"] == "La139")].iloc[0]
    sweep = 0.5
    beside = here["background"] / here["background_time_s"]
    sigma_b = np.sqrt(beside / sweep)
    n_b, n_a = here["background_time_s"] / sweep, here["time_s"] / sweep
    net = here["counts"] / here["time_s"] - beside
    limit = 3 * sigma_b * np.sqrt(1 / n_b + 1 / n_a) / (net / found.value)
    assert found.detection == pytest.approx(limit, rel=1e-9)


def test_laser_flags_what_is_not_there(tmp_path: Path) -> None:
    found = ablate(ablations(40, low=0.0), tmp_path)
    flags = [r.flag for sample in found.samples for r in sample.results.values()]
    assert np.mean([flag == "<LOD" for flag in flags]) > 0.97


def test_laser_bad_files(tmp_path: Path) -> None:
    frame = ablations(1)
    with pytest.raises(InputError, match="no isotope Si29"):
        ablate(frame, tmp_path, "Si29")
    lost = frame.copy()
    lost.loc[(lost["role"] == "unknown") & (lost["isotope"] == "Ca43"), "concentration"] = np.nan
    with pytest.raises(InputError, match="must be known in every run"):
        ablate(lost, tmp_path)
    with pytest.raises(InputError, match="no row with role unknown"):
        ablate(frame[frame["role"] == "standard"], tmp_path)
