"""Stage 2c, chunks to an index; and searching the index of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.artifacts import read_numbered_jsonl
from glossator.errors import GlossatorError, MissingArtifactError
from glossator.pipeline.context import Context
from glossator.pipeline.documents import read_chunks, read_documents, titles_of
from glossator.pipeline.runs import find_run
from glossator.pipeline.settings import embedder_name
from glossator.records import JsonValue

if TYPE_CHECKING:
    from glossator.retrieval import Hit, Mode, Passage


def index(context: Context) -> dict[str, int]:
    """Embed every chunk and index its words."""
    from glossator.retrieval import build_index, open_embedder

    passages = _passages(context)
    context.progress.expect(len(passages), "passages")
    info = build_index(
        passages,
        context.output("index"),
        embedder=open_embedder(embedder_name(context.road)),
        vector_cache=context.road.cache / "vectors",
        on_progress=context.progress.advance,
    )
    return {"passages": info.passages, "dimensions": info.dimension}


def _passages(context: Context) -> list[Passage]:
    from glossator.retrieval import Passage

    documents = {document.id: document for document in read_documents(context)}
    titles = titles_of(context)
    return [
        Passage(
            chunk_id=chunk.id,
            document_id=chunk.document_id,
            source_id=documents[chunk.document_id].source_id,
            title=titles[chunk.document_id],
            heading_path=chunk.heading_path,
            page_first=chunk.page_first,
            page_last=chunk.page_last,
            text=chunk.text,
        )
        for chunk in read_chunks(context)
    ]


def search_run(name: str, runs_dir: Path, queries: Sequence[str], *, k: int, mode: Mode | None) -> list[list[Hit]]:
    """Search the index of a run; one list of hits for each query, best first.

    Args:
        name: a run's folder, or a recipe's name for its newest run with an index.
        runs_dir: the folder of all runs.
        queries: what is asked.
        k: most hits a query.
        mode: how to search; None for how the run's recipe says.

    Raises:
        MissingArtifactError: the run has no index.
        RetrievalError: the index is damaged, or a query is empty.
    """
    from glossator.retrieval import open_index

    try:
        run = find_run(name, runs_dir, ["index"])
    except MissingArtifactError:
        newest = find_run(name, runs_dir)
        if not newest.record.resolved.get("retrieval"):
            raise MissingArtifactError(
                f"recipe {newest.record.recipe} makes no index; add `retrieval: {{}}` to it and run it again"
            ) from None
        raise
    section = run.record.resolved.get("retrieval") or {}
    artifact = run.need("index")
    artifact.check(content=True)
    return open_index(artifact.path / "index").search(queries, k=k, mode=mode or section.get("mode", "hybrid"))


def read_queries(path: Path) -> list[str]:
    """Read `{"id", "text"}` from each line of a file.

    Raises:
        GlossatorError: the file is missing, or a line has another shape; names the line.
    """
    if not path.is_file():
        raise GlossatorError(f'{path} does not exist; give a JSONL file of {{"id", "text"}} with --queries')
    return [_query(row, f"{path}, line {number}") for number, row in read_numbered_jsonl(path)]


def _query(row: JsonValue, place: str) -> str:
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise GlossatorError(f'{place} holds no "text"; write {{"id": "1", "text": "what is asked"}}')
    return text
