"""Fit the chronology that is shipped as ``farside-2026``, and write it into the package.

Usage: python scripts/ship_chronology.py
"""

from __future__ import annotations

from farside.chronology.calibrate import calibrate
from farside.chronology.recalibrated import SETTINGS, keep
from farside.chronology.sites import calibration_sites


def main() -> None:
    """Fit and write."""
    sites = calibration_sites(SETTINGS["sets"], ce6_age=SETTINGS["ce6_age"])
    made = calibrate(sites, seed=SETTINGS["seed"])
    print(made)
    print(f"wrote {keep(made)}")


if __name__ == "__main__":
    main()
