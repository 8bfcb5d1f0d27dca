"""Rare-earth and incompatible-element patterns: normalised values, Eu anomaly, ratios."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.errors import UnknownNameError
from farside.samples.composition import check_analyses, potassium_ppm
from farside.style import settings_kept

if TYPE_CHECKING:
    from collections.abc import Mapping

REE = ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu")
CHONDRITE = "Chondrite_MS95"
"""CI chondrite of McDonough and Sun (1995, doi 10.1016/0009-2541(94)00140-4), by pyrolite."""


@dataclass(frozen=True)
class Ratio:
    """A ratio with one sigma (NaN where an error is missing) and what it is."""

    value: float
    sigma: float
    about: str

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; None for what is not known."""
        return {
            "value": None if np.isnan(self.value) else self.value,
            "sigma": None if np.isnan(self.sigma) else self.sigma,
            "about": self.about,
        }

    def __str__(self) -> str:
        """Return the value with its error."""
        error = "" if np.isnan(self.sigma) else f" ± {self.sigma:.2g}"
        return f"{self.value:.3g}{error}"


@cache
def reference(name: str = CHONDRITE) -> Mapping[str, float]:
    """Return the rare earths, Th and U of a reference composition of pyrolite, in ppm.

    Raises
    ------
    UnknownNameError
        when pyrolite has no such composition
    """
    with settings_kept():
        from pyrolite.geochem import norm  # noqa: PLC0415 - slow to import

    known = norm.all_reference_compositions()
    if name not in known:
        raise UnknownNameError.of("reference composition", name, known)
    composition = norm.get_reference_composition(name)
    composition.set_units("ppm")
    return {element: float(composition[element]) for element in (*REE, "Th", "U")}


def normalise(analyses: pd.DataFrame, name: str = CHONDRITE) -> pd.DataFrame:
    """Return the rare earths of each row over those of a reference composition.

    Parameters
    ----------
    analyses : elements in ppm
    name : of a reference composition of pyrolite

    Returns
    -------
    pandas.DataFrame
        columns `REE`, dimensionless, NaN where not measured
    """
    norm = reference(name)
    table = analyses.reindex(columns=list(REE)).astype(float)
    return table / pd.Series({element: norm[element] for element in REE})


def ratios(row: pd.Series[Any], name: str = CHONDRITE) -> dict[str, Ratio]:
    """Return the ratios that tell one rare-earth pattern from another.

    Eu/Eu* = Eu_N / sqrt(Sm_N Gd_N), or Eu_N / (Sm_N^(2/3) Tb_N^(1/3)) where Gd is missing: the
    value on the straight line between its neighbours in log abundance against atomic number.
    Relative errors add in squares with the powers.

    Parameters
    ----------
    row : an analysis, elements in ppm, one sigma in ``*_1s``
    name : reference composition of Eu/Eu*, (La/Sm)N and (Sm/Yb)N

    Returns
    -------
    dict
        ``Eu/Eu*``, ``(La/Sm)N``, ``(Sm/Yb)N``, ``K/Th`` and ``Th/U``, those that can be had
    """
    heavy = {"Gd": 0.5, "Sm": 0.5} if _has(row, "Gd") else {"Sm": 2 / 3, "Tb": 1 / 3}
    about = "Eu over the line between " + " and ".join(sorted(heavy, key=REE.index))
    kinds: list[tuple[str, dict[str, float], str, bool]] = [
        ("Eu/Eu*", {"Eu": 1.0} | {k: -v for k, v in heavy.items()}, about, True),
        ("(La/Sm)N", {"La": 1.0, "Sm": -1.0}, "slope of the light rare earths", True),
        ("(Sm/Yb)N", {"Sm": 1.0, "Yb": -1.0}, "slope of the heavy rare earths", True),
        ("K/Th", {"K": 1.0, "Th": -1.0}, "by weight", False),
        ("Th/U", {"Th": 1.0, "U": -1.0}, "by weight", False),
    ]
    potassium, sigma = potassium_ppm(row)
    whole = pd.concat([row.drop(["K", "K_1s"], errors="ignore"), pd.Series(dtype=float)])
    whole = whole.astype(object)
    whole["K"], whole["K_1s"] = potassium, sigma
    norm = reference(name)
    return {
        label: _power(whole, powers, norm if scaled else None, text)
        for label, powers, text, scaled in kinds
        if all(_has(whole, element) for element in powers)
    }


def _has(row: pd.Series[Any], element: str) -> bool:
    value = row.get(element, np.nan)
    return bool(pd.notna(value)) and float(value) > 0


def _power(
    row: pd.Series[Any], powers: Mapping[str, float], norm: Mapping[str, float] | None, about: str
) -> Ratio:
    """Return the product of elements to given powers with its error."""
    log, variance = 0.0, 0.0
    for element, power in powers.items():
        value = float(row[element])
        log += power * np.log(value / (norm[element] if norm else 1.0))
        variance += (power * float(row.get(f"{element}_1s", np.nan)) / value) ** 2
    value = float(np.exp(log))
    return Ratio(value, float(value * np.sqrt(variance)), about)


@dataclass(frozen=True)
class Pattern:
    """The rare-earth pattern of a sample."""

    sample: str
    normalised: Mapping[str, float]
    reference: str
    ratios: Mapping[str, Ratio]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "sample": self.sample,
            "reference": self.reference,
            "normalised": dict(self.normalised),
            "ratios": {name: ratio.to_dict() for name, ratio in self.ratios.items()},
        }

    def __str__(self) -> str:
        """Return the ratios, and the pattern."""
        shape = " ".join(f"{element} {value:.3g}" for element, value in self.normalised.items())
        found = ", ".join(f"{name} {ratio}" for name, ratio in self.ratios.items())
        return f"{self.sample}: {found or 'no ratio'}\n  over {self.reference}: {shape or '-'}"


def patterns(analyses: pd.DataFrame, name: str = CHONDRITE) -> tuple[Pattern, ...]:
    """Return the pattern of each sample of a table; see `normalise` and `ratios`."""
    table = check_analyses(analyses)
    scaled = normalise(table, name).to_numpy()
    return tuple(
        Pattern(
            str(sample),
            {e: float(v) for e, v in zip(REE, values, strict=True) if not np.isnan(v)},
            name,
            ratios(row, name),
        )
        for (sample, row), values in zip(table.iterrows(), scaled, strict=True)
    )
