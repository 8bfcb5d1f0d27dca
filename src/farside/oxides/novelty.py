"""How far a spectrum lies from every spectrum that a model was trained on.

The distance is to the nearest training spectrum, in the first three principal components of alpha
(`farside.oxides.inverse`), each of unit variance. The score divides it by the distance that 95 % of
the training spectra stay within when their whole mission is left out: at 1, the threshold, a
spectrum is as far from the training set as the strangest twentieth of new landing sites was from
the others. Beyond it no validation speaks for the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from farside.oxides.farside import neighbours
from farside.oxides.inverse import single_scattering_albedo
from farside.oxides.training import Float, TrainingSet, leave_out_masks

COMPONENTS = 3
THRESHOLD = 1.0
CALIBRATION_QUANTILE = 0.95


@dataclass(frozen=True)
class Novelty:
    """Novelty score against a training set.

    Parameters
    ----------
    reference : (n, b) reflectance of the training rows
    mission : (n,)
    """

    data: TrainingSet

    def score(self, reflectance: Float) -> Float:
        """Return (m,) novelty of reflectance (m, b); NaN where no band is present.

        A missing band (NaN) is left out of both the spectrum and the training set.
        """
        out = np.full(len(reflectance), np.nan)
        patterns, which = np.unique(np.isfinite(reflectance), axis=0, return_inverse=True)
        for i, present in enumerate(patterns):
            rows = which.reshape(-1) == i
            if present.any():
                out[rows] = self._score(reflectance[rows][:, present], present)
        return out

    def _score(self, reflectance: Float, present: Float) -> Float:
        trained = _alpha(self.data.reflectance[:, present])
        held_out = []
        for mask in leave_out_masks(self.data, self.data.mission):
            near = neighbours(trained[mask], COMPONENTS, 1.0)
            held_out.append(near.distance(trained[~mask]))
        unit = float(np.quantile(np.concatenate(held_out), CALIBRATION_QUANTILE))
        return neighbours(trained, COMPONENTS, 1.0).distance(_alpha(reflectance)) / unit


def _alpha(reflectance: Float) -> Float:
    return np.asarray(-np.log(single_scattering_albedo(reflectance)))
