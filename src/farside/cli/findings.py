"""``farside findings``: each claim of the far-side story with what is computed of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.names import FINDINGS, among
from farside.cli.options import there
from farside.cli.output import Json, Quiet, show, steps


def findings(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Which; all when left out.", autocompletion=among(FINDINGS)
        ),
    ] = None,
    spectrum: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV with spectra of the Chang'e-6 site, as for farside predict.",
            callback=there,
        ),
    ] = None,
    crust: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="GeoTIFF or NetCDF of the crust's thickness in km, global, in place of isostasy.",
            callback=there,
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say of each claim what is computed, and the verdict.

    A verdict is supports, contradicts or cannot tell, by one rule: the probability that the claim's
    statements hold, above 0.95 or below 0.05.

    Example: farside findings
    Example: farside findings spa-maria basalt-age
    Example: farside findings change6-soil --spectrum landing_site.csv
    Example: farside findings crust-volcanism --crust grail_thickness.nc
    Example: farside findings --json
    """
    from farside.report.findings import findings as compute  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        found = compute(tuple(names or ()), spectrum, crust, say=say)
    show(found, str(found), as_json=as_json)
