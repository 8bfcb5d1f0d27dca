"""What a worker does, in a thread here or on a machine of a cluster: begin a tile, make its blocks.

Everything that a worker needs comes in one `Work`, and everything it found goes back as a small
record; pixels go only from the image to the map. What is slow to make (the estimator) or to open
(an image) is kept between calls.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import xarray as xr

from farside import provenance
from farside.errors import FarsideError, InputError, StaleError
from farside.maps.journal import BlockRecord, Known, TileRecord
from farside.maps.predict import Storage, band_columns, predict_block
from farside.maps.sources import Source, hash_source
from farside.maps.store import PLACES, Grid, has_places, hash_block, write_block, write_tile
from farside.oxides import bundle
from farside.spectra.prepare import open_image, prepare

if TYPE_CHECKING:
    from farside.maps.predict import F32, Block
    from farside.oxides.estimator import OxideEstimator

Opener = Callable[[Path], xr.Dataset]

GDAL_CACHE_MB = 64
"""GDAL would keep 5 % of the machine's memory of decoded blocks, which no map reads twice."""

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Failed:
    """A tile that cannot be read or predicted, and why."""

    reason: str


@dataclass(frozen=True)
class Unwritable:
    """The map cannot be written, and why."""

    reason: str


@dataclass(frozen=True)
class Made:
    """Blocks of a batch that are on disk now: all of them, and how many an earlier run had made."""

    blocks: tuple[BlockRecord, ...]
    kept: int


DATES = ("start_datetime", "end_datetime")
"""Attributes of an image that its tile keeps, for the catalogue."""


@dataclass(frozen=True)
class Batch:
    """Neighbouring blocks of one row of blocks, read together.

    Parameters
    ----------
    source : image
    sha256 : of the image
    grid : of the tile
    places : row and column of each block
    known : what an earlier run noted of each, or None
    """

    source: Source
    sha256: str
    grid: Grid
    places: tuple[tuple[int, int], ...]
    known: tuple[BlockRecord | None, ...]


@dataclass(frozen=True)
class Work:
    """What the blocks of a map depend on.

    Parameters
    ----------
    out : the map; every worker must reach it by this path
    block : pixels on a side
    storage : of oxides and novelty
    sensor, as_is : see `farside.spectra.prepare.prepare`
    weights : folder of a bundle; the shipped one when None
    weights_sha256 : of its sidecar, which names the hash of the graph
    opener : opens an image lazily
    """

    out: Path
    block: int
    storage: Storage
    sensor: str | None
    as_is: bool
    weights: Path | None
    weights_sha256: str
    opener: Opener = open_image

    def begin(self, source: Source, known: Known | None) -> TileRecord | Failed | Unwritable:
        """Open an image, hash it, and write the metadata of its tile.

        A tile that is finished is left alone where the image is no longer that which it was made
        of; of one that is not, the blocks that another image gave are removed.
        """
        try:
            sha256 = hash_source(source.path, self.opener(source.path).attrs.get("reads", ()))
            image = _opened(self.opener, source.path, sha256)
            height, width = image_size(image, source)
            check_bands(image, self.estimator(), self.sensor, as_is=self.as_is)
        except StaleError:
            raise
        except Exception as error:  # noqa: BLE001 - a damaged file may fail in any way
            return Failed(reason_of(error))
        stale = known if known is not None and known.sha256 != sha256 else None
        if stale is not None and stale.finished:
            return Failed(
                f"the image {source.path.name} is not that which the tile was made of (sha256 "
                f"{stale.sha256[:12]} there, {sha256[:12]} now); bring the old one back, or remove "
                f"the folder {self.out / source.tile}, and it is made anew"
            )
        attrs = {
            "coverage": self.estimator().coverage,
            "estimator": self.estimator().method.name,
            "input": source.path.name,
            "input_sha256": sha256,
            "sensor": self.sensor or str(image.attrs.get("sensor", "")),
            "product": str(image.attrs.get("product", "")),
            "scene": str(image.attrs.get("scene", "")),
            "photometry": str(image.attrs.get("photometry", "that of the product")),
            **{key: str(image.attrs[key]) for key in DATES if key in image.attrs},
        }
        try:
            if stale is not None:
                shutil.rmtree(self.out / source.tile, ignore_errors=True)
            write_tile(self.out / source.tile, image, self.block, self.storage, attrs)
        except (OSError, InputError) as error:
            return Unwritable(reason_of(error))
        return TileRecord(source.path.name, sha256, height, width)

    def batch(self, batch: Batch) -> Made | Failed | Unwritable:
        """Make the blocks of a batch, but for those that are on disk as an earlier run noted."""
        folder = self.out / batch.source.tile
        kept = [
            known
            for place, known in zip(batch.places, batch.known, strict=True)
            if known is not None and hash_block(folder, *place) == known.sha256
        ]
        have = {(known.i, known.j) for known in kept}
        missing = [place for place in batch.places if place not in have]
        if not missing:
            return Made(tuple(kept), len(kept))
        made = self._make(batch, missing, folder)
        return Made((*kept, *made), len(kept)) if isinstance(made, list) else made

    def _make(
        self, batch: Batch, places: list[tuple[int, int]], folder: Path
    ) -> list[BlockRecord] | Failed | Unwritable:
        windows = [batch.grid.window(*place) for place in places]
        y = windows[0][0]
        x = slice(windows[0][1].start, windows[-1][1].stop)
        try:
            spectra = self._read(batch, y, x)
        except Exception as error:  # noqa: BLE001 - a damaged file may fail in any way
            return Failed(reason_of(error))
        records = []
        for place, (_, columns) in zip(places, windows, strict=True):
            part = slice(columns.start - x.start, columns.stop - x.start)
            try:
                block = self._predict(spectra.isel(x=part))
            except InputError as error:
                return Failed(reason_of(error))
            try:
                write_block(folder, batch.grid, place, block, self.storage)
                sha256 = hash_block(folder, *place)
            except OSError as error:
                return Unwritable(reason_of(error))
            records.append(BlockRecord(*place, sha256, block.good, block.novel))
        return records

    def _read(self, batch: Batch, y: slice, x: slice) -> xr.Dataset:
        image = _opened(self.opener, batch.source.path, batch.sha256)[["reflectance"]]
        with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB):
            # one thread per block is enough: the blocks are what runs in parallel
            return image.isel(y=y, x=x).load(scheduler="synchronous")

    def _predict(self, region: xr.Dataset) -> Block:
        spectra, transfer = prepare(region, self.sensor, as_is=self.as_is)
        values = spectra["reflectance"].transpose("band", "y", "x").to_numpy()
        reflectance: F32 = values.reshape(len(values), -1).astype(np.float32, copy=False)
        incidence = None
        if "incidence_deg" in spectra.coords:
            light = spectra["incidence_deg"].broadcast_like(spectra["reflectance"].isel(band=0))
            incidence = light.transpose("y", "x").to_numpy().reshape(-1).astype(np.float32)
        block = predict_block(
            self.estimator(),
            reflectance,
            spectra["wavelength_nm"].to_numpy(),
            incidence_deg=incidence,
            transfer=transfer,
        )
        if not has_places(region):
            return block
        places = [region[name].transpose("y", "x").to_numpy().reshape(-1) for name in PLACES]
        return replace(block, places=np.stack(places).astype(np.float32))

    def estimator(self) -> OxideEstimator:
        """Return the estimator; it is loaded once per process."""
        with _ONE_AT_A_TIME:
            return _loaded(self.weights, self.weights_sha256)


@lru_cache(maxsize=2)
def _loaded(weights: Path | None, sha256: str) -> OxideEstimator:
    if weights_hash(weights) != sha256:
        raise StaleError(
            f"the weights in {weights or 'the package'} of this worker are not those of the run; "
            "install the same version of farside, and the same weights, on every worker."
        )
    return bundle.load(weights)


@lru_cache(maxsize=8)
def _opened(opener: Opener, path: Path, sha256: str) -> xr.Dataset:
    """Open an image; its hash is part of the key, so that a file that was replaced is seen."""
    del sha256
    return opener(path)


def weights_hash(weights: Path | None) -> str:
    """Return the SHA-256 of a bundle's sidecar, which names the hash of the graph."""
    folder = weights or bundle.shipped_folder()
    bundle.sidecar(folder)  # its message says what is missing
    return provenance.sha256_file(folder / "farside.json")


def image_size(image: xr.Dataset, source: Source) -> tuple[int, int]:
    """Return rows and columns of pixels; refuse what is no image of spectra."""
    dims = image["reflectance"].dims if "reflectance" in image else ()
    if set(dims) != {"band", "y", "x"}:
        raise InputError(
            f"{source.path.name} is not an image of spectra but has the dimensions {dims}; "
            "'farside predict' takes tables and tracks."
        )
    height, width = int(image.sizes["y"]), int(image.sizes["x"])
    if not height or not width:
        raise InputError(f"{source.path.name} has no pixel ({height} x {width}).")
    return height, width


def check_bands(
    image: xr.Dataset, estimator: OxideEstimator, sensor: str | None, *, as_is: bool
) -> None:
    """Raise what the first block would: an unknown sensor, or too few bands; reads no pixel."""
    spectra, _ = prepare(image, sensor, as_is=as_is)
    band_columns(spectra["wavelength_nm"].to_numpy(), estimator.data_.wavelength_nm)


def reason_of(error: Exception) -> str:
    """Return an error as one line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, FarsideError) else f"{type(error).__name__}: {text}"
