"""The photometric function against exact limits, the labels of MI, and archived SP spectra."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from farside.datasets import load_cells_5deg, sidecar
from farside.datasets._photometry import load_albedo_classes, load_phase_functions
from farside.errors import BandError, InputError, UnknownNameError
from farside.provenance import sha256_file
from farside.readers import kaguya_sp
from farside.readers._pds3 import read_label
from farside.readers.dataset import make_spectra
from farside.spectra.phase import (
    STANDARD,
    albedo_class,
    correction,
    disk_function,
    phase_coefficients,
    phase_function,
    photometry_flag,
)
from farside.spectra.photometry import normalise, radiance_factor, solar_irradiance

sys.path.insert(0, str(Path(__file__).parents[1] / "readers"))
from originals import ORIGINALS, PDS, needs_pds

if TYPE_CHECKING:
    import xarray as xr

CLASSES = ("low", "mid", "high")
BANDS = np.array([560.0, 749.0, 950.0, 1001.0, 1248.0, 1548.0])
ANGLE = st.floats(0.0, 89.0)


def observed(
    values: np.ndarray, i: float, e: float, g: float, bands: np.ndarray = BANDS
) -> xr.Dataset:
    n = values.shape[1]
    angles = {"incidence_deg": i, "emission_deg": e, "phase_deg": g}
    full = {f"{name}": np.full(n, value) for name, value in angles.items()}
    ds = make_spectra(values, bands, lat=np.full(n, -20.0), lon=np.full(n, 165.0), **full)
    ds["reflectance"].attrs["geometry"] = "observed"
    return ds


# -- the function ------------------------------------------------------------------------------


@given(ANGLE, ANGLE)
def test_at_no_phase_the_disk_is_lommel_seeliger(i: float, e: float) -> None:
    mu0, mu = np.cos(np.radians([i, e]))
    assert float(disk_function(i, e, 0.0)) == pytest.approx(2 * mu0 / (mu0 + mu))


@given(ANGLE)
def test_seen_from_where_the_sun_stands_the_full_disk_is_even(i: float) -> None:
    """i = e at g = 0: the Moon at full phase has no limb darkening."""
    assert float(disk_function(i, i, 0.0)) == pytest.approx(1.0)


def test_the_share_of_lommel_seeliger_is_that_of_mcewen() -> None:
    """L(30) = 1 - 0.57 + 0.2178 - 0.03942; X at 30, 0, 30 by hand."""
    share, mu0 = 1 - 0.57 + 0.2178 - 0.03942, np.sqrt(0.75)
    by_hand = 2 * share * mu0 / (mu0 + 1) + (1 - share) * mu0
    assert float(disk_function(*STANDARD)) == pytest.approx(by_hand, rel=1e-12)


@given(st.floats(0.0, 1.5), st.floats(0.02, 0.2), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_lobes_scatter_all_light_once(b0: float, h: float, c: float, g: float) -> None:
    """A Henyey-Greenstein lobe averages to 1 over the sphere, whatever its asymmetry."""
    cosine, weight = np.polynomial.legendre.leggauss(200)
    phase = np.degrees(np.arccos(cosine))
    lobes = phase_function(phase, 0.0, h, c, g)
    assert float((lobes * weight).sum() / 2) == pytest.approx(1.0, rel=1e-9)
    peak = float(phase_function(0.0, b0, h, c, g) / phase_function(0.0, 0.0, h, c, g))
    assert peak == pytest.approx(1 + b0)


@needs_pds
def test_coefficients_are_those_in_the_labels_of_mi() -> None:
    """PHOTO_CORR_COEF: L, then h, b0, c, g of the low and of the high class, for each band.

    The label takes, for 749, 901 and 1548 nm, the channels of 752.8, 902.7 and 1547.7 nm.
    """
    label = read_label(PDS / "mimap2isis" / "MI_MAP_03_N51E124N50E125SC_cropped.lbl").root
    text = label.child("PROCESSING_PARAMETERS").text("PHOTO_CORR_COEF")
    rows = np.array([float(x) for x in text.replace("(", "").replace(")", "").split(",")])
    rows = rows.reshape(9, 18)
    np.testing.assert_allclose(rows[:, 1:4], np.tile([-0.019, 0.242e-3, -1.46e-6], (9, 1)))
    ours = phase_coefficients([752.8, 902.7, 1547.7]).central
    for cls, first in ((0, 4), (2, 11)):  # MI's class of low and of high albedo
        h, b0, c, g = rows[[1, 2, 8], first : first + 4].T
        np.testing.assert_allclose(ours[cls], [b0, h, c, g], atol=6e-4)


def test_coefficients_between_channels_lie_between() -> None:
    table = load_phase_functions().query("albedo == 'mid'").set_index("wavelength_nm")
    middle = phase_coefficients([(512.6 + 518.4) / 2]).central[1, :, 0]
    both = table.loc[[512.6, 518.4], ["b0", "h", "c", "g"]].to_numpy()
    np.testing.assert_allclose(middle, both.mean(axis=0))
    with pytest.raises(BandError, match=r"512.6 to 1644.2 nm; given 446 to 2000"):
        phase_coefficients([446.0, 2000.0])


def test_a_missing_sigma_is_that_of_the_neighbours_not_zero() -> None:
    assert (phase_coefficients([1003.6]).sigmas > 0).all()


# -- albedo classes ----------------------------------------------------------------------------


def test_classes_follow_albedo_and_not_upside_down() -> None:
    """Against an independent map: class rises with the 1064 nm albedo of the cells."""
    cells = load_cells_5deg()
    lat, lon = (cells[name].to_numpy(dtype=float) for name in ("lat", "lon"))
    albedo = cells["albedo_1064"].to_numpy(dtype=float)
    known = np.isfinite(albedo)
    upright = np.corrcoef(albedo_class(lat, lon)[known], albedo[known])[0, 1]
    turned = np.corrcoef(albedo_class(-lat, lon)[known], albedo[known])[0, 1]
    assert upright > 0.5
    assert upright > turned + 0.3


@pytest.mark.parametrize(
    ("place", "lat", "lon", "expected"),
    [
        ("Oceanus Procellarum", 10.0, -50.0, "low"),
        ("Mare Tranquillitatis", 8.0, 30.0, "low"),
        ("Mare Moscoviense", 27.0, 148.0, "low"),
        ("highlands of the far side", 20.0, -160.0, "high"),
        ("southern highlands of the near side", -45.0, 20.0, "high"),
    ],
)
def test_classes_of_known_places(place: str, lat: float, lon: float, expected: str) -> None:
    found = int(albedo_class(lat, lon))
    assert abs(found - CLASSES.index(expected)) <= (1 if place == "Mare Moscoviense" else 0)
    assert int(albedo_class(lat, lon + 360)) == found


def test_a_place_that_is_not_known_has_no_class() -> None:
    assert albedo_class([np.nan, 0.0], [0.0, np.inf]).tolist() == [-1, -1]
    assert albedo_class([90.0, -90.0], [180.0, -180.0]).shape == (2,)


# -- correction --------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [0, 1, 2])
def test_at_the_standard_geometry_nothing_changes(cls: int) -> None:
    angles = tuple(np.array([angle]) for angle in STANDARD)
    factor, sigma = correction(angles, np.array([cls]), phase_coefficients(BANDS))
    np.testing.assert_allclose(factor, 1.0, rtol=1e-14)
    np.testing.assert_allclose(sigma, 0.0, atol=1e-14)


@given(st.floats(0, 80), st.floats(0, 30), st.floats(5, 85), st.sampled_from(CLASSES))
def test_what_the_function_does_is_undone(i: float, e: float, g: float, albedo: str) -> None:
    """A surface of known reflectance, seen at i, e, g by the equations of the docstring."""
    truth = np.linspace(0.05, 0.2, BANDS.size)
    b0, h, c, gamma = phase_coefficients(BANDS).central[CLASSES.index(albedo)]
    seen = truth * disk_function(i, e, g) / disk_function(*STANDARD)
    seen = seen * phase_function(g, b0, h, c, gamma) / phase_function(30.0, b0, h, c, gamma)
    out = normalise(observed(seen[:, None], i, e, g), albedo)  # type: ignore[arg-type]
    np.testing.assert_allclose(out.reflectance[:, 0], truth, rtol=1e-12)
    assert out.reflectance.attrs["units"] == "1"
    assert "geometry" not in out.reflectance.attrs


def test_sigma_is_that_of_a_simulation() -> None:
    """Coefficients drawn from their sigmas spread the factor as much as is said."""
    cls, angles = 1, tuple(np.array([a]) for a in (60.0, 0.0, 60.0))
    at = phase_coefficients(np.array([749.0, 1548.0]))
    _, sigma = correction(angles, np.array([cls]), at)
    rng = np.random.default_rng(5)
    drawn = rng.normal(at.central[cls], at.sigmas[cls], (4000, 4, 2))
    b0, h, c, gamma = drawn.transpose(1, 0, 2)
    ratio = phase_function(30.0, b0, h, c, gamma) / phase_function(60.0, b0, h, c, gamma)
    spread = ratio.std(axis=0) / ratio.mean(axis=0)
    np.testing.assert_allclose(sigma[:, 0], spread, rtol=0.1)


def test_given_sigma_is_added_in_quadrature() -> None:
    ds = observed(np.full((6, 2), 0.1), *STANDARD)
    ds = ds.assign(reflectance_1s=(("band", "point"), np.full((6, 2), 0.003)))
    np.testing.assert_allclose(normalise(ds).reflectance_1s, 0.003)
    ds = observed(np.full((6, 2), 0.1), 60.0, 0.0, 60.0)
    alone = normalise(ds)
    ds = ds.assign(reflectance_1s=(("band", "point"), np.full((6, 2), 0.003)))
    both = normalise(ds)
    scaled = 0.003 * alone.reflectance / 0.1
    np.testing.assert_allclose(
        both.reflectance_1s, np.hypot(alone.reflectance_1s, scaled), rtol=1e-9
    )


@pytest.mark.parametrize(
    ("angles", "flag"),
    [
        ((30.0, 0.0, 30.0), 0),
        ((90.0, 0.0, 60.0), 1),
        ((95.0, 0.0, 80.0), 1),
        ((30.0, 90.0, 60.0), 1),
        ((np.nan, 0.0, 30.0), 1),
        ((30.0, 0.0, np.nan), 2),
        ((2.0, 0.0, 2.0), 2),
        ((89.0, 5.0, 86.0), 2),
    ],
)
def test_what_cannot_be_corrected_is_nan_and_says_why(
    angles: tuple[float, float, float], flag: int
) -> None:
    assert int(photometry_flag(*angles)) == flag
    out = normalise(observed(np.full((6, 1), 0.1), *angles))
    assert out.photometry_flag.to_numpy().tolist() == [flag]
    assert np.isfinite(out.reflectance).all() == (flag == 0)
    assert out.photometry_flag.attrs["flag_values"] == [0, 1, 2]


def test_bands_that_are_not_covered_are_left_out_and_named() -> None:
    bands = np.array([414.0, 749.0, 1548.0, 2000.0])
    out = normalise(observed(np.full((4, 1), 0.1), *STANDARD, bands))
    assert out.wavelength_nm.to_numpy().tolist() == [749.0, 1548.0]
    assert out.attrs["bands_missing"] == [414.0, 2000.0]
    with pytest.raises(BandError, match="no band is within"):
        normalise(observed(np.full((1, 1), 0.1), *STANDARD, bands[:1]))


def test_lazy_and_eager_agree() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(0.02, 0.3, (6, 40, 30)).astype("float32")
    angles = {
        "incidence_deg": rng.uniform(0, 95, (40, 30)),
        "emission_deg": rng.uniform(0, 40, (40, 30)),
        "phase_deg": rng.uniform(0, 90, (40, 30)),
        "lat": rng.uniform(-90, 90, (40, 30)),
        "lon": rng.uniform(-180, 360, (40, 30)),
    }
    eager = make_spectra(values, BANDS, **angles)
    lazy_angles = {name: da.from_array(a, chunks=(16, 30)) for name, a in angles.items()}
    lazy = make_spectra(da.from_array(values, chunks=(3, 20, 15)), BANDS, **lazy_angles)
    for ds in (eager, lazy):
        ds["reflectance"].attrs["geometry"] = "observed"
    out = normalise(lazy)
    assert isinstance(out.reflectance.data, da.Array)
    assert isinstance(out.photometry_flag.data, da.Array)
    np.testing.assert_allclose(out.reflectance, normalise(eager).reflectance, rtol=1e-5)
    np.testing.assert_array_equal(out.photometry_flag, normalise(eager).photometry_flag)


def test_what_is_missing_is_told() -> None:
    ds = observed(np.full((6, 1), 0.1), *STANDARD)
    done = normalise(ds)
    with pytest.raises(InputError, match="not marked as observed"):
        normalise(done)
    with pytest.raises(InputError, match=r"needs the coordinate\(s\) lat"):
        normalise(ds.drop_vars("lat"))
    assert np.isfinite(normalise(ds.drop_vars(["lat", "lon"]), "high").reflectance).all()
    with pytest.raises(InputError, match="phase_deg"):
        normalise(ds.drop_vars("phase_deg"), "high")
    with pytest.raises(UnknownNameError, match="albedo class 'bright'"):
        normalise(ds, "bright")  # type: ignore[arg-type]


# -- radiance ----------------------------------------------------------------------------------


def test_a_perfect_diffuser_facing_the_sun_has_a_factor_of_one() -> None:
    """Its radiance is F / (π d²)."""
    bands, widths = np.array([749.0, 1548.0]), np.array([12.0, 48.0])
    radiance = solar_irradiance(bands, widths) / np.pi / 1.01**2
    ds = make_spectra(radiance[:, None], bands).rename(reflectance="radiance")
    ds["radiance"].attrs = {"units": "W m-2 sr-1 um-1"}
    ds.attrs["solar_distance_au"] = 1.01
    np.testing.assert_allclose(radiance_factor(ds).reflectance, 1.0, rtol=1e-12)
    with pytest.raises(InputError, match="solar_distance_au"):
        radiance_factor(ds.assign_attrs({}).drop_attrs())
    ds["radiance"].attrs = {"units": "W/m2"}
    with pytest.raises(InputError, match="'W/m2'"):
        radiance_factor(ds)


def test_the_sun_shines_as_a_body_of_its_temperature() -> None:
    """Between 400 and 3150 nm it gives what a black body of 5772 K gives, and up to 6 % more.

    More, because lines take away ultraviolet for which the rest makes up. The nominal solar
    constant (1361 W m-2) and temperature are those of IAU 2015 Resolution B3.
    """
    edges = np.linspace(400.0, 3150.0, 276)
    centres, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    ours = solar_irradiance(centres, np.full(centres.size, width)).sum() * width / 1000
    metres = centres * 1e-9
    planck = 2 * constants.h * constants.c**2 / metres**5
    planck /= np.expm1(constants.h * constants.c / (metres * constants.k * 5772.0))
    share = np.pi * planck.sum() * width * 1e-9 / (constants.sigma * 5772.0**4)
    assert 1.0 < ours / (1361.0 * share) < 1.06


def test_the_solar_spectrum_has_its_ends() -> None:
    with pytest.raises(BandError, match="does not cover the band at 300 nm"):
        solar_irradiance([300.0], [10.0])


@pytest.mark.skipif(not (ORIGINALS / "sp").is_dir(), reason="original SP scenes are not here")
@pytest.mark.parametrize(("albedo", "name"), [("high", "REF1"), ("low", "REF2")])
def test_radiance_of_sp_becomes_its_archived_reflectance(albedo: str, name: str) -> None:
    """Three scenes at i of 22, 61 and 65: one factor of wavelength (the Sun), the same in all."""
    left = []
    for scene in (
        "SP_2C_02_05882_S278_E1660",
        "SP_2C_02_05890_S040_E1581",
        "SP_2C_02_02358_S138_E3586",
    ):
        path = ORIGINALS / "sp" / f"{scene}.spc"
        label, data = kaguya_sp._load(path)
        geometry = kaguya_sp._ancillary(label, data)
        rows = geometry["lat"].size
        wavelength = kaguya_sp._wavelength(label, data)
        keep = [int(np.abs(wavelength - band).argmin()) for band in (752.8, 896.6, 1244.0, 1547.7)]
        radiance = kaguya_sp._counts(label, data, "SP_SPECTRUM_RAD", rows)[:, keep].T
        archived = kaguya_sp._counts(label, data, f"SP_SPECTRUM_{name}", rows)[:, keep].T
        ds = make_spectra(radiance, wavelength[keep], **geometry).rename(reflectance="radiance")
        ds["radiance"].attrs = {"units": "W m-2 sr-1 um-1"}
        ds.attrs["solar_distance_au"] = label.number("MOON_SUN_DISTANCE") / 149597870.7
        out = normalise(radiance_factor(ds, [6.0, 6.0, 8.0, 8.0]), albedo)  # type: ignore[arg-type]
        left.append(np.nanmedian(out.reflectance.to_numpy() / archived, axis=1))
    np.testing.assert_allclose(left, 1.0, atol=0.03)
    assert (np.ptp(left, axis=0) < 0.004).all()


# -- tables ------------------------------------------------------------------------------------

TABLES = ("photometry_phase", "photometry_albedo_class", "photometry_solar")
STORED = Path(__file__).parents[2] / "src" / "farside" / "datasets" / "tables"


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_those_of_their_sidecars(name: str) -> None:
    about = sidecar(name)
    assert sha256_file(STORED / f"{name}.csv") == about["sha256"]
    assert all(source.get("doi") or source.get("url") for source in about["sources"])


def test_every_row_of_the_class_map_is_a_circle_of_latitude() -> None:
    grid = load_albedo_classes()
    assert grid.shape == (360, 720)
    assert set(np.unique(grid)) == {0, 1, 2}


@pytest.mark.skipif(not (ORIGINALS / "sp").is_dir(), reason="original coefficients are not here")
def test_deriving_anew_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "scripts"))
    try:
        import derive_photometry  # noqa: PLC0415
        import derive_spectra_common  # noqa: PLC0415

        monkeypatch.setattr(derive_spectra_common, "TABLES", tmp_path)
        source = ORIGINALS / "sp" / "photometry"
        derive_photometry.phase_functions(source)
        derive_photometry.albedo_classes(source)
        derive_photometry.solar_spectrum(source)
    finally:
        for module in [key for key in sys.modules if key.startswith("derive_")]:
            del sys.modules[module]
    for name in TABLES:
        for suffix in ("csv", "json"):
            again = (tmp_path / f"{name}.{suffix}").read_bytes()
            assert again == (STORED / f"{name}.{suffix}").read_bytes(), f"{name}.{suffix}"
