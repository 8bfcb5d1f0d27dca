"""``farside doctor``: what is installed, whole and possible."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.output import Json, Quiet, show, steps


def doctor(
    originals: Annotated[
        Path | None,
        typer.Option(
            envvar="FARSIDE_ORIGINALS", help="Folder of original products, to look at too."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what is installed, whether it is whole, what it can do.

    Libraries and extras, the hashes of all that ships, projections, browser, processors and memory,
    what a GPU would change. The exit code is 1 when something is broken.

    Example: farside doctor
    Example: farside doctor --json
    """
    from farside.report.doctor import examine  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say("looking at what is installed and what ships")
        found = examine(originals)
    show(found, str(found), as_json=as_json)
    if not found.healthy:
        raise typer.Exit(1)
