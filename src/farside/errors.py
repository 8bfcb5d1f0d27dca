"""Errors of farside: one base, one-line leaves.

Every message says what was given, what is possible and what to do next. The command line
turns a `FarsideError` into one red line and exit code 2; anything else is a defect of ours.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class FarsideError(Exception):
    """Base of every error that farside raises on purpose.

    Examples
    --------
    >>> import farside
    >>> try:
    ...     farside.chronology_system("neukum83")
    ... except farside.FarsideError as error:
    ...     print(error)
    unknown chronology system 'neukum83'; known: ... Did you mean 'neukum1983'?
    """


class InputError(FarsideError):
    """A file, table or spectrum is not what the function can work on."""


class BandError(InputError):
    """A wavelength that is needed is missing, or wavelengths are not usable."""


class UnitError(InputError):
    """Values are in other units than the function expects."""


class SampleError(InputError):
    """A table of samples holds impossible or contradictory rows."""


class MissingFileError(InputError):
    """A file or folder that was named is not there."""

    @classmethod
    def of(cls, path: Path) -> MissingFileError:
        """Return the error for a path, with the nearest name beside it or the folder that lacks."""
        folder = path.parent
        if not folder.is_dir():
            return cls(f"there is no {path}: the folder {folder} does not exist.")
        names = {found.stem: found.name for found in folder.iterdir() if found.stem[:1] != "."}
        near = nearest(path.stem, names)
        hint = f" Did you mean {names[near]!r}?" if near else ""
        return cls(f"there is no {path}.{hint}")


class StaleError(FarsideError):
    """A stored result was made by other code, data or settings than those present."""


class MissingExtraError(FarsideError):
    """An optional dependency is not installed."""


class UnknownNameError(FarsideError):
    """A name is not one of those known."""

    @classmethod
    def of(cls, kind: str, given: str, known: Iterable[str]) -> UnknownNameError:
        """Return the error for name `given` of a `kind`, with the nearest of the `known` names."""
        names = sorted(known)
        near = nearest(given, names, cutoff=0.5)
        hint = f" Did you mean {near!r}?" if near else ""
        return cls(f"unknown {kind} {given!r}; known: {', '.join(names)}.{hint}")


class MissingColumnError(InputError):
    """A table lacks a column."""

    @classmethod
    def of(cls, where: str, lacks: Iterable[str], has: Iterable[str]) -> MissingColumnError:
        """Return the error for a table, with the columns that look misspelt."""
        wanted, names = list(lacks), [str(name) for name in has]
        near = {name: nearest(name, names) for name in wanted}
        renamed = [f"{found!r} as {name!r}" for name, found in near.items() if found]
        hint = f" Rename {' and '.join(renamed)}?" if renamed else ""
        lacking = ", ".join(map(repr, wanted))
        return cls(f"{where} has no column {lacking}; it has {', '.join(names)}.{hint}")


def nearest(given: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the name that is most like a given one, case aside; empty when none is.

    Parameters
    ----------
    given : what was written
    names : those known
    cutoff : least likeness, 0 to 1 (`difflib.SequenceMatcher.ratio`)

    Examples
    --------
    >>> nearest("diametr_km", ["lon", "lat", "Diameter_km"])
    'Diameter_km'
    """
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(given.casefold(), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else ""
