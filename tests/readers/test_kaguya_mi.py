"""MI maps: invented tiles whose every number is known, and the real labels and cut-outs."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import pytest
import rasterio

from farside.errors import BandError, InputError
from farside.geography.projections import lunar_crs, lunar_transformer
from farside.readers.kaguya_mi import read_mi
from farside.readers.kinds import read_any
from farside.spectra.prepare import SITE_BANDS, open_image, prepare

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
sys.path.insert(0, str(Path(__file__).parent))
from make_fakes import MI_BANDS, fake_mi, mi_numbers
from originals import PDS, needs_pds

if TYPE_CHECKING:
    from collections.abc import Callable

BOTH = pytest.mark.parametrize("attached", [True, False], ids=["attached", "detached"])
MAPS = PDS / "mimap2isis"


@BOTH
def test_every_number_is_where_the_label_puts_it(tmp_path: Path, *, attached: bool) -> None:
    ds = read_mi(fake_mi(tmp_path, attached=attached))
    expected = mi_numbers().astype(float) * 2e-5
    expected[:, 0, :] = np.nan  # the four codes and outside the image
    values = ds.reflectance.to_numpy()
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, rtol=2e-7)
    assert ds.wavelength_nm.to_numpy().tolist() == list(MI_BANDS)
    assert ds.attrs["sensor"] == "MI"
    assert ds.attrs["invalid"][0] == "SATURATION -20000"
    assert ds.attrs["version"] == ("02" if attached else "03")


@BOTH
def test_the_map_is_that_of_the_label(tmp_path: Path, *, attached: bool) -> None:
    """The middle of the first pixel is 65 N, 328 E = 32 W; the next is 1/2048 degree on."""
    ds = read_mi(fake_mi(tmp_path, attached=attached))
    assert ds.rio.crs == lunar_crs("equirectangular")
    assert ds.rio.crs.to_authority() == ("IAU_2015", "30110")
    to_degrees = lunar_transformer("equirectangular", "geographic")
    lon, lat = to_degrees.transform(ds.x.to_numpy(), np.full(ds.sizes["x"], float(ds.y[0])))
    np.testing.assert_allclose(lon, -32 + np.arange(ds.sizes["x"]) / 2048, atol=1e-9)
    np.testing.assert_allclose(lat, 65.0, atol=1e-9)
    assert float(ds.y[0] - ds.y[1]) == pytest.approx(14.806323, abs=1e-6)


@BOTH
def test_opening_reads_no_pixel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, attached: bool
) -> None:
    label = fake_mi(tmp_path, attached=attached, numbers=mi_numbers(600, 700))

    def no_map(*_: Any, **__: Any) -> None:
        raise AssertionError("a pixel was read")

    read: list[int] = []
    opened: Callable[..., Any] = Path.open

    def counted(self: Path, *args: Any, **kwargs: Any) -> Any:
        stream = opened(self, *args, **kwargs)
        inner = stream.read

        def read_some(size: int = -1) -> Any:
            data = inner(size)
            read.append(len(data))
            return data

        stream_proxy = type("Counted", (), {"read": staticmethod(read_some)})()
        stream_proxy.__class__.__enter__ = lambda s: s
        stream_proxy.__class__.__exit__ = lambda *_: stream.close()
        return stream_proxy

    with monkeypatch.context() as patch:
        patch.setattr(np, "memmap", no_map)
        patch.setattr(np, "fromfile", no_map)
        patch.setattr(builtins, "open", no_map)
        patch.setattr(Path, "open", counted)
        ds = prepare(open_image(label))[0]
    assert isinstance(ds.reflectance.data, da.Array)
    assert sum(read) <= 2 * (1 << 18)  # the label is looked for in the first bytes only
    assert ds.reflectance.shape == (8, 600, 700)
    assert np.isfinite(ds.reflectance.isel(y=1).to_numpy()).all()


def test_a_missing_pixel_file_is_told_at_opening(tmp_path: Path) -> None:
    label = fake_mi(tmp_path, attached=False)
    (tmp_path / "MI_MAP_03_FAKE.img").unlink()
    with pytest.raises(InputError, match=r"MI_MAP_03_FAKE\.IMG, which does not lie beside it"):
        read_mi(label)


@BOTH
def test_a_file_cut_off_is_told_at_opening_and_at_reading(
    tmp_path: Path, *, attached: bool
) -> None:
    label = fake_mi(tmp_path, attached=attached)
    file = label if attached else tmp_path / "MI_MAP_03_FAKE.img"
    ds = read_mi(label)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"no longer|cut off"):
        ds.reflectance.to_numpy()
    with pytest.raises(InputError, match="should end at byte"):
        read_mi(label)


@BOTH
def test_blocks_are_the_whole(tmp_path: Path, *, attached: bool) -> None:
    numbers = mi_numbers(90, 110)
    ds = read_mi(fake_mi(tmp_path, attached=attached, numbers=numbers))
    part = ds.reflectance[2:5, 40:70, 7:100].to_numpy()
    np.testing.assert_allclose(part, numbers[2:5, 40:70, 7:100].astype(float) * 2e-5, rtol=2e-7)


def test_of_the_two_bands_at_1000_nm_the_visible_camera_s_is_kept(tmp_path: Path) -> None:
    ds = open_image(fake_mi(tmp_path, attached=True))
    out, transfer = prepare(ds)
    assert transfer is None
    assert out.wavelength_nm.to_numpy().tolist() == list(SITE_BANDS)
    at_1001 = out.reflectance.sel(band=out.wavelength_nm.to_numpy() == 1001.0)[0, 1, 0]
    assert float(at_1001) == pytest.approx(mi_numbers()[4, 1, 0] * 2e-5)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"LINE_SAMPLES = 5", b"LINE_SAMPLES = 999999", "should end at byte"),
        (b"LINES = 6", b"LINES = 600000", "beyond the south pole"),
        (b"LINE_SAMPLES = 5", b"LINE_SAMPLES = 0", "must be 1 to"),
        (b"BANDS = 9", b"BANDS = 8", "wavelengths were given for 8 bands"),
        (b"SAMPLE_BITS = 16", b"SAMPLE_BITS = 64", "holds MSB_INTEGER of 64 bits"),
        (b"SAMPLE_TYPE = MSB_INTEGER", b"SAMPLE_TYPE = VAX_REAL", "known are"),
        (b"BAND_STORAGE_TYPE", b"BAND_STOREAGE_TYP", "no keyword BAND_STORAGE_TYPE"),
        (b"IMAGE_VALUE_TYPE = REFLECTANCE", b"IMAGE_VALUE_TYPE = RADIANCE", "not REFLECTANCE"),
        (b"SCALING_FACTOR = 2e-05", b"SCALING_FACTOR = 2.0", "must be a number from"),
        (b"MAXIMUM_LATITUDE = 65.0", b"MAXIMUM_LATITUDE = 95.0", "from -90 to 90"),
        (b"MAXIMUM_LATITUDE = 65.0", b"MAXIMUM_LATITUDE = -90.0", "beyond the south pole"),
        (b"WESTERNMOST_LONGITUDE = 328.0", b"WESTERNMOST_LONGITUDE = 999.0", "from -180 to 360"),
        (b"A_AXIS_RADIUS = 1737.4", b"A_AXIS_RADIUS = 3396.2", "radius of 3396.2 km"),
        (b"Simple Cylindrical", b"Sinusoidal", "SINUSOIDAL"),
        (b"PRODUCT_SET_ID = MI_MAP", b"PRODUCT_SET_ID = MI_DTM", "the maps MI_MAP"),
        (b"Object = IMAGE_MAP", b"Object = IMAGE_MOP", "no object IMAGE_MAP_PROJECTION"),
        (b"1000.0, 1049.0", b"1001.0, 1049.0", "more than once"),
    ],
)
def test_a_label_that_lies_is_refused(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    label = fake_mi(tmp_path, attached=False)
    text = label.read_bytes()
    assert old in text
    label.write_bytes(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        read_mi(label)


def test_errors_name_the_file_and_keep_their_kind(tmp_path: Path) -> None:
    label = fake_mi(tmp_path, attached=False)
    label.write_bytes(label.read_bytes().replace(b"BANDS = 9", b"BANDS = 8"))
    with pytest.raises(BandError, match=r"^MI_MAP_03_FAKE\.lbl: "):
        read_mi(label)


def test_a_pointer_may_not_leave_the_folder(tmp_path: Path) -> None:
    label = fake_mi(tmp_path, attached=False)
    label.write_bytes(label.read_bytes().replace(b"MI_MAP_03_FAKE.IMG", b"../../etc/passwd..."))
    with pytest.raises(InputError, match="no file name"):
        read_mi(label)


# -- originals ---------------------------------------------------------------------------------

CROPS = {
    "MI_MAP_02_N65E328N64E329SC_cropped.img": (-32.0, 65.0, 15767),
    "MI_MAP_03_N51E124N50E125SC_cropped.lbl": (124.0, 51.0, 0),
    "MIA_3C5_03_01351S791E0024SC_cropped.img": (0.7578125, -78.81201172, 10185),
}


@needs_pds
@pytest.mark.parametrize("name", sorted(CROPS))
def test_original_cutouts(name: str) -> None:
    """The place is that of the file's name; neighbours differ little, as on a map they must."""
    lon, lat, first = CROPS[name]
    ds = read_any(MAPS / name)
    file = MAPS / ds.attrs["reads"][0]
    raw = np.frombuffer(file.read_bytes()[first : first + 450], ">i2").reshape(9, 5, 5)
    np.testing.assert_allclose(ds.reflectance, raw * 2e-5, rtol=2e-7)
    assert (np.abs(np.diff(raw.astype(int), axis=2)) < 1000).all()  # one byte off: up to 65000
    to_degrees = lunar_transformer("equirectangular", "geographic")
    place = to_degrees.transform(float(ds.x[0]), float(ds.y[0]))
    np.testing.assert_allclose(place, (lon, lat), atol=1e-7)
    assert ("note" in ds.attrs) == (name == "MI_MAP_02_N65E328N64E329SC_cropped.img")


@needs_pds
@pytest.mark.parametrize("name", [name for name in sorted(CROPS) if "MAP_02" not in name])
def test_gdal_reads_the_same_numbers(name: str) -> None:
    ds = read_any(MAPS / name)
    with rasterio.open(MAPS / name) as source:
        theirs = source.read() * source.scales[0]
    np.testing.assert_allclose(ds.reflectance, theirs, rtol=2e-7)


@needs_pds
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kaguyami2isis/vis_cropped.img", "Level 2B scene of MI-VIS: radiance of five"),
        ("kaguyami2isis/nir_cropped.img", "Level 2B scene of MI-NIR: radiance of four"),
        ("kaguyami2isis/3C5_label.pvl", "should end at byte"),
        ("kaguyatc2isis/TC1S2B0_01_00811N526E0443_mini.lbl", "panchromatic"),
        ("kaguyatc2isis/TC1S2B0_01_05186N225E0040_mini.img", "panchromatic"),
        (
            "ale_labels/MVA_2B2_01_02329N002E0302/MVA_2B2_01_02329N002E0302_pds3.lbl",
            "Level 2B scene of MI-VIS",
        ),
        (
            "ale_labels/MNA_2B2_01_04192S136E3573/MNA_2B2_01_04192S136E3573_isis3.lbl",
            "or is a label alone",
        ),
        (
            "ale_labels/TC1S2B0_01_06691S820E0465/TC1S2B0_01_06691S820E0465_pds3.lbl",
            "panchromatic",
        ),
    ],
)
def test_other_originals_are_refused_with_the_reason(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_image(PDS / name)
