"""GeoTIFFs of ``farside mosaic --cog``: windows, from their overviews where these suffice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window

from farside.constants import OXIDES
from farside.errors import InputError
from farside.explorer.pieces import Piece, Read, checked_coverage, patience
from farside.maps.export import LAYERS
from farside.maps.grid import MapGrid, registered, require_lunar
from farside.maps.tiles import DEFAULT_COVERAGE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PLAIN_PIXELS = 4096 * 4096
"""Most pixels of a file without overviews: all of it is read to show it whole."""

JOBS = 4
"""Windows that are kept or being read; older ones that wait are given up."""

COARSER = 8
"""How much coarser a window is shown whose time was up."""

Key = tuple[str, int, int, int, int, int]


class Tiff:
    """Reads windows of one GeoTIFF; one handle for each thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(1)
        self._jobs: OrderedDict[Key, Future[NDArray[np.float32]]] = OrderedDict()
        raster = self.raster()
        pixels = raster.width * raster.height
        if pixels > PLAIN_PIXELS and not raster.overviews(1):
            raise InputError(
                f"{path} has {raster.width} x {raster.height} pixels and no overviews, so that all "
                "of it would be read to show it whole; make a cloud-optimised one with 'farside "
                "mosaic MAP --out FOLDER --cog' or 'rio cogeo create'."
            )

    def raster(self) -> Any:
        """Return the open file of this thread."""
        if not hasattr(self._local, "raster"):
            try:
                self._local.raster = rasterio.open(self.path)
            except RasterioError as error:
                raise InputError(
                    f"{self.path} cannot be opened as a GeoTIFF ({error}); check that it is whole."
                ) from error
        return self._local.raster

    @cached_property
    def bands(self) -> dict[str, int]:
        """Number of each band by the name it is read under."""
        raster = self.raster()
        found = {}
        for i, text in enumerate(raster.descriptions, 1):
            words = (text or "").split()
            if len(words) == 3 and words[0] in OXIDES and words[2] in LAYERS:
                found[f"{words[2]}:{words[0]}"] = i
            elif words == ["novelty"]:
                found["novelty"] = i
        return found

    @property
    def grid(self) -> MapGrid:
        """Grid of the pixels."""
        raster = self.raster()
        crs = registered(require_lunar(raster.crs, f"the file {self.path}"))
        return MapGrid(crs, raster.transform, raster.height, raster.width)

    def __call__(
        self, name: str, rows: slice, columns: slice, factor: int, deadline: float
    ) -> Read:
        """Read a window; see `farside.explorer.pieces.Reader`."""
        key = name, rows.start, rows.stop, columns.start, columns.stop, factor
        work = self._jobs.pop(key, None) or self._pool.submit(self._read, *key)
        self._jobs[key] = work
        while len(self._jobs) > JOBS:
            self._jobs.popitem(last=False)[1].cancel()
        try:
            return Read(work.result(patience(deadline)))
        except TimeoutError:
            return Read(self._coarse(name, (rows, columns), factor), complete=False)

    def _coarse(self, name: str, window: tuple[slice, slice], factor: int) -> NDArray[np.float32]:
        """Return a window whose pixels are so many times as wide as was asked for."""
        raster, wide = self.raster(), factor * COARSER
        ends, crops = [], []
        for part, size in zip(window, (raster.height, raster.width), strict=True):
            start = part.start // wide * wide
            ends += [start, min(size, -(-part.stop // wide) * wide)]
            first = (part.start - start) // factor
            crops.append(slice(first, first - (-(part.stop - part.start) // factor)))
        found = self._read(name, ends[0], ends[1], ends[2], ends[3], wide)
        fine = np.repeat(np.repeat(found, COARSER, axis=0), COARSER, axis=1)
        return fine[crops[0], crops[1]]

    def _read(
        self, name: str, top: int, bottom: int, left: int, right: int, factor: int
    ) -> NDArray[np.float32]:
        height, width = bottom - top, right - left
        rows, columns = height // factor, width // factor
        out = np.full((-(-height // factor), -(-width // factor)), np.nan, np.float32)
        if rows and columns:
            window = Window(left, top, columns * factor, rows * factor)
            out[:rows, :columns] = self._window(name, window, (rows, columns))
        # squares that the far edges of the raster cut
        down, beside = height - rows * factor, width - columns * factor
        if down and columns:
            window = Window(left, top + rows * factor, columns * factor, down)
            out[rows:, :columns] = self._window(name, window, (1, columns))
        if beside and rows:
            window = Window(left + columns * factor, top, beside, rows * factor)
            out[:rows, columns:] = self._window(name, window, (rows, 1))
        if down and beside:
            window = Window(left + columns * factor, top + rows * factor, beside, down)
            out[rows:, columns:] = self._window(name, window, (1, 1))
        return out

    def _window(self, name: str, window: Window, shape: tuple[int, int]) -> NDArray[np.float32]:
        raster, band = self.raster(), self.bands[name]
        average = (window.height, window.width) != shape
        try:
            found = raster.read(
                band, window=window, out_shape=shape, masked=False,
                resampling=Resampling.average if average else Resampling.nearest,
            )  # fmt: skip
        except RasterioError as error:
            raise InputError(
                f"{self.path} is damaged: a part of it cannot be read ({error}); make it anew."
            ) from error
        values = found.astype(np.float32)
        if raster.nodata is not None and not np.isnan(raster.nodata):
            values[found == raster.nodata] = np.nan
        scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
        return np.asarray(values * np.float32(scale) + np.float32(offset), np.float32)


def tiff_pieces(path: Path) -> list[Piece]:
    """Return the GeoTIFF of a path, or those of a folder, as pieces.

    Raises
    ------
    InputError
        when there is none that ``farside mosaic --cog`` writes, or one is broken
    """
    paths = sorted(path.glob("*.tif")) if path.is_dir() else [path]
    found = []
    for file in paths:
        if file.stem == "flag" or file.stem.endswith("_quicklook"):
            continue
        tiff = Tiff(file)
        if tiff.bands:
            found.append(Piece(file.name, tiff.grid, frozenset(tiff.bands), tiff))
    if not found:
        raise InputError(
            f"{path} holds no oxide: bands are named as 'farside mosaic --cog' names them, such as "
            "'FeO wt% value'. Give a file or folder that it wrote."
        )
    return found


def stated_coverage(path: Path) -> float:
    """Return the coverage that the first GeoTIFF of a path states.

    Raises
    ------
    InputError
        when it is no share
    """
    first = min(path.glob("*.tif")) if path.is_dir() else path
    stated = Tiff(first).raster().tags().get("FARSIDE_COVERAGE", str(DEFAULT_COVERAGE))
    return checked_coverage(stated, first)
