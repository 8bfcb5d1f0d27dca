"""How help looks: commands in sections, first lines whole, examples as they are written.

In the docstring of a command the first line is what the list of commands shows, and every line that
begins with ``Example:`` is a command to copy. They come last, where the eye is when a long help has
run through.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from typer import TyperException
from typer.core import TyperCommand, TyperGroup

from farside.cli.options import spare_inputs

EXAMPLE = "Example: "
EXIT_CODES = {
    0: "done",
    1: "done, but a check failed or a part was left out",
    2: "wrong input, or a file that cannot be read or written",
    70: "a defect of farside",
    130: "stopped by Ctrl-C",
    141: "the reader of the output went away",
}
"""70 is EX_SOFTWARE of BSD's sysexits.h; 128 plus a signal's number is the shells' convention."""


class Command(TyperCommand):
    """A command whose help keeps its first line whole and its examples as written."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words; say of a negative number what to do with it."""
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            if re.fullmatch(r"-\d.*", getattr(error, "option_name", "")):
                error.message = (
                    "a negative number that is no option's value is taken for an option; write -- "
                    "before it"
                )
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command, unless it would write over what it reads."""
        spare_inputs(ctx)
        return super().invoke(ctx)

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - never cut
        """Return the first line of the help."""
        return _first(self.help)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the arguments of the usage line, those that must be given without braces."""
        return [re.sub(r"^\{(.*)\}", r"\1", piece) for piece in super().collect_usage_pieces(ctx)]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Write the help without its examples."""
        _write_text(self.help, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, by the name of the usage line alone, and options."""
        rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and parameter.param_type_name == "argument":
                rows["Arguments"].append((re.sub(r" <[^<>]*>$", "", record[0]), record[1]))
            elif record:
                rows["Options"].append((record[0].replace(" range>", ">"), record[1]))
        for title, given in rows.items():
            if given:
                with formatter.section(title):
                    formatter.write_dl(given)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Write the examples."""
        _write_examples(self.help, formatter)


class Group(TyperGroup):
    """A group whose help lists its commands in sections."""

    command_class = Command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words; say of an option that stands before its command where it belongs."""
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            option = getattr(error, "option_name", "")
            commands = self.commands.values()
            if any(option in parameter.opts for c in commands for parameter in c.params):
                error.message = f"{option} is an option of commands; write it after the command"
                vars(error)["possibilities"] = ()
            raise

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - never cut
        """Return the first line of the help."""
        return _first(self.help)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Write the help without its examples."""
        _write_text(self.help, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, section by section; the section is the panel of the registration."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.commands[name]
            title = getattr(command, "rich_help_panel", None)
            section = title if isinstance(title, str) else "Commands"
            sections.setdefault(section, []).append((name, command.get_short_help_str()))
        width = max(len(name) for rows in sections.values() for name, _ in rows)
        for section, rows in sections.items():
            with formatter.section(section):
                # names of one width, so that all sections share their columns
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples; for the program itself, the exit codes too."""
        _write_examples(self.help, formatter)
        if ctx.parent is None:
            with formatter.section("Exit codes"):
                formatter.write_dl([(str(code), text) for code, text in EXIT_CODES.items()])


def examples(text: str | None) -> list[str]:
    """Return the commands that a help text gives as examples."""
    lines = inspect.cleandoc(text or "").splitlines()
    return [line.removeprefix(EXAMPLE) for line in lines if line.startswith(EXAMPLE)]


def _first(text: str | None) -> str:
    return inspect.cleandoc(text or "").partition("\n")[0]


def _write_text(text: str | None, formatter: Any) -> None:
    lines = inspect.cleandoc(text or "").splitlines()
    kept = "\n".join(line for line in lines if not line.startswith(EXAMPLE)).strip()
    if kept:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(kept)


def _write_examples(text: str | None, formatter: Any) -> None:
    given = examples(text)
    if given:
        with formatter.section("Examples"):
            for line in given:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
