"""What the sharp map is made of: area means over cells, surface features, functions on the sphere.

Pixels are those of `farside.datasets.layers.load_layers`, flattened row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.ndimage import gaussian_filter1d

from farside.datasets.layers import SHAPE, STEP_DEG, grid_latitude, grid_longitude
from farside.errors import InputError
from farside.geography.cells import BOUNDS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

FEATURES = (
    "log_albedo",
    "log_r643",
    "blue_red",
    "green_red",
    "mare_fraction",
    "height",
    "log_slope",
)
"""What the surface shows at the scale of a pixel."""

NEUTRONS = ("fast_neutrons", "thermal_neutrons")
NEUTRON_FWHM_DEG = 5.0
"""Neutron counts are averaged over this width. Their own resolution is 46 km or 1.5 degrees
(Maurice et al. 2004, JGR 109, E07S04), but a 2 degree pixel of fast neutrons is mostly noise:
neighbours in the far-side highlands differ by 4.8 counts where all of the far side spreads by 8.1.
Averaged to the width of a cell they tell cells apart; inside of a cell colour and height speak."""

SLOPE_FLOOR_DEG = 0.3
"""Added before the logarithm of slope, near the least slopes of the grid's maria."""

REACH = 6.0
"""Features are held within this many standard deviations: no single pixel may pull a plane."""


def pixel_weights() -> Float:
    """Return the share of each pixel in the area of the sphere, shape (259200,)."""
    edges = np.sin(np.radians(90.0 - STEP_DEG * np.arange(SHAPE[0] + 1)))
    return np.repeat((edges[:-1] - edges[1:]) / 2 / SHAPE[1], SHAPE[1])


def averaging(cells: pd.DataFrame) -> sparse.csr_array:
    """Return the matrix that takes pixels to the means of cells, weighted by shared area.

    Parameters
    ----------
    cells : with the columns ``lat_min``, ``lat_max``, ``lon_min``, ``lon_max``, degrees within
        -180..180

    Returns
    -------
    sparse array of shape (cells, 259200), rows sum to 1

    Raises
    ------
    InputError
        when a cell has no area on the grid
    """
    tops = 90.0 - STEP_DEG * np.arange(SHAPE[0])
    wests = -180.0 + STEP_DEG * np.arange(SHAPE[1])
    rows, columns, values = [], [], []
    for i, bounds in enumerate(cells[list(BOUNDS)].to_numpy(dtype=float)):
        south, north, west, east = bounds
        high = np.minimum(north, tops)
        low = np.minimum(np.maximum(south, tops - STEP_DEG), high)
        up = np.sin(np.radians(high)) - np.sin(np.radians(low))
        across = np.clip(np.minimum(east, wests + STEP_DEG) - np.maximum(west, wests), 0, None)
        y, x = np.flatnonzero(up > 1e-12), np.flatnonzero(across > 1e-9)
        share = np.outer(up[y], across[x])
        if not share.size:
            raise InputError(f"cell {i} has no area between -90..90 and -180..180 degrees.")
        rows.append(np.full(share.size, i))
        columns.append((y[:, None] * SHAPE[1] + x).ravel())
        values.append((share / share.sum()).ravel())
    place = np.concatenate(rows), np.concatenate(columns)
    shape = (len(cells), SHAPE[0] * SHAPE[1])
    return sparse.csr_array((np.concatenate(values), place), shape=shape)


def smooth(image: Float, fwhm_deg: float) -> Float:
    """Return an image of the whole sphere (360, 720) blurred by a Gaussian of a great-circle width.

    Along parallels the width grows as 1 / cos(latitude); beyond a pole the image goes on along
    the opposite meridian.
    """
    sigma = fwhm_deg / np.sqrt(8 * np.log(2)) / STEP_DEG
    wide = sigma / np.cos(np.radians(grid_latitude()))
    along = np.stack(
        [
            gaussian_filter1d(row, min(float(s), SHAPE[1] / 2), mode="wrap", truncate=3)
            for row, s in zip(image, wide, strict=True)
        ]
    )
    pad = int(3 * sigma) + 1
    over = [np.roll(part[::-1], SHAPE[1] // 2, axis=1) for part in (along[:pad], along[-pad:])]
    blurred = gaussian_filter1d(np.vstack([over[0], along, over[1]]), sigma, axis=0, truncate=3)
    return np.asarray(blurred[pad:-pad], dtype=np.float64)


def surface_features(layers: xr.Dataset) -> Float:
    """Return `FEATURES` of each pixel, standardised over the sphere; shape (259200, features).

    Parameters
    ----------
    layers : of `farside.datasets.layers.load_layers`

    Notes
    -----
    Beyond 70 degrees no mare fraction is mapped and it is taken as 0: there is no mare of the size
    of a cell. Colour there is the fill of the product. Intervals there are calibrated apart.
    """
    image = {
        name: layers[name].to_numpy().astype(np.float64)
        for name in (
            "albedo_1064",
            "wac_r643",
            "wac_green_mix",
            "wac_blue_mix",
            "mare_fraction",
            "height_km",
            "slope_deg",
        )
    }
    red = image["wac_r643"]
    made = {
        "log_albedo": np.log(image["albedo_1064"]),
        "log_r643": np.log(red),
        "blue_red": image["wac_blue_mix"] / red,
        "green_red": image["wac_green_mix"] / red,
        "mare_fraction": np.nan_to_num(image["mare_fraction"]),
        "height": image["height_km"],
        "log_slope": np.log(SLOPE_FLOOR_DEG + image["slope_deg"]),
    }
    return np.clip(_standard(np.stack([made[n].ravel() for n in FEATURES], axis=1)), -REACH, REACH)


def neutron_counts(layers: xr.Dataset) -> Float:
    """Return fast and thermal neutrons averaged over `NEUTRON_FWHM_DEG`, standardised.

    Parameters
    ----------
    layers : of `farside.datasets.layers.load_layers`

    Returns
    -------
    array of shape (259200, 2)
    """
    images = (layers[name].to_numpy().astype(np.float64) for name in NEUTRONS)
    return _standard(np.stack([smooth(i, NEUTRON_FWHM_DEG).ravel() for i in images], axis=1))


def _standard(columns: Float) -> Float:
    weights = pixel_weights()
    middle = weights @ columns
    return np.asarray((columns - middle) / np.sqrt(weights @ (columns - middle) ** 2))


@dataclass(frozen=True)
class Waves:
    """Random cosine features of a Gaussian kernel (Rahimi & Recht 2007).

    Parameters
    ----------
    directions : (features, count / 2)
    """

    directions: Float

    @classmethod
    def draw(cls, features: int, count: int, scale: float, seed: int) -> Waves:
        """Return `count` waves of length scale `scale`, in standard deviations of a feature."""
        rng = np.random.default_rng(seed)
        return cls(rng.normal(size=(features, count // 2)) / scale)

    def __call__(self, x: Float) -> Float:
        """Return (n, count) waves at (n, features)."""
        angle = x @ self.directions
        waves = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(waves / np.sqrt(self.directions.shape[1]), dtype=np.float64)


@dataclass(frozen=True)
class Harmonics:
    """Real spherical harmonics of degree 1 to `degree`, of unit mean square over the sphere."""

    degree: int

    @cached_property
    def orders(self) -> list[tuple[int, int, bool]]:
        """Degree, order, and whether it is the sine, of each function."""
        return [
            (n, m, sine)
            for m in range(self.degree + 1)
            for sine in ((False, True) if m else (False,))
            for n in range(max(m, 1), self.degree + 1)
        ]

    @cached_property
    def degrees(self) -> Float:
        """Degree of each function."""
        return np.array([n for n, _, _ in self.orders], dtype=np.float64)

    @cached_property
    def _legendre(self) -> Float:
        """Normalised Legendre functions at the latitudes of the grid, (degree+1, order+1, 360)."""
        lat = np.radians(grid_latitude())
        x, c = np.sin(lat), np.cos(lat)
        p = np.zeros((self.degree + 1, self.degree + 1, lat.size))
        p[0, 0] = 1.0
        for m in range(1, self.degree + 1):
            first = np.sqrt(2.0) if m == 1 else 1.0
            p[m, m] = first * np.sqrt((2 * m + 1) / (2 * m)) * c * p[m - 1, m - 1]
        for m in range(self.degree):
            p[m + 1, m] = np.sqrt(2 * m + 3) * x * p[m, m]
            for n in range(m + 2, self.degree + 1):
                a = np.sqrt((4 * n * n - 1) / (n * n - m * m))
                b = np.sqrt(((n - 1) ** 2 - m * m) / (4 * (n - 1) ** 2 - 1))
                p[n, m] = a * (x * p[n - 1, m] - b * p[n - 2, m])
        return p

    def damping(self, fwhm_deg: float) -> Float:
        """Return the factor that a Gaussian blur of a great-circle width leaves of each."""
        sigma = np.radians(fwhm_deg) / np.sqrt(8 * np.log(2))
        return np.asarray(np.exp(-self.degrees * (self.degrees + 1) * sigma**2 / 2))

    def rows(self, rows: slice) -> Float:
        """Return the functions on some rows of the grid, (pixels, functions)."""
        lon = np.radians(grid_longitude())
        turn = np.arange(self.degree + 1)[:, None] * lon
        waves = {False: np.cos(turn), True: np.sin(turn)}
        found = [
            (self._legendre[n, m, rows][:, None] * waves[sine][m]).ravel()
            for n, m, sine in self.orders
        ]
        return np.stack(found, axis=1)


def spatial_blocks(cells: pd.DataFrame, size_deg: float = 30.0) -> NDArray[np.int64]:
    """Return the number of the block that each cell is in: squares of about a side on the sphere.

    Parameters
    ----------
    cells : with ``lat`` and ``lon`` of their centres, degrees
    size_deg : height of a block, and its width along its middle parallel
    """
    lat, lon = cells["lat"].to_numpy(dtype=float), cells["lon"].to_numpy(dtype=float)
    bands = round(180 / size_deg)
    band = np.clip(np.floor((lat + 90) / size_deg), 0, bands - 1).astype(np.int64)
    middle = (band + 0.5) * size_deg - 90
    count = np.maximum(1, np.rint(360 / size_deg * np.cos(np.radians(middle)))).astype(np.int64)
    across = np.floor((lon + 180) % 360 / 360 * count).astype(np.int64)
    return np.asarray(band * 1000 + across, dtype=np.int64)
