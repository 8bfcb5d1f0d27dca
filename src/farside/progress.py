"""How far a work is: what is being done, the share that is done, the rate, the time left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


class Step(str):
    """What is being done, in words, with the share of the whole that is done.

    Whoever is told of steps may take it for the text that it is; a bar can be drawn of `share`.

    Parameters
    ----------
    text : as it is said
    share : 0 to 1

    Examples
    --------
    >>> step = Step("block 3 of 4", 0.5)
    >>> print(step, step.share)
    block 3 of 4 0.5
    """

    __slots__ = ("share",)
    share: float

    def __new__(cls, text: str, share: float) -> Self:
        """Return the text that carries its share."""
        made = super().__new__(cls, text)
        made.share = share
        return made


def counted(
    items: Sequence[T], name: Callable[[T], str], say: Callable[[str], None]
) -> Iterator[T]:
    """Yield items and say before each which it is, how fast they go and how long is left.

    Parameters
    ----------
    items : to be worked on one after the other
    name : says what is being done with an item
    say : told each step

    Examples
    --------
    >>> for _ in counted(["a", "b"], "validate {}".format, print):
    ...     pass
    validate a (1 of 2)
    validate b (2 of 2, ... left)
    """
    start = time.monotonic()
    for done, item in enumerate(items):
        place = f"{done + 1} of {len(items)}"
        if done:
            each = max(time.monotonic() - start, 1e-9) / done
            place += f", {pace(each)}, {clock(each * (len(items) - done))} left"
        say(Step(f"{name(item)} ({place})", done / len(items)))
        yield item


def pace(seconds_each: float) -> str:
    """Return a rate in words: how many a second, or how long one takes.

    Examples
    --------
    >>> pace(0.01), pace(0.4), pace(90)
    ('100/s', '2.5/s', '1 min 30 s each')
    """
    if seconds_each < 1:
        return f"{1 / seconds_each:,.{0 if seconds_each < 0.1 else 1}f}/s"
    return f"{seconds_each:.1f} s each" if seconds_each < 10 else f"{clock(seconds_each)} each"


def clock(seconds: float) -> str:
    """Return a time in words that suit its length.

    Examples
    --------
    >>> clock(42), clock(4000), clock(400000)
    ('42 s', '1 h 06 min', '4 d 15 h')
    """
    s = round(seconds)
    if s < 60:
        return f"{s} s"
    if s < 3600:
        return f"{s // 60} min {s % 60:02d} s"
    if s < 48 * 3600:
        return f"{s // 3600} h {s % 3600 // 60:02d} min"
    return f"{s // 86400} d {s % 86400 // 3600} h"
