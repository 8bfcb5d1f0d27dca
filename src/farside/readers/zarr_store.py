"""Read images of reflectance from Zarr stores, version 2 or 3, as xarray writes Spectra."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
import zarr

from farside.errors import BandError, InputError
from farside.readers._lazy import (
    FLOAT32,
    MAX_SIDE,
    STORED_BLOCK_LIMIT,
    Scale,
    check_shape,
    lazy_values,
)
from farside.readers.dataset import make_spectra
from farside.readers.raster import finished

if TYPE_CHECKING:
    import dask.array as da
    from numpy.typing import NDArray

_IMAGE = ("band", "y", "x")
_PLACES = {"lat": 90.0, "lon": 360.0}


def _check_metadata(path: str) -> None:
    """Raise when an array of the store claims a size that no image has, before any is read."""
    for name, array in zarr.open_group(path, mode="r", use_consolidated=False).arrays():
        size = math.prod(array.shape)
        chunk = math.prod(array.shards or array.chunks) * array.dtype.itemsize
        steps = (*array.chunks, *(array.shards or ()))
        if (
            min(steps, default=1) < 1
            or array.ndim > 3
            or (array.ndim == 1 and size > MAX_SIDE)
            or chunk > STORED_BLOCK_LIMIT
        ):
            raise InputError(
                f"its array {name} claims the shape {array.shape} in chunks {array.chunks}; an "
                f"image has (band, y, x) and chunks of at most {STORED_BLOCK_LIMIT} bytes."
            )


def _open_store(path: str) -> xr.Dataset:
    """Open a Zarr store; whatever a damaged one raises becomes an InputError."""
    try:
        _check_metadata(path)
        # metadata array by array, whether consolidated or not: no warning has to be hushed, which
        # would reach into other threads
        store: xr.Dataset = xr.open_zarr(path, chunks=None, consolidated=False)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"it is not a Zarr store that can be read ({type(error).__name__}: {str(error)[:200]})."
        ) from error
    else:
        return store


def _read(variable: xr.DataArray, key: tuple[slice, ...]) -> NDArray[Any]:
    try:
        return np.asarray(variable[key].to_numpy(), dtype=float)
    except Exception as error:
        raise InputError(
            f"a block of {variable.name} cannot be read ({type(error).__name__}: "
            f"{str(error)[:200]}); the store is damaged."
        ) from error


@dataclass(frozen=True)
class ZarrPixels:
    """A variable of a Zarr store over (band, y, x), or over (y, x) as one band.

    Each block is read through a store of its own.
    """

    path: str
    name: str
    shape: tuple[int, int, int]
    limit: float = math.inf
    dtype: np.dtype[Any] = FLOAT32
    ndim: int = 3

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        """Return a block, scaled and masked as the store's attributes say."""
        variable = _open_store(self.path)[self.name]
        flat = variable.ndim == 2
        if ((1, *variable.shape) if flat else variable.shape) != self.shape:
            raise InputError(f"{Path(self.path).name} has changed since it was opened.")
        with np.errstate(over="ignore"):  # infinite is no value
            values = _read(variable, key[1:] if flat else key).astype(np.float32)
        known = values[np.isfinite(values)]
        if known.size and np.abs(known).max() > self.limit:
            raise InputError(
                f"{Path(self.path).name} holds {self.name} beyond {self.limit:g} degrees."
            )
        return values[None] if flat else values


def _values(variable: xr.DataArray, path: Path) -> da.Array:
    lines, samples = variable.shape[-2:]
    shape = (1 if variable.ndim == 2 else variable.shape[0], lines, samples)
    check_shape(shape)
    if variable.dtype.kind not in "fiu":
        raise InputError(f"its {variable.name} holds {variable.dtype}, not numbers.")
    chunks = variable.encoding.get("shards") or variable.encoding.get("chunks") or variable.shape
    stored = (1, *chunks) if variable.ndim == 2 else tuple(chunks)
    name = str(variable.name)
    pixels = ZarrPixels(str(path), name, shape, _PLACES.get(name, math.inf))
    return lazy_values(pixels, Scale(), file=path, stored=stored)


def read_zarr(path: Path) -> xr.Dataset:
    """Open a Spectra image that xarray wrote to Zarr, without reading its pixels.

    Parameters
    ----------
    path : the folder of the store, with ``reflectance`` over ``(band, y, x)`` and ``wavelength_nm``

    Returns
    -------
    xarray.Dataset
        Spectra over ``(y, x)``, lazy float32, with the places, angles, coordinate system and
        attributes of the store

    Raises
    ------
    InputError
        when the store is missing, damaged, of other dimensions or made of chunks too large
    BandError
        when ``wavelength_nm`` is missing
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"there is no folder {path}; give a Zarr store.")
    try:
        store = _open_store(str(path))
        ds = _spectra(store, path)
    except InputError as error:
        raise type(error)(f"{path.name}: {error}") from error
    kept = {
        key: value for key, value in store.attrs.items() if isinstance(value, str | int | float)
    }
    sensor = str(kept.pop("sensor", "")) or None
    return finished(ds, path, "Zarr", sensor, path).assign_attrs(
        {key: value for key, value in kept.items() if key not in ("reads", "product")}
    )


def _spectra(store: xr.Dataset, path: Path) -> xr.Dataset:
    if "reflectance" not in store or store["reflectance"].dims != _IMAGE:
        raise InputError(
            f"it holds {sorted(map(str, store.data_vars))}; it needs reflectance over (band, y, "
            "x), as to_zarr writes a Spectra image."
        )
    if "wavelength_nm" not in store.variables or store["wavelength_nm"].dims != ("band",):
        raise BandError("it has no coordinate wavelength_nm along band.")
    bands = _read(store["wavelength_nm"], (slice(None),))
    planes = {
        str(name): _values(variable, path)[0]
        for name, variable in store.coords.items()
        if variable.dims == ("y", "x") and variable.dtype.kind in "fiu"
    }
    ds = make_spectra(_values(store["reflectance"], path), bands, **planes)
    ds["reflectance"].attrs.update(store["reflectance"].attrs)
    for side in ("x", "y"):
        if side in store.coords and store[side].dims == (side,):
            ds = ds.assign_coords({side: (side, _read(store[side], (slice(None),)))})
    if "spatial_ref" in store.variables:
        ds = ds.assign_coords(spatial_ref=((), 0, dict(store["spatial_ref"].attrs)))
        try:
            ds.rio.crs  # noqa: B018 - it is parsed when it is looked at
        except Exception as error:
            raise InputError(f"its coordinate system is not understood ({error}).") from error
    return ds
