"""The images that a map is made of: finding them, naming them, and hashing what was read."""

from __future__ import annotations

import glob
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farside.errors import InputError, MissingFileError
from farside.provenance import sha256_file
from farside.readers.kinds import KINDS, named_by_labels, needs_label

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDINGS = tuple(ending for kind in KINDS if kind.image for ending in kind.endings)
"""What is taken from a folder; an .img or .hdr beside a label of the same name belongs to it."""

DATA = (".img", ".dat", ".bsq", ".bil", ".bip")
"""Endings of images whose label or header is another file of the same name."""

BESIDE = (".lbl", ".LBL", ".img", ".IMG", ".hdr", ".HDR", ".dat", ".DAT", ".bands.csv")
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
    try:
        every = {path.absolute(): None for one in given for path in _expand(Path(one))}
    except OSError as error:
        raise InputError(f"cannot look into {error.filename}: {error.strerror}.") from error
    for path in _without_parts(list(every)):
        tile = path.stem
        if tile in found:
            raise InputError(
                f"two images are called {tile}: {found[tile].path} and {path}; a map holds one "
                "tile of each name, so rename one or make two maps."
            )
        found[tile] = Source(tile, path)
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
        return inside
    matched = [Path(name) for name in sorted(glob.glob(str(path)))]  # noqa: PTH207 - absolute too
    if not matched and not glob.has_magic(str(path)):
        raise MissingFileError.of(path)
    if not matched:
        raise InputError(f"there is no image: the pattern {path} matches nothing.")
    return matched


def _is_store(path: Path) -> bool:
    return any((path / name).is_file() for name in ("zarr.json", ".zgroup"))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and (path.is_file() or _is_store(path))


def _without_parts(paths: list[Path]) -> list[Path]:
    """Return the paths without the data files of labels and headers that are among them."""
    labels = {p.with_suffix("") for p in paths if p.suffix.lower() == ".lbl"}
    headers = {p.with_suffix("") for p in paths if p.suffix.lower() == ".hdr"}
    named: dict[Path, set[str]] = {}
    kept = []
    for path in paths:
        ending, own = path.suffix.lower(), path.with_suffix("")
        if ending in (*DATA, ".hdr") and own in labels:
            continue
        if ending in DATA and needs_label(path):
            if path.parent not in named:
                named[path.parent] = named_by_labels(path.parent)
            if own in headers or path.name.lower() in named[path.parent]:
                continue
        kept.append(path)
    images = {p.with_suffix("") for p in kept if p.suffix.lower() != ".hdr"}
    return [p for p in kept if p.suffix.lower() != ".hdr" or p.with_suffix("") not in images]


def hash_source(path: Path, reads: Iterable[str] = ()) -> str:
    """Return the SHA-256 of an image.

    That of the file where it is one file. Where it is several (a label and its data, a Zarr
    store), that of the lines ``HASH  NAME`` of all of them, sorted by name, as ``sha256sum`` prints
    them.

    Parameters
    ----------
    path : file, or folder of a Zarr store
    reads : names of the files beside it that its pixels, angles and places are read from
    """
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        names = [p.relative_to(path).as_posix() for p in files]
    else:
        beside = [*map(path.with_suffix, BESIDE), *(path.with_name(name) for name in reads)]
        files = sorted({path, *(p for p in beside if p.is_file())})
        names = [p.name for p in files]
    if len(files) == 1:
        return sha256_file(files[0])
    lines = (f"{sha256_file(f)}  {name}\n" for f, name in zip(files, names, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
