"""Crater counts: craters with diameters in an area, or counts in bins of diameter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.sphere import RADIUS_KM
from farside.errors import InputError, UnitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from farside.chronology.sphere import Area

MOON_KM = 2 * RADIUS_KM
MAX_COVER = 10.0
"""Craters that cover their area ten times over are no craters in km: geometric saturation, the
densest that craters can lie, covers it about once (Hartmann 1984)."""

STATED = 0.02
"""A stated area that differs from that of its polygon by more than this share is noted."""


@dataclass(frozen=True)
class CraterCount:
    """Craters counted in an area.

    Parameters
    ----------
    name : of the count
    diameter_km : diameters, shape (n,)
    area_km2 : counting area
    fraction : share of each crater that counts: below 1 for one on the border, shape (n,)
    lon, lat : centres in degrees, empty when unknown
    secondary : whether a crater is marked as secondary, shape (n,)
    sigma_km : one sigma of the diameters, NaN where unknown, shape (n,)
    perimeter_km : of the area, NaN when unknown
    area : its polygons, None when unknown
    notes : what was odd about the count
    """

    name: str
    diameter_km: NDArray[np.float64]
    area_km2: float
    fraction: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    secondary: NDArray[np.bool_]
    sigma_km: NDArray[np.float64]
    perimeter_km: float = float("nan")
    area: Area | None = None
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.diameter_km)

    @property
    def located(self) -> bool:
        """Whether the centres of the craters are known."""
        return len(self.lon) == len(self) > 0

    def number(self, low_km: float, high_km: float, *, count: str = "all") -> float:
        """Return the number of craters with low <= D < high that are not marked secondary.

        Parameters
        ----------
        low_km, high_km : diameters, km
        count : ``all``: each listed crater is one; ``fraction``: a crater on the border counts by
            its share; ``centre``: it counts when its centre is inside
        """
        chosen = self._in(low_km, high_km)
        if count == "all":
            return float(chosen.sum())
        if count == "fraction":
            return float(self.fraction[chosen].sum())
        if count == "centre":
            if self.area is None or not self.located:
                raise InputError(
                    f"the count {self.name!r} has no polygon or no centres, so craters cannot be "
                    "told by their centre; count 'all' or by 'fraction'."
                )
            return float((chosen & self.area.contains(self.lon, self.lat)).sum())
        raise InputError(f"craters are counted 'all', by 'fraction' or by 'centre', not {count!r}.")

    def on_border(self, low_km: float, high_km: float) -> int:
        """Return how many craters of the range count by a share below 1."""
        return int((self.fraction[self._in(low_km, high_km)] < 1).sum())

    def _in(self, low_km: float, high_km: float) -> NDArray[np.bool_]:
        d = self.diameter_km
        return (d >= low_km) & (d < high_km) & ~self.secondary

    def without_secondaries(self) -> CraterCount:
        """Return the count without the craters marked as secondary."""
        return self.select(~self.secondary)

    def select(self, keep: NDArray[np.bool_]) -> CraterCount:
        """Return the count with some of its craters, in the same area."""
        keys = ["diameter_km", "fraction", "secondary", "sigma_km"]
        keys += ["lon", "lat"] if self.located else []
        changed: dict[str, Any] = {key: getattr(self, key)[keep] for key in keys}
        return replace(self, **changed)

    def to_dict(self) -> dict[str, Any]:
        """Return what the count holds, without its craters."""
        return {
            "name": self.name,
            "craters": len(self),
            "area_km2": self.area_km2,
            "perimeter_km": self.perimeter_km if np.isfinite(self.perimeter_km) else None,
            "smallest_km": float(self.diameter_km.min()) if len(self) else None,
            "largest_km": float(self.diameter_km.max()) if len(self) else None,
            "secondary": int(self.secondary.sum()),
            "on_border": int((self.fraction < 1).sum()),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class BinnedCount:
    """Craters counted in bins of diameter.

    Parameters
    ----------
    name : of the count
    low_km, high_km : limits of the bins, ascending, shape (n,)
    n : craters in each, shape (n,); not whole where craters on the border count by their share
    area_km2 : counting area
    """

    name: str
    low_km: NDArray[np.float64]
    high_km: NDArray[np.float64]
    n: NDArray[np.float64]
    area_km2: float
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        check_area(self.name, self.area_km2)
        lows, highs, n = self.low_km, self.high_km, self.n
        ok = np.isfinite(lows).all() and np.isfinite(highs).all() and np.isfinite(n).all()
        if not ok or not len(n) or (lows <= 0).any() or (highs <= lows).any() or (n < 0).any():
            raise InputError(
                f"the bins of {self.name!r} need limits above 0, each upper above its lower, and "
                "numbers of craters from 0."
            )
        if (np.diff(lows) <= 0).any() or (lows[1:] < highs[:-1] * (1 - 1e-4)).any():
            raise InputError(f"the bins of {self.name!r} are not ascending or they overlap.")
        check_kilometres(self.name, np.sqrt(lows * highs), n, self.area_km2)

    def limits(self, low_km: float, high_km: float) -> tuple[float, float]:
        """Return the range widened to whole bins.

        Raises
        ------
        InputError
            when the range holds no bin
        """
        edges = np.unique(np.append(self.low_km, self.high_km))
        slack = 1e-6
        below = edges[edges <= low_km * (1 + slack)]
        above = edges[edges >= high_km * (1 - slack)]
        return (
            float(below[-1]) if below.size else low_km,
            float(above[0]) if above.size else high_km,
        )

    def number(self, low_km: float, high_km: float, *, count: str = "all") -> float:  # noqa: ARG002
        """Return the craters in the bins that lie wholly in the range."""
        slack = 1e-6
        inside = (self.low_km >= low_km * (1 - slack)) & (self.high_km <= high_km * (1 + slack))
        return float(self.n[inside].sum())

    def to_dict(self) -> dict[str, Any]:
        """Return what the count holds."""
        return {
            "name": self.name,
            "craters": float(self.n.sum()),
            "bins": len(self.n),
            "area_km2": self.area_km2,
            "smallest_km": float(self.low_km[0]),
            "largest_km": float(self.high_km[-1]),
            "notes": list(self.notes),
        }


Count = CraterCount | BinnedCount


def make_count(
    diameter_km: ArrayLike,
    area_km2: float | None = None,
    *,
    name: str = "count",
    area: Area | None = None,
    outside: str = "refuse",
    **about: ArrayLike | float,
) -> CraterCount:
    """Return a crater count, checked.

    Parameters
    ----------
    diameter_km : diameters in km, shape (n,); none at all is a count too: it gives an upper limit
    area_km2 : counting area; that of `area` when None
    name : of the count
    area : polygons of the counting area
    outside : what to do with craters that lie wholly outside the polygons: ``refuse`` or ``drop``
    about : ``fraction, lon, lat, secondary, sigma_km`` as in `CraterCount`, and ``perimeter_km``

    Raises
    ------
    InputError
        without an area; for diameters that are not above 0; for fractions outside 0..1; for craters
        outside the area
    UnitError
        when the diameters look like metres
    """
    d = np.atleast_1d(np.asarray(diameter_km, dtype=float))
    notes: list[str] = []
    if area is not None:
        area, notes = _sound_area(name, area)
        notes += _other_body(area)
        area_km2 = _agreed(area.area_km2, area_km2, notes)
        about.setdefault("perimeter_km", area.perimeter_km)
    if area_km2 is None:
        raise InputError(
            f"the count {name!r} has no area; give the counting area in km2 or its polygon."
        )
    check_area(name, area_km2)
    bad = ~(np.isfinite(d) & (d > 0))
    if bad.any():
        raise InputError(
            f"{bad.sum()} of {d.size} diameters of {name!r} are not above 0 (the first: "
            f"{d[bad][0]:g}, crater {int(np.flatnonzero(bad)[0]) + 1}); remove or mend them."
        )
    check_kilometres(name, d, np.ones(d.size), area_km2)
    made = _filled(name, d, float(area_km2), area, notes, about)
    return made if area is None or not made.located else _inside(made, area, outside)


def _filled(
    name: str,
    d: NDArray[np.float64],
    area_km2: float,
    area: Area | None,
    notes: list[str],
    about: dict[str, Any],
) -> CraterCount:
    """Return the count with what is not known filled in."""
    columns: dict[str, NDArray[Any]] = {}
    defaults = {
        "fraction": np.ones(d.size),
        "secondary": np.zeros(d.size, dtype=bool),
        "sigma_km": np.full(d.size, np.nan),
        "lon": np.empty(0),
        "lat": np.empty(0),
    }
    for key, default in defaults.items():
        given = about.get(key)
        column = default if given is None else np.asarray(given, dtype=default.dtype)
        if column.shape != d.shape and not (key in ("lon", "lat") and column.size == 0):
            raise InputError(
                f"{name!r} has {column.size} values of {key} for {d.size} diameters; each crater "
                "needs one."
            )
        columns[key] = column
    if not ((columns["fraction"] > 0) & (columns["fraction"] <= 1)).all():
        raise InputError(f"the fractions of {name!r} must be above 0 and at most 1.")
    if not (np.isfinite(columns["lon"]).all() and (np.abs(columns["lat"]) <= 90).all()):
        raise InputError(f"a crater of {name!r} lies at no place: latitude must be -90 to 90.")
    perimeter = float(about.get("perimeter_km", np.nan))
    return CraterCount(
        name=name,
        diameter_km=d,
        area_km2=area_km2,
        perimeter_km=perimeter,
        area=area,
        notes=tuple(notes),
        **columns,
    )


def _sound_area(name: str, area: Area) -> tuple[Area, list[str]]:
    """Return the area with overlapping polygons joined, and a note when there were any."""
    outer = [r for r in area.rings if not r.hole]
    if not outer:
        raise InputError(f"the area of {name!r} has no outer polygon; it has only holes or none.")
    crossing = next((at for at in (r.crossing() for r in area.rings) if at is not None), None)
    if crossing is not None:
        joined = area.merged()
        return joined, [
            (
                f"an outline of the area crosses itself after its corner at {crossing[0]:.4f} E, "
                f"{crossing[1]:.4f} N; each of its loops counts as ground, {joined.area_km2:.6g} "
                "km2 in all: look at it"
            )
        ]
    if len(outer) == 1:
        return area, []
    joined = area.merged()
    if joined.area_km2 < area.area_km2 * (1 - 1e-6):
        lost = 1 - joined.area_km2 / area.area_km2
        return joined, [f"polygons of the area overlap by {lost:.1%}; overlap counts once"]
    return area, []


def _other_body(area: Area) -> list[str]:
    """Return a note when the sphere is not the Moon."""
    if abs(area.radius_km / RADIUS_KM - 1) < STATED:
        return []
    return [
        (
            f"the count lies on a sphere of {area.radius_km:.6g} km, which is not the Moon; lunar "
            "systems do not hold there"
        )
    ]


def _agreed(polygon_km2: float, stated_km2: float | None, notes: list[str]) -> float:
    """Return the stated area, noting when the polygon has another; without one, the polygon's."""
    if stated_km2 is None:
        return polygon_km2
    if abs(polygon_km2 / stated_km2 - 1) > STATED if stated_km2 else True:
        notes.append(
            f"the stated area is {stated_km2:.6g} km2, that of its polygons {polygon_km2:.6g} km2; "
            "the stated one is used"
        )
    return stated_km2


def _inside(count: CraterCount, area: Area, outside: str) -> CraterCount:
    """Return the count without craters that do not touch the area, or refuse them."""
    away = ~area.contains(count.lon, count.lat)
    if away.any():
        gap = area.distance_km(count.lon[away], count.lat[away])
        # the polygon may be a simplified one: half a percent of its size is no reason to refuse
        away[away] = gap > count.diameter_km[away] / 2 + 0.005 * np.sqrt(count.area_km2)
    if not away.any():
        return count
    if outside == "drop":
        note = f"{int(away.sum())} craters outside the area were left out"
        return replace(count.select(~away), notes=(*count.notes, note))
    raise InputError(
        f"{int(away.sum())} of {len(count)} craters of {count.name!r} lie outside its area (the "
        f"first: {count.lon[away][0]:.4f} E, {count.lat[away][0]:.4f} N); give the area they were "
        "counted in, or leave them out (--drop-outside, in Python outside='drop')."
    )


def check_area(name: str, area_km2: float) -> None:
    """Raise `InputError` when an area is not above 0 or larger than the Moon."""
    moon = 4 * np.pi * (1.01 * RADIUS_KM) ** 2
    if not 0 < area_km2 < np.inf:
        raise InputError(f"the area of {name!r} is {area_km2} km2; give a counting area above 0.")
    if area_km2 > moon:
        raise UnitError(
            f"the area of {name!r} is {area_km2:.4g} km2, more than the Moon has; it may be in m2: "
            "give km2."
        )


def check_kilometres(
    name: str, d_km: NDArray[np.float64], n: NDArray[np.float64], area_km2: float
) -> None:
    """Raise `UnitError` when diameters taken as km cannot be: they would cover the area tenfold."""
    if not d_km.size:
        return
    if d_km.max() > MOON_KM:
        raise UnitError(
            f"a crater of {name!r} has a diameter of {d_km.max():g} km, more than the Moon; the "
            "diameters look like metres: divide them by 1000."
        )
    cover = float((n * d_km**2).sum() * np.pi / 4 / area_km2)
    # one huge crater that merely touches a small area is possible, most of them are not
    typical = float(np.median(d_km)) ** 2 * np.pi / 4 * max(float(n.sum()), 1.0) / area_km2
    if cover > MAX_COVER and typical > 1:
        raise UnitError(
            f"the craters of {name!r} would cover their area of {area_km2:.4g} km2 {cover:.0f} "
            "times; the diameters look like metres taken for km, or the area is not in km2."
        )
