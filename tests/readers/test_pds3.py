"""PDS3 labels: the grammar as it is found, bounded, and pointers of every form."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import InputError
from farside.readers._pds3 import LABEL_LIMIT, Pointer, parse_label, read_label

sys.path.insert(0, str(Path(__file__).parent))
from originals import ORIGINALS, PDS, needs_pds

LABEL = b"""PDS_VERSION_ID = PDS3\r
/* a comment = with a sign,
   on two lines */
record_type = FIXED_LENGTH   /* behind a value */
RECORD_BYTES = 512
^IMAGE = ("other.IMG", 3 <BYTES>)
^TABLE = 4
^TEXT = "notes.txt"
^ROWS = 17 <BYTES>
^LINES = (notes.img, 2)
NOTE = "one, (two
        three} = four"
BANDS = (1.0 <nm>, 2.5 <nm>,
         3e1
         <nm>)
WIDTHS = {4, 5} <nm>
CH1:TEMPERATURE = -12.5 <degC>
LONG = a_name_that_-
       goes_on
Object = OUTER
  OBJECT = INNER
    VALUE = "quoted"
  END_OBJECT = INNER
  Object = INNER
  End_Object
End_Object = OUTER
END\r
not a label any more {((
"""


def test_what_is_found_is_understood() -> None:
    label = parse_label(LABEL)
    root = label.root
    assert root.text("RECORD_TYPE") == "FIXED_LENGTH"
    assert root.text("NOTE") == "one, (two three} = four"
    assert root.numbers("BANDS") == [1.0, 2.5, 30.0]
    assert root.numbers("WIDTHS") == [4.0, 5.0]
    assert root.number("CH1:TEMPERATURE") == -12.5
    assert "goes_on" in root.text("LONG")
    assert [entry.name for entry in root.child("OUTER").objects] == ["INNER", "INNER"]
    assert root.child("OUTER").child("INNER").text("VALUE") == "quoted"
    assert LABEL[: label.length].endswith(b"END")
    assert label.ends_line


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("IMAGE", Pointer("other.IMG", 2)),
        ("TABLE", Pointer(None, 3 * 512)),
        ("TEXT", Pointer("notes.txt", 0)),
        ("ROWS", Pointer(None, 16)),
        ("LINES", Pointer("notes.img", 512)),
    ],
)
def test_pointers(name: str, pointer: Pointer) -> None:
    assert parse_label(LABEL).root.pointer(name) == pointer


@pytest.mark.parametrize(
    "given",
    [
        "0",
        "-3 <BYTES>",
        '("a", "b")',
        '("a", 1, 2)',
        '("../a", 1)',
        '"/etc/passwd"',
        '""',
        '("..", 1)',
    ],
)
def test_pointers_that_point_nowhere(given: str) -> None:
    text = f"PDS_VERSION_ID = PDS3\nRECORD_BYTES = 8\n^IMAGE = {given}\nEND\n"
    with pytest.raises(InputError, match="pointer"):
        parse_label(text.encode()).root.pointer("IMAGE")


def test_a_pointer_in_records_needs_their_size() -> None:
    with pytest.raises(InputError, match="RECORD_BYTES"):
        parse_label(b"PDS_VERSION_ID = PDS3\n^IMAGE = 4\nEND\n").root.pointer("IMAGE")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"A = 1\n", "no END"),
        (b'A = "open\nEND\n', "quote that does not close"),
        (b"A = (1, 2\nEND\n", "list that does not close"),
        (b"A = (1, 2}\nEND\n", "list that does not close"),
        (b"A = " + b"(" * 40 + b")" * 40 + b"\nEND\n", "list that does not close"),
        (b"Object = A\nEND\n", "does not end the object A"),
        (b"End_Object = A\nEND\n", "'A' where it is not open"),
        (b"Object = A\nEnd_Object = B\nEND\n", "'B' where it is not open"),
        (b"Object = A\n" * 40 + b"END\n", "deeper than 16"),
        (b"what is this\nEND\n", "line 2 of the PDS3 label is not KEY = VALUE"),
        (b"A = 1\n" * 60_000, "no END|not KEY"),
    ],
)
def test_what_is_no_label_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_label(b"PDS_VERSION_ID = PDS3\n" + body)


def test_only_the_first_bytes_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "a.img"
    path.write_bytes(b"PDS_VERSION_ID = PDS3\n" + b" " * LABEL_LIMIT + b"END\n")
    with pytest.raises(InputError, match=r"^a\.img: .*no END"):
        read_label(path)
    with pytest.raises(InputError, match="does not begin"):
        parse_label(b"END\n")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "N/A", "1 2", "0x10", ""])
def test_a_number_is_a_finite_number(value: str) -> None:
    root = parse_label(f'PDS_VERSION_ID = PDS3\nA = "{value}"\nEND\n'.encode()).root
    with pytest.raises(InputError, match="must be a number"):
        root.number("A")
    with pytest.raises(InputError, match="must be 0 to 9"):
        root.integer("A", low=0, high=9)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(InputError):
        assert parse_label(b"PDS_VERSION_ID = PDS3\n" + data).length <= 22 + len(data)


@needs_pds
def test_every_original_label_is_understood() -> None:
    found = [*sorted(PDS.rglob("*")), *sorted((ORIGINALS / "sp").glob("*.spc"))]
    labels = [p for p in found if p.is_file() and p.read_bytes()[:14] == b"PDS_VERSION_ID"]
    assert len(labels) >= 40
    for path in labels:
        root = read_label(path).root
        assert root.text("PDS_VERSION_ID") == "PDS3"
        assert root.get("PRODUCT_ID") or root.get("DATA_SET_ID")
