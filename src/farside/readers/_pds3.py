"""PDS3 labels, attached or detached: keywords, objects, sequences, units, pointers.

The grammar of labels as they are found: names and ``OBJECT``/``End_Object`` in any case, values in
quotes, parentheses or braces over several lines, units in ``<...>``, comments, pointers in bytes or
records into the same file or another. What a label says is checked before it is used: a number is a
number in its range, a pointer is a place in a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from farside.errors import InputError

LABEL_LIMIT = 1 << 18
"""No label of the products read here is as long as this, in bytes."""

_MAX_DEPTH = 16
_MAX_STATEMENTS = 20_000
_BLANK = re.compile(r"(?:\s|/\*.*?\*/)*", re.DOTALL)
_KEY = re.compile(r"(\^?[A-Za-z][A-Za-z0-9_:]*)[ \t]*=[ \t]*(?:\r?\n[ \t]*)?")
_BEGIN_OR_END = re.compile(r"(?:END_)?(?:OBJECT|GROUP)$")
_END_OBJECT = re.compile(r"END_(?:OBJECT|GROUP)\b(?![ \t]*=)", re.IGNORECASE)
_END = re.compile(r"END[ \t]*(?=[\r\n]|$|[^\x20-\x7e])", re.IGNORECASE)
_PLAIN = re.compile(r"(?:[^\r\n/]|/(?!\*))*")
_UNIT = re.compile(r"\s*<[^<>\n]{1,60}>")
_ANY_UNIT = re.compile(r"<[^<>]*>")
_WHOLE = re.compile(r"[+-]?\d{1,12}")
_PLACE = re.compile(r"(\d{1,15})\s*(<BYTES>)?", re.IGNORECASE)
_CLOSING = {"(": ")", "{": "}"}


@dataclass(frozen=True)
class Pointer:
    """Where an object begins: a file (None: that of the label) and bytes from its beginning."""

    file: str | None
    offset: int


@dataclass(frozen=True)
class PdsObject:
    """An object of a label: its keywords as text, and the objects in it, in order."""

    name: str
    keywords: dict[str, str] = field(default_factory=dict)
    objects: list[PdsObject] = field(default_factory=list)

    def get(self, key: str, default: str = "") -> str:
        """Return a keyword without its quotes, or the default."""
        return self.text(key) if key in self.keywords else default

    def text(self, key: str) -> str:
        """Return a keyword without its quotes."""
        if key not in self.keywords:
            raise InputError(f"the label's object {self.name} has no keyword {key}.")
        return " ".join(self.keywords[key].strip().strip('"').split())

    def integer(self, key: str, *, low: int, high: int) -> int:
        """Return a keyword that must be a whole number between two limits."""
        text = _ANY_UNIT.sub("", self.text(key)).strip()
        if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
            raise InputError(
                f"the label says {self.name} {key} = {text[:40]}; it must be {low} to {high}."
            )
        return int(text)

    def number(self, key: str, *, low: float = float("-inf"), high: float = float("inf")) -> float:
        """Return a keyword that must be a number, between two limits where they are given."""
        return self._number(key, self.text(key), low, high)

    def numbers(self, key: str) -> list[float]:
        """Return a keyword that must be a list of numbers, without their units."""
        inf = float("inf")
        return [self._number(key, part, -inf, inf) for part in self.items(key)]

    def _number(self, key: str, given: str, low: float, high: float) -> float:
        text = _ANY_UNIT.sub("", given).strip()
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high or value in (float("inf"), float("-inf")):
            limits = f" from {low:g} to {high:g}" if high != float("inf") else ""
            raise InputError(
                f"the label says {self.name} {key} = {text[:40]!r}; it must be a number{limits}."
            )
        return value

    def items(self, key: str) -> list[str]:
        """Return the parts of a sequence or set that holds no other; one value is a list of it."""
        text = _ANY_UNIT.sub("", self.text(key)).strip()
        if text[:1] in _CLOSING:
            text = text[1:-1]
        return [part.strip().strip('"') for part in text.split(",") if part.strip()]

    def child(self, name: str) -> PdsObject:
        """Return the object of that name."""
        for entry in self.objects:
            if entry.name == name:
                return entry
        raise InputError(f"the label has no object {name}.")

    def has(self, name: str) -> bool:
        """Tell whether there is an object of that name."""
        return any(entry.name == name for entry in self.objects)

    def pointer(self, name: str) -> Pointer:
        """Return where an object begins.

        ``n <BYTES>`` counts bytes from 1, ``n`` records from 1, ``"file"`` and ``("file", n)`` name
        another file, which lies beside the label.
        """
        given = self.text(f"^{name}")
        parts = given.strip("(){} ").split(",")
        place = _PLACE.fullmatch(parts[-1].strip().strip('"').strip())
        file = parts[0].strip().strip('"').strip() if len(parts) == 2 or place is None else None
        if len(parts) > 2 or (len(parts) == 2 and place is None):
            raise InputError(
                f"the label's pointer ^{name} = {given[:60]} is not a place in a file."
            )
        if file is not None and (not file or file in (".", "..") or re.search(r"[/\\\0:<>]", file)):
            raise InputError(f"the label's pointer ^{name} names {file!r}, which is no file name.")
        if place is None:
            return Pointer(file, 0)
        size = 1 if place[2] else self.integer("RECORD_BYTES", low=1, high=1 << 30)
        if int(place[1]) < 1:
            raise InputError(f"the label's pointer ^{name} counts from 1; it says {place[1]}.")
        return Pointer(file, (int(place[1]) - 1) * size)


@dataclass(frozen=True)
class Label:
    """A parsed label: its keywords and objects, and where it ends in its file.

    Parameters
    ----------
    root : keywords and objects
    length : bytes up to and with ``END``
    ends_line : a line break (or the end of the file) follows ``END``
    """

    root: PdsObject
    length: int
    ends_line: bool


def read_label(path: Path) -> Label:
    """Read the label at the beginning of a file.

    Raises
    ------
    InputError
        when the file cannot be read, or see `parse_label`
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(LABEL_LIMIT)
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}; give a file with a PDS3 label."
        ) from error
    try:
        return parse_label(data)
    except InputError as error:
        raise InputError(f"{Path(path).name}: {error}") from error


def parse_label(data: bytes) -> Label:
    """Return the label at the beginning of a file's bytes.

    Raises
    ------
    InputError
        when the bytes do not begin with a PDS3 label, or the label does not end or nest
    """
    if not data.startswith(b"PDS_VERSION_ID"):
        raise InputError("the file does not begin with a PDS3 label (PDS_VERSION_ID).")
    text = data[:LABEL_LIMIT].decode("latin-1")  # one character for each byte
    root = PdsObject("label")
    stack = [root]
    position = 0
    for _ in range(_MAX_STATEMENTS):
        position = _after(_BLANK, text, position)
        if closing := _END_OBJECT.match(text, position):
            _close(stack, "")
            position = closing.end()
        elif key := _KEY.match(text, position):
            value, position = _value(text, key.end(), key[1])
            _take(stack, key[1].upper(), value)
        elif end := _END.match(text, position):
            if len(stack) > 1:
                raise InputError(f"the label does not end the object {stack[-1].name}.")
            return Label(root, end.end(), text[end.end() : end.end() + 1] in ("", "\r", "\n"))
        else:
            break
    if position >= len(text):
        raise InputError("the PDS3 label has no END; the file is cut off or damaged.")
    line = text.count("\n", 0, position) + 1
    raise InputError(
        f"line {line} of the PDS3 label is not KEY = VALUE, and there was no END before it; the "
        "file is damaged."
    )


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return position if match is None else match.end()


def _take(stack: list[PdsObject], key: str, value: str) -> None:
    """Open or close an object, or keep a keyword in the open one."""
    if not _BEGIN_OR_END.match(key):
        stack[-1].keywords[key] = value
        return
    name = value.strip().strip('"')
    if key.startswith("END"):
        _close(stack, name)
        return
    if len(stack) > _MAX_DEPTH:
        raise InputError(f"the label nests objects deeper than {_MAX_DEPTH}; it is damaged.")
    entry = PdsObject(name)
    stack[-1].objects.append(entry)
    stack.append(entry)


def _close(stack: list[PdsObject], name: str) -> None:
    if len(stack) == 1 or name not in ("", stack[-1].name):
        raise InputError(f"the label ends the object {name!r} where it is not open.")
    stack.pop()


def _value(text: str, start: int, key: str) -> tuple[str, int]:
    """Return the value that begins at `start`, with its unit, and where it ends."""
    first = text[start : start + 1]
    if first == '"':
        end = text.find('"', start + 1) + 1
        if end == 0:
            raise InputError(f"the label's keyword {key} opens a quote that does not close.")
    elif first in _CLOSING:
        end = _end_of_sequence(text, start, key)
    else:
        end = _after(_PLAIN, text, start)
        while text[start:end].rstrip().endswith("-") and end < len(text):  # goes on below
            end = _after(_PLAIN, text, _after(_BLANK, text, end))
        return text[start:end].rstrip(), end
    unit_end = _after(_UNIT, text, end)
    return text[start:unit_end], unit_end


def _end_of_sequence(text: str, start: int, key: str) -> int:
    """Return where the sequence or set that opens at `start` closes."""
    expected: list[str] = []
    quoted = False
    for position in range(start, len(text)):
        sign = text[position]
        if sign == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif sign in _CLOSING:
            expected.append(_CLOSING[sign])
            if len(expected) > _MAX_DEPTH:
                break
        elif sign in ")}":
            if sign != expected.pop():
                break
            if not expected:
                return position + 1
    raise InputError(f"the label's keyword {key} opens a list that does not close.")
