"""The empirical relations between spectral angles and oxides, refitted to Kaguya MI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.constants import OXIDES
from farside.errors import InputError, UnknownNameError
from farside.oxides.training import FittedEach, fit_each
from farside.spectra.dataset import make_spectra, select_bands
from farside.spectra.parameters import TOLERANCE_NM, ratio, theta_fe, theta_ti

if TYPE_CHECKING:
    from collections.abc import Callable

    from farside.oxides.training import Float, Mask, TrainingSet

MIN_ROWS = 4
"""An oxide measured in fewer rows than this cannot be related to anything."""

TIO2, FEO = OXIDES.index("TiO2"), OXIDES.index("FeO")


def angles(reflectance: Float, wavelength_nm: Float) -> Float:
    """Return the iron and titanium angles of spectra in rad, from the origins of Kaguya MI.

    Parameters
    ----------
    reflectance : (m, b) dimensionless
    wavelength_nm : (b,) nm; bands near 415, 750 and 950 nm are needed

    Returns
    -------
    array
        (m, 2) rad: θ_Fe, θ_Ti; equations in `farside.spectra.parameters`

    Raises
    ------
    BandError
        when one of the three bands is missing
    """
    ds = make_spectra(reflectance.T, wavelength_nm)
    return np.column_stack([theta_fe(ds).to_numpy(), theta_ti(ds).to_numpy()])


def _iron_angle(reflectance: Float, wavelength_nm: Float) -> Float:
    return np.column_stack([np.ones(len(reflectance)), angles(reflectance, wavelength_nm)[:, 0]])


def _iron_line(reflectance: Float, wavelength_nm: Float) -> Float:
    ds = make_spectra(reflectance.T, wavelength_nm)
    r750 = select_bands(ds, [750.0], TOLERANCE_NM)["reflectance"].to_numpy()[0]
    return np.column_stack([np.ones(len(r750)), r750, ratio(ds, 950.0, 750.0).to_numpy()])


IRON: dict[str, Callable[[Float, Float], Float]] = {
    "lucey2000": _iron_angle,
    "wilcox2005": _iron_line,
}
"""What FeO is linear in, by the paper that found it."""


@dataclass(frozen=True)
class Relations:
    """The coefficients of the empirical relations, as fitted to one training part.

    Parameters
    ----------
    wavelength_nm : (b,) nm of the spectra
    form : a key of `IRON`
    feo : (2,) or (3,) wt%, wt% per rad or per unit of reflectance and ratio; NaN: not measured
    tio2 : (ln a, b) of TiO2 = a θ_Ti^b, a in wt%; NaN where TiO2 was not measured
    others : (6, 3) of the intercept (wt%) and the slopes on FeO and TiO2 (wt% per wt%); the rows
        of FeO and TiO2 are unused, NaN marks an oxide that was not measured
    """

    wavelength_nm: Float
    form: str
    feo: Float
    tio2: Float
    others: Float

    def __call__(self, reflectance: Float) -> Float:
        """Return (m, 6) wt% for reflectance (m, b); NaN where an angle has no meaning."""
        out = np.full((len(reflectance), len(OXIDES)), np.nan)
        lit = (reflectance > 0).all(axis=1)
        iron_titanium = _iron_titanium(self, reflectance[lit])
        values = _design(iron_titanium) @ self.others.T
        values[:, [FEO, TIO2]] = iron_titanium
        out[lit] = values
        return out


def _iron_titanium(fit: Relations, reflectance: Float) -> Float:
    """Return (m, 2) wt%: FeO and TiO2."""
    feo = IRON[fit.form](reflectance, fit.wavelength_nm) @ fit.feo
    theta = angles(reflectance, fit.wavelength_nm)[:, 1]
    log_theta = np.log(np.where(theta > 0, theta, np.nan))
    return np.column_stack([feo, np.exp(fit.tio2[0] + fit.tio2[1] * log_theta)])


def _design(iron_titanium: Float) -> Float:
    """Return [1, FeO, TiO2]; an oxide that was never measured takes no part."""
    absent = np.isnan(iron_titanium).all(axis=0)
    return np.column_stack(
        [np.ones(len(iron_titanium)), np.where(absent, 0.0, iron_titanium)],
    )


def measured(data: TrainingSet, oxide: int) -> Mask:
    """Return the rows (n,) in which an oxide, given by its place, was measured.

    Raises
    ------
    InputError
        when it was measured, but in fewer than `MIN_ROWS` rows
    """
    rows = np.isfinite(data.oxides[:, oxide])
    if 0 < rows.sum() < MIN_ROWS:
        raise InputError(
            f"{OXIDES[oxide]} was measured in {rows.sum()} training rows; at least {MIN_ROWS} are "
            "needed: add rows, or leave the oxide out (NaN)."
        )
    return rows


def log_tio2(tio2: Float) -> Float:
    """Return ln TiO2 of TiO2 (m,) in wt%.

    Raises
    ------
    InputError
        when one is 0 or below
    """
    if (tio2 <= 0).any():
        raise InputError(
            "a training row has TiO2 of 0 wt% or below, which has no logarithm; give the limit of "
            "detection, or NaN for not measured."
        )
    return np.log(tio2)


def _solve(design: Float, target: Float) -> Float:
    return np.linalg.lstsq(design, target, rcond=None)[0].astype(np.float64)


def _fit_relations(data: TrainingSet, form: str) -> Relations:
    wavelength = data.wavelength_nm
    if (data.reflectance <= 0).any():
        raise InputError("a training spectrum has a reflectance of 0 or below; leave that row out.")
    design = IRON[form](data.reflectance, wavelength)
    feo, tio2 = np.full(design.shape[1], np.nan), np.full(2, np.nan)
    rows = measured(data, FEO)
    if rows.any():
        feo = _solve(design[rows], data.oxides[rows, FEO])
    rows = measured(data, TIO2)
    if rows.any():
        theta = angles(data.reflectance[rows], wavelength)[:, 1]
        if (theta <= 0).any():
            raise InputError(
                "a training spectrum has a titanium angle of 0 or below, redder than any lunar "
                "soil; check its bands near 415 and 750 nm."
            )
        powers = np.column_stack([np.ones(len(theta)), np.log(theta)])
        tio2 = _solve(powers, log_tio2(data.oxides[rows, TIO2]))
    others = np.full((len(OXIDES), 3), np.nan)
    fit = Relations(wavelength, form, feo, tio2, others)
    design = _design(_iron_titanium(fit, data.reflectance))
    for oxide in set(range(len(OXIDES))) - {FEO, TIO2}:
        rows = measured(data, oxide)
        if rows.any():
            others[oxide] = _solve(design[rows], data.oxides[rows, oxide])
    return fit


@dataclass(frozen=True)
class Empirical:
    """The published empirical relations, with every coefficient refitted in the training part.

        FeO  = a + b θ_Fe                               form "lucey2000"
        FeO  = a + b R750 + c R950 / R750               form "wilcox2005"
        TiO2 = a θ_Ti^b                                 fitted as ln TiO2 = ln a + b ln θ_Ti
        Al2O3, CaO, MgO, SiO2 = a + b FeO + c TiO2      of the empirical FeO and TiO2

    All in wt%; reflectances and their ratio dimensionless, angles in rad. The second form is the
    line of Wilcox et al., a (R750 sin t + R950 / R750 cos t) + b, with the slope t of the mare
    trends (1.3885 rad in the paper) refitted too. The angles keep the origins published for Kaguya
    MI: their authors chose them on much the same sites so that maturing soils follow a ray, a small
    advantage over methods that learn everything in the training part. Lucey et al. gave TiO2 the
    exponent 5.979 from the origin (0, 0.42) of Clementine; from another origin another exponent
    belongs. The linear relations to the other oxides stand for the mixing of mare and highland
    material, along which FeO and Al2O3 run against each other.

    Parameters
    ----------
    form : what FeO is linear in: ``"lucey2000"`` for mare and highlands, ``"wilcox2005"``, which
        was made for the mare

    References
    ----------
    Lucey, Blewett, Jolliff (2000) JGR 105, 20297-20305, doi 10.1029/1999JE001117
    Wilcox, Lucey, Gillis (2005) JGR 110, E11001, doi 10.1029/2005JE002512
    Yang et al. (2023) Nat Commun 14, 7554, doi 10.1038/s41467-023-43358-0: the origins
    """

    form: str = "lucey2000"
    name = "empirical"

    def __post_init__(self) -> None:
        if self.form not in IRON:
            raise UnknownNameError.of("form of the iron relation", self.form, IRON)

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedEach:  # noqa: ARG002
        """Fit once per row of `masks` (F, n); nothing is drawn, `seed` is that of the contract.

        Raises
        ------
        InputError
            when an oxide was measured in too few rows, TiO2 is not positive, or a spectrum is
            not positive
        BandError
            when a band near 415, 750 or 950 nm is missing
        """
        return fit_each(data, masks, lambda part: _fit_relations(part, self.form))
