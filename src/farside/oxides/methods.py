"""Every method by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.errors import UnknownNameError
from farside.oxides.baselines import GaussianProcess, Mean, Pls, Ridge
from farside.oxides.empirical import Empirical
from farside.oxides.farside import Farside
from farside.oxides.yang2023 import Yang2023

if TYPE_CHECKING:
    from farside.oxides.training import Method

METHODS: tuple[Method, ...] = (
    Mean(),
    Empirical(),
    Ridge(),
    Pls(),
    GaussianProcess(),
    Yang2023(),
    Farside(),
)
BASELINES = ("empirical", "ridge", "pls", "gp")


def method(name: str) -> Method:
    """Return the method of a name.

    Raises
    ------
    UnknownNameError
        when there is none of that name; the message lists those known
    """
    known = {m.name: m for m in METHODS}
    if name not in known:
        raise UnknownNameError.of("estimator", name, known)
    return known[name]
