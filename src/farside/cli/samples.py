"""``farside classify``, ``kreep``, ``source``, ``water`` and ``reduce xrf|icpms|laser``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.help import Command, Group
from farside.cli.options import Figure, there
from farside.cli.output import Json, Quiet, show, steps

Analyses = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="CSV, a row per sample: oxides in wt%, elements in ppm, errors *_1s.",
        callback=there,
    ),
]
Counts = Annotated[Path, typer.Argument(metavar="FILE", help="CSV of counts.", callback=there)]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="CSV to write, ready for farside classify and kreep."),
]

reduce = typer.Typer(
    cls=Group,
    help="""Reduce counts of a laboratory to a composition.

    Example: farside reduce xrf counts.csv --alphas alphas.csv --out oxides.csv
    Example: farside reduce icpms run.csv --internal Rh103 --out traces.csv
    Example: farside reduce laser spots.csv --internal Ca43 --out spots_ppm.csv
    """,
    no_args_is_help=True,
    rich_markup_mode=None,
)


def classify(
    analyses: Analyses,
    analogues: Annotated[
        int, typer.Option(help="How many of the nearest Apollo samples to name.", min=0, max=50)
    ] = 5,
    components: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of lithologies: say of which the samples could be a mixture.",
            callback=there,
        ),
    ] = None,
    figure: Figure = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what samples are, and which Apollo ones are nearest.

    Mare basalt class, terrain, Mg#, CIPW norm, maturity of soils.

    Columns: sample, kind (soil, basalt, breccia), oxides such as TiO2 in wt%, elements such as K in
    ppm, one sigma in TiO2_1s, Is_FeO for soils. Probabilities follow from the errors.

    Example: farside classify my_samples.csv
    Example: farside classify my_samples.csv --analogues 10 --figure classes.png
    Example: farside classify soils.csv --components lithologies.csv --json
    """
    from farside.samples.files import classify_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say("comparing with the Apollo samples")
        done = classify_file(analyses, analogues=analogues, components=components, figure=figure)
    show(done, str(done), as_json=as_json)


def kreep(
    analyses: Analyses,
    end_member: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV with one analysis to use for the KREEP basalt 15386.",
            callback=there,
        ),
    ] = None,
    coverage: Annotated[float, typer.Option(help="Of the intervals.", min=0.5, max=0.999)] = 0.95,
    figure: Figure = None,
    contrast_figure: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw K against Th of far side and near side too."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say how much KREEP samples ask for.

    With rare-earth ratios and the contrast between the far and the near side.

    Columns: sample, and incompatible elements such as La, Sm, Yb, Th in ppm, one sigma in La_1s.

    Example: farside kreep my_samples.csv
    Example: farside kreep my_samples.csv --figure spider.png --contrast-figure k_th.png
    """
    from farside.samples.files import kreep_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say("splitting the patterns")
        done = kreep_file(
            analyses,
            end_member=end_member,
            coverage=coverage,
            figure=figure,
            contrast_figure=contrast_figure,
        )
    show(done, str(done), as_json=as_json)


def source(
    analyses: Analyses,
    recipe: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How the basalt was made: ce5 or ce6 (Chang'e-5, Chang'e-6).",
            autocompletion=names.among(names.RECIPES),
        ),
    ] = "ce5",
    refractory: Annotated[
        tuple[float, float],
        typer.Option(help="Refractory elements of the Moon over the Earth's, from and to."),
    ] = (1.0, 1.5),
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say how much melting rare earths of basalts ask for.

    And how much crystallisation after it.

    Columns: sample, and four or more of La to Lu in ppm, one sigma in La_1s.

    Example: farside source my_samples.csv
    Example: farside source my_samples.csv --recipe ce6 --json
    """
    from farside.interior.melting_fit import fit_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say("fitting melting and crystallisation")
        done = fit_file(analyses, recipe, refractory=refractory)
    show(done, str(done), as_json=as_json)


def water(
    value: Annotated[
        float | None,
        typer.Argument(metavar="UG_PER_G", help="Water of a magma; the published when left out."),
    ] = None,
    sigma: Annotated[float, typer.Option(help="Its one sigma, ug/g.", min=0)] = 0.0,
    melting: Annotated[tuple[float, float], typer.Option(help="Melted fraction, from and to.")] = (
        0.02,
        0.03,
    ),
    crystallised: Annotated[
        tuple[float, float], typer.Option(help="Crystallised fraction, from and to.")
    ] = (0.43, 0.78),
    apatite: Annotated[
        bool, typer.Option("--apatite", help="The value is of apatite, not of the magma.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say how much water the mantle source of a magma held.

    Apatite grows late: with --apatite give the fraction that had crystallised by then.

    Example: farside water
    Example: farside water 283 --sigma 22 --melting 0.02 0.03 --crystallised 0.43 0.78
    Example: farside water 1500 --apatite --crystallised 0.95 0.99
    """
    from farside.interior.water import waters  # noqa: PLC0415

    with steps(quiet=quiet):
        done = waters(value, sigma, melting=melting, crystallised=crystallised, apatite=apatite)
    show(done, str(done), as_json=as_json)


@reduce.command(cls=Command)
def xrf(
    counts: Counts,
    alphas: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of influence coefficients; no correction when left out.",
            callback=there,
        ),
    ] = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Reduce X-ray fluorescence counts to oxides in wt%.

    Columns: sample, role (standard, unknown), analyte, counts, time_s, background,
    background_time_s, concentration, concentration_1s (wt%, of standards); a row of the analyte
    LOI gives the loss on ignition.

    Example: farside reduce xrf counts.csv --out oxides.csv
    Example: farside reduce xrf counts.csv --alphas alphas.csv --out oxides.csv
    """
    from farside.samples.files import write_reduction  # noqa: PLC0415
    from farside.samples.xrf import reduce_xrf  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say("calibrating")
        done = write_reduction(reduce_xrf(counts, alphas), out)
    show(done, str(done), as_json=as_json)


@reduce.command(cls=Command)
def icpms(
    counts: Counts,
    internal: Annotated[
        list[str] | None,
        typer.Option(metavar="ISOTOPE", help="Internal standard; may be given again."),
    ] = None,
    interferences: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV: isotope, from, factor, factor_1s.", callback=there),
    ] = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Reduce ICP-MS counts of solutions to elements in ppm.

    Columns: run, sample, role (blank, standard, unknown), isotope, counts, time_s, concentration
    (ppm, of standards), dilution (of unknowns).

    Example: farside reduce icpms run.csv --internal Rh103 --internal Re185 --out ppm.csv
    """
    from farside.samples.files import write_reduction  # noqa: PLC0415
    from farside.samples.icpms import reduce_icpms  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say("calibrating")
        found = reduce_icpms(counts, internal=tuple(internal or ()), interferences=interferences)
        done = write_reduction(found, out)
    show(done, str(done), as_json=as_json)


@reduce.command(cls=Command)
def laser(
    counts: Counts,
    internal: Annotated[str, typer.Option(metavar="ISOTOPE", help="Internal standard, e.g. Ca43.")],
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Reduce laser-ablation ICP-MS counts to elements in ppm.

    By an internal standard (Longerich et al. 1996).

    Columns: run, sample, role (standard, unknown), isotope, counts, time_s, background,
    background_time_s, concentration (ppm: all of standards, the internal standard of unknowns).

    Example: farside reduce laser spots.csv --internal Ca43 --out spots_ppm.csv
    """
    from farside.samples.files import write_reduction  # noqa: PLC0415
    from farside.samples.laser import reduce_laser  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say("calibrating")
        done = write_reduction(reduce_laser(counts, internal=internal), out)
    show(done, str(done), as_json=as_json)
