"""Zinc and water: what the impact that took potassium must have done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farside.interior.impact_loss import draw_impacts
from farside.interior.volatiles import (
    DISSOLVED_PPM,
    ZINC_ALPHAS,
    gas_depth_m,
    water_lost,
    zinc_loss,
)
from farside.study import water
from farside.study._published import claimed, published
from farside.study.finding import Finding, Part, Statement, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from farside.interior.impact_loss import Draws, Interval
    from farside.interior.volatiles import ZincLoss

OFFSET, ALPHA = "apollo-mean", "between"
"""Offset of potassium, which has an error of its own, and its fractionation factor."""
FREE_RATIOS = (1.0,)
"""Rates of zinc over potassium that are told with free evaporation as well."""
_ZINC = "farside.interior.volatiles.zinc_loss"
_WATER = "farside.interior.volatiles.water_lost"
_GAS = "farside.interior.volatiles.gas_depth_m"
_SOURCES = "farside.study.water.sources"


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the finding on zinc and water."""
    impacts = draw_impacts(OFFSET, ALPHA)
    measured = unknown(
        "offset of delta 66Zn of Chang'e-6 basalts from those of the near side",
        "per mil",
        statement=Statement(low=0.0),
        published=(
            claimed("zinc among the elements lost", "tian2026", "press report"),
            claimed("Zn of basaltic meteorites alike at all Th", "dai2025", "abstract"),
        ),
        note="no zinc of Chang'e-6 basalts is published",
        source="dai2025",
    )
    near, far = water.sources()
    parts = (
        measured,
        water.contrast(near, far),
        *(p for loss in zinc_loss(impacts) for p in _zinc(loss)),
        *(_offset(loss) for loss in zinc_loss(impacts, FREE_RATIOS, "free")),
        *_bounds(impacts),
        *_depths(),
    )
    return (_finding(parts),)


def _finding(parts: tuple[Part, ...]) -> Finding:
    return Finding(
        "volatile-loss",
        "The impact took zinc and water too",
        "The impact that evaporated potassium took other volatile elements, zinc and water among "
        "them, from the far-side mantle (Tian et al. 2026, as the press tells it).",
        parts,
        "Zinc evaporates faster than potassium, so that the source lost at least as large a share "
        "of it; how much more is not known, and neither is any zinc of Chang'e-6. Were the rates "
        "alike, its isotopes would hardly move, and meteorites that are all alike in zinc speak "
        "neither for nor against. Water leaves a melt as gas only in its uppermost metres: how "
        "much of a melt hundreds of km deep came up there decides between next to nothing and all.",
        "Zinc isotopes and contents of the basalt fragments whose potassium was measured; rates of "
        "evaporation of both elements from one melt; how long a melt sheet of this size convects.",
        (_ZINC, _WATER, _GAS, _SOURCES),
        ("published_values",),
        ("tian2026", "neuman2022", "day2017", "dai2025", "newcombe2017", "hauri2011", "he2025"),
        (
            "impactors are those that match the basin and the offset of potassium",
            (
                "the rate of zinc over that of potassium is 1 or more [neuman2022]; the others are "
                "tried, not measured"
            ),
            (
                f"fractionation of zinc {ZINC_ALPHAS['trinitite'].value:g} to "
                f"{ZINC_ALPHAS['trinitite'].upper:g}, of a glass that was no lunar melt [day2017]"
            ),
            (
                f"solubility of water from one inclusion of {DISSOLVED_PPM:.0f} ppm [hauri2011] "
                "and the gas that it is in balance with [newcombe2017]"
            ),
        ),
    )


def _beside(what: str, span: Interval, unit: str, note: str, origin: tuple[str, str]) -> Part:
    low, middle, high = span
    function, source = origin
    return Part(what, middle, low, high, unit, decides=False, note=note,
                function=function, source=source)  # fmt: skip


def _zinc(loss: ZincLoss) -> tuple[Part, Part]:
    note = f"zinc {loss.ratio:g} times as fast as potassium"
    low, middle, high = (100 * x for x in loss.lost)
    what = f"zinc lost by the source, rate {loss.ratio:g}"
    return (
        _beside(what, (low, middle, high), "%", note, (_ZINC, "neuman2022")),
        _offset(loss),
    )


def _offset(loss: ZincLoss) -> Part:
    note = f"zinc {loss.ratio:g} times as fast as potassium; {ZINC_ALPHAS[loss.alpha].about}"
    what = f"offset of delta 66Zn foretold, rate {loss.ratio:g}, alpha {loss.alpha}"
    return _beside(what, loss.offset, "per mil", note, (_ZINC, "day2017"))


def _bounds(impacts: Draws) -> tuple[Part, Part]:
    least, most = (tuple(100 * x for x in span) for span in water_lost(impacts))
    origin = (_WATER, "tian2026")
    return (
        _beside("water lost by the source, at the least", (least[0], least[1], least[2]), "%",
                "what the vapour zone took, as of potassium", origin),
        _beside("water lost by the source, at the most", (most[0], most[1], most[2]), "%",
                "all that was melted", origin),
    )  # fmt: skip


def _depths() -> list[Part]:
    """Return how deep gas forms in melts with the published water of sources and inclusions."""
    far, near = published("water-far"), published("water-near")
    shown = (
        (far.high, "most of the far-side mantle", far.reference),
        (near.high, "most of the near-side mantle", near.reference),
        (DISSOLVED_PPM, "the wettest melt inclusion", "hauri2011"),
    )
    found = []
    for ppm, what, key in shown:
        depth = float(gas_depth_m(ppm))
        found.append(
            _beside(f"depth above which gas forms in a melt with {ppm:g} ppm of water",
                    (depth, depth, depth), "m", f"water of {what}", (_GAS, key))
        )  # fmt: skip
    return found
