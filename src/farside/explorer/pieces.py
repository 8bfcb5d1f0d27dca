"""What a drawing reads of an opened output: windows, averaged to what the screen can show.

A piece is one raster on one grid. It is asked for a window and a factor, a power of two, and gives
the means of squares of so many pixels; never more is read than the window, or the overview of a
store that has none.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from farside.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from farside.maps.grid import MapGrid

    F32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Read:
    """What was read of a window.

    Parameters
    ----------
    values : (rows / factor, columns / factor), NaN where missing
    complete : False where a part is still coarser than was asked for, because time was up
    problem : what could not be read, and why; empty where all could
    """

    values: F32
    complete: bool = True
    problem: str = ""


class Reader(Protocol):
    """Reads windows of one raster."""

    def __call__(
        self, name: str, rows: slice, columns: slice, factor: int, deadline: float
    ) -> Read:
        """Return the means of squares of pixels.

        Parameters
        ----------
        name : such as ``value:FeO`` or ``novelty``
        rows, columns : window whose start is a multiple of the factor
        factor : a power of two
        deadline : of `time.monotonic`, after which no further pixel need be read
        """
        ...


@dataclass(frozen=True, eq=False)
class Piece:
    """One raster of an output.

    Parameters
    ----------
    name : of the tile or file
    grid : of its pixels
    names : what can be read, such as ``value:FeO``, ``lower:FeO`` and ``novelty``
    read : reads it
    """

    name: str
    grid: MapGrid
    names: frozenset[str]
    read: Reader


def in_memory(name: str, grid: MapGrid, arrays: Mapping[str, NDArray[Any]]) -> Piece:
    """Return a piece whose pixels are all at hand.

    Parameters
    ----------
    name : of the piece
    grid : of its pixels
    arrays : by name, each (height, width)
    """

    def read(name: str, rows: slice, columns: slice, factor: int, deadline: float) -> Read:
        del deadline  # nothing is waited for
        return Read(averaged(arrays[name][rows, columns].astype(np.float32), factor))

    return Piece(name, grid, frozenset(arrays), read)


def checked_coverage(stated: Any, what: Path) -> float:
    """Return the coverage of intervals that an output states.

    Parameters
    ----------
    stated : number, or text of one
    what : output, named in the message

    Raises
    ------
    InputError
        when it is no share
    """
    try:
        coverage = float(stated)
    except (TypeError, ValueError):
        coverage = -1.0
    if not 0 < coverage < 1:
        raise InputError(f"{what} states the coverage {stated!r}; it is a number between 0 and 1.")
    return coverage


def patience(deadline: float) -> float | None:
    """Return the seconds until a deadline of `time.monotonic`, None where there is none."""
    return None if math.isinf(deadline) else max(0.0, deadline - time.monotonic())


def averaged(values: F32, factor: int) -> F32:
    """Return the means of squares of pixels over what is known in them; NaN where nothing is.

    Parameters
    ----------
    values : (..., rows, columns); squares at the far edges may be cut
    factor : pixels along the side of a square

    Examples
    --------
    >>> averaged(np.array([[1, 3, 5], [np.nan, 5, 7]], np.float32), 2)
    array([[3., 6.]], dtype=float32)
    """
    if factor == 1:
        return values
    height, width = values.shape[-2:]
    rows, columns = -(-height // factor), -(-width // factor)
    if (rows * factor, columns * factor) != (height, width):
        pad = [(0, 0)] * (values.ndim - 2)
        pad += [(0, rows * factor - height), (0, columns * factor - width)]
        values = np.pad(values, pad, constant_values=np.nan)
    lead = values.shape[:-2]
    # rows first: whole rows are added at a time
    across = values.reshape(*lead, rows, factor, columns * factor).sum(axis=-2)
    found = across.reshape(*lead, rows, columns, factor).sum(axis=-1) / np.float32(factor**2)
    if np.isnan(found).any():
        known = np.isfinite(values)
        squares = (*lead, rows, factor, columns, factor)
        count = known.reshape(squares).sum(axis=(-3, -1))
        total = np.where(known, values, np.float32(0)).reshape(squares).sum(axis=(-3, -1))
        found = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.asarray(found, np.float32)
