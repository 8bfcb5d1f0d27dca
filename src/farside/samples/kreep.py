"""KREEP: how much of it a sample's incompatible elements ask for, and the far-side contrast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.special import chdtri

from farside.datasets.analyses import (
    load_apollo_compositions,
    load_kreep_components,
    load_returned_samples,
)
from farside.errors import InputError
from farside.samples.composition import check_analyses, element_of
from farside.samples.patterns import Pattern, patterns, reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

COMPONENT = "KREEP basalt 15386"
FITTED = ("La", "Ce", "Nd", "Sm", "Gd", "Tb", "Dy", "Er", "Yb", "Lu", "Th", "U")
"""Elements of the fit: incompatible in all minerals of the rocks. Eu is left out, as plagioclase
takes it; K and Rb too, as the chondritic part would bring more of them than the Moon has."""
DEFAULT_RELATIVE = 0.05
FEWEST = 3
CONTRASTED = ("K", "Th", "U", "La")
WARNING = (
    "an upper limit where incompatible elements were enriched by low-degree melting and fractional "
    "crystallisation: Chang'e-5 basalt looks KREEP-like, and its Sr and Nd exclude KREEP "
    "(Tian et al. 2021)"
)


@dataclass(frozen=True)
class KreepFraction:
    """The KREEP that a sample's incompatible elements ask for.

    Parameters
    ----------
    sample : its name
    component : the KREEP end member
    fraction, sigma : by weight, and one standard deviation
    lower, upper : interval of the stated coverage; the lower end may be 0
    coverage : of the interval
    base : the rest of the pattern, a multiple of CI chondrite
    chi2, dof : misfit in units of the errors
    pattern : normalised rare earths and ratios
    notes : what to mind
    """

    sample: str
    component: str
    fraction: float
    sigma: float
    lower: float
    upper: float
    coverage: float
    base: float
    chi2: float
    dof: int
    pattern: Pattern
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; None where nothing could be fitted."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        content = {
            k: None if isinstance(v, float) and np.isnan(v) else v for k, v in content.items()
        }
        return content | {"pattern": self.pattern.to_dict(), "notes": list(self.notes)}

    def __str__(self) -> str:
        """Return fraction, interval and ratios."""
        lines = [str(self.pattern)]
        if not np.isnan(self.fraction):
            lines.append(
                f"  {self.component}: {100 * self.fraction:.1f} ± {100 * self.sigma:.1f} % "
                f"({self.coverage:.0%}: {100 * self.lower:.1f} to {100 * self.upper:.1f}), the "
                f"rest {self.base:.1f} x CI chondrite; chi2 {self.chi2:.3g} for {self.dof}"
            )
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True)
class KreepFractions:
    """The KREEP of all samples of a table."""

    samples: tuple[KreepFraction, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"samples": [sample.to_dict() for sample in self.samples]}

    def __str__(self) -> str:
        """Return the samples, one below the other."""
        return "\n".join(map(str, self.samples))

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        table = [
            (
                s.sample,
                f"{100 * s.fraction:.1f}",
                f"{100 * s.lower:.1f} to {100 * s.upper:.1f}",
                f"{s.chi2:.3g} for {s.dof}",
            )
            if np.isfinite(s.fraction)
            else (s.sample, "-", "too few rare earths, Th and U", "-")
            for s in self.samples
        ]
        rows = [
            Range(s.sample, 100 * s.fraction, 100 * s.lower, 100 * s.upper) for s in self.samples
        ]
        return card(
            f"KREEP in samples, as {self.samples[0].component}",
            table=(
                ("sample", "KREEP, %", f"{self.samples[0].coverage:.0%} interval", "chi2"),
                table,
            ),
            figure=ranges(rows, "KREEP, % by weight"),
            notes=(WARNING,),
            text=str(self),
        )


def component(table: pd.DataFrame | None = None, name: str = COMPONENT) -> pd.DataFrame:
    """Return an end member: index the element, ``value`` and ``sigma`` in ppm.

    Parameters
    ----------
    table : one analysis (see `farside.samples.composition`); the shipped table when left out
    name : which row of the shipped table

    Raises
    ------
    InputError
        when the analysis holds fewer than `FEWEST` incompatible elements
    """
    if table is None:
        shipped = load_kreep_components()
        return shipped[shipped["component"] == name].set_index("analyte")[["value", "sigma"]]
    row = check_analyses(table).iloc[0]
    given = row[[e for e in FITTED if e in row]].astype(float).dropna()
    if len(given) < FEWEST or (given <= 0).any():
        raise InputError(
            f"the end member needs {FEWEST} or more of {', '.join(FITTED)} in ppm, above 0."
        )
    found = pd.DataFrame({"value": given})
    found["sigma"] = [float(row.get(f"{e}_1s", np.nan)) for e in found.index]
    return found.fillna({"sigma": DEFAULT_RELATIVE * found["value"]})


def kreep(
    analyses: pd.DataFrame,
    *,
    end_member: pd.DataFrame | None = None,
    coverage: float = 0.95,
    draws: int = 400,
    seed: int = 0,
) -> KreepFractions:
    """Return the KREEP fraction and the rare-earth ratios of each sample.

    A pattern is split into c_i = f K_i + b N_i with f, b >= 0: K the KREEP end member, N CI
    chondrite, the pattern of a source that no process has tilted. Weighted least squares over the
    elements of `FITTED` that both have; the interval is that of fits to draws of the sample and
    the end member within their errors.

    Parameters
    ----------
    analyses : elements in ppm, one sigma in ``*_1s`` (`DEFAULT_RELATIVE` where none is given)
    end_member : one analysis to use for the shipped KREEP basalt 15386
    coverage, draws, seed : of the interval

    Raises
    ------
    InputError
        when no sample has an incompatible element
    SampleError, UnitError
        see `farside.samples.composition.check_analyses`

    Examples
    --------
    >>> import farside
    >>> import pandas as pd
    >>> sample = pd.DataFrame({"sample": ["mine"], "La": [60.0], "Sm": [30.0], "Yb": [20.0]})
    >>> (found,) = farside.kreep(sample).samples
    >>> found.lower <= found.fraction <= found.upper
    True
    """
    table = check_analyses(analyses)
    if not set(FITTED) & set(table.columns):
        raise InputError(
            f"no incompatible element; give at least {FEWEST} of {', '.join(FITTED)} in ppm."
        )
    end = component(end_member)
    label = COMPONENT if end_member is None else "end member given"
    rng = np.random.default_rng(seed)
    return KreepFractions(
        tuple(
            _fraction(row, pattern, (end, label), (coverage, draws), rng)
            for (_, row), pattern in zip(table.iterrows(), patterns(analyses), strict=True)
        )
    )


def _fraction(
    row: pd.Series[Any],
    pattern: Pattern,
    end: tuple[pd.DataFrame, str],
    sampling: tuple[float, int],
    rng: np.random.Generator,
) -> KreepFraction:
    members, label = end
    coverage, draws = sampling
    used = [e for e in FITTED if e in members.index and pd.notna(row.get(e))]
    notes = [str(row["notes"])] if row.get("notes") else []
    if len(used) < FEWEST:
        nan = float("nan")
        notes.append(f"a fraction needs {FEWEST} of {', '.join(FITTED)}")
        return KreepFraction(
            pattern.sample, label, nan, nan, nan, nan, coverage, nan, nan, 0, pattern, tuple(notes)
        )
    c = row[used].to_numpy(dtype=float)
    s = np.array([float(row.get(f"{e}_1s", np.nan)) for e in used])
    if np.isnan(s).any():
        notes.append(f"{DEFAULT_RELATIVE:.0%} is taken as one sigma where none is given")
    s = np.where(np.isnan(s), DEFAULT_RELATIVE * c, s)
    K, K_sigma = (members.loc[used, name].to_numpy(dtype=float) for name in ("value", "sigma"))
    N = np.array([reference()[e] for e in used])
    best, misfit = _split(c, s, K, K_sigma, N)
    tries = np.array(
        [
            _split(c + s * rng.standard_normal(c.shape), s, np.abs(given), K_sigma, N)[0]
            for given in K + K_sigma * rng.standard_normal((draws, *K.shape))
        ]
    )[:, 0]
    tail = 50 * (1 - coverage)
    lower, upper = np.percentile(tries, [tail, 100 - tail])
    notes += _notes(float(best[0]), misfit, len(used) - 2)
    return KreepFraction(
        pattern.sample,
        label,
        float(best[0]),
        float(tries.std(ddof=1)),
        float(lower),
        float(upper),
        coverage,
        float(best[1]),
        misfit,
        len(used) - 2,
        pattern,
        tuple(notes),
    )


def _split(c: Float, s: Float, K: Float, K_sigma: Float, N: Float) -> tuple[Float, float]:
    """Return (f, b) and chi2; the errors of the end member count with f, so iterate."""
    f = np.zeros(2)
    for _ in range(4):
        sigma = np.hypot(s, f[0] * K_sigma)
        f, norm = nnls(np.column_stack([K, N]) / sigma[:, None], c / sigma)
    return f, float(norm**2)


def _notes(fraction: float, misfit: float, dof: int) -> list[str]:
    notes = [WARNING] if fraction > 0.02 else []
    if fraction > 1:
        notes.append("more than the end member itself holds: the sample is richer than it")
    if dof > 0 and misfit > chdtri(dof, 0.01):
        notes.append(
            "no sum of KREEP and a flat pattern within errors: another process tilted its rare "
            "earths, or a figure is wrong"
        )
    return notes


def contrast() -> pd.DataFrame:
    """Return K, Th, U and La of Chang'e-6, Chang'e-5 and the Apollo sites.

    Returns
    -------
    pandas.DataFrame
        index the material; ``side``, ``K``, ``Th``, ``U``, ``La`` in ppm with one sigma in
        ``*_1s`` (for Apollo 15-17 the robust spread of the site's fines) and ``K/Th`` by weight;
        NaN = not given. Chang'e from Li et al. (2022, 2024), Apollo from the compendium
    """
    rows = _apollo_soils() | _change()
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["K/Th"] = table["K"] / table["Th"]
    return table.rename_axis("material")


def _apollo_soils() -> dict[str, dict[str, Any]]:
    """Return a well analysed soil of Apollo 11, 12 and 14, the median fines of 15, 16 and 17."""
    apollo = load_apollo_compositions()
    apollo["K"] = element_of("K2O")[1] * apollo["K2O"]
    rows: dict[str, dict[str, Any]] = {}
    for sample in ("10084", "12070", "14163"):
        soil = apollo[apollo.index == sample].iloc[0]
        name = f"{soil['mission']} soil {sample}"
        rows[name] = {"side": "near", **{e: float(soil[e]) for e in CONTRASTED}}
    for mission in ("Apollo 15", "Apollo 16", "Apollo 17"):
        fines = apollo[(apollo["mission"] == mission) & (apollo["kind"] == "fines")]
        middle = fines[list(CONTRASTED)].median()
        spread = 1.4826 * (fines[list(CONTRASTED)] - middle).abs().median()
        rows[f"{mission} fines"] = {
            "side": "near",
            **{e: float(middle[e]) for e in CONTRASTED},
            **{f"{e}_1s": float(spread[e]) for e in CONTRASTED},
        }
    return rows


def _change() -> dict[str, dict[str, Any]]:
    """Return the soils and the basalt of Chang'e-5 and Chang'e-6."""
    returned = load_returned_samples()
    rows: dict[str, dict[str, Any]] = {}
    for material, side in (
        ("Chang'e-5 soil", "near"),
        ("Chang'e-6 soil", "far"),
        ("Chang'e-6 basalt", "far"),
    ):
        here = returned[(returned["material"] == material) & (returned["method"] != "ICP-MS")]
        found = here.set_index("analyte")
        rows[material] = {
            "side": side,
            **{e: _of(found, "value", e) for e in CONTRASTED},
            **{f"{e}_1s": _of(found, "sigma", e) for e in CONTRASTED},
        }
    return rows


def _of(found: pd.DataFrame, column: str, analyte: str) -> float:
    here = found[column].to_numpy(dtype=float)[found.index == analyte]
    return float(here[0]) if len(here) else float("nan")
