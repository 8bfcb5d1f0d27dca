"""Errors of farside: one base, one-line leaves.

Every message says what was given, what is possible and what to do next. The command line
turns a `FarsideError` into one red line and exit code 2; anything else is a defect of ours.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class FarsideError(Exception):
    """Base of every error that farside raises on purpose."""


class InputError(FarsideError):
    """A file, table or spectrum is not what the function can work on."""


class BandError(InputError):
    """A wavelength that is needed is missing, or wavelengths are not usable."""


class UnitError(InputError):
    """Values are in other units than the function expects."""


class SampleError(InputError):
    """A table of samples holds impossible or contradictory rows."""


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
        near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return cls(f"unknown {kind} {given!r}; known: {', '.join(names)}.{hint}")
