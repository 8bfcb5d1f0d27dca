"""What every result carries: hashes of code, data and settings, citations, and atomic writing."""

from __future__ import annotations

import ast
import csv
import hashlib
import importlib.resources
import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.errors import InputError, StaleError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def code_version() -> str:
    """Return the version of the installed package."""
    return version("farside")


# -- hashes ------------------------------------------------------------------------------------


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _code_lines(source: str) -> list[str]:
    """Return the lines of Python source that can change a result.

    Left out are docstrings, comments, blank lines and the method ``_repr_html_``, which only shows
    a result in a notebook.
    """
    drop: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == "_repr_html_":
            drop.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                drop.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    kept = (line.rstrip() for i, line in enumerate(source.splitlines(), 1) if i not in drop)
    return [line for line in kept if line and not line.lstrip().startswith("#")]


def fingerprint(
    modules: Iterable[str], tables: Iterable[str], settings: Mapping[str, Any]
) -> dict[str, str]:
    """Return the hash of each thing that a stored result depends on.

    Parameters
    ----------
    modules : names below ``farside``, such as ``"oxides.cnn"``; docstrings, comments, blank lines
        and ``_repr_html_`` are left out of the hash, so that explaining code better, or showing a
        result better, makes nothing stale
    tables : file names in ``farside/datasets/tables``
    settings : anything that JSON can hold

    Returns
    -------
    dict
        ``{"code:NAME": sha256, "data:FILE": sha256, "settings": sha256}``
    """
    root = importlib.resources.files("farside")
    found: dict[str, str] = {}
    for name in sorted(modules):
        parts = name.split(".")
        path = root.joinpath(*parts[:-1], f"{parts[-1]}.py")
        text = "\n".join(_code_lines(path.read_text(encoding="utf-8")))
        found[f"code:{name}"] = hashlib.sha256(text.encode()).hexdigest()
    for name in sorted(tables):
        data = root.joinpath("datasets", "tables", name).read_bytes()
        found[f"data:{name}"] = hashlib.sha256(data).hexdigest()
    found["settings"] = hashlib.sha256(
        json.dumps(settings, sort_keys=True, default=str).encode()
    ).hexdigest()
    return found


REMAKE = "'farside run --full' (needs farside[train])"
"""How most of what is stored is made anew."""


def check_fresh(
    what: str, stored: Mapping[str, str], present: Mapping[str, str], how: str = REMAKE
) -> None:
    """Raise `StaleError` when the stored fingerprint is not the present one.

    Parameters
    ----------
    what : is stored
    stored, present : see `fingerprint`
    how : it is made anew
    """
    changed = sorted(k for k in stored.keys() | present.keys() if stored.get(k) != present.get(k))
    if changed:
        raise StaleError(
            f"the stored {what} was made by other inputs than those present; "
            f"changed: {', '.join(changed)}. Make it anew with {how}."
        )


# -- writing -----------------------------------------------------------------------------------


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` only when the block succeeds."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; name a file.")
    if path.parent.is_file():
        raise InputError(f"cannot write {path}: {path.parent} is a file, not a folder.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{path.stem}-"
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; name a file in a folder that can be written."
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text atomically: a reader sees the old file or the new one, never a part."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically, with sorted keys and a closing newline."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")


# -- citations ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reference:
    """One entry of ``references.csv``."""

    key: str
    citation: str
    doi: str

    def __str__(self) -> str:
        """Return the citation with its DOI as a link."""
        return f"{self.citation} https://doi.org/{self.doi}" if self.doi else self.citation


@cache
def references() -> Mapping[str, Reference]:
    """Return every reference that farside knows, by key."""
    text = importlib.resources.files("farside").joinpath("references.csv").read_text("utf-8")
    return {row["key"]: Reference(**row) for row in csv.DictReader(text.splitlines())}


def cite(*keys: str) -> list[Reference]:
    """Return the references of the given keys, sorted by key.

    Raises
    ------
    UnknownNameError
        when a key is not in ``references.csv``

    Examples
    --------
    >>> import farside
    >>> [reference.doi for reference in farside.cite("fassett2008")]  # doctest: +SKIP
    """
    known = references()
    for key in keys:
        if key not in known:
            raise UnknownNameError.of("reference", key, known)
    return [known[key] for key in sorted(set(keys))]
