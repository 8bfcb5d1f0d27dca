"""Write src/farside/datasets/tables/photometry_*.csv: phase functions, albedo classes, the Sun.

Usage: python scripts/derive_photometry.py [--source DIR]

DIR holds ``sp/photometry/``: the coefficients of Yokota et al. (2011) by albedo class, the map of
the classes (0.5°, 16-bit integers, little-endian, south first, from 180° W) and a solar spectrum.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
from derive_common import paragraphs
from derive_spectra_common import ORIGINALS, About, save

SHAPE = (360, 720)
SOLAR_NM = (380.0, 3200.0)
NAMES = ("pix", "wavelength_nm", "b0", "b0_1s", "h", "h_1s", "c", "c_1s", "g", "g_1s", "mean")
YOKOTA = {
    "citation": "Yokota Y. et al. (2011) Lunar photometric properties at wavelengths 0.5-1.6 um "
    "acquired by SELENE Spectral Profiler and their dependency on local albedo and latitudinal "
    "zones. Icarus 215, 639-660: supporting tables.",
    "doi": "10.1016/j.icarus.2011.07.028",
}
KOUYAMA = {
    "citation": "Kouyama T. et al. (2016) Development of an application scheme for the SELENE/SP "
    "lunar reflectance model for radiometric calibration of hyperspectral and multispectral "
    "sensors. Planetary and Space Science 124, 76-83; files of the repository "
    "TKouyama/SP_LunarCal_example.",
    "url": "https://www.sciencedirect.com/science/article/pii/S0032063315301008",
}
GUEYMARD = {
    "citation": "Gueymard C.A. (2004) The sun's total and spectral irradiance for solar energy "
    "applications and solar radiation models. Solar Energy 76, 423-453.",
    "doi": "10.1016/j.solener.2003.08.039",
}


def phase_functions(source: Path) -> None:
    """Write the coefficients of the three albedo classes."""
    paths = {name: source / f"{name.title()}_albedo_sel.txt" for name in ("low", "mid", "high")}
    parts = []
    for name, path in paths.items():
        frame = pd.read_csv(path, sep=r"\s+", skiprows=1, names=list(NAMES)).drop(columns="pix")
        sigma = [column for column in frame.columns if column.endswith("_1s")]
        frame.loc[(frame[sigma] == 0).all(axis=1), [*sigma, "mean"]] = np.nan
        parts.append(frame.rename(columns={"mean": "mean_reflectance"}).assign(albedo=name))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[["albedo", *frame.columns.drop("albedo")]]
    what = {
        "b0": "height of the opposition peak",
        "h": "its width",
        "c": "share of the backward and forward lobes",
        "g": "their asymmetry",
    }
    columns = {
        "albedo": ("text", "albedo class: low, mid or high"),
        "wavelength_nm": ("nm", "centre of the channel"),
        "mean_reflectance": ("1", "mean reflectance of the class at i=30, e=0, g=30"),
    }
    for name, about in what.items():
        columns[name] = ("1", about)
        columns[f"{name}_1s"] = ("1", f"one sigma of {name}")
    about = About(
        title="Phase functions of the Moon by albedo class, 512.6-1644.2 nm",
        description="Coefficients of 160 channels of Kaguya SP for each of three albedo classes.",
        columns=columns,
        sources=[YOKOTA, KOUYAMA],
        notes=paragraphs("""
f(a) = (1 + B) P, B = b0 / (1 + tan(a/2) / h), P = (1-c)/2 HG(g) + (1+c)/2 HG(-g),
HG(x) = (1-x^2) / (1 + x^2 - 2 x cos a)^1.5: the form in which Kouyama et al. apply the
coefficients.

Valid for phase angles of 5 to 85 degrees.

At 1003.6 nm the original gives all sigmas and the mean as 0: interpolated there, not measured. Here
they are missing.

The sigmas are given one by one, without their correlation.
"""),
        script="scripts/derive_photometry.py",
        originals=list(paths.values()),
    )
    save("photometry_phase", frame, about)


def albedo_classes(source: Path) -> None:
    """Write the map of classes, each row as runs."""
    path = source / "albedo_group_05x05.dat"
    grid = np.fromfile(path, "<i2").reshape(SHAPE)
    if not set(np.unique(grid)) <= {1, 2, 3}:
        message = f"{path} holds other classes than 1, 2, 3"
        raise ValueError(message)
    rows = [
        "".join(f"{len(list(run))}{'lmh'[value - 1]}" for value, run in itertools.groupby(row))
        for row in grid.tolist()
    ]
    frame = pd.DataFrame({"lat": -89.75 + 0.5 * np.arange(SHAPE[0]), "runs": rows})
    about = About(
        title="Albedo class of each 0.5-degree cell of the Moon",
        description="360 rows from south to north, each 720 cells from 180 W eastward as runs.",
        columns={
            "lat": ("deg", "planetocentric latitude of the middle of the row"),
            "runs": ("text", "runs of cells: a number and l (low), m (mid) or h (high albedo)"),
        },
        sources=[KOUYAMA, YOKOTA],
        notes=["The map was made by T. Kouyama by the definition of Yokota et al. (2011)."],
        script="scripts/derive_photometry.py",
        originals=[path],
    )
    save("photometry_albedo_class", frame, about)


def solar_spectrum(source: Path) -> None:
    """Write the solar spectrum between the ends of the sensors."""
    path = source / "Gueymard.txt"
    frame = pd.read_csv(path, sep=r"\s+", skiprows=1, names=["wavelength_nm", "irradiance"])
    frame = frame[frame["wavelength_nm"].between(*SOLAR_NM)]
    about = About(
        title="Solar spectral irradiance at 1 au, 380-3200 nm",
        description="The synthetic spectrum that the SP reflectance model was made with.",
        columns={
            "wavelength_nm": ("nm", "wavelength"),
            "irradiance": ("W m-2 nm-1", "irradiance at 1 au above the atmosphere"),
        },
        sources=[GUEYMARD, KOUYAMA],
        notes=paragraphs("""
The file names its column SMARTS_Gueymard and gives no paper; Gueymard (2004) is that of the
spectrum in SMARTS.
"""),
        script="scripts/derive_photometry.py",
        originals=[path],
    )
    save("photometry_solar", frame, about)


def main() -> None:
    """Derive the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=ORIGINALS)
    source = parser.parse_args().source / "sp" / "photometry"
    phase_functions(source)
    albedo_classes(source)
    solar_spectrum(source)


if __name__ == "__main__":
    main()
