"""ICP-MS of solutions: from counts to concentrations in the rock.

In the order of the corrections: interferences by oxides and isobars, drift by internal standards,
blank, external calibration, dilution.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from farside.errors import InputError, MissingColumnError
from farside.readers.table import read_frame
from farside.samples.counting import limits, net_rate
from farside.samples.measured import Measured, Reduced, Reduction, numbers, read_counts
from farside.samples.regression import Line, fit_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

COLUMNS = ("run", "sample", "role", "isotope", "counts", "time_s")
ROLES = ("blank", "standard", "unknown")
_INTERFERENCE = ("isotope", "from", "factor")
FEWEST_BLANKS = 2


def element(isotope: str) -> str:
    """Return the element of an isotope.

    Examples
    --------
    >>> element("Nd146"), element("146Nd")
    ('Nd', 'Nd')
    """
    return re.sub(r"\d", "", isotope).strip()


def reduce_icpms(
    path: Path, *, internal: tuple[str, ...] = (), interferences: Path | None = None
) -> Reduction:
    """Return the elements of the unknowns of a file of counts, in ppm of the rock.

    Parameters
    ----------
    path : CSV with a row for each run and isotope: ``run`` (its place in the sequence),
        ``sample, role`` (blank, standard or unknown), ``isotope, counts, time_s``; for standards
        ``concentration`` (and ``concentration_1s``) in ppm of the solid they stand for or of the
        solution, without which an isotope is only a monitor of others; for unknowns ``dilution``,
        solution over rock by weight (1 when left out)
    internal : isotopes of internal standards, of one concentration in all runs; the drift of an
        isotope is that of the internal standards, linear in mass. None: no correction
    interferences : CSV ``isotope, from, factor, factor_1s``: counts of an isotope that come with
        those of another, r -= factor r_from; oxides (Eu153 from Ba137: 137Ba16O) and isobars
        (Sm144 from Nd146) alike

    Raises
    ------
    InputError
        for missing columns, blanks, standards or internal standards
    """
    frame = read_counts(path, COLUMNS, ROLES, most=1e6)
    twice = frame.duplicated(["run", "isotope"])
    if twice.any():
        bad = frame[twice].iloc[0]
        raise InputError(f"{path.name}: {bad['isotope']} stands twice in run {bad['run']:g}.")
    zero = np.zeros(len(frame))
    frame["rate"], frame["sigma"] = net_rate(frame["counts"], frame["time_s"], zero, zero + 1e12)
    rate = frame.pivot_table(index="run", columns="isotope", values="rate", sort=True)
    variance = frame.pivot_table(index="run", columns="isotope", values="sigma", sort=True) ** 2
    if interferences:
        rate, variance = _subtract(rate, variance, _interferences(interferences, rate))
    rate, variance = _drift(rate, variance, internal)
    about = frame.drop_duplicates("run").set_index("run").loc[rate.index]
    blank, blank_variance = _blank(rate, variance, about["role"], path)
    net = rate - blank
    net_variance = variance + blank_variance
    concentration = frame.pivot_table(index="run", columns="isotope", values="concentration")
    known = about.index[about["role"] == "standard"]
    calibration = {
        isotope: _calibrate(isotope, given, frame, net, net_variance)
        for isotope in dict.fromkeys(frame["isotope"])
        if isotope in concentration
        and isotope not in internal
        and len(given := concentration[isotope].reindex(known).dropna())
    }
    if not calibration:
        raise InputError(
            f"{path.name}: no standard has a concentration; give it in the column concentration."
        )
    spread = _blank_scatter(rate, variance, about["role"])
    samples = tuple(
        _reduce(str(about["sample"][run]), run, about, (net, net_variance, spread), calibration)
        for run in about.index[about["role"] == "unknown"]
    )
    if not samples:
        raise InputError(f"{path.name} holds no row with role unknown.")
    described = {
        i: {"sensitivity": line.b, "chi2": line.chi2, "dof": float(line.dof)}
        for i, line in calibration.items()
    }
    return Reduction("ICP-MS", samples, described)


def _interferences(path: Path, rate: pd.DataFrame) -> pd.DataFrame:
    frame = read_frame(path)
    missing = [c for c in _INTERFERENCE if c not in frame]
    if missing:
        raise MissingColumnError.of(path.name, missing, frame.columns)
    unknown = sorted((set(frame["isotope"]) | set(frame["from"])) - set(rate.columns))
    if unknown:
        raise InputError(
            f"{path.name} names isotopes that were not measured: {', '.join(unknown)}; measured: "
            f"{', '.join(rate.columns)}."
        )
    if "factor_1s" not in frame:
        frame["factor_1s"] = 0.0
    for column in ("factor", "factor_1s"):
        frame[column] = numbers(frame[column], f"{path.name}: {column}")
        if (frame[column] < 0).any():
            raise InputError(f"{path.name}: {column} is a share of counts, 0 or more.")
    if frame["factor"].isna().any():
        raise InputError(f"{path.name}: an interference has no factor.")
    return frame


def _subtract(
    rate: pd.DataFrame, variance: pd.DataFrame, table: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rates less what comes with other isotopes; parents are taken as they were counted."""
    clean, wider = rate.copy(), variance.copy()
    for _, line in table.iterrows():
        here, parent = str(line["isotope"]), str(line["from"])
        factor, error = float(line["factor"]), float(np.nan_to_num(line["factor_1s"]))
        clean[here] -= factor * rate[parent]
        wider[here] += factor**2 * variance[parent] + (error * rate[parent]) ** 2
    return clean, wider


def _drift(
    rate: pd.DataFrame, variance: pd.DataFrame, internal: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rates over the relative rate of the internal standards, interpolated in mass."""
    if not internal:
        return rate, variance
    missing = [i for i in internal if i not in rate or rate[i].isna().any()]
    if missing or (rate[list(internal)] <= 0).any(axis=None):
        raise InputError(
            f"internal standard {', '.join(missing or internal)} has no counts in at least one "
            "run; an internal standard goes into every solution, blanks too."
        )
    names = sorted(internal, key=_mass)
    relative = rate[names] / rate[names].mean()
    noise = variance[names] / rate[names] ** 2
    clean, wider = rate.copy(), variance.copy()
    masses = np.array([_mass(i) for i in names])
    for isotope in rate.columns:
        share = _share(_mass(isotope), masses)
        factor = relative.to_numpy() @ share
        error = noise.to_numpy() @ share**2
        clean[isotope] = rate[isotope] / factor
        wider[isotope] = variance[isotope] / factor**2 + clean[isotope] ** 2 * error
    return clean, wider


def _share(mass: float, masses: Float) -> Float:
    """Return the weight of each internal standard at a mass: on the line between the two nearest.

    Beyond the lightest and heaviest the line goes straight on; one standard stands for all masses.
    """
    share = np.zeros(len(masses))
    if len(masses) == 1:
        return share + 1.0
    right = int(np.clip(np.searchsorted(masses, mass), 1, len(masses) - 1))
    low, high = masses[right - 1], masses[right]
    share[right] = (mass - low) / (high - low)
    share[right - 1] = 1 - share[right]
    return share


def _mass(isotope: str) -> float:
    digits = re.sub(r"\D", "", isotope)
    if not digits:
        raise InputError(f"isotope {isotope!r} has no mass number; write it as Nd146.")
    return float(digits)


def _blank(
    rate: pd.DataFrame, variance: pd.DataFrame, role: pd.Series[str], path: Path
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the mean of the blanks and the variance of that mean."""
    runs = role.index[role == "blank"]
    if len(runs) < FEWEST_BLANKS:
        raise InputError(
            f"{path.name}: {len(runs)} blanks; at least {FEWEST_BLANKS} runs with role blank are "
            "needed for their scatter."
        )
    scatter = _blank_scatter(rate, variance, role)
    return rate.loc[runs].mean(), scatter**2 / len(runs)


def _blank_scatter(
    rate: pd.DataFrame, variance: pd.DataFrame, role: pd.Series[str]
) -> pd.Series[float]:
    """Return the standard deviation of one blank: that of the blanks, at least that of counting."""
    runs = role.index[role == "blank"]
    counted = np.sqrt(variance.loc[runs].mean())
    scatter = rate.loc[runs].std(ddof=1)
    return scatter.where(scatter > counted, counted)


def _calibrate(
    isotope: str,
    given: pd.Series[float],
    frame: pd.DataFrame,
    net: pd.DataFrame,
    variance: pd.DataFrame,
) -> Line:
    """Return net rate per concentration: a line through the origin, as the blank is off."""
    error = pd.Series(np.nan, given.index)
    if "concentration_1s" in frame:
        wide = frame.pivot_table(index="run", columns="isotope", values="concentration_1s")
        if isotope in wide:
            error = wide[isotope].reindex(given.index)
    x = np.asarray(given, dtype=np.float64)
    y = net[isotope][given.index].to_numpy(dtype=np.float64)
    x_sigma = np.asarray(error.fillna(0.0), dtype=np.float64)
    y_sigma = np.sqrt(variance[isotope][given.index].to_numpy())
    return fit_line(x, x_sigma, y, y_sigma, through_origin=True, of=isotope)


def _reduce(
    name: str,
    run: float,
    about: pd.DataFrame,
    rates: tuple[pd.DataFrame, pd.DataFrame, pd.Series[float]],
    calibration: Mapping[str, Line],
) -> Reduced:
    net, variance, scatter = rates
    row = list(net.index).index(run)
    dilution = float(about["dilution"][run]) if "dilution" in about else 1.0
    dilution = 1.0 if np.isnan(dilution) else dilution
    found: dict[str, Measured] = {}
    for isotope, line in calibration.items():
        signal = float(net[isotope].to_numpy()[row])
        if np.isnan(signal):
            continue
        label = element(isotope)
        label = isotope if label in found else label
        value = signal / line.b
        relative = line.covariance[2] / line.b**2
        sigma = np.sqrt(float(variance[isotope].to_numpy()[row]) / line.b**2 + value**2 * relative)
        low, high = limits(scatter[isotope], line.b)
        found[label] = Measured(
            dilution * value,
            dilution * float(sigma),
            dilution * float(low),
            dilution * float(high),
        )
    return Reduced(name, "ppm", found, float("nan"), float("nan"), ())
