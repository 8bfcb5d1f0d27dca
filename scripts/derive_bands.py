"""Write the band sets to src/farside/datasets/tables/bands_*.csv, with a sidecar each.

Usage: python scripts/derive_bands.py [--originals DIR]

DIR holds ``m3/`` (wavelength tables) and ``sp/`` (one scene of the Spectral Profiler).
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import pandas as pd
from derive_common import paragraphs
from derive_spectra_common import ORIGINALS, About, save

from farside.readers.kaguya_sp import sp_channels

COLUMNS = {
    "band": ("text", "name of the band or channel"),
    "centre_nm": ("nm", "centre of the band"),
    "fwhm_nm": ("nm", "full width at half maximum"),
}
OHTAKE = {
    "citation": "Ohtake M. et al. (2008) Performance and scientific objectives of the SELENE "
    "(KAGUYA) Multiband Imager. Earth Planets Space 60, 257-264.",
    "doi": "10.1186/BF03352789",
}
MI_LABEL = {
    "citation": "Label of the SELENE MI 5 MAP product MI_MAP_03_N51E124N50E125SC: "
    "CENTER_FILTER_WAVELENGTH and BANDWIDTH.",
    "url": "https://darts.isas.jaxa.jp/planet/pdap/selene/",
}
GREEN = {
    "citation": "Green R.O. et al. (2011) The Moon Mineralogy Mapper (M3) imaging spectrometer for "
    "lunar science. Journal of Geophysical Research 116, E00G19.",
    "doi": "10.1029/2011JE003797",
}
NSSDC = {
    "citation": "NASA Space Science Data Coordinated Archive, Clementine UV/Visible Camera, "
    "1994-004A-01: filter centres and bandpass widths.",
    "url": "https://nssdc.gsfc.nasa.gov/nmc/experiment/display.action?id=1994-004A-01",
}
MATSUNAGA = {
    "citation": "Matsunaga T. et al. (2008) Discoveries on the lithology of lunar crater central "
    "peaks by SELENE Spectral Profiler. Geophysical Research Letters 35, L23201.",
    "doi": "10.1029/2008GL035868",
}
WU = {
    "citation": "Wu Y. et al. (2010) A preliminary experience in the use of Chang'E-1 IIM data. "
    "Planetary and Space Science 58, 1922-1931.",
    "url": "https://researchers.mq.edu.au/en/publications/"
    "a-preliminary-experience-in-the-use-of-change-1-iim-data",
}


def write(
    name: str,
    rows: list[tuple[str, float, float]],
    title: str,
    *,
    sources: list[dict[str, str]],
    notes: list[str],
    originals: tuple[Path, ...] = (),
) -> None:
    """Write one band set and its sidecar."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    about = About(
        title=title,
        description=f"{len(rows)} bands with centre and width.",
        columns=COLUMNS,
        sources=sources,
        notes=notes,
        script="scripts/derive_bands.py",
        originals=list(originals),
    )
    save(f"bands_{name}", frame, about)


def multiband() -> None:
    """Write the sensors with filters, from the figures of their labels and papers."""
    centres = (414.0, 749.0, 901.0, 950.0, 1001.0, 1000.0, 1049.0, 1248.0, 1548.0)
    widths = (20.0, 12.0, 21.0, 30.0, 42.0, 27.0, 28.0, 33.0, 48.0)
    names = ("MV1", "MV2", "MV3", "MV4", "MV5", "MN1", "MN2", "MN3", "MN4")
    write(
        "kaguya_mi",
        list(zip(names, centres, widths, strict=True)),
        "Bands of the Kaguya Multiband Imager: five visible (MV), four near infrared (MN)",
        sources=[MI_LABEL, OHTAKE],
        notes=paragraphs("""
MV5 and MN1 are two detectors' bands at almost the same wavelength; sites and maps use MV5 (1001
nm).
"""),
    )
    write(
        "clementine_uvvis",
        [
            ("A", 415.0, 40.0),
            ("B", 750.0, 10.0),
            ("C", 900.0, 30.0),
            ("D", 950.0, 30.0),
            ("E", 1000.0, 30.0),
        ],
        "Bands of the Clementine ultraviolet and visible camera",
        sources=[NSSDC],
        notes=["Without the broad band F (400-950 nm)."],
    )
    first, last, n = 1e7 / 480.0, 1e7 / 960.0, 32
    step = (first - last) / n
    edges = [first - step * i for i in range(n + 1)]
    write(
        "ce1_iim",
        [
            (f"{i + 1}", round(2e7 / (a + b), 2), round(1e7 / b - 1e7 / a, 2))
            for i, (a, b) in enumerate(itertools.pairwise(edges))
        ],
        "Bands of the Chang'E-1 Interference Imaging Spectrometer",
        sources=[WU],
        notes=paragraphs("""
Derived, not published: 480-960 nm in 32 steps of equal wavenumber (325.5 1/cm), as a Fourier
spectrometer has them. The centres that papers quote near 757, 891 and 918 nm come within 1.6 nm.
The width is the step; the instrument's own line shape is wider.
"""),
    )


def spectrometers(originals: Path) -> None:
    """Write the spectrometers, from the wavelength tables of their products."""
    path = originals / "m3" / "m3_global_wavelengths.csv"
    centres = pd.read_csv(path)["wavelength"].tolist()
    steps = "The width is the sampling: {} of 9.98 nm. The optical response is somewhat wider."
    rows = [
        (f"{i + 1}", centre, round(9.98 * (2 if 730 < centre < 1550 else 4), 2))
        for i, centre in enumerate(centres)
    ]
    note = steps.format("two or four channels of the target mode summed")
    write(
        "m3_global",
        rows,
        "Bands of M3 in global mode (85)",
        sources=[GREEN],
        originals=(path,),
        notes=[note],
    )
    write(
        "m3_global_l2",
        rows[2:],
        "Bands of M3 global Level 2 reflectance as released by USGS for Aristarchus (83)",
        sources=[GREEN],
        originals=(path,),
        notes=[
            note,
            *paragraphs("""
The first two bands of the 85, 460.99 and 500.92 nm, are not in the product: its band descriptions
begin with 'Band 3 ... (540.84)'.
"""),
        ],
    )
    path = originals / "m3" / "m3_target_wavelengths.csv"
    target = pd.read_csv(path)["0"].tolist()
    write(
        "m3_target",
        [(f"{i + 5}", float(w), 9.98) for i, w in enumerate(target)],
        "Bands of M3 in target mode (256)",
        sources=[GREEN],
        originals=(path,),
        notes=[steps.format("one channel")],
    )
    path = originals / "sp" / "SP_2C_02_05890_S040_E1581.spc"
    channels = sp_channels(path)
    write(
        "kaguya_sp",
        [(f"{detector}{k + 1}", float(w), width) for detector, k, w, width in channels],
        "Channels of the Kaguya Spectral Profiler (296), detectors VIS, N1 and N2",
        sources=[
            {
                "citation": f"Label and wavelength table of {path.stem} (SELENE SP Level 2C v2).",
                "url": "https://darts.isas.jaxa.jp/planet/pdap/selene/",
            },
            MATSUNAGA,
        ],
        originals=(path,),
        notes=paragraphs("""
In the order of the product: VIS ends at 1010.7 nm and N1 begins at 883.5 nm; the product flags
the overlap (VIS above 951 nm, N1 below 955 nm).
"""),
    )


def main() -> None:
    """Derive all band sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--originals", type=Path, default=ORIGINALS)
    multiband()
    spectrometers(parser.parse_args().originals)


if __name__ == "__main__":
    main()
