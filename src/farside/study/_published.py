"""Published figures as findings quote them."""

from __future__ import annotations

import math

from farside.datasets.published import load_published_values
from farside.errors import UnknownNameError
from farside.study.finding import Published


def published(name: str) -> Published:
    """Return a published figure of the table ``published_values``.

    Raises
    ------
    UnknownNameError
        when there is none of that name
    """
    table = load_published_values().set_index("name")
    if name not in table.index:
        raise UnknownNameError.of("published figure", name, table.index)
    row = table.loc[[name]].iloc[0].to_dict()
    return Published(
        value=float(row["value"]),
        sigma=float(row["sigma"]),
        low=float(row["low"]),
        high=float(row["high"]),
        unit=str(row["unit"]),
        reference=str(row["reference"]),
        status=str(row["status"]),
    )


MISSION = "mission"
"""Key of the mission's own document, which is not published."""
FIGURES = "farside.study._published.published"
"""Name of `published`, for numbers that are published figures themselves."""


def claimed(words: str, reference: str = MISSION, status: str = "mission document") -> Published:
    """Return a published claim without a figure; of the mission's document by default."""
    nan = math.nan
    return Published(nan, nan, nan, nan, "", reference, status, words)
