"""The section of the sharp map: its geometry, its words, its file."""

from __future__ import annotations

import os
import subprocess
import sys
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


def test_the_file_is_the_same_however_small_the_cache_of_gdal(tmp_path: Path) -> None:
    # GDAL reads the size once in a process; blocks that fall out of it are written early
    written = []
    for megabytes in ("1", "800"):
        path = tmp_path / f"{megabytes}.tif"
        code = (
            "import sys; from pathlib import Path; from farside.maps.shipped import load_map; "
            "from farside.report._map import write_tiff; "
            "write_tiff(Path(sys.argv[1]), load_map(stale=True))"
        )
        subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", code, path],
            check=True,
            env=os.environ | {"GDAL_CACHEMAX": megabytes},
        )
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_a_method_that_is_no_better_is_said_to_be_worse() -> None:
    content = store.read("map", stale=True)
    found = _map.facts(content)
    for protocol in ("blocks", "near-far"):
        assert not set(found["map_better"][protocol]) & set(found["map_worse"][protocol])
    changed = [c | {"better": False, "worse": True} for c in content["comparisons"]]
    other = _map.facts(content | {"comparisons": changed})
    assert other["map_worse"]["blocks"] == list(OXIDES)
    assert not other["map_beats_simple"]
