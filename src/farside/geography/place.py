"""Read a place as people write it: signed degrees, degrees with letters, or a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from farside.datasets import load_missions
from farside.errors import InputError, UnknownNameError
from farside.geography.features import check_point, feature, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)\s*°?\s*([NSEWnsew]?)")
_LONE_LETTER = re.compile(r"(\d°?)\s+([NSEWnsew])(?=\s|$)")
_PLAIN = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
"""Signs that texts put before a southern latitude, as keyboards do."""
_WORDS_OF_NO_NUMBER = ("nan", "inf", "-inf", "+inf", "infinity", "-infinity")


@dataclass(frozen=True)
class Place:
    """A place that was asked for.

    Parameters
    ----------
    lat, lon : degrees, longitude east, -180 to 180
    name : of the feature or mission it was asked for by, empty for coordinates
    """

    lat: float
    lon: float
    name: str = ""


def read_place(words: Sequence[str]) -> Place:
    """Return the place that one or more words name.

    Parameters
    ----------
    words : two coordinates (``-41.6 -154.0``, ``41.6S 154.0W``, ``154W 41.6S``, ``-41.6 206E``,
        also joined by a comma), or the name of a landing (``Chang'e-6``) or of a feature (``Von
        Karman``), whose lander or centre is meant

    Raises
    ------
    InputError
        when coordinates cannot be, or only one is given
    UnknownNameError
        when there is no such feature, with the nearest names

    Examples
    --------
    >>> read_place(["41.6S", "206E"])
    Place(lat=-41.6, lon=-154.0, name='')
    >>> read_place(["von", "karman"]).name
    'Von Kármán'
    """
    text = " ".join(words).replace(",", " ").translate(_PLAIN)
    parts = _LONE_LETTER.sub(r"\1\2", text).split()
    if not parts:
        raise InputError("no place is given; write LAT LON in degrees, or the name of a feature.")
    if any(part.casefold() in _WORDS_OF_NO_NUMBER for part in parts):
        raise InputError(f"{' '.join(parts)!r} is not a place: a coordinate is not a number.")
    numbers = [_NUMBER.fullmatch(part) for part in parts]
    if all(numbers):
        return _coordinates([m for m in numbers if m], " ".join(parts))
    return _named(" ".join(parts))


def _coordinates(numbers: Sequence[re.Match[str]], text: str) -> Place:
    if len(numbers) != 2:
        raise InputError(
            f"{text!r} has {len(numbers)} coordinate{'s' * (len(numbers) != 1)}: give latitude "
            "and longitude, such as -41.6 -154.0 or 41.6S 154.0W."
        )
    letters = [m[3].upper() for m in numbers]
    if letters[0] in ("E", "W") or letters[1] in ("N", "S"):
        numbers, letters = numbers[::-1], letters[::-1]
    if letters[0] in ("E", "W") or letters[1] in ("N", "S"):
        raise InputError(f"{text!r} names one coordinate twice: give one of N or S, one of E or W.")
    values = []
    for match, letter in zip(numbers, letters, strict=True):
        if match[1] and letter:
            raise InputError(f"{match[0]!r} has both a sign and a letter: keep one of them.")
        sign = -1.0 if match[1] == "-" or letter in ("S", "W") else 1.0
        values.append(sign * float(match[2]))
    check_point(*values)
    lat, lon = values
    return Place(lat, lon if -180 <= lon < 180 else (lon + 180) % 360 - 180)


def _named(text: str) -> Place:
    if re.match(r"--?[a-z]", text, re.IGNORECASE):
        raise InputError(
            f"{text!r} is neither an option of this command nor a place; see --help, and write "
            "places as -41.6 -154.0, 41.6S 154.0W or by name."
        )
    missions = load_missions()
    known = {_key(name): row for row, name in enumerate(missions["mission"])}
    if _key(text) in known:
        line = missions.iloc[known[_key(text)]]
        return Place(float(line["lat"]), float(line["lon"]), str(line["mission"]))
    try:
        found = feature(text)
    except UnknownNameError as error:
        if re.match(r"[+-]?\d", text):
            raise InputError(
                f"{text!r} is neither two coordinates nor a name; write -41.6 -154.0 or "
                "41.6S 154.0W."
            ) from error
        raise
    return Place(found.lat, found.lon, found.name)


def _key(name: str) -> str:
    """Return a mission's name without case, signs and spaces."""
    return re.sub(r"[^a-z0-9]", "", fold(name))
