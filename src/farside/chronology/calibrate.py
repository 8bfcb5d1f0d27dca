"""The chronology function refitted to calibration sites, with errors in age and density."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.curves import ages_of_draws, as_chronology
from farside.chronology.leave_out import LeftOut, leave_one_out
from farside.chronology.likelihood import site_data
from farside.chronology.models import PIVOT_GA, Model, model
from farside.chronology.sampling import posterior_draws
from farside.chronology.sites import SPA, SPA_AGE_SIGMA_GA
from farside.chronology.systems import system
from farside.errors import InputError
from farside.provenance import cite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from farside.chronology.functions import Chronology
    from farside.chronology.sampling import Draws
    from farside.chronology.sites import Site

COMPARED = ("neukum1983", "yue2022")
COMPARED_AGES_GA = (0.1, 0.5, 1.0, 1.5, 2.0, 2.5, 2.83, 3.0, 3.5, 3.8, 3.9, 4.0, 4.1, 4.2, 4.3)
R_HAT_MAX, ESS_MIN = 1.01, 400.0
_THIN = 6000
_REFERENCES = ("neukum1983", "stoffler2001", "foremanmackey2013", "vehtari2021")
_OF_SET = {
    "lefeuvre-wieczorek-2011": ("lefeuvre2011",),
    "change-5": ("li2021", "yue2022"),
    "change-6": ("cui2024", "zhang2024", "su2025", "head2010", "kneissl2016"),
}


@dataclass(frozen=True)
class Estimate:
    """A parameter: mean, one sigma, and the quantiles 2.5, 16, 50, 84 and 97.5 %."""

    name: str
    about: str
    mean: float
    sigma: float
    quantiles: tuple[float, float, float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate for JSON."""
        return self.__dict__ | {"quantiles": list(self.quantiles)}


@dataclass(frozen=True)
class AgeChange:
    """What an age by a published system becomes, at the same crater density.

    Parameters
    ----------
    reference : published system
    age_ga : age by it
    median_ga, lower_ga, upper_ga : age by the fit, and its 68 % interval; infinite beyond 4.5 Ga
    """

    reference: str
    age_ga: float
    median_ga: float
    lower_ga: float
    upper_ga: float

    @property
    def change_ma(self) -> float:
        """Median change, Ma."""
        return 1000 * (self.median_ga - self.age_ga)

    def to_dict(self) -> dict[str, Any]:
        """Return the change for JSON; None where beyond 4.5 Ga."""
        out = self.__dict__ | {"change_ma": self.change_ma}
        return {k: v if isinstance(v, str) or math.isfinite(v) else None for k, v in out.items()}


@dataclass(frozen=True)
class Calibration:
    """A chronology function refitted to sites.

    Parameters
    ----------
    model : family, with priors
    sites : used
    errors : distribution of the densities, ``lognormal`` or ``poisson``
    seed : of the draws
    estimates : parameters as drawn, then a (its log10), b and c as published functions state them
    correlation : of the parameters as drawn, rows
    draws : of the posterior
    changes : of ages, against published systems
    left_out : the fit without each site; empty when not asked for
    notes : what to know before the fit is used
    """

    model: Model
    sites: tuple[Site, ...]
    errors: str
    seed: int
    estimates: tuple[Estimate, ...]
    correlation: tuple[tuple[float, ...], ...]
    draws: Draws = field(repr=False)
    changes: tuple[AgeChange, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether R-hat is at most 1.01 and each parameter has 400 effective draws."""
        draws = self.draws
        return bool(draws.r_hat.max() <= R_HAT_MAX and draws.effective.min() >= ESS_MIN)

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of the references that the fit rests on."""
        sets = {site.set_name for site in self.sites}
        keys = {key for name in sets for key in _OF_SET.get(name, ())}
        return tuple(sorted({*_REFERENCES, *keys}))

    def chronology(self, name: str = "fit", title: str = "") -> Chronology:
        """Return the fit as a chronology function that states its own error."""
        about = {"status": f"fitted to {len(self.sites)} sites", "note": "; ".join(self.notes)}
        return as_chronology(self.model, self.draws.theta, name, title or self.model.title, **about)

    def to_dict(self) -> dict[str, Any]:
        """Return the calibration for JSON, without its draws."""
        return {
            "model": self.model.name,
            "formula": self.model.title,
            "priors": {p.name: [p.low, p.high] for p in self.model.parameters},
            "errors": self.errors,
            "seed": self.seed,
            "sites": [site.to_dict() for site in self.sites],
            "estimates": [e.to_dict() for e in self.estimates],
            "correlation": [list(row) for row in self.correlation],
            "covariance": np.cov(self.draws.theta, rowvar=False).tolist(),
            "convergence": {
                "chains": self.draws.chains,
                "draws": len(self.draws.theta),
                "r_hat": self.draws.r_hat.tolist(),
                "effective": self.draws.effective.tolist(),
                "acceptance": self.draws.acceptance,
                "converged": self.converged,
            },
            "age_changes": [c.to_dict() for c in self.changes],
            "leave_one_out": [x.to_dict() for x in self.left_out],
            "notes": list(self.notes),
            "references": [str(r) for r in cite(*self.references)],
        }

    def __str__(self) -> str:
        """Return the calibration as a report."""
        from farside.chronology.calibration_text import report  # noqa: PLC0415

        return report(self)

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        table = [(e.name, f"{e.mean:.4g} ± {e.sigma:.2g}", e.about) for e in self.estimates]
        rows = [
            Range(
                f"{c.age_ga:g} Ga by {c.reference}",
                c.change_ma,
                1000 * (c.lower_ga - c.age_ga),
                1000 * (c.upper_ga - c.age_ga),
            )
            for c in self.changes
            if c.reference == self.changes[0].reference
        ]
        return card(
            f"{self.model.title}, fitted to {len(self.sites)} sites",
            "" if self.converged else "the chains have not converged: take more steps",
            table=(("parameter", "mean ± 1 sigma", ""), table),
            figure=ranges(rows, "change of an age, Ma, 68 %", marks=[0.0]) if rows else "",
            notes=self.notes,
            text=str(self),
        )


def calibrate(
    sites: Sequence[Site],
    family: str = "exponential",
    *,
    errors: str = "lognormal",
    scatter: bool = True,
    priors: Mapping[str, tuple[float, float]] | None = None,
    seed: int = 0,
    leave_out: bool = True,
    **sampler: int,
) -> Calibration:
    """Return a chronology function fitted to calibration sites.

    The posterior of the parameters, priors uniform, with the likelihood of
    `farside.chronology.likelihood`: age errors are integrated over, densities are lognormal or
    Poisson. Four independent ensembles are compared for convergence.

    Parameters
    ----------
    sites : `farside.chronology.sites.calibration_sites`
    family : one of `farside.chronology.models.model_names`
    errors : ``lognormal`` or ``poisson``
    scatter : let sites scatter beyond their stated errors, by an amount that is found
    priors : other limits of the priors, by parameter
    seed : the same seed gives the same fit
    leave_out : also say what each site does
    sampler : ``chains``, ``steps``, ``burn`` of `farside.chronology.sampling.posterior_draws`

    Raises
    ------
    InputError
        for fewer sites than parameters, a site that occurs twice, or priors that exclude the sites
    UnknownNameError
        for another family, distribution or parameter

    Examples
    --------
    >>> from farside.chronology.calibrate import calibrate
    >>> from farside.chronology.sites import calibration_sites
    >>> fit = calibrate(calibration_sites(), steps=100, burn=100, leave_out=False)
    >>> [e.name for e in fit.estimates]
    ['x', 'b', 'ln_c', 'scatter', 'log10_a', 'c']
    """
    chosen = model(family, priors, scatter=scatter)
    data = site_data(sites, errors)
    if len(sites) < len(chosen.parameters):
        raise InputError(
            f"{len(sites)} site{'s' * (len(sites) > 1)} cannot fix the {len(chosen.parameters)} "
            f"parameters of the model {family!r}; give at least as many sites as parameters."
        )
    draws = posterior_draws(chosen, data, seed=seed, **sampler)
    out = leave_one_out(chosen, draws.theta, sites, errors, seed) if leave_out else ()
    made = Calibration(
        chosen,
        tuple(sites),
        errors,
        seed,
        _estimates(chosen, draws),
        tuple(map(tuple, np.atleast_2d(np.corrcoef(draws.theta, rowvar=False)).tolist())),
        draws,
        _changes(chosen, draws),
        out,
    )
    return _with_notes(made)


def _estimates(family: Model, draws: Draws) -> tuple[Estimate, ...]:
    theta = draws.theta
    ln_a = theta[:, 0] - np.log(np.expm1(theta[:, 1] * PIVOT_GA))
    columns = [(p.name, p.about, theta[:, i]) for i, p in enumerate(family.parameters)]
    columns += [
        ("log10_a", "log10 of a in a (exp(bT) - 1) + cT, per km2", ln_a / np.log(10.0)),
        ("c", "constant rate, per km2 per Ga", np.exp(theta[:, 2])),
    ]
    return tuple(
        Estimate(
            name,
            about,
            float(x.mean()),
            float(x.std(ddof=1)),
            tuple(np.quantile(x, (0.025, 0.16, 0.5, 0.84, 0.975)).tolist()),
        )
        for name, about, x in columns
    )


def _changes(family: Model, draws: Draws) -> tuple[AgeChange, ...]:
    step = max(1, len(draws.theta) // _THIN)
    theta = draws.theta[::step]
    out = []
    for name in COMPARED:
        n1 = system(name).chronology.n1(1000 * np.array(COMPARED_AGES_GA))
        ages = ages_of_draws(family, theta, n1)
        low, middle, high = np.quantile(ages, (0.16, 0.5, 0.84), axis=0, method="nearest")
        rows = zip(COMPARED_AGES_GA, middle, low, high, strict=True)
        out += [AgeChange(name, t, float(m), float(a), float(b)) for t, m, a, b in rows]
    return tuple(out)


def _with_notes(made: Calibration) -> Calibration:
    from dataclasses import replace  # noqa: PLC0415

    notes = []
    if not made.converged:
        notes.append(
            f"not converged: R-hat {made.draws.r_hat.max():.3f}, "
            f"{made.draws.effective.min():.0f} effective draws; give more steps"
        )
    unverified = sum("unverified" in site.status for site in made.sites)
    if unverified:
        notes.append(f"densities or ages of {unverified} sites are unverified; see their status")
    if any("is taken" in site.status for site in made.sites):
        notes.append(
            f"the age error of {SPA}, {SPA_AGE_SIGMA_GA:g} Ga, is taken: its source states 4.25 Ga "
            "without one"
        )
    if any("no error is published" in site.source for site in made.sites):
        notes.append("a list without published errors takes the relative errors of neukum's")
    ends = np.quantile(made.draws.theta, (0.005, 0.995), axis=0)
    for p, low, high in zip(made.model.parameters, *ends, strict=True):
        edge = 0.002 * (p.high - p.low)
        low_bound = low < p.low + edge and p.name != "scatter"  # no scatter is no bound
        if low_bound or high > p.high - edge:
            notes.append(f"the prior bounds the posterior of {p.name}: {p.low:.3g} to {p.high:.3g}")
    return replace(made, notes=tuple(notes))
