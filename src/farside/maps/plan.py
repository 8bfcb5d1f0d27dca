"""What a map would be before it is made: tiles, blocks, size on disk and time."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.maps.predict import CHUNK, predict_block
from farside.maps.settings import MapSettings
from farside.maps.sources import find_tiles
from farside.maps.store import Grid, has_places
from farside.maps.work import Opener, check_bands, image_size, reason_of
from farside.oxides import bundle
from farside.progress import clock, counted
from farside.spectra.prepare import open_image

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from farside.maps.progress import Say
    from farside.oxides.estimator import OxideEstimator

TRIAL_PIXELS = 8 * CHUNK
NUMBERS_PER_PIXEL = 3 * len(OXIDES) + 1
"""Value and both bounds of each oxide, and the novelty; one byte of flags comes on top."""
PLACE_BYTES = 8
"""Latitude and longitude of a pixel of an image that is not drawn on a map."""


@dataclass(frozen=True)
class MapPlan:
    """What a run would do.

    Parameters
    ----------
    out : the map
    tiles : rows and columns of pixels, by tile
    blocks, pixels : of all tiles
    bytes : of the map before compression, which saves a fifth even of noisy spectra
    seconds : at the rate of a short trial on this machine, times the workers
    skipped : reason, by tile that cannot be opened
    """

    out: Path
    tiles: dict[str, tuple[int, int]]
    blocks: int
    pixels: int
    bytes: int
    seconds: float
    skipped: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**asdict(self), "out": str(self.out)}

    def __str__(self) -> str:
        """Return a list of the tiles and what they come to."""
        lines = [f"{tile}  {h} x {w}" for tile, (h, w) in self.tiles.items()]
        lines += [f"{tile}  cannot be opened: {why}" for tile, why in self.skipped.items()]
        lines.append(
            f"{len(self.tiles)} tiles, {self.blocks} blocks, {self.pixels:,} pixels; at most "
            f"{self.bytes / 1e9:,.2f} GB in {self.out}, about {clock(self.seconds)}"
        )
        return "\n".join(lines)


def plan_tiles(
    images: Sequence[Path | str],
    out: Path,
    *,
    settings: MapSettings | None = None,
    opener: Opener = open_image,
    say: Say = lambda _: None,
) -> MapPlan:
    """Return what `farside.maps.run.map_tiles` would do with the same arguments; write nothing.

    Images are opened but no pixel is read.
    """
    settings = settings or MapSettings()
    estimator = bundle.load(settings.weights)
    sizes: dict[str, tuple[int, int]] = {}
    skipped: dict[str, str] = {}
    placed = 0
    for source in counted(find_tiles(images), lambda source: f"open {source.path.name}", say):
        try:
            image = opener(source.path)
            height, width = image_size(image, source)
            check_bands(image, estimator, settings.sensor, as_is=settings.as_is)
            placed += height * width * has_places(image)
            sizes[source.tile] = height, width
        except Exception as error:  # noqa: BLE001 - a damaged file may fail in any way
            skipped[source.tile] = reason_of(error)
    grids = [Grid(*size, settings.block) for size in sizes.values()]
    pixels = sum(grid.height * grid.width for grid in grids)
    number = np.dtype(settings.storage).itemsize
    say("try how fast this machine is")
    rate = pixels_per_second(estimator) * settings.workers
    return MapPlan(
        out=out,
        tiles=sizes,
        blocks=sum(grid.rows * grid.columns for grid in grids),
        pixels=pixels,
        bytes=pixels * (NUMBERS_PER_PIXEL * number + 1) + placed * PLACE_BYTES,
        seconds=round(pixels / rate, 1),
        skipped=skipped,
    )


def pixels_per_second(estimator: OxideEstimator) -> float:
    """Return the pixels per second of one thread, tried on the training spectra."""
    known = estimator.data_
    rows = np.arange(TRIAL_PIXELS) % len(known)
    reflectance = np.ascontiguousarray(known.reflectance[rows].T, dtype=np.float32)
    predict_block(estimator, reflectance[:, :CHUNK], known.wavelength_nm)  # fills its caches
    start = time.perf_counter()
    predict_block(estimator, reflectance, known.wavelength_nm)
    return TRIAL_PIXELS / (time.perf_counter() - start)
