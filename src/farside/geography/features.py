"""Named features: which one holds a point, which is nearest, and where a name is."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets.features import load_features
from farside.errors import InputError, UnknownNameError
from farside.geography.cells import great_circle_km

if TYPE_CHECKING:
    import pandas as pd

CRATERS = ("crater", "satellite crater")
PLAINS = ("mare", "oceanus", "lacus", "sinus", "palus", "planitia")
"""Types drawn here as a circle of their greatest extent: a coarse outline of a plain."""

NEAREST_LEAST_KM = 1.0
"""Features smaller than this are named only where one holds the point; our choice."""


@dataclass(frozen=True)
class Feature:
    """A named feature, and how far its centre is from the point that was asked for.

    Parameters
    ----------
    name, type : as in `farside.datasets.features.load_features`
    lat, lon : centre, degrees, longitude east
    diameter_km : diameter, or greatest extent where it is no crater; None where none is given
    distance_km : from the point to the centre along the sphere of mean radius
    """

    name: str
    type: str
    lat: float
    lon: float
    diameter_km: float | None
    distance_km: float = 0.0

    def __str__(self) -> str:
        """Return name, type and size."""
        size = "" if self.diameter_km is None else f", {self.diameter_km:g} km"
        return f"{self.name} ({self.type}{size})"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


@cache
def _table() -> pd.DataFrame:
    return load_features()


@cache
def _folded() -> dict[str, int]:
    """Return the row of each name, without accents and case."""
    return {fold(name): row for row, name in enumerate(_table()["name"])}


def fold(name: str) -> str:
    """Return a name without accents, case and doubled spaces, for comparison.

    Examples
    --------
    >>> fold("Von  Kármán")
    'von karman'
    """
    plain = unicodedata.normalize("NFKD", name)
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(kept.casefold().replace("’", "'").split())


def feature(name: str) -> Feature:
    """Return the feature of a name; accents and case do not matter.

    Raises
    ------
    UnknownNameError
        when no approved name is like it, with the nearest ones

    Examples
    --------
    >>> print(feature("von karman"))
    Von Kármán (crater, 186.35 km)
    """
    known = _folded()
    if fold(name) in known:
        return _feature(known[fold(name)])
    near = difflib.get_close_matches(fold(name), known, n=4, cutoff=0.6)
    hint = (
        "did you mean " + ", ".join(repr(_table()["name"][known[n]]) for n in near) + "?"
        if near
        else "no name is like it; look at planetarynames.wr.usgs.gov, or give coordinates."
    )
    raise UnknownNameError(
        f"unknown feature {name!r} among {len(known)} approved names of the IAU; {hint}"
    )


def containing_features(lat: float, lon: float) -> tuple[Feature, ...]:
    """Return the features whose circle holds a point: craters first, each group smallest first.

    A crater holds the points within half of its diameter from its centre. A plain (mare, lacus,
    sinus, ...) is drawn as a circle of its greatest extent, so that it can hold points outside of
    its real outline: read it as "in or near".

    Parameters
    ----------
    lat, lon : degrees, longitude east in any turn

    Raises
    ------
    InputError
        when a coordinate is missing or out of range
    """
    distance = _distance(lat, lon)
    table = _table()
    within = distance <= table["diameter_km"].to_numpy() / 2
    found: list[Feature] = []
    for kinds in (CRATERS, PLAINS):
        chosen = np.flatnonzero(within & table["type"].isin(kinds).to_numpy())
        order = np.argsort(table["diameter_km"].to_numpy()[chosen], kind="stable")
        found += [_feature(int(row), float(distance[row])) for row in chosen[order]]
    return tuple(found)


def nearest_feature(lat: float, lon: float) -> Feature:
    """Return the feature that names a place: the smallest crater that holds it, else the nearest.

    Parameters
    ----------
    lat, lon : degrees, longitude east in any turn

    Returns
    -------
    Feature
        the smallest crater that holds the point; where none does, the feature of at least
        1 km whose centre is nearest

    Raises
    ------
    InputError
        when a coordinate is missing or out of range

    Examples
    --------
    >>> print(nearest_feature(-45.4446, 177.5991))  # Chang'e-4
    Von Kármán (crater, 186.35 km)
    """
    holding = [f for f in containing_features(lat, lon) if f.type in CRATERS]
    if holding:
        return holding[0]
    return nearest_centre(lat, lon)


def nearest_centre(lat: float, lon: float) -> Feature:
    """Return the feature of at least 1 km whose centre is nearest to a point.

    Parameters
    ----------
    lat, lon : degrees, longitude east in any turn
    """
    distance = _distance(lat, lon)
    large = _table()["diameter_km"].to_numpy() >= NEAREST_LEAST_KM
    row = int(np.argmin(np.where(large, distance, np.inf)))
    return _feature(row, float(distance[row]))


def _distance(lat: float, lon: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    check_point(lat, lon)
    table = _table()
    return great_circle_km(lat, lon, table["lat"].to_numpy(), table["lon"].to_numpy())


def check_point(lat: float, lon: float) -> None:
    """Raise where a latitude or longitude is missing or out of range.

    Raises
    ------
    InputError
        unless -90 <= lat <= 90 and -180 <= lon <= 360
    """
    if not -90 <= lat <= 90:
        raise InputError(
            f"latitude {lat:g} is not on the Moon: give degrees from -90 (south) to 90 (north); "
            "is it the longitude?"
        )
    if not -180 <= lon <= 360:
        raise InputError(f"longitude {lon:g} is out of range: give degrees east, -180 to 360.")


def _feature(row: int, distance: float = 0.0) -> Feature:
    line = _table().iloc[row]
    size = float(line["diameter_km"])
    return Feature(
        name=str(line["name"]),
        type=str(line["type"]),
        lat=float(line["lat"]),
        lon=float(line["lon"]),
        diameter_km=None if np.isnan(size) else size,
        distance_km=distance,
    )
