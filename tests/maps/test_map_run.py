"""Runs in this process: idempotent, resumable, the same bytes whatever the way, and refusals."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from images import tree, write_image

from farside.errors import InputError, StaleError
from farside.maps import run as run_module
from farside.maps.executor import Pool
from farside.maps.journal import JOURNAL, MANIFEST, locked
from farside.maps.plan import plan_tiles
from farside.maps.run import MapRun, map_tiles
from farside.maps.settings import MapSettings
from farside.maps.store import chunk_paths, open_map, tiles
from farside.maps.work import Batch, Failed, Made, Unwritable, Work
from farside.spectra.prepare import open_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from farside.oxides.estimator import OxideEstimator


SMALL = MapSettings(block=64)


def make(
    images: Path | list[Path], out: Path, settings: MapSettings = SMALL, **more: Any
) -> MapRun:
    given = images if isinstance(images, list) else [images]
    return map_tiles(given, out, settings=settings, **more)


def half(images: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a run on images a and b as one that was killed when a lacked its last block."""
    with monkeypatch.context() as patch:
        patch.setattr(run_module.Ledger, "finish", lambda self, _: self.close())
        make(images, out)
    lines = (out / JOURNAL).read_text().splitlines()
    last = max(k for k, line in enumerate(lines) if json.loads(line).get("tile") == "a")
    (out / JOURNAL).write_text("".join(f"{line}\n" for k, line in enumerate(lines) if k != last))


@pytest.fixture(scope="module")
def made(two_images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "map.zarr"
    make(two_images, out)
    return out


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "map.zarr"))


def test_a_map_holds_what_the_estimator_says(
    made: Path, two_images: Path, estimator: OxideEstimator
) -> None:
    assert tiles(made) == ["a", "b"]
    for tile in tiles(made):
        got = open_map(made, tile)
        wanted = estimator.predict(open_image(two_images / f"{tile}.zarr").load())
        for name in ("value", "lower", "upper", "novelty"):
            np.testing.assert_allclose(got[name], wanted[name], atol=3e-5)


def test_the_summary_counts_the_pixels(two_images: Path, tmp_path: Path) -> None:
    said: list[str] = []
    done = make(two_images, tmp_path / "map.zarr", say=said.append)
    assert not done.skipped
    assert (done.tiles, done.blocks, done.kept) == (2, 3 * 4 + 2 * 3, 0)
    assert done.pixels == 150 * 200 + 100 * 130
    assert done.pixels - done.good == 2 * (3 * 5 + 2)  # what images.py spoils of each image
    assert json.dumps(done.to_dict())
    assert "43,000 pixels" in str(done)


@pytest.mark.parametrize("workers", [1, 4])
def test_the_bytes_do_not_depend_on_the_number_of_workers(
    made: Path, two_images: Path, tmp_path: Path, workers: int
) -> None:
    make(two_images, tmp_path / "m.zarr", MapSettings(block=64, workers=workers))
    assert tree(tmp_path / "m.zarr") == tree(made)


def test_a_second_run_makes_nothing(copied: Path, two_images: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in copied.rglob("*") if p.is_file()}
    done = make(two_images, copied)
    assert done.kept == done.blocks == 18
    assert done.pixels_per_second == 0
    assert {p: p.stat().st_mtime_ns for p in copied.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "metadata"])
def test_damage_is_found_and_repaired(
    copied: Path, made: Path, two_images: Path, damage: str
) -> None:
    chunk = chunk_paths(copied / "a", 1, 2)[1]
    content = bytearray(chunk.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        chunk.write_bytes(content)
    elif damage == "cut":
        chunk.write_bytes(content[:100])
    elif damage == "remove":
        chunk.unlink()
    else:
        (copied / "b" / "value" / "zarr.json").write_text("{}")
    done = make(two_images, copied)
    assert done.blocks - done.kept == (0 if damage == "metadata" else 1)
    assert tree(copied) == tree(made)


def test_a_run_that_was_cut_off_anywhere_in_its_journal_goes_on(
    made: Path, two_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal of a whole run, cut at many places, with all chunks or none of them."""
    out = tmp_path / "whole.zarr"
    with monkeypatch.context() as patch:
        patch.setattr(run_module.Ledger, "finish", lambda self, _: self.close())
        make(two_images, out)
    journal = (out / JOURNAL).read_bytes()
    for share in (0.0, 0.03, 0.31, 0.55, 0.9, 0.999):
        other = Path(shutil.copytree(out, tmp_path / f"cut{share}.zarr"))
        (other / JOURNAL).write_bytes(journal[: int(share * len(journal))])
        (other / "a" / "0.123.partial").write_bytes(b"left by a killed run")
        done = make(two_images, other)
        assert done.blocks == 18
        assert tree(other) == tree(made)


def test_a_map_is_not_continued_with_other_settings(copied: Path, two_images: Path) -> None:
    before = tree(copied)
    with pytest.raises(StaleError, match=r"dtype \(float32 there, int16 now\)"):
        make(two_images, copied, MapSettings(block=64, storage="int16"))
    with pytest.raises(StaleError, match=r"block \(64 there, 32 now\)"):
        make(two_images, copied, MapSettings(block=32))
    assert {k: v for k, v in tree(copied).items() if k != JOURNAL} == before


def test_a_finished_tile_is_not_touched_by_another_image_of_its_name(
    copied: Path, made: Path, two_images: Path, tmp_path: Path
) -> None:
    other = write_image(tmp_path / "b.zarr", 90, 70, seed=9)
    done = make([two_images / "a.zarr", other], copied)
    assert "b.zarr is not that which the tile was made of" in done.skipped["b"]
    assert "kept, whole" in done.skipped["b"]
    assert tree(copied) == tree(made)
    shutil.rmtree(copied / "b")  # as the message says
    assert not make([two_images / "a.zarr", other], copied).skipped
    fresh = tmp_path / "fresh.zarr"
    make([two_images / "a.zarr", other], fresh)
    assert tree(copied) == tree(fresh)


def test_half_a_tile_is_begun_anew_with_another_image_of_its_name(
    two_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, fresh = tmp_path / "m.zarr", tmp_path / "fresh.zarr"
    half(two_images, out, monkeypatch)
    (tmp_path / "other").mkdir()
    shutil.copytree(two_images / "b.zarr", tmp_path / "other" / "b.zarr")
    write_image(tmp_path / "other" / "a.zarr", 70, 90, seed=9)
    assert make(tmp_path / "other", out).kept == 6  # those of b
    make(tmp_path / "other", fresh)
    assert tree(out) == tree(fresh)


@pytest.mark.parametrize("fault", ["damaged", "gone"])
def test_a_finished_tile_outlives_its_image(
    copied: Path, made: Path, two_images: Path, tmp_path: Path, fault: str
) -> None:
    images = Path(shutil.copytree(two_images, tmp_path / "images"))
    if fault == "gone":
        shutil.rmtree(images / "a.zarr")
        assert not make(images, copied).skipped  # it was not asked for
    else:
        (images / "a.zarr" / "reflectance" / "zarr.json").write_text("{")
        done = make(images, copied)
        assert set(done.skipped) == {"a"}
        assert "kept, whole" in done.skipped["a"]
        assert (done.tiles, done.blocks) == (2, 18)
    assert tree(copied) == tree(made)
    if fault == "damaged":
        chunk_paths(copied / "a", 0, 0)[0].unlink()
        assert "kept, but 1 of its 12 blocks are damaged" in make(images, copied).skipped["a"]
        assert tiles(copied) == ["a", "b"]
        make(two_images, copied)
        assert tree(copied) == tree(made)


def test_an_unfinished_run_is_not_continued_without_its_tiles(
    two_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, alone = tmp_path / "m.zarr", tmp_path / "alone.zarr"
    half(two_images, out, monkeypatch)
    with pytest.raises(StaleError, match=r"had 1 tiles that are not given now \(a\)"):
        make([two_images / "b.zarr"], out)
    shutil.rmtree(out / "a")  # given up
    make([two_images / "b.zarr"], out)
    make([two_images / "b.zarr"], alone)
    assert tree(out) == tree(alone)


def test_tiles_may_be_added_one_after_the_other(
    made: Path, two_images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "m.zarr"
    make([two_images / "b.zarr"], out)
    assert tiles(out) == ["b"]
    assert make(two_images, out).kept == 6
    assert tree(out) == tree(made)


def test_two_runs_at_once_are_refused(copied: Path, two_images: Path) -> None:
    with locked(copied), pytest.raises(InputError, match="another run is writing"):
        make(two_images, copied)
    make(two_images, copied)


def test_a_tile_that_cannot_be_read_is_skipped_and_tried_again_later(
    made: Path, two_images: Path, tmp_path: Path
) -> None:
    images = Path(shutil.copytree(two_images, tmp_path / "images"))
    broken = next((images / "a.zarr" / "reflectance" / "c").rglob("2/0"))
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-100])
    out = tmp_path / "m.zarr"
    done = make(images, out)
    assert set(done.skipped) == {"a"}
    assert (done.tiles, done.blocks) == (1, 6)
    assert tiles(out) == ["b"]  # half a tile does not pass for a whole one
    assert json.loads((out / MANIFEST).read_text())["skipped"] == ["a"]
    broken.write_bytes(whole)
    assert not make(images, out).skipped
    assert tree(out) == tree(made)


class WorkerLostError(Exception):
    """A worker died."""


@pytest.mark.parametrize(("deaths", "lost"), [(2, set()), (3, {"a"})])
def test_a_lost_worker_is_replaced_twice(
    made: Path,
    two_images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    deaths: int,
    lost: set[str],
) -> None:
    """The first batch of tile a kills its worker so many times."""
    real, died = Work.batch, []

    def deadly(work: Work, batch: Batch) -> Made | Failed | Unwritable:
        if batch.source.tile == "a" and batch.places[0] == (0, 0) and len(died) < deaths:
            died.append(batch)
            raise WorkerLostError
        return real(work, batch)

    @contextmanager
    def pool(_: str, workers: int) -> Iterator[Pool]:
        with ThreadPoolExecutor(workers) as threads:
            yield Pool(threads, workers, (WorkerLostError,))

    monkeypatch.setattr(run_module, "executor", pool)
    monkeypatch.setattr(Work, "batch", deadly)
    done = make(two_images, tmp_path / "m.zarr")
    assert len(died) == deaths
    assert set(done.skipped) == lost
    if not lost:
        assert tree(tmp_path / "m.zarr") == tree(made)
    else:
        assert tiles(tmp_path / "m.zarr") == ["b"]


class Deaf(Executor):
    """Takes calls and never answers, as a scheduler that is gone."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        return Future()


def test_a_cluster_that_is_gone_ends_the_run_in_words(
    two_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def pool(_: str, workers: int) -> Iterator[Pool]:
        yield Pool(Deaf(), workers, alive=lambda: False)

    monkeypatch.setattr(run_module, "LOOK_EVERY_S", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "executor", pool)
        with pytest.raises(InputError, match="the scheduler of the cluster was lost; start it"):
            make(two_images, tmp_path / "m.zarr")
    assert not make(two_images, tmp_path / "m.zarr").skipped


def test_an_image_of_counts_is_skipped_with_the_reason(tmp_path: Path) -> None:
    image = write_image(tmp_path / "a.zarr", 40, 40)
    array = zarr.open_array(image / "reflectance")
    array[:] = np.abs(np.nan_to_num(array[:], nan=0.1)) * 5e4
    done = make([image], tmp_path / "m.zarr")
    assert "looks like counts" in done.skipped["a"]


def test_nothing_is_written_over(tmp_path: Path, two_images: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"not a map of farside \(notes.txt\)"):
        make(two_images, tmp_path)
    with pytest.raises(InputError, match="it is a file"):
        make(two_images, tmp_path / "notes.txt")
    with pytest.raises(InputError, match="matches nothing"):
        make([tmp_path / "no*.lbl"], tmp_path / "m.zarr")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.txt"]


def test_two_images_of_one_name_are_refused(two_images: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "a.zarr", 20, 20)
    with pytest.raises(InputError, match="two images are called a"):
        make([two_images, tmp_path / "a.zarr"], tmp_path / "m.zarr")


def test_a_plan_writes_nothing_and_agrees_with_the_run(two_images: Path, tmp_path: Path) -> None:
    plan = plan_tiles([two_images / "*.zarr"], tmp_path / "m.zarr", settings=SMALL)
    assert plan.tiles == {"a": (150, 200), "b": (100, 130)}
    assert (plan.blocks, plan.pixels) == (18, 43_000)
    assert plan.bytes == 43_000 * (19 * 4 + 1)
    assert "18 blocks" in str(plan)
    assert not list(tmp_path.iterdir())


def test_impossible_settings_are_refused() -> None:
    for wrong in ({"storage": "float16"}, {"block": 3}, {"workers": 0}):
        with pytest.raises(InputError):
            MapSettings(**wrong)
