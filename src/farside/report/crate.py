"""A run as an RO-Crate: what each file is, with its hash, and what made it of what.

``ro-crate-metadata.json`` in the folder of a run makes the folder an RO-Crate 1.1 and a Process Run
Crate 0.5: files with size and SHA-256, one `CreateAction` whose instrument is farside and whose
objects are the tables that the findings rest on, and the works to cite.

References
----------
RO-Crate 1.1, https://w3id.org/ro/crate/1.1; Soiland-Reyes et al. (2022), doi 10.3233/DS-210053
Process Run Crate 0.5, https://w3id.org/ro/wfrun/process/0.5; Leo et al. (2024), doi
10.1371/journal.pone.0309210
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from farside import provenance
from farside.datasets import sidecar, table_names
from farside.errors import InputError
from farside.report import _map as sharp_map
from farside.report.cited import CITED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    Entity = dict[str, Any]

METADATA = "ro-crate-metadata.json"
SPEC = "https://w3id.org/ro/crate/1.1"
PROCESS = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = [
    f"{SPEC}/context",
    {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"},
]
DEVELOPERS, SOFTWARE, ACTION = "#developers", "#farside", "#run"
LICENCE = "BSD-3-Clause"
"""That of farside and its tables, of which a run is made."""

KNOWN = {
    "findings.json": "claims of far-side science with published and computed values and verdicts",
    "oxides.csv": "six oxides of sites and orbital spectra in wt%, each with a 90 % interval",
    "validation.json": "scores of every validation, near and far side, audit and explanation",
    sharp_map.FILE: "six oxides of the whole Moon in wt% with intervals, half a degree",
    "report.html": "the report, with all figures",
    "report.pdf": "the report, printed",
}
NEEDED = ("findings.json", "oxides.csv", "validation.json")
FORMATS = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".tif": "image/tiff",
    ".onnx": "application/octet-stream",
    ".npz": "application/zip",
    ".md": "text/markdown",
}


@dataclass(frozen=True)
class Crate:
    """The metadata of a crate that was written.

    Parameters
    ----------
    path : of ``ro-crate-metadata.json``
    files : that it describes
    inputs : tables of farside that the findings rest on
    citations : works to cite
    """

    path: Path
    files: int
    inputs: int
    citations: int

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "path": str(self.path),
            "files": self.files,
            "inputs": self.inputs,
            "citations": self.citations,
        }

    def __str__(self) -> str:
        """Return what was written."""
        return (
            f"wrote {self.path}: {self.files} files with hashes, {self.inputs} tables they were "
            f"made of, {self.citations} works to cite"
        )


def _refer(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"@id": name} for name in names]


def _file(path: Path, root: Path) -> Entity:
    """Return the entity of a file of the run."""
    name = path.relative_to(root).as_posix()
    entity = {
        "@id": quote(name),
        "@type": "File",
        "name": name,
        "encodingFormat": FORMATS.get(path.suffix.lower(), "application/octet-stream"),
        "contentSize": str(path.stat().st_size),
        "sha256": provenance.sha256_file(path),
        "dateModified": _moment(path),
    }
    if name in KNOWN:
        entity["description"] = KNOWN[name]
    return entity


def _moment(path: Path) -> str:
    """Return when a file was written, in UTC."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def _references(keys: Iterable[str]) -> list[Entity]:
    """Return the works of the keys; those with a DOI are known by it."""
    return [
        {
            "@id": f"https://doi.org/{work.doi}" if work.doi else f"#work-{work.key}",
            "@type": "ScholarlyArticle",
            "name": work.citation,
            "identifier": f"https://doi.org/{work.doi}" if work.doi else work.key,
        }
        for work in provenance.cite(*keys)
    ]


def _table(name: str) -> Entity:
    """Return a table of the package that findings rest on: not in the crate, known by its hash."""
    about = sidecar(name)
    sources = "; ".join(str(source["citation"]) for source in about["sources"])
    return {
        "@id": f"#table-{name}",
        "@type": "CreativeWork",
        "name": f"farside table {name}: {about['title']}",
        "description": f"{about['description']} Sources: {sources}",
        "sha256": about["sha256"],
        "version": provenance.code_version(),
        "isPartOf": {"@id": SOFTWARE},
    }


def _software(citations: list[Entity]) -> list[Entity]:
    return [
        {
            "@id": SOFTWARE,
            "@type": "SoftwareApplication",
            "name": "farside",
            "description": "The chemistry of the Moon's far side as software.",
            "softwareVersion": provenance.code_version(),
            "license": {"@id": f"https://spdx.org/licenses/{LICENCE}"},
            "author": {"@id": DEVELOPERS},
            "citation": _refer(c["@id"] for c in citations),
        },
        {"@id": DEVELOPERS, "@type": "Organization", "name": "The farside developers"},
    ]


def _licences(*names: str) -> list[Entity]:
    return [
        {
            "@id": f"https://spdx.org/licenses/{name}",
            "@type": "CreativeWork",
            "name": name,
            "description": f"the licence {name} of the SPDX list",
        }
        for name in dict.fromkeys(names)
    ]


def _findings(folder: Path) -> list[Mapping[str, Any]]:
    """Return the findings of a run, or say what is wrong with the folder."""
    if not folder.is_dir():
        raise InputError(
            f"there is no folder {folder}; make one with 'farside run --out {folder}'."
        )
    lacking = [name for name in NEEDED if not (folder / name).is_file()]
    if lacking:
        raise InputError(
            f"{folder} is not the folder of a run: it lacks {', '.join(lacking)}; make one with "
            "'farside run --out FOLDER'."
        )
    path = folder / "findings.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found: list[Mapping[str, Any]] = content["findings"]
        made_by = str(content["farside"])
        for finding in found:
            _ = (finding["data"], finding["references"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} holds no findings of a run ({error!r}); make it anew with 'farside run'."
        ) from error
    if made_by != provenance.code_version():
        raise InputError(
            f"{folder} was made by farside {made_by}, whose tables are not those of this version, "
            f"{provenance.code_version()}: describe it with that version, or make it anew with "
            "'farside run'."
        )
    return found


def _spdx(name: str) -> str:
    """Return a licence as the SPDX list spells it, or refuse what is not one of its names."""
    try:
        known = str(canonicalize_license_expression(name))
    except InvalidLicenseExpression:
        known = ""
    if not known or " " in known or known.startswith("LicenseRef-"):
        raise InputError(
            f"licence {name!r} is no name of the SPDX list (spdx.org/licenses), such as CC-BY-4.0 "
            "or BSD-3-Clause."
        )
    return known


def describe(folder: Path, licence: str = LICENCE) -> dict[str, Any]:
    """Return the metadata of a run as an RO-Crate.

    Parameters
    ----------
    folder : that ``farside run`` wrote
    licence : of what the crate holds, a name of the SPDX list

    Raises
    ------
    InputError
        when the folder is not that of a run of this version, or the licence is no SPDX name
    """
    licence = _spdx(licence)
    found = _findings(folder)
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path != folder / METADATA and not path.name.startswith(".")
    )
    files = [_file(path, folder) for path in paths]
    names = {name for finding in found for name in finding["data"]}
    tables = [_table(name) for name in sorted(names.intersection(table_names()))]
    cited = {*CITED, *(key for finding in found for key in finding["references"])}
    works = _references(cited)
    ended = max(str(file["dateModified"]) for file in files)
    return {
        "@context": CONTEXT,
        "@graph": [
            _descriptor(),
            _root(files, works, ended, licence),
            *files,
            _action(files, tables, ended),
            *_software(works),
            *tables,
            *_licences(licence, LICENCE),
            _profile(),
            *works,
        ],
    }  # fmt: skip


def _descriptor() -> Entity:
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": SPEC},
        "about": {"@id": "./"},
    }


def _profile() -> Entity:
    return {"@id": PROCESS, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}


def _root(files: list[Entity], works: list[Entity], ended: str, licence: str) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": PROCESS},
        "name": "A run of farside: the chemistry of the Moon's far side",
        "description": (
            "Findings on the lunar far side with intervals and verdicts, oxides of sites and "
            "spectra, the sharp map of the whole Moon, and the validations behind them."
        ),
        "datePublished": ended,
        "license": {"@id": f"https://spdx.org/licenses/{licence}"},
        "author": {"@id": DEVELOPERS},
        "publisher": {"@id": DEVELOPERS},
        "keywords": ["Moon", "far side", "oxides", "Chang'e-6", "Kaguya"],
        "hasPart": _refer(file["@id"] for file in files),
        "mentions": {"@id": ACTION},
        "citation": _refer(work["@id"] for work in works),
    }


def _action(files: list[Entity], tables: list[Entity], ended: str) -> Entity:
    """Return the run: when it ended, by which program, of what and to what."""
    return {
        "@id": ACTION,
        "@type": "CreateAction",
        "name": f"farside run, version {provenance.code_version()}",
        "description": "Computed every finding and wrote the report ('farside run').",
        "instrument": {"@id": SOFTWARE},
        "object": _refer(table["@id"] for table in tables),
        "result": _refer(file["@id"] for file in files),
        "endTime": ended,
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }


def write_crate(folder: Path, *, licence: str = LICENCE) -> Crate:
    """Write ``ro-crate-metadata.json`` into the folder of a run, atomically.

    Parameters
    ----------
    folder : that ``farside run`` wrote; its files are hashed as they are now
    licence : of what the crate holds, a name of the SPDX list

    Raises
    ------
    InputError
        as of `describe`, and when the folder cannot be written
    """
    content = describe(folder, licence)
    provenance.write_json(folder / METADATA, content)
    kinds = [entity["@type"] for entity in content["@graph"]]
    inputs = sum(entity["@id"].startswith("#table-") for entity in content["@graph"])
    return Crate(folder / METADATA, kinds.count("File"), inputs, kinds.count("ScholarlyArticle"))
