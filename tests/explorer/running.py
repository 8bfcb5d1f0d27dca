"""A server of the explorer in a process of its own, as the command starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


COMMAND = "from farside.cli import main; main()"
SEVERAL = """
import asyncio, sys
from pathlib import Path
from farside.explorer.opened import open_output
from farside.explorer.server import start

async def run():
    for given in sys.argv[1:]:
        print(start(open_output(Path(given) if given else None), port=0)[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(run())
"""
"""Servers of several outputs in one process, as it takes long to import what they need."""


@contextmanager
def explorer(*options: str) -> Iterator[str]:
    """Yield the address of ``farside explore`` with options, without its last slash."""
    with _process(COMMAND, ["explore", "--no-browser", "--port", "0", *options], 1) as (address,):
        yield address


@contextmanager
def explorers(*outputs: str) -> Iterator[list[str]]:
    """Yield the address of a server for each output; the map that ships for an empty one."""
    with _process(SEVERAL, list(outputs), len(outputs)) as addresses:
        yield addresses


@contextmanager
def _process(code: str, arguments: list[str], count: int) -> Iterator[list[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        addresses = [process.stdout.readline().strip().rstrip("/") for _ in range(count)]
        assert all(a.startswith("http://127.0.0.1:") for a in addresses), addresses
        yield addresses
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()
