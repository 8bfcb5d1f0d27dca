"""A link that restores what is seen: parsed strictly, checked, never evaluated.

    /?view=far&layer=FeO&minus=thorium&x=0&y=-200&half=900&at=-41.64,-153.99
      &a=name:Apollo&b=poly:170,-40_175,-40_175,-45&tab=compare

Each key may stand once; what is left out has its default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from farside.errors import FarsideError, InputError, UnknownNameError
from farside.explorer.drawing import check_difference
from farside.explorer.layers import layer
from farside.explorer.regions import Region, named, polygon, short
from farside.explorer.views import Window, view
from farside.geography.features import check_point

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LINK = 4000
"""Most characters of a link: two regions of 96 corners fit."""

TABS = ("place", "region", "compare", "ages", "export")
KEYS = ("view", "layer", "minus", "x", "y", "half", "at", "a", "b", "tab")
MAX_NAME = 60

_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class State:
    """What is seen.

    Parameters
    ----------
    view, layer, minus : keys; `minus` is None where no difference is shown
    window : part of the view; all of it when None
    place : latitude and longitude that were asked about, degrees
    a, b : regions
    tab : of `TABS`
    """

    view: str = "far"
    layer: str = "FeO"
    minus: str | None = None
    window: Window | None = None
    place: tuple[float, float] | None = None
    a: Region | None = None
    b: Region | None = None
    tab: str = "place"

    def query(self) -> str:
        """Return the link after its question mark."""
        parts: list[tuple[str, str]] = [("view", self.view), ("layer", self.layer)]
        if self.minus is not None:
            parts.append(("minus", self.minus))
        if self.window is not None:
            w = self.window
            parts += [("x", short(w.x)), ("y", short(w.y)), ("half", short(w.half))]
        if self.place is not None:
            parts.append(("at", ",".join(short(v) for v in self.place)))
        parts += [(k, r.spec) for k, r in (("a", self.a), ("b", self.b)) if r is not None]
        parts.append(("tab", self.tab))
        return "&".join(f"{key}={quote(value, safe=',:._-')}" for key, value in parts)


def parse(link: str) -> State:
    """Return the state of a link.

    Parameters
    ----------
    link : whole, or what is after its question mark; empty for the default

    Raises
    ------
    InputError
        when it is too long, has a key that is not known or stands twice, or a value that cannot be
    """
    if len(link) > MAX_LINK:
        raise InputError(
            f"the link has {len(link)} characters; at most {MAX_LINK} can be. Draw regions with "
            "fewer corners."
        )
    query = urlsplit(link).query if "://" in link or link.startswith(("/", "?")) else link
    if not query:
        return State()
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=True, errors="strict",
            max_num_fields=len(KEYS),
        )  # fmt: skip
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(
            f"the link cannot be read ({error}); it is made of key=value pairs joined by &."
        ) from None
    given: dict[str, str] = {}
    for key, value in pairs:
        if key not in KEYS:
            raise UnknownNameError.of("key of a link", key[:MAX_NAME], KEYS)
        if key in given:
            raise InputError(f"the link has {key} twice; keep one.")
        given[key] = value
    return _state(given)


def _state(given: dict[str, str]) -> State:
    of = view(_name(given.get("view", "far")))
    shown = layer(_name(given.get("layer", "FeO")))
    minus = layer(_name(given["minus"])) if "minus" in given else None
    if minus is not None:
        check_difference(shown, minus)
    parts = [key for key in ("x", "y", "half") if key in given]
    if parts and len(parts) != 3:
        raise InputError(f"the link has {', '.join(parts)}; a window needs x, y and half.")
    window = Window(*(_number(given[key], key) for key in parts)).checked(of) if parts else None
    tab = given.get("tab", "place")
    if tab not in TABS:
        raise UnknownNameError.of("tab", tab[:MAX_NAME], TABS)
    return State(
        of.key,
        shown.key,
        minus.key if minus else None,
        window,
        _place(given["at"]) if "at" in given else None,
        _optional(given, "a"),
        _optional(given, "b"),
        tab,
    )


def _optional(given: dict[str, str], key: str) -> Region | None:
    return region(given[key]) if key in given else None


def region(spec: str) -> Region:
    """Return the region of a link: ``name:NAME`` or ``poly:LON,LAT_LON,LAT_...``.

    Raises
    ------
    InputError
        when it is neither, or cannot be
    """
    kind, _, rest = spec.partition(":")
    makers: dict[str, Callable[[str], Region]] = {"name": lambda t: named(_name(t)), "poly": _ring}
    if kind not in makers:
        raise InputError(
            f"a region of a link begins with name: or poly:; this one with {kind[:MAX_NAME]!r}."
        )
    return makers[kind](rest)


def _ring(text: str) -> Region:
    corners = []
    for corner in text.split("_"):
        parts = corner.split(",")
        if len(parts) != 2:
            raise InputError(f"a corner is LON,LAT in degrees; the link has {corner[:MAX_NAME]!r}.")
        corners.append((_number(parts[0], "longitude"), _number(parts[1], "latitude")))
    return polygon(corners)


def _place(text: str) -> tuple[float, float]:
    parts = text.split(",")
    if len(parts) != 2:
        raise InputError(f"a place is LAT,LON in degrees; the link has {text[:MAX_NAME]!r}.")
    lat, lon = _number(parts[0], "latitude"), _number(parts[1], "longitude")
    check_point(lat, lon)
    return lat, (lon + 180) % 360 - 180


def _name(text: str) -> str:
    if not text or len(text) > MAX_NAME or not text.isprintable():
        raise InputError(f"a name of a link has 1 to {MAX_NAME} printable characters.")
    return text


def _number(text: str, what: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise InputError(f"{what} is a plain number such as -41.64; the link has {text[:30]!r}.")
    return float(text)


def refused(link: str) -> str:
    """Return why a link cannot be opened, empty where it can."""
    try:
        parse(link)
    except FarsideError as error:
        return str(error)
    return ""
