"""Which reader a file needs, told by its ending and by what it says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from farside.errors import InputError
from farside.readers._pds3 import LABEL_LIMIT, Label, read_label
from farside.readers.kaguya_mi import read_mi
from farside.readers.kaguya_sp import read_sp
from farside.readers.m3 import read_m3
from farside.readers.raster import ISIS_BEGINS, read_envi, read_geotiff
from farside.readers.table import read_table
from farside.readers.zarr_store import read_zarr

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

_PDS_BEGINS = b"PDS_VERSION_ID"


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Parameters
    ----------
    name : what it is
    endings : in lower case
    read : its reader; None for a PDS3 label, whose reader depends on its instrument
    image : it holds an image, not single spectra
    """

    name: str
    endings: tuple[str, ...]
    read: Callable[[Path], xr.Dataset] | None
    image: bool


TABLE = Kind("a table with one spectrum per row", (".csv",), read_table, image=False)
TRACK = Kind("Kaguya Spectral Profiler Level 2C", (".spc",), read_sp, image=False)
PDS = Kind("Kaguya MI map or M3 with PDS3 label", (".lbl", ".img"), None, image=True)
GEOTIFF = Kind("GeoTIFF or COG", (".tif", ".tiff"), read_geotiff, image=True)
ISIS = Kind("ISIS3 cube or its label", (".cub",), read_geotiff, image=True)
ENVI = Kind("ENVI", (".hdr",), read_envi, image=True)
ZARR = Kind("Zarr folder", (".zarr",), read_zarr, image=True)
KINDS = (TABLE, TRACK, PDS, GEOTIFF, ISIS, ENVI, ZARR)


def known_kinds(*, images: bool = False) -> str:
    """Return the kinds of files in words, for messages."""
    return ", ".join(
        f"{'/'.join(kind.endings)} ({kind.name})" for kind in KINDS if kind.image or not images
    )


def _begins(path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}.") from error


_BEGINNINGS = (
    (_PDS_BEGINS, PDS),
    *((magic, GEOTIFF) for magic in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    (b"ENVI", ENVI),
    (ISIS_BEGINS, ISIS),
)
_POINTED = re.compile(r"^[ \t]*\^\w+[ \t]*=[ \t(]*\"?([^\s\",()<>]+\.\w+)", re.MULTILINE)
_RAW_IMAGES = (".img", ".dat", ".bsq", ".bil", ".bip")


def _label_beside(path: Path) -> tuple[Kind, Path] | None:
    """Return the label or header of the same name as an image that has none in itself."""
    for ending, kind in ((".lbl", PDS), (".hdr", ENVI)):
        for name in (path.with_suffix(ending), path.with_suffix(ending.upper())):
            if path.suffix.lower() in _RAW_IMAGES and name.is_file():
                return kind, name
    return None


def needs_label(path: Path) -> bool:
    """Tell whether a file is an image whose label or header stands in another file."""
    if not path.is_file():
        return False
    start = _begins(path, 32).lstrip()
    return not any(start.startswith(magic) for magic, _ in _BEGINNINGS)


def named_by_labels(folder: Path) -> set[str]:
    """Return the names, in lower case, of the files that the PDS3 labels in a folder point to."""
    found: set[str] = set()
    for path in folder.iterdir():
        if path.suffix.lower() == ".lbl" and path.is_file():
            text = _begins(path, LABEL_LIMIT).decode("latin-1")
            found.update(name.lower() for name in _POINTED.findall(text))
    return found


def _missing(path: Path, found: Kind | None) -> InputError:
    if found is None:
        return InputError(
            f"cannot tell how to read {path.name}, and there is no such file; known are "
            f"{known_kinds()}."
        )
    return InputError(f"there is no file {path}; give a {found.endings[0]} file that exists.")


def kind_of(path: Path) -> tuple[Kind, Path]:
    """Return the kind of a file and the file to open: for an image without label, its label.

    Raises
    ------
    InputError
        when the file is missing or of no known kind
    """
    ending = path.suffix.lower()
    if path.is_dir():
        if ending == ".zarr" or any((path / name).is_file() for name in ("zarr.json", ".zgroup")):
            return ZARR, path
        raise InputError(f"{path} is a folder, and no Zarr store; give {known_kinds()}.")
    found = next((kind for kind in KINDS if ending in kind.endings), None)
    if not path.exists():
        raise _missing(path, found)
    start = _begins(path, 32).lstrip()
    said = next((kind for magic, kind in _BEGINNINGS if start.startswith(magic)), None)
    if said is not None:
        return (TRACK if ending == ".spc" else said), path
    if found in (TABLE, TRACK, GEOTIFF, ISIS, ENVI):
        return found, path
    if beside := _label_beside(path):
        return beside
    if found is PDS:
        raise InputError(
            f"{path.name} does not begin with a PDS3 label (PDS_VERSION_ID), and no .lbl or .hdr "
            f"of its name lies beside it; give its label. Known are {known_kinds()}."
        )
    raise InputError(f"cannot tell how to read {path.name}; known are {known_kinds()}.")


def _read_pds(path: Path) -> xr.Dataset:
    """Read by the instrument that a PDS3 label names."""
    label: Label = read_label(path)
    instrument = label.root.get("INSTRUMENT_ID")
    if instrument == "SP":
        return read_sp(path)
    if instrument == "M3":
        return read_m3(path, label)
    if instrument.startswith("MI"):
        return read_mi(path, label)
    if instrument.startswith("TC"):
        raise InputError(
            f"{path.name} is of the Terrain Camera ({instrument}), which is panchromatic (430-850 "
            "nm): one brightness, no spectrum. Give a map of the Multiband Imager."
        )
    raise InputError(
        f"{path.name} is of the instrument {instrument or '(none named)'}; PDS3 products of Kaguya "
        "MI and SP and of M3 are read."
    )


def read_any(path: Path, *, images: bool = False) -> xr.Dataset:
    """Read a file of any known kind; an image is opened without reading its pixels.

    Parameters
    ----------
    path : see `KINDS`
    images : take images only

    Raises
    ------
    InputError
        when the file is missing, of no known kind, damaged, or no image where one is asked for
    """
    kind, file = kind_of(Path(path))
    if images and not kind.image:
        raise InputError(
            f"{Path(path).name} is {kind.name}, not an image; give {known_kinds(images=True)}."
        )
    return _read_pds(file) if kind.read is None else kind.read(file)
