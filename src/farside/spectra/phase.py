"""The Moon's photometric function: how brightness goes with incidence, emission and phase angle.

    X = 2 L μ0 / (μ0 + μ) + (1 - L) μ0,   L = max(1 - 0.019 g + 2.42e-4 g² - 1.46e-6 g³, 0),
    f = [1 + b0 / (1 + tan(g/2) / h)] · [(1-c)/2 HG(γ, g) + (1+c)/2 HG(-γ, g)],
    HG(γ, g) = (1 - γ²) / (1 + γ² - 2 γ cos g)^1.5,

with μ0 = cos i, μ = cos e, g in degrees in L, and b0, h, c, γ of the place's albedo class (low,
mid, high) by wavelength, 512.6-1644.2 nm. It holds for phase angles of 5-85°.

References
----------
Yokota et al. (2011), doi 10.1016/j.icarus.2011.07.028 (coefficients, classes, range); the form of f
and X is that of Kouyama et al. (2016) Planetary and Space Science 124, 76-83, in their published
program, and the labels of MI maps (PHOTO_CORR_COEF) hold the same L and, for MI's bands, the
coefficients of the low and the high class. McEwen (1996) Lunar and Planetary Science 27, 841 (L).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from farside.datasets._photometry import (
    ALBEDO_CLASSES,
    load_albedo_classes,
    load_phase_functions,
)
from farside.errors import BandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

Albedo = Literal["low", "mid", "high"]

STANDARD = (30.0, 0.0, 30.0)
"""Incidence, emission and phase angle that reflectance is given at, degrees."""

PHASE_RANGE = (5.0, 85.0)
"""Phase angles that the coefficients are derived from, degrees (Yokota et al. 2011)."""

WAVELENGTHS_NM = (512.6, 1644.2)
"""Ends of the table of coefficients, nm."""

FLAGS = {"corrected": 0, "not_lit_or_not_seen": 1, "phase_angle_out_of_range": 2}
_LUNAR_LAMBERT = (1.0, -0.019, 0.242e-3, -1.46e-6)
_NAMES = ("b0", "h", "c", "g")


def disk_function(incidence_deg: ArrayLike, emission_deg: ArrayLike, phase_deg: ArrayLike) -> Float:
    """Return X(i, e, g), between Lommel-Seeliger (L = 1) and Lambert (L = 0).

    Parameters
    ----------
    incidence_deg, emission_deg, phase_deg : degrees, below 90 the first two

    Examples
    --------
    >>> float(disk_function(60.0, 0.0, 0.0).round(6))
    0.666667
    """
    mu0, mu = (
        np.cos(np.radians(np.asarray(a, dtype=float))) for a in (incidence_deg, emission_deg)
    )
    share = np.maximum(
        np.polynomial.polynomial.polyval(np.asarray(phase_deg, float), _LUNAR_LAMBERT), 0
    )
    return np.asarray(2.0 * share * mu0 / (mu0 + mu) + (1.0 - share) * mu0)


def phase_function(
    phase_deg: ArrayLike, b0: ArrayLike, h: ArrayLike, c: ArrayLike, g: ArrayLike
) -> Float:
    """Return f(g): opposition peak times two Henyey-Greenstein lobes.

    Parameters
    ----------
    phase_deg : degrees
    b0, h, c, g : coefficients, dimensionless; `g` is the asymmetry γ of the lobes

    Examples
    --------
    >>> float(phase_function(40.0, b0=0.0, h=0.1, c=0.3, g=0.0))
    1.0
    """
    half = np.radians(np.asarray(phase_deg, dtype=float)) / 2.0
    b0, h, c, g = (np.asarray(value, dtype=float) for value in (b0, h, c, g))
    cosine = np.cos(2.0 * half)
    lobes = [
        weight / 2.0 * (1.0 - g**2) / (1.0 + g**2 - 2.0 * sign * g * cosine) ** 1.5
        for sign, weight in ((1.0, 1.0 - c), (-1.0, 1.0 + c))
    ]
    return np.asarray((1.0 + b0 / (1.0 + np.tan(half) / h)) * (lobes[0] + lobes[1]))


@dataclass(frozen=True)
class PhaseCoefficients:
    """Coefficients of the phase function at some bands.

    Parameters
    ----------
    central, sigmas : shape (class, 4, band), classes and coefficients (b0, h, c, g) in order
    """

    central: Float
    sigmas: Float


@cache
def _table() -> dict[str, pd.DataFrame]:
    frame = load_phase_functions().sort_values("wavelength_nm")
    return {name: frame[frame["albedo"] == name] for name in ALBEDO_CLASSES}


def phase_coefficients(wavelength_nm: Sequence[float] | Float) -> PhaseCoefficients:
    """Return the coefficients at some wavelengths, straight between the channels of the table.

    Parameters
    ----------
    wavelength_nm : nm, within 512.6-1644.2

    Raises
    ------
    BandError
        when a wavelength is outside the table
    """
    wanted = np.asarray(wavelength_nm, dtype=float)
    low, high = WAVELENGTHS_NM
    if not ((wanted >= low) & (wanted <= high)).all():
        raise BandError(
            f"photometric coefficients reach from {low:g} to {high:g} nm; given "
            f"{wanted.min():g} to {wanted.max():g} nm."
        )
    out = np.empty((2, len(ALBEDO_CLASSES), len(_NAMES), wanted.size))
    for k, name in enumerate(ALBEDO_CLASSES):
        part = _table()[name]
        for n, coefficient in enumerate(_NAMES):
            for s, column in enumerate((coefficient, f"{coefficient}_1s")):
                given = part.dropna(subset=column)
                out[s, k, n] = np.interp(wanted, given["wavelength_nm"], given[column])
    return PhaseCoefficients(out[0], out[1])


def albedo_class(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.int8]:
    """Return the albedo class of places: index in (low, mid, high); -1 where a place is not known.

    Parameters
    ----------
    lat, lon : planetocentric latitude and longitude east, degrees

    Examples
    --------
    >>> albedo_class([0.0, -20.0], [-50.0, 165.0]).tolist()  # Oceanus Procellarum, far side
    [0, 2]
    """
    lat, lon = np.asarray(lat, dtype=float), np.asarray(lon, dtype=float)
    known = np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90)
    row = np.clip((np.where(known, lat, 0.0) + 90.0) * 2.0, 0, 359).astype(int)
    column = (((np.where(known, lon, 0.0) + 180.0) % 360.0) * 2.0).astype(int) % 720
    return np.where(known, load_albedo_classes()[row, column], np.int8(-1)).astype(np.int8)


def photometry_flag(incidence_deg: ArrayLike, emission_deg: ArrayLike, phase_deg: ArrayLike) -> Any:
    """Return for each point whether it can be corrected: a number of `FLAGS`."""
    i, e, g = (np.asarray(angle) for angle in (incidence_deg, emission_deg, phase_deg))
    lit = (i >= 0) & (i < 90) & (e >= 0) & (e < 90)
    inside = (g >= PHASE_RANGE[0]) & (g <= PHASE_RANGE[1])
    return np.where(lit, np.where(inside, 0, 2), 1).astype(np.int8)


def _log_ratio(phase_deg: Float, parameters: Float) -> Float:
    """Return ln f(30°) / f(g), shape (band, n), of parameters (4, band)."""
    b0, h, c, g = parameters[:, :, None]
    at_standard = phase_function(STANDARD[2], b0, h, c, g)
    return np.log(at_standard / phase_function(phase_deg[None, :], b0, h, c, g))


def correction(
    angles: tuple[Float, Float, Float], classes: NDArray[np.int8], coefficients: PhaseCoefficients
) -> tuple[Float, Float]:
    """Return the factor to the standard geometry and its relative one sigma.

    Parameters
    ----------
    angles : incidence, emission, phase, degrees, shape (n,)
    classes : `albedo_class` of each point, shape (n,)
    coefficients : at the bands

    Returns
    -------
    factor, relative one sigma : shape (band, n), NaN where `photometry_flag` is not 0 or the class
        is not known. The sigma is that of b0, h, c, g taken as independent, as they are published.
    """
    n = classes.size
    factor = np.full((coefficients.central.shape[2], n), np.nan)
    sigma = np.full_like(factor, np.nan)
    usable = photometry_flag(*angles) == FLAGS["corrected"]
    for k in range(len(ALBEDO_CLASSES)):
        rows = np.flatnonzero(usable & (classes == k))
        if not rows.size:
            continue
        i, e, g = (angle[rows] for angle in angles)
        ratio = _log_ratio(g, coefficients.central[k])
        disk = disk_function(*STANDARD) / disk_function(i, e, g)
        factor[:, rows] = disk * np.exp(ratio)
        variance = np.zeros_like(ratio)
        for p in range(len(_NAMES)):
            step = np.zeros_like(coefficients.central[k])
            step[p] = coefficients.sigmas[k, p]
            high, low = (_log_ratio(g, coefficients.central[k] + s * step) for s in (0.5, -0.5))
            variance += (high - low) ** 2
        sigma[:, rows] = np.sqrt(variance)
    return factor, sigma
