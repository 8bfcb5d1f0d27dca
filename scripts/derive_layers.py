"""Derive the compact half-degree layers that farside carries from the global grids.

Usage: python scripts/derive_layers.py --source DIR

DIR holds ``global/lunar_global_05deg.npz`` and ``global/ldem_4.tif``.
"""

from __future__ import annotations

import argparse
import io
import json
import warnings
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from farside.constants import MEAN_RADIUS
from farside.provenance import sha256_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

TARGET = Path(__file__).resolve().parent.parent / "src" / "farside" / "datasets" / "tables"
NAME = "layers_05deg"
GRID, HEIGHTS = "global/lunar_global_05deg.npz", "global/ldem_4.tif"
MISSING = 65535
LP2 = "Lunar Prospector gamma rays on 2 degree pixels, each repeated on the half-degree grid"
WAC = "LROC WAC colour, a display product made linear on its own photometric scale; good to a few "
WAC += "percent, filled in beyond 70 degrees"

# own name: layer of the grid, unit, step, description
LAYERS = {
    "albedo_1064": ("lola_like_albedo", "1", 2e-4, "albedo at 1064 nm, on the scale of LOLA"),
    "wac_r643": ("wac_r643", "1", 2e-5, f"reflectance at 643 nm; {WAC}"),
    "wac_green_mix": ("wac_g_mix", "1", 2e-5, f"green channel, mix of 566 and 415 nm; {WAC}"),
    "wac_blue_mix": ("wac_b_mix", "1", 2e-5, f"blue channel, mix of 566 and 415 nm; {WAC}"),
    "wac_TiO2": (
        "wac_tio2_wt",
        "wt%",
        1e-3,
        "TiO2 from WAC, within 70 degrees; 1.0217 is the floor, below detection",
    ),
    "mare_fraction": (
        "mare_fraction",
        "1",
        1e-3,
        "share of the pixel mapped as mare, within 70 degrees",
    ),
    "height_km": ("lola_height_km", "km", 5e-3, "height above the sphere of 1737.4 km"),
    "lp2_FeO": ("lp2_feo_wt", "wt%", 1e-3, LP2),
    "lp2_TiO2": ("lp2_tio2_wt", "wt%", 1e-3, LP2),
    "lp2_Th": ("lp2_th_ppm", "ppm", 1e-3, LP2),
    "lp2_K": ("lp2_k_ppm", "ppm", 1.0, LP2),
    "fast_neutrons": ("lp_fast_n", "counts per 32 s", 1e-2, "Lunar Prospector fast neutrons"),
    "thermal_neutrons": ("lp_therm_n", "counts per 8 s", 1e-2, "Lunar Prospector thermal neutrons"),
}  # fmt: skip

STEP_DEG = 0.25
HALF_BASE_KM = float(np.radians(STEP_DEG) * MEAN_RADIUS.value / 1000)
"""Half of the baseline of slope and roughness: one row of the height grid, 7.58 km."""

RELIEF = {
    "slope_deg": (
        "deg",
        2e-2,
        (
            "mean slope of the pixel's four heights, central differences over a baseline of "
            f"{2 * HALF_BASE_KM:.1f} km"
        ),
    ),
    "roughness_km": (
        "km",
        1e-2,
        (
            "root mean square second difference of height, h(x-L) - 2 h(x) + h(x+L) with "
            f"L = {HALF_BASE_KM:.1f} km, north-south and east-west, over the pixel"
        ),
    ),
}


def around(height: Float) -> tuple[Float, Float, Float, Float]:
    """Return the heights one half baseline north, south, east and west of each pixel.

    Rows go on across the poles on the opposite meridian. East and west are as many columns away
    as come nearest to one row, so that the baseline stays one length at all latitudes.
    """
    rows, columns = height.shape
    across = np.roll(height, columns // 2, axis=1)
    north = np.vstack([across[:1], height[:-1]])
    south = np.vstack([height[1:], across[-1:]])
    lat = 90 - STEP_DEG * (np.arange(rows) + 0.5)
    steps = np.minimum(np.rint(1 / np.cos(np.radians(lat))).astype(int), columns // 4)
    east = np.stack([np.roll(h, -k) for h, k in zip(height, steps, strict=True)])
    west = np.stack([np.roll(h, k) for h, k in zip(height, steps, strict=True)])
    return north, south, east, west


def relief(height: Float) -> dict[str, Float]:
    """Return slope (deg) and roughness (km) on half-degree pixels from quarter-degree heights."""
    rows, columns = height.shape
    north, south, east, west = around(height)
    lat = np.radians(90 - STEP_DEG * (np.arange(rows) + 0.5))
    steps = np.minimum(np.rint(1 / np.cos(lat)), columns // 4)
    # the chord between the two columns, also where they are a good part of a parallel apart
    base = 2 * MEAN_RADIUS.value / 1000 * np.cos(lat) * np.sin(np.radians(STEP_DEG) * steps)
    slope = np.hypot((north - south) / (2 * HALF_BASE_KM), (east - west) / base[:, None])
    bend = ((north + south - 2 * height) ** 2 + (east + west - 2 * height) ** 2) / 2

    def pixels(fine: Float) -> Float:
        means = fine.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
        return np.asarray(means, dtype=np.float64)

    return {
        "slope_deg": pixels(np.degrees(np.arctan(slope))),
        "roughness_km": np.sqrt(pixels(bend)),
    }


def scaled(values: Float, step: float) -> tuple[NDArray[np.uint16], float]:
    """Return values as whole steps above an offset; `MISSING` where there is none."""
    offset = float(np.floor(np.nanmin(values) / step) * step)
    whole = np.rint((values - offset) / step)
    # a zero marks a clamp, so that a small measured value must not become one
    whole[(whole == 0) & (values > 0) & (offset == 0)] = 1
    if np.nanmax(whole) >= MISSING:
        message = f"a step of {step} is too fine for a span of {np.nanmax(values) - offset}"
        raise ValueError(message)
    return np.where(np.isnan(whole), MISSING, whole).astype(np.uint16), offset


def write_npz(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays as .npz, compressed, the same bytes every time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.save(stream, array)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, stream.getvalue(), compresslevel=9)


def layers(source: Path) -> dict[str, tuple[Float, str, float, str]]:
    """Return each layer, north first, with unit, step and description."""
    grid = np.load(source / GRID)
    if not np.allclose(grid["lat"], 89.75 - 0.5 * np.arange(360)):
        message = f"{source / GRID}: rows are not the expected half-degree latitudes, north first"
        raise ValueError(message)
    found = {
        own: (grid[name].astype(np.float64), unit, step, about)
        for own, (name, unit, step, about) in LAYERS.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(source / HEIGHTS) as image:
            height = np.asarray(image.read(1), dtype=np.float64)
    mean = height.reshape(360, 2, 720, 2).mean(axis=(1, 3))
    if np.abs(mean - found["height_km"][0]).max() > 1e-3:
        message = f"{source / HEIGHTS} and the height of {source / GRID} differ"
        raise ValueError(message)
    for own, values in relief(height).items():
        found[own] = (values, *RELIEF[own])
    return found


SOURCES = {
    "lp2_FeO lp2_TiO2 lp2_Th lp2_K": {
        "citation": "Lunar Prospector gamma-ray maps at 2 degrees; taken to be the 2 degree "
        "product of Prettyman T.H. et al. (2006) JGR 111, E12007; the copy at hand names no file",
        "doi": "10.1029/2005JE002656",
    },
    "fast_neutrons thermal_neutrons": {
        "citation": "Lunar Prospector neutron maps on the half-degree grid: Maurice S. et al. "
        "(2004) Reduction of neutron data from Lunar Prospector. JGR 109, E07S04; counting times "
        "as the archive describes them (NSSDC PSPG-00800)",
        "doi": "10.1029/2003JE002208",
    },
    "albedo_1064": {
        "citation": "albedo on the scale of Lucey P.G. et al. (2014) JGR Planets 119, 1665-1679; "
        "the copy at hand does not say how it was made",
        "doi": "10.1002/2013JE004592",
    },
    "wac_r643 wac_green_mix wac_blue_mix height_km slope_deg roughness_km": {
        "citation": "NASA Scientific Visualization Studio, CGI Moon Kit: LROC WAC colour and LOLA "
        "height at 4 pixels per degree",
        "url": "https://svs.gsfc.nasa.gov/4720",
    },
    "wac_TiO2": {
        "citation": "taken to be Sato H. et al. (2017) Icarus 296, 216-238",
        "doi": "10.1016/j.icarus.2017.06.013",
    },
    "mare_fraction": {
        "citation": "share of mapped mare; the copy at hand does not name its boundaries"
    },
}

NOTES = [
    "Rows run north to south from 89.75 N, columns west to east from 179.75 W, pixel centres.",
    "Values are stored in whole steps above an offset as uint16; 65535 is missing.",
    "WAC TiO2 and mare fraction have no values beyond 70 degrees. WAC colour there is filled in.",
    (
        "Zeros of lp2_FeO, lp2_TiO2 and lp2_K are clamps of a non-negative fit: censored, neither "
        "measured nor missing."
    ),
    (
        "Means of the 2 degree gamma-ray maps over the 5 degree cells follow the cells closer than "
        "the cells' own errors: a comparison between them tests sharpness, not truth."
    ),
]


def main() -> None:
    """Write ``layers_05deg.npz`` and its sidecar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    source = parser.parse_args().source
    arrays, variables = {}, {}
    origin = {name: about for names, about in SOURCES.items() for name in names.split()}
    for name, (values, unit, step, about) in layers(source).items():
        arrays[name], offset = scaled(values, step)
        variables[name] = {
            "unit": unit,
            "description": about,
            "scale": step,
            "offset": round(offset, 9),
            "source": origin[name],
        }
    write_npz(TARGET / f"{NAME}.npz", arrays)
    content = {
        "title": "Global layers on a half-degree grid",
        "variables": variables,
        "missing": MISSING,
        "notes": NOTES,
        "derived_by": "scripts/derive_layers.py",
        "sha256": sha256((TARGET / f"{NAME}.npz").read_bytes()).hexdigest(),
        "originals_sha256": {name: sha256_file(source / name) for name in (GRID, HEIGHTS)},
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (TARGET / f"{NAME}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
