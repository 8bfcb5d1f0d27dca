"""The layers that can be drawn on a globe, each with its unit, its colours and its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.constants import OXIDES
from farside.datasets.layers import grid_latitude, load_layers
from farside.errors import UnknownNameError
from farside.maps.shipped import load_map
from farside.style import pretty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float = NDArray[np.float64]

MEASURED = {
    "albedo_1064": ("albedo at 1064 nm", "reflectance"),
    "wac_r643": ("reflectance at 643 nm, LROC WAC", "reflectance"),
    "wac_green_mix": ("reflectance, mix of 566 and 415 nm (green), LROC WAC", "reflectance"),
    "wac_blue_mix": ("reflectance, mix of 566 and 415 nm (blue), LROC WAC", "reflectance"),
    "wac_TiO2": ("TiO₂, LROC WAC", "oxide"),
    "mare_fraction": ("share of ground under mare", "share"),
    "height_km": ("height above 1737.4 km", "height"),
    "slope_deg": ("slope over 15.2 km", "relief"),
    "roughness_km": ("roughness over 7.6 km", "relief"),
    "lp2_FeO": ("FeO, Lunar Prospector at 2°", "oxide"),
    "lp2_TiO2": ("TiO₂, Lunar Prospector at 2°", "oxide"),
    "lp2_Th": ("Th, Lunar Prospector at 2°", "trace element"),
    "lp2_K": ("K, Lunar Prospector at 2°", "trace element"),
    "fast_neutrons": ("fast neutrons, Lunar Prospector", "neutrons"),
    "thermal_neutrons": ("thermal neutrons, Lunar Prospector", "neutrons"),
}
"""Title and quantity of `farside.style.COLOUR_MAPS` of each layer of `load_layers`."""

_UNITS = {"1": "", "deg": "°"}

SPAN = (0.01, 0.99)
"""Shares of the Moon's area below the ends of the colours: few pixels shall not bleach the rest."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A quantity over the whole Moon.

    Parameters
    ----------
    name : as asked for
    title : in words
    unit : empty for a quantity without one
    quantity : of `farside.style.COLOUR_MAPS`
    values : (360, 720), NaN where missing, 90 N and 180 W at the first corner
    half_width : half of the interval of each pixel, in the same unit; None where none is known
    coverage : of the interval
    novelty : of the estimate, above 1 where nothing it was learnt from is alike
    """

    name: str
    title: str
    unit: str
    quantity: str
    values: Float
    half_width: Float | None = None
    coverage: float | None = None
    novelty: Float | None = None

    @property
    def label(self) -> str:
        """Return the title with the unit in brackets."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


def layer_names() -> tuple[str, ...]:
    """Return the names of the layers that can be drawn."""
    return (*OXIDES, "novelty", *MEASURED)


def find_layer(name: str) -> Layer:
    """Return a layer of `farside.load_map` or `farside.load_layers` as it is drawn.

    Parameters
    ----------
    name : of `layer_names`; case does not matter

    Raises
    ------
    UnknownNameError
        for a name that no layer has, with the nearest
    """
    known = {each.casefold(): each for each in layer_names()}
    if name.casefold() not in known:
        raise UnknownNameError.of("layer", name, known.values())
    own = known[name.casefold()]
    if own in MEASURED:
        title, quantity = MEASURED[own]
        found = load_layers()[own]
        unit = str(found.attrs["units"])
        return Layer(own, title, _UNITS.get(unit, unit), quantity, found.to_numpy().astype(float))
    sharp = load_map()
    novelty = sharp["novelty"].to_numpy().astype(float)
    if own == "novelty":
        return Layer(own, "novelty of the surface, 1 = limit", "", "novelty", novelty)
    part = sharp.sel(oxide=own)
    value, upper = (part[each].to_numpy().astype(float) for each in ("value", "upper"))
    return Layer(
        own, pretty(own), "wt%", "oxide", value, upper - value, float(sharp.attrs["coverage"]),
        novelty,
    )  # fmt: skip


def colour_limits(values: Float) -> tuple[float, float]:
    """Return the values below which `SPAN` of the area lies, and at the least a step apart.

    Parameters
    ----------
    values : (360, 720), NaN where missing
    """
    weights = np.broadcast_to(np.cos(np.radians(grid_latitude()))[:, None], values.shape)
    known = np.isfinite(values)
    low, high = np.quantile(values[known], SPAN, weights=weights[known], method="inverted_cdf")
    return float(low), float(high if high > low else low + 1.0)
