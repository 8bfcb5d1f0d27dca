"""The store of a map: a Zarr v3 group with one group per tile, CF metadata, and nothing by chance.

    map.zarr/zarr.json                     settings and provenance of the whole map
    map.zarr/TILE/value, lower, upper      (oxide, y, x) in wt%
    map.zarr/TILE/novelty, flag            (y, x)
    map.zarr/TILE/lat, lon                 (y, x) of an image that is not drawn on a map (M3)
    map.zarr/TILE/oxide, y, x, spatial_ref coordinates and coordinate system
    map.zarr/manifest.json                 every finished block with its hash

A chunk is a block, with all oxides, so that whoever works on a block writes files that nobody else
writes. zarr writes a chunk to a temporary file and renames it: a reader sees a chunk or none, never
a part. A chunk that holds nothing but fill is not written at all. Compressor, level
and metadata are fixed, so that the same pixels always give the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rioxarray  # noqa: F401 - adds .rio to datasets
import xarray as xr
import zarr
from zarr.codecs import BloscCodec
from zarr.storage import LocalStore, MemoryStore

from farside.constants import OXIDES
from farside.errors import InputError, UnknownNameError
from farside.maps.predict import FILL, FLAGS, SCALE, Block, Storage, stored
from farside.oxides.novelty import THRESHOLD
from farside.provenance import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import DTypeLike
    from zarr.core.buffer import Buffer

CONVENTIONS = "CF-1.11"
OXIDE_VARIABLES = ("value", "lower", "upper")
VARIABLES = (*OXIDE_VARIABLES, "novelty", "flag")
PLACES = {"lat": "latitude", "lon": "longitude"}
"""Coordinates of single pixels, with their CF name."""


def _compressor() -> BloscCodec:
    # level 1: at 5 % of the time of a prediction it is within 2 % of the size of level 3
    return BloscCodec(cname="zstd", clevel=1, shuffle="shuffle")


@dataclass(frozen=True)
class Grid:
    """How a tile is cut into blocks.

    Parameters
    ----------
    height, width : pixels
    block : pixels on a side
    """

    height: int
    width: int
    block: int

    @property
    def rows(self) -> int:
        """Rows of blocks."""
        return -(-self.height // self.block)

    @property
    def columns(self) -> int:
        """Columns of blocks."""
        return -(-self.width // self.block)

    def window(self, i: int, j: int) -> tuple[slice, slice]:
        """Return rows and columns of pixels of block (i, j)."""
        b = self.block
        return (
            slice(i * b, min((i + 1) * b, self.height)),
            slice(j * b, min((j + 1) * b, self.width)),
        )


# -- metadata ----------------------------------------------------------------------------------


def write_root(root: Path, attrs: Mapping[str, Any]) -> None:
    """Write the metadata of the map itself."""
    content: dict[str, Buffer] = {}
    about = {"Conventions": CONVENTIONS, "title": "Oxides of the lunar surface", **attrs}
    zarr.create_group(MemoryStore(content), zarr_format=3, attributes=about)
    _copy(content, root)


def write_tile(
    folder: Path, image: xr.Dataset, block: int, storage: Storage, attrs: Mapping[str, Any]
) -> None:
    """Write the metadata and coordinates of a tile; chunks that are there are left alone.

    Parameters
    ----------
    folder : of the tile, inside the map
    image : Spectra dataset over ``(y, x)``; its coordinates and coordinate system are taken over
    block : pixels on a side
    storage : of oxides and novelty
    attrs : provenance of this tile and the coverage of its intervals
    """
    content: dict[str, Buffer] = {}
    memory = MemoryStore(content)
    zarr.create_group(memory, zarr_format=3, attributes={"Conventions": CONVENTIONS, **attrs})
    places = _places(image)
    for name in ("y", "x"):
        place = places[name]
        _array(memory, name, place.shape, place.dtype, (name,), dict(place.attrs))[:] = (
            place.to_numpy()
        )
    names = np.array(OXIDES)
    oxide_attrs = {"long_name": "oxide"}
    _array(memory, "oxide", names.shape, np.dtypes.StringDType(), ("oxide",), oxide_attrs)[:] = (
        names
    )
    mapped = "spatial_ref" in places.coords
    if mapped:
        reference = dict(places["spatial_ref"].attrs)
        _array(memory, "spatial_ref", (), np.dtype("int64"), (), reference)[...] = 0
    grid = Grid(image.sizes["y"], image.sizes["x"], block)
    for name in VARIABLES:
        about = _about(name, storage, float(attrs["coverage"]))
        if mapped:
            about["grid_mapping"] = "spatial_ref"
        if has_places(image):
            about["coordinates"] = " ".join(PLACES)
        dtype: DTypeLike = np.uint8 if name == "flag" else storage
        dims = ("oxide", "y", "x") if name in OXIDE_VARIABLES else ("y", "x")
        shape = (len(OXIDES),) * (len(dims) - 2) + (grid.height, grid.width)
        _array(memory, name, shape, np.dtype(dtype), dims, about, block=block)
    for name, title in PLACES.items() if has_places(image) else ():
        about = {"standard_name": title, "units": "degrees"}
        shape = (grid.height, grid.width)
        _array(memory, name, shape, np.dtype("float32"), ("y", "x"), about, block=block)
    _copy(content, folder)


def has_places(image: xr.Dataset) -> bool:
    """Tell whether an image knows latitude and longitude of each pixel."""
    return all(name in image.coords and image[name].ndim == 2 for name in PLACES)


def _places(image: xr.Dataset) -> xr.Dataset:
    """Return y, x and, where the image has a coordinate system, spatial_ref with CF attributes."""
    coords = {}
    for name in ("y", "x"):
        if name in image.coords:
            coords[name] = (name, image[name].to_numpy().astype(np.float64), image[name].attrs)
        else:
            attrs = {"long_name": f"pixel {'row' if name == 'y' else 'column'}", "units": "1"}
            coords[name] = (name, np.arange(image.sizes[name], dtype=np.float64), attrs)
    places: xr.Dataset = xr.Dataset(coords=coords)
    crs = image.rio.crs
    if crs is None:
        return places
    places = places.rio.write_crs(crs).rio.write_coordinate_system()
    # the form that GDAL reads: corner and steps of the pixels; a lone row or column has its step
    # from what was written, whose corner may be that of a larger image
    written = str(image["spatial_ref"].attrs.get("GeoTransform", "")).split()
    steps = []
    for name, k in (("x", 1), ("y", 5)):
        c = places[name].to_numpy()
        if c.size == 1 and len(written) != 6:
            return places
        steps.append(float(c[-1] - c[0]) / (c.size - 1) if c.size > 1 else float(written[k]))
    dx, dy = steps
    corner = (float(places["x"][0]) - dx / 2, float(places["y"][0]) - dy / 2)
    places["spatial_ref"].attrs["GeoTransform"] = (
        f"{corner[0]!r} {dx!r} 0.0 {corner[1]!r} 0.0 {dy!r}"
    )
    return places


def _about(name: str, storage: Storage, coverage: float) -> dict[str, Any]:
    """Return the attributes of a variable."""
    if name == "flag":
        return {
            "long_name": "why a pixel has no numbers, or is unlike every training spectrum",
            "flag_masks": list(FLAGS.values()),
            "flag_meanings": " ".join(FLAGS),
        }
    titles = {
        "value": "mass fraction of the oxide",
        "lower": f"lower bound of the mass fraction, coverage {coverage:g}",
        "upper": f"upper bound of the mass fraction, coverage {coverage:g}",
        "novelty": "distance to the training spectra",
    }
    about: dict[str, Any] = {"long_name": titles[name]}
    if name == "novelty":
        about.update(units="1", threshold=THRESHOLD)
    else:
        about.update(units="wt%", coverage=coverage)
    if storage == "int16":
        about.update(scale_factor=SCALE, _FillValue=FILL)
    return about


def _array(
    store: MemoryStore,
    name: str,
    shape: tuple[int, ...],
    dtype: Any,
    dims: tuple[str, ...],
    attrs: dict[str, Any],
    *,
    block: int | None = None,
) -> zarr.Array[Any]:
    chunks = shape
    fill: Any = "" if isinstance(dtype, np.dtypes.StringDType) else 0
    if block is not None:
        chunks = (*shape[:-2], min(block, shape[-2]), min(block, shape[-1]))
        # a chunk that is not there reads as missing, and its pixels as without a spectrum
        fill = {"f": np.nan, "i": FILL, "u": FLAGS["nan"]}[np.dtype(dtype).kind]
    return zarr.create_array(
        store,
        name=name,
        shape=shape,
        dtype=dtype,
        chunks=chunks or "auto",
        compressors=[_compressor()] if block is not None else None,
        fill_value=fill,
        dimension_names=dims,
        attributes=attrs,
        zarr_format=3,
    )


def _copy(content: Mapping[str, Buffer], folder: Path) -> None:
    """Bring a store in memory to disk, file by file; a file that is the same is left alone."""
    for key, buffer in sorted(content.items()):
        data = buffer.to_bytes()
        path = folder / key
        if path.is_file() and path.read_bytes() == data:
            continue
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)


# -- blocks ------------------------------------------------------------------------------------


def chunk_paths(folder: Path, i: int, j: int) -> list[Path]:
    """Return the files of block (i, j), in the order of `VARIABLES`, then of `PLACES` if any."""
    names = [*VARIABLES, *(name for name in PLACES if (folder / name).is_dir())]
    lead = {name: "0/" if name in OXIDE_VARIABLES else "" for name in names}
    return [folder / name / f"c/{lead[name]}{i}/{j}" for name in names]


def write_block(
    folder: Path, grid: Grid, place: tuple[int, int], block: Block, storage: Storage
) -> None:
    """Write the chunks of a block, each to a temporary file that is then renamed."""
    y, x = grid.window(*place)
    shape = (y.stop - y.start, x.stop - x.start)
    for path in chunk_paths(folder, *place):  # a damaged chunk must not be read back and merged
        path.unlink(missing_ok=True)
    layers = {name: getattr(block, name) for name in VARIABLES}
    layers |= {name: layer if name == "flag" else stored(layer, storage)
               for name, layer in layers.items()}  # fmt: skip
    if block.places is not None:
        layers |= dict(zip(PLACES, block.places, strict=True))
    for name, content in layers.items():
        array = zarr.open_array(LocalStore(folder / name), mode="r+", zarr_format=3)
        array[..., y, x] = content.reshape(*content.shape[:-1], *shape)


def hash_block(folder: Path, i: int, j: int) -> str:
    """Return the SHA-256 of the bytes of a block's chunks; one that is not there counts as such."""
    digest = hashlib.sha256()
    for path in chunk_paths(folder, i, j):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            digest.update(b"-")
            continue
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()


# -- reading -----------------------------------------------------------------------------------


def tiles(path: Path) -> list[str]:
    """Return the names of the tiles of a map.

    Raises
    ------
    InputError
        when there is no map
    """
    if not (path / "zarr.json").is_file():
        raise InputError(f"{path} is not a map; make one with 'farside map TILES --out map.zarr'.")
    return sorted(entry.parent.name for entry in path.glob("*/zarr.json"))


def open_map(path: Path, tile: str | None = None) -> xr.Dataset:
    """Open a tile of a map lazily; scaled integers come back as wt%, missing values as NaN.

    Parameters
    ----------
    path : folder that ``farside map`` wrote
    tile : name; may be left out where there is only one

    Returns
    -------
    xarray.Dataset
        ``value``, ``lower``, ``upper`` (oxide, y, x), ``novelty``, ``flag`` (y, x)

    Raises
    ------
    InputError
        when there is no map, or several tiles and none was named
    UnknownNameError
        when there is no such tile

    Examples
    --------
    >>> import farside
    >>> tile = farside.open_map("map.zarr")  # doctest: +SKIP
    >>> tile["value"].sel(oxide="FeO").mean().compute()  # doctest: +SKIP
    """
    known = tiles(path)
    if tile is None:
        if not known:
            raise InputError(f"{path} holds no tile: what was given to 'farside map' was skipped.")
        if len(known) != 1:
            raise InputError(
                f"{path} holds {len(known)} tiles; name one of them: {', '.join(known[:10])}."
            )
        tile = known[0]
    if tile not in known:
        raise UnknownNameError.of("tile", tile, known)
    found: xr.Dataset = xr.open_zarr(
        path / tile, consolidated=False, zarr_format=3, decode_coords="all"
    )
    # scaled integers are decoded in double precision, which they do not hold
    numbers = [name for name in VARIABLES if name != "flag"]
    found = found.assign({name: found[name].astype(np.float32) for name in numbers})
    return found[list(VARIABLES)]
