"""Figures as the field draws them: spider diagram, KREEP contrast, classes of basalts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets.analyses import load_apollo_compositions
from farside.provenance import atomic_path
from farside.samples.classify import IRON, classify
from farside.samples.kreep import component, contrast
from farside.samples.patterns import CHONDRITE, REE, reference

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0c2c56", "#c4532d", "#3b7d4f", "#7a4ea3", "#a8862b", "#3c8fa8", "#8d3b5e", "#555555")
MARKERS = "os^DvPX<"
LABELS = {"Apollo 16 fines": (-70, 8), "Apollo 15 fines": (-72, 6), "Apollo 17 fines": (-72, 6)}
"""Where the names of neighbours go, in points, so that they do not meet."""
FORMATS = (".png", ".svg", ".pdf")


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
    return figure, axes


def save(figure: Figure, path: Path) -> None:
    """Write a figure atomically as PNG, SVG or PDF."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=200)


def spider(analyses: pd.DataFrame, name: str = CHONDRITE) -> Figure:
    """Return the rare-earth patterns of samples over a reference, with the KREEP end member.

    Parameters
    ----------
    analyses : checked analyses, rare earths in ppm, one sigma in ``*_1s``
    name : reference composition of pyrolite
    """
    figure, axes = _figure(6.4, 4.4)
    norm = reference(name)
    place = {element: i for i, element in enumerate(REE)}
    kreep = component()["value"]
    known = [e for e in REE if e in kreep.index]
    axes.plot(
        [place[e] for e in known],
        [kreep[e] / norm[e] for e in known],
        color="#999999",
        linewidth=4,
        alpha=0.5,
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
            color=COLOURS[i % len(COLOURS)],
            marker=MARKERS[i % len(MARKERS)],
            markersize=5,
            linewidth=1.3,
            capsize=2,
            label=str(sample),
        )
    axes.set_yscale("log")
    axes.set_xticks(range(len(REE)), REE)
    axes.set_ylabel("sample / CI chondrite" if name == CHONDRITE else f"sample / {name}")
    for each in ("major", "minor"):
        axes.tick_params(axis="y", which=each, labelsize=8)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(_tick)
    axes.set_title("Rare earth elements", loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    return figure


def _tick(value: float, _: float) -> str:
    """Return the label of a minor tick: those that begin with 2 or 5."""
    return f"{value:g}" if f"{value:e}"[0] in "25" else ""


def contrast_figure() -> Figure:
    """Return K against Th of the far side and the near side, on lines of one K/Th."""
    figure, axes = _figure(6.4, 4.6)
    table = contrast().dropna(subset=["K", "Th"])
    span = np.array([0.5, 20.0])
    for ratio in (300, 600, 1200):
        axes.plot(span, ratio * span, color="#bbbbbb", linewidth=0.8)
        axes.annotate(
            f"K/Th {ratio}",
            (3900 / ratio, 3900),
            color="#777777",
            fontsize=8,
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
            markersize=9 if far else 6,
            color=COLOURS[1] if far else COLOURS[0],
            linewidth=0.8,
        )
        axes.annotate(
            str(material),
            (row["Th"], row["K"]),
            LABELS.get(str(material), (7, -11)),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set(xscale="log", yscale="log", xlabel="Th (ppm)", ylabel="K (ppm)")
    axes.set_xlim(0.6, 14)
    axes.set_ylim(450, 4000)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    axes.set_xticks([1, 2, 5, 10])
    axes.set_yticks([500, 1000, 2000, 4000])
    axes.set_title("Soils of the far side and the near side", loc="left", fontsize=10)
    return figure


def classes(analyses: pd.DataFrame) -> Figure:
    """Return TiO2 against Al2O3 with the classes of Neal and Taylor; K makes the symbol.

    Parameters
    ----------
    analyses : TiO2 and Al2O3 in wt%, K in ppm or K2O in wt%
    """
    figure, axes = _figure(6.4, 4.6)
    found = classify(analyses, analogues=0).samples
    shown = [s for s in found if np.isfinite(s.titanium.value) and np.isfinite(s.aluminium.value)]
    for level in (1.0, 6.0):
        axes.axhline(level, color="#777777", linewidth=0.8)
    axes.axvline(11.0, color="#777777", linewidth=0.8)
    apollo = load_apollo_compositions()
    mare = apollo[(apollo["FeO"] > IRON[1][0]) & (apollo["kind"] != "fines")]
    axes.plot(
        mare["Al2O3"],
        mare["TiO2"],
        ".",
        color="#cccccc",
        markersize=4,
        label="Apollo rocks above 13.5 wt% FeO",
    )
    for i, sample in enumerate(shown):
        _point(axes, sample, COLOURS[i % len(COLOURS)])
    right = max([16.0, *(s.aluminium.value + 2 for s in shown)])
    top = max([13.0, *(s.titanium.value + 2 for s in shown)])
    axes.set_xlim(5, right)
    axes.set_ylim(0, top)
    for y, text in ((0.3, "very low Ti"), (1.15, "low Ti"), (6.15, "high Ti")):
        axes.annotate(text, (5.1, y), color="#555555", fontsize=8, va="bottom")
    for x, text, side in ((10.9, "low Al", "right"), (11.1, "high Al", "left")):
        axes.annotate(text, (x, top - 0.2), color="#555555", fontsize=8, ha=side, va="top")
    axes.set_xlabel("Al₂O₃ (wt%)")
    axes.set_ylabel("TiO₂ (wt%)")
    axes.set_title("Mare basalt classes (filled: high K)", loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    return figure


def _point(axes: Axes, sample: Any, colour: str) -> None:
    high = sample.potassium.name == "high-K"
    axes.errorbar(
        sample.aluminium.value,
        sample.titanium.value,
        xerr=np.nan_to_num(sample.aluminium.sigma),
        yerr=np.nan_to_num(sample.titanium.sigma),
        marker="o",
        markersize=7,
        color=colour,
        markerfacecolor=colour if high else "white",
        linestyle="none",
        label=sample.sample,
    )
