r"""Fractional crystallisation of a lunar magma ocean.

The steps are those of an experiment (Schmidt and Kraettli 2022, doi 10.1029/2022JE007187, on
Taylor Whole Moon): minerals, their shares and compositions. For another bulk composition the
ocean follows the same minerals until its liquid holds as much Al2O3 as that of the experiment did
when plagioclase came, later for a Moon poorer in alumina, earlier for a richer one, and then the
rest of the experiment. Trace elements follow Rayleigh's law within each step,

.. math:: C = C_0 f^{(1 - t) D + t - 1}

with f the share of the liquid that is left, D the bulk partition coefficient and t the share of
liquid trapped in the cumulates. Plagioclase rises into the crust, or a part of it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.datasets.analyses import load_kreep_components
from farside.datasets.interior import load_bulk_moons, load_ocean_sequence
from farside.errors import InputError, UnknownNameError
from farside.interior.bounds import check_above, check_modes, check_share
from farside.interior.geometry import (
    DENSITY,
    base_depth,
    check_depth,
    layer_thickness,
    pressure,
    shell_volume,
)
from farside.interior.melting import _bulk_moon, coefficients
from farside.interior.minerals import ENDS, density, molar_mg
from farside.interior.ratios import sm_nd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

ELEMENTS = (
    "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu",
    "Sr", "Ba", "Th", "U", "K", "Rb",
)  # fmt: skip
OXIDES = ("SiO2", "TiO2", "Al2O3", "FeO", "MgO", "CaO")
LAST = 0.005
"""Share of liquid at the end of the column."""
ALUMINA = (2.5, 7.5)
"""Al2O3 of a bulk Moon that is taken, wt%: the estimates that ship, 3.9 to 6.2, with room."""
SPINEL = "Ti-spinel"


@dataclass(frozen=True)
class Step:
    """One step of crystallisation; concentrations in ppm.

    Parameters
    ----------
    solid : share of the ocean that is solid before and after
    modes : share of each mineral in what crystallised
    oxides : of all that crystallised, wt%
    mg : molar Mg/(Mg+Fe) of what sank
    liquid : what is left after the step
    cumulate : what sank, with its trapped liquid and the plagioclase that did not float
    density : of the cumulate, kg/m3, at the surface
    depth_km, pressure_gpa : of the top of the cumulate when it formed
    """

    solid: tuple[float, float]
    modes: Mapping[str, float]
    oxides: Mapping[str, float]
    mg: float
    liquid: Mapping[str, float]
    cumulate: Mapping[str, float]
    density: float
    depth_km: float
    pressure_gpa: float


@dataclass(frozen=True)
class MagmaOcean:
    """A crystallised magma ocean.

    Parameters
    ----------
    bulk : name of the composition
    depth_km : of the ocean
    trapped, flotation, scale : as given to `crystallise_ocean`
    plagioclase_in : solid share at which plagioclase came
    plagioclase : share of the ocean that crystallised as plagioclase
    crust_km : thickness of what floated, without pores
    start : concentrations at the beginning, ppm
    urkreep : the last liquid, ppm
    urkreep_km : its thickness under the crust
    steps : in order
    """

    bulk: str
    depth_km: float
    trapped: float
    flotation: float
    scale: float
    plagioclase_in: float
    plagioclase: float
    crust_km: float
    start: Mapping[str, float]
    urkreep: Mapping[str, float]
    urkreep_km: float
    steps: tuple[Step, ...]
    references: tuple[str, ...] = ("schmidt2022", "warren2016", "mckenzie1991", "mcdonough1995")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        plain = {**self.__dict__, "references": list(self.references)}
        plain["start"], plain["urkreep"] = dict(self.start), dict(self.urkreep)
        plain["steps"] = [
            {
                k: dict(v) if hasattr(v, "keys") else (list(v) if isinstance(v, tuple) else v)
                for k, v in step.__dict__.items()
            }
            for step in self.steps
        ]
        return plain

    def __str__(self) -> str:
        """Return crust, residual liquid and the column."""
        left = 100 * (1 - self.steps[-1].solid[1])
        head = (
            f"magma ocean of {self.depth_km:.0f} km, {self.bulk}: plagioclase from "
            f"{100 * self.plagioclase_in:.0f} % solid, crust {self.crust_km:.0f} km at "
            f"{100 * self.flotation:.0f} % flotation"
        )
        last = (
            f"last liquid ({left:.2g} %, {self.urkreep_km:.1f} km): Th {self.urkreep['Th']:.3g} "
            f"ppm, La {self.urkreep['La']:.3g}, 147Sm/144Nd {sm_nd(self.urkreep):.3f}"
        )
        lines = [head, last]
        for step in self.steps:
            modes = ", ".join(f"{100 * share:.0f} {name}" for name, share in step.modes.items())
            lines.append(
                f"  {100 * step.solid[0]:5.1f}-{100 * step.solid[1]:4.1f} %  "
                f"{step.density:.0f} kg/m3  Mg# {100 * step.mg:.0f}  {modes}"
            )
        return "\n".join(lines)


def bulk_moon(name: str) -> dict[str, float]:
    """Return the oxides of a bulk Moon in wt%; `UnknownNameError` where there is none."""
    table = load_bulk_moons().set_index("name")
    if name not in table.index:
        raise UnknownNameError.of("bulk Moon", name, table.index)
    oxides = table.drop(columns=["about", "reference"])
    return {str(oxide): float(oxides[oxide].to_dict()[name]) for oxide in oxides}


# -- the steps ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Stage:
    """Minerals of a step: share in the solid, composition, and how much of the liquid is left."""

    left: float
    modes: dict[str, float]
    oxides: dict[str, dict[str, float]]
    alumina: tuple[float, float]


@cache
def _stages() -> tuple[_Stage, ...]:
    """Return the steps of the experiment; alumina is that of the liquid before and after."""
    table = load_ocean_sequence()
    found = []
    for _, step in table.groupby("step", sort=True):
        rows = step.set_index("phase")
        solid = rows.drop(["melt", "bulk"])
        share = solid["fraction"] / solid["fraction"].sum()
        alumina = rows["Al2O3"].to_dict()
        found.append(
            _Stage(
                float(rows["fraction"].to_dict()["melt"]),
                {str(k): float(v) for k, v in share.items()},
                {
                    str(k): dict(zip(OXIDES, map(float, solid.loc[k, list(OXIDES)]), strict=True))
                    for k in solid.index
                },
                (float(alumina["bulk"]), float(alumina["melt"])),
            )
        )
    return tuple(found)


def _schedule(alumina: float) -> list[tuple[_Stage, float]]:
    """Return the steps for a bulk with so much Al2O3 (wt%): each with the share of liquid left.

    The liquid's Al2O3 runs along that of the experiment, in proportion to the bulk, to the
    content at which the experiment had plagioclase; what is missing then is made by more of the
    last step before, with its own exponent ln(after / before) / ln(left).
    """
    stages = _stages()
    first = next(i for i, stage in enumerate(stages) if "plagioclase" in stage.modes)
    wanted = stages[first].alumina[0]
    ratio = alumina / stages[0].alumina[0]
    before: list[tuple[_Stage, float]] = []
    for stage in stages[:first]:
        exponent = np.log(stage.alumina[1] / stage.alumina[0]) / np.log(stage.left)
        reached = stage.alumina[1] * ratio
        if reached >= wanted:
            left = (wanted / (stage.alumina[0] * ratio)) ** (1 / exponent)
            before.append((stage, float(min(left, 1.0))))
            break
        before.append((stage, stage.left))
    else:
        stage = before[-1][0]
        exponent = np.log(stage.alumina[1] / stage.alumina[0]) / np.log(stage.left)
        more = (wanted / (stage.alumina[1] * ratio)) ** (1 / exponent)
        before[-1] = (stage, float(stage.left * more))
    return [item for item in before if item[1] < 1.0] + [(s, s.left) for s in stages[first:]]


# -- crystallisation ---------------------------------------------------------------------------


def crystallise_ocean(
    bulk: str | float = "lpum",
    depth_km: float = 855.0,
    *,
    trapped: float = 0.02,
    flotation: float = 1.0,
    scale: float = 1.0,
    last: float = LAST,
) -> MagmaOcean:
    """Crystallise a magma ocean.

    Parameters
    ----------
    bulk : name of a composition of `farside.datasets.interior.load_bulk_moons`, or its Al2O3 in
        wt%, which is all that the model takes of it; `ocean_sources.closure` tells what that costs
    depth_km : of the ocean; at 855 km a Moon of one density has the 3.5 GPa at which the
        experiment begins
    trapped : share of liquid in the cumulates
    flotation : share of the plagioclase that rises into the crust
    scale : of the refractory elements over those of `farside.interior.melting.BULK`
    last : share of liquid at which the column ends; the last step of the experiment is drawn on

    Raises
    ------
    InputError
        when a depth, a share or the scale cannot be
    UnknownNameError
        when there is no such composition
    """
    check_depth(depth_km, "depth of the magma ocean")
    check_share(trapped, "the share of trapped liquid")
    check_share(flotation, "the share of plagioclase that floats")
    check_above(scale, "the scale of the refractory elements")
    if not 0 < last < 0.05:
        raise InputError(f"the last liquid is {last:g}; give a share above 0 and below 0.05.")
    start = _start(scale)
    liquid, remaining = start.copy(), 1.0
    steps: list[Step] = []
    plagioclase, entered = 0.0, 1.0
    alumina = bulk_moon(bulk)["Al2O3"] if isinstance(bulk, str) else float(bulk)
    if not ALUMINA[0] <= alumina <= ALUMINA[1]:
        raise InputError(
            f"{alumina:g} wt% Al2O3 is no bulk Moon; estimates lie between {ALUMINA[0]:g} and "
            f"{ALUMINA[1]:g}."
        )
    for stage, left in _until(_schedule(alumina), last):
        formed = remaining * (1 - left)
        share = stage.modes.get("plagioclase", 0.0)
        if share and not plagioclase:
            entered = 1 - remaining
        plagioclase += formed * share
        step, liquid = _step(stage, left, liquid, remaining, (trapped, flotation, depth_km))
        steps.append(step)
        remaining *= left
    mass = DENSITY * float(shell_volume(depth_km))
    floated = mass * plagioclase * flotation / density("plagioclase", 1.0)
    crust = layer_thickness(floated)
    layer = layer_thickness((mass * remaining / DENSITY) + floated) - crust
    return MagmaOcean(
        f"{alumina:.3g} wt% Al2O3" if not isinstance(bulk, str) else bulk,
        depth_km, trapped, flotation, scale, entered, plagioclase, crust,
        _named(start), _named(liquid), layer, tuple(steps),
    )  # fmt: skip


def _until(schedule: list[tuple[_Stage, float]], last: float) -> list[tuple[_Stage, float]]:
    """Return the steps cut, or the last of them drawn on, to a share of liquid."""
    kept: list[tuple[_Stage, float]] = []
    remaining = 1.0
    for stage, left in schedule:
        if remaining * left <= last:
            return [*kept, (stage, last / remaining)]
        kept.append((stage, left))
        remaining *= left
    stage, left = kept[-1]
    return [*kept[:-1], (stage, left * last / remaining)]


def _step(
    stage: _Stage,
    left: float,
    liquid: Float,
    remaining: float,
    settings: tuple[float, float, float],
) -> tuple[Step, Float]:
    """Return what one step makes, and the liquid after it."""
    trapped, flotation, depth = settings
    D = bulk_coefficients(stage.modes)
    effective = (1 - trapped) * D + trapped
    after = liquid * left ** (effective - 1)
    floated = stage.modes.get("plagioclase", 0.0) * flotation
    sunk = {
        name: share * (1 - flotation if name == "plagioclase" else 1.0)
        for name, share in stage.modes.items()
    }
    sunk = {name: share / (1 - floated) for name, share in sunk.items() if share}
    # the mean liquid of the step is the one that the solid as a whole was in balance with
    mean = (liquid - left * after) / ((1 - left) * effective)
    cumulate = mean * ((1 - trapped) * bulk_coefficients(sunk) + trapped)
    solid = (1 - remaining, 1 - remaining * left)
    magnesian = {name: molar_mg(stage.oxides[name]) for name in sunk}
    top = float(base_depth(solid[1], depth))
    step = Step(
        solid,
        stage.modes,
        _mixed(stage.modes, stage.oxides),
        molar_mg(_mixed(sunk, stage.oxides)),
        _named(after),
        _named(cumulate),
        1.0 / sum(share / density(name, magnesian[name]) for name, share in sunk.items()),
        top,
        float(pressure(top)),
    )
    return step, after


def _mixed(modes: Mapping[str, float], of: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {o: sum(share * of[name][o] for name, share in modes.items()) for o in OXIDES}


def bulk_coefficients(modes: Mapping[str, float]) -> Float:
    """Return the bulk partition coefficients; Ti-spinel takes up none of these elements.

    Parameters
    ----------
    modes : share of each mineral, of a sum of one

    Raises
    ------
    InputError
        when a share is negative or not finite, or all are 0
    UnknownNameError
        when a mineral is none of the ocean's
    """
    check_modes(modes)
    for name in modes:
        if name not in ENDS:
            raise UnknownNameError.of("mineral", name, ENDS)
    parts = [share * _minerals()[name] for name, share in modes.items() if name != SPINEL]
    return np.asarray(sum(parts, np.zeros(len(ELEMENTS))))


@cache
def _minerals() -> dict[str, Float]:
    return coefficients(ELEMENTS)


@cache
def _k_over(element: str) -> float:
    """Return K over Th or Rb of KREEP basalt 15386, by weight (K/Th 361).

    K and Rb are volatile, so that the refractory bulk gives neither. All three stay in the liquid
    to the last, so that KREEP has kept the ratios of the Moon.
    """
    table = load_kreep_components().set_index("analyte")["value"]
    return float(table["K2O"]) * 1e4 * 2 * 39.0983 / 94.196 / float(table[element])


def _start(scale: float) -> Float:
    """Return the concentrations of the ocean at the beginning, ppm."""
    found = scale * np.array(_bulk_moon(ELEMENTS))
    at = {name: i for i, name in enumerate(ELEMENTS)}
    found[at["K"]] = _k_over("Th") * found[at["Th"]]
    found[at["Rb"]] = found[at["K"]] / _k_over("Rb")
    return found


def _named(values: Float) -> dict[str, float]:
    return {name: float(value) for name, value in zip(ELEMENTS, values, strict=True)}
