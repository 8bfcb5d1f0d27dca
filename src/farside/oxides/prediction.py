"""From spectra to oxides in one call, and what a prediction shows in a notebook."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from farside.constants import OXIDES
from farside.errors import InputError
from farside.oxides import bundle
from farside.oxides.novelty import THRESHOLD
from farside.spectra.prepare import open_spectra, prepare

if TYPE_CHECKING:
    import pandas as pd

FEW = 4
"""So many spectra are drawn each with its intervals."""
MOST_DOTS = 200
"""Values of each oxide that the plot of many spectra shows, evenly chosen."""


def predict(
    spectra: xr.Dataset | Path | str,
    *,
    sensor: str | None = None,
    as_is: bool = False,
    weights: Path | None = None,
) -> xr.Dataset:
    """Return six oxides of spectra with interval and novelty.

    It opens, brings to the calibration of the Multiband Imager and predicts; the steps apart are
    `farside.open_spectra`, `farside.prepare` and `farside.load_estimator`. For images larger than
    memory use `farside.map_tiles`.

    Parameters
    ----------
    spectra : Spectra dataset as `farside.open_spectra` or `farside.make_spectra` return it, or the
        path of a file. Reflectance is a fraction at i = 30, e = 0, g = 30 degrees
    sensor, as_is : see `farside.prepare`
    weights : folder of weights; those that ship when None

    Returns
    -------
    xarray.Dataset
        ``value``, ``lower`` and ``upper`` over ``(oxide, point)`` or ``(oxide, y, x)``, wt%;
        ``novelty`` (above 1: unlike the training sites), ``good`` and the flags that say why not.
        ``prediction.oxides`` shows it with a plot, ``prediction.oxides.to_frame()`` is a table

    Raises
    ------
    InputError
        when the spectra are not what can be predicted
    UnknownNameError
        when no transfer from the sensor to MI is known and `as_is` is False

    Examples
    --------
    >>> import farside
    >>> reflectance = [[0.05], [0.09], [0.10], [0.10], [0.10], [0.11], [0.12], [0.14]]
    >>> bands = [414, 749, 901, 950, 1001, 1049, 1248, 1548]
    >>> found = farside.predict(farside.make_spectra(reflectance, bands))
    >>> found["value"].sel(oxide="FeO").shape
    (1,)
    """
    opened = spectra if isinstance(spectra, xr.Dataset) else open_spectra(Path(spectra))
    prepared, transfer = prepare(opened, sensor, as_is=as_is)
    return bundle.load(weights).predict(prepared, transfer=transfer)


@xr.register_dataset_accessor("oxides")  # type: ignore[no-untyped-call]
class Oxides:
    """A prediction as table and as what a notebook shows: ``prediction.oxides``."""

    def __init__(self, prediction: xr.Dataset) -> None:
        self._prediction = prediction

    def to_frame(self) -> pd.DataFrame:
        """Return one line per spectrum: place, oxides with bounds (wt%), novelty, flags."""
        from farside.oxides.files import wide_table  # noqa: PLC0415 - reads and writes much else

        return wide_table(self._checked())

    def _checked(self) -> xr.Dataset:
        needed = {"value", "lower", "upper", "novelty", "good"}
        missing = sorted(needed - set(map(str, self._prediction.data_vars)))
        if missing:
            raise InputError(
                f"this dataset is no prediction of oxides: it lacks {', '.join(missing)}; "
                "farside.predict makes one."
            )
        return self._prediction

    def _cover(self) -> str:
        return f"{float(self._prediction.attrs['coverage']):.0%}"

    def _columns(self) -> dict[str, np.ndarray]:
        """Return value, lower and upper of the spectra with numbers, each (6, n)."""
        found = self._checked()
        good = found["good"].to_numpy().reshape(-1).astype(bool)
        parts = {name: found[name].sel(oxide=list(OXIDES)) for name in ("value", "lower", "upper")}
        return {name: part.to_numpy().reshape(len(OXIDES), -1)[:, good]
                for name, part in parts.items()}  # fmt: skip

    def __repr__(self) -> str:
        """Return the oxides in a line each."""
        head, rows = self._told()
        return "\n".join([head, *(f"{name:6} {value}  {spread}" for name, value, spread in rows)])

    def _told(self) -> tuple[str, list[tuple[str, str, str]]]:
        """Return what it is in a line, and name, value and interval or spread of each oxide."""
        found, columns = self._checked(), self._columns()
        n, good = found["good"].size, columns["value"].shape[1]
        novel = int((found["novelty"] > THRESHOLD).sum())
        cover = self._cover()
        head = f"{good} of {n} spectra have numbers, {novel} unlike the training sites"
        if not good:
            return head, []
        if good == 1:
            ends = zip(columns["lower"][:, 0], columns["upper"][:, 0], strict=True)
            spread = [f"{low:.2f} to {high:.2f} ({cover})" for low, high in ends]
        else:
            half = np.median(columns["upper"] - columns["lower"], axis=1) / 2
            part = 0.05 if good > FEW else 0.0
            tails = np.quantile(columns["value"], (part, 1 - part), axis=1).T
            of_them = f"in {1 - 2 * part:.0%} of them" if part else "in all"
            spread = [
                f"{low:.2f} to {high:.2f} {of_them}, each ± {h:.2f} ({cover})"
                for (low, high), h in zip(tails, half, strict=True)
            ]
        middle = [f"{v:.2f}" for v in np.median(columns["value"], axis=1)]
        return head, list(zip(OXIDES, middle, spread, strict=True))

    def _repr_html_(self) -> str:
        from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

        head, rows = self._told()
        columns = self._columns()
        n = columns["value"].shape[1]
        if not n:
            return card("six oxides, predicted", head)
        chosen = np.unique(np.linspace(0, n - 1, MOST_DOTS).astype(int))
        drawn = (
            [
                Range(f"{oxide}, {i + 1}" if n > 1 else oxide, v[i], low[i], high[i])
                for oxide, v, low, high in zip(OXIDES, *columns.values(), strict=True)
                for i in range(n)
            ]
            if n <= FEW
            else [
                Range(oxide, math.nan, dots=v[chosen].tolist())
                for oxide, v in zip(OXIDES, columns["value"], strict=True)
            ]
        )
        heads = ("oxide", "wt%" if n == 1 else "median, wt%", "interval" if n == 1 else "spread")
        return card(
            "six oxides, predicted",
            head,
            table=(heads, rows),
            figure=ranges(drawn, "wt%" if n > FEW else f"wt%, {self._cover()} intervals"),
        )
