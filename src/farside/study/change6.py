"""What orbit says of the Chang'e-6 soil, footprint by footprint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.datasets import load_missions
from farside.datasets.layers import load_layers
from farside.maps.shipped import load_map
from farside.oxides.contrast import MARE_FRACTION_1S, change6_footprint
from farside.study._published import published
from farside.study.finding import Finding, Part, Statement, normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from farside.oxides.contrast import Change6Footprint, Unmixed

MEASURED = ("FeO", "Al2O3", "CaO")
GIVEN = "input: spectrum"
ESTIMATED = "farside.oxides.estimator.OxideEstimator"
NORMAL_90 = 1.6448536269514722
"""Sigmas on either side of a normal mean that hold 90 %, the coverage of maps and predictions."""
WITHIN = 2.0
"""A prediction counts as right within so many RMSE of a site whose mission is unknown to the
estimator (protocol lomo): about 95 % of honest predictions; our choice."""


def findings(
    results: Mapping[str, Any],
    spectrum: xr.Dataset | None = None,
    sharp: xr.Dataset | None = None,
) -> tuple[Finding, ...]:
    """Return the finding on the soil of Chang'e-6.

    Parameters
    ----------
    results : with ``validation``
    spectrum : a prediction (``value, lower, upper, novelty`` over ``point, oxide``) for a spectrum
        of the site, which does not come with the package; a spectrum sees mare alone. Where one is
        given it decides, and cell and map, which must be unmixed, stand beside
    sharp : the map; `load_map` when left out
    """
    footprint = change6_footprint()
    limits = _limits(results)
    wide = spectrum is None
    parts = [
        _cell_part(u, footprint, limits, decides=wide)
        for u in footprint.unmixed
        if u.oxide in MEASURED
    ]
    pixel, share = _pixel(load_map() if sharp is None else sharp)
    parts += [
        _pixel_part(u, pixel, share, limits, decides=wide)
        for u in footprint.unmixed
        if u.oxide in MEASURED
    ]
    if spectrum is not None:
        parts += [_spectrum_part(spectrum, oxide, limits) for oxide in MEASURED]
    return (_finding((*parts, *_beside(footprint)), given=spectrum is not None),)


def _finding(parts: tuple[Part, ...], *, given: bool) -> Finding:
    return Finding(
        "change6-soil",
        "The Chang'e-6 soil foretold from orbit",
        "A map made from orbit foretells the soil that Chang'e-6 returned: FeO 17, Al2O3 14, "
        "CaO 12 wt%.",
        parts,
        "The gamma-ray cell is 150 km wide and holds mare over a quarter: unmixed, its mare is not "
        "known better than the difference from highlands. The sharp map sees the mare as "
        "iron-rich, near the soil in FeO, and poorer in Al2O3, but what a soil at a point may "
        "be is wider than the difference.",
        "A Multiband Imager spectrum of the site (give it with --spectrum), and the full analysis "
        "of the soil with errors; only three oxides are public.",
        (
            "farside.oxides.contrast.change6_footprint",
            "farside.maps.shipped.load_map",
            "farside.oxides.validate.validate",
            *((ESTIMATED,) if given else ()),
        ),
        (
            "cells_5deg",
            "layers_05deg",
            "published_values",
            "result: validation",
            *((GIVEN,) if given else ()),
        ),
        ("li2024", "prettyman2006", "kyriakidis2004"),
        (
            (
                f"the soil is a mixture too: its Al2O3 of {published('soil-Al2O3').value:g} wt% is "
                f"above the {published('basalt-Al2O3').value:g} of the local basalt [li2024]"
            ),
            "a statement: within twice the RMSE of farside at a mission that it does not know",
            "unmixed intervals are not cut at 0 or 100 wt%",
            (
                "the map's interval is that for a soil at a point, learnt from landing sites; the "
                "map's settings were chosen with this site in view: it is no blind test"
            ),
        ),
    )


def _limits(results: Mapping[str, Any]) -> dict[str, Statement]:
    """Return for each oxide the statement that a value is as near to the soil as it should be."""
    own = next(
        v for v in results["validation"] if (v["estimator"], v["protocol"]) == ("farside", "lomo")
    )
    rmse = {s["oxide"]: float(s["rmse"]) for s in own["scores"]}
    out = {}
    for oxide in MEASURED:
        soil, half = published(f"soil-{oxide}").value, WITHIN * rmse[oxide]
        out[oxide] = Statement(round(soil - half, 2), round(soil + half, 2))
    return out


def _cell_part(
    u: Unmixed, footprint: Change6Footprint, limits: dict[str, Statement], *, decides: bool
) -> Part:
    return normal(
        f"{u.oxide}, 5 degree cell, its mare unmixed",
        u.mare,
        u.mare_1s,
        "wt%",
        limits[u.oxide],
        published=(published(f"soil-{u.oxide}"),),
        note=f"mare over {footprint.mare_fraction:.0%} of the cell",
        decides=decides,
    )


def _pixel(sharp: xr.Dataset) -> tuple[xr.Dataset, float]:
    """Return the pixel of the site in the sharp map, and its share of mare."""
    sites = load_missions().drop_duplicates("mission").set_index("mission")
    lat, lon = sites.loc[["Chang'e-6"], ["lat", "lon"]].to_numpy(dtype=float)[0]
    at = {"y": int((90 - lat) * 2), "x": int((lon + 180) * 2)}
    return sharp.isel(at), float(load_layers()["mare_fraction"].isel(at))


def _pixel_part(
    u: Unmixed, pixel: xr.Dataset, share: float, limits: dict[str, Statement], *, decides: bool
) -> Part:
    """Return the mare of the pixel, unmixed from the highlands around as that of the cell is."""
    here = pixel.sel(oxide=u.oxide)
    value = float(here["value"])
    sigma = float(here["soil_upper"] - here["value"]) / NORMAL_90
    mare = (value - (1 - share) * u.highlands) / share
    terms = [sigma, (1 - share) * u.highlands_1s]
    if share < 1:
        terms.append((mare - u.highlands) * MARE_FRACTION_1S)
    return normal(
        f"{u.oxide}, sharp map, pixel of the site",
        mare,
        float(np.sqrt(np.sum(np.square(terms)))) / share,
        "wt%",
        limits[u.oxide],
        published=(published(f"soil-{u.oxide}"),),
        note=f"mare over {share:.0%} of the pixel of 15 km",
        decides=decides,
        function="farside.maps.shipped.load_map",
        source="layers_05deg",
    )


def _spectrum_part(prediction: xr.Dataset, oxide: str, limits: dict[str, Statement]) -> Part:
    """Return the mean prediction of the spectra given.

    The statement's tolerance is the estimator's own error already, so that the error of the number
    is not counted a second time in the probability.
    """
    mean = prediction.sel(oxide=oxide).mean("point")
    part = normal(
        f"{oxide}, spectrum given",
        float(mean["value"]),
        float(mean["upper"] - mean["lower"]) / 2 / NORMAL_90,
        "wt%",
        limits[oxide],
        published=(published(f"soil-{oxide}"),),
        note=f"mean of {prediction.sizes['point']} spectra, novelty {float(mean['novelty']):.2f}; "
        "the statement's tolerance is the estimator's own error, which is not counted twice",
        function=ESTIMATED,
        source=GIVEN,
    )
    return replace(part, chance=limits[oxide].chance(part.value, 0.0))


def _beside(footprint: Change6Footprint) -> tuple[Part, ...]:
    """Return the cell as measured, which is no prediction of the site."""
    values = zip(OXIDES, footprint.value, footprint.value_1s, strict=True)
    return tuple(
        normal(f"{oxide}, 5 degree cell as measured", value, sigma, "wt%", decides=False)
        for oxide, value, sigma in values
        if oxide in MEASURED
    )
