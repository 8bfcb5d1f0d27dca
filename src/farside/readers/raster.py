"""Read images of reflectance in general formats: ENVI, GeoTIFF, COG and ISIS3 cubes.

The bands are told by their wavelengths: the header's, in nm or micrometres (ENVI); the band's tag
``wavelength`` with ``wavelength_units``, or its description such as ``Band 3 (540.84)`` or
``749 nm`` (GeoTIFF); ``Center`` in the group BandBin of the label (ISIS); a table
``NAME.bands.csv`` beside the file with a column ``wavelength_nm``; or the number of bands of M3.
The sensor is told by the tag or field ``sensor``, else by its set of wavelengths; else it is
``unknown``, and spectra of an unknown sensor are not taken for MI's.
"""

from __future__ import annotations

import json
import re
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from farside.errors import BandError, InputError
from farside.readers import _envi
from farside.readers._bands import m3_wavelengths, sensor_of
from farside.readers._lazy import (
    FLOAT32,
    STORED_BLOCK_LIMIT,
    Scale,
    check_shape,
    lazy_values,
    with_grid,
)
from farside.readers.dataset import make_spectra
from farside.readers.table import read_frame

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_DESCRIBED = re.compile(r"(?:\((\d{3,4}(?:\.\d+)?)(?: ?nm)?\)|\b[rR]?_?(\d{3,4}(?:\.\d+)?) ?_?nm)")
_UNIT_NAMES = {"nanometer": "nm", "micrometer": "um", "microns": "um", "micron": "um"}
_TO_NM = {"": 1.0, "nm": 1.0, "nanometers": 1.0, "um": 1000.0, "micrometers": 1000.0}


def _sidecar(path: Path) -> list[float] | None:
    """Return the wavelengths that a table ``NAME.bands.csv`` beside the file lists, or None."""
    table = path.with_name(f"{path.stem}.bands.csv")
    if not table.is_file():
        return None
    frame = read_frame(table)
    if "wavelength_nm" not in frame.columns:
        raise BandError(f"{table.name} has no column wavelength_nm; list one row for each band.")
    try:
        return [float(value) for value in frame["wavelength_nm"]]
    except (TypeError, ValueError) as error:
        raise BandError(f"{table.name}: wavelength_nm holds no number ({error}).") from error


def finished(ds: xr.Dataset, path: Path, kind: str, sensor: str | None, file: Path) -> xr.Dataset:
    """Return the dataset with what is known of its origin."""
    found = sensor or sensor_of(ds["wavelength_nm"].to_numpy().tolist())
    return ds.assign_attrs(sensor=found, scene=path.stem, product=kind, reads=[file.name])


# -- ENVI --------------------------------------------------------------------------------------


def read_envi(path: Path) -> xr.Dataset:
    """Open an ENVI image without reading its pixels.

    Parameters
    ----------
    path : the header (``.hdr``); the image lies beside it, with the same name

    Returns
    -------
    xarray.Dataset
        Spectra over ``(y, x)``, lazy float32; numbers equal to ``data ignore value`` are NaN, the
        others divided by ``reflectance scale factor``, as the format defines it

    Raises
    ------
    InputError
        when the header or the image is missing, damaged or they do not fit
    BandError
        when the wavelengths are not known
    """
    path = Path(path)
    try:
        fields = _envi.read_header(path)
        file = _envi.image_file(path)
        pixels = _envi.header_pixels(fields, file)
        ignore = (
            _envi.header_numbers(fields, "data ignore value")
            if "data ignore value" in fields
            else []
        )
        divisor = 1.0
        if "reflectance scale factor" in fields:
            divisor = _envi.header_number(fields, "reflectance scale factor", low=1e-3, high=1e6)
        bands = _envi.header_wavelengths(fields) or _sidecar(path)
        values = lazy_values(pixels, Scale(1.0 / divisor, invalid=tuple(ignore)), file=file)
        ds = make_spectra(values, m3_wavelengths(pixels.shape[0]) if bands is None else bands)
        grid = _envi.header_grid(fields)
        if grid is not None:
            ds = with_grid(ds, *grid)
        if "bbl" in fields:
            ds = _good_bands(ds, _envi.header_numbers(fields, "bbl"))
    except InputError as error:
        raise type(error)(f"{path.name}: {error}") from error
    return finished(
        ds, path, "ENVI", fields.get("sensor") or ("M3" if bands is None else None), file
    )


def _good_bands(ds: xr.Dataset, good: list[float]) -> xr.Dataset:
    """Leave out the bands that the header's list marks bad (0)."""
    if len(good) != ds.sizes["band"] or not any(good):
        raise InputError(
            f"the header's bbl marks {len(good)} bands, {sum(map(bool, good))} of them good, but "
            f"there are {ds.sizes['band']}."
        )
    return ds.isel(band=np.flatnonzero(np.asarray(good) != 0))


# -- GeoTIFF -----------------------------------------------------------------------------------


DRIVERS = {"GTiff": "GeoTIFF", "ISIS3": "ISIS cube"}
"""Drivers of GDAL that read an image, and what it is."""
ISIS_BEGINS = b"Object = IsisCube"
_SPECIAL = {np.dtype(np.float32): -3.4e38, np.dtype(np.int16): -32752.0}
"""Numbers of an ISIS3 cube below these, as stored, are no measurements: NULL and saturations."""
_HUSHING = threading.Lock()
"""Filters of warnings belong to all threads: two that set and restore them at once mix them up."""


def _opened(path: str, driver: str, *, placed: bool) -> Any:
    """Open an image; only one that is not known to be placed on a map may warn, and is hushed."""
    if placed:
        return rasterio.open(path, driver=driver, sharing=False)
    with _HUSHING, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(path, driver=driver, sharing=False)


def _driver(path: Path) -> str:
    """Return which of `DRIVERS` reads a file, by how it begins."""
    with path.open("rb") as stream:
        return "ISIS3" if stream.read(64).lstrip().startswith(ISIS_BEGINS) else "GTiff"


@dataclass(frozen=True)
class TiffPixels:
    """The bands of a GeoTIFF or a cube; each block is read through a handle of its own."""

    path: str
    shape: tuple[int, int, int]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    placed: bool
    driver: str = "GTiff"
    least: float = -np.inf
    dtype: np.dtype[Any] = FLOAT32
    ndim: int = 3

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        """Return a block; what the file's mask leaves out is NaN."""
        (b0, b1, _), (y0, y1, _), (x0, x1, _) = (
            part.indices(size) for part, size in zip(key, self.shape, strict=True)
        )
        window = Window(x0, y0, x1 - x0, y1 - y0)
        bands = list(range(b0 + 1, b1 + 1))
        if not bands or y1 <= y0 or x1 <= x0:
            return np.empty((len(bands), max(y1 - y0, 0), max(x1 - x0, 0)), self.dtype)
        try:
            with _opened(self.path, self.driver, placed=self.placed) as source:
                read = source.read(bands, window=window, masked=True)
        except (RasterioError, ValueError, IndexError, MemoryError) as error:
            raise InputError(
                f"{Path(self.path).name}: lines {y0} to {y1} cannot be read ({error}); the file is "
                "cut off or damaged."
            ) from error
        known: Any = np.ma.masked_less(read, self.least)
        values = known.astype(np.float32).filled(np.nan)
        scale = np.asarray(self.scales[b0:b1], np.float32)[:, None, None]
        return np.asarray(
            values * scale + np.asarray(self.offsets[b0:b1], np.float32)[:, None, None]
        )


def _tagged(source: Any) -> list[float] | None:
    """Return the wavelengths that the bands' tags or descriptions say, or None."""
    out = []
    for index, description in zip(source.indexes, source.descriptions, strict=True):
        tags = {str(name).lower(): str(value) for name, value in source.tags(index).items()}
        said = tags.get("wavelength", tags.get("central_wavelength", ""))
        unit = tags.get("wavelength_units", tags.get("wavelength_unit", "")).lower()
        found = _DESCRIBED.search(description or "")
        text = said or (found[1] or found[2] if found else "")
        try:
            value = float(text) * (_TO_NM[unit] if said else 1.0)
        except (KeyError, ValueError):
            return None
        out.append(round(value, 6))
    return out


def _cube(source: Any) -> dict[str, Any]:
    """Return the object IsisCube of a label; raise when the pixels that it announces are not there.

    GDAL gives the label as one text, which was split at its first colon as if it were a name and a
    value.
    """
    ((head, rest),) = source.tags(ns="json:ISIS3").items()
    cube: dict[str, Any] = json.loads(f"{head}:{rest}").get("IsisCube", {})
    core = cube.get("Core", {})
    own = Path(source.name)
    file = own.parent / core["^Core"] if "^Core" in core else own
    size = np.dtype(source.dtypes[0]).itemsize
    needed = source.count * source.height * source.width * size
    if core.get("Format") in ("BandSequential", "Tile"):
        needed += int(core.get("StartByte", 1)) - 1
        if not file.is_file() or file.stat().st_size < needed:
            found = file.stat().st_size if file.is_file() else 0
            raise InputError(
                f"its label announces pixels up to byte {needed} of {file.name}, which has "
                f"{found}; the cube is cut off, or is a label alone."
            )
    return cube


def _centres(cube: dict[str, Any], count: int) -> list[float] | None:
    """Return the wavelengths that the label of an ISIS3 cube gives its bands, or None."""
    bands = cube.get("BandBin", {})
    centre = bands.get("Center", [])
    unit = str(centre.get("unit", "")) if isinstance(centre, dict) else ""
    values = centre.get("value", []) if isinstance(centre, dict) else centre
    values = values if isinstance(values, list) else [values]
    factor = _TO_NM.get(_UNIT_NAMES.get(unit.lower(), unit.lower()))
    if len(values) != count or factor is None:
        return None
    return [round(float(value) * factor, 6) for value in values]


@dataclass(frozen=True)
class _TiffHeader:
    """What a GeoTIFF or a cube says of itself."""

    pixels: TiffPixels
    wavelength_nm: list[float] | None
    transform: Any
    crs: Any
    sensor: str | None
    block: tuple[int, int]
    kind: str


def _tiff_header(path: Path) -> _TiffHeader:
    """Return what an image says of itself; raise when it cannot be read block by block."""
    driver = _driver(path)
    with _opened(str(path), driver, placed=False) as source:
        shape = (source.count, source.height, source.width)
        check_shape(shape)
        numbers = [np.dtype(name) for name in source.dtypes]
        height, width = source.block_shapes[0]
        by_pixel = source.interleaving is not None and source.interleaving.value == "PIXEL"
        stored = height * width * max(number.itemsize for number in numbers)
        stored *= shape[0] if by_pixel else 1
        factors = (*source.scales, *source.offsets)
        if any(number.kind == "c" for number in numbers) or not np.isfinite(factors).all():
            raise InputError("its numbers are complex or scaled by no number; give reflectance.")
        if stored > STORED_BLOCK_LIMIT:
            raise InputError(
                f"its blocks of {height} x {width} pixels take {stored} bytes each; write it anew "
                "in tiles (rio cogeo create)."
            )
        tags = {str(name).lower(): str(value) for name, value in source.tags().items()}
        placed = source.transform != rasterio.Affine.identity()
        scales, offsets = tuple(source.scales), tuple(source.offsets)
        centres, least = None, -np.inf
        if driver == "ISIS3":
            centres = _centres(_cube(source), source.count)
            least = _SPECIAL.get(numbers[0], -np.inf)
        pixels = TiffPixels(str(path), shape, scales, offsets, placed, driver, least)
        return _TiffHeader(
            pixels,
            centres or _tagged(source),
            source.transform,
            source.crs,
            tags.get("sensor"),
            (height, width),
            DRIVERS[driver],
        )


def read_geotiff(path: Path) -> xr.Dataset:
    """Open a GeoTIFF, COG or ISIS3 cube without reading its pixels.

    Parameters
    ----------
    path : the image, or the detached label of a cube, one band for each wavelength; its no-data
        value, mask, scale and offset of each band are applied

    Returns
    -------
    xarray.Dataset
        Spectra over ``(y, x)``, lazy float32

    Raises
    ------
    InputError
        when the file is missing, no such image, or made of blocks too large to unpack
    BandError
        when the wavelengths are not known
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"there is no file {path}; give a GeoTIFF or an ISIS3 cube.")
    try:
        header = _tiff_header(path)
        pixels = header.pixels
        stored = (pixels.shape[0], *header.block)
        values = lazy_values(pixels, Scale(), file=path, stored=stored)
        known = header.wavelength_nm or _sidecar(path)
        ds = make_spectra(values, m3_wavelengths(pixels.shape[0]) if known is None else known)
        if header.crs is not None or header.transform != rasterio.Affine.identity():
            ds = with_grid(ds, header.transform, header.crs)
    except InputError as error:
        raise type(error)(f"{path.name}: {error}") from error
    except (RasterioError, ValueError, OverflowError, MemoryError) as error:
        raise InputError(f"{path.name} is not an image that can be read: {error}") from error
    return finished(ds, path, header.kind, header.sensor or ("M3" if known is None else None), path)
