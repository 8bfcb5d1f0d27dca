"""One base, and names that help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from farside import errors
from farside.errors import (
    FarsideError,
    MissingColumnError,
    MissingFileError,
    UnknownNameError,
    nearest,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_every_error_has_the_one_base() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    own = [kind for kind in kinds if kind.__module__ == "farside.errors"]
    assert len(own) >= 7
    assert all(issubclass(kind, FarsideError) for kind in own)


def test_unknown_name_lists_what_is_known_and_guesses() -> None:
    error = UnknownNameError.of("oxide", "Feo", ["TiO2", "FeO"])
    assert str(error) == "unknown oxide 'Feo'; known: FeO, TiO2. Did you mean 'FeO'?"


def test_unknown_name_without_a_near_one() -> None:
    assert "Did you mean" not in str(UnknownNameError.of("oxide", "zzz", ["TiO2", "FeO"]))


@pytest.mark.parametrize("kind", ["BandError", "UnitError", "SampleError"])
def test_bad_input_can_be_caught_together(kind: str) -> None:
    assert issubclass(getattr(errors, kind), errors.InputError)


# -- what is near ------------------------------------------------------------------------------


def test_a_missing_file_is_told_with_the_nearest_beside_it(tmp_path: Path) -> None:
    (tmp_path / "craters.csv").touch()
    (tmp_path / "notes.txt").touch()
    told = str(MissingFileError.of(tmp_path / "crater.scc"))
    assert told == f"there is no {tmp_path / 'crater.scc'}. Did you mean 'craters.csv'?"
    assert "Did you mean" not in str(MissingFileError.of(tmp_path / "spectra.csv"))


def test_a_missing_folder_is_named_itself(tmp_path: Path) -> None:
    told = str(MissingFileError.of(tmp_path / "none" / "craters.csv"))
    assert f"the folder {tmp_path / 'none'} does not exist" in told


def test_a_misspelt_column_is_found() -> None:
    told = str(MissingColumnError.of("a.csv", ["counts", "role"], ["sample", "count"]))
    assert told == (
        "a.csv has no column 'counts', 'role'; it has sample, count. Rename 'count' as 'counts'?"
    )


@pytest.mark.parametrize(
    ("given", "found"), [("feo", "FeO"), ("tio", "TiO2"), ("zzz", ""), ("", "")]
)
def test_the_nearest_name_is_found_whatever_its_case(given: str, found: str) -> None:
    assert nearest(given, ["FeO", "TiO2", "SiO2"]) == found


def test_nothing_is_near_where_there_is_nothing() -> None:
    assert nearest("FeO", []) == ""
