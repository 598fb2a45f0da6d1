"""`glossator search`: the passages of a run's documents that are nearest to a question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from glossator.cli.options import RUNS_DIR, JsonOption, RunArgument, RunsDirOption

if TYPE_CHECKING:
    from glossator.records import JsonValue
    from glossator.retrieval import Hit

SHOWN_CHARACTERS = 300


def search(
    run: RunArgument,
    query: Annotated[str | None, typer.Argument(help="What is asked.", metavar="QUERY", show_default=False)] = None,
    queries: Annotated[
        Path | None, typer.Option("--queries", help='Many questions: JSON lines of {"id", "text"}.', metavar="FILE")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="Most passages a question.")] = 5,
    mode: Annotated[
        Literal["hybrid", "dense", "bm25"] | None,
        typer.Option("--mode", help="How to search; as the run's recipe says if left out.", show_default=False),
    ] = None,
    runs_dir: RunsDirOption = RUNS_DIR,
    as_json: JsonOption = False,
) -> None:
    """Find the passages nearest to a question in the documents of a run.

    Examples:
      glossator search quickstart "What is nbgrader used for?"

      glossator search quickstart --queries questions.jsonl --mode bm25 -k 10 --json
    """
    from glossator.cli.output import print_json
    from glossator.errors import GlossatorError
    from glossator.pipeline import read_queries, search_run

    if (query is None) == (queries is None):
        raise GlossatorError("give one question, or a file of them with --queries")
    asked = [query] if query is not None else read_queries(queries or Path())
    found = search_run(run, runs_dir, asked, k=k, mode=mode)
    if as_json:
        rows = [[_to_row(hit) for hit in hits] for hits in found]
        print_json(rows[0] if query is not None else rows)
        return
    for text, hits in zip(asked, found, strict=True):
        _print_hits(text, hits)


def _to_row(hit: Hit) -> dict[str, JsonValue]:
    return {
        "rank": hit.rank,
        "score": hit.score,
        "document_id": hit.document_id,
        "source_id": hit.source_id,
        "chunk_id": hit.chunk_id,
        "title": hit.title,
        "page": hit.page_first,
        "heading": list(hit.heading_path),
        "text": hit.text,
    }


def _print_hits(query: str, hits: list[Hit]) -> None:
    from glossator.cli.output import console, escape

    out = console()
    out.print(f"[bold]{escape(query)}[/]")
    if not hits:
        out.print("  nothing found")
    for hit in hits:
        place = f"{hit.title}, page {hit.page_first}"
        out.print(f"[bold]{hit.rank:>3}[/]  {escape(place)}  [dim]{escape(hit.source_id)}, score {hit.score:.3f}[/]")
        text = hit.text if len(hit.text) <= SHOWN_CHARACTERS else hit.text[: SHOWN_CHARACTERS - 1] + "…"
        out.print(f"     {escape(text)}")
    out.print()
