"""New ground truth: what it changes, and what a mission's samples are worth.

The new rows join the training set and every fit is made again from the same seed, so whatever
changes is due to them. The whole takes seconds; continuing from old weights would save none of
them and would let the order in which samples came home decide the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.errors import InputError, SampleError
from farside.oxides.estimator import OxideEstimator
from farside.oxides.training import Mask, Method, TrainingSet
from farside.oxides.validate import Score, Validation, plain, score_rows, validate

if TYPE_CHECKING:
    from collections.abc import Hashable


def joined(old: TrainingSet, new: TrainingSet) -> TrainingSet:
    """Return both sets, the new rows on the bands of the old ones.

    Raises
    ------
    SampleError
        when a new site has the name of an old one
    InputError
        when the bands differ by more than 5 nm
    """
    twice = sorted(set(old.name.tolist()) & set(new.name.tolist()))
    if twice:
        raise SampleError(
            f"the sites {', '.join(twice)} are in the training set already; give new ground truth "
            "another name, or leave the row out."
        )
    if len(new.wavelength_nm) != len(old.wavelength_nm) or not np.allclose(
        np.sort(new.wavelength_nm), old.wavelength_nm, atol=5.0
    ):
        raise InputError(
            f"the new spectra have {new.wavelength_nm.tolist()} nm; ground truth for refinement "
            f"needs all of {old.wavelength_nm.tolist()} nm (Kaguya MI at the sampled spot)."
        )
    order = np.argsort(new.wavelength_nm)
    return TrainingSet(
        name=np.concatenate([old.name, new.name]),
        mission=np.concatenate([old.mission, new.mission]),
        terrain=np.concatenate([old.terrain, new.terrain]),
        wavelength_nm=old.wavelength_nm,
        reflectance=np.vstack([old.reflectance, new.reflectance[:, order]]),
        oxides=np.vstack([old.oxides, new.oxides]),
    )


@dataclass(frozen=True)
class Effect:
    """What some rows are worth to the others: one validation with them, one without.

    Parameters
    ----------
    rows : names of the rows whose worth is asked for
    without, with_ : scores over the same held-out rows, those that are in both
    """

    rows: tuple[str, ...]
    protocol: str
    without: tuple[Score, ...]
    with_: tuple[Score, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return RMSE and R2 without and with the rows, one row per oxide."""
        return pd.DataFrame(
            {
                "oxide": list(OXIDES),
                "n": [s.n for s in self.without],
                "rmse_without": [s.rmse for s in self.without],
                "rmse_with": [s.rmse for s in self.with_],
                "r2_without": [s.r2 for s in self.without],
                "r2_with": [s.r2 for s in self.with_],
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers."""
        return {
            "rows": list(self.rows),
            "protocol": self.protocol,
            "scores": [
                {str(k): plain(v) for k, v in row.items()}
                for row in self.to_frame().to_dict(orient="records")
            ],
        }

    def __str__(self) -> str:
        """Return the table as text."""
        head = f"{self.protocol} of the other rows without and with {', '.join(self.rows)}"
        table = self.to_frame().to_string(index=False, float_format=lambda v: f"{v:.2f}")
        return f"{head}\n{table}"

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        table = [
            (o.oxide, str(o.n), *(f"{x:.2f}" for x in (o.rmse, w.rmse, o.r2, w.r2)))
            for o, w in zip(self.without, self.with_, strict=True)
        ]
        rows = [
            Range(f"{o.oxide}, with (blue) and without", w.rmse, dots=[o.rmse])
            for o, w in zip(self.without, self.with_, strict=True)
        ]
        heads = ("oxide", "n", "RMSE without", "with, wt%", "R² without", "with")
        return card(
            f"what {', '.join(self.rows)} is worth to the other rows, by {self.protocol}",
            table=(heads, table),
            figure=ranges(rows, "RMSE of the other rows, wt%"),
        )


def effect_of(
    method: Method, data: TrainingSet, rows: Mask, *, protocol: str = "lomo", seed: int = 0
) -> Effect:
    """Return what the given rows are worth when the others are validated.

    Parameters
    ----------
    rows : (n,) True for the rows whose worth is asked for, such as all of one mission
    """
    if rows.all() or not rows.any():
        raise InputError("name some rows of the training set, not none and not all.")
    kept = ~rows
    without = validate(method, data.rows(kept), protocol, seed=seed)
    within = validate(method, data, protocol, seed=seed)
    return Effect(
        rows=tuple(data.name[rows].tolist()),
        protocol=protocol,
        without=without.scores,
        with_=_scores(within, kept),
    )


def _scores(validation: Validation, rows: Mask) -> tuple[Score, ...]:
    data = validation.data
    # skill needs the mean of each fold's training part, which is not kept: it stays NaN
    mean = np.full(data.oxides.shape, np.nan)
    parts = (data.oxides, validation.value, validation.lower, validation.upper, mean)
    return score_rows(*(part[rows] for part in parts))


@dataclass(frozen=True)
class Refinement:
    """A refined estimator and what changed.

    Parameters
    ----------
    estimator : fitted on old and new rows
    before : prediction of the new sites by the old estimator, with interval: a blind test
    after : the same by the refined estimator
    effect : validation of the old rows without and with the new ones
    """

    estimator: OxideEstimator = field(repr=False)
    before: pd.DataFrame
    after: pd.DataFrame
    effect: Effect

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""

        def records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
            return frame.astype(object).where(frame.notna(), None).to_dict(orient="records")

        return {
            "before": records(self.before),
            "after": records(self.after),
            "effect": self.effect.to_dict(),
        }

    def __str__(self) -> str:
        """Return both tables as text."""

        def text(frame: pd.DataFrame) -> str:
            return frame.to_string(index=False, float_format=lambda v: f"{v:.2f}", na_rep="-")

        return (
            f"new sites before refinement (a blind test)\n{text(self.before)}\n\n"
            f"after\n{text(self.after)}\n\n{self.effect}"
        )


def refine(estimator: OxideEstimator, new: TrainingSet, *, protocol: str = "lomo") -> Refinement:
    """Return the estimator refitted with new ground truth, and what changed.

    Parameters
    ----------
    estimator : fitted
    new : spectra with any subset of the oxides measured
    protocol : of the validation that is done again

    Examples
    --------
    >>> import farside
    >>> from farside.oxides.files import read_truth
    >>> new = read_truth("change6.csv")  # doctest: +SKIP
    >>> print(farside.refine(farside.load_estimator(), new))  # doctest: +SKIP
    """
    both = joined(estimator.data_, new)
    added = np.arange(len(both)) >= len(estimator.data_)
    refined = OxideEstimator(estimator.method, estimator.coverage, estimator.seed)
    refined.fit_training(both)
    return Refinement(
        estimator=refined,
        before=_compare(estimator, both, added),
        after=_compare(refined, both, added),
        effect=effect_of(estimator.method, both, added, protocol=protocol, seed=estimator.seed),
    )


def _compare(estimator: OxideEstimator, data: TrainingSet, rows: Mask) -> pd.DataFrame:
    """Return measured and predicted oxides of some rows, one line per site and oxide."""
    value, lower, upper = estimator.bounds(data.reflectance[rows])
    novelty = estimator.novelty(data.reflectance[rows])
    lines = []
    for i, name in enumerate(data.name[rows]):
        for j, oxide in enumerate(OXIDES):
            lines.append(
                {
                    "site": str(name),
                    "oxide": oxide,
                    "measured": data.oxides[rows][i, j],
                    "value": value[i, j],
                    "lower": lower[i, j],
                    "upper": upper[i, j],
                    "novelty": novelty[i],
                }
            )
    return pd.DataFrame(lines)
