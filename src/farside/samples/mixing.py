"""Mixtures of lithologies by constrained least squares, with errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.special import chdtrc, chdtri

from farside.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

DEFAULT_RELATIVE = 0.05
"""One sigma, relative, of a figure without one; the result says so."""
_SUM_WEIGHT = 1e4
"""Weight of the row 'fractions sum to one', against rows of unit error: holds it to 1e-4."""


@dataclass(frozen=True)
class Mixture:
    """A sample as a mixture of lithologies.

    Parameters
    ----------
    sample : its name
    fractions, lower, upper : by component; the interval has the stated `coverage`
    coverage : of the intervals
    chi2, dof : misfit in units of the errors, and analytes minus free fractions
    probability : of a misfit as large or larger, if the model and the errors are right
    residuals : (measured - mixed) / sigma, by analyte
    notes : what to mind
    """

    sample: str
    fractions: Mapping[str, float]
    lower: Mapping[str, float]
    upper: Mapping[str, float]
    coverage: float
    chi2: float
    dof: int
    probability: float
    residuals: Mapping[str, float]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        content["probability"] = None if np.isnan(self.probability) else self.probability
        for name in ("fractions", "lower", "upper", "residuals", "notes"):
            content[name] = dict(content[name]) if name != "notes" else list(self.notes)
        return content

    def __str__(self) -> str:
        """Return the fractions with their intervals, and the misfit."""
        lines = [f"{self.sample} as a mixture ({self.coverage:.0%} intervals)"]
        for name, value in self.fractions.items():
            span = f"{100 * self.lower[name]:.1f} to {100 * self.upper[name]:.1f}"
            lines.append(f"  {name}: {100 * value:.1f} % ({span})")
        lines.append(f"  chi2 {self.chi2:.3g} for {self.dof} degrees of freedom")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def mix(
    sample: pd.Series[Any],
    components: pd.DataFrame,
    *,
    coverage: float = 0.95,
    draws: int = 400,
    seed: int = 0,
) -> Mixture:
    """Return the fractions of lithologies that make a sample.

    Minimises sum_i (c_i - sum_j f_j C_ij)^2 / s_i^2 with f_j >= 0 and sum_j f_j = 1, where
    s_i^2 = sigma_i^2 + sum_j f_j^2 sigma_ij^2 holds the errors of the components too and is
    iterated. The intervals are those of the fit to draws of the sample and the components within
    their errors; a fraction at its bound is an upper limit.

    Parameters
    ----------
    sample : an analysis, one sigma in ``*_1s``; `DEFAULT_RELATIVE` where none is given
    components : one row per lithology, index its name, columns as of the sample
    coverage : of the intervals
    draws : number of perturbed fits
    seed : of the draws

    Raises
    ------
    InputError
        when fewer analytes are shared than there are components
    """
    analytes = _shared(sample, components)
    c, s = _values(pd.DataFrame([sample]), analytes)
    C, S = _values(components, analytes)
    best = _fit(c[0], s[0], C, S)
    rng = np.random.default_rng(seed)
    tries = np.array(
        [
            _fit(c[0] + s[0] * rng.standard_normal(c[0].shape), s[0], np.abs(given), S)
            for given in C + S * rng.standard_normal((draws, *C.shape))
        ]
    )
    tail = 50 * (1 - coverage)
    low, high = np.percentile(tries, [tail, 100 - tail], axis=0)
    residual = (c[0] - best @ C) / _sigma(s[0], best, S)
    misfit = float(residual @ residual)
    dof = len(analytes) - len(components) + 1
    names = [str(name) for name in components.index]
    return Mixture(
        str(sample.name),
        dict(zip(names, best.tolist(), strict=True)),
        dict(zip(names, low.tolist(), strict=True)),
        dict(zip(names, high.tolist(), strict=True)),
        coverage,
        misfit,
        dof,
        float(chdtrc(dof, misfit)) if dof > 0 else float("nan"),
        dict(zip(analytes, residual.tolist(), strict=True)),
        _notes(sample, analytes, misfit, dof),
    )


def _shared(sample: pd.Series[Any], components: pd.DataFrame) -> list[str]:
    analytes = [
        str(c)
        for c in components.columns
        if not str(c).endswith("_1s")
        and pd.api.types.is_numeric_dtype(components[c])
        and components[c].notna().all()
        and pd.notna(sample.get(c))
    ]
    if len(analytes) < len(components):
        raise InputError(
            f"{len(components)} components need at least as many analytes that all of them and "
            f"the sample have; shared are {len(analytes)}: {', '.join(analytes) or 'none'}."
        )
    return analytes


def _values(table: pd.DataFrame, analytes: list[str]) -> tuple[Float, Float]:
    value = table[analytes].to_numpy(dtype=float)
    given = table.reindex(columns=[f"{c}_1s" for c in analytes]).to_numpy(dtype=float)
    floor = DEFAULT_RELATIVE * np.maximum(np.abs(value), 1e-9)
    return value, np.where(np.isnan(given), floor, given)


def _sigma(s: Float, f: Float, S: Float) -> Float:
    return np.asarray(np.sqrt(s**2 + (f[:, None] ** 2 * S**2).sum(axis=0)))


def _fit(c: Float, s: Float, C: Float, S: Float) -> Float:
    f = np.full(len(C), 1 / len(C))
    for _ in range(6):
        weight = 1 / _sigma(s, f, S)
        left = np.vstack([(C * weight).T, np.full(len(C), _SUM_WEIGHT)])
        f, _ = nnls(left, np.append(c * weight, _SUM_WEIGHT))
    return f


def _notes(sample: pd.Series[Any], analytes: list[str], misfit: float, dof: int) -> tuple[str, ...]:
    notes = []
    if any(pd.isna(sample.get(f"{c}_1s", np.nan)) for c in analytes):
        notes.append(f"{DEFAULT_RELATIVE:.0%} is taken as one sigma where none is given")
    if dof > 0 and misfit > chdtri(dof, 0.01):
        notes.append("the misfit is too large for the errors: a component is missing or wrong")
    if dof == 0:
        notes.append("as many fractions as analytes: the fit cannot be tested")
    return tuple(notes)
