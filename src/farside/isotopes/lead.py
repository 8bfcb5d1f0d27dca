r"""mu = 238U/204Pb of the mantle source of a basalt, from its initial lead.

From the composition of Canyon Diablo troilite at T0 the source grows with mu1 (as today) to the
differentiation at T1, then with mu2 to the eruption at t:

.. math:: \left(\frac{^{206}Pb}{^{204}Pb}\right)_t = a_0
   + \mu_1 (e^{\lambda_8 T_0} - e^{\lambda_8 T_1}) + \mu_2 (e^{\lambda_8 T_1} - e^{\lambda_8 t})

and 207Pb with lambda_5 and mu / (238U/235U). One stage is mu2 alone, from T0 on. Errors of the
ratios, of the age and of mu1 and T1 are propagated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc

from farside.constants import Constant
from farside.errors import InputError, UnknownNameError
from farside.isotopes.decay import DEFAULT, preset
from farside.isotopes.propagate import spread
from farside.isotopes.systems import MA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from farside.isotopes.decay import Preset

    Float = NDArray[np.float64]

CDT_206_204 = Constant("206Pb/204Pb of Canyon Diablo troilite", 9.307, "1", 0.0, "tatsumoto1973")
CDT_207_204 = Constant("207Pb/204Pb of Canyon Diablo troilite", 10.294, "1", 0.0, "tatsumoto1973")


@dataclass(frozen=True)
class LeadModel:
    """Two stages of lead in the lunar mantle; errors one sigma.

    Parameters
    ----------
    name : how it is chosen
    start_ma : T0, Ma; a choice of the model, without error
    mu1, mu1_1s : 238U/204Pb of the first stage
    split_ma, split_1s : T1, Ma
    reference : key of its paper
    """

    name: str
    start_ma: float
    mu1: float
    mu1_1s: float
    split_ma: float
    split_1s: float
    reference: str


# T1 = 4376 +- 18 Ma is in the abstract of Snape et al. (2016); T0 = 4500 Ma and mu1 = 460 +- 46
# were not read at the source. The published errors are at 95 % and are halved.
SNAPE_2016 = LeadModel("snape2016", 4500.0, 460.0, 23.0, 4376.0, 9.0, "snape2016")
LEAD_MODELS = {SNAPE_2016.name: SNAPE_2016}

PUBLISHED_MU = {
    "Chang'e-5 basalt": ((680.0, 680.0), "li2021"),
    "Chang'e-6 low-Ti basalt": ((360.0, 360.0), "zhang2024"),
    "Chang'e-6 high-Al basalt": ((1620.0, 1620.0), "zhang2024"),
    "Apollo low- and high-Ti basalts": ((300.0, 1000.0), "li2021"),
    "KREEP and high-Al basalts": ((2600.0, 3700.0), "li2021"),
}
"""mu of lunar sources as the abstracts state them, for comparison."""


@dataclass(frozen=True)
class Lead:
    """The initial lead of a basalt at its age; errors one sigma.

    Parameters
    ----------
    pb206, pb206_1s, pb207, pb207_1s : 206Pb/204Pb and 207Pb/204Pb
    rho : correlation of their errors
    age_ma, age_1s : of the eruption
    """

    pb206: float
    pb206_1s: float
    pb207: float
    pb207_1s: float
    rho: float
    age_ma: float
    age_1s: float = 0.0

    @classmethod
    def from_inverse(
        cls,
        pb204_206: float,
        pb204_206_1s: float,
        pb207_206: float,
        pb207_206_1s: float,
        age_ma: float,
        age_1s: float = 0.0,
    ) -> Lead:
        """Return initial lead from 204Pb/206Pb and 207Pb/206Pb with independent errors."""
        a, b = pb204_206_1s / pb204_206, pb207_206_1s / pb207_206
        total = float(np.hypot(a, b))
        ratio = pb207_206 / pb204_206
        rho = a / total if total else 0.0
        return cls(
            1 / pb204_206, a / pb204_206, ratio, ratio * total, min(rho, 1 - 1e-12), age_ma, age_1s
        )


@dataclass(frozen=True)
class Mu:
    """238U/204Pb of a source; errors one sigma.

    Parameters
    ----------
    value, sigma : of the two lead ratios together, with all errors of model and age
    analytical : the part of the lead ratios alone
    from_206, from_207 : of each ratio alone; they agree where the model holds
    mswd, probability : of that agreement, one degree of freedom
    stages, model : 1 or 2, and the model's name
    references : keys of papers
    """

    value: float
    sigma: float
    analytical: float
    from_206: float
    from_207: float
    mswd: float
    probability: float
    stages: int
    model: str
    references: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**self.__dict__, "references": list(self.references)}

    def __str__(self) -> str:
        """Return one line."""
        return (
            f"mu = {self.value:.0f} ± {self.sigma:.0f} (1 sigma; lead ratios alone "
            f"{self.analytical:.0f}), {self.stages}-stage {self.model}; from 206Pb "
            f"{self.from_206:.0f}, from 207Pb {self.from_207:.0f} (MSWD {self.mswd:.2g})"
        )


def evolve(
    mu2: float,
    age_ma: float,
    *,
    model: LeadModel = SNAPE_2016,
    stages: int = 2,
    constants: Preset | None = None,
) -> tuple[float, float]:
    """Return 206Pb/204Pb and 207Pb/204Pb at an age, Ma, of a source of mu2.

    With one stage the source has `mu2` from `model.start_ma` on.
    """
    rates = constants or preset()
    base, grow = _growth(age_ma, model.mu1, model.split_ma, model, stages, rates)
    return float(base[0] + mu2 * grow[0]), float(base[1] + mu2 * grow[1])


def source_mu(
    lead: Lead, *, stages: int = 2, model: str = "snape2016", constants: str = DEFAULT
) -> Mu:
    """Return mu of the source of a basalt.

    Parameters
    ----------
    lead : initial lead and age
    stages : 1 or 2
    model : a key of `LEAD_MODELS`
    constants : name of a set of decay constants

    Raises
    ------
    InputError
        when the age is not after the last stage began, or ratios or errors are not above 0
    """
    if model not in LEAD_MODELS:
        raise UnknownNameError.of("lead model", model, LEAD_MODELS)
    of, rates = LEAD_MODELS[model], preset(constants)
    if stages not in {1, 2}:
        raise InputError(f"{stages} stages; give 1 or 2.")
    begin = of.start_ma if stages == 1 else of.split_ma
    if not 0 <= lead.age_ma < begin:
        raise InputError(
            f"the age {lead.age_ma:g} Ma is not between 0 and {begin:g} Ma, when the last stage of "
            f"the model {model} begins."
        )
    if min(lead.pb206, lead.pb207) <= 0 or min(lead.pb206_1s, lead.pb207_1s) <= 0:
        raise InputError("206Pb/204Pb, 207Pb/204Pb and their errors must be above 0.")
    if abs(lead.rho) >= 1:
        raise InputError("the correlation of the lead ratios must be between -1 and 1.")
    cross = lead.rho * lead.pb206_1s * lead.pb207_1s
    weight = np.linalg.inv([[lead.pb206_1s**2, cross], [cross, lead.pb207_1s**2]])
    data = np.array([lead.pb206, lead.pb207])

    def fit(parts: Float) -> float:
        base, grow = _growth(parts[0], parts[1], parts[2], of, stages, rates)
        return float(grow @ weight @ (data - base) / (grow @ weight @ grow))

    centre = np.array([lead.age_ma, of.mu1, of.split_ma])
    sigmas = np.array([lead.age_1s, of.mu1_1s, of.split_1s])
    if stages == 1:
        sigmas[1:] = 0.0
    base, grow = _growth(lead.age_ma, of.mu1, of.split_ma, of, stages, rates)
    mu = fit(centre)
    analytical = float(1.0 / np.sqrt(grow @ weight @ grow))
    apart = data - base - mu * grow
    chi2 = float(apart @ weight @ apart)
    single = (data - base) / grow
    return Mu(
        mu,
        float(np.hypot(analytical, spread(fit, centre, sigmas))),
        analytical,
        float(single[0]),
        float(single[1]),
        chi2,
        float(chdtrc(1, chi2)),
        stages,
        model,
        (of.reference, "tatsumoto1973", *rates.references("U238", "U235")),
    )


def _growth(
    age_ma: float, mu1: float, split_ma: float, model: LeadModel, stages: int, rates: Preset
) -> tuple[Float, Float]:
    """Return lead at the start of the last stage and its growth per unit of mu, (206, 207)."""
    l8, l5 = rates.rates["U238"].value, rates.rates["U235"].value
    lam = np.array([l8, l5])
    share = np.array([1.0, 1.0 / rates.u_ratio.value])
    start = np.exp(lam * model.start_ma * MA)
    now = np.exp(lam * age_ma * MA)
    first = np.array([CDT_206_204.value, CDT_207_204.value])
    if stages == 1:
        return first, share * (start - now)
    split = np.exp(lam * split_ma * MA)
    return first + mu1 * share * (start - split), share * (split - now)
