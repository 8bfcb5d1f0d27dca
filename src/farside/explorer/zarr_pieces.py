"""Tiles of a Zarr store of ``farside map``: blocks on demand, and an overview made in passing.

A store holds no overviews. What is coarser than `OVERVIEW` pixels a side is drawn from an overview
in memory, made by a thread from coarse to fine, so that a map of any size shows at once and
sharpens while one looks; nothing is written. What is finer is read block by block, nearest to the
middle first, until the time is up; the overview fills in for the rest.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from farside.constants import OXIDES
from farside.errors import InputError
from farside.explorer.pieces import Piece, Read, averaged, patience
from farside.maps.grid import MapGrid, grid_of
from farside.maps.store import OXIDE_VARIABLES, open_map

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    F32 = NDArray[np.float32]

OVERVIEW = 4096
"""Most pixels along a side of an overview: 8 million pixels of six oxides take 200 MB."""

CACHE_BYTES = 256 * 2**20
"""Of blocks that were read, kept for the next pan."""

HOLD_S = 4.0
"""Before the last and longest pass of an overview: the page is loaded meanwhile."""

THREADS = 2
"""That decode blocks; zarr and blosc let go of the interpreter while they do."""

Key = tuple[int, int, int, int]
"""Row and column of a block, factor and layer."""

BROKEN = (OSError, ValueError, RuntimeError, KeyError)
"""What zarr and its codecs raise for a damaged block."""

DAMAGED = (
    "a block of the map cannot be read ({error}); give its 'farside map' command again, which "
    "makes damaged blocks anew, or check the disk."
)


class _Blocks:
    """Blocks of one variable of a tile, averaged; the last ones are kept."""

    def __init__(self, folder: Path) -> None:
        self.array: Any = zarr.open_array(folder, mode="r")
        self.size = int(self.array.chunks[-1])
        self.height, self.width = (int(n) for n in self.array.shape[-2:])
        self._kept: OrderedDict[Key, F32] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        attrs = self.array.attrs
        scale: Any = attrs.get("scale_factor")
        self._scale = None if scale is None else np.float32(scale)
        self._fill: Any = attrs.get("_FillValue")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of blocks."""
        return -(-self.height // self.size), -(-self.width // self.size)

    def decode(self, i: int, j: int, factor: int, layer: int | None = None) -> F32:
        """Return block (i, j), averaged: one of its layers, or (layers, rows, columns)."""
        n = self.size
        lead = layer if layer is not None and len(self.array.shape) == 3 else ...
        raw = self.array[lead, i * n : (i + 1) * n, j * n : (j + 1) * n]
        values = raw.astype(np.float32)
        if self._scale is not None:
            values = np.where(raw == self._fill, np.float32(np.nan), values * self._scale)
        if layer is None and values.ndim == 2:
            values = values[None]
        return averaged(values, factor)

    def kept(self, key: Key) -> F32 | None:
        """Return a block that was read before, None where it was not or is no longer kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        return found

    def fetch(self, key: Key) -> F32:
        """Read a block and keep it."""
        found = self.decode(*key)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._bytes += found.nbytes
            while self._bytes > CACHE_BYTES and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return found


class _Overview:
    """The whole of a variable at a coarse factor, made by a thread from coarse to fine."""

    def __init__(self, blocks: _Blocks) -> None:
        self.blocks = blocks
        self.factor = 1
        while max(blocks.height, blocks.width) > OVERVIEW * self.factor:
            self.factor *= 2
        layers = blocks.array.shape[0] if len(blocks.array.shape) == 3 else 1
        shape = (layers, -(-blocks.height // self.factor), -(-blocks.width // self.factor))
        self.values = np.full(shape, np.nan, np.float32)
        self.problem = ""
        self.ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to make it, unless it was begun."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._make, daemon=True)
                self._thread.start()

    def wait(self, deadline: float) -> bool:
        """Return whether it is finished, waiting for it until the deadline."""
        self.start()
        return self.ready.wait(patience(deadline))

    def _make(self) -> None:
        stride, done = 1, set[tuple[int, int]]()
        rows, columns = self.blocks.shape
        while 4 * stride < max(rows, columns):
            stride *= 2
        while stride >= 1:
            if stride == 1 and done:
                time.sleep(HOLD_S)
            places = [
                (i, j)
                for i in range(0, rows, stride)
                for j in range(0, columns, stride)
                if (i, j) not in done
            ]
            for place in places:
                start = time.monotonic()
                self._put(place, stride)
                if stride == 1:  # at half of its speed: what is on screen comes first
                    time.sleep(time.monotonic() - start)
            done.update(places)
            stride //= 2
        self.ready.set()

    def _put(self, place: tuple[int, int], stride: int) -> None:
        i, j = place
        factor = min(self.factor, self.blocks.size)
        try:
            block = self.blocks.decode(i, j, factor)
        except BROKEN as error:
            self.problem = DAMAGED.format(error=error)
            side = self.blocks.size // factor
            block = np.full((self.values.shape[0], side, side), np.nan, np.float32)
        step = max(self.blocks.size // self.factor, 1)
        top, left = i * step, j * step
        known = np.isfinite(block)
        count = known.sum(axis=(1, 2))
        mean = np.where(count, np.where(known, block, 0).sum(axis=(1, 2)) / np.maximum(count, 1),
                        np.nan)  # fmt: skip
        if self.factor > self.blocks.size:
            k = self.factor // self.blocks.size
            self.values[
                :, i // k : (i + stride - 1) // k + 1, j // k : (j + stride - 1) // k + 1
            ] = mean[:, None, None]
            return
        wide = stride * step
        # a flat colour stands for the neighbours, until they are read
        self.values[:, top : top + wide, left : left + wide] = mean[:, None, None]
        here = self.values[:, top : top + block.shape[1], left : left + block.shape[2]]
        here[:] = block[:, : here.shape[1], : here.shape[2]]


class ZarrTile:
    """Reads windows of one tile of a store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(THREADS)
        self._blocks: dict[str, _Blocks] = {}
        self._overviews: dict[str, _Overview] = {}

    def blocks(self, variable: str) -> _Blocks:
        """Return the blocks of a variable."""
        if variable not in self._blocks:
            self._blocks[variable] = _Blocks(self._folder / variable)
        return self._blocks[variable]

    def overview(self, variable: str) -> _Overview:
        """Return the overview of a variable."""
        if variable not in self._overviews:
            self._overviews[variable] = _Overview(self.blocks(variable))
        return self._overviews[variable]

    def __call__(
        self, name: str, rows: slice, columns: slice, factor: int, deadline: float
    ) -> Read:
        """Read a window; see `farside.explorer.pieces.Reader`."""
        variable, _, oxide = name.partition(":")
        layer = OXIDES.index(oxide) if oxide else 0
        overview = self.overview(variable)
        if factor >= overview.factor > 1 or overview.blocks.size < factor:
            done = overview.wait(deadline)
            return Read(_spread(overview, layer, rows, columns, factor), done, overview.problem)
        return self._from_blocks(variable, layer, (rows, columns), factor, deadline)

    def _from_blocks(
        self, variable: str, layer: int, window: tuple[slice, slice], factor: int, deadline: float
    ) -> Read:
        blocks, overview = self.blocks(variable), self.overview(variable)
        rows, columns = window
        near = _nearest_first(blocks.size, rows, columns)
        found = {place: blocks.kept((*place, factor, layer)) for place in near}
        work = {
            place: self._pool.submit(blocks.fetch, (*place, factor, layer))
            for place, block in found.items()
            if block is None
        }
        done, late = wait(work.values(), patience(deadline))
        for one in late:  # those that have begun are kept for the next picture
            one.cancel()
        complete, problem = not late, ""
        for place, one in work.items():
            error = one.exception() if one in done else None
            if isinstance(error, BROKEN):
                problem = DAMAGED.format(error=error)
            elif one in done:
                found[place] = one.result()
        out = np.full(_shape(rows, columns, factor), np.nan, np.float32)
        if not complete and overview.factor > 1:
            overview.wait(time.monotonic())
            out[:] = _spread(overview, layer, rows, columns, factor)
        for place, block in found.items():
            if block is not None:
                _paste(out, block, place, blocks.size, (rows, columns), factor)
        return Read(out, complete, problem)


def _shape(rows: slice, columns: slice, factor: int) -> tuple[int, int]:
    return -(-(rows.stop - rows.start) // factor), -(-(columns.stop - columns.start) // factor)


def _nearest_first(size: int, rows: slice, columns: slice) -> list[tuple[int, int]]:
    """Return the blocks of a window, the ones in its middle first."""
    middle = (
        (rows.start + rows.stop) / 2 / size - 0.5,
        (columns.start + columns.stop) / 2 / size - 0.5,
    )
    places = [
        (i, j)
        for i in range(rows.start // size, -(-rows.stop // size))
        for j in range(columns.start // size, -(-columns.stop // size))
    ]
    return sorted(places, key=lambda p: (p[0] - middle[0]) ** 2 + (p[1] - middle[1]) ** 2)


def _spread(overview: _Overview, layer: int, rows: slice, columns: slice, factor: int) -> F32:
    """Return a window of the overview on pixels of a factor, each the nearest one."""
    h, w = _shape(rows, columns, factor)
    i = (rows.start + (np.arange(h) + 0.5) * factor) // overview.factor
    j = (columns.start + (np.arange(w) + 0.5) * factor) // overview.factor
    values = overview.values[layer]
    i = np.minimum(i.astype(int), values.shape[0] - 1)
    j = np.minimum(j.astype(int), values.shape[1] - 1)
    return np.asarray(values[i[:, None], j], np.float32)


def _paste(
    out: F32,
    block: F32,
    place: tuple[int, int],
    size: int,
    window: tuple[slice, slice],
    factor: int,
) -> None:
    """Put a block where it lies in a window."""
    spans = []
    for k, (index, part) in enumerate(zip(place, window, strict=True)):
        start = index * (size // factor) - part.start // factor
        low, high = max(start, 0), min(start + block.shape[k], out.shape[k])
        if low >= high:
            return
        spans.append((slice(low, high), slice(low - start, high - start)))
    out[spans[0][0], spans[1][0]] = block[spans[0][1], spans[1][1]]


def zarr_piece(store: Path, tile: str) -> Piece:
    """Return a tile of a store as a piece.

    Raises
    ------
    InputError
        when it is not whole, or not drawn on the Moon
    """
    try:
        ds = open_map(store, tile)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"the tile {tile} of {store} cannot be read ({error}); make the map anew with "
            "'farside map', or name another."
        ) from error
    grid: MapGrid = grid_of(ds, f"the tile {tile} of {store}")
    names = {f"{variable}:{oxide}" for variable in OXIDE_VARIABLES for oxide in OXIDES}
    return Piece(tile, grid, frozenset(names | {"novelty", "flag"}), ZarrTile(store / tile))
