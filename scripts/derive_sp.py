"""Write src/farside/datasets/tables/sp_spectra.csv: real spectra from orbit in MI's bands.

Usage: python scripts/derive_sp.py [--originals DIR]

DIR holds ``sp/`` (Kaguya SP Level 2C scenes) and ``m3/`` (an M3 Level 2 image).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from derive_common import paragraphs
from derive_spectra_common import ORIGINALS, About, save

from farside.readers.kaguya_sp import read_sp
from farside.readers.m3 import read_m3
from farside.spectra.bands import band_set
from farside.spectra.dataset import flatten
from farside.spectra.resample import resample

if TYPE_CHECKING:
    import xarray as xr

SCENES = ("SP_2C_02_05882_S278_E1660", "SP_2C_02_05890_S040_E1581", "SP_2C_02_02358_S138_E3586")
M3 = "M3_4030seg_L2_aristcrater"
BANDS = (749.0, 901.0, 950.0, 1001.0, 1049.0, 1248.0, 1548.0)
RUN = 10
BLOCK = 10
ANGLES = ("incidence_deg", "emission_deg", "phase_deg")
SOURCES = [
    {
        "citation": "SELENE (Kaguya) Spectral Profiler Level 2C, version 2: JAXA/SELENE data "
        "archive. Matsunaga T. et al. (2008) Geophysical Research Letters 35, L23201.",
        "doi": "10.1029/2008GL035868",
        "url": "https://darts.isas.jaxa.jp/planet/pdap/selene/",
    },
    {
        "citation": "Moon Mineralogy Mapper Level 2 reflectance, M3G20090205T074030_V01_RFL, crop "
        "of the crater Aristarchus as released by USGS. Green R.O. et al. (2011) Journal of "
        "Geophysical Research 116, E00G19.",
        "doi": "10.1029/2011JE003797",
    },
]
NOTES = paragraphs("""
No column is brought to the calibration of MI: see sensor_gains.

SP: REF1 (photometric correction for high albedo) at i=30, e=0, g=30; footprints with i <= 75;
values with a quality word of 2000 or more left out; mean of runs of 10 footprints along the orbit
(the last run of a scene has more), resampled to MI's bands by a Gaussian response.

M3: mean of blocks of 10 x 10 pixels; the crop has no georeference and no angles; its archive
applied the photometric correction.

MI's band at 414 nm is outside both sensors.

Scenes 05882 and 05890 are lit at 61-65 degrees of incidence without a correction for slopes: much
of their scatter is relief.
""")


def average(ds: xr.Dataset, members: list[np.ndarray]) -> pd.DataFrame:
    """Return the mean spectrum of each group of points, with its scatter."""
    rows = []
    for run, group in enumerate(members, start=1):
        part = ds.isel(point=group)
        values = part["reflectance"].to_numpy()
        row = {"sensor": ds.attrs["sensor"], "scene": ds.attrs["scene"], "run": run}
        row |= {"n": len(group)}
        for name, digits in (("lat", 4), ("lon", 4), *((angle, 3) for angle in ANGLES)):
            row[name] = round(float(part[name].mean()), digits) if name in part.coords else np.nan
        row |= {f"r{b:.0f}": round(v, 6) for b, v in zip(BANDS, values.mean(axis=1), strict=True)}
        scatter = values.std(axis=1, ddof=1)
        row |= {f"r{b:.0f}_1s": round(v, 6) for b, v in zip(BANDS, scatter, strict=True)}
        rows.append(row)
    return pd.DataFrame(rows)


def runs(n: int) -> list[np.ndarray]:
    """Return runs of `RUN` points; the last takes what is left over."""
    return np.array_split(np.arange(n), [RUN * k for k in range(1, n // RUN)])


def blocks(size: int) -> list[np.ndarray]:
    """Return square blocks of an image of `size` x `size` pixels, as indices of its points."""
    index = np.arange(size * size).reshape(size, size)
    steps = range(0, size, BLOCK)
    return [index[y : y + BLOCK, x : x + BLOCK].ravel() for y in steps for x in steps]


def columns() -> dict[str, tuple[str, str]]:
    """Return the unit and meaning of each column."""
    about = {
        "sensor": ("text", "SP or M3"),
        "scene": ("text", "product identifier"),
        "run": ("count", "number of the run of footprints or block of pixels in the scene"),
        "n": ("count", "spectra averaged"),
        "lat": ("deg", "planetocentric latitude, mean of the run"),
        "lon": ("deg", "longitude east, -180..180, mean of the run"),
        "incidence_deg": ("deg", "incidence angle"),
        "emission_deg": ("deg", "emission angle"),
        "phase_deg": ("deg", "phase angle"),
    }
    for band in BANDS:
        about[f"r{band:.0f}"] = ("1", f"reflectance at {band:.0f} nm, i=30, e=0, g=30")
    for band in BANDS:
        about[f"r{band:.0f}_1s"] = ("1", f"standard deviation of the n spectra at {band:.0f} nm")
    return about


def main() -> None:
    """Derive the table and its sidecar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--originals", type=Path, default=ORIGINALS)
    originals: Path = parser.parse_args().originals
    target = band_set("kaguya_mi").subset(list(BANDS))
    paths = [originals / "sp" / f"{scene}.spc" for scene in SCENES]
    parts = []
    for path in paths:
        ds = resample(read_sp(path), target)
        parts.append(average(ds, runs(ds.sizes["point"])))
    path = originals / "m3" / f"{M3}.tif"
    paths.append(path)
    image = flatten(resample(read_m3(path), target))
    parts.append(average(image, blocks(50)))
    frame = pd.concat(parts, ignore_index=True)[list(columns())]
    about = About(
        title="Real spectra from orbit (Kaguya SP, M3) in the bands of Kaguya MI",
        description="Means of 10 footprints (SP, three scenes) and of 10 x 10 pixels (M3).",
        columns=columns(),
        sources=SOURCES,
        notes=NOTES,
        script="scripts/derive_sp.py",
        originals=paths,
    )
    save("sp_spectra", frame, about)


if __name__ == "__main__":
    main()
