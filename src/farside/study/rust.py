"""Hematite and maghemite: the oxygen that they ask of a vapour, and their band from orbit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets.crust import load_ferric_spectra
from farside.interior.oxidation import (
    HEMATITE_C,
    LUNAR_RANGE,
    MAGHEMITE_EXCESS,
    buffer_fo2,
    maghemite_fo2,
    pure_gas_fo2,
)
from farside.readers.dataset import make_spectra
from farside.spectra.ferric import (
    MIN_DEPTH,
    Rate,
    binomial_rate,
    detection,
    false_positives,
    scene_relative,
)
from farside.study._published import claimed
from farside.study.finding import Finding, Part, Statement, drawn, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr

DRAWS = 400
SENSORS = {"SP": "three scenes at 4 to 28 degrees of latitude", "M3": "Aristarchus"}
DEPTHS = (0.01, 0.05)
_STEAM = "farside.interior.oxidation.pure_gas_fo2"
_BUFFER = "farside.interior.oxidation.buffer_fo2"
_MAGHEMITE = "farside.interior.oxidation.maghemite_fo2"
_FALSE = "farside.spectra.ferric.false_positives"
_FOUND = "farside.spectra.ferric.detection"
ABOVE = Statement(low=0.0)
_NOTES = (
    "ideal gas, pure phases, equilibrium; maghemite grows also on magnetite, metastably",
    (
        "candidates on this ground count as mistakes: hardly any hematite is mapped at such "
        "latitudes [li2020hematite]; neighbouring spectra are not independent, so their intervals "
        "are too narrow"
    ),
    (
        "the Multiband Imager has no band between 749 and 901 nm: no proxy on it is offered, as "
        "none could be tested"
    ),
)


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the finding on ferric oxides in the Chang'e-6 soil.

    Temperature is drawn uniform over the range that is published for the grains, the mantle's
    oxygen uniform over that of lunar basalts, the excess enthalpy of maghemite within its error.
    """
    rng = np.random.default_rng(0)
    celsius = rng.uniform(*HEMATITE_C, DRAWS)
    excess = rng.normal(*MAGHEMITE_EXCESS, DRAWS)
    hematite = buffer_fo2("MH", celsius)
    mantle = buffer_fo2("IW", celsius) + rng.uniform(*LUNAR_RANGE, DRAWS)
    steam = np.array([pure_gas_fo2(float(t)) for t in celsius])
    maghemite = np.array([float(maghemite_fo2(t, e)) for t, e in zip(celsius, excess, strict=True)])
    unit = "log10 fO2, bar"
    found = claimed("grains of hematite and maghemite", "liu2025", "abstract")
    parts = (
        drawn("pure steam at 1 bar above the limit of hematite", steam - hematite, unit, ABOVE,
              published=(found,)),
        unknown("the vapour of the impact above the limit of hematite", unit, statement=ABOVE,
                note="neither its composition nor its oxygen is published"),
        drawn("limit of hematite above the mantle of the Moon", hematite - mantle, unit,
              decides=False, function=_BUFFER, source="oxidation_buffers"),
        drawn("pure steam at 1 bar above the limit of maghemite as its own phase",
              steam - maghemite, unit, ABOVE, decides=False, function=_MAGHEMITE,
              source="laberty1998"),
        *_orbit(),
    )  # fmt: skip
    return (
        Finding(
            "ferric-oxides",
            "Hematite and maghemite from impact vapour",
            "Hematite and maghemite in the Chang'e-6 soil grew from an oxidised impact vapour.",
            parts,
            "Equilibrium asks for oxygen some ten orders of magnitude above that of lunar basalt. "
            "A vapour of steam or carbon dioxide with hardly any hydrogen or carbon monoxide "
            "reaches hematite; whether an impact on the Moon makes one is not computed here. From "
            "orbit the band of hematite near 850 nm is not seen in the three scenes of the "
            "Spectral Profiler that ship, once what a scene shares is divided out: as archived, "
            "nearly all spectra look like hematite, by a step of calibration. A band of 1 % would "
            "mostly be missed, one of 5 % hardly. No such spectrum of the Chang'e-6 site is here.",
            "The composition of the vapour: sulfur, sodium and oxygen of the films around the "
            "grains; oxygen isotopes of the hematite against those of the Earth's wind; "
            "hyperspectral images of the landing site.",
            (_STEAM, _BUFFER, _MAGHEMITE, _FALSE, _FOUND),
            ("oxidation_gas", "oxidation_buffers", *(f"ferric_{s.lower()}" for s in SENSORS)),
            ("liu2025", "frost1991", "wadhwa2008", "laberty1998", "li2020hematite",
             "vivianobeck2014"),
            _NOTES,
        ),
    )  # fmt: skip


def scenes(sensor: str) -> list[xr.Dataset]:
    """Return the spectra that ship of a sensor, scene by scene, as archived.

    Parameters
    ----------
    sensor : of `farside.datasets.crust.load_ferric_spectra`
    """
    table = load_ferric_spectra(sensor)
    columns = [c for c in table.columns if c[1:].replace(".", "").isdigit()]
    wavelength = [float(c[1:]) for c in columns]
    return [
        make_spectra(group[columns].to_numpy(dtype=float).T, wavelength)
        for _, group in table.groupby("scene", sort=False)
    ]


def summed(what: str, rates: Iterable[Rate]) -> Rate:
    """Return the rate over several scenes, with its exact interval."""
    found = list(rates)
    return binomial_rate(what, sum(r.found for r in found), sum(r.of for r in found))


def _orbit() -> list[Part]:
    """Return how often ground without hematite looks like it, and how often a band is found."""
    parts = []
    for sensor, ground in SENSORS.items():
        archived = scenes(sensor)
        relative = [scene_relative(ds) for ds in archived]
        source = f"ferric_{sensor.lower()}"
        for ways, made in (("as archived", archived), ("over the scene's median", relative)):
            what = f"spectra of {sensor} that look like hematite, {ways}"
            rate = summed(what, (false_positives(ds) for ds in made))
            parts.append(_rate(rate, f"{ground}; band of {MIN_DEPTH:.0%} or more", _FALSE, source))
        for depth in DEPTHS:
            found = (detection(ds, (depth,))[0] for ds in relative)
            rate = summed(f"spectra of {sensor} in which a band of {depth:.0%} put in is found",
                          found)  # fmt: skip
            parts.append(_rate(rate, "over the scene's median", _FOUND, source))
    return parts


def _rate(rate: Rate, note: str, function: str, source: str) -> Part:
    value, low, high = (100 * x for x in (rate.rate, rate.lower, rate.upper))
    note = f"{rate.found} of {rate.of}; {note}"
    return Part(rate.what, value, low, high, "%", decides=False, note=note,
                function=function, source=source)  # fmt: skip
