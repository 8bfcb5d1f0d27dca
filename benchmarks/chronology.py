"""The promises of the chronology: agreement and speed against craterstats 3.6, in one run.

Usage: FARSIDE_CRATERSTATS_PYTHON=PYTHON python benchmarks/chronology.py

PYTHON is an interpreter in whose environment craterstats is installed (Python 3.12 or later); its
sample counts are what is dated. Without it the comparisons are left out, with the reason.

1. The largest difference of ages to the quantiles of the Gamma distribution.
2. 10,000 Poisson ages with interval, vectorised.
3. Coverage of the 68 % and 95 % intervals over 10,000 surfaces, the truth drawn from the prior.
4. One age from the command line, against craterstats.
5. Randomness (M2CND and SDAA) of the 799 craters around Chang'e-6, 300 trials, against craterstats.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import special

from farside.chronology.age import ONE_SIGMA
from farside.chronology.counts import CraterCount
from farside.chronology.formats import read_count
from farside.chronology.posterior import poisson_ages
from farside.chronology.randomness import randomness
from farside.chronology.systems import system

PEER = os.environ.get("FARSIDE_CRATERSTATS_PYTHON", "")
SAMPLE = "CE-6 8-km vicinity.scc"
RUNS = 5


def exactness() -> None:
    """Print the largest difference to the quantiles of the Gamma distribution."""
    chronology = system("neukum1983").chronology
    worst = 0.0
    for k in (0, 1, 10, 100, 1000, 10_000, 100_000):
        q = np.array([0.1587, 0.5, 0.8413])
        exposure = max(k, 1) / 3.2e-3
        ages = poisson_ages(k, exposure, chronology, q)
        back = special.gammainc(k + 1, chronology.n1(ages) * exposure)
        density = (
            chronology.rate(ages)
            * exposure
            * np.exp(
                special.xlogy(k, chronology.n1(ages) * exposure)
                - chronology.n1(ages) * exposure
                - special.gammaln(k + 1)
            )
        )
        worst = max(worst, float(np.abs((back - q) / density).max()))
    print(f"largest difference to the Gamma quantiles, k = 0..1e5: {worst:.2g} Ma (mark 0.01)")


def many() -> None:
    """Print the time of 10,000 ages."""
    rng = np.random.default_rng(0)
    k, q = rng.integers(0, 2000, 10_000), np.array([[0.1587], [0.5], [0.8413]])
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        poisson_ages(k, 1e5, system("yue2022").chronology, q)
        times.append(time.perf_counter() - start)
    print(f"10,000 Poisson ages with interval: {np.median(times):.3f} s (mark 0.5)")


def coverage() -> None:
    """Print the coverage of the intervals."""
    rng = np.random.default_rng(5)
    chronology = system("neukum1983").chronology
    truth = chronology.age(rng.uniform(0, chronology.n1(4400.0), 10_000))
    k = rng.poisson(chronology.n1(truth) * 800.0)
    for cover in (ONE_SIGMA, 0.95):
        q = np.array([[(1 - cover) / 2], [(1 + cover) / 2]])
        low, high = poisson_ages(k, 800.0, chronology, q)
        share = ((truth >= low) & (truth <= high)).mean()
        print(f"coverage of {cover:.1%} intervals over 10,000 surfaces: {share:.2%}")


def wall(words: list[str], folder: str) -> float:
    """Return the median wall time of a command."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def against_craterstats() -> None:
    """Print the ratios of one age and of a test of randomness."""
    if not PEER:
        print("comparisons left out: FARSIDE_CRATERSTATS_PYTHON names no Python with craterstats")
        return
    code = "import craterstats; print(craterstats.__path__[0])"
    found = subprocess.run([PEER, "-c", code], capture_output=True, text=True, check=True)
    peer = str(Path(PEER).parent / "craterstats")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(Path(found.stdout.strip()) / "sample" / SAMPLE, Path(folder) / "ce6.scc")
        farside = "from farside.cli import main; main()"
        ours = [sys.executable, "-c", farside, "age", "ce6.scc", "--range", "0.2", "0.8", "-q"]
        plot = "source=ce6.scc,type=poisson,range=[.2,.8],snap=0"
        theirs = [peer, "-cs", "n83", "-f", "csv", "-o", "out", "-p", plot]
        a, b = wall(ours, folder), wall(theirs, folder)
        print(f"one age: farside {a:.2f} s, craterstats {b:.2f} s, ratio {a / b:.3f} (mark 0.35)")
        count = read_count(Path(folder) / "ce6.scc")
        if not isinstance(count, CraterCount):
            raise SystemExit("the sample is no list of craters")
        start = time.perf_counter()
        randomness(count, trials=300)
        a = time.perf_counter() - start
        start = time.perf_counter()
        words = [peer, "-ra", "ce6.scc", "-trials", "300", "-o", "ra"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        b = time.perf_counter() - start
        print(f"randomness: farside {a:.2f} s, craterstats {b:.1f} s, {b / a:.0f} x (mark 10)")


if __name__ == "__main__":
    exactness()
    many()
    coverage()
    against_craterstats()
