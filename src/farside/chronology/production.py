"""Production functions: how many craters of each size are made for one of at least 1 km."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from farside.chronology.solve import rising_root
from farside.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LN10 = float(np.log(10.0))
_CHECKED = 2001


@dataclass(frozen=True)
class Production:
    """A production function, relative to the density of craters of at least 1 km.

    Either a polynomial, ``log10 N(>=D) = a0 + sum a_i (log10 D)^i`` with D in km (a0 plays no
    part: N(>=1 km) comes from the age), or straight lines between knots in log10 N and log10 D.

    Parameters
    ----------
    name, title : what it is called, and who made it
    d_min_km, d_max_km : range of validity, km
    coefficients : ``(a1, a2, ...)``, or empty when there are knots
    knots : ``(log10 D, log10 N)`` of each knot, D rising
    reference : key in ``references.csv``
    status : what was checked of the figures
    note : what else to know

    Raises
    ------
    InputError
        when the function does not fall with diameter over its whole range, or its range does not
        hold 1 km, to which densities refer
    """

    name: str
    title: str
    d_min_km: float
    d_max_km: float
    coefficients: tuple[float, ...] = ()
    knots: tuple[tuple[float, float], ...] = ()
    reference: str = ""
    status: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.d_min_km < 1 < self.d_max_km:
            raise InputError(
                f"the range of the production function {self.name!r} is {self.d_min_km:g}-"
                f"{self.d_max_km:g} km; it must hold 1 km, to which all densities refer."
            )
        if bool(self.coefficients) == bool(self.knots):
            raise InputError(
                f"the production function {self.name!r} needs either coefficients or a table."
            )
        x = np.linspace(np.log10(self.d_min_km), np.log10(self.d_max_km), _CHECKED)
        slope = self._slope(x)
        if not np.isfinite(slope).all() or (slope >= 0).any():
            where = 10 ** x[~(slope < 0)][0]
            raise InputError(
                f"the production function {self.name!r} does not fall at {where:.3g} km; a "
                "cumulative density must fall with diameter: narrow its range or mend its figures."
            )

    # -- the function and its forms ----------------------------------------------------------

    def relative(self, d_km: ArrayLike) -> NDArray[np.float64]:
        """Return N(>=D) / N(>=1 km) at diameters in km; NaN outside the range of validity."""
        d = self._inside(d_km)
        return np.asarray(10.0 ** self._log(np.log10(d)))

    def cumulative(self, d_km: ArrayLike, n1: ArrayLike = 1.0) -> NDArray[np.float64]:
        """Return N(>=D) per km2 where craters of at least 1 km have the density `n1` per km2."""
        return np.asarray(n1, dtype=float) * self.relative(d_km)

    def slope(self, d_km: ArrayLike) -> NDArray[np.float64]:
        """Return d ln N / d ln D, below 0; NaN outside the range of validity."""
        return self._slope(np.log10(self._inside(d_km)))

    def differential(self, d_km: ArrayLike, n1: ArrayLike = 1.0) -> NDArray[np.float64]:
        """Return -dN/dD, per km2 per km (Michael and Neukum 2010, equation 1)."""
        d = self._inside(d_km)
        return -self.cumulative(d, n1) * self.slope(d) / d

    def r_value(self, d_km: ArrayLike, n1: ArrayLike = 1.0) -> NDArray[np.float64]:
        """Return the relative value R = D^3 (-dN/dD), D in km (Arvidson et al. 1979)."""
        return np.asarray(self._inside(d_km) ** 3 * self.differential(d_km, n1))

    def hartmann(self, d_km: ArrayLike, n1: ArrayLike = 1.0) -> NDArray[np.float64]:
        """Return the craters per km2 in the bin of a factor sqrt(2) whose middle is D."""
        d = self._inside(d_km)
        return self.cumulative(d / 2**0.25, n1) - self.cumulative(d * 2**0.25, n1)

    def between(self, low_km: ArrayLike, high_km: ArrayLike) -> NDArray[np.float64]:
        """Return (N(>=low) - N(>=high)) / N(>=1 km); `high_km` may be infinite.

        Raises
        ------
        InputError
            when a finite limit lies outside the range of validity, or low is not below high
        """
        low, high = np.asarray(low_km, dtype=float), np.asarray(high_km, dtype=float)
        if not (low < high).all():
            raise InputError(
                f"the diameter range {np.max(low):g}-{np.min(high):g} km is not rising; give the "
                "smaller limit first."
            )
        finite = high[np.isfinite(high)]
        if low.min() < self.d_min_km or (finite.size and finite.max() > self.d_max_km):
            raise InputError(
                f"the diameter range {np.min(low):g}-{np.max(high):g} km reaches beyond the "
                f"production function {self.name!r}, which holds from {self.d_min_km:.3g} to "
                f"{self.d_max_km:.3g} km; choose a range inside it."
            )
        above = np.where(np.isfinite(high), self.relative(np.minimum(high, self.d_max_km)), 0.0)
        return np.asarray(self.relative(low) - above)

    def diameter(self, relative: ArrayLike) -> NDArray[np.float64]:
        """Return D in km where N(>=D)/N(>=1 km) has a value; NaN outside the range."""
        target = np.asarray(relative, dtype=float)
        x_min, x_max = np.log10(self.d_min_km), np.log10(self.d_max_km)
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.log10(target)
        known = (y <= self._log(np.array(x_min))) & (y >= self._log(np.array(x_max)))
        goal = np.where(known, y, 0.0)
        x = rising_root(
            lambda x: goal - self._log(x),
            lambda x: -self._slope(x),
            np.full(target.shape, x_min),
            np.full(target.shape, x_max),
        )
        return np.asarray(np.where(known, 10**x, np.nan))

    # -- inside ------------------------------------------------------------------------------

    def _inside(self, d_km: ArrayLike) -> NDArray[np.float64]:
        d = np.asarray(d_km, dtype=float)
        slack = 1e-12  # a limit that was computed is not outside by a rounding
        good = (d >= self.d_min_km * (1 - slack)) & (d <= self.d_max_km * (1 + slack))
        return np.where(good, d, np.nan)

    @cached_property
    def _polynomial(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        down = np.array((*self.coefficients[::-1], 0.0))
        return down, np.polyder(down)

    @cached_property
    def _table(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        x, y = np.array(self.knots).T
        return x, y, float(np.interp(0.0, x, y))

    def _log(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.coefficients:
            return np.asarray(np.polyval(self._polynomial[0], x))
        knots, y, at_1km = self._table
        return np.asarray(np.interp(x, knots, y) - at_1km)

    def _slope(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.coefficients:
            return np.asarray(np.polyval(self._polynomial[1], x))
        knots, y, _ = self._table
        piece = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
        slopes = np.asarray((np.diff(y) / np.diff(knots))[piece])
        return np.where(np.isnan(x), np.nan, slopes)


def from_histogram(counts: ArrayLike, first_km: float) -> tuple[tuple[float, float], ...]:
    """Return the knots of a table of craters per km2 in bins of a factor sqrt(2).

    The cumulative density at the lower limit of a bin is the sum of this and all larger bins.

    Parameters
    ----------
    counts : per km2, smallest bin first
    first_km : lower limit of the first bin, km
    """
    total = np.cumsum(np.asarray(counts, dtype=float)[::-1])[::-1]
    log_d = np.log10(first_km) + np.arange(total.size) * np.log10(2.0) / 2
    return tuple(zip(log_d.tolist(), np.log10(total).tolist(), strict=True))
