"""Magnesian anorthosite and Mg-suite: their share in the highlands of either side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg
from farside.geography import area_weights, in_spa, near_side_fraction
from farside.maps.derived import LITHOLOGIES, MAGNESIAN_MG, classify, molar_mg_number
from farside.oxides.contrast import HIGHLAND_MARE
from farside.study._published import claimed
from farside.study.finding import Finding, Part, Statement, drawn, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

MAGNESIAN = ("magnesian feldspathic", "noritic (Mg-suite like)")
DRAWS = 300
BLOCK_DEG = 30.0
"""Cells are resampled by blocks of this size, as footprint and geology tie neighbours together."""
LIMITS = (MAGNESIAN_MG - 3.0, MAGNESIAN_MG + 3.0)
"""Range of the limit of Mg#, which is one by custom; our choice."""
LEAST_TIO2 = 1e-3
MORE = Statement(low=0.0)


@dataclass(frozen=True)
class Share:
    """Draws of what the highlands of one side are made of.

    Parameters
    ----------
    cells : number of cells
    classes : (draws, 2) share of area of each of `MAGNESIAN`
    mg_number : (draws,) mean Mg# by area
    naive : share of area of `MAGNESIAN` if the noise of the cells is taken for composition
    """

    cells: int
    classes: Float
    mg_number: Float
    naive: float


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the finding on magnesian rocks in the far-side highlands."""
    near, far = highlands(near=True), highlands(near=False)
    whole = far.classes.sum(axis=1) - near.classes.sum(axis=1)
    parts: list[Part] = [
        unknown(
            "share of magnesian rock at the scale of outcrops, far less near highlands",
            "% of the area",
            statement=MORE,
            published=(
                claimed("a clearly larger share on the far side", "sitp2026", "secondary copy"),
            ),
            note="gamma-ray cells of 150 km do not resolve outcrops",
        ),
        drawn(
            "share of magnesian feldspathic and noritic ground, cells of 150 km, far less near "
            "highlands",
            100 * whole,
            "% of the area",
            MORE,
            decides=False,
        ),
    ]
    for k, name in enumerate(MAGNESIAN):
        parts += [
            drawn(f"{name}, {side} highlands", 100 * s.classes[:, k], "% of the area",
                  decides=False, note=f"{s.cells} cells")
            for side, s in (("far", far), ("near", near))
        ]  # fmt: skip
    parts.append(
        drawn("mean Mg#, far less near highlands", far.mg_number - near.mg_number, "1", MORE,
              decides=False, note=f"far {far.mg_number.mean():.1f}, near "
              f"{near.mg_number.mean():.1f}")
    )  # fmt: skip
    return (_finding(tuple(parts), near, far),)


def _finding(parts: tuple[Part, ...], near: Share, far: Share) -> Finding:
    return Finding(
        "magnesian-share",
        "More magnesian rock in the far-side highlands",
        "The far-side highlands expose a clearly larger share of magnesian anorthosite and "
        "Mg-suite rock than the near side's (map of 2026 with Chang'e-6 truth).",
        parts,
        "The claim is about outcrops on a fine map, and nothing here resolves them. At the scale "
        "of gamma-ray cells, 150 km, the near-side highlands are the more magnesian ones by these "
        "classes, once the noise of the cells is taken away; an error of MgO that differs between "
        "the sides is not in that interval.",
        "Mg# at the scale of outcrops to a few per cent: pyroxene and olivine spectra, or a gamma "
        "spectrometer in low orbit. A soil cannot tell magnesian anorthosite from a mixture.",
        ("farside.study.magnesian.highlands", "farside.maps.derived.classify"),
        ("cells_5deg",),
        ("prettyman2006", "treiman2010", "heiken1991", "sitp2026"),
        (
            (
                f"Mg# {MAGNESIAN_MG:g} is a limit by custom: it is drawn between {LIMITS[0]:g} and "
                f"{LIMITS[1]:g}"
            ),
            (
                f"with noise taken for composition {100 * far.naive:.0f} % (far) and "
                f"{100 * near.naive:.0f} % (near) of the area"
            ),
            "highlands: mare over 5 % of the cell at most, and not in the basin's outer ellipse",
        ),
    )


def highlands(*, near: bool, draws: int = DRAWS, seed: int = 0) -> Share:
    r"""Return draws of the share of magnesian classes in the highlands of a side.

    What cells show is composition and noise. Compositions are taken as normal with mean m and
    covariance S = (covariance of the cells - mean error covariance), its negative part cut off, and
    each cell is drawn from its posterior,

    .. math:: z_i \sim N\big(m + K_i (y_i - m),\, (1 - K_i) S\big), \quad K_i = S (S + C_i)^{-1}

    For every draw the cells are resampled by blocks of `BLOCK_DEG`, moments included.

    Parameters
    ----------
    near : the side
    draws, seed : of the simulation
    """
    cells = load_cells_5deg()
    side = near_side_fraction(cells)
    share = side if near else 1.0 - side
    mare = cells["mare_fraction"].fillna(0.0).to_numpy(dtype=float) > HIGHLAND_MARE
    land = ~(mare | in_spa(cells["lat"], cells["lon"])) & (share > 0)
    kept = cells[land].reset_index(drop=True)
    weight = area_weights(kept) * share[land]
    block = _blocks(kept)
    y, error = kept[list(OXIDES)].to_numpy(dtype=float), cell_covariance(kept)
    thorium = kept["Th"].to_numpy(dtype=float)
    rng = np.random.default_rng(seed)
    limits = np.random.default_rng(seed).uniform(*LIMITS, draws)  # the same ones for both sides
    classes, mean = np.empty((draws, len(MAGNESIAN))), np.empty(draws)
    for i in range(draws):
        w = weight * _resampled(block, rng)
        w = w / w.sum()
        z = _posterior_draw(y, error, w, rng)
        classes[i] = _shares(z, thorium, w, limits[i])
        mean[i] = w @ _mg_number(z)
    naive = _shares(y, thorium, weight / weight.sum(), MAGNESIAN_MG).sum()
    return Share(len(kept), classes, mean, float(naive))


def _mg_number(z: Float) -> Float:
    return molar_mg_number(z[:, OXIDES.index("MgO")], z[:, OXIDES.index("FeO")])


def _shares(z: Float, thorium: Float, w: Float, limit: float) -> Float:
    """Return the share of each of `MAGNESIAN`, feldspathic ground parted at a limit of Mg#."""
    names = np.array([c.name for c in LITHOLOGIES])[classify(z.T, thorium)]
    feldspathic = np.isin(names, ("ferroan feldspathic", MAGNESIAN[0]))
    magnesian = feldspathic & (_mg_number(z) >= limit)
    return np.array([w @ magnesian, w @ (names == MAGNESIAN[1])])


def _blocks(cells: pd.DataFrame) -> NDArray[np.int64]:
    lat, lon = cells["lat"].to_numpy(dtype=float), cells["lon"].to_numpy(dtype=float)
    keys = np.floor(lat / BLOCK_DEG) * 1000 + np.floor(lon / BLOCK_DEG)
    return np.asarray(np.unique(keys, return_inverse=True)[1], dtype=np.int64)


def _resampled(block: NDArray[np.int64], rng: np.random.Generator) -> Float:
    """Return how often each cell is taken when blocks are drawn with replacement."""
    n = int(block.max()) + 1
    return np.asarray(np.bincount(rng.integers(0, n, n), minlength=n)[block], dtype=np.float64)


def _posterior_draw(y: Float, error: Float, w: Float, rng: np.random.Generator) -> Float:
    """Return one draw of the compositions of all cells, (n, 6) wt%, none below 0."""
    m = w @ y
    apart = y - m
    spread = (w[:, None] * apart).T @ apart - np.einsum("i,ijk->jk", w, error)
    values, vectors = np.linalg.eigh(spread)
    S = (vectors * np.clip(values, 1e-6, None)) @ vectors.T
    K = S @ np.linalg.inv(S + error)
    left = S - K @ S
    root = np.linalg.cholesky(0.5 * (left + left.transpose(0, 2, 1)) + 1e-9 * np.eye(len(m)))
    z = m + np.einsum("ijk,ik->ij", K, apart)
    z += np.einsum("ijk,ik->ij", root, rng.standard_normal(y.shape))
    return np.asarray(np.maximum(z, LEAST_TIO2), dtype=np.float64)
