"""How far a spectrum lies from every spectrum that a model was trained on.

The distance is to the nearest training spectrum in the principal components of alpha
(`farside.oxides.inverse`): the first three of unit variance, the rest in units of the third. The
score divides it by the distance that 95 % of the training spectra stay within when their whole
mission is left out: at 1, the threshold, a spectrum is as far from the training set as the
strangest twentieth of new landing sites was from the others. Beyond it no validation speaks for
the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from farside.oxides.farside import Neighbours, neighbours
from farside.oxides.inverse import single_scattering_albedo
from farside.oxides.training import Float, Mask, TrainingSet, band_patterns, leave_out_masks

COMPONENTS = 3
THRESHOLD = 1.0
CALIBRATION_QUANTILE = 0.95


@dataclass(frozen=True)
class Novelty:
    """Novelty score against a training set.

    Parameters
    ----------
    data : the training rows
    """

    data: TrainingSet
    _cache: dict[bytes, tuple[Neighbours, float]] = field(default_factory=dict, repr=False)

    def score(self, reflectance: Float) -> Float:
        """Return (m,) novelty of reflectance (m, b); NaN where no band is present.

        A missing band (NaN) is left out of both the spectrum and the training set.
        """
        out = np.full(len(reflectance), np.nan)
        for present, rows in band_patterns(reflectance):
            near, unit = self._calibrated(present)
            out[rows] = near.distance(_alpha(reflectance[rows][:, present])) / unit
        return out

    def _calibrated(self, present: Mask) -> tuple[Neighbours, float]:
        """Return the training geometry in these bands and the distance that scores 1."""
        key = present.tobytes()
        if key not in self._cache:
            trained = _alpha(self.data.reflectance[:, present])
            held_out = [
                neighbours(trained[mask], COMPONENTS, 1.0).distance(trained[~mask])
                for mask in leave_out_masks(self.data, self.data.mission)
            ]
            unit = float(np.quantile(np.concatenate(held_out), CALIBRATION_QUANTILE))
            self._cache[key] = neighbours(trained, COMPONENTS, 1.0), unit
        return self._cache[key]


def _alpha(reflectance: Float) -> Float:
    return np.asarray(-np.log(single_scattering_albedo(reflectance)))
