"""The flux of impactors on the far side over that on the near side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special, stats

from farside.chronology.likelihood import integrate_ages, site_data
from farside.chronology.models import model
from farside.chronology.sampling import posterior_draws
from farside.chronology.sites import SPA, calibration_sites, counted_density
from farside.datasets._tables import _load
from farside.errors import InputError
from farside.provenance import cite

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from farside.chronology.likelihood import SiteData
    from farside.chronology.models import Model
    from farside.chronology.sites import Site

WIDEST = float(np.log(5.0))
"""The prior of ln of the ratio is uniform between -ln 5 and ln 5."""
TWO_SLOPES = ", two slopes"
_NODES = 401
_DRAWS = 1500
_CITED = ("wang2016", "head2010", "povilaitis2018", "kass1995")


@dataclass(frozen=True)
class FluxRatio:
    """Flux on the far side over that on the near side.

    Parameters
    ----------
    sites : far-side sites that it follows from
    median, lower, upper : and the 68 % interval
    lower_95, upper_95 : 95 % interval
    ln_bayes_equal : ln of the Bayes factor of equal flux over an unknown ratio (Savage-Dickey)
    note : what the figure rests on
    """

    sites: tuple[str, ...]
    median: float
    lower: float
    upper: float
    lower_95: float
    upper_95: float
    ln_bayes_equal: float
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the ratio for JSON."""
        return self.__dict__ | {"sites": list(self.sites)}


@dataclass(frozen=True)
class Contrast:
    """Crater densities of one catalogue and range, far side over near side.

    Parameters
    ----------
    catalogue : its key in the references
    range_km : diameters
    all_ground, highland, mare : density on the far side over that on the near side
    sigma_ln : one sigma of ln of each of the three, by counting
    mare_over_highland : on the near side alone: what resurfacing does without any change of side
    spa_over_highland : on the far side alone
    same : probability of ratios on mare and highland that differ as much, if they were one ratio
    """

    catalogue: str
    range_km: tuple[float, float]
    all_ground: float
    highland: float
    mare: float
    sigma_ln: tuple[float, float, float]
    mare_over_highland: float
    spa_over_highland: float
    same: float

    def to_dict(self) -> dict[str, Any]:
        """Return the contrast for JSON."""
        out = dict(self.__dict__)
        return out | {"range_km": list(self.range_km), "sigma_ln": list(self.sigma_ln)}


@dataclass(frozen=True)
class FluxSymmetry:
    """The hemispheric flux ratio, and why raw densities are not it.

    Parameters
    ----------
    near_sites : that fix the curve
    ratios : by far-side site and together
    contrasts : raw densities by catalogue and range
    mare_share : share of the searched ground that is mare: near, far
    """

    near_sites: tuple[str, ...]
    ratios: tuple[FluxRatio, ...]
    contrasts: tuple[Contrast, ...]
    mare_share: tuple[float, float]

    @property
    def verdict(self) -> str:
        """What the data can and cannot exclude, in words."""
        joint = next(
            r for r in self.ratios if len(r.sites) == max(len(x.sites) for x in self.ratios)
        )
        equal = "allow" if joint.lower_95 <= 1 <= joint.upper_95 else "do not allow"
        return (
            f"The far-side sites {equal} the same flux on both sides: the ratio far / near is "
            f"{joint.median:.2f} ({joint.lower:.2f} to {joint.upper:.2f}, 68 %; "
            f"{joint.lower_95:.2f} to {joint.upper_95:.2f}, 95 %). Ratios outside the 95 % "
            f"interval are excluded at that level{self._curve()}; smaller differences are not; "
            f"ln B = {joint.ln_bayes_equal:+.1f} for equality over a ratio unknown within a "
            "factor of 5. Theory expects no difference "
            "between near and far side (Wang and Zhou 2016). " + self._raw()
        )

    def _curve(self) -> str:
        """Return what another formula of the curve makes of the 95 % interval."""
        other = [r for r in self.ratios if r.note == TWO_SLOPES]
        span = f"{other[0].lower_95:.2f} to {other[0].upper_95:.2f}" if other else ""
        return f" (with a curve of two slopes {span})" if other else ""

    def _raw(self) -> str:
        low = min(c.all_ground for c in self.contrasts)
        high = max(c.all_ground for c in self.contrasts)
        mare = [c.mare for c in self.contrasts]
        land = [c.highland for c in self.contrasts]
        own = [1 / c.mare_over_highland for c in self.contrasts]
        return (
            f"Raw densities (far / near {low:.2f} to {high:.2f}) are no flux ratio: it is "
            f"{min(land):.2f} to {max(land):.2f} on highland and {min(mare):.1f} to "
            f"{max(mare):.1f} on mare, where one flux ratio would show the same on both, and on "
            f"the near side alone highland exceeds mare {min(own):.1f} to {max(own):.1f} times. "
            f"Mare covers {self.mare_share[0]:.0%} of the near and {self.mare_share[1]:.0%} of the "
            "far ground searched, and the younger basins' ejecta lie mostly on the near side: the "
            "densities tell how old and how erased the ground is."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return {
            "near_sites": list(self.near_sites),
            "ratios": [r.to_dict() for r in self.ratios],
            "raw_densities": [c.to_dict() for c in self.contrasts],
            "mare_share": {"near": self.mare_share[0], "far": self.mare_share[1]},
            "verdict": self.verdict,
            "references": [str(r) for r in cite(*_CITED)],
        }

    def __str__(self) -> str:
        """Return the result as a report."""
        lines = [
            f"curve from {len(self.near_sites)} near-side sites, compared with the far side",
            f"{'flux far / near from':50}{'median':>8}{'68 %':>15}{'95 %':>15}{'ln B equal':>12}",
        ]
        for r in self.ratios:
            name = " + ".join(r.sites) + r.note
            lines.append(
                f"{name:50}{r.median:>8.2f}{f'{r.lower:.2f} to {r.upper:.2f}':>15}"
                f"{f'{r.lower_95:.2f} to {r.upper_95:.2f}':>15}{r.ln_bayes_equal:>+12.2f}"
            )
        lines += [
            "",
            f"{'raw density far / near':32}{'all':>12}{'highland':>12}{'mare':>12}{'same?':>9}",
        ]
        for c in self.contrasts:
            label = f"{c.catalogue}, {c.range_km[0]:g}-{c.range_km[1]:g} km"
            cells = "".join(
                f"{f'{x:.2f} ± {x * s:.2f}':>12}"
                for x, s in zip((c.all_ground, c.highland, c.mare), c.sigma_ln, strict=True)
            )
            lines.append(f"{label:32}{cells}{f'p = {c.same:.1g}':>11}")
        references = [f"  {r}" for r in cite(*_CITED)]
        return "\n".join([*lines, "", self.verdict, "references:", *references])

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        names = [" + ".join(r.sites) + r.note for r in self.ratios]
        table = [
            (name, f"{r.median:.2f}", f"{r.lower_95:.2f} to {r.upper_95:.2f}")
            for name, r in zip(names, self.ratios, strict=True)
        ]
        rows = [
            Range(name, r.median, r.lower_95, r.upper_95)
            for name, r in zip(names, self.ratios, strict=True)
        ]
        return card(
            "impact flux, far side over near side",
            table=(("from", "ratio", "95 %"), table),
            figure=ranges(rows, "flux far / near, 95 %", marks=[1.0]),
            notes=(self.verdict,),
            text=str(self),
        )


def flux_symmetry(
    sites: Sequence[Site] | None = None,
    *,
    family: str = "exponential",
    errors: str = "lognormal",
    seed: int = 0,
    **sampler: int,
) -> FluxSymmetry:
    """Return the flux on the far side over that on the near side.

    The curve is fitted to the near-side sites alone; the posterior of the ratio R is the likelihood
    of the far-side sites under R times the curve, averaged over the draws of the curve. It is given
    by each far-side site and by all, and for South Pole-Aitken also with either production function
    taken as true, as the way from N(20) to N(1) is its largest error. The last row takes a curve
    that may change its slope instead of one exponential, as the formula carries the near side's
    curve to the age of South Pole-Aitken.

    Parameters
    ----------
    sites : calibration sites, of both sides; the default sets when None
    family : of the curve
    errors : distribution of the densities
    seed : of the draws
    sampler : ``chains``, ``steps``, ``burn`` of the fit

    Raises
    ------
    InputError
        without a far-side site, or with fewer near-side sites than the curve has parameters
    """
    chosen = tuple(sites) if sites is not None else calibration_sites()
    near = tuple(s for s in chosen if s.side == "near")
    far = tuple(s for s in chosen if s.side == "far")
    curve = model(family)
    if not far or len(near) < len(curve.parameters):
        raise InputError(
            f"{len(near)} near-side and {len(far)} far-side sites: the ratio needs at least "
            f"{len(curve.parameters)} near-side sites and one on the far side; the set 'change-6' "
            "holds two of the far side."
        )
    data = site_data(near, errors)
    theta = _thinned(curve, data, seed, sampler)
    choices: list[tuple[tuple[Site, ...], str]] = [((site,), "") for site in far]
    choices += [(far, "")] if len(far) > 1 else []
    choices += _either_production(far)
    ratios = [_ratio(curve, theta, site_data(s, errors), note) for s, note in choices]
    other = model("piecewise")
    if family == "exponential" and len(near) >= len(other.parameters):
        theta = _thinned(other, data, seed, sampler)
        ratios.append(_ratio(other, theta, site_data(far, errors), TWO_SLOPES))
    return FluxSymmetry(tuple(s.name for s in near), tuple(ratios), *raw_densities())


def _thinned(
    curve: Model, data: SiteData, seed: int, sampler: dict[str, int]
) -> NDArray[np.float64]:
    theta = posterior_draws(curve, data, seed=seed, **sampler).theta
    return theta[:: max(1, len(theta) // _DRAWS)]


def _either_production(far: tuple[Site, ...]) -> list[tuple[tuple[Site, ...], str]]:
    if not any(s.name == SPA and s.set_name == "change-6" for s in far):
        return []
    out = []
    for production in dict.fromkeys(counted_density(SPA).rows["production"]):
        site = calibration_sites(("change-6",), only=(SPA,), spa_production=production)
        out.append((site, f", {production}"))
    return out


def _ratio(curve: Model, theta: NDArray[np.float64], data: SiteData, note: str) -> FluxRatio:
    """Return the posterior of the ratio on a grid of its logarithm."""
    grid = np.linspace(-WIDEST, WIDEST, _NODES)
    ln_mu = np.log(curve.density(theta, data.nodes_ga))
    scatter = curve.scatter_of(theta)
    log = np.array(
        [special.logsumexp(integrate_ages(ln_mu + x, data, scatter).sum(axis=1)) for x in grid]
    )
    p = np.exp(log - log.max())
    cdf = np.concatenate([[0.0], np.cumsum((p[1:] + p[:-1]) / 2)])
    p /= cdf[-1] * (grid[1] - grid[0])
    q = np.exp(np.interp((0.025, 0.16, 0.5, 0.84, 0.975), cdf / cdf[-1], grid))
    equal = float(np.log(np.interp(0.0, grid, p) * 2 * WIDEST))
    return FluxRatio(
        data.names, float(q[2]), float(q[1]), float(q[3]), float(q[0]), float(q[4]), equal, note
    )


# -- raw densities -----------------------------------------------------------------------------


def load_hemispheres() -> pd.DataFrame:
    """Return numbers of craters and areas by catalogue, side, ground and range of diameter."""
    return _load("chronology_hemispheres")


def raw_densities() -> tuple[tuple[Contrast, ...], tuple[float, float]]:
    """Return densities far over near by catalogue and range, and the share of mare: near, far."""
    table = load_hemispheres()
    out = []
    keys = table[["catalogue", "low_km", "high_km"]].drop_duplicates()
    for name, low, high in keys.itertuples(index=False):
        part = table[(table["catalogue"] == name) & (table["low_km"] == low)]
        out.append(_contrast(str(name), (float(low), float(high)), part))
    first = table[
        (table["catalogue"] == out[0].catalogue) & (table["low_km"] == out[0].range_km[0])
    ]
    area = first.pivot_table(index="side", columns="ground", values="area_km2", aggfunc="sum")
    share = area["mare"] / area.sum(axis=1)
    return tuple(out), (float(share["near"]), float(share["far"]))


def _contrast(catalogue: str, range_km: tuple[float, float], part: pd.DataFrame) -> Contrast:
    by = part.set_index(["side", "ground"])[["craters", "area_km2"]].astype(float)
    n, area = by["craters"], by["area_km2"]

    def ratio(a: Any, b: Any) -> tuple[float, float]:
        """Return density a over b, and one sigma of its ln by counting."""
        value = (n[a].sum() / area[a].sum()) / (n[b].sum() / area[b].sum())
        return float(value), float(np.sqrt(1 / n[a].sum() + 1 / n[b].sum()))

    grounds = ("mare", "highland", SPA)
    whole = ratio([("far", g) for g in grounds], [("near", g) for g in grounds])
    land = ratio([("far", "highland")], [("near", "highland")])
    mare = ratio([("far", "mare")], [("near", "mare")])
    z = np.log(mare[0] / land[0]) / np.hypot(mare[1], land[1])
    return Contrast(
        catalogue,
        range_km,
        whole[0],
        land[0],
        mare[0],
        (whole[1], land[1], mare[1]),
        ratio([("near", "mare")], [("near", "highland")])[0],
        ratio([("far", SPA)], [("far", "highland")])[0],
        float(2 * stats.norm.sf(abs(z))),
    )
