"""Ages from files, as the command line asks for them."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from farside.chronology.age import ModelAge, date
from farside.chronology.fits import RESURFACED
from farside.chronology.formats import read_count
from farside.chronology.systems import System, equilibria, find_system, system, system_names
from farside.errors import InputError, UnknownNameError
from farside.provenance import write_text
from farside.style import check_format, save

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from farside.chronology.combine import JointAge
    from farside.chronology.counts import Count

COLUMNS = (
    "Name", "Area", "Binning", "d_min", "d_max", "Method", "Resurf", "N", "N_event", "Sort_order",
    "Age", "Age-", "Age+", "a0", "a0-", "a0+", "N(1)", "N(1)-", "N(1)+", "Source",
)  # fmt: skip
"""Columns of the csv of craterstats 3.6: ages in Ga, a0 = log10 N(1), limits of the interval."""

DRAWINGS = ("cumulative", "differential", "r", "hartmann", "uncertainty")
METHODS = {
    "cumulative": "c-fit",
    RESURFACED: "c-fit",
    "differential": "d-fit",
    "buffered": "b-poisson",
}


@dataclass(frozen=True)
class Ages:
    """Several ages, and what was written beside them.

    ``joint`` is one age for all of them, ``order`` the probability that they were given oldest
    first; None where not asked for.
    """

    ages: tuple[ModelAge, ...]
    written: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    joint: JointAge | None = None
    order: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the ages for JSON; ``joint`` and ``order`` only where they were asked for."""
        out: dict[str, Any] = {
            "ages": [age.to_dict() for age in self.ages],
            "written": list(self.written),
            "notes": list(self.notes),
        }
        if self.joint is not None:
            out["joint"] = self.joint.to_dict()
        if self.order is not None:
            out["order_probability"] = self.order
        return out

    def __str__(self) -> str:
        """Return the ages, the notes and the files."""
        lines = [str(age) for age in self.ages]
        lines += [] if self.joint is None else [f"joint age of {self.joint}"]
        if self.order is not None:
            names = ", then ".join(age.name for age in self.ages)
            lines.append(f"probability of the order {names}: {self.order:.3g}")
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join([*lines, *(f"wrote {path}" for path in self.written)])


def date_files(
    paths: Sequence[Path],
    system_name: str,
    range_km: tuple[float, float] | None = None,
    *,
    area_km2: float | None = None,
    outside: str = "refuse",
    user_file: Path | None = None,
    **options: Any,
) -> Ages:
    """Return the ages of the counts in files, and write what is asked for.

    Parameters
    ----------
    paths : counts, see `farside.chronology.formats.read_count`, or one ``.cs`` file of craterstats
    system_name : published system, or one of `user_file`
    range_km : diameters, low <= D < high
    area_km2, outside : see `read_count`
    user_file : TOML with systems of the user
    options : of `farside.chronology.age.date`; also ``budget`` (true: error by cause),
        ``diameter_error``, ``anchor_sigma_ma``, ``joint`` and ``sequence`` (true: one age for all;
        probability of the order given, oldest first), ``plot`` (file), ``presentation``,
        ``equilibrium``, ``csv_file`` and ``say`` (told what is being done)

    Raises
    ------
    InputError
        when a ``.cs`` file is not the only one, or a joint age or a sequence of one count is asked
    """
    say: Callable[[str], None] = options.pop("say", None) or (lambda _: None)
    if any(path.suffix.lower() == ".cs" for path in paths):
        return _run_cs(paths, say)
    used = find_system(system_name, user_file)
    wanted = {key: options.pop(key, None) for key in ("plot", "equilibrium", "csv_file")}
    wanted["presentation"] = options.pop("presentation", "cumulative")
    _check_drawing(wanted["plot"], wanted["presentation"], wanted["equilibrium"])
    joint, sequence = options.pop("joint", False), options.pop("sequence", False)
    causes = {k: options.pop(k, None) for k in ("diameter_error", "anchor_sigma_ma")}
    asked = options.pop("budget", False) or any(v is not None for v in causes.values())
    budget = asked or bool(used.chronology.log_sigma)  # a curve that states its error gives it
    counts, ages = [], []
    for path in paths:
        say(f"reading {path}")
        count = read_count(path, area_km2, outside)
        age = date(count, used, range_km, **options)
        if budget:
            from farside.chronology.budget import with_budget  # noqa: PLC0415

            age = with_budget(age, count, used, **causes)
        counts.append(count)
        ages.append(age)
    together = _together(ages, used, joint=joint, sequence=sequence)
    written = []
    if wanted["csv_file"] is not None:
        write_ages(ages, wanted["csv_file"], [str(path) for path in paths])
        written.append(str(wanted["csv_file"]))
    if wanted["plot"] is not None:
        say(f"drawing {wanted['plot']}")
        _draw(counts, ages, used, wanted)
        written.append(str(wanted["plot"]))
    return replace(together, written=tuple(written))


def _run_cs(paths: Sequence[Path], say: Callable[[str], None]) -> Ages:
    from farside.chronology.csfile import run_cs  # noqa: PLC0415 - rare

    if len(paths) > 1:
        raise InputError(
            f"{len(paths)} files with a .cs file among them; give a .cs file alone, it names its "
            "own counts."
        )
    say(f"running {paths[0]}")
    return run_cs(paths[0])


def _together(ages: Sequence[ModelAge], used: System, *, joint: bool, sequence: bool) -> Ages:
    """Return the ages with what they say together."""
    if not (joint or sequence):
        return Ages(tuple(ages))
    from farside.chronology.combine import joint_age, order_probability  # noqa: PLC0415

    return Ages(
        tuple(ages),
        joint=joint_age(ages, used) if joint else None,
        order=order_probability(ages) if sequence else None,
    )


def _check_drawing(plot: Path | None, presentation: str, equilibrium: str | None) -> None:
    """Refuse what cannot be drawn before anything is counted."""
    if presentation not in DRAWINGS:
        raise UnknownNameError.of("presentation", presentation, DRAWINGS)
    check_format(plot)
    if equilibrium is not None and equilibrium not in equilibria():
        raise UnknownNameError.of("equilibrium curve", equilibrium, equilibria())


def _draw(
    counts: Sequence[Count], ages: Sequence[ModelAge], used: System, wanted: dict[str, Any]
) -> None:
    from farside.chronology import plots  # noqa: PLC0415 - matplotlib is slow to import

    if wanted["presentation"] == "uncertainty":
        figure = plots.plot_posteriors(ages, used)
    else:
        figure = plots.plot_counts(
            counts, ages, used, wanted["presentation"], equilibrium=wanted["equilibrium"]
        )
    save(figure, wanted["plot"])


def write_ages(ages: Sequence[ModelAge], path: Path, sources: Sequence[str]) -> None:
    """Write ages as CSV with the columns of craterstats.

    Parameters
    ----------
    ages : to write
    path : file
    sources : file of each count
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    order = {id(age): i for i, age in enumerate(sorted(ages, key=lambda a: -_low(a.age_ma)))}
    for age, source in zip(ages, sources, strict=True):
        low, high = age.range_km
        n1 = (age.n1, age.n1_lower, age.n1_upper)
        writer.writerow(
            [
                age.name, f"{age.area_km2:.8g}", "", f"{low:g}", f"{high:g}",
                METHODS.get(age.method, age.method), int(age.method == RESURFACED),
                f"{age.craters:g}", f"{age.craters:g}",
                order[id(age)],
                *(_number(x / 1000) for x in (age.age_ma, age.lower_ma, age.upper_ma)),
                *(f"{math.log10(x):.6f}" if x > 0 else "" for x in n1),
                *(f"{x:.6g}" for x in n1), source,
            ]
        )  # fmt: skip
    write_text(path, stream.getvalue())


def _low(value: float) -> float:
    return value if math.isfinite(value) else 1e12


def _number(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else ""


# -- systems ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Systems:
    """The systems that are known."""

    systems: tuple[System, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the systems for JSON."""
        return {"systems": [s.to_dict() for s in self.systems]}

    def __str__(self) -> str:
        """Return a line for each system."""
        lines = []
        for s in self.systems:
            mark = "" if s.verified else "  [second-hand figures]"
            lines.append(f"{s.name:16} {s.title}{mark}")
            lines += [f"{'':16} {s.note}"] if s.note else []
        return "\n".join(lines)


def list_systems(user_file: Path | None = None) -> Systems:
    """Return every system, the user's first."""
    from farside.chronology.systems import load_systems  # noqa: PLC0415

    own = load_systems(user_file) if user_file is not None else {}
    published = (system(name) for name in system_names() if name not in own)
    return Systems((*own.values(), *published))


@dataclass(frozen=True)
class Comparison:
    """What an age in one system is in others, at the same density of craters of at least 1 km."""

    base: str
    ages_ma: tuple[float, ...]
    others: dict[str, tuple[float, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison for JSON; None where older than a system reaches."""
        rows = {
            name: [x if math.isfinite(x) else None for x in ages]
            for name, ages in self.others.items()
        }
        return {"base": self.base, "ages_ma": list(self.ages_ma), "others_ma": rows}

    def __str__(self) -> str:
        """Return a table."""
        names = list(self.others)
        head = f"{self.base + ' (Ma)':>18}" + "".join(f"{n:>16}" for n in names)
        lines = [head]
        for i, age in enumerate(self.ages_ma):
            cells = (self.others[n][i] for n in names)
            shown = (f"{x:.1f}" if math.isfinite(x) else "beyond" for x in cells)
            lines.append(f"{age:>18.1f}" + "".join(f"{x:>16}" for x in shown))
        return "\n".join(lines)


def compare_systems(
    base: str, others: Sequence[str], ages_ma: Sequence[float], user_file: Path | None = None
) -> Comparison:
    """Return the ages that other systems give to the density of an age in one.

    Raises
    ------
    InputError
        for an age that is negative or older than the base reaches
    """
    first = find_system(base, user_file)
    oldest = first.chronology.oldest_ma
    for age in ages_ma:
        if not 0 <= age <= oldest:
            raise InputError(f"the age {age:g} Ma is not within 0-{oldest:g} Ma, as {base} is.")
    n1 = first.chronology.n1(list(ages_ma))
    names = list(others) or [name for name in system_names() if name != base]
    found = {
        name: tuple(float(x) for x in find_system(name, user_file).chronology.age(n1))
        for name in names
    }
    return Comparison(base, tuple(float(a) for a in ages_ma), found)


def plot_systems(
    path: Path, names: Sequence[str], *, rate: bool = False, user_file: Path | None = None
) -> Ages:
    """Draw chronologies, or their rates, to a file."""
    check_format(path)
    from farside.chronology import plots  # noqa: PLC0415 - matplotlib is slow to import

    chosen = [find_system(name, user_file) for name in (names or system_names())]
    save(plots.plot_chronologies(chosen, rate=rate), path)
    return Ages((), (str(path),))
