"""Colours: maps of cmcrameri, even in lightness and safe for colour-blind eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from cmcrameri import cm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farside.explorer.layers import Layer

DIVERGING = "vik"
"""Of differences: white at 0."""

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
        return [_hexadecimal(c) for c in getattr(cm, layer.colours).colors[: len(layer.classes)]]
    return ramp(DIVERGING if difference else layer.colours)


def ramp(name: str) -> list[str]:
    """Return the colours of a map of cmcrameri, as hexadecimal."""
    found = getattr(cm, name)(np.linspace(0, 1, STEPS))
    return [_hexadecimal(colour) for colour in found]


def _hexadecimal(colour: Sequence[float]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(v) for v in np.rint(255 * np.array(colour[:3]))))
