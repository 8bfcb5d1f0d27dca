"""``farside explore``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from farside.cli.options import there
from farside.cli.output import Json, Quiet, show


def explore(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="MAP",
            help="Store, mosaic or GeoTIFF; the map that ships when left out.",
            callback=there,
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port; 0 for any.", min=0, max=65535)] = 5006,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, open no browser.")
    ] = False,
    state: Annotated[
        str, typer.Option(help="Link of the tab Export: open what it shows.", metavar="LINK")
    ] = "",
    ages: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Ages to show: CSV of 'farside chronology batch', or GeoJSON.",
            callback=there,
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Open a map in the browser.

    Views, layers, places, regions and ages. Serves this machine alone, and only the map that is
    named; ends with Ctrl-C. Needs farside[explore].

    Example: farside explore
    Example: farside explore moon/ --state "view=south&layer=FeO"
    """
    from farside.errors import MissingExtraError  # noqa: PLC0415

    try:
        from farside.explorer.server import serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("farside"):
            raise
        raise MissingExtraError(
            f"the explorer needs {error.name}; install it with: pip install 'farside[explore]'"
        ) from error
    from farside.explorer.ages import read_ages  # noqa: PLC0415
    from farside.explorer.opened import open_output  # noqa: PLC0415
    from farside.explorer.state import parse  # noqa: PLC0415

    query = parse(state).query() if state else ""
    dated = read_ages(ages) if ages is not None else ()
    opened = open_output(path)

    def ready(address: str) -> None:
        link = f"{address}?{query}" if query else address
        show({"address": link, "opened": str(opened)}, link, as_json=as_json)
        sys.stdout.flush()
        if not quiet:
            print(f"{opened}; Ctrl-C ends it", file=sys.stderr)
        if not no_browser:
            import webbrowser  # noqa: PLC0415

            webbrowser.open(link)

    serve(opened, dated, port=port, ready=ready)
