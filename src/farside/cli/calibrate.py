"""``farside chronology fit|hypotheses|landing|batch`` and ``farside flux-symmetry``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.output import Json, Quiet, Seed, show, steps

Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--sites",
        help="Set of calibration sites, may be given again: neukum, "
        "lefeuvre-wieczorek-2011, change-5, change-6. Default: neukum, change-5, change-6.",
    ),
]
Without = Annotated[
    list[str] | None, typer.Option("--without", help="Site to leave out, may be given again.")
]
Only = Annotated[list[str] | None, typer.Option("--only", help="Site to keep, may be given again.")]
Ce6 = Annotated[
    str, typer.Option("--ce6-age", help="Age of the Chang'e-6 basalt: both, cui2024, zhang2024.")
]
Errors = Annotated[str, typer.Option(help="Distribution of the densities: lognormal, poisson.")]


def fit(  # noqa: PLR0913, PLR0917 - each is an option of the command
    sites: Sets = None,
    without: Without = None,
    only: Only = None,
    model: Annotated[
        str, typer.Option(help="exponential, quadratic, piecewise, spike or sawtooth.")
    ] = "exponential",
    ce6_age: Ce6 = "both",
    errors: Errors = "lognormal",
    scatter: Annotated[
        bool, typer.Option(help="Let sites scatter beyond their stated errors.")
    ] = True,
    chains: Annotated[int, typer.Option(help="Independent chains.")] = 4,
    steps_: Annotated[int, typer.Option("--steps", help="Steps of each chain.")] = 1500,
    leave_out: Annotated[bool, typer.Option(help="Also say what each site does.")] = True,
    plot: Annotated[Path | None, typer.Option(help="Figure: .png, .pdf, .svg or .tif.")] = None,
    presentation: Annotated[str, typer.Option(help="curve, posterior or change.")] = "curve",
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Refit the chronology function to calibration sites, errors in age and density.

    Example: farside chronology fit --sites neukum --sites change-5 --plot fit.png
    """
    from farside.chronology.calibrate import calibrate  # noqa: PLC0415
    from farside.chronology.sites import DEFAULT_SETS, calibration_sites  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        chosen = calibration_sites(
            sites or DEFAULT_SETS, only=only or [], without=without or [], ce6_age=ce6_age
        )
        say(f"fitting {model} to {len(chosen)} sites")
        found = calibrate(
            chosen, model, errors=errors, scatter=scatter, seed=seed, leave_out=leave_out,
            chains=chains, steps=steps_,
        )  # fmt: skip
        if plot is not None:
            from farside.chronology.calibration_plots import plot_calibration  # noqa: PLC0415

            say(f"drawing {plot}")
            plot_calibration(found, plot, presentation)
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
    """Say whether the impact flux is the same on the near and the far side, with intervals.

    Example: farside flux-symmetry
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
    """Compare a smooth decline with a spike and a sawtooth by marginal likelihood.

    Example: farside chronology hypotheses
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
        typer.Option(help="NAME,SIDE,AGE_GA of a candidate, may be given again."),
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what a new landing site is expected to tell of curve, flux ratio and bombardment.

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
        typer.Argument(metavar="SOURCE", help="Folder of counts, or with a catalogue: places."),
    ],
    catalogue: Annotated[
        Path | None, typer.Option(help="CSV of craters: longitude, latitude, diameter in km.")
    ] = None,
    system: Annotated[str, typer.Option(help="Chronology system.")] = "farside-2026",
    range_km: Annotated[
        tuple[float, float] | None,
        typer.Option("--range", metavar="LOW HIGH", help="Diameters in km."),
    ] = None,
    method: Annotated[
        str, typer.Option(help="poisson, buffered, non-sparse, cumulative or differential.")
    ] = "poisson",
    prior: Annotated[str, typer.Option(help="rate, age, jeffreys or log.")] = "rate",
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    csv: Annotated[Path | None, typer.Option(help="Table with craterstats' columns.")] = None,
    systems: Annotated[
        Path | None, typer.Option("--systems", help="TOML file with systems of your own.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Date many areas, in order of age, with their epochs.

    Example: farside chronology batch places.csv --catalogue craters.csv --range 20 300
    """
    from farside.chronology.batch import date_batch  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        found = date_batch(
            source, system, range_km, catalogue=catalogue, user_file=systems, csv_file=csv,
            say=say, method=method, prior=prior, workers=workers,
        )  # fmt: skip
    show(found, str(found), as_json=as_json)
