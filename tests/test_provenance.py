"""Hashes follow what can change a result; writing is all or nothing; every table is citable."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside import provenance
from farside.errors import InputError, StaleError, UnknownNameError
from farside.provenance import (
    atomic_path,
    check_fresh,
    cite,
    fingerprint,
    references,
    sha256_file,
    write_json,
    write_text,
)

PLAIN = "def area(r):\n    return 3 * r**2\n"
EXPLAINED = (
    '"""Areas."""\n\n# squares of the radius\ndef area(r):\n    """Return the area.\n\n    Long.\n'
    '    """\n\n    # three is enough\n    return 3 * r**2\n'
)


def package(folder: Path, source: str) -> Path:
    tables = folder / "datasets" / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    (tables / "a.csv").write_text("x\n1\n", encoding="utf-8")
    (folder / "rooms").mkdir(exist_ok=True)
    (folder / "rooms" / "area.py").write_text(source, encoding="utf-8")
    return folder


def prints(folder: Path, source: str, **settings: float) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance.importlib.resources, "files", lambda _: package(folder, source))
        return fingerprint(["rooms.area"], ["a.csv"], settings)


def test_hash_of_a_file_is_the_standard_one(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    # FIPS 180-2, example B.1
    assert sha256_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_comments_and_docstrings_leave_the_fingerprint(tmp_path: Path) -> None:
    assert prints(tmp_path, PLAIN) == prints(tmp_path, EXPLAINED)


def test_code_changes_the_fingerprint(tmp_path: Path) -> None:
    before, after = prints(tmp_path, PLAIN), prints(tmp_path, PLAIN.replace("3", "4"))
    assert before["code:rooms.area"] != after["code:rooms.area"]
    assert before["data:a.csv"] == after["data:a.csv"]
    assert before["data:a.csv"] == hashlib.sha256(b"x\n1\n").hexdigest()


def test_a_string_that_is_no_docstring_counts(tmp_path: Path) -> None:
    template = 'def unit():\n    """Return it."""\n    return "{}"\n'
    assert prints(tmp_path, template.format("km")) != prints(tmp_path, template.format("m"))


@given(st.dictionaries(st.sampled_from("abc"), st.integers(), min_size=2))
def test_settings_count_by_value_and_not_by_order(settings: dict[str, int]) -> None:
    turned = dict(reversed(settings.items()))
    changed = {**settings, "a": settings.get("a", 0) + 1}
    one, two, three = (fingerprint([], [], s)["settings"] for s in (settings, turned, changed))
    assert one == two
    assert one != three


def test_fingerprint_of_the_package_itself() -> None:
    found = fingerprint(["geography.cells"], ["sites.csv"], {})
    assert set(found) == {"code:geography.cells", "data:sites.csv", "settings"}
    assert all(len(value) == 64 for value in found.values())


def test_stale_result_names_what_changed() -> None:
    stored = {"code:a": "1", "data:b": "2"}
    check_fresh("network", stored, dict(stored))
    with pytest.raises(StaleError, match=r"network .*changed: data:b, settings\."):
        check_fresh("network", stored, {"code:a": "1", "data:b": "3", "settings": "4"})


def test_failure_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), atomic_path(path) as temporary:  # noqa: PT012
        temporary.write_text("half of the ne", encoding="utf-8")
        _ = 1 / 0
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_replaces_the_file_and_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "result.txt"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text(encoding="utf-8") == "two"
    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRUSR


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        write_text(tmp_path, "text")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write"):
        write_text(tmp_path / "file" / "below", "text")


def test_json_is_sorted_and_refuses_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"b": 1, "a": [1.5, None]})
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == {"a": [1.5, None], "b": 1}
    assert text.index('"a"') < text.index('"b"')
    assert text.endswith("}\n")
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert path.read_text(encoding="utf-8") == text


def test_citations() -> None:
    found = cite("prettyman2006", "li2022", "li2022")
    assert [reference.key for reference in found] == ["li2022", "prettyman2006"]
    assert str(found[0]).endswith("https://doi.org/10.1093/nsr/nwab188")
    with pytest.raises(UnknownNameError, match="Did you mean 'wilcox2005'"):
        cite("wilcox")


def test_references_are_whole() -> None:
    lines = (Path(provenance.__file__).parent / "references.csv").read_text("utf-8").splitlines()
    assert len(references()) == len(lines) - 1
    for reference in references().values():
        assert reference.citation.endswith(".")
        assert not reference.doi or reference.doi.startswith("10.")
