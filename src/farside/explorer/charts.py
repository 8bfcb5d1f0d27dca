"""Charts of the side panel: a spectrum, scatter and ternary plots of a region, ages over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import datashader
import holoviews as hv
import numpy as np
from bokeh.models import FixedTicker
from holoviews.operation.datashader import rasterize

from farside.explorer import palette
from farside.explorer.layers import layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farside.explorer.ages import Age
    from farside.explorer.place import Spectrum
    from farside.explorer.statistics import Sampled

hv.extension("bokeh", logo=False)

CELLS = 90
"""Cells along a side of a plot in which Datashader counts samples."""

SIDE_COLOURS = {"near": "#0072b2", "far": "#d55e00", "": "#555555"}
"""Of hemispheres: blue and vermillion of Okabe & Ito, told apart by colour-blind eyes."""


def spectrum_chart(spectra: Sequence[Spectrum]) -> Any:
    """Return the spectra near a place."""
    parts = []
    for spectrum, colour in zip(spectra, ("#0072b2", "#d55e00"), strict=False):
        points = list(zip(spectrum.wavelength_nm, spectrum.reflectance, strict=True))
        label = f"{spectrum.sensor}, {spectrum.distance_km:.0f} km away"
        parts.append(hv.Curve(points, label=label).opts(color=colour))
        parts.append(hv.Points(points, label=label).opts(color=colour, size=5))
        if spectrum.sigma:
            bars = [(*p, s) for p, s in zip(points, spectrum.sigma, strict=True)]
            parts.append(hv.ErrorBars(bars).opts(line_color=colour))
    return hv.Overlay(parts).opts(
        hv.opts.Overlay(
            height=240, responsive=True, xlabel="wavelength (nm)", ylabel="reflectance (1)",
            legend_position="top_left", padding=0.08, legend_opts={"label_text_font_size": "8pt"},
            toolbar=None, default_tools=[],
        )
    )  # fmt: skip


def _counted(x: Any, y: Any, ranges: Any, size: tuple[int, int] = (CELLS, CELLS)) -> Any:
    """Return samples counted in cells by Datashader."""
    points = hv.Points(np.column_stack([x, y]), kdims=["x", "y"])
    return rasterize(
        points, aggregator=datashader.count(), dynamic=False, width=size[0], height=size[1],
        x_range=ranges[0], y_range=ranges[1],
    )  # fmt: skip


def scatter(of: Sampled, across: str, up: str, ranges: Any = None) -> Any:
    """Return how two layers go together in a region.

    Parameters
    ----------
    of : samples
    across, up : keys of layers
    ranges : of x and y; those of the samples when None
    """
    x, y = of.values(across), of.values(up)
    known = np.isfinite(x) & np.isfinite(y)
    ranges = ranges or scatter_ranges([of], across, up)
    return _counted(x[known], y[known], ranges).opts(
        hv.opts.Image(
            cmap=palette.ramp("count"), cnorm="log", colorbar=True, height=290, responsive=True,
            clim=(1, None), clipping_colors={"min": "transparent", "NaN": "transparent"},
            colorbar_opts={"width": 8}, clabel="samples in a cell", xticks=4,
            xlabel=layer(across).label, ylabel=layer(up).label, title=of.region.name,
            toolbar=None, default_tools=[], xlim=ranges[0], ylim=ranges[1],
        )
    )  # fmt: skip


def scatter_ranges(samples: Sequence[Sampled], across: str, up: str) -> Any:
    """Return ranges that hold the samples of all regions."""
    found = []
    for key in (across, up):
        values = np.concatenate([of.values(key) for of in samples])
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        margin = 0.04 * (high - low) or 0.5
        found.append((low - margin, high + margin))
    return tuple(found)


def ternary(of: Sampled, corners: tuple[str, str, str]) -> Any:
    """Return three oxides of a region, by weight of their sum, in a triangle.

    Parameters
    ----------
    of : samples
    corners : keys of oxides at the top, left and right
    """
    top, left, right = (of.values(key) for key in corners)
    total = top + left + right
    known = np.isfinite(total) & (total > 0)
    height = np.sqrt(3) / 2
    x = (right + top / 2)[known] / total[known]
    y = top[known] / total[known] * height
    edge = hv.Path([[(0, 0), (1, 0), (0.5, height), (0, 0)]]).opts(color="black", line_width=1)
    lines = hv.Path(list(_ternary_lines(height))).opts(color="gray", alpha=0.4, line_width=0.6)
    names = hv.Labels(
        [(0.5, height + 0.06, corners[0]), (0.0, -0.06, corners[1]), (1.0, -0.06, corners[2])],
        vdims=["corner"],
    ).opts(text_font_size="10pt", text_color="black")
    ticks = hv.Labels(
        [
            (0.5 - share / 2 - 0.05, height * (1 - share), f"{1 - share:.0%}")
            for share in (0.2, 0.4, 0.6, 0.8)
        ],
        vdims=["share"],
    ).opts(text_font_size="7pt", text_color="gray")
    counts = _counted(x, y, ((0, 1), (0, height))).opts(
        hv.opts.Image(cmap=palette.ramp("count"), cnorm="log", clim=(1, None),
                      clipping_colors={"min": "transparent", "NaN": "transparent"})
    )  # fmt: skip
    return (counts * lines * edge * names * ticks).opts(
        hv.opts.Overlay(
            responsive=True, aspect=1.41, xaxis=None, yaxis=None, toolbar=None,
            title=f"{of.region.name}: shares of three", default_tools=[],
            xlim=(-0.12, 1.12), ylim=(-0.12, 1.0), show_frame=False,
        )
    )  # fmt: skip


def _ternary_lines(height: float) -> Any:
    """Yield the lines of every fifth of the triangle."""
    for share in (0.2, 0.4, 0.6, 0.8):
        yield [(share / 2, share * height), (1 - share / 2, share * height)]
        yield [(share, 0), ((1 + share) / 2, (1 - share) * height)]
        yield [(1 - share, 0), ((1 - share) / 2, (1 - share) * height)]


def age_chart(ages: Sequence[Age]) -> Any:
    """Return ages over time, old to the left, each with its interval and hemisphere."""
    ordered = sorted(ages, key=lambda a: a.age_ga)
    parts: list[Any] = []
    for side, title in (("near", "near side"), ("far", "far side"), ("", "side not given")):
        rows = [(k, a) for k, a in enumerate(ordered) if a.side == side]
        if not rows:
            continue
        colour = SIDE_COLOURS[side]
        spans = [(a.lower_ga, k, a.upper_ga, k) for k, a in rows
                 if a.lower_ga is not None and a.upper_ga is not None]  # fmt: skip
        parts.append(hv.Segments(spans).opts(color=colour, line_width=2))
        for kind, marker in (("mare", "circle"), ("other", "diamond")):
            points = [(a.age_ga, k) for k, a in rows if a.kind == kind]
            if points:
                words = title if kind == "mare" else f"{title}, craters and basins"
                parts.append(
                    hv.Points(points, label=words).opts(
                        color=colour,
                        marker=marker,
                        size=8,
                        fill_alpha=1.0 if kind == "mare" else 0.0,
                    )
                )
    ticks = list(range(len(ordered)))
    return hv.Overlay(parts).opts(
        hv.opts.Overlay(
            height=120 + 19 * len(ordered), responsive=True, xlabel="age (Ga)", ylabel="",
            invert_xaxis=True, yticks=FixedTicker(ticks=ticks), toolbar=None, default_tools=[],
            legend_position="top_right", legend_opts={"label_text_font_size": "8pt"},
            hooks=[lambda plot, _: _name_ticks(plot, [a.name for a in ordered])],
            xlim=(0, 4.6), ylim=(-0.8, len(ordered) - 0.2), legend_cols=1,
        )
    )  # fmt: skip


def _name_ticks(plot: Any, names: list[str]) -> None:
    for axis in plot.state.yaxis:
        axis.major_label_overrides = dict(enumerate(names))
        axis.major_label_text_font_size = "8pt"
