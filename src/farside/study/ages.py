"""Ages: the basalt of Chang'e-6, the basin's norite, and how long the far side was volcanic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.sites import CE6, SPA, counted_density
from farside.chronology.systems import system
from farside.datasets.chronology import load_calibration_sites
from farside.study._published import FIGURES, claimed, published
from farside.study.finding import Finding, Part, Statement, drawn, normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

DRAWS = 20_000
BASALT_WITHIN = 0.1
"""A crater age agrees with the isotopes within this share of the age; our choice."""
BASIN_WITHIN_MA = 100.0
"""A crater age of the basin agrees with its norite within so many Ma: one sigma of the age of the
highlands that the curves rest on, 4.35 ± 0.1 Ga (table ``chronology_sites``); our choice."""
DECIDING = ("neukum1983", "yue2022")
"""Systems whose figures were read at their source and that date both sites."""
BESIDE = ("hartmann2010", "lefeuvre2011", "robbins2014", "marchi2009")
ROUNDED_MA = (1350.0, 1450.0)
"""What rounds to 1.4 Gyr."""
CRATERS = "farside.study.ages.crater_ages"
_COUNTED = (
    CRATERS,
    FIGURES,
    "farside.chronology.sites.counted_density",
    "farside.chronology.systems.system",
)
_TABLES = (
    "chronology_calibration",
    "chronology_functions",
    "chronology_sites",
    "published_values",
)


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the findings on basalt, basin and duration of volcanism."""
    return (_basalt(), _basin(), _volcanism())


def _highlands() -> tuple[float, float, str]:
    """Return age and sigma of the highlands that the curves rest on, Ga, and the key of both."""
    table = load_calibration_sites().drop_duplicates("site").set_index("site")
    row = table.loc[["Ancient highlands"], ["age_Ga", "age_Ga_1s"]].to_numpy(dtype=float)[0]
    return float(row[0]), float(row[1]), "stoffler2001"


def crater_ages(site: str, name: str) -> Float:
    """Return draws of the age of a counted site by a chronology system, Ma.

    Parameters
    ----------
    site : as of `counted_density`; the number of craters, the range of diameter and the outline
        are in its error, for the production function that goes with the system
    name : of the system
    """
    used = system(name)
    counted = counted_density(site, _production(name))
    rng = np.random.default_rng(0)
    ln_n1 = np.log(counted.n1) + counted.sigma_ln * rng.standard_normal(DRAWS)
    return np.asarray(used.chronology.age(np.exp(ln_n1)), dtype=np.float64)


def _production(name: str) -> str:
    """Return the production function that a system is used with here."""
    own = system(name).production.name
    return own if own in ("neukum1983", "neukum2001") else "neukum2001"


def _dated(site: str, name: str, statement: Statement, **about: Any) -> Part:
    note = f"production function {_production(name)}"
    what = f"age of the {site} by craters, {name}"
    return drawn(what, crater_ages(site, name), "Ma", statement, note=note,
                 function=CRATERS, **about)  # fmt: skip


def _basalt() -> Finding:
    ages = (published("basalt-age-cui"), published("basalt-age-zhang"))
    values = [age.value for age in ages]
    statement = Statement(
        round(min(values) * (1 - BASALT_WITHIN)), round(max(values) * (1 + BASALT_WITHIN))
    )
    apart = normal(
        "the two published ages apart",
        ages[0].value - ages[1].value,
        float(np.hypot(ages[0].sigma, ages[1].sigma)),
        "Ma",
        Statement(low=0.0),
        published=ages,
        decides=False,
        note="by their stated errors they are not one age",
        alike=False,
        function=FIGURES,
        source="published_values",
    )
    dated = [_dated(CE6, name, statement, published=ages) for name in DECIDING]
    low, high = min(p.lower for p in dated), max(p.upper for p in dated)
    span = f"{low / 1000:.1f} to {high / 1000:.1f} Ga"
    return Finding(
        "basalt-age",
        "Crater counts of the site give the basalt's age",
        "The basalt is 2.83 Ga old (Cui et al. 2024) or 2.807 Ga (Zhang et al. 2024), and crater "
        "counts of the site, dated by near-side curves, agree.",
        (
            *dated,
            apart,
            *(_dated(CE6, name, statement, decides=False) for name in BESIDE),
        ),
        f"The counted density gives an age of {span}, mostly by the number of craters and the "
        "range of diameters. It holds both isotope ages and others.",
        "A count on a larger area of the same unit, above 0.3 km where secondaries and "
        "saturation weigh less: four times the area halves the error of counting.",
        _COUNTED,
        _TABLES,
        ("cui2024", "zhang2024", "neukum1983", "yue2022"),
        (
            "these curves know nothing of Chang'e-6; the fit farside-2026 does and cannot test it",
            "Hartmann's curve is paired with a density by another production function",
        ),
    )


def _basin() -> Finding:
    ages = (published("norite-age-mission"), published("norite-age"))
    age, age_1s, key = _highlands()
    centre = ages[0].value
    statement = Statement(centre - BASIN_WITHIN_MA, centre + BASIN_WITHIN_MA)
    dated = [_dated(SPA, name, statement, published=ages) for name in DECIDING]
    older = _dated(SPA, "neukum2001", statement, decides=False)
    young, old = sorted(f"{part.value / 1000:.2f}" for part in (dated[0], older))
    return Finding(
        "basin-age",
        "The basin is 4.25 Ga old",
        "Norite of Chang'e-6 dates the South Pole-Aitken impact to 4.247 Ga (mission; 4.25 Ga in "
        "Su et al. 2025), and the crater density of the basin agrees.",
        (
            *dated,
            older,
            *(_dated(SPA, n, statement, decides=False) for n in BESIDE),
        ),
        "Craters of 20 km and more must be carried to the density of 1 km craters by a production "
        f"function, and the two that are in use differ: {young} or {old} Ga by the same curve. "
        "One of them agrees closely; neither can be preferred here.",
        "A chronology that is calibrated at large diameters, or a second dated basin; for the "
        "norite, a tie of its melt to the basin rather than to a later crater in it.",
        _COUNTED,
        _TABLES,
        ("su2025", "head2010", "neukum1983", "neukum2001", "yue2022", "stoffler2001"),
        (
            (
                f"at 4.25 Ga the curve rests on an age of the highlands that is not verified, "
                f"{age:g} ± {age_1s:g} Ga [{key}]"
            ),
        ),
    )  # fmt: skip


def _volcanism() -> Finding:
    first, fragments = published("high-al-age"), published("fragments-dated")
    spans = []
    for name, author in (("basalt-age-cui", "Cui"), ("basalt-age-zhang", "Zhang")):
        last = published(name)
        span = first.value - last.value
        spans.append((author, span, float(np.hypot(first.sigma, last.sigma)), (first, last)))
    parts = [
        normal(f"from the high-Al basalt to the low-Ti basalt of {who}", span, sigma, "Ma",
               Statement(*ROUNDED_MA), published=figures, alike=False)
        for who, span, sigma, figures in spans
    ]  # fmt: skip
    parts += [
        normal(f"the same, read as '1.4 and more', {who}", span, sigma, "Ma",
               Statement(low=1400.0), decides=False, alike=False,
               published=(claimed("1.4+ Gyr"),))
        for who, span, sigma, _ in spans
    ]  # fmt: skip
    return Finding(
        "volcanism-span",
        "About 1.4 Gyr of far-side volcanism",
        "Volcanism at the site lasted about 1.4 Gyr, from 4.203 Ga to 2.830 or 2.807 Ga.",
        tuple(parts),
        f"{spans[0][1] / 1000:.3f} Gyr with the younger eruption of Cui et al. (2024), "
        f"{spans[1][1] / 1000:.3f} Gyr with that of Zhang et al. (2024): both round to 1.4. The "
        "mission's document says '1.4+' [mission]: read as a lower limit, the first is against it "
        "and the second cannot tell.",
        f"Fragments older than 4.203 or younger than 2.807 Ga; all but one of the "
        f"{fragments.value:g} fragments dated are of the younger eruption [zhang2024], so that the "
        "older end hangs on a single one.",
        (FIGURES,),
        ("published_values",),
        ("cui2024", "zhang2024", "mission"),
        (
            "two eruptions bound a span; they do not show that it was volcanic all along",
            "arithmetic on published ages, their errors taken as one sigma: no test of the ages",
        ),
    )
