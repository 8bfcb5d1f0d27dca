"""The contract of every estimator: fit, then oxides with interval and novelty."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from farside.constants import OXIDES
from farside.errors import BandError, InputError
from farside.oxides.farside import Farside
from farside.oxides.intervals import CvPlus, oxide_bounds, oxide_residuals
from farside.oxides.novelty import THRESHOLD, Novelty
from farside.oxides.training import (
    Fitted,
    Float,
    Mask,
    Method,
    TrainingSet,
    band_patterns,
    leave_out_masks,
    training_from,
)
from farside.spectra.dataset import check_spectra, flatten

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from farside.spectra.transfer import Transfer

CHUNK = 2048
"""Spectra per block: its arrays stay in the processor's cache."""

BAND_TOLERANCE_NM = 5.0
MIN_BANDS = 3
TRANSFER_DRAWS = 64


@dataclass
class OxideEstimator:
    """A method with mission-grouped CV+ intervals and a novelty score.

    Parameters
    ----------
    method : what is fitted; the project's own network when None
    coverage : nominal coverage of the intervals
    seed : makes the fit bit-reproducible on one machine

    Attributes
    ----------
    data_ : the training rows
    fitted_ : fit number 0 saw all rows, number 1 + k all but those of mission k

    Examples
    --------
    >>> import farside
    >>> data = farside.load_training()
    >>> estimator = farside.OxideEstimator(farside.method("ridge")).fit_training(data)
    >>> reflectance = [[0.05], [0.09], [0.10], [0.10], [0.10], [0.11], [0.12], [0.14]]
    >>> found = estimator.predict(farside.make_spectra(reflectance, data.wavelength_nm))
    >>> bool((found["lower"] <= found["value"]).all())
    True
    """

    method: Method = field(default_factory=Farside)
    coverage: float = 0.9
    seed: int = 0
    data_: TrainingSet = field(init=False, repr=False)
    fitted_: Fitted = field(init=False, repr=False)

    def fit(self, spectra: xr.Dataset, oxides: pd.DataFrame) -> Self:
        """Fit on spectra (dimension ``point``) and a table of measured oxides, row by row.

        Raises
        ------
        InputError
            see `farside.oxides.training.training_from`; or fewer than two missions are present
        """
        return self.fit_training(training_from(spectra, oxides))

    def fit_training(self, data: TrainingSet) -> Self:
        """Fit on a training set."""
        if len(data.missions) < 2:
            raise InputError(
                f"the training rows are of one mission ({data.missions}); intervals leave out one "
                "mission at a time, so give rows of at least two (column 'mission')."
            )
        every = np.ones((1, len(data)), dtype=bool)
        masks = np.vstack([every, leave_out_masks(data, data.mission)])
        return self.with_fit(data, self.method.fit(data, masks, self.seed))

    def with_fit(self, data: TrainingSet, fitted: Fitted) -> Self:
        """Take over a fit that was made elsewhere (a bundle)."""
        self.data_, self.fitted_ = data, fitted
        self._novelty = Novelty(data)
        self._group = np.array([data.missions.index(str(m)) for m in data.mission])
        self._residual_cache: dict[bytes, tuple[CvPlus, ...]] = {}
        return self

    def predict(self, spectra: xr.Dataset, *, transfer: Transfer | None = None) -> xr.Dataset:
        """Return oxides with interval and novelty.

        Parameters
        ----------
        spectra : Spectra dataset over ``point`` or ``(y, x)``; bands are matched by wavelength
            (5 nm); the network fills in the bands that are missing
        transfer : brings spectra of another sensor to the training sensor; what stays uncertain of
            it widens the intervals

        Returns
        -------
        xarray.Dataset
            ``value``, ``lower``, ``upper`` (oxide, point or y, x) in wt%, ``novelty`` (above 1: as
            far from every training spectrum as no validation reaches), and the flags ``good``,
            ``nan``, ``negative``, ``over_one``, ``unlit``. A spectrum that is not good gives NaN.
        """
        flags = check_spectra(spectra)
        source = spectra
        if transfer is not None:
            source = transfer.apply(spectra)
            flags = check_spectra(source)
        flat = flatten(source)
        reflectance = self._aligned(flat)
        good = flatten_mask(flags["good"])
        value, lower, upper = (np.full((len(OXIDES), len(good)), np.nan) for _ in range(3))
        novelty = np.full(len(good), np.nan)
        rows = np.flatnonzero(good)
        for start in range(0, len(rows), CHUNK):
            block = rows[start : start + CHUNK]
            r = reflectance[block]
            v, low, high = self.bounds(r)
            if transfer is not None:
                low, high = self._widened(r, v, low, high, transfer)
            value[:, block], lower[:, block], upper[:, block] = v.T, low.T, high.T
            novelty[block] = self.novelty(r)
        return self._dataset(spectra, flags, value, lower, upper, novelty)

    def _aligned(self, flat: xr.Dataset) -> Float:
        """Return (n, b) reflectance on the training bands, NaN where absent."""
        have = flat["wavelength_nm"].to_numpy()
        want = self.data_.wavelength_nm
        apart = np.abs(have[None, :] - want[:, None])
        present = apart.min(axis=1) <= BAND_TOLERANCE_NM
        if present.sum() < min(MIN_BANDS, len(want)):
            raise BandError(
                f"the spectra have {', '.join(f'{w:g}' for w in have)} nm; the model knows "
                f"{', '.join(f'{w:g}' for w in want)} nm and needs at least {MIN_BANDS} of them "
                f"within {BAND_TOLERANCE_NM:g} nm. Resample hyperspectral data to these bands "
                "first (farside.spectra.resample)."
            )
        values = flat["reflectance"].transpose("point", "band").to_numpy()
        out = np.full((len(values), len(want)), np.nan)
        out[:, present] = values[:, apart.argmin(axis=1)[present]]
        return out

    def bounds(self, reflectance: Float) -> tuple[Float, Float, Float]:
        """Return value, lower and upper (n, 6) in wt% of reflectance (n, b) on the training bands.

        Raises
        ------
        BandError
            when a band is missing (NaN) and the method cannot do without it
        """
        at_new = self.fitted_.predict(reflectance)
        if np.isnan(at_new).any():
            raise BandError(
                f"the method {self.method.name!r} needs all of "
                f"{', '.join(f'{w:g}' for w in self.data_.wavelength_nm)} nm; use 'farside', "
                "which fills in missing bands."
            )
        value = at_new[0]
        lower, upper = np.empty(value.shape), np.empty(value.shape)
        for present, rows in band_patterns(reflectance):
            residuals = self._residuals(present)
            lower[rows], upper[rows] = oxide_bounds(at_new[1:, rows], residuals)
        return value, np.minimum(lower, value), np.maximum(upper, value)

    def novelty(self, reflectance: Float) -> Float:
        """Return (n,) novelty of reflectance (n, b); see `farside.oxides.novelty`."""
        return self._novelty.score(reflectance)

    def _residuals(self, present: Mask) -> tuple[CvPlus, ...]:
        """Return the residuals of the training rows, seen in the same bands as the new spectra."""
        key = present.tobytes()
        if key not in self._residual_cache:
            seen = np.where(present, self.data_.reflectance, np.nan)
            predicted = self.fitted_.predict(seen)
            self._residual_cache[key] = oxide_residuals(
                predicted[1 + self._group, np.arange(len(seen))],
                self.data_.oxides,
                self._group,
                self.coverage,
            )
        return self._residual_cache[key]

    def _widened(
        self, reflectance: Float, value: Float, lower: Float, upper: Float, transfer: Transfer
    ) -> tuple[Float, Float]:
        """Add the uncertainty of the transfer to both half-widths, in quadrature.

        The gains are drawn from their distribution; each draw shifts all bands together.
        """
        columns = np.flatnonzero(np.isfinite(reflectance).any(axis=0))
        known = np.asarray(transfer.wavelength_nm)
        match = np.abs(known[None, :] - self.data_.wavelength_nm[columns, None]).argmin(axis=1)
        factors = transfer.draws(TRANSFER_DRAWS, self.seed)[:, match] / transfer.gain[match]
        drawn = np.empty((TRANSFER_DRAWS, *value.shape))
        for i, factor in enumerate(factors):
            shifted = reflectance.copy()
            shifted[:, columns] = np.minimum(shifted[:, columns] * factor, 1.0)
            drawn[i] = self.fitted_.predict(shifted)[0]
        tail = (1.0 - self.coverage) / 2.0
        low, high = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
        below = np.hypot(value - lower, np.maximum(value - low, 0.0))
        above = np.hypot(upper - value, np.maximum(high - value, 0.0))
        return np.maximum(value - below, 0.0), np.minimum(value + above, 100.0)

    def _dataset(
        self,
        spectra: xr.Dataset,
        flags: xr.Dataset,
        value: Float,
        lower: Float,
        upper: Float,
        novelty: Float,
    ) -> xr.Dataset:
        dims = flags["good"].dims
        shape = flags["good"].shape
        out = flags.copy()
        attrs = {"units": "wt%", "estimator": self.method.name}
        for name, array in (("value", value), ("lower", lower), ("upper", upper)):
            out[name] = (("oxide", *dims), array.reshape(len(OXIDES), *shape), attrs)
        out["novelty"] = (dims, novelty.reshape(shape), {"units": "1", "threshold": THRESHOLD})
        coords = {
            str(name): coord
            for name, coord in spectra.coords.items()
            if "band" not in coord.dims and name not in out.coords
        }
        return out.assign_coords(oxide=list(OXIDES), **coords).assign_attrs(
            coverage=self.coverage, estimator=self.method.name
        )


def flatten_mask(mask: xr.DataArray) -> Mask:
    """Return a mask over ``point`` or ``(y, x)`` as one dimension."""
    return np.asarray(mask.to_numpy().reshape(-1), dtype=bool)
