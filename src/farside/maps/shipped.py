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
from farside.maps.predict import FLAGS

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
    "maps.soil_interval",
)
INPUTS = ("cells_5deg.csv", grid.FILES[0])
TABLES = ("cells_5deg.csv", *grid.FILES, "missions.csv", "reference_soils.csv")
"""Code and data that the map depends on."""

SCALE = {"value": 0.01, "half_width": 0.01, "soil_half_width": 0.05, "novelty": 0.01}
"""Step of what is stored, wt% and 1: the least half-width is fifteen times a step. That of soils
is rounded up."""


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
    soil_half_width: Float,
    novelty: Float,
    settings: SharpenSettings,
    about: Mapping[str, Any],
) -> None:
    """Write a map and its sidecar, atomically.

    Parameters
    ----------
    folder : to write to
    value, half_width : (6, 360, 720), wt%; half of the interval of `COVERAGE` of a pixel's mean
    soil_half_width : (6, 360, 720), wt%; the same for the soil at a point of the pixel
    novelty : (360, 720)
    settings : it was made with
    about : further entries of the sidecar
    """
    steps = {
        "value": np.rint(value / SCALE["value"]),
        "half_width": np.rint(half_width / SCALE["half_width"]),
        "soil_half_width": np.ceil(soil_half_width / SCALE["soil_half_width"]),
        "novelty": np.rint(novelty / SCALE["novelty"]),
    }
    whole = {name: values.astype(np.uint16) for name, values in steps.items()}
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
        over ``(oxide, y, x)`` in wt%, float32: ``value``; ``lower`` and ``upper`` for the mean of
        the pixel on the scale of Lunar Prospector; ``soil_lower`` and ``soil_upper`` for the soil
        at a point of the pixel, as a laboratory would measure it (`farside.maps.soil_interval`).
        Over ``(y, x)``: ``novelty``, above 1 where the surface is unlike that of every cell learnt
        from, and ``flag`` (uint8), ``novel`` of `farside.maps.predict.FLAGS` there and beyond 70
        degrees, where colour is filled in. ``y`` and ``lat`` from 89.75 N, ``x`` and ``lon`` from
        179.75 W, degrees of ``IAU_2015:30100``. Attributes: ``coverage`` of both intervals,
        ``title``, ``source``, ``code_version``, ``sha256``, ``made_by``, and ``sources`` with
        versions and hashes as `farside.maps.export.lineage` reads them

    Raises
    ------
    InputError
        when it is missing or damaged
    StaleError
        when other code, data or settings made it than those present

    Examples
    --------
    >>> import farside
    >>> moon = farside.load_map()
    >>> moon["value"].sel(oxide="FeO").shape  # half a degree
    (360, 720)
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
    found = {name: whole[name] * np.float32(about["scale"][name]) for name in SCALE}
    return _dataset(found, about)


def _flags(novelty: NDArray[np.float32]) -> NDArray[np.uint8]:
    polar = np.abs(grid.grid_latitude()) > grid.COLOUR_LIMIT_DEG
    return ((novelty > 1) | polar[:, None]).astype(np.uint8) * np.uint8(FLAGS["novel"])


def _sources(about: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what made the map, in the words of `farside.maps.export.lineage`."""
    made = {"farside": about["code_version"], "weights": about["sha256"]}
    return [
        {**made, "input": name, "input_sha256": about["made_by"][f"data:{name}"]} for name in INPUTS
    ]


def _dataset(found: Mapping[str, NDArray[np.float32]], about: Mapping[str, Any]) -> xr.Dataset:
    value, over = found["value"], ("oxide", "y", "x")
    percent = {"units": "wt%", "coverage": about["coverage"]}
    variables: dict[str, Any] = {"value": (over, value, {"units": "wt%", "long_name": "oxide"})}
    kinds = (
        ("", "half_width", "mean of the pixel on the scale of Lunar Prospector"),
        ("soil_", "soil_half_width", "soil at a point of the pixel"),
    )
    for name, half, words in kinds:
        ends = {"lower": np.maximum(value - found[half], 0), "upper": value + found[half]}
        for end, bound in ends.items():
            about_end = {**percent, "long_name": f"{end} bound, {words}"}
            variables[f"{name}{end}"] = (over, bound, about_end)
    away = {"units": "1", "long_name": "distance of the surface from every cell, 1 = limit"}
    variables["novelty"] = (("y", "x"), found["novelty"], away)
    marks = {"flag_masks": [FLAGS["novel"]], "flag_meanings": "novel"}
    variables["flag"] = (("y", "x"), _flags(found["novelty"]), marks)
    lat, lon = grid.grid_latitude(), grid.grid_longitude()
    north, east = {"units": "degrees_north"}, {"units": "degrees_east"}
    dataset = xr.Dataset(
        variables,
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
            "sources": _sources(about),
        },
    )
    placed: xr.Dataset = dataset.rio.write_crs(lunar_crs("geographic"))
    return placed
