"""Two files that belong together: the graph says what the arrays say, and damage is noticed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.resources
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

from farside.errors import InputError, StaleError
from farside.oxides import bundle
from farside.oxides.estimator import OxideEstimator
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.methods import method
from farside.oxides.training import TrainingSet, load_training
from farside.spectra.dataset import make_spectra

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SCORES = {"lomo": [{"oxide": "FeO", "r2": 0.5}]}
WT = 1e-3
"""wt%: far below what any analysis resolves, far above the rounding of single precision."""


@dataclass(frozen=True)
class Saved:
    """A folder and what was saved to it."""

    folder: Path
    estimator: OxideEstimator


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, sites: TrainingSet, quick: Farside) -> Saved:
    folder = tmp_path_factory.mktemp("bundle")
    estimator = OxideEstimator(quick, coverage=0.8, seed=5).fit_training(sites)
    bundle.save(folder, estimator, bundle.fingerprint(FarsideSettings(), 5), SCORES)
    return Saved(folder, estimator)


@pytest.fixture
def copy(saved: Saved, tmp_path: Path) -> Path:
    """Return a folder that a test may spoil."""
    return shutil.copytree(saved.folder, tmp_path / "copy")


def spectra_with_gaps(data: TrainingSet, seed: int, n: int = 200) -> NDArray[np.float64]:
    """Return spectra like those of the sites and unlike them, three bands or more in each."""
    rng = np.random.default_rng(seed)
    like = data.reflectance[rng.integers(0, len(data), n)]
    like = like * np.exp(0.1 * rng.standard_normal(like.shape))
    unlike = rng.uniform(0.02, 0.9, like.shape)
    values = np.where(rng.random((n, 1)) < 0.7, like, unlike)
    gaps = rng.random(values.shape) < rng.choice([0.0, 0.3], (n, 1))
    gaps &= (~gaps).sum(axis=1, keepdims=True) >= 3
    return np.where(gaps, np.nan, values)


# -- the graph ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_graph_computes_what_the_arrays_compute(saved: Saved, seed: int) -> None:
    values = spectra_with_gaps(saved.estimator.data_, seed)
    assert 0.05 < np.isnan(values).mean() < 0.5
    loaded = bundle.load(saved.folder)
    expected = saved.estimator.fitted_.predict(values)
    assert np.isfinite(expected).all()
    assert np.ptp(expected[0], axis=0).min() > 1
    np.testing.assert_allclose(loaded.fitted_.predict(values), expected, rtol=0, atol=WT)


def test_the_nets_are_in_the_graph(saved: Saved, sites: TrainingSet, linear: Farside) -> None:
    """A fit whose nets are zero differs, so that the agreement above speaks of the nets too."""
    without = OxideEstimator(linear, seed=5).fit_training(sites)
    apart = without.fitted_.predict(sites.reflectance) - bundle.load(saved.folder).fitted_.predict(
        sites.reflectance
    )
    assert np.abs(apart).max() > 20 * WT


def test_a_loaded_estimator_predicts_as_the_saved_one(saved: Saved) -> None:
    loaded, data = bundle.load(saved.folder), saved.estimator.data_
    assert (loaded.coverage, loaded.seed) == (0.8, 5)
    for bands in (slice(None), slice(1, None)):
        spectra = make_spectra(data.reflectance.T[bands] * 1.1, data.wavelength_nm[bands])
        a, b = loaded.predict(spectra), saved.estimator.predict(spectra)
        for name in ("value", "lower", "upper", "novelty"):
            np.testing.assert_allclose(a[name], b[name], rtol=0, atol=2 * WT, err_msg=name)


def test_the_graph_is_valid_onnx(saved: Saved) -> None:
    model = onnx.load(saved.folder / "farside.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [i.name for i in model.graph.output] == ["oxides"]


def test_an_empty_set_of_spectra_is_no_error(saved: Saved) -> None:
    out = bundle.load(saved.folder).fitted_.predict(np.empty((0, 8)))
    assert out.shape == (10, 0, 6)


# -- the sidecar -------------------------------------------------------------------------------


def test_the_sidecar_says_what_the_weights_are(saved: Saved) -> None:
    about = bundle.sidecar(saved.folder)
    data = load_training()
    assert about["wavelength_nm"] == [414, 749, 901, 950, 1001, 1049, 1248, 1548]
    assert about["oxides"] == ["TiO2", "FeO", "Al2O3", "MgO", "CaO", "SiO2"]
    assert "i = 30 deg, e = 0 deg" in about["reflectance"]
    assert about["training"]["name"] == data.name.tolist()
    assert len(about["missions"]) == len(set(data.mission.tolist()))
    assert about["validation"] == SCORES
    assert about["code_version"] == importlib.metadata.version("farside")
    assert about["coverage"] == 0.8
    assert about["settings"]["cnn"]["steps"] == 8
    graph = (saved.folder / "farside.onnx").read_bytes()
    assert about["onnx_sha256"] == hashlib.sha256(graph).hexdigest()
    table = importlib.resources.files("farside").joinpath("datasets", "tables", "sites.csv")
    assert about["made_by"]["data:sites.csv"] == hashlib.sha256(table.read_bytes()).hexdigest()
    assert {"code:oxides.cnn", "code:oxides.farside", "code:oxides.inverse", "settings"} <= set(
        about["made_by"]
    )


def test_rows_come_back_with_what_was_not_measured(saved: Saved, sites: TrainingSet) -> None:
    assert np.isnan(sites.oxides).any()
    back = bundle.load(saved.folder).data_
    for key in ("name", "mission", "terrain", "wavelength_nm", "reflectance", "oxides"):
        np.testing.assert_array_equal(getattr(back, key), getattr(sites, key), err_msg=key)
    text = (saved.folder / "farside.json").read_text(encoding="utf-8")
    assert "NaN" not in text


def test_the_same_estimator_gives_the_same_bytes(saved: Saved, tmp_path: Path) -> None:
    made_by = bundle.fingerprint(FarsideSettings(), 5)
    bundle.save(tmp_path, saved.estimator, made_by, SCORES)
    for name in ("farside.onnx", "farside.json"):
        assert (tmp_path / name).read_bytes() == (saved.folder / name).read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["farside.json", "farside.onnx"]


def test_a_baseline_cannot_be_saved(sites: TrainingSet, tmp_path: Path) -> None:
    estimator = OxideEstimator(method("ridge")).fit_training(sites)
    with pytest.raises(InputError, match="was not fitted here"):
        bundle.save(tmp_path / "new", estimator, {}, {})
    assert not (tmp_path / "new").exists()


# -- damage ------------------------------------------------------------------------------------


def test_a_changed_graph_is_refused(copy: Path) -> None:
    graph = copy / "farside.onnx"
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"farside\.onnx is missing or is not the graph"):
        bundle.load(copy)


def test_a_missing_graph_is_refused(copy: Path) -> None:
    (copy / "farside.onnx").unlink()
    with pytest.raises(InputError, match=r"farside\.onnx is missing"):
        bundle.load(copy)


@pytest.mark.parametrize("load", [bundle.load, bundle.sidecar])
def test_a_folder_without_a_bundle_is_named(load: object, tmp_path: Path) -> None:
    assert callable(load)
    with pytest.raises(InputError, match=r"no bundle in .*'farside train'") as caught:
        load(tmp_path / "nothing here")
    assert "nothing here" in str(caught.value)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.999])
def test_a_truncated_sidecar_is_refused(copy: Path, part: float) -> None:
    path = copy / "farside.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: int(part * len(text)) - 1] if part else "", encoding="utf-8")
    with pytest.raises(InputError, match="not the sidecar of a bundle"):
        bundle.load(copy)


def test_another_format_is_refused(copy: Path) -> None:
    path = copy / "farside.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(about | {"format": 99}), encoding="utf-8")
    with pytest.raises(InputError, match="has format 99"):
        bundle.load(copy)


def test_a_bundle_without_a_card_says_so(saved: Saved) -> None:
    with pytest.raises(InputError, match="no model card"):
        bundle.card(saved.folder)


# -- staleness ---------------------------------------------------------------------------------


def test_shipped_weights_are_refused_when_anything_has_changed(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "shipped_folder", lambda: copy)
    path = copy / "farside.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    assert bundle.load().seed == 5
    for key in ("code:oxides.farside", "data:cells_5deg.csv", "settings"):
        changed = about | {"made_by": about["made_by"] | {key: "0" * 64}}
        path.write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(StaleError, match=f"changed: {key}[.] Make it anew"):
            bundle.load()
        # weights of the user's own may have other data and settings, not other code
        if key.startswith("code:"):
            with pytest.raises(StaleError, match=key):
                bundle.load(copy)
        else:
            assert bundle.load(copy).seed == 5


def test_other_settings_have_another_fingerprint(quick: Farside) -> None:
    a, b = bundle.fingerprint(FarsideSettings(), 0), bundle.fingerprint(quick.settings, 0)
    assert {k for k in a if a[k] != b[k]} == {"settings"}
    assert bundle.fingerprint(FarsideSettings(), 1)["settings"] != a["settings"]


# -- what ships --------------------------------------------------------------------------------


def test_shipped_weights_are_whole_and_fresh() -> None:
    folder = bundle.shipped_folder()
    about = json.loads((folder / "farside.json").read_text(encoding="utf-8"))
    graph = (folder / "farside.onnx").read_bytes()
    assert about["onnx_sha256"] == hashlib.sha256(graph).hexdigest()
    estimator, data = bundle.load(), load_training()
    for key in ("name", "mission", "terrain", "wavelength_nm", "reflectance", "oxides"):
        np.testing.assert_array_equal(getattr(estimator.data_, key), getattr(data, key))
    assert about["code_version"] == importlib.metadata.version("farside")
    assert set(about["validation"]) >= {"loo", "lomo"}
    assert bundle.card().startswith("#")


def test_shipped_weights_know_highland_from_mare() -> None:
    """Iron of the sites, as analysed on Earth: mare soils above 12 wt%, highland ones below 7."""
    estimator, data = bundle.load(), load_training()
    out = estimator.predict(make_spectra(data.reflectance.T, data.wavelength_nm))
    iron, measured = out["value"].sel(oxide="FeO").to_numpy(), data.oxides[:, 1]
    assert np.sqrt(np.nanmean((iron - measured) ** 2)) < 0.5 * np.nanstd(measured)
    assert iron[measured > 14].min() > iron[measured < 6].max()
