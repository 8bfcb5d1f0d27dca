"""Run a ``.cs`` file of craterstats 3.6: the parts that farside has, the rest named."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from farside.chronology.age import ModelAge, date
from farside.chronology.binning import limits
from farside.chronology.counts import CraterCount
from farside.chronology.files import Ages, write_ages
from farside.chronology.formats import read_count
from farside.chronology.systems import System, equilibria, system
from farside.errors import InputError, UnknownNameError
from farside.style import save

if TYPE_CHECKING:
    from pathlib import Path

    from farside.chronology.counts import Count

SYSTEMS = {
    "Moon, Neukum (1983)": "neukum1983",
    "Moon, Neukum et al. (2001)": "neukum2001",
    "Moon, Hartmann 2010 iteration": "hartmann2010",
    "Moon, Yue et al. (2022)": "yue2022",
    **dict.fromkeys(
        (
            "Mars, Neukum-Ivanov (2001)", "Mars, Ivanov (2001)", "Mars, Hartmann 2004 iteration",
            "Mars, Hartmann & Daubar (2016)", "Mercury, Strom & Neukum (1988)",
            "Mercury, Neukum et al. (2001)", "Mercury, Le Feuvre and Wieczorek 2011 non-porous",
            "Mercury, Le Feuvre and Wieczorek 2011 porous", "Vesta, Rev4, Schmedemann et al (2014)",
            "Vesta, Rev3, Schmedemann et al (2014)", "Vesta, Marchi & O'Brien (2014)",
            "Ceres, Hiesinger et al. (2016)", "Ida, Schmedemann et al (2014)",
            "Gaspra, Schmedemann et al (2014)", "Lutetia, Schmedemann et al (2014)",
            "Phobos, Case A - SOM, Schmedemann et al (2014)",
            "Phobos, Case B - MBA, Schmedemann et al (2014)",
        ),
        "",
    ),
}  # fmt: skip
"""Systems of craterstats 3.6 by name, in its order; empty where they are not of the Moon."""
TYPES = {
    "poisson": "poisson",
    "b-poisson": "buffered",
    "c-fit": "cumulative",
    "d-fit": "differential",
    "data": "",
}
KEYS = (
    "source", "name", "range", "snap", "type", "error_bars", "hide", "colour", "psym", "binning",
    "age_left", "show_age", "resurf", "resurf_showall", "isochron", "offset_age", "shp_area",
)  # fmt: skip
ALIASES = {"src": "source", "rng": "range", "nm": "name", "sym": "psym", "err": "error_bars",
           "color": "colour"}  # fmt: skip
USED = {"source", "name", "range", "snap", "type", "binning", "resurf", "hide"}
PRESENTATIONS = {
    "cumulative": "cumulative", "differential": "differential", "r-plot": "r", "rplot": "r",
    "hartmann": "hartmann", "chronology": "chronology", "rate": "rate",
    "uncertainty": "uncertainty", "sequence": "uncertainty",
}  # fmt: skip
IMAGES = ("png", "tif", "pdf", "svg")
SUPPORTED = {"-cs", "-p", "-o", "-f", "-pr", "-ef"}
LONG = {
    "--chronology_system": "-cs", "--plot": "-p", "--out": "-o", "--format": "-f",
    "--presentation": "-pr", "--equilibrium": "-ef",
}  # fmt: skip


@dataclass
class Commands:
    """What a ``.cs`` file asks for."""

    system: str = "neukum1983"
    presentation: str = "differential"
    equilibrium: str | None = None
    out: str = "out"
    formats: list[str] = field(default_factory=lambda: ["png"])
    plots: list[dict[str, str]] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)


def parse_cs(text: str) -> Commands:
    """Return what the text of a ``.cs`` file asks for.

    Raises
    ------
    InputError
        when the text is not made of options
    UnknownNameError
        for a system, a presentation, a kind of age or a key that is not known
    """
    try:
        words = shlex.split(text.lstrip("\ufeff"), comments=True)
    except ValueError as error:
        raise InputError(f"the .cs file has an open quotation: {error}") from error
    if not words or not words[0].startswith("-"):
        raise InputError("the .cs file does not begin with an option such as -cs or -p.")
    out = Commands()
    option = words[0]
    values: list[str] = []
    for word in [*words[1:], "-"]:
        if re.match(r"-(-?[A-Za-z]|$)", word):
            _apply(out, option, values)
            option, values = word, []
        else:
            values.append(word)
    if not out.plots and out.presentation not in ("chronology", "rate"):
        raise InputError("the .cs file has no -p with a source, so there is nothing to date.")
    return out


def _apply(out: Commands, option: str, values: list[str]) -> None:
    option = LONG.get(option, option)
    if option not in SUPPORTED:
        out.unsupported.append(option)
        return
    text = " ".join(values)
    if not text:
        raise InputError(f"the option {option} of the .cs file has no value.")
    if option == "-cs":
        out.system = _system(text)
    elif option == "-pr":
        out.presentation = _pick("presentation", text, PRESENTATIONS)
    elif option == "-ef":
        known = {"trask": "trask1966", "trask1966": "trask1966", "hart": "hartmann1984",
                 "hart84": "hartmann1984", "hartmann": "hartmann1984",
                 "lunarequilibriumtrask1966": "trask1966"}  # fmt: skip
        out.equilibrium = _pick(
            "equilibrium curve", text, {**known, **{k: k for k in equilibria()}}
        )
    elif option == "-o":
        out.out = values[0]
    elif option == "-f":
        out.formats = values
        for one in values:
            if one not in (*IMAGES, "csv"):
                raise UnknownNameError.of("format", one, (*IMAGES, "csv"))
    else:
        before = out.plots[-1] if out.plots else {}
        out.plots.append(_overplot(text, before, out.unsupported))


def _system(text: str) -> str:
    """Return the system that an abbreviation means to craterstats.

    There, an abbreviation is letters of the name in their order; of several names, the shortest.
    """
    pattern = re.compile(".*".join(re.escape(letter) for letter in text), re.IGNORECASE)
    found = sorted((name for name in SYSTEMS if pattern.search(name)), key=len)
    lunar = [name for name, own in SYSTEMS.items() if own]
    if not found:
        raise UnknownNameError.of("chronology system of craterstats", text, lunar)
    if not SYSTEMS[found[0]]:
        raise InputError(
            f"-cs {text} of the .cs file means {found[0]!r}, which is not of the Moon; farside has "
            f"{'; '.join(lunar)}."
        )
    return SYSTEMS[found[0]]


def _pick(kind: str, text: str, known: dict[str, str]) -> str:
    """Return the value of a name without its blanks and marks, or of the one that it begins."""
    plain = re.sub(r"[^a-z0-9-]", "", text.lower())
    tight = plain.replace("-", "")
    for form in (plain, tight):
        if form in known:
            return known[form]
    begun = {value for name, value in known.items() if tight and name.startswith(tight)}
    if len(begun) == 1:
        return begun.pop()
    raise UnknownNameError.of(kind, text, known)


def _overplot(text: str, before: dict[str, str], unsupported: list[str]) -> dict[str, str]:
    """Return the keys of a -p; source, type, binning and snap hold until they are changed."""
    out = {k: v for k, v in before.items() if k in ("source", "type", "binning", "snap", "resurf")}
    for part in re.split(r",(?![^\[]*\])(?=\s*\w+=)", text):
        key, sep, value = part.partition("=")
        key = ALIASES.get(key.strip().lower(), key.strip().lower())
        full = [k for k in KEYS if k.startswith(key)]
        if not sep or (key not in KEYS and len(full) != 1):
            raise UnknownNameError.of("key of -p", key, KEYS)
        name = key if key in KEYS else full[0]
        if name == "source":
            out.pop("name", None)
        if name not in USED:
            unsupported.append(f"-p {name}")
        out[name] = value.strip().strip("\"'")
    return out


def run_cs(path: Path) -> Ages:
    """Run a ``.cs`` file: ages, and the csv and figures it asks for, beside it.

    Paths in the file are taken from its own folder.

    Raises
    ------
    InputError, UnknownNameError
        when the file cannot be read, or asks for what cannot be understood
    """
    try:
        asked = parse_cs(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8; save it as such.") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error}") from error
    used = system(asked.system)
    counts: dict[str, Count] = {}
    ages: list[ModelAge] = []
    sources: list[str] = []
    for plot in asked.plots:
        if "source" not in plot:
            raise InputError(f"{path}: a -p comes before any source=FILE.")
        name = plot["source"]
        if name not in counts:
            counts[name] = read_count(path.parent / name, outside="drop")
        age = _age(counts[name], used, plot, asked.presentation)
        if age is not None:
            ages.append(age)
            sources.append(name)
    written = _write(path, asked, used, counts, ages, sources)
    missing = sorted(set(asked.unsupported))
    notes = (f"left aside, as farside has no such part: {', '.join(missing)}",) if missing else ()
    return Ages(tuple(ages), tuple(written), notes)


def _age(count: Count, used: System, plot: dict[str, str], presentation: str) -> ModelAge | None:
    kind = plot.get("type", "poisson" if presentation == "uncertainty" else "data")
    method = TYPES[_pick_key("type", kind)]
    if not method or "range" not in plot:
        return None
    found = re.fullmatch(r"\[\s*([-+.\deE]+)\s*,\s*([-+.\deE]+|inf)\s*\]", plot["range"])
    if found is None:
        raise InputError(f"range={plot['range']} is not of the form [low,high] in km.")
    try:
        low, high = float(found[1]), float(found[2])
    except ValueError:
        raise InputError(f"range={plot['range']} holds no two numbers.") from None
    binning = plot.get("binning", "pseudo-log")
    if plot.get("snap", "1") != "0" and binning != "none" and 0 < low < high:
        low, high = _snapped(low, high, binning)
    options: dict[str, Any] = {}
    if method in ("cumulative", "differential") and binning != "none":
        options["binning"] = binning
    if method == "cumulative":
        options["resurfacing"] = plot.get("resurf", "0") == "1"
    age = date(count, used, (low, high), method=method, **options)
    return replace(age, name=plot.get("name", age.name))


def _pick_key(what: str, text: str) -> str:
    lower = text.lower()
    matches = [key for key in TYPES if key.startswith(lower)]
    if lower in TYPES:
        return lower
    if len(matches) == 1:
        return matches[0]
    raise UnknownNameError.of(what, text, TYPES)


def _snapped(low: float, high: float, binning: str) -> tuple[float, float]:
    """Return the limits of the bins that hold the range."""
    edges = limits(binning, low, high)
    above = edges[edges >= high * (1 - 1e-9)]
    return float(edges[0]), float(above[0])


def _write(
    path: Path,
    asked: Commands,
    used: System,
    counts: dict[str, Count],
    ages: list[ModelAge],
    sources: list[str],
) -> list[str]:
    target = path.parent / asked.out
    written = []
    for kind in asked.formats:
        out = target if target.suffix == f".{kind}" else target.with_name(f"{target.name}.{kind}")
        if kind == "csv":
            write_ages(ages, out, sources)
        else:
            from farside.chronology import plots  # noqa: PLC0415 - matplotlib is slow to import

            if asked.presentation in ("chronology", "rate"):
                rate = asked.presentation == "rate"
                figure = plots.plot_chronologies([used], rate=rate)
            elif asked.presentation == "uncertainty":
                figure = plots.plot_posteriors(ages, used)
            else:
                shown = [c for c in counts.values() if not isinstance(c, CraterCount) or len(c)]
                figure = plots.plot_counts(
                    shown, ages, used, asked.presentation, equilibrium=asked.equilibrium
                )
            save(figure, out)
        written.append(str(out))
    return written
