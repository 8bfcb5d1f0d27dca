"""Ages of many areas at once: counts in a folder, or places on a catalogue of craters."""

from __future__ import annotations

import math
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from farside.chronology.age import ModelAge, date
from farside.chronology.combine import older_probability, order_probability
from farside.chronology.formats import read_count
from farside.chronology.places import count_on, read_catalogue, read_places
from farside.chronology.posterior import Posterior
from farside.chronology.systems import System, epochs, find_system
from farside.errors import FarsideError, InputError
from farside.progress import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from farside.chronology.counts import Count, CraterCount

SCALES = ("wilhelms1987", "guo2024")
SUFFIXES = (".scc", ".diam", ".stat", ".binned", ".r", ".csv", ".geojson", ".shp")
_MANY = 8
"""Areas for each worker below which starting it costs more than it saves."""
_NEAR = 0.01
"""A range may begin this share below the smallest crater, as catalogues begin at whole km."""
CAVEATS = (
    (
        "catalogue ages date the ground that the craters lie on: where a later basin or mare has "
        "covered it the age is that of the cover, and mixed ground has an age between"
    ),
    "on ground near saturation N(20) is a lower bound; compare method 'non-sparse'",
)


@dataclass(frozen=True)
class AreaAge:
    """The age of one area of a batch.

    Parameters
    ----------
    age : with interval
    epochs : probability of each epoch by time scale, those above 1 % only; none of an area without
        craters, whose age has but a limit
    """

    age: ModelAge
    epochs: dict[str, dict[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return the age for JSON."""
        return self.age.to_dict() | {"epochs": self.epochs}


@dataclass(frozen=True)
class Batch:
    """Ages of many areas, oldest first, those without craters last.

    Parameters
    ----------
    areas : with ages
    pairs : probability that each is older than the next, of those with craters
    sequence : probability of the whole order; NaN where the ages are no posteriors
    failed : name and error of areas without an age
    notes : what to know
    written : files
    """

    areas: tuple[AreaAge, ...]
    pairs: tuple[float, ...]
    sequence: float
    failed: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the batch for JSON."""
        return {
            "areas": [a.to_dict() for a in self.areas],
            "older_than_next": [_finite(p) for p in self.pairs],
            "sequence": _finite(self.sequence),
            "failed": [{"name": n, "error": e} for n, e in self.failed],
            "notes": list(self.notes),
            "written": list(self.written),
        }

    def __str__(self) -> str:
        """Return a table, oldest first."""
        lines = []
        if self.areas:
            first = self.areas[0].age
            known = next((a.age for a in self.areas if not a.age.limit), first)
            lines.append(f"{known.system}, {known.method}; {known.coverage:.0%} intervals")
        lines.append(
            f"{'area':26}{'craters':>8}{'range (km)':>12}{'N(1) per km2':>14}{'age (Ga)':>10}"
            f"{'interval ± curve':>26}{'older than next':>17}   epoch"
        )
        for i, a in enumerate(self.areas):
            pair = _share(self.pairs[i]) if i < len(self.pairs) else ""
            lines.append(_line(a, pair))
        if len(self.pairs) > 1 and math.isfinite(self.sequence):
            lines.append(f"probability of the whole order: {self.sequence:.2g}")
        notes = [f"note: {n}" for n in self.notes]
        failed = [f"no age: {name}: {error}" for name, error in self.failed]
        return "\n".join([*lines, *failed, *notes, *(f"wrote {w}" for w in self.written)])


def _line(area: AreaAge, pair: str) -> str:
    age = area.age
    low, high = age.range_km
    if age.limit:
        reached = math.isfinite(age.upper_ma)
        shown = f"< {_ga(age.upper_ma)}" if reached else "any"
        span = f"{age.coverage:.0%} limit" if reached else "no craters, no limit"
    else:
        shown, span = _ga(age.age_ma), f"{_ga(age.lower_ma)} to {_ga(age.upper_ma)}"
        curve = age.terms.get("chronology", math.nan)
        span += f" ± {curve / 1000:.3f}" if math.isfinite(curve) else ""
    best = " / ".join(_most(area.epochs[scale]) for scale in SCALES if scale in area.epochs)
    return (
        f"{age.name:26}{age.craters:>8g}{f'{low:g}-{high:g}':>12}{age.n1:>14.3g}{shown:>10}"
        f"{span:>26}{pair:>17}   {best}"
    )


def _most(shares: dict[str, float]) -> str:
    name = max(shares, key=lambda key: shares[key])
    return f"{name} {shares[name]:.0%}"


def _ga(ma: float) -> str:
    return f"{ma / 1000:.3f}" if math.isfinite(ma) else "beyond"


def _share(p: float) -> str:
    return f"{p:.1%}" if math.isfinite(p) else "not stated"


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


def date_many(
    counts: Sequence[Count],
    system: System,
    range_km: tuple[float, float] | None = None,
    *,
    workers: int = 1,
    say: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Batch:
    """Return the ages of many counts, oldest first, with their order and epochs.

    Parameters
    ----------
    counts : crater counts, each of its own name
    system : chronology and production
    range_km : diameters, low <= D < high; all of each count when None
    workers : processes; with few areas for each, one does them all
    say : told which area is dated
    options : of `farside.chronology.age.date`: ``method``, ``prior``, ``coverage``, ...

    Raises
    ------
    InputError
        without a count, or when none could be dated; a single count that cannot is listed in
        ``failed``
    """
    if not counts or workers < 1:
        raise InputError("give at least one crater count, and at least one worker.")
    work = partial(_one, system=system, range_km=range_km, options=options)
    if workers > 1 and len(counts) >= _MANY * 2:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            made = pool.map(work, counts, chunksize=_MANY)
            results = [next(made) for _ in counted(counts, _naming, say)]
    else:
        results = [work(count) for count in counted(counts, _naming, say)]
    good = [r for r in results if isinstance(r, AreaAge)]
    failed = tuple(r for r in results if not isinstance(r, AreaAge))
    if not good:
        raise InputError(f"none of the {len(counts)} areas could be dated: {failed[0][1]}")
    good.sort(key=lambda a: (a.age.limit, -a.age.n1))
    ages = [a.age for a in good if not a.age.limit]
    ordered = options.get("prior", "rate") != "age" and all(a.prior for a in ages)
    pairs = [older_probability(a, b) if ordered else math.nan for a, b in pairwise(ages)]
    whole = order_probability(ages) if ordered and len(ages) > 1 else math.nan
    return Batch(tuple(good), tuple(pairs), whole, failed)


def _naming(count: Count) -> str:
    return f"date {count.name}"


def _one(
    count: Count, *, system: System, range_km: tuple[float, float] | None, options: dict[str, Any]
) -> AreaAge | tuple[str, str]:
    try:
        age = date(count, system, range_km, **options)
    except FarsideError as error:
        return count.name, str(error)
    if system.chronology.log_sigma:
        from farside.chronology.budget import with_budget  # noqa: PLC0415

        age = with_budget(age, count, system)
    scales = () if age.limit else SCALES
    return AreaAge(age, {scale: _epoch_shares(age, system, scale) for scale in scales})


def _epoch_shares(age: ModelAge, system: System, scale: str) -> dict[str, float]:
    """Return the probability of each epoch, by counting alone; of a fit by its error as normal."""
    names, young, old = zip(*epochs(scale), strict=True)
    limits = np.minimum(np.array([*young, old[-1]]), system.chronology.oldest_ma)
    if age.prior:
        posterior = Posterior(age.craters, age.exposure_km2, system.chronology, age.prior)
        cdf = posterior.cdf(limits)
    else:
        sigma = (age.upper_ma - age.lower_ma) / 2
        cdf = special.ndtr((limits - age.age_ma) / (sigma if 0 < sigma < math.inf else 1e-9))
    cdf[0], cdf[-1] = 0.0, 1.0
    shares = zip(names, np.diff(cdf).tolist(), strict=True)
    return {name: p for name, p in shares if p > 0.01}


# -- from files --------------------------------------------------------------------------------


def date_batch(
    source: Path,
    system_name: str,
    range_km: tuple[float, float] | None = None,
    *,
    catalogue: Path | None = None,
    user_file: Path | None = None,
    csv_file: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Batch:
    """Return the ages of many areas from files.

    Parameters
    ----------
    source : folder of crater counts; or, with a catalogue, a table of places
        (`farside.chronology.places.read_places`)
    system_name : published system, or one of `user_file`
    range_km : diameters; with a catalogue from its smallest when None
    catalogue : CSV of craters (`farside.chronology.places.read_catalogue`)
    user_file : TOML with systems of the user
    csv_file : write the ages there, with craterstats' columns
    say : told what is being done
    options : of `date_many`

    Raises
    ------
    InputError
        when the folder holds no count, or the range begins below the catalogue
    """
    used = find_system(system_name, user_file)
    if catalogue is not None:
        found, low = _on_places(source, catalogue, range_km, say)
        counts: list[Count] = list(found)
        range_km = range_km or (low, used.production.d_max_km)
        sources, notes = [str(catalogue)] * len(counts), list(CAVEATS)
        failed: tuple[tuple[str, str], ...] = ()
    else:
        counts, sources, failed = _in_folder(source, say)
        notes = []
    made = date_many(counts, used, range_km, say=say, **options)
    made = replace(made, failed=(*failed, *made.failed), notes=(*notes, *_common_notes(made)))
    if csv_file is None:
        return made
    from farside.chronology.files import write_ages  # noqa: PLC0415

    of = dict(zip((c.name for c in counts), sources, strict=True))
    write_ages([a.age for a in made.areas], csv_file, [of[a.age.name] for a in made.areas])
    return replace(made, written=(str(csv_file),))


def _common_notes(made: Batch) -> tuple[str, ...]:
    """Return the notes of the ages, each with the areas that it is of."""
    of: dict[str, list[str]] = {}
    for area in made.areas:
        for note in area.age.notes:
            of.setdefault(note, []).append(area.age.name)
    every = len(made.areas)
    return tuple(
        note if len(names) == every > 1 else f"{', '.join(names)}: {note}"
        for note, names in of.items()
    )


def _on_places(
    source: Path,
    catalogue: Path,
    range_km: tuple[float, float] | None,
    say: Callable[[str], None],
) -> tuple[list[CraterCount], float]:
    """Return the counts, and the diameter in km at which the catalogue begins."""
    say(f"reading {catalogue}")
    craters = read_catalogue(catalogue)
    smallest, whole = craters.smallest_km, float(math.floor(craters.smallest_km))
    begins = whole if whole >= smallest * (1 - _NEAR) else smallest
    if range_km is not None and range_km[0] < smallest * (1 - _NEAR):
        raise InputError(
            f"the range begins at {range_km[0]:g} km, but the catalogue {catalogue.name} holds no "
            f"crater below {craters.smallest_km:.4g} km; begin there."
        )
    return [count_on(craters, place) for place in read_places(source)], begins


def _in_folder(
    source: Path, say: Callable[[str], None]
) -> tuple[list[Count], list[str], tuple[tuple[str, str], ...]]:
    if not source.is_dir():
        raise InputError(
            f"{source} is no folder of crater counts; give a folder, or a table of places with a "
            "catalogue."
        )
    paths = sorted(p for p in source.iterdir() if p.suffix.lower() in SUFFIXES)
    paths = [p for p in paths if not p.stem.upper().endswith("_AREA")]
    counts: list[Count] = []
    sources: list[str] = []
    failed: list[tuple[str, str]] = []
    for path in paths:
        say(f"reading {path}")
        try:
            count = read_count(path)
        except FarsideError as error:
            failed.append((path.name, str(error)))
            continue
        if count.name in {c.name for c in counts}:
            count = replace(count, name=path.name)
        counts.append(count)
        sources.append(str(path))
    if not counts:
        why = f"; the first: {failed[0][1]}" if failed else ""
        raise InputError(
            f"{source} holds no crater count that could be read (of {', '.join(SUFFIXES)}){why}"
        )
    return counts, sources, tuple(failed)
