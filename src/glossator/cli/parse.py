"""`glossator parse`: one file or many to Markdown."""

from __future__ import annotations

import os
import sys
import unicodedata
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from glossator.cli.options import JsonOption

_PASSWORDS = "GLOSSATOR_PDF_PASSWORDS"
"""The variable of this process and its parsers that holds what `--passwords` names."""


class Kind(str, Enum):
    """The PDF parsers."""

    auto = "auto"
    fast = "fast"
    pymupdf = "pymupdf"
    docling = "docling"
    ocr = "ocr"


def parse(
    files: Annotated[list[Path], typer.Argument(help="Files or folders: PDF, HTML, Markdown, text.", metavar="FILE…")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write one .md a document into this folder.", metavar="FOLDER")
    ] = None,
    parser: Annotated[Kind, typer.Option("--parser", "-p", help="The PDF parser.", case_sensitive=False)] = Kind.auto,
    layout: Annotated[bool, typer.Option(help="pymupdf: let its model look at the layout.")] = True,
    dpi: Annotated[int, typer.Option(min=72, max=600, help="Resolution at which OCR reads pages.")] = 200,
    figures: Annotated[
        Path | None, typer.Option("--figures", help="Write figures as .png into this folder.", metavar="FOLDER")
    ] = None,
    passwords: Annotated[
        Path | None, typer.Option("--passwords", help="A file of passwords to try, one a line.", metavar="FILE")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Parser processes.")] = 2,
    timeout_seconds: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds a document may take.")] = 60,
    memory_mb: Annotated[int, typer.Option("--memory", min=64, help="MiB a parser process may take.")] = 1024,
    as_json: JsonOption = False,
) -> None:
    """Turn documents into Markdown; a file that cannot be read is told with its reason.

    Files and pipes get the Markdown as it is, in UTF-8; a terminal gets it without control characters. `auto` reads
    what text a page has and looks at its picture (OCR) only where there is none, or none that can be used.

    Examples:
      glossator parse paper.pdf > paper.md

      glossator parse papers/ --output markdown/ --figures markdown/figures/

      glossator parse scan.pdf --parser ocr --dpi 300

      glossator parse papers/*.pdf --json | jq '.[] | select(.outcome != "ok")'
    """
    from glossator.cli.live import LiveProgress
    from glossator.cli.output import print_json
    from glossator.parsing import ParseOptions
    from glossator.pipeline import parse_paths

    variable = _hand_over(passwords) if passwords is not None else None
    options = ParseOptions(parser.value, layout, dpi, str(figures) if figures else None, variable)
    place = os.path.relpath(figures, output or Path()) if figures else "figures"
    progress = LiveProgress()
    progress.begin_stage("", "parse", "")
    try:
        rows = parse_paths(
            files,
            options=options,
            workers=workers,
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            figures=Path(place).as_posix(),
            progress=progress,
        )
    finally:
        progress.close()
    if output is not None:
        _write_markdown(rows, output)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        pages = f"{row['pages']} page{'s' if row['pages'] != 1 else ''}"
        told = f", {row['reason']}" if row["reason"] else ""
        tail = f"{told}, {pages}, {row['seconds']:.2f} s" if row["markdown"] else told
        typer.echo(_one_line(f"{row['path']}: {row['outcome']}{tail}"), err=True)
        if output is None and row["markdown"]:
            _print_markdown(str(row["markdown"]))
    unread = sum(not row["markdown"] for row in rows)
    if len(rows) > 1:
        typer.echo(f"{len(rows)} files: {len(rows) - unread} read, {unread} not", err=True)


def _hand_over(passwords: Path) -> str:
    """Put passwords where parser processes find them, which is no disk; leave the variable's name.

    Raises:
        ParsingError: the file cannot be read.
    """
    from glossator.errors import ParsingError

    try:
        os.environ[_PASSWORDS] = passwords.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ParsingError(f"--passwords {passwords}: {error}; give a text file with one password a line") from error
    return _PASSWORDS


def _one_line(text: str) -> str:
    r"""Write control characters of file names and reasons as `\n`, `\x1b` and the like."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _print_markdown(text: str) -> None:
    """Print a document: byte for byte into a file or pipe, harmless to a terminal."""
    if sys.stdout.isatty():
        kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
        encoding = sys.stdout.encoding
        typer.echo(kept.encode(encoding, "replace").decode(encoding))
    else:
        typer.echo(text.encode("utf-8"))


def _write_markdown(rows: list[dict[str, object]], folder: Path) -> None:
    from glossator.artifacts import write_text

    taken: set[str] = set()
    for row in rows:
        if not row["markdown"]:
            continue
        stem, number = Path(str(row["path"])).stem, 1
        name = stem
        while name in taken:
            number += 1
            name = f"{stem}.{number}"
        taken.add(name)
        write_text(folder / f"{name}.md", str(row["markdown"]))
