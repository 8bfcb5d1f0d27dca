r"""Which band an oxide is read from: integrated gradients, and a check against what is known.

For one oxide f of a spectrum x = ln R and a baseline x', the attribution of band b is

.. math:: A_b = (x_b - x'_b) \int_0^1 \frac{\partial f}{\partial x_b}(x' + t (x - x'))\, dt

(Sundararajan et al. 2017), in wt%. The attributions of a spectrum add up to f(x) - f(x'): what is
left over by the numerical integral is reported as the residual.

The gradients are central differences, so that they need nothing but predictions and work on the
stored weights without torch. Two errors bound their step h. Single precision leaves about 3e-5 wt%
of noise in a prediction, so a gradient is uncertain by 3e-5 / (2 h): below h = 1e-4 that passes
0.1 wt% per unit of ln R. And the share of the nets (`farside.oxides.farside`) falls off so steeply
across the first principal components that one band alone crosses it in about 0.01 of ln R, and has
kinks where the nearest training spectrum changes: above h = 1e-3 the difference no longer sees
them. The default stands between. Kinks (relu, limits of the oxides, nearest spectrum) make the
integral converge as 1/steps, and a path that runs along one, equally far from two training spectra,
keeps a residual at any number of steps, for the differences of single bands then see both sides.
Midpoints are used, because the two ends are special: the last one is often a training spectrum.

Bands are strongly correlated, so large attributions of neighbours can cancel. How far they hang on
the sites is told by the fits that leave out one mission each: their jackknife error stands beside
every mean.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.constants import OXIDES
from farside.errors import InputError
from farside.oxides._attribution import integrate, jackknife, plain, predict_ln, share_of
from farside.spectra.dataset import check_spectra, flatten, select_bands

if TYPE_CHECKING:
    import xarray as xr

    from farside.oxides.estimator import OxideEstimator
    from farside.oxides.training import Float

TOLERANCE_NM = 10.0
STEPS = 256
STEP = 2e-4
BLOCK = 128
"""Spectra per block: with 8 bands, 2048 predictions at a time."""


@dataclass(frozen=True)
class Explanation:
    r"""Attributions of n spectra in b bands; K fits leave out one mission each.

    Parameters
    ----------
    estimator : name of the method
    baseline_name : what the baseline is
    wavelength_nm : (b,) nm
    name : (n,) of the spectra
    baseline : (b,) reflectance
    baseline_value, value : (6,), (n, 6) wt%, of the fit of all rows
    attribution : (n, 6, b) wt%
    gradient : (n, 6, b) wt% per unit of ln R, at the spectra themselves
    fold_mean_absolute, fold_gradient : (K, 6, b) mean \|attribution\| and gradient of each fit
        that leaves out a mission
    steps, step : midpoints of the integral, and h of the central differences in ln R
    """

    estimator: str
    baseline_name: str
    wavelength_nm: Float
    name: tuple[str, ...]
    baseline: Float = field(repr=False)
    baseline_value: Float = field(repr=False)
    value: Float = field(repr=False)
    attribution: Float = field(repr=False)
    gradient: Float = field(repr=False)
    fold_mean_absolute: Float = field(repr=False)
    fold_gradient: Float = field(repr=False)
    steps: int = STEPS
    step: float = STEP

    @property
    def residual(self) -> Float:
        """What completeness lacks, (n, 6) wt%: sum of attributions - (value - baseline value)."""
        return np.asarray(self.attribution.sum(axis=-1) - (self.value - self.baseline_value))

    @property
    def mean_absolute(self) -> Float:
        """Mean of the absolute attribution over the spectra, (6, b) wt%."""
        return np.asarray(np.abs(self.attribution).mean(axis=0))

    @property
    def share(self) -> Float:
        """`mean_absolute` over its sum over bands, (6, b); NaN for an oxide that sees no band."""
        return share_of(self.mean_absolute)

    @property
    def share_1s(self) -> Float:
        """Jackknife error of `share` over the missions, (6, b)."""
        return jackknife(share_of(self.fold_mean_absolute))

    @property
    def mean_gradient(self) -> Float:
        """Mean gradient at the spectra, (6, b) wt% per unit of ln R."""
        return np.asarray(self.gradient.mean(axis=0))

    @property
    def mean_gradient_1s(self) -> Float:
        """Jackknife error of `mean_gradient` over the missions, (6, b)."""
        return jackknife(self.fold_gradient)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per oxide and band."""
        oxides, bands = len(OXIDES), len(self.wavelength_nm)
        columns = ("mean_absolute", "share", "share_1s", "mean_gradient", "mean_gradient_1s")
        return pd.DataFrame(
            {
                "oxide": np.repeat(np.array(OXIDES), bands),
                "wavelength_nm": np.tile(self.wavelength_nm, oxides),
                **{column: getattr(self, column).reshape(-1) for column in columns},
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""
        arrays = ("baseline", "baseline_value", "value", "attribution", "residual")
        return {
            "estimator": self.estimator,
            "baseline_name": self.baseline_name,
            "steps": self.steps,
            "step_ln_reflectance": self.step,
            "oxides": list(OXIDES),
            "wavelength_nm": self.wavelength_nm.tolist(),
            "name": list(self.name),
            **{key: plain(getattr(self, key)) for key in arrays},
            "bands": [
                {str(k): plain(v) for k, v in row.items()}
                for row in self.to_frame().to_dict(orient="records")
            ],
        }

    def __str__(self) -> str:
        """Return the shares as text."""
        worst = float(np.abs(self.residual).max())
        head = (
            f"{self.estimator}: share of the mean |attribution| in %, {len(self.name)} spectra, "
            f"from {self.baseline_name}; worst residual {worst:.2g} wt%"
        )
        line = "nm    " + "".join(f"{nm:>10.0f}" for nm in self.wavelength_nm)
        body = [
            f"{oxide:6}" + "".join(_cell(v, e) for v, e in zip(value, error, strict=True))
            for oxide, value, error in zip(OXIDES, self.share, self.share_1s, strict=True)
        ]
        return "\n".join([head, line, *body])


def _cell(share: float, error: float) -> str:
    if not np.isfinite(share):
        return f"{'-':>10}"
    text = f"{100 * share:.0f}" + (f" ± {100 * error:.0f}" if np.isfinite(error) else "")
    return f"{text:>10}"


def explain(
    estimator: OxideEstimator,
    spectra: xr.Dataset | None = None,
    baseline: Float | None = None,
    *,
    steps: int = STEPS,
    step: float = STEP,
) -> Explanation:
    """Return the attributions of the oxides to the bands, by integrated gradients in ln R.

    Parameters
    ----------
    estimator : fitted
    spectra : Spectra dataset with all bands of the estimator; its training spectra when None
    baseline : (b,) reflectance that the path starts from; when None the mean training spectrum
        in ln R, so that the attributions tell what sets a spectrum apart from the sampled Moon
    steps : midpoints of the integral
    step : h of the central differences in ln R; see the top of this module

    Raises
    ------
    BandError
        when a band is missing: a value that was filled in has no attribution
    InputError
        when a spectrum is not good, or the baseline, `steps` or `step` cannot be used

    References
    ----------
    Sundararajan, Taly, Yan (2017) Proc. Machine Learning Research 70, 3319-3328

    Examples
    --------
    >>> import farside
    >>> print(farside.explain(farside.load_estimator()))  # doctest: +SKIP
    """
    data = estimator.data_
    x, name = (
        (np.log(data.reflectance), tuple(str(n) for n in data.name))
        if spectra is None
        else _ln_reflectance(spectra, data.wavelength_nm)
    )
    start = np.log(data.reflectance).mean(axis=0) if baseline is None else _ln_baseline(baseline, x)
    if steps < 1 or not 0 < step < 0.1:
        raise InputError(f"steps is {steps} and step {step}; give at least 1, and 0 to 0.1.")
    fitted = estimator.fitted_
    parts = [
        integrate(fitted, x[i : i + BLOCK], start, steps, step) for i in range(0, len(x), BLOCK)
    ]
    attribution = np.concatenate([p[0] for p in parts], axis=1)
    gradient = np.concatenate([p[1] for p in parts], axis=1)
    return Explanation(
        estimator=estimator.method.name,
        baseline_name="the mean training spectrum in ln R" if baseline is None else "a given one",
        wavelength_nm=data.wavelength_nm,
        name=name,
        baseline=np.exp(start),
        baseline_value=predict_ln(fitted, start[None])[0, 0],
        value=predict_ln(fitted, x)[0],
        attribution=attribution[0],
        gradient=gradient[0],
        fold_mean_absolute=np.abs(attribution[1:]).mean(axis=1),
        fold_gradient=gradient[1:].mean(axis=1),
        steps=steps,
        step=step,
    )


def _ln_reflectance(spectra: xr.Dataset, wavelength_nm: Float) -> tuple[Float, tuple[str, ...]]:
    flat = flatten(select_bands(spectra, wavelength_nm.tolist()))
    good = check_spectra(flat)["good"].to_numpy()
    if not good.all():
        raise InputError(
            f"spectra {np.flatnonzero(~good)[:10].tolist()} are not good (check_spectra says why); "
            "leave them out."
        )
    values = flat["reflectance"].transpose("point", "band").to_numpy().astype(np.float64)
    names = flat["name"].to_numpy() if "name" in flat.coords else np.arange(len(values))
    return np.log(values), tuple(str(n) for n in names)


def _ln_baseline(baseline: Float, x: Float) -> Float:
    given = np.asarray(baseline, dtype=np.float64)
    if given.shape != x.shape[1:] or not ((given > 0) & (given < 1)).all():
        raise InputError(
            f"the baseline has shape {given.shape}; give one reflectance between 0 and 1 for each "
            f"of the {x.shape[1]} bands."
        )
    return np.asarray(np.log(given))


@dataclass(frozen=True)
class Check:
    """One expectation from the physics of lunar soils, and what the estimator does.

    Parameters
    ----------
    name : what is expected, in words
    oxide : name
    bands_nm : the bands it is about
    value, error : what was found, and its jackknife error over the missions
    expected : `value` must be at least this; for a share that of as many bands chosen blindly
    chance : share of all sets of as many bands that carry at least `value`; NaN for a sign
    unit : of `value`; 1 for a share
    passed : `value` is at least `expected`; None where the sensor has not got the bands
    source : key in ``references.csv``
    """

    name: str
    oxide: str
    bands_nm: tuple[float, ...]
    value: float
    error: float
    expected: float
    chance: float
    unit: str
    passed: bool | None
    source: str

    @property
    def clear(self) -> bool:
        """Whether `value` is more than two errors away from `expected`."""
        return bool(abs(self.value - self.expected) > 2.0 * self.error)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""
        return {**{k: plain(v) for k, v in asdict(self).items()}, "clear": self.clear}

    def __str__(self) -> str:
        """Return one line."""
        if self.passed is None:
            return f"not possible: {self.name} (a band is missing)"
        verdict = ("passed" if self.passed else "FAILED") + ("" if self.clear else ", not clearly")
        scale, unit = (100.0, "%") if self.unit == "1" else (1.0, self.unit)
        error = f" ± {scale * self.error:.2g}" if np.isfinite(self.error) else ""
        by_chance = f"; {self.chance:.0%} of such sets do" if np.isfinite(self.chance) else ""
        return (
            f"{verdict}: {self.name}: {scale * self.value:.2g}{error} {unit}, at least "
            f"{scale * self.expected:.3g} expected{by_chance} [{self.source}]"
        )


# (name, oxide, bands in nm, reference); a share of |attribution| no less than that of any bands
SHARES = (
    ("414 nm carries TiO2", "TiO2", (414.0,), "charette1974"),
    ("414 and 749 nm carry TiO2", "TiO2", (414.0, 749.0), "lucey2000"),
    ("749, 950 and 1001 nm carry FeO", "FeO", (749.0, 950.0, 1001.0), "lucey1995"),
    ("950 and 1001 nm alone carry FeO", "FeO", (950.0, 1001.0), "lucey1995"),
    ("901 to 1049 nm carry FeO", "FeO", (901.0, 950.0, 1001.0, 1049.0), "lucey1995"),
)
# (name, oxide, {band in nm: direction}, reference); the gradient that way is positive
SIGNS = (
    ("brighter at 414 than 749 nm raises TiO2", "TiO2", {414.0: 1.0, 749.0: 0.0}, "charette1974"),
    (
        "darker at 950 and 1001 than 749 nm raises FeO",
        "FeO",
        {749.0: 0.0, 950.0: -1.0, 1001.0: -1.0},
        "lucey2000",
    ),
)


def _columns(wavelength_nm: Float, bands_nm: tuple[float, ...]) -> list[int]:
    """Return the columns of the bands; none where one is further than `TOLERANCE_NM` away."""
    apart = np.abs(wavelength_nm - np.array(bands_nm)[:, None])
    return apart.argmin(axis=1).tolist() if apart.min(axis=1).max() <= TOLERANCE_NM else []


def physical_check(explanation: Explanation) -> tuple[Check, ...]:
    """Return whether TiO2 and FeO are read from the bands that physics names; nothing is raised.

    A share passes when the expected bands carry at least what as many bands would blindly, their
    number over that of all bands; `Check.chance` tells how many sets of that size do as well. A
    sign passes when the mean gradient over the spectra goes the expected way: ilmenite is dark but
    spectrally flat, so soils rich in TiO2 are bluer (Charette et al. 1974); the absorption of Fe2+
    in pyroxene and olivine deepens towards 1000 nm, and iron darkens a soil (Lucey et al. 1995).
    """
    x, checks = explanation, []
    for name, oxide, bands, source in SHARES:
        row, c = OXIDES.index(oxide), _columns(x.wavelength_nm, bands)
        value = error = chance = np.nan
        if c:
            share = x.share[row]
            value = float(share[c].sum())
            error = float(jackknife(share_of(x.fold_mean_absolute)[:, row, c].sum(axis=1)))
            sets = [share[list(s)].sum() for s in combinations(range(len(share)), len(c))]
            chance = float(np.mean(np.array(sets) >= value - 1e-12))
        blind = len(bands) / len(x.wavelength_nm)
        passed = bool(value >= blind) if c else None
        checks.append(Check(name, oxide, bands, value, error, blind, chance, "1", passed, source))
    for name, oxide, way, source in SIGNS:
        row, c = OXIDES.index(oxide), _columns(x.wavelength_nm, tuple(way))
        value = error = np.nan
        if c:
            step = 0.01 * np.array(list(way.values()))
            value = float(x.mean_gradient[row, c] @ step)
            error = float(jackknife(x.fold_gradient[:, row, c] @ step))
        passed = bool(value > 0) if c else None
        unit = "wt% per 1 %"
        checks.append(
            Check(name, oxide, tuple(way), value, error, 0.0, np.nan, unit, passed, source)
        )
    return tuple(checks)
