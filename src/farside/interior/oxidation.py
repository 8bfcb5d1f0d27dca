r"""Oxygen fugacity: buffers of iron oxides, gases, and where hematite and maghemite form.

A buffer is an equilibrium that fixes the oxygen fugacity at a temperature,

    log10 fO2 = A / T + B + C (P - 1) / T

(T in K, P in bar, fO2 in bar). Iron that meets gas above the magnetite-hematite buffer (MH) becomes
hematite; between it and wustite-magnetite (WM), magnetite; below iron-wustite (IW), metal. The
basalts of the Moon formed near IW - 1.

**Limits**: ideal gas, pure phases, equilibrium. The gas is a pair (water and hydrogen, or carbon
dioxide and monoxide) or a pure gas that dissociates; sulfur, alkalis and silica of a real impact
vapour are not in it, nor is the speed of reactions. Oxygen freed by troilite that loses its sulfur
or by silicates that evaporate, which is the published explanation of the grains of Chang'e-6 (Liu
et al. 2025, doi 10.1126/sciadv.ady5169), is not computed: the module tells what such a gas must
reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.constants import R
from scipy.optimize import brentq

from farside.datasets.crust import load_buffers, load_gas_energies
from farside.errors import InputError, UnknownNameError
from farside.interior.bounds import check_above, check_from

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

BUFFERS = ("IW", "WM", "FMQ", "MH")
PHASES = ("iron", "wustite", "magnetite", "hematite")
LUNAR_MANTLE = -1.0
"""Best estimate of the oxygen fugacity of the lunar mantle, log units from IW; basalts from 0 to -2
(Wadhwa 2008, doi 10.2138/rmg.2008.68.17, abstract)."""
LUNAR_RANGE = (-2.0, 0.0)
HEMATITE_C = (700.0, 1000.0)
"""Temperatures at which the hematite of Chang'e-6 formed, about, degC (Liu et al. 2025, doi
10.1126/sciadv.ady5169, abstract)."""
MAGHEMITE_EXCESS = (15.3, 0.9)
"""Enthalpy of maghemite above hematite and its error, kJ/mol Fe2O3 (Laberty and Navrotsky 1998,
Geochimica et Cosmochimica Acta 62, 2905-2913, abstract). Taken for the Gibbs energy: the entropy of
maghemite is the larger, so that the true excess is smaller when hot."""
GASES = ("H2O/H2", "CO2/CO")
_LN10 = np.log(10.0)
_ZERO_C = 273.15


def buffer_fo2(
    name: str,
    temperature_c: ArrayLike,
    pressure_bar: float = 1.0,
    *,
    source: str = "frost1991",
    extrapolate: bool = False,
) -> Float:
    """Return log10 of the oxygen fugacity (bar) of a buffer.

    Parameters
    ----------
    name : one of `BUFFERS`
    temperature_c : degC, any shape
    pressure_bar : 1 or more; the calibration of 1983 holds at 1 bar only
    source : ``"frost1991"`` (compilation) or ``"myers1983"`` (measured)
    extrapolate : use the nearest range outside those of the source, instead of raising

    Raises
    ------
    UnknownNameError
        for another buffer or source
    InputError
        outside the range of the source, or for a pressure that it does not know

    Examples
    --------
    >>> buffer_fo2("IW", 1000.0).round(2).item()
    -14.89
    """
    table = load_buffers()
    rows = table[table["source"] == source]
    if rows.empty:
        raise UnknownNameError.of("source of buffers", source, set(table["source"]))
    rows = rows[rows["buffer"] == name].sort_values("t_min_c")
    if rows.empty:
        raise UnknownNameError.of("buffer", name, BUFFERS)
    check_from(pressure_bar, "the pressure", unit=" bar")
    if pressure_bar > 1 and rows["C"].isna().any():
        raise InputError(f"{source} holds at 1 bar; take frost1991 for {pressure_bar:g} bar.")
    celsius = _celsius(temperature_c)
    low, high = float(rows["t_min_c"].iloc[0]), float(rows["t_max_c"].iloc[-1])
    if not extrapolate and ((celsius < low) | (celsius > high)).any():
        raise InputError(
            f"{name} of {source} holds from {low:g} to {high:g} degC; asked for "
            f"{celsius.min():g} to {celsius.max():g}. Set extrapolate=True to go beyond."
        )
    starts = rows["t_min_c"].to_numpy(float)[1:]
    at = np.searchsorted(starts, celsius, side="right")
    kelvin = celsius + _ZERO_C
    A, B, C = (rows[column].fillna(0.0).to_numpy(float)[at] for column in ("A", "B", "C"))
    return np.asarray(A / kelvin + B + C * (pressure_bar - 1) / kelvin)


def stable_phase(temperature_c: ArrayLike, log_fo2: ArrayLike) -> NDArray[np.str_]:
    """Return the stable phase of iron and oxygen at 1 bar, one of `PHASES`.

    Parameters
    ----------
    temperature_c : degC, above 565 where wustite is stable, to 1100; broadcast against `log_fo2`
    log_fo2 : log10 of the oxygen fugacity in bar, finite

    Raises
    ------
    InputError
        outside the range of the buffers, or for a fugacity that is missing
    """
    celsius = _celsius(temperature_c)
    given = np.asarray(log_fo2, dtype=float)
    if not np.isfinite(given).all():
        bad = given[~np.isfinite(given)].flat[0]
        raise InputError(f"log10 fO2 is {bad:g}; give finite numbers, log10 of bar.")
    step = sum((given >= buffer_fo2(n, celsius)).astype(int) for n in ("IW", "WM", "MH"))
    return np.asarray(np.asarray(PHASES)[np.asarray(step)])


def maghemite_fo2(temperature_c: ArrayLike, excess_kj: float = MAGHEMITE_EXCESS[0]) -> Float:
    """Return log10 fO2 (bar) at which magnetite turns to maghemite, were hematite never to form.

    4 Fe3O4 + O2 = 6 Fe2O3 costs 6 times the excess of maghemite more: MH + 6 dG / (R T ln 10).
    Maghemite is nowhere stable; this is the least oxygen for its growth from gas or magnetite.

    Parameters
    ----------
    temperature_c : degC
    excess_kj : Gibbs energy of maghemite above hematite, kJ/mol, 0 or more
    """
    check_from(excess_kj, "the excess of maghemite over hematite", unit=" kJ/mol")
    celsius = _celsius(temperature_c)
    raised = 6000 * excess_kj / (R * (celsius + _ZERO_C) * _LN10)
    return np.asarray(buffer_fo2("MH", celsius) + raised)


# -- gas ---------------------------------------------------------------------------------------


def _reaction_kj(pair: str, kelvin: Float) -> Float:
    """Return the Gibbs energy of H2 + O2/2 = H2O or CO + O2/2 = CO2, kJ/mol."""
    table = load_gas_energies()
    grid = table["t_k"].to_numpy(float)
    if ((kelvin < grid[0]) | (kelvin > grid[-1])).any():
        raise InputError(
            f"gases are known from {grid[0]:g} to {grid[-1]:g} K; asked for {kelvin.min():g} to "
            f"{kelvin.max():g} K."
        )
    if pair == "H2O/H2":
        energy = table["H2O"]
    elif pair == "CO2/CO":
        energy = table["CO2"] - table["CO"]
    else:
        raise UnknownNameError.of("gas", pair, GASES)
    return np.asarray(np.interp(kelvin, grid, energy.to_numpy(float)))


def gas_fo2(temperature_c: ArrayLike, ratio: ArrayLike, pair: str = "H2O/H2") -> Float:
    """Return log10 fO2 (bar) of a gas with this ratio of its oxidised to its reduced species.

    log10 fO2 = 2 log10(ratio) + 2 dG / (R T ln 10), at any total pressure (ideal gas).

    Parameters
    ----------
    temperature_c : degC (800 to 1800 K)
    ratio : H2O/H2 or CO2/CO, above 0
    pair : one of `GASES`
    """
    value = check_above(ratio, "the ratio of the gases")
    kelvin = _celsius(temperature_c) + _ZERO_C
    return np.asarray(
        2 * np.log10(value) + 2000 * _reaction_kj(pair, kelvin) / (R * kelvin * _LN10)
    )


def ratio_needed(temperature_c: ArrayLike, buffer: str = "MH", pair: str = "H2O/H2") -> Float:
    """Return the least ratio of oxidised to reduced gas that reaches a buffer at 1 bar."""
    celsius = _celsius(temperature_c)
    gap = buffer_fo2(buffer, celsius) - gas_fo2(celsius, 1.0, pair)
    return np.asarray(10 ** (gap / 2))


def pure_gas_fo2(temperature_c: float, pressure_bar: float = 1.0, pair: str = "H2O/H2") -> float:
    """Return log10 fO2 (bar) of pure water vapour or carbon dioxide that dissociates.

    x moles of the reduced gas and x/2 of oxygen form from each mole; x solves
    (1 - x)/x = K (P x/2 / (1 + x/2))^(1/2).

    Parameters
    ----------
    temperature_c : degC (800 to 1800 K)
    pressure_bar : total pressure, above 0
    pair : one of `GASES`

    Raises
    ------
    InputError
        outside the temperatures, or for a pressure at which all of the gas or none falls apart
    """
    check_above(pressure_bar, "the pressure", " bar")
    kelvin = _celsius(temperature_c) + _ZERO_C
    log_k = float(-1000 * _reaction_kj(pair, np.atleast_1d(kelvin))[0] / (R * kelvin * _LN10))

    def oxygen(log_x: float) -> float:
        x = 10**log_x
        return float(np.log10(pressure_bar) + log_x - np.log10(2 + x))

    def balance(log_x: float) -> float:
        return float(np.log10(1 - 10**log_x) - log_x - log_k - oxygen(log_x) / 2)

    least, most = -30.0, -1e-12
    if not balance(least) > 0 > balance(most):
        # the balance is linear in log10 P with slope -1/2
        ends = sorted(float(np.log10(pressure_bar)) + 2 * balance(x) for x in (least, most))
        raise InputError(
            f"no solution for {pressure_bar:g} bar at {temperature_c:g} degC; give a pressure "
            f"from 1e{ends[0]:.0f} to 1e{ends[1]:.0f} bar."
        )
    return oxygen(float(brentq(balance, least, most)))


# -- what the Moon would need ------------------------------------------------------------------


@dataclass(frozen=True)
class OxidationGap:
    """What separates lunar rock from hematite at a temperature.

    Parameters
    ----------
    temperature_c : degC
    iw, mh, maghemite, source : log10 fO2 (bar) of the buffers, of the growth of maghemite, and of
        the lunar mantle
    excess, excess_range : log units from the mantle (and from its range) up to hematite
    maghemite_excess : to maghemite
    water_ratio, carbon_ratio : least H2O/H2 and CO2/CO for hematite
    steam, carbon_dioxide : log10 fO2 of the pure gases at 1 bar
    """

    temperature_c: float
    iw: float
    mh: float
    maghemite: float
    source: float
    excess: float
    excess_range: tuple[float, float]
    maghemite_excess: float
    water_ratio: float
    carbon_ratio: float
    steam: float
    carbon_dioxide: float

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return content | {"excess_range": list(self.excess_range)}

    def __str__(self) -> str:
        """Return the gap in words."""
        return (
            f"{self.temperature_c:.0f} degC: hematite above log fO2 {self.mh:.1f}, "
            f"{self.excess:.1f} ({self.excess_range[0]:.1f} to {self.excess_range[1]:.1f}) above "
            f"the mantle; needs H2O/H2 > {self.water_ratio:.0g} or CO2/CO > "
            f"{self.carbon_ratio:.0g}; pure steam {self.steam:.1f}, pure CO2 "
            f"{self.carbon_dioxide:.1f}"
        )


def oxidation_gap(temperature_c: float) -> OxidationGap:
    """Return what separates lunar rock from hematite and maghemite at a temperature, at 1 bar.

    Parameters
    ----------
    temperature_c : degC, 565 to 1100
    """
    iw, mh = (float(buffer_fo2(name, temperature_c)) for name in ("IW", "MH"))
    maghemite = float(maghemite_fo2(temperature_c))
    source = iw + LUNAR_MANTLE
    return OxidationGap(
        float(temperature_c),
        iw,
        mh,
        maghemite,
        source,
        mh - source,
        (mh - iw - LUNAR_RANGE[1], mh - iw - LUNAR_RANGE[0]),
        maghemite - source,
        float(ratio_needed(temperature_c)),
        float(ratio_needed(temperature_c, pair="CO2/CO")),
        pure_gas_fo2(temperature_c),
        pure_gas_fo2(temperature_c, pair="CO2/CO"),
    )


def buffer_map(temperature_c: ArrayLike) -> pd.DataFrame:
    """Return log10 fO2 of all lines of the map of oxidation, one row per temperature (degC).

    Columns: the four buffers, ``maghemite``, ``mantle`` (IW - 1), ``steam`` and ``carbon dioxide``
    (pure, 1 bar). From 565 to 1100 degC.
    """
    import pandas as pd  # noqa: PLC0415

    celsius = np.atleast_1d(_celsius(temperature_c))
    lines: dict[str, Any] = {name: buffer_fo2(name, celsius) for name in BUFFERS}
    lines["maghemite"] = maghemite_fo2(celsius)
    lines["mantle"] = lines["IW"] + LUNAR_MANTLE
    lines["steam"] = [pure_gas_fo2(float(t)) for t in celsius]
    lines["carbon dioxide"] = [pure_gas_fo2(float(t), pair="CO2/CO") for t in celsius]
    return pd.DataFrame(lines, index=pd.Index(celsius, name="temperature_c"))


def _celsius(temperature_c: ArrayLike) -> Float:
    celsius = np.asarray(temperature_c, dtype=float)
    if not celsius.size or not (np.isfinite(celsius) & (celsius > -_ZERO_C)).all():
        raise InputError(
            "a temperature is missing, infinite or below absolute zero; give finite degC."
        )
    return celsius
