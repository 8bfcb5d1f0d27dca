"""All findings, in the order in which they are told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from farside.errors import UnknownNameError
from farside.progress import counted
from farside.study import (
    ages,
    basin,
    change6,
    crust,
    flux,
    kreep,
    magnesian,
    mantle,
    potassium,
    rust,
    transfer,
    transparency,
    volatiles,
    water,
)
from farside.study.finding import SURE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from farside.study.finding import Finding

NEEDS = ("near_far", "map", "validation", "audit", "explanation", "chronology")
"""Names of the results that findings read."""


@dataclass(frozen=True)
class Claim:
    """A module of claims: names of its findings, and what makes them from the results."""

    names: tuple[str, ...]
    make: Callable[[Mapping[str, Any]], tuple[Finding, ...]]


CLAIMS = (
    Claim(("spa-maria", "spa-near-side", "spa-far-highlands"), basin.findings),
    Claim(("change6-soil",), change6.findings),
    Claim(("far-side-bias", "one-far-sample", "far-side-truth"), transfer.findings),
    Claim(("magnesian-share",), magnesian.findings),
    Claim(("kreep",), kreep.findings),
    Claim(("potassium",), potassium.findings),
    Claim(("volatile-loss",), volatiles.findings),
    Claim(("water",), water.findings),
    Claim(("impact-melting", "basin-mantle", "asymmetric-ocean"), mantle.findings),
    Claim(("crust-volcanism",), crust.findings),
    Claim(("ferric-oxides",), rust.findings),
    Claim(("basalt-age", "basin-age", "volcanism-span"), ages.findings),
    Claim(("symmetric-flux", "no-late-bombardment"), flux.findings),
    Claim(("leak", "bias-audit"), transparency.findings),
)


@dataclass(frozen=True)
class Findings:
    """Findings in order."""

    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the findings as plain values."""
        return {"findings": [f.to_dict() for f in self.findings]}

    def __str__(self) -> str:
        """Return the findings as text, the table of verdicts first."""
        width = max(len(f.name) for f in self.findings)
        table = [f"{f.name:{width}}  {f.verdict:12} {f.title}" for f in self.findings]
        return "\n".join([*table, "", *(f"{f}\n" for f in self.findings)]).rstrip()

    def _repr_html_(self) -> str:
        from farside.notebook import Band, Range, card, ranges  # noqa: PLC0415

        table = [(f.name, f.title, f.verdict) for f in self.findings]
        rows = [
            Range(f.name, math.nan, dots=[p.chance for p in f.parts if p.decides])
            for f in self.findings
        ]
        bands = [Band("", 0.0, 1.0 - SURE), Band("", SURE, 1.0)]
        return card(
            "findings of the far side",
            table=(("finding", "claim", "verdict"), table),
            figure=ranges(
                rows,
                "probability of each statement that decides",
                limits=(-0.02, 1.02),
                bands=bands,
            ),
        )


def names() -> tuple[str, ...]:
    """Return the names of all findings, in order."""
    return tuple(name for claim in CLAIMS for name in claim.names)


def findings(
    results: Mapping[str, Any],
    only: Sequence[str] = (),
    *,
    spectrum: xr.Dataset | None = None,
    sharp: xr.Dataset | None = None,
    thickness_km: NDArray[np.float64] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Return the findings.

    Parameters
    ----------
    results : shipped or recomputed results by name, those of `NEEDS`
    only : names to keep, in the order of `names`; all when empty
    spectrum : a prediction for a spectrum of the Chang'e-6 site, see `farside.study.change6`
    sharp : the sharp map; the one that ships when left out
    thickness_km : of the crust of each cell, see `farside.study.crust`; by isostasy when left out
    say : told which findings are computed

    Raises
    ------
    UnknownNameError
        for a name that is none of a finding
    """
    for name in only:
        if name not in names():
            raise UnknownNameError.of("finding", name, names())
    found: list[Finding] = []
    asked = [claim for claim in CLAIMS if not only or set(only) & set(claim.names)]
    for claim in counted(asked, lambda claim: f"compute {', '.join(claim.names)}", say):
        if claim.make is change6.findings:
            made = change6.findings(results, spectrum, sharp)
        elif claim.make is crust.findings:
            made = crust.findings(results, thickness_km)
        else:
            made = claim.make(results)
        found += [f for f in made if not only or f.name in only]
    return Findings(tuple(found))
