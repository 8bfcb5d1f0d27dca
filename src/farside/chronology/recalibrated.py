"""The chronology ``farside-2026``: the shipped fit to all sites, near and far side.

The fit is kept as a small JSON: its parameters, spread and a thinned set of draws, with the hashes
of the code and tables that made it. It is refused when they no longer agree.
"""

from __future__ import annotations

import importlib.resources
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.curves import ages_of_draws, as_chronology
from farside.chronology.models import Model, model
from farside.errors import StaleError
from farside.provenance import check_fresh, fingerprint, write_json

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from farside.chronology.age import ModelAge
    from farside.chronology.calibrate import Calibration
    from farside.chronology.functions import Chronology

NAME = "farside-2026"
FILE = "farside_2026.json"
TITLE = "farside 2026: Neukum's sites, Chang'e-5, Chang'e-6 and South Pole-Aitken"
PRODUCTION = "neukum2001"
MODULES = (
    "chronology.likelihood",
    "chronology.models",
    "chronology.sampling",
    "chronology.sites",
)
TABLES = ("chronology_calibration.csv", "chronology_sites.csv")
SETTINGS: dict[str, Any] = {
    "sets": ["neukum", "change-5", "change-6"],
    "ce6_age": "both",
    "seed": 2026,
}
_KEPT = 600
_HOW = "'python scripts/ship_chronology.py'"


@dataclass(frozen=True)
class Shipped:
    """The shipped fit.

    Parameters
    ----------
    model : family, with priors
    draws : thinned draws of its posterior, shape (m, p)
    chronology : the curve that stands for them, with its spread
    content : all that the file holds
    """

    model: Model
    draws: NDArray[np.float64]
    chronology: Chronology
    content: dict[str, Any]


def present() -> dict[str, str]:
    """Return the hashes of what the fit depends on, as it is now."""
    return fingerprint(MODULES, TABLES, SETTINGS)


def keep(made: Calibration, path: Path | None = None) -> Path:
    """Write a fit as the one that is shipped.

    Parameters
    ----------
    made : fit of the settings `SETTINGS`
    path : file; that of the package when None
    """
    where = path if path is not None else Path(__file__).with_name("data") / FILE
    theta = made.draws.theta
    kept = theta[np.linspace(0, len(theta) - 1, _KEPT).astype(int)]
    curve = as_chronology(made.model, theta, NAME, TITLE)
    content = made.to_dict() | {
        "name": NAME,
        "title": TITLE,
        "scatter": made.model.scatter,
        "draws": [[float(f"{x:.7g}") for x in row] for row in kept],
        "log_sigma": [list(pair) for pair in curve.log_sigma],
        "settings": SETTINGS,
        "fingerprint": present(),
    }
    write_json(where, content)
    return where


@cache
def shipped() -> Shipped:
    """Return the shipped fit.

    Raises
    ------
    StaleError
        when code, tables or settings are not those that made it, or it is missing
    """
    root = importlib.resources.files("farside").joinpath("chronology", "data", FILE)
    try:
        content = json.loads(root.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StaleError(
            f"the chronology {NAME} cannot be read ({error}). Make it anew with {_HOW}."
        ) from error
    return unpack(content)


def unpack(content: dict[str, Any]) -> Shipped:
    """Return what a file of `keep` holds, if it is fresh.

    Raises
    ------
    StaleError
        when code, tables or settings are not those that made it
    """
    check_fresh(f"chronology {NAME}", content.get("fingerprint", {}), present(), _HOW)
    family = model(content["model"], content["priors"], scatter=content["scatter"])
    draws = np.array(content["draws"])
    about = {"reference": "", "status": f"fitted to {len(content['sites'])} sites"}
    curve = as_chronology(family, draws, NAME, TITLE, note="; ".join(content["notes"]), **about)
    return Shipped(family, draws, curve, content)


def curve_ages(
    k: float, exposure_km2: float, q: ArrayLike, prior: str = "rate", *, seed: int = 0
) -> NDArray[np.float64]:
    """Return quantiles of an age by `NAME` in Ma, the error of the curve included.

    For each draw of the curve one density is drawn from the Gamma posterior of the count, and
    turned into an age by that curve, so that counting and calibration errors stand together in one
    interval; the budget of `farside.chronology.budget` gives them apart.

    Parameters
    ----------
    k : number of craters
    exposure_km2 : area times the share of the range in N(1), as `ModelAge.exposure_km2`
    q : quantiles, 0..1
    prior : of the count, see `farside.chronology.posterior`
    seed : of the draws
    """
    from farside.chronology.posterior import gamma_shape  # noqa: PLC0415

    fit = shipped()
    rng = np.random.default_rng(seed)
    draws = np.repeat(fit.draws, 10, axis=0)
    n1 = rng.gamma(float(gamma_shape(k, prior)), size=(len(draws), 1)) / exposure_km2
    ages = 1000 * ages_of_draws(fit.model, draws, n1)[:, 0]
    return np.asarray(np.quantile(ages, np.asarray(q, dtype=float), method="nearest"))


def with_curve(age: ModelAge) -> ModelAge:
    """Return an age by `NAME` whose interval holds the error of the curve as well."""
    from dataclasses import replace  # noqa: PLC0415

    half = age.coverage / 2
    q = (0.5 - half, 0.5, 0.5 + half)
    prior = age.prior if age.prior in ("rate", "jeffreys", "log") else "rate"
    low, middle, high = curve_ages(age.craters, age.exposure_km2, q, prior).tolist()
    note = "the interval holds the error of the chronology as well as that of counting"
    return replace(age, age_ma=middle, lower_ma=low, upper_ma=high, notes=(*age.notes, note))
