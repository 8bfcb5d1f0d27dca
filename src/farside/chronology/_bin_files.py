"""Files of counts in bins: .stat, .binned and .r."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from farside.chronology import _text
from farside.chronology.binning import next_limit, to_bins
from farside.chronology.counts import BinnedCount, Count, CraterCount
from farside.errors import InputError
from farside.provenance import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def read_stat(path: Path, area_km2: float | None, outside: str) -> BinnedCount:  # noqa: ARG001
    found = _text.read(path)
    rows = np.array([[float(x) for x in row] for row in found.rows])
    if rows.ndim != 2 or rows.shape[1] not in (7, 11):
        raise InputError(f"{path} has no table of 7 or 11 columns, as .stat files have.")
    rows = rows[np.argsort(rows[:, 0])]
    d, n, cumulative, density = rows[:, 0], rows[:, 1], rows[:, 4], rows[:, 5]
    best = int(np.argmax(cumulative))
    stated = float(cumulative[best] / density[best]) if (density > 0).all() else None
    area = _text.one_area(stated, area_km2, path)
    if area is None:
        raise InputError(f"{path} has a cumulative density that is not above 0.")
    if (d <= 0).any():
        raise InputError(f"{path} has a diameter that is not above 0.")
    return BinnedCount(path.stem, d, np.append(d[1:], next_limit(float(d[-1]))), n, area)


def read_binned(path: Path, area_km2: float | None, outside: str) -> BinnedCount:  # noqa: ARG001
    found = _text.read(path)
    d, n = found.column("table", "diameter"), found.column("table", "frequency")
    area = _text.one_area(found.number("area", "Area", unit="km^2"), area_km2, path)
    if d is None or n is None or area is None:
        raise InputError(f"{path} needs 'area = ...' and 'table = {{diameter,frequency'.")
    edges, numbers = np.array(d), np.array(n)
    if len(edges) < 2 or (edges <= 0).any():
        raise InputError(f"{path} needs two diameters or more, all above 0.")
    if numbers[-1] > 0:  # the last row only closes the last bin, unless it holds craters
        edges, numbers = np.append(edges, edges[-1] ** 2 / edges[-2]), np.append(numbers, 0.0)
    return BinnedCount(path.stem, edges[:-1], edges[1:], numbers[:-1], area)


def read_r(path: Path, area_km2: float | None, outside: str) -> BinnedCount:  # noqa: ARG001
    """R = D^3 n / (A (Db - Da)), D the geometric mean of bins of a factor sqrt(2)."""
    found = _text.read(path)
    area = _text.one_area(found.number("Area", "area", unit="km^2"), area_km2, path)
    rows = np.array([[float(x) for x in row] for row in found.rows])
    if rows.ndim != 2 or rows.shape[1] < 2 or area is None or (rows[:, 0] <= 0).any():
        raise InputError(f"{path} needs 'Area <km^2> = ...' and rows of diameter and R.")
    d, r = rows[np.argsort(rows[:, 0])][:, :2].T
    steps = d[1:] / d[:-1]
    if len(d) < 2:
        raise InputError(f"{path} needs two diameters or more.")
    if (np.abs(2 * np.log2(steps) - np.round(2 * np.log2(steps))) > 0.02).any():
        raise InputError(f"{path}: the diameters are not those of bins of a factor sqrt(2).")
    low, high = d / 2**0.25, d * 2**0.25
    n = r * area * (high - low) / d**3
    whole = np.round(n)
    return BinnedCount(path.stem, low, high, np.where(np.abs(n - whole) < 1e-3 * n, whole, n), area)


def write_stat(count: Count, path: Path) -> None:
    """F(D) counts a crater on the border by its share, N_event as one: craterstats dates by it."""
    binned = count if isinstance(count, BinnedCount) else to_bins(count)
    events = binned.n if isinstance(count, BinnedCount) else _events(count, binned)
    keep = binned.n > 0
    low, high, n = binned.low_km[keep], binned.high_km[keep], binned.n[keep]
    events, cumulative = events[keep], np.cumsum(n[::-1])[::-1]
    a = binned.area_km2
    lines = [f"# {binned.name}", f"# Total area = {_text.exact(a)} km^2", "#"]
    lines += ["# D_min F(D) N_inc Error C(D) N_cum Error D_mean N_diff Error N_event", "#"]
    for i in range(len(n)):
        d, c, diff = math.sqrt(low[i] * high[i]), cumulative[i], n[i] / a / (high[i] - low[i])
        root = math.sqrt(n[i])
        numbers = (low[i], n[i], n[i] / a, root / a, c, c / a, math.sqrt(c) / a,
                   d, diff, diff / root, events[i])  # fmt: skip
        lines.append(" ".join(f"{float(x)!r}".removesuffix(".0") for x in numbers))
    write_text(path, "\n".join(lines) + "\n")


def _events(count: CraterCount, binned: BinnedCount) -> NDArray[np.float64]:
    """Return the craters of each bin, those on the border as one."""
    edges = np.append(binned.low_km, binned.high_km[-1])
    found, _ = np.histogram(count.without_secondaries().diameter_km, bins=edges)
    return found.astype(np.float64)


def write_binned(count: Count, path: Path) -> None:
    binned = count if isinstance(count, BinnedCount) else to_bins(count)
    columns = zip(binned.low_km, binned.n, strict=True)
    rows = [f"{_text.exact(d)} {_text.exact(n)}" for d, n in columns]
    rows.append(f"{_text.exact(binned.high_km[-1])} 0")
    area = f"area = {_text.exact(binned.area_km2)}"
    head = [f"# {binned.name}", area, "table = {diameter,frequency"]
    write_text(path, "\n".join([*head, *rows, "}"]) + "\n")


def write_r(count: Count, path: Path) -> None:
    binned = count if isinstance(count, BinnedCount) else to_bins(count, "root-2")
    d = np.sqrt(binned.low_km * binned.high_km)
    if (np.abs(binned.high_km / binned.low_km - math.sqrt(2)) > 1e-6).any():
        raise InputError(f"cannot write {path}: .r files hold bins of a factor sqrt(2).")
    r = d**3 * binned.n / binned.area_km2 / (binned.high_km - binned.low_km)
    rows = [f"{_text.exact(x)} {_text.exact(y)}" for x, y in zip(d, r, strict=True)]
    area = f"Area <km^2> = {_text.exact(binned.area_km2)}"
    write_text(path, "\n".join([area, *rows]) + "\n")
