"""The South Pole-Aitken basin against the maria, the near side and the far-side highlands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.oxides.contrast import CLAIM, spa_contrast
from farside.study._published import claimed
from farside.study.finding import Finding, Part, Statement, normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from farside.oxides.contrast import SpaContrast

BASIN = "SPA outer"
OTHER_OUTLINES = ("SPA inner", "SPA circle")
SHARP = {"near-side maria": "near-side maria", "far-side highlands": "far-side highlands"}
"""Comparators of the cells that the sharp map has as well."""
WORDS = "the basin holds more SiO2 and less FeO and TiO2"
_FUNCTIONS = (
    "farside.oxides.contrast.spa_contrast",
    "farside.oxides.contrast.region_mean",
    "farside.maps._sharp_checks.regions",
)
_DATA = ("cells_5deg", "result: map")
_NOTES = (
    "cells: sigma from the full covariance, nine neighbours as one measurement, weights by area",
    "sharp map: the basin without its mare, one sigma of the map's posterior",
    "the sharp map is made from the same cells: it tests the outline, and is no second measurement",
    "errors that all cells share, of the calibration, are in neither",
)
_STATEMENTS = {1: Statement(low=0.0), -1: Statement(high=0.0)}


def findings(results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the findings on the basin against each comparator.

    Parameters
    ----------
    results : with ``map``, see `farside.maps._sharp_checks.regions`
    """
    found, regions = spa_contrast(), results["map"]["regions"]
    return (_maria(found, regions), _near_side(found, regions), _highlands(found, regions))


def _maria(found: SpaContrast, regions: Mapping[str, Any]) -> Finding:
    other = "near-side maria"
    return Finding(
        "spa-maria",
        "The basin against the near-side maria",
        "The South Pole-Aitken basin has more SiO2 and less FeO and TiO2 than the near-side maria "
        "(mission).",
        _parts(found, regions, other),
        "Gamma-ray cells by all three outlines of the basin, and the sharp map that is made from "
        "them, have the same sign in all three oxides, by many sigma.",
        "Nothing further: the sign is settled. The size depends on the outline of the basin.",
        _FUNCTIONS,
        _DATA,
        ("prettyman2006", "garrickbethell2009"),
        _NOTES,
    )


def _near_side(found: SpaContrast, regions: Mapping[str, Any]) -> Finding:
    other = "near side"
    beside = _sharp_parts(regions, "near-side highlands", decides=False)
    return Finding(
        "spa-near-side",
        "The basin against the whole near side",
        "The South Pole-Aitken basin has more SiO2 and less FeO and TiO2 than the near side as a "
        "whole (mission).",
        (*_parts(found, regions, other), *beside),
        "The mean of the near side holds its maria, which are rich in iron. Against the near-side "
        "highlands alone the basin has no less FeO that could be told.",
        "Nothing further for the sign; for what it means, rocks of the basin floor away from mare.",
        _FUNCTIONS,
        _DATA,
        ("prettyman2006", "garrickbethell2009"),
        _NOTES,
    )


def _highlands(found: SpaContrast, regions: Mapping[str, Any]) -> Finding:
    other = "far-side highlands"
    return Finding(
        "spa-far-highlands",
        "The basin against the far-side highlands",
        "The South Pole-Aitken basin has more SiO2 and less FeO and TiO2 also than the far-side "
        "highlands around it (the claim read without its comparator).",
        _parts(found, regions, other),
        "The basin is the iron-rich part of the far side: it has more FeO than the highlands, not "
        "less. The claim holds against the near side and its maria, not against its surroundings.",
        "Nothing further for FeO. For TiO2 a measurement that is not clamped at zero.",
        _FUNCTIONS,
        _DATA,
        ("prettyman2006", "garrickbethell2009"),
        (*_NOTES, "TiO2 of cells that the archive clamps at 0 enters as 0"),
    )


def _parts(found: SpaContrast, regions: Mapping[str, Any], other: str) -> tuple[Part, ...]:
    """Return the differences of the claimed oxides: cells, sharp map, then other outlines."""
    cells = [_cell_part(found, BASIN, other, oxide, decides=True) for oxide in CLAIM]
    sharp = _sharp_parts(regions, SHARP[other], decides=True) if other in SHARP else ()
    beside = [_cell_part(found, b, other, o, decides=False) for b in OTHER_OUTLINES for o in CLAIM]
    return (*cells, *sharp, *beside)


def _cell_part(found: SpaContrast, basin: str, other: str, oxide: str, *, decides: bool) -> Part:
    d = found.difference(basin, other, oxide)
    return normal(
        f"{oxide}, cells, {basin} less {other}",
        d.value,
        d.value_1s,
        "wt%",
        _STATEMENTS[CLAIM[oxide]],
        decides=decides,
        published=(claimed(WORDS),) if decides else (),
    )


def _sharp_parts(regions: Mapping[str, Any], other: str, *, decides: bool) -> tuple[Part, ...]:
    row = next(d for d in regions["differences"] if d["other"] == other)
    value, sigma = np.array(row["value"]), np.array(row["value_1s"])
    return tuple(
        normal(
            f"{oxide}, sharp map, SPA without mare less {other}",
            float(value[OXIDES.index(oxide)]),
            float(sigma[OXIDES.index(oxide)]),
            "wt%",
            _STATEMENTS[sign],
            decides=decides,
            function=_FUNCTIONS[-1],
            source="result: map",
        )
        for oxide, sign in CLAIM.items()
    )
