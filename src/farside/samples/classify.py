"""What is it: mare basalt classes, Mg#, maturity, each with its probability from the errors.

Mare basalts are classed by TiO2, Al2O3 and K after Neal and Taylor (1992, doi
10.1016/0016-7037(92)90184-K), as Li et al. (2022, doi 10.1093/nsr/nwab188) and Li et al. (2024,
doi 10.1093/nsr/nwae328) class Chang'e-5 and Chang'e-6; soils by Is/FeO after Morris (1978).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from farside.errors import InputError
from farside.samples.analogues import Analogue, nearest_analogues
from farside.samples.composition import check_analyses, molar_mass, potassium_ppm

if TYPE_CHECKING:
    from collections.abc import Mapping

TITANIUM = ((1.0, "very-low-Ti"), (6.0, "low-Ti"), (np.inf, "high-Ti"))
"""TiO2 in wt%, upper bound of each class."""
ALUMINIUM = ((11.0, "low-Al"), (np.inf, "high-Al"))
"""Al2O3 in wt%."""
POTASSIUM = ((2000.0, "low-K"), (np.inf, "high-K"))
"""K in ppm."""
MATURITY = ((30.0, "immature"), (60.0, "submature"), (np.inf, "mature"))
"""Is/FeO, arbitrary units of Morris (1978), as quoted in Taylor et al. (2010, doi
10.1029/2009JE003427)."""
IRON = ((9.5, "highland"), (13.5, "mixed"), (np.inf, "mare"))
"""FeO in wt%: a rule of this project (see the sidecar of the table ``sites``): soils of maria hold
14.9-19.8 wt% FeO, those of highlands 4.7-8.8 (Lunar Sourcebook Table 7.15)."""


@dataclass(frozen=True)
class Share:
    """The class of one criterion.

    Parameters
    ----------
    name : the likeliest class; empty where nothing was measured
    probability : of each class, given the errors; that of the class is 1 where no error is given
    value : what was classed
    sigma : one standard deviation, NaN where none is given
    unit : of the value
    """

    name: str
    probability: Mapping[str, float]
    value: float
    sigma: float
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; None where nothing was measured or no error is given."""
        return {
            "class": self.name or None,
            "probability": dict(self.probability),
            "value": _json(self.value),
            "sigma": _json(self.sigma),
            "unit": self.unit,
        }


@dataclass(frozen=True)
class Classification:
    """What one sample is.

    Parameters
    ----------
    sample : its name
    kind : as given (soil, basalt, breccia ..), empty if not
    name : the mare basalt class, or what terrain its iron points to
    probability : of that name: of the terrain and of the three classes together
    iron, titanium, aluminium, potassium, maturity : the criteria
    mg_number : molar 100 Mg / (Mg + Fe), NaN where not measured
    mg_number_sigma : one standard deviation, NaN where no error is given
    notes : what to mind
    analogues : nearest Apollo samples, nearest first
    """

    sample: str
    kind: str
    name: str
    probability: float
    iron: Share
    titanium: Share
    aluminium: Share
    potassium: Share
    maturity: Share
    mg_number: float
    mg_number_sigma: float
    notes: tuple[str, ...]
    analogues: tuple[Analogue, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        criteria = ("iron", "titanium", "aluminium", "potassium", "maturity")
        return {
            "sample": self.sample,
            "kind": self.kind,
            "name": self.name,
            "probability": _json(self.probability),
            "mg_number": _json(self.mg_number),
            "mg_number_sigma": _json(self.mg_number_sigma),
            "notes": list(self.notes),
            "analogues": [analogue.to_dict() for analogue in self.analogues],
            **{name: getattr(self, name).to_dict() for name in criteria},
        }

    def __str__(self) -> str:
        """Return the class and what it rests on, a line each."""
        lines = [f"{self.sample}: {self.name} (probability {self.probability:.2f})"]
        if np.isnan(self.probability):
            lines = [f"{self.sample}: {self.name}"]
        for label, share in (
            ("FeO", self.iron),
            ("TiO2", self.titanium),
            ("Al2O3", self.aluminium),
            ("K", self.potassium),
            ("Is/FeO", self.maturity),
        ):
            if share.name:
                error = "" if np.isnan(share.sigma) else f" ± {share.sigma:.2g}"
                odds = ", ".join(f"{k} {p:.2f}" for k, p in share.probability.items() if p >= 0.005)
                lines.append(f"  {label:7s}{share.value:.4g}{error} {share.unit}: {odds}")
        if not np.isnan(self.mg_number):
            error = "" if np.isnan(self.mg_number_sigma) else f" ± {self.mg_number_sigma:.1f}"
            lines.append(f"  Mg#    {self.mg_number:.1f}{error}")
        if self.analogues:
            lines.append("  nearest Apollo samples: " + ", ".join(map(str, self.analogues)))
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True)
class Classifications:
    """The classes of all samples of a table."""

    samples: tuple[Classification, ...]

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
                s.name,
                *(
                    "-" if np.isnan(x) else f"{x:.{digits}f}"
                    for x, digits in ((s.probability, 2), (s.mg_number, 1))
                ),
            )
            for s in self.samples
        ]
        rows = [Range(s.sample, s.probability) for s in self.samples]
        return card(
            "what the samples are",
            table=(("sample", "class", "probability", "Mg#"), table),
            figure=ranges(rows, "probability of the class", limits=(-0.02, 1.02)),
            text=str(self),
        )


def share(
    value: float, sigma: float, bounds: tuple[tuple[float, str], ...], unit: str = "wt%"
) -> Share:
    """Return the class of a value by upper bounds, with P(low < x <= high) of a normal error.

    Examples
    --------
    >>> share(1.0, 0.1, TITANIUM).probability["low-Ti"]
    0.5
    """
    if np.isnan(value):
        return Share("", {}, value, sigma, unit)
    if np.isnan(sigma):
        name = next(name for high, name in bounds if value <= high)
        return Share(name, {name: 1.0}, value, sigma, unit)
    edges = np.array([-np.inf, *(high for high, _ in bounds)])
    inside = np.diff(ndtr((edges - value) / sigma))
    found = {name: float(p) for (_, name), p in zip(bounds, inside, strict=True)}
    return Share(max(found, key=found.__getitem__), found, value, sigma, unit)


def mg_number(row: pd.Series[float]) -> tuple[float, float]:
    """Return Mg# = 100 Mg / (Mg + Fe) in moles, all iron ferrous, and its one sigma.

    The sigma follows from those of MgO and FeO: d(Mg#) = Mg# (1 - Mg#/100) (dMgO/MgO - dFeO/FeO).
    """
    magnesium = float(row.get("MgO", np.nan)) / molar_mass("MgO")
    iron = float(row.get("FeO", np.nan)) / molar_mass("FeO")
    number = 100 * magnesium / (magnesium + iron) if magnesium + iron > 0 else np.nan
    relative = np.hypot(
        float(row.get("MgO_1s", np.nan)) / float(row.get("MgO", np.nan)),
        float(row.get("FeO_1s", np.nan)) / float(row.get("FeO", np.nan)),
    )
    return number, float(number * (1 - number / 100) * relative)


def classify(analyses: pd.DataFrame, *, analogues: int = 5) -> Classifications:
    """Return what each sample of a table is.

    Parameters
    ----------
    analyses : see `farside.samples.composition`; FeO, TiO2, Al2O3 in wt%, K in ppm or K2O in wt%,
        ``Is_FeO`` for soils, ``kind`` (soil, basalt, breccia ..), as far as known
    analogues : how many of the nearest Apollo samples to name; 0 for none

    Raises
    ------
    InputError
        when no criterion was measured in any sample
    SampleError, UnitError
        see `farside.samples.composition.check_analyses`

    Examples
    --------
    >>> import farside
    >>> import pandas as pd
    >>> sample = pd.DataFrame({"sample": ["mine"], "kind": ["basalt"], "TiO2": [11], "FeO": [19]})
    >>> print(farside.classify(sample, analogues=0))
    mine: high-Ti mare basalt ...
    """
    table = check_analyses(analyses)
    if not {"TiO2", "Al2O3", "K2O", "K", "FeO", "Is_FeO"} & set(table.columns):
        raise InputError(
            "nothing to classify by; give at least one of TiO2, Al2O3, FeO, K2O (wt%), K (ppm) "
            "or Is_FeO."
        )
    return Classifications(
        tuple(_classify(str(name), row, analogues) for name, row in table.iterrows())
    )


def _classify(name: str, row: pd.Series[Any], analogues: int) -> Classification:
    kind = str(row.get("kind", "")).strip().lower()
    kind = "" if kind == "nan" else kind
    iron = share(*_pair(row, "FeO"), IRON)
    parts = (
        share(*_pair(row, "TiO2"), TITANIUM),
        share(*_pair(row, "Al2O3"), ALUMINIUM),
        share(*potassium_ppm(row), POTASSIUM, "ppm"),
    )
    maturity = share(*_pair(row, "Is_FeO"), MATURITY, "")
    label, probability = _name(iron, parts, kind)
    number, number_sigma = mg_number(row)
    found = nearest_analogues(row, analogues) if analogues else ()
    return Classification(
        name,
        kind,
        label,
        probability,
        iron,
        *parts,
        maturity,
        number,
        number_sigma,
        _notes(row, iron, parts, kind),
        found,
    )


def _name(iron: Share, parts: tuple[Share, ...], kind: str) -> tuple[str, float]:
    """Return the name of a sample and its probability."""
    basalt = kind == "basalt"
    if iron.name in {"highland", "mixed"} and not basalt:
        word = {"highland": "highland material", "mixed": "mixed or mafic highland material"}
        return word[iron.name], iron.probability[iron.name]
    known = [part for part in parts if part.name]
    if not known or not (iron.name or basalt):
        return "not classed: FeO or kind = basalt is needed", float("nan")
    chance = 1.0 if basalt else iron.probability["mare"]
    for part in known:
        chance *= part.probability[part.name]
    noun = "basaltic " + (kind or "material") if not basalt else "mare basalt"
    return f"{'/'.join(part.name for part in known)} {noun}", chance


def _notes(
    row: pd.Series[Any], iron: Share, parts: tuple[Share, ...], kind: str
) -> tuple[str, ...]:
    notes = [str(row["notes"])] if row.get("notes") else []
    measured = [part for part in (iron, *parts) if part.name]
    if any(np.isnan(part.sigma) for part in measured):
        notes.append("where no error is given the class is taken at face value")
    if kind in {"soil", "breccia"} and iron.name == "mare":
        notes.append("the classes are those of basalts; a soil or breccia mixes rocks")
    if kind == "soil" and pd.isna(row.get("Is_FeO", np.nan)):
        notes.append("no Is/FeO: maturity not known")
    return tuple(notes)


def _pair(row: pd.Series[Any], column: str) -> tuple[float, float]:
    value = pd.to_numeric(row.get(column, np.nan), errors="coerce")
    return float(value), float(row.get(f"{column}_1s", np.nan))


def _json(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
