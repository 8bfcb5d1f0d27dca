"""Farside beside its peers on the same input, in one run: agreement, and speed where it is fair.

Usage: python benchmarks/peers.py

Each peer is run where it is named, and left out with the reason where it is not:

FARSIDE_CRATERSTATS_PYTHON  Python (3.12 or later) with craterstats
FARSIDE_MOONINDEX_PYTHON    Python with MoonIndex
FARSIDE_FEOTIO2             folder with the C source of the GRASS add-on i.feotio2
FARSIDE_ORIGINALS           folder of the original data, for the image of the Moon Mineralogy Mapper

1. craterstats: ages of its own sample counts, and its test of randomness.
2. MoonIndex: continuum, band depths and centres of an M3 image of Aristarchus.
3. GRASS i.feotio2: FeO, TiO2 and maturity of the 47 Clementine sites, and their errors.
4. The published network (DL-IM): scores of farside's stored validations.
"""

from __future__ import annotations

import csv
import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import chronology as own_benchmark
import numpy as np

from farside.chronology.age import date
from farside.chronology.counts import CraterCount
from farside.chronology.formats import read_count
from farside.chronology.randomness import randomness
from farside.chronology.systems import system
from farside.datasets import load_clementine_sites
from farside.provenance import code_version
from farside.report import store
from farside.spectra.continuum import hull_continuum, remove_continuum
from farside.spectra.dataset import make_spectra
from farside.spectra.parameters import (
    FEO_LUCEY,
    THETA_FE_LUCEY,
    lucey_feo,
    lucey_tio2,
    omat,
    theta_fe,
)
from farside.spectra.prepare import open_image

if TYPE_CHECKING:
    import xarray as xr

CRATERSTATS = os.environ.get("FARSIDE_CRATERSTATS_PYTHON", "")
MOONINDEX = os.environ.get("FARSIDE_MOONINDEX_PYTHON", "")
FEOTIO2 = os.environ.get("FARSIDE_FEOTIO2", "")
ORIGINALS = Path(os.environ.get("FARSIDE_ORIGINALS", ""))
SAMPLES = (
    ("CE-6 8-km vicinity.scc", 0.2, 0.8), ("Im2.scc", 1.8, 20), ("c1.scc", 0.05, 0.3),
    ("e1.diam", 0.24, 1.5), ("w2.diam", 1.5, 5), ("w4.diam", 0.185, 1.55),
)  # fmt: skip


# -- craterstats -------------------------------------------------------------------------------


def said(words: list[str], folder: str | None = None) -> str:
    """Return what a command prints."""
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout


def craterstats() -> None:
    """Print the differences of ages and of the test of randomness, and the times."""
    if not CRATERSTATS:
        print("craterstats left out: FARSIDE_CRATERSTATS_PYTHON names no Python with it")
        return
    command = str(Path(CRATERSTATS).parent / "craterstats")
    version = said([command, "-v"]).split("Version:")[1].split()[0]
    code = "import craterstats; print(craterstats.__path__[0])"
    where = Path(said([CRATERSTATS, "-c", code]).strip()) / "sample"
    off = []
    with tempfile.TemporaryDirectory() as folder:
        for name, low, high in SAMPLES:
            plot = f"source={where / name},range=[{low},{high}],snap=0,type=poisson"
            said([command, "-cs", "n83", "-f", "csv", "-o", "out", "-p", plot], folder)
            text = (Path(folder) / "out.csv").read_text("utf-8-sig")
            rows = list(csv.reader(text.splitlines()))
            head = next(row for row in rows if "N_event" in row)
            theirs = np.array([float(rows[-1][head.index(k)]) for k in ("Age", "Age-", "Age+")])
            age = date(read_count(where / name), system("neukum1983"), (low, high))
            ours = np.array([age.age_ma, age.lower_ma, age.upper_ma]) / 1000
            off.append(ours / theirs - 1)
        print(
            f"craterstats {version}: {len(SAMPLES)} Poisson ages and both ends of their intervals "
            f"differ by {np.median(np.abs(off)):.2%} (median), {np.abs(off).max():.2%} at most; it "
            "prints three figures"
        )
        shutil.copy(where / SAMPLES[0][0], Path(folder) / "ce6.scc")
        _speed(command, folder)
        _randomness(command, folder)


def _speed(command: str, folder: str) -> None:
    """Print the times of one age from the command line, interpreter and all."""
    ours = [sys.executable, "-c", "from farside.cli import main; main()", "age", "ce6.scc"]
    plot = "source=ce6.scc,type=poisson,range=[.2,.8],snap=0"
    a = own_benchmark.wall([*ours, "--range", "0.2", "0.8", "-q"], folder)
    b = own_benchmark.wall([command, "-cs", "n83", "-f", "csv", "-o", "out", "-p", plot], folder)
    print(f"  one age: farside {a:.2f} s, craterstats {b:.2f} s")


def _randomness(command: str, folder: str) -> None:
    """Print both tests of randomness of the craters around Chang'e-6."""
    start = time.perf_counter()
    said([command, "-ra", "ce6.scc", "-trials", "300", "-o", "ra"], folder)
    theirs_s = time.perf_counter() - start
    count = read_count(Path(folder) / "ce6.scc")
    if not isinstance(count, CraterCount):
        raise SystemExit("the sample is no list of craters")
    start = time.perf_counter()
    ours = randomness(count, trials=300)
    ours_s = time.perf_counter() - start
    print(f"  randomness, 300 trials: farside {ours_s:.1f} s, craterstats {theirs_s:.0f} s")
    found = re.search(
        r"n_sigma\s*=\s*\{([^\n]*)\n(.*?)\}", (Path(folder) / "ra_ra.txt").read_text(), re.DOTALL
    )
    if found is None:
        raise SystemExit("craterstats wrote no table n_sigma")
    names = re.split(r"[,\s]+", found[1].strip())
    rows = np.array([[float(x) for x in line.split()] for line in found[2].strip().splitlines()])
    # its bins of a factor sqrt(2) are named by the logarithm to 2 of their lower end in km
    place = [int(np.argmin(np.abs(np.log2(ours.low_km) - b))) for b in rows[:, names.index("bin")]]
    for measure in ours.n_sigma:
        a, b = ours.n_sigma[measure][place], rows[:, names.index(measure)]
        print(
            f"  {measure} of {len(rows)} bins, in sigma: farside {np.round(a, 1).tolist()}, "
            f"craterstats {np.round(b, 1).tolist()}, median difference "
            f"{np.median(np.abs(a - b)):.2f}"
        )


# -- MoonIndex ---------------------------------------------------------------------------------

MOONINDEX_SCRIPT = """
import contextlib, importlib.metadata, io, sys, time
import numpy as np, xarray as xr
import MoonIndex.preparation as p, MoonIndex.indexes as i
given = np.load(sys.argv[1])
wavelengths = given["wavelength_nm"].astype(np.float32)
cube = xr.DataArray(given["reflectance"].astype(np.float32), dims=("wavelength", "y", "x"),
                    coords={"wavelength": wavelengths})
start = time.perf_counter()
middle = p.midpoint(cube, wavelengths, 6, 0.002)
hull = p.convexhull_removal(cube, wavelengths, middle)
removal_s = time.perf_counter() - start
low, high = p.find_minimums_ch(hull, middle, wavelengths)
np.savez(sys.argv[2], version=importlib.metadata.version("MoonIndex"), middle=middle, hull=hull,
         removal_s=removal_s, bci=i.band_center(low), bcii=i.band_center(high),
         bdi=i.band_depth(hull, low, wavelengths), bdii=i.band_depth(hull, high, wavelengths),
         feo=i.iron(cube), omat=i.OMAT(cube), total_s=time.perf_counter() - start)
"""


def m3_image() -> xr.Dataset | None:
    """Return the M3 image of Aristarchus (50 x 50 spectra), None where it is not here."""
    path = ORIGINALS / "m3" / "M3_4030seg_L2_aristcrater.tif"
    return open_image(path).compute() if path.is_file() else None


def moonindex() -> None:
    """Print how the parameters of an M3 image agree, and how long both take."""
    ds = m3_image()
    if not MOONINDEX or ds is None:
        reason = (
            "FARSIDE_MOONINDEX_PYTHON names no Python with it"
            if ds is not None
            else ("FARSIDE_ORIGINALS names no folder with the M3 image")
        )
        print(f"MoonIndex left out: {reason}")
        return
    reflectance, wavelength = ds["reflectance"].to_numpy(), ds["wavelength_nm"].to_numpy()
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, reflectance=reflectance, wavelength_nm=wavelength)
        subprocess.run([MOONINDEX, "-c", MOONINDEX_SCRIPT, given, found], check=True,
                       capture_output=True)  # fmt: skip
        theirs = dict(np.load(found))
    start = time.perf_counter()
    ours = remove_continuum(ds, hull_continuum(ds)).to_numpy()
    took = time.perf_counter() - start
    n = reflectance[0].size
    print(f"MoonIndex {theirs['version']}: {n} M3 spectra of {len(wavelength)} bands")
    print(
        f"  convex hull: farside {1e3 * took:.0f} ms, MoonIndex {float(theirs['removal_s']):.1f} s,"
        f" {float(theirs['removal_s']) / took:.0f} x"
    )
    _continua(ds, theirs)
    _bands(ours, theirs, wavelength)
    angle = theta_fe(ds, origin=THETA_FE_LUCEY)  # the branch of the arc tangent that it takes
    off = (FEO_LUCEY[0] * angle + FEO_LUCEY[1]).to_numpy() - theirs["feo"]
    print(
        f"  FeO (Lucey et al. 2000), whose means of three bands farside does not take: median "
        f"difference {np.nanmedian(off):+.2f} wt%, median size {np.nanmedian(np.abs(off)):.2f} wt%"
    )
    off = omat(ds).to_numpy() - theirs["omat"]
    print(f"  OMAT: median difference {np.nanmedian(off):+.4f}")


def _continua(ds: xr.Dataset, theirs: dict[str, np.ndarray]) -> None:
    """Print where the continua agree, MoonIndex's tie point between the bands put in."""
    reflectance, wavelength = ds["reflectance"].to_numpy(), ds["wavelength_nm"].to_numpy()
    on_hull = hull_continuum(ds).to_numpy() <= reflectance * (1 + 1e-6)
    off, falls = [], []
    for i, j in np.ndindex(reflectance.shape[1:]):
        own = on_hull[:, i, j].copy()
        own[np.argmin(np.abs(wavelength - theirs["middle"][i, j]))] = True
        line = np.interp(wavelength, wavelength[own], reflectance[own, i, j])
        removed = np.minimum(reflectance[:, i, j] / line, 1)
        off.append(np.abs(removed - theirs["hull"][:, i, j]).max())
        falls.append((np.diff(reflectance[own, i, j]) < 0).any())
    off, falls = np.array(off), np.array(falls)
    print(
        f"  continuum removed, with its tie point: largest difference {off[~falls].max():.1e} in "
        f"the {(~falls).mean():.0%} of spectra whose continuum rises throughout; up to "
        f"{off[falls].max():.2f} in the others, where MoonIndex sorts wavelengths and values apart"
    )


def _bands(ours: np.ndarray, theirs: dict[str, np.ndarray], wavelength: np.ndarray) -> None:
    """Print depths and centres at the minima of the continuum-removed spectra."""
    for band, low, high, centre, depth in (
        ("1 µm", 789, 1309, "bci", "bdi"), ("2 µm", 1658, 2500, "bcii", "bdii"),
    ):  # fmt: skip
        inside = np.flatnonzero((wavelength >= low) & (wavelength <= high))
        deepest = inside[ours[inside].argmin(axis=0)]
        own_depth = 1 - ours[inside].min(axis=0)
        off = own_depth - theirs[depth]
        move = wavelength[deepest] - theirs[centre]
        keep = np.isfinite(off) & np.isfinite(move)
        near = np.abs(move[keep]) <= 40
        print(
            f"  {band}: median difference of depth {np.median(off[keep]):+.4f} (median depth "
            f"{np.median(own_depth):.3f}), centres within 40 nm in {near.mean():.0%}"
        )


# -- GRASS -------------------------------------------------------------------------------------


def grass() -> None:
    """Print how the relations of the GRASS add-on agree at the Clementine sites."""
    compiler = shutil.which("cc")
    sources = [Path(FEOTIO2) / f for f in ("feo.c", "tio2.c", "clementine_mapplanet.c")]
    if not FEOTIO2 or compiler is None or not all(path.is_file() for path in sources):
        print("GRASS i.feotio2 left out: FARSIDE_FEOTIO2 names no folder with its C source")
        return
    table = load_clementine_sites()
    bands = {int(c[1:]): table[c].to_numpy(float) for c in table if re.fullmatch(r"r\d+", c)}
    ds = make_spectra(np.stack([bands[w] for w in sorted(bands)]), np.array(sorted(bands), float))
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "feotio2.so"
        words = [compiler, "-O2", "-shared", "-fPIC", "-o", library, *sources, "-lm"]
        subprocess.run(words, check=True, capture_output=True)
        c = ctypes.CDLL(str(library))

        def run(name: str, *columns: np.ndarray | float) -> np.ndarray:
            function = getattr(c, name)
            function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * len(columns)
            return np.array(
                [function(*row) for row in zip(*np.broadcast_arrays(*columns), strict=True)]
            )

        dark, blue, red = bands[750], bands[415], bands[950]
        print(f"GRASS i.feotio2: {len(table)} sites of Clementine spectra")
        # farside fits this line anew (oxides.empirical), so here stand the figures of the paper
        sine = np.sin(1.3885) * dark + np.cos(1.3885) * red / dark
        pairs = {
            "feolucey2000": (run("feolucey2000", dark, red), lucey_feo(ds).to_numpy(), "FeO"),
            "feowilcox2005": (run("feowilcox2005", dark, red), -137.97 * sine + 57.46, "FeO"),
            "tio2lucey2000": (run("tio2lucey2000", blue, dark), lucey_tio2(ds).to_numpy(), "TiO2"),
            "tio2lucey2000_setparam": (
                run("tio2", blue, dark, 0.42, 0.0), lucey_tio2(ds).to_numpy(), "TiO2",
            ),
            "omatlucey2000": (run("omatlucey2000", dark, red), omat(ds).to_numpy(), ""),
        }  # fmt: skip
    for name, (theirs, ours, oxide) in pairs.items():
        line = f"  {name}: largest difference {np.nanmax(np.abs(theirs - ours)):.2g}"
        if oxide:
            error = theirs - table[oxide].to_numpy(float)
            line += f" wt%; against the returned soils RMSE {np.sqrt(np.nanmean(error**2)):.2f} wt%"
        print(line)


# -- the published network ---------------------------------------------------------------------


def published_network() -> None:
    """Print R2 and RMSE of farside and of the published network by every protocol, as stored."""
    print(
        "the published network (DL-IM, Yang et al. 2023), made again in farside; protocols: one "
        "site (loo), one mission (lomo), mare or highlands (terrain) left out, and its own, in "
        "which the site left out chooses the epoch (yang2023):"
    )
    for found in store.read("validation"):
        if found["estimator"] not in ("farside", "yang2023"):
            continue
        for key, unit in (("r2", ""), ("rmse", ", wt%")):
            scores = "  ".join(f"{s['oxide']} {s[key]:5.2f}" for s in found["scores"])
            print(f"  {found['estimator']:8s} {found['protocol']:8s} {key:4s} {scores}{unit}")


if __name__ == "__main__":
    print(f"farside {code_version()}, Python {sys.version.split()[0]}, {time.strftime('%Y-%m-%d')}")
    craterstats()
    moonindex()
    grass()
    published_network()
