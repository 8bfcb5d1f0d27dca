"""Validation that lets nothing of a held-out row into its own prediction.

Protocols
---------
``loo``
    each site is left out once. Its neighbours at the same landing site stay in, so this says how
    well the ground between known stations is filled in.
``lomo``
    each mission is left out once: the honest proxy for ground that nobody has sampled.
``terrain``
    mare sites predict highland sites and the other way round; mixed sites are in neither part.
``yang2023``
    the published protocol, in which the held-out site chooses the epoch and the scaler sees it.
    OPTIMISTIC: kept to show how large the leak is, never to be quoted as skill.

Inside each training part the intervals leave out one mission after the other (CV+), so an interval
is made without the held-out rows as well.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.errors import InputError, UnknownNameError
from farside.oxides.intervals import oxide_intervals
from farside.oxides.training import Float, Mask, Method, TrainingSet, leave_out_masks

PROTOCOLS = ("loo", "lomo", "terrain", "yang2023")
OPTIMISTIC = "yang2023"


@dataclass(frozen=True)
class Score:
    """How one estimator did on one oxide.

    Parameters
    ----------
    oxide : name
    n : measured rows that were held out
    r2 : pooled over all folds, 1 - SSE / sum (y - mean y)^2
    rmse, bias : wt%; bias is predicted minus measured
    skill : 1 - SSE / sum (y - mean of the fold's own training rows)^2
    coverage : share of measured values inside the interval; NaN without intervals
    width : mean width of the interval, wt%
    """

    oxide: str
    n: int
    r2: float
    rmse: float
    bias: float
    skill: float
    coverage: float
    width: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""
        return {key: plain(value) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Validation:
    """A validation of one estimator by one protocol.

    Parameters
    ----------
    scores : one per oxide
    nominal : nominal coverage of the intervals
    value, lower, upper : (n, 6) wt%, NaN where a row was never held out
    data : the rows that were validated on

    Examples
    --------
    >>> import farside
    >>> found = farside.validate(farside.method("mean"), farside.load_training(), "loo")
    >>> found.optimistic, found.score("FeO").n
    (False, 55)
    """

    estimator: str
    protocol: str
    nominal: float
    seed: int
    scores: tuple[Score, ...]
    value: Float = field(repr=False)
    lower: Float = field(repr=False)
    upper: Float = field(repr=False)
    data: TrainingSet = field(repr=False)

    @property
    def optimistic(self) -> bool:
        """Whether held-out rows took part in their own prediction."""
        return self.protocol == OPTIMISTIC

    def score(self, oxide: str) -> Score:
        """Return the score of one oxide."""
        found = {s.oxide: s for s in self.scores}
        if oxide not in found:
            raise UnknownNameError.of("oxide", oxide, found)
        return found[oxide]

    def to_frame(self) -> pd.DataFrame:
        """Return the scores, one row per oxide."""
        frame = pd.DataFrame([asdict(s) for s in self.scores])
        frame.insert(0, "estimator", self.estimator)
        frame.insert(1, "protocol", self.protocol)
        return frame

    def rows(self) -> pd.DataFrame:
        """Return measured value, prediction and interval of each held-out row and oxide."""
        parts = []
        for j, oxide in enumerate(OXIDES):
            part = pd.DataFrame(
                {
                    "site": self.data.name,
                    "mission": self.data.mission,
                    "oxide": oxide,
                    "measured": self.data.oxides[:, j],
                    "value": self.value[:, j],
                    "lower": self.lower[:, j],
                    "upper": self.upper[:, j],
                }
            )
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""
        rows = self.rows().to_dict(orient="records")
        return {
            "estimator": self.estimator,
            "protocol": self.protocol,
            "optimistic": self.optimistic,
            "nominal_coverage": plain(self.nominal),
            "seed": self.seed,
            "scores": [s.to_dict() for s in self.scores],
            "rows": [{str(k): plain(v) for k, v in row.items()} for row in rows],
        }

    def __str__(self) -> str:
        """Return the table as text."""
        kind = "OPTIMISTIC, held-out sites choose the epoch" if self.optimistic else "honest"
        head = f"{self.estimator} by {self.protocol} ({kind})"
        if np.isfinite(self.nominal):
            head += f", interval {self.nominal:.0%}"
        line = "oxide   n     R2   RMSE   bias  skill  cover  width"
        body = [
            f"{s.oxide:6}{s.n:3d} {s.r2:6.2f} {s.rmse:6.2f} {s.bias:6.2f} {s.skill:6.2f}"
            + (
                f" {s.coverage:6.2f} {s.width:6.2f}"
                if np.isfinite(s.coverage)
                else "      -      -"
            )
            for s in self.scores
        ]
        return "\n".join([head, line, *body])

    def _repr_html_(self) -> str:
        from farside.notebook import against, card  # noqa: PLC0415 - only a notebook asks

        kind = "optimistic: held-out sites choose the epoch" if self.optimistic else "honest"
        heads = ("oxide", "n", "R²", "RMSE, wt%", "bias, wt%", "coverage", "width, wt%")
        figures = ("r2", "rmse", "bias", "coverage", "width")
        rows = [
            (s.oxide, str(s.n), *("-" if np.isnan(getattr(s, f)) else f"{getattr(s, f):.2f}"
                                  for f in figures))
            for s in self.scores
        ]  # fmt: skip
        panels = [
            (oxide, self.data.oxides[:, j], self.value[:, j]) for j, oxide in enumerate(OXIDES)
        ]
        return card(
            f"{self.estimator} by {self.protocol}",
            f"{kind}; {len(self.data.name)} sites, seed {self.seed}",
            table=(heads, rows),
            figure=against(panels, ("measured, wt%", "predicted while held out, wt%")),
        )


def plain(value: Any) -> Any:
    """Return a number of six digits, None for NaN, anything else as it is."""
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value


def protocol_masks(data: TrainingSet, protocol: str) -> tuple[Mask, Mask]:
    """Return (training rows, held-out rows), each (F, n).

    Raises
    ------
    UnknownNameError
        when the protocol is not one of those with a held-out part
    """
    honest = [p for p in PROTOCOLS if p != OPTIMISTIC]
    if protocol == "loo":
        train = leave_out_masks(data)
    elif protocol == "lomo":
        train = leave_out_masks(data, data.mission)
    elif protocol == "terrain":
        mare, highland = data.terrain == "mare", data.terrain == "highland"
        if not (mare.any() and highland.any()):
            raise InputError("the protocol 'terrain' needs mare and highland rows; use 'lomo'.")
        return np.stack([mare, highland]), np.stack([highland, mare])
    else:
        raise UnknownNameError.of("protocol", protocol, honest)
    return train, ~train


def validate(
    method: Method,
    data: TrainingSet,
    protocol: str,
    *,
    coverage: float = 0.9,
    seed: int = 0,
    intervals: bool = True,
) -> Validation:
    """Return the validation of a method by a protocol with a held-out part.

    Every outer training part and every part of it with one mission less is fitted in one call.

    Parameters
    ----------
    coverage : nominal coverage of the CV+ intervals
    seed : makes the run bit-reproducible on one machine
    intervals : whether to make them; without, there is one fit per fold and no coverage

    Examples
    --------
    >>> import farside
    >>> print(farside.validate(farside.method("ridge"), farside.load_training(), "lomo"))
    ridge by lomo (honest), interval 90%
    oxide   n     R2   RMSE   bias  skill  cover  width
    TiO2   55 ...
    """
    train, held = protocol_masks(data, protocol)
    least = 2 if intervals else 1
    if min(len(set(data.mission[mask].tolist())) for mask in train) < least:
        raise InputError(
            f"a training part of {protocol!r} has fewer than {least} missions; intervals leave "
            "out one mission at a time, so give rows of three missions or more."
        )
    jobs: dict[bytes, Mask] = {}
    for mask in train:
        jobs[mask.tobytes()] = mask
        if not intervals:
            continue
        for inner in _without_each_mission(data, mask):
            jobs[inner.tobytes()] = inner
    order = {key: i for i, key in enumerate(jobs)}
    fitted = method.fit(data, np.stack(list(jobs.values())), seed)
    predicted = fitted.predict(data.reflectance)
    value, lower, upper = (np.full(data.oxides.shape, np.nan) for _ in range(3))
    mean = np.full(data.oxides.shape, np.nan)
    for mask, rows in zip(train, held, strict=True):
        value[rows] = predicted[order[mask.tobytes()], rows]
        mean[rows] = training_mean(data.oxides[mask])
        if not intervals:
            continue
        inner = _without_each_mission(data, mask)
        inside = predicted[[order[m.tobytes()] for m in inner]]
        missions = [str(m) for m in pd.unique(data.mission[mask])]
        group = np.array([missions.index(m) for m in data.mission[mask]])
        lower[rows], upper[rows] = oxide_intervals(
            inside[:, rows],
            inside[group, np.flatnonzero(mask)],
            data.oxides[mask],
            group,
            coverage,
        )
    scores = score_rows(data.oxides, value, lower, upper, mean)
    return Validation(method.name, protocol, coverage, seed, scores, value, lower, upper, data)


def validate_published(data: TrainingSet, *, seed: int = 0) -> Validation:
    """Return the published network by its published protocol: optimistic, without intervals."""
    from farside.oxides.yang2023 import published_protocol  # noqa: PLC0415 - needs torch

    value = published_protocol(data, seed)
    none = np.full(value.shape, np.nan)
    mean = np.stack([training_mean(data.oxides[mask]) for mask in leave_out_masks(data)])
    scores = score_rows(data.oxides, value, none, none, mean)
    return Validation("yang2023", OPTIMISTIC, np.nan, seed, scores, value, none, none, data)


def training_mean(oxides: Float) -> Float:
    """Return (6,) the mean of each oxide over rows (n, 6); NaN where none is measured."""
    counts = np.isfinite(oxides).sum(axis=0)
    total = np.nansum(oxides, axis=0)
    return np.asarray(np.divide(total, counts, out=np.full(len(counts), np.nan), where=counts > 0))


def score_rows(
    measured: Float, value: Float, lower: Float, upper: Float, mean: Float
) -> tuple[Score, ...]:
    """Return the score of each oxide over the rows that are measured and were held out.

    Parameters
    ----------
    measured, value, lower, upper, mean : (n, 6) wt%; `mean` is the training mean of the row's fold
    """
    scores = []
    for j, oxide in enumerate(OXIDES):
        known = np.isfinite(measured[:, j]) & np.isfinite(value[:, j])
        if not known.any():
            nothing = (np.nan,) * 6
            scores.append(Score(oxide, 0, *nothing))
            continue
        y, p = measured[known, j], value[known, j]
        squared = np.sum((p - y) ** 2)
        spread, from_mean = np.sum((y - y.mean()) ** 2), np.sum((y - mean[known, j]) ** 2)
        bounded = np.isfinite(lower[known, j]).all()
        inside = (lower[known, j] <= y) & (y <= upper[known, j])
        scores.append(
            Score(
                oxide=oxide,
                n=int(known.sum()),
                r2=float(1.0 - squared / spread) if spread > 0 else np.nan,
                rmse=float(np.sqrt(np.mean((p - y) ** 2))),
                bias=float(np.mean(p - y)),
                skill=float(1.0 - squared / from_mean) if from_mean > 0 else np.nan,
                coverage=float(np.mean(inside)) if bounded else np.nan,
                width=float(np.mean(upper[known, j] - lower[known, j])) if bounded else np.nan,
            )
        )
    return tuple(scores)


def _without_each_mission(data: TrainingSet, mask: Mask) -> Mask:
    """Return (K, n): the rows of `mask` without each of its missions in turn."""
    return np.stack([mask & (data.mission != m) for m in pd.unique(data.mission[mask])])
