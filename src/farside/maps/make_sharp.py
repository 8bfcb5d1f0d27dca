"""Make the sharp map and everything that is known of how good it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from farside.datasets.layers import COLOUR_LIMIT_DEG, SHAPE, grid_latitude
from farside.maps import _sharp_checks as checks
from farside.maps import sharpen_validation as validation
from farside.maps import shipped
from farside.maps._basis import spatial_blocks
from farside.maps._ground import Ground, SharpenSettings
from farside.maps._paint import draw
from farside.maps.sharpen import Sharpened, fit
from farside.maps.soil_interval import soil_intervals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

NOVEL_QUANTILE = 0.95


def novelty(ground: Ground) -> Float:
    """Return how far the surface of each pixel is from that of every cell, (360, 720).

    The distance is to the nearest mean of a cell in the standardised features. The unit is the
    distance that 95 % of the cells stay within when cells of their own block are left out.
    """
    surface = ground.means @ ground.x
    block = spatial_blocks(ground.cells, validation.BLOCK_DEG)
    apart = [
        cKDTree(surface[block != name]).query(surface[block == name])[0]
        for name in np.unique(block)
    ]
    unit = np.quantile(np.concatenate(apart), NOVEL_QUANTILE)
    return np.asarray(cKDTree(surface).query(ground.x)[0] / unit).reshape(SHAPE)


def make_sharp_map(
    folder: Path,
    settings: SharpenSettings | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Validate and make the sharp map, write it and return the results.

    Parameters
    ----------
    folder : to write ``farside_map.npz`` and its sidecar to
    settings : those of the map that ships by default
    say : told what is being done
    """
    settings = settings or SharpenSettings()
    ground = Ground.load(settings)
    blocks = validation.by_blocks(ground, say)
    far = validation.near_to_far(ground, say)
    caps = validation.without_caps(ground, say)
    say("sharp map from all cells")
    whole = fit(ground)
    factors = validation.calibration(ground, blocks[0], caps, shipped.COVERAGE)
    say("draw the sharp map")
    image, sd = draw(whole)
    polar = np.abs(grid_latitude()) > COLOUR_LIMIT_DEG
    sd = sd * np.where(polar[None, :, None], factors[1][:, None, None], factors[0][:, None, None])
    half = validation.NORMAL_90 * sd
    wide, soil_scores = soil_intervals(
        image, half, footprint_deg=settings.footprint_deg, coverage=shipped.COVERAGE
    )
    away = novelty(ground)
    known = {"calibration": factors.tolist(), "soil_intervals": soil_scores}
    shipped.write_map(folder, image, half, wide, away, settings, known)
    return {
        **_validation(ground, [blocks, far, [caps], validation.by_cell(whole)]),
        **_checks(whole, image, half, wide),
        "soil_intervals": soil_scores,
        "settings": settings.to_dict(),
        "coverage": shipped.COVERAGE,
        "calibration": factors.tolist(),
        "novel": float((away > 1).mean()),
    }


def _validation(ground: Ground, protocols: list[list[validation.Held]]) -> dict[str, Any]:
    every = [h for held in protocols for h in held]
    return {
        "validation": [
            {"protocol": h.protocol, "method": h.method, "scores": validation.scores(ground, h)}
            for h in every
        ],
        "comparisons": [
            line
            for held in protocols
            for other in held[1:]
            for line in validation.against(ground, held[0], other)
        ],
        "optimistic": validation.OPTIMISTIC,
    }


def _checks(whole: Sharpened, image: Float, half: Float, wide: Float) -> dict[str, Any]:
    ground = whole.ground
    width = ground.settings.footprint_deg
    smooth, plain = checks.bicubic(ground.cells), checks.plain(ground)
    # cells are blurred already, so that their interpolation is not blurred again
    seen = {
        "sharp": np.stack([checks.blur(layer, width) for layer in image]),
        "regression": np.stack([checks.blur(layer, width) for layer in plain]),
        "bicubic": smooth,
    }
    soils = checks.soils(ground, image, (half, wide), smooth)
    return {
        "mass": checks.mass(ground, image),
        "sums": checks.sums(image, ground),
        "sharpness": checks.sharpness(ground, seen),
        "footprints": checks.footprints(ground, image),
        "titanium": checks.titanium({"sharp": image, "bicubic": smooth, "regression": plain}),
        "soils": soils,
        "regions": checks.regions(whole, image, soils),
    }
