"""``farside compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.options import AsIs, there
from farside.cli.output import Json, Quiet, show, steps


def compare(  # noqa: PLR0913, PLR0917 - the options of a command
    path: Annotated[
        Path, typer.Argument(metavar="MAP", help="Store of 'farside map'.", callback=there)
    ],
    against: Annotated[
        str,
        typer.Option(
            "--with",
            metavar="WHAT",
            help="prospector, algorithms, or the store of another map.",
            autocompletion=names.among(names.COMPARED),
        ),
    ] = "prospector",
    tile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the map, where it has several.")
    ] = None,
    spectra: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Image of the map, for algorithms.", callback=there),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="STORE", help="Difference of every pixel, for algorithms."),
    ] = None,
    min_share: Annotated[
        float, typer.Option(help="Least covered share of a cell, for prospector.", min=0.01, max=1)
    ] = 0.5,
    as_is: AsIs = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare a map with gamma rays, algorithms or another map.

    Gamma rays are those of Lunar Prospector, cell by cell of five degrees.

    Example: farside compare mosaic.zarr
    Example: farside compare map.zarr --tile scene --with algorithms --spectra scene.tif
    Example: farside compare map.zarr --with other.zarr --json
    """
    from farside.maps.outputs import compare_map  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say(f"compare {path.name} with {against}")
        found = compare_map(
            path,
            against,
            tile=tile,
            spectra=spectra,
            out=out,
            min_share=min_share,
            as_is=as_is,
        )
    show(found, str(found), as_json=as_json)
