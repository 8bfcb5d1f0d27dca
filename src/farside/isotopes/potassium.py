r"""Potassium isotopes: delta 41K and how much potassium a heating event took away.

:math:`\delta^{41}K = (R_{sample} / R_{SRM\,3141a} - 1) \times 1000`, R = 41K/39K. Rayleigh
distillation into a vapour that is removed: :math:`R / R_0 = f^{\alpha - 1}`, f the fraction of
potassium that remains, alpha the fractionation factor of vapour against melt. Evaporation leaves
the heavy isotope behind: alpha below 1, an offset above 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError, UnknownNameError
from farside.provenance import cite

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

PER_MIL = 1000.0
MASSES = {39: 38.963706486, 40: 39.963998166, 41: 40.961825258}
"""Masses of potassium isotopes, u (atomic mass evaluation of 2020)."""
FREE_EVAPORATION = float(np.sqrt(MASSES[39] / MASSES[41]))
"""alpha of atoms that leave into a vacuum, the root of the mass ratio: 0.97531."""
DRAWS = 20_000


MOST_OFFSET = 500.0
"""Per mil; a delta reaches -1000 where no 41K is left, and rocks differ by less than one."""


@dataclass(frozen=True)
class Alpha:
    """A fractionation factor as a distribution: normal, or uniform where `upper` is given.

    Parameters
    ----------
    name : how it is chosen
    value : mean, or lower end of a uniform distribution
    sigma : one sigma; 0 where none is published
    upper : upper end of a uniform distribution
    about : what it is
    reference : key of its paper, empty for a relation of masses
    """

    name: str
    value: float
    sigma: float = 0.0
    upper: float | None = None
    about: str = ""
    reference: str = ""

    @property
    def centre(self) -> float:
        """Return the mean."""
        return self.value if self.upper is None else 0.5 * (self.value + self.upper)

    def draw(self, rng: np.random.Generator, size: int) -> Float:
        """Return random values."""
        if self.upper is not None:
            return rng.uniform(self.value, self.upper, size)
        return rng.normal(self.value, self.sigma, size)


ALPHAS = {
    alpha.name: alpha
    for alpha in (
        Alpha(
            "basaltic-melt",
            0.9944,
            about="evaporation of basaltic melt at 1 atm (abstract; no error stated there)",
            reference="neuman2022",
        ),
        Alpha("free", FREE_EVAPORATION, about="free evaporation of K atoms, (39/41)^(1/2)"),
        Alpha(
            "between",
            FREE_EVAPORATION,
            upper=0.9944,
            about="anything between free evaporation and the 1 atm experiment, uniform",
            reference="neuman2022",
        ),
    )
}
"""Fractionation factors by name."""


@dataclass(frozen=True)
class Delta:
    """A published delta 41K on NIST SRM 3141a, per mil.

    Parameters
    ----------
    value, error : per mil, as printed
    level : of `error`: ``"1s"``, ``"2s"`` or ``"unstated"``; the last is taken as one sigma, the
        wider reading
    reference : key of its paper
    """

    value: float
    error: float
    level: str
    reference: str

    @property
    def sigma(self) -> float:
        """One standard deviation, per mil."""
        return self.error / 2.0 if self.level == "2s" else self.error


# As a document of the mission gives it; the paper was not read beyond its abstract.
CE6_BASALT = Delta(0.038, 0.044, "unstated", "tian2026")
APOLLO_MARE = Delta(-0.07, 0.09, "2s", "tian2020")


@dataclass(frozen=True)
class Offset:
    """How much heavier the far side is than the near side, per mil.

    Parameters
    ----------
    name : how it is chosen
    value, sigma : per mil, one sigma
    about : what was taken from what, and how sure the error is
    references : keys of papers
    """

    name: str
    value: float
    sigma: float
    about: str
    references: tuple[str, ...]


def difference(sample: Delta, reference: Delta) -> tuple[float, float]:
    """Return the difference of two deltas and its one sigma, per mil.

    Examples
    --------
    >>> value, sigma = difference(CE6_BASALT, APOLLO_MARE)
    >>> round(value, 3), round(sigma, 4)
    (0.108, 0.0629)
    """
    return sample.value - reference.value, float(np.hypot(sample.sigma, reference.sigma))


_VALUE, _SIGMA = difference(CE6_BASALT, APOLLO_MARE)
OFFSETS = {
    offset.name: offset
    for offset in (
        Offset(
            "mission",
            0.16,
            _SIGMA,
            "figure given by the mission, Chang'e-6 against Apollo; it comes without an error, "
            "that of the offset 'apollo-mean' is used",
            ("tian2026",),
        ),
        Offset(
            "apollo-mean",
            round(_VALUE, 6),
            _SIGMA,
            "0.038 ± 0.044 (mission document, level not stated, taken as 1 sigma) minus the "
            "Apollo mare mean -0.07 ± 0.09 (2 SD)",
            ("tian2026", "tian2020"),
        ),
    )
}
"""The two published offsets by name."""

COUNTER_EVIDENCE = (
    "Dai et al. (2025) find Zn and K isotopes of lunar basaltic meteorites, some possibly from the "
    "far side, alike at all Th contents: no offset, no loss by basin-forming impacts. The "
    "Chang'e-6 figure rests on four small fragments of one site."
)


def delta41k(
    sample: ArrayLike, sample_1s: ArrayLike, before: ArrayLike, after: ArrayLike, standard_1s: float
) -> tuple[Float, Float]:
    """Return delta 41K of samples bracketed by the standard, and its one sigma, per mil.

    Parameters
    ----------
    sample, sample_1s : measured 41K/39K and one sigma, shape ``(n,)``
    before, after : 41K/39K of NIST SRM 3141a before and after each sample, shape ``(n,)``
    standard_1s : one sigma of one measurement of the standard

    Raises
    ------
    InputError
        when a ratio is not above 0
    """
    r, s = np.asarray(sample, float), np.asarray(sample_1s, float)
    first, last = np.asarray(before, float), np.asarray(after, float)
    if not ((r > 0).all() and (first > 0).all() and (last > 0).all()):
        raise InputError("41K/39K must be above 0.")
    standard = 0.5 * (first + last)
    ratio = r / standard
    sigma = ratio * np.hypot(s / r, standard_1s / np.sqrt(2.0) / standard)
    return (ratio - 1.0) * PER_MIL, sigma * PER_MIL


def remaining(offset_per_mil: Any, alpha: Any) -> Any:
    """Return the fraction of potassium that remains after Rayleigh loss.

    Parameters
    ----------
    offset_per_mil : delta after minus delta before, per mil
    alpha : fractionation factor, not 1

    Examples
    --------
    >>> round(100 * (1 - float(remaining(0.16, 0.9944))), 1)
    2.8
    """
    return np.exp(np.log1p(np.asarray(offset_per_mil) / PER_MIL) / (np.asarray(alpha) - 1.0))


def offset_after(fraction: Any, alpha: Any) -> Any:
    """Return the offset, per mil, that Rayleigh loss down to a fraction leaves."""
    return (np.asarray(fraction) ** (np.asarray(alpha) - 1.0) - 1.0) * PER_MIL


@dataclass(frozen=True)
class Loss:
    """Potassium lost for one offset and one fractionation factor, percent.

    Parameters
    ----------
    offset, alpha : names
    offset_per_mil, offset_1s : the offset
    alpha_value : centre of the distribution of alpha
    lost_percent : at the centres
    interval : 95 %, of draws; below 0 means a gain
    chance_of_loss : share of draws with any loss
    """

    offset: str
    alpha: str
    offset_per_mil: float
    offset_1s: float
    alpha_value: float
    lost_percent: float
    interval: tuple[float, float]
    chance_of_loss: float


@dataclass(frozen=True)
class Losses:
    """All losses asked for, with what speaks against them."""

    losses: tuple[Loss, ...]
    notes: tuple[str, ...]
    references: tuple[str, ...]
    counter_evidence: str = COUNTER_EVIDENCE

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        rows = [{**loss.__dict__, "interval": list(loss.interval)} for loss in self.losses]
        return {
            "losses": rows,
            "notes": list(self.notes),
            "references": list(self.references),
            "counter_evidence": self.counter_evidence,
        }

    def __str__(self) -> str:
        """Return a table."""
        head = f"{'offset':<12} {'per mil':>15}  {'alpha':<14} {'':<8} {'K lost %':>8}  95 %"
        rows = [
            f"{loss.offset:<12} {loss.offset_per_mil:+6.3f} ± {loss.offset_1s:.3f}  "
            f"{loss.alpha:<14} {loss.alpha_value:<8.5f} {loss.lost_percent:8.2f}  "
            f"{loss.interval[0]:.2f} to {loss.interval[1]:.2f}"
            f"  (loss in {100 * loss.chance_of_loss:.0f} % of draws)"
            for loss in self.losses
        ]
        notes = [f"note     {note}" for note in self.notes]
        against = [f"against  {self.counter_evidence}"]
        return "\n".join([head, *rows, *notes, *against, *(f"cite     {r}" for r in self._cite())])

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        table = [
            (
                loss.offset,
                loss.alpha,
                f"{loss.lost_percent:.2f}",
                f"{loss.interval[0]:.2f} to {loss.interval[1]:.2f}",
            )
            for loss in self.losses
        ]
        rows = [
            Range(f"{loss.offset}, {loss.alpha}", loss.lost_percent, *loss.interval)
            for loss in self.losses
        ]
        return card(
            "potassium lost by the far-side mantle",
            table=(("offset", "alpha", "lost, %", "95 %"), table),
            figure=ranges(rows, "lost, % (below 0: gained)", marks=[0.0]),
            notes=(f"against it: {self.counter_evidence}",),
            text=str(self),
        )

    def _cite(self) -> list[Any]:
        return list(cite(*self.references))


def lost(
    offsets: tuple[Offset, ...] | None = None,
    alphas: tuple[Alpha, ...] | None = None,
    *,
    seed: int = 0,
) -> Losses:
    """Return the potassium lost for each offset and each fractionation factor.

    Parameters
    ----------
    offsets : the published ones when left out
    alphas : those of `ALPHAS` when left out
    seed : of the draws

    Raises
    ------
    InputError
        when an alpha reaches 1, an error is negative, or an offset is no possible delta
    """
    chosen = offsets or tuple(OFFSETS.values())
    factors = alphas or tuple(ALPHAS.values())
    rng = np.random.default_rng(seed)
    found = tuple(_lost(offset, alpha, rng) for offset in chosen for alpha in factors)
    notes = [f"offset {o.name}: {o.about}" for o in chosen]
    notes += [f"alpha {a.name}: {a.about}" for a in factors]
    keys = {key for o in chosen for key in o.references} | {a.reference for a in factors}
    return Losses(found, tuple(notes), tuple(sorted((keys | {"dai2025"}) - {""})))


def _lost(offset: Offset, alpha: Alpha, rng: np.random.Generator) -> Loss:
    figures = (offset.value, offset.sigma, alpha.value, alpha.sigma)
    if not np.isfinite(figures).all() or offset.sigma < 0 or alpha.sigma < 0:
        raise InputError(
            "an offset or alpha is no number, or an error is negative; give one standard deviation."
        )
    reach = abs(offset.value) + 6 * offset.sigma
    if reach >= MOST_OFFSET:
        raise InputError(
            f"offset {offset.name} reaches {reach:.4g} per mil; offsets of potassium are some "
            f"tenths of a per mil, and below {MOST_OFFSET:g} here."
        )
    highest = alpha.upper if alpha.upper is not None else alpha.value + 4 * alpha.sigma
    if highest >= 1.0 or alpha.value <= 0.0:
        raise InputError(
            f"alpha {alpha.name} reaches {highest:.5g}; evaporation needs a factor above 0 and "
            "safely below 1 (vapour against melt, 41K/39K)."
        )
    draws = remaining(rng.normal(offset.value, offset.sigma, DRAWS), alpha.draw(rng, DRAWS))
    gone = 100.0 * (1.0 - draws)
    low, high = np.percentile(gone, [2.5, 97.5])
    return Loss(
        offset.name,
        alpha.name,
        offset.value,
        offset.sigma,
        alpha.centre,
        100.0 * float(1.0 - remaining(offset.value, alpha.centre)),
        (float(low), float(high)),
        float((gone > 0).mean()),
    )


def offset_of(name: str) -> Offset:
    """Return a published offset by name; `UnknownNameError` where there is none."""
    if name not in OFFSETS:
        raise UnknownNameError.of("offset", name, OFFSETS)
    return OFFSETS[name]


def alpha_of(name: str) -> Alpha:
    """Return a fractionation factor by name; `UnknownNameError` where there is none."""
    if name not in ALPHAS:
        raise UnknownNameError.of("fractionation factor", name, ALPHAS)
    return ALPHAS[name]
