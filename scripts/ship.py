"""Put the recomputed map, weights and results into the package.

Usage: farside run --full --out DIR && python scripts/ship.py DIR
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "farside"
TARGETS = {
    "map": PACKAGE / "maps" / "data",
    "weights": PACKAGE / "oxides" / "weights",
    "results": PACKAGE / "report" / "results",
}


def main() -> None:
    """Copy ``map``, ``weights`` and ``results`` below ``computed`` of a run."""
    computed = Path(sys.argv[1]) / "computed"
    for name, target in TARGETS.items():
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted((computed / name).iterdir()):
            shutil.copyfile(path, target / path.name)
            print(f"shipped {path.name} to {target.relative_to(PACKAGE.parent.parent)}")


if __name__ == "__main__":
    main()
