"""Calibration sites: surfaces with a radiometric age and a crater density, both with errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets._tables import _load
from farside.datasets.chronology import load_calibration_sites
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

SETS = ("neukum", "lefeuvre-wieczorek-2011", "change-5", "change-6")
"""``neukum``: densities of Neukum (1983) at the ages of Stöffler and Ryder (2001);
``lefeuvre-wieczorek-2011``: their densities, without published errors."""
DEFAULT_SETS = ("neukum", "change-5", "change-6")
CE6_AGES = ("both", "cui2024", "zhang2024")
CE6, SPA, CE5 = "Chang'e-6 basalt", "South Pole-Aitken", "Chang'e-5"
SPA_AGE_SIGMA_GA = 0.01
"""Taken, not published: the abstract of Su et al. (2025) states 4.25 Ga to two decimals and no
error, so that this is one unit of its last figure."""
_CE6_ROWS = {
    "cui2024": "Chang'e-6 basalt (Cui 2024)",
    "zhang2024": "Chang'e-6 basalt (Zhang 2024)",
}
_SPA_ROW = "South Pole-Aitken (Chang'e-6 norite)"


@dataclass(frozen=True)
class Site:
    """A calibration site.

    Parameters
    ----------
    name : of the site
    side : ``near`` or ``far``
    ages_ga, age_sigmas_ga : published ages and their one sigma, Ga; where there are several, each
        counts the same: the site is one, its age is one of them
    n1 : density of craters of at least 1 km, per km2
    sigma_ln : one sigma of ln `n1`
    set_name : list that the density is of
    source : of age and density
    status : what was checked
    """

    name: str
    side: str
    ages_ga: tuple[float, ...]
    age_sigmas_ga: tuple[float, ...]
    n1: float
    sigma_ln: float
    set_name: str
    source: str = ""
    status: str = ""

    def __post_init__(self) -> None:
        ages, sigmas = np.array(self.ages_ga), np.array(self.age_sigmas_ga)
        if not (ages.size == sigmas.size > 0 and (ages > 0).all() and (ages < 4.6).all()):
            raise InputError(
                f"the site {self.name!r} has the ages {self.ages_ga} Ga; each must be above 0 and "
                "below 4.6 Ga, with an error."
            )
        if not ((sigmas >= 0).all() and np.isfinite(sigmas).all()):
            raise InputError(f"an age error of {self.name!r} is negative or missing; give Ga.")
        if not (0 < self.n1 < math.inf and 0 < self.sigma_ln < math.inf):
            raise InputError(
                f"the site {self.name!r} has N(1) = {self.n1:g} +/- {self.sigma_ln:.0%}; both must "
                "be above 0."
            )
        if self.side not in ("near", "far"):
            raise UnknownNameError.of("side", self.side, ("near", "far"))

    @property
    def age_ga(self) -> float:
        """Mean of the published ages, Ga."""
        return float(np.mean(self.ages_ga))

    def to_dict(self) -> dict[str, Any]:
        """Return the site for JSON."""
        return {
            "name": self.name,
            "side": self.side,
            "ages_ga": list(self.ages_ga),
            "age_sigmas_ga": list(self.age_sigmas_ga),
            "n1": self.n1,
            "sigma_ln_n1": self.sigma_ln,
            "set": self.set_name,
            "source": self.source,
            "status": self.status,
        }


@dataclass(frozen=True)
class CountedDensity:
    """N(1) of a site from counts, over all choices of how to count.

    Parameters
    ----------
    site : name
    n1 : geometric mean over the choices, per km2
    counting, choice : one sigma of ln `n1` by the number of craters, and by the choice of diameter
        range, outline and production function (standard deviation over the choices)
    lowest, highest : the extremes over the choices, per km2
    rows : the choices, of the table ``chronology_calibration``
    """

    site: str
    n1: float
    counting: float
    choice: float
    lowest: float
    highest: float
    rows: pd.DataFrame

    @property
    def sigma_ln(self) -> float:
        """One sigma of ln N(1): counting and choice."""
        return math.hypot(self.counting, self.choice)


def load_counted() -> pd.DataFrame:
    """Return the densities of the far-side sites by range of diameter, method and production."""
    return _load("chronology_calibration")


@cache
def counted_density(site: str, production: str | None = None) -> CountedDensity:
    """Return N(1) of a site from the counts that are kept with the package.

    No choice of range, outline or production function is singled out: the density is the mean of
    ln N(1) over them, and their standard deviation is an error of its own beside that of counting.

    Parameters
    ----------
    site : ``Chang'e-6 basalt`` or ``South Pole-Aitken``
    production : take one production function as true, so that it adds no error

    Raises
    ------
    UnknownNameError
        for another site or production function
    """
    table = load_counted()
    if site not in set(table["site"]):
        raise UnknownNameError.of("counted site", site, table["site"])
    rows = table[(table["site"] == site) & table["used"]]
    if production is not None:
        if production not in set(rows["production"]):
            raise UnknownNameError.of("production function", production, rows["production"])
        rows = rows[rows["production"] == production]
    ln = np.log(rows["n1"].to_numpy())
    return CountedDensity(
        site,
        float(np.exp(ln.mean())),
        float(np.sqrt((rows["counting_1s"].to_numpy() ** 2).mean())),
        float(ln.std(ddof=1)),
        float(np.exp(ln.min())),
        float(np.exp(ln.max())),
        rows,
    )


def calibration_sites(
    sets: Sequence[str] = DEFAULT_SETS,
    *,
    only: Sequence[str] = (),
    without: Sequence[str] = (),
    ce6_age: str = "both",
    spa_production: str | None = None,
) -> tuple[Site, ...]:
    """Return calibration sites, in order of age.

    Parameters
    ----------
    sets : named lists of `SETS`
    only : names of sites to keep; all when empty
    without : names of sites to leave out
    ce6_age : age of the Chang'e-6 basalt: ``cui2024`` (2.830 Ga), ``zhang2024`` (2.807 Ga) or
        ``both``: either, with the same weight; the site counts once
    spa_production : production function taken as true for South Pole-Aitken; both when None

    Raises
    ------
    UnknownNameError
        for another set, site or age, with the known ones
    InputError
        when no site is left
    """
    for name in sets:
        if name not in SETS:
            raise UnknownNameError.of("set of calibration sites", name, SETS)
    if ce6_age not in CE6_AGES:
        raise UnknownNameError.of("age of the Chang'e-6 basalt", ce6_age, CE6_AGES)
    table = load_calibration_sites()
    found = [
        site
        for name in dict.fromkeys(sets)
        for site in _of_set(table, name, ce6_age, spa_production)
    ]
    known = [site.name for site in found]
    for name in (*only, *without):
        if name not in known:
            raise UnknownNameError.of("calibration site", name, known)
    kept = [s for s in found if (not only or s.name in only) and s.name not in without]
    if not kept:
        raise InputError("no calibration site is left; name fewer to leave out.")
    return tuple(sorted(kept, key=lambda s: s.age_ga))


def _of_set(table: pd.DataFrame, name: str, ce6_age: str, spa_production: str | None) -> list[Site]:
    rows = table[table["set"] == name]
    if name == "change-6":
        return [_chang_e_6(rows, ce6_age), _south_pole_aitken(rows, spa_production)]
    return [_published(row, table) for row in rows.to_dict("records")]


def _published(row: dict[Any, Any], table: pd.DataFrame) -> Site:
    """Return a site of a published list; without errors it takes those of the set neukum."""
    relative, note = row["n1_1s"] / row["n1"], ""
    if math.isnan(relative):
        own = table[(table["set"] == "neukum") & (table["site"] == row["site"])].iloc[0]
        relative = float(own["n1_1s"] / own["n1"])
        note = "; no error is published: the relative error of the site in the set neukum"
    return Site(
        row["site"],
        "near",
        (float(row["age_Ga"]),),
        (float(row["age_Ga_1s"]),),
        float(row["n1"]),
        math.sqrt(math.log1p(relative**2)),
        row["set"],
        f"age: {row['age_source']}; density: {row['n1_source']}{note}",
        f"age {row['age_status']}, density {row['n1_status']}",
    )


def _chang_e_6(rows: pd.DataFrame, which: str) -> Site:
    names = [_CE6_ROWS[which]] if which in _CE6_ROWS else list(_CE6_ROWS.values())
    chosen = rows[rows["site"].isin(names)]
    density = counted_density(CE6)
    return Site(
        CE6,
        "far",
        tuple(chosen["age_Ga"]),
        tuple(chosen["age_Ga_1s"]),
        density.n1,
        density.sigma_ln,
        "change-6",
        f"age: {'; '.join(chosen['age_source'])}; density: counts of craterstats 3.6.11",
        "age abstract, density counted here",
    )


def _south_pole_aitken(rows: pd.DataFrame, production: str | None) -> Site:
    row = rows[rows["site"] == _SPA_ROW].iloc[0]
    density = counted_density(SPA, production)
    return Site(
        SPA,
        "far",
        (float(row["age_Ga"]),),
        (SPA_AGE_SIGMA_GA,),
        density.n1,
        density.sigma_ln,
        "change-6",
        f"age: {row['age_source']}; density: catalogue of Head et al. 2010, non-sparse",
        f"age {row['age_status']}; its error of {SPA_AGE_SIGMA_GA:g} Ga is taken, as no published "
        "one could be read; density counted here",
    )
