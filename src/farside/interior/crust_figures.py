"""Figures of crust and oxidation: mare over thickness, and the map of oxygen fugacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from farside.datasets import load_cells_5deg
from farside.geography import in_spa, near_side_fraction
from farside.interior.crust import cell_thickness
from farside.interior.oxidation import HEMATITE_C, buffer_fo2, buffer_map
from farside.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    legend_below,
    new_figure,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from farside.interior.volcanism import MareTest

_HEIGHT_IN = 2.7
_GROUPS = {"near side": BLUE, "far side outside SPA": ORANGE, "SPA": VERMILLION}
_LINES = {
    "maghemite": (PURPLE, ":"),
    "MH": (VERMILLION, "-"),
    "FMQ": (GREEN, "-"),
    "WM": (SKY, "-"),
    "IW": (BLUE, "-"),
    "mantle": (BLUE, "--"),
}


@styled()
def mare_figure(test: MareTest, step_km: float = 4.0) -> Figure:
    """Return the share of mare over thickness of the crust: the rule and what is observed.

    Parameters
    ----------
    test : of `farside.interior.volcanism.mare_test` with thickness alone, by isostasy
    step_km : width of the bins of thickness
    """
    figure = new_figure(_HEIGHT_IN)
    axes = figure.add_subplot()
    cells = load_cells_5deg()
    cells = cells.assign(thickness=cell_thickness(cells))[cells["mare_fraction"].notna()]
    near, area = near_side_fraction(cells), cells["area_km2"].to_numpy(float)
    spa = in_spa(cells["lat"], cells["lon"])
    weights = (area * near, area * (1 - near) * ~spa, area * spa)
    thickness = cells["thickness"].to_numpy()
    edges = np.arange(0, thickness.max() + step_km, step_km)
    which = np.digitize(thickness, edges) - 1
    for (name, colour), weight in zip(_GROUPS.items(), weights, strict=True):
        total = np.bincount(which, weight, edges.size)
        mare = np.bincount(which, weight * cells["mare_fraction"].to_numpy(), edges.size)
        use = total > 0.005 * weight.sum()
        axes.plot(
            edges[use] + step_km / 2, 100 * mare[use] / total[use], "o-", color=colour, label=name
        )
    x = np.linspace(5, 70, 200)
    slope = test.coefficients[1]
    rule = 100 * expit(slope * (x - test.half_km))
    axes.plot(x, rule, color=MUTED, linewidth=1, label="rule of the near side")
    axes.set_xlabel("thickness of the crust by isostasy (km)")
    axes.set_ylabel("ground under mare (%)")
    legend_below(figure, axes, 2)
    return figure


@styled()
def oxidation_figure() -> Figure:
    """Return log fO2 over temperature: buffers, lunar mantle, pure steam, and hematite's window."""
    figure = new_figure(_HEIGHT_IN)
    axes = figure.add_subplot()
    celsius = np.linspace(570, 1100, 60)
    lines = buffer_map(celsius)
    names = {"MH": "magnetite-hematite", "mantle": "lunar mantle, IW - 1", "maghemite": "maghemite"}
    for name, (colour, style) in _LINES.items():
        axes.plot(celsius, lines[name], style, color=colour, label=names.get(name, name))
    axes.plot(celsius, lines["steam"], "-.", color=MUTED, label="pure steam, 1 bar")
    low, high = HEMATITE_C
    inside = np.linspace(low, high, 40)
    axes.fill_between(
        inside, buffer_fo2("MH", inside), 0, color=VERMILLION, alpha=0.15, linewidth=0
    )
    axes.text((low + high) / 2, -1.2, "hematite of Chang'e-6", ha="center", color=INK)
    axes.set_xlim(570, 1100)
    axes.set_ylim(-27, 0)
    axes.set_xlabel("temperature (°C)")
    axes.set_ylabel("log₁₀ of oxygen fugacity (bar)")
    legend_below(figure, axes, 3)
    return figure
