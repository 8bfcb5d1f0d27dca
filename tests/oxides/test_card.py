"""The model card says what the objects say, and nothing else."""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from farside.constants import OXIDES
from farside.errors import InputError
from farside.oxides import bundle
from farside.oxides.audit import bias_audit
from farside.oxides.card import _num, _signed, model_card
from farside.oxides.estimator import OxideEstimator
from farside.oxides.explain import explain
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.validate import Validation, score_rows
from farside.spectra.dataset import make_spectra

if TYPE_CHECKING:
    from pathlib import Path

    from farside.oxides.training import TrainingSet

Float = NDArray[np.float64]


def validation_of(data: TrainingSet, protocol: str, spread: float) -> Validation:
    rng = np.random.default_rng(len(protocol))
    value = data.oxides + spread * rng.normal(size=data.oxides.shape)
    half = np.nan if protocol == "yang2023" else 1.0
    mean = np.broadcast_to(np.nanmean(data.oxides, axis=0), value.shape)
    scores = score_rows(data.oxides, value, value - half, value + half, mean)
    return Validation("farside", protocol, 0.9, 0, scores, value, value - half, value + half, data)


@pytest.fixture(scope="module")
def folder(sites: TrainingSet, quick: Farside, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("bundle")
    made_by = bundle.fingerprint(FarsideSettings(), 0)
    bundle.save(path, OxideEstimator(quick).fit_training(sites), made_by, {})
    return path


@pytest.fixture(scope="module")
def parts(sites: TrainingSet, folder: Path) -> dict[str, Any]:
    """Return the arguments of the card."""
    estimator = bundle.load(folder)
    spread = {"loo": 0.2, "lomo": 0.5, "terrain": 5.0, "yang2023": 0.1}
    validations = [validation_of(sites, protocol, s) for protocol, s in spread.items()]
    some = make_spectra(sites.reflectance[::9].T, sites.wavelength_nm)
    return {
        "estimator": estimator,
        "about": bundle.sidecar(folder),
        "validations": validations,
        "explanation": explain(estimator, some, steps=4),
        "audit": bias_audit(validations[1]),
    }


@pytest.fixture(scope="module")
def card(parts: dict[str, Any]) -> str:
    return model_card(**parts)


def section(card: str, title: str) -> str:
    """Return the text below a heading up to the next of its level or above."""
    level = title.split(" ", maxsplit=1)[0]
    (found,) = re.findall(
        rf"^{re.escape(title)}[^\n]*\n(.*?)(?=^#{{1,{len(level)}}} |\Z)",
        card,
        re.MULTILINE | re.DOTALL,
    )
    return str(found)


def rows_of(text: str) -> dict[str, list[str]]:
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[1:] for cells in lines}


def test_scores_are_those_of_the_validations(card: str, parts: dict[str, Any]) -> None:
    for v in parts["validations"]:
        table = rows_of(section(card, f"### farside by `{v.protocol}`"))
        for s in v.scores:
            cells = table[s.oxide]
            assert int(cells[0]) == s.n
            for cell, value in zip(cells[1:5], (s.r2, s.rmse, s.bias, s.skill), strict=True):
                assert float(cell) == pytest.approx(value, abs=0.00501)
    changed = replace(
        parts["validations"][0],
        scores=tuple(replace(s, rmse=77.25) for s in parts["validations"][0].scores),
    )
    other = model_card(**{**parts, "validations": [changed, *parts["validations"][1:]]})
    assert other.count("77.25") == len(OXIDES)
    assert "77.25" not in card


def test_only_the_optimistic_protocol_is_called_so(card: str) -> None:
    for protocol in ("loo", "lomo", "terrain"):
        assert "Optimistic" not in section(card, f"### farside by `{protocol}`")
    leaky = section(card, "### farside by `yang2023`")
    assert "Optimistic" in leaky
    assert rows_of(leaky)["FeO"][-2:] == ["–", "–"]  # it has no intervals


def test_training_data_and_hashes(card: str, sites: TrainingSet, folder: Path) -> None:
    table = rows_of(section(card, "## Training data"))
    # Apollo 17 was visited at 21 stations, 13 of them with all oxides (table sites)
    assert table["Apollo 17"] == ["21", "21", "21", "13", "13", "13", "13"]
    assert sum(int(table[m][0]) for m in sites.missions) == 55
    assert hashlib.sha256((folder / "farside.onnx").read_bytes()).hexdigest() in card
    for key, digest in bundle.fingerprint(FarsideSettings(), 0).items():
        assert f"| {key} | `{digest}` |" in card
    for nm in sites.wavelength_nm:
        assert f"{nm:g}" in section(card, "## Inputs")


def test_bias_and_attributions(card: str, parts: dict[str, Any]) -> None:
    explanation, audit = parts["explanation"], parts["audit"]
    bands = rows_of(section(card, "## Which bands it reads"))
    assert bands["414"][0].split(" ± ")[0] == f"{100 * explanation.share[0, 0]:.0f}"
    text = section(card, "## Bias audit")
    (mare,) = [g for g in audit.groups if (g.group, g.oxide) == ("mare", "FeO")]
    found = rows_of(text)["terrain: mare (28 sites, 6 missions)"]
    assert found[1] == f"{mare.mean:+.2f} ± {mare.error:.2f}"
    assert "Luna 24" in re.findall(r"Too few witnesses to tell.*", text)[0]
    assert f"{audit.without[0].rmse_without:.2f}" in text


def test_where_it_must_not_be_trusted(card: str, parts: dict[str, Any]) -> None:
    text = section(card, "## Where it must not be trusted")
    assert "No training site lies on the far side" in text
    terrain = parts["validations"][2]
    assert f"FeO {terrain.score('FeO').r2:.2f}" in text
    assert "Without the 414 nm band" in text
    assert "37 km" in text
    without = model_card(**{**parts, "validations": parts["validations"][:2]})
    assert "nothing was sampled" not in without


def test_a_card_reads_well(card: str) -> None:
    assert not re.search(r"\b(nan|none|inf|undefined)\b", card, re.IGNORECASE)
    assert "{{" not in card
    assert "{%" not in card
    assert "\n\n\n\n" not in card
    lines = card.splitlines()
    for before, line in itertools.pairwise(lines):
        if line.startswith("#"):
            assert before == "", line
        if line.startswith("| ") and before.startswith("| "):
            assert line.count(" | ") == before.count(" | "), line


def test_coverage_that_falls_short_is_named(card: str, parts: dict[str, Any]) -> None:
    text = section(card, "## Intervals and novelty")
    # intervals of ± 1 wt% around errors of 5 wt% hold a sixth of them
    assert "FeO by `terrain`" in text
    assert "by `loo`" not in text
    good = model_card(**{**parts, "validations": parts["validations"][:2]})
    assert "In no protocol above" in section(good, "## Intervals and novelty")


@dataclass(frozen=True)
class Blind:
    """Off by 0.5 wt% with all bands, by 2 wt% without one of them."""

    data: TrainingSet

    def predict(self, reflectance: Float) -> Float:
        off = np.where(np.isnan(reflectance).any(axis=1), 2.0, 0.5)[:, None]
        some = np.resize(np.nan_to_num(self.data.oxides), (len(reflectance), 6)) + off
        return np.stack([some] * (1 + len(self.data.missions)))


def test_what_the_ultraviolet_band_is_worth(sites: TrainingSet, parts: dict[str, Any]) -> None:
    estimator = OxideEstimator().with_fit(sites, Blind(sites))
    text = model_card(**{**parts, "estimator": estimator})
    assert "is 2.00 wt%, against 0.50 wt% with it" in text


def test_another_sensor_and_unknown_sites(sites: TrainingSet, parts: dict[str, Any]) -> None:
    kept = slice(1, None)
    data = replace(
        sites,
        name=np.char.add("my ", sites.name),
        wavelength_nm=sites.wavelength_nm[kept],
        reflectance=sites.reflectance[:, kept],
    )
    estimator = OxideEstimator().with_fit(data, Blind(data))
    validation = replace(parts["validations"][1], data=data)
    text = model_card(
        estimator,
        {**parts["about"], "wavelength_nm": data.wavelength_nm.tolist()},
        [validation],
        explain(estimator, steps=1),
        bias_audit(validation),
    )
    assert "Without the 414 nm band" not in text
    assert "not known to this card" in text
    assert "not possible, a band is missing" in text
    test_a_card_reads_well(text)


def test_parts_that_do_not_belong_together_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="those of one bundle"):
        model_card(**{**parts, "about": {**parts["about"], "missions": ["Apollo 11"]}})
    with pytest.raises(InputError, match="validation that was audited"):
        model_card(**{**parts, "validations": parts["validations"][:1]})


def test_numbers_are_written_as_they_are_read() -> None:
    assert [_num(v) for v in (-0.001, 1.005, None, np.nan)] == ["0.00", "1.00", "–", "–"]
    assert [_signed(v) for v in (-0.004, 0.5, -0.5, np.nan)] == ["+0.00", "+0.50", "-0.50", "–"]
