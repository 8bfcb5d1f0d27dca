"""From the reflectance of one sensor to that of another, with what stays uncertain.

The Kaguya Spectral Profiler (SP) and Multiband Imager (MI) give the same photometric quantity:
radiance factor at i = 30°, e = 0°, g = 30°, corrected with functions of the same form (Yokota et
al. 2011). Their absolute calibrations differ by a factor that depends on wavelength: beside MI,
SP is darker in the visible and brighter beyond 1 µm, so that its spectra are too red. Angles of
iron made for MI then find negative iron in SP spectra.

No published table of the factor was at hand, so it is estimated here, without any knowledge of
composition: see `fit_gain`. How well it is known is its covariance: 8-9 % for all bands together,
2 % for a colour such as R950/R749. It holds for SP Level 2C version 02 and for the MI reflectance
of the table of landing sites, and for no other version of either. As a check from elsewhere, a
highland scene of the far side then has the colour of a far-side map tile of MI to 5 %.

References
----------
Yokota et al. (2011) Icarus 215, 639-660, doi 10.1016/j.icarus.2011.07.028; Ohtake et al. (2013)
Icarus 226, 364-374, doi 10.1016/j.icarus.2013.05.010, compare SP, MI, M3 and others and call
their spectral shapes comparable; the difference of shape found here is 13 % from 749 to 1548 nm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.datasets._sp import load_gain_table
from farside.errors import BandError, InputError, UnknownNameError

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_SAME_NM = 1.0


@dataclass(frozen=True, eq=False)
class Transfer:
    """Gain from the reflectance of one sensor to that of another.

    Parameters
    ----------
    source, target : names of the sensors
    wavelength_nm : bands, nm
    gain : R_target = gain × R_source, one for each band
    covariance : of ln(gain), shape ``(band, band)``; most of it is shared by all bands
    note : how it was found
    """

    source: str
    target: str
    wavelength_nm: tuple[float, ...]
    gain: NDArray[np.float64]
    covariance: NDArray[np.float64]
    note: str

    def __str__(self) -> str:
        """Return one line for each band."""
        sigma = self.gain * np.sqrt(np.diag(self.covariance))
        rows = zip(self.wavelength_nm, self.gain, sigma, strict=True)
        lines = [f"{w:7.0f} nm  {g:.3f} ± {s:.3f}" for w, g, s in rows]
        return f"{self.source} to {self.target}\n" + "\n".join(lines)

    def draws(self, n: int, seed: int) -> NDArray[np.float64]:
        """Return gains drawn from their distribution (log-normal), shape ``(n, band)``.

        Predict with each of them to carry the uncertainty of the calibration, which the bands
        share, into an oxide: adding `reflectance_1s` band by band would take it as independent.
        """
        noise = np.random.default_rng(seed).multivariate_normal(
            np.zeros(self.gain.size), self.covariance, size=n
        )
        return np.asarray(self.gain * np.exp(noise))

    def apply(self, ds: xr.Dataset) -> xr.Dataset:
        """Return spectra in the calibration of the target sensor.

        Parameters
        ----------
        ds : Spectra dataset of the source, already resampled to bands of the target

        Returns
        -------
        xarray.Dataset
            with ``reflectance`` times the gain, ``reflectance_1s`` that holds the uncertainty of
            the gain and, where given, that of the spectrum; attribute ``calibration``

        Raises
        ------
        BandError
            when a band has no gain
        InputError
            when the spectra are of another sensor, or already in the target's calibration
        """
        if ds.attrs.get("calibration") == self.target:
            raise InputError(f"the spectra are already in the calibration of {self.target}.")
        sensor = ds.attrs.get("sensor", self.source)
        if sensor != self.source:
            raise InputError(f"this transfer is for {self.source}; the spectra are of {sensor}.")
        bands = ds["wavelength_nm"].to_numpy()
        known = np.asarray(self.wavelength_nm)
        distance = np.abs(known[None, :] - bands[:, None])
        without = bands[distance.min(axis=1) > _SAME_NM]
        if without.size:
            raise BandError(
                f"no gain from {self.source} to {self.target} is known at "
                f"{', '.join(f'{w:g}' for w in without)} nm, only at "
                f"{', '.join(f'{w:g}' for w in known)} nm; resample to these bands first."
            )
        index = distance.argmin(axis=1)
        source = ds["reflectance"]
        shape = (-1,) + (1,) * (source.ndim - 1)
        gain = self.gain[index].reshape(shape)
        sigma = np.sqrt(np.diag(self.covariance))[index].reshape(shape)
        out = source.copy(data=source.to_numpy() * gain)
        variance = (out.to_numpy() * sigma) ** 2
        if "reflectance_1s" in ds:
            variance = variance + (ds["reflectance_1s"].to_numpy() * gain) ** 2
        sigmas = out.copy(data=np.sqrt(variance)).assign_attrs(long_name="one standard deviation")
        ds = ds.assign(reflectance=out, reflectance_1s=sigmas)
        return ds.assign_attrs(calibration=self.target)


@dataclass(frozen=True, eq=False)
class ColourLine:
    """What `Anchor.fit` finds: a, s, cov ε, ln k and the sigma of η of `fit_gain`."""

    intercept: NDArray[np.float64]
    slope: NDArray[np.float64]
    colour: NDArray[np.float64]
    scale: float
    scale_1s: float

    def spectrum(self, albedo: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the mean spectrum at an albedo, ``(scene, band)``."""
        level = np.log(albedo)[:, None] + self.scale
        return np.asarray(self.intercept + self.slope * level)


@dataclass(frozen=True, eq=False)
class Anchor:
    """What the gain is tied to: the target's spectra of places whose albedo is known.

    Parameters
    ----------
    reflectance : target's reflectance of sites, shape ``(site, band)``
    group : the landing site each belongs to, shape ``(site,)``; each counts once
    albedo : albedo of each site's surroundings from a third instrument, shape ``(site,)``
    pivot : index of the band nearest to the wavelength of the albedo
    """

    reflectance: NDArray[np.float64]
    group: NDArray[np.str_]
    albedo: NDArray[np.float64]
    pivot: int

    def expected(self, albedo: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the target's mean spectrum at an albedo, ``(scene, band)``."""
        return self.fit().spectrum(albedo)

    def fit(self) -> ColourLine:
        """Return how the spectrum follows its brightness, and the brightness the albedo."""
        logs = np.log(self.reflectance)
        _, member, counts = np.unique(self.group, return_inverse=True, return_counts=True)
        weight = 1.0 / counts[member]
        design = np.column_stack([np.ones(len(logs)), logs[:, self.pivot]])
        root = np.sqrt(weight)[:, None]
        line, *_ = np.linalg.lstsq(design * root, logs * root, rcond=None)
        residual = logs - design @ line
        colour = (residual * weight[:, None]).T @ residual / (counts.size - 2)
        ratio = np.log(self.reflectance[:, self.pivot] / self.albedo)
        scale = np.array([ratio[member == g].mean() for g in range(counts.size)])
        centre = float(np.median(scale))
        spread = 1.4826 * float(np.median(np.abs(scale - centre)))
        return ColourLine(line[0], line[1], colour, centre, spread)


def fit_gain(
    anchor: Anchor, reflectance: NDArray[np.float64], albedo: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimate the gain of a sensor from scenes whose albedo is known, composition unknown.

    At the sites, the target's colour follows its brightness, and its brightness the albedo A that
    a third instrument (the LOLA laser altimeter, 1064 nm) measures there:

        ln R_b = a_b + s_b ln R_p + ε_b,    ln R_p = ln k + ln A + η

    (p is the band next to 1064 nm). A scene of albedo A is expected to look to the target like
    that, so ln g_b = a_b + s_b (ln k + ln A) - ln R_source,b, averaged over scenes.

    Parameters
    ----------
    anchor : the sites
    reflectance : mean spectrum of each scene from the source, shape ``(scene, band)``
    albedo : mean albedo along each scene, shape ``(scene,)``

    Returns
    -------
    gain : shape ``(band,)``
    covariance : of ln(gain): (cov ε + s sᵀ var η) / n_scenes + s sᵀ var η / n_sites. ln k and the
        sigma of η are the median and the scaled median absolute deviation, as the surroundings of
        one landing site (Apollo 17) are much brighter than itself.

    Notes
    -----
    No composition enters, of sites or of scenes; so iron found with the gain can be tested against
    gamma rays. But a scene is taken to have the colour that is usual at its albedo: the gain is as
    wrong as the mean of the scenes is unusual. With few scenes this is the larger part of the
    uncertainty, and the covariance states it.
    """
    line = anchor.fit()
    logs = line.spectrum(albedo) - np.log(reflectance)
    shared = np.outer(line.slope, line.slope) * line.scale_1s**2
    groups = np.unique(anchor.group).size
    covariance = (line.colour + shared) / len(logs) + shared / groups
    return np.exp(logs.mean(axis=0)), np.asarray(covariance)


def load_transfer(source: str = "SP", target: str = "MI") -> Transfer:
    """Return a transfer that farside carries.

    Parameters
    ----------
    source, target : names of sensors; only SP to MI is known

    Raises
    ------
    UnknownNameError
        when no such transfer is known; there is none for M3, because no M3 scene with a position
        is at hand to tie it to

    Examples
    --------
    >>> load_transfer("SP", "MI").wavelength_nm
    (749.0, 901.0, 950.0, 1001.0, 1049.0, 1248.0, 1548.0)
    """
    table = load_gain_table()
    known = sorted(set(table["source"] + " to " + table["target"]))
    part = table[(table["source"] == source) & (table["target"] == target)]
    if part.empty:
        raise UnknownNameError.of("transfer", f"{source} to {target}", known)
    wavelength = tuple(float(w) for w in part["wavelength_nm"])
    return Transfer(
        source=source,
        target=target,
        wavelength_nm=wavelength,
        gain=part["gain"].to_numpy(dtype=float),
        covariance=part[[f"cov_{w:.0f}" for w in wavelength]].to_numpy(dtype=float),
        note="tied to LOLA albedo and to the colour of MI's landing sites; see fit_gain",
    )
