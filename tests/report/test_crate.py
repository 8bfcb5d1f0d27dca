"""The crate of a run, held to the rules of RO-Crate 1.1 and Process Run Crate 0.5."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from farside import provenance
from farside.datasets import sidecar
from farside.errors import InputError
from farside.report.crate import METADATA, describe, write_crate

if TYPE_CHECKING:
    from pathlib import Path

CITED = next(iter(provenance.references()))
FINDINGS = {
    "farside": provenance.code_version(),
    "findings": [
        {"name": "a", "data": ["cells_5deg", "result: map"], "references": [CITED]},
        {"name": "b", "data": ["sites", "cells_5deg"], "references": []},
    ],
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a folder such as 'farside run' writes, with little in it."""
    folder = tmp_path / "run"
    (folder / "computed").mkdir(parents=True)
    (folder / "findings.json").write_text(json.dumps(FINDINGS))
    (folder / "oxides.csv").write_text("source,name\n")
    (folder / "validation.json").write_text("{}")
    (folder / "computed" / "weights.onnx").write_bytes(b"\0\1\2")
    (folder / ".hidden").write_text("no part of it")
    return folder


def graph(folder: Path) -> dict[str, dict[str, Any]]:
    content = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    ids = [entity["@id"] for entity in content["@graph"]]
    assert len(ids) == len(set(ids))
    return {entity["@id"]: entity for entity in content["@graph"]}


def references(value: Any) -> list[str]:
    """Return the ids that a value of JSON-LD refers to."""
    if isinstance(value, dict):
        return [value["@id"]]
    return [i for part in value for i in references(part)] if isinstance(value, list) else []


def test_the_descriptor_and_the_root_are_those_of_the_specification(run: Path) -> None:
    done = write_crate(run)
    assert (done.files, done.inputs) == (4, 2)
    assert str(done.path) in str(done)
    content = json.loads(done.path.read_text())
    assert content["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    found = graph(run)
    descriptor = found[METADATA]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = found["./"]
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license"} <= root.keys()
    assert datetime.fromisoformat(root["datePublished"]).tzinfo is not None
    assert root["license"] == {"@id": "https://spdx.org/licenses/BSD-3-Clause"}
    assert found[root["author"]["@id"]]["name"] == "The farside developers"


def test_every_reference_within_the_crate_is_described(run: Path) -> None:
    write_crate(run)
    found = graph(run)
    outside = {"https://w3id.org/ro/crate/1.1"}
    for entity in found.values():
        assert {"@id", "@type", "name"} <= entity.keys() or entity["@id"] == METADATA
        for key, value in entity.items():
            if key != "@id":
                assert set(references(value)) <= found.keys() | outside, (entity["@id"], key)


def test_every_file_is_there_with_its_size_and_hash(run: Path) -> None:
    write_crate(run)
    found = graph(run)
    files = {i: e for i, e in found.items() if e["@type"] == "File"}
    assert set(files) == {
        "findings.json", "oxides.csv", "validation.json", "computed/weights.onnx"
    }  # fmt: skip
    assert set(references(found["./"]["hasPart"])) == set(files)
    for name, entity in files.items():
        data = (run / name).read_bytes()
        assert entity["sha256"] == hashlib.sha256(data).hexdigest()
        assert entity["contentSize"] == str(len(data))
        assert "/" in entity["encodingFormat"]


def test_the_action_tells_program_inputs_and_results(run: Path) -> None:
    write_crate(run)
    found = graph(run)
    (action,) = (e for e in found.values() if e["@type"] == "CreateAction")
    program = found[action["instrument"]["@id"]]
    assert program["@type"] == "SoftwareApplication"
    assert program["softwareVersion"] == provenance.code_version()
    assert set(references(action["result"])) == {
        i for i, e in found.items() if e["@type"] == "File"
    }
    tables = [found[i] for i in references(action["object"])]
    assert [t["@id"] for t in tables] == ["#table-cells_5deg", "#table-sites"]
    assert tables[0]["sha256"] == sidecar("cells_5deg")["sha256"]
    assert action["endTime"] == max(
        e["dateModified"] for e in found.values() if e["@type"] == "File"
    )


def test_works_are_cited_by_their_doi(run: Path) -> None:
    write_crate(run)
    found = graph(run)
    cited = references(found["./"]["citation"])
    known = {f"https://doi.org/{r.doi}" for r in provenance.references().values() if r.doi}
    assert "https://doi.org/10.1038/s41467-023-43358-0" in cited
    assert all(i in known or i.startswith("#work-") for i in cited)
    assert any(found[i]["name"] == provenance.cite(CITED)[0].citation for i in cited)


def test_writing_it_again_changes_nothing_but_what_changed(run: Path) -> None:
    write_crate(run, licence="CC-BY-4.0")
    first = (run / METADATA).read_bytes()
    write_crate(run, licence="CC-BY-4.0")
    assert (run / METADATA).read_bytes() == first
    assert graph(run)["./"]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    (run / "oxides.csv").write_text("source,name,value\n")
    before = {e["@id"]: e.get("sha256") for e in json.loads(first)["@graph"]}
    after = {e["@id"]: e.get("sha256") for e in describe(run, "CC-BY-4.0")["@graph"]}
    assert [i for i in before if before[i] != after[i]] == ["oxides.csv"]


def test_a_reader_of_crates_opens_it(run: Path) -> None:
    rocrate = pytest.importorskip("rocrate.rocrate", reason="the library rocrate is not installed")
    write_crate(run)
    crate = rocrate.ROCrate(str(run))
    assert crate.name.startswith("A run of farside")
    assert {e.id for e in crate.data_entities} == {
        "findings.json", "oxides.csv", "validation.json", "computed/weights.onnx"
    }  # fmt: skip
    assert crate.get("#run")["instrument"]["name"] == "farside"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "findings.json").unlink(), "lacks findings.json"),
        (lambda f: (f / "findings.json").write_text("{"), "holds no findings"),
        (lambda f: (f / "findings.json").write_text('{"findings": [{}]}'), "holds no findings"),
        (lambda f: (f / "findings.json").write_text('{"findings": []}'), "holds no findings"),
        (
            lambda f: (f / "findings.json").write_text('{"farside": "0.0.1", "findings": []}'),
            "made by farside 0.0.1",
        ),
    ],
)
def test_what_is_no_run_is_refused(run: Path, spoil: Any, message: str) -> None:
    spoil(run)
    with pytest.raises(InputError, match=message):
        write_crate(run)
    assert not (run / METADATA).exists()


def test_no_folder_and_no_licence_are_refused(run: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        write_crate(run / "none")
    for wrong in ("free for all", "CC-BY4.0", "MIT OR Apache-2.0", "LicenseRef-mine", ""):
        with pytest.raises(InputError, match="no name of the SPDX list"):
            write_crate(run, licence=wrong)
    assert not (run / METADATA).exists()


def test_names_of_files_are_parts_of_an_address(run: Path) -> None:
    """RO-Crate 1.1, encoding file paths: an @id is a URI reference, with %20 for a space."""
    (run / "my notes, 100%.txt").write_text("mine")
    write_crate(run)
    assert graph(run)["my%20notes%2C%20100%25.txt"]["name"] == "my notes, 100%.txt"


def test_a_licence_is_spelt_as_its_page_is(run: Path) -> None:
    write_crate(run, licence="cc-by-4.0")
    assert graph(run)["./"]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
