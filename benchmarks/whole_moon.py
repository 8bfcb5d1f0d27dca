"""A run over the whole Moon, without the pixels: every tile, with failures, by the real loop.

Usage: python benchmarks/whole_moon.py [--tiles 64800] [--seed 0]

The loop, the journal, retries, skips, resuming and the manifest are those of ``farside map``; only
what a worker does is made up. It reads and predicts nothing, fails for a share of the tiles as a
damaged file does, dies for a share of the calls as a worker of a cluster does, and the run is
ended twice on the way. The time that real work would take is added up beside it, not waited for.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
import time
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farside.maps.executor import Pool
from farside.maps.journal import BlockRecord, Known, TileRecord, locked
from farside.maps.run import MapRun, run
from farside.maps.sources import Source
from farside.maps.work import Batch, Failed, Made

SIDE, BLOCK = 2048, 512
DAMAGED = 2e-3
"""Share of the tiles that cannot be read: made up, far above what archives with checksums have."""
POISONED = 1e-4
"""Share of the batches that kill every worker they are given to."""
LOST = 2e-3
"""Share of the calls whose worker dies: a node of 50 batches an hour that fails every ten hours."""
PIXELS_PER_CPU_SECOND = 100_000.0
"""What benchmarks/maps.py promises end to end."""
HEADER = {"block": str(BLOCK), "farside": "simulation"}


class WorkerLostError(Exception):
    """A worker died."""


class OutageError(Exception):
    """The machine of the run itself went down."""


class Immediate(Executor):
    """Does each call when it is handed out."""

    def submit(self, call: Any, /, *given: Any, **named: Any) -> Future[Any]:
        """Return what the call gave, or how it died."""
        future: Future[Any] = Future()
        try:
            future.set_result(call(*given, **named))
        except WorkerLostError as error:
            future.set_exception(error)
        return future


@dataclass
class Simulated:
    """A worker that makes nothing up but records.

    Parameters
    ----------
    seed : which tiles are damaged and which batches deadly
    chance : when a worker dies; not the same in another run
    outage : calls after which the whole run goes down
    """

    seed: int
    chance: random.Random
    outage: int
    calls: int = 0
    lost: int = 0
    cpu_seconds: float = 0.0
    on_disk: set[tuple[str, int, int]] = field(default_factory=set)

    def begin(self, source: Source, known: Known | None) -> TileRecord | Failed:
        """Return a tile of the size of an MI map, or fail."""
        del known  # the images of the simulation do not change
        self._risk()
        number = self._number(source.tile)
        if number < DAMAGED:
            return Failed("the file is cut off")
        return TileRecord(source.path.name, f"{number:.18f}", SIDE, SIDE)

    def batch(self, batch: Batch) -> Made:
        """Return the records of a batch."""
        self._risk()
        tile = batch.source.tile
        if self._number(f"{tile} {batch.places[0]}") < POISONED:
            self.lost += 1
            raise WorkerLostError
        blocks, kept = [], []
        for place, known in zip(batch.places, batch.known, strict=True):
            if known is not None and (tile, *place) in self.on_disk:
                kept.append(known)
                continue
            self.on_disk.add((tile, *place))
            self.cpu_seconds += BLOCK**2 / PIXELS_PER_CPU_SECOND
            digest = hashlib.sha256(f"{tile} {place}".encode()).hexdigest()
            blocks.append(BlockRecord(*place, digest, BLOCK**2, 0))
        return Made((*kept, *blocks), len(kept))

    def _number(self, name: str) -> float:
        digest = hashlib.sha256(f"{self.seed} {name}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64

    def _risk(self) -> None:
        self.calls += 1
        if self.calls == self.outage:
            raise OutageError
        if self.chance.random() < LOST:
            self.lost += 1
            raise WorkerLostError


def moon(tiles: int) -> list[Source]:
    """Return the one-degree tiles of the Moon, from the north-west, as MI maps are named."""
    names = [
        f"MAP_02_{'N' if lat > 0 else 'S'}{abs(lat):02d}E{lon:03d}"
        for lat in range(90, -90, -1)
        for lon in range(360)
    ]
    return [Source(name, Path(f"{name}SC.img")) for name in sorted(names)[:tiles]]


def simulate(out: Path, tiles: int, seed: int) -> tuple[MapRun, Simulated, int]:
    """Return what the last run said, the worker, and how many runs it took."""
    sources = moon(tiles)
    calls = tiles * 9  # one to begin a tile and eight batches
    worker = Simulated(seed, random.Random(seed + 1), outage=0)  # noqa: S311 - a simulation
    runs = 0
    for outage in (calls // 3, calls // 2, 0):
        worker.calls, worker.outage = 0, outage
        runs += 1
        try:
            with locked(out):
                pool = Pool(Immediate(), 64, (WorkerLostError,))
                return run(worker, sources, out, HEADER, pool), worker, runs
        except OutageError:
            continue
    raise AssertionError


def main() -> None:
    """Print what the run cost and what it skipped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tiles", type=int, default=64_800)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "moon.zarr"
        out.mkdir()
        start, cpu = time.perf_counter(), time.process_time()
        done, worker, runs = simulate(out, given.tiles, given.seed)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        manifest = (out / "manifest.json").stat().st_size
        left = sorted(p.name for p in out.iterdir())
    real = worker.cpu_seconds
    lost = sum("lost" in why for why in done.skipped.values())
    print(f"{given.tiles} tiles in {runs} runs, {seconds:.0f} s ({cpu:.0f} CPU-seconds)")
    print(f"done: {done.tiles} tiles, {done.blocks} blocks, {done.pixels:.3g} pixels")
    print(f"kept by the last run from those before: {done.kept} blocks")
    print(
        f"skipped: {len(done.skipped)} tiles ({100 * len(done.skipped) / given.tiles:.2f} %), "
        f"{lost} of them after {worker.lost} lost workers, the others damaged"
    )
    print(f"loop per batch: {1e3 * cpu / (given.tiles * 8):.2f} ms of CPU")
    print(f"manifest: {manifest / 1e6:.0f} MB; left in the map: {', '.join(left)}")
    print(
        f"work that was simulated: {real / 3600:,.0f} CPU-hours at "
        f"{PIXELS_PER_CPU_SECOND:,.0f} px per CPU-second; the loop adds {100 * cpu / real:.4f} %"
    )


if __name__ == "__main__":
    main()
