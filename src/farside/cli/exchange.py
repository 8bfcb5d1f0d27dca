"""``farside export qgis|isis|crate`` and ``farside convert craters|isotopes|samples``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.help import Command, Group
from farside.cli.options import Level, one_of, there
from farside.cli.output import Json, Quiet, show, steps

export = typer.Typer(
    cls=Group,
    help="""Write maps and runs for other programs: QGIS, ISIS, RO-Crate.

    Example: farside export qgis --out moon-qgis
    Example: farside export isis map.zarr --out moon-isis
    Example: farside export crate farside-run
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)
convert = typer.Typer(
    cls=Group,
    help="""Bring tables to the formats of other programs, and back.

    Example: farside convert craters craters.scc craters.diam
    Example: farside convert isotopes analyses.csv isoplotr.csv --system rb-sr
    Example: farside convert samples astromat.csv samples.csv --to farside
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)

StoredMap = Annotated[
    Path | None,
    typer.Argument(
        metavar="MAP",
        help="Store of farside map or mosaic; the map that ships when left out.",
        callback=there,
    ),
]
Tile = Annotated[
    str | None, typer.Option(metavar="NAME", help="Tile of the store, where it has several.")
]
Folder = Annotated[
    Path, typer.Option("--out", metavar="FOLDER", help="Folder to write; must not exist.")
]
Given = Annotated[Path, typer.Argument(metavar="FILE", help="File to read.", callback=there)]


@export.command(cls=Command)
def qgis(
    out: Folder,
    stored: StoredMap = None,
    tile: Tile = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a map as a QGIS project with styled layers.

    The folder holds farside.qgz, the project to open, and its data; it can be moved as a whole. A
    map of the whole Moon opens with the far side in the middle.

    Example: farside export qgis --out moon-qgis
    Example: farside export qgis map.zarr --out map-qgis
    """
    from farside.maps.qgis import export_project  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = export_project(stored, out, tile=tile, say=say)
    show(done, str(done), as_json=as_json)


@export.command(cls=Command)
def isis(
    out: Folder,
    stored: StoredMap = None,
    tile: Tile = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a map as GeoTIFFs with detached ISIS3 labels.

    Example: farside export isis --out moon-isis
    Example: farside export isis map.zarr --out map-isis
    """
    from farside.maps.isis import export_isis  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = export_isis(stored, out, tile=tile, say=say)
    show(done, str(done), as_json=as_json)


@export.command(cls=Command)
def crate(
    run: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="That 'farside run' wrote.", callback=there),
    ],
    licence: Annotated[
        str, typer.Option(metavar="SPDX", help="Licence of what the crate holds.")
    ] = "BSD-3-Clause",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Describe a run as an RO-Crate: files, hashes, inputs, works.

    Writes ro-crate-metadata.json into the folder (RO-Crate 1.1, Process Run Crate 0.5).

    Example: farside export crate farside-run
    Example: farside export crate farside-run --licence CC-BY-4.0
    """
    from farside.report.crate import write_crate  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say(f"hash the files of {run}")
        done = write_crate(run, licence=licence)
    show(done, str(done), as_json=as_json)


@convert.command(cls=Command)
def craters(
    source: Given,
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help=".scc, .diam, .stat, .binned, .r, .csv, .geojson or *_CRATER.shp to write.",
        ),
    ],
    area: Annotated[
        float | None,
        typer.Option(metavar="KM2", help="Counting area, where the file states none."),
    ] = None,
    drop_outside: Annotated[
        bool, typer.Option("--drop-outside", help="Leave out craters outside the area.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Convert a crater count to another format, in full digits.

    Files of .scc, .diam, .stat and .shp are as craterstats reads them.

    Example: farside convert craters craters.scc craters.diam
    Example: farside convert craters craters.csv craters.stat --area 1250
    Example: farside convert craters craters.scc craters_CRATER.shp
    """
    from farside.chronology.convert import convert_count  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say(f"reading {source}")
        outside = "drop" if drop_outside else "refuse"
        done = convert_count(source, out, area_km2=area, outside=outside)
    show(done, str(done), as_json=as_json)


@convert.command(cls=Command)
def isotopes(
    source: Given,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV to write.")],
    system: Annotated[str, one_of(names.ISOPLOTR)] = "rb-sr",
    errors: Level = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Convert analyses to a table that IsoplotR reads, and say how.

    Any layout that farside isochron, concordia and mean read is taken. Errors are written as one
    sigma, absolute.

    Example: farside convert isotopes analyses.csv isoplotr.csv --system rb-sr
    Example: farside convert isotopes zircons.csv isoplotr.csv --system u-pb --errors 2s%
    """
    from farside.isotopes.isoplotr import to_isoplotr  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say(f"reading {source}")
        done = to_isoplotr(source, out, system, errors)
    show(done, str(done), as_json=as_json)


@convert.command(cls=Command)
def samples(
    source: Given,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV to write.")],
    to: Annotated[str, one_of(names.SAMPLE_LAYOUTS, metavar="LAYOUT")] = "farside",
    material: Annotated[
        str,
        typer.Option(metavar="NAME", help="What was analysed."),
    ] = "WHOLE ROCK",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Convert analyses from and to Astromat (MoonDB) and EarthChem.

    The columns of the file tell what it is. What is left out or averaged is said.

    Example: farside convert samples astro_sample_data_t.csv samples.csv
    Example: farside convert samples samples.csv results.csv --to astromat
    Example: farside convert samples petdb.csv minerals.csv --material MINERAL
    """
    from farside.samples.convert import convert_samples  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say(f"reading {source}")
        done = convert_samples(source, out, to, material)
    show(done, str(done), as_json=as_json)
