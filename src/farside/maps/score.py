"""A score for a site: what each criterion is worth, seen and changed by whoever plans.

The weights and the utilities are choices of this project to start from, not measurements. They are
printed with every score.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Weights:
    """How much each criterion counts; only their ratios matter, and 0 leaves one out.

    Parameters
    ----------
    oxygen : from ilmenite by hydrogen; the resource that a base uses most: 2
    helium_3 : a resource for later: 0.5
    slope : of the ground over 15 km; whether one can land and build: 2
    roughness : of the ground at 7.6 km; whether one can drive: 1
    illumination : power and heat: 2
    bearing : of the ground; the same nearly everywhere, as no map of it exists: 0.5
    knowledge : how narrow the interval of the soil's FeO is; what is known costs less risk: 1
    """

    oxygen: float = 2.0
    helium_3: float = 0.5
    slope: float = 2.0
    roughness: float = 1.0
    illumination: float = 2.0
    bearing: float = 0.5
    knowledge: float = 1.0

    def __post_init__(self) -> None:
        values = list(asdict(self).values())
        if not all(np.isfinite(v) and v >= 0 for v in values) or sum(values) <= 0:
            raise InputError("weights are 0 or more, and one of them above 0.")

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Return weights from text such as ``oxygen=2,slope=1``; those not named keep theirs.

        Raises
        ------
        UnknownNameError
            for a criterion that does not exist
        InputError
            for a weight that is no number of 0 or more

        Examples
        --------
        >>> Weights.parse("oxygen=0, slope=3").slope
        3.0
        """
        known = [f.name for f in fields(cls)]
        given: dict[str, float] = {}
        for item in filter(None, (part.strip() for part in text.split(","))):
            name, sign, figure = (p.strip() for p in item.partition("="))
            if name not in known:
                raise UnknownNameError.of("criterion", name, known)
            try:
                given[name] = float(figure)
            except ValueError:
                raise InputError(
                    f"the weight {item!r} is no number; write {name}=1, with 0 to leave it out."
                ) from None
            if not sign or not np.isfinite(given[name]):
                raise InputError(f"the weight {item!r} is no number; write {name}=1.")
        return cls(**given)


@dataclass(frozen=True)
class Utility:
    """What a criterion is worth: 0 at `worst`, 1 at `best`, straight between."""

    quantity: str
    unit: str
    worst: float
    best: float
    reason: str

    def of(self, value: float) -> float:
        """Return the worth of a value, 0 to 1; NaN stays NaN."""
        return float(np.clip((value - self.worst) / (self.best - self.worst), 0, 1))


UTILITIES: dict[str, Utility] = {
    "oxygen": Utility(
        "oxygen from ilmenite", "wt%", 0.0, 1.5, "1.5 wt% is the limit of Apollo 11 soil"
    ),
    "helium_3": Utility(
        "helium-3", "ppb", 0.0, 20.0,
        "the greatest content predicted for the near side is 16-20 ppb (Kaydash et al. 1999)",
    ),
    "slope": Utility("slope over 15 km", "deg", 12.0, 0.0, "99 % of the Moon lies below 11.8 deg"),
    "roughness": Utility(
        "roughness at 7.6 km", "km", 1.0, 0.0, "88 % of the Moon lies below 1 km"
    ),
    "illumination": Utility("share of sunlight", "1", 0.0, 1.0, "as it is"),
    "bearing": Utility(
        "bearing capacity of a 1 m footing", "kPa", 0.0, 300.0,
        "a habitat of 10 t per footing of 1 m2 presses 16 kPa; 300 kPa leaves a wide margin",
    ),
    "knowledge": Utility(
        "width of the interval of the soil's FeO", "wt%", 12.0, 0.0,
        "12 wt% is most of the range of the Moon: nothing known",
    ),
}  # fmt: skip
"""The utility of each criterion of `Weights`."""


@dataclass(frozen=True)
class Part:
    """A criterion in a score: its weight, its value and what it is worth, with intervals."""

    criterion: str
    weight: float
    value: float
    unit: str
    utility: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Score:
    """A score of 0 to 1 with its interval and all that it is made of.

    Parameters
    ----------
    value : mean of the utilities by weight
    lower, upper : from the intervals of the criteria, taken as independent
    parts : one per criterion that counts
    missing : criteria that have no value here and were left out
    """

    value: float
    lower: float
    upper: float
    parts: tuple[Part, ...]
    missing: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def site_score(
    values: Mapping[str, tuple[float, float, float]], weights: Weights | None = None
) -> Score:
    """Return the score of a site.

    Parameters
    ----------
    values : value, lower and upper of each criterion in the unit of its utility; a criterion that
        is missing or NaN is left out and named
    weights : those of `Weights` when left out

    Raises
    ------
    InputError
        when no criterion with a weight has a value
    UnknownNameError
        for a criterion that does not exist
    """
    own = asdict(weights or Weights())
    for name in values:
        if name not in own:
            raise UnknownNameError.of("criterion", name, own)
    counted = [name for name, weight in own.items() if weight > 0]
    missing = [n for n in counted if not np.isfinite(values.get(n, (np.nan,) * 3)[0])]
    parts = [_part(n, own[n], values[n]) for n in counted if n not in missing]
    if not parts:
        raise InputError(
            f"none of {', '.join(counted)} is known here; give weight to another criterion."
        )
    total = sum(p.weight for p in parts)
    value = sum(p.weight * p.utility for p in parts) / total
    below = np.sqrt(sum((p.weight * (p.utility - p.lower)) ** 2 for p in parts)) / total
    above = np.sqrt(sum((p.weight * (p.upper - p.utility)) ** 2 for p in parts)) / total
    return Score(
        value=value,
        lower=float(max(value - below, 0.0)),
        upper=float(min(value + above, 1.0)),
        parts=tuple(parts),
        missing=tuple(missing),
    )


def _part(name: str, weight: float, values: tuple[float, float, float]) -> Part:
    worth = UTILITIES[name]
    middle = worth.of(values[0])
    ends = [worth.of(v) if np.isfinite(v) else middle for v in values[1:]]
    return Part(
        criterion=name,
        weight=weight,
        value=float(values[0]),
        unit=worth.unit,
        utility=middle,
        lower=min(*ends, middle),
        upper=max(*ends, middle),
    )
