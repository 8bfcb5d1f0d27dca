"""X-ray fluorescence: from counts to oxides.

Net rates are calibrated against standards by weighted regression and corrected for absorption by
the other oxides with influence coefficients, C_i = (a_i + b_i R_i) (1 + sum_j alpha_ij C_j)
(Lachance and Traill 1966, in the form with a background term of de Jongh 1973), C as mass
fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from farside.errors import InputError
from farside.readers.table import read_frame
from farside.samples.composition import element_of, molar_mass
from farside.samples.counting import background_sigma, limits, net_rate
from farside.samples.measured import LOSS, Measured, Reduced, Reduction, numbers, read_counts
from farside.samples.regression import Line, fit_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

COLUMNS = ("sample", "role", "analyte", "counts", "time_s", "background", "background_time_s")
ROLES = ("standard", "unknown")
FERRIC = "Fe2O3"
IRON_FACTOR = 2 * molar_mass("FeO") / (2 * 55.845 + 3 * 15.999)
"""FeO per Fe2O3 by weight (0.8998), from atomic weights."""
OXYGEN_GAIN = 1 / IRON_FACTOR - 1
"""Weight that FeO gains when it is oxidised to Fe2O3 (0.1113)."""
STEPS = 100
CONVERGED = 1e-10
MOST_LOSS = 60.0


@dataclass(frozen=True)
class Corrected:
    """Concentrations after the correction for absorption.

    Parameters
    ----------
    fraction : mass fractions, shape (n,)
    covariance : of them, shape (n, n)
    """

    fraction: Float
    covariance: Float


def loss_on_ignition(before_g: float, after_g: float) -> float:
    """Return the loss on ignition in wt%; negative where iron took up oxygen.

    A lunar rock holds next to nothing volatile and all its iron is ferrous: it gains weight, up to
    11.1 wt% of its FeO.

    Examples
    --------
    >>> round(loss_on_ignition(1.0, 1.0 + 0.2 * OXYGEN_GAIN), 3)  # 20 wt% FeO
    -2.227
    """
    if before_g <= 0 or after_g <= 0:
        raise InputError("masses before and after ignition must be positive, in grams.")
    return 100 * (before_g - after_g) / before_g


def alphas_from_attenuation(attenuation: pd.DataFrame) -> pd.DataFrame:
    """Return influence coefficients alpha_ij = mu_ij / mu_ii - 1.

    Absorption only, for one effective wavelength of excitation: exact for monochromatic rays
    without enhancement.

    Parameters
    ----------
    attenuation : row i, column j: attenuation of oxide j for the exciting rays plus that for line
        i, each divided by the sine of its angle, cm2/g; index and columns are the same oxides
    """
    own = np.diag(attenuation.to_numpy(dtype=float))
    alpha = attenuation.to_numpy(dtype=float) / own[:, None] - 1
    return pd.DataFrame(alpha, index=attenuation.index, columns=attenuation.columns)


def correct(apparent: Float, variance: Float, alpha: Float) -> Corrected:
    """Return concentrations from apparent ones by influence coefficients.

    Solves C = y (1 + A C) by iteration from C = y. The covariance follows from
    dC = (1 - diag(y) A)^-1 (1 + A C) dy.

    Parameters
    ----------
    apparent, variance : y = a + b R and its variance, mass fractions, shape (n,)
    alpha : influence coefficients, shape (n, n), alpha_ii of no effect

    Raises
    ------
    InputError
        when the iteration does not converge
    """
    A = alpha - np.diag(np.diag(alpha))
    fraction = apparent
    for _ in range(STEPS):
        following = apparent * (1 + A @ fraction)
        moved = float(np.abs(following - fraction).max())
        fraction = following
        if moved < CONVERGED:
            break
    else:
        raise InputError(
            f"the correction for absorption did not converge in {STEPS} steps (last step "
            f"{moved:.2g}); an influence coefficient or an intensity is wrong: check their units "
            "(mass fractions, not wt%)."
        )
    jacobian = np.linalg.solve(np.eye(len(A)) - apparent[:, None] * A, np.diag(1 + A @ fraction))
    return Corrected(fraction, jacobian @ np.diag(variance) @ jacobian.T)


def reduce_xrf(path: Path, alphas: Path | None = None) -> Reduction:
    """Return the oxides of the unknowns of a file of counts.

    Parameters
    ----------
    path : CSV with a row for each specimen and analyte: ``sample, role`` (standard or unknown),
        ``analyte`` (an oxide; iron as Fe2O3 or FeO), ``counts, time_s, background,
        background_time_s``; for standards ``concentration`` and ``concentration_1s`` in wt%; a
        row of the analyte LOI gives the loss on ignition in ``concentration``
    alphas : CSV of influence coefficients, first column the analyte, a column for each oxide; no
        correction when left out

    Raises
    ------
    InputError
        for missing columns or standards, or where the correction does not converge
    """
    frame = read_counts(path, COLUMNS, ROLES, most=100.0)
    for column in ("concentration", "concentration_1s"):
        if column not in frame:
            frame[column] = np.nan
    lines = frame[frame["analyte"] != LOSS].copy()
    if lines.duplicated(["sample", "analyte"]).any():
        twice = lines.loc[lines.duplicated(["sample", "analyte"])].iloc[0]
        raise InputError(
            f"{path.name}: {twice['analyte']} of {twice['sample']} stands twice; sum the counts "
            "and times of repeats."
        )
    rate, sigma = net_rate(*(lines[c].to_numpy() for c in COLUMNS[3:]))
    lines["rate"], lines["sigma"] = rate, sigma
    lines["blank"] = background_sigma(
        lines["background"], lines["background_time_s"], lines["time_s"]
    )
    analytes = list(dict.fromkeys(lines["analyte"]))
    for analyte in analytes:
        element_of(analyte)
    alpha = _alphas(alphas, analytes)
    lost = frame[frame["analyte"] == LOSS].set_index("sample")["concentration"]
    known = lines[lines["role"] == "standard"]
    calibration = {a: _calibrate(a, known, analytes, alpha) for a in analytes}
    unknown = lines[lines["role"] == "unknown"]
    if unknown.empty:
        raise InputError(f"{path.name} holds no row with role unknown.")
    samples = tuple(
        _reduce(str(name), group.set_index("analyte"), calibration, alpha, lost.get(name, np.nan))
        for name, group in unknown.groupby("sample", sort=False)
    )
    about = {
        a: {"intercept": line.a, "slope": line.b, "chi2": line.chi2, "dof": float(line.dof)}
        for a, line in calibration.items()
    }
    return Reduction("XRF", samples, about)


def _alphas(path: Path | None, analytes: list[str]) -> pd.DataFrame:
    if path is None:
        return pd.DataFrame(0.0, index=analytes, columns=analytes)
    frame = read_frame(path)
    frame = frame.set_index(frame.columns[0])
    missing = [a for a in analytes if a not in frame.index or a not in frame.columns]
    if missing:
        raise InputError(
            f"{path.name} has no influence coefficients for {', '.join(missing)}; give a row and "
            "a column for each analyte."
        )
    if not frame.index.is_unique:
        raise InputError(f"{path.name}: an analyte has two rows; keep one.")
    found = frame.loc[analytes, analytes]
    return found.apply(lambda c: numbers(c, f"{path.name}: {c.name}")).fillna(0.0)


def _calibrate(analyte: str, known: pd.DataFrame, analytes: list[str], alpha: pd.DataFrame) -> Line:
    """Return apparent concentration against net rate, of the standards that certify all oxides."""
    wide = known.pivot_table(index="sample", columns="analyte", values="concentration") / 100
    wide = wide.reindex(columns=analytes)
    own = known[known["analyte"] == analyte].set_index("sample")
    weights = alpha.loc[analyte].to_numpy(dtype=float).copy()
    weights[analytes.index(analyte)] = 0.0
    absorbing = wide.reindex(own.index)[[a for a, w in zip(analytes, weights, strict=True) if w]]
    own = own[own["concentration"].notna() & absorbing.notna().all(axis=1)]
    if own.empty:
        raise InputError(
            f"no standard has a concentration of {analyte} and of the oxides that absorb its rays; "
            "add one, or drop the analyte."
        )
    matrix = 1 + wide.loc[own.index].fillna(0.0).to_numpy() @ weights
    value = own["concentration"].to_numpy() / 100
    given = own["concentration_1s"].to_numpy() / 100
    error = np.where(np.isnan(given), 0.005 * np.maximum(value, 1e-4), given)
    rate, sigma = own["rate"].to_numpy(), own["sigma"].to_numpy()
    return fit_line(rate, sigma, value / matrix, error / matrix, of=analyte)


def _reduce(
    name: str,
    group: pd.DataFrame,
    calibration: Mapping[str, Line],
    alpha: pd.DataFrame,
    loss: float,
) -> Reduced:
    analytes = [a for a in calibration if a in group.index]
    apparent, variance = zip(
        *(
            calibration[a].predict(np.array(group["rate"][a]), np.array(group["sigma"][a]))
            for a in analytes
        ),
        strict=True,
    )
    coefficients = alpha.loc[analytes, analytes].to_numpy(dtype=float)
    found = correct(np.array(apparent), np.array(variance), coefficients)
    if not np.isnan(loss) and not -15 < loss < MOST_LOSS:
        raise InputError(f"{name}: a loss on ignition of {loss:g} wt% cannot be; check the masses.")
    dry = 1.0 if np.isnan(loss) else 1 - loss / 100
    factor = np.array([100 * dry * (IRON_FACTOR if a == FERRIC else 1.0) for a in analytes])
    value, covariance = factor * found.fraction, found.covariance * np.outer(factor, factor)
    slope = np.array([calibration[a].b for a in analytes])
    gain = factor * slope * (1 + coefficients @ found.fraction)
    low, high = limits(group["blank"][analytes].to_numpy(), 1 / gain)
    names = ["FeO" if a == FERRIC else a for a in analytes]
    sigma = np.sqrt(np.diag(covariance))
    values = {
        n: Measured(float(value[i]), float(sigma[i]), float(low[i]), float(high[i]))
        for i, n in enumerate(names)
    }
    total = float(value.sum()) + (0.0 if np.isnan(loss) else max(loss, 0.0))
    notes = _notes(loss, total, values)
    missing = [a for a in calibration if a not in analytes]
    if missing:
        notes += (f"not measured, and taken to absorb nothing: {', '.join(missing)}",)
    return Reduced(name, "wt%", values, total, float(np.sqrt(covariance.sum())), notes)


def _notes(loss: float, total: float, values: Mapping[str, Measured]) -> tuple[str, ...]:
    notes = []
    if np.isnan(loss):
        notes.append("no loss on ignition: concentrations are of the specimen as it was measured")
    elif loss < 0 and "FeO" in values:
        expected = -OXYGEN_GAIN * values["FeO"].value
        notes.append(
            f"gained {-loss:.2f} wt% on ignition; oxidation of all its FeO would gain "
            f"{-expected:.2f}"
        )
    if len(values) >= 8 and not 98 <= total <= 102:
        notes.append(f"the total of {total:.2f} wt% is outside 98-102")
    return tuple(notes)
