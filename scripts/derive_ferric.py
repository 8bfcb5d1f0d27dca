"""Write ferric_sp.csv and ferric_m3.csv: real spectra around 850 nm, to test ferric indices on.

Usage: python scripts/derive_ferric.py [--originals DIR]

DIR holds ``sp/`` (Kaguya SP Level 2C scenes) and ``m3/`` (an M3 Level 2 image).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from derive_common import paragraphs
from derive_sp import M3, SCENES, SOURCES
from derive_spectra_common import ORIGINALS, About, save

from farside.readers.kaguya_sp import read_sp
from farside.readers.m3 import read_m3
from farside.spectra.dataset import flatten

if TYPE_CHECKING:
    import xarray as xr

WINDOW_NM = (700.0, 1000.0)
EVERY = 2
"""Rows and columns of the M3 image that are taken: every second."""
NOTES = paragraphs("""
Spectra as archived, on the sensor's own channels: nothing is resampled, averaged or corrected.

SP: footprints with i <= 75, values with a quality word of 2000 or more left out.

M3: every second row and column of the crop; it has no georeference.
""")


def window(ds: xr.Dataset) -> pd.DataFrame:
    """Return the spectra of one scene between the ends of the window, one row each."""
    wavelength = ds["wavelength_nm"].to_numpy()
    chosen = np.flatnonzero((wavelength >= WINDOW_NM[0]) & (wavelength <= WINDOW_NM[1]))
    part = ds.isel(band=chosen)
    values = part["reflectance"].transpose("point", "band").to_numpy()
    frame = pd.DataFrame({"scene": ds.attrs["scene"]}, index=range(len(values)))
    for name in ("lat", "lon"):
        if name in part.coords:
            frame[name] = part[name].to_numpy().round(4)
    columns = [f"r{w:.1f}" for w in wavelength[chosen]]
    return frame.join(pd.DataFrame(values.round(5), columns=columns))


def about(sensor: str, frame: pd.DataFrame, originals: list[Path]) -> About:
    """Return the sidecar of one sensor's table."""
    columns = {
        "scene": ("text", "product identifier"),
        "lat": ("deg", "planetocentric latitude"),
        "lon": ("deg", "longitude east, -180..180"),
    }
    for column in frame.columns[frame.columns.str.startswith("r")]:
        columns[column] = ("1", f"reflectance at {column[1:]} nm, i=30, e=0, g=30")
    which = 0 if sensor == "SP" else 1
    return About(
        title=f"Real spectra of {sensor} around 850 nm, as archived",
        description="Single spectra for ferric indices and their rate of mistakes.",
        columns=columns,
        sources=[SOURCES[which]],
        notes=[note for note in NOTES if not note.startswith("M3" if which == 0 else "SP")],
        script="scripts/derive_ferric.py",
        originals=originals,
    )


def main() -> None:
    """Derive both tables and their sidecars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--originals", type=Path, default=ORIGINALS)
    originals: Path = parser.parse_args().originals
    paths = [originals / "sp" / f"{scene}.spc" for scene in SCENES]
    frame = pd.concat([window(read_sp(p).compute()) for p in paths], ignore_index=True)
    save("ferric_sp", frame, about("SP", frame, paths))
    path = originals / "m3" / f"{M3}.tif"
    image = read_m3(path).isel(y=slice(None, None, EVERY), x=slice(None, None, EVERY)).compute()
    frame = window(flatten(image))
    save("ferric_m3", frame, about("M3", frame, [path]))


if __name__ == "__main__":
    main()
