"""What the docs are made with: equations, figures of lessons, lists that are never out of date."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from matplotlib.figure import Figure

import farside

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
EXTENSIONS = ROOT / "docs" / "_ext"


def extension(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", EXTENSIONS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def built(folder: Path, page: str) -> tuple[str, str]:
    """Return the HTML of a page in reStructuredText, and the warnings."""
    (folder / "index.rst").write_text(f"Title\n=====\n\n{page}\n", encoding="utf-8")
    settings = ("extensions=mathml", "html_math_renderer=mathml", "html_theme=basic")
    options = [word for setting in settings for word in ("-D", setting)]
    told = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "sphinx", "-q", "-C", *options, str(folder), str(folder / "html")],
        env={**os.environ, "PYTHONPATH": str(EXTENSIONS), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    return (folder / "html" / "index.html").read_text(encoding="utf-8"), told


def test_equations_are_mathml_that_needs_no_script(tmp_path: Path) -> None:
    page = r"Inline :math:`\ln w`." + "\n\n.. math::\n   x = \\frac{1}{2}\n\n   y = \\sqrt{3}\n"
    html, told = built(tmp_path, page)
    assert told == ""
    assert html.count("<math ") == 3
    assert "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>" in html
    assert re.search(r"<mi>ln</mi><mspace [^>]*/><mi>w</mi>", html)
    assert "mathjax" not in html.lower()


def test_equation_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    _, told = built(tmp_path, r"An unknown command :math:`\nosuchcommand x`, and :math:`x^`.")
    assert re.findall(r"WARNING: no MathML for '(.*?)':", told) == [r"\\nosuchcommand x", "x^"]


def scraped(figures: dict[str, Any], folder: Path, variables: dict[str, Any]) -> str:
    variables["example_globals"] = figures
    variables.setdefault("image_path_iterator", (str(folder / f"{i}.png") for i in range(9)))
    found: str = extension("figures").scrape(
        ("code", "", 1), variables, {"src_dir": str(folder), "image_srcset": []}
    )
    return found


def test_figure_of_a_lesson_is_shown_once_with_its_text(tmp_path: Path) -> None:
    figure = Figure()
    figure.set_label("What it shows.")
    variables: dict[str, Any] = {}
    assert ":alt: What it shows." in scraped({"one": figure, "n": 1}, tmp_path, variables)
    assert scraped({"one": figure, "again": figure}, tmp_path, variables) == ""
    assert [path.name for path in tmp_path.iterdir()] == ["0.png"]


def test_figure_without_a_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give the figure 'one' a label"):
        scraped({"one": Figure()}, tmp_path, {})


def test_every_shipped_table_is_listed_with_a_source_and_a_script_that_exists() -> None:
    shipped = ROOT / "src" / "farside" / "datasets" / "tables"
    names = {path.stem for path in shipped.iterdir() if path.suffix in (".csv", ".npz")}
    listed = {}
    for lines in extension("tables").entries():
        name = lines[0].removeprefix(".. dropdown:: ").split(":")[0].replace("\\", "")
        listed[name] = "\n".join(lines)
    assert set(listed) == names
    for name, text in listed.items():
        script = re.search(r"Derived by `([^`]+)`", text)
        assert script is not None, name
        assert (ROOT / script[1]).is_file(), name
        assert re.search(r"^   - \S", text, re.MULTILINE), name


def test_every_public_name_is_listed() -> None:
    text = "\n".join(extension("names")._table())
    listed = re.findall(r":py:obj:`farside\.(\w+) <farside\.[\w.]+>`", text)
    assert sorted(listed) == sorted(farside.__all__)


def test_answers_stay_folded_in_notebooks() -> None:
    answer = "   Because,\n   see :doc:`it </a/b>`.\n\n   So.\n"
    text = f"1. Why?\n\n.. dropdown:: An answer\n\n{answer}\n2. And?\n"
    assert extension("notebooks").markdown(text) == (
        "1. Why?\n\n<details><summary>An answer</summary>\n\n"
        "Because,\nsee it.\n\nSo.\n\n</details>\n\n2. And?\n"
    )


def test_every_package_and_module_is_in_the_reference() -> None:
    """The command line has a page of its own, and the explorer is a program."""
    package = ROOT / "src" / "farside"
    found = {path.stem for path in package.glob("*.py")}
    found |= {path.parent.name for path in package.glob("*/__init__.py")}
    public = {name for name in found if not name.startswith("_")} - {"cli", "explorer"}
    listed = (ROOT / "docs" / "modules.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^   farside\.(\w+)$", listed, re.MULTILINE)) == public
