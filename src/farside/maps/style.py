"""The style that QGIS loads beside a GeoTIFF: colours, range and unit of its first band."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
from cmcrameri import cm

STEPS = 11


def qml(limits: tuple[float, float], unit: str) -> str:
    """Return a QGIS style: batlow over the limits, linear between its steps.

    Parameters
    ----------
    limits : lowest and highest value of the colours
    unit : behind the numbers of the legend
    """
    low, high = limits
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    renderer = ET.SubElement(
        pipe, "rasterrenderer", type="singlebandpseudocolor", band="1", opacity="1",
        classificationMin=f"{low:g}", classificationMax=f"{high:g}",
    )  # fmt: skip
    shader = ET.SubElement(ET.SubElement(renderer, "rastershader"), "colorrampshader")
    shader.attrib.update(
        colorRampType="INTERPOLATED", classificationMode="1", clip="0",
        minimumValue=f"{low:g}", maximumValue=f"{high:g}", labelPrecision="1",
    )  # fmt: skip
    for share in np.linspace(0, 1, STEPS):
        red, green, blue, _ = (255 * np.array(cm.batlow(float(share)))).round().astype(int)
        value = low + share * (high - low)
        ET.SubElement(
            shader, "item", value=f"{value:.6g}", label=f"{value:.3g} {unit}", alpha="255",
            color=f"#{red:02x}{green:02x}{blue:02x}",
        )  # fmt: skip
    ET.indent(root)
    return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode") + "\n"
