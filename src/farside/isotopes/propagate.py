"""Propagate independent errors through a function by its first derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float = NDArray[np.float64]


def spread(function: Callable[[Float], float], centre: Float, sigmas: Float) -> float:
    """Return one sigma of a function from independent errors of its arguments.

    Parameters
    ----------
    function : of an array of shape ``(n,)``
    centre, sigmas : shape ``(n,)``; an argument of sigma 0 is exact

    Examples
    --------
    >>> round(spread(lambda p: p[0] * p[1], np.array([2.0, 3.0]), np.array([0.1, 0.0])), 9)
    0.3
    """
    parts = []
    for i, sigma in enumerate(sigmas):
        if sigma > 0:
            step = np.zeros(centre.size)
            step[i] = 0.01 * sigma
            slope = (function(centre + step) - function(centre - step)) / (0.02 * sigma)
            parts.append(slope * sigma)
    return float(np.sqrt(np.sum(np.square(parts)))) if parts else 0.0
