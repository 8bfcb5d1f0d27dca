"""Write sensor_gains.csv (SP to MI) and its leave-one-scene-out test to datasets/tables.

Usage: python scripts/derive_transfer.py [--originals DIR]

DIR holds ``sp/`` (Kaguya SP Level 2C scenes) and ``global/lunar_global_05deg.npz``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from derive_common import paragraphs
from derive_sp import BANDS, SCENES
from derive_spectra_common import ORIGINALS, About, save

from farside.datasets import load_sites
from farside.readers.kaguya_sp import read_sp
from farside.spectra.bands import band_set
from farside.spectra.dataset import from_table, make_spectra
from farside.spectra.parameters import theta_fe
from farside.spectra.resample import resample
from farside.spectra.transfer import Anchor, fit_gain

PIVOT = BANDS.index(1049.0)
SOURCES = [
    {
        "citation": "SELENE (Kaguya) Spectral Profiler Level 2C, version 2, JAXA/SELENE data "
        "archive: three scenes.",
        "url": "https://darts.isas.jaxa.jp/planet/pdap/selene/",
    },
    {
        "citation": "Yang C. et al. (2023) Nature Communications 14, 7554: MI reflectance of the "
        "landing sites.",
        "doi": "10.1038/s41467-023-43358-0",
    },
    {
        "citation": "Lucey P.G. et al. (2014) The global albedo of the Moon at 1064 nm from LOLA. "
        "Journal of Geophysical Research: Planets 119, 1665-1679; layer at 0.5 degrees.",
        "doi": "10.1002/2013JE004592",
    },
    {
        "citation": "Prettyman T.H. et al. (2006) Journal of Geophysical Research 111, E12007: "
        "FeO, only in the test.",
        "doi": "10.1029/2005JE002656",
    },
]


def at(layer: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Return a 0.5 degree layer (first row 89.75 N, first column 179.75 W) at places."""
    row = np.clip(((90.0 - lat) * 2).astype(int), 0, 359)
    return layer[row, np.clip(((lon + 180.0) * 2).astype(int), 0, 719)].astype(float)


def iron(reflectance: np.ndarray) -> np.ndarray:
    """Return FeO (wt%) by the iron angle, a line fitted to the landing sites."""
    sites = load_sites().dropna(subset=["FeO"])
    slope, zero = np.polyfit(theta_fe(from_table(sites)).to_numpy(), sites["FeO"], 1)
    return slope * theta_fe(make_spectra(reflectance, list(BANDS))).to_numpy() + zero


def gain_table(gain: np.ndarray, covariance: np.ndarray) -> pd.DataFrame:
    """Return the gains and their covariance as a table."""
    frame = pd.DataFrame({"source": "SP", "target": "MI", "wavelength_nm": BANDS})
    frame["gain"] = gain.round(5)
    for b, band in enumerate(BANDS):
        frame[f"cov_{band:.0f}"] = covariance[:, b].round(8)
    return frame


def leave_one_out(
    anchor: Anchor, spectra: dict[str, np.ndarray], albedo: np.ndarray, lp: pd.DataFrame
) -> pd.DataFrame:
    """Return iron of each scene with the gain fitted on the other scenes."""
    means = np.array([values.mean(axis=1) for values in spectra.values()])
    rows = []
    for k, (scene, values) in enumerate(spectra.items()):
        others = [i for i in range(len(means)) if i != k]
        gain, covariance = fit_gain(anchor, means[others], albedo[others])
        noise = np.random.default_rng(0).multivariate_normal(np.zeros(gain.size), covariance, 400)
        drawn = [np.median(iron(values * g[:, None])) for g in gain * np.exp(noise)]
        moved = np.log(means[k] * gain) - anchor.expected(albedo[[k]])[0]
        rows.append(
            {
                "scene": scene,
                "albedo_1064": albedo[k].round(4),
                "FeO_as_archived": np.median(iron(values)).round(2),
                "FeO_held_out": np.median(iron(values * gain[:, None])).round(2),
                "FeO_held_out_1s": np.std(drawn).round(2),
                "FeO_lp_2deg": lp["lp2_feo_wt"][k].round(2),
                "FeO_lp_5deg": lp["lp5_feo"][k].round(2),
                "colour_950_residual": (moved[2] - moved[0]).round(4),
                "colour_1548_residual": (moved[6] - moved[0]).round(4),
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Derive both tables and their sidecars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--originals", type=Path, default=ORIGINALS)
    originals: Path = parser.parse_args().originals
    grid_path = originals / "global" / "lunar_global_05deg.npz"
    grid = np.load(grid_path)
    target = band_set("kaguya_mi").subset(list(BANDS))
    paths = [originals / "sp" / f"{scene}.spc" for scene in SCENES]
    scenes = {path.stem: resample(read_sp(path), target) for path in paths}
    layers = ("lola_like_albedo", "lp2_feo_wt", "lp5_feo")
    along = pd.DataFrame(
        [
            {n: at(grid[n], ds["lat"].to_numpy(), ds["lon"].to_numpy()).mean() for n in layers}
            for ds in scenes.values()
        ]
    )
    albedo = along["lola_like_albedo"].to_numpy()
    spectra = {name: ds["reflectance"].to_numpy() for name, ds in scenes.items()}
    sites = load_sites()
    place = sites.groupby("mission")[["lat", "lon"]].transform("mean").to_numpy()
    anchor = Anchor(
        reflectance=sites[[f"r{b:.0f}" for b in BANDS]].to_numpy(dtype=float),
        group=sites["mission"].to_numpy(dtype=str),
        albedo=at(grid["lola_like_albedo"], place[:, 0], place[:, 1]),
        pivot=PIVOT,
    )
    means = np.array([values.mean(axis=1) for values in spectra.values()])
    gains = gain_table(*fit_gain(anchor, means, albedo))
    check = leave_one_out(anchor, spectra, albedo, along)
    print(gains.iloc[:, :4], check.T, sep="\n")
    originals_used = [*paths, grid_path]
    save("sensor_gains", gains, about("gain", originals_used))
    save("sensor_gains_check", check, about("check", originals_used))


def about(kind: str, originals: list[Path]) -> About:
    """Return what the sidecar of one of the two tables says."""
    title, description, columns, notes = SIDECARS[kind]
    script = "scripts/derive_transfer.py"
    return About(title, description, columns, SOURCES, notes, script, originals)


GAIN_COLUMNS = {
    "source": ("text", "sensor the spectra come from"),
    "target": ("text", "sensor whose calibration they are brought to"),
    "wavelength_nm": ("nm", "centre of the band of the target"),
    "gain": ("1", "reflectance of the target over reflectance of the source"),
} | {f"cov_{b:.0f}": ("1", f"covariance of ln(gain) with that at {b:.0f} nm") for b in BANDS}
CHECK_COLUMNS = {
    "scene": ("text", "SP scene left out of the fit"),
    "albedo_1064": ("1", "LOLA albedo along the scene"),
    "FeO_as_archived": ("wt%", "iron angle of the spectra as archived, line fitted to MI's sites"),
    "FeO_held_out": ("wt%", "the same with the gain fitted on the other two scenes"),
    "FeO_held_out_1s": ("wt%", "one sigma from the covariance of that gain alone"),
    "FeO_lp_2deg": ("wt%", "Lunar Prospector, 2 degree product, mean along the scene"),
    "FeO_lp_5deg": ("wt%", "Lunar Prospector, 5 degree product, mean along the scene"),
    "colour_950_residual": ("1", "ln(R950/R749) less the mean of MI's sites at this albedo"),
    "colour_1548_residual": ("1", "ln(R1548/R749) less the mean of MI's sites at this albedo"),
}
SIDECARS = {
    "gain": (
        "Gain from the reflectance of Kaguya SP (Level 2C, REF1) to that of Kaguya MI",
        "One gain for each band that SP covers, with the covariance of their logarithms.",
        GAIN_COLUMNS,
        paragraphs("""
Tied to LOLA's albedo and to MI's colour at the landing sites by
farside.spectra.transfer.fit_gain; no composition takes part.

Three scenes and nine landing sites: an estimate, not a laboratory calibration; use the
covariance.
"""),
    ),
    "check": (
        "Leave-one-scene-out test of the gain from SP to MI",
        "Iron of each SP scene with the gain of the other scenes, against Lunar Prospector.",
        CHECK_COLUMNS,
        paragraphs("""
Iron by one angle and a line through the sites: a test of the gain, not a map.

Lunar Prospector took no part in the fit.
"""),
    ),
}


if __name__ == "__main__":
    main()
