"""``farside figure``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli import names
from farside.cli.options import one_of
from farside.cli.output import Json, Quiet, show, steps


def figure(
    layer: Annotated[
        str,
        typer.Argument(
            metavar="LAYER",
            help="An oxide such as FeO, novelty, or a layer such as height_km or lp2_Th.",
            autocompletion=names.among(names.LAYERS),
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Figure to write: .svg, .pdf, .png or .tif.")
    ],
    view: Annotated[str, one_of(names.VIEWS)] = "pair",
    size: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Width in a journal: single (89 mm) or double (183 mm).",
            autocompletion=names.among(names.WIDTHS),
        ),
    ] = "double",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw a layer on the Moon for print.

    Near and far side, poles or the whole. An oxide comes with half of its interval, hatched where
    the ground is unlike all that the map was learnt from. Lines and text of .svg and .pdf are
    vectors.

    Example: farside figure FeO --out feo.pdf
    Example: farside figure lp2_Th --view far --size single --out thorium.png
    """
    from farside.maps.globe import draw_layer  # noqa: PLC0415

    with steps(quiet=quiet) as say:
        say(f"drawing {layer}")
        done = draw_layer(layer, out, view=view, size=size)
    show(done, str(done), as_json=as_json)
