"""From stores to files: what the commands mosaic and compare do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.errors import InputError
from farside.maps.compare import MIN_SHARE, Comparison, against_prospector
from farside.maps.difference import Differences, against_algorithms, against_map
from farside.maps.export import export
from farside.maps.grid import read_crs
from farside.maps.mosaic import TILE, Mosaic, Say, mosaic, new_folder
from farside.maps.shipped import load_map
from farside.maps.stac import Entry, dates, write_catalogue
from farside.maps.store import open_map
from farside.maps.tiles import open_tiles, require_finished, stored_as
from farside.spectra.prepare import open_spectra, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

STORE = "mosaic.zarr"
COGS = "cog"
AGAINST = ("prospector", "algorithms")


@dataclass(frozen=True)
class Outputs:
    """What was written.

    Parameters
    ----------
    mosaic : of the tiles
    cogs : GeoTIFFs
    catalogue : ``catalog.json``, where one was asked for
    """

    mosaic: Mosaic
    cogs: tuple[Path, ...] = ()
    catalogue: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **self.mosaic.to_dict(),
            "cogs": [str(path) for path in self.cogs],
            "catalogue": None if self.catalogue is None else str(self.catalogue),
        }

    def __str__(self) -> str:
        """Return a summary as text."""
        lines = [str(self.mosaic)]
        if self.cogs:
            lines.append(f"wrote {len(self.cogs)} GeoTIFFs to {self.cogs[0].parent}")
        if self.catalogue is not None:
            lines.append(f"wrote {self.catalogue}")
        return "\n".join(lines)


def write_mosaic(
    maps: Sequence[Path],
    out: Path,
    *,
    crs: str | None = None,
    resolution: float | None = None,
    files: Sequence[str] = (),
    say: Say = lambda _: None,
) -> Outputs:
    """Put all tiles of maps on one grid and write a store, GeoTIFFs and a catalogue.

    Parameters
    ----------
    maps : stores that ``farside map`` wrote
    out : a store to write, named ``*.zarr``; or a folder that holds ``mosaic.zarr``, ``cog/`` and
        the catalogue. It must not exist and appears when all is done
    crs : name or code, see `farside.maps.grid.read_crs`; that of the first tile when None
    resolution : units of the system per pixel; that of the first tile when None
    files : of ``cog`` and ``stac``, which need a folder

    Raises
    ------
    InputError
        when there is nothing to put together, the system is not lunar, or `out` cannot be written
    """
    out = Path(out)
    system = read_crs(crs)
    tiles = open_tiles(maps)
    if out.suffix == ".zarr":
        if files:
            raise InputError(
                f"{out} is to be a store; GeoTIFFs and a catalogue need a folder: name one "
                "without .zarr at its end."
            )
        return Outputs(mosaic(tiles, out, crs=system, resolution=resolution, say=say))
    if "stac" in files:
        for tile in tiles:  # before the work, not after it
            dates(tile.ds)
    with new_folder(out) as folder:
        done = mosaic(tiles, folder / STORE, crs=system, resolution=resolution, say=say)
        ds = open_map(folder / STORE)
        storage = stored_as(folder / STORE / TILE)
        cogs = export(ds, folder / COGS, storage=storage, say=say) if "cog" in files else ()
        if "stac" in files:
            say("write the catalogue")
            write_catalogue(folder, [Entry(TILE, ds, folder / STORE / TILE, cogs)])
    return Outputs(
        mosaic=replace(done, out=out / STORE),
        cogs=tuple(out / COGS / file.path.name for file in cogs),
        catalogue=out / "catalog.json" if "stac" in files else None,
    )


def open_finished(path: Path | None, tile: str | None = None) -> xr.Dataset:
    """Open a stored map whose run has ended, or the map that ships.

    Parameters
    ----------
    path : store of ``farside map`` or ``farside mosaic``; the map that ships when None
    tile : of the store; may be left out where there is only one

    Raises
    ------
    InputError
        when there is no map, its run has not ended, or several tiles and none was named
    """
    if path is None:
        if tile is not None:
            raise InputError(f"the map that ships has no tiles; name the map of the tile {tile!r}.")
        return load_map()
    require_finished(Path(path))
    return open_map(Path(path), tile)


def compare_map(
    path: Path,
    against: str = "prospector",
    *,
    tile: str | None = None,
    spectra: Path | None = None,
    out: Path | None = None,
    min_share: float = MIN_SHARE,
    as_is: bool = False,
) -> Comparison | Differences:
    """Compare a map with Lunar Prospector, with published algorithms or with another map.

    Parameters
    ----------
    path : store of the map
    against : ``prospector``, ``algorithms``, or the store of another map
    tile : of the map; may be left out where there is only one
    spectra : image that the map was made of, for ``algorithms``
    out : store to write the difference of every pixel to, for ``algorithms``
    min_share : least share of a cell that the map must cover, for ``prospector``
    as_is : take spectra of a sensor without a known transfer to MI uncorrected

    Raises
    ------
    InputError
        when there is no map, it is not finished, there is no overlap, or no image where one is
        needed
    """
    require_finished(Path(path))
    ds = open_map(Path(path), tile)
    if against != "algorithms" and (spectra is not None or out is not None):
        raise InputError("an image of spectra and an output belong to the comparison 'algorithms'.")
    if against == "prospector":
        return against_prospector(ds, min_share=min_share)
    if against == "algorithms":
        if spectra is None:
            raise InputError(
                "algorithms run on spectra: name the image that the map was made of (--spectra)."
            )
        image, transfer = prepare(open_spectra(Path(spectra)), as_is=as_is)
        return against_algorithms(ds, image if transfer is None else transfer.apply(image), out=out)
    if not Path(against).exists():
        raise InputError(
            f"a map can be compared with {', '.join(AGAINST)} or another map; there is no map "
            f"{against}."
        )
    require_finished(Path(against))
    return against_map(ds, open_map(Path(against)), Path(against).stem)
