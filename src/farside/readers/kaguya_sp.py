"""Read Kaguya Spectral Profiler Level 2C files (``.spc``, PDS3 with attached label).

A file holds footprints along one orbit. For each it has raw counts, radiance, reflectance twice
and quality of 296 channels, as big-endian 16-bit numbers with a scaling factor in the label, and a
row of geometry. The two reflectances differ only in the photometric function that brings them to
i = 30°, e = 0°, g = 30°: dividing each by the radiance shows that REF1 was made with the
coefficients that Yokota et al. (2011) give for surfaces of high albedo and REF2 with those for low
albedo. Both are radiance factors (pi L / F, not divided by cos i), as Kaguya MI's are.

References
----------
Matsunaga et al. (2008), doi 10.1029/2008GL035868; Yamamoto et al. (2011), doi
10.1109/TGRS.2011.2144990; Yokota et al. (2011), doi 10.1016/j.icarus.2011.07.028
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from farside.errors import InputError
from farside.readers._pds3 import PdsObject, parse_label
from farside.readers.dataset import make_spectra

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

N_CHANNELS = 296
_FILL = 65535
_MAX_POINTS = 100_000
_SIZE_LIMIT = 1 << 26
_CATALOGUE_LIMIT = 1 << 16
_CATALOGUE = {"start": "StartDateTime", "stop": "EndDateTime", "version": "ProductVersion"}
_QA_RELIABLE = 2000
_QA_OVERLAP = 1 << 14
_DTYPES = {"IEEE_REAL": "f", "MSB_INTEGER": "i", "MSB_UNSIGNED_INTEGER": "u"}
_GEOMETRY = {
    "lat": "CENTER_LATITUDE",
    "lon": "CENTER_LONGITUDE",
    "incidence_deg": "INCIDENCE_ANGLE",
    "emission_deg": "EMISSION_ANGLE",
    "phase_deg": "PHASE_ANGLE",
}
_TABLES = {"high_albedo": "SP_SPECTRUM_REF1", "low_albedo": "SP_SPECTRUM_REF2"}
_DETECTORS = (("VIS", 84), ("N1", 100), ("N2", 112))


def _load(path: Path) -> tuple[PdsObject, bytes]:
    path = Path(path)
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise InputError(f"{path} is larger than any SP Level 2C file; give a .spc file.")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a .spc file.") from error
    try:
        return parse_label(data).root, data
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error


def read_catalogue(path: Path) -> dict[str, str]:
    """Return the entries of a catalogue file (``.ctg``): one ``Name = value`` on each line.

    Raises
    ------
    InputError
        when the file cannot be read or holds no entry
    """
    try:
        with Path(path).open("rb") as stream:
            lines = stream.read(_CATALOGUE_LIMIT).decode("ascii", errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a .ctg file.") from error
    pairs = [line.partition("=") for line in lines if not line.lstrip().startswith("#")]
    entries = {name.strip(): value.strip() for name, sign, value in pairs if sign}
    if "DataFileName" not in entries:
        raise InputError(f"{Path(path).name} is no catalogue file: it names no DataFileName.")
    return entries


def _catalogue(path: Path, size: int) -> dict[str, str]:
    """Return what the catalogue file beside a scene adds; raise when it is of another file."""
    beside = path.with_suffix(".ctg")
    if not beside.is_file():
        return {}
    entries = read_catalogue(beside)
    said = (entries["DataFileName"], entries.get("DataFileSize", ""))
    if said != (path.name, str(size)):
        raise InputError(
            f"its catalogue {beside.name} is of {said[0]} with {said[1] or 'unknown'} bytes, but "
            f"the file has {size} bytes; it is cut off or damaged. Fetch it anew, or remove the "
            "catalogue if the file was renamed."
        )
    return {name: entries[key] for name, key in _CATALOGUE.items() if key in entries}


def _counts(label: PdsObject, data: bytes, name: str, rows: int) -> NDArray[np.float64]:
    """Return one table of 16-bit numbers, scaled; fill becomes NaN."""
    entry = label.child(name)
    entry.integer("LINES", low=rows, high=rows)
    entry.integer("LINE_SAMPLES", low=N_CHANNELS, high=N_CHANNELS)
    entry.integer("SAMPLE_BITS", low=16, high=16)
    if entry.text("SAMPLE_TYPE") != "MSB_UNSIGNED_INTEGER":
        raise InputError(f"the label says {name} is {entry.text('SAMPLE_TYPE')}, not unsigned MSB.")
    scale, offset = entry.number("SCALING_FACTOR"), entry.number("OFFSET")
    if not (1e-6 <= scale <= 1.0 and abs(offset) <= 1.0):
        raise InputError(
            f"the label scales {name} by {scale} with offset {offset}; not believable."
        )
    start = label.pointer(name).offset
    stop = start + rows * N_CHANNELS * 2
    if stop > len(data):
        raise InputError(f"{name} should end at byte {stop}, but the file has {len(data)} bytes.")
    raw = np.frombuffer(data, ">u2", rows * N_CHANNELS, start).reshape(rows, N_CHANNELS)
    return np.asarray(np.where(raw == _FILL, np.nan, raw * scale + offset))


def _ancillary(label: PdsObject, data: bytes) -> dict[str, NDArray[np.float64]]:
    """Return the geometry of each footprint."""
    entry = label.child("ANCILLARY_AND_SUPPLEMENT_DATA")
    rows = entry.integer("ROWS", low=1, high=_MAX_POINTS)
    width = entry.integer("ROW_BYTES", low=1, high=10_000)
    start = label.pointer(entry.name).offset
    if start + rows * width > len(data):
        raise InputError(
            f"the geometry should end at byte {start + rows * width}, but the file has "
            f"{len(data)} bytes."
        )
    columns = {column.text("NAME"): column for column in entry.objects if column.name == "COLUMN"}
    table = np.frombuffer(data, np.uint8, rows * width, start).reshape(rows, width)
    out: dict[str, NDArray[np.float64]] = {}
    for name, key in _GEOMETRY.items():
        if key not in columns:
            raise InputError(f"the geometry has no column {key}.")
        column = columns[key]
        size = column.integer("BYTES", low=2, high=8)
        kind = _DTYPES.get(column.text("DATA_TYPE"), "")
        if size not in (2, 4, 8) or not kind:
            raise InputError(f"the label gives column {key} an unknown type.")
        first = column.integer("START_BYTE", low=1, high=width - size + 1) - 1
        cells = np.ascontiguousarray(table[:, first : first + size])
        with np.errstate(invalid="ignore", over="ignore"):
            values = cells.view(f">{kind}{size}")[:, 0].astype(np.float64)
        out[name] = np.where(np.abs(values) <= 360, values, np.nan)
    if not (np.isfinite(out["lat"]) & (np.abs(out["lat"]) <= 90)).all():
        raise InputError("a latitude is not between -90 and 90 degrees; the file is damaged.")
    return out


def _wavelength(label: PdsObject, data: bytes) -> NDArray[np.float64]:
    values = np.asarray(_counts(label, data, "SP_SPECTRUM_WAV", 1)[0])
    if not ((values > 400) & (values < 2700)).all() or np.unique(values).size != N_CHANNELS:
        raise InputError("the wavelengths are not 296 different values of 400-2700 nm.")
    return values


def sp_channels(path: Path) -> list[tuple[str, int, float, float]]:
    """Return detector, index in the detector, wavelength and width (nm) of each of 296 channels.

    Parameters
    ----------
    path : a ``.spc`` file; the widths stand in its label
    """
    label, data = _load(path)
    wavelength = _wavelength(label, data)
    out: list[tuple[str, int, float, float]] = []
    for detector, n in _DETECTORS:
        width = label.number(f"{detector}_BAND_WIDTH")
        first = len(out)
        out += [(detector, k, float(wavelength[first + k]), width) for k in range(n)]
    return out


def read_sp(
    path: Path,
    *,
    photometry: Literal["high_albedo", "low_albedo"] = "high_albedo",
    max_incidence_deg: float = 75.0,
) -> xr.Dataset:
    """Read a Spectral Profiler Level 2C file.

    Parameters
    ----------
    path : the ``.spc`` file
    photometry : which of the two photometric corrections to take; they differ by 1 % where the
        incidence angle is far from 30°
    max_incidence_deg : a footprint lit at a higher incidence angle is not used: its values are NaN
        and its coordinate ``lit`` is False

    Returns
    -------
    xarray.Dataset
        Spectra over ``point`` with ``lat, lon``, the angles, ``lit``, and attribute ``scene``. The
        channels are in order of wavelength, without those that the product flags as overlap of
        two detectors. Fill, and values flagged as unreliable, are NaN. Where the catalogue file
        (``.ctg``) lies beside it, it must be of this file and size, and attributes ``start``,
        ``stop`` and ``version`` come from it.

    Raises
    ------
    InputError
        when the file cannot be read, is damaged, or no footprint is lit

    Notes
    -----
    A value counts as reliable when its quality word is below 2000, the rule of the public tools
    for this instrument. Reflectance is at i = 30°, e = 0°, g = 30° and in SP's own calibration;
    `farside.spectra.transfer` brings it to that of MI.
    """
    if photometry not in _TABLES:
        raise InputError(f"photometry {photometry!r} is not one of {', '.join(_TABLES)}.")
    label, data = _load(path)
    try:
        known = _catalogue(Path(path), len(data))
        geometry = _ancillary(label, data)
        rows = geometry["lat"].size
        wavelength = _wavelength(label, data)
        values = _counts(label, data, _TABLES[photometry], rows)
        quality = np.nan_to_num(_counts(label, data, "SP_SPECTRUM_QA", rows), nan=_FILL)
    except InputError as error:
        raise InputError(f"{Path(path).name}: {error}") from error
    words = quality.astype(np.int64)
    values = np.where(words < _QA_RELIABLE, values, np.nan)
    lit = geometry["incidence_deg"] <= max_incidence_deg
    if not lit.any():
        angle = geometry["incidence_deg"]
        span = (
            f"{np.nanmin(angle):.1f}-{np.nanmax(angle):.1f}°"
            if np.isfinite(angle).any()
            else "none"
        )
        raise InputError(
            f"{Path(path).name}: none of {rows} footprints is lit at an incidence angle up to "
            f"{max_incidence_deg:g}° (it is {span}); take another scene, or raise "
            "max_incidence_deg to look at it all the same."
        )
    values[~lit] = np.nan
    overlap = ((words & _QA_OVERLAP) > 0).mean(axis=0) > 0.5
    keep = np.flatnonzero(~overlap)
    if keep.size == 0:
        raise InputError(f"{Path(path).name}: every channel is flagged as overlap; it is damaged.")
    keep = keep[np.argsort(wavelength[keep])]
    ds = make_spectra(values[:, keep].T, wavelength[keep], **geometry)
    ds = ds.assign_coords(lit=("point", lit))
    return ds.assign_attrs(known, scene=Path(path).stem, sensor="SP", photometry=photometry)
