"""The commands, gathered. Each imports what it needs when it is called, so that help is quick."""

from __future__ import annotations

import typer

from farside.cli import about, oxides, run

app = typer.Typer(
    name="farside",
    help="The chemistry of the Moon's far side: oxides from spectra, with interval and novelty.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run.run)
app.command()(oxides.predict)
app.command()(oxides.validate)
app.command()(oxides.train)
app.command()(oxides.refine)
app.command()(oxides.explain)
app.command()(about.info)
app.command()(about.cite)
