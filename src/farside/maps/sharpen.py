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

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.optimize import minimize
from scipy.stats import norm

from farside.constants import OXIDES
from farside.maps._ground import CURVE, FIELD, PLANE, Ground

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

KAPPA = (2.0, 60.0)
"""Bounds of the inverse length of the field, in degrees of the harmonics."""


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
        return np.asarray(np.linalg.inv(self.turn), dtype=np.float64)

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
