"""The ground of the sharp map: cells, pixels, and how a spectrometer sees pixels in cells."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg
from farside.datasets.layers import SHAPE, load_layers
from farside.geography.cells import area_weights
from farside.maps._basis import (
    Harmonics,
    Waves,
    averaging,
    neutron_counts,
    smooth,
    surface_features,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

    Float = NDArray[np.float64]

PLANE, CURVE, FIELD = 1, 2, 3
"""Groups of basis functions, each with a variance of its own; 0 is the constant."""


@dataclass(frozen=True)
class SharpenSettings:
    """Settings of the sharp map.

    Parameters
    ----------
    degree : highest degree of the field; 20 is a half wave of 9 degrees, about two cells
    waves : random features of the curve
    scale : of the curve, in standard deviations of a feature
    steps : of expectation maximisation
    footprint_deg : full width at half maximum of what the spectrometer sees at once; about 5
        degrees of arc at 100 km (label of LP-L-GRS-5-ELEM-ABUNDANCE-V1.0, after Prettyman et al.
        2006), taken as a Gaussian
    neutrons : whether neutron counts take part
    shared_cells : cells over which errors of the neutron relation are taken to be shared, those
        in a square of 30 degrees: the relation counts that many times less at each
    spread_deg : full width over which the residual of a cell is smoothed
    band : the mean over a cell is held within this many of the cell's sigma
    seed : of the random features
    """

    degree: int = 20
    waves: int = 128
    scale: float = 3.0
    steps: int = 12
    footprint_deg: float = 5.0
    neutrons: bool = True
    shared_cells: float = 36.0
    spread_deg: float = 3.0
    band: float = 0.95
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Ground:
    """Everything about cells and pixels that does not depend on the chemistry.

    Parameters
    ----------
    cells : as of `farside.datasets.load_cells_5deg`
    settings : of the map
    means : (cells, pixels) averaging
    x : (pixels, features)
    neutrons : (cells, 2) counts as means over cells, standardised
    """

    cells: pd.DataFrame
    settings: SharpenSettings
    means: sparse.csr_array
    x: Float
    neutrons: Float

    @classmethod
    def load(cls, settings: SharpenSettings | None = None) -> Ground:
        """Return the ground of the tables that ship."""
        settings = settings or SharpenSettings()
        cells, layers = load_cells_5deg(), load_layers()
        means = averaging(cells)
        return cls(cells, settings, means, surface_features(layers), means @ neutron_counts(layers))

    @cached_property
    def harmonics(self) -> Harmonics:
        """Functions of the field."""
        return Harmonics(self.settings.degree)

    @cached_property
    def waves(self) -> Waves:
        """Functions of the curve."""
        s = self.settings
        return Waves.draw(self.x.shape[1], s.waves, s.scale, s.seed)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """Group of each basis function."""
        sizes = (1, self.x.shape[1], self.settings.waves, len(self.harmonics.orders))
        return np.repeat([0, PLANE, CURVE, FIELD], sizes)

    def basis(self, rows: slice) -> Float:
        """Return the basis functions on some rows of the grid, (pixels, functions)."""
        x = self.x[rows.start * SHAPE[1] : rows.stop * SHAPE[1]]
        parts = [np.ones((len(x), 1)), x, self.waves(x), self.harmonics.rows(rows)]
        return np.concatenate(parts, axis=1)

    @cached_property
    def area_design(self) -> Float:
        """Means of the basis functions over the areas of cells, (cells, functions)."""
        parts = (self.means[:, _pixels(rows)] @ self.basis(rows) for rows in blocks_of_rows())
        return np.asarray(sum(parts), dtype=np.float64)

    @cached_property
    def design(self) -> Float:
        """What the spectrometer sees of the basis functions over cells, (cells, functions)."""
        width = self.settings.footprint_deg
        if width == 0:
            return self.area_design
        found = self.area_design.copy()
        found[:, self.groups == FIELD] *= self.harmonics.damping(width)
        images = [(PLANE, self.x.T), (CURVE, self.waves(self.x).T)]
        for group, columns in images:
            seen = [self.means @ smooth(c.reshape(SHAPE), width).ravel() for c in columns]
            found[:, self.groups == group] = np.stack(seen, axis=1)
        return found

    @cached_property
    def oxides(self) -> Float:
        """Oxides of the cells, (cells, 6), wt%."""
        return self.cells[list(OXIDES)].to_numpy(dtype=float)

    @cached_property
    def covariance(self) -> Float:
        """Error covariance of the cells, (cells, 6, 6), wt%^2."""
        return cell_covariance(self.cells)

    @cached_property
    def sigma(self) -> Float:
        """One sigma of the cells, (cells, 6), wt%."""
        return np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))

    @cached_property
    def clamped(self) -> NDArray[np.bool_]:
        """Where a value is a clamp at zero, (cells, 6)."""
        names = [set(text.split(";")) for text in self.cells["censored"]]
        return np.array([[oxide in found for oxide in OXIDES] for found in names])

    @cached_property
    def weights(self) -> Float:
        """Share of each cell in the area of the Moon."""
        return area_weights(self.cells)


def blocks_of_rows(size: int = 10) -> list[slice]:
    """Return the rows of the grid in blocks, so that a basis over them stays small."""
    return [slice(i, min(i + size, SHAPE[0])) for i in range(0, SHAPE[0], size)]


def _pixels(rows: slice) -> slice:
    return slice(rows.start * SHAPE[1], rows.stop * SHAPE[1])
