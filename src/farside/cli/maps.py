"""``farside map``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from farside.cli.options import AsIs, Sensor, Weights
from farside.cli.output import Json, Quiet, show, steps


def map_(  # noqa: PLR0913, PLR0917 - one per option
    tiles: Annotated[
        list[str],
        typer.Argument(metavar="TILES", help="Images, folders of images, or patterns in quotes."),
    ],
    out: Annotated[Path, typer.Option(help="Map to write or to go on with, such as map.zarr.")],
    workers: Annotated[int, typer.Option(help="Threads on this machine.", min=1)] = 2,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="threads, or a dask scheduler: tcp://HOST:PORT.")
    ] = "threads",
    dtype: Annotated[
        Literal["float32", "int16"],
        typer.Option(help="float32, or int16 in steps of 0.01 wt% (half the size)."),
    ] = "float32",
    sensor: Sensor = None,
    as_is: AsIs = False,
    weights: Weights = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made, how large and how long.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Map images to six oxides with interval and novelty.

    May be stopped at any time: the same command goes on from there, and a finished map is only
    checked. A tile that cannot be read is skipped and named, the rest is done; the exit code is
    then 1.

    Example: farside map tiles/ --out map.zarr --dry-run
    Example: farside map tiles/ --out map.zarr --workers 4
    Example: farside map "strips/*.img" --out m3.zarr --sensor M3 --as-is
    Example: farside map tiles/ --out map.zarr --scheduler tcp://head:8786
    """
    from farside.maps.plan import plan_tiles  # noqa: PLC0415
    from farside.maps.run import map_tiles  # noqa: PLC0415
    from farside.maps.settings import MapSettings  # noqa: PLC0415

    settings = MapSettings(
        storage=dtype,
        workers=workers,
        scheduler=scheduler,
        sensor=sensor,
        as_is=as_is,
        weights=weights,
    )
    with steps(quiet=quiet, stopped="the same command goes on from here") as say:
        work = plan_tiles if dry_run else map_tiles
        done = work(tiles, out, settings=settings, say=say)
    show(done, str(done), as_json=as_json)
    if done.skipped:
        raise typer.Exit(1)
