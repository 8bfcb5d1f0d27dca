"""The points of an isochron: two ratios of each analysis, their errors and their correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

MIN_POINTS = 3
"""Below this no scatter is left over to be tested: n - 2 degrees of freedom."""
WIDEST = 1e6
"""Error over the largest value beyond which a point says nothing: a unit or a column is wrong."""


@dataclass(frozen=True)
class Points:
    """Analyses on one line: x and y with one-sigma errors and their correlation.

    Parameters
    ----------
    x, y : shape ``(n,)``, ratios as measured
    sx, sy : shape ``(n,)``, one standard deviation, absolute
    rho : shape ``(n,)``, correlation of the errors of x and y, within -1 and 1
    labels : one name for each point
    notes : what was assumed in reading them
    x_name, y_name : names of the ratios, such as ``87Rb/86Sr``
    """

    x: Float
    sx: Float
    y: Float
    sy: Float
    rho: Float
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    x_name: str = "x"
    y_name: str = "y"

    def __len__(self) -> int:
        """Return the number of points."""
        return self.x.size


def make_points(
    x: ArrayLike,
    sx: ArrayLike,
    y: ArrayLike,
    sy: ArrayLike,
    rho: ArrayLike = 0.0,
    **about: tuple[str, ...] | str,
) -> Points:
    """Return checked points; a point of which any figure is missing (NaN) is left out.

    Parameters
    ----------
    x, sx, y, sy : shape ``(n,)``; errors are one sigma, absolute
    rho : scalar or shape ``(n,)``
    about : ``labels``, ``notes``, ``x_name``, ``y_name`` of `Points`

    Raises
    ------
    InputError
        when lengths differ, fewer than three points are complete, an error is negative or beyond
        `WIDEST`, both errors of a point are 0, a correlation is not within -1 and 1, all points
        are one point or all x are the same
    """
    parts = [np.asarray(part, dtype=float) for part in (x, sx, y, sy, rho)]
    if any(part.shape not in {(), parts[0].shape} for part in parts) or parts[0].ndim != 1:
        raise InputError(
            "x, its error, y, its error and the correlation must be columns of one length; got "
            f"shapes {', '.join(str(part.shape) for part in parts)}."
        )
    table = np.stack(np.broadcast_arrays(*parts))
    keep = np.isfinite(table).all(axis=0)
    labels = about.get("labels") or tuple(str(i + 1) for i in range(table.shape[1]))
    notes = tuple(about.get("notes", ()))
    if not keep.all():
        left = ", ".join(str(name) for name, ok in zip(labels, keep, strict=True) if not ok)
        notes += (f"left out because a figure is missing: {left}",)
    table = table[:, keep]
    check(*table)
    return Points(
        x=table[0],
        sx=table[1],
        y=table[2],
        sy=table[3],
        rho=table[4],
        labels=tuple(str(name) for name, ok in zip(labels, keep, strict=True) if ok),
        notes=notes,
        x_name=str(about.get("x_name", "x")),
        y_name=str(about.get("y_name", "y")),
    )


def check(x: Float, sx: Float, y: Float, sy: Float, rho: Float) -> None:
    """Raise `InputError` when no line with errors can be drawn through the points."""
    if x.size < MIN_POINTS:
        raise InputError(
            f"{x.size} complete points; a line with a test of its fit needs at least {MIN_POINTS}. "
            "Two points fix a line but say nothing of whether they belong on one."
        )
    for name, error in (("x", sx), ("y", sy)):
        if (error < 0).any():
            at = ", ".join(str(i + 1) for i in np.flatnonzero(error < 0)[:5])
            raise InputError(
                f"the error of {name} is negative at point {at}; give standard deviations, "
                "0 or larger (a sign or a column may be exchanged)."
            )
    for name, value, error in (("x", x, sx), ("y", y, sy)):
        wide = error > WIDEST * np.abs(value).max()
        if wide.any():
            at = ", ".join(str(i + 1) for i in np.flatnonzero(wide)[:5])
            raise InputError(
                f"the error of {name} at point {at} is more than a million times the largest "
                f"{name}; look at its unit, or whether columns are exchanged."
            )
    if ((sx == 0) & (sy == 0)).any():
        at = ", ".join(str(i + 1) for i in np.flatnonzero((sx == 0) & (sy == 0))[:5])
        raise InputError(f"both errors are 0 at point {at}; give the error of each analysis.")
    if (np.abs(rho) >= 1).any():
        at = ", ".join(str(i + 1) for i in np.flatnonzero(np.abs(rho) >= 1)[:5])
        raise InputError(
            f"the correlation at point {at} is not between -1 and 1; with a magnitude of 1 the "
            "error ellipse is a line and has no weight. Compute it from unrounded errors."
        )
    if np.ptp(x) <= 1e-12 * np.abs(x).max():
        what = "all points are the same point" if np.ptp(y) == 0 else "all x are the same"
        raise InputError(
            f"{what}: the line is not defined or vertical and has no age; give analyses with "
            "different parent/daughter ratios."
        )
