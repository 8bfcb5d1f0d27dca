"""What a reduction gives: values with one sigma, limits, and a flag below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.errors import InputError, MissingColumnError, UnitError
from farside.provenance import write_text
from farside.readers.table import read_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

LOSS = "LOI"
"""Analyte that stands for the loss on ignition, wt%, in the column ``concentration``."""
TEXT = {"sample", "role", "analyte", "isotope"}
COUNTED = {"counts", "time_s", "background", "background_time_s"}
MOST_COUNTS = 1e15
"""Counts, or seconds: a detector that counts 10 million a second does so in three years."""


@dataclass(frozen=True)
class Measured:
    """One result.

    Parameters
    ----------
    value, sigma : and one standard deviation, in the unit of the analysis
    detection, determination : limits in the same unit, NaN where not known
    """

    value: float
    sigma: float
    detection: float
    determination: float

    @property
    def flag(self) -> str:
        """``<LOD`` below the limit of detection, ``<LOQ`` below that of determination, or empty."""
        if self.value < self.detection:
            return "<LOD"
        return "<LOQ" if self.value < self.determination else ""

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        found = {
            "value": self.value,
            "sigma": self.sigma,
            "LOD": self.detection,
            "LOQ": self.determination,
        }
        clean = {k: None if np.isnan(v) else v for k, v in found.items()}
        return clean | {"flag": self.flag}


@dataclass(frozen=True)
class Reduced:
    """The reduced analysis of one sample.

    Parameters
    ----------
    sample : its name
    unit : of every value
    results : by analyte
    total, total_sigma : sum of the values with its error, NaN where a sum means nothing
    notes : what to mind
    """

    sample: str
    unit: str
    results: Mapping[str, Measured]
    total: float
    total_sigma: float
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "sample": self.sample,
            "unit": self.unit,
            "results": {name: value.to_dict() for name, value in self.results.items()},
            "total": None if np.isnan(self.total) else self.total,
            "total_sigma": None if np.isnan(self.total_sigma) else self.total_sigma,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """Return a line for each analyte."""
        lines = [f"{self.sample} ({self.unit})"]
        for name, found in self.results.items():
            shown = f"{found.value:12.5g} ± {found.sigma:<9.2g}"
            if found.flag == "<LOD":
                shown = f"{'< ' + format(found.detection, '.3g'):>12s}   {'':9s}"
            lines.append(f"  {name:7s}{shown} LOD {found.detection:<9.2g}{found.flag}".rstrip())
        if not np.isnan(self.total):
            lines.append(f"  total  {self.total:12.5g} ± {self.total_sigma:.2g}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True)
class Reduction:
    """The reduced analyses of a file, and how the calibration went.

    Parameters
    ----------
    method : of the measurement
    samples : unknowns, in the order of the file
    calibration : by analyte: what was fitted, with its misfit
    """

    method: str
    samples: tuple[Reduced, ...]
    calibration: Mapping[str, Mapping[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "method": self.method,
            "samples": [sample.to_dict() for sample in self.samples],
            "calibration": {
                name: {k: None if np.isnan(v) else v for k, v in about.items()}
                for name, about in self.calibration.items()
            },
        }

    def __str__(self) -> str:
        """Return the samples, and the calibration that does not fit its standards."""
        poor = [
            f"{name} (chi2 {about['chi2']:.3g} for {about['dof']:.0f})"
            for name, about in self.calibration.items()
            if about.get("dof", 0) > 0 and about["chi2"] > 3 * about["dof"]
        ]
        lines = [str(sample) for sample in self.samples]
        if poor:
            lines.append(
                "standards off the calibration by more than their errors (the errors above are "
                "widened for it): " + ", ".join(poor)
            )
        return "\n".join(lines)

    def table(self) -> pd.DataFrame:
        """Return one row per sample in the columns of `farside.samples.composition`.

        A value below the limit of detection is empty, with its limit in ``*_LOD``.
        """
        rows = []
        for sample in self.samples:
            row: dict[str, Any] = {"sample": sample.sample}
            for name, found in sample.results.items():
                seen = found.flag != "<LOD"
                row[name] = found.value if seen else np.nan
                row[f"{name}_1s"] = found.sigma if seen else np.nan
                row[f"{name}_LOD"] = found.detection
                row[f"{name}_flag"] = found.flag
            rows.append(row)
        return pd.DataFrame(rows)

    def write(self, path: Path) -> None:
        """Write the table as CSV, atomically."""
        write_text(path, self.table().to_csv(index=False, float_format="%.6g"))


def read_counts(
    path: Path, needed: Iterable[str], roles: Iterable[str], most: float
) -> pd.DataFrame:
    """Read a CSV of counts: the columns it needs, numbers as numbers, roles as named.

    Parameters
    ----------
    path : the file
    needed : columns; of these no count, time or background may be empty
    roles : that a row may have
    most : largest possible concentration, in the unit of the file

    Raises
    ------
    InputError
        when a column or role is missing or unknown, or a number is none or cannot be
    UnitError
        when a concentration is above `most`
    """
    frame = read_frame(path)
    missing = [c for c in needed if c not in frame.columns]
    if missing:
        raise MissingColumnError.of(path.name, missing, frame.columns)
    known = tuple(roles)
    frame["role"] = frame["role"].astype(str).str.strip().str.lower()
    wrong = sorted(set(frame["role"]) - set(known))
    if wrong:
        raise InputError(
            f"{path.name}: unknown role {', '.join(wrong)}; roles: {', '.join(known)}."
        )
    for column in frame.columns:
        if column in TEXT:
            frame[column] = frame[column].astype(str).str.strip()
    counted = frame["analyte"] != LOSS if "analyte" in frame else pd.Series(True, frame.index)
    for column in (c for c in frame.columns if c not in TEXT):
        frame[column] = numbers(frame[column], f"{path.name}: {column}")
        _check(frame[column][counted], f"{path.name}: {column}", most)
        if column in COUNTED and column in needed and frame[column][counted].isna().any():
            at = int(frame.index[counted & frame[column].isna()][0])
            raise InputError(
                f"{path.name}: {column} is empty in line {at + 2}; leave out a line that was not "
                "counted."
            )
    return frame


def numbers(column: pd.Series[str], name: str) -> pd.Series[float]:
    """Return a column as finite numbers, NaN where empty, or raise `InputError`."""
    values: pd.Series[float] = pd.to_numeric(column, errors="coerce").astype(float)
    bad = (values.isna() & column.notna()) | np.isinf(values)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise InputError(f"{name} is no number in line {at + 2} ({column.iloc[at]!r}).")
    return values


def _check(values: pd.Series[float], name: str, most: float) -> None:
    """Refuse figures that no detector and no standard gives."""
    if (values < 0).any() and not name.endswith(": run"):
        raise InputError(f"{name} cannot be negative; it is {values.min():g}.")
    if name.endswith(": concentration") and (values > most).any():
        raise UnitError(
            f"{name} is {values.max():g}, more than the whole specimen ({most:g}); look at its "
            "unit: wt% for X-ray fluorescence, ppm for mass spectrometry."
        )
    if (values > MOST_COUNTS).any():
        raise InputError(f"{name} is {values.max():g}; no detector counts so much.")
