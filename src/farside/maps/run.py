"""Maps of any number of images: resumable, idempotent, the same bytes however often interrupted.

A run begins each tile (hash, metadata), makes its blocks in batches, and notes each finished batch
in the journal. Batches run in the threads of this machine or on a dask.distributed cluster; both
are a `concurrent.futures.Executor`, and the loop is the same. At most `AHEAD` calls per worker
are in flight, so that memory does not grow with the images or their number.
"""

from __future__ import annotations

import shutil
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from farside.errors import InputError
from farside.maps.executor import executor
from farside.maps.journal import (
    JOURNAL,
    LOCK,
    MANIFEST,
    BlockRecord,
    Known,
    Ledger,
    TileRecord,
    locked,
)
from farside.maps.progress import Progress, Say
from farside.maps.settings import MapSettings
from farside.maps.sources import Source, find_tiles
from farside.maps.store import Grid, hash_block, write_root
from farside.maps.work import Batch, Failed, Made, Opener, Unwritable, Work
from farside.spectra.prepare import open_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from farside.maps.executor import Pool

AHEAD = 3
"""Calls in flight per worker: one at work, two waiting, so that none is ever idle."""
BATCH = 2
"""Blocks per batch; more where the image is lower than a block."""


LOOK_EVERY_S = 5.0
"""A scheduler that is gone says nothing; so often it is looked after while nothing comes back."""
CLUSTER_LOST = (
    "the scheduler of the cluster was lost; start it again: finished blocks are kept, and the same "
    "command goes on from there."
)


@dataclass(frozen=True)
class MapRun:
    """What a run did.

    Parameters
    ----------
    out : the map
    tiles, blocks : finished in the map, of the images given
    kept : blocks that an earlier run had made and that were found unchanged
    pixels, good, novel : in these blocks; those with numbers, those beyond the novelty threshold
    seconds : of this run
    pixels_per_second : of the blocks that this run made
    skipped : reason, by tile
    """

    out: Path
    tiles: int
    blocks: int
    kept: int
    pixels: int
    good: int
    novel: int
    seconds: float
    pixels_per_second: float
    skipped: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**asdict(self), "out": str(self.out)}

    def __str__(self) -> str:
        """Return a summary as text."""
        share = 100.0 / max(self.pixels, 1)
        lines = [
            f"{self.out}: {self.tiles} tiles, {self.pixels:,} pixels in {self.blocks} blocks",
            f"{share * self.good:.1f} % of the pixels have numbers",
        ]
        if self.kept:
            lines.append(f"{self.kept} blocks were there already, and whole")
        if self.novel:
            lines.append(
                f"{100.0 * self.novel / max(self.good, 1):.1f} % of these are unlike every "
                "training spectrum (novelty above 1); do not rely on their intervals"
            )
        if self.pixels_per_second:
            lines.append(f"{self.pixels_per_second:,.0f} pixels per second, {self.seconds:.0f} s")
        lines += [f"skipped {tile}: {why}" for tile, why in sorted(self.skipped.items())]
        return "\n".join(lines)


class Worker(Protocol):
    """What a worker does; see `farside.maps.work.Work`."""

    def begin(self, source: Source, known: Known | None) -> TileRecord | Failed | Unwritable:
        """Open an image and write the metadata of its tile."""
        ...

    def batch(self, batch: Batch) -> Made | Failed | Unwritable:
        """Make the blocks of a batch."""
        ...


def map_tiles(
    images: Sequence[Path | str],
    out: Path,
    *,
    settings: MapSettings | None = None,
    opener: Opener = open_image,
    say: Say = lambda _: None,
) -> MapRun:
    """Map images to oxides with interval and novelty, or go on with a map that was begun.

    Parameters
    ----------
    images : see `farside.maps.sources.find_tiles`
    out : Zarr store to write, or one that an earlier run left
    settings : see `MapSettings`
    opener : opens an image lazily
    say : told how far the run is

    Raises
    ------
    StaleError
        when the map in `out` was made with other settings, weights or code
    InputError
        when another run writes `out`, or it cannot be written; what is finished stays, and the
        same call goes on from there
    MissingExtraError
        when `scheduler` is an address and dask.distributed is not installed

    Examples
    --------
    >>> import farside
    >>> farside.map_tiles(["tiles/"], Path("map.zarr"))  # doctest: +SKIP
    """
    settings = settings or MapSettings()
    sources = find_tiles(images)
    header = settings.header()
    out = out.absolute()
    _make_folder(out)
    say(f"map {len(sources)} tile{'s' * (len(sources) != 1)} to {out.name}")
    with locked(out), executor(settings.scheduler, settings.workers) as pool:
        work = Work(
            out=out,
            block=settings.block,
            storage=settings.storage,
            sensor=settings.sensor,
            as_is=settings.as_is,
            weights=settings.weights.absolute() if settings.weights else None,
            weights_sha256=header["weights"],
            opener=opener,
        )
        return run(work, sources, out, header, pool, say)


def run(
    work: Worker,
    sources: Sequence[Source],
    out: Path,
    header: dict[str, str],
    pool: Pool,
    say: Say = lambda _: None,
) -> MapRun:
    """Make every block of every source with the workers of a pool; the caller holds the lock."""
    ledger = Ledger(out, header)
    try:
        ledger.check_tiles({source.tile for source in sources})
        write_root(out, {"farside": header["farside"], "made_with": header})
        loop = _Loop(work, out, int(header["block"]), ledger, pool, Progress(len(sources), say))
        loop.run(sources)
        for tile in loop.skipped:
            if not ledger.kept(tile):  # half a tile would pass for a whole one
                shutil.rmtree(out / tile, ignore_errors=True)
        _sweep(out.iterdir())
        ledger.finish(loop.skipped)
    except pool.lost as error:
        raise InputError(CLUSTER_LOST) from error
    except OSError as error:
        raise _unwritable(out, str(error)) from error
    finally:
        ledger.close()
    return loop.summary(sources)


def _make_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"cannot write {out}: it is a file; name a folder such as map.zarr.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, str(error)) from error
    known = {JOURNAL, LOCK, MANIFEST}
    inside = {path.name for path in out.iterdir()}
    if inside and not inside & known:
        raise InputError(
            f"{out} holds something that is not a map of farside ({min(inside)}); name a new "
            "folder."
        )


def _unwritable(out: Path, reason: str) -> InputError:
    return InputError(
        f"cannot write {out}: {reason}. Make room (see 'farside map --dry-run') or name another "
        "folder; finished blocks are kept, and the same command goes on from there."
    )


def _sweep(paths: Iterable[Path]) -> None:
    """Remove temporary files that a killed worker left."""
    for path in paths:
        if path.is_file() and path.name != LOCK and _is_temporary(path.name):
            path.unlink(missing_ok=True)


def _is_temporary(name: str) -> bool:
    return name.endswith(".partial") or name.startswith(".")


@dataclass
class _Tile:
    """A tile at work: its batches that are not done yet."""

    source: Source
    left: int


class _Loop:
    """Hands out work and notes what comes back."""

    def __init__(
        self, work: Worker, out: Path, block: int, ledger: Ledger, pool: Pool, progress: Progress
    ) -> None:
        self._work, self._out, self._block = work, out, block
        self._ledger, self._pool, self._progress = ledger, pool, progress
        self._flying: dict[Future[Any], tuple[Source | Batch, int]] = {}
        self._ready: deque[Batch] = deque()
        self._tiles: dict[str, _Tile] = {}
        self.skipped: dict[str, str] = {}
        self.kept = 0

    def run(self, sources: Sequence[Source]) -> None:
        """Make every block that can be made."""
        waiting = deque(sources)
        try:
            while True:
                while len(self._flying) < AHEAD * self._pool.workers and (self._ready or waiting):
                    self._submit(self._ready.popleft() if self._ready else waiting.popleft(), 1)
                if not self._flying:
                    return
                done, _ = wait(self._flying, LOOK_EVERY_S, return_when=FIRST_COMPLETED)
                if not done:
                    self._check_alive()
                for future in done:
                    self._take(future, *self._flying.pop(future))
        except BaseException:
            self._pool.drop(self._flying)
            raise

    def _submit(self, item: Source | Batch, tries: int) -> None:
        if isinstance(item, Source):
            future = self._pool.submit(self._work.begin, item, self._ledger.known(item.tile))
        elif item.source.tile in self.skipped:
            return
        else:
            future = self._pool.submit(self._work.batch, item)
        self._flying[future] = (item, tries)

    def _take(self, future: Future[Any], item: Source | Batch, tries: int) -> None:
        source = item if isinstance(item, Source) else item.source
        try:
            found = future.result()
        except self._pool.lost as error:
            self._check_alive()
            if tries < self._pool.tries:
                self._submit(item, tries + 1)
            else:
                why = f"every worker that had it was lost ({type(error).__name__})"
                self._skip(source, why)
            return
        if isinstance(found, Unwritable):
            raise _unwritable(self._out, found.reason)
        if isinstance(found, Failed):
            self._skip(source, found.reason)
        elif isinstance(item, Batch):
            self._finish(item, found)
        else:
            self._begin(item, found)

    def _check_alive(self) -> None:
        if not self._pool.alive():
            raise InputError(CLUSTER_LOST)

    def _skip(self, source: Source, reason: str) -> None:
        if source.tile not in self.skipped:
            if self._ledger.kept(source.tile):
                reason = f"{reason.rstrip('.')}. {self._kept_of(source.tile)}"
            self.skipped[source.tile] = reason
            self._tiles.pop(source.tile, None)
            self._progress.say(f"skipped {source.tile}: {reason}")
            self._progress.end_tile()

    def _kept_of(self, tile: str) -> str:
        """Say what is left of a tile that an earlier run finished and that cannot be made now."""
        blocks = self._ledger.tiles[tile].blocks
        damaged = sum(hash_block(self._out / tile, *p) != b.sha256 for p, b in blocks.items())
        about = f"but {damaged} of its {len(blocks)} blocks are damaged" if damaged else "whole"
        return f"What an earlier run made of it is kept, {about}."

    def _begin(self, source: Source, tile: TileRecord) -> None:
        self._ledger.begin(source.tile, tile)
        known = self._ledger.tiles[source.tile].blocks
        grid = Grid(tile.height, tile.width, self._block)
        before = len(self._ready)
        step = BATCH * max(1, self._block // tile.height)  # low blocks are small: more of them
        for i in range(grid.rows):
            for j in range(0, grid.columns, step):
                places = tuple((i, k) for k in range(j, min(j + step, grid.columns)))
                noted = tuple(known.get(place) for place in places)
                self._ready.append(Batch(source, tile.sha256, grid, places, noted))
        self._tiles[source.tile] = _Tile(source, len(self._ready) - before)
        self._progress.begin_tile(tile.height * tile.width)

    def _finish(self, batch: Batch, made: Made) -> None:
        tile = self._tiles.get(batch.source.tile)
        if tile is None:  # skipped meanwhile
            return
        self.kept += made.kept
        new = [block for block in made.blocks if block not in batch.known]
        if new:
            self._ledger.add(batch.source.tile, new)
        pixels = [_pixels(batch.grid, block) for block in made.blocks]
        self._progress.add(sum(pixels), sum(pixels[made.kept :]))
        tile.left -= 1
        if not tile.left:
            _sweep((self._out / batch.source.tile).rglob("*"))
            del self._tiles[batch.source.tile]
            self._progress.end_tile()

    def summary(self, sources: Sequence[Source]) -> MapRun:
        """Return what was done."""
        tiles = [self._ledger.tiles[s.tile] for s in sources if self._ledger.finished(s.tile)]
        blocks = [block for tile in tiles for block in tile.blocks.values()]
        seconds = self._progress.seconds()
        return MapRun(
            out=self._out,
            tiles=len(tiles),
            blocks=len(blocks),
            kept=self.kept,
            pixels=sum(tile.height * tile.width for tile in tiles),
            good=sum(block.good for block in blocks),
            novel=sum(block.novel for block in blocks),
            seconds=round(seconds, 3),
            pixels_per_second=round(self._progress.made / seconds, 1),
            skipped=self.skipped,
        )


def _pixels(grid: Grid, block: BlockRecord) -> int:
    y, x = grid.window(block.i, block.j)
    return int((y.stop - y.start) * (x.stop - x.start))
