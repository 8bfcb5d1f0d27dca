"""Colours: those of `farside.style`, even in lightness and safe for colour-blind eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from cmcrameri import cm

from farside.style import colour_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farside.explorer.layers import Layer

MISSING = "#8c8c8c"
"""Of what has no value."""

STEPS = 256

REGION_A, REGION_B = "#ffb000", "#dc267f"
PLACE = "#ffffff"
"""Of regions and of the place that was asked for: of the colour-blind safe set of IBM's design
language; white with a dark edge stands out on every map used here."""


def colours(layer: Layer, *, difference: bool = False) -> list[str]:
    """Return the colours of a layer, low to high, as hexadecimal.

    Parameters
    ----------
    layer : to show
    difference : whether another layer is taken off it
    """
    if layer.classes:
        return [_hexadecimal(c) for c in cm.batlowS.colors[: len(layer.classes)]]
    return ramp("difference" if difference else layer.quantity)


def ramp(quantity: str) -> list[str]:
    """Return the colours of a quantity of `farside.style.COLOUR_MAPS`, as hexadecimal."""
    found = colour_map(quantity)(np.linspace(0, 1, STEPS))
    return [_hexadecimal(colour) for colour in found]


def _hexadecimal(colour: Sequence[float]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(v) for v in np.rint(255 * np.array(colour[:3]))))
