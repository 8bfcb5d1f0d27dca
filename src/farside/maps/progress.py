"""How far a run is: share, rate and time left, said once a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from farside.progress import Step, clock

Say = Callable[[str], None]
"""Told what is being done."""

SAY_EVERY_S = 1.0


class Progress:
    """Tells share, rate and time left, once a second."""

    def __init__(self, tiles: int, say: Say) -> None:
        self.say = say
        self.made = 0
        self._all, self._begun, self._ended = tiles, 0, 0
        self._known, self._done = 0, 0
        self._start = time.monotonic()
        self._said = self._start

    def seconds(self) -> float:
        """Return the time since the start."""
        return max(time.monotonic() - self._start, 1e-9)

    def begin_tile(self, pixels: int) -> None:
        """Note the size of one more tile."""
        self._begun += 1
        self._known += pixels

    def end_tile(self) -> None:
        """Note that a tile is done or skipped."""
        self._ended += 1

    def add(self, pixels: int, made: int) -> None:
        """Note pixels that are done, and how many of them were made now; perhaps say so."""
        self._done += pixels
        self.made += made
        if time.monotonic() - self._said < SAY_EVERY_S:
            return
        self._said = time.monotonic()
        rate = self._done / self.seconds()
        # tiles not begun yet are taken to be as large as those begun
        expected = self._known / max(self._begun, 1) * self._all
        left = max(expected - self._done, 0.0) / rate
        share = self._done / max(expected, 1.0)
        text = (
            f"tile {min(self._ended + 1, self._all)} of {self._all}, {100 * share:.1f} %, "
            f"{rate:,.0f} pixels/s, {clock(left)} left"
        )
        self.say(Step(text, share))
