"""``farside run``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.output import Json, Quiet, Seed, show, steps


def run(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("farside-run"),
    full: Annotated[
        bool,
        typer.Option("--full", help="Train and validate anew (needs farside[train]) and compare."),
    ] = False,
    seed: Seed = 0,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print report.pdf too, where a Chromium is installed.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compute every finding and write the report.

    Writes report.html, findings.json, oxides.csv, validation.json and farside_map.tif. Without
    --full the weights and validation that ship with the package are used; they are refused when
    code, data or settings have changed since. With --full everything is computed anew and compared
    with what ships; exit code 1 says that scores differ.

    Example: farside run
    Example: farside run --out farside-run --pdf
    Example: farside run --full --out farside-full
    """
    from farside.report.run import run as run_all  # noqa: PLC0415

    with steps(quiet=quiet, stopped="files that are there are whole") as say:
        done = run_all(out, full=full, seed=seed, pdf=pdf, say=say)
    text = "\n".join(f"wrote {path}" for path in done.files)
    if done.differences is not None:
        same = done.differences.empty
        text += (
            "\nrecomputed scores agree with those that ship"
            if same
            else f"\nrecomputed scores differ from those that ship:\n{done.differences.to_string()}"
        )
    show(done, text, as_json=as_json)
    if done.differences is not None and not done.differences.empty:
        raise typer.Exit(1)
