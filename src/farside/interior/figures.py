"""Figures of the magma ocean and of the impact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.datasets.analyses import load_kreep_components
from farside.isotopes.potassium import offset_of
from farside.style import (
    BLUE,
    DOUBLE_IN,
    INK,
    LEAST_PT,
    SMALL_PT,
    VERMILLION,
    caption,
    new_figure,
    styled,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from farside.interior.impact_loss import ImpactPosterior
    from farside.interior.magma_ocean import MagmaOcean

COLOURS = {
    "olivine": "#7a9a4f",
    "orthopyroxene": "#a58352",
    "clinopyroxene": "#4f6d7a",
    "plagioclase": "#dcd6c8",
    "Ti-spinel": "#3a3a3a",
}
RARE_EARTHS = (
    "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu",
)  # fmt: skip


@styled()
def draw_ocean(ocean: MagmaOcean) -> Figure:
    """Draw the column of a magma ocean, and the rare earths of its liquid over the bulk Moon."""
    figure = new_figure(3.6, DOUBLE_IN)
    left, right = figure.subplots(1, 2)
    for step in ocean.steps:
        start, bottom = 0.0, 100 * step.solid[0]
        for name, share in step.modes.items():
            left.barh(
                bottom, 100 * share, 100 * (step.solid[1] - step.solid[0]), start,
                align="edge", color=COLOURS[name], edgecolor="white", linewidth=0.5,
            )  # fmt: skip
            start += 100 * share
    for name, colour in COLOURS.items():
        left.bar(0, 0, color=colour, label=name)
    left.set(xlim=(0, 100), ylim=(0, 100), xlabel="minerals (wt%)")
    left.set_ylabel("solid share of the ocean (%)")
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    x = np.arange(len(RARE_EARTHS))
    scale = np.array([ocean.start[e] for e in RARE_EARTHS])
    for step, shade in zip(ocean.steps, np.linspace(0.25, 1, len(ocean.steps)), strict=True):
        found = np.array([step.liquid[e] for e in RARE_EARTHS]) / scale
        right.plot(x, found, color=VERMILLION, alpha=float(shade), linewidth=1.2)
        label = f"{100 * step.solid[1]:.0f} %" if step.solid[1] < 0.99 else "last liquid"
        if step is ocean.steps[-1] or step.solid[1] < 0.9:
            right.annotate(label, (x[-1], found[-1]), (4, -3), textcoords="offset points",
                           fontsize=LEAST_PT)  # fmt: skip
    kreep = load_kreep_components().set_index("analyte")["value"]
    values = np.array([float(kreep[e]) for e in RARE_EARTHS]) / scale
    right.plot(x, values, "o", color=INK)
    right.set_yscale("log")
    right.set_xticks(x, RARE_EARTHS)
    right.set_xlim(-0.5, len(x) + 1.6)
    right.set_ylabel("liquid over bulk Moon")
    caption(right, "lines: the liquid by its solid share; points: KREEP basalt 15386")
    figure.suptitle(
        f"Magma ocean of {ocean.depth_km:.0f} km, {ocean.bulk}: crust {ocean.crust_km:.0f} km"
    )
    return figure


@styled()
def draw_impact(posteriors: Sequence[ImpactPosterior]) -> Figure:
    """Draw what each posterior says with its intervals; a stroke marks the offset measured."""
    figure = new_figure(0.8 + 0.42 * len(posteriors), DOUBLE_IN)
    names = [f"{p.offset}\n{p.alpha}" if p.offset else "basin alone" for p in posteriors]
    columns = (
        ("diameter_km", "impactor (km)", 1.0),
        ("depth_km", "melt to (km)", 1.0),
        ("lost", "K lost (%)", 100.0),
        ("predicted", "offset of δ⁴¹K (‰)", 1.0),
    )
    y = np.arange(len(posteriors))
    for axis, (name, label, scale) in zip(
        figure.subplots(1, len(columns), sharey=True), columns, strict=True
    ):
        values = scale * np.array([getattr(p, name) for p in posteriors])
        axis.hlines(y, values[:, 0], values[:, 2], color=BLUE, linewidth=1.6)
        axis.plot(values[:, 1], y, "o", color=VERMILLION)
        axis.set_xlabel(label)
        if name in {"lost", "predicted"}:
            axis.set_xscale("log")
        if name == "predicted":
            for p, place in zip(posteriors, y, strict=True):
                if p.offset:
                    wanted = offset_of(p.offset)
                    axis.plot(wanted.value, place + 0.22, "|", color=INK, markersize=8)
    first = figure.axes[0]
    first.set_yticks(y, names, fontsize=SMALL_PT)
    first.set_ylim(len(posteriors) - 0.4, -0.6)
    return figure
