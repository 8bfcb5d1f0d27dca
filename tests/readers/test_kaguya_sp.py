"""The SP reader on an invented scene, on damaged files, and on the originals where they are."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farside.errors import FarsideError, InputError
from farside.readers import kaguya_sp
from farside.readers.kaguya_sp import read_catalogue, read_sp, sp_channels

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from make_fakes import FakeScene, fake_sp

ORIGINALS = Path(__file__).parents[2] / ".." / "shared" / "data" / "sp"
LIT = {
    "SP_2C_02_05882_S278_E1660": (83, -27.8, 166.0),
    "SP_2C_02_05890_S040_E1581": (83, -4.0, 158.1),
    "SP_2C_02_02358_S138_E3586": (38, -13.8, -1.4),
}
originals = pytest.mark.skipif(not ORIGINALS.is_dir(), reason="original SP scenes are not here")
FAKE = fake_sp()


def _write(folder: Path, data: bytes) -> Path:
    path = folder / "fake_sp.spc"
    path.write_bytes(data)
    return path


def test_reads_what_the_fake_says(tmp_path: Path) -> None:
    scene = FakeScene()
    ds = read_sp(_write(tmp_path, FAKE))
    assert ds.sizes["point"] == 3
    assert ds.lit.values.tolist() == [True, True, False]
    np.testing.assert_allclose(ds.lat, scene.lat)
    np.testing.assert_allclose(ds.lon, [158.0, 158.1, -1.5])
    np.testing.assert_allclose(ds.incidence_deg, scene.incidence)
    wavelength = ds.wavelength_nm.to_numpy()
    assert (np.diff(wavelength) > 0).all()
    line = 0.10 + 1e-4 * (wavelength - 500)
    lit = ds.reflectance.to_numpy()[:, 1]
    good = np.isfinite(lit)
    np.testing.assert_allclose(lit[good], line[good], atol=5.1e-5)
    assert np.isnan(ds.reflectance[:, 2]).all()


def test_fill_bad_channels_and_overlap_are_out(tmp_path: Path) -> None:
    ds = read_sp(_write(tmp_path, FAKE))
    assert np.isnan(ds.reflectance.sel(point=0).to_numpy()[0])
    bad = np.abs(ds.wavelength_nm.to_numpy() - 1300) < 4
    assert bad.any()
    assert np.isnan(ds.reflectance.to_numpy()[bad]).all()
    assert ds.sizes["band"] < 296


def test_other_photometry_is_the_other_table(tmp_path: Path) -> None:
    path = _write(tmp_path, FAKE)
    high, low = read_sp(path), read_sp(path, photometry="low_albedo")
    step = (low.reflectance - high.reflectance).isel(point=1)
    np.testing.assert_allclose(step.dropna("band"), 0.001, atol=1e-9)
    with pytest.raises(InputError, match="high_albedo, low_albedo"):
        read_sp(path, photometry="best")  # type: ignore[arg-type]


def test_channels_have_the_widths_of_the_label(tmp_path: Path) -> None:
    channels = sp_channels(_write(tmp_path, FAKE))
    assert [sum(c[0] == d for c in channels) for d in ("VIS", "N1", "N2")] == [84, 100, 112]
    assert {c[0]: c[3] for c in channels} == {"VIS": 6.0, "N1": 8.0, "N2": 8.0}


def test_no_footprint_lit_says_so(tmp_path: Path) -> None:
    dark = fake_sp(FakeScene(incidence=(76.0, 88.0, 91.0)))
    path = _write(tmp_path, dark)
    with pytest.raises(InputError, match=r"none of 3 footprints is lit.*76\.0-91\.0"):
        read_sp(path)
    assert read_sp(path, max_incidence_deg=90).lit.values.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"ROWS = 3", b"ROWS = 9", "bytes|must be"),
        (b"SAMPLE_BITS = 16", b"SAMPLE_BITS = 32", "SAMPLE_BITS"),
        (b"LINE_SAMPLES = 296", b"LINE_SAMPLES = 300", "LINE_SAMPLES"),
        (b"SCALING_FACTOR = 0.1", b"SCALING_FACTOR = abc", "must be a number"),
        (b"SCALING_FACTOR = 0.0001", b"SCALING_FACTOR = 10.000", "not believable"),
        (b'NAME = "PHASE_ANGLE"', b'NAME = "PHASE_ANGEL"', "no column PHASE_ANGLE"),
        (b"START_BYTE = 33", b"START_BYTE = 99", "START_BYTE"),
        (b"END_OBJECT = SP_SPECTRUM_QA", b"END_OBJECT = SP_SPECTRUM_RAD", "where it is not open"),
        (b"\r\nEND\r\n", b"\r\nEND OF\r\n", "no END"),
        (b"PDS_VERSION_ID", b"ODL_VERSION_ID", "does not begin"),
        (b"OBJECT = SP_SPECTRUM_REF1", b"OBJECT = SP_SPECTRUM_REF3", "no object|not open"),
    ],
)
def test_a_label_that_lies_is_refused(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    assert old in FAKE
    with pytest.raises(InputError, match=message):
        read_sp(_write(tmp_path, FAKE.replace(old, new)))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_sp(tmp_path / "none.spc")
    with pytest.raises(InputError, match="cannot read"):
        read_sp(tmp_path)


def test_the_catalogue_must_be_of_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, FAKE)
    catalogue = path.with_suffix(".ctg")
    text = f"# Catalog file\nDataFileName = {path.name}\nDataFileSize = {len(FAKE)}\n"
    catalogue.write_text(f"{text}StartDateTime = 2009-02-01T06:41:39.851825Z\n")
    assert read_sp(path).attrs["start"] == "2009-02-01T06:41:39.851825Z"
    path.write_bytes(FAKE[:-1])
    with pytest.raises(InputError, match=f"{len(FAKE)} bytes, but the file has {len(FAKE) - 1}"):
        read_sp(path)
    catalogue.write_text("# nothing\n")
    with pytest.raises(InputError, match="no catalogue file"):
        read_sp(path)


QUIET = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _reads_or_refuses(path: Path) -> None:
    try:
        ds = read_sp(path)
    except FarsideError:
        return
    assert ds.reflectance.dims == ("band", "point")
    finite = ds.reflectance.to_numpy()
    finite = finite[np.isfinite(finite)]
    assert ((finite >= -1) & (finite <= 65536)).all()


@QUIET
@given(length=st.integers(0, len(FAKE) - 1))
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    path = _write(tmp_path, FAKE[:length])
    tail = len(FAKE) - 3 * 296 * 2
    if length < tail:
        with pytest.raises(FarsideError):
            read_sp(path)
    else:
        _reads_or_refuses(path)


@QUIET
@given(
    flips=st.lists(
        st.tuples(st.integers(0, len(FAKE) - 1), st.integers(0, 255)), min_size=1, max_size=20
    )
)
def test_flipped_bytes_never_surprise(tmp_path: Path, flips: list[tuple[int, int]]) -> None:
    data = bytearray(FAKE)
    for position, value in flips:
        data[position] = value
    _reads_or_refuses(_write(tmp_path, bytes(data)))


@QUIET
@given(
    flips=st.lists(st.tuples(st.integers(0, 6000), st.integers(32, 126)), min_size=1, max_size=6)
)
def test_changed_labels_never_surprise(tmp_path: Path, flips: list[tuple[int, int]]) -> None:
    data = bytearray(FAKE)
    for position, value in flips:
        data[position] = value
    _reads_or_refuses(_write(tmp_path, bytes(data)))


@originals
@pytest.mark.parametrize("scene", sorted(LIT))
def test_original_scenes(scene: str) -> None:
    rows, lat, lon = LIT[scene]
    ds = read_sp(ORIGINALS / f"{scene}.spc")
    assert ds.sizes["point"] == rows
    assert bool(ds.lit.all())
    np.testing.assert_allclose([ds.lat.mean(), ds.lon.mean()], [lat, lon], atol=0.1)
    visible = ds.reflectance.sel(band=ds.wavelength_nm.to_numpy() < 1600)
    assert 0.005 < float(visible.min()) < float(visible.max()) < 0.5


def _phase(row: np.ndarray, angle: float) -> float:
    """Return B and Henyey-Greenstein part of the function of Yokota et al. (2011)."""
    b0, h, c, g = row[[2, 4, 6, 8]]
    cosine = np.cos(np.radians(angle))

    def hg(asymmetry: float) -> float:
        return (1 - asymmetry**2) / (1 + asymmetry**2 - 2 * asymmetry * cosine) ** 1.5

    shape = (1 - c) / 2 * hg(g) + (1 + c) / 2 * hg(-g)
    return (1 + b0 / (1 + np.tan(np.radians(angle) / 2) / h)) * shape


def _disk(i: float, e: float, g: float) -> float:
    """Return the lunar-Lambert function with McEwen's polynomial of phase angle."""
    share = 1 - 0.019 * g + 2.42e-4 * g**2 - 1.46e-6 * g**3
    mu0, mu = np.cos(np.radians(i)), np.cos(np.radians(e))
    return 2 * share * mu0 / (mu0 + mu) + (1 - share) * mu0


@originals
@pytest.mark.parametrize(
    ("photometry", "table", "name"),
    [("high_albedo", "High", "REF1"), ("low_albedo", "Low", "REF2")],
)
def test_reflectance_is_radiance_brought_to_the_standard_geometry(
    photometry: str, table: str, name: str
) -> None:
    """pi L d^2 / F, times the photometric ratio, is the archived value at i of 22, 61 and 65.

    What is left is a factor of wavelength (the solar spectrum used), the same for all scenes to
    0.3 %, though what is divided out differs by a factor of 2.9 between them.
    """
    coefficients = np.loadtxt(ORIGINALS / "photometry" / f"{table}_albedo_sel.txt")
    sun = np.loadtxt(ORIGINALS / "photometry" / "Gueymard.txt", skiprows=1)
    left = []
    for scene in sorted(LIT):
        label, data = kaguya_sp._load(ORIGINALS / f"{scene}.spc")
        rows, (i, e, g) = LIT[scene][0], _angles(ORIGINALS / f"{scene}.spc")
        wavelength = kaguya_sp._wavelength(label, data)
        radiance = kaguya_sp._counts(label, data, "SP_SPECTRUM_RAD", rows).mean(axis=0)
        archived = kaguya_sp._counts(label, data, f"SP_SPECTRUM_{name}", rows).mean(axis=0)
        distance = label.number("MOON_SUN_DISTANCE") / 149597870.7
        ratio = []
        for band in (752.8, 896.6, 1244.0, 1547.7):
            k = np.abs(wavelength - band).argmin()
            row = coefficients[np.abs(coefficients[:, 1] - band).argmin()]
            flux = 1000 * sun[np.abs(sun[:, 0] - band) < 3, 1].mean()
            factor = _disk(30, 0, 30) / _disk(i, e, g) * _phase(row, 30) / _phase(row, g)
            ratio.append(np.pi * radiance[k] * distance**2 / flux * factor / archived[k])
        left.append(ratio)
    spread = np.ptp(left, axis=0)
    assert (spread < 0.003).all()
    np.testing.assert_allclose(left, 1.0, atol=0.03)
    assert read_sp(ORIGINALS / f"{scene}.spc", photometry=photometry).attrs["sensor"] == "SP"


def _angles(path: Path) -> tuple[float, float, float]:
    ds = read_sp(path)
    return tuple(float(ds[f"{n}_deg"].mean()) for n in ("incidence", "emission", "phase"))


@originals
def test_original_catalogues_are_of_their_scenes() -> None:
    catalogues = sorted(ORIGINALS.glob("*.ctg"))
    assert len(catalogues) >= 20
    for path in catalogues:
        entries = read_catalogue(path)
        scene = path.with_suffix(".spc")
        assert entries["DataFileName"] == scene.name
        assert int(entries["DataFileSize"]) == scene.stat().st_size


@originals
def test_original_scenes_that_are_dark_say_so() -> None:
    dark = [path for path in sorted(ORIGINALS.glob("*.spc")) if path.stem not in LIT]
    assert len(dark) >= 20
    for path in dark:
        with pytest.raises(InputError, match="is lit"):
            read_sp(path)
