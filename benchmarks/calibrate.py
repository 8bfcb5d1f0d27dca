"""Time and convergence of the recalibration, and the refit of Neukum's sites.

Usage: python benchmarks/calibrate.py

Prints the time of a fit with four chains, leave-one-out included, against its promise of 60 s; the
parameters that a refit of Neukum's sites returns, in sigma from Neukum's; and the change in age.
"""

from __future__ import annotations

import time

import numpy as np

from farside.chronology.calibrate import calibrate
from farside.chronology.sites import calibration_sites

PROMISE_S = 60.0
NEUKUM = {"log10_a": float(np.log10(5.44e-14)), "b": 6.93, "c": 8.38e-4}


def main() -> None:
    """Print the figures."""
    start = time.perf_counter()
    fit = calibrate(calibration_sites())
    took = time.perf_counter() - start
    print(f"fit of {len(fit.sites)} sites, 4 chains, leave-one-out: {took:.1f} s")
    print(f"ratio to the promise of {PROMISE_S:.0f} s: {took / PROMISE_S:.2f}")
    print(f"R-hat at most {fit.draws.r_hat.max():.4f}, {fit.draws.effective.min():.0f} effective")
    for scatter in (False, True):
        again = calibrate(calibration_sites(("neukum",)), scatter=scatter, leave_out=False)
        found = {e.name: e for e in again.estimates}
        shown = ", ".join(
            f"{name} {found[name].mean:.4g} ± {found[name].sigma:.2g} "
            f"({(found[name].mean - value) / found[name].sigma:+.1f} sigma from Neukum's)"
            for name, value in NEUKUM.items()
        )
        print(f"sites of Neukum, {'with' if scatter else 'without'} scatter: {shown}")


if __name__ == "__main__":
    main()
