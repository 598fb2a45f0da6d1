"""`glossator parse`: one file or many to Markdown."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path
from typing import Annotated

import typer

from glossator.cli.options import JsonOption


def parse(
    files: Annotated[list[Path], typer.Argument(help="Files or folders: PDF, Markdown, text.", metavar="FILE…")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write one .md a document into this folder.", metavar="FOLDER")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Parser processes.")] = 2,
    timeout_seconds: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds a document may take.")] = 60,
    memory_mb: Annotated[int, typer.Option("--memory", min=64, help="MiB a parser process may take.")] = 1024,
    as_json: JsonOption = False,
) -> None:
    """Turn documents into Markdown; a file that cannot be read is told with its reason.

    Files and pipes get the Markdown as it is, in UTF-8; a terminal gets it without control characters.

    Examples:
      glossator parse paper.pdf > paper.md

      glossator parse papers/ --output markdown/

      glossator parse papers/*.pdf --json | jq '.[] | select(.outcome != "ok")'
    """
    from glossator.cli.output import print_json
    from glossator.pipeline import parse_paths

    rows = parse_paths(files, workers=workers, timeout_seconds=timeout_seconds, memory_mb=memory_mb)
    if output is not None:
        _write_markdown(rows, output)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        pages = f"{row['pages']} page{'s' if row['pages'] != 1 else ''}"
        tail = f", {row['reason']}" if row["reason"] else f", {pages}, {row['seconds']:.2f} s"
        typer.echo(_one_line(f"{row['path']}: {row['outcome']}{tail}"), err=True)
        if output is None and row["markdown"]:
            _print_markdown(str(row["markdown"]))


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
