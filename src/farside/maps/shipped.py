"""The sharp map of the six oxides that comes with the package."""

from __future__ import annotations

import importlib.resources
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import rioxarray  # noqa: F401 - gives datasets their .rio
import xarray as xr

from farside import provenance
from farside.constants import OXIDES
from farside.datasets import layers as grid
from farside.errors import InputError
from farside.geography.projections import lunar_crs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from farside.maps._ground import SharpenSettings

    Float = NDArray[np.float64]

NAME = "farside_map"
FILES = (f"{NAME}.npz", f"{NAME}.json")
COVERAGE = 0.9

MODULES = (
    "constants",
    "datasets._tables",
    "datasets.layers",
    "geography.cells",
    "maps._basis",
    "maps._ground",
    "maps._paint",
    "maps.make_sharp",
    "maps.sharpen",
    "maps.sharpen_validation",
)
TABLES = ("cells_5deg.csv", *grid.FILES)
"""Code and data that the map depends on."""

SCALE = {"value": 0.01, "half_width": 0.01, "novelty": 0.01}
"""Step of what is stored, wt% and 1: the least half-width is fifteen times a step."""


def shipped_folder() -> Path:
    """Return the folder of the map that comes with the package."""
    with importlib.resources.as_file(importlib.resources.files("farside")) as root:
        return Path(root) / "maps" / "data"


def made_by(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the hashes of what the map depends on."""
    return provenance.fingerprint(MODULES, TABLES, settings)


def write_map(
    folder: Path,
    value: Float,
    half_width: Float,
    novelty: Float,
    settings: SharpenSettings,
    about: Mapping[str, Any],
) -> None:
    """Write a map and its sidecar, atomically.

    Parameters
    ----------
    folder : to write to
    value, half_width : (6, 360, 720), wt%; half of the interval of `COVERAGE`
    novelty : (360, 720)
    settings : it was made with
    about : further entries of the sidecar
    """
    whole = {
        name: np.rint(values / SCALE[name]).astype(np.uint16)
        for name, values in (("value", value), ("half_width", half_width), ("novelty", novelty))
    }
    with provenance.atomic_path(folder / FILES[0]) as path:
        np.savez_compressed(path, allow_pickle=False, **whole)
    provenance.write_json(
        folder / FILES[1],
        {
            "made_by": made_by(settings.to_dict()),
            "sha256": provenance.sha256_file(folder / FILES[0]),
            "settings": settings.to_dict(),
            "code_version": provenance.code_version(),
            "coverage": COVERAGE,
            "scale": SCALE,
            "oxides": OXIDES,
            **about,
        },
    )


def map_sidecar(folder: Path | None = None) -> dict[str, Any]:
    """Return what is known of the map; the one that ships when no folder is given.

    Raises
    ------
    InputError
        when it is missing or damaged
    """
    path = (folder or shipped_folder()) / FILES[1]
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"the sharp map's {path} cannot be read ({error}); make it with 'farside run --full'."
        ) from error
    return content


def load_map(folder: Path | None = None, *, stale: bool = False) -> xr.Dataset:
    """Return the sharp map of six oxides at half a degree, with intervals.

    Parameters
    ----------
    folder : where it was written; the map that ships by default
    stale : take it even when other code, data or settings made it, to compare with

    Returns
    -------
    xarray.Dataset
        ``value``, ``lower``, ``upper`` over ``(oxide, y, x)`` in wt%, float32, and ``novelty``
        over ``(y, x)``, above 1 where the surface is unlike that of every cell learnt from; ``y``
        and ``lat`` from 89.75 N, ``x`` and ``lon`` from 179.75 W, degrees of ``IAU_2015:30100``.
        Attributes: ``coverage`` of the intervals, ``title``, ``source``, ``code_version``,
        ``sha256`` and ``made_by``

    Raises
    ------
    InputError
        when it is missing or damaged
    StaleError
        when other code, data or settings made it than those present
    """
    about = map_sidecar(folder)
    path = (folder or shipped_folder()) / FILES[0]
    try:
        data = path.read_bytes()
        packed = np.load(io.BytesIO(data))
        whole = {name: packed[name].astype(np.float32) for name in SCALE}
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(
            f"the sharp map's {path} cannot be read ({error}); make it with 'farside run --full'."
        ) from error
    if not stale:
        provenance.check_fresh("sharp map", about["made_by"], made_by(about["settings"]))
    value, half, novelty = (whole[name] * np.float32(about["scale"][name]) for name in SCALE)
    return _dataset(value, half, novelty, about)


def _dataset(
    value: NDArray[np.float32],
    half: NDArray[np.float32],
    novelty: NDArray[np.float32],
    about: Mapping[str, Any],
) -> xr.Dataset:
    percent = {"units": "wt%", "coverage": about["coverage"]}
    over = ("oxide", "y", "x")
    lat, lon = grid.grid_latitude(), grid.grid_longitude()
    north, east = {"units": "degrees_north"}, {"units": "degrees_east"}
    dataset = xr.Dataset(
        {
            "value": (over, value, {"units": "wt%", "long_name": "oxide"}),
            "lower": (over, np.maximum(value - half, 0), {**percent, "long_name": "lower bound"}),
            "upper": (over, value + half, {**percent, "long_name": "upper bound"}),
            "novelty": (
                ("y", "x"),
                novelty,
                {"units": "1", "long_name": "distance of the surface from every cell, 1 = limit"},
            ),
        },
        {
            "oxide": list(OXIDES),
            "y": ("y", lat, north),
            "x": ("x", lon, east),
            "lat": ("y", lat, north),
            "lon": ("x", lon, east),
        },
        {
            "title": "Oxides of the Moon, sharpened from Lunar Prospector cells",
            "coverage": about["coverage"],
            "source": "Prettyman et al. (2006) cells; colour, albedo, height and neutron layers",
            "code_version": about["code_version"],
            "sha256": about["sha256"],
            "made_by": json.dumps(about["made_by"], sort_keys=True),
        },
    )
    placed: xr.Dataset = dataset.rio.write_crs(lunar_crs("geographic"))
    return placed
