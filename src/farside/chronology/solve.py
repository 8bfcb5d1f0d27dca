"""The root of a monotone function, for many targets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]

MAX_STEPS = 200


def rising_root(
    value: Function, slope: Function, low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return x in [low, high] where ``value(x)`` is 0, by Newton steps kept inside a bracket.

    Parameters
    ----------
    value : rising function, ``value(low) <= 0 <= value(high)``; arrays of any one shape
    slope : its derivative; a step that would leave the bracket, or that follows from a slope of 0,
        is replaced by halving the bracket
    low, high : the bracket of each root

    Returns
    -------
    array of the shape of `low`, to the spacing of floating-point numbers
    """
    low, high = low.copy(), high.copy()
    x = 0.5 * (low + high)
    for _ in range(MAX_STEPS):
        y = value(x)
        low = np.where(y <= 0, x, low)
        high = np.where(y >= 0, x, high)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = x - y / slope(x)
        inside = (step > low) & (step < high)
        fresh = np.where(inside, step, 0.5 * (low + high))
        done = np.abs(fresh - x) <= 4 * np.spacing(np.abs(x))
        x = fresh
        if done.all():
            break
    return x
