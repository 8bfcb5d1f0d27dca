"""Small images for the tests of maps, the way to open them, and a run of the command."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import rioxarray  # noqa: F401 - adds .rio
import xarray as xr

from farside.errors import FarsideError
from farside.maps.run import map_tiles
from farside.maps.settings import MapSettings
from farside.oxides.training import load_training

PIXEL_M = 14.8


def reflectance_of(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return (8, height, width) spectra of the sites with 2 % noise, and some that are unusable."""
    rng = np.random.default_rng(seed)
    sites = load_training().reflectance
    picked = sites[rng.integers(0, len(sites), (height, width))]
    noisy = picked * np.exp(0.02 * rng.normal(size=picked.shape))
    values = np.moveaxis(noisy, -1, 0).astype(np.float32)
    values[:, :3, :5] = np.nan
    values[2, 5, 7] = -0.01
    values[4, 6, 8] = 1.2
    return values


def write_image(path: Path, height: int, width: int, seed: int = 0) -> Path:
    """Write an image of reflectance as a Zarr store with a lunar coordinate system."""
    values = reflectance_of(height, width, seed)
    image = xr.Dataset(
        {"reflectance": (("band", "y", "x"), values, {"units": "1"})},
        coords={
            "wavelength_nm": ("band", load_training().wavelength_nm, {"units": "nm"}),
            "y": -PIXEL_M * (np.arange(height) + 0.5),
            "x": PIXEL_M * (np.arange(width) + 0.5),
        },
    ).rio.write_crs("IAU_2015:30110")
    image.chunk(band=8, y=32, x=width).to_zarr(path, zarr_format=3, consolidated=False)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def main() -> None:
    """Map images: ``python images.py BLOCK WORKERS OUT IMAGE...``."""
    block, workers, scheduler, out, *images = sys.argv[1:]
    settings = MapSettings(block=int(block), workers=int(workers), scheduler=scheduler)
    try:
        done = map_tiles(images, Path(out), settings=settings, say=print)
    except FarsideError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    sys.stdout.write(f"{done}\n")
    sys.exit(1 if done.skipped else 0)


if __name__ == "__main__":
    main()
