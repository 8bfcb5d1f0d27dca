"""ENVI images: a text header (``.hdr``) beside a file of uncompressed numbers.

References
----------
ENVI Header Files, NV5 Geospatial documentation (field names, data types, byte order)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from farside.errors import BandError, InputError
from farside.readers._lazy import MAX_BANDS, MAX_SIDE, Interleave, RawPixels

if TYPE_CHECKING:
    from pathlib import Path

HEADER_LIMIT = 1 << 20
_FIELD = re.compile(
    r"^[ \t]*([A-Za-z][A-Za-z0-9 _]*?)[ \t]*=[ \t]*(\{[^}]*\}|[^\r\n{]*)", re.MULTILINE
)
_TYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
_INTERLEAVE: dict[str, Interleave] = {"bsq": "BSQ", "bil": "BIL", "bip": "BIP"}
_TO_NM = {
    "nanometers": 1.0,
    "nanometres": 1.0,
    "nm": 1.0,
    "micrometers": 1000.0,
    "micrometres": 1000.0,
    "microns": 1000.0,
    "um": 1000.0,
}
_IMAGE_ENDINGS = (".img", ".dat", ".bsq", ".bil", ".bip", ".raw", ".bin", "")


def read_header(path: Path) -> dict[str, str]:
    """Return the fields of an ENVI header, names in lower case, lists without their braces.

    Raises
    ------
    InputError
        when the file cannot be read or is no ENVI header
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(HEADER_LIMIT).decode("latin-1")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give an ENVI header.") from error
    if not text.lstrip().startswith("ENVI"):
        raise InputError(f"{path.name} is no ENVI header: its first line is not ENVI.")
    return {name.lower(): value.strip().strip("{}").strip() for name, value in _FIELD.findall(text)}


def image_file(header: Path) -> Path:
    """Return the file that an ENVI header describes: its name without ``.hdr``, or another ending.

    Raises
    ------
    InputError
        when there is none
    """
    stem = header.with_suffix("")
    for ending in _IMAGE_ENDINGS:
        for name in (f"{stem.name}{ending}", f"{stem.name}{ending.upper()}"):
            if name != header.name and stem.with_name(name).is_file():
                return stem.with_name(name)
    raise InputError(
        f"{header.name} has no image beside it; it must have the same name and no ending or one of "
        f"{', '.join(ending for ending in _IMAGE_ENDINGS if ending)}."
    )


def _whole(
    fields: dict[str, str], name: str, low: int, high: int, default: int | None = None
) -> int:
    text = fields.get(name, "" if default is None else str(default))
    if not re.fullmatch(r"\d{1,12}", text) or not low <= int(text) <= high:
        raise InputError(f"the header says {name} = {text[:40]!r}; it must be {low} to {high}.")
    return int(text)


def header_numbers(fields: dict[str, str], name: str) -> list[float]:
    """Return a field that must be a list of numbers.

    Raises
    ------
    InputError
        when an entry is not a finite number
    """
    try:
        values = [float(part) for part in fields[name].split(",") if part.strip()]
    except ValueError as error:
        raise InputError(f"the header's {name} is not a list of numbers ({error}).") from error
    if not np.isfinite(values).all():
        raise InputError(f"the header's {name} holds a value that is not finite.")
    return values


def header_number(fields: dict[str, str], name: str, *, low: float, high: float) -> float:
    """Return a field that must be one number between two limits.

    Raises
    ------
    InputError
        when it is not
    """
    values = header_numbers(fields, name)
    if len(values) != 1 or not low <= values[0] <= high:
        raise InputError(
            f"the header says {name} = {fields[name][:40]!r}; it must be {low:g} to {high:g}."
        )
    return values[0]


def header_pixels(fields: dict[str, str], image: Path) -> RawPixels:
    """Return the pixels that a header describes.

    Raises
    ------
    InputError
        when a field is missing or impossible, or the file is too short
    """
    code = _whole(fields, "data type", 1, 15)
    storage = fields.get("interleave", "").lower()
    if code not in _TYPES or storage not in _INTERLEAVE:
        raise InputError(
            f"the header says data type {code}, interleave {storage[:20]!r}; known are data types "
            f"{', '.join(map(str, _TYPES))} (no complex numbers) and {', '.join(_INTERLEAVE)}."
        )
    order = "<>"[_whole(fields, "byte order", 0, 1, 0)]
    shape = (
        _whole(fields, "bands", 1, MAX_BANDS),
        _whole(fields, "lines", 1, MAX_SIDE),
        _whole(fields, "samples", 1, MAX_SIDE),
    )
    offset = _whole(fields, "header offset", 0, 1 << 39, 0)
    dtype = np.dtype(f"{order}{_TYPES[code]}")
    return RawPixels(str(image), offset, dtype, shape, _INTERLEAVE[storage])


def header_wavelengths(fields: dict[str, str]) -> list[float] | None:
    """Return the wavelengths in nm, or None where the header has none.

    Raises
    ------
    BandError
        when the unit is missing or unknown
    """
    if "wavelength" not in fields:
        return None
    units = fields.get("wavelength units", "").lower()
    if units not in _TO_NM:
        raise BandError(
            f"the header says wavelength units = {units[:30]!r}; known are {', '.join(_TO_NM)}."
        )
    return [round(value * _TO_NM[units], 6) for value in header_numbers(fields, "wavelength")]


def header_grid(fields: dict[str, str]) -> tuple[Affine, CRS | None] | None:
    """Return where the pixels lie and in which coordinate system, or None where it is not said.

    Raises
    ------
    InputError
        when ``map info`` or ``coordinate system string`` cannot be understood
    """
    if "map info" not in fields:
        return None
    parts = [part.strip() for part in fields["map info"].split(",")]
    try:
        column, row, x, y, dx, dy = (float(part) for part in parts[1:7])
        turned = [
            part for part in parts[7:] if part.lower().replace(" ", "").startswith("rotation=")
        ]
        angle = float(turned[0].split("=")[1]) if turned else 0.0
    except (ValueError, IndexError) as error:
        raise InputError(f"the header's map info is not understood ({error}).") from error
    if angle:
        raise InputError("the header's map info turns the image; give one that is not turned.")
    crs = None
    if text := fields.get("coordinate system string"):
        try:
            crs = CRS.from_wkt(text)
        except RasterioError as error:
            raise InputError("the header's coordinate system string is not understood.") from error
    return Affine(dx, 0.0, x - (column - 1) * dx, 0.0, -dy, y + (row - 1) * dy), crs
