"""No number of the interior that is not one passes in silence.

Every public function that takes numbers is called with good arguments, one of which is then drawn
from NaN, infinities, what is below its range and above it: it must raise a `FarsideError`. Good
arguments drawn from their range must give finite numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.datasets import load_cells_5deg
from farside.errors import FarsideError
from farside.interior import (
    crust,
    geometry,
    impact,
    impact_loss,
    magma_ocean,
    melting,
    minerals,
    ocean_sources,
    overturn,
    oxidation,
    ratios,
    solidification,
    volatiles,
    volcanism,
    water,
)
from farside.maps.simplex import simplex_fit

if TYPE_CHECKING:
    from collections.abc import Callable

INF = math.inf
Span = tuple[float, float]


@dataclass(frozen=True)
class Case:
    """A function, the range of each argument, and which ends of it are themselves refused.

    Parameters
    ----------
    call : takes the arguments by keyword
    spans : least and most of each argument; infinite where nothing bounds it
    shut : arguments whose least value is itself refused
    missing : arguments in which NaN stands for missing data and stays so
    """

    call: Callable[..., Any]
    spans: dict[str, Span]
    shut: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=())


GRAIL = crust.grail_crust()
OCEAN = magma_ocean.crystallise_ocean()
ABOVE: Span = (0.0, INF)
SHARE: Span = (0.0, 1.0)
MOST = 1e3
"""Good arguments are drawn up to this where nothing bounds them."""
LAYERS = [3300.0, 3200.0]


CASES = {
    "airy_thickness": Case(
        lambda height, datum: crust.airy_thickness(height, GRAIL, datum_km=datum),
        {"height": (-INF, INF), "datum": (-INF, INF)}, missing=("height",),
    ),
    "Crust": Case(
        lambda mean, rho: crust.airy_thickness(0.0, crust.Crust(mean, rho, 3300.0)),
        {"mean": ABOVE, "rho": (1000.0, 3299.0)}, ("mean", "rho"),
    ),
    "column_needed": Case(
        lambda km, rho: crust.column_needed(km, rho, GRAIL),
        {"km": ABOVE, "rho": (1000.0, 3200.0)}, ("rho",),
    ),
    "pressure_needed": Case(
        lambda km, rho: crust.pressure_needed(km, rho, GRAIL),
        {"km": ABOVE, "rho": (1000.0, 4999.0)}, ("rho",),
    ),
    "melting_extent_km": Case(crust.melting_extent_km, {"earth_km": ABOVE}, ("earth_km",)),
    "melt_density": Case(
        lambda FeO, kelvin: crust.melt_density(
            {"SiO2": 45.0, "TiO2": 3.0, "Al2O3": 9.0, "FeO": FeO, "MgO": 10.0, "CaO": 10.0}, kelvin
        ),
        {"FeO": ABOVE, "kelvin": (1000.0, 2500.0)},
    ),
    "shell_volume": Case(geometry.shell_volume, {"depth_km": (0.0, geometry.RADIUS_KM)}),
    "pressure": Case(geometry.pressure, {"depth_km": (0.0, geometry.RADIUS_KM)}),
    "depth_at": Case(geometry.depth_at, {"pressure_gpa": (0.0, 4.7)}, ("pressure_gpa",)),
    "base_depth": Case(
        geometry.base_depth, {"solid": SHARE, "depth_km": (0.0, geometry.RADIUS_KM)}, ("depth_km",)
    ),
    "layer_thickness": Case(
        geometry.layer_thickness, {"volume_km3": (0.0, 4 / 3 * math.pi * geometry.RADIUS_KM**3)}
    ),
    "transient_crater": Case(
        impact.transient_crater,
        {"diameter_km": ABOVE, "velocity_kms": ABOVE, "angle_deg": (0.0, 90.0)},
        ("diameter_km", "velocity_kms", "angle_deg"),
    ),
    "final_crater": Case(impact.final_crater, {"transient_km": ABOVE}, ("transient_km",)),
    "melt_volume": Case(
        impact.melt_volume, {"diameter_km": ABOVE, "velocity_kms": ABOVE, "energy": ABOVE},
        ("diameter_km", "velocity_kms", "energy"),
    ),
    "depletion": Case(impact.depletion, {"melting": (0.0, 0.999999)}),
    "mixed_offset": Case(
        impact_loss.mixed_offset,
        {"melted": SHARE, "lost": (0.0, 0.99), "alpha": (0.0, INF)}, ("alpha",),
    ),
    "crystallise_ocean": Case(
        lambda bulk, depth_km, trapped, flotation: magma_ocean.crystallise_ocean(
            bulk, depth_km, trapped=trapped, flotation=flotation
        ).crust_km,
        {"bulk": magma_ocean.ALUMINA, "depth_km": (1.0, geometry.RADIUS_KM), "trapped": SHARE,
         "flotation": SHARE},
    ),
    "sm_nd": Case(
        lambda sm, nd: ratios.sm_nd({"Sm": sm, "Nd": nd}), {"sm": ABOVE, "nd": ABOVE},
        ("sm", "nd"),
    ),
    "bulk_coefficients": Case(
        lambda share: magma_ocean.bulk_coefficients({"olivine": 0.5, "plagioclase": share}),
        {"share": ABOVE},
    ),
    "molar_mg": Case(
        lambda mgo: minerals.molar_mg({"MgO": mgo, "FeO": 10.0}), {"mgo": ABOVE}
    ),
    "density": Case(lambda mg: minerals.density("olivine", mg), {"mg": SHARE}),
    "sources": Case(
        lambda mu, lead: [s.mu for s in ocean_sources.sources(OCEAN, mu, {"olivine": lead / MOST})],
        {"mu": ABOVE, "lead": (0.0, INF)}, ("mu",),
    ),
    "sort_column": Case(
        lambda rho, depth_km: overturn.sort_column(
            [rho, *LAYERS], [0.2, 0.4, 0.4], depth_km
        ).energy_j,
        {"rho": ABOVE, "depth_km": (0.0, geometry.RADIUS_KM)}, ("rho", "depth_km"),
    ),
    "melt_depth": Case(
        impact.melt_depth, {"melt_km3": ABOVE, "diameter_km": ABOVE}, ("melt_km3", "diameter_km"),
    ),
    "zinc_left": Case(volatiles.zinc_left, {"potassium_left": SHARE, "ratio": (1.0, INF)}),
    "gas_depth_m": Case(
        volatiles.gas_depth_m, {"water_ppm": ABOVE, "density": ABOVE}, ("water_ppm", "density")
    ),
    "ratio_needed": Case(oxidation.ratio_needed, {"temperature_c": (527.0, 1100.0)}),
    "oxidation_gap": Case(
        lambda celsius: oxidation.oxidation_gap(celsius).excess, {"celsius": (565.0, 1100.0)}
    ),
    "parent_water": Case(
        lambda melt, sigma: water.parent_water(melt, (0.4, 0.8), sigma=sigma).upper,
        {"melt": ABOVE, "sigma": ABOVE},
    ),
    "asymmetry": Case(
        lambda scatter, coverage: solidification.asymmetry(
            OCEAN, scatter=scatter, coverage=coverage, draws=100
        ).share_near,
        {"scatter": (0.0, 5.0), "coverage": SHARE}, ("coverage",),
    ),
    "buffer_fo2": Case(
        lambda celsius, bar: oxidation.buffer_fo2("IW", celsius, bar),
        {"celsius": (565.0, 1200.0), "bar": ABOVE},
    ),
    "maghemite_fo2": Case(
        oxidation.maghemite_fo2, {"temperature_c": (300.0, 1100.0), "excess_kj": ABOVE}
    ),
    "gas_fo2": Case(
        oxidation.gas_fo2, {"temperature_c": (527.0, 1526.0), "ratio": ABOVE}, ("ratio",)
    ),
    "pure_gas_fo2": Case(
        oxidation.pure_gas_fo2, {"temperature_c": (527.0, 1526.0), "pressure_bar": ABOVE},
        ("pressure_bar",),
    ),
    "distribute": Case(
        lambda share, near, mixed, background: solidification.distribute(
            OCEAN, share, (near, 40.0), mixed, background=background
        ).thorium,
        {"share": SHARE, "near": (1.0, 1000.0), "mixed": SHARE, "background": ABOVE},
    ),
    "batch_melt": Case(
        melting.batch_melt, {"source": ABOVE, "D": ABOVE, "melting": SHARE}, ("melting",)
    ),
    "fractional_melt": Case(
        melting.fractional_melt, {"source": ABOVE, "D": ABOVE, "melting": SHARE}, ("D", "melting")
    ),
    "crystallise": Case(
        melting.crystallise, {"melt": ABOVE, "D": ABOVE, "crystallised": (0.0, 0.999)}
    ),
    "source_water": Case(
        water.source_water,
        {"melt": ABOVE, "melting": SHARE, "crystallised": (0.0, 0.999), "D": SHARE}, ("melting",),
    ),
    "mantle_water": Case(
        lambda parent, sigma, coverage: water.mantle_water(
            parent, (0.02, 0.03), (0.4, 0.8), sigma=sigma, coverage=coverage
        ).upper,
        {"parent": ABOVE, "sigma": ABOVE, "coverage": SHARE}, ("coverage",),
    ),
    "melt_from_apatite": Case(
        lambda apatite, sigma, coverage: water.melt_from_apatite(
            apatite, sigma=sigma, coverage=coverage
        ).upper,
        {"apatite": ABOVE, "sigma": ABOVE, "coverage": SHARE}, ("coverage",),
    ),
}  # fmt: skip


def good(span: Span, *, shut: bool) -> st.SearchStrategy[float]:
    low, high = max(span[0], -MOST), min(span[1], MOST if span[1] == INF else span[1])
    inset = 1e-3 * (high - low) if shut else 0.0
    top = high - (1e-3 if span == SHARE and shut else 0.0) * (high - low)
    return st.floats(low + inset, top)


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_good_numbers_give_finite_ones(name: str, data: st.DataObject) -> None:
    case = CASES[name]
    drawn = {a: data.draw(good(s, shut=a in case.shut), label=a) for a, s in case.spans.items()}
    found = case.call(**drawn)
    values = list(found.values()) if isinstance(found, dict) else found
    assert np.isfinite(np.asarray(values, dtype=float)).all()


def bad(case: Case, argument: str) -> list[float]:
    low, high = case.spans[argument]
    wrong = [INF, -INF] if argument in case.missing else [math.nan, INF, -INF]
    if math.isfinite(low):
        wrong += [low - 1.0, low - 1e6, *([low] if argument in case.shut else [])]
    if math.isfinite(high):
        wrong += [high + 1e4, high * 1.1 + 1e3]
    return wrong


@pytest.mark.parametrize(
    ("name", "argument"), [(name, a) for name, case in CASES.items() for a in case.spans]
)
def test_a_number_that_cannot_be_is_refused(name: str, argument: str) -> None:
    case = CASES[name]
    middle = {
        a: 0.5 * (max(s[0], 0.0) + min(s[1], 20.0 if s[1] == INF else s[1]))
        for a, s in case.spans.items()
    }
    case.call(**middle)
    for value in bad(case, argument):
        with pytest.raises(FarsideError):
            case.call(**(middle | {argument: value}))


@pytest.mark.parametrize(
    "call",
    [
        lambda: crust.airy_thickness([], GRAIL),
        lambda: crust.column_needed([], 2900.0, GRAIL),
        lambda: crust.cell_thickness(load_cells_5deg().iloc[:0]),
        lambda: geometry.pressure([]),
        lambda: geometry.shell_volume([]),
        lambda: geometry.base_depth([], 855.0),
        lambda: impact.transient_crater([], 10.0),
        lambda: impact.depletion(0.1, []),
        lambda: impact_loss.mixed_offset([], 0.1, 0.99),
        lambda: magma_ocean.bulk_coefficients({}),
        lambda: overturn.sort_column([], [], 855.0),
        lambda: oxidation.buffer_fo2("IW", []),
        lambda: oxidation.gas_fo2([], 1.0),
        lambda: oxidation.gas_fo2(800.0, []),
        lambda: melting.batch_melt([], 0.1, 0.1),
        lambda: melting.crystallise(1.0, 0.1, []),
        lambda: melting.bulk({}, {"olivine": np.ones(1)}),
        lambda: water.source_water([], 0.1, 0.1),
        lambda: ratios.sm_nd({"Sm": 1.0}),
        lambda: volcanism.fit_mare(np.ones((0, 1)), np.ones(0), np.ones(0)),
    ],
)  # fmt: skip
def test_nothing_is_no_number(call: Callable[[], object]) -> None:
    with pytest.raises(FarsideError):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda c: solidification.asymmetry(OCEAN, c.assign(Th=c["Th"].where(c.index != 5))),
        lambda c: crust.cell_thickness(c.assign(height_km=c["height_km"].where(c.index != 5))),
        lambda c: volcanism.mare_test(c, thickness_km=np.where(c.index == 5, INF, 30.0), draws=2),
        lambda c: volcanism.mare_test(
            c, thickness_km=np.where(c.index == 5, np.nan, 30.0), draws=2
        ),
        lambda _: volcanism.fit_mare(np.ones((2, 1)), np.full(2, 0.5), np.array([1.0, np.nan])),
        lambda _: volcanism.fit_mare(np.ones((2, 1)), np.full(2, 0.5), np.zeros(2)),
        lambda _: simplex_fit(np.full((1, 6), np.nan), np.eye(6)[None], np.ones((2, 6))),
    ],
)
def test_a_gap_in_a_table_is_told(call: Callable[[Any], object]) -> None:
    with pytest.raises(FarsideError):
        call(load_cells_5deg())


# -- the table of published figures ------------------------------------------------------------

DOCS = Path(__file__).parents[2] / "docs" / "interior.md"


def test_each_published_figure_of_the_docs_is_a_test_that_names_its_doi() -> None:
    rows = [line for line in DOCS.read_text().splitlines() if "`test_" in line]
    assert len(rows) >= 6
    files = [path.read_text() for path in Path(__file__).parent.glob("test_*.py")]
    for row in rows:
        *_, doi, test, _ = (cell.strip() for cell in row.split("|"))
        (own,) = [text for text in files if f"def {test.strip('`')}(" in text]
        # a DOI may be broken off a line above it in a comment
        assert doi in own, (test, doi)
