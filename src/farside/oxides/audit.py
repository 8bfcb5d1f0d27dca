r"""Whether an estimator is wrong in one direction somewhere: by mission, terrain and maturity.

The error of a held-out site is predicted minus measured. Sites of one mission share their errors
(one landing place, one laboratory, one fold), so they are not independent witnesses of a terrain or
of a maturity: there the witnesses are missions. Of the bias at one mission the witnesses are its
sites, and the statement is about these places only.

A group's mean error is tested by flipping signs: were the errors of the witnesses symmetric about
zero, each could as well have had the other sign. p is the share of all sign patterns whose mean is
at least as far from zero; it is exact, needs no normal law, and cannot fall below
:math:`2^{1-m}` with m witnesses. A group of fewer than six witnesses can therefore show no bias
at the level of 5 %: it is reported as not testable, which is not the same as unbiased. The p values
of the testable groups of one kind and oxide are corrected for their number after Holm (1979).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.datasets import sidecar
from farside.errors import InputError
from farside.oxides._attribution import jackknife, plain
from farside.oxides.validate import score_rows
from farside.spectra.dataset import make_spectra
from farside.spectra.parameters import THETA_FE_MI, omat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from farside.oxides.training import Float, Mask, TrainingSet
    from farside.oxides.validate import Score, Validation

KINDS = ("mission", "terrain", "maturity")
TERCILES = ("mature", "middle", "immature")
DOUBTFUL = ("Luna16", "Luna 16")
"""Site whose coordinate, and so spectrum, is in doubt, and how the notes of the table name it."""

EXACT_UP_TO = 12
DRAWS = 9999


@dataclass(frozen=True)
class GroupBias:
    """The mean error of an oxide in a group of sites.

    Parameters
    ----------
    kind, group, oxide : names
    n, witnesses : sites, and what is taken as independent (sites of a mission; missions otherwise)
    mean, error : predicted minus measured, wt%, and its standard error (of missions: delete-one
        jackknife); NaN for one witness
    p, p_holm : by sign flips, and corrected for the testable groups; NaN where not testable
    biased : `p_holm` is at most the level; None where not testable
    """

    kind: str
    group: str
    oxide: str
    n: int
    witnesses: int
    mean: float
    error: float
    p: float
    p_holm: float
    biased: bool | None


@dataclass(frozen=True)
class ErrorSlope:
    """Least-squares slope of the error of an oxide against something.

    Parameters
    ----------
    against : ``omat`` (wt% per 0.01), ``measured`` or ``predicted`` (wt% per wt%). A slope
        against what was measured is below 0 for the best of predictors too, by the share of the
        variance that it cannot see; against what was predicted it is 0 when no rescaling of the
        predictions would improve them
    n, missions : sites and missions
    slope, error : and its delete-one-mission jackknife error
    """

    against: str
    oxide: str
    n: int
    missions: int
    slope: float
    error: float

    @property
    def clear(self) -> bool:
        """Whether the slope is more than two errors away from 0."""
        return bool(abs(self.slope) > 2.0 * self.error)


@dataclass(frozen=True)
class Sensitivity:
    """The score of an oxide with and without one site; the other predictions stay as they are."""

    site: str
    oxide: str
    n: int
    r2: float
    rmse: float
    r2_without: float
    rmse_without: float


@dataclass(frozen=True)
class Audit:
    """Where a validated estimator errs in one direction.

    Parameters
    ----------
    estimator, protocol : of the validation
    level : of the tests
    omat_limits : between mature, middle and immature sites
    groups, slopes, without : see their classes
    note : why a site is left out in `without`; empty when the rows do not hold it
    """

    estimator: str
    protocol: str
    level: float
    omat_limits: tuple[float, float]
    groups: tuple[GroupBias, ...] = field(repr=False)
    slopes: tuple[ErrorSlope, ...] = field(repr=False)
    without: tuple[Sensitivity, ...] = field(repr=False)
    note: str = field(repr=False)

    @property
    def biased(self) -> tuple[GroupBias, ...]:
        """The groups whose mean error differs from zero beyond chance."""
        return tuple(g for g in self.groups if g.biased)

    @property
    def untestable(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of the groups that can show no bias in any oxide at this level."""
        told = {(g.kind, g.group) for g in self.groups if g.biased is not None}
        every = dict.fromkeys((g.kind, g.group) for g in self.groups)
        return tuple(name for name in every if name not in told)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind, group and oxide."""
        return pd.DataFrame([asdict(g) for g in self.groups])

    def slopes_frame(self) -> pd.DataFrame:
        """Return one row per slope."""
        return pd.DataFrame([{**asdict(s), "clear": s.clear} for s in self.slopes])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""
        return {
            "estimator": self.estimator,
            "protocol": self.protocol,
            "level": self.level,
            "omat_limits": [plain(v) for v in self.omat_limits],
            "groups": [_plain(asdict(g)) for g in self.groups],
            "slopes": [_plain({**asdict(s), "clear": s.clear}) for s in self.slopes],
            "without": [_plain(asdict(s)) for s in self.without],
            "note": self.note,
        }

    def __str__(self) -> str:
        """Return what was found as text."""
        lines = [f"{self.estimator} by {self.protocol}: mean error ± standard error in wt%"]
        lines += [
            f"  biased: {g.kind} {g.group}, {g.oxide}: {g.mean:+.2f} ± {g.error:.2f} "
            f"(n = {g.n}, {g.witnesses} witnesses, p = {g.p_holm:.2g})"
            for g in self.biased
        ] or ["  no group is biased beyond chance"]
        lines += [
            f"  slope: {s.oxide} against {s.against}: {s.slope:+.2f} ± {s.error:.2f}"
            for s in self.slopes
            if s.clear
        ]
        lines += [
            f"  without {s.site}: {s.oxide} R2 {s.r2:.2f} -> {s.r2_without:.2f}, "
            f"RMSE {s.rmse:.2f} -> {s.rmse_without:.2f}"
            for s in self.without
        ]
        few = ", ".join(group for _, group in self.untestable)
        return "\n".join([*lines, f"  too few witnesses to tell: {few or 'none'}"])

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        found = [
            (g.kind, g.group, g.oxide, f"{g.mean:+.2f} ± {g.error:.2f}", f"{g.p_holm:.2g}")
            for g in self.biased
        ]
        rows = [
            Range(f"{g.group}, {g.oxide}", g.mean, g.mean - g.error, g.mean + g.error)
            for g in self.biased
        ]
        return card(
            f"bias of {self.estimator} by {self.protocol}",
            "" if found else "no group is biased beyond chance",
            table=(("kind", "group", "oxide", "mean error, wt%", "p"), found),
            figure=ranges(rows, "mean error, wt%, 1 sigma", marks=[0.0]) if rows else "",
            text=str(self),
        )


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: plain(value) for key, value in row.items()}


def maturity(data: TrainingSet) -> Float:
    """Return OMAT (n,) of the sites, small for mature soils, from the origin of Kaguya MI.

    Raises
    ------
    BandError
        when there is no band near 750 or 950 nm
    """
    spectra = make_spectra(data.reflectance.T, data.wavelength_nm)
    return np.asarray(omat(spectra, origin=THETA_FE_MI).to_numpy())


def bias_audit(validation: Validation, *, level: float = 0.05, seed: int = 0) -> Audit:
    """Return where the held-out errors lean to one side.

    Parameters
    ----------
    validation : with honest errors, such as those of leaving out missions
    level : of the tests of one kind and oxide together
    seed : of the random sign patterns, drawn where there are more than 12 witnesses

    Raises
    ------
    InputError
        when no row was held out
    BandError
        see `maturity`

    References
    ----------
    Holm (1979) Scandinavian Journal of Statistics 6, 65-70

    Examples
    --------
    >>> import farside
    >>> held_out = farside.validate(farside.method("ridge"), farside.load_training(), "lomo")
    >>> print(farside.bias_audit(held_out))  # doctest: +SKIP
    """
    data, value = validation.data, validation.value
    error = value - data.oxides
    held = np.isfinite(value).any(axis=1)
    if not held.any():
        raise InputError("the validation held out no row; validate by 'lomo' or 'loo' first.")
    maturities = maturity(data)
    low, high = (float(q) for q in np.quantile(maturities[held], [1 / 3, 2 / 3]))
    names = {
        "mission": data.mission,
        "terrain": data.terrain,
        "maturity": np.array(TERCILES)[np.digitize(maturities, [low, high])],
    }
    against = {
        "omat": np.broadcast_to(100.0 * maturities[:, None], value.shape),
        "measured": data.oxides,
        "predicted": value,
    }
    without, note = _doubtful(validation)
    return Audit(
        estimator=validation.estimator,
        protocol=validation.protocol,
        level=level,
        omat_limits=(low, high),
        groups=_groups(names, error, level, seed),
        slopes=tuple(
            _slope(name, oxide, values[:, j], error[:, j], data.mission)
            for name, values in against.items()
            for j, oxide in enumerate(OXIDES)
        ),
        without=without,
        note=note,
    )


def _groups(
    names: Mapping[str, NDArray[np.str_]], error: Float, level: float, seed: int
) -> tuple[GroupBias, ...]:
    rng = np.random.default_rng(seed)
    groups: list[GroupBias] = []
    for kind, name in names.items():
        for j, oxide in enumerate(OXIDES):
            found = []
            for group in pd.unique(name):
                rows = (name == group) & np.isfinite(error[:, j])
                if rows.any():
                    e = error[rows, j]
                    of = np.arange(len(e)) if kind == "mission" else names["mission"][rows]
                    found.append(_group((kind, str(group), oxide), e, of, level, rng))
            groups += _corrected(found, level)
    return tuple(groups)


def _group(
    name: tuple[str, str, str],
    error: Float,
    of: NDArray[Any],
    level: float,
    rng: np.random.Generator,
) -> GroupBias:
    """Return the mean of errors (n,) whose witnesses are `of` (n,), with p where testable."""
    which, of_row = np.unique(of, return_inverse=True)
    m = len(which)
    sums = np.bincount(of_row, weights=error).astype(np.float64)
    rest = len(error) - np.bincount(of_row)
    spread = np.nan if m == 1 else float(jackknife(((sums.sum() - sums) / rest)[:, None])[0])
    p = sign_flip(sums, rng) if 2.0 ** (1 - m) <= level else np.nan
    mean = float(error.mean())
    return GroupBias(*name, len(error), m, mean, spread, p, np.nan, biased=None)


def sign_flip(sums: Float, rng: np.random.Generator) -> float:
    """Return the two-sided p of the sum of the witnesses' error sums (m,) by flipping signs.

    All patterns are counted up to 12 witnesses; beyond, 9999 drawn ones and the one at hand.
    """
    m = len(sums)
    if m <= EXACT_UP_TO:
        patterns = np.array(list(product((1.0, -1.0), repeat=m - 1))).reshape(-1, m - 1)
        flipped = sums[0] + patterns @ sums[1:]
    else:
        drawn = rng.choice((1.0, -1.0), size=(DRAWS, m)) @ sums
        flipped = np.append(drawn, sums.sum())
    limit = abs(sums.sum()) - 1e-9 * np.abs(sums).sum()
    return float(np.mean(np.abs(flipped) >= limit))


def _corrected(found: list[GroupBias], level: float) -> list[GroupBias]:
    """Return the groups with Holm's p: the k-th smallest of m times m - k + 1, never falling."""
    p = np.array([g.p for g in found])
    order = [int(i) for i in np.argsort(p, kind="stable") if np.isfinite(p[i])]
    adjusted, highest = dict.fromkeys(range(len(found)), np.nan), 0.0
    for k, i in enumerate(order):
        highest = min(max(highest, (len(order) - k) * p[i]), 1.0)
        adjusted[i] = highest
    return [
        replace(g, p_holm=float(adjusted[i]), biased=bool(adjusted[i] <= level))
        if i in order
        else g
        for i, g in enumerate(found)
    ]


def _slope(
    against: str, oxide: str, x: Float, error: Float, mission: NDArray[np.str_]
) -> ErrorSlope:
    known = np.isfinite(x) & np.isfinite(error)
    x, error, mission = x[known], error[known], mission[known]
    missions = pd.unique(mission)
    left_out = [_least_squares(x[mission != m], error[mission != m]) for m in missions]
    return ErrorSlope(
        against=against,
        oxide=oxide,
        n=int(known.sum()),
        missions=len(missions),
        slope=_least_squares(x, error),
        error=float(jackknife(np.array(left_out)[:, None])[0]) if len(missions) else np.nan,
    )


def _least_squares(x: Float, y: Float) -> float:
    """Return the slope of y on x; NaN where x does not vary."""
    if len(x) < 2 or np.ptp(x) == 0:
        return np.nan
    apart = x - x.mean()
    return float(apart @ y / (apart @ apart))


def _doubtful(validation: Validation) -> tuple[tuple[Sensitivity, ...], str]:
    """Return the scores with and without the site in doubt, and why it is."""
    site, called = DOUBTFUL
    here = validation.data.name == site
    if not here.any():
        return (), ""
    note = " ".join(n for n in sidecar("sites")["notes"] if called in n)
    scores = (_scores(validation, here | True), _scores(validation, ~here))
    return tuple(
        Sensitivity(site, a.oxide, a.n, a.r2, a.rmse, b.r2, b.rmse)
        for a, b in zip(*scores, strict=True)
    ), note


def _scores(validation: Validation, rows: Mask) -> tuple[Score, ...]:
    measured, value = validation.data.oxides[rows], validation.value[rows]
    none = np.full(value.shape, np.nan)
    return score_rows(measured, value, none, none, none)
