"""Results that ship: whole, fresh, and hashed with all the code that made them."""

from __future__ import annotations

import ast
import importlib.resources
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from farside import provenance
from farside.errors import InputError, StaleError
from farside.oxides.cnn import CnnSettings
from farside.oxides.estimator import OxideEstimator
from farside.oxides.explain import explain, physical_check
from farside.oxides.farside import Farside, FarsideSettings
from farside.oxides.methods import METHODS
from farside.oxides.refine import effect_of
from farside.oxides.training import load_training
from farside.oxides.validate import validate
from farside.report import store
from farside.spectra.dataset import make_spectra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ROOT = Path(str(importlib.resources.files("farside")))
CONTENT = {"rows": [1.5, None, "Öne"], "nested": {"a": []}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store.write(tmp_path, "audit", CONTENT, seed=3)
    return tmp_path


def changed(folder: Path, **values: Any) -> None:
    path = folder / "audit.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(stored | values), encoding="utf-8")


def test_what_is_written_is_read(folder: Path) -> None:
    assert store.read("audit", folder) == CONTENT
    assert [p.name for p in folder.iterdir()] == ["audit.json"]
    stored = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert stored["seed"] == 3
    assert stored["code_version"] == provenance.code_version()


def test_not_a_number_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.write(tmp_path, "audit", {"a": float("nan")}, seed=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["code:oxides.cnn", "data:sites.csv", "settings"])
def test_another_hash_makes_a_result_stale(folder: Path, key: str) -> None:
    made_by = store.made_by("audit", 3)
    assert key in made_by
    changed(folder, made_by=made_by | {key: "0" * 64})
    with pytest.raises(StaleError, match=f"result 'audit'.*changed: {key}[.]"):
        store.read("audit", folder)


@pytest.mark.parametrize("name", store.names())
def test_each_result_that_ships_is_refused_when_its_hash_is_stale(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every result, the map's and the chronology's among them, as it lies in the package."""
    store.read(name)
    true = provenance.fingerprint

    def other(*parts: Any) -> dict[str, str]:
        found = true(*parts)
        return found | {next(k for k in found if k.startswith("code:")): "new"}

    monkeypatch.setattr(provenance, "fingerprint", other)
    with pytest.raises(StaleError, match=f"result '{name}'.*changed: code:"):
        store.read(name)


def test_a_result_of_another_seed_is_stale(folder: Path) -> None:
    changed(folder, seed=4)
    with pytest.raises(StaleError, match="changed: settings"):
        store.read("audit", folder)


def test_code_that_changes_makes_a_result_stale(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = provenance.fingerprint

    def other(*parts: Any) -> dict[str, str]:
        return true(*parts) | {"code:oxides.audit": "new"}

    monkeypatch.setattr(provenance, "fingerprint", other)
    with pytest.raises(StaleError, match=r"changed: code:oxides\.audit"):
        store.read("audit", folder)


@pytest.mark.parametrize("text", ["", "{", '{"content": [1, 2', "no JSON"])
def test_a_damaged_file_is_named(folder: Path, text: str) -> None:
    (folder / "audit.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"'audit' cannot be read from .*audit\.json.*run --full"):
        store.read("audit", folder)


@pytest.mark.parametrize("name", store.names())
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}' cannot be read"):
        store.read(name, tmp_path)


# -- what ships --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", store.names())
def test_each_result_ships_and_is_fresh(name: str) -> None:
    assert store.read(name)


def test_nothing_else_ships() -> None:
    found = {p.name for p in store.shipped_folder().iterdir()}
    assert found == {f"{name}.json" for name in store.names()}


# -- what results depend on --------------------------------------------------------------------


def path_of(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def imported(module: str) -> set[str]:
    """Return the modules of farside that a module imports to run, wherever it does."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("farside"):
            base = str(node.module).removeprefix("farside").removeprefix(".")
            for alias in node.names:
                below = f"{base}.{alias.name}".removeprefix(".")
                found.add(below if path_of(below).is_file() else base)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path_of(module).read_text(encoding="utf-8")))
    return {name for name in found if name and path_of(name).is_file()}


def reached(module: str) -> set[str]:
    """Return the modules that a module imports, and those that these import, and so on."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        for name in imported(waiting.pop()) - found:
            found.add(name)
            waiting.append(name)
    return found


@pytest.mark.parametrize("name", store.names())
def test_each_module_and_table_named_exists(name: str) -> None:
    for module in store.DEPENDS[name]:
        assert path_of(module).is_file(), module
    assert len(set(store.DEPENDS[name])) == len(store.DEPENDS[name])
    for table in store.TABLES:
        assert (ROOT / "datasets" / "tables" / table).is_file(), table


def test_every_module_that_flux_and_bombardment_compute_with_is_hashed() -> None:
    used = reached("chronology.symmetry") | reached("chronology.hypotheses")
    used |= {"chronology.symmetry", "chronology.hypotheses"}
    here = {m for m in used if m.startswith("chronology.")}
    assert here == set(store.DEPENDS["chronology"])


WRITES_OR_CHOOSES = {"bundle", "_onnx", "card", "methods", "novelty"}
"""They hold no number of a result: they write the weights and the card, list the methods, and score
novelty, which is computed anew with each prediction."""


def test_every_module_of_oxides_that_is_computed_with_is_hashed() -> None:
    named = {m for modules in store.DEPENDS.values() for m in modules}
    used = {m for m in reached("report.compute") if m.startswith("oxides.")}
    assert "oxides.farside" in used
    assert len(used) > 15
    assert used - named == {f"oxides.{m}" for m in WRITES_OR_CHOOSES}


@contextmanager
def modules_run(found: set[str]) -> Iterator[None]:
    """Collect the modules of farside whose functions run in the block."""

    def note(frame: FrameType, event: str, _: object) -> None:
        name = str(frame.f_globals.get("__name__", ""))
        if event == "call" and name.startswith("farside.") and frame.f_code.co_name != "<module>":
            found.add(name.removeprefix("farside."))

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def made(name: str) -> None:
    """Make a result of a kind, as small as it can be."""
    cnn = CnnSettings(steps=2, members=1, pool=200)
    quick, data = Farside(FarsideSettings(cnn=cnn)), load_training()
    if name == "refinement":
        effect_of(quick, data, data.mission == "Chang'e-5")
    elif name == "explanation":
        few = make_spectra(data.reflectance[::20].T, data.wavelength_nm)
        physical_check(explain(OxideEstimator(quick).fit_training(data), few))
    else:
        for method in (quick, *METHODS[:4]):
            validate(method, data, "terrain")


@pytest.mark.parametrize("name", ["validation", "refinement", "explanation"])
def test_the_modules_of_oxides_that_run_for_a_result_are_hashed_with_it(name: str) -> None:
    found: set[str] = set()
    with modules_run(found):
        made(name)
    run = {m for m in found if m.startswith("oxides.")}
    assert {"oxides.farside", "oxides.cnn"} <= run
    assert run - set(store.DEPENDS[name]) <= {f"oxides.{m}" for m in WRITES_OR_CHOOSES}
