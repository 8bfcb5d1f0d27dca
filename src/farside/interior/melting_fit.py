"""How much melting and crystallisation a basalt's rare earths ask for: posterior and forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.errors import InputError, UnknownNameError
from farside.interior.bounds import check_coverage
from farside.interior.melting import (
    RECIPES,
    REFRACTORY,
    Recipe,
    basalt,
    coefficients,
    magma_ocean_source,
)
from farside.samples.composition import read_analyses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

FITTED = ("La", "Ce", "Pr", "Nd", "Sm", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu")
"""Rare earths but Eu, whose share between melt and plagioclase hangs on oxygen fugacity."""
SCATTER_D = 0.3
"""One sigma, natural log, of the partition coefficients of a mineral, one factor for all rare
earths. The two sets that ship differ by 0-0.7 in clinopyroxene and up to 1 in orthopyroxene, and
both take part; they differ by more in olivine, which holds next to none."""
SCATTER_MODEL = 0.1
"""One sigma, natural log, of each element about the model, for what the model leaves out."""
MELTING = (0.005, 0.2)
CRYSTALLISATION = (0.0, 0.95)
FEWEST = 4
_GRID = (48, 96)


@dataclass(frozen=True)
class MeltingFit:
    """What a basalt's rare earths say of its making.

    Parameters
    ----------
    sample : its name
    recipe : name of the recipe
    coverage : of the intervals
    melting, crystallisation : median and interval (lower, median, upper) of the fractions
    given_melting : the same of the crystallised fraction, if melting is in the published range
    published_melting, published_crystallisation : the published ranges
    correlation : of log F and log (1 - x) in the posterior: near -1 where only the level of the
        pattern is known, C0 / (F (1 - x))
    chi2, dof : misfit of the best point, in units of the errors of fit
    elements : used
    """

    sample: str
    recipe: str
    coverage: float
    melting: tuple[float, float, float]
    crystallisation: tuple[float, float, float]
    given_melting: tuple[float, float, float]
    published_melting: tuple[float, float]
    published_crystallisation: tuple[float, float]
    correlation: float
    chi2: float
    dof: int
    elements: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in content.items()}

    def __str__(self) -> str:
        """Return the intervals beside the published ranges."""

        def span(values: tuple[float, ...]) -> str:
            return f"{100 * values[0]:.2g}-{100 * values[-1]:.2g} %"

        edge = self.melting[0] <= 1.01 * MELTING[0]
        return (
            f"{self.sample} by the recipe of {self.recipe} ({self.coverage:.0%} intervals)\n"
            f"  melting {span(self.melting)} (published {span(self.published_melting)})"
            f"{'; the lower end is that of the prior' if edge else ''}\n"
            f"  crystallisation {span(self.crystallisation)}; if melting is as published "
            f"{span(self.given_melting)} (published {span(self.published_crystallisation)})\n"
            f"  correlation of log F with log (1 - x) {self.correlation:.2f}; chi2 of the best "
            f"{self.chi2:.3g} for {self.dof} degrees of freedom"
        )


def fit_melting(
    row: pd.Series[Any],
    recipe: Recipe,
    *,
    refractory: tuple[float, float] = REFRACTORY,
    coverage: float = 0.95,
    draws: int = 300,
    seed: int = 0,
) -> MeltingFit:
    """Return the posterior of melted and crystallised fraction of a basalt.

    On a grid of log F and x, flat priors over `MELTING` and `CRYSTALLISATION`. The likelihood is
    normal in log concentration and averaged over draws of what is not known: partition
    coefficients (`SCATTER_D`), refractory elements of the Moon and trapped liquid (uniform over
    `refractory` and over the range of the recipe) and set of coefficients (either).

    Parameters
    ----------
    row : an analysis; rare earths in ppm, one sigma in ``*_1s`` (5 % where none is given)
    recipe : source and crystals
    refractory : range of the refractory elements of the Moon over those of the silicate Earth
    coverage, draws, seed : of the intervals, and of the averages

    Raises
    ------
    InputError
        when fewer than `FEWEST` rare earths but Eu are given, one or its sigma is not above 0, the
        coverage is not between 0 and 1, or `refractory` is no range above 0
    """
    check_coverage(coverage)
    if not 0 < refractory[0] <= refractory[1] < np.inf:
        raise InputError(
            f"refractory elements are a range above 0, as 1 to 1.5; given {refractory[0]:g} to "
            f"{refractory[1]:g}."
        )
    elements = tuple(e for e in FITTED if pd.notna(row.get(e)))
    if len(elements) < FEWEST:
        raise InputError(
            f"a fit needs {FEWEST} of {', '.join(FITTED)} in ppm; given: "
            f"{', '.join(elements) or 'none'}."
        )
    c = np.array([float(row[e]) for e in elements])
    if not (np.isfinite(c) & (c > 0)).all():
        raise InputError(f"rare earths must be above 0 ppm; given {min(c):g}.")
    given = np.array([float(row.get(f"{e}_1s", np.nan)) for e in elements])
    if (given[~np.isnan(given)] <= 0).any() or np.isinf(given).any():
        raise InputError("one sigma of a rare earth must be above 0 ppm and finite.")
    relative = np.where(np.isnan(given), 0.05, given / c)
    sigma = np.hypot(relative, SCATTER_MODEL)
    F = np.geomspace(*MELTING, _GRID[0])
    x = np.linspace(*CRYSTALLISATION, _GRID[1])
    logs, best = [], np.inf
    for minerals, source in _draws(recipe, elements, refractory, draws, seed):
        model = basalt(source, minerals, recipe, F[:, None, None], x[None, :, None])
        misfit = (((np.log(model) - np.log(c)) / sigma) ** 2).sum(axis=-1)
        logs.append(-misfit / 2)
        best = min(best, float(misfit.min()))
    stack = np.array(logs)
    posterior = np.exp(stack - stack.max()).mean(axis=0)
    posterior /= posterior.sum()
    inside = (recipe.melting[0] <= F) & (recipe.melting[1] >= F)
    tail = (1 - coverage) / 2
    return MeltingFit(
        str(row.name),
        recipe.name,
        coverage,
        _quantiles(F, posterior.sum(axis=1), tail),
        _quantiles(x, posterior.sum(axis=0), tail),
        _quantiles(x, posterior[inside].sum(axis=0), tail),
        recipe.melting,
        recipe.crystallisation,
        _correlation(np.log(F), np.log1p(-x), posterior),
        best,
        len(elements) - 2,
        elements,
    )


@dataclass(frozen=True)
class MeltingFits:
    """The fits of a file, and the samples that hold too few rare earths."""

    fits: tuple[MeltingFit, ...]
    skipped: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"fits": [fit.to_dict() for fit in self.fits], "skipped": list(self.skipped)}

    def __str__(self) -> str:
        """Return the fits, then who was left out."""
        left = [f"left out, too few rare earths: {', '.join(self.skipped)}"] if self.skipped else []
        return "\n".join([*map(str, self.fits), *left])


def fit_file(
    path: Path, recipe: str = "ce5", *, refractory: tuple[float, float] = REFRACTORY
) -> MeltingFits:
    """Return the fit of each sample of a file that holds enough rare earths.

    Parameters
    ----------
    path : CSV of analyses, see `farside.samples.composition`
    recipe : a key of `farside.interior.melting.RECIPES`
    refractory : as of `fit_melting`

    Raises
    ------
    UnknownNameError
        when there is no such recipe
    InputError
        when no sample holds `FEWEST` rare earths
    """
    if recipe not in RECIPES:
        raise UnknownNameError.of("recipe", recipe, RECIPES)
    table = read_analyses(path)
    known = table.reindex(columns=list(FITTED)).notna().sum(axis=1) >= FEWEST
    if not known.any():
        raise InputError(f"{path} holds no sample with {FEWEST} of {', '.join(FITTED)} in ppm.")
    fits = (
        fit_melting(row, RECIPES[recipe], refractory=refractory)
        for _, row in table[known].iterrows()
    )
    return MeltingFits(tuple(fits), tuple(map(str, table.index[~known])))


def forecast(
    recipe: Recipe,
    elements: tuple[str, ...] = FITTED,
    *,
    coverage: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the basalts that the published ranges of a recipe make.

    Melting and crystallisation are uniform over their ranges; what is not known is drawn as in
    `fit_melting`.

    Returns
    -------
    pandas.DataFrame
        index the element; ``lower``, ``median``, ``upper`` in ppm

    Raises
    ------
    InputError
        when the coverage is not between 0 and 1
    """
    check_coverage(coverage)
    rng = np.random.default_rng(seed + 1)
    made = [
        basalt(
            source,
            minerals,
            recipe,
            rng.uniform(*recipe.melting),
            rng.uniform(*recipe.crystallisation),
        )
        for minerals, source in _draws(recipe, elements, REFRACTORY, draws, seed)
    ]
    tail = 50 * (1 - coverage)
    low, middle, high = np.percentile(made, [tail, 50, 100 - tail], axis=0)
    return pd.DataFrame(
        {"lower": low, "median": middle, "upper": high}, index=pd.Index(elements, name="element")
    )


def _draws(
    recipe: Recipe,
    elements: tuple[str, ...],
    refractory: tuple[float, float],
    draws: int,
    seed: int,
) -> Iterator[tuple[Mapping[str, Float], Float]]:
    """Yield partition coefficients and a source for each draw of what is not known."""
    rng = np.random.default_rng(seed)
    sets = [coefficients(elements, name) for name in ("mckenzie1991", "warren2016")]
    for i in range(draws):
        minerals = {
            mineral: D * np.exp(SCATTER_D * rng.standard_normal())
            for mineral, D in sets[i % len(sets)].items()
        }
        trapped = rng.uniform(*recipe.trapped)
        scale = rng.uniform(*refractory)
        yield minerals, magma_ocean_source(recipe, minerals, elements, trapped, scale)


def _quantiles(values: Float, weight: Float, tail: float) -> tuple[float, float, float]:
    share = np.cumsum(weight) / weight.sum()
    low, middle, high = np.interp([tail, 0.5, 1 - tail], share, values)
    return float(low), float(middle), float(high)


def _correlation(a: Float, b: Float, weight: Float) -> float:
    mean_a, mean_b = weight.sum(axis=1) @ a, weight.sum(axis=0) @ b
    da, db = a - mean_a, b - mean_b
    covariance = da @ weight @ db
    spread = np.sqrt((weight.sum(axis=1) @ da**2) * (weight.sum(axis=0) @ db**2))
    return float(covariance / spread)
