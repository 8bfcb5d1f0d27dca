"""What the explorer says of a place that was clicked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.constants import OXIDES
from farside.datasets import load_sites, load_sp_spectra
from farside.explorer.drawing import sample
from farside.geography import great_circle_km
from farside.maps.site import Figure, Site, site

if TYPE_CHECKING:
    import pandas as pd

    from farside.explorer.opened import Opened

SPECTRUM_KM = 100.0
"""A spectrum is shown if one was taken within this distance; our choice."""


@dataclass(frozen=True)
class Spectrum:
    """A spectrum near a place.

    Parameters
    ----------
    sensor : that took it
    title : what it is of
    distance_km : from the place
    wavelength_nm, reflectance : of its bands
    sigma : scatter, one standard deviation; empty where none is known
    """

    sensor: str
    title: str
    distance_km: float
    wavelength_nm: tuple[float, ...]
    reflectance: tuple[float, ...]
    sigma: tuple[float, ...] = ()


@dataclass(frozen=True)
class PlaceCard:
    """What is known of a place.

    Parameters
    ----------
    oxides : of the opened output, with the interval that it states; empty where it has no pixel
    novelty : of the output, None where there is none
    coverage : of the intervals
    site : what ships with farside says of the place
    spectra : near it, nearest first
    """

    oxides: tuple[Figure, ...]
    novelty: float | None
    coverage: float
    site: Site
    spectra: tuple[Spectrum, ...]


def ask(opened: Opened, lat: float, lon: float) -> PlaceCard:
    """Return what is known of a place.

    Parameters
    ----------
    opened : output whose finest pixel is read
    lat, lon : degrees

    Raises
    ------
    InputError
        when the place is not on the Moon
    """
    known = site(lat, lon)
    oxides = []
    for oxide in OXIDES:
        value, low, high = (_pixel(opened, f"{v}:{oxide}", lat, lon) for v in
                            ("value", "lower", "upper"))  # fmt: skip
        if value is not None:
            oxides.append(Figure(oxide, value, low, high, "wt%"))
    return PlaceCard(
        tuple(oxides),
        _pixel(opened, "novelty", lat, lon),
        opened.coverage,
        known,
        nearest_spectra(lat, lon),
    )


def _pixel(opened: Opened, name: str, lat: float, lon: float) -> float | None:
    read = sample(opened.pieces, name, (np.array([lat]), np.array([lon])), 0.0)
    value = float(read.values.item())  # noqa: PD011 - of a Read
    return value if math.isfinite(value) else None


def nearest_spectra(lat: float, lon: float) -> tuple[Spectrum, ...]:
    """Return the nearest spectrum of MI at a landing and of SP, each within `SPECTRUM_KM`."""
    found = []
    for table, words in (
        (load_sites(), "Kaguya MI at {site}"),
        (load_sp_spectra(), "Kaguya SP, {scene}, run {run}, as archived"),
    ):
        away = great_circle_km(lat, lon, table["lat"].to_numpy(), table["lon"].to_numpy())
        if not np.isfinite(away).any():
            continue
        row = int(np.nanargmin(away))
        if away[row] <= SPECTRUM_KM:
            found.append(_spectrum(table, row, words, float(away[row])))
    return tuple(sorted(found, key=lambda s: s.distance_km))


def _spectrum(table: pd.DataFrame, row: int, words: str, distance: float) -> Spectrum:
    line = table.iloc[row].to_dict()
    bands = [str(c) for c in table.columns if str(c)[0] == "r" and str(c)[1:].isdigit()]
    bands = [b for b in bands if np.isfinite(float(line[b]))]
    sigma = tuple(float(line[f"{b}_1s"]) for b in bands) if f"{bands[0]}_1s" in line else ()
    return Spectrum(
        " ".join(words.split()[:2]).rstrip(","),
        words.format(**{str(k): v for k, v in line.items()}),
        distance,
        tuple(float(b[1:]) for b in bands),
        tuple(float(line[b]) for b in bands),
        sigma,
    )
