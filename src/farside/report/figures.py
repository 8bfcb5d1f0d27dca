"""The figures of the report, each from plain records to an SVG element.

Records come from the results as stored, so a number may be None where there is none; it is left
out of the figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.oxides.compare import NORMAL_90
from farside.report._style import (
    MUTED,
    THIN,
    accent,
    bare,
    column,
    draw,
    key,
    marker,
    one_to_one,
    ordered,
    panels,
    pretty,
    reach,
)
from farside.style import colour_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Float = NDArray[np.float64]
    Record = Mapping[str, Any]

# -- validation --------------------------------------------------------------------------------


def predicted_measured(rows: Sequence[Record], name: str = "fig-lomo") -> str:
    """Return predicted against measured oxides with interval bars, by mission.

    Parameters
    ----------
    rows : ``oxide, mission, measured, value, lower, upper`` in wt%, as of `Validation.to_dict`
    """
    missions = ordered(r["mission"] for r in rows)

    def paint(figure: Figure) -> None:
        for oxide, axes in panels(figure):
            spans: list[Float] = []
            for i, mission in enumerate(missions):
                part = [r for r in rows if r["oxide"] == oxide and r["mission"] == mission]
                x, y, low, high = (column(part, k) for k in ("measured", "value", "lower", "upper"))
                known = np.isfinite(x) & np.isfinite(y)
                x, y, low, high = x[known], y[known], low[known], high[known]
                axes.errorbar(
                    x,
                    y,
                    reach(y, low, high),
                    color=accent(i),
                    marker=marker(i),
                    markersize=3.6,
                    markeredgewidth=0.4,
                    alpha=0.85,
                    **THIN,
                )
                spans += [x, y, low, high]
            one_to_one(axes, *spans)
            axes.set(
                title=pretty(oxide),
                xlabel=f"measured {pretty(oxide)} (wt%)",
                ylabel=f"predicted {pretty(oxide)} (wt%)",
            )
        key(figure, missions)

    alt = "Predicted against measured oxides with prediction intervals, one panel per oxide."
    return draw(name, alt, 5.5, paint)


def intervals(validations: Sequence[Record], name: str = "fig-intervals") -> str:
    """Return coverage and width of the intervals of one estimator by protocol.

    Parameters
    ----------
    validations : of one estimator, as of `Validation.to_dict`
    """
    protocols = [str(v["protocol"]) for v in validations]

    def paint(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        at = np.arange(len(OXIDES))
        for i, v in enumerate(validations):
            look = {"color": accent(i), "marker": marker(i), "linestyle": "none"}
            scores = {s["oxide"]: s for s in v["scores"]}
            found = [scores.get(o, {}) for o in OXIDES]
            x = at + 0.16 * (i - (len(protocols) - 1) / 2)
            left.plot(x, column(found, "coverage"), **look)
            right.plot(x, column(found, "width"), **look)
        nominal = validations[0].get("nominal_coverage") if validations else None
        if nominal is not None:
            left.axhline(nominal, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
        dashed = "" if nominal is None else f" (dashed: nominal {nominal:.2f})"
        left.set(
            ylim=(0, 1.05), ylabel="share of values inside (fraction)", title=f"coverage{dashed}"
        )
        right.set(ylim=(0, None), ylabel="mean width (wt%)", title="width")
        right.locator_params(axis="y", nbins=6)
        for axes in (left, right):
            axes.set_xticks(at, [pretty(o) for o in OXIDES])
            bare(axes, "x")
        key(figure, protocols)

    alt = "Coverage and mean width of the prediction intervals per oxide and protocol."
    return draw(name, alt, 2.9, paint)


def novelty(predictions: pd.DataFrame, name: str = "fig-novelty") -> str:
    """Return the novelty of every spectrum, one line per source and group.

    Parameters
    ----------
    predictions : ``source, group, name, novelty``, one row per spectrum and oxide
    """
    points = predictions.drop_duplicates(["source", "group", "name", "lat", "lon"])
    sources = ordered(points["source"])
    lines = {
        source: points[points["source"] == source].groupby("group", sort=False)
        if points.loc[points["source"] == source, "group"].nunique() <= MAX_GROUPS
        else None
        for source in sources
    }

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        labels: list[str] = []
        for i, source in enumerate(sources):
            own = points[points["source"] == source]
            groups = lines[source]
            parts = [("", own)] if groups is None else [(str(g), p) for g, p in groups]
            for group, part in parts:
                x = part["novelty"].to_numpy(dtype=float)
                jitter = 0.22 * np.sin(2.4 * np.arange(len(x)))
                axes.plot(
                    x,
                    len(labels) + jitter,
                    color=accent(i),
                    marker=marker(i),
                    linestyle="none",
                    markersize=4,
                    alpha=0.75,
                )
                labels.append(f"{source} {group}".strip())
        axes.axvline(1.0, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="novelty (1 = threshold, no unit)", xlim=(0, None))
        axes.invert_yaxis()
        bare(axes, "y")

    count = sum(1 if g is None else g.ngroups for g in lines.values())
    alt = "Novelty of every predicted spectrum by source; beyond 1 no validation speaks for it."
    return draw(name, alt, 0.9 + 0.3 * count, paint)


MAX_GROUPS = 6
"""A source of more groups than this is drawn as one line."""


# -- far side ----------------------------------------------------------------------------------


def learning_curve(
    points: Sequence[Record], quantity: str, first: str, name: str = "fig-curve"
) -> str:
    """Return error against the number of far-side cells that are given.

    Parameters
    ----------
    points : ``method, way, first, k, oxide`` and the quantity with its spread, wt%
    quantity : ``"rmse"`` or ``"bias"``
    first : which of the curves, by the first cell given
    """
    own = [p for p in points if p["first"] == first]
    series = ordered(f"{p['method']} ({p['way']})" for p in own)
    counts = sorted({int(p["k"]) for p in own})
    words = {"rmse": "RMSE (wt%)", "bias": "bias (wt%)"}

    def paint(figure: Figure) -> None:
        for oxide, axes in panels(figure):
            for i, label in enumerate(series):
                part = [
                    p
                    for p in sorted(own, key=lambda p: int(p["k"]))
                    if p["oxide"] == oxide and f"{p['method']} ({p['way']})" == label
                ]
                x = np.array([counts.index(int(p["k"])) for p in part], dtype=float)
                axes.errorbar(
                    x + 0.08 * (i - (len(series) - 1) / 2),
                    column(part, quantity),
                    np.nan_to_num(column(part, f"{quantity}_spread")),
                    color=accent(i),
                    marker=marker(i),
                    elinewidth=0.7,
                    linewidth=1.0,
                )
            if quantity == "bias":
                axes.axhline(0.0, color=MUTED, linewidth=0.8)
            else:
                axes.set_ylim(bottom=0.0)
            axes.set_xticks(range(len(counts)), [str(k) for k in counts])
            axes.set(
                title=pretty(oxide), xlabel="far-side cells given (count)", ylabel=words[quantity]
            )
        key(figure, series, columns=3, lines=True)

    alt = f"Learning curve: {quantity} on the far side against the number of cells given."
    return draw(name, alt, 4.3, paint)


def contrast(differences: Sequence[Record], sigmas: float, name: str = "fig-contrast") -> str:
    """Return the differences of the basin to its comparators, with their verdicts.

    Parameters
    ----------
    differences : ``basin, other, oxide, value, value_1s, verdict``; only those with a verdict
    sigmas : length of the bars
    """
    own = [d for d in differences if d["verdict"]]
    oxides, others = ordered(d["oxide"] for d in own), ordered(d["other"] for d in own)
    basins = ordered(d["basin"] for d in own)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(1, max(len(oxides), 1), sharey=True, squeeze=False)[0]
        for oxide, axes in zip(oxides, grid, strict=False):
            for d in (d for d in own if d["oxide"] == oxide):
                i = basins.index(d["basin"])
                axes.errorbar(
                    column([d], "value"),
                    [others.index(d["other"]) + 0.2 * (i - (len(basins) - 1) / 2)],
                    xerr=np.nan_to_num(sigmas * column([d], "value_1s")),
                    color=accent(i),
                    marker="X" if d["verdict"] == "reverses" else marker(i),
                    fillstyle="none" if d["verdict"] == "cannot tell" else "full",
                    **THIN,
                )
            axes.axvline(0.0, color=MUTED, linewidth=0.8)
            axes.set(title=pretty(oxide), xlabel=f"basin less other, {pretty(oxide)} (wt%)")
            axes.set_yticks(range(len(others)), others)
            bare(axes, "y")
        if oxides:
            grid[0].invert_yaxis()
        key(figure, basins)

    alt = "Difference of the South Pole-Aitken basin to three comparators with its uncertainty."
    return draw(name, alt, 2.6, paint)


# -- orbit, refinement, transparency -----------------------------------------------------------


def orbit_cells(comparison: pd.DataFrame, name: str = "fig-orbit") -> str:
    """Return mean predictions of each scene against gamma-ray cells.

    Parameters
    ----------
    comparison : as of `farside.oxides.compare.against_cells`
    """
    rows: list[Any] = comparison.to_dict(orient="records")
    scenes = ordered(r["group"] for r in rows)

    def paint(figure: Figure) -> None:
        for oxide, axes in panels(figure):
            spans: list[Float] = []
            for i, scene in enumerate(scenes):
                part = [r for r in rows if r["oxide"] == oxide and r["group"] == scene]
                x, y, low, high = (column(part, k) for k in ("cell", "value", "lower", "upper"))
                wide = NORMAL_90 * np.nan_to_num(column(part, "cell_1s"))
                axes.errorbar(
                    x,
                    y,
                    reach(y, low, high),
                    wide,
                    color=accent(i),
                    marker=marker(i),
                    fillstyle="full" if all(r["agrees"] for r in part) else "none",
                    **THIN,
                )
                spans += [x - wide, x + wide, low, high, y]
            one_to_one(axes, *spans)
            axes.set(
                title=pretty(oxide),
                xlabel=f"gamma-ray cell {pretty(oxide)} (wt%)",
                ylabel=f"predicted {pretty(oxide)} (wt%)",
            )
        key(figure, scenes, columns=3)

    alt = "Predictions from orbital spectra against Lunar Prospector cells, one panel per oxide."
    return draw(name, alt, 5.3, paint)


def refinement(scores: Sequence[Record], name: str = "fig-refinement") -> str:
    """Return the RMSE of each oxide without and with the new ground truth.

    Parameters
    ----------
    scores : ``oxide, rmse_without, rmse_with``, wt%
    """

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        before, after = column(scores, "rmse_without"), column(scores, "rmse_with")
        at = np.arange(len(scores), dtype=float)
        axes.hlines(at, before, after, color=MUTED, linewidth=1.0)
        axes.plot(
            before,
            at,
            color=accent(0),
            marker="o",
            fillstyle="none",
            linestyle="none",
            label="without",
        )
        axes.plot(after, at, color=accent(1), marker="D", linestyle="none", label="with")
        axes.set_yticks(at, [pretty(str(s["oxide"])) for s in scores])
        axes.set(xlabel="RMSE of the other missions (wt%)", xlim=(0, None))
        axes.invert_yaxis()
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
        bare(axes, "y")

    alt = "RMSE of each oxide without and with the new ground truth."
    return draw(name, alt, 2.4, paint)


ATTRIBUTIONS = {
    "share": (100.0, "share of the mean |attribution| (%)", "share of |attribution| (%)"),
    "mean_gradient": (0.01, "change for 1 % more reflectance (wt%)", "change per 1 % (wt%)"),
}
"""What can be drawn per oxide and band: factor, words, and words for the colour bar."""


def attributions(bands: Sequence[Record], quantity: str, name: str = "fig-bands") -> str:
    """Return what each band tells of each oxide as coloured cells, with jackknife errors.

    Parameters
    ----------
    bands : ``oxide, wavelength_nm`` and the quantity with its ``_1s``, as of `Explanation.to_dict`
    quantity : of `ATTRIBUTIONS`
    """
    factor, words, unit = ATTRIBUTIONS[quantity]
    waves = sorted({float(b["wavelength_nm"]) for b in bands})
    shape = (len(OXIDES), len(waves))
    values, errors = np.full(shape, np.nan), np.full(shape, np.nan)
    for b, v, e in zip(
        bands, column(bands, quantity), column(bands, f"{quantity}_1s"), strict=True
    ):
        at = OXIDES.index(b["oxide"]), waves.index(float(b["wavelength_nm"]))
        values[at], errors[at] = factor * v, factor * e
    signed = quantity != "share"
    known = np.abs(values[np.isfinite(values)])
    top = float(known.max()) if known.size and known.max() > 0 else 1.0

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        cmap, low = (colour_map("difference"), -top) if signed else (colour_map("share"), 0.0)
        mesh = axes.pcolormesh(values, cmap=cmap, vmin=low, vmax=top, linewidth=0)
        for (i, j), value in np.ndenumerate(values):
            if np.isfinite(value):
                colour = cmap((value - low) / (top - low))
                dark = float(np.dot(colour[:3], (0.299, 0.587, 0.114))) < 0.5
                axes.text(
                    j + 0.5,
                    i + 0.5,
                    _in_cell(value, float(errors[i, j]), signed=signed),
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="#ffffff" if dark else "#000000",
                )
        axes.set_xticks(np.arange(len(waves)) + 0.5, [f"{w:g}" for w in waves])
        axes.set_yticks(np.arange(len(OXIDES)) + 0.5, [pretty(o) for o in OXIDES])
        axes.set(xlabel="band (nm)", ylabel="oxide")
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.tick_params(length=0)
        figure.colorbar(mesh, ax=axes, label=unit, pad=0.02).outline.set_visible(False)

    return draw(name, f"Heat map by oxide and band: {words}.", 2.8, paint)


def _in_cell(value: float, error: float, *, signed: bool) -> str:
    text = f"{value:+.2f}" if signed else f"{value:.0f}"
    if np.isfinite(error):
        text += f"\n±{error:.2f}" if signed else f" ±{error:.0f}"
    return text.replace("-", "−")
