"""Damaged files of every format: an error of ours or a correct read, quickly, in little memory.

Each case cuts a file off, flips its bits, changes a letter or a number of its text, or lets its
text claim another size, then opens it and reads every pixel.
"""

from __future__ import annotations

import re
import resource
import shutil
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import dask
import numpy as np
import pytest

from farside.errors import FarsideError
from farside.readers.dataset import make_spectra
from farside.readers.kinds import read_any

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from make_fakes import (
    IMAGE_BANDS,
    fake_envi,
    fake_geotiff,
    fake_m3,
    fake_mi,
    fake_sp,
    mi_numbers,
    reflectance,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part"),
    # rasterio cannot decode GDAL's own message where it quotes the damaged bytes
    pytest.mark.filterwarnings("ignore:Exception ignored in. 'rasterio._env.log_error'"),
    pytest.mark.slow,
]

SECONDS = 5.0
MEBIBYTES = 200
NUMBER = re.compile(rb"(?<![A-Za-z_])\d+(?:\.\d+)?")
NUMBERS = (b"0", b"-1", b"1", b"7", b"65535", b"99999999", b"4294967297", b"1e30", b"nan", b"N/A")


def _sp(folder: Path) -> Path:
    path = folder / "fake_sp.spc"
    path.write_bytes(fake_sp())
    return path


def _zarr(folder: Path, version: int) -> Path:
    ds = make_spectra(reflectance(8, 9), IMAGE_BANDS).assign_coords(y=("y", np.arange(8.0)))
    path = folder / "image.zarr"
    ds.to_zarr(
        path,
        zarr_format=version,
        consolidated=False,
        encoding={"reflectance": {"chunks": (4, 4, 4)}},
    )
    return path


FORMATS: dict[str, tuple[Callable[[Path], Path], int]] = {
    "mi_attached": (lambda folder: fake_mi(folder, attached=True), 400),
    "mi_detached": (lambda folder: fake_mi(folder, attached=False), 300),
    "m3_l1b": (fake_m3, 150),
    "m3_l2": (lambda folder: fake_m3(folder, "L2"), 100),
    "envi": (fake_envi, 400),
    "geotiff": (fake_geotiff, 250),
    "zarr2": (lambda folder: _zarr(folder, 2), 60),
    "zarr3": (lambda folder: _zarr(folder, 3), 60),
    "sp": (_sp, 300),
}


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the bytes of a file with one kind of damage."""
    kind = rng.integers(5)
    if kind == 0 or not data:
        return data[: rng.integers(len(data) + 1)]
    out = bytearray(data)
    head = min(len(out), 8192)
    if kind == 1:  # bits, anywhere
        for place in rng.integers(len(out), size=rng.integers(1, 20)):
            out[place] ^= 1 << rng.integers(8)
    elif kind == 2:  # letters of the label or header
        for place in rng.integers(head, size=rng.integers(1, 5)):
            out[place] = rng.integers(32, 127)
    elif kind == 3:  # a stretch is lost or doubled
        a, b = sorted(rng.integers(head, size=2))
        out[a:b] = b"" if rng.integers(2) else bytes(out[a:b]) * 2
    else:  # a number says something else
        found = list(NUMBER.finditer(data[:head]))
        if found:
            match = found[rng.integers(len(found))]
            out[match.start() : match.end()] = NUMBERS[rng.integers(len(NUMBERS))]
    return bytes(out)


def read_whole(path: Path) -> bool:
    """Return whether the file could be read, with every pixel; only our errors pass."""
    try:
        with dask.config.set(scheduler="synchronous"):
            ds = read_any(path)
            name = "radiance" if "radiance" in ds else "reflectance"
            ds.coords.to_dataset().compute()
            values = ds[name].to_numpy()
    except FarsideError:
        return False
    assert values.dtype.kind == "f"
    assert not np.isinf(values).any()
    return True


def _resident_mib() -> float:
    """Return the most memory that the process has had at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_files_never_surprise(tmp_path: Path, kind: str) -> None:
    make, cases = FORMATS[kind]
    (tmp_path / "good").mkdir()
    good = make(tmp_path / "good")
    assert read_whole(good)
    files = sorted(path for path in (tmp_path / "good").rglob("*") if path.is_file())
    rng = np.random.default_rng(20240625)
    readable, resident = 0, _resident_mib()
    work = tmp_path / "work"
    shutil.copytree(tmp_path / "good", work)
    for case in range(cases):
        victim = files[rng.integers(len(files))]
        target = work / victim.relative_to(tmp_path / "good")
        target.write_bytes(mutate(victim.read_bytes(), rng))
        begin = time.perf_counter()
        try:
            readable += read_whole(work / good.relative_to(tmp_path / "good"))
        except Exception as error:
            raise AssertionError(f"case {case}, {victim.name}: {error!r}") from error
        assert time.perf_counter() - begin < SECONDS, f"case {case}, {victim.name}"
        assert _resident_mib() - resident < MEBIBYTES, f"case {case}, {victim.name}"
        target.write_bytes(victim.read_bytes())
    assert 0 < readable < cases  # the damage is neither harmless nor always fatal


def test_there_are_enough_cases() -> None:
    assert sum(cases for _, cases in FORMATS.values()) >= 2000


@pytest.mark.parametrize("kind", ["mi_attached", "mi_detached", "m3_l1b", "envi"])
def test_a_claim_of_more_pixels_than_bytes_is_refused(tmp_path: Path, kind: str) -> None:
    """Whatever side claims more, nothing of that size is allocated."""
    path = FORMATS[kind][0](tmp_path)
    data = path.read_bytes()
    for side in (b"BANDS", b"LINES", b"LINE_SAMPLES", b"bands ", b"lines ", b"samples"):
        for claim in (b"1999", b"3999999", b"999999999999"):
            pattern = re.compile(rb"(?m)^(\s*" + side + rb"\s*=\s*)\d+")
            lied = pattern.sub(rb"\g<1>" + claim, data)
            if lied == data:
                continue
            path.write_bytes(lied)
            tracemalloc.start()
            with pytest.raises(FarsideError):
                read_any(path)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 8 << 20
    assert mi_numbers().shape[0] == 9
