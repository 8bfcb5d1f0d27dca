"""The project's own estimator: linear inversion + gated convolutional residual, novelty beside.

    z(x) = c + x B + g(d) sigma_z cnn(x),   g(d) = exp(-(d / d0)^2)

where x are the features of `farside.oxides.inverse`, (c, B) its posterior mean given alpha (TiO2:
given ln theta_Ti as well; FeO: averaged with the line on theta_Fe, Lucey et al. 2000), cnn the nets
of `farside.oxides.cnn` and d the distance to the nearest training spectrum in the principal
components of alpha. Near a sampled soil the net may correct the inversion; far from all of them,
where it has learnt nothing, it is silent and mineralogy alone speaks. d0 is `gate` times the median
distance between nearest neighbours of the training rows, so it is learnt inside the training part.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from farside.constants import OXIDES
from farside.oxides.cnn import (
    CnnSettings,
    FoldScaling,
    Network,
    Single,
    Trainer,
    TrainingPool,
    fill_matrices,
    make_pool,
)
from farside.oxides.composition import (
    CompositionPrior,
    physical,
    prior_of_samples_and_cells,
    prior_of_training,
    to_latent,
)
from farside.oxides.inverse import (
    InverseSettings,
    angle_columns,
    features,
    fit_inverse,
    seen_features,
)
from farside.oxides.training import band_patterns

if TYPE_CHECKING:
    from farside.oxides.training import Float, Mask, TrainingSet

TIO2, FEO = OXIDES.index("TiO2"), OXIDES.index("FeO")

MIN_LINE = 3
"""Fewer measured soils than this and one give no line of FeO on theta_Fe."""

COVARIANCE_RIDGE = 1e-3
"""Share of its diagonal added to a feature covariance before inversion (bands are collinear)."""


@dataclass(frozen=True)
class FarsideSettings:
    """Settings of the estimator.

    Parameters
    ----------
    tio2_offset : wt%, of the logarithm of TiO2: about the rounding of low-Ti analyses
    cells_weight : share of the gamma-ray cells in the composition prior
    prior : ``"samples+cells"``, or ``"training"`` (moments of the training oxides), or ``"flat"``
    gate_components : principal components that distance is measured in
    gate : d0 in units of the median nearest-neighbour distance
    """

    tio2_offset: float = 0.05
    cells_weight: float = 0.5
    prior: Literal["samples+cells", "training", "flat"] = "samples+cells"
    gate_components: int = 3
    gate: float = 1.5
    inverse: InverseSettings = field(default_factory=InverseSettings)
    cnn: CnnSettings = field(default_factory=CnnSettings)


FLAT_WIDTH = 10.0
"""Factor on the standard deviations of the training oxides that makes a prior of no weight."""


@dataclass(frozen=True)
class Neighbours:
    """Where the training spectra of one fit lie.

    Parameters
    ----------
    axes : (b, c) from centred alpha to principal components, the first q of unit variance; what
        lies outside them is measured in units of the q-th, so that noise there counts little and
        a spectrum unlike all others far
    points : (m, c)
    components : q
    scale : d0
    """

    centre: Float
    axes: Float
    points: Float
    components: int
    scale: float

    def distance(self, alpha: Float) -> Float:
        """Return (n,) distance of alpha (n, b) to the nearest training spectrum."""
        place = (alpha - self.centre) @ self.axes
        squared = (
            (place**2).sum(axis=1)[:, None]
            - 2.0 * place @ self.points.T
            + (self.points**2).sum(axis=1)
        )
        return np.asarray(np.sqrt(np.maximum(squared.min(axis=1), 0.0) / self.components))


def neighbours(alpha: Float, components: int, gate: float) -> Neighbours:
    """Return the neighbours' geometry of training spectra alpha (m, b)."""
    centre = alpha.mean(axis=0)
    _, values, axes = np.linalg.svd(alpha - centre, full_matrices=False)
    q = min(components, len(values))
    spread = np.maximum(values, values[q - 1]) / np.sqrt(len(alpha))
    scaled = axes.T / spread
    points = (alpha - centre) @ scaled
    apart = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2) / q)
    np.fill_diagonal(apart, np.inf)
    return Neighbours(centre, scaled, points, q, float(gate * np.median(apart.min(axis=1))))


@dataclass(frozen=True)
class FittedFarside:
    """The estimator fitted on F subsets.

    Parameters
    ----------
    wavelength_nm : (b,)
    scaling : linear inversion and feature moments, per fit
    network : the nets of all fits
    near : geometry of the training spectra, per fit
    """

    settings: FarsideSettings
    wavelength_nm: Float
    scaling: FoldScaling
    network: Network
    near: tuple[Neighbours, ...]

    def predict(self, reflectance: Float) -> Float:
        """Return (F, n, 6) wt%; a missing band (NaN) is filled in from those present."""
        out = np.full((len(self.near), len(reflectance), self.scaling.constant.shape[1]), np.nan)
        for present, rows in band_patterns(reflectance):
            out[:, rows] = self._predict(reflectance[rows], present)
        return out

    def filled(self, reflectance: Float, present: Mask) -> Float:
        """Return (F, n, p) features with missing bands filled in, per fit."""
        x = features(reflectance, self.wavelength_nm)
        seen = seen_features(self.wavelength_nm, present)
        matrix, shift = fill_matrices(self.scaling.x_mean, self.scaling.x_covariance, seen)
        return np.asarray(np.where(seen, x, 0.0) @ matrix + shift[:, None])

    def _predict(self, reflectance: Float, present: Mask) -> Float:
        s, b = self.scaling, len(self.wavelength_nm)
        x = self.filled(reflectance, present)
        standard = ((x - s.x_mean[:, None]) / s.x_sd[:, None])[..., :b].astype(np.float32)
        rest = self.network.residual(standard, present.astype(np.float32))
        gate = np.stack([self.gate(i, x[i, :, :b]) for i in range(len(self.near))])
        latent = (
            s.constant[:, None]
            + np.matmul(x, s.slope)
            + gate[..., None] * s.latent_sd[:, None] * rest.astype(np.float64)
        )
        return physical(latent, self.settings.tio2_offset)

    def gate(self, fit: int, alpha: Float) -> Float:
        """Return g(d) of fit number `fit` for alpha (n, b)."""
        near = self.near[fit]
        return np.asarray(np.exp(-((near.distance(alpha) / near.scale) ** 2)))


@dataclass(frozen=True)
class Farside:
    """The method ``farside``."""

    settings: FarsideSettings = field(default_factory=FarsideSettings)
    name: str = "farside"

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedFarside:
        """Fit on each subset; see `farside.oxides.training.Method`."""
        s = self.settings
        x = features(data.reflectance, data.wavelength_nm)
        scaling = _stack([self._scaling(data, x, mask) for mask in masks])
        reflectance, oxides, parents = make_pool(data.reflectance, data.oxides, s.cnn, seed)
        pool = TrainingPool(
            features(reflectance, data.wavelength_nm), to_latent(oxides, s.tio2_offset), parents
        )
        network = Trainer(s.cnn, data.wavelength_nm, scaling, masks, seed).train(pool)
        alpha = x[:, : len(data.wavelength_nm)]
        near = tuple(neighbours(alpha[mask], s.gate_components, s.gate) for mask in masks)
        return FittedFarside(s, data.wavelength_nm, scaling, network, near)

    def _prior(self, data: TrainingSet, mask: Mask) -> CompositionPrior:
        s = self.settings
        if s.prior == "samples+cells":
            left_out = frozenset(str(m) for m in data.mission[~mask])
            return prior_of_samples_and_cells(left_out, s.tio2_offset, s.cells_weight)
        prior = prior_of_training(data.oxides[mask], s.tio2_offset)
        if s.prior == "flat":
            return replace(prior, width=FLAT_WIDTH)
        return prior

    def _scaling(self, data: TrainingSet, x: Float, mask: Mask) -> FoldScaling:
        s, b = self.settings, len(data.wavelength_nm)
        prior = self._prior(data, mask)
        rows = x[mask]
        measured = to_latent(data.oxides[mask], s.tio2_offset)
        latent = prior.complete(measured)
        p = rows.shape[1]
        constant, slope = fit_inverse(rows[:, :b], latent, prior, s.inverse)
        slope = np.pad(slope, ((0, p - b), (0, 0)))
        angles = {name: b + i for i, name in enumerate(angle_columns(data.wavelength_nm))}
        # each angle was made for one element, so that oxide alone is read from it
        if "Ti" in angles:
            columns = [*range(b), angles["Ti"]]
            with_ti = fit_inverse(rows[:, columns], latent, prior, s.inverse)
            constant[TIO2], slope[columns, TIO2] = with_ti[0][TIO2], with_ti[1][:, TIO2]
        known = np.isfinite(measured[:, FEO])
        if "Fe" in angles and known.sum() > MIN_LINE:
            # iron has two readings of unlike errors, the inversion and the line on theta_Fe
            gain, level = np.polyfit(rows[known, angles["Fe"]], measured[known, FEO], 1)
            constant[FEO] = (constant[FEO] + level) / 2
            slope[:, FEO] /= 2
            slope[angles["Fe"], FEO] = gain / 2
        covariance = np.cov(rows, rowvar=False)
        return FoldScaling(
            constant=constant[None],
            slope=slope[None],
            x_mean=rows.mean(axis=0)[None],
            x_sd=rows.std(axis=0)[None],
            latent_sd=_spread(measured, prior)[None],
            x_covariance=(covariance + COVARIANCE_RIDGE * np.diag(np.diag(covariance)))[None],
        )


def _spread(latent: Float, prior: CompositionPrior) -> Float:
    """Return (6,) the standard deviation of z; the prior's for an oxide never measured."""
    known = np.isfinite(latent).any(axis=0)
    spread = prior.unit.copy()
    spread[known] = np.nanstd(latent[:, known], axis=0)
    return spread


def _stack(scalings: list[FoldScaling]) -> FoldScaling:
    names = ("constant", "slope", "x_mean", "x_sd", "latent_sd", "x_covariance")
    return FoldScaling(*(np.concatenate([getattr(s, name) for s in scalings]) for name in names))


__all__ = ["Farside", "FarsideSettings", "FittedFarside", "Neighbours", "Single", "neighbours"]
