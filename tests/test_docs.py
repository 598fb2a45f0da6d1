"""The documentation says what is so: generated pages, rooms, links, names, command lines and examples."""

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
import typer.main
from pydantic import BaseModel, Discriminator, Field, Tag

ROOT = Path(__file__).parents[1]
DOCS, SOURCE = ROOT / "docs", ROOT / "src" / "glossator"
PAGES = sorted(DOCS.glob("*.md"))
TOLD = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PACKAGES = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
ROOMS = sorted(PACKAGES | {path.stem for path in SOURCE.glob("*.py")} - {"__init__"})
PAGE_OF = {"errors": "records", "__main__": "cli"}
"""Rooms that are told on the page of another."""
OF_THE_DESIGN = {"artifacts.py", "recipe.py", "pipeline.py"}
"""Files that the design names and `architecture.md` says are packages now."""
FOLDERS = ("benchmarks/", "deploy/", "docs/", "examples/", "recipes/", "src/", "tests/")
"""What begins like this is a file of the repository, whatever its ending."""
NO_TESTS = {"test_seen", "test_looks"}
"""Words of the project that only look like the names of tests."""

_FENCE = re.compile(r"^(`{3,}|~{3,})([^\n]*)\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_RUNNABLE = re.compile(r"^```python run\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
RUNNABLE = [page for page in PAGES if _RUNNABLE.search(page.read_text("utf-8"))]

RUN_EXAMPLES = """
import contextlib, io, json, sys
names, printed = {"__name__": "example"}, []
for code in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(code, "example", "exec"), names)
    printed.append(output.getvalue())
print(json.dumps(printed))
"""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(path: Path) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", path.read_text("utf-8"))


@pytest.fixture
def docs_module(monkeypatch: pytest.MonkeyPatch):
    """Imports one of the scripts that lie beside the pages."""
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module


@pytest.mark.parametrize("name", ["cli.md", "recipes.md"])
def test_a_generated_page_is_as_the_code_has_it(name: str, docs_module):
    assert (DOCS / name).read_text("utf-8") == docs_module("generate").pages()[name], "stale; run: make docs"


def test_neither_terminal_nor_locale_shows_in_a_generated_page():
    environment = {**os.environ, "COLUMNS": "30", "TERM": "dumb", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    command = [sys.executable, str(DOCS / "generate.py"), "--check"]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout + checked.stderr


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_a_page(room: str):
    assert (DOCS / f"{PAGE_OF.get(room, room)}.md").is_file()


def test_every_page_is_in_the_index():
    linked = set(_LINK.findall(prose(DOCS / "README.md")))
    assert {page.name for page in PAGES} - linked == {"README.md"}


@pytest.mark.parametrize("page", TOLD, ids=name_of)
def test_relative_links_lead_somewhere(page: Path, docs_module):
    anchor = docs_module("page_parts").anchor
    broken = []
    for target in _LINK.findall(_SPAN.sub("", prose(page))):
        name, _, place = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        other = page.parent / name if name else page
        headings = re.findall(r"^#{1,6} (.*)$", prose(other), re.MULTILINE) if place and other.is_file() else []
        if not other.exists() or (place and place not in map(anchor, headings)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", TOLD, ids=name_of)
def test_files_that_a_page_names_are_there(page: Path):
    named = [
        span
        for span in _SPAN.findall(prose(page))
        if _PATH.fullmatch(span) and (span.endswith((".py", ".yaml", ".toml", ".txt")) or span.startswith(FOLDERS))
    ]
    gone = OF_THE_DESIGN if page.name == "architecture.md" else set()
    assert [name for name in named if name not in gone and not is_there(name, page)] == []


def is_there(name: str, page: Path) -> bool:
    """Whether a file is found from the page, the repository or the package; a bare name may lie anywhere in it."""
    places = (page.parent, ROOT, SOURCE, SOURCE / page.stem)
    return any(any(place.glob(name)) for place in places) or ("/" not in name and any(SOURCE.rglob(name)))


def test_tests_that_a_page_names_are_there():
    files = list((ROOT / "tests").rglob("test_*.py"))
    known = {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))}
    known |= {path.stem for path in files} | NO_TESTS
    named = [
        (page.name, span) for page in TOLD for span in _SPAN.findall(prose(page)) if re.fullmatch(r"test_\w+", span)
    ]
    assert [(page, name) for page, name in named if name not in known] == []
    assert len(named) > 20


def command_lines(page: Path) -> Iterator[str]:
    """The command lines of this program that a page shows, in blocks and in running text."""
    shown = [line for _, _, body in _FENCE.findall(page.read_text("utf-8")) for line in body.splitlines()]
    for line in [*shown, *_SPAN.findall(prose(page))]:
        if found := re.match(r"\s*(?:\$ )?(?:\.venv/bin/)?(glossator .*)", line):
            yield found[1]


def mistake_in(line: str) -> str:
    """What is wrong with a command line; empty when command and options exist. Capitals and … stand for anything."""
    command: Any = typer.main.get_command(importlib.import_module("glossator.cli.app").app)
    words = shlex.split(re.split(r" [|>&;<]", line)[0], comments=True)[1:]
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        name = words.pop(0)
        if name.isupper() or name == "…":
            return ""
        unknown = [one for one in name.split("|") if one not in command.commands]
        if unknown:
            return f"{line}: no command {unknown[0]}"
        command = command.commands[name.split("|")[0]]
    known = {"--help", "-h", *(name for option in command.params for name in (*option.opts, *option.secondary_opts))}
    given = [word.strip("[]").partition("=")[0] for word in words]
    strange = [word for word in given if re.match(r"--?[A-Za-z]", word) and word not in known]
    return f"{line}: no option {strange[0]}" if strange else ""


@pytest.mark.parametrize("page", TOLD, ids=name_of)
def test_command_lines_that_a_page_shows_exist(page: Path):
    assert [mistake for line in command_lines(page) if (mistake := mistake_in(line))] == []


def test_a_command_line_that_does_not_exist_is_noticed():
    assert "fly" in mistake_in("glossator fly")
    assert "--fast" in mistake_in("glossator run recipe.yaml --fast | less")
    assert mistake_in("glossator run recipe.yaml --set a=b --json > out.json") == ""
    assert len(list(command_lines(ROOT / "README.md"))) > 5


def test_the_rooms_at_the_bottom_show_examples_that_run():
    assert {"records", "artifacts", "lineage", "text", "embedded", "recipe"} <= {page.stem for page in RUNNABLE}


@pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
def test_examples_of_a_page_run_and_print_what_it_shows(page: Path, tmp_path: Path):
    for folder in ("examples", "recipes"):
        (tmp_path / folder).symlink_to(ROOT / folder, target_is_directory=True)
    blocks = _RUNNABLE.findall(page.read_text("utf-8"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GLOSSATOR_")}
    done = subprocess.run(
        [sys.executable, "-c", RUN_EXAMPLES],
        input=json.dumps([code for code, _ in blocks]),
        cwd=tmp_path,
        env={**environment, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = [text.strip() for text in json.loads(done.stdout)]
    assert printed == [shown.strip() for _, shown in blocks]


class Inner(BaseModel):
    """What is inside."""

    share: Annotated[float, Field(ge=0, le=1)] = 0.5


class Cat(BaseModel):
    """A cat."""

    kind: Literal["cat"]
    lives: int = Field(9, gt=0, description="How many | are left.")


class Dog(BaseModel):
    """A dog."""

    kind: Literal["dog"] = "dog"
    names: tuple[str, ...] = ()


Pet = Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(lambda value: "dog")]


class Whole(BaseModel):
    """All of it."""

    pets: tuple[Annotated[Cat | Dog, Field(discriminator="kind")], ...] = Field(min_length=1)
    favourite: Pet = Dog()
    inner: Inner | None = None
    weights: dict[str, float] = Field(default_factory=lambda: {"a": 1.0})
    mode: Literal["slow", "fast"] | None = None
    target: str | tuple[str, ...] = "all"
    name: str = Field(pattern="^a|b$")


def test_the_reference_tells_lists_unions_bounds_mappings_and_defaults(docs_module):
    told = docs_module("recipe_reference").sections_of(Whole)
    text = "\n".join(told)
    assert told[0] == "All of it."
    pets = "list of [`cat`](#petsn-of-kind-cat) or [`dog`](#petsn-of-kind-dog)"
    for line in (
        f"| `pets` | {pets}, at least 1 in it | required |  |",
        "| `favourite` | [`cat`](#favourite-of-kind-cat) or [`dog`](#favourite-of-kind-dog) | kind `dog` |  |",
        "| `inner` | [`inner`](#inner) | left out | What is inside. |",
        "| `weights` | mapping of text to number | `{a: 1.0}` |  |",
        "| `mode` | `slow` or `fast` | left out |  |",
        "| `target` | text or list of text | `all` |  |",
        r"| `name` | text that matches `^a\|b$` | required |  |",
        "## `pets.N` of kind `cat`",
        r"| `lives` | whole number, more than 0 | `9` | How many \| are left. |",
        "| `share` | number, at least 0 and at most 1 | `0.5` |  |",
    ):
        assert line in text.splitlines()


def test_the_reference_tells_commands_of_groups_flags_and_required_options(docs_module):
    app, group = typer.Typer(name="program", help="What it does."), typer.Typer()
    app.add_typer(group, name="store", rich_help_panel="Rooms")
    app.command("hidden", hidden=True)(lambda: None)

    @group.command("keep")
    def keep(
        place: Annotated[Path, typer.Argument(help="Where.")],
        count: Annotated[int, typer.Option("--count", "-c", min=1, help="How many.")],
        loud: Annotated[bool, typer.Option(help="Say so.")] = True,
    ) -> None:
        """Keep things.

        Examples:
          program store keep box -c 3
        """

    page = docs_module("cli_reference").cli_page(app, "<!-- preface -->").splitlines()
    assert "| [`program store keep`](#program-store-keep) | Keep things. |" in page
    assert "program store keep PLACE [OPTIONS]" in page
    assert "| `--count INTEGER`, `-c INTEGER` (at least 1) | required | How many. |" in page
    assert "| `--loud`, `--no-loud` | `--loud` | Say so. |" in page
    assert page[page.index("```sh") + 1] == "program store keep box -c 3"
    assert not any("hidden" in line for line in page)
