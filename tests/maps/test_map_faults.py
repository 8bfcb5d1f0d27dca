# ruff: noqa: S603 - the processes are our own
"""Faults of the real kind: killed processes, a lost worker, a full disk, damaged images, two runs.

Runs are processes of their own (``images.py`` as a script), on images small enough for seconds.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rasterio
from affine import Affine
from images import PIXEL_M, reflectance_of, tree, write_image

from farside.errors import InputError
from farside.maps.journal import JOURNAL, LOCK
from farside.maps.run import map_tiles
from farside.maps.settings import MapSettings
from farside.oxides.training import load_training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


SCRIPT = Path(__file__).parent / "images.py"
BLOCK = 32
FILE_LIMIT = 18 * 1024
"""Bytes that a file may have in the test of a full disk: less than a whole block takes."""


def command(out: Path, images: Path, scheduler: str = "threads") -> list[str]:
    return [sys.executable, str(SCRIPT), str(BLOCK), "2", scheduler, str(out), str(images)]


def start(out: Path, images: Path, scheduler: str = "threads") -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(out, images, scheduler),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    write_image(folder / "a.zarr", 200, 300, seed=1)
    write_image(folder / "b.zarr", 170, 200, seed=2)
    return folder


@pytest.fixture(scope="module")
def undisturbed(images: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "map.zarr"
    map_tiles([images], out, settings=MapSettings(block=BLOCK))
    return tree(out)


@pytest.mark.slow
def test_killed_at_random_points_and_resumed_gives_the_same_bytes(
    images: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "map.zarr"
    draw = random.Random(20240625)  # noqa: S311 - where to kill is no secret
    killed, seen = 0, []
    for _ in range(5):
        before = lines_of(out / JOURNAL)
        process = start(out, images)
        goal = before + draw.randint(0, 8)
        wait_for(lambda: process.poll() is not None or lines_of(out / JOURNAL) > goal)  # noqa: B023
        time.sleep(draw.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        seen.append(lines_of(out / JOURNAL))
    assert killed == 5
    assert seen == sorted(seen)  # nothing that was finished is lost
    assert seen[-1] > 1
    last = start(out, images)
    said, error = last.communicate(timeout=120)
    assert last.returncode == 0, error
    assert "were there already, and whole" in said
    assert tree(out) == undisturbed


def test_two_runs_on_one_map_at_once(
    images: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "map.zarr"
    first = start(out, images)
    wait_for(lambda: lines_of(out / JOURNAL) > 1)
    first.send_signal(signal.SIGSTOP)  # so that the first is surely still at it
    second = subprocess.run(command(out, images), capture_output=True, text=True, check=False)
    first.send_signal(signal.SIGCONT)
    first.communicate(timeout=120)
    assert second.returncode == 2
    assert "another run is writing" in second.stderr
    assert first.returncode == 0
    assert tree(out) == undisturbed
    assert not (out / LOCK).exists()


FULL_DISK = """
set -e
mount -t tmpfs -o size=400k none "$1"
{run} > "$2/first" 2>&1 && exit 9
test $(df --output=pcent "$1" | tail -1 | tr -d ' %') -gt 85
cp -r "$1/map.zarr" "$2/kept"
mount -o remount,size=50M "$1"
{run} > "$2/second" 2>&1
cp -r "$1/map.zarr" "$2/map.zarr"
"""


def may_mount() -> bool:
    found = shutil.which("unshare")
    if not found:
        return False
    done = subprocess.run(
        [found, "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
        check=False,
        capture_output=True,
    )
    return done.returncode == 0


@pytest.mark.skipif(not may_mount(), reason="needs the right to mount a small disk")
def test_a_full_disk_keeps_what_is_finished(
    images: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """A disk of 400 kB, which the map does not fit on, then one of 50 MB."""
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir(), kept.mkdir()
    run = shlex.join(command(disk / "map.zarr", images))
    script = FULL_DISK.format(run=run)
    unshare = shutil.which("unshare") or ""
    subprocess.run([unshare, "--mount", "/bin/sh", "-c", script, "sh", disk, kept], check=True)
    first = (kept / "first").read_text()
    assert "No space left on device" in first
    assert "the same command goes on from there" in first
    assert "Traceback" not in first
    assert not list((kept / "kept").rglob("*.partial"))
    assert lines_of(kept / "kept" / JOURNAL) > 1
    assert "were there already, and whole" in (kept / "second").read_text()
    assert tree(kept / "map.zarr") == undisturbed


def test_a_file_that_may_not_grow_ends_the_run_in_words(
    images: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """The system refuses to let any file grow beyond a limit that whole blocks exceed."""
    out = tmp_path / "map.zarr"
    assert max(len(v) for k, v in undisturbed.items() if "/c/" in k) > FILE_LIMIT

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, FILE_LIMIT))

    run = subprocess.run(
        command(out, images), capture_output=True, text=True, check=False, preexec_fn=limit
    )
    assert run.returncode == 2
    assert "cannot write" in run.stderr
    assert "Traceback" not in run.stderr
    assert (out / JOURNAL).is_file()


@contextmanager
def cluster(log: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Yield the address of a scheduler on loopback and its two workers of one thread each."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": log.open("wb")}
    cli = [sys.executable, "-m", "dask"]
    places = ["--host", "127.0.0.1", "--port", str(port), "--dashboard-address", "127.0.0.1:0"]
    started = [subprocess.Popen([*cli, "scheduler", *places, "--no-show"], **quiet)]
    try:
        worker = [*cli, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        started += [
            subprocess.Popen([*worker, "--local-directory", str(log.parent)], **quiet)
            for _ in range(2)
        ]
        wait_for(lambda: log.read_text().count("Registered to") == 2)
        yield address, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
        quiet["stderr"].close()


@pytest.mark.slow
def test_a_worker_of_a_cluster_killed_in_the_midst_of_a_run(
    images: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "map.zarr"
    with cluster(tmp_path / "log") as (address, workers):
        run = start(out, images, address)
        wait_for(lambda: lines_of(out / JOURNAL) > 4)
        os.kill(workers[0].pid, signal.SIGKILL)
        noted = lines_of(out / JOURNAL)
        said, error = run.communicate(timeout=120)
    assert run.returncode == 0, error
    assert noted < 2 + 2 + len(undisturbed)
    assert "2 tiles" in said
    assert tree(out) == undisturbed


def test_no_scheduler_and_no_such_scheduler(images: Path, tmp_path: Path) -> None:
    settings = MapSettings(block=BLOCK, scheduler="slurm")
    with pytest.raises(InputError, match="unknown scheduler 'slurm'; known: threads"):
        map_tiles([images], tmp_path / "map.zarr", settings=settings)


def write_geotiff(path: Path, seed: int) -> Path:
    values = reflectance_of(90, 110, seed)
    profile = {"driver": "GTiff", "height": 90, "width": 110, "count": 8, "dtype": "float32"}
    place = {"crs": "IAU_2015:30110", "transform": Affine(PIXEL_M, 0, 0, 0, -PIXEL_M, 0)}
    with rasterio.open(path, "w", **profile, **place) as target:
        target.write(values)
        for i, w in enumerate(load_training().wavelength_nm, 1):
            target.update_tags(i, wavelength=f"{w:g}")
    return path


def write_lying_envi(folder: Path, lines: int) -> Path:
    """Write an ENVI image of 90 lines whose header claims another number."""
    reflectance_of(90, 110, 5).astype("<f4").tofile(folder / "liar.img")
    wavelengths = ", ".join(f"{w:g}" for w in load_training().wavelength_nm)
    header = folder / "liar.hdr"
    header.write_text(
        f"ENVI\nsamples = 110\nlines = {lines}\nbands = 8\nheader offset = 0\n"
        "file type = ENVI Standard\ndata type = 4\ninterleave = bsq\nbyte order = 0\n"
        f"wavelength units = Nanometers\nwavelength = {{{wavelengths}}}\n"
    )
    return header


@pytest.mark.parametrize("fault", ["truncated", "lying", "lying a lot", "not an image"])
def test_a_damaged_tile_is_skipped_and_the_rest_is_done(tmp_path: Path, fault: str) -> None:
    good = [write_geotiff(tmp_path / f"good{k}.tif", k) for k in range(2)]
    if fault == "truncated":
        bad = write_geotiff(tmp_path / "bad.tif", 7)
        content = bad.read_bytes()
        bad.write_bytes(content[: len(content) * 2 // 3])
    elif fault == "not an image":
        bad = tmp_path / "bad.tif"
        bad.write_bytes(os.urandom(5000))
    else:
        bad = write_lying_envi(tmp_path, 91 if fault == "lying" else 10**9)
    settings = MapSettings(block=64)
    alone = map_tiles(good, tmp_path / "alone.zarr", settings=settings)
    done = map_tiles([*good, bad], tmp_path / "map.zarr", settings=settings)
    assert not alone.skipped
    assert list(done.skipped) == [bad.stem]
    assert done.skipped[bad.stem]
    assert (done.tiles, done.pixels) == (2, 2 * 90 * 110)
    one, other = tree(tmp_path / "alone.zarr"), tree(tmp_path / "map.zarr")
    assert {k for k in one if one[k] != other.get(k)} == {"manifest.json"}


@pytest.mark.slow
def test_the_command_says_what_it_skipped_and_exits_with_1(tmp_path: Path) -> None:
    write_geotiff(tmp_path / "good.tif", 1)
    (tmp_path / "bad.tif").write_bytes(b"II*\0 and nothing else")
    given = ["map", str(tmp_path), "--out", str(tmp_path / "map.zarr"), "--dtype", "int16"]
    python = [sys.executable, "-c", "from farside.cli import main; main()"]
    for more, code in ((["--json"], 1), (["--dry-run"], 1), (["--dtype", "float32"], 2)):
        run = subprocess.run([*python, *given, *more], capture_output=True, text=True, check=False)
        assert run.returncode == code, run.stderr
        if more == ["--json"]:
            done = json.loads(run.stdout)
            assert list(done["skipped"]) == ["bad"]
            assert (done["tiles"], done["pixels"]) == (1, 90 * 110)
        elif code == 1:
            assert "good  90 x 110" in run.stdout
            assert "bad  cannot be opened" in run.stdout
        else:
            assert "was made otherwise: dtype (int16 there, float32 now)" in run.stderr
