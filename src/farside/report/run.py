"""The main job: predict real input, compare it with what is known, write the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside import provenance
from farside.constants import OXIDES
from farside.datasets import load_clementine_sites, load_sites
from farside.errors import InputError
from farside.maps.shipped import load_map
from farside.oxides import bundle
from farside.oxides.cnn import import_torch
from farside.oxides.compare import against_cells, predict_orbital
from farside.report import _map as sharp_map
from farside.report import store
from farside.report.cited import CITED
from farside.report.page import Context, render
from farside.report.pdf import print_pdf
from farside.spectra.dataset import from_table
from farside.spectra.prepare import prepare
from farside.study import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import xarray as xr

    from farside.oxides.estimator import OxideEstimator

R2_TOLERANCE = 0.05
"""A recomputed R2 or coverage may differ this much from the shipped one: nets trained on another
processor round differently, and 55 sites make both coarse."""


@dataclass(frozen=True)
class Run:
    """What a run wrote and found.

    Parameters
    ----------
    out : folder
    files : what was written, in order
    context : everything that the page shows
    differences : recomputed against shipped scores where they differ by more than `R2_TOLERANCE`;
        None unless everything was recomputed
    """

    out: Path
    files: tuple[Path, ...]
    context: Context
    differences: pd.DataFrame | None

    def to_dict(self) -> dict[str, Any]:
        """Return the files and the differences."""
        return {
            "out": str(self.out),
            "files": [str(f) for f in self.files],
            "differences": None
            if self.differences is None
            else self.differences.to_dict(orient="records"),
        }


def run(
    out: Path,
    *,
    full: bool = False,
    seed: int = 0,
    pdf: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Run:
    """Run every step; write the report, the findings, ``oxides.csv``, validation and the map.

    The map is ``farside_map.tif``: six oxides of the whole Moon with intervals, half a degree.

    Parameters
    ----------
    out : folder, made when it does not exist
    full : train and validate anew (extra ``train``) instead of taking what ships
    seed : of the recomputation
    pdf : print the report to ``report.pdf`` too, where a Chromium is installed
    say : told what is being done

    Raises
    ------
    StaleError
        when what ships was made by other code, data or settings than those present
    MissingExtraError
        when `full` is asked for and torch is not installed
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder to write to.")
    if seed and not full:
        raise InputError(f"seed {seed} needs --full: what ships was made with seed 0.")
    made = None
    if full:
        import_torch()  # a missing one is told before the work, not in the middle of it
        from farside.report.compute import compute  # noqa: PLC0415 - needs the extra 'train'

        made = out / "computed"
        compute(made, seed, say)
    say("load weights and results")
    estimator = bundle.load(made / "weights" if made else None)
    results = {n: store.read(n, made / "results" if made else None) for n in store.names()}
    say("predict sites and spectra from orbit")
    predictions, comparison = predict_all(estimator)
    sharp = load_map(made / "map" if made else None)
    say("compute the findings")
    found = catalogue.findings(results, sharp=sharp, say=say)
    context = Context(
        sidecar=bundle.sidecar(made / "weights" if made else None),
        results=results,
        predictions=predictions,
        comparison=comparison,
        references=provenance.cite(*CITED),
        sharp=sharp,
        findings=found,
    )
    say("draw the report")
    files = write(out, context)
    if pdf:
        say("print the report")
        trouble = print_pdf(out / "report.html", out / "report.pdf")
        files = files if trouble else (*files, out / "report.pdf")
        say(trouble or "printed report.pdf")
    differences = None
    if full:
        of_map = sharp_map.differing(results["map"], R2_TOLERANCE)
        differences = differing(results["validation"])
        if len(of_map):
            differences = pd.concat([differences, of_map], ignore_index=True)
    return Run(out, files, context, differences)


def write(out: Path, context: Context) -> tuple[Path, ...]:
    """Write what a run found, each file atomically, and return the files."""
    names = ("oxides.csv", "validation.json", sharp_map.FILE, "report.html", "findings.json")
    files = tuple(out / name for name in names)
    with provenance.atomic_path(files[0]) as path:
        context.predictions.to_csv(path, index=False, float_format="%.4f")
    provenance.write_json(files[1], context.results)
    sharp_map.write_tiff(files[2], context.sharp)
    provenance.write_text(files[3], render(context))
    made_by = {"farside": provenance.code_version()}
    provenance.write_json(files[4], made_by | context.findings.to_dict())
    return files


def predict_all(estimator: OxideEstimator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return predictions of sites and orbital spectra, and the latter against gamma-ray cells."""
    sites = load_sites()
    parts = [long_table(estimator.predict(from_table(sites)), "Kaguya MI", sites["mission"], sites)]
    stations = load_clementine_sites()
    spectra = prepare(from_table(stations), "Clementine", as_is=True)[0]
    measured = stations.reindex(columns=[*OXIDES])
    name = "Clementine (not cross-calibrated)"
    parts.append(long_table(estimator.predict(spectra), name, stations["site"], measured))
    orbital, scene = predict_orbital(estimator)
    parts.append(long_table(orbital, "Kaguya SP", pd.Series(scene), None))
    comparison = against_cells(orbital, scene)
    return pd.concat(parts, ignore_index=True), comparison


def long_table(
    prediction: xr.Dataset, source: str, group: pd.Series[Any], measured: pd.DataFrame | None
) -> pd.DataFrame:
    """Return a prediction over ``point`` with one line per point and oxide.

    Parameters
    ----------
    prediction : what `OxideEstimator.predict` returned
    source : sensor or table the spectra come from
    group : (n,) mission or scene
    measured : (n, 6) wt% in columns named as the oxides, where known
    """
    n = prediction.sizes["point"]
    names = prediction["name"].to_numpy() if "name" in prediction.coords else np.arange(n)
    frame = {
        "source": source,
        "name": np.repeat(names.astype(str), len(OXIDES)),
        "group": np.repeat(group.to_numpy(dtype=str), len(OXIDES)),
    }
    for place in ("lat", "lon"):
        frame[place] = np.repeat(prediction[place].to_numpy(), len(OXIDES))
    frame["oxide"] = np.tile(np.array(OXIDES), n)
    known = np.full((n, len(OXIDES)), np.nan)
    if measured is not None:
        known = measured[list(OXIDES)].to_numpy(dtype=float)
    frame["measured"] = known.reshape(-1)
    for key in ("value", "lower", "upper"):
        frame[key] = prediction[key].transpose("point", "oxide").to_numpy().reshape(-1)
    frame["novelty"] = np.repeat(prediction["novelty"].to_numpy(), len(OXIDES))
    frame["good"] = np.repeat(prediction["good"].to_numpy(), len(OXIDES))
    return pd.DataFrame(frame)


def differing(validation: list[dict[str, Any]]) -> pd.DataFrame:
    """Return where recomputed honest scores differ from the shipped ones beyond the tolerance."""
    shipped = {
        (v["estimator"], v["protocol"]): v["scores"] for v in store.read("validation", stale=True)
    }
    lines = []
    for new in validation:
        old = shipped.get((new["estimator"], new["protocol"]))
        # terrain extrapolates: an R2 far below 0 is no score to compare
        if old is None or new["protocol"] == "terrain":
            continue
        for a, b in zip(old, new["scores"], strict=True):
            apart = [
                abs((a[k] or 0.0) - (b[k] or 0.0)) for k in ("r2", "coverage") if k in a and k in b
            ]
            if max(apart) > R2_TOLERANCE:
                lines.append(
                    {
                        "estimator": new["estimator"],
                        "protocol": new["protocol"],
                        "oxide": a["oxide"],
                        "shipped_r2": a["r2"],
                        "recomputed_r2": b["r2"],
                    }
                )
    return pd.DataFrame(
        lines, columns=["estimator", "protocol", "oxide", "shipped_r2", "recomputed_r2"]
    )
