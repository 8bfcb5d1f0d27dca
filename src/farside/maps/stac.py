"""A STAC catalogue of maps: what there is, where, from when, made of what, and with which hash.

    catalog.json
    oxides/collection.json
    oxides/ITEM/ITEM.json      one item per tile or mosaic, with the store and the GeoTIFFs

STAC 1.1.0 with the extensions projection 2.0.0, raster 2.0.0, processing 1.1.0, file 2.1.0 and
solar system (ssys) 1.1.0. Geometry is in lunar degrees, longitude east within -180 to 180; GeoJSON
says nothing else fits, and the target of the item is the Moon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pystac

from farside import provenance
from farside.constants import OXIDES
from farside.errors import InputError
from farside.geography.projections import lunar_crs
from farside.maps.export import Exported, lineage
from farside.maps.grid import MapGrid, central_x, crs_label, grid_of, period, transform_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from farside.oxides.training import Float

EXTENSIONS = {
    "projection": "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "raster": "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "processing": "https://stac-extensions.github.io/processing/v1.1.0/schema.json",
    "file": "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "ssys": "https://stac-extensions.github.io/ssys/v1.1.0/schema.json",
}

KAGUYA = (
    datetime(2007, 10, 19, tzinfo=UTC),
    datetime(2009, 6, 10, 18, 25, tzinfo=UTC),
)
"""When Kaguya was in its observation orbit: reached on 19 October 2007 (Kato et al. 2010,
doi 10.1007/s11214-010-9678-3), until it hit the Moon on 11 June 2009 at 3:25 Japanese time (JAXA,
as quoted in The Japan Times of 12 June 2009). A map whose images state no dates has these."""

KAGUYA_SENSORS = ("MI", "SP", "")
"""Sensors of Kaguya; a map that names none is taken for one of MI, which farside learnt on."""

ZARR = "application/vnd.zarr; version=3"
SHA256_MULTIHASH = "1220"
"""What leads a SHA-256 of 32 bytes in a multihash (multiformats registry: sha2-256, 0x12, 0x20)."""

LATTICE = 33


@dataclass(frozen=True)
class Entry:
    """A map to be catalogued.

    Parameters
    ----------
    name : of the item
    ds : map dataset
    store : Zarr folder that it was opened from
    files : what `farside.maps.export.export` wrote of it
    """

    name: str
    ds: xr.Dataset
    store: Path
    files: tuple[Exported, ...] = ()


# -- geometry ----------------------------------------------------------------------------------


def footprint(grid: MapGrid) -> tuple[list[float], dict[str, Any]]:
    """Return the bounding box and the geometry of a grid in lunar degrees.

    Parameters
    ----------
    grid : of the map

    Returns
    -------
    tuple
        west, south, east, north; and a polygon, or two where the grid crosses 180°. Across 180° the
        west of the box is greater than its east, as RFC 7946 wants it. The polygon is the box: the
        exact outline of a map of meridians and parallels, the least box around another.
    """
    lon, lat = transform_points(grid.crs, lunar_crs("geographic"), *grid.lattice(LATTICE))
    seen = np.isfinite(lon) & np.isfinite(lat)
    if not seen.any():
        raise InputError("no pixel of the map has a longitude and a latitude.")
    poles = grid.holds_pole
    south = -90.0 if poles[0] else max(-90.0, float(lat[seen].min()))
    north = 90.0 if poles[1] else min(90.0, float(lat[seen].max()))
    west, east = (-180.0, 180.0) if any(poles) else _span(grid, lon[seen])
    if east <= 180.0:
        return [west, south, east, north], _polygon([(west, south, east, north)])
    parts = [(west, south, 180.0, north), (-180.0, south, east - 360.0, north)]
    return [west, south, east - 360.0, north], _polygon(parts)


def _span(grid: MapGrid, lon: Float) -> tuple[float, float]:
    """Return the ends of the arc of longitude of a grid, the west within -180 to 180."""
    turn = period(grid.crs)
    if turn is not None:
        middle = central_x(grid.crs)
        at = transform_points(
            grid.crs, lunar_crs("geographic"), np.array([middle]), np.array([0.0])
        )
        x = np.array([grid.bounds[0], grid.bounds[2]])
        west, east = at[0][0] + 360.0 * (x - middle) / turn
    else:  # the narrower of the arcs that do not cross 0 or 180 degrees
        found = [np.mod(lon, 360.0), np.mod(lon + 180.0, 360.0) - 180.0]
        arc = min(found, key=lambda turned: float(np.ptp(turned)))
        west, east = arc.min(), arc.max()
    if east - west >= 360.0 - 1e-9:
        return -180.0, 180.0
    start = float(np.round((west + 180.0) % 360.0 - 180.0, 12))
    return start, float(np.round(start + east - west, 12))


def _polygon(boxes: Sequence[tuple[float, float, float, float]]) -> dict[str, Any]:
    rings = [[[[w, s], [e, s], [e, n], [w, n], [w, s]]] for w, s, e, n in boxes]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


# -- items -------------------------------------------------------------------------------------


def dates(ds: xr.Dataset) -> tuple[datetime, datetime]:
    """Return when the images were taken, from the attributes or, for Kaguya's, of all of Kaguya."""
    sources = ds.attrs.get("sources") or [ds.attrs]
    undated = sorted(
        {
            str(source.get("sensor"))
            for source in sources
            if not (source.get("start_datetime") and source.get("end_datetime"))
            and source.get("sensor", "") not in KAGUYA_SENSORS
        }
    )
    if undated:
        raise InputError(
            f"a catalogue needs dates, and a map from the sensor {', '.join(undated)} states none; "
            "give the image the attributes start_datetime and end_datetime (2008-01-28T01:09:00Z), "
            "or leave out the catalogue."
        )
    ends = []
    for key, known, pick in (
        ("start_datetime", KAGUYA[0], min),
        ("end_datetime", KAGUYA[1], max),
    ):
        stated = [source.get(key) for source in sources]
        try:
            ends.append(
                pick(datetime.fromisoformat(str(s)) for s in stated) if all(stated) else known
            )
        except ValueError as error:
            raise InputError(
                f"the {key} of a map is no date ({error}); write it as 2008-01-28T01:09:00Z."
            ) from error
    start, end = (d if d.tzinfo else d.replace(tzinfo=UTC) for d in ends)
    return start, end


def _projection(grid: MapGrid) -> dict[str, Any]:
    """Return the fields of the projection extension."""
    code = grid.crs.to_authority()
    # From the registry where it can be had: GDAL's text names other axes for polar systems.
    crs = pyproj.CRS.from_authority(*code) if code else pyproj.CRS.from_wkt(grid.crs.to_wkt())
    t = grid.transform
    return {
        "proj:code": crs_label(grid.crs) if code else None,
        "proj:wkt2": crs.to_wkt(),
        "proj:projjson": crs.to_json_dict(),
        "proj:shape": [grid.height, grid.width],
        "proj:transform": [t.a, t.b, t.c, t.d, t.e, t.f],
        "proj:bbox": list(grid.bounds),
    }


def _processing(ds: xr.Dataset) -> dict[str, Any]:
    """Return the fields of the processing extension."""
    made = lineage(ds)
    inputs = ", ".join(f"{i['name']} (sha256 {i['sha256']})" for i in made["inputs"])
    steps = [
        f"Oxides predicted by farside {', '.join(made['farside']) or 'of unknown version'}",
        f"with weights sha256 {', '.join(made['weights']) or 'unknown'}",
        f"from {inputs or 'images that are not named'}",
    ]
    if made["rule"]:
        steps.append(f"overlapping tiles put together by the rule {made['rule']!r}")
    return {
        "processing:level": "L4",
        "processing:lineage": "; ".join(steps) + ".",
        "processing:software": {"farside": provenance.code_version()},
    }


def _item(entry: Entry) -> pystac.Item:
    """Return the item of a map, its links still absolute."""
    grid = grid_of(entry.ds, f"the map {entry.name}")
    bbox, geometry = footprint(grid)
    start, end = dates(entry.ds)
    item = pystac.Item(
        id=entry.name,
        geometry=geometry,
        bbox=bbox,
        datetime=None,
        start_datetime=start,
        end_datetime=end,
        properties={
            "title": f"Oxides of the lunar surface, {entry.name}",
            "gsd": grid.resolution_m,
            "ssys:targets": ["Moon"],
            "ssys:target_class": "satellite",
            **_projection(grid),
            **_processing(entry.ds),
        },
        stac_extensions=list(EXTENSIONS.values()),
    )
    item.add_asset("zarr", _zarr_asset(entry, grid))
    for file in entry.files:
        item.add_asset(file.path.stem, _cog_asset(file, grid))
        style = file.path.with_suffix(".qml")
        if file.role == "data" and style.is_file():
            asset = pystac.Asset(
                href=str(style.absolute()), title=f"colours of {file.path.stem} for QGIS",
                media_type="application/xml", roles=["metadata"], extra_fields=_file(style),
            )  # fmt: skip
            item.add_asset(f"{file.path.stem}_style", asset)
    return item


def _zarr_asset(entry: Entry, grid: MapGrid) -> pystac.Asset:
    size = sum(path.stat().st_size for path in entry.store.rglob("*") if path.is_file())
    bands = [{"name": f"{oxide} {layer}", "unit": "wt%"} for oxide in OXIDES
             for layer in ("value", "lower", "upper")]  # fmt: skip
    fields = {
        "raster:spatial_resolution": grid.resolution_m,
        "raster:sampling": "area",
        "bands": bands,
        "file:size": size,
    }
    return pystac.Asset(
        href=str(entry.store.absolute()), title="Zarr store of all layers", media_type=ZARR,
        roles=["data"], extra_fields=fields,
    )  # fmt: skip


def _cog_asset(file: Exported, grid: MapGrid) -> pystac.Asset:
    bands = []
    for band in file.bands:
        fields: dict[str, Any] = {
            "name": band.name,
            "unit": band.unit,
            "data_type": file.dtype,
            "raster:sampling": "area",
            "raster:spatial_resolution": grid.resolution_m,
        }
        if file.nodata is not None:
            fields["nodata"] = "nan" if np.isnan(file.nodata) else file.nodata
        if (band.scale, band.offset) != (1.0, 0.0):
            fields |= {"raster:scale": band.scale, "raster:offset": band.offset}
        bands.append(fields)
    return pystac.Asset(
        href=str(file.path.absolute()), title=file.title, media_type=pystac.MediaType.COG,
        roles=[file.role], extra_fields={"bands": bands, **_file(file.path)},
    )  # fmt: skip


def _file(path: Path) -> dict[str, Any]:
    """Return size and multihash of a file."""
    return {
        "file:size": path.stat().st_size,
        "file:checksum": SHA256_MULTIHASH + provenance.sha256_file(path),
    }


# -- catalogue ---------------------------------------------------------------------------------


def write_catalogue(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write a self-contained catalogue: links are relative, nothing points outside the folder.

    Parameters
    ----------
    folder : should hold the stores and the GeoTIFFs too, so that they move together
    entries : at least one, each with a name of its own

    Returns
    -------
    Path
        of ``catalog.json``, which is written last

    Raises
    ------
    InputError
        when there is no map, two have one name, a map has no lunar coordinate system, a date cannot
        be read, or the folder cannot be written
    """
    folder = Path(folder).absolute()
    names = [entry.name for entry in entries]
    if not entries or len(set(names)) != len(names):
        raise InputError(f"a catalogue needs maps with different names, given {names}.")
    items = [_item(entry) for entry in entries]
    catalogue = pystac.Catalog(
        "farside", "Oxides of the lunar surface with intervals and novelty", title="farside"
    )
    collection = _collection(items)
    catalogue.add_child(collection)
    for item in items:
        collection.add_item(item)
    catalogue.normalize_hrefs(str(folder))
    catalogue.make_all_asset_hrefs_relative()
    documents: list[pystac.STACObject] = [*items, collection, catalogue]
    catalogue.catalog_type = collection.catalog_type = pystac.CatalogType.SELF_CONTAINED
    for document in documents:
        target = Path(document.get_self_href() or "")
        content = document.to_dict(include_self_link=False)
        provenance.write_json(target, content)
    return folder / "catalog.json"


def _collection(items: Sequence[pystac.Item]) -> pystac.Collection:
    """Return the collection of items, with the extent of all."""
    return pystac.Collection(
        id="oxides",
        title="Oxides of the lunar surface",
        description=(
            "TiO2, FeO, Al2O3, MgO, CaO and SiO2 in wt% from reflectance spectra, each with an "
            "interval, and how far the spectrum lies from all training spectra."
        ),
        extent=pystac.Extent.from_items(items),
        license="other",
        keywords=["Moon", "oxides", "Kaguya", "Multiband Imager"],
    )
