"""How QGIS draws a layer: the colours, range and unit of a band, as its files have them.

Oxides are drawn in batlow (Crameri et al. 2020), whose steps look even to every eye.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from farside.style import colour_map

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS = 11
VEIL = ("#e6e6e6", 90)
"""Pale grey and its opacity (of 255) over what no validation reaches."""


def hex_colour(red: int, green: int, blue: int) -> str:
    """Return a colour as QGIS writes it.

    Examples
    --------
    >>> hex_colour(255, 0, 16)
    '#ff0010'
    """
    return f"#{red:02x}{green:02x}{blue:02x}"


def _pipe(kind: str, band: int, **about: str) -> tuple[ET.Element, ET.Element]:
    """Return what draws a raster, with its renderer still empty."""
    pipe = ET.Element("pipe")
    known = {"type": kind, "band": str(band), "opacity": "1", "alphaBand": "-1"}
    renderer = ET.SubElement(pipe, "rasterrenderer", known | about)
    return pipe, renderer


def _shader(renderer: ET.Element, kind: str, limits: tuple[float, float]) -> ET.Element:
    return ET.SubElement(
        ET.SubElement(renderer, "rastershader"), "colorrampshader",
        colorRampType=kind, classificationMode="1", clip="0",
        minimumValue=f"{limits[0]:g}", maximumValue=f"{limits[1]:g}", labelPrecision="1",
    )  # fmt: skip


def ramp(limits: tuple[float, float], unit: str, band: int = 1) -> ET.Element:
    """Return a pipe that draws a band in batlow over the limits, linear between its steps.

    Parameters
    ----------
    limits : lowest and highest value of the colours
    unit : behind the numbers of the legend
    band : of the file, from 1
    """
    low, high = limits
    pipe, renderer = _pipe(
        "singlebandpseudocolor", band,
        classificationMin=f"{low:g}", classificationMax=f"{high:g}",
    )  # fmt: skip
    shader = _shader(renderer, "INTERPOLATED", limits)
    shares = np.linspace(0, 1, STEPS)
    colours = (255 * colour_map("oxide")(shares)).round().astype(int)
    for share, (red, green, blue, _) in zip(shares, colours, strict=True):
        value = low + share * (high - low)
        ET.SubElement(
            shader, "item", value=f"{value:.6g}", label=f"{value:.3g} {unit}", alpha="255",
            color=hex_colour(red, green, blue),
        )  # fmt: skip
    return pipe


def veil(limit: float, below: str, above: str) -> ET.Element:
    """Return a pipe that leaves a band clear up to a limit and fades the map beyond it.

    Parameters
    ----------
    limit : the last value that is left clear
    below, above : of the legend
    """
    pipe, renderer = _pipe(
        "singlebandpseudocolor", 1, classificationMin=f"{limit:g}", classificationMax="inf"
    )
    shader = _shader(renderer, "DISCRETE", (limit, np.inf))
    grey, opacity = VEIL
    ET.SubElement(shader, "item", value=f"{limit:g}", label=below, alpha="0", color=grey)
    ET.SubElement(shader, "item", value="inf", label=above, alpha=str(opacity), color=grey)
    return pipe


def palette(
    colours: Mapping[int, tuple[int, int, int, int]], labels: Mapping[int, str]
) -> ET.Element:
    """Return a pipe that draws a band of whole numbers, each in a colour of its own.

    Parameters
    ----------
    colours : red, green, blue and opacity of each number, 0 to 255
    labels : of the numbers that the legend lists; the others are drawn in the clear
    """
    pipe, renderer = _pipe("paletted", 1)
    entries = ET.SubElement(renderer, "colorPalette")
    for number, label in labels.items():
        *colour, alpha = colours[number]
        ET.SubElement(
            entries, "paletteEntry", value=str(number), label=label, alpha=str(alpha),
            color=hex_colour(*colour),
        )  # fmt: skip
    return pipe


def qml(limits: tuple[float, float], unit: str) -> str:
    """Return the style that QGIS loads beside a GeoTIFF: batlow over the limits.

    Parameters
    ----------
    limits : lowest and highest value of the colours
    unit : behind the numbers of the legend
    """
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology")
    root.append(ramp(limits, unit))
    ET.indent(root)
    return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode") + "\n"
