"""The tiles of maps, opened together, and what they must have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from farside.errors import InputError
from farside.maps import store
from farside.maps.journal import JOURNAL
from farside.maps.resample import Tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farside.maps.predict import Storage

DEFAULT_COVERAGE = 0.9
"""Coverage of the intervals of `farside.oxides.estimator.OxideEstimator`, where a map states
none."""


def open_tiles(paths: Sequence[Path]) -> list[Tile]:
    """Return every tile of every map, lazily.

    Raises
    ------
    InputError
        when there is no map, one is not finished, or a tile has no lunar coordinate system
    """
    if not paths:
        raise InputError("no map was given; name at least one that 'farside map' wrote.")
    found = []
    for path in paths:
        require_finished(Path(path))
        for name in store.tiles(Path(path)):
            unique = name if len(paths) == 1 else f"{Path(path).stem}/{name}"
            ds = store.open_map(Path(path), name)
            root = zarr.open_group(Path(path), mode="r")
            made_with: Any = root.attrs.get("made_with", {})
            about = {key: made_with[key] for key in ("farside", "weights") if key in made_with}
            about["storage"] = stored_as(Path(path) / name)
            found.append(Tile(ds.assign_attrs({**about, **ds.attrs}), unique))
    if not found:
        raise InputError(f"{', '.join(str(p) for p in paths)} holds no tile.")
    return found


def require_finished(path: Path) -> None:
    """Raise when a run on a map has not ended: half a tile would pass for a whole one.

    Raises
    ------
    InputError
        when the journal of a run is there
    """
    if (path / JOURNAL).is_file():
        raise InputError(
            f"the map {path} is not finished: a run on it goes on or was broken off; let it end, "
            "or give its 'farside map' command again, which goes on from there."
        )


def stored_as(folder: Path) -> Storage:
    """Return how the oxides of a tile are stored."""
    scaled = zarr.open_array(folder / "value", mode="r").dtype == np.dtype("int16")
    return "int16" if scaled else "float32"


def coverage_of(tiles: Sequence[Tile]) -> float:
    """Return the coverage that the intervals of all tiles state.

    Raises
    ------
    InputError
        when they state different ones
    """
    stated = {
        round(float(c), 6)
        for tile in tiles
        if (c := tile.ds.attrs.get("coverage", tile.ds["value"].attrs.get("coverage"))) is not None
    }
    if len(stated) > 1:
        raise InputError(
            f"the maps have intervals of different coverage ({sorted(stated)}); make them anew "
            "with one coverage."
        )
    return stated.pop() if stated else DEFAULT_COVERAGE
