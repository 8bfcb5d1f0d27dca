"""Potassium isotopes: whether the basin-forming impact boiled potassium out of the mantle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from farside.isotopes.potassium import COUNTER_EVIDENCE, OFFSETS, lost
from farside.study._published import claimed, published
from farside.study.finding import Finding, Part, Statement, normal, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from farside.isotopes.potassium import Loss

FIGURES = {
    "mission": ("delta41k-offset",),
    "apollo-mean": ("delta41k-change-6", "delta41k-apollo"),
}
"""Published figures behind each offset."""


def findings(_results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the finding on potassium."""
    found = lost()
    against = unknown(
        "K and Zn isotopes of basaltic meteorites, some possibly from the far side",
        "per mil",
        statement=Statement(low=0.0),
        published=(claimed("no offset at any Th content", "dai2025", "secondary copy"),),
        note="no figure that could be taken into account",
        source="dai2025",
    )
    offsets = [_offset(name) for name in OFFSETS]
    losses = [_loss(loss) for loss in found.losses if loss.alpha != "free"]
    return (
        Finding(
            "potassium",
            "The impact took potassium from the far-side mantle",
            "Chang'e-6 basalts are heavier in potassium than Apollo's because the South "
            "Pole-Aitken impact evaporated potassium from their mantle (Tian et al. 2026).",
            (*offsets, against, *losses),
            "Both published offsets are above zero, the one against the Apollo mean by little more "
            "than the rule asks. But meteorites tell another story, and what their figures would "
            "do to the claim cannot be computed here. " + COUNTER_EVIDENCE,
            "K isotopes of more Chang'e-6 basalt fragments, with zinc or another volatile on the "
            "same ones, and of a basalt that is known to be from outside of the basin.",
            ("farside.isotopes.potassium.difference", "farside.isotopes.potassium.lost"),
            ("published_values",),
            ("tian2026", "tian2020", "neuman2022", "dai2025"),
            found.notes,
        ),
    )


def _offset(name: str) -> Part:
    offset = OFFSETS[name]
    return normal(
        f"offset of delta 41K, {name}",
        offset.value,
        offset.sigma,
        "per mil",
        Statement(low=0.0),
        published=tuple(published(figure) for figure in FIGURES[name]),
        note=offset.about,
        alike=len(FIGURES[name]) == 1,
    )


def _loss(loss: Loss) -> Part:
    return Part(
        f"potassium lost, offset {loss.offset}, alpha {loss.alpha}",
        loss.lost_percent,
        *loss.interval,
        unit="%",
        decides=False,
        function="farside.isotopes.potassium.lost",
        source="neuman2022",
    )
