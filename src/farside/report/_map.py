"""The sharp map in the report: both sides of the Moon, and what it was held to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from cmcrameri import cm
from matplotlib.colors import Normalize

from farside.constants import MEAN_RADIUS, OXIDES
from farside.datasets import load_missions
from farside.geography.projections import lunar_crs
from farside.geography.regions import SPA_OUTER
from farside.provenance import atomic_path
from farside.report import store
from farside.report._map_tables import PROTOCOLS, by_method
from farside.report._style import INK, MUTED, draw, pretty

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Record = Mapping[str, Any]
    Float = NDArray[np.float64]

FILE = "farside_map.tif"
DISK = 180
"""Pixels across a disk: half a degree at its middle is 0.8 of one."""

SIDES = {"far": 180.0, "near": 0.0}
SPAN = (0.01, 0.99)
"""Quantiles of what is seen of a layer, at the ends of its colours."""


def disk(lon0: float) -> tuple[Float, Float]:
    """Return latitude and longitude of the pixels of a disk seen from afar, NaN beside it.

    Parameters
    ----------
    lon0 : longitude of the middle, degrees
    """
    axis = (np.arange(DISK) + 0.5) / DISK * 2 - 1
    across, up = np.meshgrid(axis, -axis)
    toward = np.sqrt(np.where(across**2 + up**2 < 1, 1 - across**2 - up**2, np.nan))
    lat = np.degrees(np.arcsin(np.where(np.isnan(toward), np.nan, up)))
    lon = lon0 + np.degrees(np.arctan2(across, toward))
    return lat, (lon + 180) % 360 - 180


def _seen(layer: NDArray[np.float32], lat: Float, lon: Float) -> Float:
    known = np.isfinite(lat)
    y = np.where(known, (90 - np.nan_to_num(lat)) * 2, 0).astype(int)
    x = np.where(known, (np.nan_to_num(lon) + 180) * 2, 0).astype(int)
    return np.where(known, layer[np.minimum(y, 359), np.minimum(x, 719)], np.nan)


def spa_outline() -> tuple[Float, Float]:
    """Return latitude and longitude along the outer ellipse of the South Pole-Aitken basin."""
    turn = np.linspace(0, 2 * np.pi, 181)
    along, across = SPA_OUTER.semi_major_km * np.cos(turn), SPA_OUTER.semi_minor_km * np.sin(turn)
    arc = np.hypot(along, across) / (MEAN_RADIUS.value / 1000)
    bearing = np.arctan2(across, along) - np.radians(SPA_OUTER.tilt_deg)
    up = np.radians(SPA_OUTER.lat)
    sine = np.sin(up) * np.cos(arc) + np.cos(up) * np.sin(arc) * np.cos(bearing)
    east = np.sin(bearing) * np.sin(arc) * np.cos(up), np.cos(arc) - np.sin(up) * sine
    return np.degrees(np.arcsin(sine)), SPA_OUTER.lon + np.degrees(np.arctan2(*east))


def _projected(place: tuple[Float, Float], lon0: float) -> tuple[Float, Float]:
    """Return latitudes and longitudes on the disk, NaN behind it."""
    up, turn = np.radians(place[0]), np.radians(place[1] - lon0)
    front = np.cos(turn) > 0
    across = np.where(front, np.cos(up) * np.sin(turn), np.nan)
    return across, np.where(front, np.sin(up), np.nan)


def side_figure(sharp: xr.Dataset, side: str) -> str:
    """Return the six oxides of a side with half of their intervals, as SVG.

    Parameters
    ----------
    sharp : of `farside.maps.shipped.load_map`
    side : of `SIDES`
    """
    lon0 = SIDES[side]

    def paint(figure: Figure) -> None:
        axes = figure.subplots(3, 4)
        for i, oxide in enumerate(OXIDES):
            part = sharp.sel(oxide=oxide)
            value = part["value"].to_numpy()
            half = (part["upper"] - part["value"]).to_numpy()
            left, right = axes[i // 2, 2 * (i % 2)], axes[i // 2, 2 * (i % 2) + 1]
            _disk_map(figure, left, value, lon0, cm.batlow)
            _disk_map(figure, right, half, lon0, cm.lapaz_r)
            left.set_title(f"{pretty(oxide)} (wt%)")
            right.set_title("± half interval", fontweight="normal")

    alt = (
        f"Maps of six oxides of the {side} side of the Moon, each with half of its interval; the "
        "South Pole-Aitken basin is outlined and the Chang'e-6 site marked."
    )
    svg = draw(f"fig-map-{side}", alt, 7.4, paint)
    # an image is named by its bytes, and colour bars of one map look alike
    return re.sub(r' id="[^"]*-image[0-9a-f]+"', "", svg)


def _disk_map(
    figure: Figure, axes: Axes, layer: NDArray[np.float32], lon0: float, colours: Any
) -> None:
    seen = _seen(layer, *disk(lon0))
    low, high = np.nanquantile(seen, SPAN)
    image = axes.imshow(
        seen,
        cmap=colours,
        norm=Normalize(float(low), float(high)),
        extent=(-1, 1, -1, 1),
        interpolation="none",
    )
    sites = load_missions().set_index("mission")
    site = sites.loc[["Chang'e-6"], ["lat", "lon"]].to_numpy(dtype=float)[0]
    axes.plot(*_projected(spa_outline(), lon0), color=INK, linewidth=0.8)
    axes.plot(
        *_projected((site[:1], site[1:]), lon0), "o", color="white", mec="black", ms=4, mew=0.9
    )
    axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
    axes.set_axis_off()
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.8, aspect=18, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=6.5, color=MUTED, length=2)
    bar.ax.locator_params(nbins=4)
    bar.ax.grid(visible=False)


# -- words -------------------------------------------------------------------------------------


def facts(content: Record) -> dict[str, Any]:
    """Return what the section says in words."""
    change = [c for c in content["comparisons"] if c["other"] == "regression"]

    def named(protocol: str, key: str) -> list[str]:
        return [c["oxide"] for c in change if c["protocol"] == protocol and c[key]]

    others = [c for c in content["comparisons"] if c["other"] != "regression"]
    follow = {(s["oxide"], s["method"]): s for s in content["sharpness"]}
    far = by_method(content, "near-far", "sharp")
    best = {
        oxide: min(
            (f for f in content["footprints"] if f["oxide"] == oxide),
            key=lambda f: abs(f["slope"] - 1),
        )
        for oxide in ("FeO", "TiO2")
    }
    return {
        "map": content,
        "map_better": {p: named(p, "better") for p in ("blocks", "near-far")},
        "map_worse": {p: named(p, "worse") for p in ("blocks", "near-far")},
        "map_beats_simple": all(c["better"] for c in others),
        "map_within": min(m["within"] for m in content["mass"]),
        "map_chi2": {m["oxide"]: m["chi2"] for m in content["mass"]},
        "map_seen": min(m["footprint_within"] for m in content["mass"]),
        "map_follow": follow,
        "map_width": best,
        "map_caps": {
            s["oxide"]: s["coverage"] for s in by_method(content, "caps", "sharp").values()
        },
        "map_soils_wide": {s["oxide"]: s for s in content["soil_intervals"]},
        "map_no_skill": [o for o, s in far.items() if s["r2"] < 0],
    }


def differing(content: Record, tolerance: float) -> pd.DataFrame:
    """Return where recomputed scores of the map differ from the shipped ones by more than that.

    Parameters
    ----------
    content : recomputed result ``map``
    tolerance : of R2 and coverage
    """
    shipped = store.read("map", stale=True)
    lines = []
    for protocol in PROTOCOLS:
        old, new = (by_method(c, protocol, "sharp") for c in (shipped, content))
        for oxide in OXIDES:
            apart = [
                abs((old[oxide][k] or 0.0) - (new[oxide][k] or 0.0)) for k in ("r2", "coverage")
            ]
            if max(apart) > tolerance:
                lines.append(
                    {
                        "estimator": "sharp map",
                        "protocol": protocol,
                        "oxide": oxide,
                        "shipped_r2": old[oxide]["r2"],
                        "recomputed_r2": new[oxide]["r2"],
                    }
                )
    return pd.DataFrame(lines)


# -- file --------------------------------------------------------------------------------------


def write_tiff(path: Path, sharp: xr.Dataset) -> None:
    """Write the sharp map as a tiled GeoTIFF, one named band per layer.

    Parameters
    ----------
    path : to write to
    sharp : of `farside.maps.shipped.load_map`
    """
    bands = [
        (f"{oxide} {kind} (wt%)", sharp[kind].sel(oxide=oxide).to_numpy())
        for oxide in OXIDES
        for kind in ("value", "lower", "upper")
    ]
    bands.append(("novelty", sharp["novelty"].to_numpy()))
    bands += [
        (f"{oxide} soil {end} (wt%)", sharp[f"soil_{end}"].sel(oxide=oxide).to_numpy())
        for oxide in OXIDES
        for end in ("lower", "upper")
    ]
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "height": sharp.sizes["y"],
        "width": sharp.sizes["x"],
        "count": len(bands),
        "crs": lunar_crs("geographic"),
        "transform": Affine(0.5, 0.0, -180.0, 0.0, -0.5, 90.0),
        "tiled": True,
        "compress": "deflate",
        "predictor": 3,
        "nodata": float("nan"),
    }
    with atomic_path(path) as temporary, rasterio.open(temporary, "w", **profile) as image:
        for i, (name, layer) in enumerate(bands, 1):
            image.write(layer, i)
            image.set_band_description(i, name)
        image.update_tags(**{key: str(value) for key, value in sharp.attrs.items()})
