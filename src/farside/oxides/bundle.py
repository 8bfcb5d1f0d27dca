"""A trained estimator as two files: an ONNX graph and a metadata sidecar.

The graph maps reflectance (n, b) to oxides (fits, n, 6): fit 0 saw all training rows, fit 1 + k all
but those of mission k, from which the intervals are made. The sidecar carries bands, settings,
training rows, validation scores, hashes of the code and data that made it, and the code version.
"""

from __future__ import annotations

import importlib.resources
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from farside import provenance
from farside.constants import OXIDES
from farside.errors import InputError
from farside.oxides.cnn import fill_matrices
from farside.oxides.estimator import OxideEstimator
from farside.oxides.farside import Farside, FarsideSettings, FittedFarside
from farside.oxides.inverse import seen_features
from farside.oxides.training import Float, Mask, TrainingSet, band_patterns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MODULES = (
    "constants",
    "datasets._tables",
    "geography.cells",
    "geography.regions",
    "oxides.cnn",
    "oxides.composition",
    "oxides.farside",
    "oxides.inverse",
    "oxides.training",
)
TABLES = ("cells_5deg.csv", "sample_compositions.csv", "sites.csv")
FORMAT = 2
KEYS = (
    "code_version",
    "coverage",
    "made_by",
    "missions",
    "onnx_sha256",
    "oxides",
    "seed",
    "settings",
    "training",
    "validation",
    "wavelength_nm",
    "x_covariance",
    "x_mean",
)
"""What a sidecar must hold."""


def fingerprint(settings: FarsideSettings, seed: int) -> dict[str, str]:
    """Return the hashes of what a bundle of the sites depends on."""
    return provenance.fingerprint(MODULES, TABLES, {"settings": asdict(settings), "seed": seed})


@dataclass(frozen=True)
class OnnxFitted:
    """The graph behind the contract of `farside.oxides.training.Fitted`."""

    session: Any
    wavelength_nm: Float
    x_mean: Float
    x_covariance: Float

    def predict(self, reflectance: Float) -> Float:
        """Return (F, n, 6) wt%, in single precision; a missing band is NaN."""
        shape = (len(self.x_mean), len(reflectance), len(OXIDES))
        out: Float = np.full(shape, np.nan, dtype=np.float32)
        for present, rows in band_patterns(reflectance):
            matrix, shift = self._fill(present)
            feed = {
                "reflectance": reflectance[rows].astype(np.float32),
                "present": present.astype(np.float32),
                "fill": matrix.astype(np.float32),
                "fill_shift": shift[:, None].astype(np.float32),
            }
            out[:, rows] = self.session.run(None, feed)[0]
        return out

    def _fill(self, present: Mask) -> tuple[Float, Float]:
        seen = seen_features(self.wavelength_nm, present)
        return fill_matrices(self.x_mean, self.x_covariance, seen)


def save(
    folder: Path,
    estimator: OxideEstimator,
    made_by: Mapping[str, str],
    validation: Mapping[str, Any],
) -> None:
    """Write ``farside.onnx`` and ``farside.json`` into a folder, atomically.

    Parameters
    ----------
    folder : made when it does not exist
    estimator : fitted with the method ``farside``
    made_by : hashes, see `fingerprint`
    validation : scores by protocol, as they should be shown to a user
    """
    fitted = estimator.fitted_
    if not isinstance(fitted, FittedFarside):
        raise InputError(
            f"this estimator ({estimator.method.name}) was not fitted here with the method "
            "'farside'; a loaded bundle lies in its folder already, and the baselines are "
            "refitted in less than a second."
        )
    from farside.oxides._onnx import graph  # noqa: PLC0415 - needs the extra 'train'

    data = estimator.data_
    with provenance.atomic_path(folder / "farside.onnx") as path:
        path.write_bytes(graph(fitted))
        digest = provenance.sha256_file(path)
    provenance.write_json(
        folder / "farside.json",
        {
            "format": FORMAT,
            "code_version": provenance.code_version(),
            "made_by": dict(made_by),
            "onnx_sha256": digest,
            "oxides": list(OXIDES),
            "wavelength_nm": data.wavelength_nm.tolist(),
            "reflectance": "dimensionless at i = 30 deg, e = 0 deg, g = 30 deg",
            "settings": asdict(fitted.settings),
            "seed": estimator.seed,
            "coverage": estimator.coverage,
            "missions": data.missions,
            "x_mean": fitted.scaling.x_mean.tolist(),
            "x_covariance": fitted.scaling.x_covariance.tolist(),
            "training": _rows(data),
            "validation": dict(validation),
        },
    )


def _rows(data: TrainingSet) -> dict[str, Any]:
    oxides = [[None if np.isnan(v) else v for v in row] for row in data.oxides.tolist()]
    return {
        "name": data.name.tolist(),
        "mission": data.mission.tolist(),
        "terrain": data.terrain.tolist(),
        "reflectance": data.reflectance.tolist(),
        "oxides": oxides,
    }


def shipped_folder() -> Path:
    """Return the folder of the weights that come with the package."""
    with importlib.resources.as_file(importlib.resources.files("farside")) as root:
        return root / "oxides" / "weights"


def sidecar(folder: Path | None = None) -> dict[str, Any]:
    """Return the metadata of a bundle; the shipped one when no folder is given.

    Raises
    ------
    InputError
        when there is none, or it is damaged or of another format
    """
    path = (folder or shipped_folder()) / "farside.json"
    if not path.is_file():
        raise InputError(
            f"there is no bundle in {path.parent} (farside.json is missing); name a folder that "
            "'farside train' or 'farside refine' wrote."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = content["format"]
        missing = [key for key in KEYS if key not in content]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not the sidecar of a bundle ({error}); write the bundle anew."
        ) from error
    if found != FORMAT or missing:
        raise InputError(
            f"{path} has format {found!r} and lacks {missing or 'nothing'}; this version reads "
            f"format {FORMAT}. Train it anew with 'farside train'."
        )
    return dict(content)


CARD = "model_card.md"


def card(folder: Path | None = None) -> str:
    """Return the model card of a bundle; the shipped one when no folder is given."""
    path = (folder or shipped_folder()) / CARD
    if not path.exists():
        raise InputError(
            f"{path.parent} has no model card; 'farside run --full' writes one for the weights of "
            "the 55 sites, other bundles have farside.json alone."
        )
    return path.read_text(encoding="utf-8")


def load(folder: Path | None = None) -> OxideEstimator:
    """Return the estimator of a bundle; the shipped one when no folder is given.

    Raises
    ------
    InputError
        when the bundle is missing, damaged or its two files do not belong together
    StaleError
        when other code made the weights than that present; for those that ship, also other data
        or settings

    Examples
    --------
    >>> import farside
    >>> farside.load_estimator().coverage
    0.9
    """
    import onnxruntime  # noqa: PLC0415 - slow to import, and only predictions need it

    about = sidecar(folder)
    path = (folder or shipped_folder()) / "farside.onnx"
    if not path.exists() or provenance.sha256_file(path) != about["onnx_sha256"]:
        raise InputError(f"{path} is missing or is not the graph that farside.json describes.")
    present = fingerprint(FarsideSettings(), int(about["seed"]))
    made_by = about["made_by"]
    if folder is not None:  # a user's bundle may have other data and settings, not other code
        made_by = {k: v for k, v in made_by.items() if k.startswith("code:")}
        present = {k: present.get(k, "") for k in made_by}
    provenance.check_fresh("weights", made_by, present)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # one thread per session: blocks, not products of 64 columns, are what runs in parallel
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    try:
        settings = TypeAdapter(FarsideSettings).validate_python(about["settings"])
        data = _training(about)
        fits = 1 + len(data.missions)
        x_mean, x_covariance = np.array(about["x_mean"]), np.array(about["x_covariance"])
        shapes = {i.name: i.shape for i in session.get_inputs()}
        p = shapes["fill"][1]
        fitting = shapes["fill"][0] == fits == len(x_mean) and x_covariance.shape == (fits, p, p)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"the sidecar of {path} is damaged: {error}.") from error
    if not fitting:
        raise InputError(f"the sidecar of {path} does not fit its graph; write the bundle anew.")
    fitted = OnnxFitted(session, data.wavelength_nm, x_mean, x_covariance)
    estimator = OxideEstimator(Farside(settings), coverage=about["coverage"], seed=about["seed"])
    return estimator.with_fit(data, fitted)


def _training(about: Mapping[str, Any]) -> TrainingSet:
    rows = about["training"]
    return TrainingSet(
        name=np.array(rows["name"], dtype=str),
        mission=np.array(rows["mission"], dtype=str),
        terrain=np.array(rows["terrain"], dtype=str),
        wavelength_nm=np.array(about["wavelength_nm"], dtype=np.float64),
        reflectance=np.array(rows["reflectance"], dtype=np.float64),
        oxides=np.array(rows["oxides"], dtype=np.float64),
    )
