"""An image object of a PDS3 label, and the file that its pointer names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.errors import InputError
from farside.readers._lazy import MAX_BANDS, MAX_SIDE, Interleave, RawPixels

if TYPE_CHECKING:
    from pathlib import Path

    from farside.readers._pds3 import PdsObject

_TYPES = {
    "MSB_INTEGER": ">i",
    "LSB_INTEGER": "<i",
    "IEEE_REAL": ">f",
    "PC_REAL": "<f",
}
_STORAGE: dict[str, Interleave] = {
    "BAND_SEQUENTIAL": "BSQ",
    "LINE_INTERLEAVED": "BIL",
    "SAMPLE_INTERLEAVED": "BIP",
}


def beside(label: Path, name: str) -> Path:
    """Return the file of that name in the folder of the label, whatever the case of its letters."""
    exact = label.parent / name
    if exact.exists():
        return exact
    try:
        others = sorted(
            path for path in label.parent.iterdir() if path.name.lower() == name.lower()
        )
    except OSError as error:
        raise InputError(f"cannot look into {label.parent}: {error.strerror}.") from error
    if not others:
        raise InputError(
            f"{label.name} names the file {name}, which does not lie beside it; put both into one "
            "folder."
        )
    return others[0]


def pixels_of(image: PdsObject, path: Path, offset: int) -> RawPixels:
    """Return the pixels that an image object describes.

    Parameters
    ----------
    image : the object with LINES, LINE_SAMPLES, BANDS, SAMPLE_TYPE, SAMPLE_BITS
    path, offset : where the pixels begin

    Raises
    ------
    InputError
        when the object says something that no product says, or the file is too short
    """
    bits = image.integer("SAMPLE_BITS", low=8, high=64)
    kind = _TYPES.get(image.text("SAMPLE_TYPE").upper())
    widths = (32, 64) if kind and kind.endswith("f") else (16, 32)
    if kind is None or bits not in widths:
        raise InputError(
            f"the label says {image.name} holds {image.text('SAMPLE_TYPE')} of {bits} bits; known "
            f"are {', '.join(_TYPES)} of 16, 32 or 64 bits."
        )
    for edge in ("LINE_PREFIX_BYTES", "LINE_SUFFIX_BYTES"):
        if image.get(edge, "0") != "0":
            raise InputError(f"the label says {image.name} has {edge}; such images are not read.")
    storage = image.text("BAND_STORAGE_TYPE").upper().replace(" ", "_")
    if storage not in _STORAGE:
        raise InputError(
            f"the label says {image.name} is stored {storage}; known are {', '.join(_STORAGE)}."
        )
    shape = (
        image.integer("BANDS", low=1, high=MAX_BANDS),
        image.integer("LINES", low=1, high=MAX_SIDE),
        image.integer("LINE_SAMPLES", low=1, high=MAX_SIDE),
    )
    return RawPixels(str(path), offset, np.dtype(f"{kind}{bits // 8}"), shape, _STORAGE[storage])
