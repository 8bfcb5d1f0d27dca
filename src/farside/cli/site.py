"""``farside site``: everything known about a place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.output import Json, Quiet, show, steps

CONTEXT = {"ignore_unknown_options": True}
"""For the registration: a southern latitude such as -41.6 begins like an option."""


def site(
    place: Annotated[
        list[str],
        typer.Argument(
            metavar="LAT LON | NAME",
            help="-41.6 -154.0, 41.6S 154.0W, 41.6S 206E, or the name of a landing or feature.",
        ),
    ],
    map_path: Annotated[
        Path | None,
        typer.Option("--map", help="Folder from farside map; the map that ships if left out."),
    ] = None,
    weights: Annotated[
        str, typer.Option(help="Weights of the score, such as oxygen=2,slope=1; 0 leaves one out.")
    ] = "",
    soil: Annotated[
        str, typer.Option(help="Soil of the bearing capacity in the score.")
    ] = "apollo 0-15 cm",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say everything that is known about a place: oxides, terrane, resources, ground, score.

    Example: farside site 41.64S 153.99W
    """
    from farside.geography.place import read_place  # noqa: PLC0415
    from farside.maps.score import Weights  # noqa: PLC0415
    from farside.maps.site import site as look_up  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        where = read_place(place)
        say(f"looking up {where.name or 'the place'} at {where.lat:g}, {where.lon:g}")
        found = look_up(
            where.lat,
            where.lon,
            map_path=map_path,
            weights=Weights.parse(weights),
            on=soil,
            name=where.name,
        )
    show(found, str(found), as_json=as_json)
