"""What a command leaves behind, and how a refusal looks."""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def refused(outcome: Outcome, *words: str) -> None:
    """Hold an outcome to one line on standard error that has all the words."""
    assert outcome.code == 2, outcome
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    lines = [line for line in outcome.err.splitlines() if not line.startswith("[")]
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("farside: ")
    for word in words:
        assert word in lines[0], (word, lines[0])
