"""The Apollo samples nearest to an analysis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.datasets.analyses import load_apollo_compositions
from farside.samples.composition import ELEMENTS, MAJORS

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 4
"""Analytes that a sample and an analogue must share."""
SHARED = 0.6
"""Fraction of the analytes of the sample that an analogue must have."""
RIDGE = 0.01
"""Added to the covariance of log10 concentrations: 0.1 in log10 is about 25 %, as analyses and
splits of one rock differ."""


@dataclass(frozen=True)
class Analogue:
    """An Apollo sample near an analysis.

    Parameters
    ----------
    sample, mission : which
    distance : root mean square Mahalanobis distance per analyte; two Apollo samples drawn at
        random are about 0.9 apart
    shared : number of analytes compared
    """

    sample: str
    mission: str
    distance: float
    shared: int

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "sample": self.sample,
            "mission": self.mission,
            "distance": self.distance,
            "shared": self.shared,
        }

    def __str__(self) -> str:
        """Return name and distance."""
        return f"{self.sample} ({self.distance:.2f})"


@cache
def _apollo() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return log10 of the Apollo compositions with missions, and their pairwise covariance."""
    table = load_apollo_compositions()
    analytes = [c for c in (*MAJORS, *ELEMENTS) if c in table and table[c].notna().sum() >= 60]
    logs = table[analytes].apply(np.log10)
    return table[["mission"]].join(logs), logs.cov(min_periods=30)


def nearest_analogues(row: pd.Series[Any], most: int = 5) -> tuple[Analogue, ...]:
    """Return the Apollo samples nearest to an analysis.

    The distance is d^2 = (x - y)' S^-1 (x - y) / m over the m analytes that both have, x and y
    log10 concentrations, S their covariance over all Apollo samples (pairwise, made positive
    definite, plus `RIDGE`). Only samples with at least `FEWEST` analytes and `SHARED` of those of
    the analysis take part, as few analytes agree by chance.

    Parameters
    ----------
    row : an analysis, oxides in wt% and elements in ppm
    most : how many to return
    """
    logs, covariance = _apollo()
    usable = [c for c in covariance.columns if pd.notna(row.get(c)) and float(row[c]) > 0]
    if len(usable) < FEWEST:
        return ()
    target = np.log10(np.array([float(row[c]) for c in usable]))
    metric = _positive(covariance.loc[usable, usable].fillna(0.0).to_numpy())
    known = logs[usable].to_numpy()
    found = []
    for i, (name, mission) in enumerate(logs["mission"].items()):
        here = np.flatnonzero(~np.isnan(known[i]))
        if len(here) < max(FEWEST, SHARED * len(usable)):
            continue
        gap = target[here] - known[i, here]
        squared = gap @ np.linalg.solve(metric[np.ix_(here, here)], gap) / len(here)
        found.append(Analogue(str(name), str(mission), float(np.sqrt(squared)), len(here)))
    return tuple(sorted(found, key=lambda a: a.distance)[:most])


def _positive(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest positive matrix (negative eigenvalues set to zero), plus the ridge."""
    values, vectors = np.linalg.eigh(matrix)
    whole: NDArray[np.float64] = (vectors * np.clip(values, 0, None)) @ vectors.T
    return whole + RIDGE * np.eye(len(matrix))
