"""Figures as the field draws them: spider diagram, KREEP contrast, classes of basalts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets.analyses import load_apollo_compositions
from farside.samples.classify import IRON, classify
from farside.samples.kreep import component, contrast
from farside.samples.patterns import CHONDRITE, REE, reference
from farside.style import (
    BLUE,
    DOUBLE_IN,
    FAINT,
    MUTED,
    SMALL_PT,
    VERMILLION,
    accent,
    halo,
    legend_below,
    marker,
    new_figure,
    plain_log,
    styled,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT_IN = 2.9
LABELS = {"Apollo 16 fines": (7, 6), "Apollo 15 fines": (-58, 6), "Apollo 17 fines": (-58, 6)}
"""Where the names of neighbours go, in points, so that they do not meet."""


@styled()
def spider(analyses: pd.DataFrame, name: str = CHONDRITE) -> Figure:
    """Return the rare-earth patterns of samples over a reference, with the KREEP end member.

    Parameters
    ----------
    analyses : checked analyses, rare earths in ppm, one sigma in ``*_1s``
    name : reference composition of pyrolite
    """
    figure = new_figure(_HEIGHT_IN)
    axes = figure.add_subplot()
    norm = reference(name)
    place = {element: i for i, element in enumerate(REE)}
    kreep = component()["value"]
    known = [e for e in REE if e in kreep.index]
    axes.plot(
        [place[e] for e in known],
        [kreep[e] / norm[e] for e in known],
        color=MUTED,
        linewidth=4,
        alpha=0.4,
        label="KREEP basalt 15386",
    )
    for i, (sample, row) in enumerate(analyses.iterrows()):
        used = [e for e in REE if np.isfinite(float(row.get(e, np.nan)))]
        if not used:
            continue
        values = np.array([float(row[e]) / norm[e] for e in used])
        errors = np.array([float(row.get(f"{e}_1s", np.nan)) / norm[e] for e in used])
        axes.errorbar(
            [place[e] for e in used],
            values,
            yerr=np.nan_to_num(errors),
            color=accent(i),
            marker=marker(i),
            capsize=1.5,
            label=str(sample),
        )
    axes.set_yscale("log")
    axes.set_xticks(range(len(REE)), REE)
    axes.set_ylabel("sample / CI chondrite" if name == CHONDRITE else f"sample / {name}")
    plain_log(axes.yaxis)
    axes.set_title("Rare earth elements")
    legend_below(figure, axes, 2)
    return figure


@styled()
def contrast_figure() -> Figure:
    """Return K against Th of the far side and the near side, on lines of one K/Th."""
    figure = new_figure(4.2, DOUBLE_IN)
    axes = figure.add_subplot()
    table = contrast().dropna(subset=["K", "Th"])
    span = np.array([0.5, 20.0])
    for ratio in (300, 600, 1200):
        axes.plot(span, ratio * span, color=FAINT, linewidth=0.8)
        axes.annotate(
            f"K/Th {ratio}",
            (3900 / ratio, 3900),
            color=MUTED,
            fontsize=SMALL_PT,
            ha="right",
            va="top",
        )
    for material, row in table.iterrows():
        far = row["side"] == "far"
        axes.errorbar(
            row["Th"],
            row["K"],
            xerr=np.nan_to_num(row["Th_1s"]),
            yerr=np.nan_to_num(row["K_1s"]),
            marker="D" if far else "o",
            markersize=7 if far else 4.5,
            color=VERMILLION if far else BLUE,
            linewidth=0.8,
        )
        axes.annotate(
            str(material),
            (row["Th"], row["K"]),
            LABELS.get(str(material), (7, -11)),
            textcoords="offset points",
            path_effects=halo(),
        )
    axes.set(xscale="log", yscale="log", xlabel="Th (ppm)", ylabel="K (ppm)")
    axes.set_xlim(0.6, 14)
    axes.set_ylim(450, 4000)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    axes.set_xticks([1, 2, 5, 10])
    axes.set_yticks([500, 1000, 2000, 4000])
    axes.set_title("Soils of the far side (diamonds) and the near side")
    return figure


@styled()
def classes(analyses: pd.DataFrame) -> Figure:
    """Return TiO2 against Al2O3 with the classes of Neal and Taylor; K makes the symbol.

    Parameters
    ----------
    analyses : TiO2 and Al2O3 in wt%, K in ppm or K2O in wt%
    """
    figure = new_figure(_HEIGHT_IN)
    axes = figure.add_subplot()
    found = classify(analyses, analogues=0).samples
    shown = [s for s in found if np.isfinite(s.titanium.value) and np.isfinite(s.aluminium.value)]
    for level in (1.0, 6.0):
        axes.axhline(level, color=MUTED, linewidth=0.8)
    axes.axvline(11.0, color=MUTED, linewidth=0.8)
    apollo = load_apollo_compositions()
    mare = apollo[(apollo["FeO"] > IRON[1][0]) & (apollo["kind"] != "fines")]
    axes.plot(
        mare["Al2O3"],
        mare["TiO2"],
        ".",
        color=FAINT,
        markersize=4,
        label="Apollo rocks above 13.5 wt% FeO",
    )
    for i, sample in enumerate(shown):
        _point(axes, sample, i)
    right = max([16.0, *(s.aluminium.value + 2 for s in shown)])
    top = max([13.0, *(s.titanium.value + 2 for s in shown)])
    axes.set_xlim(5, right)
    axes.set_ylim(0, top)
    for y, text in ((0.3, "very low Ti"), (1.15, "low Ti"), (6.15, "high Ti")):
        axes.annotate(text, (5.1, y), color=MUTED, fontsize=SMALL_PT, va="bottom")
    for x, text, side in ((10.9, "low Al", "right"), (11.1, "high Al", "left")):
        axes.annotate(text, (x, top - 0.2), color=MUTED, fontsize=SMALL_PT, ha=side, va="top")
    axes.set_xlabel("Al₂O₃ (wt%)")
    axes.set_ylabel("TiO₂ (wt%)")
    axes.set_title("Mare basalt classes (filled: high K)")
    legend_below(figure, axes, 2)
    return figure


def _point(axes: Axes, sample: Any, i: int) -> None:
    high = sample.potassium.name == "high-K"
    axes.errorbar(
        sample.aluminium.value,
        sample.titanium.value,
        xerr=np.nan_to_num(sample.aluminium.sigma),
        yerr=np.nan_to_num(sample.titanium.sigma),
        marker=marker(i),
        markersize=5,
        color=accent(i),
        markerfacecolor=accent(i) if high else "white",
        linestyle="none",
        label=sample.sample,
    )
