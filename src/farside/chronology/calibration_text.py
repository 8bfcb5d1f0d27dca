"""The report of a recalibration, as a crater counter reads it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from farside.chronology.leave_out import AGES_GA
from farside.chronology.sites import CE6, SPA, counted_density
from farside.provenance import cite

if TYPE_CHECKING:
    from farside.chronology.calibrate import Calibration


def report(made: Calibration) -> str:
    """Return sites, convergence, parameters, changes of age and references as text."""
    parts = [_sites(made), _convergence(made), _parameters(made), _changes(made)]
    parts += [_left_out(made)] if made.left_out else []
    parts += ["\n".join(f"note: {note}" for note in made.notes)] if made.notes else []
    parts.append("\n".join(["references:", *(f"  {r}" for r in cite(*made.references))]))
    return "\n\n".join(parts)


def _sites(made: Calibration) -> str:
    sets = ", ".join(dict.fromkeys(site.set_name for site in made.sites))
    lines = [
        f"N(1) = {made.model.title}, fitted to {len(made.sites)} sites (sets {sets})",
        f"errors in age integrated over; densities {made.errors}; seed {made.seed}",
        "",
        f"{'site':26}{'side':6}{'age (Ga)':>18}{'N(1) per km2':>15}{'error':>8}",
    ]
    for s in made.sites:
        pairs = zip(s.ages_ga, s.age_sigmas_ga, strict=True)
        age = " or ".join(f"{t:.4g} ± {e:.3g}" for t, e in pairs)
        lines.append(f"{s.name:26}{s.side:6}{age:>18}{s.n1:>15.3g}{s.sigma_ln:>8.0%}")
    for name in (CE6, SPA):
        if any(s.name == name for s in made.sites):
            d = counted_density(name)
            lines.append(
                f"{name}: N(1) is {d.lowest:.3g} to {d.highest:.3g} by choice of range, outline "
                f"and production function ({d.choice:.0%}); counting adds {d.counting:.0%}"
            )
    return "\n".join(lines)


def _convergence(made: Calibration) -> str:
    d = made.draws
    verdict = "converged" if made.converged else "NOT CONVERGED"
    return (
        f"{verdict}: {d.chains} chains, {len(d.theta)} draws, R-hat at most {d.r_hat.max():.4f}, "
        f"at least {d.effective.min():.0f} effective draws, acceptance {d.acceptance:.0%}"
    )


def _parameters(made: Calibration) -> str:
    lines = [f"{'parameter':10}{'mean':>11}{'1 sigma':>11}{'95 % interval':>26}"]
    for e in made.estimates:
        span = f"{e.quantiles[0]:.4g} to {e.quantiles[4]:.4g}"
        lines.append(f"{e.name:10}{e.mean:>11.4g}{e.sigma:>11.2g}{span:>26}   {e.about}")
    names = [p.name for p in made.model.parameters]
    lines.append(f"{'correlation':10}" + "".join(f"{n:>10}" for n in names))
    lines += [
        f"{name:11}" + "".join(f"{x:>10.2f}" for x in row)
        for name, row in zip(names, made.correlation, strict=True)
    ]
    return "\n".join(lines)


def _changes(made: Calibration) -> str:
    names = list(dict.fromkeys(c.reference for c in made.changes))
    lines = [
        "ages at the same crater density, change in Ma (68 % interval):",
        f"{'age (Ga)':>9}" + "".join(f"{'against ' + n:>32}" for n in names),
    ]
    for age in dict.fromkeys(c.age_ga for c in made.changes):
        cells = [
            next(c for c in made.changes if (c.reference, c.age_ga) == (n, age)) for n in names
        ]
        shown = [
            f"{_ma(c.median_ga, age)} ({_ma(c.lower_ga, age)} to {_ma(c.upper_ga, age)})"
            for c in cells
        ]
        lines.append(f"{age:>9.2f}" + "".join(f"{x:>32}" for x in shown))
    return "\n".join(lines)


def _ma(new_ga: float, old_ga: float) -> str:
    return f"{1000 * (new_ga - old_ga):+.0f}" if math.isfinite(new_ga) else "older than 4.5 Ga"


def _left_out(made: Calibration) -> str:
    ages = "".join(f"{f'{t:g} Ga':>10}" for t in AGES_GA)
    lines = [
        "without a site: change of N(1) at an age, and where the site lies in the prediction of",
        "the others (percentile; below 2.5 or above 97.5 it disagrees with them):",
        f"{'site left out':26}{ages}{'percentile':>13}",
    ]
    for x in made.left_out:
        cells = "".join(f"{math.expm1(c):>+10.1%}" for c in x.change)
        mark = " *" if not 0.025 <= x.percentile <= 0.975 else ""
        lines.append(f"{x.site:26}{cells}{100 * x.percentile:>13.1f}{mark}")
    return "\n".join(lines)
