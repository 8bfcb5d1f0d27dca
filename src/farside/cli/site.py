"""``farside site``: everything known about a place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.options import one_of, there
from farside.cli.output import Json, Quiet, show, steps
from farside.errors import UnknownNameError

CONTEXT = {"ignore_unknown_options": True}
"""For the registration: a southern latitude such as -41.6 begins like an option."""


def site(
    context: typer.Context,
    place: Annotated[
        list[str],
        typer.Argument(
            metavar="LAT LON | NAME",
            help="-41.6 -154.0, 41.6S 154.0W, 41.6S 206E, or the name of a landing or feature.",
            autocompletion=names.places,
        ),
    ],
    map_path: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="STORE",
            help="Store of 'farside map'; the map that ships when left out.",
            callback=there,
        ),
    ] = None,
    score: Annotated[
        str,
        typer.Option(
            metavar="WEIGHTS",
            help="Weights of the score, such as oxygen=2,slope=1; 0 leaves one out.",
        ),
    ] = "",
    soil: Annotated[
        str, one_of(names.SOILS, "Soil of the bearing capacity: {}.")
    ] = "apollo 0-15 cm",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say everything that is known about a place.

    Oxides, terrane, lithology, resources, sunlight, ground and a score, each with its interval or
    its limits.

    Example: farside site 41.64S 153.99W
    Example: farside site -41.64 -153.99 --map map.zarr
    Example: farside site "Von Karman" --score oxygen=4,slope=1,illumination=0
    """
    from farside.geography.place import read_place  # noqa: PLC0415
    from farside.maps.score import Weights  # noqa: PLC0415
    from farside.maps.site import site as look_up  # noqa: PLC0415

    _refuse_options(context, place)
    with steps(quiet=quiet) as say:
        where = read_place(place)
        say(f"looking up {where.name or 'the place'} at {where.lat:g}, {where.lon:g}")
        found = look_up(
            where.lat,
            where.lon,
            map_path=map_path,
            weights=Weights.parse(score),
            on=soil,
            name=where.name,
        )
    show(found, str(found), as_json=as_json)


def _refuse_options(context: typer.Context, words: list[str]) -> None:
    """Refuse what is written like an option and is none, which `CONTEXT` lets through as a word."""
    known = [name for parameter in context.command.params for name in parameter.opts]
    for word in words:
        if word.startswith("--"):
            raise UnknownNameError.of("option", word, [n for n in known if n.startswith("--")])
