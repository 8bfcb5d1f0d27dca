"""The grid of a map: coordinate system, transform and size, and what is known of its pixels.

A tile may be drawn in any lunar coordinate system. What a mosaic, a catalogue and a comparison
need of it stands here: where its pixels lie in longitude and latitude, how large they are on the
sphere, and by what step in x the Moon repeats itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import rioxarray  # noqa: F401 - gives datasets their .rio
from affine import Affine
from rasterio.crs import CRS

from farside.constants import MAP_RADIUS, MEAN_RADIUS
from farside.errors import InputError
from farside.geography.projections import CODES, lunar_crs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from numpy.typing import NDArray

    from farside.oxides.training import Float

RADIUS_TOLERANCE = 3000.0
"""m. Spheres and spheroids of the Moon in use run from the polar 1736.0 to the equatorial 1738.1
km (NASA Moon fact sheet, Williams 2021); the Earth is 4 600 km away."""


@dataclass(frozen=True)
class MapGrid:
    """Rows and columns of pixels in a coordinate system.

    Parameters
    ----------
    crs : lunar
    transform : of column and row (of a pixel's corner) to x and y
    height, width : pixels
    """

    crs: CRS
    transform: Affine
    height: int
    width: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in units of the coordinate system."""
        x0, y0 = self.transform.c, self.transform.f
        x1, y1 = x0 + self.width * self.transform.a, y0 + self.height * self.transform.e
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    @property
    def resolution(self) -> float:
        """Width of a pixel in units of the coordinate system."""
        return float(abs(self.transform.a))

    @property
    def resolution_m(self) -> float:
        """Width of a pixel in m, on the equator for degrees."""
        scale = np.radians(1.0) * MAP_RADIUS.value if self.crs.is_geographic else 1.0
        return self.resolution * float(scale)

    def part(self, rows: slice, columns: slice) -> MapGrid:
        """Return the grid of some rows and columns, both with start and stop."""
        t = self.transform
        corner = t.c + columns.start * t.a, t.f + rows.start * t.e
        moved = Affine(t.a, 0.0, corner[0], 0.0, t.e, corner[1])
        return MapGrid(self.crs, moved, rows.stop - rows.start, columns.stop - columns.start)

    def shifted(self, dx: float) -> MapGrid:
        """Return the grid moved by `dx` in x."""
        t = self.transform
        moved = Affine(t.a, 0.0, t.c + dx, 0.0, t.e, t.f)
        return MapGrid(self.crs, moved, self.height, self.width)

    def windows(self, size: int) -> Iterator[tuple[slice, slice]]:
        """Yield rows and columns of blocks of at most `size` pixels a side, row by row."""
        for top in range(0, self.height, size):
            for left in range(0, self.width, size):
                yield (
                    slice(top, min(top + size, self.height)),
                    slice(left, min(left + size, self.width)),
                )

    def lattice(self, points: int) -> tuple[Float, Float]:
        """Return x and y, each (points, points), spread evenly from edge to edge."""
        x = self.transform.c + np.linspace(0, self.width, points) * self.transform.a
        y = self.transform.f + np.linspace(0, self.height, points) * self.transform.e
        xx, yy = np.meshgrid(x, y)
        return np.asarray(xx, np.float64), np.asarray(yy, np.float64)

    def pixel_of(self, x: Float, y: Float) -> tuple[Float, Float]:
        """Return column and row, in fractions from the first pixel's corner, of points."""
        return (x - self.transform.c) / self.transform.a, (y - self.transform.f) / self.transform.e

    def centres(self) -> tuple[Float, Float]:
        """Return x (width,) and y (height,) of the pixels' middles."""
        return self._places(0.5, 0)

    def _places(self, off: float, more: int) -> tuple[Float, Float]:
        x = self.transform.c + (np.arange(self.width + more) + off) * self.transform.a
        y = self.transform.f + (np.arange(self.height + more) + off) * self.transform.e
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def lonlat(self, *, corners: bool = False) -> tuple[Float, Float]:
        """Return longitude and latitude in degrees of the pixels' middles or corners.

        Parameters
        ----------
        corners : of the (height + 1, width + 1) corners instead of the (height, width) middles
        """
        x, y = self._places(0.0, 1) if corners else self.centres()
        shape = (y.size, x.size)
        to = _to_geographic(self.crs.to_wkt())
        if period(self.crs) is None:
            lon, lat = to.transform(*np.meshgrid(x, y))
            return np.asarray(lon), np.asarray(lat)
        # Meridians and parallels are straight: one row and one column tell all.
        middle_y, middle_x = np.full(x.size, y[y.size // 2]), np.full(y.size, x[x.size // 2])
        lon, lat = to.transform(x, middle_y)[0], to.transform(middle_x, y)[1]
        return np.broadcast_to(lon[None, :], shape), np.broadcast_to(lat[:, None], shape)

    def areas(self) -> Float:
        r"""Return the area of each pixel in km2, shape (height, width).

        The area of the quadrilateral of its corners in the plane of :math:`(\lambda, \sin\varphi)`,
        which keeps areas: exact where pixels are bounded by meridians and parallels.
        """
        lon, lat = self.lonlat(corners=True)
        height = np.sin(np.radians(lat))
        east = _unturned(lon[:-1, 1:] - lon[:-1, :-1]), _unturned(lon[1:, 1:] - lon[:-1, :-1])
        south = _unturned(lon[1:, :-1] - lon[:-1, :-1])
        up = [height[:-1, :-1], height[:-1, 1:], height[1:, 1:], height[1:, :-1]]
        lons = [np.zeros_like(south), east[0], east[1], south]
        twice = sum(lons[k] * up[k - 3] - lons[k - 3] * up[k] for k in range(4))
        return np.asarray((MEAN_RADIUS.value / 1000) ** 2 * np.radians(np.abs(twice)) / 2)

    @cached_property
    def holds_pole(self) -> tuple[bool, bool]:
        """Whether the south and the north pole lie on the grid, for maps of the polar kind."""
        if period(self.crs) is not None:
            return False, False
        west, south, east, north = self.bounds
        held = []
        for lat in (-90.0, 90.0):
            x, y = _to_geographic(self.crs.to_wkt()).transform(0.0, lat, direction="INVERSE")
            held.append(bool(west <= x <= east and south <= y <= north))
        return held[0], held[1]


def _unturned(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return differences of longitude as -180 to 180 degrees."""
    return np.asarray((degrees + 180.0) % 360.0 - 180.0)


@cache
def _to_geographic(wkt: str) -> pyproj.Transformer:
    source = pyproj.CRS.from_wkt(wkt)
    # The geographic system of the map's own sphere: latitude and longitude are then the same
    # numbers on each lunar sphere, and no shift between spheres is sought.
    return pyproj.Transformer.from_crs(source, source.geodetic_crs, always_xy=True)


@cache
def _period(wkt: str) -> float | None:
    crs = pyproj.CRS.from_wkt(wkt)
    if crs.is_geographic:
        return 360.0
    operation = crs.coordinate_operation
    name = operation.method_name.lower() if operation is not None else ""
    if "equidistant cylindrical" not in name and "equirectangular" not in name:
        return None
    middle = next(
        (p.value for p in operation.params if "longitude" in p.name.lower()),
        0.0,
    )
    to = _to_geographic(wkt)
    x = [to.transform(middle + turn, 0.0, direction="INVERSE")[0] for turn in (-45.0, 45.0)]
    return float(4.0 * (x[1] - x[0]))


@cache
def _between(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def transform_points(source: CRS, target: CRS, x: Float, y: Float) -> tuple[Float, Float]:
    """Return points of one system in another, x or longitude first; inf where there is none."""
    if source == target:
        return x, y
    tx, ty = _between(source.to_wkt(), target.to_wkt()).transform(x, y)
    return np.asarray(tx), np.asarray(ty)


def central_x(crs: CRS) -> float:
    """Return the x of the central meridian of a system that repeats itself (see `period`)."""
    return 0.0 if crs.is_geographic else float(crs.to_dict().get("x_0", 0.0))


def period(crs: CRS) -> float | None:
    """Return the step in x after which a map shows the same place, None where there is none.

    Parameters
    ----------
    crs : 360 for degrees, the length of the equator as drawn for an equirectangular map
    """
    return _period(crs.to_wkt())


def require_lunar(crs: CRS | None, what: str) -> CRS:
    """Return the coordinate system, if it is one of the Moon.

    Parameters
    ----------
    crs : any
    what : it belongs to, for the message

    Raises
    ------
    InputError
        when there is none, or its sphere is not the Moon's
    """
    if crs is None:
        raise InputError(
            f"{what} has no coordinate system; write one, such as IAU_2015:30110, with "
            "ds.rio.write_crs(farside.geography.projections.lunar_crs('equirectangular'))."
        )
    known = pyproj.CRS.from_wkt(crs.to_wkt())
    radius = known.ellipsoid.semi_major_metre if known.ellipsoid is not None else float("nan")
    if not abs(radius - MAP_RADIUS.value) <= RADIUS_TOLERANCE:
        raise InputError(
            f"{what} is in {known.name!r}, on a sphere of {radius / 1000:.1f} km; that is not the "
            f"Moon ({MAP_RADIUS.value / 1000:.1f} km). Use a lunar system such as IAU_2015:30110 "
            "(equirectangular, m) or IAU_2015:30100 (degrees)."
        )
    return crs


def read_crs(given: str | None) -> CRS | None:
    """Return the lunar coordinate system of a name or code; None stays None.

    Parameters
    ----------
    given : a name of `farside.geography.projections.CODES`, or what rasterio reads, such as
        ``IAU_2015:30110`` or WKT

    Raises
    ------
    InputError
        when it cannot be read or is not of the Moon
    UnknownNameError
        when it is a name, but not a known one
    """
    if given is None:
        return None
    if given.replace("_", "").isalpha():
        return lunar_crs(given)
    try:
        crs = CRS.from_user_input(given)
    except ValueError as error:  # rasterio's CRSError
        raise InputError(
            f"{given!r} is no coordinate system that can be read ({error}); give a name such as "
            "equirectangular or a code such as IAU_2015:30110."
        ) from error
    return registered(require_lunar(crs, f"the system {given!r}"))


def crs_label(crs: CRS) -> str:
    """Return the code of a coordinate system, such as ``IAU_2015:30110``, or its name."""
    code = crs.to_authority()
    return ":".join(code) if code else pyproj.CRS.from_wkt(crs.to_wkt()).name


def registered(crs: CRS) -> CRS:
    """Return the entry of the registry that a system is, or the system itself.

    Files carry systems as text in which the registry's own name is often lost.
    """
    return _registered(crs.to_wkt())


@cache
def _registered(wkt: str) -> CRS:
    given = CRS.from_wkt(wkt)
    parameters = _parameters(given)
    for name in CODES:
        known = lunar_crs(name)
        # GeoTIFF and WKT 1 lose the axes of the polar systems, but not their parameters.
        if given == known or (parameters and parameters == _parameters(known)):
            return known
    return given


def _parameters(crs: CRS) -> dict[str, object]:
    """Return the parameters of a projection; one scale at the pole is written in one way."""
    found = dict(crs.to_dict())
    if found.get("lat_ts", found.get("lat_0")) == found.get("lat_0"):
        found.pop("lat_ts", None)
    if found.get("k") == 1:
        found.pop("k")
    return found


def grid_of(ds: xr.Dataset, what: str = "the map") -> MapGrid:
    """Return the grid of a map dataset.

    Parameters
    ----------
    ds : with dimensions ``y`` and ``x``, evenly spaced coordinates and a coordinate system
    what : it is called in messages

    Raises
    ------
    InputError
        when there is no pixel, the spacing is uneven, or the coordinate system is not lunar
    """
    if not {"y", "x"} <= set(ds.dims) or min(ds.sizes["y"], ds.sizes["x"]) == 0:
        raise InputError(f"{what} holds no pixel over (y, x); it has {dict(ds.sizes)}.")
    crs = registered(require_lunar(ds.rio.crs, what))
    transform = _transform_of(ds, what)
    for name, step in (("x", transform.a), ("y", transform.e)):
        gaps = np.diff(ds[name].to_numpy().astype(float))
        if gaps.size and np.abs(gaps - step).max() > 0.01 * abs(step):
            raise InputError(f"{what} has uneven steps in {name}; a map needs pixels of one size.")
    return MapGrid(crs, transform, ds.sizes["y"], ds.sizes["x"])


def _transform_of(ds: xr.Dataset, what: str) -> Affine:
    """Return the transform that the coordinates have, or that was written where one is alone."""
    x, y = (ds[name].to_numpy().astype(float) for name in ("x", "y"))
    if min(x.size, y.size) > 1:
        dx, dy = (float(c[-1] - c[0]) / (c.size - 1) for c in (x, y))
        return Affine(dx, 0.0, float(x[0]) - dx / 2, 0.0, dy, float(y[0]) - dy / 2)
    written = ds["spatial_ref"].attrs.get("GeoTransform") if "spatial_ref" in ds.coords else None
    if written is None:
        raise InputError(
            f"{what} is one pixel wide, so that its resolution is not known; write its transform "
            "with ds.rio.write_transform."
        )
    return Affine.from_gdal(*(float(part) for part in str(written).split()))
