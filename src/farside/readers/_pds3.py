"""The attached PDS3 label of a Kaguya Spectral Profiler file: keywords, objects, pointers.

Only what these labels use is read: ``KEY = VALUE`` on a line, nested ``OBJECT``, and pointers in
bytes. A label that says something else is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from farside.errors import InputError

_LABEL_LIMIT = 1 << 18
_END = re.compile(rb"\r?\nEND[ \t]*\r?\n")
_LINE = re.compile(r"^\s*(\^?[A-Z][A-Z0-9_:]*)\s*=\s*(.*?)\s*$")
_POINTER = re.compile(r"^(\d{1,12})\s*<BYTES>$")


@dataclass(frozen=True)
class PdsObject:
    """An object of a label: its keywords as text, and the objects in it, in order."""

    name: str
    keywords: dict[str, str] = field(default_factory=dict)
    objects: list[PdsObject] = field(default_factory=list)

    def text(self, key: str) -> str:
        """Return a keyword without its quotes."""
        if key not in self.keywords:
            raise InputError(f"the label's object {self.name} has no keyword {key}.")
        return self.keywords[key].strip().strip('"')

    def integer(self, key: str, *, low: int, high: int) -> int:
        """Return a keyword that must be a whole number between two limits."""
        text = self.text(key)
        if not re.fullmatch(r"[+-]?\d{1,12}", text) or not low <= int(text) <= high:
            raise InputError(
                f"the label says {self.name} {key} = {text}; it must be {low} to {high}."
            )
        return int(text)

    def number(self, key: str) -> float:
        """Return a keyword that must be a number."""
        try:
            return float(self.text(key).split()[0])
        except (ValueError, IndexError):
            raise InputError(
                f"the label says {self.name} {key} = {self.text(key)!r}; it must be a number."
            ) from None

    def child(self, name: str) -> PdsObject:
        """Return the object of that name."""
        for entry in self.objects:
            if entry.name == name:
                return entry
        raise InputError(f"the label has no object {name}; is this an SP Level 2C file?")

    def pointer(self, name: str) -> int:
        """Return where an object begins, in bytes from 0."""
        match = _POINTER.match(self.text(f"^{name}"))
        if match is None or int(match[1]) < 1:
            raise InputError(f"the label's pointer ^{name} is not a position in bytes.")
        return int(match[1]) - 1


def parse_label(data: bytes) -> PdsObject:
    """Return the label at the beginning of a file.

    Raises
    ------
    InputError
        when the file does not begin with a PDS3 label, or the label does not end or nest
    """
    if not data.startswith(b"PDS_VERSION_ID"):
        raise InputError("the file does not begin with a PDS3 label (PDS_VERSION_ID).")
    end = _END.search(data, 0, _LABEL_LIMIT)
    if end is None:
        raise InputError("the PDS3 label has no END; the file is cut off or damaged.")
    root = PdsObject("label")
    stack = [root]
    for line in data[: end.start()].decode("ascii", errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        key, value = match[1], match[2]
        if key == "OBJECT":
            entry = PdsObject(value.strip('"'))
            stack[-1].objects.append(entry)
            stack.append(entry)
        elif key == "END_OBJECT":
            if len(stack) == 1 or stack[-1].name != value.strip('"'):
                raise InputError(f"the label ends the object {value!r} where it is not open.")
            stack.pop()
        else:
            stack[-1].keywords[key] = value
    if len(stack) > 1:
        raise InputError(f"the label does not end the object {stack[-1].name}.")
    return root
