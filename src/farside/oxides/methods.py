"""Every method by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.errors import UnknownNameError
from farside.oxides.baselines import GaussianProcess, Mean, Pls, Ridge
from farside.oxides.cnn import CnnSettings
from farside.oxides.empirical import Empirical
from farside.oxides.farside import Farside, FarsideSettings
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
    # the same estimator without its nets, to show what they are worth
    Farside(FarsideSettings(cnn=CnnSettings(members=1, steps=0, pool=1)), name="inversion"),
    Farside(),
)


def method(name: str) -> Method:
    """Return the method of a name.

    Raises
    ------
    UnknownNameError
        when there is none of that name; the message lists those known

    Examples
    --------
    >>> import farside
    >>> farside.method("ridge").name
    'ridge'
    """
    known = {m.name: m for m in METHODS}
    if name not in known:
        raise UnknownNameError.of("estimator", name, known)
    return known[name]
