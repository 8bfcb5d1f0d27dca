"""``farside chronology fit|hypotheses|landing|batch`` and ``farside flux-symmetry``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.options import AgeTable, Figure, Prior, Range, System, SystemsFile, one_of, there
from farside.cli.output import Json, Quiet, Seed, show, steps

Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--sites",
        metavar="SET",
        help=f"{names.listed(names.SITE_SETS)}, may be given again. Default: neukum, change-5, "
        "change-6.",
        autocompletion=names.among(names.SITE_SETS),
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="SITE", help="Site to leave out, may be given again."),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="SITE", help="Site to keep, may be given again."),
]
Ce6 = Annotated[
    str,
    typer.Option(
        "--ce6-age",
        metavar="NAME",
        help=f"Age of the Chang'e-6 basalt: {names.listed(names.CE6_AGES)}.",
        autocompletion=names.among(names.CE6_AGES),
    ),
]
Errors = Annotated[str, one_of(names.DENSITIES, "Distribution of the densities: {}.")]


def fit(  # noqa: PLR0913, PLR0917 - each is an option of the command
    sites: Sets = None,
    without: Without = None,
    only: Only = None,
    model: Annotated[str, one_of(names.CURVES)] = "exponential",
    ce6_age: Ce6 = "both",
    errors: Errors = "lognormal",
    scatter: Annotated[
        bool, typer.Option(help="Let sites scatter beyond their stated errors.")
    ] = True,
    chains: Annotated[int, typer.Option(help="Independent chains.")] = 4,
    steps_: Annotated[int, typer.Option("--steps", help="Steps of each chain.")] = 1500,
    leave_out: Annotated[bool, typer.Option(help="Also say what each site does.")] = True,
    figure: Figure = None,
    presentation: Annotated[str, one_of(names.RECALIBRATIONS, "Of the figure: {}.")] = "curve",
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Refit the chronology function to calibration sites.

    With errors in age and in density, and scatter between sites.

    Example: farside chronology fit
    Example: farside chronology fit --sites neukum --sites change-5 --figure fit.png
    Example: farside chronology fit --without Nectaris --model quadratic --no-leave-out
    """
    from farside.chronology.calibrate import calibrate  # noqa: PLC0415
    from farside.chronology.sites import DEFAULT_SETS, calibration_sites  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        if figure is not None:
            from farside.chronology.calibration_plots import check_drawing  # noqa: PLC0415

            check_drawing(figure, presentation)
        chosen = calibration_sites(
            sites or DEFAULT_SETS, only=only or [], without=without or [], ce6_age=ce6_age
        )
        say(f"fitting {model} to {len(chosen)} sites")
        found = calibrate(
            chosen, model, errors=errors, scatter=scatter, seed=seed, leave_out=leave_out,
            chains=chains, steps=steps_,
        )  # fmt: skip
        if figure is not None:
            from farside.chronology.calibration_plots import plot_calibration  # noqa: PLC0415

            say(f"drawing {figure}")
            plot_calibration(found, figure, presentation)
    show(found, str(found), as_json=as_json)


def flux_symmetry(
    sites: Sets = None,
    without: Without = None,
    ce6_age: Ce6 = "both",
    errors: Errors = "lognormal",
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say whether the impact flux is the same on both sides.

    Example: farside flux-symmetry
    Example: farside flux-symmetry --ce6-age cui2024 --json
    """
    from farside.chronology.sites import DEFAULT_SETS, calibration_sites  # noqa: PLC0415
    from farside.chronology.symmetry import flux_symmetry as compute  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say("fitting the near side and comparing the far side with it")
        chosen = calibration_sites(sites or DEFAULT_SETS, without=without or [], ce6_age=ce6_age)
        found = compute(chosen, errors=errors, seed=seed)
    show(found, str(found), as_json=as_json)


def hypotheses(  # noqa: PLR0913, PLR0917 - each is an option of the command
    sites: Sets = None,
    without: Without = None,
    ce6_age: Ce6 = "both",
    errors: Errors = "lognormal",
    variants: Annotated[bool, typer.Option(help="Also other sites and priors.")] = True,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare a smooth decline with a late bombardment.

    A spike and a sawtooth against smooth declines, by marginal likelihood. Takes minutes with the
    variants of sites and priors.

    Example: farside chronology hypotheses
    Example: farside chronology hypotheses --no-variants
    """
    from farside.chronology.hypotheses import compare_bombardment  # noqa: PLC0415
    from farside.chronology.sites import DEFAULT_SETS, calibration_sites  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        chosen = calibration_sites(sites or DEFAULT_SETS, without=without or [], ce6_age=ce6_age)
        found = compare_bombardment(chosen, errors=errors, seed=seed, variants=variants, say=say)
    show(found, str(found), as_json=as_json)


def landing(
    candidate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME,SIDE,AGE_GA", help="Candidate, may be given again."),
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what a new landing site is expected to tell.

    Of the curve, the flux ratio and the late bombardment.

    Example: farside chronology landing
    Example: farside chronology landing --candidate "Orientale melt,far,3.8"
    """
    from farside.chronology.landing import expected_information, parse_candidate  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        chosen = [parse_candidate(text) for text in candidate] if candidate else None
        found = expected_information(chosen, seed=seed, say=say)
    show(found, str(found), as_json=as_json)


def batch(  # noqa: PLR0913, PLR0917 - each is an option of the command
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="Folder of counts, or with a catalogue: places.",
            callback=there,
        ),
    ],
    catalogue: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of craters: longitude, latitude, diameter in km.",
            callback=there,
        ),
    ] = None,
    system: System = "farside-2026",
    range_km: Range = None,
    method: Annotated[str, one_of(names.DATING)] = "poisson",
    prior: Prior = "rate",
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    out: AgeTable = None,
    systems: SystemsFile = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Date many areas, in order of age, with their epochs.

    Example: farside chronology batch counts/ --range 0.2 0.8 --out ages.csv
    Example: farside chronology batch places.csv --catalogue craters.csv --range 20 300
    """
    from farside.chronology.batch import date_batch  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        found = date_batch(
            source, system, range_km, catalogue=catalogue, user_file=systems, csv_file=out,
            say=say, method=method, prior=prior, workers=workers,
        )  # fmt: skip
    show(found, str(found), as_json=as_json)
