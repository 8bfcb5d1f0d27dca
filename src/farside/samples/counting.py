"""What counts give: net rates with errors, and limits of detection and determination.

Counts are Poisson; currents and rates in counts per second. One sigma everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

DETECTION = 3.29
"""Standard deviations of the net signal of a blank, at 5 % false positives and 5 % false negatives
(Currie 1968, doi 10.1021/ac60259a007: 2 x 1.645)."""
DETERMINATION = 10.0
"""Standard deviations at which a result has 10 % relative error (Currie 1968)."""


def net_rate(
    counts: ArrayLike, time_s: ArrayLike, background: ArrayLike, background_time_s: ArrayLike
) -> tuple[Float, Float]:
    """Return the net rate and its one sigma, counts per second.

    r = N/t - B/u, sigma^2 = N/t^2 + B/u^2; a count of zero has the variance of one count, as zero
    does not mean that nothing comes.

    Parameters
    ----------
    counts, time_s : gross counts and the seconds of counting
    background, background_time_s : the same beside the line, or of a gas blank

    Raises
    ------
    InputError
        for negative counts or times that are not positive
    """
    gross, t, beside, u = (
        np.asarray(a, dtype=float) for a in (counts, time_s, background, background_time_s)
    )
    if (gross < 0).any() or (beside < 0).any():
        raise InputError("counts cannot be negative; give gross counts, before any subtraction.")
    if (t <= 0).any() or (u <= 0).any():
        raise InputError("counting times must be positive, in seconds.")
    sigma = np.sqrt(np.maximum(gross, 1) / t**2 + np.maximum(beside, 1) / u**2)
    return np.asarray(gross / t - beside / u), np.asarray(sigma)


def background_sigma(
    background: ArrayLike, background_time_s: ArrayLike, time_s: ArrayLike
) -> Float:
    """Return the one sigma of the net rate where there is nothing but background.

    sigma_0^2 = b/t + b/u, b = B/u the rate of the background, t and u the two times.
    """
    beside, u, t = (np.asarray(a, dtype=float) for a in (background, background_time_s, time_s))
    rate = np.maximum(beside, 1) / u
    return np.asarray(np.sqrt(rate / t + rate / u))


def limits(sigma_blank: ArrayLike, sensitivity: ArrayLike) -> tuple[Float, Float]:
    """Return the limits of detection and determination as concentrations.

    Parameters
    ----------
    sigma_blank : one sigma of the net rate of a blank
    sensitivity : net rate per unit of concentration
    """
    unit = np.asarray(sigma_blank, dtype=float) / np.asarray(sensitivity, dtype=float)
    return np.asarray(DETECTION * unit), np.asarray(DETERMINATION * unit)
