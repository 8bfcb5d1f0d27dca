"""What an oxide estimator learns from, and the shape that every method has.

A method is fitted on many subsets of the training rows at once (`Method.fit` takes one boolean
mask per subset). Every validation protocol, every interval and every novelty score is built from
that one call, so nothing of a held-out row can reach a scaler, a feature, an epoch or a
hyperparameter: a method only sees the rows that its mask admits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farside.constants import OXIDES
from farside.datasets import load_sites
from farside.errors import InputError
from farside.spectra.dataset import from_table

if TYPE_CHECKING:
    import xarray as xr

Float = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class TrainingSet:
    """Spectra with measured oxides.

    Parameters
    ----------
    name, mission, terrain : (n,) str; `mission` is the group that is left out together
    wavelength_nm : (b,) nm, ascending
    reflectance : (n, b) dimensionless at i = 30°, e = 0°, g = 30°
    oxides : (n, 6) wt% in the order of `farside.constants.OXIDES`; NaN where not measured

    Examples
    --------
    >>> import farside
    >>> data = farside.load_training()
    >>> data.reflectance.shape, data.oxides.shape
    ((55, 8), (55, 6))
    """

    name: NDArray[np.str_]
    mission: NDArray[np.str_]
    terrain: NDArray[np.str_]
    wavelength_nm: Float
    reflectance: Float
    oxides: Float

    def __post_init__(self) -> None:
        n = len(self.name)
        if self.oxides.shape != (n, len(OXIDES)) or self.reflectance.shape != (
            n,
            len(self.wavelength_nm),
        ):
            raise InputError(
                f"a training set of {n} rows has oxides {self.oxides.shape} and reflectance "
                f"{self.reflectance.shape}; expected ({n}, 6) and ({n}, {len(self.wavelength_nm)})."
            )
        if not np.isfinite(self.reflectance).all():
            raise InputError("a training spectrum holds NaN; leave that row out.")

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.name)

    def rows(self, index: Mask | NDArray[np.intp]) -> TrainingSet:
        """Return the set of the given rows."""
        return replace(
            self,
            **{
                key: getattr(self, key)[index]
                for key in ("name", "mission", "terrain", "reflectance", "oxides")
            },
        )

    @property
    def missions(self) -> list[str]:
        """The missions, in order of appearance."""
        return [str(m) for m in pd.unique(self.mission)]


def load_training() -> TrainingSet:
    """Return the 55 returned-sample sites seen by Kaguya MI in 8 bands.

    Returns
    -------
    TrainingSet
        reflectance and TiO2 of Yang et al. (2023); the other oxides as the ``sites`` table says

    Examples
    --------
    >>> import farside
    >>> len(farside.load_training().missions)
    9
    """
    sites = load_sites()
    return training_from(from_table(sites), sites)


def training_from(spectra: xr.Dataset, oxides: pd.DataFrame) -> TrainingSet:
    """Return the training set of spectra and a table of oxides, row by row.

    Parameters
    ----------
    spectra : Spectra dataset with dimension ``point``
    oxides : one row per point, columns named as the oxides (wt%); optional columns ``site``,
        ``mission`` and ``terrain``; a column that is absent was not measured

    Raises
    ------
    InputError
        when rows and points differ in number, or a row has no measured oxide
    """
    spectra = spectra.sortby("wavelength_nm")
    reflectance = spectra["reflectance"].transpose("point", "band").to_numpy().astype(np.float64)
    n = len(reflectance)
    if len(oxides) != n:
        raise InputError(
            f"{n} spectra but {len(oxides)} rows of oxides; give one row per spectrum."
        )
    values = oxides.reindex(columns=list(OXIDES)).to_numpy(np.float64)
    empty = np.isnan(values).all(axis=1)
    if empty.any():
        raise InputError(
            f"rows {np.flatnonzero(empty).tolist()} have no measured oxide; leave them out."
        )

    def text(column: str, default: Callable[[int], str]) -> NDArray[np.str_]:
        if column in oxides:
            return oxides[column].to_numpy(dtype=str)
        return np.array([default(i) for i in range(n)], dtype=str)

    return TrainingSet(
        name=text("site", lambda i: f"row {i}"),
        mission=text("mission", lambda i: f"row {i}"),
        terrain=text("terrain", lambda _: "unknown"),
        wavelength_nm=spectra["wavelength_nm"].to_numpy().astype(np.float64),
        reflectance=reflectance,
        oxides=values,
    )


class Fitted(Protocol):
    """A method fitted on F subsets of a training set."""

    def predict(self, reflectance: Float) -> Float:
        """Return (F, n, 6) wt% for reflectance (n, b); a missing band is NaN."""
        ...


class Method(Protocol):
    """A way to learn oxides from spectra."""

    @property
    def name(self) -> str:
        """What the method is called in tables and commands."""
        ...

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> Fitted:
        """Fit once per row of `masks` (F, n): True admits the training row to that fit."""
        ...


Regressor = Callable[[Float], Float]
"""A fitted map from reflectance (m, b) to oxides (m, 6) in wt%."""


@dataclass(frozen=True)
class FittedEach:
    """A list of independent regressors (m, b) -> (m, 6), one per mask."""

    regressors: tuple[Regressor, ...]

    def predict(self, reflectance: Float) -> Float:
        """Return (F, m, 6) wt%; rows with a missing band give NaN."""
        whole = np.isfinite(reflectance).all(axis=1)
        out = np.full((len(self.regressors), len(reflectance), len(OXIDES)), np.nan)
        for values, regressor in zip(out, self.regressors, strict=True):
            values[whole] = regressor(reflectance[whole])
        return out


def fit_each(data: TrainingSet, masks: Mask, one: Callable[[TrainingSet], Regressor]) -> FittedEach:
    """Fit `one` on each subset of the rows."""
    return FittedEach(tuple(one(data.rows(mask)) for mask in masks))


def leave_out_masks(data: TrainingSet, by: NDArray[np.str_] | None = None) -> Mask:
    """Return one mask per group, False on its rows; groups are single rows when `by` is None."""
    if by is None:
        return ~np.eye(len(data), dtype=bool)
    return np.stack([by != group for group in pd.unique(by)])


def band_patterns(reflectance: Float) -> list[tuple[Mask, NDArray[np.intp] | slice]]:
    """Return each set of bands that is present, (b,), with the rows (n,) that have just these.

    Rows without any band are in none. Spectra without a gap, the usual case, are not sorted.
    """
    finite = np.isfinite(reflectance)
    if finite.all():
        return [(finite[0], slice(None))] if len(finite) else []
    patterns, which = np.unique(finite, axis=0, return_inverse=True)
    return [
        (present, np.flatnonzero(which.reshape(-1) == i))
        for i, present in enumerate(patterns)
        if present.any()
    ]
