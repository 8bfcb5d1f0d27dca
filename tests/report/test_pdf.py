"""The PDF: printed where a browser is, told where none is or it fails."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from farside.report import pdf

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "<!doctype html><title>t</title><p>A page."


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def program(folder: Path, text: str) -> str:
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_without_a_browser_it_is_told_and_nothing_raised(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(page.parent))
    out = page.with_suffix(".pdf")
    assert "none of chromium" in pdf.print_pdf(page, out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("exit 3", "ended with 3"), ("exit 0", "ended with 0 and no PDF"), (": >/dev/null", "no PDF")],
)
def test_a_browser_that_fails_is_told(page: Path, text: str, said: str) -> None:
    out = page.with_suffix(".pdf")
    assert said in pdf.print_pdf(page, out, program=program(page.parent, text))
    assert not out.exists()


def test_a_browser_that_hangs_is_given_up(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "PATIENCE_S", 0.2)
    said = pdf.print_pdf(page, page.with_suffix(".pdf"), program=program(page.parent, "sleep 5"))
    assert "did not print" in said


def test_a_program_that_is_not_there_is_told(page: Path) -> None:
    said = pdf.print_pdf(page, page.with_suffix(".pdf"), program=str(page.parent / "absent"))
    assert "did not print" in said


@pytest.mark.skipif(pdf.browser() is None, reason="no Chromium on this machine")
def test_a_real_browser_prints(page: Path) -> None:
    out = page.with_suffix(".pdf")
    assert pdf.print_pdf(page, out) == ""
    assert out.read_bytes().startswith(b"%PDF-")
