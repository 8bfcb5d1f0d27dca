"""M3 images: labels with backplanes, GeoTIFF; wavelengths, no data, geometry, radiance kept."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from farside.errors import BandError, InputError
from farside.readers.m3 import read_m3
from farside.spectra.prepare import open_image, prepare

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
sys.path.insert(0, str(Path(__file__).parent))
from make_fakes import M3_SHAPE, fake_m3, m3_planes, m3_radiance
from originals import ORIGINALS, PDS, needs_pds

SCENE = ORIGINALS / "m3" / "M3_4030seg_L2_aristcrater.tif"
CROPS = PDS / "chan1m32isis"
FIRST = (540.84, 580.76, 620.69)


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


# -- labels ------------------------------------------------------------------------------------


def test_radiance_and_geometry_are_where_the_label_puts_them(tmp_path: Path) -> None:
    ds = read_m3(fake_m3(tmp_path))
    expected = m3_radiance()
    expected[expected == -999] = np.nan
    assert isinstance(ds.radiance.data, da.Array)
    np.testing.assert_allclose(ds.radiance, expected, rtol=1e-7)
    assert "reflectance" not in ds
    planes = m3_planes()
    np.testing.assert_allclose(ds.lat, planes["LOC"][1], rtol=1e-6)
    np.testing.assert_allclose(ds.lon, planes["LOC"][0] - 360, rtol=1e-6)
    np.testing.assert_allclose(ds.incidence_deg, planes["OBS"][1], rtol=1e-6)
    np.testing.assert_allclose(ds.emission_deg, planes["OBS"][3], rtol=1e-6)
    np.testing.assert_allclose(ds.phase_deg, 32.0)
    assert ds.attrs["solar_distance_au"] == 0.98
    assert ds.wavelength_nm.to_numpy()[[0, -1]].tolist() == [460.99, 2976.20]


def test_level_2_takes_the_geometry_of_level_1b_and_drops_two_bands(tmp_path: Path) -> None:
    ds = read_m3(fake_m3(tmp_path, "L2"))
    assert ds.wavelength_nm.to_numpy()[0] == 540.84
    expected = m3_radiance()[2:] / 100
    expected[:, 1, 2] = np.nan
    np.testing.assert_allclose(ds.reflectance, expected, rtol=1e-6)
    assert ds.attrs["reads"][1:] == [
        f"M3G20090101T000000_V03_{name}" for name in ("L1B.LBL", "LOC.IMG", "OBS.IMG")
    ]
    np.testing.assert_allclose(ds.phase_deg, 32.0)


def test_an_image_without_its_backplanes_has_no_place(tmp_path: Path) -> None:
    label = fake_m3(tmp_path)
    (tmp_path / "M3G20090101T000000_V03_LOC.IMG").unlink()
    ds = read_m3(label)
    assert "lat" not in ds.coords
    assert "phase_deg" in ds.coords
    assert len(ds.attrs["reads"]) == 2
    with pytest.raises(InputError, match=r"needs the coordinate.* lat, lon"):
        open_image(label)


@pytest.mark.parametrize(("plane", "row", "value"), [("LOC", 1, 91.0), ("LOC", 0, 400.0)])
def test_an_impossible_place_is_told_when_it_is_read(
    tmp_path: Path, plane: str, row: int, value: float
) -> None:
    label = fake_m3(tmp_path)
    values = m3_planes()[plane]
    values[row, 2, 2] = value
    file = tmp_path / f"M3G20090101T000000_V03_{plane}.IMG"
    file.write_bytes(values.transpose(1, 0, 2).astype("<f8").tobytes())
    ds = read_m3(label)
    with pytest.raises(InputError, match=rf"{plane}\.IMG holds l.*{value:g}"):
        ds[("lon", "lat")[row]].to_numpy()


def test_opened_as_an_image_it_is_at_the_standard_geometry_and_lazy(tmp_path: Path) -> None:
    ds = open_image(fake_m3(tmp_path))
    assert isinstance(ds.reflectance.data, da.Array)
    assert ds.reflectance.dtype == np.float32
    assert 540 < float(ds.wavelength_nm.min()) < float(ds.wavelength_nm.max()) < 1645
    out, _ = prepare(ds, as_is=True)
    assert isinstance(out.reflectance.data, da.Array)
    assert out.wavelength_nm.to_numpy().tolist() == [749, 901, 950, 1001, 1049, 1248, 1548]
    values = out.reflectance.to_numpy()
    assert np.isnan(values[:, 1, 2]).all()
    assert np.isfinite(values).sum() == values.size - 7


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("LINES = 4", "LINES = 4000000", "should end at byte"),
        ("BANDS = 85", "BANDS = 86", "should end at byte"),
        ("BANDS = 85", "BANDS = 40", "40 bands without a wavelength"),
        ("L1B-RADIANCE", "L3-SOMETHING", "levels L1B, L2"),
        ("L1B-RADIANCE", "L0-RAW", "Level 0, raw counts"),
        ("SOLAR_DISTANCE = 0.98", "SOLAR_DISTANCE = 5.2", "from 0.9 to 1.1"),
        ("Latitude", "Lottitude", "lists no band 'Latitude'"),
        ("PC_REAL", "PC_UNREAL", "known are"),
        ("OBJECT = RDN_FILE", "OBJECT = RDM_FILE", "no object RDN_FILE"),
        ("LINE_INTERLEAVED", "SIDEWAYS", "known are"),
    ],
)
def test_a_label_that_lies_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    label = fake_m3(tmp_path)
    text = label.read_text()
    assert old in text
    label.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_m3(label)


# -- originals ---------------------------------------------------------------------------------


@needs_pds
@pytest.mark.parametrize("label", sorted(CROPS.glob("*/*L1B*.LBL")), ids=lambda p: p.parent.name)
def test_original_cutouts(label: Path) -> None:
    """Three bands cannot be told by their number; named, the pixels are those of the file."""
    with pytest.raises(BandError, match="3 bands without a wavelength"):
        open_image(label)
    ds = read_m3(label, wavelength_nm=FIRST)
    samples = 608 if label.name.startswith("M3T") else 304
    file = label.parent / ds.attrs["reads"][0]
    raw = np.fromfile(file, "<f4").reshape(5, 3, samples)
    np.testing.assert_array_equal(ds.radiance, raw.transpose(1, 0, 2))
    if len(ds.attrs["reads"]) == 1:
        return
    loc = np.fromfile(label.parent / ds.attrs["reads"][1], "<f8").reshape(5, 3, samples)
    np.testing.assert_allclose(ds.lat, loc[:, 1], atol=1e-5)
    np.testing.assert_allclose(ds.lon % 360, loc[:, 0], atol=4e-5)
    angles = [ds[f"{name}_deg"].to_numpy() for name in ("incidence", "emission", "phase")]
    incidence, emission, phase = angles
    assert (phase <= incidence + emission + 0.2).all()  # triangle on the sphere; they are rounded
    assert (phase >= np.abs(incidence - emission) - 0.2).all()


@needs_pds
def test_original_level_0_and_label_without_image_are_refused() -> None:
    for name in (
        "l0/M3G20090106T113423_V01_L0_cropped.LBL",
        "l0/M3G20090106T113423_V01_L0_cropped.IMG",
    ):
        with pytest.raises(InputError, match="Level 0"):
            open_image(CROPS / name)
    folder = PDS / "ale_labels" / "M3T20090630T083407_V03_RDN"
    with pytest.raises(InputError, match="does not lie beside it"):
        open_image(folder / "M3T20090630T083407_V03_L1B_cropped_pds3.lbl")


# -- GeoTIFF -----------------------------------------------------------------------------------


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
    ds = open_image(SCENE)
    assert dict(ds.sizes) == {"band": 83, "y": 50, "x": 50}
    assert isinstance(ds.reflectance.data, da.Array)
    table = np.loadtxt(ORIGINALS / "m3" / "m3_global_wavelengths.csv", skiprows=1)
    np.testing.assert_allclose(ds.wavelength_nm, table[2:], atol=0.01)
    assert 0.03 < float(ds.reflectance.min()) < float(ds.reflectance.max()) < 0.5
    assert ds.attrs["sensor"] == "M3"
    assert M3_SHAPE[0] == table.size
