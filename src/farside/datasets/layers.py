"""Global layers on a half-degree grid: colour, albedo, height, mare and Lunar Prospector maps."""

from __future__ import annotations

import importlib.resources
import io
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "layers_05deg"
FILES = (f"{NAME}.npz", f"{NAME}.json")
"""Names in ``datasets/tables``, for `farside.provenance.fingerprint`."""

SHAPE = (360, 720)
STEP_DEG = 0.5
COLOUR_LIMIT_DEG = 70.0
"""Beyond this latitude WAC colour is filled in, and WAC TiO2 and mare fraction are missing."""

WAC_TIO2_FLOOR = 1.0217009
"""Least value of the WAC TiO2 map, wt%: such a pixel is below detection (Sato et al. 2017)."""

CLAMPED = ("lp2_FeO", "lp2_TiO2", "lp2_K")
"""Gamma-ray maps with zeros that a non-negative fit left: censored, stored as 0."""

_TABLES = importlib.resources.files("farside").joinpath("datasets", "tables")


def grid_latitude() -> NDArray[np.float64]:
    """Return the latitudes of the pixel centres, degrees, north first."""
    return np.asarray(90.0 - STEP_DEG * (np.arange(SHAPE[0]) + 0.5), dtype=np.float64)


def grid_longitude() -> NDArray[np.float64]:
    """Return the longitudes of the pixel centres, degrees east from -179.75."""
    return np.asarray(-180.0 + STEP_DEG * (np.arange(SHAPE[1]) + 0.5), dtype=np.float64)


def layers_sidecar() -> dict[str, Any]:
    """Return what is known of the layers: units, scales, sources, hashes, notes."""
    content: dict[str, Any] = json.loads(_TABLES.joinpath(FILES[1]).read_text(encoding="utf-8"))
    return content


@cache
def _layers() -> xr.Dataset:
    about = layers_sidecar()
    packed = np.load(io.BytesIO(_TABLES.joinpath(FILES[0]).read_bytes()))
    variables: dict[str, Any] = {}
    for name, v in about["variables"].items():
        whole = packed[name]
        values = whole * np.float32(v["scale"]) + np.float32(v["offset"])
        attrs = {
            "units": v["unit"],
            "long_name": v["description"],
            "source": v["source"]["citation"],
        }
        missing = whole == about["missing"]
        # a clamp stays the exact zero that marks it
        if name in CLAMPED:
            values = np.where(whole == 0, np.float32(0), values)
        variables[name] = (("y", "x"), np.where(missing, np.float32(np.nan), values), attrs)
    for name in CLAMPED:
        variables[f"{name}_clamped"] = (
            ("y", "x"),
            variables[name][1] == 0,
            {"long_name": f"where {name} is a clamp at zero: censored, not measured"},
        )
    tio2 = variables["wac_TiO2"][1]
    variables["wac_TiO2_floor"] = (
        ("y", "x"),
        tio2 <= WAC_TIO2_FLOOR + about["variables"]["wac_TiO2"]["scale"],
        {"long_name": "where WAC TiO2 is at its floor: below detection"},
    )
    lat, lon = grid_latitude(), grid_longitude()
    degrees = {"lat": {"units": "degrees_north"}, "lon": {"units": "degrees_east"}}
    coords = {
        "y": ("y", lat, degrees["lat"]),
        "x": ("x", lon, degrees["lon"]),
        "lat": ("y", lat, degrees["lat"]),
        "lon": ("x", lon, degrees["lon"]),
        "colour_filled": (
            "y",
            np.abs(lat) > COLOUR_LIMIT_DEG,
            {"long_name": "where WAC colour is filled in and mare fraction is missing"},
        ),
    }
    return xr.Dataset(variables, coords, {"title": about["title"], "sha256": about["sha256"]})


def load_layers() -> xr.Dataset:
    """Return the global layers on 360 x 720 pixels of half a degree.

    Returns
    -------
    xarray.Dataset
        a fresh copy over ``y`` (89.75 N first) and ``x`` (179.75 W first) with coordinates
        ``lat``, ``lon`` (degrees) and ``colour_filled``; float32, NaN where there is nothing:

        - ``albedo_1064``, ``wac_r643``, ``wac_green_mix``, ``wac_blue_mix`` (dimensionless)
        - ``wac_TiO2`` (wt%; its floor is flagged in ``wac_TiO2_floor``), ``mare_fraction``: NaN
          beyond 70 degrees
        - ``height_km``, ``slope_deg``, ``roughness_km`` (baseline 15.2 km)
        - ``lp2_FeO``, ``lp2_TiO2`` (wt%), ``lp2_Th``, ``lp2_K`` (ppm) at 2 degrees; a clamp is 0
          and flagged in ``lp2_FeO_clamped``, ``lp2_TiO2_clamped``, ``lp2_K_clamped``
        - ``fast_neutrons``, ``thermal_neutrons`` (counts)

        Each has ``units``, ``long_name`` and ``source`` in its attributes.

    Examples
    --------
    >>> layers = load_layers()
    >>> f"{layers['height_km'].sel(y=-41.75, x=-153.75).item():.1f} km"
    '-5.2 km'
    """
    return _layers().copy(deep=True)
