"""Files of counts in bins: .stat, .binned and .r."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from farside.chronology import _text
from farside.chronology.binning import next_limit, to_bins
from farside.chronology.counts import BinnedCount, Count
from farside.errors import InputError
from farside.provenance import write_text

if TYPE_CHECKING:
    from pathlib import Path


def read_stat(path: Path, area_km2: float | None, outside: str) -> BinnedCount:  # noqa: ARG001
    found = _text.read(path)
    rows = np.array([[float(x) for x in row] for row in found.rows])
    if rows.ndim != 2 or rows.shape[1] not in (7, 11):
        raise InputError(f"{path} has no table of 7 or 11 columns, as .stat files have.")
    rows = rows[np.argsort(rows[:, 0])]
    d, n, cumulative, density = rows[:, 0], rows[:, 1], rows[:, 4], rows[:, 5]
    area = area_km2
    if area is None:
        if not (density > 0).all():
            raise InputError(f"{path} has a cumulative density that is not above 0.")
        best = int(np.argmax(cumulative))
        area = float(cumulative[best] / density[best])
    if (d <= 0).any():
        raise InputError(f"{path} has a diameter that is not above 0.")
    return BinnedCount(path.stem, d, np.append(d[1:], next_limit(float(d[-1]))), n, area)


def read_binned(path: Path, area_km2: float | None, outside: str) -> BinnedCount:  # noqa: ARG001
    found = _text.read(path)
    d, n = found.column("table", "diameter"), found.column("table", "frequency")
    area = found.number("area", "Area", unit="km^2") if area_km2 is None else area_km2
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
    area = found.number("Area", "area", unit="km^2") if area_km2 is None else area_km2
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
    binned = count if isinstance(count, BinnedCount) else to_bins(count)
    keep = binned.n > 0
    low, high, n = binned.low_km[keep], binned.high_km[keep], binned.n[keep]
    cumulative = np.cumsum(n[::-1])[::-1]
    a = binned.area_km2
    lines = [f"# {binned.name}", f"# Total area = {a:.10g} km^2", "#"]
    lines += ["# D_min F(D) N_inc Error C(D) N_cum Error D_mean N_diff Error N_event", "#"]
    for i in range(len(n)):
        d, c, diff = math.sqrt(low[i] * high[i]), cumulative[i], n[i] / a / (high[i] - low[i])
        root = math.sqrt(n[i])
        lines.append(
            f"{low[i]:.6g} {n[i]:g} {n[i] / a:.9E} {root / a:.3E} {c:g} {c / a:.9E} "
            f"{math.sqrt(c) / a:.3E} {d:.6g} {diff:.6E} {diff / root:.3E} {n[i]:g}"
        )
    write_text(path, "\n".join(lines) + "\n")


def write_binned(count: Count, path: Path) -> None:
    binned = count if isinstance(count, BinnedCount) else to_bins(count)
    rows = [f"{d:.10g} {n:g}" for d, n in zip(binned.low_km, binned.n, strict=True)]
    rows.append(f"{binned.high_km[-1]:.10g} 0")
    head = [f"# {binned.name}", f"area = {binned.area_km2:.10g}", "table = {diameter,frequency"]
    write_text(path, "\n".join([*head, *rows, "}"]) + "\n")


def write_r(count: Count, path: Path) -> None:
    binned = count if isinstance(count, BinnedCount) else to_bins(count, "root-2")
    d = np.sqrt(binned.low_km * binned.high_km)
    if (np.abs(binned.high_km / binned.low_km - math.sqrt(2)) > 1e-6).any():
        raise InputError(f"cannot write {path}: .r files hold bins of a factor sqrt(2).")
    r = d**3 * binned.n / binned.area_km2 / (binned.high_km - binned.low_km)
    rows = [f"{x:.10g} {y:.10g}" for x, y in zip(d, r, strict=True)]
    write_text(path, "\n".join([f"Area <km^2> = {binned.area_km2:.10g}", *rows]) + "\n")
