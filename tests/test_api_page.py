"""The page on Python does what it says: its examples run, with the files of the start page."""

from __future__ import annotations

import doctest
import shutil
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def test_the_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = DOCS / "api.md"
    if not page.exists():
        pytest.skip("the documentation is not here")
    for path in (DOCS / "examples").glob("*.csv"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    # the end of a block is no output of its last line
    text = page.read_text(encoding="utf-8").replace("```", "\n")
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert len(test.examples) > 20
    told: list[str] = []
    doctest.DocTestRunner(optionflags=options).run(test, out=told.append)
    assert not told, "".join(told)
