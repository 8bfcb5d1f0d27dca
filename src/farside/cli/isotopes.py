"""``farside isochron``, ``mean``, ``concordia`` and ``potassium``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.options import Figure, Level, one_of, there
from farside.cli.output import Json, Quiet, Seed, show, steps

Decay = Annotated[str, one_of(names.DECAY_CONSTANTS, "Decay constants: {}.")]


def isochron(  # noqa: PLR0913, PLR0917 - one per option
    table: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV of isotope ratios.", callback=there)
    ],
    system: Annotated[str, one_of(names.DECAY_SYSTEMS)] = "rb-sr",
    model: Annotated[
        str,
        typer.Option(metavar="N", help="1 errors as given, 2 without errors, 3 further scatter."),
    ] = "1",
    robust: Annotated[
        bool, typer.Option("--robust", help="Let points far from the others count less.")
    ] = False,
    scatter: Annotated[str, one_of(names.SCATTERS, "What model 3 lets vary: {}.")] = "initial",
    decay: Decay = "isoplotr",
    errors: Level = None,
    external: Annotated[
        bool, typer.Option("--external", help="Intervals hold the errors of decay constants.")
    ] = False,
    figure: Figure = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit an isochron and date it.

    Internal and external errors (those of the decay constants) are kept apart.

    Columns are told by their header: IsoplotR (Rb87Sr86, errRb87Sr86, ...), PySoplot (x, sx, y,
    sy, r_xy) or plain (87Rb/86Sr, 2s, 87Sr/86Sr, 2s).

    Example: farside isochron analyses.csv
    Example: farside isochron analyses.csv --system rb-sr --external --figure isochron.svg
    Example: farside isochron lead.csv --system pb-pb --model 3 --json
    """
    from farside.isotopes.run import Choice, run_isochron  # noqa: PLC0415

    choice = Choice("robust" if robust else model, scatter, decay, errors, external)
    with steps(quiet=quiet) as say:
        found = run_isochron(table, system, choice, figure=figure, say=say)
    show(found, str(found), as_json=as_json)


def mean(
    table: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV of ages with errors.", callback=there)
    ],
    random_effects: Annotated[
        bool, typer.Option("--random-effects", help="Fit a scatter beyond the errors.")
    ] = False,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Leave no outlier out.")] = False,
    errors: Level = None,
    figure: Figure = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Average ages by their errors, with tests of scatter.

    The first column of figures is the age (Ma), the next its error: X, errX or sample, age, 2s.

    Example: farside mean ages.csv
    Example: farside mean ages.csv --errors 2s --random-effects --figure mean.svg
    """
    from farside.isotopes.run import run_mean  # noqa: PLC0415

    with steps(quiet=quiet):
        found = run_mean(
            table,
            errors=errors,
            random_effects=random_effects,
            outliers=not keep_all,
            figure=figure,
        )
    show(found, str(found), as_json=as_json)


def concordia(
    table: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV of U-Pb ratios.", callback=there)
    ],
    decay: Decay = "isoplotr",
    errors: Level = None,
    figure: Figure = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Date U-Pb analyses of one event by concordia.

    Tests say whether they are one point, and whether it lies on the curve.

    Columns: Pb207U235, errPb207U235, Pb206U238, errPb206U238, rho, or those of Tera and Wasserburg
    (U238Pb206, Pb207Pb206).

    Example: farside concordia zircons.csv
    Example: farside concordia zircons.csv --errors 2s% --figure concordia.svg
    """
    from farside.isotopes.run import run_concordia  # noqa: PLC0415

    with steps(quiet=quiet):
        found = run_concordia(table, errors=errors, constants=decay, figure=figure)
    show(found, str(found), as_json=as_json)


def potassium(  # noqa: PLR0913, PLR0917 - one per option
    offset: Annotated[
        list[str] | None, one_of(names.OFFSETS, "{}, may be given again; both when left out.")
    ] = None,
    offset_per_mil: Annotated[
        float | None, typer.Option(help="An offset of your own, per mil, on one scale.")
    ] = None,
    offset_1s: Annotated[float, typer.Option(help="Its one sigma, per mil.", min=0)] = 0.0,
    alpha: Annotated[
        list[str] | None, one_of(names.ALPHAS, "{}, may be given again; all when left out.")
    ] = None,
    alpha_value: Annotated[
        float | None, typer.Option(help="A fractionation factor of your own, 41K/39K.")
    ] = None,
    alpha_1s: Annotated[float, typer.Option(help="Its one sigma.", min=0)] = 0.0,
    figure: Figure = None,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say how much potassium the far-side mantle lost.

    For each isotopic offset and each fractionation factor, with what speaks against it.

    Example: farside potassium
    Example: farside potassium --alpha basaltic-melt --figure potassium.svg
    Example: farside potassium --offset-per-mil 0.16 --offset-1s 0.03
    """
    from farside.isotopes.run import run_potassium  # noqa: PLC0415

    with steps(quiet=quiet):
        found = run_potassium(
            (tuple(offset or ()), offset_per_mil, offset_1s),
            (tuple(alpha or ()), alpha_value, alpha_1s),
            figure=figure,
            seed=seed,
        )
    show(found, str(found), as_json=as_json)
