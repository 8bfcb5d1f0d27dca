"""The promises of speed of York's regression, each as a ratio measured in one run.

Usage: python benchmarks/isotopes.py   (a few seconds)

1. One line of n points against the same equations written as plain Python loops.
2. 10 000 isochrons of 8 points in one call, against one call for each.

PySoplot's times (0.7, 714 and 86 664 ms for n = 10, 1000 and 10 000) are those given with the
promise; they were not measured here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from farside.isotopes.models import model_1, model_3
from farside.isotopes.york import TOLERANCE, york

if TYPE_CHECKING:
    from collections.abc import Callable

PROMISED_MS = {10: 0.3, 1_000: 0.5, 10_000: 5.0}
PYSOPLOT_MS = {10: 0.7, 1_000: 714.0, 10_000: 86_664.0}
LINES = 10_000


def plain(x: list[float], sx: list[float], y: list[float], sy: list[float]) -> float:
    """Return the slope by York et al. (2004), point after point."""
    n = len(x)
    x_mean, y_mean = sum(x) / n, sum(y) / n
    top = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    slope = top / sum((a - x_mean) ** 2 for a in x)
    for _ in range(200):
        w = [1 / (q * q + slope * slope * p * p) for p, q in zip(sx, sy, strict=True)]
        total = sum(w)
        x_mean = sum(a * b for a, b in zip(w, x, strict=True)) / total
        y_mean = sum(a * b for a, b in zip(w, y, strict=True)) / total
        up = down = 0.0
        for i in range(n):
            u, v = x[i] - x_mean, y[i] - y_mean
            beta = w[i] * (u * sy[i] ** 2 + slope * v * sx[i] ** 2)
            up += w[i] * beta * v
            down += w[i] * beta * u
        new = up / down
        if abs(new - slope) <= TOLERANCE * abs(new):
            return new
        slope = new
    return slope


def best(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest time of a call in milliseconds."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def points(n: int, lines: int | None = None) -> tuple[np.ndarray, ...]:
    """Return x, sx, y, sy of isochrons of 4.5 Ga."""
    rng = np.random.default_rng(0)
    shape = (n,) if lines is None else (lines, n)
    true = rng.uniform(0.01, 0.2, shape)
    x = true + rng.normal(0, 5e-4, shape)
    y = 0.699 + 0.0649 * true + rng.normal(0, 5e-5, shape)
    return x, np.full(shape, 5e-4), y, np.full(shape, 5e-5)


def one_line() -> None:
    """Print the time of one line of each size."""
    for n, promised in PROMISED_MS.items():
        parts = points(n)
        lists = [part.tolist() for part in parts]
        own = best(lambda parts=parts: york(*parts), 200)
        loop = best(lambda lists=lists: plain(*lists), 20 if n < 10_000 else 3)
        same = york(*parts).slope / plain(*lists) - 1
        print(
            f"n = {n:6d}: {own:7.3f} ms (promised {promised} ms), plain loops {loop:8.3f} ms, "
            f"ratio {loop / own:6.1f}; PySoplot as given {PYSOPLOT_MS[n]:,.1f} ms; "
            f"slopes differ by {same:.0e}"
        )


def many_lines() -> None:
    """Print the time of 10 000 isochrons in one call."""
    parts = points(8, LINES)
    own = best(lambda: york(*parts), 3)
    few = [part[:200] for part in parts]
    single = best(lambda: [york(*(part[i] for part in few)) for i in range(200)], 3) * LINES / 200
    print(
        f"{LINES} isochrons of 8 points: {own / 1e3:.3f} s (promised 1 s), one call each "
        f"{single / 1e3:.2f} s, ratio {single / own:.1f}"
    )
    for name, model in (("model 1", model_1), ("model 3", model_3)):
        print(f"{name} of all of them: {best(lambda model=model: model(*parts), 2) / 1e3:.3f} s")


if __name__ == "__main__":
    one_line()
    many_lines()
