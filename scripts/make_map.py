"""Make the sharp map that ships, with the results that the report shows.

Usage: python scripts/make_map.py

The same is done by ``farside run --full --out DIR && python scripts/ship.py DIR``, with all else.
"""

from __future__ import annotations

from farside.maps import shipped
from farside.maps.make_sharp import make_sharp_map
from farside.report import store


def main() -> None:
    """Write the map to ``maps/data`` and its results to ``report/results``."""
    content = make_sharp_map(shipped.shipped_folder(), say=print)
    store.write(store.shipped_folder(), "map", content, seed=0)


if __name__ == "__main__":
    main()
