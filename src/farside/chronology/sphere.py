"""Areas on the sphere: polygons whose sides are arcs of great circles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from farside.constants import MEAN_RADIUS
from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

RADIUS_KM = MEAN_RADIUS.value / 1000.0
FULL = 2 * np.pi
_BLOCK = 2_000_000  # point-side pairs at a time: some 100 MB
_LARGEST_LON = 540.0  # 0..360 and -180..180 occur, and lines that run on across their end
_FAR_DEG = 80.0  # a gnomonic plane shows less than a hemisphere


@dataclass(frozen=True)
class Ring:
    """A closed line of great-circle arcs: longitudes and latitudes of its corners in degrees.

    The first corner is not repeated at the end. A hole is cut out of the rings around it.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    hole: bool = False

    def __post_init__(self) -> None:
        lon, lat = self.lon, self.lat
        if len(lon) != len(lat) or not (np.isfinite(lon).all() and np.isfinite(lat).all()):
            raise InputError("a polygon has a corner without a finite longitude and latitude.")
        if lat.size and (np.abs(lat) > 90).any():
            raise InputError(
                f"a polygon has a latitude of {lat[np.abs(lat).argmax()]:g} deg; it must be "
                "-90 to 90."
            )
        if lon.size and np.abs(lon).max() > _LARGEST_LON:
            raise InputError(
                f"a polygon has a longitude of {lon[np.abs(lon).argmax()]:g} deg; these look like "
                "metres of a map: give degrees, or a .prj that names the projection."
            )
        if len(set(zip(lon.tolist(), lat.tolist(), strict=True))) < 3:
            raise InputError("a polygon needs at least three different corners.")

    @cached_property
    def _turn(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude steps of the sides, -pi..pi, and the integral of sin(latitude) along them."""
        step = np.diff(np.append(self.lon, self.lon[0]))
        step = np.radians((step + 180.0) % 360.0 - 180.0)
        half = np.tan(np.radians(self.lat) / 2)
        other = np.roll(half, -1)
        # spherical excess between a side and the equator (Bevis and Cambareri 1987, eq. 3)
        t = np.tan(step / 2)
        return step, 2 * np.arctan(t * (half + other) / (1 + half * other))

    @cached_property
    def _poles(self) -> tuple[float, bool]:
        """Area in steradians, and whether the north pole is inside."""
        step, excess = self._turn
        turns, strip = step.sum(), excess.sum()
        if abs(turns) < np.pi:
            return min(abs(strip), 2 * FULL - abs(strip)), False
        around_north = FULL - strip * np.sign(turns)
        return min(around_north, 2 * FULL - around_north), bool(around_north <= FULL)

    @property
    def steradian(self) -> float:
        """Area in steradians; of the two parts of the sphere, the smaller."""
        return float(self._poles[0])

    def crossing(self) -> tuple[float, float] | None:
        """Return longitude and latitude of a corner before a side that crosses another, or None.

        Two arcs cross when each one's ends lie on both sides of the other's great circle, and the
        arcs lie in one hemisphere. Sides that only touch do not cross.
        """
        a = unit_vectors(self.lon, self.lat)
        b = np.roll(a, -1, axis=0)
        normal, middle = np.cross(a, b), a + b
        block = max(1, _BLOCK // len(a))
        for start in range(0, len(a), block):
            part = slice(start, start + block)
            ends = _beside(normal[part] @ a.T, normal[part] @ b.T)
            own = _beside(normal @ a[part].T, normal @ b[part].T).T
            crossed = ends & own & (middle[part] @ middle.T > 0)
            if crossed.any():
                i = start + int(np.flatnonzero(crossed.any(axis=1))[0])
                return float(self.lon[i]), float(self.lat[i])
        return None

    @property
    def perimeter_rad(self) -> float:
        """Length of the line in radians."""
        lon, lat = np.append(self.lon, self.lon[0]), np.append(self.lat, self.lat[0])
        return float(arc(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Return whether points lie inside: sides crossed on the way to the north pole, odd."""
        lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
        out = np.empty(lon.shape, dtype=bool)
        block = max(1, _BLOCK // len(self.lon))
        for start in range(0, lon.size, block):
            part = slice(start, start + block)
            out[part] = self._crossings(lon[part], lat[part]) % 2 == 1
        return out ^ self._poles[1]

    def _crossings(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        step = self._turn[0]
        along = np.radians((lon[:, None] - self.lon + 180.0) % 360.0 - 180.0)
        below = np.minimum(step, 0.0)
        crossed = (along >= below) & (along < np.maximum(step, 0.0))
        tan = np.tan(np.radians(self.lat))
        with np.errstate(divide="ignore", invalid="ignore"):
            height = (tan * np.sin(step - along) + np.roll(tan, -1) * np.sin(along)) / np.sin(step)
        north = height > np.tan(np.radians(lat))[:, None]
        return np.asarray((crossed & north).sum(axis=1))


def _beside(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether two ends lie on both sides of a great circle, neither of them on it."""
    on = 1e-15  # rounding of a product of unit vectors
    return (first * second < 0) & (np.abs(first) > on) & (np.abs(second) > on)


def arc(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> NDArray[np.float64]:
    """Return the great-circle distance in radians between points in degrees (haversine)."""
    a, b, c, d = (np.radians(np.asarray(x, dtype=float)) for x in (lon1, lat1, lon2, lat2))
    h = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return np.asarray(2 * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))))


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Return points in degrees as unit vectors, shape (n, 3)."""
    x, y = np.radians(np.asarray(lon, dtype=float)), np.radians(np.asarray(lat, dtype=float))
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1)


def lon_lat(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude in degrees of vectors, shape (n, 3)."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


@dataclass(frozen=True)
class Area:
    """A counting area: rings on a sphere, with holes.

    Parameters
    ----------
    rings : outer rings and holes
    radius_km : of the sphere
    """

    rings: tuple[Ring, ...]
    radius_km: float = RADIUS_KM

    @property
    def area_km2(self) -> float:
        """Area of the rings less their holes, km2; overlap is counted twice (see `merged`)."""
        total = sum(-r.steradian if r.hole else r.steradian for r in self.rings)
        return float(total) * self.radius_km**2

    @property
    def perimeter_km(self) -> float:
        """Length of all rings, km."""
        return sum(r.perimeter_rad for r in self.rings) * self.radius_km

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Return whether points in degrees lie in a ring and in none of the holes."""
        inside = np.zeros(np.shape(lon), dtype=bool)
        holes = np.zeros(np.shape(lon), dtype=bool)
        for ring in self.rings:
            if ring.hole:
                holes |= ring.contains(lon, lat)
            else:
                inside |= ring.contains(lon, lat)
        return inside & ~holes

    def distance_km(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Return the distance of points from the nearest side, km, without sign."""
        points = unit_vectors(lon, lat)
        best = np.full(len(points), np.inf)
        for ring in self.rings:
            start = unit_vectors(ring.lon, ring.lat)
            for a, b in zip(start, np.roll(start, -1, axis=0), strict=True):
                best = np.minimum(best, _to_side(points, a, b))
        return best * self.radius_km

    # -- what needs a plane --------------------------------------------------------------------

    @cached_property
    def _frame(self) -> tuple[NDArray[np.float64], float]:
        """Rows: two directions in the plane and the middle of the area; its reach in radians."""
        corners = np.concatenate([unit_vectors(r.lon, r.lat) for r in self.rings])
        middle = corners.min(axis=0) + corners.max(axis=0)
        middle /= np.linalg.norm(middle)
        east = np.cross([0.0, 0.0, 1.0], middle)
        if np.linalg.norm(east) < 1e-9:
            east = np.array([1.0, 0.0, 0.0])
        east /= np.linalg.norm(east)
        reach = float(np.arccos(np.clip(corners @ middle, -1, 1)).max())
        if np.degrees(reach) > _FAR_DEG:
            raise InputError(
                f"the area reaches {np.degrees(reach):.0f} deg from its middle; areas of up to "
                f"{_FAR_DEG:.0f} deg can be merged or sampled: split it, or give its size in km2."
            )
        return np.stack([east, np.cross(middle, east), middle]), reach

    def middle(self) -> tuple[NDArray[np.float64], float]:
        """Return a unit vector amid the area and the angle from it that holds all, radians."""
        frame, reach = self._frame
        return frame[2], reach

    @cached_property
    def _plane(self) -> object:
        """The union of the rings less the holes, in the gnomonic plane, where arcs are straight."""
        import shapely  # noqa: PLC0415 - one age from the command line needs none

        def polygon(ring: Ring) -> object:
            x, y, z = self._frame[0] @ unit_vectors(ring.lon, ring.lat).T
            return shapely.make_valid(shapely.Polygon(np.stack([x / z, y / z], axis=1)))

        outer = shapely.union_all([polygon(r) for r in self.rings if not r.hole])
        holes = shapely.union_all([polygon(r) for r in self.rings if r.hole])
        return shapely.difference(outer, holes)

    def merged(self) -> Area:
        """Return the area with overlapping polygons joined, so that no ground counts twice."""
        import shapely  # noqa: PLC0415

        rings = []
        for part in shapely.get_parts(self._plane):
            if part.geom_type != "Polygon" or part.is_empty:
                continue
            rings.append(self._back(part.exterior, hole=False))
            rings.extend(self._back(line, hole=True) for line in part.interiors)
        return Area(tuple(rings), self.radius_km)

    def _back(self, line: object, *, hole: bool) -> Ring:
        import shapely  # noqa: PLC0415

        xy = shapely.get_coordinates(line)[:-1]
        vectors = np.column_stack([xy, np.ones(len(xy))]) @ self._frame[0]
        return Ring(*lon_lat(vectors), hole)

    def sample(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return `n` unit vectors drawn evenly over the area, shape (n, 3)."""
        import shapely  # noqa: PLC0415

        frame, reach = self._frame
        shapely.prepare(self._plane)
        found: list[NDArray[np.float64]] = []
        have, tried = 0, 0
        while have < n:
            share = max(have / tried, 1e-3) if tried else 0.5
            m = int((n - have) / share * 1.1) + 64
            z = 1 - rng.uniform(0, 1 - np.cos(reach), m)
            turn = rng.uniform(0, FULL, m)
            flat = np.sqrt(1 - z**2)
            local = np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)
            inside = shapely.contains_xy(self._plane, local[:, 0] / z, local[:, 1] / z)
            found.append(local[inside] @ frame)
            have += int(inside.sum())
            tried += m
            if tried > 1000 * n + 100_000 and have == 0:
                raise InputError("the counting area has no inside to draw points from.")
        return np.concatenate(found)[:n]


def _to_side(
    points: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the angle of points from the arc a-b, radians."""
    normal = np.cross(a, b)
    length = np.linalg.norm(normal)
    ends = np.minimum(
        2 * np.arcsin(np.clip(np.linalg.norm(points - a, axis=1) / 2, 0, 1)),
        2 * np.arcsin(np.clip(np.linalg.norm(points - b, axis=1) / 2, 0, 1)),
    )
    if length < 1e-15:
        return np.asarray(ends)
    normal = normal / length
    beside = ((points @ np.cross(normal, a)) >= 0) & ((points @ np.cross(b, normal)) >= 0)
    return np.where(beside, np.abs(np.arcsin(np.clip(points @ normal, -1, 1))), ends)
