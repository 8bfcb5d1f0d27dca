"""Read the Moon Mineralogy Mapper (M3): Level 1B radiance, Level 2 reflectance, PDS3 labels.

The label (``_L1B.LBL``, ``_L2.LBL``) names files of little-endian floats, interleaved by line: the
image, and for Level 1B its backplanes LOC (longitude, latitude, radius) and OBS (angles to the Sun
and to the instrument at the sphere, phase). A Level 2 label names none; they are taken from the
Level 1B label of the same observation where it lies in the same folder.

Bands: 85 in global mode, 256 in target mode, at the wavelengths of `farside.spectra.bands`. Of
Level 2 global mode the first two (461, 501 nm) are left out: the product marks them bad, and USGS
released crops without them. A value of -999 is none. Level 1B still holds the heat that the surface
radiates itself, beyond about 2000 nm.

References
----------
Green et al. (2011), doi 10.1029/2011JE003797; Boardman et al. (2011), doi 10.1029/2010JE003730
(backplanes); Lundeen et al. (2011) M3 Data Product Software Interface Specification, JPL D-39032
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError
from farside.readers._bands import m3_wavelengths
from farside.readers._lazy import Scale, lazy_values
from farside.readers._pds3 import Label, PdsObject, read_label
from farside.readers._pdsimage import beside, pixels_of
from farside.readers.dataset import make_spectra
from farside.readers.raster import read_geotiff

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dask.array as da
    import xarray as xr
    from numpy.typing import NDArray

_NO_DATA = -999.0
_LEVELS = {"L1B": "RDN", "L2": "RFL"}
_OBS = {
    "incidence_deg": "To-Sun Zenith",
    "emission_deg": "To-Inst Zenith",
    "phase_deg": "Phase-angle",
}
_LOC = {"lat": "Latitude", "lon": "Longitude"}
_LIMITS = {
    "lat": (-90.0, 90.0),
    "lon": (-180.0, 360.0),
    "incidence_deg": (0.0, 180.0),
    "emission_deg": (0.0, 180.0),
    "phase_deg": (0.0, 180.0),
}


def _level(root: PdsObject) -> str:
    found = re.search(r"-(L\d[AB]?)-", root.get("DATA_SET_ID").upper())
    level = found[1] if found else ""
    if level == "L0":
        raise InputError(
            "this is M3 Level 0, raw counts of the detector without calibration; take Level 1B "
            "(radiance, _L1B.LBL) or Level 2 (reflectance, _L2.LBL) of the same observation."
        )
    if root.get("INSTRUMENT_ID") != "M3" or level not in _LEVELS:
        raise InputError(
            f"the label is of {root.get('DATA_SET_ID') or 'no data set'}; of M3 the levels "
            f"{', '.join(_LEVELS)} are read."
        )
    return level


def _image(root: PdsObject, name: str) -> tuple[PdsObject, str]:
    """Return an image object of the label and the file that holds it."""
    holder = root.child(f"{name}_FILE")
    pointer = holder.pointer(f"{name}_IMAGE")
    if pointer.file is None or pointer.offset:
        raise InputError(f"the label's pointer ^{name}_IMAGE does not name a whole file.")
    return holder.child(f"{name}_IMAGE"), pointer.file


def _checked(block: NDArray[Any], name: str, file: str) -> NDArray[Any]:
    """Return a block of a backplane; raise when a value is impossible."""
    low, high = _LIMITS[name]
    known = block[np.isfinite(block)]
    if known.size and not (known.min() >= low and known.max() <= high):
        raise InputError(
            f"{file} holds {name} from {known.min():g} to {known.max():g}; it must be {low:g} to "
            f"{high:g} degrees. The file is damaged or belongs to another label."
        )
    return block


def _backplanes(path: Path, root: PdsObject, like: da.Array) -> tuple[dict[str, Any], list[str]]:
    """Return the coordinates that the backplanes give, lazy, and the files they come from."""
    out: dict[str, Any] = {}
    files = [path.name]
    for name, wanted in (("LOC", _LOC), ("OBS", _OBS)):
        if not root.has(f"{name}_FILE"):
            continue
        image, file_name = _image(root, name)
        try:
            file = beside(path, file_name)
        except InputError:
            continue  # an image is of use without its geometry; attribute reads says what there is
        pixels = pixels_of(image, file, 0)
        if pixels.shape[1:] != like.shape[1:]:
            raise InputError(
                f"{file.name} has {pixels.shape[1:]} lines and samples, the image {like.shape[1:]}."
            )
        names = image.items("BAND_NAME")
        values = lazy_values(pixels, Scale(invalid=(_NO_DATA,)), file=file, like=like)
        for coordinate, band in wanted.items():
            if band not in names[: pixels.shape[0]]:
                raise InputError(f"the label lists no band {band!r} in {name}_IMAGE.")
            check = partial(_checked, name=coordinate, file=file.name)
            plane = values[names.index(band)]
            out[coordinate] = plane.map_blocks(check, dtype=plane.dtype, meta=plane._meta)  # noqa: SLF001
        files.append(file.name)
    return out, files if out else []


def _geometry_label(path: Path, root: PdsObject, level: str) -> tuple[Path, PdsObject]:
    """Return the label that lists the backplanes: its own, or that of Level 1B beside it."""
    if level == "L1B":
        return path, root
    scene = path.name.split("_")[0].lower()
    for other in sorted(path.parent.glob("*_[Ll]1[Bb].[Ll][Bb][Ll]")):
        if other.name.lower().startswith(f"{scene}_"):
            return other, read_label(other).root
    return path, PdsObject("none")


def read_m3(
    path: Path, label: Label | None = None, *, wavelength_nm: Sequence[float] | None = None
) -> xr.Dataset:
    """Open an M3 image without reading its pixels.

    Parameters
    ----------
    path : ``_L1B.LBL`` or ``_L2.LBL``, its files beside it; or a GeoTIFF of Level 2, see
        `farside.readers.raster.read_geotiff`
    label : its parsed label, where it is parsed already
    wavelength_nm : wavelengths of the bands of a cut-out (nm), where they are not all of a mode

    Returns
    -------
    xarray.Dataset
        over ``(y, x)``, lazy float32: Level 2 as Spectra (``reflectance`` at i = 30°, e = 0°,
        g = 30°); Level 1B with ``radiance`` (W m-2 sr-1 um-1) in its place and the attribute
        ``solar_distance_au``, see `farside.spectra.photometry`. Coordinates ``lat, lon`` (degrees)
        and ``incidence_deg, emission_deg, phase_deg`` at the sphere, where the backplanes are
        there; an impossible value raises when it is read. The attribute ``reads`` lists the files,
        among them the Level 1B label that named the backplanes of a Level 2 image.

    Raises
    ------
    InputError
        when a file is missing, damaged or too short for its label, or of another level
    BandError
        when the wavelengths of the bands are not known
    """
    path = Path(path)
    if path.suffix.lower() in (".tif", ".tiff"):
        return read_geotiff(path)
    root = (label or read_label(path)).root
    try:
        level = _level(root)
        image, file_name = _image(root, _LEVELS[level])
        file = beside(path, file_name)
        pixels = pixels_of(image, file, 0)
        code = (
            image.number("INVALID_CONSTANT") if "INVALID_CONSTANT" in image.keywords else _NO_DATA
        )
        values = lazy_values(pixels, Scale(invalid=(code,)), file=file)
        geometry, planes = _backplanes(*_geometry_label(path, root, level), values)
        bands = m3_wavelengths(pixels.shape[0]) if wavelength_nm is None else wavelength_nm
        ds = make_spectra(values, bands, **geometry)
        if level == "L1B":
            attrs = {"units": "W m-2 sr-1 um-1", "long_name": "radiance at the sensor"}
            ds = ds.rename(reflectance="radiance")
            ds["radiance"].attrs = attrs
            ds.attrs["solar_distance_au"] = root.number("SOLAR_DISTANCE", low=0.9, high=1.1)
        elif wavelength_nm is None and pixels.shape[0] == 85:
            ds = ds.isel(band=slice(2, None))
    except InputError as error:
        raise type(error)(f"{path.name}: {error}") from error
    return ds.assign_attrs(
        sensor="M3",
        scene=root.get("PRODUCT_ID") or path.stem,
        product=f"M3 {level}",
        version=root.get("PRODUCT_VERSION_ID"),
        reads=[file.name, *(name for name in planes if name != path.name)],
    )
