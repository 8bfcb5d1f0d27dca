r"""Ferric indices on hyperspectral data: hematite near 850 nm, and how often it is a mistake.

Ferric iron absorbs near 530, 640 and 850-860 nm; hematite on the Moon was reported from its band
near 850 nm in spectra of the Moon Mineralogy Mapper (Li et al. 2020, doi 10.1126/sciadv.aba1940).
The depths are those of the parameters made for Mars (Viviano-Beck et al. 2014, doi
10.1002/2014JE004627), as quoted in public programs. Pyroxene absorbs near 900-1000 nm and reaches
into the band: a depth alone is no sign of hematite, so that a candidate must also have the minimum
of its band within `HEMATITE_NM`. The limits of a candidate are ours; those of Li et al. could not
be read in full.

**Calibration.** All lit scenes of the Spectral Profiler, as archived, have a step of 5 % at 860 nm
and look like hematite everywhere. `scene_relative` divides by the median of the scene, which takes
away what all its spectra share: steps of calibration, and hematite too if it were everywhere.

**Not for cameras.** Kaguya MI has 749, 901 and 951 nm and nothing between 749 and 901: it cannot
tell the band of hematite from that of pyroxene. Such data are refused; any ferric index on them
would be untested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from scipy.stats import beta

from farside.errors import BandError, InputError, UnknownNameError
from farside.spectra.dataset import check_spectra
from farside.spectra.parameters import band_centre, band_depth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class FerricIndex:
    """A three-point index.

    Parameters
    ----------
    left_nm, centre_nm, right_nm : nm
    sign : 1 for a depth below the line, -1 for a height above it (a shoulder)
    shows : what a positive value goes with
    """

    left_nm: float
    centre_nm: float
    right_nm: float
    sign: int
    shows: str


INDICES = {
    "BD530": FerricIndex(440.0, 530.0, 614.0, 1, "fine-grained crystalline hematite"),
    "SH600": FerricIndex(533.0, 600.0, 716.0, -1, "ferric minerals, especially hematite"),
    "BD640": FerricIndex(600.0, 624.0, 760.0, 1, "ferric minerals, especially maghemite"),
    "SH770": FerricIndex(716.0, 775.0, 860.0, -1, "ferric minerals, less so low-Ca pyroxene"),
    "BD860": FerricIndex(755.0, 860.0, 977.0, 1, "crystalline ferric minerals: hematite"),
    "BD920": FerricIndex(807.0, 920.0, 984.0, 1, "ferric minerals and low-Ca pyroxene"),
}
"""Parameters of Viviano-Beck et al. (2014) for ferric iron, there named ``..._2``."""

HEMATITE_NM = (840.0, 880.0)
"""Where the minimum of a candidate's band must lie, nm: 850 of Li et al. (2020) and 860 of
Viviano-Beck et al. (2014), with 10 and 20 nm to spare; our choice."""
MIN_DEPTH = 0.01
"""Least depth of BD860 of a candidate: 1 %, of the size of M3's errors from channel to channel; our
choice."""
_SEARCH_NM = (755.0, 977.0)
_MIN_CHANNELS = 5
"""Channels that the search range needs: 40 nm steps and finer, as of M3 in global mode."""


def require_hyperspectral(ds: xr.Dataset) -> None:
    """Raise unless the spectra have channels enough around 850 nm.

    Raises
    ------
    BandError
        when fewer than five channels lie from 755 to 977 nm, as in camera data
    """
    wavelength = np.unique(np.asarray(ds["wavelength_nm"], dtype=float))
    inside = wavelength[(wavelength >= _SEARCH_NM[0]) & (wavelength <= _SEARCH_NM[1])]
    if inside.size < _MIN_CHANNELS or np.diff(inside).max(initial=0.0) > 50.0:
        listed = ", ".join(f"{w:g}" for w in inside) or "none"
        raise BandError(
            f"hematite near 850 nm needs {_MIN_CHANNELS} channels from {_SEARCH_NM[0]:g} to "
            f"{_SEARCH_NM[1]:g} nm with steps of 50 nm or less; there are {listed} nm. Bands of a "
            "camera (Kaguya MI, Clementine) cannot show it, and any proxy on them is untested: "
            "take M3 or the Spectral Profiler."
        )


def ferric_index(ds: xr.Dataset, name: str) -> xr.DataArray:
    """Return a ferric index of each spectrum, dimensionless.

        BD = 1 - R(λ_c) / C(λ_c),  SH = 1 - C(λ_c) / R(λ_c)

    with C the line through the shoulders.

    Parameters
    ----------
    ds : hyperspectral Spectra dataset
    name : one of `INDICES`; BD530 needs 440 nm, which neither M3 nor SP has as archived

    Raises
    ------
    UnknownNameError
        for another name
    BandError
        when the data are not hyperspectral or lack a wavelength
    """
    if name not in INDICES:
        raise UnknownNameError.of("ferric index", name, INDICES)
    require_hyperspectral(ds)
    index = INDICES[name]
    depth = band_depth(ds, index.centre_nm, index.left_nm, index.right_nm)
    value = depth if index.sign > 0 else 1.0 - 1.0 / (1.0 - depth).where(depth < 1.0)
    return value.rename(name).assign_attrs(units="1", long_name=index.shows)


def hematite(ds: xr.Dataset, *, min_depth: float = MIN_DEPTH) -> xr.Dataset:
    """Return where spectra have a band like hematite's.

    Parameters
    ----------
    ds : hyperspectral Spectra dataset
    min_depth : least depth at 860 nm, 0 to 1

    Returns
    -------
    xarray.Dataset
        ``depth`` (BD860, dimensionless), ``centre`` (nm, minimum between 755 and 977 nm over the
        line), ``usable`` (a good, lit spectrum) and ``candidate``

    Raises
    ------
    BandError
        when the data are not hyperspectral
    InputError
        for a depth outside 0 to 1, or when no spectrum is usable
    """
    if not 0 < min_depth < 1:
        raise InputError(f"a band depth is between 0 and 1, not {min_depth:g}.")
    require_hyperspectral(ds)
    wavelength = ds["wavelength_nm"].to_numpy()
    window = ds.isel(band=np.flatnonzero((wavelength >= 745) & (wavelength <= 987)))
    usable = check_spectra(window)["good"]
    depth = ferric_index(window, "BD860")
    centre = band_centre(window, *_SEARCH_NM)
    candidate = (
        usable & (depth >= min_depth) & (centre >= HEMATITE_NM[0]) & (centre <= HEMATITE_NM[1])
    )
    return xr.Dataset(
        {"depth": depth, "centre": centre, "usable": usable, "candidate": candidate}
    ).reset_coords(drop=True)


def scene_relative(ds: xr.Dataset) -> xr.Dataset:
    """Return the spectra over the median spectrum of the scene, at the median's mean level.

    Parameters
    ----------
    ds : hyperspectral Spectra dataset of one scene, 10 usable spectra or more

    Raises
    ------
    InputError
        when fewer spectra are usable
    """
    usable = hematite(ds)["usable"]
    if int(usable.sum()) < 10:
        raise InputError(
            f"{int(usable.sum())} usable spectra have no median to stand for a scene; give 10 or "
            "more of one scene."
        )
    points = [d for d in ds["reflectance"].dims if d != "band"]
    median = ds["reflectance"].where(usable).median(points)
    relative = ds["reflectance"] / median.where(median > 0) * float(median.mean())
    relative = relative.transpose(*ds["reflectance"].dims)
    return ds.assign(reflectance=relative.assign_attrs(ds["reflectance"].attrs))


@dataclass(frozen=True)
class Rate:
    """A rate with its exact 95 % interval (Clopper and Pearson).

    Parameters
    ----------
    what : what is counted
    found, of : counts
    lower, upper : of the rate
    """

    what: str
    found: int
    of: int
    lower: float
    upper: float

    @property
    def rate(self) -> float:
        """Share found, 0 to 1."""
        return self.found / self.of

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return content | {"rate": self.rate}

    def __str__(self) -> str:
        """Return one line."""
        return (
            f"{self.what}: {self.found} of {self.of}, {100 * self.rate:.2g} % "
            f"({100 * self.lower:.2g} to {100 * self.upper:.2g})"
        )


def binomial_rate(what: str, found: int, of: int) -> Rate:
    """Return a rate with its exact 95 % interval; neighbouring pixels make it too narrow."""
    if not 0 <= found <= of or of < 1:
        raise InputError(f"{found} of {of} is no rate; need 0 <= found <= of and of > 0.")
    low = float(beta.ppf(0.025, found, of - found + 1)) if found else 0.0
    high = float(beta.ppf(0.975, found + 1, of - found)) if found < of else 1.0
    return Rate(what, found, of, low, high)


def false_positives(ds: xr.Dataset, *, min_depth: float = MIN_DEPTH) -> Rate:
    """Return how many spectra of ground without hematite are called candidates.

    Parameters
    ----------
    ds : spectra of ground taken to have none: soils of Apollo, or low latitudes, where Li et al.
        (2020) map hardly any
    min_depth : as of `hematite`
    """
    found = hematite(ds, min_depth=min_depth)
    return binomial_rate(
        f"candidates at depth {min_depth:g}",
        int(found["candidate"].sum()),
        int(found["usable"].sum()),
    )


def with_hematite(
    ds: xr.Dataset, depth: float, *, centre_nm: float = 860.0, width_nm: float = 110.0
) -> xr.Dataset:
    """Return the spectra with a band of hematite put in: R (1 - d exp(-(λ - λ0)² / 2 w²)).

    Parameters
    ----------
    ds : Spectra dataset
    depth : of the band, 0 to below 1
    centre_nm : of the band
    width_nm : full width at half maximum, our choice
    """
    if not 0 <= depth < 1:
        raise InputError(f"a band depth is from 0 to below 1, not {depth:g}.")
    if not (0 < width_nm < np.inf and 0 < centre_nm < np.inf):
        raise InputError(
            f"a band of {width_nm:g} nm at {centre_nm:g} nm cannot be; give finite nm above 0."
        )
    sigma = width_nm / np.sqrt(8 * np.log(2))
    band = np.exp(-((ds["wavelength_nm"] - centre_nm) ** 2) / (2 * sigma**2))
    reflectance = (ds["reflectance"] * (1 - depth * band)).transpose(*ds["reflectance"].dims)
    return ds.assign(reflectance=reflectance.assign_attrs(ds["reflectance"].attrs))


def detection(ds: xr.Dataset, depths: Sequence[float]) -> tuple[Rate, ...]:
    """Return how often a band of hematite of each depth, put into real spectra, is found."""
    rates = []
    for depth in depths:
        found = hematite(with_hematite(ds, depth))
        n: NDArray[np.bool_] = found["usable"].to_numpy()
        rates.append(
            binomial_rate(f"found at depth {depth:g}", int(found["candidate"].sum()), int(n.sum()))
        )
    return tuple(rates)
