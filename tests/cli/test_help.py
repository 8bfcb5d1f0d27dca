"""Help: every command as a person reads it, with examples that can be given as they stand.

The texts are kept in ``snapshots``. After a wanted change write them anew and read the difference:
``FARSIDE_UPDATE_SNAPSHOTS=1 pytest tests/cli/test_help.py``.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from farside.cli.app import SECTIONS, app
from farside.cli.help import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

SNAPSHOTS = Path(__file__).parent / "snapshots"
ROOT: Any = get_command(app)
FIRST_LINE = 61
"""Characters that fit beside the longest name of a command on a terminal of 80."""


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command and group with the words that call it."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, (*path, name))


EVERY = dict(walk(ROOT))
COMMANDS = {path: command for path, command in EVERY.items() if not hasattr(command, "commands")}


def named(path: tuple[str, ...]) -> str:
    return " ".join(("farside", *path))


def held(name: str, text: str) -> None:
    """Hold a text to its snapshot, or write it where that is asked for."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("FARSIDE_UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def help_of(path: tuple[str, ...]) -> str:
    done = CliRunner().invoke(app, [*path, "--help"], prog_name="farside")
    assert done.exit_code == 0, done.output
    return f"$ {named(path)} --help\n{done.output}"


def slug(section: str) -> str:
    return section.lower().replace(" ", "-")


@pytest.mark.parametrize("section", [None, *SECTIONS], ids=lambda s: slug(s or "farside"))
def test_help_is_as_it_was(section: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    of = [()] if section is None else [p for p in EVERY if p and p[0] in SECTIONS[section]]
    held(f"help-{slug(section or 'farside')}", "\n".join(help_of(path) for path in of))


def test_the_page_of_commands_shows_every_section() -> None:
    page = Path(__file__).parents[2] / "docs" / "commands.md"
    if not page.exists():
        pytest.skip("the documentation is not here")
    text = page.read_text(encoding="utf-8")
    for section in ["farside", *SECTIONS]:
        assert f"../tests/cli/snapshots/help-{slug(section)}.txt" in text


def test_no_snapshot_is_left_of_a_section_that_is_gone() -> None:
    kept = {path.stem for path in SNAPSHOTS.glob("help-*.txt")}
    assert kept == {f"help-{slug(section)}" for section in ["farside", *SECTIONS]}


@pytest.mark.parametrize("path", list(EVERY), ids=named)
def test_the_first_line_fits_and_examples_can_be_given(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = EVERY[path]
    assert 10 < len(command.get_short_help_str()) <= (FIRST_LINE if path else 100)
    given = examples(command.help)
    assert given, "an example is wanted"
    for example in given:
        assert len(example) <= 78, example
        program, *words = shlex.split(example)
        assert program == "farside"
        called, inner = ROOT, 0
        while hasattr(called, "commands"):
            called, inner = called.commands[words[inner]], inner + 1
        assert tuple(words[: len(path)]) == path, example
        for word in words[inner:]:
            _put(word)
        called.make_context(words[inner - 1], words[inner:])  # raises where it cannot be parsed


def _put(word: str) -> None:
    """Put what a word of an example may name into the folder, where it may be a name at all."""
    path = Path(word)
    if word.startswith("-") or "*" in word or path.exists():
        return
    if path.suffix in {"", ".zarr"}:
        path.mkdir(parents=True)
    else:
        path.touch()


@pytest.mark.parametrize("path", list(COMMANDS), ids=named)
def test_every_command_has_json_and_quiet(path: tuple[str, ...]) -> None:
    options = {name for parameter in COMMANDS[path].params for name in parameter.opts}
    assert {"--json", "--quiet", "-q"} <= options


@pytest.mark.parametrize("path", list(COMMANDS), ids=named)
def test_options_have_help_and_one_meaning(path: tuple[str, ...]) -> None:
    """Options of one name are of one kind: a file to write, a figure, a folder of weights."""
    kinds = {"--out": "path", "--figure": "path", "--weights": "path", "--seed": "int"}
    for parameter in COMMANDS[path].params:
        assert parameter.help, parameter.name
        for name in set(parameter.opts) & set(kinds):
            assert kinds[name] in str(parameter.type_descriptor.annotation).lower(), name
    assert not {"--plot", "--output", "--csv", "-o"} & {
        name for parameter in COMMANDS[path].params for name in parameter.opts
    }


def test_every_command_stands_in_its_section_in_the_order_given() -> None:
    lines = help_of(()).splitlines()
    at = -1
    for section, commands in SECTIONS.items():
        for line in (f"{section}:", *(f"  {name} " for name in commands)):
            at = next(i for i in range(at + 1, len(lines)) if lines[i].startswith(line))
    assert sorted(ROOT.commands) == sorted({path[0] for path in EVERY if path})
