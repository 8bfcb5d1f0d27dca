"""Make small files in the formats that readers read, so that tests need no original.

The numbers are invented; only the layout is that of the real product. Run as a script to look at
them: python tests/data/make_fakes.py FOLDER
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

N_CHANNELS = 296
GEOMETRY = (
    ("SPACECRAFT_CLOCK_COUNT", 8),
    ("CENTER_LATITUDE", 8),
    ("CENTER_LONGITUDE", 8),
    ("EMISSION_ANGLE", 4),
    ("INCIDENCE_ANGLE", 4),
    ("PHASE_ANGLE", 4),
)
TABLES = ("WAV", "RAW", "REF2", "RAD", "REF1", "QA")


@dataclass
class FakeScene:
    """A scene of a spectrometer like Kaguya's: three footprints, the last not lit."""

    lat: tuple[float, ...] = (-4.0, -4.1, -4.2)
    lon: tuple[float, ...] = (158.0, 158.1, 358.5)
    incidence: tuple[float, ...] = (30.0, 40.0, 80.0)

    def wavelengths(self) -> np.ndarray:
        """Return channels in tenths of a nanometre; two detectors overlap as in the original."""
        vis = np.linspace(5126, 10107, 84)
        n1 = np.linspace(8835, 16760, 100) + 3
        n2 = np.linspace(17021, 25879, 112)
        return np.round(np.concatenate([vis, n1, n2])).astype(int)

    def reflectance(self) -> np.ndarray:
        """Return a straight spectrum, 0.10 at 500 nm and 0.0001 more with each nm."""
        line = 0.10 + 1e-4 * (self.wavelengths() / 10 - 500)
        return np.repeat(line[None], len(self.lat), axis=0)

    def quality(self) -> np.ndarray:
        """Return quality words: one bad channel, and the overlap of the detectors flagged."""
        wav = self.wavelengths() / 10
        words = np.full((len(self.lat), N_CHANNELS), 320)
        index = np.arange(N_CHANNELS)
        words[:, (index < 84) & (wav > 951)] = 16704
        words[:, (index >= 84) & (wav < 951)] = 16704
        words[:, np.abs(wav - 1300) < 4] = 32879
        return words


def _object(name: str, lines: list[str]) -> list[str]:
    return [f"OBJECT = {name}", *(f"    {line}" for line in lines), f"END_OBJECT = {name}"]


def _label(scene: FakeScene, offsets: dict[str, int]) -> str:
    rows, width = len(scene.lat), sum(size for _, size in GEOMETRY)
    out = ['PDS_VERSION_ID = "PDS3"', 'RECORD_TYPE = "UNDEFINED"']
    out += [f"^{name} = {start:6d} <BYTES>" for name, start in offsets.items()]
    out += ["VIS_BAND_WIDTH = 6.0 <nm>", "N1_BAND_WIDTH = 8.0 <nm>", "N2_BAND_WIDTH = 8.0 <nm>"]
    columns: list[str] = []
    first = 1
    for name, size in GEOMETRY:
        keys = [f'NAME = "{name}"', 'DATA_TYPE = "IEEE_REAL"', f"START_BYTE = {first}"]
        columns += _object("COLUMN", [*keys, f"BYTES = {size}"])
        first += size
    head = [f"ROWS = {rows}", f"COLUMNS = {len(GEOMETRY)}", f"ROW_BYTES = {width}"]
    out += _object("ANCILLARY_AND_SUPPLEMENT_DATA", [*head, *columns])
    scales = {"WAV": "0.1", "REF1": "0.0001", "REF2": "0.0001", "RAD": "0.01", "QA": "1.0"}
    for name in TABLES:
        keys = [f"LINES = {1 if name == 'WAV' else rows}", f"LINE_SAMPLES = {N_CHANNELS}"]
        keys += ['SAMPLE_TYPE = "MSB_UNSIGNED_INTEGER"', "SAMPLE_BITS = 16"]
        scale = scales.get(name)
        keys += [f"SCALING_FACTOR = {scale or 'N/A'}", f"OFFSET = {'0.0' if scale else 'N/A'}"]
        out += _object(f"SP_SPECTRUM_{name}", keys)
    return "\r\n".join([*out, "END", ""])


def fake_sp(scene: FakeScene | None = None) -> bytes:
    """Return the bytes of a file in the layout of SP Level 2C."""
    scene = scene or FakeScene()
    rows = len(scene.lat)
    kinds = [(name, f">f{size}") for name, size in GEOMETRY]
    geometry = np.zeros(rows, dtype=kinds)
    geometry["CENTER_LATITUDE"], geometry["CENTER_LONGITUDE"] = scene.lat, scene.lon
    geometry["INCIDENCE_ANGLE"] = geometry["PHASE_ANGLE"] = scene.incidence
    counts = np.round(scene.reflectance() * 1e4)
    counts[0, 0] = 65535
    arrays = {
        "WAV": scene.wavelengths()[None],
        "RAW": counts,
        "REF2": np.minimum(counts + 10, 65535),
        "RAD": counts,
        "REF1": counts,
        "QA": scene.quality(),
    }
    parts = {"ANCILLARY_AND_SUPPLEMENT_DATA": geometry.tobytes()}
    parts |= {f"SP_SPECTRUM_{k}": arrays[k].astype(">u2").tobytes() for k in TABLES}
    first = len(_label(scene, dict.fromkeys(parts, 1))) + 1
    offsets = {}
    for name, part in parts.items():
        offsets[name] = first
        first += len(part)
    return _label(scene, offsets).encode() + b"".join(parts.values())


if __name__ == "__main__":
    Path(sys.argv[1], "fake_sp.spc").write_bytes(fake_sp())
