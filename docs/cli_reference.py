"""Takes the program's commands as typer knows them, leaves `cli.md`.

Read from the commands themselves and not from what `--help` prints, so that neither the width of a terminal nor the
version of a library that draws boxes shows in the page.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import typer.main
from page_parts import anchor, table

_SHAPES = {int: "INTEGER", float: "NUMBER", str: "TEXT", Path: "PATH"}
_BEHAVIOUR = """\
What is asked for goes to standard output, progress and errors to standard error. With `--json` a command prints one
JSON value on standard output and nothing else there{but}.

Exit codes: 0 done; 2 an expected error, told in one line (a recipe's mistakes in one line each); 1 a defect, with a
traceback; 130 a run that was interrupted, and that the same command goes on with.

One file a command in `cli/`; what several of them share is in `cli/options.py`, `cli/output.py` and `cli/live.py`."""


@dataclass(frozen=True, slots=True)
class _Command:
    """One command with the words that lead to it."""

    words: tuple[str, ...]
    command: Any
    panel: str

    @property
    def title(self) -> str:
        return " ".join(self.words)


def cli_page(app: typer.Typer, preface: str) -> str:
    """Take the program, leave the page of its commands: help, arguments, options with defaults, examples.

    Args:
        app: the program.
        preface: a line for who would edit the page.
    """
    root = typer.main.get_command(app)
    name = str(root.name)
    commands = list(_commands(root, (name,), ""))
    parts = [
        f"# The command line\n\n{preface}",
        f"Takes what a user types, leaves lines, pictures of progress or one JSON value. {_prose(root.help)}",
        _BEHAVIOUR.format(but=_without_json(commands)),
        *_overview(commands),
        f"`{name}` itself:",
        table(["option", "default", "what it does"], _options(root)),
        *(part for command in commands for part in _describe(command)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _commands(group: Any, words: tuple[str, ...], panel: str) -> Iterator[_Command]:
    """Every command that can be typed, in the order of the program; those of a group follow each other."""
    for name, command in group.commands.items():
        if command.hidden:
            continue
        named = panel or (command.rich_help_panel if isinstance(command.rich_help_panel, str) else "")
        if hasattr(command, "commands"):
            yield from _commands(command, (*words, name), named)
        else:
            yield _Command((*words, name), command, named)


def _without_json(commands: Sequence[_Command]) -> str:
    """Which commands have no `--json`, as the end of a sentence."""
    lacking = [f"`{c.title}`" for c in commands if not any("--json" in option.opts for option in c.command.params)]
    verb = "takes" if len(lacking) == 1 else "take"
    return f"; {' and '.join(lacking)} {verb} no `--json`" if lacking else ""


def _overview(commands: Sequence[_Command]) -> Iterator[str]:
    for panel in dict.fromkeys(command.panel for command in commands):
        rows = [
            [f"[`{command.title}`](#{anchor(command.title)})", _prose(command.command.help).split("\n\n")[0]]
            for command in commands
            if command.panel == panel
        ]
        yield table([panel or "command", "what it does"], rows)


def _describe(command: _Command) -> Iterator[str]:
    yield f"## {command.title}"
    yield _prose(command.command.help)
    arguments = [parameter for parameter in command.command.params if not _is_option(parameter)]
    usage = " ".join([command.title, *(_argument_name(argument) for argument in arguments), "[OPTIONS]"])
    yield f"```text\n{usage}\n```"
    if arguments:
        yield table(["argument", "what it is"], [[f"`{_argument_name(a)}`", a.help or ""] for a in arguments])
    yield table(["option", "default", "what it does"], _options(command.command))
    if examples := _examples(command.command.help):
        yield "```sh\n" + "\n".join(examples) + "\n```"


def _prose(text: str | None) -> str:
    """The help without its examples."""
    return _parts(text)[0]


def _examples(text: str | None) -> list[str]:
    return [line.strip() for line in _parts(text)[1].splitlines() if line.strip()]


def _parts(text: str | None) -> tuple[str, str]:
    shown = inspect.cleandoc(text or "").split("\f")[0].replace("\b\n", "")
    before, _, after = shown.partition("Examples:\n")
    return before.strip(), after


def _is_option(parameter: Any) -> bool:
    return str(parameter.opts[0]).startswith("-")


def _argument_name(argument: Any) -> str:
    """The argument as usage lines show it: in brackets where it may be left out."""
    name = str(argument.metavar or argument.name.upper())
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _options(command: Any) -> list[list[str]]:
    hints = typing.get_type_hints(inspect.unwrap(command.callback), include_extras=True) if command.callback else {}
    rows = [
        [_option_names(option, hints.get(option.name)), _default(option), option.help or ""]
        for option in command.params
        if _is_option(option) and not option.hidden
    ]
    return [*rows, ["`--help`, `-h`", "", "Show this help."]]


def _option_names(option: Any, hint: Any) -> str:
    """All spellings of an option, with the shape of its value."""
    shape = "" if option.is_flag else f" {option.metavar or _shape(hint)}"
    long_first = sorted(option.opts, key=lambda spelling: not spelling.startswith("--"))
    names = [f"`{name}{shape}`" for name in (*long_first, *option.secondary_opts)]
    return ", ".join(names) + _bounds(hint)


def _shape(hint: Any) -> str:
    """What a value looks like, by the type that the command asks for."""
    kinds = [kind for kind in _leaves(hint) if kind is not type(None)]
    kind = kinds[0] if kinds else str
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(member.value) for member in kind)
    if isinstance(kind, str):
        return "|".join(str(choice) for choice in kinds)
    return _SHAPES.get(kind, "TEXT")


def _leaves(hint: Any) -> Iterator[Any]:
    """The types, and the values of literals, that an annotation is made of."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        yield from _leaves(typing.get_args(hint)[0])
    elif origin is None:
        yield hint
    else:
        for argument in typing.get_args(hint):
            yield from _leaves(argument)


def _bounds(hint: Any) -> str:
    for note in getattr(hint, "__metadata__", ()):
        low, high = getattr(note, "min", None), getattr(note, "max", None)
        words = [f"{word} {bound:g}" for word, bound in (("at least", low), ("at most", high)) if bound is not None]
        if words:
            return f" ({', '.join(words)})"
    return ""


def _default(option: Any) -> str:
    if option.required:
        return "required"
    value = option.default() if callable(option.default) else option.default
    if value is None or value is False or value in ("", ()):
        return ""
    if value is True and option.is_flag:
        return f"`{option.opts[0]}`"
    return f"`{value.value if isinstance(value, Enum) else value}`"
