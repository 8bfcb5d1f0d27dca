"""Make small files in the formats that readers read, so that tests need no original.

The numbers are invented; only the layout is that of the real product. Run as a script to look at
them: python tests/data/make_fakes.py FOLDER
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

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


MI_BANDS = (414.0, 749.0, 901.0, 950.0, 1001.0, 1000.0, 1049.0, 1248.0, 1548.0)
MI_CODES = (-20000, -21000, -22000, -23000)


def mi_numbers(lines: int = 6, samples: int = 5) -> np.ndarray:
    """Return nine bands of 16-bit numbers, each its own; the first pixels hold no value."""
    band, line, sample = np.meshgrid(
        np.arange(9), np.arange(lines), np.arange(samples), indexing="ij"
    )
    numbers = (1000 * (band + 1) + 10 * line + sample).astype(">i2")
    numbers[:, 0, :4] = MI_CODES
    numbers[:, 0, 4] = -30000
    return numbers


def _mi_label(pointers: list[str], numbers: np.ndarray, *, version: str, latitude: float) -> str:
    centres = [", ".join(f"{band:.1f}" for band in part) for part in (MI_BANDS[:5], MI_BANDS[5:])]
    image = [
        "BANDS = 9",
        'BAND_STORAGE_TYPE = "BAND SEQUENTIAL"'
        if version == "02"
        else "BAND_STORAGE_TYPE = BAND_SEQUENTIAL",
        f"LINES = {numbers.shape[1]}",
        f"LINE_SAMPLES = {numbers.shape[2]}",
        "SAMPLE_TYPE = MSB_INTEGER",
        "SAMPLE_BITS = 16",
        "IMAGE_VALUE_TYPE = REFLECTANCE",
        "SCALING_FACTOR = 2e-05",
        "OFFSET = 0.0",
        "INVALID_TYPE = (SATURATION, MINUS, DUMMY_DEFECT, OTHER)",
        f"INVALID_VALUE = ({', '.join(map(str, MI_CODES))})",
        "OUT_OF_IMAGE_BOUNDS_VALUE = -30000",
    ]
    grid = [
        'MAP_PROJECTION_TYPE = "Simple Cylindrical"',
        "A_AXIS_RADIUS = 1737.4 <km>",
        "CENTER_LATITUDE = 0.0 <deg>",
        "CENTER_LONGITUDE = 0.0 <deg>",
        "MAP_RESOLUTION = 2048.0 <pixel/deg>",
        f"MAXIMUM_LATITUDE = {latitude} <deg>",
        "WESTERNMOST_LONGITUDE = 328.0 <deg>",
    ]
    out = ["PDS_VERSION_ID = PDS3", "RECORD_TYPE = UNDEFINED", *pointers]
    out += [f"PRODUCT_ID = MI_MAP_{version}_FAKE", "PRODUCT_SET_ID = MI_MAP", "INSTRUMENT_ID = MI"]
    out += [f'PRODUCT_VERSION_ID = "{version}"', "/* two near 1000 nm */"]
    out += [f"CENTER_FILTER_WAVELENGTH = ({centres[0]},", f"   {centres[1]}) <nm>"]
    out += _object("IMAGE", image) + _object("IMAGE_MAP_PROJECTION", grid)
    text = "\r\n".join([*out, "END", ""])
    return text.replace("END_OBJECT", "End_Object").replace("OBJECT", "Object")


def fake_mi(
    folder: Path, *, attached: bool, numbers: np.ndarray | None = None, latitude: float = 65.0
) -> Path:
    """Write a tile of MI MAP, version 2 (label in the file) or 3 (beside it); return its label."""
    numbers = mi_numbers() if numbers is None else numbers
    data = numbers.astype(">i2").tobytes()
    if not attached:
        (folder / "MI_MAP_03_FAKE.img").write_bytes(data)
        pointer = ['^IMAGE = ("MI_MAP_03_FAKE.IMG", 1 <BYTES>)']
        label = folder / "MI_MAP_03_FAKE.lbl"
        label.write_bytes(_mi_label(pointer, numbers, version="03", latitude=latitude).encode())
        return label
    altitude = bytes(4 * numbers.shape[1] * numbers.shape[2])
    where = [0, 0]
    for _ in range(2):  # the first time for its length
        pointers = [f"^GEOMETRIC_DATA_ALTITUDE = {where[0]:8d} <BYTES>"]
        pointers += [f"^IMAGE = {where[1]:8d} <BYTES>"]
        label = _mi_label(pointers, numbers, version="02", latitude=latitude).encode()
        where = [len(label) + 1, len(label) + len(altitude) + 1]
    path = folder / "MI_MAP_02_FAKE.img"
    path.write_bytes(label + altitude + data)
    return path


M3_SHAPE = (85, 4, 6)


def m3_radiance() -> np.ndarray:
    """Return radiance (band, line, sample), each number its own; one is no data, one negative."""
    values = 10 + np.arange(np.prod(M3_SHAPE), dtype=float).reshape(M3_SHAPE) / 100
    values[:, 1, 2] = -999.0
    values[0, 2, 3] = -3.0
    return values


def m3_planes() -> dict[str, np.ndarray]:
    """Return the backplanes LOC (3 bands, float64) and OBS (10 bands)."""
    _, lines, samples = M3_SHAPE
    line, sample = np.meshgrid(np.arange(lines), np.arange(samples), indexing="ij")
    loc = np.stack([190.0 + 0.1 * sample, -20.0 - 0.1 * line, np.full(line.shape, 1737400.0)])
    obs = np.zeros((10, lines, samples))
    obs[1], obs[3], obs[4] = 30.0 + line, 1.0 * sample, 32.0
    return {"LOC": loc, "OBS": obs}


def _bil(values: np.ndarray, dtype: str) -> bytes:
    return values.transpose(1, 0, 2).astype(dtype).tobytes()


def _m3_file(name: str, file: str, bands: int, bits: int, names: str = "") -> list[str]:
    image = [f"LINES = {M3_SHAPE[1]}", f"LINE_SAMPLES = {M3_SHAPE[2]}", "SAMPLE_TYPE = PC_REAL"]
    image += [f"SAMPLE_BITS = {bits}", f"BANDS = {bands}", "BAND_STORAGE_TYPE = LINE_INTERLEAVED"]
    image += [f"BAND_NAME = ({names})"] if names else []
    inner = ["OBJECT = " + name + "_IMAGE", *image, "END_OBJECT"]
    return [f"OBJECT = {name}_FILE", f"^{name}_IMAGE = {file}", *inner, "END_OBJECT"]


def fake_m3(folder: Path, level: str = "L1B") -> Path:
    """Write an M3 observation with its files; return its label. L2 comes with the L1B label."""
    stem = "M3G20090101T000000_V03"
    planes = m3_planes()
    (folder / f"{stem}_LOC.IMG").write_bytes(_bil(planes["LOC"], "<f8"))
    (folder / f"{stem}_OBS.IMG").write_bytes(_bil(planes["OBS"], "<f4"))
    (folder / f"{stem}_RDN.IMG").write_bytes(_bil(m3_radiance(), "<f4"))
    head = ["PDS_VERSION_ID = PDS3", "INSTRUMENT_ID = M3", f"PRODUCT_ID = {stem}_RDN"]
    obs = (
        '"To-Sun AZM", "To-Sun Zenith", "To-Inst AZM", "To-Inst Zenith", Phase-angle, "To-Sun Path'
    )
    obs += ' Length", "To-Inst Path Length", "Facet Slope", "Facet Aspect", "Facet Cos i"'
    out = [*head, "DATA_SET_ID = CH1-ORB-L-M3-4-L1B-RADIANCE-V3.0", "SOLAR_DISTANCE = 0.98 <AU>"]
    out += _m3_file("RDN", f"{stem}_RDN.IMG", M3_SHAPE[0], 32)
    out += _m3_file("LOC", f"{stem}_LOC.IMG", 3, 64, "Longitude, Latitude, Radius")
    out += _m3_file("OBS", f"{stem}_OBS.IMG", 10, 32, obs)
    label = folder / f"{stem}_L1B.LBL"
    label.write_text("\n".join([*out, "End"]))
    if level == "L1B":
        return label
    (folder / f"{stem}_RFL.IMG").write_bytes(
        _bil(np.where(m3_radiance() == -999, -999, m3_radiance() / 100), "<f4")
    )
    out = [*head, "DATA_SET_ID = CH1-ORB-L-M3-4-L2-REFLECTANCE-V1.0"]
    out += _m3_file("RFL", f"{stem}_RFL.IMG", M3_SHAPE[0], 32)
    label = folder / f"{stem}_L2.LBL"
    label.write_text("\n".join([*out, "End"]))
    return label


IMAGE_BANDS = (749.0, 901.0, 950.0, 1548.0)


def reflectance(lines: int = 5, samples: int = 7) -> np.ndarray:
    """Return four bands of reflectance in steps of 1e-4, each number its own."""
    return 0.1 + 1e-4 * np.arange(4 * lines * samples).reshape(4, lines, samples)


def fake_envi(folder: Path, *, interleave: str = "bil", micrometres: bool = True) -> Path:
    """Write an ENVI image of 16-bit numbers times 10000; return its header."""
    values = np.round(reflectance() * 1e4).astype(">i2")
    values[:, 0, 0] = -32768
    order = {"bsq": (0, 1, 2), "bil": (1, 0, 2), "bip": (1, 2, 0)}[interleave]
    (folder / "fake_envi.img").write_bytes(b"\0" * 12 + values.transpose(order).tobytes())
    bands = [band / (1000 if micrometres else 1) for band in IMAGE_BANDS]
    lines = [
        "ENVI",
        "description = { a fake,",
        "  on two lines }",
        "samples = 7",
        "lines   = 5",
        "bands   = 4",
        "header offset = 12",
        "data type = 2",
        f"interleave = {interleave}",
        "byte order = 1",
        "data ignore value = -32768",
        "reflectance scale factor = 10000",
        f"wavelength units = {'Micrometers' if micrometres else 'Nanometers'}",
        f"wavelength = {{ {', '.join(f'{band:g}' for band in bands)} }}",
        "map info = {Geographic Lat/Lon, 1, 1, 160.0, -20.0, 0.5, 0.25, units=Degrees}",
    ]
    header = folder / "fake_envi.hdr"
    header.write_text("\n".join([*lines, ""]))
    return header


def fake_geotiff(folder: Path) -> Path:
    """Write a tiled GeoTIFF of scaled 16-bit numbers with wavelength tags, on the lunar map."""
    values = np.round(reflectance(40, 50) * 1e4).astype("int16")
    values[:, 0, 0] = -1
    path = folder / "fake.tif"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=50,
            height=40,
            count=4,
            dtype="int16",
            nodata=-1,
            tiled=True,
            blockxsize=16,
            blockysize=16,
            compress="deflate",
            crs=rasterio.CRS.from_authority("IAU_2015", 30110),
            transform=Affine(100.0, 0.0, -1000.0, 0.0, -100.0, 2000.0),
        ) as sink:
            sink.write(values)
            sink.scales, sink.offsets = [1e-4] * 4, [0.0] * 4
            for index, band in enumerate(IMAGE_BANDS, start=1):
                sink.update_tags(index, wavelength=f"{band:g}", wavelength_units="nm")
    return path


if __name__ == "__main__":
    target = Path(sys.argv[1])
    (target / "fake_sp.spc").write_bytes(fake_sp())
    for beside in (True, False):
        fake_mi(target, attached=beside)
    fake_m3(target, "L2")
    fake_envi(target)
    fake_geotiff(target)
