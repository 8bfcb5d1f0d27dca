"""How soon the command line answers: help, the version and a completion against a bare Python.

Usage: python benchmarks/startup.py   (some 15 s)

Each is run as a process of its own, in turn; told is the median of the processor's time, which
other work on the machine hardly touches, and its ratio to that of ``import numpy, pandas``, which
nearly every command needs. Promised: help and version in less than half of that, a completion in
less than all of it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 9
PROGRAM = str(Path(sys.executable).parent / "farside")
COMPLETION = {
    "_FARSIDE_COMPLETE": "complete_bash",
    "COMP_WORDS": "farside findings spa-",
    "COMP_CWORD": "2",
}
RUNS: dict[str, tuple[list[str], dict[str, str]]] = {
    "bare python": ([sys.executable, "-c", "pass"], {}),
    "import numpy, pandas": ([sys.executable, "-c", "import numpy, pandas"], {}),
    "import farside": ([sys.executable, "-c", "import farside"], {}),
    "farside --version": ([PROGRAM, "--version"], {}),
    "farside --help": ([PROGRAM, "--help"], {}),
    "farside age --help": ([PROGRAM, "age", "--help"], {}),
    "completion of a finding": ([PROGRAM], COMPLETION),
}


def seconds(command: list[str], more: dict[str, str]) -> float:
    """Return the processor's time of a process."""
    before = os.times()
    subprocess.run(command, env=os.environ | more, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system


def main() -> None:
    """Print the median of each run and its ratio."""
    for command, more in RUNS.values():  # once, so that files are in memory
        seconds(command, more)
    found: dict[str, list[float]] = {name: [] for name in RUNS}
    for _ in range(ROUNDS):
        for name, run in RUNS.items():
            found[name].append(seconds(*run))
    medians = {name: statistics.median(times) for name, times in found.items()}
    base = medians["import numpy, pandas"]
    for name, value in medians.items():
        print(f"{name:24} {1000 * value:5.0f} ms  {value / base:5.2f} x import numpy, pandas")


if __name__ == "__main__":
    main()
