"""Completion as the shell asks for it, and that the lists it offers are the library's own."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from farside import style
from farside.chronology import age, calibration_plots, files, likelihood, models, posterior, sites
from farside.chronology.systems import equilibria, system_names
from farside.cli import names
from farside.cli.app import app
from farside.datasets import load_missions
from farside.datasets.features import load_features
from farside.geography.projections import CODES
from farside.interior.melting_fit import RECIPES
from farside.isotopes import decay, headers, isoplotr, potassium, run, systems
from farside.maps import globe, globe_layers, outputs
from farside.maps.soil_mechanics import SOILS
from farside.oxides.methods import METHODS
from farside.report import validation
from farside.samples import convert
from farside.study import catalogue


def completed(line: str, word: str) -> list[str]:
    """Return what bash would offer for `word` after `line`."""
    words = f"farside {line} {word}"
    env = {
        "_FARSIDE_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(f"farside {line}".split())),
    }
    done = CliRunner().invoke(app, env=env, prog_name="farside")
    assert done.exit_code == 0, done.output
    return done.output.split("\n")[:-1]


@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("", "chr", ["chronology"]),
        ("chronology", "h", ["hypotheses"]),
        ("predict spectra.csv", "--sen", ["--sensor"]),
        ("predict spectra.csv --sensor", "M", ["MI", "M3"]),
        ("findings", "spa-", ["spa-maria", "spa-near-side", "spa-far-highlands"]),
        ("findings leak", "bas", ["basin-mantle", "basalt-age", "basin-age"]),
        ("validate --estimator", "p", ["pls"]),
        ("validate --protocol", "l", ["loo", "lomo"]),
        ("age count.scc --system", "neukum", ["neukum1983", "neukum2001"]),
        ("chronology plot --system", "far", ["farside-2026"]),
        ("isochron table.csv --decay", "n", ["nebel2011"]),
        ("isochron table.csv --system", "sm", ["sm-nd"]),
        ("compare map.zarr --with", "p", ["prospector"]),
        ("site", "Tranq", [""]),
        ("site", "Luna", ["Luna 16", "Luna 20", "Luna 24"]),
        ("site", "Leibnit", ["Leibnitz", "Leibnitz S", "Leibnitz R", "Leibnitz X"]),
    ],
)
def test_the_shell_is_offered(line: str, word: str, offered: list[str]) -> None:
    assert completed(line, word) == offered


def test_places_are_landings_and_features_the_large_first() -> None:
    assert names.places("Apollo")[0] == "Apollo 11"
    assert set(names.places("")) == {*load_missions()["mission"], *load_features()["name"]}
    found = names.places("Mare")
    # Mare Imbrium (1146 km) is larger than Mare Serenitatis (674 km), IAU
    assert found.index("Mare Imbrium") < found.index("Mare Serenitatis")


LISTS = {
    "FINDINGS": catalogue.names(),
    "ESTIMATORS": (*(m.name for m in METHODS), validation.ALL),
    "PROTOCOLS": (*validation.PROTOCOLS, validation.NEAR_FAR),
    "GRIDS": tuple(CODES),
    "SOILS": tuple(SOILS),
    "SYSTEMS": system_names(),
    "DATING": tuple(age.METHODS),
    "PRIORS": posterior.PRIORS,
    "DRAWINGS": files.DRAWINGS,
    "EQUILIBRIA": tuple(equilibria()),
    "CURVES": tuple(models._EXTRA),
    "SITE_SETS": tuple(sites.SETS),
    "CE6_AGES": tuple(sites.CE6_AGES),
    "DENSITIES": likelihood.ERRORS,
    "RECALIBRATIONS": calibration_plots.KINDS,
    "DECAY_SYSTEMS": tuple(systems.SYSTEMS),
    "DECAY_CONSTANTS": tuple(decay.PRESETS),
    "ISOPLOTR": tuple(isoplotr.LAYOUTS),
    "SAMPLE_LAYOUTS": convert.LAYOUTS,
    "SCATTERS": run.SCATTERS,
    "LEVELS": tuple(headers.LEVELS),
    "OFFSETS": tuple(potassium.OFFSETS),
    "ALPHAS": tuple(potassium.ALPHAS),
    "RECIPES": tuple(RECIPES),
    "COMPARED": outputs.AGAINST,
    "LAYERS": globe_layers.layer_names(),
    "VIEWS": tuple(globe.VIEWS),
    "WIDTHS": tuple(style.WIDTHS_IN),
}


@pytest.mark.parametrize("name", list(LISTS))
def test_lists_are_those_of_the_library(name: str) -> None:
    assert sorted(getattr(names, name)) == sorted(LISTS[name])


@pytest.mark.parametrize(
    "shell",
    [
        {"_FARSIDE_COMPLETE": "complete_zsh"},
        {"_FARSIDE_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    ],
    ids=["zsh", "fish"],
)
def test_other_shells_are_offered_the_same(shell: dict[str, str]) -> None:
    env = shell | {"_TYPER_COMPLETE_ARGS": "farside age count.scc --system neu"}
    done = CliRunner().invoke(app, env=env, prog_name="farside")
    assert done.exit_code == 0
    assert "neukum1983" in done.output
    assert "neukum2001" in done.output
    assert "yue2022" not in done.output
