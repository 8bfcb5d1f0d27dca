"""What the commands share: JSON or text on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.progress import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
Seed = Annotated[int, typer.Option(help="Seed of every random draw.", min=0)]

PLAIN_EVERY_S = 5.0
"""Lines that only count on come no more often than this where they are kept, as in a log."""
STOPPED = 130


def show(result: Any, text: str, *, as_json: bool) -> None:
    """Print a result as JSON (its ``to_dict``) or as text."""
    if as_json:
        content = result.to_dict() if hasattr(result, "to_dict") else result
        print(json.dumps(content, indent=1, sort_keys=True, allow_nan=False))
    else:
        print(text)


class Plain:
    """Prints steps as lines with the time since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._counted = -PLAIN_EVERY_S

    def __call__(self, step: str) -> None:
        """Say what is being done."""
        now = time.monotonic() - self._start
        if isinstance(step, Step):
            if now - self._counted < PLAIN_EVERY_S:
                return
            self._counted = now
        print(f"[{now:6.1f} s] {step}", file=sys.stderr, flush=True)


class Bar:
    """Shows the step at work, with a bar where its share of the whole is known."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)

    def __call__(self, step: str) -> None:
        """Say what is being done."""
        share = step.share if isinstance(step, Step) else None
        self._progress.update(
            self._task,
            description=str(step),
            total=None if share is None else 1.0,
            completed=share or 0.0,
        )


@contextmanager
def steps(*, quiet: bool, stopped: str = "nothing was written") -> Iterator[Any]:
    """Yield what is told of steps (`farside.progress.Step` or plain words); end Ctrl-C kindly.

    Parameters
    ----------
    quiet : tell nothing
    stopped : said of what there is when Ctrl-C ends the work, with exit code 130
    """
    try:
        if quiet:
            yield lambda _: None
        elif sys.stderr.isatty():
            with _terminal() as progress:
                yield Bar(progress)
        else:
            yield Plain()
    except KeyboardInterrupt:
        print(f"farside: stopped; {stopped}.", file=sys.stderr)
        raise typer.Exit(STOPPED) from None


def _terminal() -> Any:
    from rich import progress  # noqa: PLC0415 - slow to import
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    return progress.Progress(
        progress.SpinnerColumn(),
        progress.BarColumn(bar_width=20),
        progress.TimeElapsedColumn(),
        progress.TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
        console=Console(stderr=True),
        expand=True,
        transient=True,
    )
