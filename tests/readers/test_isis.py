"""ISIS3 cubes, their labels written by hand as ISIS writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest

from farside.errors import BandError, InputError
from farside.spectra.prepare import open_image

if TYPE_CHECKING:
    from pathlib import Path

MI_NM = (414.0, 749.0, 901.0, 950.0, 1001.0)
FLOAT_SPECIAL = ("fbff7fff", "fcff7fff", "fdff7fff", "feff7fff", "ffff7fff")
"""NULL, LRS, LIS, HIS and HRS of ISIS3 in single precision, least byte first (SpecialPixel.h)."""
WORD_SPECIAL = (-32768, -32767, -32766, -32765, -32764)
"""The same as signed words."""

LABEL = """Object = IsisCube
  Object = Core
    StartByte = 1
    ^Core     = {core}
    Format    = BandSequential

    Group = Dimensions
      Samples = 4
      Lines   = 3
      Bands   = {bands}
    End_Group

    Group = Pixels
      Type       = {type}
      ByteOrder  = Lsb
      Base       = {base}
      Multiplier = {multiplier}
    End_Group
  End_Object

  Group = BandBin
    FilterName = (MV1, MV2, MV3, MV4, MV5)
{centre}
  End_Group

  Group = Mapping
    ProjectionName     = SimpleCylindrical
    CenterLongitude    = 180.0
    TargetName         = Moon
    EquatorialRadius   = 1737400.0 <meters>
    PolarRadius        = 1737400.0 <meters>
    LatitudeType       = Planetocentric
    LongitudeDirection = PositiveEast
    LongitudeDomain    = 360
    UpperLeftCornerX   = -30323.35 <meters>
    UpperLeftCornerY   = 60646.70 <meters>
    PixelResolution    = 15161.675212074741 <meters/pixel>
    Scale              = 2.0 <pixels/degree>
  End_Group
End_Object
End
"""


def cube(path: Path, values: np.ndarray, centre: str, **pixels: object) -> Path:
    """Write a detached label and its pixels."""
    kind = {"<f4": "Real", "<i2": "SignedWord"}[values.dtype.str]
    about = {"type": kind, "base": 0.0, "multiplier": 1.0, "bands": len(values)} | pixels
    path.with_suffix(".dat").write_bytes(values.tobytes())
    core = path.with_suffix(".dat").name
    path.write_text(LABEL.format(core=core, centre=f"    {centre}" if centre else "", **about))
    return path


def reflectance() -> np.ndarray:
    return np.linspace(0.05, 0.3, 60).reshape(5, 3, 4).astype("<f4")


@pytest.mark.parametrize("ending", [".lbl", ".cub"])
@pytest.mark.parametrize(
    "centre",
    [
        "Center = (414.0, 749.0, 901.0, 950.0, 1001.0) <nanometers>",
        "Center = (0.414, 0.749, 0.901, 0.950, 1.001) <micrometers>",
        "Center = (0.414, 0.749, 0.901, 0.950, 1.001) <microns>",
    ],
)
def test_bands_and_places_are_those_of_the_label(tmp_path: Path, centre: str, ending: str) -> None:
    ds = open_image(cube(tmp_path / f"a{ending}", reflectance(), centre))
    np.testing.assert_allclose(ds["wavelength_nm"], MI_NM)
    np.testing.assert_array_equal(ds["reflectance"], reflectance())
    assert ds.attrs["sensor"] == "MI"
    assert ds.attrs["product"] == "ISIS cube"
    # the first pixel's middle: three quarters of a degree west of 180 E, 1.75 N
    to = pyproj.Transformer.from_crs(
        ds.rio.crs, pyproj.CRS.from_authority("IAU_2015", 30100), always_xy=True
    )
    lon, lat = to.transform(float(ds["x"][0]), float(ds["y"][0]))
    assert (lon % 360, lat) == pytest.approx((179.25, 1.75), abs=1e-4)


def test_special_pixels_of_reals_are_missing(tmp_path: Path) -> None:
    values = reflectance()
    values[0, 0, :4] = [np.frombuffer(bytes.fromhex(h), "<f4")[0] for h in FLOAT_SPECIAL[:4]]
    values[1, 0, 0] = np.frombuffer(bytes.fromhex(FLOAT_SPECIAL[4]), "<f4")[0]
    centre = "Center = (414.0, 749.0, 901.0, 950.0, 1001.0) <nm>"
    found = open_image(cube(tmp_path / "a.cub", values, centre))["reflectance"].to_numpy()
    assert np.isnan(found[0, 0]).all()
    assert np.isnan(found[1, 0, 0])
    assert np.isfinite(found).sum() == 55
    np.testing.assert_array_equal(found[2:], values[2:])


def test_words_are_scaled_and_their_special_pixels_missing(tmp_path: Path) -> None:
    values = np.arange(2500, 2560, dtype="<i2").reshape(5, 3, 4)
    values[0, 0] = WORD_SPECIAL[:4]
    values[1, 0, 0] = WORD_SPECIAL[4]
    centre = "Center = (414.0, 749.0, 901.0, 950.0, 1001.0) <nm>"
    path = cube(tmp_path / "a.cub", values, centre, base=0.01, multiplier=2e-5)
    found = open_image(path)["reflectance"].to_numpy()
    assert np.isnan(found).sum() == 5
    np.testing.assert_allclose(found[2:], 0.01 + 2e-5 * values[2:], rtol=1e-6)


def test_bands_without_a_wavelength_are_refused_or_told_by_a_table(tmp_path: Path) -> None:
    for centre in ("", "Center = (1, 2) <nm>", "Center = (1, 2, 3, 4, 5) <furlong>"):
        path = cube(tmp_path / "a.cub", reflectance(), centre)
        with pytest.raises(BandError, match="without a wavelength"):
            open_image(path)
    table = "wavelength_nm\n" + "\n".join(map(str, MI_NM))
    (tmp_path / "a.bands.csv").write_text(table)
    np.testing.assert_array_equal(open_image(path)["wavelength_nm"], MI_NM)


def test_a_cube_cut_off_is_refused(tmp_path: Path) -> None:
    centre = "Center = (414.0, 749.0, 901.0, 950.0, 1001.0) <nm>"
    path = cube(tmp_path / "a.cub", reflectance(), centre)
    data = path.with_suffix(".dat")
    data.write_bytes(data.read_bytes()[:-4])
    with pytest.raises(InputError, match=r"up to byte 240 of a\.dat, which has 236"):
        open_image(path)
    data.unlink()
    with pytest.raises(InputError, match=r"a\.cub"):
        open_image(path)
    path.write_text("Object = IsisCube\n")
    with pytest.raises(InputError, match=r"a\.cub"):
        open_image(path)
