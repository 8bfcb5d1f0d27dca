"""What is finished of a map: a journal while a run lasts, a manifest when it has ended.

The journal (``journal.jsonl``) grows by one line per finished batch. A line that is torn by a crash
is cut off when the journal is read again. Lines are forced to disk twice a second, not each: what
the journal says is checked against the hashes of the chunks before it is believed, so that a lost
line costs the work of a moment and a wrong one nothing. When every tile is done or skipped the
manifest (``manifest.json``), sorted and without any time or place of the run, replaces it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from farside import provenance
from farside.errors import InputError, StaleError
from farside.maps.store import Grid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

JOURNAL, MANIFEST, LOCK = "journal.jsonl", "manifest.json", ".lock"
FORMAT = 1
SYNC_EVERY_S = 0.5


@dataclass(frozen=True)
class BlockRecord:
    """A finished block: row and column of blocks, hash of its chunks, good and novel pixels."""

    i: int
    j: int
    sha256: str
    good: int
    novel: int

    def to_row(self) -> list[int | str]:
        """Return the fields in order."""
        return [self.i, self.j, self.sha256, self.good, self.novel]


@dataclass
class TileRecord:
    """A tile: name and hash of the image, its size in pixels, and its finished blocks."""

    source: str
    sha256: str
    height: int
    width: int
    blocks: dict[tuple[int, int], BlockRecord] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, the blocks sorted by place."""
        blocks = [self.blocks[place].to_row() for place in sorted(self.blocks)]
        return {**vars(self), "blocks": blocks}


@dataclass(frozen=True)
class Known:
    """What an earlier run noted of a tile: the hash of its image, and whether all is made."""

    sha256: str
    finished: bool


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the only lock on a map; the system gives it back when the process ends, however it does.

    Raises
    ------
    InputError
        when another run holds it
    """
    path = out / LOCK
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise InputError(
                f"another run is writing {out}; wait until it has ended, or write another map."
            ) from error
        try:
            same = path.stat().st_ino == os.fstat(handle).st_ino
        except FileNotFoundError:
            same = False
        if same:
            break
        os.close(handle)  # its holder has just ended and removed it
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


class Ledger:
    """Finished blocks of a map, on disk as in memory.

    Parameters
    ----------
    out : the map, locked
    header : everything that the pixels depend on beside the images; a map has one
    """

    def __init__(self, out: Path, header: Mapping[str, str]) -> None:
        self._out = out
        self._journal = out / JOURNAL
        self._header = dict(header)
        self.tiles: dict[str, TileRecord] = {}
        self._synced = time.monotonic()
        self.unfinished = self._load()
        fresh = not self.unfinished
        self._stream = self._journal.open("a", encoding="utf-8")
        if fresh:
            self._append({"header": self._header, "format": FORMAT}, force=True)

    # -- reading ---------------------------------------------------------------------------

    def _load(self) -> bool:
        """Read the manifest and the journal; return whether a run was left unfinished."""
        manifest = self._out / MANIFEST
        if manifest.is_file():
            self._load_manifest(manifest)
        lines = self._whole_lines()
        if not lines:
            return False
        self._check_header(lines[0].get("header", {}))
        for line in lines[1:]:
            if "source" in line:
                name = line.pop("tile")
                self.tiles[name] = TileRecord(**line)
            elif line["tile"] in self.tiles:
                self._take(line["tile"], [BlockRecord(*values) for values in line["blocks"]])
        return True

    def _load_manifest(self, path: Path) -> None:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            self._check_header(content["header"])
            for name, about in content["tiles"].items():
                blocks = [BlockRecord(*values) for values in about.pop("blocks")]
                self.tiles[name] = TileRecord(**about)
                self._take(name, blocks)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} is damaged ({error}); remove it, and the map is checked and made anew."
            ) from error

    def _whole_lines(self) -> list[dict[str, Any]]:
        """Return the lines of the journal up to the first torn one, which is cut off."""
        if not self._journal.is_file():
            return []
        lines: list[dict[str, Any]] = []
        end = 0
        with self._journal.open("rb") as stream:
            for raw in stream:
                try:
                    line = json.loads(raw) if raw.endswith(b"\n") else None
                except ValueError:
                    line = None
                if not isinstance(line, dict):
                    break
                lines.append(line)
                end += len(raw)
        os.truncate(self._journal, end)
        return lines

    def _check_header(self, stored: Mapping[str, str]) -> None:
        keys = sorted(stored.keys() | self._header.keys())
        changed = [
            f"{k} ({stored.get(k)} there, {self._header.get(k)} now)"
            for k in keys
            if stored.get(k) != self._header.get(k)
        ]
        if changed:
            raise StaleError(
                f"the map {self._out} was made otherwise: {'; '.join(changed)}. Continue it with "
                "what it was made with, or write to another folder."
            )

    def check_tiles(self, names: Collection[str]) -> None:
        """Raise `StaleError` when half of a tile is there that is not among the names.

        One whose folder was removed is given up.
        """
        half = [name for name in self.tiles if name not in names and not self.finished(name)]
        left = sorted(name for name in half if (self._out / name).exists())
        if left:
            raise StaleError(
                f"an unfinished run on {self._out} had {len(left)} tiles that are not given now "
                f"({', '.join(left[:5])}); give them too, or give them up by removing their "
                "folders there, or write to another map."
            )
        for name in half:
            del self.tiles[name]

    def finished(self, name: str) -> bool:
        """Tell whether every block of a tile is made."""
        tile = self.tiles.get(name)
        if tile is None:
            return False
        grid = Grid(tile.height, tile.width, int(self._header["block"]))
        return len(tile.blocks) == grid.rows * grid.columns

    def known(self, name: str) -> Known | None:
        """Return what is known of a tile before it is begun."""
        tile = self.tiles.get(name)
        return None if tile is None else Known(tile.sha256, self.kept(name))

    def kept(self, name: str) -> bool:
        """Tell whether a tile is finished and nobody has removed it since."""
        return self.finished(name) and (self._out / name).is_dir()

    # -- writing ---------------------------------------------------------------------------

    def begin(self, name: str, tile: TileRecord) -> None:
        """Note that work on a tile has begun; blocks of another image of its name are forgotten."""
        known = self.tiles.get(name)
        if known is None or known.sha256 != tile.sha256:
            self.tiles[name] = tile
            about = {k: v for k, v in vars(tile).items() if k != "blocks"}
            self._append({"tile": name, **about})

    def add(self, name: str, blocks: list[BlockRecord]) -> None:
        """Note finished blocks of a tile."""
        self._take(name, blocks)
        self._append({"tile": name, "blocks": [b.to_row() for b in blocks]})

    def _take(self, name: str, blocks: list[BlockRecord]) -> None:
        self.tiles[name].blocks.update({(b.i, b.j): b for b in blocks})

    def _append(self, line: dict[str, Any], *, force: bool = False) -> None:
        self._stream.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._stream.flush()
        if force or time.monotonic() - self._synced > SYNC_EVERY_S:
            os.fsync(self._stream.fileno())
            self._synced = time.monotonic()

    def finish(self, skipped: Collection[str]) -> None:
        """Write the manifest, without the tiles that were skipped and not finished before."""
        skipped = [name for name in skipped if not self.kept(name)]
        tiles = {name: t.to_dict() for name, t in self.tiles.items() if name not in skipped}
        content = {
            "format": FORMAT,
            "header": self._header,
            "tiles": tiles,
            "skipped": sorted(skipped),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n"
        manifest = self._out / MANIFEST
        if not manifest.is_file() or manifest.read_text(encoding="utf-8") != text:
            provenance.write_text(manifest, text)
        self.close()
        self._journal.unlink()

    def close(self) -> None:
        """Close the journal and leave it, for a later run to go on from."""
        self._stream.close()
