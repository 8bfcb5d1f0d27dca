"""Results that ship with the package, each with the hashes of what made it."""

from __future__ import annotations

import importlib.resources
import json
from typing import TYPE_CHECKING, Any

from farside import provenance
from farside.errors import InputError
from farside.maps import shipped as sharp_map
from farside.oxides.bundle import MODULES as BUNDLE_MODULES
from farside.oxides.bundle import TABLES as BUNDLE_TABLES

if TYPE_CHECKING:
    from pathlib import Path

BASELINE_MODULES = ("oxides.baselines", "oxides.empirical", "oxides.yang2023")
VALIDATION_MODULES = (*BUNDLE_MODULES, "oxides.intervals", "oxides.validate")

DEPENDS: dict[str, tuple[str, ...]] = {
    "validation": (*VALIDATION_MODULES, *BASELINE_MODULES, "spectra.parameters"),
    "near_far": (
        *VALIDATION_MODULES,
        "oxides.baselines",
        "oxides.cells",
        "oxides.contrast",
        "oxides.empirical",
        "oxides.farcurve",
        "oxides.nearfar",
    ),
    "orbit": (
        *VALIDATION_MODULES,
        "oxides.compare",
        "oxides.estimator",
        "readers.dataset",
        "spectra.dataset",
        "spectra.prepare",
        "spectra.transfer",
    ),
    "refinement": (*VALIDATION_MODULES, "oxides.refine"),
    "explanation": (
        *VALIDATION_MODULES,
        "oxides._attribution",
        "oxides.estimator",
        "oxides.explain",
    ),
    "audit": (
        *VALIDATION_MODULES,
        "oxides._attribution",
        "oxides.audit",
        "spectra.parameters",
    ),
    "map": (*sharp_map.MODULES, "geography.regions", "maps._sharp_checks"),
    "chronology": (
        "chronology.evidence",
        "chronology.functions",
        "chronology.hypotheses",
        "chronology.likelihood",
        "chronology.models",
        "chronology.sampling",
        "chronology.sites",
        "chronology.solve",
        "chronology.symmetry",
    ),
}
TABLES = (*BUNDLE_TABLES, "missions.csv", "reference_soils.csv")
OWN_TABLES = {
    "map": sharp_map.TABLES,
    "orbit": ("sensor_gains.csv", "sp_spectra.csv"),
    "chronology": (
        "chronology_calibration.csv",
        "chronology_hemispheres.csv",
        "chronology_sites.csv",
    ),
}
"""Tables that one result depends on beside `TABLES`."""


def names() -> tuple[str, ...]:
    """Return the names of the results."""
    return tuple(DEPENDS)


def made_by(name: str, seed: int) -> dict[str, str]:
    """Return the hashes of what a result depends on."""
    return provenance.fingerprint(
        DEPENDS[name], {*TABLES, *OWN_TABLES.get(name, ())}, {"seed": seed}
    )


def write(folder: Path, name: str, content: Any, seed: int) -> None:
    """Write a result with its hashes, atomically."""
    provenance.write_json(
        folder / f"{name}.json",
        {
            "made_by": made_by(name, seed),
            "code_version": provenance.code_version(),
            "seed": seed,
            "content": content,
        },
    )


def shipped_folder() -> Path:
    """Return the folder of the results that come with the package."""
    with importlib.resources.as_file(importlib.resources.files("farside")) as root:
        return root / "report" / "results"


def read(name: str, folder: Path | None = None, *, stale: bool = False) -> Any:
    """Return the content of a result; the shipped one when no folder is given.

    Parameters
    ----------
    name : one of `names`
    folder : where it was written
    stale : take it even when other code, data or settings made it, to compare with

    Raises
    ------
    InputError
        when it is missing or damaged
    StaleError
        when other code, data or settings made it than those present
    """
    path = (folder or shipped_folder()) / f"{name}.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        found, seed, content = stored["made_by"], stored["seed"], stored["content"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"the result {name!r} cannot be read from {path} ({error}); compute it with "
            "'farside run --full'."
        ) from error
    if stale:
        return content
    provenance.check_fresh(f"result {name!r}", found, made_by(name, seed))
    return content
