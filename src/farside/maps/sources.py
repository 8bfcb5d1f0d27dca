"""The images that a map is made of: finding them, naming them, and hashing what was read."""

from __future__ import annotations

import glob
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farside.errors import InputError
from farside.provenance import sha256_file
from farside.readers.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDINGS = tuple(ending for kind in KINDS if kind.image for ending in kind.endings)
"""What is taken from a folder; an .img or .hdr beside a label of the same name belongs to it."""

BESIDE = (".lbl", ".LBL", ".img", ".IMG", ".hdr", ".HDR", ".dat", ".DAT")
"""Endings of files that hold one image together with a file of the same name."""


@dataclass(frozen=True)
class Source:
    """An image.

    Parameters
    ----------
    tile : name of its group in the map: the name of the file without its ending
    path : file, or folder of a Zarr store
    """

    tile: str
    path: Path


def find_tiles(given: Iterable[Path | str]) -> list[Source]:
    """Return the images that paths, folders and patterns name, sorted by tile.

    Parameters
    ----------
    given : files, Zarr stores, folders (every image directly in them), or patterns such as
        ``"tiles/MAP_*.lbl"``

    Raises
    ------
    InputError
        when one names nothing, or two images have the same name
    """
    found: dict[str, Source] = {}
    for one in given:
        for path in _expand(Path(one)):
            full = path.absolute()
            tile = full.stem
            if tile in found and found[tile].path != full:
                raise InputError(
                    f"two images are called {tile}: {found[tile].path} and {full}; a map holds one "
                    "tile of each name, so rename one or make two maps."
                )
            found[tile] = Source(tile, full)
    if not found:
        raise InputError("no tile was given; name images, folders or patterns.")
    return [found[tile] for tile in sorted(found)]


def _expand(path: Path) -> list[Path]:
    if _is_store(path) or path.is_file():
        return [path]
    if path.is_dir():
        inside = [p for p in sorted(path.iterdir()) if _is_image(p)]
        if not inside:
            raise InputError(f"{path} holds no image; known endings: {', '.join(ENDINGS)}.")
        return _without_parts(inside)
    matched = [Path(name) for name in sorted(glob.glob(str(path)))]  # noqa: PTH207 - absolute too
    if not matched:
        raise InputError(f"there is no image {path}, and as a pattern it matches nothing.")
    return _without_parts(matched)


def _is_store(path: Path) -> bool:
    return any((path / name).is_file() for name in ("zarr.json", ".zgroup"))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and (path.is_file() or _is_store(path))


def _without_parts(paths: list[Path]) -> list[Path]:
    """Return the paths without data files whose label is among them."""
    labels = {p.with_suffix("") for p in paths if p.suffix.lower() == ".lbl"}
    headers = {p.with_suffix("") for p in paths if p.suffix.lower() == ".hdr"}
    kept = []
    for path in paths:
        ending, bare = path.suffix.lower(), path.with_suffix("")
        if ending in (".img", ".hdr") and bare in labels:
            continue
        if ending == ".hdr" and any(p.with_suffix("") == bare and p != path for p in paths):
            continue
        kept.append(path)
    return kept if labels or headers else paths


def hash_source(path: Path) -> str:
    """Return the SHA-256 of an image.

    That of the file where it is one file. Where it is several (a label and its data, a Zarr
    store), that of the lines ``HASH  NAME`` of all of them, sorted by name, as ``sha256sum`` prints
    them.
    """
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        names = [p.relative_to(path).as_posix() for p in files]
    else:
        files = sorted({path, *(p for p in map(path.with_suffix, BESIDE) if p.is_file())})
        names = [p.name for p in files]
    if len(files) == 1:
        return sha256_file(files[0])
    lines = (f"{sha256_file(f)}  {name}\n" for f, name in zip(files, names, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
