"""What is installed, what ships and whether it is whole, and what the machine can do."""

from __future__ import annotations

import importlib
import locale
import math
import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

from packaging.requirements import Requirement

from farside import provenance
from farside.constants import MAP_RADIUS
from farside.datasets._tables import _parsed, table_names
from farside.errors import FarsideError
from farside.report import pdf, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

State = Literal["good", "missing", "broken", "note"]
MARKS: dict[State, str] = {"good": "+", "missing": "-", "broken": "!", "note": " "}
EXTRAS = {
    "train": "train, refine, explain INPUT by gradients, validate, run --full",
    "cluster": "map --scheduler tcp://...",
    "explore": "explore",
    "dev": "tests and documentation",
}
"""Extras, and the commands that need them."""
GPU = (
    "nothing would change: no command computes on one. Predictions run in onnxruntime on the "
    "processor, and train and refine fit small nets to some sixty sites there"
)
LISTED = 6
"""So many libraries of an extra are named with their versions; of more, the number is told."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    topic, name : section, and what was looked at
    state : ``good``; ``missing``, which only limits what can be done; ``broken``, which must be
        mended; ``note``, neither good nor bad
    detail : what was found
    """

    topic: str
    name: str
    state: State
    detail: str


@dataclass(frozen=True)
class Examination:
    """All that was looked at."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken."""
        return all(check.state != "broken" for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Return the checks as plain values."""
        return {"healthy": self.healthy, "checks": [asdict(check) for check in self.checks]}

    def __str__(self) -> str:
        """Return the checks in sections, and what is to be done."""
        width = max(len(check.name) for check in self.checks)
        lines, topic = [], ""
        for check in self.checks:
            if check.topic != topic:
                topic = check.topic
                lines += ["", topic]
            lines.append(f"  {MARKS[check.state]} {check.name:{width}}  {check.detail}")
        broken = [check.name for check in self.checks if check.state == "broken"]
        end = f"broken: {', '.join(broken)}" if broken else "nothing is broken"
        return "\n".join([*lines[1:], "", f"+ good, - not there, ! broken: {end}"])


def examine(originals: Path | None = None) -> Examination:
    """Return the state of the program, of what ships with it, and of the machine.

    Parameters
    ----------
    originals : folder of original products, to say whether it can be read
    """
    parts = (_program, _libraries, _extras, _shipped, _geodesy, _machine, _terminal)
    checks = [check for part in parts for check in part()]
    if originals is not None:
        checks.append(_originals(originals))
    return Examination(tuple(checks))


def _program() -> Iterator[Check]:
    yield Check("Program", "farside", "good", provenance.code_version())
    running = f"{platform.python_version()} ({sys.executable})"
    known = (3, 11) <= sys.version_info[:2] < (3, 14)
    yield Check("Program", "python", "good" if known else "broken", running)
    yield Check("Program", "system", "note", platform.platform())


def _requirements() -> list[tuple[Requirement, str]]:
    """Return the libraries that the package asks for, each with its extra, empty for the core."""
    found = []
    for text in metadata.requires("farside") or []:
        asked = Requirement(text)
        if asked.name != "farside":
            extras = (e for e in EXTRAS if asked.marker and asked.marker.evaluate({"extra": e}))
            core = asked.marker is None or asked.marker.evaluate({"extra": ""})
            found += [(asked, "")] if core else [(asked, extra) for extra in extras]
    return sorted(found, key=lambda pair: pair[0].name)


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _wanting(asked: Requirement) -> str:
    """Return what is wrong with a library in words; empty when it is as asked for."""
    found = _version(asked.name)
    if found is None:
        return "not installed"
    return "" if asked.specifier.contains(found, prereleases=True) else f"{found} is too old"


def _libraries() -> Iterator[Check]:
    for asked, extra in _requirements():
        if not extra:
            wrong = _wanting(asked)
            detail = f"{wrong}; run: pip install '{asked.name}{asked.specifier}'"
            found = str(_version(asked.name))
            yield Check(
                "Libraries", asked.name, "broken" if wrong else "good", detail if wrong else found
            )


def _extras() -> Iterator[Check]:
    for extra, needs in EXTRAS.items():
        libraries = [asked for asked, of in _requirements() if of == extra]
        wrong = [f"{asked.name} ({why})" for asked in libraries if (why := _wanting(asked))]
        there = ", ".join(f"{asked.name} {_version(asked.name)}" for asked in libraries)
        if wrong:
            what = ", ".join(wrong)
            if len(wrong) > LISTED:
                what = f"{len(wrong)} of {len(libraries)} libraries not installed or too old"
            detail = f"for {needs}; {what}; run: pip install 'farside[{extra}]'"
            yield Check("Extras", extra, "missing", detail)
        else:
            brief = there if len(libraries) <= LISTED else f"{len(libraries)} libraries"
            yield Check("Extras", extra, "good", brief)


def _shipped() -> Iterator[Check]:
    from farside.chronology import recalibrated  # noqa: PLC0415 - slow to import, like the next
    from farside.maps import shipped as sharp_map  # noqa: PLC0415
    from farside.oxides import bundle  # noqa: PLC0415

    yield _tried("tables", _tables)
    yield _tried("weights", lambda: _weights(bundle.load()))
    for name in store.names():
        yield _tried(f"result {name}", lambda name=name: _fresh(store.read(name)))  # type: ignore[misc]
    yield _tried("sharp map", lambda: _map(sharp_map))
    yield _tried(f"chronology {recalibrated.NAME}", lambda: _fresh(recalibrated.shipped()))
    yield Check("Shipped data", "cache", "note", "none: nothing is downloaded, all data ship")


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check("Shipped data", name, "good", look())
    except (FarsideError, OSError, ValueError, KeyError, ImportError) as error:
        return Check("Shipped data", name, "broken", str(error))


def _tables() -> str:
    names = table_names()
    rows = sum(len(_parsed(name)) for name in names)
    return f"{len(names)} with {rows:,} rows, each as its sidecar says"


def _weights(estimator: Any) -> str:
    return f"fresh, graph as its hash says, {len(estimator.data_)} training sites"


def _fresh(_: object) -> str:
    return "fresh: code, data and settings are those that made it"


def _map(sharp_map: Any) -> str:
    sharp_map.load_map()
    path = sharp_map.shipped_folder() / sharp_map.FILES[0]
    if provenance.sha256_file(path) != sharp_map.map_sidecar()["sha256"]:
        raise ValueError(f"{path} is not the file that its sidecar describes")
    return "fresh, file as its hash says"


def _geodesy() -> Iterator[Check]:
    try:
        yield Check("Maps", "lunar projections", "good", _projected())
    except Exception as error:  # noqa: BLE001 - whatever a broken GDAL does, it is to be told
        detail = f"GDAL or PROJ does not work ({error}); reinstall rasterio and pyproj"
        yield Check("Maps", "lunar projections", "broken", detail)
    found = pdf.browser()
    detail = found or "no Chromium: run --pdf writes no PDF; any browser shows the report"
    yield Check("Maps", "browser", "good" if found else "missing", detail)


def _projected() -> str:
    import pyproj  # noqa: PLC0415 - what is tried here
    import rasterio  # noqa: PLC0415

    from farside.geography.projections import lunar_crs  # noqa: PLC0415

    codes = (lunar_crs("geographic"), lunar_crs("equirectangular"))
    x, _ = pyproj.Transformer.from_crs(*codes, always_xy=True).transform(90.0, 0.0)
    if not math.isclose(x, MAP_RADIUS.value * math.pi / 2, abs_tol=0.1):
        raise ValueError(f"90 E is {x:,.0f} m from the meridian")
    return f"GDAL {rasterio.__gdal_version__}, PROJ {pyproj.proj_version_str}, IAU_2015:30110"


def _machine() -> Iterator[Check]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Check("Machine", "processors", "note", f"{usable} usable; map --workers {usable}")
    yield Check("Machine", "memory", "note", _memory())
    free = shutil.disk_usage(".").free
    yield Check("Machine", "disk", "note", f"{free / 1e9:,.1f} GB free here")
    yield Check("Machine", "GPU", "note", f"{_gpu()}; {GPU}")


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE")
        whole, free = (size * os.sysconf(f"SC_{k}PHYS_PAGES") / 1e9 for k in ("", "AV"))
    except (AttributeError, ValueError, OSError):
        return "this system does not say"
    return f"{whole:,.1f} GB, {free:,.1f} GB free"


def _gpu() -> str:
    if _version("torch") is None:
        return "not looked for (torch is not installed)"
    torch = importlib.import_module("torch")
    if torch.cuda.is_available():
        return f"torch sees {torch.cuda.get_device_name(0)}"
    return "torch sees none"


def _terminal() -> Iterator[Check]:
    encoding = sys.stdout.encoding or "unknown"
    unicode = encoding.lower().replace("-", "") == "utf8"
    detail = encoding if unicode else f"{encoding}: signs such as ± may fail; set PYTHONUTF8=1"
    yield Check("Terminal", "encoding", "good" if unicode else "missing", detail)
    columns = shutil.get_terminal_size().columns
    what = "a terminal" if sys.stdout.isatty() else "a pipe or file"
    yield Check("Terminal", "output", "note", f"{what}, {columns} columns")
    yield Check("Terminal", "locale", "note", ".".join(filter(None, locale.getlocale())) or "C")


def _originals(folder: Path) -> Check:
    if not folder.is_dir():
        return Check("Originals", str(folder), "missing", "no such folder")
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e9
    return Check("Originals", str(folder), "good", f"{len(files):,} files, {size:,.1f} GB")
