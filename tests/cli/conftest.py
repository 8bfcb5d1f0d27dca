"""The command line, run as the installed program runs it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from calling import Outcome

from farside.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Return a function that runs a command, given word by word."""

    def run(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["farside", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        found = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), found.out, found.err)

    return run
