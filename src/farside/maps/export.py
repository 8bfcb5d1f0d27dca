"""A map as cloud-optimised GeoTIFFs, ready for QGIS and for a web viewer.

    FeO.tif             bands value, lower, upper in wt%, with overviews; one file per oxide
    FeO_quicklook.tif   one byte per pixel with a palette, for a look
    FeO.qml             the same colours for QGIS, which loads it together with FeO.tif
    novelty.tif         novelty, dimensionless
    flag.tif            why a pixel has no numbers, with a palette

Colours are batlow (Crameri et al. 2020), whose steps look even to every eye. Each oxide has one
range for all maps, that of the Lunar Prospector cells, so that two maps can be compared by eye.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.shutil import copy as copy_raster
from rasterio.windows import Window
from rio_cogeo import cog_validate

from farside import provenance
from farside.constants import OXIDES
from farside.datasets import load_cells_5deg
from farside.errors import InputError
from farside.maps.grid import MapGrid, grid_of
from farside.maps.predict import FILL, FLAGS, SCALE, Storage, stored
from farside.maps.resample import with_flag
from farside.maps.style import qml
from farside.progress import counted
from farside.style import colour_map

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from numpy.typing import NDArray

BLOCK = 512
"""Pixels a side of a block of a GeoTIFF, the default of GDAL's COG driver."""

READ = 2048
"""Pixels a side that are read at a time: 200 MB with six oxides and three layers."""

QUICKLOOK_MISSING = 0
LAYERS = ("value", "lower", "upper")

Say = Callable[[str], None]
Colours = dict[int, tuple[int, int, int, int]]


@dataclass(frozen=True)
class Band:
    """A band of a GeoTIFF: its name, unit, and what a stored number means."""

    name: str
    unit: str
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Parameters
    ----------
    path : GeoTIFF
    title : what it shows
    role : ``data``, ``overview`` (for a look) or ``quality``
    bands : in order
    dtype : of the pixels
    nodata : stored number of a missing value, None where there is none
    """

    path: Path
    title: str
    role: str
    bands: tuple[Band, ...]
    dtype: str
    nodata: float | None


def display_range(oxide: str) -> tuple[float, float]:
    """Return the range of the colours of an oxide in wt%: that of the Lunar Prospector cells."""
    values = load_cells_5deg()[oxide]
    return float(np.floor(values.min())), float(np.ceil(values.max()))


def flag_colours() -> Colours:
    """Return the palette of all sums of `FLAGS`; the gravest reason gives the colour."""
    by_reason = {
        "nan": (60, 60, 60, 255),
        "unlit": (20, 20, 60, 255),
        "negative": (170, 60, 60, 255),
        "over_one": (240, 220, 120, 255),
        "novel": (240, 140, 40, 255),
    }
    palette: Colours = {}
    for number in range(2 * max(FLAGS.values())):
        reasons = [name for name in by_reason if number & FLAGS[name]]
        palette[number] = by_reason[reasons[0]] if reasons else (225, 235, 225, 255)
    return palette


def quicklook_colours() -> Colours:
    """Return batlow on the bytes 1 to 255; 0, which is transparent, is missing."""
    ramp = (255 * colour_map("oxide")(np.linspace(0, 1, 255))).round().astype(int)
    colours: Colours = {QUICKLOOK_MISSING: (0, 0, 0, 0)}
    for i, (red, green, blue, _) in enumerate(ramp):
        colours[i + 1] = int(red), int(green), int(blue), 255
    return colours


def quicklook(values: NDArray[np.float32], oxide: str) -> NDArray[np.uint8]:
    """Return the bytes that show values in wt%: 1 to 255 over `display_range`, 0 missing."""
    low, high = display_range(oxide)
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    known = np.isfinite(values)
    return np.where(known, 1 + np.round(254 * np.where(known, share, 0)), 0).astype(np.uint8)


# -- provenance --------------------------------------------------------------------------------


def lineage(ds: xr.Dataset) -> dict[str, Any]:
    """Return what a map was made of, from its attributes.

    Returns
    -------
    dict
        ``farside``: versions that made it; ``weights``: their SHA-256; ``inputs``: name and
        SHA-256 of each image; ``rule``: how tiles were put together, or None
    """
    sources = ds.attrs.get("sources") or [ds.attrs]

    def each(key: str) -> list[str]:
        return sorted({str(source[key]) for source in sources if key in source})

    return {
        "farside": each("farside"),
        "weights": each("weights"),
        "inputs": [
            {"name": str(source["input"]), "sha256": str(source.get("input_sha256", ""))}
            for source in sources
            if "input" in source
        ],
        "rule": ds.attrs.get("rule"),
    }


def _tags(ds: xr.Dataset) -> dict[str, str]:
    """Return the tags of a GeoTIFF: all of the provenance, as text."""
    made = lineage(ds)
    tags = {
        "FARSIDE_EXPORTED_BY": provenance.code_version(),
        "FARSIDE_VERSION": ", ".join(made["farside"]),
        "FARSIDE_WEIGHTS_SHA256": ", ".join(made["weights"]),
        "FARSIDE_INPUTS": json.dumps(made["inputs"]),
        "FARSIDE_COVERAGE": str(ds.attrs.get("coverage", "")),
        "FARSIDE_RULE": str(made["rule"] or ""),
        "TIFFTAG_SOFTWARE": f"farside {provenance.code_version()}",
    }
    return {key: value for key, value in tags.items() if value}


# -- writing -----------------------------------------------------------------------------------


@contextmanager
def _cog(
    about: Exported, grid: MapGrid, tags: dict[str, str], colours: Colours | None
) -> Iterator[Any]:
    """Yield a GeoTIFF to fill by windows; when it is closed it becomes a cloud-optimised one."""
    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": len(about.bands),
        "dtype": about.dtype,
        "nodata": about.nodata,
        "crs": grid.crs,
        "transform": grid.transform,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "deflate",
        "zlevel": 1,
        "interleave": "band",
        "bigtiff": "if_safer",
    }
    with (
        provenance.atomic_path(about.path) as out,
        tempfile.TemporaryDirectory(prefix=f".{about.path.stem}-", dir=out.parent) as folder,
    ):
        plain = Path(folder) / "plain.tif"
        with rasterio.open(plain, "w", **profile) as raster:
            yield raster
            for i, band in enumerate(about.bands, 1):
                raster.set_band_description(i, band.name)
            raster.units = tuple(band.unit for band in about.bands)
            if about.dtype == "int16":
                raster.scales = tuple(band.scale for band in about.bands)
                raster.offsets = tuple(band.offset for band in about.bands)
            raster.update_tags(**tags, TIFFTAG_IMAGEDESCRIPTION=about.title)
            if colours is not None:
                raster.write_colormap(1, colours)
        copy_raster(
            plain, out,
            driver="COG",
            blocksize=BLOCK,
            compress="DEFLATE",
            predictor="NO" if colours is not None else "YES",
            overview_resampling="NEAREST" if colours is not None else "AVERAGE",
            bigtiff="IF_SAFER",
        )  # fmt: skip
        valid, errors, warned = cog_validate(out, strict=True, quiet=True)
        if not valid:
            raise InputError(
                f"GDAL {rasterio.__gdal_version__} wrote a {about.path.name} that is no "
                f"valid COG ({'; '.join(errors + warned)}); install another version of rasterio."
            )


def _plan(folder: Path, storage: Storage) -> tuple[list[Exported], list[Exported], list[Exported]]:
    """Return the files of oxides, of quicklooks, and novelty and flag."""
    missing: float = FILL if storage == "int16" else float("nan")
    scale = SCALE if storage == "int16" else 1.0
    data, looks = [], []
    for oxide in OXIDES:
        bands = tuple(Band(f"{oxide} wt% {layer}", "wt%", scale) for layer in LAYERS)
        title = f"{oxide} of the lunar surface in wt%, with interval"
        data.append(Exported(folder / f"{oxide}.tif", title, "data", bands, storage, missing))
        low, high = display_range(oxide)
        step = (high - low) / 254
        band = (Band(f"{oxide}, {low:g} to {high:g} wt%", "wt%", step, low - step),)
        look = folder / f"{oxide}_quicklook.tif"
        looks.append(Exported(look, f"{oxide} for a look", "overview", band, "uint8", 0))
    novelty = Exported(
        folder / "novelty.tif",
        "distance to the training spectra; above 1 no validation reaches",
        "quality", (Band("novelty", "1", scale),), storage, missing,
    )  # fmt: skip
    meaning = ", ".join(f"{bit} {name}" for name, bit in FLAGS.items())
    flag = Exported(
        folder / "flag.tif", f"why a pixel has no numbers: sum of {meaning}", "quality",
        (Band("flag", "1"),), "uint8", None,
    )  # fmt: skip
    return data, looks, [novelty, flag]


def export(
    ds: xr.Dataset, folder: Path, *, storage: Storage = "float32", say: Say = lambda _: None
) -> tuple[Exported, ...]:
    """Write a map as cloud-optimised GeoTIFFs, each atomically.

    Parameters
    ----------
    ds : map dataset, read in blocks
    folder : is made where it does not exist; files of these names are replaced
    storage : of oxides and novelty: ``float32`` with NaN, or ``int16`` in steps of 0.01 with scale
        and offset written

    Returns
    -------
    tuple of Exported
        in the order oxides, quicklooks, novelty, flag

    Raises
    ------
    InputError
        when the map has no lunar coordinate system, or the folder cannot be written
    """
    grid = grid_of(ds)
    ds = with_flag(ds)
    data, looks, quality = _plan(Path(folder), storage)
    tags = _tags(ds)
    # Nothing is merged: pixels pass through unchanged, block by block.
    work = list(zip(OXIDES, data, looks, strict=True))
    for oxide, file, look in counted(work, lambda one: f"write {one[1].path.name}", say):
        with (
            _cog(file, grid, tags, None) as raster,
            _cog(look, grid, tags, quicklook_colours()) as colour,
        ):
            for rows, columns in grid.windows(READ):
                part = ds.sel(oxide=oxide).isel(y=rows, x=columns)
                layers = [part[name].to_numpy().astype(np.float32) for name in LAYERS]
                window = Window.from_slices(rows, columns)
                raster.write(np.stack([stored(layer, storage) for layer in layers]), window=window)
                colour.write(quicklook(layers[0], oxide), 1, window=window)
        style = qml(display_range(oxide), "wt%")
        provenance.write_text(file.path.with_suffix(".qml"), style)
    novelty, flag = quality
    say("write novelty.tif and flag.tif")
    with (
        _cog(novelty, grid, tags, None) as raster,
        _cog(flag, grid, tags, flag_colours()) as colour,
    ):
        for rows, columns in grid.windows(READ):
            part = ds.isel(y=rows, x=columns)
            window = Window.from_slices(rows, columns)
            values = part["novelty"].to_numpy().astype(np.float32)
            raster.write(stored(values, storage), 1, window=window)
            colour.write(part["flag"].to_numpy().astype(np.uint8), 1, window=window)
    return (*data, *looks, *quality)
