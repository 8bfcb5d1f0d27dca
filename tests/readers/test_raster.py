"""ENVI, GeoTIFF and Zarr: the same numbers come back, lazily, with their places."""

from __future__ import annotations

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pytest
import rasterio
import xarray as xr
from rasterio.errors import NotGeoreferencedWarning

from farside.errors import BandError, InputError, UnknownNameError
from farside.geography.projections import lunar_crs
from farside.readers._lazy import RawPixels
from farside.readers.dataset import make_spectra
from farside.readers.raster import TiffPixels, read_envi, read_geotiff
from farside.readers.zarr_store import ZarrPixels, read_zarr
from farside.spectra.prepare import open_image, prepare

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from make_fakes import (
    IMAGE_BANDS,
    fake_envi,
    fake_geotiff,
    fake_m3,
    fake_mi,
    mi_numbers,
    reflectance,
)

pytestmark = pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part")


# -- ENVI --------------------------------------------------------------------------------------


@pytest.mark.parametrize("interleave", ["bsq", "bil", "bip"])
@pytest.mark.parametrize("micrometres", [True, False])
def test_envi(tmp_path: Path, interleave: str, *, micrometres: bool) -> None:
    header = fake_envi(tmp_path, interleave=interleave, micrometres=micrometres)
    ds = read_envi(header)
    assert isinstance(ds.reflectance.data, da.Array)
    expected = reflectance()
    expected[:, 0, 0] = np.nan
    np.testing.assert_allclose(ds.reflectance, expected, atol=5.1e-5)
    assert ds.wavelength_nm.to_numpy().tolist() == list(IMAGE_BANDS)
    assert ds.attrs["sensor"] == "MI"
    np.testing.assert_allclose(ds.x[:2], [160.25, 160.75])
    np.testing.assert_allclose(ds.y[:2], [-20.125, -20.375])


def test_gdal_reads_the_same_envi_numbers(tmp_path: Path) -> None:
    header = fake_envi(tmp_path)
    with rasterio.open(header.with_suffix(".img")) as source:
        theirs = source.read().astype(float) / 10000
    ours = read_envi(header).reflectance.to_numpy()
    np.testing.assert_allclose(ours[np.isfinite(ours)], theirs[np.isfinite(ours)], rtol=2e-7)


def test_envi_by_its_image_and_its_bad_bands(tmp_path: Path) -> None:
    header = fake_envi(tmp_path)
    header.write_text(header.read_text() + "bbl = {1, 0, 1, 1}\n")
    ds = open_image(tmp_path / "fake_envi.img")
    assert ds.wavelength_nm.to_numpy().tolist() == [749.0, 950.0, 1548.0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lines   = 5", "lines   = 50000", "should end at byte"),
        ("lines   = 5", "lines   = -5", "must be 1 to"),
        ("data type = 2", "data type = 6", "no complex numbers"),
        ("interleave = bil", "interleave = zip", "interleave 'zip'"),
        ("Micrometers", "Furlongs", "wavelength units = 'furlongs'"),
        ("wavelength units = Micrometers", "", "wavelength units = ''"),
        ("0.749", "0,749", "5 wavelengths were given for 4 bands"),
        ("0.749", "first", "not a list of numbers"),
        ("0.749", "nan", "not finite"),
        ("scale factor = 10000", "scale factor = 0", "scale factor = '0'"),
        ("-20.0, 0.5", "-20.0, 0", "must run along y and x"),
        ("units=Degrees", "Rotation=30", "turns the image"),
        ("160.0, -20.0", "east, south", "not understood"),
        ("ENVI", "ENVY", "first line is not ENVI"),
    ],
)
def test_an_envi_header_that_lies_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    header = fake_envi(tmp_path)
    assert old in header.read_text()
    header.write_text(header.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_envi(header)


def test_an_envi_place_beyond_the_pole_is_refused(tmp_path: Path) -> None:
    header = fake_envi(tmp_path)
    wkt = lunar_crs("geographic").to_wkt()
    text = header.read_text().replace("160.0, -20.0", "160.0, -120.0")
    header.write_text(f"{text}coordinate system string = {{{wkt}}}\n")
    with pytest.raises(InputError, match="not on the Moon"):
        read_envi(header)
    header.write_text(f"{fake_envi(tmp_path).read_text()}coordinate system string = {{{wkt}}}\n")
    assert read_envi(header).rio.crs == lunar_crs("geographic")


# -- GeoTIFF -----------------------------------------------------------------------------------


def test_geotiff(tmp_path: Path) -> None:
    ds = read_geotiff(fake_geotiff(tmp_path))
    expected = reflectance(40, 50)
    expected[:, 0, 0] = np.nan
    np.testing.assert_allclose(ds.reflectance, expected, atol=5.1e-5)
    assert ds.reflectance.dtype == np.float32
    assert ds.rio.crs.to_authority() == ("IAU_2015", "30110")
    np.testing.assert_allclose([ds.x[0], ds.y[0]], [-950.0, 1950.0])


def test_geotiff_bands_by_description_and_by_table(tmp_path: Path) -> None:
    path = fake_geotiff(tmp_path)
    with rasterio.open(path, "r+") as image:
        for index, name in enumerate(("Band 3 (540.84)", "R749", "r_950_nm", "1548 nm"), start=1):
            image.update_tags(index, wavelength="", wavelength_units="")
            image.set_band_description(index, name)
    with pytest.raises(BandError, match=r"4 bands without a wavelength.*bands\.csv"):
        read_geotiff(path)  # R749 has no unit
    with rasterio.open(path, "r+") as image:
        image.set_band_description(2, "R749nm")
    assert read_geotiff(path).wavelength_nm.to_numpy().tolist() == [540.84, 749.0, 950.0, 1548.0]
    with rasterio.open(path, "r+") as image:
        image.set_band_description(2, "red")
    (tmp_path / "fake.bands.csv").write_text("wavelength_nm\n749\n901\n950\n1548\n")
    assert read_geotiff(path).wavelength_nm.to_numpy().tolist() == list(IMAGE_BANDS)


def test_a_sensor_that_is_not_known_is_not_taken_for_mi(tmp_path: Path) -> None:
    path = fake_geotiff(tmp_path)
    with rasterio.open(path, "r+") as image:
        image.update_tags(1, wavelength="730", wavelength_units="nm")
    ds = open_image(path)
    assert ds.attrs["sensor"] == "unknown"
    with pytest.raises(UnknownNameError, match="from unknown to MI"):
        prepare(ds)
    assert prepare(ds, "MI")[1] is None


def test_a_geotiff_cut_off_says_so_when_it_is_read(tmp_path: Path) -> None:
    path = fake_geotiff(tmp_path)
    data = path.read_bytes()
    ds = read_geotiff(path)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"fake\.tif"):
        ds.reflectance.to_numpy()


def test_a_geotiff_in_one_huge_block_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "strip.tif"
    options = {"driver": "GTiff", "count": 3, "dtype": "float32", "compress": "deflate"}
    with rasterio.open(
        path,
        "w",
        width=16_384,
        height=16_384,
        blockysize=16_384,
        SPARSE_OK=True,
        **options,
        transform=rasterio.Affine(2, 0, 0, 0, -2, 0),
    ):
        pass
    with pytest.raises(InputError, match="write it anew in tiles"):
        read_geotiff(path)


# -- Zarr --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_gives_back_what_was_written(tmp_path: Path, version: int) -> None:
    ds = open_image(fake_mi(tmp_path, attached=True, numbers=mi_numbers(40, 60)))
    lat = np.broadcast_to(np.linspace(65, 64, 40)[:, None], (40, 60))
    ds = ds.assign_coords(lat=(("y", "x"), lat.astype("float32")))
    path = tmp_path / "image.zarr"
    ds.chunk({"y": 16, "x": 32}).to_zarr(path, zarr_format=version)
    back = open_image(path)
    assert isinstance(back.reflectance.data, da.Array)
    np.testing.assert_array_equal(back.reflectance, ds.reflectance)
    np.testing.assert_array_equal(back.lat, ds.lat)
    assert back.rio.crs == ds.rio.crs
    np.testing.assert_array_equal(back.x, ds.x)
    assert back.attrs["sensor"] == "MI"


def test_scaled_zarr_is_unscaled_and_its_fill_is_nan(tmp_path: Path) -> None:
    ds = make_spectra(np.where(reflectance() < 0.1005, np.nan, reflectance()), IMAGE_BANDS)
    encoding = {"reflectance": {"dtype": "int16", "scale_factor": 1e-4, "_FillValue": -32768}}
    ds.to_zarr(tmp_path / "a.zarr", encoding=encoding)
    np.testing.assert_allclose(
        read_zarr(tmp_path / "a.zarr").reflectance, ds.reflectance, atol=1e-6
    )


def test_zarr_without_what_is_needed_is_refused(tmp_path: Path) -> None:
    xr.Dataset({"albedo": (("y", "x"), np.ones((2, 2)))}).to_zarr(tmp_path / "a.zarr")
    with pytest.raises(InputError, match=r"holds \['albedo'\]"):
        read_zarr(tmp_path / "a.zarr")
    xr.Dataset({"reflectance": (("band", "y", "x"), np.ones((2, 2, 2)))}).to_zarr(
        tmp_path / "b.zarr"
    )
    with pytest.raises(BandError, match="no coordinate wavelength_nm"):
        read_zarr(tmp_path / "b.zarr")
    with pytest.raises(InputError, match="no folder"):
        read_zarr(tmp_path / "none.zarr")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no Zarr store; give"):
        open_image(tmp_path / "empty")


def test_a_zarr_array_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    ds = make_spectra(reflectance(), IMAGE_BANDS).assign_coords(x=("x", np.arange(7.0)))
    ds.to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    about = tmp_path / "a.zarr" / "x" / "zarr.json"
    about.write_text(about.read_text().replace("7", "7000000000"))
    with pytest.raises(InputError, match="array x claims the shape"):
        read_zarr(tmp_path / "a.zarr")


# -- all ---------------------------------------------------------------------------------------


def test_many_threads_read_the_same_numbers(tmp_path: Path) -> None:
    paths = [fake_mi(tmp_path, attached=True, numbers=mi_numbers(64, 64)), fake_geotiff(tmp_path)]
    images = [open_image(path).reflectance for path in [*paths, fake_envi(tmp_path)]]
    whole = [image.to_numpy() for image in images]

    def read(k: int) -> bool:
        image, expected = images[k % 3], whole[k % 3]
        y = k % image.sizes["y"]
        return np.array_equal(image[:, y:, :].to_numpy(), expected[:, y:, :], equal_nan=True)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(120)))


def test_threads_leave_the_filters_of_warnings_as_they_are(tmp_path: Path) -> None:
    """A GeoTIFF without a place warns at each opening, which is hushed for all threads at once."""
    profile = {"driver": "GTiff", "height": 16, "width": 16, "count": 4, "dtype": "float32"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(tmp_path / "a.tif", "w", **profile) as sink:
            sink.write(np.full((4, 16, 16), 0.1, np.float32))
            for index, band in enumerate(IMAGE_BANDS, start=1):
                sink.update_tags(index, wavelength=f"{band:g}")
    make_spectra(reflectance(), IMAGE_BANDS).to_zarr(tmp_path / "b.zarr")  # consolidated
    images = [open_image(tmp_path / name).reflectance for name in ("a.tif", "b.zarr")]
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: images[k % 2].compute(scheduler="synchronous"), range(100)))
        list(pool.map(lambda _: open_image(tmp_path / "a.tif"), range(100)))
    assert warnings.filters == before


def test_an_image_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("r749,r950\n0.1,0.2\n")
    with pytest.raises(InputError, match=r"not an image; give .*\.lbl.*\.zarr"):
        open_image(tmp_path / "a.csv")


def _as_zarr(folder: Path) -> Path:
    make_spectra(reflectance(), IMAGE_BANDS).to_zarr(folder / "a.zarr")
    return folder / "a.zarr"


MAKERS = {
    "envi": fake_envi,
    "geotiff": fake_geotiff,
    "zarr": _as_zarr,
    "m3": fake_m3,
    "mi": lambda folder: fake_mi(folder, attached=False),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_opening_and_preparing_read_no_pixel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = MAKERS[kind](tmp_path)
    read = []
    for pixels in (RawPixels, TiffPixels, ZarrPixels):
        inner = pixels.__getitem__

        def counted(self: Any, key: Any, inner: Any = inner) -> Any:
            read.append(key)
            return inner(self, key)

        monkeypatch.setattr(pixels, "__getitem__", counted)
    out, _ = prepare(open_image(path), as_is=True)
    assert not read
    out.reflectance.to_numpy()
    assert read
