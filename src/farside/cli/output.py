"""What the commands share: JSON or text on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
Seed = Annotated[int, typer.Option(help="Seed of every random draw.", min=0)]


def show(result: Any, text: str, *, as_json: bool) -> None:
    """Print a result as JSON (its ``to_dict``) or as text."""
    if as_json:
        content = result.to_dict() if hasattr(result, "to_dict") else result
        print(json.dumps(content, indent=1, sort_keys=True, allow_nan=False))
    else:
        print(text)


class Steps:
    """Prints each step with the time since the start; a bar that moves where it is a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._start = time.monotonic()
        self._status: Any = None

    def __call__(self, step: str) -> None:
        """Say what is being done."""
        if self._quiet:
            return
        if self._status is not None:
            self._status.update(step)
        else:
            print(f"[{time.monotonic() - self._start:6.1f} s] {step}", file=sys.stderr)


@contextmanager
def steps(*, quiet: bool) -> Iterator[Steps]:
    """Yield a teller of steps; on a terminal a spinner shows that work goes on."""
    teller = Steps(quiet=quiet)
    if quiet or not sys.stderr.isatty():
        yield teller
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import

    with Console(stderr=True).status("starting") as status:
        teller._status = status  # noqa: SLF001 - its own maker
        yield teller
