"""What the sharp map is held to beside cells left out: mass, 2 degrees, soils, regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.interpolate import CubicSpline

from farside.constants import OXIDES
from farside.datasets import load_missions, load_reference_soils
from farside.datasets.layers import SHAPE, grid_latitude, grid_longitude, load_layers
from farside.geography.regions import MARE_FRACTION, in_spa, is_near_side
from farside.maps._basis import pixel_weights, smooth
from farside.maps._ground import Ground, blocks_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from farside.maps.sharpen import Sharpened

    Float = NDArray[np.float64]

FOOTPRINTS_DEG = (0.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
"""Widths that the sharp map is blurred by to look for that of the 2 degree maps."""


# -- mass --------------------------------------------------------------------------------------


def mass(ground: Ground, image: Float) -> list[dict[str, Any]]:
    """Return how the means of the map over cells meet the cells, per oxide.

    Parameters
    ----------
    image : (6, 360, 720) wt%

    Returns
    -------
    list of ``within`` (share of cells within one sigma), ``largest`` (in sigma), ``chi2`` (mean
    square in sigma) and ``footprint_within`` (the same share, for the mean of the map blurred by
    the footprint of the spectrometer); a clamp is only missed from above
    """
    seen = np.stack([smooth(layer, ground.settings.footprint_deg) for layer in image])
    found = []
    parts = [(ground.means @ i.reshape(len(OXIDES), -1).T) for i in (image, seen)]
    for k, oxide in enumerate(OXIDES):
        off = []
        for means in parts:
            left = means[:, k] - ground.oxides[:, k]
            left = np.where(ground.clamped[:, k], np.maximum(left, 0.0), left)
            off.append(np.abs(left) / ground.sigma[:, k])
        found.append(
            {
                "oxide": oxide,
                "within": float((off[0] < 1).mean()),
                "largest": float(off[0].max()),
                "chi2": float((off[0] ** 2).mean()),
                "footprint_within": float((off[1] < 1).mean()),
            }
        )
    return found


def sums(image: Float, ground: Ground) -> dict[str, float]:
    """Return least, median and greatest sum of the oxides, of pixels and of cells, wt%."""
    total, cells = image.sum(axis=0), ground.oxides.sum(axis=1)
    return {
        "least": float(total.min()),
        "median": float(np.median(total)),
        "greatest": float(total.max()),
        "cells_least": float(cells.min()),
        "cells_greatest": float(cells.max()),
    }


# -- rivals on pixels --------------------------------------------------------------------------


def bicubic(cells: pd.DataFrame) -> Float:
    """Return cells interpolated bicubically, (6, 360, 720): along parallels, then meridians."""
    lat, lon = grid_latitude(), grid_longitude()
    rows = []
    middles = np.sort(cells["lat"].unique())
    for middle in middles:
        part = cells[cells["lat"] == middle].sort_values("lon")
        values = part[list(OXIDES)].to_numpy(dtype=float)
        if len(part) == 1:
            rows.append(np.repeat(values, lon.size, axis=0))
            continue
        at = part["lon"].to_numpy(dtype=float)
        around = CubicSpline(
            np.append(at, at[0] + 360), np.vstack([values, values[:1]]), bc_type="periodic"
        )
        rows.append(around((lon - at[0]) % 360 + at[0]))
    image = CubicSpline(middles, np.stack(rows))(lat)
    return np.asarray(image.transpose(2, 0, 1), dtype=np.float64)


def plain(ground: Ground) -> Float:
    """Return a linear regression of the cells on the surface features, on pixels, (6, 360, 720)."""
    terms = np.column_stack([np.ones(len(ground.cells)), ground.means @ ground.x])
    images = []
    for k in range(len(OXIDES)):
        root = 1 / ground.sigma[:, k]
        slope = np.linalg.lstsq(terms * root[:, None], ground.oxides[:, k] * root, rcond=None)[0]
        images.append((slope[0] + ground.x @ slope[1:]).reshape(SHAPE))
    return np.stack(images)


# -- sharpness ---------------------------------------------------------------------------------


def two_degree_pixels() -> NDArray[np.int64]:
    """Return the number of the 2 degree gamma-ray pixel of each pixel, (259200,).

    They are four rows high; along a row they are told by their thorium, which no clamp touches.
    """
    thorium = load_layers()["lp2_Th"].to_numpy()
    number = np.empty(SHAPE, dtype=np.int64)
    last = 0
    for top in range(0, SHAPE[0], 4):
        new = np.diff(thorium[top], prepend=thorium[top, :1]) != 0
        number[top : top + 4] = last + np.cumsum(new)
        last = int(number[top].max()) + 1
    return number.ravel()


def sharpness(ground: Ground, images: dict[str, Float]) -> list[dict[str, Any]]:
    """Return how maps follow the 2 degree gamma-ray maps inside of cells.

    Of the 2 degree map and of each map the mean of the cell is taken away; clamped pixels are left
    out. ``rms_inside`` is what a map that is constant within each cell would miss, most of it
    noise; ``slope`` is that of the 2 degree map on the map, 1 where both are as sharp.

    Parameters
    ----------
    images : (6, 360, 720) by name
    """
    weights, number = pixel_weights(), two_degree_pixels()
    area = np.bincount(number, weights)
    layers = load_layers()
    holds = ground.means.T.multiply(1 / ground.means.sum(axis=0)[:, None]).tocsr()

    def inside(flat: Float) -> Float:
        rest = flat - holds @ (ground.means @ flat)
        return np.asarray(np.bincount(number, weights * rest) / area)

    found = []
    for oxide in ("FeO", "TiO2"):
        fine = layers[f"lp2_{oxide}"].to_numpy().astype(np.float64).ravel()
        measured = np.bincount(number, weights * (fine == 0)) / area < 0.5
        share = np.where(measured, area, 0.0) / area[measured].sum()
        truth = inside(fine)
        for name, image in images.items():
            guess = inside(image[OXIDES.index(oxide)].ravel())
            found.append(
                {
                    "oxide": oxide,
                    "method": name,
                    "n": int(measured.sum()),
                    "rms_inside": float(np.sqrt(share @ truth**2)),
                    "rmse": float(np.sqrt(share @ (truth - guess) ** 2)),
                    "slope": float(share @ (truth * guess)) / float(share @ guess**2),
                }
            )
    return found


def footprints(ground: Ground, image: Float) -> list[dict[str, Any]]:
    """Return `sharpness` of the sharp map blurred by each of `FOOTPRINTS_DEG`."""
    found = []
    for width in FOOTPRINTS_DEG:
        blurred = np.stack([blur(layer, width) for layer in image])
        lines = sharpness(ground, {"sharp": blurred})
        found += [{**line, "fwhm_deg": width} for line in lines]
    return found


def blur(layer: Float, width_deg: float) -> Float:
    """Return a layer (360, 720) as a spectrometer of a footprint sees it; 0 leaves it."""
    return smooth(layer, width_deg) if width_deg else layer


def titanium(images: dict[str, Float]) -> list[dict[str, Any]]:
    """Return how maps of TiO2 follow that of WAC where it is above its floor, at half a degree."""
    layers = load_layers()
    good = ~layers["wac_TiO2_floor"].to_numpy() & np.isfinite(layers["wac_TiO2"].to_numpy())
    seen = layers["wac_TiO2"].to_numpy().astype(np.float64)[good]
    weights = pixel_weights().reshape(SHAPE)[good]
    weights = weights / weights.sum()

    def correlation(a: Float, b: Float) -> float:
        a, b = a - weights @ a, b - weights @ b
        return float(weights @ (a * b) / np.sqrt((weights @ a**2) * (weights @ b**2)))

    found = []
    for name, image in images.items():
        value = image[OXIDES.index("TiO2")][good]
        found.append(
            {
                "method": name,
                "n": int(good.sum()),
                "rmse": float(np.sqrt(weights @ (value - seen) ** 2)),
                "bias": float(weights @ (value - seen)),
                "correlation": correlation(value, seen),
            }
        )
    return found


# -- soils -------------------------------------------------------------------------------------


def soils(
    ground: Ground, image: Float, half: tuple[Float, Float], other: Float
) -> list[dict[str, Any]]:
    """Return soils of the landing sites against their pixel, their cell and the bicubic map.

    Parameters
    ----------
    image : (6, 360, 720) of the sharp map
    half : (6, 360, 720) half of its interval for a pixel's mean, and for a soil in it
    other : (6, 360, 720) bicubic
    """
    missions = load_missions().drop_duplicates("mission").set_index("mission")
    table = load_reference_soils()
    means = table.groupby("mission", sort=False)[list(OXIDES)].mean()
    cells = ground.cells
    found = []
    for name, soil in means.iterrows():
        lat, lon = missions.loc[[str(name)], ["lat", "lon"]].to_numpy(dtype=float)[0]
        y, x = int((90 - lat) * 2), int((lon + 180) * 2)
        cell = int(np.asarray(ground.means[:, [y * SHAPE[1] + x]].todense()).argmax())
        for k, oxide in enumerate(OXIDES):
            value = float(soil[oxide])
            if not np.isfinite(value):
                continue
            found.append(
                {
                    "mission": str(name),
                    "oxide": oxide,
                    "soil": value,
                    "value": float(image[k, y, x]),
                    "lower": float(max(image[k, y, x] - half[0][k, y, x], 0.0)),
                    "upper": float(image[k, y, x] + half[0][k, y, x]),
                    "soil_lower": float(max(image[k, y, x] - half[1][k, y, x], 0.0)),
                    "soil_upper": float(image[k, y, x] + half[1][k, y, x]),
                    "cell": float(cells[oxide].iloc[cell]),
                    "cell_1s": float(ground.sigma[cell, k]),
                    "bicubic": float(other[k, y, x]),
                }
            )
    return found


# -- regions -----------------------------------------------------------------------------------

REGIONS = (
    "SPA without mare",
    "far-side highlands",
    "far-side maria",
    "near-side highlands",
    "near-side maria",
)


@dataclass(frozen=True)
class Shared:
    """The error that all cells share, as far as soils of landing sites tell it.

    A line through soil less map against the map, one point per mission: its height at a mean and
    its slope times a difference, each joined with its own error. Sub-pixel variety is in the
    scatter of the soils and so in those errors.

    Parameters
    ----------
    centre : mean of the map at the sites, wt%
    offset, offset_1s : of the line there, wt%
    slope, slope_1s : wt% per wt%
    """

    centre: float
    offset: float
    offset_1s: float
    slope: float
    slope_1s: float

    @classmethod
    def of(cls, soils: list[dict[str, Any]]) -> Shared:
        """Return the line through soils of one oxide."""
        x = np.array([s["value"] for s in soils])
        off = np.array([s["soil"] - s["value"] for s in soils])
        away = x - x.mean()
        slope = float(away @ off / (away @ away))
        scatter = float(((off - off.mean() - slope * away) ** 2).sum() / (len(x) - 2))
        return cls(
            centre=float(x.mean()),
            offset=float(off.mean()),
            offset_1s=float(np.sqrt(scatter / len(x))),
            slope=slope,
            slope_1s=float(np.sqrt(scatter / (away @ away))),
        )

    def of_mean(self, value: float) -> float:
        """Return one sigma for a mean of a value, wt%."""
        away = value - self.centre
        return float(
            np.hypot(
                self.offset + self.slope * away, np.hypot(self.offset_1s, self.slope_1s * away)
            )
        )

    def of_difference(self, difference: float) -> float:
        """Return one sigma for a difference of two means, wt%: what all share alike falls out."""
        return float(abs(difference) * np.hypot(self.slope, self.slope_1s))


def region_masks() -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield each region of `REGIONS` with its pixels, (259200,)."""
    lat, lon = np.meshgrid(grid_latitude(), grid_longitude(), indexing="ij")
    share = load_layers()["mare_fraction"].to_numpy()
    mare, near, basin = share >= MARE_FRACTION, is_near_side(lon), in_spa(lat, lon)
    masks = (
        basin & ~mare,
        ~near & ~basin & ~mare,
        ~near & mare,
        near & ~basin & ~mare,
        near & mare,
    )
    for name, mask in zip(REGIONS, masks, strict=True):
        yield name, mask.ravel()


def regions(
    found: Sharpened, image: Float, soils: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Return means of regions by area, and differences to the first, with one sigma of two kinds.

    ``value_1s`` is statistical: of the posterior of the map's weights, which knows how the errors
    of pixels go together, and of own deviations of cells taken as independent. ``shared_1s`` is
    that of errors which all cells share, see `Shared`.
    """
    shared = [Shared.of([s for s in soils if s["oxide"] == oxide]) for oxide in OXIDES]
    weights = pixel_weights()
    names, shares, deviations = [], [], []
    for name, mask in region_masks():
        part = np.where(mask, weights, 0.0)
        names.append(name)
        shares.append(part / part.sum())
        deviations.append(found.ground.means @ mask * found.ground.weights)
    share = np.stack(shares)
    basis = sum(
        share[:, r.start * SHAPE[1] : r.stop * SHAPE[1]] @ found.ground.basis(r)
        for r in blocks_of_rows()
    )
    covariance = found.covariance(np.asarray(basis))
    own = np.stack([d / d.sum() for d in deviations])
    tau2 = np.array([c.tau2 for c in found.components]) @ found.back**2
    covariance += (own @ own.T)[:, :, None] * tau2
    value = share @ image.reshape(len(OXIDES), -1).T
    means, differences = [], []
    for i, name in enumerate(names):
        sigma = np.sqrt(covariance[i, i])
        means.append(
            {"region": name, "value": value[i].tolist(), "value_1s": sigma.tolist()}
            | {"shared_1s": [s.of_mean(v) for s, v in zip(shared, value[i], strict=True)]}
            | {"area": float((shares[i] > 0) @ weights)}
        )
        if i:
            spread = covariance[0, 0] + covariance[i, i] - 2 * covariance[0, i]
            differences.append(
                {
                    "region": names[0],
                    "other": name,
                    "value": (value[0] - value[i]).tolist(),
                    "value_1s": np.sqrt(spread).tolist(),
                    "shared_1s": [
                        s.of_difference(v) for s, v in zip(shared, value[0] - value[i], strict=True)
                    ],
                }
            )
    return {"means": means, "differences": differences}
