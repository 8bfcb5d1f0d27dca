"""Validate the sharp map on cells that took no part: by blocks, from near to far, by cell.

Everything that is learnt, variances included, is learnt from the training cells of a fold.
Surface features and neutron counts of the cells left out are known, as they are for the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial.distance import cdist
from scipy.stats import norm

from farside.constants import OXIDES
from farside.geography.regions import near_side_fraction
from farside.maps._basis import spatial_blocks
from farside.maps.sharpen import Sharpened, fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from farside.maps._ground import Ground

    Float = NDArray[np.float64]
    Mask = NDArray[np.bool_]

FOLDS = 5
BLOCK_DEG = 30.0
"""Side of a block; cells within it are left out together, about 36 of them."""

SHARP = "sharp"
BASELINES = ("interpolation", "regression", "constant")
OPTIMISTIC = "cell"
"""Protocol in which the neighbours of the cell left out remain, and the variances know it."""

NORMAL_90 = float(norm.ppf(0.95))
DRAWS = 1000


@dataclass(frozen=True)
class Held:
    """Predictions of cells left out.

    Parameters
    ----------
    protocol, method : names
    value : (cells, 6) wt%, NaN where a cell was not predicted
    sd : (cells, 6) wt% of the cell's true mean; NaN for a method that has none
    """

    protocol: str
    method: str
    value: Float
    sd: Float


# -- rivals ------------------------------------------------------------------------------------


def _unit_vectors(ground: Ground) -> Float:
    lat, lon = (np.radians(ground.cells[name].to_numpy(dtype=float)) for name in ("lat", "lon"))
    parts = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    return np.stack(parts, axis=1)


def interpolated(ground: Ground, train: Mask) -> Float:
    """Return every cell from the training cells by the cubic radial basis spline on the sphere.

    Bicubic interpolation needs a full grid; this is what it becomes where cells are missing.
    """
    at = _unit_vectors(ground)
    return np.asarray(RBFInterpolator(at[train], ground.oxides[train], kernel="cubic")(at))


def _interpolated_left_out(ground: Ground) -> Float:
    """Return each cell from all others by the same spline: Rippa's (1999) closed form."""
    at = _unit_vectors(ground)
    size = len(at)
    full = np.zeros((size + 4, size + 4))
    full[:size, :size] = cdist(at, at) ** 3
    full[:size, size:] = np.column_stack([np.ones(size), at])
    full[size:, :size] = full[:size, size:].T
    inverse = np.linalg.inv(full)
    weights = inverse[:size, :size] @ ground.oxides
    return np.asarray(ground.oxides - weights / np.diag(inverse)[:size, None])


def _terms(ground: Ground) -> Float:
    surface = ground.means @ ground.x
    return np.column_stack([np.ones(len(surface)), surface, ground.neutrons])


def regressed(ground: Ground, train: Mask) -> Float:
    """Return every cell by linear regression on the same features and neutrons, weighted."""
    terms = _terms(ground)
    found = np.empty_like(ground.oxides)
    for k in range(len(OXIDES)):
        root = 1 / ground.sigma[train, k]
        left, right = terms[train] * root[:, None], ground.oxides[train, k] * root
        found[:, k] = terms @ np.linalg.lstsq(left, right, rcond=None)[0]
    return found


def _regressed_left_out(ground: Ground) -> Float:
    terms = _terms(ground)
    found = np.empty_like(ground.oxides)
    for k in range(len(OXIDES)):
        root = 1 / ground.sigma[:, k]
        q = np.linalg.qr(terms * root[:, None])[0]
        left = ground.oxides[:, k] * root
        out = (left - q @ (q.T @ left)) / (1 - (q**2).sum(axis=1))
        found[:, k] = ground.oxides[:, k] - out / root
    return found


def constant(ground: Ground, train: Mask) -> Float:
    """Return the mean of the training cells, weighted by area."""
    mean = np.average(ground.oxides[train], axis=0, weights=ground.weights[train])
    return np.broadcast_to(mean, ground.oxides.shape)


RIVALS: dict[str, Callable[[Ground, Mask], Float]] = {
    "interpolation": interpolated,
    "regression": regressed,
    "constant": constant,
}


# -- protocols ---------------------------------------------------------------------------------


def folds(ground: Ground) -> NDArray[np.int64]:
    """Return the fold of each cell: blocks dealt out at random, the same each time."""
    blocks = spatial_blocks(ground.cells, BLOCK_DEG)
    names, index = np.unique(blocks, return_inverse=True)
    order = np.random.default_rng(ground.settings.seed).permutation(len(names))
    return np.asarray(order[index] % FOLDS)


def _sharp(ground: Ground, train: Mask) -> tuple[Float, Float]:
    value, variance = fit(ground, train).at(ground.design)
    return value, np.sqrt(variance)


def by_blocks(ground: Ground, say: Callable[[str], None]) -> list[Held]:
    """Return every cell predicted without the cells of its block."""
    fold = folds(ground)
    empty = np.full_like(ground.oxides, np.nan)
    value = {name: empty.copy() for name in (SHARP, *BASELINES)}
    sd = empty.copy()
    for k in range(FOLDS):
        say(f"sharp map without fold {k + 1} of {FOLDS} of blocks")
        out = fold == k
        found, spread = _sharp(ground, ~out)
        value[SHARP][out], sd[out] = found[out], spread[out]
        for name, rival in RIVALS.items():
            value[name][out] = rival(ground, ~out)[out]
    return [Held("blocks", n, v, sd if n == SHARP else empty) for n, v in value.items()]


def near_to_far(ground: Ground, say: Callable[[str], None]) -> list[Held]:
    """Return the cells of the far side predicted from those of the near side; no limb cells."""
    share = near_side_fraction(ground.cells)
    train, out = share == 1, share == 0
    say("sharp map from the near side to the far side")
    empty = np.full_like(ground.oxides, np.nan)

    def only_out(values: Float) -> Float:
        return np.where(out[:, None], values, np.nan)

    value, sd = _sharp(ground, train)
    held = [Held("near-far", SHARP, only_out(value), only_out(sd))]
    for name, rival in RIVALS.items():
        held.append(Held("near-far", name, only_out(rival(ground, train)), empty))
    return held


def without_caps(ground: Ground, say: Callable[[str], None]) -> Held:
    """Return the cells beyond 70 degrees, whose colour is filled in, predicted from all others."""
    out = ground.cells["colour_filled"].to_numpy(dtype=bool)
    say("sharp map without the polar caps")
    value, sd = (np.where(out[:, None], part, np.nan) for part in _sharp(ground, ~out))
    return Held("caps", SHARP, value, sd)


def by_cell(whole: Sharpened) -> list[Held]:
    """Return every cell predicted from all others, in closed form: optimistic.

    Parameters
    ----------
    whole : the map learnt from all cells
    """
    ground = whole.ground
    empty = np.full_like(ground.oxides, np.nan)
    total = 1 - ground.weights
    mean = ground.weights @ ground.oxides
    others = (mean - ground.weights[:, None] * ground.oxides) / total[:, None]
    return [
        Held(OPTIMISTIC, SHARP, whole.left_out(), empty),
        Held(OPTIMISTIC, "interpolation", _interpolated_left_out(ground), empty),
        Held(OPTIMISTIC, "regression", _regressed_left_out(ground), empty),
        Held(OPTIMISTIC, "constant", others, empty),
    ]


# -- scores ------------------------------------------------------------------------------------


def errors(ground: Ground, held: Held) -> Float:
    """Return predicted less measured, (cells, 6); a clamp is only missed from above."""
    value = np.where(ground.clamped, np.maximum(held.value, 0.0), held.value)
    return value - ground.oxides


def scores(ground: Ground, held: Held) -> list[dict[str, Any]]:
    """Return the scores of each oxide, weighted by area.

    ``rmse`` against the cells as measured; ``noise`` is their own root mean square sigma and
    ``rmse_true`` what remains of the rmse after it; ``coverage`` counts cells whose measured value
    lies within the interval widened by their own error.
    """
    off = errors(ground, held)
    found = []
    for k, oxide in enumerate(OXIDES):
        known = np.isfinite(off[:, k])
        weights = ground.weights[known] / ground.weights[known].sum()
        e, y, s = off[known, k], ground.oxides[known, k], ground.sigma[known, k]
        square, noise = float(weights @ e**2), float(weights @ s**2)
        spread = float(weights @ (y - weights @ y) ** 2)
        sd = held.sd[known, k]
        half = NORMAL_90 * sd
        inside = np.abs(e) <= NORMAL_90 * np.hypot(sd, s)
        has = bool(np.isfinite(sd).all())
        found.append(
            {
                "oxide": oxide,
                "n": int(known.sum()),
                "rmse": np.sqrt(square),
                "noise": np.sqrt(noise),
                "rmse_true": np.sqrt(max(square - noise, 0.0)),
                "r2": 1 - square / spread,
                "bias": float(weights @ e),
                "coverage": float(weights @ inside) if has else None,
                "width": float(2 * weights @ half) if has else None,
            }
        )
    return found


def against(ground: Ground, own: Held, other: Held) -> list[dict[str, Any]]:
    """Return the RMSE of a method less that of another, with a 90 % interval over blocks.

    Whole blocks are drawn with replacement, as errors of neighbours are alike.
    """
    blocks = np.unique(spatial_blocks(ground.cells, BLOCK_DEG), return_inverse=True)[1]
    rng = np.random.default_rng(ground.settings.seed)
    count = blocks.max() + 1
    picks = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    found = []
    for k, oxide in enumerate(OXIDES):
        squares = [errors(ground, h)[:, k] ** 2 for h in (own, other)]
        known = np.isfinite(squares[0])
        weights = np.where(known, ground.weights, 0.0)
        area = np.bincount(blocks, weights, minlength=count)
        sums = [np.bincount(blocks, weights * np.nan_to_num(sq), minlength=count) for sq in squares]
        drawn = [np.sqrt((picks @ s) / (picks @ area)) for s in sums]
        change = drawn[0] - drawn[1]
        low, high = np.quantile(change, (0.05, 0.95))
        whole = [np.sqrt(s.sum() / area.sum()) for s in sums]
        found.append(
            {
                "oxide": oxide,
                "protocol": own.protocol,
                "other": other.method,
                "difference": float(whole[0] - whole[1]),
                "lower": float(low),
                "upper": float(high),
                "better": bool(high < 0),
                "worse": bool(low > 0),
            }
        )
    return found


def calibration(ground: Ground, blocks: Held, caps: Held, coverage: float) -> Float:
    """Return the factor of the standard deviation that reaches a coverage, (2, 6).

    The first row is for cells within 70 degrees of the equator, by blocks; the second for those
    beyond, where colour is filled in: the larger one of blocks and of the caps left out as a
    whole. A factor below 1 is not used: nothing is narrowed.
    """
    polar = ground.cells["colour_filled"].to_numpy(dtype=bool)

    def reached(held: Held, where: Mask) -> Float:
        ratio = np.abs(errors(ground, held)) / np.hypot(held.sd, ground.sigma)
        return np.asarray(np.quantile(ratio[where], coverage, axis=0))

    beyond = np.maximum(reached(blocks, polar), reached(caps, polar))
    rows = np.stack([reached(blocks, ~polar), beyond])
    return np.maximum(rows / float(norm.ppf((1 + coverage) / 2)), 1.0)
