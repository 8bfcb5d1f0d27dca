"""Tables for the command line: those that ship are those that are computed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from farside.errors import InputError, MissingExtraError, UnknownNameError
from farside.oxides.methods import METHODS, method
from farside.oxides.training import load_training
from farside.oxides.validate import validate
from farside.report.run import run
from farside.report.validation import table

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [m.name for m in METHODS]


def assert_close(a: float | None, b: float | None, atol: float) -> None:
    """Hold two numbers together; None, which stands for no number, is like itself alone."""
    if a is None or b is None:
        assert a is b
    else:
        assert a == pytest.approx(b, rel=1e-4, abs=atol)


def test_unknown_names_are_told_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown estimator 'farsid'.*'farside'"):
        table(("farsid",), ("lomo",))
    with pytest.raises(UnknownNameError, match=r"unknown protocol 'lom'.*'lomo'"):
        table(("mean",), ("lom",))
    with pytest.raises(UnknownNameError, match="near-far"):
        table(("mean",), ("near",), shipped=True)


@pytest.mark.parametrize("protocol", ["loo", "lomo", "terrain"])
@pytest.mark.parametrize("name", ["mean", "ridge"])
def test_what_ships_is_what_is_computed(name: str, protocol: str) -> None:
    (shipped,) = table((name,), (protocol,), shipped=True).content
    (now,) = table((name,), (protocol,)).content
    assert (shipped["estimator"], shipped["protocol"]) == (name, protocol)
    for a, b in zip(shipped["scores"], now["scores"], strict=True):
        assert a["oxide"] == b["oxide"]
        assert a["n"] == b["n"]
        for key in ("r2", "rmse", "bias", "skill", "coverage", "width"):
            assert_close(a[key], b[key], 1e-5)
    for a, b in zip(shipped["rows"], now["rows"], strict=True):
        assert a["site"] == b["site"]
        for key in ("measured", "value", "lower", "upper"):
            assert_close(a[key], b[key], 1e-4)


def test_what_is_computed_is_the_validation() -> None:
    said: list[str] = []
    found = table(("ridge", "mean"), ("lomo",), coverage=0.7, seed=2, say=said.append)
    for content, name in zip(found.content, ("ridge", "mean"), strict=True):
        expected = validate(method(name), load_training(), "lomo", coverage=0.7, seed=2)
        assert content == expected.to_dict()
        assert content["nominal_coverage"] == 0.7
        assert content["seed"] == 2
    assert len(said) == 2
    assert str(found).count("by lomo (honest)") == 2


def test_all_means_every_estimator() -> None:
    found = table(("all",), ("lomo", "loo"), shipped=True)
    pairs = [(v["protocol"], v["estimator"]) for v in found.content]
    assert sorted(pairs) == sorted((p, n) for p in ("lomo", "loo") for n in NAMES)
    assert not any(v["optimistic"] for v in found.content)
    assert str(found).count("(honest)") == 2 * len(NAMES)


def test_the_published_protocol_is_labelled_optimistic() -> None:
    (found,) = table(("farside",), ("yang2023",), shipped=True).content
    assert found["optimistic"]
    assert found["estimator"] == "yang2023"
    assert "OPTIMISTIC" in str(table(("farside",), ("yang2023",), shipped=True))


def test_the_near_and_far_side_ship_too() -> None:
    (found,) = table(("farside",), ("near-far",), shipped=True).content
    assert {t["method"] for t in found["transfers"]} >= {"farside"}
    text = str(table(("farside",), ("near-far",), shipped=True))
    # one table per transfer, each with the far side's score of every oxide as it is stored
    assert text.count("near-side cells to the far side") == len(found["transfers"])
    for transfer in found["transfers"]:
        for score in transfer["scores"]:
            if score["region"] == "far side":
                assert f"{score['rmse']:.2f}" in text


def test_options_that_cannot_apply_are_refused() -> None:
    with pytest.raises(InputError, match=r"coverage 0\.9 and seed 0"):
        table(("farside",), ("lomo",), shipped=True, coverage=0.5)


def test_nothing_asked_is_nothing_found() -> None:
    with pytest.raises(InputError, match="no result ships"):
        table((), ("lomo",), shipped=True)


@pytest.mark.parametrize("protocol", ["loo", "lomo", "terrain", "yang2023", "near-far"])
def test_what_ships_is_plain_json(protocol: str) -> None:
    found = table(("all",), (protocol,), shipped=True)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["validation"]


def test_an_honest_score_of_the_mean_is_no_skill() -> None:
    """Zero by definition: the mean of a fold's own training rows is what skill is counted from."""
    for protocol in ("loo", "lomo", "terrain"):
        (found,) = table(("mean",), (protocol,), shipped=True).content
        for score in found["scores"]:
            assert score["skill"] == pytest.approx(0, abs=1e-5)
            assert score["r2"] <= 1e-9


@pytest.mark.parametrize(
    ("estimators", "protocol"), [(("mean", "inversion"), "lomo"), (("mean",), "near-far")]
)
def test_missing_torch_is_told_before_the_work(
    estimators: tuple[str, ...], protocol: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    said: list[str] = []
    with pytest.raises(MissingExtraError, match=r"farside\[train\]"):
        table(estimators, (protocol,), say=said.append)
    with pytest.raises(MissingExtraError, match=r"farside\[train\]"):
        run(tmp_path / "run", full=True, say=said.append)
    assert said == []
    assert not any(tmp_path.iterdir())


def test_a_shipped_table_reads_as_a_computed_one() -> None:
    """Whatever ships is printed with the columns and the figures of what is computed."""
    shipped, now = (str(table(("mean",), ("lomo",), shipped=way)) for way in (True, False))
    assert [line.split() for line in shipped.splitlines()] == [
        line.split() for line in now.splitlines()
    ]
    assert "None" not in str(table(("yang2023",), ("lomo",), shipped=True))
