"""What can be shown: each layer, what it is made of, its unit and its colours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from farside.constants import OXIDES
from farside.errors import UnknownNameError
from farside.explorer.opened import TERRANES
from farside.maps.derived import molar_mg_number
from farside.maps.export import display_range
from farside.maps.resources import RESOURCES
from farside.style import pretty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

OUTPUT, GLOBAL, YOUNG = "output", "global", "young"
"""Where a layer is read: of the opened output, or of what ships."""


@dataclass(frozen=True)
class Layer:
    """Something that can be shown.

    Parameters
    ----------
    key : in links
    title : for people
    unit : as written, empty for a class
    group : of the list that it is chosen from
    needs : names that are read, see `farside.explorer.pieces.Piece`
    quantity : of `farside.style.COLOUR_MAPS`
    limits : of the colours; from the whole map where None
    source : where it is read
    make : the layer from what is read, in the order of `needs`; the first alone when None
    bounds : keys of its lower and upper layer, where it has an interval
    note : what to know when reading it
    classes : names of the codes 0, 1, ... of a layer of classes
    """

    key: str
    title: str
    unit: str
    group: str
    needs: tuple[str, ...]
    quantity: str = "oxide"
    limits: tuple[float, float] | None = None
    source: str = OUTPUT
    make: Callable[..., Array] | None = None
    bounds: tuple[str, str] | None = None
    note: str = ""
    classes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Title with unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    def values(self, read: Mapping[str, NDArray[np.float32]]) -> Array:
        """Return the layer from what was read."""
        parts = [read[name].astype(np.float64) for name in self.needs]
        return np.asarray(self.make(*parts) if self.make else parts[0], dtype=np.float64)


def _oxides() -> list[Layer]:
    return [
        Layer(
            oxide, pretty(oxide), "wt%", "Oxides", (f"value:{oxide}",), limits=display_range(oxide),
            bounds=(f"{oxide}-lower", f"{oxide}-upper"),
        )
        for oxide in OXIDES
    ]  # fmt: skip


def _intervals() -> list[Layer]:
    found = []
    for oxide in OXIDES:
        for end in ("lower", "upper"):
            title, needs = f"{pretty(oxide)}, {end} bound", (f"{end}:{oxide}",)
            shown = display_range(oxide)
            found.append(Layer(f"{oxide}-{end}", title, "wt%", "Intervals", needs, limits=shown))
        found.append(
            Layer(
                f"{oxide}-half-width", f"{pretty(oxide)}, half of the interval", "wt%", "Intervals",
                (f"lower:{oxide}", f"upper:{oxide}"), "interval",
                make=lambda low, high: (high - low) / 2,
            )
        )  # fmt: skip
    return found


def _resources() -> list[Layer]:
    found = []
    for one in RESOURCES:
        title = {"oxygen_ilmenite": "Oxygen from ilmenite", "oxygen_iron": "Oxygen bound to iron",
                 "helium_3": "Helium-3"}.get(one.name, one.name.capitalize())  # fmt: skip
        key = one.name.replace("_", "-")
        for end, make in (("", one.middle), ("lower", one.least), ("upper", one.greatest)):
            variable = end or "value"
            found.append(
                Layer(
                    f"{key}-{end}" if end else key,
                    f"{title}, {end} bound" if end else title,
                    one.unit,
                    "Resources" if not end else "Intervals",
                    (f"{variable}:{one.oxide}",),
                    "resource",
                    make=lambda wt, make=make: make(np.maximum(wt, 0)),
                    bounds=None if end else (f"{key}-lower", f"{key}-upper"),
                    note=one.meaning,
                )
            )
    return found


def _others() -> list[Layer]:
    ships = "half a degree, ships with farside"
    return [
        Layer("mg-number", "Mg#", "%", "Derived", ("value:MgO", "value:FeO"),
              limits=(40.0, 80.0), make=molar_mg_number, note="molar 100 Mg/(Mg+Fe)"),
        Layer("novelty", "Novelty", "1", "Derived", ("novelty",), "novelty",
              limits=(0.0, 2.0), note="1 is the limit, above it the map extrapolates"),
        Layer("terrane", "Terranes", "", "Ground", ("terrane",),
              source=GLOBAL, classes=TERRANES, limits=(-0.5, len(TERRANES) - 0.5),
              note="of Jolliff et al. (2000): Procellarum KREEP (PKT), South Pole-Aitken (SPAT), "
              "Feldspathic Highlands (FHT)"),
        Layer("thorium", "Thorium", "ppm", "Ground", ("lp2_Th",), "trace element",
              source=GLOBAL, note=f"Lunar Prospector at 2 degrees; {ships}"),
        Layer("height", "Height", "km", "Ground", ("height_km",), "height",
              limits=(-8.0, 8.0), source=GLOBAL, note=f"above 1737.4 km; {ships}"),
        Layer("slope", "Slope", "°", "Ground", ("slope_deg",), "relief", limits=(0.0, 8.0),
              source=GLOBAL, note=f"over 15.2 km; {ships}"),
        Layer("albedo", "Albedo at 1064 nm", "1", "Ground", ("albedo_1064",), "reflectance",
              limits=(0.1, 0.45), source=GLOBAL, note=ships),
        Layer("mare", "Mare fraction", "1", "Ground", ("mare_fraction",), "share",
              limits=(0.0, 1.0), source=GLOBAL, note=f"none is mapped beyond 70 degrees; {ships}"),
        Layer("young-mare", "Look of a young mare, probability", "1", "Ground", ("young_mare",),
              "share", limits=(0.0, 1.0), source=YOUNG,
              note="of the map that ships; a candidate, not an age: colour cannot date"),
    ]  # fmt: skip


@cache
def catalogue() -> dict[str, Layer]:
    """Return every layer by its key."""
    return {layer.key: layer for layer in (*_oxides(), *_intervals(), *_others(), *_resources())}


def layer(key: str) -> Layer:
    """Return the layer of a key.

    Raises
    ------
    UnknownNameError
        when there is none
    """
    known = catalogue()
    if key not in known:
        raise UnknownNameError.of("layer", key, known)
    return known[key]


def available(names: frozenset[str]) -> dict[str, Layer]:
    """Return the layers that can be shown where an output holds these names."""
    return {
        key: one
        for key, one in catalogue().items()
        if one.source != OUTPUT or names.issuperset(one.needs)
    }
