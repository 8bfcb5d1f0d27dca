"""A file of any kind to bands of MI: the right reader, the right transfer, no shape made up."""

from __future__ import annotations

import sys
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import rasterio
import xarray as xr
from rasterio.errors import NotGeoreferencedWarning

from farside.datasets import load_sites
from farside.errors import InputError, UnknownNameError
from farside.spectra.dataset import from_table, make_spectra
from farside.spectra.prepare import SITE_BANDS, open_image, open_spectra, prepare

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from make_fakes import fake_geotiff, fake_mi, fake_sp

CHANNELS = np.arange(380.0, 1700.0, 6.0)


def spectrometer(values: np.ndarray, sensor: str | None = None) -> xr.Dataset:
    ds = make_spectra(values[:, None], CHANNELS)
    return ds if sensor is None else ds.assign_attrs(sensor=sensor)


def camera(sensor: str | None = None) -> xr.Dataset:
    ds = from_table(load_sites())
    return ds if sensor is None else ds.assign_attrs(sensor=sensor)


# -- bands -------------------------------------------------------------------------------------


def test_a_flat_spectrum_stays_flat() -> None:
    out, _ = prepare(spectrometer(np.full(CHANNELS.size, 0.2)))
    assert out["wavelength_nm"].to_numpy().tolist() == list(SITE_BANDS)
    np.testing.assert_allclose(out["reflectance"], 0.2, rtol=1e-12)


def test_a_straight_spectrum_stays_straight() -> None:
    """The responses are symmetric, so a line gives its value at the middle of the band."""
    out, _ = prepare(spectrometer(0.05 + 1e-4 * CHANNELS))
    expected = 0.05 + 1e-4 * np.array(SITE_BANDS)
    np.testing.assert_allclose(out["reflectance"].isel(point=0), expected, rtol=1e-9)


def test_bands_that_the_spectrometer_does_not_reach_are_left_out() -> None:
    ds = make_spectra(np.full((len(CHANNELS), 1), 0.2), CHANNELS + 120)
    out, _ = prepare(ds)
    assert out["wavelength_nm"].to_numpy().tolist() == list(SITE_BANDS[1:])


def test_the_bands_of_a_camera_are_taken_as_they_are() -> None:
    ds = camera()
    out, transfer = prepare(ds)
    assert transfer is None
    xr.testing.assert_equal(out, ds)


def test_a_lazy_cube_is_resampled_lazily_and_as_the_eager_one() -> None:
    rng = np.random.default_rng(3)
    values = rng.uniform(0.05, 0.3, (CHANNELS.size, 12, 10))
    values[:, 3, 4] = np.nan
    values[40:44, 5, 5] = np.nan  # a gap of a few channels is bridged
    eager, _ = prepare(make_spectra(values, CHANNELS))
    lazy = make_spectra(da.from_array(values, chunks=(50, 5, 10)), CHANNELS)
    lazy = lazy.assign_coords(lat=(("y", "x"), np.zeros((12, 10))))
    out, _ = prepare(lazy)
    assert isinstance(out["reflectance"].data, da.Array)
    assert out["reflectance"].dtype == np.float32
    np.testing.assert_allclose(out["reflectance"], eager["reflectance"], rtol=1e-6)
    assert out.attrs["bands_missing"] == eager.attrs["bands_missing"]
    assert "lat" in out.coords


@pytest.mark.parametrize("bands", [[749.0, 901.0, 1001.0, 1000.0], [749.0, 1000.0, 1001.0]])
def test_of_two_bands_at_one_site_band_the_nearer_is_kept(bands: list[float]) -> None:
    ds = make_spectra(np.arange(1, len(bands) + 1)[:, None] / 10, bands)
    out, _ = prepare(ds)
    assert out["wavelength_nm"].to_numpy().tolist() == [b for b in bands if b != 1000.0]
    alone, _ = prepare(make_spectra([[0.1], [0.2]], [749.0, 1000.0]))
    assert alone.sizes["band"] == 2


# -- sensors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [None, "MI"])
def test_mi_needs_no_transfer(said: str | None) -> None:
    assert prepare(camera(said))[1] is None
    assert prepare(camera(), said)[1] is None


def test_sp_is_brought_to_mi() -> None:
    for found in (prepare(camera("SP")), prepare(camera(), "SP")):
        assert found[0].attrs["sensor"] == "SP"
        assert found[1] is not None
        assert (found[1].source, found[1].target) == ("SP", "MI")
    spectra, transfer = prepare(spectrometer(np.full(CHANNELS.size, 0.2)), "SP")
    assert transfer is not None
    seven = spectra.sel(band=spectra["wavelength_nm"] > 700)
    flat = transfer.apply(seven)["reflectance"].isel(point=0)
    np.testing.assert_allclose(flat, 0.2 * transfer.gain, rtol=1e-12)


@pytest.mark.parametrize("sensor", ["M3", "Clementine", "IIM"])
def test_a_sensor_without_a_transfer_is_taken_on_demand_only(sensor: str) -> None:
    for ds, said in ((camera(), sensor), (camera(sensor), None)):
        with pytest.raises(
            UnknownNameError, match=rf"from {sensor} to MI is known \(only from SP\)"
        ):
            prepare(ds, said)
        out, transfer = prepare(ds, said, as_is=True)
        assert transfer is None
        np.testing.assert_array_equal(out["reflectance"], ds["reflectance"])


def test_what_is_said_goes_before_what_the_file_says() -> None:
    out, transfer = prepare(camera("SP"), "MI")
    assert transfer is None
    assert out.attrs["sensor"] == "MI"


def test_the_input_is_left_as_it_was() -> None:
    ds = camera()
    before = ds.copy(deep=True)
    prepare(ds, "SP")
    xr.testing.assert_identical(ds, before)


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.txt", "a", "a.img", "a.csv.gz"])
def test_an_unknown_ending_is_told_the_known_ones(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("r414,r749\n0.1,0.2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"\.csv.*\.spc.*\.lbl.*\.tif.*\.hdr.*\.zarr") as caught:
        open_spectra(path)
    assert name in str(caught.value)


@pytest.mark.parametrize("ending", [".csv", ".spc", ".tif", ".lbl", ".IMG", ".hdr", ".zarr"])
def test_a_missing_file_is_named(tmp_path: Path, ending: str) -> None:
    with pytest.raises(InputError, match=f"nowhere{ending}.*; give a"):
        open_spectra(tmp_path / f"nowhere{ending}")


@pytest.mark.parametrize("name", ["a.csv", "A.CSV"])
def test_a_table_is_read_whatever_the_case_of_its_ending(tmp_path: Path, name: str) -> None:
    load_sites().to_csv(tmp_path / name, index=False)
    np.testing.assert_array_equal(
        open_spectra(tmp_path / name)["reflectance"], camera()["reflectance"]
    )


def test_a_scene_of_sp_comes_as_bands_of_mi_with_its_transfer(tmp_path: Path) -> None:
    """The invented scene is a straight line, so that each band is known."""
    path = tmp_path / "scene.spc"
    path.write_bytes(fake_sp())
    out, transfer = prepare(open_spectra(path))
    assert transfer is not None
    assert transfer.source == "SP"
    bands = out["wavelength_nm"].to_numpy()
    assert bands.tolist() == list(SITE_BANDS[1:])
    line = 0.10 + 1e-4 * (bands - 500)
    np.testing.assert_allclose(out["reflectance"].isel(point=1), line, atol=6e-5)


def test_an_image_of_m3_needs_the_word_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "m3.tif"
    options = {"driver": "GTiff", "width": 3, "height": 2, "count": 85, "dtype": "float32"}
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.open(path, "w", **options) as image,
    ):
        image.write(np.full((85, 2, 3), 0.15, dtype="float32"))
    ds = open_spectra(path)
    with pytest.raises(UnknownNameError, match="M3 to MI"):
        prepare(ds)
    out, transfer = prepare(ds, as_is=True)
    assert transfer is None
    assert out["reflectance"].dims == ("band", "y", "x")
    np.testing.assert_allclose(out["reflectance"], 0.15, rtol=1e-6)


def test_content_goes_before_the_ending(tmp_path: Path) -> None:
    """A label is a label whatever its name, and so is a GeoTIFF."""
    tile = fake_mi(tmp_path, attached=True)
    other = tile.rename(tmp_path / "tile.dat")
    assert open_image(other).attrs["product"] == "MI MAP"
    image = fake_geotiff(tmp_path).rename(tmp_path / "mosaic.img")
    assert open_image(image).attrs["product"] == "GeoTIFF"


def test_a_label_of_another_instrument_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.lbl"
    path.write_text("PDS_VERSION_ID = PDS3\nINSTRUMENT_ID = LROC\nEND\n", encoding="ascii")
    with pytest.raises(InputError, match="instrument LROC; PDS3 products of"):
        open_spectra(path)
