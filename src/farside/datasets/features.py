"""The named features of the Moon: approved names of the IAU with centre and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.datasets._tables import _load

if TYPE_CHECKING:
    import pandas as pd

TABLE = "features"


def load_features() -> pd.DataFrame:
    """Return the approved names of the Moon (IAU Gazetteer of Planetary Nomenclature).

    Returns
    -------
    pandas.DataFrame
        a fresh copy; ``name``, ``type`` (``crater``, ``satellite crater``, ``mare``, ... as the
        name tells it), ``lat``, ``lon`` (degrees, east) and ``diameter_km`` (NaN = none given; the
        greatest extent where it is no crater)
    """
    return _load(TABLE)
