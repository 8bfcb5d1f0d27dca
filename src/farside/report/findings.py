"""The findings for the command line: from results that ship, and a spectrum that is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.errors import InputError
from farside.interior.crust_grid import grid_thickness
from farside.oxides import bundle
from farside.report import store
from farside.spectra.prepare import open_spectra, prepare
from farside.study import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import xarray as xr

    from farside.study.catalogue import Findings

SOIL, VOLCANISM = "change6-soil", "crust-volcanism"
"""Findings that a spectrum and a grid of the crust are for."""


def findings(
    only: Sequence[str] = (),
    spectrum: Path | None = None,
    crust: Path | None = None,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Return findings, computed from the results that ship.

    Parameters
    ----------
    only : names; all when empty
    spectrum : CSV with one or more spectra of the Chang'e-6 site, as for `farside predict`
    crust : GeoTIFF or NetCDF of the thickness of the crust, see
        `farside.interior.crust_grid.grid_thickness`
    say : told which findings are computed

    Raises
    ------
    UnknownNameError
        for a name that is none of a finding
    StaleError
        when a result was made by other code, data or settings than those present
    InputError
        when the spectrum or the grid cannot be read, or the finding that it is for is not asked

    Examples
    --------
    >>> import farside
    >>> print(farside.findings(["leak"]))  # doctest: +SKIP
    """
    for option, file, name in (("--spectrum", spectrum, SOIL), ("--crust", crust, VOLCANISM)):
        if file is not None and only and name not in only:
            raise InputError(f"{option} is for the finding {name}, which is not asked; add it.")
    results = {name: store.read(name) for name in catalogue.NEEDS}
    given = None if spectrum is None else _predicted(spectrum)
    thickness = None if crust is None else grid_thickness(crust)
    return catalogue.findings(results, only, spectrum=given, thickness_km=thickness, say=say)


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
