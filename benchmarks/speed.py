"""The promises of speed, each as a ratio measured in one run.

Usage: python benchmarks/speed.py   (needs farside[train]; about ten minutes on two cores)

1. Full loo + lomo of the network for six oxides, intervals included, against the published network
   trained the published way (one net after the other, 100 epochs, every fold of loo).
2. Inference with interval and novelty against the published network in torch eager, six oxides, in
   pixels per CPU-second, one thread each.
3. ``farside --help`` against an empty Python process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from farside.constants import OXIDES
from farside.oxides import bundle
from farside.oxides.farside import Farside
from farside.oxides.training import load_training
from farside.oxides.validate import validate
from farside.oxides.yang2023 import published_protocol, torch_module
from farside.spectra.dataset import make_spectra

if TYPE_CHECKING:
    from collections.abc import Callable

PIXELS = 65_536
PROMISED_SECONDS = 180.0


def validation() -> None:
    """Print the time of the whole validation and its ratio to the published way.

    The published loo is timed on TiO2, one net after the other, and scaled to the six oxides by
    the number of measured values.
    """
    data = load_training()
    start = time.perf_counter()
    for protocol in ("loo", "lomo"):
        validate(Farside(), data, protocol)
    own = time.perf_counter() - start
    oxides = np.full(data.oxides.shape, np.nan)
    oxides[:, 0] = data.oxides[:, 0]
    start = time.perf_counter()
    published_protocol(replace(data, oxides=oxides), together=False)
    share = np.isfinite(data.oxides).sum() / len(data)
    published = (time.perf_counter() - start) * share
    print(f"own loo + lomo with intervals: {own:.0f} s (promised {PROMISED_SECONDS:.0f} s)")
    print(f"published loo, scaled from TiO2 to six oxides: {published:.0f} s")
    print(f"ratio own / published: {own / published:.3f}")


def per_cpu_second(work: Callable[[], object], pixels: int, repeats: int = 5) -> float:
    """Return the median pixels per CPU-second of a callable."""
    work()
    rates = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        rates.append(pixels / (time.process_time() - start))
    return float(np.median(rates))


def inference() -> None:
    """Print the ratio of pixels per CPU-second."""
    torch.set_num_threads(1)
    estimator = bundle.load()
    rng = np.random.default_rng(0)
    sites = estimator.data_.reflectance
    noise = np.exp(0.02 * rng.normal(size=(PIXELS, sites.shape[1])))
    spectra = make_spectra(
        (sites[rng.integers(0, len(sites), PIXELS)] * noise).T, estimator.data_.wavelength_nm
    )
    own = per_cpu_second(lambda: estimator.predict(spectra), PIXELS)
    nets = [torch_module() for _ in OXIDES]
    for net in nets:
        net.eval()
    inputs = torch.randn(4096, 1, 10)

    def published() -> None:
        with torch.no_grad():
            for net in nets:
                net(inputs)

    eager = per_cpu_second(published, len(inputs))
    print(f"own, with interval and novelty: {own:,.0f} px per CPU-second")
    print(f"published network, torch eager: {eager:,.0f} px per CPU-second")
    print(f"ratio own / published: {own / eager:.1f} (promised 20, goal 100)")


def start_up() -> None:
    """Print the time of ``farside --help`` and its ratio to an empty process."""

    def median(*command: str) -> float:
        seconds = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            seconds.append(time.perf_counter() - start)
        return float(np.median(seconds))

    shown = median(
        "-c", "import sys; sys.argv = ['farside', '--help']; import farside.cli as c; c.main()"
    )
    empty = median("-c", "pass")
    print(f"farside --help: {shown:.2f} s (promised 0.50), {shown / empty:.1f} x an empty process")


def main() -> None:
    """Measure all three."""
    start_up()
    inference()
    validation()


if __name__ == "__main__":
    main()
