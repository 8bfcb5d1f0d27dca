"""Laser-ablation ICP-MS: concentrations by internal-standard normalisation.

Longerich, Jackson and Guenther (1996, doi 10.1039/JA9961100899): C = R / S, with
S = (R_std / C_std) (R_is / R_is,std) (C_is,std / C_is), R net rates of the analyte and of the
internal standard, in the unknown and in the standard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from farside.errors import InputError
from farside.samples.counting import DETERMINATION, background_sigma, net_rate
from farside.samples.icpms import element
from farside.samples.measured import Measured, Reduced, Reduction, read_counts

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    "run",
    "sample",
    "role",
    "isotope",
    "counts",
    "time_s",
    "background",
    "background_time_s",
    "concentration",
)
ROLES = ("standard", "unknown")
DETECTION = 3.0
"""Standard deviations of the background that make the limit of Longerich et al. (1996)."""


def reduce_laser(path: Path, *, internal: str) -> Reduction:
    """Return the elements of the unknowns of a file of ablations, in ppm.

    The sensitivity of each isotope relative to the internal standard is interpolated in time
    between the standards before and after, which takes out its drift. The limit of detection is
    3 sigma_b sqrt(1/n_b + 1/n_a) / S; with Poisson counts of rate b over times u and t that is
    3 sqrt(b (1/u + 1/t)) / S.

    Parameters
    ----------
    path : CSV with a row for each ablation and isotope: ``run`` (time or place in the sequence),
        ``sample, role`` (standard or unknown), ``isotope, counts, time_s, background,
        background_time_s`` (gas blank) and ``concentration`` in ppm: of every isotope in
        standards, of the internal standard in unknowns
    internal : the isotope of the internal standard, such as Ca43

    Raises
    ------
    InputError
        for missing columns, standards, or concentrations of the internal standard
    """
    frame = read_counts(path, COLUMNS, ROLES, most=1e6)
    twice = frame.duplicated(["run", "isotope"])
    if twice.any():
        bad = frame[twice].iloc[0]
        raise InputError(f"{path.name}: {bad['isotope']} stands twice in run {bad['run']:g}.")
    rate, sigma = net_rate(*(frame[c].to_numpy() for c in COLUMNS[4:8]))
    frame["rate"], frame["relative"] = rate, sigma / np.where(rate > 0, rate, np.nan)
    frame["sigma"] = sigma
    frame["blank"] = background_sigma(
        frame["background"], frame["background_time_s"], frame["time_s"]
    )
    if internal not in set(frame["isotope"]):
        raise InputError(
            f"{path.name} has no isotope {internal}; the internal standard is one of "
            f"{', '.join(sorted(set(frame['isotope'])))}."
        )
    standard = frame[(frame["isotope"] == internal)].set_index("run")
    if standard["concentration"].isna().any() or (standard["rate"] <= 0).any():
        raise InputError(
            f"{path.name}: the concentration and net counts of {internal} must be known in every "
            "run, unknowns too; in a rock it comes from XRF or the electron microprobe."
        )
    isotopes = [i for i in dict.fromkeys(frame["isotope"]) if i != internal]
    relative = _sensitivities(frame, standard, isotopes, path)
    runs = frame[frame["role"] == "unknown"].drop_duplicates("run")
    if runs.empty:
        raise InputError(f"{path.name} holds no row with role unknown.")
    samples = tuple(
        _reduce(line, frame[frame["run"] == line["run"]], standard, relative)
        for _, line in runs.iterrows()
    )
    about = {
        i: {"relative_sensitivity": float(found["value"].mean())} for i, found in relative.items()
    }
    return Reduction("LA-ICP-MS", samples, about)


def _sensitivities(
    frame: pd.DataFrame, standard: pd.DataFrame, isotopes: list[str], path: Path
) -> dict[str, pd.DataFrame]:
    """Return (R_std / C_std) (C_is / R_is) of each isotope in each run of a standard."""
    found = {}
    for isotope in isotopes:
        here = frame[(frame["isotope"] == isotope) & (frame["role"] == "standard")]
        here = here[here["concentration"].notna()].set_index("run").sort_index()
        if here.empty or (here["rate"] <= 0).any():
            raise InputError(
                f"{path.name}: no standard with a concentration and net counts of {isotope}."
            )
        own = standard.loc[here.index]
        value = here["rate"] / here["concentration"] * own["concentration"] / own["rate"]
        error = np.hypot(here["relative"], own["relative"])
        found[isotope] = pd.DataFrame({"value": value, "relative": error})
    return found


def _at(table: pd.DataFrame, run: float) -> tuple[float, float]:
    """Return the sensitivity at a run, between its neighbours, and its relative variance."""
    runs = table.index.to_numpy(dtype=float)
    share = np.array([np.interp(run, runs, row) for row in np.eye(len(runs))])
    value = float(share @ table["value"].to_numpy())
    variance = share**2 @ (table["value"] * table["relative"]).to_numpy() ** 2
    return value, float(variance) / value**2


def _reduce(
    line: pd.Series[float],
    group: pd.DataFrame,
    standard: pd.DataFrame,
    relative: dict[str, pd.DataFrame],
) -> Reduced:
    run = float(line["run"])
    own = standard[standard.index == run].iloc[0]
    found: dict[str, Measured] = {}
    for isotope, table in relative.items():
        here = group[group["isotope"] == isotope]
        if here.empty:
            continue
        row = here.iloc[0]
        scale, variance = _at(table, run)
        sensitivity = scale * float(own["rate"]) / float(own["concentration"])
        value = float(row["rate"]) / sensitivity
        shared = value**2 * (variance + float(own["relative"]) ** 2)
        sigma = np.sqrt((float(row["sigma"]) / sensitivity) ** 2 + shared)
        unit = float(row["blank"]) / sensitivity
        label = element(isotope)
        found[isotope if label in found else label] = Measured(
            value, float(sigma), DETECTION * unit, DETERMINATION * unit
        )
    return Reduced(str(line["sample"]), "ppm", found, float("nan"), float("nan"), ())
