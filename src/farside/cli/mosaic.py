"""``farside mosaic``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.names import GRIDS, among
from farside.cli.options import there
from farside.cli.output import Json, Quiet, show, steps


def mosaic(  # noqa: PLR0913, PLR0917 - the options of a command
    maps: Annotated[
        list[Path],
        typer.Argument(metavar="MAP", help="Stores of 'farside map'.", callback=there),
    ],
    out: Annotated[Path, typer.Option(help="Store (*.zarr) or folder to write; must not exist.")],
    crs: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Such as equirectangular or IAU_2015:30110; else the first tile's.",
            autocompletion=among(GRIDS),
        ),
    ] = None,
    resolution: Annotated[
        float | None, typer.Option(help="Of a pixel, m or degrees; else the first tile's.")
    ] = None,
    cog: Annotated[
        bool, typer.Option("--cog", help="Write GeoTIFFs for QGIS into the folder.")
    ] = False,
    stac: Annotated[
        bool, typer.Option("--stac", help="Write a STAC catalogue into the folder.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put overlapping map tiles on one grid; check their seams.

    Example: farside mosaic map.zarr --out mosaic.zarr
    Example: farside mosaic map.zarr --out moon --crs equirectangular --cog --stac
    Example: farside mosaic north.zarr south.zarr --out both.zarr --resolution 100
    """
    from farside.maps.outputs import write_mosaic  # noqa: PLC0415

    files = [name for name, wanted in (("cog", cog), ("stac", stac)) if wanted]
    with steps(quiet=quiet) as say:
        done = write_mosaic(maps, out, crs=crs, resolution=resolution, files=files, say=say)
    show(done, str(done), as_json=as_json)
