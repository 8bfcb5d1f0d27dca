"""Small maps whose every pixel is known, for the tests of what is done with maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import rioxarray  # noqa: F401 - gives datasets their .rio
import xarray as xr

from farside.constants import OXIDES
from farside.geography.projections import lunar_crs
from farside.maps import store
from farside.maps.predict import FLAGS, Block, Storage

if TYPE_CHECKING:
    from pathlib import Path

    from rasterio.crs import CRS

LEVEL = np.array([2.0, 10.0, 20.0, 8.0, 12.0, 45.0])
"""A plain composition, wt%."""


def make_map(
    west: float,
    north: float,
    step: float,
    shape: tuple[int, int],
    *,
    crs: CRS | None = None,
    value: Any = None,
    half: float | np.ndarray = 1.0,
    novelty: float | np.ndarray = 0.5,
    **attrs: Any,
) -> xr.Dataset:
    """Return a map; `value` is (6, h, w) or a function of number of oxide, x and y."""
    height, width = shape
    x = west + (np.arange(width) + 0.5) * step
    y = north - (np.arange(height) + 0.5) * step
    if value is None:
        value = np.broadcast_to(LEVEL[:, None, None], (6, height, width))
    elif callable(value):
        value = np.stack([value(k, *np.meshgrid(x, y)) for k in range(6)])
    value = np.array(value, np.float32)
    novel = np.broadcast_to(np.asarray(novelty, np.float32), shape).copy()
    missing = np.isnan(value).all(axis=0)
    novel[missing] = np.nan
    flag = np.where(missing, FLAGS["nan"], np.where(novel > 1, FLAGS["novel"], 0)).astype(np.uint8)
    dims = ("oxide", "y", "x")
    ds = xr.Dataset(
        {
            "value": (dims, value),
            "lower": (dims, value - np.float32(half)),
            "upper": (dims, value + np.float32(half)),
            "novelty": (("y", "x"), novel),
            "flag": (("y", "x"), flag),
        },
        coords={"oxide": list(OXIDES), "y": y, "x": x},
        attrs={"coverage": 0.9, **attrs},
    )
    return ds.rio.write_crs(crs or lunar_crs("geographic"))


def write_map(
    path: Path, tiles: dict[str, xr.Dataset], *, block: int = 64, storage: Storage = "float32"
) -> Path:
    """Write maps as the tiles of one store."""
    made_with = {"farside": "0.1.0", "weights": "ab" * 32}
    store.write_root(path, {"farside": "0.1.0", "made_with": made_with})
    for name, ds in tiles.items():
        attrs = {"coverage": ds.attrs["coverage"], "estimator": "farside"}
        attrs |= {"input": f"{name}.img", "input_sha256": "cd" * 32}
        store.write_tile(path / name, ds, block, storage, attrs)
        grid = store.Grid(ds.sizes["y"], ds.sizes["x"], block)
        for i in range(grid.rows):
            for j in range(grid.columns):
                rows, columns = grid.window(i, j)
                part = ds.isel(y=rows, x=columns)
                n = part.sizes["y"] * part.sizes["x"]
                oxides = [part[k].to_numpy().reshape(6, n) for k in ("value", "lower", "upper")]
                block_ = Block(
                    *oxides, part.novelty.to_numpy().reshape(n), part.flag.to_numpy().reshape(n)
                )
                store.write_block(path / name, grid, (i, j), block_, storage)
    return path
