"""The chemistry of the Moon's far side, from orbit, samples and ages.

The public names below are imported when they are first used, so that ``import farside`` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "FarsideError": "farside.errors",
    "OXIDES": "farside.constants",
    "OxideEstimator": "farside.oxides.estimator",
    "TrainingSet": "farside.oxides.training",
    "Validation": "farside.oxides.validate",
    "bias_audit": "farside.oxides.audit",
    "chronology_system": "farside.chronology.systems",
    "cite": "farside.provenance",
    "classify": "farside.samples.classify",
    "explain": "farside.oxides.explain",
    "findings": "farside.report.findings",
    "isochron": "farside.isotopes.isochron",
    "kreep": "farside.samples.kreep",
    "load_cells_5deg": "farside.datasets",
    "load_clementine_sites": "farside.datasets",
    "load_estimator": "farside.oxides.bundle",
    "load_layers": "farside.datasets.layers",
    "load_map": "farside.maps.shipped",
    "load_missions": "farside.datasets",
    "load_reference_soils": "farside.datasets",
    "load_sample_compositions": "farside.datasets",
    "load_sites": "farside.datasets",
    "load_sp_spectra": "farside.datasets",
    "load_training": "farside.oxides.training",
    "load_transfer": "farside.spectra.transfer",
    "make_spectra": "farside.spectra.dataset",
    "map_tiles": "farside.maps.run",
    "method": "farside.oxides.methods",
    "model_age": "farside.chronology.age",
    "near_far": "farside.oxides.nearfar",
    "open_map": "farside.maps.store",
    "open_spectra": "farside.spectra.prepare",
    "predict": "farside.oxides.prediction",
    "prepare": "farside.spectra.prepare",
    "read_count": "farside.chronology.formats",
    "read_isochron": "farside.isotopes.files",
    "refine": "farside.oxides.refine",
    "resample": "farside.spectra.resample",
    "site": "farside.maps.site",
    "validate": "farside.oxides.validate",
}
_RENAMED = {"chronology_system": "system", "load_estimator": "load", "model_age": "date"}

__all__ = sorted(_HOME)  # noqa: PLE0605 - a list of str


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        nearest = importlib.import_module("farside.errors").nearest(name, __all__)
        hint = f". Did you mean {nearest!r}?" if nearest else ""
        raise AttributeError(f"module 'farside' has no attribute {name!r}{hint}")
    return getattr(importlib.import_module(_HOME[name]), _RENAMED.get(name, name))


def __dir__() -> list[str]:
    return __all__
