"""From file to file: what the commands predict, train, refine and explain do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside import provenance
from farside.constants import OXIDES
from farside.datasets import check_samples
from farside.errors import InputError, SampleError
from farside.oxides import bundle
from farside.oxides.estimator import BAND_TOLERANCE_NM, OxideEstimator
from farside.oxides.explain import Check, Explanation, explain, physical_check
from farside.oxides.farside import Farside
from farside.oxides.novelty import THRESHOLD
from farside.oxides.refine import Refinement, refine
from farside.oxides.training import TrainingSet, load_training, training_from
from farside.oxides.validate import Validation, validate
from farside.progress import counted
from farside.readers.dataset import wavelength_columns
from farside.readers.table import read_frame, read_table
from farside.spectra.dataset import check_spectra, select_bands
from farside.spectra.prepare import SITE_BANDS, open_spectra, prepare

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

Say = Callable[[str], None]
"""Told what is being done."""

PLACES = ("lat", "lon", "incidence_deg", "emission_deg", "phase_deg", "sensor")
FLAGS = ("nan", "negative", "over_one", "unlit")


@dataclass(frozen=True)
class Predicted:
    """What a prediction wrote.

    Parameters
    ----------
    out : file
    spectra, good, novel : number of spectra, of those that could be used, of those beyond the
        novelty threshold
    flags : number of spectra per reason why they could not be used
    mean : mean of each oxide over the good spectra that are not novel, wt%
    transferred_from : sensor whose calibration was brought to that of MI
    bands_filled_nm : bands of the model that no band of the input matches, filled in
    """

    out: Path
    spectra: int
    good: int
    novel: int
    flags: dict[str, int]
    mean: dict[str, float]
    transferred_from: str | None
    bands_filled_nm: list[float]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**asdict(self), "out": str(self.out)}

    def __str__(self) -> str:
        """Return a summary as text."""
        lines = [f"wrote {self.out}: {self.good} of {self.spectra} spectra used"]
        unused = ", ".join(f"{n} {name}" for name, n in self.flags.items() if n)
        if unused:
            lines.append(f"not used: {unused} (their rows hold no numbers)")
        if self.transferred_from:
            lines.append(
                f"brought from {self.transferred_from} to MI; what stays uncertain of that widens "
                "the intervals"
            )
        if self.bands_filled_nm:
            lines.append(
                f"bands filled in from the others: "
                f"{', '.join(f'{w:g}' for w in self.bands_filled_nm)} nm (no band of the "
                f"input is within {BAND_TOLERANCE_NM:g} nm)"
            )
        if self.mean:
            lines.append("mean wt%  " + "  ".join(f"{k} {v:.2f}" for k, v in self.mean.items()))
        if self.novel:
            lines.append(
                f"{self.novel} spectra have novelty above {THRESHOLD:g}: farther from every "
                "training spectrum than any validation reaches; do not rely on their intervals"
            )
        return "\n".join(lines)


def predict_file(
    source: Path,
    out: Path,
    *,
    sensor: str | None = None,
    weights: Path | None = None,
    as_is: bool = False,
    say: Say = lambda _: None,
) -> Predicted:
    """Predict the spectra of a file and write oxides with interval and novelty.

    Parameters
    ----------
    source : see `farside.spectra.prepare.open_spectra`
    out : ``.csv`` (one line per spectrum) or ``.nc`` (the dataset; for images)
    sensor, as_is : see `farside.spectra.prepare.prepare`
    weights : folder of a bundle; the shipped one when None
    """
    if out.suffix.lower() not in (".csv", ".nc"):
        raise InputError(f"cannot write {out.name}: give a name that ends in .csv or .nc.")
    say(f"read {source.name}")
    spectra, transfer = prepare(open_spectra(source), sensor, as_is=as_is)
    say("load the weights")
    estimator = bundle.load(weights)
    say(f"predict {int(np.prod(list(spectra['reflectance'].shape[1:])))} spectra")
    prediction = estimator.predict(spectra, transfer=transfer)
    say(f"write {out}")
    with provenance.atomic_path(out) as path:
        if out.suffix.lower() == ".csv":
            table = wide_table(prediction)
            if source.suffix.lower() == ".csv":
                table = with_columns_of(read_frame(source), table)
            table.to_csv(path, index=False, float_format="%.6g")
        else:
            prediction.to_netcdf(path, engine="scipy")
    good = prediction["good"]
    known = prediction["value"].where(prediction["novelty"] <= THRESHOLD)
    means = {oxide: float(known.sel(oxide=oxide).mean()) for oxide in OXIDES}
    have = spectra["wavelength_nm"].to_numpy()
    wanted = estimator.data_.wavelength_nm
    return Predicted(
        out=out,
        spectra=int(good.size),
        good=int(good.sum()),
        novel=int((prediction["novelty"] > THRESHOLD).sum()),
        flags={name: int(prediction[name].sum()) for name in FLAGS},
        mean={k: round(v, 3) for k, v in means.items() if np.isfinite(v)},
        transferred_from=transfer.source if transfer else None,
        bands_filled_nm=[float(w) for w in wanted if np.abs(have - w).min() > BAND_TOLERANCE_NM],
    )


def wide_table(prediction: xr.Dataset) -> pd.DataFrame:
    """Return one line per spectrum: place, oxides with bounds, novelty, flags."""
    good = prediction["good"]
    dims = good.dims
    frame = {}
    if dims == ("y", "x"):
        rows, columns = np.indices(good.shape)
        frame.update({"y": rows.reshape(-1), "x": columns.reshape(-1)})
    for name, coord in prediction.coords.items():
        if coord.dims and set(coord.dims) <= set(dims):
            frame[str(name)] = coord.broadcast_like(prediction["good"]).to_numpy().reshape(-1)
    for oxide in OXIDES:
        for key, suffix in (("value", ""), ("lower", "_lower"), ("upper", "_upper")):
            frame[oxide + suffix] = prediction[key].sel(oxide=oxide).to_numpy().reshape(-1)
    frame["novelty"] = prediction["novelty"].to_numpy().reshape(-1)
    frame["novel"] = frame["novelty"] > THRESHOLD
    for name in ("good", *FLAGS):
        frame[name] = prediction[name].to_numpy().reshape(-1)
    return pd.DataFrame(frame)


def with_columns_of(source: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of predictions with the columns of the source that are no reflectance.

    A column of the source that is named as a predicted one, such as a measured oxide, is kept as
    ``NAME_given``; places are those of the source.
    """
    bands = set(wavelength_columns(source))
    kept = source[[c for c in source if c not in bands and not str(c).endswith("_1s")]]
    own = table.drop(columns=[c for c in ("name", *PLACES) if c in table and c in kept])
    kept = kept.rename(columns={c: f"{c}_given" for c in kept if c in own})
    return pd.concat([kept, own], axis=1)


def read_truth(path: Path) -> TrainingSet:
    """Read sites with spectra and measured oxides.

    Parameters
    ----------
    path : CSV with ``site``, ``mission``, the eight MI bands and at least one oxide (wt%)

    Raises
    ------
    SampleError
        for misspelt oxides, duplicate sites, impossible or missing values
    InputError
        when no spectrum can be used
    """
    spectra = select_bands(read_table(path), list(SITE_BANDS))
    table = read_frame(path)
    for column in ("site", "mission"):
        if column not in table:
            raise SampleError(
                f"{path.name} has no column {column!r}; it has {', '.join(table.columns)}. "
                "Each site needs a name and the mission that sampled it."
            )
        if table[column].isna().any():
            rows = [int(i) + 1 for i in np.flatnonzero(table[column].isna())]
            raise SampleError(
                f"the rows {rows} of {path.name} have no {column}; name it or leave them out."
            )
    checked = check_samples(table)
    flags = check_spectra(spectra)
    bad = ~flags["good"].to_numpy()
    if bad.any():
        named = ", ".join(str(s) for s in checked["site"].to_numpy()[bad])
        raise InputError(
            f"the spectra of {named} cannot be used (a band is missing, negative or above 1); "
            "mend or leave out these rows."
        )
    return training_from(spectra, checked)


@dataclass(frozen=True)
class Trained:
    """What a training wrote.

    Parameters
    ----------
    out : folder with ``farside.onnx`` and ``farside.json``
    validations : of the same settings on the same rows
    """

    out: Path
    validations: tuple[Validation, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"out": str(self.out), "validation": [v.to_dict() for v in self.validations]}

    def __str__(self) -> str:
        """Return a summary as text."""
        return "\n\n".join([f"wrote {self.out}", *(str(v) for v in self.validations)])


def train_file(
    out: Path,
    data: Path | None = None,
    *,
    coverage: float = 0.9,
    seed: int = 0,
    say: Say = lambda _: None,
) -> Trained:
    """Train the network on a table of sites, validate it and write the weights.

    Parameters
    ----------
    out : folder
    data : see `read_truth`; the 55 sites that ship when None
    """
    _folder(out)
    rows = load_training() if data is None else read_truth(data)
    say(f"train on {len(rows)} sites of {len(rows.missions)} missions")
    estimator = OxideEstimator(coverage=coverage, seed=seed).fit_training(rows)
    protocols = ("loo", "lomo") if len(rows.missions) > 2 else ("loo",)
    done = [
        validate(Farside(), rows, protocol, coverage=coverage, seed=seed)
        for protocol in counted(protocols, "validate by {}".format, say)
    ]
    _save(out, estimator, {v.protocol: v.to_dict()["scores"] for v in done}, data, seed)
    return Trained(out, tuple(done))


@dataclass(frozen=True)
class Refined:
    """What a refinement wrote and changed."""

    out: Path
    refinement: Refinement

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"out": str(self.out), **self.refinement.to_dict()}

    def __str__(self) -> str:
        """Return a summary as text."""
        return f"wrote {self.out}\n\n{self.refinement}"


def refine_file(
    truth: Path, out: Path, weights: Path | None = None, *, say: Say = lambda _: None
) -> Refined:
    """Refine a network with new ground truth, report what changed and write the new weights.

    Parameters
    ----------
    truth : see `read_truth`
    out : folder
    weights : folder of the bundle to start from; the shipped one when None
    """
    _folder(out)
    new = read_truth(truth)
    say("load the weights")
    old = bundle.load(weights)
    say(f"refit with {len(new)} new sites and validate without and with them")
    done = refine(old, new)
    scores = {f"{done.effect.protocol}, old sites": [s.to_dict() for s in done.effect.with_]}
    _save(out, done.estimator, scores, truth, old.seed)
    return Refined(out, done)


@dataclass(frozen=True)
class Explained:
    """Attributions and the checks against physics."""

    explanation: Explanation = field(repr=False)
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**self.explanation.to_dict(), "checks": [c.to_dict() for c in self.checks]}

    def __str__(self) -> str:
        """Return a summary as text."""
        return "\n".join([str(self.explanation), "", *(str(c) for c in self.checks)])


def explain_file(
    source: Path | None, weights: Path | None = None, *, say: Say = lambda _: None
) -> Explained:
    """Attribute the predictions of a file's spectra to bands; of the training sites when None."""
    say("load the weights")
    estimator = bundle.load(weights)
    spectra = None
    if source is not None:
        spectra, transfer = prepare(open_spectra(source))
        spectra = spectra if transfer is None else transfer.apply(spectra)
    say("attribute predictions to bands")
    explanation = explain(estimator, spectra)
    return Explained(explanation, physical_check(explanation))


def _folder(out: Path) -> None:
    """Refuse at once what could not be written in the end."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder to write the weights to.")


def _save(
    out: Path, estimator: OxideEstimator, scores: dict[str, Any], data: Path | None, seed: int
) -> None:
    made_by = bundle.fingerprint(Farside().settings, seed)
    if data is not None:
        made_by["data:ground truth"] = provenance.sha256_file(data)
    bundle.save(out, estimator, made_by, scores)
