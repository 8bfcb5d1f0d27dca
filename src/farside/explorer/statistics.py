"""Statistics of a region: sampled on a grid of equal areas, so that every sample weighs the same.

The samples are no wider than a quarter of a pixel of the output, or as many as `SAMPLES` fit; where
that is coarser than a pixel, each is the mean of pixels, which leaves means as they are and narrows
their spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.errors import InputError
from farside.explorer.drawing import draw, pixels_of
from farside.explorer.layers import layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from farside.explorer.opened import Opened
    from farside.explorer.regions import Region

    Float = NDArray[np.float64]

SAMPLES = 250_000
"""About the most samples of a region."""

PATIENCE_S = 20.0
"""Time for reading a region."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class Sampled:
    """The samples of a region.

    Parameters
    ----------
    region : that was sampled
    lat, lon : (n,) degrees
    step_m : distance between samples, each of the same area
    opened : output that they are of
    """

    region: Region
    lat: Float
    lon: Float
    step_m: float
    opened: Opened

    def values(self, key: str) -> Float:
        """Return a layer at the samples.

        Raises
        ------
        InputError
            when it takes too long to read
        """
        found = draw(self.opened, layer(key), self.lat, self.lon, self.step_m,
                     patience_s=PATIENCE_S)  # fmt: skip
        if found.problem:
            raise InputError(found.problem)
        if not found.complete:
            raise InputError(
                f"the region {self.region.name} is too large to be read within {PATIENCE_S:.0f} s; "
                "draw a smaller one, or make a map with overviews: farside mosaic --cog."
            )
        return found.values

    @property
    def pixels(self) -> int:
        """Number of pixels of the output that the samples lie in."""
        count = 0
        known = np.zeros(self.lat.shape, dtype=bool)
        for piece in self.opened.pieces:
            if known.all():
                break
            column, row = pixels_of(piece.grid, self.lat, self.lon)
            inside = ~known & (column >= 0) & (column < piece.grid.width)
            inside &= (row >= 0) & (row < piece.grid.height)
            index = row[inside].astype(np.int64) * piece.grid.width + column[inside].astype(
                np.int64
            )
            count += np.unique(index).size
            known |= inside
        return count


def sampled(opened: Opened, region: Region) -> Sampled:
    """Return the samples of a region.

    Raises
    ------
    InputError
        when the region is too small to hold one
    """
    polygon = region.polygon
    step = max(opened.resolution_m / 4, math.sqrt(polygon.area / SAMPLES))
    step = min(step, math.sqrt(polygon.area) / 10)
    west, south, east, north = polygon.bounds
    across, up = (max(1, math.ceil((b - a) / step)) for a, b in ((west, east), (south, north)))
    x, y = np.meshgrid(
        west + (np.arange(across) + 0.5) * step, south + (np.arange(up) + 0.5) * step
    )
    lat, lon = region.places(x.ravel(), y.ravel())
    inside = region.contains(lat, lon)
    if not inside.any():
        raise InputError(f"the region {region.name} is too narrow to be sampled; draw a wider one.")
    return Sampled(region, lat[inside], lon[inside], step, opened)


@dataclass(frozen=True)
class Summary:
    """What a layer is over a region, by area.

    Parameters
    ----------
    key, title, unit : of the layer
    covered : share of the region that has a value
    mean, sd : of the samples
    quantiles : of `QUANTILES`
    lower, upper : means of the bounds; errors of neighbouring pixels are shared, so that a mean
        has no narrower interval than a pixel. None where the layer has no interval
    """

    key: str
    title: str
    unit: str
    covered: float
    mean: float
    sd: float
    quantiles: tuple[float, ...]
    lower: float | None = None
    upper: float | None = None

    @property
    def half_width(self) -> float | None:
        """Half of the mean interval."""
        return None if self.lower is None or self.upper is None else (self.upper - self.lower) / 2

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return {
            "layer": self.key,
            "title": self.title,
            "unit": self.unit,
            "covered": self.covered,
            "mean": self.mean,
            "sd": self.sd,
            **{f"q{100 * q:02.0f}": v for q, v in zip(QUANTILES, self.quantiles, strict=True)},
            "lower": self.lower,
            "upper": self.upper,
        }


@dataclass(frozen=True, eq=False)
class RegionStatistics:
    """Statistics of a region.

    Parameters
    ----------
    sampled : the samples
    area_km2 : on the sphere of mean radius
    pixels : of the output in it
    coverage : of the intervals
    summaries : one for each layer
    """

    sampled: Sampled
    area_km2: float
    pixels: int
    coverage: float
    summaries: tuple[Summary, ...]

    @property
    def averaged(self) -> bool:
        """Whether samples are means of several pixels."""
        return self.sampled.step_m > 2 * self.sampled.opened.resolution_m

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics as plain values."""
        region = self.sampled.region
        return {
            "region": region.name,
            "outline": region.source,
            "area_km2": self.area_km2,
            "pixels": self.pixels,
            "samples": int(self.sampled.lat.size),
            "sample_km": self.sampled.step_m / 1000,
            "coverage": self.coverage,
            "layers": [one.to_dict() for one in self.summaries],
        }


def statistics(of: Sampled, keys: Sequence[str]) -> RegionStatistics:
    """Return the statistics of layers over a region.

    Parameters
    ----------
    of : samples of the region
    keys : of layers of numbers; one that has no value in the region is left out
    """
    found = [one for key in keys if (one := _summary(of, key)) is not None]
    return RegionStatistics(of, of.region.area_km2, of.pixels, of.opened.coverage, tuple(found))


def _summary(of: Sampled, key: str) -> Summary | None:
    about = layer(key)
    values = of.values(key)
    known = np.isfinite(values)
    if not known.any():
        return None
    bounds = [float(np.nanmean(of.values(end)[known])) for end in about.bounds or ()]
    return Summary(
        key,
        about.title,
        about.unit,
        float(known.mean()),
        float(values[known].mean()),
        float(values[known].std()),
        tuple(float(q) for q in np.quantile(values[known], QUANTILES)),
        *bounds,
    )


@dataclass(frozen=True)
class Difference:
    """How two regions differ in a layer.

    Parameters
    ----------
    a, b : summaries of the same layer
    value : mean of a less that of b
    half_width : of its interval if the errors of both regions were independent: the root of the sum
        of squares of both half-widths; None where the layer has no interval
    """

    a: Summary
    b: Summary
    value: float
    half_width: float | None

    @property
    def told(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.half_width is not None and abs(self.value) > self.half_width


def differences(a: RegionStatistics, b: RegionStatistics) -> tuple[Difference, ...]:
    """Return how two regions differ in each layer that both have."""
    others = {one.key: one for one in b.summaries}
    found = []
    for one in a.summaries:
        other = others.get(one.key)
        if other is None:
            continue
        wide = None
        if one.half_width is not None and other.half_width is not None:
            wide = math.hypot(one.half_width, other.half_width)
        found.append(Difference(one, other, one.mean - other.mean, wide))
    return tuple(found)
