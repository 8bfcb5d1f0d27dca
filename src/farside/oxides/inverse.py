r"""The linear part of the network: Bayesian inversion of a spectral mixing model.

Light that is scattered by a regolith is absorbed in proportion to what absorbs it: the absorption
coefficient per grain, alpha = -ln(w), with w the single-scattering albedo, is a sum over components
(Hapke 1981). So features x (alpha of each band; ln theta_Ti) are modelled as linear in the latent
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
    from farside.oxides.training import Float, Mask

MU0 = float(np.cos(np.radians(30.0)))
"""Cosine of the incidence angle to which reflectance is normalised (i = 30°, e = 0°)."""

TI_BANDS_NM = (414.0, 749.0)
FE_BANDS_NM = (749.0, 950.0)
ANGLES = {"Ti": TI_BANDS_NM, "Fe": FE_BANDS_NM}
"""The bands of ln theta_Ti and of theta_Fe, features of TiO2 and FeO alone."""

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


def angle_columns(wavelength_nm: Float, tolerance_nm: float = 5.0) -> dict[str, tuple[int, int]]:
    """Return the columns of the two bands of each angle in `ANGLES` whose bands the sensor has."""
    found = {}
    for name, bands in ANGLES.items():
        columns = [int(np.abs(wavelength_nm - nm).argmin()) for nm in bands]
        apart = np.abs(wavelength_nm[columns] - np.array(bands))
        if (apart <= tolerance_nm).all():
            found[name] = (columns[0], columns[1])
    return found


def seen_features(wavelength_nm: Float, present: Mask) -> Mask:
    """Return which features (p,) the bands that are present (b,) give."""
    angles = [present[list(pair)].all() for pair in angle_columns(wavelength_nm).values()]
    return np.append(present, np.array(angles, dtype=bool))


def features(reflectance: Float, wavelength_nm: Float) -> Float:
    """Return (..., p): alpha of each band, then ln theta_Ti and theta_Fe where their bands exist.

    A missing band (NaN) gives NaN in its own column and in those of its angles. The angles are
    those of `farside.spectra.parameters`, there with their sources.
    """
    columns = [-np.log(single_scattering_albedo(reflectance))]
    for name, (first, second) in angle_columns(wavelength_nm).items():
        one, two = reflectance[..., first], reflectance[..., second]
        if name == "Ti":
            theta = np.log(np.maximum(np.arctan2(one / two - 0.208, two + 0.108), THETA_FLOOR))
        else:
            theta = -np.arctan2(two / one - 1.25, one - 0.037)
        columns.append(theta[..., None])
    return np.concatenate(columns, axis=-1)


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
