"""Was there a late heavy bombardment? A smooth decline against a spike and a sawtooth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.chronology.evidence import Evidence, evidence
from farside.chronology.likelihood import site_data
from farside.chronology.models import TITLES, Model, model
from farside.chronology.sites import calibration_sites
from farside.errors import InputError
from farside.provenance import cite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from farside.chronology.likelihood import SiteData
    from farside.chronology.sites import Site

SMOOTH, LATE = ("exponential", "piecewise"), ("spike", "sawtooth")
NAMES = (*SMOOTH, *LATE)
SPA_GA = 4.25
WIDTHS = (0.75, 1.5)
IMBRIUM, NECTARIS = ("Fra Mauro (Apollo 14)", "Apennines (Apollo 15)"), "Nectaris"
IMBRIUM_GA, IMBRIUM_SIGMA_GA = 3.92, 0.01
"""Age of the Imbrium impact by Pb-Pb isochrons of Apollo 14 breccias, "ca. 3.92 Ga" in the abstract
of Nemchin et al. (2017), against 3.85 Ga of Stöffler and Ryder (2001); the error is one unit of its
last figure. Nectaris, which lies below Imbrium's ejecta, is then older than its 3.92 Ga by an
unknown amount, so that it is also left out."""
_CITED = ("kass1995", "delmoral2006", "morbidelli2012", "nemchin2017")
_QUICK = {"runs": 3, "particles": 1500}


@dataclass(frozen=True)
class Standing:
    """A model among those compared.

    Parameters
    ----------
    model, title : name, and what it says
    ln_bayes, error : ln of its marginal likelihood over that of the exponential, and one sigma
    elpd : ln predictive density of all sites, each left out in turn
    """

    model: str
    title: str
    ln_bayes: float
    error: float
    elpd: float

    def to_dict(self) -> dict[str, Any]:
        """Return the standing for JSON."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Variant:
    """The comparison under another choice of sites or priors.

    Parameters
    ----------
    choice : what differs
    kind : ``sites`` or ``priors``
    ln_bayes : ln Bayes factor of each model against the exponential
    late_over_smooth, error : ln of the better late bombardment over the better smooth decline, and
        one sigma of it by the integration
    """

    choice: str
    kind: str
    ln_bayes: dict[str, float]
    late_over_smooth: float
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Return the variant for JSON."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Bombardment:
    """Smooth decline, spike and sawtooth compared.

    Parameters
    ----------
    sites : names of the sites
    standings : models, by their priors
    variants : the same under other sites and priors
    spike_share : 2.5, 50 and 97.5 % of the share of N(1) at 4.25 Ga that a spike made
    sawtooth_step : the same of the factor by which the rate rose at the step
    """

    sites: tuple[str, ...]
    standings: tuple[Standing, ...]
    variants: tuple[Variant, ...]
    spike_share: tuple[float, float, float]
    sawtooth_step: tuple[float, float, float]

    @property
    def late_over_smooth(self) -> float:
        """Ln of the Bayes factor of the better late bombardment over the better smooth decline."""
        return _contrast({s.model: s.ln_bayes for s in self.standings})

    @property
    def verdict(self) -> str:
        """What the data can and cannot exclude, in words."""
        main = self.late_over_smooth
        # errors against the exponential hold its own twice over, so that this is on the safe side
        error = 2**0.5 * max(s.error for s in self.standings)
        others = [v.late_over_smooth for v in self.variants]
        low, high = min([main, *others]), max([main, *others])
        side = "a late bombardment" if main > 0 else "a smooth decline"
        text = (
            f"All sites, default priors: ln B = {main:+.1f} ± {error:.1f} for a late "
            "bombardment (spike or step) "
            f"over a smooth decline (one slope or two), {weight(main)} evidence for {side}. Over "
            f"other choices of sites and priors it runs from {low:+.1f} to {high:+.1f}. "
        )
        if low < 1 < high or low < -1 < high:
            least = min(self.variants, key=lambda v: v.late_over_smooth)
            most = max(self.variants, key=lambda v: v.late_over_smooth)
            text += (
                "The choice decides, not the data: the least for a late bombardment is "
                f"'{least.choice}', the most '{most.choice}'. The data at hand neither prove nor "
                "exclude a late bombardment. "
            )
        elif high <= 1 and low >= -1:
            text += "The data at hand do not tell them apart. "
        else:
            text += "The choices agree. "
        share, step = self.spike_share, self.sawtooth_step
        return text + (
            f"A spike made {share[0]:.0%} to {share[2]:.0%} (95 %) of the craters of a surface of "
            f"4.25 Ga; a step rose by a factor of {step[0]:.1f} to {step[2]:.1f} (prior 1 to 30)."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison for JSON."""
        return {
            "sites": list(self.sites),
            "standings": [s.to_dict() for s in self.standings],
            "variants": [v.to_dict() for v in self.variants],
            "late_over_smooth": self.late_over_smooth,
            "spike_share": list(self.spike_share),
            "sawtooth_step": list(self.sawtooth_step),
            "verdict": self.verdict,
            "references": [str(r) for r in cite(*_CITED)],
        }

    def __str__(self) -> str:
        """Return the comparison as a report."""
        lines = [
            f"{len(self.sites)} sites; ln B against one exponential; elpd: leave-one-out",
            f"{'model':14}{'ln B':>8}{'1 sigma':>9}{'elpd':>8}",
        ]
        lines += [
            f"{s.model:14}{s.ln_bayes:>+8.2f}{s.error:>9.2f}{s.elpd:>8.1f}   {s.title}"
            for s in self.standings
        ]
        head = "".join(f"{s.model:>13}" for s in self.standings[1:])
        lines += ["", f"{'under another choice':38}{head}{'late/smooth':>13}{'1 sigma':>9}"]
        for v in self.variants:
            cells = "".join(f"{v.ln_bayes[s.model]:>+13.2f}" for s in self.standings[1:])
            lines.append(f"{v.choice:38}{cells}{v.late_over_smooth:>+13.2f}{v.error:>9.2f}")
        references = cite(*_CITED)
        return "\n".join([*lines, "", self.verdict, "references:", *(f"  {r}" for r in references)])

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        table = [
            (s.model, s.title, f"{s.ln_bayes:+.2f} ± {s.error:.2f}", f"{s.elpd:.1f}")
            for s in self.standings
        ]
        rows = [
            Range(s.model, s.ln_bayes, s.ln_bayes - s.error, s.ln_bayes + s.error)
            for s in self.standings
        ]
        return card(
            f"smooth decline or late bombardment, by {len(self.sites)} sites",
            table=(("model", "", "ln B", "elpd"), table),
            figure=ranges(rows, "ln B against one exponential, 1 sigma", marks=[0.0]),
            notes=(self.verdict,),
            text=str(self),
        )


def weight(ln_bayes: float) -> str:
    """Return the strength of evidence in the words of Kass and Raftery (1995)."""
    for limit, word in ((1, "hardly any"), (3, "positive"), (5, "strong")):
        if abs(ln_bayes) < limit:
            return word
    return "very strong"


def _contrast(ln_bayes: dict[str, float]) -> float:
    return ln_bayes[_best(ln_bayes, LATE)] - ln_bayes[_best(ln_bayes, SMOOTH)]


def _best(ln_bayes: dict[str, float], names: tuple[str, ...]) -> str:
    return max(names, key=lambda name: ln_bayes[name])


def compare_bombardment(
    sites: Sequence[Site] | None = None,
    *,
    errors: str = "lognormal",
    seed: int = 0,
    variants: bool = True,
    particles: int = 2000,
    say: Callable[[str], None] = lambda _: None,
) -> Bombardment:
    """Return how well smooth declines, a spike and a sawtooth stand up to the sites.

    Parameters
    ----------
    sites : calibration sites; the default sets when None
    errors : distribution of the densities
    seed : of the particles
    variants : also other sites and priors, without which a Bayes factor says little
    particles : of each of three runs, without the variants
    say : told what is being done

    Raises
    ------
    InputError
        when no site is older than 3.8 Ga: then nothing can be told apart
    """
    chosen = tuple(sites) if sites is not None else calibration_sites()
    if max(site.age_ga for site in chosen) <= 3.8:
        raise InputError(
            "no site is older than 3.8 Ga, so that a late bombardment cannot be told from a smooth "
            "decline; include older sites."
        )
    data = site_data(chosen, errors)
    found: dict[str, Evidence] = {}
    for name in NAMES:
        say(f"marginal likelihood: {TITLES[name]}")
        found[name] = evidence(model(name), data, seed=seed, particles=particles)
    base = found["exponential"]
    standings = tuple(
        Standing(
            name,
            TITLES[name],
            e.log_z - base.log_z,
            float(np.hypot(e.error, base.error)) if name != "exponential" else 0.0,
            float(e.leave_one_out().sum()),
        )
        for name, e in found.items()
    )
    others = _variants(chosen, errors, seed, say) if variants else ()
    return Bombardment(
        data.names, standings, others, _spike_share(found["spike"]), _step(found["sawtooth"])
    )


def _variants(
    sites: tuple[Site, ...], errors: str, seed: int, say: Callable[[str], None]
) -> tuple[Variant, ...]:
    out = []
    for choice, chosen in _other_sites(sites):
        say(f"sites: {choice}")
        plain = {name: model(name) for name in NAMES}
        out.append(_variant(choice, "sites", plain, site_data(chosen, errors), seed))
    data = site_data(sites, errors)
    for factor in WIDTHS:
        say(f"priors {factor:g} times as wide")
        wide = {name: _widened(model(name), factor) for name in NAMES}
        choice = f"priors of age, slope, size x {factor:g}"
        out.append(_variant(choice, "priors", wide, data, seed))
    return tuple(out)


def _other_sites(sites: tuple[Site, ...]) -> list[tuple[str, tuple[Site, ...]]]:
    """Return other choices of sites: without each old one, near side only, an older Imbrium."""
    out = [
        (f"without {site.name}", tuple(s for s in sites if s is not site))
        for site in sites
        if site.age_ga > 3.79
    ]
    out.append(("near side only", tuple(s for s in sites if s.side == "near")))
    older = tuple(_older_imbrium(s) for s in sites)
    out.append(("Imbrium at 3.92 Ga", older))
    bare = tuple(s for s in older if s.name != NECTARIS)
    if len(bare) < len(older):
        out.append(("Imbrium at 3.92 Ga, without Nectaris", bare))
    return [(name, kept) for name, kept in out if kept not in ((), sites)]


def _older_imbrium(site: Site) -> Site:
    if site.name not in IMBRIUM:
        return site
    return replace(site, ages_ga=(IMBRIUM_GA,), age_sigmas_ga=(IMBRIUM_SIGMA_GA,))


def _widened(family: Model, factor: float) -> Model:
    """Return a model whose own parameters (beyond those of the exponential) have other priors."""
    own = {p.name for p in family.parameters} - {p.name for p in model("exponential").parameters}
    parameters = tuple(p.widened(factor) if p.name in own else p for p in family.parameters)
    return Model(family.name, parameters, family.scatter)


def _variant(
    choice: str, kind: str, families: dict[str, Model], data: SiteData, seed: int
) -> Variant:
    found = {n: evidence(f, data, seed=seed, **_QUICK) for n, f in families.items()}
    ln_bayes = {n: e.log_z - found["exponential"].log_z for n, e in found.items()}
    late, smooth = _best(ln_bayes, LATE), _best(ln_bayes, SMOOTH)
    error = float(np.hypot(found[late].error, found[smooth].error))
    return Variant(choice, kind, ln_bayes, _contrast(ln_bayes), error)


def _spike_share(found: Evidence) -> tuple[float, float, float]:
    family = model("spike")
    whole = family.density(found.theta, np.array([SPA_GA]))[:, 0]
    below = found.theta.copy()
    below[:, 5] = -50.0  # ln of what the spike adds: nothing
    share = 1 - family.density(below, np.array([SPA_GA]))[:, 0] / whole
    return _interval(share)


def _step(found: Evidence) -> tuple[float, float, float]:
    return _interval(np.exp(found.theta[:, 5]))


def _interval(x: Any) -> tuple[float, float, float]:
    low, middle, high = np.quantile(x, (0.025, 0.5, 0.975)).tolist()
    return low, middle, high
