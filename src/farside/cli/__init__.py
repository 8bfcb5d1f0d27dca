"""The command line: parse, call one library function, print.

Exit codes stand in `farside.cli.help.EXIT_CODES`. An error is said on standard error in words;
``FARSIDE_DEBUG=1`` shows the traceback too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from farside.errors import FarsideError

WRONG, DEFECT, STOPPED, NO_READER = 2, 70, 130, 141


def main() -> None:
    """Run the command line; an error becomes a message and an exit code."""
    sys.exit(call())


def call() -> int:
    """Run the command line and return the exit code."""
    try:
        from farside.cli.app import app  # noqa: PLC0415 - an interrupt here is told too

        try:
            app(prog_name="farside")  # whatever file or module it is called by
        except SystemExit as end:  # typer ends so, also when the reader is gone
            if isinstance(end.__context__, BrokenPipeError):
                raise end.__context__ from None
            sys.stdout.flush()
            return _code(end)
        sys.stdout.flush()
    except BrokenPipeError:
        # what is still to be written at exit must not fail again
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        return NO_READER
    except KeyboardInterrupt:
        return STOPPED
    except Exception as error:  # noqa: BLE001 - the last place where anything can be said
        return _told(error)
    return 0


def _code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else int(end.code is not None)


def _told(error: Exception) -> int:
    """Say an error on standard error and return its exit code."""
    if os.environ.get("FARSIDE_DEBUG", "0") not in ("", "0"):
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    if isinstance(error, FarsideError):
        print(f"farside: {error}", file=sys.stderr)
        return WRONG
    if isinstance(error, OSError) and error.filename:
        print(f"farside: cannot use {error.filename}: {error.strerror}.", file=sys.stderr)
        return WRONG
    if isinstance(error, MemoryError):
        print(
            "farside: the memory of this machine is not enough; give fewer --workers or a smaller "
            "input.",
            file=sys.stderr,
        )
        return WRONG
    print(_defect(error), file=sys.stderr)
    return DEFECT


def _defect(error: Exception) -> str:
    """Return what to say of an error that nobody expected."""
    import platform  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    from farside.provenance import code_version  # noqa: PLC0415

    root = str(Path(__file__).parents[1]) + os.sep
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(root)]
    place = f" in {frames[-1].filename[len(root) :]}, line {frames[-1].lineno}" if frames else ""
    return (
        f"farside: this is a defect of farside: {type(error).__name__}{place}: {error}\n"
        f"farside {code_version()}, Python {platform.python_version()}, {platform.platform()}\n"
        "Please report it with the command you gave and what 'farside doctor' prints; "
        "FARSIDE_DEBUG=1 shows the whole traceback."
    )
