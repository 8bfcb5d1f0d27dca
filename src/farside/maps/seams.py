r"""Whether tiles agree where they overlap: the seam check.

The difference of two tiles at a pixel is counted in units of their combined interval,

.. math:: d = \frac{v_a - v_b}{\sqrt{h_a^2 + h_b^2}}

with of each tile the half-width h on the side that faces the other. Were their errors independent
and normal, :math:`|d| > 1` would happen as often as the coverage leaves out. Counted in bins, so
that no pixel is kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm

from farside.constants import OXIDES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Bounds = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]

BIN = 0.005
"""Width of a bin of d."""

REACH = 5.0
"""d beyond this falls in the outermost bins."""

MAX_MEDIAN = 0.5
"""A pair whose median `|d|` is above this is flagged: half an interval apart as a whole is a step
that the eye sees, though few single pixels leave their intervals. A choice of this project."""


@dataclass(frozen=True)
class Seam:
    """How two tiles agree in one oxide where they overlap.

    Parameters
    ----------
    first, second : tiles
    oxide : name
    pixels : that have a value in both
    mean_difference : first minus second, wt%
    median : of d
    spread : half the distance between the 15.87th and 84.13th percentile of d
    beyond : share of the pixels with `|d| > 1`
    flagged : whether `beyond` is more than the coverage leaves out, or `|median|` above
        `MAX_MEDIAN`
    """

    first: str
    second: str
    oxide: str
    pixels: int
    mean_difference: float
    median: float
    spread: float
    beyond: float
    flagged: bool

    @property
    def pair(self) -> tuple[str, str]:
        """The two tiles."""
        return self.first, self.second

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        """Return one line."""
        return (
            f"{self.first} - {self.second}, {self.oxide}: {self.mean_difference:+.2f} wt% in the "
            f"mean of {self.pixels} pixels, median {self.median:+.2f} of the interval, "
            f"{100 * self.beyond:.0f} % beyond it"
        )


class SeamCount:
    """Counts the differences of pairs of tiles.

    Parameters
    ----------
    names : of the tiles
    coverage : of their intervals
    """

    def __init__(self, names: Sequence[str], coverage: float) -> None:
        self._names, self._left_out = names, 1.0 - coverage
        self._edges = np.arange(-REACH, REACH + BIN / 2, BIN)
        self._bins: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._sums: dict[tuple[int, int], NDArray[np.float64]] = {}

    def add(self, pair: tuple[int, int], a: Bounds, b: Bounds) -> None:
        """Add pixels at which both tiles may have a value.

        Parameters
        ----------
        pair : numbers of the tiles
        a, b : value, lower and upper of each, (6, ...) wt%, NaN where missing
        """
        difference = a[0].astype(np.float64) - b[0]
        over = difference > 0
        near = np.where(over, a[0] - a[1], a[2] - a[0])
        far = np.where(over, b[2] - b[0], b[0] - b[1])
        good = np.isfinite(difference)
        if not good.any():
            return
        width = np.hypot(near, far)
        with np.errstate(divide="ignore", invalid="ignore"):
            d = np.where(difference == 0, 0.0, difference / width)
        bins = self._bins.setdefault(
            pair, np.zeros((len(OXIDES), self._edges.size + 1), dtype=np.int64)
        )
        sums = self._sums.setdefault(pair, np.zeros((len(OXIDES), 3)))
        for k in range(len(OXIDES)):
            use = good[k]
            place = np.searchsorted(self._edges, d[k][use], side="right")
            bins[k] += np.bincount(place, minlength=bins.shape[1])
            beyond = np.count_nonzero(np.abs(d[k][use]) > 1)
            sums[k] += np.count_nonzero(use), difference[k][use].sum(), beyond

    def seams(self) -> tuple[Seam, ...]:
        """Return what was counted, pair by pair and oxide by oxide."""
        found = []
        for pair in sorted(self._bins):
            for k, oxide in enumerate(OXIDES):
                n, total, beyond = self._sums[pair][k]
                if n:
                    low, median, high = self._quantiles(self._bins[pair][k])
                    share = beyond / n
                    flagged = share > self._left_out or abs(median) > MAX_MEDIAN
                    seam = Seam(
                        first=self._names[pair[0]],
                        second=self._names[pair[1]],
                        oxide=oxide,
                        pixels=int(n),
                        mean_difference=float(total / n),
                        median=median,
                        spread=(high - low) / 2,
                        beyond=float(share),
                        flagged=bool(flagged),
                    )
                    found.append(seam)
        return tuple(found)

    def _quantiles(self, bins: NDArray[np.int64]) -> tuple[float, ...]:
        """Return the quantiles at -1, 0 and 1 sigma, at the middle of their bin."""
        total = np.cumsum(bins)
        middles = np.concatenate([[-REACH], self._edges[:-1] + BIN / 2, [REACH]])
        shares = np.asarray(norm.cdf([-1.0, 0.0, 1.0]))
        return tuple(
            float(middles[np.searchsorted(total, share * total[-1], side="left")])
            for share in shares
        )
