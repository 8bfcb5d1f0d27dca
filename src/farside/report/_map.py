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
from farside.report._kit import NONE, Cell, Table, heads, number, pair
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

PROTOCOLS = {
    "blocks": "squares of 30° left out",
    "near-far": "near side predicts far side",
    "cell": "one cell left out (optimistic: its neighbours stay in)",
}
RIVALS = {"regression": "linear regression", "interpolation": "cubic interpolation"}


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


# -- tables ------------------------------------------------------------------------------------


def _by(content: Record, protocol: str, method: str) -> dict[str, Record]:
    for v in content["validation"]:
        if (v["protocol"], v["method"]) == (protocol, method):
            return {s["oxide"]: s for s in v["scores"]}
    return {}


def validation_table(content: Record) -> Table:
    """Return the sharp map against its rivals on cells left out."""
    change = {(c["protocol"], c["other"], c["oxide"]): c for c in content["comparisons"]}
    rows: list[list[Cell]] = []
    for protocol, words in PROTOCOLS.items():
        rows.append([Cell(f"{protocol}: {words}", "group", 10, head=True)])
        own = _by(content, protocol, "sharp")
        for oxide in OXIDES:
            s = own[oxide]
            line = [
                Cell(pretty(oxide), head=True),
                Cell(number(s["noise"])),
                Cell(number(s["rmse"]), "strong"),
            ]
            rivals = (_by(content, protocol, name)[oxide] for name in (*RIVALS, "constant"))
            line += [Cell(number(rival["rmse"])) for rival in rivals]
            c = change[protocol, "regression", oxide]
            verdict = "holds" if c["better"] else "missed" if c["worse"] else ""
            span = f"{number(c['lower'])} to {number(c['upper'])}"
            line.append(Cell(f"{number(c['difference'])} ({span})", f"edge {verdict}".strip()))
            line += [Cell(number(s[k])) for k in ("r2", "bias", "coverage")]
            rows.append(line)
    return Table(
        head=[
            heads(
                "oxide",
                "cells’ own 1σ",
                "RMSE, sharp map",
                *RIVALS.values(),
                "mean of cells",
                "change from regression (90 %)",
                "R²",
                "bias",
                "coverage",
            )
        ],
        rows=rows,
        caption="Cells left out, predicted by the sharp map and by rivals: RMSE in wt%, weighted "
        "by area.",
        made_by="farside.maps.sharpen_validation",
        source="cells_5deg.csv (Prettyman et al. 2006), layers_05deg.npz",
        note="A perfect map would have an RMSE of the cells’ own 1σ. The change from regression, "
        "green where the map is better and red where it is worse, has its interval from whole "
        "squares drawn anew. Coverage counts measured cells in the interval widened by their "
        f"error; {number(100 * content['coverage'], 0)} % are meant to be inside. Cubic "
        "interpolation runs away where it extrapolates to the far side; the mean of the near-side "
        "cells is the fairer simple rival there",
    )


def regions_table(content: Record) -> Table:
    """Return the basin beside the far-side highlands and maria, from the sharp map."""
    rows = [
        [Cell(m["region"], head=True), Cell(number(100 * m["area"], 1))]
        + [Cell(pair(v, s)) for v, s in zip(m["value"], m["value_1s"], strict=True)]
        for m in content["regions"]["means"]
    ]
    width = 2 + len(OXIDES)
    rows.append([Cell("difference, first less second", "group", width, head=True)])
    rows += [
        [Cell(f"SPA − {d['other']}", head=True), Cell(NONE)]
        + [Cell(pair(v, s)) for v, s in zip(d["value"], d["value_1s"], strict=True)]
        for d in content["regions"]["differences"]
        if d["other"].startswith("far-side")
    ]
    return Table(
        head=[heads("region", "% of the Moon", *map(pretty, OXIDES))],
        rows=rows,
        caption="Mean composition of regions from the sharp map, wt% ± 1σ.",
        made_by="farside.maps._sharp_checks.regions",
        source="farside_map.npz; boundaries in farside.geography.regions",
        note="The sigma follows from the covariance of the whole map, as errors of neighbours go "
        "together. "
        "Errors that all cells share, such as the calibration to landing sites, are not in it; "
        "maria are pixels that mare covers by half or more",
    )


def soils_table(content: Record) -> Table:
    """Return soils of landing sites against the half-degree pixel, the cell and bicubic."""
    rows = []
    for oxide in OXIDES:
        part = [s for s in content["soils"] if s["oxide"] == oxide]
        off = {
            key: np.array([s[key] - s["soil"] for s in part])
            for key in ("value", "cell", "bicubic")
        }
        inside = sum(s["lower"] <= s["soil"] <= s["upper"] for s in part)
        six = next((s for s in part if s["mission"] == "Chang'e-6"), None)
        line = [Cell(pretty(oxide), head=True)]
        line += [Cell(number(float(np.sqrt((e**2).mean())))) for e in off.values()]
        line += [Cell(number(float(off["value"].mean()))), Cell(f"{inside} of {len(part)}")]
        if six is None:
            line += [Cell(NONE, "edge"), Cell(NONE), Cell(NONE)]
        else:
            span = f"{number(six['value'], 1)} ({number(six['lower'], 1)} to "
            line += [
                Cell(number(six["soil"], 0), "edge"),
                Cell(f"{span}{number(six['upper'], 1)})"),
                Cell(pair(six["cell"], six["cell_1s"], digits=1)),
            ]
        rows.append(line)
    return Table(
        head=[
            [
                Cell("", head=True),
                Cell("all landing sites", "", 5, head=True),
                Cell("Chang’e-6", "edge", 3, head=True),
            ],
            heads(
                "oxide",
                "RMS, sharp map",
                "RMS, cell",
                "RMS, bicubic",
                "bias",
                "inside",
                "soil",
                "sharp map (interval)",
                "cell ± 1σ",
            ),
        ],
        rows=rows,
        caption="Soils of landing sites, which took no part in the map, against the half degree "
        "they lie in, wt%.",
        made_by="farside.maps._sharp_checks.soils",
        source="reference_soils.csv, missions.csv, farside_map.npz",
        note="A soil is a point in a pixel of 15 km, on the scale of laboratories: fewer are "
        "inside than the stated coverage, and where cells themselves are off (SiO₂ low, CaO high) "
        "so is the map",
    )


# -- words -------------------------------------------------------------------------------------


def facts(content: Record) -> dict[str, Any]:
    """Return what the section says in words."""
    change = [c for c in content["comparisons"] if c["other"] == "regression"]

    def named(protocol: str, key: str) -> list[str]:
        return [c["oxide"] for c in change if c["protocol"] == protocol and c[key]]

    others = [c for c in content["comparisons"] if c["other"] != "regression"]
    follow = {(s["oxide"], s["method"]): s for s in content["sharpness"]}
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
        "map_no_skill": [o for o, s in _by(content, "near-far", "sharp").items() if s["r2"] < 0],
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
        old, new = (_by(c, protocol, "sharp") for c in (shipped, content))
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
