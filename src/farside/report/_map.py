"""The sharp map in the report: both sides of the Moon, and what it was held to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import rasterio
from affine import Affine

from farside.constants import OXIDES
from farside.geography.projections import lunar_crs
from farside.maps.globe import FAR, NEAR, View, draw_view, pixels
from farside.maps.globe_layers import SPAN
from farside.provenance import atomic_path
from farside.report import store
from farside.report._map_tables import PROTOCOLS, by_method
from farside.report._style import MUTED, draw, pretty
from farside.style import colour_map

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
ACROSS = 160
"""Pixels across a disk, few so that the report stays small: half a degree is 0.7 of one."""

SIDES = {"far": FAR, "near": NEAR}


def side_figure(sharp: xr.Dataset, side: str) -> str:
    """Return the six oxides of a side with half of their intervals, as SVG.

    Parameters
    ----------
    sharp : of `farside.maps.shipped.load_map`
    side : of `SIDES`
    """
    view = SIDES[side]

    def paint(figure: Figure) -> None:
        axes = figure.subplots(3, 4)
        for i, oxide in enumerate(OXIDES):
            part = sharp.sel(oxide=oxide)
            value = part["value"].to_numpy().astype(float)
            half = part["upper"].to_numpy().astype(float) - value
            left, right = axes[i // 2, 2 * (i % 2)], axes[i // 2, 2 * (i % 2) + 1]
            _disk_map(figure, left, view, value, "oxide")
            _disk_map(figure, right, view, half, "interval")
            left.set_title(f"{pretty(oxide)} (wt%)", loc="center")
            right.set_title("± half interval (wt%)", loc="center", fontweight="normal")

    alt = (
        f"Maps of six oxides of the {side} side of the Moon, each with half of its interval; the "
        "South Pole-Aitken and Apollo basins are outlined and the landing sites marked."
    )
    svg = draw(f"fig-map-{side}", alt, 7.2, paint)
    # an image is named by its bytes, and colour bars of one map look alike
    return re.sub(r' id="[^"]*-image[0-9a-f]+"', "", svg)


def _disk_map(figure: Figure, axes: Axes, view: View, layer: Float, quantity: str) -> None:
    shown = pixels(view, layer, ACROSS)
    low, high = np.nanquantile(shown, SPAN)
    look = {"cmap": colour_map(quantity), "vmin": float(low), "vmax": float(high)}
    image = draw_view(axes, view, shown, look, names=False)
    bar = figure.colorbar(
        image, ax=axes, orientation="horizontal", extend="both", shrink=0.8, aspect=18, pad=0.02
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(color=MUTED, length=2)
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
        "interleave": "band",
        "compress": "deflate",
        "predictor": 3,
        "nodata": float("nan"),
    }
    with atomic_path(path) as temporary, rasterio.open(temporary, "w", **profile) as image:
        # names first and bands apart: else the bytes hang on how full GDAL's cache of blocks is
        image.update_tags(**{key: str(value) for key, value in sharp.attrs.items()})
        for i, (name, _) in enumerate(bands, 1):
            image.set_band_description(i, name)
        for i, (_, layer) in enumerate(bands, 1):
            image.write(layer, i)
