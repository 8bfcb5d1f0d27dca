"""The commands, gathered. Each imports what it needs when it is called, so that help is quick."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from farside.cli import (
    about,
    calibrate,
    chronology,
    compare,
    doctor,
    exchange,
    explore,
    figure,
    findings,
    isotopes,
    maps,
    mosaic,
    oxides,
    run,
    samples,
    site,
)
from farside.cli.help import Command, Group

SECTIONS: dict[str, dict[str, Any]] = {
    "The study": {"run": run.run, "findings": findings.findings},
    "From orbit": {
        "predict": oxides.predict,
        "map": maps.map_,
        "mosaic": mosaic.mosaic,
        "compare": compare.compare,
        "site": site.site,
        "figure": figure.figure,
        "explore": explore.explore,
    },
    "The estimator": {
        "validate": oxides.validate,
        "explain": oxides.explain,
        "train": oxides.train,
        "refine": oxides.refine,
        "info": about.info,
    },
    "Samples": {
        "classify": samples.classify,
        "kreep": samples.kreep,
        "source": samples.source,
        "water": samples.water,
        "reduce": samples.reduce,
    },
    "Isotopes": {
        "isochron": isotopes.isochron,
        "mean": isotopes.mean,
        "concordia": isotopes.concordia,
        "potassium": isotopes.potassium,
    },
    "Craters": {
        "age": chronology.age,
        "chronology": chronology.chronology,
        "flux-symmetry": calibrate.flux_symmetry,
    },
    "Other programs": {"export": exchange.export, "convert": exchange.convert},
    "This program": {"doctor": doctor.doctor, "cite": about.cite},
}
"""Every command or group by name, in the sections and the order in which help lists them."""
SETTINGS = {"site": site.CONTEXT}
"""What typer is told of how to parse a command."""


def _version(asked: bool) -> None:
    if asked:
        from farside.provenance import code_version  # noqa: PLC0415

        print(f"farside {code_version()}")
        raise typer.Exit


def farside(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The chemistry of the Moon's far side: from orbit, samples and ages, with intervals.

    Results go to standard output, progress and errors to standard error. Every command has --help
    with examples, --json and --quiet.

    Example: farside findings
    Example: farside predict my_spectra.csv --out oxides.csv
    Example: farside site 41.64S 153.99W
    Example: farside age craters.scc --range 0.2 0.8
    """  # noqa: D401 - says what the program is


class Root(Group):
    """The program, whose commands and groups are listed in the order of `SECTIONS`."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """Return the names; typer alone would put groups last."""
        return [name for commands in SECTIONS.values() for name in commands]


CHRONOLOGY = (calibrate.fit, calibrate.hypotheses, calibrate.landing, calibrate.batch)
"""Commands of the group ``chronology`` beside its own."""


def _gather() -> typer.Typer:
    made = typer.Typer(
        name="farside",
        cls=Root,
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    made.callback()(farside)
    for function in CHRONOLOGY:
        chronology.chronology.command(cls=Command)(function)
    for section, commands in SECTIONS.items():
        for name, item in commands.items():
            if isinstance(item, typer.Typer):
                made.add_typer(item, name=name, rich_help_panel=section)
            else:
                settings = SETTINGS.get(name)
                made.command(name, cls=Command, rich_help_panel=section, context_settings=settings)(
                    item
                )
    return made


app = _gather()
