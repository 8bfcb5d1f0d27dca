"""Counts as shapes: GeoJSON, and pairs of shapefiles NAME_CRATER.shp and NAME_AREA.shp."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology import _text
from farside.chronology.counts import CraterCount, make_count
from farside.chronology.formats import ring_of
from farside.chronology.sphere import RADIUS_KM, Area, Ring, lon_lat, unit_vectors
from farside.errors import InputError
from farside.provenance import atomic_path, write_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DIAMETER = ("diam_km", "diameter_km", "diameter", "diam", "d_km")
_CORNERS = 72  # of a circle that is written
SAME_SIZE = 0.02
"""Share by which the diameter of a shape and its attribute may differ before it is noted."""


def read_shapes(path: Path, area_km2: float | None, outside: str) -> CraterCount:
    """Return the count of a GeoJSON file or of a pair of shapefiles."""
    if path.suffix.lower() == ".shp":
        return _read_pair(path, area_km2, outside)
    content = json.loads(path.read_text(encoding="utf-8"))
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise InputError(f"{path} is no GeoJSON FeatureCollection.")
    lon, lat, d, tags, fraction = [], [], [], [], []
    rings: list[Ring] = []
    for feature in features:
        geometry, about = feature["geometry"], feature.get("properties") or {}
        if geometry["type"] == "Point":
            lon.append(float(geometry["coordinates"][0]))
            lat.append(float(geometry["coordinates"][1]))
            d.append(_diameter(about, path))
            tags.append(_text.is_secondary(about.get("tag", about.get("secondary", ""))))
            fraction.append(float(about.get("fraction", 1.0)))
        elif geometry["type"] in ("Polygon", "MultiPolygon"):
            many = geometry["coordinates"]
            for polygon in [many] if geometry["type"] == "Polygon" else many:
                for i, line in enumerate(polygon):
                    xy = np.array(line, dtype=float)
                    rings.append(ring_of(xy[:, 0], xy[:, 1], hole=i > 0))
        else:
            raise InputError(
                f"{path} holds a {geometry['type']}; points with diameter_km are craters, polygons "
                "the counting area."
            )
    radius = float(content.get("radius_km", RADIUS_KM))
    stated = _text.one_area(content.get("area_km2"), area_km2, path)
    return make_count(
        d, stated, name=path.stem, area=Area(tuple(rings), radius) if rings else None,
        outside=outside, lon=lon, lat=lat, secondary=tags, fraction=fraction,
    )  # fmt: skip


def _diameter(about: dict[str, Any], path: Path) -> float:
    lower = {str(k).lower(): v for k, v in about.items()}
    for key in _DIAMETER:
        if lower.get(key) is not None:
            return float(lower[key])
    raise InputError(f"{path}: a crater has no property diameter_km.")


def _read_pair(path: Path, area_km2: float | None, outside: str) -> CraterCount:
    craters, radius, to_degrees = _layer(path)
    partner = path.with_name(re.sub("CRATER", "AREA", path.name))
    area = None
    if partner != path and partner.exists():
        shapes, other, degrees = _layer(partner)
        if abs(other / radius - 1) > 1e-6:
            raise InputError(
                f"{path.name} lies on a sphere of {radius:g} km and {partner.name} of {other:g} km."
            )
        rings = [ring for shape in shapes.geometry for ring in _rings(shape, degrees)]
        area = Area(tuple(rings), radius)
    columns: dict[str, Any] = {"lon": [], "lat": [], "diameter_km": []}
    for row, shape in enumerate(craters.geometry):
        if shape is None or shape.is_empty:
            raise InputError(f"{path}: crater {row + 1} has no shape.")
        x, y = _place(shape, to_degrees)
        columns["lon"].append(x)
        columns["lat"].append(y)
        columns["diameter_km"].append(_width(craters, row, shape, to_degrees, radius, path))
    tags = next((craters[name] for name in craters if str(name).lower() == "tag"), None)
    if tags is not None:
        columns["secondary"] = [_text.is_secondary(tag) for tag in tags]
    name = re.sub("_?CRATER_?", "", path.stem) or path.stem
    if area is not None:
        columns["fraction"] = _shares(area, columns)
    made = make_count(area_km2=area_km2, name=name, area=area, outside=outside, **columns)
    return replace(made, notes=(*made.notes, *_other_sizes(craters, columns["diameter_km"])))


def _other_sizes(craters: Any, diameter_km: list[float]) -> list[str]:
    """Return a note when the shapes have other diameters than the table beside them says."""
    stated = next((craters[n] for n in craters if str(n).lower() in _DIAMETER), None)
    if stated is None:
        return []
    with np.errstate(all="ignore"):
        ratio = np.array(diameter_km) / np.array(stated, dtype=float)
    away = int((np.abs(ratio - 1) > SAME_SIZE).sum())
    if not away:
        return []
    return [
        (
            f"{away} of {len(ratio)} craters have shapes of another size than their attribute "
            f"says, by more than {SAME_SIZE:.0%}; the shapes are used"
        )
    ]


def _layer(path: Path) -> tuple[Any, float, Any]:
    """Return the shapes of a file, the radius of its sphere in km, and its way to degrees."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import pyogrio  # noqa: PLC0415
    import pyproj  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    try:
        fields = pyogrio.read_info(path)["fields"]
        wanted = [name for name in fields if name.lower() in (*_DIAMETER, "tag")]
        frame = gpd.read_file(path, columns=wanted)
        if frame.crs is None:
            raise InputError(f"{path} has no coordinate system; its .prj is missing or no text.")
        radius = frame.crs.ellipsoid.semi_major_metre / 1000.0
        if frame.crs.is_geographic:
            return frame, radius, lambda x, y: (x, y)
        change = pyproj.Transformer.from_crs(frame.crs, frame.crs.geodetic_crs, always_xy=True)
    except (
        RuntimeError, ValueError, NameError, AttributeError, shapely.errors.ShapelyError,
    ) as error:  # fmt: skip
        # the readers' own errors are all of these; a .prj that is no text comes as a NameError
        raise InputError(f"cannot read the shapes {path}: {error}") from error
    return frame, radius, change.transform


def _rings(shape: Any, to_degrees: Any) -> list[Ring]:
    if shape is None or shape.is_empty:
        return []
    rings = []
    for polygon in getattr(shape, "geoms", [shape]):
        for i, line in enumerate([polygon.exterior, *polygon.interiors]):
            x, y = to_degrees(*np.array(line.coords)[:, :2].T)
            rings.append(ring_of(x, y, hole=i > 0))
    return rings


def _place(shape: Any, to_degrees: Any) -> tuple[float, float]:
    """Return the middle of a crater in degrees, right at a pole and across 180° too.

    It is the mean normal of the ground within: half of the sum of the cross products of corners
    that follow each other (Stokes). Those of a circle lie in a plane, whose axis that is.
    """
    rings = _rings(shape, to_degrees) if shape.geom_type in ("Polygon", "MultiPolygon") else []
    total = np.zeros(3)
    for corners in (unit_vectors(ring.lon, ring.lat) for ring in rings if not ring.hole):
        middle = corners.mean(axis=0)
        out = corners - middle  # of small craters products of the corners have no digits left
        normal = np.cross(out, np.roll(out, -1, axis=0)).sum(axis=0)
        total += normal * np.sign(normal @ middle)
    if not total.any():
        x, y = to_degrees(*shape.centroid.coords[0])
    else:
        x, y = lon_lat(total)
    return float(x), float(y)


def _width(craters: Any, row: int, shape: Any, to_degrees: Any, radius: float, path: Path) -> float:
    """Return the diameter: of the cap of the shape's area, or the attribute of a point."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        steradian = sum(-r.steradian if r.hole else r.steradian for r in _rings(shape, to_degrees))
        return float(2 * radius * np.arccos(1 - steradian / (2 * np.pi)))
    return _diameter(dict(craters.drop(columns="geometry").iloc[row]), path)


def _shares(area: Area, columns: dict[str, Any]) -> list[float]:
    """Return for each crater the share of it that lies in the area, by 400 points in it."""
    lon, lat = np.array(columns["lon"]), np.array(columns["lat"])
    d = np.array(columns["diameter_km"])
    near = area.distance_km(lon, lat) < d / 2
    out = np.ones(len(d))
    turn = np.arange(400) * np.pi * (3 - 5**0.5)  # a sunflower fills a disc evenly
    reach = np.sqrt((np.arange(400) + 0.5) / 400)
    for i in np.flatnonzero(near):
        x, y = lon_lat(_around(lon[i], lat[i], reach * d[i] / 2 / area.radius_km, turn))
        out[i] = max(float(area.contains(x, y).mean()), 1 / 400)
    return [float(x) for x in out]


def _around(lon: float, lat: float, reach: Any, turn: Any) -> Any:
    """Return unit vectors at angular distances and bearings from a point."""
    middle = unit_vectors([lon], [lat])[0]
    east = np.array([-np.sin(np.radians(lon)), np.cos(np.radians(lon)), 0.0])
    north = np.cross(middle, east)
    side = np.outer(np.cos(turn), north) + np.outer(np.sin(turn), east)
    return np.cos(reach)[:, None] * middle + np.sin(reach)[:, None] * side


# -- writing ----------------------------------------------------------------------------------


def write_shapes(count: CraterCount, path: Path) -> None:
    """Write a count with places as GeoJSON or as a pair of shapefiles.

    Raises
    ------
    InputError
        when the count has no polygon or no places, or a shapefile is not named NAME_CRATER.shp
    """
    if count.area is None or not count.located:
        raise InputError(
            f"cannot write {path}: the count {count.name!r} has no polygon or no places; write "
            ".diam or .csv."
        )
    if path.suffix.lower() == ".geojson":
        _write_geojson(count, path)
        return
    if "CRATER" not in path.name:
        raise InputError(f"cannot write {path}: name it {path.stem}_CRATER.shp.")
    _write_pair(count, path)


def _write_geojson(count: CraterCount, path: Path) -> None:
    assert count.area is not None  # noqa: S101 - write_shapes checked
    craters = zip(
        count.lon, count.lat, count.diameter_km, count.fraction, count.secondary, strict=True
    )
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [float(x), float(y)]},
            "properties": {"diameter_km": float(d), "fraction": float(f), "secondary": bool(s)},
        }
        for x, y, d, f, s in craters
    ]
    polygons = [[_closed(r) for r in group] for group in _grouped(count.area)]
    features.append(
        {
            "type": "Feature",
            "geometry": {"type": "MultiPolygon", "coordinates": polygons},
            "properties": {"area_km2": count.area_km2},
        }
    )
    content = {
        "type": "FeatureCollection",
        "name": count.name,
        "area_km2": count.area_km2,
        "radius_km": count.area.radius_km,
        "features": features,
    }
    write_json(path, content)


def _closed(ring: Ring) -> list[list[float]]:
    pairs = zip((*ring.lon, ring.lon[0]), (*ring.lat, ring.lat[0]), strict=True)
    return [[float(x), float(y)] for x, y in pairs]


def _grouped(area: Area) -> list[list[Ring]]:
    """Return each outer ring with the holes whose first corner lies in it."""
    groups = [[r] for r in area.rings if not r.hole]
    for hole in (r for r in area.rings if r.hole):
        home = [g for g in groups if g[0].contains(hole.lon[:1], hole.lat[:1])[0]]
        (home or groups)[0].append(hole)
    return groups


def _write_pair(count: CraterCount, path: Path) -> None:
    import geopandas as gpd  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    assert count.area is not None  # noqa: S101
    outlines = [[_unwound(ring) for ring in group] for group in _grouped(count.area)]
    middle = float(np.mean(outlines[0][0][:, 0]))
    about = {
        "Diam_km": count.diameter_km,
        "x_coord": count.lon,
        "y_coord": count.lat,
        "tag": ["secondary" if s else "standard" for s in count.secondary],
    }
    polygons = [
        shapely.Polygon(_beside(outer, middle), [_beside(hole, middle) for hole in holes])
        for outer, *holes in outlines
    ]
    names = {"area_name": [count.name] * len(polygons)}
    crs = f"+proj=longlat +R={count.area.radius_km * 1000:.3f} +no_defs"
    area = path.name.replace("CRATER", "AREA")
    with tempfile.TemporaryDirectory(prefix="farside-") as folder:
        made = Path(folder)
        circles = [shapely.Polygon(_beside(circle, middle)) for circle in _circles(count)]
        gpd.GeoDataFrame(about, geometry=circles, crs=crs).to_file(made / path.name)
        gpd.GeoDataFrame(names, geometry=polygons, crs=crs).to_file(made / area)
        for part in sorted(made.iterdir()):
            with atomic_path(path.with_name(part.name)) as temporary:
                shutil.copyfile(part, temporary)


def _circles(count: CraterCount) -> list[NDArray[np.float64]]:
    """Return the corners of each crater in degrees, shape (corners, 2)."""
    assert count.area is not None  # noqa: S101
    turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    # the corners lie a little outside, so that the polygon has the area of the circle
    grow = np.sqrt(2 * np.pi / _CORNERS / np.sin(2 * np.pi / _CORNERS))
    circles = []
    for x, y, d in zip(count.lon, count.lat, count.diameter_km, strict=True):
        reach = np.full(_CORNERS, grow * d / 2 / count.area.radius_km)
        lon, lat = lon_lat(_around(x, y, reach, turn))
        circles.append(np.stack([x + _turned(lon - x), lat], axis=1))
    return circles


def _unwound(ring: Ring) -> NDArray[np.float64]:
    """Return the corners of a ring, shape (n, 2), without the jump of longitude at 180°."""
    return np.stack([np.unwrap(ring.lon, period=360.0), ring.lat], axis=1)


def _beside(corners: NDArray[np.float64], middle: float) -> NDArray[np.float64]:
    """Return corners whole turns away, so that they lie about a longitude: a GIS draws planes."""
    lon, lat = corners.T
    own = float(lon.mean())
    return np.stack([lon - own + middle + _turned(own - middle), lat], axis=1)


def _turned(lon: Any) -> Any:
    """Return differences of longitude as -180 to 180."""
    return (lon + 180.0) % 360.0 - 180.0
