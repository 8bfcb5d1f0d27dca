"""Chronology systems by name: a chronology function with its production function.

The tables are read here without pandas, so that one age from the command line is quick.
"""

from __future__ import annotations

import csv
import importlib.resources
import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.functions import GA, Chronology, Term, with_sawtooth, with_spike
from farside.chronology.production import Production, from_histogram
from farside.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


RECALIBRATED = "farside-2026"
"""The system whose chronology is the shipped fit of `farside.chronology.recalibrated`."""


@dataclass(frozen=True)
class System:
    """What turns a crater count into an age: a chronology with a production function."""

    name: str
    title: str
    chronology: Chronology
    production: Production
    note: str = ""

    @property
    def verified(self) -> bool:
        """Whether no figure of the system is second-hand."""
        status = (self.chronology.status, self.production.status)
        return not any(text.startswith("secondary") for text in status)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known of the system, for JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "chronology": self.chronology.name,
            "production": self.production.name,
            "range_km": [self.production.d_min_km, self.production.d_max_km],
            "oldest_ma": self.chronology.oldest_ma,
            "verified": self.verified,
            "status": {"chronology": self.chronology.status, "production": self.production.status},
            "note": self.note,
        }


@dataclass(frozen=True)
class Equilibrium:
    """The density at which craters are erased as fast as they form: log10 N = a0 + a1 log10 D."""

    name: str
    title: str
    a0: float
    a1: float
    reference: str
    status: str

    def cumulative(self, d_km: Any) -> Any:
        """Return N(>=D) in equilibrium, per km2, at diameters in km."""
        return 10 ** (self.a0 + self.a1 * np.log10(np.asarray(d_km, dtype=float)))


@cache
def _rows(table: str) -> tuple[Mapping[str, str], ...]:
    root = importlib.resources.files("farside").joinpath("datasets", "tables")
    text = root.joinpath(f"chronology_{table}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def production_functions() -> Mapping[str, Production]:
    """Return the published production functions by name."""
    return {row["name"]: _production(row) for row in _rows("production")}


def _production(row: Mapping[str, str]) -> Production:
    figures = tuple(float(x) for x in row["coefficients"].split(";"))
    is_table = row["kind"] == "root-2 histogram"
    low, high = float(row["d_min_km"]), float(row["d_max_km"])
    return Production(
        row["name"],
        row["title"],
        low,
        high,
        coefficients=() if is_table else figures[1:],
        knots=from_histogram(figures, low) if is_table else (),
        reference=row["reference"],
        status=row["status"],
        note=row["note"],
    )


def _term(row: Mapping[str, str], scale: float) -> Term:
    """Return a term with its densities multiplied by `scale`."""
    given = {k: float(row[k]) for k in ("a", "b", "c", "d", "origin", "tau", "power") if row[k]}
    for key in ("a", "c", "d"):
        given[key] = given.get(key, 0.0) * scale
    return Term(row["form"], float(row["from_Ga"]), float(row["to_Ga"]), **given)


@cache
def _chronology(name: str) -> Chronology:
    row = next(r for r in _rows("functions") if r["name"] == name)
    terms = tuple(
        _term(r, 1.0 / float(r["per_n1"])) for r in _rows("terms") if r["function"] == name
    )
    oldest = float(row["oldest_Ga"]) * GA
    return Chronology(
        name, row["title"], terms, oldest, row["reference"], row["status"], row["note"]
    )


@cache
def equilibria() -> Mapping[str, Equilibrium]:
    """Return the published equilibrium densities by name."""
    return {
        r["name"]: Equilibrium(
            r["name"], r["title"], float(r["a0"]), float(r["a1"]), r["reference"], r["status"]
        )
        for r in _rows("equilibrium")
    }


@cache
def epochs(scale: str = "wilhelms1987") -> tuple[tuple[str, float, float], ...]:
    """Return ``(epoch, young limit, old limit)`` in Ma, youngest first.

    Raises
    ------
    UnknownNameError
        when there is no such time scale
    """
    known = {r["scale"] for r in _rows("epochs")}
    if scale not in known:
        raise UnknownNameError.of("time scale", scale, known)
    return tuple(
        (r["epoch"], float(r["young_Ga"]) * GA, float(r["old_Ga"] or "inf") * GA)
        for r in _rows("epochs")
        if r["scale"] == scale
    )


def epoch_of(age_ma: float, scale: str = "wilhelms1987") -> str:
    """Return the epoch that holds an age in Ma."""
    if not age_ma >= 0:
        raise InputError(f"the age {age_ma} Ma has no epoch; give an age of at least 0.")
    return next(name for name, young, old in epochs(scale) if young <= age_ma <= old)


def system_names() -> tuple[str, ...]:
    """Return the names of the published systems, and of the one recalibrated here."""
    return (*(row["name"] for row in _rows("systems")), RECALIBRATED)


@cache
def system(name: str) -> System:
    """Return a published system by name.

    Raises
    ------
    UnknownNameError
        with the known names

    Examples
    --------
    >>> from farside.chronology.systems import system
    >>> float(system("neukum1983").chronology.n1(1000.0).round(6))
    0.000838
    """
    if name not in system_names():
        raise UnknownNameError.of("chronology system", name, system_names())
    if name == RECALIBRATED:
        from farside.chronology.recalibrated import PRODUCTION, shipped  # noqa: PLC0415

        fit = shipped().chronology
        return System(name, fit.title, fit, production_functions()[PRODUCTION], fit.note)
    row = next(r for r in _rows("systems") if r["name"] == name)
    production = production_functions()[row["production"]]
    chronology = _chronology(row["chronology"])
    return System(name, row["title"], chronology, production, row["note"])


def find_system(name: str, user_file: Path | None = None) -> System:
    """Return a system of the user's file, or a published one."""
    own = load_systems(user_file) if user_file is not None else {}
    if name in own:
        return own[name]
    if name not in system_names():
        raise UnknownNameError.of("chronology system", name, {*own, *system_names()})
    return system(name)


# -- a user's own ------------------------------------------------------------------------------


def load_systems(path: Path) -> dict[str, System]:
    """Return the systems that a TOML file defines.

    ``[production.NAME]`` holds ``range_km = [low, high]`` and either ``coefficients`` (a0, a1, ...)
    or ``diameters_km`` with ``cumulative``. ``[chronology.NAME]`` holds ``terms``, a list of tables
    with ``form`` and its coefficients (`farside.chronology.functions.Term`), and may hold
    ``oldest_ga``; or the name of a published ``base`` with a table ``sawtooth`` (``start_ga``,
    ``factor``, ``share``) or ``spike`` (``at_ga``, ``sigma_ga``, ``n1``). ``[system.NAME]`` names a
    ``production`` and a ``chronology``, its own or published ones.

    Raises
    ------
    InputError
        when the file is not such a TOML, with what is wrong
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read the systems in {path}: {error}") from error
    try:
        return _user_systems(content)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"{path} does not define a chronology system as expected ({error!r}); it needs "
            "[system.NAME] with production and chronology, see farside.chronology.systems."
        ) from error


def _user_systems(content: dict[str, Any]) -> dict[str, System]:
    productions = dict(production_functions())
    for name, about in content.get("production", {}).items():
        productions[name] = _user_production(name, about)
    published = {row["name"] for row in _rows("functions")}
    own = content.get("chronology", {})
    found = {}
    for name, about in content["system"].items():
        for kind, known in (("production", productions), ("chronology", {*own, *published})):
            if about[kind] not in known:
                raise UnknownNameError.of(f"{kind} function", about[kind], known)
        production = productions[about["production"]]
        chosen = about["chronology"]
        chronology = _user_chronology(chosen, own[chosen]) if chosen in own else _chronology(chosen)
        found[name] = System(name, about.get("title", name), chronology, production)
    if not found:
        raise InputError("the file defines no [system.NAME].")
    return found


def _user_production(name: str, about: dict[str, Any]) -> Production:
    low, high = (float(x) for x in about["range_km"])
    figures = tuple(float(x) for x in about.get("coefficients", ()))
    knots: tuple[tuple[float, float], ...] = ()
    if not figures:
        pairs = zip(about["diameters_km"], about["cumulative"], strict=True)
        knots = tuple((float(np.log10(d)), float(np.log10(n))) for d, n in pairs)
        if any(b[0] <= a[0] for a, b in pairwise(knots)):
            raise InputError(f"the diameters of the production function {name!r} do not rise.")
    made = Production(name, about.get("title", name), low, high, figures[1:], knots)
    return replace(made, reference=about.get("reference", ""), status="given by the user")


def _user_chronology(name: str, about: dict[str, Any]) -> Chronology:
    if "base" in about:
        return replace(_on_base(about), name=name, title=about.get("title", name))
    oldest = float(about.get("oldest_ga", 4.5))
    allowed = {f.name for f in fields(Term)}
    terms = []
    for given in about["terms"]:
        unknown = sorted(set(given) - allowed)
        if unknown:
            raise UnknownNameError.of("coefficient of a term", unknown[0], allowed)
        terms.append(Term(**{"from_ga": 0.0, "to_ga": oldest, **given}))
    return Chronology(
        name,
        about.get("title", name),
        tuple(terms),
        oldest * GA,
        about.get("reference", ""),
        "given by the user",
    )


def _on_base(about: dict[str, Any]) -> Chronology:
    """Return a published chronology with a sawtooth or a spike of the user's figures."""
    known = {row["name"] for row in _rows("functions")}
    if about["base"] not in known:
        raise UnknownNameError.of("chronology function", about["base"], known)
    base = _chronology(about["base"])
    if "sawtooth" in about:
        given = {key: float(value) for key, value in about["sawtooth"].items()}
        start = given.pop("start_ga", 4.1) * GA
        return with_sawtooth(base, start, **given)
    given = about["spike"]
    return with_spike(
        base, float(given["at_ga"]) * GA, float(given["sigma_ga"]) * GA, float(given["n1"])
    )
