"""The findings for the command line: from results that ship, and a spectrum that is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.errors import InputError
from farside.oxides import bundle
from farside.report import store
from farside.spectra.prepare import open_spectra, prepare
from farside.study import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import xarray as xr

    from farside.study.catalogue import Findings


def findings(only: Sequence[str] = (), spectrum: Path | None = None) -> Findings:
    """Return findings, computed from the results that ship.

    Parameters
    ----------
    only : names; all when empty
    spectrum : CSV with one or more spectra of the Chang'e-6 site, as for `farside predict`

    Raises
    ------
    UnknownNameError
        for a name that is none of a finding
    StaleError
        when a result was made by other code, data or settings than those present
    InputError
        when the spectrum cannot be read
    """
    results = {name: store.read(name) for name in catalogue.NEEDS}
    given = None if spectrum is None else _predicted(spectrum)
    return catalogue.findings(results, only, spectrum=given)


def _predicted(path: Path) -> xr.Dataset:
    """Return the predictions for the spectra of a file that have one."""
    spectra, transfer = prepare(open_spectra(path))
    prediction = bundle.load().predict(spectra, transfer=transfer)
    if "point" not in prediction.dims:
        raise InputError(f"{path.name} is an image; give the spectra of the site as a CSV.")
    good = prediction.isel(point=prediction["good"].to_numpy().astype(bool))
    if not good.sizes["point"]:
        raise InputError(
            f"no spectrum of {path.name} can be predicted; 'farside predict' says why."
        )
    return good
