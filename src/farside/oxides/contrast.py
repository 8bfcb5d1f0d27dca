r"""The South Pole-Aitken basin against the rest of the Moon, and the cell of Chang'e-6.

Both as measured: regional means are those of the gamma-ray cells, weighted by area. Their errors
come from the cells' covariance, with `PATCH_CELLS` neighbours counted as one measurement, because
the footprint of the spectrometer is about as wide as a cell and neighbours share signal. Errors
common to the whole map (calibration, the normalisation of sums, the composition-dependent
background) are not in them; they cancel in a difference only as far as they are the same in both
regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.constants import OXIDES
from farside.datasets import cell_covariance, load_cells_5deg, load_reference_soils
from farside.geography import (
    SPA_OUTER,
    cell_area,
    great_circle_deg,
    in_spa,
    is_mare,
    near_side_fraction,
)
from farside.geography.regions import SPA_REGIONS
from farside.oxides.cells import change6_row, plain

if TYPE_CHECKING:
    import pandas as pd

    from farside.oxides.training import Float, Mask

PATCH_CELLS = 9
"""Cells that count as one measurement: a cell and its eight neighbours. Our choice: a footprint as
wide as a cell reaches into each neighbour. Errors of means grow by its square root."""

CLAIM = {"SiO2": 1, "FeO": -1, "TiO2": -1}
"""What the mission says of the basin: more SiO2, less FeO and TiO2 (sign of basin less other)."""

COMPARATORS = ("near side", "near-side maria", "far-side highlands")

SIGMAS = 2.0

SURROUNDINGS_DEG = 12.0
"""Radius in degrees around the Chang'e-6 cell where its highlands are looked for; our choice."""

HIGHLAND_MARE = 0.05
"""Largest mare fraction of a cell that counts as highlands there; our choice."""

MARE_FRACTION_1S = 0.05
"""One sigma of the mare fraction of a cell: mare maps differ by about this; our choice."""


@dataclass(frozen=True)
class Mean:
    """The mean composition of a region.

    Parameters
    ----------
    region : name
    cells, clamped : number, and how many of them have TiO2 clamped at 0, which enter as 0
    value, value_1s : (6,) wt%, in the order of `OXIDES`
    """

    region: str
    cells: int
    clamped: int
    value: tuple[float, ...]
    value_1s: tuple[float, ...]

    def of(self, oxide: str) -> tuple[float, float]:
        """Return value and one sigma of one oxide, wt%."""
        j = OXIDES.index(oxide)
        return self.value[j], self.value_1s[j]


@dataclass(frozen=True)
class Difference:
    """A basin region less a comparator, for one oxide.

    Parameters
    ----------
    basin, other, oxide : names
    value, value_1s : wt%
    verdict : of the mission's claim, ``"holds"``, ``"reverses"`` or ``"cannot tell"`` at two
        sigma; empty for an oxide without a claim
    """

    basin: str
    other: str
    oxide: str
    value: float
    value_1s: float
    verdict: str


@dataclass(frozen=True)
class SpaContrast:
    """The basin by three boundaries against three comparators.

    Parameters
    ----------
    means : regions ``SPA outer``, ``SPA inner``, ``SPA circle``, then `COMPARATORS`
    differences : for each basin region, comparator and oxide
    note : what the errors hold
    """

    means: tuple[Mean, ...]
    differences: tuple[Difference, ...]
    note: str = (
        f"one sigma from the cells' covariance with {PATCH_CELLS} neighbours as one measurement; "
        "errors common to the map are not in it; clamped TiO2 counts as 0"
    )

    def mean(self, region: str) -> Mean:
        """Return the mean of a region."""
        return next(m for m in self.means if m.region == region)

    def difference(self, basin: str, other: str, oxide: str) -> Difference:
        """Return the difference of a basin region and a comparator in one oxide."""
        return next(
            d for d in self.differences if (d.basin, d.other, d.oxide) == (basin, other, oxide)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers."""
        out: dict[str, Any] = plain(self)
        return out

    def __str__(self) -> str:
        """Return means and verdicts as text."""
        lines = [f"{'region':20} cells" + "".join(f"{o:>15}" for o in OXIDES)]
        for m in self.means:
            pairs = zip(m.value, m.value_1s, strict=True)
            lines.append(
                f"{m.region:20}{m.cells:6d}" + "".join(f"{v:9.2f} ±{s:4.2f}" for v, s in pairs)
            )
        lines.append("claim: the basin has more SiO2, less FeO and TiO2; basin less comparator")
        lines += [
            f"{d.basin:12} - {d.other:20}{d.oxide:5}{d.value:7.2f} ±{d.value_1s:5.2f}  {d.verdict}"
            for d in self.differences
            if d.verdict
        ]
        return "\n".join([*lines, self.note])


@dataclass(frozen=True)
class Unmixed:
    """One oxide of the mare of the Chang'e-6 cell, if cell = f mare + (1 - f) highlands.

    Parameters
    ----------
    oxide : name
    highlands, highlands_1s : wt%, mean and scatter of the surrounding cells without mare
    mare, mare_1s : wt%, as unmixed
    soil : wt%, measured on the returned soil; NaN where not published
    verdict : ``"agrees"`` or ``"differs"`` at two sigma; ``"cannot tell"`` where the two-sigma
        interval of the mare holds both the soil and the highlands, or the soil is not known
    """

    oxide: str
    highlands: float
    highlands_1s: float
    mare: float
    mare_1s: float
    soil: float
    verdict: str


@dataclass(frozen=True)
class Change6Footprint:
    """The cell that the Chang'e-6 site lies in: a footprint, not the site.

    Parameters
    ----------
    cell : index of the cell
    mare_fraction : share of its area
    value, value_1s : (6,) wt%
    soil : oxide -> wt% of the returned soil, where published
    unmixed : one per oxide
    highland_cells : number of surrounding cells that stand for its highlands
    """

    cell: int
    mare_fraction: float
    value: tuple[float, ...]
    value_1s: tuple[float, ...]
    soil: dict[str, float]
    unmixed: tuple[Unmixed, ...]
    highland_cells: int

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers; None stands for NaN."""
        out: dict[str, Any] = plain(self)
        return out

    def __str__(self) -> str:
        """Return the table as text."""
        head = (
            f"cell {self.cell} of the Chang'e-6 site: mare over {self.mare_fraction:.0%} of it, so "
            "it is a footprint that mixes mare and highlands, not the site\n"
            f"unmixed by mare fraction, highlands from {self.highland_cells} cells around\n"
            "oxide         cell        highlands            mare    soil"
        )
        body = [
            f"{u.oxide:6}{v:6.2f} ±{s:5.2f}  {u.highlands:6.2f} ±{u.highlands_1s:5.2f}  "
            f"{u.mare:6.2f} ±{u.mare_1s:5.2f}  {u.soil:6.2f}  {u.verdict}"
            for u, v, s in zip(self.unmixed, self.value, self.value_1s, strict=True)
        ]
        return "\n".join([head, *body])


def region_mean(cells: pd.DataFrame, share: Float | Mask, region: str) -> Mean:
    r"""Return the area-weighted mean of a region, with its error.

    .. math:: \bar y = \sum_i w_i y_i, \quad C = n_p \sum_i w_i^2 C_i

    Parameters
    ----------
    share : (n,) part of each cell that is in the region, 0 to 1
    region : name
    """
    area = cell_area(*(cells[b].to_numpy(float) for b in ("lat_min", "lat_max", "lon_min",
                                                          "lon_max")))  # fmt: skip
    w = area * share
    w = w / w.sum()
    variance = np.einsum("i,ijj->j", w**2, cell_covariance(cells)) * PATCH_CELLS
    inside = w > 0
    clamped = cells["censored"].str.split(";").map(lambda names: "TiO2" in names)
    return Mean(
        region=region,
        cells=int(inside.sum()),
        clamped=int((clamped & inside).sum()),
        value=tuple(float(v) for v in w @ cells[list(OXIDES)].to_numpy(float)),
        value_1s=tuple(float(s) for s in np.sqrt(variance)),
    )


def spa_contrast(cells: pd.DataFrame | None = None) -> SpaContrast:
    """Return the contrast of the South Pole-Aitken basin with three comparators.

    Parameters
    ----------
    cells : by default all cells of `load_cells_5deg`; only gamma-ray values are used, so that
        cells with filled-in colour take part. Far-side highlands are cells neither mare nor in
        the outer ellipse
    """
    table = load_cells_5deg() if cells is None else cells
    lat, lon = table["lat"].to_numpy(float), table["lon"].to_numpy(float)
    near, mare = near_side_fraction(table), is_mare(table)
    basin = {f"SPA {r}": in_spa(lat, lon, region=r).astype(float) for r in SPA_REGIONS}
    highlands = (1.0 - near) * ~(mare | SPA_OUTER.contains(lat, lon))
    others = dict(zip(COMPARATORS, (near, near * mare, highlands), strict=True))
    means = {name: region_mean(table, share, name) for name, share in (basin | others).items()}
    differences = [
        _difference(means[b], means[o], oxide) for b in basin for o in others for oxide in OXIDES
    ]
    return SpaContrast(tuple(means.values()), tuple(differences))


def _difference(basin: Mean, other: Mean, oxide: str) -> Difference:
    (a, a_1s), (b, b_1s) = basin.of(oxide), other.of(oxide)
    value, sigma = a - b, float(np.hypot(a_1s, b_1s))
    verdict = ""
    if oxide in CLAIM:
        toward = CLAIM[oxide] * value / sigma
        verdict = "holds" if toward > SIGMAS else "reverses" if toward < -SIGMAS else "cannot tell"
    return Difference(basin.region, other.region, oxide, value, sigma, verdict)


def change6_footprint(cells: pd.DataFrame | None = None) -> Change6Footprint:
    r"""Return the cell of the Chang'e-6 site, and its mare unmixed from its highlands.

    .. math:: m = \frac{y - (1 - f) h}{f}, \quad
        \sigma_m^2 = \frac{\sigma_y^2 + (1 - f)^2 \sigma_h^2 + (m - h)^2 \sigma_f^2}{f^2}

    with f the mare fraction and h the cells around without mare; sigma_h is their scatter, which
    holds their measurement errors. The signal that a cell takes from its neighbours is not undone.

    Parameters
    ----------
    cells : by default `load_cells_5deg`
    """
    table = load_cells_5deg() if cells is None else cells.reset_index(drop=True)
    row = change6_row(table)
    lat, lon, covered = (table[c].to_numpy(float) for c in ("lat", "lon", "mare_fraction"))
    y = table.loc[row, list(OXIDES)].to_numpy(float)
    y_1s = np.sqrt(np.diagonal(cell_covariance(table.iloc[[row]])[0]))
    f = float(covered[row])
    apart = great_circle_deg(lat[row], lon[row], lat, lon)
    around = (apart <= SURROUNDINGS_DEG) & (covered <= HIGHLAND_MARE)
    high = table.loc[around, list(OXIDES)].to_numpy(float)
    h, h_1s = high.mean(axis=0), high.std(axis=0, ddof=1)
    mare = (y - (1 - f) * h) / f
    mare_1s = np.sqrt(y_1s**2 + ((1 - f) * h_1s) ** 2 + ((mare - h) * MARE_FRACTION_1S) ** 2) / f
    soils = load_reference_soils().set_index("soil").loc["CE6", list(OXIDES)].to_numpy(float)
    unmixed = tuple(
        Unmixed(
            oxide=oxide,
            highlands=float(h[j]),
            highlands_1s=float(h_1s[j]),
            mare=float(mare[j]),
            mare_1s=float(mare_1s[j]),
            soil=float(soils[j]),
            verdict=_unmixing_verdict(mare[j], mare_1s[j], soils[j], h[j]),
        )
        for j, oxide in enumerate(OXIDES)
    )
    return Change6Footprint(
        cell=int(table["cell"].to_numpy()[row]),
        mare_fraction=f,
        value=tuple(float(v) for v in y),
        value_1s=tuple(float(s) for s in y_1s),
        soil={o: float(s) for o, s in zip(OXIDES, soils, strict=True) if np.isfinite(s)},
        unmixed=unmixed,
        highland_cells=int(around.sum()),
    )


def _unmixing_verdict(mare: float, mare_1s: float, soil: float, highlands: float) -> str:
    if not np.isfinite(soil):
        return "cannot tell"
    if abs(mare - soil) > SIGMAS * mare_1s:
        return "differs"
    return "cannot tell" if abs(mare - highlands) <= SIGMAS * mare_1s else "agrees"
