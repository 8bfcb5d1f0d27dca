"""Water: whether the far-side mantle is drier than the near side's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.interior.melting import PARENT_5, RECIPES
from farside.interior.water import CHANGE_5_PARENT, CHANGE_6_PARENT, source_water
from farside.study._published import published
from farside.study.finding import Finding, Part, Statement, drawn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

DRAWS = 40_000


def sources(seed: int = 0) -> tuple[Float, Float]:
    """Return draws of the water of the Chang'e-5 and the Chang'e-6 source, ug/g."""
    rng = np.random.default_rng(seed)
    value, sigma = CHANGE_5_PARENT
    parent = np.maximum(value + sigma * rng.standard_normal(DRAWS), 0.0)
    near = source_water(
        parent, rng.uniform(*RECIPES["ce5"].melting, DRAWS), rng.uniform(*PARENT_5, DRAWS)
    )
    recipe = RECIPES["ce6"]
    far = source_water(
        rng.uniform(*CHANGE_6_PARENT, DRAWS),
        rng.uniform(*recipe.melting, DRAWS),
        rng.uniform(*recipe.crystallisation, DRAWS),
    )
    return near, far


def contrast(near: Float, far: Float) -> Part:
    """Return the difference of the two sources, and whether the far side's is the drier."""
    return drawn(
        "water of the Chang'e-6 source less that of the Chang'e-5 source",
        far - near,
        "ug/g",
        Statement(high=0.0),
        published=(published("water-far"), published("water-change-5")),
        function="farside.study.water.sources",
        source="published_values",
    )


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the finding on the water of the two mantle sources.

    Parent water, melting and crystallisation are drawn as in `farside.interior.water.contrast`,
    near and far side independently.
    """
    near, far = sources()
    parts = (
        contrast(near, far),
        drawn("water of the Chang'e-6 source", far, "ug/g", decides=False,
              published=(published("water-far"),)),
        drawn("water of the Chang'e-5 source", near, "ug/g", decides=False,
              published=(published("water-change-5"), published("water-near"))),
    )  # fmt: skip
    return (
        Finding(
            "water",
            "The far-side mantle is drier",
            "The mantle source of Chang'e-6 basalts, 1 to 1.5 ug/g of water, is drier than the "
            "near side's (He et al. 2025).",
            parts,
            "The published range of the far side lies inside that of the Chang'e-5 source; the "
            "water of the parent magma of Chang'e-6 is known within a factor of ten alone, so that "
            "what is computed from it is wide. Apollo sources that are wetter are not one mantle.",
            "Melt inclusions and apatite of Chang'e-6 basalts by fragment, with the degree of "
            "melting from their own trace elements, read in the paper itself.",
            (
                "farside.interior.water.source_water",
                "farside.study.water.sources",
            ),
            ("published_values",),
            ("he2025", "hu2021", "yin2025", "tian2021"),
            (
                "degassing is not undone: both are lower limits",
                "the figures of He et al. (2025) were read in press reports",
            ),
        ),
    )
