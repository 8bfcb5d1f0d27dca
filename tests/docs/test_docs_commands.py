"""The commands that the docs and the README show exist, and the cheap ones print what is shown."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from farside.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
MADE = {"_build", "modules", "tutorials"}
PAGES = sorted(
    page
    for page in (*DOCS.rglob("*.md"), ROOT / "README.md")
    if not MADE & set(page.relative_to(ROOT).parts)
)
FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(farside [^`]+)`")
CHEAP = {
    "age", "chronology list", "classify", "info", "isochron", "kreep", "potassium", "predict",
    "site",
}  # fmt: skip
"""Commands that take a few seconds at most; they run where their files are in `EXAMPLES`."""
WRITES = {"--out", "--figure", "--contrast-figure"}


@dataclass(frozen=True)
class Shown:
    """A command of a page, its words without `farside`, and what the page says that it prints."""

    page: str
    words: tuple[str, ...]
    prints: str = ""

    def __str__(self) -> str:
        return f"{self.page}: farside {' '.join(self.words)}"


def shell(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each farside command in lines of shell."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["farside"]:
            yield tuple(words[1:])


def in_blocks(page: Path) -> Iterator[Shown]:
    """Yield the commands of a page's blocks; a block of text belongs to the command before it."""
    name = page.relative_to(ROOT).as_posix()
    last: list[tuple[str, ...]] = []
    for kind, body in FENCE.findall(page.read_text(encoding="utf-8")):
        if kind == "text" and last:
            yield Shown(name, last.pop(), body)
        yield from (Shown(name, words) for words in last)
        last = list(shell(body)) if kind in ("sh", "bash", "console") else []
    yield from (Shown(name, words) for words in last)


def in_prose(page: Path) -> Iterator[Shown]:
    """Yield the commands that a page names in a sentence."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for found in INLINE.findall(text):
        words = tuple(shlex.split(found)[1:])
        if not words[0].isupper():  # `farside COMMAND --help` names none
            yield Shown(page.relative_to(ROOT).as_posix(), words)


BLOCKS = [shown for page in PAGES for shown in in_blocks(page)]
PROSE = [shown for page in PAGES for shown in in_prose(page)]


def command_of(words: tuple[str, ...]) -> tuple[TyperCommand | TyperGroup, str, list[str]]:
    """Return the command that words call, its name and the words after it."""
    command, rest, names = get_command(app), list(words), []
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        inner = command.get_command(command.context_class(command), rest[0])
        assert inner is not None, f"there is no command {rest[0]!r}"
        command = inner
        names.append(rest.pop(0))
    return command, " ".join(names), rest


def test_pages_show_commands() -> None:
    assert len(BLOCKS) > 40
    assert len(PROSE) > 10
    assert any(shown.prints for shown in BLOCKS)


@pytest.mark.parametrize("shown", BLOCKS, ids=str)
def test_command_of_a_block_can_be_given_as_it_stands(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command, name, rest = command_of(shown.words)
    if isinstance(command, TyperGroup):  # its options act at once: one changes the shell's settings
        assert set(rest) <= options_of(command)
        return
    for word in rest:  # whatever of them is a file that must be there
        if not word.startswith(("-", "/")):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()
    command.make_context(name, rest)  # raises for an unknown option, a missing or a wrong argument


def options_of(command: TyperCommand | TyperGroup) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts} | {"--help"}


@pytest.mark.parametrize("shown", PROSE, ids=str)
def test_command_of_a_sentence_exists_with_its_options(shown: Shown) -> None:
    command, _, rest = command_of(shown.words)
    assert {word for word in rest if word.startswith("--")} <= options_of(command)


def runnable(shown: Shown) -> bool:
    """Say whether a command is cheap and all files that it reads are in `EXAMPLES`."""
    _, name, rest = command_of(shown.words)
    written = {word for option, word in itertools.pairwise(rest) if option in WRITES}
    files = {word for word in rest if re.search(r"\.[A-Za-z]{2,7}$", word)} - written
    unknown = "--weights" in rest or "--map" in rest
    return name in CHEAP and not unknown and all((EXAMPLES / file).exists() for file in files)


@pytest.mark.slow
@pytest.mark.parametrize("shown", [s for s in BLOCKS if runnable(s)], ids=str)
def test_cheap_command_runs_and_prints_what_the_page_shows(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, list(shown.words), catch_exceptions=False)
    assert found.exit_code == 0
    printed = iter(found.stdout.splitlines())
    for line in shown.prints.splitlines():
        assert line in printed, f"not printed, or not in this order: {line!r}"


def test_every_shown_output_is_checked() -> None:
    assert [str(s) for s in BLOCKS if s.prints and not runnable(s)] == []
