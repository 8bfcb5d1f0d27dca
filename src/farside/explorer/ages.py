"""Ages of maria and of calibration surfaces over time, with interval, hemisphere and source."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farside.chronology.files import COLUMNS
from farside.datasets.chronology import load_calibration_sites
from farside.datasets.published import load_published_values
from farside.errors import InputError
from farside.provenance import cite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_BYTES = 4 * 2**20
MAX_AGES = 5000
"""Most bytes and ages of a file of the user."""

OLDEST_GA = 4.6
NORMAL_90 = 1.6449
"""Half of a 90 % interval of a normal error, in sigma."""

OLD_BASALT = "high-al-age"
"""In the table ``published_values``: a fragment in the soil of Chang'e-6, of an unknown place."""

MARE = ("Apollo 11 old", "Apollo 11 young", "Apollo 12", "Apollo 15 mare", "Apollo 17", "Luna 16",
        "Luna 24", "Chang'e-5", "Chang'e-6 basalt (Cui 2024)",
        "Chang'e-6 basalt (Zhang 2024)")  # fmt: skip
"""Dated mare surfaces of the table ``chronology_sites``; its other rows are craters and basins."""


@dataclass(frozen=True)
class Age:
    """An age of a surface or rock.

    Parameters
    ----------
    name : of the place
    age_ga, lower_ga, upper_ga : Ga; a bound is None where no error is known
    side : ``near``, ``far``, or empty where it is not known
    kind : ``mare`` or ``other``
    what : the interval is, such as ``90 %``
    source : where it is from, and what was read of it
    """

    name: str
    age_ga: float
    lower_ga: float | None
    upper_ga: float | None
    side: str
    kind: str
    what: str
    source: str


def shipped_ages() -> tuple[Age, ...]:
    """Return the dated surfaces that come with farside, oldest first."""
    table = load_calibration_sites().drop_duplicates("site")
    found = []
    for row in table.to_dict("records"):
        name, sigma = str(row["site"]), float(row["age_Ga_1s"])
        far = name.startswith(("Chang'e-6", "South Pole"))
        side = "" if name == "Ancient highlands" else "far" if far else "near"
        kind = "mare" if name in MARE else "other"
        source = f"{row['age_source']} ({row['age_status']})"
        found.append(_normal(name, float(row["age_Ga"]), sigma, (side, kind), source))
    table = load_published_values().set_index("name")
    row = table.loc[[OLD_BASALT]].iloc[0].to_dict()
    age, sigma = (float(row[key]) / 1000 for key in ("value", "sigma"))
    paper = f"{cite(str(row['reference']))[0].citation} ({row['status']})"
    found.append(_normal("Chang'e-6 high-Al basalt fragment", age, sigma, ("far", "mare"), paper))
    return tuple(sorted(found, key=lambda a: -a.age_ga))


def _normal(name: str, age: float, sigma: float, kinds: tuple[str, str], source: str) -> Age:
    if not math.isfinite(sigma):
        return Age(name, age, None, None, *kinds, "no error is known", source)
    reach = NORMAL_90 * sigma
    return Age(name, age, age - reach, age + reach, *kinds, "90 %, isotopes", source)


# -- of the user -------------------------------------------------------------------------------


def read_ages(path: Path) -> tuple[Age, ...]:
    """Read ages of the user.

    Parameters
    ----------
    path : CSV as ``farside chronology batch --out`` writes it (``Name``, ``Age``, ``Age-``,
        ``Age+`` in Ga, ``Source``; ``Side`` may be added), or GeoJSON of features with the
        properties ``name``, ``age_ga``, ``lower_ga``, ``upper_ga`` and a point or none

    Raises
    ------
    InputError
        when it is too large, cannot be read, or an age cannot be
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                f"{path} has {size:,} bytes; at most {MAX_BYTES:,} can be. Give the ages alone."
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); give a CSV or GeoJSON.") from error
    rows = (
        _geojson(path, text) if path.suffix.lower() in (".geojson", ".json") else _csv(path, text)
    )
    if not 0 < len(rows) <= MAX_AGES:
        raise InputError(f"{path} holds {len(rows)} ages; it needs 1 to {MAX_AGES}.")
    return tuple(sorted((_age(path, i, row) for i, row in enumerate(rows, 1)),
                        key=lambda a: -a.age_ga))  # fmt: skip


def _csv(path: Path, text: str) -> list[dict[str, Any]]:
    reader = csv.DictReader(text.splitlines())
    need = ("Name", "Age")
    missing = [name for name in need if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}; it needs Name and Age (Ga), and may have "
            f"Age-, Age+, Side and Source, as 'farside chronology batch' writes: "
            f"{', '.join(COLUMNS)}."
        )
    keys = {"name": "Name", "age_ga": "Age", "lower_ga": "Age-", "upper_ga": "Age+",
            "side": "Side", "source": "Source"}  # fmt: skip
    rows = [{key: row.get(name) or "" for key, name in keys.items()} for row in reader]
    # an area without craters has a limit and no age
    return [row for row in rows if row["age_ga"]]


def _geojson(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        features = json.loads(text)["features"]
        return [dict(f["properties"]) | _side(f.get("geometry")) for f in features]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path} is no GeoJSON of features with properties ({error!r}); give name and age_ga "
            "in each."
        ) from error


def _side(geometry: Mapping[str, Any] | None) -> dict[str, str]:
    if not geometry or geometry.get("type") != "Point":
        return {}
    lon = (float(geometry["coordinates"][0]) + 180) % 360 - 180
    return {"side": "near" if abs(lon) < 90 else "far"}


def _age(path: Path, number: int, row: Mapping[str, Any]) -> Age:
    try:
        age, *bounds = (
            None if row.get(key) in (None, "") else float(row[key])
            for key in ("age_ga", "lower_ga", "upper_ga")
        )
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}, age {number}: {error}; ages are numbers in Ga.") from None
    low, high = bounds
    good = age is not None and 0 < age < OLDEST_GA
    good = good and (low is None or 0 <= low <= age) and (high is None or age <= high)  # type: ignore[operator]
    if not good or age is None:
        raise InputError(
            f"{path}, age {number} ({row.get('name')}): {age} Ga with bounds {low} to {high}; an "
            f"age lies between 0 and {OLDEST_GA} Ga and within its bounds."
        )
    side = str(row.get("side") or "").lower()
    if side not in ("", "near", "far"):
        raise InputError(f"{path}, age {number}: the side is {side!r}; it is near, far or empty.")
    what = "no error is given" if low is None or high is None else "interval of the file"
    name, source = str(row.get("name") or f"age {number}")[:80], str(row.get("source") or path.name)
    return Age(name, age, low, high, side, "mare", what, source[:200])
