"""Grids of the crust's thickness: exact means, both formats, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import xarray as xr
from rasterio.transform import Affine
from typer.testing import CliRunner

from farside.cli.app import app
from farside.datasets import load_cells_5deg
from farside.errors import InputError
from farside.geography.projections import lunar_crs
from farside.interior.crust import cell_thickness
from farside.interior.crust_grid import grid_thickness
from farside.interior.volcanism import mare_test
from farside.report.findings import findings

if TYPE_CHECKING:
    from pathlib import Path

CELLS = load_cells_5deg()
LAT, LON = np.arange(89.75, -90, -0.5), np.arange(-179.75, 180, 0.5)


def from_bounds(*box: float) -> Affine:
    """Return the transform of a grid of (west, south, east, north, width, height)."""
    west, south, east, north, width, height = box
    return Affine((east - west) / width, 0, west, 0, (south - north) / height, north)


def write(path: Path, values: np.ndarray, **about: Any) -> Path:
    """Write a GeoTIFF of the whole Moon in degrees, or as told."""
    height, width = values.shape[-2:]
    options = {
        "crs": lunar_crs("geographic"),
        "transform": from_bounds(-180, -90, 180, 90, width, height),
        "count": values.shape[0] if values.ndim == 3 else 1,
    } | about
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, dtype="float32", **options
    ) as out:
        out.write(values.astype("float32") if values.ndim == 3 else values[None].astype("float32"))
    return path


def by_latitude() -> np.ndarray:
    """Return a thickness that rises with the sine of latitude."""
    return np.repeat(40 + 10 * np.sin(np.radians(LAT))[:, None], LON.size, axis=1)


def expected() -> np.ndarray:
    """Return the exact mean of 40 + 10 sin(lat) over each cell: by area the mean of the sines."""
    south, north = (np.sin(np.radians(CELLS[c])) for c in ("lat_min", "lat_max"))
    return np.asarray(40 + 10 * (south + north) / 2)


def test_means_over_cells_are_exact_in_degrees(tmp_path: Path) -> None:
    found = grid_thickness(write(tmp_path / "a.tif", by_latitude()))
    np.testing.assert_allclose(found, expected(), atol=0.01)


def test_longitudes_from_0_to_360_are_the_same_ground(tmp_path: Path) -> None:
    rising = np.repeat((LON[None] + 180) / 9, LAT.size, axis=0)  # 0 to 40 km from 180 W to 180 E
    one = write(tmp_path / "a.tif", rising)
    turned = np.roll(rising, -360, axis=1)
    two = write(tmp_path / "b.tif", turned, transform=from_bounds(0, -90, 360, 90, 720, 360))
    np.testing.assert_allclose(grid_thickness(one), grid_thickness(two), atol=1e-4)


def test_a_projected_grid_is_the_same_ground(tmp_path: Path) -> None:
    edge = np.pi * 1_737_400.0
    path = write(
        tmp_path / "a.tif",
        by_latitude(),
        crs=lunar_crs("equirectangular"),
        transform=from_bounds(-edge, -edge / 2, edge, edge / 2, LON.size, LAT.size),
    )
    np.testing.assert_allclose(grid_thickness(path), expected(), atol=0.01)


def test_netcdf_with_lines_on_the_poles(tmp_path: Path) -> None:
    lat, lon = np.linspace(-90, 90, 181), np.linspace(-180, 179, 360)
    km = np.repeat(40 + 10 * np.sin(np.radians(lat))[:, None], lon.size, axis=1)
    ds = xr.Dataset(
        {"thickness": (("lat", "lon"), km, {"units": "km"})},
        {"lat": ("lat", lat, {"units": "degrees_north"}),
         "lon": ("lon", lon, {"units": "degrees_east"})},
    )  # fmt: skip
    ds.to_netcdf(tmp_path / "a.nc", engine="scipy")
    # lines lie on the edges of cells, so that a mean is off by half a line: 0.09 km at the most
    np.testing.assert_allclose(grid_thickness(tmp_path / "a.nc"), expected(), atol=0.1)


def test_a_grid_replaces_isostasy_in_the_finding(tmp_path: Path) -> None:
    """A basin whose crust is as thick as the highlands' leaves no mare foretold there."""
    own = cell_thickness(CELLS)
    path = write(tmp_path / "thick.tif", np.full((LAT.size, LON.size), 60.0))
    with pytest.raises(InputError, match="converge"):
        # one thickness everywhere foretells nothing
        findings(("crust-volcanism",), crust=path)
    near = np.abs(LON) < 90
    values = np.where(near, 25 + 10 * np.sin(np.radians(3 * LAT))[:, None], 60.0)
    found = findings(("crust-volcanism",), crust=write(tmp_path / "sides.tif", values)).findings[0]
    assert "60 km as given" in found.why
    assert "input: crust" in found.data
    plain = findings(("crust-volcanism",)).findings[0]
    assert plain.parts[0].value == mare_test(thickness_km=own).explained
    assert found.parts[0].value != plain.parts[0].value


def _regional(path: Path) -> Path:
    return write(path, by_latitude()[:180], transform=Affine(0.5, 0, -180, 0, -0.5, 90))


BAD = {
    "in metres": (lambda p: write(p, 1000 * by_latitude()), "up to 200 km"),
    "negative": (lambda p: write(p, -by_latitude()), "from 0 up to 200 km"),
    "missing": (lambda p: write(p, np.where(LAT[:, None] > 80, np.nan, by_latitude())), "nan km"),
    "marked missing": (
        lambda p: write(p, np.where(LAT[:, None] > 80, -1, by_latitude()), nodata=-1), "nan km",
    ),
    "two bands": (lambda p: write(p, np.stack([by_latitude()] * 2)), "2 bands"),
    "no place": (lambda p: write(p, by_latitude(), crs=None, transform=Affine.identity()),
                 "where it lies"),
    "half the Moon": (_regional, "no pixel in the cell"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_is_no_grid_is_refused(what: str, tmp_path: Path) -> None:
    make, says = BAD[what]
    with pytest.raises(InputError, match=says):
        grid_thickness(make(tmp_path / "a.tif"))


def test_files_that_are_no_grids_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("lat,lon,km\n")
    for path in (tmp_path / "a.tif", tmp_path / "none.tif", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            grid_thickness(path)


def test_the_command_takes_a_grid_and_says_what_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path / "m.tif", 1000 * by_latitude())
    done = CliRunner().invoke(app, ["findings", "crust-volcanism", "--crust", str(path)])
    assert done.exit_code != 0
    other = CliRunner().invoke(app, ["findings", "kreep", "--crust", str(path)])
    assert other.exit_code != 0
