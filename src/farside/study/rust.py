"""Hematite and maghemite: what oxygen they ask of an impact vapour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.interior.oxidation import (
    HEMATITE_C,
    LUNAR_RANGE,
    MAGHEMITE_EXCESS,
    buffer_fo2,
    maghemite_fo2,
    pure_gas_fo2,
)
from farside.study._published import claimed
from farside.study.finding import Finding, Statement, drawn, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAWS = 400
ABOVE = Statement(low=0.0)


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the finding on ferric oxides in the Chang'e-6 soil.

    Temperature is drawn uniform over the range that is published for the grains, the mantle's
    oxygen uniform over that of lunar basalts, the excess enthalpy of maghemite within its error.
    """
    rng = np.random.default_rng(0)
    celsius = rng.uniform(*HEMATITE_C, DRAWS)
    excess = rng.normal(*MAGHEMITE_EXCESS, DRAWS)
    hematite = buffer_fo2("MH", celsius)
    mantle = buffer_fo2("IW", celsius) + rng.uniform(*LUNAR_RANGE, DRAWS)
    steam = np.array([pure_gas_fo2(float(t)) for t in celsius])
    maghemite = np.array([float(maghemite_fo2(t, e)) for t, e in zip(celsius, excess, strict=True)])
    unit = "log10 fO2"
    found = claimed("grains of hematite and maghemite", "liu2025", "abstract")
    parts = (
        drawn("pure steam at 1 bar above the limit of hematite", steam - hematite, unit, ABOVE,
              published=(found,)),
        unknown("the vapour of the impact above the limit of hematite", unit, statement=ABOVE,
                note="neither its composition nor its oxygen is published"),
        drawn("limit of hematite above the mantle of the Moon", hematite - mantle, unit,
              decides=False),
        drawn("pure steam at 1 bar above the limit of maghemite as its own phase",
              steam - maghemite, unit, ABOVE, decides=False),
    )  # fmt: skip
    return (
        Finding(
            "ferric-oxides",
            "Hematite and maghemite from impact vapour",
            "Hematite and maghemite in the Chang'e-6 soil grew from an oxidised impact vapour.",
            parts,
            "Equilibrium asks for oxygen some ten orders of magnitude above that of lunar basalt. "
            "A vapour of steam or carbon dioxide with hardly any hydrogen or carbon monoxide "
            "reaches hematite; whether an impact on the Moon makes one is not computed here.",
            "The composition of the vapour: sulfur, sodium and oxygen of the films around the "
            "grains; oxygen isotopes of the hematite against those of the Earth's wind.",
            (
                "farside.interior.oxidation.buffer_fo2",
                "farside.interior.oxidation.pure_gas_fo2",
                "farside.interior.oxidation.maghemite_fo2",
            ),
            ("oxidation_buffers", "oxidation_gas"),
            ("liu2025", "frost1991", "wadhwa2008", "laberty1998"),
            ("ideal gas, pure phases, equilibrium; maghemite grows also on magnetite, metastably",),
        ),
    )
