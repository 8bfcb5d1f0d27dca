r"""What overlapping tiles say together of a pixel.

Rule (``feather``): where tiles overlap, each has the weight :math:`w_i`, its distance to its own
nearest edge as a share of half its shorter side over the sum of these, so that no tile ends with a
step. Which tile is right is not known; the mosaic is their linear pool (Stone 1961), whose mean and
variance are

.. math:: v = \sum w_i v_i, \qquad h^2 = \sum w_i h_i^2 + z^2 \sum w_i (v_i - v)^2

with the half-widths h above and below the value each for itself, and z the half-width of the
stated coverage in sigma of a normal distribution. Tiles that agree leave the interval as wide as it
was: overlapping predictions come from one model and are not independent, so that more of them
narrow nothing. Tiles that disagree widen it.

References
----------
Stone (1961) Ann. Math. Statist. 32, 1339-1342, doi 10.1214/aoms/1177704873
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.maps.predict import FLAGS, UNUSABLE
from farside.maps.resample import Layers
from farside.oxides.novelty import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Sequence

RULE = "feather"

MIN_WEIGHT = 1e-6
"""Of a pixel on the very edge of its tile: it counts where no other tile has a value."""


@dataclass(frozen=True, eq=False)
class Piece:
    """The layers of tile number `index` on some rows and columns of a block."""

    index: int
    rows: slice
    columns: slice
    layers: Layers

    def cut(self, rows: slice, columns: slice, name: str) -> Any:
        """Return a layer on rows and columns of the block that lie in this piece."""
        r, c = self.rows.start, self.columns.start
        return getattr(self.layers, name)[
            ..., rows.start - r : rows.stop - r, columns.start - c : columns.stop - c
        ]


def pool(pieces: Sequence[Piece], height: int, width: int, z: float) -> Layers:
    """Return the linear pool of pieces of tiles.

    Parameters
    ----------
    pieces : each on some rows and columns of the block
    height, width : of the block
    z : half-width of the intervals in sigma
    """
    out = Layers.empty(height, width)
    shape = (len(OXIDES), height, width)
    weight, mean, square = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    below, above = np.zeros(shape), np.zeros(shape)
    novel_weight, novelty = np.zeros(shape[1:]), np.zeros(shape[1:])
    reason = np.zeros(shape[1:], np.uint8)
    for piece in pieces:
        at = (slice(None), piece.rows, piece.columns)
        part = piece.layers
        value = part.value.astype(np.float64)
        good = np.isfinite(value)
        edge = np.maximum(part.edge, MIN_WEIGHT).astype(np.float64)
        w = np.where(good, edge, 0.0)
        # Differences from the first tile, so that squares of large numbers do not cancel.
        base = np.where(weight[at] > 0, out.value[at], value)
        out.value[at] = np.where(good, base, out.value[at])
        off = np.where(good, value - base, 0.0)
        weight[at] += w
        mean[at] += w * off
        square[at] += w * off**2
        below[at] += w * np.where(good, value - part.lower, 0.0) ** 2
        above[at] += w * np.where(good, part.upper - value, 0.0) ** 2
        seen = np.isfinite(part.novelty) & good.any(axis=0)
        novel_weight[at[1:]] += np.where(seen, edge, 0.0)
        novelty[at[1:]] += np.where(seen, edge * np.where(seen, part.novelty, 0.0), 0.0)
        reason[at[1:]] |= np.where(part.edge > 0, part.flag, 0).astype(np.uint8)
    return _pooled(out, (weight, mean, square, below, above), (novel_weight, novelty, reason), z)


def _pooled(out: Layers, sums: Sequence[Any], about: Sequence[Any], z: float) -> Layers:
    weight, mean, square, below, above = sums
    novel_weight, novelty, reason = about
    with np.errstate(divide="ignore", invalid="ignore"):
        off = mean / weight
        between = np.maximum(square / weight - off**2, 0.0)
        value = out.value + off
        out.lower[:] = np.maximum(value - np.sqrt(below / weight + z**2 * between), 0.0)
        out.upper[:] = np.minimum(value + np.sqrt(above / weight + z**2 * between), 100.0)
        out.value[:] = value
        out.novelty[:] = novelty / novel_weight
    valid = np.isfinite(out.value).any(axis=0)
    novel = np.where(out.novelty > THRESHOLD, FLAGS["novel"], 0).astype(np.uint8)
    missing = reason & np.uint8(UNUSABLE)
    out.flag[:] = np.where(valid, novel, np.where(missing > 0, missing, FLAGS["nan"]))
    return out
