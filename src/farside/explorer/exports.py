"""What can be taken away: the view as PNG, a region as GeoJSON, CSV and cloud-optimised GeoTIFFs.

Everything is made in memory or in a folder that is removed again; the browser saves it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import xarray as xr
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from farside.constants import OXIDES
from farside.errors import InputError
from farside.explorer import palette
from farside.explorer.drawing import FIRST_S, difference_label, draw, limits, pixels_of, sample
from farside.explorer.layers import layer
from farside.explorer.views import Window, grid_on, latlon_of, view
from farside.maps.export import export
from farside.maps.grid import MapGrid, period
from farside.maps.predict import FLAGS
from farside.provenance import code_version

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.explorer.opened import Opened
    from farside.explorer.regions import Region
    from farside.explorer.state import State
    from farside.explorer.statistics import RegionStatistics, Sampled

CLIP_PIXELS = 1_000_000
"""Most pixels of a clip: its files are held in memory and sent to the browser."""

EDGE = 1e-6
"""Of a pixel: within it a corner lies on an edge."""

PNG_SIZE = (1500, 1100)
PNG_DPI = 150


# -- the view ----------------------------------------------------------------------------------


def view_png(opened: Opened, state: State, *, aspect: float = 1.3) -> bytes:
    """Return a picture of what is seen, with colour bar, units and provenance.

    Parameters
    ----------
    opened : output
    state : what is seen
    aspect : width of the picture over its height
    """
    of, shown = view(state.view), layer(state.layer)
    minus = layer(state.minus) if state.minus else None
    window = state.window or Window.whole(of)
    x, y = window.ranges(aspect)
    grid = grid_on(of, x, y, (round(PNG_SIZE[1] * aspect), PNG_SIZE[1]))
    lat, lon = latlon_of(of, grid)
    found = draw(opened, shown, lat, lon, grid.resolution_m, minus=minus, patience_s=FIRST_S)
    figure = Figure(figsize=(7.2 * aspect, 7.2), dpi=PNG_DPI, layout="constrained")
    axes = figure.add_subplot(facecolor=palette.MISSING)
    low, high = limits(opened, shown, minus)
    image = axes.imshow(
        found.values, extent=(*x, *y), vmin=low, vmax=high, interpolation="nearest",
        cmap=ListedColormap(palette.colours(shown, difference=minus is not None)),
    )  # fmt: skip
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.set_label(difference_label(shown, minus) if minus else shown.label)
    if shown.classes:
        bar.set_ticks(list(range(len(shown.classes))), labels=list(shown.classes))
    lines = axes.contour(lat, levels=range(-75, 90, 15), extent=(*x, *y[::-1]), colors="white",
                         linewidths=0.4, linestyles="solid", alpha=0.6)  # fmt: skip
    axes.clabel(
        lines, fmt=lambda v: f"{abs(v):.0f}°{'N' if v > 0 else 'S' if v < 0 else ''}", fontsize=7
    )
    for region, colour in ((state.a, palette.REGION_A), (state.b, palette.REGION_B)):
        if region is not None:
            axes.plot(*of.xy(region.lat, region.lon), color=colour, linewidth=1.2)
    axes.set(xlim=x, ylim=y, xlabel=f"x ({of.unit})", ylabel=f"y ({of.unit})", title=of.title)
    figure.text(
        0.005, 0.003, f"farside {code_version()}; {opened.title}", fontsize=6, color="#444444"
    )
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": f"farside {code_version()}"})
    return stream.getvalue()


# -- a region ----------------------------------------------------------------------------------


def region_geojson(found: RegionStatistics) -> str:
    """Return a region and its statistics as GeoJSON (RFC 7946): longitude -180 to 180, cut there.

    The coordinates are of the Moon (planetocentric, on the sphere); GeoJSON knows no system but
    the Earth's, so that the file says it in its properties.
    """
    geometry = shapely.geometry.mapping(cut_at_180(found.sampled.region))
    feature = {
        "type": "Feature",
        "geometry": geometry,
        "properties": {
            "name": found.sampled.region.name,
            "crs": "IAU_2015:30100, planetocentric degrees on the Moon",
            "farside": code_version(),
            **found.to_dict(),
        },
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}, indent=1) + "\n"


def cut_at_180(region: Region) -> Any:
    """Return the polygon of a region in degrees, in parts where it crosses 180° or holds a pole."""
    middle = region.middle[1]
    turns = np.unwrap(np.radians(np.append(region.lon, region.lon[0])))
    lon = np.degrees(turns) + 360 * round((middle - np.degrees(turns).mean()) / 360)
    lat = np.append(region.lat, region.lat[0])
    ring = list(zip(lon.tolist(), lat.tolist(), strict=True))
    if abs(lon[-1] - lon[0]) > 180:  # it goes once round a pole: down to it and back
        pole = 90.0 if region.middle[0] > 0 else -90.0
        ring += [(ring[-1][0], pole), (ring[0][0], pole)]
    whole = shapely.make_valid(shapely.Polygon(ring))
    parts = []
    for k in (-1, 0, 1):
        inside = whole.intersection(shapely.box(360 * k - 180, -90, 360 * k + 180, 90))
        if not inside.is_empty:
            parts.append(shapely.affinity.translate(inside, -360 * k))
    return shapely.union_all([p for p in parts if p.area > 0])


def region_csv(of: Sampled) -> str:
    """Return the samples of a region: place and the six oxides with their bounds, wt%."""
    names = [f"{o}{end}" for o in OXIDES for end in ("", "-lower", "-upper")]
    columns = [of.lat, of.lon, *(of.values(name) for name in names)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("lat", "lon", *(name.replace("-", "_") for name in names)))
    for row in zip(*columns, strict=True):
        writer.writerow([f"{v:.5f}" if k < 2 else _figure(v) for k, v in enumerate(row)])
    return stream.getvalue()


def _figure(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else ""


def clip(opened: Opened, region: Region) -> xr.Dataset:
    """Return the pixels of an output inside of a region, on the output's own grid.

    Raises
    ------
    InputError
        when there are more than `CLIP_PIXELS`, or the output has no pixel there
    """
    piece = _most_of(opened, region)
    grid = _around(piece.grid, region)
    if grid.height * grid.width > CLIP_PIXELS:
        raise InputError(
            f"the box around {region.name} has {grid.height} x {grid.width} pixels; a clip has at "
            f"most {CLIP_PIXELS:,}. Draw a smaller region, or cut it from the GeoTIFFs of 'farside "
            "mosaic --cog' with gdalwarp."
        )
    lon, lat = grid.lonlat()
    lon = (np.asarray(lon) + 180) % 360 - 180
    lat = np.asarray(lat)
    inside = region.contains(lat, lon)
    if not inside.any():
        raise InputError(
            f"no pixel of the output has its middle in {region.name}; draw a larger one."
        )

    def taken(name: str) -> NDArray[np.float32]:
        read = sample(opened.pieces, name, (lat, lon), 0.0)
        if read.problem:
            raise InputError(read.problem)
        return np.where(inside, read.values, np.float32(np.nan))

    return _dataset(opened, grid, {
        name: np.stack([taken(f"{name}:{oxide}") for oxide in OXIDES])
        for name in ("value", "lower", "upper")
    }, taken("novelty"))  # fmt: skip


def _dataset(
    opened: Opened,
    grid: MapGrid,
    layers: dict[str, NDArray[np.float32]],
    novelty: NDArray[np.float32],
) -> xr.Dataset:
    x, y = grid.centres()
    missing = np.isnan(layers["value"]).all(axis=0)
    flag = np.where(missing, FLAGS["nan"], np.where(novelty > 1, FLAGS["novel"], 0))
    over = ("oxide", "y", "x")
    variables: dict[str, Any] = {name: (over, values) for name, values in layers.items()}
    variables["novelty"] = (("y", "x"), novelty)
    variables["flag"] = (("y", "x"), flag.astype(np.uint8))
    found: xr.Dataset = xr.Dataset(
        variables, {"oxide": list(OXIDES), "y": y, "x": x},
        {"coverage": opened.coverage, "farside": code_version(), "input": opened.title},
    ).rio.write_crs(grid.crs)  # fmt: skip
    placed: xr.Dataset = found.rio.write_transform(grid.transform)
    return placed


def _most_of(opened: Opened, region: Region) -> Any:
    """Return the piece that holds most of the ring and middle of a region."""
    lat, lon = np.append(region.lat, region.middle[0]), np.append(region.lon, region.middle[1])

    def held(piece: Any) -> int:
        column, row = pixels_of(piece.grid, lat, lon)
        inside = (
            (column >= 0) & (column < piece.grid.width) & (row >= 0) & (row < piece.grid.height)
        )
        return int(inside.sum())

    return max(opened.pieces, key=held)


def _around(grid: MapGrid, region: Region) -> MapGrid:
    """Return the part of a grid around a region; it may go on beyond 180°."""
    column, row = pixels_of(grid, region.lat, region.lon)
    middle, _ = pixels_of(grid, np.array(region.middle[0]), np.array(region.middle[1]))
    turn = period(grid.crs)
    if turn is not None:
        around = turn / grid.resolution
        column = middle + (column - middle + around / 2) % around - around / 2
        for lat, edge in ((90.0, 0.0), (-90.0, float(grid.height))):
            if bool(region.contains(lat, 0.0)):
                row = np.append(row, edge)
                column = np.array([0.0, around - 0.5])
    # an edge that lies on that of a pixel, but for rounding, takes in no further one
    low = [math.floor(np.nanmin(v) + EDGE) for v in (row, column)]
    high = [
        max(math.ceil(np.nanmax(v) - EDGE), a + 1) for v, a in zip((row, column), low, strict=True)
    ]
    low[0], high[0] = max(0, low[0]), min(grid.height, high[0])
    if turn is None:
        low[1], high[1] = max(0, low[1]), min(grid.width, high[1])
    if low[0] >= high[0] or low[1] >= high[1]:
        raise InputError(
            f"the output holds nothing of {region.name}; choose a place that it covers."
        )
    return grid.part(slice(low[0], high[0]), slice(low[1], high[1]))


def region_cogs(opened: Opened, region: Region) -> bytes:
    """Return the pixels of a region as cloud-optimised GeoTIFFs in a zip.

    Raises
    ------
    InputError
        see `clip`
    """
    ds = clip(opened, region)
    stream = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="farside-clip-") as folder:
        export(ds, Path(folder))
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as pack:
            for file in sorted(Path(folder).iterdir()):
                pack.write(file, file.name)
    return stream.getvalue()
