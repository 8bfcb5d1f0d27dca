"""The command line: parse, call one library function, print.

Exit codes: 0 done; 1 done, but a check failed (``run --full`` found other scores than those that
ship); 2 wrong input, with the reason on standard error.
"""

from __future__ import annotations

import sys

from farside.errors import FarsideError


def main() -> None:
    """Run the command line; a `FarsideError` becomes a message and exit code 2."""
    from farside.cli.app import app  # noqa: PLC0415 - keeps the import of errors cheap

    try:
        app()
    except FarsideError as error:
        print(f"farside: {error}", file=sys.stderr)
        sys.exit(2)
