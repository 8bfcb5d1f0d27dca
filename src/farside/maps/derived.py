"""Maps that follow from the oxides: Mg#, lithology, terranes and candidates for young maria.

Every criterion carries its source in `LITHOLOGIES` or beside its figure. What is uncertain in the
oxides goes through by drawing compositions within the intervals of the map; errors of two oxides
are taken as correlated as those of the gamma-ray cells (`oxide_correlation`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from farside.constants import OXIDES
from farside.errors import InputError
from farside.geography import regions
from farside.maps._draws import check_oxide_map, coverage_of, drawn, interval, oxide_correlation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Float = NDArray[np.float64]

__all__ = [
    "LITHOLOGIES",
    "Criterion",
    "classify",
    "lithology",
    "mg_number",
    "molar_mg_number",
    "oxide_correlation",
    "terranes",
    "young_mare_candidates",
]

MOLAR_MASS = {"MgO": 40.304, "FeO": 71.844}
"""g/mol, from the standard atomic weights of IUPAC (2021) abridged: Mg 24.305, Fe 55.845,
O 15.999."""

DRAWS = 400

MARE_FEO_WT = 13.5
HIGHLAND_FEO_WT = 9.5
"""FeO that parts mare, mixed and highland soils, wt%: the rule of the table ``sites``, in the gaps
of Lunar Sourcebook Table 7.15 (mare 14.9-19.8, mixed 10.4-12.2, highland 4.7-8.8)."""

HIGH_TI_WT = 6.0
"""Least TiO2 of a high-Ti basalt, wt% (Neal & Taylor 1992, as quoted in later work; 'greater than 6
percent TiO2' also in the abstract of 'neoKREEP: A new lunar component at Apollo 17')."""

VLT_WT = 1.0
"""A very-low-Ti basalt has less TiO2 than this, wt% (Papike & Vaniman 1978, Geophysical Research
Letters 5, 433, abstract)."""

MAGNESIAN_MG = 70.0
"""Mg# that parts ferroan from magnesian feldspathic rocks: a limit commonly drawn (Lunar
Sourcebook chapter 6), not read in a primary source. Magnesian anorthositic granulites have 81-87
(Treiman et al. 2010, doi 10.1111/j.1945-5100.2010.01014.x, abstract)."""

FELDSPATHIC_AL2O3_WT = 22.0
"""Least Al2O3 of a feldspathic rock, wt%: 60 % of the 36.65 wt% of anorthite (exact by its formula
CaAl2Si2O8), as 60 % plagioclase bounds anorthositic rocks from norites (Stöffler et al. 1980,
Recommended classification and nomenclature of lunar highland rocks, as quoted in later work);
magnesian anorthositic granulites have about 22 (Treiman et al. 2010, abstract)."""

YOUNG_TIO2_WT = 4.0
YOUNG_FEO_WT = 17.0
"""Least TiO2 and FeO of a candidate for a young mare, wt%. The mean titanium of mare units within
the Procellarum KREEP Terrane rose near 2.3 Ga (Kato et al. 2017, doi 10.1111/maps.12896, abstract);
younger basalts of Nubium and Cognitum have 4-5 wt% TiO2, older ones 2-3 (Bugiolacchi et al. 2006,
abstract); the rise comes with FeO above about 17 wt% (Bugiolacchi et al., Humorum, abstract)."""


# -- Mg# ---------------------------------------------------------------------------------------


def molar_mg_number(mgo_wt: ArrayLike, feo_wt: ArrayLike) -> Float:
    """Return 100 Mg / (Mg + Fe) in moles of oxides in wt%; NaN where both are 0.

    Examples
    --------
    >>> float(molar_mg_number(40.304, 71.844))
    50.0
    """
    magnesium = np.asarray(mgo_wt, dtype=float) / MOLAR_MASS["MgO"]
    iron = np.asarray(feo_wt, dtype=float) / MOLAR_MASS["FeO"]
    total = magnesium + iron
    return np.asarray(100 * magnesium / np.where(total > 0, total, np.nan), dtype=np.float64)


def mg_number(
    oxides: xr.Dataset,
    *,
    correlation: Float | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> xr.Dataset:
    r"""Return Mg# of a map with its interval.

    .. math:: 100\,\frac{MgO/40.304}{MgO/40.304 + FeO/71.844}

    Parameters
    ----------
    oxides : ``value``, ``lower``, ``upper`` over ``oxide`` and any other dimensions, wt%
    correlation : (6, 6) between the errors of the oxides; that of the gamma-ray cells when left out
    draws, seed : of the simulation of the interval

    Returns
    -------
    xarray.Dataset
        ``value``, ``lower``, ``upper`` (percent), with the coverage of the map

    Raises
    ------
    InputError
        when the map is not one of oxides
    """
    checked, coverage = check_oxide_map(oxides), coverage_of(oxides)
    i, j = OXIDES.index("MgO"), OXIDES.index("FeO")
    flat = checked["value"].isel(oxide=0).size
    low, high = np.full(flat, np.nan), np.full(flat, np.nan)
    for part, draw in drawn(checked, draws=draws, seed=seed, correlation=correlation):
        low[part], high[part] = interval(molar_mg_number(draw[:, i], draw[:, j]), coverage)
    value = checked["value"]
    middle = molar_mg_number(value.sel(oxide="MgO"), value.sel(oxide="FeO"))
    about = {"units": "%", "long_name": "Mg#, molar 100 Mg/(Mg+Fe)"}
    return _bounded(value.isel(oxide=0, drop=True), (middle, low, high), about, coverage)


def _bounded(
    like: xr.DataArray,
    parts: Sequence[Float],
    about: dict[str, str],
    coverage: float,
) -> xr.Dataset:
    """Return value, lower and upper on the pixels of an array."""
    names = ("value", "lower", "upper")
    found = {
        name: like.copy(data=np.reshape(part, like.shape)).assign_attrs(about)
        for name, part in zip(names, parts, strict=True)
    }
    return xr.Dataset(found, attrs={**about, "coverage": coverage})


# -- lithology ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Criterion:
    """A class of surface material: its name, the rule, and where the rule is from."""

    name: str
    rule: str
    source: str


LITHOLOGIES: tuple[Criterion, ...] = (
    Criterion("high-Ti mare", "FeO >= 13.5, TiO2 > 6 wt%", "Neal & Taylor 1992; sites table"),
    Criterion("low-Ti mare", "FeO >= 13.5, TiO2 1 to 6 wt%", "Neal & Taylor 1992; sites table"),
    Criterion("very-low-Ti mare", "FeO >= 13.5, TiO2 < 1 wt%", "Papike & Vaniman 1978"),
    Criterion("KREEP-rich", "FeO < 13.5 wt%, Th >= 3.5 ppm", "Jolliff et al. 2000 (contour)"),
    Criterion("mixed or mafic", "FeO 9.5 to 13.5 wt%, Th < 3.5 ppm", "Lunar Sourcebook Table 7.15"),
    Criterion(
        "ferroan feldspathic",
        "FeO < 9.5, Al2O3 >= 22 wt%, Mg# < 70, Th < 3.5 ppm",
        "Stöffler et al. 1980; Lunar Sourcebook chapter 6",
    ),
    Criterion(
        "magnesian feldspathic",
        "FeO < 9.5, Al2O3 >= 22 wt%, Mg# >= 70, Th < 3.5 ppm",
        "Stöffler et al. 1980; Treiman et al. 2010",
    ),
    Criterion(
        "noritic (Mg-suite like)",
        "FeO < 9.5, Al2O3 < 22 wt%, Th < 3.5 ppm",
        "Stöffler et al. 1980",
    ),
)
"""The classes, in the order of the codes of `classify`; each composition has exactly one."""


def classify(oxides_wt: Float, thorium_ppm: ArrayLike) -> NDArray[np.int8]:
    """Return the code of the lithology of compositions, -1 where a figure is missing.

    Parameters
    ----------
    oxides_wt : (6, ...) in wt%, in the order of `farside.constants.OXIDES`
    thorium_ppm : (...)
    """
    part = dict(zip(OXIDES, np.asarray(oxides_wt, dtype=float), strict=True))
    thorium = np.asarray(thorium_ppm, dtype=float)
    iron, titanium = part["FeO"], part["TiO2"]
    mare = iron >= MARE_FEO_WT
    kreep = thorium >= regions.PKT_THORIUM_PPM
    feldspathic = part["Al2O3"] >= FELDSPATHIC_AL2O3_WT
    magnesian = molar_mg_number(part["MgO"], iron) >= MAGNESIAN_MG
    code = np.select(
        [
            mare & (titanium > HIGH_TI_WT),
            mare & (titanium >= VLT_WT),
            mare,
            kreep,
            iron >= HIGHLAND_FEO_WT,
            feldspathic & ~magnesian,
            feldspathic,
        ],
        range(7),
        default=7,
    )
    known = np.isfinite(iron + titanium + part["Al2O3"] + part["MgO"] + thorium)
    return np.where(known, code, -1).astype(np.int8)


def lithology(
    oxides: xr.Dataset,
    thorium_ppm: ArrayLike,
    *,
    thorium_1s: ArrayLike = 0.0,
    correlation: Float | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> xr.Dataset:
    """Return the probability of each lithology, from the intervals of the oxides and of thorium.

    The classes are rules for surface material, soils and their mixtures, not for rocks. Errors of
    thorium are taken as normal and independent of those of the oxides. In the South Pole-Aitken
    basin "very-low-Ti mare" can also be iron-rich impact melt, and "mixed or mafic" is its usual
    floor.

    Parameters
    ----------
    oxides : as in `mg_number`
    thorium_ppm, thorium_1s : on the same pixels, and one sigma
    correlation, draws, seed : as in `mg_number`

    Returns
    -------
    xarray.Dataset
        ``probability`` over ``lithology`` and the dimensions of the map, and ``code``, the most
        likely class (-1 where a figure is missing)
    """
    checked = check_oxide_map(oxides)
    like = checked["value"].isel(oxide=0, drop=True)
    thorium, sigma = (_on_pixels(part, like.shape) for part in (thorium_ppm, thorium_1s))
    rng = np.random.default_rng([seed, 1])
    share = np.full((len(LITHOLOGIES), thorium.size), np.nan)
    for part, draw in drawn(checked, draws=draws, seed=seed, correlation=correlation):
        error = rng.standard_normal((draws, draw.shape[2]))
        near = np.maximum(thorium[part] + sigma[part] * error, 0.0)
        codes = classify(np.moveaxis(draw, 1, 0), near)
        for number in range(len(LITHOLOGIES)):
            share[number, part] = (codes == number).mean(axis=0)
        share[:, part] = np.where((codes == -1).any(axis=0), np.nan, share[:, part])
    names = [c.name for c in LITHOLOGIES]
    dims = ("lithology", *like.dims)
    known = np.isfinite(share[0])
    code = np.where(known, np.argmax(np.nan_to_num(share), axis=0), -1).astype(np.int8)
    found = xr.Dataset(coords={**like.coords, "lithology": names})
    found["probability"] = (dims, share.reshape(len(names), *like.shape), {"units": "1"})
    found["code"] = (like.dims, code.reshape(like.shape), {"flag_meanings": " | ".join(names)})
    return found


def _on_pixels(values: ArrayLike, shape: tuple[int, ...]) -> Float:
    """Return thorium or its sigma on every pixel of a map, flat."""
    given = np.asarray(values, dtype=float)
    try:
        return np.broadcast_to(given, shape).reshape(-1)
    except ValueError:
        raise InputError(
            f"thorium is over {given.shape} and the oxides over {shape}; give it on the same "
            "pixels, or one figure for all."
        ) from None


# -- terranes and young maria ------------------------------------------------------------------


def terranes(layers: xr.Dataset) -> xr.DataArray:
    """Return the terrane of Jolliff et al. (2000) of each pixel, by `farside.geography.terrane`.

    Parameters
    ----------
    layers : `farside.datasets.layers.load_layers`; its ``lp2_Th`` (2 degrees) decides where the
        5 degree cells do so in the rule for cells, so that the boundary is sharper and noisier

    Returns
    -------
    xarray.DataArray
        over ``(y, x)``: ``"PKT"``, ``"SPAT"``, ``"FHT"``, empty where Th is missing
    """
    if "lp2_Th" not in layers:
        raise InputError("the layers have no lp2_Th; start from load_layers().")
    thorium = layers["lp2_Th"]
    lat, lon = np.meshgrid(thorium["lat"], thorium["lon"], indexing="ij")
    known = np.isfinite(thorium.to_numpy())
    table = pd.DataFrame(
        {"lat": lat[known], "lon": lon[known], "Th": thorium.to_numpy()[known].astype(float)}
    )
    names = np.full(thorium.shape, "", dtype="<U4")
    names[known] = regions.terrane(table)
    return (
        thorium.copy(data=names)
        .rename("terrane")
        .assign_attrs(
            units="", long_name="terrane after Jolliff et al. (2000)", source="Th and SPA ellipse"
        )
    )


def young_mare_candidates(
    oxides: xr.Dataset,
    layers: xr.Dataset,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> xr.DataArray:
    """Return the probability that a pixel looks like the young maria that are known.

    A candidate is mare (half of the pixel or more) inside the Procellarum KREEP Terrane with at
    least 4 wt% TiO2 and 17 wt% FeO. Colour cannot date: old titanium-rich mare within the terrane
    is a false candidate, young titanium-poor mare and all young mare outside of the terrane are
    missed (Tranquillitatis, rich in titanium and old, is kept out by the terrane alone).

    Parameters
    ----------
    oxides : as in `mg_number`, on the pixels of the layers; where it has no coordinates ``y`` and
        ``x``, its pixels are taken as those of the layers
    layers : `farside.datasets.layers.load_layers`, or a part of it
    draws, seed : of the simulation

    Returns
    -------
    xarray.DataArray
        probability 0 to 1; 0 outside of mare or terrane; NaN where the map has no value
    """
    for dim in ("y", "x"):
        same = oxides["value"].sizes.get(dim) == layers.sizes.get(dim)
        if same and dim in oxides.coords and dim in layers.coords:
            same = np.array_equal(oxides[dim], layers[dim])
        if not same:
            raise InputError(
                f"candidates need the oxides and the layers on the same pixels; {dim} differs. "
                "Take the same part of load_map() and of load_layers()."
            )
    checked = check_oxide_map(oxides)
    like = checked["value"].isel(oxide=0, drop=True)
    share = np.full(like.size, np.nan)
    titanium, iron = OXIDES.index("TiO2"), OXIDES.index("FeO")
    for part, draw in drawn(checked, draws=draws, seed=seed):
        rich = (draw[:, titanium] >= YOUNG_TIO2_WT) & (draw[:, iron] >= YOUNG_FEO_WT)
        missing = np.isnan(draw[0, titanium] + draw[0, iron])
        share[part] = np.where(missing, np.nan, rich.mean(axis=0))
    place = (terranes(layers) == "PKT") & (layers["mare_fraction"] >= regions.MARE_FRACTION)
    inside = place.transpose(*like.dims).to_numpy()
    values = share.reshape(like.shape)
    found = np.where(np.isnan(values), np.nan, np.where(inside, values, 0.0))
    return (
        like.copy(data=found)
        .rename("young_mare_candidate")
        .assign_attrs(
            units="1", long_name="probability of the look of a young mare; a candidate, not an age"
        )
    )
