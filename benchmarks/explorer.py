"""First paint, pan and zoom of the explorer on a map of 20 000 x 10 000 pixels, and what is read.

Usage: python benchmarks/explorer.py [--width 20000] [--keep FOLDER] [--kind store|cog|both]
       [--browser]

Makes such a map in a temporary folder (a store as 'farside map' writes it; a GeoTIFF of one oxide
as 'farside mosaic --cog' does), opens it and draws pictures of 1000 x 700 pixels as the page asks
for them: the first, then zooms from the whole to single pixels, pans at each zoom, in every view.
Prints the time of each kind and the bytes read beside those on disk, as shares of the promises.
With --browser a Chromium of the machine does it too: from opening the address to the picture, and
from a key to the picture of the new window, all of server, socket and page.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
import xarray as xr
from affine import Affine
from rasterio.shutil import copy as copy_raster

from farside.explorer.drawing import FIRST_S, PATIENCE_S, draw
from farside.explorer.figure import DRAFT
from farside.explorer.layers import layer
from farside.explorer.opened import Opened, open_output
from farside.explorer.views import VIEWS, View, Window, grid_on, latlon_of
from farside.geography.projections import lunar_crs
from farside.maps import store
from farside.maps.predict import Block
from farside.report.pdf import browser

FIRST_PROMISE_S, MOVE_PROMISE_S = 3.0, 0.3
SIZE = (1000, 700)
"""Of a picture at rest; while the map moves it has a quarter of these pixels (`figure.DRAFT`)."""
BLOCK = 512
ZOOMS = (1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64)
STEPS = ((0.0, 0.0), (0.3, 0.0), (0.3, 0.3), (-0.2, 0.1))
"""Pans at each zoom, in windows."""


def make_store(path: Path, width: int) -> None:
    """Write a store of smooth ground with noise: six oxides with bounds, novelty and flag."""
    height, rng = width // 2, np.random.default_rng(0)
    step = 360 / width
    image = xr.Dataset(
        coords={
            "y": ("y", 90 - (np.arange(height) + 0.5) * step),
            "x": ("x", -180 + (np.arange(width) + 0.5) * step),
        }
    ).rio.write_crs(lunar_crs("geographic"))
    about = {"farside": "benchmark", "made_with": {"farside": "benchmark"}}
    store.write_root(path, about)
    store.write_tile(path / "mosaic", image, BLOCK, "float32", {"coverage": 0.9, "sources": []})
    cut = store.Grid(height, width, BLOCK)
    noise = rng.normal(0, 0.3, (6, BLOCK, BLOCK)).astype(np.float32)
    means = np.array([1, 8, 20, 7, 15, 45], np.float32)[:, None, None]
    for i in range(cut.rows):
        for j in range(cut.columns):
            rows, columns = cut.window(i, j)
            lat, lon = image["y"].to_numpy()[rows, None], image["x"].to_numpy()[columns]
            relief = 1 + 0.5 * np.sin(np.radians(9 * lon)) * np.cos(np.radians(7 * lat))
            value = means * relief.astype(np.float32)
            value = value + noise[:, : value.shape[1], : value.shape[2]]
            flat = value.reshape(6, -1)
            zero = np.zeros(flat.shape[1], np.uint8)
            block = Block(flat, flat - 1, flat + 1, np.abs(flat[0]), zero)
            store.write_block(path / "mosaic", cut, (i, j), block, "float32")


def make_cog(path: Path, width: int) -> None:
    """Write a GeoTIFF of one oxide with overviews."""
    height, rng = width // 2, np.random.default_rng(0)
    step = 360 / width
    profile = {
        "driver": "GTiff", "width": width, "height": height, "count": 3, "dtype": "float32",
        "nodata": float("nan"), "crs": lunar_crs("geographic"),
        "transform": Affine(step, 0, -180, 0, -step, 90), "tiled": True, "blockxsize": BLOCK,
        "blockysize": BLOCK, "interleave": "band",
    }  # fmt: skip
    plain = path.with_suffix(".plain.tif")
    with rasterio.open(plain, "w", **profile) as raster:
        for top in range(0, height, BLOCK):
            rows = min(BLOCK, height - top)
            noise = rng.normal(0, 0.3, (rows, width)).astype(np.float32)
            value = 8 + 4 * np.sin(np.arange(width, dtype=np.float32) / 800) + noise
            window = rasterio.windows.Window(0, top, width, rows)
            raster.write(np.stack([value, value - 1, value + 1]), window=window)
        for i, bound in enumerate(("value", "lower", "upper"), 1):
            raster.set_band_description(i, f"FeO wt% {bound}")
        raster.update_tags(FARSIDE_COVERAGE="0.9")
    copy_raster(
        plain, path, driver="COG", blocksize=BLOCK, compress="DEFLATE", predictor="YES",
        overview_resampling="AVERAGE", bigtiff="IF_SAFER", num_threads="ALL_CPUS",
    )  # fmt: skip
    plain.unlink()


def bytes_read() -> int:
    """Return the bytes that this process has read from files, cached by the system or not."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("rchar")))


def picture(
    opened: Opened, of: View, window: Window, patience_s: float, draft: int = 1
) -> tuple[float, bool]:
    """Draw a picture; return its time and whether it was as fine as it can be."""
    start = time.perf_counter()
    x, y = window.ranges(SIZE[0] / SIZE[1])
    grid = grid_on(of, x, y, (SIZE[0] // draft, SIZE[1] // draft))
    lat, lon = latlon_of(of, grid)
    found = draw(opened, layer("FeO"), lat, lon, grid.resolution_m, patience_s=patience_s)
    return time.perf_counter() - start, found.complete


def measure(path: Path) -> None:
    """Print the figures of one output."""
    size = sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) or path.stat().st_size
    before, start = bytes_read(), time.perf_counter()
    opened = open_output(path)
    picture(opened, VIEWS["far"], Window.whole(VIEWS["far"]), FIRST_S)
    first = time.perf_counter() - start
    read = bytes_read() - before
    print(f"\n{path.name}: {size / 1e9:.2f} GB on disk")
    print(f"first picture {first:.2f} s, {first / FIRST_PROMISE_S:.2f} of the promise of "
          f"{FIRST_PROMISE_S:g} s; {read / 1e6:.0f} MB read")  # fmt: skip
    time.sleep(3.0)  # what the first picture left to do is done meanwhile, as on the page
    for of in VIEWS.values():
        before = bytes_read()
        times, coarse = [], 0
        for zoom in ZOOMS:
            half = of.half * zoom
            for dx, dy in STEPS:
                window = Window(of.middle[0] + dx * half, of.middle[1] + dy * half, half)
                took, complete = picture(opened, of, window, PATIENCE_S, DRAFT)
                times.append(took)
                coarse += not complete
        read = bytes_read() - before
        middle = statistics.median(times)
        print(f"{of.title:12} {len(times)} pans and zooms: median {middle:.3f} s, "
              f"longest {max(times):.3f} s, {max(times) / MOVE_PROMISE_S:.2f} of the promise of "
              f"{MOVE_PROMISE_S:g} s; {coarse} of them sharpened later; {read / 1e6:.0f} MB read, "
              f"{read / size:.1%} of the file")  # fmt: skip


MOVES = ("+", "+", "ArrowLeft", "+", "ArrowUp", "+", "ArrowRight", "+", "ArrowDown", "-", "-", "-")
SHOWN = """(() => {
  const f = window.farside && window.farside.figure();
  const r = f && f.inner_width > 0 && f.renderers.find((r) => r.glyph.type === 'Image');
  const d = r && r.data_source.data;
  return d && Math.abs(d.x[0] - f.x_range.start) < 1e-6 * d.dw[0]
    && Math.abs(d.dw[0] - f.x_range.end + f.x_range.start) < 1e-6 * d.dw[0];
})()"""


def in_browser(path: Path) -> None:
    """Print the figures of one output as they are seen in a Chromium."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is asked for

    code = "from farside.cli import main; main()"
    command = [sys.executable, "-c", code, "explore", str(path), "--no-browser", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip() if server.stdout else ""
        with sync_playwright() as driver:
            flags = ["--no-sandbox", "--disable-gpu"]
            program = driver.chromium.launch(executable_path=browser(), args=flags)
            page = program.new_page(viewport={"width": 1400, "height": 900})
            for visit in ("first visitor", "next visitor"):
                start = time.perf_counter()
                page.goto(address)
                page.wait_for_function(SHOWN, polling=20)
                took = time.perf_counter() - start
                print(f"in Chromium, {visit}: picture after {took:.2f} s, "
                      f"{took / FIRST_PROMISE_S:.2f} of the promise")  # fmt: skip
            page.locator("#map-area").focus()
            times = []
            for key in MOVES:
                start = time.perf_counter()
                page.keyboard.press(key)
                page.wait_for_function(SHOWN, polling=10)
                times.append(time.perf_counter() - start)
                page.wait_for_timeout(1000)
            print(f"in Chromium, {len(times)} pans and zooms: median "
                  f"{statistics.median(times):.2f} s, longest {max(times):.2f} s, "
                  f"{max(times) / MOVE_PROMISE_S:.2f} of the promise")  # fmt: skip
            program.close()
    finally:
        server.terminate()


def main() -> None:
    """Make the maps and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--width", type=int, default=20_000)
    parser.add_argument("--kind", choices=("store", "cog", "both"), default="both")
    parser.add_argument("--keep", type=Path, help="folder that the maps are kept in")
    parser.add_argument("--browser", action="store_true", help="measure in a Chromium too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for kind, make, name in (("store", make_store, "map.zarr"), ("cog", make_cog, "FeO.tif")):
            if given.kind not in (kind, "both"):
                continue
            path = folder / name
            if not path.exists():
                start = time.perf_counter()
                make(path, given.width)
                print(f"made {name}, {given.width} x {given.width // 2} pixels, in "
                      f"{time.perf_counter() - start:.0f} s")  # fmt: skip
            measure(path)
            if given.browser:
                in_browser(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\nhighest memory {peak:.2f} GB")


if __name__ == "__main__":
    main()
