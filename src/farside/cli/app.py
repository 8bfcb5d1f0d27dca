"""The commands, gathered. Each imports what it needs when it is called, so that help is quick."""

from __future__ import annotations

import typer

from farside.cli import (
    about,
    calibrate,
    chronology,
    compare,
    findings,
    isotopes,
    maps,
    mosaic,
    oxides,
    run,
    samples,
    site,
)

app = typer.Typer(
    name="farside",
    help="The chemistry of the Moon's far side: from orbit, samples and ages, with intervals.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run.run)
app.command()(findings.findings)

app.command()(oxides.predict)
app.command()(oxides.validate)
app.command()(oxides.train)
app.command()(oxides.refine)
app.command()(oxides.explain)

app.command("map")(maps.map_)
app.command()(mosaic.mosaic)
app.command()(compare.compare)
app.command(context_settings=site.CONTEXT)(site.site)

app.command()(samples.classify)
app.command()(samples.kreep)
app.command()(samples.source)
app.command()(samples.water)
app.add_typer(samples.reduce, name="reduce")

app.command()(isotopes.isochron)
app.command()(isotopes.mean)
app.command()(isotopes.concordia)
app.command()(isotopes.potassium)

app.command()(chronology.age)
chronology.chronology.command()(calibrate.fit)
chronology.chronology.command()(calibrate.hypotheses)
chronology.chronology.command()(calibrate.landing)
chronology.chronology.command()(calibrate.batch)
app.add_typer(chronology.chronology, name="chronology")
app.command("flux-symmetry")(calibrate.flux_symmetry)

app.command()(about.info)
app.command()(about.cite)
