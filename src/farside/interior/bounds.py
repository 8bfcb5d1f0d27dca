"""What a number of the interior may be: finite, and inside the range that physics leaves it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]


def check_from(
    value: ArrayLike, what: str, least: float = 0.0, most: float = math.inf, *, unit: str = ""
) -> Float:
    """Return values as an array; `InputError` unless there are any, all finite, least to most.

    Parameters
    ----------
    value : any shape, not empty
    what : its name in the message
    least, most : ends, which are themselves allowed
    unit : of the message, with a space before it

    Examples
    --------
    >>> check_from([0.0, 2.0], "a thickness", unit=" km").tolist()
    [0.0, 2.0]
    """
    found = np.asarray(value, dtype=float)
    if not found.size:
        raise InputError(f"{what} is empty; give at least one number.")
    bad = found[~(np.isfinite(found) & (found >= least) & (found <= most))]
    if bad.size:
        top = "" if math.isinf(most) else f" up to {most:g}"
        raise InputError(
            f"{what} is {bad.flat[0]:g}{unit}; give finite numbers from {least:g}{top}{unit}."
        )
    return found


def check_above(value: ArrayLike, what: str, unit: str = "") -> Float:
    """Return values as an array; `InputError` unless there are any, all finite and above 0."""
    found = np.asarray(value, dtype=float)
    if not found.size:
        raise InputError(f"{what} is empty; give at least one number.")
    bad = found[~(np.isfinite(found) & (found > 0))]
    if bad.size:
        raise InputError(f"{what} is {bad.flat[0]:g}{unit}; give a finite number above 0{unit}.")
    return found


def check_share(value: float, what: str, least: float = 0.0) -> float:
    """Return a share; `InputError` unless it is from `least` to 1."""
    if not least <= value <= 1:
        raise InputError(f"{what} is {value:g}; a share is from {least:g} to 1, not in per cent.")
    return float(value)


def check_coverage(value: float) -> float:
    """Return the coverage of an interval; `InputError` unless it is between 0 and 1."""
    if not 0 < value < 1:
        raise InputError(f"a coverage of {value:g} cannot be; give one between 0 and 1, as 0.95.")
    return float(value)


def check_coefficient(value: ArrayLike, what: str = "a partition coefficient") -> Float:
    """Return partition coefficients; `InputError` unless all are finite and not negative."""
    return check_from(value, what)


def check_modes(modes: Mapping[str, float]) -> Mapping[str, float]:
    """Return shares of minerals on any scale; `InputError` unless they can be shares."""
    shares = list(modes.values())
    if not (all(0 <= s < math.inf for s in shares) and sum(shares) > 0):
        given = ", ".join(f"{name} {share:g}" for name, share in modes.items()) or "none"
        raise InputError(
            f"minerals: {given}; give finite shares that are not negative, one of them above 0."
        )
    return modes
