"""The command ``farside explore``: wrong input, a missing extra, and what it does not import."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from farside.cli.app import app
from farside.errors import FarsideError

if TYPE_CHECKING:
    from pathlib import Path


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.zarr"], "there is no absent.zarr"),
        (["--state", "view=moon"], "unknown view 'moon'"),
        (["--state", "layer=FeO&layer=FeO"], "has layer twice"),
        (["--ages", "absent.csv"], "there is no absent.csv"),
    ],
)
def test_wrong_input_is_told(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["explore", "--no-browser", *arguments])
    assert isinstance(done.exception, FarsideError)
    assert words in str(done.exception)


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    assert CliRunner().invoke(app, ["explore", "--port", port]).exit_code == 2


def test_a_port_that_is_taken_is_told() -> None:
    code = (
        "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
        "sys.argv = ['farside', 'explore', '--no-browser', '--port', str(s.getsockname()[1])];"
        "from farside.cli import main; main()"
    )
    done = python(code)
    assert done.returncode == 2
    assert "is taken; name another with --port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("missing", ["panel", "datashader"])
def test_a_missing_extra_is_named(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['farside', 'explore'];"
        "from farside.cli import main; main()"
    )
    done = python(code)
    assert done.returncode == 2
    assert "pip install 'farside[explore]'" in done.stderr
    assert missing in done.stderr


def test_farside_does_not_load_the_explorer() -> None:
    code = (
        "import sys, farside, farside.cli.app; farside.load_sites();"
        "print([m for m in ('panel', 'holoviews', 'bokeh', 'datashader') if m in sys.modules])"
    )
    assert python(code).stdout.strip() == "[]"
