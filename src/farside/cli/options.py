"""Options that several commands have, with one name, help and completion each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from farside.cli import names
from farside.errors import InputError, MissingFileError, UnknownNameError

READ = "farside.read"
"""Where the context of a command keeps what it reads, by the name of the parameter."""


def one_of(known: tuple[str, ...], about: str = "{}.", metavar: str = "NAME") -> Any:
    """Return an option whose help lists the known names at the braces, and that completes them."""
    return typer.Option(
        metavar=metavar,
        help=about.format(names.listed(known)),
        autocompletion=names.among(known),
    )


def there(
    ctx: typer.Context, param: typer.CallbackParam, given: Path | list[Path] | None
) -> Path | list[Path] | None:
    """Return paths to be read as they are given; one that is not there is refused."""
    paths = _paths(given)
    for path in paths:
        if not path.exists():
            raise MissingFileError.of(path)
    ctx.meta.setdefault(READ, {})[param.name] = paths
    return given


def spare_inputs(ctx: typer.Context) -> None:
    """Refuse to write a file over one that the command reads."""
    read = ctx.meta.get(READ, {})
    inputs = {path.resolve() for paths in read.values() for path in paths if path.is_file()}
    for name, value in ctx.params.items():
        for path in _paths(value) if name not in read else []:
            if path.resolve() in inputs:
                raise InputError(
                    f"{path} is read by this command; name another file for what it writes."
                )


def _paths(given: Any) -> list[Path]:
    return [p for p in (given if isinstance(given, list) else [given]) if isinstance(p, Path)]


Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Weights from train or refine; those that ship when left out.",
        callback=there,
    ),
]
Figure = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw a figure too: .svg, .pdf, .png or .tif."),
]
AsIs = Annotated[
    bool,
    typer.Option("--as-is", help="Take a sensor without a known transfer to MI uncorrected."),
]
System = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Chronology system, see farside chronology list.",
        autocompletion=names.among(names.SYSTEMS),
    ),
]
SystemsFile = Annotated[
    Path | None,
    typer.Option(
        "--systems", metavar="FILE", help="TOML file with systems of your own.", callback=there
    ),
]
Range = Annotated[
    tuple[float, float] | None,
    typer.Option("--range", metavar="LOW HIGH", help="Diameters in km; all when left out."),
]
AgeTable = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="CSV of the ages to write, craterstats' columns."),
]
Prior = Annotated[str, one_of(names.PRIORS)]
Level = Annotated[
    str | None, one_of(names.LEVELS, "{}; by default what the header says.", metavar="LEVEL")
]


def _known_sensor(sensor: str | None) -> str | None:
    if sensor is not None and sensor not in names.SENSORS:
        raise UnknownNameError.of("sensor", sensor, names.SENSORS)
    return sensor


Sensor = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"{names.listed(names.SENSORS)}; by default what the file says.",
        callback=_known_sensor,
        autocompletion=names.among(names.SENSORS),
    ),
]
