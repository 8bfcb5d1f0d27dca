"""Spectral parameters: angles of iron and titanium, maturity, ratios, depth and centre of bands.

The angles of iron and titanium separate what iron or titanium does to a spectrum from what the
space weathering of the soil does: soils of one composition lie on a ray from a dark, red origin in
the plane of reflectance and colour, and the angle of the ray tells the composition.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from farside.errors import BandError
from farside.spectra.continuum import line_continuum
from farside.spectra.dataset import select_bands

TOLERANCE_NM = 10.0
"""749, 750 and 752 nm are the same band to the angles and ratios."""

_ROUNDING = 1e-9

# Origins of the rays for Kaguya MI; reproduce the angles of the site table of Yang et al. (2023).
THETA_FE_MI = (0.037, 1.250)
THETA_TI_MI = (-0.108, 0.208)
# Origins and regressions of Lucey et al. (2000) for Clementine UVVIS, their equations 1-4.
THETA_FE_LUCEY = (0.08, 1.19)
THETA_TI_LUCEY = (0.0, 0.42)
FEO_LUCEY = (17.427, -7.565)
TIO2_LUCEY = (3.708, 5.979)


def _band(ds: xr.Dataset, wavelength: float) -> xr.DataArray:
    one = select_bands(ds, [wavelength], TOLERANCE_NM)["reflectance"]
    return one.isel(band=0).drop_vars("wavelength_nm")


def _angle(y: xr.DataArray, x: xr.DataArray, *, arctan: bool) -> xr.DataArray:
    if arctan:
        x, y = abs(x), y.where(x >= 0, -y)
    angle: xr.DataArray = xr.apply_ufunc(np.arctan2, y, x, dask="parallelized")
    return angle


def ratio(ds: xr.Dataset, numerator_nm: float, denominator_nm: float) -> xr.DataArray:
    """Return the ratio of the bands nearest to two wavelengths, dimensionless.

    Parameters
    ----------
    ds : Spectra dataset
    numerator_nm, denominator_nm : nm; a band within 10 nm is taken

    Raises
    ------
    BandError
        when there is none
    """
    below = _band(ds, denominator_nm)
    return _band(ds, numerator_nm) / below.where(below > 0)


def theta_fe(
    ds: xr.Dataset, *, origin: tuple[float, float] = THETA_FE_MI, arctan: bool = False
) -> xr.DataArray:
    """Return the iron angle in rad.

        θ_Fe = -atan2(R950 / R750 - y0, R750 - x0)

    Parameters
    ----------
    ds : Spectra dataset with bands near 750 and 950 nm
    origin : ``(x0, y0)``: that of Kaguya MI as used by Yang et al. (2023), or `THETA_FE_LUCEY`
    arctan : take the arc tangent of the quotient, as papers write it

    Returns
    -------
    xarray.DataArray
        rad. The two forms agree where R750 > x0. A darker pixel makes the quotient change sign:
        the arc tangent jumps by pi there, `atan2` goes on without a jump for every pixel bluer
        than the origin (R950 / R750 < y0), as all lunar soils are.

    Raises
    ------
    BandError
        when a band is missing
    """
    x = _band(ds, 750.0) - origin[0]
    y = ratio(ds, 950.0, 750.0) - origin[1]
    return (-_angle(y, x, arctan=arctan)).rename("theta_fe").assign_attrs(units="rad")


def theta_ti(
    ds: xr.Dataset, *, origin: tuple[float, float] = THETA_TI_MI, arctan: bool = False
) -> xr.DataArray:
    """Return the titanium angle in rad.

        θ_Ti = atan2(R415 / R750 - y0, R750 - x0)

    Parameters
    ----------
    ds : Spectra dataset with bands near 415 and 750 nm
    origin : ``(x0, y0)``: that of Kaguya MI as used by Yang et al. (2023), or `THETA_TI_LUCEY`
    arctan : take the arc tangent of the quotient, as papers write it

    Raises
    ------
    BandError
        when a band is missing
    """
    x = _band(ds, 750.0) - origin[0]
    y = ratio(ds, 415.0, 750.0) - origin[1]
    return _angle(y, x, arctan=arctan).rename("theta_ti").assign_attrs(units="rad")


def omat(ds: xr.Dataset, *, origin: tuple[float, float] = THETA_FE_LUCEY) -> xr.DataArray:
    """Return the optical maturity of Lucey et al. (2000), small for mature soils.

        OMAT = ((R750 - x0)² + (R950 / R750 - y0)²)^½

    Parameters
    ----------
    ds : Spectra dataset with bands near 750 and 950 nm
    origin : ``(x0, y0)``; the default is for Clementine, `THETA_FE_MI` that for Kaguya MI

    References
    ----------
    Lucey, Blewett, Taylor, Hawke (2000) JGR 105, 20377-20386, doi 10.1029/1999JE001110
    """
    x = _band(ds, 750.0) - origin[0]
    y = ratio(ds, 950.0, 750.0) - origin[1]
    return ((x**2 + y**2) ** 0.5).rename("omat").assign_attrs(units="1")


def lucey_feo(ds: xr.Dataset) -> xr.DataArray:
    """Return FeO in wt% after Lucey et al. (2000), for Clementine UVVIS.

        FeO = 17.427 θ_Fe - 7.565,   θ_Fe from the origin (0.08, 1.19)

    Raises
    ------
    BandError
        when a band near 750 or 950 nm is missing

    References
    ----------
    Lucey, Blewett, Jolliff (2000) JGR 105, 20297-20305, doi 10.1029/1999JE001117
    """
    feo = FEO_LUCEY[0] * theta_fe(ds, origin=THETA_FE_LUCEY, arctan=True) + FEO_LUCEY[1]
    return feo.rename("FeO").assign_attrs(units="wt%")


def lucey_tio2(ds: xr.Dataset) -> xr.DataArray:
    """Return TiO2 in wt% after Lucey et al. (2000), for Clementine UVVIS.

        TiO2 = 3.708 θ_Ti^5.979,   θ_Ti from the origin (0, 0.42); NaN where θ_Ti < 0

    Raises
    ------
    BandError
        when a band near 415 or 750 nm is missing

    References
    ----------
    Lucey, Blewett, Jolliff (2000) JGR 105, 20297-20305, doi 10.1029/1999JE001117
    """
    angle = theta_ti(ds, origin=THETA_TI_LUCEY, arctan=True)
    tio2 = TIO2_LUCEY[0] * angle.where(angle >= 0) ** TIO2_LUCEY[1]
    return tio2.rename("TiO2").assign_attrs(units="wt%")


def _removed(ds: xr.Dataset, left_nm: float, right_nm: float) -> xr.DataArray:
    """Return reflectance over its line continuum between the shoulders, bands rising."""
    line = line_continuum(ds, left_nm, right_nm)
    removed = (ds["reflectance"] / line.where(line > 0)).sortby("wavelength_nm")
    wavelength = removed["wavelength_nm"].to_numpy()
    shoulders = select_bands(ds, [left_nm, right_nm], TOLERANCE_NM)["wavelength_nm"].to_numpy()
    inside = (wavelength >= shoulders[0]) & (wavelength <= shoulders[1])
    removed = removed.isel(band=np.flatnonzero(inside))
    if removed.sizes["band"] < 3:
        raise BandError(
            f"only {removed.sizes['band']} bands lie between {left_nm:g} and {right_nm:g} nm; an "
            "absorption band needs at least one between its shoulders."
        )
    return removed


def band_depth(ds: xr.Dataset, centre_nm: float, left_nm: float, right_nm: float) -> xr.DataArray:
    """Return the depth of an absorption band below its line continuum, dimensionless.

        D = 1 - R(λ_c) / C(λ_c)

    Parameters
    ----------
    ds : Spectra dataset
    centre_nm, left_nm, right_nm : centre and shoulders, nm; bands within 10 nm are taken

    Raises
    ------
    BandError
        when one of them has no band

    References
    ----------
    Clark, Roush (1984) JGR 89, 6329-6340, doi 10.1029/JB089iB07p06329
    """
    line = line_continuum(ds, left_nm, right_nm)
    below = select_bands(ds.assign(reflectance=line), [centre_nm], TOLERANCE_NM)["reflectance"]
    below = below.isel(band=0).drop_vars("wavelength_nm")
    return (1.0 - _band(ds, centre_nm) / below.where(below > 0)).rename("band_depth")


def band_centre(ds: xr.Dataset, left_nm: float, right_nm: float) -> xr.DataArray:
    """Return the centre of an absorption band in nm.

    The minimum of reflectance over its line continuum between the shoulders, refined by the
    parabola through the minimum and its two neighbours (which need not be evenly spaced).

    Parameters
    ----------
    ds : Spectra dataset
    left_nm, right_nm : shoulders, nm

    Returns
    -------
    xarray.DataArray
        nm; NaN where a value is missing, or nothing between the shoulders is below the line

    Raises
    ------
    BandError
        when there is no band at or between the shoulders
    """
    removed = _removed(ds, left_nm, right_nm)
    values = removed.to_numpy()
    wavelength = removed["wavelength_nm"].to_numpy()
    missing = ~np.isfinite(values).all(axis=0)
    lowest = np.where(missing, 0, np.where(np.isfinite(values), values, np.inf).argmin(axis=0))
    inner = (lowest > 0) & (lowest < wavelength.size - 1) & ~missing
    at = np.clip(lowest, 1, wavelength.size - 2)
    inner &= np.take_along_axis(values, at[None], axis=0)[0] < 1.0 - _ROUNDING
    x = [wavelength[at + step] for step in (-1, 0, 1)]
    y = [np.take_along_axis(values, (at + step)[None], axis=0)[0] for step in (-1, 0, 1)]
    left, right = (x[1] - x[0]) * (y[1] - y[2]), (x[1] - x[2]) * (y[1] - y[0])
    bend = left - right
    shift = np.divide(
        (x[1] - x[0]) * left - (x[1] - x[2]) * right, 2.0 * bend, out=np.zeros_like(bend),
        where=inner & (bend != 0),
    )  # fmt: skip
    centre = np.where(inner, x[1] - shift, np.nan)
    out = removed.isel(band=0).drop_vars("wavelength_nm").copy(data=centre)
    return out.rename("band_centre").assign_attrs(units="nm")


def band_area(ds: xr.Dataset, left_nm: float, right_nm: float) -> xr.DataArray:
    """Return the area of an absorption band (integrated band depth) in nm.

        A = ∫ (1 - R(λ) / C(λ)) dλ   from λ_l to λ_r, by the trapezoidal rule

    Parameters
    ----------
    ds : Spectra dataset
    left_nm, right_nm : shoulders, nm

    Raises
    ------
    BandError
        when there is no band at or between the shoulders

    References
    ----------
    Mustard et al. (2011) JGR 116, E00G12, doi 10.1029/2010JE003726
    """
    area = (1.0 - _removed(ds, left_nm, right_nm)).integrate("wavelength_nm")
    return area.rename("band_area").assign_attrs(units="nm")
