"""Open what is shown: the map that ships, a store, a mosaic or GeoTIFFs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from farside.constants import OXIDES
from farside.datasets.layers import SHAPE, load_layers
from farside.errors import InputError
from farside.explorer.pieces import Piece, checked_coverage, in_memory
from farside.explorer.tiff_pieces import stated_coverage, tiff_pieces
from farside.explorer.zarr_pieces import zarr_piece
from farside.geography import regions
from farside.geography.projections import lunar_crs
from farside.maps import store
from farside.maps.derived import terranes, young_mare_candidates
from farside.maps.grid import MapGrid, grid_of
from farside.maps.outputs import COGS, STORE
from farside.maps.shipped import load_map
from farside.maps.tiles import DEFAULT_COVERAGE, require_finished

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

TERRANES = ("PKT", "SPAT", "FHT")
"""Terranes by their code on the map."""

YOUNG_DRAWS = 100
"""Of the probability of the look of a young mare: its error is 0.05 at most."""

SHIPPED = "the far-side map that ships, half a degree"


@dataclass(frozen=True, eq=False)
class Opened:
    """An output that is shown.

    Parameters
    ----------
    title : for people
    pieces : rasters; where two overlap, the first is shown
    coverage : of the intervals
    path : that was given, None for the map that ships
    store : path of a store that ``farside site`` can look up, None where there is none
    """

    title: str
    pieces: tuple[Piece, ...]
    coverage: float
    path: Path | None = None
    store: Path | None = None

    @property
    def names(self) -> frozenset[str]:
        """What can be read of any piece."""
        return frozenset().union(*(piece.names for piece in self.pieces))

    @property
    def resolution_m(self) -> float:
        """Width of the finest pixel, m."""
        return min(piece.grid.resolution_m for piece in self.pieces)

    def __str__(self) -> str:
        """Return what it is."""
        height = sum(piece.grid.height * piece.grid.width for piece in self.pieces)
        return f"{self.title}: {height:,} pixels of {self.resolution_m / 1000:.3g} km"


def open_output(path: Path | None = None) -> Opened:
    """Open an output of ``farside map`` or ``farside mosaic``; nothing of its pixels is read.

    Parameters
    ----------
    path : store (``*.zarr``), one tile of it, folder of a mosaic, folder of GeoTIFFs or a GeoTIFF;
        the map that ships when None

    Raises
    ------
    InputError
        when there is nothing there, it is of another kind, unfinished or broken
    """
    if path is None:
        return _shipped()
    if not path.exists():
        raise InputError(
            f"there is no {path}; give what 'farside map' or 'farside mosaic' wrote, or leave it "
            "out for the map that ships."
        )
    if path.is_dir() and (path / COGS).is_dir():
        return _tiffs(path / COGS, path)
    if path.is_dir() and (path / STORE).is_dir():
        return _store(path / STORE, path)
    if path.is_dir() and (path / "zarr.json").is_file():
        return _store(path, path)
    if path.suffix.lower() in (".tif", ".tiff") or (path.is_dir() and any(path.glob("*.tif"))):
        return _tiffs(path, path)
    raise InputError(
        f"{path} is no map: it needs to be a store of 'farside map' (a folder with zarr.json), the "
        "folder that 'farside mosaic' wrote, or a GeoTIFF of it."
    )


def _shipped() -> Opened:
    found = load_map()
    arrays = {
        f"{variable}:{oxide}": found[variable].sel(oxide=oxide).to_numpy()
        for variable in store.OXIDE_VARIABLES
        for oxide in OXIDES
    }
    arrays["novelty"] = found["novelty"].to_numpy()
    piece = in_memory("farside_map", grid_of(found), arrays)
    return Opened(SHIPPED, (piece,), float(found.attrs["coverage"]))


def _store(path: Path, given: Path) -> Opened:
    require_finished(path)
    one = (path / "value" / "zarr.json").is_file()
    root, names = (path.parent, [path.name]) if one else (path, store.tiles(path))
    if not names:
        raise InputError(f"{path} holds no tile; run 'farside map' on it again.")
    pieces = tuple(zarr_piece(root, name) for name in names)
    about: Any = zarr.open_group(root / names[0], mode="r").attrs
    coverage = checked_coverage(about.get("coverage", DEFAULT_COVERAGE), path)
    return Opened(given.name, pieces, coverage, given, root)


def _tiffs(path: Path, given: Path) -> Opened:
    pieces = tuple(tiff_pieces(path))
    coverage = stated_coverage(path)
    beside = given / STORE
    return Opened(given.name, pieces, coverage, given, beside if beside.is_dir() else None)


@cache
def global_layers() -> Piece:
    """Return the layers of half a degree that ship, with terranes as codes, as a piece.

    Codes are indices of `TERRANES`.
    """
    layers = load_layers()
    arrays = {str(name): layers[name].to_numpy() for name in layers.data_vars}
    names = terranes(layers).to_numpy()
    arrays["terrane"] = np.select([names == name for name in TERRANES], range(3), np.nan)
    return in_memory("layers", _half_degree(layers), arrays)


@cache
def young_mare() -> Piece:
    """Return the probability of the look of a young mare, of the map that ships, as a piece.

    It is drawn on the rows and columns that hold mare of the Procellarum KREEP Terrane; elsewhere
    it is 0 by its rule.
    """
    layers, oxides = load_layers(), load_map()
    where = (terranes(layers) == "PKT") & (layers["mare_fraction"] >= regions.MARE_FRACTION)
    rows, columns = (np.flatnonzero(where.any(dim).to_numpy()) for dim in ("x", "y"))
    part = {"y": slice(rows[0], rows[-1] + 1), "x": slice(columns[0], columns[-1] + 1)}
    found = young_mare_candidates(oxides.isel(part), layers.isel(part), draws=YOUNG_DRAWS)
    values = np.zeros(SHAPE, np.float32)
    values[part["y"], part["x"]] = found.to_numpy()
    return in_memory("young mare", _half_degree(layers), {"young_mare": values})


def _half_degree(layers: xr.Dataset) -> MapGrid:
    return grid_of(layers.rio.write_crs(lunar_crs("geographic")))
