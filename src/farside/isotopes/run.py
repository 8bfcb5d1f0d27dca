"""What the commands call: read, compute, draw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from farside.errors import InputError, UnknownNameError
from farside.isotopes.concordia import Concordia, concordia_age
from farside.isotopes.decay import DEFAULT
from farside.isotopes.files import read_isochron
from farside.isotopes.isochron import Isochron, isochron
from farside.isotopes.mean import WeightedMean, weighted_mean
from farside.isotopes.models import SCATTER_PROBABILITY
from farside.isotopes.potassium import Alpha, Losses, Offset, alpha_of, lost, offset_of
from farside.isotopes.tables import read_u_pb, read_values
from farside.style import check_format, save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from farside.isotopes.models import Scatter

SCATTERS = ("initial", "slope")


@dataclass(frozen=True)
class Choice:
    """What the command ``isochron`` lets one choose.

    Parameters
    ----------
    model, scatter, constants : of `farside.isotopes.isochron.isochron`
    errors : of `farside.isotopes.files.read_isochron`
    external : whether the interval of the age holds the errors of decay constants
    """

    model: str = "1"
    scatter: str = "initial"
    constants: str = DEFAULT
    errors: str | None = None
    external: bool = False


def run_isochron(
    path: Path,
    name: str,
    choice: Choice,
    *,
    figure: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Isochron:
    """Read a file, fit its isochron, draw it where a figure is asked for.

    Parameters
    ----------
    path, name : file and decay system
    choice : how to read and fit
    figure : file to draw, or None
    say : told each step

    Raises
    ------
    InputError
        when decay constants without a published error are asked to be propagated
    """
    check_format(figure)
    if choice.scatter not in SCATTERS:
        raise UnknownNameError.of("scatter", choice.scatter, SCATTERS)
    points = read_isochron(path, name, choice.errors)
    say(f"read {path.name}: {len(points)} points")
    found = isochron(
        points,
        name,
        model=choice.model,
        constants=choice.constants,
        scatter=cast("Scatter", choice.scatter),
    )
    if choice.external:
        if found.age_95_external is None:
            raise InputError(
                f"the decay constants {choice.constants} carry no published error to propagate; "
                "choose another set with --decay, or leave --external out."
            )
        note = "the 95 % interval of the age holds the errors of the decay constants"
        found = replace(found, age_95=found.age_95_external, notes=(*found.notes, note))
    if figure is not None:
        from farside.isotopes.figures import isochron_figure  # noqa: PLC0415

        save(isochron_figure(points, found), figure)
        say(f"drew {figure}")
    return found


@dataclass(frozen=True)
class Told:
    """A result of a file, with what was assumed in reading it.

    Parameters
    ----------
    result : a weighted mean or a concordia age
    notes : what was assumed, and what to doubt
    """

    result: WeightedMean | Concordia
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {**self.result.to_dict(), "notes": list(self.notes)}

    def __str__(self) -> str:
        """Return the result, then the notes."""
        return "\n".join([str(self.result), *(f"note: {note}" for note in self.notes)])


def run_mean(
    path: Path,
    *,
    errors: str | None = None,
    random_effects: bool = False,
    outliers: bool = True,
    figure: Path | None = None,
) -> Told:
    """Read values with errors, average them, draw them where a figure is asked for.

    Parameters
    ----------
    path, errors : as of `farside.isotopes.tables.read_values`
    random_effects, outliers : as of `farside.isotopes.mean.weighted_mean`
    figure : file to draw, or None
    """
    check_format(figure)
    read = read_values(path, errors)
    found = weighted_mean(
        read.values, read.sigmas, random_effects=random_effects, outliers=outliers
    )
    left = [name for name, kept in zip(read.labels, found.kept, strict=True) if not kept]
    notes = read.notes + ((f"left out: {', '.join(left)}",) if left else ())
    if found.probability < SCATTER_PROBABILITY:
        notes += ("the values scatter more than their errors allow: they may not be of one age",)
    if figure is not None:
        from farside.isotopes.figures import mean_figure  # noqa: PLC0415

        save(mean_figure(read.values, read.sigmas, found), figure)
    return Told(found, notes)


def run_concordia(
    path: Path, *, errors: str | None = None, constants: str = DEFAULT, figure: Path | None = None
) -> Told:
    """Read U-Pb analyses, date them as one event, draw them where a figure is asked for.

    Parameters
    ----------
    path, errors, constants : as of `farside.isotopes.tables.read_u_pb`
    figure : file to draw, or None
    """
    check_format(figure)
    read = read_u_pb(path, errors, constants)
    found = concordia_age(*read.columns, constants=constants)
    notes = read.notes
    if found.combined[1] < SCATTER_PROBABILITY:
        notes += (
            "the analyses are not one concordant point: they do not share one age, or lost lead",
        )
    if figure is not None:
        from farside.isotopes.figures import concordia_figure  # noqa: PLC0415

        save(concordia_figure(read.columns, found, constants), figure)
    return Told(found, notes)


def run_potassium(
    offset: tuple[tuple[str, ...], float | None, float],
    alpha: tuple[tuple[str, ...], float | None, float],
    *,
    figure: Path | None,
    seed: int,
) -> Losses:
    """Return potassium losses for named values and values of one's own, and draw them.

    Parameters
    ----------
    offset, alpha : names (none: all published), a value of one's own or None, and its one sigma
    figure : file to draw, or None
    seed : of the draws
    """
    check_format(figure)
    names, value, sigma = offset
    offsets = tuple(offset_of(name) for name in names)
    if value is not None:
        offsets += (Offset("given", value, sigma, "given by you", ()),)
    names, value, sigma = alpha
    alphas = tuple(alpha_of(name) for name in names)
    if value is not None:
        alphas += (Alpha("given", value, sigma, about="given by you"),)
    found = lost(offsets or None, alphas or None, seed=seed)
    if figure is not None:
        from farside.isotopes.figures import potassium_figure  # noqa: PLC0415

        save(potassium_figure(found.losses), figure)
    return found
