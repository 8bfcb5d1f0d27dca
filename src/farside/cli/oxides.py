"""``farside predict``, ``validate``, ``train``, ``refine`` and ``explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.options import AsIs, Sensor, Weights, one_of, there
from farside.cli.output import Json, Quiet, Seed, show, steps

Coverage = Annotated[float, typer.Option(help="Of the intervals.", min=0.5, max=0.99)]


def predict(
    spectra: Annotated[
        Path, typer.Argument(metavar="INPUT", help="Spectra: .csv, .spc or .tif.", callback=there)
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write: .csv or .nc.")],
    sensor: Sensor = None,
    weights: Weights = None,
    as_is: AsIs = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Predict six oxides of spectra, with interval and novelty.

    A CSV has one spectrum per row, reflectance (i = 30, e = 0, g = 30 degrees) in columns such as
    r414, r749, r950; other columns such as site, lat, lon are kept.

    Example: farside predict my_spectra.csv --out oxides.csv
    Example: farside predict scene.spc --out oxides.nc
    Example: farside predict m3_points.csv --sensor M3 --as-is --out oxides.csv
    """
    from farside.oxides.files import predict_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = predict_file(spectra, out, sensor=sensor, weights=weights, as_is=as_is, say=say)
    show(done, str(done), as_json=as_json)


def validate(
    estimator: Annotated[
        list[str] | None, one_of(names.ESTIMATORS, "{}; may be given again.")
    ] = None,
    protocol: Annotated[
        list[str] | None, one_of(names.PROTOCOLS, "{}; may be given again.")
    ] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="Print the results that ship; compute nothing.")
    ] = False,
    coverage: Coverage = 0.9,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Validate estimators; nothing held out takes part.

    Protocols leave out one site (loo), one mission (lomo), one terrain, or the far side (near-far).
    The protocol yang2023 is the published one; it is optimistic and labelled so.

    Example: farside validate --shipped --estimator all --protocol lomo
    Example: farside validate --estimator farside --estimator gp --protocol loo
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
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write the weights to.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of sites with spectra and oxides; the 55 sites when left out.",
            callback=there,
        ),
    ] = None,
    coverage: Coverage = 0.9,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the estimator and write its weights.

    Writes farside.onnx and farside.json. Needs farside[train].

    Example: farside train --out my-weights
    Example: farside train --data sites.csv --out my-weights --seed 1
    """
    from farside.oxides.files import train_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = train_file(out, data, coverage=coverage, seed=seed, say=say)
    show(done, str(done), as_json=as_json)


def refine(
    truth: Annotated[
        Path,
        typer.Argument(
            metavar="NEW", help="CSV: spectra and any measured oxides, per site.", callback=there
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder to write the refined weights to.")
    ],
    weights: Weights = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Refine with new ground truth and report what changed.

    Needs farside[train].

    Each row needs a site name, a mission, the eight MI bands (r414 to r1548) and at least one of
    TiO2, FeO, Al2O3, MgO, CaO, SiO2 in wt%. For Chang'e-6, give the MI spectrum of the landing
    site: none comes with the package.

    Example: farside refine change6.csv --out weights-with-ce6
    Example: farside refine change7.csv --weights weights-with-ce6 --out weights-with-ce7
    """
    from farside.oxides.files import refine_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = refine_file(truth, out, weights, say=say)
    show(done, str(done), as_json=as_json)


def explain(
    spectra: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT", help="Spectra: .csv; the sites when left out.", callback=there
        ),
    ] = None,
    weights: Weights = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say which band moved each oxide, and what physics expects.

    Behind a check of bands stands the share of all sets of as many bands that would pass it too:
    the smaller, the more the check says.

    Example: farside explain
    Example: farside explain my_spectra.csv --json
    """
    from farside.oxides.files import explain_file  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        done = explain_file(spectra, weights, say=say)
    show(done, str(done), as_json=as_json)
