"""Regressions that a network must beat: mean, ridge, partial least squares, Gaussian process.

Each oxide has its own regression on the rows in which it was measured, TiO2 as its logarithm. What
a regression leaves open, the strength of a penalty or the number of components, is chosen inside
the training part by leaving out one mission after the other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from sklearn.cross_decomposition import PLSRegression
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from farside.constants import OXIDES
from farside.errors import InputError
from farside.oxides.empirical import TIO2, angles, log_tio2, measured
from farside.oxides.training import FittedEach, fit_each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.oxides.training import Float, Mask, Regressor, TrainingSet

Features = Callable[["Float", "Float"], "Float"]
"""A map from reflectance (m, b) and wavelength (b,) in nm to features (m, p)."""

Learner = Callable[["Float", "Float", "NDArray[np.str_]"], Callable[["Float"], "Float"]]
"""A map from features (m, p), target (m,) and mission (m,) to a function of features (k, p)."""

N_FOLDS = 5
"""Folds of the inner choice where fewer than `MIN_MISSIONS` missions can be left out."""

MIN_MISSIONS = 3

ALPHA = 10.0 ** np.arange(-3.0, 1.01, 0.25)
"""Penalties of the ridge; at 10 a feature of unit variance in 50 rows keeps 5/6 of its slope."""

MAX_COMPONENTS = 7


def contrasts(reflectance: Float, wavelength_nm: Float) -> Float:
    """Return the mean logarithm of reflectance, and its steps from band to band.

        x_0 = mean_i ln R_i,   x_i = ln(R_{i+1} / R_i)

    Brightness, which maturity and illumination change most, stands apart from colour, which carries
    the absorptions; the logarithms of the bands themselves are nearly one and the same feature.

    Parameters
    ----------
    reflectance : (m, b) dimensionless, positive
    wavelength_nm : (b,) nm, ascending

    Returns
    -------
    array
        (m, b) dimensionless
    """
    log = np.log(reflectance[:, np.argsort(wavelength_nm)])
    return np.column_stack([log.mean(axis=1), np.diff(log, axis=1)])


def logs_and_angles(reflectance: Float, wavelength_nm: Float) -> Float:
    """Return the logarithms of the bands and the angles θ_Fe and θ_Ti in rad: (m, b + 2)."""
    return np.column_stack([np.log(reflectance), angles(reflectance, wavelength_nm)])


def inner_folds(target: Float, mission: NDArray[np.str_]) -> list[Mask]:
    """Return the rows (m,) that are left out together while a hyperparameter is chosen.

    Missions where there are at least three; else five folds that each run through the whole range
    of the target (every fifth row in its order), so that no row order and no draw matters.
    """
    names = np.unique(mission)
    if len(names) >= MIN_MISSIONS:
        return [mission == name for name in names]
    rank = np.argsort(np.argsort(target, kind="stable"), kind="stable")
    return [rank % N_FOLDS == k for k in range(min(N_FOLDS, len(target)))]


def _choose(
    path: Callable[[Float, Float, Float], Float], x: Float, y: Float, mission: NDArray[np.str_]
) -> int:
    """Return which column of `path` has the least squared error over the inner folds."""
    error = np.zeros(1)
    for out in inner_folds(y, mission):
        error = error + ((path(x[~out], y[~out], x[out]) - y[out, None]) ** 2).sum(axis=0)
    return int(error.argmin())


def _fit_part(data: TrainingSet, features: Features, learn: Learner) -> Regressor:
    """Fit one regression per oxide; an oxide that was not measured stays NaN."""
    if (data.reflectance <= 0).any():
        raise InputError("a training spectrum has a reflectance of 0 or below; leave that row out.")
    x = features(data.reflectance, data.wavelength_nm)
    models: dict[int, Callable[[Float], Float]] = {}
    for oxide in range(len(OXIDES)):
        rows = measured(data, oxide)
        if rows.any():
            y = data.oxides[rows, oxide]
            target = log_tio2(y) if oxide == TIO2 else y
            models[oxide] = learn(x[rows], target, data.mission[rows])

    def regress(reflectance: Float) -> Float:
        out = np.full((len(reflectance), len(OXIDES)), np.nan)
        lit = (reflectance > 0).all(axis=1)
        if lit.any():
            x = features(reflectance[lit], data.wavelength_nm)
            for oxide, model in models.items():
                out[lit, oxide] = np.exp(model(x)) if oxide == TIO2 else model(x)
        return out

    return regress


def _standard(x: Float, at: Float, spread: Float) -> tuple[Float, Float]:
    """Return both less the mean of `x`, over `spread`; a feature without spread is only shifted."""
    scale = np.where(spread > 0, spread, 1.0)
    return (x - x.mean(axis=0)) / scale, (at - x.mean(axis=0)) / scale


# -- ridge -------------------------------------------------------------------------------------


def ridge_path(x: Float, y: Float, at: Float, alpha: Float) -> Float:
    """Return the prediction of ridge regression for every penalty, by one eigendecomposition.

        Z'Z = U diag(e) U',   ŷ = ȳ + W U diag(1 / (e + α)) U' Z' (y - ȳ)

    with Z and W the features standardised by the mean and deviation of the training rows.

    Parameters
    ----------
    x, y, at : (m, p), (m,) and (k, p): training rows, and features at which to predict
    alpha : (a,) penalties, in squared deviations times rows

    Returns
    -------
    array
        (k, a) in the unit of `y`
    """
    z, w = _standard(x, at, x.std(axis=0))
    eigenvalue, u = np.linalg.eigh(z.T @ z)
    along = u.T @ (z.T @ (y - y.mean()))
    path: Float = y.mean() + (w @ u) @ (along[:, None] / (eigenvalue[:, None] + alpha))
    return path


def _learn_ridge(x: Float, y: Float, mission: NDArray[np.str_]) -> Callable[[Float], Float]:
    chosen = _choose(lambda x, y, at: ridge_path(x, y, at, ALPHA), x, y, mission)
    alpha = ALPHA[[chosen]]
    return lambda at: ridge_path(x, y, at, alpha)[:, 0]


# -- partial least squares ---------------------------------------------------------------------


def pls_path(x: Float, y: Float, at: Float) -> Float:
    """Return the prediction of partial least squares for 1, 2, ... `MAX_COMPONENTS` components.

    The first k components of a fit with more are those of a fit with k, so one fit gives all:
    ŷ_k = ȳ + s_y W R_k q_k, with R_k the rotations and q_k the loadings of y. Where rows allow
    fewer components, the last is repeated.

    Parameters
    ----------
    x, y, at : (m, p), (m,) and (k, p): training rows, and features at which to predict

    Returns
    -------
    array
        (k, MAX_COMPONENTS) in the unit of `y`
    """
    scale = y.std(ddof=1) if len(y) > 1 else 0.0
    if scale == 0.0:
        return np.full((len(at), MAX_COMPONENTS), y.mean())
    n = min(MAX_COMPONENTS, x.shape[1], len(y) - 1)
    with warnings.catch_warnings():
        # What earlier components explain wholly leaves nothing to later ones: they add zero.
        warnings.filterwarnings("ignore", message="y residual is constant", category=UserWarning)
        model = PLSRegression(n_components=n).fit(x, y)
    slopes = np.cumsum(model.x_rotations_ * model.y_loadings_, axis=1)
    _, w = _standard(x, at, x.std(axis=0, ddof=1))
    path: Float = y.mean() + scale * (w @ slopes)
    return path[:, np.minimum(np.arange(MAX_COMPONENTS), n - 1)]


def _learn_pls(x: Float, y: Float, mission: NDArray[np.str_]) -> Callable[[Float], Float]:
    components = _choose(pls_path, x, y, mission)
    return lambda at: pls_path(x, y, at)[:, components]


# -- Gaussian process --------------------------------------------------------------------------


def _climb(
    objective: Callable[[Float], tuple[float, Float]], start: Float, bounds: Float
) -> tuple[Float, float]:
    """Return the parameters where a descent by L-BFGS-B ends, and the objective there.

    A line search that finds no further descent within rounding, which scikit-learn's own call
    reports as a failure, has arrived.
    """
    limits = [(float(low), float(high)) for low, high in bounds]
    end = minimize(objective, start, jac=True, bounds=limits, method="L-BFGS-B")
    return end.x, float(end.fun)


def _learn_gp(x: Float, y: Float, _: NDArray[np.str_]) -> Callable[[Float], Float]:
    kernel = (
        ConstantKernel(1.0, (1e-3, 1e3)) * DotProduct(0.0, "fixed")
        + ConstantKernel(1.0, (1e-2, 1e3)) * Matern(3.0, (1.0, 100.0), nu=2.5)
        + WhiteKernel(0.1, (1e-3, 1.0))
    )
    model = make_pipeline(
        StandardScaler(), GaussianProcessRegressor(kernel, optimizer=_climb, normalize_y=True)
    )
    with warnings.catch_warnings():
        # A parameter at its bound is an answer (no curvature, or no linear part), not a failure.
        warnings.filterwarnings(
            "ignore", message=r"The optimal value found for dimension", category=ConvergenceWarning
        )
        model.fit(x, y)

    def predict(at: Float) -> Float:
        value: Float = model.predict(at)
        return value

    return predict


# -- methods -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mean:
    """The mean of each oxide in the training part, wt%, whatever the spectrum: zero skill."""

    name = "mean"

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedEach:  # noqa: ARG002
        """Fit once per row of `masks` (F, n); an oxide that was not measured stays NaN."""

        def one(part: TrainingSet) -> Regressor:
            known = np.isfinite(part.oxides)
            count = known.sum(axis=0)
            total = np.where(known, part.oxides, 0.0).sum(axis=0)
            mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
            return lambda reflectance: np.tile(mean, (len(reflectance), 1))

        return fit_each(data, masks, one)


@dataclass(frozen=True)
class Ridge:
    r"""Ridge regression on the contrasts of a spectrum, one per oxide.

    .. math::
        y = c + b^T x, \quad b = \operatorname{argmin} |y - \bar y - Z b|^2 + \alpha |b|^2

    y is ln TiO2, or wt% of the others; x of `contrasts`, standardised on the training part to Z;
    α of `ALPHA` by `inner_folds`.

    References
    ----------
    Hoerl, Kennard (1970) Technometrics 12, 55-67, doi 10.1080/00401706.1970.10488634
    """

    name = "ridge"

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedEach:  # noqa: ARG002
        """Fit once per row of `masks` (F, n); nothing is drawn, `seed` is that of the contract.

        Raises
        ------
        InputError
            when an oxide was measured in too few rows, or a spectrum or TiO2 is not positive
        """
        return fit_each(data, masks, lambda part: _fit_part(part, contrasts, _learn_ridge))


@dataclass(frozen=True)
class Pls:
    """Partial least squares on the contrasts of a spectrum, one per oxide.

    Features as in `Ridge`; 1 to `MAX_COMPONENTS` components by `inner_folds`.

    References
    ----------
    Wold, Sjöström, Eriksson (2001) Chemometr Intell Lab Syst 58, 109-130,
    doi 10.1016/S0169-7439(01)00155-1
    """

    name = "pls"

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedEach:  # noqa: ARG002
        """Fit once per row of `masks` (F, n); nothing is drawn, `seed` is that of the contract.

        Raises
        ------
        InputError
            when an oxide was measured in too few rows, or a spectrum or TiO2 is not positive
        """
        return fit_each(data, masks, lambda part: _fit_part(part, contrasts, _learn_pls))


@dataclass(frozen=True)
class GaussianProcess:
    r"""Gaussian process on the logarithms of the bands and the angles, one per oxide.

    .. math::
        k(x, x') = a\, x \cdot x' + c\, M_{5/2}(|x - x'| / l) + s\, \delta

    of standardised features: a linear part, so that it goes on as a plane beyond the training
    spectra, a smooth one (Matérn 5/2), and noise. The four parameters have the largest marginal
    likelihood of the training part, searched from one fixed start within fixed bounds. The angles
    are quotients of two sums, which neither part can form of the logarithms.

    References
    ----------
    Rasmussen, Williams (2006) Gaussian Processes for Machine Learning, MIT Press, chapters 4, 5
    """

    name = "gp"

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedEach:  # noqa: ARG002
        """Fit once per row of `masks` (F, n); nothing is drawn, `seed` is that of the contract.

        Raises
        ------
        InputError
            when an oxide was measured in too few rows, or a spectrum or TiO2 is not positive
        BandError
            when a band near 415, 750 or 950 nm is missing
        """
        return fit_each(data, masks, lambda part: _fit_part(part, logs_and_angles, _learn_gp))
