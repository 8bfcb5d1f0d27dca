"""The figures that the tests look at, drawn from fixed inputs.

``python tests/looks/drawn.py`` writes the baselines anew; look at each before it is committed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd

from farside.chronology.age import date
from farside.chronology.calibrate import calibrate
from farside.chronology.calibration_plots import draw_calibration
from farside.chronology.counts import make_count
from farside.chronology.plots import plot_chronologies, plot_counts, plot_posteriors
from farside.chronology.sites import calibration_sites
from farside.chronology.systems import system, system_names
from farside.datasets.isotopes import load_reference_isochron
from farside.interior.crust_figures import mare_figure, oxidation_figure
from farside.interior.figures import draw_impact, draw_ocean
from farside.interior.impact_loss import match_basin
from farside.interior.magma_ocean import crystallise_ocean
from farside.interior.volcanism import mare_test
from farside.isotopes.concordia import concordia_age, curve
from farside.isotopes.decay import preset
from farside.isotopes.figures import (
    concordia_figure,
    isochron_figure,
    mean_figure,
    potassium_figure,
)
from farside.isotopes.isochron import isochron
from farside.isotopes.mean import weighted_mean
from farside.isotopes.points import make_points
from farside.isotopes.potassium import lost
from farside.maps.globe import globe_figure
from farside.maps.globe_layers import find_layer
from farside.maps.shipped import load_map
from farside.report import _findings, _map, figures, store
from farside.samples.figures import classes, contrast_figure, spider
from farside.study import catalogue
from farside.study.catalogue import findings
from farside.style import DOUBLE_IN, new_figure, settle, styled

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from matplotlib.figure import Figure

BASELINE = Path(__file__).parent / "baseline"
DPI = 60
"""Of the baselines: a small file, in which a line or a word that moved still shows."""

SAMPLES = pd.DataFrame(
    {
        "kind": ["soil", "basalt", "basalt"],
        "TiO2": [5.0, 5.08, 2.1], "Al2O3": [10.8, 9.85, 12.4], "K": [1510.0, 830.0, 2400.0],
        "TiO2_1s": [0.1, 0.1, 0.1], "Al2O3_1s": [0.2, 0.2, 0.2], "K_1s": [75.0, 40.0, 100.0],
        "La": [36.1, 15.0, 30.0], "Ce": [92.8, 40.0, 80.0], "Sm": [16.1, 10.0, 13.0],
        "Eu": [2.56, 1.8, 1.5], "Gd": [18.9, 13.0, 16.0], "Lu": [1.41, 1.2, 1.3],
        "La_1s": [0.7, 0.5, 0.6],
    },
    index=["a soil", "a basalt", "another basalt"],
)  # fmt: skip


LONG = "the smooth plains between the second and the third ring, counted on the mosaic of 2024"


@cache
def _counts() -> list[Any]:
    return [
        make_count(
            size * np.random.default_rng(i).uniform(size=n) ** -0.35, area_km2=area, name=name
        )
        for i, (name, size, n, area) in enumerate(
            [("Apollo basin floor", 0.3, 140, 900.0), ("south of the rim", 0.25, 60, 120.0)]
        )
    ]


@cache
def _ages() -> list[Any]:
    return [date(count, system("neukum1983"), (0.35, 3.0)) for count in _counts()]


def _isochron(name: str, of: str) -> Figure:
    table = load_reference_isochron(name)
    points = make_points(table["x"], table["x_1s"], table["y"], table["y_1s"])
    return isochron_figure(points, isochron(points, of))


def _concordia() -> Figure:
    x, y = (part + np.zeros(3) for part in curve([3990.0, 4000.0, 4010.0], preset()))
    columns = (x, 0.004 * x, y, 0.004 * y, np.full(3, 0.7))
    return concordia_figure(columns, concordia_age(*columns))


def _mean() -> Figure:
    table = load_reference_isochron("LudwigMean")
    values, sigmas = table["x"].to_numpy(), table["x_1s"].to_numpy()
    return mean_figure(values, sigmas, weighted_mean(values, sigmas))


@cache
def results() -> dict[str, Any]:
    """Return the results that ship, whether or not code has changed since."""
    return {name: store.read(name, stale=True) for name in store.names()}


@cache
def claims() -> dict[str, Any]:
    """Return the findings by name."""
    return {found.name: found for found in findings(results(), sharp=load_map(stale=True)).findings}


def of_report(module: ModuleType, draw: Callable[[], str]) -> Figure:
    """Return the figure that a function of the report makes an element of."""
    kept: list[Figure] = []

    def keep(_name: str, _alt: str, height_in: float, paint: Callable[[Figure], None]) -> str:
        with styled():
            kept.append(new_figure(height_in, DOUBLE_IN))
            paint(kept[0])
        return ""

    with mock.patch.object(module, "draw", keep):
        draw()
    return kept[0]


def _validation(protocol: str) -> Any:
    return next(
        v for v in results()["validation"]
        if (v["estimator"], v["protocol"]) == ("farside", protocol)
    )  # fmt: skip


@cache
def _fit() -> Any:
    return calibrate(calibration_sites(), steps=150, burn=200)


COMPARED: dict[str, Callable[[], Figure]] = {
    "pair": lambda: globe_figure(find_layer("FeO"), size="single"),
    "isochron": lambda: _isochron("RbSr1", "rb-sr"),
    "counts": lambda: plot_counts(_counts(), _ages(), system("neukum1983")),
    "spider": lambda: spider(SAMPLES),
    "chronologies": lambda: plot_chronologies([system(n) for n in ("neukum1983", "yue2022")]),
    "finding": lambda: of_report(
        _findings, lambda: _findings.figure(claims()["potassium"], "finding")
    ),
}
"""Figures that are held against a picture."""

REPORT: dict[str, Callable[[], str]] = {
    "predicted": lambda: figures.predicted_measured(_validation("lomo")["rows"]),
    "intervals": lambda: figures.intervals([_validation(p) for p in ("loo", "lomo", "terrain")]),
    "curve-bias": lambda: figures.learning_curve(
        results()["near_far"]["curve"]["points"], "bias", "Chang'e-6"
    ),
    "basin": lambda: figures.contrast(results()["near_far"]["contrast"]["differences"], 2.0),
    "refinement": lambda: figures.refinement(results()["refinement"]["scores"]),
    "share": lambda: figures.attributions(results()["explanation"]["bands"], "share"),
    "gradient": lambda: figures.attributions(results()["explanation"]["bands"], "mean_gradient"),
}
"""Figures of `farside.report.figures` from the results that ship."""

FIGURES: dict[str, Callable[[], Figure]] = COMPARED | {
    **{
        f"{view}-{size}": lambda view=view, size=size: globe_figure(
            find_layer("TiO2"), view=view, size=size
        )
        for view in ("pair", "far", "poles", "global")
        for size in ("single", "double")
        if (view, size) != ("pair", "single")
    },
    "height": lambda: globe_figure(find_layer("height_km"), view="global"),
    "k-ca": lambda: _isochron("KCa1", "k-ca"),
    "concordia": _concordia,
    "mean": _mean,
    "potassium": lambda: potassium_figure(lost().losses),
    "r-plot": lambda: plot_counts(
        _counts(), _ages(), system("neukum1983"), "r", equilibrium="trask1966"
    ),
    "long-names": lambda: plot_counts(
        [replace(c, name=f"{c.name}, {LONG} {i}") for i, c in enumerate(_counts())],
        [replace(a, name=f"{a.name}, {LONG} {i}") for i, a in enumerate(_ages())],
        system("neukum1983"),
    ),
    "many-counts": lambda: plot_counts(
        [replace(c, name=f"{c.name} {i}") for i in range(4) for c in _counts()],
        _ages(),
        system("neukum1983"),
        "hartmann",
    ),
    "long-samples": lambda: spider(SAMPLES.rename(index=lambda name: f"{name}, {LONG}")),
    "long-classes": lambda: classes(SAMPLES.rename(index=lambda name: f"{name}, {LONG}")),
    "long-posteriors": lambda: plot_posteriors(
        [replace(a, name=f"{a.name}, {LONG}") for a in _ages()], system("neukum1983")
    ),
    "differential": lambda: plot_counts(_counts(), _ages(), system("yue2022"), "differential"),
    "all-chronologies": lambda: plot_chronologies([system(n) for n in system_names()], rate=True),
    "posteriors": lambda: plot_posteriors(_ages(), system("neukum1983")),
    "contrast": contrast_figure,
    "classes": lambda: classes(SAMPLES),
    "calibration-curve": lambda: draw_calibration(_fit(), "curve"),
    "calibration-posterior": lambda: draw_calibration(_fit(), "posterior"),
    "calibration-change": lambda: draw_calibration(_fit(), "change"),
    "ocean": lambda: draw_ocean(crystallise_ocean("lpum")),
    "impact": lambda: draw_impact([match_basin(None, draws=20_000), match_basin(draws=20_000)]),
    "mare": lambda: mare_figure(mare_test(draws=2)),
    "oxidation": oxidation_figure,
    **{
        f"report-{name}": lambda draw=draw: of_report(figures, draw)
        for name, draw in REPORT.items()
    },
    **{
        f"finding-{name}": lambda name=name: of_report(
            _findings, lambda: _findings.figure(claims()[name], "finding")
        )
        for name in catalogue.names()
        if name != "potassium"
    },
    "report-map": lambda: of_report(_map, lambda: _map.side_figure(load_map(stale=True), "far")),
}
"""Every figure that the commands and the library draw."""


def write(name: str, path: Path) -> None:
    """Write a figure in few pixels, as the baselines are; letters are not fitted to the pixels."""
    with styled(text_hinting="none"):
        figure = COMPARED[name]()
        settle(figure)
        figure.savefig(path, dpi=DPI, metadata={"Software": None})


if __name__ == "__main__":
    for each in sys.argv[1:] or COMPARED:
        write(each, BASELINE / f"{each}.png")
