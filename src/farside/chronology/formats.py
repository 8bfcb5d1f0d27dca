"""Read and write crater counts; which format is told by the file's name."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology import _bin_files, _csv_files, _text
from farside.chronology.counts import BinnedCount, Count, CraterCount, make_count
from farside.chronology.sphere import RADIUS_KM, Area, Ring
from farside.errors import FarsideError, InputError, UnknownNameError
from farside.provenance import write_text

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 500_000_000


def read_count(path: Path | str, area_km2: float | None = None, outside: str = "refuse") -> Count:
    """Return the count in a file.

    ``.scc`` and ``.diam`` (craters), ``.stat``, ``.binned`` and ``.r`` (bins), ``.csv`` (a column
    diameter_km; the area as a line ``# area_km2 = 123`` or as `area_km2`), ``.geojson`` (points
    with diameter_km, polygons for the area), ``.shp`` (a pair NAME_CRATER.shp, NAME_AREA.shp).

    Parameters
    ----------
    path : file
    area_km2 : counting area, where the file states none
    outside : what to do with craters outside the polygons of the area: ``refuse`` or ``drop``

    Raises
    ------
    InputError, UnitError
        when the file cannot be read as a count, with what is wrong
    UnknownNameError
        for another kind of file

    Examples
    --------
    >>> import farside
    >>> count = farside.read_count("craters.scc")  # doctest: +SKIP
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in READERS:
        raise UnknownNameError.of("kind of crater count", kind or path.name, READERS)
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES // 10**6} MB; split the count.")
        with np.errstate(all="ignore"):  # what is not finite is refused where counts are made
            return READERS[kind](path, area_km2, outside)
    except FarsideError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8; save it as such.") from error
    except (OSError, csv.Error) as error:
        raise InputError(f"cannot read the crater count {path}: {error}") from error
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, AttributeError) as error:
        raise InputError(f"{path} is not a whole {kind} crater count: {error!r}") from error


def write_count(count: Count, path: Path | str) -> None:
    """Write a count in the format that the file's name tells, atomically.

    Raises
    ------
    InputError
        when the format cannot hold the count: ``.scc``, ``.geojson`` and ``.shp`` need places
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in WRITERS:
        raise UnknownNameError.of("kind of crater count", kind or path.name, WRITERS)
    WRITERS[kind](count, path)


# -- craters ----------------------------------------------------------------------------------


def _craters(found: _text.Structure, *names: str) -> dict[str, Any]:
    """Return the columns of the table of craters."""
    d = found.column("crater", *names)
    if d is None:
        raise InputError(
            f"{found.path} has no table 'crater = {{diameter, ...' of craters; columns here: "
            f"{', '.join(found.tables.get('crater', {})) or 'none'}."
        )
    about: dict[str, Any] = {"diameter_km": d}
    for key in ("fraction", "lon", "lat"):
        column = found.column("crater", key)
        if column is not None:
            about[key] = column
    tags = found.tables["crater"].get("tag")
    if tags:
        about["secondary"] = [_text.is_secondary(tag) for tag in tags]
    return about


def _read_diam(path: Path, area_km2: float | None, outside: str) -> CraterCount:
    found = _text.read(path)
    if found.column("crater", "reference_area") is not None:
        raise InputError(
            f"{path} gives each crater a reference area of its own (a buffered count); date the "
            "polygons themselves with method 'buffered' or 'non-sparse'."
        )
    area = _text.one_area(found.number("area", "Area", unit="km^2"), area_km2, path)
    columns = _craters(found, "diameter", "diam")
    return make_count(area_km2=area, name=path.stem, outside=outside, **columns)


def _read_scc(path: Path, area_km2: float | None, outside: str) -> CraterCount:
    found = _text.read(path)
    radius = found.number(
        "a_axis_radius", "a-axis_radius", "a-axis radius", "a_axis radius", unit="km"
    )
    rings = _boundary(found)
    area = Area(rings, radius or RADIUS_KM) if rings else None
    total = found.number("Total_area", "Total area", unit="km^2")
    stated = _text.one_area(total, area_km2, path)
    columns = _craters(found, "diam", "diameter")
    return make_count(area_km2=stated, name=path.stem, area=area, outside=outside, **columns)


def _boundary(found: _text.Structure) -> tuple[Ring, ...]:
    table = found.tables.get("unit_boundary")
    if table is None:
        return ()
    lon, lat = found.column("unit_boundary", "lon"), found.column("unit_boundary", "lat")
    if lon is None or lat is None:
        raise InputError(f"{found.path}: the table 'unit_boundary' has no columns lon and lat.")
    part = table.get("sub_area", ["1"] * len(lon))
    tag = table.get("tag", ["ext"] * len(lon))
    rings = []
    for name in dict.fromkeys(zip(part, tag, strict=True)):
        here = [i for i, key in enumerate(zip(part, tag, strict=True)) if key == name]
        rings.append(ring_of([lon[i] for i in here], [lat[i] for i in here], hole=name[1] == "int"))
    return tuple(rings)


def ring_of(lon: Any, lat: Any, *, hole: bool = False) -> Ring:
    """Return a ring, without a last corner that repeats the first or one given twice running."""
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    keep = (x != np.roll(x, -1)) | (y != np.roll(y, -1))
    return Ring(x[keep], y[keep], hole)


def _write_diam(count: Count, path: Path) -> None:
    craters = _only_craters(count, path)
    # craterstats reads the area as a bare number, in km2
    lines = [f"# Craters of {craters.name}", f"area = {_text.exact(craters.area_km2)}", "#"]
    write_text(path, "\n".join([*lines, *_crater_table(craters, "diameter")]) + "\n")


def _write_scc(count: Count, path: Path) -> None:
    craters = _only_craters(count, path)
    if craters.area is None or not craters.located:
        raise InputError(
            f"cannot write {path}: the count {craters.name!r} has no polygon or no places, which "
            ".scc needs; write .diam or .csv."
        )
    radius = craters.area.radius_km
    lines = ["# Spatial crater count", "#", "# Ellipsoid axes:"]
    lines += [f"{axis}_axis_radius = {_text.exact(radius)} <km>" for axis in "abc"]
    lines += ["coordinate_system_name = planetocentric, east longitude", "#", "# area_shapes:"]
    lines += ["unit_boundary = {vertex, sub_area, tag, lon, lat", "#"]
    vertex = 0
    for i, ring in enumerate(craters.area.rings, 1):
        lines += [f"# Area_name {i} = {craters.name}", "#"]
        for x, y in zip((*ring.lon, ring.lon[0]), (*ring.lat, ring.lat[0]), strict=True):
            vertex += 1
            place = f"{_text.exact(x)}\t{_text.exact(y)}"
            lines.append(f"{vertex}\t{i}\t{'int' if ring.hole else 'ext'}\t{place}")
    lines += ["}", "#", f"Total_area = {_text.exact(craters.area_km2)} <km^2>"]
    lines += [f"Perimeter = {_text.exact(craters.perimeter_km)} <km>", "#", "# crater_diameters:"]
    write_text(path, "\n".join([*lines, *_crater_table(craters, "diam")]) + "\n")


def _crater_table(count: CraterCount, diameter: str) -> list[str]:
    """Return the lines of the table of craters; ``tag`` only where one is marked secondary."""
    columns = {diameter: count.diameter_km, "fraction": count.fraction}
    columns |= {"lon": count.lon, "lat": count.lat} if count.located else {}
    rows = [[_text.exact(x) for x in row] for row in zip(*columns.values(), strict=True)]
    if count.secondary.any():
        rows = [
            [*row, "secondary" if mark else "standard"]
            for row, mark in zip(rows, count.secondary, strict=True)
        ]
    names = [*columns, "tag"] if count.secondary.any() else list(columns)
    return [f"crater = {{{', '.join(names)}", *("\t".join(row) for row in rows), "}"]


def _only_craters(count: Count, path: Path) -> CraterCount:
    if isinstance(count, BinnedCount):
        raise InputError(
            f"cannot write {path}: {count.name!r} holds bins, not craters; write .stat or .binned."
        )
    return count


def _write_csv(count: Count, path: Path) -> None:
    _csv_files.write_csv(_only_craters(count, path), path)


def _read_shapes(path: Path, area_km2: float | None, outside: str) -> CraterCount:
    from farside.chronology import shapes  # noqa: PLC0415 - geopandas is slow to import

    return shapes.read_shapes(path, area_km2, outside)


def _write_shapes(count: Count, path: Path) -> None:
    from farside.chronology import shapes  # noqa: PLC0415

    shapes.write_shapes(_only_craters(count, path), path)


READERS: dict[str, Callable[[Path, float | None, str], Count]] = {
    ".scc": _read_scc,
    ".diam": _read_diam,
    ".stat": _bin_files.read_stat,
    ".binned": _bin_files.read_binned,
    ".r": _bin_files.read_r,
    ".csv": _csv_files.read_csv,
    ".geojson": _read_shapes,
    ".json": _read_shapes,
    ".shp": _read_shapes,
}
WRITERS: dict[str, Callable[[Count, Path], None]] = {
    ".scc": _write_scc,
    ".diam": _write_diam,
    ".stat": _bin_files.write_stat,
    ".binned": _bin_files.write_binned,
    ".r": _bin_files.write_r,
    ".csv": _write_csv,
    ".geojson": _write_shapes,
    ".shp": _write_shapes,
}
