"""A map for ISIS and for what reads its labels: GeoTIFFs with detached ISIS3 labels.

    FeO.lbl   PVL label: Core, Mapping, BandBin, Archive
    FeO.tif   bands value, lower, upper in wt%; one file per oxide, and novelty

The label is written by GDAL's ISIS3 driver. The pixels of the GeoTIFF are neither compressed nor
tiled and lie band after band, so that the label can point to them as to a raw file (``Format =
BandSequential``), which every ISIS3 reads; missing pixels hold ISIS's NULL. Longitude is positive
east, latitude planetocentric, on the sphere of the map.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import rasterio
from affine import Affine
from rasterio.shutil import copy as copy_raster
from rasterio.windows import Window

from farside import provenance
from farside.constants import MAP_RADIUS, OXIDES
from farside.errors import InputError
from farside.maps.export import LAYERS, READ, Say, lineage
from farside.maps.grid import MapGrid, grid_of
from farside.maps.mosaic import new_folder
from farside.maps.outputs import open_finished

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

NULL = float.fromhex("-0x1.fffff6p+127")
"""What ISIS3 has for a missing pixel in single precision: bits FF7FFFFB, of its SpecialPixel.h."""
SQUARE = 1e-6
"""Most by which the sides of a pixel may differ, relative; ISIS has one resolution for both."""


@dataclass(frozen=True)
class IsisMap:
    """Labels that were written; beside each lies its GeoTIFF."""

    out: Path
    labels: tuple[Path, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"out": str(self.out), "labels": [str(path) for path in self.labels]}

    def __str__(self) -> str:
        """Return what was written."""
        names = ", ".join(path.name for path in self.labels)
        return f"wrote {names} with their GeoTIFFs to {self.out}"


def _square(grid: MapGrid) -> MapGrid:
    """Return the grid with pixels that are square to the last digit."""
    t = grid.transform
    if t.a <= 0 or abs(t.a + t.e) > SQUARE * t.a:
        raise InputError(
            f"the pixels of the map are {abs(t.a):g} by {abs(t.e):g}; ISIS needs square ones that "
            "run east and south: bring the map to a grid with 'farside mosaic --resolution'."
        )
    return MapGrid(grid.crs, Affine(t.a, 0.0, t.c, 0.0, -t.a, t.f), grid.height, grid.width)


def _about(ds: xr.Dataset, bands: dict[str, str]) -> dict[str, Any]:
    """Return the groups that the label adds: what each band is, and what made the map."""
    made = lineage(ds)
    archive = {
        "Software": f"farside {provenance.code_version()}",
        "MadeBy": f"farside {', '.join(made['farside']) or 'of unknown version'}",
        "WeightsSha256": ", ".join(made["weights"]) or "unknown",
        "SourceProducts": [i["name"] for i in made["inputs"]] or ["unknown"],
        "IntervalCoverage": f"{ds.attrs['coverage']:g}",  # of a number GDAL writes 17 digits
    }
    return {
        "IsisCube": {
            "_type": "object",
            "BandBin": {"_type": "group", "Name": list(bands), "Units": list(bands.values())},
            "Archive": {"_type": "group", **archive},
        }
    }


def _described(raster: Path, groups: dict[str, Any]) -> Path:
    """Return a virtual raster that carries the groups for the label beside the pixels."""
    virtual = raster.with_suffix(".vrt")
    copy_raster(raster, virtual, driver="VRT")
    root = ET.parse(virtual).getroot()  # noqa: S314 - GDAL wrote it a line ago
    label = ET.SubElement(root, "Metadata", domain="json:ISIS3", format="json")
    label.text = json.dumps(groups)
    ET.ElementTree(root).write(virtual, encoding="unicode")
    return virtual


def _check(label: Path, grid: MapGrid) -> None:
    """Raise when the label places the pixels elsewhere than the map does."""
    scale = np.radians(MAP_RADIUS.value) if grid.crs.is_geographic else 1.0
    with rasterio.open(label) as back:
        agrees = back.crs is not None and np.allclose(
            tuple(back.transform)[:6], np.array(tuple(grid.transform)[:6]) * scale, rtol=1e-9
        )
    if not agrees:
        raise InputError(
            f"ISIS has no label for a map in {grid.crs.to_string()[:60]}; bring it to one of its "
            "projections first: 'farside mosaic --crs equirectangular' (or south_polar, ...)."
        )


def _write(label: Path, grid: MapGrid, layers: list[xr.DataArray], groups: dict[str, Any]) -> None:
    """Write layers of a map as the bands of a GeoTIFF with a label."""
    profile = {
        "driver": "GTiff", "width": grid.width, "height": grid.height, "count": len(layers),
        "dtype": "float32", "nodata": NULL, "crs": grid.crs, "transform": grid.transform,
        "interleave": "band", "bigtiff": "if_safer",
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix=".isis-", dir=label.parent) as folder:
        plain = Path(folder) / "plain.tif"
        with rasterio.open(plain, "w", **profile) as raster:
            for rows, columns in grid.windows(READ):
                part = [_numbers(layer.isel(y=rows, x=columns)) for layer in layers]
                raster.write(np.stack(part), window=Window.from_slices(rows, columns))
        copy_raster(
            _described(plain, groups), label,
            driver="ISIS3",
            DATA_LOCATION="GEOTIFF",
            TARGET_NAME="Moon",
            LATITUDE_TYPE="Planetocentric",
            LONGITUDE_DIRECTION="PositiveEast",
            USE_SRC_LABEL="YES",
            ADD_GDAL_HISTORY="NO",
        )  # fmt: skip
    _check(label, grid)


def _numbers(layer: xr.DataArray) -> NDArray[np.float32]:
    return layer.fillna(NULL).to_numpy().astype(np.float32)


def write_isis(ds: xr.Dataset, out: Path, *, say: Say = lambda _: None) -> IsisMap:
    """Write a map as GeoTIFFs with detached ISIS3 labels.

    Parameters
    ----------
    ds : map dataset, read in blocks; degrees become ISIS's SimpleCylindrical
    out : folder, which must not exist; it appears when all is written
    say : told what is being done

    Raises
    ------
    InputError
        when the map has no lunar coordinate system or one that ISIS has not, its pixels are not
        square, `out` exists or cannot be written
    """
    grid = _square(grid_of(ds))
    names = []
    with new_folder(Path(out)) as folder:
        for oxide in OXIDES:
            names.append(f"{oxide}.lbl")
            say(f"write {names[-1]}")
            bands = {f"{oxide} {layer}": "weight percent" for layer in LAYERS}
            layers = [ds[name].sel(oxide=oxide) for name in LAYERS]
            _write(folder / names[-1], grid, layers, _about(ds, bands))
        names.append("novelty.lbl")
        say(f"write {names[-1]}")
        _write(folder / names[-1], grid, [ds["novelty"]], _about(ds, {"novelty": "dimensionless"}))
    return IsisMap(Path(out), tuple(Path(out) / name for name in names))


def export_isis(
    path: Path | None, out: Path, *, tile: str | None = None, say: Say = lambda _: None
) -> IsisMap:
    """Write a stored map, or the one that ships, for ISIS; see `write_isis`.

    Parameters
    ----------
    path : store of ``farside map`` or ``farside mosaic``; the map that ships when None
    out : folder to make
    tile : of the store; may be left out where there is only one
    """
    return write_isis(open_finished(path, tile), out, say=say)
