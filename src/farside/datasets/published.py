"""Load the published figures that findings are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.datasets._tables import _load

if TYPE_CHECKING:
    import pandas as pd


def load_published_values() -> pd.DataFrame:
    """Return published figures of the far-side story, with the keys of their papers.

    Returns
    -------
    pandas.DataFrame
        ``name, value, low, high, sigma, unit, reference, status``; ``value`` or the range ``low``
        to ``high`` is NaN where the other is published, ``sigma`` is one standard deviation (NaN =
        not given), ``status`` what was read of the source; no figure is unverified
    """
    return _load("published_values")
