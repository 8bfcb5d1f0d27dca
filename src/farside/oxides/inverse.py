r"""The linear part of the network: Bayesian inversion of a spectral mixing model.

Light that is scattered by a regolith is absorbed in proportion to what absorbs it: the absorption
coefficient per grain, alpha = -ln(w), with w the single-scattering albedo, is a sum over components
(Hapke 1993). So features x = (alpha of each band, ln theta_Ti) are modelled as linear in the latent
composition z (`farside.oxides.composition`), x = a + W z + e, with e normal of covariance R; the
composition is z ~ N(m, S). What is wanted is the posterior mean,

.. math:: \hat z = m + (S^{-1} + W^T R^{-1} W)^{-1} W^T R^{-1} (x - a - W m),

which is affine in x. Extrapolation beyond the training sites is thus led by mineralogy, not by the
accidents of a few collinear soils.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.constants import OXIDES

if TYPE_CHECKING:
    from farside.oxides.composition import CompositionPrior
    from farside.oxides.training import Float

MU0 = float(np.cos(np.radians(30.0)))
"""Cosine of the incidence angle to which reflectance is normalised (i = 30°, e = 0°)."""

TI_BANDS_NM = (414.0, 749.0)
"""The bands of theta_Ti."""


THETA_FLOOR = 0.05
"""Least theta_Ti (rad) whose logarithm is taken; sites have 0.98-1.23."""


def single_scattering_albedo(reflectance: Float) -> Float:
    r"""Return w of reflectance factors at i = 30°, e = 0°, for isotropic scatterers.

    Solves r = w / (4 (mu0 + 1)) H(mu0) H(1) with H(x) = (1 + 2x) / (1 + 2 x gamma) and
    gamma = sqrt(1 - w), a quadratic equation in gamma (Hapke 1981, doi 10.1029/JB086iB04p03039).

    Parameters
    ----------
    reflectance : any shape, 0 to 1
    """
    s = 4.0 * (MU0 + 1.0) * reflectance / (3.0 * (1.0 + 2.0 * MU0))
    # s (1 + 2 mu0 g)(1 + 2 g) = 1 - g^2
    a = 4.0 * MU0 * s + 1.0
    b = 2.0 * s * (1.0 + MU0)
    gamma = (-b + np.sqrt(b * b - 4.0 * a * (s - 1.0))) / (2.0 * a)
    return np.asarray(1.0 - gamma * gamma)


def ti_columns(wavelength_nm: Float, tolerance_nm: float = 5.0) -> tuple[int, int] | None:
    """Return the columns of the two bands of theta_Ti, or None where the sensor lacks one."""
    columns = [int(np.abs(wavelength_nm - nm).argmin()) for nm in TI_BANDS_NM]
    near = all(
        abs(wavelength_nm[c] - nm) <= tolerance_nm
        for c, nm in zip(columns, TI_BANDS_NM, strict=True)
    )
    return (columns[0], columns[1]) if near else None


def features(reflectance: Float, wavelength_nm: Float) -> Float:
    """Return (..., b) alpha, and ln theta_Ti as a last column where its two bands exist.

    A missing band (NaN) gives NaN in its own column and in that of theta_Ti.
    """
    alpha = -np.log(single_scattering_albedo(reflectance))
    ti = ti_columns(wavelength_nm)
    if ti is None:
        return np.asarray(alpha)
    uv, red = reflectance[..., ti[0]], reflectance[..., ti[1]]
    # theta_Ti as in farside.spectra.parameters, there with its source
    theta = np.arctan2(uv / red - 0.208, red + 0.108)
    return np.concatenate([alpha, np.log(np.maximum(theta, THETA_FLOOR))[..., None]], axis=-1)


@dataclass(frozen=True)
class InverseSettings:
    """How the mixing model is fitted.

    Parameters
    ----------
    ridge : penalty of W in units of one standardised soil
    minor_ridge : the same for MgO, CaO and SiO2, whose optical effect is small and whose
        collinearity with the others would otherwise be read as colour
    noise_shrinkage : share of its diagonal that is added to R
    prior_centre : 0 puts the prior mean where the reference compositions are, 1 where the
        training soils are
    """

    ridge: float = 0.5
    minor_ridge: float = 5.0
    noise_shrinkage: float = 0.05
    prior_centre: float = 0.75


def fit_inverse(
    x: Float, latent: Float, prior: CompositionPrior, settings: InverseSettings
) -> tuple[Float, Float]:
    """Return (c, B) of the posterior mean z = c + x B.

    Parameters
    ----------
    x : (n, p) features
    latent : (n, 6) z without gaps (`CompositionPrior.complete`)
    prior : distribution of z
    """
    p = len(OXIDES)
    sd = prior.unit
    x_mean, x_sd = x.mean(axis=0), x.std(axis=0)
    xs = (x - x_mean) / x_sd
    zs = (latent - prior.mean) / sd
    z_mean = zs.mean(axis=0)
    zc = zs - z_mean
    penalty = np.diag([settings.ridge] * 3 + [settings.minor_ridge] * 3)
    w = np.linalg.solve(zc.T @ zc + penalty, zc.T @ xs)
    rest = xs - zc @ w
    noise = rest.T @ rest / max(len(x) - p, 1)
    noise += settings.noise_shrinkage * np.diag(np.diag(noise))
    centre = settings.prior_centre * z_mean
    information = np.linalg.solve(noise, w.T)
    correlation = prior.covariance * prior.width**2 / np.outer(sd, sd)
    gain = information @ np.linalg.inv(np.linalg.inv(correlation) + w @ information)
    slope = gain * sd / x_sd[:, None]
    constant = prior.mean + sd * (centre - (centre - z_mean) @ w @ gain) - x_mean @ slope
    return constant, slope
