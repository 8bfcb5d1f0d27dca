"""QGIS projects as an XML parser, GDAL and, where it is installed, QGIS itself see them."""

from __future__ import annotations

import functools
import json
import math
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import geopandas
import numpy as np
import pyproj
import pytest
import rasterio
from cmcrameri import cm
from synthetic_maps import make_map, write_map

from farside.constants import OXIDES
from farside.datasets import load_missions
from farside.errors import InputError
from farside.geography.projections import lunar_crs
from farside.maps.export import display_range, flag_colours
from farside.maps.grid import grid_of
from farside.maps.outputs import open_finished
from farside.maps.predict import FLAGS
from farside.maps.qgis import QgisProject, export_project, far_side_in_the_middle, write_project
from farside.maps.style import VEIL, hex_colour

if TYPE_CHECKING:
    import xarray as xr

SYSTEM_PYTHON = "/usr/bin/python3"
"""Debian's QGIS binds to Debian's Python."""


def whole_moon() -> xr.Dataset:
    """Return a map of 2° in which FeO tells the place: longitude in tenths, plus latitude."""
    lon, lat = np.meshgrid(np.arange(-179, 180, 2.0), np.arange(89, -90, -2.0))
    value = np.stack([lat * 0 + k for k in range(6)])
    value[OXIDES.index("FeO")] = lon / 10 + lat
    return make_map(-180, 90, 2.0, (90, 180), value=value, novelty=1 + lon / 180)


def layers(project: Path) -> dict[str, ET.Element]:
    """Return the layers of a project by name."""
    with zipfile.ZipFile(project) as package:
        (name,) = package.namelist()
        root = ET.fromstring(package.read(name))  # noqa: S314 - our own
    return {layer.findtext("layername", ""): layer for layer in root.iter("maplayer")}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> QgisProject:
    return write_project(whole_moon(), tmp_path_factory.mktemp("qgis") / "out")


def test_every_layer_points_to_a_file_beside_the_project(written: QgisProject) -> None:
    found = layers(written.project)
    assert list(found) == list(written.layers)
    assert len(found) == 1 + 2 + 3 * len(OXIDES)
    for name, layer in found.items():
        source = layer.findtext("datasource", "").split("|")[0]
        assert source.startswith("./data/"), name
        assert (written.out / source).is_file(), name
    with zipfile.ZipFile(written.project) as package:
        text = package.read("farside.qgs").decode()
    assert str(written.out) not in text
    assert {Path(f).suffix for f in written.to_dict()["files"]} == {".tif", ".qml", ".gpkg"}


def test_units_stand_in_the_names_and_the_legend(written: QgisProject) -> None:
    for name, layer in layers(written.project).items():
        if layer.get("type") == "raster" and not name.startswith(("Novelty", "Flags")):
            assert name.endswith("(wt%)")
            labels = [item.get("label", "") for item in layer.iter("item")]
            assert all(label.endswith(" wt%") for label in labels)
            values = [float(item.get("value", "nan")) for item in layer.iter("item")]
            assert values == sorted(values)
            assert (values[0], values[-1]) == display_range(name.split()[0])


def test_bounds_are_drawn_from_their_bands(written: QgisProject) -> None:
    bands = {}
    for name, layer in layers(written.project).items():
        if (renderer := layer.find("pipe/rasterrenderer")) is not None:
            bands[name] = renderer.get("band")
    assert bands["FeO (wt%)"] == "1"
    with rasterio.open(written.out / "data" / "FeO.tif") as raster:
        assert raster.descriptions[int(bands["FeO lower end of 90% interval (wt%)"]) - 1] == (
            "FeO wt% lower"
        )
        assert raster.descriptions[int(bands["FeO upper end of 90% interval (wt%)"]) - 1] == (
            "FeO wt% upper"
        )


def test_novelty_is_clear_up_to_its_limit_and_flags_have_their_colours(
    written: QgisProject,
) -> None:
    found = layers(written.project)
    novelty = next(layer for name, layer in found.items() if name.startswith("Novelty"))
    clear, veiled = novelty.iter("item")
    assert (clear.get("value"), clear.get("alpha")) == ("1", "0")
    assert veiled.get("value") == "inf"
    assert 0 < int(veiled.get("alpha", "0")) < 255
    flags = next(layer for name, layer in found.items() if name.startswith("Flags"))
    entries = {int(e.get("value", "")): e for e in flags.iter("paletteEntry")}
    assert set(entries) == set(flag_colours())
    for reason, bit in FLAGS.items():
        assert entries[bit].get("label") == reason.replace("_", " ")
        assert entries[bit].get("color") == "#{:02x}{:02x}{:02x}".format(*flag_colours()[bit][:3])


def test_the_far_side_is_in_the_middle_and_no_pixel_changed(written: QgisProject) -> None:
    with rasterio.open(written.out / "data" / "FeO.tif") as raster:
        assert raster.crs.to_authority() == ("IAU_2015", "30115")
        half = math.pi * 1_737_400
        np.testing.assert_allclose(raster.bounds, (-half, -half / 2, half, half / 2))
        to = pyproj.Transformer.from_crs(
            pyproj.CRS.from_authority("IAU_2015", 30100),
            pyproj.CRS.from_authority("IAU_2015", 30115),
            always_xy=True,
        )
        for lon, lat in ((-179.0, 5.0), (179.0, -5.0), (-1.0, 33.0), (1.0, 33.0), (-153.0, -41.0)):
            (pixel,) = raster.sample([to.transform(lon, lat)])
            assert pixel[0] == np.float32(lon / 10 + lat)


def test_a_map_that_does_not_go_round_the_moon_stays_as_it_is() -> None:
    part = make_map(170, 10, 0.5, (20, 30))
    assert far_side_in_the_middle(part) is part
    polar = make_map(-1e5, 1e5, 1e4, (20, 20), crs=lunar_crs("south_polar"))
    assert far_side_in_the_middle(polar) is polar
    turned = make_map(0, 90, 2.0, (90, 180))
    assert far_side_in_the_middle(turned) is turned


def test_a_map_in_metres_is_turned_too() -> None:
    step = 2 * math.pi * 1_737_400 / 180
    ds = make_map(-90 * step, 45 * step, step, (90, 180), crs=lunar_crs("equirectangular"))
    marked = ds.assign(novelty=ds["novelty"].where(ds["x"] > 89 * step, 7.0))
    turned = far_side_in_the_middle(marked)
    assert grid_of(turned).crs.to_authority() == ("IAU_2015", "30115")
    east = turned["novelty"].isel(y=0).to_numpy()
    assert east[89] == 0.5  # the easternmost column, 179 E, lies just west of 180
    assert (np.delete(east, 89) == 7.0).all()


@pytest.mark.parametrize(
    ("part", "code", "units"),
    [
        (make_map(170, 10, 0.5, (20, 30)), "IAU_2015:30100", "degrees"),
        (make_map(-1e5, 1e5, 1e4, (20, 20), crs=lunar_crs("south_polar")), "IAU_2015:30135",
         "meters"),
    ],
)  # fmt: skip
def test_a_part_of_the_moon_opens_on_itself(
    part: xr.Dataset, code: str, units: str, tmp_path: Path
) -> None:
    done = write_project(part, tmp_path / "out")
    with zipfile.ZipFile(done.project) as package:
        root = ET.fromstring(package.read("farside.qgs"))  # noqa: S314 - our own
    assert root.findtext("projectCrs/spatialrefsys/authid") == code
    canvas = root.find("mapcanvas")
    assert canvas is not None
    assert canvas.findtext("destinationsrs/spatialrefsys/authid") == code
    assert canvas.findtext("units") == units
    sides = [float(canvas.findtext(f"extent/{k}", "")) for k in ("xmin", "ymin", "xmax", "ymax")]
    assert tuple(sides) == grid_of(part).bounds


def test_landing_sites_are_those_of_the_table(written: QgisProject) -> None:
    points = geopandas.read_file(written.out / "data" / "places.gpkg", layer="landings")
    table = load_missions()
    assert list(points["mission"]) == list(table["mission"])
    np.testing.assert_allclose(points.geometry.x, table["lon"])
    assert points.crs.ellipsoid.semi_major_metre == 1_737_400


def test_a_stored_map_becomes_a_project_by_its_tile(tmp_path: Path) -> None:
    tiles = {"a": make_map(10, 10, 0.5, (20, 20)), "b": make_map(20, 10, 0.5, (20, 20))}
    store = write_map(tmp_path / "map.zarr", tiles)
    done = export_project(store, tmp_path / "b", tile="b")
    assert str(done.project) in str(done)
    with rasterio.open(done.out / "data" / "MgO.tif") as raster:
        assert raster.bounds.left == 20
    with pytest.raises(InputError, match="2 tiles; name one"):
        export_project(store, tmp_path / "c")
    with pytest.raises(InputError, match="exists; name another folder"):
        export_project(store, tmp_path / "b", tile="b")
    with pytest.raises(InputError, match="map that ships has no tiles"):
        open_finished(None, "b")
    with pytest.raises(InputError, match="is not a map"):
        export_project(tmp_path, tmp_path / "c")


# -- QGIS itself -------------------------------------------------------------------------------

READ = """
import json, sys
from qgis.core import QgsApplication, QgsProject, QgsPointXY, QgsDistanceArea
from qgis.core import QgsCoordinateReferenceSystem, QgsMapSettings, QgsMapRendererSequentialJob
from qgis.core import QgsRectangle
from qgis.PyQt.QtCore import QSize
app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
read = project.read(sys.argv[1])
tree = project.layerTreeRoot()
shown = [l for l in tree.layerOrder() if tree.findLayer(l.id()).isVisible()]
measure = QgsDistanceArea()
moon = QgsCoordinateReferenceSystem("IAU_2015:30100")
measure.setSourceCrs(moon, project.transformContext())
measure.setEllipsoid(project.ellipsoid())
settings = QgsMapSettings()
settings.setLayers(shown)
settings.setDestinationCrs(project.crs())
half = 3.141592653589793 * 1737400
settings.setExtent(QgsRectangle(-half, -half / 2, half, half / 2))
settings.setOutputSize(QSize(400, 200))
job = QgsMapRendererSequentialJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
image.save(sys.argv[2])
print("RESULT " + json.dumps({
    "read": read,
    "crs": project.crs().authid(),
    "layers": {l.name(): l.isValid() for l in project.mapLayers().values()},
    "groups": [g.name() for g in tree.children()],
    "shown": [l.name() for l in shown],
    "quarter": measure.measureLine(QgsPointXY(0, 0), QgsPointXY(90, 0)),
    "colours": [image.pixelColor(x, 100).name() for x in (100, 190, 210, 300)],
}))
sys.stdout.flush()
import os
os._exit(0)
"""


@functools.cache
def qgis() -> bool:
    """Return whether the system's Python has QGIS."""
    try:
        words = [SYSTEM_PYTHON, "-c", "import qgis.core"]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


@pytest.mark.skipif(not qgis(), reason="QGIS (Debian's python3-qgis) is not installed")
def test_qgis_opens_every_layer_and_draws_them(written: QgisProject, tmp_path: Path) -> None:
    environment = {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(  # noqa: S603
        [SYSTEM_PYTHON, "-c", READ, str(written.project), str(tmp_path / "view.png")],
        capture_output=True, text=True, check=True, env=environment, timeout=120,
    )  # fmt: skip
    found = json.loads(done.stdout.split("RESULT ", 1)[1])
    assert found["read"] is True
    assert found["crs"] == "IAU_2015:30115"
    assert found["layers"] == dict.fromkeys(written.layers, True)
    assert found["groups"] == ["Places", "Quality", "Oxides, wt%", "Lower ends, wt%",
                               "Upper ends, wt%"]  # fmt: skip
    assert found["shown"][0] == "Landing sites"
    assert found["shown"][-1] == "FeO (wt%)"
    assert found["quarter"] == pytest.approx(math.pi / 2 * 1_737_400)
    # pixels of the row at 1 S: 91 E and 171 E, whose novelty is above 1, and 171 W and 89 W, whose
    # FeO lies below the range of the colours
    lowest = hex_colour(*(255 * np.array(cm.batlow(0.0)[:3])).round().astype(int))
    assert found["colours"][2:] == [lowest, lowest]
    low, high = display_range("FeO")
    grey, opacity = VEIL
    pale = np.array([int(grey[k : k + 2], 16) for k in (1, 3, 5)])
    for shown, feo in zip(found["colours"], (8.1, 16.1), strict=False):
        plain = 255 * np.array(cm.batlow((feo - low) / (high - low))[:3])
        expected = plain + (pale - plain) * opacity / 255
        drawn = [int(shown[k : k + 2], 16) for k in (1, 3, 5)]
        np.testing.assert_allclose(drawn, expected, atol=4)
