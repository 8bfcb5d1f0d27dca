"""``farside predict``, ``validate``, ``train``, ``refine`` and ``explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.output import Json, Quiet, Seed, show, steps

Weights = Annotated[
    Path | None,
    typer.Option(help="Folder of weights from train or refine; those that ship when left out."),
]


def predict(
    spectra: Annotated[Path, typer.Argument(metavar="INPUT", help="Spectra: .csv, .spc or .tif.")],
    out: Annotated[Path, typer.Option(help="File to write: .csv or .nc.")],
    sensor: Annotated[
        str | None, typer.Option(help="MI, SP, M3 or Clementine; by default what the file says.")
    ] = None,
    weights: Weights = None,
    as_is: Annotated[
        bool,
        typer.Option("--as-is", help="Take a sensor without a known transfer to MI uncorrected."),
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Predict six oxides with interval and novelty.

    A CSV has one spectrum per row, reflectance (i = 30, e = 0, g = 30 degrees) in columns such as
    r414, r749, r950; other columns such as site, lat, lon are kept.

    Example: farside predict my_spectra.csv --out oxides.csv
    """
    from farside.oxides.files import predict_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = predict_file(spectra, out, sensor=sensor, weights=weights, as_is=as_is, say=say)
    show(done, str(done), as_json=as_json)


def validate(
    estimator: Annotated[
        list[str] | None, typer.Option(help="Which, may be given again; all honest ones: 'all'.")
    ] = None,
    protocol: Annotated[
        list[str] | None, typer.Option(help="loo, lomo, terrain, near-far or yang2023.")
    ] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="Print the results that ship; compute nothing.")
    ] = False,
    coverage: Annotated[float, typer.Option(help="Of the intervals.", min=0.5, max=0.99)] = 0.9,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Validate estimators by protocols in which nothing held out takes part.

    The protocol yang2023 is the published one; it is optimistic and labelled so.

    Example: farside validate --estimator farside --estimator gp --protocol lomo
    """
    from farside.report.validation import table  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        found = table(
            tuple(estimator or ("farside",)),
            tuple(protocol or ("loo", "lomo")),
            shipped=shipped,
            coverage=coverage,
            seed=seed,
            say=say,
        )
    show(found, str(found), as_json=as_json)


def train(
    out: Annotated[Path, typer.Option(help="Folder to write the weights to.")],
    data: Annotated[
        Path | None,
        typer.Option(help="CSV of sites with spectra and oxides; the 55 sites when left out."),
    ] = None,
    coverage: Annotated[float, typer.Option(help="Of the intervals.", min=0.5, max=0.99)] = 0.9,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the network and write farside.onnx and farside.json (needs farside[train]).

    Example: farside train --out my-weights
    """
    from farside.oxides.files import train_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = train_file(out, data, coverage=coverage, seed=seed, say=say)
    show(done, str(done), as_json=as_json)


def refine(
    truth: Annotated[
        Path, typer.Argument(metavar="NEW", help="CSV: spectra and any measured oxides, per site.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the refined weights to.")],
    weights: Weights = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Refine the network with new ground truth and report what changed (needs farside[train]).

    Each row needs a site name, a mission, the eight MI bands (r414 to r1548) and at least one of
    TiO2, FeO, Al2O3, MgO, CaO, SiO2 in wt%. For Chang'e-6, give the MI spectrum of the landing
    site: none comes with the package.

    Example: farside refine change6.csv --out weights-with-ce6
    """
    from farside.oxides.files import refine_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = refine_file(truth, out, weights, say=say)
    show(done, str(done), as_json=as_json)


def explain(
    spectra: Annotated[
        Path | None,
        typer.Argument(metavar="INPUT", help="Spectra: .csv; the sites when left out."),
    ] = None,
    weights: Weights = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say which band moved each oxide, and whether the network uses the bands physics expects.

    Example: farside explain
    """
    from farside.oxides.files import explain_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = explain_file(spectra, weights, say=say)
    show(done, str(done), as_json=as_json)
