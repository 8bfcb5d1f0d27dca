"""Pixels that stay in their file until a block of them is asked for.

A reader says where the pixels lie and how they are stored; opening reads none of them. What the
header claims is held against the size of the file before anything is allocated. A block is read by
whichever thread or process needs it, each time from the file by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import dask.array as da
import numpy as np
import rioxarray  # noqa: F401 - gives datasets their .rio
from dask.base import tokenize

from farside.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray
    from rasterio.crs import CRS
    from rasterio.transform import Affine

Interleave = Literal["BSQ", "BIL", "BIP"]

FLOAT32 = np.dtype("float32")
BLOCK_BYTES = 1 << 26
"""Size of the blocks that are read at once, as float32."""

STORED_BLOCK_LIMIT = 1 << 28
"""Largest block of a tiled or chunked file that is unpacked in one piece, in bytes."""

MAX_SIDE = 4_000_000
"""Most lines or samples: the whole Moon at the 14.8 m of MI has 737 280 samples."""

MAX_BANDS = 2_000
_AXES: dict[Interleave, tuple[int, int, int]] = {
    "BSQ": (0, 1, 2),
    "BIL": (1, 0, 2),
    "BIP": (1, 2, 0),
}


class Pixels(Protocol):
    """What can be read block by block: numbers of shape ``(band, line, sample)``."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the number of bands, lines and samples."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of a number."""

    @property
    def ndim(self) -> int:
        """Return 3."""

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        """Return a block."""


def check_shape(shape: tuple[int, int, int]) -> None:
    """Raise when an image has no pixel, or more than any image of the Moon."""
    bands, lines, samples = shape
    if not (1 <= bands <= MAX_BANDS and 1 <= lines <= MAX_SIDE and 1 <= samples <= MAX_SIDE):
        raise InputError(
            f"the header claims {bands} bands of {lines} lines and {samples} samples; it takes 1 "
            f"to {MAX_BANDS} bands and 1 to {MAX_SIDE} lines and samples."
        )


def file_size(path: Path) -> int:
    """Return the size of a file in bytes; raise when there is no such file."""
    try:
        if not path.is_file():
            raise InputError(f"there is no file {path}; it must lie beside its label or header.")
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise InputError(f"{str(path)!r} is no name of a file.") from error


@dataclass(frozen=True)
class RawPixels:
    """Uncompressed pixels in a file.

    Parameters
    ----------
    path : the file
    offset : byte at which they begin
    dtype : type of a number, with its byte order
    shape : bands, lines, samples
    interleave : order in the file: by band, by line, or by pixel

    Raises
    ------
    InputError
        when the file is too short for what is claimed
    """

    path: str
    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, int, int]
    interleave: Interleave = "BSQ"
    ndim: int = 3

    def __post_init__(self) -> None:
        check_shape(self.shape)
        present = file_size(Path(self.path))
        needed = self.offset + self.nbytes
        if self.offset < 0 or needed > present:
            raise InputError(
                f"{Path(self.path).name} has {present} bytes; its {self.shape[0]} bands of "
                f"{self.shape[1]} lines and {self.shape[2]} samples should end at byte {needed}. "
                "The file is cut off, or the label does not belong to it."
            )

    @property
    def nbytes(self) -> int:
        """Return the bytes that all pixels take in the file."""
        bands, lines, samples = self.shape
        return bands * lines * samples * self.dtype.itemsize

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        """Return a block, copied from the file."""
        axes = _AXES[self.interleave]
        stored = tuple(self.shape[axis] for axis in axes)
        try:
            mapped = np.memmap(self.path, self.dtype, "r", self.offset, stored)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{Path(self.path).name} can no longer be read whole ({error}); it was there when "
                "it was opened."
            ) from error
        return np.array(mapped.transpose(np.argsort(axes))[key])


@dataclass(frozen=True)
class Scale:
    """How a stored number becomes a value: ``value = number * factor + offset``.

    Parameters
    ----------
    invalid : numbers that stand for no value
    lowest : a number below this is no value
    """

    factor: float = 1.0
    offset: float = 0.0
    invalid: tuple[float, ...] = ()
    lowest: float = float("-inf")


def _decode(raw: NDArray[Any], scale: Scale) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, then NaN
        values = raw.astype(np.float32)
    bad = ~np.isfinite(values) | (raw < scale.lowest)
    with np.errstate(over="ignore"):  # a code that the type cannot hold is nowhere
        for code in scale.invalid:
            bad |= raw == code
    if scale.factor != 1.0 or scale.offset != 0.0:
        with np.errstate(over="ignore"):
            values *= np.float32(scale.factor)
            values += np.float32(scale.offset)
        bad |= ~np.isfinite(values)
    values[bad] = np.nan
    return values


def lazy_values(
    pixels: Pixels,
    scale: Scale,
    *,
    file: Path,
    stored: tuple[int, ...] | None = None,
    like: da.Array | None = None,
) -> da.Array:
    """Return pixels as a lazy array of float32, NaN where there is no value.

    Parameters
    ----------
    pixels : what is read, block by block
    scale : how a number becomes a value
    file : where the pixels come from; its size and date enter the array's name
    stored : shape of the blocks that the file is made of; blocks read at once are multiples of it
    like : an image of the same lines and samples whose blocks are taken over
    """
    chunks = da.core.normalize_chunks(
        (-1, "auto", "auto") if like is None else (-1, *like.chunks[1:]),
        pixels.shape,
        limit=BLOCK_BYTES,
        dtype=FLOAT32,
        previous_chunks=None if stored is None else _tiles(pixels.shape, stored),
    )
    found = file.stat()
    array = da.from_array(
        pixels,
        chunks=chunks,
        name=f"farside-pixels-{tokenize(repr(pixels), found.st_size, found.st_mtime_ns)}",
        lock=False,
        asarray=False,
        meta=np.empty((0, 0, 0), pixels.dtype),
    )
    return array.map_blocks(
        partial(_decode, scale=scale), dtype=np.float32, meta=np.empty((0, 0, 0), np.float32)
    )


def _tiles(shape: tuple[int, ...], stored: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the chunks, as dask writes them, of an image made of blocks of one shape."""
    out = []
    for size, block in zip(shape, stored, strict=True):
        step = min(size, block)
        out.append((step,) * (size // step) + ((size % step,) if size % step else ()))
    return tuple(out)


def with_grid(ds: xr.Dataset, transform: Affine, crs: CRS | None) -> xr.Dataset:
    """Return the dataset with ``x, y`` of the middles of its pixels and its coordinate system.

    Raises
    ------
    InputError
        when the image is turned, has no extent, or reaches beyond the poles
    """
    turned = transform.b != 0 or transform.d != 0
    extent = (transform.a, transform.c, transform.e, transform.f)
    if turned or not np.isfinite(extent).all() or transform.a == 0 or transform.e == 0:
        raise InputError(
            f"the header places the image by {tuple(transform)[:6]}; rows and columns must run "
            "along y and x."
        )
    lines, samples = ds.sizes["y"], ds.sizes["x"]
    x = transform.c + transform.a * (np.arange(samples) + 0.5)
    y = transform.f + transform.e * (np.arange(lines) + 0.5)
    if crs is None:
        return ds.assign_coords(x=("x", x), y=("y", y))
    if crs.is_geographic and (np.abs(y).max() > 90 + abs(transform.e) or np.abs(x).max() > 540):
        raise InputError(
            f"the header places the image at latitude {y.min():g} to {y.max():g} and longitude "
            f"{x.min():g} to {x.max():g} degrees, which is not on the Moon."
        )
    ds = ds.assign_coords(x=("x", x), y=("y", y))
    ds = ds.rio.write_crs(crs).rio.write_transform(transform)
    wkt = crs.to_wkt(version="WKT2_2019")  # the older form drops the name in the registry
    ds["spatial_ref"].attrs.update(crs_wkt=wkt, spatial_ref=wkt)
    return ds
