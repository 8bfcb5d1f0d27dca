"""KREEP: how poor in it the far side is, from orbit and in the returned soil."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets import load_cells_5deg
from farside.geography import area_weights, in_spa, near_side_fraction
from farside.geography.regions import PKT_THORIUM_PPM, is_mare
from farside.oxides.contrast import PATCH_CELLS
from farside.samples.kreep import DEFAULT_RELATIVE, contrast
from farside.study._published import FIGURES, claimed, published
from farside.study.finding import Finding, Part, Statement, normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

SOIL = "Chang'e-6 soil"
LESS = Statement(high=1.0)


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the finding on the KREEP of the far side."""
    soils = contrast()
    parts = (
        _orbit("Th of the far side over the near side, from orbit", _far, _near, decides=True),
        _soil(soils, "Th", decides=True),
        *(_soil(soils, element, decides=False) for element in ("K", "U")),
        _lowest(soils),
        _orbit(
            f"Th of the far side over the near side below {PKT_THORIUM_PPM} ppm, from orbit",
            _far,
            _outside,
            decides=False,
        ),
        _orbit("Th of the basin over the far-side highlands, from orbit", _basin, _highlands,
               decides=False),
        _mu(),
        _mu_high_al(),
    )  # fmt: skip
    return (
        Finding(
            "kreep",
            "The far side is poor in KREEP",
            "The far side is depleted in KREEP against the near side (mission).",
            parts,
            f"Thorium of the far side is {parts[0].value:.0%} of the near side's from orbit, and "
            f"that of the soil {parts[1].value:.0%} of the mean of near-side sites. Without the "
            "terrane around Procellarum the near side is still richer, by less; the basin itself "
            "is richer than the highlands around it. Against the claim, the high-Al basalt of "
            "Chang'e-6 comes from a source rich in KREEP (mu about 1620 [zhang2024]): the far-side "
            "mantle was not without KREEP everywhere.",
            "For the mantle: initial Sr and Nd isotopes of Chang'e-6 basalts in print with their "
            "errors, and rare earths of the soil. Landing sites are no random sample of the near "
            "side: most lie in or near the KREEP terrane.",
            ("farside.samples.kreep.contrast", "farside.study.kreep.mean_thorium", FIGURES),
            ("cells_5deg", "returned_samples", "apollo_analyses", "published_values"),
            ("prettyman2006", "li2024", "li2022", "meyer2012", "zhang2024", "li2021"),
            (
                f"the soil's figures come without errors: {DEFAULT_RELATIVE:.0%} is taken",
                "near-side soils: the mean of the logarithm, with its error by their scatter",
            ),
        ),
    )


def mean_thorium(cells: pd.DataFrame, share: Float) -> tuple[float, float]:
    r"""Return the mean thorium of a region by area and its sigma, ppm.

    .. math:: \bar y = \sum_i w_i y_i, \quad \sigma^2 = n_p \sum_i w_i^2 \sigma_i^2

    with n_p = `PATCH_CELLS`, as of `farside.oxides.contrast.region_mean`.

    Parameters
    ----------
    cells : `load_cells_5deg`
    share : (n,) part of each cell in the region, 0 to 1
    """
    w = area_weights(cells) * share
    w = w / w.sum()
    y, sigma = (cells[c].to_numpy(dtype=float) for c in ("Th", "Th_1s"))
    return float(w @ y), float(np.sqrt(PATCH_CELLS * np.sum((w * sigma) ** 2)))


def _near(cells: pd.DataFrame) -> Float:
    return near_side_fraction(cells)


def _far(cells: pd.DataFrame) -> Float:
    return 1.0 - near_side_fraction(cells)


def _outside(cells: pd.DataFrame) -> Float:
    return near_side_fraction(cells) * (cells["Th"].to_numpy(dtype=float) < PKT_THORIUM_PPM)


def _basin(cells: pd.DataFrame) -> Float:
    return in_spa(cells["lat"], cells["lon"]).astype(float)


def _highlands(cells: pd.DataFrame) -> Float:
    return _far(cells) * ~(is_mare(cells) | in_spa(cells["lat"], cells["lon"]))


def _orbit(what: str, region: Any, other: Any, *, decides: bool) -> Part:
    cells = load_cells_5deg()
    (a, a_1s), (b, b_1s) = (mean_thorium(cells, part(cells)) for part in (region, other))
    ratio = a / b
    sigma = ratio * float(np.hypot(a_1s / a, b_1s / b))
    note = f"{a:.2f} over {b:.2f} ppm"
    return normal(what, ratio, sigma, "1", LESS, decides=decides, note=note,
                  function="farside.study.kreep.mean_thorium", source="cells_5deg",
                  published=(claimed("depleted in KREEP"),) if decides else ())  # fmt: skip


def _at(soils: pd.DataFrame, name: str, column: str) -> float:
    return float(soils[column].to_numpy(dtype=float)[soils.index == name][0])


def _sites(soils: pd.DataFrame, element: str) -> pd.Series[Any]:
    """Return the near-side sites of which the element is known, ppm."""
    return soils.loc[soils["side"] == "near", element].dropna()


def _soil(soils: pd.DataFrame, element: str, *, decides: bool) -> Part:
    near = np.log(_sites(soils, element).to_numpy(dtype=float))
    own = _at(soils, SOIL, element)
    ratio = own / float(np.exp(near.mean()))
    sigma = float(np.hypot(DEFAULT_RELATIVE, near.std(ddof=1) / np.sqrt(near.size)))
    return normal(
        f"{element} of the Chang'e-6 soil over the mean of {near.size} near-side sites",
        ratio,
        ratio * sigma,
        "1",
        LESS,
        decides=decides,
        published=(published(f"soil-{element}"),),
        source="returned_samples",
    )


def _lowest(soils: pd.DataFrame) -> Part:
    """Return the ratio to the near-side site with the least thorium, with its spread of soils."""
    near = _sites(soils, "Th")
    name = str(near.idxmin())
    ratio = _at(soils, SOIL, "Th") / float(near.min())
    spread = _at(soils, name, "Th_1s") / float(near.min())
    sigma = ratio * float(np.hypot(DEFAULT_RELATIVE, spread))
    what = f"Th of the Chang'e-6 soil over the poorest near-side site, {name}"
    return normal(what, ratio, sigma, "1", LESS, decides=False, source="returned_samples")


def _mu() -> Part:
    """Return mu of the mantle source, as published, over that of Chang'e-5."""
    far, near = published("mu-low-ti"), published("mu-change-5")
    ratio = far.value / near.value
    return Part(
        "mu of the source of the low-Ti basalt over that of Chang'e-5",
        ratio,
        ratio,
        ratio,
        "1",
        published=(far, near, published("mu-apollo")),
        decides=False,
        note="published without errors",
        alike=False,
        function=FIGURES,
        source="published_values",
    )


def _mu_high_al() -> Part:
    """Return mu of the source of the high-Al basalt, as published, over that of Chang'e-5."""
    far, near = published("mu-high-al"), published("mu-change-5")
    ratio = far.value / near.value
    return Part(
        "mu of the source of the high-Al basalt over that of Chang'e-5",
        ratio,
        ratio,
        ratio,
        "1",
        published=(far, near),
        decides=False,
        note="against the claim; published without errors",
        alike=False,
        function=FIGURES,
        source="published_values",
    )
