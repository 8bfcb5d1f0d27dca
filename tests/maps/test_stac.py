"""The catalogue against the schemas of STAC and its extensions, with the network shut."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pystac
import pytest
from jsonschema import Draft7Validator, FormatChecker
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from shapely.geometry import Point, shape
from synthetic_maps import make_map, write_map

from farside.errors import InputError
from farside.geography.projections import lunar_crs
from farside.maps.export import export
from farside.maps.grid import grid_of
from farside.maps.stac import EXTENSIONS, KAGUYA, Entry, footprint, write_catalogue
from farside.maps.store import open_map
from farside.maps.tiles import open_tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        message = "the network is shut"
        raise OSError(message)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def registry() -> Registry:
    known: dict[str, Any] = dict(get_local_schema_cache())
    for path in SCHEMAS.glob("*.json"):
        content = json.loads(path.read_text())
        known[content["$id"].rstrip("#")] = content
    resources = [(uri, Resource(content, DRAFT7)) for uri, content in known.items()]
    return Registry().with_resources(resources)


def problems(document: dict[str, Any], registry: Registry) -> list[str]:
    kind = {"Feature": "item", "Catalog": "catalog", "Collection": "collection"}[document["type"]]
    core = f"https://schemas.stacspec.org/v1.1.0/{kind}-spec/json-schema/{kind}.json"
    found = []
    for uri in [core, *document.get("stac_extensions", [])]:
        schema = registry.contents(uri)
        validator = Draft7Validator(schema, registry=registry, format_checker=FormatChecker())
        found += [f"{uri}: {error.json_path}: {error.message}" for error in
                  validator.iter_errors(document)]  # fmt: skip
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stac")
    polar = make_map(-50_000, 50_000, 500, (200, 200), crs=lunar_crs("south_polar"))
    maps = {"N02E000": make_map(0, 2, 0.1, (20, 20)), "seam": make_map(179, 5, 0.1, (20, 20))}
    store = write_map(root / "a.zarr", {**maps, "polar": polar})
    entries = []
    for tile in open_tiles([store]):
        files = export(tile.ds, root / "cog" / tile.name, storage="int16")
        entries.append(Entry(tile.name, tile.ds, store / tile.name, files))
    assert write_catalogue(root, entries) == root / "catalog.json"
    return root


def documents(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in [folder / "catalog.json", *sorted((folder / "oxides").rglob("*.json"))]:
        yield path, json.loads(path.read_text())


def test_every_document_validates(folder: Path, registry: Registry) -> None:
    found = {path.name: problems(content, registry) for path, content in documents(folder)}
    assert set(found) == {"catalog.json", "collection.json", "N02E000.json", "polar.json",
                          "seam.json"}  # fmt: skip
    assert not any(found.values()), found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"proj:code": 30110}, "projection"),
        ({"proj:projjson": {"type": "nonsense"}}, "projection"),
        ({"processing:software": "farside"}, "processing"),
        ({"ssys:targets": "Moon"}, "ssys"),
        ({"datetime": "yesterday"}, "item"),
    ],
)
def test_the_schemas_would_see_a_fault(
    folder: Path, registry: Registry, change: dict[str, Any], said: str
) -> None:
    item = json.loads((folder / "oxides" / "seam" / "seam.json").read_text())
    item["properties"] |= change
    assert any(said in problem for problem in problems(item, registry))


def test_the_schemas_would_see_a_fault_in_an_asset(folder: Path, registry: Registry) -> None:
    item = json.loads((folder / "oxides" / "seam" / "seam.json").read_text())
    item["assets"]["FeO"]["file:checksum"] = "not a hash"
    item["assets"]["FeO"]["bands"][0]["raster:scale"] = "0.01"
    assert {"file", "raster"} <= {p.split("/")[3] for p in problems(item, registry)}


def test_pystac_reads_the_catalogue_and_finds_every_asset(folder: Path) -> None:
    catalogue = pystac.Catalog.from_file(str(folder / "catalog.json"))
    items = list(catalogue.get_items(recursive=True))
    assert {item.id for item in items} == {"N02E000", "seam", "polar"}
    for item in items:
        assert set(item.stac_extensions) == set(EXTENSIONS.values())
        for asset in item.assets.values():
            path = Path(asset.get_absolute_href() or "")
            assert not Path(asset.href).is_absolute()
            assert path.exists()
            if "file:checksum" in asset.extra_fields:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                assert asset.extra_fields["file:checksum"] == "1220" + digest
                assert asset.extra_fields["file:size"] == len(path.read_bytes())
        assert open_map(Path(item.assets["zarr"].get_absolute_href() or "").parent, item.id).sizes


def test_links_stay_inside(folder: Path) -> None:
    for path, content in documents(folder):
        for link in content["links"]:
            assert link["rel"] != "self"
            assert (path.parent / link["href"]).resolve().is_file()


def test_the_projection_can_be_read_back(folder: Path) -> None:
    item = json.loads((folder / "oxides" / "polar" / "polar.json").read_text())["properties"]
    expected = pyproj.CRS.from_authority("IAU_2015", 30135)
    assert item["proj:code"] == "IAU_2015:30135"
    assert pyproj.CRS.from_json_dict(item["proj:projjson"]) == expected
    assert pyproj.CRS.from_wkt(item["proj:wkt2"]) == expected
    assert item["proj:shape"] == [200, 200]
    assert item["proj:transform"] == [500, 0, -50_000, 0, -500, 50_000]
    assert item["gsd"] == 500


def test_boxes_of_maps_across_180_degrees_and_at_the_pole(folder: Path) -> None:
    box = {path.stem: content["bbox"] for path, content in documents(folder) if "bbox" in content}
    assert box["N02E000"] == pytest.approx([0, 0, 2, 2])
    assert box["seam"] == pytest.approx([179, 3, -179, 5])
    # corner of the map: 70.7 km from the pole in a stereographic map of the sphere
    corner = -90 + np.degrees(2 * np.arctan(np.hypot(50, 50) / (2 * 1737.4)))
    assert box["polar"] == pytest.approx([-180, -90, 180, corner])


@pytest.mark.parametrize(("west", "crs"), [(170, "geographic"), (-190, "geographic"),
                                           (30, "geographic"), (-5, "geographic")])  # fmt: skip
def test_every_pixel_lies_in_the_geometry(west: float, crs: str) -> None:
    grid = grid_of(make_map(west, 30, 1, (20, 20), crs=lunar_crs(crs)))
    bbox, geometry = footprint(grid)
    lon, lat = grid.lonlat()
    area = shape(geometry).buffer(1e-9)
    wrapped = (lon + 180) % 360 - 180
    assert all(area.covers(Point(x, y)) for x, y in zip(wrapped.ravel(), lat.ravel(), strict=True))
    assert area.area == pytest.approx(400, rel=1e-6)
    assert -180 <= bbox[0] <= 180
    assert -180 <= bbox[2] <= 180


def test_a_whole_moon_has_the_whole_box() -> None:
    assert footprint(grid_of(make_map(-180, 90, 5, (36, 72))))[0] == [-180, -90, 180, 90]
    assert footprint(grid_of(make_map(0, 90, 5, (36, 72))))[0] == [-180, -90, 180, 90]


def test_dates_are_those_of_the_images_or_of_kaguya(tmp_path: Path) -> None:
    store = write_map(tmp_path / "a.zarr", {"A": make_map(0, 2, 0.1, (20, 20))})
    ds = open_map(store)
    dated = ds.assign_attrs(sources=[
        {"start_datetime": "2008-02-01T00:00:00Z", "end_datetime": "2008-02-02T00:00:00Z"},
        {"start_datetime": "2008-01-01T00:00:00Z", "end_datetime": "2008-01-02T00:00:00Z"},
    ])  # fmt: skip
    write_catalogue(tmp_path, [Entry("plain", ds, store), Entry("dated", dated, store)])
    plain, both = (
        json.loads((tmp_path / "oxides" / n / f"{n}.json").read_text())["properties"]
        for n in ("plain", "dated")
    )
    assert plain["datetime"] is None
    assert plain["start_datetime"] == KAGUYA[0].isoformat().replace("+00:00", "Z")
    assert both["start_datetime"] == "2008-01-01T00:00:00Z"
    assert both["end_datetime"] == "2008-02-02T00:00:00Z"


def test_lineage_names_inputs_and_weights(folder: Path) -> None:
    item = json.loads((folder / "oxides" / "seam" / "seam.json").read_text())["properties"]
    for part in ("seam.img", "cd" * 32, "ab" * 32, "farside 0.1.0"):
        assert part in item["processing:lineage"]


def test_maps_without_a_name_of_their_own_are_refused(tmp_path: Path) -> None:
    entry = Entry("a", make_map(0, 2, 0.1, (20, 20)), tmp_path)
    with pytest.raises(InputError, match="different names"):
        write_catalogue(tmp_path, [entry, entry])
    with pytest.raises(InputError, match="different names"):
        write_catalogue(tmp_path, [])
    other = Entry("a", entry.ds.assign_attrs(sensor="M3"), tmp_path)
    with pytest.raises(InputError, match="sensor M3 states none"):
        write_catalogue(tmp_path / "other", [other])
    bad = Entry("a", entry.ds.assign_attrs(start_datetime="soon"), tmp_path)
    with pytest.raises(InputError, match="no date"):
        write_catalogue(tmp_path, [bad])
