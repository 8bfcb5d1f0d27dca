"""A map as a project for QGIS: one folder to copy, one file to open.

    farside.qgz       the project: layers in groups, styled, seen from above the far side
    data/FeO.tif      the numbers, as `farside.maps.export` writes them
    data/places.gpkg  landing sites

The project names its files by relative paths. A map of all longitudes is drawn in the
equirectangular system centred on 180° (``IAU_2015:30115``), any other in its own; lengths are
measured on the sphere of 1 737 400 m. Its elements are those that QGIS 3.22 itself writes; newer
versions read them.
"""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import geopandas
import numpy as np
import pyproj

from farside import provenance
from farside.constants import MAP_RADIUS, OXIDES
from farside.datasets import load_missions
from farside.geography.projections import lunar_crs
from farside.maps.export import LAYERS, Exported, Say, display_range, export, flag_colours
from farside.maps.grid import MapGrid, grid_of, period
from farside.maps.mosaic import new_folder
from farside.maps.outputs import open_finished
from farside.maps.predict import FLAGS
from farside.maps.store import VARIABLES
from farside.maps.style import palette, ramp, veil

if TYPE_CHECKING:
    import xarray as xr
    from rasterio.crs import CRS

PROJECT = "farside.qgz"
DATA = "data"
PLACES = "places.gpkg"
VERSION = "3.22.16"
VIEW = "equirectangular_far"
CUT_ALONG_180 = ("geographic", "equirectangular")
SPHERE = f"PARAMETER:{MAP_RADIUS.value:.0f}:{MAP_RADIUS.value:.0f}"
"""The sphere of lunar maps in the words of QGIS, for lengths and areas."""
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class QgisProject:
    """A project that was written.

    Parameters
    ----------
    out : folder
    layers : their names, in the order of the legend
    """

    out: Path
    layers: tuple[str, ...]

    @property
    def project(self) -> Path:
        """File to open."""
        return self.out / PROJECT

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "out": str(self.out),
            "project": str(self.project),
            "layers": list(self.layers),
            "files": sorted(str(path) for path in (self.out / DATA).iterdir()),
        }

    def __str__(self) -> str:
        """Return what to open."""
        return (
            f"wrote {self.project} with {len(self.layers)} layers; open it with QGIS 3.22 or later"
        )


@dataclass(frozen=True)
class _Layer:
    """A layer of the project: its name, file, what draws it, and whether it is shown at first."""

    name: str
    source: str
    style: tuple[ET.Element, ...]
    shown: bool = False
    vector: bool = False

    @property
    def id(self) -> str:
        """Name that the parts of the project know the layer by."""
        return "farside_" + "".join(c if c.isalnum() else "_" for c in self.name)


# -- coordinate systems ------------------------------------------------------------------------


def _spatial(parent: ET.Element, name: str, crs: CRS) -> None:
    """Add a coordinate system: its text for programs that lack the registry, and its code."""
    code = crs.to_authority()
    known = pyproj.CRS.from_authority(*code) if code else pyproj.CRS.from_wkt(crs.to_wkt())
    system = ET.SubElement(ET.SubElement(parent, name), "spatialrefsys")
    for tag, text in (
        ("wkt", known.to_wkt()),
        ("authid", ":".join(code) if code else ""),
        ("description", known.name),
        ("ellipsoidacronym", SPHERE),
        ("geographicflag", str(known.is_geographic).lower()),
    ):
        ET.SubElement(system, tag).text = text


def _extent(parent: ET.Element, name: str, bounds: Bounds) -> None:
    element = ET.SubElement(parent, name)
    for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        ET.SubElement(element, tag).text = repr(float(value))


# -- layers ------------------------------------------------------------------------------------


def _raster_layers(files: tuple[Exported, ...], coverage: float) -> dict[str, list[_Layer]]:
    """Return the layers of GeoTIFFs by group, the uppermost first."""
    by_name = {file.path.stem: f"./{DATA}/{file.path.name}" for file in files}
    groups: dict[str, list[_Layer]] = {"Quality": [], "Oxides, wt%": []}
    words = {"value": "", "lower": f" lower end of {coverage:.0%} interval",
             "upper": f" upper end of {coverage:.0%} interval"}  # fmt: skip
    groups["Quality"] = [
        _Layer(
            "Novelty (dimensionless, 1 = limit)", by_name["novelty"], shown=True,
            style=(veil(1.0, "up to 1: like what was validated", "above 1: not validated"),),
        ),
        _Layer("Flags (why a pixel has no numbers)", by_name["flag"], style=(_flag_style(),)),
    ]  # fmt: skip
    for number, layer in enumerate(LAYERS, 1):
        group = "Oxides, wt%" if layer == "value" else f"{layer.title()} ends, wt%"
        groups[group] = [
            _Layer(
                f"{oxide}{words[layer]} (wt%)", by_name[oxide], shown=(oxide, number) == ("FeO", 1),
                style=(ramp(display_range(oxide), "wt%", number),),
            )
            for oxide in OXIDES
        ]  # fmt: skip
    return groups


def _flag_style() -> ET.Element:
    colours = flag_colours()
    labels = {0: "has numbers"} | {bit: name.replace("_", " ") for name, bit in FLAGS.items()}
    alone = set(labels)
    both = {n: "several reasons" for n in colours if n not in alone}
    clear = {**colours, 0: (*colours[0][:3], 0)}
    return palette(clear, labels | both)


def _options(parent: ET.Element, **values: str) -> None:
    holder = ET.SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        ET.SubElement(holder, "Option", name=name, value=value, type="QString")


def _landings_layer() -> _Layer:
    """Return the layer of landing sites, each with its name."""
    renderer = ET.Element("renderer-v2", type="singleSymbol", symbollevels="0")
    symbols = ET.SubElement(renderer, "symbols")
    symbol = ET.SubElement(symbols, "symbol", type="marker", name="0", alpha="1")
    _options(
        ET.SubElement(symbol, "layer", {"class": "SimpleMarker", "enabled": "1", "pass": "0"}),
        name="triangle", color="255,255,255,255", outline_color="0,0,0,255", size="2.6",
        size_unit="MM", outline_width="0.3", outline_width_unit="MM",
    )  # fmt: skip
    labels = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labels, "settings", calloutType="simple")
    text = ET.SubElement(
        settings, "text-style", fieldName="mission", fontSize="8", fontSizeUnit="Point",
        textColor="0,0,0,255", textOpacity="1", isExpression="0",
    )  # fmt: skip
    ET.SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM",
        bufferColor="255,255,255,220", bufferOpacity="1",
    )  # fmt: skip
    ET.SubElement(settings, "placement", placement="6", dist="1", distUnits="MM")
    source = f"./{DATA}/{PLACES}|layername=landings"
    return _Layer("Landing sites", source, (renderer, labels), shown=True, vector=True)


def _write_places(folder: Path) -> None:
    """Write the landing sites as a GeoPackage in degrees."""
    table = load_missions()
    points = geopandas.GeoDataFrame(
        table,
        geometry=geopandas.points_from_xy(table["lon"], table["lat"]),
        crs=pyproj.CRS.from_authority(*lunar_crs("geographic").to_authority()),
    )
    points.to_file(
        folder / PLACES, layer="landings", driver="GPKG", VERSION="1.2"
    )  # QGIS 3.22 knows 1.2


def _map_layer(parent: ET.Element, layer: _Layer, crs: CRS, bounds: Bounds) -> None:
    """Add a layer as the project lists it."""
    kind = {"type": "vector", "geometry": "Point", "labelsEnabled": "1"}
    element = ET.SubElement(parent, "maplayer", kind if layer.vector else {"type": "raster"})
    _extent(element, "extent", bounds)
    for tag, text in (("id", layer.id), ("datasource", layer.source), ("layername", layer.name)):
        ET.SubElement(element, tag).text = text
    _spatial(element, "srs", crs)
    ET.SubElement(element, "provider").text = "ogr" if layer.vector else "gdal"
    if not layer.vector:
        missing = ET.SubElement(element, "noData")
        for band in range(1, len(LAYERS) + 1):
            ET.SubElement(missing, "noDataList", bandNo=str(band), useSrcNoData="1")
    element.extend(layer.style)
    ET.SubElement(element, "blendMode").text = "0"


# -- project -----------------------------------------------------------------------------------


def _tree(root: ET.Element, groups: dict[str, list[_Layer]]) -> None:
    """Add the legend: groups, of which those with nothing shown are folded and off."""
    tree = ET.SubElement(root, "layer-tree-group")
    for name, layers in groups.items():
        open_ = any(layer.shown for layer in layers)
        group = ET.SubElement(
            tree, "layer-tree-group", name=name, expanded=str(int(open_)),
            checked="Qt::Checked" if open_ else "Qt::Unchecked",
        )  # fmt: skip
        for layer in layers:
            ET.SubElement(
                group, "layer-tree-layer", id=layer.id, name=layer.name, source=layer.source,
                providerKey="ogr" if layer.vector else "gdal", expanded=str(int(layer.shown)),
                checked="Qt::Checked" if layer.shown else "Qt::Unchecked",
            )  # fmt: skip


def _first_view(grid: MapGrid) -> tuple[CRS, Bounds]:
    """Return what is seen at first: the Moon about its far side, or the map where it is a part."""
    around = period(grid.crs)
    if around is None or not np.isclose(grid.width * grid.resolution, around, rtol=1e-6):
        return grid.crs, grid.bounds
    across = math.pi * MAP_RADIUS.value
    return lunar_crs(VIEW), (-across, -across / 2, across, across / 2)


def _view(root: ET.Element, crs: CRS, bounds: Bounds) -> None:
    """Add the first view."""
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "degrees" if crs.is_geographic else "meters"
    _extent(canvas, "extent", bounds)
    ET.SubElement(canvas, "rotation").text = "0"
    _spatial(canvas, "destinationsrs", crs)


def _properties(root: ET.Element) -> None:
    """Add that paths are relative, and the sphere on which lengths are measured."""
    properties = ET.SubElement(root, "properties")
    for group, name, kind, value in (
        ("Paths", "Absolute", "bool", "false"),
        ("Measure", "Ellipsoid", "QString", SPHERE),
        ("SpatialRefSys", "ProjectionsEnabled", "int", "1"),
    ):
        ET.SubElement(ET.SubElement(properties, group), name, type=kind).text = value


def project_xml(groups: dict[str, list[_Layer]], grid: MapGrid, title: str) -> str:
    """Return the text of a project.

    Parameters
    ----------
    groups : layers by the name of their group, the uppermost first
    grid : of the rasters
    title : of the project
    """
    root = ET.Element("qgis", projectname=title, version=VERSION)
    ET.SubElement(root, "title").text = title
    seen = _first_view(grid)
    _spatial(root, "projectCrs", seen[0])
    _tree(root, groups)
    _view(root, *seen)
    listed = ET.SubElement(root, "projectlayers")
    layers = [layer for group in groups.values() for layer in group]
    for layer in layers:
        place = (lunar_crs("geographic"), (-180.0, -90.0, 180.0, 90.0))
        _map_layer(listed, layer, *(place if layer.vector else (grid.crs, grid.bounds)))
    order = ET.SubElement(root, "layerorder")
    for layer in layers:
        ET.SubElement(order, "layer", id=layer.id)
    _properties(root)
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"


def far_side_in_the_middle(ds: xr.Dataset) -> xr.Dataset:
    """Return a map of all longitudes, cut along 180°, as one cut along 0°, its pixels unchanged.

    A program that draws a map elsewhere than where it is cut leaves a seam; so none runs down the
    far side. The columns change places and the coordinates become those of ``IAU_2015:30115``,
    x = R (λ - 180°), y = R φ. Any other map is returned as it is.

    Parameters
    ----------
    ds : map dataset
    """
    grid, far = grid_of(ds), lunar_crs(VIEW)
    turn, around = period(grid.crs), period(far)
    if turn is None or around is None or grid.crs not in map(lunar_crs, CUT_ALONG_180):
        return ds
    places = grid.width * grid.resolution, grid.bounds[0]
    if not np.allclose(places, (turn, -turn / 2), rtol=1e-6, atol=0) or grid.width % 2:
        return ds
    turned = ds[list(VARIABLES)].roll(x=grid.width // 2, roll_coords=False)
    scale = around / turn
    coords = {name: ds[name].to_numpy() * scale for name in ("x", "y")}
    bare = turned.drop_vars(["lat", "lon", "spatial_ref"], errors="ignore")
    placed: xr.Dataset = bare.assign_coords(coords).rio.write_crs(far)
    return placed


def write_project(ds: xr.Dataset, out: Path, *, say: Say = lambda _: None) -> QgisProject:
    """Write a map as a QGIS project with its data beside it.

    Parameters
    ----------
    ds : map dataset, read in blocks
    out : folder, which must not exist; it appears when all is written
    say : told what is being done

    Raises
    ------
    InputError
        when the map has no lunar coordinate system, `out` exists or cannot be written
    """
    ds = far_side_in_the_middle(ds)
    grid = grid_of(ds)
    with new_folder(Path(out)) as folder:
        files = export(ds, folder / DATA, say=say)
        for file in files:
            if file.role == "overview":  # the project draws the numbers themselves
                file.path.unlink()
        _write_places(folder / DATA)
        groups = {"Places": [_landings_layer()]}
        groups |= _raster_layers(files, float(ds.attrs["coverage"]))
        say(f"write {PROJECT}")
        title = str(ds.attrs.get("title") or "Oxides of the Moon, farside")
        text = project_xml(groups, grid, title)
        with (
            provenance.atomic_path(folder / PROJECT) as path,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package,
        ):
            package.writestr(PROJECT.replace(".qgz", ".qgs"), text)
    return QgisProject(Path(out), tuple(layer.name for group in groups.values() for layer in group))


def export_project(
    path: Path | None, out: Path, *, tile: str | None = None, say: Say = lambda _: None
) -> QgisProject:
    """Write a stored map, or the one that ships, as a QGIS project; see `write_project`.

    Parameters
    ----------
    path : store of ``farside map`` or ``farside mosaic``; the map that ships when None
    out : folder to make
    tile : of the store; may be left out where there is only one
    """
    return write_project(open_finished(path, tile), out, say=say)
