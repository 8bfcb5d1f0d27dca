"""What a finding is, and the one rule by which it gets its verdict.

A claim is put as one or more statements that a number lies in an open interval: above 0, below 14,
between 2.5 and 3.1. What farside computes has a distribution, and

.. math:: p = P(low < x < high)

is the probability that the statement holds. Above `SURE` it is supported, below ``1 - SURE``
contradicted, else it cannot be told, and neither can it where nothing here can compute the number.
A claim is supported when all statements that decide it are, contradicted when one of them is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from farside.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

SUPPORTS, CONTRADICTS, CANNOT_TELL = "supports", "contradicts", "cannot tell"
SURE = 0.95
"""Probability from which a statement counts as told; its complement contradicts. Our choice."""
COVERAGE = 0.95
MOST_SHOWN = 0.99
"""Probabilities beyond this, and below its complement, are printed as a limit; our choice."""
TWO_DIGITS_BELOW = 3.5
"""An interval is printed to two digits where its half begins with a digit below this, else to one,
as errors commonly are."""
_NORMAL = 1.959963984540054
"""Sigmas on either side of a normal mean that hold `COVERAGE`."""


def verdict_of(chance: float) -> str:
    """Return the verdict on a statement that holds with a probability.

    Parameters
    ----------
    chance : 0 to 1; NaN where it could not be computed

    Examples
    --------
    >>> [verdict_of(p) for p in (0.99, 0.5, 0.01, float("nan"))]
    ['supports', 'cannot tell', 'contradicts', 'cannot tell']
    """
    if chance > SURE:
        return SUPPORTS
    return CONTRADICTS if chance < 1.0 - SURE else CANNOT_TELL


@dataclass(frozen=True)
class Published:
    """A published figure, or in words what was claimed without one.

    Parameters
    ----------
    value, sigma : one standard deviation; NaN where not given
    low, high : a published range; NaN where a value is published
    unit : of the figure
    reference : key in ``references.csv``
    status : what was read of it, see `farside.datasets.published`
    words : the claim where no figure is published
    """

    value: float
    sigma: float
    low: float
    high: float
    unit: str
    reference: str
    status: str
    words: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {key: plain(value) for key, value in self.__dict__.items()}

    def __str__(self) -> str:
        """Return the figure as text."""
        if self.words:
            return self.words
        if math.isnan(self.value):
            return f"{self.low:g} to {self.high:g} {_shown(self.unit)}".strip()
        error = "" if math.isnan(self.sigma) else f" ± {self.sigma:g}"
        return f"{self.value:g}{error} {_shown(self.unit)}".strip()


@dataclass(frozen=True)
class Statement:
    """That a number lies above `low` and below `high`."""

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        """Refuse what says nothing or cannot hold."""
        if not self.low < self.high or (math.isinf(self.low) and math.isinf(self.high)):
            raise InputError(
                f"a statement needs a lower end below its upper end, one of them finite; given "
                f"{self.low:g} and {self.high:g}."
            )

    def chance(self, value: float, sigma: float) -> float:
        """Return the probability that a normal number fulfils the statement.

        Examples
        --------
        >>> round(float(Statement(low=0.0).chance(1.959964, 1.0)), 3)
        0.975
        """
        if sigma < 0 or not math.isfinite(value):
            raise InputError(f"a number needs a value and a positive sigma; given ± {sigma:g}.")
        if sigma == 0:
            return float(self.low < value < self.high)
        high, low = ((end - value) / sigma for end in (self.high, self.low))
        return float(ndtr(high) - ndtr(low))

    def __str__(self) -> str:
        """Return the statement as text."""
        if math.isinf(self.high):
            return f"above {self.low:g}"
        return f"below {self.high:g}" if math.isinf(self.low) else f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Part:
    """One statement of a claim, and what is computed of it.

    Parameters
    ----------
    what : the number
    value, lower, upper : mean or median, and the interval of `COVERAGE`; NaN where nothing here
        can compute it, infinite beyond what a model reaches
    unit : of the number
    statement : what the claim says of it; None for a number that stands beside the claim
    chance : probability that the statement holds; NaN where it cannot be computed
    published : figures to compare with
    decides : whether the verdict on the claim hangs on it
    note : in a few words
    alike : whether the published figures are of the same quantity, and can be drawn beside it
    function : dotted name of what computed it; empty for the first of the finding
    source : table, result or paper that it comes from; empty for the first of the finding's data
    """

    what: str
    value: float
    lower: float
    upper: float
    unit: str
    statement: Statement | None = None
    chance: float = math.nan
    published: tuple[Published, ...] = ()
    decides: bool = True
    note: str = ""
    alike: bool = True
    function: str = ""
    source: str = ""

    @property
    def verdict(self) -> str:
        """What the number says of the statement; empty where there is none."""
        if self.statement is None and not self.decides:
            return ""
        return verdict_of(self.chance)

    def probability(self) -> str:
        """Return the probability as text; draws and models bear no more than two digits of it."""
        if self.statement is None:
            return ""
        if math.isnan(self.chance):
            return "not computed"
        if self.chance > MOST_SHOWN:
            return f">{MOST_SHOWN:g}"
        least = 1.0 - MOST_SHOWN
        return f"<{least:.2g}" if self.chance < least else f"{self.chance:.2f}"

    def text(self) -> str:
        """Return value and interval with the digits that the interval bears."""
        if math.isnan(self.value):
            return "not computed"
        return f"{_spelt(self)} {_shown(self.unit)}".strip()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; None for NaN and infinite ones."""
        content = {key: plain(value) for key, value in self.__dict__.items()}
        content["statement"] = "" if self.statement is None else str(self.statement)
        content["published"] = [p.to_dict() for p in self.published]
        return content | {"verdict": self.verdict, "coverage": COVERAGE}


def normal(
    what: str,
    value: float,
    sigma: float,
    unit: str,
    statement: Statement | None = None,
    **about: Any,
) -> Part:
    """Return the part of a number with a normal error.

    Parameters
    ----------
    what, unit, statement : as of `Part`
    value, sigma : mean and one standard deviation
    about : ``published``, ``decides``, ``note``, ``alike``, ``function``, ``source``
    """
    chance = math.nan if statement is None else statement.chance(value, sigma)
    half = _NORMAL * sigma
    return Part(what, value, value - half, value + half, unit, statement, chance, **about)


def drawn(
    what: str, draws: ArrayLike, unit: str, statement: Statement | None = None, **about: Any
) -> Part:
    """Return the part of a number of which draws are given.

    Parameters
    ----------
    what, unit, statement : as of `Part`
    draws : (n,) of its distribution; may be infinite beyond what a model reaches
    about : as of `normal`

    Raises
    ------
    InputError
        when there is no draw, or one is missing
    """
    x = np.asarray(draws, dtype=float).reshape(-1)
    if not x.size or np.isnan(x).any():
        raise InputError(f"{what}: {int(np.isnan(x).sum())} of {x.size} draws are missing.")
    tail = (1.0 - COVERAGE) / 2.0
    low, middle, high = np.quantile(x, (tail, 0.5, 1.0 - tail), method="nearest").tolist()
    chance = math.nan
    if statement is not None:
        chance = float(((x > statement.low) & (x < statement.high)).mean())
    return Part(what, middle, low, high, unit, statement, chance, **about)


def unknown(what: str, unit: str, **about: Any) -> Part:
    """Return the part of a number that bears on the claim and that nothing here can compute."""
    return Part(what, math.nan, math.nan, math.nan, unit, **about)


@dataclass(frozen=True)
class Finding:
    """A claim, what farside computes of it, and the verdict.

    Parameters
    ----------
    name : how it is chosen
    title : in a few words
    claim : what is claimed, by whom
    parts : statements; the first is the headline
    why : what the verdict rests on
    what_would_decide : data or experiment
    functions : dotted names of what computed the numbers
    data : tables and results they come from
    references : keys of further papers that it rests on
    notes : what to mind
    """

    name: str
    title: str
    claim: str
    parts: tuple[Part, ...]
    why: str
    what_would_decide: str
    functions: tuple[str, ...]
    data: tuple[str, ...]
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse a claim that nothing decides, and a number whose origin is not listed."""
        if not any(part.decides for part in self.parts):
            raise InputError(f"nothing decides the finding {self.name!r}; give one part that does.")
        for part in self.parts:
            function, source = self.origin(part)
            if function not in self.functions or source not in (*self.data, *self.cited):
                raise InputError(
                    f"{part.what!r} of {self.name!r} comes by {function!r} from {source!r}, which "
                    "the finding does not list; name it among functions, data or references."
                )

    def origin(self, part: Part) -> tuple[str, str]:
        """Return the function that computed a part, and the data or paper it comes from."""
        return part.function or self.functions[0], part.source or self.data[0]

    @property
    def verdict(self) -> str:
        """``supports``, ``contradicts`` or ``cannot tell``, by the rule of this module."""
        return joined(part.verdict for part in self.parts if part.decides)

    @property
    def cited(self) -> tuple[str, ...]:
        """Keys of all papers, each once, in order."""
        own = [p.reference for part in self.parts for p in part.published if p.reference]
        return tuple(dict.fromkeys([*own, *self.references]))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        content: dict[str, Any] = {**self.__dict__, "verdict": self.verdict}
        content["parts"] = [
            part.to_dict() | dict(zip(("function", "source"), self.origin(part), strict=True))
            for part in self.parts
        ]
        for key in ("functions", "data", "notes"):
            content[key] = list(content[key])
        return content | {"references": list(self.cited)}

    def __str__(self) -> str:
        """Return the finding as text."""
        lines = [f"{self.title} [{self.name}]: {self.verdict.upper()}", f"  claim    {self.claim}"]
        for part in self.parts:
            told = (
                f"  ({part.statement}: {part.verdict}, probability {part.probability()})"
                if part.statement
                else ""
            )
            lines.append(f"  {'decides' if part.decides else 'beside '}  {part.what}: "
                         f"{part.text()}{told}")  # fmt: skip
            lines += [f"             published {p} ({_source(p)})" for p in part.published]
        lines += [f"  why      {self.why}", f"  needs    {self.what_would_decide}"]
        return "\n".join([*lines, *(f"  note     {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        from farside.notebook import Band, Range, card, ranges  # noqa: PLC0415

        table = [
            (
                part.what,
                part.text(),
                "; ".join(map(str, part.published)),
                "" if part.statement is None else str(part.statement),
                part.verdict,
            )
            for part in self.parts
        ]
        rows = [Range(p.what[:48], p.chance) for p in self.parts if math.isfinite(p.chance)]
        bands = [Band("contradicts", 0.0, 1.0 - SURE), Band("supports", SURE, 1.0)]
        label = "probability that the statement holds"
        figure = ranges(rows, label, limits=(-0.02, 1.02), bands=bands) if rows else ""
        return card(
            f"{self.title}: {self.verdict}",
            self.claim,
            table=(("computed", "value", "published", "statement", "verdict"), table),
            figure=figure,
            text=str(self),
        )


def joined(verdicts: Iterable[str]) -> str:
    """Return the verdict on a claim from those on the statements that decide it."""
    found = set(verdicts)
    if CONTRADICTS in found:
        return CONTRADICTS
    return SUPPORTS if found == {SUPPORTS} else CANNOT_TELL


def plain(value: Any) -> Any:
    """Return a number as JSON can hold it: None for NaN and infinite ones."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _spelt(part: Part) -> str:
    """Return value and interval, rounded to a digit or two of half the interval."""
    if part.lower == part.upper:
        return f"{part.value:.4g}"
    ends = [x for x in (part.lower, part.upper) if math.isfinite(x)]
    half = 0.5 * (max(ends) - min(ends)) if len(ends) > 1 else abs(part.value)
    digits = 0
    if half > 0:
        power = math.floor(math.log10(half))
        digits = max(0, -power + (half / 10.0**power < TWO_DIGITS_BELOW))
    value, low, high = (
        f"{round(x, digits) + 0.0:.{digits}f}" if math.isfinite(x) else "beyond the model"
        for x in (part.value, part.lower, part.upper)
    )
    return f"{value} ({low} to {high})"


def _source(figure: Published) -> str:
    return ", ".join(filter(None, (figure.reference, figure.status)))


def _shown(unit: str) -> str:
    return "" if unit == "1" else unit
