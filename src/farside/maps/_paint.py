"""Draw the sharp map on pixels: values that keep the means of cells, and their deviations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.constants import OXIDES
from farside.datasets.layers import COLOUR_LIMIT_DEG, SHAPE, grid_latitude, load_layers
from farside.maps._basis import FEATURES, smooth
from farside.maps._ground import CURVE, PLANE, blocks_of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.maps.sharpen import Sharpened

    Float = NDArray[np.float64]


def draw(found: Sharpened) -> tuple[Float, Float]:
    """Return value and standard deviation of the oxides on the grid, (6, 360, 720), wt%.

    Parameters
    ----------
    found : of `fit`; the means over its training cells are kept, see `conserve`
    """
    values, deviations = [], []
    for rows in blocks_of_rows():
        # five digits are enough for a map, and take half of the time
        value, variance = found.at(found.ground.basis(rows).astype(np.float32))
        values.append(value)
        deviations.append(np.sqrt(variance))
    shape = (len(OXIDES), *SHAPE)
    image = np.concatenate(values).T.reshape(shape)
    sd = np.concatenate(deviations).T.reshape(shape)
    polar = np.abs(grid_latitude()) > COLOUR_LIMIT_DEG
    sd[:, polar] = np.sqrt(sd[:, polar] ** 2 + unseen_variance(found)[:, None, None])
    return conserve(found, image), sd


UNSEEN = ("log_r643", "blue_red", "green_red", "mare_fraction")
"""Features that no one has measured beyond 70 degrees."""

EVERY = 7
"""Rows between those that the unseen variance is taken from."""


def unseen_variance(found: Sharpened) -> Float:
    """Return the variance (6,) that pixels without measured colour have beside their own, wt%^2.

    On highland pixels within 70 degrees, colour and mare fraction are replaced by what albedo,
    height and slope let expect of them. The mean square change of the map is what a pixel loses
    whose colour is not known.
    """
    ground = found.ground
    mare = load_layers()["mare_fraction"].to_numpy()
    rows = np.flatnonzero(np.abs(grid_latitude()) <= COLOUR_LIMIT_DEG)[::EVERY]
    x = ground.x.reshape(*SHAPE, -1)[rows][mare[rows] == 0]
    gone = np.isin(FEATURES, UNSEEN)
    known = np.column_stack([np.ones(len(x)), x[:, ~gone]])
    expected = x.copy()
    expected[:, gone] = known @ np.linalg.lstsq(known, x[:, gone], rcond=None)[0]
    change = np.concatenate([x - expected, ground.waves(x) - ground.waves(expected)], axis=1)
    used = np.isin(ground.groups, (PLANE, CURVE))
    z = np.stack([change @ c.mean[used] for c in found.components], axis=1)
    return np.asarray(((z @ found.back) ** 2).mean(axis=0))


def targets(found: Sharpened, means: Float) -> Float:
    """Return what the mean over each cell shall be, (cells, 6), wt%; NaN for one left out.

    The mean of the fitted map with the cell's expected own deviation, held within `band` sigma of
    the cell. A clamp holds from above only.
    """
    ground = found.ground
    reach = ground.settings.band * ground.sigma
    low = np.where(ground.clamped, -np.inf, ground.oxides - reach)
    aim = np.clip(means + found.deviation(), low, ground.oxides + reach)
    return np.where(found.train[:, None], aim, np.nan)


ROUNDS, SHARP_ROUNDS = 12, 4
"""Rounds of spreading residuals; the last ones without smoothing, so that means are met."""


def conserve(found: Sharpened, image: Float) -> Float:
    """Return the image (6, 360, 720) moved so that means over training cells are as aimed at.

    Residuals of cells are spread over their pixels and smoothed, again and again, with no oxide
    below 0: Tobler's (1979, JASA 74, 519-530) mass-preserving interpolation.
    """
    ground = found.ground
    means = ground.means
    onto = means.T.multiply(1 / means.sum(axis=0)[:, None]).tocsr()
    flat = image.reshape(len(OXIDES), -1)
    aim = targets(found, (means @ flat.T))
    moved = np.empty_like(flat)
    for k, pixels in enumerate(flat):
        shift = np.zeros_like(pixels)
        for turn in range(ROUNDS):
            missing = aim[:, k] - means @ np.maximum(pixels + shift, 0.0)
            step = onto @ np.nan_to_num(missing)
            if turn < ROUNDS - SHARP_ROUNDS:
                step = smooth(step.reshape(SHAPE), ground.settings.spread_deg).ravel()
            shift += step
        moved[k] = np.maximum(pixels + shift, 0.0)
    return moved.reshape(image.shape)
