"""``farside age`` and ``farside chronology list|plot|compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.help import Command, Group
from farside.cli.options import AgeTable, Figure, Prior, Range, System, SystemsFile, one_of, there
from farside.cli.output import Json, Quiet, show, steps

chronology = typer.Typer(
    name="chronology",
    cls=Group,
    help="""Chronology systems: list, plot, compare, refit, apply.

    Example: farside chronology list
    Example: farside chronology plot --system neukum1983 --system yue2022 --out systems.png
    Example: farside chronology fit --sites neukum --sites change-5 --figure fit.png
    Example: farside chronology batch counts/ --range 0.2 0.8 --out ages.csv
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)
Several = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Which, may be given again; all when left out.",
        autocompletion=names.among(names.SYSTEMS),
    ),
]


def age(  # noqa: PLR0913, PLR0917 - each is an option of the command
    counts: Annotated[
        list[Path],
        typer.Argument(
            metavar="COUNT",
            help=".scc, .diam, .stat, .binned, .r, .csv, .geojson, .shp, or craterstats' .cs.",
            callback=there,
        ),
    ],
    system: System = "neukum1983",
    range_km: Range = None,
    method: Annotated[str, one_of(names.DATING)] = "poisson",
    prior: Prior = "rate",
    coverage: Annotated[
        float, typer.Option(help="Of the interval.", show_default="0.683, one sigma")
    ] = 0.6826894921370859,
    area: Annotated[
        float | None, typer.Option(help="Counting area in km2, where the file states none.")
    ] = None,
    counting: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Craters on the border, poisson: all (as one), fraction or centre.",
            autocompletion=names.among(names.BORDERS),
        ),
    ] = None,
    drop_outside: Annotated[
        bool, typer.Option("--drop-outside", help="Leave out craters outside the area.")
    ] = False,
    resurfacing: Annotated[
        bool, typer.Option("--resurfacing", help="Correct a cumulative fit for resurfacing.")
    ] = False,
    budget: Annotated[bool, typer.Option("--budget", help="Say the error by cause.")] = False,
    diameter_error: Annotated[
        float | None, typer.Option(help="Relative error of all diameters, for the budget.")
    ] = None,
    joint: Annotated[
        bool, typer.Option("--joint", help="Say one age for all counts, and whether they share it.")
    ] = False,
    sequence: Annotated[
        bool, typer.Option("--sequence", help="Say how probable this order is, oldest first.")
    ] = False,
    figure: Figure = None,
    presentation: Annotated[str, one_of(names.DRAWINGS, "Of the figure: {}.")] = "cumulative",
    equilibrium: Annotated[str | None, one_of(names.EQUILIBRIA, "Curve to draw: {}.")] = None,
    out: AgeTable = None,
    systems: SystemsFile = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Date surfaces from their craters, with interval.

    The posterior is exact; without craters in the range the age is an upper limit. Of several
    counts, --joint gives one age for all and --sequence the probability of their order.

    Example: farside age craters.scc --range 0.2 0.8
    Example: farside age craters.csv --area 52.5 --system yue2022 --budget --figure age.pdf
    Example: farside age old.scc young.scc --sequence --out ages.csv
    """
    from farside.chronology.files import date_files  # noqa: PLC0415

    options = {"method": method, "prior": prior, "coverage": coverage, "budget": budget}
    options |= {"resurfacing": True} if resurfacing else {}
    options |= {"counting": counting} if counting is not None else {}
    with steps(quiet=quiet) as say:
        found = date_files(
            counts,
            system,
            range_km,
            area_km2=area,
            outside="drop" if drop_outside else "refuse",
            user_file=systems,
            diameter_error=diameter_error,
            joint=joint,
            sequence=sequence,
            plot=figure,
            presentation=presentation,
            equilibrium=equilibrium,
            csv_file=out,
            say=say,
            **options,
        )
    show(found, str(found), as_json=as_json)


@chronology.command("list", cls=Command)
def list_(systems: SystemsFile = None, as_json: Json = False, quiet: Quiet = False) -> None:  # noqa: ARG001
    """List the chronology systems, and what is second-hand.

    Example: farside chronology list
    Example: farside chronology list --systems mine.toml --json
    """
    from farside.chronology.files import list_systems  # noqa: PLC0415

    found = list_systems(systems)
    show(found, str(found), as_json=as_json)


@chronology.command(cls=Command)
def plot(
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Figure to write: .svg, .pdf, .png or .tif.")
    ],
    system: Several = None,
    rate: Annotated[bool, typer.Option("--rate", help="The rate instead of N(1).")] = False,
    systems: SystemsFile = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Plot chronology functions or their rates, with epochs.

    Example: farside chronology plot --out systems.png
    Example: farside chronology plot --system neukum1983 --system yue2022 --out two.pdf
    """
    from farside.chronology.files import plot_systems  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say(f"drawing {out}")
        found = plot_systems(out, system or [], rate=rate, user_file=systems)
    show(found, str(found), as_json=as_json)


@chronology.command(cls=Command)
def compare(
    base: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="System of the ages that are given.",
            autocompletion=names.among(names.SYSTEMS),
        ),
    ] = "neukum1983",
    system: Several = None,
    age_ga: Annotated[
        list[float] | None,
        typer.Option("--age", metavar="GA", help="Age in Ga, may be given again."),
    ] = None,
    systems: SystemsFile = None,
    as_json: Json = False,
    quiet: Quiet = False,  # noqa: ARG001
) -> None:
    """Say which age other systems give for the same craters.

    Example: farside chronology compare
    Example: farside chronology compare --base neukum1983 --age 2.0 --age 2.83
    """
    from farside.chronology.files import compare_systems  # noqa: PLC0415

    ages = [1000 * a for a in (age_ga or [0.1, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 3.8, 4, 4.3])]
    found = compare_systems(base, system or [], ages, systems)
    show(found, str(found), as_json=as_json)
