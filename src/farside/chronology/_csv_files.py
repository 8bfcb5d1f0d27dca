"""Files of craters as CSV."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology import _text
from farside.chronology.counts import CraterCount, make_count
from farside.errors import InputError, MissingColumnError
from farside.provenance import write_text
from farside.readers.table import check_commas

if TYPE_CHECKING:
    from pathlib import Path

_CSV = {
    "diameter_km": ("diameter_km", "diam_km", "d_km", "diameter", "diam", "d"),
    "diameter_m": ("diameter_m", "diam_m", "d_m"),
    "lon": ("lon", "longitude", "lon_deg", "lon_e", "long", "x"),
    "lat": ("lat", "latitude", "lat_deg", "y"),
    "fraction": ("fraction", "frac"),
    "secondary": ("secondary", "is_secondary"),
    "sigma_km": ("sigma_km", "diameter_km_1s", "diam_sd_km"),
}


def read_csv(path: Path, area_km2: float | None, outside: str) -> CraterCount:
    text = path.read_text(encoding="utf-8").lstrip("\ufeff")
    comments = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    stated = _text.parse("\n".join(c for c in comments if "=" in c and "{" not in c), str(path))
    area = _text.one_area(stated.number("area_km2", "area", unit="km2"), area_km2, path)
    check_commas(path, body.partition("\n")[0])
    rows = list(csv.DictReader(io.StringIO(body), strict=True))
    if not rows and not body.strip():
        raise InputError(f"{path} is empty; it needs a column diameter_km.")
    names = [str(n).strip().lower() for n in csv.DictReader(io.StringIO(body)).fieldnames or ()]
    columns: dict[str, Any] = {}
    for key, aliases in _CSV.items():
        found = [i for i, n in enumerate(names) if n in aliases]
        if found:
            columns[key] = [list(row.values())[found[0]] for row in rows]
    return make_count(
        area_km2=area, name=path.stem, outside=outside, **_typed(columns, names, path)
    )


def _typed(columns: dict[str, Any], names: list[str], path: Path) -> dict[str, Any]:
    """Return the columns as numbers, metres as km, empty fields filled with their default."""
    if "diameter_km" not in columns and "diameter_m" not in columns:
        raise MissingColumnError.of(str(path), ["diameter_km"], names)
    out: dict[str, Any] = {}
    for key, column in columns.items():
        if key == "secondary":
            out[key] = [_text.is_secondary(x) for x in column]
            continue
        default = {"fraction": 1.0, "sigma_km": np.nan}.get(key)
        values = []
        for i, field in enumerate(column):
            text = (field or "").strip()
            if not text and default is not None:
                values.append(default)
                continue
            try:
                values.append(float(text))
            except ValueError:
                raise InputError(f"{path}: {key} of row {i + 1} is {text!r}, no number.") from None
        out[key] = values
    if "diameter_m" in out:
        metres = np.array(out.pop("diameter_m")) / 1000
        out.setdefault("diameter_km", metres)
    if ("lon" in out) != ("lat" in out):
        raise InputError(f"{path} has only one of the columns lon and lat.")
    return out


def write_csv(craters: CraterCount, path: Path) -> None:
    stream = io.StringIO()
    stream.write(f"# area_km2 = {_text.exact(craters.area_km2)}\n")
    names = ["diameter_km", "fraction", "secondary", "sigma_km"]
    names += ["lon", "lat"] if craters.located else []
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for row in zip(*(getattr(craters, n) for n in names), strict=True):
        writer.writerow([_field(x) for x in row])
    write_text(path, stream.getvalue())


def _field(x: Any) -> str:
    if isinstance(x, bool | np.bool_):
        return str(bool(x))
    return "" if math.isnan(x) else _text.exact(x)
