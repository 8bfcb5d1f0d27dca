r"""U-Pb: the concordia curve, the age of a set of concordant analyses, and discordance.

Wetherill's diagram: :math:`x = {}^{207}Pb/^{235}U = e^{\lambda_{235} t} - 1`,
:math:`y = {}^{206}Pb/^{238}U = e^{\lambda_{238} t} - 1`. The concordia age of Ludwig (1998) is the
t for which the analyses, with their correlated errors, are most likely to be one point on the
curve; chi-squared falls in two: whether the analyses are one point (equivalence) and whether it
lies on the curve (concordance).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import chdtrc

from farside.errors import InputError
from farside.isotopes.decay import DEFAULT, Preset, preset
from farside.isotopes.systems import MA, Age

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

OLDEST_MA = 8000.0
"""Ma; nothing is older, so that ratios beyond this age are exchanged or in error."""


@dataclass(frozen=True)
class Concordia:
    """A concordia age, Ma, one sigma.

    Parameters
    ----------
    age : with internal and external error
    n : analyses
    equivalence, concordance, combined : (MSWD, probability) of each test; the first is NaN for
        one analysis
    mean : x, y, sigma x, sigma y and correlation of the mean composition
    """

    age: Age
    n: int
    equivalence: tuple[float, float]
    concordance: tuple[float, float]
    combined: tuple[float, float]
    mean: tuple[float, float, float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; NaN becomes None."""

        def clean(pair: tuple[float, ...]) -> list[float | None]:
            return [value if np.isfinite(value) else None for value in pair]

        return {
            "age_ma": self.age.value,
            "age_1s_internal_ma": self.age.internal,
            "age_1s_external_ma": self.age.external,
            "n": self.n,
            "equivalence": clean(self.equivalence),
            "concordance": clean(self.concordance),
            "combined": clean(self.combined),
            "mean": clean(self.mean),
        }

    def __str__(self) -> str:
        """Return one paragraph."""
        mswd, chance = self.equivalence
        same = "" if np.isnan(mswd) else f", of equivalence {mswd:.3g} (p {chance:.3g})"
        return (
            f"concordia age {self.age.value:.2f} ± {self.age.internal:.2f} Ma (1 sigma, internal) "
            f"± {self.age.external:.2f} Ma (decay constants), n {self.n}; MSWD of concordance "
            f"{self.concordance[0]:.3g} (p {self.concordance[1]:.3g}){same}"
        )

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        tests = ("equivalence", "concordance", "combined")
        facts = [
            (name, f"{mswd:.3g}", f"{chance:.3g}")
            for name, (mswd, chance) in ((test, getattr(self, test)) for test in tests)
            if np.isfinite(mswd)
        ]
        spreads = {"internal": self.age.internal, "with decay constants": self.age.total}
        rows = [
            Range(f"1 sigma {name}", self.age.value, self.age.value - s, self.age.value + s)
            for name, s in spreads.items()
        ]
        return card(
            f"concordia age {self.age.value:.2f} ± {self.age.internal:.2f} Ma (1 sigma, internal)",
            f"{self.n} analys{'e' if self.n > 1 else 'i'}s",
            table=(("test", "MSWD", "probability"), facts),
            figure=ranges(rows, "age, Ma"),
        )


def curve(age_ma: ArrayLike, constants: Preset) -> tuple[Float, Float]:
    """Return 207Pb/235U and 206Pb/238U of ages in Ma, each of the shape of the ages.

    Examples
    --------
    >>> x, y = curve(0.0, preset())
    >>> float(x), float(y)
    (0.0, 0.0)
    """
    t = np.asarray(age_ma, float) * MA
    l5, l8 = constants.rates["U235"].value, constants.rates["U238"].value
    return np.expm1(l5 * t), np.expm1(l8 * t)


def ages(x: ArrayLike, y: ArrayLike, constants: Preset) -> tuple[Float, Float]:
    """Return the 207Pb/235U and the 206Pb/238U ages, Ma, of compositions."""
    l5, l8 = constants.rates["U235"].value, constants.rates["U238"].value
    return np.log1p(np.asarray(x, float)) / l5 / MA, np.log1p(np.asarray(y, float)) / l8 / MA


def discordance(x: ArrayLike, y: ArrayLike, constants: Preset) -> Float:
    """Return 100 (1 - t(206/238) / t(207/235)) in percent; positive for lost lead."""
    t75, t68 = ages(x, y, constants)
    found: Float = 100.0 * (1.0 - t68 / t75)
    return found


def to_wetherill(
    u: Any, su: Any, v: Any, sv: Any, rho: Any, constants: Preset
) -> tuple[Float, ...]:
    """Return Wetherill's ratios and errors from those of Tera and Wasserburg.

    Parameters
    ----------
    u, su : 238U/206Pb and one sigma
    v, sv : 207Pb/206Pb and one sigma
    rho : correlation of u and v
    constants : holds 238U/235U

    Returns
    -------
    x, sx, y, sy, rho
        207Pb/235U and 206Pb/238U, one sigma
    """
    u, su, v, sv, rho = (np.asarray(part, float) for part in (u, su, v, sv, rho))
    ru, rv = su / u, sv / v
    x, y = constants.u_ratio.value * v / u, 1.0 / u
    rx = np.sqrt(ru**2 + rv**2 - 2 * rho * ru * rv)
    return x, x * rx, y, y * ru, (ru - rho * rv) / rx


def concordia_age(
    x: ArrayLike,
    sx: ArrayLike,
    y: ArrayLike,
    sy: ArrayLike,
    rho: ArrayLike = 0.0,
    *,
    constants: str = DEFAULT,
) -> Concordia:
    """Return the concordia age of analyses of one event.

    Parameters
    ----------
    x, sx, y, sy, rho : shape ``(n,)``; 207Pb/235U, 206Pb/238U, one sigma, correlation

    Raises
    ------
    InputError
        when an error is not above 0, a correlation is not within -1 and 1, or a ratio is not
        above 0 or belongs to more than `OLDEST_MA`
    """
    rates = preset(constants)
    parts = [np.atleast_1d(np.asarray(part, float)) for part in (x, sx, y, sy, rho)]
    X, SX, Y, SY, R = np.broadcast_arrays(*parts)
    if (SX <= 0).any() or (SY <= 0).any() or (np.abs(R) >= 1).any():
        raise InputError("errors must be above 0 and correlations between -1 and 1.")
    if not np.isfinite(np.stack([X, SX, Y, SY, R])).all() or (X <= 0).any() or (Y <= 0).any():
        raise InputError("207Pb/235U and 206Pb/238U must be numbers above 0.")
    most_x, most_y = (float(part) for part in curve(OLDEST_MA, rates))
    if (most_x < X).any() or (most_y < Y).any():
        raise InputError(
            f"207Pb/235U is at most {most_x:.0f} and 206Pb/238U {most_y:.1f}, which {OLDEST_MA:g} "
            f"Ma would give; given up to {X.max():.3g} and {Y.max():.3g}: they may be exchanged."
        )
    cov = np.array([[SX**2, R * SX * SY], [R * SX * SY, SY**2]]).transpose(2, 0, 1)
    weight = np.linalg.inv(cov)
    total = weight.sum(axis=0)
    points = np.stack([X, Y], axis=1)
    mean_cov = np.linalg.inv(total)
    mean = mean_cov @ np.einsum("nij,nj->i", weight, points)
    apart = points - mean
    chi2_same = float(np.einsum("ni,nij,nj->", apart, weight, apart))

    def misfit(age_ma: float) -> float:
        d = mean - np.array(curve(age_ma, rates))
        return float(d @ total @ d)

    low, high = sorted(float(t) for t in ages(mean[0], mean[1], rates))
    pad = 0.1 * (high - low) + 1e-6 * high
    found = minimize_scalar(
        misfit, bounds=(low - pad, high + pad), method="bounded", options={"xatol": 1e-9 * high}
    )
    t = float(found.x)
    n, chi2_on = X.size, float(found.fun)
    sd = np.sqrt(np.diag(mean_cov))
    return Concordia(
        _age(t, total, rates),
        n,
        _test(chi2_same, 2 * n - 2),
        _test(chi2_on, 1),
        _test(chi2_same + chi2_on, 2 * n - 1),
        (
            float(mean[0]),
            float(mean[1]),
            float(sd[0]),
            float(sd[1]),
            float(mean_cov[0, 1] / (sd[0] * sd[1])),
        ),
    )


def _test(chi2: float, df: int) -> tuple[float, float]:
    return (chi2 / df, float(chdtrc(df, chi2))) if df else (float("nan"), float("nan"))


def _age(t_ma: float, total: Float, rates: Preset) -> Age:
    """Return the age with its errors: t is linear in the composition and in the constants."""
    t = t_ma * MA
    r5, r8 = rates.rates["U235"], rates.rates["U238"]
    grow = np.array([np.exp(r5.value * t), np.exp(r8.value * t)])
    slope = np.array([r5.value, r8.value]) * grow
    information = float(slope @ total @ slope)
    by_rate = np.diag(t * grow)  # d(x, y) / d(lambda)
    shift = -(slope @ total @ by_rate) / information
    external = float(np.hypot(shift[0] * r5.sigma, shift[1] * r8.sigma))
    return Age(t_ma, 1.0 / np.sqrt(information) / MA, external / MA)
