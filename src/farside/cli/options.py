"""Options that several commands have, with one name, help and completion each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.errors import MissingFileError, UnknownNameError


def there(given: Path | list[Path] | None) -> Path | list[Path] | None:
    """Return paths to be read as they are given; one that is not there is refused."""
    for path in given if isinstance(given, list) else [given]:
        if path is not None and not path.exists():
            raise MissingFileError.of(path)
    return given


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
Prior = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help=f"{names.listed(names.PRIORS)}.",
        autocompletion=names.among(names.PRIORS),
    ),
]
Level = Annotated[
    str | None,
    typer.Option(
        metavar="LEVEL",
        help=f"{names.listed(names.LEVELS)}; by default what the header says.",
        autocompletion=names.among(names.LEVELS),
    ),
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
