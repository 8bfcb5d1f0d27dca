"""Areas to count on, and catalogues of craters to count from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.chronology.counts import CraterCount, make_count
from farside.chronology.sphere import RADIUS_KM, Area, Ring
from farside.errors import InputError, MissingColumnError
from farside.geography.regions import Ellipse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CORNERS = 360
WIDEST = 0.5
"""Share of a place's own width above which a crater is taken to be the place or older than it."""

_LON = ("lon", "long", "longitude")
_LAT = ("lat", "latitude")
_DIAMETER = ("diam_km", "diameter_km", "diameter (km)", "d_km")


def ellipse_ring(ellipse: Ellipse) -> Ring:
    """Return the outline of an ellipse on the sphere as a polygon of 360 corners.

    Its corners lie at the distance r of the ellipse, 1/r^2 = (cos t / a)^2 + (sin t / b)^2, at
    bearing t - tilt from the centre, as `farside.geography.regions.Ellipse` draws it.
    """
    turn = 2 * np.pi * np.arange(CORNERS) / CORNERS
    along = np.cos(turn) / ellipse.semi_major_km
    across = np.sin(turn) / ellipse.semi_minor_km
    reach = 1 / np.hypot(along, across) / RADIUS_KM
    bearing = turn - np.radians(ellipse.tilt_deg)
    lat0 = np.radians(ellipse.lat)
    sin_lat = np.sin(lat0) * np.cos(reach) + np.cos(lat0) * np.sin(reach) * np.cos(bearing)
    east = np.arctan2(
        np.sin(bearing) * np.sin(reach) * np.cos(lat0), np.cos(reach) - np.sin(lat0) * sin_lat
    )
    lon = (ellipse.lon + np.degrees(east) + 180.0) % 360.0 - 180.0
    return Ring(lon, np.degrees(np.arcsin(np.clip(sin_lat, -1, 1))))


@dataclass(frozen=True)
class Place:
    """A named counting area."""

    name: str
    area: Area

    @property
    def width_km(self) -> float:
        """Diameter of the circle of the same area, km."""
        return 2 * float(np.sqrt(self.area.area_km2 / np.pi))


@dataclass(frozen=True)
class Catalogue:
    """Craters of a catalogue: centres in degrees, diameters in km, arrays of one length."""

    name: str
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    diameter_km: NDArray[np.float64]

    @property
    def smallest_km(self) -> float:
        """Smallest diameter, km: below it nothing was counted."""
        return float(self.diameter_km.min())


def read_catalogue(path: Path) -> Catalogue:
    """Return the craters of a CSV with columns of longitude, latitude and diameter in km.

    Columns may be named as in the catalogues of Head et al. (2010: ``Lon, Lat, Diam_km``) and
    Povilaitis et al. (2018: ``Long, Lat, Diameter (km)``), in any case.

    Raises
    ------
    InputError
        when a column is missing, a figure is no number, or there is no crater
    """
    table = _csv(path)
    columns = [_column(table, names, path) for names in (_LON, _LAT, _DIAMETER)]
    lon, lat, d = (pd.to_numeric(table[c], errors="coerce").to_numpy(float) for c in columns)
    bad = ~(np.isfinite(lon) & (np.abs(lat) <= 90) & (d > 0))
    if bad.any() or not len(d):
        row = int(np.flatnonzero(bad)[0]) + 2 if bad.any() else 1
        raise InputError(
            f"{path}: {int(bad.sum())} rows are no craters (the first in line {row}); each needs a "
            "longitude, a latitude of -90 to 90 and a diameter above 0 km."
        )
    return Catalogue(path.stem, (lon + 180.0) % 360.0 - 180.0, lat, d)


def read_places(path: Path) -> list[Place]:
    """Return the areas of a table.

    A CSV has the columns ``name, lon, lat, radius_km`` (circles) or ``name, lon, lat,
    semi_major_km, semi_minor_km, tilt_deg`` (ellipses; an empty ``radius_km`` where a table holds
    both); a ``.geojson`` holds polygons with the property ``name``.

    Raises
    ------
    InputError
        when a column is missing, a name is given twice, or a figure is no number
    """
    places = _polygons(path) if path.suffix.lower() in (".geojson", ".json") else _rows(path)
    names = [place.name for place in places]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not places or twice:
        wrong = f"names areas twice: {', '.join(twice)}" if twice else "holds no area"
        raise InputError(f"{path} {wrong}; give each area one row with a name of its own.")
    return places


def _csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, skipinitialspace=True)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"cannot read {path} as a table: {error}; give a CSV.") from error


def _column(table: pd.DataFrame, names: Sequence[str], path: Path) -> str:
    for column in table.columns:
        if str(column).strip().lower() in names:
            return str(column)
    raise MissingColumnError.of(str(path), names[:1], table.columns)


def _rows(path: Path) -> list[Place]:
    table = _csv(path)
    lon, lat, name = (_column(table, n, path) for n in (_LON, _LAT, ("name",)))
    places = []
    for i, row in enumerate(table.to_dict("records")):
        radius = _figure(row, "radius_km", path, i)
        axes = [_figure(row, key, path, i) for key in ("semi_major_km", "semi_minor_km")]
        major, minor = axes if np.isnan(radius) else (radius, radius)
        centre = [_figure(row, key, path, i) for key in (lat, lon)]
        placed = abs(centre[0]) <= 90 and bool(np.isfinite(centre[1]))
        if not (0 < minor <= major < 0.5 * np.pi * RADIUS_KM and placed):
            raise InputError(
                f"{path}, row {i + 1}: give lon, lat (-90 to 90) and radius_km, or semi_major_km "
                "and semi_minor_km, above 0 and below a quarter of the Moon's girth."
            )
        tilt = _figure(row, "tilt_deg", path, i)
        ellipse = Ellipse(centre[0], centre[1], major, minor, 0.0 if np.isnan(tilt) else tilt, "")
        places.append(Place(str(row[name]), Area((ellipse_ring(ellipse),))))
    return places


def _figure(row: dict[Any, Any], key: str, path: Path, i: int) -> float:
    try:
        return float(row.get(key, np.nan))
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}, row {i + 1}: {key} is {row[key]!r}, not a number.") from error


def _polygons(path: Path) -> list[Place]:
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        places = []
        for i, feature in enumerate(features):
            shape = feature["geometry"]
            parts = {"Polygon": [shape["coordinates"]], "MultiPolygon": shape["coordinates"]}
            rings = [
                _closed_ring(line, hole=j > 0)
                for part in parts[shape["type"]]
                for j, line in enumerate(part)
            ]
            name = (feature.get("properties") or {}).get("name") or f"area {i + 1}"
            places.append(Place(str(name), Area(tuple(rings))))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{path} is no GeoJSON of polygons ({error!r}); each feature needs a Polygon or "
            "MultiPolygon in degrees."
        ) from error
    return places


def _closed_ring(line: Any, *, hole: bool) -> Ring:
    """Return a ring of GeoJSON, whose last corner repeats the first, though not in every file."""
    corners = np.array(line, dtype=float)[:, :2]
    corners = corners[:-1] if (corners[0] == corners[-1]).all() else corners
    if len(corners) < 3 or not np.isfinite(corners).all() or (np.abs(corners[:, 1]) > 90).any():
        raise ValueError("a ring has fewer than three corners, or one that is no place")
    return Ring(corners[:, 0], corners[:, 1], hole=hole)


def count_on(catalogue: Catalogue, place: Place) -> CraterCount:
    """Return the craters of a catalogue whose centres lie on a place.

    Craters wider than half of the place are left out: such a crater is the place itself, or the
    ground that it lies on. A note says how many.
    """
    inside = place.area.contains(catalogue.lon, catalogue.lat)
    wide = inside & (catalogue.diameter_km >= WIDEST * place.width_km)
    kept = inside & ~wide
    count = make_count(
        catalogue.diameter_km[kept],
        name=place.name,
        area=place.area,
        lon=catalogue.lon[kept],
        lat=catalogue.lat[kept],
    )
    if not wide.any():
        return count
    from dataclasses import replace  # noqa: PLC0415

    note = (
        f"{int(wide.sum())} craters wider than {WIDEST * place.width_km:.0f} km, half of the "
        "area, were left out as the place itself"
    )
    return replace(count, notes=(*count.notes, note))
