"""One base, and names that help."""

from __future__ import annotations

import pytest

from farside import errors
from farside.errors import FarsideError, UnknownNameError


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
