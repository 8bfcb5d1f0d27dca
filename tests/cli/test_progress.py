"""Progress: rate and time left by arithmetic, a bar on a terminal, few lines in a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from farside import progress
from farside.cli import output
from farside.maps.progress import Progress
from farside.progress import Step, counted

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (progress, output):
        monkeypatch.setattr(module, "time", made)
    monkeypatch.setattr("farside.maps.progress.time", made)
    return made


def test_items_are_told_with_rate_and_time_left(clock: Clock) -> None:
    told: list[str] = []
    for _ in counted(["a", "b", "c", "d"], "fit {}".format, told.append):
        clock.now += 20
    # 20 s each: 60 s left after the first, 40 s after the second
    assert told == [
        "fit a (1 of 4)",
        "fit b (2 of 4, 20 s each, 1 min 00 s left)",
        "fit c (3 of 4, 20 s each, 40 s left)",
        "fit d (4 of 4, 20 s each, 20 s left)",
    ]
    assert [step.share for step in told if isinstance(step, Step)] == [0, 0.25, 0.5, 0.75]


def test_a_map_tells_the_share_of_pixels(clock: Clock) -> None:
    told: list[str] = []
    run = Progress(2, told.append)
    run.begin_tile(1000)
    clock.now += 10
    run.add(500, 500)  # of 2 x 1000 pixels, at 50 a second: 30 s for the rest
    (step,) = told
    assert step == "tile 1 of 2, 25.0 %, 50 pixels/s, 30 s left"
    assert isinstance(step, Step)
    assert step.share == 0.25


def test_a_log_gets_few_lines(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with output.steps(quiet=False) as say:
        say("open")
        for i in range(100):
            clock.now += 0.3
            say(Step(f"block {i}", i / 100))
        say("write")
    lines = capsys.readouterr().err.splitlines()
    # 30 s of blocks: the first, then one every 5 s
    assert 7 <= len(lines) <= 8
    assert lines[0] == "[   0.0 s] open"
    assert lines[-1] == "[  30.0 s] write"


def test_quiet_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with output.steps(quiet=True) as say:
        say("open")
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []
    make: Callable[[], Any] = output._terminal

    def watched() -> Any:
        seen.append(make())
        return seen[-1]

    monkeypatch.setattr(output, "_terminal", watched)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")  # a dumb one draws no bar
    monkeypatch.setenv("COLUMNS", "100")
    with output.steps(quiet=False) as say:
        say("open [not markup]")
        assert seen[0].tasks[0].total is None  # it only moves
        say(Step("block 3 of 4, 2.5/s, 12 s left", 0.5))
        assert seen[0].tasks[0].percentage == 50
    written = capsys.readouterr()
    assert written.out == ""
    assert "block 3 of 4, 2.5/s, 12 s left" in written.err
