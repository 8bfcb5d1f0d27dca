"""Tables of craters as spreadsheets and editors write them elsewhere: commas, encodings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from farside.chronology.formats import read_count
from farside.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    ["diameter_km;x\n1,2;3\n", "# area_km2 = 5\ndiameter_km\tlon\n1.2\t3\n"],
)
def test_semicolons_and_tabs_are_refused_as_such(tmp_path: Path, text: str) -> None:
    path = tmp_path / "count.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="semicolons or tabs"):
        read_count(path, area_km2=5.0)


@pytest.mark.parametrize("name", ["count.csv", "count.scc"])
def test_text_in_another_encoding_is_told_as_such(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes("# Krater größer als 1 km\n".encode("latin-1"))
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_count(path, area_km2=5.0)
