"""The section of the sharp map: its geometry, its words, its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rasterio

from farside.constants import OXIDES
from farside.maps.shipped import load_map
from farside.report import _map, store

if TYPE_CHECKING:
    from pathlib import Path


def test_the_file_holds_the_map_with_names_and_lunar_system(tmp_path: Path) -> None:
    sharp = load_map(stale=True)
    _map.write_tiff(tmp_path / "map.tif", sharp)
    with rasterio.open(tmp_path / "map.tif") as image:
        # three layers of an oxide, novelty, and the two ends for soils
        assert image.count == 6 * 3 + 1 + 6 * 2
        assert image.crs.to_authority() == ("IAU_2015", "30100")
        assert tuple(image.bounds) == (-180.0, -90.0, 180.0, 90.0)
        assert image.descriptions[3] == "FeO value (wt%)"
        soil = image.descriptions.index("FeO soil upper (wt%)") + 1
        assert (image.read(soil) == sharp["soil_upper"].sel(oxide="FeO").to_numpy()).all()
        assert (image.read(4) == sharp["value"].sel(oxide="FeO").to_numpy()).all()


def test_a_method_that_is_no_better_is_said_to_be_worse() -> None:
    content = store.read("map", stale=True)
    found = _map.facts(content)
    for protocol in ("blocks", "near-far"):
        assert not set(found["map_better"][protocol]) & set(found["map_worse"][protocol])
    changed = [c | {"better": False, "worse": True} for c in content["comparisons"]]
    other = _map.facts(content | {"comparisons": changed})
    assert other["map_worse"]["blocks"] == list(OXIDES)
    assert not other["map_beats_simple"]
