"""The report as PDF, by a headless Chromium where there is one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from farside.provenance import atomic_path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""Names under which a Chromium is looked for on the path."""
OFFLINE = (
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
)
"""The page loads nothing, and the browser shall not look for anything of its own either."""
PATIENCE_S = 120.0


def browser() -> str | None:
    """Return the path of the first of `BROWSERS` that is there, None where there is none."""
    found = (shutil.which(name) for name in BROWSERS)
    return next((path for path in found if path), None)


def print_pdf(page: Path, out: Path, *, program: str | None = None) -> str:
    """Print a page to PDF; what went wrong in words, empty when it was written.

    A report is whole without its PDF: no browser, or one that fails, is told and raises nothing.

    Parameters
    ----------
    page : HTML file that loads nothing
    out : PDF to write, atomically
    program : browser to use; the first of `BROWSERS` when left out
    """
    chosen = program or browser()
    if chosen is None:
        return f"no PDF: none of {', '.join(BROWSERS)} is installed; print {page.name} by hand."
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        command = [
            chosen,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            *OFFLINE,
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            f"--print-to-pdf={made}",
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(  # noqa: S603 - a browser of the machine on our own page
                command, capture_output=True, timeout=PATIENCE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"no PDF: {chosen} did not print {page.name} ({error})."
        if done.returncode or not made.is_file() or not made.stat().st_size:
            return f"no PDF: {chosen} ended with {done.returncode} and no PDF of {page.name}."
        with atomic_path(out) as path:
            shutil.copyfile(made, path)
    return ""
