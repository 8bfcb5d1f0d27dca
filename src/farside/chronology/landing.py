"""What a new landing site would tell: expected information before anyone flies there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from farside.chronology.evidence import evidence
from farside.chronology.hypotheses import NAMES, SMOOTH
from farside.chronology.likelihood import site_data
from farside.chronology.models import TITLES, model
from farside.chronology.sites import calibration_sites
from farside.chronology.symmetry import WIDEST, flux_symmetry
from farside.errors import InputError, UnknownNameError
from farside.progress import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from farside.chronology.evidence import Evidence
    from farside.chronology.sites import Site

AGES_GA = (0.5, 1.0, 2.0, 3.0, 3.5, 3.7, 3.8, 3.9, 4.0, 4.1, 4.2, 4.3)
SIGMA_LN, SIGMA_GA = 0.1, 0.01
_GRID, _REACH = 1201, 6.0
_STEPS = 500


@dataclass(frozen=True)
class Candidate:
    """A site that might be sampled.

    Parameters
    ----------
    name : of the place
    side : ``near`` or ``far``
    age_ga : its age, as guessed from its craters, Ga
    sigma_ln : one sigma of ln N(1) that a careful count would reach
    sigma_ga : one sigma of the radiometric age, Ga
    """

    name: str
    side: str
    age_ga: float
    sigma_ln: float = SIGMA_LN
    sigma_ga: float = SIGMA_GA

    def __post_init__(self) -> None:
        if self.side not in ("near", "far"):
            raise UnknownNameError.of("side", self.side, ("near", "far"))
        if not (0 < self.age_ga < 4.5 and self.sigma_ln > 0 and self.sigma_ga >= 0):
            raise InputError(
                f"the candidate {self.name!r} has the age {self.age_ga:g} Ga and the errors "
                f"{self.sigma_ln:g} of ln N(1), {self.sigma_ga:g} Ga; give an age of 0-4.5 Ga and "
                "errors above 0."
            )


@dataclass(frozen=True)
class Promise:
    """What a candidate is expected to tell.

    Parameters
    ----------
    candidate : the site
    curve_bits : expected information on the curve of the exponential model, bits
    ratio_bits : expected information on the hemispheric flux ratio, bits; 0 on the near side
    model_bits : expected information on which model is true, bits; 2 would settle it among four
    decides : expected ln Bayes factor for the truth between a smooth decline and a late
        bombardment: the mean over either being true, of the pair of models hardest to tell apart
    """

    candidate: Candidate
    curve_bits: float
    ratio_bits: float
    model_bits: float
    decides: float

    def to_dict(self) -> dict[str, Any]:
        """Return the promise for JSON."""
        return self.__dict__ | {"candidate": dict(self.candidate.__dict__)}


@dataclass(frozen=True)
class Landing:
    """Candidate landing sites by what they are expected to tell."""

    promises: tuple[Promise, ...]

    @property
    def verdict(self) -> str:
        """Which site would decide what, in words."""
        best = max(self.promises, key=lambda p: p.decides)
        ratio = max(self.promises, key=lambda p: p.ratio_bits)
        curve = max(self.promises, key=lambda p: p.curve_bits)
        enough = "may decide" if best.decides >= 3 else "will hardly decide alone"
        return (
            f"Late bombardment: most is told by {_named(best)}, an expected ln B of "
            f"{best.decides:.1f}: one such site {enough} (3 is strong evidence). Flux ratio: "
            f"{_named(ratio)} ({ratio.ratio_bits:.2f} bits). Curve: {_named(curve)} "
            f"({curve.curve_bits:.2f} bits). The age of each candidate is taken as given."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the promises for JSON."""
        return {"promises": [p.to_dict() for p in self.promises], "verdict": self.verdict}

    def __str__(self) -> str:
        """Return a table and the verdict."""
        heads = ("curve", "ratio", "model", "E ln B")
        lines = [
            f"{'candidate':24}{'side':6}{'age (Ga)':>9}" + "".join(f"{h:>8}" for h in heads),
            f"{'':39}{'bits':>8}{'bits':>8}{'bits':>8}",
        ]
        lines += [
            f"{p.candidate.name:24}{p.candidate.side:6}{p.candidate.age_ga:>9.2f}"
            f"{p.curve_bits:>8.2f}{p.ratio_bits:>8.2f}{p.model_bits:>8.2f}{p.decides:>8.2f}"
            for p in self.promises
        ]
        return "\n".join([*lines, "", self.verdict])


def _named(p: Promise) -> str:
    return f"{p.candidate.name} ({p.candidate.side} side)"


def parse_candidate(text: str) -> Candidate:
    """Return a candidate from ``NAME,SIDE,AGE_GA``.

    Raises
    ------
    InputError
        when the text has other parts

    Examples
    --------
    >>> from farside.chronology.landing import parse_candidate
    >>> parse_candidate("Orientale melt,far,3.8").age_ga
    3.8
    """
    parts = [part.strip() for part in text.rsplit(",", 2)]
    try:
        name, side, age = parts
        return Candidate(name, side, float(age))
    except ValueError as error:
        raise InputError(
            f"a candidate is NAME,SIDE,AGE_GA such as 'Orientale melt,far,3.8', not {text!r}."
        ) from error


def default_candidates() -> tuple[Candidate, ...]:
    """Return surfaces of ages from 0.5 to 4.3 Ga on both sides, of no name."""
    return tuple(
        Candidate(f"a surface of {age:g} Ga", side, age)
        for side, age in product(("near", "far"), AGES_GA)
    )


def expected_information(
    candidates: Sequence[Candidate] | None = None,
    sites: Sequence[Site] | None = None,
    *,
    seed: int = 0,
    particles: int = 1000,
    say: Callable[[str], None] = lambda _: None,
) -> Landing:
    """Return what candidate landing sites are expected to tell, most decisive first.

    The outcome is ln N(1) at the site's age, with the errors of count and age and the scatter
    between sites. Its predictive density under a model is the mixture over the posterior; the
    expected information on a quantity is the entropy of the predictive less the mean entropy once
    the quantity is known (mutual information), by quadrature in one dimension. On the far side the
    flux ratio is unknown too, with its posterior from the far-side sites.

    Parameters
    ----------
    candidates : sites; `default_candidates` when None
    sites : calibration sites at hand; the default sets when None
    seed : of the draws
    particles : of each model
    say : told what is being done
    """
    asked = tuple(candidates) if candidates is not None else default_candidates()
    if not asked:
        raise InputError("name at least one candidate landing site.")
    known = tuple(sites) if sites is not None else calibration_sites()
    data = site_data(known)
    found: dict[str, Evidence] = {}
    for name in counted(NAMES, lambda name: f"posterior: {TITLES[name]}", say):
        found[name] = evidence(model(name), data, seed=seed, runs=2, particles=particles)
    say("posterior of the flux ratio")
    ratio = _ratio_sigma(known, seed)
    promises = [_promise(c, found, ratio) for c in asked]
    return Landing(tuple(sorted(promises, key=lambda p: -p.decides)))


def _ratio_sigma(sites: tuple[Site, ...], seed: int) -> float:
    """Return one sigma of ln of the flux ratio as it is known now; of its prior if it is not."""
    if not any(s.side == "far" for s in sites):
        return 2 * WIDEST / 12**0.5
    joint = max(flux_symmetry(sites, seed=seed, steps=_STEPS).ratios, key=lambda r: len(r.sites))
    return float(np.log(joint.upper / joint.lower) / 2)


def _promise(candidate: Candidate, found: dict[str, Evidence], ratio: float) -> Promise:
    age = np.array([candidate.age_ga])
    ratio = ratio if candidate.side == "far" else 0.0
    means, sigmas = {}, {}
    for name, e in found.items():
        family = model(name)
        step = 0.005
        ends = np.log(family.density(e.theta, age + np.array([-step, 0.0, step])))
        means[name] = ends[:, 1]
        slope = (ends[:, 2] - ends[:, 0]) / (2 * step)
        noise = candidate.sigma_ln**2 + (slope * candidate.sigma_ga) ** 2
        sigmas[name] = np.sqrt(noise + family.scatter_of(e.theta)[:, 0] ** 2 + ratio**2)
    reach = _REACH * max(float(s.max()) for s in sigmas.values())
    every = np.concatenate(list(means.values()))
    x = np.linspace(every.min() - reach, every.max() + reach, _GRID)
    predictive = {n: _mixture(x, means[n], sigmas[n]) for n in found}
    base = "exponential"
    bare = np.sqrt(np.maximum(sigmas[base] ** 2 - ratio**2, 1e-12))
    curve = _entropy(x, predictive[base]) - float(np.log(sigmas[base]).mean()) - _UNIT
    flux = _entropy(x, predictive[base]) - _entropy(x, _mixture(x, means[base], bare))
    mixed = np.mean(list(predictive.values()), axis=0)
    models = _entropy(x, mixed) - float(np.mean([_entropy(x, p) for p in predictive.values()]))
    bits = np.log(2.0)
    return Promise(
        candidate, max(curve, 0.0) / bits, max(flux, 0.0) / bits, max(models, 0.0) / bits,
        _decides(x, predictive),
    )  # fmt: skip


_UNIT = 0.5 * float(np.log(2 * np.pi * np.e))  # entropy of a normal of one sigma = 1


def _mixture(
    x: NDArray[np.float64], mean: NDArray[np.float64], sigma: NDArray[np.float64]
) -> NDArray[np.float64]:
    z = (x[:, None] - mean) / sigma
    return np.asarray((np.exp(-0.5 * z**2) / (sigma * np.sqrt(2 * np.pi))).mean(axis=1))


def _entropy(x: NDArray[np.float64], p: NDArray[np.float64]) -> float:
    return float(-np.trapezoid(special.xlogy(p, p), x))


def _decides(x: NDArray[np.float64], predictive: dict[str, NDArray[np.float64]]) -> float:
    """Return the expected ln Bayes factor for the truth, of the pair hardest to tell apart."""
    pairs = [(a, b) for a in SMOOTH for b in predictive if b not in SMOOTH]
    total = [
        np.trapezoid(special.rel_entr(predictive[t], predictive[f] + 1e-300), x)
        for a, b in pairs
        for t, f in ((a, b), (b, a))
    ]
    return float(np.min(np.reshape(total, (len(pairs), 2)).mean(axis=1)))
