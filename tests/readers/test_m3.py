"""M3 images: wavelengths by tag or by the number of bands; no-data is NaN."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from farside.errors import BandError, InputError
from farside.readers.m3 import read_m3

ORIGINAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "m3"
SCENE = ORIGINAL / "M3_4030seg_L2_aristcrater.tif"


def _image(path: Path, bands: int, tags: list[str] | None = None) -> Path:
    values = np.full((bands, 2, 3), 0.1, dtype="float32")
    values[:, 0, 0] = -999.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=3,
            height=2,
            count=bands,
            dtype="float32",
            nodata=-999.0,
        ) as sink:
            sink.write(values)
            for i, tag in enumerate(tags or [], start=1):
                sink.update_tags(i, wavelength=tag)
    return path


def test_83_bands_are_85_without_the_first_two(tmp_path: Path) -> None:
    all_bands = read_m3(_image(tmp_path / "a.tif", 85)).wavelength_nm.to_numpy()
    fewer = read_m3(_image(tmp_path / "b.tif", 83)).wavelength_nm.to_numpy()
    np.testing.assert_array_equal(fewer, all_bands[2:])
    assert all_bands[:3].tolist() == [460.99, 500.92, 540.84]


def test_no_data_is_nan(tmp_path: Path) -> None:
    ds = read_m3(_image(tmp_path / "a.tif", 2, ["749.0", "950.0"]))
    assert np.isnan(ds.reflectance[:, 0, 0]).all()
    assert float(ds.reflectance[1, 1, 2]) == pytest.approx(0.1)
    assert ds.wavelength_nm.values.tolist() == [749.0, 950.0]


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(BandError, match="9 bands without a wavelength"):
        read_m3(_image(tmp_path / "a.tif", 9))
    with pytest.raises(InputError, match="there is no file"):
        read_m3(tmp_path / "none.tif")
    (tmp_path / "text.tif").write_text("not an image")
    with pytest.raises(InputError, match="not an image"):
        read_m3(tmp_path / "text.tif")


@pytest.mark.skipif(not SCENE.exists(), reason="the original M3 image is not here")
def test_original_image() -> None:
    ds = read_m3(SCENE)
    assert dict(ds.sizes) == {"band": 83, "y": 50, "x": 50}
    table = np.loadtxt(ORIGINAL / "m3_global_wavelengths.csv", skiprows=1)
    np.testing.assert_allclose(ds.wavelength_nm, table[2:], atol=0.01)
    assert 0.03 < float(ds.reflectance.min()) < float(ds.reflectance.max()) < 0.5
