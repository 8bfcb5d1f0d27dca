"""GeoTIFFs of ``farside mosaic --cog``: windows, from their overviews where these suffice."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window

from farside.constants import OXIDES
from farside.errors import InputError
from farside.explorer.pieces import Piece, Read
from farside.maps.export import LAYERS
from farside.maps.grid import MapGrid, registered, require_lunar
from farside.maps.tiles import DEFAULT_COVERAGE

if TYPE_CHECKING:
    from pathlib import Path

PLAIN_PIXELS = 4096 * 4096
"""Most pixels of a file without overviews: all of it is read to show it whole."""


class Tiff:
    """Reads windows of one GeoTIFF; one handle for each thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
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
        del deadline  # overviews bound what is read
        raster, band = self.raster(), self.bands[name]
        shape = -(-(rows.stop - rows.start) // factor), -(-(columns.stop - columns.start) // factor)
        # beyond the far edges of the raster, so that every pixel is a whole square of the factor
        window = Window(columns.start, rows.start, shape[1] * factor, shape[0] * factor)
        try:
            found = raster.read(
                band, window=window, out_shape=shape, boundless=_beyond(window, raster),
                fill_value=raster.nodata, masked=False,
                resampling=Resampling.average if factor > 1 else Resampling.nearest,
            )  # fmt: skip
        except RasterioError as error:
            raise InputError(
                f"{self.path} is damaged: a part of it cannot be read ({error}); make it anew."
            ) from error
        values = found.astype(np.float32)
        if raster.nodata is not None and not np.isnan(raster.nodata):
            values[found == raster.nodata] = np.nan
        scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
        return Read(values * np.float32(scale) + np.float32(offset))


def _beyond(window: Window, raster: Any) -> bool:
    return bool(
        window.col_off + window.width > raster.width
        or window.row_off + window.height > raster.height
    )


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
    try:
        coverage = float(stated)
    except ValueError:
        coverage = -1.0
    if not 0 < coverage < 1:
        raise InputError(f"{first} states the coverage {stated!r}; it is a number between 0 and 1.")
    return coverage
