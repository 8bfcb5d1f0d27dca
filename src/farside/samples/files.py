"""From files of analyses to results: what the commands call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farside.samples.classify import Classifications, classify
from farside.samples.composition import read_analyses
from farside.samples.kreep import KreepFractions, contrast, kreep
from farside.samples.mixing import Mixture, mix
from farside.samples.norms import norm_of
from farside.style import check_format, save

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from farside.samples.measured import Reduction


@dataclass(frozen=True)
class ClassifiedFile:
    """What the samples of a file are.

    Parameters
    ----------
    classes : of each sample
    norms : CIPW norm in wt% and An number, of samples with the major oxides
    mixtures : of the lithologies given, where that was asked for
    """

    classes: Classifications
    norms: Mapping[str, Mapping[str, float]]
    mixtures: tuple[Mixture, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            **self.classes.to_dict(),
            "norms": {name: dict(norm) for name, norm in self.norms.items()},
            "mixtures": [mixture.to_dict() for mixture in self.mixtures],
        }

    def __str__(self) -> str:
        """Return each sample with its norm, then the mixtures."""
        lines = []
        for sample in self.classes.samples:
            lines.append(str(sample))
            norm = self.norms.get(sample.sample)
            if norm:
                shown = ", ".join(
                    f"{name} {value:.1f}" for name, value in norm.items() if name != "An_number"
                )
                number = f"; An {norm['An_number']:.0f}" if "An_number" in norm else ""
                lines.append(f"  CIPW norm (wt%): {shown}{number}")
        return "\n".join([*lines, *map(str, self.mixtures)])


@dataclass(frozen=True)
class KreepFile:
    """The KREEP of the samples of a file, beside the far side and the near side.

    Parameters
    ----------
    fractions : of each sample
    contrast : K, Th, U, La in ppm and K/Th of Chang'e-6, Chang'e-5 and Apollo
    """

    fractions: KreepFractions
    contrast: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        rows = self.contrast.astype(object).where(self.contrast.notna(), None)
        return {**self.fractions.to_dict(), "contrast": rows.to_dict(orient="index")}

    def __str__(self) -> str:
        """Return the samples, then the contrast."""
        columns = ["side", "K", "Th", "U", "La", "K/Th"]
        table = self.contrast[columns].to_string(
            na_rep="-", float_format=lambda value: f"{value:.3g}" if value < 100 else f"{value:.0f}"
        )
        return f"{self.fractions}\n\nFor comparison (ppm, K/Th by weight):\n{table}"


def classify_file(
    path: Path, *, analogues: int = 5, components: Path | None = None, figure: Path | None = None
) -> ClassifiedFile:
    """Return what the samples of a file are, and draw their classes where that is asked for.

    Parameters
    ----------
    path : CSV of analyses
    analogues : how many of the nearest Apollo samples to name
    components : CSV of lithologies for a mixture
    figure : .png, .svg or .pdf to write

    Raises
    ------
    InputError
        for a file that cannot be read, or a figure of another format
    """
    check_format(figure)
    table = read_analyses(path)
    classes = classify(table.drop(columns="notes"), analogues=analogues)
    norms = {str(name): norm for name, row in table.iterrows() if (norm := norm_of(row))}
    mixtures: tuple[Mixture, ...] = ()
    if components:
        parts = read_analyses(components)
        mixtures = tuple(mix(row, parts) for _, row in table.iterrows())
    if figure:
        from farside.samples.figures import classes as draw  # noqa: PLC0415 - slow to import

        save(draw(table.drop(columns="notes")), figure)
    return ClassifiedFile(classes, norms, mixtures)


def kreep_file(
    path: Path,
    *,
    end_member: Path | None = None,
    coverage: float = 0.95,
    figure: Path | None = None,
    contrast_figure: Path | None = None,
) -> KreepFile:
    """Return the KREEP of the samples of a file, and draw their patterns where asked for.

    Parameters
    ----------
    path : CSV of analyses
    end_member : CSV with one analysis to use for the shipped end member
    coverage : of the intervals
    figure : .png, .svg or .pdf to write: the patterns
    contrast_figure : the same: K against Th of far side and near side

    Raises
    ------
    InputError
        for a file that cannot be read, or a figure of another format
    """
    check_format(figure)
    check_format(contrast_figure)
    table = read_analyses(path)
    end = read_analyses(end_member).drop(columns="notes") if end_member else None
    found = kreep(table.drop(columns="notes"), end_member=end, coverage=coverage)
    if figure:
        from farside.samples.figures import spider  # noqa: PLC0415 - slow to import

        save(spider(table), figure)
    if contrast_figure:
        from farside.samples.figures import contrast_figure as draw  # noqa: PLC0415

        save(draw(), contrast_figure)
    return KreepFile(found, contrast())


def write_reduction(reduction: Reduction, out: Path | None) -> Reduction:
    """Write a reduction as a table of analyses, where a path is given, and return it."""
    if out:
        reduction.write(out)
    return reduction
