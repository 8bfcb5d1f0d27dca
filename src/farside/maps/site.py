"""Everything that is known about a place: chemistry, terrane, resources, ground and a score."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg, load_missions
from farside.datasets.layers import COLOUR_LIMIT_DEG, load_layers
from farside.errors import InputError
from farside.geography import great_circle_km, in_spa, is_near_side
from farside.geography.features import Feature, check_point, containing_features, nearest_centre
from farside.maps._draws import coverage_of, for_soil, oxide_correlation
from farside.maps.derived import lithology, mg_number, terranes, young_mare_candidates
from farside.maps.grid import grid_of, period
from farside.maps.illumination import Illumination, illumination
from farside.maps.predict import FLAGS
from farside.maps.resources import HYDROGEN, resources
from farside.maps.score import Score, Weights, site_score
from farside.maps.soil_mechanics import SOILS, BearingCapacity, Soil, bearing_capacity, soil
from farside.maps.store import open_map, tiles

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import xarray as xr

SHIPPED = "the far-side map that ships (0.5 degree)"
DEFAULT_SOIL = "apollo 0-15 cm"
NEAREST_MISSIONS = 3
DRAWS = 4000


@dataclass(frozen=True)
class Figure:
    """A named figure with its interval and unit; None where nothing is known."""

    name: str
    value: float | None
    lower: float | None
    upper: float | None
    unit: str
    note: str = ""


@dataclass(frozen=True)
class Site:
    """What is known about a place; prints as a page.

    Parameters
    ----------
    lat, lon : degrees, longitude east
    name : by which it was asked for, empty for coordinates
    side : near or far
    terrane : of Jolliff et al. (2000)
    in_spa : inside the outer ellipse of the South Pole-Aitken basin
    inside : features that hold it, craters first, the smallest first
    nearest : feature whose centre is nearest
    missions : nearest landings and their distance in km
    source : of the oxides
    coverage : of the intervals of oxides and of what follows from them
    oxides : with the interval for the soil at this point
    pixel : the same values with the interval for the mean of the pixel, where the map tells it
    cell, layers, derived, resources : figures; what is derived is of the soil at this point
    novelty : what the map says of how unlike its training the place is
    lithologies : probability by class, the likeliest first
    hydrogen : why there is no figure
    sunlight : mean share
    soil : assumed for the bearing capacity
    bearing : of a footing 1 m wide on each soil that has a strength
    score : with its parts
    """

    lat: float
    lon: float
    name: str
    side: str
    terrane: str
    in_spa: bool
    inside: tuple[Feature, ...]
    nearest: Feature
    missions: tuple[tuple[str, float], ...]
    source: str
    coverage: float
    oxides: tuple[Figure, ...]
    pixel: tuple[Figure, ...]
    novelty: tuple[Figure, ...]
    cell: tuple[Figure, ...]
    layers: tuple[Figure, ...]
    derived: tuple[Figure, ...]
    lithologies: tuple[tuple[str, float], ...]
    resources: tuple[Figure, ...]
    hydrogen: str
    sunlight: Illumination
    soil: Soil
    bearing: tuple[BearingCapacity, ...]
    score: Score

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name; what is unknown is None."""
        return dict(_plain(asdict(self)))

    def __str__(self) -> str:
        """Return the page."""
        from farside.maps._site_page import page  # noqa: PLC0415 - the page is written for this

        return page(self)

    def _repr_html_(self) -> str:
        from farside.maps._site_page import shown  # noqa: PLC0415 - the page is written for this

        return shown(self)


def site(
    lat: float,
    lon: float,
    *,
    map_path: Path | None = None,
    weights: Weights | None = None,
    on: str = DEFAULT_SOIL,
    name: str = "",
) -> Site:
    """Return everything that is known about a place.

    Parameters
    ----------
    lat, lon : degrees, longitude east
    map_path : folder that ``farside map`` wrote; the map that ships when left out
    weights : of the score; `Weights` when left out
    on : soil of the bearing capacity in the score
    name : by which the place was asked for

    Raises
    ------
    InputError
        when the place is not on the Moon or not on the map
    UnknownNameError
        when there is no such soil

    Examples
    --------
    >>> import farside
    >>> found = farside.site(-41.64, -153.99)  # Chang'e-6
    >>> found.side, found.in_spa
    ('far', True)
    """
    check_point(lat, lon)
    lon = lon if -180 <= lon < 180 else (lon + 180) % 360 - 180
    ground = soil(on)
    pixel, source = _oxides_at(lat, lon, map_path)
    oxides = for_soil(pixel)
    whole = load_layers()
    here = _pixel(whole, lat, lon)
    row = _cell(lat, lon)
    correlation = oxide_correlation(row)
    offers = resources(oxides)
    sun = illumination(
        whole["height_km"].to_numpy().astype(np.float64),
        lat,
        lon,
        roughness_km=float(here["roughness_km"].item()),
    )
    figures = _layer_figures(whole, here)
    return Site(
        lat=lat,
        lon=lon,
        name=name,
        side="near" if bool(is_near_side(lon)) else "far",
        terrane=str(terranes(here).to_numpy().item()),
        in_spa=bool(in_spa(lat, lon)),
        inside=containing_features(lat, lon),
        nearest=nearest_centre(lat, lon),
        missions=_missions(lat, lon),
        source=source,
        coverage=coverage_of(oxides),
        oxides=_oxide_figures(oxides),
        pixel=_oxide_figures(pixel) if "soil_lower" in pixel else (),
        novelty=_novelty(oxides, lat if map_path is None else 0.0),
        cell=_cell_figures(row),
        layers=figures,
        derived=(
            _figure(mg_number(oxides, correlation=correlation, draws=DRAWS), "Mg#", "%"),
            _young(oxides, here),
        ),
        lithologies=_classes(oxides, here, row),
        resources=_offers(offers),
        hydrogen=HYDROGEN,
        sunlight=sun,
        soil=ground,
        bearing=tuple(bearing_capacity(key) for key, s in SOILS.items() if s.complete),
        score=_score(oxides, offers, figures, sun, ground, weights),
    )


# -- maps --------------------------------------------------------------------------------------


def _oxides_at(lat: float, lon: float, path: Path | None) -> tuple[xr.Dataset, str]:
    """Return the pixel of a map that holds a place, over (oxide, y, x), and what the map is."""
    if path is None:
        from farside.maps.shipped import load_map  # noqa: PLC0415 - it takes a while

        return _pixel(load_map(), lat, lon), SHIPPED
    for tile in tiles(path):
        found = _tile_pixel(open_map(path, tile), lat, lon)
        if found is not None:
            return found.load(), f"{path.name}, tile {tile}"
    raise InputError(
        f"{path} does not hold {lat:g}, {lon:g}; its tiles are {', '.join(tiles(path)[:10])}. "
        "Leave the map out for the map that ships."
    )


def _tile_pixel(tile: xr.Dataset, lat: float, lon: float) -> xr.Dataset | None:
    grid = grid_of(tile)
    crs = pyproj.CRS.from_wkt(grid.crs.to_wkt())
    to = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
    x, y = to.transform(lon, lat)
    turn = period(grid.crs) or 0.0
    for shift in (0.0, turn, -turn):
        column, line = grid.pixel_of(np.asarray(x + shift), np.asarray(y))
        if 0 <= column < grid.width and 0 <= line < grid.height:
            return tile.isel(y=[int(line)], x=[int(column)])
    return None


def _pixel(grid: xr.Dataset, lat: float, lon: float) -> xr.Dataset:
    """Return the pixel of a global grid of half a degree that holds a place, over (y, x)."""
    away = np.abs((grid["lon"].to_numpy() - lon + 180) % 360 - 180)
    i = int(np.abs(grid["lat"].to_numpy() - lat).argmin())
    return grid.isel(y=[i], x=[int(away.argmin())])


def _cell(lat: float, lon: float) -> pd.DataFrame:
    cells = load_cells_5deg()
    inside = (
        (cells["lat_min"] <= lat)
        & ((lat < cells["lat_max"]) | ((lat == 90) & (cells["lat_max"] == 90)))
        & (cells["lon_min"] <= lon)
        & (lon < cells["lon_max"])
    )
    return cells[inside].head(1)


# -- figures -----------------------------------------------------------------------------------


def _figure(bounded: xr.Dataset, name: str, unit: str, note: str = "") -> Figure:
    parts = [_known(float(bounded[k].to_numpy().item())) for k in ("value", "lower", "upper")]
    return Figure(str(name), parts[0], parts[1], parts[2], unit, note)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _oxide_figures(oxides: xr.Dataset) -> tuple[Figure, ...]:
    return tuple(_figure(oxides.sel(oxide=o), o, "wt%") for o in OXIDES)


def _novelty(oxides: xr.Dataset, lat: float) -> tuple[Figure, ...]:
    """Return what the map says of extrapolation, in words too."""
    found = []
    if "novelty" in oxides:
        value = float(oxides["novelty"].to_numpy().item())
        far = "above 1: the map extrapolates here" if value > 1 else "1 is the limit"
        found.append(Figure("novelty", _known(value), None, None, "1", far))
    if "flag" in oxides:
        flag = int(oxides["flag"].to_numpy().item())
        words = ", ".join(name for name, bit in FLAGS.items() if flag & bit) or "nothing to mind"
        if abs(lat) > COLOUR_LIMIT_DEG:
            words += f"; beyond {COLOUR_LIMIT_DEG:g} degrees colour is filled in, not measured"
        found.append(Figure("flag", flag, None, None, "1", words))
    return tuple(found)


def _cell_figures(row: pd.DataFrame) -> tuple[Figure, ...]:
    """Return the gamma-ray cell: oxides with one sigma of the covariance, K, Th and U."""
    line = row.iloc[0]
    sigma = np.sqrt(np.diag(cell_covariance(row)[0]))
    clamped = str(line["censored"]).split(";")
    pairs = [(o, float(line[o]), float(s), "wt%") for o, s in zip(OXIDES, sigma, strict=True)]
    pairs += [(e, float(line[e]), float(line[f"{e}_1s"]), "ppm") for e in ("Th", "K", "U")]
    note = "clamped at 0: below detection"
    return tuple(
        Figure(n, v, max(v - s, 0.0), v + s, u, note if n in clamped else "")
        for n, v, s, u in pairs
    )


def _layer_figures(whole: xr.Dataset, here: xr.Dataset) -> tuple[Figure, ...]:
    """Return every layer here; bounds are the least and greatest of the 3 x 3 pixels around."""
    i = int(np.flatnonzero(whole["y"].to_numpy() == here["y"].item())[0])
    j = int(np.flatnonzero(whole["x"].to_numpy() == here["x"].item())[0])
    rows = [k for k in (i - 1, i, i + 1) if 0 <= k < whole.sizes["y"]]
    around = whole.isel(y=rows, x=[(j + k) % whole.sizes["x"] for k in (-1, 0, 1)])
    found = []
    for key, layer in here.data_vars.items():
        if layer.dtype == bool:
            continue
        near = around[key].to_numpy()
        near = near[np.isfinite(near)]
        low, high = (float(near.min()), float(near.max())) if near.size else (None, None)
        unit = str(layer.attrs.get("units", ""))
        found.append(Figure(str(key), _known(float(layer.item())), low, high, unit))
    return tuple(found)


def _missions(lat: float, lon: float) -> tuple[tuple[str, float], ...]:
    table = load_missions()
    away = great_circle_km(lat, lon, table["lat"].to_numpy(), table["lon"].to_numpy())
    order = np.argsort(away)[:NEAREST_MISSIONS]
    return tuple((str(table["mission"].iloc[k]), float(away[k])) for k in order)


def _classes(
    oxides: xr.Dataset, here: xr.Dataset, row: pd.DataFrame
) -> tuple[tuple[str, float], ...]:
    """Return the lithologies that are possible, the likeliest first.

    Thorium is that of 2 degrees; its sigma is that of the cell joined with the difference of both.
    """
    thorium = here["lp2_Th"].to_numpy()
    cell = row.iloc[0]
    found = lithology(
        oxides,
        thorium,
        thorium_1s=np.hypot(float(cell["Th_1s"]), thorium - float(cell["Th"])),
        correlation=oxide_correlation(row),
        draws=DRAWS,
    )["probability"]
    shares = found.to_numpy().reshape(-1)
    pairs = zip(map(str, found["lithology"].to_numpy()), map(float, shares), strict=True)
    return tuple(sorted((p for p in pairs if p[1] > 0), key=lambda pair: -pair[1]))


def _offers(offers: xr.Dataset) -> tuple[Figure, ...]:
    names, units, meanings = (offers[k].to_numpy() for k in ("resource", "unit", "meaning"))
    return tuple(
        _figure(offers.sel(resource=name), str(name), str(unit), str(meaning))
        for name, unit, meaning in zip(names, units, meanings, strict=True)
    )


def _young(oxides: xr.Dataset, here: xr.Dataset) -> Figure:
    # one pixel each, whose centres need not agree
    pixel = oxides.drop_vars(["y", "x"], errors="ignore")
    chance = float(young_mare_candidates(pixel, here, draws=DRAWS).to_numpy().item())
    note = "probability of the look of a young mare; a candidate, not an age"
    return Figure("young mare candidate", _known(chance), None, None, "1", note)


def _score(
    oxides: xr.Dataset,
    offers: xr.Dataset,
    figures: tuple[Figure, ...],
    sun: Illumination,
    ground: Soil,
    weights: Weights | None,
) -> Score:
    layer = {f.name: f for f in figures}
    iron = oxides.sel(oxide="FeO")
    width = float((iron["upper"] - iron["lower"]).to_numpy().item())
    values = {
        "oxygen": _triple(_figure(offers.sel(resource="oxygen_ilmenite"), "", "")),
        "helium_3": _triple(_figure(offers.sel(resource="helium_3"), "", "")),
        "slope": _triple(layer["slope_deg"]),
        "roughness": _triple(layer["roughness_km"]),
        "illumination": (sun.value, sun.lower, sun.upper),
        "knowledge": (width, width, width),
    }
    if ground.complete:
        load = bearing_capacity(ground.name)
        values["bearing"] = (load.value, load.lower, load.upper)
    return site_score(values, weights)


def _triple(figure: Figure) -> tuple[float, float, float]:
    parts = (figure.value, figure.lower, figure.upper)
    return tuple(math.nan if p is None else p for p in parts)  # type: ignore[return-value]


def _plain(content: Any) -> Any:
    """Return content with tuples as lists and what is not finite as None."""
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, float):
        return _known(content)
    return content
