"""The impact's depth, mantle on the basin floor, and the last liquid of the magma ocean."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from farside.interior.impact import LAWS, LEAST_VELOCITY
from farside.interior.impact_loss import SOURCE_KM, match_basin
from farside.interior.magma_ocean import crystallise_ocean
from farside.interior.solidification import MIXING_SCATTER, asymmetry
from farside.maps.spa_mixing import mantle_gain, sensitivity
from farside.study._published import claimed, published
from farside.study.finding import SUPPORTS, Finding, Part, Statement, normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from farside.interior.impact_loss import ImpactPosterior, Interval
    from farside.interior.solidification import Asymmetry

WIDER_SCATTER = 0.7
"""One sigma, natural log, of how unequally the sides were mixed, if it was a factor of two instead
of the 1.6 of `MIXING_SCATTER`; nothing published says which, so both decide."""
_BASIN = "garrickbethell2009"
"""The size of the basin that impactors are matched to."""
_OCEAN = "farside.interior.magma_ocean.crystallise_ocean"
_WIDE = 3.919927969080108
"""Sigmas that a normal interval of 95 % is wide."""


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the findings on the impact, the floor of the basin and the last liquid."""
    return (_impact(), _floor(), _ocean())


def _impact() -> Finding:
    alone, other = (match_basin(None, law=law) for law in LAWS)
    both = {name: match_basin(name) for name in ("apollo-mean", "mission")}
    depth = Statement(low=SOURCE_KM)
    figure = published("melt-depth")
    return Finding(
        "impact-melting",
        "The impact melted the mantle to at least 250 km",
        "The South Pole-Aitken impact melted the upper mantle to at least 250 km (Zhou et al. 2025 "
        "say to about 250 km).",
        (
            *(
                _lognormal(f"depth of melt, impactors that match the basin's size, {law}",
                           p.depth_km, depth, published=(figure,), source=_BASIN)
                for law, p in zip(LAWS, (alone, other), strict=True)
            ),
            *(
                _interval(f"offset of delta 41K of the source, {what}", "per mil", p.predicted,
                          source="tian2026")
                for what, p in (("basin alone", alone), *both.items())
            ),
            *_sizes(alone, both),
        ),
        "Two scaling laws for melt are in use, and the verdict turns on the law: by abramov2012 an "
        "impact of this size melts deeper than 250 km, by pierazzo1997 probably but not surely. "
        f"Read as 'about', {SOURCE_KM:g} km lies outside the 95 % interval of abramov2012 and "
        "inside that of pierazzo1997. Both allow the published offsets of potassium, and many "
        "others: the offset says little of the impactor.",
        "A hydrocode for the basin's own size and angle with the Moon's heat at 4.25 Ga, and "
        "samples of the melt sheet.",
        ("farside.interior.impact_loss.match_basin", "farside.interior.impact.melt_volume"),
        ("published_values",),
        ("zhou2025", "abramov2012", "pierazzo1997", "tian2026", "garrickbethell2009"),
        (
            "scaling laws are extrapolated to basins; probability: depth lognormal by its interval",
            f"pierazzo1997 is not made for impactors below {LEAST_VELOCITY:g} km/s and draws none",
            "offsets and sizes are by abramov2012",
        ),
    )  # fmt: skip


def _lognormal(what: str, span: Interval, statement: Statement, **about: Any) -> Part:
    low, middle, high = span
    sigma = (math.log(high) - math.log(low)) / _WIDE
    limits = Statement(math.log(statement.low))
    chance = limits.chance(math.log(middle), sigma)
    return Part(what, middle, low, high, "km", statement, chance, **about)


def _interval(what: str, unit: str, span: Interval, source: str = "") -> Part:
    low, middle, high = span
    return Part(what, middle, low, high, unit, decides=False, source=source)


def _sizes(alone: ImpactPosterior, both: Mapping[str, ImpactPosterior]) -> list[Part]:
    return [
        _interval(f"diameter of the impactor, {what}", "km", p.diameter_km, source=_BASIN)
        for what, p in (("basin alone", alone), *both.items())
    ]


def _floor() -> Finding:
    rows = {str(name): _numbers(row) for name, row in sensitivity().to_dict("index").items()}
    has = {name: row for name, row in rows.items() if math.isfinite(row["mantle"])}
    main, no_mantle = rows["default"], rows["basalt, no mantle"]
    head = Part(
        "mantle in the basin's floor, range over the choices of end members",
        100 * main["mantle"],
        100 * min(row["lower"] for row in has.values()),
        100 * max(row["upper"] for row in has.values()),
        "%",
        decides=False,
        note="no probability: none of the mixtures fits the cells within their errors",
    )
    shares = [_mixed(name, row) for name, row in has.items()]
    misfits = [_misfit(name, row["misfit"]) for name, row in rows.items()]
    return Finding(
        "basin-mantle",
        "Mantle lies on the basin's floor",
        "The floor of the South Pole-Aitken basin holds material from the mantle.",
        (_needed(), head, *shares, *misfits),
        f"Mixtures of crust and mantle ask for {head.lower:.0f} to {head.upper:.0f} % of mantle by "
        "the end members that are chosen, but none fits the cells, and with basalt among the "
        "components mantle is not needed. One without mantle, with mare "
        f"basalt in its place (chi2 per degree of freedom {no_mantle['misfit']:.1f}), fits better "
        f"than the default ({main['misfit']:.1f}). Iron of buried basalt is laid to mantle here.",
        "Olivine or low-calcium pyroxene by hyperspectral data at the same places, and rocks of "
        "the basin's impact melt.",
        (
            "farside.maps.spa_mixing.sensitivity",
            "farside.maps.spa_mixing.mantle_gain",
            "farside.maps.spa_mixing.mix_cells",
        ),
        ("cells_5deg", "endmembers_spa"),
        ("prettyman2006", "moriarty2021"),
        ("shares of the mean composition of the basin; chi2 of its cells one by one",),
    )


def _needed() -> Part:
    """Return whether mixtures need mantle; that they do not is no proof that there is none."""
    gain = mantle_gain()
    needed = Statement(low=1.0)
    part = normal(
        "fall of chi2 by mantle beside crust and basalt, over the misfit that is left",
        gain.gain,
        gain.gain_1s,
        "1",
        needed,
        published=(
            claimed("wider exposure of deep magnesian material", "sitp2026", "secondary copy"),
        ),
        note="a share that means nothing lowers it by 1 at most; not needed is not absent, so that "
        "this can support the claim and not contradict it",
        function="farside.maps.spa_mixing.mantle_gain",
    )
    return part if part.verdict == SUPPORTS else replace(part, chance=math.nan)


def _numbers(row: Mapping[Any, Any]) -> dict[str, float]:
    return {str(key): float(value) for key, value in row.items()}


def _mixed(name: str, row: Mapping[str, float]) -> Part:
    value, low, high = (100 * row[key] for key in ("mantle", "lower", "upper"))
    return Part(f"mantle, end members: {name}", value, low, high, "%", decides=False)


def _misfit(name: str, value: float) -> Part:
    note = "1 where model and errors are right"
    what = f"chi2 per degree of freedom, {name}"
    return Part(what, value, value, value, "1", decides=False, note=note)


def _ocean() -> Finding:
    ocean = crystallise_ocean()
    whole, without = asymmetry(ocean), asymmetry(ocean, spa=False)
    wider = asymmetry(ocean, scatter=WIDER_SCATTER)
    factors = [f"{math.exp(s):.1f}" for s in (MIXING_SCATTER, WIDER_SCATTER)]
    return Finding(
        "asymmetric-ocean",
        "More of the magma ocean's last liquid is on the near side",
        "Crustal thorium times thickness shows more of the magma ocean's last liquid, KREEP, on "
        "the near side, as an asymmetric solidification would leave it.",
        (
            _share(whole, f"sides mixed alike within a factor of {factors[0]}", decides=True),
            _share(wider, f"sides mixed alike within a factor of {factors[1]}", decides=True),
            _share(without, "without South Pole-Aitken", decides=False),
            normal("crust by what floated, symmetric ocean", ocean.crust_km, 0.0, "km",
                   decides=False, note="without pores", function=_OCEAN,
                   source="interior_sequence"),
            *(
                normal(f"crust of the {side} side by isostasy, GRAIL models", km, 0.0, "km",
                       decides=False, source="crust_models")
                for side, km in zip(("near", "far"), whole.crust_km, strict=True)
            ),
        ),
        "Thorium of the crust, times its thickness, is larger on the near side by more than the "
        "thicker far-side crust makes up for, unless mixing upwards was stronger there. How much "
        f"stronger it may have been is our choice, and the verdict turns on it: within a factor of "
        f"{factors[0]} (one sigma) the claim holds, within {factors[1]} it does not quite. KREEP "
        "that was moved to the near side after the ocean was solid would look the same.",
        "Thorium with depth: central peaks and basin rims on both sides, which says how much of "
        "the last liquid was mixed upwards.",
        (
            "farside.interior.solidification.asymmetry",
            _OCEAN,
        ),
        ("cells_5deg", "crust_models", "interior_sequence", "partition_coefficients"),
        (*ocean.references, *whole.references),
        ("how unequally the sides were mixed is drawn, lognormal about equal; its width is ours",),
    )  # fmt: skip


def _share(found: Asymmetry, which: str, *, decides: bool) -> Part:
    low, middle, high = found.share_near
    return Part(
        f"share of the last liquid on the near side, {which}",
        middle,
        low,
        high,
        "1",
        Statement(low=0.5),
        found.chance_more_near,
        decides=decides,
        note=f"Th {found.thorium[0]:.2f} near, {found.thorium[1]:.2f} ppm far",
    )
