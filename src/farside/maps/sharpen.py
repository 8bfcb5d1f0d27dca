r"""Sharpen the gamma-ray cells to half a degree: a Gaussian process seen through footprints.

The six oxides are turned into six components whose errors are independent and of unit size on
average (minimum noise fraction, Green et al. 1988). Each is a sum over pixels p,

.. math:: z(p) = \beta^T x(p) + w^T \phi(x(p)) + \sum_{lm} a_{lm} Y_{lm}(p),

a plane and a smooth curve in the surface features x, and a field on the sphere whose spectrum is
that of Whittle and Matern, :math:`(\kappa^2 + l(l+1))^{-2}` (Lindgren et al. 2011). A cell
sees the mean over its area of z blurred by the footprint of the spectrometer, an own deviation of
variance :math:`\tau^2`, and its error. All variances follow from the cells by expectation
maximisation of their likelihood (Dempster et al. 1977). Neutron counts, a curve of the second
degree through the training cells, are a second and weak look at every cell: they carry
information between cells, never inside of one. What the cells say beyond all this is spread over
their pixels, so that means over cells are kept (Kyriakidis 2004).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.optimize import minimize
from scipy.stats import norm

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

KAPPA = (2.0, 60.0)
"""Bounds of the inverse length of the field, in degrees of the harmonics."""


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


# -- one component -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Component:
    """Posterior of one component.

    Parameters
    ----------
    mean, covariance : of the weights of the basis functions
    tau2 : variance of a cell's own deviation
    kappa : inverse length of the field
    """

    mean: Float
    covariance: Float
    tau2: float
    kappa: float

    def variance(self, basis: NDArray[np.floating[Any]]) -> Float:
        """Return the variance of the component at rows of basis functions, in their precision."""
        covariance = self.covariance.astype(basis.dtype)
        found = np.einsum("ij,ij->i", basis @ covariance, basis)
        return np.asarray(found, dtype=np.float64)


def _spectrum(degrees: Float, kappa: float) -> Float:
    power = (kappa**2 + degrees * (degrees + 1)) ** -2.0
    return np.asarray(power / power.sum())


def _field_step(second: Float, degrees: Float, start: tuple[float, float]) -> tuple[float, float]:
    """Return size and kappa of the spectrum that make the expected field likeliest."""

    def loss(p: Float) -> float:
        d = np.exp(p[0]) * _spectrum(degrees, float(np.exp(p[1])))
        return float((np.log(d) + second / d).sum())

    best = minimize(loss, np.log(start), method="Nelder-Mead", options={"maxiter": 40})
    size, kappa = np.exp(best.x)
    return float(size), float(np.clip(kappa, *KAPPA))


@dataclass(frozen=True)
class Look:
    """A component as seen over cells.

    Parameters
    ----------
    design : (cells, functions) what is seen of the basis functions
    z : (cells,) the component
    noise : (cells,) error variance
    """

    design: Float
    z: Float
    noise: Float


def fit_component(
    look: Look, second: Look | None, groups: NDArray[np.int64], degrees: Float, steps: int
) -> Component:
    """Return the posterior of one component, with its variances by expectation maximisation.

    Parameters
    ----------
    look : at the training cells by gamma rays
    second : by neutrons, at any cells; its errors include the cells' own deviations
    groups : (functions,) group of each basis function
    degrees : of the harmonics among them
    steps : of maximisation
    """
    design, z, noise = look.design, look.z, look.noise
    fixed = 0.0 if second is None else second.design.T @ (second.design / second.noise[:, None])
    told = 0.0 if second is None else second.design.T @ (second.z / second.noise)
    total = float(z.var())
    plane, curve, tau2 = total / 5, total / 2, total / 10
    size, kappa = total / 4, 8.0
    prior = np.full(len(groups), 1e4 * total)
    for step in range(steps):
        prior[groups == PLANE], prior[groups == CURVE] = plane, curve
        prior[groups == FIELD] = size * _spectrum(degrees, kappa)
        scaled = design / (noise + tau2)[:, None]
        precision = design.T @ scaled + fixed
        precision[np.diag_indices_from(precision)] += 1 / prior
        factor = cho_factor(precision, lower=True)
        mean = cho_solve(factor, scaled.T @ z + told)
        covariance = cho_solve(factor, np.eye(len(groups)))
        if step == steps - 1:
            break
        power = mean**2 + np.diag(covariance)
        left = (z - design @ mean) ** 2 + np.einsum("ij,ij->i", design @ covariance, design)
        gain = tau2 / (tau2 + noise)
        tau2 = float(np.mean(gain**2 * left + gain * noise))
        plane = float(power[groups == PLANE].mean())
        curve = max(float(power[groups == CURVE].mean()), 1e-9 * total)
        size, kappa = _field_step(power[groups == FIELD], degrees, (size, kappa))
    return Component(mean, covariance, tau2, kappa)


# -- six oxides --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sharpened:
    """A fitted map, before it is drawn on pixels.

    Parameters
    ----------
    ground : cells and pixels
    middle : (6,) mean of the oxides of the training cells, wt%
    turn : (6, 6) oxides less `middle` times it are the components
    components : one posterior each
    train : (cells,) which took part
    """

    ground: Ground
    middle: Float
    turn: Float
    components: tuple[Component, ...]
    train: NDArray[np.bool_]

    @cached_property
    def back(self) -> Float:
        """Components times it, plus `middle`, are the oxides; (6, 6)."""
        return np.linalg.inv(self.turn)

    def at(self, basis: NDArray[np.floating[Any]]) -> tuple[Float, Float]:
        """Return value and variance (n, 6) of the oxides at rows of basis functions.

        The variance holds what the surface features leave open within a cell, as the cells' own
        deviations tell it.
        """
        z = np.stack([basis @ c.mean for c in self.components], axis=1)
        v = np.stack([c.variance(basis) + c.tau2 for c in self.components], axis=1)
        return np.asarray(self.middle + z @ self.back), np.asarray(v @ self.back**2)

    def covariance(self, basis: Float) -> Float:
        """Return the covariance (n, n, 6) of the oxides between rows of basis functions."""
        parts = [basis @ c.covariance @ basis.T for c in self.components]
        return np.asarray(np.einsum("knm,ko->nmo", np.stack(parts), self.back**2))

    def deviation(self) -> Float:
        """Return the expected own deviation of each cell, (cells, 6), 0 where it was left out."""
        z = (self.ground.oxides - self.middle) @ self.turn
        noise = _noise(self.ground.covariance, self.turn)
        found = np.zeros_like(z)
        for k, c in enumerate(self.components):
            left = z[:, k] - self.ground.design @ c.mean
            found[:, k] = c.tau2 / (c.tau2 + noise[:, k]) * left
        return np.where(self.train[:, None], found @ self.back, 0.0)

    def left_out(self) -> Float:
        """Return each training cell predicted without itself, variances kept; (cells, 6).

        The neutron relation keeps what it learnt from the cell, as do the variances: this score
        is optimistic.

        The residual of a linear smoother without a point is its residual over one less its
        leverage (Rasmussen & Williams 2006, section 5.4.2).
        """
        z = (self.ground.oxides - self.middle) @ self.turn
        noise = _noise(self.ground.covariance, self.turn)
        found = np.empty_like(z)
        for k, c in enumerate(self.components):
            design = self.ground.design
            leverage = c.variance(design) / (c.tau2 + noise[:, k])
            found[:, k] = z[:, k] - (z[:, k] - design @ c.mean) / (1 - leverage)
        return np.asarray(self.middle + found @ self.back)


def _noise(covariance: Float, turn: Float) -> Float:
    """Return the error variance (cells, 6) of the components."""
    return np.asarray(np.einsum("ik,cij,jk->ck", turn, covariance, turn, optimize=True))


def components_of(y: Float, covariance: Float, weights: Float) -> tuple[Float, Float]:
    """Return mean (6,) and turn (6, 6) to components with independent unit error.

    Minimum noise fraction: eigenvectors of the covariance of the oxides against that of their
    errors (Green et al. 1988, IEEE Trans. Geosci. Remote Sens. 26, 65-74).
    """
    middle = np.average(y, axis=0, weights=weights)
    spread = np.cov(y.T, aweights=weights)
    error = np.average(covariance, axis=0, weights=weights)
    _, vectors = eigh(spread, error)
    return middle, np.asarray(vectors[:, ::-1])


FIRST_STEPS = 3
"""Steps of the first fit, which only serves to tell what stands below a clamp."""


def fit(ground: Ground, train: NDArray[np.bool_] | None = None) -> Sharpened:
    """Return the sharp map learnt from some cells.

    A clamped zero stands for a value below 0 that the fit of the spectrum did not allow: it is
    replaced by what is expected there, given the map so far and the cell's error.

    Parameters
    ----------
    ground : cells and pixels
    train : (cells,) which may be learnt from; all by default
    """
    train = np.ones(len(ground.cells), dtype=bool) if train is None else train
    y = ground.oxides
    if ground.clamped[train].any():
        y = _uncensored(_fit(ground, y, train, FIRST_STEPS))
    return _fit(ground, y, train, ground.settings.steps)


def _fit(ground: Ground, y: Float, train: NDArray[np.bool_], steps: int) -> Sharpened:
    covariance, design = ground.covariance[train], ground.design[train]
    middle, turn = components_of(y[train], covariance, ground.weights[train])
    z, noise = (y[train] - middle) @ turn, _noise(covariance, turn)
    components = []
    for k in range(len(OXIDES)):
        look = Look(design, z[:, k], noise[:, k])
        second = _by_neutrons(ground, look, train) if ground.settings.neutrons else None
        degrees = ground.harmonics.degrees
        components.append(fit_component(look, second, ground.groups, degrees, steps))
    return Sharpened(ground, middle, turn, tuple(components), train)


LEAST_NEUTRON_VARIANCE = 0.05
"""Of the relation of a component to neutrons, in units of the cells' error variance; our choice,
reached by no component: it keeps a lucky fit from claiming to be exact."""


def _by_neutrons(ground: Ground, look: Look, train: NDArray[np.bool_]) -> Look:
    """Return a component at every cell as its neutrons tell it, learnt from training cells.

    Weighted least squares on a constant, both counts, their squares and product. The variance is
    that of its residuals less the cells' errors, times the cells that share errors.
    """
    fast, thermal = ground.neutrons.T
    terms = np.stack(
        [np.ones_like(fast), fast, thermal, fast**2, thermal**2, fast * thermal], axis=1
    )
    weights = 1 / (look.noise + 1.0)
    root = np.sqrt(weights)
    found = np.linalg.lstsq(terms[train] * root[:, None], look.z * root, rcond=None)[0]
    left = (look.z - terms[train] @ found) ** 2 - look.noise
    variance = max(float(np.average(left, weights=weights)), LEAST_NEUTRON_VARIANCE)
    noise = np.full(len(fast), variance * ground.settings.shared_cells)
    return Look(ground.design, terms @ found, noise)


def _uncensored(found: Sharpened) -> Float:
    """Return oxides with each clamp replaced by the mean of its normal tail below zero."""
    ground = found.ground
    value = found.at(ground.design)[0]
    reduced = -value / ground.sigma
    tail = value - ground.sigma * np.exp(norm.logpdf(reduced) - norm.logcdf(reduced))
    return np.where(ground.clamped & found.train[:, None], tail, ground.oxides)


# -- pixels ------------------------------------------------------------------------------------


def draw(found: Sharpened) -> tuple[Float, Float]:
    """Return value and standard deviation of the oxides on the grid, (6, 360, 720), wt%.

    Parameters
    ----------
    found : of `fit`; the means over its training cells are kept, see `conserve`
    """
    values, deviations = [], []
    for rows in blocks_of_rows():
        # five digits are enough for a map, and take half of the time
        value, variance = found.at(found.ground.basis(rows).astype(np.float32))
        values.append(value)
        deviations.append(np.sqrt(variance))
    shape = (len(OXIDES), *SHAPE)
    image = np.concatenate(values).T.reshape(shape)
    return conserve(found, image), np.concatenate(deviations).T.reshape(shape)


def targets(found: Sharpened, means: Float) -> Float:
    """Return what the mean over each cell shall be, (cells, 6), wt%; NaN for one left out.

    The mean of the fitted map with the cell's expected own deviation, held within `band` sigma of
    the cell. A clamp holds from above only.
    """
    ground = found.ground
    reach = ground.settings.band * ground.sigma
    low = np.where(ground.clamped, -np.inf, ground.oxides - reach)
    aim = np.clip(means + found.deviation(), low, ground.oxides + reach)
    return np.where(found.train[:, None], aim, np.nan)


ROUNDS, SHARP_ROUNDS = 12, 4
"""Rounds of spreading residuals; the last ones without smoothing, so that means are met."""


def conserve(found: Sharpened, image: Float) -> Float:
    """Return the image (6, 360, 720) moved so that means over training cells are as aimed at.

    Residuals of cells are spread over their pixels and smoothed, again and again, with no oxide
    below 0: Tobler's (1979, JASA 74, 519-530) mass-preserving interpolation.
    """
    ground = found.ground
    means = ground.means
    onto = means.T.multiply(1 / means.sum(axis=0)[:, None]).tocsr()
    flat = image.reshape(len(OXIDES), -1)
    aim = targets(found, (means @ flat.T))
    moved = np.empty_like(flat)
    for k, pixels in enumerate(flat):
        shift = np.zeros_like(pixels)
        for turn in range(ROUNDS):
            missing = aim[:, k] - means @ np.maximum(pixels + shift, 0.0)
            step = onto @ np.nan_to_num(missing)
            if turn < ROUNDS - SHARP_ROUNDS:
                step = smooth(step.reshape(SHAPE), ground.settings.spread_deg).ravel()
            shift += step
        moved[k] = np.maximum(pixels + shift, 0.0)
    return moved.reshape(image.shape)
